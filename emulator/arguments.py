"""What people give as an execution or a state machine, and what they are told of an execution that waits for ever."""

from typing import Any

from asl.problems import nearest
from emulator.assembly import Assembly
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.history.waits import since_text, waits


def execution_of(assembly: Assembly, given: Any) -> Execution:
    """The execution itself, or the one with this ARN, also as StartExecution's response has it.

    Raises ``EmulatorError`` for anything else, with the nearest name.
    """
    if isinstance(given, Execution):
        return given
    arn = given.get("executionArn") if isinstance(given, dict) else given
    if not isinstance(arn, str):
        raise EmulatorError(
            f"{_shown(given)} is not an execution, but {type(given).__name__}\n"
            "    fix: give what emulator.start(...) returned, or the text of its ARN"
        )
    store = assembly.service.store
    found = store.executions.get(arn) or store.children.get(arn)
    if found is None:
        known = {each.arn: each for each in store.executions.list()}
        near = nearest(arn, known) or next(([each.arn] for each in known.values() if each.name == arn), [])
        hint = f" Did you mean {near[0]}?" if near else f" There are {len(known)} executions: emulator.executions"
        raise EmulatorError(f"there is no execution {_shown(arn)}.{hint}")
    return found


def machine_of(assembly: Assembly, given: Any) -> StateMachine | None:
    """The state machine with this ARN; ``None`` if ``given`` is no ARN. Raises ``EmulatorError`` for one of none."""
    if not isinstance(given, str) or not given.startswith("arn:"):
        return None
    machines = assembly.service.store.machines
    found = machines.get(given)
    if found is None:
        known = [each.arn for each in machines.list()]
        near = nearest(given, known)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(known) or 'none'}"
        raise EmulatorError(f"there is no state machine {given}.{hint}")
    return found


def stuck_text(execution: Execution) -> str:
    """What ``finish`` says of an execution that nothing will continue: what it waits for, since when, what to do."""
    for_workers = [waiting for waiting in waits(execution) if waiting.token]
    states = ", ".join(dict.fromkeys(waiting.state for waiting in for_workers)) or execution.final_state or "its start"
    head = f"execution {execution.name} waits in {states} for an external worker"
    lines = [f"{head}: nothing in this emulator will continue it."]
    lines += [
        f"    {waiting.state}: waits for {waiting.what}, {since_text(waiting, execution.time)}".removesuffix(", ")
        for waiting in for_workers[:5]
    ]
    fix = "answer the task (send_task_success with its token, or get_activity_task), or give the state TimeoutSeconds"
    lines += [
        f"    fix: {fix} or HeartbeatSeconds;",
        "    start(...) instead of run(...) leaves the execution waiting.",
    ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
