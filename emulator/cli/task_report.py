"""A background task's life as lines for people, and as a JSON document."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from asl.history import EVENT_LIMIT
from asl.values import PAYLOAD_LIMIT
from emulator.cli.terminal import styled
from emulator.history.lines import path_text
from emulator.history.words import cut, duration_text, error_text, offset_text
from emulator.taskbench import Iteration, TaskBench, TaskRun, Usage
from emulator.tasks import TaskLog
from emulator.tasks.profile import MAX_OUTPUT_BYTES


class Story:
    """The events of a harness's tasks in the order of the clock, each reported once."""

    def __init__(self, bench: TaskBench, start: datetime) -> None:
        self._bench = bench
        self._start = start
        self._names: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._over: set[str] = set()

    def lines(self, now: datetime) -> list[str]:
        """The new events up to ``now``, as lines; an iteration is reported when it ends."""
        new: list[tuple[datetime, str]] = []
        for run in self._bench.runs:
            name = self._names.get(run.id) or run.last_task.definition_id
            execution = run.execution
            if run.id not in self._names and execution.started_at <= now:
                self._names[run.id], self._told[run.id] = name, 0
                what = f"EventBridge started {execution.state_machine.name} for task {run.id}"
                new.append((execution.started_at, f"{name}: {what}"))
            for iteration in run.iterations[self._told.get(run.id, 0) :]:
                if iteration.ended_at <= now:
                    self._told[run.id] += 1
                    new.append((iteration.ended_at, f"{name}: iteration {iteration.number}, {_answer(iteration)}"))
            if execution.stopped_at is not None and execution.stopped_at <= now and run.id not in self._over:
                self._over.add(run.id)
                new.append((execution.stopped_at, f"{name}: {styled(run.last_task.status)}"))
        new.sort(key=lambda each: each[0])
        return [f"{offset_text(at - self._start)}  {line}" for at, line in new]


def report_lines(run: TaskRun, *, real_seconds: float, width: int) -> list[str]:
    """A report of a task: states, iterations with their logs, children, time, error."""
    task, execution = run.last_task, run.execution
    status = styled(task.status, str(task.status).upper())
    lines = [f'{task.definition_id} "{task.name}" {status} after {duration_text(execution.elapsed)} of virtual time']
    lines.append(f"  task       {task.id}")
    lines.append(f"  execution  {execution.state_machine.name}, {styled(execution.status)}, started by EventBridge")
    lines += _wrapped("states", path_text(execution.tree.root), width)
    if execution.status not in ("SUCCEEDED", "RUNNING"):
        lines += _wrapped("error", error_text(execution.error, execution.cause), width)
    lines += ["", "  iteration  started      ran            left           answer", *_iteration_lines(run, width)]
    if children := list(run.tree.walk())[1:]:
        lines += ["", "  children   status   iterations  took"]
        for depth, child in children:
            record = child.task
            took = duration_text(child.run.execution.elapsed)
            name = cut(f"{'  ' * (depth - 1)}{record.definition_id}, {record.name!r}", width - 44)
            status = styled(record.status, f"{record.status:<7}")
            lines.append(f"             {status}  {len(child.run.iterations):<10}  {took:<12}  {name}")
    lines += ["", *_usage_lines(run.usage)]
    in_handler = sum((each.duration for each in run.iterations), timedelta())
    waited = execution.elapsed - in_handler
    lines += [f"  time       {duration_text(execution.elapsed)} of virtual time"]
    lines[-1] += f": {duration_text(in_handler)} in the handler, {duration_text(waited)} of waiting"
    lines.append(f"             {real_seconds:.1f} s of real time")
    return lines


