"""What a definition is refused for: AWS's words where they are known, the place, and the nearest valid word."""

import json
from typing import Any

import pytest

from asl import DefinitionError, compile  # noqa: A004 - the word of the field
from asl.choice_rules import COMPARISON_FIELDS
from asl.fields import BY_TYPE, CATCHER_FIELDS, EXCLUSIVE, FIELDS, NESTED, RETRIER_FIELDS, Field
from asl.problems import Problem
from asl.resources import INTEGRATION_PATTERNS
from asl.states.choice import OPERATORS
from asl.validate import check_definition
from asl.values import Json
from asl.violations import listed
from tests.asl.driving import ACTIVITY, FUNCTION, ROLE, machine, map_, parallel, pass_, task

BLOCK = machine(Inner=pass_())
PLAIN: dict[str, dict[str, Json]] = {
    "Task": task(),
    "Wait": {"Type": "Wait", "Seconds": 1, "End": True},
    "Pass": pass_(),
    "Succeed": {"Type": "Succeed"},
    "Fail": {"Type": "Fail"},
    "Choice": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "Z"}]},
    "Parallel": parallel(BLOCK),
    "Map": map_(BLOCK),
}
"""A state of each type without anything optional."""
CONDITION: dict[str, Json] = {"Type": "Choice", "Choices": [{"Condition": True, "Next": "Z"}]}
PLAIN_JSONATA: dict[str, dict[str, Json]] = {
    type_: {**state, "QueryLanguage": "JSONata"} for type_, state in {**PLAIN, "Choice": CONDITION}.items()
}


def problems(definition: Any) -> list[Problem]:
    return list(check_definition(definition))


def texts(definition: Any) -> list[str]:
    """Every problem as CreateStateMachine prints it."""
    return [each.aws_text() for each in problems(definition)]


def of(state: dict[str, Json], **others: Json) -> dict[str, Json]:
    """A machine of the state A and an end that it can reach."""
    states: dict[str, Json] = {"A": state, "Z": {"Type": "Succeed"}, **others}
    return machine(**states)


def found(state: dict[str, Json], **others: Json) -> list[str]:
    """The problems of the state A; that nothing leads to Z is none of them."""
    unreachable = 'MISSING_TRANSITION_TARGET: State "Z" is not reachable. at /States/Z'
    return [text for text in texts(of(state, **others)) if text != unreachable]


# Each field ----------------------------------------------------------------------------------------------------------

TEXT_WANTED = "Expected value of type String"
TEMPLATE = "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call"
NO_JSONPATH = "Value must be a valid JSONPath."
NO_REFERENCE = "Value is not a Reference Path"
NO_DOLLAR = "Value is not a Reference Path: Reference path didn't start with '$'"
NOT_DELIMITED = "JSONata string must start with {% and end with %}"
NO_INTEGER = "Expected value of type Integer"
NO_OBJECT = "Expected value of type Object"
NO_ARRAY = "Expected value of type Array"
NO_NUMBER = "Expected value of type Number"

UNKNOWN_RESOURCE = (
    "The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, "
    "or the resource is not available in this region."
)

