"""Requests to the APIs of an application: functions and state machines behind REST and HTTP APIs, and function URLs."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator import Emulator, EmulatorError, NotEmulatedError, RealAwsBlockedError
from emulator.templates import Application

ECHO = """
def handler(event, context):
    import json
    return {"statusCode": 201, "headers": {"X-Made": "yes"}, "body": json.dumps(event)}
"""
FLOW = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def deploy(emulator: Emulator, folder: Path, resources: dict[str, Any], **more: Any) -> Application:
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources, **more}
    (folder / "template.json").write_text(json.dumps(template))
    return emulator.deploy(folder / "template.json")


def function(code: str = ECHO, **properties: Any) -> dict[str, Any]:
    settings = {"Runtime": "python3.12", "Handler": "index.handler", "InlineCode": code}
    return {"Type": "AWS::Serverless::Function", "Properties": {**settings, **properties}}


def event(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Ask": {"Type": type_, "Properties": properties}}


def returning(value: str, event_type: str = "Api") -> dict[str, Any]:
    code = f"def handler(event, context):\n    return {value}\n"
    return {"F": function(code, Events=event(event_type, Path="/x", Method="get"))}


# REST APIs


def test_a_function_of_a_rest_api_gets_payload_1(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, {"Orders": function(Events=event("Api", Path="/orders/{id}", Method="post"))})
    response = app.request("POST", "/orders/7?a=1&a=2", json={"n": 1}, headers={"X-Given": "me"})
    assert (response.status_code, response.headers["x-made"]) == (201, "yes")
    got = response.json()
    assert list(got) == [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]
    assert (got["resource"], got["path"], got["httpMethod"]) == ("/orders/{id}", "/orders/7", "POST")
    assert (got["pathParameters"], got["stageVariables"], got["body"]) == ({"id": "7"}, None, '{"n": 1}')
    assert (got["queryStringParameters"], got["multiValueQueryStringParameters"]) == ({"a": "2"}, {"a": ["1", "2"]})
    assert got["headers"]["X-Given"] == "me"
    context = got["requestContext"]
    assert (context["stage"], context["path"], context["resourcePath"]) == ("Prod", "/Prod/orders/7", "/orders/{id}")
    assert context["requestTime"] == "01/Jan/2030:00:00:00 +0000"
    assert context["identity"]["sourceIp"] == "127.0.0.1"


def test_a_request_without_anything_has_nulls(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, {"F": function(Events=event("Api", Path="/{proxy+}", Method="any"))})
    got = app.request("GET", "/a/b/").json()
    for name in ("headers", "multiValueHeaders", "queryStringParameters", "stageVariables", "body"):
        assert got[name] is None, name
    assert (got["path"], got["pathParameters"]) == ("/a/b/", {"proxy": "a/b"})


@pytest.mark.parametrize(
    ("value", "status", "body"),
    [
        ('{"body": "hi"}', 200, "hi"),
        ('{"statusCode": "204"}', 204, ""),
        ('{"statusCode": 200, "isBase64Encoded": True, "body": "aGk="}', 200, "hi"),
        ('"plain"', 502, '{"message":"Internal server error"}'),
        ('{"statusCode": 200, "more": 1}', 502, '{"message":"Internal server error"}'),
        ('{"statusCode": "many"}', 502, '{"message":"Internal server error"}'),
        ('{"multiValueHeaders": {"a": "b"}}', 502, '{"message":"Internal server error"}'),
        ("None", 502, '{"message":"Internal server error"}'),
        ("1 / 0", 502, '{"message":"Internal server error"}'),
    ],
)
def test_what_a_rest_api_takes_of_a_function(
    emulator: Emulator, tmp_path: Path, value: str, status: int, body: str
) -> None:
    response = deploy(emulator, tmp_path, returning(value)).request("GET", "/x")
    assert (response.status_code, response.text) == (status, body)


def test_an_unknown_path_of_a_rest_api(emulator: Emulator, tmp_path: Path) -> None:
    response = deploy(emulator, tmp_path, returning("{}")).request("GET", "/y")
    assert (response.status_code, response.json()) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Api", '403: {"message":"Missing Authentication Token"}'), ("HttpApi", '404: {"message":"Not Found"}')],
)
@pytest.mark.parametrize(
    ("verb", "path", "hint"),
    [
        ("GET", "/orders/1", "has no route GET /orders/1; that path has POST /orders/{id}"),
        ("POST", "/order/1", "has no route POST /order/1. Did you mean POST /orders/{id}?"),
        ("DELETE", "/x", "has no route DELETE /x; its routes are GET /bills, POST /orders/{id}"),
    ],
)
def test_a_response_without_a_route_names_the_nearest(
    emulator: Emulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    status: str,
    verb: str,
    path: str,
    hint: str,
) -> None:
    routes = {"Put": ("/orders/{id}", "POST"), "Look": ("/bills", "GET")}
    events = {name: {"Type": kind, "Properties": {"Path": at, "Method": by}} for name, (at, by) in routes.items()}
    response = deploy(emulator, tmp_path, {"F": function(Events=events)}).request(verb, path)
    assert hint in response.hint
    assert repr(response) == f"<Response {status} ({response.hint})>"
    assert caplog.messages == [response.hint]


def test_the_most_exact_route_wins(emulator: Emulator, tmp_path: Path) -> None:
    events = {
        name: {"Type": "Api", "Properties": {"Path": path, "Method": verb}}
        for name, path, verb in (
            ("All", "/{proxy+}", "any"),
            ("One", "/orders/{id}", "any"),
            ("Get", "/orders/{id}", "get"),
            ("New", "/orders/new", "any"),
        )
    }
    app = deploy(emulator, tmp_path, {"F": function(Events=events)})
    taken = [
        app.request(verb, path).json()["resource"]
        for verb, path in (("GET", "/orders/new"), ("GET", "/orders/1"), ("GET", "/other/thing"))
    ]
    assert taken == ["/orders/new", "/orders/{id}", "/{proxy+}"]


def test_a_rest_api_starts_a_state_machine(emulator: Emulator, tmp_path: Path) -> None:
    machine = {"Definition": FLOW, "Events": event("Api", Path="/orders", Method="post")}
    app = deploy(emulator, tmp_path, {"Orders": {"Type": "AWS::Serverless::StateMachine", "Properties": machine}})
    response = app.request("POST", "/orders", json={"id": 7, "who": 'say "me"'})
    assert response.status_code == 200
    started = response.json()
    assert (list(started), started["startDate"]) == (["executionArn", "startDate"], 1893456000.0)
    (execution,) = emulator.executions
    assert execution.arn == started["executionArn"]
    assert execution.input == {"id": 7, "who": 'say "me"'}
    refused = app.request("POST", "/orders", json={"who": "it's me"})
    assert refused.status_code == 400, "SAM's template makes JSON of it that Step Functions does not read"


def test_a_machine_s_template_may_unescape_quotes(emulator: Emulator, tmp_path: Path) -> None:
    events = event("Api", Path="/orders", Method="post", UnescapeMappingTemplate=True)
    machine = {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": FLOW, "Events": events}}
    app = deploy(emulator, tmp_path, {"Orders": machine})
    assert app.request("POST", "/orders", json={"who": "it's me"}).status_code == 200
    assert emulator.executions[0].input == {"who": "it's me"}


def test_an_explicit_api_of_openapi(emulator: Emulator, tmp_path: Path) -> None:
    uri = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:states:action/StartSyncExecution"}
    template = {"Fn::Sub": '{"input": "$util.escapeJavaScript($input.json(\'$\'))", "stateMachineArn": "${Flow}"}'}
    answer = '#set($found = $util.parseJson($input.path("$.output")))\n{"got": "$found.name"}'
    body = {
        "openapi": "3.0.1",
        "paths": {
            "/sync": {
                "post": {
                    "x-amazon-apigateway-integration": {
                        "type": "aws",
                        "httpMethod": "POST",
                        "uri": uri,
                        "requestTemplates": {"application/json": template},
                        "responses": {
                            "default": {"statusCode": 200, "responseTemplates": {"application/json": answer}},
                            "4\\d{2}": {"statusCode": 400},
                        },
                    }
                }
            }
        },
    }
    flow = {"Type": "EXPRESS", "Definition": FLOW}
    app = deploy(
        emulator,
        tmp_path,
        {
            "Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": flow},
            "Front": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}},
        },
        Outputs={"Url": {"Value": {"Fn::Sub": "https://${Front}.execute-api.${AWS::Region}.amazonaws.com/v1/sync"}}},
    )
    for path in ("/sync", "/v1/sync", app.outputs["Url"]):
        response = app.request("POST", path, json={"name": "ann"})
        assert (response.status_code, response.text.strip()) == (200, '{"got": "ann"}'), path


def test_a_definition_beside_the_template_is_included(emulator: Emulator, tmp_path: Path) -> None:
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": "x/functions/${F.Arn}/invocations"}}
    document = {"paths": {"/a": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}}}}
    (tmp_path / "api.yaml").write_text(json.dumps(document))
    include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "api.yaml"}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": include}}
    app = deploy(emulator, tmp_path, {"F": function(), "Front": api})
    assert app.request("PUT", "/a").json()["resource"] == "/a"


@pytest.mark.parametrize(
    ("macro", "told"),
    [
        (
            {"Name": "AWS::Include", "Parameters": {"Location": {"Fn::Sub": "s3://${AWS::Region}/api.yaml"}}},
            "s3://us-east-1/api.yaml is not read; name a file beside the template",
        ),
        ({"Name": "Own", "Parameters": {}}, "Fn::Transform with Own is not evaluated here"),
    ],
)
def test_a_macro_that_is_not_run_leaves_the_rest_of_the_template(
    emulator: Emulator, tmp_path: Path, macro: dict[str, Any], told: str
) -> None:
    body = {"StageName": "v1", "DefinitionBody": {"Fn::Transform": macro}}
    front = {"Type": "AWS::Serverless::Api", "Properties": body}
    other = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Transform": macro}}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}}
    app = deploy(emulator, tmp_path, {"Front": front, "Other": other, "Queue": queue})
    assert app["Queue"].endswith("/orders")
    assert app.not_emulated[f"AWS::Serverless::Api ({told})"] == ["Front"]
    assert app.not_emulated[f"AWS::SQS::Queue ({told})"] == ["Other"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"requestTemplates": {"application/json": "${AWS::Region}"}},
            r'a mapping template fails: TemplateSyntaxError: .*; its input is \{"a": 7\}',
        ),
        ({"responses": {"2..": {"statusCode": "200"}}}, "no response of the integration is for '400', and none is"),
    ],
)
def test_a_mapping_that_fails_says_why_in_the_log(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, changed: dict[str, Any], told: str
) -> None:
    """The client gets what AWS sends, which says nothing of the reason."""
    uri = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:states:action/StartExecution"}
    integration = {"type": "aws", "httpMethod": "POST", "uri": uri, **changed}
    document = {"paths": {"/a": {"post": {"x-amazon-apigateway-integration": integration}}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": document}}
    app = deploy(emulator, tmp_path, {"Front": api})
    response = app.request("POST", "/a", json={"a": 7})
    assert (response.status_code, response.json()) == (500, {"message": "Internal server error"})
    assert re.search(rf"POST /a was answered with 500: {told}", caplog.text)


def test_methods_of_cloudformation_as_the_cdk_writes_them(emulator: Emulator, tmp_path: Path) -> None:
    template = """
