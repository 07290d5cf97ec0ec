"""``assert_waited``: how much virtual time an execution was in a state."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from emulator.assertions.asserted import MOST, Asserted, holders, place, state_of, told_path
from emulator.errors import EmulatorError
from emulator.history.words import duration_text
from emulator.wrong_types import given


def check_waited(execution: Asserted, name: str, given_: timedelta | None, units: Mapping[str, float | None]) -> None:
    """``Execution.assert_waited``: the length is ``given_``, or the sum of ``units``."""
    __tracebackhide__ = True
    state = state_of(execution, name, "assert_waited")
    length = _length(given_, {unit: count for unit, count in units.items() if count is not None})
    spans = [
        (visit.entered_at, visit.exited_at or holder.stopped_at or holder.time)
        for holder in holders(execution, name)
        for visit in holder.tree.by_name().get(name, ())
    ]
    waited = _covered(spans)
    if spans and waited == length:
        return
    if not spans:
        why, lines = "; the execution never entered it", [told_path(execution)]
    else:
        why = f"; it was {_exact(waited, length)}" + (f" in {len(spans)} visits" if len(spans) > 1 else "")
        shown_ = ", ".join(_exact(end - begin, length) for begin, end in spans[:MOST])
        lines = [f"    visits: {shown_}{', ...' if len(spans) > MOST else ''}"] if len(spans) > 1 else []
    what = f"{place(execution, state)}: {name!r} was to take {_exact(length, waited)} of virtual time{why}"
    raise AssertionError("\n".join([what, *lines]))


def _length(given_: object, units: Mapping[str, float]) -> timedelta:
    """The length of time; raises ``EmulatorError`` for none, for two, and for what is none."""
    try:
        length = timedelta(**units) if given_ is None else given_
    except (TypeError, ValueError, OverflowError):
        length = None
    if not isinstance(length, timedelta) or length < timedelta() or (given_ is None) is not bool(units):
        told = [*([] if given_ is None else [given("length", given_)]), *(f"{u}={n!r}" for u, n in units.items())]
        raise EmulatorError(
            f"assert_waited: {', '.join(told) or 'no length'} is not a length of time\n"
            "    fix: minutes=10, or timedelta(minutes=10)"
        )
    return length


def _covered(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """The length of time that is in at least one of the spans: visits at the same time count once."""
    total, reached = timedelta(), None
    for begin, end in sorted(spans):
        if reached is None or begin > reached:
            reached = begin
        if end > reached:
            total, reached = total + (end - reached), end
    return total


def _exact(length: timedelta, other: timedelta) -> str:
    """``1 h 30 min``; in seconds where that text is the same for both lengths."""
    text = duration_text(length)
    return text if length == other or text != duration_text(other) else f"{length.total_seconds()} s"
