"""What a template's queues, tables and pipes start, without a line of glue."""

import json
from pathlib import Path
from typing import Any

from emulator import Emulator

HANDLER = """
import json, boto3, os

def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        boto3.client("stepfunctions").send_task_success(taskToken=body["token"], output=json.dumps({"id": body["id"]}))
"""
COUNT = """
import boto3, os

def handler(event, context):
    for record in event["Records"]:
        boto3.client("sqs").send_message(
            QueueUrl=os.environ["TOLD"], MessageBody=record["dynamodb"]["NewImage"]["id"]["S"]
        )
"""


def function(code: str, events: Any, **more: Any) -> Any:
    properties = {"Runtime": "python3.12", "Handler": "index.handler", "InlineCode": code, "Events": events, **more}
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def arn(logical_id: str, attribute: str = "Arn") -> Any:
    return {"Fn::GetAtt": [logical_id, attribute]}


def deployed(emulator: Emulator, folder: Path, resources: Any) -> Any:
    path = folder / "template.json"
    path.write_text(json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}), encoding="utf-8")
    return emulator.deploy(path)


def test_a_queue_of_a_template_calls_its_function_with_a_token(emulator: Emulator, tmp_path: Path) -> None:
    message = {"id.$": "$.id", "token.$": "$$.Task.Token"}
    ship = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "${Jobs}", "MessageBody": message},
        "End": True,
    }
    app = deployed(
        emulator,
        tmp_path,
        {
            "Jobs": {"Type": "AWS::SQS::Queue"},
            "Work": function(HANDLER, {"Job": {"Type": "SQS", "Properties": {"Queue": arn("Jobs"), "BatchSize": 1}}}),
            "Flow": {
                "Type": "AWS::Serverless::StateMachine",
                "Properties": {
                    "Definition": {"StartAt": "Ship", "States": {"Ship": ship}},
                    "DefinitionSubstitutions": {"Jobs": {"Ref": "Jobs"}},
                },
            },
        },
    )
    assert emulator.run(app.machine("Flow"), {"id": 7}).output == {"id": 7}


def test_a_rules_target_has_an_id_that_is_cut_as_sam_cuts_it(emulator: Emulator, tmp_path: Path) -> None:
    logical_id = "PublicationEvaluationEventHandlerFunction"
    events = {"ApprovalEvent": {"Type": "EventBridgeRule", "Properties": {"Pattern": {"source": ["shop"]}}}}
    app = deployed(emulator, tmp_path, {logical_id: function("def handler(event, context): pass", events)})
    rule = app[f"{logical_id}ApprovalEvent"]
    [target] = emulator.client("events").list_targets_by_rule(Rule=rule)["Targets"]
    assert target["Id"] == f"{logical_id}ApprovalEvent"[:52] + "LambdaTarget"


def test_a_table_of_a_template_calls_its_function(emulator: Emulator, tmp_path: Path) -> None:
    event = {"Stream": arn("Orders", "StreamArn"), "StartingPosition": "TRIM_HORIZON", "BatchSize": "10"}
    app = deployed(
        emulator,
        tmp_path,
        {
            "Told": {"Type": "AWS::SQS::Queue"},
            "Orders": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                },
            },
            "Count": function(
                COUNT,
                {"Change": {"Type": "DynamoDB", "Properties": event}},
                Environment={"Variables": {"TOLD": {"Ref": "Told"}}},
            ),
        },
    )
    emulator.client("dynamodb").put_item(TableName=app["Orders"], Item={"id": {"S": "7"}})
    [message] = emulator.client("sqs").receive_message(QueueUrl=app["Told"])["Messages"]
    assert message["Body"] == "7"


def test_a_pipe_of_a_template_starts_its_machine(emulator: Emulator, tmp_path: Path) -> None:
    target = {
        "StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"},
        "InputTemplate": '{"id": <$.body.id>, "pipe": "<aws.pipes.pipe-name>"}',
    }
    app = deployed(
        emulator,
        tmp_path,
        {
            "Jobs": {"Type": "AWS::SQS::Queue"},
            "Flow": {
                "Type": "AWS::Serverless::StateMachine",
                "Properties": {"Definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}},
            },
            "Pipe": {
                "Type": "AWS::Pipes::Pipe",
                "Properties": {
                    "RoleArn": "arn:aws:iam::123456789012:role/r",
                    "Source": arn("Jobs"),
                    "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
                    "Target": {"Ref": "Flow"},
                    "TargetParameters": target,
                },
            },
        },
    )
    emulator.client("sqs").send_message(QueueUrl=app["Jobs"], MessageBody='{"id": 7}')
    [run] = emulator.executions
    assert json.loads(run.input_text) == [{"id": 7, "pipe": app["Pipe"]}]
