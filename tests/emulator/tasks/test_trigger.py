"""Triggering: cases C 25-45 of the original, for the EventBridge transport.

Left out: 42-44 (the other transport), 46 (no transport to miss), 47 (6.x).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import FunctionTask, MaxDelayError, TaskDefinitionError, TaskError, TriggerError

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


class CodedError(Exception):
    def __init__(self, message: str, code: str | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


@pytest.fixture
def probe(world: World) -> FunctionTask:
    return world.define(lambda ctx: ctx.response.done())


@pytest.mark.case(25)
def test_a_triggered_task_is_pending(world: World, probe: FunctionTask) -> None:
    made = world.tasks.trigger("probe", {"a": 1}, name="My run")
    assert made == world.task(made)
    assert (made.name, made.input, made.status, made.iterations, made.execution_name) == (
        "My run",
        {"a": 1},
        "pending",
        0,
        "",
    )
    assert made.event_response is not None
    assert made.event_response["FailedEntryCount"] == 0
    assert world.tasks.trigger(probe).definition_id == "probe"


@pytest.mark.case(26)
def test_the_title_is_the_name_and_the_input_empty(world: World, probe: FunctionTask) -> None:
    made = world.tasks.trigger("probe")
    assert (made.name, made.input) == (probe.title, {})


@pytest.mark.case(27)
def test_the_parent(world: World, probe: FunctionTask) -> None:
    assert world.tasks.trigger("probe", parent="p1").parent_id == "p1"
    parent = world.tasks.trigger(probe)
    assert world.tasks.trigger("probe", parent=parent).parent_id == parent.id


@pytest.mark.case(28)
@pytest.mark.usefixtures("probe")
def test_an_unknown_definition(world: World) -> None:
    with pytest.raises(TaskDefinitionError) as refused:
        world.tasks.trigger("nope")
    assert str(refused.value) == "Task definition was not found!"
    assert (refused.value.code, refused.value.data) == ("TASK_DEFINITION_ERROR", {"id": "nope"})
    assert not world.tasks.list()


@pytest.mark.case(29, 31)
@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize(
    "delay",
    [
        pytest.param(30_671_999, id="case 29"),
        pytest.param(-5, id="case 31 negative"),
        pytest.param(40000000.5, id="case 31 fraction"),
        pytest.param("99999999", id="case 31 text"),
    ],
)
def test_delays_that_are_sent_as_they_are(world: World, delay: Any) -> None:
    world.tasks.trigger("probe", delay=delay)
    assert json.loads(world.put_entries()[0]["Detail"])["delay"] == delay


@pytest.mark.case(30)
@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize("delay", [30_672_000, 30_672_000.0, 10**9])
def test_a_delay_of_355_days_is_too_long(world: World, delay: float) -> None:
    with pytest.raises(MaxDelayError) as refused:
        world.tasks.trigger("probe", {"a": 1}, parent="p1", delay=delay)
    assert str(refused.value) == "The maximum delay for a task is 355 days."
    assert refused.value.code == "MAX_DELAY_ERROR"
    assert refused.value.data == {
        "name": "Probe",
        "definitionId": "probe",
        "input": {"a": 1},
        "parentId": "p1",
        "delay": delay,
    }
    assert not world.tasks.list()


@pytest.mark.case(32, 33)
@pytest.mark.parametrize(
    "delay", [pytest.param(0, id="case 32"), pytest.param(30_672_000, id="case 33: before the delay check")]
)
def test_a_hook_may_refuse(world: World, probe: FunctionTask, delay: int) -> None:
    refusal = TaskError("Already syncing", code="ALREADY")

    @probe.on_before_trigger
    def refuse(data: Any) -> None:
        raise refusal

    with pytest.raises(TaskError) as refused:
        world.tasks.trigger("probe", delay=delay)
    assert refused.value is refusal
    assert not world.tasks.list()
    assert world.put_entries() == []


@pytest.mark.case(34)
def test_a_hook_may_change_the_record(world: World, probe: FunctionTask) -> None:
    @probe.on_before_trigger
    def change(data: dict[str, Any], input: dict[str, Any]) -> None:
        data["name"] = "Changed"
        input["more"] = 1

    made = world.tasks.trigger("probe", {"a": 1})
    assert (made.name, made.input) == ("Changed", {"a": 1, "more": 1})


def test_a_hook_may_not_invent_fields(world: World, probe: FunctionTask) -> None:
    probe.on_before_trigger(lambda data: data.update(nmae="x"))
    with pytest.raises(TypeError, match=r'trigger: a new task has no "nmae". Did you mean "name"'):
        world.tasks.trigger("probe")
    assert not world.tasks.list()


@pytest.mark.case(35)
def test_the_hook_gets_the_record_data_once(world: World, probe: FunctionTask) -> None:
    seen: list[Any] = []
    probe.on_before_trigger(lambda app, data: seen.append((app.tasks.tenant, dict(data))))
    world.tasks.trigger("probe", {"a": 1}, parent="p1")
    data = {"definitionId": "probe", "name": "Probe", "input": {"a": 1}, "parentId": "p1"}
    assert seen == [("root", data)]


@pytest.mark.case(36)
def test_creating_calls_no_hook(world: World, probe: FunctionTask) -> None:
    seen: list[Any] = []
    probe.on_before_trigger(lambda data: seen.append(data))
    world.tasks.create("probe", name="A name")
    assert seen == []


@pytest.mark.case(37)
@pytest.mark.usefixtures("probe")
def test_a_transport_that_answers_nothing(world: World, stub: Callable[..., Any]) -> None:
    world.use_client("events", stub(put_events=lambda **_: None))
    with pytest.raises(TriggerError) as refused:
        world.tasks.trigger("probe")
    assert str(refused.value) == "Could not trigger the step function!"
    assert refused.value.code == "TRIGGER_STEP_FUNCTION_ERROR"
    assert isinstance(refused.value.data, dict)
    assert isinstance(sent := refused.value.data["task"], dict)
    assert sent["definitionId"] == "probe"
    assert not world.tasks.list()


@pytest.mark.case(38)
@pytest.mark.usefixtures("probe")
def test_the_event(world: World) -> None:
    made = world.tasks.trigger("probe", delay=5)
    detail = (
        f'{{"webinyTaskId":"{made.id}","webinyTaskDefinitionId":"probe","tenant":"root","locale":"en-US","delay":5}}'
    )
    assert world.put_entries() == [
        {
            "Source": "webiny-api-tasks",
            "DetailType": "WebinyBackgroundTask",
            "Detail": detail,
            "EventBusName": "bus1",
        }
    ]


@pytest.mark.case(39, 40)
@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize(
    ("error", "message", "code", "extra"),
    [
        pytest.param(CodedError("No way", "EBX", {"k": 1}), "No way", "EBX", {"k": 1}, id="case 39"),
        pytest.param(
            CodedError(""), "Could not trigger task via Event Bridge!", "TRIGGER_TASK_ERROR", {}, id="case 40"
        ),
    ],
)
def test_event_bridge_fails(world: World, error: Exception, message: str, code: str, extra: dict[str, Any]) -> None:
    world.fault = lambda operation, _: error if operation == "put_events" else None
    with pytest.raises(TriggerError) as refused:
        world.tasks.trigger("probe")
    assert (str(refused.value), refused.value.code) == (message, code)
    event = json.loads(world.put_entries()[0]["Detail"])
    assert refused.value.data == {"event": event, **extra}
    assert not world.tasks.list()


@pytest.mark.usefixtures("probe")
def test_a_bus_that_does_not_exist_is_named(world: World) -> None:
    """The service's own words, as recorded from the original against the same emulator."""
    world.tasks.event_bus_name = "no-such-bus"
    with pytest.raises(TriggerError) as refused:
        world.tasks.trigger("probe")
    assert str(refused.value) == "Event bus no-such-bus does not exist."
    assert refused.value.code == "TRIGGER_TASK_ERROR"
    assert not world.tasks.list()