#set($inputString = '')
#set($includeHeaders = true)
#set($allParams = $input.params())
{
    "stateMachineArn": "%s",
    #set($inputString = "$inputString,@@body@@: $input.body")
    #if ($includeHeaders)
        #set($inputString = "$inputString, @@header@@:{")
        #foreach($paramName in $allParams.header.keySet())
            #set($value = $util.escapeJavaScript($allParams.header.get($paramName)))
            #set($inputString = "$inputString @@$paramName@@: @@$value@@")
            #if($foreach.hasNext)
                #set($inputString = "$inputString,")
            #end
        #end
        #set($inputString = "$inputString }")
    #end
    #set($requestContext = "")
    #if($requestContext && !$requestContext.empty)
        #set($inputString = "$inputString,")
        #set($inputString = "$inputString @@requestContext@@: $requestContext")
    #end
    #set($inputString = "$inputString}")
    #set($inputString = $inputString.replaceAll("@@",'"'))
    #set($len = $inputString.length() - 1)
    "input": "{$util.escapeJavaScript($inputString.substring(1,$len)).replaceAll("\\\\'","'")}"
}
"""
    before, _, after = template.partition("%s")
    answer = """
#set($inputRoot = $input.path('$'))
#if($input.path('$.status').toString().equals("FAILED"))
#set($context.responseOverride.status = 500)
{"error": "$input.path('$.error')", "cause": "$input.path('$.cause')"}
#else
$input.path('$.output')
#end
"""
    states = {
        "Check": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.body.bad", "IsPresent": True, "Next": "No"}],
            "Default": "Yes",
        },
        "No": {"Type": "Fail", "Error": "Bad", "Cause": "no"},
        "Yes": {"Type": "Pass", "End": True},
    }
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Uri": {
            "Fn::Join": [
                "",
                ["arn:", {"Ref": "AWS::Partition"}, ":apigateway:us-east-1:states:action/StartSyncExecution"],
            ]
        },
        "PassthroughBehavior": "NEVER",
        "RequestTemplates": {"application/json": {"Fn::Join": ["", [before, {"Ref": "Flow"}, after]]}},
        "IntegrationResponses": [
            {"SelectionPattern": "4\\d{2}", "StatusCode": "400"},
            {"SelectionPattern": "5\\d{2}", "StatusCode": "500"},
            {"StatusCode": "200", "ResponseTemplates": {"application/json": answer}},
        ],
    }
    rest = {"RestApiId": {"Ref": "Front"}}
    flow = {
        "StateMachineType": "EXPRESS",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "DefinitionString": json.dumps({"StartAt": "Check", "States": states}),
    }
    orders = {**rest, "ParentId": {"Fn::GetAtt": ["Front", "RootResourceId"]}, "PathPart": "orders"}
    post = {**rest, "ResourceId": {"Ref": "Orders"}, "HttpMethod": "POST", "Integration": integration}
    app = deploy(
        emulator,
        tmp_path,
        {
            "Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": flow},
            "Front": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "front"}},
            "Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": orders},
            "Post": {"Type": "AWS::ApiGateway::Method", "Properties": post},
            "Deploy": {"Type": "AWS::ApiGateway::Deployment", "Properties": rest, "DependsOn": ["Post"]},
            "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {**rest, "StageName": "prod"}},
        },
    )
    good = app.request("POST", "/orders", json={"n": "it's"}, headers={"X-A": "b"})
    assert good.status_code == 200
    assert good.json() == {"body": {"n": "it's"}, "header": {"X-A": "b", "Content-Type": "application/json"}}
    bad = app.request("POST", "/prod/orders", json={"bad": 1})
    assert (bad.status_code, bad.json()) == (500, {"error": "Bad", "cause": "no"})
    plain = app.request("POST", "/orders", body="x", headers={"Content-Type": "text/plain"})
    assert (plain.status_code, plain.json()) == (415, {"message": "Unsupported Media Type"})


def test_a_mock_answers_itself(emulator: Emulator, tmp_path: Path) -> None:
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {
                "statusCode": 200,
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
                "responseTemplates": {"application/json": '{"ok": true}'},
            }
        },
    }
    body = {"paths": {"/": {"options": {"x-amazon-apigateway-integration": integration}}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}}
    response = deploy(emulator, tmp_path, {"Front": api}).request("OPTIONS", "/")
    assert response.json() == {"ok": True}
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_queue_behind_a_rest_api(emulator: Emulator, tmp_path: Path) -> None:
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Queue.QueueName}"},
        "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
        "responses": {"default": {"statusCode": 202}},
    }
    body = {"paths": {"/": {"post": {"x-amazon-apigateway-integration": integration}}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}}
    app = deploy(emulator, tmp_path, {"Queue": {"Type": "AWS::SQS::Queue"}, "Front": api})
    assert app.request("POST", "/", json={"a b": "&"}).status_code == 202
    (message,) = emulator.client("sqs").receive_message(QueueUrl=app["Queue"])["Messages"]
    assert json.loads(message["Body"]) == {"a b": "&"}


def test_an_api_that_waits_too_long_gives_up(emulator: Emulator, tmp_path: Path) -> None:
    code = "import time\ndef handler(event, context):\n    time.sleep(40)\n    return {}\n"
    app = deploy(emulator, tmp_path, {"F": function(code, Timeout=60, Events=event("Api", Path="/x", Method="get"))})
    response = app.request("GET", "/x")
    assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})


# HTTP APIs


def test_a_function_of_an_http_api_gets_payload_2(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, {"F": function(Events=event("HttpApi", Path="/orders/{id}", Method="post"))})
    headers = {"X-Given": "me", "Cookie": "a=1; b=2"}
    got = app.request("POST", "/orders/7?a=1&a=2", body="text", headers=headers).json()
    assert (got["version"], got["routeKey"], got["rawPath"]) == ("2.0", "POST /orders/{id}", "/orders/7")
    assert (got["rawQueryString"], got["queryStringParameters"]) == ("a=1&a=2", {"a": "1,2"})
    assert (got["headers"], got["cookies"]) == ({"x-given": "me"}, ["a=1", "b=2"])
    assert (got["pathParameters"], got["body"], got["isBase64Encoded"]) == ({"id": "7"}, "text", False)
    assert got["requestContext"]["http"]["method"] == "POST"
    assert "stageVariables" not in got


@pytest.mark.parametrize(
    ("value", "status", "body"),
    [
        ('["hello", 3, True]', 200, '["hello",3,true]'),
        ('"hello"', 200, "hello"),
        ("3.1", 200, "3.1"),
        ('{"a": 1}', 200, '{"a":1}'),
        ('{"statusCode": 404, "body": "no"}', 404, "no"),
        ('{"statusCode": "nope"}', 500, '{"message":"Internal Server Error"}'),
        ("1 / 0", 500, '{"message":"Internal Server Error"}'),
    ],
)
def test_what_an_http_api_takes_of_a_function(
    emulator: Emulator, tmp_path: Path, value: str, status: int, body: str
) -> None:
    response = deploy(emulator, tmp_path, returning(value, "HttpApi")).request("GET", "/x")
    assert (response.status_code, response.text) == (status, body)


def test_an_http_api_has_a_default_route_and_a_404(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(emulator, tmp_path, {"F": function(Events=event("HttpApi"))})
    assert app.request("DELETE", "/any/thing").json()["routeKey"] == "$default"
    app = deploy(emulator, tmp_path, returning("{}", "HttpApi"))
    response = app.request("GET", "/other")
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


def test_payload_1_of_an_http_api(emulator: Emulator, tmp_path: Path) -> None:
    events = event("HttpApi", Path="/x", Method="get", PayloadFormatVersion="1.0")
    got = deploy(emulator, tmp_path, {"F": function(Events=events)}).request("GET", "/x").json()
    assert (next(iter(got)), got["version"], got["resource"]) == ("version", "1.0", "/x")


def test_an_http_api_of_cloudformation_starts_state_machines(emulator: Emulator, tmp_path: Path) -> None:
    def integration(subtype: str, machine: str) -> dict[str, Any]:
        parameters = {"StateMachineArn": {"Ref": machine}, "Input": "$request.body"}
        settings = {"ApiId": {"Ref": "Front"}, "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "1.0"}
        settings |= {"IntegrationSubtype": subtype, "RequestParameters": parameters}
        return {"Type": "AWS::ApiGatewayV2::Integration", "Properties": settings}

    def route(key: str, target: str) -> dict[str, Any]:
        joined = {"Fn::Join": ["/", ["integrations", {"Ref": target}]]}
        return {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"ApiId": {"Ref": "Front"}, "RouteKey": key, "Target": joined},
        }

    def machine(type_: str) -> dict[str, Any]:
        return {"Type": "AWS::Serverless::StateMachine", "Properties": {"Type": type_, "Definition": FLOW}}

    app = deploy(
        emulator,
        tmp_path,
        {
            "Front": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "f", "ProtocolType": "HTTP"}},
            "Slow": machine("STANDARD"),
            "Fast": machine("EXPRESS"),
            "Start": integration("StepFunctions-StartExecution", "Slow"),
            "Sync": integration("StepFunctions-StartSyncExecution", "Fast"),
            "StartRoute": route("POST /start", "Start"),
            "SyncRoute": route("POST /sync", "Sync"),
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": {"Ref": "Front"}, "StageName": "$default", "AutoDeploy": True},
            },
        },
    )
    started = app.request("POST", "/start", json={"n": 1})
    assert (started.status_code, list(started.json())) == (200, ["executionArn", "startDate"])
    ended = app.request("POST", "/sync", json={"n": 2}).json()
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"n": 2})


def test_cors_of_an_http_api(emulator: Emulator, tmp_path: Path) -> None:
    settings = {"CorsConfiguration": {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"]}}
    app = deploy(
        emulator,
        tmp_path,
        returning('"x"', "HttpApi"),
        Globals={"HttpApi": settings},
    )
    preflight = app.request("OPTIONS", "/x", headers={"Origin": "https://a.example"})
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "GET")
    answer = app.request("GET", "/x", headers={"Origin": "https://a.example"})
    assert answer.headers["access-control-allow-origin"] == "https://a.example"


# Function URLs


def test_a_function_has_a_url(emulator: Emulator, tmp_path: Path) -> None:
    app = deploy(
        emulator,
        tmp_path,
        {"F": function(FunctionUrlConfig={"AuthType": "NONE"})},
        Outputs={"Url": {"Value": {"Fn::GetAtt": ["FUrl", "FunctionUrl"]}}},
    )
    assert app.outputs["Url"].endswith(".lambda-url.us-east-1.on.aws/")
    for url in (app.outputs["Url"] + "a/b", "/a/b"):
        got = app.request("GET", url).json()
        assert (got["version"], got["rawPath"], got["routeKey"]) == ("2.0", "/a/b", "$default")
        assert got["requestContext"]["authentication"] is None


def test_a_url_whose_function_fails(emulator: Emulator, tmp_path: Path) -> None:
    code = "def handler(event, context):\n    raise ValueError\n"
    app = deploy(emulator, tmp_path, {"F": function(code, FunctionUrlConfig={"AuthType": "NONE"})})
    response = app.request("GET", "/")
    assert (response.status_code, response.text) == (502, "Internal Server Error")


# SAM's events and explicit APIs


def test_events_and_a_document_of_openapi(emulator: Emulator, tmp_path: Path) -> None:
    """Events add nothing to a REST API with a document, and what is missing to an HTTP API; an id may be a text."""
    document = {"openapi": "3.0.1", "paths": {"$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": True}}}}
    settings = {"DefinitionBody": document}
    events = {
        "Rest": {"Type": "Api", "Properties": {"RestApiId": "Rest", "Path": "/x", "Method": "get"}},
        "Merged": {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Merged"}, "Path": "/x", "Method": "get"}},
        "Http": {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "Http"}}},
    }
    rest = {"StageName": "v1", **settings}
    app = deploy(
        emulator,
        tmp_path,
        {
            "F": function(Events=events),
            "Rest": {"Type": "AWS::Serverless::Api", "Properties": rest},
            "Merged": {"Type": "AWS::Serverless::Api", "Properties": {**rest, "MergeDefinitions": True}},
            "Http": {"Type": "AWS::Serverless::HttpApi", "Properties": settings},
        },
    )
    assert app.request("GET", "/x", api="Rest").status_code == 403
    assert app.request("GET", "/x", api="Merged").status_code == 201
    assert app.request("GET", "/x", api="Http").json()["routeKey"] == "$default"


# Over HTTP, in this process


def test_other_libraries_ask_an_api_by_its_url(emulator: Emulator, tmp_path: Path) -> None:
    import urllib.request

    import requests

    code = """