KINDS: dict[str, tuple[list[Json], list[tuple[Json, str]]]] = {
    "string": (["", "text"], [(5, TEXT_WANTED), (None, TEXT_WANTED)]),
    "state name": (["Z"], [(5, TEXT_WANTED)]),
    "boolean": ([True], [("true", "Expected value of type Boolean"), (1, "Expected value of type Boolean")]),
    "positive integer": (
        [1, 99_999_999],
        [
            (0, "Minimum value is 1"),
            (10**8, "Maximum value is 99999999"),
            (1.5, NO_INTEGER),
            (True, NO_INTEGER),
            ([], NO_INTEGER),
        ],
    ),
    "count": (
        [0, 99_999_999],
        [(-1, "Minimum value is 0"), (10**8, "Maximum value is 99999999"), (0.5, NO_INTEGER), ({}, NO_INTEGER)],
    ),
    "unbounded count": ([0, 10**8, 2**63], [(-1, "Minimum value is 0"), (0.5, NO_INTEGER)]),
    "rate": ([1, 1.5, 10**400], [(0.5, "Minimum value is 1"), ([2], NO_NUMBER)]),
    "delay": (
        [1, 31_622_400],
        [(31_622_401, "Maximum value is 31622400"), (0, "Minimum value is 1"), (None, NO_INTEGER)],
    ),
    "one of NONE, FULL": (
        ["FULL", "NONE"],
        [("full", "Value should be one of the following: [NONE, FULL]"), (5, "Expected value of type [STRING]")],
    ),
    "percentage": (
        [0, 0.5, 100],
        [(101, "Maximum value is 100.0"), (-0.5, "Minimum value is 0.0"), (True, NO_NUMBER)],
    ),
    "label": (
        ["a-b_1", "x" * 40],
        [
            ("", "Label cannot be empty"),
            ("x" * 41, f"Invalid Label name: Label '{'x' * 41}' exceeds the 40-character limit allowed by the service"),
            ("a b", "Label contains invalid character: ' '"),
            ("a#", "Label contains invalid character: '#'"),
            (5, TEXT_WANTED),
        ],
    ),
    "value": (
        [{}, "{% $states.input %}", [1, {"a": "{% 1 %}"}], " {% 1", None],
        [({"a": ["{% 1"]}, NOT_DELIMITED), ("1 %}", NOT_DELIMITED)],
    ),
    "items or expression": (
        [[], {"a": 1}, ["{% 1 %}"], "{% [1] %}"],
        [("text", NOT_DELIMITED), (5, NO_ARRAY)],
    ),
    "jsonata assignment": (
        [{}, {"a_1": "{% 1 %}", "b": {"c": [1]}}],
        [
            ("x", NO_OBJECT),
            ({"a.$": 1}, "Invalid variable name 'a.$': the variable name contains invalid characters."),
            ({"states": 1}, "Cannot assign to reserved variable '$states'."),
            ({"a": "1 %}"}, NOT_DELIMITED),
        ],
    ),
    "jsonata credentials": (
        [{"RoleArn": ROLE}, {"RoleArn": "{% $role %}"}],
        [
            (5, NO_OBJECT),
            ({"RoleArn.$": "$.role"}, "The field 'RoleArn' is required but was missing"),
            ({"RoleArn": "{% $role"}, NOT_DELIMITED),
        ],
    ),
    "path": (
        ["$", "$.a[0]", "$$.State.Name", "$v", "$v.a"],
        [(5, TEXT_WANTED), ("a", NO_DOLLAR), ("", NO_DOLLAR), ("$.", NO_REFERENCE)],
    ),
    "path or null": (
        [None, "$.a", "$.a[*]", "$v"],
        [("a", NO_JSONPATH), ("$.", NO_JSONPATH), (5, TEXT_WANTED)],
    ),
    "reference path": (
        ["$", "$.a[0]", "$$.State.Name", "$v", "$v.a"],
        [
            (5, TEXT_WANTED),
            ("a", NO_DOLLAR),
            ("$.a[*]", NO_REFERENCE),
            ("$..a", NO_REFERENCE),
            ("$.a[1:]", NO_REFERENCE),
        ],
    ),
    "count path": (
        ["$", "$.a[0]", "$v", "$v.a", " $.a"],
        [
            (5, TEXT_WANTED),
            ("a", NO_DOLLAR),
            ("$$.Execution.Input.n", NO_REFERENCE),
            (" $$.Map", NO_REFERENCE),
            ("$.a[*]", NO_REFERENCE),
        ],
    ),
    "reference path or null": (
        [None, "$", "$.a.b[0]", "$['a']"],
        [
            (5, TEXT_WANTED),
            ("a", NO_DOLLAR),
            ("$.a[*]", NO_REFERENCE),
            ("$$.State", NO_REFERENCE),
            ("$v", NO_REFERENCE),
        ],
    ),
    "path or intrinsic": (
        ["$.a", "$$.State.Name", "States.UUID()"],
        [
            (5, "The value for the field 'F' must be a valid JSONPath or a valid intrinsic function call"),
            ("x", "The value for the field 'F' must be a valid JSONPath or a valid intrinsic function call"),
        ],
    ),
    "template": (
        [{}, {"x.$": "$.a", "y": {"$": 1}}, [1], "text", None],
        [({"x.$": "a"}, TEMPLATE), ({"l": [{"x.$": 5}]}, TEMPLATE)],
    ),
    "assignment": (
        [{}, {"a_1": 1, "größe.$": "$.a"}],
        [
            ("x", NO_OBJECT),
            ({"1a": 1}, "Invalid variable name '1a': the variable name contains invalid characters."),
            ({"a.b": 1}, "Invalid variable name 'a.b': the variable name contains invalid characters."),
            ({"_a": 1}, "Invalid variable name '_a': the variable name contains invalid characters."),
            ({"a-b": 1}, "Invalid variable name 'a-b': the variable name contains invalid characters."),
            ({"": 1}, "Invalid variable name '': the variable name contains invalid characters."),
            ({"_a.$": "$"}, "Invalid variable name '_a': the variable name contains invalid characters."),
            ({"a" * 81: 1}, "exceeds the 80-character limit allowed by the service"),
            ({"states": 1}, "Cannot assign to reserved variable '$states'."),
            ({"states.$": "$"}, "Cannot assign to reserved variable '$states'."),
            ({"x.$": "a"}, TEMPLATE),
        ],
    ),
    "resource": (
        [FUNCTION, ACTIVITY],
        [
            (5, TEXT_WANTED),
            ("arn:aws:states:::dynamodb:query", UNKNOWN_RESOURCE),
            ("arn:aws:s3:::bucket", "The resource provided arn:aws:s3:::bucket is not recognized."),
            *((text, "Value is not a valid resource ARN") for text in ("createToken", "${Fn}", "", "{% 'x' %}")),
        ],
    ),
    "credentials": (
        [{"RoleArn": ROLE}, {"RoleArn.$": "$.role"}],
        [
            (5, NO_OBJECT),
            ({}, "The field 'RoleArn' is required but was missing"),
            ({"RoleArn": 5}, TEXT_WANTED),
            ({"RoleArn": ROLE, "x.$": "a"}, TEMPLATE),
        ],
    ),
    "timestamp": (
        ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00+01:00"],
        [("2030-01-01 00:00:00Z", "String does not match RFC3339 timestamp"), (5, TEXT_WANTED)],
    ),
    "one of JSONPath, JSONata": (
        ["JSONPath", "JSONata"],
        [
            ("jsonpath", "Value should be one of the following: [JSONPath, JSONata]"),
            (5, "Expected value of type [STRING]"),
        ],
    ),
    "retriers": ([[], [{"ErrorEquals": ["E"]}]], [({}, NO_ARRAY), ([5], NO_OBJECT)]),
    "catchers": ([[], [{"ErrorEquals": ["E"], "Next": "Z"}]], [(5, NO_ARRAY), ([[]], NO_OBJECT)]),
    "rules": (
        [],
        [({}, NO_ARRAY), ([], "Value cannot be empty"), (["x"], NO_OBJECT)],
    ),
    "branches": (
        [[BLOCK]],
        [({}, NO_ARRAY), ([], "Value cannot be empty"), ([5], NO_OBJECT)],
    ),
    "block": (
        [BLOCK],
        [(5, NO_OBJECT), ({}, "These fields are required: [States, StartAt]")],
    ),
    "error names": (
        [["E"], ["States.ALL"], ["States.Http.StatusCode.404"]],
        [
            ([], "Value cannot be empty"),
            ("E", NO_ARRAY),
            ([5], TEXT_WANTED),
            (["E", "States.ALL"], "States.ALL must appear alone and at end of list"),
        ],
    ),
    "any": ([None, 5, {"x.$": "a"}], []),
    "type": ([], []),
}
"""Kind of field -> values that are taken, and values that are not with AWS's words."""