@pytest.mark.case(41)
@pytest.mark.usefixtures("probe")
def test_a_refused_entry_leaves_the_task_pending(world: World, stub: Callable[..., Any]) -> None:
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    world.use_client("events", stub(put_events=lambda **_: answer))
    made = world.tasks.trigger("probe")
    assert world.task(made).status == "pending"
    assert made.event_response == answer


@pytest.mark.case(45)
@pytest.mark.usefixtures("probe")
def test_a_record_that_cannot_be_created(world: World) -> None:
    failure = CodedError("disk full", "CX")
    world.fault = lambda operation, _: failure if operation == "put_item" else None
    with pytest.raises(CodedError) as refused:
        world.tasks.trigger("probe")
    assert refused.value is failure
    assert not world.tasks.list()
    assert world.put_entries() == []


@pytest.mark.usefixtures("probe")
def test_the_event_that_cannot_be_noted_leaves_no_record(world: World) -> None:
    world.fail_writes(CodedError("late", "L8"), field="eventResponse")
    with pytest.raises(CodedError, match="late"):
        world.tasks.trigger("probe")
    assert not world.tasks.list()


@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"input": [1]}, "trigger: input: needs an object"),
        ({"input": {"a": float("nan")}}, "trigger: input.a: nan is not a JSON number"),
        ({"delay": object()}, "trigger: delay: object is not JSON"),
        ({"name": 5}, "trigger: name=5 must be a string"),
    ],
)
def test_wrong_arguments_are_named(world: World, call: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        world.tasks.trigger("probe", **call)
    assert not world.tasks.list()
