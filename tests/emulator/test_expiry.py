"""Items with a time to live: a team whose table has one sees what expires, when it goes, and what its stream tells.

Source: developer guide, "Using time to live (TTL) in DynamoDB".
"""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError

at_expiry = pytest.mark.emulator(dynamodb_ttl="at expiry")


def make_table(*, name: str = "sessions", stream: bool = False, sort_key: str | None = None) -> Any:
    keys = ["id"] if sort_key is None else ["id", sort_key]
    more: Any = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}} if stream else {}
    client = boto3.client("dynamodb")
    made = client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    return made["TableDescription"]


def expire(name: str = "sessions", attribute: str = "expires", *, enabled: bool = True) -> None:
    boto3.client("dynamodb").update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
    )


def put(emulator: Emulator, id_: str, seconds: float, *, name: str = "sessions", **more: Any) -> None:
    at = int(emulator.clock.now().timestamp() + seconds)
    item = {"id": {"S": id_}, "expires": {"N": str(at)}, **more}
    boto3.client("dynamodb").put_item(TableName=name, Item=item)


def ids(name: str = "sessions") -> list[str]:
    return sorted(item["id"]["S"] for item in boto3.client("dynamodb").scan(TableName=name)["Items"])


@at_expiry
def test_an_item_goes_at_its_expiry(emulator: Emulator) -> None:
    make_table()
    expire()
    put(emulator, "a", 60)
    put(emulator, "b", 90)
    emulator.clock.advance(seconds=59)
    assert ids() == ["a", "b"]
    emulator.clock.advance(seconds=1)
    assert ids() == ["b"]
    emulator.clock.advance(hours=1)
    assert ids() == []


def test_by_default_it_is_seen_for_two_days_more_as_on_aws(emulator: Emulator) -> None:
    make_table()
    expire()
    put(emulator, "a", 60)
    emulator.clock.advance(days=2)
    assert ids() == ["a"], "a program has to look at the time itself"
    emulator.clock.advance(seconds=60)
    assert ids() == []


@pytest.mark.emulator(dynamodb_ttl="never")
def test_never(emulator: Emulator) -> None:
    make_table()
    expire()
    put(emulator, "a", 60)
    emulator.clock.advance(days=400)
    assert ids() == ["a"]
    assert emulator.clock.next_at is None


@pytest.mark.emulator(dynamodb_ttl=timedelta(minutes=10))
def test_a_length_after_the_expiry(emulator: Emulator) -> None:
    make_table()
    expire()
    put(emulator, "a", 60)
    emulator.clock.advance(minutes=10)
    assert ids() == ["a"]
    emulator.clock.advance(minutes=1)
    assert ids() == []


@at_expiry
def test_a_later_write_puts_it_off(emulator: Emulator) -> None:
    make_table()
    expire()
    put(emulator, "a", 60)
    emulator.clock.advance(seconds=30)
    boto3.client("dynamodb").update_item(
        TableName="sessions",
        Key={"id": {"S": "a"}},
        UpdateExpression="SET expires = expires + :more",
        ExpressionAttributeValues={":more": {"N": "100"}},
    )
    emulator.clock.advance(seconds=129)
    assert ids() == ["a"]
    emulator.clock.advance(seconds=1)
    assert ids() == []


@at_expiry
def test_every_way_to_write_an_item_counts(emulator: Emulator) -> None:
    make_table()
    expire()
    client, at = boto3.client("dynamodb"), str(int(emulator.clock.now().timestamp()) + 60)

    def item(id_: str) -> dict[str, Any]:
        return {"id": {"S": id_}, "expires": {"N": at}}

    client.batch_write_item(RequestItems={"sessions": [{"PutRequest": {"Item": item("batch")}}]})
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "sessions", "Item": item("transaction")}}])
    client.update_item(
        TableName="sessions",
        Key={"id": {"S": "update"}},
        UpdateExpression="SET #e = :at",
        ExpressionAttributeNames={"#e": "expires"},
        ExpressionAttributeValues={":at": {"N": at}},
    )
    client.execute_statement(Statement=f"INSERT INTO sessions VALUE {{'id': 'partiql', 'expires': {at}}}")
    assert ids() == ["batch", "partiql", "transaction", "update"]
    emulator.clock.advance(minutes=1)
    assert ids() == []


@at_expiry
def test_what_has_no_time_to_live_stays(emulator: Emulator) -> None:
    make_table()
    expire()
    client = boto3.client("dynamodb")
    for id_, expires in (("text", {"S": "1"}), ("none", {"BOOL": True}), ("huge", {"N": "1e30"})):
        client.put_item(TableName="sessions", Item={"id": {"S": id_}, "expires": expires})
    client.put_item(TableName="sessions", Item={"id": {"S": "nested"}, "m": {"M": {"expires": {"N": "1"}}}})
    put(emulator, "long ago", -6 * 365 * 86400)
    emulator.clock.advance(days=1)
    assert ids() == ["huge", "long ago", "nested", "none", "text"]


