"""A value that JSON cannot hold is named with its path, its kind, and what to write instead."""

from collections import OrderedDict, UserDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from emulator import Emulator, InputError
from emulator.not_json import find_not_json
from emulator.tasks import task

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
PASS: Any = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
CALL: Any = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": FUNCTION, "End": True}}}


@dataclass
class Point:
    x: int


class Colour(Enum):
    RED = 1


def circle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


AT = "$.order.items[2].at"


def order(value: Any) -> dict[str, Any]:
    return {"order": {"items": [1, 2, {"at": value}]}}


FOREIGN: list[tuple[Any, str]] = [
    (datetime(2030, 1, 1, tzinfo=UTC), f"{AT} is a datetime; write its isoformat()"),
    (date(2030, 1, 1), f"{AT} is a date; write its isoformat()"),
    (timedelta(1), f"{AT} is a timedelta; write its total_seconds()"),
    (Decimal("1.5"), f"{AT} is a Decimal; write int() or float() of it, or str()"),
    (b"x", f"{AT} is bytes; write its decode()"),
    ({1}, f"{AT} is a set; write sorted() of it"),
    (float("nan"), f"{AT} is nan, which is not a JSON number; write a finite number or None"),
    (float("-inf"), f"{AT} is -inf, which is not a JSON number"),
    ({(1, 2): 3}, f"{AT} is an object with the key (1, 2), a tuple; write keys that are text"),
    (UUID(int=1), f"{AT} is an UUID; write str() of it"),
    (Colour.RED, f"{AT} is a Colour; write its value"),
    (Path("x"), f"{AT} is a PosixPath; write str() of it"),
    (Point(1), f"{AT} is a Point; write dataclasses.asdict() of it"),
    (UserDict(), f"{AT} is an UserDict; write dict() of it"),
    (range(3), f"{AT} is a range; write list() of it"),
    (object(), f"{AT} is a value of type object; write a dict, list, str, int, float, bool or None"),
    ("\ud800", f"{AT} is text with half of a surrogate pair"),
    (circle(), f"{AT}[0] is {AT} itself, in a circle"),
    (deep(), "... is nested more than 400 levels deep"),
]
foreign = pytest.mark.parametrize(("value", "said"), FOREIGN, ids=[said[:40] for _, said in FOREIGN])


@foreign
def test_the_first_part_that_is_not_json_is_found(value: Any, said: str) -> None:
    assert said in str(find_not_json(order(value)))


@foreign
def test_an_input_names_it(emulator: Emulator, value: Any, said: str) -> None:
    with pytest.raises(InputError) as raised:
        emulator.start(PASS, order(value))
    assert said.partition(";")[0] in str(raised.value)
    assert "\n    fix: write " in str(raised.value)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "é", [], {}, (1, 2), {1: 2}, {None: 1}, OrderedDict(a=1)])
def test_what_json_holds_is_accepted(emulator: Emulator, value: Any) -> None:
    assert find_not_json(order(value)) is None
    assert emulator.run(PASS, order(value)).status == "SUCCEEDED"


def test_a_member_whose_name_is_no_word_is_quoted() -> None:
    found = find_not_json({"at noon": [{"ok": 1}, {1}]})
    assert found is not None
    assert found.path == "$['at noon'][1]"


HANDLED = [
    (datetime(2030, 1, 1, tzinfo=UTC), f"the response, at {AT}, contains a datetime: return its isoformat()"),
    ({1}, f"the response, at {AT}, contains a set: return sorted() of it"),
    ({(1, 2): 3}, f"the response, at {AT}, contains an object with a tuple as a key: keys are text"),
    (object(), f"the response, at {AT}, contains a object; Lambda accepts dict, list"),
    (circle(), f"the response: {AT}[0] is {AT} itself, in a circle"),
]


@pytest.mark.parametrize(("value", "said"), HANDLED, ids=[said[14:50] for _, said in HANDLED])
def test_a_handlers_output_names_it_to_people(emulator: Emulator, value: Any, said: str) -> None:
    emulator.lambda_function("f", lambda *_: order(value))
    run = emulator.run(CALL)
    assert run.error == "Runtime.MarshalError"
    assert said not in str(run.cause), "Lambda's own text stays as it is"
    with pytest.raises(AssertionError) as raised:
        run.assert_succeeded()
    assert said in str(raised.value)


@task(title="Answers", id="answers")
def answers(ctx: Any) -> Any:
    return ctx.response.done("fine", order(ctx.app()))


TASKS = [
    (lambda: Decimal(1), "order.items[2].at: Decimal is not JSON; pass int(), float() or str() of it"),
    (lambda: {1}, "order.items[2].at: set is not JSON; pass sorted() of it"),
    (lambda: b"x", "order.items[2].at: bytes is not JSON; pass its decode()"),
    (circle, "order.items[2].at[0]: a list that contains itself is not JSON"),
    (deep, "nested more than 150 levels deep"),
    (lambda: "\ud800", "order.items[2].at: the text has half of a surrogate pair"),
    (lambda: {(1, 2): 3}, "order.items[2].at: the key (1, 2) is not a string"),
]


@pytest.mark.parametrize(("make", "said"), TASKS, ids=[said[:40] for _, said in TASKS])
def test_a_background_tasks_input_and_output_name_it(emulator: Emulator, make: Callable[[], Any], said: str) -> None:
    emulator.tasks.app = make
    run = emulator.tasks.trigger(answers).run_to_end()
    assert said in str(run.task.output)
    with pytest.raises(TypeError) as raised:
        emulator.tasks.trigger(answers, order(make()))
    assert said in str(raised.value)
