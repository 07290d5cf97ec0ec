"""Delivery after the caller: what a call starts begins when its caller is through, or sleeps."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator import Emulator, MissingHandlerError, NodeHandler
from emulator.clock import DEFAULT_START
from emulator.tasks import Result, RunContext, task
from tests.needs import needs_node

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

Handler = Callable[[Any, Any], Any]

HELLO: dict[str, Any] = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "End": True}}}


def machine_of(function_arn: str) -> dict[str, Any]:
    return {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": function_arn, "End": True}}}


def put_event(source: str = "shop") -> None:
    boto3.client("events").put_events(Entries=[{"Source": source, "DetailType": "Order", "Detail": "{}"}])


class World:
    """An emulator, and what happened on it in which order."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)

    def seconds(self) -> float:
        return time.time() - DEFAULT_START.timestamp()

    def function(self, name: str, handler: Handler | NodeHandler) -> str:
        return self.emulator.lambda_function(name, handler)

    def rule(self, source: str, *target_arns: str) -> None:
        events = boto3.client("events")
        events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
        targets = [{"Id": str(number), "Arn": arn, "RoleArn": arn} for number, arn in enumerate(target_arns)]
        events.put_targets(Rule=source, Targets=targets)

    def worker(self) -> str:
        """A state machine whose function tells that it runs."""
        arn = self.function("worker", lambda event, context: self.tell("worker"))
        return self.emulator.state_machine(machine_of(arn), name="worker").arn


def by_invoke(world: World, arn: str) -> None:
    boto3.client("lambda").invoke(FunctionName=arn)


def by_asynchronous_invoke(world: World, arn: str) -> None:
    boto3.client("lambda").invoke(FunctionName=arn, InvocationType="Event")


def by_task(world: World, arn: str) -> None:
    world.emulator.run(machine_of(arn))


def by_rule(world: World, arn: str) -> None:
    world.rule("first", arn)
    put_event("first")


WAYS = [by_invoke, by_asynchronous_invoke, by_task, by_rule]


@pytest.fixture
def world(emulator: Emulator) -> World:
    return World(emulator)


# By a handler


@pytest.mark.parametrize("call", WAYS)
def test_a_receiver_begins_when_the_handler_that_put_the_event_has_ended(
    world: World, call: Callable[[World, str], None]
) -> None:
    def api(event: Any, context: Any) -> None:
        world.tell("api: PutEvents")
        put_event()
        world.tell("api: after PutEvents")
        boto3.client("sqs").list_queues()
        world.tell("api: ends")

    world.rule("shop", world.worker())
    call(world, world.function("api", api))
    assert world.told == ["api: PutEvents", "api: after PutEvents", "api: ends", "worker"]


@needs_node
@pytest.mark.parametrize("call", WAYS)
def test_a_receiver_begins_when_the_handler_in_node_has_ended(
    world: World, call: Callable[[World, str], None], tmp_path: Path
) -> None:
    """The handler asks whether an execution has run, by the API: it has nothing of AWS's SDK."""
    receiver = world.emulator.state_machine(HELLO, name="receiver")
    (tmp_path / "index.mjs").write_text(
        """
        const ask = async (operation, content) => {
            const response = await fetch(process.env.AWS_ENDPOINT_URL, {
                method: "POST",
                body: JSON.stringify(content),
                headers: {"X-Amz-Target": `AWSStepFunctions.${operation}`},
            });
            return response.json();
        };
        export const handler = async (event) => {
            const {executionArn} = await ask("StartExecution", {stateMachineArn: "ARN"});
            const first = (await ask("DescribeExecution", {executionArn})).status;
            await new Promise((resolve) => setTimeout(resolve, 1000));
            const second = (await ask("DescribeExecution", {executionArn})).status;
            console.log(`${first}, ${second}`);
        };
        """.replace("ARN", receiver.arn)
    )
    call(world, world.function("node", NodeHandler("index.handler", root=tmp_path)))
    (started,) = (each for each in world.emulator.executions if each.state_machine.name == "receiver")
    assert started.status == "SUCCEEDED"


