"""Operators, paths, constructors, functions and scopes of the language.

Sources: the documentation at docs.jsonata.org; what it leaves open was compared with jsonata 2.0.6.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from asl.jsonata import (
    JSONATA_2_0,
    JSONATA_2_1,
    UNDEFINED,
    BoundError,
    Bounds,
    Function,
    InternalError,
    JsonataError,
    compile,  # noqa: A004 - what is tested
)
from asl.jsonata.runtime import Run, Runtime

ORDER = {
    "id": 7,
    "items": [
        {"sku": "a", "price": 3, "qty": 2, "tags": ["x", "y"]},
        {"sku": "b", "price": 1.5, "qty": 4, "tags": []},
        {"sku": "c", "price": 10, "qty": 1, "tags": ["y"]},
    ],
    "nested": [[1], [2, [3]]],
    "one": [{"v": 1}],
    "null": None,
    "deep": {"a": {"b": [1]}},
}


def value(text: str, **bindings: Any) -> Any:
    return compile(text, JSONATA_2_0).evaluate({"o": ORDER, **bindings}, input=ORDER)


VALUES: list[tuple[str, Any]] = [
    # paths
    ("id", 7),
    ("$.id", 7),
    ("$$.id", 7),
    ("$o.items.sku", ["a", "b", "c"]),
    ("items.tags", ["x", "y", "y"]),
    ("items[0].tags", ["x", "y"]),
    ("items[-1].sku", "c"),
    ("items[9]", UNDEFINED),
    ("items[price > 2].sku", ["a", "c"]),
    ("items[[0, 2]].sku", ["a", "c"]),
    ("items[[0..1]].qty", [2, 4]),
    ("items[sku = 'b'][0].qty", 4),
    ("items[1.9].sku", "b"),
    ("one.v", 1),
    ("one.v[]", [1]),
    ("one[].v", [1]),
    ("$o.one", [{"v": 1}]),
    ("missing.b.c", UNDEFINED),
    ("id.b", UNDEFINED),
    ("nested[1][0]", 2),
    ("nested.$", [1, 2, [3]]),
    ("nested", [[1], [2, [3]]]),
    ("deep.a.b", [1]),
    ("$o.deep.a.b.c", UNDEFINED),
    ("deep.*", {"b": [1]}),
    ("deep.a.*", [1]),
    ("deep.**.b", [1]),
    ("id.*", UNDEFINED),
    ("items.'sku'", ["a", "b", "c"]),
    ("items.`sku`", ["a", "b", "c"]),
    ("items.(price * qty)", [6, 6, 10]),
    ("items.[sku, qty]", [["a", 2], ["b", 4], ["c", 1]]),
    ("[items[0].sku, 'z'].$uppercase($)", ["A", "Z"]),
    ("items.{'s': sku}[1]", UNDEFINED),
    ("(items.{'s': sku})[1]", {"s": "b"}),
    ("$count(items)", 3),
    ("(id).($ + 1)", 8),
    ("items^(price).sku", ["b", "a", "c"]),
    ("items^(>price).sku", ["c", "a", "b"]),
    ("items^(>qty, sku).sku", ["b", "a", "c"]),
    ("items^(<nope, sku).sku", ["a", "b", "c"]),
    ("items^(tags[0]).sku", ["a", "c", "b"]),
    ("['ä', 'b', 'a', 'ä']^($)", ["a", "b", "ä", "ä"]),
    ("[2, 1.5, 2]^(>$)", [2, 2, 1.5]),
    ("id^($)", 7),
    ("items^(price)[0].sku", "b"),
    ("items#$i.{'n': $i, 's': sku}", [{"n": 0, "s": "a"}, {"n": 1, "s": "b"}, {"n": 2, "s": "c"}]),
    ("items[price > 2]#$i.($i & sku)", ["0a", "1c"]),
    ("items^(price)#$i.($i & sku)", ["0b", "1a", "2c"]),
    ("items@$a.items@$b[$a.qty < $b.qty].($a.sku & $b.sku)", ["ab", "ca", "cb"]),
    ("items@$a^(>$a.price).$a.sku", ["c", "a", "b"]),
    ("items.tags.%.sku", ["a", "a", "c"]),
    ("items[%.id = 7].sku", ["a", "b", "c"]),
    ("deep.a.b.%.%.a.b", 1),
    ("items.(tags).%.qty", [2, 2, 1]),
    ("items{sku: price}", {"a": 3, "b": 1.5, "c": 10}),
    ("items{'all': $sum(price)}", {"all": 14.5}),
    ("items.tags{$: $count($)}", {"x": 1, "y": 2}),
    ("items@$i{$i.sku: $i.qty}", {"a": 2, "b": 4, "c": 1}),
    ("items.tags@$t{$t: $count($t)}", {"x": 1, "y": 2}),
    ("missing{'a': 1}", {"a": 1}),
    ("[1..3][$ > 1]", [2, 3]),
    ("[1, 2].[$]", [[1], [2]]),
    ("(id){'a': $}", {"a": 7}),
    ("([1][0].$count($)).x", UNDEFINED),
    ("items[0][].sku", ["a"]),
    ("deep.a.b[]", [1]),
    ("items.tags[%.%.id = 7]", ["x", "y", "y"]),
    ("items.tags.[%.sku, %.qty]", ["a", 2, "a", 2, "c", 1]),
    ("$o[0]#$i.$i", 0),
    ("deep@$a.a@$b.%.b", UNDEFINED),
    ("(deep.a).%.%.id", 7),
    ("$o.items[[0/0]]", UNDEFINED),
    ("items@$a^(>$a.price)[0].$a.sku", "c"),
    ("items{nope: 1}", {}),
    ("[1, 2][[0, 1]]", [1, 2]),
    # operators
    ("1 + 2 * 3 - 4 / 2", 5),
    ("7 % 4", 3),
    ("-7 % 4", -3),
    ("5.5 % 2", 1.5),
    ("1 / 0", "Infinity"),
    ("-1 / 0", "-Infinity"),
    ("0 / 0", "NaN"),
    ("5 % 0", "NaN"),
    ("1 / (0 * -1)", "-Infinity"),
    ("-0", 0),
    ("-(1)", -1),
    ("-missing", UNDEFINED),
    ("9007199254740992 + 1", 9007199254740992),
    ("1 + missing", UNDEFINED),
    ("1.0", 1),
    ("1e3", 1000),
    ("'a' & 1 & null & missing & [1, true]", "a1null[1,true]"),
    ("1 = 1.0", True),
    ("'1' = 1", False),
    ("true = 1", False),
    ("{'a': [1]} = {'a': [1]}", True),
    ("{'a': 1} = {'b': 1}", False),
    ("[1, 2] = [1]", False),
    ("[1, 2] = [1, 3]", False),
    ("{'a': 1} = {'a': 2}", False),
    ("[] = {}", False),
    ("{} = 1", False),
    ("missing = missing", False),
    ("missing != 1", False),
    ("1 != 2", True),
    ("1 < 2", True),
    ("2 <= 1", False),
    ("'a' > 'b'", False),
    ("'b' >= 'a'", True),
    ("'a' < 'b'", True),
    ("'a' <= 'b'", True),
    ("1 >= 2", False),
    ("3 > 2", True),
    ("missing < 1", UNDEFINED),
    ("missing > 1", UNDEFINED),
    ("missing <= 1", UNDEFINED),
    ("missing >= 1", UNDEFINED),
    ("'ﬁ' < '💩'", False),
    ("1 in [1, 2]", True),
    ("1 in 1", True),
    ("{} in [{}]", False),
    ("missing in [1]", False),
    ("true and 'x'", True),
    ("false and $error('not asked')", False),
    ("[0] or [0, 1]", True),
    ("true or $error('not asked')", True),
    ("[] or {}", False),
    ("[1..3]", [1, 2, 3]),
    ("[3..1]", []),
    ("[missing..1]", []),
    ("id > 5 ? 'big' : 'small'", "big"),
    ("false ? 1", UNDEFINED),
    ("and", UNDEFINED),
    # constructors
    ("[]", []),
    ("[1, [2], missing, [3, 4]]", [1, [2], [3, 4]]),
    ("[items.sku]", ["a", "b", "c"]),
    ("{'a': 1, 'b': missing}", {"a": 1}),
    ("{id = 7 ? 'x' : 'y': 1}", {"x": 1}),
    ("{}", {}),
    ("()", UNDEFINED),
    # variables, blocks, functions
    ("($a := 1; $b := $a + 1; $a + $b)", 3),
    ("($a := 1; ($a := 2; $a) + $a)", 3),
    ("$a := $b := 4", 4),
    ("(function($x, $y){[$x, $y]})(1)", [1]),
    ("($f := λ($n){$n < 2 ? 1 : $n * $f($n - 1)}; $f(10))", 3628800),
    ("($f := function($n, $sum){$n = 0 ? $sum : $f($n - 1, $sum + $n)}; $f(1000, 0))", 500500),
    ("($f := function($n){($m := $n - 1; $m < 0 ? 'done' : $f($m))}; $f(300))", "done"),
    ("(function($s){$s.$uppercase()})('a')", "A"),
    ("($g := function($f){$f(2)}; $g(function($x){$x * 2}))", 4),
    ("(function($f){$f([1, 2])})($sum)", 3),
    ("('abc' ~> $uppercase)", "ABC"),
    ("'abc' ~> $substring(1) ~> $uppercase()", "BC"),
    ("('a' ~> ($uppercase ~> $lowercase))", "a"),
    ("($f := $substring(?, 0, 2); $f('hello'))", "he"),
    ("($add := function($a, $b){$a + $b}; $inc := $add(?, 1, ?); $inc(2))", 3),
    ("($f := function($x)<n:n>{$x}; $f(1))", 1),
    ("(function($x)<a<n>:n>{$sum($x)})(5)", 5),
    ("(function($x, $y)<s-n?>{[$x, $y]})('a', 1)", ["a", 1]),
    ("(function($x)<(sn)>{$x})(1)", 1),
    ("(function($a)<j>{$a})(null)", None),
    ("(function()<b+>{1})(true, false)", 1),
    ("(function($x)<o>{$x.a})({'a': 1})", 1),
    ("$o ~> |items[sku = 'a']|{'price': 0}, ['tags', 'qty']| ~> $lookup('items') ~> $count()", 3),
    ("({'a': 1, 'b': 2} ~> |$|{'c': 3}, 'a'|)", {"b": 2, "c": 3}),
    ("({'a': 1} ~> |missing|{}|)", {"a": 1}),
    ("({'a': [1, 2]} ~> |a|missing|)", {"a": [1, 2]}),
    ("(missing ~> |a|{}|)", UNDEFINED),
    ("($c := {'n': 1}; {} ~> |$c|{'n': 2}|; $c.n)", 2),
    # variables at the start of a path
    ("($l := [3, 1]; $l#$i.$i)", [0, 1]),
    ("($l := [3, 1]; $l@$e.{'e': $e})", [{"e": 3}, {"e": 1}]),
    ("([3, 1])#$i[$ > 1].$i", 0),
    ("$append([3], 1)#$i.$i", [0, 1]),
    ("[].a", []),
    ("[1..0].a", []),
    ("[missing].a & 'x'", "[]x"),
    ("[].a[]", [[]]),
    ("$count([].a.b)", 0),
    # functions as conditions
    ("$sum ? 1 : 2", 1),
    ("[$sum] ? 1 : 2", 1),
    ("$boolean($sum)", False),
    ("/a/ ? 1 : 2", 2),
    ("$abs(?, 1)(-1)", 1),
    ("$sort(?)([2, 1])", [1, 2]),
    ("({'a': 5} ~> |a|{'x': 1}, 'y'|)", {"a": 5}),
    ("function", UNDEFINED),
    ("($f := $string; $f(1); (function(){(true ? $f : 1)(2)})())", "2"),
    ("(λ($x)<(n>{$x})(1)", 1),
    ("/ab+/i('xABB').match", "ABB"),
    ("/a/('b')", UNDEFINED),
    ("/a/(1)", UNDEFINED),
    ("($m := /a/('aa'); $m.next().start)", 1),
    ("($m := /a/('a'); $m.next())", UNDEFINED),
]


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_value(text: str, expected: Any) -> None:
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


ERRORS: list[tuple[str, str, int | None, Any, str]] = [
    ("1 + 'a'", "T2002", 3, "+", 'The right side of the "+" operator must evaluate to a number'),
    ("'a' - 1", "T2001", 5, "-", 'The left side of the "-" operator must evaluate to a number'),
    ("1/0 + 1", "D1001", 5, "+", "Number out of range: null"),
    ("-'a'", "D1002", 1, "-", 'Cannot negate a non-numeric value: "a"'),
    ("-(1 + 'a')", "T2002", 5, "+", 'The right side of the "+" operator must evaluate to a number'),
    (
        "1 < 'a'",
        "T2009",
        3,
        "<",
        'The values 1 and "a" either side of operator "<" must be of the same data type',
    ),
    (
        "null < 1",
        "T2010",
        6,
        "<",
        'The expressions either side of operator "<" must evaluate to numeric or string values',
    ),
    (
        "1 > null",
        "T2010",
        3,
        ">",
        'The expressions either side of operator ">" must evaluate to numeric or string values',
    ),
    ("['a'..2]", "T2003", 6, "..", "The left side of the range operator (..) must evaluate to an integer"),
    ("[1..2.5]", "T2004", 4, "..", "The right side of the range operator (..) must evaluate to an integer"),
    (
        "[0..10000000]",
        "D2014",
        4,
        "..",
        (
            "The size of the sequence allocated by the range operator (..) must not exceed 1e6."
            "  Attempted to allocate 10000001."
        ),
    ),
    (
        "true and (1 + 'a')",
        "T2002",
        8,
        "and",
        'The right side of the "and" operator must evaluate to a number',
    ),
    ("false or (1 + 'a')", "T2002", 8, "or", 'The right side of the "or" operator must evaluate to a number'),
    ("'a' & $string(1/0)", "D3001", 14, "string", "Attempting to invoke string function on Infinity or NaN"),
    ("1 ~> 2", "T2006", 4, None, "The right side of the function application operator ~> must be a function"),
    ("{id: 1}", "T1003", 1, None, "Key in object structure must evaluate to a string; got: 7"),
    ("{'a': 1, 'a': 2}", "D1009", 1, None, 'Multiple key definitions evaluate to same key: "a"'),
    ("sum([1])", "T1005", 4, "sum", "Attempted to invoke a non-function. Did you mean $sum?"),
    ("$nope()", "T1006", 6, "nope", "Attempted to invoke a non-function"),
    ("nope()", "T1006", 5, "nope", "Attempted to invoke a non-function"),
    ("sum(?)", "T1007", 4, "sum", "Attempted to partially apply a non-function. Did you mean $sum?"),
    ("3(?)", "T1008", 2, 3, "Attempted to partially apply a non-function"),
    ("$sum('a')", "T0412", 5, "sum", 'Argument 1 of function "sum" must be an array of "numbers"'),
    ("$sum(['a'])", "T0412", 5, "sum", 'Argument 1 of function "sum" must be an array of "numbers"'),
    (
        "$uppercase(1)",
        "T0410",
        11,
        "uppercase",
        'Argument 1 of function "uppercase" does not match function signature',
    ),
    (
        "$substring('a')",
        "T0410",
        11,
        "substring",
        'Argument 2 of function "substring" does not match function signature',
    ),
    ("$abs(1, 2)", "T0410", 5, "abs", 'Argument 2 of function "abs" does not match function signature'),
    (
        "(5).$length()",
        "T0411",
        12,
        "length",
        'Context value is not a compatible type with argument 1 of function "length"',
    ),
    (
        "1 ~> $uppercase",
        "T0410",
        None,
        None,
        "Argument 1 of function undefined does not match function signature",
    ),
    (
        "(function($x)<a<a<n>>>{$x})(1)",
        "T0412",
        28,
        None,
        "Argument 1 of function undefined must be an array of undefined",
    ),
    (
        "items^(tags).sku",
        "T2008",
        6,
        None,
        "The expressions within an order-by clause must evaluate to numeric or string values",
    ),
    ("['a', 1]^($)", "T2007", 9, None, 'Type mismatch when comparing values "a" and 1 in order-by clause'),
    (
        "$o ~> |items|5|",
        "T2011",
        14,
        None,
        "The insert/update clause of the transform expression must evaluate to an object: 5",
    ),
    (
        "$o ~> |items|{}, 5|",
        "T2012",
        18,
        None,
        "The delete clause of the transform expression must evaluate to a string or array of strings: 5",
    ),
    (
        "($clone := 1; {} ~> |a|{}|)",
        "T2013",
        21,
        None,
        (
            "The transform expression clones the input object using the $clone() function."
            "  This has been overridden in the current scope by a non-function."
        ),
    ),
    # an error inside a function names the function's last call
    (
        "($f := function($x){1 + $x}; $f('a'))",
        "T2002",
        32,
        "+",
        'The right side of the "+" operator must evaluate to a number',
    ),
    ("(function(){3()})()", "T1006", 18, None, "Attempted to invoke a non-function"),
    (
        "($f := $sum(?); $f('a'))",
        "T0412",
        19,
        "f",
        'Argument 1 of function "f" must be an array of "numbers"',
    ),
    ("items^($error('x'))", "D3137", 14, "error", "x"),
    ("[1][1/0]", "D1001", None, None, "Number out of range: null"),
    ("(null ? 1 : 1/0) ? 1 : 2", "D1001", None, None, "Number out of range: null"),
]


@pytest.mark.parametrize(("text", "code", "position", "token", "message"), ERRORS, ids=[case[0] for case in ERRORS])
def test_error(text: str, code: str, position: int | None, token: Any, message: str) -> None:
    with pytest.raises(JsonataError) as caught:
        value(text)
    error = caught.value
    assert (error.code, error.position, error.token, error.message) == (code, position, token, message)
    assert str(error) == f"{code}: {message}"


def test_an_error_shows_the_value_at_fault() -> None:
    with pytest.raises(JsonataError) as caught:
        value("1 + [2]")
    assert caught.value.value == [2]


def test_variables_at_the_start_of_a_path_are_numbered_without_an_input() -> None:
    """jsonata 2.0.6; Step Functions' expressions have no input."""
    bindings = {"l": [3, 1, 2], "o": {"p": 1}}
    for text, expected in (("$l#$i.$i", [0, 1, 2]), ("$l@$e.$e", [3, 1, 2]), ("$l#$i[$i=1]", 1), ("$o#$i.$i", 0)):
        assert compile(text).evaluate(bindings) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{} ~> |$c|{'n': 2}|",
        "{} ~> |$c.list|{'n': 2}, 'm'|",
        "{} ~> |$$|{'n': 2}|",
        "{} ~> |$f($c)|{'n': 2}|",
        "($clone := function($x){$x}; $c ~> |$|{'n': 2}|)",
        "{} ~> |[$c, $c.list]|{'n': 2}|",
        "$map([1, 2], function($i){{} ~> |$c|{'n': $i}|})",
        "$eval('{} ~> |$c|{\"n\": 2}|')",
        "[1, 2]^(({} ~> |$c|{'n': 2}|; 1))",
        "{'a': 1}[{} ~> |$c|{'n': 2}|]",
    ],
)
def test_a_transform_does_not_change_what_the_caller_gave(text: str) -> None:
    given = {"n": 1, "list": [{"m": 1}]}
    compile(f"($f := function($x){{$x}}; {text})", JSONATA_2_0).evaluate({"c": given}, input=given)
    assert given == {"n": 1, "list": [{"m": 1}]}


