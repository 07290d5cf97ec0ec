"""Policies, tags, concurrency, pages, and what is not emulated. Texts as recorded on AWS (``test_lambda_api``)."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError
from emulator.apigateway.urls import FunctionUrls
from emulator.aws import names
from emulator.aws.http import HttpRequest
from emulator.aws.interception import AwsRequest
from emulator.http_requests import answer
from emulator.lambda_api.operations import ABSENT, EMPTY, OPERATIONS, REFUSED
from emulator.lambda_api.service import LambdaApi
from emulator.mappings import Mappings

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
ROLE = "arn:aws:iam::123456789012:role/r"
INVOKE = "arn:aws:states:::lambda:invoke"


@pytest.fixture
def functions(emulator: Emulator) -> "LambdaClient":
    emulator.lambda_function("f", lambda event, _: event)
    client: LambdaClient = boto3.client("lambda")
    return client


def test_every_operation_is_in_exactly_one_table() -> None:
    tables = [*OPERATIONS, *EMPTY, *ABSENT, *REFUSED]
    assert sorted(tables) == sorted(names.service_model("lambda").operation_names)


@pytest.mark.parametrize("operation", sorted(REFUSED))
def test_what_is_not_emulated_is_refused_by_name(emulator: Emulator, operation: str) -> None:
    """Also of an unregistered function: nothing about Lambda is left to moto."""
    emulator.lambda_function("f", lambda event, _: event)
    model = names.service_model("lambda").operation_model(operation)
    path = model.http["requestUri"].replace("{FunctionName}", "f")
    headers = HTTPHeaders.from_dict({"Content-Type": "application/json"})
    assert model.input_shape is not None
    content = {name: _value(model.input_shape.members[name]) for name in model.input_shape.required_members}
    url = "https://lambda.us-east-1.amazonaws.com" + path.replace("{", "").replace("}", "")
    url += "" if "?" in url else "?Qualifier=%24LATEST"
    prepared = AWSPreparedRequest(model.http["method"], url, headers, json.dumps(content).encode(), False)
    with pytest.raises(NotEmulatedError, match=rf"^lambda:{operation} is not emulated: .*\n    fix: "):
        emulator.assembly.answer(AwsRequest("lambda", prepared))


def _value(shape: Any) -> Any:
    return {"string": "f", "list": [], "structure": {}, "map": {}, "integer": 1, "boolean": True}.get(
        shape.type_name, ""
    )


def test_what_cannot_be_there_is_not_found_or_an_empty_list(functions: "LambdaClient") -> None:
    assert functions.list_event_source_mappings(FunctionName="f")["EventSourceMappings"] == []
    assert functions.list_layers()["Layers"] == []
    assert functions.list_function_url_configs(FunctionName="f")["FunctionUrlConfigs"] == []
    with pytest.raises(ClientError, match=r"The resource you requested does not exist\."):
        functions.get_function_url_config(FunctionName="f")
    with pytest.raises(ClientError, match=rf"The function {ARN}:\$LATEST doesn't have an EventInvokeConfig"):
        functions.get_function_event_invoke_config(FunctionName="f")
    with pytest.raises(ClientError, match="ProvisionedConcurrencyConfigNotFoundException"):
        functions.get_provisioned_concurrency_config(FunctionName="f", Qualifier="$LATEST")


@pytest.mark.parametrize("name", ["none", "f:none"])
def test_there_is_no_event_invoke_config_of_a_missing_function(functions: "LambdaClient", name: str) -> None:
    for call in (functions.get_function_event_invoke_config, functions.delete_function_event_invoke_config):
        with pytest.raises(functions.exceptions.ResourceNotFoundException, match=r"The function doesn't exist\.$"):
            call(FunctionName=name)


@pytest.mark.parametrize(
    ("kind", "most"), [("RequestResponse", 6_291_456), ("DryRun", 6_291_456), ("Event", 1_048_576)]
)
def test_an_event_has_a_largest_size(functions: "LambdaClient", kind: Any, most: int) -> None:
    functions.invoke(FunctionName="f", InvocationType=kind, Payload=b'"%s"' % (b"x" * (most - 2)))
    for name in ("f", "none"):
        with pytest.raises(ClientError) as caught:
            functions.invoke(FunctionName=name, InvocationType=kind, Payload=b'"%s"' % (b"x" * (most - 1)))
        response = caught.value.response
        assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (
            "RequestEntityTooLargeException",
            413,
        )
        wanted = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
        assert response["Error"]["Message"] == wanted


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x87{", "Invalid UTF-8 start byte 0x87"),
        (b'{"a": }', "Unexpected character"),
        (b"[" * 500 + b"]" * 500, "JSON is nested deeper than 400 levels"),
    ],
)
def test_an_event_that_is_not_json_is_refused_in_lambda_s_words(
    functions: "LambdaClient", payload: bytes, reason: str
) -> None:
    with pytest.raises(functions.exceptions.InvalidRequestContentException) as caught:
        functions.invoke(FunctionName="f", Payload=payload)
    begin = f"Could not parse request body into json: Could not parse payload into json: {reason}"
    assert caught.value.response["Error"]["Message"].startswith(begin)


def test_variables_have_a_largest_size(functions: "LambdaClient") -> None:
    fits = {"A": "x" * (4096 - len('{"A":""}'))}
    functions.update_function_configuration(FunctionName="f", Environment={"Variables": fits})
    variables = {"A": fits["A"] + "x"}
    text = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        f'exceeded the 4KB limit. String measured: {{"A":"{variables["A"]}"}}'
    )
    given: Any = {"Runtime": "python3.12", "Role": ROLE, "Handler": "m.h", "Code": {"ZipFile": b""}}
    calls: list[tuple[Any, Any]] = [
        (functions.update_function_configuration, {"FunctionName": "f"}),
        (functions.create_function, {"FunctionName": "g", **given}),
    ]
    for call, more in calls:
        with pytest.raises(functions.exceptions.InvalidParameterValueException) as caught:
            call(**more, Environment={"Variables": variables})
        assert caught.value.response["Error"]["Message"] == text


def test_a_policy_of_a_function_and_of_its_alias(functions: "LambdaClient") -> None:
    with pytest.raises(ClientError, match=r"The resource you requested does not exist\."):
        functions.get_policy(FunctionName="f")
    with pytest.raises(ClientError, match=r"No policy is associated with the given resource\."):
        functions.remove_permission(FunctionName="f", StatementId="s")
    given: Any = {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction"}
    bucket = "arn:aws:s3:::b"
    added = functions.add_permission(**given, Principal="s3.amazonaws.com", SourceArn=bucket, SourceAccount="1" * 12)
    statement = {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {"ArnLike": {"AWS:SourceArn": bucket}, "StringEquals": {"AWS:SourceAccount": "1" * 12}},
    }
    assert json.loads(added["Statement"]) == statement
    policy = json.loads(functions.get_policy(FunctionName="f")["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    with pytest.raises(ClientError, match=r"The statement id \(s\) provided already exists\."):
        functions.add_permission(**given, Principal="*")
    with pytest.raises(ClientError, match=r"We currently do not support adding policies for \$LATEST\."):
        functions.add_permission(**given, Principal="*", Qualifier="$LATEST")
    with pytest.raises(ClientError, match=f"Function not found: {ARN}:42"):
        functions.add_permission(**given, Principal="*", Qualifier="42")
    with pytest.raises(ClientError, match=r"The provided principal was invalid\."):
        functions.add_permission(**{**given, "StatementId": "t"}, Principal="invalid principal")

    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    functions.add_permission(**given, Principal="210987654321", Qualifier="live")
    [other] = json.loads(functions.get_policy(FunctionName="f", Qualifier="live")["Policy"])["Statement"]
    assert (other["Principal"], other["Resource"]) == ({"AWS": "arn:aws:iam::210987654321:root"}, f"{ARN}:live")
    with pytest.raises(ClientError, match=r"Statement t is not found in resource policy\."):
        functions.remove_permission(FunctionName="f", StatementId="t")
    functions.remove_permission(FunctionName="f", StatementId="s")
    with pytest.raises(ClientError, match=r"The resource you requested does not exist\."):
        functions.get_policy(FunctionName="f")


def test_tags_of_a_function(functions: "LambdaClient") -> None:
    before: Any = functions.get_function(FunctionName="f")
    assert "Tags" not in before
    functions.tag_resource(Resource=ARN, Tags={"a": "1", "b": "2"})
    functions.untag_resource(Resource=ARN, TagKeys=["a", "missing"])
    assert functions.list_tags(Resource=ARN)["Tags"] == {"b": "2"}
    after: Any = functions.get_function(FunctionName="f")
    assert after["Tags"] == {"b": "2"}
    for wrong, message in (
        (f"{ARN}:live", "Tags on function aliases and versions are not supported."),
        (f"{ARN}x", f"Function not found: {ARN}x"),
    ):
        with pytest.raises(ClientError, match=message):
            functions.list_tags(Resource=wrong)
    with pytest.raises(ClientError, match=r"Number of tags exceeds resource tag limit\."):
        functions.tag_resource(Resource=ARN, Tags={f"k{number}": "" for number in range(51)})


def test_no_call_is_accepted_without_concurrency(emulator: Emulator, functions: "LambdaClient") -> None:
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="f")
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    assert functions.get_function(FunctionName="f")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    with pytest.raises(functions.exceptions.TooManyRequestsException) as throttled:
        functions.invoke(FunctionName="f")
    told: Any = throttled.value.response
    assert told["Error"]["Message"] == "Rate Exceeded."
    assert told["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert functions.invoke(FunctionName="f", InvocationType="Event")["StatusCode"] == 202
    for resource, parameters in ((ARN, {}), (INVOKE, {"FunctionName": "f"})):
        task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
        run = emulator.run({"StartAt": "A", "States": {"A": task}})
        assert run.error == "Lambda.TooManyRequestsException"
        assert "Rate Exceeded. (Service: AWSLambda; Status Code: 429; " in (run.cause or "")
    functions.delete_function_concurrency(FunctionName="f")
    assert functions.invoke(FunctionName="f")["StatusCode"] == 200


def test_concurrency_leaves_a_hundred_for_the_account(functions: "LambdaClient") -> None:
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=900)
    assert functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]\."):
        functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=901)
    with pytest.raises(ClientError, match=r"This operation is permitted on Lambda functions only\."):
        functions.put_function_concurrency(FunctionName="f:1", ReservedConcurrentExecutions=1)


def test_functions_are_listed_in_pages(emulator: Emulator, functions: "LambdaClient") -> None:
    for name in ("a", "b", "c"):
        emulator.lambda_function(name, lambda event, _: event)
    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3})
    assert [[each["FunctionName"] for each in page["Functions"]] for page in pages] == [["a", "b", "c"], ["f"]]
    functions.publish_version(FunctionName="f")
    every = functions.list_functions(FunctionVersion="ALL")["Functions"]
    assert [each["FunctionArn"].rpartition("function:")[2] for each in every][-2:] == ["f:$LATEST", "f:1"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("x" * 65, "InvalidParameterValueException"), ("a b", "ValidationException"), ("f:1:2", "ValidationException")],
)
def test_a_wrong_name_is_refused(functions: "LambdaClient", name: str, code: str) -> None:
    with pytest.raises(ClientError, match="at 'functionName' failed to satisfy constraint") as error:
        functions.get_function(FunctionName=name)
    assert error.value.response["Error"]["Code"] == code


def asked(emulator: Emulator, method: str, path: str, query: str = "", body: bytes = b"") -> tuple[int, Any]:
    scope = ("authorization", "AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/lambda/aws4_request")
    response = answer(emulator.assembly, HttpRequest(method, path, query, [scope], body))
    return response.status, json.loads(response.body or b"null")


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "status"),
    [
        ("POST", "/2015-03-31/functions/f/versions", "", b"[]", 400),
        ("POST", "/2015-03-31/functions/f/aliases", "", b'{"Name": 1, "FunctionVersion": []}', 400),
        ("PUT", "/2017-10-31/functions/f/concurrency", "", b'{"ReservedConcurrentExecutions": "x"}', 400),
        ("PUT", "/2017-10-31/functions/f/concurrency", "", b"{}", 400),
        ("GET", "/2015-03-31/functions/", "MaxItems=x", b"", 400),
        ("GET", "/2015-03-31/functions/", "Marker=x", b"", 400),
        ("POST", "/2017-03-31/tags/nothing", "", b'{"Tags": {}}', 400),
        ("POST", "/2015-03-31/functions/f/policy", "", b'{"StatementId": {}}', 400),
        ("DELETE", "/2017-03-31/tags/" + ARN, "", b"", 400),
        ("POST", "/2015-03-31/functions/f/invocations", "Qualifier=nope", b"{}", 404),
        ("POST", "/2015-03-31/functions/f%3Anope/invocations", "", b"{}", 404),
        ("POST", "/2014-11-13/functions/f/invoke-async/", "", b"{}", 202),
        ("POST", "/2015-03-31/event-source-mappings/", "", b'{"FunctionName": "f"}', 400),
        ("PATCH", "/2015-03-31/functions/f", "", b"{}", 501),
    ],
)
def test_a_wrong_request_over_http_gets_an_error_of_lambdas(
    emulator: Emulator, method: str, path: str, query: str, body: bytes, status: int
) -> None:
    emulator.lambda_function("f", lambda event, _: event)
    assert asked(emulator, method, path, query, body)[0] == status
    emulator.blocked.clear()


def test_an_external_backend_answers_about_functions_that_are_not_here(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, _: event)
    assembly = emulator.assembly
    api = LambdaApi(
        assembly.functions,
        assembly.async_calls,
        assembly.timeline,
        lambda *_: b"",
        lambda arn: assembly.chance("r", arn),
        Mappings(assembly.readers, assembly.functions),
        FunctionUrls(assembly, lambda: assembly.apis),
        lambda: True,
    )

    def answered(method: str, path: str, body: bytes = b"") -> bool:
        prepared = AWSPreparedRequest(method, f"https://lambda{path}", HTTPHeaders(), body, False)
        return api.answer(AwsRequest("lambda", prepared)) is not None

    assert answered("GET", "/2015-03-31/functions/f")
    assert not answered("GET", "/2015-03-31/functions/g")
    assert not answered("POST", "/2015-03-31/event-source-mappings", b'{"FunctionName": "g"}')
    assert not answered("GET", "/2018-10-31/layers")
    assert answered("POST", "/2015-03-31/event-source-mappings", b'{"FunctionName": "f"}')
    assert not answered("GET", "/2015-03-31/event-source-mappings/of-the-backend")
