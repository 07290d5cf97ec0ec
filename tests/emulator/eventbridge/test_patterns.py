"""Event patterns: structure, every operator, refusals in EventBridge's words, and why an event does not match.

Names in brackets behind a case are AWS recordings (LocalStack's ``event_pattern_templates``); the other cases
follow the EventBridge user guide, "Comparison operators" and "Creating event patterns".
"""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.jackson import location
from asl.values import Json
from emulator.eventbridge import operators, patterns
from emulator.eventbridge.scalars import read_event

DEEP = 5_000


def matches(pattern: Any, event: Any) -> bool:
    compiled = patterns.compile(pattern if isinstance(pattern, str) else json.dumps(pattern))
    found = compiled.matches(event)
    assert (compiled.explain(event) == []) is found
    return found


def refusal(pattern: str) -> patterns.InvalidEventPattern:
    with pytest.raises(patterns.InvalidEventPattern) as caught:
        patterns.compile(pattern)
    return caught.value


STRUCTURE = {
    "all fields must match": ({"a": [1], "b": [2]}, {"a": 1, "b": 3}, False),
    "fields not named are ignored": ({"a": [1]}, {"a": 1, "b": 3}, True),
    "alternatives": ({"a": ["x", "y"]}, {"a": "y"}, True),
    "names are case-sensitive [key_case_sensitive_NEG]": ({"A": [1]}, {"a": 1}, False),
    "values are case-sensitive": ({"a": ["x"]}, {"a": "X"}, False),
    "trailing blanks count": ({"a": ["x"]}, {"a": "x "}, False),
    "null": ({"a": [None]}, {"a": None}, True),
    "null is not the empty string": ({"a": [None]}, {"a": ""}, False),
    "null is not its name": ({"a": [None]}, {"a": "null"}, False),
    "null is not missing": ({"a": [None]}, {}, False),
    "the empty string is a value [string_empty]": ({"a": [""]}, {"a": ""}, True),
    "a number is not its text": ({"a": [300]}, {"a": "300"}, False),
    "300.0 is 300 [number_comparison_float]": ({"a": [300]}, {"a": 300.0}, True),
    "300 is 300.0": ({"a": [300.0]}, {"a": 300}, True),
    "large integers are exact": ({"a": [2**53 + 1]}, {"a": 2**53 + 1}, True),
    "large integers do not run together": ({"a": [2**53]}, {"a": 2**53 + 1}, False),
    "a double that is exactly an integer is that integer": ({"a": [10**16]}, {"a": 1e16}, True),
    "an integer that no double holds is text": ({"a": [36028797018963973]}, {"a": 36028797018963976}, False),
    "true [boolean]": ({"a": [True]}, {"a": True}, True),
    "true is not false [boolean_NEG]": ({"a": [True]}, {"a": False}, False),
    "true is not 1": ({"a": [True]}, {"a": 1}, False),
    "1 is not true": ({"a": [1]}, {"a": True}, False),
    "any element of an array [arrays]": ({"a": ["x"]}, {"a": ["y", "x"]}, True),
    "no element of an array [arrays_NEG]": ({"a": ["x"]}, {"a": ["y", "z"]}, False),
    "arrays in arrays": ({"a": ["x"]}, {"a": [["y"], ["x"]]}, True),
    "an empty array never matches [arrays_empty_null_NEG]": ({"a": [None]}, {"a": []}, False),
    "an empty array does not exist [exists_list_empty_NEG]": ({"a": [{"exists": True}]}, {"a": []}, False),
    "an empty array is absent": ({"a": [{"exists": False}]}, {"a": []}, True),
    "objects in arrays [list_within_dict]": (
        {"detail": {"automations": {"id": [{"exists": True}]}}},
        {"detail": {"automations": [{"id": "1"}]}},
        True,
    ),
    "one element has it all": (
        {"people": {"first": ["Anna"], "last": ["Jones"]}},
        {"people": [{"first": "Anna", "last": "Smith"}, {"first": "Anna", "last": "Jones"}]},
        True,
    ),
    "two elements do not share": (
        {"people": {"first": ["Anna"], "last": ["Jones"]}},
        {"people": [{"first": "Anna", "last": "Smith"}, {"first": "Peter", "last": "Jones"}]},
        False,
    ),
    "consistent through two arrays": (
        {"teams": {"name": ["red"], "people": {"first": ["Anna"], "last": ["Jones"]}}},
        {
            "teams": [
                {"name": "red", "people": [{"first": "Anna", "last": "Smith"}]},
                {"name": "blue", "people": [{"first": "Anna", "last": "Jones"}]},
            ]
        },
        False,
    ),
    "a dotted key of the event [dot_joining_event]": (
        {"detail": {"state": {"status": ["running"]}}},
        {"detail": {"state.status": "running"}},
        True,
    ),
    "a dotted key of the event, object layer below [dot_joining_event_NEG]": (
        {"detail": {"state": {"status": ["running"]}}},
        {"detail": {"state.status": {"now": "running"}}},
        False,
    ),
    "a dotted key of the pattern [dot_joining_pattern]": (
        {"detail": {"state.status": ["running"]}},
        {"detail": {"state": {"status": "running"}}},
        True,
    ),
    "a dotted key of the pattern, object layer below [dot_joining_pattern_NEG]": (
        {"detail": {"state.status": ["running"]}},
        {"detail": {"state": {"status": {"now": "running"}}}},
        False,
    ),
    "dots in both": ({"a.b": {"c": ["x"]}}, {"a": {"b.c": "x"}}, True),
    "dots across arrays": ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 2}]}, True),
    "dotted and nested meet": ({"a": {"b": [1], "c": [2]}}, {"a": {"b": 1}, "a.c": 2}, True),
    "dotted and nested values are both there": ({"a": {"b": [1]}}, {"a": {"b": 2}, "a.b": 1}, True),
    "a name and a name below it": ({"a": [1], "a.b": [2]}, {"a": 1, "a.b": 2}, True),
    "a name and a name below it, one missing": ({"a": [1], "a.b": [2]}, {"a": 1}, False),
    "the last of equal keys counts [complex_multi_key]": ('{"a": ["x"], "a": ["y"]}', {"a": "y"}, True),
    "the first of equal keys does not": ('{"a": ["x"], "a": ["y"]}', {"a": "x"}, False),
    "detail as text is not opened [nested_json_NEG]": (
        {"detail": {"a": ["x"]}},
        {"detail": '{"a": "x"}'},
        False,
    ),
    "an event that is no object": ({"a": [{"exists": False}]}, ["x"], False),
    "escapes in names and values": ('{"\\u0061": ["\\ud83d\\ude00\\n"]}', {"a": "\N{GRINNING FACE}\n"}, True),
}


