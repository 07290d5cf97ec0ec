"""Which questions of a client let time pass: the same again with nothing in between, or the same rounds of them."""

import json
import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from emulator import Emulator
from emulator.polling import MANY

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}}
WAITS = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Wait", "Seconds": 10, "Next": "B"},
        "B": {"Type": "Wait", "Seconds": 10, "Next": "C"},
        "C": {"Type": "Wait", "Seconds": 10, "End": True},
    },
}


class Client:
    """A client of Step Functions, and an execution that it started."""

    def __init__(self, emulator: Emulator, definition: dict[str, Any]) -> None:
        self.emulator = emulator
        self.sfn = boto3.client("stepfunctions")
        self.machine = emulator.state_machine(definition, name="m").arn
        self.arn = self.sfn.start_execution(stateMachineArn=self.machine)["executionArn"]

    def describe(self) -> str:
        return str(self.sfn.describe_execution(executionArn=self.arn)["status"])

    def history(self) -> int:
        return len(self.sfn.get_execution_history(executionArn=self.arn)["events"])

    def listed(self) -> str:
        return str(self.sfn.list_executions(stateMachineArn=self.machine)["executions"][0]["status"])

    def stop(self) -> str:
        self.sfn.stop_execution(executionArn=self.arn)
        return self.describe()


LOOKS: dict[str, Callable[[Client], object]] = {
    "history": Client.history,
    "list": Client.listed,
    "machine": lambda aws: aws.sfn.describe_state_machine(stateMachineArn=aws.machine),
    "machines": lambda aws: aws.sfn.list_state_machines(),
    "activities": lambda aws: aws.sfn.list_activities(),
    "reversed history": lambda aws: aws.sfn.get_execution_history(executionArn=aws.arn, reverseOrder=True),
    "another describe": lambda aws: aws.sfn.describe_execution(executionArn=aws.arn, includedData="METADATA_ONLY"),
    "queues": lambda aws: boto3.client("sqs").list_queues(),
    "tables": lambda aws: boto3.client("dynamodb").list_tables(),
    "functions": lambda aws: boto3.client("lambda").list_functions(),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_at_another_kind_of_thing_is_no_polling(emulator: Emulator, look: str) -> None:
    aws = Client(emulator, WAIT)
    for _ in range(2):
        assert aws.describe() == "RUNNING"
        LOOKS[look](aws)
    assert (aws.describe(), aws.stop()) == ("RUNNING", "ABORTED")


def test_describe_history_stop_aborts(emulator: Emulator) -> None:
    aws = Client(emulator, WAIT)
    assert aws.describe() == "RUNNING"
    assert aws.history() == 2
    assert aws.stop() == "ABORTED"


@pytest.mark.parametrize("ask", [Client.describe, Client.history, Client.listed])
def test_the_same_question_again_waits(emulator: Emulator, ask: Callable[[Client], Any]) -> None:
    aws = Client(emulator, WAIT)
    first = ask(aws)
    assert ask(aws) != first
    assert aws.describe() == "SUCCEEDED"


@pytest.mark.parametrize("looks", [("history",), ("history", "list"), ("tables", "queues"), ("machine", "tables")])
def test_a_loop_of_several_questions_ends(emulator: Emulator, looks: tuple[str, ...]) -> None:
    aws = Client(emulator, WAITS)
    rounds = 0
    while aws.describe() != "SUCCEEDED" and rounds < 30:
        rounds += 1
        for look in looks:
            LOOKS[look](aws)
    assert (rounds, emulator.executions[0].elapsed.total_seconds()) == (MANY + 1, 30)


def test_an_act_in_between_makes_a_first_look(emulator: Emulator) -> None:
    aws = Client(emulator, WAIT)
    for _ in range(2 * MANY):
        assert aws.describe() == "RUNNING"
        aws.sfn.start_execution(stateMachineArn=aws.machine)
    for _ in range(2 * MANY):
        assert aws.describe() == "RUNNING"
        emulator.clock.advance(seconds=1)
    assert emulator.clock.now().second == 2 * MANY
    assert aws.stop() == "ABORTED"


def test_two_executions_that_are_polled_in_turn_both_end(emulator: Emulator) -> None:
    one, two = Client(emulator, WAIT), Client(emulator, WAITS)
    for _ in range(40):
        if {one.describe(), two.describe()} == {"SUCCEEDED"}:
            break
    assert (one.describe(), two.describe()) == ("SUCCEEDED", "SUCCEEDED")


# Tokens ------------------------------------------------------------------------------------------------------------


def token_task(**bounds: int) -> dict[str, Any]:
    queue = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl.$": "$.url", "MessageBody.$": "$$.Task.Token"},
        **bounds,
        "End": True,
    }
    return {"StartAt": "T", "States": {"T": queue}}


