"""The state machines that are measured, and the handlers of their tasks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from asl.history import EVENT_LIMIT

Definition: TypeAlias = dict[str, Any]

FUNCTION: Final = "arn:aws:lambda:us-east-1:123456789012:function:work"

LOOP_ITERATIONS: Final = 2700
"""Of a loop with a handler, a Choice and a Wait: AWS's history can just hold them."""
PEER_ITERATIONS: Final = 100
"""How often a peer goes round its loop."""
PEER_ITEMS: Final = 100
"""How many items a peer's Map has."""
TASKS_THAT_FIT: Final = (EVENT_LIMIT - 6) // 7
"""Map items with a task each before the history is full: 7 events an item, 6 around them."""
PASSES_THAT_FIT: Final = (EVENT_LIMIT - 6) // 4
"""The same with a Pass: 4 events an item."""


def chain(length: int) -> Definition:
    """``length`` Pass states, one after the other."""
    states: dict[str, Any] = {f"P{n}": {"Type": "Pass", "Next": f"P{n + 1}"} for n in range(length)}
    states[f"P{length - 1}"] = {"Type": "Pass", "End": True}
    return {"StartAt": "P0", "States": states}


def counter(last: int) -> Definition:
    """A Pass that adds 1 to ``n`` and a Choice that goes back to it, until ``n`` is ``last``: no task, no time."""
    rule = {"Variable": "$.n", "NumericGreaterThanEquals": last, "Next": "Done"}
    states = {
        "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Enough?"},
        "Enough?": {"Type": "Choice", "Choices": [rule], "Default": "Add"},
        "Done": {"Type": "Succeed"},
    }
    return {"StartAt": "Add", "States": states}


EXPRESSION_STATES: Final = 100
"""How long the chains are whose every state has four calls or expressions."""
INTRINSIC_INPUT: Final[Definition] = {"n": 0, "id": "order-1", "label": "", "pair": [0, "order-1"]}
EXPRESSION_INPUT: Final[Definition] = {"n": 0, "items": [{"price": 2}, {"price": 3}], "total": 0, "label": ""}


def intrinsic_chain(length: int) -> Definition:
    """A chain of Pass states with four intrinsic functions in the Parameters of each, for ``INTRINSIC_INPUT``."""
    parameters = {
        "n.$": "States.MathAdd($.n, 1)",
        "id.$": "States.ArrayGetItem($.pair, 1)",
        "label.$": "States.Format('{} has {}', $.id, $.n)",
        "pair.$": "States.Array($.n, $.id)",
    }
    definition = chain(length)
    for state in definition["States"].values():
        state["Parameters"] = parameters
    return definition


def expression_chain(length: int) -> Definition:
    """A chain of Pass states with four JSONata expressions in the Output of each, for ``EXPRESSION_INPUT``."""
    output = {
        "n": "{% $states.input.n + 1 %}",
        "items": "{% $states.input.items[price > 1] %}",
        "total": "{% $sum($states.input.items.price) %}",
        "label": "{% 'item ' & $string($states.input.n) %}",
    }
    definition = chain(length)
    for state in definition["States"].values():
        state["Output"] = output
    return {**definition, "QueryLanguage": "JSONata"}


def loop(work: Definition, *, wait_seconds: int = 60) -> Definition:
    """A background task: ``work`` until its output says ``done``, with a wait before each further iteration."""
    states = {
        "Work": {**work, "Next": "Done?"},
        "Done?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.done", "BooleanEquals": True, "Next": "Done"}],
            "Default": "Rest",
        },
        "Rest": {"Type": "Wait", "Seconds": wait_seconds, "Next": "Work"},
        "Done": {"Type": "Succeed"},
    }
    return {"StartAt": "Work", "States": states}


TASK: Final[Definition] = {"Type": "Task", "Resource": FUNCTION}
PASS: Final[Definition] = {"Type": "Pass"}


def over_items(work: Definition) -> Definition:
    """An inline Map that does ``work`` for each item of its input."""
    inside = {"StartAt": "Work", "States": {"Work": {**work, "End": True}}}
    return {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": inside, "End": True}}}


def over_distributed(execution_type: str, reader: Definition | None = None) -> Definition:
    """A distributed Map with a task for each item, of its input or of what ``reader`` reads."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type},
        "StartAt": "Work",
        "States": {"Work": {**TASK, "End": True}},
    }
    each = {"Type": "Map", "ItemProcessor": processor, **({"ItemReader": reader} if reader else {}), "End": True}
    return {"StartAt": "Each", "States": {"Each": each}}


def four_states(*, wait_seconds: int) -> Definition:
    """A Pass, a Choice, a Wait and a Succeed: the machine for many executions, and for the command line."""
    states = {
        "Prepare": {"Type": "Pass", "Result": {"size": 3}, "Next": "Large?"},
        "Large?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.size", "NumericGreaterThan": 2, "Next": "Rest"}],
            "Default": "Done",
        },
        "Rest": {"Type": "Wait", "Seconds": wait_seconds, "Next": "Done"},
        "Done": {"Type": "Succeed"},
    }
    return {"StartAt": "Prepare", "States": states}


def counting(iterations: int) -> Callable[[Any, Any], Any]:
    """A handler that counts what it is given, and is done after ``iterations``."""

    def count(event: dict[str, Any], context: object) -> dict[str, Any]:
        number = event.get("n", 0) + 1
        return {"n": number, "done": number >= iterations}

    return count


def counting_by_the_clock(iterations: int) -> Callable[[Any, Any], Any]:
    """The same, and it asks its process for the time."""
    count = counting(iterations)

    def count_and_look(event: dict[str, Any], context: object) -> dict[str, Any]:
        shown = datetime.now(UTC)  # noqa: TID251 - what a user's handler does
        assert shown.year >= 2030, "the handler was shown the system's time"
        return {**count(event, context), "at": shown.isoformat()}

    return count_and_look


def echo(event: object, context: object) -> object:
    """A handler that answers what it is given."""
    return event


def one(event: object, context: object) -> int:
    """A handler whose answers fit into a state's output 100,000 times."""
    return 1
