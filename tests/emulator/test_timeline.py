"""The time line: what happens in which order, and when."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from emulator.clock import DEFAULT_START, VirtualClock
from emulator.timeline import TimeLine


class Actions:
    """A time line, and actions that write down their names and when they happened, in seconds."""

    def __init__(self) -> None:
        self.timeline = TimeLine(VirtualClock())
        self.done: list[tuple[str, float]] = []

    def action(self, name: str, then: Callable[[], object] = lambda: None) -> Callable[[], None]:
        def act() -> None:
            self.done.append((name, (self.timeline.clock.now() - DEFAULT_START).total_seconds()))
            then()

        return act


@pytest.fixture
def actions() -> Actions:
    return Actions()


def at(seconds: float) -> datetime:
    return DEFAULT_START + timedelta(seconds=seconds)


def test_ready_actions_happen_in_the_order_in_which_they_were_asked_for(actions: Actions) -> None:
    actions.timeline.soon(actions.action("a", lambda: actions.timeline.soon(actions.action("c"))))
    actions.timeline.soon(actions.action("b"))
    actions.timeline.run_ready()
    assert actions.done == [("a", 0), ("b", 0), ("c", 0)]


def test_a_ready_action_gets_what_it_was_requested_with_also_on_the_line_that_takes_over(actions: Actions) -> None:
    given: list[tuple[str, int]] = []

    def take(name: str, number: int) -> None:
        given.append((name, number))

    ending = TimeLine(VirtualClock())
    ending.soon(take, "of the line that ends", 1)
    actions.timeline.soon(take, "own", 2)
    actions.timeline.take_over(ending)
    actions.timeline.run_ready()
    assert given == [("own", 2), ("of the line that ends", 1)]


def test_alarms_of_one_instant_keep_their_order_and_the_clock_jumps_between_instants(actions: Actions) -> None:
    for name, seconds in (("late", 10), ("first", 3), ("second", 3)):
        actions.timeline.at(at(seconds), actions.action(name))
    actions.timeline.run_ready()
    assert actions.done == []
    assert actions.timeline.run_until(lambda: len(actions.done) == 3)
    assert actions.done == [("first", 3), ("second", 3), ("late", 10)]
    assert actions.timeline.clock.now() == at(10)


def test_what_is_ready_comes_before_an_alarm_that_becomes_due(actions: Actions) -> None:
    actions.timeline.at(at(1), actions.action("one", lambda: actions.timeline.soon(actions.action("after one"))))
    actions.timeline.at(at(1), actions.action("two"))
    actions.timeline.advance_to(at(1))
    assert [name for name, _ in actions.done] == ["one", "two", "after one"]


def test_an_alarm_in_the_past_happens_now(actions: Actions) -> None:
    actions.timeline.advance_to(at(5))
    actions.timeline.at(at(1), actions.action("past"))
    actions.timeline.run_ready()
    assert actions.done == [("past", 5)]


def test_a_cancelled_alarm_does_not_happen_and_is_not_waited_for(actions: Actions) -> None:
    alarm = actions.timeline.at(at(5), actions.action("never"))
    before = actions.timeline.awaits
    actions.timeline.cancel(alarm)
    actions.timeline.cancel(alarm)
    assert (before, actions.timeline.awaits) == (True, False)
    assert actions.timeline.next_at() is None
    actions.timeline.advance_to(at(9))
    assert actions.done == []


def test_passive_alarms_are_nothing_to_wait_for_but_happen_when_time_passes(actions: Actions) -> None:
    actions.timeline.at(at(5), actions.action("passive"), passive=True)
    assert not actions.timeline.run_until(lambda: False)
    assert actions.timeline.clock.now() == at(0)
    actions.timeline.advance_to(at(5))
    assert actions.done == [("passive", 5)]


def test_advancing_stops_at_the_time_asked_for(actions: Actions) -> None:
    actions.timeline.at(at(5), actions.action("in time"))
    actions.timeline.at(at(6), actions.action("too late"))
    actions.timeline.advance_to(at(5.5))
    assert actions.done == [("in time", 5)]
    assert actions.timeline.clock.now() == at(5.5)
    assert actions.timeline.next_at() == at(6)


def test_run_until_stops_as_soon_as_it_can(actions: Actions) -> None:
    actions.timeline.at(at(5), actions.action("wanted"))
    actions.timeline.at(at(6), actions.action("not wanted"))
    assert actions.timeline.run_until(lambda: bool(actions.done))
    assert actions.timeline.clock.now() == at(5)


def test_an_action_that_asks_to_go_on_is_not_inside_the_next(actions: Actions) -> None:
    depth = 0

    def nested() -> None:
        nonlocal depth
        depth += 1
        assert depth == 1
        assert actions.timeline.running
        actions.timeline.soon(actions.action("later"))
        actions.timeline.run_ready()
        assert actions.done == [("outer", 0)]
        depth -= 1

    actions.timeline.soon(actions.action("outer", nested))
    actions.timeline.run_ready()
    assert [name for name, _ in actions.done] == ["outer", "later"]
    assert not actions.timeline.running


def test_an_error_leaves_the_time_line_usable(actions: Actions) -> None:
    def fail() -> None:
        raise LookupError

    actions.timeline.soon(fail)
    actions.timeline.soon(actions.action("next"))
    with pytest.raises(LookupError):
        actions.timeline.run_ready()
    assert not actions.timeline.running
    actions.timeline.run_ready()
    assert actions.done == [("next", 0)]


# What repeats --------------------------------------------------------------------------------------------------------


def repeating(actions: Actions, every: float, first: float) -> None:
    """An alarm that sets itself anew."""
    then = actions.action("tick", lambda: repeating(actions, every, first + every))
    actions.timeline.at(at(first), then, repeats=True, what="tick")


def test_what_repeats_happens_on_the_way_and_is_not_waited_for(actions: Actions) -> None:
    repeating(actions, 10, 10)
    actions.timeline.at(at(25), actions.action("end"))
    assert actions.timeline.run_until(lambda: ("end", 25) in actions.done)
    assert actions.done == [("tick", 10), ("tick", 20), ("end", 25)]
    assert not actions.timeline.run_until(lambda: False)
    assert actions.timeline.clock.now() == at(25)
    actions.timeline.advance_to(at(45))
    assert actions.done[3:] == [("tick", 30), ("tick", 40)]


def test_the_next_alarm_that_does_not_repeat(actions: Actions) -> None:
    line = actions.timeline
    assert line.next_once_at() is None
    repeating(actions, 10, 10)
    assert (line.next_at(), line.next_once_at()) == (at(10), None)
    gone = line.at(at(12), actions.action("gone"))
    line.at(at(15), actions.action("b"), passive=True)
    line.cancel(gone)
    assert (line.next_at(), line.next_once_at()) == (at(10), at(15))


def test_the_next_alarm_says_what_it_is_and_asking_changes_nothing(actions: Actions) -> None:
    line = actions.timeline
    assert line.next_alarm() is None
    gone = line.at(at(1), actions.action("gone"))
    line.at(at(3), actions.action("c"), what=lambda: "made when asked")
    line.begin("work", at(2), actions.action("b"))
    line.cancel(gone)
    alarms = list(line._alarms)
    found = line.next_alarm()
    assert found is not None
    assert (found.at, found.text(), line._alarms) == (at(2), "work", alarms)
    line.advance_to(at(2))
    assert (line.next_alarm() or gone).text() == "made when asked"
