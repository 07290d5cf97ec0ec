"""One Node.js process of a function: started, its handler loaded, called, and ended.

Events and answers are lines of JSON on two separate pipes; the handler's standard output and error are forwarded to
this process's. The time is a single number in a file that both sides read and change (see ``time.cjs``).
"""

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
from codecs import getincrementaldecoder
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from typing import IO, Any, Final, NamedTuple, TextIO

from asl.problems import did_you_mean
from emulator.aws import forks
from emulator.aws.environment import FAKE, REMOVED
from emulator.clock import EPOCH, stopwatch_ns
from emulator.errors import EmulatorError
from emulator.lambda_.call import Failure, HandlerCall
from emulator.lambda_.nodejs.endpoint import Endpoint, Respond
from emulator.lambda_.nodejs.handler import NodeHandler
from emulator.lambda_.outcomes import ForeignError, TimeStandsStill, end_reason
from emulator.lambda_.payload import RESPONSE_LIMIT
from emulator.lambda_.resolve import HANDLER_NOT_FOUND, IMPORT_MODULE_ERROR, USER_CODE_SYNTAX_ERROR
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.shown import process_time

RUNTIME: Final = Path(__file__).with_name("runtime.cjs")
GUARD: Final = Path(__file__).with_name("guard.cjs")
START_SECONDS: Final = 60.0
"""Maximum time to load a handler's modules, in real seconds."""
END_SECONDS: Final = 2.0
"""Real seconds that a process has to end by itself when its emulator is closed."""

UNSETTLED: Final = 13
"""Node.js's exit status when a module awaits something that never happens."""
NONE_LEAVES: Final = "While an emulator is active, no request is sent to AWS."
MOST_PIECES: Final = 256
"""Maximum chunks of 64 KiB read after an answer; later output is forwarded with the next call."""

_MICROSECOND = timedelta(microseconds=1)
_CLOCK = struct.Struct("<d")


class Start(NamedTuple):
    """The handler, folder and additional environment variables with which a process is started."""

    handler: NodeHandler
    root: Path
    variables: dict[str, str]


class _Ended(Exception):  # noqa: N818 - an event, not an error
    """The process has ended without an answer."""


class _Overdue(Exception):  # noqa: N818
    """No answer within the real time allowed."""


class _Output:
    """A handler's standard output or standard error."""

    def __init__(self, pipe: IO[bytes], name: str) -> None:
        self.pipe = pipe
        self._name = name
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._open = True
        os.set_blocking(pipe.fileno(), False)

    def listen(self, selector: BaseSelector) -> None:
        """Register the pipe with the selector."""
        if self._open:
            selector.register(self.pipe, EVENT_READ, self)

    def forward(self, logged: list[str]) -> bool:
        """Print and log the available output; returns whether there was any."""
        try:
            data = os.read(self.pipe.fileno(), 65_536) if self._open else b""
        except BlockingIOError:
            return False
        self._open = bool(data)
        if text := self._decoder.decode(data):
            stream: TextIO = getattr(sys, self._name)
            stream.write(text)
            logged.append(text)
        return bool(data)

    def close(self) -> None:
        """Free the pipe."""
        self._open = False
        self.pipe.close()


