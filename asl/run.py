"""One execution as far as it has come: its frames, what it waits for, and the effects of the event at hand.

Events and tokens are numbered here, timers are set and events recorded. What is done next is decided by
``asl.machine``.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from asl.chance import Chance
from asl.effects import AbandonCall, CallTarget, CancelTimer, CloseMapRun, Effect, Finish, Record, SetTimer
from asl.errors import EvaluationError, StateError
from asl.events import Token
from asl.frames import Branch, Waiting
from asl.history import EVENT_LIMIT
from asl.values import Json

StepKind: TypeAlias = Literal["enter", "attempt", "call", "leave", "fail"]
Step: TypeAlias = "tuple[StepKind, Branch, Any]"
"""What a branch does next, and with what."""


class HistoryFullError(Exception):
    """The next event would be one too many; ``previous`` is the event it would have followed."""

    def __init__(self, previous: int) -> None:
        super().__init__(previous)
        self.previous = previous


class OpenTimer(NamedTuple):
    """A timer that is set: ``SetTimer``'s fields, what it is for, and the state that its branch is in.

    ``kind`` is ``execution`` (the bound of all), ``wake`` (a Wait), ``retry``, ``timeout`` or ``heartbeat``.
    """

    token: Token
    kind: str
    at: datetime
    passive: bool
    state_name: str


class Run:
    """An execution. Its frames begin at ``root``; they stay as they were when it has ``ended``."""

    __slots__ = (
        "chance",
        "context",
        "effects",
        "ended",
        "events",
        "execution_arn",
        "now",
        "ready",
        "region",
        "root",
        "state_machine_arn",
        "stored",
        "tokens",
        "waiting",
    )

    now: datetime
    """When the event at hand happened."""

    def __init__(self) -> None:
        self.execution_arn = ""
        self.state_machine_arn = ""
        self.region = ""
        self.context: dict[str, Json] = {}
        self.chance = Chance(0)
        self.root: Branch | None = None
        self.ended: Finish | None = None
        self.effects: list[Effect] = []
        """What is asked for by the event at hand."""
        self.events = 0
        """How many events the history has."""
        self.tokens = 0
        self.stored = 0
        """Bytes of all variables."""
        self.waiting: dict[Token, Waiting] = {}
        self.ready: deque[Step] = deque()

    # What is open --------------------------------------------------------------------------------------------------

    @property
    def open_timers(self) -> tuple[OpenTimer, ...]:
        """The timers that are set, in the order in which they were; none once the execution is over."""
        if self.ended is not None:
            return ()
        return tuple(
            OpenTimer(token, kind, at, passive, branch.state.name)
            for token, (kind, branch, at, passive) in self.waiting.items()
            if at is not None
        )

    @property
    def open_calls(self) -> tuple[CallTarget, ...]:
        """The calls whose answers are waited for, in the order in which they were scheduled; none at the end."""
        if self.ended is not None:
            return ()
        pending = [branch.call for kind, branch, _, _ in self.waiting.values() if kind == "call"]
        return tuple(each.target for each in pending if each is not None and each.target is not None)

    # Tokens and timers -----------------------------------------------------------------------------------------------

    def new_token(self) -> Token:
        """A token that no timer and no call has had."""
        self.tokens += 1
        return self.tokens

    def set_timer(self, branch: Branch, kind: str, at: datetime, *, passive: bool = False) -> None:
        """Ask for a timer; a branch has one of a ``kind``."""
        token = branch.timers[kind] = self.new_token()
        self.waiting[token] = Waiting(kind, branch, at, passive)
        self.effects.append(SetTimer(token, at, passive))

    def cancel_timer(self, branch: Branch, kind: str) -> None:
        """Give up the branch's timer of this ``kind``, if it has one."""
        token = branch.timers.pop(kind, None)
        if token is not None:
            del self.waiting[token]
            self.effects.append(CancelTimer(token))

    # Records: where each hangs is explained in asl.frames ------------------------------------------------------------

    def record(self, branch: Branch, type_: str, details: Mapping[str, Any] | None) -> None:
        """Append an event to the branch's chain."""
        id_ = self.events + 1
        if id_ >= EVENT_LIMIT:
            raise HistoryFullError(branch.last_event)
        self.events = id_
        self.effects.append(Record(id_, branch.last_event, type_, self.now, details))
        branch.last_event = id_

    def record_after(self, previous: int, type_: str, details: Mapping[str, Any] | None) -> None:
        """Append an event that no chain goes on from."""
        if self.events + 1 >= EVENT_LIMIT:
            raise HistoryFullError(previous)
        self.record_end(type_, previous, details)

    def record_end(self, type_: str, previous: int, details: Mapping[str, Any] | None) -> None:
        """Append an event whatever the limit: the one that ends the execution."""
        self.events += 1
        self.effects.append(Record(self.events, previous, type_, self.now, details))

    def record_evaluation(self, branch: Branch, error: StateError, cause: str | None) -> None:
        """Tell of a failed expression; the event follows what came before the state (``test_undefined_reference``)."""
        if isinstance(error, EvaluationError):
            branch.last_event = branch.entered_event if error.after_entered else branch.entered_after
            details = present(error=error.name, cause=cause, location=error.location, state=branch.state.name)
            self.record(branch, "EvaluationFailed", details)

    # The end -------------------------------------------------------------------------------------------------------

    def close(self, branch: Branch) -> None:
        """The branch does nothing more; its own variables are gone."""
        branch.done = True
        self.stored -= sum(branch.sizes.values())

    def finish(self, finish: Finish) -> None:
        """The execution is over: nothing that it waited for is wanted any more."""
        self.ended = finish
        self.effects += [_given_up(kind, token) for token, (kind, _, _, _) in self.waiting.items()]
        self.effects.append(finish)


def _given_up(kind: str, token: Token) -> Effect:
    if kind == "call":
        return AbandonCall(token)
    return CloseMapRun(token, "ABORTED") if kind == "map run" else CancelTimer(token)


def present(**details: str | None) -> dict[str, Any]:
    """The details that are known: AWS leaves out what is not."""
    return {name: value for name, value in details.items() if value is not None}
