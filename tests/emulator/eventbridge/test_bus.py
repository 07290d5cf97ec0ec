"""Rules by plain boto3: what is put reaches state machines, functions, queues and other buses, or is told not to have.

Facts of EventBridge: user guide, "Event bus targets", "Input transformation", "Event patterns".
"""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from asl.values import Json
from emulator import Emulator, EmulatorError, NotEmulatedError
from emulator.clock import DEFAULT_START

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ROLE = "arn:aws:iam::123456789012:role/r"
PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.fixture
def events(emulator: Emulator) -> "EventBridgeClient":
    client: EventBridgeClient = boto3.client("events")
    assert client.meta.region_name == emulator.region
    return client


def rule(events: "EventBridgeClient", target: str, name: str = "placed", bus: str = "default", **more: Any) -> None:
    """A rule for events of the source ``shop``, with one target."""
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["shop"]}), EventBusName=bus)
    targets: Any = [{"Id": "one", "Arn": target, **({"RoleArn": ROLE} if ":states:" in target else {}), **more}]
    events.put_targets(Rule=name, EventBusName=bus, Targets=targets)


def put(events: "EventBridgeClient", detail: Any = None, **more: Any) -> None:
    entry: Any = {"Source": "shop", "DetailType": "placed", "Detail": json.dumps(detail or {}), **more}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_an_event_starts_an_execution_with_the_whole_event(emulator: Emulator, events: "EventBridgeClient") -> None:
    rule(events, emulator.state_machine(PASS, name="order").arn)
    emulator.clock.advance(seconds=5)
    put(events, {"order": 7}, Resources=["arn:aws:s3:::b"])
    (run,) = emulator.executions
    event = run.input
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "placed",
        "source": "shop",
        "account": "123456789012",
        "time": "2030-01-01T00:00:05Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::b"],
        "detail": {"order": 7},
    }
    assert (run.status, run.name.startswith(event["id"])) == ("SUCCEEDED", True)
    assert emulator.bus.undelivered == []


def test_an_event_calls_a_function(emulator: Emulator, events: "EventBridgeClient") -> None:
    calls: list[Any] = []
    rule(events, emulator.lambda_function("f", lambda event, _: calls.append(event["detail"])))
    put(events, {"order": 7})
    assert calls == [{"order": 7}]


def test_an_event_reaches_a_queue(emulator: Emulator, events: "EventBridgeClient") -> None:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    rule(events, "arn:aws:sqs:us-east-1:123456789012:orders")
    put(events, {"order": 7})
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"order": 7}


def test_an_event_reaches_a_topic(emulator: Emulator, events: "EventBridgeClient") -> None:
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:orders")
    rule(events, topic, Input='{"fixed": true}')
    put(events)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(json.loads(message["Body"])["Message"]) == {"fixed": True}


def test_an_event_goes_on_to_another_bus(emulator: Emulator, events: "EventBridgeClient") -> None:
    bus = events.create_event_bus(Name="audit")["EventBusArn"]
    rule(events, bus)
    rule(events, emulator.state_machine(PASS, name="audit").arn, name="audit", bus="audit")
    put(events, {"order": 7})
    (run,) = emulator.executions
    assert (run.state_machine.name, run.input["detail"]) == ("audit", {"order": 7})


def test_an_entry_is_put_on_the_bus_that_it_names(emulator: Emulator, events: "EventBridgeClient") -> None:
    arn = events.create_event_bus(Name="audit")["EventBusArn"]
    rule(events, emulator.state_machine(PASS, name="order").arn, bus="audit")
    put(events)
    assert emulator.executions == []
    put(events, EventBusName="audit")
    put(events, EventBusName=arn)
    assert len(emulator.executions) == 2


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail"}, {"order": 7, "who": "Zoë"}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"order": "$.detail.order", "who": "$.detail.who"},
                    "InputTemplate": '{"number": <order>, "text": "for <who>"}',
                }
            },
            {"number": 7, "text": "for Zoë"},
        ),
        ({"InputTransformer": {"InputTemplate": '{"rule": <aws.events.rule-name>}'}}, {"rule": "placed"}),
    ],
)
def test_a_target_shapes_its_input(
    emulator: Emulator, events: "EventBridgeClient", shape: dict[str, Any], given: Any
) -> None:
    rule(events, emulator.state_machine(PASS, name="order").arn, **shape)
    put(events, {"order": 7, "who": "Zoë"})
    assert [run.input for run in emulator.executions] == [given]


