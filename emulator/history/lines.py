"""Lines about a run as a whole: its summary, its path, its end and why it failed."""

import textwrap
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Protocol

from asl.machine import Machine
from emulator.history.execution_data import ExecutionEnd
from emulator.history.near_misses import near_miss
from emulator.history.visits import Branch, Visit
from emulator.history.waits import since_text, waits
from emulator.history.words import cause_text, cut, duration_text
from emulator.lambda_.outcomes import ForeignError
from emulator.lambda_.time.handler_time import HandlerTimedOut
from emulator.places import format_lines, text_of, users_lines_of_node

_LONGEST_ROUND: Final = 24
"""The most states in one round of a loop; longer loops are shown state by state."""
_MOST_WAITS: Final = 6
_LONGEST_TEXT: Final = 400
"""The most characters shown of a cause."""


class Named(Protocol):
    """A state machine, as far as lines need it."""

    @property
    def name(self) -> str:
        """The name."""
        ...

    @property
    def definition(self) -> str:
        """The definition as JSON text."""
        ...


class Told(ExecutionEnd, Protocol):
    """The parts of ``emulator.execution.Execution`` that the lines show; that class describes each."""

    name: str
    input_text: str
    real_ns: int
    exceptions: list[tuple[str, BaseException]]
    awaited_answers: dict[int, str]
    machine: Machine

    @property
    def state_machine(self) -> Named: ...
    @property
    def output_text(self) -> str | None: ...


def summary_line(execution: Told) -> str:
    """Name, status, where it failed, and how long it took in virtual and in real time."""
    name = f"{execution.state_machine.name}:{execution.name}"
    at = ""
    if execution.status not in ("SUCCEEDED", "RUNNING") and (last := _last(execution.tree.root)) is not None:
        at = f" at {last.name}"
    milliseconds = round(execution.real_ns / 1e6)
    real = duration_text(timedelta(milliseconds=milliseconds)) if milliseconds else "under 1 ms"
    verb = "for" if execution.status == "RUNNING" else "after"
    return f"{name} {execution.status}{at} {verb} {duration_text(execution.elapsed)} of virtual time ({real} real)"


def failure_lines(execution: Told, *, width: int = 100) -> list[str]:
    """A summary of an execution that did not do what it should: its path in one line, its end, and why."""
    root = execution.tree.root
    lines = [summary_line(execution)]
    lines += _labelled("path", path_text(root), width, limit=4)
    inner = _failing_branch(root)
    while inner is not None and inner.owner is not None:
        lines += _labelled("in", f"{inner.owner.name}, {label(inner)}: {path_text(inner)}", width, limit=2)
        inner = _failing_branch(inner)
    lines.append(f"  input    {cut(execution.input_text, width - 11)}")
    return lines + end_lines(execution, width)


def mark(visit: Visit) -> str:
    """What is special about a visit: ``3 attempts, caught``; empty when it simply succeeded."""
    tries = visit.tries
    words = [f"{len(tries)} attempts"] if len(tries) > 1 else []
    if visit.failed or (tries and tries[-1].failed):
        words.append("failed" if visit.exited is None else "caught")
    elif visit.exited is None:
        words.append("not left")
    return ", ".join(words)


def is_plain(branch: Branch) -> bool:
    """Whether everything in the branch simply succeeded."""
    return all(not mark(visit) and all(map(is_plain, visit.branches)) for visit in branch.visits)


def label(branch: Branch) -> str:
    """The name of a branch or item: branches are counted from 1, items as in the history."""
    if branch.owner is None or branch.index is None:
        return ""
    return f"item {branch.index}" if branch.owner.type == "Map" else f"branch {branch.index + 1}"


def path_text(branch: Branch) -> str:
    """The names of a branch's states, with their marks; a loop is one entry: ``(Poll -> Wait) x 2,700``."""
    parts: list[str] = []
    for visits, rounds in rounds_of(branch.visits):
        names = [f"{visit.name} ({said})" if (said := mark(visit)) else visit.name for visit in visits]
        parts += names if rounds == 1 else [f"({' -> '.join(names)}) x {rounds:,}"]
    if len(parts) > _LONGEST_PATH:
        half = _LONGEST_PATH // 2
        parts = [*parts[:half], f"... {len(parts) - 2 * half:,} more ...", *parts[-half:]]
    return " -> ".join(parts) or "no state was entered"


_LONGEST_PATH: Final = 24


