"""The transports besides EventBridge: StartExecution, the user's own, none at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator import Emulator
from emulator.tasks import TRANSPORTS, NoTransportError, Profile, TriggerError, task

if TYPE_CHECKING:
    from emulator.taskbench import TaskBench
    from tests.emulator.tasks.conftest import World


def done(ctx: Any) -> Any:
    return ctx.response.done("ready")


@pytest.mark.case(42, profile=("webiny_5_41", "webiny_6"))
def test_an_execution_is_started_directly(world: World) -> None:
    world.define(done)
    made = world.tasks.trigger("probe", delay=5)
    [started] = [arguments for name, arguments in world.calls if name == "start_execution"]
    detail = {
        "webinyTaskId": made.id,
        "webinyTaskDefinitionId": "probe",
        "tenant": "root",
        "locale": "en-US",
        "delay": 5,
    }
    assert started["input"] == json.dumps({"detail": detail})
    definition, task_id, letters = started["name"].split("_")
    assert (definition, task_id, len(letters), letters.isalnum()) == ("probe", made.id, 10, True)
    assert made.event_response is not None
    assert made.event_response["name"] == started["name"]
    assert str(made.event_response["executionArn"]).endswith(started["name"])
    assert made.event_response["startDate"] == "2026-03-01T12:00:00.000Z"
    assert world.put_entries() == []


@pytest.mark.case(43, profile="webiny_5_41")
@pytest.mark.parametrize("arn", [None, ""])
def test_without_a_manifest_nothing_can_be_started(
    world: World, caplog: pytest.LogCaptureFixture, arn: str | None
) -> None:
    world.define(done)
    if arn is None:
        key = {"PK": {"S": "SERVICE_MANIFEST#api"}, "SK": {"S": "A"}}
        world.clients("dynamodb").delete_item(TableName="background-tasks", Key=key)
    else:
        world.tasks.storage.write_machine_arn(arn)
    with pytest.raises(TriggerError, match=r"^Could not trigger the step function!$") as refused:
        world.tasks.trigger("probe")
    assert refused.value.code == "TRIGGER_STEP_FUNCTION_ERROR"
    assert "the service manifest does not name one; deploy first" in caplog.text
    assert not world.tasks.list()
    world.tasks.storage.write_machine_arn("arn:later")
    assert world.tasks.trigger("probe").status == "pending"


@pytest.mark.case(44, profile="webiny_5_41")
def test_an_execution_that_cannot_be_started(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.define(done)
    world.fault = lambda operation, _: ValueError("throttled") if operation == "start_execution" else None
    with pytest.raises(TriggerError, match=r"^Could not trigger the step function!$") as refused:
        world.tasks.trigger("probe")
    assert refused.value.code == "TRIGGER_STEP_FUNCTION_ERROR"
    assert "throttled" in caplog.text
    assert not world.tasks.list()


@pytest.mark.case(37, profile="webiny_5_41")
def test_a_start_without_an_answer(world: World, stub: Callable[..., Any]) -> None:
    world.define(done)
    world.use_client("stepfunctions", stub(start_execution=lambda **_: None))
    with pytest.raises(TriggerError, match=r"^Could not trigger the step function!$"):
        world.tasks.trigger("probe")
    assert not world.tasks.list()


def test_the_manifest_is_read_once(world: World) -> None:
    world.profile = Profile.webiny_5_41()
    world.define(done)

    def reads() -> int:
        return len([1 for name, arguments in world.calls if name == "query" and "IndexName" in arguments])

    world.tasks.trigger("probe")
    assert reads() == 1
    world.tasks.scoped(locale="en-US").trigger("probe")
    assert reads() == 1


@pytest.mark.case(38, profile="webiny_5_39")
def test_the_event_bus_is_the_transport_until_5_40(world: World) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    [entry] = world.put_entries()
    assert (entry["DetailType"], json.loads(entry["Detail"])["webinyTaskId"]) == ("WebinyBackgroundTask", made.id)


@pytest.mark.case(46)
@pytest.mark.parametrize(
    "options",
    [{"transports": {}}, {"profile": replace(Profile.documented(), transport="pigeon")}],
)
def test_an_application_without_a_transport_cannot_be_made(world: World, options: dict[str, Any]) -> None:
    with pytest.raises(NoTransportError, match=r"^Missing TaskServicePlugin\.$") as refused:
        world.build(**options)
    assert refused.value.code == "PLUGIN_ERROR"
    assert isinstance(refused.value.data, dict)
    assert refused.value.data["transport"] in ("eventbridge", "pigeon")


def test_a_transport_of_ones_own(world: World) -> None:
    sent: list[Any] = []

    def pigeon(tasks: Any) -> Any:
        def send(task: Any, delay: Any) -> Any:
            sent.append((tasks.tenant, task.definition_id, delay))
            return {"pigeon": 7}

        return send

    world.build(
        task(id="probe", title="Probe")(done),
        transports={**TRANSPORTS, "pigeon": pigeon},
        profile=replace(Profile.documented(), transport="pigeon"),
    )
    assert world.tasks.trigger("probe", delay=3).event_response == {"pigeon": 7}
    assert sent == [("root", "probe", 3)]


# Through the real machine --------------------------------------------------------------------------------------------


@pytest.fixture
def open_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def bench(open_emulator: Emulator, profile: Profile) -> TaskBench:
    open_emulator.tasks.profile = profile
    return open_emulator.tasks


@pytest.mark.case(42, 181, profile=("webiny_5_41", "webiny_6"))
def test_a_task_runs_in_the_execution_that_its_trigger_started(open_emulator: Emulator, bench: TaskBench) -> None:
    def run(ctx: Any) -> Any:
        return ctx.response.done() if ctx.input.get("again") else ctx.response.continue_({"again": True}, seconds=60)

    run_ = bench.trigger(task(id="probe", title="Probe")(run)).run_until_waiting()
    info = bench.tasks.fetch_service_info(run_.id)
    assert info is not None
    assert info["status"] == "RUNNING"
    assert info["executionArn"] == run_.execution.arn
    assert run_.execution.name.startswith(f"probe_{run_.id}_")
    run_.run_to_end()
    assert run_.task.status == "success"
    assert run_.task.execution_name == run_.execution.name
    assert (bench.tasks.fetch_service_info(run_.task) or {})["status"] == "SUCCEEDED"
    assert not open_emulator.bus.entries


@pytest.mark.case(44, profile="webiny_5_41")
def test_an_id_of_more_than_44_characters_is_too_long_to_be_started(bench: TaskBench) -> None:
    bench.register(task(id="a" * 44, title="Just")(done), task(id="a" * 45, title="Too long")(done))
    assert bench.trigger("a" * 44).run_to_end().task.status == "success"
    with pytest.raises(TriggerError, match="Could not trigger the step function!"):
        bench.trigger("a" * 45)


@pytest.mark.case(116, 57, profile="webiny_5_41")
def test_a_fraction_of_a_second_fails_the_execution_of_a_release(bench: TaskBench) -> None:
    def run(ctx: Any) -> Any:
        return ctx.response.continue_({}, seconds=timedelta(seconds=1.5))

    done_ = bench.trigger(task(id="probe", title="Probe")(run)).run_to_end()
    assert (done_.execution.status, done_.execution.error, done_.task.status) == ("FAILED", "States.Runtime", "running")


@pytest.mark.case(148)
def test_an_abort_during_a_wait_of_a_day(bench: TaskBench) -> None:
    run = bench.trigger(
        task(id="probe", title="Probe")(lambda ctx: ctx.response.continue_({}, seconds=86_400))
    ).run_until_waiting()
    run.abort("enough")
    assert (run.task.status, run.execution.status, run.waiting_for) == ("aborted", "RUNNING", 86_400)
    run.run_to_end()
    assert (run.execution.status, run.states[-1]) == ("SUCCEEDED", "Aborted")
    assert run.execution.elapsed == timedelta(days=1)
