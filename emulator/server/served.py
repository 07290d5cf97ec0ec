"""The emulator that a gateway serves: opened, asked, begun again and closed in one thread, its clock at its pace."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from emulator.aws.http import HttpRequest
from emulator.aws.interception import AwsRequest
from emulator.aws.responses import HttpResponse
from emulator.clock import stopwatch_ns
from emulator.core import Emulator
from emulator.errors import EmulatorError, MissingHandlerError
from emulator.execution import Execution
from emulator.http_requests import answer_asked
from emulator.server.worker import Worker

if TYPE_CHECKING:
    from emulator.tasks import Tasks

log = logging.getLogger(__name__)

T = TypeVar("T")

CLOSE_SECONDS: Final = 10.0
"""How long closing may take: the emulator deletes what it created at an external backend."""


class ServedEmulator:
    """The emulator in its thread. What has no ``async`` runs in that thread; ``do`` brings it there.

    ``make`` makes the emulator, not yet open, with all it begins with; ``deploy`` puts background tasks on one that has
    just been opened. With ``real_time`` its clock goes at the pace of the system's from where it stands.
    """

    def __init__(
        self, make: Callable[[], Emulator], *, real_time: bool, deploy: "Callable[[Emulator], Tasks] | None"
    ) -> None:
        self.real_time = real_time
        self.emulator: Emulator
        self.tasks: Tasks | None = None
        self.requests = 0
        self.changed = asyncio.Event()
        self._make = make
        self._deploy = deploy
        self._worker: Worker
        self._paced_at = 0

    async def start(self) -> None:
        """Start the thread, and open the emulator in it."""
        self._worker = Worker()
        await self._worker.do(self.open)

    async def stop(self) -> None:
        """Close the emulator, and end the thread; a handler that never ends does not hold the process."""
        closing = asyncio.create_task(self._worker.do(self.close))
        await asyncio.wait([closing], timeout=2.0 if self.emulator.assembly.remote("events") is None else CLOSE_SECONDS)
        self._worker.stop()

    async def do(self, action: Callable[[], T], then: Callable[[], None] | None = None) -> T:
        """What ``action`` returns or raises, in its turn and at its time; ``then``, which raises nothing, is still in
        the turn."""
        return await self._worker.do(lambda: self._timed(action), then)

    async def reset(self) -> None:
        """Begin again with another emulator. Raises what its making raises; the old one is left then."""
        await self._worker.do(self._begin_again)

    def tell(self) -> None:
        """Wake whoever waits for a change."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    # In the worker's thread ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make the first emulator, and open it."""
        self._begin(self._make())

    def close(self) -> None:
        """Close the emulator."""
        self.emulator.close()

    def respond(self, asked: AwsRequest, request: HttpRequest) -> HttpResponse:
        """The response, also to what cannot be answered."""
        return answer_asked(self.emulator.assembly, asked, request, error_text)

    def go_on(self) -> None:
        """Let begin what was asked for, and where waits cost nothing, let time pass until every task is over."""
        emulator = self.emulator

        def run() -> None:
            emulator.assembly.settle()
            done = len(emulator.tasks.runs) if self.real_time else 0
            while runs := emulator.tasks.runs[done:]:  # their children are behind them
                for each in runs:
                    emulator.run_until(partial(_is_over, each.execution))
                done += len(runs)

        _undisturbed(run)

    def _begin(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._paced_at = stopwatch_ns()
        emulator.__enter__()
        self.tasks = None
        if self._deploy is not None:
            self.tasks = self._deploy(emulator)

    def _begin_again(self) -> None:
        emulator = self._make()  # what is wrong with it leaves the old one in place
        self.close()
        self._begin(emulator)

    def _timed(self, action: Callable[[], T]) -> T:
        if self.real_time:
            self._catch_up()
        return action()

    def _catch_up(self) -> None:
        """Let as much time pass as has passed in fact."""

        def advance() -> None:
            now = stopwatch_ns()
            passed = (now - self._paced_at) // 1000
            self._paced_at += passed * 1000
            self.emulator.clock.advance(timedelta(microseconds=passed))

        _undisturbed(advance)


def error_text(error: Exception) -> str:
    """The error's text, with what to do about it here."""
    if not isinstance(error, MissingHandlerError):
        return str(error)
    what = str(error).partition("\n    fix:")[0]
    return f"{what}\n    fix: start the server with --handlers MODULE (or file.py) that has the function"


def _undisturbed(step: Callable[[], None]) -> None:
    """Do ``step``; what goes wrong was nobody's request, so it is logged, and what is left goes on."""
    while True:
        try:
            return step()
        except EmulatorError as error:
            log.error("%s: %s", type(error).__name__, error_text(error))
        except Exception:
            return log.exception("a fault of the emulator; please report it")


def _is_over(execution: Execution) -> bool:
    return execution.finish is not None
