"""Threads and jobs of executors are answered by the emulator that answers the code that starts them.

boto3's transfers, ``asyncio.to_thread`` and ``run_in_executor`` give their work to other threads. Without this, the
emulator that was opened last would answer that work, also for a client of another one's test.
"""

from collections.abc import Callable
from typing import Any, Final

from emulator.aws.guard.patches import Patch
from emulator.aws.owners import answered_alike, started


def _start(original: Callable[..., None]) -> Callable[..., None]:
    def start(self: Any) -> None:
        started(self)
        original(self)

    return start


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, fn: Any, /, *given: Any, **named: Any) -> Any:
        return original(self, answered_alike(fn), *given, **named)

    return submit


PATCHES: Final = (
    Patch("threading", "Thread", "start", _start),
    Patch("concurrent.futures.thread", "ThreadPoolExecutor", "submit", _submit),
)
