"""What assertions read of an execution: its states by name, who runs them, and their places for messages."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from asl.problems import join, nearest
from asl.program import Program
from asl.source import Lines
from emulator.errors import EmulatorError
from emulator.history.execution_data import ExecutionData
from emulator.history.lines import Told, path_text
from emulator.history.words import cause_text, cut
from emulator.wrong_types import check_text

IN_CODE: Final = "definition"
"""The source of a definition that did not come from a file."""
WIDTH: Final = 100
MOST: Final = 5
"""Calls, visits and the like that a message shows."""


class State(Protocol):
    """A state of a program, as far as assertions need it."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def blocks(self) -> Sequence[object]: ...
    @property
    def pointer(self) -> str: ...
    @property
    def lines(self) -> Lines: ...


class Machine(Protocol):
    """A state machine, as far as assertions need it."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def program(self) -> Program: ...
    @property
    def definition(self) -> str: ...


class Asserted(Told, ExecutionData, Protocol):
    """The parts of ``emulator.execution.Execution`` that are checked; that class describes each."""

    @property
    def state_machine(self) -> Machine: ...
    @property
    def children(self) -> "Sequence[Asserted]": ...
    @property
    def children_forgotten(self) -> int: ...


def state_of(execution: Asserted, name: object, method: str) -> State:
    """The state ``name``; raises ``EmulatorError`` with the nearest name if the machine has none."""
    check_text("state_name" if method != "assert_path" else "path", name, f'{method}("Charge")')
    found = find(execution, str(name))
    if found is not None:
        return found
    known = [state.name for _, state in execution.state_machine.program.block.walk()]
    near = nearest(str(name), known) or [each for each in known if each.lower() == str(name).lower()]
    hint = f'Did you mean "{near[0]}"?' if near else f"It has: {', '.join(known[:10])}{' ...' if known[10:] else ''}"
    raise EmulatorError(f"{method}: {place(execution, None)} has no state {name!r}\n    {hint}")


def find(execution: Asserted, name: str) -> State | None:
    return next((state for _, state in execution.state_machine.program.block.walk() if state.name == name), None)


def distributed_maps(program: Program) -> Iterator[str]:
    """The names of its Distributed Maps, also of those in each other."""
    for name, inner in program.processors.items():
        yield name
        yield from distributed_maps(inner)


def holders(execution: Asserted, name: str) -> Iterator[Asserted]:
    """The executions in which the state ``name`` runs: this one, or children of its map runs."""
    for outer, inner in execution.state_machine.program.processors.items():
        if any(state.name == name for _, state in inner.block.walk()):
            for child in children(execution, outer):
                yield from holders(child, name)
            return
    yield execution


def children(execution: Asserted, outer: str) -> Iterator[Asserted]:
    """The children of the map runs of the Distributed Map ``outer``."""
    if execution.children_forgotten:
        raise EmulatorError(
            f"the histories of {execution.children_forgotten:,} children of {outer!r} are not kept any more: "
            "nothing can be said about all of them\n    fix: run fewer items, or look at run.children"
        )
    inner = execution.state_machine.program.processors[outer]
    yield from (child for child in execution.children if child.state_machine.program is inner)


def place(execution: Asserted, state: State | None, *parts: str | int) -> str:
    """``order.asl.json:41``, the place of a state or of a part of it; of a definition in code the machine's name."""
    machine = execution.state_machine
    if machine.source == IN_CODE:
        return machine.name
    source = machine.source
    line = None if state is None else state.lines.line(join(state.pointer, *parts))
    return source if line is None else f"{source}:{line}"


def at_end(execution: Asserted, what: str) -> str:
    """``what`` with the place of the state in which the execution ended."""
    last = execution.tree.last
    return f"{place(execution, None if last is None else find(execution, last.name))}: {what}"


def told_path(execution: Asserted) -> str:
    lines = [f"    path: {cut(path_text(execution.tree.root), 4 * WIDTH)}"]
    if execution.status not in ("SUCCEEDED", "RUNNING"):
        said = ": ".join(each for each in (execution.error, execution.cause and cause_text(execution.cause)) if each)
        lines.append(f"    {execution.status}{said and f' with {cut(said, 2 * WIDTH)}'}")
    return "\n".join(lines)


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
