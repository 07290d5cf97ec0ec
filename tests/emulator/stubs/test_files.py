"""Stubs in a JSON file, for the command line, the server and several tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError
from tests.emulator.stubs.conftest import FUNCTION, GLUE, machine, task

RETRY: dict[str, Any] = {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5, "BackoffRate": 1}]}


def write(folder: Path, value: Any) -> Path:
    file = folder / "stubs.json"
    file.write_text(value if isinstance(value, str) else json.dumps(value, indent=2))
    return file


def test_answers_by_state_and_by_resource(emulator: Emulator, tmp_path: Path) -> None:
    charge = [{"raises": {"error": "Card.Busy", "cause": "later"}, "times": 2}, {"returns": {"id": 1}}]
    report = {"returns": {"JobRunState": "SUCCEEDED"}, "after_seconds": 600}
    emulator.stubs_from(write(tmp_path, {"tasks": {"Charge": charge}, "resources": {"glue:startJobRun.sync": report}}))
    run = emulator.run(machine(task(FUNCTION, **RETRY)))
    assert (run.output, emulator.task("Charge").call_count) == ({"id": 1}, 3)
    job = emulator.run(machine(task(GLUE, Parameters={"JobName": "report"}), "Report"))
    assert job.elapsed.total_seconds() == 600


def test_items_inputs_and_machines(emulator: Emulator, tmp_path: Path) -> None:
    answers = [
        {"returns": "any"},
        {"returns": "two", "for_item": 1},
        {"raises": {"error": "X"}, "when": {"id": 3}},
        {"returns": "other", "machine": "Other"},
    ]
    emulator.stubs_from(write(tmp_path, {"tasks": {"Charge": answers}}))
    state = task(Catch=[{"ErrorEquals": ["X"], "Next": "No"}])
    processor = machine(state)
    processor["States"]["No"] = {"Type": "Pass", "Result": "no", "End": True}
    each = machine({"Type": "Map", "ItemProcessor": processor, "End": True}, "Each")
    assert emulator.run(each, [{"id": 1}, {"id": 2}, {"id": 3}]).output == ["any", "two", "no"]
    assert emulator.run(emulator.state_machine(machine(), name="Other")).output == "other"


def test_the_answers_of_a_file_take_the_place_of_earlier_ones(emulator: Emulator, tmp_path: Path) -> None:
    emulator.task("Charge").raises("X", times=3)
    emulator.stubs_from(
        write(tmp_path, {"tasks": {"Charge": [{"returns": 1, "times": 1, "instead": True}, {"returns": 2}]}})
    )
    assert [emulator.run(machine()).output for _ in range(2)] == [1, 2]
    with pytest.raises(EmulatorError, match=r"/tasks/Charge/instead: 1 is neither true nor false"):
        emulator.stubs_from(write(tmp_path, {"tasks": {"Charge": {"returns": 1, "instead": 1}}}))


def test_what_a_run_writes_is_read_again(emulator: Emulator, tmp_path: Path) -> None:
    calls = iter([ValueError("busy"), None])

    def charge(event: Any, context: Any) -> Any:
        if (error := next(calls, None)) is not None:
            raise error
        return {"id": 1}

    emulator.lambda_function("charge", charge)
    first = emulator.run(machine(task(FUNCTION, **RETRY)))
    with Emulator() as other:
        other.stubs_from(write(tmp_path, first.as_stubs()))
        assert other.run(machine(task(FUNCTION, **RETRY))).output == first.output == {"id": 1}


def test_a_task_that_does_not_start(emulator: Emulator, tmp_path: Path) -> None:
    failure = {"fails_to_start": {"error": "Lambda.Unknown", "cause": "why"}}
    emulator.stubs_from(write(tmp_path, {"tasks": {"Charge": failure}}))
    run = emulator.run(machine())
    assert "LambdaFunctionStartFailed" in [event["type"] for event in run.history]


WRONG: list[tuple[Any, str]] = [
    ("{", r":1:2: this is not JSON"),
    ({"task": {}}, r':2:3: /task: there is no key "task" here\n    Did you mean "tasks"\?'),
    ({"tasks": {"A": {"return": 1}}}, 'no key "return" here\n    Did you mean "returns"'),
    ({"tasks": {"A": {}}}, "an answer has one of returns, raises, .*; this has none"),
    ({"tasks": {"A": {"returns": 1, "never": True}}}, "this has returns and never"),
    ({"tasks": {"A": {"never": False}}}, "false is not true"),
    ({"tasks": {"A": {"returns": 1, "times": 0}}}, "/tasks/A/times: 0 is not a number of calls"),
    ({"tasks": {"A": {"returns": 1, "for_item": -1}}}, "-1 is neither the index of an item"),
    ({"tasks": {"A": {"raises": {"eror": "X"}}}}, 'no key "eror" here\n    Did you mean "error"'),
    ({"resources": {"glue:startJobrun": {"returns": {}}}}, 'Did you mean "glue:startJobRun"'),
    ({"resources": {"glue:startJobRun": {"returns": {"JobRun": ""}}}}, 'stubs.json:3:.*Did you mean "JobRunId"'),
]  # fmt: skip


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, given: Any, told: str) -> None:
    with Emulator(unused_stubs="allow") as emulator, pytest.raises(EmulatorError, match=told):
        emulator.stubs_from(write(tmp_path, given))


def test_a_stub_of_a_file_that_is_never_called_is_named_with_its_place(tmp_path: Path) -> None:
    emulator = Emulator()
    emulator.stubs_from(write(tmp_path, {"tasks": {"Charge": {"returns": 1}}}))
    with pytest.raises(EmulatorError, match=r"stubs.json:3:\d+: emulator.task\('Charge'\) was never called"), emulator:
        pass


@pytest.mark.parametrize("is_known", [True, False])
def test_all_answers_that_services_cannot_give_are_told_together(tmp_path: Path, is_known: bool) -> None:
    jobs = [{"returns": {"JobRunStat": "x"}, "times": 1}, {"raises": {"error": "Glue.ConcurentRunsExceededException"}}]
    file = write(tmp_path, {"tasks": {"Report": jobs}})
    definition = machine(task(GLUE, Parameters={"JobName": "report"}), "Report")

    def declare() -> None:
        with Emulator() as emulator:
            if is_known:
                emulator.state_machine(definition)
            emulator.stubs_from(file)
            emulator.state_machine(definition)

    with pytest.raises(EmulatorError, match=r'(?s)Did you mean "JobRunState".*Did you mean "Glue.ConcurrentRuns'):
        declare()


@pytest.mark.parametrize(("value", "told"), [({}, "no stub"), ({"tasks": {"Charge": []}}, "no answer")])
def test_a_file_without_answers_is_refused(emulator: Emulator, tmp_path: Path, value: Any, told: str) -> None:
    with pytest.raises(EmulatorError, match=rf"stubs.json:\d+:\d+: .*there is {told}"):
        emulator.stubs_from(write(tmp_path, value))
