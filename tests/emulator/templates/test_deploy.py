"""Applications from templates: what a template names exists here, under that name, and runs with its own handlers."""

import json
from pathlib import Path
from typing import Any

import pytest

from asl.problems import DefinitionError
from emulator import Emulator, EmulatorError, MissingHandlerError, TemplateError

SHOP = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Globals:
  Function:
    Runtime: python3.12
    Environment: {Variables: {STAGE: !Ref Stage}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Charge:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: charge/
      Handler: app.handler
      Environment: {Variables: {TABLE: !Ref Orders}}
      VpcConfig: {SubnetIds: [subnet-1]}
  Orders:
    Type: AWS::Serverless::SimpleTable
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Sub "flow-${Stage}"
      DefinitionUri: flow.asl.json
      DefinitionSubstitutions: {ChargeArn: !GetAtt Charge.Arn}
      Events:
        Placed:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [shop]}, InputPath: $.detail}
  Alarm:
    Type: AWS::SNS::Topic
    Condition: IsProd
  Net:
    Type: AWS::EC2::VPC
Outputs:
  Table: {Value: !Ref Orders}
  Machine: {Value: !Ref Flow}
  Topic: {Value: !Ref Alarm, Condition: IsProd}
"""
HANDLER = """
import os
import boto3


def handler(event, context):
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item={"id": {"S": event["order"]}})
    return {"stage": os.environ["STAGE"], "order": event["order"]}
"""
FLOW = '{"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "${ChargeArn}", "End": true}}}'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A SAM application in a folder of its own."""
    (tmp_path / "charge").mkdir()
    (tmp_path / "charge" / "app.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "flow.asl.json").write_text(FLOW, encoding="utf-8")
    return write(tmp_path, SHOP)


TRANSFORM = "Transform: AWS::Serverless-2016-10-31\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    is_of_sam = "AWS::Serverless::" in text and "Transform" not in text
    path.write_text(f"{text}\n{TRANSFORM}" if is_of_sam else text, encoding="utf-8")
    return path


def deployed(emulator: Emulator, folder: Path, resources: Any, **more: Any) -> Any:
    """The application of a template with these resources."""
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources, **more}
    return emulator.deploy(write(folder, json.dumps(template)), stack_name="s")


def refusal(emulator: Emulator, folder: Path, text: str, **arguments: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        emulator.deploy(write(folder, text), **arguments)
    return str(caught.value).removeprefix(str(folder / "template.yaml"))


def test_an_application_runs_as_it_is(emulator: Emulator, shop: Path) -> None:
    app = emulator.deploy(shop)
    run = emulator.run(app.machine("Flow"), {"order": "o-1"})
    assert run.output == {"stage": "dev", "order": "o-1"}
    items = emulator.client("dynamodb").scan(TableName=app["Orders"])["Items"]
    assert items == [{"id": {"S": "o-1"}}]
    assert app.outputs == {"Table": app["Orders"], "Machine": app.machine("Flow").arn}
    assert app.machine("Flow").name == "flow-dev"
    assert app.not_emulated == {"AWS::EC2::VPC": ["Net"]}
    assert app.not_enforced == {"Charge": ["VpcConfig"]}


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("{Value: x, Export: name}", ":2:11: Export of the output O is not of its form\n    fix: write {Name: ...}"),
        ("{Value: x, Export: {Name: {Ref: A, B: x}}}", ":2:11: Export of the output O: its Name is not a text"),
        ("{}", ":2:11: the output O has no Value\n    fix: write {Value: ...}"),
    ],
)
def test_an_output_that_is_wrong_has_its_place(emulator: Emulator, tmp_path: Path, output: str, told: str) -> None:
    text = f"Resources: {{A: {{Type: AWS::SQS::Queue}}}}\nOutputs: {{O: {output}}}\n"
    assert refusal(emulator, tmp_path, text) == told


def test_a_hint_says_when_there_is_nothing_to_choose_from(emulator: Emulator, tmp_path: Path) -> None:
    told = refusal(emulator, tmp_path, "Resources: {A: {Type: AWS::SQS::Queue, Condition: Big}}\n")
    assert told.endswith("\n    fix: it has no conditions")


