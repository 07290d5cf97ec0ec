"""What executions take of a definition, by hand: every kind of decision, and the goals that each input takes.

The lists below were written from the definition and the language's rules, not from what the collector gave.
"""

from collections.abc import Iterable
from typing import Any, Final

import pytest

from emulator import Emulator
from emulator.coverage.goals import Goals, Key, read_goals
from emulator.coverage.taken import Taken, root_of
from emulator.execution import Execution

RETRY: Final = [
    {"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 1},
    {"ErrorEquals": ["Never"], "MaxAttempts": 0},
]
CATCH: Final = [
    {"ErrorEquals": ["Declined"], "Next": "Sorry"},
    {"ErrorEquals": ["States.ALL"], "Next": "Alarm"},
]
FUNCTION: Final = "arn:aws:lambda:us-east-1:123456789012:function"

MACHINE: Final[dict[str, Any]] = {
    "StartAt": "Pick",
    "States": {
        "Pick": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.kind", "IsString": True},
                        {"Not": {"Variable": "$.kind", "StringEquals": "small"}},
                        {
                            "Or": [
                                {"Variable": "$.kind", "StringEquals": "charge"},
                                {"Variable": "$.kind", "StringEquals": "pay"},
                            ]
                        },
                    ],
                    "Next": "Charge",
                },
                {"Variable": "$.kind", "StringEquals": "both", "Next": "Both"},
                {"Variable": "$.number", "NumericGreaterThan": 5, "Next": "Ask"},
            ],
            "Default": "Pause",
        },
        "Charge": {"Type": "Task", "Resource": f"{FUNCTION}:charge", "Retry": RETRY, "Catch": CATCH, "Next": "Done"},
        "Sorry": {"Type": "Fail", "Error": "Sorry"},
        "Alarm": {"Type": "Pass", "End": True},
        "Both": {
            "Type": "Parallel",
            "Next": "Far",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}},
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemsPath": "$.items",
                            "End": True,
                            "ItemProcessor": {
                                "StartAt": "Item",
                                "States": {
                                    "Item": {
                                        "Type": "Task",
                                        "Resource": f"{FUNCTION}:item",
                                        "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}],
                                        "End": True,
                                    }
                                },
                            },
                        }
                    },
                },
            ],
        },
        "Far": {
            "Type": "Map",
            "ItemsPath": "$[1]",
            "Next": "Done",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Child",
                "States": {
                    "Child": {
                        "Type": "Choice",
                        "Choices": [{"Variable": "$", "NumericGreaterThan": 1, "Next": "High"}],
                        "Default": "Low",
                    },
                    "High": {"Type": "Pass", "End": True},
                    "Low": {"Type": "Succeed"},
                },
            },
        },
        "Ask": {
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [
                {"Condition": "{% $states.input.number > 10 %}", "Next": "Done"},
                {"Condition": "{% $states.input.number = 7 %}", "Next": "Pause"},
            ],
        },
        "Pause": {"Type": "Wait", "Seconds": 60, "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}

GOALS: Final = """
/Pick entered
/Pick/Choices/0 true
/Pick/Choices/0 false
/Pick/Choices/0/Next taken
/Pick/Choices/1 true
/Pick/Choices/1 false
/Pick/Choices/1/Next taken
/Pick/Choices/2 true
/Pick/Choices/2 false
/Pick/Choices/2/Next taken
/Pick/Default taken
/Charge entered
/Charge/Next taken
/Charge/Catch/0 caught
/Charge/Catch/0/Next taken
/Charge/Catch/1 caught
/Charge/Catch/1/Next taken
/Charge/Retry/0 used
/Charge/Retry/0 used up
/Charge/Retry/1 used up
/Sorry entered
/Alarm entered
/Alarm/End taken
/Both entered
/Both/Next taken
/Both/Branches/0/Left entered
/Both/Branches/0/Left/End taken
/Both/Branches/1/Each entered
/Both/Branches/1/Each/End taken
/Both/Branches/1/Each items
/Both/Branches/1/Each no items
/Both/Branches/1/Each/ItemProcessor/Item entered
/Both/Branches/1/Each/ItemProcessor/Item/End taken
/Both/Branches/1/Each/ItemProcessor/Item/Retry/0 used
/Both/Branches/1/Each/ItemProcessor/Item/Retry/0 used up
/Far entered
/Far/Next taken
/Far items
/Far no items
/Far/ItemProcessor/Child entered
/Far/ItemProcessor/Child/Choices/0 true
/Far/ItemProcessor/Child/Choices/0 false
/Far/ItemProcessor/Child/Choices/0/Next taken
/Far/ItemProcessor/Child/Default taken
/Far/ItemProcessor/High entered
/Far/ItemProcessor/High/End taken
/Far/ItemProcessor/Low entered
/Ask entered
/Ask/Choices/0 true
/Ask/Choices/0 false
/Ask/Choices/0/Next taken
/Ask/Choices/1 true
/Ask/Choices/1 false
/Ask/Choices/1/Next taken
/Pause entered
/Pause/Next taken
/Done entered
""".strip().splitlines()

TO_CHARGE: Final = ["/Pick entered", "/Pick/Choices/0 true", "/Pick/Choices/0/Next taken", "/Charge entered"]
TO_BOTH: Final = [
    "/Pick entered",
    "/Pick/Choices/0 false",
    "/Pick/Choices/1 true",
    "/Pick/Choices/1/Next taken",
    "/Both entered",
    "/Both/Branches/0/Left entered",
    "/Both/Branches/0/Left/End taken",
    "/Both/Branches/1/Each entered",
]
BEHIND_BOTH: Final = ["/Both/Branches/1/Each/End taken", "/Both/Next taken", "/Far entered"]
BEHIND_FAR: Final = ["/Far/Next taken", "/Done entered"]
ITEM: Final = "/Both/Branches/1/Each/ItemProcessor/Item"
CHILD: Final = "/Far/ItemProcessor/Child"
TO_ASK: Final = [
    "/Pick entered",
    "/Pick/Choices/0 false",
    "/Pick/Choices/1 false",
    "/Pick/Choices/2 true",
    "/Pick/Choices/2/Next taken",
    "/Ask entered",
]
TO_PAUSE: Final = [
    "/Pick entered",
    "/Pick/Choices/0 false",
    "/Pick/Choices/1 false",
    "/Pick/Choices/2 false",
    "/Pick/Default taken",
    "/Pause entered",
    "/Pause/Next taken",
    "/Done entered",
]

CASES: Final[dict[str, tuple[dict[str, Any], list[str]]]] = {
    "the task succeeds": ({"kind": "charge"}, [*TO_CHARGE, "/Charge/Next taken", "/Done entered"]),
    "the other part of Or": ({"kind": "pay"}, [*TO_CHARGE, "/Charge/Next taken", "/Done entered"]),
    "a retry helps": (
        {"kind": "charge", "errors": ["Busy"]},
        [*TO_CHARGE, "/Charge/Retry/0 used", "/Charge/Next taken", "/Done entered"],
    ),
    "retries used up, then the second catcher": (
        {"kind": "charge", "errors": ["Busy", "Busy"]},
        [
            *TO_CHARGE,
            "/Charge/Retry/0 used",
            "/Charge/Retry/0 used up",
            "/Charge/Catch/1 caught",
            "/Charge/Catch/1/Next taken",
            "/Alarm entered",
            "/Alarm/End taken",
        ],
    ),
    "a retrier without retries is used up at once": (
        {"kind": "charge", "errors": ["Never"]},
        [
            *TO_CHARGE,
            "/Charge/Retry/1 used up",
            "/Charge/Catch/1 caught",
            "/Charge/Catch/1/Next taken",
            "/Alarm entered",
            "/Alarm/End taken",
        ],
    ),
    "the first catcher": (
        {"kind": "charge", "errors": ["Declined"]},
        [*TO_CHARGE, "/Charge/Catch/0 caught", "/Charge/Catch/0/Next taken", "/Sorry entered"],
    ),
    "no items anywhere": (
        {"kind": "both", "items": []},
        [*TO_BOTH, "/Both/Branches/1/Each no items", *BEHIND_BOTH, "/Far no items", *BEHIND_FAR],
    ),
    "an item that is high, after a retry": (
        {"kind": "both", "items": [{"value": 2, "errors": ["Busy"]}]},
        [
            *TO_BOTH,
            "/Both/Branches/1/Each items",
            f"{ITEM} entered",
            f"{ITEM}/Retry/0 used",
            f"{ITEM}/End taken",
            *BEHIND_BOTH,
            "/Far items",
            f"{CHILD} entered",
            f"{CHILD}/Choices/0 true",
            f"{CHILD}/Choices/0/Next taken",
            "/Far/ItemProcessor/High entered",
            "/Far/ItemProcessor/High/End taken",
            *BEHIND_FAR,
        ],
    ),
    "an item that is low": (
        {"kind": "both", "items": [{"value": 1}]},
        [
            *TO_BOTH,
            "/Both/Branches/1/Each items",
            f"{ITEM} entered",
            f"{ITEM}/End taken",
            *BEHIND_BOTH,
            "/Far items",
            f"{CHILD} entered",
            f"{CHILD}/Choices/0 false",
            f"{CHILD}/Default taken",
            "/Far/ItemProcessor/Low entered",
            *BEHIND_FAR,
        ],
    ),
    "an item whose retries are used up fails everything": (
        {"kind": "both", "items": [{"value": 1, "errors": ["Busy", "Busy", "Busy"]}]},
        [
            *TO_BOTH,
            "/Both/Branches/1/Each items",
            f"{ITEM} entered",
            f"{ITEM}/Retry/0 used",
            f"{ITEM}/Retry/0 used up",
        ],
    ),
    "the first condition in JSONata": (
        {"kind": "x", "number": 11},
        [*TO_ASK, "/Ask/Choices/0 true", "/Ask/Choices/0/Next taken", "/Done entered"],
    ),
    "the second condition in JSONata": (
        {"kind": "x", "number": 7},
        [
            *TO_ASK,
            "/Ask/Choices/0 false",
            "/Ask/Choices/1 true",
            "/Ask/Choices/1/Next taken",
            "/Pause entered",
            "/Pause/Next taken",
            "/Done entered",
        ],
    ),
    "no condition holds, and there is no Default": (
        {"kind": "x", "number": 8},
        [*TO_ASK, "/Ask/Choices/0 false", "/Ask/Choices/1 false"],
    ),
    "Default": ({"kind": "small", "number": 5}, TO_PAUSE),
    "a rule that fails is neither true nor false": (
        {"kind": "x"},
        ["/Pick entered", "/Pick/Choices/0 false", "/Pick/Choices/1 false"],
    ),
}


def named(keys: Iterable[tuple[str, str]]) -> list[str]:
    """Keys as the lists above write them, without ``/States``."""
    return sorted(f"{pointer.replace('/States', '')} {outcome}" for pointer, outcome in keys)


class Failing(Exception):  # noqa: N818 - only a name that Lambda reports
    """Raised under the name of an error that the input asks for."""


def run(given: dict[str, Any], definition: dict[str, Any] = MACHINE) -> list[Execution]:
    """The executions of one run of the machine: its own, and those of its map runs' children."""
    seen: list[Execution] = []

    def answering(errors: list[str], result: Any) -> Any:
        if errors:
            raise type(errors.pop(0), (Failing,), {})
        return result

    left = {id(each): list(each.get("errors", ())) for each in given.get("items", ())}
    of_values = {each["value"]: left[id(each)] for each in given.get("items", ())}
    own = list(given.get("errors", ()))
    with Emulator() as emulator:
        emulator.assembly.driver.on_status.append(lambda each: seen.append(each) if each.finish is not None else None)
        emulator.lambda_function("charge", lambda _event, _context: answering(own, {}))
        emulator.lambda_function("item", lambda event, _context: answering(of_values[event["value"]], event["value"]))
        emulator.run(definition, given)
    return seen


def taken(executions: Iterable[Execution], goals: Goals) -> set[Key]:
    found = Taken(goals)
    for each in executions:
        found.add(each)
    return found.keys


@pytest.mark.parametrize("case", CASES)
def test_an_input_takes_what_is_written_here(case: str) -> None:
    given, expected = CASES[case]
    goals = read_goals(MACHINE)
    assert named(taken(run(given), goals)) == sorted(expected)


def test_the_goals_are_those_written_here() -> None:
    assert [
        f"{each.key.pointer.replace('/States', '')} {each.key.outcome}" for each in read_goals(MACHINE).all
    ] == GOALS


def test_the_cases_take_every_goal() -> None:
    assert {each for _, expected in CASES.values() for each in expected} == set(GOALS)


def test_executions_add_up_in_any_order() -> None:
    executions = [each for given, _ in CASES.values() for each in run(given)]
    goals = read_goals(MACHINE)
    assert named(taken(executions, goals)) == named(taken(executions[::-1], goals)) == sorted(GOALS)


def test_the_children_of_a_distributed_map_count_for_their_parent() -> None:
    executions = run({"kind": "both", "items": [{"value": 1}]})
    assert len(executions) == 2
    assert {root_of(each) for each in executions} == {executions[-1]}


def test_a_catcher_whose_fields_fail_leads_nowhere() -> None:
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "Done", "Assign": {"v.$": "$.nothing"}}
    charge = {"Type": "Task", "Resource": f"{FUNCTION}:charge", "Catch": [catcher], "Next": "Done"}
    machine = {"StartAt": "Charge", "States": {"Charge": charge, "Done": {"Type": "Succeed"}}}
    (execution,) = run({"errors": ["E"]}, machine)
    assert named(taken([execution], read_goals(machine))) == ["/Charge entered", "/Charge/Catch/0 caught"]


def test_a_state_that_was_left_both_ways_took_both() -> None:
    charge = {
        "Type": "Task",
        "Resource": f"{FUNCTION}:charge",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Charge", "ResultPath": "$.error"}],
        "End": True,
    }
    machine = {"StartAt": "Charge", "States": {"Charge": charge}}
    (execution,) = run({"errors": ["E"]}, machine)
    assert named(taken([execution], read_goals(machine))) == sorted(
        ["/Charge entered", "/Charge/Catch/0 caught", "/Charge/Catch/0/Next taken", "/Charge/End taken"]
    )
