"""Traces: histories shown to people, of executions that succeeded and of those that did not."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from emulator import Emulator
from emulator.history.lines import failure_lines, label, mark, summary_line
from emulator.history.words import cut, duration_text, error_text, offset_text
from emulator.trace import report_lines, trace_lines
from tests.emulator.flows import flow, task

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251


@pytest.fixture
def aws() -> Iterator[Emulator]:
    with Emulator() as world:
        yield world


WAIT_A_DAY = {"Type": "Wait", "Seconds": 86_400, "End": True}


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "0 s"),
        (timedelta(milliseconds=250), "250 ms"),
        (timedelta(seconds=14), "14 s"),
        (timedelta(seconds=2, milliseconds=500), "2 s 500 ms"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(days=355), "355 d"),
        (timedelta(days=3, seconds=14, milliseconds=1), "3 d 14 s"),
    ],
)
def test_durations_have_their_two_largest_units(length: timedelta, text: str) -> None:
    assert duration_text(length) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "+00:00:00"),
        (timedelta(hours=1, minutes=2, seconds=3), "+01:02:03"),
        (timedelta(days=3, milliseconds=250), "+3d 00:00:00.250"),
    ],
)
def test_offsets_say_how_long_after_the_start(length: timedelta, text: str) -> None:
    assert offset_text(length) == text


def test_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert cut("short", 10) == "short"
    assert cut("two\n  lines", 20) == "two lines"
    assert cut("x" * 5000, 40) == "x" * 18 + "... (5,000 characters)"


def test_of_a_lambda_cause_only_the_message_is_told() -> None:
    assert error_text("E", '{"errorMessage": "no card", "stackTrace": []}') == "E: no card"
    assert error_text("E", "{not json") == "E: {not json"
    assert error_text("E", "[1]") == "E: [1]"
    assert error_text(None, None) == "without a name"


def test_a_summary_has_name_status_place_and_both_times(aws: Emulator) -> None:
    machine = aws.state_machine(flow(Wait=WAIT_A_DAY), name="order")
    run = aws.start(machine, name="one")
    run.real_ns = 300_000
    assert summary_line(run) == "order:one RUNNING for 0 s of virtual time (under 1 ms real)"
    aws.finish(run).real_ns = 12_300_000
    assert summary_line(run) == "order:one SUCCEEDED after 1 d of virtual time (12 ms real)"
    failed = aws.run(flow(Stop={"Type": "Fail", "Error": "Sold.Out", "Cause": "no more"}), name="two")
    assert summary_line(failed).startswith("StateMachine:two FAILED at Stop after 0 s of virtual time (")


def test_a_trace_tells_attempts_waits_choices_and_outputs(aws: Emulator) -> None:
    answers: Iterator[Any] = iter([TimeoutError("no answer"), TimeoutError("no answer"), {"paid": True}])

    def charge(_event: Any, _context: Any) -> Any:
        time.sleep(2)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    aws.lambda_function("charge", charge)
    definition = flow(
        Charge=task("charge", Retry=[{"ErrorEquals": ["TimeoutError"]}], Next="Paid?"),
        **{"Paid?": {"Type": "Choice", "Choices": [{"Variable": "$.paid", "BooleanEquals": True, "Next": "Wait"}]}},
        Wait={"Type": "Wait", "Seconds": 259_200, "Next": "Done"},
        Done={"Type": "Succeed"},
    )
    run = aws.run(definition, {"order": 7})
    assert trace_lines(run)[1:9] == [
        "  started  2030-01-01T00:00:00Z",
        '  input    {"order": 7}',
        '  +00:00:00     Charge       Task, 9 s, 3 attempts -> {"paid": true}',
        "  +00:00:00       attempt 1  failed after 2 s: TimeoutError: no answer",
        "  +00:00:03       attempt 2  failed after 2 s: TimeoutError: no answer",
        "  +00:00:07       attempt 3  succeeded",
        "  +00:00:09     Paid?        Choice -> Wait",
        "  +00:00:09     Wait         Wait, 3 d",
    ]
    assert trace_lines(run)[9:11] == ["  +3d 00:00:09  Done         Succeed", '  output   {"paid": true}']


def test_a_loop_is_told_once(aws: Emulator) -> None:
    aws.lambda_function("poll", lambda event, _: {"n": event.get("n", 0) + 1})
    definition = flow(
        Poll=task("poll", Next="Done?"),
        **{
            "Done?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 500, "Next": "End"}],
                "Default": "Pause",
            }
        },
        Pause={"Type": "Wait", "Seconds": 60, "Next": "Poll"},
        End={"Type": "Succeed"},
    )
    run = aws.run(definition)
    lines = trace_lines(run)
    assert len(lines) < 20
    assert [line.split("  ")[-1] for line in lines if "more rounds" in line] == [
        "... 498 more rounds of Poll -> Done? -> Pause"
    ]
    assert failure_lines(run)[1] == "  path     (Poll -> Done? -> Pause) x 500 -> Poll -> Done? -> End"


def test_branches_and_items_are_indented_and_the_failed_one_is_named(aws: Emulator) -> None:
    def quote(event: Any, _context: Any) -> Any:
        if event == 7:
            raise LookupError("no price for 7")
        return event

    aws.lambda_function("quote", quote)
    inner = flow(Quote=task("quote"))
    definition = flow(
        Both={
            "Type": "Parallel",
            "Branches": [flow(Left={"Type": "Pass", "End": True}), flow(Right=WAIT_A_DAY)],
            "ResultPath": None,
            "Next": "Prices",
        },
        Prices={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner, "End": True},
    )
    run = aws.run(definition, list(range(10)))
    lines = [line.rstrip() for line in trace_lines(run)]
    assert [line.removeprefix("  +00:00:00     ") for line in lines[3:8]] == [
        "Both         Parallel, 1 d",
        "  branch 1",
        "    Left     Pass",
        "  branch 2",
        "    Right    Wait, 1 d",
    ]
    text = "\n".join(lines)
    assert "item 0" in text
    assert "item 3" not in text
    assert "item 7" in text
    assert "... 6 more, all succeeded" in text
    assert "Quote    Task, failed" in text
    shown = failure_lines(run)
    assert "FAILED at Quote" in shown[0]
    assert shown[1:3] == ["  path     Both -> Prices (failed)", "  in       Prices, item 7: Quote (failed)"]
    assert "  cause    no price for 7" in shown


def test_a_retried_map_keeps_its_attempts_apart(aws: Emulator) -> None:
    failures = iter([True, False, False])

    def work(event: Any, _context: Any) -> Any:
        if next(failures):
            raise LookupError("not yet")
        return event

    aws.lambda_function("work", work)
    definition = flow(
        Each={
            "Type": "Map",
            "MaxConcurrency": 1,
            "ItemProcessor": flow(Work=task("work")),
            "Retry": [{"ErrorEquals": ["LookupError"]}],
            "Next": "After",
        },
        After={"Type": "Succeed"},
    )
    run = aws.run(definition, [1, 2])
    assert run.status == "SUCCEEDED"
    each, after = run.tree.root.visits
    assert (mark(each), after.name, mark(after)) == ("2 attempts", "After", "")
    assert [list(map(label, attempt.branches)) for attempt in each.tries] == [["item 0"], ["item 0", "item 1"]]
    assert [(attempt.failed, attempt.error) for attempt in each.tries] == [(True, "LookupError"), (False, None)]


def test_nested_parallels_are_read_inside_of_each_other(aws: Emulator) -> None:
    failing = flow(Bad={"Type": "Fail", "Error": "Deep"})
    inner = flow(Inner={"Type": "Parallel", "Branches": [failing], "End": True})
    definition = flow(
        Outer={
            "Type": "Parallel",
            "Branches": [inner],
            "Retry": [{"ErrorEquals": ["Deep"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["Deep"], "Next": "Sorry"}],
            "End": True,
        },
        Sorry={"Type": "Succeed"},
    )
    run = aws.run(definition)
    outer, sorry = run.tree.root.visits
    assert (mark(outer), sorry.name) == ("2 attempts, caught", "Sorry")
    for attempt in outer.tries:
        (branch,) = attempt.branches
        (nested,) = branch.visits
        assert (nested.name, mark(nested)) == ("Inner", "failed")
        assert [(visit.name, mark(visit)) for visit in nested.branches[0].visits] == [("Bad", "failed")]


def test_a_handler_that_slept_too_long_is_told_so(aws: Emulator) -> None:
    def charge(_event: Any, _context: Any) -> None:
        time.sleep(60)

    aws.lambda_function("charge", charge, timeout_seconds=3)
    lines = trace_lines(aws.run(flow(Charge=task("charge"))))
    assert "  error    Sandbox.Timedout" in lines
    assert "  handler  of Charge: was still sleeping when its function timed out" in lines
    assert "             time.sleep(60)" in lines


def test_an_exception_whose_text_fails_does_not_break_the_trace(aws: Emulator) -> None:
    class RudeError(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    def charge(_event: Any, _context: Any) -> None:
        raise RudeError

    aws.lambda_function("charge", charge)
    lines = trace_lines(aws.run(flow(Charge=task("charge"))))
    assert "  handler  of Charge: RudeError: <str() of it raises ValueError>" in lines


def test_one_that_waits_outside_says_where(aws: Emulator) -> None:
    activity = aws.client("stepfunctions").create_activity(name="approve")["activityArn"]
    run = aws.start(flow(Approve={"Type": "Task", "Resource": activity, "End": True}))
    waits = "  waits    in Approve for an external worker to answer (activity approve), since 2030-01-01T00:00:00Z"
    assert failure_lines(run)[-1] == waits
    aws.clock.advance(hours=5)
    assert failure_lines(run)[-1] == f"{waits} (5 h)"
    assert failure_lines(run)[0].startswith("StateMachine:")
    assert " RUNNING for 5 h of virtual time (" in failure_lines(run)[0]
    assert "Approve" in "\n".join(trace_lines(run))


def test_one_that_waits_for_a_time_or_another_attempt_says_until_when(aws: Emulator) -> None:
    def charge(_event: Any, _context: Any) -> None:
        raise LookupError("no")

    aws.lambda_function("charge", charge)
    retry = [{"ErrorEquals": ["LookupError"], "IntervalSeconds": 60}]
    run = aws.start(flow(Charge=task("charge", Retry=retry)))
    assert failure_lines(run)[-2] != failure_lines(run)[-1]
    assert any("waits    in Charge for another attempt at 2030-01-01T00:01:00Z" in line for line in failure_lines(run))
    run = aws.start(flow(Cool={"Type": "Wait", "Seconds": 86_400, "End": True}))
    aws.clock.advance(hours=1)
    assert failure_lines(run)[-1] == (
        "  waits    in Cool for the time 2030-01-02T00:00:00Z, since 2030-01-01T00:00:00Z (1 h)"
    )


def test_many_attempts_are_cut_in_the_middle(aws: Emulator) -> None:
    def charge(_event: Any, _context: Any) -> None:
        raise LookupError("no")

    aws.lambda_function("charge", charge)
    retry = [{"ErrorEquals": ["LookupError"], "MaxAttempts": 19, "BackoffRate": 1.0}]
    lines = trace_lines(aws.run(flow(Charge=task("charge", Retry=retry))))
    attempts = [line.split()[1:3] for line in lines if "attempt" in line and line.startswith("  +")][1:]
    assert [words[1] for words in attempts] == ["1", "2", "3", "15", "19", "20"]


def test_no_line_is_much_wider_than_asked_for(aws: Emulator) -> None:
    definition = flow(**{"A" * 40: {"Type": "Pass", "Result": ["x" * 9000], "End": True}})
    for width in (60, 100):
        lines = trace_lines(aws.run(definition, {"text": "y" * 9000}), width=width)[1:]
        assert max(map(len, lines)) <= max(width, 100)


def test_a_report_prefers_what_failed_and_has_a_limit(aws: Emulator) -> None:
    for name in ("a", "b"):
        aws.run(flow(Pass={"Type": "Pass", "End": True}), name=name)
    aws.run(flow(Stop={"Type": "Fail"}), name="bad")
    for name in ("c", "d"):
        aws.run(flow(Pass={"Type": "Pass", "End": True}), name=name)
    lines = report_lines(
        aws.executions,
        [(f"rule r{n // 2} to q", "no such queue") for n in range(9)],
        ["Blocked: x", "Blocked: x"],
        limit=18,
    )
    heads = [line.split(" ")[0] for line in lines if line.startswith("StateMachine")]
    assert heads == ["StateMachine-2:bad", "StateMachine:d"]
    assert lines[-9] == "... 3 more executions: emulator.executions"
    assert lines[-2:] == ["... 3 more undelivered events: emulator.bus.undelivered", "blocked request: x"]
    assert len(lines) <= 18


def test_a_blocked_request_is_one_line_without_its_fix() -> None:
    refusal = "cloudwatch:PutMetricAlarm is not emulated: it would not change by itself\n    fix: ..."
    lines = report_lines([], [], [refusal, refusal])
    assert [line for line in lines if "PutMetricAlarm" in line] == ["blocked request: " + refusal.partition("\n")[0]]