STATE_FIELDS = [
    (field, type_, language)
    for field in FIELDS
    if field.name not in ("Type", "QueryLanguage") and field.kind not in NESTED
    for type_ in field.types
    for language in ("JSONPath", "JSONata")
    if field.language in ("both", language)
]


def values_of(kind: str) -> tuple[list[Json], list[tuple[Json, str]]]:
    """The rows of a kind; one that may be an expression has those of its literal, and a few of its own."""
    literal, separator, _ = kind.partition(" or expression")
    if not separator or kind in KINDS:
        return KINDS[kind]
    right, wrong = KINDS[literal]
    texts = () if literal in ("string", "timestamp") else ("5", "text", "")
    more = [(each, NOT_DELIMITED) for each in ("{% 1", "1 %}", *texts)]
    return [*right, "{% $states.input.x %}"], [*wrong, *more]


def with_field(field: Field, type_: str, value: Json, language: str = "JSONPath") -> dict[str, Json]:
    """A state of this type whose ``field`` is ``value``; what the field excludes is left out."""
    state = dict((PLAIN if language == "JSONPath" else PLAIN_JSONATA)[type_])
    groups = [*EXCLUSIVE, ("Next", "End"), ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")]
    groups += [("ItemProcessor", "Iterator")]
    for group in groups:
        if field.name in group:
            state = {key: each for key, each in state.items() if key not in group}
    return {**state, field.name: value}


VARIABLES: dict[str, Json] = {"V": pass_(Assign={"v": 1})}
"""A state that assigns what the rows read."""
ALSO_UNREACHABLE = 'MISSING_TRANSITION_TARGET: State "V" is not reachable. at /States/V'


def refused(state: dict[str, Json]) -> list[str]:
    """The errors of the state A."""
    warned = ("NO_DOLLAR", "NO_PATH", "PASS_RESULT_IS_STATIC", ALSO_UNREACHABLE)
    return [text for text in found(state, **VARIABLES) if not text.startswith(warned)]


def test_every_kind_of_a_state_s_field_has_values_here() -> None:
    fields = [*FIELDS, *RETRIER_FIELDS.values(), *CATCHER_FIELDS.values()]
    kinds = {field.kind_in(language) for field in fields for language in ("JSONPath", "JSONata")} - NESTED.keys()
    assert all(values_of(kind) for kind in kinds)


@pytest.mark.parametrize(
    ("field", "type_", "language"),
    STATE_FIELDS,
    ids=[f"{type_}.{field.name}.{way}" for field, type_, way in STATE_FIELDS],
)
def test_a_field_takes_what_it_may_hold_and_refuses_what_it_may_not(field: Field, type_: str, language: str) -> None:
    right, wrong = values_of(field.kind_in(language))
    for value in right:
        assert refused(with_field(field, type_, value, language)) == [], value
    for value, message in wrong:
        messages = "; ".join(each.message for each in problems(of(with_field(field, type_, value, language)))) + ";"
        assert message.replace("'F'", f"'{field.name}'") in messages, value


@pytest.mark.parametrize("type_", PLAIN)
def test_the_query_language_of_a_state(type_: str) -> None:
    assert found(PLAIN_JSONATA[type_]) == found({**PLAIN[type_], "QueryLanguage": "JSONPath"}) == []
    message = "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata]"
    assert f"{message} at /States/A/QueryLanguage" in found({**PLAIN_JSONATA[type_], "QueryLanguage": "jsonpath"})


RETRIER: dict[str, Json] = {"ErrorEquals": ["E"]}
CATCHER: dict[str, Json] = {"ErrorEquals": ["E"], "Next": "Z"}
LISTED = [
    (key, entry, field, language)
    for key, entry, table in (("Retry", RETRIER, RETRIER_FIELDS), ("Catch", CATCHER, CATCHER_FIELDS))
    for field in table.values()
    for language in ("JSONPath", "JSONata")
    if field.language in ("both", language)
]


@pytest.mark.parametrize(
    ("key", "entry", "field", "language"), LISTED, ids=[f"{row[0]}.{row[2].name}.{row[3]}" for row in LISTED]
)
def test_a_field_of_a_retrier_or_catcher(key: str, entry: dict[str, Json], field: Field, language: str) -> None:
    def of_entry(value: Json) -> dict[str, Json]:
        entries: list[Json] = [{**entry, field.name: value}]
        return {**task(), "QueryLanguage": language, key: entries}

    right, wrong = values_of(field.kind_in(language))
    for value in right:
        assert refused(of_entry(value)) == [], value
    for value, message in wrong:
        messages = "; ".join(each.message for each in problems(of(of_entry(value)))) + ";"
        assert message.replace("'F'", f"'{field.name}'") in messages, value


@pytest.mark.parametrize("type_", PLAIN)
def test_a_field_of_another_type_is_not_supported(type_: str) -> None:
    """Measured on AWS: TimeoutSeconds on seven types, Catch and Retry on five."""
    assert found(PLAIN[type_]) == []
    for name in {field.name for field in FIELDS} - BY_TYPE[type_].keys():
        state = {**PLAIN[type_], name: 1}
        message = f"Field '{name}' is not supported"
        assert f"SCHEMA_VALIDATION_FAILED: {message} at /States/A" in texts(of(state)), name


@pytest.mark.parametrize("type_", PLAIN)
@pytest.mark.parametrize(("language", "other"), [("JSONPath", "JSONata"), ("JSONata", "JSONPath")])
def test_a_field_of_the_other_query_language(type_: str, language: str, other: str) -> None:
    """Measured on AWS for JSONata's fields in JSONPath states; the mirrored text follows it."""
    plain = PLAIN if language == "JSONPath" else PLAIN_JSONATA
    for field in BY_TYPE[type_].values():
        if field.language == other:
            expected = (
                f"SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to '{language}', but field '{field.name}' is only "
                f"supported for the '{other}' QueryLanguage at /States/A"
            )
            assert expected in texts(of({**plain[type_], field.name: "$.a"})), field.name


# States and blocks ---------------------------------------------------------------------------------------------------

SCHEMA = "SCHEMA_VALIDATION_FAILED: "
NONE_OF = SCHEMA + "This object should have only one of the following fields:"
TWO_OF = SCHEMA + "There should only be one of the following fields:"
REFUSED: list[tuple[str, dict[str, Json], list[str]]] = [
    ("no type", {"End": True}, [SCHEMA + "The field 'Type' is required at /States/A"]),
    (
        "unknown type",
        {"Type": "Tsk"},
        [
            SCHEMA + "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, "
            "Parallel, Map] at /States/A/Type"
        ],
    ),
    (
        "type of another type",
        {"Type": ["Task"]},
        [
            SCHEMA + "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, "
            "Parallel, Map] at /States/A/Type"
        ],
    ),
    ("no resource", {"Type": "Task", "End": True}, [SCHEMA + "These fields are required: [Resource] at /States/A"]),
    ("no choices", {"Type": "Choice"}, [SCHEMA + "These fields are required: [Choices] at /States/A"]),
    ("no branches", {"Type": "Parallel", "Next": "Z"}, [SCHEMA + "These fields are required: [Branches] at /States/A"]),
    # test_parallel_state_empty_branches
    ("empty branches", parallel(), [SCHEMA + "Value cannot be empty at /States/A/Branches"]),
    ("neither Next nor End", {"Type": "Pass"}, [f"{NONE_OF} [Next, End] at /States/A"]),
    ("End false", {"Type": "Pass", "End": False}, [f"{NONE_OF} [Next, End] at /States/A"]),
    (
        "Next and End",
        {"Type": "Pass", "Next": "Z", "End": True},
        [f"{TWO_OF} [Next, End] at /States/A"],
    ),
    (
        "no time",
        {"Type": "Wait", "End": True},
        [f"{NONE_OF} [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/A"],
    ),
    (
        "two times",
        {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True},
        [f"{TWO_OF} [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/A"],
    ),
    ("no processor", {"Type": "Map", "End": True}, [f"{NONE_OF} [ItemProcessor, Iterator] at /States/A"]),
    (
        "two processors",
        {**map_(BLOCK), "Iterator": machine(Other=pass_())},
        [f"{TWO_OF} [ItemProcessor, Iterator] at /States/A"],
    ),
    (
        "heartbeat not below timeout",
        task(TimeoutSeconds=5, HeartbeatSeconds=5),
        [SCHEMA + "HeartbeatSeconds (5) must be less than TimeoutSeconds (5) at /States/A/HeartbeatSeconds"],
    ),
    (
        "a retrier that is no object",
        task(Retry=[5]),
        [SCHEMA + "Expected value of type Object at /States/A/Retry[0]"],
    ),
    (
        "a retrier without names",
        task(Retry=[{}]),
        [SCHEMA + "These fields are required: [ErrorEquals] at /States/A/Retry[0]"],
    ),
    (
        "a catcher without anything",
        task(Catch=[{}]),
        [SCHEMA + "These fields are required: [Next, ErrorEquals] at /States/A/Catch[0]"],
    ),
    (
        "an unknown field of a retrier",
        task(Retry=[{"ErrorEquals": ["E"], "MaxAttempt": 1}]),
        [SCHEMA + "Field 'MaxAttempt' is not supported at /States/A/Retry[0]"],
    ),
    (
        "States.ALL not alone",
        task(Retry=[{"ErrorEquals": ["E", "States.ALL"]}]),
        [SCHEMA + "States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals"],
    ),
    (
        "States.ALL not last",
        task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]),
        [SCHEMA + "States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals"],
    ),
    (
        "an unknown field of a block",
        map_({**BLOCK, "TimeoutSeconds": 5}),
        [SCHEMA + "Field 'TimeoutSeconds' is not supported at /States/A/ItemProcessor"],
    ),
    (
        "a processor's language",
        map_({**BLOCK, "QueryLanguage": "JSONPath"}),
        [SCHEMA + "Field 'QueryLanguage' is not supported at /States/A/ItemProcessor"],
    ),
    (
        "a configuration in a branch",
        parallel({**BLOCK, "ProcessorConfig": {}}),
        [SCHEMA + "Field 'ProcessorConfig' is not supported at /States/A/Branches[0]"],
    ),
    (
        "a configuration that is no object",
        map_({**BLOCK, "ProcessorConfig": 5}),
        [SCHEMA + "Expected value of type Object at /States/A/ItemProcessor/ProcessorConfig"],
    ),
    (
        "an unknown field of a configuration",
        map_({**BLOCK, "ProcessorConfig": {"Modus": "INLINE"}}),
        [SCHEMA + "Field 'Modus' is not supported at /States/A/ItemProcessor/ProcessorConfig"],
    ),
    (
        "an unknown mode",
        map_({**BLOCK, "ProcessorConfig": {"Mode": "inline"}}),
        [
            SCHEMA + "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED] at "
            "/States/A/ItemProcessor/ProcessorConfig/Mode"
        ],
    ),
    (
        "a distributed Map without ExecutionType",
        map_({**BLOCK, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}),
        [SCHEMA + "These fields are required: [ExecutionType] at /States/A/ItemProcessor/ProcessorConfig"],
    ),
    (
        "a reader of an inline Map",
        map_(BLOCK, ItemReader={"Resource": "arn:aws:states:::s3:getObject"}),
        [SCHEMA + "Field 'ItemReader' is not supported at /States/A"],
    ),
]
REFUSED += [
    (
        f"{first} and {second}",
        {**PLAIN[type_], first: one, second: other},
        [f"{TWO_OF} [{listed((first, second))}] at /States/A"],
    )
    for type_, first, one, second, other in (
        ("Task", "TimeoutSeconds", 5, "TimeoutSecondsPath", "$.t"),
        ("Task", "HeartbeatSeconds", 5, "HeartbeatSecondsPath", "$.t"),
        ("Map", "MaxConcurrency", 5, "MaxConcurrencyPath", "$.n"),
        ("Map", "ItemSelector", {}, "Parameters", {}),
        ("Map", "ToleratedFailureCount", 5, "ToleratedFailureCountPath", "$.n"),
        ("Map", "ToleratedFailurePercentage", 5, "ToleratedFailurePercentagePath", "$.n"),
        ("Fail", "Error", "E", "ErrorPath", "$.e"),
        ("Fail", "Cause", "c", "CausePath", "$.c"),
    )
]


