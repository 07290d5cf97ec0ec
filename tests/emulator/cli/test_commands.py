"""The command ``emulate``: what it writes where, and its exit codes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator.cli import main
from tests.fakes.signals import interruptible

ROOT = Path(__file__).parents[3]
Emulate = Callable[..., Result]

PAYMENT = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge-card",
            "Next": "Cool",
        },
        "Cool": {"Type": "Wait", "Seconds": 86_400, "End": True},
    },
}
HANDLERS = """
import time

def charge_card(event, context):
    time.sleep(5)
    if event.get("fail"):
        raise ValueError("card expired")
    return {"paid": event.get("amount", 0)}

def raises_interrupt(event, context):
    raise KeyboardInterrupt

BY_NAME = {"charge-card": charge_card}
"""
JOBS = """
from emulator.tasks import task

@task(title="Count to three")
def count_up(ctx):
    n = ctx.input.get("n", 0) + ctx.app["step"]
    if n < 3:
        return ctx.response.continue_({"n": n}, seconds=3600)
    ctx.store.add_info_log("counted", {"n": n})
    return ctx.response.done("Counted", {"n": n})

@task(title="Fails")
def give_up(ctx):
    return ctx.response.error("no more", code="GAVE_UP")

def make_app():
    return {"step": 1}

def broken_app():
    raise RuntimeError("no database")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with a machine, its handlers and tasks; what is imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "payment.asl.json").write_text(json.dumps(PAYMENT))
    (tmp_path / "shop_handlers.py").write_text(HANDLERS)
    (tmp_path / "shop_jobs.py").write_text(JOBS)
    (tmp_path / "shop_data.py").write_text("LIMIT = 3\n")
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def emulate(folder: Path) -> Emulate:
    def run(*args: str, input: str | None = None) -> Result:
        result = CliRunner().invoke(main, args, input=input, prog_name="emulate")
        assert "Traceback" not in result.output or "no database" in result.output
        return result

    return run


def write(folder: Path, definition: Any, name: str = "machine.asl.json") -> str:
    (folder / name).write_text(definition if isinstance(definition, str) else json.dumps(definition))
    return name


def one_state(**state: Any) -> dict[str, Any]:
    return {"StartAt": "Only", "States": {"Only": state}}


# run: what it shows --------------------------------------------------------------------------------------------------


def test_a_machine_runs_and_shows_where_it_went(emulate: Emulate) -> None:
    result = emulate("run", "payment.asl.json", "--handlers", "shop_handlers", "--input", '{"amount": 7}')
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("payment:")
    assert " SUCCEEDED after 1 d 5 s of virtual time (" in lines[0]
    assert any(line.split() == ["+00:00:05", "Cool", "Wait,", "1", "d"] for line in lines)
    assert lines[-4:] == ["", "{", '  "paid": 7', "}"]
    assert result.stderr.splitlines() == ["+00:00:00  Charge", "+00:00:05  Cool", ""]


@pytest.mark.parametrize(
    "spec",
    [
        "shop_handlers",
        "shop_handlers:charge_card",
        "shop_handlers:BY_NAME",
        "shop_handlers.py",
        "./shop_handlers.py:charge_card",
        "charge-card=shop_handlers:charge_card",
        "charge-card=shop_handlers.charge_card",
        "charge-card=shop_handlers.py:charge_card",
    ],
)
def test_handlers_are_found_by_each_way_to_write_them(emulate: Emulate, spec: str) -> None:
    result = emulate("run", "payment.asl.json", "--handlers", spec, "--quiet", "--input", '{"amount": 7}')
    assert (result.exit_code, result.stdout, result.stderr) == (0, '{"paid": 7}\n', "")


def test_a_failed_execution_is_exit_code_1_and_shows_the_handlers_own_lines(emulate: Emulate) -> None:
    result = emulate("run", "payment.asl.json", "--handlers", "shop_handlers", "--input", '{"fail": true}')
    assert result.exit_code == 1
    assert "FAILED at Charge" in result.stdout
    assert "error    ValueError" in result.stdout
    assert "card expired" in result.stdout
    assert 'shop_handlers.py", line 7, in charge_card' in result.stdout
    assert "/emulator/" not in result.stdout


SWALLOWS = """
import boto3

def charge_card(event, context):
    try:
        boto3.client("mturk").get_account_balance()
    except Exception:
        return {"paid": 0}
"""


