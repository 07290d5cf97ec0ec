"""Schedules of templates: SAM's events and CloudFormation's resources fire without a line of glue."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Report:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      CodeUri: .
      Handler: app.handler
      Environment: {Variables: {TABLE: !Ref Reports}}
      Policies: [{DynamoDBWritePolicy: {TableName: !Ref Reports}}]
      Events:
        Hourly:
          Type: Schedule
          Properties: {Schedule: rate(1 hour), Input: '{"by": "Schedule"}'}
        Off:
          Type: Schedule
          Properties: {Schedule: rate(1 minute), Enabled: false}
        Noon:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(0 12 * * ? *)
            ScheduleExpressionTimezone: Europe/Paris
            Input: '{"by": "ScheduleV2"}'
            RetryPolicy: {MaximumRetryAttempts: 3}
  Reports: {Type: AWS::Serverless::SimpleTable}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
      Events:
        Daily:
          Type: Schedule
          Properties: {Schedule: 'cron(30 6 * * ? *)', Input: '{"by": "Daily"}'}
        Once:
          Type: ScheduleV2
          Properties: {ScheduleExpression: at(2030-01-01T08:00:00), Input: '{"by": "Once"}'}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(6 hours)
      Targets: [{Id: q, Arn: !GetAtt Jobs.Arn, Input: '{"by": "Rule"}'}]
  Group: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Name: jobs}}
  Weekly:
    Type: AWS::Scheduler::Schedule
    Properties:
      GroupName: !Ref Group
      ScheduleExpression: rate(7 days)
      StartDate: "2030-01-01T09:00:00.000Z"
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 30}
      Target:
        Arn: arn:aws:scheduler:::aws-sdk:sqs:sendMessage
        RoleArn: !GetAtt Role.Arn
        Input: !Sub '{"QueueUrl": "${Jobs}", "MessageBody": "{\\"by\\": \\"Schedule\\"}"}'
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}
  Jobs: {Type: AWS::SQS::Queue}
"""
HANDLER = """
import os

import boto3


def handler(event, context):
    item = {"id": {"S": context.aws_request_id}, "by": {"S": event["by"]}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "app.py").write_text(HANDLER)
    return tmp_path


def test_the_schedules_of_a_template_fire(emulator: Emulator, folder: Path) -> None:
    app = emulator.deploy(folder / "template.yaml")

    emulator.clock.advance(hours=23, minutes=30)

    items = emulator.client("dynamodb").scan(TableName=app["Reports"])["Items"]
    assert sorted(item["by"]["S"] for item in items) == ["Schedule"] * 23 + ["ScheduleV2"]
    started: list[Any] = [(each.input["by"], f"{each.started_at:%H:%M}") for each in emulator.executions]
    assert started == [("Daily", "06:30"), ("Once", "08:00")]
    sqs = emulator.client("sqs")
    received = sqs.receive_message(QueueUrl=app["Jobs"], MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(each["Body"])["by"] for each in received] == ["Rule", "Schedule", "Rule", "Rule"]
    assert emulator.bus.undelivered == []


def test_nothing_of_a_template_runs_at_load_although_a_schedule_is_due_at_once(
    emulator: Emulator, folder: Path
) -> None:
    (folder / "template.yaml").write_text(TEMPLATE.replace("cron(0 12 * * ? *)", "rate(1 day)"))
    app = emulator.deploy(folder / "template.yaml")
    assert emulator.client("dynamodb").scan(TableName=app["Reports"])["Count"] == 0
    emulator.clock.advance(minutes=1)
    [item] = emulator.client("dynamodb").scan(TableName=app["Reports"])["Items"]
    assert item["by"]["S"] == "ScheduleV2"


NUMBERS = """
Parameters:
  Retries: {Type: Number, Default: 4}
  Window: {Type: Number, Default: 15}
  Days: {Type: Number, Default: 3}
  On: {Type: String, Default: "true"}
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Days}}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 hour)
      Targets: [{Id: a, Arn: !GetAtt Jobs.Arn, RetryPolicy: {MaximumRetryAttempts: !Ref Retries}}]
  Weekly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(7 days)
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: !Ref Window}
      Target: {Arn: !GetAtt Jobs.Arn, RoleArn: arn:aws:iam::123456789012:role/r}
  Key: {Type: AWS::KMS::Key, Properties: {MultiRegion: !Ref On}}
  Files:
    Type: AWS::S3::Bucket
  Kept: {Type: AWS::Events::Archive, Properties: {SourceArn: !GetAtt Bus.Arn, RetentionDays: !Ref Days}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Group: {Type: AWS::Scheduler::ScheduleGroup}
Outputs:
  State: {Value: !GetAtt Group.State}
  Created: {Value: !GetAtt Group.CreationDate}
  Changed: {Value: !GetAtt Group.LastModificationDate}
  Archive: {Value: !GetAtt Kept.Arn}
"""


def test_parameters_are_texts_and_requests_have_numbers(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(NUMBERS)
    app = emulator.deploy(tmp_path / "template.yaml", stack_name="numbers")

    assert app.not_emulated == {}
    events = emulator.client("events")
    [target] = events.list_targets_by_rule(Rule=app["Nightly"])["Targets"]
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 4}
    archive = events.describe_archive(ArchiveName=app["Kept"])
    assert (archive["RetentionDays"], archive["EventSourceArn"].rpartition("/")[2]) == (3, "orders")
    assert app.outputs == {
        "State": "ACTIVE",
        "Created": "2030-01-01T00:00:00Z",
        "Changed": "2030-01-01T00:00:00Z",
        "Archive": archive["ArchiveArn"],
    }


def test_an_archive_of_a_template_keeps_events(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(NUMBERS)
    app = emulator.deploy(tmp_path / "template.yaml")
    events = emulator.client("events")
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}", "EventBusName": app["Bus"]}
    events.put_events(Entries=[entry])
    assert events.describe_archive(ArchiveName=app["Kept"])["EventCount"] == 1


@pytest.mark.parametrize(
    ("folder", "stack"), [("orders", "orders"), ("checkout-processing-workflow", "checkout-processin")]
)
def test_a_stack_without_a_name_gets_one_with_which_the_names_of_its_resources_are_short_enough(
    emulator: Emulator, tmp_path: Path, folder: str, stack: str
) -> None:
    ending = f"-{'x' * 45}"
    file = tmp_path / folder / "template.yaml"
    file.parent.mkdir()
    file.write_text(f"""
Resources:
  Failed:
    Type: AWS::Events::Rule
    Properties:
      Name: !Sub ${{AWS::StackName}}{ending}
      EventPattern: {{source: [shop]}}
""")
    assert emulator.deploy(file)["Failed"] == f"{stack}{ending}"
