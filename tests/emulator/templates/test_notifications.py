"""Applications whose functions are told of a bucket's objects."""

from pathlib import Path

import pytest

from emulator import Emulator, TemplateError

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, Handler: index.handler}
Resources:
  Uploads: {Type: AWS::S3::Bucket}
  Seen: {Type: AWS::Serverless::SimpleTable}
  Made:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: &code |
        import boto3
        def handler(event, context):
            record = event["Records"][0]
            item = {"id": {"S": record["eventName"] + " " + record["s3"]["object"]["key"]}}
            boto3.client("dynamodb").put_item(TableName=[each for each in tables()][0], Item=item)
        def tables():
            return boto3.client("dynamodb").list_tables()["TableNames"]
      Events:
        Upload:
          Type: S3
          Properties:
            Bucket: !Ref Uploads
            Events: s3:ObjectCreated:*
            Filter: {S3Key: {Rules: [{Name: suffix, Value: .csv}]}}
  Gone:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: *code
      Events:
        Removal: {Type: S3, Properties: {Bucket: !Ref Uploads, Events: [s3:ObjectRemoved:*]}}
"""
CDK = """
Resources:
  Uploads: {Type: AWS::S3::Bucket}
  Told: {Type: AWS::SQS::Queue}
  Notifications:
    Type: Custom::S3BucketNotifications
    Properties:
      ServiceToken: arn:aws:lambda:us-east-1:123456789012:function:cdk
      BucketName: !Ref Uploads
      NotificationConfiguration:
        QueueConfigurations: [{Events: [s3:ObjectCreated:*], QueueArn: !GetAtt Told.Arn}]
      Managed: true
"""


def test_two_functions_of_sam_share_a_bucket(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    app = emulator.deploy(tmp_path / "template.yaml")
    s3 = emulator.client("s3")
    for key in ("a.csv", "b.txt"):
        s3.put_object(Bucket=app["Uploads"], Key=key, Body=b"")
    s3.delete_object(Bucket=app["Uploads"], Key="b.txt")
    items = emulator.client("dynamodb").scan(TableName=app["Seen"])["Items"]
    assert sorted(each["id"]["S"] for each in items) == ["ObjectCreated:Put a.csv", "ObjectRemoved:Delete b.txt"]


def test_cdk_configures_a_bucket_by_a_resource_of_its_own(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(CDK)
    app = emulator.deploy(tmp_path / "template.yaml")
    emulator.client("s3").put_object(Bucket=app["Uploads"], Key="k", Body=b"")
    found = emulator.client("sqs").receive_message(QueueUrl=app["Told"], MaxNumberOfMessages=10)["Messages"]
    assert len(found) == 2, "the first message, and the one about the object"


BUS = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: Done, States: {Done: {Type: Pass, End: true}}}
      Events:
        Upload:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [aws.s3]
              detail-type: [Object Created]
              detail: {bucket: {name: [!Ref Uploads]}, object: {key: [{suffix: .csv}]}}
            InputPath: $.detail.object
"""
TOPIC = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Seen: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: seen}}
  Note:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
        import boto3
        def handler(event, context):
            text = event["Records"][0]["Sns"]["Message"]
            boto3.client("dynamodb").put_item(TableName="seen", Item={"id": {"S": text}})
      Events:
        Large:
          Type: SNS
          Properties: {Topic: !Ref Orders, FilterPolicy: {size: [large]}}
"""


def test_an_upload_starts_a_machine_by_a_rule(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(BUS)
    app = emulator.deploy(tmp_path / "template.yaml")
    for key in ("a.csv", "b.txt"):
        emulator.client("s3").put_object(Bucket=app["Uploads"], Key=key, Body=b"1")
    (execution,) = emulator.executions
    assert (execution.input["key"], execution.input["size"]) == ("a.csv", 1)


def test_a_function_of_sam_gets_the_messages_that_pass_its_filter(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TOPIC)
    app = emulator.deploy(tmp_path / "template.yaml")
    for size in ("small", "large"):
        attributes = {"size": {"DataType": "String", "StringValue": size}}
        emulator.client("sns").publish(TopicArn=app["Orders"], Message=size, MessageAttributes=attributes)
    items = emulator.client("dynamodb").scan(TableName="seen")["Items"]
    assert [each["id"]["S"] for each in items] == ["large"]


CIRCLE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Uploads: {Type: AWS::S3::Bucket}
  Made:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): return 1"
      Environment: {Variables: {BUCKET: %s}}
      Events:
        Upload: {Type: S3, Properties: {Bucket: !Ref Uploads, Events: s3:ObjectCreated:*}}
"""


def test_a_function_that_needs_the_bucket_of_its_event_makes_a_circle(emulator: Emulator, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(CIRCLE % "!Ref Uploads", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"Circular dependency between resources: \[Uploads, Made\]"):
        emulator.deploy(template)
    template.write_text(CIRCLE % "uploads", encoding="utf-8")
    emulator.deploy(template)
