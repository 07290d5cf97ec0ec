"""The emulator's exceptions: each message says what happened, what exists, and what to do."""

from collections.abc import Callable
from typing import Any, ClassVar


class EmulatorError(Exception):
    """The base class of the others. Raised itself for a call that is not possible, such as a name that is taken."""


class NotEmulatedError(EmulatorError):
    """A call or a task needs something that AWS can do and the emulator cannot; ``docs/supported.md`` has the list."""

    for_task: str | None = None
    """Internal: what to do besides a stub where a Task makes the call; ``None``: what the message says."""


class MissingHandlerError(EmulatorError):
    """An execution comes to a task whose Lambda function is not registered."""


class StuckExecutionError(EmulatorError):
    """``run`` or ``finish`` waits for an execution that waits for a worker or a task token, and no timer is left."""


class RealAwsBlockedError(EmulatorError):
    """A request, connection or name look-up would have reached AWS. None does while an emulator is open."""

    process = 0
    """Internal: the forked child that refused it, and may hand it to its parent."""
    on_return: ClassVar[Callable[["RealAwsBlockedError"], None]]
    """Internal: called with an error that another process has handed to this one."""

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        """Called by pickle for an error that came from another process."""
        super().__setstate__(state)
        if self.process:
            type(self).on_return(self)


class BlockedCallError(EmulatorError):
    """A test ends, and the program swallowed the error of a call that nothing emulates: what passed may be untrue."""


class BackendError(EmulatorError):
    """An external backend is down, too slow, or lacks the service; or moto failed. The message names the call."""


class InputError(EmulatorError):
    """An execution's input is not JSON or is too large, or a definition given as a value is not JSON."""
