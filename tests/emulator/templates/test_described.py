"""A test that ``sam init`` writes asks CloudFormation for what it needs: the emulator answers of its applications."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError
from emulator.templates import Application

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): return {'statusCode': 200, 'body': 'hi'}"
      Events: {Get: {Type: Api, Properties: {Path: /hello, Method: get}}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}}
Outputs:
  Url:
    Description: Where it is
    Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/hello"
    Export: {Name: url}
"""


@pytest.fixture
def app(emulator: Emulator, tmp_path: Path) -> Application:
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    return emulator.deploy(tmp_path / "template.yaml", stack_name="shop")


def test_a_stack_has_its_outputs(emulator: Emulator, app: Application) -> None:
    client = emulator.client("cloudformation")
    (stack,) = client.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"] == [
        {
            "OutputKey": "Url",
            "OutputValue": app.outputs["Url"],
            "Description": "Where it is",
            "ExportName": "url",
        }
    ]
    assert client.describe_stacks(StackName=stack["StackId"])["Stacks"] == [stack]
    assert [each["StackName"] for each in client.list_stacks()["StackSummaries"]] == ["shop"]
    assert [each["StackName"] for each in client.describe_stacks()["Stacks"]] == ["shop"]


def test_a_resource_of_a_stack_has_its_physical_id(emulator: Emulator, app: Application) -> None:
    client = emulator.client("cloudformation")
    listed = client.list_stack_resources(StackName="shop")["StackResourceSummaries"]
    flow = next(each for each in listed if each["LogicalResourceId"] == "Flow")
    assert flow["PhysicalResourceId"] == app.machine("Flow").arn
    assert flow["ResourceType"] == "AWS::StepFunctions::StateMachine"
    started = emulator.client("stepfunctions").start_execution(stateMachineArn=flow["PhysicalResourceId"])
    assert started["executionArn"]
    one = client.describe_stack_resource(StackName="shop", LogicalResourceId="Table")["StackResourceDetail"]
    assert (one["PhysicalResourceId"], one["ResourceType"]) == (app["Table"], "AWS::DynamoDB::Table")
    (same,) = client.describe_stack_resources(StackName="shop", LogicalResourceId="Table")["StackResources"]
    assert same["PhysicalResourceId"] == app["Table"]
    with pytest.raises(ClientError, match="Resource Tabel does not exist for stack shop"):
        client.describe_stack_resource(StackName="shop", LogicalResourceId="Tabel")


def test_apis_have_their_ids(emulator: Emulator, app: Application) -> None:
    client = emulator.client("apigateway")
    (api,) = client.get_rest_apis()["items"]
    assert api["id"] == app["ServerlessRestApi"]
    assert client.get_rest_api(restApiId=api["id"])["id"] == api["id"]
    with pytest.raises(NotEmulatedError, match=r"fix: app\.outputs has its URL, and app\.request asks it"):
        client.get_stages(restApiId=api["id"])


def test_an_http_api_has_its_endpoint(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(TEMPLATE.replace("Type: Api", "Type: HttpApi").partition("Outputs:")[0])
    app = emulator.deploy(tmp_path / "t.yaml")
    (api,) = emulator.client("apigatewayv2").get_apis()["Items"]
    assert api["ApiEndpoint"] == f"https://{app['ServerlessHttpApi']}.execute-api.us-east-1.amazonaws.com"


def test_what_a_test_finds_is_asked(emulator: Emulator, app: Application) -> None:
    (stack,) = emulator.client("cloudformation").describe_stacks(StackName="shop")["Stacks"]
    assert app.request("GET", stack["Outputs"][0]["OutputValue"]).text == "hi"


def test_a_queue_without_messages_is_not_what_comes_next(emulator: Emulator, tmp_path: Path) -> None:
    queue = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Work": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "InlineCode": "def handler(event, context): return 1",
                "Events": {"Job": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}}}},
            },
        },
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": queue}
    (tmp_path / "t.json").write_text(json.dumps(template), encoding="utf-8")
    app = emulator.deploy(tmp_path / "t.json")
    assert (emulator.clock.next_text, emulator.clock.next_at) == ("", None)
    emulator.client("sqs").send_message(QueueUrl=app["Jobs"], MessageBody="x", DelaySeconds=5)
    emulator.clock.advance(seconds=6)
    attributes = emulator.client("sqs").get_queue_attributes(QueueUrl=app["Jobs"], AttributeNames=["All"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "0"
