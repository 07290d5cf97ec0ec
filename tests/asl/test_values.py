"""JSON as AWS sees it: text and value, numbers, instants, limits."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.chance import Chance
from asl.values import (
    MAX_DEPTH,
    PAYLOAD_LIMIT,
    Json,
    JsonTextError,
    Payload,
    as_instant,
    decode,
    depth,
    encode,
    exceeds_depth,
    exceeds_limit,
    instant_text,
    is_integer,
    is_number,
    java_double,
    size,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
@settings(max_examples=200)
def test_what_is_encoded_is_decoded_again(value: Json) -> None:
    assert decode(encode(value)) == value


def test_integers_and_fractions_stay_apart() -> None:
    assert encode(decode("[1, 1.0, -0.0, 1e2]")) == "[1,1.0,-0.0,100.0]"


def test_text_is_compact_with_non_ascii_as_it_is_and_keys_in_order() -> None:
    assert encode({"b": "é😀", "a": [1, {"x": None}]}) == '{"b":"é😀","a":[1,{"x":null}]}'


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.5, "1.5"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (12345678.9, "1.23456789E7"),
        (-1e22, "-1.0E22"),
        (1e-3, "0.001"),
        (1e-4, "1.0E-4"),
        (0.000123, "1.23E-4"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (123456789012345680.0, "1.2345678901234568E17"),
    ],
)
def test_doubles_are_written_as_java_writes_them(number: float, text: str) -> None:
    """java.lang.Double.toString"""
    assert java_double(number) == text
    assert encode([number]) == f"[{text}]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\x0b\x1f\x01\n", r'"\u000B\u001F\u0001\n"'),
        ([r"\u001f", "\x1f", 1e7], r'["\\u001f","\u001F",1.0E7]'),
        ({"\x1a": None}, r'{"\u001A":null}'),
    ],
)
def test_escapes_have_upper_case_digits_as_jackson_writes_them(value: Json, text: str) -> None:
    assert encode(value) == text


def test_texts_that_look_like_large_doubles_stay_as_they_are() -> None:
    value: Json = {"1e5": "a:12345678.5", "list": [1, 2.5e10, {"0.0001": 0.0001}], "s": ":1e9"}
    assert encode(value) == '{"1e5":"a:12345678.5","list":[1,2.5E10,{"0.0001":1.0E-4}],"s":":1e9"}'


def test_of_a_key_given_twice_the_last_wins() -> None:
    assert decode('{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "Expecting value", 1, 1),
        ('{\n "a": }', "Expecting value", 2, 7),
        ("NaN", "NaN is not a JSON number", 1, 1),
        ("-Infinity", "-Infinity is not a JSON number", 1, 1),
        ("1e400", "1e400 is too large for a JSON number", 1, 1),
        ("1" * 5000, "a number has too many digits", 1, 1),
        ("[" * 100_000, f"JSON is nested deeper than {MAX_DEPTH} levels", 1, 1),
        ("[" * 401 + "]" * 401, f"JSON is nested deeper than {MAX_DEPTH} levels", 1, 1),
        ("1 2", "Unexpected text after the end", 1, 3),
        (" \n x", "Expecting value", 2, 2),
        ("{} x", "Unexpected text after the end", 1, 4),
    ],
    ids=lambda each: str(each)[:20],
)
def test_text_that_is_not_json_is_refused_with_its_place(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(JsonTextError) as caught:
        decode(text)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, line, column)


@pytest.mark.parametrize("text", ["[1]", " [1]", "[1]\n", "\t [1]\r\n "])
def test_white_space_around_a_value_does_not_count(text: str) -> None:
    assert decode(text) == [1]


def test_the_deepest_payload_is_taken() -> None:
    assert depth(decode("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == MAX_DEPTH
    assert decode(f"[{'[],' * MAX_DEPTH}[]]") is not None, "wide is not deep"


@pytest.mark.parametrize(("value", "levels"), [(1, 0), ([], 1), ({}, 1), ([[1], {"a": [2]}], 3)])
def test_depth_counts_arrays_and_objects(value: Json, levels: int) -> None:
    assert depth(value) == levels


def test_brackets_in_strings_are_not_levels() -> None:
    value: Json = "[" * 1000
    assert not exceeds_depth(value, encode(value))


@pytest.mark.parametrize(
    ("text", "too_large"),
    [
        ("a" * PAYLOAD_LIMIT, False),
        ("a" * (PAYLOAD_LIMIT + 1), True),
        ("é" * (PAYLOAD_LIMIT // 2), False),
        ("é" * (PAYLOAD_LIMIT // 2 + 1), True),
    ],
    ids=["ascii at the limit", "ascii above", "two bytes each at the limit", "two bytes each above"],
)
def test_the_payload_limit_counts_bytes_of_utf8(text: str, too_large: bool) -> None:
    assert exceeds_limit(text) is too_large


def test_a_lone_surrogate_has_a_size() -> None:
    assert size(decode('"\\ud800"')) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "number", "integer"), [(1, True, True), (1.0, True, False), (True, False, False), ("1", False, False)]
)
def test_a_boolean_is_no_number(value: Json, number: bool, integer: bool) -> None:
    assert (is_number(value), is_integer(value)) == (number, integer)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2016-12-05T21:29:29Z", datetime(2016, 12, 5, 21, 29, 29, tzinfo=UTC)),
        ("2016-12-05T21:29:29.123456789Z", datetime(2016, 12, 5, 21, 29, 29, 123456, tzinfo=UTC)),
        ("2016-12-05T21:29:29.1Z", datetime(2016, 12, 5, 21, 29, 29, 100000, tzinfo=UTC)),
        ("2016-12-05T21:29:29+01:00", datetime(2016, 12, 5, 20, 29, 29, tzinfo=UTC)),
        ("2016-12-05T21:29:29-00:30", datetime(2016, 12, 5, 21, 59, 29, tzinfo=UTC)),
    ],
)
def test_an_instant_is_aware_and_utc(text: str, instant: datetime) -> None:
    """test_wait_timestamp[NANOSECONDS] and its kin"""
    assert as_instant(text) == instant


@pytest.mark.parametrize(
    "value",
    [
        "2016-12-05 21:29:29Z",
        "2016-12-05T21:29:29",
        "2016-13-05T21:29:29Z",
        "2016-12-05T25:29:29Z",
        "05-12-2016T21:29:29Z",
        "2016-12-05t21:29:29z",
        "2016-12-05T21:29Z",
        "2016-12-05T21:29:29+24:00",
        "0001-01-01T00:00:00+01:00",
        "２016-12-05T21:29:29Z",
        "2016-12-05T21:29:29Z\n",
        5,
        None,
    ],
)
def test_what_is_no_instant_is_none(value: Json) -> None:
    """test_wait_timestamp_invalid"""
    assert as_instant(value) is None


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "2030-01-01T00:00:00Z"), (1000, "2030-01-01T00:00:00.001Z"), (1, "2030-01-01T00:00:00.000001Z")],
)
def test_instants_are_written_with_no_three_or_six_digits(micros: int, text: str) -> None:
    """Reference 1.8"""
    assert instant_text(datetime(2030, 1, 1, 0, 0, 0, micros, UTC)) == text
    there = timezone(timedelta(hours=2))
    assert instant_text(datetime(2030, 1, 1, 0, 0, 0, micros, UTC).astimezone(there)) == text


def test_a_payload_keeps_the_text_it_was_read_from_and_writes_its_own_once() -> None:
    assert Payload.read(' {"a" : 1}').text == ' {"a" : 1}'
    built = Payload({"a": 1})
    assert built.text == '{"a":1}' == built.text
    assert repr(built) == 'Payload({"a":1})'


def test_payloads_are_equal_when_their_texts_are() -> None:
    assert Payload({"a": 1}) == Payload.read('{"a":1}')
    assert Payload(1) != Payload(1.0)
    assert Payload(1) != "1"
    assert len({Payload(1), Payload(1), Payload(2)}) == 2


def test_chance_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int | str) -> list[object]:
        chance = Chance(seed)
        return [chance.fraction(), chance.integer(1, 7), chance.uuid()]

    assert drawn(5) == drawn(5) != drawn(6)
    assert drawn("run") == drawn("run")


def test_chance_stays_within_its_bounds() -> None:
    chance = Chance(1)
    assert {chance.integer(3, 6) for _ in range(200)} == {3, 4, 5}
    assert all(0 <= chance.fraction() < 1 for _ in range(200))
    assert json.dumps(chance.uuid())[15] == "4"
