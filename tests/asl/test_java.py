"""Java's hash codes, the order of its hash tables, and its random numbers; all values were checked with a JDK."""

import pytest

from asl.java import Random, hash_code, hash_map_order, hash_set_order, signed, string_hash
from asl.values import Json

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"),
    *("theta", "iota", "kappa", "lambda", "mu", "nu", "xi"),
)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, 0),
        (True, 1231),
        (False, 1237),
        (-7, -7),
        (9007199254740991, -2097152),
        (-9007199254740991, -2097151),
        (2**63, -(2**31)),
        (-(2**70), -61504),
        (-1.5, -1074266112),
        ("", 0),
        ("hello", 99162322),
        ("é🚀", 1996940),
        ([], 1),
        ([1, 2], 994),
        ({"a": 1}, 96),
        ({"a": 1, "b": [None, "x", -3000000000]}, -1294933788),
    ],
)
def test_hash_codes(value: Json, code: int) -> None:
    assert hash_code(value) == code


def test_hash_codes_of_texts_overflow_as_in_java() -> None:
    assert string_hash("polygenelubricants") == -(2**31)
    assert signed(2**31) == -(2**31)


def test_a_hash_map_with_twelve_keys_has_sixteen_buckets() -> None:
    order = "epsilon zeta iota lambda eta alpha delta mu kappa theta beta gamma"
    assert hash_map_order(GREEK[:12]) == order.split()


def test_a_hash_map_with_more_keys_has_doubled() -> None:
    order = "zeta iota nu delta mu theta epsilon xi lambda eta alpha kappa beta gamma"
    assert hash_map_order(GREEK) == order.split()


def test_keys_of_one_bucket_keep_their_order() -> None:
    assert string_hash("Aa") == string_hash("BB")
    assert hash_map_order(["BB", "Aa"]) == ["BB", "Aa"]
    assert hash_map_order(["Aa", "BB"]) == ["Aa", "BB"]


def test_a_hash_set_is_as_large_as_the_list_it_copies() -> None:
    assert hash_set_order([1, True, None, [], {"a": 1}], 5) == [None, {"a": 1}, 1, [], True]
    assert hash_set_order([16, 1], 2) == [16, 1]
    assert hash_set_order([16, 1], 12) == [1, 16]


def test_random_numbers() -> None:
    drawn = Random(42)
    assert [drawn.next_int(100), drawn.next_int(100)] == [30, 63]
    assert Random(1).next_int(2**30 + 1) == 215764588  # after numbers that are rejected
    assert Random(42).next_int(64) == 46
    assert Random(42).next_double() == 0.7275636800328681
