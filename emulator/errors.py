"""The emulator's exceptions: each message says what happened, what exists, and what to do."""


class EmulatorError(Exception):
    """The base class of the others. Raised itself for a call that is not possible, such as a name that is taken."""


class NotEmulatedError(EmulatorError):
    """A call or a task needs something that AWS can do and the emulator cannot; ``docs/supported.md`` has the list."""


class MissingHandlerError(EmulatorError):
    """An execution starts, or comes to a task, whose Lambda function is not registered."""


class StuckExecutionError(EmulatorError):
    """``run`` or ``finish`` waits for an execution that waits for a worker or a task token, and no timer is left."""


class RealAwsBlockedError(EmulatorError):
    """A request of boto3 would have reached a real endpoint. No request does while an emulator is open."""


class BlockedCallError(EmulatorError):
    """A test ends, and the program swallowed the error of a call that nothing emulates: what passed may be untrue."""


class BackendError(EmulatorError):
    """An external backend is down, too slow, or lacks the service. The message names the call and the URL."""


class InputError(EmulatorError):
    """An execution's input is not JSON or is too large, or a definition given as a value is not JSON."""
