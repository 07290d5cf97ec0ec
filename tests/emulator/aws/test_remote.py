"""A backend outside: what is sent there, what comes back, and what is said of one that is down, slow or lacking."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from emulator import BackendError, Emulator
from emulator.aws import remote
from emulator.aws.interception import AwsRequest
from emulator.aws.remote import Endpoint, Remote, refusal_text
from emulator.cli import main
from emulator.eventbridge.targets import DELIVERIES
from tests.fakes.endpoint import Script

ONCE = Config(retries={"total_max_attempts": 1})
THROTTLED = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'


@pytest.fixture
def nowhere() -> str:
    """A URL at which nothing is listening."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def emulate() -> Callable[..., Result]:
    return lambda *args: CliRunner().invoke(main, args)


# What is sent --------------------------------------------------------------------------------------------------------


def test_a_request_goes_to_the_endpoint_signed_with_its_keys(script: Script) -> None:
    script.answer = (200, {}, b'{"TableNames": []}')
    with Emulator(backend=script.url.replace("://", "://111111111111@")):
        own: Any = {"aws_access_key_id": "AKIAREALKEY", "aws_secret_access_key": "real", "aws_session_token": "token"}
        boto3.client("dynamodb", region_name="eu-west-1", **own).list_tables()
    ((method, path, headers, body),) = script.seen
    assert (method, path, body) == ("POST", "/", b"{}")
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.ListTables"
    assert headers["Host"] == script.url.removeprefix("http://")
    assert "Credential=111111111111/" in headers["Authorization"]
    assert "/eu-west-1/dynamodb/aws4_request" in headers["Authorization"]
    assert not any("AKIAREALKEY" in value or value == "token" for value in headers.values())


def test_a_request_that_came_unsigned_is_of_the_same_account(script: Script) -> None:
    """A server gets them of clients that leave signing out."""
    request = AWSPreparedRequest("POST", "https://dynamodb.us-east-1.amazonaws.com/", HTTPHeaders(), b"{}", False)
    Remote(Endpoint(script.url, "111111111111")).send(AwsRequest("dynamodb", request))
    ((_, _, headers, _),) = script.seen
    assert "Credential=111111111111/" in headers["Authorization"]
    assert "/us-east-1/dynamodb/aws4_request" in headers["Authorization"]


def test_the_key_of_an_endpoint_is_of_the_emulators_own_account_to_step_functions(script: Script) -> None:
    """It names an account at the endpoint only: each worker of pytest-xdist has one of its own there."""
    script.answer = (200, {}, b'{"EventBuses": []}')
    with Emulator(backend=script.url.replace("://", "://000000000001@")) as emulator:
        made = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, name="orders")
        other_keys: Any = {"aws_access_key_id": "222222222222", "aws_secret_access_key": "test"}
        own, other = boto3.client("stepfunctions"), boto3.client("stepfunctions", **other_keys)
        assert [each["stateMachineArn"] for each in own.list_state_machines()["stateMachines"]] == [made.arn]
        assert other.list_state_machines()["stateMachines"] == []


def test_a_bucket_is_named_in_the_path(script: Script) -> None:
    with Emulator(backend=script.url):
        script.answer = (200, {}, b"text")
        s3 = boto3.client("s3", region_name="eu-west-1")
        assert s3.get_object(Bucket="papers", Key="a b/ü.txt")["Body"].read() == b"text"
        script.answer = (200, {}, b"")
        s3.put_object(Bucket="papers", Key="k", Body=b"1234")
    (_, path, _, _), (_, put_path, headers, body) = script.seen
    assert (path, put_path) == ("/papers/a%20b/%C3%BC.txt", "/papers/k")
    assert b"1234" in body
    assert headers["Content-Length"] == str(len(body))


def test_step_functions_and_functions_registered_here_stay_here(script: Script) -> None:
    with Emulator(backend={"*": script.url, "events": "moto"}) as emulator:
        emulator.lambda_function("here", lambda event, _: {"got": event})
        assert boto3.client("stepfunctions").list_state_machines()["stateMachines"] == []
        boto3.client("lambda").invoke(FunctionName="here", Payload=b"1")
        assert script.seen == []
        boto3.client("lambda").list_layers()
        assert [path for _, path, _, _ in script.seen] == ["/2018-10-31/layers"]


def test_one_service_may_live_elsewhere(script: Script) -> None:
    with Emulator(backend={"sqs": script.url}):
        assert boto3.client("dynamodb").list_tables()["TableNames"] == []
        boto3.client("sqs").list_queues()
    assert [headers["X-Amz-Target"] for _, _, headers, _ in script.seen] == ["AmazonSQS.ListQueues"]


