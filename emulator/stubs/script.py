"""A script: what one stub says, and the calls that it saw. A ``Stub`` is a view of one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from emulator.errors import EmulatorError
from emulator.stubs.answers import Answer, CallsThrough, Case, Condition, Never, Returns, Step
from emulator.stubs.call import TaskCall
from emulator.stubs.jobs import StoppedJob


@dataclass(eq=False, slots=True)
class Begun:
    """What a test has begun to say (``.then``, ``.after(hours=1)``), until an answer follows.

    ``condition`` is that of a narrower stub (``when``, ``for_item``), which may also only look at calls.
    """

    words: str
    place: str | None
    condition: Condition | None = None


class Script:
    """The cases of one stub. ``words`` is how the test wrote it: ``emulator.task('Charge')``.

    ``added(step)`` is called with each new step, before it counts; it raises an error for one that is wrong.
    """

    def __init__(self, words: str, place: str | None, added: Callable[["Script", Answer, str | None], None]) -> None:
        self.words = words
        self.place = place
        """The test's line that made it."""
        self.calls: list[TaskCall] = []
        self.stopped: list[StoppedJob] = []
        self.past = 0
        """How many of the calls were made before it."""
        self.is_told = False
        """Whether the test has been told that it is wrong."""
        self.begun: dict[Begun, None] = {}
        """What was begun and has no answer yet."""
        self._passed = False
        """Whether its latest answer was that the real target answers."""
        self._added = added
        self._cases: dict[int, list[Case]] = {}
        """How narrow the condition is -> the cases, the narrowest first."""

    @property
    def cases(self) -> Iterator[Case]:
        """All cases, the narrowest first."""
        for cases in self._cases.values():
            yield from cases

    @property
    def steps(self) -> Iterator[Step]:
        """All steps."""
        return (step for case in self.cases for step in case.steps)

    @property
    def has_answered(self) -> bool:
        """Whether one of its answers ended a task."""
        return any(step.used and not isinstance(step.answer, CallsThrough | Never) for step in self.steps)

    def add(self, condition: Condition, step: Step, *, follows: bool, replaces: bool = False) -> None:
        """Add a step; ``follows`` if it comes after the case's others, ``replaces`` if it comes in place of them.

        Raises ``EmulatorError`` for a second answer to the same calls, and for a step that can never come.
        """
        case = next((case for case in self.cases if case.condition == condition), None)
        if case is not None and replaces:
            case.steps.clear()
        before = None if case is None or not case.steps else case.steps[-1]
        place = f"{step.place}: " if step.place else ""
        if before is not None and not follows:
            there = f" ({before.place})" if before.place and before.place != step.place else ""
            raise EmulatorError(
                f"{place}{self.words}{condition.words} has an answer already: {before.words}{there}\n"
                "    fix: write .then between two answers that come one after the other, or "
                f"{self.words}{condition.words}.instead{step.words} in place of the earlier one"
            )
        if step.submitted is not None and isinstance(step.answer, Returns):
            step.answer = replace(step.answer, submitted=step.submitted)
        self._added(self, step.answer, step.place)
        if before is not None and before.times is None:
            before.times = max(1, before.used)
        if case is None:
            case = Case(condition)
            narrow = self._cases.setdefault(condition.narrowness, [])
            narrow.append(case)
            self._cases = dict(sorted(self._cases.items(), reverse=True))
        case.steps.append(step)

    def unfinished(self) -> Iterator[str]:
        """A line for each word that an answer has to follow, and none does."""
        for begun in self.begun:
            if begun.condition is None:
                place = f"{begun.place}: " if begun.place else ""
                yield f"{place}{begun.words} has no answer\n    fix: {begun.words}.returns(...), or delete it"

    def unseen(self) -> Iterator[str]:
        """A line for each narrower stub without an answer that had no call, and at which the test did not look."""
        for begun, condition in ((each, each.condition) for each in self.begun):
            if condition is not None and not any(map(condition.holds, self.calls)):
                place = f"{begun.place}: " if begun.place else ""
                yield f"{place}{begun.words} was never called, and has no answer"

    def take(self, call: TaskCall) -> Step | None:
        """The step that answers ``call``, which is then used; ``None`` if none is for it."""
        for cases in self._cases.values():
            for case in cases:
                if (step := case.step()) is not None and (case.condition.narrowness == 0 or case.condition.holds(call)):
                    step.used += 1
                    self._passed = isinstance(step.answer, CallsThrough)
                    return step
        return None

    def used_up(self) -> str | None:
        """Why it has no answer for its latest call; ``None`` if it leaves that call to the real target."""
        steps = list(self.steps)
        if not steps or self._passed:
            return None
        if any(step.is_left for step in steps):
            return f"{self.words} has no answer for this call ({self.calls[-1]!r}): none of its cases holds for it"
        total = sum(step.times or 0 for step in steps)
        answers = "1 answer" if total == 1 else f"{total} answers"
        return f"{self.words} has {answers}, and this is call {len(self.calls) - self.past}"
