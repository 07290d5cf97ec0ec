"""``emulator.tasks``: whole background tasks, from the event to the end, on virtual time.

"case N" is a case of the behaviour reference of background tasks, after the original system's own tests and source.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError, Execution
from emulator.taskbench import FUNCTION_NAME, TaskBench, TaskRun
from emulator.tasks import (
    MaxDelayError,
    NotFoundError,
    Result,
    RunContext,
    TaskAbortError,
    TaskDefinition,
    private_task,
    task,
)

Context = RunContext[dict[str, Any], dict[str, Any]]
START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


class RateLimited(Exception):  # noqa: N818 - as its client calls it
    def __init__(self, retry_after: int) -> None:
        super().__init__("429")
        self.retry_after = retry_after


class Remote:
    """Takes pages; refuses those pushes (counted from 1) that ``fail_on`` names."""

    def __init__(self, fail_on: tuple[int, ...] = ()) -> None:
        self.fail_on = fail_on
        self.pushes = 0
        self.pushed: list[int] = []

    def push(self, page: int) -> None:
        self.pushes += 1
        if self.pushes in self.fail_on:
            raise RateLimited(45)
        self.pushed.append(page)


@task(title="Sync articles", max_iterations=30)
def sync_articles(ctx: Context) -> Result:
    """Pushes pages one by one; ``seconds_per_page`` of the input is how slow they are."""
    page = ctx.input.get("page", 1)
    while page <= ctx.input.get("pages", 3):
        if ctx.is_aborted():
            return ctx.response.aborted()
        if ctx.is_close_to_timeout():
            return ctx.response.continue_({"page": page})
        time.sleep(ctx.input.get("seconds_per_page", 0))  # noqa: TID251 - a slow page moves the virtual clock
        try:
            ctx.app.remote.push(page)
        except RateLimited as error:
            return ctx.response.continue_({"page": page}, seconds=error.retry_after)
        page += 1
    return ctx.response.done("Articles synced", {"pages": page - 1})


@private_task(title="Verify one batch")
def verify_batch(ctx: Context) -> Result:
    if "checked" not in ctx.input:
        return ctx.response.continue_({"checked": True}, seconds=ctx.input["seconds"])
    return ctx.response.done(output={"batch": ctx.input["batch"]})


@task(title="Fan out")
def fan_out(ctx: Context) -> Result:
    for batch in (1, 2):
        ctx.trigger(verify_batch, {"batch": batch, "seconds": 100 * batch})
    return ctx.response.done()


@pytest.fixture
def bench(world: Emulator) -> TaskBench:
    world.tasks.register(sync_articles, verify_batch, fan_out)
    world.tasks.app.remote = Remote()
    return world.tasks


# A task from beginning to end ----------------------------------------------------------------------------------------


def test_a_rate_limit_is_waited_for_on_the_virtual_clock(world: Emulator, bench: TaskBench) -> None:
    bench.app.remote = Remote(fail_on=(2,))
    run = bench.trigger("syncArticles", {"source": "blog"})
    run.run_until_waiting()
    assert run.waiting_for == 45
    assert run.task.status == "running"
    assert run.states == ["TransformEvent", "Run", "CheckStatus", "Waiter"]
    world.clock.advance(seconds=5)
    assert run.waiting_for == 40
    run.run_to_end()
    assert (run.execution.status, run.task.status, run.task.output) == ("SUCCEEDED", "success", {"pages": 3})
    assert not run.waiting_for
    assert run.execution.elapsed == timedelta(seconds=45)
    assert bench.app.remote.pushed == [1, 2, 3]


def test_slow_pages_never_run_into_the_timeout(bench: TaskBench) -> None:
    run = bench.trigger("syncArticles", {"pages": 20, "seconds_per_page": 100}).run_to_end()
    assert [each.result and each.result.status for each in run.iterations] == ["continue", "continue", "done"]
    assert all(each.remaining_ms_at_end > 0 for each in run.iterations)
    first = run.iterations[0]
    assert (first.number, first.started_at, first.duration) == (1, START, timedelta(seconds=800))
    assert first.remaining_ms_at_end == 100_000
    assert run.execution.elapsed == timedelta(seconds=2000)


def test_abort_while_waiting(bench: TaskBench) -> None:
    bench.app.remote = Remote(fail_on=(1, 2, 3))
    run = bench.trigger("syncArticles", {"source": "blog"})
    run.at(iteration=2, call=lambda: bench.abort(run.id, "enough"))
    run.run_to_end()
    assert run.task.status == "aborted"
    assert run.execution.status == "SUCCEEDED"
    assert run.states[-1] == "Aborted"
    assert [item.message for log in run.logs for item in log.items] == ["Task continuing.", "enough"]


def test_an_aborted_task_sleeps_on_until_its_wait_is_over(bench: TaskBench) -> None:
    """Case 148: the record is aborted now, the execution ends at its next run."""
    bench.app.remote = Remote(fail_on=(1,))
    run = bench.trigger(sync_articles).run_until_waiting().abort("stop")
    assert (run.task.status, run.execution.status) == ("aborted", "RUNNING")
    run.run_to_end()
    assert (run.states[-1], run.execution.elapsed) == ("Aborted", timedelta(seconds=45))


def test_a_triggered_task_is_pending_until_time_is_let_pass(world: Emulator, bench: TaskBench) -> None:
    run = bench.trigger("syncArticles", name="Nightly")
    assert (run.task.status, run.task.name, run.states, run.iterations) == ("pending", "Nightly", [], ())
    run.abort()
    world.clock.advance(seconds=1)
    assert run.states == ["TransformEvent", "Run", "CheckStatus", "Aborted"]


def test_a_delay_is_waited_for_before_the_first_run(bench: TaskBench) -> None:
    """Case 75: the delay's hand-back calls the handler, and stores nothing."""
    run = bench.trigger("syncArticles", delay=10).run_until_waiting()
    assert (run.waiting_for, run.task.status, run.task.iterations, run.logs) == (10, "pending", 0, [])
    run.run_to_end()
    assert [(each.number, each.started_at) for each in run.iterations] == [(1, START), (2, START + timedelta(0, 10))]
    assert run.task.iterations == 1


