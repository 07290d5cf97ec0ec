"""One call of a Lambda function in any language: the function, the facts of the call, and its possible results.

The caller gets Lambda's exact answer, byte for byte where it was recorded; next to it are the real exception and a
hint, for people.
"""

import base64
import hashlib
import re
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Final

from emulator.clock import EPOCH
from emulator.lambda_ import outcomes, payload, resolve
from emulator.lambda_.context import LambdaContext
from emulator.lambda_.outcomes import ForeignError, exit_reason
from emulator.lambda_.payload import EXIT_ERROR, RESPONSE_LIMIT, TIMED_OUT, TOO_LARGE, LambdaRuntimeError
from emulator.lambda_.resolve import Handler
from emulator.lambda_.task_root import TaskRoot
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.places import format_lines, users_lines_of_node
from emulator.wrong_types import kind

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_FUNCTION_SECONDS: Final = 900
"""The maximum timeout of a Lambda function (quotas of AWS Lambda); the default of registered functions."""
LATEST: Final = "$LATEST"
"""The version of a function's code that is not published."""
RUNTIME: Final = "python3.12"
"""The default runtime of a function."""

_ENVIRONMENT_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""The name of a variable (service model of Lambda, which also wants a second character)."""
_RUNTIME = re.compile(r"python3\.\d+")
_LOG_TAIL: Final = 4096
_OUR_FILES: Final = frozenset(
    [module.__file__ for module in (outcomes, payload, resolve)]
    + [str(Path(__file__).with_name("runtime.py"))]
    + [str(path) for path in (Path(__file__).parent / "time").glob("*.py")]
) | {__file__}


class Runtime(ABC):
    """Runs a function that is not Python code in this process.

    Only a subclass is one: a mock, which has every method that it is asked for, is a handler like any callable.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The handler's name, as in Lambda's settings."""
        ...

    @abstractmethod
    def run(self, call: "HandlerCall", event: str, logged: list[str]) -> "str | Failure":
        """The response's text or the failure, for the JSON text ``event``; the handler runs in ``call.handler_time``.

        Everything that Lambda's log of the call would show is added to ``logged``.
        """
        ...

    @abstractmethod
    def close(self) -> None:
        """Free its resources; a later call acquires them again."""
        ...


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function whose code runs locally.

    ``handler`` is a callable, its name (``module.function``, ``module:function``), loaded at the first call, or a
    ``Runtime``.
    ``environment``: None leaves ``os.environ`` alone; a mapping, even an empty one, is set for each call together with
    Lambda's own variables (``AWS_LAMBDA_FUNCTION_NAME``...), and undone afterwards.
    ``dead_letter`` is the ARN of the queue or topic that gets the events which the function fails on.
    ``task_root``: Lambda's folder ``/var/task``, from which the handler is imported; stack traces show that path.
    """

    name: str
    handler: Handler | str | Runtime
    timeout_seconds: float = 3
    memory_mb: int = 128
    environment: Mapping[str, str] | None = None
    arn: str | None = None
    runtime: str = RUNTIME
    version: str = LATEST
    task_root: TaskRoot | None = None
    dead_letter: str | None = None

    def __post_init__(self) -> None:
        if wrong := _wrong_field(self):
            raise ValueError(f"function {self.name!r}: {wrong}")

    @property
    def timeout(self) -> timedelta:
        """How long a call may take."""
        return _timeout(self.timeout_seconds)

    @property
    def minor(self) -> int:
        """The 12 of ``python3.12``."""
        return _minor(self.runtime)


