"""``apigateway:invoke``: a machine asks an API of its template, one that boto3 has made, or one of another team."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from emulator.errors import NotEmulatedError

TASK = {"Type": "Task", "Resource": "arn:aws:states:::apigateway:invoke", "End": True}


def machine(pattern: str = "", **parameters: Any) -> dict[str, Any]:
    task = {**TASK, "Resource": f"{TASK['Resource']}{pattern}", "Parameters": {"Method": "POST", **parameters}}
    return {"StartAt": "Ask", "States": {"Ask": task}}


def echo(event: Any, context: Any) -> Any:
    return event


def proxy(event: Any, context: Any) -> Any:
    return {
        "statusCode": 200,
        "headers": {"X-Made": "yes", "Content-Type": "application/json"},
        "body": json.dumps(event),
    }


def rest_api(emulator: Emulator, kind: str = "AWS", handler: Any = echo) -> str:
    """The host of a REST API that boto3 has made: POST /orders calls the function."""
    arn = emulator.lambda_function("echo", handler)
    gateway = emulator.client("apigateway")
    made = gateway.create_rest_api(name="orders")
    where = {"restApiId": made["id"], "httpMethod": "POST"}
    where["resourceId"] = gateway.create_resource(
        restApiId=made["id"], parentId=made["rootResourceId"], pathPart="orders"
    )["id"]
    gateway.put_method(**where, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    gateway.put_integration(**where, type=kind, integrationHttpMethod="POST", uri=uri)
    gateway.put_method_response(**where, statusCode="200")
    gateway.put_integration_response(**where, statusCode="200")
    gateway.create_deployment(restApiId=made["id"], stageName="dev")
    return f"{made['id']}.execute-api.us-east-1.amazonaws.com"


@pytest.mark.parametrize("body", ["a text", "", {"a": [1]}, 7])
def test_a_body_is_sent_as_json_and_the_result_has_aws_s_headers(body: Any) -> None:
    with Emulator() as emulator:
        host = rest_api(emulator)
        parameters = {"ApiEndpoint": host, "Stage": "dev", "Path": "orders", "RequestBody": body}
        run = emulator.run(machine(**parameters)).assert_succeeded()
        output = run.output
        headers = output.pop("Headers")
        assert output == {"ResponseBody": body, "StatusCode": 200, "StatusText": "OK"}
        assert (headers["Content-Type"], headers["Connection"]) == (["application/json"], ["keep-alive"])
        assert headers["Content-Length"] == [str(len(json.dumps(body)))]
        assert headers["X-Cache"] == ["Miss from cloudfront"]
        assert {"Date", "Via", "x-amz-apigw-id", "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "x-amzn-RequestId"} < set(headers)
        scheduled = next(each for each in run.history if each["type"] == "TaskScheduled")["taskScheduledEventDetails"]
        assert (scheduled["resourceType"], scheduled["resource"]) == ("apigateway", "invoke")
        assert json.loads(scheduled["parameters"]) == {"Method": "POST", **parameters}


def test_a_body_that_is_null_is_not_sent() -> None:
    with Emulator() as emulator:
        host = rest_api(emulator)
        given = {"ApiEndpoint": host, "Stage": "dev", "Path": "orders"}
        run = emulator.run(machine(**given, RequestBody=None)).assert_succeeded()
        assert run.output["ResponseBody"] == {}
        run = emulator.run(machine(**given, RequestBody={"a": None, "b": 1})).assert_succeeded()
        assert run.output["ResponseBody"] == {"b": 1}
        run = emulator.run(machine(**given, RequestBody={"a": None}, AllowNullValues=True)).assert_succeeded()
        assert run.output["ResponseBody"] == {"a": None}


def test_a_path_that_the_api_does_not_have_is_aws_s_error() -> None:
    with Emulator() as emulator:
        host = rest_api(emulator)
        run = emulator.run(machine(ApiEndpoint=host, Stage="dev", Path="/other"))
        assert (run.error, run.cause) == ("ApiGateway.403", '{"message":"Missing Authentication Token"}')


def test_a_function_behind_the_proxy_gets_headers_and_the_query() -> None:
    with Emulator() as emulator:
        host = rest_api(emulator, "AWS_PROXY", proxy)
        run = emulator.run(
            machine(
                ApiEndpoint=host,
                Stage="dev",
                Path="/orders",
                Headers={"x-team": ["a", "b"]},
                QueryParameters={"n": ["1", "2"]},
                AuthType="IAM_ROLE",
            )
        ).assert_succeeded()
        got = run.output["ResponseBody"]
        assert got["multiValueHeaders"]["x-team"] == ["a", "b"]
        assert got["multiValueQueryStringParameters"] == {"n": ["1", "2"]}
        assert run.output["Headers"]["x-made"] == ["yes"]


def test_an_api_of_a_template_answers(tmp_path: Path) -> None:
    code = "import json\ndef handler(event, context):\n    return {'statusCode': 418, 'body': event['body']}\n"
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "InlineCode": code,
            "Events": {"Ask": {"Type": "Api", "Properties": {"Path": "/teapots", "Method": "post"}}},
        },
    }
    flow = {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Definition": machine(ApiEndpoint="${Host}", Stage="Prod", Path="teapots", RequestBody={"a": 1}),
            "DefinitionSubstitutions": {
                "Host": {"Fn::Sub": "${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com"}
            },
        },
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": function, "Flow": flow}}
    (tmp_path / "template.json").write_text(json.dumps(template))
    with Emulator() as emulator:
        app = emulator.deploy(tmp_path / "template.json")
        run = emulator.run(app.machine("Flow"))
        assert (run.error, run.cause) == ("ApiGateway.418", '{"a":1}')


def test_an_http_api_that_boto3_has_made_answers() -> None:
    with Emulator() as emulator:
        arn = emulator.lambda_function("f", proxy)
        gateway = emulator.client("apigatewayv2")
        api = gateway.create_api(Name="orders", ProtocolType="HTTP")["ApiId"]
        made = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )
        gateway.create_route(ApiId=api, RouteKey="POST /a/{id}", Target=f"integrations/{made['IntegrationId']}")
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        run = emulator.run(
            machine(ApiEndpoint=f"{api}.execute-api.us-east-1.amazonaws.com", Path="a/7", RequestBody={"n": 1})
        ).assert_succeeded()
        assert run.output["ResponseBody"]["pathParameters"] == {"id": "7"}
        assert json.loads(run.output["ResponseBody"]["body"]) == {"n": 1}


def test_a_callback_task_is_submitted_with_the_response_and_ends_with_its_token() -> None:
    tokens: list[str] = []

    def keep(event: Any, context: Any) -> Any:
        tokens.append(event["headers"]["TaskToken"])
        return {"statusCode": 200, "body": "{}"}

    with Emulator() as emulator:
        host = rest_api(emulator, "AWS_PROXY", keep)
        headers = {"TaskToken.$": "States.Array($$.Task.Token)"}
        definition = machine(".waitForTaskToken", ApiEndpoint=host, Stage="dev", Path="orders", Headers=headers)
        run = emulator.start(definition)
        emulator.client("stepfunctions").send_task_success(taskToken=tokens[0], output='"done"')
        emulator.finish(run)
        assert run.assert_succeeded().output == "done"
        submitted = next(each for each in run.history if each["type"] == "TaskSubmitted")
        assert json.loads(submitted["taskSubmittedEventDetails"]["output"])["StatusCode"] == 200


def test_an_application_answers_for_another_team_s_api() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("x-b", "1")])
        return [environ["PATH_INFO"].encode()]

    host = "abc123.execute-api.eu-west-1.amazonaws.com"
    with Emulator() as emulator:
        emulator.http(f"https://{host}", app)
        run = emulator.run(machine(ApiEndpoint=host, Stage="prod", Path="/x")).assert_succeeded()
        assert run.output == {
            "Headers": {"Content-Type": ["text/plain"], "x-b": ["1"]},
            "ResponseBody": "/prod/x",
            "StatusCode": 200,
            "StatusText": "OK",
        }


def test_an_api_that_is_not_here_is_refused_by_name() -> None:
    host = "abc123.execute-api.eu-west-1.amazonaws.com"
    with Emulator(allow_blocked=True) as emulator, pytest.raises(NotEmulatedError, match=r"emulator\.http\("):
        emulator.run(machine(ApiEndpoint=host, Stage="prod", Path="/x"))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"Headers": {"x-a": "one"}}, "The value of the field 'Headers' has an invalid format"),
        ({"QueryParameters": {"a": "one"}}, "The value of the field 'QueryParameters' has an invalid format"),
        ({"Headers": {"Authorization": ["x"]}}, "The field 'Headers' has 'Authorization'"),
        ({"ApiEndpoint": "https://a.execute-api.us-east-1.amazonaws.com"}, "is not the name of a host alone"),
        ({"AuthType": "IAM"}, "The field 'AuthType' is 'IAM', which is none of NO_AUTH, IAM_ROLE, RESOURCE_POLICY"),
    ],
)
def test_what_step_functions_does_not_send(parameters: dict[str, Any], told: str) -> None:
    with Emulator() as emulator:
        run = emulator.run(machine(**{"ApiEndpoint": "a.execute-api.us-east-1.amazonaws.com", **parameters}))
        assert run.error == "States.Runtime"
        assert told in str(run.cause)