@pytest.mark.parametrize(("pattern", "event", "expected"), STRUCTURE.values(), ids=list(STRUCTURE))
def test_structure(pattern: Any, event: Any, expected: bool) -> None:
    assert matches(pattern, event) is expected


FOLDED = {"equals-ignore-case": "EventB"}
OPERATORS: dict[str, list[tuple[Any, list[Any], list[Any]]]] = {
    "exactly": [("x", ["x"], ["X", "xy", None])],
    "prefix": [
        ("us-", ["us-", "us-east-1"], ["US-east-1", "eu", "", None, 1, True]),
        ("", ["", "x"], [1, None]),
        (FOLDED, ["eventb", "EVENTBRIDGE"], ["aeventb", 1]),
    ],
    "suffix": [
        (".png", ["a.png", ".png"], ["a.PNG", "png", 1, None]),
        ("", ["", "x"], [1]),
        ({"equals-ignore-case": ".png"}, ["a.PNG"], [".pngs"]),
    ],
    "equals-ignore-case": [
        ("alice", ["ALICE", "Alice"], ["alice ", 1, None]),
        ("", [""], ["x", None]),
        ("STRAßE", ["straße", "straSSe"], ["strasse"]),
        ("k", ["K"], ["\N{KELVIN SIGN}"]),
        ("ΟΔΟΣ", ["οδοσ"], ["οδος", "οδο"]),
    ],
    "wildcard": [
        ("dir/*.png", ["dir/a.png", "dir/.png", "dir/a/b.png.png"], ["dir/.pn", "dir.png", "dir/a.png ", 1, None]),
        ("*", ["", "x"], [None, 1]),
        ("a*a", ["aa", "aba"], ["a"]),
        ("*ab*ab*", ["abab", "xabyabz"], ["ab", "aab"]),
        ("", [""], ["x"]),
        (r"1\*2", ["1*2"], ["1x2", r"1\*2"]),
        (r"a\\*", ["a\\", "a\\b"], ["ab"]),
    ],
    "anything-but": [
        ("x", ["y", "", None, 1, True, ["x", "y"]], ["x", ["x"], [], {}]),
        (1, [2, "1", None], [1, 1.0]),
        (["x", "y"], ["z", None, 5], ["x", "y"]),
        ([1, 2], [3, "1", "x"], [1, 2]),
        ({"prefix": "init"}, ["running", 12, None, ""], ["initializing"]),
        ({"prefix": ["a", "b"]}, ["c"], ["ax", "bx"]),
        ({"suffix": ".png"}, ["a.txt", 12, None], ["a.png"]),
        ({"suffix": [".png", ".jpg"]}, ["a.txt"], ["a.png", "a.jpg"]),
        ({"equals-ignore-case": "Init"}, ["x", 12, None], ["INIT"]),
        ({"equals-ignore-case": ["a", "b"]}, ["c"], ["A", "B"]),
        ({"wildcard": "*/lib/*"}, ["bin/x", 12, None], ["a/lib/b"]),
        ({"wildcard": ["*.a", "*.b"]}, ["x.c"], ["x.a", "x.b"]),
        ({"wildcard": ""}, ["x"], [""]),
    ],
    "numeric": [
        ([">", 0, "<=", 5], [0.1, 5, 5.0], [0, 5.1, "3", None, True]),
        (["=", 3.0], [3, 3.0], [3.1, "3"]),
        (["<", 0], [-1, -0.5], [0]),
        (["<=", 0], [0, -0.0], [1]),
        ([">=", 3.018e2], [301.8, 302], [301]),
        ([">", 0], [1], [0, False, "300", None]),
    ],
    "cidr": [
        ("10.0.0.0/24", ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "10.0.0.256", "10.0.0", "::a00:0", 10, None]),
        ("10.0.0.0/24", ["010.00.0.1", "::ffff:a00:7"], ["10.0.0.1 ", "10.0.0.0000000001"]),
        ("10.0.0.77/24", ["10.0.0.1"], ["10.0.1.77"]),
        ("10.0.0.1/31", ["10.0.0.0", "10.0.0.1"], ["10.0.0.2"]),
        ("0.0.0.0/0", ["1.2.3.4", "2001:db8::1", "::1"], ["x"]),
        ("48.0.0.0/8", ["3001::"], ["3100::", "30.0.0.0"]),
        ("2000::/4", ["33.0.0.1"], ["64.0.0.1"]),
        ("2001:db8::/32", ["2001:db8::1", "2001:0DB8:0:0:0:0:0:2"], ["2001:db9::1", "1.2.3.4", "2001:db8::1%eth0"]),
    ],
    "exists": [
        (True, ["", None, 0, [None], [[], 1]], [[], {}, {"b": 1}, [{"b": 1}]]),
        (False, [[], {}, {"b": 1}, [{"b": 1}]], ["", None, 0, [1]]),
    ],
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator(operator: str) -> None:
    for operand, accepted, refused in OPERATORS[operator]:
        pattern = {"a": [{operator: operand}]}
        for value in accepted:
            assert matches(pattern, {"a": value}), (operand, value)
        for value in refused:
            assert not matches(pattern, {"a": value}), (operand, value)