def test_an_event_that_does_not_match_leads_to_nothing(emulator: Emulator, events: "EventBridgeClient") -> None:
    rule(events, emulator.state_machine(PASS, name="order").arn)
    put(events, Source="bank")
    assert (emulator.executions, emulator.bus.undelivered) == ([], [])
    assert [entry["Source"] for entry in emulator.bus.entries] == ["bank"]


def test_a_rule_can_be_disabled_enabled_changed_and_deleted(emulator: Emulator, events: "EventBridgeClient") -> None:
    rule(events, emulator.state_machine(PASS, name="order").arn)

    def started() -> int:
        before = len(emulator.executions)
        put(events)
        return len(emulator.executions) - before

    counts = [started()]
    events.disable_rule(Name="placed")
    counts.append(started())
    events.enable_rule(Name="placed")
    counts.append(started())
    events.put_rule(Name="placed", EventPattern='{"source": ["bank"]}')
    counts.append(started())
    events.put_rule(Name="placed", EventPattern='{"source": [{"prefix": "sh"}]}')
    counts.append(started())
    events.remove_targets(Rule="placed", Ids=["one"])
    counts.append(started())
    events.delete_rule(Name="placed")
    assert [*counts, started()] == [1, 0, 1, 0, 1, 0, 0]


def test_one_event_may_reach_several_targets_of_several_rules(emulator: Emulator, events: "EventBridgeClient") -> None:
    for name in ("a", "b"):
        rule(events, emulator.state_machine(PASS, name=name).arn, name=name)
    events.put_targets(
        Rule="a", Targets=[{"Id": "two", "Arn": emulator.state_machine(PASS, name="c").arn, "RoleArn": ROLE}]
    )
    put(events)
    assert sorted(run.state_machine.name for run in emulator.executions) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("arn:aws:states:us-east-1:123456789012:stateMachine:gone", "there is no state machine "),
        ("arn:aws:lambda:us-east-1:123456789012:function:gone", "there is no function "),
        ("arn:aws:sqs:us-east-1:123456789012:gone", "there is no queue "),
        ("arn:aws:sns:us-east-1:123456789012:gone", "there is no topic "),
    ],
)
def test_what_does_not_arrive_is_told(
    emulator: Emulator, events: "EventBridgeClient", target: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    rule(events, target)
    put(events, {"order": 7})
    (missing,) = emulator.bus.undelivered
    assert (missing.rule, missing.target, missing.reason) == ("placed", target, reason + target)
    assert missing.event["detail"] == {"order": 7}
    assert f"EventBridge rule placed could not deliver to {target}: {reason}" in caplog.text


@pytest.mark.emulator(region="eu-central-1")
def test_explain_looks_in_the_emulators_region(emulator: Emulator) -> None:
    emulator.client("events").put_rule(Name="wrong", EventPattern='{"source": ["bank"]}')
    emulator.client("events", region="us-east-1").put_rule(Name="far", EventPattern='{"source": ["shop"]}')
    event: dict[str, Json] = {"source": "shop", "detail-type": "placed", "detail": {}}
    assert list(emulator.bus.explain(event)) == ["wrong"]
    assert emulator.bus.explain(event, region="us-east-1") == {"far": []}


def test_explain_says_why_rules_do_not_match(emulator: Emulator, events: "EventBridgeClient") -> None:
    rule(events, emulator.state_machine(PASS, name="order").arn, name="right")
    events.put_rule(Name="wrong", EventPattern='{"source": ["bank"], "detail": {"n": [{"numeric": [">", 5]}]}}')
    why = emulator.bus.explain({"source": "shop", "detail-type": "placed", "detail": {"n": 1}})
    assert why["right"] == []
    text = "\n".join(why["wrong"])
    assert "source" in text
    assert "bank" in text


def test_a_pattern_is_tested_by_the_api(events: "EventBridgeClient") -> None:
    event = json.dumps(
        {
            "version": "0",
            "id": "1",
            "detail-type": "placed",
            "source": "shop",
            "account": "123456789012",
            "time": "2030-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": {"n": 7},
        }
    )
    for pattern, matches in (('{"detail": {"n": [{"numeric": [">", 5]}]}}', True), ('{"source": ["bank"]}', False)):
        assert events.test_event_pattern(EventPattern=pattern, Event=event)["Result"] is matches


def test_a_bad_pattern_is_refused(events: "EventBridgeClient") -> None:
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="bad", EventPattern='{"source": "shop"}')
    assert events.list_rules()["Rules"] == []