@pytest.mark.parametrize(("state", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_state_is_refused_for(state: dict[str, Json], expected: list[str]) -> None:
    assert found(state) == expected


def test_a_state_that_is_no_object() -> None:
    assert texts(machine(A=5)) == [
        SCHEMA + "Expected value of type Object at /States/A",
        "MISSING_END_STATE: Workflow has no terminal state at null",
    ]


def test_every_pair_that_excludes_each_other_is_tried() -> None:
    tried = {tuple(row[0].split(" and ")) for row in REFUSED if " and " in row[0]}
    of_states = {pair for pair in EXCLUSIVE if any(set(pair) <= fields.keys() for fields in BY_TYPE.values())}
    assert of_states <= tried


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({}, [SCHEMA + "These fields are required: [States, StartAt] at /"]),
        ({"StartAt": "A"}, [SCHEMA + "These fields are required: [States] at /"]),
        (
            {"StartAt": "A", "States": 5},
            [SCHEMA + "Expected value of type Object at /States"],
        ),
        (
            {"StartAt": "A", "States": {}},
            [
                SCHEMA + "Value cannot be empty at /States",
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt",
                "MISSING_END_STATE: Workflow has no terminal state at null",
            ],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Next": "B"}, "B": pass_()}},
            [
                SCHEMA + "The field 'Type' is required at /States/A",
                'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
            ],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pas", "End": True}}},
            [
                SCHEMA + "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, "
                "Parallel, Map] at /States/A/Type",
                "MISSING_END_STATE: Workflow has no terminal state at null",
            ],
        ),
        (
            {"StartAt": "Z", "States": {"A": pass_(Next="B"), "B": pass_()}},
            [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /StartAt",
                'MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A',
                'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
            ],
        ),
        ({"States": {"A": pass_()}}, [SCHEMA + "These fields are required: [StartAt] at /"]),
        (
            {"StartAt": 5, "States": {"A": pass_()}},
            [SCHEMA + "Expected value of type String at /StartAt"],
        ),
        ({**machine(A=pass_()), "Comment": 5}, [SCHEMA + f"{TEXT_WANTED} at /Comment"]),
        (
            {**machine(A=pass_()), "Version": "2.0"},
            [SCHEMA + "Value should be one of the following: [1.0] at /Version"],
        ),
        ({**machine(A=pass_()), "Version": "1.0", "TimeoutSeconds": 5, "QueryLanguage": "JSONPath"}, []),
        ({**machine(A=pass_()), "TimeoutSeconds": 0}, []),
        ({**machine(A=pass_()), "TimeoutSeconds": -1}, [SCHEMA + "Minimum value is 0 at /TimeoutSeconds"]),
        ({**machine(A=pass_()), "TimeoutSeconds": "5"}, [SCHEMA + f"{NO_INTEGER} at /TimeoutSeconds"]),
        ({**machine(A=pass_()), "QueryLanguage": "JSONata"}, []),
        (
            {**machine(A=pass_(QueryLanguage="JSONPath")), "QueryLanguage": "JSONata"},
            [SCHEMA + "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A"],
        ),
        (
            {**machine(A=pass_(QueryLanguage="JSONPath", Output=1, Foo=1)), "QueryLanguage": "JSONata"},
            [
                SCHEMA + "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine "
                "at /States/A",
                SCHEMA + "Field 'Foo' is not supported at /States/A",
            ],
        ),
        ({**machine(A=pass_()), "Startat": "A"}, [SCHEMA + "Field 'Startat' is not supported at /"]),
        (
            machine(**{"A" * 81: pass_()}),
            [
                (
                    f"INVALID_STATE_NAME: Invalid State name: State '{'A' * 81}' exceeds the 80-character limit "
                    f"allowed by the service at /States/{'A' * 81}"
                )
            ],
        ),
        (machine(**{"A" * 80: pass_()}), []),
    ],
    ids=lambda each: json.dumps(each)[:60],
)
def test_a_machine_is_refused_for(definition: Json, expected: list[str]) -> None:
    assert texts(definition) == expected


