"""What a stub owes at the end of a test: the answers that were planned and never given.

An answer that the test has planned stands for a call that it expects. ``times=2`` expects two; an answer without
``times`` expects one or more, as the last one does, which repeats. A case of which no answer was given is told once; of
another each answer that is owed.
"""

from collections.abc import Iterator

from emulator.stubs.answers import Case
from emulator.stubs.script import Script


def owed_lines(script: Script) -> Iterator[str]:
    """A line for each answer that is owed, with its place, of a stub that was called."""
    for case in script.cases:
        words = f"{script.words}{case.condition.words}"
        owed = [step for step in case.steps if step.is_owed]
        if owed and not any(step.used for step in case.steps):
            place = f"{owed[0].place}: " if owed[0].place else ""
            yield f"{place}{words} was never {_what_happened(script, case)}"
            continue
        for step in owed:
            place = f"{step.place}: " if step.place else ""
            often = f"given {_times(step.used)} of {step.times}" if step.used else "never given"
            yield f"{place}{words}: {step.words.strip()} was {often}"


def _what_happened(script: Script, case: Case) -> str:
    """Whether the calls of a case never came, or others answered them."""
    count = sum(1 for call in script.calls[script.past :] if case.condition.holds(call))
    if not count:
        return "called"
    return f"used; {'its call was' if count == 1 else f'its {count} calls were'} answered by another stub"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
