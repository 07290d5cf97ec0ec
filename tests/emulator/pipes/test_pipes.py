"""Pipes: a message or a change goes through a filter and an enrichment to a target, on the virtual clock.

User guide, "Amazon EventBridge Pipes": batches are arrays, body and data are read as JSON by filters and templates.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

ACCOUNT = "us-east-1:123456789012"
QUEUE = f"arn:aws:sqs:{ACCOUNT}:"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:"
ROLE = "arn:aws:iam::123456789012:role/pipes"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FORGET = {"InvocationType": "FIRE_AND_FORGET"}


class Line:
    """A queue ``in``, a function ``target`` that notes what it gets, and pipes between them."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.sqs: Any = boto3.client("sqs")
        self.client: Any = boto3.client("pipes")
        self.url = self.sqs.create_queue(QueueName="in")["QueueUrl"]
        self.got: list[Any] = []
        self.answer: Callable[[Any], Any] = lambda events: None
        emulator.lambda_function("target", self.handle)

    def handle(self, event: Any, context: Any) -> Any:
        self.got.append(event)
        return self.answer(event)

    def pipe(self, source: str = QUEUE + "in", target: str = FUNCTION + "target", **members: Any) -> Any:
        return self.client.create_pipe(Name="p", Source=source, Target=target, RoleArn=ROLE, **members)

    def send(self, *bodies: Any) -> None:
        """All in one request, so that they are there at once."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        entries = [{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def received(self, url: str) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [each["Body"] for each in found]


@pytest.fixture
def line(emulator: Emulator) -> Line:
    return Line(emulator)


def test_a_function_gets_an_array_without_a_wrapper(line: Line) -> None:
    assert line.pipe()["CurrentState"] == "CREATING"
    assert line.client.describe_pipe(Name="p")["CurrentState"] == "RUNNING"
    line.send("a", "b")
    [events] = line.got
    assert [each["body"] for each in events] == ["a", "b"]
    assert events[0]["eventSource"] == "aws:sqs"
    assert line.left() == 0


def test_the_batch_size_and_the_filter_count(line: Line) -> None:
    criteria = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["order"]}})}]}
    line.pipe(SourceParameters={"SqsQueueParameters": {"BatchSize": 2}, "FilterCriteria": criteria})
    line.send({"kind": "order", "n": 1}, {"kind": "note"}, {"kind": "order", "n": 2}, {"kind": "order", "n": 3})
    assert [[json.loads(each["body"])["n"] for each in events] for events in line.got] == [[1], [2, 3]]
    assert line.left() == 0


def test_a_machine_is_started_with_the_array(line: Line) -> None:
    machine = line.emulator.state_machine(PASS, name="Orders")
    parameters = {"StepFunctionStateMachineParameters": FORGET, "InputTemplate": '{"id": <$.body.id>}'}
    line.pipe(target=machine.arn, TargetParameters=parameters)
    line.send({"id": 7})
    [run] = line.emulator.executions
    assert json.loads(run.input_text) == [{"id": 7}]
    assert run.status == "SUCCEEDED"
    assert line.left() == 0


def test_a_standard_machine_that_is_to_be_waited_for_stops_the_pipe(line: Line) -> None:
    machine = line.emulator.state_machine(PASS, name="Orders")
    line.pipe(target=machine.arn)
    line.send({"id": 7})
    assert line.emulator.executions == []
    described = line.client.describe_pipe(Name="p")
    assert described["CurrentState"] == "STOPPED"
    assert "FIRE_AND_FORGET" in described["StateReason"]
    assert line.left() == 1


def test_an_express_machine_is_waited_for(line: Line) -> None:
    slow = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 20, "End": True}}}
    machine = line.emulator.state_machine(slow, name="Fast", type="EXPRESS")
    line.pipe(target=machine.arn)
    line.send({"id": 7})
    assert line.left() == 1
    line.emulator.clock.advance(seconds=20)
    assert line.left() == 0


def test_an_express_machine_that_fails_leaves_the_messages(line: Line) -> None:
    failing = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "No"}}}
    machine = line.emulator.state_machine(failing, name="Fast", type="EXPRESS")
    line.pipe(target=machine.arn)
    line.send({"id": 7})
    line.emulator.clock.advance(seconds=30)
    assert [each.status for each in line.emulator.executions] == ["FAILED", "FAILED"]
    assert line.left() == 1


def test_an_enrichment_replaces_the_batch(line: Line) -> None:
    seen = []

    def enrich(events: Any, context: Any) -> Any:
        seen.append(events)
        time.sleep(3)
        return [{"id": each["id"], "name": "Ada"} for each in events] + [{"id": 0}]

    line.emulator.lambda_function("enrich", enrich)
    line.pipe(
        Enrichment=FUNCTION + "enrich",
        EnrichmentParameters={"InputTemplate": '{"id": <$.body.id>}'},
        TargetParameters={"InputTemplate": '{"who": "<$.name>", "of": <$.id>}'},
    )
    line.send({"id": 7})
    assert line.got == []
    line.emulator.clock.advance(seconds=3)
    assert seen == [[{"id": 7}]]
    assert line.got == [[{"who": "Ada", "of": 7}, {"who": "", "of": 0}]]
    assert line.left() == 0


@pytest.mark.parametrize("nothing", [[], {}, None, ""], ids=str)
def test_an_enrichment_without_an_answer_skips_the_target(line: Line, nothing: Any) -> None:
    line.emulator.lambda_function("enrich", lambda events, _: nothing)
    line.pipe(Enrichment=FUNCTION + "enrich")
    line.send("a")
    assert line.got == []
    assert line.left() == 0


def test_an_enrichments_object_goes_on_as_it_is(line: Line) -> None:
    line.emulator.lambda_function("first", lambda events, _: json.loads(events[0]["body"]))
    line.pipe(Enrichment=FUNCTION + "first", SourceParameters={"SqsQueueParameters": {"BatchSize": 1}})
    line.send({"id": 7})
    line.client.update_pipe(Name="p", RoleArn=ROLE, TargetParameters={"InputTemplate": '{"of": <$.id>}'})
    line.send({"id": 8})
    assert line.got == [{"id": 7}, {"of": 8}]


def test_an_express_machine_enriches(line: Line) -> None:
    add = {"Type": "Pass", "Result": [{"added": True}], "End": True}
    machine = line.emulator.state_machine({"StartAt": "A", "States": {"A": add}}, name="Add", type="EXPRESS")
    line.pipe(Enrichment=machine.arn)
    line.send("a")
    assert line.got == [[{"added": True}]]


def test_a_failed_enrichment_leaves_the_messages(line: Line) -> None:
    def enrich(events: Any, context: Any) -> Any:
        raise ValueError("no")

    line.emulator.lambda_function("enrich", enrich)
    line.pipe(Enrichment=FUNCTION + "enrich")
    line.send("a")
    assert (line.got, line.left()) == ([], 1)


def test_a_targets_partial_failures_come_again(line: Line) -> None:
    line.pipe()
    line.answer = lambda events: {
        "batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in events if each["body"] == "bad"]
    }
    line.send("good", "bad")
    line.emulator.clock.advance(seconds=30)
    assert [[each["body"] for each in events] for events in line.got] == [["good", "bad"], ["bad"]]


def test_a_function_can_be_called_without_waiting(line: Line) -> None:
    def fail(events: Any) -> None:
        raise ValueError("no")

    line.answer = fail
    line.pipe(TargetParameters={"LambdaFunctionParameters": FORGET})
    line.send("a")
    assert (len(line.got), line.left()) == (1, 0)
    line.emulator.clock.advance(minutes=5)
    assert len(line.got) == 3


def test_queues_topics_and_buses_get_each_event_by_itself(line: Line) -> None:
    out = line.sqs.create_queue(QueueName="out")["QueueUrl"]
    line.pipe(target=QUEUE + "out", TargetParameters={"InputTemplate": '{"id": <$.body.id>}'})
    line.send({"id": 1}, {"id": 2})
    assert line.received(out) == ['{"id":1}', '{"id":2}']
    topic = boto3.client("sns").create_topic(Name="t")["TopicArn"]
    told = line.sqs.create_queue(QueueName="told")["QueueUrl"]
    attributes = {"RawMessageDelivery": "true"}
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE + "told", Attributes=attributes)
    line.client.update_pipe(Name="p", RoleArn=ROLE, Target=topic, TargetParameters={"InputTemplate": "Hi <$.body.id>!"})
    line.send({"id": 3})
    assert line.received(told) == ["Hi 3!"]


def test_a_bus_gets_events_of_the_pipe(line: Line) -> None:
    events = boto3.client("events")
    events.put_rule(Name="r", EventPattern='{"source": [{"prefix": ""}]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": FUNCTION + "target"}])
    bus = f"arn:aws:events:{ACCOUNT}:event-bus/default"
    line.pipe(target=bus)
    line.send("a")
    line.client.update_pipe(
        Name="p",
        RoleArn=ROLE,
        TargetParameters={
            "EventBridgeEventBusParameters": {"Source": "shop", "DetailType": "$.body.kind"},
            "InputTemplate": '{"kind": <$.body.kind>}',
        },
    )
    line.send({"kind": "order"})
    first, second = line.got
    assert (first["source"], first["detail-type"], first["detail"]["body"]) == ("Pipe p", "Event from aws:sqs", "a")
    assert (second["source"], second["detail"]) == ("shop", {"kind": "order"})


def test_a_tables_changes_go_through_a_pipe(line: Line) -> None:
    made = boto3.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    dead = line.sqs.create_queue(QueueName="dead")["QueueUrl"]
    stream = made["TableDescription"]["LatestStreamArn"]
    own = {
        "StartingPosition": "LATEST",
        "MaximumRetryAttempts": 1,
        "BatchSize": 10,
        "DeadLetterConfig": {"Arn": QUEUE + "dead"},
    }
    line.pipe(stream, SourceParameters={"DynamoDBStreamParameters": own})

    def answer(events: Any) -> Any:
        bad = [each["eventID"] for each in events if each["dynamodb"]["Keys"]["id"]["S"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}

    line.answer = answer
    items: Any = [{"PutRequest": {"Item": {"id": {"S": each}}}} for each in ("good", "bad", "fine")]
    boto3.client("dynamodb").batch_write_item(RequestItems={"orders": items})
    line.emulator.clock.advance(minutes=1)
    assert [[each["dynamodb"]["Keys"]["id"]["S"] for each in events] for events in line.got] == [
        ["good", "bad", "fine"],
        ["bad", "fine"],
        ["bad", "fine"],
    ]
    [told] = [json.loads(body) for body in line.received(dead)]
    arn = f"arn:aws:pipes:{ACCOUNT}:pipe/p"
    assert told["context"] == {"partnerResourceArn": arn, "condition": "RetryAttemptsExhausted"}
    assert told["DDBStreamBatchInfo"]["batchSize"] == 2


def test_kinesis_records_are_flat(line: Line) -> None:
    streams = boto3.client("kinesis")
    streams.create_stream(StreamName="clicks", ShardCount=1)
    arn = streams.describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    line.pipe(
        arn,
        SourceParameters={"KinesisStreamParameters": {"StartingPosition": "LATEST"}},
        TargetParameters={"InputTemplate": '{"kind": <$.data.kind>, "key": <$.partitionKey>}'},
    )
    streams.put_record(StreamName="clicks", PartitionKey="k", Data=b'{"kind": "click"}')
    assert line.got == [[{"kind": "click", "key": "k"}]]


def test_a_stopped_pipe_reads_nothing(line: Line) -> None:
    line.pipe(DesiredState="STOPPED")
    line.send("a")
    assert (line.got, line.client.describe_pipe(Name="p")["CurrentState"]) == ([], "STOPPED")
    assert line.client.start_pipe(Name="p")["CurrentState"] == "STARTING"
    assert len(line.got) == 1
    assert line.client.stop_pipe(Name="p")["CurrentState"] == "STOPPING"
    line.send("b")
    assert len(line.got) == 1
    line.client.start_pipe(Name="p")
    assert line.client.delete_pipe(Name="p")["CurrentState"] == "DELETING"
    line.send("c")
    assert len(line.got) == 2


def test_pipes_are_described_listed_and_tagged(line: Line) -> None:
    made = line.pipe(Tags={"a": "1"}, Description="in to out", DesiredState="STOPPED")
    described = line.client.describe_pipe(Name="p")
    assert described["Arn"] == made["Arn"] == f"arn:aws:pipes:{ACCOUNT}:pipe/p"
    assert (described["Tags"], described["Description"], described["RoleArn"]) == ({"a": "1"}, "in to out", ROLE)
    [listed] = line.client.list_pipes(NamePrefix="p")["Pipes"]
    assert (listed["Source"], listed["Target"]) == (QUEUE + "in", FUNCTION + "target")
    assert line.client.list_pipes(NamePrefix="q")["Pipes"] == []
    line.client.tag_resource(resourceArn=made["Arn"], tags={"b": "2"})
    line.client.untag_resource(resourceArn=made["Arn"], tagKeys=["a"])
    assert line.client.list_tags_for_resource(resourceArn=made["Arn"])["tags"] == {"b": "2"}
    with pytest.raises(ClientError, match=r"ConflictException.*Pipe p already exists"):
        line.pipe()
    with pytest.raises(ClientError, match=r"NotFoundException.*Pipe q does not exist"):
        line.client.describe_pipe(Name="q")


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Target": f"arn:aws:firehose:{ACCOUNT}:deliverystream/d"}, "target .*deliverystream/d is not emulated"),
        ({"Target": f"arn:aws:events:{ACCOUNT}:api-destination/d/1"}, "target .*api-destination"),
        ({"Target": f"arn:aws:ecs:{ACCOUNT}:cluster/c"}, "target .*cluster/c"),
        ({"Enrichment": f"arn:aws:events:{ACCOUNT}:api-destination/d/1"}, "enrichment .*api-destination"),
        ({"Source": f"arn:aws:mq:{ACCOUNT}:broker:b:1"}, "broker:b:1 is not read here"),
        ({"Source": f"arn:aws:kafka:{ACCOUNT}:cluster/c/1"}, "cluster/c/1 is not read here"),
        ({"Source": "smk://host:9092"}, "smk://host:9092"),
    ],
    ids=str,
)
def test_other_sources_and_targets_are_refused_by_name(line: Line, members: Any, named: str) -> None:
    given = {"Name": "p", "Source": QUEUE + "in", "Target": FUNCTION + "target", "RoleArn": ROLE, **members}
    with pytest.raises(NotEmulatedError, match=named):
        line.client.create_pipe(**given)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Source": f"arn:aws:dynamodb:{ACCOUNT}:table/t/stream/x"}, "SourceParameters.DynamoDBStreamParameters"),
        ({"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}}, "MaximumBatchingWindowInSeconds"),
        ({"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "x"}]}}}, "FilterCriteria"),
        ({"TargetParameters": {"InputTemplate": "<aws.pipes.nothing>"}}, "aws.pipes.nothing"),
        ({"TargetParameters": {"StepFunctionStateMachineParameters": FORGET}}, "StepFunctionStateMachineParameters"),
        ({"DesiredState": "GONE"}, "desiredState"),
        (
            {
                "Target": QUEUE + "out",
                "SourceParameters": {"SqsQueueParameters": {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}},
            },
            "at most 10",
        ),
    ],
    ids=str,
)
def test_wrong_members_are_refused(line: Line, members: Any, named: str) -> None:
    given = {"Name": "p", "Source": QUEUE + "in", "Target": FUNCTION + "target", "RoleArn": ROLE, **members}
    with pytest.raises(ClientError, match=f"ValidationException.*{named}"):
        line.client.create_pipe(**given)


def test_a_pipe_of_a_source_that_is_not_there_is_not_made(line: Line) -> None:
    line.pipe(QUEUE + "none")
    described = line.client.describe_pipe(Name="p")
    assert described["CurrentState"] == "CREATE_FAILED"
    assert described["StateReason"].endswith(f"there is no queue {QUEUE}none")


def test_a_pipe_of_an_external_backend_does_not_reach_this_process(line: Line) -> None:
    with Emulator(backend={"pipes": "http://localhost:1", "*": "moto"}) as emulator:
        machine = emulator.state_machine(PASS, name="Orders")
        with pytest.raises(NotEmulatedError, match=f"Target={machine.arn} is in this process, out of reach"):
            emulator.client("pipes").create_pipe(Name="p", Source=QUEUE + "in", Target=machine.arn, RoleArn=ROLE)