def test_a_redirect_is_not_followed(script: Script) -> None:
    script.answer = (301, {"Location": "https://sqs.us-east-1.amazonaws.com/"}, b"{}")
    with Emulator(backend=script.url) as emulator:
        with pytest.raises(BackendError, match=r"sends the request on \(301 to https://sqs.us-east-1.amazonaws.com/\)"):
            boto3.client("sqs", config=ONCE).list_queues()
        emulator.blocked.clear()
    assert len(script.seen) == 1


def test_a_queue_of_the_emulators_account_is_one_of_the_backends(script: Script) -> None:
    """Definitions name queues with the account of the emulator; the backend has another one for its key."""
    arn = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    script.answer = (200, {}, f'{{"EventBuses": [{{"Name": "default", "Arn": "{arn}"}}]}}'.encode())
    with Emulator(backend=script.url):
        url = "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
        boto3.client("sqs").purge_queue(QueueUrl=url)
    assert b"sqs.us-east-1.amazonaws.com/000000000000/orders" in script.seen[-1][3]


# What is wrong with it -----------------------------------------------------------------------------------------------


def told(script_or_url: Any, call: Callable[[], object]) -> str:
    """The error of a call; it is remembered for the report of a failing test."""
    url = script_or_url if isinstance(script_or_url, str) else script_or_url.url
    with Emulator(backend=url) as emulator:
        with pytest.raises(BackendError) as raised:
            call()
        assert emulator.blocked == [str(raised.value)]
    return str(raised.value)


FIX = (
    "\n    fix: check that the backend runs and has {0} (LocalStack: make localstack), or use moto for it: "
    "--backend {0}=moto (pytest: --emulator-backend)"
)


def test_one_that_is_down(nowhere: str) -> None:
    text = told(nowhere, lambda: boto3.client("dynamodb").list_tables())
    assert text == f"dynamodb:ListTables at {nowhere}: nothing is listening there (connection refused)" + FIX.format(
        "dynamodb"
    )


def test_one_whose_host_there_is_not() -> None:
    text = told("http://nowhere.invalid:4566", lambda: boto3.client("sqs").list_queues())
    assert text.startswith("sqs:ListQueues at http://nowhere.invalid:4566: ")
    assert "the host does not exist" in text


def test_one_that_is_slow(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.1)
    over = threading.Event()
    script.answer = lambda: (over.wait(5), (200, {}, b"{}"))[1]
    text = told(script, lambda: boto3.client("sns").list_topics())
    over.set()
    assert text == f"sns:ListTopics at {script.url}: no answer within 0.1 s" + FIX.format("sns")
    assert len(script.seen) == 1


def test_one_that_hangs_up(script: Script) -> None:
    script.answer = (0, {}, b"")
    text = told(script, lambda: boto3.client("sqs").list_queues())
    assert text.startswith(f"sqs:ListQueues at {script.url}: the connection broke: ")


@pytest.mark.parametrize("status", [500, 501, 502, 504])
def test_one_that_lacks_the_service(script: Script, status: int) -> None:
    """LocalStack's words for a service that its edition does not have; it is asked once."""
    body = b'{"__type": "InternalFailure", "message": "The API for service rds is not included"}'
    script.answer = (status, {}, body)
    text = told(script, lambda: boto3.client("dynamodb").list_tables())
    assert text == (
        f"dynamodb:ListTables at {script.url}: it cannot answer this request ({status}): {body.decode()}"
        + FIX.format("dynamodb")
    )
    assert len(script.seen) == 1


def test_one_that_is_no_aws_endpoint(script: Script) -> None:
    script.answer = (404, {"Content-Type": "text/html; charset=utf-8"}, b"<html>")
    text = told(script, lambda: boto3.client("sqs").list_queues())
    call = f"sqs:ListQueues at {script.url}"
    assert text.startswith(f"{call}: it answered 404 with a web page, so it is not an AWS endpoint")


def test_one_that_throttles_a_client_answers_the_client(script: Script) -> None:
    """As on AWS the client tries again, as often as it is told, and raises what AWS says."""
    script.answer = (400, {}, THROTTLED)
    with Emulator(backend=script.url):
        client = boto3.client("sqs", config=Config(retries={"total_max_attempts": 2, "mode": "standard"}))
        with pytest.raises(ClientError) as raised:
            client.list_queues()
    assert raised.value.response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert len(script.seen) == 2
    assert refusal_text(raised.value) == (
        f"sqs:ListQueues at {script.url} was refused: ThrottlingException: Rate exceeded" + FIX.format("sqs")
    )
    assert refusal_text(ClientError({}, "ListQueues")) is None
    assert refusal_text(ValueError()) is None


