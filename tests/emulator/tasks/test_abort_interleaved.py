"""An abort at every possible moment: it is never lost, and the task never hangs, in any interleaving.

Every call to DynamoDB is a moment. A run (all iterations, as the state machine calls them) and an abort are two actors;
one at a time proceeds from one call to the next, and a schedule says which.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.tasks import TaskAbortError, TaskStatus

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

RUN, ABORT = False, True
ENDED = (TaskStatus.SUCCESS, TaskStatus.FAILED, TaskStatus.ABORTED)


class Actor(threading.Thread):
    """Work that stops before each call to AWS until it is its turn."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self.over = False
        self.result: Any = None
        self.error: Exception | None = None

    def run(self) -> None:
        self._go.acquire()
        try:
            self.result = self._work()
        except Exception as error:
            self.error = error
        self.over = True
        self._stopped.release()

    def stop(self) -> None:
        """Wait for the next turn; called by the work."""
        self._stopped.release()
        self._go.acquire()

    def step(self) -> None:
        """Let it continue until it stops or ends."""
        self._go.release()
        self._stopped.acquire()


def interleave(world: World, actors: dict[bool, Actor], schedule: list[bool]) -> None:
    """Run both to their end, in turns."""

    def moment(_operation: str, _arguments: dict[str, Any]) -> None:
        if isinstance(actor := threading.current_thread(), Actor):
            actor.stop()

    world.fault = moment
    turns = iter(schedule)
    for actor in actors.values():
        actor.start()
    while alive := {name: actor for name, actor in actors.items() if not actor.over}:
        turn = next(turns, RUN)
        (alive.get(turn) or next(iter(alive.values()))).step()
    world.fault = lambda _operation, _arguments: None


ACTIONS: dict[str, Callable[[Any], None]] = {
    "input": lambda store: store.update_input(lambda old: {**old, "n": old.get("n", 0) + 1}),
    "unsaved input": lambda store: store.update_input({"unsaved": True}, save=False),
    "output": lambda store: store.update_output({"progress": 1}),
    "log": lambda store: store.add_info_log("working"),
    "unsaved log": lambda store: store.add_info_log("later", save=False),
    "status": lambda store: store.update_task({"taskStatus": "running"}),
}


def fail(_ctx: Any) -> Any:
    raise ValueError("boom")


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "continue": lambda ctx: ctx.response.continue_({"seen": True}),
    "look": lambda ctx: ctx.response.aborted() if ctx.is_aborted() else ctx.response.continue_({}),
    "done": lambda ctx: ctx.response.done("finished", {"o": 1}),
    "error": lambda ctx: ctx.response.error("boom"),
    "raise": fail,
    "nothing": lambda ctx: None,
    "aborted": lambda ctx: ctx.response.aborted(),
}

iterations = st.lists(
    st.tuples(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=3), st.sampled_from(sorted(ANSWERS))), max_size=4
)


@contextmanager
def one_task(world: World, plan: list[tuple[list[str], str]], *, logs: bool) -> Iterator[tuple[Any, list[str]]]:
    """A task that runs the planned iterations and is then done; returns the called hooks."""
    left, hooks = list(plan), []

    def body(ctx: Any) -> Any:
        actions, answer = left.pop(0) if left else ([], "done")
        for action in actions:
            ACTIONS[action](ctx.store)
        return ANSWERS[answer](ctx)

    definition = world.define(body, max_iterations=3, database_logs=logs)
    for name in ("on_abort", "on_done", "on_error"):
        getattr(definition, name)(lambda name=name: hooks.append(name))
    made = world.tasks.trigger("probe", {"a": 1})
    yield made, hooks


def machine(world: World, made: Any) -> list[str]:
    """The statuses that the state machine sees, until it stops calling."""
    answers: list[str] = []
    while not answers or answers[-1] == "continue":
        assert len(answers) < 6, f"the task does not end: {answers}"
        answers.append(world.run(made)["status"])
    return answers


def check(world: World, plan: list[tuple[list[str], str]], schedule: list[bool], *, logs: bool) -> None:
    with one_task(world, plan, logs=logs) as (made, hooks):
        running = Actor(lambda: machine(world, made))
        aborting = Actor(lambda: world.tasks.abort(made.id, "enough"))
        interleave(world, {RUN: running, ABORT: aborting}, schedule)
    assert running.error is None
    record, answers = world.task(made), running.result
    said = [message for log in world.messages(made) for message in log]
    assert record.status in ENDED
    assert (record.input or {})["a"] == 1
    if aborting.error is None:
        assert (record.status, answers[-1], record.finished_on) == ("aborted", "aborted", None)
        assert said.count("enough") == 1
        assert hooks == ["on_abort"]
        return
    assert isinstance(aborting.error, TaskAbortError)
    assert str(aborting.error) == "Cannot abort a task that is not pending or running!"
    ended = {"done": "success", "error": "failed", "aborted": "aborted"}
    assert (record.status, record.finished_on is not None) == (ended[answers[-1]], True)
    assert "enough" not in said
    assert "on_abort" not in hooks


@given(plan=iterations, schedule=st.lists(st.booleans(), max_size=40), logs=st.booleans())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_abort_is_never_lost_and_a_task_never_hangs(
    world: World, plan: list[tuple[list[str], str]], schedule: list[bool], *, logs: bool
) -> None:
    check(world, plan, schedule, logs=logs)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_abort_before_each_call_of_a_run(world: World, answer: str) -> None:
    """All of them, one after another: the whole abort happens before the first call, the second..."""
    plan = [(["input", "unsaved log"], "continue"), (["log"], answer)]
    for moment in range(14):
        check(world, plan, [RUN] * moment + [ABORT] * 10, logs=True)


@pytest.mark.parametrize("calls", range(1, 5))
def test_a_run_that_begins_in_the_middle_of_an_abort(world: World, calls: int) -> None:
    for answer in ANSWERS:
        check(world, [(["log"], answer)], [ABORT] * calls + [RUN] * 30, logs=True)
