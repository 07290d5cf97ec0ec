"""The targets of Tasks: the table, and the check for tasks that cannot be answered."""

from typing import Any, Final

import pytest

from asl.resources import known_resources, parse_resource
from emulator import Emulator
from emulator.errors import MissingHandlerError, NotEmulatedError
from emulator.targets.activities import Activities
from emulator.targets.functions import LambdaFunctions, LambdaInvoke, LambdaSdkCalls
from emulator.targets.jobs import Jobs
from emulator.targets.nested import NestedExecutions
from emulator.targets.polls import ActivityPolls
from emulator.targets.registry import ROWS, resources
from emulator.targets.services import ServiceCalls

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"


def task(resource: str = FUNCTION, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def block(state: dict[str, Any], name: str = "T", **fields: Any) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: state}, **fields}


def inline(mode: str) -> dict[str, Any]:
    config = {"Mode": mode, **({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})}
    return {"Type": "Map", "End": True, "ItemProcessor": block(task(), ProcessorConfig=config)}


NESTED: dict[str, dict[str, Any]] = {
    "at the top": task(),
    "in a branch": {
        "Type": "Parallel",
        "End": True,
        "Branches": [block({"Type": "Pass", "End": True}, "P"), block(task())],
    },
    "in a Map": inline("INLINE"),
    "in a distributed Map": inline("DISTRIBUTED"),
    "in an Iterator": {"Type": "Map", "End": True, "Iterator": block(task())},
    "two deep": {"Type": "Parallel", "End": True, "Branches": [block(inline("DISTRIBUTED"), "M")]},
}


@pytest.mark.parametrize(
    ("resource", "target"),
    [
        (FUNCTION, LambdaFunctions),
        ("arn:aws:states:us-east-1:123456789012:activity:a", Activities),
        (INVOKE, LambdaInvoke),
        (f"{INVOKE}.waitForTaskToken", LambdaInvoke),
        ("arn:aws:states:::states:startExecution", NestedExecutions),
        ("arn:aws:states:::states:startExecution.sync:2", NestedExecutions),
        ("arn:aws:states:::aws-sdk:sfn:getActivityTask", ActivityPolls),
        ("arn:aws:states:::aws-sdk:sfn:startExecution", ServiceCalls),
        ("arn:aws:states:::aws-sdk:lambda:invoke", LambdaSdkCalls),
        ("arn:aws:states:::aws-sdk:lambda:listFunctions", ServiceCalls),
        ("arn:aws:states:::sqs:sendMessage", ServiceCalls),
        ("arn:aws:states:::ecs:runTask", ServiceCalls),
        ("arn:aws:states:::ecs:runTask.sync", Jobs),
    ],
)
def test_the_first_row_whose_resource_it_is_answers(resource: str, target: type) -> None:
    parsed = parse_resource(resource)
    assert parsed is not None
    assert next(row.target for row in ROWS if row.answers(parsed)) is target


def test_the_table_has_a_row_for_every_resource() -> None:
    assert len(ROWS) == 12
    named = [text for text, _ in resources()]
    assert set(known_resources()) <= set(named)
    assert len(named) == len(set(named)) == len(known_resources()) + 3


@pytest.mark.parametrize("where", NESTED)
def test_a_function_that_nobody_registered_is_found_wherever_its_task_is(emulator: Emulator, where: str) -> None:
    machine = emulator.state_machine(block(NESTED[where], "Outer"))
    assert [str(each).partition(" (")[0] for each in emulator.assembly.targets.unanswerable(machine)] == [
        f"no handler for {FUNCTION}"
    ]
    emulator.lambda_function("charge", lambda event, context: event)
    assert list(emulator.assembly.targets.unanswerable(machine)) == []


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_a_literal_function_name_is_checked_in_both_query_languages(emulator: Emulator, language: str) -> None:
    field = "Arguments" if language == "JSONata" else "Parameters"
    machine = emulator.state_machine(block(task(INVOKE, **{field: {"FunctionName": "charge"}}), QueryLanguage=language))
    with pytest.raises(MissingHandlerError, match=r"no handler for charge \(state 'T' of definition\)"):
        emulator.start(machine)
    assert [each.status for each in emulator.executions] == ["ABORTED"]
    emulator.lambda_function("charge", lambda event, context: event)
    assert emulator.run(machine).status == "SUCCEEDED"


@pytest.mark.parametrize(
    "fields",
    [
        {"Parameters": {"FunctionName.$": "$.name"}},
        {"Arguments": {"FunctionName": "{% $states.input.name %}"}, "QueryLanguage": "JSONata"},
        {"Arguments": "{% {'FunctionName': $states.input.name} %}", "QueryLanguage": "JSONata"},
    ],
)
def test_a_function_name_that_the_input_decides_is_known_when_it_is_called(
    emulator: Emulator, fields: dict[str, Any]
) -> None:
    with pytest.raises(MissingHandlerError, match="no handler for f"):
        emulator.start(block(task(INVOKE, **fields)), {"name": "f"})
    assert len(emulator.executions) == 1


CLUSTER: Final = {"ClusterName": "k", "CertificateAuthority": "c", "Endpoint": "https://k"}


def test_every_task_that_nobody_answers_is_named(emulator: Emulator) -> None:
    states = {
        "A": task() | {"Next": "B"},
        "B": task("arn:aws:states:::eks:runJob.sync", Parameters={**CLUSTER, "Job": {}}) | {"Next": "C"},
        "C": task(INVOKE, Parameters={"FunctionName": "refund"}),
    }
    del states["A"]["End"], states["B"]["End"]
    machine = emulator.state_machine({"StartAt": "A", "States": states})
    found = list(emulator.assembly.targets.unanswerable(machine))
    assert [type(error) for error in found] == [MissingHandlerError, NotEmulatedError, MissingHandlerError]
    assert "state 'B' of definition" in str(found[1])
