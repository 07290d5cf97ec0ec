"""Schedules that are taken and do not fire: what AWS refuses, and what a test is told once a time has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import BlockedCallError, Emulator, NotEmulatedError

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
TARGET = {"Arn": QUEUE, "RoleArn": "arn:aws:iam::123456789012:role/r"}
OFF = {"Mode": "OFF"}


@contextmanager
def told(*parts: str, **options: Any) -> Iterator[Emulator]:
    """An emulator whose test is told of schedules at its end, of each in these words; of none without words."""
    emulator = Emulator(**options)
    emulator.__enter__()
    yield emulator
    if not parts:
        emulator.close()
        return
    with pytest.raises(BlockedCallError) as caught:
        emulator.close()
    for part in parts:
        assert part in str(caught.value)


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def schedule(emulator: Emulator, expression: str, **more: Any) -> Any:
    client = emulator.client("scheduler")
    request = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": TARGET, **more}
    return client.create_schedule(**request)


def hourly(emulator: Emulator, **more: Any) -> Any:
    events = emulator.client("events")
    events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", **more)
    events.put_targets(Rule="hourly", Targets=[{"Id": "t", "Arn": QUEUE}])
    return events


# What AWS refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression", ["rate(7 minute)", "rate(1 hours)", "cron(0 9 * * * *)", "at(2030-01-01T00:00:00)"]
)
def test_a_rule_with_a_wrong_expression_is_refused_in_awss_words(emulator: Emulator, expression: str) -> None:
    put_rule = emulator.client("events").put_rule
    told = refused(put_rule, Name="r", ScheduleExpression=expression)
    assert told == ("ValidationException", "Parameter ScheduleExpression is not valid.")
    assert refused(put_rule, Name="r", ScheduleExpression=expression, State="DISABLED") == told


@pytest.mark.parametrize("operation", ["create_schedule", "update_schedule"])
@pytest.mark.parametrize(
    "expression", ["rate(7 weeks)", " rate(7 days)", "cron(61 9 * * ? *)", "at(2030-01-01)", "cron()"]
)
def test_a_schedule_with_a_wrong_expression_is_refused_in_awss_words(
    emulator: Emulator, operation: str, expression: str
) -> None:
    call = getattr(emulator.client("scheduler"), operation)
    request = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": TARGET}
    assert refused(call, **request) == ("ValidationException", f"Invalid Schedule Expression {expression}.")
    assert refused(call, **request, State="DISABLED")[1] == f"Invalid Schedule Expression {expression}."


def test_a_schedule_is_for_the_default_bus_only(emulator: Emulator) -> None:
    events = emulator.client("events")
    events.create_event_bus(Name="shop")
    found = refused(events.put_rule, Name="r", EventBusName="shop", ScheduleExpression="rate(1 hour)")
    assert found == ("ValidationException", "ScheduleExpression is supported only on the default event bus.")


def test_a_zone_that_does_not_exist_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="Timezone Europe/Nowhere"):
        schedule(emulator, "cron(0 9 * * ? *)", ScheduleExpressionTimezone="Europe/Nowhere")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
            "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.",
        ),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
        ),
        (
            {"StartDate": datetime(2031, 1, 1, tzinfo=UTC), "EndDate": datetime(2030, 6, 1, tzinfo=UTC)},
            "The StartDate you specify must come before the EndDate.",
        ),
    ],
)
def test_windows_and_dates_that_do_not_fit_are_refused(emulator: Emulator, more: Any, text: str) -> None:
    call = emulator.client("scheduler").create_schedule
    request = {"Name": "s", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": OFF, "Target": TARGET, **more}
    assert refused(call, **request) == ("ValidationException", text)


def test_a_schedule_that_a_task_makes_is_told_with_its_state() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:scheduler:createSchedule",
        "Parameters": {
            "Name": "s",
            "ScheduleExpression": "cron(0 9 * * ? *)",
            "FlexibleTimeWindow": OFF,
            "Target": TARGET,
        },
        "End": True,
    }
    with told("was due at 2030-01-01T09:00:00Z", "in state Plan of execution") as emulator:
        emulator.run({"StartAt": "Plan", "States": {"Plan": task}}).assert_succeeded()
        emulator.clock.advance(days=1)


# Rules ---------------------------------------------------------------------------------------------------------------


def test_a_rule_with_a_schedule_is_stored_and_shown() -> None:
    with told() as emulator:
        events = emulator.client("events")
        arn = events.put_rule(Name="r", ScheduleExpression="cron(0 9 ? * MON *)")["RuleArn"]
        [rule] = events.list_rules()["Rules"]
        assert rule == {
            "Arn": arn,
            "EventBusName": "default",
            "Name": "r",
            "ScheduleExpression": "cron(0 9 ? * MON *)",
            "State": "ENABLED",
        }
        emulator.clock.advance(days=30)  # no target: nothing would come of it


def test_a_rule_with_a_target_is_told_when_its_time_has_come() -> None:
    line = "events:PutRule: rule hourly, rate(1 hour), was due at 2030-01-01T01:00:00Z"
    with told(line, "test_due.py:", "accepted_calls=['events:PutRule']") as emulator:
        hourly(emulator)
        emulator.clock.advance(minutes=59)
        assert emulator.blocked == []
        emulator.clock.advance(minutes=1)


def test_nothing_is_told_before_the_time() -> None:
    with told() as emulator:
        hourly(emulator)
        emulator.clock.advance(minutes=59)


def test_a_rule_that_was_disabled_or_deleted_in_time_promises_nothing() -> None:
    with told() as emulator:
        events = hourly(emulator)
        emulator.clock.advance(minutes=30)
        events.disable_rule(Name="hourly")
        emulator.clock.advance(hours=2)
        events.enable_rule(Name="hourly")
        events.put_rule(Name="hourly", ScheduleExpression="rate(2 hours)")
        emulator.clock.advance(minutes=90)
        events.remove_targets(Rule="hourly", Ids=["t"])
        events.delete_rule(Name="hourly")
        emulator.clock.advance(days=2)


def test_a_rule_that_was_disabled_too_late_is_told() -> None:
    with told("rule hourly, rate(1 hour), was due at 2030-01-01T01:00:00Z") as emulator:
        events = hourly(emulator)
        emulator.clock.advance(hours=3)
        events.disable_rule(Name="hourly")


def test_a_rule_that_is_enabled_later_is_told_by_that_call() -> None:
    with told("events:EnableRule: rule hourly, rate(1 hour), was due at 2030-01-02T01:00:00Z") as emulator:
        events = hourly(emulator, State="DISABLED")
        emulator.clock.advance(days=1)
        events.enable_rule(Name="hourly")
        emulator.clock.advance(hours=5)


@pytest.mark.parametrize("calls", [["events:PutRule"], ["events:PutRule", "events:EnableRule"]])
def test_a_call_that_the_test_accepts_is_not_told(calls: list[str]) -> None:
    with told(accepted_calls=calls) as emulator:
        hourly(emulator)
        emulator.clock.advance(days=1)


def test_a_rule_is_followed_in_its_own_region() -> None:
    with told("rule far, cron(30 0 * * ? *), was due at 2030-01-01T00:30:00Z") as emulator:
        events = emulator.client("events", region="eu-west-1")
        events.put_rule(Name="far", ScheduleExpression="cron(30 0 * * ? *)")
        events.put_targets(Rule="far", Targets=[{"Id": "t", "Arn": QUEUE.replace("us-east-1", "eu-west-1")}])
        emulator.clock.advance(hours=1)


# EventBridge Scheduler -------------------------------------------------------------------------------------------


def test_a_schedule_is_stored_and_shown() -> None:
    with told() as emulator:
        arn = schedule(emulator, "cron(0 9 ? * MON *)")["ScheduleArn"]
        found = emulator.client("scheduler").get_schedule(Name="s")
        assert (found["Arn"], found["ActionAfterCompletion"]) == (arn, "NONE")
        assert (found["ScheduleExpressionTimezone"], found["State"]) == ("UTC", "ENABLED")


def test_a_schedule_that_is_updated_is_enabled_unless_told_otherwise() -> None:
    with told() as emulator:
        client = emulator.client("scheduler")
        schedule(emulator, "cron(0 9 ? * MON *)", State="DISABLED")
        request = {"ScheduleExpression": "cron(0 9 ? * TUE *)", "FlexibleTimeWindow": OFF, "Target": TARGET}
        client.update_schedule(Name="s", **request)
        assert client.get_schedule(Name="s")["State"] == "ENABLED"


@pytest.mark.parametrize(
    ("wrong", "code", "text"),
    [
        ({"ScheduleExpression": 7}, "SerializationException", "ScheduleExpression must be a string, not int"),
        (
            {"Target": {"Arn": QUEUE}},
            "ValidationException",
            "Value null at 'target.roleArn' failed to satisfy constraint",
        ),
        ({"Name": "a b"}, "ValidationException", "Value 'a b' at 'name' failed to satisfy constraint"),
    ],
)
def test_members_of_a_schedule_are_checked(emulator: Emulator, wrong: Any, code: str, text: str) -> None:
    client = boto3.client("scheduler", config=Config(parameter_validation=False))
    request = {"Name": "s", "ScheduleExpression": "cron(0 9 * * ? *)", "FlexibleTimeWindow": OFF, "Target": TARGET}
    found = refused(client.create_schedule, **{**request, **wrong})
    assert found[0] == code
    assert text in found[1]


def test_a_group_that_does_not_exist_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="Schedule group none does not exist"):
        schedule(emulator, "cron(0 9 ? * MON *)", GroupName="none")


@pytest.mark.parametrize(
    ("expression", "more", "at"),
    [
        ("cron(30 9 * * ? *)", {}, "01T09:30"),
        ("cron(30 9 * * ? *)", {"ScheduleExpressionTimezone": "Asia/Tokyo"}, "01T00:30"),
        (
            "at(2030-01-02T00:00:00)",
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}},
            "02T00:15",
        ),
        ("rate(1 hour)", {"StartDate": timedelta(days=1)}, "02T00:00"),
    ],
)
def test_a_schedule_is_told_when_its_time_has_come(expression: str, more: dict[str, Any], at: str) -> None:
    with told(f"scheduler:CreateSchedule: schedule default/s, {expression}, was due at 2030-01-{at}:00Z") as emulator:
        begin = {name: emulator.clock.now() + value for name, value in more.items() if name == "StartDate"}
        schedule(emulator, expression, **{**more, **begin})
        emulator.clock.advance(days=2)


def test_a_rate_of_eventbridge_scheduler_begins_at_once_and_is_refused(emulator: Emulator) -> None:
    with pytest.raises(NotEmulatedError, match=r"scheduler:CreateSchedule is not emulated: rate\(1 hour\) without"):
        schedule(emulator, "rate(1 hour)")


def test_what_a_schedule_does_not_promise() -> None:
    with told() as emulator:
        client = emulator.client("scheduler")
        schedule(emulator, "at(2000-01-01T00:00:00)", Name="past")
        schedule(emulator, "cron(0 9 * * ? *)", Name="off", State="DISABLED")
        schedule(emulator, "cron(0 9 * * ? *)", Name="ended", EndDate=emulator.clock.now() + timedelta(hours=1))
        schedule(emulator, "cron(0 9 * * ? *)", Name="deleted")
        client.create_schedule_group(Name="g")
        schedule(emulator, "cron(0 9 * * ? *)", Name="grouped", GroupName="g")
        schedule(emulator, "cron(0 9 * * ? *)", Name="changed")
        client.delete_schedule(Name="deleted")
        client.delete_schedule_group(Name="g")
        client.update_schedule(
            Name="changed", ScheduleExpression="cron(0 9 ? * MON 2040)", FlexibleTimeWindow=OFF, Target=TARGET
        )
        emulator.clock.advance(days=2)


# When it is told ---------------------------------------------------------------------------------------------------


def test_a_schedule_that_came_due_is_in_blocked_at_once(emulator: Emulator) -> None:
    hourly(emulator)
    emulator.clock.advance(minutes=59)
    assert emulator.blocked == []

    emulator.clock.advance(minutes=2)

    assert [getattr(call, "operation", "") for call in emulator.blocked] == ["events:PutRule"]
    emulator.blocked.clear()


def test_the_headline_says_that_a_schedule_was_due_and_that_no_call_was_refused() -> None:
    headline = (
        "1 schedule was due and did not fire; the result may be untrue:\n  events:PutRule: rule hourly, rate(1 hour)"
    )
    with told(headline, "(put at ", "test_due.py:") as emulator:
        hourly(emulator)
        emulator.clock.advance(hours=2)


def test_a_rate_of_the_scheduler_is_refused_with_the_reason(emulator: Emulator) -> None:
    reason = (
        r"without a later StartDate fires as soon as it is made.*\n    fix: give a rate a later StartDate.*accepted_"
    )
    with pytest.raises(NotEmulatedError, match=r"rate\(5 minutes\) " + reason):
        schedule(emulator, "rate(5 minutes)")