import urllib.request
def handler(event, context):
    with urllib.request.urlopen(event["url"]) as response:
        return response.read().decode()
"""
    url = {"Fn::Sub": "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/orders/7"}
    app = deploy(
        emulator,
        tmp_path,
        {
            "Orders": function(
                Events=event("Api", Path="/orders/{id}", Method="any"), FunctionUrlConfig={"AuthType": "NONE"}
            ),
            "Caller": function(code),
        },
        Outputs={"Url": {"Value": url}, "Own": {"Value": {"Fn::GetAtt": ["OrdersUrl", "FunctionUrl"]}}},
    )
    posted = requests.post(app.outputs["Url"], json={"n": 1}, timeout=5)
    assert (posted.status_code, posted.headers["x-made"]) == (201, "yes")
    assert (posted.json()["pathParameters"], posted.json()["body"]) == ({"id": "7"}, '{"n": 1}')
    with urllib.request.urlopen(app.outputs["Own"] + "x?a=b") as response:
        assert json.loads(response.read())["rawPath"] == "/x"
    machine = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "", "End": True}}}
    machine["States"]["A"]["Resource"] = emulator.assembly.functions.arn(app["Caller"])  # type: ignore[index]
    run = emulator.run(machine, {"url": app.outputs["Url"]})
    assert json.loads(run.output)["httpMethod"] == "GET"


@pytest.mark.emulator(allow_blocked=True)
def test_an_api_of_somebody_else_is_refused(emulator: Emulator) -> None:
    import requests

    with pytest.raises(RealAwsBlockedError, match="which is no API of the emulator"):
        requests.get("https://abcdefghij.execute-api.us-east-1.amazonaws.com/prod", timeout=5)


def test_a_function_may_know_the_url_of_its_api(emulator: Emulator, tmp_path: Path) -> None:
    code = "import os\ndef handler(event, context):\n    return {'body': os.environ['URL']}\n"
    url = {"Fn::Sub": "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"}
    app = deploy(
        emulator,
        tmp_path,
        {"F": function(code, Environment={"Variables": {"URL": url}}, Events=event("Api", Path="/x", Method="get"))},
    )
    assert (
        app.request("GET", "/x").text == f"https://{app['ServerlessRestApi']}.execute-api.us-east-1.amazonaws.com/Prod"
    )


# What cannot be asked


def test_an_application_without_an_api_says_so(emulator: Emulator, tmp_path: Path) -> None:
    graph = {"Type": "AWS::AppSync::GraphQLApi", "Properties": {"Name": "g"}}
    app = deploy(emulator, tmp_path, {"F": function(), "Graph": graph})
    with pytest.raises(EmulatorError, match=r"no API that takes GET /x: .*AWS::AppSync::GraphQLApi is not emulated"):
        app.request("GET", "/x")


def test_two_apis_with_one_route_have_to_be_named(emulator: Emulator, tmp_path: Path) -> None:
    resources = {
        "F": function(Events=event("Api", Path="/x", Method="get")),
        "G": function(Events=event("HttpApi", Path="/x", Method="get")),
    }
    app = deploy(emulator, tmp_path, resources)
    with pytest.raises(EmulatorError, match="2 APIs that have GET /x: ServerlessRestApi, ServerlessHttpApi"):
        app.request("GET", "/x")
    assert app.request("GET", "/x", api="ServerlessHttpApi").json()["version"] == "2.0"
    with pytest.raises(EmulatorError, match="Did you mean"):
        app.request("GET", "/x", api="ServerlessHttpApis")


def test_a_route_that_leads_outside_is_refused_by_name(emulator: Emulator, tmp_path: Path) -> None:
    integration = {"type": "http_proxy", "httpMethod": "GET", "uri": "https://example.com/"}
    body = {"paths": {"/x": {"get": {"x-amazon-apigateway-integration": integration}}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}}
    app = deploy(emulator, tmp_path, {"Front": api})
    with pytest.raises(NotEmulatedError, match=r"GET /x goes to https://example.com/") as raised:
        app.request("GET", "/x")
    assert "fix: emulator.http('https://example.com', app)" in str(raised.value)


def test_an_api_waits_for_a_server_on_the_virtual_clock(emulator: Emulator, tmp_path: Path) -> None:
    def server(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        time.sleep(float(environ["QUERY_STRING"]))  # noqa: TID251 - on the server's own clock
        start_response("200 OK", [])
        return []

    integration = {"type": "http_proxy", "httpMethod": "GET", "uri": "https://backend.example.com/"}
    body = {"paths": {"/x": {"get": {"x-amazon-apigateway-integration": integration}}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}}
    app = deploy(emulator, tmp_path, {"Front": api})
    emulator.http("https://backend.example.com", server)
    assert app.request("GET", "/x?20").status_code == 200
    response = app.request("GET", "/x?30")
    assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})


@pytest.mark.parametrize("kind", ["http_proxy", "http"])
def test_a_server_of_the_user_s_own_is_an_application_of_the_test(
    emulator: Emulator, tmp_path: Path, kind: str
) -> None:
    def server(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("201 Created", [("Content-Type", "application/json"), ("X-Made", "yes")])
        return [environ["wsgi.input"].read() or b"{}"]

    integration = {
        "type": kind,
        "httpMethod": "POST",
        "uri": "https://backend.example.com/v1/{proxy}",
        "requestParameters": {
            "integration.request.header.X-Route": "'orders'",
            "integration.request.querystring.of": "method.request.path.proxy",
        },
        "requestTemplates": {"application/json": "{\"mapped\": $input.json('$.n')}"},
        "responses": {"default": {"statusCode": "202"}},
    }
    body = {"paths": {"/x/{proxy+}": {"post": {"x-amazon-apigateway-integration": integration}}}}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "v1", "DefinitionBody": body}}
    app = deploy(emulator, tmp_path, {"Front": api})
    backend = emulator.http("https://backend.example.com", server)
    response = app.request("POST", "/x/a/b?q=1", json={"n": 7}, headers={"X-Given": "me"})
    (request,) = backend.requests
    assert (request.path, request.header("Host")) == ("/v1/a/b", "backend.example.com")
    if kind == "http_proxy":
        assert request.header("X-Given") == "me"
        assert request.query == (("q", "1"),)
        assert (response.status_code, response.json(), response.headers["x-made"]) == (201, {"n": 7}, "yes")
    else:
        assert (request.header("X-Given"), request.header("X-Route")) == ("", "orders")
        assert request.query == (("of", "a/b"),)
        assert (response.status_code, response.json()) == (202, {"mapped": 7})


def test_what_a_request_starts_begins_after_its_response(emulator: Emulator, tmp_path: Path) -> None:
    code = """