@pytest.mark.parametrize("option", ["--quiet", "--json", "--seed=1"])
def test_a_call_that_nothing_emulates_is_exit_code_1_however_it_was_swallowed(
    emulate: Emulate, folder: Path, option: str
) -> None:
    write(folder, SWALLOWS, "shop_swallows.py")
    result = emulate("run", "payment.asl.json", "--handlers", "shop_swallows", option)
    assert result.exit_code == 1
    assert "error: 1 call was refused, because nothing emulates it" in result.stderr
    assert "mturk-requester:GetAccountBalance" in result.stderr
    assert "shop_swallows.py:6)" in result.stderr
    assert "in function charge_card, in state Charge" in result.stderr.replace("charge-card", "charge_card")


SWALLOWING_TASK = """
import boto3
from emulator.tasks import task

@task(title="Balance")
def balance(ctx):
    try:
        boto3.client("mturk").get_account_balance()
    except Exception:
        return ctx.response.done("fine")
"""


def test_a_task_that_swallows_a_refused_call_is_exit_code_1(emulate: Emulate, folder: Path) -> None:
    write(folder, SWALLOWING_TASK, "shop_balance.py")
    result = emulate("task", "--from", "shop_balance")
    assert result.exit_code == 1
    assert "shop_balance.py:8)" in result.stderr


REFUSED_BY_AWS = """
import boto3

def read():
    boto3.client("sqs").get_queue_url(QueueName="none")

def charge_card(event, context):
    read()
"""


def test_an_error_of_boto3_shows_the_users_own_lines(emulate: Emulate, folder: Path) -> None:
    write(folder, REFUSED_BY_AWS, "shop_refused.py")
    result = emulate("run", "payment.asl.json", "--handlers", "shop_refused")
    handler = result.stdout.partition("  handler  of Charge: QueueDoesNotExist")[2].splitlines()[1:]
    assert [line.strip() for line in handler] == [
        f'File "{folder / "shop_refused.py"}", line 5, in read',
        'boto3.client("sqs").get_queue_url(QueueName="none")',
        f'File "{folder / "shop_refused.py"}", line 8, in charge_card',
        "read()",
    ]


def test_a_function_that_is_no_handler_is_told_where_it_is_needed(emulate: Emulate, folder: Path) -> None:
    write(folder, "def charge_card(event): ...\n\ndef helper(): ...\n", "shop_short.py")
    for spec in ("shop_short", "charge-card=shop_short:charge_card"):
        result = emulate("run", "payment.asl.json", "--handlers", spec)
        assert result.exit_code == 2
        assert "shop_short.py:1): Lambda calls it with two positional arguments, (event, context)" in result.stderr
        assert "fix: write def charge_card(event, context): ..." in result.stderr
        assert "helper" not in result.stderr


def test_a_module_that_fails_in_a_library_shows_the_users_own_line(emulate: Emulate, folder: Path) -> None:
    write(folder, "import json\njson.loads('{')\n", "shop_broken.py")
    result = emulate("run", "payment.asl.json", "--handlers", "shop_broken")
    assert result.exit_code == 2
    assert 'shop_broken.py", line 2, in <module>' in result.stderr
    assert "json/decoder.py" not in result.stderr


def test_quiet_tells_a_failure_on_stderr(emulate: Emulate) -> None:
    result = emulate("run", "payment.asl.json", "-q", "--handlers", "shop_handlers", "--input", '{"fail": true}')
    assert (result.exit_code, result.stdout) == (1, "")
    assert "card expired" in result.stderr


def test_one_json_document(emulate: Emulate) -> None:
    result = emulate("run", "payment.asl.json", "--handlers", "shop_handlers", "--json", "--input", '{"amount": 7}')
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert document["status"] == "SUCCEEDED"
    assert document["output"] == {"paid": 7}
    assert (document["error"], document["cause"]) == (None, None)
    assert document["path"] == ["Charge", "Cool"]
    assert document["input"] == {"amount": 7}
    assert document["started_at"] == "2030-01-01T00:00:00Z"
    assert document["stopped_at"] == "2030-01-02T00:00:05Z"
    assert document["elapsed"]["virtual_seconds"] == 86_405
    assert 0 <= document["elapsed"]["real_seconds"] < 60
    assert document["history"][0]["type"] == "ExecutionStarted"
    assert document["history"][-1]["type"] == "ExecutionSucceeded"


def test_the_json_document_of_a_failure(emulate: Emulate, folder: Path) -> None:
    name = write(folder, one_state(Type="Fail", Error="Out", Cause="of stock"))
    result = emulate("run", name, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["status"], document["error"], document["cause"]) == ("FAILED", "Out", "of stock")
    assert document["output"] is None


