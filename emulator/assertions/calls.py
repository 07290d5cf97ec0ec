"""``assert_called``: how often a Task called its function, service or worker, and with what."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from emulator.assertions.asserted import MOST, Asserted, holders, is_count, place, state_of, told_path
from emulator.differences import differences, lines_of, shown
from emulator.errors import EmulatorError
from emulator.history.calls import input_of_call


class _Call(NamedTuple):
    """One call of a Task; ``input`` is that of ``TaskCall.input``."""

    input: Any
    items: tuple[int, ...]
    attempt: int

    def words(self) -> str:
        where = "".join(f"[{index}]" for index in self.items)
        again = f"attempt {self.attempt}, " if self.attempt > 1 else ""
        return f"    call{where}: {again}input {shown(self.input)}"


def check_called(execution: Asserted, name: str, times: int | None, input: Any) -> None:
    """``Execution.assert_called``; ``input`` is ``...`` for any."""
    __tracebackhide__ = True
    state = state_of(execution, name, "assert_called")
    if state.type != "Task":
        raise EmulatorError(
            f"assert_called: {name!r} is a {state.type} state, and only a Task calls something\n"
            f"    fix: name a Task, or use assert_path(...) or run.states[{name!r}]"
        )
    if times is not None and not is_count(times):
        raise EmulatorError(f"assert_called: times={times!r} is not a number of calls\n    fix: times=2")
    calls = list(_calls(execution, name))
    found = [list(differences(call.input, input)) if input is not ... else [] for call in calls]
    count = sum(not each for each in found)
    if count == times if times is not None else count:
        return
    with_ = " with this input" if input is not ... else ""
    wanted = f" {_times(times)}" if times is not None else ""
    what = f"{name!r} was to be called{with_}{wanted}; it was called {_times(count)}{with_}"
    lines = [f"{place(execution, state)}: {what}"]
    if input is not ... and calls and not count:
        nearest_ = min(range(len(calls)), key=lambda number: len(found[number]))
        number = f"the nearest of its {len(calls)} calls" if len(calls) > 1 else "its call"
        lines += [f"    {number} differs:", *(f"    {line}" for line in lines_of(found[nearest_]))]
    elif calls:
        lines += [call.words() for call in calls[:MOST]]
        lines += [f"    ... {len(calls) - MOST} more"] if len(calls) > MOST else []
    else:
        was_entered = any(name in holder.tree.by_name() for holder in holders(execution, name))
        lines += ["    it was entered, and ended before its call"] if was_entered else []
        lines.append(told_path(execution))
    raise AssertionError("\n".join(lines))


def _times(count: int) -> str:
    return "not at all" if count == 0 else "once" if count == 1 else f"{count} times"


def _calls(execution: Asserted, name: str) -> Iterator[_Call]:
    for holder in holders(execution, name):
        for visit in holder.tree.by_name().get(name, ()):
            for number, attempt in enumerate(visit.tries, 1):
                yield _Call(input_of_call(visit, attempt), (*holder.items, *visit.items), number)
