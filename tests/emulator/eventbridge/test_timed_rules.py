"""Rules with a schedule fire on the virtual clock: when, what they send, and who waits for them."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, StuckExecutionError

START = datetime(2030, 1, 1, tzinfo=UTC)
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:work"


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def function(emulator: Emulator, name: str = "f") -> tuple[str, list[Any]]:
    """A function's ARN, and the events that it gets."""
    got: list[Any] = []
    return str(emulator.lambda_function(name, lambda event, context: got.append(event))), got


def timed(emulator: Emulator, expression: str, arn: str, name: str = "timed", **more: Any) -> Any:
    """A rule with a schedule and one target; returns the client."""
    events = emulator.client("events")
    events.put_rule(Name=name, ScheduleExpression=expression)
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn, **more}])
    return events


def stamps(events: list[Any]) -> list[str]:
    return [event["time"][5:-1] for event in events]


# What AWS refuses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression", ["rate(7 minute)", "rate(1 hours)", "cron(0 9 * * * *)", "at(2030-01-01T00:00:00)"]
)
def test_a_rule_with_a_wrong_expression_is_refused_in_awss_words(emulator: Emulator, expression: str) -> None:
    put_rule = emulator.client("events").put_rule
    told = refused(put_rule, Name="r", ScheduleExpression=expression)
    assert told == ("ValidationException", "Parameter ScheduleExpression is not valid.")
    assert refused(put_rule, Name="r", ScheduleExpression=expression, State="DISABLED") == told


def test_a_schedule_is_for_the_default_bus_only(emulator: Emulator) -> None:
    events = emulator.client("events")
    events.create_event_bus(Name="shop")
    found = refused(events.put_rule, Name="r", EventBusName="shop", ScheduleExpression="rate(1 hour)")
    assert found == ("ValidationException", "ScheduleExpression is supported only on the default event bus.")


def test_a_rule_with_a_schedule_is_stored_and_shown(emulator: Emulator) -> None:
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
    assert emulator.clock.next_at is None  # no target: nothing would come of it


# What it sends, and when ---------------------------------------------------------------------------------------------


def test_an_hour_of_a_rate_of_one_minute_is_sixty_events_with_sixty_stamps(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn)

    emulator.clock.advance(hours=1)

    assert [event["time"] for event in got] == [
        f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}" for minute in range(1, 61)
    ]
    assert len({event["id"] for event in got}) == 60
    assert list(got[0].items())[2:] == [
        ("detail-type", "Scheduled Event"),
        ("source", "aws.events"),
        ("account", "123456789012"),
        ("time", "2030-01-01T00:01:00Z"),
        ("region", "us-east-1"),
        ("resources", ["arn:aws:events:us-east-1:123456789012:rule/timed"]),
        ("detail", {}),
    ]


def test_a_cron_comes_in_its_minute_in_utc(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "cron(30 9 ? * MON-FRI *)", arn)
    emulator.clock.advance(days=7)
    assert stamps(got) == [f"01-0{day}T09:30:00" for day in (1, 2, 3, 4, 7)]


def test_the_input_of_a_target_replaces_the_event(emulator: Emulator) -> None:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    transformer = {"InputPathsMap": {"at": "$.time"}, "InputTemplate": '{"at": <at>, "by": "<aws.events.rule-name>"}'}
    queue = "arn:aws:sqs:us-east-1:123456789012:q"
    timed(emulator, "rate(2 hours)", queue, Input=json.dumps({"job": 7}))
    timed(emulator, "rate(2 hours)", queue, name="other", InputTransformer=transformer)

    emulator.clock.advance(hours=2)

    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(each["Body"]) for each in messages] == [
        {"job": 7},
        {"at": "2030-01-01T02:00:00Z", "by": "other"},
    ]


def test_a_machine_is_started_at_each_time(emulator: Emulator) -> None:
    machine = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 90, "End": True}}})
    timed(emulator, "rate(1 minute)", machine.arn, RoleArn=machine.role_arn)
    emulator.clock.advance(minutes=3)
    assert [each.status for each in emulator.executions] == ["SUCCEEDED", "RUNNING", "RUNNING"]
    assert [each.input["time"][11:16] for each in emulator.executions] == ["00:01", "00:02", "00:03"]
    assert [each.started_at - START for each in emulator.executions] == [timedelta(minutes=n) for n in (1, 2, 3)]


def test_a_rule_is_of_its_own_region(emulator: Emulator) -> None:
    got: list[Any] = []
    arn = emulator.lambda_function("far", lambda event, context: got.append(event), region="eu-west-1")
    events = emulator.client("events", region="eu-west-1")
    events.put_rule(Name="far", ScheduleExpression="cron(30 0 * * ? *)")
    events.put_targets(Rule="far", Targets=[{"Id": "t", "Arn": arn}])
    emulator.clock.advance(hours=1)
    assert [event["region"] for event in got] == ["eu-west-1"]


