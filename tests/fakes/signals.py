"""Signals of commands that tests start."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[None]:
    """A process that is started here ends with SIGINT.

    A shell ignores it for what runs in its background, and so would the tests there and all that they start.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