def test_the_table_of_operators_is_covered() -> None:
    assert OPERATORS.keys() == operators.OPERATORS.keys()
    assert len(operators.OPERATORS) == 9


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_missing_field_satisfies_only_exists_false(operator: str) -> None:
    for operand, _accepted, _refused in OPERATORS[operator]:
        assert matches({"a": [{operator: operand}]}, {"b": "x"}) is (operand is False)


MISSING = {
    "below a missing parent": ({"a": {"b": [{"exists": False}]}}, {}, True),
    "below a scalar": ({"a": {"b": [{"exists": False}]}}, {"a": "x"}, True),
    "together with a value": ({"c": [1], "a": {"b": [{"exists": False}]}}, {"c": 1, "a": {"d": 1}}, True),
    "mixed, absent parent": ({"a": {"b": [{"anything-but": ["x"]}, {"exists": False}]}}, {}, True),
    "mixed, accepted value": ({"a": {"b": [{"anything-but": ["x"]}, {"exists": False}]}}, {"a": {"b": "y"}}, True),
    "mixed, refused value": ({"a": {"b": [{"anything-but": ["x"]}, {"exists": False}]}}, {"a": {"b": "x"}}, False),
    "mixed with null": ({"a": [None, {"exists": False}]}, {"a": None}, True),
    "absent from every element": ({"a": {"b": [{"exists": False}]}}, {"a": [{"c": 1}, {}]}, True),
    "present in one element": ({"a": {"b": [{"exists": False}]}}, {"a": [{"b": 1}, {"c": 1}]}, False),
    "absent from the element that matches": (
        {"a": {"a": [2], "b": [{"exists": False}]}},
        {"a": [{"a": 1, "b": 1}, {"a": 2}]},
        True,
    ),
    "present in the only element that matches": (
        {"a": {"a": [2], "b": [{"exists": False}]}},
        {"a": [{"a": 2, "b": 1}, {"a": 1}]},
        False,
    ),
    "a field before the others of its array is asked of the whole array": (
        {"items": {"code": [{"exists": False}], "kind": ["red"]}},
        {"items": [{"code": 7}, {"kind": "red"}]},
        False,
    ),
    "a field after the others only of their element": (
        {"c": {"b": [{"exists": False}], "a": ["y"]}},
        {"c": [{"b": 1}, {"a": "y"}]},
        True,
    ),
    "another alternative of the field helps in its own element": (
        {"c": {"a": [{"exists": False}, 1], "b": ["y"]}},
        {"c": [{"a": 1, "b": "y"}, {"a": 2}]},
        True,
    ),
    "and not in another": (
        {"c": {"a": [{"exists": False}, 1], "b": ["y"]}},
        {"c": [{"a": 1}, {"b": "y"}]},
        False,
    ),
    "in an array of an array": (
        {"rows": {"mark": [{"exists": False}], "size": ["big"]}},
        {"rows": [[{"mark": 3}], [{"size": "big"}]]},
        False,
    ),
    "scalars beside the objects of an array lie in no element": (
        {"a": ["x"], "a.b": [{"exists": False}, 1]},
        {"a": ["x", [1, {"b": 1}], {"c": [2]}]},
        True,
    ),
    "in arrays of an array's elements": (
        {"t": {"n": ["red"], "p": {"a": [1], "b": [{"exists": False}]}}},
        {"t": [{"n": "red", "p": [{"a": 1, "b": 2}, {"a": 2}]}, {"n": "blue", "p": [{"a": 1}]}]},
        False,
    ),
    "in one of them": (
        {"t": {"n": ["red"], "p": {"a": [1], "b": [{"exists": False}], "c": [3]}}},
        {"t": [{"n": "red", "p": [{"a": 1, "b": 2}, {"a": 1, "c": 3}]}, {"n": "red", "p": [{"b": 1}]}]},
        True,
    ),
    "dotted keys in an array": ({"l": {"x": {"y": [1]}, "z": [2]}}, {"l": [{"x.y": 1, "z": 2}]}, True),
    "dotted keys in two elements": ({"l": {"x": {"y": [1]}, "z": [2]}}, {"l": [{"x.y": 1}, {"z": 2}]}, False),
    "beside an array": ({"b": [{"exists": False}], "c": {"a": [1]}}, {"c": [{"a": 1}, {"b": 1}]}, True),
}


@pytest.mark.parametrize(("pattern", "event", "expected"), MISSING.values(), ids=list(MISSING))
def test_absence(pattern: Any, event: Any, expected: bool) -> None:
    assert matches(pattern, event) is expected


