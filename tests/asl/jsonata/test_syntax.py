"""What is refused when an expression is compiled; texts are jsonata's, which Step Functions prints."""

from typing import Any

import pytest

from asl.jsonata import (
    JSONATA_2_1,
    JsonataSyntaxError,
    compile,  # noqa: A004 - what is tested
)

REFUSED: list[tuple[str, str | None, int | None, Any, str]] = [
    ("'a", "S0101", 2, None, "String literal must be terminated by a matching quote"),
    ("1e999", "S0102", 0, "1e999", 'Number out of range: "1e999"'),
    ("'\\q'", "S0103", 2, "q", 'Unsupported escape sequence: \\"q"'),
    ("'\\u12x4'", "S0104", 2, None, "The escape sequence \\u must be followed by 4 hex digits"),
    ("`a", "S0105", 2, None, "Quoted property name must be terminated with a backquote (`)"),
    ("1 /* a", "S0106", 2, None, "Comment has no closing tag"),
    ("1 2", "S0201", 3, 2, "Syntax error: 2"),
    ("1 null", "S0201", 6, None, "Syntax error: null"),
    ("1;", "S0201", 2, ";", 'Syntax error: ";"'),
    ("[1", "S0203", 2, "(end)", 'Expected "]" before end of expression'),
    ("[1)", "S0202", 3, ")", 'Expected "]", got ")"'),
    ("{'a' 1}", "S0202", 6, 1, 'Expected ":", got 1'),
    ("$x[] /re/", "S0201", 9, {}, "Syntax error: {}"),
    ("1 ! 2", "S0204", 3, "!", 'Unknown operator: "!"'),
    ("", "S0207", 0, "(end)", "Unexpected end of expression"),
    ("1 +", "S0207", 3, "(end)", "Unexpected end of expression"),
    (
        "function(a){1}",
        "S0208",
        10,
        "a",
        "Parameter 1 of function definition must be a variable name (start with $)",
    ),
    ("[a]{'b': c}[0]", "S0209", 12, None, "A predicate cannot follow a grouping expression in a step"),
    ("a{'b': c}{'d': e}", "S0210", 10, None, "Each step can only have one grouping expression"),
    ("?", "S0211", 1, "?", 'The symbol "?" cannot be used as a unary operator'),
    ("a := 1", "S0212", 1, "a", "The left side of := must be a variable name (start with $)"),
    ("a.1", "S0213", 3, None, "The literal value 1 cannot be used as a step within a path expression"),
    ("null.a", "S0213", 4, None, "The literal value null cannot be used as a step within a path expression"),
    ("a@b", "S0214", 3, "@", 'The right side of "@" must be a variable name (start with $)'),
    ("a[0]@$b", "S0215", 5, None, "A context variable binding must precede any predicates on a step"),
    ("a^(b)@$c", "S0216", 6, None, "A context variable binding must precede the 'order-by' clause on a step"),
    (
        "%",
        "S0217",
        None,
        "parent",
        "The object representing the 'parent' cannot be derived from this expression",
    ),
    (
        "{}.%",
        "S0217",
        1,
        "unary",
        "The object representing the 'parent' cannot be derived from this expression",
    ),
    (
        "a.%.%",
        "S0217",
        None,
        "path",
        "The object representing the 'parent' cannot be derived from this expression",
    ),
    ("//", "S0301", 1, None, "Empty regular expressions are not allowed"),
    ("/a", "S0302", 2, None, "No terminating / in regular expression"),
    ("λ($x)<n<n>>{1}", "S0401", 8, None, "Type parameters can only be applied to functions and arrays"),
    ("λ($x)<(a<n>)>{1}", "S0402", 7, None, "Choice groups containing parameterized types are not supported"),
    ("λ($x)<n", "S0203", 7, "(end)", 'Expected ">" before end of expression'),
    ("'💩' ~", "S0204", 6, "~", 'Unknown operator: "~"'),
]


@pytest.mark.parametrize(("text", "code", "position", "token", "message"), REFUSED, ids=[c[0] for c in REFUSED])
def test_refused(text: str, code: str | None, position: int | None, token: Any, message: str) -> None:
    with pytest.raises(JsonataSyntaxError) as caught:
        compile(text)
    error = caught.value
    assert (error.code, error.message, error.token) == (code, message, token)
    assert error.position == position


PATTERNS = [
    ("(", "Unterminated group"),
    (")", "Unmatched ')'"),
    ("[", "Unterminated character class"),
    ("a\\", "\\ at end of pattern"),
    ("[b-a]", "Range out of order in character class"),
    ("*", "Nothing to repeat"),
    ("a**", "Nothing to repeat"),
    ("^*", "Nothing to repeat"),
    ("{1}", "Nothing to repeat"),
    ("a{2,1}", "numbers out of order in {} quantifier"),
    ("(?x)", "Invalid group"),
    ("(?<1>a)", "Invalid capture group name"),
    ("(?<a>b)(?<a>c)", "Duplicate capture group name"),
    ("(?<a>b)\\k<c>", "Invalid named reference"),
]


@pytest.mark.parametrize(("pattern", "reason"), PATTERNS)
def test_a_pattern_that_is_none(pattern: str, reason: str) -> None:
    from asl.jsonata.regex import Regex

    with pytest.raises(JsonataSyntaxError) as caught:
        Regex(pattern, "i")
    assert caught.value.message == f"Invalid regular expression: /{pattern}/ig: {reason}"
    assert caught.value.code is None


def test_escapes_in_strings() -> None:
    text = r"""'\"\\\/\b\f\n\r\t\u00e9\ud83d\udca9'"""
    assert compile(text).evaluate({}) == '"\\/\b\f\n\r\té💩'


def test_comments_and_names() -> None:
    assert compile("/* a */ 1 /* b */ + /**/ 2").evaluate({}) == 3
    assert compile("`a b`.and.'or'").evaluate({}, input={"a b": {"and": {"or": 1}}}) == 1
    assert compile("in", JSONATA_2_1).evaluate({}, input={"in": 5}) == 5


def test_options_that_parentheses_leave_open() -> None:
    assert compile("(1; 2;)").evaluate({}) == 2
    assert compile("a.b.c.%.%").evaluate({}, input={"a": {"b": {"c": 1}}}) == {"b": {"c": 1}}
    assert compile("[1, 2][0]").evaluate({}) == 1