def _labelled(label: str, text: str, width: int, *, limit: int) -> list[str]:
    """``text`` broken into lines behind its label, at most ``limit`` of them."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=f"  {label:7}  ",
        subsequent_indent=" " * 11,
        max_lines=limit,
        placeholder=" ...",
        break_on_hyphens=False,
    )


def end_lines(execution: Told, width: int) -> list[str]:
    """How the execution ended and what handlers raised; or which states it waits in."""
    lines: list[str] = []
    if execution.output_text is not None:
        lines.append(f"  output   {cut(execution.output_text, width - 11)}")
    if execution.status not in ("SUCCEEDED", "RUNNING"):
        if execution.error is not None:
            lines.append(f"  error    {cut(execution.error, width - 11)}")
        if execution.cause is not None:
            lines += _labelled(
                "cause", cut(cause_text(execution.cause.partition("\n    fix: ")[0]), _LONGEST_TEXT), width, limit=4
            )
        if (hint := near_miss(execution.state_machine.definition, _unhandled(execution), execution.error)) is not None:
            lines.append(cut(f"  hint     {hint}", 2 * width))
    if execution.status == "RUNNING":
        lines += _wait_lines(execution)
    for state, error in dict(execution.exceptions).items():
        lines += _handler_lines(state, error, width)
    return lines


def _unhandled(execution: Told) -> list[str]:
    """The state that failed, and those around it, the innermost first."""
    visit = _last(execution.tree.root)
    names = []
    while visit is not None:
        names.append(visit.name)
        visit = visit.enclosing
    return names


def _wait_lines(execution: Told) -> list[str]:
    """What a running execution waits for, each state and thing once."""
    lines: dict[str, int] = {}
    for waiting in waits(execution):
        since = since_text(waiting, execution.time)
        line = f"  waits    in {waiting.state} for {waiting.what}{since and f', {since}'}"
        lines[line] = lines.get(line, 0) + 1
    shown = [line if count == 1 else f"{line}, {count} times" for line, count in lines.items()]
    more = [f"  ... {len(shown) - _MOST_WAITS} more waits"] if len(shown) > _MOST_WAITS else []
    return shown[:_MOST_WAITS] + more


def _handler_lines(state: str, error: BaseException, width: int) -> list[str]:
    """The error that the handler of a task raised, and where in its own code."""
    name = "" if isinstance(error, ForeignError) else f"{type(error).__name__}: "
    said = cut(f"{name}{text_of(error)}".removesuffix(": "), width - 20)
    if isinstance(error, HandlerTimedOut):
        said = "was still sleeping when its function timed out"
    lines = [f"  handler  of {state}: {said}"]
    for entry in format_lines(error.__traceback__):
        lines += [f"           {line[2:]}" for line in entry.splitlines()]
    if isinstance(error, ForeignError):
        told = [*users_lines_of_node(error.trace), *([error.hint] if error.hint else [])]
        lines += [cut(f"           {line.strip()}", 2 * width) for line in told]
    return lines


def rounds_of(visits: list[Visit]) -> Iterator[tuple[list[Visit], int]]:
    """``visits`` split into loops: the first round and how many equal rounds there are. Others alone, as 1 round."""
    numbers: dict[object, int] = {}
    keys = [numbers.setdefault(_key(visit), len(numbers)) for visit in visits]
    index = 0
    while index < len(keys):
        length, rounds = next(
            (
                (length, rounds)
                for length in range(1, _LONGEST_ROUND + 1)
                if (rounds := _repeats(keys, index, length)) > 2
            ),
            (1, 1),
        )
        yield visits[index : index + length], rounds
        index += length * rounds


def _key(visit: Visit) -> tuple[object, ...]:
    """Two visits with the same key are shown as one."""
    plain = all(not mark(each) for branch in visit.branches for each in branch.visits)
    return visit.name, mark(visit), plain, tuple(attempt.error for attempt in visit.tries)


def _repeats(keys: list[int], index: int, length: int) -> int:
    """How many times in a row the ``length`` keys from ``index`` appear."""
    rounds = 1
    at = index + length
    while (
        at + length <= len(keys) and keys[at] == keys[index] and keys[at : at + length] == keys[index : index + length]
    ):
        rounds += 1
        at += length
    return rounds


def _failing_branch(branch: Branch) -> Branch | None:
    """The first branch or item in which something failed or did not finish, in the latest visit that has one."""
    inside = (each for visit in reversed(branch.visits) for each in visit.branches)
    return next((each for each in inside if not is_plain(each)), None)


def _last(branch: Branch) -> Visit | None:
    """The innermost state that the execution failed in, or is in."""
    if not branch.visits:
        return None
    last = branch.visits[-1]
    failing = _failing_branch(branch) if last.branches and last.exited is None else None
    return (failing and _last(failing)) or last
