"""What handlers print and log is in Lambda's log of the call, in order, and stays where the process has it.

The form of a record is recorded on AWS (``test_dead_letter_queue``, its ``log_result``).
"""

import base64
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, NodeHandler
from tests.needs import needs_node

# Handlers sleep on the virtual clock, and print:
# ruff: noqa: TID251, T201

log = logging.getLogger("shop")


def tail(emulator: Emulator, name: str, event: Any = None) -> list[str]:
    """The lines of the log that Invoke answers."""
    payload = json.dumps(event)
    answer = boto3.client("lambda").invoke(FunctionName=name, LogType="Tail", Payload=payload)
    return base64.b64decode(answer["LogResult"]).decode().splitlines()


def test_what_is_printed_and_logged_is_in_the_log(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def handler(event: Any, context: Any) -> None:
        print("to", event, end="!\n")
        time.sleep(1.5)
        log.warning("only %s left", 2)
        log.info("not at this level")
        context.log("by the context\n")
        print("as an error", file=sys.stderr)
        sys.stdout.writelines(["a\n", "b\n"])

    emulator.lambda_function("f", handler)
    start, *lines, end, report = tail(emulator, "f", {"a": 1})
    request_id = start.split()[2]
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert lines == [
        "to {'a': 1}!",
        f"[WARNING]\t2030-01-01T00:00:01.500Z\t{request_id}\tonly 2 left",
        "by the context",
        "as an error",
        "a",
        "b",
    ]
    assert end == f"END RequestId: {request_id}"
    assert report.startswith(f"REPORT RequestId: {request_id}\tDuration: 1500.00 ms\tBilled Duration: 1500 ms")
    assert capsys.readouterr() == ("to {'a': 1}!\nby the context\na\nb\n", "as an error\n")
    assert [each.getMessage() for each in caplog.records] == ["only 2 left"]


def test_an_error_comes_last_before_the_end(emulator: Emulator) -> None:
    def handler(event: Any, context: Any) -> None:
        print("before")
        try:
            raise LookupError("no card")
        except LookupError:
            log.exception("it failed")
        raise ValueError("no")

    emulator.lambda_function("f", handler)
    lines = tail(emulator, "f")
    assert lines[1] == "before"
    assert lines[2].endswith("\tit failed")
    assert lines[3] == "Traceback (most recent call last):"
    at = lines.index("[ERROR] ValueError: no")
    assert lines[at - 1] == "LookupError: no card"
    assert [line.split()[0] for line in lines[-2:]] == ["END", "REPORT"]


def test_a_handlers_threads_are_in_its_log(emulator: Emulator) -> None:
    def handler(event: Any, context: Any) -> None:
        thread = threading.Thread(target=lambda: print("from a thread"))
        thread.start()
        thread.join()

    emulator.lambda_function("f", handler)
    assert "from a thread" in tail(emulator, "f")


def test_each_call_has_a_log_of_its_own(emulator: Emulator) -> None:
    inner: list[list[str]] = []

    def outer(event: Any, context: Any) -> None:
        print("outer")
        inner.append(tail(emulator, "inner"))
        print("outer again")

    emulator.lambda_function("inner", lambda event, context: print("inner"))
    emulator.lambda_function("outer", outer)
    assert tail(emulator, "outer")[1:-2] == ["outer", "outer again"]
    assert inner[0][1:-2] == ["inner"]


def test_what_runs_while_a_handler_sleeps_is_not_in_its_log(emulator: Emulator) -> None:
    def sleeper(event: Any, context: Any) -> None:
        boto3.client("lambda").invoke(FunctionName="other", InvocationType="Event")
        time.sleep(1)
        print("awake")

    emulator.lambda_function("other", lambda event, context: print("other"))
    emulator.lambda_function("sleeper", sleeper)
    assert tail(emulator, "sleeper")[1:-2] == ["awake"]


def test_the_process_has_its_streams_and_handlers_back(emulator: Emulator) -> None:
    before = sys.stdout, sys.stderr, logging.root.handlers[:], logging.lastResort

    def handler(event: Any, context: Any) -> None:
        assert sys.stdout is not before[0]
        assert (sys.stdout.encoding, sys.stdout.isatty()) == (before[0].encoding, False)
        raise ValueError

    emulator.lambda_function("f", handler)
    tail(emulator, "f")
    assert (sys.stdout, sys.stderr, logging.root.handlers, logging.lastResort) == before


@contextmanager
def no_root_handlers() -> Iterator[None]:
    """A block as outside pytest, which leaves no handlers."""
    before, logging.root.handlers = logging.root.handlers, []
    try:
        yield
        assert logging.root.handlers == []
    finally:
        logging.root.handlers = before


def test_a_record_that_no_handler_wants_is_shown_as_before(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside pytest the root logger has no handlers, and Python writes warnings to the standard error."""

    def handler(event: Any, context: Any) -> None:
        logging.root.setLevel(logging.INFO)
        log.warning("warned")
        log.info("told")

    emulator.lambda_function("f", handler)
    monkeypatch.setattr(logging.root, "handlers", [])
    lines = tail(emulator, "f")[1:-2]
    assert [line.rpartition("\t")[2] for line in lines] == ["warned", "told"]
    assert capsys.readouterr().err == "warned\n"
    assert logging.root.handlers == []


def test_a_function_of_logging_leaves_no_handler(emulator: Emulator) -> None:
    """The functions of ``logging`` call ``basicConfig``, which does nothing when the root logger has a handler."""

    def first(event: Any, context: Any) -> None:
        logging.warning("first")

    def second(event: Any, context: Any) -> None:
        logging.basicConfig(format="%(message)s")
        log.warning("second")

    emulator.lambda_function("first", first)
    emulator.lambda_function("second", second)
    with no_root_handlers():
        for name in ("first", "second", "first"):
            assert [line.rpartition("\t")[2] for line in tail(emulator, name)[1:-2]] == [name]


def test_a_handler_of_the_root_logger_ends_with_the_call(emulator: Emulator) -> None:
    """``force`` takes Lambda's handler away, so the log has the user's form; the next call begins anew."""

    def forced(event: Any, context: Any) -> None:
        logging.basicConfig(format="mine: %(message)s", force=True)
        log.warning("told")

    emulator.lambda_function("forced", forced)
    emulator.lambda_function("plain", lambda event, context: log.warning("told"))
    with no_root_handlers():
        assert tail(emulator, "forced")[1:-2] == ["mine: told"]
        assert [line.rpartition("\t")[2] for line in tail(emulator, "plain")[1:-2]] == ["told"]


def test_a_record_that_another_handler_gets_is_not_shown_again(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = logging.NullHandler()
    log.addHandler(mine)
    emulator.lambda_function("f", lambda event, context: log.warning("told"))
    try:
        with no_root_handlers():
            assert len(tail(emulator, "f")[1:-2]) == 1
    finally:
        log.removeHandler(mine)
    assert capsys.readouterr().err == ""


def test_bytes_and_stacks_are_in_the_log(emulator: Emulator) -> None:
    emulator.lambda_function("bytes", lambda event, context: sys.stdout.buffer.write("grün\n".encode()))
    emulator.lambda_function("stack", lambda event, context: log.warning("told", stack_info=True))
    assert tail(emulator, "bytes")[1:-2] == ["grün"]
    assert 'log.warning("told", stack_info=True)' in tail(emulator, "stack")[-3]


def test_the_tail_is_the_last_four_kilobytes(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, context: print("é" * 5000))
    answer = boto3.client("lambda").invoke(FunctionName="f", LogType="Tail")
    text = base64.b64decode(answer["LogResult"])
    assert len(text) == 4096
    assert text.rstrip().endswith(b"Max Memory Used: 128 MB")


@needs_node
def test_what_a_handler_in_node_prints_is_in_the_log(emulator: Emulator, tmp_path: Path) -> None:
    code = "export const handler = async (event) => { console.log('printed'); console.error('as an error'); };"
    (tmp_path / "index.mjs").write_text(code)
    emulator.lambda_function("f", NodeHandler("index.handler", root=tmp_path))
    start, *lines, end, report = tail(emulator, "f")
    assert sorted(lines) == ["as an error", "printed"]
    assert [line.split()[0] for line in (start, end, report)] == ["START", "END", "REPORT"]


# By tasks ------------------------------------------------------------------------------------------------------------

CONTEXT = {"custom": {"order": 7}, "env": {"stage": "test"}, "client": {"app_title": "shop"}}
ENCODED = base64.b64encode(json.dumps(CONTEXT).encode()).decode()


def told(event: Any, context: Any) -> Any:
    print("called")
    client = context.client_context
    return None if client is None else [client.custom, client.env, client.client.app_title]


def by_task(emulator: Emulator, resource: str, **parameters: Any) -> Any:
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": {"FunctionName": "f", **parameters},
        "End": True,
    }
    return emulator.run({"StartAt": "T", "States": {"T": task}})


@pytest.mark.parametrize("resource", ["lambda:invoke", "aws-sdk:lambda:invoke"])
def test_a_task_gets_the_log_and_gives_a_client_context(emulator: Emulator, resource: str) -> None:
    emulator.lambda_function("f", told)
    output = by_task(emulator, resource, LogType="Tail", ClientContext=ENCODED).output
    payload = output["Payload"] if resource == "lambda:invoke" else json.loads(output["Payload"])
    assert payload == [CONTEXT["custom"], CONTEXT["env"], "shop"]
    lines = base64.b64decode(output["LogResult"]).decode().splitlines()
    assert lines[1:-2] == ["called"]
    if resource == "lambda:invoke":
        assert output["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Log-Result"] == output["LogResult"]


@needs_node
def test_a_handler_in_node_gets_the_client_context(emulator: Emulator, tmp_path: Path) -> None:
    code = "export const handler = async (event, context) => context.clientContext;"
    (tmp_path / "index.mjs").write_text(code)
    emulator.lambda_function("f", NodeHandler("index.handler", root=tmp_path))
    assert by_task(emulator, "lambda:invoke", ClientContext=ENCODED).output["Payload"] == CONTEXT


@pytest.mark.parametrize("kind", ["Event", "DryRun"])
def test_without_a_response_there_is_no_log(emulator: Emulator, kind: str) -> None:
    emulator.lambda_function("f", told)
    output = by_task(emulator, "lambda:invoke", LogType="Tail", InvocationType=kind).output
    assert (output["StatusCode"], "LogResult" in output) == ({"Event": 202, "DryRun": 204}[kind], False)


def test_an_event_has_no_client_context(emulator: Emulator) -> None:
    """Service model, Invoke: for synchronous calls only."""
    got: list[Any] = []
    emulator.lambda_function("f", lambda event, context: got.append(context.client_context))
    by_task(emulator, "lambda:invoke", InvocationType="Event", ClientContext=ENCODED)
    boto3.client("lambda").invoke(FunctionName="f", InvocationType="Event", ClientContext=ENCODED)
    assert got == [None, None]


def test_wrong_values_fail_the_task(emulator: Emulator) -> None:
    emulator.lambda_function("f", told)
    run = by_task(emulator, "lambda:invoke", InvocationType="Later")
    assert run.error == "Lambda.AWSLambdaException"
    assert (run.cause or "").startswith(
        "1 validation error detected: Value 'Later' at 'invocationType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Event, RequestResponse, DryRun] (Service: AWSLambda; Status Code: 400;"
    )
    run = by_task(emulator, "lambda:invoke", LogType="Tial")
    assert run.error == "Lambda.AWSLambdaException"
    wrong = "1 validation error detected: Value 'Tial' at 'logType' failed to satisfy constraint: "
    assert (run.cause or "").startswith(f"{wrong}Member must satisfy enum value set: [None, Tail] (Service: AWSLambda;")
    with pytest.raises(ClientError, match="at 'logType' failed to satisfy constraint"):
        boto3.client("lambda").invoke(FunctionName="f", LogType="Tial")
    run = by_task(emulator, "lambda:invoke", ClientContext="{}")
    assert run.error == "Lambda.InvalidParameterValueException"
    run = by_task(emulator, "lambda:invoke", ClientContext=base64.b64encode(b"{").decode())
    assert run.error == "Runtime.LambdaContextUnmarshalError"
