"""The original's GraphQL answers (5.40.6) against ours, request by request.

The recording is not part of the project; without it this test is skipped. What differs between any two runs (ids,
times, cursors, EventBridge's answer) is compared as being there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import TaskError, private_task, task
from emulator.tasks.graphql import execute

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

RECORDING = Path(__file__).parents[4] / "shared/conformance/background-tasks/v5.40.6/graphql.json"
pytestmark = pytest.mark.skipif(not RECORDING.is_file(), reason="the recording is not beside the checkout")

CHANGING = ("id", "createdOn", "savedOn", "startedOn", "finishedOn", "executionName", "eventResponse", "cursor")


@task(id="countdown", title="Count down")
def countdown(ctx: Any) -> Any:
    if ctx.input["count"] > 0:
        return ctx.response.continue_({**ctx.input, "count": ctx.input["count"] - 1}, seconds=ctx.input["seconds"])
    return ctx.response.done("Counted down.", {"counted": 0, "ok": True})


@task(id="vetoed", title="Refuses to be triggered")
def vetoed(ctx: Any) -> Any:
    return ctx.response.done()


@vetoed.on_before_trigger
def veto(data: Any) -> None:
    given = {name: data[name] for name in ("name", "definitionId", "input")}
    raise TaskError("Not now", "VETO", {"data": given})


def other(id: str, title: str) -> Any:
    return task(id=id, title=title)(lambda ctx: ctx.response.done())


DEFINITIONS = (
    countdown,
    other("thrower", "Throws in different ways"),
    other("abortable", "Loops and checks isAborted"),
    other("timeoutAware", "Works until close to timeout"),
    other("parentTask", "Triggers a child and waits for it"),
    other("waiter", "Continue with wait options"),
    other("endless", "Never ends"),
    other("storeMethods", "Uses every store method"),
    vetoed,
    private_task(id="privateEcho", title="Echo")(lambda ctx: ctx.response.done()),
)


def comparable(value: Any, key: str = "") -> Any:
    """``value`` with what changes from run to run only as being there."""
    is_definition = key == "id" and isinstance(value, str) and re.fullmatch("[a-zA-Z]+", value) is not None
    if key in CHANGING and not is_definition:
        return value is not None
    if isinstance(value, dict):
        return {name: comparable(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [comparable(item, key) for item in value]
    return value


def test_every_recorded_request(world: World) -> None:
    recorded = json.loads(RECORDING.read_text())
    world.build(*DEFINITIONS)
    for name, count in (("Another", 0), ("One more", 0), ("Own name", 0)):
        world.run(world.tasks.trigger("countdown", {"count": count}, name=name))
    ids: dict[str, str] = {}

    def ask(name: str) -> dict[str, Any]:
        body = recorded[name]["event"]["body"]
        for theirs, ours in ids.items():
            body = body.replace(theirs, ours)
        request = json.loads(body)
        answer = execute(world.tasks, request["query"], request["variables"])
        wanted = json.dumps(recorded[name]["body"])
        for theirs, ours in ids.items():
            wanted = wanted.replace(theirs, ours)
        assert comparable(answer) == comparable(json.loads(wanted)), name
        return answer

    def trigger(name: str) -> str:
        made: str = ask(name)["data"]["backgroundTasks"]["triggerTask"]["data"]["id"]
        ids[recorded[name]["body"]["data"]["backgroundTasks"]["triggerTask"]["data"]["id"]] = made
        return made

    ask("definitions")
    first = trigger("trigger")
    for _ in recorded["loop"]["iterations"]:
        world.run(first, delay=-1)
    for name in ("get", "list", "logs"):
        ask(name)
    trigger("trigger2")
    for name in ("abort", "abort_done", "get_missing", "trigger_private", "trigger_vetoed", "delete"):
        ask(name)
