"""The intrinsic functions: each recorded fact as a small example of its own, mistakes in the text, bad values.

Facts that AWS runs show, where the developer guide says something else or nothing, are tests named by their content.
"""

import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.chance import Chance
from asl.errors import StateError
from asl.intrinsics import FUNCTIONS, IntrinsicSyntaxError, compile_intrinsic, miscounted, references
from asl.values import Json, Payload


class Surroundings:
    """A scope with a context object, one variable, a seed, and a state's input."""

    result: Payload | None = None

    def __init__(self, seed: int = 1, given: Payload | None = None) -> None:
        self._chance = Chance(seed)
        self.input = Payload("another document") if given is None else given

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
    beginning = f"There was an error while evaluating the intrinsic function: {text}. "
    assert error.cause.startswith(beginning)
    return error.cause.removeprefix(beginning)


def miss(text: str, document: Json = None, given: Payload | None = None) -> str:
    with pytest.raises(StateError) as caught:
        compile_intrinsic(text)(document, Surroundings(given=given))
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
        ("States.ArrayPartition($, 9)", [], []),
        # test_array_contains
        ("States.ArrayContains($, null)", [], False),
        ("States.ArrayContains($.a, $.b)", {"a": [[1, 2], 3], "b": [1, 2]}, True),
        ("States.ArrayContains($.a, $.b)", {"a": [{"x": 1, "y": []}], "b": {"x": 1, "y": []}}, True),
        ("States.ArrayContains($, 1)", [True], False),
        ("States.ArrayContains($, true)", [False, True], True),
        # test_array_range
        ("States.ArrayRange(0, 9, 3)", None, [0, 3, 6, 9]),
        ("States.ArrayRange(0, 10, 3)", None, [0, 3, 6, 9]),
        ("States.ArrayRange(1, 9, 9)", None, [1]),
        ("States.ArrayRange(3, -1, -2)", None, [3, 1, -1]),
        ("States.ArrayRange(5, 1, 1)", None, []),
        # test_array_get_item, test_array_length
        ("States.ArrayGetItem($, 1)", ["a", "b"], "b"),
        ("States.ArrayLength($)", [None, None, 1.1], 3),
        ("States.ArrayUnique($)", ["b", "a", "b", 7, 7.0, 7], ["a", "b", 7, 7.0]),
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
        ("States.MathAdd(2147483645, 2e0)", None, 2147483647),
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
        ("States.ArrayLength('a')", None, "Invalid arguments in States.ArrayLength"),
        ("States.ArrayUnique(null)", None, "Invalid arguments in States.ArrayUnique"),
        ("States.Base64Encode(1)", None, "Invalid arguments in States.Base64Encode"),
        ("States.Base64Encode($)", "x" * 10_001, "Invalid arguments in States.Base64Encode"),
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
    ],
)  # fmt: skip
def test_fails_in_awss_words(text: str, document: Json, error: str) -> None:
    """AWS runs: the tails of States.Runtime, which nothing catches; the whole call is named, and the one at fault."""
    assert fail(text, document) == error


@pytest.mark.parametrize(
    ("text", "document", "error"),
    [
        ("States.Array($.nope)", {"n": 1}, NOT_FOUND.format("$.nope", '{"n":1}')),
        ("States.Array(1, States.ArrayLength($.nope))", {}, NOT_FOUND.format("$.nope", "{}")),
        ("States.Array($.other[0])", {"other": 1}, "Filter: [0] can only be applied to arrays. Current context is: 1"),
        ("States.Array($none)", {}, NOT_FOUND.format("$none", "{}")),
        ("States.MathAdd($.nope)", {}, NOT_FOUND.format("$.nope", "{}")),
    ],
)
def test_a_path_that_finds_nothing_has_a_sentence_of_its_own(text: str, document: Json, error: str) -> None:
    """AWS runs: only a path is told as "The function ... had the following error"."""
    assert miss(text, document) == error


def test_a_miss_quotes_the_input_as_it_was_sent() -> None:
    given = Payload.read('{"n": 1.50,   "m": 2}')
    assert miss("States.Array($.nope)", given.value, given) == NOT_FOUND.format("$.nope", '{"n": 1.50,   "m": 2}')
    assert miss("States.Array($.nope)", {"n": 1.50, "m": 2}, given) == NOT_FOUND.format("$.nope", '{"n":1.5,"m":2}')


def test_a_range_of_a_thousand_items() -> None:
    assert call("States.ArrayRange(1, 1000, 1)") == list(range(1, 1001))


# -- what AWS runs show