EITHER: dict[str, Any] = {"s": ["x"], "$or": [{"a": [1]}, {"b": [{"numeric": [">", 5]}]}]}
OR = {
    "first": (EITHER, {"s": "x", "a": 1}, True),
    "second": (EITHER, {"s": "x", "b": 6}, True),
    "neither": (EITHER, {"s": "x", "a": 2, "b": 5}, False),
    "the rest must match too": (EITHER, {"s": "y", "a": 1}, False),
    "below a name": ({"d": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"d": {"b": 2}}, True),
    "nested": ({"$or": [{"a": [1]}, {"b": [1], "$or": [{"c": [1]}, {"d": [1]}]}]}, {"b": 1, "d": 1}, True),
    "nested, half": ({"$or": [{"a": [1]}, {"b": [1], "$or": [{"c": [1]}, {"d": [1]}]}]}, {"b": 1}, False),
    "within one array element": (
        {"l": {"x": [1], "$or": [{"y": [1]}, {"z": [1]}]}},
        {"l": [{"x": 1}, {"z": 1}]},
        False,
    ),
    "consistent with the fields outside": (
        {"l": {"x": [1]}, "$or": [{"l": {"y": [1]}}, {"q": [1]}]},
        {"l": [{"x": 1}, {"y": 1}]},
        False,
    ),
    "anything-but or absent": (
        {"$or": [{"a": [{"anything-but": ["x"]}]}, {"a": [{"exists": False}]}]},
        {"b": 1},
        True,
    ),
    "twice in one object": (
        '{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}',
        {"a": 1, "c": 1},
        True,
    ),
    "twice in one object, half": (
        '{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}',
        {"a": 1},
        False,
    ),
}


@pytest.mark.parametrize(("pattern", "event", "expected"), OR.values(), ids=list(OR))
def test_or(pattern: Any, event: Any, expected: bool) -> None:
    assert matches(pattern, event) is expected


