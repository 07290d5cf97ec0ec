"""``input_type``: stored inputs as the user's own types."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

import pytest

from emulator.tasks import Result, RunContext, ValidationError, task
from emulator.tasks.inputs import converter
from emulator.tasks.plain import lenient, plain

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


@dataclass
class Page:
    number: int
    title: str | None = None


@dataclass
class SyncInput:
    source: str
    cursor: str | None = None
    pushed: int = 0
    ratio: float = 0.5
    mode: Literal["full", "delta"] = "full"
    pages: list[Page] = field(default_factory=list)
    first: Page | None = None
    tags: dict[str, str] = field(default_factory=dict)
    on: bool = False
    free: Any = None


class Row(TypedDict):
    id: str
    size: NotRequired[int]


class Model:
    """What pydantic's models look like from outside."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    @classmethod
    def model_validate(cls, value: dict[str, Any]) -> Model:
        if "id" not in value:
            raise ModelError
        return cls(value)

    def model_dump(self, mode: str) -> dict[str, Any]:
        assert mode == "json"
        return self.value


class ModelError(Exception):
    def errors(self) -> list[dict[str, Any]]:
        return [{"loc": ("rows", 0, "id"), "msg": "Field required", "type": "missing"}]


def test_a_dataclass_is_made_of_the_stored_input(world: World) -> None:
    @task(title="Sync", input_type=SyncInput)
    def sync(ctx: RunContext[SyncInput, dict[str, Any]]) -> Result:
        ctx.input.pushed += 1
        ctx.input.first = Page(2)
        if ctx.input.pushed == 1:
            return ctx.response.continue_(ctx.input)
        assert ctx.input.first == Page(2)
        return ctx.response.done(output={"pushed": ctx.input.pushed})

    world.build(sync)
    made = world.tasks.trigger("sync", SyncInput("blog", pages=[Page(1)]))
    assert made.input is not None
    assert made.input["pages"] == [{"number": 1, "title": None}]
    world.run(made)
    assert world.run(made)["output"] == {"pushed": 2}


def test_values_of_every_kind_fit() -> None:
    value = {"source": "s", "ratio": 1, "mode": "delta", "pages": [{"number": 1}], "first": {"number": 2}, "on": True}
    read = converter(SyncInput)({**value, "unknown": 1, "free": [object]})  # type: ignore[dict-item, list-item]
    assert read == SyncInput("s", ratio=1, mode="delta", pages=[Page(1)], first=Page(2), on=True, free=[object])


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({}, "source", "Required"),
        ({"source": 5}, "source", "Expected string, received number"),
        ({"source": "s", "cursor": 5}, "cursor", "Expected string | null, received number"),
        ({"source": "s", "pushed": 1.5}, "pushed", "Expected integer, received number"),
        ({"source": "s", "pushed": True}, "pushed", "Expected integer, received boolean"),
        ({"source": "s", "ratio": "1"}, "ratio", "Expected number, received string"),
        ({"source": "s", "mode": "some"}, "mode", "Expected 'full' | 'delta', received string"),
        ({"source": "s", "pages": {}}, "pages", "Expected array, received object"),
        ({"source": "s", "pages": [{"number": 1}, {}]}, "pages.1.number", "Required"),
        ({"source": "s", "pages": [5]}, "pages.0", "Expected object, received number"),
        ({"source": "s", "first": {"number": "1"}}, "first.number", "Expected integer, received string"),
        ({"source": "s", "tags": []}, "tags", "Expected object, received array"),
        ({"source": "s", "on": 1}, "on", "Expected boolean, received number"),
    ],
)
def test_what_does_not_fit_is_named(value: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        converter(SyncInput)(value)
    assert isinstance(refused.value.data, dict)
    parts: list[Any] = [int(part) if part.isdigit() else part for part in path.split(".")]
    entry = {"code": "invalid_type", "message": message, "data": {"path": parts}}
    assert refused.value.data == {"invalidFields": {path: entry}}


def test_a_wrong_input_fails_the_task_before_its_run(world: World) -> None:
    made, response = world.once(lambda ctx: pytest.fail("run was called"), {"source": 5}, input_type=SyncInput)
    error = response["error"]
    assert (error["message"], error["code"]) == ("Validation failed.", "VALIDATION_FAILED_INVALID_FIELDS")
    assert error["data"]["invalidFields"].keys() == {"source"}
    assert error["data"]["input"] == {"source": 5}
    assert made.status == "failed"


def test_a_typed_dict_keeps_other_keys() -> None:
    assert converter(Row)({"id": "a", "more": 1}) == {"id": "a", "more": 1}
    with pytest.raises(ValidationError):
        converter(Row)({"id": "a", "size": "1"})
    with pytest.raises(ValidationError):
        converter(Row)({})


def test_a_type_that_cannot_be_resolved_is_named() -> None:
    class Local(TypedDict):
        at: Nowhere  # type: ignore[name-defined]  # noqa: F821 - what is refused

    with pytest.raises(TypeError, match="input_type Local: name 'Nowhere' is not defined"):
        converter(Local)({})


def test_models_validate_themselves() -> None:
    assert converter(Model)({"id": 1}).value == {"id": 1}
    with pytest.raises(ValidationError) as refused:
        converter(Model)({})
    entry = {"code": "missing", "message": "Field required", "data": {"path": ["rows", 0, "id"]}}
    assert refused.value.data == {"invalidFields": {"rows.0.id": entry}}
    assert plain({"m": Model({"id": 1})}) == {"m": {"id": 1}}


def test_a_type_of_no_known_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="pass a dataclass, a TypedDict, a pydantic model, or dict"):
        task(id="a", title="A", input_type=int)(lambda ctx: ctx)


def test_plain_copies() -> None:
    class Color(Enum):
        RED = "red"

    value = {"t": (1, 2), "c": Color.RED, "p": Page(1)}
    assert plain(value) == {"t": [1, 2], "c": "red", "p": {"number": 1, "title": None}}
    with pytest.raises(TypeError, match=r"input: the key 5 is not a string"):
        plain({5: 1}, "input")
    with pytest.raises(TypeError, match=r"input\.a\[1\]: inf is not a JSON number"):
        plain({"a": [1, float("inf")]}, "input")
    assert lenient({5: [object, 1]}) == {"5": ["<class 'object'>", 1]}
