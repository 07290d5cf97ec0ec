"""Lambda functions as tasks, as rules' targets and through ``Invoke``: what goes in, what comes out, what fails how.

Shapes and causes as recorded on AWS, unless a test names another source.
"""

import base64
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.clock import DEFAULT_START
from emulator.errors import MissingHandlerError
from emulator.functions import function_name
from emulator.targets.functions import payload_text

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
INVOKE = "arn:aws:states:::lambda:invoke"


@pytest.fixture
def functions(emulator: Emulator) -> "LambdaClient":
    client: LambdaClient = boto3.client("lambda")
    assert client.meta.region_name == emulator.region
    return client


def call(resource: str, **parameters: Any) -> dict[str, Any]:
    """A machine that makes one call."""
    given = {"Parameters": parameters} if parameters else {}
    return {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": resource, "End": True, **given}}}


def echo(event: Any, context: Any) -> Any:
    return event


def fail(event: Any, context: Any) -> None:
    raise LookupError("no card")


# Names


@pytest.mark.parametrize(
    "reference",
    [
        "f",
        "f:1",
        "123456789012:function:f",
        f"{FUNCTION}f",
        f"{FUNCTION}f:live",
    ],
)
def test_a_function_is_found_by_every_form_of_its_name(emulator: Emulator, reference: str) -> None:
    assert function_name(reference) == "f"
    emulator.lambda_function("f", echo)
    functions = emulator.client("lambda")
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    assert emulator.run(call(INVOKE, FunctionName=reference, Payload=[1])).output["Payload"] == [1]


def test_a_function_of_the_same_name_takes_its_place(emulator: Emulator) -> None:
    assert emulator.lambda_function("f", echo) == f"{FUNCTION}f"
    emulator.lambda_function("f", lambda *_: "new")
    assert emulator.run(call(FUNCTION + "f")).output == "new"


# Tasks


def test_the_arn_form_gives_input_and_output_as_they_are(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, context: {"got": event, "arn": context.invoked_function_arn})
    run = emulator.run(call(FUNCTION + "f"), [1, None])
    assert run.output == {"got": [1, None], "arn": f"{FUNCTION}f"}
    assert run.output_text == json.dumps(run.output)  # with the blanks that Python's runtime writes


def test_invoke_answers_with_the_whole_response(emulator: Emulator) -> None:
    emulator.lambda_function("f", echo)
    output = emulator.run(call(INVOKE, FunctionName="f", Payload={"a": 1})).output
    assert list(output) == ["ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"]
    assert (output["Payload"], output["StatusCode"], output["ExecutedVersion"]) == ({"a": 1}, 200, "$LATEST")
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"] == output["SdkResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (None, {}),
        ("null", None),
        ("text", "text"),
        ('{"a": 1}', {"a": 1}),
        ([1], [1]),
        ("0", 0),
        ('"quoted"', "quoted"),
    ],
)
def test_a_payload_of_json_text_is_sent_as_it_is(emulator: Emulator, payload: Any, event: Any) -> None:
    assert json.loads(payload_text(payload)) == event
    emulator.lambda_function("f", lambda event, _: [event])
    assert emulator.run(call(INVOKE, FunctionName="f", Payload=payload)).output["Payload"] == [event]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"FunctionName": "f", "TaskToken.$": "$"}, 'The field "TaskToken" is not supported by Step Functions'),
        ({"FunctionName.$": "$"}, "The value for the field 'FunctionName' must be a STRING"),
    ],
)
def test_what_is_known_only_at_run_time_fails_the_task(
    emulator: Emulator, parameters: dict[str, Any], says: str
) -> None:
    """Measured: a run of ``TaskToken.$`` beside Payload."""
    emulator.lambda_function("f", echo)
    run = emulator.run(call(INVOKE, **parameters), 5)
    assert run.error == "States.Runtime"
    assert [each["type"] for each in run.history] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert str(run.cause).endswith(f"could not be used to start the Task: [{says}]")