def test_a_timed_out_execution_is_exit_code_1(emulate: Emulate, folder: Path) -> None:
    name = write(folder, {**one_state(Type="Wait", Seconds=60, End=True), "TimeoutSeconds": 10})
    result = emulate("run", name)
    assert (result.exit_code, "TIMED_OUT" in result.stdout) == (1, True)


def test_an_execution_that_waits_for_somebody_says_for_whom(emulate: Emulate, folder: Path) -> None:
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    parameters = {"FunctionName": "charge-card", "Payload": {"token.$": "$$.Task.Token"}}
    name = write(folder, one_state(Type="Task", Resource=resource, Parameters=parameters, End=True))
    result = emulate("run", name, "--handlers", "shop_handlers")
    assert result.exit_code == 1
    assert "is waiting in Only for an external worker, and none can answer here" in result.stderr


def test_start_and_seed_fix_the_run(emulate: Emulate, folder: Path) -> None:
    state = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "at.$": "$$.Execution.StartTime"}, "End": True}
    name = write(folder, one_state(**state))
    first, again, other = (
        json.loads(emulate("run", name, "-q", "--start", "2031-05-01", "--seed", seed).stdout)
        for seed in ("a", "a", "b")
    )
    assert first == again
    assert first["id"] != other["id"]
    assert first["at"].startswith("2031-05-01T00:00:00")


@pytest.mark.parametrize("args", [("--input", "-"), ("--input", "@in.json")])
def test_input_from_stdin_or_a_file(emulate: Emulate, folder: Path, args: tuple[str, ...]) -> None:
    name = write(folder, one_state(Type="Succeed"))
    (folder / "in.json").write_text('\ufeff{"name": "Zoë"}', encoding="utf-8")
    result = emulate("run", name, "-q", *args, input='{"name": "Zoë"}')
    assert json.loads(result.stdout) == {"name": "Zoë"}


# What cannot be run: exit code 2 -------------------------------------------------------------------------------------

BAD_DEFINITIONS: dict[str, tuple[str, list[str]]] = {
    "not JSON": ('{"StartAt": ', ["machine.asl.json:1:", "INVALID_JSON_DESCRIPTION Unexpected end-of-input"]),
    "no object": ("[]", ["machine.asl.json:1:1: SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object"]),
    "unknown type": (
        json.dumps(one_state(Type="Pas", End=True)),
        ["The field 'Type' should have one of these values", "at /States/Only/Type", 'Did you mean "Pass"?'],
    ),
    "unknown field": (
        json.dumps(one_state(Type="Wait", Second=3, Seconds=3, End=True)),
        ["Field 'Second' is not supported", "at /States/Only/Second", 'Did you mean "Seconds"?'],
    ),
    "missing target": (
        json.dumps({"StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Tow"}, "Two": {"Type": "Succeed"}}}),
        ["MISSING_TRANSITION_TARGET Missing 'Next' target: Tow", 'Did you mean "Two"?'],
    ),
    "start nowhere": (
        json.dumps({**one_state(Type="Succeed"), "StartAt": "Onyl"}),
        ["Missing 'Next' target: Onyl", "at /StartAt", 'Did you mean "Only"?'],
    ),
}


@pytest.mark.parametrize("case", BAD_DEFINITIONS)
def test_a_bad_definition(emulate: Emulate, folder: Path, case: str) -> None:
    text, said = BAD_DEFINITIONS[case]
    result = emulate("run", write(folder, text))
    assert (result.exit_code, result.stdout) == (2, "")
    for words in said:
        assert words in result.stderr