def test_the_machine_can_be_followed_from_wait_to_wait(bench: TaskBench) -> None:
    bench.app.remote = Remote(fail_on=(1, 3))
    run = bench.trigger("syncArticles")
    waits = []
    while run.run_until_waiting().waiting_for is not None:
        waits.append((run.waiting_for, len(run.iterations)))
    assert waits == [(45, 1), (45, 2)]
    assert run.task.status == "success"


def test_run_to_end_finishes_the_children_too(bench: TaskBench) -> None:
    run = bench.trigger("fanOut").run_to_end()
    assert run.execution.elapsed == timedelta(0)
    assert [child.task.output for child in run.children] == [{"batch": 1}, {"batch": 2}]
    assert [child.execution.elapsed.total_seconds() for child in run.children] == [100, 200]
    assert {child.task.parent_id for child in run.children} == {run.id}
    assert [each.id for each in bench.runs] == [run.id, *(child.id for child in run.children)]
    assert all(child.children == [] for child in run.children)


@pytest.mark.case(61)
def test_a_function_that_times_out_leaves_the_record_running(bench: TaskBench) -> None:
    """UnknownError, and only the execution knows."""
    bench.lambda_timeout_seconds = 30

    @task(title="Oversleep")
    def oversleep(_ctx: Context) -> None:
        time.sleep(3600)  # noqa: TID251 - moves the virtual clock, up to the timeout

    run = bench.trigger(oversleep).run_to_end()
    assert (run.task.status, run.execution.status) == ("running", "FAILED")
    assert (run.states[-1], run.execution.cause) == ("UnknownError", "Fatal error - unknown task error.")
    [iteration] = run.iterations
    assert (iteration.result, iteration.remaining_ms_at_end) == (None, 0)
    assert iteration.duration == timedelta(seconds=30)


def test_the_same_seed_gives_the_same_run() -> None:
    def ids() -> list[str]:
        with Emulator(seed="again") as emulator:
            emulator.tasks.register(fan_out, verify_batch)
            run = emulator.tasks.trigger("fanOut").run_to_end()
            return [run.id, run.execution.name, *(child.id for child in run.children)]

    first = ids()
    assert ids() == first
    assert all(len(id_) == 24 and set(id_) <= set("0123456789abcdef") for id_ in (first[0], *first[2:]))


def test_a_task_that_others_triggered_is_found(bench: TaskBench) -> None:
    other = bench.tasks.trigger("syncArticles")
    run = bench.find(other.id).run_to_end()
    assert run.task.status == "success"
    assert bench.get(run.id) == run.task
    assert [each.id for each in bench.list({"definitionId": "syncArticles"})] == [run.id]
    assert [log.task for log in bench.list_logs({"task": run.id})] == [run.id]
    assert repr(run) == f"<TaskRun {run.id} iterations=1>"


def test_the_application_may_be_the_users_own(bench: TaskBench) -> None:
    class Application:
        remote = Remote(fail_on=(1,))

    bench.app = Application()
    assert bench.trigger("syncArticles").run_to_end().task.status == "success"
    assert Application.remote.pushes == 4