@pytest.mark.parametrize(
    ("resource", "sent"),
    [
        ("sqs:sendMessage", {"QueueUrl": 5, "MessageBody": "x"}),
        ("sqs:sendMessage.waitForTaskToken", {"QueueUrl": "u", "MessageBody": "x", "Foo": 1}),
        ("aws-sdk:sqs:sendMessage", {"QueueUrl": "u", "MessageBody": "x", "Foo": 1}),
        ("aws-sdk:dynamodb:putItem", {"TableName": "t", "Item": {"a": {"X": "1"}}}),
        ("lambda:invoke.waitForTaskToken", "text"),
    ],
)
def test_so_it_does_for_every_service(emulator: Emulator, resource: str, sent: Any) -> None:
    """test_invoke_with_headers[singleStringHeader]"""
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}
    evaluated = {**task, "QueryLanguage": "JSONata", "Arguments": "{% $states.input.p %}"}
    for state in (evaluated, *([{**task, "Parameters": _by_paths(sent)}] if isinstance(sent, dict) else [])):
        run = emulator.run({"StartAt": "T", "States": {"T": state}}, {"p": sent})
        assert run.status == "FAILED"
        assert [each["type"] for each in run.history][1:] in (
            ["TaskStateEntered", "ExecutionFailed"],
            ["TaskStateEntered", "EvaluationFailed", "ExecutionFailed"],
        )


def _by_paths(sent: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}.$": f"$.p.{name}" for name in sent}


def test_arguments_that_are_one_expression_are_read_at_run_time(emulator: Emulator) -> None:
    emulator.lambda_function("f", echo)
    definition = call(INVOKE)
    definition["States"]["Call"] |= {"QueryLanguage": "JSONata", "Arguments": "{% $states.input %}"}
    assert emulator.run(definition, {"FunctionName": "f", "Payload": 1}).output["Payload"] == 1
    refused = emulator.run(definition, {"Payload": 1, "Foo": 2})
    assert str(refused.cause).endswith(
        "[The field \"Foo\" is not supported by Step Functions, The field 'FunctionName' is required but was missing]"
    )


def test_without_a_payload_the_event_is_empty(emulator: Emulator) -> None:
    emulator.lambda_function("f", echo)
    assert emulator.run(call(INVOKE, FunctionName="f"), {"not": "this"}).output["Payload"] == {}


def test_an_invocation_of_type_event_does_not_wait(emulator: Emulator) -> None:
    calls = []

    def slow(event: Any, context: Any) -> None:
        time.sleep(60)
        calls.append(event)

    emulator.lambda_function("f", slow)
    run = emulator.run(call(INVOKE, FunctionName="f", InvocationType="Event", Payload={"a": 1}))
    assert (run.output["StatusCode"], run.output["Payload"], run.elapsed) == (202, None, timedelta(0))
    assert calls == [{"a": 1}]


@pytest.mark.parametrize(("kind", "status"), [("Event", 202), ("DryRun", 204)])
def test_no_version_is_told_of_a_call_that_is_not_waited_for(emulator: Emulator, kind: str, status: int) -> None:
    """As recorded of Invoke: without ExecutedVersion, in the response and in its headers."""
    emulator.lambda_function("f", echo)
    output = emulator.run(call(INVOKE, FunctionName="f", InvocationType=kind)).output
    assert list(output) == ["Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"]
    assert output["StatusCode"] == output["SdkHttpMetadata"]["HttpStatusCode"] == status
    assert not output["SdkHttpMetadata"]["HttpHeaders"].keys() & {"X-Amz-Executed-Version", "Content-Type"}


SDK_INVOKE = "arn:aws:states:::aws-sdk:lambda:invoke"


def test_the_sdk_integration_tells_of_a_missing_function(emulator: Emulator) -> None:
    emulator.lambda_function("shop", echo)
    with pytest.raises(MissingHandlerError, match="no handler for shp"):
        emulator.run(call(SDK_INVOKE, FunctionName="shp"))
    with pytest.raises(MissingHandlerError, match="no handler for shp"):
        emulator.run(call(SDK_INVOKE, **{"FunctionName.$": "$.name"}), {"name": "shp"})
    assert emulator.run(call(SDK_INVOKE, FunctionName="shop")).status == "SUCCEEDED"


def test_a_missing_function_of_the_sdk_integration_can_fail_as_on_aws() -> None:
    with Emulator(missing_function="fail") as world:
        assert world.run(call(SDK_INVOKE, FunctionName="f")).error == "Lambda.ResourceNotFoundException"


def test_an_invocation_of_type_event_succeeds_though_the_function_fails(emulator: Emulator) -> None:
    emulator.lambda_function("f", fail)
    assert emulator.run(call(INVOKE, FunctionName="f", InvocationType="Event")).status == "SUCCEEDED"


def test_the_tail_of_the_log_comes_when_it_is_asked_for(emulator: Emulator) -> None:
    emulator.lambda_function("f", echo)
    output = emulator.run(call(INVOKE, FunctionName="f", LogType="Tail")).output
    assert base64.b64decode(output["LogResult"]).decode().startswith("START RequestId: ")
    assert output["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Log-Result"] == output["LogResult"]


