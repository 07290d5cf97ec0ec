"""Resources of templates that SAM generates, that need each other, and that the services' own requests make."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, TemplateError

CODE = "def handler(event, context):\n    raise ValueError(event.get('id', event))\n"
FUNCTION = {"Runtime": "python3.12", "Handler": "index.handler", "InlineCode": CODE}


def deploy(emulator: Emulator, folder: Path, resources: Any, **more: Any) -> Any:
    path = folder / "template.json"
    path.write_text(
        json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources, **more}), encoding="utf-8"
    )
    return emulator.deploy(path, stack_name="s")


def function(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::Function", "Properties": {**FUNCTION, **properties}}


def received(emulator: Emulator, url: str) -> list[str]:
    messages = emulator.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def test_ids_that_sam_generates_can_be_referred_to(emulator: Emulator, tmp_path: Path) -> None:
    topic = {"Type": "SNS", "Properties": {"Topic": {"Ref": "Topic"}}}
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Work": function(AutoPublishAlias="live", Events={"Told": topic}, FunctionUrlConfig={"AuthType": "NONE"}),
        "Late": {
            "Type": "AWS::SQS::Queue",
            "DependsOn": ["WorkToldPermission", "WorkRole", "WorkUrlPublicPermissions"],
        },
    }
    outputs = {
        "Alias": {"Value": {"Ref": "Work.Alias"}},
        "Version": {"Value": {"Fn::Sub": "${Work.Version}"}},
        "Subscription": {"Value": {"Ref": "WorkTold"}},
    }
    app = deploy(emulator, tmp_path, resources, Outputs=outputs)
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{app['Work']}"
    assert app.outputs["Alias"] == f"{arn}:live" == app["WorkAliaslive"]
    assert app.outputs["Version"] == f"{arn}:1"
    found = emulator.client("sns").list_subscriptions()["Subscriptions"]
    assert [each["Endpoint"] for each in found] == [f"{arn}:live"]


def test_a_subscription_by_a_queue_of_its_own(emulator: Emulator, tmp_path: Path) -> None:
    told = {"Type": "SNS", "Properties": {"Topic": {"Ref": "Topic"}, "SqsSubscription": True}}
    code = (
        "import boto3, os\n"
        "def handler(event, context):\n"
        "    boto3.client('sqs').send_message(QueueUrl=os.environ['SEEN'], MessageBody=event['Records'][0]['body'])\n"
    )
    seen = {"Variables": {"SEEN": {"Ref": "Seen"}}}
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Seen": {"Type": "AWS::SQS::Queue"},
        "Work": function(InlineCode=code, Environment=seen, Events={"Told": told}),
    }
    app = deploy(emulator, tmp_path, resources)
    assert {"WorkToldQueue", "WorkToldQueuePolicy", "WorkToldEventSourceMapping", "WorkTold"} <= set(app)
    emulator.client("sns").publish(TopicArn=app["Topic"], Message="hi")
    emulator.clock.advance(seconds=1)
    (body,) = received(emulator, app["Seen"])
    assert json.loads(body)["Message"] == "hi"


def test_what_becomes_of_failed_asynchronous_calls(emulator: Emulator, tmp_path: Path) -> None:
    config = {"MaximumRetryAttempts": "0", "DestinationConfig": {"OnFailure": {"Type": "SQS"}}}
    dead = {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    resources = {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Work": function(EventInvokeConfig=config, DeadLetterQueue=dead),
    }
    app = deploy(emulator, tmp_path, resources, Outputs={"Queue": {"Value": {"Ref": "Work.DestinationQueue"}}})
    emulator.client("lambda").invoke(FunctionName=app["Work"], InvocationType="Event", Payload=b'{"id": 7}')
    emulator.clock.advance(seconds=1)
    (failed,) = received(emulator, app.outputs["Queue"])
    assert json.loads(failed)["requestPayload"] == {"id": 7}
    assert received(emulator, app["Dead"]) == ['{"id": 7}']


def test_values_have_the_types_of_the_service(emulator: Emulator, tmp_path: Path) -> None:
    mapping = {
        "EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]},
        "FunctionName": {"Ref": "Work"},
        "BatchSize": "5",
        "Enabled": "false",
    }
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": "2", "WriteCapacityUnits": 3},
    }
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Work": function(),
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Key": {"Type": "AWS::KMS::Key"},
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": "2"}},
    }
    app = deploy(emulator, tmp_path, resources)
    made = emulator.client("lambda").get_event_source_mapping(UUID=app["Mapping"])
    assert (made["BatchSize"], made["State"]) == (5, "Disabled")
    dynamodb = emulator.client("dynamodb")
    assert dynamodb.describe_table(TableName=app["Table"])["Table"]["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
    assert emulator.client("kms").describe_key(KeyId=app["Key"])["KeyMetadata"]["KeyId"] == app["Key"]


def test_a_target_that_gets_no_events_does_not_hinder_the_others(emulator: Emulator, tmp_path: Path) -> None:
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:all"
    targets = [{"Id": "logs", "Arn": logs}, {"Id": "queue", "Arn": {"Fn::GetAtt": ["Jobs", "Arn"]}}]
    pattern = {"EventPattern": {"source": ["shop"]}, "Targets": targets}
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": pattern},
    }
    app = deploy(emulator, tmp_path, resources)
    assert [type_.partition(" (")[0] for type_ in app.not_emulated] == ["AWS::Events::Rule"]
    entry = {"Source": "shop", "DetailType": "x", "Detail": "{}"}
    emulator.client("events").put_events(Entries=[entry])
    assert len(received(emulator, app["Jobs"])) == 1


def test_what_needs_an_unmade_function_is_listed_with_it(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, {"Old": function(Runtime="java21", AutoPublishAlias="live")})
    listed = {name: type_ for type_, names in app.not_emulated.items() for name in names}
    assert "it needs Old, whose code cannot run here" in listed["OldAliaslive"]


def test_an_event_of_a_machine_that_names_an_api_of_that_machine_is_no_circle(
    emulator: Emulator, tmp_path: Path
) -> None:
    event = {"Type": "Api", "Properties": {"Path": "/", "Method": "post", "RestApiId": {"Ref": "Api"}}}
    body = {"uri": {"Fn::Sub": "${Flow}"}}
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    resources = {
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}},
        "Flow": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {"Definition": machine, "Events": {"Post": event}},
        },
        "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": ["Apiv1Stage"]},
    }
    app = deploy(emulator, tmp_path, resources, Outputs={"Stage": {"Value": {"Ref": "Api.Stage"}}})
    assert emulator.run(app.machine("Flow"), {"id": 1}).output == {"id": 1}


def test_aliases_and_versions_of_a_machine_are_the_machine(emulator: Emulator, tmp_path: Path) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    flow = {"Definition": machine, "AutoPublishAlias": "live"}
    resources = {"Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": flow}}
    app = deploy(emulator, tmp_path, resources)
    started = emulator.client("stepfunctions").start_execution(stateMachineArn=app["FlowAliaslive"], input="{}")
    assert app["Flow"].rpartition(":")[2] in started["executionArn"]


def test_a_nested_application_beside_the_template(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    inner = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}},
        "Outputs": {"Url": {"Value": {"Ref": "Jobs"}}},
    }
    (tmp_path / "inner" / "template.yaml").write_text(json.dumps(inner), encoding="utf-8")
    properties = {"Location": "inner/template.yaml", "Parameters": {"Name": "jobs"}}
    resources = {"Inner": {"Type": "AWS::Serverless::Application", "Properties": properties}}
    outputs = {"Url": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Url"]}}}
    app = deploy(emulator, tmp_path, resources, Outputs=outputs)
    assert app.outputs["Url"] == app["Jobs"]
    assert app["Jobs"].endswith("/jobs")


def test_a_value_of_the_wrong_kind_is_told_with_its_place(emulator: Emulator, tmp_path: Path) -> None:
    resources = {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"a": "b"}}}}
    with pytest.raises(
        TemplateError, match=r"template.json:1:\d+: Jobs \(AWS::SQS::Queue\): Invalid type for parameter"
    ):
        deploy(emulator, tmp_path, resources)


def test_dynamic_references_have_the_values_of_their_services(emulator: Emulator, tmp_path: Path) -> None:
    emulator.client("ssm").put_parameter(Name="/shop/queue", Type="String", Value="jobs")
    emulator.client("secretsmanager").create_secret(Name="db", SecretString='{"user": "shop"}')
    variables = {
        "USER": "{{resolve:secretsmanager:db:SecretString:user}}",
        "WHOLE": "{{resolve:secretsmanager:db}}",
        "GONE": "{{resolve:ssm:/none:1}}",
    }
    code = "import os\ndef handler(event, context):\n    return [os.environ[x] for x in ('USER', 'WHOLE', 'GONE')]\n"
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "{{resolve:ssm:/shop/queue}}"}},
        "Work": function(InlineCode=code, Environment={"Variables": variables}),
    }
    app = deploy(emulator, tmp_path, resources)
    assert app["Jobs"].endswith("/jobs")
    answer = emulator.client("lambda").invoke(FunctionName=app["Work"])
    assert json.loads(answer["Payload"].read()) == ["shop", '{"user": "shop"}', variables["GONE"]]
    assert app.not_enforced["Work"] == ["{{resolve:ssm:/none:1}}, which has no value here"]


def test_a_global_table_is_the_table_of_this_region(emulator: Emulator, tmp_path: Path) -> None:
    properties = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "Replicas": [{"Region": "us-east-1"}],
    }
    resources = {"Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}
    app = deploy(emulator, tmp_path, resources, Outputs={"S": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}})
    assert "/stream/" in app.outputs["S"]
    assert app.not_enforced == {"Table": ["Replicas"]}


def test_properties_that_are_accepted_without_effect_are_told(emulator: Emulator, tmp_path: Path) -> None:
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
    }
    topic = {"FifoTopic": True, "FifoThroughputScope": "MessageGroup", "TracingConfig": "Active"}
    resources = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": topic},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": True, "DelaySeconds": 1}},
    }
    app = deploy(emulator, tmp_path, resources)
    assert app.not_enforced == {"Table": ["TableClass"], "Topic": ["TracingConfig"], "Queue": ["SqsManagedSseEnabled"]}


def test_a_handler_in_place_of_code_brings_what_needed_the_function(emulator: Emulator, tmp_path: Path) -> None:
    queue = {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}}}
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Old": function(Runtime="java21", AutoPublishAlias="live", Events={"Job": queue}),
    }
    app = deploy(emulator, tmp_path, resources)
    assert {name for names in app.not_emulated.values() for name in names} == {
        "Old",
        "OldAliaslive",
        "OldJob",
        next(name for name in app if name.startswith("OldVersion")),
    }
    seen = []
    emulator.lambda_function(app["Old"], lambda event, context: seen.append(event["Records"][0]["body"]))
    assert app.not_emulated == {}
    emulator.client("sqs").send_message(QueueUrl=app["Jobs"], MessageBody="m")
    emulator.clock.advance(seconds=1)
    assert seen == ["m"]


def test_a_dynamic_reference_without_a_value_is_told_where_it_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    resources = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "{{resolve:ssm:/shop/none}}"}}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    with pytest.raises(TemplateError) as error:
        emulator.deploy(tmp_path / "t.json")
    assert "t.json:1:64: {{resolve:ssm:/shop/none}} has no value here\n    fix: make it before" in str(error.value)
    assert "emulator.client(\"ssm\").put_parameter(Name='/shop/none'" in str(error.value)


@pytest.mark.parametrize("value", ["{{resolve:ssm:/shop/none}}", "{{resolve:ssm:/shop/odd}}"])
def test_a_dynamic_reference_is_one_text_of_a_definition_in_yaml(
    emulator: Emulator, tmp_path: Path, value: str
) -> None:
    emulator.client("ssm").put_parameter(Name="/shop/odd", Value='a: "b" {c}', Type="String")
    (tmp_path / "flow.asl.yaml").write_text(
        "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Result:\n      t: ${T}\n    End: true\n", encoding="utf-8"
    )
    flow = {"DefinitionUri": "flow.asl.yaml", "DefinitionSubstitutions": {"T": value}}
    resources = {"Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": flow}}
    (tmp_path / "t.json").write_text(
        json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}), encoding="utf-8"
    )
    app = emulator.deploy(tmp_path / "t.json")
    expected = 'a: "b" {c}' if "odd" in value else value
    assert emulator.run(app.machine("Flow"), {}).output == {"t": expected}
