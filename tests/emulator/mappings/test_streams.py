"""DynamoDB's streams and Kinesis to Lambda: records, their order, and what happens when the function fails.

Recorded on AWS: ``test_dynamodb_event_source_mapping``, ``test_*_report_batch_item_failures``,
``test_*_on_failure_destination*``, ``test_kinesis_maximum_record_age_exceeded*``, ``test_dynamodb_event_filter*``.
"""

import base64
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

ACCOUNT = "us-east-1:123456789012"
LOST = f"arn:aws:sqs:{ACCOUNT}:lost"
FUNCTION = f"arn:aws:lambda:{ACCOUNT}:function:f"


class Table:
    """A table with a stream, a function ``f`` that notes the batches it gets, and a queue for those that are lost."""

    def __init__(self, emulator: Emulator, view: str = "NEW_AND_OLD_IMAGES") -> None:
        self.emulator = emulator
        self.client: Any = boto3.client("dynamodb")
        self.functions: LambdaClient = boto3.client("lambda")
        self.batches: list[tuple[float, list[str]]] = []
        """Seconds since the start, and the keys."""
        self.records: list[Any] = []
        self.answer: Callable[[list[Any]], Any] = lambda records: None
        emulator.lambda_function("f", self.handle)
        boto3.client("sqs").create_queue(QueueName="lost")
        specification: Any = {"StreamEnabled": True, "StreamViewType": view}
        made = self.client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification=specification,
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]

    def handle(self, event: Any, context: Any) -> Any:
        records = event["Records"]
        seconds = (self.emulator.clock.now() - self.emulator.assembly.started).total_seconds()
        self.batches.append((seconds, [each["dynamodb"]["Keys"]["id"]["S"] for each in records]))
        self.records += records
        return self.answer(records)

    def map(self, **settings: Any) -> str:
        given = {"FunctionName": "f", "EventSourceArn": self.stream, "StartingPosition": "LATEST", **settings}
        return str(self.functions.create_event_source_mapping(**given)["UUID"])

    def put(self, *ids: str) -> None:
        """All in one request, so that they are there at once."""
        items: Any = [{"PutRequest": {"Item": {"id": {"S": each}}}} for each in ids]
        self.client.batch_write_item(RequestItems={"orders": items})

    def fails(self, records: list[Any]) -> None:
        if any(each["dynamodb"]["Keys"]["id"]["S"].startswith("bad") for each in records):
            raise ValueError("bad")

    def lost(self) -> list[Any]:
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="lost")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"]) for each in found]


@pytest.fixture
def table(emulator: Emulator) -> Table:
    return Table(emulator)


ON_FAILURE: Any = {"DestinationConfig": {"OnFailure": {"Destination": LOST}}}


def test_a_stream_without_records_has_nothing_due(table: Table) -> None:
    def make(_event: Any, _context: Any) -> str:
        table.map()
        return table.emulator.clock.next_text

    table.emulator.lambda_function("make", make)
    assert json.loads(table.functions.invoke(FunctionName="make")["Payload"].read()) == ""


def test_each_change_is_one_record(table: Table) -> None:
    table.map()
    client, key = table.client, {"id": {"S": "1"}}
    client.update_item(
        TableName="orders",
        Key=key,
        UpdateExpression="SET n = :n, m = :m",
        ExpressionAttributeValues={":n": {"N": "1"}, ":m": {"M": {"x": {"L": [{"B": b"foobar"}]}}}},
    )
    client.update_item(
        TableName="orders",
        Key=key,
        UpdateExpression="SET m.x[0] = :x",
        ExpressionAttributeValues={":x": {"S": "y"}},
    )
    client.update_item(
        TableName="orders",
        Key=key,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    client.delete_item(TableName="orders", Key=key)
    first, second, third = table.records
    assert [each["eventName"] for each in table.records] == ["INSERT", "MODIFY", "REMOVE"]
    item = {"id": {"S": "1"}, "n": {"N": "1"}, "m": {"M": {"x": {"L": [{"B": "Zm9vYmFy"}]}}}}
    assert first["dynamodb"]["NewImage"] == second["dynamodb"]["OldImage"] == item
    assert "OldImage" not in first["dynamodb"]
    assert "NewImage" not in third["dynamodb"]
    assert len(first["eventID"]) == 32
    assert (first["eventVersion"], first["eventSource"], first["awsRegion"]) == ("1.1", "aws:dynamodb", "us-east-1")
    assert first["eventSourceARN"] == table.stream
    assert first["dynamodb"]["ApproximateCreationDateTime"] == 1893456000
    assert int(first["dynamodb"]["SequenceNumber"]) < int(second["dynamodb"]["SequenceNumber"])


@pytest.mark.parametrize(
    ("view", "images"),
    [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"})],
)
def test_a_record_has_the_images_of_its_view(emulator: Emulator, view: str, images: set[str]) -> None:
    table = Table(emulator, view)
    table.map()
    for text in ("a", "b"):
        table.client.put_item(TableName="orders", Item={"id": {"S": "1"}, "text": {"S": text}})
    _, record = table.records
    assert {"NewImage", "OldImage"} & record["dynamodb"].keys() == images


def test_a_program_that_reads_the_stream_itself_gets_the_same(table: Table) -> None:
    table.client.put_item(TableName="orders", Item={"id": {"S": "1"}, "b": {"B": b"foobar"}})
    streams = boto3.client("dynamodbstreams")
    [shard] = streams.describe_stream(StreamArn=table.stream)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=table.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    [record] = streams.get_records(ShardIterator=iterator)["Records"]
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "1"}, "b": {"B": b"foobar"}}
    assert record["eventVersion"] == "1.1"


