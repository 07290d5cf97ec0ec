"""A change of the process that several users need: it is made for the first of them, and undone after the last.

The process has one of everything that an emulator replaces: methods of botocore and moto, environment variables, the
time that code sees. Emulators and calls of handlers that are open side by side, in one thread or in several, share the
change. A user that comes while another thread makes or undoes it waits for that.
"""

from collections.abc import Callable
from threading import RLock
from typing import TypeAlias

Undo: TypeAlias = Callable[[], None]


class SharedChange:
    """A change that ``make`` makes; its result undoes it. Both run while ``lock`` is held."""

    def __init__(self, make: Callable[[], Undo]) -> None:
        self.lock = RLock()
        """For what else must not happen while the change is made or undone."""
        self._make = make
        self._undo: Undo | None = None
        self._users = 0

    @property
    def is_made(self) -> bool:
        """Whether the change is in place."""
        return self._undo is not None

    def use(self) -> Callable[[], None]:
        """Need the change until the result is called; calling it again does nothing."""
        with self.lock:
            if self._undo is None:
                self._undo = self._make()
            self._users += 1
        ended = False

        def end() -> None:
            nonlocal ended
            with self.lock:
                if ended:
                    return
                ended = True
                self._users -= 1
                undo = self._undo
                if not self._users and undo is not None:
                    self._undo = None
                    undo()

        return end