def test_a_number_is_taken_for_a_text(emulator: Emulator, tmp_path: Path) -> None:
    """CloudFormation converts a value of a simple type, also one of a mapping."""
    template = """
Mappings: {Sizes: {dev: {Size: 5}}}
Resources:
  Size: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /size, Value: !FindInMap [Sizes, dev, Size]}}
  Flag: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /flag, Value: true}}
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: 77}}
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: 5555}}
Outputs: {Jobs: {Value: !GetAtt Jobs.Arn}, Files: {Value: !Ref Files}}
"""
    app = emulator.deploy(write(tmp_path, template))
    assert app.outputs == {"Jobs": "arn:aws:sqs:us-east-1:123456789012:77", "Files": "5555"}
    ssm = emulator.client("ssm")
    assert [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in ("/size", "/flag")] == ["5", "true"]
    assert [each.ref.rpartition("/")[2] for each in app.resources()] == ["size", "flag", "77", "5555"]


def test_a_template_of_the_cdk_finds_the_version_of_its_bootstrap(emulator: Emulator, tmp_path: Path) -> None:
    version = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}
    app = deployed(emulator, tmp_path, {}, Parameters={"V": version}, Outputs={"V": {"Value": {"Ref": "V"}}})
    assert int(app.outputs["V"]) >= 6


def test_an_event_of_a_machine_is_a_rule(emulator: Emulator, shop: Path) -> None:
    app = emulator.deploy(shop)
    entry = {"Source": "shop", "DetailType": "Placed", "Detail": '{"order": "o-2"}'}
    emulator.client("events").put_events(Entries=[entry])
    (execution,) = emulator.executions
    assert execution.state_machine.arn == app["Flow"]
    assert emulator.finish(execution).output == {"stage": "dev", "order": "o-2"}


def test_parameters_choose(emulator: Emulator, shop: Path) -> None:
    app = emulator.deploy(shop, parameters={"Stage": "prod"})
    assert app.outputs["Topic"] == app["Alarm"]
    assert emulator.client("sns").list_topics()["Topics"] == [{"TopicArn": app["Alarm"]}]
    assert emulator.run(app.machine("Flow"), {"order": "x"}).output["stage"] == "prod"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}, "b"]]}, "a-b"),
        ({"Fn::Sub": "${AWS::Region}/${!Kept}/${Queue.QueueName}"}, "us-east-1/${Kept}/jobs"),
        ({"Fn::Sub": ["${X}!", {"X": {"Ref": "Name"}}]}, "n!"),
        ({"Fn::Select": ["1", {"Fn::Split": ["|", "a||c"]}]}, ""),
        ({"Fn::Select": [0, {"Ref": "List"}]}, "one"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "Size"]}, "small"),
        ({"Fn::If": ["Never", {"Fn::FindInMap": ["Sizes", "x", "y"]}, "else"]}, "else"),
        ({"Fn::ImportValue": "shared"}, "imported"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:aws:sqs:us-east-1:123456789012:jobs"),
        ({"Ref": "AWS::StackName"}, "s"),
        ({"Fn::ToJsonString": {"a": {"Ref": "Name"}}}, '{"a":"n"}'),
    ],
)
def test_functions(emulator: Emulator, tmp_path: Path, value: Any, found: str) -> None:
    template = {
        "Parameters": {
            "Name": {"Type": "String", "Default": "n"},
            "List": {"Type": "CommaDelimitedList", "Default": "one, two"},
        },
        "Mappings": {"Sizes": {"n": {"Size": "small"}}},
        "Conditions": {"Never": {"Fn::Not": [{"Fn::Or": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}]}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}},
        "Outputs": {"Found": {"Value": value}},
    }
    path = write(tmp_path, json.dumps(template))
    assert emulator.deploy(path, stack_name="s", imports={"shared": "imported"}).outputs == {"Found": found}


