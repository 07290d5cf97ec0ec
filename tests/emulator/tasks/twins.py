"""Python twins of the tasks that were recorded: each does what the original's task did, call by call.

``ctx.app.probe(what, ...)`` notes the same as the original; ``ctx.app.step(number, save)`` calls ``save`` at a moment
when another actor may intervene; ``ctx.app.clock()`` is the time. JavaScript's own errors (a text of its runtime, an
error with a ``code``) are raised here as in the original.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, NoReturn

from emulator.tasks import Result, RunContext, TaskDefinition, TaskError, private_task, task

Context = RunContext[dict[str, Any], dict[str, Any]]


@task(title="Count down")
def countdown(ctx: Context) -> Result:
    given, store, record = ctx.input, ctx.store, ctx.store.get_task()
    ctx.app.probe(
        "countdown.run",
        input=given,
        isAborted=ctx.is_aborted(),
        isCloseToTimeout=ctx.is_close_to_timeout(),
        status=record.status,
        iterations=record.iterations,
    )
    store.add_info_log(f"Count is {given['count']}", {"left": given["count"]})
    if given["count"] > 0:
        return ctx.response.continue_({**given, "count": given["count"] - 1}, seconds=given["seconds"])
    store.add_info_log("Reached zero")
    return ctx.response.done("Counted down.", {"counted": given.get("from", 0), "ok": True})


@countdown.on_done
def counted_down(app: Any, task: Any) -> None:
    app.probe("countdown.onDone", task=task.to_dict())


@task(title="Throws in different ways")
def thrower(ctx: Context) -> Result | None:
    return WAYS[ctx.input["how"]](ctx)


@thrower.on_error
def thrown(app: Any, task: Any) -> None:
    app.probe("thrower.onError", task=task.to_dict())
    raise RuntimeError("hook failure is swallowed")


def _raise(error: Exception) -> Callable[[Context], NoReturn]:
    def way(_: Context) -> NoReturn:
        raise error

    return way


def _logs_an_error(ctx: Context) -> Result:
    ctx.store.add_error_log("an error that is survived", TaskError("inner"))
    return ctx.response.done("survived")


WAYS: Final[dict[str, Callable[[Context], Result | None]]] = {
    "error": _raise(ValueError("plain failure")),
    "typeError": _raise(TypeError("Cannot read properties of undefined (reading 'foo')")),
    "throwString": _raise(Exception()),  # a thrown text has no message in JavaScript; Python raises only exceptions
    "string": lambda ctx: ctx.response.error("string failure"),
    "object": lambda ctx: ctx.response.error({"message": "object failure", "code": "OBJ_CODE", "data": {"b": 2}}),
    "errorInstance": lambda ctx: ctx.response.error(TaskError("instance failure", "INST_CODE", {"c": 3})),
    "errorLog": _logs_an_error,
    "undefined": lambda _: None,
}


@task(title="Loops and checks isAborted")
def abortable(ctx: Context) -> Result:
    given, store, seen = ctx.input, ctx.store, []
    save: dict[str, Callable[[int], None]] = {
        "none": lambda _: None,
        "log": lambda step: store.add_info_log(f"step {step}"),
        "updateInput": lambda step: store.update_input({"position": step}),
        "updateOutput": lambda step: store.update_output({"position": step}),
    }
    for step in range(given["steps"]):
        seen.append([step, store.get_status()])
        if ctx.is_aborted():
            ctx.app.probe("abortable.sawAbort", i=step, mode=given["mode"])
            return ctx.response.aborted()
        time.sleep(given["ms"] / 1000)  # noqa: TID251 - moves the virtual clock
        ctx.app.step(step, lambda step=step: save[given["mode"]](step))
    ctx.app.probe("abortable.notSeen", seen=seen)
    if given["then"] == "continue" and given.get("pass", 0) < 2:
        return ctx.response.continue_({**given, "pass": given.get("pass", 0) + 1})
    return ctx.response.done("Finished without seeing the abort.")


@task(title="Works until close to timeout")
def timeout_aware(ctx: Context) -> Result:
    given = ctx.input
    for position in range(given.get("position", 0), given["total"]):
        if ctx.store.get_task().iterations <= 8 and ctx.is_close_to_timeout(given.get("margin")):
            ctx.app.probe("timeoutAware.close", position=position)
            return ctx.response.continue_({"position": position})
        time.sleep(given.get("ms", 100) / 1000)  # noqa: TID251 - moves the virtual clock
    return ctx.response.done({"processed": given["total"]})


@task(title="Continue with wait options")
def waiter(ctx: Context) -> Result:
    given = ctx.input
    if given.get("waited"):
        return ctx.response.done(given["doneOutput"])
    value = given["value"]
    options: dict[str, dict[str, Any]] = {
        "none": {},
        "seconds": {"seconds": value},
        "date": {"date": ctx.app.clock() + timedelta(seconds=value)} if given["option"] == "date" else {},
    }
    return ctx.response.continue_({"waited": True, "extra": "from continue"}, **options[given["option"]])


@task(title="Never ends", max_iterations=3)
def endless(ctx: Context) -> Result:
    return ctx.response.continue_({"n": ctx.input.get("n", 0) + 1})


@endless.on_max_iterations
def reached(app: Any, task: Any) -> None:
    app.probe("endless.onMaxIterations", task=task.to_dict())


@endless.on_error
def never_ended(app: Any, task: Any) -> None:
    app.probe("endless.onError", task=task.to_dict())


@task(title="Refuses to be triggered")
def vetoed(ctx: Context) -> Result:
    return ctx.response.done()


@vetoed.on_before_trigger
def veto(data: dict[str, Any]) -> None:
    raise TaskError("Not now", "VETO", {"data": data})


@private_task(title="Echo")
def private_echo(ctx: Context) -> Result:
    return ctx.response.done("echo", {"input": ctx.input})


def _never_run(id: str, title: str) -> TaskDefinition:
    """A task of the original that is recorded as existing, but without a run."""
    return task(id=id, title=title)(lambda ctx: ctx.response.done())


DEFINITIONS: Final[tuple[TaskDefinition, ...]] = (
    countdown,
    thrower,
    abortable,
    timeout_aware,
    _never_run("parentTask", "Triggers a child and waits for it"),
    waiter,
    endless,
    _never_run("storeMethods", "Uses every store method"),
    vetoed,
    private_echo,
)
"""All twins, in the order in which the original registered its tasks."""
