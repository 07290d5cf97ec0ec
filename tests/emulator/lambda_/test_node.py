"""Handlers in Node.js: how they are found, what they see, what the caller gets, and that their processes end.

Payload shapes, texts and the ways of ending a call: aws-lambda-ric 3.3.0, the runtime of nodejs20.x.
"""

import base64
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emulator import Emulator, EmulatorError, NodeHandler
from emulator.cli import main
from emulator.clock import stopwatch_ns
from emulator.lambda_.call import Function, InvocationResult
from emulator.lambda_.nodejs import installed
from emulator.lambda_.nodejs.handler import NamedHandler
from tests.needs import needs_node, node_major

# The time of handlers in Python is what is tested beside that of those in Node.js:
# ruff: noqa: TID251

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Code:
    """A folder of handlers, and the emulator that calls them."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self.folder = folder
        self.emulator = emulator

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def add(self, handler: str = "index.handler", *, name: str = "work", **given: Any) -> Function:
        """Register the function, also one whose file does not exist, as CreateFunction would."""
        options: dict[str, Any] = {"timeout_seconds": 900, "memory_mb": 128}
        options |= {key: given.pop(key) for key in options if key in given}
        made = NamedHandler(handler, root=self.folder, **given)
        self.emulator.assembly.functions.add(name, made, environment=None, **options)
        function = self.emulator.assembly.functions.get(name)
        assert function is not None
        return function

    def call(self, function: Function | str, event: Any = None, **more: Any) -> InvocationResult:
        found = self.emulator.assembly.functions.get(function) if isinstance(function, str) else function
        assert found is not None
        return self.emulator.assembly.functions.invoke(found, json.dumps(event), **more)

    def run(self, text: str, event: Any = None, *, file: str = "index.mjs", **given: Any) -> InvocationResult:
        """The answer of ``handler`` in a file with this text."""
        self.write(file, text)
        return self.call(self.add(**given), event)

    def value(self, text: str, event: Any = None, **given: Any) -> Any:
        """The value that the handler in a file with this text returns."""
        answer = self.run(text, event, **given)
        assert not answer.error, answer.report
        return json.loads(answer.payload)


@pytest.fixture
def code(tmp_path: Path, emulator: Emulator) -> Code:
    return Code(tmp_path, emulator)


def told(answer: InvocationResult) -> dict[str, Any]:
    """The error's payload."""
    assert answer.error
    payload: dict[str, Any] = json.loads(answer.payload)
    assert (payload["errorType"], payload["errorMessage"]) == (answer.error_type, answer.error_message)
    return payload


BAD_PATH = (
    "'../index.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler "
    "names."
)
UNREADABLE = (
    "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, "
    "and stack"
)
ASYNC = "export const handler = async (event) => ({ got: event });"
MODULE_JS = '{"type": "module"}'


# How a handler is found


@needs_node
@pytest.mark.parametrize(
    ("file", "text", "handler"),
    [
        ("index.mjs", ASYNC, "index.handler"),
        ("index.js", "exports.handler = async (event) => ({ got: event });", "index.handler"),
        ("index.cjs", "exports.handler = async (event) => ({ got: event });", "index.handler"),
        ("dist/api/index.mjs", ASYNC, "dist/api/index.handler"),
        ("index.mjs", "export const a = { b: { c: async (event) => ({ got: event }) } };", "index.a.b.c"),
        ("index.mjs", "export default async (event) => ({ got: event });", "index.default"),
        ("dist/index.mjs", ASYNC, "dist/index.mjs#handler"),
        ("dist/a.b.mjs", ASYNC, "dist/a.b.mjs#handler"),
        ("dist/index.js", "exports.a = { b: async (event) => ({ got: event }) };", "node:dist/index.js#a.b"),
    ],
)
def test_a_handler_is_found_by_lambdas_notation_and_by_its_file(code: Code, file: str, text: str, handler: str) -> None:
    code.write(file, text)
    answer = code.call(code.add(handler), {"order": 7})
    assert answer.payload == '{"got":{"order":7}}'


@needs_node
def test_a_package_says_that_its_js_is_esm(code: Code) -> None:
    code.write("dist/package.json", MODULE_JS)
    code.write("dist/lib.js", "export const answer = await Promise.resolve(42);")
    code.write("dist/index.js", "import { answer } from './lib.js'; export const handler = async () => answer;")
    assert code.call(code.add("dist/index.handler")).payload == "42"


@needs_node
def test_text_that_begins_with_node_is_a_handler_below_the_emulators_root(tmp_path: Path) -> None:
    (tmp_path / "process.mjs").write_text(ASYNC)
    with Emulator(root=tmp_path) as emulator:
        emulator.lambda_function("process", "node:process.handler")
        flow = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": f"{ARN}process", "End": True}}}
        assert emulator.run(flow, {"order": 7}).output == {"got": {"order": 7}}