def test_names_that_the_template_does_not_give_are_the_stacks(emulator: Emulator, tmp_path: Path) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
        "Files": {"Type": "AWS::S3::Bucket"},
        "Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": json.dumps(machine)}},
    }
    app = deployed(emulator, tmp_path, resources)
    assert app["Jobs"].rpartition("/")[2].startswith("s-Jobs-")
    assert app["Jobs"].endswith(".fifo")
    assert app["Files"].startswith("s-files-")
    assert app.machine("Flow").name.startswith("Flow-")
    assert list(app) == ["Jobs", "Files", "Flow"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a\n", ":1:1: a template is an object, not a list"),
        ("Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Reff x}}}", "there is no tag !Reff"),
        (
            "Resources:\n A:\n  Type: AWS::SQS::Queue\n  Properties: !Select\n   - 0\n   - !GetAZs !Ref AWS::Region\n",
            ":6:14: a tag follows another one\n       - !GetAZs !Ref AWS::Region\n",
        ),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, Properties: !!python/object/apply:os.system [x]}}",
            "the tag !!python/object/apply:os.system has no meaning in a template",
        ),
        ("Resources:\n  A: {Properties: {}}\n", "[/Resources/A] Every Resources object must contain a Type member."),
        (
            "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Ref Nam}\n",
            ":4:29: Template format error: Unresolved resource dependencies [Nam] in the Resources block",
        ),
        (
            "Parameters: {Name: {Type: String}}\nResources: {}\n",
            "Parameters: [Name] must have values",
        ),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.Arn}}, "  # noqa: ISC004
            "B: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.Arn}}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${A b}'}}\n",
            "variable names in Fn::Sub syntax must contain only",
        ),
        (
            "Resources:\n  F: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: nothere.json}}\n",
            "there is no file nothere.json",
        ),
        (
            "Resources:\n  Q: {Type: AWS::SQS::Queue}\nOutputs: {A: {Value: !GetAtt Q.Arm}}\n",
            'resource Q (AWS::SQS::Queue) has no attribute Arm\n    fix: Did you mean "Arn"?',
        ),
        (
            "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: SQSS}}}}\n",
            "F has an event E of the unknown type SQSS",
        ),
        ("Globals: {Functions: {}}\nResources: {}\n", "Globals has no section Functions"),
        ("Resources: {'Fn::ForEach::A': [X, [a], {}]}\n", "Fn::ForEach::A is not evaluated here"),
        ("Resources: {}\nOutputs: {A: text}\n", ":2:11: Outputs: A is an object"),
        ("Resources:\n  A: {Type: AWS::SQS::Queue, DependsOn: 3}\n", ":2:30: DependsOn has logical ids of resources"),
        (
            "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Events: [a]}}\n",
            ":2:53: Events of F is an object",
        ),
        (
            "Resources:\n  T: {Type: Custom::CDKBucketDeployment, Properties: {DestinationBucketKeyPrefix: 5}}\n",
            (
                "T (Custom::CDKBucketDeployment): its properties are not of the form that the type has\n"
                "    fix: AttributeError: 'int'"
            ),
        ),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(emulator: Emulator, tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(emulator, tmp_path, text)


def test_a_value_that_is_not_allowed(emulator: Emulator, shop: Path) -> None:
    with pytest.raises(TemplateError, match=r"Parameter Stage cannot be 'test': AllowedValues is \['dev', 'prod'\]"):
        emulator.deploy(shop, parameters={"Stage": "test"})
    with pytest.raises(TemplateError, match="no parameter 'Stag'\n    fix: Did you mean \"Stage\""):
        emulator.deploy(shop, parameters={"Stag": "dev"})


def test_a_pattern_that_only_java_has_is_not_enforced(emulator: Emulator, tmp_path: Path) -> None:
    declared = {"Name": {"Type": "String", "Default": "x", "AllowedPattern": r"\p{Alpha}+"}}
    app = deployed(emulator, tmp_path, {}, Parameters=declared, Outputs={"Name": {"Value": {"Ref": "Name"}}})
    assert app.outputs == {"Name": "x"}


def test_problems_of_a_definition_in_the_template_have_their_places(emulator: Emulator, tmp_path: Path) -> None:
    text = (
        "Resources:\n  Flow:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n"
        "        StartAt: A\n        States:\n          A: {Type: Pass, Nxt: B}\n"
    )
    with pytest.raises(DefinitionError, match=r"template\.yaml:8:"):
        emulator.deploy(write(tmp_path, text))


def test_inline_code_and_an_express_machine_run(emulator: Emulator, tmp_path: Path) -> None:
    resources = {
        "Work": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "InlineCode": "def handler(event, context):\n    return 1\n",
            },
        },
        "Fast": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Type": "EXPRESS",
                "Definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}},
            },
        },
    }
    app = deployed(emulator, tmp_path, resources)
    answer = emulator.client("lambda").invoke(FunctionName=app["Work"])
    assert json.loads(answer["Payload"].read()) == 1
    assert emulator.run(app.machine("Fast")).arn.startswith("arn:aws:states:us-east-1:123456789012:express:")


