"""Over HTTP: tries of asynchronous calls on the served clock, logs of calls, status changes, activities, deletions."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.server.served import ROLE, Served

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:pack"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:results"
CODE = """
import logging

def handler(event, context):
    print("called with", event)
    logging.getLogger().warning("careful")
    if event.get("fail"):
        raise ValueError("no")
    client = context.client_context
    return client and client.custom
"""


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("served_app.py", CODE)
    return content.getvalue()


@pytest.fixture
def functions(served: Served) -> Any:
    """A client of Lambda; its function ``f`` has a dead-letter queue."""
    client = served.client("lambda")
    served.client("sqs").create_queue(QueueName="results")
    created = client.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="served_app.handler",
        Role=ROLE,
        Code={"ZipFile": archive()},
        DeadLetterConfig={"TargetArn": QUEUE},
    )
    assert created["DeadLetterConfig"] == {"TargetArn": QUEUE}
    return client


def results(served: Served) -> list[Any]:
    sqs = served.client("sqs")
    url = sqs.get_queue_url(QueueName="results")["QueueUrl"]
    found: list[Any] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(each["Body"]) for each in messages]
        for each in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return found


def test_a_failed_event_is_tried_again_as_the_served_clock_advances(served: Served, functions: Any) -> None:
    ends = {"OnFailure": {"Destination": QUEUE}}
    functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig=ends)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload='{"fail": true}')
    assert served.send("POST", "/_emulator/clock", {"seconds": 179}, X_Emulator="1")[0] == 200
    assert results(served) == []
    assert served.send("POST", "/_emulator/clock", {"seconds": 1}, X_Emulator="1")[0] == 200
    record, dead = results(served)
    assert (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"]) == (
        "RetriesExhausted",
        3,
    )
    assert dead == {"fail": True}


def test_the_log_and_the_client_context_go_over_http(functions: Any) -> None:
    context = base64.b64encode(b'{"custom": {"order": 7}}').decode()
    answer = functions.invoke(FunctionName="f", LogType="Tail", ClientContext=context, Payload='{"a": 1}')
    assert json.loads(answer["Payload"].read()) == {"order": 7}
    start, printed, warned, end, report = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert (printed, warned.partition("\t")[0], warned.rpartition("\t")[2]) == (
        "called with {'a': 1}",
        "[WARNING]",
        "careful",
    )
    assert [line.split()[0] for line in (start, end, report)] == ["START", "END", "REPORT"]


def test_status_changes_reach_a_queue(served: Served) -> None:
    served.client("sqs").create_queue(QueueName="results")
    events, sfn = served.client("events"), served.client("stepfunctions")
    events.put_rule(Name="changes", EventPattern=json.dumps({"source": ["aws.states"]}))
    events.put_targets(Rule="changes", Targets=[{"Id": "1", "Arn": QUEUE}])
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    machine = sfn.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    sfn.start_execution(stateMachineArn=machine)
    assert [each["detail"]["status"] for each in results(served)] == ["RUNNING", "SUCCEEDED"]


def test_a_task_of_no_activity_fails_and_a_deleted_machine_is_forgotten(served: Served) -> None:
    sfn = served.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": ACTIVITY, "End": True}}})
    made = {"name": "m", "definition": definition, "roleArn": ROLE}
    machine = sfn.create_state_machine(**made)["stateMachineArn"]
    arn = sfn.start_execution(stateMachineArn=machine, name="x")["executionArn"]
    described = sfn.describe_execution(executionArn=arn)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert described["cause"].endswith(f"The activity {ACTIVITY} does not exist.")
    sfn.delete_state_machine(stateMachineArn=machine)
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        sfn.describe_execution(executionArn=arn)
    sfn.create_state_machine(**made)
    assert sfn.start_execution(stateMachineArn=machine, name="x")["executionArn"] == arn
