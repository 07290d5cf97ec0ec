"""Any text compiles or is refused; any expression gives a value or an error of ours."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asl.jsonata import (
    JSONATA_2_1,
    Bounds,
    JsonataError,
    JsonataSyntaxError,
    Runtime,
    compile,  # noqa: A004 - what is tested
)

PIECES = """
    a b $x $ $$ % * ** 1 -2.5 'ä💩' null true and or in + - / = != < >= ~> & . [ ] [] ( ) { } , ; : := ? ?? ?:
    @$v #$i ^(a) ^(>b) .. | /a+|(b)/i function($p){$p} λ($p,$q)<n-n:n>{$p} $sum $map $filter $string $split
    $match $fromMillis $toMillis $formatNumber $formatInteger $replace $eval `q` {'k':a} [0] [$]
    (?,1) /*c*/ ! ~
""".split()  # noqa: SIM905 - easier to read
NAMES = sorted(JSONATA_2_1.functions)
RUNTIME = Runtime(bounds=Bounds(memory=10_000, steps=5_000))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def attempt(text: str, document: Any = None) -> None:
    """Compile and evaluate; only our errors may come out."""
    try:
        expression = compile(text, JSONATA_2_1)
    except JsonataSyntaxError as error:
        assert error.message  # noqa: PT017
        return
    expression.references()
    try:
        expression.evaluate({"x": document}, RUNTIME, document)
    except JsonataError as error:
        assert error.message  # noqa: PT017


@calm
@given(st.text(max_size=30))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    attempt(text)


@calm
@given(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join), json_values)
def test_any_row_of_tokens_gives_a_value_or_an_error(text: str, document: Any) -> None:
    attempt(text, document)


def operation(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    operators = st.sampled_from(("+", "*", "/", "%", "&", "=", "<", "and", "in", ".", "~>", ".."))
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda p: f"[{p[0]} {p[1]} {p[2]}]"),
        two.map(lambda p: f"({p[0]})[{p[1]}]"),
        two.map(lambda p: f"({p[0]}).({p[1]})"),
        two.map(lambda p: f"{{'a': {p[0]}, 'b': {p[1]}}}"),
        two.map(lambda p: f"$x^({p[0]}, >{p[1]})"),
        st.tuples(st.sampled_from(NAMES), inner, inner).map(lambda p: f"${p[0]}({p[1]}, {p[2]})"),
        st.tuples(st.sampled_from(NAMES), inner).map(lambda p: f"${p[0]}({p[1]})"),
        two.map(lambda p: f"$map({p[0]}, function($v, $i){{ {p[1]} }})"),
    )


expressions = st.recursive(
    st.sampled_from(("1", "-0.5", "'a1,b'", "$x", "a", "$", "[]", "{}", "null", "/[a-c]/", "a@$v.b#$i", "'[Y]-[M]'")),
    operation,
    max_leaves=6,
)


@calm
@given(expressions, json_values)
def test_any_expression_gives_a_value_or_an_error(text: str, document: Any) -> None:
    attempt(text, document)


@calm
@given(json_values)
def test_values_go_through_unchanged_but_for_their_numbers(document: Any) -> None:
    result = compile("$x").evaluate({"x": document})
    assert type(result) in (type(document), int, float, str)
    assert compile("$x = $y").evaluate({"x": document, "y": document}) is True
