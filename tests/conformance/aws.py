"""The cases of ``aws``: executions that were recorded on AWS, event by event, and answers of Step Functions' API.

Their own runner compares; here are the account that it runs in and the time that passes there. What AWS has changed
since a recording was made does not count (``tests.conformance.dated``).
"""

import importlib.util
import json
import linecache
import random  # noqa: TID251 - the runner of the cases draws from it
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.aws.account import ACCOUNT_ID
from tests.conformance import dated
from tests.conformance.accounts import REGION, Account, Open
from tests.conformance.corpus import FOLDER
from tests.conformance.outcome import Case, Outcome

CASES: Final = FOLDER / "aws"
NOT_HERE: Final = frozenset({"ecs", "cdk", "cloudformation", "kms", "mock_config"})
"""Capabilities of a case that this runner cannot set up."""


def cases() -> Iterator[Case]:
    """All cases; the id is that of the test that recorded it."""
    for path in sorted((CASES / "cases").glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            if case["captured"]:
                yield Case(case["id"], path.stem, case)


@cache
def load(path: Path) -> ModuleType:
    """The module in the file ``path``."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Clients:
    """The clients of the cases' runner, and its settings."""

    def __init__(self, account: Account) -> None:
        self.account, self.emulator = account, account.emulator
        self.threads = threading.active_count()
        self.a = SimpleNamespace(
            region=REGION,
            account=ACCOUNT_ID,
            secondary_account="000000000002",
            variant="aws",
            case_timeout=10,
            wait_timeout=3,
            poll=0,
            max_sleep=0,
            create_roles=False,
            name_executions=False,
            mock_config=None,
        )

    def client(self, service: str, secondary: bool = False, region: str | None = None) -> Any:
        """A client of ``service``."""
        return self.account.client(service, region, key=self.a.secondary_account if secondary else "")


def function_from_source(emulator: Emulator, arguments: dict[str, Any], source: str) -> dict[str, Any]:
    """Register the function whose module ``source`` is, as its fixture on AWS does by upload."""
    file, _, _ = arguments["Handler"].rpartition(".")
    module, path = ModuleType(file), f"/var/task/{file}.py"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    exec(compile(source, path, "exec"), module.__dict__)
    handler = getattr(module, arguments["Handler"].rpartition(".")[2])
    name, timeout = arguments["FunctionName"], arguments.get("timeout") or 900
    arn = emulator.lambda_function(name, handler, timeout_seconds=timeout, environment=arguments.get("envvars"))
    return {"CreateFunctionResponse": {"FunctionArn": arn, "FunctionName": name}}


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ClientError:
        return None


def run(case: dict[str, Any], open_account: Open) -> Outcome:
    """What came of a case."""
    replay = load(CASES / "tools" / "replay.py")

    class Recorded(replay.Case):  # type: ignore[name-defined,misc]
        def resource(self, step: dict[str, Any]) -> Any:
            if step["resource"] != "lambda_function":
                return super().resource(step)
            arguments = self.val({key: value for key, value in step["args"].items() if key != "Source"})
            return function_from_source(self.r.emulator, arguments, step["args"]["Source"])

        def until(self, ask: Callable[[], Any], timeout: float | None = None) -> Any:
            """Ask until there is an answer; time passes between two questions, and only there.

            While a worker of the case is at work in another thread, it passes as it does for the worker.
            """
            clock, timeline, began = self.r.emulator.clock, self.r.emulator.assembly.timeline, time.perf_counter()
            while True:
                found = _answer(ask)
                if found:
                    return found
                if time.perf_counter() - began > 5:
                    raise replay.CaseError("wait timed out")
                if threading.active_count() > self.r.threads:
                    time.sleep(0.01)  # noqa: TID251 - a real worker is at work
                    clock.advance(seconds=0.05)
                elif (at := timeline.next_at()) is not None:
                    clock.advance_to(max(at, clock.now()))
                else:  # what lies in queues comes back with time
                    clock.advance(seconds=1)

    if NOT_HERE & set(case["needs"]):
        return Outcome.excluded("needs what cannot be set up here")
    random.seed(case["id"])  # the cases make names of random digits, and every id follows from the names
    with open_account(case["id"]) as account:
        try:
            result = Recorded(Clients(account), case).run()
        except replay.CaseError as error:
            if str(error).startswith("SKIP"):
                return Outcome.excluded(str(error))
            raise
    found = [(key, each) for key, all_ in result["strict"].items() for each in all_ if _counts(each)]
    reasons = [dated.reason(case["recorded_date"], each, _recorded_events(case, key)) for key, each in found]
    if None in reasons:
        return Outcome.of([f"{key} {each}" for key, each in found])
    return Outcome.of([], dated={reason for reason in reasons if reason})


def _recorded_events(case: dict[str, Any], key: str) -> dated.Events:
    """The history that the difference ``key`` is about; empty when it is about something else."""
    for match in case["matches"]:
        if match["key"] == key and isinstance(match["expected"], dict):
            events: dated.Events = match["expected"].get("events", ())
            return events
    return ()


def _counts(difference: list[Any]) -> bool:
    """Whether a difference is one of behaviour: headers, ids of responses and billed times differ from run to run."""
    return not re.search(r"SdkHttpMetadata|SdkResponseMetadata|billedDurationInMilliseconds", str(difference[1]))
