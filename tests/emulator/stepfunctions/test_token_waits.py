"""Task tokens as objects of a test: ``run.wait_for_task_token("Approve")``, ``run.tokens``, and their answers."""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError, InputError, StuckExecutionError
from tests.emulator.flows import flow

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/approvals"
SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def approve(**fields: Any) -> dict[str, Any]:
    body = {"order.$": "$", "token.$": "$$.Task.Token"}
    parameters = {"QueueUrl": QUEUE, "MessageBody": body}
    return {"Type": "Task", "Resource": SEND, "Parameters": parameters, "End": "Next" not in fields, **fields}


APPROVAL = flow(
    Night={"Type": "Wait", "Seconds": 28_800, "Next": "Approve"},
    Approve=approve(HeartbeatSeconds=600, Catch=[{"ErrorEquals": ["Rejected"], "Next": "Refund"}], Next="Ship"),
    Ship={"Type": "Pass", "End": True},
    Refund={"Type": "Pass", "End": True},
)
APPROVAL["States"]["Approve"].pop("End")


@pytest.fixture
def queue(emulator: Emulator) -> str:
    url: str = boto3.client("sqs").create_queue(QueueName="approvals")["QueueUrl"]
    return url


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_time_passes_until_the_state_waits_and_the_answer_continues_it(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL, {"id": 7})
    assert run.tokens == []
    token = run.wait_for_task_token("Approve")
    assert emulator.clock.now() - run.started_at == timedelta(hours=8)
    assert (token.state_name, token.index, token.arn, token.is_open) == ("Approve", None, run.arn, True)
    assert token.input["MessageBody"] == {"order": {"id": 7}, "token": token.text}
    assert [each.text for each in run.tokens] == [token.text]
    token.success({"by": "ann"})
    assert not token.is_open
    assert run.tokens == []
    assert emulator.finish(run).output == {"by": "ann"}
    assert [event["type"] for event in run.history][4:8] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]


def test_a_failure_reaches_the_catcher(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL)
    run.wait_for_task_token("Approve").failure("Rejected", "too expensive")
    assert emulator.finish(run).path == ["Night", "Approve", "Refund"]
    assert run.output == {"Error": "Rejected", "Cause": "too expensive"}


def test_a_failure_without_an_error_has_none(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL)
    run.wait_for_task_token("Approve").failure()
    assert (run.status, run.error, run.cause) == ("FAILED", None, None)


def test_a_heartbeat_begins_its_seconds_anew(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL)
    token = run.wait_for_task_token("Approve")
    emulator.clock.advance(seconds=500)
    token.heartbeat()
    emulator.clock.advance(seconds=500)
    assert token.is_open
    emulator.clock.advance(seconds=100)
    assert (run.status, run.error) == ("FAILED", "States.Timeout")


@pytest.mark.parametrize(
    "answer", [lambda token: token.success({}), lambda token: token.failure("E"), lambda token: token.heartbeat()]
)
def test_a_late_answer_is_refused_as_on_aws(emulator: Emulator, queue: str, answer: Any) -> None:
    run = emulator.start(APPROVAL)
    token = run.wait_for_task_token("Approve")
    emulator.clock.advance(seconds=601)
    with pytest.raises(ClientError, match="Provided task does not exist anymore") as late:
        answer(token)
    assert code(late) == "TaskTimedOut"
    assert "timed out" in str(late.value)


def test_a_second_answer_is_refused_as_on_aws(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL)
    token = run.wait_for_task_token("Approve")
    token.success({})
    with pytest.raises(ClientError) as late:
        token.success({})
    assert code(late) == "TaskTimedOut"


def test_the_output_is_json(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL)
    token = run.wait_for_task_token("Approve")
    with pytest.raises(InputError, match="not a JSON value"):
        token.success({"at": timedelta(1)})
    with pytest.raises(ClientError) as wrong:
        token.success(output_text="{")
    assert code(wrong) == "InvalidOutput"
    with pytest.raises(EmulatorError, match="error=5"):
        token.failure(5)  # type: ignore[arg-type]
    token.success(output_text="null")
    assert (emulator.finish(run).status, run.output) == ("SUCCEEDED", None)


EACH = flow(
    Each={"Type": "Map", "ItemProcessor": flow(Approve=approve()), "End": True},
)


def test_an_item_of_a_map_has_its_own_token(emulator: Emulator, queue: str) -> None:
    run = emulator.start(EACH, ["a", "b", "c"])
    third = run.wait_for_task_token("Approve", index=2)
    assert (third.index, third.input["MessageBody"]["order"]) == (2, "c")
    assert [token.index for token in run.tokens] == [0, 1, 2]
    third.success("C")
    for token in run.tokens:
        token.success(token.input["MessageBody"]["order"].upper())
    assert emulator.finish(run).output == ["A", "B", "C"]


def test_an_item_that_waits_for_others_is_reached_by_answers(emulator: Emulator, queue: str) -> None:
    definition = json.loads(json.dumps(EACH))
    definition["States"]["Each"]["MaxConcurrency"] = 1
    run = emulator.start(definition, ["a", "b"])
    with pytest.raises(StuckExecutionError, match=r"Approve with index 1(.|\n)*open tokens: Approve \(index 0\)"):
        run.wait_for_task_token("Approve", index=1)
    run.wait_for_task_token("Approve").success(1)
    run.wait_for_task_token("Approve", index=1).success(2)
    assert emulator.finish(run).output == [1, 2]


