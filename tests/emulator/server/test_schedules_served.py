"""Schedules over HTTP: of other programs, by the served clock, and in real time."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.emulator.server.served import ROLE, Served

PREPARED = "arn:aws:states:us-east-1:123456789012:stateMachine:prepared"


def rule(served: Served) -> None:
    events = served.client("events")
    events.put_rule(Name="every-minute", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="every-minute", Targets=[{"Id": "t", "Arn": PREPARED, "RoleArn": ROLE}])


def inputs(served: Served) -> list[Any]:
    """The inputs of the executions, the oldest first."""
    states = served.client("stepfunctions")
    listed = states.list_executions(stateMachineArn=PREPARED)["executions"]
    described = [states.describe_execution(executionArn=each["executionArn"]) for each in listed]
    return [json.loads(each["input"]) for each in sorted(described, key=lambda each: each["startDate"])]


def test_a_rule_fires_as_the_served_clock_advances(served: Served) -> None:
    rule(served)
    status, told, _ = served.send("POST", "/_emulator/clock", {"minutes": 3}, Content_Type="application/json")
    assert (status, told["next"]) == (200, "2031-05-04T00:04:00Z: rule every-minute")
    assert [each["time"][11:16] for each in inputs(served)] == ["00:01", "00:02", "00:03"]


def test_a_schedule_of_another_program_fires(served: Served) -> None:
    scheduler = served.client("scheduler")
    target = {"Arn": PREPARED, "RoleArn": ROLE, "Input": '{"at": "<aws.scheduler.scheduled-time>"}'}
    window = {"Mode": "OFF"}
    scheduler.create_schedule(
        Name="s",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow=window,
        Target=target,
        EndDate=datetime(2031, 5, 4, 2, tzinfo=UTC),
    )
    assert inputs(served) == [{"at": "2031-05-04T00:00:00Z"}]
    served.send("POST", "/_emulator/clock", {"hours": 2}, Content_Type="application/json")
    assert len(inputs(served)) == 3
    scheduler.delete_schedule(Name="s")
    served.send("POST", "/_emulator/clock", {"hours": 2}, Content_Type="application/json")
    assert len(inputs(served)) == 3


def test_a_schedule_fires_in_real_time(real: Served) -> None:
    real.client("scheduler").create_schedule(
        Name="soon",
        ScheduleExpression="at(2031-05-04T00:00:01)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": PREPARED, "RoleArn": ROLE, "Input": '{"n": 7}'},
    )
    assert real.over.wait(20)
    assert inputs(real) == [{"n": 7}]