@needs_node
@pytest.mark.parametrize(
    ("handler", "error_type", "message", "hint"),
    [
        ("index", "Runtime.MalformedHandlerName", "Bad handler", None),
        (
            "../index.handler",
            "Runtime.MalformedHandlerName",
            BAD_PATH,
            None,
        ),
        (
            "indx.handler",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'indx'\nRequire stack:\n- /var/runtime/index.mjs",
            'Did you mean "index"?',
        ),
        ("index.mjx#handler", "Runtime.ImportModuleError", "Error: Cannot find module '{root}/index.mjx'", "index.mjs"),
        (
            "source.handler",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'source'\nRequire stack:\n- /var/runtime/index.mjs",
            "it is TypeScript: compile it, and name the compiled file",
        ),
        (
            "missing.handler",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'left-pad'\nRequire stack:\n- {root}/missing.js\n- /var/runtime/index.mjs",
            "install the handler's dependencies: npm install, in ",
        ),
        ("index.handlr", "Runtime.HandlerNotFound", "index.handlr is undefined or not exported", '"handler"'),
        ("index.number", "Runtime.HandlerNotFound", "index.number is not a function", "index exports: handler"),
        ("broken.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token ')'", "node --check"),
        ("throws.handler", "RangeError", "not today", None),
    ],
)
def test_what_cannot_be_loaded_has_lambdas_error(
    code: Code, handler: str, error_type: str, message: str, hint: str | None
) -> None:
    code.write("index.mjs", f"{ASYNC} export const number = 7;")
    code.write("source.ts", ASYNC)
    code.write("missing.js", "require('left-pad'); exports.handler = async () => 1;")
    code.write("broken.js", "exports.handler = async () => );")
    code.write("throws.mjs", "throw new RangeError('not today');")
    answer = code.call(code.add(handler))
    payload = told(answer)
    assert payload["errorType"] == error_type
    assert payload["errorMessage"] == message.format(root=code.folder)
    assert payload["trace"][0].startswith(f"{error_type}: ")
    assert hint is None or hint in (answer.hint or "")


@needs_node
def test_esm_in_a_file_that_is_not_said_to_be_is_loaded_or_refused_as_by_the_installed_node(code: Code) -> None:
    answer = code.run("import fs from 'fs'; export const handler = async () => 1;", file="index.js")
    if answer.error:  # before 20.19
        assert answer.error_message == "SyntaxError: Cannot use import statement outside a module"
        assert answer.hint == 'name the file .mjs, or write "type": "module" into its package.json'
    else:
        assert answer.payload == "1"


@needs_node
def test_what_a_module_imports_and_is_not_installed_is_told(code: Code) -> None:
    answer = code.run("import 'left-pad'; export const handler = async () => 1;")
    assert told(answer)["errorMessage"].startswith("Cannot find package 'left-pad' imported from ")
    assert answer.hint == f"install the handler's dependencies: npm install, in {code.folder}"


@needs_node
def test_a_module_that_awaits_for_ever_is_told(code: Code) -> None:
    answer = code.run("await new Promise(() => {}); export const handler = async () => 1;")
    assert (answer.error_type, (answer.error_message or "")[-14:]) == ("Runtime.ExitError", "exit status 13")
    assert answer.hint == "a top-level await in one of its modules never finishes"


@needs_node
def test_the_time_that_a_request_takes_in_fact_is_not_the_handlers(code: Code) -> None:
    code.emulator.lambda_function("busy", lambda event, context: busy(1.5))
    text = CALLS_ITSELF.replace("/work/", "/busy/").replace("[...await answer.json(), times]", "'answered'")
    assert code.run(text, {"times": 1}, timeout_seconds=1).payload == '"answered"'


def busy(seconds: float) -> None:
    """Compute for this long, in fact."""
    end = stopwatch_ns() + round(seconds * 1e9)
    while stopwatch_ns() < end:
        pass


@needs_node
def test_a_module_that_cannot_be_loaded_is_tried_again(code: Code) -> None:
    function = code.add()
    assert code.call(function).error
    code.write("index.mjs", ASYNC)
    assert not code.call(function).error


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"handler": ""}, 'NodeHandler(\'\'): write "folder/file.function", or "folder/file.mjs#function"'),
        ({"handler": "index.mjs#"}, "NodeHandler('index.mjs#'): write"),
        ({"handler": "index.h", "concurrency": 0}, "NodeHandler('index.h'): concurrency is 0; it must be an integer"),
        ({"handler": "index.h", "concurrency": True}, "concurrency is True"),
        ({"handler": "index.h", "environment": {"A": 1}}, "environment variable 'A' is 1; names and values are text"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="NodeHandler") as refused:
        NodeHandler(**given)
    assert message in str(refused.value)


def test_a_root_that_is_no_folder_is_refused_when_the_function_is_registered(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError) as refused:
        emulator.lambda_function("work", NodeHandler("index.handler", root="/no/such/folder"))
    assert str(refused.value) == "NodeHandler('index.handler'): the folder /no/such/folder does not exist"


# Node.js itself


@pytest.fixture
def _forget_versions() -> Iterator[None]:
    installed._version.cache_clear()
    yield
    installed._version.cache_clear()


def test_a_missing_node_is_told_with_what_to_do(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(code.folder))
    with pytest.raises(EmulatorError) as missing:
        code.run(ASYNC)
    assert str(missing.value) == (
        "function work needs Node.js, but 'node' was not found\n"
        "    fix: install Node.js 18 or newer (https://nodejs.org), or set NodeHandler(..., node='/path/to/node')"
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo v12.22.9", "function work needs Node.js 18 or newer, but {path} is v12.22.9"),
        ("echo hello", "function work needs Node.js, but {path} is not Node.js: `{path} --version` prints 'hello'"),
        ("exit 3", "function work needs Node.js, but {path} is not Node.js: `{path} --version` fails"),
    ],
)
@pytest.mark.usefixtures("_forget_versions")
def test_a_node_that_is_too_old_or_none_is_told_with_its_version(code: Code, script: str, message: str) -> None:
    fake = code.folder / "node"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with pytest.raises(EmulatorError) as wrong:
        code.run(ASYNC, node=str(fake))
    assert str(wrong.value).startswith(message.format(path=fake))
    assert "fix: install Node.js 18 or newer" in str(wrong.value)


# How a call ends


