"""``http:invoke``: a team's machine calls an HTTPS API with a connection; its test answers with an application."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner

from emulator import Emulator
from emulator.cli import main
from emulator.errors import EmulatorError, NotEmulatedError

URL = "https://api.example.com"
ARN = "arn:aws:events:us-east-1:123456789012:connection/api/1"
BASIC = {"BasicAuthParameters": {"Username": "me", "Password": "secret"}}

CONNECTION = {"AuthorizationType": "BASIC", "AuthParameters": BASIC}


def machine(**parameters: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {"ApiEndpoint": f"{URL}/charges", "Method": "POST", **parameters},
        "End": True,
    }
    return {"StartAt": "Charge", "States": {"Charge": task}}


def connect(emulator: Emulator, kind: str = "BASIC", **parameters: Any) -> str:
    made = emulator.client("events").create_connection(
        Name="api", AuthorizationType=kind, AuthParameters=parameters or BASIC
    )
    return str(made["ConnectionArn"])


def wsgi(
    status: str = "200 OK", body: str = '{"id": 1}', kind: str = "application/json"
) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(status, [("Content-Type", kind), ("X-A", "1"), ("X-A", "2")])
        return [body.encode()]

    return app


def config(arn: str) -> dict[str, Any]:
    return {"InvocationConfig": {"ConnectionArn": arn}}


def test_an_application_answers_and_the_result_has_aws_s_shape() -> None:
    with Emulator() as emulator:
        api = emulator.http(URL, wsgi())
        arn = connect(emulator)
        definition = machine(**config(arn), RequestBody={"amount": 7}, QueryParameters={"a": ["x y", 2], "b": True})
        run = emulator.run(definition).assert_succeeded()
        assert run.output == {
            "Headers": {"Content-Type": ["application/json"], "X-A": ["1", "2"]},
            "ResponseBody": {"id": 1},
            "StatusCode": 200,
            "StatusText": "OK",
        }
        (request,) = api.requests
        assert (request.method, request.path, request.json()) == ("POST", "/charges", {"amount": 7})
        assert request.url.endswith("?a=x%20y&a=2&b=true")
        assert dict(request.headers) == {
            "Host": "api.example.com",
            "User-Agent": "Amazon|StepFunctions|HttpInvoke|us-east-1",
            "Range": "bytes=0-262144",
            "Authorization": "Basic bWU6c2VjcmV0",
            "Content-Type": "application/json",
            "Content-Length": "12",
        }
        assert "secret" not in json.dumps(run.history, default=str)


def test_an_application_of_asgi_answers() -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        got = await receive()
        body = json.dumps({"path": scope["path"], "body": json.loads(got["body"])}).encode()
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    with Emulator() as emulator:
        emulator.http(URL, app)
        run = emulator.run(machine(**config(connect(emulator)), RequestBody=[1])).assert_succeeded()
        assert (run.output["StatusCode"], run.output["StatusText"]) == (201, "Created")
        assert run.output["ResponseBody"] == {"path": "/charges", "body": [1]}


def test_an_api_key_and_what_a_connection_adds_override_the_task_s_own() -> None:
    more = {
        "HeaderParameters": [{"Key": "x-team", "Value": "ours"}],
        "QueryStringParameters": [{"Key": "v", "Value": "2"}],
        "BodyParameters": [{"Key": "tenant", "Value": "t1", "IsValueSecret": True}],
    }
    with Emulator() as emulator:
        api = emulator.http(URL, wsgi())
        arn = connect(
            emulator,
            "API_KEY",
            ApiKeyAuthParameters={"ApiKeyName": "X-Api-Key", "ApiKeyValue": "k3y"},
            InvocationHttpParameters=more,
        )
        definition = machine(
            Authentication={"ConnectionArn": arn},
            Headers={"X-Team": "mine", "Accept": "application/json"},
            QueryParameters={"v": "1", "w": "1"},
            RequestBody={"tenant": "t0", "n": 1},
        )
        emulator.run(definition).assert_succeeded()
        (request,) = api.requests
        assert (request.header("x-api-key"), request.header("X-Team")) == ("k3y", "ours")
        assert request.query == (("v", "2"), ("w", "1"))
        assert request.json() == {"tenant": "t1", "n": 1}
        described = emulator.client("events").describe_connection(Name="api")["AuthParameters"]
        assert described["ApiKeyAuthParameters"] == {"ApiKeyName": "X-Api-Key"}
        assert described["InvocationHttpParameters"]["BodyParameters"] == [{"Key": "tenant", "IsValueSecret": True}]

        text = emulator.run(machine(**config(arn), RequestBody="a text"))
        assert text.error == "States.Runtime"


def test_an_oauth_token_is_kept_until_a_response_says_401() -> None:
    valid: list[str] = []

    def auth(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        assert "client_id=me&client_secret=s" in environ["wsgi.input"].read().decode()
        valid[:] = [f"t{len(tokens.requests)}"]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"access_token": valid[0]}).encode()]

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        known = environ["HTTP_AUTHORIZATION"] == f"Bearer {valid[0] if valid else ''}"
        start_response("200 OK" if known else "401 Unauthorized", [("Content-Type", "text/plain")])
        return [b"fine" if known else b"who?"]

    with Emulator() as emulator:
        tokens = emulator.http("https://auth.example.com/token", auth)
        emulator.http(URL, app)
        arn = connect(
            emulator,
            "OAUTH_CLIENT_CREDENTIALS",
            OAuthParameters={
                "ClientParameters": {"ClientID": "me", "ClientSecret": "s"},
                "AuthorizationEndpoint": "https://auth.example.com/token",
                "HttpMethod": "POST",
            },
        )
        definition = machine(**config(arn))
        for _ in range(2):
            assert emulator.run(definition).assert_succeeded().output["ResponseBody"] == "fine"
        assert len(tokens.requests) == 1
        valid.clear()
        failed = emulator.run(definition)
        assert (failed.error, failed.cause) == ("States.Http.StatusCode.401", "who?")
        emulator.run(definition).assert_succeeded()
        assert len(tokens.requests) == 2


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (None, "list%5B0%5D=a&list%5B1%5D=b%20c&map%5Bk%5D=1"),
        ("REPEAT", "list=a&list=b%20c&map%5Bk%5D=1"),
        ("COMMAS", "list=a,b%20c&map%5Bk%5D=1"),
        ("BRACKETS", "list%5B%5D=a&list%5B%5D=b%20c&map%5Bk%5D=1"),
    ],
)
def test_a_body_is_sent_as_a_form(array: str | None, text: str) -> None:
    options = {} if array is None else {"RequestEncodingOptions": {"ArrayFormat": array}}
    with Emulator() as emulator:
        api = emulator.http(URL, wsgi())
        arn = connect(emulator)
        body = {"list": ["a", "b c"], "map": {"k": 1}}
        transform = {"RequestBodyEncoding": "URL_ENCODED", **options}
        emulator.run(machine(**config(arn), RequestBody=body, Transform=transform)).assert_succeeded()
        assert api.requests[0].text == text
        assert api.requests[0].header("Content-Type") == "application/x-www-form-urlencoded"


def test_another_status_is_an_error_that_can_be_retried_and_caught() -> None:
    answers = iter(["503 Service Unavailable", "404 Not Found"])

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(next(answers), [("Content-Type", "application/json")])
        return [b'{"code": "gone"}']

    with Emulator() as emulator:
        emulator.http(URL, app)
        definition = machine(**config(connect(emulator)))
        task = definition["States"]["Charge"]
        task["Retry"] = [{"ErrorEquals": ["States.Http.StatusCode.503"], "IntervalSeconds": 5}]
        task["Catch"] = [{"ErrorEquals": ["States.Http.StatusCode.404"], "Next": "Gone"}]
        definition["States"]["Gone"] = {"Type": "Pass", "End": True}
        run = emulator.run(definition).assert_succeeded()
        assert run.output == {"Error": "States.Http.StatusCode.404", "Cause": '{"code": "gone"}'}
        types = [event["type"] for event in run.history]
        assert types.count("TaskFailed") == 2


def test_an_application_that_takes_more_than_a_minute_is_a_socket_error() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(90)  # noqa: TID251 - on the application's own clock
        raise AssertionError("it is not waited for")

    with Emulator() as emulator:
        emulator.http(URL, app)
        run = emulator.run(machine(**config(connect(emulator))))
        assert run.error == "States.Http.Socket"
        assert run.stopped_at is not None
        assert run.stopped_at - run.started_at == timedelta(seconds=60)


def test_an_application_s_wait_takes_virtual_time_and_its_exception_is_a_500() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(10)  # noqa: TID251 - on the application's own clock
        raise LookupError("no such charge")

    with Emulator() as emulator:
        emulator.http(URL, app)
        run = emulator.run(machine(**config(connect(emulator))))
        assert (run.error, run.cause) == ("States.Http.StatusCode.500", "Internal Server Error")
        assert run.stopped_at is not None
        assert run.stopped_at - run.started_at == timedelta(seconds=10)
        assert [repr(error) for _, error in run.exceptions] == ["LookupError('no such charge')"]


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream"])
def test_a_response_that_is_not_text_fails_the_execution(kind: str) -> None:
    with Emulator() as emulator:
        emulator.http(URL, wsgi(kind=kind))
        assert emulator.run(machine(**config(connect(emulator)))).error == "States.Runtime"


def test_what_nothing_answers_is_refused_by_name_and_is_sent_nowhere() -> None:
    with Emulator(allow_blocked=True) as emulator:
        emulator.http("https://other.example.com", wsgi())
        definition = machine(**config(connect(emulator)))
        with pytest.raises(NotEmulatedError) as raised:
            emulator.run(definition)
        text = str(raised.value)
        assert "POST https://api.example.com/charges (state 'Charge' of" in text
        assert "answered: https://other.example.com" in text
        assert text.count("emulator.http('https://api.example.com', app)") == 1
        assert text.count("emulator.task('Charge').returns(...)") == 1


def test_a_url_that_nothing_answers_is_refused_also_without_its_connection() -> None:
    with Emulator() as emulator:
        arn = connect(emulator)
        emulator.client("events").delete_connection(Name="api")
        definition = machine(**config(arn))
        definition["States"]["Charge"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Charge"}]
        with pytest.raises(NotEmulatedError) as raised:
            emulator.run(definition)
    assert str(raised.value).startswith(f"connection {arn} does not exist, and POST https://api.example.com/charges (")


def test_a_connection_that_is_not_there_is_aws_s_error() -> None:
    with Emulator() as emulator:
        emulator.http(URL, wsgi())
        arn = connect(emulator)
        emulator.client("events").delete_connection(Name="api")
        assert emulator.run(machine(**config(arn))).error == "Events.ConnectionResource.ResourceNotFound"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"Headers": {"Host": "x"}}, "The field 'Headers' has 'Host'"),
        ({"Headers": {"X-Amz-Date": "x"}}, "The field 'Headers' has 'X-Amz-Date'"),
        ({"Headers": {"X-A": {"b": 1}}}, "The value of the field 'Headers' has an invalid format"),
        ({"ApiEndpoint": "http://api.example.com"}, "does not begin with https://"),
        ({"Method": "FETCH"}, "The field 'Method' is 'FETCH', which is none of"),
        ({"InvocationConfig": {}}, "The field 'InvocationConfig.ConnectionArn' is required but was missing"),
        ({"Transform": {"RequestBodyEncoding": "URLENCODED"}}, "none of NONE, URL_ENCODED; did you mean URL_ENCODED?"),
    ],
)
def test_what_step_functions_does_not_send_fails_before_it_is_scheduled(parameters: dict[str, Any], told: str) -> None:
    with Emulator() as emulator:
        emulator.http(URL, wsgi())
        run = emulator.run(machine(**{**config(connect(emulator)), **parameters}))
        assert run.error == "States.Runtime"
        assert "could not be used to start the Task" in str(run.cause)
        assert told in str(run.cause)
        assert "TaskScheduled" not in [event["type"] for event in run.history]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("api.example.com", wsgi()), "is not a URL with a scheme and a host"),
        ((URL, None), "give an application or forward="),
        ((URL, "app"), "is not an application of WSGI or ASGI"),
        ((URL, lambda request: None), "is not an application of WSGI, which takes (environ, start_response)"),
        ((f"{URL}?a=b", wsgi()), "leave out the query"),
    ],
)
def test_what_is_no_endpoint_is_refused(arguments: tuple[Any, ...], told: str) -> None:
    with Emulator() as emulator, pytest.raises(EmulatorError, match="http") as raised:
        emulator.http(*arguments)
    assert told in str(raised.value)


def test_a_server_is_named_by_its_url() -> None:
    with Emulator() as emulator, pytest.raises(EmulatorError, match="neither True nor the URL of a server"):
        emulator.http(URL, forward=8000)  # type: ignore[arg-type]


def test_a_host_of_aws_is_not_forwarded_to() -> None:
    with Emulator() as emulator, pytest.raises(EmulatorError, match="AWS's"):
        emulator.http(URL, forward="https://sqs.us-east-1.amazonaws.com")


def test_the_longest_url_answers() -> None:
    with Emulator() as emulator:
        outer, inner = emulator.http(URL, wsgi()), emulator.http(f"{URL}/charges", wsgi())
        beside = emulator.http(f"{URL}/char", wsgi())
        emulator.run(machine(**config(connect(emulator)))).assert_succeeded()
        assert [len(each.requests) for each in (outer, inner, beside)] == [0, 1, 0]


def test_a_template_makes_the_connection_and_a_function_s_url_answers(tmp_path: Path) -> None:
    template = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters:
        ApiKeyAuthParameters: {ApiKeyName: X-Api-Key, ApiKeyValue: k3y}
        InvocationHttpParameters: {HeaderParameters: [{Key: X-Team, Value: ours, IsValueSecret: false}]}
  Charge:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      FunctionUrlConfig: {AuthType: NONE}
      InlineCode: |
        def handler(event, context):
            return {"key": event["headers"]["x-api-key"], "team": event["headers"]["x-team"]}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Charge
        States:
          Charge:
            Type: Task
            Resource: arn:aws:states:::http:invoke
            Parameters:
              ApiEndpoint: !GetAtt ChargeUrl.FunctionUrl
              Method: POST
              Authentication: {ConnectionArn: !GetAtt Api.Arn}
            End: true
"""
    (tmp_path / "template.yaml").write_text(template)
    with Emulator() as emulator:
        app = emulator.deploy(tmp_path / "template.yaml")
        assert app.not_emulated == {}
        run = emulator.run(app.machine("Flow")).assert_succeeded()
        assert run.output["ResponseBody"] == {"key": "k3y", "team": "ours"}


