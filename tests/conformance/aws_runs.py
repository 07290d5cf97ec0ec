"""The cases of ``aws-runs``: a definition, its input, and AWS's output, error and cause, or all that it refused.

A definition is validated first, as for the recordings: the messages of all diagnostics, in AWS's order, are compared.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.conformance.accounts import Account, Open
from tests.conformance.corpus import FOLDER
from tests.conformance.outcome import Case, Outcome
from tests.emulator.server.served import ROLE

CASES: Final = FOLDER / "aws-runs"
FIXTURE: Final = Path(__file__).with_name("lambda_fixture.mjs")
OBJECTS: Final = {
    "items.json": '{"data":{"items":[{"id":"a"},{"id":"b"}]}}',
    "first-row.csv": "id,name\n1,Alice\n2,Bob\n3,Carol\n",
    "pipe.csv": "id|name\n1|Alice\n2|Bob\n",
    "given.csv": "1,Alice\n2,Bob\n",
    "lines.jsonl": '{"id":"x"}\n{"id":"y"}\n',
    "list-none/a.json": "{}",
    "list-none/b.json": "{}",
    "load-and-flatten/one.json": '[{"id":"one-a"},{"id":"one-b"}]',
    "load-and-flatten/two.json": '[{"id":"two-a"}]',
}
"""The objects of bucket ``fixtures`` below ``itemreader/``."""


def cases() -> Iterator[Case]:
    """All cases; the id begins with ``aws-runs/``."""
    for case in json.loads((CASES / "cases.json").read_text(encoding="utf-8")):
        yield Case(f"aws-runs/{case['id']}", case["group"], case)


def run(case: dict[str, Any], open_account: Open) -> Outcome:
    """What came of a case."""
    definition = json.dumps(case["definition"])
    calls = "lambda-fixture" in definition
    if calls and shutil.which("node") is None:
        return Outcome.excluded("its function is a script for Node.js")
    with open_account(case["id"]) as account:
        if calls:
            account.emulator.lambda_function("lambda-fixture", f"node:{FIXTURE}#handler")
        if "fixtures" in definition:
            _put_objects(account)
        found = _result(account, definition, json.dumps(case["input"]))
    wanted = case["result"]
    if wanted.keys() == {"error"}:
        found = {"error": found.get("error", found)}
    return Outcome.of([] if same(wanted, found) else [f"recorded {_text(wanted)}", f"here     {_text(found)}"])


def _result(account: Account, definition: str, input_: str) -> dict[str, Any]:
    client = account.client("stepfunctions")
    told = client.validate_state_machine_definition(definition=definition)
    errors = [each["message"] for each in told["diagnostics"] if each["severity"] == "ERROR"]
    if errors:
        return {"error": "VALIDATION_FAILED", "cause": "; ".join(errors)}
    machine = client.create_state_machine(name="machine", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine, input=input_)["executionArn"]
    client.get_execution_history(executionArn=execution)
    account.emulator.run_until(lambda: client.describe_execution(executionArn=execution)["status"] != "RUNNING")
    ended = client.describe_execution(executionArn=execution)
    if ended["status"] == "SUCCEEDED":
        return {"output": json.loads(ended["output"])}
    return {key: ended.get(key, ended["status"]) for key in ("error", "cause")}


def _put_objects(account: Account) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="fixtures")
    for name, text in OBJECTS.items():
        s3.put_object(Bucket="fixtures", Key=f"itemreader/{name}", Body=text.encode())


def same(wanted: Any, found: Any) -> bool:
    """Whether ``found`` is what was recorded; ``{"$any": kind}`` stands for a value that differs from run to run."""
    if isinstance(wanted, dict):
        if "$any" in wanted:
            return _is_any(wanted, found)
        if not isinstance(found, dict) or wanted.keys() != found.keys():
            return False
        return all(same(each, found[key]) for key, each in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(same, wanted, found))
    return type(wanted) is type(found) and bool(wanted == found)


def _is_any(wanted: dict[str, Any], found: Any) -> bool:
    kind = wanted["$any"]
    if kind == "string":
        return isinstance(found, str) and re.search(wanted.get("like", ""), found) is not None
    if kind == "uuid4":
        return isinstance(found, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found) is not None
    if isinstance(found, bool) or not isinstance(found, int if kind == "integer" else int | float):
        return False
    return bool(wanted.get("from", found) <= found < wanted.get("below", found + 1))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