# What is refused, and in what words ----------------------------------------------------------------------------------


def test_an_unknown_definition_is_named_with_the_nearest(bench: TaskBench) -> None:
    with pytest.raises(EmulatorError) as raised:
        bench.trigger("syncArticle")
    assert str(raised.value) == (
        'there is no task "syncArticle". Did you mean "syncArticles"?\n'
        "    registered: syncArticles, verifyBatch, fanOut\n"
        "    fix: emulator.tasks.register(definition_or_module)"
    )


def test_unknown_tasks(bench: TaskBench) -> None:
    with pytest.raises(NotFoundError, match='Task "nope" was not found!'):
        bench.abort("nope")
    with pytest.raises(EmulatorError, match='there is no task with the id "nope"'):
        bench.find("nope")
    assert bench.get("nope") is None
    run = bench.trigger("syncArticles").run_to_end()
    bench.tasks.delete(run.id)
    with pytest.raises(EmulatorError, match="or it was deleted"):
        _ = run.task


def test_an_ended_task_cannot_be_aborted(bench: TaskBench) -> None:
    """Case 142."""
    run = bench.trigger("syncArticles").run_to_end()
    with pytest.raises(TaskAbortError, match="Cannot abort a task that is not pending or running!"):
        run.abort()


def test_a_delay_of_355_days_is_too_long(bench: TaskBench) -> None:
    """Case 30: nothing is stored."""
    with pytest.raises(MaxDelayError, match=r"The maximum delay for a task is 355 days\."):
        bench.trigger("syncArticles", delay=30_672_000)
    assert len(bench.list()) == 0


def test_the_longest_delay_passes_at_once(bench: TaskBench) -> None:
    run = bench.trigger("syncArticles", delay=30_671_999).run_to_end()
    assert (run.task.status, run.execution.elapsed) == ("success", timedelta(seconds=30_671_999))


def test_an_event_that_no_rule_picks_up_says_why(bench: TaskBench) -> None:
    events = boto3.client("events")
    events.put_rule(
        Name="background-task-event",
        EventBusName="background-tasks",
        EventPattern=json.dumps({"detail-type": ["Another"]}),
    )
    with pytest.raises(EmulatorError) as raised:
        bench.trigger("syncArticles")
    told = str(raised.value).splitlines()
    assert told[0].startswith("no execution was started for task ")
    assert told[0].endswith('no rule of the bus "background-tasks" picked up its event')
    assert told[1].startswith("    rule background-task-event: detail-type: ")
    assert '"WebinyBackgroundTask"' in told[1]
    events.disable_rule(Name="background-task-event", EventBusName="background-tasks")
    with pytest.raises(EmulatorError, match='the bus "background-tasks", which has no enabled rule'):
        bench.trigger("syncArticles")


def test_an_event_whose_machine_is_gone_says_so(world: Emulator, bench: TaskBench) -> None:
    states = boto3.client("stepfunctions")
    [machine] = states.list_state_machines()["stateMachines"]
    states.delete_state_machine(stateMachineArn=machine["stateMachineArn"])
    with pytest.raises(EmulatorError, match="the rule background-task-event could not deliver its event to arn:"):
        bench.trigger("syncArticles")


def test_a_record_without_an_event_has_no_execution(bench: TaskBench) -> None:
    record = bench.tasks.create("syncArticles", name="By hand")
    with pytest.raises(EmulatorError, match=r"no event was put for it \(Tasks.create makes a record only"):
        bench.find(record.id).run_to_end()


def test_an_iteration_that_never_comes_is_told(bench: TaskBench) -> None:
    run = bench.trigger("syncArticles").at(iteration=5, call=lambda: None)
    with pytest.raises(
        EmulatorError, match=r"at\(iteration=5, ...\): did not happen, task \w+ ended after 1 iterations"
    ):
        run.run_to_end()
    with pytest.raises(ValueError, match="1 iterations of the task have ended already"):
        run.at(iteration=1, call=lambda: None)


def test_definitions_are_registered_once_by_id(bench: TaskBench) -> None:
    bench.register(sync_articles)
    other = task(id="syncArticles", title="Another")(lambda ctx: ctx.response.done())
    with pytest.raises(EmulatorError, match='another task definition with the id "syncArticles"'):
        bench.register(other)
    with pytest.raises(EmulatorError, match="is not a task definition; decorate the function with @task"):
        bench.register(lambda ctx: None)  # type: ignore[arg-type]


