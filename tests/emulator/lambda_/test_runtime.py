"""One call of a handler: what the caller gets, what people get, and what the handler sees.

Payload shapes of errors: recorded on AWS (Step Functions causes of failing Lambda tasks) and awslambdaric 4.2.2.
"""

import asyncio
import base64
import functools
import json
import os
import sys
import time
import unittest
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import sleep
from typing import Any
from unittest.mock import Mock

import pytest

from emulator.clock import DEFAULT_START
from emulator.lambda_ import Function, InvocationResult, invoke
from emulator.lambda_.task_root import TaskRoot
from emulator.lambda_.time import patches
from emulator.lambda_.time.shown import current_handler_time

# What handlers take and call is what is tested here:
# ruff: noqa: TID251

ID = "8c5d4a2e-0000-4000-8000-000000000001"


@pytest.fixture(params=patches.ORDER, autouse=True)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(request.param)
    monkeypatch.setattr(patches, "choose", lambda: request.param)


def call(
    handler: Callable[..., Any] | str, event: Any = None, *, arn: str | None = None, **given: Any
) -> InvocationResult:
    return invoke(
        Function("charge", handler, **given),
        json.dumps(event),
        clock_now=DEFAULT_START,
        request_id=ID,
        region="eu-west-1",
        account_id="123456789012",
        invoked_arn=arn,
    )


