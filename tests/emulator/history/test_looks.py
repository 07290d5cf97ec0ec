"""A look changes nothing: whatever is asked at whatever moment of a run, its history stays byte for byte as it is."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator
from emulator.history.lines import failure_lines
from emulator.trace import trace_lines

FUNCTION: Final = "arn:aws:lambda:us-east-1:123456789012:function:work"
RETRY: Final = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "JitterStrategy": "FULL", "MaxDelaySeconds": 30}]
REST: Final = {"Type": "Wait", "Seconds": 7, "End": True}
WORK: Final = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": FUNCTION, "End": True}}}


def rest(prefix: str) -> dict[str, Any]:
    """A name by chance, then some time; state names are unique in a machine."""
    states = {
        f"{prefix}Name": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": f"{prefix}Rest"},
        f"{prefix}Rest": REST,
    }
    return {"StartAt": f"{prefix}Name", "States": states}


FAR: Final = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **rest("Far")}
DEFINITION: Final = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [WORK, rest("Beside")],
            "Retry": RETRY,
            "ResultPath": None,
            "Next": "Each",
        },
        "Each": {"Type": "Map", "ItemProcessor": rest("Each"), "MaxConcurrency": 2, "ResultPath": None, "Next": "Far"},
        "Far": {"Type": "Map", "ItemProcessor": FAR, "ResultPath": None, "Next": "Roll"},
        "Roll": {"Type": "Pass", "Parameters": {"n.$": "States.MathRandom(1, 1000000)"}, "End": True},
    },
}

Look = Callable[[Emulator], object]

IN_PROCESS: Final[dict[str, Look]] = {
    "executions": lambda aws: repr(aws.executions),
    "states": lambda aws: [
        (state.input, state.output, state.attempts, state.error)
        for run in aws.executions
        for state in run.states.values()
    ],
    "visits": lambda aws: [
        (visit.input, visit.tries, visit.branches, visit.assigned) for run in aws.executions for visit in run.visits
    ],
    "path": lambda aws: [(run.path, run.final_state, run.status, run.elapsed) for run in aws.executions],
    "history": lambda aws: [run.history for run in aws.executions],
    "lines": lambda aws: [(trace_lines(run), failure_lines(run)) for run in aws.executions],
    "clock": lambda aws: (aws.clock.now(), aws.clock.next_at),
}


def sfn(aws: Emulator) -> Any:
    return aws.client("stepfunctions")


def of_each(operation: str, **request: Any) -> Look:
    """Ask ``operation`` about every execution that there is."""

    def look(aws: Emulator) -> None:
        for run in aws.executions:
            getattr(sfn(aws), operation)(executionArn=run.arn, **request)

    return look


def machine_arn(aws: Emulator) -> str:
    return aws.executions[0].state_machine.arn


BY_BOTO3: Final[dict[str, Look]] = {
    "list machines": lambda aws: sfn(aws).list_state_machines(),
    "list executions": lambda aws: sfn(aws).list_executions(stateMachineArn=machine_arn(aws)),
    "list activities": lambda aws: sfn(aws).list_activities(),
    "describe machine": lambda aws: sfn(aws).describe_state_machine(stateMachineArn=machine_arn(aws)),
    "describe": of_each("describe_execution"),
    "history": of_each("get_execution_history"),
    "newest first": of_each("get_execution_history", reverseOrder=True, maxResults=3),
    "machine of": of_each("describe_state_machine_for_execution"),
    "map runs": of_each("list_map_runs"),
    "tables": lambda aws: aws.client("dynamodb").list_tables(),
    "rules": lambda aws: aws.client("events").list_rules(),
}


def histories(steps: list[tuple[int, list[Look]]], inside: list[Look], *, polling_waits: bool) -> str:
    """The histories of two executions, as text: looks, then so many seconds, and so on; ``inside`` in every handler."""
    calls = 0

    def work(event: Any, _context: Any) -> Any:
        nonlocal calls
        calls += 1
        for look in inside:
            look(aws)
        if calls % 3:
            raise LookupError(f"not yet: {calls}")
        return event

    with Emulator(polling_waits=polling_waits) as aws:
        aws.lambda_function("work", work)
        machine = aws.state_machine(DEFINITION)
        runs = [aws.start(machine, [1, 2, 3], name="named")]
        for seconds, looks in steps:
            for look in looks:
                look(aws)
            if len(runs) == 1:
                runs.append(aws.start(machine, [4]))
            if not polling_waits:
                aws.clock.advance(seconds=seconds)
        for run in runs:
            aws.finish(run)
        return json.dumps([(run.name, run.history) for run in runs], default=str)


def steps_of(looks: dict[str, Look]) -> st.SearchStrategy[Any]:
    some = st.lists(st.sampled_from(sorted(looks)).map(looks.__getitem__), max_size=4)
    return st.tuples(st.lists(st.tuples(st.integers(0, 9), some), min_size=2, max_size=5), some)


SOME = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@given(steps_of(IN_PROCESS))
@SOME
def test_looks_in_process_leave_the_histories_as_they_are(looks: Any) -> None:
    steps, inside = looks
    bare: list[tuple[int, list[Look]]] = [(seconds, []) for seconds, _ in steps]
    assert histories(steps, inside, polling_waits=False) == histories(bare, [], polling_waits=False)


@given(steps_of(BY_BOTO3))
@SOME
def test_looks_by_boto3_leave_the_histories_as_they_are(looks: Any) -> None:
    steps, inside = looks
    bare: list[tuple[int, list[Look]]] = [(seconds, []) for seconds, _ in steps]
    assert histories(steps, inside, polling_waits=False) == histories(bare, [], polling_waits=False)


@pytest.mark.parametrize("name", sorted(BY_BOTO3))
def test_polling_lets_time_pass_and_leaves_the_history_as_it_is(name: str) -> None:
    """Of one execution: what is asked again and again goes on with it, event by event, as it would have gone anyway."""

    def history(look: Look | None) -> str:
        with Emulator() as aws:
            aws.lambda_function("work", lambda event, _: event)
            run = aws.start(DEFINITION, [1, 2, 3], name="named")
            for _ in range(20 if look else 0):
                assert look is not None
                look(aws)
            return json.dumps(aws.finish(run).history, default=str)

    assert history(BY_BOTO3[name]) == history(None)


@pytest.mark.parametrize("operation", ["get_execution_history", "list_executions"])
def test_the_pages_of_one_look_let_no_time_pass(operation: str) -> None:
    with Emulator() as aws:
        machine = aws.state_machine({"StartAt": "Rest", "States": {"Rest": REST}})
        runs = [aws.start(machine) for _ in range(3)]
        of_one = operation == "get_execution_history"
        about = {"executionArn": runs[0].arn} if of_one else {"stateMachineArn": machine.arn}
        began = aws.clock.now()
        pages = sfn(aws).get_paginator(operation).paginate(**about, PaginationConfig={"PageSize": 1})
        assert len(list(pages)) > 1
        assert aws.clock.now() == began


def test_different_questions_let_no_time_pass_and_the_last_one_asked_again_does() -> None:
    with Emulator() as aws:
        run = aws.start({"StartAt": "Rest", "States": {"Rest": REST}})
        began = aws.clock.now()
        sfn(aws).describe_execution(executionArn=run.arn)
        sfn(aws).get_execution_history(executionArn=run.arn)
        sfn(aws).list_executions(stateMachineArn=run.state_machine.arn)
        sfn(aws).get_execution_history(executionArn=run.arn, reverseOrder=True)
        sfn(aws).describe_execution(executionArn=run.arn)
        assert (run.status, aws.clock.now()) == ("RUNNING", began)
        assert sfn(aws).describe_execution(executionArn=run.arn)["status"] == "SUCCEEDED"
