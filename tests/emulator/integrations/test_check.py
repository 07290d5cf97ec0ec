"""What CreateStateMachine refuses in the parameters of services, in both query languages.

Sources: required and unknown members, and kinds of payloads, measured with ValidateStateMachineDefinition; a deployment
that AWS refused for a member deep inside (``AtttributeNames``).
"""

import json
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from asl import Problem, check
from asl.resources import INTEGRATION_PATTERNS, parse_resource
from asl.values import Json
from emulator import Emulator
from emulator.aws import names
from emulator.cli.group import main
from emulator.integrations.check import KNOWN, request_of
from emulator.integrations.optimized import ACTIONS

LANGUAGES = {"JSONPath": "Parameters", "JSONata": "Arguments"}


def definition(resource: str, language: str, **fields: Json) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True, **fields}
    return {"QueryLanguage": language, "StartAt": "A", "States": {"A": task}}


def problems(resource: str, argument: Json, language: str = "JSONPath") -> list[Problem]:
    text = json.dumps(definition(resource, language, **{LANGUAGES[language]: argument}))
    return [
        each
        for each in check(text, integrations=KNOWN)
        if each.code in ("SCHEMA_VALIDATION_FAILED", "INVALID_RESOURCE")
    ]


def texts(resource: str, argument: Json, language: str = "JSONPath") -> list[str]:
    """The messages, all of which AWS reports at the field of the state."""
    found = problems(resource, argument, language)
    assert {each.location for each in found} <= {f"/States/A/{LANGUAGES[language]}"}
    return [each.message for each in found]


def missing(*names: str) -> list[str]:
    return [f"The field '{name}' is required but was missing" for name in names]


def unknown(*names: str) -> list[str]:
    return [f'The field "{name}" is not supported by Step Functions' for name in names]


@pytest.mark.parametrize(("language", "field"), LANGUAGES.items())
@pytest.mark.parametrize("resource", ["lambda:invoke", "aws-sdk:s3:listBuckets", "http:invoke", "ecs:runTask.sync"])
def test_a_service_needs_its_field_of_parameters(resource: str, language: str, field: str) -> None:
    """A deployment: ``Parameters field is required for resource ARN: ...``."""
    (problem,) = check(json.dumps(definition(resource, language)), integrations=KNOWN)
    arn = f"arn:aws:states:::{resource}"
    assert problem.aws_text() == (
        f"SCHEMA_VALIDATION_FAILED: {field} field is required for resource ARN: {arn} at /States/A/Resource"
    )


def test_an_empty_object_is_enough_for_an_action_without_required_members() -> None:
    assert texts("aws-sdk:s3:listBuckets", {}) == texts("aws-sdk:s3:listBuckets", {}, "JSONata") == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("resource", "required"),
    [
        ("lambda:invoke", ["FunctionName"]),
        ("sqs:sendMessage.waitForTaskToken", ["QueueUrl", "MessageBody"]),
        ("sns:publish", ["Message"]),
        ("dynamodb:putItem", ["TableName", "Item"]),
        ("dynamodb:getItem", ["TableName", "Key"]),
        ("dynamodb:updateItem", ["TableName", "Key"]),
        ("dynamodb:deleteItem", ["TableName", "Key"]),
        ("states:startExecution.sync:2", ["StateMachineArn"]),
        ("events:putEvents", ["Entries"]),
        ("ecs:runTask.sync", ["TaskDefinition"]),
        ("batch:submitJob.sync", ["JobName", "JobQueue", "JobDefinition"]),
        ("glue:startJobRun", ["JobName"]),
        ("databrew:startJobRun", ["Name"]),
        ("athena:startQueryExecution.sync", ["QueryString"]),
        ("codebuild:startBuild", ["ProjectName"]),
        ("sagemaker:createModel", ["ModelName"]),
        ("apigateway:invoke", ["ApiEndpoint", "Method"]),
        ("http:invoke", ["ApiEndpoint", "Method"]),
        ("eks:call", ["ClusterName", "CertificateAuthority", "Endpoint", "Method", "Path"]),
        ("elasticmapreduce:addStep.sync", ["ClusterId", "Step"]),
        ("emr-serverless:startJobRun", ["ApplicationId", "ExecutionRoleArn"]),  # its token is filled in
        ("bedrock:invokeModel", ["ModelId"]),
        ("aws-sdk:sqs:sendMessage", ["QueueUrl", "MessageBody"]),
        ("aws-sdk:rds:startDBInstance", ["DbInstanceIdentifier"]),
        ("aws-sdk:fis:startExperiment", ["ClientToken", "ExperimentTemplateId"]),  # a token of idempotency, too
        ("aws-sdk:s3:copyObject", ["DestinationBucket", "CopySource", "DestinationKey"]),
    ],
)
def test_required_members_must_be_there(resource: str, required: list[str], language: str) -> None:
    assert texts(resource, {}, language) == missing(*required)