# Transitions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "pointer"),
    [
        (pass_(Next="Nowhere"), "/Next"),
        ({**PLAIN["Choice"], "Default": "Nowhere"}, "/Default"),
        ({"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "Nowhere"}]}, "/Choices[0]/Next"),
        (task(Catch=[{"ErrorEquals": ["E"], "Next": "Nowhere"}]), "/Catch[0]/Next"),
    ],
)
def test_a_target_that_does_not_exist(state: dict[str, Json], pointer: str) -> None:
    """test_validate_state_machine_definition"""
    assert found(state) == [f"MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere at /States/A{pointer}"]


def test_a_start_that_does_not_exist_names_the_nearest() -> None:
    problem, unreachable = problems({"StartAt": "Frist", "States": {"First": pass_()}})
    assert unreachable.aws_text() == 'MISSING_TRANSITION_TARGET: State "First" is not reachable. at /States/First'
    assert problem.aws_text() == "MISSING_TRANSITION_TARGET: Missing 'Next' target: Frist at /StartAt"
    assert problem.hint == 'Did you mean "First"?'


def test_a_target_in_another_block_does_not_exist() -> None:
    """Transitions stay inside their block."""
    assert found(parallel(machine(B=pass_(Next="Z")), Next="Z"))[0] == (
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/A/Branches[0]/States/B/Next"
    )


def test_fields_that_a_state_does_not_have_lead_nowhere_and_end_nothing() -> None:
    """By analogy with a state without a Type, whose ``End`` does not count in AWS runs."""
    ends = machine(
        A={"Type": "Fail", "Next": "B"}, B={"Type": "Choice", "Choices": [], "Default": "C", "End": True}, C=pass_()
    )
    assert texts(ends) == [
        f"{SCHEMA}Field 'Next' is not supported at /States/A",
        f"{SCHEMA}Value cannot be empty at /States/B/Choices",
        f"{SCHEMA}Field 'End' is not supported at /States/B",
        *(f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at /States/{name}' for name in "BC"),
    ]
    never = machine(A={**PLAIN["Choice"], "Default": "A", "End": True})
    assert texts(never)[-1] == "MISSING_END_STATE: Workflow has no terminal state at null"


def test_a_machine_that_never_ends() -> None:
    loop = machine(A=pass_(Next="B"), B=pass_(Next="A"))
    assert texts(loop) == ["MISSING_END_STATE: Workflow has no terminal state at null"]


def test_a_state_that_nothing_leads_to() -> None:
    assert texts(machine(A=pass_(), B=pass_())) == [
        'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B'
    ]


def test_a_name_given_twice_in_nested_blocks() -> None:
    """DUPLICATE_STATE_NAME: names are unique in the whole machine."""
    (problem,) = problems(machine(A=parallel(machine(B=pass_()), machine(B=pass_()))))
    assert problem.aws_text() == "DUPLICATE_STATE_NAME: Duplicate State name: B at /States/A/Branches[1]/States/B"
    assert problem.hint == "It is also at /States/A/Branches/0/States/B; names are unique in the whole machine."


# Rules ---------------------------------------------------------------------------------------------------------------

AT = " at /States/A/Choices[0]"
NO_OPERATOR = f"This object should have only one of the following fields: [{listed(COMPARISON_FIELDS)}]"
OPERATORS_TWICE = NO_OPERATOR.replace("This object should have only one of", "There should only be one of")
ONE_OF_FIVE = "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]"
"""Measured on AWS."""
RULES: list[tuple[Json, list[str]]] = [
    (5, ["Expected value of type Object" + AT]),
    ({"Variable": "$.x", "IsNull": True}, ["These fields are required: [Next]" + AT]),
    ({"IsNull": True, "Next": "Z"}, [ONE_OF_FIVE + AT]),
    ({"Next": "Z"}, [ONE_OF_FIVE + AT]),
    ({"Foo": 1}, [ONE_OF_FIVE + AT]),
    (
        {"And": [{"Variable": "$.x", "IsNull": True}], "Variable": "$.y", "Next": "Z"},
        [ONE_OF_FIVE + AT],
    ),
    ({"Not": {"Or": [], "Variable": "$.y"}, "Next": "Z"}, [ONE_OF_FIVE + AT + "/Not"]),
    ({"Variable": "$.x", "IsNull": True, "Condition": True, "Next": "Z"}, [ONE_OF_FIVE + AT]),
    ({"Variable": "$.x", "Next": "Z"}, [NO_OPERATOR + AT]),
    ({"Variable": "$.x", "IsNull": True, "IsString": True, "Next": "Z"}, [OPERATORS_TWICE + AT]),
    (
        {"And": [{"Variable": "$.x", "IsNull": True}], "Not": {"Variable": "$.x", "IsNull": True}, "Next": "Z"},
        [ONE_OF_FIVE + AT],
    ),
    (
        {"Not": {"Variable": "$.x", "IsNull": True}, "StringEquals": "x", "Next": "Z"},
        ["Field 'StringEquals' is not supported" + AT],
    ),
    ({"Variable": "$.x", "IsNul": True, "Next": "Z"}, ["Field 'IsNul' is not supported" + AT, NO_OPERATOR + AT]),
    (
        {"Condition": "{% true %}", "Next": "Z"},
        [
            "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' "
            "QueryLanguage" + AT,
        ],
    ),
    ({"Not": 5, "Next": "Z"}, ["Expected value of type Object" + AT + "/Not"]),
    ({"And": {}, "Next": "Z"}, ["Expected value of type Array" + AT + "/And"]),
    ({"Or": [], "Next": "Z"}, ["Value cannot be empty" + AT + "/Or"]),
    ({"Not": {"And": []}, "Next": "Z"}, ["Value cannot be empty" + AT + "/Not/And"]),
    (
        {"And": [{"Variable": "$.x", "IsNull": True, "Next": "Z", "Assign": {}}], "Next": "Z"},
        [f"Field '{name}' is not supported{AT}/And[0]" for name in ("Next", "Assign")],
    ),
    ({"Variable": "x", "IsNull": True, "Next": "Z"}, [f"{NO_DOLLAR}{AT}/Variable"]),
    ({"Variable": "$.x", "IsNull": True, "Next": "Z", "Comment": 5}, [f"{TEXT_WANTED}{AT}/Comment"]),
    ({"Variable": "$.x", "IsNull": True, "Next": "Z", "Assign": 5}, [f"{NO_OBJECT}{AT}/Assign"]),
    ({"Variable": "$.x", "IsNull": True, "Next": 5}, [f"{TEXT_WANTED}{AT}/Next"]),
]


@pytest.mark.parametrize(("rule", "expected"), RULES, ids=[json.dumps(rule)[:70] for rule, _ in RULES])
def test_a_rule_is_refused_for(rule: Json, expected: list[str]) -> None:
    state: dict[str, Json] = {"Type": "Choice", "Choices": [rule], "Default": "Z"}
    assert found(state) == [SCHEMA + each for each in expected]


WRONG_OPERANDS: dict[str, tuple[Json, str]] = {
    "String": (5, TEXT_WANTED),
    "Numeric": ("5", NO_NUMBER),
    "Boolean": ("true", "Expected value of type Boolean"),
    "Timestamp": ("today", "String does not match RFC3339 timestamp"),
    "Is": (1, "Expected value of type Boolean"),
    "Path": ("x", NO_DOLLAR),
}


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_operator_refuses_an_operand_of_another_type(name: str) -> None:
    family = "Path" if name.endswith("Path") else next(each for each in WRONG_OPERANDS if name.startswith(each))
    operand, message = WRONG_OPERANDS[family]
    rule: Json = {"Variable": "$.x", name: operand, "Next": "Z"}
    assert found({"Type": "Choice", "Choices": [rule]}) == [f"{SCHEMA}{message}{AT}/{name}"]


# Resources -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", INTEGRATION_PATTERNS)
def test_every_optimized_resource_is_taken_and_its_other_patterns_are_not(service: str) -> None:
    for action, patterns in INTEGRATION_PATTERNS[service].items():
        for pattern in ("", ".sync", ".sync:2", ".waitForTaskToken"):
            refused = found(task(f"arn:aws:states:::{service}:{action}{pattern}"))
            assert (refused == []) is (pattern in patterns), (action, pattern)


# Measured on AWS -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("states", "RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'."),
        ("_a", "INVALID_VARIABLE_NAME", "Invalid variable name '_a': the variable name contains invalid characters."),
        ("1a", "INVALID_VARIABLE_NAME", "Invalid variable name '1a': the variable name contains invalid characters."),
    ],
)
def test_the_names_of_variables_have_codes_of_their_own_wherever_they_are_assigned(
    name: str, code: str, message: str, language: str
) -> None:
    test: dict[str, Json] = {"Condition": True} if language == "JSONata" else {"Variable": "$.x", "IsNull": True}
    assign: Json = {name: 1}
    rule: Json = {**test, "Next": "B", "Assign": assign}
    definition = machine(
        A={"Type": "Choice", "Choices": [rule], "Assign": assign, "Default": "B"},
        B=task(Assign=assign, Catch=[{**CATCHER, "Assign": assign}], Next="Z"),
        Z=pass_(Assign=assign),
    )
    found = problems({**definition, "QueryLanguage": language})
    assert [(each.code, each.message) for each in found] == [(code, message)] * 5