def test_all_problems_are_told(emulate: Emulate, folder: Path) -> None:
    name = write(folder, '{\n  "StartAt": "A",\n  "States": {\n    "B": {"Type": "Pas"}\n  }\n}')
    result = emulate("run", name)
    assert "machine.asl.json:4:11: SCHEMA_VALIDATION_FAILED" in result.stderr
    assert "machine.asl.json:2:3: MISSING_TRANSITION_TARGET" in result.stderr
    assert "MISSING_END_STATE Workflow has no terminal state" in result.stderr
    assert result.stderr.splitlines()[-1] == "3 problems"


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no such definition": (
        ("run", "paymnt.asl.json"),
        'there is no definition paymnt.asl.json. Did you mean "payment.as',
    ),
    "a folder": (("run", "."), ". is a folder; name the file that holds the definition"),
    "no handler": (
        ("run", "payment.asl.json"),
        "(state 'Charge' of payment.asl.json).\n    registered: none\n    fix: --handlers MODULE (or file.py)",
    ),
    "no module": (("run", "payment.asl.json", "--handlers", "shop_handler"), 'Did you mean "shop_handlers"?'),
    "no file": (("run", "payment.asl.json", "--handlers", "shop_handler.py"), 'Did you mean "shop_handlers.py"?'),
    "no function": (
        ("run", "payment.asl.json", "--handlers", "shop_handlers:charge_crad"),
        "has no 'charge_crad'. Did you mean \"charge_card\"?",
    ),
    "no functions": (("run", "payment.asl.json", "--handlers", "shop_data"), "shop_data has no public functions"),
    "a bad name": (
        ("run", "payment.asl.json", "--handlers", "a/b=shop_handlers:charge_card"),
        "--handlers: function 'a/b': a name has 1 to 64 letters, digits, - and _",
    ),
    "handlers alone": (("run", "--handlers", "shop_handlers"), "--handlers needs a DEFINITION"),
    "input not JSON": (
        ("run", "payment.asl.json", "--input", '{"a": nope}'),
        'error: --input is not JSON: line 1, column 7: Expecting value\n    {"a": nope}\n          ^',
    ),
    "no input file": (("run", "payment.asl.json", "--input", "@in.jsn"), "--input: there is no file in.jsn"),
    "no time": (("run", "payment.asl.json", "--start", "noon"), "'noon' is not a time; write 2030-01-01 or"),
    "unknown task": (
        ("task", "importArticle"),
        'there is no task "importArticle" in emulator.examples.article_import.',
    ),
    "which task": (("task", "--from", "shop_jobs"), "which task of shop_jobs?\n    there are: countUp, giveUp"),
    "no tasks": (("task", "--from", "shop_handlers"), "the module shop_handlers has no task definitions"),
    "task input": (("task", "--input", "[1]"), "--input must be a JSON object for a background task, not list"),
    "app fails": (("task", "countUp", "--from", "shop_jobs", "--app", "shop_jobs:broken_app"), "no database"),
    "no command": (("runn",), "No such command 'runn'."),
    "no files": (("check",), "Missing argument 'FILE...'"),
    "unreadable": (("check", "nothing.json"), "check: there is no file nothing.json"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_run_is_exit_code_2(emulate: Emulate, case: str) -> None:
    args, said = REFUSED[case]
    result = emulate(*args)
    assert said in result.stderr
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_payload_of_300_kib_is_too_large(emulate: Emulate, folder: Path) -> None:
    (folder / "large.json").write_text(json.dumps("x" * 300 * 1024))
    result = emulate("run", "payment.asl.json", "--handlers", "shop_handlers", "--input", "@large.json")
    assert result.exit_code == 2
    assert result.stderr == "error: the input has 307,202 bytes; StartExecution takes 262,144 at most\n"


def test_a_module_that_fails_shows_its_own_lines(emulate: Emulate, folder: Path) -> None:
    (folder / "late.py").write_text("import os\n\nPORT = int(os.environ['SHOP_PORT_IS_UNSET'])\n")
    result = emulate("run", "payment.asl.json", "--handlers", "late")
    assert result.exit_code == 2
    assert "cannot load late: KeyError: 'SHOP_PORT_IS_UNSET'" in result.stderr
    assert 'late.py", line 3, in <module>' in result.stderr
    assert "importlib" not in result.stderr


def test_a_file_with_the_name_of_another_module_is_refused(emulate: Emulate, folder: Path) -> None:
    (folder / "json.py").write_text("def f(event, context): ...\n")
    result = emulate("run", "payment.asl.json", "--handlers", "json.py")
    assert (result.exit_code, "there is another module 'json'; rename the file" in result.stderr) == (2, True)


def test_what_handlers_print_is_no_data(emulate: Emulate, folder: Path) -> None:
    (folder / "chatty.py").write_text(
        "import logging\nprint('loading')\ndef charge_card(event, context):\n    print('charging')\n    return 1\n"
    )
    result = emulate("run", "payment.asl.json", "--handlers", "chatty", "--json")
    assert (json.loads(result.stdout)["output"], result.stderr) == (1, "loading\ncharging\n")


def test_ctrl_c_is_exit_code_130(emulate: Emulate) -> None:
    result = emulate("run", "payment.asl.json", "--handlers", "charge-card=shop_handlers:raises_interrupt")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "stopped")


def test_a_fault_of_our_own_is_told_without_a_traceback(emulate: Emulate, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: str | None) -> None:
        raise AssertionError("cannot be")

    monkeypatch.setattr("emulator.cli.run.read_input", broken)
    result = emulate("run", "payment.asl.json")
    assert result.exit_code == 3
    assert result.stderr.startswith("internal error: AssertionError: cannot be\n")


