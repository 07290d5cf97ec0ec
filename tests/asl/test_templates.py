"""Payload templates: what is evaluated, the order of keys, sharing, every mistake with its place."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl.chance import Chance
from asl.errors import StateError
from asl.templates import TemplateError, compile_template, compile_value, mistakes, references
from asl.values import Json, Payload


class Surroundings:
    """A scope with a context object, one variable and a state's input."""

    result: Payload | None = None
    chance = Chance(1)
    input = Payload.read('{"a":   1.0, "l": [1, 2]}')
    variables: Mapping[str, Json] = {"name": "Ida"}

    def context(self) -> Json:
        return {"Execution": {"Input": {"a": 1}}}


SCOPE = Surroundings()


def build(template: Json, document: Json = None) -> Json:
    return compile_template(template, "Parameters")(document, SCOPE)


@pytest.mark.parametrize(
    ("template", "built"),
    [
        ({"x.$": "$.a"}, {"x": 1}),
        ({"x.$": "$"}, {"x": {"a": 1, "l": [1, 2]}}),
        ({"x.$": "$$.Execution.Input.a"}, {"x": 1}),
        ({"x.$": "$name"}, {"x": "Ida"}),
        ({"x.$": "States.Format('<{}>', $.a)"}, {"x": "<1>"}),
        ({"x.$": "$.l[*]"}, {"x": [1, 2]}),
        ({"x.$": "$.none[*]"}, {"x": []}),
        ({"x": "$.a", "y": "$name"}, {"x": "$.a", "y": "$name"}),
        ({"x": {"y": [{"z.$": "$.a"}, 2]}}, {"x": {"y": [{"z": 1}, 2]}}),
        ([{"z.$": "$.a"}], [{"z": 1}]),
        ("text", "text"),
        (None, None),
        ({}, {}),
        ({".$": "$.a"}, {"": 1}),
    ],
)
def test_builds(template: Json, built: Json) -> None:
    """Keys that end in .$ at any depth are evaluated; all else is literal (recorded: test_reference_in_map_state)."""
    assert build(template, {"a": 1, "l": [1, 2]}) == built


def test_literal_keys_come_first() -> None:
    """Recorded: test_lambda_service_invoke_with_retry_extended_input."""
    template: Json = {"b.$": "$.x", "c": 1, "d": {"f.$": "$.x", "e": 2}}
    assert json.dumps(build(template, {"x": 0})) == '{"c": 1, "d": {"e": 2, "f": 0}, "b": 0}'


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (["b", "a"], ["a", "b"]),
        (["total", "count", "name"], ["total", "count", "name"]),
        (["BB", "Aa"], ["BB", "Aa"]),
        (list("abcdefghijk0"), list("0abcdefghijk")),
        (list("abcdefghijkl0"), list("abcdefghijkl0")),
    ],
)
def test_evaluated_keys_have_the_order_of_a_hash_map(keys: list[str], order: list[str]) -> None:
    """AWS runs: the buckets of a Java HashMap of the names; one bucket keeps the order of the definition."""
    built = build({"z": 1, **{f"{key}.$": "$.a" for key in keys}, "y": 2}, {"a": 0})
    assert isinstance(built, dict)
    assert list(built) == ["z", "y", *order]


def test_what_does_not_change_is_shared() -> None:
    constant: Json = {"big": [1, 2, 3]}
    read = compile_template({"k": constant, "x.$": "$"}, "Parameters")
    first, second = read(1, SCOPE), read(2, SCOPE)
    assert first == {"k": constant, "x": 1}
    assert second == {"k": constant, "x": 2}
    assert isinstance(first, dict)
    assert first["k"] is constant
    assert compile_template(constant, "Parameters")(None, SCOPE) is constant


def test_a_miss_names_the_field() -> None:
    """Recorded: test_invalid_jsonpath[INVALID_JSONPATH_IN_STRING_EXPR_JSONPATH], ...CONTEXTPATH."""
    text = '{"int-literal":0}'
    for path in ("$.no_such_jsonpath", "$$.Execution.Input.no_such_jsonpath"):
        with pytest.raises(StateError) as caught:
            build({"deep": [{"value.$": path}]}, {"int-literal": 0})
        assert (caught.value.name, caught.value.cause) == (
            "States.Runtime",
            f"The JSONPath '{path}' specified for the field 'value.$' could not be found in the input '{text}'",
        )


