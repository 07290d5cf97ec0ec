"""What leaving a handler otherwise than by ``return`` means: for Lambda, the process, and the test around it."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

FOR_THE_TEST: Final = (
    ("_pytest.outcomes", "OutcomeException"),  # pytest.fail, skip, xfail
    ("_pytest.outcomes", "Exit"),
    ("unittest.case", "SkipTest"),
    ("hypothesis.errors", "UnsatisfiedAssumption"),
    ("hypothesis.errors", "StopTest"),
)
"""Exceptions that a test runner raises for itself: no function has failed. AssertionError is not among them."""


class ProcessExit(BaseException):
    """``os._exit(status)`` inside a handler, which on Lambda ends only the handler's own process."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class TimeStandsStill(BaseException):
    """The handler waits for its time to run out and never sleeps: it would wait for ever."""


class ForeignError(Exception):
    """What a handler in another language threw, for people: its class's name, its message, its stack, what to do."""

    def __init__(self, error_type: str, message: str, trace: tuple[str, ...], hint: str | None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.trace = trace
        self.hint = hint


def reaches_the_test(error: BaseException) -> bool:
    """Whether ``error`` is meant for the user or the test runner, and is not an answer of the function."""
    if isinstance(error, KeyboardInterrupt | TimeStandsStill):
        return True
    kinds = (getattr(sys.modules.get(module), name, None) for module, name in FOR_THE_TEST)
    return any(kind is not None and isinstance(error, kind) for kind in kinds)


def exit_reason(code: Any) -> str:
    """How Lambda words a process that ended with ``code``, what ``sys.exit`` was given."""
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
"""How Lambda, a Go program, names the signal that ended a process."""


def end_reason(status: int) -> str:
    """How Lambda words a process of its own that ended with ``status``, negative for a signal's number."""
    if status >= 0:
        return exit_reason(status)
    name = signal.Signals(-status).name
    return f"Runtime exited with error: signal: {SIGNALS.get(name, name)}"


@contextmanager
def exits_caught() -> Iterator[None]:
    """Make ``os._exit`` raise ``ProcessExit`` in this process; a child that a handler forks still ends for real."""
    process, leave = os.getpid(), os._exit

    def _exit(status: int) -> None:
        if os.getpid() != process:
            leave(status)
        raise ProcessExit(status)

    os._exit = _exit  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = leave