import boto3
def handler(event, context):
    boto3.client("sns").publish(TopicArn="arn:aws:sns:us-east-1:123456789012:t", Message="m")
    return {"body": "done"}
"""
    emulator.client("sns").create_topic(Name="t")
    told: list[str] = []
    reader = emulator.lambda_function("reader", lambda event, context: told.append("read"))
    emulator.client("sns").subscribe(
        TopicArn="arn:aws:sns:us-east-1:123456789012:t", Protocol="lambda", Endpoint=reader
    )
    app = deploy(emulator, tmp_path, {"F": function(code, Events=event("Api", Path="/x", Method="get"))})
    assert app.request("GET", "/x").text == "done"
    assert told == ["read"]


# Stages and pages of other sites


PLACES = """
def handler(event, context):
    asked = event["requestContext"]
    return {"body": f"{event['path']} {asked['path']} {asked['stage']} {event['pathParameters']}"}
"""


def greedy(emulator: Emulator, folder: Path) -> Application:
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "Prod"}}
    events = {
        name: {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Front"}, "Path": path, "Method": verb}}
        for name, path, verb in (("Root", "/", "get"), ("All", "/{proxy+}", "any"), ("Own", "/v1/x", "get"))
    }
    url = {"Fn::Sub": "https://${Front}.execute-api.${AWS::Region}.amazonaws.com/Prod"}
    return deploy(
        emulator, folder, {"Front": api, "F": function(PLACES, Events=events)}, Outputs={"Url": {"Value": url}}
    )


def test_the_first_part_of_a_url_is_the_stage_whatever_the_routes_are(emulator: Emulator, tmp_path: Path) -> None:
    app = greedy(emulator, tmp_path)
    url = app.outputs["Url"]
    assert app.request("GET", f"{url}/abc/d").text == "/abc/d /Prod/abc/d Prod {'proxy': 'abc/d'}"
    assert requests.get(f"{url}/abc/d", timeout=5).text == "/abc/d /Prod/abc/d Prod {'proxy': 'abc/d'}"
    for root in (url, f"{url}/"):
        assert app.request("GET", root).text == "/ /Prod/ Prod None"
    for wrong in (url.replace("/Prod", "/Dev") + "/abc", url.replace("/Prod", "") + "/abc"):
        refused = app.request("GET", wrong)
        assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden"})
        assert requests.get(wrong, timeout=5).status_code == 403


def test_a_path_may_have_its_stage_or_leave_it_out(emulator: Emulator, tmp_path: Path) -> None:
    app = greedy(emulator, tmp_path)
    assert app.request("GET", "/Prod/abc").text == app.request("GET", "/abc").text
    assert app.request("GET", "/Production/abc").text.startswith("/Production/abc ")
    (api,) = emulator.assembly.apis
    api.stages["v1"] = {}
    assert app.request("GET", "/v1/x").text == "/v1/x /Prod/v1/x Prod None"
    assert app.request("GET", "/v1/y").text == "/y /v1/y v1 {'proxy': 'y'}"


def test_the_stage_of_an_http_api_is_in_its_raw_path_once(emulator: Emulator, tmp_path: Path) -> None:
    api = {"Type": "AWS::Serverless::HttpApi", "Properties": {"StageName": "st"}}
    events = event("HttpApi", ApiId={"Ref": "Front"}, Path="/{proxy+}", Method="any")
    code = """