def test_a_value_of_a_field_that_is_no_template() -> None:
    """Recorded: test_invalid_jsonpath[INVALID_JSONPATH_IN_ERRORPATH]; ErrorPath may be an intrinsic call too."""
    assert compile_value("States.Format('E{}', $.n)", "ErrorPath")({"n": 1}, SCOPE) == "E1"
    with pytest.raises(StateError, match=r"The JSONPath '.*' specified for the field 'ErrorPath' could not be found"):
        compile_value("$.ErrorX", "ErrorPath")({}, SCOPE)


def test_a_miss_quotes_the_input_as_it_was_sent() -> None:
    """Blanks and numbers as they were written; a document that a state has built is compact."""
    given = SCOPE.input.value
    documents: list[tuple[Json, str]] = [(given, SCOPE.input.text), ({"a": 1.0, "l": []}, '{"a":1.0,"l":[]}')]
    for document, text in documents:
        for name in ("x.$", "deep.$"):
            with pytest.raises(StateError) as caught:
                build({name: "$.none"}, document)
            assert str(caught.value.cause).endswith(f"could not be found in the input '{text}'")


# -- mistakes

NO_VALUE = "The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call"


def test_every_mistake_has_its_place() -> None:
    """AWS's words recorded: test_illegal_escapes[ESCAPE_SEQUENCES_ILLEGAL_INTRINSIC_FUNCTION]."""
    template: Json = {
        "a": [{"b.$": "$.x["}, {"c.$": 1}],
        "d/~.$": "text",
        "parsed.$": r"""States.StringToJson('{"text":"An \"escaped double quote\" here"}')""",
        "twice": 1,
        "twice.$": "$.x",
        "fine.$": "$.x",
    }
    assert sorted((each.pointer, each.message) for each in mistakes(template)) == [
        ("/a/0/b.$", NO_VALUE.format("b.$")),
        ("/a/1/c.$", NO_VALUE.format("c.$")),
        ("/d~1~0.$", NO_VALUE.format("d/~.$")),
        ("/parsed.$", NO_VALUE.format("parsed.$")),
        ("/twice", "The field 'twice' is given twice, as 'twice' and as 'twice.$'"),
    ]
    reasons = {mistake.pointer: mistake.reason for mistake in mistakes(template)}
    assert reasons["/a/1/c.$"] == "it is not a string"
    assert r"\" is not a valid escape in an intrinsic function" in reasons["/parsed.$"]
    assert "at character 4 of the path '$.x['" in reasons["/a/0/b.$"]


def test_a_template_with_a_mistake_does_not_compile() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template({"a": {"b.$": "nope"}}, "Parameters")
    assert caught.value.pointer == "/a/b.$"
    assert str(caught.value).startswith("Parameters/a/b.$: The value for the field 'b.$' must be a valid JSONPath")


def test_a_template_without_mistakes() -> None:
    assert list(mistakes({"a.$": "$.x", "b": {"c.$": "States.UUID()"}, "d": ["e"], "f": "$.x["})) == []


def test_deep_templates() -> None:
    deep: Json = {"x.$": "$"}
    for _ in range(99):
        deep = {"a": deep}
    assert build(deep, 1)
    too_deep: Json = {"a": deep}
    for _ in range(5000):
        too_deep = [too_deep]
    [mistake] = mistakes(too_deep)
    assert mistake.message == "The field 'x.$' is nested deeper than 100 levels"


def test_deep_literals_are_no_mistake() -> None:
    deep: Json = 1
    for _ in range(400):
        deep = [{"a": deep}]
    assert build(deep) is deep
    assert build({"k": deep, "x.$": "$"}, 1) == {"k": deep, "x": 1}


def test_tells_the_variables_it_reads() -> None:
    template: Json = {"a.$": "$x.y", "b": [{"c.$": "States.Array($z, $.q)"}], "d": "$literal", "e.$": "$.e"}
    assert references(template) == {"x", "z"}


keys = st.sampled_from(["a", "a.$", "b.$", ".$"]) | st.text(max_size=3)
templates = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["$.a", "$$", "$name", "States.UUID()", "$.*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=10,
)


@given(templates, templates)
@settings(deadline=None, max_examples=150)
def test_any_template_has_mistakes_or_builds(template: Json, document: Json) -> None:
    before = repr(template), repr(document)
    if list(mistakes(template)):
        with pytest.raises(TemplateError):
            compile_template(template, "Parameters")
        return
    try:
        build(template, document)
    except StateError as error:
        assert error.name == "States.Runtime"  # noqa: PT017 - either a value or this error
    assert (repr(template), repr(document)) == before