def test_definitions_are_found_in_a_module(world: Emulator) -> None:
    class Nightly(TaskDefinition):
        title = "Nightly"

        def run(self, ctx: Context) -> Result:
            return ctx.response.done()

    module = ModuleType("jobs")
    vars(module).update(Nightly=Nightly, sync_articles=sync_articles, other=3)
    world.tasks.register(module)
    world.tasks.register(module)
    assert [definition.id for definition in world.tasks.definitions] == ["nightly", "syncArticles"]
    assert world.tasks.trigger("nightly").run_to_end().task.status == "success"
    with pytest.raises(EmulatorError, match="the module empty has no task definitions"):
        world.tasks.register(ModuleType("empty"))


def test_the_emulator_must_be_open() -> None:
    emulator = Emulator()
    with pytest.raises(EmulatorError, match="background tasks need an open emulator"):
        _ = emulator.tasks
    with emulator:
        bench = emulator.tasks
    with pytest.raises(EmulatorError, match="background tasks need an open emulator"):
        bench.list()


# The state machine (cases 48 to 64), with a handler that answers what the test wants ---------------------------------

EVENT = {"webinyTaskId": "t1", "webinyTaskDefinitionId": "any", "tenant": "root", "locale": "en-US", "delay": 0}


class Machine:
    """The deployed machine, whose function answers one after another of ``answers`` (functions are called)."""

    def __init__(self, world: Emulator) -> None:
        self.world = world
        self.events: list[Any] = []
        assert world.tasks.list_logs() is not None

    def run(self, *answers: Any, detail: dict[str, Any] | None = None) -> Execution:
        left = list(answers)

        def handler(event: Any, _context: Any) -> Any:
            self.events.append(event)
            answer = left.pop(0)
            return answer(event) if callable(answer) else answer

        self.world.lambda_function(FUNCTION_NAME, handler, timeout_seconds=900)
        entry = {
            "Source": "webiny-api-tasks",
            "DetailType": "WebinyBackgroundTask",
            "EventBusName": "background-tasks",
            "Detail": json.dumps(EVENT if detail is None else detail),
        }
        answer = boto3.client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        return self.world.finish(self.world.executions[-1])


@pytest.fixture
def machine(world: Emulator) -> Machine:
    return Machine(world)


def continuing(**more: Any) -> dict[str, Any]:
    return {**EVENT, "status": "continue", "input": {}, "delay": -1, **more}


DONE = {**EVENT, "status": "done", "message": "ready"}


@pytest.mark.case(48)
def test_the_event_is_stripped(machine: Machine) -> None:
    execution = machine.run(DONE, detail={**EVENT, "noise": 1})
    assert execution.states["TransformEvent"].output == EVENT
    assert execution.input["detail"]["noise"] == 1


@pytest.mark.case(49)
@pytest.mark.parametrize("missing", sorted(EVENT))
def test_an_event_without_one_of_its_keys_fails_the_execution(machine: Machine, missing: str) -> None:
    execution = machine.run(detail={key: value for key, value in EVENT.items() if key != missing})
    assert (execution.status, execution.error, execution.path) == ("FAILED", "States.Runtime", ["TransformEvent"])


def test_an_event_without_detail_fails_the_execution(machine: Machine) -> None:
    execution = machine.run(detail={})
    assert (execution.status, execution.error, execution.path) == ("FAILED", "States.Runtime", ["TransformEvent"])


@pytest.mark.case(50, 63)
def test_what_the_handler_gets(machine: Machine) -> None:
    execution = machine.run(continuing(), DONE, detail={**EVENT, "delay": 7})
    first, second = machine.events
    assert first == {
        "name": "background-task",
        "payload": {
            **EVENT,
            "delay": 7,
            "endpoint": "manage",
            "executionName": execution.name,
            "stateMachineId": execution.state_machine.arn,
        },
    }
    assert second == {**first, "payload": {**first["payload"], "delay": -1}}


@pytest.mark.case(51, 52)
@pytest.mark.parametrize(("status", "state"), [("done", "Done"), ("aborted", "Aborted")])
def test_done_and_aborted_succeed(machine: Machine, status: str, state: str) -> None:
    answer = {**EVENT, "status": status, "output": {"n": 1}}
    execution = machine.run(answer)
    assert (execution.status, execution.path[-1], execution.output) == ("SUCCEEDED", state, answer)


@pytest.mark.case(53)
def test_an_error_fails_with_its_message(machine: Machine) -> None:
    error = {"message": "boom", "code": "C", "data": {"n": 1}}
    execution = machine.run({**EVENT, "status": "error", "error": error})
    assert (execution.status, execution.path[-1], execution.error) == ("FAILED", "Error", "boom")
    assert json.loads(execution.cause or "") == error