class Answering(BaseHTTPRequestHandler):
    """A server of another team, on this machine."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"path": self.path, "host": self.headers["Host"], "body": json.loads(body)}).encode()
        self.send_response(201, "Made")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server that answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as http:
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()


def test_a_server_that_the_test_names_answers(server: str) -> None:
    with Emulator() as emulator:
        emulator.http(URL, forward=server)
        definition = machine(**config(connect(emulator)), RequestBody={"n": 1}, QueryParameters={"a": "b"})
        run = emulator.run(definition).assert_succeeded()
        assert (run.output["StatusCode"], run.output["StatusText"]) == (201, "Made")
        assert run.output["ResponseBody"] == {"path": "/charges?a=b", "host": "api.example.com", "body": {"n": 1}}


def test_a_server_that_is_not_there_is_an_error_of_the_test() -> None:
    with Emulator(allow_blocked=True) as emulator:
        emulator.http(URL, forward="http://127.0.0.1:9")
        with pytest.raises(EmulatorError, match="fix: start the server before the test"):
            emulator.run(machine(**config(connect(emulator))))


def test_the_command_line_names_the_server(server: str, tmp_path: Path) -> None:
    definition = machine(Authentication={"ConnectionArn": ARN}, RequestBody=[])
    (tmp_path / "flow.asl.json").write_text(json.dumps(definition))
    done = CliRunner().invoke(main, ["run", str(tmp_path / "flow.asl.json"), "--http", f"{URL}={server}", "--json"])
    assert json.loads(done.stdout)["error"] == "Events.ConnectionResource.ResourceNotFound"
    template = {"Resources": {"Api": {"Type": "AWS::Events::Connection", "Properties": CONNECTION}}}
    definition["States"]["Charge"]["Parameters"]["Authentication"] = {"ConnectionArn": "${Arn}"}
    properties = {
        "Definition": definition,
        "DefinitionSubstitutions": {"Arn": {"Fn::GetAtt": ["Api", "Arn"]}},
        "RoleArn": "arn:aws:iam::123456789012:role/r",
    }
    template["Resources"]["Flow"] = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    (tmp_path / "template.json").write_text(json.dumps(template))
    done = CliRunner().invoke(main, ["run", str(tmp_path / "template.json"), "--http", f"{URL}={server}", "-q"])
    assert json.loads(done.stdout)["ResponseBody"]["body"] == []
