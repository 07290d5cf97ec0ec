"""What a stub says, as data: answers, the steps in which they come, and the calls for which they are.

A stub has *cases*: one for all calls, and narrower ones (``for_item``, ``when``). A case has *steps*, one after the
other: an answer, how many calls it is for, and how long it takes. A call is answered by the narrowest case that holds
for it and has a step left; of two that are equally narrow, by the one that was declared first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeAlias

from asl.events import CallStep
from asl.values import Json
from emulator.differences import differences
from emulator.stubs.call import TaskCall


@dataclass(frozen=True, slots=True)
class Returns:
    """The task succeeds with ``value``, whose JSON text is ``text``.

    ``whole``: it is the task's whole result, to which nothing is added. ``is_success``: a job whose status is one of
    failure succeeds, too, as a mock configuration means it.
    """

    value: Json
    text: str
    check: bool = True
    whole: bool = False
    is_success: bool = False
    submitted: str | None = None
    """The answer to the start of a job, JSON text; ``value`` is then the job at its end."""


@dataclass(frozen=True, slots=True)
class Raises:
    """The task fails; with a ``step``, at that step, before it runs (``emulator.stubs.steps``)."""

    error: str
    cause: str | None = None
    check: bool = True
    step: CallStep = ""


@dataclass(frozen=True, slots=True)
class Asks:
    """``function(call)`` gives the result, or raises ``TaskError``."""

    function: Callable[[TaskCall], Any]
    check: bool = True


@dataclass(frozen=True, slots=True)
class Never:
    """There is no answer: the task waits until it times out, is aborted, or is answered by its token."""


@dataclass(frozen=True, slots=True)
class CallsThrough:
    """The real target answers."""


Answer: TypeAlias = Returns | Raises | Asks | Never | CallsThrough


@dataclass(slots=True)
class Step:
    """An answer for ``times`` calls (``None``: for all that follow), ``delay`` after each.

    ``words`` is the step as the test wrote it, ``place`` the test's line. ``submitted`` is what the service responds to
    the request of a job or of a task with a token, JSON text; ``None``: what follows from the rest.
    """

    answer: Answer
    times: int | None
    delay: timedelta
    words: str
    place: str | None
    used: int = 0
    submitted: str | None = None

    @property
    def is_left(self) -> bool:
        """Whether it answers another call."""
        return self.times is None or self.used < self.times

    @property
    def is_owed(self) -> bool:
        """Whether it was planned for a call that never came; one without ``times`` is for one call or more."""
        return self.used < (self.times or 1)


@dataclass(frozen=True, slots=True)
class Condition:
    """The calls that a case is for: an item of the Maps around the state, an input, or both."""

    items: tuple[int, ...] | None = None
    expected: Any = None
    has_expected: bool = False
    words: str = field(default="", compare=False)

    @property
    def narrowness(self) -> int:
        """How many things it asks for."""
        return (self.items is not None) + self.has_expected

    def holds(self, call: TaskCall) -> bool:
        """Whether it is for ``call``; raises what a function given to ``when`` raises."""
        if self.items is not None and call.items[-len(self.items) :] != self.items:
            return False
        if not self.has_expected:
            return True
        return bool(self.expected(call)) if callable(self.expected) else contains(call.input, self.expected)


ALL: Final = Condition()
"""For every call."""


@dataclass(slots=True)
class Case:
    """The steps for the calls of one condition."""

    condition: Condition
    steps: list[Step] = field(default_factory=list)

    def step(self) -> Step | None:
        """The step that answers the next call."""
        return next((step for step in self.steps if step.is_left), None)


def contains(value: Any, expected: Any) -> bool:
    """Whether ``value`` is ``expected``, or an object with at least its members, at any depth."""
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(
            name in value and contains(value[name], each) for name, each in expected.items()
        )
    if isinstance(expected, list | tuple):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(contains(one, other) for one, other in zip(value, expected, strict=True))
        )
    return same(value, expected)


def same(value: Any, expected: Any) -> bool:
    """Whether ``value`` is the expected one, as the assertions of an execution compare it."""
    return next(differences(value, expected), None) is None
