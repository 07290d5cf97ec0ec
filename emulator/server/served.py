"""The emulator that a gateway serves: opened, called, reset and closed in one thread, which also advances its clock."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import unquote, urlsplit

from emulator.aws.http import HttpRequest
from emulator.aws.interception import AwsRequest
from emulator.aws.responses import HttpResponse
from emulator.blocked import BlockedCall, told_lines
from emulator.clock import stopwatch_ns
from emulator.core import Emulator
from emulator.errors import EmulatorError, MissingHandlerError
from emulator.execution import Execution
from emulator.http_requests import answer_asked, refused
from emulator.server.worker import FIRST, Worker
from emulator.stepfunctions.express import described
from emulator.stepfunctions.wire import respond

if TYPE_CHECKING:
    from emulator.tasks import Tasks

log = logging.getLogger(__name__)

T = TypeVar("T")

CLOSE_SECONDS: Final = 10.0
"""How long closing may take: the emulator deletes what it created at an external backend."""


class ServedEmulator:
    """The emulator in its thread. The functions below the line run in that thread; ``do`` calls a function in it.

    ``make`` creates the emulator with its initial resources, not yet open; ``opened`` makes more in a newly opened one,
    and ``deploy`` adds background tasks to it. With ``real_time`` its clock advances at the pace of the system's.
    """

    def __init__(
        self,
        make: Callable[[], Emulator],
        *,
        real_time: bool,
        deploy: "Callable[[Emulator], Tasks] | None",
        opened: Callable[[Emulator], object] | None = None,
    ) -> None:
        self.real_time = real_time
        self.emulator: Emulator
        self.tasks: Tasks | None = None
        self.requests = 0
        self.changed = asyncio.Event()
        self._make = make
        self._deploy = deploy
        self._opened = opened
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

    async def do(self, action: Callable[[], T], then: Callable[[], None] | None = None, *, rank: int = FIRST) -> T:
        """Call ``action`` in the thread, at the current time; returns or raises its result.

        ``then`` is called right after it and must not raise. ``rank`` is the worker's.
        """
        return await self._worker.do(lambda: self._timed(action), then, rank=rank)

    async def reset(self) -> None:
        """Replace the emulator by a new one. Raises the exceptions of ``make``, and keeps the old one then."""
        await self._worker.do(self._begin_again)

    def tell(self) -> None:
        """Wake the requests that wait for a change."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    # In the worker's thread ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Create the first emulator, and open it."""
        self._begin(self._make())

    def close(self) -> None:
        """Close the emulator."""
        self.emulator.close()

    def respond(self, asked: AwsRequest, request: HttpRequest) -> HttpResponse:
        """The response; a refusal, if the request cannot be answered."""
        return answer_asked(self.emulator.assembly, asked, request, error_text)

    def ended(self, execution: Execution, asked: AwsRequest, request: HttpRequest) -> HttpResponse | None:
        """The response to the StartSyncExecution that started it; ``None`` while it runs.

        A refusal, if nothing could answer a call of the execution.
        """
        if execution.finish is None:
            return None
        if execution.unanswered is not None:
            return refused(self.emulator.assembly, asked, request, execution.unanswered, error_text)
        request_id = self.emulator.assembly.chance("request").uuid()
        return respond(200, described(execution, json.loads(asked.body)), request_id)

    def public(self, asked: AwsRequest, request: HttpRequest) -> HttpResponse | None:
        """moto's response to an unsigned request for an object; ``None`` if moto has no such bucket."""
        if self.emulator.assembly.remote("s3") is not None:  # it would be signed on its way
            return None
        bucket = unquote(urlsplit(asked.url).path.split("/")[1])
        named = self.emulator.client("s3").list_buckets()["Buckets"]
        return self.respond(asked, request) if any(each["Name"] == bucket for each in named) else None

    def go_on(self) -> None:
        """Begin the triggered tasks, and on virtual time let time pass until every task has ended."""
        emulator = self.emulator

        def run() -> None:
            emulator.assembly.settle()
            done = len(emulator.tasks.runs) if self.real_time else 0
            while runs := emulator.tasks.runs[done:]:  # children come after their parents
                for each in runs:
                    emulator.run_until(partial(_is_over, each.execution))
                done += len(runs)

        _undisturbed(run)

    def _begin(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._paced_at = stopwatch_ns()
        emulator.assembly.polling.serves_others = True
        emulator.assembly.ahead.in_real_time = self.real_time
        emulator.blocked.allowed = True  # clients are told by their answers, and the log tells of the others
        emulator.blocked.on_record = _tell_blocked
        emulator.__enter__()
        self.tasks = None
        if self._opened is not None:
            self._opened(emulator)
        if self._deploy is not None:
            self.tasks = self._deploy(emulator)

    def _begin_again(self) -> None:
        emulator = self._make()  # if this raises, the old one stays
        self.close()
        self._begin(emulator)

    def _timed(self, action: Callable[[], T]) -> T:
        if self.real_time:
            self._catch_up()
        return action()

    def _catch_up(self) -> None:
        """Advance the clock by the real time that has passed."""

        def advance() -> None:
            now = stopwatch_ns()
            passed = (now - self._paced_at) // 1000
            self._paced_at += passed * 1000
            self.emulator.clock.advance(timedelta(microseconds=passed))

        _undisturbed(advance)


def error_text(error: Exception) -> str:
    """The error's text, with a fix for a server."""
    if not isinstance(error, MissingHandlerError):
        return str(error)
    what = str(error).partition("\n    fix:")[0]
    return (
        f"{what}\n    fix: start the server with --handlers MODULE (or file.py) that has the function, "
        "or with --missing-function fail: the task then fails as on AWS"
    )


def _tell_blocked(call: BlockedCall) -> None:
    """Log a refused call of a function or of an execution; a client's own is in its answer."""
    if call.within:
        log.warning("refused, because nothing emulates it:\n%s", told_lines(call))


def _undisturbed(step: Callable[[], None]) -> None:
    """Call ``step`` until it succeeds. An error belongs to no request: it is logged, and the rest is done."""
    while True:
        try:
            return step()
        except EmulatorError as error:
            log.error("%s: %s", type(error).__name__, error_text(error))
        except Exception:
            return log.exception("a bug in the emulator; please report it")


def _is_over(execution: Execution) -> bool:
    return execution.finish is not None