@at_expiry
def test_items_that_were_there_before_and_after_it_is_turned_off(emulator: Emulator) -> None:
    make_table(sort_key="kind")
    put(emulator, "a", 60, kind={"S": "x"})
    put(emulator, "a", 60, kind={"S": "y"})
    put(emulator, "a", 120, kind={"S": "z"})
    expire()
    emulator.clock.advance(seconds=60)
    assert ids() == ["a"]
    expire(enabled=False)
    emulator.clock.advance(days=3)
    assert ids() == ["a"]


def test_what_is_so_already_is_refused(emulator: Emulator) -> None:
    make_table()
    with pytest.raises(ClientError, match=r"ValidationException.*TimeToLive is already disabled"):
        expire(enabled=False)
    expire()
    with pytest.raises(ClientError, match=r"ValidationException.*TimeToLive is already enabled"):
        expire()
    expire(enabled=False)


@at_expiry
def test_another_table_with_the_same_attribute_keeps_its_items(emulator: Emulator) -> None:
    make_table()
    make_table(name="kept")
    expire()
    put(emulator, "a", 60)
    put(emulator, "a", 60, name="kept")
    emulator.clock.advance(seconds=60)
    assert (ids(), ids("kept")) == ([], ["a"])


@at_expiry
def test_the_stream_says_that_the_service_removed_it(emulator: Emulator) -> None:
    arn = make_table(stream=True)["LatestStreamArn"]
    expire()
    seen: list[dict[str, Any]] = []
    emulator.lambda_function("tell", lambda event, context: seen.extend(event["Records"]))
    emulator.client("lambda").create_event_source_mapping(
        FunctionName="tell",
        EventSourceArn=arn,
        StartingPosition="LATEST",
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"eventName": ["REMOVE"]})}]},
    )
    put(emulator, "a", 60)
    put(emulator, "b", 600)
    boto3.client("dynamodb").delete_item(TableName="sessions", Key={"id": {"S": "b"}})
    emulator.clock.advance(seconds=60)
    by_user, expired = seen
    assert by_user["dynamodb"]["Keys"] == {"id": {"S": "b"}}
    assert "userIdentity" not in by_user
    assert expired["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert expired["dynamodb"]["OldImage"]["id"] == {"S": "a"}
    assert expired["dynamodb"]["ApproximateCreationDateTime"] == int(emulator.clock.now().timestamp())


@at_expiry
def test_an_execution_that_waits_for_what_follows_gets_it(emulator: Emulator) -> None:
    arn = make_table(stream=True)["LatestStreamArn"]
    expire()

    def remember(event: Any, context: object) -> None:
        put(emulator, event["token"], 3600)

    def go_on(event: Any, context: object) -> None:
        for record in event["Records"]:
            if record["eventName"] == "REMOVE":
                token = record["dynamodb"]["Keys"]["id"]["S"]
                boto3.client("stepfunctions").send_task_success(taskToken=token, output='"expired"')

    emulator.lambda_function("remember", remember)
    emulator.lambda_function("go-on", go_on)
    emulator.client("lambda").create_event_source_mapping(
        FunctionName="go-on", EventSourceArn=arn, StartingPosition="LATEST"
    )
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "remember", "Payload": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    execution = emulator.run({"StartAt": "Ask", "States": {"Ask": ask}})
    assert (execution.output, execution.elapsed) == ("expired", timedelta(hours=1))


def test_two_emulators_do_not_disturb_each_other() -> None:
    with Emulator(dynamodb_ttl="at expiry") as first, Emulator(dynamodb_ttl="at expiry") as second:
        for emulator in (first, second):
            client = emulator.client("dynamodb")
            client.create_table(
                TableName="t",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
            client.update_time_to_live(
                TableName="t", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
            )
            at = str(int(emulator.clock.now().timestamp()) + 60)
            client.put_item(TableName="t", Item={"id": {"S": "a"}, "expires": {"N": at}})
        first.clock.advance(minutes=1)
        counts = [each.client("dynamodb").scan(TableName="t")["Count"] for each in (first, second)]
        assert counts == [0, 1]


def test_nothing_is_noted_once_all_are_closed() -> None:
    from emulator.aws.moto import expiring

    with Emulator(dynamodb_ttl="at expiry"):
        make_table()
        expire()
        assert expiring._names["expires"] == 1
    assert not +expiring._names


@at_expiry
def test_thousands_of_items_cost_a_look_at_each(emulator: Emulator) -> None:
    make_table()
    expire()
    table = boto3.resource("dynamodb").Table("sessions")
    began = int(emulator.clock.now().timestamp())
    with table.batch_writer() as batch:
        for number in range(1000):
            batch.put_item(Item={"id": str(number), "expires": began + 10 + number})
    emulator.clock.advance(seconds=509)
    assert len(ids()) == 500
    emulator.clock.advance(seconds=500)
    assert ids() == []


@pytest.mark.parametrize("mode", ["soon", 3, timedelta(seconds=-1), None])
def test_another_mode_is_refused_with_what_to_write(mode: Any) -> None:
    with pytest.raises(EmulatorError, match=r"dynamodb_ttl=.*write dynamodb_ttl='within days' or dynamodb_ttl='at exp"):
        Emulator(dynamodb_ttl=mode)
