"""Replay the recorded AWS cases against an emulator in this process, and hold the result against the baseline.

    python -m tests.conformance.run [--baseline] [--group base ...] [--id TEXT ...] [-v] [--accept]

The cases and their runner are data from elsewhere, in a folder beside the checkout; where it is absent there is
nothing to run and that is said. A case of ``baseline.txt`` that no longer passes is a regression (exit 1); one that
passes and is not in it is reported, and ``--accept`` writes it down. What AWS has changed since a recording was made
does not count (``tests.conformance.dated``).
"""

import argparse
import importlib.util
import json
import linecache
import random  # noqa: TID251 - the runner of the cases draws from it
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.aws.account import ACCOUNT_ID
from emulator.clock import SystemClock
from tests.conformance import dated
from tests.conformance.corpus import FOLDER

BASELINE: Final = Path(__file__).with_name("baseline.txt")
CORPUS: Final = FOLDER / "aws"
REGION: Final = "us-east-1"
NOT_HERE: Final = frozenset({"ecs", "cdk", "cloudformation", "kms", "apigateway", "secondary_account", "mock_config"})
"""Capabilities of a case that this runner cannot set up."""


def load(path: Path) -> ModuleType:
    """The module in the file ``path``."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class InProcess:
    """The runner's clients, answered by ``emulator``."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
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
        assert not secondary
        return self.emulator.client(service, region=region)


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


def run_case(replay: ModuleType, case: dict[str, Any]) -> dict[str, Any]:
    """``pass``, ``fail`` with the differences, or ``error`` with its text."""

    class Case(replay.Case):  # type: ignore[name-defined,misc]
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
                if threading.active_count() > 1:
                    time.sleep(0.01)  # noqa: TID251 - a real worker is at work
                    clock.advance(seconds=0.05)
                elif (at := timeline.next_at()) is not None:
                    clock.advance_to(max(at, clock.now()))

    if NOT_HERE & set(case["needs"]):
        return {"outcome": "excluded"}
    random.seed(case["id"])  # the cases make names of random digits, and every id follows from the names
    try:
        with Emulator(
            start=SystemClock().now(), seed=case["id"], missing_function="fail", polling_waits=False
        ) as emulator:
            result = Case(InProcess(emulator), case).run()
    except Exception as error:
        excluded = str(error).startswith("SKIP")
        return {"outcome": "excluded" if excluded else "error", "error": f"{type(error).__name__}: {error}"}
    differences = {key: [each for each in found if _counts(each)] for key, found in result["strict"].items()}
    reasons = [
        dated.reason(case["recorded_date"], each, _recorded_events(case, key))
        for key, found in differences.items()
        for each in found
    ]
    return {"outcome": "fail" if None in reasons else "pass", "differences": differences, "dated": set(reasons)}


def _recorded_events(case: dict[str, Any], key: str) -> dated.Events:
    """The history that the difference ``key`` is about; empty when it is about something else."""
    for match in case["matches"]:
        if match["key"] == key and isinstance(match["expected"], dict):
            events: dated.Events = match["expected"].get("events", ())
            return events
    return ()


def _counts(difference: list[Any]) -> bool:
    """Whether a difference is one of behaviour: headers and ids of HTTP responses differ from run to run."""
    return not re.search(r"SdkHttpMetadata|SdkResponseMetadata", str(difference[1]))


def read_baseline() -> set[str]:
    """The ids of the cases that are known to pass."""
    return set(BASELINE.read_text(encoding="utf-8").split("\n")) - {""}


def cases(arguments: argparse.Namespace, baseline: set[str]) -> Iterator[dict[str, Any]]:
    """The cases that ``arguments`` choose."""
    for path in sorted((CORPUS / "cases").glob("*.json")):
        if arguments.group and path.stem not in arguments.group:
            continue
        for case in json.loads(path.read_text(encoding="utf-8")):
            wanted = not arguments.id or any(text in case["id"] for text in arguments.id)
            if case["captured"] and wanted and (case["id"] in baseline or not arguments.baseline):
                yield case


def main() -> int:
    parser = argparse.ArgumentParser(description="Replay the recorded AWS cases in this process.")
    parser.add_argument("--baseline", action="store_true", help="only the cases that are known to pass")
    parser.add_argument("--group", nargs="+", help="only these groups")
    parser.add_argument("--id", nargs="+", help="only cases whose id holds one of these texts")
    parser.add_argument("--accept", action="store_true", help="write the cases that pass into the baseline")
    parser.add_argument("-v", action="store_true", help="show what differs")
    arguments = parser.parse_args()
    if not CORPUS.is_dir():
        print("conformance: no recorded cases beside this checkout, nothing to replay")
        return 0
    baseline = read_baseline()
    replay = load(CORPUS / "tools" / "replay.py")
    counts: dict[str, Counter[str]] = {}
    passed, chosen = set(), set()
    changed: Counter[str] = Counter()
    began = time.perf_counter()
    for case in cases(arguments, baseline):
        result = run_case(replay, case)
        chosen.add(case["id"])
        counts.setdefault(case["group"], Counter())[result["outcome"]] += 1
        if result["outcome"] == "pass":
            passed.add(case["id"])
            changed.update(result["dated"])
        if result["outcome"] in ("fail", "error") and (arguments.v or case["id"] in baseline):
            print(result["outcome"].upper(), case["id"].rpartition("/")[2], result.get("error", ""))
            for key, differences in result.get("differences", {}).items():
                for difference in differences[:6]:
                    print("    ", key, str(difference)[:300])
    for group, found in counts.items():
        print(f"{group:22} " + "  ".join(f"{name} {found[name]:3}" for name in ("pass", "fail", "error", "excluded")))
    lost, new = (baseline & chosen) - passed, passed - baseline
    total = sum(counts.values(), Counter())
    seconds = time.perf_counter() - began
    for reason, number in changed.items():
        print(f"{number} pass with what AWS has changed since: {reason}")
    print(f"conformance: {total['pass']} of {sum(total.values())} pass in {seconds:.1f} s; {len(lost)} regressions")
    if new:
        print(f"not yet in the baseline: {len(new)}")
    for id_ in sorted(lost):
        print(f"REGRESSION {id_}")
    if arguments.accept:
        BASELINE.write_text("".join(f"{id_}\n" for id_ in sorted(baseline - lost | passed)), encoding="utf-8")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
