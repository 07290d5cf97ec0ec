"""Tokens of JSON as Jackson reads them: values, the reader's places, error words."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.jackson import JsonTokenError, Token, json_error, json_error_and_place, location, tokens

ANY = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


def read(text: str) -> list[Token]:
    found: list[Token] = []
    for token in tokens(text):
        if token.kind == "end":
            return found
        found.append(token)
    raise AssertionError


def shown(text: str) -> str:
    return " ".join(token.kind if token.value is None else f"{token.kind}:{token.value!r}" for token in read(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  ", ""),
        ("{}", "{ }"),
        (' {"a" : [1, -2.5e1, "x"] , "b":null}', "{ name:'a' [ number:1 number:-25.0 string:'x' ] name:'b' word }"),
        ("[true,false]", "[ word:True word:False ]"),
        ('[{"a":{}},[]]', "[ { name:'a' { } } [ ] ]"),
        ("0", "number:0"),
        ('"\\u0041\\n\\\\\\/"', "string:'A\\n\\\\/'"),
        ('"\\ud83d\\ude00"', "string:'😀'"),
        ('"\\ud83d"', "string:'\\ud83d'"),
    ],
)
def test_tokens_of(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_the_end_comes_for_ever() -> None:
    stream = tokens("1")
    assert [next(stream).kind for _ in range(4)] == ["number", "end", "end", "end"]


def test_the_reader_stands_behind_names_and_within_strings() -> None:
    """Behind a field name the value has been entered; a string's text is not read until it is wanted."""
    places = {token.kind: token.at for token in read('{"ab": "cd"}')}
    assert places == {"{": 1, "name": 8, "string": 8, "}": 12}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Unexpected end-of-input: expected close marker for Object (start marker at"),
        ("[", "Unexpected end-of-input: expected close marker for Array (start marker at"),
        ("[1", "Unexpected end-of-input: expected close marker for Array"),
        ("[1,", "Unexpected end-of-input within/between Array entries"),
        ('{"a":1,', "Unexpected end-of-input within/between Object entries"),
        ('{"a"', "Unexpected end-of-input within/between Object entries"),
        ('{"a":', "Unexpected end-of-input within/between Object entries"),
        ("{]", "Unexpected close marker ']': expected '}' (for Object starting at [Source: (String)\"{]\"; line: 1"),
        ("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"),
        ("{a:1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"),
        ("[,]", f"Unexpected character (',' (code 44)): expected a valid value {ANY}"),
        ("[1,}", "Unexpected character ('}' (code 125)): expected a value"),
        ("[nul]", f"Unrecognized token 'nul': was expecting {ANY}"),
        ("-", "Unexpected end-of-input"),
        (
            "-a",
            "Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow minus sign",
        ),
        ("[01]", "Invalid numeric value: Leading zeroes not allowed"),
        ("1.x", "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit"),
        ("1.", "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit"),
        ("1e+x", "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit"),
        ("12ab", "Unexpected character ('a' (code 97)): Expected space separating root-level values"),
        ("NaN", "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"),
        ("[-Infinity]", "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"),
        ("x" * 300, f"Unrecognized token '{'x' * 256}...': was expecting {ANY}"),
        ("/* c */", "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one"),
        ("[\x0b1]", "Illegal character ((CTRL-CHAR, code 11)): only regular white space (\\r, \\n, \\t) is allowed"),
        ("€", "Unexpected character ('€' (code 8364 / 0x20ac)): expected a valid value"),
        ("1" * 1001, "Number value length (1001) exceeds the maximum allowed (1000)"),
        ('"a', "Unexpected end-of-input: was expecting closing quote for a string value"),
        ('{"a', "Unexpected end-of-input in field name"),
        ('"a\\', "Unexpected end-of-input in character escape sequence"),
        ('"\\u00', "Unexpected end-of-input in character escape sequence"),
        ('"\\u00g0"', "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"),
        ('"\\x"', "Unrecognized character escape 'x' (code 120)"),
        ('"a\tb"', "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash"),
        (
            '{"a\tb":1}',
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in n",
        ),
        ("{} x", f"Unrecognized token 'x': was expecting {ANY}"),
    ],
    ids=lambda each: each[:30],
)
def test_what_is_not_json_is_told_in_jacksons_words(text: str, message: str) -> None:
    with pytest.raises(JsonTokenError) as caught:
        read(text)
    assert caught.value.message.startswith(message)
    assert 0 <= caught.value.at <= len(text) + 1
    assert json_error(text, "the text") == caught.value.message


def test_text_after_the_end_is_told_of_what_it_is() -> None:
    with pytest.raises(JsonTokenError, match="Trailing token after the end of the event pattern"):
        read("1 2")
    assert json_error("1 2", "the payload") == "Unexpected text after the end of the payload"


def test_json_has_no_error() -> None:
    assert json_error('{"a": [1, 2, {"b": null}]}', "the text") is None


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("{}", 1, '[Source: (String)"{}"; line: 1, column: 2]'),
        ("{\n  x}", 4, '[Source: (String)"{\n  x}"; line: 2, column: 3]'),
        ("{\r\n\rx", 4, '[Source: (String)"{\r\n\rx"; line: 3, column: 1]'),
    ],
)
def test_a_location_is_source_line_and_column(text: str, at: int, expected: str) -> None:
    assert location(text, at) == expected


