"""The contents of a history: visits of states, the tries of each visit, the branches or items inside a try.

``Tree`` (``emulator/history/tree.py``) creates and updates all of them: a visit is as up to date as the last read of
its execution.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from asl.effects import Record
from asl.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD

_TRIED: Final = frozenset({"TaskStateEntered", "ParallelStateEntered", "MapStateEntered"})
"""The Entered events of the states whose work is tried, and which a Retry may try again."""


class Branch:
    """A sequence of visits: the execution's own, a branch of a Parallel, or an item of a Map.

    ``within`` is the try of the Parallel or Map, ``index`` counts its branches or items from 0; both are ``None`` for
    the execution's own.
    """

    __slots__ = ("index", "visits", "within")

    def __init__(self, within: "Try | None" = None, index: int | None = None) -> None:
        self.within = within
        self.index = index
        self.visits: list[Visit] = []

    @property
    def owner(self) -> "Visit | None":
        """The visit of the Parallel or Map."""
        return None if self.within is None else self.within.visit

    def __repr__(self) -> str:
        where = "" if self.owner is None else f" {self.index} of {self.owner.name}"
        return f"<Branch{where}: {' -> '.join(visit.name for visit in self.visits)}>"


class Try:
    """One attempt at a state's work: from its Scheduled or Started event (``begun``) to the event that ended it.

    ``ended`` is ``None`` while it is in progress. ``failed`` is true for a timeout as well; ``error`` and ``cause`` are
    ``None`` where the history does not contain them. ``branches`` are those that this attempt began, ``failed_in`` is
    the visit inside them that made it fail.
    """

    branches: Sequence[Branch] = ()
    ended: Record | None = None
    failed: bool = False
    error: str | None = None
    cause: str | None = None
    failed_in: "Visit | None" = None
    items_failed: int = 0
    """How many items of a Map have failed; more than one only when failures are tolerated."""

    def __init__(self, visit: "Visit", begun: Record) -> None:
        self.visit = visit
        self.begun = begun

    @property
    def began_at(self) -> datetime:
        """When it began; aware, UTC."""
        return self.begun.at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; ``None`` while it is in progress."""
        return None if self.ended is None else self.ended.at

    def __repr__(self) -> str:
        how = f"failed: {self.error}" if self.failed else "in progress" if self.ended is None else "succeeded"
        return f"<Try of {self.visit.name}, {how}>"


class Visit:
    """One visit to a state, from ``entered`` to ``exited`` (``None`` until the state is left), each a record.

    ``tries`` are the attempts at the work of a Task, Parallel or Map, ``attempts`` is their number (1 for other types).
    ``error`` and ``cause`` are those of the last attempt that failed, caught or not. Inputs and outputs are parsed
    when they are first asked for.
    """

    # ``Tree`` creates thousands of visits at a time and sets only what differs from these, which takes half as long.
    branch: Branch
    entered: Record
    exited: Record | None = None
    tries: Sequence[Try] = ()
    failed: bool = False
    """Whether the state failed for good: a catcher took the error, or it was not caught."""
    told_error: str | None = None
    """``error``, if the history contains it."""
    met_error: str | None = None
    """The last error for which the machine searched a retrier or catcher."""
    told_cause: str | None = None
    _parsed: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The state's name."""
        name: str = self.entered.details["name"]  # type: ignore[index]  # these events have details
        return name

    @property
    def type(self) -> str:
        """The state's type: ``Task``, ``Pass``..."""
        return self.entered.type.removesuffix("StateEntered")

    @property
    def enclosing(self) -> "Visit | None":
        """The visit of the Parallel or Map around this one, ``None`` at the top level."""
        return self.branch.owner

    @property
    def index(self) -> int | None:
        """Which branch of the Parallel, or item of the Map, counted from 0; ``None`` at the top level."""
        return self.branch.index

    @property
    def entered_at(self) -> datetime:
        """When the state was entered; aware, UTC."""
        return self.entered.at

    @property
    def exited_at(self) -> datetime | None:
        """When the execution left the state; ``None`` when it has not."""
        return None if self.exited is None else self.exited.at

    @property
    def input_text(self) -> str:
        """The state's input, before InputPath, as JSON text."""
        text: str = self.entered.details["input"].text  # type: ignore[index]
        return text

    @property
    def input(self) -> Any:
        """The state's input, before InputPath."""
        return self._parse("input", self.input_text)

    @property
    def output_text(self) -> str | None:
        """The state's output as JSON text; ``None`` when the execution has not left the state."""
        return None if self.exited is None else self.exited.details["output"].text  # type: ignore[index]

    @property
    def output(self) -> Any:
        """The state's output; ``None`` when the execution has not left the state."""
        text = self.output_text
        return None if text is None else self._parse("output", text)

    @property
    def assigned(self) -> dict[str, Any]:
        """The variables that the state assigned on leaving."""
        texts = {} if self.exited is None else (self.exited.details or {}).get("assignedVariables", {})
        return {name: self._parse(f"${name}", text) for name, text in texts.items()}

    @property
    def attempts(self) -> int:
        """How many times the state's work was tried, retries included."""
        return len(self.tries) if self.tries or self.entered.type in _TRIED else 1

    @property
    def error(self) -> str | None:
        """The error name of the last attempt that failed, caught or not.

        A history does not contain the error of a Fail state inside a Parallel or Map, or of a field of the state.
        The machine knows it, and whether a Map failed with an error of its own or of an item.
        """
        unsure = self.told_error is None or self.met_error == EXCEED_TOLERATED_FAILURE_THRESHOLD
        return self.met_error if unsure else self.told_error

    @property
    def cause(self) -> str | None:
        """The text of ``error``, if the history contains it."""
        return self.told_cause if self.told_error == self.error else None

    @property
    def branches(self) -> Sequence[Branch]:
        """The branches or items of the last attempt."""
        return self.tries[-1].branches if self.tries else ()

    def _parse(self, key: str, text: str) -> Any:
        if self._parsed is None:
            self._parsed = {}
        if key not in self._parsed:
            self._parsed[key] = json.loads(text)
        return self._parsed[key]

    def __repr__(self) -> str:
        return f"<Visit of {self.name}, attempts={self.attempts}{'' if self.exited else ', not left'}>"