@needs_node
@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ("async () => ({ a: [1, null, 'ü'] })", '{"a":[1,null,"ü"]}'),
        ("async () => undefined", "null"),
        ("async () => () => 1", "null"),
        ("() => Promise.resolve('later')", '"later"'),
        ("() => ({ then: (done) => done('thenable') })", '"thenable"'),
        ("() => 'a plain value is not waited for'", "null"),
        ("() => {}", "null"),
        ("(event, context, callback) => callback(null, 'by callback')", '"by callback"'),
        ("(event, context, callback) => { setTimeout(() => callback(null, event.n), 1000); }", "7"),
        ("(event, context, callback) => { callback(null, 1); callback(null, 2); return 3; }", "1"),
        ("(event, context, callback) => { setTimeout(callback, 50); return 'not this'; }", "null"),
        ("(event, context) => context.succeed('legacy')", '"legacy"'),
        ("(event, context) => context.done(null, 'done')", '"done"'),
        ("async () => new Promise(() => {})", "null"),
        (
            "async () => ({ at: new Date(0), gone: undefined, nan: NaN })",
            '{"at":"1970-01-01T00:00:00.000Z","nan":null}',
        ),
    ],
)
def test_what_the_caller_gets(code: Code, body: str, payload: str) -> None:
    assert code.run(f"export const handler = {body};", {"n": 7}).payload == payload


@needs_node
@pytest.mark.parametrize(
    ("body", "error_type", "message"),
    [
        ("async () => { throw new TypeError('bad'); }", "TypeError", "bad"),
        ("() => { throw new Error('at once'); }", "Error", "at once"),
        ("async () => { class Mine extends Error { name = 'Mine' } throw new Mine('own'); }", "Mine", "own"),
        ("async () => { throw 'text'; }", "string", "text"),
        ("async () => { throw { code: 7 }; }", "object", "[object Object]"),
        ("(event, context, callback) => callback(new Error('called back'))", "Error", "called back"),
        ("(event, context, callback) => callback('text')", "string", "text"),
        ("(event, context) => context.fail(new Error('failed'))", "Error", "failed"),
        ("(event, context) => context.fail()", "string", "handled"),
        ("async () => ({ n: 1n })", "Error", "Unable to stringify response body"),
        ("async () => { const a = {}; a.a = a; return a; }", "Error", "Unable to stringify response body"),
        (
            "async () => { throw Object.create(null); }",
            "handled",
            UNREADABLE,
        ),
    ],
)
def test_what_the_caller_gets_of_an_error(code: Code, body: str, error_type: str, message: str) -> None:
    payload = told(code.run(f"export const handler = {body};"))
    assert (payload["errorType"], payload["errorMessage"]) == (error_type, message)
    assert list(payload) == ["errorType", "errorMessage", *(["trace"] if error_type != "handled" else [])]


@needs_node
def test_the_trace_holds_the_users_own_frames(code: Code) -> None:
    answer = code.run("function inner() { throw new Error('deep'); }\nexport const handler = async () => inner();")
    header, inner, handler = told(answer)["trace"]
    assert header == "Error: deep"
    assert inner == f"    at inner (file://{code.folder}/index.mjs:1:26)"
    assert handler == f"    at Runtime.handler (file://{code.folder}/index.mjs:2:36)"
    assert answer.report is not None
    assert answer.report.splitlines() == ["Error: deep", inner, handler]
    assert '\tERROR\tInvoke Error \t{"errorType":"Error","errorMessage":"deep","stack":["Error: deep",' in answer.logs


@needs_node
def test_a_failing_test_shows_where_the_handler_threw(code: Code) -> None:
    code.write("index.mjs", "export const handler = async () => { throw new Error('deep'); };")
    arn = code.emulator.lambda_function("work", NodeHandler("index.handler", root=code.folder))
    flow = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": arn, "End": True}}}
    run = code.emulator.run(flow)
    assert run.error == "Error"
    assert json.loads(run.cause or "")["errorMessage"] == "deep"
    from emulator.trace import trace_lines

    text = "\n".join(trace_lines(run, width=200))
    assert "handler  of Call: Error: deep\n" in text
    assert f"at Runtime.handler (file://{code.folder}/index.mjs:1:44)" in text


@needs_node
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("process.exit(3)", "Runtime exited with error: exit status 3"),
        ("process.exit(0)", "Runtime exited without providing a reason"),
        ("process.kill(process.pid, 'SIGKILL')", "Runtime exited with error: signal: killed"),
        ("process.abort()", "Runtime exited with error: signal: aborted"),
    ],
)
def test_a_process_that_ends_has_lambdas_error_and_the_next_call_a_new_one(code: Code, body: str, reason: str) -> None:
    text = """
        let calls = 0;
        export const handler = async ({ end }) => {
          calls += 1;
          if (end) { END; await new Promise(() => setInterval(() => {}, 1e6)); }
          return calls;
        };"""
    code.write("index.mjs", text.replace("END", body))
    function = code.add()
    assert [code.call(function, {"end": False}).payload for _ in range(2)] == ["1", "2"]
    answer = code.call(function, {"end": True})
    payload = told(answer)
    assert list(payload) == ["errorType", "errorMessage"]
    assert payload["errorType"] == "Runtime.ExitError"
    request_id = payload["errorMessage"].split()[1]
    assert payload["errorMessage"] == f"RequestId: {request_id} Error: {reason}"
    assert code.call(function, {"end": False}).payload == "1"


@needs_node
def test_a_rejection_that_nobody_handles_ends_the_process(code: Code) -> None:
    text = """
        let calls = 0;
        export const handler = async ({ leave }) => {
          calls += 1;
          if (leave) { Promise.reject(new Error('left alone')); await new Promise((done) => setTimeout(done, 10)); }
          return calls;
        };"""
    code.write("index.mjs", text)
    function = code.add()
    assert code.call(function, {"leave": False}).payload == "1"
    payload = told(code.call(function, {"leave": True}))
    assert payload == {
        "errorType": "Runtime.UnhandledPromiseRejection",
        "errorMessage": "Error: left alone",
        "trace": ["Runtime.UnhandledPromiseRejection: Error: left alone"],
    }
    assert code.call(function, {"leave": False}).payload == "1"