REDACTED = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("{oops}", "Unexpected character ('o' (code 111)): was expecting double-quote to start field name", 1, 2),
        ("nope", f"Unrecognized token 'nope': was expecting {ANY}", 1, 5),
        ("{\n]", f"Unexpected close marker ']': expected '}}' (for Object starting at {REDACTED.format(1, 1)})", 2, 1),
        (" [1", f"Unexpected end-of-input: expected close marker for Array (start marker at {REDACTED.format(1, 2)})",
         1, 4),
        ("[1,", "Unexpected end-of-input within/between Array entries", 1, 4),
        ('"ab', "Unexpected end-of-input: was expecting closing quote for a string value", 1, 4),
        ('"a\\u0', "Unexpected end-of-input in character escape sequence", 1, 6),
        ('"\\x"', "Unrecognized character escape 'x' (code 120)", 1, 3),
        ("[01]", "Invalid numeric value: Leading zeroes not allowed", 1, 3),
        ("[-01]", "Invalid numeric value: Leading zeroes not allowed", 1, 4),
        ("1.x", "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit", 1, 2),
        ("x" * 300, f"Unrecognized token '{'x' * 256}...': was expecting {ANY}", 1, 257),
        ("1 2", "Unexpected text after the end of the JSON value", 1, 3),
    ],
)  # fmt: skip
def test_newer_versions_show_no_source(text: str, message: str, line: int, column: int) -> None:
    """Compared with Jackson 2.20.1, but for the trailing token, which it ignores by default."""
    assert json_error_and_place(text) == f"{message}\n at {REDACTED.format(line, column)}"


def test_json_has_no_error_and_no_place() -> None:
    assert json_error_and_place('{"a": [1]}') is None


def test_a_long_source_is_cut() -> None:
    assert location("x" * 502, 0).endswith('x"[truncated 2 chars]; line: 1, column: 1]')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=10,
    )
)
@settings(max_examples=100)
def test_all_that_python_writes_is_read(value: object) -> None:
    assert json_error(json.dumps(value), "the text") is None
    assert json_error(json.dumps(value, indent=1, ensure_ascii=False), "the text") is None


@given(st.text(alphabet='{}[]",:\\u0a1- \nntrue', max_size=15))
@settings(max_examples=200)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Jackson and Python agree on what is JSON; the empty text has no tokens and no error."""
    try:
        json.loads(text)
        valid = True
    except ValueError:
        valid = not text.strip()
    assert (json_error(text, "the text") is None) is valid


ROOT = "(for root starting at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1])"
NUMERIC = "Unexpected character ({}) in numeric value: {}"
DIGIT = "expected digit (0-9) to follow minus sign, for valid numeric value"
PLUS = (
    "JSON spec does not allow numbers to have plus signs: "
    "enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"
)
NON_NUMBER = "Non-standard token '{}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ('{"a":}', f"Unexpected character ('}}' (code 125)): expected a valid value {ANY}", 6),
        ("[1,}", "Unexpected character ('}' (code 125)): expected a value", 4),
        (" }", f"Unexpected close marker '}}': expected ']' {ROOT}", 2),
        ("]", f"Unexpected close marker ']': expected '}}' {ROOT}", 1),
        ("-", "Unexpected end-of-inputNo digit following sign", 2),
        ("+", "Unexpected end-of-input in a Number value", 2),
        ("[-I", "Unexpected end-of-input in a Number value", 4),
        ("[1e", "Unexpected end-of-inputexpected a digit for number exponent", 4),
        ("1e+", "Unexpected end-of-inputexpected a digit for number exponent", 4),
        ("1.", NUMERIC.format("'.' (code 46)", "Decimal point not followed by a digit"), 2),
        ("-.5", f"Unexpected character ('.' (code 46)): expected a valid value {ANY}", 2),
        ("+.5", NUMERIC.format("'+' (code 43)", PLUS), 2),
        ("[+1]", NUMERIC.format("'+' (code 43)", PLUS), 3),
        ("+Ix", NUMERIC.format("'+' (code 43)", PLUS), 3),
        ("-a", NUMERIC.format("'a' (code 97)", DIGIT), 2),
        ("-Ix", NUMERIC.format("'x' (code 120)", DIGIT), 3),
        ("-Inf", f"Unrecognized token '-Inf': was expecting {ANY}", 5),
        ("+INFx", f"Unrecognized token '+INFx': was expecting {ANY}", 6),
        (f"-Inf{'x' * 300}", f"Unrecognized token '-Inf{'x' * 252}...': was expecting {ANY}", 257),
        ("[+Infinity]", NON_NUMBER.format("+Infinity"), 11),
        ("-INF", NON_NUMBER.format("-INF"), 5),
    ],
)
def test_values_that_are_bound_have_words_of_their_own(text: str, message: str, column: int) -> None:
    """Compared with ``ObjectMapper.readValue`` of Jackson 2.17.2."""
    assert json_error_and_place(text) == f"{message}\n at {REDACTED.format(1, column)}"