def test_a_variable_of_a_parent_scope_has_a_code_of_its_own() -> None:
    inner = machine(B=pass_(Assign={"v": 2}))
    (problem,) = problems(machine(A=pass_(Assign={"v": 1}, Next="M"), M=map_(inner)))
    assert (problem.code, problem.message) == (
        "DUPLICATE_VARIABLE_NAME",
        "The variable name 'v' was already defined in a parent scope.",
    )


@pytest.mark.parametrize("most", [0, 10**8, 2**63 - 1])
def test_max_concurrency_has_no_maximum(most: int) -> None:
    assert texts(machine(A=map_(BLOCK, MaxConcurrency=most))) == []


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$.a[?(@.b)]", "$.a[0:1]", "$['a','b']"])
def test_an_items_path_to_more_than_one_place_is_no_reference_path(path: str) -> None:
    (problem,) = problems(machine(A=map_(BLOCK, ItemsPath=path)))
    assert (problem.code, problem.message, problem.location) == (
        "SCHEMA_VALIDATION_FAILED",
        "Value is not a Reference Path",
        "/States/A/ItemsPath",
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"Seconds": -1}, "Minimum value is 0 at /States/A/Seconds"),
        ({"Seconds": 1.5}, "Expected value of type Integer at /States/A/Seconds"),
        ({"Seconds": 10**8}, "Maximum value is 99999999 at /States/A/Seconds"),
        ({"Timestamp": "tomorrow"}, "String does not match RFC3339 timestamp at /States/A/Timestamp"),
    ],
)
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_a_wait_is_refused_for(state: dict[str, Json], expected: str, language: str) -> None:
    """AWS runs, and their neighbours in the other query language."""
    wait: dict[str, Json] = {"Type": "Wait", **state, "End": True}
    assert texts({**machine(A=wait), "QueryLanguage": language}) == [SCHEMA + expected]


