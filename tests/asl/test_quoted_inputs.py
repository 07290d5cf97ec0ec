"""Causes that quote the input of a state: as it was sent, with its blanks and numbers, until a state changes it."""

import pytest

from asl.values import Json
from tests.asl.driving import FUNCTION, Ok, machine, map_, parallel, pass_, run, task

SENT = '{"a": 1.50,   "b": [1, 2], "c":"x"}'
COMPACT = '{"a":1.5,"b":[1,2],"c":"x"}'
MISS: dict[str, Json] = {"x.$": "$.none"}
CALL: dict[str, Json] = {"x": [{"y.$": "States.Array(1, States.Array($.none))"}]}

AS_SENT: dict[str, Json] = {
    "Parameters": machine(A=pass_(Parameters=MISS)),
    "Parameters behind InputPath $": machine(A=pass_(InputPath="$", Parameters=MISS)),
    "an intrinsic function": machine(A=pass_(Parameters=CALL)),
    "the context object": machine(A=pass_(Parameters={"x.$": "$$.None"})),
    "Assign": machine(A=pass_(Assign=MISS)),
    "Assign of a rule": machine(
        A={
            "Type": "Choice",
            "Choices": [{"Variable": "$.c", "IsString": True, "Assign": MISS, "Next": "B"}],
        },
        B=pass_(),
    ),
    "ErrorPath": machine(A={"Type": "Fail", "ErrorPath": "$.none"}),
    "CausePath": machine(A={"Type": "Fail", "CausePath": "States.JsonToString($.none)"}),
    "Credentials": machine(A=task(Credentials={"RoleArn.$": "$.none"})),
    "Parameters of a Parallel": machine(A=parallel(machine(B=pass_()), Parameters=MISS)),
    "a branch": machine(A=parallel(machine(B=pass_(Parameters=MISS)))),
    "ItemSelector": machine(A=map_(machine(B=pass_()), ItemsPath="$.b", ItemSelector=MISS)),
    "ResultPath": machine(A=pass_(Result=1, ResultPath="$.a.b")),
    "ItemsPath": machine(A=map_(machine(B=pass_()), ItemsPath="$.none")),
    "the third state": machine(
        A=pass_(Next="B"), B={"Type": "Wait", "Seconds": 1, "Next": "C"}, C=pass_(Parameters=MISS)
    ),
    "behind a result that is dropped": machine(A=task(ResultPath=None, Next="B"), B=pass_(Parameters=MISS)),
}  # fmt: skip

OF_RESULTS: dict[str, Json] = {
    "ResultSelector": machine(A=task(ResultSelector=MISS)),
    "a function in ResultSelector": machine(A=task(ResultSelector=CALL)),
    "Assign": machine(A=task(Assign=MISS)),
    "a Parallel": machine(A=parallel(machine(B=pass_()), ResultSelector=MISS)),
    "a Map": machine(A=map_(machine(B=task()), ItemsPath="$.b", ResultSelector=MISS)),
}

CHANGED: dict[str, tuple[Json, str]] = {
    "a part of the input": (machine(A=pass_(InputPath="$.b", Parameters=MISS)), "[1,2]"),
    "a result in the input": (
        machine(A=pass_(Result=1, ResultPath="$.r", Next="B"), B=pass_(Parameters=CALL)),
        '{"a":1.5,"b":[1,2],"c":"x","r":1}',
    ),
    "a part of a result": (
        machine(A=task(ResultSelector={"p.$": "$.b"}, Next="B"), B=pass_(InputPath="$.p", Parameters=MISS)),
        "[1,2]",
    ),
    "an item": (machine(A=map_(machine(B=pass_(Parameters=MISS)), ItemsPath="$.b")), "1"),
}


def cause(definition: Json) -> str:
    assert isinstance(definition, dict)
    played = run(definition, answers=lambda _: Ok(SENT), text=SENT)
    assert played.types[-1] == "ExecutionFailed"
    return str(played.end.cause)


@pytest.mark.parametrize("definition", AS_SENT.values(), ids=AS_SENT)
def test_the_input_is_quoted_as_it_was_sent(definition: Json) -> None:
    """Recorded: test_invalid_jsonpath, the raw text of the input."""
    assert SENT in cause(definition)


@pytest.mark.parametrize("definition", OF_RESULTS.values(), ids=OF_RESULTS)
def test_a_result_is_quoted_as_it_was_given(definition: Json) -> None:
    """By analogy with the input."""
    assert SENT in cause(definition)


@pytest.mark.parametrize(("definition", "text"), CHANGED.values(), ids=CHANGED)
def test_what_a_state_has_changed_is_quoted_without_blanks(definition: Json, text: str) -> None:
    assert cause(definition).endswith(f"'{text}'")


DOUBLE: dict[str, Json] = {"n.$": "States.MathAdd($.n, $.n)"}


@pytest.mark.parametrize(
    ("definition", "output"),
    [
        (machine(A=pass_(Parameters={"deep": [DOUBLE]})), '{"deep":[{"n":42}]}'),
        (machine(A=task(ResultSelector=DOUBLE)), '{"n":8}'),
        (machine(A=pass_(Assign=DOUBLE, Next="B"), B=pass_(Parameters={"n.$": "$n"})), '{"n":42}'),
        (machine(A=map_(machine(B=pass_()), ItemsPath="$.l", ItemSelector=DOUBLE)), '[{"n":42}]'),
        (machine(A=parallel(machine(B=pass_()), Parameters=DOUBLE)), '[{"n":42}]'),
        (
            machine(A=task(FUNCTION, Parameters=DOUBLE, ResultPath=None, Next="B"), B=pass_(Parameters=DOUBLE)),
            '{"n":42}',
        ),
    ],
)  # fmt: skip
def test_calls_are_evaluated_in_every_template(definition: Json, output: str) -> None:
    assert isinstance(definition, dict)
    assert run(definition, {"n": 21, "l": [0]}, [Ok('{"n": 4}')]).end.output == output


@pytest.mark.parametrize("field", ["Error", "Cause"])
def test_a_fail_state_evaluates_calls(field: str) -> None:
    end = run(machine(A={"Type": "Fail", f"{field}Path": "States.Format('{}!', $.n)"}), {"n": 1}).end
    assert {"Error": end.error, "Cause": end.cause}[field] == "1!"


def test_the_order_of_evaluated_keys_shows_in_events() -> None:
    """AWS runs: literal keys first, the others in the order of a hash map."""
    definition = machine(A=pass_(Parameters={"sku.$": "$.n", "quantity.$": "$.n", "kind": 1}))
    assert run(definition, {"n": 2}).end.output == '{"kind":1,"quantity":2,"sku":2}'
