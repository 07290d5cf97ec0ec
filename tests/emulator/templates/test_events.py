"""Events of functions and state machines in a template: each comes on the virtual clock, without a line of glue."""

from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Nightly: {Type: String, Default: "false"}}
Conditions: {IsNightly: !Equals [!Ref Nightly, "true"]}
Resources:
  Seen: {Type: AWS::SQS::Queue}
  Jobs: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic}
  Uploads:
    Type: AWS::S3::Bucket
    Properties: {NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Environment: {Variables: {SEEN: !Ref Seen}}
      InlineCode: |
        import boto3, os
        def handler(event, context):
            record = event["Records"][0] if "Records" in event else event
            source = record.get("eventSource") or record.get("EventSource") or record.get("source")
            boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=source)
            return {"statusCode": 200, "body": "ok"}
      Events:
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: 5}}
        Told: {Type: SNS, Properties: {Topic: !Ref Topic}}
        Changed: {Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON}}
        Uploaded: {Type: S3, Properties: {Bucket: !Ref Uploads, Events: "s3:ObjectCreated:*"}}
        Shop: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}
        Daily: {Type: Schedule, Properties: {Schedule: "cron(0 9 * * ? *)"}}
        Never: {Type: Schedule, Properties: {Schedule: rate(1 minute), Enabled: !If [IsNightly, true, false]}}
        Once:
          Type: ScheduleV2
          Properties: {ScheduleExpression: "at(2030-01-02T00:00:00)", Input: '{"source": "once"}'}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
      Events:
        Uploaded:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [aws.s3], detail-type: [Object Created]}
            InputPath: $.detail.object.key
            DeadLetterConfig: {Type: SQS, QueueLogicalId: Lost}
            RetryPolicy: {MaximumRetryAttempts: 1}
        Later: {Type: ScheduleV2, Properties: {ScheduleExpression: "at(2030-01-03T00:00:00)", Input: '{"later": 1}'}}
"""


@pytest.fixture
def app(emulator: Emulator, tmp_path: Path) -> Any:
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    return emulator.deploy(tmp_path / "template.yaml", stack_name="s")


def seen(emulator: Emulator, app: Any) -> list[str]:
    """The sources of the events that the function got, each once."""
    emulator.clock.advance(seconds=30)
    messages = emulator.client("sqs").receive_message(QueueUrl=app["Seen"], MaxNumberOfMessages=10)
    for each in messages.get("Messages", []):
        emulator.client("sqs").delete_message(QueueUrl=app["Seen"], ReceiptHandle=each["ReceiptHandle"])
    return [each["Body"] for each in messages.get("Messages", [])]


def test_what_is_written_calls_the_function(emulator: Emulator, app: Any) -> None:
    emulator.client("sqs").send_message(QueueUrl=app["Jobs"], MessageBody="m")
    assert seen(emulator, app) == ["aws:sqs"]
    emulator.client("sns").publish(TopicArn=app["Topic"], Message="m")
    assert seen(emulator, app) == ["aws:sns"]
    emulator.client("dynamodb").put_item(TableName=app["Table"], Item={"id": {"S": "1"}})
    assert seen(emulator, app) == ["aws:dynamodb"]
    emulator.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    assert seen(emulator, app) == ["shop"]
    assert app.not_emulated == {}


def test_an_upload_calls_the_function_and_starts_the_machine(emulator: Emulator, app: Any) -> None:
    emulator.client("s3").put_object(Bucket=app["Uploads"], Key="a.csv", Body=b"")
    assert seen(emulator, app) == ["aws:s3"]
    (execution,) = emulator.executions
    assert (execution.state_machine.arn, execution.input) == (app["Flow"], "a.csv")


def test_schedules_come_at_their_times(emulator: Emulator, app: Any) -> None:
    emulator.clock.advance(hours=23)
    assert seen(emulator, app) == ["aws.events"]
    emulator.clock.advance(hours=1)
    assert seen(emulator, app) == ["once"]
    emulator.clock.advance(days=1)
    assert [each.input for each in emulator.executions] == [{"later": 1}]


def test_a_rule_has_the_dead_letter_queue_that_sam_makes(emulator: Emulator, app: Any) -> None:
    assert {"Lost", "FlowUploadedQueuePolicy", "FlowUploadedRole", "WorkToldPermission"} <= set(app)
    targets = emulator.client("events").list_targets_by_rule(Rule=app["FlowUploaded"])["Targets"]
    lost = emulator.client("sqs").get_queue_attributes(QueueUrl=app["Lost"], AttributeNames=["QueueArn"])
    assert targets[0]["DeadLetterConfig"]["Arn"] == lost["Attributes"]["QueueArn"]
    assert emulator.client("events").describe_rule(Name=app["WorkNever"])["State"] == "DISABLED"