# Warnings, and what people read --------------------------------------------------------------------------------------


TEXT = """{
  "StartAt": "Pick",
  "States": {
    "Pick": {"Type": "Choice",
      "Choices": [{"Variable": "$.n", "NumericGreaterThann": 5, "Next": "Dnoe"}]},
    "Done": {"Type": "Suceed"},
    "a/b~c": {"Type": "Pass", "Ende": true, "End": true, "Parameters": {"x.$": "oops"}}
  }
}"""


def test_all_problems_come_together_each_with_line_column_pointer_and_nearest_word() -> None:
    with pytest.raises(DefinitionError) as caught:
        compile(TEXT, "order.asl.json")
    lines = str(caught.value).splitlines()
    shown = [(lines[i], lines[i + 1]) for i in range(len(lines)) if lines[i].startswith("order.asl.json")]
    places = [(first.split(" ", 2)[0], second.strip()) for first, second in shown]
    assert (
        places
        == [
            ("order.asl.json:5:39:", "at /States/Pick/Choices/0/NumericGreaterThann"),
            ("order.asl.json:5:19:", "at /States/Pick/Choices/0"),
            ("order.asl.json:6:14:", "at /States/Done/Type"),
            ("order.asl.json:7:31:", "at /States/a~1b~0c/Ende"),
            ("order.asl.json:7:73:", "at /States/a~1b~0c/Parameters/x.$"),
            ("order.asl.json:5:65:", "at /States/Pick/Choices/0/Next"),
            ("order.asl.json:7:5:", "at /States/a~1b~0c"),
        ]
        or places
    )
    hints = [line.strip() for line in lines if "Did you mean" in line]
    assert hints == [f'Did you mean "{word}"?' for word in ("NumericGreaterThan", "Succeed", "End", "Done")]


def test_a_definition_given_as_a_value_has_pointers_and_no_lines() -> None:
    with pytest.raises(DefinitionError) as caught:
        compile({"StartAt": "A", "States": {}})
    first = caught.value.problems[0]
    assert (first.line, first.pointer) == (None, "/States")


def test_the_hint_says_what_the_field_must_be_and_what_it_was() -> None:
    (problem,) = problems(machine(A=task(TimeoutSeconds=0)))
    assert problem.hint == "The value of 'TimeoutSeconds' must be an integer from 1 to 99999999, but was 0."


def test_a_long_value_is_cut_in_the_hint() -> None:
    (problem,) = problems(machine(A=pass_(Comment=["x" * 100])))
    assert problem.hint is not None
    assert problem.hint.endswith("xxx....")
    assert len(problem.hint) < 120


def test_a_state_after_a_misspelt_target_says_so() -> None:
    definition = {"StartAt": "A", "States": {"A": pass_(Next="Chek"), "Check": pass_(Next="B"), "B": pass_(End=True)}}
    target, *unreachable = problems(definition)
    assert target.hint == 'Did you mean "Check"?'
    why = 'Perhaps only because "A/Next" names no state: correct that first.'
    assert [each.hint for each in unreachable] == [why, why]
