"""``run.assert_...``: what holds, and what the failure says: place, what was expected, what was instead."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from emulator import Emulator, EmulatorError, Execution, contains
from emulator.tasks import Result, RunContext
from emulator.tasks import task as task_definition
from tests.emulator.flows import FUNCTION, flow, task

CHARGE = {
    "Type": "Task",
    "Resource": f"{FUNCTION}charge",
    "Retry": [{"ErrorEquals": ["Card.Busy"], "IntervalSeconds": 60, "MaxAttempts": 2}],
    "Catch": [
        {"ErrorEquals": ["Card.Declined"], "Next": "Alarm"},
        {"ErrorEquals": ["Card.Lost"], "Next": "Alarm"},
    ],
    "Next": "Ship?",
}
ORDER = {
    "StartAt": "Charge",
    "States": {
        "Charge": CHARGE,
        "Ship?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.paid", "NumericLessThan": 5, "Next": "Alarm"},
                {"Variable": "$.paid", "NumericLessThan": 50, "Next": "Ship"},
            ],
            "Default": "Alarm",
        },
        "Ship": {"Type": "Wait", "Seconds": 600, "End": True},
        "Alarm": {"Type": "Fail", "Error": "Order.Lost", "Cause": "no parcel"},
    },
}


def at(path: Path, text: str, more: int = 0) -> str:
    """``file:line`` of the first line that begins with ``"text":``, and of one ``more`` lines below."""
    lines = path.read_text().splitlines()
    return (
        f"{path}:{next(n for n, line in enumerate(lines, 1) if line.strip().startswith(json.dumps(text) + ':')) + more}"
    )


@pytest.fixture
def order(tmp_path: Path) -> Path:
    path = tmp_path / "order.asl.json"
    path.write_text(json.dumps(ORDER, indent=2))
    return path


def run_order(emulator: Emulator, order: Path, answer: Any, busy: int = 0) -> Execution:
    charge = emulator.task("Charge")
    if busy:
        charge.raises("Card.Busy", times=busy).then.returns(answer)
    elif isinstance(answer, str):
        charge.raises(answer, "no money")
    else:
        charge.returns(answer)
    return emulator.run(order, {"id": 7})


def said(error: "pytest.ExceptionInfo[BaseException]") -> list[str]:
    return str(error.value).splitlines()


# How it ended --------------------------------------------------------------------------------------------------------


def test_assertions_return_the_execution_so_that_they_can_follow_each_other(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 7}, busy=2)
    same = (
        run.assert_succeeded(output={"paid": 7})
        .assert_path(["Charge", "Ship?", "Ship"])
        .assert_called("Charge", times=3, input={"id": 7})
        .assert_waited("Ship", minutes=10)
    )
    assert same is run


def test_an_output_that_differs_is_told_by_json_paths_at_the_last_state(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 7, "items": [{"id": 1}, {"id": 2}], "extra": None, "a b": True})
    with pytest.raises(AssertionError) as error:
        run.assert_succeeded(output={"paid": 8, "items": [{"id": 1}, {"id": 3}, {"id": 4}], "note": "x", "a b": 1})
    assert said(error) == [
        f"{at(order, 'Ship')}: the output is not the expected one",
        "    $.paid: 7, expected 8",
        "    $.items[1].id: 2, expected 3",
        '    $.items[2]: missing, expected {"id": 4}',
        '    $.note: missing, expected "x"',
        '    $["a b"]: true, expected 1',
        "    $.extra: null, not expected",
    ]


def test_many_differences_are_cut(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "End": True}), list(range(20)))
    with pytest.raises(AssertionError) as error:
        run.assert_succeeded(output=[-1] * 20)
    assert len(said(error)) == 10
    assert said(error)[-1] == "    ... 12 more"


def test_part_of_an_output_is_compared_by_name(emulator: Emulator) -> None:
    value = {"order": {"id": 7, "at": "2030-01-01"}, "items": [{"n": 1, "x": 2}, {"n": 2}], "note": "paid by card"}
    run = emulator.run(flow(A={"Type": "Pass", "End": True}), value)
    run.assert_succeeded(output=contains({"order": {"id": 7}}))
    run.assert_succeeded(output=contains({"items": [{"n": 1}, {}], "note": ANY}))
    run.assert_succeeded(output={"order": ANY, "items": [contains({"n": 1}), ANY], "note": contains("card")})
    assert run.output == contains({"note": contains("paid")})
    assert run.output != contains({"note": "paid"})
    with pytest.raises(AssertionError) as error:
        run.assert_succeeded(output=contains({"order": {"id": 8}, "items": [{"n": 1}], "note": contains("cash")}))
    assert said(error)[1:] == [
        "    $.order.id: 7, expected 8",
        '    $.items[1]: {"n": 2}, not expected',
        '    $.note: "paid by card", expected a text with "cash"',
    ]
    assert repr(contains({"a": 1})) == "contains({'a': 1})"


def test_contains_takes_an_object_or_text_alone() -> None:
    with pytest.raises(EmulatorError, match=r"contains\(\[1\] \(a list\)\): it takes an object, or text"):
        contains([1])  # type: ignore[arg-type]


def test_numbers_and_booleans_are_those_of_json(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "End": True}), [1, 2.0, True])
    run.assert_succeeded(output=(1.0, 2, True))
    run.assert_succeeded(output=[pytest.approx(1.0), ANY, ANY])
    for wrong in ([True, 2, True], [1, 2, 1]):
        with pytest.raises(AssertionError):
            run.assert_succeeded(output=wrong)


def test_an_execution_that_was_to_succeed_says_where_and_why_it_did_not(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, "Card.Declined")
    with pytest.raises(AssertionError) as error:
        run.assert_succeeded(output=ANY)
    assert said(error)[0].startswith(f"{at(order, 'Alarm')}: order:")
    assert " FAILED at Alarm " in said(error)[0]
    assert "  error    Order.Lost" in said(error)


def test_a_failure_is_asserted_by_error_and_cause(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, "Card.Declined")
    run.assert_failed()
    run.assert_failed(error="Order.Lost", cause="no parcel").assert_failed(error=re.compile("^Order"))
    run.assert_failed(cause=contains("parcel"))
    with pytest.raises(AssertionError) as error:
        run.assert_failed(error="Card.Declined")
    place = at(order, "Alarm")
    assert said(error) == [
        f"{place}: the execution failed with Order.Lost, not with Card.Declined",
        "    cause: no parcel",
    ]
    with pytest.raises(AssertionError) as error:
        run.assert_failed(error="Order.Lost", cause="no money")
    assert said(error) == [
        f"{place}: the execution failed with Order.Lost and another cause",
        "    cause:    no parcel",
        "    expected: no money",
    ]


def test_the_cause_of_a_handlers_exception_is_its_message(emulator: Emulator) -> None:
    def charge(event: Any, context: Any) -> None:
        raise LookupError("no card")

    emulator.lambda_function("charge", charge)
    run = emulator.run(flow(Charge=task("charge")))
    run.assert_failed(error="LookupError", cause="no card")
    assert run.cause is not None
    run.assert_failed(cause=run.cause)


def test_what_was_to_fail_and_succeeded_tells_the_error_that_was_caught(emulator: Emulator) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    emulator.task("A").raises("Card.Declined", "no money")
    run = emulator.run(flow(A=task("f", Catch=catch, Next="B"), B={"Type": "Succeed"}))
    with pytest.raises(AssertionError) as error:
        run.assert_failed(error="Card.Declined")
    assert said(error)[:2] == [
        "StateMachine: the execution was to fail with Card.Declined; it is SUCCEEDED",
        "    state 'A' failed with Card.Declined, which was caught",
    ]


def test_a_time_out_is_a_failure_and_an_abort_is_none(emulator: Emulator) -> None:
    run = emulator.run({**flow(A={"Type": "Wait", "Seconds": 9, "End": True}), "TimeoutSeconds": 5})
    run.assert_failed(error="States.Timeout").assert_waited("A", seconds=5)
    with pytest.raises(AssertionError, match=r"failed with States\.Timeout, not with Other"):
        run.assert_failed(error="Other")
    running = emulator.start(flow(A={"Type": "Wait", "Seconds": 9, "End": True}))
    for _ in range(2):
        with pytest.raises(AssertionError, match=r"the execution was to fail; it is (RUNNING|ABORTED)"):
            running.assert_failed()
        emulator.client("stepfunctions").stop_execution(executionArn=running.arn, error="E")


# Which states it took ------------------------------------------------------------------------------------------------


def test_a_path_that_differs_is_told_at_the_rule_that_led_there(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 3})
    with pytest.raises(AssertionError) as error:
        run.assert_path(["Charge", "Ship?", "Ship"])
    why = "the path is not the expected one: after 'Ship?' came 'Alarm' by rule 0 of its Choices, not 'Ship'"
    assert said(error) == [
        f"{at(order, 'Choices', 1)}: {why}",
        "    expected: Charge -> Ship? -> Ship",
        "    path:     Charge -> Ship? -> Alarm (failed)",
    ]


def test_the_second_rule_and_the_second_catcher_have_their_own_places(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 7})
    with pytest.raises(AssertionError, match=r"came 'Ship' by rule 1 of its Choices, not 'Alarm'") as error:
        run.assert_path(["Charge", "Ship?", "Alarm"])
    assert said(error)[0].startswith(f"{at(order, 'Choices', 6)}: ")
    emulator.task("Charge").instead.raises("Card.Lost")
    run = emulator.run(order, {"id": 7})
    with pytest.raises(AssertionError, match=r"came 'Alarm' by catcher 1 for Card\.Lost, not 'Ship\?'") as error:
        run.assert_path(["Charge", "Ship?", ...])
    assert said(error)[0].startswith(f"{at(order, 'Catch', 7)}: ")


def test_a_path_that_differs_is_told_at_the_default_or_the_catcher(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 77})
    with pytest.raises(AssertionError, match=r"came 'Alarm' by its Default, not 'Ship'") as error:
        run.assert_path(["Charge", "Ship?", "Ship"])
    assert said(error)[0].startswith(f"{at(order, 'Default')}: ")
    emulator.task("Charge").instead.raises("Card.Declined")
    run = emulator.run(order, {"id": 7})
    with pytest.raises(AssertionError, match=r"came 'Alarm' by catcher 0 for Card\.Declined, not 'Ship\?'") as error:
        run.assert_path(["Charge", "Ship?", "Ship"])
    assert said(error)[0].startswith(f"{at(order, 'Catch', 1)}: ")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (["B", "C"], "it begins with 'A', not 'B'"),
        (["A", "B"], "after 'B' came 'C', not the end"),
        (["A", "B", "C", "A"], "after 'C' came the end, not 'A'"),
        ([], "it begins with 'A', not the end"),
        (["A", ..., "B"], "after 'C' came the end, not B at the end"),
        ([..., "C", "B", ...], "after 'C' came the end, not C -> B"),
        ([..., "C", ..., "B", ...], "after 'C' came the end, not B"),
        (["B", ...], "it begins with 'A', not 'B'"),
        (["A", "B", ..., "B", "C"], "after 'C' came the end, not B -> C at the end"),
    ],
)
def test_each_kind_of_wrong_path_has_its_words(emulator: Emulator, path: list[Any], told: str) -> None:
    after = {"A": "B", "B": "C"}
    states = {name: {"Type": "Pass", **({"Next": after[name]} if name in after else {"End": True})} for name in "ABC"}
    run = emulator.run(flow(**states))
    with pytest.raises(AssertionError) as error:
        run.assert_path(path)
    assert said(error)[0] == f"StateMachine: the path is not the expected one: {told}"


@pytest.mark.parametrize("path", [["A", "B", "C"], [...], ["A", ...], [..., "C"], ["A", ..., "C"], [..., "B", ...]])
def test_three_dots_are_any_states(emulator: Emulator, path: list[Any]) -> None:
    states = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Pass", "End": True},
    }
    emulator.run(flow(**states)).assert_path(path)


def test_a_path_ends_where_the_execution_waits(emulator: Emulator) -> None:
    run = emulator.start(flow(A={"Type": "Wait", "Seconds": 9, "Next": "B"}, B={"Type": "Pass", "End": True}))
    run.assert_path(["A"])
    with pytest.raises(AssertionError, match="after 'A' came nothing yet, not 'B'"):
        run.assert_path(["A", "B"])


def test_a_path_ends_where_the_execution_failed(emulator: Emulator) -> None:
    definition = flow(A=task("f", Next="B"), B={"Type": "Pass", "End": True})
    emulator.task("A").raises("Card.Lost")
    with pytest.raises(AssertionError, match=r"after 'A' came nothing: it failed with Card\.Lost, not 'B'"):
        emulator.run(definition).assert_path(["A", "B"])
    limited = {
        **flow(W={"Type": "Wait", "Seconds": 9, "Next": "B"}, B={"Type": "Pass", "End": True}),
        "TimeoutSeconds": 5,
    }
    with pytest.raises(AssertionError, match="after 'W' came nothing: the execution TIMED_OUT, not 'B'"):
        emulator.run(limited).assert_path(["W", "B"])


def mapped(mode: str = "INLINE") -> dict[str, Any]:
    enough = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericGreaterThan": 2, "Next": "Many"}],
        "Default": "Few",
    }
    processor = {
        "ProcessorConfig": {"Mode": mode, **({} if mode == "INLINE" else {"ExecutionType": "EXPRESS"})},
        **flow(
            Count=task("count", Next="Enough"),
            Enough=enough,
            Many={"Type": "Pass", "End": True},
            Few={"Type": "Wait", "Seconds": 30, "End": True},
        ),
    }
    return flow(Each={"Type": "Map", "ItemProcessor": processor, "Next": "After"}, After={"Type": "Pass", "End": True})


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_the_states_of_a_map_are_those_of_its_items(emulator: Emulator, mode: str) -> None:
    emulator.lambda_function("count", lambda event, _: event)
    run = emulator.run(mapped(mode), [1, 2, 3]).assert_succeeded()
    run.assert_path(["Each", "After"])
    run.assert_path(["Count", "Enough", "Many"], within="Each", index=2)
    run.assert_path(["Count", "Enough", ...], within="Each")
    run.assert_called("Count", times=3).assert_called("Count", times=1, input=2)
    run.assert_waited("Few", seconds=30)
    with pytest.raises(AssertionError) as error:
        run.assert_path(["Count", "Enough", "Few"], within="Each")
    assert (
        "the path of item 2 of 'Each' is not the expected one: after 'Enough' came 'Many' by rule 0" in said(error)[0]
    )
    with pytest.raises(AssertionError, match="'Each' began no item 3"):
        run.assert_path([...], within="Each", index=3)
    with pytest.raises(AssertionError) as error:
        run.assert_called("Count", times=2)
    assert said(error) == [
        "StateMachine: 'Count' was to be called 2 times; it was called 3 times",
        *(f"    call[{number}]: input {number + 1}" for number in range(3)),
    ]


def test_a_flat_path_with_inner_states_is_that_of_the_execution(emulator: Emulator) -> None:
    branches = [
        flow(Left={"Type": "Wait", "Seconds": 5, "Next": "Meet"}, Meet={"Type": "Pass", "End": True}),
        flow(Right={"Type": "Pass", "End": True}),
    ]
    run = emulator.run(
        flow(Both={"Type": "Parallel", "Branches": branches, "Next": "After"}, After={"Type": "Succeed"})
    )
    run.assert_path(run.path).assert_path(["Both", "After"])
    run.assert_path(["Left", "Meet"], within="Both", index=0).assert_path(["Right"], within="Both", index=1)
    with pytest.raises(AssertionError, match="after 'Both' came 'Left', not 'Right'"):
        run.assert_path(["Both", "Right", "Left", "Meet", "After"])
    with pytest.raises(AssertionError, match="the path of branch 1 of 'Both' is not the expected one: it begins with"):
        run.assert_path(["Left", "Meet"], within="Both")


def test_children_of_a_distributed_map_are_executions_with_assertions_of_their_own(emulator: Emulator) -> None:
    emulator.lambda_function("count", lambda event, _: event)
    run = emulator.run(mapped("DISTRIBUTED"), [1, 3])
    first, second = run.children
    first.assert_succeeded(output=1).assert_path(["Count", "Enough", "Few"]).assert_waited("Few", seconds=30)
    second.assert_called("Count", times=1, input=3)
    with pytest.raises(AssertionError, match="the output is not the expected one"):
        second.assert_succeeded(output=1)
    assert list(first.children) == []


def test_nothing_is_said_of_children_that_are_not_kept(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.stepfunctions.distributed_map.runner.KEPT", 2)
    emulator.lambda_function("count", lambda event, _: event)
    run = emulator.run(mapped("DISTRIBUTED"), [1, 2, 3]).assert_path(["Each", "After"])
    assert [child.input for child in run.children] == [1, 2]
    uses: tuple[Callable[[], object], ...] = (
        lambda: run.assert_called("Count"),
        lambda: run.assert_waited("Few", seconds=30),
        lambda: run.assert_path([...], within="Each"),
    )
    for use in uses:
        with pytest.raises(EmulatorError, match="the histories of 1 children of 'Each' are not kept any more"):
            use()


# What it called ------------------------------------------------------------------------------------------------------


def test_calls_are_counted_as_stubs_count_them(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 7}, busy=2)
    assert emulator.task("Charge").call_count == 3
    run.assert_called("Charge").assert_called("Charge", times=3).assert_called("Charge", times=0, input={"id": 8})
    place = at(order, "Charge")
    with pytest.raises(AssertionError) as error:
        run.assert_called("Charge", times=1)
    assert said(error) == [
        f"{place}: 'Charge' was to be called once; it was called 3 times",
        '    call: input {"id": 7}',
        '    call: attempt 2, input {"id": 7}',
        '    call: attempt 3, input {"id": 7}',
    ]
    with pytest.raises(AssertionError) as error:
        run.assert_called("Charge", input={"id": 8})
    assert said(error) == [
        f"{place}: 'Charge' was to be called with this input; it was called not at all with this input",
        "    the nearest of its 3 calls differs:",
        "        $.id: 7, expected 8",
    ]


def test_the_call_that_is_nearest_to_the_expected_one_is_shown(emulator: Emulator) -> None:
    emulator.lambda_function("count", lambda event, _: event)
    processor = flow(Count=task("count"))
    run = emulator.run(
        flow(Each={"Type": "Map", "ItemProcessor": processor, "End": True}),
        [{"a": 0, "b": 0}, {"a": 1, "b": 0}, {"a": 0, "b": 9}],
    )
    with pytest.raises(AssertionError) as error:
        run.assert_called("Count", input={"a": 1, "b": 2})
    assert said(error)[1:] == ["    the nearest of its 3 calls differs:", "        $.b: 0, expected 2"]


def test_a_task_that_was_not_called_tells_the_path_that_was_taken(emulator: Emulator) -> None:
    run = emulator.run(
        {
            "StartAt": "Pick",
            "States": {
                "Pick": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.go", "IsPresent": True, "Next": "Go"}],
                    "Default": "No",
                },
                "Go": task("go"),
                "No": {"Type": "Fail", "Error": "Early", "Cause": "too soon"},
            },
        }
    )
    run.assert_called("Go", times=0)
    with pytest.raises(AssertionError) as error:
        run.assert_called("Go")
    assert said(error) == [
        "StateMachine: 'Go' was to be called; it was called not at all",
        "    path: Pick -> No (failed)",
        "    FAILED with Early: too soon",
    ]


def test_a_task_that_failed_before_its_call_was_not_called(emulator: Emulator) -> None:
    run = emulator.run(flow(A=task("f", Parameters={"id.$": "$.none"})))
    run.assert_failed(error="States.Runtime").assert_called("A", times=0)
    with pytest.raises(AssertionError, match="it was entered, and ended before its call"):
        run.assert_called("A")


def test_the_input_of_a_call_is_what_the_function_or_service_gets(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, _: event)
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload": {"n.$": "$.n"}},
        "ResultPath": None,
        "Next": "Send",
    }
    queue = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$.text"},
        "End": True,
    }
    stubs = [emulator.task("Invoke"), emulator.task("Send")]
    run = emulator.run(flow(Invoke=invoke, Send=send), {"n": 1, "text": "x"}).assert_succeeded()
    run.assert_called("Invoke", input={"n": 1}).assert_called("Send", input={"QueueUrl": queue, "MessageBody": "x"})
    assert [stub.calls[0].input for stub in stubs] == [{"n": 1}, {"QueueUrl": queue, "MessageBody": "x"}]


def test_a_call_that_was_not_scheduled_is_a_call(emulator: Emulator) -> None:
    emulator.task("A").fails_to_schedule("Lambda.Throttled", times=1).then.returns(1)
    retry = [{"ErrorEquals": ["States.ALL"]}]
    run = emulator.run(flow(A=task("f", Retry=retry)), {"id": 1}).assert_succeeded()
    run.assert_called("A", times=emulator.task("A").call_count, input={"id": 1})


# How long it was in a state ------------------------------------------------------------------------------------------


def test_time_in_a_state_is_that_of_all_visits(emulator: Emulator, order: Path) -> None:
    count = iter(range(3))
    emulator.lambda_function("count", lambda event, _: next(count))
    done = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "End"}], "Default": "Pause"}
    pause = {"Type": "Wait", "Seconds": 90, "Next": "Count"}
    run = emulator.run(flow(Count=task("count", Next="Done"), Done=done, Pause=pause, End={"Type": "Succeed"}))
    run.assert_waited("Pause", minutes=3).assert_waited("Pause", timedelta(minutes=3)).assert_waited("End", seconds=0)
    with pytest.raises(AssertionError) as error:
        run.assert_waited("Pause", seconds=90)
    assert said(error) == [
        "StateMachine: 'Pause' was to take 1 min 30 s of virtual time; it was 3 min in 2 visits",
        "    visits: 1 min 30 s, 1 min 30 s",
    ]
    running = emulator.start(flow(A={"Type": "Wait", "Seconds": 90, "End": True}))
    emulator.clock.advance(seconds=30)
    running.assert_waited("A", seconds=30)


def test_a_state_that_was_not_entered_did_not_wait(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, "Card.Declined")
    with pytest.raises(AssertionError) as error:
        run.assert_waited("Ship", minutes=10)
    with pytest.raises(AssertionError, match="the execution never entered it"):
        run.assert_waited("Ship", seconds=0)
    assert said(error) == [
        f"{at(order, 'Ship')}: 'Ship' was to take 10 min of virtual time; the execution never entered it",
        "    path: Charge (caught) -> Alarm (failed)",
        "    FAILED with Order.Lost: no parcel",
    ]


def test_lengths_that_differ_a_little_are_told_apart(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Wait", "Seconds": 90_061, "End": True}))
    with pytest.raises(AssertionError, match=r"take 90060\.0 s of virtual time; it was 90061\.0 s$"):
        run.assert_waited("A", seconds=90_060)


# What a test gets wrong ----------------------------------------------------------------------------------------------


def wrong_uses(run: Execution) -> dict[str, Any]:
    return {
        "assert_path: {place} has no state 'Chrage'\n    Did you mean \"Charge\"?": lambda: run.assert_path(["Chrage"]),
        "assert_called: {place} has no state 'charge'\n    Did you mean \"Charge\"?": lambda: run.assert_called(
            "charge"
        ),
        "assert_waited: {place} has no state 'SHIP'\n    Did you mean \"Ship\"?": lambda: run.assert_waited(
            "SHIP", hours=1
        ),
        "assert_path: {place} has no state 'Zzzz'\n    It has: Charge, Ship?, Ship, Alarm": lambda: run.assert_path(
            ["Zzzz"]
        ),
        'assert_path: path="Charge" (a str) is not a list of names\n    fix: ["Charge", "Ship"]': lambda: (
            run.assert_path("Charge")
        ),
        'state_name=5 (an int) is not text\n    fix: assert_called("Charge")': lambda: run.assert_called(5),  # type: ignore[arg-type]
        "assert_called: 'Ship' is a Wait state, and only a Task calls something": lambda: run.assert_called("Ship"),
        "assert_called: times=-1 is not a number of calls\n    fix: times=2": lambda: run.assert_called(
            "Charge", times=-1
        ),
        "assert_called: times=True is not a number": lambda: run.assert_called("Charge", times=True),
        "assert_waited: length=5 (an int) is not a length of time": lambda: run.assert_waited("Ship", 5),  # type: ignore[arg-type]
        "assert_waited: no length is not a length of time": lambda: run.assert_waited("Ship"),
        "assert_waited: seconds='5' is not a length": lambda: run.assert_waited("Ship", seconds="5"),  # type: ignore[arg-type]
        "(a timedelta), seconds=5 is not a length": lambda: run.assert_waited("Ship", timedelta(1), seconds=5),
        "assert_path: within='Ship' is a Wait state": lambda: run.assert_path(["Ship"], within="Ship"),
        "assert_path: {place} has no state 'Al'": lambda: run.assert_path(["Ship"], within="Al"),
        "assert_path: index=1 is of a branch or an item": lambda: run.assert_path(["Ship"], index=1),
    }


def test_a_wrong_name_or_argument_is_refused_with_the_nearest(emulator: Emulator, order: Path) -> None:
    run = run_order(emulator, order, {"paid": 7})
    for text, use in wrong_uses(run).items():
        with pytest.raises(EmulatorError) as error:
            use()
        assert text.format(place=order).replace('path="Charge"', "path='Charge'") in str(error.value)


# Every kind of execution ---------------------------------------------------------------------------------------------


def test_an_express_execution_is_asserted_alike(emulator: Emulator, order: Path) -> None:
    emulator.task("Charge").returns({"paid": 7})
    states = {**ORDER["States"], "Ship": {"Type": "Wait", "Seconds": 60, "End": True}}  # type: ignore[dict-item]
    run = emulator.run(emulator.state_machine({**ORDER, "States": states}, type="EXPRESS"), {"id": 7})
    run.assert_succeeded(output={"paid": 7}).assert_path(["Charge", "Ship?", "Ship"])
    run.assert_called("Charge", times=1, input={"id": 7}).assert_waited("Ship", minutes=1)


def test_a_background_task_is_asserted_by_its_execution(emulator: Emulator) -> None:
    @task_definition(title="Sync", max_iterations=5)
    def sync(ctx: RunContext[dict[str, Any], dict[str, Any]]) -> Result:
        page = ctx.input["page"]
        return ctx.response.continue_({"page": page + 1}, seconds=45) if page < 3 else ctx.response.done("all")

    emulator.tasks.register(sync)
    run = emulator.tasks.trigger("sync", {"page": 1}).run_to_end()
    run.execution.assert_succeeded(output=contains({"status": "done"})).assert_called("Run", times=3)
    run.execution.assert_path(["TransformEvent", ..., "Done"]).assert_waited("Waiter", seconds=90)


def test_a_definition_of_yaml_has_its_own_lines(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "m.asl.yaml").write_text("StartAt: A\nStates:\n\n  A:\n    Type: Fail\n    Error: Lost\n")
    run = emulator.run(tmp_path / "m.asl.yaml")
    with pytest.raises(AssertionError, match=r"m\.asl\.yaml:4: the execution failed with Lost, not with Yes"):
        run.assert_failed(error="Yes")
