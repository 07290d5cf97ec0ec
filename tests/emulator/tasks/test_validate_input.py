"""``validate_input``: an input is checked when a task is triggered or created."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import pytest

from emulator.tasks import TaskDefinition, TaskError, ValidationError, task

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


@dataclass
class Limits:
    limit: int
    note: str | None = None


class Keys(TypedDict):
    limit: int


def no_more_than_ten(input: dict[str, Any]) -> dict[str, str] | None:
    return {"limit": "at most 10"} if input.get("limit", 0) > 10 else None


def done(ctx: Any) -> Any:
    return ctx.response.done({"limit": ctx.input["limit"] if isinstance(ctx.input, dict) else ctx.input.limit})


def not_a_number(message: str, code: str = "invalid_type") -> dict[str, Any]:
    return {"invalidFields": {"limit": {"code": code, "message": message, "data": {"path": ["limit"]}}}}


@pytest.mark.case(47, profile=("documented", "webiny_6"))
@pytest.mark.parametrize(
    ("attributes", "wrong", "data"),
    [
        ({"validate_input": Limits}, {"limit": "x"}, not_a_number("Expected integer, received string")),
        ({"validate_input": Keys}, {}, not_a_number("Required")),
        ({"validate_input": True, "input_type": Limits}, {}, not_a_number("Required")),
        ({"validate_input": no_more_than_ten}, {"limit": 11}, not_a_number("at most 10", "custom")),
    ],
)
@pytest.mark.parametrize("make", ["trigger", "create"])
def test_a_wrong_input_makes_no_task(
    world: World, attributes: dict[str, Any], wrong: Any, data: Any, make: str
) -> None:
    world.define(done, **attributes)
    calls: dict[str, Callable[[Any], Any]] = {
        "trigger": lambda given: world.tasks.trigger("probe", given),
        "create": lambda given: world.tasks.create("probe", name="A name", input=given),
    }
    with pytest.raises(ValidationError, match=r"^Validation failed\.$") as refused:
        calls[make](wrong)
    assert (refused.value.code, refused.value.data) == ("VALIDATION_FAILED_INVALID_FIELDS", data)
    assert not world.tasks.list()
    made = calls[make]({"limit": 3, "unknown": True})
    assert made.input == {"limit": 3, "unknown": True}
    assert world.run(made)["output"] == {"limit": 3}


def test_a_function_may_raise_its_own(world: World) -> None:
    def check(input: Any, app: Any, tasks: Any) -> None:
        assert app.tasks is not None
        raise TaskError("not today", "CLOSED")

    world.define(done, validate_input=check)
    with pytest.raises(TaskError, match="not today") as refused:
        world.tasks.trigger("probe")
    assert refused.value.code == "CLOSED"
    assert not world.tasks.list()


def test_the_hook_comes_first_and_may_complete_the_input(world: World) -> None:
    definition = world.define(done, validate_input=Limits)

    @definition.on_before_trigger
    def complete(data: Any) -> None:
        data["input"] = {"limit": 5}

    assert world.tasks.trigger("probe").input == {"limit": 5}


def test_the_class_form_has_a_method(world: World) -> None:
    class Careful(TaskDefinition):
        title = "Careful"

        def run(self, ctx: Any) -> Any:
            return ctx.response.done()

        def validate_input(self, input: Any) -> Any:
            return no_more_than_ten(input)

    world.build(Careful)
    with pytest.raises(ValidationError):
        world.tasks.trigger("careful", {"limit": 12})
    assert world.tasks.trigger("careful", {"limit": 1}).status == "pending"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"validate_input": True}, "validate_input=True requires an input_type"),
        ({"validate_input": lambda inptu: None}, 'validate_input: unknown parameter "inptu". Did you mean "input"'),
        ({"validate_input": 5}, "validate_input=5 is not a supported type"),
        ({"validate_input": int}, "validate_input=<class 'int'> is not a supported type"),
    ],
)
def test_what_cannot_check_is_refused_at_once(attributes: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as refused:
        task(id="probe", title="Probe", **attributes)(done)
    assert said in str(refused.value)


def test_a_pydantic_model_checks_before_the_run_and_at_the_trigger(world: World) -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", limit=(int, ...))
    world.define(done, input_type=model)
    made = world.tasks.trigger("probe", {"limit": "many"})
    error = world.run(made)["error"]
    assert (error["code"], list(error["data"]["invalidFields"])) == ("VALIDATION_FAILED_INVALID_FIELDS", ["limit"])
    assert world.task(made).status == "failed"
    assert world.run(world.tasks.trigger("probe", {"limit": 3, "more": 1}))["output"] == {"limit": 3}
    world.define(done, input_type=model, validate_input=True)
    with pytest.raises(ValidationError) as refused:
        world.tasks.trigger("probe", {"limit": "many"})
    invalid = refused.value.data
    assert isinstance(invalid, dict)
    assert isinstance(fields := invalid["invalidFields"], dict)
    assert list(fields) == ["limit"]