@needs_node
def test_a_handler_in_node_finds_running_what_it_started_and_ended_when_it_has_slept(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test_a_receiver_begins_when_the_handler_in_node_has_ended(world, by_task, tmp_path)
    assert capsys.readouterr().out == "RUNNING, SUCCEEDED\n"


@pytest.mark.parametrize("call", WAYS)
def test_an_execution_begins_when_the_handler_that_started_it_has_ended(
    world: World, call: Callable[[World, str], None]
) -> None:
    worker = world.worker()

    def api(event: Any, context: Any) -> None:
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=worker)["executionArn"]
        world.tell(sfn.describe_execution(executionArn=arn)["status"])

    call(world, world.function("api", api))
    assert world.told == ["RUNNING", "worker"]


@pytest.mark.parametrize("call", WAYS)
def test_an_asynchronous_call_begins_when_the_handler_that_made_it_has_ended(
    world: World, call: Callable[[World, str], None]
) -> None:
    def api(event: Any, context: Any) -> None:
        boto3.client("lambda").invoke(FunctionName="later", InvocationType="Event")
        world.tell("api")

    world.function("later", lambda event, context: world.tell("later"))
    call(world, world.function("api", api))
    assert world.told == ["api", "later"]


@pytest.mark.parametrize("call", WAYS)
def test_handlers_that_start_each_other_begin_one_after_the_other(
    world: World, call: Callable[[World, str], None]
) -> None:
    def starts(name: str, arn: str) -> Handler:
        def handler(event: Any, context: Any) -> None:
            boto3.client("stepfunctions").start_execution(stateMachineArn=arn)
            world.tell(name)

        return handler

    second = world.emulator.state_machine(machine_of(world.function("b", starts("b", world.worker()))), name="second")
    call(world, world.function("a", starts("a", second.arn)))
    assert world.told == ["a", "b", "worker"]


@pytest.mark.parametrize("call", [by_invoke, by_task])
def test_a_handler_that_another_one_calls_holds_what_it_starts_until_the_outer_one_ends(
    world: World, call: Callable[[World, str], None]
) -> None:
    def inner(event: Any, context: Any) -> None:
        put_event()
        world.tell("inner")

    def outer(event: Any, context: Any) -> None:
        boto3.client("lambda").invoke(FunctionName="inner")
        world.tell("outer")

    world.rule("shop", world.worker())
    world.function("inner", inner)
    call(world, world.function("outer", outer))
    assert world.told == ["inner", "outer", "worker"]


# In a handler's sleep


@pytest.mark.parametrize("call", WAYS)
def test_a_receiver_runs_while_the_handler_sleeps_at_the_instant_of_the_put(
    world: World, call: Callable[[World, str], None]
) -> None:
    def api(event: Any, context: Any) -> None:
        put_event()
        world.tell("put")
        time.sleep(10)
        world.tell(f"awake at {world.seconds():g}")

    receiver = world.function("receiver", lambda event, context: world.tell(f"received at {world.seconds():g}"))
    world.rule("shop", receiver)
    call(world, world.function("api", api))
    assert world.told == ["put", "received at 0", "awake at 10"]


def test_time_passes_for_the_others_while_a_handler_sleeps_and_no_further_than_it_is_let(world: World) -> None:
    def api(event: Any, context: Any) -> None:
        for _ in range(3):
            time.sleep(10)
            put_event()
            world.tell(f"put at {world.seconds():g}")

    receiver = world.function("receiver", lambda event, context: world.tell(f"received at {world.seconds():g}"))
    world.rule("shop", receiver)
    world.emulator.start(machine_of(world.function("api", api)))
    ahead = ["put at 10", "put at 20", "put at 30"]  # no time was let pass
    assert world.told == ahead
    world.emulator.clock.advance(seconds=15)
    assert world.told == [*ahead, "received at 10"]
    world.emulator.clock.advance(seconds=30)
    world.told.clear()
    world.emulator.run(machine_of("arn:aws:lambda:us-east-1:123456789012:function:api"))
    puts = ["put at 55", "received at 55", "put at 65", "received at 65", "put at 75", "received at 75"]
    assert world.told == puts


