"""What an execution went through, as lines for people: for a test that failed, and for the command line.

A history is a flat list; ``read_stays`` makes it a tree again: stays in states, the branches and items inside of them,
the attempts of each. Everything here is a pure function of the execution and writes plain ASCII of its own, so that
any terminal can show it.
"""

import json
import textwrap
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from asl.effects import Record
from asl.values import Payload, instant_text
from emulator.clock import HandlerTimedOut
from emulator.execution import Execution
from emulator.lambda_.outcomes import ForeignError

_HERE: Final = str(Path(__file__).parent)
_LONGEST_ROUND: Final = 24
"""States that one round of a loop may have to be told as a loop."""
_LONGEST_FORK: Final = 6
"""Branches or items that are all shown; of more, the first and those that did not succeed."""
_LONGEST_TEXT: Final = 400
"""Characters of a cause that are shown."""


# Reading a history -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Attempt:
    """One try of a state's work; ``ended_at`` is ``None`` while it lasts, ``failed`` also when it timed out."""

    at: datetime
    ended_at: datetime | None = None
    failed: bool = False
    error: str | None = None
    cause: str | None = None


@dataclass(slots=True)
class Stay:
    """One stay in a state. ``forks`` are the branches or items that it waited for, those of every attempt."""

    name: str
    type: str
    entered_at: datetime
    input: str
    strand: "Strand"
    output: str | None = None
    exited_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    forks: list["Strand"] = field(default_factory=list)
    failed: bool = False

    @property
    def left(self) -> bool:
        """Whether the execution went on from here."""
        return self.exited_at is not None

    @property
    def mark(self) -> str:
        """What is special about the stay: ``3 attempts, caught``; empty for one that just went well."""
        words = [f"{len(self.attempts)} attempts"] if len(self.attempts) > 1 else []
        if self.failed or (self.attempts and self.attempts[-1].failed):
            words.append("caught" if self.left else "failed")
        elif not self.left:
            words.append("not left")
        return ", ".join(words)

    @property
    def key(self) -> tuple[str, str, bool, tuple[str | None, ...]]:
        """What two stays share that are told as one."""
        plain = all(not stay.mark for fork in self.forks for stay in fork.stays)
        return self.name, self.mark, plain, tuple(attempt.error for attempt in self.attempts)


@dataclass(slots=True)
class Strand:
    """States that one branch went through; ``owner`` is the Parallel or Map that it belongs to, in that attempt."""

    label: str
    owner: Stay | None
    attempt: int = 0
    stays: list[Stay] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether everything in it just went well."""
        return all(not stay.mark and all(fork.plain for fork in stay.forks) for stay in self.stays)


class _Place(NamedTuple):
    """Where in the tree an event stands."""

    strand: Strand
    stay: Stay | None


_SCHEDULED: Final = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
_STARTED: Final = ("ParallelStateStarted", "MapStateStarted")
_FAILED: Final = ("Failed", "TimedOut")


def read_stays(records: Iterable[Record]) -> Strand:
    """The states that ``records`` tell of, as a tree: the execution's own strand, each stay with what is inside."""
    root = Strand("", None)
    places = {0: _Place(root, None)}
    for record in records:
        before = places.get(record.previous_event_id, places[0])
        places[record.id] = _read(record, before)
    return root