def document(run: TaskRun, *, real_seconds: float) -> dict[str, Any]:
    """The task as one JSON document: record, execution, iterations, logs, children."""
    execution = run.execution
    return {
        "status": str(run.last_task.status),
        "output": run.last_task.output,
        "error": execution.error,
        "cause": execution.cause,
        "raised": run.last_task.raised,
        "execution_status": execution.status,
        "path": execution.path,
        "iterations": [_iteration_document(each) for each in run.iterations],
        "logs": [_log_document(log) for log in run.logs],
        "usage": _usage_document(run.usage),
        "children": [document(child, real_seconds=child.execution.real_ns / 1e9) for child in run.children],
        "record": run.last_task.to_dict(),
        "history": execution.history,
        "elapsed": {"virtual_seconds": execution.elapsed.total_seconds(), "real_seconds": round(real_seconds, 3)},
    }


def _log_document(log: TaskLog) -> dict[str, Any]:
    """A log as it is stored, with what its entries' errors raised."""
    items = [{**item.to_dict(), **({"raised": item.raised} if item.raised else {})} for item in log.items]
    return {**log.to_dict(), "items": items}


def _iteration_document(iteration: Iteration) -> dict[str, Any]:
    result = iteration.result
    return {
        "number": iteration.number,
        "status": None if result is None else result.status,
        "wait": None if result is None else result.wait,
        "started_at": iteration.started_at,
        "ended_at": iteration.ended_at,
        "remaining_ms_at_end": iteration.remaining_ms_at_end,
        "ended": iteration.ended,
    }


def _iteration_lines(run: TaskRun, width: int) -> Iterator[str]:
    """A line for each iteration, its log lines below it, and the log lines of no iteration at the end."""
    logs = run.logs
    start = run.execution.started_at
    for each in run.iterations:
        left = duration_text(timedelta(milliseconds=each.remaining_ms_at_end))
        at = offset_text(each.started_at - start)
        ran = duration_text(each.duration)
        yield f"  {each.number:>9}  {at:<11}  {ran:<13}  {left:<13}  {_result(each)}"
        if logs and each.started_at - timedelta(milliseconds=1) < logs[0].created_on <= each.ended_at:
            yield from _log_lines(logs.pop(0), width)
    for log in logs:
        yield from _log_lines(log, width)


def _log_lines(log: TaskLog, width: int) -> Iterator[str]:
    for item in log.items:
        if item.message != "Task continuing.":
            yield f"             {cut(f'{item.type}: {item.message}', width - 13)}"
            for line in (item.raised or "").splitlines():
                yield f"               {cut(line.rstrip(), 2 * width)}"


def _answer(iteration: Iteration) -> str:
    ran = duration_text(iteration.duration)
    left = duration_text(timedelta(milliseconds=iteration.remaining_ms_at_end))
    return f"{_result(iteration)} (ran {ran}, {left} left)"


def _result(iteration: Iteration) -> str:
    """``continue, waits 45 s``; for a call without an answer, its end."""
    result = iteration.result
    if result is None:
        return styled("error", "answered nothing" if iteration.ended == "answered" else iteration.ended)
    waits = isinstance(result.wait, int | float) and result.wait > 0
    waiting = f", waits {duration_text(timedelta(seconds=result.wait))}" if waits else ""
    return styled(result.status or "no status") + waiting


def _usage_lines(usage: Usage) -> Iterator[str]:
    """The task's use of AWS's limits."""
    line = f"  history    {usage.history_events:,} of {EVENT_LIMIT:,} events"
    if usage.iterations_left is not None:
        most = max(each.history_events for each in usage.iterations)
        line += f", up to {most} an iteration: room for {usage.iterations_left:,} more"
    yield line
    yield f"  payload    at most {usage.largest_payload_bytes:,} of {PAYLOAD_LIMIT:,} bytes"
    if usage.output_bytes is not None:
        yield f"  output     {usage.output_bytes:,} of {MAX_OUTPUT_BYTES:,} bytes"


def _usage_document(usage: Usage) -> dict[str, Any]:
    names = ("history_events", "history_events_left", "iterations_left", "largest_payload_bytes", "output_bytes")
    return {name: getattr(usage, name) for name in names}


def _wrapped(label: str, text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(
        text, width, initial_indent=f"  {label:<9}  ", subsequent_indent=" " * 13, break_on_hyphens=False
    )