def test_where_a_mapping_begins(table: Table) -> None:
    table.put("before")
    table.emulator.lambda_function("g", lambda event, _: seen.extend(event["Records"]))
    seen: list[Any] = []
    table.map(StartingPosition="TRIM_HORIZON")
    table.map(FunctionName="g")
    table.put("after")
    assert [ids for _, ids in table.batches] == [["before"], ["after"]]
    assert [each["dynamodb"]["Keys"]["id"]["S"] for each in seen] == ["after"]


def test_records_older_than_a_day_are_gone(table: Table) -> None:
    table.put("old")
    table.emulator.clock.advance(hours=25)
    table.put("new")
    table.map(StartingPosition="TRIM_HORIZON")
    assert [ids for _, ids in table.batches] == [["new"]]


def test_batches_and_windows(table: Table) -> None:
    table.map(BatchSize=3, MaximumBatchingWindowInSeconds=10)
    table.put(*"abcd")
    table.emulator.clock.advance(seconds=4)
    table.put("e")
    table.emulator.clock.advance(seconds=20)
    assert table.batches == [(0, ["a", "b", "c"]), (10, ["d", "e"])]


def test_one_batch_of_a_shard_at_a_time(table: Table) -> None:
    table.map(BatchSize=1)
    table.answer = lambda records: time.sleep(5)
    table.put(*"abc")
    table.emulator.clock.advance(seconds=30)
    assert table.batches == [(0, ["a"]), (5, ["b"]), (10, ["c"])]


def test_lanes_keep_the_order_of_a_key(table: Table) -> None:
    table.map(BatchSize=1, ParallelizationFactor=10)
    table.answer = lambda records: time.sleep(5)
    for text in ("1", "2"):
        items: Any = [{"PutRequest": {"Item": {"id": {"S": id_}, "n": {"N": text}}}} for id_ in "abc"]
        table.client.batch_write_item(RequestItems={"orders": items})
    table.emulator.clock.advance(seconds=60)
    numbers = {id_: [] for id_ in "abc"}  # type: dict[str, list[str]]
    for each in table.records:
        numbers[each["dynamodb"]["Keys"]["id"]["S"]].append(each["dynamodb"]["NewImage"]["n"]["N"])
    assert numbers == {"a": ["1", "2"], "b": ["1", "2"], "c": ["1", "2"]}
    assert len({at for at, _ in table.batches}) < 6


def test_filters_skip_records(table: Table) -> None:
    pattern = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"id": {"S": [{"prefix": "x"}]}}}}
    table.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    table.put("x1", "y1", "x2")
    table.client.delete_item(TableName="orders", Key={"id": {"S": "x1"}})
    assert table.batches == [(0, ["x1", "x2"])]


def test_a_failed_batch_blocks_its_shard_until_it_is_given_up(table: Table) -> None:
    table.map(MaximumRetryAttempts=2, BatchSize=2, **ON_FAILURE)
    table.answer = table.fails
    table.put("bad", "a", "b")
    table.emulator.clock.advance(minutes=1)
    assert table.batches == [(0, ["bad", "a"]), (1, ["bad", "a"]), (3, ["bad", "a"]), (3, ["b"])]
    [told] = table.lost()
    assert told["requestContext"].pop("requestId")
    first, last = (each["dynamodb"]["SequenceNumber"] for each in table.records[:2])
    assert told == {
        "requestContext": {
            "functionArn": FUNCTION,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2030-01-01T00:00:03.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001541626099285-f35f62ef",
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "approximateArrivalOfFirstRecord": "2030-01-01T00:00:00Z",
            "approximateArrivalOfLastRecord": "2030-01-01T00:00:00Z",
            "batchSize": 2,
            "streamArn": table.stream,
        },
    }


