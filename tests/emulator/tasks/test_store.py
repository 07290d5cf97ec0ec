"""The store of a run, and logs: cases M 149-164 and N 165-170 of the original, last write wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import LogItem, NotFoundError, Task, task

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


class CodedError(Exception):
    code = "KC"
    data = {"k": 1}  # noqa: RUF012 - as exceptions of users carry it


def using(world: World, use: Any, input: Any = None, **attributes: Any) -> Task:
    """Trigger a task whose run calls ``use(store)`` and is done; the record afterwards."""

    def run(ctx: Any) -> Any:
        world.writes()
        use(ctx.store)
        return ctx.response.done()

    made, response = world.once(run, input, **attributes)
    assert response["status"] == "done", response
    return made


INPUT_WRITE = {"fields": {"input"}}


@pytest.mark.case(149)
def test_update_input_merges_in_one_write(world: World) -> None:
    def use(store: Any) -> None:
        store.update_input({"b": 2})
        assert world.writes() == [INPUT_WRITE]
        assert store.get_input() == {"a": 1, "b": 2}

    assert using(world, use, {"a": 1}).input == {"a": 1, "b": 2}


@pytest.mark.case(150)
def test_a_function_replaces_the_input(world: World) -> None:
    made = using(world, lambda store: store.update_input(lambda old: {"only": old["a"]}), {"a": 1})
    assert made.input == {"only": 1}


@pytest.mark.case(151)
@pytest.mark.parametrize("values", [{}, {"a": 1}, lambda old: old])
def test_an_equal_input_is_not_written(world: World, values: Any) -> None:
    def use(store: Any) -> None:
        store.update_input(values)
        assert world.calls == []

    using(world, use, {"a": 1})


@pytest.mark.case(152)
@pytest.mark.parametrize("other", ["1", True, [1], None])
def test_equality_is_strict(world: World, other: Any) -> None:
    def use(store: Any) -> None:
        store.update_input({"a": other})
        assert world.writes() == [INPUT_WRITE]

    assert using(world, use, {"a": 1}).input == {"a": other}


@pytest.mark.case(153, 154)
def test_unsaved_changes_wait_for_the_next_save(world: World) -> None:
    def use(store: Any) -> None:
        store.update_input({"b": 2}, save=False)
        store.update_task({"name": "Renamed"}, save=False)
        assert store.get_input() == {"a": 1}
        assert world.calls == []
        store.update_input({"c": 3})
        assert world.writes() == [{"fields": {"input", "name"}}]
        assert store.get_input() == {"a": 1, "b": 2, "c": 3}

    assert using(world, use, {"a": 1}).name == "Renamed"


@pytest.mark.case(155, 156)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"flag": True}, {"flag": False}, id="case 155"),
        pytest.param({"list": [1]}, {"list": [2]}, id="case 156"),
    ],
)
def test_the_later_of_two_unsaved_values_wins(world: World, first: Any, second: Any) -> None:
    def use(store: Any) -> None:
        store.update_input(first, save=False)
        store.update_input(second, save=False)
        store.save()

    assert using(world, use).input == second


def test_an_unsaved_change_that_is_taken_back_is_not_written(world: World) -> None:
    def use(store: Any) -> None:
        store.update_input({"a": 2}, save=False)
        store.update_input({"a": 1})
        assert world.calls == []

    using(world, use, {"a": 1})


def test_what_is_unsaved_at_the_end_is_written(world: World) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.update_input({"b": [2]}, save=False)
        ctx.store.add_info_log("unsaved", save=False)
        return ctx.response.continue_({**ctx.input, "c": [3]})

    made, _ = world.once(run, {"a": 1})
    assert made.input == {"a": 1, "b": [2], "c": [3]}
    assert world.messages(made) == [["unsaved", "Task continuing."]]


@pytest.mark.case(157)
def test_saved_outputs_replace_each_other(world: World) -> None:
    def use(store: Any) -> None:
        store.update_output({"o": 1})
        store.update_output({"p": 2})

    assert using(world, use).output == {"p": 2}


@pytest.mark.case(158)
def test_unsaved_outputs_merge(world: World) -> None:
    def use(store: Any) -> None:
        store.update_output({"o": 1}, save=False)
        assert store.get_output() is None
        store.update_output({"p": 2})
        assert store.get_output() == {"o": 1, "p": 2}

    assert using(world, use).output == {"o": 1, "p": 2}


@pytest.mark.case(159, 160)
@pytest.mark.parametrize(
    ("answer", "stored", "answered"),
    [
        pytest.param(lambda r: r.done("m"), {"progress": 50}, None, id="case 159"),
        pytest.param(lambda r: r.done("m", {"b": 2}), {"b": 2}, {"b": 2}, id="case 160 done"),
        pytest.param(lambda r: r.error("e"), {"error": {"message": "e"}}, None, id="case 160 error"),
    ],
)
def test_the_saved_output_and_the_answer(world: World, answer: Any, stored: Any, answered: Any) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.update_output({"progress": 50})
        return answer(ctx.response)

    made, response = world.once(run)
    assert made.output == stored
    assert response.get("output") == answered


@pytest.mark.case(161)
def test_update_task_writes_just_its_fields(world: World) -> None:
    def use(store: Any) -> None:
        store.update_task({"name": "Renamed"})
        store.update_task(lambda task: {"iterations": task.iterations + 1})
        assert world.writes() == [{"fields": {"name"}}, {"fields": {"iterations"}}]

    made = using(world, use)
    assert (made.name, made.iterations) == ("Renamed", 2)


@pytest.mark.case(162)
def test_updating_a_vanished_task_raises(world: World) -> None:
    def use(store: Any) -> None:
        id_ = store.get_task().id
        world.tasks.delete(id_)
        with pytest.raises(NotFoundError) as refused:
            store.update_task({"name": "x"})
        assert str(refused.value) == f'Entry "{id_}#0001" of model "webinyTask" was not found.'
        assert world.tasks.get(id_) is None

    def run(ctx: Any) -> Any:
        use(ctx.store)
        return ctx.response.done()

    world.define(run)
    made = world.tasks.trigger("probe")
    message = world.run(made)["message"]
    assert message == (
        f'Task done, but failed to update task log. (Entry "{made.id}#0001" of model "webinyTask" was not found.)'
    )
    assert world.tasks.get(made.id) is None


@pytest.mark.case(163)
def test_nothing_unsaved_is_nothing_written(world: World) -> None:
    def use(store: Any) -> None:
        store.save()
        assert world.calls == []

    using(world, use)


@pytest.mark.case(164)
def test_children_oldest_first(world: World) -> None:
    def run(ctx: Any) -> Any:
        children = [ctx.trigger("child", {"n": n}).id for n in range(2)]
        store = ctx.store
        found = [[child.id for child in store.list_child_tasks(*which)] for which in ((), ("child",), ("parent",))]
        assert found == [children, children, []]
        return ctx.response.done()

    child = task(id="child", title="Child")(lambda ctx: ctx.response.done())
    world.build(task(id="parent", title="Parent")(run), child)
    assert world.run(world.tasks.trigger("parent"))["status"] == "done"


def test_wrong_calls_of_the_store_are_named(world: World) -> None:
    def use(store: Any) -> None:
        with pytest.raises(TypeError, match=r'update_task: a task has no field "nmae" to change. Did you mean "name"'):
            store.update_task({"nmae": "x"})
        with pytest.raises(TypeError, match="update_input: needs an object"):
            store.update_input([1])
        with pytest.raises(TypeError, match="a log entry needs a string as its message, not 5"):
            store.add_info_log(5)
        with pytest.raises(TypeError, match=r"add_info_log: data.at: object is not JSON"):
            store.add_info_log("x", {"at": object()})

    using(world, use)


# N: logs


@pytest.mark.case(165)
def test_log_entries_are_appended(world: World) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.add_info_log("info a")
        ctx.store.add_info_log("info b", data={"n": 1})
        return ctx.response.continue_({"x": 1})

    made, _ = world.once(run)
    [log] = world.logs(made)
    assert [(item.message, item.type, item.data) for item in log.items] == [
        ("info a", "info", None),
        ("info b", "info", {"n": 1}),
        ("Task continuing.", "info", {"x": 1}),
    ]


@pytest.mark.case(166)
def test_unsaved_entries_are_written_together(world: World) -> None:
    def use(store: Any) -> None:
        store.add_info_log("a", save=False)
        store.add_info_log("b", save=False)
        assert world.calls == []
        store.add_info_log("c")
        assert [name for name, _ in world.calls] == ["update_item"]

    assert world.messages(using(world, use)) == [["a", "b", "c", "Task done."]]


@pytest.mark.case(167)
@pytest.mark.parametrize(
    ("error", "kept"),
    [
        pytest.param(CodedError("boom"), {"message": "boom", "code": "KC", "data": {"k": 1}}, id="case 167"),
        pytest.param({"message": "m", "stack": "kept"}, {"message": "m", "stack": "kept"}, id="a plain object"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_error_entries(world: World, caplog: pytest.LogCaptureFixture, error: Any, kept: Any) -> None:
    made = using(world, lambda store: store.add_error_log("It broke", error))
    first = world.logs(made)[0].items[0]
    assert (first.message, first.type, first.error, first.data) == ("It broke", "error", kept, None)
    assert "It broke" in caplog.text


@pytest.mark.case(168)
def test_without_database_logs_nothing_is_logged(world: World) -> None:
    def use(store: Any) -> None:
        store.add_info_log("lost")
        store.add_error_log("lost, too")
        assert world.calls == []

    made = using(world, use, database_logs=False)
    assert world.logs(made) == []
    assert made.status == "success"


@pytest.mark.case(169, 170)
def test_the_latest_log(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    with pytest.raises(NotFoundError) as refused:
        world.tasks.get_latest_log(made.id)
    assert str(refused.value) == f'No existing latest log found for task "{made.id}".'
    assert refused.value.code == "NOT_FOUND"
    log = world.tasks.create_log(made, "exec-1")
    assert world.tasks.get_latest_log(made.id) == log
    assert (log.items, log.to_dict()["items"]) == ((), [])
    newer = world.tasks.create_log(made, "exec-2")
    assert world.tasks.get_latest_log(made.id) == newer


def test_logs_are_listed_oldest_first_with_filters(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    one, two = world.tasks.trigger("probe"), world.tasks.trigger("probe")
    made = [world.tasks.create_log(which, "exec-1") for which in (one, two, one, one)]
    tasks = world.tasks
    assert list(tasks.list_logs()) == made
    assert list(tasks.list_logs({"task": one.id, "iteration_gte": 2})) == made[2:]
    assert list(tasks.list_logs({"task_in": [two.id]})) == [made[1]]
    assert list(tasks.list_logs({"task_not": one.id})) == [made[1]]
    assert list(tasks.list_logs({"iteration": 1}, sort="createdOn_DESC")) == [made[1], made[0]]
    assert tasks.list_logs(limit=3).has_more_items


def test_two_runs_at_once_keep_both_their_logs(world: World) -> None:
    """At-least-once delivery may run a task twice at the same time; each run then has a log of its own."""
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    storage = world.tasks.storage
    other: list[Any] = []

    def overtake(operation: str, _arguments: dict[str, Any]) -> None:
        if operation == "put_item" and not other:
            other.append(None)
            other[0] = world.tasks.create_log(made, "overtaker")

    world.fault = overtake
    log = world.tasks.create_log(made, "overtaken")
    assert (other[0].iteration, log.iteration) == (1, 2)
    assert storage.list_logs(made.id) == [other[0], log]


def test_an_abort_and_a_run_append_to_one_log(world: World) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.add_info_log("before")
        world.tasks.abort(ctx.store.get_task().id, "abort")
        ctx.store.add_info_log("after")
        return ctx.response.aborted()

    made, _ = world.once(run)
    assert world.messages(made) == [["before", "abort", "after"]]


def test_json_comes_back_as_it_went_in(world: World) -> None:
    """Also what DynamoDB's own types would change: 1.0, deep nesting, empty keys, large numbers."""
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    value = {"f": 1.0, "i": 10**30, "": None, "deep": deep, "t": "ä\u0000\n", "e": {}, "l": [], "small": 1e-200}
    made = using(world, lambda store: store.add_info_log("x", value), value)
    assert repr(made.input) == repr(value)
    assert repr(world.logs(made)[0].items[0].data) == repr(value)


def test_logs_by_their_id(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    log = world.tasks.create_log(made, "exec-1")
    items = [LogItem(text, world.clock, "info") for text in ("one", "two")]
    assert [item.message for item in world.tasks.update_log(log.id, items).items] == ["one", "two"]
    assert world.tasks.update_log(f"{log.id}#0001", items[1:]) == world.tasks.get_log(log.id)
    assert world.messages(made) == [["two"]]
    assert world.tasks.delete_log(log.id) is True
    assert world.tasks.get_log(log.id) is None
    for change in (lambda: world.tasks.update_log(log.id, items), lambda: world.tasks.delete_log(log.id)):
        with pytest.raises(NotFoundError, match=f'^Entry "{log.id}#0001" of model "webinyTaskLog" was not found.$'):
            change()