@pytest.mark.parametrize(
    ("text", "document", "result"),
    [
        ("States.ArrayPartition($, 1.5)", [1, 2], [[1], [2]]),
        ("States.ArrayPartition($, 3.99)", [1, 2, 3, 4], [[1, 2, 3], [4]]),
        ("States.ArrayGetItem($, 1.9)", ["a", "b", "c"], "b"),
        ("States.ArrayGetItem($, -0.9)", ["a", "b"], "a"),
        ("States.ArrayRange(0.9, 3.9, 1.9)", None, [0, 1, 2, 3]),
        ("States.ArrayRange(2.7, -1.9, -1.5)", None, [2, 1, 0, -1]),
        ("States.MathRandom(3.9, 4.9)", None, 3),
    ],
)
def test_numbers_are_truncated(text: str, document: Json, result: Json) -> None:
    """AWS runs: ArrayPartition, ArrayGetItem, ArrayRange and MathRandom drop the fraction; MathAdd alone rounds."""
    assert call(text, document) == result


def test_a_number_that_truncates_to_nothing_is_refused() -> None:
    assert fail("States.ArrayPartition($, 0.9)", [1]) == "Invalid arguments in States.ArrayPartition"
    assert fail("States.ArrayRange(1, 2, -0.9)") == "Invalid arguments in States.ArrayRange"
    assert fail("States.MathRandom(1.4, 1.6)") == "Invalid arguments in States.MathRandom"


def test_any_index_of_an_empty_array_gives_null() -> None:
    """AWS run: the index is not looked at; a text is still no index."""
    for index in ("0", "7", "-1"):
        assert call(f"States.ArrayGetItem($, {index})", []) is None
    assert fail("States.ArrayGetItem($, '0')", []) == "Invalid arguments in States.ArrayGetItem"


@pytest.mark.parametrize(
    ("items", "value", "contained"),
    [
        (["true"], True, True),
        ([False], "false", True),
        (["12"], 12, True),
        ([1.5], "1.5", True),
        (["null"], None, True),
        ([1], True, False),
        ([1], 1.0, False),
        ([{"x": 1, "y": 2}], {"y": 2, "x": 1}, False),
        ([["a", 1]], ["a", 1], True),
        ([["a", "1"]], ["a", 1], True),
        ([[]], {}, False),
    ],
)
def test_array_contains_compares_the_texts(items: Json, value: Json, contained: bool) -> None:
    """AWS runs: the order of members matters, a text equals the number or boolean that has it."""
    assert call("States.ArrayContains($[0], $[1])", [items, value]) is contained


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        ([True, False, True], [False, True]),
        ([1, True, 1, None, [], None, {"a": 1}, [], {"a": 1}], [None, {"a": 1}, 1, [], True]),
        ([[9], [8], [9]], [[8], [9]]),
        (["b", "a"], ["a", "b"]),
        ([3, "3", 3.0, "03"], [3, "3", "03", 3.0]),
        ([{"x": 1, "y": 2}, {"y": 2, "x": 1}], [{"x": 1, "y": 2}]),
        ([16, 1], [16, 1]),
        ([*[1] * 12, 16], [1, 16]),
    ],
)
def test_array_unique_has_the_order_of_a_hash_set(items: Json, unique: Json) -> None:
    """AWS runs: booleans and nested arrays come in the order of their hash codes."""
    assert json.dumps(call("States.ArrayUnique($)", items)) == json.dumps(unique)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("!!aGk!!", "hi"),
        ("aG??k=", "hi"),
        ("  aGk= ", "hi"),
        ("aGk", "hi"),
        ("aG==aGk=", "h"),
        ("aGlhaG", "hiah"),
        ("aGlha", "hia"),
        ("Pz8_-w", "???\ufffd"),
        ("*", ""),
        ("é", ""),
        ("=aGk=", ""),
    ],
)
def test_base64_is_decoded_leniently(text: str, decoded: str) -> None:
    """AWS runs: other characters are skipped, padding ends the text."""
    assert call("States.Base64Decode($)", text) == decoded


@pytest.mark.parametrize(("value", "text"), [(12, "12"), (1.5, "1.5"), (True, "true"), ({"a": [1]}, '{"a":[1]}')])
def test_hash_takes_the_text_of_any_value_but_null(value: Json, text: str) -> None:
    """AWS runs: a number is hashed as its text, an object is taken."""
    assert call("States.Hash($, 'MD5')", value) == call("States.Hash($, 'MD5')", text)
    assert fail("States.Hash($.n, 'MD5')", {"n": None}) == "Invalid arguments in States.Hash"
    assert fail("States.Hash($, 'MD5')", ["x" * 10_000]) == "Invalid arguments in States.Hash"


