"""How Lambda's Python runtime writes a handler's response; each row was compared with awslambdaric 4.2.2."""

import enum
import json
import math
from collections import namedtuple
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from emulator.lambda_.payload import LambdaRuntimeError, marshal, unmarshal

Point = namedtuple("Point", "x y")


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Row:
    def __repr__(self) -> str:
        return "Row()"

    def _asdict(self) -> dict[str, int]:
        return {"id": 7}


class Mapping(dict[str, int]):
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ({"a": [1, 2.5, True, None], "b": {}}, '{"a": [1, 2.5, true, null], "b": {}}'),
        ("plain", '"plain"'),
        ("é\u2028", '"é\u2028"'),
        ((1, (2,)), "[1, [2]]"),
        (Point(1, 2), '{"x": 1, "y": 2}'),
        ([Row()], '[{"id": 7}]'),
        (Mapping(a=1), '{"a": 1}'),
        ({"price": Decimal("1.10")}, '{"price": 1.10}'),
        (Decimal("1E+3"), "1E+3"),
        ([Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")], "[NaN, NaN, Infinity]"),
        ([math.nan, math.inf, -math.inf], "[NaN, Infinity, -Infinity]"),
        (Colour.RED, '"red"'),
        ({Level.HIGH: Level.HIGH}, '{"3": 3}'),
        ({2: "a", 1.5: "b", None: "c", True: "d"}, '{"2": "a", "1.5": "b", "null": "c", "true": "d"}'),
        ({"text": b"abc", b"key": 1}, '{"text": "abc", "key": 1}'),
        (b'"HelloWorld!"', '"HelloWorld!"'),
        (b"not json", "not json"),
        (10**30, "1" + "0" * 30),
    ],
    ids=repr,
)
def test_responses_are_written_as_lambda_writes_them(value: Any, text: str) -> None:
    assert marshal(value) == text


def test_up_to_python_3_11_what_is_not_ascii_is_escaped() -> None:
    assert marshal({"é": ("ü", Decimal(1))}, ascii_only=True) == '{"\\u00e9": ["\\u00fc", 1]}'
    assert marshal({"é": "ü"}, ascii_only=True) == '{"\\u00e9": "\\u00fc"}'


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (datetime(2030, 1, 1, tzinfo=UTC), "Object of type datetime is not JSON serializable", "isoformat()"),
        ({"a": [1, {"b/c": date(2030, 1, 1)}]}, "Object of type date is not JSON serializable", "at $.a[1]['b/c']"),
        ({"ids": {1, 2}}, "Object of type set is not JSON serializable", "sorted()"),
        ([UUID(int=1)], "Object of type UUID is not JSON serializable", "at $[0], contains a UUID"),
        (range(3), "Object of type range is not JSON serializable", "contains a range; Lambda accepts dict"),
        ({(1, 2): 3}, "keys must be str, int, float, bool or None, not tuple", "tuple"),
        ({Decimal(1): 3}, "keys must be str, int, float, bool or None, not Decimal", "Decimal"),
    ],
    ids=repr,
)
def test_what_json_cannot_hold_is_a_marshal_error_and_people_learn_where(value: Any, message: str, hint: str) -> None:
    with pytest.raises(LambdaRuntimeError) as caught:
        marshal(value)
    assert caught.value.error_type == "Runtime.MarshalError"
    assert caught.value.message == f"Unable to marshal response: {message}"
    assert hint in (caught.value.hint or "")


def test_a_response_that_holds_itself_is_a_marshal_error() -> None:
    loop: list[Any] = []
    loop.append({"again": loop})
    with pytest.raises(LambdaRuntimeError, match="Unable to marshal response: Circular reference detected"):
        marshal(loop)


def test_bytes_that_are_no_text_inside_a_value_are_a_marshal_error() -> None:
    with pytest.raises(LambdaRuntimeError, match="Unable to marshal response: 'utf-8' codec can't decode byte 0xff"):
        marshal({"a": b"\xff"})


@pytest.mark.parametrize("text", ["", "{", "nul", "NaN", "[1,]", '{"a": 1} x'])
def test_an_event_that_is_not_json_is_an_unmarshal_error(text: str) -> None:
    with pytest.raises(LambdaRuntimeError, match="Unable to unmarshal input: ") as caught:
        unmarshal(text)
    assert caught.value.error_type == "Runtime.UnmarshalError"


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "text", [], {"a": {"b": [1]}}], ids=repr)
def test_an_event_may_be_any_json(value: Any) -> None:
    assert unmarshal(json.dumps(value)) == value