@needs_node
def test_an_error_that_nobody_catches_ends_the_process(code: Code) -> None:
    text = """
        let calls = 0;
        export const handler = (event, context, callback) => {
          calls += 1;
          if (event.fail) setTimeout(() => { throw new RangeError('in a timer'); }, 1000);
          else callback(null, calls);
        };"""
    code.write("index.mjs", text)
    function = code.add()
    assert code.call(function, {"fail": False}).payload == "1"
    answer = code.call(function, {"fail": True})
    assert told(answer)["errorType"] == "RangeError"
    assert answer.duration.total_seconds() == 1
    assert code.call(function, {"fail": False}).payload == "1"


@needs_node
def test_a_response_above_six_megabytes_is_refused_as_by_lambda(code: Code) -> None:
    code.write("index.mjs", "export const handler = async ({ length }) => 'x'.repeat(length);")
    function = code.add()
    assert len(code.call(function, {"length": 6_291_554}).payload) == 6_291_556
    answer = code.call(function, {"length": 6_291_555})
    assert answer.error_type == "Function.ResponseSizeTooLarge"


@needs_node
def test_a_callback_waits_for_what_is_under_way_unless_told_not_to(code: Code) -> None:
    text = """
        let later = 'no';
        export const handler = (event, context, callback) => {
          const before = later;
          context.callbackWaitsForEmptyEventLoop = event.waits;
          setTimeout(() => { later = 'yes'; }, 5000);
          callback(null, before);
        };"""
    code.write("index.mjs", text)
    function = code.add()
    first, second = code.call(function, {"waits": True}), code.call(function, {"waits": False})
    assert (first.payload, first.duration.total_seconds()) == ('"no"', 5)
    assert (second.payload, second.duration.total_seconds()) == ('"yes"', 0)


# What a handler sees


@needs_node
def test_the_context_has_lambdas_members(code: Code) -> None:
    text = """
        export const handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(),
          kinds: ['succeed', 'fail', 'done'].map((name) => typeof context[name]) });"""
    code.write("index.mjs", text)
    function = code.add(timeout_seconds=30, memory_mb=512)
    answer = code.call(function, client_context='{"custom": {"a": 1}}')
    context = json.loads(answer.payload)
    request_id = context.pop("awsRequestId")
    assert request_id in answer.logs
    assert context == {
        "callbackWaitsForEmptyEventLoop": True,
        "functionVersion": "$LATEST",
        "functionName": "work",
        "memoryLimitInMB": "512",
        "logGroupName": "/aws/lambda/work",
        "logStreamName": context["logStreamName"],
        "clientContext": {"custom": {"a": 1}},
        "invokedFunctionArn": f"{ARN}work",
        "left": 30_000,
        "kinds": ["function"] * 3,
    }
    assert context["logStreamName"].startswith("2030/01/01/[$LATEST]")


@needs_node
def test_the_environment_is_ours_lambdas_and_the_functions_own(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_THE_SHELL", "yes")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a developer's own")
    names = (
        "STAGE FROM_THE_SHELL AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID AWS_REGION AWS_LAMBDA_FUNCTION_NAME _HANDLER "
        "AWS_EXECUTION_ENV LAMBDA_TASK_ROOT TZ"
    )
    text = f"export const handler = async () => '{names}'.split(' ').map((name) => process.env[name] ?? null);"
    assert code.value(text, environment={"STAGE": "test"}) == [
        "test",
        "yes",
        None,
        "testing",
        "us-east-1",
        "work",
        "index.handler",
        f"AWS_Lambda_nodejs{node_major()}.x",
        str(code.folder),
        ":UTC",
    ]


@needs_node
def test_variables_of_the_function_come_before_those_of_the_handler(code: Code) -> None:
    code.write("index.mjs", "export const handler = async () => [process.env.A, process.env.B];")
    handler = NodeHandler("index.handler", root=code.folder, environment={"A": "handler", "B": "handler"})
    code.emulator.lambda_function("work", handler, environment={"A": "function"})
    assert code.call("work").payload == '["function","handler"]'


@needs_node
def test_a_process_is_used_again_with_what_its_modules_hold(code: Code) -> None:
    code.write("index.mjs", "let calls = 0; export const handler = async () => [process.pid, ++calls];")
    function = code.add()
    answers = [json.loads(code.call(function).payload) for _ in range(3)]
    assert [calls for _, calls in answers] == [1, 2, 3]
    assert len({pid for pid, _ in answers}) == 1


@needs_node
def test_each_function_has_a_process_of_its_own(code: Code) -> None:
    code.write("index.mjs", "export const handler = async () => process.pid;")
    assert code.call(code.add(name="one")).payload != code.call(code.add(name="two")).payload


# Time


@needs_node
def test_a_handler_sees_the_virtual_time_and_timers_cost_none(code: Code) -> None:
    text = """
        import { setTimeout as sleep } from 'node:timers/promises';
        export const handler = async (event, context) => {
          const seen = [new Date().toISOString(), context.getRemainingTimeInMillis()];
          await new Promise((done) => setTimeout(done, 60_000));
          await sleep(120_000);
          seen.push(new Date(Date.now()).toISOString(), context.getRemainingTimeInMillis(), Date().slice(0, 24));
          return seen;
        };"""
    code.emulator.clock.advance(hours=1)
    began = time.monotonic()
    answer = code.run(text, timeout_seconds=900)
    assert time.monotonic() - began < 30
    assert json.loads(answer.payload) == [
        "2030-01-01T01:00:00.000Z",
        900_000,
        "2030-01-01T01:03:00.000Z",
        720_000,
        "Tue Jan 01 2030 01:03:00",
    ]
    assert answer.duration.total_seconds() == 180


