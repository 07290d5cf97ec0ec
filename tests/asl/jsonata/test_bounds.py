"""What an evaluation may use: depth, time and memory, as measured on AWS; and patterns that would not end."""

import json
from typing import Any

import pytest

from asl.jsonata import (
    BoundError,
    Bounds,
    JsonataError,
    JsonataSyntaxError,
    Runtime,
    compile,  # noqa: A004 - what is tested
)

DEEP = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
LONG = "Expression evaluation timeout: Check for infinite loop"
LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


def value(text: str, bounds: Bounds | None = None, **bindings: Any) -> Any:
    return compile(text).evaluate(bindings, Runtime(bounds=bounds or Bounds()))


def exceeds(text: str, message: str, bounds: Bounds | None = None, **bindings: Any) -> bool:
    with pytest.raises(BoundError) as caught:
        value(text, bounds, **bindings)
    return caught.value.code is None and str(caught.value) == message


def recursion(depth: int) -> str:
    return f"($f := function($x){{ $x <= 0 ? 0 : 1 + $f($x - 1) }}; $f({depth}))"


def test_a_hundred_expressions_may_be_open() -> None:
    """Measured on AWS: 100 terms pass, 101 fail; 99 parentheses pass, 100 fail; 31 calls pass, 32 fail."""
    assert value("+".join(["1"] * 100)) == 100
    assert exceeds("+".join(["1"] * 101), DEEP)
    assert value("(" * 99 + "1" + ")" * 99) == 1
    assert exceeds("(" * 100 + "1" + ")" * 100, DEEP)
    assert value("[" * 99 + "]" * 99)
    assert value("1" + "~>$string" * 99) == "1"
    assert exceeds("1" + "~>$string" * 100, DEEP)
    assert value(recursion(31)) == 31
    assert exceeds(recursion(32), DEEP)
    assert value(recursion(100), Bounds(depth=310)) == 100


def test_depth_counts_only_where_an_expression_gets_to() -> None:
    deep = "+".join(["$x.a"] * 110)
    assert value(f"false ? ({deep}) : 1") == 1
    assert value("$map([1..3], function($v){$v > 5 ? " + deep + " : $v})") == [1, 2, 3]
    assert value("(" * 97 + "$x.a" + ")" * 97, x={"a": 1}) == 1
    assert exceeds("(" * 99 + "$x.a.b" + ")" * 99, DEEP, x={"a": 1})


def test_bindings_deeper_than_python_recurses_overflow_like_an_expression() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = [deep]
    assert exceeds("$x", DEEP, x=deep)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000 + "1" + ")" * 2000,
        "[" * 2000,
        "-" * 2000 + "1",
        "$f(" * 2000,
        "+".join(["1"] * 2000),
        "a" + "[0]" * 2000,
        "1?" * 2000,
        "/" + "(" * 2000 + "a" + ")" * 2000 + "/",
    ],
    ids=lambda text: text[:3],
)
def test_thousands_of_levels_are_refused(text: str) -> None:
    with pytest.raises(JsonataSyntaxError) as caught:
        compile(text)
    assert caught.value.message


def test_a_path_may_be_long() -> None:
    assert str(value("$x" + ".a" * 500)) == "UNDEFINED"


def test_an_endless_recursion_ends() -> None:
    assert exceeds("($f := function($x){ $f($x + 1) }; $f(1))", LONG, Bounds(steps=2000))


def test_a_deadline_comes_from_outside() -> None:
    asked = []

    def expired() -> bool:
        asked.append(True)
        return len(asked) > 3

    bounds = Bounds(expired=expired)
    assert exceeds("($f := function($x){ $f($x + 1) }; $f(1))", LONG, bounds)
    assert len(asked) == 4


def test_memory_counts_numbers_and_characters() -> None:
    """Measured on AWS: 873,782 numbers pass, one more fails; 2^22 characters pass, 2^23 fail."""
    double = "($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p('x', %d)))"
    assert value("[1..873782] ~> $count()") == 873782
    assert exceeds("[1..873783] ~> $count()", LARGE)
    assert value(double % 22) == 2**22
    assert exceeds(double % 23, LARGE)
    assert value("$count($range(1, 360145, 1))") == 360145
    assert exceeds("$range(1, 360146, 1)", LARGE)
    small = Bounds(memory=800)
    for text in (
        "$pad('', 900)",
        "$join($x, 'abcdefghi')",
        "$replace($s, 'a', 'bcdefghij')",
        "$replace($s, /a/, 'bcdefghij')",
        "$append($x, $x)",
    ):
        assert exceeds(text, LARGE, small, x=["a"] * 90, s="a" * 90)
    assert exceeds("$formatInteger(1e10, 'I')", LARGE)
    assert exceeds("$fromMillis(0, '[Y,9999999]')", LARGE)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 40 + "b"),
        ("(a|a)*b", "a" * 60),
        ("(x+x+)+y", "x" * 60),
        (".*.*.*x", "a" * 5000),
        ("a{0,500}a{0,500}a{0,500}b", "a" * 3000),
    ],
)
def test_no_pattern_runs_away(pattern: str, text: str) -> None:
    assert exceeds(f"$match($s, /{pattern}/)", LONG, Bounds(steps=20_000), s=text)


def test_large_values_of_every_kind_of_step_are_counted() -> None:
    items = [{"a": n, "b": [n]} for n in range(300)]
    few = Bounds(steps=300)
    for text in (
        "$x.a.b.c[$ > 1].d{$string(a): a}",
        "$x[a > 1].a^($) ~> $map(function($v){$v + 1})",
        "$x.b.%.a@$v.a",
        "$x.**.**",
        "$filter($x, function($v){true})",
        "$single($x, function($v){false})",
        "$reduce($x, function($a, $b){1})",
        "$sift($y, function($v){true})",
        "$distinct($x.{'v': [a]})",
        "$match($s, /a/)",
    ):
        bindings = {"x": items, "y": {str(n): n for n in range(300)}, "s": "a" * 600}
        with pytest.raises(JsonataError) as caught:
            value(text, few, **bindings) if text != "$match($s, /a/)" else value("[1..900].$match('aa', /a/)", few)
        assert str(caught.value) == LONG


def test_nested_values_of_the_payload_limit_are_fine() -> None:
    deep = json.loads("[" * 400 + "]" * 400)
    assert value("$string($x)", x=deep) == "[" * 400 + "]" * 400
    assert value("$x = $y", x=deep, y=json.loads(json.dumps(deep))) is True
