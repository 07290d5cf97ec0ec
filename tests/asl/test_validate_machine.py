"""What is refused or warned about a whole machine: its type, its variables, its Maps, expressions, and the order."""

from typing import Any

import pytest

from asl import check
from asl.problems import Problem
from asl.validate import MachineType, check_definition
from asl.values import Json, encode
from asl.violations import listed
from tests.asl.driving import ACTIVITY, machine, map_, parallel, pass_, task

SCHEMA = "SCHEMA_VALIDATION_FAILED: "


def texts(definition: Any, type: MachineType = "STANDARD") -> list[str]:
    """Every error as CreateStateMachine prints it."""
    return [each.aws_text() for each in check_definition(definition, type) if each.severity == "ERROR"]


def warnings(definition: Any) -> list[tuple[str, str]]:
    """(code, place) of every warning."""
    return [(each.code, each.place) for each in check_definition(definition) if each.severity == "WARNING"]


# No definition -------------------------------------------------------------------------------------------------------


def test_text_that_is_no_json_has_jacksons_words_and_place() -> None:
    """test_validate_state_machine_definition_not_a_definition"""
    (problem,) = check("not a definition")
    place = '[Source: (String)"not a definition"; line: 1, column: 4]'
    wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    said = f"Unrecognized token 'not': was expecting {wanted}"
    assert (problem.code, problem.location) == ("INVALID_JSON_DESCRIPTION", place)
    assert problem.message == f"{said}\n at {place}"
    assert (problem.line, problem.column) == (1, 1)
    assert problem.text("f").splitlines()[0] == f"f:1:1: INVALID_JSON_DESCRIPTION {said}"


@pytest.mark.parametrize("text", ["", " ", '""', "[]", "null", "5"])
def test_text_that_is_no_object_has_no_place(text: str) -> None:
    (problem,) = check(text)
    assert problem.aws_text() == SCHEMA + "Definition must be a valid JSON object at null"


# Type EXPRESS --------------------------------------------------------------------------------------------------------

SYNC = SCHEMA + "Express state machine does not support '.sync' service integration at /States/A/Resource"
EXPRESS: dict[str, list[str]] = {
    "arn:aws:states:::states:startExecution.sync": [SYNC],
    "arn:aws:states:::states:startExecution.sync:2": [SYNC],
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken": [
        SCHEMA + "Express state machine does not support '.waitForTaskToken' service integration  at /States/A/Resource"
    ],
    ACTIVITY: [SCHEMA + "Express state machine does not support Activity ARN at /States/A/Resource"],
    "arn:aws:states:::sqs:sendMessage": [],
}


def test_a_resource_that_nobody_knows_is_told_once_in_an_express_machine() -> None:
    assert len(texts(machine(A=task("arn:aws:states:::nobody:knows")), "EXPRESS")) == 1


@pytest.mark.parametrize("resource", EXPRESS)
def test_what_an_express_machine_may_not_wait_for(resource: str) -> None:
    """test_illegal_callbacks, test_illegal_activity_task"""
    assert texts(machine(A=task(resource))) == []
    assert texts(machine(A=task(resource)), "EXPRESS") == EXPRESS[resource]


def test_an_activity_takes_no_credentials() -> None:
    """Measured."""
    credentials: Json = {"RoleArn": "arn:aws:iam::123456789012:role/r"}
    assert texts(machine(A=task(ACTIVITY, Credentials=credentials))) == [
        SCHEMA + "The field 'Credentials' is not supported for activities at /States/A/Credentials"
    ]
    assert texts(machine(A=task(Credentials=credentials))) == []
    assert texts(machine(A=task("arn:aws:states:::sqs:sendMessage", Credentials=credentials))) == []


def distributed(block: Json, execution_type: str = "STANDARD", **fields: Json) -> dict[str, Json]:
    """A Map in DISTRIBUTED mode over ``block``."""
    assert isinstance(block, dict)
    return map_({**block, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type}}, **fields)


