"""The emulator's exceptions: each message says what happened, what exists, and what to do."""


class EmulatorError(Exception):
    """Anything that the emulator cannot or will not do."""


class NotEmulatedError(EmulatorError):
    """AWS supports this, the emulator does not; ``docs/supported.md`` lists what is emulated."""


class MissingHandlerError(EmulatorError):
    """A task calls a Lambda function that is not registered."""


class StuckExecutionError(EmulatorError):
    """The execution waits for a worker or a token, and nothing in this emulator can answer."""


class RealAwsBlockedError(EmulatorError):
    """A request to a real endpoint was blocked; no request is sent there while an emulator is active."""


class BackendError(EmulatorError):
    """An external backend is down, too slow, or cannot do the request: the message has the call, URL and fix."""


class InputError(EmulatorError):
    """An execution's input is not JSON, or cannot be converted to JSON."""
