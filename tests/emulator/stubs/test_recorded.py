"""Stubs from a history: a team replays an execution of its account, or of an emulator, without what it called."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from emulator import Emulator
from emulator.cli import main
from emulator.errors import EmulatorError

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
JOB = "arn:aws:states:::glue:startJobRun.sync"


def orders() -> dict[str, Any]:
    """Charge (with a retry), a Map that packs each item, and a job."""
    pack = {"Type": "Task", "Resource": FUNCTION.replace("charge", "pack"), "End": True}
    return {
        "StartAt": "Charge",
        "States": {
            "Charge": {
                "Type": "Task",
                "Resource": INVOKE,
                "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
                "OutputPath": "$.Payload",
                "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3}],
                "Next": "Packs",
            },
            "Packs": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {"StartAt": "Pack", "States": {"Pack": pack}},
                "Next": "Report",
            },
            "Report": {"Type": "Task", "Resource": JOB, "Parameters": {"JobName": "r"}, "End": True},
        },
    }


def real(emulator: Emulator) -> Any:
    """A run with handlers, and a scripted job."""
    calls: list[Any] = []

    def charge(event: Any, context: Any) -> Any:
        calls.append(event)
        if len(calls) == 1:
            raise type("Busy", (Exception,), {})("later")
        return {"items": [1, 2, 2]}

    def pack(event: Any, context: Any) -> Any:
        return event * 10

    emulator.lambda_function("charge", charge)
    emulator.lambda_function("pack", pack)
    job = {"Id": "jr_1", "JobName": "r", "JobRunState": "SUCCEEDED"}
    emulator.stub("glue:startJobRun.sync").after(minutes=10).returns(job)
    return emulator.run(orders(), {"id": 7}).assert_succeeded()


def printed(run: Any) -> str:
    """The history as the CLI prints it."""
    return json.dumps({"events": run.history}, default=str)


def same(run: Any, other: Any) -> bool:
    shown = [[(each["type"], each["timestamp"]) for each in execution.history] for execution in (run, other)]
    return run.output == other.output and shown[0] == shown[1]


def test_the_answers_of_a_run_are_written_down_by_state_and_item(emulator: Emulator) -> None:
    found = real(emulator).as_stubs()["tasks"]
    assert list(found) == ["Charge", "Pack", "Report"]
    busy, charged = found["Charge"]
    assert (busy["raises"]["error"], busy["times"]) == ("Busy", 1)
    assert json.loads(busy["raises"]["cause"])["errorMessage"] == "later"
    assert (charged["returns"]["Payload"], charged["check"]) == ({"items": [1, 2, 2]}, False)
    assert found["Pack"] == [
        {"for_item": 0, "returns": 10, "times": 1},
        {"for_item": 1, "returns": 20, "times": 1},
        {"for_item": 2, "returns": 20, "times": 1},
    ]
    assert found["Report"][0]["after_seconds"] == 600
    assert json.loads(json.dumps(found)) == found


def test_a_history_of_the_command_line_gives_the_same_run_again(tmp_path: Path) -> None:
    with Emulator() as emulator:
        run = real(emulator)
        text = printed(run)
    (tmp_path / "history.json").write_text(text)
    with Emulator(root=tmp_path) as emulator:
        stubs = emulator.stubs_from_history("history.json")
        again = emulator.run(orders(), {"id": 7}).assert_succeeded()
        assert same(run, again)
        assert [stub.call_count for stub in stubs.values()] == [2, 3, 1]
        assert again.as_stubs() == run.as_stubs()


def test_the_answers_of_a_run_are_a_file_of_stubs(tmp_path: Path) -> None:
    with Emulator() as emulator:
        run = real(emulator)
    (tmp_path / "stubs.json").write_text(json.dumps(run.as_stubs()))
    with Emulator(root=tmp_path) as emulator:
        emulator.stubs_from("stubs.json")
        assert same(run, emulator.run(orders(), {"id": 7}))


def test_pages_in_any_order_are_one_history(tmp_path: Path) -> None:
    with Emulator() as emulator:
        run = real(emulator)
    events = json.loads(printed(run))["events"]
    pages = [{"events": events[:5], "nextToken": "t"}, {"events": events[5:]}]
    (tmp_path / "pages.json").write_text("\n".join(json.dumps(page) for page in reversed(pages)))
    for given in ("pages.json", pages, {"events": events[::-1]}, run.history):
        with Emulator(root=tmp_path) as emulator:
            emulator.stubs_from_history(given, machine="StateMachine")
            assert same(run, emulator.run(orders(), {"id": 7}))


def test_a_task_that_timed_out_or_failed_to_start_does_so_again(emulator: Emulator, tmp_path: Path) -> None:
    task = {"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 5, "End": True}
    task["Retry"] = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]
    definition = {"StartAt": "Charge", "States": {"Charge": task}}
    emulator.task("Charge").never(times=1).then.fails_to_start("X", "y").then.returns(3)
    run = emulator.run(definition).assert_succeeded()
    assert [next(iter(answer)) for answer in run.as_stubs()["tasks"]["Charge"]] == [
        "never",
        "fails_to_start",
        "returns",
    ]
    with Emulator() as other:
        other.stubs_from_history(run.history)
        assert same(run, other.run(definition))
    (tmp_path / "stubs.json").write_text(json.dumps(run.as_stubs()))
    with Emulator(root=tmp_path) as other:
        other.stubs_from("stubs.json")
        assert same(run, other.run(definition))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda details: details.pop("output"), "its output is not there (includeExecutionData=false)"),
        (lambda details: details.update(outputDetails={"truncated": True}), "its output is cut"),
    ],
)
def test_what_aws_has_left_out_is_named(emulator: Emulator, change: Any, told: str) -> None:
    with Emulator() as first:
        run = real(first)
    events = json.loads(printed(run))["events"]
    lost = next(event for event in events if event["type"] == "TaskSucceeded")
    change(lost["taskSucceededEventDetails"])
    with pytest.raises(EmulatorError) as raised:
        emulator.stubs_from_history({"events": events})
    assert f"event {lost['id']} (TaskSucceeded of state 'Charge'): {told}" in str(raised.value)
    stubs = emulator.stubs_from_history({"events": events}, left_out="skip")
    assert list(stubs) == ["Pack", "Report"]
    emulator.task("Charge").returns({"items": [1, 2, 2]})
    emulator.run(orders(), {"id": 7}).assert_succeeded()


def test_the_items_of_a_distributed_map_are_left_out(emulator: Emulator) -> None:
    emulator.lambda_function("pack", lambda event, context: event)
    definition = orders()
    processor = definition["States"]["Packs"]["ItemProcessor"]
    processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    emulator.task("Charge").returns({"items": [1]})
    emulator.task("Report").returns({}, check=False)
    run = emulator.run(definition).assert_succeeded()
    with pytest.raises(EmulatorError, match="MapStateEntered of state 'Packs'"):
        run.as_stubs()
    assert list(run.as_stubs(left_out="skip")["tasks"]) == ["Charge", "Report"]


def test_a_distributed_map_without_tasks_leaves_nothing_out(emulator: Emulator) -> None:
    processor = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    items = {"Type": "Map", "ItemProcessor": processor, "End": True}
    run = emulator.run({"StartAt": "M", "States": {"M": items}}, [1]).assert_succeeded()
    assert run.as_stubs() == {"tasks": {}}


def test_a_stub_that_the_run_does_not_come_to_fails_the_test() -> None:
    with Emulator() as first:
        run = real(first)
    with pytest.raises(EmulatorError, match=r"emulator\.task\('Charge'\) was never called"), Emulator() as emulator:
        emulator.stubs_from_history(run.history)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("missing.json", "missing.json: the history cannot be read"),
        ("text.json", "text.json:1: this is not JSON"),
        ("other.json", "other.json: there are no events in it"),
        ({"events": [{"id": 2, "type": "ExecutionStarted", "timestamp": 0}]}, "event 1 of 2 is missing"),
        (
            {"events": [{"id": 1, "type": "ExecutionStarted", "timestamp": 0}], "nextToken": "t"},
            "it ends with a nextToken: there are more events",
        ),
        ({"events": [{"id": 1}]}, "is no event of a history"),
    ],
)
def test_what_is_no_whole_history_is_refused(given: Any, told: str, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("{events")
    (tmp_path / "other.json").write_text("{}")
    with Emulator(root=tmp_path) as emulator, pytest.raises(EmulatorError) as raised:
        emulator.stubs_from_history(given)
    assert told in str(raised.value)


def test_the_command_line_writes_the_stubs_of_a_history_and_of_a_run(tmp_path: Path) -> None:
    definition = {"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
    (tmp_path / "flow.asl.json").write_text(json.dumps(definition))
    (tmp_path / "handlers.py").write_text("def charge(event, context):\n    return {'id': event['n']}\n")
    files = {name: str(tmp_path / name) for name in ("flow.asl.json", "handlers.py", "run.json", "history.json")}
    given = [
        files["flow.asl.json"],
        '{"n": 7}',
        "--handlers",
        files["handlers.py"],
        "--record",
        files["run.json"],
        "-q",
    ]
    assert invoke("run", *given) == (0, '{"id": 7}\n')
    wanted = {"tasks": {"Charge": [{"returns": {"id": 7}, "times": 1}]}}
    assert json.loads(Path(files["run.json"]).read_text()) == wanted
    with Emulator() as emulator:
        emulator.lambda_function("charge", lambda event, context: {"id": event["n"]})
        Path(files["history.json"]).write_text(printed(emulator.run(definition, {"n": 7})))
    code, text = invoke("record", files["history.json"])
    assert (code, json.loads(text)) == (0, wanted)
    assert invoke("record", "-", "-o", files["run.json"], input=Path(files["history.json"]).read_text()) == (0, "")
    assert json.loads(Path(files["run.json"]).read_text()) == wanted
    assert invoke("record", str(tmp_path / "none.json"))[0] == 2


def invoke(*arguments: str, input: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(main, list(arguments), input=input)
    return done.exit_code, done.stdout