def handler(event, context):
    return [event["rawPath"], event["rawQueryString"], event["pathParameters"]]
"""
    app = deploy(emulator, tmp_path, {"Front": api, "F": function(code, Events=events)})
    url = f"https://{app['Front']}.execute-api.us-east-1.amazonaws.com"
    for asked in ("/st/abc?q=%20a&q&z=a+b", "/abc?q=%20a&q&z=a+b", f"{url}/st/abc?q=%20a&q&z=a+b"):
        assert app.request("GET", asked).json() == ["/st/abc", "q=%20a&q&z=a+b", {"proxy": "abc"}]
    assert app.request("GET", "/abc?a=%20", query={"b": "c d"}).json()[1] == "a=%20&b=c+d"
    assert app.request("GET", f"{url}/abc").status_code == 404


@pytest.mark.parametrize(
    ("cors", "expected"),
    [
        ("'*'", {"access-control-allow-origin": "*"}),
        ({"AllowOrigin": "'https://a.b'"}, {"access-control-allow-origin": "https://a.b"}),
        (
            {"AllowOrigin": "'https://a.b'", "MaxAge": "'600'", "AllowCredentials": True, "AllowHeaders": "'X-Y'"},
            {
                "access-control-allow-origin": "https://a.b",
                "access-control-allow-headers": "X-Y",
                "access-control-max-age": "600",
                "access-control-allow-credentials": "true",
            },
        ),
    ],
)
def test_sam_gives_each_path_of_a_rest_api_its_options(
    emulator: Emulator, tmp_path: Path, cors: Any, expected: dict[str, str]
) -> None:
    events = {
        "Get": {"Type": "Api", "Properties": {"Path": "/items/{id}", "Method": "get"}},
        "Any": {"Type": "Api", "Properties": {"Path": "/{proxy+}", "Method": "any"}},
    }
    app = deploy(emulator, tmp_path, {"F": function(Events=events)}, Globals={"Api": {"Cors": cors}})
    for path, methods in (("/items/7", "GET,OPTIONS"), ("/other", "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT")):
        for headers in ({}, {"Origin": "https://z", "Access-Control-Request-Method": "GET"}):
            answer = app.request("OPTIONS", path, headers=headers)
            made = {"access-control-allow-methods": methods, "content-type": "application/json", **expected}
            assert (answer.status_code, answer.headers, answer.text) == (200, made, "{}\n")
    assert app.request("OPTIONS", "/").status_code == 403


def test_methods_that_sam_is_given_are_those_of_the_header(emulator: Emulator, tmp_path: Path) -> None:
    cors = {"AllowOrigin": "'*'", "AllowMethods": "'POST'"}
    app = deploy(emulator, tmp_path, returning("{}"), Globals={"Api": {"Cors": cors}})
    assert app.request("OPTIONS", "/x").headers["access-control-allow-methods"] == "POST"


@pytest.mark.parametrize(("kind", "status"), [("HTTP", 204), ("URL", 200)])
def test_an_api_answers_a_preflight_without_its_function(
    emulator: Emulator, tmp_path: Path, kind: str, status: int
) -> None:
    cors = {"AllowOrigins": ["https://a.b"], "AllowMethods": ["GET", "PUT"], "MaxAge": 9}
    if kind == "HTTP":
        globals_ = {"HttpApi": {"CorsConfiguration": cors}}
        app = deploy(emulator, tmp_path, {"F": function(Events=event("HttpApi"))}, Globals=globals_)
    else:
        app = deploy(emulator, tmp_path, {"F": function(FunctionUrlConfig={"AuthType": "NONE", "Cors": cors})})
    headers = {"Origin": "https://a.b", "Access-Control-Request-Method": "GET"}
    answer = app.request("OPTIONS", "/", headers=headers)
    assert answer.status_code == status
    assert answer.headers == {
        "access-control-allow-methods": "GET,PUT",
        "access-control-max-age": "9",
        "access-control-allow-origin": "https://a.b",
    }
    assert answer.content == b""


def test_bytes_are_base64_for_the_binary_types_of_a_rest_api_only(emulator: Emulator, tmp_path: Path) -> None:
    events = event("Api", Path="/x", Method="post")
    app = deploy(
        emulator, tmp_path, {"F": function(Events=events)}, Globals={"Api": {"BinaryMediaTypes": ["image~1png"]}}
    )
    for kind, expected in (("image/png", ("iVBO", True)), ("image/gif", ("\ufffdPN", False))):
        got = app.request("POST", "/x", body=b"\x89PN", headers={"Content-Type": kind}).json()
        assert (got["body"], got["isBase64Encoded"]) == expected


def test_a_function_that_asks_for_its_own_answer_is_told_so(tmp_path: Path) -> None:
    code = """
