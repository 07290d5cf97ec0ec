"""Tasks that clean up after themselves, and the check of inputs at the trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import Task, TaskAbortError, TaskDefinition, task
from emulator.tasks.cleanup import delete_subtree

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


def done(ctx: Any) -> Any:
    return ctx.response.done()


def failed(ctx: Any) -> Any:
    return ctx.response.error("boom")


@pytest.mark.case(194, profile=("documented", "webiny_6"))
@pytest.mark.parametrize(
    ("cleanup", "body", "kept"),
    [
        ("onSuccess", done, False),
        ("onSuccess", failed, True),
        ("onError", failed, False),
        ("onError", done, True),
        ("always", failed, False),
        ("never", done, True),
        (["onSuccess", "onError"], failed, False),
        ([], done, True),
    ],
)
def test_a_task_is_gone_after_what_it_names(world: World, cleanup: Any, body: Any, *, kept: bool) -> None:
    world.define(body, self_cleanup=cleanup)
    made = world.tasks.trigger("probe")
    assert world.run(made)["status"] == ("done" if body is done else "error")
    assert (world.tasks.get(made.id) is not None) is kept


@pytest.mark.case(195, profile="webiny_6")
def test_a_task_that_cleans_up_never_writes_a_log(world: World) -> None:
    world.define(done, self_cleanup="always", database_logs=True)
    made = world.tasks.trigger("probe")
    world.calls.clear()
    world.run(made)
    assert world.tasks.get(made.id) is None
    assert not [name for name, _ in world.calls if name == "put_item"]
    assert not world.tasks.list_logs()


def family(world: World) -> list[Task]:
    """A parent that cleans up, its two children and a grandchild, each with a log; and some unrelated tasks."""
    world.build(
        task(id="parent", title="Parent", self_cleanup="onSuccess")(done),
        task(id="child", title="Child", database_logs=True)(done),
    )
    parent = world.tasks.trigger("parent")
    first = world.tasks.trigger("child", parent=parent)
    second = world.tasks.trigger("child", parent=parent)
    grandchild = world.tasks.trigger("child", parent=first)
    for each in (first, second, grandchild):
        world.run(each)
    return [parent, first, second, grandchild]


@pytest.mark.case(196, profile="webiny_6")
def test_the_whole_subtree_goes_children_first(world: World) -> None:
    parent, first, second, grandchild = family(world)
    other = world.tasks.trigger("child")
    world.run(other)
    world.calls.clear()
    world.run(parent)
    keys = [arguments["Key"] for name, arguments in world.calls if name == "delete_item"]
    deleted = [key["PK"]["S"].rpartition("#")[2] for key in keys if key["SK"]["S"] == "TASK"]
    assert sorted(deleted) == sorted(each.id for each in (parent, first, second, grandchild))
    assert deleted.index(grandchild.id) < deleted.index(first.id) < deleted.index(parent.id) == 3
    assert [each.id for each in world.tasks.list()] == [other.id]
    assert [log.task for log in world.tasks.list_logs()] == [other.id]


@pytest.mark.case(197, profile=("documented", "webiny_6"))
def test_an_aborted_task_is_gone(world: World) -> None:
    seen: list[Any] = []
    definition = world.define(done, self_cleanup="onAbort")
    definition.on_abort(lambda task: seen.append(task.status))
    made = world.tasks.trigger("probe")
    assert world.tasks.abort(made.id).status == "aborted"
    assert seen == ["aborted"]
    assert world.tasks.get(made.id) is None
    assert not world.tasks.list_logs()


def test_an_abort_whose_hook_fails_cleans_up_too(world: World) -> None:
    definition = world.define(done, self_cleanup="onAbort")

    @definition.on_abort
    def fail() -> None:
        raise ValueError("hk")

    made = world.tasks.trigger("probe")
    with pytest.raises(TaskAbortError, match="Could not abort the task!"):
        world.tasks.abort(made.id)
    assert world.tasks.get(made.id) is None


@pytest.mark.case(198, profile="webiny_6")
def test_a_failing_hook_does_not_keep_the_task(world: World, caplog: pytest.LogCaptureFixture) -> None:
    definition = world.define(done, self_cleanup="always")

    @definition.on_done
    def fail() -> None:
        raise ValueError("hook trouble")

    made = world.tasks.trigger("probe")
    assert world.run(made)["status"] == "done"
    assert world.tasks.get(made.id) is None
    assert "hook trouble" in caplog.text


@pytest.mark.case(199, profile="webiny_6")
def test_a_subtree_that_cannot_be_deleted_whole(world: World, caplog: pytest.LogCaptureFixture) -> None:
    parent, _, second, grandchild = family(world)
    storage = world.tasks.storage

    def fault(operation: str, arguments: dict[str, Any]) -> Exception | None:
        hit = operation == "delete_item" and arguments["Key"]["PK"]["S"].endswith(second.id)
        return ValueError("refused") if hit else None

    world.fault = fault
    delete_subtree(storage, parent.id)
    world.fault = lambda _operation, _arguments: None
    assert [each.id for each in world.tasks.list()] == [second.id]
    assert f'Task "{second.id}" could not be cleaned up' in caplog.text
    delete_subtree(storage, grandchild.id)
    delete_subtree(storage, "nobody")
    assert [each.id for each in world.tasks.list()] == [second.id]


@pytest.mark.case(199, profile="webiny_6")
def test_a_cycle_ends(world: World) -> None:
    world.define(done)
    first = world.tasks.create("probe", name="one", parent="000000000000000000000002")
    second = world.tasks.create("probe", name="two", parent=first)
    assert first.parent_id == second.id
    delete_subtree(world.tasks.storage, first.id)
    assert not world.tasks.list()


def test_children_that_cannot_be_listed_keep_no_parent(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.define(done)
    made = world.tasks.trigger("probe")
    world.fault = lambda operation, arguments: ValueError("slow down") if "IndexName" in arguments else None
    delete_subtree(world.tasks.storage, made.id)
    assert "could not be listed" in caplog.text
    assert world.tasks.get(made.id) is None


def test_the_class_form_cleans_up_too(world: World) -> None:
    class Tidy(TaskDefinition):
        title = "Tidy"
        self_cleanup = ("onSuccess", "onAbort")

        def run(self, ctx: Any) -> Any:
            return ctx.response.done()

    world.build(Tidy)
    made = world.tasks.trigger("tidy")
    world.run(made)
    assert world.tasks.get(made.id) is None


def test_a_word_that_is_none_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r'self_cleanup=\'on_success\' is not a valid value. Did you mean "onSuccess"\?'
    ):
        task(id="probe", title="Probe", self_cleanup="on_success")(done)