def start_token(emulator: Emulator, **bounds: int) -> tuple[Any, str, str]:
    url = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    machine = emulator.state_machine(token_task(**bounds), name="t")
    sfn = boto3.client("stepfunctions")
    return sfn, sfn.start_execution(stateMachineArn=machine.arn, input=json.dumps({"url": url}))["executionArn"], url


@pytest.mark.parametrize("bounds", [{"TimeoutSeconds": 60}, {"HeartbeatSeconds": 5, "TimeoutSeconds": 60}])
def test_waits_for_a_token_time_out_while_a_client_polls(emulator: Emulator, bounds: dict[str, int]) -> None:
    sfn, arn, _ = start_token(emulator, **bounds)
    seen = [sfn.describe_execution(executionArn=arn)["status"] for _ in range(2)]
    assert seen == ["RUNNING", "FAILED"]
    assert sfn.describe_execution(executionArn=arn)["error"] == "States.Timeout"
    assert emulator.executions[0].elapsed.total_seconds() == bounds.get("HeartbeatSeconds", 60)


def test_a_wait_for_a_token_without_a_timeout_stays(emulator: Emulator) -> None:
    sfn, arn, url = start_token(emulator)
    assert [sfn.describe_execution(executionArn=arn)["status"] for _ in range(9)] == ["RUNNING"] * 9
    token = emulator.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]
    sfn.send_task_success(taskToken=token, output="1")
    assert sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"


def test_a_worker_in_a_thread_is_not_timed_out_by_polls(emulator: Emulator) -> None:
    sfn = boto3.client("stepfunctions")
    activity = sfn.create_activity(name="a")["activityArn"]
    taken, asked, given = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        mine = boto3.client("stepfunctions")
        task = mine.get_activity_task(activityArn=activity)
        taken.set()
        asked.wait(5)
        mine.send_task_success(taskToken=task["taskToken"], output="1")
        given.set()

    state = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 60, "HeartbeatSeconds": 5, "End": True}
    machine = emulator.state_machine({"StartAt": "A", "States": {"A": state}})
    arn = sfn.start_execution(stateMachineArn=machine.arn)["executionArn"]
    worker = threading.Thread(target=work)
    worker.start()
    taken.wait(5)
    assert [sfn.describe_execution(executionArn=arn)["status"] for _ in range(20)] == ["RUNNING"] * 20
    asked.set()
    given.wait(5)
    worker.join()
    assert sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"


def test_a_worker_that_does_nothing_for_long_holds_no_poll_up(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.polling.GRACE_SECONDS", 0.01)
    sfn, arn, _ = start_token(emulator, TimeoutSeconds=60)
    emulator.assembly.polling.serves_others = True
    for _ in range(1000):
        if sfn.describe_execution(executionArn=arn)["status"] == "FAILED":
            break
        threading.Event().wait(0.001)
    assert emulator.executions[0].elapsed.total_seconds() == 60


# Handlers ----------------------------------------------------------------------------------------------------------


def polls(child: str, answers: list[Any]) -> Callable[[Any, Any], Any]:
    def handler(event: Any, context: Any) -> Any:
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=child)["executionArn"]
        count = 0
        while (status := sfn.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            count += 1
        answers.append((status, count, context.get_remaining_time_in_millis()))
        return status

    return handler


@pytest.mark.parametrize("how", ["task", "invoke"])
def test_an_execution_that_a_handler_polls_goes_on(emulator: Emulator, how: str) -> None:
    child = emulator.state_machine(WAIT, name="child")
    answers: list[Any] = []
    arn = emulator.lambda_function("f", polls(child.arn, answers))
    if how == "task":
        run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}})
        assert (run.output, run.elapsed.total_seconds()) == ("SUCCEEDED", 100)
    else:
        boto3.client("lambda").invoke(FunctionName="f")
    [(status, count, left)] = answers
    assert (status, left) == ("SUCCEEDED", 800_000)
    assert count < 5


def test_a_handler_that_polls_beyond_its_timeout_is_timed_out(emulator: Emulator) -> None:
    child = emulator.state_machine(WAIT, name="child")
    arn = emulator.lambda_function("f", polls(child.arn, []), timeout_seconds=30)
    run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}})
    assert (run.error, run.elapsed.total_seconds()) == ("Sandbox.Timedout", 30)


def test_a_handler_that_polls_what_never_ends_is_timed_out(emulator: Emulator) -> None:
    child = emulator.state_machine(token_task(), name="child")
    url = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]

    def handler(event: Any, context: Any) -> None:
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=child.arn, input=json.dumps({"url": url}))["executionArn"]
        while sfn.describe_execution(executionArn=arn)["status"] == "RUNNING":
            pass

    arn = emulator.lambda_function("f", handler, timeout_seconds=60)
    run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}})
    assert (run.error, run.elapsed.total_seconds()) == ("Sandbox.Timedout", 60)