def test_the_length_of_a_payload_is_what_the_function_sent_blanks_and_all(emulator: Emulator) -> None:
    """Recorded: ``test_base_task_lambda``, 60 bytes where the output holds 55."""
    emulator.lambda_function("f", echo)
    output = emulator.run(call(INVOKE, FunctionName="f", Payload={"a": [1, 2]})).output
    assert output["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"] == [str(len('{"a": [1, 2]}'))]


def test_the_cause_of_the_arn_form_is_the_payload_verbatim_and_that_of_invoke_is_compact(emulator: Emulator) -> None:
    emulator.lambda_function("f", fail)
    plain, wrapped = emulator.run(call(FUNCTION + "f")), emulator.run(call(INVOKE, FunctionName="f"))
    assert plain.error == wrapped.error == "LookupError"
    assert plain.cause is not None
    assert wrapped.cause is not None
    assert plain.cause.startswith('{"errorMessage": "no card", "errorType": "LookupError", "requestId": "')
    assert wrapped.cause.startswith('{"errorMessage":"no card","errorType":"LookupError","requestId":"')
    assert json.loads(plain.cause).keys() == json.loads(wrapped.cause).keys()
    assert [event["type"] for event in plain.history[3:5]] == ["LambdaFunctionStarted", "LambdaFunctionFailed"]
    assert [event["type"] for event in wrapped.history[3:5]] == ["TaskStarted", "TaskFailed"]


def test_an_error_class_is_named_without_its_module(emulator: Emulator) -> None:
    class CardDeclinedError(Exception):
        pass

    def decline(event: Any, context: Any) -> None:
        raise CardDeclinedError

    emulator.lambda_function("f", decline)
    run = emulator.run(call(FUNCTION + "f"))
    assert (run.error, json.loads(run.cause or "")["errorMessage"]) == ("CardDeclinedError", "")


def test_a_function_that_sleeps_past_its_own_timeout_fails(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda *_: time.sleep(10), timeout_seconds=3)
    run = emulator.run(call(FUNCTION + "f"))
    assert (run.error, run.elapsed) == ("Sandbox.Timedout", timedelta(seconds=3))
    assert "Task timed out after 3.00 seconds" in (run.cause or "")


