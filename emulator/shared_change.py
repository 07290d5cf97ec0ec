"""A change of the process that several users need: it is made for the first of them, and undone after the last.

The process has one of everything that an emulator replaces: methods of botocore and moto, environment variables, the
time that code sees. Emulators and calls of handlers that are open side by side, in one thread or in several, share the
change. A user that comes while another thread makes or undoes it waits for that.

**A stretch** is a block in which one thread runs the emulator's own work, such as a whole execution, and nothing of the
user's but handlers. Many changes are needed for a handler, hundreds of times in an execution; making and undoing them
takes longer than the rest of a call. So what is needed ``in_stretch`` stays until the end of the thread's outermost
stretch, when control returns to the caller, or until ``end_stretch``, before something that must not see it. Between
two handlers a change that stays has to be one that shows nothing of itself.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final, TypeAlias

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

    def use_in_stretch(self) -> Callable[[], None]:
        """Need the change until the result is called, which is to be called once; it may stay until the stretch ends.

        Outside of stretches this is ``use``.
        """
        if not _stretch.depth:
            return self.use()
        if self not in _stretch.kept:
            _stretch.kept[self] = self.use()
        _stretch.users += 1
        return _end_use

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


class _Stretch(threading.local):
    """This thread's stretches, nested in one another, and the ends of the changes that stay in place."""

    depth = 0
    mark: object = None
    users = 0
    """How many users need one of the changes now."""

    def __init__(self) -> None:
        self.kept: dict[SharedChange, Callable[[], None]] = {}


_stretch: Final = _Stretch()


def _end_use() -> None:
    _stretch.users -= 1


def stretch_mark() -> object:
    """What is the same object as long as changes stay in place in this thread; ``None`` outside of stretches."""
    return _stretch.mark


@contextmanager
def stretch() -> Iterator[None]:
    """A block of the emulator's own work; see the top of this module."""
    _stretch.depth += 1
    _stretch.mark = _stretch.mark or object()
    try:
        yield
    finally:
        _stretch.depth -= 1
        if not _stretch.depth:
            _stretch.mark = None
            end_stretch()


def end_stretch() -> None:
    """Undo what stays in place in this thread; nothing is undone while it is needed."""
    _stretch.mark = _stretch.mark and object()
    if not _stretch.users:
        while _stretch.kept:
            _stretch.kept.popitem()[1]()
