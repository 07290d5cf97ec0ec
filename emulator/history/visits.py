"""The contents of a history: visits of states, the tries of each visit, the branches or items inside a try.

``Tree`` (``emulator/history/tree.py``) creates and updates all of them: a visit is as up to date as the last read of
its execution.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from asl.decisions import Caught, ErrorDecision, Retried
from asl.effects import Record
from asl.errors import HEARTBEAT_TIMEOUT, TIMEOUT

_TRIED: Final = frozenset({"TaskStateEntered", "ParallelStateEntered", "MapStateEntered"})
"""The Entered events of the states whose work is tried, and which a Retry may try again."""


class Branch:
    """A sequence of visits: that of the execution itself, of a branch of a Parallel, or of an item of a Map."""

    __slots__ = ("index", "visits", "within")

    def __init__(self, within: "Try | None" = None, index: int | None = None) -> None:
        self.within = within
        """The attempt of the Parallel or Map; ``None`` for the execution itself."""
        self.index = index
        """The branch's or item's number, from 0; ``None`` for the execution itself."""
        self.visits: list[Visit] = []
        """The visits, in order."""

    @property
    def owner(self) -> "Visit | None":
        """The visit of the Parallel or Map; ``None`` for the execution itself."""
        return None if self.within is None else self.within.visit

    def __repr__(self) -> str:
        where = "" if self.owner is None else f" {self.index} of {self.owner.name}"
        return f"<Branch{where}: {' -> '.join(visit.name for visit in self.visits)}>"


class Try:
    """One attempt at the work of a Task, Parallel or Map."""

    branches: Sequence[Branch] = ()
    """The branches or items that it began."""
    ended: Record | None = None
    """The event that ended it; ``None`` until then."""
    failed: bool = False
    """Whether it failed or timed out."""
    told_error: str | None = None
    """``error``, if the history contains it."""
    told_cause: str | None = None
    failed_in: "Visit | None" = None
    """The visit in its branches that made it fail."""
    items_failed: int = 0
    """How many items of a Map failed; more than one only where failures are tolerated."""

    def __init__(self, visit: "Visit", begun: Record) -> None:
        self.visit = visit
        """The visit that it belongs to."""
        self.begun = begun
        """The Scheduled or Started event with which it began."""

    @property
    def began_at(self) -> datetime:
        """When it began; aware, UTC."""
        return self.begun.at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; aware, UTC; ``None`` until then."""
        return None if self.ended is None else self.ended.at

    @property
    def error(self) -> str | None:
        """The error's name; ``None`` where neither the history nor the machine's decisions have it."""
        # The history has the error of every attempt of a Task. That of a Parallel or Map may be the one of a Fail state
        # inside, which no event reports, and the error that ended the execution may be that of a catcher.
        met = None if not self.failed or self.visit.type == "Task" else self._met_error
        return self.told_error if met is None else met

    @property
    def cause(self) -> str | None:
        """The error's text; ``None`` where the history does not have it."""
        return self.told_cause if self.told_error == self.error else None

    @property
    def _met_error(self) -> str | None:
        """The error that the machine met in this attempt, if each of its errors ended an attempt."""
        visit = self.visit
        met = [
            decision.error
            for before, decision in zip((None, *visit.decisions), visit.decisions, strict=False)
            if not isinstance(before, Caught)  # what follows is an error of the catcher's own fields
        ]
        number = visit.tries.index(self)
        return _shown(met[number]) if number < len(met) <= len(visit.tries) else None

    def __repr__(self) -> str:
        how = f"failed: {self.error}" if self.failed else "in progress" if self.ended is None else "succeeded"
        return f"<Try of {self.visit.name}, {how}>"