def test_a_value_bound_twice_is_one_value_of_a_transform() -> None:
    shared = {"n": 1}
    assert compile("({} ~> |$a|{'n': 2}|; $b.n)").evaluate({"a": shared, "b": shared}) == 2


def test_calls_of_nothing_in_last_place_break_the_reference_engine() -> None:
    for text in ("(function(){$nope()})()", "(function($x){$x()})(null)"):
        with pytest.raises(InternalError, match="Cannot set properties"):
            value(text)
    with pytest.raises(InternalError, match="reading '@'"):
        value("missing@$m{'a': 1}")


def test_a_function_as_result_is_told_apart() -> None:
    assert isinstance(value("$sum"), Function)
    assert isinstance(value("function($x){$x}"), Function)
    assert isinstance(value("{'deep': [$sum ~> $string]}"), Function)
    assert isinstance(value("/a/('a')"), Function)


def test_results_share_nothing_with_what_the_expression_made() -> None:
    data = {"a": [1.0, 2.5], "b": {"c": 2**63, "d": 2**63 - 1}}
    result = compile("$x").evaluate({"x": data})
    assert json.dumps(result) == '{"a": [1, 2.5], "b": {"c": 9.223372036854776e+18, "d": 9223372036854775807}}'
    assert data["a"] == [1.0, 2.5]
    untouched = {"a": ["x", {"b": None}]}
    assert compile("$x").evaluate({"x": untouched}) is untouched