def test_a_child_of_a_distributed_map_has_its_own_token(emulator: Emulator, queue: str) -> None:
    definition = json.loads(json.dumps(EACH))
    definition["States"]["Each"]["ItemProcessor"]["ProcessorConfig"] = {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }
    run = emulator.start(definition, ["a", "b"])
    second = run.wait_for_task_token("Approve", index=1)
    assert second.input["MessageBody"]["order"] == "b"
    assert second.arn != run.arn
    second.success(2)
    run.wait_for_task_token("Approve", index=0).success(1)
    assert emulator.finish(run).output == [1, 2]


@pytest.mark.parametrize("pattern", ["", ".sync:2"])
def test_a_nested_execution_is_part_of_it(emulator: Emulator, queue: str, pattern: str) -> None:
    inner = emulator.state_machine(APPROVAL, name="Inner")
    outer = flow(
        Nested={
            "Type": "Task",
            "Resource": f"arn:aws:states:::states:startExecution{pattern}",
            "Parameters": {"StateMachineArn": inner.arn, "Input": {"id": 1}},
            "Next": "Later",
        },
        Later={"Type": "Wait", "Seconds": 86_400, "End": True},
    )
    run = emulator.start(outer)
    token = run.wait_for_task_token("Approve")
    assert ":Inner:" in token.arn
    token.success({})
    assert emulator.finish(run).status == "SUCCEEDED"


def test_the_execution_that_a_handler_starts_is_part_of_it(emulator: Emulator, queue: str) -> None:
    inner = emulator.state_machine(APPROVAL, name="Inner")

    def starts(event: Any, context: Any) -> None:
        boto3.client("stepfunctions").start_execution(stateMachineArn=inner.arn)

    emulator.lambda_function("starts", starts)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:starts"
    other = emulator.start(inner)
    run = emulator.start(
        flow(
            Start={"Type": "Task", "Resource": arn, "Next": "Day"}, Day={"Type": "Wait", "Seconds": 86_400, "End": True}
        )
    )
    token = run.wait_for_task_token("Approve")
    assert token.arn not in (other.arn, run.arn)


def test_the_task_of_an_activity_is_taken_as_by_a_worker(emulator: Emulator) -> None:
    arn = boto3.client("stepfunctions").create_activity(name="pack")["activityArn"]
    run = emulator.start(flow(Pack={"Type": "Task", "Resource": arn, "HeartbeatSeconds": 60, "End": True}), {"id": 1})
    assert run.tokens == []
    token = run.wait_for_task_token("Pack")
    assert token.input == {"id": 1}
    assert run.history[-1]["type"] == "ActivityStarted"
    assert "taskToken" not in boto3.client("stepfunctions").get_activity_task(activityArn=arn)
    assert [each.text for each in run.tokens] == [token.text]
    token.success({"packed": True})
    assert emulator.finish(run).output == {"packed": True}


def test_a_task_that_a_worker_has_taken_has_the_same_token(emulator: Emulator) -> None:
    client = boto3.client("stepfunctions")
    arn = client.create_activity(name="pack")["activityArn"]
    run = emulator.start(flow(Pack={"Type": "Task", "Resource": arn, "End": True}))
    task = client.get_activity_task(activityArn=arn)
    assert run.wait_for_task_token("Pack").text == task["taskToken"]
    assert [event["type"] for event in run.history].count("ActivityStarted") == 1


def test_a_misspelt_state_is_told_with_the_nearest(emulator: Emulator, queue: str) -> None:
    run = emulator.start(APPROVAL)
    with pytest.raises(EmulatorError, match=r"'Aprove'\n    Did you mean \"Approve\""):
        run.wait_for_task_token("Aprove")
    with pytest.raises(
        EmulatorError, match=r"'Ship' is a Pass state, and never gets a task token; these wait.*Approve"
    ):
        run.wait_for_task_token("Ship")
    with pytest.raises(EmulatorError, match="index=-1"):
        run.wait_for_task_token("Approve", index=-1)
    with pytest.raises(EmulatorError, match="is not text"):
        run.wait_for_task_token(None)  # type: ignore[arg-type]


def test_an_execution_that_ends_first_says_how(emulator: Emulator) -> None:
    run = emulator.start(APPROVAL)  # there is no queue
    with pytest.raises(
        EmulatorError, match=r"did not come to wait in Approve: it ended FAILED with SQS\.(.|\n)*Night -> Approve"
    ):
        run.wait_for_task_token("Approve")


def test_tokens_are_the_same_for_the_same_run(emulator: Emulator, queue: str) -> None:
    with Emulator() as other:
        other.client("sqs").create_queue(QueueName="approvals")
        there = other.start(APPROVAL, name="one").wait_for_task_token("Approve").text
    assert emulator.start(APPROVAL, name="one").wait_for_task_token("Approve").text == there


def test_a_stub_that_never_answers_leaves_the_answer_to_the_token(emulator: Emulator) -> None:
    emulator.task("Approve").never()  # there is no queue
    run = emulator.start(APPROVAL)
    run.wait_for_task_token("Approve").success({"by": "ann"})
    assert emulator.finish(run).output == {"by": "ann"}


def test_a_stub_of_an_activity_that_never_answers_leaves_it_to_the_token(emulator: Emulator) -> None:
    arn = boto3.client("stepfunctions").create_activity(name="pack")["activityArn"]
    emulator.task("Pack").never()
    run = emulator.start(flow(Pack={"Type": "Task", "Resource": arn, "End": True}))
    run.wait_for_task_token("Pack").success(1)
    assert [event["type"] for event in run.history][2:5] == [
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
    ]
