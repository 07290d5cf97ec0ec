"""What a failing test's report tells of its emulators, most useful first, each part in a bounded number of lines.

Executions that did not succeed or still run, calls that nothing emulates, functions that failed without a caller,
events that did not arrive, entries that PutEvents refused, events and why rules did not match them, what moto answered
with a constant, tasks that wait for a worker or a token, messages that were never received. Nothing here changes
anything: no clock moves, no message is received, nothing is drawn from a stream of chance.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from emulator.answered import answered
from emulator.assembly import Assembly
from emulator.aws.unread import Unread
from emulator.eventbridge.told import entry_lines
from emulator.history.lines import summary_line
from emulator.history.waits import since_text, waits
from emulator.history.words import cut
from emulator.trace import report_lines

WIDTH: Final = 100
MOST: Final = 38
"""Lines about executions, undelivered events and blocked calls."""
_MOST_TOKENS: Final = 5
_MOST_QUEUES: Final = 5
_MOST_UNUSED: Final = 5
_MOST_FAILED_LINES: Final = 12
_MOST_EVENT_LINES: Final = 26


class Left(NamedTuple):
    """What only an open emulator can tell, kept when it closes."""

    events: list[str]
    unread: list[Unread]


def look(assembly: Assembly) -> Left:
    """What an open emulator can tell of its buses and queues."""
    return Left(_event_lines(assembly, can_ask=assembly.remote("events") is None), assembly.backend.unread())


def lines_of(assembly: Assembly, left: Left | None, shown: str) -> list[str]:
    """The lines about one emulator, without what the text ``shown`` tells already; none if nothing happened.

    ``left`` is what it told when it closed; ``None`` while it is open.
    """
    if left is None:
        left = look(assembly)
    bus = assembly.others.used_bus
    all_executions = assembly.service.started
    executions = [each for each in all_executions if summary_line(each) not in shown]
    undelivered = [] if bus is None else [(f"{each.sender} to {each.target}", each.reason) for each in bus.undelivered]
    blocked = [text.partition(". ")[0] for text in assembly.blocked if text not in shown]
    lines = report_lines(executions, undelivered, blocked, limit=MOST, width=WIDTH)
    failed = [cut(line, 2 * WIDTH) for text in assembly.functions.failed for line in text.splitlines()]
    return [
        *lines,
        *_answered_lines(assembly, shown),
        *_cut(failed, _MOST_FAILED_LINES),
        *_cut(left.events, _MOST_EVENT_LINES),
        *_token_lines(assembly),
        *_queue_lines(left.unread),
    ]


def _answered_lines(assembly: Assembly, shown: str) -> list[str]:
    """How calls were answered, if stubs or faults had a part in it; constants; stubs and faults that were not used."""
    told = answered(assembly)
    lines = told.lines() if told.stubbed or told.faulted else list(told.constants)
    for unused in (assembly.unused_stubs(), assembly.unused_faults()):
        new = [line for line in (unused or "").splitlines() if line not in shown and not line.startswith("    fix: ")]
        lines += _cut(new, _MOST_UNUSED)
    return [cut(line, 2 * WIDTH) for line in lines]


def _event_lines(assembly: Assembly, *, can_ask: bool) -> list[str]:
    bus = assembly.others.used_bus
    if bus is None:
        return []
    try:
        lines = entry_lines(bus, assembly.region, can_ask=can_ask)
    except Exception:  # a report never hides the failure that it is about
        lines = entry_lines(bus, assembly.region, can_ask=False)
    return [cut(line, 2 * WIDTH) for line in lines]


def _token_lines(assembly: Assembly) -> list[str]:
    """Tasks that wait for a worker or a token, of every execution that runs."""
    store = assembly.service.store
    open_tasks = [
        (execution, waiting)
        for execution in (*store.executions.list(), *store.children.list())
        if execution.awaited_answers
        for waiting in waits(execution)
        if waiting.token
    ]
    lines = [
        cut(
            f"open task: state {waiting.state} of {execution.state_machine.name}:{execution.name} waits for "
            f"{waiting.what}, {since_text(waiting, execution.time)}".removesuffix(", "),
            2 * WIDTH,
        )
        for execution, waiting in open_tasks[:_MOST_TOKENS]
    ]
    more = len(open_tasks) - _MOST_TOKENS
    return [*lines, f"... {more} more open tasks"] if more > 0 else lines


def _queue_lines(unread: Sequence[Unread]) -> Iterable[str]:
    for each in unread[:_MOST_QUEUES]:
        count = "1 message" if each.number == 1 else f"{each.number:,} messages"
        bodies = [*(cut(body, 80) for body in each.bodies), *(["..."] if each.number > len(each.bodies) else [])]
        yield f"queue {each.queue}: {count} sent and never received: {', '.join(bodies)}"
    if len(unread) > _MOST_QUEUES:
        yield f"... {len(unread) - _MOST_QUEUES} more queues"


def _cut(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], f"... {len(lines) - most + 1} more lines"]
