"""Whether a thread of this process computes or waits, as far as the system tells.

Linux tells the state of a thread, its CPU time in nanoseconds and the system call that it is in. Elsewhere the place
in its Python code has to do: a thread that does not leave it counts as waiting.
"""

import os
import sys
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from types import FrameType
from typing import Final, Literal

OLDER_LOOKS: Final = 10
"""After so many looks without any progress a thread that is not the call's is idle."""
OLDER_ROUNDS: Final = 5
"""So often; then one look has to do."""

_FUTEX: Final = {"x86_64": "202", "aarch64": "98", "i686": "240", "armv7l": "240", "riscv64": "98"}
"""The number of the system call with which a thread waits for a lock."""
_CALL: Final = _FUTEX.get(os.uname().machine if hasattr(os, "uname") else "", "")
_OURS: Final = str(Path(__file__).parents[2])
_TOLD: Final = bool(_CALL) and Path(f"/proc/self/task/{threading.get_native_id()}/syscall").exists()
"""Whether the system tells."""
_LIBRARY: Final = str(Path(os.__file__).parent)


class Quiet:
    """Looks at one thread; ``looks`` is how many in a row have found it waiting in the same place."""

    __slots__ = ("_last", "kind", "looks", "starves")

    def __init__(self) -> None:
        self._last: object = None
        self.looks = 0
        self.starves = False
        """Whether the last look found it ready to run, but without a processor since the look before."""
        self.kind: Literal["lock", "socket"] = "socket"

    def look(self, native_id: int | None) -> bool:
        """Look again; whether the thread waits."""
        found = _state(native_id) if _TOLD else _place(native_id)
        waits, *last = found
        is_same, self._last = last == self._last, last
        self.looks = self.looks + 1 if waits and is_same else 0
        self.starves = is_same and not waits
        self.kind = "lock" if last[-1] == _CALL else "socket"
        return self.looks > 0

    def forget(self) -> None:
        """Begin anew: the thread has been doing something else."""
        self._last, self.looks = None, 0


def _state(native_id: int | None) -> tuple[object, ...]:
    """Whether it waits, its CPU time and its system call. A thread that has ended waits for good."""
    folder = Path(f"/proc/self/task/{native_id}")
    try:
        state = (folder / "stat").read_bytes().rpartition(b") ")[2][:1]
        cpu = (folder / "schedstat").read_bytes().split(b" ")[0]
        call = (folder / "syscall").read_bytes().split(b" ")[0].decode()
    except OSError:
        return True, "ended", ""
    return state == b"S", cpu, call


def _place(native_id: int | None) -> tuple[object, ...]:
    ident = next((each.ident for each in threading.enumerate() if each.native_id == native_id), None)
    frame = sys._current_frames().get(ident or 0)
    return True, ident, frame and (id(frame), frame.f_lasti), ""


class OlderThreads:
    """The threads that are not the call's: whether they do anything that a thread of the call may wait for."""

    __slots__ = ("_found", "_known", "_rounds")

    def __init__(self) -> None:
        self._found: dict[int, Quiet] = {}
        self._known = False
        self._rounds = 0

    def are_idle(self, ours: Collection[int], *, only_users: bool) -> bool:
        """Whether they are, as far as known; ``ours`` are the idents of the call's threads."""
        if not self._known:
            if threading.active_count() > len(ours):
                self._found = {native_id: Quiet() for native_id in other_threads(ours, only_users=only_users)}
            self._known = True
        wanted = OLDER_LOOKS if self._rounds < OLDER_ROUNDS else 1
        return all(quiet.looks >= wanted for quiet in self._found.values())

    def look(self) -> None:
        """Look at them again."""
        for native_id, quiet in self._found.items():
            quiet.look(native_id)

    def forget(self) -> None:
        """Time has moved: they have to be idle anew before it moves again."""
        self._rounds += bool(self._found)
        self._found, self._known = {}, False


def other_threads(ours: Collection[int], *, only_users: bool) -> list[int]:
    """The native ids of the threads without the idents ``ours``.

    ``only_users``: only those that run code of the user; the threads of libraries end no wait of such code.
    """
    frames = sys._current_frames()
    return [
        thread.native_id
        for thread in threading.enumerate()
        if thread.ident is not None
        and thread.ident not in ours
        and thread.native_id is not None
        and (not only_users or any(map(_is_users, _frames(frames.get(thread.ident)))))
    ]


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_users(frame: FrameType) -> bool:
    return is_users_file(frame.f_code.co_filename)


def is_users_file(name: str) -> bool:
    """Whether a file holds code of the user: not of Python, of an installed package, or of this one."""
    if name.startswith("<"):
        return not name.startswith("<frozen")
    inside = name.startswith(_LIBRARY) or "site-packages" in name or "dist-packages" in name
    return not (inside or (name.startswith(_OURS) and "/examples/" not in name))