def test_express_children_are_express_and_an_express_machine_starts_none() -> None:
    block = machine(B=task("arn:aws:states:::states:startExecution.sync"))
    assert texts(machine(A=distributed(block))) == []
    at = "/States/A/ItemProcessor/States/B/Resource"
    expected = [SCHEMA + f"Express state machine does not support '.sync' service integration at {at}"]
    assert texts(machine(A=distributed(block, "EXPRESS"))) == expected
    assert texts(machine(A=distributed(machine(B=pass_()))), "EXPRESS") == [
        SCHEMA + "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines at "
        "/States/A/ItemProcessor/ProcessorConfig/Mode"
    ]


# Distributed Map -----------------------------------------------------------------------------------------------------

READER = "arn:aws:states:::s3:getObject"
BLOCK = machine(B=pass_())
REQUEST: dict[str, Any] = {"Bucket": "b", "Key": "k"}
REQUEST_OF_A_WRITER: dict[str, Any] = {"Bucket": "b", "Prefix.$": "$.prefix"}
OF_AN_OBJECT: dict[str, Any] = {"Resource": READER, "Parameters": REQUEST}
MAPS: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "everything",
        {
            "ItemReader": {
                "Resource": READER,
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "MaxItems": 5},
                "Parameters": {"Bucket": "b", "Key.$": "$.key"},
            },
            "ItemBatcher": {"MaxItemsPerBatch": 5, "BatchInput": {"a.$": "$.b"}},
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": REQUEST_OF_A_WRITER},
            "Label": "Rows",
            "ToleratedFailurePercentage": 5.5,
        },
        [],
    ),
    ("no resource", {"ItemReader": {}}, ["These fields are required: [Resource] at /States/A/ItemReader"]),
    (
        "an unknown resource",
        {"ItemReader": {"Resource": "arn:aws:states:::s3:getObjects"}},
        [
            (
                "The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::"
                "s3:getObject, arn:<partition>:states:::s3:listObjectsV2] at /States/A/ItemReader/Resource"
            )
        ],
    ),
    (
        "CSV without headers",
        {"ItemReader": {**OF_AN_OBJECT, "ReaderConfig": {"InputType": "CSV"}}},
        ["The field 'CSVHeaderLocation' is required at /States/A/ItemReader/ReaderConfig"],
    ),
    (
        "headers that are not given",
        {"ItemReader": {**OF_AN_OBJECT, "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}}},
        ["These fields are required: [CSVHeaders] at /States/A/ItemReader/ReaderConfig"],
    ),
    (
        "an unknown type",
        {"ItemReader": {**OF_AN_OBJECT, "ReaderConfig": {"InputType": "XML"}}},
        [
            (
                "The field 'InputType' should have one of these values: [MANIFEST, JSON, CSV, JSONL, PARQUET] at "
                "/States/A/ItemReader/ReaderConfig/InputType"
            )
        ],
    ),
    (
        "two limits",
        {"ItemReader": {**OF_AN_OBJECT, "ReaderConfig": {"InputType": "JSON", "MaxItems": 1, "MaxItemsPath": "$"}}},
        [
            (
                "There should only be one of the following fields: "
                f"[{listed(('MaxItems', 'MaxItemsPath'))}] at /States/A/ItemReader/ReaderConfig"
            )
        ],
    ),
    ("no batch limit", {"ItemBatcher": {"BatchInput": {}}}, ["A batcher must have a limit at /States/A/ItemBatcher"]),
    ("an empty writer", {"ResultWriter": {}}, ["Value cannot be empty at /States/A/ResultWriter"]),
    (
        "a reader that is no object",
        {"ItemReader": 5},
        ["Expected value of type Object at /States/A/ItemReader"],
    ),
    (
        "the other language",
        {"ItemReader": {**OF_AN_OBJECT, "Arguments": REQUEST}},
        [
            (
                "The QueryLanguage is set to 'JSONPath', but field 'Arguments' is only supported for the 'JSONata' "
                "QueryLanguage at /States/A/ItemReader"
            )
        ],
    ),
]


@pytest.mark.parametrize(("fields", "expected"), [row[1:] for row in MAPS], ids=[row[0] for row in MAPS])
def test_the_fields_of_a_distributed_map(fields: dict[str, Any], expected: list[str]) -> None:
    assert texts(machine(A=distributed(BLOCK, **fields))) == [SCHEMA + each for each in expected]


def test_failures_may_be_tolerated_in_an_inline_map() -> None:
    """test_base_map"""
    assert texts(machine(A=map_(BLOCK, ToleratedFailureCount=1, ToleratedFailurePercentage=5, Label="a"))) == []


def test_labels_are_unique() -> None:
    two = machine(A=distributed(BLOCK, Label="x", Next="C"), C=distributed(machine(D=pass_()), Label="x"))
    assert texts(two) == ["DUPLICATE_LABEL_NAME: Duplicate Label name: x at /States/C/Label"]


# Query languages -----------------------------------------------------------------------------------------------------


def test_states_inside_a_jsonata_state_have_the_machines_language() -> None:
    """Measured on AWS."""
    inner = machine(B=pass_(Parameters={"a.$": "$.b"}))
    assert texts(machine(A=map_(inner, QueryLanguage="JSONata", Items=[]))) == []
    assert texts({**machine(A=map_(inner)), "QueryLanguage": "JSONata"}) == [
        SCHEMA + "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' "
        "QueryLanguage at /States/A/ItemProcessor/States/B"
    ]


def test_an_unknown_language_counts_as_jsonata() -> None:
    """Measured on AWS."""
    assert texts(machine(A=pass_(QueryLanguage="jsonpath", Output=1))) == [
        SCHEMA + "Value should be one of the following: [JSONPath, JSONata] at /States/A/QueryLanguage"
    ]


RULES: list[tuple[Json, list[str]]] = [
    ({"Condition": True, "Next": "Z"}, []),
    ({"Condition": "{% $states.input.x %}", "Next": "Z", "Assign": {"a": 1}, "Output": 5, "Comment": "c"}, []),
    ({}, ["The object must have only one of the following fields, [And, Or, Not, Variable, Condition]"]),
    (5, ["Expected value of type Object"]),
    (
        {"Condition": True, "Next": "Z", "Variable": "$.x"},
        ["The object must have only one of the following fields, [And, Or, Not, Variable, Condition]"],
    ),
    ({"Condition": True}, ["These fields are required: [Next]"]),
    (
        {"Next": "Z", "Variable": "$.x"},
        [
            (
                "The QueryLanguage is set to 'JSONata', but field 'Variable' is only supported for the 'JSONPath' "
                "QueryLanguage"
            )
        ],
    ),
]


@pytest.mark.parametrize(("rule", "expected"), RULES, ids=[encode(rule)[:60] for rule, _ in RULES])
def test_a_jsonata_rule(rule: Json, expected: list[str]) -> None:
    state: dict[str, Json] = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [rule], "Default": "Z"}
    assert texts(machine(A=state, Z=pass_())) == [f"{SCHEMA}{each} at /States/A/Choices[0]" for each in expected]


