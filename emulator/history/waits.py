"""What an execution that runs waits for: a time, another attempt, an answer, a worker or the holder of a token."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from asl.machine import Machine
from asl.values import instant_text
from emulator.history.tree import Tree
from emulator.history.words import duration_text


class Waiting(NamedTuple):
    """One thing that a state waits for. ``token``: whether a worker or the holder of a task token has to answer."""

    state: str
    what: str
    since: datetime | None
    token: bool


class Running(Protocol):
    """The parts of ``emulator.execution.Execution`` that this module reads."""

    machine: Machine
    awaited_answers: dict[int, str]

    @property
    def tree(self) -> Tree: ...
    @property
    def time(self) -> datetime: ...


def waits(execution: Running) -> Iterator[Waiting]:
    """What it waits for, first what is answered from outside, then what is on the clock."""
    since = {visit.name: visit for visit in execution.tree.visits if visit.exited is None}

    def begun(state: str) -> datetime | None:
        visit = since.get(state)
        return None if visit is None else visit.tries[-1].began_at if visit.tries else visit.entered_at

    for call in execution.machine.open_calls:
        resource, state = call.resource, call.state_name
        if resource.kind == "activity":
            what = f"an external worker to answer (activity {resource.text.rpartition(':')[2]})"
        elif resource.pattern == ".waitForTaskToken":
            what = f"an external worker to answer (task token of {resource.text.rpartition(':::')[2]})"
        else:
            what = f"the end of {resource.text.rpartition(':::')[2]}"
        yield Waiting(state, what, begun(state), token=call.token in execution.awaited_answers and "worker" in what)
    for timer in execution.machine.open_timers:
        if timer.kind == "wake":
            yield Waiting(timer.state_name, f"the time {instant_text(timer.at)}", begun(timer.state_name), token=False)
        elif timer.kind == "retry":
            yield Waiting(timer.state_name, f"another attempt at {instant_text(timer.at)}", None, token=False)


def since_text(waiting: Waiting, now: datetime) -> str:
    """``since 2030-01-01T00:00:00Z (5 h)``; empty where that is not known."""
    if waiting.since is None:
        return ""
    passed = now - waiting.since
    return f"since {instant_text(waiting.since)}" + (f" ({duration_text(passed)})" if passed > timedelta() else "")
