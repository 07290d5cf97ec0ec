"""Records and lists: cases B 13-24 of the original, filters, sorting and cursors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.tasks import Identity, NotFoundError, Task, TaskDefinitionError, TaskError, Tasks, task
from emulator.tasks.storage import StatusConflictError

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

UNKNOWN = "f" * 24


@pytest.fixture
def tasks(world: World) -> Tasks:
    return world.build(
        task(id="one", title="One")(lambda ctx: ctx.response.done()),
        task(id="two", title="Two")(lambda ctx: ctx.response.done()),
    )


def ids(found: Any) -> list[str]:
    return [record.id for record in found]


@pytest.mark.case(13)
def test_an_unknown_task_is_none(tasks: Tasks) -> None:
    assert tasks.get(UNKNOWN) is None


@pytest.mark.case(14)
def test_an_empty_list(tasks: Tasks) -> None:
    found = tasks.list()
    assert not found
    assert found.items == ()
    assert found.meta == {"cursor": None, "hasMoreItems": False, "totalCount": 0}


@pytest.mark.case(15)
def test_a_record_needs_a_definition(tasks: Tasks) -> None:
    with pytest.raises(TaskDefinitionError) as refused:
        tasks.create("nope", name="A name")
    assert str(refused.value) == "There is no task definition."
    assert (refused.value.code, refused.value.data) == ("TASK_DEFINITION_ERROR", {"id": "nope"})


@pytest.mark.case(16)
def test_a_new_record(tasks: Tasks) -> None:
    made = tasks.scoped(identity=Identity("u1", "Jane", "editor")).create("one", name="A name", input={"a": 1})
    assert tasks.get(made.id) == made
    wire = made.to_dict()
    assert {key: wire[key] for key in ("taskStatus", "iterations", "executionName", "input", "name")} == {
        "taskStatus": "pending",
        "iterations": 0,
        "executionName": "",
        "input": {"a": 1},
        "name": "A name",
    }
    assert wire["createdBy"] == {"id": "u1", "displayName": "Jane", "type": "editor"}
    assert not {"startedOn", "finishedOn", "eventResponse", "output", "parentId"} & wire.keys()
    assert wire["createdOn"] == wire["savedOn"] == "2026-03-01T12:00:00.001Z"
    assert tasks.list().total_count == 1


def test_a_record_without_input_keeps_it_absent(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name")
    assert made.input is None
    assert tasks.get(made.id) == made


@pytest.mark.case(17)
def test_an_update_changes_only_its_fields(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name", input={"a": 1})
    updated = tasks.update(made.id, {"output": {"o": 1.0}, "input": {"b": [2]}})
    assert updated == tasks.get(made.id)
    before, after = made.to_dict(), updated.to_dict()
    assert (after.pop("output"), after.pop("input"), before.pop("input")) == ({"o": 1.0}, {"b": [2]}, {"a": 1})
    assert isinstance(updated.output and updated.output["o"], float)
    assert after.pop("savedOn") != before.pop("savedOn")
    assert after == before


@pytest.mark.case(18)
def test_updating_an_unknown_task(tasks: Tasks) -> None:
    with pytest.raises(NotFoundError) as refused:
        tasks.update(UNKNOWN, {"name": "x"})
    assert str(refused.value) == f'Entry "{UNKNOWN}#0001" of model "webinyTask" was not found.'
    assert refused.value.code == "NOT_FOUND"
    assert tasks.get(UNKNOWN) is None, "an update brings nothing back"


@pytest.mark.case(19)
def test_a_deleted_task_is_gone(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name")
    assert tasks.delete(made.id) is True
    assert tasks.get(made.id) is None
    assert not tasks.list()


@pytest.mark.case(20)
def test_deleting_an_unknown_task(tasks: Tasks) -> None:
    with pytest.raises(NotFoundError) as refused:
        tasks.delete(UNKNOWN)
    assert str(refused.value) == f'Entry "{UNKNOWN}#0001" was not found!'
    assert refused.value.code == "NOT_FOUND"


@pytest.mark.case(21)
def test_logs_survive_their_task(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name")
    entry = tasks.create_log(made, "exec-1")
    tasks.delete(made.id)
    assert tasks.get_latest_log(made.id) == entry
    assert list(tasks.list_logs()) == [entry]


@pytest.mark.case(22)
@pytest.mark.parametrize("id", ["", "#0001"])
def test_an_empty_id_is_malformed(tasks: Tasks, id: str) -> None:
    with pytest.raises(TaskError, match=r"^Missing value to be parsed for the identifier\.$") as refused:
        tasks.get(id)
    assert refused.value.code == "MALFORMED_VALUE"


@pytest.mark.case(23)
def test_a_revision_suffix_is_ignored(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name")
    assert tasks.get(f"{made.id}#0005") == made
    assert tasks.update(f"{made.id}#0005", {"name": "B"}).name == "B"
    assert tasks.delete(f"{made.id}#0005")


@pytest.mark.case(24)
def test_lists_are_newest_first_even_within_one_instant(world: World, tasks: Tasks) -> None:
    frozen = datetime(2026, 3, 1, tzinfo=UTC)
    world.build(*list(tasks.registry)[1:], now=lambda: frozen, new_id=iter(["c" * 24, "a" * 24, "b" * 24]).__next__)
    made = [world.tasks.create("one", name=f"{n}").id for n in range(3)]
    assert ids(world.tasks.list()) == made[::-1]
    assert ids(world.tasks.list(sort="createdOn_ASC")) == made


def make_many(world: World, tasks: Tasks) -> list[Task]:
    parent = tasks.create("one", name="Parent")
    made = [
        parent,
        tasks.create("two", name="Child 1", parent=parent),
        tasks.create("two", name="Child 2", parent=parent.id),
        tasks.create("one", name="Other child", parent=parent),
    ]
    tasks.update(made[1].id, {"taskStatus": "running", "iterations": 3})
    tasks.update(made[2].id, {"taskStatus": "failed", "iterations": 5, "finishedOn": world.clock})
    return made


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, [3, 2, 1, 0]),
        ({"definitionId": "two"}, [2, 1]),
        ({"definitionId_not": "two"}, [3, 0]),
        ({"definitionId_in": ["two", "three"]}, [2, 1]),
        ({"taskStatus": "running"}, [1]),
        ({"taskStatus": "pending"}, [3, 0]),
        ({"taskStatus_in": ["running", "failed"]}, [2, 1]),
        ({"taskStatus_not_in": ["running", "failed"]}, [3, 0]),
        ({"parentId": None}, [0]),
        ({"parentId_not": None, "definitionId": "one"}, [3]),
        ({"name_startsWith": "child"}, [2, 1]),
        ({"name_not_startsWith": "child"}, [3, 0]),
        ({"name_contains": "CHILD"}, [3, 2, 1]),
        ({"name_not_contains": "child"}, [0]),
        ({"iterations_gt": 3}, [2]),
        ({"iterations_gte": 3, "iterations_lt": 5}, [1]),
        ({"iterations_lte": 0}, [3, 0]),
        ({"iterations_between": [3, 5]}, [2, 1]),
        ({"createdOn_lt": datetime(2027, 1, 1, tzinfo=UTC)}, [3, 2, 1, 0]),
        ({"finishedOn_gt": datetime(2020, 1, 1, tzinfo=UTC)}, [2]),
        ({"createdBy": "id-12345678"}, [3, 2, 1, 0]),
    ],
)
def test_filters(world: World, tasks: Tasks, where: dict[str, Any], expected: list[int]) -> None:
    made = make_many(world, tasks)
    assert ids(tasks.list(where)) == [made[n].id for n in expected]


def test_the_parent_and_the_id_are_filters_too(world: World, tasks: Tasks) -> None:
    made = make_many(world, tasks)
    assert ids(tasks.list({"parentId": made[0].id, "definitionId": "two"})) == [made[2].id, made[1].id]
    assert ids(tasks.list({"id_in": [made[0].id, made[3].id]})) == [made[3].id, made[0].id]


def test_sorting_by_several_fields(world: World, tasks: Tasks) -> None:
    made = make_many(world, tasks)
    found = tasks.list(sort=["definitionId_DESC", "iterations_ASC"])
    assert ids(found) == [made[n].id for n in (1, 2, 3, 0)]
    assert ids(tasks.list(sort="finishedOn_DESC"))[0] == made[2].id


def test_pages_go_on_where_the_last_one_ended(tasks: Tasks) -> None:
    made = [tasks.create("one", name=f"{n}").id for n in range(5)][::-1]
    first = tasks.list(limit=2)
    assert (ids(first), first.has_more_items, first.total_count) == (made[:2], True, 5)
    tasks.create("one", name="newer")
    second = tasks.list(limit=2, after=first.cursor)
    assert ids(second) == made[2:4]
    tasks.delete(made[3])
    last = tasks.list(limit=2, after=second.cursor)
    assert (ids(last), last.meta) == (
        made[4:],
        {"cursor": None, "hasMoreItems": False, "totalCount": 5},
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"where": {"taskStats": "x"}}, 'where: unknown filter "taskStats". Did you mean "taskStatus"?'),
        ({"where": {"name_gt": "x"}}, 'where: unknown filter "name_gt"'),
        ({"where": {"taskStatus_in": "running"}}, "needs a list of values"),
        ({"where": {"name_contains": 5}}, "needs a string"),
        ({"where": {"iterations_gt": "5"}}, "needs a number"),
        ({"where": {"createdOn_lt": "2026"}}, "needs a datetime"),
        ({"where": {"iterations_between": [1]}}, "needs two values"),
        ({"sort": "createdOn"}, 'sort: unknown order "createdOn". Did you mean "createdOn_'),
        ({"limit": 0}, "limit=0 must be a whole number"),
        ({"after": "5"}, "after='5' is not a cursor"),
    ],
)
def test_a_wrong_list_call_says_what_is_wrong(tasks: Tasks, call: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        tasks.list(**call)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"taskstatus": "failed"}, 'update: a task has no field "taskstatus" to change. Did you mean "taskStatus"?'),
        ({"parentId": "x"}, 'a task has no field "parentId"'),
        ({"taskStatus": "runing"}, 'there is no status "runing". Did you mean "running"?'),
        ({"taskStatus": None}, "taskStatus=None has the wrong type"),
        ({"iterations": "2"}, "iterations='2' has the wrong type"),
        ({"input": [1]}, "input: needs an object"),
        ({"output": {"at": {1, 2}}}, "output.at: set is not JSON"),
    ],
)
def test_a_wrong_update_says_what_is_wrong(tasks: Tasks, values: dict[str, Any], message: str) -> None:
    made = tasks.create("one", name="A name")
    with pytest.raises((TypeError, ValueError), match=message.replace("?", r"\?")):
        tasks.update(made.id, values)
    assert tasks.get(made.id) == made


def test_an_update_may_remove_a_value(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name", input={"a": 1})
    assert tasks.update(made.id, {"input": None}).input is None


def test_a_second_task_never_overwrites_the_first(world: World, tasks: Tasks) -> None:
    world.build(*list(tasks.registry)[1:], new_id=lambda: "a" * 24)
    first = world.tasks.create("one", name="First")
    with pytest.raises(TaskError, match="already exists"):
        world.tasks.create("two", name="Second")
    assert world.tasks.get(first.id) == first


def test_a_write_may_name_the_statuses_that_it_starts_from(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name")
    with pytest.raises(StatusConflictError) as conflict:
        tasks.storage.update_task(made.id, {"name": "B"}, only_from=["running"])
    assert conflict.value.task == made


def test_tenants_and_locales_do_not_see_each_other(world: World, tasks: Tasks) -> None:
    world.build(*list(tasks.registry)[1:], tenants=["other"], locales=["de-DE"])
    made = world.tasks.create("one", name="A name")
    for elsewhere in (world.tasks.scoped(tenant="other"), world.tasks.scoped(locale="de-DE")):
        assert elsewhere.get(made.id) is None
        assert not elsewhere.list()
    with pytest.raises(ValueError, match=r'There is no tenant "othr".*Did you mean "other"'):
        world.tasks.scoped(tenant="othr")
    with pytest.raises(ValueError, match="cannot be a tenant or locale"):
        world.build(tenant="a#b")


def test_times_need_a_zone(world: World) -> None:
    world.build(now=lambda: datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="has no time zone"):
        world.tasks.create("testingRun", name="A name")


def test_times_of_other_zones_are_stored_as_utc(tasks: Tasks) -> None:
    from datetime import timezone

    made = tasks.create("one", name="A name")
    at = datetime(2026, 3, 1, 14, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert tasks.update(made.id, {"finishedOn": at}).to_dict()["finishedOn"] == "2026-03-01T12:00:00.123Z"


def test_an_existing_table_is_used(tasks: Tasks) -> None:
    made = tasks.create("one", name="A name")
    tasks.create_table()
    assert tasks.get(made.id) == made
