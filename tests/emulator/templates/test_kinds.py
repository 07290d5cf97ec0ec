"""Values of the wrong kind in templates: each is an error with its place; texts of CloudFormation are taken."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import Emulator, TemplateError
from emulator.templates.kinds import KINDS, REQUIRED
from emulator.templates.resources import MAKERS

MACHINE = """\
Resources:
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: flow}}
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
      %s
"""
CODE = {"Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": "def handler(event, context): ..."}}
GROUP = "[{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Log.Arn}}]"


SAM = "Transform: AWS::Serverless-2016-10-31\n"


def deploy(emulator: Emulator, folder: Path, text: str) -> Any:
    (folder / "t.yaml").write_text(f"{text}\n{SAM}" if "AWS::Serverless" in text else text, encoding="utf-8")
    return emulator.deploy(folder / "t.yaml")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("LoggingConfiguration: ALL", r"8:7: LoggingConfiguration is an object, not 'ALL'"),
        ("TracingConfiguration: Active", r"8:7: TracingConfiguration is an object, not 'Active'\n    fix: its members"),
        ("TracingConfiguration: {Enabled: maybe}", r"8:30: Enabled is true or false, not 'maybe'"),
        ("LoggingConfiguration: {Level: 'ALL', Destinations: {}}", "Destinations is a list, not an object"),
        ("LoggingConfiguration: {Destinations: [!GetAtt Log.Arn]}", "an item of Destinations is an object, not 'arn"),
        (
            "LoggingConfiguration: {Destinations: [{CloudWatchLogsLogGroup: !GetAtt Log.Arn}]}",
            "CloudWatchLogsLogGroup is an object, not 'arn:.*fix: its members are LogGroupArn",
        ),
        ("LoggingConfiguration: {Destinations: [{}]}", "an item of Destinations has no CloudWatchLogsLogGroup"),
        (
            "LoggingConfiguration: {Level: ALL, Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !Ref Log}}]}",
            r"8:7: Flow: .*Log Destination not found.\n    fix: .*LogGroupArn: !GetAtt Group.Arn",
        ),
        ("LoggingConfiguration: {Destination: []}", "has no member Destination.*Did you mean .*Destinations"),
        ("LoggingConfiguration: {Level: OFF}", 'Level is one of .*, not false\n    fix: YAML reads OFF .* write "OFF"'),
        ("LoggingConfiguration: {Level: 'false'}", "Level is one of .*, not 'false'\n    fix: YAML reads OFF without"),
        ("LoggingConfiguration: {Level: Error}", "Level is one of .*, not 'Error'\n    fix: Did you mean .*ERROR"),
        ("DefinitionSubstitutions: [a]", "DefinitionSubstitutions is an object, not a list"),
    ],
)
def test_a_configuration_of_the_wrong_kind_has_its_place(
    emulator: Emulator, tmp_path: Path, written: str, told: str
) -> None:
    with pytest.raises(TemplateError, match=f"(?s)t.yaml:{told}" if told[0].isdigit() else f"(?s){told}"):
        deploy(emulator, tmp_path, MACHINE % written)


@pytest.mark.parametrize(("text", "value"), [("'False'", False), ("'TRUE'", True), ("no", False), ("!Ref Yes", True)])
def test_a_boolean_may_be_a_text_in_letters_of_any_case(
    emulator: Emulator, tmp_path: Path, text: str, value: bool
) -> None:
    logging = f"LoggingConfiguration: {{Level: ALL, IncludeExecutionData: {text}, Destinations: {GROUP}}}"
    written = MACHINE % f"{logging}\n      TracingConfiguration: {{Enabled: {text}}}"
    app = deploy(emulator, tmp_path, f"Parameters: {{'Yes': {{Type: String, Default: 'True'}}}}\n{written}")
    described = emulator.client("stepfunctions").describe_state_machine(stateMachineArn=app["Flow"])
    assert described["loggingConfiguration"]["includeExecutionData"] is value
    assert described["tracingConfiguration"] == {"enabled": value}
    emulator.run(app.machine("Flow"), {"secret": 1})
    (first, *_) = emulator.client("logs").filter_log_events(logGroupName="flow")["events"]
    assert ("secret" in first["message"]) is value


@pytest.mark.parametrize(
    ("type_", "properties", "told"),
    [
        ("AWS::S3::Bucket", {"NotificationConfiguration": []}, "NotificationConfiguration is an object, not a list"),
        (
            "AWS::S3::Bucket",
            {"NotificationConfiguration": {"QueueConfigurations": [{"Queue": "q"}]}},
            "an item of QueueConfigurations has no Event",
        ),
        ("AWS::SNS::Topic", {"Subscription": [{"Protocol": "sqs"}]}, "an item of Subscription has no Endpoint"),
        ("AWS::SNS::Subscription", {"TopicArn": "t", "Endpoint": "e"}, r"X \(AWS::SNS::Subscription\) has no Protocol"),
        (
            "AWS::Events::Rule",
            {"EventPattern": {"source": ["a"]}, "Targets": ["x"]},
            "an item of Targets is an object",
        ),
        ("AWS::SQS::Queue", {"Tags": [{"Key": "a"}]}, "an item of Tags has no Value"),
        ("AWS::SSM::Parameter", {"Type": "String", "Value": "v", "Tags": []}, "Tags is an object, not a list"),
        ("AWS::Lambda::Function", {"Environment": {"Variables": ["A"]}}, "Variables is an object, not a list"),
        ("AWS::Lambda::Function", {"Timeout": "long"}, "Timeout is a number, not 'long'"),
        ("AWS::Lambda::Function", {**CODE, "DeadLetterConfig": {}}, "DeadLetterConfig has no TargetArn"),
        ("AWS::Lambda::Alias", {"FunctionName": "f", "Name": "n"}, "has no FunctionVersion"),
        (
            "AWS::DynamoDB::Table",
            {"KeySchema": [], "StreamSpecification": "NEW_IMAGE"},
            "StreamSpecification is an object, not 'NEW",
        ),
        (
            "AWS::SecretsManager::Secret",
            {"GenerateSecretString": {"SecretStringTemplate": "{x"}},
            "SecretStringTemplate is a text of JSON",
        ),
        ("AWS::Serverless::StateMachine", {"Events": ["Api"]}, "Events of X is an object"),
        ("AWS::Serverless::Function", {"Events": {"E": {"Type": "SQS", "Properties": "q"}}}, "event E is an object"),
        ("AWS::Serverless::Function", {"Events": {"E": "Api"}}, "event E of the unknown type"),
    ],
)
def test_a_property_of_the_wrong_kind_has_its_place(
    emulator: Emulator, tmp_path: Path, type_: str, properties: Any, told: str
) -> None:
    with pytest.raises(TemplateError, match=rf"t.yaml:\d+:\d+: .*{told}"):
        deploy(emulator, tmp_path, yaml.safe_dump({"Resources": {"X": {"Type": type_, "Properties": properties}}}))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"Outputs": None}, None),
        ({"Outputs": ["x"]}, "Outputs is an object"),
        ({"Outputs": {"A": "x"}}, "Outputs: A is an object"),
        ({"Parameters": {"A": "String"}}, "Parameters: A is an object"),
        ({"Conditions": "x"}, "Conditions is an object"),
        ({"Globals": {"Function": ["x"]}}, "Function in Globals is an object"),
        ({"Resources": {"X": {"Type": "AWS::SQS::Queue", "DependsOn": 5}}}, "DependsOn has logical ids"),
        ({"Resources": {"X": {"Type": "AWS::SQS::Queue", "Metadata": "x"}}}, "Metadata of X is an object"),
        ({"Resources": {"X": {"Type": "AWS::SQS::Queue", "Condition": {"a": 1}}}}, "Condition has the name of a"),
    ],
)
def test_a_section_of_the_wrong_kind_has_its_place(
    emulator: Emulator, tmp_path: Path, section: Any, told: str | None
) -> None:
    text = yaml.safe_dump({"Resources": {}, **section})
    if told is None:
        deploy(emulator, tmp_path, text)
        return
    with pytest.raises(TemplateError, match=rf"t.yaml:\d+:\d+: {told}"):
        deploy(emulator, tmp_path, text)


def test_the_types_that_are_read_into_are_made_here() -> None:
    assert {*KINDS, *REQUIRED} <= {*MAKERS}


def test_a_number_and_a_boolean_are_texts_where_a_text_is_wanted(emulator: Emulator, tmp_path: Path) -> None:
    template = """
        Mappings: {Sizes: {"123456789012": {Delay: 5}, 7: {Batch: 2}}}
        Parameters: {Seven: {Type: Number, Default: 7}}
        Resources:
          Five: {Type: AWS::SSM::Parameter, Properties: {Name: /five, Type: String, Value: 5}}
          Yes: {Type: AWS::SSM::Parameter, Properties: {Name: /yes, Type: String, Value: true, Description: 4}}
          Same: {Type: AWS::SSM::Parameter, Properties: {Name: /same, Type: String, Value: !GetAtt Five.Value}}
          Jobs:
            Type: AWS::SQS::Queue
            Properties: {QueueName: 77, DelaySeconds: !FindInMap [Sizes, !Ref "AWS::AccountId", Delay]}
          Table:
            Type: AWS::DynamoDB::Table
            Properties:
              TableName: 1234
              BillingMode: PAY_PER_REQUEST
              AttributeDefinitions: [{AttributeName: 1, AttributeType: S}]
              KeySchema: [{AttributeName: 1, KeyType: HASH}]
        Outputs:
          Five: {Value: 5}
          Yes: {Value: true}
          Batch: {Value: !FindInMap [Sizes, !Ref Seven, Batch]}
          Jobs: {Value: !GetAtt Jobs.QueueName}
    """
    app = deploy(emulator, tmp_path, template)
    assert app.outputs == {"Five": "5", "Yes": "true", "Batch": "2", "Jobs": "77"}
    ssm = emulator.client("ssm")
    assert [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in ("/five", "/yes", "/same")] == [
        "5",
        "true",
        "5",
    ]
    assert emulator.client("dynamodb").describe_table(TableName="1234")["Table"]["KeySchema"][0]["AttributeName"] == "1"
    attributes = emulator.client("sqs").get_queue_attributes(QueueUrl=app["Jobs"], AttributeNames=["DelaySeconds"])
    assert attributes["Attributes"]["DelaySeconds"] == "5"


DEAD_LETTERS = "arn:aws:sqs:us-east-1:123456789012:x"


@pytest.mark.parametrize(
    ("type_", "properties", "told"),
    [
        ("AWS::SQS::Queue", {"RedrivePolicy": 7}, "X (AWS::SQS::Queue): sqs:CreateQueue: moto failed"),
        (
            "AWS::SQS::Queue",
            {"RedrivePolicy": {"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": "three"}},
            "'three'",
        ),
        ("AWS::SQS::Queue", {"VisibilityTimeout": "soon"}, "VisibilityTimeout is a number, not 'soon'"),
        ("AWS::DynamoDB::Table", {"BillingMode": "PAY_PER_REQUEST"}, "X (AWS::DynamoDB::Table) has no KeySchema"),
        (
            "AWS::Serverless::StateMachine",
            {"Definition": {"StartAt": "A"}, "DefinitionSubstitutions": {"Table": ["x"]}},
            "the substitution Table must be a text, a number or a boolean",
        ),
        ("AWS::Serverless::StateMachine", {"Definition": {}, "Name": "two words"}, "Invalid Name: 'two words'"),
    ],
)
def test_whatever_refuses_a_value_its_place_is_told(
    emulator: Emulator, tmp_path: Path, type_: str, properties: dict[str, Any], told: str
) -> None:
    resources = {"X": {"Type": type_, "Properties": properties}}
    (tmp_path / "t.json").write_text(
        json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}), encoding="utf-8"
    )
    with pytest.raises(TemplateError, match=r"t\.json:1:\d+: ") as error:
        emulator.deploy(tmp_path / "t.json")
    assert told in str(error.value)