@cache
def _timeout(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@cache
def _minor(runtime: str) -> int:
    return int(runtime.rpartition(".")[2])


def _wrong_field(function: Function) -> str | None:
    """The first field that Lambda or the emulator would reject: its name, its value, and what is allowed."""
    handler: object = function.handler
    if not _is_text(function.name, _NAME):
        return "a name has 1 to 64 letters, digits, - and _"
    if not isinstance(handler, str | Runtime) and not callable(handler):
        return f"handler is {kind(handler)}; give a function of (event, context), or its name"
    if not _within(function.timeout_seconds, 1, LONGEST_FUNCTION_SECONDS):
        return f"timeout_seconds is {function.timeout_seconds!r}; Lambda allows 1 to {LONGEST_FUNCTION_SECONDS}"
    if not _within(function.memory_mb, 128, 10_240):
        return f"memory_mb is {function.memory_mb!r}; Lambda allows 128 to 10240"
    if not isinstance(handler, Runtime) and not _is_text(function.runtime, _RUNTIME):
        return f'runtime is {function.runtime!r}, which is not supported; use a Python version such as "python3.12"'
    environment: object = function.environment
    if environment is not None and not isinstance(environment, Mapping):
        return f"environment is {kind(environment)}; give a mapping of names to texts"
    for key, value in (function.environment or {}).items():
        if not _is_text(key) or not _is_text(value):
            return f"environment variable {key!r} is {value!r}; names and values are text"
        if _ENVIRONMENT_NAME.fullmatch(key) is None:
            return f"environment variable {key!r}: a name has letters, digits and _, and begins with a letter"
    return None


def _is_text(value: object, pattern: re.Pattern[str] | None = None) -> bool:
    return isinstance(value, str) and (pattern is None or pattern.fullmatch(value) is not None)


def _within(value: object, low: int, high: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


@dataclass(slots=True)  # not frozen: that makes it slowly
class InvocationResult:
    """The result of one call; it does not change.

    The caller gets ``payload``; if ``error``, it is a function error (``FunctionError: "Unhandled"``) and holds
    ``error_type`` and ``error_message``. ``duration`` is how far the call moved its own time, ``write_logs`` gives the
    lines of Lambda's log. ``exception`` and ``hint`` are for people: callers on AWS do not see them.
    """

    payload: str
    error: bool
    error_type: str | None
    error_message: str | None
    duration: timedelta
    write_logs: Callable[[], str] = field(compare=False, repr=False)
    exception: BaseException | None = field(default=None, compare=False)
    hint: str | None = None

    @property
    def told(self) -> BaseException | None:
        """For people: what the handler raised, or Lambda's own error with its hint."""
        if self.exception is not None or self.hint is None:
            return self.exception
        return ForeignError(self.error_type or "", self.error_message or "", (), self.hint)

    @property
    def logs(self) -> str:
        """The lines of Lambda's log."""
        return self.write_logs()

    @property
    def log_tail(self) -> str:
        """The last 4 KB of ``logs`` in base64, as requested by ``LogType: Tail``."""
        return base64.b64encode(self.logs.encode("utf-8", "replace")[-_LOG_TAIL:]).decode("ascii")

    @property
    def report(self) -> str | None:
        """For people: the error, the place in the user's own code, and how to fix it; None if there is no error."""
        if not self.error:
            return None
        lines = [": ".join(filter(None, (self.error_type, self.error_message)))]
        if self.exception is not None:
            lines += [line.rstrip("\n") for line in format_lines(self.exception.__traceback__)]
        if isinstance(self.exception, ForeignError):
            lines += users_lines_of_node(self.exception.trace)
        return "\n".join([*lines, self.hint] if self.hint else lines)


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed: the caller's error payload, and the exception and hint for people."""

    payload: str
    error_type: str
    error_message: str
    log: str
    exception: BaseException | None = None
    hint: str | None = None


@dataclass(slots=True)  # not frozen: that makes it slowly
class HandlerCall:
    """One invocation of ``function``: the facts that its context, environment and errors share; they do not change."""

    function: Function
    handler_time: HandlerTime
    request_id: str
    arn: str
    region: str
    started: datetime
    client_context: str | None
    cognito_identity: str | None

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.function.name}"

    @property
    def log_stream(self) -> str:
        return _log_stream(self.started.date(), self.function.version, self.arn)

    @property
    def ascii_only(self) -> bool:
        return self.function.minor < 12

    def context(self) -> LambdaContext:
        return LambdaContext(
            self.handler_time,
            request_id=self.request_id,
            function_name=self.function.name,
            function_version=self.function.version,
            memory_mb=self.function.memory_mb,
            invoked_function_arn=self.arn,
            log_group_name=self.log_group,
            log_stream_name=self.log_stream,
            client_context=self.client_context,
            cognito_identity=self.cognito_identity,
        )

    def variables(self) -> dict[str, str]:
        """The variables added to ``os.environ`` during the call; the user's own come last and win."""
        function, digest = self.function, hashlib.sha256(self.request_id.encode()).hexdigest()
        trace = f"Root=1-{(self.started - EPOCH) // timedelta(seconds=1):08x}-{digest[:24]}"
        return {
            "_HANDLER": _handler_name(function.handler),
            "_X_AMZN_TRACE_ID": f"{trace};Parent={digest[24:40]};Sampled=0",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "AWS_REGION": self.region,
            "TZ": ":UTC",
            **(function.environment or {}),
        }

    def failed(self, error: LambdaRuntimeError, request_id: str) -> Failure:
        """An error that the runtime itself reports."""
        return self._reported(error.error_type, error.message, error.stack_trace, request_id, error, error.hint)

    def raised(self, error: Exception) -> Failure:
        """An exception that the handler raised."""
        try:
            message = str(error)
        except Exception:  # this ends Lambda's runtime, too
            return self.exited(1, error, f"str() of the {type(error).__name__} that the handler raised fails")
        frames = _frames(error.__traceback__, self.function.task_root)
        hint = None
        if not frames and isinstance(error, TypeError):
            hint = "Lambda calls handler(event, context), with two positional arguments"
        stack = tuple(traceback.format_list(frames))
        return self._reported(type(error).__name__, message, stack, self.request_id, error, hint)

    def _reported(
        self,
        error_type: str,
        message: str,
        stack: tuple[str, ...],
        request_id: str,
        error: Exception,
        hint: str | None,
    ) -> Failure:
        shown_id = request_id if self.function.minor >= 9 else None
        text = payload.error_payload(message, error_type, shown_id, stack, ascii_only=self.ascii_only)
        cause = error.__cause__ if isinstance(error, LambdaRuntimeError) else error
        return Failure(text, error_type, message, _error_log(error_type, message, stack), cause, hint)

    def exited(self, code: Any, error: BaseException | None, hint: str) -> Failure:
        """The process ended with ``code``, the argument of ``sys.exit``."""
        return self.ended(exit_reason(code), error, hint)

    def ended(self, reason: str, error: BaseException | None, hint: str) -> Failure:
        """The process ended; ``reason`` is Lambda's text."""
        message = f"RequestId: {self.request_id} Error: {reason}"
        text = payload.sandbox_payload(message, EXIT_ERROR)
        return Failure(text, EXIT_ERROR, message, f"{message}\n{EXIT_ERROR}\n", error, hint)

    def timed_out(self, error: BaseException | None, hint: str | None = None) -> Failure:
        """The handler was still running at its deadline."""
        words = f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
        message = f"RequestId: {self.request_id} Error: {words}"
        at = f"{self.handler_time.deadline:%Y-%m-%dT%H:%M:%S}.{self.handler_time.deadline.microsecond // 1000:03d}Z"
        hint = hint or "the time is virtual: only sleeping moves it"
        if self.function.timeout_seconds == 3:
            hint += "; 3 seconds is Lambda's default: set timeout_seconds to change it"
        log = f"{at} {self.request_id} {words}\n\n"
        return Failure(payload.sandbox_payload(message, TIMED_OUT), TIMED_OUT, message, log, error, hint)

    def too_large(self, bytes_: int) -> Failure:
        """The response is larger than Lambda allows."""
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        log = "[ERROR] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.\n"
        text = payload.sandbox_payload(message, TOO_LARGE)
        return Failure(text, TOO_LARGE, message, log, hint=f"the handler returned {bytes_} bytes")


@lru_cache(maxsize=1024)
def _instance(arn: str) -> str:
    """The instance that runs all calls of a function: in Lambda, 32 hexadecimal digits."""
    return hashlib.md5(arn.encode(), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=1024)
def _log_stream(day: date, version: str, arn: str) -> str:
    return f"{day:%Y/%m/%d}/[{version}]{_instance(arn)}"


def _frames(tb: TracebackType | None, task_root: TaskRoot | None) -> list[tuple[str, int, str, str | None]]:
    """The user's frames, without the emulator's, as plain tuples: like Lambda's, without ``^^^^`` lines."""
    return [
        (_shown_path(frame.filename, task_root), frame.lineno or 0, frame.name, frame.line)
        for frame in traceback.extract_tb(tb)
        if frame.filename not in _OUR_FILES
    ]


def _shown_path(filename: str, task_root: TaskRoot | None) -> str:
    if task_root is None or not Path(filename).is_relative_to(task_root.folder):
        return filename
    return str(PurePosixPath("/var/task", *Path(filename).relative_to(task_root.folder).parts))


def _handler_name(handler: Any) -> str:
    if isinstance(handler, str):
        return handler
    if isinstance(handler, Runtime):
        return handler.name
    module = getattr(handler, "__module__", None) or "handler"
    return f"{module}.{getattr(handler, '__name__', type(handler).__name__)}"


def _error_log(error_type: str, message: str, stack: tuple[str, ...]) -> str:
    """Lambda's log line for a failed call: a single line whose parts are separated by carriage returns."""
    head = "[ERROR] " + (f"{error_type}: {message}" if message else error_type)
    lines = [head, "Traceback (most recent call last):"]
    for line in (line for entry in stack for line in entry.splitlines()):
        code = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(code)) + code)
    return "\r".join(lines) + "\n"
