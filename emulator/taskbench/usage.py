"""A task's use of AWS's limits: events of its execution's history, bytes of its payloads and its output.

Limits: quotas of Step Functions' developer guide (25,000 events, 256 KiB a payload); 232 KiB is the application's own
cap on an output.
"""

from dataclasses import dataclass
from typing import Any

from asl.effects import Record
from asl.history import EVENT_LIMIT
from asl.values import PAYLOAD_LIMIT, encode, size
from emulator.execution import Execution
from emulator.history.tree import Tree
from emulator.history.visits import Visit
from emulator.tasks.profile import MAX_OUTPUT_BYTES

RUN = "Run"
"""The state of the machine that calls the handler."""


@dataclass(frozen=True, slots=True)
class IterationUsage:
    """One turn of the machine's loop, from Run until the next Run or the end; bytes of the event and of the answer.

    ``result_bytes`` is ``None`` when the handler did not answer.
    """

    event_bytes: int
    result_bytes: int | None
    history_events: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of an execution so far; ``output_bytes`` is the size of a finished task's output."""

    history_events: int
    iterations: tuple[IterationUsage, ...]
    output_bytes: int | None

    @property
    def history_events_left(self) -> int:
        """The rest of 25,000 events; an execution that needs more fails."""
        return EVENT_LIMIT - self.history_events

    @property
    def iterations_left(self) -> int | None:
        """The number of further iterations that the history has room for, if each is as long as the longest so far.

        ``None`` before the first.
        """
        most = max((each.history_events for each in self.iterations), default=None)
        return None if most is None else self.history_events_left // most

    @property
    def largest_payload_bytes(self) -> int:
        """The largest event or answer."""
        sizes = [number for each in self.iterations for number in (each.event_bytes, each.result_bytes or 0)]
        return max(sizes, default=0)

    @property
    def payload_share(self) -> float:
        """The largest event or answer as a share of the 262,144 bytes that a payload may have at most."""
        return self.largest_payload_bytes / PAYLOAD_LIMIT

    @property
    def output_share(self) -> float | None:
        """The output as a share of the 237,568 bytes that it may have at most; a larger output is replaced."""
        return None if self.output_bytes is None else self.output_bytes / MAX_OUTPUT_BYTES


def usage_of(execution: Execution) -> Usage:
    """The use of an execution of the background tasks' machine."""
    tree, events = execution.tree, len(execution.records)
    runs = [visit for visit in tree.visits if visit.name == RUN and visit.type == "Task"]
    ends = [*(visit.entered.id for visit in runs[1:]), _over(tree) or events + 1]
    iterations = tuple(_iteration(visit, end - visit.entered.id) for visit, end in zip(runs, ends, strict=False))
    output = execution.output
    given = output.get("output") if isinstance(output, dict) else None
    return Usage(events, iterations, None if given is None else size(encode(given)))


def _over(tree: Tree) -> int | None:
    """The id of the event that ended the machine's loop: the entry of an end state, or the failure."""
    end = next((visit.entered for visit in tree.visits if visit.type in ("Succeed", "Fail")), tree.ended)
    return None if end is None or end.type == "ExecutionSucceeded" else end.id


def _iteration(run: Visit, history_events: int) -> IterationUsage:
    begun = run.tries[0].begun if run.tries else run.entered
    answered = next((each.ended for each in run.tries if each.ended and each.ended.type.endswith("Succeeded")), None)
    result = None if answered is None else _bytes(answered, "output")
    return IterationUsage(_bytes(begun, "input"), result, history_events)


def _bytes(record: Record, field: str) -> int:
    payload: Any = (record.details or {})[field]
    return size(payload.text)
