"""What a test may let happen in the middle of a task: aborts, kills, refused writes, little time, a second delivery.

"case N" is a case of the behaviour reference of background tasks, after the original system's own tests and source.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from emulator import Emulator, EmulatorError
from emulator.taskbench import TaskBench
from emulator.tasks import Result, RunContext, TaskAbortError, TaskError, private_task, task

Context = RunContext[dict[str, Any], dict[str, Any]]


@task(title="Work", max_iterations=30)
def work(ctx: Context) -> Result:
    """``turns`` iterations, each with a saved input, a log entry and ``seconds`` of work."""
    turn = ctx.input.get("turn", 0) + 1
    if ctx.is_close_to_timeout():
        return ctx.response.continue_({"early": True, "turn": turn})
    if seconds := ctx.input.get("seconds"):
        ctx.app.clock.advance(seconds=seconds)
    ctx.store.update_input({"turn": turn})
    ctx.store.add_info_log(f"turn {turn}")
    if ctx.input.get("fail"):
        return ctx.response.error("boom", code="B", data={"n": 1})
    if turn >= ctx.input.get("turns", 2):
        return ctx.response.done("Worked", {"turns": turn})
    return ctx.response.continue_({"turn": turn}, seconds=60)


@private_task(title="Child")
def child(ctx: Context) -> Result:
    return ctx.response.done(output={"n": ctx.input["n"]})


@task(title="Parent")
def parent(ctx: Context) -> Result:
    if not (children := ctx.store.list_child_tasks()):
        for n in (1, 2):
            ctx.trigger(child, {"n": n})
        return ctx.response.continue_({}, seconds=15)
    if ctx.store.get_task().iterations < 3:
        return ctx.response.continue_({}, seconds=15)
    return ctx.response.done(output={"children": [each.status for each in children]})


@pytest.fixture
def world() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def bench(world: Emulator) -> TaskBench:
    world.tasks.register(work, child, parent)
    world.tasks.app.clock = world.clock
    return world.tasks


# Time ----------------------------------------------------------------------------------------------------------------


def test_remaining_time_is_scripted_for_every_iteration(bench: TaskBench) -> None:
    """Case 95, and 96 with enough time again; the last number holds on."""
    bench.remaining_time = [1_000, 900_000, 179_999]
    assert bench.remaining_time == (1_000, 900_000, 179_999)
    run = bench.trigger("work", {"turns": 9})
    run.at(iteration=5, call=run.abort).run_to_end()
    early = [each.result is not None and (each.result.input or {}).get("early") for each in run.iterations]
    assert early[:4] == [True, None, True, True]
    assert [each.remaining_ms_at_end for each in run.iterations][:4] == [1_000, 900_000, 179_999, 179_999]


def test_remaining_time_of_one_iteration(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 3}).remaining(iteration=2, milliseconds=1_000).run_to_end()
    assert [each.remaining_ms_at_end for each in run.iterations] == [900_000, 1_000, 900_000]


def test_what_is_left_is_enforced(bench: TaskBench) -> None:
    run = bench.trigger("work", {"seconds": 200}).remaining(iteration=1, milliseconds=190_000).run_to_end()
    [iteration] = run.iterations
    assert (iteration.ended, iteration.duration.total_seconds(), iteration.result) == ("timed out", 190, None)


@pytest.mark.parametrize("milliseconds", [0, -1, 900_001, 1.5, True])
def test_remaining_time_must_fit_the_timeout(bench: TaskBench, milliseconds: Any) -> None:
    told = rf"{milliseconds!r} milliseconds cannot be left: give 1 to 900,000, the timeout of the function"
    with pytest.raises(ValueError, match=told):
        bench.remaining_time = [milliseconds]
    with pytest.raises(ValueError, match=told):
        bench.trigger("work").remaining(iteration=1, milliseconds=milliseconds)


def test_a_slow_step_moves_the_clock(bench: TaskBench) -> None:
    run = bench.trigger("work", {"seconds": 100}).run_to_end()
    assert [each.duration.total_seconds() for each in run.iterations] == [100, 100]
    assert [each.remaining_ms_at_end for each in run.iterations] == [800_000, 800_000]
    assert run.execution.elapsed == timedelta(seconds=260)


def test_a_slow_step_can_be_put_into_any_moment(world: Emulator, bench: TaskBench) -> None:
    run = bench.trigger("work")
    run.at(iteration=1, write="input", call=lambda: world.clock.advance(minutes=2)).run_to_end()
    assert [each.duration.total_seconds() for each in run.iterations] == [120, 0]


def test_what_others_do_happens_while_a_handler_lets_time_pass(world: Emulator, bench: TaskBench) -> None:
    first = bench.trigger("work", {"turns": 2})
    second = bench.trigger("work", {"turns": 1}, delay=30)
    states: list[str] = []

    def look() -> None:
        world.clock.advance(seconds=29)
        states.append(second.task.status)
        world.clock.advance(seconds=1)
        states.append(second.task.status)

    first.at(iteration=1, before="run", call=look).run_to_end()
    assert states == ["pending", "success"]
    assert first.task.status == "success"


# Kills ---------------------------------------------------------------------------------------------------------------


@pytest.mark.case(61)
def test_a_killed_process_leaves_the_record_running(bench: TaskBench) -> None:
    run = bench.trigger("work").kill(iteration=2).run_to_end()
    assert (run.task.status, run.execution.status, run.execution.final_state) == ("running", "FAILED", "UnknownError")
    assert [each.ended for each in run.iterations] == ["answered", "exited"]
    assert run.execution.cause == "Fatal error - unknown task error."
    assert run.task.iterations == 2


@pytest.mark.case(61)
def test_a_function_that_runs_into_its_timeout(bench: TaskBench) -> None:
    run = bench.trigger("work").time_out(iteration=1).run_to_end()
    assert (run.task.status, run.execution.status, run.execution.final_state) == ("running", "FAILED", "UnknownError")
    [iteration] = run.iterations
    assert (iteration.ended, iteration.duration.total_seconds()) == ("timed out", 900)


@pytest.mark.case(61)
def test_a_throttled_call_never_begins(bench: TaskBench) -> None:
    run = bench.trigger("work").throttle(iteration=2).run_to_end()
    assert (run.task.status, run.task.iterations) == ("running", 1)
    assert (run.execution.status, run.execution.final_state) == ("FAILED", "UnknownError")
    assert [each.ended for each in run.iterations] == ["answered", "throttled"]
    [failed] = [event for event in run.execution.history if event["type"] == "LambdaFunctionFailed"]
    assert failed["lambdaFunctionFailedEventDetails"]["error"] == "Lambda.TooManyRequestsException"


def test_a_process_may_die_between_two_writes(bench: TaskBench) -> None:
    """The output is there and the log is not, but nobody answered: the execution fails, the task is done."""
    run = bench.trigger("work", {"turns": 1}).kill(iteration=1, write="log items", nth=2).run_to_end()
    assert (run.task.status, run.execution.final_state) == ("success", "UnknownError")
    assert [item.message for log in run.logs for item in log.items] == ["turn 1"]


def test_a_process_that_dies_before_it_reads_leaves_the_record_pending(bench: TaskBench) -> None:
    run = bench.trigger("work").kill(iteration=1, before="iteration").run_to_end()
    assert (run.task.status, run.execution.final_state, run.logs) == ("pending", "UnknownError", [])


def test_a_child_that_nobody_triggered_yet_is_killed_by_its_definition(bench: TaskBench) -> None:
    """The parent never learns of it: its child is running for ever."""
    bench.of(child).kill(iteration=1)
    run = bench.trigger("parent").run_to_end()
    assert run.task.output == {"children": ["running", "success"]}
    with pytest.raises(EmulatorError, match=r'there is no task "chield". Did you mean "child"?'):
        bench.of("chield")


# Aborts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"before": "iteration"},
        {"before": "run"},
        {"write": "input"},
        {"read": "log"},
        {"after": "run"},
        {"write": "success"},
    ],
    ids=str,
)
def test_an_abort_at_any_moment_is_kept(bench: TaskBench, where: Any) -> None:
    run = bench.trigger("work", {"turns": 1})
    run.at(iteration=1, call=lambda: run.abort("stop"), **where).run_to_end()
    assert (run.task.status, run.execution.status, run.execution.final_state) == ("aborted", "SUCCEEDED", "Aborted")
    assert "stop" in [item.message for log in run.logs for item in log.items]


def moments(bench: TaskBench) -> list[dict[str, Any]]:
    """Every read and every write of the two iterations of a task, each as a moment."""
    run = bench.trigger("work").run_to_end()
    return [
        {"iteration": iteration.number, kind: "any", "nth": nth}
        for iteration in run.iterations
        for kind, count in (("read", iteration.reads), ("write", iteration.writes))
        for nth in range(1, count + 1)
    ]


def test_an_abort_before_any_read_or_write_is_never_lost(bench: TaskBench) -> None:
    """As documented: the record is aborted, or the task had ended and the abort was refused; nothing is stuck."""
    found = moments(bench)
    assert len(found) == 14
    for where in found:
        run = bench.trigger("work")
        refused: list[TaskAbortError] = []

        def stop() -> None:
            try:
                run.abort()  # noqa: B023 - called before the next turn of the loop
            except TaskAbortError as error:
                refused.append(error)  # noqa: B023

        run.at(call=stop, **where).run_to_end()
        ended = (run.task.status, run.execution.final_state, len(refused))
        assert ended in [("aborted", "Aborted", 0), ("success", "Done", 1)], where


def test_a_kill_before_any_read_or_write_leaves_what_was_written(bench: TaskBench) -> None:
    """The execution fails in UnknownError; the record is as far as the writes before had brought it."""
    statuses = []
    for where in moments(bench):
        run = bench.trigger("work").kill(**where).run_to_end()
        assert (run.execution.status, run.execution.final_state) == ("FAILED", "UnknownError"), where
        statuses.append(str(run.task.status))
    first, second = statuses[:7], statuses[7:]
    assert set(first[:3]) == {"pending"}
    assert set(first[3:]) == {"running"}
    assert second[-1] == "success"
    assert set(second[:-1]) == {"running"}


def test_what_the_function_raises_is_the_tests_own(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 1})
    run.at(iteration=1, after="iteration", call=run.abort)
    with pytest.raises(TaskAbortError, match="Cannot abort a task that is not pending or running!") as raised:
        run.run_to_end()
    assert raised.value.__notes__ == ["raised by at(iteration=1, after='iteration', ...)"]
    assert run.task.status == "success"

    def check() -> None:
        assert run.task.status == "pending"

    second = bench.trigger("work").at(iteration=1, call=check)
    with pytest.raises(AssertionError):
        second.run_until_waiting()


# Storage -------------------------------------------------------------------------------------------------------------


@pytest.mark.case(80)
def test_reading_the_task_fails(bench: TaskBench) -> None:
    run = bench.trigger("work").fail_read("task", TaskError("no", "DBX")).run_to_end()
    [iteration] = run.iterations
    assert iteration.result is not None
    error = iteration.result.error or {}
    assert (error["message"], error["code"]) == ("no", "DBX")
    assert run.task.status == "pending"


@pytest.mark.case(82)
def test_a_log_that_cannot_be_created(bench: TaskBench) -> None:
    run = bench.trigger("work").fail_write("new log", message="no room").run_to_end()
    [iteration] = run.iterations
    assert iteration.result is not None
    assert (iteration.result.error or {})["error"]["message"] == "no room"
    assert (run.task.status, run.task.iterations, run.execution.error) == ("pending", 0, "States.Runtime")


@pytest.mark.case(90)
def test_the_write_of_the_start_fails(bench: TaskBench) -> None:
    error = TaskError("not now", "UPDATE_TASK_ERROR", {"n": 1})
    run = bench.trigger("work").fail_write("running", error).run_to_end()
    assert (run.execution.error, run.task.status) == ("not now", "failed")
    assert run.logs[0].items[0].message == "not now"


@pytest.mark.case(172)
def test_success_cannot_be_written(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 1}).fail_write("success", message="full").run_to_end()
    assert (run.execution.output["message"], run.task.status) == (
        "Task done, but failed to update task log. (full)",
        "running",
    )


@pytest.mark.case(173)
def test_the_log_of_a_success_cannot_be_written(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 1}).fail_write("log items", message="full", nth=2).run_to_end()
    assert (run.execution.output["message"], run.task.status) == (
        "Task done, but failed to update task log. (full)",
        "success",
    )


@pytest.mark.case(174)
def test_the_input_of_continue_cannot_be_written(bench: TaskBench) -> None:
    run = bench.trigger("work").fail_write("input", TaskError("nope", "UC"), nth=2).run_to_end()
    assert (run.execution.error, run.task.status) == ("Failed to update task input: nope", "failed")
    assert run.task.output == {"error": {"message": "Failed to update task input: nope", "code": "UC"}}


@pytest.mark.case(175)
def test_the_record_vanishes_while_it_runs(bench: TaskBench) -> None:
    run = bench.trigger("work")
    run.at(iteration=1, after="run", call=lambda: bench.tasks.delete(run.id)).run_to_end()
    assert run.execution.error == f'Entry "{run.id}#0001" of model "webinyTask" was not found.'
    assert bench.get(run.id) is None


@pytest.mark.case(176)
def test_a_failure_cannot_be_written(bench: TaskBench) -> None:
    fault = TaskError("later", "FU", {"f": 2})
    run = bench.trigger("work", {"fail": True}).fail_write("failed", fault, times=None).run_to_end()
    result = run.iterations[0].result
    assert result is not None
    error = result.error or {}
    assert (error["message"], error["code"], run.task.status) == ("later", "FU", "running")
    assert {"n": 1, "f": 2}.items() <= error["data"].items()


def test_a_refused_write_is_a_client_error_of_dynamodb(bench: TaskBench) -> None:
    code = "ProvisionedThroughputExceededException"
    bench.fail_write("new task", code, message="slow down")
    with pytest.raises(
        bench.tasks.clients("dynamodb").exceptions.from_code(code), match="PutItem operation: slow down"
    ):
        bench.trigger("work")
    assert len(bench.list()) == 0
    assert bench.trigger("work").run_to_end().task.status == "success"


def test_only_the_nth_write_and_so_many_fail(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 9}).fail_write("iterations", iteration=3).run_to_end()
    assert (run.task.status, run.task.iterations) == ("failed", 2)
    run = bench.trigger("work").fail_write(nth=3).run_to_end()
    assert run.iterations[0].writes > 3


def test_what_the_test_looks_at_is_never_refused(bench: TaskBench) -> None:
    bench.fail_read(times=None)
    run = bench.trigger("work")
    assert (run.task.status, bench.get(run.id), len(bench.list()), run.children, run.logs) == (
        "pending",
        run.task,
        1,
        [],
        [],
    )
    assert run.run_to_end().execution.status == "FAILED"


def test_calls_of_the_table_are_counted(bench: TaskBench) -> None:
    run = bench.trigger("work").run_to_end()
    assert [(each.reads, each.writes) for each in run.iterations] == [(1, 6), (1, 6)]


# A second delivery ---------------------------------------------------------------------------------------------------


def test_an_event_delivered_twice_overlaps(bench: TaskBench) -> None:
    """Both executions run the task in turns, on one record; the one that comes too late is told so (case 84)."""
    run = bench.trigger("work", {"turns": 3}).deliver_again().run_to_end()
    first, second = run.executions
    assert run.execution is first
    assert first.input == second.input
    names = [each.execution_name for each in run.iterations]
    assert names == [first.name, second.name, first.name, second.name]
    assert [each.number for each in run.iterations] == [1, 2, 3, 4]
    assert (first.status, second.error) == ("SUCCEEDED", "Task is already done, cannot run it again.")
    assert run.task.execution_name == first.name


def test_a_second_execution_begins_in_the_middle_of_the_first(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 2})
    run.at(iteration=1, before="run", call=run.deliver_again).run_until_waiting()
    first, second = run.executions
    assert [(each.number, each.execution_name) for each in run.iterations] == [(1, first.name), (2, second.name)]
    assert [log.iteration for log in run.logs] == [1, 2]
    assert run.task.iterations == 2
    run.run_to_end()
    assert {first.status, second.status} == {"SUCCEEDED", "FAILED"}


def test_a_second_execution_begins_at_the_handlers_own_time(world: Emulator, bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 2})

    def later() -> None:
        world.clock.advance(seconds=5)
        run.deliver_again()
        assert len(run.executions[1].records) > 4

    run.at(iteration=1, before="run", call=later).run_to_end()
    assert (run.executions[1].started_at - run.execution.started_at).total_seconds() == 5


def test_an_execution_that_was_started_directly_is_not_delivered_again(bench: TaskBench) -> None:
    bench.profile = "webiny_5_41"
    run = bench.trigger("work").run_to_end()
    with pytest.raises(EmulatorError, match="was started by StartExecution, which starts nothing twice"):
        run.deliver_again()
    with pytest.raises(EmulatorError, match="no event was put for task"):
        _ = run.entry


def test_faults_know_the_writes_of_other_profiles(bench: TaskBench) -> None:
    """Case 172, in a release: the done write fails, the answer says so, the record stays running."""
    bench.profile = "webiny_5_41"
    run = bench.trigger("work", {"turns": 1}).fail_write("success", message="full").run_to_end()
    assert run.execution.output["message"] == "Task done, but failed to update task log. (full)"
    assert run.task.status == "running"


# What never came, and what is no moment ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (
            lambda run: run.at(iteration=5, call=str),
            "at(iteration=5, ...): did not happen, task {id} ended after 2 iterations",
        ),
        (
            lambda run: run.fail_write("failed"),
            "fail_write(write='failed'): did not happen, task {id} ended after 2 iterations",
        ),
        (
            lambda run: run.fail_write("input", nth=9, iteration=1),
            (
                "fail_write(iteration=1, write='input', nth=9): did not happen, task {id} ended after 2 iterations; "
                "its moment came 2 of 9 times"
            ),
        ),
        (
            lambda run: run.kill(iteration=3),
            "kill(iteration=3, before='run'): did not happen, task {id} ended after 2 iterations",
        ),
        (
            lambda run: run.throttle(iteration=3),
            "throttle(iteration=3): did not happen, task {id} ended after 2 iterations",
        ),
        (
            lambda run: run.remaining(iteration=3, milliseconds=5),
            "remaining(iteration=3): did not happen, task {id} ended after 2 iterations",
        ),
    ],
    ids=["at", "write", "nth", "kill", "throttle", "remaining"],
)
def test_what_never_came_is_told(bench: TaskBench, plan: Callable[[Any], object], told: str) -> None:
    run = bench.trigger("work")
    plan(run)
    with pytest.raises(EmulatorError) as raised:
        run.run_to_end()
    assert str(raised.value) == told.format(id=run.id)


def test_what_never_came_for_anybody_is_told_when_the_emulator_is_left() -> None:
    emulator = Emulator().__enter__()
    emulator.tasks.fail_write("failed")
    emulator.tasks.app.clock = emulator.clock
    assert emulator.tasks.trigger(work).run_to_end().task.status == "success"
    with pytest.raises(EmulatorError, match=r"^fail_write\(write='failed'\): did not happen in this test$"):
        emulator.__exit__(None, None, None)
    assert not emulator.is_open


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda run: run.at(iteration=1, call=str, write="inpt"),
            "at: write='inpt' is not a moment. Did you mean \"input\"?",
        ),
        (
            lambda run: run.at(iteration=1, call=str, before="rnu"),
            "at: before='rnu' is not a moment. Did you mean \"run\"?",
        ),
        (lambda run: run.fail_write("sucess"), "fail_write: write='sucess' is not a moment. Did you mean \"success\"?"),
        (lambda run: run.fail_read("tsk"), "fail_read: read='tsk' is not a moment. Did you mean \"task\"?"),
        (
            lambda run: run.at(iteration=1, call=str, write="any", read="any"),
            "at: write='any' and read='any' are two moments; give one",
        ),
        (lambda run: run.at(iteration=0, call=str), "at: iteration=0 must be a whole number, 1 or more"),
        (lambda run: run.fail_write(nth=0), "fail_write: nth=0 must be a whole number, 1 or more"),
        (lambda run: run.fail_write(times=0), "fail_write: times=0 must be a whole number, 1 or more"),
        (
            lambda run: run.fail_write(error=KeyError("x"), message="y"),
            "message='y' is for the code of a ClientError; KeyError('x') has its own message",
        ),
    ],
    ids=["write", "before", "fail_write", "fail_read", "two", "iteration", "nth", "times", "message"],
)
def test_bad_plans_are_refused(bench: TaskBench, call: Callable[[Any], object], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        call(bench.trigger("work"))


def test_other_arguments_are_refused(bench: TaskBench) -> None:
    run: Any = bench.trigger("work")
    with pytest.raises(TypeError, match=r'^at: there is no argument "befor"\. Did you mean "before"\?$'):
        run.at(iteration=1, call=str, befor="run")
    with pytest.raises(TypeError, match=r"^at: call='abort' is not callable; give a function without parameters$"):
        run.at(iteration=1, call="abort")
    with pytest.raises(TypeError, match=r"^error=429 is neither an exception nor the code of a ClientError$"):
        run.fail_write(error=429)


def test_what_is_called_may_plan_what_comes_later_in_the_same_iteration(bench: TaskBench) -> None:
    run = bench.trigger("work", {"turns": 1})

    def plan() -> None:
        run.kill(iteration=1, write="success")

    run.at(iteration=1, before="run", call=plan).run_to_end()
    assert (run.task.status, run.execution.final_state) == ("running", "UnknownError")


def test_an_iteration_that_is_over_cannot_be_planned_for(bench: TaskBench) -> None:
    run = bench.trigger("work").run_until_waiting()
    with pytest.raises(ValueError, match=r"kill\(iteration=1\): 1 iterations of the task have ended already"):
        run.kill(iteration=1)
