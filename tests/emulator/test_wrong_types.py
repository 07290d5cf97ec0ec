"""Arguments of another type, or that are nonsense: the error names the argument, its value and what the call takes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import asl
from emulator import Emulator, EmulatorError, NodeHandler

PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
NAMED = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Table}", "End": True}}})


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"backend": 7}, "backend=7: 7 is an int, not text"),
        ({"backend": [7]}, "backend=[7]: 7 is an int, not text"),
        ({"backend": {"sqs": 7}}, "7 is an int, not text"),
        ({"root": 7}, "root=7 (an int) is not a path of a folder"),
        ({"seed": 2.5}, "seed=2.5 (a float) is neither an integer nor text"),
        ({"seed": None}, "seed=None is neither an integer nor text"),
        ({"accepted_calls": None}, "accepted_calls=None is not a list"),
        ({"start": "2031-05-01"}, "Emulator(start=...): '2031-05-01' is not a datetime"),
    ],
)
def test_a_setting_of_another_type(setting: dict[str, Any], said: str) -> None:
    with pytest.raises((EmulatorError, TypeError)) as raised:
        Emulator(**setting)
    assert said in str(raised.value)


def test_accepted_calls_may_be_any_iterable() -> None:
    with Emulator(accepted_calls=(name for name in ["cloudwatch:PutMetricAlarm"])) as emulator:
        assert emulator.is_open


CALLS: dict[str, tuple[Callable[[Emulator], object], str]] = {
    "no name": (lambda e: e.lambda_function(None, print), "lambda_function: name=None is not text"),  # type: ignore[arg-type]
    "a handler": (lambda e: e.lambda_function("f", 7), "handler is an int; give a function"),  # type: ignore[arg-type]
    "a variable's name": (
        lambda e: e.lambda_function("f", lambda event, context: None, environment={"2ND": "x"}),
        "environment variable '2ND': a name has letters, digits and _",
    ),
    "variables": (
        lambda e: e.lambda_function("f", lambda event, context: None, environment=["x"]),  # type: ignore[arg-type]
        "environment is a list; give a mapping",
    ),
    "an account": (
        lambda e: e.lambda_function("arn:aws:lambda:us-east-1:77:function:f", lambda event, context: None),
        "the account '77' is not 12 digits",
    ),
    "a machine's name": (lambda e: e.state_machine(PASS, name=7), "name=7 (an int) is not text"),  # type: ignore[arg-type]
    "an execution's name": (lambda e: e.run(PASS, name=7), "name=7 (an int) is not text"),  # type: ignore[arg-type]
    "a role": (lambda e: e.state_machine(PASS, role_arn=7), "role_arn=7 (an int) is not text"),  # type: ignore[arg-type]
    "substitutions": (
        lambda e: e.state_machine(NAMED, substitutions=["Table"]),  # type: ignore[arg-type]
        "substitutions=['Table'] (a list) is not a mapping",
    ),
    "a service": (lambda e: e.client(None), "service=None is not text"),  # type: ignore[arg-type]
    "a condition": (lambda e: e.run_until(7), "run_until: 7 is an int, not a function"),  # type: ignore[arg-type]
    "a state": (lambda e: e.run(PASS).states[7], "a state is found by its name, not by 7"),  # type: ignore[index]
    "remaining time": (
        lambda e: setattr(e.tasks, "remaining_time", "soon"),
        "tasks.remaining_time = 'soon' is a str, not a list of milliseconds",
    ),
    "one number as remaining time": (
        lambda e: setattr(e.tasks, "remaining_time", 7),
        "tasks.remaining_time = 7 is an int, not a list of milliseconds",
    ),
    "a task": (lambda e: e.tasks.trigger(None), "tasks.trigger: None is not a task"),  # type: ignore[arg-type]
    "seconds": (lambda e: e.clock.advance(seconds=-7), "advance: seconds=-7 is negative"),
    "a length": (
        lambda e: e.clock.advance(timedelta(days=-2)),
        "advance: datetime.timedelta(days=-2) is negative",
    ),
    "an input's text": (
        lambda e: e.run(PASS, input_text="{oops"),
        "fix: input_text takes JSON text; input=... takes a Python value",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_an_argument_of_another_type(emulator: Emulator, case: str) -> None:
    call, said = CALLS[case]
    with pytest.raises((EmulatorError, ValueError, KeyError)) as raised:
        call(emulator)
    assert said in str(raised.value.args[0])


@pytest.mark.parametrize("handler", [None, "x", "build/index", "build/index.", "#f", "build/.f"])
def test_a_node_handler_names_a_file_and_a_function(handler: Any) -> None:
    with pytest.raises(ValueError, match=r'write "folder/file.function"'):
        NodeHandler(handler)


def test_the_root_of_a_node_handler_is_a_path() -> None:
    with pytest.raises(ValueError, match="root is 7; give the path of a folder"):
        NodeHandler("build/index.f", root=7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (PASS, r"check takes JSON text, not dict\n    fix: give json.dumps\(definition\)"),
        (None, "check takes JSON text, not None"),
        (7, "check takes JSON text, not int"),
    ],
)
def test_check_takes_text(given: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        asl.check(given)
