"""Roles, tags and descriptions of a template, as the services' own APIs show them."""

import json
from pathlib import Path
from typing import Any

from emulator import Emulator

SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Description: It works
      MemorySize: 256
      Tags: {team: shop}
      InlineCode: "def handler(event, context): return 1"
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Tags: {team: shop, size: 5}
      Definition: {StartAt: B, States: {B: {Type: Pass, Next: A}, A: {Type: Pass, End: true}}}
      Events:
        Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day), Name: nightly}}
        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day), Name: daily}}
Outputs:
  Work: {Value: !GetAtt WorkRole.Arn}
  Flow: {Value: !GetAtt FlowRole.Arn}
  Nightly: {Value: !GetAtt FlowNightlyRole.Arn}
  Daily: {Value: !GetAtt FlowDailyRole.Arn}
"""
NAMED = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: shop
      Path: /apps/
      Description: For the shop
      AssumeRolePolicyDocument: &document
        {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: a.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: own
          PolicyDocument: &rights
            {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/NobodyHasIt"]
  Other: {Type: AWS::IAM::Policy, Properties: {PolicyName: other, PolicyDocument: *rights, Roles: [!Ref Role]}}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties: {ManagedPolicyName: shared, PolicyDocument: *rights, Roles: [!Ref Role]}
  Work:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Runtime: python3.12
      Handler: index.handler
      Code: {ZipFile: "def handler(event, context): return 1"}
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/literal
      Tags: [{Key: team, Value: shop}]
      Definition: {StartAt: B, States: {B: {Type: Pass, End: true}}}
Outputs: {Role: {Value: !GetAtt Role.Arn}, Shared: {Value: !Ref Shared}}
"""


def deploy(emulator: Emulator, folder: Path, text: str) -> Any:
    (folder / "t.yaml").write_text(text, encoding="utf-8")
    return emulator.deploy(folder / "t.yaml", stack_name="shop")


def test_a_role_that_sam_makes_has_one_name_everywhere(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, SAM)
    shown = {
        "Work": emulator.client("lambda").get_function(FunctionName=app["Work"])["Configuration"]["Role"],
        "Flow": emulator.client("stepfunctions").describe_state_machine(stateMachineArn=app["Flow"])["roleArn"],
        "Nightly": emulator.client("scheduler").get_schedule(Name="nightly")["Target"]["RoleArn"],
        "Daily": emulator.client("events").list_targets_by_rule(Rule="daily")["Targets"][0]["RoleArn"],
    }
    assert shown == app.outputs
    iam = emulator.client("iam")
    names = {each["RoleName"] for each in iam.list_roles()["Roles"]}
    assert {each.rpartition("/")[2] for each in shown.values()} == names
    (trust,) = iam.get_role(RoleName=app["FlowRole"])["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}


def test_tags_and_descriptions_are_passed_on_with_those_of_sam(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, SAM)
    work = emulator.client("lambda").get_function(FunctionName=app["Work"])
    assert (work["Configuration"]["Description"], work["Configuration"]["MemorySize"]) == ("It works", 256)
    assert work["Configuration"]["Handler"] == "index.handler"
    assert work["Tags"] == {"lambda:createdBy": "SAM", "team": "shop"}
    tags = emulator.client("stepfunctions").list_tags_for_resource(resourceArn=app["Flow"])["tags"]
    assert [(each["key"], each["value"]) for each in tags] == [
        ("stateMachine:createdBy", "SAM"),
        ("team", "shop"),
        ("size", "5"),
    ]
    assert app.not_enforced == {"Work": ["MemorySize"]}


def test_the_text_of_an_inline_definition_is_the_one_that_sam_writes(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, SAM)
    text = emulator.client("stepfunctions").describe_state_machine(stateMachineArn=app["Flow"])["definition"]
    assert text == json.dumps(json.loads(text), indent=4, sort_keys=True)
    assert list(json.loads(text)["States"]) == ["A", "B"]


def test_a_role_of_the_template_is_at_iam_and_shown_as_given(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, NAMED)
    iam = emulator.client("iam")
    role = iam.get_role(RoleName="shop")["Role"]
    assert (role["Arn"], role["Description"]) == (app.outputs["Role"], "For the shop")
    assert role["Arn"] == "arn:aws:iam::123456789012:role/apps/shop"
    assert sorted(iam.list_role_policies(RoleName="shop")["PolicyNames"]) == ["other", "own"]
    (attached,) = iam.list_attached_role_policies(RoleName="shop")["AttachedPolicies"]
    assert attached["PolicyArn"] == app.outputs["Shared"]
    assert emulator.client("lambda").get_function(FunctionName=app["Work"])["Configuration"]["Role"] == role["Arn"]
    flow = emulator.client("stepfunctions").describe_state_machine(stateMachineArn=app["Flow"])
    assert flow["roleArn"] == "arn:aws:iam::123456789012:role/literal"


def test_attributes_that_come_with_a_resource(emulator: Emulator, tmp_path: Path) -> None:
    template = """
Resources:
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties: {RoleArn: a, Definition: {StartAt: B, States: {B: {Type: Pass, End: true}}}}
  Everywhere:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      BillingMode: PAY_PER_REQUEST
      Replicas: [{Region: us-east-1}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Jobs: {Type: AWS::SQS::Queue}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      Source: !GetAtt Jobs.Arn
      Target: !Ref Flow
      TargetParameters: {StepFunctionStateMachineParameters: {InvocationType: FIRE_AND_FORGET}}
Outputs:
  Revision: {Value: !GetAtt Flow.StateMachineRevisionId}
  Table: {Value: !GetAtt Everywhere.TableId}
  Pipe: {Value: !GetAtt Pipe.CurrentState}
  Since: {Value: !GetAtt Pipe.CreationTime}
"""
    outputs = deploy(emulator, tmp_path, template.replace("RoleArn: a,", "RoleArn: 'arn:aws:iam::1:role/a',")).outputs
    assert (outputs["Revision"], outputs["Pipe"], outputs["Since"]) == ("INITIAL", "RUNNING", "2030-01-01T00:00:00Z")
    assert len(outputs["Table"]) == 36
