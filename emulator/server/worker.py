"""One thread that works for an event loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import PriorityQueue
from typing import Any, Final, TypeVar

T = TypeVar("T")

FIRST: Final = 0
BEHIND: Final = 1
LAST: Final = 2
"""Order of the work in the thread; work of one rank is done in the order in which it came."""


class Worker:
    """The one thread in which the emulator is created, called and closed."""

    def __init__(self) -> None:
        self._work: PriorityQueue[tuple[int, int, Callable[[], None] | None]] = PriorityQueue()
        self._numbers = count()
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (work := self._work.get()[2]) is not None:
            work()

    async def do(self, action: Callable[[], T], then: Callable[[], None] | None = None, *, rank: int = FIRST) -> T:
        """Call ``action`` in the thread; returns or raises its result. ``then``, called right after, must not raise.

        With the rank ``BEHIND`` it waits until no other work does.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def tell(value: Any, error: BaseException | None) -> None:
            if done.cancelled():
                return
            if error is None:
                done.set_result(value)
            else:
                done.set_exception(error)

        def work() -> None:
            value, error = None, None
            try:
                value = action()
            except BaseException as raised:  # raised in the caller
                error = raised
            with suppress(RuntimeError):  # the event loop is closed, no caller waits
                loop.call_soon_threadsafe(tell, value, error)
            if then is not None:
                then()

        self._work.put((rank, next(self._numbers), work))
        return await done

    def stop(self) -> None:
        """End the thread when its work is done."""
        self._work.put((LAST, next(self._numbers), None))
