"""Chance by purpose and name: what one thing draws never depends on how much another drew."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.chance import Streams

# a draw of the execution's own, jitter, and the ids of calls of Lambda and of another service
LOTTERY: dict[str, Any] = {
    "StartAt": "Draw",
    "States": {
        "Draw": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "ResultPath": "$.drawn", "Next": "Fail"},
        "Fail": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:fails-once",
            "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "IntervalSeconds": 100}],
            "ResultPath": "$.request_id",
            "Next": "Invoke",
        },
        "Invoke": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "tells"},
            "ResultPath": "$.invoked",
            "Next": "Store",
        },
        "Store": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues",
            "Parameters": {},
            "ResultPath": "$.listed",
            "End": True,
        },
    },
}
HELLO = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "End": True}}}


def fails_once() -> Callable[[Any, Any], str]:
    calls: list[str] = []

    def handler(event: Any, context: Any) -> str:
        calls.append(context.aws_request_id)
        if len(calls) == 1:
            raise RuntimeError("the first time")
        return calls[-1]

    return handler


def history(before: Callable[[Emulator], object], between: Callable[[Emulator], object]) -> list[dict[str, Any]]:
    """What a named execution comes to when others are at it ``before``, and ``between`` its start and its end."""
    with Emulator(seed=3) as emulator:
        emulator.lambda_function("fails-once", fails_once())
        emulator.lambda_function("tells", lambda event, context: context.aws_request_id)
        machine = emulator.state_machine(LOTTERY, name="lottery")
        before(emulator)
        run = emulator.start(machine, {}, name="one")
        between(emulator)
        assert emulator.finish(run).cause is None
        return run.history


def look(emulator: Emulator) -> None:
    sfn = boto3.client("stepfunctions")
    for machine in sfn.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        sfn.describe_state_machine(stateMachineArn=arn)
        for execution in sfn.list_executions(stateMachineArn=arn)["executions"]:
            sfn.get_execution_history(executionArn=execution["executionArn"])


def store(emulator: Emulator) -> None:
    boto3.client("s3").create_bucket(Bucket="bucket")
    boto3.client("dynamodb").list_tables()


def be_refused(emulator: Emulator) -> None:
    with suppress(ClientError):
        boto3.client("stepfunctions").describe_execution(executionArn="none")
    with suppress(ClientError):
        boto3.client("lambda").invoke(FunctionName="none")


def put_event(emulator: Emulator) -> None:
    boto3.client("events").put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])


def run_another(emulator: Emulator) -> None:
    emulator.run(emulator.state_machine(HELLO, name="other"))


def invoke(emulator: Emulator) -> None:
    boto3.client("lambda").invoke(FunctionName="tells")


def nothing(emulator: Emulator) -> None:
    """The run to which the others are compared."""


@pytest.mark.parametrize("disturb", [look, store, be_refused, put_event, run_another, invoke])
def test_what_others_do_changes_no_draw_of_an_execution(disturb: Callable[[Emulator], object]) -> None:
    undisturbed = history(nothing, nothing)
    assert history(disturb, nothing) == undisturbed
    assert history(nothing, disturb) == undisturbed


@pytest.mark.parametrize("disturb", [look, store, be_refused, put_event])
def test_what_others_do_changes_no_name_of_an_execution(disturb: Callable[[Emulator], object]) -> None:
    def names(disturb: Callable[[Emulator], object]) -> list[str]:
        with Emulator(seed=3) as emulator:
            machine = emulator.state_machine(HELLO)
            first = emulator.start(machine).name
            disturb(emulator)
            return [first, emulator.start(machine).name]

    assert names(disturb) == names(nothing)
    assert len(set(names(nothing))) == 2


def test_each_machine_has_names_of_its_own() -> None:
    def last_name(others: int) -> str:
        emulator = Emulator(seed=3)
        for _ in range(others):
            emulator.start(emulator.state_machine(HELLO, name="other"))
        return emulator.start(emulator.state_machine(HELLO, name="mine")).name

    assert last_name(0) == last_name(5)


def test_a_rule_starts_the_same_execution_whatever_other_events_are_put() -> None:
    def started(disturb: Callable[[Emulator], object]) -> str:
        with Emulator() as emulator:
            machine = emulator.state_machine(HELLO)
            events = boto3.client("events")
            events.put_rule(Name="rule", EventPattern='{"source": ["mine"]}')
            events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": machine.arn, "RoleArn": machine.role_arn}])
            disturb(emulator)
            events.put_events(Entries=[{"Source": "mine", "DetailType": "t", "Detail": "{}"}])
            return emulator.executions[-1].arn

    assert started(put_event) == started(run_another) == started(nothing)


def test_streams_differ_by_seed_purpose_and_name() -> None:
    of_seed = [Streams(seed) for seed in (0, 1, "1/a")]
    drawn = [streams.stream(*named).uuid() for streams in of_seed for named in (("a",), ("b",), ("a", "x"), ("a", "y"))]
    assert len(set(drawn)) == 12


def test_a_stream_goes_on_where_it_stood_unless_it_is_asked_for_once() -> None:
    streams = Streams(0)
    assert streams.stream("a").uuid() != streams.stream("a").uuid()
    assert streams.stream("b", "x", once=True).uuid() == streams.stream("b", "x", once=True).uuid()