TEXTS = {
    "1 +": "INVALID_JSONATA_EXPRESSION: Unexpected end of expression",
    "phone": "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported.",
    "$$": "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported.",
    "$states.result": "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist.",
    "$states.errorOutput": "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist.",
}
"""Measured on AWS."""


@pytest.mark.parametrize("text", TEXTS)
def test_what_an_expression_may_not_use(text: str) -> None:
    written = f"{{% {text} %}}"
    state = task(QueryLanguage="JSONata", Arguments={"a": [written]})
    assert texts(machine(A=state)) == [f"{TEXTS[text]} at /States/A/Arguments/a[0]"]
    state = task(QueryLanguage="JSONata", Output=written, Assign={"v": written})
    allowed = text == "$states.result"
    found = [f"{TEXTS[text]} at /States/A/{field}" for field in ("Output", "Assign/v")]
    assert texts(machine(A=state)) == ([] if allowed else found)
    catch: Json = [{"ErrorEquals": ["E"], "Next": "Z", "Output": written}]
    caught = machine(A=task(QueryLanguage="JSONata", Catch=catch), Z=pass_())
    allowed = text == "$states.errorOutput"
    assert texts(caught)[:1] == ([] if allowed else [f"{TEXTS[text]} at /States/A/Catch[0]/Output"]) or allowed