def test_one_that_throttles_the_emulators_own_calls(script: Script) -> None:
    script.answer = (400, {}, THROTTLED)
    with pytest.raises(BackendError) as raised:
        Remote(Endpoint(script.url)).ask("events", "ListEventBuses", {}, "us-east-1")
    assert str(raised.value) == (
        f"events:ListEventBuses at {script.url} was refused 6 times: ThrottlingException: Rate exceeded"
        + FIX.format("events")
    )


def test_closing_does_not_fail_when_the_backend_has_gone(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    script.answer = (200, {}, b'{"EventBusArn": "arn", "EventBuses": [], "TableDescription": {}, "TableNames": []}')
    with Emulator(backend=script.url):
        boto3.client("events").create_event_bus(Name="shop")
        boto3.client("dynamodb").create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        script.answer = (500, {}, b"gone")
    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith(
        "left behind at the backend: table orders, event bus shop: dynamodb:DeleteTable at http://127.0.0.1:"
    )
    assert message.endswith(f"\n    fix: emulate clean --backend {script.url}")


# The emulator's own requests -----------------------------------------------------------------------------------------

BUSY: Any = {
    "throttled": (400, {}, THROTTLED),
    "busy": (503, {}, b"Slow down"),
    "too many": (429, {}, b"{}"),
    "hung up": (0, {}, b""),
}


def bridged(script: Script, failing: dict[str, Any]) -> None:
    """Answer as a backend with a bus ``shop`` and a rule that leads to a machine; ``failing``: operation -> answers.

    The last of the answers is given for ever; ``None`` is what the backend answers otherwise.
    """
    rule = {"Name": "placed", "Arn": "arn:aws:events:us-east-1:1:rule/r", "EventPattern": '{"source": ["shop"]}'}
    target = {"Id": "1", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:order"}
    answers: dict[str, Any] = {
        "ListEventBuses": {"EventBuses": [{"Name": "shop"}]},
        "ListRules": {"Rules": [rule, {**rule, "Name": "paid"}]},
        "ListTargetsByRule": {"Targets": [target]},
        "CreateQueue": {"QueueUrl": "http://localhost/1/q"},
        "GetQueueAttributes": {"Attributes": {"QueueArn": "arn:aws:sqs:us-east-1:1:q"}},
        "PutRule": {"RuleArn": rule["Arn"]},
        "PutTargets": {"FailedEntryCount": 0},
    }

    def answer() -> Any:
        operation = script.seen[-1][2]["X-Amz-Target"].rpartition(".")[2]
        given = failing.get(operation, [None])
        said = given.pop(0) if len(given) > 1 else given[0]
        return said or (200, {}, json.dumps(answers.get(operation, {})).encode())

    script.answer = answer


def operations(script: Script) -> list[str]:
    return [headers["X-Amz-Target"].rpartition(".")[2] for _, _, headers, _ in script.seen]


@pytest.mark.parametrize("how", BUSY)
def test_a_poll_that_fails_is_sent_again(script: Script, pauses: list[float], how: str) -> None:
    bridged(script, {"ReceiveMessage": [BUSY[how], BUSY[how], None]})
    with Emulator(backend=script.url) as emulator:
        emulator.clock.advance(seconds=1)
    assert operations(script).count("ReceiveMessage") >= 4
    assert pauses == [0.05, 0.1]


@pytest.mark.parametrize("how", BUSY)
def test_a_poll_that_goes_on_failing_is_named(
    script: Script, pauses: list[float], how: str, caplog: pytest.LogCaptureFixture
) -> None:
    bridged(script, {"ReceiveMessage": [BUSY[how]]})
    with Emulator(backend=script.url) as emulator:
        with pytest.raises(BackendError) as raised:
            emulator.clock.advance(seconds=1)
        assert pauses == list(remote.PAUSES)
    text = str(raised.value)
    assert text.startswith(f"sqs:ReceiveMessage at {script.url}")
    assert "6 times" in text
    assert operations(script).count("DeleteQueue") == 2, "what was made is deleted all the same"
    assert caplog.records == []


@pytest.mark.parametrize("how", BUSY)
def test_a_failure_at_the_end_keeps_nothing_else(script: Script, how: str, caplog: pytest.LogCaptureFixture) -> None:
    bridged(script, {"DeleteRule": [BUSY[how]] * 6 + [None]})
    with Emulator(backend=script.url) as emulator:
        emulator.clock.advance(seconds=1)
    done = operations(script)
    assert (done.count("RemoveTargets"), done.count("DeleteQueue"), done.count("DeleteRule")) == (2, 2, 7)
    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith("left behind at the backend: rules and queues asl-emulator-")
    assert "-1: events:DeleteRule at " in message
    assert "-2" not in message.partition(" at ")[0]
    assert message.endswith(f"\n    fix: emulate clean --backend {script.url}")


def test_a_resource_that_cannot_be_deleted_keeps_no_other(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    def answer() -> Any:
        operation = script.seen[-1][2].get("X-Amz-Target", "").rpartition(".")[2]
        if operation == "DeleteTable" and b"second" in script.seen[-1][3]:
            return 503, {}, b""
        return 200, {}, b'{"TableDescription": {"TableArn": "arn"}}'

    script.answer = answer
    with Emulator(backend={"dynamodb": script.url}):
        for name in ("first", "second", "third"):
            boto3.client("dynamodb").create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )
    deleted = [body for _, _, headers, body in script.seen if headers["X-Amz-Target"].endswith("DeleteTable")]
    assert [sum(name in body for body in deleted) for name in (b"first", b"second", b"third")] == [1, 6, 1]
    (record,) = caplog.records
    assert record.getMessage().startswith("left behind at the backend: table second: dynamodb:DeleteTable at ")


def test_a_put_whose_connection_broke_is_not_sent_twice(script: Script) -> None:
    bridged(script, {"PutEvents": [BUSY["hung up"]]})
    with (
        Emulator(backend=script.url),
        pytest.raises(BackendError, match=r"PutEvents at http.+ the connection broke"),
    ):
        boto3.client("events").put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
    assert operations(script).count("PutEvents") == 1


@pytest.mark.parametrize("message", [{}, {"Body": "no JSON", "ReceiptHandle": "1"}, {"Body": '{"no": "id"}'}])
def test_a_message_that_is_no_event_is_named(script: Script, message: Any) -> None:
    came = json.dumps({"Messages": [message]}).encode()
    bridged(script, {"ReceiveMessage": [(200, {}, came)]})
    with Emulator(backend=script.url) as emulator, pytest.raises(BackendError, match="a message that is no event"):
        emulator.clock.advance(seconds=1)


@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_a_target_in_the_account_of_the_backend_may_be_in_this_process(script: Script, service: str) -> None:
    """The backend keeps the buses, and names the targets of rules in its own account."""
    with Emulator(backend={"events": script.url}) as emulator:
        world = emulator.assembly
        if service == "sqs":
            made = emulator.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
        else:
            made = emulator.client("sns").create_topic(Name="orders")["TopicArn"]
        target = {"Id": "1", "Arn": f"arn:aws:{service}:us-east-1:000000000000:orders"}
        hop: Any = None
        DELIVERIES[service](world, target, "text", hop, lambda *_: None)
        if service == "sqs":
            assert emulator.client("sqs").receive_message(QueueUrl=made)["Messages"][0]["Body"] == "text"
            emulator.client("sqs").purge_queue(QueueUrl=made)


# The commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("task",), ("run",)], ids=" ".join)
def test_commands_say_it_without_a_traceback(emulate: Callable[..., Result], nowhere: str, command: Any) -> None:
    result = emulate(*command, "--backend", nowhere)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        f"error: dynamodb:CreateTable at {nowhere}: nothing is listening there (connection refused)\n    fix: "
        in result.stderr
    )


def test_commands_say_what_was_throttled(emulate: Callable[..., Result], script: Script) -> None:
    """CreateTable has nobody between it and the command."""
    script.answer = (400, {}, b'{"__type": "LimitExceededException", "message": "Too many tables"}')
    result = emulate("task", "--backend", script.url)
    assert (result.exit_code, result.stdout) == (2, "")
    first = f"error: dynamodb:CreateTable at {script.url} was refused: LimitExceededException: Too many tables\n"
    assert first in result.stderr
    assert "Traceback" not in result.stderr


def test_commands_refuse_a_backend_that_is_none(emulate: Callable[..., Result]) -> None:
    for command in ("run", "task", "serve"):
        result = emulate(command, "--backend", "localstak")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.endswith(
            "error: backend 'localstak' is not a valid backend. Did you mean \"localstack\"?\n"
        )


def test_a_body_that_can_be_read_again(script: Script) -> None:
    """What is sent is read from the request as often as it is asked for."""
    with Emulator(backend=script.url):
        script.answer = (200, {}, b"")
        seen: list[bytes] = []
        s3 = boto3.client("s3")

        def look(request: Any, **_: Any) -> None:
            seen.extend([AwsRequest("s3", request).body, AwsRequest("s3", request).body])

        s3.meta.events.register("before-send.s3.PutObject", look)
        s3.put_object(Bucket="papers", Key="k", Body=b"1234")
    assert seen[0] == seen[1] == script.seen[0][3]
