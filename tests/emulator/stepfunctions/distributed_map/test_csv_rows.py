"""CSV as AWS reads it: rules of the developer guide, "ItemReader", and of its recordings."""

import pytest

from emulator.stepfunctions.distributed_map.csv_rows import (
    DELIMITERS,
    CsvError,
    hash_map_order,
    read_objects,
    read_rows,
)


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    """The rows of ``text``."""
    return list(read_rows(text.splitlines(keepends=True), delimiter))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n", [["a", "b"]]),
        ("a,b", [["a", "b"]]),
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
        ("a\n\nb\n", [["a"], ["b"]]),
        ("   \n", [["   "]]),
        (",,\n", [["", "", ""]]),
        ("'a',b\n", [["'a'", "b"]]),
        ('"a,b",c\n', [["a,b", "c"]]),
        ('"say ""hi""",c\n', [['say "hi"', "c"]]),
        ('"two\nlines",c\nd,e\n', [["two\nlines", "c"], ["d", "e"]]),
        ('"three\n\nlines"\n', [["three\n\nlines"]]),
        ('a"b,c\n', [['a"b', "c"]]),
        ("a\\,b,c\n", [["a,b", "c"]]),
        ("a\\\\b\n", [["a\\b"]]),
        ('\\"a\\",b\n', [['"a"', "b"]]),
        ("a\\nb\n", [["anb"]]),
        ('"open\nto the end', [["open\nto the end"]]),
        ("", []),
    ],
)
def test_rows(text: str, expected: list[list[str]]) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize("delimiter", DELIMITERS.values())
def test_every_delimiter_separates(delimiter: str) -> None:
    assert rows(f'a{delimiter}"b{delimiter}c"\n', delimiter) == [["a", f"b{delimiter}c"]]
    assert len(DELIMITERS) == 5


def test_a_short_row_is_filled_and_a_long_one_cut() -> None:
    """test_map_item_reader_csv_*_extra_fields"""
    assert list(read_objects(["h1,h2\n", "a\n", "b,c,d\n"])) == [{"h1": "a", "h2": ""}, {"h1": "b", "h2": "c"}]


def test_headers_may_be_given() -> None:
    assert list(read_objects(["a,b\n"], headers=["x"])) == [{"x": "a"}]


@pytest.mark.parametrize("headers", [None, ["a", "b", "a"]])
def test_headers_are_unique(headers: list[str] | None) -> None:
    """test_map_item_reader_csv_headers_decl_duplicate_headers"""
    with pytest.raises(CsvError, match=r"^CSV headers cannot contain duplicates\.$"):
        list(read_objects(["x,x\n"], headers=headers))


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["H1", ""], ["", "H1"]),
        (["0", "True", "{}"], ["0", "{}", "True"]),
        (["Col1", "Col2", "Col3"], ["Col1", "Col2", "Col3"]),
    ],
)
def test_members_come_in_the_order_of_a_java_hash_map(names: list[str], ordered: list[str]) -> None:
    """Recorded: ``test_map_item_reader_csv_first_row_*``."""
    assert [names[index] for index in hash_map_order(names)] == ordered


def test_no_member_is_lost_when_the_table_grows() -> None:
    assert sorted(hash_map_order([f"name {n}" for n in range(100)])) == list(range(100))