def test_handlers_that_sleep_at_the_same_time_each_keep_their_own_time(world: World) -> None:
    def sleeper(event: Any, context: Any) -> float:
        for _ in range(event):
            time.sleep(10)
        return world.seconds()

    arn = world.function("sleeper", sleeper)
    item = {"StartAt": "Sleep", "States": {"Sleep": {"Type": "Task", "Resource": arn, "End": True}}}
    each = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": item, "End": True}}}
    run = world.emulator.run(each, [3, 1, 2] * 10)
    assert run.output == [30, 10, 20] * 10
    assert run.elapsed.total_seconds() == 30


@pytest.mark.parametrize("sleep", [0.0, 1.0])
def test_a_handler_that_polls_what_it_started_gets_on(world: World, sleep: float) -> None:
    def api(event: Any, context: Any) -> int:
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=child.arn)["executionArn"]
        for count in range(20):
            if sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED":
                return count
            if sleep:
                time.sleep(sleep)
        raise AssertionError("it reads RUNNING for ever")

    child = world.emulator.state_machine(HELLO, name="child")
    run = world.emulator.run(machine_of(world.function("api", api)))
    assert run.output in (1, 2)


def test_what_goes_wrong_in_a_handlers_sleep_is_not_the_handlers_error(world: World) -> None:
    def api(event: Any, context: Any) -> str:
        boto3.client("stepfunctions").start_execution(stateMachineArn=broken.arn)
        try:
            time.sleep(1)
        except Exception as error:
            return f"caught {error!r}"
        return "slept"

    computed = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "States.Format('nobody')"},
        "End": True,
    }
    broken = world.emulator.state_machine({"StartAt": "Call", "States": {"Call": computed}}, name="broken")
    execution = world.emulator.start(
        {
            "StartAt": "Wait",
            "States": {
                "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Call"},
                **machine_of(world.function("api", api))["States"],
            },
        }
    )
    with pytest.raises(MissingHandlerError, match="nobody"):
        world.emulator.finish(execution)
    assert world.emulator.finish(execution).output == "slept"


# By a test


def test_entries_of_one_call_are_all_put_before_the_first_receiver_begins(world: World) -> None:
    def receiver(event: Any, context: Any) -> None:
        world.tell(f"received, {len(world.emulator.bus.entries)} put")

    world.rule("shop", world.function("receiver", receiver))
    entry: Any = {"Source": "shop", "DetailType": "Order", "Detail": "{}"}
    boto3.client("events").put_events(Entries=[entry, entry])
    assert world.told == ["received, 2 put"] * 2


def test_what_a_test_starts_has_happened_when_its_call_returns(world: World) -> None:
    started = boto3.client("stepfunctions").start_execution(stateMachineArn=world.worker())
    assert started["startDate"] == DEFAULT_START
    assert world.told == ["worker"]


# Background tasks


@task(title="Hello")
def hello(context: RunContext[Any, Any]) -> Result:
    return context.response.done("done")


def test_a_triggered_task_is_pending_until_time_is_let_pass(emulator: Emulator) -> None:
    emulator.tasks.register(hello)
    made = emulator.tasks.tasks.trigger("hello")
    assert made.status == "pending"
    assert emulator.tasks.tasks.get(made.id).status == "pending"  # type: ignore[union-attr]
    assert emulator.tasks.find(made.id).run_to_end().task.status == "success"


def test_a_task_that_a_handler_triggers_is_pending_until_the_handler_has_ended(world: World) -> None:
    tasks = world.emulator.tasks
    tasks.register(hello)
    made: list[str] = []

    def api(event: Any, context: Any) -> str:
        made.append(tasks.tasks.trigger("hello").id)
        return tasks.tasks.get(made[0]).status  # type: ignore[union-attr]

    world.function("api", api)
    answer = boto3.client("lambda").invoke(FunctionName="api")
    assert json.loads(answer["Payload"].read()) == "pending"
    assert tasks.find(made[0]).run_to_end().task.status == "success"


