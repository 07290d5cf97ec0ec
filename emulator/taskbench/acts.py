"""What plans do to the handler that is running: take its time, or end its process."""

from emulator.lambda_.outcomes import ProcessExit
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.shown import current_handler_time
from emulator.taskbench.storage_calls import StorageCall


def leave(milliseconds: int) -> None:
    """Leave the running handler at most this much of its timeout."""
    _handler_time().leave(milliseconds)


def die(_call: StorageCall | None) -> None:
    """End the Lambda process."""
    raise ProcessExit(1)


def oversleep(_call: StorageCall | None) -> None:
    """Sleep until the function's timeout."""
    _handler_time().sleep_to_deadline()


def do_nothing(_call: StorageCall | None) -> None:
    """Let a throttled call pass: Lambda refuses it, the plan has nothing to add."""


def _handler_time() -> HandlerTime:
    handler_time = current_handler_time()
    assert handler_time is not None, "plans with an iteration act inside a handler"
    return handler_time
