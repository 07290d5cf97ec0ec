"""Archives of buses, and replays of what they hold.

An archive keeps each event of its bus that its pattern matches, as long as its retention says; replayed events are not
kept again. AWS counts events minutes later, and a replay takes minutes; here events count at once, and a replay sends
them when ``REPLAY_LASTS`` has passed on the clock. Until then it can be cancelled. A replayed event is the one that was
kept with ``replay-name`` after its region; whether its id is another one on AWS is not recorded.

Answers and refusals are recorded on AWS (LocalStack's ``test_archive_and_replay``), but for the texts of two filters
and of a replay that has ended, which are moto's.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from asl.values import Json
from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError
from emulator.aws.regions import partition_of
from emulator.eventbridge.buses import PREFIX, BusName
from emulator.eventbridge.existing import check_bus_exists
from emulator.eventbridge.pages import page
from emulator.eventbridge.patterns import Pattern
from emulator.world import World

REPLAY_LASTS: Final = timedelta(minutes=1)
"""From StartReplay to the events. AWS takes minutes; how many is not recorded."""
MOST_REPLAYS: Final = 10
"""The most replays at a time (recorded)."""
TIME_SIZE: Final = 20
"""The bytes that the time of an archived event counts: the one size that is recorded is explained by it."""

Body: TypeAlias = Mapping[str, Any]
Replayed: TypeAlias = Callable[[dict[str, Json], BusName, frozenset[str] | None], None]
"""Puts an event on a bus, for the rules with these ARNs; for all of them when it is ``None``."""


class _Kept:
    """An event in an archive, and when it came in."""

    __slots__ = ("at", "event")

    def __init__(self, event: dict[str, Json], at: datetime) -> None:
        self.event = event
        self.at = at

    def size(self) -> int:
        """Its bytes as AWS counts them."""
        texts = (str(self.event["source"]), str(self.event["detail-type"]), json.dumps(self.event["detail"]))
        return TIME_SIZE + sum(len(text.encode()) for text in texts)


@dataclass(slots=True)
class Archive:
    """An archive, with its pattern as it was sent and compiled."""

    name: str
    arn: str
    bus_arn: str
    created: datetime
    description: str | None
    retention_days: int
    pattern_text: str | None
    pattern: Pattern | None
    kept: list[_Kept] = field(default_factory=list)

    def events(self, now: datetime) -> Sequence[_Kept]:
        """What it holds; older events than its retention are gone."""
        if self.retention_days:
            oldest = now - timedelta(days=self.retention_days)
            self.kept = [each for each in self.kept if each.at >= oldest]
        return self.kept

    def shown(self, now: datetime) -> dict[str, Any]:
        """It in ListArchives."""
        events = self.events(now)
        return {
            "ArchiveName": self.name,
            "CreationTime": self.created,
            "EventCount": len(events),
            "EventSourceArn": self.bus_arn,
            "RetentionDays": self.retention_days,
            "SizeBytes": sum(each.size() for each in events),
            "State": "ENABLED",
        }


@dataclass(slots=True)
class Replay:
    """A replay; ``begins`` and ``ends`` bound the times of its events."""

    name: str
    arn: str
    archive_arn: str
    destination: Mapping[str, Any]
    description: str | None
    begins: datetime
    ends: datetime
    started: datetime
    state: str = "STARTING"
    last: datetime | None = None
    ended: datetime | None = None

    def shown(self) -> dict[str, Any]:
        """It in ListReplays."""
        return _given(
            ReplayName=self.name,
            EventSourceArn=self.archive_arn,
            State=self.state,
            EventStartTime=self.begins,
            EventEndTime=self.ends,
            EventLastReplayedTime=self.last,
            ReplayStartTime=self.started,
            ReplayEndTime=self.ended,
        )


class Archives:
    """The archives and replays of one emulator, by region and name."""

    def __init__(self, world: World, compile_pattern: Callable[[str], Pattern], replayed: Replayed) -> None:
        self._world = world
        self._compile = compile_pattern
        self._replayed = replayed
        self._archives: dict[str, dict[str, Archive]] = {}
        self._replays: dict[str, dict[str, Replay]] = {}

    def keep(self, event: dict[str, Json], bus: BusName) -> None:
        """Keep an event that was put on a bus, in each of its archives that matches."""
        if "replay-name" in event:
            return
        for archive in self._archives.get(bus.region, {}).values():
            matches = archive.pattern is None or archive.pattern.matches(event)
            if matches and archive.bus_arn.partition(PREFIX)[2] == bus.name:
                archive.kept.append(_Kept(event, self._world.now()))

    def answer(self, operation: str, body: Body, region: str) -> dict[str, Any]:
        """The answer to one of ``OPERATIONS``; raises ``AwsError``."""
        return OPERATIONS[operation](self, body, region)

    def _arn(self, resource: str, region: str) -> str:
        return f"arn:{partition_of(region)}:events:{region}:{self._world.account_id}:{resource}"

    # Archives ----------------------------------------------------------------------------------------------------

    def _create_archive(self, body: Body, region: str) -> dict[str, Any]:
        name, there = body["ArchiveName"], self._archives.setdefault(region, {})
        self._check_bus(body["EventSourceArn"], region)
        if name in there:
            raise AwsError("ResourceAlreadyExistsException", f"Archive {name} already exists.")
        pattern = body.get("EventPattern")
        archive = there[name] = Archive(
            name,
            self._arn(f"archive/{name}", region),
            body["EventSourceArn"],
            self._world.now(),
            body.get("Description"),
            body.get("RetentionDays") or 0,
            pattern,
            self._compile(pattern) if pattern else None,
        )
        return {"ArchiveArn": archive.arn, "CreationTime": archive.created, "State": "ENABLED"}

    def _update_archive(self, body: Body, region: str) -> dict[str, Any]:
        if not any(body.get(name) is not None for name in ("EventPattern", "RetentionDays", "Description")):
            text = "At least one of EventPattern, RetentionDays or Description must be provided."
            raise AwsError("ValidationException", text)
        archive = self._archive(body["ArchiveName"], region)
        if pattern := body.get("EventPattern"):
            archive.pattern_text, archive.pattern = pattern, self._compile(pattern)
        archive.description = body.get("Description", archive.description)
        archive.retention_days = body.get("RetentionDays", archive.retention_days)
        return {"ArchiveArn": archive.arn, "CreationTime": archive.created, "State": "ENABLED"}

    def _describe_archive(self, body: Body, region: str) -> dict[str, Any]:
        archive = self._archive(body["ArchiveName"], region)
        more = _given(ArchiveArn=archive.arn, Description=archive.description, EventPattern=archive.pattern_text)
        return {**archive.shown(self._world.now()), **more}

    def _list_archives(self, body: Body, region: str) -> dict[str, Any]:
        _one_filter("ListArchives", body)
        if source := body.get("EventSourceArn"):
            self._check_bus(source, region)
        shown = [each.shown(self._world.now()) for each in self._archives.get(region, {}).values()]
        return page("Archives", [each for each in shown if _passes(each, "ArchiveName", body)], body)

    def _delete_archive(self, body: Body, region: str) -> dict[str, Any]:
        archive = self._archive(body["ArchiveName"], region)
        del self._archives[region][archive.name]
        return {}

    def _archive(self, name: str, region: str) -> Archive:
        archive = self._archives.get(region, {}).get(name)
        if archive is None:
            raise AwsError("ResourceNotFoundException", f"Archive {name} does not exist.")
        return archive

    def _check_bus(self, text: str, region: str) -> str:
        """The name of the bus of an ARN; one of another region or account does not exist."""
        arn = Arn.parse(text)
        name = arn.name.removeprefix(PREFIX)
        if (arn.region, arn.account) != (region, self._world.account_id):
            raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        check_bus_exists(self._world, name, region)
        return name

    # Replays -----------------------------------------------------------------------------------------------------

    def _start_replay(self, body: Body, region: str) -> dict[str, Any]:
        name, destination, there = body["ReplayName"], body["Destination"], self._replays.setdefault(region, {})
        begins, ends = (_instant(body[each]) for each in ("EventStartTime", "EventEndTime"))
        if not (is_arn(destination["Arn"]) and Arn.parse(destination["Arn"]).name.startswith(PREFIX)):
            raise _invalid("Destination.Arn", "Must contain an event bus ARN.")
        bus = self._check_bus(destination["Arn"], region)
        archive = self._archives.get(region, {}).get(body["EventSourceArn"].rpartition("/")[2])
        if archive is None:
            gone = body["EventSourceArn"].rpartition("/")[2]
            raise _invalid("EventSourceArn", f"Archive {gone} does not exist.")
        if begins >= ends:
            raise _invalid("EventEndTime", "EventStartTime must be before EventEndTime.")
        if destination["Arn"] != archive.bus_arn:
            raise _invalid("Destination.Arn", "Cross event bus replay is not permitted.")
        if name in there:
            raise AwsError("ResourceAlreadyExistsException", f"Replay {name} already exists.")
        if sum(each.state == "STARTING" for each in there.values()) >= MOST_REPLAYS:
            raise AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        now, arn = self._world.now(), self._arn(f"replay/{name}", region)
        replay = there[name] = Replay(
            name, arn, body["EventSourceArn"], destination, body.get("Description"), begins, ends, now
        )
        self._world.later(f"replay {name}", REPLAY_LASTS, lambda: self._run(replay, archive, BusName(bus, region)))
        return {"ReplayArn": arn, "ReplayStartTime": now, "State": "STARTING"}

    def _run(self, replay: Replay, archive: Archive, bus: BusName) -> None:
        """Send the events of a replay, the oldest first."""
        if replay.state != "STARTING":
            replay.state = "CANCELLED"
            return
        rules = replay.destination.get("FilterArns")
        times = [(_instant(each.event["time"]), each.event) for each in archive.events(self._world.now())]
        for at, event in sorted(times, key=lambda pair: pair[0]):
            if replay.begins <= at <= replay.ends:
                replay.last = at
                self._replayed(_replayed_event(event, replay.name), bus, frozenset(rules) if rules else None)
        replay.state, replay.ended = "COMPLETED", self._world.now()

    def _describe_replay(self, body: Body, region: str) -> dict[str, Any]:
        replay = self._replay(body["ReplayName"], region)
        more = _given(ReplayArn=replay.arn, Description=replay.description, Destination=replay.destination)
        return {**replay.shown(), **more}

    def _list_replays(self, body: Body, region: str) -> dict[str, Any]:
        _one_filter("ListReplays", body)
        shown = [each.shown() for each in self._replays.get(region, {}).values()]
        return page("Replays", [each for each in shown if _passes(each, "ReplayName", body)], body)

    def _cancel_replay(self, body: Body, region: str) -> dict[str, Any]:
        replay = self._replay(body["ReplayName"], region)
        if replay.state != "STARTING":
            text = f"Replay {replay.name} is not in a valid state for this operation."
            raise AwsError("IllegalStatusException", text)
        replay.state = "CANCELLING"
        return {"ReplayArn": replay.arn, "State": "CANCELLING"}

    def _replay(self, name: str, region: str) -> Replay:
        replay = self._replays.get(region, {}).get(name)
        if replay is None:
            raise AwsError("ResourceNotFoundException", f"Replay {name} does not exist.")
        return replay


OPERATIONS: Final[Mapping[str, Callable[[Archives, Body, str], dict[str, Any]]]] = {
    "CancelReplay": Archives._cancel_replay,
    "CreateArchive": Archives._create_archive,
    "DeleteArchive": Archives._delete_archive,
    "DescribeArchive": Archives._describe_archive,
    "DescribeReplay": Archives._describe_replay,
    "ListArchives": Archives._list_archives,
    "ListReplays": Archives._list_replays,
    "StartReplay": Archives._start_replay,
    "UpdateArchive": Archives._update_archive,
}
"""The operations of archives and replays, all of which are answered here."""


def _replayed_event(event: dict[str, Json], name: str) -> dict[str, Json]:
    """The event with ``replay-name`` between its region and its resources."""
    found: dict[str, Json] = {}
    for key, value in event.items():
        if key == "resources":
            found["replay-name"] = name
        found[key] = value
    return found


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _invalid(parameter: str, reason: str) -> AwsError:
    return AwsError("ValidationException", f"Parameter {parameter} is not valid. Reason: {reason}")


def _one_filter(operation: str, body: Body) -> None:
    if sum(body.get(name) is not None for name in ("NamePrefix", "EventSourceArn", "State")) > 1:
        raise AwsError(
            "ValidationException",
            f"At most one filter is allowed for {operation}. Use either : State, EventSourceArn, or NamePrefix.",
        )


def _passes(shown: Mapping[str, Any], name: str, body: Body) -> bool:
    """Whether an archive or a replay is one of those that a listing asks for."""
    wanted = {each: body[each] for each in ("State", "EventSourceArn") if body.get(each) is not None}
    starts = shown[name].startswith(body.get("NamePrefix") or "")
    return starts and all(shown[each] == value for each, value in wanted.items())


def _instant(value: Any) -> datetime:
    """A time of a request, in seconds since 1970, or of an event, in ISO-8601; raises ``AwsError`` for another."""
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError):
        raise AwsError("SerializationException", f"{value!r} is not a timestamp") from None
