"""Ways to leave a handler other than ``return``, and what they mean for Lambda, the process, and the test."""

import signal
import sys
from collections.abc import Mapping
from typing import Any, Final

FOR_THE_TEST: Final = (
    ("_pytest.outcomes", "OutcomeException"),  # pytest.fail, skip, xfail
    ("_pytest.outcomes", "Exit"),
    ("unittest.case", "SkipTest"),
    ("hypothesis.errors", "UnsatisfiedAssumption"),
    ("hypothesis.errors", "StopTest"),
)
"""Exceptions that belong to a test runner and are not a function's failure. AssertionError is not among them."""


class ProcessExit(BaseException):
    """``os._exit(status)`` inside a handler; on Lambda it ends only the handler's process."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class TimeStandsStill(BaseException):
    """The handler waits for its time to run out but never sleeps, so it would wait forever."""


class ForeignError(Exception):
    """An error that is no exception of Python here, for people: class name, message, stack, and how to fix it.

    That of a handler in another language, or one of Lambda's own, about a handler's response.
    """

    def __init__(self, error_type: str, message: str, trace: tuple[str, ...], hint: str | None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.trace = trace
        self.hint = hint


def reaches_the_test(error: BaseException) -> bool:
    """Whether ``error`` is meant for the user or the test runner, rather than being the function's answer."""
    if isinstance(error, KeyboardInterrupt | TimeStandsStill):
        return True
    kinds = (getattr(sys.modules.get(module), name, None) for module, name in FOR_THE_TEST)
    return any(kind is not None and isinstance(error, kind) for kind in kinds)


def exit_reason(code: Any) -> str:
    """Lambda's text for a process that ended with ``code``, the argument of ``sys.exit``."""
    status = 0 if code is None else code & 0xFF if isinstance(code, int) else 1
    if status == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {status}"


SIGNALS: Final[Mapping[str, str]] = {
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "floating point exception",
    "SIGILL": "illegal instruction",
    "SIGINT": "interrupt",
    "SIGKILL": "killed",
    "SIGSEGV": "segmentation fault",
    "SIGTERM": "terminated",
}
"""Lambda's names for the signal that ended a process (those of Go)."""


def end_reason(status: int) -> str:
    """Lambda's text for a handler process that ended with ``status``, the negated number for a signal."""
    if status >= 0:
        return exit_reason(status)
    name = signal.Signals(-status).name
    return f"Runtime exited with error: signal: {SIGNALS.get(name, name)}"