REFUSED = {
    '{"int": 42}': '"int" must be an object or an array',  # int_nolist_EXC
    '{"string": "x"}': '"string" must be an object or an array',  # string_nolist_EXC
    '{"a": null}': '"a" must be an object or an array',
    '{"a": []}': "Empty arrays are not allowed",  # arrays_empty_EXC
    '{"a": {}}': "Empty objects are not allowed",
    "{}": "Empty objects are not allowed",
    '["a"]': "Filter is not an object",
    '"a"': "Filter is not an object",
    "": "Filter is not an object",
    '{"a": [["x"]]}': "Match value must be String, number, true, false, or null",
    '{"a": [{}]}': "Match expression name not found",
    '{"a": [{"prefix": "x", "suffix": "y"}]}': "Only one key allowed in match expression",
    '{"a": [{"EXISTS": true}]}': "Unrecognized match type EXISTS",  # operator_case_sensitive_EXC
    '{"a": [{"NUMERIC": [">", 1]}]}': "Unrecognized match type NUMERIC",
    '{"a": [{"exists": "true"}]}': "exists match pattern must be either true or false.",
    '{"a": [{"exists": null}]}': "exists match pattern must be either true or false.",
    '{"a": [{"exactly": 1}]}': "exact match pattern must be a string",
    '{"a": [{"numeric": ">"}]}': "Value of numeric must be an array.",
    '{"a": [{"numeric": []}]}': "Invalid member in numeric match: ]",
    '{"a": [{"numeric": ["!", 5]}]}': "Unrecognized numeric range operator: !",
    '{"a": [{"numeric": ["<", "5"]}]}': "Value of < must be numeric",
    '{"a": [{"numeric": ["<"]}]}': "Value of < must be numeric",
    '{"a": [{"numeric": ["=", "5"]}]}': "Value of equals must be numeric",
    '{"a": [{"numeric": ["<", 5, ">", 1]}]}': "Too many elements in numeric expression",
    '{"a": [{"numeric": ["=", 5, ">", 1]}]}': "Too many elements in numeric expression",
    '{"a": [{"numeric": ["=", 5], "x": 1}]}': "Too many elements in numeric expression",
    '{"a": [{"numeric": ["<=", 1e400]}]}': "Cannot compare number : 1e400",
    '{"a": [{"numeric": [">", 0, "<", 9007199254740995]}]}': "Cannot compare number : 9007199254740995",
    '{"a": [{"numeric": [">", 0.10000000000000001, "<", 1e400]}]}': "Cannot compare number : 0.10000000000000001",
    '{"a": [{"anything-but": "x", "y": 1}]}': "Too many elements in numeric expression",
    '{"a": [{"anything-but": {"prefix": "x", "y": 1}}]}': "Too many elements in numeric expression",
    '{"a": [{"anything-but": [1, 9223372036854775808]}]}': "Cannot compare number : 9223372036854775808",
    '{"a": [{"numeric": [">", 0, 5]}]}': "Bad value in numeric range: 5",
    '{"a": [{"numeric": [">", 0, ">", 5]}]}': "Bad numeric range operator: >",
    '{"a": [{"numeric": [">", 0, "<", 5, "<", 6]}]}': "Too many terms in numeric range expression",
    '{"a": [{"numeric": [">", 5, "<", 5]}]}': "Bottom must be less than top",
    '{"a": [{"prefix": 1}]}': "prefix match pattern must be a string",
    '{"a": [{"prefix": {"wildcard": "x"}}]}': "Unsupported prefix pattern: wildcard",
    '{"a": [{"prefix": {"equals-ignore-case": 1}}]}': "equals-ignore-case match pattern must be a string",
    '{"a": [{"suffix": [".png"]}]}': "suffix match pattern must be a string",
    '{"a": [{"suffix": {}}]}': "Suffix expression name not found",
    '{"a": [{"equals-ignore-case": ["x"]}]}': "equals-ignore-case match pattern must be a string",
    '{"a": [{"equals-ignore-case": {"prefix": "x"}}]}': "equals-ignore-case match pattern must be a string",
    '{"a": [{"wildcard": 1}]}': "wildcard match pattern must be a string",  # content_wildcard_int_EXC
    '{"a": [{"wildcard": ["x"]}]}': "wildcard match pattern must be a string",  # content_wildcard_list_EXC
    # content_wildcard_repeating_star_EXC has position 26 for its second asterisk, which is there as here
    '{"a": [{"wildcard": "abcdefghijklmnopqrstuvwxy**"}]}': "Consecutive wildcard characters at pos 26",
    r'{"a": [{"wildcard": "he\\llo"}]}': "Invalid escape character at pos 3",
    r'{"a": [{"wildcard": "x\\"}]}': "Invalid escape character at pos 2",
    '{"a": [{"anything-but": null}]}': "Value of anything-but must be an array or single string/number value.",
    '{"a": [{"anything-but": true}]}': "Value of anything-but must be an array or single string/number value.",
    '{"a": [{"anything-but": ["x", null]}]}': "Inside anything but list, start|null|boolean is not supported.",
    '{"a": [{"anything-but": [["x"]]}]}': "Inside anything but list, start|null|boolean is not supported.",
    '{"a": [{"anything-but": ["x", 1]}]}': (
        "Inside anything but list, either all values are number or string, mixed type is not supported"
    ),
    '{"a": [{"anything-but": {}}]}': "Anything-But expression name not found",
    '{"a": [{"anything-but": {"numeric": [">", 1]}}]}': "Unsupported anything-but pattern: numeric",
    '{"a": [{"anything-but": {"prefix": ""}}]}': "Null prefix/suffix not allowed",
    '{"a": [{"anything-but": {"suffix": ["x", ""]}}]}': "Null prefix/suffix not allowed",
    '{"a": [{"anything-but": {"prefix": 1}}]}': "prefix/suffix match pattern must be a string",
    '{"a": [{"anything-but": {"suffix": {"equals-ignore-case": "x"}}}]}': (
        "Value of anything-but must be an array or single string/number value."
    ),
    '{"a": [{"anything-but": {"wildcard": null}}]}': (
        "Value of anything-but must be an array or single string/number value."
    ),
    '{"a": [{"anything-but": {"equals-ignore-case": 1}}]}': (
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
    ),
    '{"a": [{"anything-but": {"equals-ignore-case": ["x", 1]}}]}': (
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
    ),
    '{"a": [{"anything-but": {"wildcard": 1}}]}': "wildcard match pattern must be a string",
    '{"a": [{"cidr": 1}]}': "prefix match pattern must be a string",
    '{"$or": [{"a": [1]}]}': "There must have at least 2 Objects in $or relationship.",
    '{"$or": []}': "There must have at least 2 Objects in $or relationship.",
    '{"$or": ["x", "y"]}': "Only JSON object is allowed in array of $or relationship.",
    '{"$or": [{"a": [1]}, {"b": [1]}, null]}': "Only JSON object is allowed in array of $or relationship.",
    '{"$or": {"a": [1]}}': "It must be an Array followed with $or.",
    '{"d": {"$or": "x"}}': "It must be an Array followed with $or.",
    '{"$or": [{"a": [1]}, {"b": {"c": {"suffix": ["x"]}}}]}': (
        "suffix is Ruler reserved fieldName which cannot be used inside $or."
    ),
    '{"$or": [{"a": [1]}, {"in-date-range": ["x"]}]}': (
        "in-date-range is Ruler reserved fieldName which cannot be used inside $or."
    ),
    '{"$or": [{"prefix": ["x"]}, {"a": [1]}]}': "prefix is Ruler reserved fieldName which cannot be used inside $or.",
    # JSON, in Jackson's words
    "this is no JSON": (
        "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token "
        "'null', 'true' or 'false')"
    ),
    '{"a" ["x"]}': "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value",
    '{"a": ["x"] "b"}': "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
    '{"a": ["x" "y"]}': "Unexpected character ('\"' (code 34)): was expecting comma to separate Array entries",
    '{"a": ["x"]} {': "Trailing token after the end of the event pattern",
    '{"a": ["x"}': (
        "Unexpected close marker '}': expected ']' (for Array starting at "
        '[Source: (String)"{"a": ["x"}"; line: 1, column: 7])'
    ),
    '{"a": ["x"], ': "Unexpected end-of-input within/between Object entries",
    '{"a"': "Unexpected end-of-input within/between Object entries",
    '{"a":': "Unexpected end-of-input within/between Object entries",
    '{"a': "Unexpected end-of-input in field name",
    '{"a": ["\\': "Unexpected end-of-input in character escape sequence",
    '{"a": ["\\u12': "Unexpected end-of-input in character escape sequence",
    '{"a": [-]}': (
        "Unexpected character (']' (code 93)) in numeric value: "
        "expected digit (0-9) to follow minus sign, for valid numeric value"
    ),
    "-": "Unexpected end-of-input",
    f'{{"a": [{"9" * 1001}]}}': "Number value length (1001) exceeds the maximum allowed (1000)",
    "{a: 1}": "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
    '{"a": [%]}': (
        "Unexpected character ('%' (code 37)): expected a valid value (JSON String, Number, Array, Object or token "
        "'null', 'true' or 'false')"
    ),
    '{"a": [01]}': "Invalid numeric value: Leading zeroes not allowed",
    '{"a": ["x': "Unexpected end-of-input: was expecting closing quote for a string value",
    '{"a": ["\n"]}': (
        "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included "
        "in string value"
    ),
    r'{"a": ["\x"]}': "Unrecognized character escape 'x' (code 120)",
    r'{"a": ["\u12g4"]}': ("Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"),
}


