"""The state of one execution: its frames, its open tokens, and the effects of the current event.

Events and tokens are numbered here, timers are set and events recorded. ``asl.machine`` decides what to do next.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from asl.chance import Chance
from asl.effects import AbandonCall, CallTarget, CancelTimer, CloseMapRun, Effect, Finish, SetTimer, new_record
from asl.errors import EvaluationError, StateError
from asl.events import NO_TASKS, Start, Token
from asl.frames import Branch, Waiting
from asl.values import Json, instant_text

StepKind: TypeAlias = Literal["enter", "attempt", "call", "leave", "fail"]
Step: TypeAlias = "tuple[StepKind, Branch, Any]"
"""The next step of a branch, and its argument."""


class HistoryFullError(Exception):
    """The next event would exceed the limit; ``previous`` is the event that it would have followed."""

    def __init__(self, previous: int) -> None:
        super().__init__(previous)
        self.previous = previous


class OpenTimer(NamedTuple):
    """A timer that is set: the fields of ``SetTimer``, its purpose, and the current state of its branch.

    ``kind`` is ``execution`` (its time limit), ``wake`` (a Wait), ``retry``, ``timeout`` or ``heartbeat``.
    """

    token: Token
    kind: str
    at: datetime
    passive: bool
    state_name: str


class Run:
    """An execution. Its frames begin at ``root``; they are kept when it has ``ended``."""

    __slots__ = (
        "_context",
        "chance",
        "effects",
        "ended",
        "events",
        "execution_arn",
        "held",
        "input",
        "most_events",
        "now",
        "ready",
        "region",
        "root",
        "start",
        "state_machine_arn",
        "stored",
        "tokens",
        "waiting",
    )

    now: datetime
    """The time of the current event."""

    def __init__(self, most_events: int) -> None:
        self.most_events = most_events
        """The most events of the history (``asl.limits.MOST_EVENTS``)."""
        self.execution_arn = ""
        self.state_machine_arn = ""
        self.region = ""
        self.start: Start | None = None
        self.input: Json = None
        """The execution's input."""
        self._context: dict[str, Json] | None = None
        self.chance = Chance(0)
        self.root: Branch | None = None
        self.ended: Finish | None = None
        self.effects: list[Effect] = []
        """The effects of the current event so far."""
        self.held: frozenset[str] = NO_TASKS
        """The states whose tasks may fail before they run."""
        self.events = 0
        """The number of events in the history."""
        self.tokens = 0
        self.stored = 0
        """The bytes of all variables."""
        self.waiting: dict[Token, Waiting] = {}
        self.ready: deque[Step] = deque()

    @property
    def context(self) -> Mapping[str, Json]:
        """What the context object (``$$``) says of the execution and its machine: made when a state first reads it."""
        if self._context is None:
            start = self.start
            assert start is not None, "no state runs before"
            self._context = {
                "Execution": {
                    "Id": start.execution_arn,
                    "Input": self.input,
                    "StartTime": instant_text(start.at),
                    "Name": start.name,
                    "RoleArn": start.role_arn,
                    **({} if start.redrives is None else {"RedriveCount": start.redrives}),
                },
                "StateMachine": {"Id": start.state_machine_arn, "Name": start.state_machine_name},
            }
        return self._context

    # Open timers and calls -----------------------------------------------------------------------------------------

    @property
    def open_timers(self) -> tuple[OpenTimer, ...]:
        """The timers that are set, in the order in which they were set; none after the end of the execution."""
        if self.ended is not None:
            return ()
        return tuple(
            OpenTimer(token, kind, at, passive, branch.state.name)
            for token, (kind, branch, at, passive) in self.waiting.items()
            if at is not None
        )

    @property
    def open_calls(self) -> tuple[CallTarget, ...]:
        """The calls that wait for answers, in the order in which they were scheduled; none after the end."""
        if self.ended is not None:
            return ()
        pending = [branch.call for kind, branch, _, _ in self.waiting.values() if kind == "call"]
        return tuple(each.target for each in pending if each is not None and each.target is not None)

    # Tokens and timers -----------------------------------------------------------------------------------------------

    def new_token(self) -> Token:
        """A token that has not been used for any timer or call."""
        self.tokens += 1
        return self.tokens

    def set_timer(self, branch: Branch, kind: str, at: datetime, *, passive: bool = False) -> None:
        """Request a timer; a branch has at most one of each ``kind``."""
        token = self.new_token()
        branch.timers = {**branch.timers, kind: token}
        self.waiting[token] = Waiting(kind, branch, at, passive)
        self.effects.append(SetTimer(token, at, passive))

    def cancel_timer(self, branch: Branch, kind: str) -> None:
        """Cancel the branch's timer of this ``kind``, if it has one."""
        if kind in branch.timers:
            token = self.close_timer(branch, kind)
            self.effects.append(CancelTimer(token))

    def close_timer(self, branch: Branch, kind: str) -> Token:
        """The branch no longer has the timer of this ``kind``, which was due or is cancelled; returns its token."""
        token = branch.timers[kind]
        branch.timers = {other: each for other, each in branch.timers.items() if other != kind}
        del self.waiting[token]
        return token

    # Records: asl.frames explains which event each one follows -------------------------------------------------------

    def record(self, branch: Branch, type_: str, details: Mapping[str, Any] | None) -> None:
        """Append an event to the branch's chain."""
        id_ = self.events + 1
        if id_ >= self.most_events:
            raise HistoryFullError(branch.last_event)
        self.events = id_
        self.effects.append(new_record((id_, branch.last_event, type_, self.now, details)))
        branch.last_event = id_

    def record_after(self, previous: int, type_: str, details: Mapping[str, Any] | None) -> None:
        """Append an event from which no chain continues."""
        if self.events + 1 >= self.most_events:
            raise HistoryFullError(previous)
        self.record_end(type_, previous, details)

    def record_end(self, type_: str, previous: int, details: Mapping[str, Any] | None) -> None:
        """Append an event regardless of the limit: the one that ends the execution."""
        self.events += 1
        self.effects.append(new_record((self.events, previous, type_, self.now, details)))

    def record_evaluation(self, branch: Branch, error: StateError, cause: str | None) -> None:
        """Record a failed expression; its event follows the one before the state (``test_undefined_reference``)."""
        if isinstance(error, EvaluationError):
            branch.last_event = branch.entered_event if error.after_entered else branch.entered_after
            details = present(error=error.name, cause=cause, location=error.location, state=branch.state.name)
            self.record(branch, "EvaluationFailed", details)

    # The end -------------------------------------------------------------------------------------------------------

    def close(self, branch: Branch) -> None:
        """End the branch; its own variables are gone."""
        branch.done = True
        if branch.sizes:
            self.stored -= sum(branch.sizes.values())

    def finish(self, finish: Finish) -> None:
        """End the execution: cancel and abandon everything that it waited for."""
        self.ended = finish
        self.effects += [_given_up(kind, token) for token, (kind, _, _, _) in self.waiting.items()]
        self.effects.append(finish)


def _given_up(kind: str, token: Token) -> Effect:
    if kind == "call":
        return AbandonCall(token)
    return CloseMapRun(token, "ABORTED") if kind == "map run" else CancelTimer(token)


def present(**details: str | None) -> dict[str, Any]:
    """The details that are not ``None``: AWS omits the others."""
    return {name: value for name, value in details.items() if value is not None}