def line_of(text: str) -> int:
    """The number of the line of this file that holds only ``text``."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip() == text)


# What comes back


def test_a_response_has_the_python_runtimes_blanks() -> None:
    answer = call(lambda event, _: {"event": event, "price": Decimal("1.10")}, [1, {"a": None}])
    assert answer.payload == '{"event": [1, {"a": null}], "price": 1.10}'
    assert (answer.error, answer.error_type, answer.error_message, answer.exception) == (False, None, None, None)
    assert (answer.duration, answer.report) == (timedelta(0), None)


def test_non_ascii_is_escaped_only_by_older_runtimes() -> None:
    assert call(lambda *_: "é").payload == '"é"'
    assert call(lambda *_: "é", runtime="python3.11").payload == '"\\u00e9"'


def test_an_exception_is_reported_as_lambda_reports_it() -> None:
    def handler(event: Any, context: Any) -> None:
        raise LookupError("no order")

    answer = call(handler)
    where = (
        f'  File "{__file__}", line {line_of(chr(114) + "aise LookupError(" + chr(34) + "no order" + chr(34) + ")")}'
    )
    stack = [where + ', in handler\n    raise LookupError("no order")\n']
    expected = {"errorMessage": "no order", "errorType": "LookupError", "requestId": ID, "stackTrace": stack}
    assert answer.payload == json.dumps(expected)
    assert (answer.error, answer.error_type, answer.error_message) == (True, "LookupError", "no order")
    assert isinstance(answer.exception, LookupError)
    assert answer.report == "LookupError: no order\n" + stack[0].rstrip("\n")


def test_the_message_is_str_and_the_type_is_the_bare_class_name() -> None:
    class OrderError(Exception):
        def __init__(self) -> None:
            self.message = "not shown"

    def handler(event: Any, context: Any) -> None:
        raise OrderError

    answer = call(handler)
    assert (answer.error_type, answer.error_message) == ("OrderError", "")


def test_paths_below_the_task_root_are_shown_as_lambdas() -> None:
    def handler(event: Any, context: Any) -> None:
        raise LookupError

    answer = call(handler, task_root=TaskRoot(Path(__file__).parent))
    assert json.loads(answer.payload)["stackTrace"][0].startswith('  File "/var/task/test_runtime.py", line ')


def test_old_runtimes_report_no_request_id() -> None:
    assert list(json.loads(call(lambda *_: 1 / 0, runtime="python3.8").payload)) == [
        "errorMessage",
        "errorType",
        "stackTrace",
    ]


def test_a_handler_with_other_arguments_fails_and_people_learn_why() -> None:
    answer = call(lambda: None)
    assert answer.error_type == "TypeError"
    assert json.loads(answer.payload)["stackTrace"] == []
    assert answer.hint == "Lambda calls handler(event, context), with two positional arguments"


def test_an_event_that_is_not_json_never_reaches_the_handler() -> None:
    answer = invoke(
        Function("charge", pytest.fail),
        "{",
        clock_now=DEFAULT_START,
        request_id=ID,
        region="eu-west-1",
        account_id="123456789012",
    )
    assert answer.error_type == "Runtime.UnmarshalError"


def test_every_call_gets_an_event_of_its_own() -> None:
    function = Function("charge", lambda event, _: event.append(1) or event)
    fixed: dict[str, Any] = {
        "clock_now": DEFAULT_START,
        "request_id": ID,
        "region": "eu-west-1",
        "account_id": "123456789012",
    }
    assert [invoke(function, "[]", **fixed).payload for _ in range(2)] == ["[1]", "[1]"]


def test_a_response_json_cannot_hold_is_a_marshal_error() -> None:
    answer = call(lambda *_: {"at": datetime(2030, 1, 1, tzinfo=UTC)})
    message = "Unable to marshal response: Object of type datetime is not JSON serializable"
    expected = {"errorMessage": message, "errorType": "Runtime.MarshalError", "requestId": ID, "stackTrace": []}
    assert answer.payload == json.dumps(expected)
    assert answer.hint == "the response, at $.at, contains a datetime: return its isoformat()"


def test_an_async_handler_is_not_awaited_and_people_learn_why() -> None:
    async def handler(event: Any, context: Any) -> None: ...

    answer = call(handler)
    assert answer.error_message == "Unable to marshal response: Object of type coroutine is not JSON serializable"
    assert "does not await" in (answer.hint or "")
    assert "await" not in answer.payload


@pytest.mark.parametrize(("letters", "error"), [(6_291_554, False), (6_291_555, True)])
def test_a_response_has_at_most_6_mb(letters: int, error: bool) -> None:
    answer = call(lambda *_: "x" * letters)
    assert answer.error is error
    if error:
        assert answer.payload == (
            '{"errorType":"Function.ResponseSizeTooLarge","errorMessage":'
            '"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}'
        )


def test_the_limit_counts_bytes() -> None:
    assert call(lambda *_: "é" * 3_200_000).error_type == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        (lambda *_: sys.exit(), "Runtime exited without providing a reason"),
        (lambda *_: sys.exit(0), "Runtime exited without providing a reason"),
        (lambda *_: sys.exit(1), "Runtime exited with error: exit status 1"),
        (lambda *_: sys.exit(258), "Runtime exited with error: exit status 2"),
        (lambda *_: sys.exit("broken"), "Runtime exited with error: exit status 1"),
        (lambda *_: os._exit(3), "Runtime exited with error: exit status 3"),
    ],
)
def test_leaving_the_process_is_an_exit_error(leave: Callable[..., Any], reason: str) -> None:
    answer = call(leave)
    assert answer.payload == f'{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: {ID} Error: {reason}"}}'
    assert answer.hint is not None


def test_what_is_no_exception_ends_a_lambda_process() -> None:
    class StopWorking(BaseException): ...

    def handler(event: Any, context: Any) -> None:
        raise StopWorking

    assert call(handler).error_type == "Runtime.ExitError"


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_half_a_surrogate_pair_ends_a_lambda_process(text: str) -> None:
    assert call(lambda *_: text).error_type == "Runtime.ExitError"


def test_an_exception_without_text_ends_a_lambda_process() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError

    def handler(event: Any, context: Any) -> None:
        raise MuteError

    assert call(handler).error_type == "Runtime.ExitError"


# What is not for the caller


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (lambda: pytest.fail("wrong event"), pytest.fail.Exception),
        (lambda: pytest.skip("not here"), pytest.skip.Exception),
        (lambda: pytest.xfail("known"), pytest.xfail.Exception),
        (lambda: pytest.exit("enough"), pytest.exit.Exception),
        (Mock(side_effect=KeyboardInterrupt), KeyboardInterrupt),
        (Mock(side_effect=unittest.SkipTest), unittest.SkipTest),
    ],
)
def test_what_is_meant_for_the_test_runner_reaches_it(outcome: Callable[[], Any], error: type[BaseException]) -> None:
    with pytest.raises(error):
        call(lambda *_: outcome())
    assert current_handler_time() is None
    assert datetime.now(UTC).year < 2030


def test_an_assertion_error_is_an_error_of_the_function() -> None:
    def handler(event: Any, context: Any) -> None:
        raise AssertionError("not paid")

    assert call(handler).error_type == "AssertionError"


# Time


def test_a_handler_sees_virtual_time_and_moves_it_by_sleeping() -> None:
    def handler(event: Any, context: Any) -> list[Any]:
        time.sleep(1)
        sleep(1.5)
        return [datetime.now(UTC).isoformat(), context.get_remaining_time_in_millis()]

    answer = call(handler)
    assert answer.payload == '["2030-01-01T00:00:02.500000+00:00", 500]'
    assert answer.duration == timedelta(seconds=2.5)
    assert datetime.now(UTC).year < 2030


@pytest.mark.parametrize(("timeout", "words"), [(3, "3.00"), (1, "1.00"), (900, "900.00"), (2.5, "2.50")])
def test_a_handler_that_sleeps_past_its_timeout_ends_there(timeout: float, words: str) -> None:
    answer = call(lambda *_: time.sleep(10_000), timeout_seconds=timeout)
    assert answer.payload == (
        '{"errorType":"Sandbox.Timedout","errorMessage":'
        f'"RequestId: {ID} Error: Task timed out after {words} seconds"}}'
    )
    assert answer.duration == timedelta(seconds=timeout)
    assert (answer.error_type, "timeout_seconds" in (answer.hint or "")) == ("Sandbox.Timedout", timeout == 3)


def test_a_timeout_cannot_be_swallowed() -> None:
    def handler(event: Any, context: Any) -> str:
        try:
            time.sleep(60)
        except BaseException:
            return "went on"
        return "slept"

    assert call(handler).error_type == "Sandbox.Timedout"


def test_code_that_cleans_up_at_the_deadline_does_not_run_past_it() -> None:
    def handler(event: Any, context: Any) -> None:
        try:
            time.sleep(60)
        finally:
            time.sleep(60)

    answer = call(handler)
    assert (answer.error_type, answer.duration) == ("Sandbox.Timedout", timedelta(seconds=3))


def test_asyncio_runs_inside_a_handler_even_within_an_async_test() -> None:
    def handler(event: Any, context: Any) -> str:
        asyncio.run(asyncio.sleep(600))
        return f"{datetime.now(UTC):%H:%M}"

    async def test() -> tuple[InvocationResult, object]:
        answer = call(handler, timeout_seconds=900)
        await asyncio.sleep(0)
        return answer, asyncio.current_task()

    answer, task = asyncio.run(test())
    assert (answer.payload, answer.duration) == ('"00:10"', timedelta(minutes=10))
    assert task is not None


def test_a_handler_may_call_another_function() -> None:
    def inner(event: Any, context: Any) -> str:
        sleep(5)
        return f"{datetime.now(UTC):%H:%M:%S} {context.function_name}"

    def outer(event: Any, context: Any) -> list[Any]:
        sleep(60)
        handler_time = current_handler_time()
        assert handler_time is not None
        answer = invoke(
            Function("inner", inner, timeout_seconds=10),
            "null",
            clock_now=handler_time.now(),
            request_id="inner-id",
            region="eu-west-1",
            account_id="123456789012",
        )
        handler_time.sleep(answer.duration.total_seconds())
        return [json.loads(answer.payload), f"{datetime.now(UTC):%H:%M:%S}"]

    answer = call(outer, timeout_seconds=900)
    assert (answer.payload, answer.duration) == ('["00:01:05 inner", "00:01:05"]', timedelta(seconds=65))


def test_partials_methods_and_decorated_functions_sleep_on_the_line_too() -> None:
    space: dict[str, Any] = {}
    exec("from time import sleep\ndef wait(seconds, event, context):\n    sleep(seconds)", space)
    assert call(functools.partial(space["wait"], 2)).duration == timedelta(seconds=2)

    class Waiter:
        def __call__(self, event: Any, context: Any) -> None:
            sleep(1)

    assert call(functools.wraps(space["wait"])(lambda *a: space["wait"](1.5, *a))).duration == timedelta(seconds=1.5)
    assert call(Waiter()).duration == call(Waiter().__call__).duration == timedelta(seconds=1)


# What the handler is told


def test_the_context_names_the_call() -> None:
    seen: list[Any] = []
    call(lambda _, context: seen.append(context), memory_mb=512)
    [context] = seen
    assert context.aws_request_id == ID
    assert context.invoked_function_arn == "arn:aws:lambda:eu-west-1:123456789012:function:charge"
    assert (context.function_name, context.function_version, context.memory_limit_in_mb) == ("charge", "$LATEST", "512")
    assert context.log_group_name == "/aws/lambda/charge"
    assert context.log_stream_name.startswith("2030/01/01/[$LATEST]")
    assert len(context.log_stream_name.partition("]")[2]) == 32
    call(lambda _, context: seen.append(context), arn="arn:aws:lambda:eu-west-1:123456789012:function:charge:live")
    assert seen[1].invoked_function_arn.endswith(":live")


def test_a_client_context_that_is_not_json_fails_the_call() -> None:
    answer = invoke(
        Function("charge", lambda *_: None),
        "null",
        clock_now=DEFAULT_START,
        request_id=ID,
        region="eu-west-1",
        account_id="123456789012",
        client_context="{",
    )
    assert answer.error_type == "Runtime.LambdaContextUnmarshalError"


def test_the_environment_is_left_alone_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    assert call(lambda *_: os.environ.get("AWS_LAMBDA_FUNCTION_NAME")).payload == "null"


def test_lambdas_variables_and_the_functions_own_are_set_around_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE", "outside")
    monkeypatch.delenv("STAGE", raising=False)
    seen: dict[str, str] = {}
    before = dict(os.environ)
    call(lambda *_: seen.update(os.environ), environment={"TABLE": "orders", "STAGE": "test"})
    assert dict(os.environ) == before
    assert (seen["TABLE"], seen["STAGE"]) == ("orders", "test")
    assert (seen["AWS_REGION"], seen["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "charge"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/charge"
    assert seen["_X_AMZN_TRACE_ID"].startswith("Root=1-70dbd880-")


# Handlers by name


def test_a_handler_may_be_a_name() -> None:
    assert call("json.dumps").error_type == "TypeError"
    assert call("operator:eq").payload == "false"


def test_a_name_that_leads_nowhere_is_lambdas_init_error() -> None:
    answer = call("operator:eqq")
    message = "Handler 'eqq' missing on module 'operator'"
    expected = {"errorMessage": message, "errorType": "Runtime.HandlerNotFound", "requestId": "", "stackTrace": []}
    assert answer.payload == json.dumps(expected)
    assert answer.hint == 'Did you mean "eq"?'


def test_a_module_that_leaves_the_process_is_an_exit_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "leaves_at_import.py").write_text("raise SystemExit(4)\n")
    assert call("leaves_at_import.handler").error_message == (
        f"RequestId: {ID} Error: Runtime exited with error: exit status 4"
    )


# Logs


def test_the_log_has_lambdas_lines() -> None:
    def handler(event: Any, context: Any) -> None:
        context.log("hello\n")
        time.sleep(1.2345)

    answer = call(handler)
    assert answer.logs == (
        f"START RequestId: {ID} Version: $LATEST\nhello\nEND RequestId: {ID}\nREPORT RequestId: {ID}"
        "\tDuration: 1234.50 ms\tBilled Duration: 1235 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t\n"
    )
    assert base64.b64decode(answer.log_tail).decode() == answer.logs


def test_a_call_in_which_no_time_passes_is_not_reported_with_a_duration_of_0() -> None:
    """aws-lambda-power-tuning, for one, takes such a call for one that failed."""
    assert "\tDuration: 0.01 ms\tBilled Duration: 1 ms\t" in call(lambda event, context: None).logs


def test_the_log_of_an_error_is_one_line_held_together_by_carriage_returns() -> None:
    def handler(event: Any, context: Any) -> None:
        raise LookupError("gone")

    line = call(handler).logs.splitlines(keepends=True)
    text = "".join(line)
    assert "[ERROR] LookupError: gone\rTraceback (most recent call last):\r\u00a0\u00a0File " in text
    assert '\r\u00a0\u00a0\u00a0\u00a0raise LookupError("gone")\n' in text


def test_the_log_of_a_timeout_says_when() -> None:
    logs = call(lambda *_: time.sleep(5)).logs
    assert f"2030-01-01T00:00:03.000Z {ID} Task timed out after 3.00 seconds\n" in logs


def test_what_a_handler_prints_stays_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    call(lambda *_: print("seen"))  # noqa: T201 - what handlers do
    assert capsys.readouterr().out == "seen\n"


# Functions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "no spaces"}, "function 'no spaces': a name has 1 to 64 letters"),
        ({"handler": 3}, "handler is an int; give a function of"),
        ({"timeout_seconds": 901}, "timeout_seconds is 901; Lambda allows 1 to 900"),
        ({"timeout_seconds": True}, "timeout_seconds is True"),
        ({"memory_mb": 64}, "memory_mb is 64; Lambda allows 128 to 10240"),
        ({"runtime": "nodejs22.x"}, "runtime is 'nodejs22.x', which is not supported"),
        ({"environment": {"A": 1}}, "environment variable 'A' is 1; names and values are text"),
    ],
)
def test_a_function_lambda_would_refuse_is_refused(given: dict[str, Any], message: str) -> None:
    fields: dict[str, Any] = {"name": "charge", "handler": print} | given
    with pytest.raises(ValueError, match=message):
        Function(**fields)


def test_boto3_and_moto_work_inside_a_handler_and_requests_are_signed_with_real_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boto3, moto = pytest.importorskip("boto3"), pytest.importorskip("moto")
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    signed: list[Any] = []

    def handler(event: Any, context: Any) -> str:
        client = boto3.session.Session().client("dynamodb", region_name="eu-west-1")
        client.meta.events.register("before-send", lambda request, **_: signed.append(request.headers["X-Amz-Date"]))
        client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(TableName="orders", Item={"id": {"S": "1"}})
        created: datetime = client.describe_table(TableName="orders")["Table"]["CreationDateTime"]
        return f"{created.astimezone(UTC):%Y-%m-%d}"

    with moto.mock_aws():
        answer = call(handler, timeout_seconds=900)
    assert answer.payload == '"2030-01-01"', answer.report
    assert answer.duration == timedelta(0)
    dates = [date.decode() if isinstance(date, bytes) else date for date in signed]
    assert all(int(date[:4]) < 2030 for date in dates)
    assert dates
