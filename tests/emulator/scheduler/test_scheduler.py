"""EventBridge Scheduler on the virtual clock: when a schedule fires, what its target gets, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError, StuckExecutionError
from tests.fakes.endpoint import scripted

START = datetime(2030, 1, 1, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/r"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
TARGET = {"Arn": QUEUE, "RoleArn": ROLE}
OFF = {"Mode": "OFF"}
SCHEDULE_ARN = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/s"


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def schedule(emulator: Emulator, expression: str, arn: str = QUEUE, **more: Any) -> Any:
    """Make a schedule; members of ``Target`` are given by their names in small letters."""
    target = {"Arn": arn, "RoleArn": ROLE, **more.pop("target", {})}
    request = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": target, **more}
    client = emulator.client("scheduler")
    client.create_schedule(**request)
    return client


@pytest.fixture
def got(emulator: Emulator) -> list[Any]:
    """The events that the function ``f`` gets."""
    events: list[Any] = []
    emulator.lambda_function("f", lambda event, context: events.append(event))
    return events


F = "arn:aws:lambda:us-east-1:123456789012:function:f"


def stamps(events: list[Any]) -> list[str]:
    return [event["time"][5:-4] for event in events]


# What AWS refuses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["create_schedule", "update_schedule"])
@pytest.mark.parametrize(
    "expression", ["rate(7 weeks)", " rate(7 days)", "cron(61 9 * * ? *)", "at(2030-01-01)", "cron()"]
)
def test_a_wrong_expression_is_refused_in_awss_words(emulator: Emulator, operation: str, expression: str) -> None:
    call = getattr(emulator.client("scheduler"), operation)
    request = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": TARGET}
    assert refused(call, **request) == ("ValidationException", f"Invalid Schedule Expression {expression}.")
    assert refused(call, **request, State="DISABLED")[1] == f"Invalid Schedule Expression {expression}."


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
        ({"Target": {"Arn": "queue", "RoleArn": ROLE}}, "Provided Arn is not in correct format."),
        (
            {"Target": {"Arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/t", "RoleArn": ROLE}},
            "scheduler is not a supported service for a target.",
        ),
        (
            {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqss:sendMessage", "RoleArn": ROLE}},
            "sqss is not a supported service for a target.",
        ),
        (
            {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMesage", "RoleArn": ROLE}},
            'sendMesage is not a supported api for sqs. Did you mean "sendMessage"?',
        ),
        (
            {"Target": {"Arn": F, "RoleArn": ROLE, "Input": "hello"}},
            f"The Input of the target {F} must be well-formed JSON.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(emulator: Emulator, more: Any, text: str) -> None:
    call = emulator.client("scheduler").create_schedule
    request = {"Name": "s", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": OFF, "Target": TARGET, **more}
    assert refused(call, **request) == ("ValidationException", text)


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


def test_groups_that_exist_or_do_not_are_refused(emulator: Emulator, got: list[Any]) -> None:
    client = schedule(emulator, "rate(1 hour)", F)
    client.create_schedule_group(Name="g")
    for name in ("g", "default"):
        told = refused(client.create_schedule_group, Name=name)
        assert told == ("ConflictException", f"Schedule group {name} already exists.")
    told = refused(client.delete_schedule_group, Name="none")
    assert told == ("ResourceNotFoundException", "Schedule group none does not exist.")
    assert refused(client.delete_schedule_group, Name="default")[0] == "ValidationException"
    assert [each["Name"] for each in client.list_schedules()["Schedules"]] == ["s"]


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("arn:aws:ecs:us-east-1:123456789012:cluster/c", "it is a task of ECS"),
        ("arn:aws:scheduler:::aws-sdk:batch:submitJob", "calls batch:SubmitJob, which is not emulated"),
    ],
)
def test_a_target_that_could_not_be_called_is_refused_when_the_schedule_is_made(
    emulator: Emulator, arn: str, text: str
) -> None:
    given = {"Input": json.dumps({"JobName": "j", "JobQueue": "q", "JobDefinition": "d"})}
    with pytest.raises(NotEmulatedError, match=text):
        schedule(emulator, "rate(1 hour)", arn, target=given)


@pytest.mark.parametrize(
    ("arn", "member"),
    [
        (FUNCTION, {"SqsParameters": {"MessageGroupId": "g"}}),
        (QUEUE, {"KinesisParameters": {"PartitionKey": "k"}}),
        (FUNCTION, {"EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/t"}}),
        ("arn:aws:scheduler:::aws-sdk:sns:publish", {"SqsParameters": {"MessageGroupId": "g"}}),
    ],
)
def test_parameters_of_another_kind_of_target_are_refused(emulator: Emulator, arn: str, member: Any) -> None:
    emulator.lambda_function("f", lambda event, _: None)
    name = next(iter(member))
    with pytest.raises(NotEmulatedError, match=f"CreateSchedule s: {name} has no effect on {arn}"):
        schedule(emulator, "rate(1 hour)", arn, target=member)


# When it fires -------------------------------------------------------------------------------------------------------


def test_a_rate_begins_at_once_and_comes_each_period(emulator: Emulator, got: list[Any]) -> None:
    schedule(emulator, "rate(5 minutes)", F)
    assert stamps(got) == ["01-01T00:00"]
    emulator.clock.advance(minutes=12)
    assert stamps(got) == ["01-01T00:00", "01-01T00:05", "01-01T00:10"]
    assert emulator.clock.next_text == "2030-01-01T00:15:00Z: schedule default/s"


@pytest.mark.parametrize(
    ("expression", "more", "times"),
    [
        ("cron(30 9 * * ? *)", {}, ["01T09:30", "02T09:30"]),
        ("cron(30 9 * * ? *)", {"ScheduleExpressionTimezone": "Asia/Tokyo"}, ["01T00:30", "02T00:30"]),
        ("at(2030-01-02T00:30:00)", {}, ["02T00:30"]),
        ("at(2030-01-01T18:00:00)", {"ScheduleExpressionTimezone": "America/New_York"}, ["01T23:00"]),
        ("at(2030-01-01T00:00:00)", {}, ["01T00:00"]),
        ("at(2029-12-31T23:59:00)", {}, []),
        (
            "at(2030-01-02T00:00:00)",
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}},
            ["02T00:00"],
        ),
        ("rate(12 hours)", {"StartDate": timedelta(hours=18)}, ["01T18:00", "02T06:00", "02T18:00"]),
        ("rate(1 hour)", {"EndDate": timedelta(hours=2)}, ["01T00:00", "01T01:00", "01T02:00"]),
        (
            "rate(6 hours)",
            {"StartDate": timedelta(hours=-2)},
            [f"0{day}T{hour}:00" for day in (1, 2) for hour in ("04", "10", "16", "22")],
        ),
        ("cron(0 12 * * ? *)", {"StartDate": timedelta(hours=12)}, ["01T12:00", "02T12:00"]),
        ("cron(0 12 * * ? *)", {"StartDate": timedelta(hours=13)}, ["02T12:00"]),
        ("at(2030-01-01T06:00:00)", {"StartDate": timedelta(days=5), "EndDate": timedelta(days=6)}, ["01T06:00"]),
        ("cron(0 0 31 2 ? *)", {}, []),
        ("rate(1 hour)", {"State": "DISABLED"}, []),
    ],
)
def test_the_times_of_a_schedule(
    emulator: Emulator, got: list[Any], expression: str, more: dict[str, Any], times: list[str]
) -> None:
    dates = {name: emulator.clock.now() + value for name, value in more.items() if name.endswith("Date")}
    schedule(emulator, expression, F, **{**more, **dates})
    emulator.clock.advance(hours=47)
    expected = [f"01-{each}" for each in times]
    assert stamps(got) == expected


def test_daylight_saving_time_skips_a_cron_in_the_gap_and_fires_once_in_the_fold() -> None:
    with Emulator(start=datetime(2026, 3, 27, 12, tzinfo=UTC)) as emulator:
        events: list[Any] = []
        arn = emulator.lambda_function("f", lambda event, context: events.append(event))
        schedule(emulator, "cron(30 2 * * ? *)", arn, ScheduleExpressionTimezone="Europe/Berlin")
        emulator.clock.advance(days=3)
        assert stamps(events) == ["03-28T01:30", "03-30T00:30"]
        emulator.clock.advance_to(datetime(2026, 10, 24, 12, tzinfo=UTC))
        events.clear()
        emulator.clock.advance(days=2)
        assert stamps(events) == ["10-25T00:30", "10-26T01:30"]


def test_a_rate_is_not_bent_by_daylight_saving_time() -> None:
    with Emulator(start=datetime(2026, 3, 28, 1, tzinfo=UTC)) as emulator:
        events: list[Any] = []
        arn = emulator.lambda_function("f", lambda event, context: events.append(event))
        schedule(emulator, "rate(1 day)", arn, ScheduleExpressionTimezone="Europe/Berlin")
        emulator.clock.advance(days=2)
        assert stamps(events) == ["03-28T01:00", "03-29T01:00", "03-30T01:00"]


def test_a_one_time_schedule_is_waited_for(emulator: Emulator) -> None:
    def answer(event: Any, context: Any) -> None:
        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='"late"')

    answer_arn = emulator.lambda_function("answer", answer)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": "plan",
            "Payload": {"token.$": "$$.Task.Token"},
        },
        "End": True,
    }

    def plan(event: Any, context: Any) -> None:
        boto3.client("scheduler").create_schedule(
            Name="later",
            ScheduleExpression="at(2030-01-01T02:00:00)",
            FlexibleTimeWindow=OFF,
            Target={"Arn": answer_arn, "RoleArn": ROLE, "Input": json.dumps(event)},
        )

    emulator.lambda_function("plan", plan)
    run = emulator.run({"StartAt": "A", "States": {"A": task}})
    assert (run.output, run.elapsed) == ("late", timedelta(hours=2))


# Changed on the way --------------------------------------------------------------------------------------------------


def update(emulator: Emulator, expression: str, **more: Any) -> None:
    request = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, **more}
    emulator.client("scheduler").update_schedule(Target={"Arn": F, "RoleArn": ROLE}, **request)


def test_an_update_that_keeps_the_expression_keeps_the_count(emulator: Emulator, got: list[Any]) -> None:
    schedule(emulator, "rate(10 minutes)", F)
    emulator.clock.advance(minutes=4)
    update(emulator, "rate(10 minutes)", State="DISABLED")
    emulator.clock.advance(minutes=20)
    update(emulator, "rate(10 minutes)")
    emulator.clock.advance(minutes=10)
    assert stamps(got) == ["01-01T00:00", "01-01T00:30"]
    update(emulator, "rate(1 hour)")
    assert stamps(got)[2:] == ["01-01T00:34"]


def test_a_schedule_that_is_made_disabled_begins_when_it_is_enabled(emulator: Emulator, got: list[Any]) -> None:
    schedule(emulator, "rate(1 hour)", F, State="DISABLED")
    emulator.clock.advance(minutes=20)
    update(emulator, "rate(1 hour)")
    emulator.clock.advance(hours=1)
    assert stamps(got) == ["01-01T00:20", "01-01T01:20"]
    assert emulator.client("scheduler").get_schedule(Name="s")["State"] == "ENABLED"


def test_a_schedule_that_is_deleted_or_whose_group_is_fires_no_more(emulator: Emulator, got: list[Any]) -> None:
    client = schedule(emulator, "rate(1 hour)", F)
    client.create_schedule_group(Name="g")
    schedule(emulator, "rate(1 hour)", F, GroupName="g")
    client.delete_schedule(Name="s")
    client.delete_schedule_group(Name="g")
    emulator.clock.advance(days=1)
    assert (stamps(got), emulator.clock.next_at) == (["01-01T00:00"] * 2, None)


@pytest.mark.parametrize(
    ("expression", "more", "count"),
    [
        ("at(2030-01-01T01:00:00)", {}, 1),
        ("rate(1 hour)", {"EndDate": START + timedelta(hours=2)}, 3),
    ],
)
def test_a_schedule_is_deleted_after_its_last_time_if_it_says_so(
    emulator: Emulator, got: list[Any], expression: str, more: Any, count: int
) -> None:
    client = schedule(emulator, expression, F, ActionAfterCompletion="DELETE", **more)
    emulator.clock.advance(minutes=59)
    assert client.get_schedule(Name="s")["ActionAfterCompletion"] == "DELETE"
    emulator.clock.advance(days=1)
    assert len(got) == count
    assert client.list_schedules()["Schedules"] == []


def test_a_schedule_is_kept_after_its_last_time_otherwise(emulator: Emulator, got: list[Any]) -> None:
    client = schedule(emulator, "at(2030-01-01T01:00:00)", F)
    emulator.clock.advance(days=1)
    found = client.get_schedule(Name="s")
    assert (found["State"], found["ActionAfterCompletion"], len(got)) == ("ENABLED", "NONE", 1)
    update(emulator, "at(2030-01-02T01:00:00)", ActionAfterCompletion="DELETE")
    assert client.get_schedule(Name="s")["ActionAfterCompletion"] == "DELETE"
    emulator.clock.advance(days=1)
    assert (len(got), client.list_schedules()["Schedules"]) == (2, [])


# What the target gets ------------------------------------------------------------------------------------------------


def test_without_an_input_it_is_an_event_whose_detail_is_a_text(emulator: Emulator, got: list[Any]) -> None:
    schedule(emulator, "at(2030-01-01T00:01:00)", F)
    emulator.clock.advance(minutes=1)
    [event] = got
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "123456789012",
        "time": "2030-01-01T00:01:00Z",
        "region": "us-east-1",
        "resources": [SCHEDULE_ARN],
        "detail": "{}",
    }


def test_keywords_of_an_input_are_filled_in(emulator: Emulator, got: list[Any]) -> None:
    given = {
        "by": "<aws.scheduler.schedule-arn>",
        "at": "on <aws.scheduler.scheduled-time>",
        "id": "<aws.scheduler.execution-id>",
        "try": "<aws.scheduler.attempt-number>",
        "kept": "<aws.scheduler.other>",
    }
    schedule(emulator, "rate(1 minute)", F, target={"Input": json.dumps(given)})
    emulator.clock.advance(minutes=1)
    first, second = got
    assert (first["by"], first["at"], first["try"]) == (SCHEDULE_ARN, "on 2030-01-01T00:00:00Z", "1")
    assert (second["at"], second["kept"]) == ("on 2030-01-01T00:01:00Z", "<aws.scheduler.other>")
    assert len({first["id"], second["id"]}) == 2
    assert len(first["id"]) == 16


def test_templated_targets_are_called(emulator: Emulator, got: list[Any]) -> None:
    sqs, sns, kinesis = (emulator.client(each) for each in ("sqs", "sns", "kinesis"))
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    urls = [sqs.create_queue(QueueName="q")["QueueUrl"], sqs.create_queue(QueueName="told")["QueueUrl"]]
    urls.append(sqs.create_queue(QueueName="q.fifo", Attributes=fifo)["QueueUrl"])
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE.replace(":q", ":told"))
    kinesis.create_stream(StreamName="k", ShardCount=1)
    machine = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="M")
    events = emulator.client("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="r", EventBusName="shop", EventPattern=json.dumps({"source": ["plan"], "detail": {"n": [7]}}))
    events.put_targets(Rule="r", EventBusName="shop", Targets=[{"Id": "t", "Arn": F}])
    stream = "arn:aws:kinesis:us-east-1:123456789012:stream/k"
    targets: list[tuple[str, dict[str, Any]]] = [
        (QUEUE, {"Input": "plain text"}),
        (f"{QUEUE}.fifo", {"Input": "in order", "SqsParameters": {"MessageGroupId": "g"}}),
        (topic, {"Input": "news"}),
        (machine.arn, {"Input": '{"n": 7}'}),
        (
            "arn:aws:events:us-east-1:123456789012:event-bus/shop",
            {"Input": '{"n": 7}', "EventBridgeParameters": {"DetailType": "Planned", "Source": "plan"}},
        ),
        (stream, {"Input": "record", "KinesisParameters": {"PartitionKey": "p"}}),
    ]
    for number, (arn, target) in enumerate(targets):
        schedule(emulator, "at(2030-01-01T06:00:00)", arn, Name=f"s{number}", target=target)

    emulator.clock.advance(days=1)

    bodies = [[each["Body"] for each in sqs.receive_message(QueueUrl=url).get("Messages", ())] for url in urls]
    assert (bodies[0], json.loads(bodies[1][0])["Message"], bodies[2]) == (["plain text"], "news", ["in order"])
    assert [each.input for each in emulator.executions] == [{"n": 7}]
    assert [(event["source"], event["detail-type"], event["detail"]) for event in got] == [
        ("plan", "Planned", {"n": 7})
    ]
    shard = kinesis.get_shard_iterator(StreamName="k", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert [(each["Data"], each["PartitionKey"]) for each in records] == [(b"record", "p")]
    assert emulator.bus.undelivered == []


def test_universal_targets_are_calls_of_any_service(emulator: Emulator, got: list[Any]) -> None:
    url = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    machine = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="M")
    dynamodb = emulator.client("dynamodb")
    dynamodb.create_table(
        TableName="jobs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    calls = {
        "sqs:sendMessage": {"QueueUrl": url, "MessageBody": "at <aws.scheduler.scheduled-time>"},
        "sfn:startExecution": {"StateMachineArn": machine.arn, "Name": "planned", "Input": '{"n": 7}'},
        "lambda:invoke": {"FunctionName": "f", "InvocationType": "Event", "Payload": '{"n": 7}'},
        "dynamodb:putItem": {"TableName": "jobs", "Item": {"id": {"S": "<aws.scheduler.execution-id>"}}},
    }
    for call, members in calls.items():
        arn, name = f"arn:aws:scheduler:::aws-sdk:{call}", call.replace(":", "-")
        schedule(emulator, "at(2030-01-01T06:00:00)", arn, Name=name, target={"Input": json.dumps(members)})

    emulator.clock.advance(days=1)

    [message] = emulator.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "at 2030-01-01T06:00:00Z"
    assert [(each.name, each.input) for each in emulator.executions] == [("planned", {"n": 7})]
    assert got == [{"n": 7}]
    assert len(dynamodb.scan(TableName="jobs")["Items"]) == 1
    assert emulator.bus.undelivered == []


def test_a_synchronous_express_execution_runs_on_the_clock(emulator: Emulator) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 30, "End": True}}}
    machine = emulator.state_machine(wait, name="E", type="EXPRESS")
    given = {"Input": json.dumps({"StateMachineArn": machine.arn, "Input": '{"n": 1}'})}
    schedule(emulator, "at(2030-01-01T06:00:00)", "arn:aws:scheduler:::aws-sdk:sfn:startSyncExecution", target=given)

    emulator.clock.advance(hours=6, seconds=10)

    (execution,) = emulator.executions
    assert (execution.status, execution.input) == ("RUNNING", {"n": 1})
    assert all(event["timestamp"] <= emulator.clock.now() for event in execution.history)
    emulator.clock.advance(seconds=20)
    assert (execution.status, emulator.bus.undelivered) == ("SUCCEEDED", [])


@pytest.mark.parametrize("name", ["DbInstanceIdentifier", "DBInstanceIdentifier"])
def test_members_of_a_universal_target_have_the_sdks_name_or_the_apis(emulator: Emulator, name: str) -> None:
    rds = emulator.client("rds")
    secret = {"MasterUsername": "u", "MasterUserPassword": "password", "AllocatedStorage": 10}
    rds.create_db_instance(DBInstanceIdentifier="d", DBInstanceClass="db.t3.micro", Engine="postgres", **secret)
    arn = "arn:aws:scheduler:::aws-sdk:rds:stopDBInstance"
    schedule(emulator, "cron(0 20 * * ? *)", arn, target={"Input": json.dumps({name: "d"})})
    emulator.clock.advance(days=1)
    assert rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "stopped"


def test_a_call_that_nothing_emulates_is_told_with_its_schedule(emulator: Emulator) -> None:
    given = {"StackName": "s", "TemplateBody": json.dumps({"Resources": {"A": {"Type": "AWS::Lambda::Function"}}})}
    arn = "arn:aws:scheduler:::aws-sdk:cloudformation:createStack"
    schedule(emulator, "at(2030-01-01T06:00:00)", arn, target={"Input": json.dumps(given)})
    with pytest.raises(NotEmulatedError, match="cloudformation:CreateStack is not emulated") as caught:
        emulator.clock.advance(days=1)
    assert caught.value.__notes__ == ["    called by schedule default/s, due at 2030-01-01T06:00:00Z"]


def test_a_wrong_member_of_a_universal_target_is_told(emulator: Emulator) -> None:
    url = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    given = {"Input": json.dumps({"QueueUrl": url, "MessageBodi": "hello"})}
    schedule(emulator, "rate(1 hour)", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", target=given)
    [lost] = emulator.bus.undelivered
    assert 'The field "MessageBodi" is not supported by sqs:sendMessage' in lost.reason


# Failures ------------------------------------------------------------------------------------------------------------


def dead_letters(emulator: Emulator) -> list[tuple[str, dict[str, str]]]:
    """The body and the attributes of each message in the queue ``dead``."""
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
    return [
        (each["Body"], {name: value["StringValue"] for name, value in each["MessageAttributes"].items()})
        for each in found.get("Messages", ())
    ]


def test_a_target_that_is_gone_is_not_tried_again_and_goes_to_the_dead_letter_queue(emulator: Emulator) -> None:
    emulator.client("sqs").create_queue(QueueName="dead")
    target = {"DeadLetterConfig": {"Arn": QUEUE.replace(":q", ":dead")}, "Input": '{"n": 7}'}
    schedule(emulator, "at(2030-01-01T06:00:00)", "arn:aws:lambda:us-east-1:123456789012:function:gone", target=target)
    emulator.clock.advance(days=2)
    [(body, told)] = dead_letters(emulator)
    assert body == '{"n": 7}'
    assert len(told.pop("EXECUTION_ID")) == 16
    assert told == {
        "ERROR_CODE": "ResourceNotFoundException",
        "ERROR_MESSAGE": "Function not found: arn:aws:lambda:us-east-1:123456789012:function:gone",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": "2030-01-01T06:00:00Z",
        "SCHEDULE_ARN": SCHEDULE_ARN,
        "TARGET_ARN": "arn:aws:lambda:us-east-1:123456789012:function:gone",
    }
    [lost] = emulator.bus.undelivered
    assert (lost.rule, lost.sender) == ("schedule default/s", "schedule default/s")


def throttled(emulator: Emulator, **policy: int) -> Any:
    """A schedule whose universal target calls a function that is throttled."""
    emulator.client("sqs").create_queue(QueueName="dead")
    emulator.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    given = {"FunctionName": "f", "Payload": '{"try": <aws.scheduler.attempt-number>}'}
    target = {
        "Input": json.dumps(given),
        "RetryPolicy": policy,
        "DeadLetterConfig": {"Arn": QUEUE.replace(":q", ":dead")},
    }
    arn = "arn:aws:scheduler:::aws-sdk:lambda:invoke"
    return schedule(emulator, "at(2030-01-01T00:01:00)", arn, ActionAfterCompletion="DELETE", target=target)


def test_a_call_that_is_throttled_is_tried_again_with_growing_waits(emulator: Emulator, got: list[Any]) -> None:
    client = throttled(emulator)
    emulator.clock.advance(minutes=1, seconds=6)  # tries at 0, 1 and 3 s after the minute; the next at 7 s
    assert emulator.clock.next_text == "2030-01-01T00:01:07Z: retry 3 of the call of schedule default/s"
    emulator.client("lambda").delete_function_concurrency(FunctionName="f")
    assert client.list_schedules()["Schedules"] != []
    emulator.clock.advance(seconds=1)
    assert got == [{"try": 4}]
    assert (client.list_schedules()["Schedules"], dead_letters(emulator)) == ([], [])


@pytest.mark.parametrize(
    ("policy", "retries", "condition"),
    [
        ({"MaximumRetryAttempts": 2}, "2", "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 0}, "0", "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, "5", "MaximumEventAgeInSeconds"),
        ({}, "185", "MaximumRetryAttempts"),
    ],
)
def test_retries_end_as_their_policy_says(
    emulator: Emulator, got: list[Any], policy: dict[str, int], retries: str, condition: str
) -> None:
    throttled(emulator, **policy)
    emulator.clock.advance(days=1, minutes=2)
    [(body, told)] = dead_letters(emulator)
    assert json.loads(body)["FunctionName"] == "f"
    assert (told["RETRY_ATTEMPTS"], told["EXHAUSTED_RETRY_CONDITION"]) == (retries, condition)
    assert told["ERROR_CODE"] == "TooManyRequestsException"


# An external backend -------------------------------------------------------------------------------------------------


def test_an_external_backend_cannot_call_what_is_in_this_process() -> None:
    with scripted() as script, Emulator(backend={"scheduler": script.url}) as emulator:
        script.answer = (200, {}, b'{"ScheduleArn": "arn"}')
        here = emulator.lambda_function("f", lambda event, context: None)
        machine = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
        for arn in (here, machine.arn, "arn:aws:scheduler:::aws-sdk:sfn:startExecution"):
            with pytest.raises(NotEmulatedError, match=f"scheduler:CreateSchedule is not emulated: {arn} is in this"):
                schedule(emulator, "rate(1 hour)", arn)
        schedule(emulator, "rate(1 hour)", here, State="DISABLED")
        schedule(emulator, "rate(1 hour)", QUEUE)
        assert [path for _, path, _, _ in script.seen] == ["/schedules/s", "/schedules/s"]
        assert emulator.clock.next_at is None


def test_a_schedule_here_reaches_a_queue_at_an_external_backend() -> None:
    with scripted() as script, Emulator(backend={"sqs": script.url}) as emulator:
        script.answer = (200, {}, b'{"QueueUrl": "http://queue", "MessageId": "m", "MD5OfMessageBody": "0"}')
        schedule(emulator, "at(2030-01-01T00:01:00)", QUEUE, target={"Input": "hello"})
        emulator.clock.advance(minutes=1)
        sent = [json.loads(body) for _, _, headers, body in script.seen if "SendMessage" in headers["X-Amz-Target"]]
        assert [each["MessageBody"] for each in sent] == ["hello"]


# Requests that repeat, and the ends of time ---------------------------------------------------------------------------


def test_a_create_with_the_same_token_and_members_is_answered_again(emulator: Emulator) -> None:
    client = emulator.client("scheduler")
    request = {"Name": "s", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": OFF, "Target": TARGET}
    first = client.create_schedule(**request, ClientToken="t")
    assert client.create_schedule(**request, ClientToken="t")["ScheduleArn"] == first["ScheduleArn"] == SCHEDULE_ARN
    other = {**request, "ScheduleExpression": "rate(2 hours)"}
    assert refused(client.create_schedule, **other, ClientToken="t")[0] == "ConflictException"
    assert refused(client.create_schedule, **request, ClientToken="u")[0] == "ConflictException"
    client.delete_schedule(Name="s")
    client.create_schedule(**other, ClientToken="t")
    assert client.get_schedule(Name="s")["ScheduleExpression"] == "rate(2 hours)"


def test_tags_are_those_of_a_group_that_exists(emulator: Emulator) -> None:
    client = emulator.client("scheduler")
    gone = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/gone"
    calls: list[tuple[Any, dict[str, Any]]] = [
        (client.list_tags_for_resource, {}),
        (client.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (client.untag_resource, {"TagKeys": ["a"]}),
    ]
    for call, more in calls:
        assert refused(call, ResourceArn=gone, **more) == (
            "ResourceNotFoundException",
            "Schedule group gone does not exist.",
        )
        code, text = refused(call, ResourceArn=SCHEDULE_ARN, **more)
        assert (code, f"Value '{SCHEDULE_ARN}' at 'resourceArn'" in text) == ("ValidationException", True)
    arn = client.create_schedule_group(Name="jobs", Tags=[{"Key": "a", "Value": "b"}])["ScheduleGroupArn"]
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_an_input_is_at_most_256_kilobytes(emulator: Emulator) -> None:
    schedule(emulator, "rate(1 hour)", target={"Input": "x" * 262_144})
    with pytest.raises(ClientError, match="262145 bytes"):
        schedule(emulator, "rate(1 hour)", Name="t", target={"Input": "x" * 262_145})


def test_the_rest_of_a_retry_policy_is_shown_with_its_default(emulator: Emulator) -> None:
    client = schedule(emulator, "rate(1 hour)", target={"RetryPolicy": {"MaximumRetryAttempts": 3}})
    policy = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 3}
    assert client.get_schedule(Name="s")["Target"]["RetryPolicy"] == policy
    target = {**TARGET, "RetryPolicy": {"MaximumEventAgeInSeconds": 60}}
    client.update_schedule(Name="s", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow=OFF, Target=target)
    policy = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 185}
    assert client.get_schedule(Name="s")["Target"]["RetryPolicy"] == policy


@pytest.mark.parametrize(
    ("expression", "more"),
    [
        ("at(9999-12-31T23:59:59)", {"ScheduleExpressionTimezone": "America/New_York"}),
        ("at(0001-01-01T00:00:00)", {"ScheduleExpressionTimezone": "Asia/Tokyo"}),
        ("rate(3000000 days)", {"StartDate": datetime(2029, 12, 31, tzinfo=UTC)}),
    ],
)
def test_a_time_at_the_ends_of_time_never_comes(emulator: Emulator, expression: str, more: Any) -> None:
    schedule(emulator, expression, **more)
    assert emulator.clock.next_at is None


def test_a_far_schedule_is_not_waited_for_through_thousands_of_recurrences(
    emulator: Emulator, got: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.timeline.MOST_RECURRENCES", 50)
    schedule(emulator, "rate(1 minute)", F, Name="often")
    schedule(emulator, "at(2099-01-01T00:00:00)", F, Name="far")
    emulator.client("sqs").create_queue(QueueName="q")
    arguments = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": "x"}
    wait = {"Type": "Wait", "Seconds": 7200, "Next": "T"}
    task: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    task |= {"Parameters": arguments, "End": True}
    with pytest.raises(StuckExecutionError, match=r"2099-01-01T00:00:00Z: schedule default/far was not waited for"):
        emulator.run({"StartAt": "W", "States": {"W": wait, "T": task}})
    assert 120 <= len(got) < 240


def test_a_timer_of_an_execution_is_waited_for_however_often_schedules_fire(
    emulator: Emulator, got: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.timeline.MOST_RECURRENCES", 5)
    schedule(emulator, "rate(1 minute)", F, Name="often")
    run = emulator.run({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    assert (run.status, len(got)) == ("SUCCEEDED", 61)