def test_a_function_waits_for_an_express_machine_of_its_template(emulator: Emulator, tmp_path: Path) -> None:
    code = """
import os

import boto3


def handler(event, context):
    sfn = boto3.client("stepfunctions")
    return sfn.start_sync_execution(stateMachineArn=os.environ["QUOTE"], input="{}")["output"]
"""
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}}
    quote = {"Type": "EXPRESS", "Definition": wait, "Logging": {"Level": "OFF"}, "Tracing": {"Enabled": True}}
    function = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "InlineCode": code,
        "Timeout": 3,
        "Environment": {"Variables": {"QUOTE": {"Ref": "Quote"}}},
    }
    resources = {
        "Quote": {"Type": "AWS::Serverless::StateMachine", "Properties": quote},
        "Api": {"Type": "AWS::Serverless::Function", "Properties": function},
    }
    app = deployed(emulator, tmp_path, resources)
    answer = emulator.client("lambda").invoke(FunctionName=app["Api"])
    assert json.loads(answer["Payload"].read()) == "{}"
    assert app.machine("Quote").type == "EXPRESS"


@pytest.mark.parametrize("type_", ["AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"])
def test_the_type_of_a_machine_is_checked_with_its_place(emulator: Emulator, tmp_path: Path, type_: str) -> None:
    name, role = ("Type", "Role") if "Serverless" in type_ else ("StateMachineType", "RoleArn")
    text = (
        f"Resources:\n  Flow:\n    Type: {type_}\n    Properties:\n      {name}: EXPRES\n"
        f"      {role}: arn:aws:iam::123456789012:role/r\n"
        '      DefinitionString: \'{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}\'\n'
    )
    told = f"{name} is one of STANDARD, EXPRESS, not 'EXPRES'\n.*Did you mean \"EXPRESS\""
    with pytest.raises(TemplateError, match=rf"template\.yaml:5:\d+: {told}"):
        emulator.deploy(write(tmp_path, text.replace("DefinitionString", "Definition") if name == "Type" else text))


def test_a_schedule_and_its_group_are_made(emulator: Emulator, tmp_path: Path) -> None:
    target = {"Arn": "arn:aws:sqs:us-east-1:123456789012:jobs", "RoleArn": "arn:aws:iam::123456789012:role/r"}
    schedule = {
        "GroupName": {"Ref": "Group"},
        "ScheduleExpression": "cron(0 9 * * ? *)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    resources = {
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "nightly"}},
        "Daily": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
    }
    app = deployed(emulator, tmp_path, resources, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Daily", "Arn"]}}})
    assert app["Group"] == "nightly"
    assert app.outputs["Arn"] == f"arn:aws:scheduler:us-east-1:123456789012:schedule/nightly/{app['Daily']}"


def test_a_function_that_cannot_run_here_is_listed_with_the_reason(emulator: Emulator, tmp_path: Path) -> None:
    properties = {"Runtime": "java21", "Handler": "a.B::c", "CodeUri": "."}
    app = deployed(emulator, tmp_path, {"Old": {"Type": "AWS::Serverless::Function", "Properties": properties}})
    why = "its runtime is java21; Python and Node.js run here"
    assert app.not_emulated == {f"AWS::Serverless::Function ({why})": ["Old"]}
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{app['Old']}"
    task = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}
    with pytest.raises(MissingHandlerError):
        emulator.run(task)
    emulator.lambda_function(app["Old"], lambda event, context: "in its place")
    answer = emulator.client("lambda").invoke(FunctionName=app["Old"])
    assert json.loads(answer["Payload"].read()) == "in its place"