def test_assignments_do_not_leak_into_the_bindings() -> None:
    bindings = {"x": 1}
    assert compile("$x := 2").evaluate(bindings) == 2
    assert bindings == {"x": 1}


def test_an_integer_no_double_holds_cannot_be_calculated_with() -> None:
    with pytest.raises(JsonataError, match="D1001"):
        compile("$x + 1").evaluate({"x": 10**400})


def test_an_array_as_document_is_one_item() -> None:
    assert compile("$").evaluate({}, input=[1, 2]) == [1, 2]
    assert compile("$[0]").evaluate({}, input=[1, 2]) == 1
    assert compile("a").evaluate({}, input=[{"a": 1}, {"a": 2}]) == [1, 2]
    assert compile("**").evaluate({}) is UNDEFINED
    assert compile("*").evaluate({}, input=[1, [2, [3]]]) == [1, 2, 3]


def test_jsonata_2_1_has_operators_for_defaults() -> None:
    newer = [("missing ?? 1", 1), ("null ?? 1", None), ("0 ?: 2", 2), ("3 ?: 2", 3)]
    assert [compile(text, JSONATA_2_1).evaluate({}, input={}) for text, _ in newer] == [v for _, v in newer]
    with pytest.raises(JsonataError, match="S0211"):
        compile("a ?? b", JSONATA_2_0)


