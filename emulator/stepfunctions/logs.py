"""Log groups get the events of executions, of Standard and Express machines alike.

One log event for each event of the history that the machine's level names, in AWS's form (recorded: ``test_logs``)::

    {"id": "4", "type": "PassStateExited", "details": {...}, "previous_event_id": "3",
     "event_timestamp": "1700000000000", "execution_arn": "arn:...", "redrive_count": "0"}

Numbers beside ``details`` are texts. The stream is ``states/MACHINE/YYYY-MM-DD-hh-mm/ID``. AWS says neither when it
begins another one nor what its id is: here each machine begins one in every hour in which it logs.

The driver gives an execution's new events to ``take``. In this process they are written before a request about log
groups is answered, which alone can see them, as at their own time; so a thousand events cost one request. At an
external backend, which other programs read, they are written once everything that is ready has been done.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from asl.effects import Record
from asl.history import render_details
from emulator.aws.arns import Arn
from emulator.clock import EPOCH
from emulator.execution import Execution
from emulator.stepfunctions.logging_configuration import log_group
from emulator.timeline import TimeLine
from emulator.world import World

_ENDS: Final = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_FAILURES: Final = ("Aborted", "Failed", "TimedOut")
"""How the names of the types end that the level ERROR logs, besides ``FailStateEntered`` (developer guide,
cloudwatch-log-level). Its table has no types of activities and map runs: they follow the same rule here."""
_DATA: Final = ("input", "output", "parameters", "assignedVariables")
"""The details that are execution data, and what says of each whether it was cut."""
_LONGEST: Final = 248 * 1024
"""Bytes of UTF-8 that a value of the details may have; AWS cuts the rest (developer guide, cw-logs)."""
_MANY: Final = 1000
"""Events that may wait in this process; and how long after the first of them."""
_LONG: Final = timedelta(hours=1)
_MOST_EVENTS, _MOST_BYTES, _BYTES_EACH = 10_000, 1_048_576, 26
"""Of one PutLogEvents: its events, their bytes, and the bytes that each event counts besides its message."""


class _Stream(NamedTuple):
    """A log stream, by its group."""

    region: str
    group: str
    name: str


class Logs:
    """What the executions of one emulator have logged, and its log groups have not got yet."""

    def __init__(self, world: World, timeline: TimeLine) -> None:
        self._world = world
        self._timeline = timeline
        self._waiting: dict[_Stream, list[tuple[int, str]]] = {}
        self._count = 0
        self._first_at = self._last_at = EPOCH
        self._streams: dict[tuple[str, str], tuple[str, _Stream]] = {}
        """ARN of the machine, ARN of the log group -> the hour, and its stream."""

    def take(self, execution: Execution) -> None:
        """Note the execution's events since the last call, as far as its machine logs them."""
        begin, execution.seen_by_log = execution.seen_by_log, len(execution.records)
        logging = execution.state_machine.logging
        logged = [each for each in execution.records[begin:] if is_logged(each.type, logging["level"])]
        if not logged:
            return
        if self._count >= _MANY or (self._count and logged[-1].at - self._first_at > _LONG):
            self.write()
        if not self._count:
            self._first_at = logged[0].at
            if self._world.remote("logs") is not None:
                self._timeline.soon(self.write)
        self._count += len(logged)
        self._last_at = logged[-1].at
        entries = self._waiting.setdefault(self._stream(execution, logged[0].at), [])
        for record in logged:
            entry = log_entry(record, execution.arn, includes_data=logging["includeExecutionData"])
            text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
            entries.append((_milliseconds(record.at), text))

    def write(self) -> None:
        """Put what was noted into the log groups; a group that was deleted gets nothing, as on AWS."""
        self._count = 0
        while self._waiting:
            stream = next(iter(self._waiting))
            entries = self._waiting.pop(stream)
            logs = self._world.internal_client("logs", region=stream.region)
            where = {"logGroupName": stream.group, "logStreamName": stream.name}
            try:
                with self._world.at(self._last_at):
                    for batch in _batches(sorted(entries, key=lambda entry: entry[0])):
                        _put(logs, where, batch)
            except logs.exceptions.ResourceNotFoundException:
                continue

    def _stream(self, execution: Execution, at: datetime) -> _Stream:
        """The stream of the machine's hour; its name has the minute of its first event."""
        machine = execution.state_machine
        arn = log_group(machine.logging)
        hour = f"{at:%Y-%m-%d-%H}"
        of_hour, stream = self._streams.get((machine.arn, arn), ("", None))
        if stream is None or of_hour != hour:
            group = Arn.parse(arn)
            id_ = self._world.chance("log stream", f"{machine.arn}/{arn}/{hour}", once=True).uuid()[:8]
            stream = _Stream(group.region, group.name, f"states/{machine.name}/{at:%Y-%m-%d-%H-%M}/{id_}")
            self._streams[machine.arn, arn] = hour, stream
        return stream


def is_logged(type_: str, level: str) -> bool:
    """Whether a machine of this level logs the events of a type."""
    if level == "ERROR":
        return type_.endswith(_FAILURES) or type_ == "FailStateEntered"
    return level == "ALL" or (level == "FATAL" and type_ in _ENDS)


def log_entry(record: Record, execution_arn: str, *, includes_data: bool) -> dict[str, Any]:
    """The log event of an event of the history: its details in the order of their names, as recorded."""
    return {
        "id": str(record.id),
        "type": record.type,
        "details": dict(sorted(_details(record.details or {}, includes_data=includes_data).items())),
        "previous_event_id": str(record.previous_event_id),
        "event_timestamp": str(_milliseconds(record.at)),
        "execution_arn": execution_arn,
        "redrive_count": "0",
    }


def _details(given: Mapping[str, Any], *, includes_data: bool) -> dict[str, Any]:
    details = render_details(given)
    for key in _DATA:
        value = details.get(key)
        if not includes_data:
            details.pop(key, None)
            details.pop(f"{key}Details", None)
        elif isinstance(value, str) and 4 * len(value) > _LONGEST and len(encoded := value.encode()) > _LONGEST:
            details[key] = encoded[:_LONGEST].decode(errors="ignore")
            if f"{key}Details" in details:
                details[f"{key}Details"] = {"truncated": True}
    return details


def _batches(entries: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """The entries as PutLogEvents takes them."""
    batch: list[tuple[int, str]] = []
    size = 0
    for entry in entries:
        weight = len(entry[1].encode()) + _BYTES_EACH
        if batch and (len(batch) == _MOST_EVENTS or size + weight > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += weight
    yield batch


def _put(logs: Any, where: Mapping[str, str], batch: list[tuple[int, str]]) -> None:
    """Put a batch into a stream, which its first batch makes; the backend may have lost it with its group since."""
    events = [{"timestamp": at, "message": text} for at, text in batch]
    try:
        logs.put_log_events(**where, logEvents=events)
    except logs.exceptions.ResourceNotFoundException:
        logs.create_log_stream(**where)
        logs.put_log_events(**where, logEvents=events)


def _milliseconds(at: datetime) -> int:
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