@pytest.mark.parametrize("pattern", REFUSED)
def test_refusals(pattern: str) -> None:
    error = refusal(pattern)
    assert error.reason == REFUSED[pattern]
    assert str(error) == f"Event pattern is not valid. Reason: {error.reason}\n at {error.place}"
    assert error.place is not None


@pytest.mark.parametrize(
    "pattern",
    [
        '{"a": [{"anything-but": [null]}]}',
        '{"a": [{"anything-but": {"prefix": [1]}}]}',
        '{"a": [{"anything-but": {"suffix": ["x", ""]}}]}',
        '{"a": [{"anything-but": ["x" "y"]}]}',
        '{"a": [{"anything-but": {"wildcard": ["x"',
    ],
)
def test_a_refusal_inside_a_list_of_anything_but_names_its_place_twice(pattern: str) -> None:
    """Recorded on AWS: ``content_anything_but_string_list_null_type_EXC`` and others."""
    message, place, again = str(refusal(pattern)).rsplit("\n at ", 2)
    assert place == again
    assert place.endswith("]")
    assert message.startswith("Event pattern is not valid. Reason: ")
    assert str(refusal('{"a": [{"anything-but": {"wildcard": ["**"]}}]}')).count("\n at ") == 1
    assert str(refusal('{"a": [{"anything-but": [1e999]}]}')).count("\n at ") == 1


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"),  # content_ip_address_EXC
        ('{"a": [{"cidr": "1.2.3.4/8/9"}]}', "Malformed CIDR, one '/' required"),
        ('{"a": [{"cidr": "10.0.0.0/xx"}]}', "Malformed CIDR, mask bits must be an integer"),
        ('{"a": [{"cidr": "xx.11.xx/8"}]}', "Nonstandard IP address: xx.11.xx"),
        ('{"a": [{"cidr": "300.1.1.1/8"}]}', "Invalid IP address: 300.1.1.1"),
        ('{"a": [{"cidr": "10.0.0.1/"}]}', "Malformed CIDR, one '/' required"),
        ('{"a": [{"cidr": "10.0.0.0/32"}]}', "IPv4 mask bits must be < 32"),
        ('{"a": [{"cidr": "2001:db8::/129"}]}', "IPv6 mask bits must be < 128"),
        ('{"a": [{"anything-but": 0.10000000000000001}]}', "Cannot compare number : 0.10000000000000001"),
        ('{"a": [{"cidr": "::/-1"}]}', "Malformed CIDR, mask bits must not be negative"),
        (
            '{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}',  # content_wildcard_complex_EXC
            (
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                "after a wildcard character"
            ),
        ),
    ],
)
def test_refusals_without_a_place(pattern: str, reason: str) -> None:
    error = refusal(pattern)
    assert (error.reason, error.place) == (reason, None)
    assert str(error) == f"Event pattern is not valid. Reason: {reason}"


@pytest.mark.parametrize("wildcard", ["*abd*abac*", "arn:aws:events:us-east-1:*:event-bus/*", "*a*b*c*d*e*f*", "*.png"])
def test_wildcards_that_are_not_too_complex(wildcard: str) -> None:
    assert matches({"a": [{"wildcard": wildcard}]}, {"a": wildcard})


def test_repeating_characters_after_a_wildcard_are_too_complex() -> None:
    assert refusal(json.dumps({"a": [{"wildcard": "*" + "a" * 40}]})).reason.startswith("Rule is too complex")
    assert refusal(json.dumps({"a": [{"wildcard": "*a" * 40}]})).reason.startswith("Rule is too complex")


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        # a number has been read, a string has not, a bracket has: where Jackson's reader stands at each
        ('{"int": 42}', '[Source: (String)"{"int": 42}"; line: 1, column: 11]'),
        ('{"a": "x"}', '[Source: (String)"{"a": "x"}"; line: 1, column: 8]'),
        ('{"a": []}', '[Source: (String)"{"a": []}"; line: 1, column: 9]'),
        ('{\n "a": []}', '[Source: (String)"{\n "a": []}"; line: 2, column: 9]'),
    ],
)
def test_the_place_of_a_refusal(pattern: str, place: str) -> None:
    assert refusal(pattern).place == place


def test_a_long_pattern_is_cut_in_its_place() -> None:
    text = " " * 600
    assert location(text, 550) == f'[Source: (String)"{" " * 500}"[truncated 100 chars]; line: 1, column: 551]'


def test_an_object_that_is_not_closed_says_where_it_began() -> None:
    assert refusal(' {"a": ["x"]').reason == (
        "Unexpected end-of-input: expected close marker for Object "
        '(start marker at [Source: (String)" {"a": ["x"]"; line: 1, column: 2])'
    )


@pytest.mark.parametrize(
    "pattern",
    [
        '{"a":' * DEEP,
        '{"$or":[' * DEEP,
        "[" * DEEP,
        json.dumps({".".join("a" * DEEP): [1]}),
    ],
)
def test_deep_patterns_are_refused(pattern: str) -> None:
    refusal(pattern)


