"""How botocore waits before it asks again, while faults or stubs give errors: on the virtual clock, by the seed.

botocore draws its waits from Python's own stream of chance and sleeps in real time. A handler's sleep is on the virtual
clock already; the lengths would differ from run to run, and a test's own call would take real seconds.
"""

import importlib
import random  # noqa: TID251 - botocore's own draws, for clients of an emulator without faults
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from emulator.aws.owners import Owner, current
from emulator.lambda_.time.shown import current_handler_time
from emulator.shared_change import SharedChange, Undo
from emulator.world import World

Wait = Callable[[float], None]
Draw = Callable[[], float]

_open: Final[dict[Owner | None, tuple[Wait, Draw]]] = {}
"""Those who answer clients, of the emulators with faults or stubs."""

ENDPOINT: Final = "botocore.endpoint"
LEGACY: Final = "botocore.retryhandler"
STANDARD: Final = "botocore.retries.standard"


def use(owner: Owner, wait: Wait, draw: Draw) -> Undo:
    """Let clients that ``owner`` answers wait by ``wait``, as long as ``draw`` says (0 to 1).

    It ends when the result is called.
    """
    end = _REPLACED.use()
    _open[owner] = wait, draw

    def stop() -> None:
        _open.pop(owner, None)
        end()

    return stop


def use_clock(owner: Owner, world: World, sleep: Callable[[datetime], None]) -> Undo:
    """``use``, with the clock and the chance of a world; ``sleep(at)`` lets the caller wait."""

    def wait(seconds: float) -> None:
        if seconds:
            sleep(world.now() + timedelta(seconds=seconds))

    def draw() -> float:
        handler_time = current_handler_time()
        name = "" if handler_time is None else handler_time.request_id
        return world.chance("retry of a client", name).fraction()

    return use(owner, wait, draw)


def _here() -> tuple[Wait, Draw] | None:
    return _open.get(current())


def _sleep(seconds: float) -> None:
    """Replaces the sleep of ``Endpoint._needs_retry``."""
    found = _here()
    if found is None:
        time.sleep(seconds)  # noqa: TID251 - the sleep of another emulator's client, or of none
    else:
        found[0](seconds)


def _random() -> float:
    """Replaces the draws of botocore's waits."""
    found = _here()
    return random.random() if found is None else found[1]()


def _replace() -> Undo:
    endpoint, legacy, standard = (importlib.import_module(name) for name in (ENDPOINT, LEGACY, STANDARD))
    delay_amount = standard.ExponentialBackoff.delay_amount

    def replaced(self: Any, context: Any) -> Any:
        own, self._random = self._random, _random
        try:
            return delay_amount(self, context)
        finally:
            self._random = own

    rows = (
        (endpoint, "time", SimpleNamespace(sleep=_sleep)),
        (legacy, "random", SimpleNamespace(random=_random)),
        (standard.ExponentialBackoff, "delay_amount", replaced),
    )
    before = [(of, name, getattr(of, name)) for of, name, _ in rows]
    for row in rows:
        setattr(*row)

    def put_back() -> None:
        for row in before:
            setattr(*row)

    return put_back


_REPLACED: Final = SharedChange(_replace)