def test_a_machine_or_resource_that_the_template_lacks(emulator: Emulator, shop: Path) -> None:
    app = emulator.deploy(shop)
    with pytest.raises(EmulatorError, match="has no state machine 'Flw'\n    fix: Did you mean \"Flow\""):
        app.machine("Flw")
    with pytest.raises(KeyError, match="Orders"):
        app["Ordrs"]


LOGGED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Group: {Type: AWS::Logs::LogGroup}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}
      Logging:
        Level: ALL
        IncludeExecutionData: "true"
        Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Group.Arn}}]
      Tracing: {Enabled: true}
  Elsewhere:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      DefinitionString: '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
      LoggingConfiguration:
        Level: ERROR
        Destinations:
          - CloudWatchLogsLogGroup: {LogGroupArn: !Sub "arn:aws:logs:us-east-1:${AWS::AccountId}:log-group:old:*"}
"""


def test_a_machine_logs_to_the_group_of_its_template(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(LOGGED)
    app = emulator.deploy(tmp_path / "template.yaml")
    emulator.run(app.machine("Flow"), {"id": 7})
    events = emulator.client("logs").filter_log_events(logGroupName=app["Group"])["events"]
    assert [json.loads(event["message"])["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    described = emulator.client("stepfunctions").describe_state_machine(stateMachineArn=app["Flow"])
    assert described["loggingConfiguration"]["includeExecutionData"] is True
    assert described["tracingConfiguration"] == {"enabled": True}
    assert app.not_enforced == {"Flow": ["Tracing"], "Elsewhere": ["LoggingConfiguration"]}


def test_a_level_without_a_destination_is_an_error_of_the_template(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        LOGGED.replace("Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Group.Arn}}]", "")
    )
    with pytest.raises(TemplateError, match="Flow: Invalid Logging Configuration: Must specify exactly one"):
        emulator.deploy(tmp_path / "template.yaml")


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("t.yaml", "Resources:\n  A: {Type: [x\n", ":3:1: "),
        ("t.yaml", "Resources:\n  A: !Reff x\n", ":2:6: there is no tag !Reff\n      A: !Reff x\n"),
        ("t.json", '{"Resources": {"A" 1}}', ":1:20: it is not JSON: "),
    ],
)
def test_a_text_that_cannot_be_read_is_shown(
    emulator: Emulator, tmp_path: Path, name: str, text: str, shown: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError) as error:
        emulator.deploy(tmp_path / name)
    assert f"{tmp_path / name}{shown}" in str(error.value)
    assert "^" in str(error.value)


def test_a_name_that_is_not_there_is_told_plainly(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Conditions: {Never: !Equals [a, b]}\n"
        "Resources:\n"
        "  Orders: {Type: AWS::SQS::Queue}\n"
        "  Extra: {Type: AWS::SQS::Queue, Condition: Never}\n"
    )
    app = emulator.deploy(path)
    assert "Extra" not in app
    assert app.get("Extra") is None
    with pytest.raises(TemplateError) as caught:
        app["Order"]
    assert isinstance(caught.value, KeyError)
    assert str(caught.value).endswith("""template.yaml: there is no resource 'Order'. Did you mean "Orders"?""")
    with pytest.raises(
        TemplateError, match=r"template\.yaml:4:\d+: Extra is not made: the condition Never does not hold"
    ):
        app["Extra"]


def test_a_resource_of_a_nested_stack_has_the_stacks_logical_id_before_it(emulator: Emulator, tmp_path: Path) -> None:
    flow = "{StartAt: A, States: {A: {Type: Pass, Result: NAME, End: true}}}"
    for name in ("one", "two"):
        properties = f"{{RoleArn: a, Definition: {flow.replace('NAME', name)}}}"
        (tmp_path / f"{name}.yaml").write_text(
            f"Resources: {{Flow: {{Type: AWS::StepFunctions::StateMachine, Properties: {properties}}}}}\n"
        )
    nested = [
        f"  {name.title()}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}.yaml}}}}\n"
        for name in ("one", "two")
    ]
    (tmp_path / "template.yaml").write_text("Resources:\n" + "".join(nested))
    app = emulator.deploy(tmp_path / "template.yaml")
    assert [emulator.run(app.machine(each)).output for each in ("One/Flow", "Two/Flow")] == ["one", "two"]
    assert app["One/Flow"] == app.machine("One/Flow").arn