import urllib.request

def handler(event, context):
    host = event["requestContext"]["domainName"]
    return urllib.request.urlopen(f"https://{host}/Prod/a").read().decode()
"""
    emulator = Emulator().__enter__()
    app = deploy(emulator, tmp_path, {"F": function(code, Events=event("Api", Path="/a", Method="get"))})
    assert app.request("GET", "/a").status_code == 502
    told = "\n".join(map(str, emulator.blocked))
    assert "10 requests of functions to API ServerlessRestApi wait for one another" in told
    assert "GET /a of API ServerlessRestApi (function " in told
    emulator.blocked.clear()
    emulator.close()


@pytest.mark.parametrize("type_", ["AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"])
def test_the_attributes_of_an_http_api(emulator: Emulator, tmp_path: Path, type_: str) -> None:
    named = {} if type_ == "AWS::Serverless::HttpApi" else {"Name": "shop", "ProtocolType": "HTTP"}
    members = ("ApiId", "ApiEndpoint", "ExecuteApiArn") if named else ("ApiId", "ApiEndpoint")
    outputs = {name: {"Value": {"Fn::GetAtt": ["Http", name]}} for name in members}
    made = {"Http": {"Type": type_, "Properties": named}}
    app = deploy(emulator, tmp_path, made, Outputs={**outputs, "Id": {"Value": {"Ref": "Http"}}})
    id_ = app.outputs["Id"]
    assert app.outputs["ApiId"] == id_
    assert app.outputs["ApiEndpoint"] == f"https://{id_}.execute-api.us-east-1.amazonaws.com"
    if named:
        assert app.outputs["ExecuteApiArn"] == f"arn:aws:execute-api:us-east-1:123456789012:{id_}"