@pytest.mark.parametrize("polling_waits", [True, False])
@pytest.mark.parametrize(
    "look",
    ["list_rules", "list_event_buses", "describe_event_bus", "list_rule_names_by_target", "list_targets_by_rule"],
)
def test_a_look_at_eventbridge_begins_no_pending_task(look: str, polling_waits: bool) -> None:
    requests = {
        "list_rule_names_by_target": {"TargetArn": "arn:aws:lambda:us-east-1:123456789012:function:hello"},
        "list_targets_by_rule": {"Rule": "hello"},
    }
    with Emulator(polling_waits=polling_waits) as emulator:
        boto3.client("events").put_rule(Name="hello", EventPattern='{"source": ["hello"]}')
        emulator.tasks.register(hello)
        made = emulator.tasks.tasks.trigger("hello")
        getattr(boto3.client("events"), look)(**requests.get(look, {}))
        assert emulator.tasks.tasks.get(made.id).status == "pending"  # type: ignore[union-attr]
        assert emulator.tasks.find(made.id).run_to_end().task.status == "success"


# A stop


def types_of(arn: str) -> list[str]:
    history = boto3.client("stepfunctions").get_execution_history(executionArn=arn)
    return [event["type"] for event in history["events"]]


@pytest.mark.parametrize("sleep", [0.0, 10.0])
@pytest.mark.parametrize("call", WAYS)
def test_an_execution_that_a_handler_starts_and_stops_enters_no_state(
    world: World, call: Callable[[World, str], None], sleep: float
) -> None:
    worker = world.worker()

    def api(event: Any, context: Any) -> None:
        if sleep:
            time.sleep(sleep)
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=worker)["executionArn"]
        stopped = sfn.stop_execution(executionArn=arn, error="Enough")
        described = sfn.describe_execution(executionArn=arn)
        assert described["stopDate"] == stopped["stopDate"] == described["startDate"]
        world.tell(described["status"])
        world.tell(arn)

    call(world, world.function("api", api))
    status, arn = world.told
    assert status == "ABORTED"
    assert types_of(arn) == ["ExecutionStarted", "ExecutionAborted"]


@pytest.mark.parametrize("call", WAYS)
def test_an_execution_that_runs_has_ended_when_a_handlers_stop_returns(
    world: World, call: Callable[[World, str], None]
) -> None:
    waits = {"Wait": {"Type": "Wait", "Seconds": 60, "Next": "Hello"}, **HELLO["States"]}
    running = world.emulator.start({"StartAt": "Wait", "States": waits})

    def api(event: Any, context: Any) -> None:
        boto3.client("stepfunctions").stop_execution(executionArn=running.arn)
        world.tell(boto3.client("stepfunctions").describe_execution(executionArn=running.arn)["status"])

    call(world, world.function("api", api))
    assert world.told == ["ABORTED"]
    assert types_of(running.arn) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]


def test_a_handler_may_stop_its_own_execution(world: World) -> None:
    def api(event: Any, context: Any) -> None:
        sfn = boto3.client("stepfunctions")
        sfn.stop_execution(executionArn=event)
        world.tell(sfn.describe_execution(executionArn=event)["status"])

    call = {"Type": "Task", "Resource": world.function("api", api), "InputPath": "$$.Execution.Id", "End": True}
    run = world.emulator.run({"StartAt": "Call", "States": {"Call": call}})
    assert world.told == [run.status] == ["ABORTED"]


def test_a_stop_ahead_of_the_clock_comes_after_what_is_due_before_it(world: World) -> None:
    def api(event: Any, context: Any) -> None:
        time.sleep(10)
        boto3.client("stepfunctions").stop_execution(executionArn=short.arn)

    wait = {"Type": "Wait", "Seconds": 5, "End": True}
    short = world.emulator.start({"StartAt": "Wait", "States": {"Wait": wait}})
    world.emulator.start(machine_of(world.function("api", api)))
    assert world.emulator.finish(short).status == "SUCCEEDED"