@needs_node
def test_timers_fire_in_the_order_of_their_time(code: Code) -> None:
    text = """
        import util from 'node:util';
        import timers from 'node:timers/promises';
        export const handler = async () => {
          const seen = [], start = Date.now(), note = (name) => seen.push(`${name} ${Date.now() - start}`);
          setTimeout(note, 3000, 'c'); setTimeout(note, 1000, 'a'); setTimeout(note, 2000, 'b');
          const cancelled = setTimeout(note, 1500, 'never'); clearTimeout(cancelled);
          const byNumber = setTimeout(note, 1500, 'never'); clearTimeout(+byNumber);
          const interval = setInterval(note, 400, 'tick');
          setTimeout(note, 5000, 'unreferenced').unref();
          await util.promisify(setTimeout)(900); clearInterval(interval);
          await timers.setTimeout(2500);
          let rounds = 0;
          for await (const value of timers.setInterval(10, 'v')) { if (++rounds === 3) break; }
          note('rounds');
          const again = setTimeout(note, 100, 'again'); await timers.scheduler.wait(60); again.refresh();
          await timers.setTimeout(100);
          const stop = new AbortController(); setTimeout(() => stop.abort(), 5);
          await timers.setTimeout(1000, null, { signal: stop.signal }).catch((error) => note(error.name));
          return seen;
        };"""
    assert code.value(text) == [
        "tick 400",
        "tick 800",
        "a 1000",
        "b 2000",
        "c 3000",
        "rounds 3430",
        "again 3590",
        "AbortError 3595",
    ]


@needs_node
def test_dates_stay_dates(code: Code) -> None:
    text = """
        class Mine extends Date { year() { return this.getUTCFullYear(); } }
        export const handler = async () => [new Date() instanceof Date, new Date().constructor === Date,
          Date.UTC(2000, 0), new Date(2000, 0).getFullYear(), new Mine().year(), new Mine(0).year(), Date.name,
          Date.parse('2001-01-01'), typeof Date(), structuredClone(new Date()).toISOString()];"""
    assert code.value(text) == [
        True, True, 946684800000, 2000, 2030, 1970, "Date", 978307200000, "string", "2030-01-01T00:00:00.000Z",
    ]  # fmt: skip


@needs_node
def test_a_timer_keeps_the_async_context_it_was_made_in(code: Code) -> None:
    text = """
        import { AsyncLocalStorage } from 'node:async_hooks';
        const store = new AsyncLocalStorage();
        export const handler = async () => store.run('mine', () => new Promise((done) => {
          setTimeout(() => done(store.getStore()), 1000); }));"""
    assert code.value(text) == "mine"


@needs_node
def test_a_handler_that_sleeps_past_its_timeout_is_ended_there(code: Code) -> None:
    code.write("index.mjs", "let calls = 0; export const handler = async (ms) => { calls += 1; await "
               "new Promise((done) => setTimeout(done, ms)); return calls; };")  # fmt: skip
    function = code.add(timeout_seconds=10)
    assert code.call(function, 9_999).payload == "1"
    answer = code.call(function, 10_000)
    payload = told(answer)
    request_id = payload["errorMessage"].split()[1]
    assert payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 10.00 seconds",
    }
    assert answer.duration.total_seconds() == 10
    assert code.call(function, 0).payload == "1"  # a cold start


@needs_node
def test_a_handler_that_never_answers_is_killed_after_its_timeout_in_real_time(code: Code) -> None:
    answer = code.run("export const handler = async () => { for (;;); };", timeout_seconds=1)
    assert answer.error_message is not None
    assert answer.error_message.endswith("Error: Task timed out after 1.00 seconds")
    assert answer.hint == "it did not answer within 1 seconds of real time, so its process was killed"
    assert answer.duration.total_seconds() == 1


@needs_node
@pytest.mark.parametrize(
    "body",
    ["while (context.getRemainingTimeInMillis() > 1000);", "const end = Date.now() + 5000; while (Date.now() < end);"],
)
def test_a_handler_that_waits_for_time_that_nobody_moves_is_told(code: Code, body: str) -> None:
    with pytest.raises(EmulatorError) as endless:
        code.run(f"export const handler = async (event, context) => {{ {body} }};")
    assert "the handler of work asked for" in str(endless.value)
    assert "its time is virtual, and only sleeping moves it" in str(endless.value)


@needs_node
def test_many_calls_at_one_instant_may_each_ask_for_the_time(code: Code) -> None:
    code.write("index.mjs", "export const handler = async () => { for (let i = 0; i < 300_000; i++) Date.now(); };")
    function = code.add()
    assert [code.call(function).payload for _ in range(4)] == ["null"] * 4


@needs_node
def test_a_socket_of_somebody_else_makes_timers_pass_in_real_time(code: Code) -> None:
    text = """
        import net from 'node:net';
        const server = net.createServer().listen(0, '127.0.0.1');
        await new Promise((done) => server.once('listening', done));
        const open = net.connect(server.address().port, '127.0.0.1');
        export const handler = async () => {
          const began = performance.now(), at = Date.now();
          await new Promise((done) => setTimeout(done, 50));
          return [Date.now() - at, performance.now() - began >= 45];
        };"""
    assert code.value(text) == [50, True]


# Printing


