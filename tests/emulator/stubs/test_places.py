"""One stub wherever its Task is: in Maps and branches, in both query languages, Standard and Express, over HTTP.

The same answers by state are declared in a test and in a file; two executions of one machine share them.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from tests.emulator.server.served import ROLE, Served, listening
from tests.emulator.stubs.conftest import FUNCTION, INVOKE, machine, task

ITEMS = [{"id": 1}, {"id": 2}, {"id": 3}]
PAID = ["paid", "late", "big"]
ANSWERS = [
    {"returns": "paid"},
    {"raises": {"error": "Busy", "cause": "later"}, "times": 1, "for_item": 1},
    {"returns": "late", "for_item": 1},
    {"returns": "big", "when": {"id": 3}},
]
RETRY = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1}]


def charge(language: str, resource: str) -> dict[str, Any]:
    state = task(resource, Retry=RETRY)
    if resource == INVOKE and language == "JSONata":
        payload = {"FunctionName": "charge", "Payload": "{% $states.input %}"}
        return {**state, "Arguments": payload, "Output": "{% $states.result.Payload %}"}
    if resource == INVOKE:
        return {**state, "Parameters": {"FunctionName": "charge", "Payload.$": "$"}, "OutputPath": "$.Payload"}
    return state


def each(state: dict[str, Any], language: str, *, distributed: bool = False) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"} if distributed else {"Mode": "INLINE"}
    items = {"Items": "{% $states.input %}"} if language == "JSONata" else {}
    return {"Type": "Map", "ItemProcessor": {**machine(state), "ProcessorConfig": config}, "End": True, **items}


def both(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Parallel",
        "Branches": [machine(state, name), machine({"Type": "Succeed"}, "Beside")],
        "End": True,
    }


Layout = Callable[[dict[str, Any], str], dict[str, Any]]
LAYOUTS: dict[str, tuple[Layout, Callable[[Any], Any]]] = {
    "Map": (lambda state, language: each(state, language), lambda output: output),
    "Map in Parallel": (lambda state, language: both("Each", each(state, language)), lambda output: output[0]),
    "Parallel in Map": (
        lambda state, language: {
            **each(state, language),
            "ItemProcessor": machine(both("Charge", state), "Both"),
        },
        lambda output: [item[0] for item in output],
    ),
    "distributed Map in Parallel": (
        lambda state, language: both("Each", each(state, language, distributed=True)),
        lambda output: output[0],
    ),
}
PLACES = [
    (layout, language, resource, type_)
    for layout in LAYOUTS
    for language in ("JSONPath", "JSONata")
    for resource in (FUNCTION, INVOKE)
    for type_ in ("STANDARD", "EXPRESS")
    if not (layout.startswith("distributed") and type_ == "EXPRESS")
]


def definition(layout: str, language: str, resource: str) -> dict[str, Any]:
    return machine(LAYOUTS[layout][0](charge(language, resource), language), "Top", QueryLanguage=language)


@pytest.mark.parametrize(("layout", "language", "resource", "type_"), PLACES)
def test_a_stub_is_for_its_task_wherever_it_is(layout: str, language: str, resource: str, type_: Any) -> None:
    with Emulator() as emulator:
        stub = emulator.task("Charge").returns("paid")
        stub.for_item(1).raises("Busy", "later", times=1).then.returns("late")
        stub.when(input={"id": 3}).returns("big")
        orders = emulator.state_machine(definition(layout, language, resource), name="Orders", type=type_)
        first, second = (emulator.run(orders, ITEMS).assert_succeeded() for _ in range(2))
        read = LAYOUTS[layout][1]
        assert (read(first.output), read(second.output)) == (PAID, PAID)
        assert (stub.call_count, stub.for_item(1).call_count) == (7, 3)
        assert sorted(call.item for call in stub.calls if call.item is not None) == [0, 0, 1, 1, 1, 2, 2]
        assert first.elapsed.total_seconds() == 1


def ended(client: Any, arn: str) -> Any:
    """An execution that has ended: each question lets virtual time pass."""
    answers = (client.describe_execution(executionArn=arn) for _ in range(20))
    return next(answer for answer in answers if answer["status"] != "RUNNING")


@pytest.mark.parametrize(("layout", "language", "resource", "type_"), [each for each in PLACES if each[2] == INVOKE])
def test_a_stub_of_a_file_is_for_its_task_over_http(
    tmp_path: Path, layout: str, language: str, resource: str, type_: Any
) -> None:
    file = tmp_path / "stubs.json"
    file.write_text(json.dumps({"tasks": {"Charge": ANSWERS}}))

    def make() -> Emulator:
        emulator = Emulator(unused_stubs="allow")
        emulator.stubs_from(file)
        return emulator

    text, read = json.dumps(definition(layout, language, resource)), LAYOUTS[layout][1]
    with listening(make) as port:
        client = Served(port, threading.Event()).client("stepfunctions")
        arn = client.create_state_machine(name="Orders", definition=text, roleArn=ROLE, type=type_)["stateMachineArn"]
        for _ in range(2):
            if type_ == "EXPRESS":
                answer = client.start_sync_execution(stateMachineArn=arn, input=json.dumps(ITEMS))
            else:
                started = client.start_execution(stateMachineArn=arn, input=json.dumps(ITEMS))
                answer = ended(client, started["executionArn"])
            assert (answer["status"], read(json.loads(answer["output"]))) == ("SUCCEEDED", PAID)
