"""Executions and machines by their ARN, wrong ones refused with the nearest; wrong task tokens; names of errors."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError, StuckExecutionError
from emulator.aws.http import HttpRequest
from emulator.history.near_misses import near_miss
from emulator.http_requests import answer

PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.fixture
def approve(emulator: Emulator) -> dict[str, Any]:
    """A definition that waits for a worker of the activity ``approve``."""
    arn = emulator.client("stepfunctions").create_activity(name="approve")["activityArn"]
    return {"StartAt": "Approve", "States": {"Approve": {"Type": "Task", "Resource": arn, "End": True}}}


def test_an_execution_is_finished_by_its_arn(emulator: Emulator) -> None:
    machine = emulator.state_machine(PASS, name="order")
    client = emulator.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine.arn, name="one")
    assert emulator.finish(started["executionArn"]).name == "one"
    assert emulator.finish(started).status == "SUCCEEDED"


def test_a_machine_is_run_by_its_arn(emulator: Emulator) -> None:
    machine = emulator.state_machine(PASS, name="order")
    assert emulator.run(machine.arn, {"n": 1}).output == {"n": 1}
    assert emulator.start(machine.arn, name="two").state_machine is machine


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("arn:aws:states:us-east-1:123456789012:execution:order:oen", "Did you mean arn:aws:states:us-east-1:"),
        ("one", "Did you mean arn:aws:states:us-east-1:123456789012:execution:order:one?"),
        ("nonsense at all", "There are 1 executions: emulator.executions"),
        (None, "None is not an execution"),
        (7, "7 is not an execution, but an int"),
        ({}, "{} is not an execution, but a dict"),
    ],
)
def test_what_is_no_execution_is_refused(emulator: Emulator, given: Any, said: str) -> None:
    emulator.run(emulator.state_machine(PASS, name="order"), name="one")
    with pytest.raises(EmulatorError) as raised:
        emulator.finish(given)
    assert said in str(raised.value)


def test_the_arn_of_no_machine_is_refused_with_the_nearest(emulator: Emulator) -> None:
    machine = emulator.state_machine(PASS, name="order")
    with pytest.raises(EmulatorError) as raised:
        emulator.run(machine.arn.replace("order", "ordr"))
    assert f"Did you mean {machine.arn}?" in str(raised.value)


def test_an_execution_that_nothing_continues_says_what_it_waits_for(emulator: Emulator, approve: Any) -> None:
    run = emulator.start(approve, name="one")
    emulator.clock.advance(hours=5)
    with pytest.raises(StuckExecutionError) as raised:
        emulator.finish(run)
    assert str(raised.value).splitlines()[:2] == [
        "execution one waits in Approve for an external worker: nothing in this emulator will continue it.",
        "    Approve: waits for an external worker to answer (activity approve), since 2030-01-01T00:00:00Z (5 h)",
    ]


# Task tokens ---------------------------------------------------------------------------------------------------------


def tokens_of(emulator: Emulator, definition: Any, *names: str) -> Iterator[str]:
    client = emulator.client("stepfunctions")
    machine = emulator.state_machine(definition, name="order")
    for name in names:
        emulator.start(machine, name=name)
        arn = definition["States"]["Approve"]["Resource"]
        yield client.get_activity_task(activityArn=arn)["taskToken"]


def told(call: Callable[..., Any], **members: str) -> list[str]:
    with pytest.raises(ClientError) as raised:
        call(**members)
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("operation", "more"),
    [("send_task_success", {"output": "1"}), ("send_task_failure", {}), ("send_task_heartbeat", {})],
)
def test_a_wrong_token_is_told_in_two_lines(
    emulator: Emulator, approve: Any, operation: str, more: dict[str, str]
) -> None:
    client = emulator.client("stepfunctions")
    first, second = tokens_of(emulator, approve, "one", "two")
    call = getattr(client, operation)
    lines = told(call, taskToken="nonsense", **more)
    assert lines[0].endswith("Invalid Token: 'Invalid token'")
    assert lines[1:] == [
        "    given: 'nonsense': it is not a task token of this emulator",
        f"    open now: ...{first[-16:]} (state Approve of one), ...{second[-16:]} (state Approve of two)",
    ]
    emulator.clock.advance(seconds=5)
    client.send_task_success(taskToken=first, output="1")
    lines = told(call, taskToken=first, **more)
    assert lines[0].endswith("Task Timed Out: 'Provided task does not exist anymore'")
    assert lines[1] == (
        f"    given: ...{first[-16:]}: it was answered already, with success, at 2030-01-01T00:00:05Z; "
        "execution one ended SUCCEEDED at 2030-01-01T00:00:05Z"
    )
    assert lines[2] == f"    open now: ...{second[-16:]} (state Approve of two)"


def test_a_token_whose_task_timed_out_says_when(emulator: Emulator, approve: Any) -> None:
    approve["States"]["Approve"]["TimeoutSeconds"] = 60
    (token,) = tokens_of(emulator, approve, "one")
    emulator.clock.advance(minutes=5)
    lines = told(emulator.client("stepfunctions").send_task_success, taskToken=token, output="1")
    assert "its task timed out at 2030-01-01T00:01:00Z (States.Timeout)" in lines[1]
    assert "execution one ended FAILED at 2030-01-01T00:01:00Z" in lines[1]
    assert lines[2] == "    open now: none"


def test_a_token_of_another_emulator_is_named_as_such(approve: Any, emulator: Emulator) -> None:
    (token,) = tokens_of(emulator, approve, "one")
    with Emulator() as other:
        lines = told(other.client("stepfunctions").send_task_success, taskToken=token, output="1")
    assert "it is of another emulator, or of an execution that was never started here" in lines[1]


def test_over_http_the_error_is_awss_own(emulator: Emulator) -> None:
    headers = [
        ("authorization", "AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/states/aws4_request"),
        ("x-amz-target", "AWSStepFunctions.SendTaskHeartbeat"),
        ("content-type", "application/x-amz-json-1.0"),
    ]
    response = answer(emulator.assembly, HttpRequest("POST", "/", "", headers, b'{"taskToken": "nonsense"}'))
    assert b"Invalid Token: 'Invalid token'\"" in response.body


def test_in_an_execution_the_cause_is_awss_own(emulator: Emulator) -> None:
    resource = "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat"
    state = {"Type": "Task", "Resource": resource, "Parameters": {"TaskToken": "nonsense"}, "End": True}
    run = emulator.run({"StartAt": "A", "States": {"A": state}})
    assert run.error == "Sfn.InvalidTokenException"
    assert "given" not in str(run.cause)


# Names of errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "named", "said"),
    [
        ("States.Timeout", "States.TimeOut", 'Catch of A names "States.TimeOut", not "States.Timeout"'),
        ("TimeoutError", "builtins.TimeoutError", 'Catch of A names "builtins.TimeoutError", not "TimeoutError"'),
        ("Declined", "shop.errors.Declined", 'Catch of A names "shop.errors.Declined", not "Declined"'),
        ("Declined", "DeclinedError", 'Catch of A names "DeclinedError", not "Declined"'),
        ("CardDeclined", "CardDeclned", 'Catch of A names "CardDeclned", not "CardDeclined"'),
        ("ValueError", "TypeError", None),
        ("ValueError", "ValueError", None),
        ("ValueError", "States.ALL", None),
        (None, "ValueError", None),
    ],
)
def test_the_name_that_a_rule_nearly_has_is_found(error: str | None, named: str, said: str | None) -> None:
    state = f'{{"Type": "Task", "Catch": [{{"ErrorEquals": ["{named}"], "Next": "B"}}]}}'
    assert near_miss(f'{{"StartAt": "A", "States": {{"A": {state}}}}}', ["A"], error) == said


def test_a_failed_execution_hints_at_the_rule_that_nearly_names_its_error(emulator: Emulator) -> None:
    def decline(event: Any, context: Any) -> None:
        raise TimeoutError("no answer")

    emulator.lambda_function("f", decline)
    retry = [{"ErrorEquals": ["TimeoutEror"], "MaxAttempts": 1}]
    inner = {
        "StartAt": "Charge",
        "States": {"Charge": {"Type": "Task", "Resource": FUNCTION, "Retry": retry, "End": True}},
    }
    run = emulator.run({"StartAt": "Each", "States": {"Each": {"Type": "Map", "Iterator": inner, "End": True}}}, [1])
    with pytest.raises(AssertionError) as raised:
        run.assert_succeeded()
    assert '  hint     Retry of Charge names "TimeoutEror", not "TimeoutError"' in str(raised.value).splitlines()
