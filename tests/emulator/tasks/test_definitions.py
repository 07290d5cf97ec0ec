"""Definitions and the registry: cases A 1-12 of the original, and the Python forms."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import (
    InvalidTaskIdError,
    Registry,
    Response,
    Result,
    RunContext,
    Store,
    Task,
    TaskDefinition,
    private_task,
    task,
    task_input,
)

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


def define(id: str, **attributes: Any) -> TaskDefinition:
    return task(id=id, title="A title", **attributes)(lambda ctx: ctx.response.done())


@pytest.mark.case(1, 2)
@pytest.mark.parametrize(
    "id",
    [
        pytest.param("id-whichIsNotValid", id="case 1"),
        *(
            pytest.param(word, id=f"case 2 {word}")
            for word in ("MyTask", "my_task", "myURLTask", "taskABC", "task1a", "foo2bar", "café")
        ),
    ],
)
def test_an_id_that_is_not_camel_case_is_refused(id: str) -> None:
    with pytest.raises(InvalidTaskIdError) as refused:
        define(id)
    assert str(refused.value) == (
        f'Task ID "{id}" is invalid. It must be in camelCase format, for example: "myCustomTask".'
    )
    assert refused.value.code is None


@pytest.mark.case(3)
@pytest.mark.parametrize("id", ["task1", "v2", "my2ndTask", "fooBar2Baz", "hcmsBulkListDeleteEntries", ""])
def test_ids_that_are_accepted(id: str) -> None:
    assert define(id).id == id


@pytest.mark.case(4)
def test_max_iterations_is_50_unless_given() -> None:
    assert [define("a").max_iterations, define("a", max_iterations=0).max_iterations] == [50, 50]
    assert define("a", max_iterations=7).max_iterations == 7
    assert define("a", max_iterations=-1).max_iterations == -1


@pytest.mark.case(5)
def test_private_tasks_are_private() -> None:
    secret = private_task(id="secret", title="A title")(lambda ctx: ctx.response.done())
    assert (define("open").is_private, secret.is_private) == (False, True)


@pytest.mark.case(6)
def test_config_adds_fields() -> None:
    def run(ctx: Any) -> Any:
        return ctx.response.done()

    made = task(id="a", title="A title", config=lambda definition: definition.add_field({"fieldId": "url"}))(run)
    assert made.fields == [{"fieldId": "url"}]
    assert made.run is run
    changed = task(
        id="a", title="A", config=lambda definition: definition.set_fields(lambda fields: [*fields, {"n": 1}])
    )(run)
    assert changed.fields == [{"n": 1}]


@pytest.mark.case(7)
def test_fields_cannot_be_passed_directly() -> None:
    with pytest.raises(TypeError, match="fields"):
        task(id="a", title="A title", fields=[{"fieldId": "url"}])  # type: ignore[call-arg]


@pytest.mark.case(8, 9, 10)
def test_looking_up_and_listing() -> None:
    registry = Registry(define("one"), define("two"), private_task(id="three", title="Three")(lambda ctx: ctx))
    found = registry.get("one")
    assert found is not None
    assert (found.id, found.title) == ("one", "A title")
    assert registry.get("four") is None
    assert registry.ids() == ["testingRun", "one", "two", "three"]
    assert len(registry) == 4
    assert next(iter(registry)).title == "A mock task to test run the step function permissions."


@pytest.mark.case(11)
def test_the_first_of_two_definitions_with_one_id_runs(world: World) -> None:
    first = task(id="twin", title="First")(lambda ctx: ctx.response.done("first"))
    second = task(id="twin", title="Second")(lambda ctx: ctx.response.done("second"))
    world.build(first, second)
    assert world.run(world.tasks.trigger("twin"))["message"] == "first"
    assert world.tasks.registry.ids() == ["testingRun", "twin", "twin"]


@pytest.mark.case(12)
def test_a_task_input_is_its_two_fields() -> None:
    assert task_input("one", {"a": 1}) == {"id": "one", "input": {"a": 1}}


def test_the_built_in_testing_run_is_done(world: World) -> None:
    tasks = world.build()
    assert world.run(tasks.trigger("testingRun"))["message"] == "Task successfully finished."


def test_the_id_comes_from_the_name_when_none_is_given() -> None:
    @task(title="Sync articles")
    def sync_articles(ctx: RunContext[Any, Any]) -> Result:
        return ctx.response.done()

    assert sync_articles.id == "syncArticles"


def test_the_class_form_is_a_definition_too(world: World) -> None:
    seen: list[str] = []

    class SyncPages(TaskDefinition):
        title = "Sync pages"
        max_iterations = 3

        def run(self, ctx: RunContext[Any, Any]) -> Result:
            return ctx.response.done("class")

        def on_done(self, task: Task) -> None:
            seen.append(task.status)

    tasks = world.build(SyncPages)
    assert world.run(tasks.trigger("syncPages"))["message"] == "class"
    assert seen == ["success"]


def test_run_in_keyword_style_gets_what_it_names(world: World) -> None:
    @task(title="Keywords")
    def keywords(*, input: Any, response: Response[Any, Any], store: Store, is_aborted: Any, context: Any) -> Any:
        assert context.tasks.tenant == "root"
        assert not is_aborted()
        return response.done(store.get_status(), {"got": input})

    tasks = world.build(keywords)
    assert world.run(tasks.trigger("keywords", {"a": 1})) | {"webinyTaskId": "x"} == {
        "status": "done",
        "message": "running",
        "webinyTaskId": "x",
        "webinyTaskDefinitionId": "keywords",
        "tenant": "root",
        "locale": "en-US",
        "output": {"got": {"a": 1}},
    }


def test_a_run_named_by_one_part_gets_that_part(world: World) -> None:
    tasks = world.build(task(id="one", title="One")(lambda response: response.done("just this")))
    assert world.run(tasks.trigger("one"))["message"] == "just this"


def test_an_unknown_parameter_is_refused_with_the_nearest_name() -> None:
    def run(input: Any, respons: Any) -> Any:
        return respons

    with pytest.raises(TypeError, match=r'unknown parameter "respons". Did you mean "response"'):
        task(id="a", title="A title")(run)
    made = define("a")
    with pytest.raises(TypeError, match=r'task "a", on_done: unknown parameter "taks". Did you mean "tasks"'):
        made.on_done(lambda taks: taks)


def test_a_title_and_a_run_are_needed() -> None:
    with pytest.raises(TypeError, match='task "a" needs a title'):
        task(id="a", title="")(lambda ctx: ctx)
    with pytest.raises(TypeError, match='task "a" needs a run method'):
        TaskDefinition(id="a", title="A title")


def test_a_registry_of_a_module_finds_its_definitions_once() -> None:
    class Abstract(TaskDefinition):
        title = "No run of its own"

    class Second(TaskDefinition):
        title = "Second"

        def run(self, ctx: Any) -> Any:
            return ctx

    module = ModuleType("jobs")
    one = define("one")
    vars(module).update(one=one, again=one, Abstract=Abstract, Second=Second, TaskDefinition=TaskDefinition)
    assert Registry.of(module).ids() == ["testingRun", "one", "second"]
    with pytest.raises(TypeError, match="is not a task definition"):
        Registry(len)  # type: ignore[arg-type]


@pytest.mark.case(110)
def test_run_may_be_sync_or_async(world: World) -> None:
    import asyncio

    @task(title="Slow")
    async def slow(ctx: RunContext[Any, Any]) -> Result:
        await asyncio.sleep(0)
        return ctx.response.done("awaited")

    tasks = world.build(slow)
    assert world.run(tasks.trigger("slow"))["message"] == "awaited"

    async def inside_a_loop() -> Any:
        return world.run(tasks.trigger("slow"))

    assert asyncio.run(inside_a_loop())["message"] == "awaited"


def test_a_run_may_take_everything_or_defaults(world: World) -> None:
    def everything(**parts: Any) -> Any:
        return parts["response"].done(output={"parts": sorted(parts)})

    def defaults(input: Any, /, response: Any, *rest: Any, other: int = 5) -> Any:
        return response.done(output={"input": input, "rest": len(rest), "other": other})

    tasks = world.build(task(id="everything", title="E")(everything), task(id="defaults", title="D")(defaults))
    assert "is_aborted" in world.run(tasks.trigger("everything"))["output"]["parts"]
    expected = {"input": {"a": 1}, "rest": 0, "other": 5}
    assert world.run(tasks.trigger("defaults", {"a": 1}))["output"] == expected


def test_the_class_form_may_configure_itself() -> None:
    class Configured(TaskDefinition):
        title = "Configured"

        def config(self) -> None:
            self.add_field({"fieldId": "url"})

        def run(self, ctx: Any) -> Any:
            return ctx

    made = Configured()
    assert (made.fields, repr(made)) == ([{"fieldId": "url"}], "<task definition configured>")
