"""Traces of executions, line by line: for a test that failed, and for the command line.

Every function is pure and depends on the executions alone. Its own words are plain ASCII, for any terminal.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from asl.values import instant_text
from emulator.execution import Execution
from emulator.history.lines import end_lines, failure_lines, is_plain, label, mark, rounds_of, summary_line
from emulator.history.visits import Branch, Visit
from emulator.history.words import cut, duration_text, error_text, offset_text

_MOST_BRANCHES: Final = 6
"""The most branches or items shown in full; of more, the first and those that did not succeed."""


def trace_lines(execution: Execution, *, width: int = 100) -> list[str]:
    """The whole trace of an execution: each state with its time since the start, attempts, branches, and the end.

    Equal rounds of a loop are shown once; so are items of a Map that succeeded.
    """
    lines = [summary_line(execution)]
    lines.append(f"  started  {instant_text(execution.started_at)}")
    lines.append(f"  input    {cut(execution.input_text, width - 11)}")
    table = _Table(execution, width)
    lines += table.branch(execution.tree.root, 0)
    return lines + end_lines(execution, width)


def report_lines(
    executions: Sequence[Execution],
    undelivered: Sequence[tuple[str, str]],
    blocked: Sequence[str],
    *,
    width: int = 100,
    limit: int = 40,
) -> list[str]:
    """What a failing test should show of its emulator, in at most ``limit`` lines.

    ``undelivered``: pairs of a rule with its target, and the reason. Of many executions, the lines show those that did
    not succeed, and the latest.
    """
    aside: list[str] = []
    alike = Counter(undelivered)
    for (what, why), times in list(alike.items())[:3]:
        number = f" {times} times" if times > 1 else ""
        aside += [cut(f"undelivered event{number}: {what}", width), cut(f"  because  {why}", 4 * width)]
    if (left := sum(list(alike.values())[3:])) > 0:
        aside.append(f"... {left} more undelivered events: emulator.bus.undelivered")
    refused = dict.fromkeys(text.removeprefix("Blocked: ").partition("\n")[0] for text in blocked)
    aside += [cut(f"blocked request: {text}", 4 * width) for text in refused]
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
    """The executions, those that did not succeed first, the latest before the earlier."""
    latest = executions[::-1]
    well = ("SUCCEEDED", "RUNNING")
    return [each for each in latest if each.status not in well] + [each for each in latest if each.status in well]


class _Table:
    """Lines of states, in columns: time since the start, name, what happened."""

    def __init__(self, execution: Execution, width: int) -> None:
        self.started = execution.started_at
        self.width = width
        self.times = len(offset_text(execution.elapsed))
        self.names = max(min(max(map(len, execution.path), default=0), 28), len("  attempt 1"))

    def branch(self, branch: Branch, depth: int) -> Iterator[str]:
        """The states of a branch; of a loop, the first round, the number of further rounds, and the last."""
        index = 0
        for visits, rounds in rounds_of(branch.visits):
            period = len(visits)
            end = index + period * rounds
            shown = branch.visits[index:end]
            if rounds > 1:
                last = shown[-period:]
                yield from self.visits(shown[:period], depth, shown[period])
                what = f"... {rounds - 2:,} more {'round' if rounds == 3 else 'rounds'} of "
                what += " -> ".join(visit.name for visit in visits)
                yield self.line(last[0].entered_at, depth, what, "")
                shown = last
            following = branch.visits[end] if end < len(branch.visits) else None
            yield from self.visits(shown, depth, following)
            index = end

    def visits(self, visits: list[Visit], depth: int, following: Visit | None) -> Iterator[str]:
        """Each visit with its attempts and branches; ``following`` is the visit after the last one."""
        for visit, after in zip(visits, [*visits[1:], following], strict=True):
            yield self.line(visit.entered_at, depth, visit.name, _happened(visit, after))
            yield from self.attempts(visit, depth + 1)
            yield from self.branches(visit, depth + 1)

    def attempts(self, visit: Visit, depth: int) -> Iterator[str]:
        """The attempts of a visit, when one failed."""
        if not any(attempt.failed for attempt in visit.tries):
            return
        for number, attempt in enumerate(visit.tries, 1):
            if 3 < number < len(visit.tries) - 1:
                if number == 4:
                    yield self.line(attempt.began_at, depth, f"... {len(visit.tries) - 5:,} more attempts", "")
                continue
            lasted = timedelta() if attempt.ended_at is None else attempt.ended_at - attempt.began_at
            took = f" after {duration_text(lasted)}" if lasted else ""
            said = f"failed{took}: {error_text(attempt.error, attempt.cause)}"
            ended = attempt.ended_at is not None or visit.exited is not None
            yield self.line(
                attempt.began_at, depth, f"attempt {number}", said if attempt.failed else "succeeded" if ended else ""
            )

    def branches(self, visit: Visit, depth: int) -> Iterator[str]:
        """The branches or items of a visit's last attempt."""
        branches = visit.branches
        shown = branches
        if len(branches) > _MOST_BRANCHES:
            shown = [branches[0], *[branch for branch in branches[1:] if not is_plain(branch)]][:_MOST_BRANCHES]
        for branch in shown:
            at = branch.visits[0].entered_at if branch.visits else visit.entered_at
            yield self.line(at, depth, label(branch), "")
            yield from self.branch(branch, depth + 1)
        if len(shown) < len(branches):
            hidden = len(branches) - len(shown)
            well = ", all succeeded" if len(shown) < _MOST_BRANCHES else ""
            yield self.line(visit.entered_at, depth, f"... {hidden:,} more{well}", "")

    def line(self, at: datetime, depth: int, name: str, said: str) -> str:
        """One line of the table."""
        label = "  " * depth + name
        begin = f"  {offset_text(at - self.started):{self.times}}  {label:{self.names}}"
        return f"{begin}  {cut(said, max(self.width - len(begin) - 2, 20))}".rstrip()


def _happened(visit: Visit, after: Visit | None) -> str:
    """The text of a visit: its type, how long it took, what was special, its output."""
    took = None if visit.exited_at is None else visit.exited_at - visit.entered_at
    said = visit.type
    if visit.type == "Wait" and took is not None:
        return f"Wait, {duration_text(took)}"
    if took:
        said += f", {duration_text(took)}"
    if mark(visit):
        said += f", {mark(visit)}"
    if visit.type == "Choice" and after is not None:
        return f"{said} -> {after.name}"
    if visit.output_text is not None and visit.output_text != visit.input_text:
        said += f" -> {visit.output_text}"
    return said