def test_combinations_of_or_are_limited() -> None:
    either = [{"a": [1]}, {"b": [1]}]
    nine: dict[str, Any] = {f"x{number}": {"$or": either} for number in range(9)}
    assert matches(nine, {f"x{number}": {"b": 1} for number in range(9)})
    assert refusal(json.dumps({**nine, "y": {"$or": either}})).reason == "$or may give at most 1000 combinations"
    many: dict[str, Any] = {"$or": [nine, nine]}
    assert refusal(json.dumps(many)).reason == "$or may give at most 1000 combinations"


NUMBERS = {
    "a number with more digits than a double": ("0.10000000000000001", "0.1"),
    "a number beyond every double": ("1e309", "1E309"),
    "a number below every double": ("1e-400", "0"),
    "an integer between two doubles": ("9007199254740993", "9007199254740992"),
    "an integer that its double is written otherwise": ("9223372036854775808", "9223372036854776000"),
}


@pytest.mark.parametrize(("number", "near"), NUMBERS.values(), ids=list(NUMBERS))
def test_a_number_that_no_double_holds_is_its_text(number: str, near: str) -> None:
    """event-ruler, run: such a number equals the same digits, and is neither above nor below anything."""
    event, beside = (read_event(f'{{"a": {text}}}') for text in (number, near))
    same = patterns.compile(f'{{"a": [{number}, "x"]}}')
    assert same.matches(event)
    assert not same.matches(beside)
    assert not matches({"a": [{"numeric": [">", -1]}]}, event)
    assert matches({"a": [{"anything-but": [7]}]}, event)


def test_a_number_beyond_every_double_is_its_digits() -> None:
    huge = f"1{'0' * 400}"
    assert patterns.compile(f'{{"a": [{huge}]}}').matches(read_event(f'{{"a": {huge}}}'))
    assert not patterns.compile('{"a": [{"numeric": [">", 0]}]}').matches(read_event(f'{{"a": {huge}}}'))
    with pytest.raises(ValueError, match="NaN is not a JSON number"):
        read_event('{"a": NaN}')


def test_an_event_read_without_its_texts_has_rounded_numbers() -> None:
    assert patterns.compile('{"a": [123456789012.1234567]}').matches({"a": 123456789012.1234567})
    assert patterns.compile('{"a": [1]}').explain({"a": float("inf")}) == ["a: wanted one of [1], was inf"]
    assert not patterns.compile('{"a": [0.10000000000000001]}').matches({"a": 0.2})


def test_a_text_of_a_pattern_that_is_an_address_is_every_writing_of_it() -> None:
    assert matches({"a": ["2001:db8::1"]}, {"a": "2001:0DB8:0:0:0:0:0:1"})
    assert matches({"a": ["x", "10.0.0.1"]}, {"a": "10.0.00.1"})
    assert not matches({"a": ["10.0.0.1"]}, {"a": "10.0.0.2"})
    assert matches({"a": ["300.0.0.1"]}, {"a": "300.0.0.1"})
    assert not matches({"a": [{"exactly": "10.0.0.1"}]}, {"a": "10.0.00.1"})


def test_a_number_beyond_every_double_compiles_and_matches_none() -> None:
    assert not matches('{"a": [1e999]}', {"a": 1e308})
    assert patterns.compile('{"a": [1e999]}').explain({"a": 1}) == ["a: wanted one of [1e999], was 1"]


EXPLANATIONS: list[tuple[Any, Any, list[str]]] = [
    ({"detail": {"status": ["x"]}}, {"detail": {"status": "y"}}, ['detail.status: wanted one of ["x"], was "y"']),
    ({"a": [1]}, {"a": ["x", 2]}, ['a: wanted one of [1], was "x", 2']),
    ({"a": [1]}, {"b": 1}, ["a: wanted one of [1], was missing"]),
    ({"source": ["s"]}, {"Source": "s"}, ['source: wanted one of ["s"], was missing (there is "Source")']),
    ({"d": {"status": [1]}}, {"d": {"statsu": 1}}, ['d.status: wanted one of [1], was missing (there is "statsu")']),
    ({"d": {"a": [1]}}, {"d": "text"}, ['d.a: wanted one of [1], was missing (d is "text")']),
    ({"a": [{"exists": True}]}, {"a": {}}, ['a: wanted one of [{"exists":true}], was an object']),
    ({"a": [{"exists": False}]}, {"a": None}, ['a: wanted one of [{"exists":false}], was null']),
    ({"a": [1]}, {"a": []}, ["a: wanted one of [1], was an empty array"]),
    ({"a.b": [1]}, {"a": {"b": 2}}, ["a.b: wanted one of [1], was 2"]),
    ({"a": [1]}, "x", ['the event: wanted an object, was "x"']),
    (
        {"l": {"x": [1], "y": [2]}},
        {"l": [{"x": 1}, {"y": 2}]},
        ["l.x, l.y: each matches, but not in the same element of an array"],
    ),
    (
        {"$or": [{"a": [1], "b": [1]}, {"c": [1]}]},
        {"a": 2, "b": 2, "c": 2},
        ["c: wanted one of [1], was 2 (the closest of 2 $or combinations)"],
    ),
    ({"a": [1], "b": [1]}, {"a": 2, "b": 2}, ["a: wanted one of [1], was 2", "b: wanted one of [1], was 2"]),
    ({"a": [1]}, {"a": "x" * 500}, ["a: wanted one of [1], was " + '"' + "x" * 119 + "..."]),
]


