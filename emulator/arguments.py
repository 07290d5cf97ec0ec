"""The arguments of an ``Emulator``'s calls: each is checked when it is given."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asl.bounds import NAME_LIMIT
from asl.problems import nearest
from emulator.assembly import Assembly
from emulator.errors import EmulatorError
from emulator.execution import Execution, StateMachine
from emulator.stepfunctions.checks import FORBIDDEN, is_name
from emulator.wrong_types import check_text, given, kind, shown

if TYPE_CHECKING:
    from emulator.lambda_.task_root import TaskRoot


def check_function_name(name: object) -> None:
    """Raise ``ValueError`` for a name of a function that is not text."""
    if not isinstance(name, str):
        raise ValueError(f"lambda_function: {given('name', name)} is not text; give a function's name, or its ARN")


def check_name(name: str) -> None:
    """Raise ``EmulatorError`` for a name that AWS refuses for a state machine or an execution."""
    check_text("name", name, 'name="orders"')
    if not is_name(name):
        raise EmulatorError(
            f"{name!r} is not a valid name: 1 to {NAME_LIMIT} characters, no blanks, no controls, none of {FORBIDDEN}"
        )


def check_condition(done: object) -> None:
    """Raise ``EmulatorError`` unless ``run_until`` can call ``done``."""
    if not callable(done):
        raise EmulatorError(
            f"run_until: {shown(done)} is {kind(done)}, not a function\n"
            "    fix: give a function without arguments: run_until(lambda: execution.finish is not None)"
        )


def execution_of(assembly: Assembly, execution: Any) -> Execution:
    """The execution itself, or the one with this ARN, also as StartExecution's response has it.

    Raises ``EmulatorError`` for anything else, with the nearest name.
    """
    if isinstance(execution, Execution):
        return execution
    arn = execution.get("executionArn") if isinstance(execution, dict) else execution
    if not isinstance(arn, str):
        raise EmulatorError(
            f"{shown(execution)} is not an execution{'' if execution is None else f', but {kind(execution)}'}\n"
            "    fix: give what emulator.start(...) returned, or the text of its ARN"
        )
    store = assembly.service.store
    found = store.executions.get(arn) or store.children.get(arn)
    if found is None:
        known = {each.arn: each for each in store.executions.list()}
        near = nearest(arn, known) or next(([each.arn] for each in known.values() if each.name == arn), [])
        hint = f" Did you mean {near[0]}?" if near else f" There are {len(known)} executions: emulator.executions"
        raise EmulatorError(f"there is no execution {shown(arn)}.{hint}")
    return found


def machine_of(assembly: Assembly, arn: Any) -> tuple[StateMachine, str | None] | None:
    """The state machine with this ARN, and the test case after it (``<arn>#<case>``); ``None`` for anything else.

    Raises ``EmulatorError`` if there is no such machine.
    """
    if not isinstance(arn, str):
        return None
    machines = assembly.service.store.machines
    if not arn.startswith("arn:"):
        if re.fullmatch(r"[\w-]{1,80}", arn) and not Path(arn).exists():
            _check_no_name(arn, [each.name for each in machines.list()])
        return None
    arn, case = assembly.service.split_case(arn)
    found = machines.get(arn)
    if found is None:
        known = [each.arn for each in machines.list()]
        near = nearest(arn, known)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(known) or 'none'}"
        raise EmulatorError(f"there is no state machine {arn}.{hint}")
    return found, case


def _check_no_name(text: str, machines: list[str]) -> None:
    """Raise ``EmulatorError`` for the name or the logical id of a machine, which is not a definition.

    A machine of a template that gives it no name has its logical id and 12 letters.
    """
    named = [name for name in machines if text == name or re.fullmatch(rf"{re.escape(text)}-\w{{12}}", name)]
    ids = {re.sub(r"-\w{12}$", "", name): name for name in machines} | {name: name for name in machines}
    if not named and (close := nearest(text, ids)):
        named, text = [ids[close[0]]], close[0]
    if named:
        raise EmulatorError(
            f"there is no definition {text}, but a state machine {named[0]}\n"
            f'    fix: emulator.run(app.machine("{text}"), ...), where app is what emulator.deploy returned'
        )


def check_case(assembly: Assembly, machine: StateMachine, test_case: object) -> None:
    """Raise ``EmulatorError`` without test cases; those of a file with one machine are for ``machine``, too."""
    check_text("test_case", test_case, 'test_case="HappyPath"')
    if assembly.service.check_case is None:
        raise EmulatorError(
            f"test_case={test_case!r}: there is no mock configuration\n    fix: emulator.mock_config(file)"
        )
    assembly.stubs.use_case(machine)


def check_handler(name: str, handler: object, root: Path, folder: Path | None) -> None:
    """Raise ``EmulatorError`` for a handler that Lambda could not call; ``folder`` has its code, if it is given."""
    from emulator.lambda_.fitness import why_not, why_not_in_node
    from emulator.lambda_.nodejs.handler import PREFIX, NodeHandler

    if isinstance(handler, str) and handler.startswith(PREFIX):
        handler = NodeHandler(handler)
    why = why_not_in_node(handler, folder or root) if isinstance(handler, NodeHandler) else why_not(handler, folder)
    if why is not None:
        raise EmulatorError(f"function {name!r}: {why}")


def task_root(root: Path, code: str | os.PathLike[str], name: str, handler: object) -> "TaskRoot":
    """The folder of a function's code; raises ``EmulatorError`` for one that is not there."""
    from emulator.lambda_.task_root import TaskRoot

    folder = root / code
    if not folder.is_dir():
        raise EmulatorError(
            f"function {name!r}: code={os.fspath(code)!r} is not a folder (looked for {folder.resolve()})"
        )
    if not isinstance(handler, str):
        raise EmulatorError(f"function {name!r}: with code, handler is a name in it (module.function), not {handler!r}")
    return TaskRoot(folder)
