"""The number of calls that background tasks make to DynamoDB; the page on background tasks has the same numbers.

The original's (5.40.6) are those of its recorded runs, where three in each call of the function begin the application.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import make_handler

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

PAGE = Path(__file__).parents[3] / "docs" / "background-tasks.md"
OPERATIONS = ("get_item", "put_item", "update_item", "delete_item", "query")
COLUMNS = {"documented": 0, "webiny_5_39": 1}

RUNS: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "a run that continues": (lambda ctx: ctx.response.continue_({"n": 1}), {}),
    "a run that is done": (lambda ctx: ctx.response.done("m", {"a": 1}), {}),
    "a run that fails": (lambda ctx: ctx.response.error("boom"), {}),
    "a run at the limit of iterations": (lambda ctx: None, {"taskStatus": "running", "iterations": 50}),
    "a run of a task that has ended": (lambda ctx: None, {"taskStatus": "aborted"}),
}
"""What a task does, and the fields that its record has before."""

SAVES: dict[str, Callable[[Any], None]] = {
    "each save of fields": lambda ctx: ctx.store.update_output({"a": 1}),
    "each save of log entries": lambda ctx: ctx.store.add_info_log("m"),
}

each_profile = pytest.mark.parametrize("profile", COLUMNS)


def told(what: str, profile: str) -> int:
    """The number in the page's table."""
    return int(table()[what][COLUMNS[profile]])


def table() -> dict[str, list[str]]:
    text = PAGE.read_text(encoding="utf-8").partition("Calls to DynamoDB")[2].partition("\n\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    return {what: numbers for what, *numbers in rows[2:]}


def calls(world: World, act: Callable[[], Any]) -> int:
    """How many calls to DynamoDB ``act`` makes."""
    before = len(world.calls)
    act()
    return sum(name in OPERATIONS for name, _ in world.calls[before:])


def test_the_page_names_what_is_counted() -> None:
    assert list(table()) == ["a trigger", *RUNS, *SAVES, "an abort"]


@each_profile
@pytest.mark.parametrize("what", RUNS)
def test_calls_of_a_run(world: World, what: str, profile: str) -> None:
    body, before = RUNS[what]
    world.define(body)
    tasks = world.tasks.scoped(profile=profile)
    task = tasks.create("probe", name="Probe", input={})
    if before:
        tasks.update(task.id, before)
    handler = make_handler(tasks)
    assert calls(world, lambda: handler({"payload": world.event(task)}, world.context)) == told(what, profile)


@each_profile
@pytest.mark.parametrize("what", SAVES)
def test_calls_of_a_save(world: World, what: str, profile: str) -> None:
    found = []

    def body(ctx: Any) -> Any:
        found.append(calls(world, lambda: SAVES[what](ctx)))
        return ctx.response.done()

    world.define(body)
    tasks = world.tasks.scoped(profile=profile)
    task = tasks.create("probe", name="Probe", input={})
    make_handler(tasks)({"payload": world.event(task)}, world.context)
    assert found == [told(what, profile)]


@each_profile
def test_calls_of_a_trigger_and_an_abort(world: World, profile: str) -> None:
    world.define(lambda ctx: ctx.response.done())
    tasks = world.tasks.scoped(profile=profile)
    assert calls(world, lambda: tasks.trigger("probe", {})) == told("a trigger", profile)
    [task] = tasks.list()
    tasks.create_log(task, "exec-1")
    assert calls(world, lambda: tasks.abort(task.id)) == told("an abort", profile)