@pytest.mark.parametrize("third", ["false", "'false'", "'deep'", "null", "0"])
def test_json_merge_is_shallow_unless_it_is_told_true(third: str) -> None:
    """AWS run: a text in place of the boolean merges."""
    merged = call(f"States.JsonMerge($.a, $.b, {third})", {"a": {"x": {"p": 1}}, "b": {"x": {"q": 2}}})
    assert merged == {"x": {"q": 2}}


@pytest.mark.parametrize("text", ["2147483647, 1", "-2147483648, -1", "2147483647.2, 0.5", "2147483648, -1"])
def test_math_add_stays_within_32_bits(text: str) -> None:
    """AWS runs: of the integers and of the sum."""
    assert fail(f"States.MathAdd({text})") == "Invalid arguments in States.MathAdd"


def test_a_number_that_no_double_holds_is_what_java_casts_it_to() -> None:
    """AWS run: MathAdd takes such a number, as ``(int) Math.round`` of it is one."""
    assert call("States.MathAdd(-7e350, 4)") == 4
    assert call("States.MathAdd(1e400, 1)") == 0
    assert call("States.MathAdd(3e9, 0)") == 3_000_000_000 - 2**32


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("0, 100, 42", 30),
        ("10, 110, 42", 40),
        ("0, 64, 42", 46),
        ("0, 1073741825, 7", 20678044),
        ("0, 1500000000, 5", 379250092),
        ("-5, 5, 0.9", -5),
        ("0, 10, -1", 3),
    ],
)
def test_a_seed_gives_the_number_of_javas_random(text: str, drawn: int) -> None:
    """AWS runs: ``start + new java.util.Random(seed).nextInt(end - start)``. Checked with a JDK: these numbers."""
    assert call(f"States.MathRandom({text})") == drawn


def test_bounds_of_random_numbers_are_ints() -> None:
    for bounds in ("0, 2147483648", "-2147483648, 2147483647", "-1, 2147483647, 1", "2, 1"):
        assert fail(f"States.MathRandom({bounds})") == "Invalid arguments in States.MathRandom"
    assert call("States.MathRandom(0, 2147483647, 1)") == 1569548985


PLACE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{oops}", "Unexpected character ('o' (code 111)): was expecting double-quote to start field name" + PLACE),
        ('{\n"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"),
        ("nope", "Unrecognized token 'nope': was expecting (JSON String, Number, Array, Object or token"),
        ("[1, 2", "Unexpected end-of-input: expected close marker for Array (start marker at [Source: REDACTED ("),
    ],
)
def test_text_that_is_not_json_is_told_in_jacksons_words(text: str, why: str) -> None:
    """AWS runs: Jackson's message and its place follow."""
    told = fail("States.StringToJson($)", text)
    assert told.startswith(f"Cannot convert String to Json in States.StringToJson, caused by: {why.format(1, 2)}")


def test_a_number_too_large_is_told() -> None:
    assert fail("States.StringToJson('1e999')").endswith("caused by: 1e999 is too large for a JSON number")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("States.ArrayRange(1, 5)", "Invalid arguments in States.ArrayRange"),
        ("States.Hash('x')", "Invalid arguments in States.Hash"),
        ("States.Format()", "Invalid arguments in States.Format"),
        ("States.MathRandom(1)", "Invalid arguments in States.MathRandom"),
        ("States.MathRandom(1, 2, 3, 4)", "Invalid arguments in States.MathRandom"),
        ("States.Array(States.MathAdd(1))", "Invalid arguments in States.MathAdd"),
        ("States.JsonToString(1, 2)", "Invalid arguments in States.JsonToString: only a single argument is allowed."),
        ("States.JsonToString()", "Invalid arguments in States.JsonToString: only a single argument is allowed."),
    ],
)
def test_a_wrong_number_of_arguments_fails_when_the_call_runs(text: str, error: str) -> None:
    """AWS runs: it is not a mistake of the definition."""
    assert fail(text) == error
    assert len(list(miscounted(text))) == 1


def test_arguments_of_uuid_are_ignored() -> None:
    """AWS runs: any number of any kind; a path among them must still find something."""
    assert re.fullmatch(r"[0-9a-f-]{36}", str(call("States.UUID('x', null, 1)")))
    assert miss("States.UUID($.nope)", {}) == NOT_FOUND.format("$.nope", "{}")


def test_tells_the_calls_with_a_wrong_number_of_arguments() -> None:
    text = "States.Array(States.MathAdd(1), $.a, States.MathRandom(), States.Format(), States.UUID(2))"
    assert list(miscounted(text)) == [
        ("States.MathAdd", "2", 1),
        ("States.MathRandom", "2 or 3", 0),
        ("States.Format", "at least 1", 0),
    ]


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
        ("States.UUID(", "expected a path or a call", 13),
        ("States.Hash(,)", "expected a path or a call", 13),
        ("States.Array(1,)", "expected a path or a call", 16),
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
