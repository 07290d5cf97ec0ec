"""Archives keep what their pattern matches, and a replay sends it again, with ``replay-name``."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator

ACCOUNT = "123456789012"
START = datetime(2030, 1, 1, tzinfo=UTC)
END = START + timedelta(days=1)


def bus_arn(name: str = "default", region: str = "us-east-1") -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/{name}"


@pytest.fixture
def events(emulator: Emulator) -> Any:
    return boto3.client("events")


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def archive(events: Any, name: str = "a", bus: str = "default", **more: Any) -> str:
    return str(events.create_archive(ArchiveName=name, EventSourceArn=bus_arn(bus), **more)["ArchiveArn"])


def put(events: Any, source: str = "shop", bus: str = "default", **more: Any) -> None:
    detail = json.dumps({"order": 7})
    entry = {"Source": source, "DetailType": "placed", "Detail": detail, "EventBusName": bus, **more}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0


def replay(events: Any, source: str, name: str = "again", bus: str = "default", **more: Any) -> Any:
    request = {"EventStartTime": START, "EventEndTime": END, **more}
    destination = {"Arn": bus_arn(bus), **request.pop("Destination", {})}
    return events.start_replay(ReplayName=name, EventSourceArn=source, Destination=destination, **request)


def test_an_archive_is_made_shown_changed_and_deleted(emulator: Emulator, events: Any) -> None:
    made, pattern = emulator.clock.now(), '{"source": ["shop"]}'
    created = events.create_archive(
        ArchiveName="a", EventSourceArn=bus_arn(), Description="orders", EventPattern=pattern, RetentionDays=3
    )
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:archive/a"
    del created["ResponseMetadata"]
    assert created == {"ArchiveArn": arn, "CreationTime": made, "State": "ENABLED"}
    shown = {"ArchiveName": "a", "CreationTime": made, "EventCount": 0, "EventSourceArn": bus_arn()}
    shown |= {"RetentionDays": 3, "SizeBytes": 0, "State": "ENABLED"}
    assert events.list_archives(NamePrefix="a")["Archives"] == [shown]
    assert events.list_archives(NamePrefix="b")["Archives"] == []
    described = events.describe_archive(ArchiveName="a")
    del described["ResponseMetadata"]
    assert described == {**shown, "ArchiveArn": arn, "Description": "orders", "EventPattern": pattern}
    updated = events.update_archive(ArchiveName="a", RetentionDays=1)
    del updated["ResponseMetadata"]
    assert updated == created
    assert events.describe_archive(ArchiveName="a")["RetentionDays"] == 1
    events.delete_archive(ArchiveName="a")
    assert events.list_archives()["Archives"] == []


def test_what_archives_refuse(events: Any) -> None:
    gone = ("ResourceNotFoundException", "Archive none does not exist.")
    assert refused(events.describe_archive, ArchiveName="none") == gone
    assert refused(events.delete_archive, ArchiveName="none") == gone
    assert refused(events.update_archive, ArchiveName="none", RetentionDays=1) == gone
    nothing = "At least one of EventPattern, RetentionDays or Description must be provided."
    assert refused(events.update_archive, ArchiveName="none") == ("ValidationException", nothing)
    missing = ("ResourceNotFoundException", "Event bus none does not exist.")
    assert refused(events.create_archive, ArchiveName="a", EventSourceArn=bus_arn("none")) == missing
    assert refused(events.list_archives, EventSourceArn=bus_arn("none")) == missing
    far = refused(events.create_archive, ArchiveName="a", EventSourceArn=bus_arn("default", "eu-west-1"))
    assert far == ("ResourceNotFoundException", "Event bus default does not exist.")
    archive(events)
    taken = ("ResourceAlreadyExistsException", "Archive a already exists.")
    assert refused(events.create_archive, ArchiveName="a", EventSourceArn=bus_arn()) == taken
    code, _ = refused(events.create_archive, ArchiveName="b", EventSourceArn=bus_arn(), EventPattern='{"a": 1}')
    assert code == "InvalidEventPatternException"
    code, text = refused(events.create_archive, ArchiveName="a b", EventSourceArn=bus_arn())
    assert (code, "at 'archiveName' failed to satisfy constraint" in text) == ("ValidationException", True)


def test_archives_are_listed_by_state_by_bus_and_in_pages(events: Any) -> None:
    events.create_event_bus(Name="shop")
    for number in range(5):
        archive(events, f"a{number}", "shop" if number % 2 else "default")

    def names(**request: Any) -> list[str]:
        return [each["ArchiveName"] for each in events.list_archives(**request)["Archives"]]

    assert names(EventSourceArn=bus_arn("shop")) == ["a1", "a3"]
    assert names(State="ENABLED") == [f"a{number}" for number in range(5)]
    assert names(State="DISABLED") == []
    first = events.list_archives(Limit=3)
    assert len(first["Archives"]) == 3
    assert names(NextToken=first["NextToken"]) == ["a3", "a4"]
    assert "NextToken" not in events.list_archives(NextToken=first["NextToken"])


def test_an_archive_keeps_what_its_pattern_matches(emulator: Emulator, events: Any) -> None:
    events.create_event_bus(Name="shop")
    archive(events, "orders", EventPattern='{"source": ["shop"]}')
    archive(events, "all")
    archive(events, "other", "shop")
    archive(events, "short", RetentionDays=1)
    for source in ("shop", "shop", "bank"):
        put(events, source)
    counts = {each["ArchiveName"]: each["EventCount"] for each in events.list_archives()["Archives"]}
    assert counts == {"orders": 2, "all": 3, "other": 0, "short": 3}
    size = len("shop") + len("placed") + len('{"order": 7}') + 20
    assert events.describe_archive(ArchiveName="orders")["SizeBytes"] == 2 * size
    emulator.clock.advance(days=2)
    assert events.describe_archive(ArchiveName="short")["EventCount"] == 0
    assert events.describe_archive(ArchiveName="all")["EventCount"] == 3


def test_a_replay_sends_what_was_kept(emulator: Emulator, events: Any) -> None:
    seen: list[Any] = []
    emulator.lambda_function("see", lambda event, _context: seen.append(event))
    source = archive(events)
    put(events)
    put(events, Time=START - timedelta(hours=1))
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:see"}])
    started = replay(events, source, Description="once more")
    assert (started["State"], started["ReplayStartTime"]) == ("STARTING", START)
    assert seen == []
    emulator.clock.advance(minutes=1)
    [event] = seen
    assert list(event)[6:9] == ["region", "replay-name", "resources"]
    assert (event["replay-name"], event["time"], event["detail"]) == ("again", "2030-01-01T00:00:00Z", {"order": 7})
    assert events.describe_archive(ArchiveName="a")["EventCount"] == 2, "a replayed event is not kept again"
    described = events.describe_replay(ReplayName="again")
    del described["ResponseMetadata"]
    assert described == {
        "ReplayName": "again",
        "ReplayArn": f"arn:aws:events:us-east-1:{ACCOUNT}:replay/again",
        "Description": "once more",
        "State": "COMPLETED",
        "EventSourceArn": source,
        "Destination": {"Arn": bus_arn()},
        "EventStartTime": START,
        "EventEndTime": END,
        "EventLastReplayedTime": START,
        "ReplayStartTime": START,
        "ReplayEndTime": START + timedelta(minutes=1),
    }
    code, _ = refused(events.cancel_replay, ReplayName="again")
    assert code == "IllegalStatusException"


def test_a_replay_for_some_rules(emulator: Emulator, events: Any) -> None:
    seen: list[str] = []
    emulator.lambda_function("one", lambda event, _context: seen.append("one"))
    emulator.lambda_function("two", lambda event, _context: seen.append("two"))
    source = archive(events)
    put(events)
    arns = {}
    for name in ("one", "two"):
        arns[name] = events.put_rule(Name=name, EventPattern='{"source": ["shop"]}')["RuleArn"]
        target = {"Id": "t", "Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"}
        events.put_targets(Rule=name, Targets=[target])
    replay(events, source, Destination={"FilterArns": [arns["two"]]})
    emulator.clock.advance(minutes=1)
    assert seen == ["two"]


def test_a_replay_is_cancelled(emulator: Emulator, events: Any) -> None:
    seen: list[Any] = []
    emulator.lambda_function("see", lambda event, _context: seen.append(event))
    source = archive(events)
    put(events)
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:see"}])
    replay(events, source)
    assert events.cancel_replay(ReplayName="again")["State"] == "CANCELLING"
    emulator.clock.advance(minutes=2)
    assert events.list_replays(State="CANCELLED")["Replays"][0]["ReplayName"] == "again"
    assert seen == []


def test_what_replays_refuse(events: Any) -> None:
    events.create_event_bus(Name="shop")
    source = archive(events)

    def told(**more: Any) -> tuple[str, str]:
        return refused(lambda **request: replay(events, request.pop("source", source), **request), **more)

    wrong = "ValidationException"
    assert told(bus="none") == ("ResourceNotFoundException", "Event bus none does not exist.")
    not_before = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
    assert told(EventEndTime=START) == (wrong, not_before)
    assert told(EventEndTime=START - timedelta(hours=1), bus="shop") == (wrong, not_before)
    across = "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
    assert told(bus="shop") == (wrong, across)
    missing = "Parameter EventSourceArn is not valid. Reason: Archive none does not exist."
    assert told(source=source.replace("/a", "/none")) == (wrong, missing)
    gone = ("ResourceNotFoundException", "Replay none does not exist.")
    assert refused(events.describe_replay, ReplayName="none") == gone
    assert refused(events.cancel_replay, ReplayName="none") == gone
    for number in range(10):
        replay(events, source, f"r{number}")
    assert told(name="r3") == ("ResourceAlreadyExistsException", "Replay r3 already exists.")
    full = ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    assert told(name="r10") == full
    assert [each["ReplayName"] for each in events.list_replays(NamePrefix="r1")["Replays"]] == ["r1"]