class NodeProcess:
    """A process that runs a function's handler. Only one thread at a time may use it."""

    def __init__(self, node: str, start: Start, answer: Respond, blocked: Callable[[str], None]) -> None:
        self._start = start
        self._answer = answer
        self._blocked = blocked
        self._endpoint = Endpoint()
        self._loaded = False
        self._clock = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as the process is
        self._clock.write(_CLOCK.pack(0))
        their_in, self._out = os.pipe()
        self._in, their_out = os.pipe()
        fds = (their_in, their_out, self._clock.fileno())
        arguments = [*map(str, fds), start.handler.handler, str(self._endpoint.port)]
        try:
            self._process = subprocess.Popen(
                [node, str(RUNTIME), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=start.root,
                env=self._environment(start.variables),
                pass_fds=fds,
                start_new_session=True,
            )
        except OSError as error:
            for fd in (self._in, self._out):
                os.close(fd)
            self._clock.close()
            self._endpoint.close()
            raise EmulatorError(f"{node} cannot be started in {start.root}: {error.strerror or error}") from None
        finally:
            os.close(their_in)
            os.close(their_out)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._output = [_Output(self._process.stdout, "stdout"), _Output(self._process.stderr, "stderr")]
        self._received = b""
        self._ended = False

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        """This process's environment without the developer's AWS account, plus the address of the emulated AWS."""
        ours = {k: v for k, v in os.environ.items() if k not in REMOVED and not k.startswith("AWS_ENDPOINT_URL")}
        endpoint = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._endpoint.port}",
            "ASL_EMULATOR_REFUSALS": forks.path(),
        }
        env = {**ours, **FAKE, **endpoint, **variables}
        return {**env, "NODE_OPTIONS": f"--require={json.dumps(str(GUARD))} {env.get('NODE_OPTIONS', '')}".rstrip()}

    @property
    def is_alive(self) -> bool:
        """Whether it can take a call."""
        return not self._ended and self._process.poll() is None

    # A call --------------------------------------------------------------------------------------------------------

    def call(self, call: HandlerCall, event: str, logged: list[str]) -> str | Failure:
        """Call the handler with the JSON text ``event``; returns the response's text or the failure."""
        handler_time = call.handler_time
        stays = False
        try:
            self._set_clock(handler_time)
            if not self._loaded:
                message = self._wait(handler_time, START_SECONDS, logged)
                if message["kind"] == "not loaded":
                    return self._failure(call, message)
                self._loaded = True
                self._set_clock(handler_time)  # loading does not count as time of the call
            self._send(call, event)
            message = self._wait(handler_time, call.function.timeout_seconds, logged)
            self._follow(handler_time)
            stays = message["kind"] in ("result", "error")
            if message["kind"] == "result":
                text: str = message["text"]
                bytes_ = len(text.encode("utf-8", "replace"))
                return text if bytes_ <= RESPONSE_LIMIT else call.too_large(bytes_)
            return self._failure(call, message)
        except HandlerTimedOut as error:
            return call.timed_out(error)
        except _Overdue:
            return self._overdue(call)
        except (_Ended, BrokenPipeError):
            return self._exited(call, logged)
        finally:
            if not stays:
                self._print(logged)
                self.kill()

    def _send(self, call: HandlerCall, event: str) -> None:
        message = {
            "request_id": call.request_id,
            "arn": call.arn,
            "deadline": (call.handler_time.deadline - EPOCH) // _MICROSECOND,
            "trace": call.variables()["_X_AMZN_TRACE_ID"],
            "client_context": call.client_context,
            "cognito_identity": call.cognito_identity,
            "event": event,
        }
        rest = memoryview(json.dumps(message).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def _wait(self, handler_time: HandlerTime, seconds: float, logged: list[str]) -> dict[str, Any]:
        """The next answer; meanwhile output is forwarded, and requests to AWS are answered."""
        end = stopwatch_ns() + int(seconds * 1e9)
        with DefaultSelector() as selector:
            selector.register(self._in, EVENT_READ)
            for output in self._output:
                output.listen(selector)
            self._endpoint.listen(selector)
            while True:
                left = (end - stopwatch_ns()) / 1e9
                if left <= 0:
                    raise _Overdue
                for key, _ in selector.select(left):
                    if isinstance(key.data, _Output):
                        if not key.data.forward(logged):
                            selector.unregister(key.data.pipe)
                    elif isinstance(key.data, Endpoint):
                        began = stopwatch_ns()
                        key.data.ready(selector, key.fileobj, lambda request: self._at_its_time(handler_time, request))  # type: ignore[arg-type]
                        end += stopwatch_ns() - began  # our own time does not count against the handler
                    elif (message := self._receive(handler_time, logged)) is not None:
                        self._print(logged)  # everything printed before the answer
                        return message

    def _receive(self, handler_time: HandlerTime, logged: list[str]) -> dict[str, Any] | None:
        """The next message that ends the wait, if it is complete; other messages are handled immediately."""
        data = os.read(self._in, 1 << 20)
        if not data:
            raise _Ended
        self._received += data
        while b"\n" in self._received:
            text, _, self._received = self._received.partition(b"\n")
            message: dict[str, Any] = json.loads(text)
            match message["kind"]:
                case "blocked":
                    where = f"{message['host']}{message['at']}"
                    self._blocked(f"Blocked: a connection of a Node.js handler to {where}. {NONE_LEAVES}")
                case "other stream":
                    self._print(logged)
                    os.write(self._out, b"\n")
                case "timed out":
                    handler_time.sleep_to_deadline()
                case "time stands still":
                    raise TimeStandsStill
                case _:
                    return message
        return None

    def _at_its_time(self, handler_time: HandlerTime, request: Any) -> Any:
        """AWS's answer at the handler's current time, which the answer may advance."""
        self._follow(handler_time)
        with process_time(handler_time):
            response = self._answer(request)
        self._set_clock(handler_time)
        return response

    # The time ------------------------------------------------------------------------------------------------------

    def _set_clock(self, handler_time: HandlerTime) -> None:
        os.pwrite(self._clock.fileno(), _CLOCK.pack((handler_time.now() - EPOCH) // _MICROSECOND), 0)

    def _follow(self, handler_time: HandlerTime) -> None:
        """Move the handler's time to the time that its timers have reached; raises ``HandlerTimedOut``."""
        (at,) = _CLOCK.unpack(os.pread(self._clock.fileno(), _CLOCK.size, 0))
        moved = int(at) - (handler_time.now() - EPOCH) // _MICROSECOND
        if moved > 0:
            handler_time.sleep(moved / 1e6)

    # What went wrong -----------------------------------------------------------------------------------------------

    def _failure(self, call: HandlerCall, message: dict[str, Any]) -> Failure:
        told = json.loads(message["payload"])
        error_type, text = told["errorType"], told["errorMessage"]
        log = f"{call.handler_time.now():%Y-%m-%dT%H:%M:%S.000Z}\t{call.request_id}\tERROR\t{message['log']}\n"
        hint = self._hint(error_type, text, message.get("exports", []))
        error = ForeignError(error_type, text, tuple(message["stack"][1:]), hint)
        return Failure(message["payload"], error_type, text, log, error, hint)

    def _hint(self, error_type: str, text: str, exports: list[str]) -> str | None:
        """How to fix a handler that cannot be loaded."""
        handler, root = self._start.handler, self._start.root
        folder, file = handler.place
        if error_type == HANDLER_NOT_FOUND:
            has = f"{file} exports: {', '.join(exports)}" if exports else f"{file} exports no functions"
            return did_you_mean(handler.function, exports) or has
        if error_type == IMPORT_MODULE_ERROR and handler.file(root) is None:
            there = list((root / folder).glob("*.*"))
            names = {each.name if "#" in handler.handler else each.stem for each in there}
            if any(each.name in (file, f"{file}.ts") and each.suffix == ".ts" for each in there):
                near = "it is TypeScript: compile it, and name the compiled file"
            else:
                near = did_you_mean(file, sorted(names - {file})) or ""
            return f"{near} the handler is searched for in {root}".lstrip()
        if error_type == USER_CODE_SYNTAX_ERROR:
            if "outside a module" in text:
                return 'name the file .mjs, or add "type": "module" to its package.json'
            return "`node --check FILE` shows where"
        if error_type == IMPORT_MODULE_ERROR or "Cannot find package" in text:
            return f"install the handler's dependencies: npm install, in {root}"
        if "Unknown file extension" in text:
            return "compile the handler to JavaScript, and name the compiled file"
        return None

    def _overdue(self, call: HandlerCall) -> Failure:
        loading = not self._loaded
        with contextlib.suppress(HandlerTimedOut):
            call.handler_time.sleep_to_deadline()
        seconds = START_SECONDS if loading else call.function.timeout_seconds
        what = "its modules were not loaded" if loading else "it did not answer"
        return call.timed_out(None, f"{what} within {seconds:g} seconds of real time, so its process was killed")

    def _exited(self, call: HandlerCall, logged: list[str]) -> Failure:
        self._print(logged)
        with contextlib.suppress(HandlerTimedOut):
            self._follow(call.handler_time)
        status = self._reap()
        hint = "process.exit() ends a Lambda process: return instead" if status >= 0 else "the process was killed"
        if status == UNSETTLED and not self._loaded:
            hint = "a top-level await in one of its modules never finishes"
        return call.ended(end_reason(status), None, hint)

    def _print(self, logged: list[str]) -> None:
        """Forward everything printed so far."""
        for output in self._output:
            for _ in range(MOST_PIECES):
                if not output.forward(logged):
                    break

    # The end -------------------------------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """Let the process end by itself; ``end`` must follow."""
        if not self._ended and self._out >= 0:
            os.close(self._out)
            self._out = -1

    def end(self) -> None:
        """Let it end by itself, and kill it if it takes too long."""
        if not self._ended:
            self.hang_up()
            self._reap(END_SECONDS)
            self.kill()

    def kill(self) -> None:
        """Kill it and every process that it has started."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.hang_up()
        os.close(self._in)
        self._clock.close()
        self._endpoint.close()
        for output in self._output:
            output.close()

    def _reap(self, seconds: float = END_SECONDS) -> int:
        """Its exit status, negative for a signal; if it does not end in time, it is killed."""
        end = stopwatch_ns() + int(seconds * 1e9)
        while self._process.poll() is None and stopwatch_ns() < end:
            select.select([], [], [], 0.001)
        if self._process.poll() is None:
            self._process.kill()
        return self._process.wait()
