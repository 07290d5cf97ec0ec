"""The name of a run: the process that made something at an external backend, and until when it may be in use.

A run that is killed cannot delete what it made. So the names of a bridge's rules and queues hold the run's name, and
everything else that is made through an emulator has it as a tag. On the same machine, a run has ended when its process
is gone: its number is free, or belongs to a process that began at another time. On another machine only the expiry
tells. The machine is its host name, its boot and, in a container, its space of process numbers.
"""

import hashlib
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from emulator.clock import real_time_ns

TAG: Final = "asl-emulator-run"
"""The key of the tag with the run's name."""
LIFE_SECONDS: Final = 7 * 86_400
"""How long a run of another machine is believed to go on: nobody asks it."""

State = Literal["running", "ended", "unknown"]


@dataclass(frozen=True, slots=True)
class Run:
    """A process on a machine. ``began`` tells it from others of the same number; 0 where the system does not say."""

    machine: str
    process: int
    began: int
    expiry: int
    """Seconds since 1970."""

    def text(self) -> str:
        """The name: at most 40 letters, digits and ``-``."""
        return f"{self.machine}-{self.process:x}-{self.began:x}-{self.expiry:x}"

    def state(self) -> State:
        """Whether the run goes on: ``unknown`` for one of another machine that has not expired."""
        if self.machine == machine():
            return "running" if _is_running(self.process, self.began) else "ended"
        return "ended" if self.expiry < real_time_ns() // 10**9 else "unknown"

    def described(self) -> str:
        """The run, for people."""
        if self.machine != machine():
            return f"a run on another machine ({self.machine})"
        if self.process == os.getpid():
            return "this run"
        state = "a run that goes on" if self.state() == "running" else "a run that has ended"
        return f"{state} (process {self.process})"


def this_run() -> Run:
    """The run of this process."""
    process = os.getpid()
    return Run(machine(), process, _began(process), real_time_ns() // 10**9 + LIFE_SECONDS)


def read(text: str) -> Run | None:
    """The run whose name ``text`` is."""
    parts = text.split("-")
    if len(parts) != 4 or len(parts[0]) != 8:
        return None
    try:
        return Run(parts[0], *(int(part, 16) for part in parts[1:]))
    except ValueError:
        return None


@cache
def machine() -> str:
    """Eight letters and digits for this machine since its last start, and for its space of process numbers."""
    boot = numbers = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    with suppress(OSError):
        numbers = str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(f"{socket.gethostname()}|{boot}|{numbers}".encode()).hexdigest()[:8]


def _began(process: int) -> int:
    """When a process began, in the system's ticks since its start; 0 where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        return int(stat.rpartition(")")[2].split()[19])  # field 22 of proc(5), starttime
    return 0


def _is_running(process: int, began: int) -> bool:
    if sys.platform == "win32":  # there os.kill ends the process that it asks for
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return not began or not _began(process) or _began(process) == began
