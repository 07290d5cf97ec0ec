"""What the report of a failing test tells of events and of rules that did not match them."""

import json

import boto3

from emulator import Emulator
from emulator.eventbridge.told import entry_lines

ENDS = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def _lines(emulator: Emulator) -> list[str]:
    bus = emulator.assembly.others.used_bus
    assert bus is not None
    return entry_lines(bus, emulator.region, can_ask=True)


def _rule(pattern: object, bus: str = "default") -> None:
    boto3.client("events").put_rule(Name="r", EventBusName=bus, EventPattern=json.dumps(pattern))


def test_status_changes_are_told_with_the_reason_of_a_misspelt_status(emulator: Emulator) -> None:
    _rule({"source": ["aws.states"], "detail": {"status": ["SUCCEDED"]}})
    emulator.run(ENDS)

    lines = _lines(emulator)

    assert lines[0].startswith("event on bus default: source aws.states, detail-type Step Functions Execution Status")
    assert lines[1].startswith("  rule r does not match: ")
    assert "SUCCEDED" in lines[1]
    assert emulator.bus.entries == []


def test_status_changes_are_not_told_where_no_rule_is_about_them(emulator: Emulator) -> None:
    _rule({"source": ["shop"]})
    emulator.run(ENDS)
    assert _lines(emulator) == ["no event was put on bus default, which has rule r"]


def test_an_entry_is_told_before_status_changes(emulator: Emulator) -> None:
    _rule({"source": ["aws.states", "shop"], "detail": {"status": ["SUCCEDED"]}})
    boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}])
    emulator.run(ENDS)
    lines = _lines(emulator)
    assert lines[0].startswith("event on bus default: source shop")


def test_a_rule_about_a_service_on_another_bus_is_told_where_services_put_their_events(emulator: Emulator) -> None:
    boto3.client("events").create_event_bus(Name="mine")
    _rule({"source": ["aws.states"]}, "mine")
    emulator.run(ENDS)
    assert _lines(emulator) == [
        "no event was put on bus mine, which has rule r; AWS services put their events on bus default"
    ]