def test_without_a_limit_a_batch_is_tried_until_it_is_through(table: Table) -> None:
    uuid = table.map()
    table.answer = table.fails
    table.put("bad")
    table.emulator.clock.advance(minutes=1)
    assert len(table.batches) == 8
    assert (
        table.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"
    )
    table.answer = lambda records: None
    table.emulator.clock.advance(minutes=1)
    assert len(table.batches) == 9
    assert table.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK"


def test_a_batch_is_split_until_the_bad_record_is_alone(table: Table) -> None:
    table.map(MaximumRetryAttempts=1, BisectBatchOnFunctionError=True, **ON_FAILURE)
    table.answer = table.fails
    table.put("a", "b", "bad", "c")
    table.emulator.clock.advance(minutes=1)
    assert [ids for _, ids in table.batches] == [
        ["a", "b", "bad", "c"],
        ["a", "b"],
        ["bad", "c"],
        ["bad"],
        ["bad"],
        ["c"],
    ]
    [told] = table.lost()
    assert (told["requestContext"]["approximateInvokeCount"], told["DDBStreamBatchInfo"]["batchSize"]) == (2, 1)


def test_a_partial_failure_goes_on_at_the_first_failed_record(table: Table) -> None:
    """As recorded: six records, batches of three, the sixth always fails: it comes five times, the record says four."""
    table.map(BatchSize=3, MaximumRetryAttempts=3, FunctionResponseTypes=["ReportBatchItemFailures"], **ON_FAILURE)

    def answer(records: list[Any]) -> Any:
        failed = [each["dynamodb"]["SequenceNumber"] for each in records if each["dynamodb"]["Keys"]["id"]["S"] == "6"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    table.answer = answer
    table.put(*"123456")
    table.emulator.clock.advance(minutes=5)
    assert [ids for _, ids in table.batches] == [["1", "2", "3"], ["4", "5", "6"], *[["6"]] * 4]
    [told] = table.lost()
    assert told["requestContext"]["approximateInvokeCount"] == 4
    assert told["responseContext"]["functionError"] is None


def test_records_that_become_too_old_are_given_up(table: Table) -> None:
    table.map(MaximumRecordAgeInSeconds=60, **ON_FAILURE)
    table.answer = table.fails
    table.put("bad")
    table.emulator.clock.advance(minutes=5)
    [told] = table.lost()
    assert told["requestContext"]["condition"] == "RecordAgeExceeded"
    assert told["requestContext"]["approximateInvokeCount"] == len(table.batches) == 8
    assert "responseContext" not in told


def test_records_that_are_too_old_at_first_are_given_up_at_once(table: Table) -> None:
    table.put("old")
    table.emulator.clock.advance(minutes=2)
    table.put("new")
    table.map(StartingPosition="TRIM_HORIZON", MaximumRecordAgeInSeconds=60, **ON_FAILURE)
    assert [ids for _, ids in table.batches] == [["new"]]
    [told] = table.lost()
    assert told["requestContext"]["approximateInvokeCount"] == 1


def test_a_disabled_mapping_keeps_its_place(table: Table) -> None:
    uuid = table.map()
    table.put("a")
    table.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    table.put("b")
    table.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert [ids for _, ids in table.batches] == [["a"], ["b"]]


def test_a_bucket_gets_the_records_too(table: Table) -> None:
    storage = boto3.client("s3")
    storage.create_bucket(Bucket="lost")
    table.map(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::lost"}})
    table.answer = table.fails
    table.put("bad")
    [found] = storage.list_objects_v2(Bucket="lost")["Contents"]
    told = json.loads(storage.get_object(Bucket="lost", Key=found["Key"])["Body"].read())
    assert json.loads(told["payload"])["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "bad"}}


def test_a_machine_writes_and_the_function_gets_it(table: Table) -> None:
    table.map()
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {"TableName": "orders", "Item": {"id": {"S.$": "$.id"}}},
        "End": True,
    }
    table.emulator.run({"StartAt": "Put", "States": {"Put": put}}, {"id": "7"})
    table.emulator.clock.advance(seconds=0)
    assert [ids for _, ids in table.batches] == [["7"]]


def test_a_transaction_that_fails_makes_no_record(table: Table) -> None:
    table.map()
    with pytest.raises(table.client.exceptions.TransactionCanceledException):
        table.client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "orders", "Item": {"id": {"S": "a"}}}},
                {
                    "Put": {
                        "TableName": "orders",
                        "Item": {"id": {"S": "b"}},
                        "ConditionExpression": "attribute_exists(id)",
                    }
                },
            ]
        )
    table.put("c")
    assert [ids for _, ids in table.batches] == [["c"]]


