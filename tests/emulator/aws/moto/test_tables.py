"""moto's tables keep their order and their values, in less time."""

from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS
from moto.dynamodb.models.table import Table

from emulator import Emulator
from emulator.aws.moto.tables import all_items, is_written

KEYS = {"S": ["b", "a", "ä", "A", "10", "9"], "N": ["10", "9", "-1", "1.5"]}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("with_range", [True, False])
def test_items_come_in_motos_order(kind: str, with_range: bool) -> None:
    keys = ["PK", "SK"][: 1 + with_range]
    with Emulator() as emulator:
        client = emulator.client("dynamodb")
        client.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key in keys],
            KeySchema=[{"AttributeName": k, "KeyType": t} for k, t in zip(keys, ("HASH", "RANGE"), strict=False)],
        )
        for first in KEYS[kind]:
            for second in KEYS[kind]:
                client.put_item(TableName="t", Item={"PK": {kind: first}, "SK": {kind: second}})

        from moto.dynamodb.models import dynamodb_backends

        table = dynamodb_backends[emulator.account_id][emulator.region].tables["t"]
        assert Table.all_items is all_items
        found = table.all_items()
        key = (lambda x: (x.hash_key, x.range_key)) if with_range else (lambda x: x.hash_key)
        assert found == sorted(found, key=key)
        assert len(found) == len(KEYS[kind]) ** (1 + with_range)
        assert len(boto3.client("dynamodb", emulator.region).scan(TableName="t")["Items"]) == len(found)


VALUES: dict[str, Any] = {
    "text": {"S": "ä"},
    "number": {"N": "1.5"},
    "nothing": {"NULL": True},
    "no": {"BOOL": False},
    "texts": {"SS": ["a", "b"]},
    "bytes": {"B": b"\x00\xff"},
    "many bytes": {"BS": [b"\x00"]},
    "empty": {"L": []},
    "list": {"L": [{"S": "a"}, {"M": {"b": {"N": "1"}}}]},
    "bytes inside": {"M": {"a": {"L": [{"B": b"\x01"}, {"S": "b"}]}}},
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_type_come_back(emulator: Emulator, name: str) -> None:
    client = emulator.client("dynamodb")
    client.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
    )
    item = {"PK": {"S": "a"}, "value": VALUES[name]}
    client.put_item(TableName="t", Item=item)
    assert client.get_item(TableName="t", Key={"PK": {"S": "a"}})["Item"] == item
    assert client.scan(TableName="t")["Items"] == [item]


@pytest.mark.parametrize(
    "value", [{}, {"S": "a", "N": "1"}, "a", None, {"L": [{"B": "AA=="}]}, {"M": {"a": {"BS": []}}}]
)
def test_what_is_left_to_moto(value: Any) -> None:
    assert not is_written(value)


# Put back

MOTOS_ALL_ITEMS = Table.all_items


def motos_own() -> bool:
    return Table.all_items is MOTOS_ALL_ITEMS and "dynamodb" not in SERVICE_SPECIFIC_SERIALIZERS


@pytest.mark.parametrize("outer_first", [True, False])
def test_both_are_motos_own_again_when_the_last_emulator_closes(outer_first: bool) -> None:
    outer, inner = Emulator(), Emulator()
    for emulator in (outer, inner):
        emulator.__enter__()
        emulator.client("dynamodb").list_tables()
    first, last = (outer, inner) if outer_first else (inner, outer)
    first.close()
    assert Table.all_items is all_items
    last.close()
    last.close()
    assert motos_own()


def test_a_users_own_mock_aws_runs_on_moto_alone() -> None:
    with Emulator() as emulator:
        emulator.client("dynamodb").list_tables()
    with mock_aws():
        assert boto3.client("dynamodb", "us-east-1").list_tables()["TableNames"] == []
        assert motos_own()