# task ----------------------------------------------------------------------------------------------------------------


def test_a_task_of_ones_own(emulate: Emulate) -> None:
    result = emulate("task", "countUp", "--from", "shop_jobs.py", "--app", "shop_jobs:make_app", "--input", '{"n": 1}')
    assert result.exit_code == 0
    assert result.stdout.startswith('countUp "Count to three" SUCCESS after 1 h of virtual time\n')
    assert "             info: counted\n" in result.stdout
    assert '"taskStatus": "success"' in result.stdout
    told = [line.split("  ", 1) for line in result.stderr.splitlines() if line]
    assert [at for at, _ in told] == ["+00:00:00", "+00:00:00", "+00:00:00", "+01:00:00", "+01:00:00"]
    assert told[-2][1] == "countUp: iteration 2, done (ran 0 s, 15 min left)"
    assert told[-1][1] == "countUp: success"


def test_a_failed_task_is_exit_code_1(emulate: Emulate) -> None:
    result = emulate("task", "giveUp", "--from", "shop_jobs", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert (document["status"], document["execution_status"], document["error"]) == ("failed", "FAILED", "no more")
    assert document["path"] == ["TransformEvent", "Run", "CheckStatus", "Error"]
    assert document["iterations"][0]["status"] == "error"
    assert document["record"]["output"] == {"error": {"message": "no more", "code": "GAVE_UP"}}


@pytest.mark.parametrize("way", ["hook", "validation"])
def test_an_error_before_the_trigger_is_the_users(emulate: Emulate, folder: Path, way: str) -> None:
    lines = {
        "hook": "@job.on_before_trigger\ndef before(data):\n    raise ValueError('not now')\n",
        "validation": "",
    }[way]
    validate = ", validate_input=check" if way == "validation" else ""
    text = f"""
from emulator.tasks import task
def check(input): raise ValueError('not now')
@task(title="Job"{validate})
def job(ctx): ...
{lines}"""
    (folder / f"vetoing_{way}.py").write_text(text)
    result = emulate("task", "--from", f"vetoing_{way}.py")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: task job was not triggered: ValueError: not now\n" in result.stderr
    at = 3 if way == "validation" else 8
    assert f'vetoing_{way}.py", line {at}, in' in result.stderr
    assert "bug in the emulator" not in result.stderr


def test_a_failed_child_is_exit_code_1(emulate: Emulate, folder: Path) -> None:
    text = """
from emulator.tasks import private_task, task
@private_task(title="Child")
def child(ctx): return ctx.response.error("no")
@task(title="Parent")
def parent(ctx):
    ctx.trigger("child")
    return ctx.response.done()
"""
    (folder / "a_family.py").write_text(text)
    result = emulate("task", "--from", "a_family.py", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["status"], document["children"][0]["status"]) == (1, "success", "failed")


def test_a_delay(emulate: Emulate) -> None:
    args = ("--app", "shop_jobs:make_app", "--input", '{"n": 2}', "--delay", "600", "--json")
    document = json.loads(emulate("task", "countUp", "--from", "shop_jobs", *args).stdout)
    assert document["elapsed"]["virtual_seconds"] == 600
    assert [each["wait"] for each in document["iterations"]] == [600, None]


# check ---------------------------------------------------------------------------------------------------------------


def test_check_prints_every_problem_of_every_file(emulate: Emulate, folder: Path) -> None:
    bad = write(folder, one_state(Type="Pas", End=True), "bad.json")
    worse = write(folder, "{", "worse.json")
    result = emulate("check", bad, "payment.asl.json", worse)
    assert result.exit_code == 1
    places = [line for line in result.stdout.splitlines() if not line.startswith("    ")]
    assert [place.split(":")[0] for place in places] == ["bad.json", "bad.json", "worse.json"]
    assert result.stderr == "3 files, 3 errors\n"


def test_check_is_content(emulate: Emulate) -> None:
    result = emulate("check", "payment.asl.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "1 file, no problems\n")


def test_check_as_json(emulate: Emulate, folder: Path) -> None:
    bad = write(folder, one_state(Type="Wait", Second=3, Seconds=3, End=True), "bad.json")
    result = emulate("check", bad, "payment.asl.json", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    [first, second] = json.loads(result.stdout)
    assert second == {"file": "payment.asl.json", "problems": []}
    [problem] = first["problems"]
    assert problem == {
        "pointer": "/States/Only/Second",
        "code": "SCHEMA_VALIDATION_FAILED",
        "message": "Field 'Second' is not supported",
        "line": 1,
        "column": problem["column"],
        "hint": 'Did you mean "Seconds"?',
        "severity": "ERROR",
    }


SUBSTITUTED = """{
  "StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "${Function}", "Parameters": {"t": "${Table}"},
    "TimeoutSeconds": ${Seconds}, "End": true}}
}"""
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge-card"


def test_check_names_every_substitution_without_a_value_and_nothing_that_it_explains(
    emulate: Emulate, folder: Path
) -> None:
    name = write(folder, SUBSTITUTED.replace("${Seconds}", "5"))
    result = emulate("check", name, "--unresolved", "ERROR")
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if not line.startswith("    ")] == [
        f"{name}:2:71: UNRESOLVED_SUBSTITUTION ${{Function}} has no value",
        f"{name}:2:106: UNRESOLVED_SUBSTITUTION ${{Table}} has no value",
    ]
    assert "--set Function=VALUE, --definition-substitutions FILE" in result.stdout


def test_substitutions_come_from_options_and_a_file(emulate: Emulate, folder: Path) -> None:
    name = write(folder, SUBSTITUTED)
    (folder / "values.json").write_text(json.dumps({"Function": "nothing", "Table": "t", "Seconds": 9, "Other": True}))
    args = (name, "--definition-substitutions", "values.json", "--set", f"Function={FUNCTION}")
    assert emulate("check", *args).stderr == "1 file, no problems\n"
    result = emulate("run", *args, "--handlers", "shop_handlers", "--quiet")
    assert (result.exit_code, result.stdout) == (0, '{"paid": 0}\n')


def test_places_are_those_of_the_file_as_it_is_written(emulate: Emulate, folder: Path) -> None:
    name = write(folder, SUBSTITUTED.replace('"End": true', '"Ende": true'))
    args = ("--set", f"Function={FUNCTION * 3}", "--set", "Table=t", "--set", "Seconds=1")
    places = [line.split(": ")[0] for line in emulate("check", name, *args).stdout.splitlines() if name in line]
    assert places == [f"{name}:1:1", f"{name}:2:33", f"{name}:2:58", f"{name}:3:35"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--set", "Funktion=x"), "--set Funktion=x: the definition has no ${Funktion}. Did you mean"),
        (("--set", "Function"), "--set Function: write NAME=VALUE"),
        (("--definition-substitutions", "nowhere.json"), "--definition-substitutions: there is no file nowhere.json"),
        (("--definition-substitutions", "list.json"), "list.json must hold a JSON object of names and values"),
        (("--definition-substitutions", "deep.json"), "the substitution A must be a text, a number or a boolean"),
        (("--definition-substitutions", "broken.json"), "broken.json is not JSON: line 1, column 2"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_substitutions_that_cannot_be_used(
    emulate: Emulate, folder: Path, command: str, args: tuple[str, ...], said: str
) -> None:
    name = write(folder, SUBSTITUTED)
    for file, text in (("list.json", "[]"), ("deep.json", '{"A": {}}'), ("broken.json", "{")):
        (folder / file).write_text(text)
    result = emulate(command, name, *args)
    assert result.exit_code == 2
    assert said in result.stderr


YAML = """StartAt: Wait
States:
  Wait:
    Type: Wait
    Second: ${Delay}
    Timestamp: 2030-01-31T00:00:00Z
    End: true
"""


def test_check_reads_yaml_with_lines_and_columns(emulate: Emulate, folder: Path) -> None:
    name = write(folder, YAML, "machine.asl.yaml")
    result = emulate("check", name, "--set", "Delay=3")
    assert [line for line in result.stdout.splitlines() if not line.startswith("    ")] == [
        f"{name}:5:5: SCHEMA_VALIDATION_FAILED Field 'Second' is not supported"
    ]
    assert emulate("run", name, "--set", "Delay=3").exit_code == 2
    right = write(folder, YAML.replace("    Second: ${Delay}\n", ""), "right.yaml")
    assert emulate("run", right, "--quiet").stdout == "{}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", "bad.yaml:1:6: INVALID_JSON_DESCRIPTION The definition is not YAML: "),
        ("a: 1\nb: *nowhere\n", "bad.yaml:2:4: INVALID_JSON_DESCRIPTION The definition is not YAML: found undefined"),
        ("a: &x\n  b: *x\n", "bad.yaml:1:4: INVALID_JSON_DESCRIPTION The definition is not YAML: an alias contains"),
        ("a: !!set {x}\n", "bad.yaml:1:4: INVALID_JSON_DESCRIPTION The definition is not YAML: the tag !!set has no"),
        ("a: !!binary aGk=\n", "bad.yaml:1:4: INVALID_JSON_DESCRIPTION The definition is not YAML: tag:yaml.org"),
        ("? [1]\n: 2\n", "bad.yaml:1:3: INVALID_JSON_DESCRIPTION The definition is not YAML: a key must be a text"),
        ("a: .inf\n", "bad.yaml:1:1: INVALID_JSON_DESCRIPTION The definition cannot be written as JSON"),
        (f"{'[' * 9000}", "bad.yaml:1:1: INVALID_JSON_DESCRIPTION The definition is not YAML: it is nested too deep"),
        ("a: \x07\n", "bad.yaml:1:1: INVALID_JSON_DESCRIPTION The definition is not YAML: unacceptable character"),
    ],
    ids=["open", "no anchor", "endless", "a set", "binary", "a key", "infinite", "deep", "control"],
)
def test_yaml_that_is_no_definition(emulate: Emulate, folder: Path, text: str, said: str) -> None:
    result = emulate("check", write(folder, text, "bad.yaml"))
    assert said in result.stdout
    assert result.exit_code == 1


def test_yaml_without_its_library_says_what_to_install(
    emulate: Emulate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    result = emulate("check", write(folder, YAML, "machine.asl.yaml"))
    assert (result.exit_code, result.stderr) == (2, "error: YAML needs PyYAML: pip install 'asl-emulator[yaml]'\n")


def test_check_takes_folders(emulate: Emulate, folder: Path) -> None:
    (folder / "more").mkdir()
    write(folder, "{}", "more/a.asl.json")
    write(folder, "{}", "more/b.asl.yml")
    write(folder, "{}", "more/c.json")
    result = emulate("check", ".", "payment.asl.json")
    assert result.stderr == "3 files, 2 errors\n"
    (folder / "empty").mkdir()
    refused = emulate("check", "empty")
    assert (refused.exit_code, refused.stderr) == (
        2,
        (
            "error: check: no definitions in the folder empty: no JSON or YAML file with StartAt and States, "
            "no *.asl.json, no *.asl.yaml, no *.asl.yml, no *.asl\n"
        ),
    )
    assert "there is no file paymnt.asl.json" in emulate("check", "paymnt.asl.json").stderr


def test_check_tells_warnings_which_are_errors_only_when_strict(emulate: Emulate, folder: Path) -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "$.x", "End": true, "End": true}}}'
    name = write(folder, text)
    result = emulate("check", name)
    assert (result.exit_code, result.stderr) == (0, "1 file, 2 warnings\n")
    assert "PASS_RESULT_IS_STATIC" in result.stdout
    assert "duplicate-key The key 'End' is in its object twice; only the last counts" in result.stdout
    assert emulate("check", name, "--strict").exit_code == 1
    assert emulate("check", name, "--strict", "--severity", "error").stderr == "1 file, no problems\n"