def test_what_is_not_emulated_is_refused_by_name(events: "EventBridgeClient") -> None:
    events.put_rule(Name="placed", EventPattern='{"source": ["shop"]}')
    target: Any = {"Id": "one", "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}
    with pytest.raises(NotEmulatedError, match="PutTargets placed: events are not delivered to arn:aws:ecs"):
        events.put_targets(Rule="placed", Targets=[target])


def test_an_entry_without_what_it_needs_is_refused_by_itself(emulator: Emulator, events: "EventBridgeClient") -> None:
    rule(events, emulator.state_machine(PASS, name="order").arn)
    entries: Any = [
        {"Source": "shop", "DetailType": "t", "Detail": "{not"},
        {"Source": "shop", "DetailType": "t", "Detail": "{}"},
    ]
    answer = events.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "MalformedDetail"
    assert answer["Entries"][1].get("EventId")
    assert len(emulator.executions) == 1


def test_an_event_put_by_a_handler_happens_at_the_handlers_time(
    emulator: Emulator, events: "EventBridgeClient"
) -> None:
    calls: list[float] = []

    def shop(event: Any, context: Any) -> None:
        time.sleep(10)
        put(events, {"order": 7})
        time.sleep(10)

    def listen(event: Any, context: Any) -> None:
        calls.append(time.time() - DEFAULT_START.timestamp())

    rule(events, emulator.state_machine(PASS, name="order").arn)
    events.put_targets(Rule="placed", Targets=[{"Id": "two", "Arn": emulator.lambda_function("listen", listen)}])
    arn = emulator.lambda_function("shop", shop)
    run = emulator.run({"StartAt": "Shop", "States": {"Shop": {"Type": "Task", "Resource": arn, "End": True}}})
    started = emulator.executions[1]
    assert run.elapsed == timedelta(seconds=20)
    assert started.input["time"] == "2030-01-01T00:00:10Z"
    assert started.started_at - run.started_at == timedelta(seconds=10)
    assert calls == [10.0]


def test_a_function_called_by_a_rule_may_fail_without_anybody_else_noticing(
    emulator: Emulator, events: "EventBridgeClient", caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: Any, context: Any) -> None:
        raise LookupError("no card")

    rule(events, emulator.lambda_function("f", fail))
    put(events)
    assert "function f, called asynchronously, failed: LookupError: no card" in caplog.text


ENTRY: dict[str, Any] = {"Source": "shop", "DetailType": "placed", "Detail": '{"n": 1}'}


@pytest.mark.parametrize(
    "given",
    [
        ENTRY,
        {
            **ENTRY,
            "Time": datetime(2030, 1, 1, tzinfo=UTC),
            "Resources": ["arn:aws:s3:::box"],
            "EventBusName": "default",
        },
        {**ENTRY, "EventBusName": "arn:aws:events:us-east-1:123456789012:event-bus/default"},
        {"source": "shop", "detail-type": "placed", "detail": {"n": 1}},
    ],
    ids=["entry", "whole entry", "bus by its ARN", "envelope"],
)
def test_explain_takes_what_put_events_takes_and_an_envelope(emulator: Emulator, given: dict[str, Any]) -> None:
    events = emulator.client("events")
    events.put_rule(Name="wrong", EventPattern='{"source": ["shop"], "detail": {"n": [2]}}')
    events.put_rule(Name="right", EventPattern='{"source": ["shop"], "detail": {"n": [1]}}')
    assert emulator.bus.explain(given) == {"right": [], "wrong": ["detail.n: wanted one of [2], was 1"]}


def test_explain_takes_an_entry_that_was_put_and_looks_on_its_bus(emulator: Emulator) -> None:
    events = emulator.client("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="there", EventBusName="shop", EventPattern='{"source": ["bank"]}')
    events.put_events(Entries=[{**ENTRY, "EventBusName": "shop"}])
    assert emulator.bus.explain(emulator.bus.entries[0]) == {"there": ['source: wanted one of ["bank"], was "shop"']}
    assert emulator.bus.explain(emulator.bus.entries[0], bus="default") == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"Sorce": "shop", "DetailType": "placed", "Detail": "{}"},
            "'Sorce' is not a member of an entry of PutEvents, ",
        ),
        ({"Sorce": "shop", "DetailType": "placed", "Detail": "{}"}, "did you mean 'Source'?"),
        (
            {"source": "shop", "detailType": "placed", "detail": {}},
            "is not a member of an event, did you mean 'detail-t",
        ),
        ({"source": "shop", "detail_type": "placed"}, "did you mean 'detail-type'?"),
        ({**ENTRY, "Detail": {"n": 1}}, "Detail is JSON text, not dict: write json.dumps(...)"),
        ({**ENTRY, "Detail": "{"}, "PutEvents refuses this entry: MalformedDetail"),
        ({"Source": "shop"}, "PutEvents refuses this entry: InvalidArgument: Parameter DetailType is not valid"),
        ({"Entries": [ENTRY]}, "it has Entries: give one of them"),
        ([ENTRY], "is neither an entry of PutEvents nor an event, but list"),
        ("{}", "is neither an entry of PutEvents nor an event, but str"),
        ({"source": "shop", "detail": "{}"}, "'detail' of an event is an object, not '{}'"),
        ({"source": 7}, "'source' of an event is text, not 7"),
    ],
)
def test_explain_refuses_another_shape_with_the_nearest_member(emulator: Emulator, given: Any, said: str) -> None:
    with pytest.raises(EmulatorError) as raised:
        emulator.bus.explain(given)
    assert said in str(raised.value)


def test_explain_of_a_bus_that_does_not_exist_names_the_nearest(emulator: Emulator) -> None:
    emulator.client("events").create_event_bus(Name="orders")
    entry = {"Source": "shop", "DetailType": "paid", "Detail": "{}", "EventBusName": "ordres"}
    with pytest.raises(EmulatorError, match=r'there is no bus ordres in us-east-1\. Did you mean "orders"'):
        emulator.bus.explain(entry)
    with pytest.raises(EmulatorError, match='did you mean "us-east-1"'):
        emulator.bus.explain(entry, bus="orders", region="us-east1")
    with pytest.raises(EmulatorError, match="give the name of a bus"):
        emulator.bus.explain(entry, bus=3)  # type: ignore[arg-type]


def test_an_empty_schedule_beside_a_pattern_is_none(emulator: Emulator, events: "EventBridgeClient") -> None:
    """Recorded: ``test_put_events_base``."""
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}), ScheduleExpression="")
    assert events.describe_rule(Name="r")["EventPattern"] == '{"source": ["shop"]}'