def _read(record: Record, before: _Place) -> _Place:
    """Take one event into the tree, and say where it stands."""
    details = record.details or {}
    kind = record.type
    stay = before.stay
    if kind.endswith("StateEntered"):
        strand = before.strand
        if stay is not None and stay.type == "Parallel" and not stay.left:
            strand = _fork(stay, f"branch {1 + sum(each.attempt == len(stay.attempts) for each in stay.forks)}")
        entered = Stay(details["name"], kind.removesuffix("StateEntered"), record.at, _text(details["input"]), strand)
        strand.stays.append(entered)
        return _Place(strand, entered)
    if kind.endswith("StateExited"):
        stay = _outwards(before, name=details["name"])
        stay.output, stay.exited_at = _text(details["output"]), record.at
        return _Place(stay.strand, stay)
    if kind == "MapIterationStarted":
        return _Place(_fork(_outwards(before, name=details["name"]), f"item {details['index']}"), None)
    if kind.endswith(("StateStarted", "StateFailed")):
        stay = _outwards(before, type=kind.removesuffix("StateStarted").removesuffix("StateFailed"))
        if before.stay is not None and before.stay is not stay and stay.attempts:
            _fail_from_inside(stay, before.stay)
        if kind.endswith("StateFailed"):
            stay.failed = True
        else:
            stay.attempts.append(Attempt(record.at))
        return _Place(stay.strand, stay)
    if stay is not None and not stay.left and kind == "ExecutionFailed":
        stay.failed = True
    elif stay is not None and kind.startswith(("Task", "LambdaFunction", "Activity")):
        _read_call(stay, record)
    return before


def _read_call(stay: Stay, record: Record) -> None:
    """Take an event of a task's call into its stay."""
    details = record.details or {}
    if record.type.endswith("Scheduled"):
        stay.attempts.append(Attempt(record.at))
    elif record.type.endswith(("Failed", "TimedOut", "Succeeded")):
        attempt = stay.attempts[-1]
        attempt.ended_at = record.at
        if not record.type.endswith("Succeeded"):
            attempt.failed, attempt.error, attempt.cause = True, details.get("error"), details.get("cause")


def _fail_from_inside(stay: Stay, inner: Stay) -> None:
    """The last attempt of a Parallel or Map failed in its state ``inner``."""
    if not inner.left:
        inner.failed = True
    attempt = stay.attempts[-1]
    attempt.failed = True
    if inner.attempts:
        attempt.error, attempt.cause = inner.attempts[-1].error, inner.attempts[-1].cause


def _fork(stay: Stay, label: str) -> Strand:
    strand = Strand(label, stay, len(stay.attempts))
    stay.forks.append(strand)
    return strand


def _outwards(place: _Place, *, name: str | None = None, type: str | None = None) -> Stay:
    """The innermost stay around ``place`` that has not been left and has this name, or this type and not failed."""
    stay = place.strand.owner if place.stay is None else place.stay
    while stay is not None and (stay.left or (stay.name != name if type is None else stay.failed or stay.type != type)):
        stay = stay.strand.owner
    assert stay is not None
    return stay


def _text(payload: Payload) -> str:
    return payload.text


# Words -------------------------------------------------------------------------------------------------------------


def duration_text(length: timedelta) -> str:
    """A length of time in its two largest units: ``355 d``, ``2 h 30 min``, ``14 s``, ``250 ms``."""
    microseconds = length // timedelta(microseconds=1)
    parts: list[str] = []
    for unit, name in _UNITS:
        count, rest = divmod(microseconds, unit)
        if count or (parts and rest):
            parts += [f"{count} {name}"] if count else []
            if len(parts) == 2:
                break
        microseconds = rest
    return " ".join(parts) or "0 s"


_UNITS: Final = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1000, "ms"))