@pytest.mark.parametrize("text", ["$states.input.a ?? 1", "$states.input.a ?: 1"])
def test_operators_of_later_jsonata_are_refused(text: str) -> None:
    """Measured on AWS: ``??`` and ``?:`` are refused when the definition is validated."""
    (refused,) = texts(machine(A=pass_(QueryLanguage="JSONata", Output=f"{{% {text} %}}")))
    assert refused.startswith("INVALID_JSONATA_EXPRESSION: ")


# Variables -----------------------------------------------------------------------------------------------------------

NOT_ASSIGNED = SCHEMA + "The variable '$v' is not assigned by any state in scope at "
TAKEN = "DUPLICATE_VARIABLE_NAME: The variable name 'v' was already defined in a parent scope. at "
READ = pass_(Parameters={"x.$": "$v"})
SCOPES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("not assigned", machine(A=READ), [NOT_ASSIGNED + "/States/A/Parameters/x.$"]),
    ("assigned later", machine(A=pass_(Parameters={"x.$": "$v"}, Next="B"), B=pass_(Assign={"v": 1})), []),
    (
        "an intrinsic",
        machine(A=pass_(Parameters={"x.$": "States.Array($v)"})),
        [NOT_ASSIGNED + "/States/A/Parameters/x.$"],
    ),
    ("read inside", machine(A=pass_(Assign={"v": 1}, Next="B"), B=map_(machine(C=READ))), []),
    (
        "read outside",
        machine(A=map_(machine(C=pass_(Assign={"v": 1})), Next="B"), B=READ),
        [NOT_ASSIGNED + "/States/B/Parameters/x.$"],
    ),
    (
        "read in child executions",
        machine(A=pass_(Assign={"v": 1}, Next="B"), B=distributed(machine(C=READ), ItemSelector={"v.$": "$v"})),
        [NOT_ASSIGNED + "/States/B/ItemProcessor/States/C/Parameters/x.$"],
    ),
    (
        "assigned again inside",
        machine(A=pass_(Assign={"v": 1}, Next="B"), B=parallel(machine(C=pass_(Assign={"v.$": "$"})))),
        [TAKEN + "/States/B/Branches[0]/States/C/Assign/v.$"],
    ),
    (
        "assigned inside and by the state around (test_parallel_catch_error)",
        machine(A=parallel(machine(C=pass_(Assign={"v": 1})), Assign={"v": 2})),
        [],
    ),
    (
        "by rules and catchers",
        machine(
            A={"Type": "Choice", "Choices": [{"Variable": "$v", "IsNull": True, "Next": "B", "Assign": {"v": 1}}]},
            B=task(Catch=[{"ErrorEquals": ["E"], "Next": "C", "Assign": {"w": 1}}], Next="C"),
            C=pass_(InputPath="$w"),
        ),
        [],
    ),
    ("a text is no reference", machine(A=pass_(Parameters={"x": "$v"}, Result="$v", Comment="$v")), []),
]


@pytest.mark.parametrize(("definition", "expected"), [row[1:] for row in SCOPES], ids=[row[0] for row in SCOPES])
def test_scopes_of_variables(definition: dict[str, Any], expected: list[str]) -> None:
    assert texts(definition) == expected


