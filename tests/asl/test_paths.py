"""Paths of ASL fields: their roots, Reference Paths, writing, AWS's texts for a miss."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.chance import Chance
from asl.errors import StateError
from asl.history import render
from asl.paths import (
    PathConflict,
    PathNotFound,
    PathSyntaxError,
    compile_path,
    compile_reference_path,
    field_not_found,
    follow,
    invalid_path,
    quoted,
    reference_path_conflict,
    write,
)
from asl.values import Json, Payload
from tests.asl import driving


class Surroundings:
    """A scope with one context object and some variables."""

    result: Payload | None = None

    def __init__(self, **variables: Json) -> None:
        self._variables = variables
        self._chance = Chance(1)
        self.input = Payload.read('{"input":   1.0}')

    @property
    def variables(self) -> Mapping[str, Json]:
        return self._variables

    @property
    def chance(self) -> Chance:
        return self._chance

    def context(self) -> Json:
        return {"Execution": {"Name": "run-1", "Input": {}}, "State": {"Name": "S"}}


SCOPE = Surroundings(order={"id": 7, "tags": ["a"]}, nothing=None, größe=3)


def read(text: str, document: Json = None) -> Json:
    return compile_path(text).read(document, SCOPE)


def miss(text: str, document: Json = None) -> PathNotFound:
    with pytest.raises(PathNotFound) as caught:
        read(text, document)
    return caught.value


@pytest.mark.parametrize(
    ("text", "root", "found"),
    [
        ("$", "document", {"a": [1]}),
        ("$.a[0]", "document", 1),
        ("$['a'][*]", "document", [1]),
        ("$$", "context", SCOPE.context()),
        ("$$.Execution.Name", "context", "run-1"),
        ("$$['State']['Name']", "context", "S"),
        ("$order", "variable", {"id": 7, "tags": ["a"]}),
        ("$order.tags[0]", "variable", "a"),
        ("$order['id']", "variable", 7),
        ("$größe", "variable", 3),
        ("$nothing", "variable", None),
    ],
)
def test_roots(text: str, root: str, found: Json) -> None:
    path = compile_path(text)
    assert (path.text, path.root) == (text, root)
    assert path.read({"a": [1]}, SCOPE) == found


def test_a_path_tells_the_variable_it_reads() -> None:
    assert compile_path("$order.id").variables == {"order"}
    assert compile_path("$.order").variables == frozenset()


def test_a_variable_that_is_not_assigned() -> None:
    assert miss("$other.a").message == "The variable '$other' is not assigned"


def test_a_miss_below_a_root_is_told_from_that_root() -> None:
    assert miss("$$.Nope.x").message == "Missing property in path $['Nope']"
    assert miss("$order.x").message == "No results for path: $['x']"


@pytest.mark.parametrize("text", ["", "a", "@.a", "$. a", "$a b", "$-", "$1", "$$x", "$$$", "$.a[", "$order.", "$a-b"])
def test_refuses_what_is_no_path(text: str) -> None:
    with pytest.raises(PathSyntaxError):
        compile_path(text)


def test_says_which_path_a_mistake_is_in() -> None:
    with pytest.raises(PathSyntaxError, match=r"expected '\.' or '\[', .* \(after the beginning of '\$\$x'\)"):
        compile_path("$$x")
    with pytest.raises(PathSyntaxError, match=r"it must begin with \$, \$\$, or \$name"):
        compile_path("States.Format('{}', $.a)")


BLANKS = (" {}", "{} ", "  {}  ")


@pytest.mark.parametrize("blanks", BLANKS)
@pytest.mark.parametrize("text", ["$", "$.a['b'][0]", "$$", "$$.Execution.Name", "$order", "$order.id", "$.a[*].b"])
def test_blanks_at_the_ends_of_a_path_do_not_count(text: str, blanks: str) -> None:
    """Published AWS samples have them: ``"$$.Execution.Name "``."""
    plain, padded = compile_path(text), compile_path(blanks.format(text))
    assert (padded.keys, padded.root, padded.variable) == (plain.keys, plain.root, plain.variable)
    if plain.keys is not None:
        assert compile_reference_path(blanks.format(text)).keys == plain.keys


PADDED: dict[str, Any] = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "SecondsPath": "{$.second}", "InputPath": "{$}", "Next": "Until"},
        "Until": {"Type": "Wait", "TimestampPath": "{$.at}", "OutputPath": "{$}", "Next": "Pass"},
        "Pass": {
            "Type": "Pass",
            "Parameters": {"name.$": "{$$.State.Name}", "deep": [{"n.$": "{$.n}"}], "f.$": "States.Array({$.n}, 1)"},
            "ResultPath": "{$.made}",
            "Assign": {"kept.$": "{$.deep[0].n}"},
            "Next": "Choice",
        },
        "Choice": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "{$.n}", "NumericEqualsPath": "{$kept}"},
                        {"Variable": "{$$.State.Name}", "StringEquals": "Choice"},
                    ],
                    "Next": "Map",
                }
            ],
        },
        "Map": {
            "Type": "Map",
            "ItemsPath": "{$.items}",
            "MaxConcurrencyPath": "{$.n}",
            "ToleratedFailureCountPath": "{$.n}",
            "ItemSelector": {"v.$": "{$$.Map.Item.Value}"},
            "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
            "ResultSelector": {"all.$": "{$[*].v}"},
            "ResultPath": "{$.mapped}",
            "Next": "Task",
        },
        "Task": {
            "Type": "Task",
            "Resource": driving.FUNCTION,
            "Parameters": {"n.$": "{$.n}"},
            "TimeoutSecondsPath": "{$.n}",
            "HeartbeatSecondsPath": "{$.second}",
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "{$.error}", "Next": "Fail"}],
            "End": True,
        },
        "Fail": {"Type": "Fail", "ErrorPath": "{$.error.Error}", "CausePath": "{$.error.Cause}"},
    },
}


@pytest.mark.parametrize("blanks", BLANKS)
def test_every_field_that_is_a_path_is_read_without_the_blanks_at_its_ends(blanks: str) -> None:
    def padded(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: padded(item) for key, item in value.items()}
        if isinstance(value, list):
            return [padded(item) for item in value]
        if not isinstance(value, str):
            return value
        return re.sub(r"\{(\$[^{}]*)\}", lambda path: blanks.format(path[1]), value)

    input_: Json = {"n": 2, "second": 1, "at": "2030-01-02T00:00:00Z", "items": [1, 2]}
    answers = [driving.Error("Broken", "why")]
    run = driving.run(padded(PADDED), input_, answers)
    assert run.types[-1] == "ExecutionFailed"
    assert (run.end.error, run.end.cause) == ("Broken", "why")
    assert run.types.count("MapIterationSucceeded") == 2
    plain = driving.run(re.sub(r"[{](\$[^{}]*)[}]", r"\1", json.dumps(PADDED)), input_, answers)
    assert [render(each) for each in run.records] == [render(each) for each in plain.records]


# -- Reference Paths


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("$", ()),
        ("$.a.b[0]", ("a", "b", 0)),
        ("$['a']['b:c,*']", ("a", "b:c,*")),
        (r"$.store\.book", ("store.book",)),
        (r"$.\stor\e.boo\k", ("store", "book")),
        (r"$.foo\@bar.baz\[\[.\?pretty", ("foo@bar", "baz[[", "?pretty")),
        ("$.&Ж中.\ud800\udf46", ("&Ж中", "\ud800\udf46")),
        ("$.ledgers.branch[0].pending.count", ("ledgers", "branch", 0, "pending", "count")),
        ("$$.Execution.Name", ("Execution", "Name")),
        ("$order.id", ("id",)),
    ],
)
def test_reference_paths(text: str, keys: tuple[str | int, ...]) -> None:
    """Examples of the States Language, "Reference Paths"."""
    assert compile_reference_path(text).keys == keys


@pytest.mark.parametrize(
    "text", ["$..a", "$.*", "$.a[*]", "$.a[0,1]", "$.a[1:2]", "$.a[?(@.b)]", "$['a','b']", "$.a.length()", "$[0:1]"]
)
def test_a_reference_path_names_one_place(text: str) -> None:
    with pytest.raises(PathSyntaxError, match="is not a Reference Path: it must name one place"):
        compile_reference_path(text)


@pytest.mark.parametrize(("text", "sign"), [("$.a:b", ":"), ("$.a@", "@"), ("$.a,b", ","), ("$.x.b?", "?")])
def test_a_reference_path_has_no_operators_in_bare_names(text: str, sign: str) -> None:
    with pytest.raises(PathSyntaxError) as caught:
        compile_reference_path(text)
    assert f"write {sign!r} in a name as \\{sign} or in brackets" in str(caught.value)


def test_an_escaped_backslash_does_not_escape_what_follows() -> None:
    with pytest.raises(PathSyntaxError, match="write ':' in a name"):
        compile_reference_path(r"$.a\\:b")


# -- writing


@pytest.mark.parametrize(
    ("keys", "document", "written"),
    [
        ((), {"a": 1}, "new"),
        (("a",), {}, {"a": "new"}),
        (("a",), {"a": 1, "b": 2}, {"a": "new", "b": 2}),
        (("a", "b", "c"), {"x": 1}, {"x": 1, "a": {"b": {"c": "new"}}}),
        (("a", "b"), {"a": {"c": 1}}, {"a": {"c": 1, "b": "new"}}),
        (("a", 1), {"a": [1, 2]}, {"a": [1, "new"]}),
        (("a", 0, "b"), {"a": [{}]}, {"a": [{"b": "new"}]}),
        ((0,), [1], ["new"]),
    ],
)
def test_writes(keys: tuple[str | int, ...], document: Json, written: Json) -> None:
    assert write(keys, document, "new") == written


def test_writing_copies_only_what_is_on_the_way() -> None:
    document: dict[str, Json] = {"a": {"b": {"c": 1}}, "big": [1, 2, 3]}
    written = write(("a", "b", "c"), document, 2)
    assert document == {"a": {"b": {"c": 1}}, "big": [1, 2, 3]}
    assert isinstance(written, dict)
    assert written["big"] is document["big"]


@pytest.mark.parametrize(
    ("keys", "document", "step"),
    [
        (("a",), "x", "a"),
        (("a",), None, "a"),
        (("a",), [1], "a"),
        (("a", "b"), {"a": 1}, "b"),
        (("a", "b"), {"a": None}, "b"),
        (("a", "b", "c"), {"a": [1]}, "b"),
        (("a", 1), {"a": [1]}, 1),
        (("a", -2), {"a": [1]}, -2),
        (("a", 0), {"a": "x"}, 0),
        ((0,), {"0": 1}, 0),
    ],
)
def test_a_way_through_something_else_is_a_conflict(keys: tuple[str | int, ...], document: Json, step: Json) -> None:
    with pytest.raises(PathConflict) as caught:
        write(keys, document, "new")
    assert caught.value.step == step
    with pytest.raises(PathConflict) as caught:
        follow(keys, document)
    assert caught.value.step == step


def test_a_place_that_is_missing_is_made_and_cannot_be_followed() -> None:
    assert write(("a", "b"), {}, 1) == {"a": {"b": 1}}
    with pytest.raises(PathConflict) as caught:
        follow(("a", "b"), {})
    assert caught.value.step == "a"
    assert follow(("a", 0), {"a": [None]}) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)


@given(st.lists(st.sampled_from(["a", "b", 0, 1]), max_size=4).map(tuple), json_values)
@settings(deadline=None, max_examples=80)
def test_what_is_written_is_read_again(keys: tuple[str | int, ...], document: Json) -> None:
    before = repr(document)
    text = "$" + "".join(f"[{key!r}]" for key in keys)
    try:
        written = write(keys, document, "new")
    except PathConflict:
        pass
    else:
        assert compile_path(text).read(written, SCOPE) == "new"
    assert repr(document) == before


@given(st.text() | st.text(alphabet="$.ab[]'0*").map(lambda text: "$" + text))
@settings(deadline=None, max_examples=150)
def test_any_text_is_a_path_or_a_mistake(text: str) -> None:
    for compiled in (compile_path, compile_reference_path):
        try:
            path = compiled(text)
        except PathSyntaxError:
            continue
        assert path.text == text


# -- AWS's texts


def test_the_text_of_fields_that_are_paths() -> None:
    """Recorded: test_invalid_jsonpath[...INPUTPATH], test_catch_states_runtime."""
    error = invalid_path(compile_path("$.absent"), miss("$.absent", {}))
    assert (error.name, error.prefixed) == ("States.Runtime", True)
    assert error.cause == "Invalid path '$.absent' : No results for path: $['absent']"
    error = invalid_path(compile_path("$.no.such"), miss("$.no.such", {}))
    assert error.cause == "Invalid path '$.no.such' : Missing property in path $['no']"


def test_the_text_of_fields_of_templates() -> None:
    """Recorded: test_invalid_jsonpath[...STRING_EXPR_JSONPATH], ...ERRORPATH."""
    document: Json = {"int-literal": 0, "é": [1.0]}
    error = field_not_found(compile_path("$.x"), "value.$", document, SCOPE, miss("$.x", document))
    assert isinstance(error, StateError)
    assert error.cause == (
        "The JSONPath '$.x' specified for the field 'value.$' could not be found in the input "
        """'{"int-literal":0,"é":[1.0]}'"""
    )


def test_the_text_of_the_wrong_kind_is_json_paths_own() -> None:
    """Measured on AWS: "Filter: [0] can only be applied to arrays. Current context is: 1"."""
    document: Json = {"other": 1}
    error = field_not_found(compile_path("$.other[0]"), "value.$", document, SCOPE, miss("$.other[0]", document))
    assert error.cause == "Filter: [0] can only be applied to arrays. Current context is: 1"


def test_the_text_of_a_null_document() -> None:
    """Measured on AWS: Parameters over a null input."""
    wanted = "Unable to apply Path transformation to null or empty input."
    assert invalid_path(compile_path("$.a"), miss("$.a")).cause == wanted
    assert field_not_found(compile_path("$.a"), "a.$", None, SCOPE, miss("$.a")).cause == wanted


def test_the_text_of_a_reference_path_that_cannot_be_followed() -> None:
    """Measured on AWS: States.ReferencePathConflict."""
    path, conflict = compile_reference_path("$.r"), PathConflict("r")
    for text, step in (('"x"', "ReferencePath $.r"), ("[ ]", 'step "r"'), ('{"a": 1}', 'step "r"')):
        error = reference_path_conflict(path, conflict, Payload.read(text))
        assert (error.name, error.prefixed) == ("States.ReferencePathConflict", False)
        assert error.cause == f"Unable to apply {step} to input {text}"


def test_the_input_of_a_state_is_quoted_as_it_was_sent() -> None:
    """Recorded: test_invalid_jsonpath, the raw text of the input."""
    assert quoted(SCOPE.input.value, SCOPE) == '{"input":   1.0}'
    assert quoted({"input": 1.0}, SCOPE) == '{"input":1.0}'