def offset_text(length: timedelta) -> str:
    """How long after the start: ``+00:00:14``, ``+3d 00:00:00.250``."""
    seconds, microseconds = divmod(length // timedelta(microseconds=1), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    text = f"+{days}d " if days else "+"
    text += f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{microseconds // 1000:03d}" if microseconds else text


def cut(text: str, width: int) -> str:
    """``text`` on one line of at most ``width`` characters; what was longer ends in how long it was."""
    line = " ".join(text.split()) if "\n" in text else text
    if len(line) <= width:
        return line
    tail = f"... ({len(text):,} characters)"
    return line[: max(width - len(tail), 8)] + tail


def cause_text(cause: str) -> str:
    """What a cause says: the message alone of the JSON text that Lambda makes of an error."""
    try:
        value = json.loads(cause)
    except ValueError:
        return cause
    message = value.get("errorMessage") if isinstance(value, dict) else None
    return message if isinstance(message, str) else cause


def error_text(error: str | None, cause: str | None) -> str:
    """Error and cause, as far as there are any: ``Payments.Declined: card expired``."""
    return ": ".join(part for part in (error, cause and cause_text(cause)) if part) or "without a name"


# Lines -------------------------------------------------------------------------------------------------------------


def summary_line(execution: Execution) -> str:
    """Name, status, where it failed, how long it took on the virtual clock and in fact."""
    name = f"{execution.state_machine.name}:{execution.name}"
    at = ""
    if execution.status not in ("SUCCEEDED", "RUNNING") and (last := _last(read_stays(execution.records))) is not None:
        at = f" at {last.name}"
    milliseconds = round(execution.real_ns / 1e6)
    real = duration_text(timedelta(milliseconds=milliseconds)) if milliseconds else "under 1 ms"
    verb = "for" if execution.status == "RUNNING" else "after"
    return f"{name} {execution.status}{at} {verb} {duration_text(execution.elapsed)} of virtual time ({real} real)"


def trace_lines(execution: Execution, *, width: int = 100) -> list[str]:
    """The whole way of an execution: each state with its time since the start, attempts, branches, and the end.

    Rounds of a loop that went alike are told once; so are the items of a Map that all went well.
    """
    lines = [summary_line(execution)]
    lines.append(f"  started  {instant_text(execution.started_at)}")
    lines.append(f"  input    {cut(execution.input_text, width - 11)}")
    table = _Table(execution, width)
    lines += table.strand(read_stays(execution.records), 0)
    return lines + _end_lines(execution, width)


def failure_lines(execution: Execution, *, width: int = 100) -> list[str]:
    """What to know of an execution that did not do what was wanted: its way in one line, its end, and why."""
    root = read_stays(execution.records)
    lines = [summary_line(execution)]
    lines += _labelled("path", path_text(root), width, limit=4)
    inner = _failing_fork(root)
    while inner is not None and inner.owner is not None:
        lines += _labelled("in", f"{inner.owner.name}, {inner.label}: {path_text(inner)}", width, limit=2)
        inner = _failing_fork(inner)
    lines.append(f"  input    {cut(execution.input_text, width - 11)}")
    return lines + _end_lines(execution, width)


def report_lines(
    executions: Sequence[Execution],
    undelivered: Sequence[tuple[str, str]],
    blocked: Sequence[str],
    *,
    width: int = 100,
    limit: int = 40,
) -> list[str]:
    """What a failing test should show of its emulator, in at most ``limit`` lines.

    ``undelivered``: pairs of what did not arrive where, and why. Of many executions those that did not succeed and the
    last are shown.
    """
    aside: list[str] = []
    for what, why in undelivered[:3]:
        aside += [cut(f"undelivered event: {what}", width), cut(f"  because  {why}", width)]
    if len(undelivered) > 3:
        aside.append(f"... {len(undelivered) - 3} more undelivered events: emulator.bus.undelivered")
    aside += [cut(f"blocked request: {text.removeprefix('Blocked: ')}", 4 * width) for text in dict.fromkeys(blocked)]
    aside = aside[: limit // 2]
    room = limit - len(aside) - 1
    blocks = [failure_lines(execution, width=width) for execution in _worth_telling(executions)]
    lines: list[str] = []
    told = 0
    for block in blocks:
        if lines and len(lines) + len(block) > room:
            break
        lines += block[:room]
        told += 1
    if told < len(executions):
        lines.append(f"... {len(executions) - told} more executions: emulator.executions")
    return lines + aside


def _worth_telling(executions: Sequence[Execution]) -> list[Execution]:
    """The executions, those first that did not succeed, the later before the earlier."""
    latest = executions[::-1]
    well = ("SUCCEEDED", "RUNNING")
    return [each for each in latest if each.status not in well] + [each for each in latest if each.status in well]


def path_text(strand: Strand) -> str:
    """The names of a strand's states, with what was special, and loops told once: ``(Poll -> Wait) x 2,700``."""
    parts: list[str] = []
    for stays, rounds in _rounds(strand.stays):
        names = [f"{stay.name} ({stay.mark})" if stay.mark else stay.name for stay in stays]
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


def _end_lines(execution: Execution, width: int) -> list[str]:
    """How it ended, and what handlers raised; or whom it waits for."""
    lines: list[str] = []
    if execution.output_text is not None:
        lines.append(f"  output   {cut(execution.output_text, width - 11)}")
    if execution.status not in ("SUCCEEDED", "RUNNING"):
        if execution.error is not None:
            lines.append(f"  error    {cut(execution.error, width - 11)}")
        if execution.cause is not None:
            lines += _labelled("cause", cut(cause_text(execution.cause), _LONGEST_TEXT), width, limit=4)
    for name in dict.fromkeys(execution.outside.values()):
        lines.append(f"  waits    in {name}, for somebody outside to answer")
    for state, error in dict(execution.exceptions).items():
        lines += _handler_lines(state, error, width)
    return lines


def _handler_lines(state: str, error: BaseException, width: int) -> list[str]:
    """What the handler of a task raised, and where in its own code."""
    name = "" if isinstance(error, ForeignError) else f"{type(error).__name__}: "
    said = cut(f"{name}{_message(error)}".removesuffix(": "), width - 20)
    if isinstance(error, HandlerTimedOut):
        said = "was still sleeping when its function timed out"
    lines = [f"  handler  of {state}: {said}"]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_HERE)]
    for entry in traceback.format_list([(f.filename, f.lineno or 0, f.name, f.line) for f in frames[-3:]]):
        lines += [f"           {line[2:]}" for line in entry.splitlines()]
    if isinstance(error, ForeignError):
        told = [*error.trace[:3], *([error.hint] if error.hint else [])]
        lines += [cut(f"           {line.strip()}", width) for line in told]
    return lines


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as second:  # a user's own __str__
        return f"<str() of it raises {type(second).__name__}>"


class _Table:
    """Lines of states, in columns: time since the start, name, what happened."""

    def __init__(self, execution: Execution, width: int) -> None:
        self.started = execution.started_at
        self.width = width
        self.times = len(offset_text(execution.elapsed))
        self.names = max(min(max(map(len, execution.path), default=0), 28), len("  attempt 1"))

    def strand(self, strand: Strand, depth: int) -> Iterator[str]:
        """The states of a strand; of a loop the first round, how many there were like it, and the last."""
        index = 0
        for stays, rounds in _rounds(strand.stays):
            period = len(stays)
            end = index + period * rounds
            shown = strand.stays[index:end]
            if rounds > 1:
                last = shown[-period:]
                yield from self.stays(shown[:period], depth, shown[period])
                what = f"... {rounds - 2:,} more {'round' if rounds == 3 else 'rounds'} of "
                what += " -> ".join(stay.name for stay in stays)
                yield self.line(last[0].entered_at, depth, what, "")
                shown = last
            following = strand.stays[end] if end < len(strand.stays) else None
            yield from self.stays(shown, depth, following)
            index = end

    def stays(self, stays: list[Stay], depth: int, following: Stay | None) -> Iterator[str]:
        """Each stay and what happened in it; ``following`` is the stay after the last one."""
        for stay, after in zip(stays, [*stays[1:], following], strict=True):
            yield self.line(stay.entered_at, depth, stay.name, _happened(stay, after))
            yield from self.attempts(stay, depth + 1)
            yield from self.forks(stay, depth + 1)

    def attempts(self, stay: Stay, depth: int) -> Iterator[str]:
        """The attempts of a stay, when there were several or one that failed."""
        if not any(attempt.failed for attempt in stay.attempts):
            return
        for number, attempt in enumerate(stay.attempts, 1):
            if 3 < number < len(stay.attempts) - 1:
                if number == 4:
                    yield self.line(attempt.at, depth, f"... {len(stay.attempts) - 5:,} more attempts", "")
                continue
            lasted = timedelta() if attempt.ended_at is None else attempt.ended_at - attempt.at
            took = f" after {duration_text(lasted)}" if lasted else ""
            said = f"failed{took}: {error_text(attempt.error, attempt.cause)}"
            ended = attempt.ended_at is not None or stay.left
            yield self.line(attempt.at, depth, f"attempt {number}", said if attempt.failed else "well" if ended else "")

    def forks(self, stay: Stay, depth: int) -> Iterator[str]:
        """The branches or items of a stay's last attempt."""
        forks = [fork for fork in stay.forks if fork.attempt == len(stay.attempts)]
        shown = forks
        if len(forks) > _LONGEST_FORK:
            shown = [forks[0], *[fork for fork in forks[1:] if not fork.plain]][:_LONGEST_FORK]
        for fork in shown:
            at = fork.stays[0].entered_at if fork.stays else stay.entered_at
            yield self.line(at, depth, fork.label, "")
            yield from self.strand(fork, depth + 1)
        if len(shown) < len(forks):
            hidden = len(forks) - len(shown)
            well = ", which went well" if len(shown) < _LONGEST_FORK else ""
            yield self.line(stay.entered_at, depth, f"... {hidden:,} more{well}", "")

    def line(self, at: datetime, depth: int, name: str, said: str) -> str:
        """One line of the table."""
        label = "  " * depth + name
        begin = f"  {offset_text(at - self.started):{self.times}}  {label:{self.names}}"
        return f"{begin}  {cut(said, max(self.width - len(begin) - 2, 20))}".rstrip()


def _happened(stay: Stay, after: Stay | None) -> str:
    """What is to be said of a stay: its type, how long it took, what was special, what came out of it."""
    took = None if stay.exited_at is None else stay.exited_at - stay.entered_at
    said = stay.type
    if stay.type == "Wait" and took is not None:
        return f"Wait, {duration_text(took)}"
    if took:
        said += f", {duration_text(took)}"
    if stay.mark:
        said += f", {stay.mark}"
    if stay.type == "Choice" and after is not None:
        return f"{said} -> {after.name}"
    if stay.output is not None and stay.output != stay.input:
        said += f" -> {stay.output}"
    return said


def _rounds(stays: list[Stay]) -> Iterator[tuple[list[Stay], int]]:
    """``stays`` cut into the first rounds of loops, with how many such rounds followed each other; else one by one."""
    numbers: dict[object, int] = {}
    keys = [numbers.setdefault(stay.key, len(numbers)) for stay in stays]
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
        yield stays[index : index + length], rounds
        index += length * rounds


def _repeats(keys: list[int], index: int, length: int) -> int:
    """How often the ``length`` keys from ``index`` on come one after the other."""
    rounds = 1
    at = index + length
    while (
        at + length <= len(keys) and keys[at] == keys[index] and keys[at : at + length] == keys[index : index + length]
    ):
        rounds += 1
        at += length
    return rounds


def _failing_fork(strand: Strand) -> Strand | None:
    """The first branch or item, in the last stay of ``strand``, in which not everything went well."""
    for stay in reversed(strand.stays):
        for fork in stay.forks:
            if not fork.plain and fork.attempt == len(stay.attempts):
                return fork
    return None


def _last(strand: Strand) -> Stay | None:
    """The state in which the execution failed or stands, innermost."""
    if not strand.stays:
        return None
    fork = _failing_fork(strand) if strand.stays[-1].forks and not strand.stays[-1].left else None
    inner = _last(fork) if fork is not None else None
    return inner or strand.stays[-1]
