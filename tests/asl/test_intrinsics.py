"""The intrinsic functions: each recorded fact as a small example of its own, mistakes in the text, bad values."""

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.chance import Chance
from asl.errors import StateError
from asl.intrinsics import FUNCTIONS, IntrinsicSyntaxError, compile_intrinsic, references
from asl.values import Json


class Surroundings:
    """A scope with a context object, one variable, and a seed."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = Chance(seed)

    @property
    def variables(self) -> Mapping[str, Json]:
        return {"name": "Ida"}

    @property
    def chance(self) -> Chance:
        return self._chance

    def context(self) -> Json:
        return {"Execution": {"Name": "run-1"}, "StateMachine": {"Id": "arn:x", "Name": "m-1"}}


SCOPE = Surroundings()


def call(text: str, document: Json = None) -> Json:
    return compile_intrinsic(text)(document, SCOPE)


def fail(text: str, document: Json = None) -> str:
    with pytest.raises(StateError) as caught:
        call(text, document)
    error = caught.value
    assert (error.name, error.prefixed) == ("States.Runtime", True)
    assert error.cause is not None
    beginning = f"The function '{text}' had the following error: "
    assert error.cause.startswith(beginning)
    return error.cause.removeprefix(beginning)


def mistake(text: str) -> str:
    with pytest.raises(IntrinsicSyntaxError) as caught:
        compile_intrinsic(text)
    return str(caught.value)


def test_there_are_eighteen_functions() -> None:
    assert len(FUNCTIONS) == 18


@pytest.mark.parametrize(
    ("text", "document", "result"),
    [
        # test_array_0, test_array_2
        ("States.Array()", None, []),
        (
            "States.Array($.a, 1, 'x', true, null, $.b)",
            {"a": {"k": []}, "b": 1.1},
            [{"k": []}, 1, "x", True, None, 1.1],
        ),
        # test_array_partition
        ("States.ArrayPartition($, 2)", [1, 2, 3], [[1, 2], [3]]),
        ("States.ArrayPartition($, 1.5)", [1, 2, 3], [[1, 2], [3]]),
        ("States.ArrayPartition($, 9)", [], []),
        # test_array_contains: deep equality, true is not 1
        ("States.ArrayContains($, null)", [], False),
        ("States.ArrayContains($.a, $.b)", {"a": [[1, 2], 3], "b": [1, 2]}, True),
        ("States.ArrayContains($.a, $.b)", {"a": [{"x": 1, "y": []}], "b": {"y": [], "x": 1}}, True),
        ("States.ArrayContains($, 1)", [True], False),
        ("States.ArrayContains($, true)", [False, True], True),
        # test_array_range
        ("States.ArrayRange(0, 9, 3)", None, [0, 3, 6, 9]),
        ("States.ArrayRange(0, 10, 3)", None, [0, 3, 6, 9]),
        ("States.ArrayRange(1, 9, 9)", None, [1]),
        ("States.ArrayRange(3, -1, -2)", None, [3, 1, -1]),
        ("States.ArrayRange(0.5, 2.4, 0.5)", None, [1, 2]),
        ("States.ArrayRange(5, 1, 1)", None, []),
        # test_array_get_item, test_array_length
        ("States.ArrayGetItem($, 1)", ["a", "b"], "b"),
        ("States.ArrayLength($)", [None, None, 1.1], 3),
        # test_array_unique
        ("States.ArrayUnique($)", [1, True, 1, None, [], None, {"a": 1}, [], {"a": 1}], [1, True, None, [], {"a": 1}]),
        # test_base_64_encode, test_base_64_decode
        ("States.Base64Encode('Data to encode')", None, "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Encode('')", None, ""),
        ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", None, "Data to encode"),
        ("States.Base64Decode('')", None, ""),
        ("States.Base64Decode($)", "w6\r\nk", "é"),
        ("States.Base64Decode($)", "/w==", "\ufffd"),
        # test_hash
        ("States.Hash('input data', 'MD5')", None, "812f45842bc6d66ee14572ce20db8e86"),
        ("States.Hash('input data', 'SHA-1')", None, "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        # test_json_merge: shallow, the second wins
        (
            "States.JsonMerge($.a, $.b, false)",
            {"a": {"x": {"p": 1}, "y": 2}, "b": {"x": {"q": 1}}},
            {"x": {"q": 1}, "y": 2},
        ),
        # test_json_to_string
        ("States.JsonToString($)", {"Arg1": 1, "Arg2": []}, '{"Arg1":1,"Arg2":[]}'),
        ("States.JsonToString($.n)", {"n": None}, "null"),
        ("States.JsonToString($)", "é", '"é"'),
        ("States.JsonToString($)", True, "true"),
        # test_string_to_json
        ("States.StringToJson('')", None, None),
        ("States.StringToJson(' ')", None, None),
        ("States.StringToJson('-0')", None, 0),
        ("States.StringToJson('1.1')", None, 1.1),
        ("States.StringToJson($)", '{"a": [1]}', {"a": [1]}),
        ("""States.StringToJson('{"a": 1}')""", None, {"a": 1}),
        # test_math_add: halves go up
        ("States.MathAdd(-9, 3)", None, -6),
        ("States.MathAdd(1.49, 1.5)", None, 3),
        ("States.MathAdd(-1.5, -1.51)", None, -3),
        ("States.MathAdd(-0.5, 0)", None, 0),
        ("States.MathAdd(2.5, -2.5)", None, 1),
        ("States.MathAdd(0.49999999999999994, 0)", None, 0),
        ("States.MathAdd(2147483647, 2e0)", None, 2147483649),
        # test_string_split, test_string_split_context_object, test_escape_sequence
        ("States.StringSplit('a,b;;c', ',;')", None, ["a", "b", "c"]),
        ("States.StringSplit(',,,,', ',')", None, []),
        ("States.StringSplit(', , ,', ',')", None, [" ", " "]),
        ("States.StringSplit('Hello\nWorld', '\n')", None, ["Hello", "World"]),
        ("States.StringSplit('a-b]c^d', '^]-')", None, ["a", "b", "c", "d"]),
        ("States.StringSplit('ab', '')", None, ["ab"]),
        ("States.StringSplit('', '')", None, []),
        # test_format_1, test_format_2, test_context_json_path: objects as Java's maps
        ("States.Format('Hi {}, {} {} {} {}', 'you', 1, 1.5, true, null)", None, "Hi you, 1 1.5 true null"),
        ("States.Format('a={}', $)", {"Arg1": 1, "Arg2": []}, "a={Arg1=1, Arg2=[]}"),
        ("States.Format('{}', $$.StateMachine)", None, "{Id=arn:x, Name=m-1}"),
        ("States.Format('plain')", None, "plain"),
        ("States.Format($.t, $.a)", {"t": "<{}>", "a": "{}"}, "<{}>"),
        # escapes: \' \{ \} \\
        (r"States.Format('it\'s \{{}\} \\', 1)", None, "it's {1} \\"),
        (r"States.Format('\{\}{}', 1)", None, "{}1"),
        (r"States.Array('\'\{\}\\')", None, ["'{}\\"]),
        ("States.Format($, 1)", r"\{{}\} \d", r"{1} \d"),
        # test_nested_calls_1, test_nested_calls_2
        ("States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), 0)", None, "m"),
        (
            "States.ArrayGetItem($, States.MathAdd(States.ArrayLength($), -1))",
            ["a", "b", "c"],
            "c",
        ),
        # variables, blanks, paths with commas and parentheses in them
        ("States.Format('{}', $name)", None, "Ida"),
        (" States.Array( 1 ,\n 2 ) ", None, [1, 2]),
        ("States.Array($['a,b'], $.l[0,1], $.l[?(@ > 1)], $.l.length())", {"a,b": 1, "l": [1, 2]}, [1, [1, 2], [2], 2]),
        ("States.Array($['a)\\'b'], $.c\t)", {"a)'b": 1, "c": 2}, [1, 2]),
    ],
)
def test_calls(text: str, document: Json, result: Json) -> None:
    assert json.dumps(call(text, document)) == json.dumps(result)


@pytest.mark.parametrize(("algorithm", "digits"), [("SHA-256", 64), ("SHA-384", 96), ("SHA-512", 128)])
def test_digests(algorithm: str, digits: int) -> None:
    """Recorded: test_hash."""
    assert re.fullmatch(rf"[0-9a-f]{{{digits}}}", str(call(f"States.Hash('x', '{algorithm}')")))


# -- chance


def test_uuid() -> None:
    """Recorded: test_uuid; the same seed gives the same."""
    read = compile_intrinsic("States.UUID()")
    scope = Surroundings(7)
    first, second = read(None, scope), read(None, scope)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", str(first))
    assert first != second
    assert read(None, Surroundings(7)) == first


def test_random_numbers() -> None:
    """Recorded: test_math_random_seeded; the end is excluded, the same seed gives the same number."""
    read = compile_intrinsic("States.MathRandom(-1, 2)")
    scope = Surroundings(3)
    assert {read(None, scope) for _ in range(100)} == {-1, 0, 1}
    for seed in ("3", "0", "-5"):
        seeded = compile_intrinsic(f"States.MathRandom(0, 999, {seed})")
        assert seeded(None, Surroundings(1)) == seeded(None, Surroundings(2))


# -- values that a function cannot take

NOT_FOUND = "The JsonPath argument for the field '{}' could not be found in the input '{}'"
COUNT = "number of arguments do not match the occurrences of {}."


@pytest.mark.parametrize(
    ("text", "document", "error"),
    [
        ("States.Format('{} {}', 1)", None, f"Invalid arguments in States.Format: {COUNT}"),
        ("States.Format('{', 1)", None, "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('{x}', 1)", None, "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('}', 1)", None, "Invalid template in States.Format: matching '{' not found for '}'."),
        ("States.Format(1)", None, "Invalid arguments in States.Format"),
        ("States.Format(States.Array('x'))", None, "Invalid arguments in States.Format"),
        ("States.StringToJson('nope')", None, "Invalid arguments in States.StringToJson"),
        ("States.StringToJson(1)", None, "Invalid arguments in States.StringToJson"),
        ("States.ArrayPartition('a', 1)", None, "Invalid arguments in States.ArrayPartition"),
        ("States.ArrayPartition($, 0.49)", [1], "Invalid arguments in States.ArrayPartition"),
        ("States.ArrayPartition($, true)", [1], "Invalid arguments in States.ArrayPartition"),
        ("States.ArrayContains('a', 'a')", None, "Invalid arguments in States.ArrayContains"),
        ("States.ArrayRange(1, 2, 0)", None, "Invalid arguments in States.ArrayRange"),
        ("States.ArrayRange(1, 1001, 1)", None, "Invalid arguments in States.ArrayRange"),
        ("States.ArrayRange(0, 1000, 1)", None, "Invalid arguments in States.ArrayRange"),
        ("States.ArrayGetItem($, 1)", [1], "Invalid arguments in States.ArrayGetItem"),
        ("States.ArrayGetItem($, -1)", [1], "Invalid arguments in States.ArrayGetItem"),
        ("States.ArrayGetItem($, 0.0)", [1], "Invalid arguments in States.ArrayGetItem"),
        ("States.ArrayLength('a')", None, "Invalid arguments in States.ArrayLength"),
        ("States.ArrayUnique(null)", None, "Invalid arguments in States.ArrayUnique"),
        ("States.Base64Encode(1)", None, "Invalid arguments in States.Base64Encode"),
        ("States.Base64Encode($)", "x" * 10_001, "Invalid arguments in States.Base64Encode"),
        ("States.Base64Decode('*')", None, "Invalid arguments in States.Base64Decode"),
        ("States.Base64Decode('é')", None, "Invalid arguments in States.Base64Decode"),
        ("States.Hash('a', 'SHA')", None, "Invalid arguments in States.Hash"),
        ("States.JsonMerge($, $, true)", {}, "Invalid arguments in States.JsonMerge"),
        ("States.JsonMerge($, 1, false)", {}, "Invalid arguments in States.JsonMerge"),
        ("States.MathRandom(2, 2)", None, "Invalid arguments in States.MathRandom"),
        ("States.MathRandom(1.5, 1.6)", None, "Invalid arguments in States.MathRandom"),
        ("States.MathRandom('1', 2)", None, "Invalid arguments in States.MathRandom"),
        ("States.MathAdd('1', 1)", None, "Invalid arguments in States.MathAdd"),
        ("States.MathAdd(2147483648, 1)", None, "Invalid arguments in States.MathAdd"),
        ("States.MathAdd(-2147483649, 1)", None, "Invalid arguments in States.MathAdd"),
        ("States.StringSplit(1, ',')", None, "Invalid arguments in States.StringSplit"),
        ("States.Array(States.MathAdd('1', 1))", None, "Invalid arguments in States.MathAdd"),
        ("States.Array($.nope)", {"n": 1}, NOT_FOUND.format("$.nope", '{"n":1}')),
        ("States.Array($.other[0])", {"other": 1}, "Filter: [0] can only be applied to arrays. Current context is: 1"),
        ("States.Array($none)", {}, NOT_FOUND.format("$none", "{}")),
    ],
)  # fmt: skip
def test_fails_in_awss_words(text: str, document: Json, error: str) -> None:
    """Measured on AWS: the tails of States.Runtime, which nothing catches."""
    assert fail(text, document) == error


def test_a_range_of_a_thousand_items() -> None:
    assert call("States.ArrayRange(1, 1000, 1)") == list(range(1, 1001))


# -- mistakes in the text


@pytest.mark.parametrize(
    ("text", "what", "character"),
    [
        ("", "expected a path or a call", 1),
        ("12", "expected a path or a call", 1),
        ("States.Formt('x')", "'States.Formt' is not an intrinsic function, did you mean States.Format?", 1),
        ("Xyz()", "'Xyz' is not an intrinsic function; there are States.Array, ", 1),
        ("States.Format", "expected '(' directly after the function's name", 14),
        ("States.Format ('x')", "expected '(' directly after the function's name", 14),
        ("States.Format()", "States.Format takes at least 1 arguments, not 0", 1),
        ("States.UUID(1)", "States.UUID takes no arguments, not 1", 1),
        ("States.MathRandom(1)", "States.MathRandom takes 2 or 3 arguments, not 1", 1),
        ("States.Array(States.MathAdd(1))", "States.MathAdd takes 2 arguments, not 1", 14),
        ("States.Array(1 2)", "expected ',' or ')'", 16),
        ("States.Array(1", "expected a path or a call", 14),
        ("States.Array(1,", "expected a path or a call", 16),
        ("States.Array('a", "a string that begins with ' has no closing quote", 14),
        ("States.Array('a')x", "expected nothing after the call", 18),
        (r"States.Array('\"')", "is not a valid escape in an intrinsic function", 15),
        (r"States.Array('a\n')", r"\n is not a valid escape in an intrinsic function", 16),
        ("States.Array($.a[)", "expected a quoted name", 14),
        ("States.Array($['a)", "a string that begins with ' has no closing quote", 14),
        ("States.Array($['a\\", "a string that begins with ' has no closing quote", 14),
        ("States.Array(1e999)", "a number is too large", 14),
        (f"States.Array({'9' * 5000})", "a number is too large", 14),
        ("States.Array(" * 12 + ")" * 12, "more than 10 nested intrinsic functions", 144),
        ("States.Array(" * 5000, "more than 10 nested intrinsic functions", 144),
    ],
)
def test_says_what_is_wrong_and_where(text: str, what: str, character: int) -> None:
    """Recorded: test_illegal_escapes for the open escape; the guide for the limit of nesting."""
    message = mistake(text)
    assert what in message
    assert message.endswith(f", at character {character} of {text!r}")


def test_ten_calls_may_be_nested() -> None:
    assert call("States.Array(" * 11 + ")" * 11) == [[[[[[[[[[[]]]]]]]]]]]


def test_tells_the_variables_it_reads() -> None:
    assert references("States.Array($a, $.b, States.Format('{}{}', $c.x, 1))") == {"a", "c"}


pieces = st.sampled_from(
    ["States.", "Array", "Format", "UUID", "(", ")", ",", "'", "'{}'", "\\", "$.a", "$$", "$x", "1", "-", ".5", "true"]
)


@given(
    st.text()
    | st.lists(pieces, max_size=12).map("".join)
    | st.lists(pieces).map(lambda p: f"States.Array({''.join(p)})")
)
@settings(deadline=None, max_examples=150)
def test_any_text_is_a_call_or_a_mistake(text: str) -> None:
    try:
        read = compile_intrinsic(text)
    except IntrinsicSyntaxError:
        return
    try:
        read({"a": 1}, SCOPE)
    except StateError as error:
        assert error.name == "States.Runtime"  # noqa: PT017 - either a value or this error


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(FUNCTIONS)), json_values, json_values, st.just(False) | json_values)
@settings(deadline=None, max_examples=200)
def test_any_values_give_a_value_or_a_runtime_error(name: str, first: Json, second: Json, third: Json) -> None:
    parameters = len(FUNCTIONS[name].parameters) + FUNCTIONS[name].more
    text = f"{name}({', '.join(['$[0]', '$[1]', '$[2]'][:parameters])})"
    try:
        compile_intrinsic(text)([first, second, third], SCOPE)
    except StateError as error:
        assert error.name == "States.Runtime"  # noqa: PT017 - either a value or this error