def test_a_function_that_answers_too_much_fails(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda *_: "x" * 300_000)
    run = emulator.run(call(FUNCTION + "f"))
    assert (run.status, run.error) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"timeout_seconds": 0}, "timeout_seconds is 0; Lambda allows 1 to 900"),
        ({"timeout_seconds": 901}, "timeout_seconds is 901"),
        ({"memory_mb": 64}, "memory_mb is 64; Lambda allows 128 to 10240"),
        ({"name": "a b"}, "a name has 1 to 64 letters"),
        ({"handler": 7}, "handler is an int; give a function of"),
    ],
)
def test_what_lambda_would_not_register_is_refused(emulator: Emulator, wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        emulator.lambda_function(**{"name": "f", "handler": echo, **wrong})


@pytest.mark.parametrize("name", ["Lambda.Unknown", "Lambda.TooManyRequestsException", "Runtime.ExitError"])
@pytest.mark.parametrize("by_arn", [True, False])
def test_a_handler_brings_about_any_error_of_lambda_by_name(emulator: Emulator, name: str, by_arn: bool) -> None:
    """Those that nothing here brings about: older time-outs, throttling, a process out of memory."""

    def handler(event: Any, context: Any) -> None:
        raise type(name, (Exception,), {})("as on AWS")

    arn = emulator.lambda_function("f", handler)
    run = emulator.run(call(arn) if by_arn else call(INVOKE, FunctionName="f"))
    assert (run.error, json.loads(run.cause or "")["errorMessage"]) == (name, "as on AWS")


def test_missing_functions_can_fail_as_on_aws() -> None:
    """Recorded: ``test_no_such_function``."""
    with Emulator(missing_function="fail") as world:
        run = world.run(call(INVOKE, FunctionName="nobody"))
        assert run.error == "Lambda.ResourceNotFoundException"
        assert (run.cause or "").startswith(f"Function not found: {FUNCTION}nobody:$LATEST (Service: AWSLambda; ")


# Invoke


def test_invoke_through_boto3(emulator: Emulator, functions: "LambdaClient") -> None:
    emulator.lambda_function("f", lambda event, context: [event, context.function_name])
    answer: Any = functions.invoke(FunctionName="f", Payload=b'{"a": 1}')
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    assert answer["Payload"].read() == b'[{"a": 1}, "f"]'
    assert "LogResult" not in answer
    assert json.loads(functions.invoke(FunctionName=f"{FUNCTION}f:$LATEST")["Payload"].read()) == [{}, "f"]


def test_invoke_of_a_function_that_fails(emulator: Emulator, functions: "LambdaClient") -> None:
    emulator.lambda_function("f", fail)
    answer = functions.invoke(FunctionName="f", LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "LookupError"
    assert "[ERROR] LookupError: no card" in base64.b64decode(answer["LogResult"]).decode()


def test_invoke_of_type_event_calls_the_function_and_does_not_tell_of_it(
    emulator: Emulator, functions: "LambdaClient", caplog: pytest.LogCaptureFixture
) -> None:
    calls = []
    emulator.lambda_function("f", lambda event, _: calls.append(event))
    emulator.lambda_function("bad", fail)
    answer = functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"[1]")
    assert (answer["StatusCode"], answer["Payload"].read(), calls) == (202, b"", [[1]])
    functions.invoke(FunctionName="bad", InvocationType="Event")
    assert "function bad, called asynchronously, failed: LookupError: no card" in caplog.text


def test_invoke_of_type_dry_run_calls_nothing(emulator: Emulator, functions: "LambdaClient") -> None:
    calls = []
    emulator.lambda_function("f", lambda event, _: calls.append(event))
    assert functions.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    assert calls == []


def test_invoke_hands_on_the_client_context(emulator: Emulator, functions: "LambdaClient") -> None:
    emulator.lambda_function("f", lambda _, context: context.client_context.custom)
    context = base64.b64encode(b'{"custom": {"who": "me"}}').decode()
    assert json.loads(functions.invoke(FunctionName="f", ClientContext=context)["Payload"].read()) == {"who": "me"}


def test_invoke_of_a_function_that_is_not_there(functions: "LambdaClient") -> None:
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="Function not found: arn:aws:lambda"):
        functions.invoke(FunctionName="nobody")


@pytest.mark.parametrize("body", [b"{not", b"\xff", b'"' + b"\xc3"])
def test_invoke_with_a_body_that_is_not_json(emulator: Emulator, functions: "LambdaClient", body: bytes) -> None:
    emulator.lambda_function("f", echo)
    with pytest.raises(ClientError, match="Could not parse request body into json") as caught:
        functions.invoke(FunctionName="f", Payload=body)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_a_handler_that_invokes_another_waits_for_it_on_its_own_clock(
    emulator: Emulator, functions: "LambdaClient"
) -> None:
    times: list[float] = []

    def inner(event: Any, context: Any) -> None:
        times.append(time.time() - DEFAULT_START.timestamp())
        time.sleep(5)

    def outer(event: Any, context: Any) -> float:
        time.sleep(10)
        functions.invoke(FunctionName="inner")
        functions.invoke(FunctionName="inner", InvocationType="Event")
        return time.time() - DEFAULT_START.timestamp()

    emulator.lambda_function("inner", inner)
    emulator.lambda_function("outer", outer)
    run = emulator.run(call(FUNCTION + "outer"))
    assert (run.output, run.elapsed) == (15.0, timedelta(seconds=15))
    assert times == [10.0, 15.0]


def test_a_handler_by_its_name(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "handlers_by_name.py").write_text(
        "def charge(event, context):\n    return 'by name'\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    emulator.lambda_function("f", "handlers_by_name:charge")
    assert emulator.run(call(FUNCTION + "f")).output == "by name"


def test_the_environment_of_a_function_is_its_own(emulator: Emulator) -> None:
    import os

    emulator.lambda_function(
        "f", lambda *_: [os.environ["TABLE"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]], environment={"TABLE": "t"}
    )
    assert emulator.run(call(FUNCTION + "f")).output == ["t", "f"]
    assert "TABLE" not in os.environ


@pytest.mark.parametrize("mock", [Mock, MagicMock])
def test_a_mock_is_a_handler(emulator: Emulator, mock: type[Mock]) -> None:
    charge = mock(return_value={"paid": True})
    arn = emulator.lambda_function("charge", charge)
    assert emulator.run(call(arn), {"id": 7}).output == {"paid": True}
    event, _context = charge.call_args.args
    assert event == {"id": 7}
