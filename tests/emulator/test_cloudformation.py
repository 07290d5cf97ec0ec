"""Templates: what would not be made is refused by its logical id."""

import json
from typing import Any

import boto3
import pytest

from emulator import Emulator, NotEmulatedError
from emulator.cloudformation import TYPES, lost

MACHINE = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{}"}}
FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {}}
QUEUE = {"Type": "AWS::SQS::Queue"}


def template(**resources: Any) -> str:
    return json.dumps({"Resources": resources})


def unread(bucket: str, key: str) -> bytes:
    raise LookupError(f"{bucket}/{key}")


def told(text: str) -> str | None:
    return lost({"TemplateBody": text}, unread)


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("create_stack", {"StackName": "s"}),
    ("update_stack", {"StackName": "s"}),
    ("create_change_set", {"StackName": "s", "ChangeSetName": "c"}),
    ("create_stack_set", {"StackSetName": "s"}),
    ("update_stack_set", {"StackSetName": "s"}),
]


@pytest.mark.parametrize(("method", "names"), CALLS, ids=[method for method, _ in CALLS])
def test_a_resource_of_this_process_is_refused_by_its_logical_id(
    emulator: Emulator, method: str, names: dict[str, Any]
) -> None:
    client = boto3.client("cloudformation")
    with pytest.raises(NotEmulatedError) as refused:
        getattr(client, method)(**names, TemplateBody=template(Flow=MACHINE, Work=FUNCTION, Orders=QUEUE))
    call = f"cloudformation:{client.meta.method_to_api_mapping[method]}"
    assert str(refused.value).startswith(
        f"{call} is not emulated: moto would say CREATE_COMPLETE, but Flow (AWS::StepFunctions::StateMachine) lives in "
        "this process, where no template makes it; Work (AWS::Lambda::Function) lives in this process"
    )


@pytest.mark.parametrize(
    "url", ["https://s3.amazonaws.com/code/a/t.yaml", "https://code.s3.us-east-1.amazonaws.com/a/t.yaml"]
)
def test_a_template_in_s3_is_read(emulator: Emulator, url: str) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="code")
    yaml = "Resources:\n  Flow:\n    Type: AWS::Serverless::StateMachine\n    Properties: {Role: !GetAtt Role.Arn}\n"
    s3.put_object(Bucket="code", Key="a/t.yaml", Body=yaml.encode())
    with pytest.raises(NotEmulatedError, match=r"Flow \(AWS::Serverless::StateMachine\)"):
        emulator.client("cloudformation").create_stack(StackName="s", TemplateURL=url)


@pytest.mark.parametrize(
    "resource",
    [
        {"Type": "AWS::Events::Rule"},
        {"Type": "AWS::Scheduler::Schedule"},
        {"Type": "AWS::Pipes::Pipe"},
        {"Type": "AWS::SNS::Subscription"},
        {"Type": "Custom::Thing"},
        {"Type": "AWS::CloudWatch::Alarm"},
        {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": {"EventBridgeConfiguration": {}}}},
        {"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled"}]}}},
        {"Type": "AWS::DynamoDB::Table", "Properties": {"TimeToLiveSpecification": {"Enabled": "true"}}},
        {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": [{"Protocol": "https", "Endpoint": "f"}]}},
        {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 1}},
    ],
    ids=lambda resource: str(resource["Type"]),
)
def test_what_would_not_be_made_or_promises_an_event_is_named(resource: dict[str, Any]) -> None:
    assert f"Thing ({resource['Type']})" in str(told(template(Thing=resource, Orders=QUEUE)))


def test_a_nested_stack_is_read_too() -> None:
    objects = {("b", "inner.json"): template(Flow=MACHINE).encode()}
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://s3.amazonaws.com/b/inner.json"},
    }
    text = lost({"TemplateBody": template(Inner=nested)}, lambda *place: objects[place])
    assert text is not None
    assert "Inner: Flow (AWS::StepFunctions::StateMachine)" in text
    unknown = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": {"Ref": "Url"}}}
    assert "Inner (AWS::CloudFormation::Stack) would not be made" in str(told(template(Inner=unknown)))


def test_a_template_of_made_resources_is_left_to_moto() -> None:
    policy = {"Type": "AWS::SQS::QueuePolicy"}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": [{"Protocol": "sqs", "Endpoint": "q"}]}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": [{"Status": "Disabled"}]}}}
    assert told(template(Orders=QUEUE, Policy=policy, Topic=topic, Bucket=bucket)) is None
    assert told("Resources:\n  Q: {Type: AWS::SQS::Queue}\n") is None
    assert told("no: [template") is None
    assert lost({"TemplateURL": "https://s3.amazonaws.com/missing/t"}, unread) is None
    assert lost({"UsePreviousTemplate": "true"}, unread) is None


@pytest.mark.parametrize("wrong", [1, "x", [], [1], {"Subscription": 1}, {"Subscription": {"Ref": "S"}}, True])
def test_properties_of_a_wrong_type_are_left_to_moto_or_refused(wrong: Any) -> None:
    text = told(template(Topic={"Type": "AWS::SNS::Topic", "Properties": wrong}))
    assert (text is None) is not isinstance(wrong, dict)
    assert told(json.dumps({"Resources": [wrong]})) is None


def test_the_types_have_their_names() -> None:
    assert all(name.startswith("AWS::") and name.count("::") == 2 for name in TYPES)
    assert not any(name.startswith(("AWS::Lambda::", "AWS::StepFunctions::", "AWS::Serverless::")) for name in TYPES)