class Visit:
    """One visit to a state, from the event that entered it to the event that left it."""

    # ``Tree`` creates thousands of visits at a time and sets only what differs from these, which takes half as long.
    branch: Branch
    """The sequence of visits that it is part of."""
    entered: Record
    """The StateEntered event."""
    exited: Record | None = None
    """The StateExited event; ``None`` until then."""
    tries: Sequence[Try] = ()
    """The attempts at the work of a Task, Parallel or Map, in order."""
    told_failed: bool = False
    """``failed``, if the history contains it."""
    decisions: Sequence[ErrorDecision] = ()
    """The machine's decisions about the errors of the state, in order."""
    told_error: str | None = None
    """``error``, if the history contains it."""
    told_cause: str | None = None
    _parsed: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The state's name."""
        name: str = self.entered.details["name"]  # type: ignore[index]  # these events have details
        return name

    @property
    def type(self) -> str:
        """The state's type, such as ``Task`` or ``Pass``."""
        return self.entered.type.removesuffix("StateEntered")

    @property
    def enclosing(self) -> "Visit | None":
        """The visit of the Parallel or Map that it is in; ``None`` at the top level."""
        return self.branch.owner

    @property
    def index(self) -> int | None:
        """The number of the branch or item that it is in, from 0; ``None`` at the top level."""
        return self.branch.index

    @property
    def items(self) -> tuple[int, ...]:
        """The index of the item in each Map around it, the outermost first."""
        found: list[int] = []
        branch = self.branch
        while (owner := branch.owner) is not None:
            if owner.type == "Map" and branch.index is not None:
                found.insert(0, branch.index)
            branch = owner.branch
        return tuple(found)

    @property
    def entered_at(self) -> datetime:
        """When the state was entered; aware, UTC."""
        return self.entered.at

    @property
    def exited_at(self) -> datetime | None:
        """When the state was left; aware, UTC; ``None`` until then."""
        return None if self.exited is None else self.exited.at

    @property
    def input_text(self) -> str:
        """The input, before InputPath, as JSON text."""
        text: str = self.entered.details["input"].text  # type: ignore[index]
        return text

    @property
    def input(self) -> Any:
        """The input, before InputPath, parsed when it is first asked for."""
        return self._parse("input", self.input_text)

    @property
    def output_text(self) -> str | None:
        """The output, as JSON text; ``None`` until the state is left."""
        return None if self.exited is None else self.exited.details["output"].text  # type: ignore[index]

    @property
    def output(self) -> Any:
        """The output, parsed when it is first asked for; ``None`` until the state is left."""
        text = self.output_text
        return None if text is None else self._parse("output", text)

    @property
    def assigned(self) -> dict[str, Any]:
        """The variables that the state assigned when it was left, by name."""
        texts = {} if self.exited is None else (self.exited.details or {}).get("assignedVariables", {})
        return {name: self._parse(f"${name}", text) for name, text in texts.items()}

    @property
    def attempts(self) -> int:
        """How many times the state's work was tried, retries included; 1 for types that have no retries."""
        return len(self.tries) if self.tries or self.entered.type in _TRIED else 1

    @property
    def failed(self) -> bool:
        """Whether the state failed after all retries; its error was then caught, or ended the branch."""
        return self.told_failed or self._is_decided

    @property
    def met_error(self) -> str | None:
        """The last error for which the machine searched a retrier or catcher."""
        return _shown(self.decisions[-1].error) if self.decisions else None

    @property
    def error(self) -> str | None:
        """The error's name of the last attempt that failed, caught or not; ``None`` when none failed."""
        # A history does not have the error of a Fail state in a Parallel or Map, nor that of a field of the state
        # itself or of a catcher, nor whether a Map failed with its own error or with that of an item: the machine has.
        # Only a Task's event may be newer than the machine's last decision: it is aborted before the next one.
        newer = self.entered.type == "TaskStateEntered" and self.told_error is not None and not self._is_decided
        return self.told_error if newer or not self.decisions else self.met_error

    @property
    def cause(self) -> str | None:
        """The error's text; ``None`` where the history does not have it."""
        return self.told_cause if self.told_error == self.error else None

    @property
    def branches(self) -> Sequence[Branch]:
        """The branches or items of the last attempt."""
        return self.tries[-1].branches if self.tries else ()

    @property
    def _is_decided(self) -> bool:
        """Whether the machine decided that the state is not tried again."""
        return bool(self.decisions) and not isinstance(self.decisions[-1], Retried)

    def _parse(self, key: str, text: str) -> Any:
        if self._parsed is None:
            self._parsed = {}
        if key not in self._parsed:
            self._parsed[key] = json.loads(text)
        return self._parsed[key]

    def __repr__(self) -> str:
        return f"<Visit of {self.name}, attempts={self.attempts}{'' if self.exited else ', not left'}>"


def _shown(error: str | None) -> str | None:
    """The error's name as a history has it: a missed heartbeat is a timeout."""
    return TIMEOUT if error == HEARTBEAT_TIMEOUT else error
