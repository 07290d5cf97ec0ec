"""What an expression uses of the world outside, for the checks of a definition."""

from typing import Any

import pytest

from asl.jsonata import compile  # noqa: A004 - what is tested

FACTS: list[tuple[str, dict[str, Any]]] = [
    ("phone", {"fields": ["phone"]}),
    ("a.b.c + d[e]", {"fields": ["a", "d"]}),
    ("$map($xs, function($v){ name })", {"fields": ["name"], "reads": ["map", "xs"], "calls": ["map"]}),
    ("$x.(a + $y)[b]^(c){d: e}", {"reads": ["x", "y"], "members": {}}),
    ("$$", {"root": True}),
    ("$x[$$.a]", {"root": True, "reads": ["x"], "members": {}}),
    ("$", {"context": True}),
    ("$x.$", {"reads": ["x"]}),
    ("*", {"context": True}),
    ("**.a", {"context": True}),
    ("$states.input.a & $states.result", {"members": {"states": ["input", "result"]}, "reads": ["states"]}),
    ("($a := $b; $a.c)", {"assigns": ["a"], "reads": ["b"]}),
    ("$x@$v.y#$i[$j]#$k.($v.z & $i & $k)", {"reads": ["x", "j"], "members": {"x": ["y"]}}),
    ("$f(?, 1)", {"calls": ["f"], "reads": ["f"]}),
    ("|$x|{'a': b}, c|", {"reads": ["x"]}),
    ("$x{'k': a}", {"reads": ["x"]}),
    ("x ? 1 : -y", {"fields": ["x", "y"]}),
    ("[a, 1..b]", {"fields": ["a", "b"]}),
    ("{'k': a}", {"fields": ["a"]}),
    ("a ~> $f", {"fields": ["a"], "reads": ["f"]}),
    ("a^(b)", {"fields": ["a"]}),
    ("$eval('1')", {"calls": ["eval"], "reads": ["eval"]}),
]


@pytest.mark.parametrize(("text", "expected"), FACTS, ids=[text for text, _ in FACTS])
def test_references(text: str, expected: dict[str, Any]) -> None:
    found = compile(text).references()
    for name in ("fields", "context", "root", "members", "reads", "assigns", "calls"):
        default: Any = {} if name == "members" else False if name in ("context", "root") else []
        assert getattr(found, name) == expected.get(name, default), name


def test_the_tree_is_there_to_read() -> None:
    assert compile("$x.y").ast.kind == "path"
    assert [child.label for child in compile("$x.y").ast.children()] == ["x", "y"]


LABELS = {
    "'s'": "s",
    "$v": "v",
    "*": "*",
    "**": "**",
    "/r/": None,
    "a": "a",
    "1 + 2": "+",
    "1 ~> $f": "~>",
    "$v := 1": ":=",
    "-$v": "-",
    "[1]": "[",
    "{}": "{",
    "a ? b": None,
    "(1)": None,
    "$f()": "(",
    "$f(?)": "(",
    "|a|b|": None,
    "function(){1}": None,
}


def test_a_node_is_labelled_as_errors_name_it() -> None:
    assert {text: compile(text).ast.label for text in LABELS} == LABELS
    partial = compile("$f(?)").ast
    assert [child.label for child in partial.children()] == ["f", "?"]
    assert compile("a^(b)").ast.children()[1].children()[0].label == "b"
    kinds = [compile(text).ast.kind for text in ("1", "'s'", "null", "true", "a", "-a")]
    assert kinds == ["number", "string", "value", "value", "path", "unary"]