# Order ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["Choices", "Assign"])
def test_variables_of_a_choice_come_in_the_order_of_the_text(first: str) -> None:
    rule = {"Variable": "$.x", "IsNull": True, "Next": "C", "Assign": {"v": 1}}
    fields: dict[str, Any] = {"Choices": [rule], "Assign": {"v": 1}}
    choice = {"Type": "Choice", first: fields[first], **fields, "Default": "C"}
    outer = parallel(machine(B=choice, C=pass_()), Next="D")
    found = texts(machine(A=outer, D=pass_(Assign={"v": 1})))
    at = "/States/A/Branches[0]/States/B"
    places = {"Choices": f"{at}/Choices[0]/Assign/v", "Assign": f"{at}/Assign/v"}
    assert [text.rpartition(" at ")[2] for text in found] == [places[first], *({*places.values()} - {places[first]})]


def test_missing_targets_come_before_a_missing_end_which_hides_unreachable_states() -> None:
    """Measured on AWS."""
    definition = machine(A=pass_(Next="Nowhere"), B=pass_(Next="A"))
    assert texts(definition) == [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere at /States/A/Next",
        "MISSING_END_STATE: Workflow has no terminal state at null",
    ]


def test_fields_come_before_targets_and_targets_before_the_graph_of_any_block() -> None:
    inner = machine(B=pass_(Next="B"))
    definition = machine(A=parallel(inner, Next="Nowhere", Foo=1), C=pass_())
    assert [text.partition(":")[0] for text in texts(definition)] == [
        "SCHEMA_VALIDATION_FAILED",
        "MISSING_TRANSITION_TARGET",
        "MISSING_TRANSITION_TARGET",
        "MISSING_END_STATE",
    ]


# Warnings ------------------------------------------------------------------------------------------------------------

WARNED: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "no dollar",
        pass_(
            Parameters={"a": "$.x", "b": ["$.x"], "c": {"d": "States.UUID()", "e": "$$.State"}, "f": "$x", "g.$": "$.x"}
        ),
        [("NO_DOLLAR", f"/States/A/Parameters/{name}") for name in ("a", "c/d", "c/e")],
    ),
    ("assignments", pass_(Assign={"a": "$.x"}), [("NO_DOLLAR", "/States/A/Assign/a")]),
    ("no path", {"Type": "Fail", "Error": "$.e", "Cause": "why"}, [("NO_PATH", "/States/A/Error")]),
    ("seconds", {"Type": "Wait", "Seconds": "$.s", "End": True}, [("NO_PATH", "/States/A/Seconds")]),
    (
        "a rule",
        {"Type": "Choice", "Choices": [{"Variable": "$.x", "StringEquals": "$.y", "Next": "Z"}], "Default": "Z"},
        [("NO_PATH", "/States/A/Choices/0/StringEquals")],
    ),
    (
        "a result",
        pass_(Result={"a": "$.x", "b": ["States.UUID()"], "c": "x", "d.$": "$.y"}),
        [("PASS_RESULT_IS_STATIC", f"/States/A/Result/{name}") for name in ("a", "b/0", "d.$")],
    ),
    ("JSONata", pass_(QueryLanguage="JSONata", Output={"a": "$.x"}, Assign={"b": "$.x"}), []),
]


@pytest.mark.parametrize(("state", "expected"), [row[1:] for row in WARNED], ids=[row[0] for row in WARNED])
def test_warnings(state: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert warnings(machine(A=state, Z=pass_())) == expected


def test_a_result_that_is_a_path_itself() -> None:
    (warning,) = list(check_definition(machine(A=pass_(Result="$.x"))))
    assert isinstance(warning, Problem)
    assert (warning.code, warning.severity, warning.location) == (
        "PASS_RESULT_IS_STATIC",
        "WARNING",
        "/States/A/Result",
    )