def test_check_warns_of_keys_that_are_twice_in_an_object_of_yaml(emulate: Emulate, folder: Path) -> None:
    """What an anchor is merged into may say otherwise, and an alias is the same object again."""
    text = """StartAt: A
x: &common
  Type: Pass
  Comment: shared
States:
  A:
    <<: *common
    Comment: own
    Next: B
    Next: C
  B: *common
  C:
    Type: Succeed
    Type: Succeed
"""
    name = write(folder, text, "twice.asl.yaml")
    told = [line for line in emulate("check", name).stdout.splitlines() if "duplicate-key" in line]
    assert told == [
        f"{name}:10:5: warning: duplicate-key The key 'Next' is in its object twice; only the last counts",
        f"{name}:14:5: warning: duplicate-key The key 'Type' is in its object twice; only the last counts",
    ]


def test_check_for_the_type_of_the_machine(emulate: Emulate, folder: Path) -> None:
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    message = {"QueueUrl": "q", "MessageBody": "m"}
    name = write(folder, one_state(Type="Task", Resource=resource, Parameters=message, TimeoutSeconds=9, End=True))
    assert emulate("check", name).exit_code == 0
    assert "'.waitForTaskToken' service integration" in emulate("check", name, "--type", "EXPRESS").stdout


def test_an_express_machine_runs_for_five_minutes_at_most(emulate: Emulate, folder: Path) -> None:
    name = write(folder, {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 400, "End": True}}})
    assert emulate("run", name).exit_code == 0
    result = emulate("run", name, "--type", "express", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["status"], document["elapsed"]["virtual_seconds"]) == (1, "TIMED_OUT", 300)
    assert "--type needs a DEFINITION" in emulate("run", "--type", "EXPRESS").stderr