def test_a_rule_with_a_pattern_as_well_gets_both(emulator: Emulator) -> None:
    arn, got = function(emulator)
    events = emulator.client("events")
    pattern = json.dumps({"source": ["shop"]})
    events.put_rule(Name="both", ScheduleExpression="rate(1 minute)", EventPattern=pattern)
    events.put_targets(Rule="both", Targets=[{"Id": "t", "Arn": arn}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    emulator.clock.advance(minutes=1)
    assert [event["source"] for event in got] == ["shop", "aws.events"]


def test_put_events_does_not_trigger_a_rule_with_a_schedule_alone(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn).put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
    assert got == []


# Changed on the way --------------------------------------------------------------------------------------------------


def test_a_rate_is_counted_from_the_call_that_gave_it(emulator: Emulator) -> None:
    arn, got = function(emulator)
    events = emulator.client("events")
    events.put_rule(Name="r", ScheduleExpression="rate(10 minutes)")
    emulator.clock.advance(minutes=4)
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    emulator.clock.advance(minutes=8)  # 00:12
    events.disable_rule(Name="r")
    emulator.clock.advance(minutes=20)  # 00:32
    events.enable_rule(Name="r")
    emulator.clock.advance(minutes=10)  # 00:42
    assert stamps(got) == ["01-01T00:10:00", "01-01T00:40:00"]
    events.put_rule(Name="r", ScheduleExpression="rate(3 minutes)")
    emulator.clock.advance(minutes=7)
    assert stamps(got)[2:] == ["01-01T00:45:00", "01-01T00:48:00"]


def test_a_rule_without_targets_or_deleted_sends_nothing_more(emulator: Emulator) -> None:
    arn, got = function(emulator)
    events = timed(emulator, "rate(1 minute)", arn)
    emulator.clock.advance(minutes=2)
    events.remove_targets(Rule="timed", Ids=["t"])
    emulator.clock.advance(minutes=5)
    events.delete_rule(Name="timed")
    emulator.clock.advance(days=1)
    assert (len(got), emulator.clock.next_at) == (2, None)


def test_a_rule_whose_schedule_is_taken_away_fires_no_more(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn).put_rule(Name="timed", EventPattern=json.dumps({"source": ["shop"]}))
    emulator.clock.advance(hours=1)
    assert got == []


def test_its_own_function_may_end_it(emulator: Emulator) -> None:
    got: list[Any] = []

    def once(event: Any, context: Any) -> None:
        got.append(event)
        boto3.client("events").disable_rule(Name="timed")

    timed(emulator, "rate(1 minute)", emulator.lambda_function("once", once))
    emulator.clock.advance(hours=1)
    assert stamps(got) == ["01-01T00:01:00"]


# Who waits for it ----------------------------------------------------------------------------------------------------


def test_nothing_fires_at_one_instant_and_a_run_does_not_wait_for_it(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn)
    emulator.assembly.settle()
    run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    assert (run.status, got, emulator.clock.now()) == ("SUCCEEDED", [], START)
    assert emulator.run_until(lambda: bool(got)) is False


def test_a_machine_that_waits_a_week_sees_every_time_of_it(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 hour)", arn)
    run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 7 * 86_400, "End": True}}})
    assert (run.status, len(got)) == ("SUCCEEDED", 7 * 24)


def test_a_client_that_polls_goes_on_to_the_end_of_a_wait(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn)
    execution = emulator.start({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    states = boto3.client("stepfunctions")
    told = [states.describe_execution(executionArn=execution.arn)["status"] for _ in range(2)]
    assert (told, len(got)) == (["RUNNING", "SUCCEEDED"], 60)


def test_a_sleep_of_a_handler_brings_its_times(emulator: Emulator) -> None:
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn)

    def slow(event: Any, context: Any) -> int:
        time.sleep(150)  # noqa: TID251 - a handler sleeps
        return len(got)

    emulator.lambda_function("slow", slow)
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:slow", "End": True}
    assert emulator.run({"StartAt": "A", "States": {"A": task}}).output == 2


def test_an_execution_that_only_a_schedule_could_end_is_told_so(emulator: Emulator) -> None:
    arn, _ = function(emulator)
    timed(emulator, "rate(1 minute)", arn)
    queue = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    with pytest.raises(StuckExecutionError, match=r"next is 2030-01-01T00:01:00Z: rule timed, which no run waits for"):
        emulator.run({"StartAt": "A", "States": {"A": task}})


def test_many_times_of_a_rule_are_no_work_without_end(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.causes.BRANCHES", 20)
    arn, got = function(emulator)
    timed(emulator, "rate(1 minute)", arn)
    emulator.run({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1800, "End": True}}}).assert_succeeded()
    assert len(got) == 30


# What comes next -----------------------------------------------------------------------------------------------------


def test_the_clock_says_what_comes_next(emulator: Emulator) -> None:
    assert repr(emulator.clock) == "<EmulatorClock at 2030-01-01T00:00:00Z, nothing is due>"
    assert (emulator.clock.next_at, emulator.clock.next_text) == (None, "")
    arn, _ = function(emulator)
    timed(emulator, "rate(1 minute)", arn, name="every-minute")
    assert emulator.clock.next_at == START + timedelta(minutes=1)
    assert emulator.clock.next_text == "2030-01-01T00:01:00Z: rule every-minute"
    assert repr(emulator.clock) == (
        "<EmulatorClock at 2030-01-01T00:00:00Z, next 2030-01-01T00:01:00Z: rule every-minute>"
    )
    flow = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 20, "End": True}}}
    emulator.start(flow, name="order-7")
    assert emulator.clock.next_text == "2030-01-01T00:00:20Z: execution order-7: the end of state Rest"


def test_a_report_says_what_comes_next_but_for_an_executions_own_limit(emulator: Emulator) -> None:
    from emulator import pytest_plugin

    flow = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": ACTIVITY, "End": True}}}
    emulator.client("stepfunctions").create_activity(name="work")
    emulator.start(flow)
    assert emulator.clock.next_text.endswith(": the time limit")
    assert pytest_plugin._now(emulator) == "2030-01-01T00:00:00Z"
    arn, _ = function(emulator)
    timed(emulator, "rate(1 minute)", arn)
    assert pytest_plugin._now(emulator) == "2030-01-01T00:00:00Z, next is 2030-01-01T00:01:00Z: rule timed"