def test_kinesis_gives_records_of_its_own_shape(emulator: Emulator) -> None:
    seen: list[Any] = []
    emulator.lambda_function("f", lambda event, _: seen.extend(event["Records"]))
    streams = boto3.client("kinesis")
    streams.create_stream(StreamName="clicks", ShardCount=1)
    arn = streams.describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    pattern = json.dumps({"data": {"kind": ["click"]}})
    boto3.client("lambda").create_event_source_mapping(
        FunctionName="f",
        EventSourceArn=arn,
        StartingPosition="TRIM_HORIZON",
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
    for kind in ("click", "move"):
        streams.put_record(StreamName="clicks", PartitionKey="p", Data=json.dumps({"kind": kind}).encode())
    [record] = seen
    assert json.loads(base64.b64decode(record["kinesis"].pop("data"))) == {"kind": "click"}
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "p",
            "sequenceNumber": "1",
            "approximateArrivalTimestamp": 1893456000.0,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000000:1",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/f",
        "awsRegion": "us-east-1",
        "eventSourceARN": arn,
    }


def test_a_table_whose_stream_was_switched_off_takes_writes(emulator: Emulator) -> None:
    table = Table(emulator)
    table.map()
    table.client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    table.client.put_item(TableName="orders", Item={"id": {"S": "1"}})
    table.client.update_item(
        TableName="orders",
        Key={"id": {"S": "2"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    table.client.delete_item(TableName="orders", Key={"id": {"S": "1"}})
    assert table.batches == []


def test_a_record_of_kinesis_names_the_role_of_its_function(emulator: Emulator) -> None:
    records: list[Any] = []
    emulator.lambda_function("f", lambda event, _: records.extend(event["Records"]))
    functions: LambdaClient = boto3.client("lambda")
    functions.update_function_configuration(FunctionName="f", Role="arn:aws:iam::123456789012:role/reads")
    emulator.lambda_function("g", lambda event, _: records.extend(event["Records"]))
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    source = f"arn:aws:kinesis:{ACCOUNT}:stream/clicks"
    made = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=source, StartingPosition="LATEST")
    kinesis.put_record(StreamName="clicks", Data=b"1", PartitionKey="p")
    functions.update_event_source_mapping(UUID=made["UUID"], FunctionName="g")
    kinesis.put_record(StreamName="clicks", Data=b"2", PartitionKey="p")
    shown = functions.get_function_configuration(FunctionName="g")["Role"]
    assert [each["invokeIdentityArn"] for each in records] == ["arn:aws:iam::123456789012:role/reads", shown]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"$or": [{"data": {"a": [1]}}, {"data": {"b": [2]}}]}, ["one", "two"]),
        ({"$or": [{"data": {"a": [1]}}, {"data": ["text"]}]}, ["one", "text"]),
        ({"$or": [{"data": {"a": [1]}}, {"kinesis": {"partitionKey": ["other"]}}]}, ["one", "other"]),
        (
            {
                "data": {"a": [1]},
                "$or": [{"kinesis": {"partitionKey": ["other"]}}, {"kinesis": {"partitionKey": ["one"]}}],
            },
            ["one"],
        ),
        ({"$or": [{"$or": [{"data": {"a": [1]}}, {"data": {"a": [9]}}]}, {"data": ["text"]}]}, ["one", "text"]),
    ],
)
def test_alternatives_of_a_filter_over_the_data(emulator: Emulator, pattern: Any, expected: list[str]) -> None:
    keys: list[str] = []
    emulator.lambda_function(
        "f", lambda event, _: keys.extend(each["kinesis"]["partitionKey"] for each in event["Records"])
    )
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    boto3.client("lambda").create_event_source_mapping(
        FunctionName="f",
        EventSourceArn=f"arn:aws:kinesis:{ACCOUNT}:stream/clicks",
        StartingPosition="LATEST",
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
    )
    for key, data in (("one", b'{"a": 1}'), ("two", b'{"b": 2}'), ("text", b"text"), ("other", b'{"c": 3}')):
        kinesis.put_record(StreamName="clicks", Data=data, PartitionKey=key)
    assert keys == expected