def test_calls_of_a_run_take_time_if_that_is_asked_for(emulate: Emulate, folder: Path) -> None:
    queues = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {}, "End": True}
    name = write(folder, {"StartAt": "T", "States": {"T": queues}})
    told = [emulate("run", name, "--json", "--latencies", each).stdout for each in ("none", "aws", "aws")]
    lengths = [json.loads(text)["elapsed"]["virtual_seconds"] for text in told]
    assert lengths[0] == 0 < lengths[1] == lengths[2]
    assert "--latencies needs a DEFINITION" in emulate("run", "--latencies", "aws").stderr


def test_check_tells_a_template_from_a_definition(emulate: Emulate, folder: Path) -> None:
    result = emulate("check", write(folder, {"Resources": {}}, "template.json"))
    assert (result.exit_code, result.stderr) == (0, "template.json has no state machine\n0 files, no problems\n")


# Terminals -----------------------------------------------------------------------------------------------------------


def test_colour_is_a_matter_of_the_environment(emulate: Emulate, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("run", "payment.asl.json", "--handlers", "shop_handlers")
    assert "\x1b[" not in emulate(*args).output
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32mSUCCEEDED\x1b[0m" in emulate(*args).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in emulate(*args).output


def test_lines_are_as_wide_as_the_terminal(emulate: Emulate, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("run", "payment.asl.json", "--handlers", "shop_handlers", "--input", json.dumps({"text": "long " * 100}))
    monkeypatch.setenv("COLUMNS", "70")
    inputs = [line for line in emulate(*args).stdout.splitlines() if line.startswith("  input")]
    assert [len(line) <= 70 for line in inputs] == [True]


def test_help_says_what_a_name_finds(emulate: Emulate) -> None:
    result = emulate("run", "--help")
    assert result.exit_code == 0
    assert "charge_card also answers for charge-card" in " ".join(result.stdout.split())


def test_version(emulate: Emulate) -> None:
    result = emulate("--version")
    assert (result.exit_code, result.stdout.split()[0]) == (0, "emulate")


# The real thing: processes of their own ---------------------------------------------------------------------------


def start(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "emulator", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_what_stdout_cannot_write_is_escaped(folder: Path) -> None:
    """As with a Windows code page."""
    name = write(folder, json.dumps(one_state(Type="Pass", Result={"name": "Zoë ✓"}, End=True)))
    done = start(folder, "run", name, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert done.returncode == 0
    text = done.stdout.decode("cp1252")
    assert "Zoë \\u2713" in text
    assert json.loads(text[text.index("\n{") :]) == {"name": "Zoë ✓"}


def test_a_run_without_services_imports_none(folder: Path) -> None:
    """What keeps ``emulate run`` fast: no boto3, moto, rich or asyncio for a machine that calls nobody."""
    name = write(folder, one_state(Type="Wait", Seconds=30_672_000, End=True))
    code = (
        "import sys\n"
        "from emulator.cli import main\n"
        "try:\n"
        f"    main(['run', {name!r}, '--quiet'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        "heavy = {'boto3', 'botocore', 'moto', 'rich', 'asyncio', 'freezegun', 'pytest', 'emulator.tasks'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().splitlines() == ["{}", "[]"]


def test_importing_the_language_imports_nothing_that_only_some_machines_need() -> None:
    """The JSONata engine, what suggests words, what hashes."""
    code = "import asl, sys; print(sorted({'asl.jsonata', 'difflib', 'hashlib', 'yaml', 'asyncio'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == "[]"


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import emulator, sys; print(sorted(m for m in sys.modules if m.startswith(('asl', 'emulator'))))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == "['emulator']"


def test_a_closed_pipe_is_no_error(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "run", "payment.asl.json", "--handlers", "shop_handlers", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_signal_stops_it_with_130(folder: Path) -> None:
    (folder / "slow.py").write_text(
        "import os, sys\n"
        "def charge_card(event, context):\n"
        "    print('ready', file=sys.stderr, flush=True)\n"
        "    os.read(0, 1)\n"  # blocks; a wait or a sleep would take no real time
    )
    with interruptible():
        process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "run", "payment.asl.json", "--handlers", "slow"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    _, errors = process.communicate()
    assert errors.splitlines()[-1] == "stopped"
