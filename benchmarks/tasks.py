"""Background tasks on the bench, with their records and logs in moto: a year's wait, a long loop, many children.

What comes out is checked; what it took is for people to read. Nearly all of the time is moto's answering DynamoDB.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.measure import Effort, Figure, seconds
from emulator import Emulator
from emulator.tasks import FunctionTask, Result, RunContext, private_task, task

ITERATIONS = 2_700
CHILDREN = 1_000
LONGEST_WAIT = 355 * 24 * 60 * 60

Context = RunContext[dict[str, Any], dict[str, Any]]


@task(title="Wait for a year", database_logs=True)
def year(ctx: Context) -> Result:
    """One wait, as long as can be."""
    if ctx.input.get("waited"):
        return ctx.response.done()
    return ctx.response.continue_({"waited": True}, seconds=LONGEST_WAIT)


def loop(database_logs: bool) -> FunctionTask:
    """A task of ``input.times`` iterations, a minute between them."""

    @task(title="Loop", max_iterations=ITERATIONS, database_logs=database_logs)
    def loop(ctx: Context) -> Result:
        turn = ctx.input.get("turn", 1)
        if turn == ctx.input["times"]:
            return ctx.response.done()
        return ctx.response.continue_({"turn": turn + 1}, seconds=60)

    return loop


@private_task(title="Child")
def child(ctx: Context) -> Result:
    """Done at once."""
    return ctx.response.done()


@task(title="Parent")
def parent(ctx: Context) -> Result:
    """Triggers ``input.count`` children in one iteration, and waits until all of them are done."""
    if not ctx.input.get("triggered"):
        for number in range(ctx.input["count"]):
            ctx.trigger(child, {"number": number})
        return ctx.response.continue_({"triggered": True}, seconds=60)
    if any(each.status != "success" for each in ctx.store.list_child_tasks(child.id)):
        return ctx.response.continue_({}, seconds=60)
    return ctx.response.done()


def figures(effort: Effort) -> list[Figure]:
    """Seconds of whole tasks, and the calls of DynamoDB that an iteration makes."""
    iterations, children = effort.size(ITERATIONS), effort.size(CHILDREN)
    year_seconds = seconds(_wait_a_year, effort.times(5))
    calls: list[float] = []
    with_logs = seconds_once(lambda: calls.extend(_loop(iterations, database_logs=True)))
    without = seconds_once(lambda: _loop(iterations, database_logs=False))
    many = seconds_once(lambda: _many_children(children))
    return [
        Figure("a task that waits 355 days", "s", year_seconds),
        Figure(f"a task of {iterations:,} iterations", "s", with_logs),
        Figure(f"a task of {iterations:,} iterations, without logs", "s", without),
        Figure(f"a task with {children:,} children", "s", many),
        Figure("DynamoDB calls of an iteration, its log included", "", calls, note="every iteration makes as many"),
    ]


def seconds_once(call: Callable[[], object]) -> list[float]:
    """One sample, without the first call to warm up: these take long enough."""
    began = perf_counter()
    call()
    return [perf_counter() - began]


def _wait_a_year() -> None:
    with Emulator() as emulator:
        run = emulator.tasks.trigger(year).run_to_end()
        assert run.execution.elapsed.total_seconds() == LONGEST_WAIT
        assert run.task.status == "success"


def _loop(iterations: int, *, database_logs: bool) -> list[float]:
    """How many calls each iteration made, the same for all but one."""
    with Emulator() as emulator:
        run = emulator.tasks.trigger(loop(database_logs), {"times": iterations}).run_to_end()
        assert (run.task.status, run.task.iterations) == ("success", iterations)
        assert run.execution.elapsed.total_seconds() == 60 * (iterations - 1)
        assert len(run.logs) == (iterations if database_logs else 0)
        calls = {each.reads + each.writes for each in run.iterations}
        assert len(calls) == 1, calls
        return [float(*calls)]


def _many_children(children: int) -> None:
    with Emulator() as emulator:
        emulator.tasks.register(child)
        run = emulator.tasks.trigger(parent, {"count": children}).run_to_end()
        tree = run.tree
        assert tree.task.status == "success"
        assert [each.task.status for each in tree.children] == ["success"] * children
