"""What began what at one instant: the bound on work that begins more work without any time passing.

A machine that starts itself without a wait, a rule that starts the machine whose events it matches, a function that
invokes itself asynchronously: on AWS each of these goes on until it is stopped, and time passes meanwhile. Here all of
it happens at one instant of the virtual clock, so it would never end. A chain of ``GENERATIONS`` works that began one
another, or ``BRANCHES`` works of one call that each began others, is an error, which names the instant and what began
most often.

Only work that begins after its caller counts: executions, asynchronous calls of functions, forwarded events. A loop of
one execution has a bound of its own, 25,000 events.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from emulator.errors import EmulatorError

GENERATIONS: Final = 1_000
"""How many works may begin one another in a row at one instant."""
BRANCHES: Final = 10_000
"""How many works, of all that follow from one call, may begin others at one instant."""


class Work:
    """Something that began at an instant, and how many works of that instant led to it."""

    __slots__ = ("at", "began_others", "generation", "name")

    def __init__(self, name: str, at: datetime, generation: int) -> None:
        self.name = name
        self.at = at
        self.generation = generation
        self.began_others = False


class Causes:
    """The work of one time line: what runs now, and what it has begun."""

    def __init__(self) -> None:
        self.now: Work | None = None
        """The work in which the running action was requested; ``None`` for that of a test or another program."""
        self.count = 0
        """How many works were begun by others, at their instant, because of the call from outside."""
        self._begun: Counter[str] = Counter()
        self._branches = 0
        self._at: datetime | None = None
        """The latest instant at which one was begun: works of a later one are counted anew."""

    def forget(self) -> None:
        """A call from outside begins: what it begins is counted anew."""
        self._begun.clear()
        self.count = self._branches = 0

    def begin(self, name: str, at: datetime) -> Work:
        """The work ``name`` (``execution of StateMachine``), which begins at ``at`` because of the work of now.

        Raises ``EmulatorError`` when it would be the end of a chain that never ends.
        """
        cause = self.now
        if cause is None or cause.at != at:
            return Work(name, at, 0)
        if self._at is None or at > self._at:
            self._at = at
            self._begun.clear()
            self._branches = 0
        self._begun[name] += 1
        self.count += 1
        if not cause.began_others:
            cause.began_others = True
            self._branches += 1
        if cause.generation >= GENERATIONS or self._branches > BRANCHES:
            raise EmulatorError(self._endless(name, cause))
        return Work(name, at, cause.generation + 1)

    def _endless(self, name: str, cause: Work) -> str:
        (most, count), *_ = self._begun.most_common(1)
        return (
            f"{self._begun.total():,} executions and calls began one another at {cause.at:%Y-%m-%dT%H:%M:%SZ}, "
            "and no time passed in between: this would never end.\n"
            f"    begun most often: {most} ({count:,} times); the next would be: {name}, begun by: {cause.name}\n"
            "    fix: let each wait before it begins the next (a Wait state, DelaySeconds), or end the chain by a "
            "condition;\n"
            "    with emulator.hold() around the start, run_until(condition) stops in the middle of such a chain"
        )