def test_eval_is_jsonatas_own_only() -> None:
    evaluate = compile("$eval('id + $y')", JSONATA_2_0).evaluate
    assert evaluate({"y": 1}, input=ORDER) == 8
    assert compile("$eval('$[0]', [[1], 2])", JSONATA_2_0).evaluate({}) == [1]
    assert compile("$eval(missing)", JSONATA_2_0).evaluate({}) is UNDEFINED
    for text, code in (("$eval('1 +')", "D3120"), ("$eval('1 + null')", "D3121")):
        with pytest.raises(JsonataError, match=code):
            compile(text, JSONATA_2_0).evaluate({})
    with pytest.raises(BoundError):
        compile("$eval('((1))')", JSONATA_2_0).evaluate({}, Runtime(bounds=Bounds(depth=2)))
    with pytest.raises(JsonataError, match="T1006"):
        compile("$eval('1')").evaluate({})


def test_an_expression_serves_many_threads() -> None:
    expression = compile("($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f($x)) & $sum([1..$x])")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda x: expression.evaluate({"x": x}), [3, 5, 7, 9] * 25))
    assert results == ["36", "515", "728", "945"] * 25


def test_values_that_json_does_not_have_are_dropped_or_null() -> None:
    odd = {"a": UNDEFINED, "b": [UNDEFINED, 1.0]}
    assert compile("$x").evaluate({"x": odd}) == {"b": [None, 1]}
    assert compile("$string($x)").evaluate({"x": odd}) == '{"b":[null,1]}'
    assert compile("$x.a").evaluate({"x": [[{"a": [1]}], [{"a": 2}]]}) == [1, 2]


def test_a_caller_deep_in_recursion_gets_our_errors() -> None:
    def at_depth(levels: int) -> Any:
        return at_depth(levels - 1) if levels else compile("((((((1))))))")

    refused = 0
    for levels in range(600, 1000):
        try:
            assert at_depth(levels)
        except JsonataError as error:
            assert error.message == "Expression is nested too deep"  # noqa: PT017
            refused += 1
        except RecursionError:
            break
    assert refused


def test_a_function_of_ones_own_has_to_say_what_it_does() -> None:
    with pytest.raises(NotImplementedError):
        Function(0).apply([], None, Run(Runtime()), 1)


def test_standard_random_has_no_seed() -> None:
    assert 0 <= compile("$random()", JSONATA_2_0).evaluate({}) < 1
    with pytest.raises(JsonataError, match="T0410"):
        compile("$random(1)", JSONATA_2_0).evaluate({})


def test_names_in_representations() -> None:
    assert repr(compile("1 + 1")) == "Expression('1 + 1')"
    assert repr(UNDEFINED) == "UNDEFINED"
    assert not UNDEFINED