@pytest.mark.case(54)
def test_an_error_without_a_message_is_a_runtime_error(machine: Machine) -> None:
    execution = machine.run({**EVENT, "status": "error", "error": {"code": "C"}})
    assert (execution.status, execution.path[-1], execution.error) == ("FAILED", "Error", "States.Runtime")


@pytest.mark.case(55)
@pytest.mark.parametrize("more", [{}, {"wait": 0}, {"wait": -1}, {"wait": None}, {"wait": "10"}, {"wait": True}])
def test_no_wait(machine: Machine, more: dict[str, Any]) -> None:
    execution = machine.run(continuing(**more), DONE)
    assert execution.path == ["TransformEvent", "Run", "CheckStatus", "Run", "CheckStatus", "Done"]
    assert execution.elapsed == timedelta(0)


@pytest.mark.case(56)
def test_a_wait(machine: Machine) -> None:
    execution = machine.run(continuing(wait=1), DONE)
    assert execution.path[2:5] == ["CheckStatus", "Waiter", "Run"]
    assert execution.elapsed == timedelta(seconds=1)


@pytest.mark.case(57)
def test_a_fraction_of_a_second_cannot_be_waited_for(machine: Machine) -> None:
    execution = machine.run(continuing(wait=1.5), DONE)
    assert (execution.status, execution.path[-1], execution.error) == ("FAILED", "Waiter", "States.Runtime")
    assert "The SecondsPath parameter cannot be parsed as a long value: $.wait == 1.5" in (execution.cause or "")


def exploding(_event: Any) -> None:
    raise RuntimeError("out of memory")


@pytest.mark.case(58, 61)
@pytest.mark.parametrize("answer", [None, exploding], ids=["58 null", "61 raises"])
def test_an_unknown_error(machine: Machine, answer: Callable[[Any], None] | None) -> None:
    execution = machine.run(answer)
    assert (execution.status, execution.path[-1], execution.error) == ("FAILED", "UnknownError", None)
    assert execution.cause == "Fatal error - unknown task error."
    assert len(machine.events) == 1


@pytest.mark.case(59)
@pytest.mark.parametrize("status", ["weird", "DONE", 5, None])
def test_an_unknown_status(machine: Machine, status: Any) -> None:
    execution = machine.run({**EVENT, "status": status})
    assert (execution.status, execution.path[-1], execution.error) == ("FAILED", "UnknownStatus", None)
    assert execution.cause == "Fatal error - unknown status."


@pytest.mark.case(60)
def test_no_status_at_all_is_a_runtime_error(machine: Machine) -> None:
    execution = machine.run({})
    assert (execution.status, execution.path[-1], execution.error) == ("FAILED", "CheckStatus", "States.Runtime")
    assert "Invalid path '$.status'" in (execution.cause or "")


@pytest.mark.case(62)
def test_an_event_without_a_task_id_has_no_handler(world: Emulator, bench: TaskBench) -> None:
    entry = {
        "Source": "webiny-api-tasks",
        "DetailType": "WebinyBackgroundTask",
        "EventBusName": "background-tasks",
        "Detail": json.dumps({**EVENT, "webinyTaskId": ""}),
    }
    boto3.client("events").put_events(Entries=[entry])
    execution = world.finish(world.executions[-1])
    assert (execution.status, execution.path[-1]) == ("FAILED", "UnknownError")
    assert [type(error).__name__ for _, error in execution.exceptions] == ["NoHandlerError"]


@pytest.mark.case(64)
def test_a_result_that_is_too_large_ends_in_unknown_error(machine: Machine) -> None:
    execution = machine.run({**DONE, "output": {"text": "x" * 262_144}})
    assert (execution.status, execution.cause) == ("FAILED", "Fatal error - unknown task error.")
    assert execution.states["Run"].error == "States.DataLimitExceeded"
    assert execution.path[-2:] == ["Run", "UnknownError"]


def test_an_event_delivered_twice_starts_two_executions(world: Emulator, bench: TaskBench) -> None:
    """EventBridge delivers at least once; the second execution is told that the task is done (case 84)."""
    run: TaskRun = bench.trigger("syncArticles")
    boto3.client("events").put_events(Entries=[world.bus.entries[-1]])
    run.run_to_end()
    second = world.finish(world.executions[-1])
    assert run.execution is not second
    assert (run.execution.status, run.task.status) == ("SUCCEEDED", "success")
    assert (second.status, second.error) == ("FAILED", "Task is already done, cannot run it again.")
