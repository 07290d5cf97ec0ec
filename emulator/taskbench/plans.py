"""Plans: actions that a test plans for moments of a task's run, and whether they happened.

A *call* of the handler reaches these moments: its own beginning and end, those of the user's ``run``, and each read or
write of the tasks' table. A plan acts when its moment is reached, before the call continues. Plans of one moment act in
the order in which the test made them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asl.problems import did_you_mean
from emulator.taskbench.storage_calls import READS, WRITES, StorageCall, Test

Moment: TypeAlias = Literal[
    "throttling", "before iteration", "before run", "after run", "after iteration", "write", "read"
]


@dataclass(slots=True)
class IterationCall:
    """The ``number``-th call of the handler for a task; ``reads`` and ``writes`` of the tasks' table."""

    task_id: str
    definition_id: str
    number: int
    reads: int = 0
    writes: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """The calls that a plan is for: those of one task, of one definition's tasks, or of all tasks."""

    task_id: str | None = None
    definition_id: str | None = None

    def holds(self, call: IterationCall | None) -> bool:
        """Whether ``call`` is one of them; ``None`` stands for a request from outside any handler."""
        if call is None:
            return self == ALL_TASKS
        return self.task_id in (None, call.task_id) and self.definition_id in (None, call.definition_id)


ALL_TASKS: Final = Scope()


@dataclass(slots=True)
class Plan:
    """``act`` is called at the ``nth`` matching moment and the following ones, ``times`` in all (``None``: every one).

    Before a read or write it gets that storage call. ``text`` is the plan as the test wrote it.
    """

    text: str
    act: Callable[[StorageCall | None], object]
    moment: Moment
    scope: Scope
    iteration: int | None = None
    test: Test | None = None
    nth: int = 1
    times: int | None = 1
    reached: int = 0
    acted: int = 0

    def meets(self, moment: Moment, call: IterationCall | None, storage_call: StorageCall | None) -> bool:
        """Whether this moment matches the plan."""
        return (
            moment == self.moment
            and self.scope.holds(call)
            and (self.iteration is None or (call is not None and call.number == self.iteration))
            and (self.test is None or (storage_call is not None and _any(self.test, storage_call)))
        )


def _any(test: Test, call: StorageCall) -> bool:
    """Whether the test holds for one of the entries of a request."""
    return any(map(test, (call, *call.also)))


class Plans:
    """The plans of one bench, and the errors of the functions that were planned."""

    def __init__(self) -> None:
        self._plans: list[Plan] = []
        self._errors: list[Exception] = []

    def add(self, plan: Plan) -> None:
        """Add a plan."""
        self._plans.append(plan)

    def __bool__(self) -> bool:
        return bool(self._plans)

    def reach(self, moment: Moment, call: IterationCall | None, storage_call: StorageCall | None = None) -> bool:
        """Let the plans for this moment act; whether one did. Their exceptions propagate."""
        acted = False
        for plan in [each for each in self._plans if each.meets(moment, call, storage_call)]:
            plan.reached += 1
            if plan.reached < plan.nth:
                continue
            plan.acted += 1
            acted = True
            if plan.acted == plan.times:
                self._plans.remove(plan)
            plan.act(storage_call)
        return acted

    def guarded(self, text: str, call: Callable[[], object]) -> Callable[[StorageCall | None], None]:
        """``call`` as the act of a plan: its exceptions are kept for the test, the application never sees them."""

        def act(_storage_call: StorageCall | None) -> None:
            try:
                call()
            except Exception as error:
                error.add_note(f"raised by {text}")
                self._errors.append(error)

        return act

    def raise_error(self) -> None:
        """Raise the oldest error of a guarded call that was not raised yet, if any."""
        if self._errors:
            raise self._errors.pop(0)

    def unused(self, scope: Scope, where: str) -> str | None:
        """A line for each plan of exactly this scope that never acted, with ``where`` at its end; or ``None``."""
        return _lines([plan for plan in self._plans if plan.scope == scope and not plan.acted], where)

    def unused_of_many(self, where: str) -> str | None:
        """A line for each plan for more than one task that never acted, like ``unused``."""
        return _lines([plan for plan in self._plans if plan.scope.task_id is None and not plan.acted], where)


def _lines(unused: Sequence[Plan], where: str) -> str | None:
    """A line for each plan: how the test wrote it, and how often its moment came."""
    lines = []
    for plan in unused:
        near = f"; its moment came {plan.reached} of {plan.nth} times" if plan.reached else ""
        lines.append(f"{plan.text}: did not happen{where}{near}")
    return "\n".join(lines) or None


WORDS: Final = {"before": ("iteration", "run"), "after": ("iteration", "run"), "write": WRITES, "read": READS}
"""Argument for a moment -> its words."""


def moment_of(where: dict[str, str]) -> tuple[Moment, Test | None]:
    """The moment that ``before=``, ``after=``, ``write=`` or ``read=`` means.

    Raises ``ValueError`` for unknown words and for two moments, ``TypeError`` for other arguments.
    """
    for key in where:
        if key not in WORDS:
            near = did_you_mean(key, WORDS)
            raise TypeError(f'there is no argument "{key}".{f" {near}" if near else ""}')
    if len(where) > 1:
        raise ValueError(f"{' and '.join(f'{key}={word!r}' for key, word in where.items())} are two moments; give one")
    for key, word in where.items():
        if word not in WORDS[key]:
            known = list(WORDS[key])
            near = did_you_mean(word, known)
            raise ValueError(f"{key}={word!r} is not a moment.{f' {near}' if near else ''} Moments: {', '.join(known)}")
        if key == "write":
            return "write", WRITES[word]
        if key == "read":
            return "read", READS[word]
        return MOMENTS[key, word], None
    return "before iteration", None


MOMENTS: Final[dict[tuple[str, str], Moment]] = {
    ("before", "iteration"): "before iteration",
    ("before", "run"): "before run",
    ("after", "run"): "after run",
    ("after", "iteration"): "after iteration",
}
