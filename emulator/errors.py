"""What the emulator raises to people: each message says what happened, what there is, and what to do."""


class EmulatorError(Exception):
    """Anything that the emulator cannot or will not do."""


class NotEmulatedError(EmulatorError):
    """AWS can do this, the emulator cannot; ``docs/supported.md`` lists what is emulated."""


class MissingHandlerError(EmulatorError):
    """A task calls a Lambda function that is not registered."""


class StuckExecutionError(EmulatorError):
    """The execution waits for a worker or a token, and nothing in this emulator will ever answer."""


class RealAwsBlockedError(EmulatorError):
    """A request would have left for a real endpoint; none does while an emulator is active."""


class BackendError(EmulatorError):
    """An external backend is down, too slow, or cannot do what it was asked for: call, URL, what to do."""


class InputError(EmulatorError):
    """An execution's input that is not JSON, or cannot be made JSON."""
