"""Letting time pass until an execution ends, and what is said of one that nothing will continue."""

from emulator.assembly import Assembly
from emulator.emulator_clock import coming_text, far_text
from emulator.errors import StuckExecutionError
from emulator.execution import Execution
from emulator.history.waits import Waiting, since_text, waits
from emulator.timeline import MOST_RECURRENCES


def finish(assembly: Assembly, execution: Execution) -> Execution:
    """``execution``, when it has ended; raises ``StuckExecutionError`` when no timer is left that could end it."""
    line = assembly.timeline
    if not line.run_until(lambda: execution.finish is not None):
        coming = coming_text(line, counts=lambda alarm: alarm.repeats)
        raise StuckExecutionError(_stuck_text(execution, coming, far_text(line)))
    return execution


def _stuck_text(execution: Execution, coming: str, far: str = "") -> str:
    """What ``finish`` says of an execution that nothing will continue: what it waits for, since when, what to do.

    ``coming``: what is due next on the clock, which no run waits for. ``far``: what this run did not wait for.
    """
    for_workers = [waiting for waiting in waits(execution) if waiting.token]
    states = ", ".join(dict.fromkeys(waiting.state for waiting in for_workers)) or execution.final_state or "its start"
    if not for_workers and (job := next((each for each in waits(execution) if each.what.endswith(".sync")), None)):
        return _job_text(execution, job, coming)
    head = f"execution {execution.name} waits in {states} for an external worker"
    lines = [f"{head}: nothing in this emulator will continue it."]
    lines += [
        f"    {waiting.state}: waits for {waiting.what}, {since_text(waiting, execution.time)}".removesuffix(", ")
        for waiting in for_workers[:5]
    ]
    fix = f'answer the task (run.wait_for_task_token("{states.partition(",")[0]}").success(...), or a worker)'
    lines += [
        f"    fix: {fix}, or give the state TimeoutSeconds or HeartbeatSeconds;",
        "    start(...) instead of run(...) leaves the execution waiting.",
    ]
    if coming:
        lines.append(f"    next is {coming}, which no run waits for: emulator.clock.advance(...) brings it.")
    if far:
        lines.append(
            f"    {far} was not waited for: recurring schedules fire more than {MOST_RECURRENCES} times before it;"
            " emulator.clock.advance_to(...) brings it."
        )
    return "\n".join(lines)


def _job_text(execution: Execution, job: Waiting, coming: str) -> str:
    """What ``finish`` says of an execution that waits for a job which its backend does not end."""
    resource = job.what.removeprefix("the end of ")
    lines = [
        f"execution {execution.name} waits in {job.state} for {job.what}, {since_text(job, execution.time)}:",
        "    the job goes on, as nothing works in moto's jobs.",
        f'    fix: script its end: emulator.stub("{resource}").returns(...); or end it in the test, with a call of',
        "    the service, or with moto's state_manager; or give the state TimeoutSeconds;",
        "    start(...) instead of run(...) leaves the execution waiting.",
    ]
    if coming:
        lines.append(f"    next is {coming}: emulator.clock.advance(...) brings it.")
    return "\n".join(lines)