def test_a_member_is_there_whatever_gives_its_value() -> None:
    assert texts("sqs:sendMessage", {"QueueUrl.$": "$.q", "MessageBody": None}) == []
    assert texts("sqs:sendMessage", {"QueueUrl": "{% $q %}", "MessageBody": "{% $m %}"}, "JSONata")[1:] == []
    assert texts("lambda:invoke", "{% $states.input %}", "JSONata") == []
    assert texts("aws-sdk:s3:copyObject", {"Bucket": "b", "Key.$": "$.k", "CopySource.$": "$.s"}) == []
    assert (
        texts("aws-sdk:s3:copyObject", {"DestinationBucket": "b", "DestinationKey": "k", "SourceBucket.$": "$.b"}) == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_that_the_action_does_not_have_is_refused_at_any_depth(language: str) -> None:
    found = problems("lambda:invoke", {"FunctionName": "f", "Foo": 1, "payload": {}}, language)
    assert [each.message for each in found] == unknown("Foo", "payload")
    assert (found[1].hint, found[1].place) == ('Did you mean "Payload"?', f"/States/A/{LANGUAGES[language]}/payload")
    override: Json = {"Name": "n", "command": ["x"], "Environment": [{"name": "A", "Value": "b"}]}
    run: Json = {"TaskDefinition": "t", "Overrides": {"ContainerOverrides": [override]}, "ClientToken": "c"}
    assert texts("ecs:runTask", run, language) == unknown("name", "command", "ClientToken")
    read: Json = {"TableName": "t", "Key": {"anything": {"S": "x"}}, "Consistent": True}
    assert texts("aws-sdk:dynamodb:getItem", read, language) == unknown("Consistent")


def test_a_member_whose_value_is_evaluated_is_refused_only_at_run_time() -> None:
    """Measured: ``TaskToken.$`` beside Payload is created, and fails when it runs."""
    assert texts("lambda:invoke.waitForTaskToken", {"FunctionName": "f", "TaskToken.$": "$$.Task.Token"}) == []
    in_jsonata: Json = {"FunctionName": "f", "TaskToken": "{% $states.context.Task.Token %}"}
    assert texts("lambda:invoke.waitForTaskToken", in_jsonata, "JSONata") == unknown("TaskToken")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payload_that_is_a_number_or_a_boolean_is_refused(language: str) -> None:
    for payload in (5, 1.5, True, False):
        argument: Json = {"FunctionName": "f", "Payload": payload}
        assert texts("lambda:invoke", argument, language) == ["The value of the field 'Payload' has an invalid format"]
    others: list[Json] = ["x", {}, [], None]
    for other in others:
        assert texts("lambda:invoke", {"FunctionName": "f", "Payload": other}, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_literal_of_another_type_is_refused(language: str) -> None:
    wrong: Json = {"QueueUrl": 1, "MessageBody": {"a": 1}, "MessageAttributes": {"a": "b"}}
    assert texts("sqs:sendMessage", wrong, language) == [
        "The value for the field 'QueueUrl' must be a STRING",
        "The value of the field 'a' has an invalid format",
    ]
    item: Json = {"TableName": "t", "Item": {"n": {"N": 5}, "b": {"BOOL": True}}}
    assert texts("dynamodb:putItem", item, language) == ["The value for the field 'N' must be a STRING"]
    assert texts("aws-sdk:dynamodb:putItem", {"TableName": "t", "Item": {"n": 5}}, language) == [
        "The value of the field 'n' has an invalid format"
    ]
    assert texts("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Body": {"any": "value"}}, language) == []
    assert texts("aws-sdk:sfn:startExecution", {"StateMachineArn": "m", "Input": {"a": 1}}, language) == []


def test_an_sdk_action_may_be_given_an_object_for_a_string() -> None:
    """Samples that AWS publishes do, for the detail of an event and the input of a schedule's target."""
    entry: Json = {"Detail": {"a.$": "$.a"}, "DetailType": "t", "Source": "s"}
    assert texts("aws-sdk:eventbridge:putEvents", {"Entries": [entry]}) == []
    target: Json = {"Arn": "a", "RoleArn": "r", "Input": {"n": 1}}
    schedule: Json = {"Name": "n", "ScheduleExpression": "e", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    assert texts("aws-sdk:scheduler:createSchedule", schedule) == []


def test_a_path_without_its_dollar_says_what_to_write() -> None:
    (problem,) = problems("events:putEvents", {"Entries": "$.entries"})
    assert problem.hint == 'An array is needed here. To read a path, write "Entries.$".'


def test_dynamodb_takes_texts_for_attribute_values() -> None:
    """Two published samples of AWS do: ``"taskComplete": "false"``, and ``{"L": ["Process1"]}``."""
    item: Json = {"TableName": "t", "Item": {"id.$": "$.id", "done": "false", "tags": {"L": ["a"]}}}
    assert texts("dynamodb:putItem", item) == []
    assert texts("aws-sdk:dynamodb:putItem", item) == [
        "The value of the field 'done' has an invalid format",
        "The value of the field 'L' has an invalid format",
    ]


@pytest.mark.parametrize(
    ("resource", "says", "hint"),
    [
        ("aws-sdk:nosuch:x", 'The installed botocore has no service "nosuch"', None),
        ("aws-sdk:events:putEvents", 'The installed botocore has no service "events"', 'Did you mean "eventbridge"?'),
        ("aws-sdk:states:startExecution", 'The installed botocore has no service "states"', 'Did you mean "sfn"?'),
        ("aws-sdk:email:sendEmail", 'The installed botocore has no service "email"', 'Did you mean "ses"?'),
        ("aws-sdk:stepfunctions:x", 'The installed botocore has no service "stepfunctions"', 'Did you mean "sfn"?'),
        ("aws-sdk:dynamodbb:getItem", 'The installed botocore has no service "dynamodbb"', 'Did you mean "dynamodb"?'),
        ("aws-sdk:dynamodb:GetItem", 'The service "dynamodb" has no action "GetItem"', 'Did you mean "getItem"?'),
        (
            "aws-sdk:sts:assumeRole",
            'The action "sts:assumeRole" is not available to state machines on AWS',
            "Use the Credentials field of the state.",
        ),
        (
            "aws-sdk:kinesis:subscribeToShard",
            'The action "kinesis:subscribeToShard" streams events, which state machines cannot do on AWS',
            None,
        ),
        ("aws-sdk:s3:listThings", 'The service "s3" has no action "listThings"', 'Did you mean "listParts"?'),
    ],
)
def test_an_unknown_service_or_action_is_a_warning_with_the_nearest_name(
    resource: str, says: str, hint: str | None
) -> None:
    (problem,) = problems(resource, {"Any": "thing"})
    assert (problem.severity, problem.code, problem.message) == ("WARNING", "INVALID_RESOURCE", says)
    assert (problem.hint, problem.location) == (hint, "/States/A/Resource")


@pytest.mark.parametrize(("other", "service"), names.OTHER_NAMES.items())
def test_another_name_of_a_service_is_its_endpoint_prefix_or_its_signing_name(other: str, service: str) -> None:
    metadata = names.service_model(names.services()[service]).metadata
    assert other in (metadata["endpointPrefix"], metadata.get("signingName"))
    assert other not in names.services()


@pytest.mark.parametrize(
    ("resource", "meant"),
    [
        ("aws-sdk:S3:getObject", "aws-sdk:s3:getObject"),
        ("aws-sdk:DynamoDB:getItem", "aws-sdk:dynamodb:getItem"),
        ("aws-sdk:DynamoDB:GetItem.waitForTaskToken", "aws-sdk:dynamodb:getItem.waitForTaskToken"),
        ("SQS:sendMessage", "sqs:sendMessage"),
        ("states:StartExecution.sync:2", "states:startExecution.sync:2"),
    ],
)
def test_a_resource_in_the_wrong_case_is_refused_with_the_right_one_as_the_hint(resource: str, meant: str) -> None:
    (problem,) = [each for each in problems(resource, {}) if each.severity == "ERROR"]
    assert problem.message.startswith(f"The resource provided arn:aws:states:::{resource} is not recognized.")
    assert problem.hint == f'Did you mean "arn:aws:states:::{meant}"?'


def test_every_optimized_action_has_known_members_or_says_that_it_has_not() -> None:
    """A row of the table names an action; each action without a row has an operation of botocore."""
    actions = {(service, action) for service, rows in INTEGRATION_PATTERNS.items() for action in rows}
    assert ACTIONS.keys() <= actions
    resources = {each: parse_resource(f"arn:aws:states:::{':'.join(each)}") for each in actions}
    unknown_ones = {each for each, resource in resources.items() if resource and request_of(resource) is None}
    assert unknown_ones == {each for each, row in ACTIONS.items() if row is None}
    for each, resource in resources.items():
        request = request_of(resource) if resource else None
        assert request is None or set(request.required) <= request.members().keys(), each


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_ways_in_refuse_alike(emulator: Emulator, tmp_path: Any, language: str) -> None:
    given: Json = {"QueueUrl": "q", "Foo": 1}
    wrong = json.dumps(definition("sqs:sendMessage", language, **{LANGUAGES[language]: given}))
    right = json.dumps(definition("aws-sdk:sqs:listQueues", language, **{LANGUAGES[language]: {}}))
    at = f"at /States/A/{LANGUAGES[language]}"
    says = [f"SCHEMA_VALIDATION_FAILED: {text} {at}" for text in (*unknown("Foo"), *missing("MessageBody"))]
    sfn = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/r"
    with pytest.raises(ClientError) as created:
        sfn.create_state_machine(name="m", definition=wrong, roleArn=role)
    arn = sfn.create_state_machine(name="m", definition=right, roleArn=role)["stateMachineArn"]
    with pytest.raises(ClientError) as updated:
        sfn.update_state_machine(stateMachineArn=arn, definition=wrong)
    for refused in (created, updated):
        assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
        assert refused.value.response["Error"]["Message"].splitlines()[0].endswith(", ".join(says) + "'")
    diagnostics = sfn.validate_state_machine_definition(definition=wrong)["diagnostics"]
    assert [f"{each['code']}: {each['message']} at {each['location']}" for each in diagnostics] == says
    file = tmp_path / "wrong.asl.json"
    file.write_text(wrong)
    printed = CliRunner().invoke(main, ["check", str(file)])
    assert printed.exit_code == 1
    assert all(text in printed.output for text in (*unknown("Foo"), *missing("MessageBody")))


def test_a_suffix_has_no_meaning_in_jsonata() -> None:
    assert texts("lambda:invoke", {"FunctionName.$": "$.f"}, "JSONata") == [
        *unknown("FunctionName.$"),
        *missing("FunctionName"),
    ]


def test_a_definition_that_calls_functions_alone_loads_no_models() -> None:
    text = json.dumps(definition("lambda:invoke", "JSONPath", Parameters={"FunctionName": "f"}))
    code = (
        "import sys; from asl import check; from emulator.integrations.check import KNOWN; "
        f"assert check({text!r}, integrations=KNOWN) == (); assert 'botocore' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_action_is_created_and_shown_as_a_warning(emulator: Emulator) -> None:
    sfn = boto3.client("stepfunctions")
    text = json.dumps(definition("aws-sdk:s3:listBucket", "JSONPath", Parameters={}))
    sfn.create_state_machine(name="m", definition=text, roleArn="arn:aws:iam::123456789012:role/r")
    assert sfn.validate_state_machine_definition(definition=text)["diagnostics"] == []
    shown = sfn.validate_state_machine_definition(definition=text, severity="WARNING")
    assert shown["result"] == "OK"
    assert [each["code"] for each in shown["diagnostics"]] == ["INVALID_RESOURCE"]
