"""Polling is waiting: a client that asks the same again and again wants time to pass (``docs/adr/0007``).

A client repeats a question about executions. Where nothing has changed since it last asked, it waits, and time passes
until the next thing is due, as it would between two polls on AWS:

| the question came before | it is a poll |
| --- | --- |
| as the client's request just before this one | at once |
| with other looks in between, such as a describe and a history in turn | from the ``MANY``-th time on, each time |
| with an act of the client in between: a start, a stop, a token, ``clock.advance`` | never: it is a first look |

A request for a further page goes on with one look and counts for nothing. A look that shows something new is a first
look, too. Each thread, and each call of a handler, is a client of its own.

While an execution waits for a task token or an activity, time goes on to the wait's own timeout. But another thread
that uses the emulator, or another program at a server, may be about to answer: then a poll moves the clock only after
``GRACE_SECONDS`` of real time in which no client has done anything but look.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from emulator.aws.interception import AwsRequest
from emulator.clock import stopwatch_ns
from emulator.execution import Execution
from emulator.lambda_.time.shown import current_handler_time
from emulator.timeline import TimeLine
from emulator.world import World

MANY: Final = 5
"""How often a question has to be asked, with nothing new to see, before it is a poll in spite of others in between."""
GRACE_SECONDS: Final = 10.0
"""Real seconds that a worker in another thread or program has for an answer before a poll lets time pass."""
MOST_QUESTIONS: Final = 1_000
"""Questions of one client that are remembered."""

Question: TypeAlias = tuple[str, bytes]
_LOOKS: Final = ("Describe", "List", "GetExecutionHistory")
"""What the names of operations begin with that change nothing."""


class Client:
    """What one thread, or one call of a handler, has asked."""

    def __init__(self, handler: object) -> None:
        self.handler = handler
        self.last: Question | None = None
        self.repeats = False
        """Whether its present question is the same as the one before."""
        self.seen: dict[Question, tuple[object, ...]] = {}
        """Question -> what was there to see when it was last asked."""
        self.times: Counter[Question] = Counter()

    def forget(self) -> None:
        """It has done something: all its questions are new."""
        self.seen.clear()
        self.times.clear()


class Polling:
    """Lets time pass for the clients of one emulator that poll."""

    def __init__(self, world: World, timeline: TimeLine) -> None:
        self._world = world
        self._timeline = timeline
        self._clients: dict[int, Client] = {}
        """Thread -> the client that it is now."""
        self._acted_ns = 0
        self._awaited: tuple[object, ...] = ()
        self.serves_others = False
        """Whether other programs are clients: a server cannot tell them apart."""

    def note(self, request: AwsRequest) -> None:
        """A client makes a request, of any service."""
        client = self._client()
        if request.service != "states":
            client.last = None
            return
        operation, body = request.operation, request.body
        if b'"nextToken"' in body:
            return
        if not operation.startswith(_LOOKS):
            client.forget()
            self._acted_ns = stopwatch_ns()
        question = operation, body
        client.repeats = question == client.last
        client.last = question

    def polled(self, executions: Sequence[Execution], request: Mapping[str, Any]) -> None:
        """The client's present question is about these executions."""
        client = self._client()
        question = client.last
        running = [each for each in executions if each.finish is None]
        if not running or question is None or "nextToken" in request:
            return
        shown = self._shown(executions)
        is_new = client.seen.get(question) != shown
        client.times[question] += 1
        if is_new and client.times[question] <= MANY:
            client.times[question] = 1
        if not is_new and (client.repeats or client.times[question] >= MANY):
            self._let_time_pass(running)
            shown = self._shown(executions)
        if len(client.seen) >= MOST_QUESTIONS:
            client.forget()
        client.seen[question] = shown

    def _client(self) -> Client:
        handler, thread = current_handler_time(), threading.get_ident()
        client = self._clients.get(thread)
        if client is None or client.handler is not handler:
            client = self._clients[thread] = Client(handler)
        return client

    def _shown(self, executions: Sequence[Execution]) -> tuple[object, ...]:
        return self._world.now(), len(executions), sum(len(each.records) for each in executions)

    def _let_time_pass(self, running: Sequence[Execution]) -> None:
        at = self._timeline.next_once_at() if self._timeline.awaits else None
        if current_handler_time() is not None:
            self._handler_waits(at)
        elif not self._timeline.running and at is not None and not self._may_be_answered(running):
            self._timeline.advance_to(at)

    def _handler_waits(self, at: datetime | None) -> None:
        """The handler's own time goes on to ``at``, or by a second when nothing is due; its timeout may end it."""
        handler = current_handler_time()
        assert handler is not None, "asked before"
        ahead = 0.0 if at is None else (at - handler.now()).total_seconds()
        handler.sleep(ahead if ahead > 0 else 1.0)
        if not self._timeline.running and handler.now() > self._timeline.clock.now():
            self._timeline.advance_to(handler.now())

    def _may_be_answered(self, running: Sequence[Execution]) -> bool:
        """Whether a worker elsewhere may be about to answer what these executions wait for."""
        awaited = tuple((each.arn, token) for each in running for token in each.awaited_answers)
        if not awaited or not (self.serves_others or self._has_workers()):
            return False
        if awaited != self._awaited:
            self._awaited = awaited
            self._acted_ns = stopwatch_ns()
        return stopwatch_ns() - self._acted_ns < GRACE_SECONDS * 1e9

    def _has_workers(self) -> bool:
        """Whether another thread of this process has made requests, and is alive."""
        me = threading.get_ident()
        return any(each.ident != me and each.ident in self._clients for each in threading.enumerate())
