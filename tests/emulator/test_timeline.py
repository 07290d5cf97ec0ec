"""The time line: what happens in which order, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from emulator.clock import DEFAULT_START, VirtualClock
from emulator.timeline import TimeLine


class Line:
    """A time line whose actions write down their names and when they happened, in seconds."""

    def __init__(self) -> None:
        self.line = TimeLine(VirtualClock())
        self.done: list[tuple[str, float]] = []

    def action(self, name: str, then: Callable[[], object] = lambda: None) -> Callable[[], None]:
        def act() -> None:
            self.done.append((name, (self.line.clock.now() - DEFAULT_START).total_seconds()))
            then()

        return act


@pytest.fixture
def line() -> Line:
    return Line()


def at(seconds: float) -> datetime:
    return DEFAULT_START + timedelta(seconds=seconds)


def test_ready_actions_happen_in_the_order_in_which_they_were_asked_for(line: Line) -> None:
    line.line.soon(line.action("a", lambda: line.line.soon(line.action("c"))))
    line.line.soon(line.action("b"))
    line.line.run_ready()
    assert line.done == [("a", 0), ("b", 0), ("c", 0)]


def test_alarms_of_one_instant_keep_their_order_and_the_clock_jumps_between_instants(line: Line) -> None:
    for name, seconds in (("late", 10), ("first", 3), ("second", 3)):
        line.line.at(at(seconds), line.action(name))
    line.line.run_ready()
    assert line.done == []
    assert line.line.run_until(lambda: len(line.done) == 3)
    assert line.done == [("first", 3), ("second", 3), ("late", 10)]
    assert line.line.clock.now() == at(10)


def test_what_is_ready_comes_before_an_alarm_that_becomes_due(line: Line) -> None:
    line.line.at(at(1), line.action("one", lambda: line.line.soon(line.action("after one"))))
    line.line.at(at(1), line.action("two"))
    line.line.advance_to(at(1))
    assert [name for name, _ in line.done] == ["one", "two", "after one"]


def test_an_alarm_in_the_past_happens_now(line: Line) -> None:
    line.line.advance_to(at(5))
    line.line.at(at(1), line.action("past"))
    line.line.run_ready()
    assert line.done == [("past", 5)]


def test_a_cancelled_alarm_does_not_happen_and_is_not_waited_for(line: Line) -> None:
    alarm = line.line.at(at(5), line.action("never"))
    before = line.line.awaits
    line.line.cancel(alarm)
    line.line.cancel(alarm)
    assert (before, line.line.awaits) == (True, False)
    assert line.line.next_at() is None
    line.line.advance_to(at(9))
    assert line.done == []


def test_passive_alarms_are_nothing_to_wait_for_but_happen_when_time_passes(line: Line) -> None:
    line.line.at(at(5), line.action("passive"), passive=True)
    assert not line.line.run_until(lambda: False)
    assert line.line.clock.now() == at(0)
    line.line.advance_to(at(5))
    assert line.done == [("passive", 5)]


def test_advancing_stops_at_the_time_asked_for(line: Line) -> None:
    line.line.at(at(5), line.action("in time"))
    line.line.at(at(6), line.action("too late"))
    line.line.advance_to(at(5.5))
    assert line.done == [("in time", 5)]
    assert line.line.clock.now() == at(5.5)
    assert line.line.next_at() == at(6)


def test_run_until_stops_as_soon_as_it_can(line: Line) -> None:
    line.line.at(at(5), line.action("wanted"))
    line.line.at(at(6), line.action("not wanted"))
    assert line.line.run_until(lambda: bool(line.done))
    assert line.line.clock.now() == at(5)


def test_an_action_that_asks_to_go_on_is_not_inside_of_the_next(line: Line) -> None:
    depth = 0

    def nested() -> None:
        nonlocal depth
        depth += 1
        assert depth == 1
        assert line.line.running
        line.line.soon(line.action("later"))
        line.line.run_ready()
        assert line.done == [("outer", 0)]
        depth -= 1

    line.line.soon(line.action("outer", nested))
    line.line.run_ready()
    assert [name for name, _ in line.done] == ["outer", "later"]
    assert not line.line.running


def test_an_error_leaves_the_line_usable(line: Line) -> None:
    def fail() -> None:
        raise LookupError

    line.line.soon(fail)
    line.line.soon(line.action("next"))
    with pytest.raises(LookupError):
        line.line.run_ready()
    assert not line.line.running
    line.line.run_ready()
    assert line.done == [("next", 0)]