@pytest.mark.parametrize(("pattern", "event", "lines"), EXPLANATIONS)
def test_explanations(pattern: Any, event: Any, lines: list[str]) -> None:
    assert patterns.compile(json.dumps(pattern)).explain(event) == lines


# --- Properties ---

NAMES = st.sampled_from(["a", "b", "c", "a.b", "b.c", "a.b.c", "$or"])
SCALARS = st.sampled_from(["x", "y", "", None, True, False, 0, 1, 1.0, -2.5, "10.0.0.1"])
EVENTS: st.SearchStrategy[Json] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
)
OPERANDS = st.sampled_from(
    [
        {"exists": True},
        {"exists": False},
        {"prefix": "x"},
        {"anything-but": ["x"]},
        {"anything-but": {"suffix": "y"}},
        {"numeric": [">", 0, "<=", 1]},
        {"wildcard": "*x*"},
        {"cidr": "10.0.0.0/8"},
    ]
)
FIELDS = st.lists(SCALARS | OPERANDS, min_size=1, max_size=3)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    plain = st.dictionaries(NAMES.filter(lambda name: name != "$or"), inner, min_size=1, max_size=3)
    either = st.lists(plain, min_size=2, max_size=3).map(lambda choices: {"$or": choices})
    return plain | either | st.builds(lambda left, right: {**left, **right}, plain, either)


PATTERNS = objects(st.recursive(FIELDS, objects, max_leaves=6))


@given(text=st.text(max_size=30) | st.recursive(SCALARS | NAMES, objects, max_leaves=6).map(json.dumps))
@settings(max_examples=150, deadline=None)
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        compiled = patterns.compile(text)
    except patterns.InvalidEventPattern:
        return
    assert isinstance(compiled.matches({"a": {"b": "x"}}), bool)


@given(pattern=PATTERNS, event=st.dictionaries(NAMES, EVENTS, max_size=4) | EVENTS)
@settings(max_examples=150, deadline=None)
def test_matching_and_explaining_agree(pattern: Any, event: Json) -> None:
    compiled = patterns.compile(json.dumps(pattern))
    found = compiled.matches(event)
    assert isinstance(found, bool)
    assert found is (compiled.explain(event) == [])


def flat(value: Json, path: str = "") -> list[tuple[str, Json]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in flat(item, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in flat(item, path)]
    return [(path, value)]


@given(path=st.lists(st.sampled_from("abc"), min_size=1, max_size=3), field=FIELDS, event=EVENTS)
@settings(max_examples=300, deadline=None)
def test_one_field_matches_like_the_flattened_event(path: list[str], field: Any, event: Json) -> None:
    """One field alone needs no consistency: any value of that dotted name, or none of that name."""
    document: Json = {"a": event, "b": [event]}
    name = ".".join(path)
    values = [value for dotted, value in flat(document) if dotted == name]
    expected = any(matches({"v": field}, {"v": value}) for value in values)
    expected |= not values and {"exists": False} in field
    assert matches({name: field}, document) is expected


def located(value: Json, path: str, indexes: dict[int, int]) -> list[tuple[str, Json, dict[int, int]]]:
    """Every scalar with its dotted name and the indexes of the objects and arrays around it, by their array's id."""
    if isinstance(value, dict):
        members = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
        return [leaf for name, item in members for leaf in located(item, name, indexes)]
    if isinstance(value, list):
        pairs = [
            (item, {**indexes, id(value): at} if isinstance(item, dict | list) else indexes)
            for at, item in enumerate(value)
        ]
        return [leaf for item, inside in pairs for leaf in located(item, path, inside)]
    return [(path, value, indexes)]


def consistent(wanted: list[tuple[str, Json]], leaves: list[Any], indexes: dict[int, int]) -> bool:
    """Whether every wanted value is somewhere, and no two of them in different elements of one array."""
    if not wanted:
        return True
    return any(
        consistent(wanted[1:], leaves, indexes | inside)
        for name, value, inside in leaves
        if (name, value) == wanted[0] and all(indexes.get(array, at) == at for array, at in inside.items())
    )


TREES: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=15,
)


@given(
    wanted=st.lists(
        st.tuples(st.sampled_from(["a.a", "a.b", "a.c.a", "a.c.b", "b"]), st.sampled_from("xy")), max_size=4
    ),
    inside=st.lists(st.dictionaries(st.sampled_from("abc"), TREES), max_size=4),
    beside=TREES,
)
@settings(max_examples=250, deadline=None)
def test_arrays_match_consistently(wanted: list[tuple[str, str]], inside: list[Json], beside: Json) -> None:
    """Against a search through all choices of elements."""
    document: Json = {"a": inside, "b": beside}
    values = dict(wanted) or {"b": "x"}
    leaves = located(document, "", {})
    assert matches({name: [value] for name, value in values.items()}, document) is consistent(
        list(values.items()), leaves, {}
    )


def test_matching_stays_linear() -> None:
    """No search grows with the square of an array or of a text; what grows so takes minutes here."""
    people: dict[str, Any] = {"p": [{"a": 1, "b": 2} for _ in range(20_000)]}
    pattern = patterns.compile('{"p": {"a": [1], "b": [3], "c": [{"exists": false}]}}')
    wildcard = patterns.compile('{"a": [{"wildcard": "*ab*bc*cd*x"}]}')
    before = time.process_time()
    assert not pattern.matches(people)
    assert not wildcard.matches({"a": "abcd" * 100_000})
    assert time.process_time() - before < 30