@needs_node
def test_what_is_printed_is_never_part_of_the_answer(code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    text = r"""
        import { spawnSync } from 'node:child_process';
        console.log('loading');
        export const handler = async () => {
          process.stdout.write('{"kind":"result","text":"1"}\n');
          console.error('careful: ü');
          spawnSync('echo', ['a child'], { stdio: 'inherit' });
          return 'the answer';
        };"""
    answer = code.run(text)
    assert answer.payload == '"the answer"'
    printed = capsys.readouterr()
    assert printed.out == 'loading\n{"kind":"result","text":"1"}\na child\n'
    assert printed.err == "careful: ü\n"
    assert "loading\n" in answer.logs
    assert "careful: ü\n" in base64.b64decode(answer.log_tail).decode()


@needs_node
@pytest.mark.parametrize("end", ["process.exit(1)", "await new Promise((done) => setTimeout(done, 1e7))", "for (;;);"])
def test_what_was_printed_before_the_end_is_there(code: Code, capsys: pytest.CaptureFixture[str], end: str) -> None:
    answer = code.run(f"export const handler = async () => {{ console.log('before'); {end}; }};", timeout_seconds=2)
    assert answer.error
    assert capsys.readouterr().out == "before\n"
    assert "before\n" in answer.logs


@needs_node
def test_both_streams_are_in_one_log_in_order(code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    code.write(
        "index.mjs",
        "export const handler = async () => {"
        " for (let i = 0; i < 20; i++) { console.log('out' + i); console.error('err' + i); } };",
    )
    function = code.add()
    wanted = [f"{name}{number}" for number in range(20) for name in ("out", "err")]
    for _ in range(5):
        assert code.call(function).logs.splitlines()[1:-2] == wanted
    printed = capsys.readouterr()
    assert printed.out.splitlines() == wanted[::2] * 5
    assert printed.err.splitlines() == wanted[1::2] * 5


@needs_node
def test_much_is_printed_and_much_comes_in_and_goes_out(code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    text = """
        export const handler = async (event) => {
          for (let i = 0; i < 2000; i++) console.log('x'.repeat(999));
          return event;
        };"""
    event = ["y" * 1000] * 3000
    assert code.value(text, event) == event
    assert len(capsys.readouterr().out) == 2_000_000


# Concurrency


@needs_node
def test_a_function_that_calls_itself_takes_a_process_for_each_call(code: Code) -> None:
    assert code.value(CALLS_ITSELF, {"times": 3}) == [0, 1, 2, 3]


@needs_node
def test_calls_beyond_the_bound_are_refused_with_what_to_do(code: Code) -> None:
    code.write("index.mjs", CALLS_ITSELF.replace("[...await answer.json(), times]", "answer.json()"))
    assert json.loads(code.call(code.add(concurrency=2), {"times": 2}).payload) == {
        "__type": "EmulatorError",
        "message": "function work already has 2 calls in progress, and calls itself once more\n"
        "    fix: NodeHandler('index.handler', concurrency=...) allows more",
    }


CALLS_ITSELF = """
    export const handler = async ({ times }) => {
      if (times === 0) return [0];
      const url = `${process.env.AWS_ENDPOINT_URL}/2015-03-31/functions/work/invocations`;
      const scope = 'AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/lambda/aws4_request, Signature=b';
      const body = JSON.stringify({ times: times - 1 });
      const answer = await fetch(url, { method: 'POST', body, headers: { authorization: scope } });
      return [...await answer.json(), times];
    };"""


@needs_node
def test_threads_call_side_by_side_up_to_the_bound(code: Code) -> None:
    code.write("index.mjs", "export const handler = async (event) => [process.pid, event];")
    function = code.add(concurrency=2)
    answers: list[list[int]] = []

    def ask(number: int) -> None:
        answers.append(json.loads(code.call(function, number).payload))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(event for _, event in answers) == list(range(12))
    assert len({pid for pid, _ in answers}) <= 2


# The end


def is_gone(pid: int) -> bool:
    """Whether the process is gone, and is not a zombie either."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@needs_node
@pytest.mark.parametrize("fails", [False, True])
def test_no_process_outlives_its_emulator(tmp_path: Path, *, fails: bool) -> None:
    (tmp_path / "index.mjs").write_text("export const handler = async () => process.pid;")
    pids = []

    def use() -> None:
        with Emulator(root=tmp_path) as emulator:
            for name in ("one", "two"):
                arn = emulator.lambda_function(name, "node:index.handler")
                flow = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": arn, "End": True}}}
                pids.append(emulator.run(flow).output)
            assert not any(map(is_gone, pids))
            if fails:
                raise ValueError("as a failing test does")

    if fails:
        with pytest.raises(ValueError, match="failing test"):
            use()
    else:
        use()
    assert len(pids) == 2
    assert all(map(is_gone, pids))


@needs_node
def test_a_function_of_the_same_name_ends_the_processes_of_the_one_before(code: Code) -> None:
    pid = code.value("export const handler = async () => process.pid;")
    code.emulator.lambda_function("work", lambda event, context: "python")
    assert is_gone(pid)
    assert code.call("work").payload == '"python"'


@needs_node
def test_a_process_that_was_killed_between_two_calls_is_replaced(code: Code) -> None:
    code.write("index.mjs", "export const handler = async () => process.pid;")
    function = code.add()
    pid = json.loads(code.call(function).payload)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    answer = code.call(function)
    assert not answer.error
    assert json.loads(answer.payload) != pid


@needs_node
def test_a_python_that_ends_without_closing_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "index.mjs").write_text("export const handler = async () => process.pid;")
    script = (
        "from emulator import Emulator\n"
        "emulator = Emulator()\n"
        "emulator.lambda_function('work', 'node:index.handler')\n"
        "print(emulator.assembly.functions.invoke(emulator.assembly.functions.get('work'), '{}').payload)\n"
    )
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert is_gone(int(done.stdout))


# AWS, from inside of a handler


PUT_EVENT = """
    export const handler = async (event, context) => {
      await new Promise((done) => setTimeout(done, event.sleep));
      const aws = async (target, version, content) => {
        const headers = { 'x-amz-target': target, 'content-type': `application/x-amz-json-${version}` };
        const body = JSON.stringify(content);
        const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body });
        return [answer.status, await answer.json()];
      };
      return aws(event.target, event.version ?? '1.1', event.content);
    };"""


@needs_node
def test_requests_to_aws_are_answered_by_the_same_emulator_at_the_handlers_own_time(code: Code) -> None:
    code.emulator.client("events").put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    seen: list[Any] = []
    arn = code.emulator.lambda_function("listen", lambda event, context: seen.append(event))
    code.emulator.client("events").put_targets(Rule="all", Targets=[{"Id": "listen", "Arn": arn}])
    entry = {"Source": "shop", "DetailType": "sold", "Detail": '{"order": 7}'}
    event = {"sleep": 90_000, "target": "AWSEvents.PutEvents", "content": {"Entries": [entry]}}
    status, answer = code.value(PUT_EVENT, event)
    assert (status, answer["FailedEntryCount"]) == (200, 0)
    code.emulator.clock.advance(minutes=5)
    assert [(each["detail"], each["time"]) for each in seen] == [({"order": 7}, "2030-01-01T00:01:30Z")]


@needs_node
def test_a_table_that_the_test_made_is_there(code: Code) -> None:
    tables = code.emulator.client("dynamodb")
    tables.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    content = {"TableName": "orders", "Item": {"id": {"S": "7"}}}
    event = {"sleep": 0, "target": "DynamoDB_20120810.PutItem", "version": "1.0", "content": content}
    assert code.value(PUT_EVENT, event) == [200, {}]
    assert tables.scan(TableName="orders")["Items"] == [{"id": {"S": "7"}}]


@needs_node
@pytest.mark.parametrize(
    ("target", "status", "code_", "message"),
    [
        ("AWSStepFunctions.StartExecutio", 400, "UnknownOperationException", "StartExecutio"),
        ("Nobody.Does", 400, "UnknownOperationException", "not of a known service"),
        ("AWSStepFunctions.StartSyncExecution", 400, "StateMachineDoesNotExist", "stateMachine:none"),
    ],
)
def test_a_request_that_nobody_can_answer_is_told_in_the_clients_protocol(
    code: Code, target: str, status: int, code_: str, message: str
) -> None:
    given = {"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:none"}
    answered, content = code.value(PUT_EVENT, {"sleep": 0, "target": target, "content": given})
    assert answered == status
    assert content["__type"].endswith(code_)
    assert message in content["message"]
    code.emulator.blocked.clear()


@needs_node
def test_the_time_that_a_called_function_takes_passes_for_the_caller(code: Code) -> None:
    code.emulator.lambda_function("slow", lambda event, context: time.sleep(100))
    text = CALLS_ITSELF.replace("/work/", "/slow/").replace("[...await answer.json(), times]", "Date.now() - began")
    text = text.replace("const url", "const began = Date.now(), url")
    answer = code.run(text, {"times": 1}, timeout_seconds=200)
    assert (answer.payload, answer.duration.total_seconds()) == ("100000", 100)
    assert code.run(text, {"times": 1}, timeout_seconds=50).error_type == "Sandbox.Timedout"


@needs_node
def test_timers_wait_for_requests_to_the_emulator(code: Code) -> None:
    code.emulator.lambda_function("quick", lambda event, context: sum(range(3_000_000)))
    text = CALLS_ITSELF.replace("/work/", "/quick/").replace("[...await answer.json(), times]", "'answered'")
    text = text.replace("const answer = await fetch", "const answer = await first(fetch").replace(
        "{ authorization: scope } });", "{ authorization: scope } }));"
    )
    text += "\nconst first = (it) => Promise.race([it, new Promise((_, no) => setTimeout(no, 1, new Error('late')))]);"
    assert code.value(text, {"times": 1}) == "answered"


@needs_node
def test_no_request_leaves_for_aws(code: Code) -> None:
    text = """
        import https from 'node:https';
        export const handler = () => new Promise((done) => {
          https.get('https://sqs.eu-west-1.amazonaws.com/').on('error', (error) => done([error.name, error.message]));
        });"""
    name, message = code.value(text)
    assert name == "RealAwsBlockedError"
    assert message.startswith("Blocked: a connection to sqs.eu-west-1.amazonaws.com. While an emulator")
    (told_,) = code.emulator.blocked
    assert told_.startswith("Blocked: a connection of a Node.js handler to sqs.eu-west-1.amazonaws.com (called at")
    assert f"{code.folder}/index.mjs:4). While an emulator" in told_
    code.emulator.blocked.clear()


@needs_node
@pytest.mark.parametrize("agent", ["new http.Agent({ keepAlive: true })", "new http.Agent({ keepAlive: false })"])
def test_http_as_clients_speak_it(code: Code, agent: str) -> None:
    text = """
        import http from 'node:http';
        const agent = AGENT;
        const url = process.env.AWS_ENDPOINT_URL;
        const scope = 'AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/s3/aws4_request, SignedHeaders=a, Signature=b';
        const ask = (method, path, parts, more = {}) => new Promise((done, fail) => {
          const headers = { authorization: scope, ...more };
          const request = http.request(url + path, { method, agent, headers }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (part) => { text += part; });
            response.on('end', () => done([response.statusCode, response.headers['content-length'], text]));
          }).on('error', fail);
          if (more.expect) request.on('continue', () => request.end(parts[0]));
          else { parts.forEach((part) => request.write(part)); request.end(); }
        });
        export const handler = async () => {
          const seen = [await ask('PUT', '/box', [])];
          seen.push(await ask('PUT', '/box/chunked', ['one ', 'two']));
          seen.push(await ask('PUT', '/box/waits', ['whole'], { expect: '100-continue', 'content-length': 5 }));
          seen.push(await ask('GET', '/box/chunked', []), await ask('HEAD', '/box/chunked', []));
          seen.push(await ask('GET', '/box/waits', []), await ask('GET', '/box/none', []));
          return seen.map(([status, length, text], index) => index < 3 || index > 5 ? status : [status, length, text]);
        };""".replace("AGENT", agent)
    assert code.value(text) == [200, 200, 200, [200, "7", "one two"], [200, "7", ""], [200, "5", "whole"], 404]


# Lambda's own API


@needs_node
def test_the_api_shows_and_invokes_it(code: Code) -> None:
    code.write("index.mjs", "export const handler = async () => { console.log('said'); throw new Error('no'); };")
    code.add()
    functions = code.emulator.client("lambda")
    shown = functions.get_function_configuration(FunctionName="work")
    assert (shown["Handler"], shown["Runtime"]) == ("index.handler", "nodejs20.x")
    answer = functions.invoke(FunctionName="work", Payload=b"{}", LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorMessage"] == "no"
    assert "said\n" in base64.b64decode(answer["LogResult"]).decode()


@needs_node
def test_a_function_is_created_from_a_zip_file_and_changed_by_the_api(emulator: Emulator) -> None:
    def archive(text: str) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as into:
            into.writestr("dist/index.mjs", text)
        return content.getvalue()

    functions = emulator.client("lambda")

    def ask() -> Any:
        return json.loads(functions.invoke(FunctionName="work", Payload=b"{}")["Payload"].read())

    made = functions.create_function(
        FunctionName="work",
        Runtime="nodejs20.x",
        Handler="dist/index.handler",
        Role="arn:aws:iam::123456789012:role/work",
        Code={"ZipFile": archive("export const handler = async () => ['first', process.env.STAGE];")},
        Environment={"Variables": {"STAGE": "test"}},
    )
    assert (made["Handler"], made["Runtime"]) == ("dist/index.handler", "nodejs20.x")
    assert ask() == ["first", "test"]
    second = "const pid = process.pid; export const handler = async () => [pid, process.env.STAGE];"
    functions.update_function_code(FunctionName="work", ZipFile=archive(second))
    pid, _ = ask()
    functions.update_function_configuration(FunctionName="work", Environment={"Variables": {"STAGE": "prod"}})
    assert is_gone(pid)
    assert ask()[1] == "prod"
    functions.delete_function(FunctionName="work")
    assert emulator.assembly.functions.get("work") is None


# The command line

FLOW = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": f"{ARN}charge-card", "End": True}}}


@pytest.fixture
def emulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command in a folder with a machine and a handler in Node.js."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.mjs").write_text(
        "export const handler = async (event) => { console.log('printed'); return { got: event, at: new Date() }; };"
    )
    (tmp_path / "flow.asl.json").write_text(json.dumps(FLOW))
    return lambda *args: CliRunner().invoke(main, args, prog_name="emulate")


@needs_node
@pytest.mark.parametrize("place", ["node:dist/index.handler", "node:dist/index.mjs#handler"])
def test_the_command_runs_a_machine_with_it(emulate: Callable[..., Result], place: str) -> None:
    result = emulate("run", "flow.asl.json", "--handlers", f"charge_card={place}", "-q", "--input", '{"order": 7}')
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {"got": {"order": 7}, "at": "2030-01-01T00:00:00.000Z"}
    assert "printed" in result.stderr


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "charge_card=node:dist/indx.handler",
            "node:dist/indx.handler: no such file in {cwd}. Did",
        ),
        ("charge_card=node:dist/index.js#handler", 'Did you mean "index.mjs"?'),
        ("charge_card=node:", "NodeHandler(''): write \"folder/file.function\""),
        ("node:dist/index.handler", "node:dist/index.handler has no name: write NAME=node:dist/index.handler"),
    ],
)
def test_the_command_refuses_a_handler_that_is_not_there(
    emulate: Callable[..., Result], spec: str, message: str
) -> None:
    result = emulate("run", "flow.asl.json", "--handlers", spec)
    assert result.exit_code == 2
    assert message.format(cwd=Path.cwd()) in result.stderr


@needs_node
def test_the_host_of_a_synchronous_execution_is_the_emulator(code: Code, emulator: Emulator) -> None:
    """AWS's SDK puts ``sync-`` before the host that it was given."""
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7, "End": True}}}
    machine = emulator.state_machine(definition, type="EXPRESS")
    text = """
        import http from 'http';
        export const handler = (event) => new Promise((resolve, reject) => {
            const { port } = new URL(process.env.AWS_ENDPOINT_URL);
            const headers = { 'X-Amz-Target': 'AWSStepFunctions.StartSyncExecution', Host: `sync-127.0.0.1:${port}` };
            const request = http.request({ host: 'sync-127.0.0.1', port, method: 'POST', headers }, (response) => {
                let body = '';
                response.on('data', (data) => { body += data; });
                response.on('end', () => resolve([JSON.parse(body).status, Date.now() - began]));
            });
            const began = Date.now();
            request.on('error', reject).end(JSON.stringify({ stateMachineArn: event }));
        });
    """
    assert code.value(text, machine.arn) == ["SUCCEEDED", 7000]
