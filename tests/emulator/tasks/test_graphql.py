"""The GraphQL API: the answers of each operation, the permissions, and the error messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from graphql import parse, print_schema

from emulator.tasks import LogItem, Profile, Registry, TaskError, private_task, task
from emulator.tasks.graphql import execute, make_schema, schema_text
from emulator.tasks.queries import LOG_FILTERS, TASK_FILTERS

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
READ = [{"name": "tasks", "rwd": "r"}]
ERROR = "error { message code data stack }"


@task(title="Sync articles", description="Copies them", config=lambda it: it.add_field({"fieldId": "url"}))
def sync_articles(ctx: Any) -> Any:
    return ctx.response.done("synced", {"ok": True})


@task(title="Count down")
def countdown(ctx: Any) -> Any:
    count = ctx.input["count"]
    return ctx.response.continue_({"count": count - 1}, seconds=1) if count else ctx.response.done()


@task(title="Refuses to be triggered")
def vetoed(ctx: Any) -> Any:
    raise AssertionError("it is never run")


@vetoed.on_before_trigger
def veto(data: Any) -> None:
    raise TaskError("Not now", "VETO", {"name": data["name"]})


@private_task(title="A secret")
def secret(ctx: Any) -> Any:
    return ctx.response.done()


@pytest.fixture
def api(world: World) -> Api:
    world.build(sync_articles, countdown, vetoed, secret)
    return Api(world)


class Api:
    """Asks in the root field, and gives what is in it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def whole(self, query: str, variables: Any = None, **options: Any) -> dict[str, Any]:
        return execute(self.world.tasks, query, variables, **options)

    def query(self, fields: str, variables: Any = None, **options: Any) -> Any:
        return self._field(f"{{ backgroundTasks {{ {fields} }} }}", variables, options)

    def mutation(self, fields: str, **options: Any) -> Any:
        return self._field(f"mutation {{ backgroundTasks {{ {fields} }} }}", None, options)

    def _field(self, query: str, variables: Any, options: Any) -> Any:
        answer = self.whole(query, variables, **options)
        assert "errors" not in answer, answer
        [result] = answer["data"]["backgroundTasks"].values()
        return result

    def ids(self, arguments: str = "") -> list[str]:
        answer = self.query(f"listTasks{arguments} {{ data {{ id }} {ERROR} }}")
        assert answer["error"] is None, answer
        return [each["id"] for each in answer["data"]]


@pytest.mark.case(185)
def test_definitions_are_the_public_ones(api: Api) -> None:
    answer = api.query(f"listDefinitions {{ data {{ id title description fields }} {ERROR} }}")
    testing_run: dict[str, Any] = {
        "title": "A mock task to test run the step function permissions.",
        "description": None,
        "fields": [],
    }
    assert answer == {
        "data": [
            {"id": "testingRun", **testing_run},
            {
                "id": "syncArticles",
                "title": "Sync articles",
                "description": "Copies them",
                "fields": [{"fieldId": "url"}],
            },
            {"id": "countdown", "title": "Count down", "description": None, "fields": []},
            {"id": "vetoed", "title": "Refuses to be triggered", "description": None, "fields": []},
        ],
        "error": None,
    }


@pytest.mark.case(186)
def test_tasks_newest_first_with_their_logs(api: Api) -> None:
    made = [api.world.tasks.trigger("syncArticles", name=f"Run {n}") for n in (1, 2, 3)]
    api.world.run(made[1])
    fields = (
        "data { name taskStatus logs { iteration items { type message } } } meta { totalCount hasMoreItems cursor }"
    )
    answer = api.query(f"listTasks {{ {fields} {ERROR} }}")
    log = {"iteration": 1, "items": [{"type": "info", "message": "synced"}]}
    assert answer == {
        "data": [
            {"name": "Run 3", "taskStatus": "pending", "logs": []},
            {"name": "Run 2", "taskStatus": "success", "logs": [log]},
            {"name": "Run 1", "taskStatus": "pending", "logs": []},
        ],
        "meta": {"totalCount": 3, "hasMoreItems": False, "cursor": None},
        "error": None,
    }


@pytest.mark.case(187)
def test_a_task_that_is_not_there_is_null(api: Api) -> None:
    assert api.query(f'getTask(id: "nope") {{ data {{ id }} {ERROR} }}') == {"data": None, "error": None}


REFUSED = {"message": "Not authorized!", "code": "SECURITY_NOT_AUTHORIZED", "data": None, "stack": None}


@pytest.mark.case(188)
@pytest.mark.parametrize(
    "permissions", [[], [{"name": "content"}], [{"name": "tasks", "rwd": "wd"}], [{"name": "tasks", "rwd": ""}]]
)
@pytest.mark.parametrize("operation", ['getTask(id: "x")', "listTasks", "listDefinitions", "listLogs"])
def test_a_query_without_permission_answers_an_error(api: Api, operation: str, permissions: Any) -> None:
    answer = api.query(f"{operation} {{ data {{ id }} {ERROR} }}", permissions=permissions)
    assert answer == {"data": None, "error": REFUSED}


@pytest.mark.case(189)
@pytest.mark.parametrize(
    "operation",
    [
        "triggerTask(definition: countdown) { data { id } error { code } }",
        'abortTask(id: "x") { data { id } error { code } }',
        'deleteTask(id: "x") { data error { code } }',
    ],
)
def test_a_mutation_without_permission_is_an_error_of_the_request(api: Api, operation: str) -> None:
    answer = api.whole(f"mutation {{ backgroundTasks {{ {operation} }} }}", permissions=[])
    path = ["backgroundTasks", operation.partition("(")[0]]
    error = {"message": "Not authorized!", "locations": [{"line": 1, "column": 30}], "path": path}
    assert answer == {"errors": [error], "data": {"backgroundTasks": None}}
    assert not api.world.tasks.list()


@pytest.mark.case(190)
def test_a_permission_to_read(api: Api) -> None:
    made = api.world.tasks.trigger("countdown", {"count": 0})
    listed = api.query(f"listTasks {{ data {{ id }} {ERROR} }}", permissions=READ)
    assert listed == {"data": [{"id": made.id}], "error": None}
    for operation in ("triggerTask(definition: countdown) { data { id } }", f'deleteTask(id: "{made.id}") {{ data }}'):
        answer = api.whole(f"mutation {{ backgroundTasks {{ {operation} }} }}", permissions=READ)
        assert [error["message"] for error in answer["errors"]] == ["Not authorized!"]
    assert api.ids() == [made.id]


@pytest.mark.parametrize(
    "permission",
    [
        {"name": "*"},
        {"name": "task*"},
        {"name": "tasks", "rwd": None},
        {"name": "t?sks", "rwd": "rwd"},
    ],
)
def test_patterns_and_permissions_without_letters_allow_everything(api: Api, permission: Any) -> None:
    made = api.mutation("triggerTask(definition: countdown) { data { id } }", permissions=[{"name": "x"}, permission])
    gone = api.mutation(f'deleteTask(id: "{made["data"]["id"]}") {{ data error {{ code }} }}', permissions=[permission])
    assert gone == {"data": True, "error": None}


@pytest.mark.parametrize("permissions", ["tasks", {"name": "tasks"}, [{"rwd": "r"}], ["tasks"]])
def test_permissions_that_are_none(api: Api, permissions: Any) -> None:
    with pytest.raises(ValueError, match="permissions"):
        api.whole("{ backgroundTasks { listTasks { data { id } } } }", permissions=permissions)


@pytest.mark.case(191)
def test_a_private_definition_is_not_in_the_schema(api: Api) -> None:
    answer = api.whole("mutation { backgroundTasks { triggerTask(definition: secret) { data { id } } } }")
    message = 'Value "secret" does not exist in "WebinyBackgroundTaskDefinitionEnum" enum.'
    assert answer == {"errors": [{"message": message, "locations": [{"line": 1, "column": 54}]}]}
    query = (
        "mutation T($d: WebinyBackgroundTaskDefinitionEnum!) "
        "{ backgroundTasks { triggerTask(definition: $d) { data { id } } } }"
    )
    answer = api.whole(query, {"d": "secret"})
    assert answer.keys() == {"errors"}
    assert message in answer["errors"][0]["message"]


@pytest.mark.case(192)
def test_a_finished_task_cannot_be_aborted(api: Api) -> None:
    made = api.world.tasks.trigger("syncArticles")
    api.world.run(made)
    assert api.mutation(f'abortTask(id: "{made.id}") {{ data {{ id }} {ERROR} }}') == {
        "data": None,
        "error": {
            "message": "Cannot abort a task that is not pending or running!",
            "code": "TASK_ABORT_ERROR",
            "data": {"id": made.id, "status": "success"},
            "stack": None,
        },
    }


def test_trigger_abort_and_delete(api: Api) -> None:
    query = """mutation T($input: JSON, $delay: Number) { backgroundTasks {
        triggerTask(definition: countdown, input: $input, name: "Mine", delay: $delay) {
          data { id name definitionId parentId executionName taskStatus iterations input output eventResponse
                 createdOn savedOn startedOn finishedOn createdBy { id displayName type } }
          error { message } } } }"""
    answer = api.whole(query, {"input": {"count": 2, "big": 2**60, "half": 0.5, "none": None}, "delay": 60})
    made = answer["data"]["backgroundTasks"]["triggerTask"]["data"]
    record = api.world.task(made["id"])
    assert made == {
        "id": record.id,
        "name": "Mine",
        "definitionId": "countdown",
        "parentId": None,
        "executionName": "",
        "taskStatus": "pending",
        "iterations": 0,
        "input": {"count": 2, "big": 2**60, "half": 0.5, "none": None},
        "output": None,
        "eventResponse": record.event_response,
        "createdOn": record.to_dict()["createdOn"],
        "savedOn": record.to_dict()["savedOn"],
        "startedOn": None,
        "finishedOn": None,
        "createdBy": {"id": "id-12345678", "displayName": "John Doe", "type": "admin"},
    }
    [entry] = api.world.put_entries()
    assert entry["Detail"].endswith('"delay":60}')
    aborted = api.mutation(f'abortTask(id: "{record.id}", message: "Enough") {{ data {{ taskStatus }} {ERROR} }}')
    assert aborted == {"data": {"taskStatus": "aborted"}, "error": None}
    assert api.world.messages(record) == [["Enough"]]
    assert api.mutation(f'deleteTask(id: "{record.id}") {{ data {ERROR} }}') == {"data": True, "error": None}
    gone = api.mutation(f'deleteTask(id: "{record.id}") {{ data error {{ message code }} }}')
    assert gone == {
        "data": None,
        "error": {"message": f'Entry "{record.id}#0001" was not found!', "code": "NOT_FOUND"},
    }


def test_an_input_written_into_the_query(api: Api) -> None:
    made = api.whole(
        "mutation T($n: JSON) { backgroundTasks { triggerTask(definition: countdown, "
        'input: {count: 9, texts: ["a"], deep: {n: $n, yes: true}}) { data { input } } } }',
        {"n": [1, None]},
    )
    task_input = made["data"]["backgroundTasks"]["triggerTask"]["data"]["input"]
    assert task_input == {"count": 9, "texts": ["a"], "deep": {"n": [1, None], "yes": True}}


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        ("definition: vetoed", "Not now", "VETO"),
        ("definition: countdown, delay: 30672000", "The maximum delay for a task is 355 days.", "MAX_DELAY_ERROR"),
        ("definition: countdown, input: [1]", "trigger: input: needs an object", ""),
    ],
)
def test_a_task_that_is_not_triggered(api: Api, arguments: str, message: str, code: str) -> None:
    answer = api.mutation(f"triggerTask({arguments}) {{ data {{ id }} {ERROR} }}")
    assert answer["data"] is None
    assert (answer["error"]["code"], answer["error"]["stack"]) == (code, None)
    assert message in answer["error"]["message"]
    assert not api.world.tasks.list()


def test_the_stack_is_told_to_those_who_look_for_faults(api: Api) -> None:
    answer = api.mutation("triggerTask(definition: vetoed) { data { id } error { stack } }", debug=True)
    assert answer["error"]["stack"].startswith("Traceback")
    assert "in veto" in answer["error"]["stack"]


def test_a_table_that_cannot_be_read(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    def gone(operation: str, _arguments: Any) -> Exception | None:
        error: Any = {"Code": "InternalServerError", "Message": "The request processing has failed"}
        return ClientError({"Error": error}, operation) if operation == "query" else None

    api.world.fault = gone
    answer = api.query(f"listTasks {{ data {{ id }} meta {{ totalCount }} {ERROR} }}")
    assert (answer["data"], answer["meta"]) == (None, None)
    assert answer["error"]["message"] == "The request processing has failed"
    assert "a background-task operation failed" in caplog.text


# Lists ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(api: Api) -> list[str]:
    """The ids of three tasks: one that is done, one that runs, its child."""
    tasks = api.world.tasks
    done = tasks.trigger("syncArticles", name="Alpha")
    api.world.run(done)
    running = tasks.trigger("countdown", {"count": 3}, name="Beta")
    api.world.run(running)
    api.world.run(running)
    child = tasks.trigger("countdown", name="alphabet", parent=running)
    return [done.id, running.id, child.id]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{taskStatus: "running"}', [1]),
        ('{taskStatus_in: ["success", "pending"]}', [2, 0]),
        ('{taskStatus_not: "running"}', [2, 0]),
        ('{definitionId_not_in: ["countdown"]}', [0]),
        ('{name_contains: "ALPHA"}', [2, 0]),
        ('{name_not_contains: "alpha"}', [1]),
        ('{name_startsWith: "al", definitionId_startsWith: "count"}', [2]),
        ('{name_not_startsWith: "al"}', [1]),
        ("{iterations_gte: 1}", [1, 0]),
        ("{iterations_between: [1, 1]}", [0]),
        ("{iterations_lt: 0.5}", [2]),
        ("{parentId: null}", [1, 0]),
        ('{createdBy: "id-12345678"}', [2, 1, 0]),
        ('{createdBy_not_in: ["id-12345678"]}', []),
        ('{createdOn_gt: "2999-01-01"}', []),
        ('{startedOn_gte: "2026-03-01T13:00:00+01:00", finishedOn_lte: "2026-03-01T12:59:59Z"}', [0]),
        ('{status: "draft"}', [2, 1, 0]),
        ('{status_in: ["published"]}', []),
        ('{status_not: "draft"}', []),
        ('{status_not_in: ["published"], taskStatus: "running"}', [1]),
        ("{}", [2, 1, 0]),
    ],
)
def test_filters(api: Api, three: list[str], where: str, expected: list[int]) -> None:
    assert api.ids(f"(where: {where})") == [three[index] for index in expected]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("sort: [name_ASC]", [0, 1, 2]),
        ("sort: [definitionId_ASC, name_DESC]", [2, 1, 0]),
        ("sort: iterations_DESC", [1, 0, 2]),
        ("sort: []", [2, 1, 0]),
        ('search: "alpha"', [2, 0]),
        ('search: "SYNC", where: {taskStatus: "success"}', [0]),
        ('search: "nothing"', []),
        ("limit: 2", [2, 1]),
    ],
)
def test_sorting_searching_and_limits(api: Api, three: list[str], arguments: str, expected: list[int]) -> None:
    assert api.ids(f"({arguments})") == [three[index] for index in expected]


def test_pages(api: Api, three: list[str]) -> None:
    fields = "{ data { id } meta { cursor hasMoreItems totalCount } }"
    first = api.query(f"listTasks(limit: 2) {fields}")
    assert (first["meta"]["hasMoreItems"], first["meta"]["totalCount"]) == (True, 3)
    cursor = first["meta"]["cursor"]
    second = api.query(f'listTasks(limit: 2, after: "{cursor}") {fields}')
    assert second == {
        "data": [{"id": three[0]}],
        "meta": {"cursor": None, "hasMoreItems": False, "totalCount": 3},
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("limit: 0", "limit=0 must be a whole number from 1 to 1,000,000"),
        ('after: "x"', "after='x' is not a cursor from a list"),
        ("where: {iterations_between: [1]}", "needs two values, the lowest and the highest"),
        ("where: {createdOn_gt: null}", "where: createdOn_gt=None needs a datetime"),
    ],
)
def test_lists_that_cannot_be_made(api: Api, arguments: str, message: str) -> None:
    answer = api.query(f"listTasks({arguments}) {{ data {{ id }} meta {{ totalCount }} {ERROR} }}")
    assert (answer["data"], answer["meta"], answer["error"]["code"]) == (None, None, "")
    assert message in answer["error"]["message"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('listTasks(where: {entryId: "x"}) { data { id } }', '"entryId"'),
        ('listTasks(where: {input: "x"}) { data { id } }', '"input"'),
        ("listTasks(sort: [input_ASC]) { data { id } }", 'Value "input_ASC" does not exist in'),
        ('listTasks(where: {createdOn: "soon"}) { data { id } }', "is not a DateTime; write 2030-01-31"),
        ('listTasks(where: {iterations: "1"}) { data { id } }', "is not a Number"),
        ("listTaks { data { id } }", 'Cannot query field "listTaks" on type "WebinyBackgroundTaskQuery".'),
        ("listTasks { data { id }", "Syntax Error: Expected Name, found <EOF>."),
    ],
)
def test_requests_that_the_schema_refuses(api: Api, query: str, message: str) -> None:
    answer = api.whole(f"{{ backgroundTasks {{ {query} }} }}")
    assert answer.keys() == {"errors"}
    assert message in answer["errors"][0]["message"]


def test_logs(api: Api, three: list[str]) -> None:
    fields = "data { task iteration executionName createdBy { displayName } items { message type data error } }"
    newest = api.query(f"listLogs(limit: 1) {{ {fields} meta {{ totalCount }} {ERROR} }}")
    item = {"message": "Task continuing.", "type": "info", "data": {"count": 1}, "error": None}
    log = {"task": three[1], "iteration": 2, "executionName": "exec-1", "createdBy": {"displayName": "John Doe"}}
    assert newest == {"data": [{**log, "items": [item]}], "meta": {"totalCount": 3}, "error": None}
    of_one = api.query(f'listLogs(where: {{task: "{three[1]}"}}, sort: [iteration_ASC]) {{ data {{ iteration }} }}')
    assert of_one == {"data": [{"iteration": 1}, {"iteration": 2}]}
    found = api.query(f'listLogs(where: {{task_startsWith: "{three[0]}"}}, search: "EXEC") {{ data {{ task }} }}')
    assert found == {"data": [{"task": three[0]}]}


def test_the_logs_of_a_task_are_always_its_own(api: Api, three: list[str]) -> None:
    """Oldest first unless sorted, whatever ``where`` says of the task."""
    arguments = [
        "",
        f'(where: {{task: "{three[0]}"}})',
        "(limit: 1)",
        "(sort: [createdOn_DESC])",
        "(where: {iteration_gt: 1})",
    ]
    got = [
        api.query(f'getTask(id: "{three[1]}") {{ data {{ logs{each} {{ iteration }} }} }}')["data"]["logs"]
        for each in arguments
    ]
    assert [[log["iteration"] for log in logs] for logs in got] == [[1, 2], [1, 2], [1], [2, 1], [2]]
    answer = api.whole(
        f'{{ backgroundTasks {{ getTask(id: "{three[1]}") {{ data {{ logs(limit: 0) {{ id }} }} }} }} }}'
    )
    assert "limit=0 must be" in answer["errors"][0]["message"]


@pytest.mark.case(171)
def test_a_log_that_was_written_three_times(api: Api) -> None:
    made = api.world.tasks.trigger("syncArticles")
    log = api.world.tasks.create_log(made, "exec-1")
    for n in (1, 2, 3):
        at = START + timedelta(seconds=n)
        log = api.world.tasks.storage.append_items(
            log, [LogItem(f"Entry {n}", at, "info", {"n": n} if n == 2 else None)]
        )
    [found] = api.query("listLogs { data { items { message createdOn type data error } } }")["data"]
    assert found["items"] == [
        {
            "message": f"Entry {n}",
            "createdOn": f"2026-03-01T12:00:0{n}.000Z",
            "type": "info",
            "data": {"n": 2} if n == 2 else None,
            "error": None,
        }
        for n in (1, 2, 3)
    ]


# The schema -----------------------------------------------------------------------------------------------------------


def test_every_filter_and_sorting_of_the_tables_is_in_the_schema(api: Api) -> None:
    schema = make_schema(api.world.tasks)
    for name, filters in (("ListWhereInput", TASK_FILTERS), ("LogListWhereInput", LOG_FILTERS)):
        fields: Any = schema.type_map[f"WebinyBackgroundTask{name}"]
        wanted = {f"{field}_{word}" if word else field for field in filters for word in filters[field]}
        assert set(fields.fields) == wanted | {"status", "status_not", "status_in", "status_not_in"}
    sorter: Any = schema.type_map["WebinyBackgroundTaskListSorter"]
    assert {value.rpartition("_")[0] for value in sorter.values} == set(TASK_FILTERS) - {"createdBy"}


def test_the_text_of_the_schema_is_the_schema(api: Api) -> None:
    text = schema_text(["testingRun", "syncArticles", "countdown", "vetoed"])
    parse(text)
    assert "enum WebinyBackgroundTaskDefinitionEnum {\n  testingRun\n  syncArticles\n" in text
    assert "enum WebinyBackgroundTaskDefinitionEnum {\n  testingRun" in print_schema(make_schema(api.world.tasks))


def test_a_definition_that_comes_later_is_offered(api: Api) -> None:
    api.world.tasks.registry.add(task(id="later", title="Later")(lambda ctx: ctx.response.done()))
    made = api.mutation("triggerTask(definition: later) { data { definitionId } }")
    assert made == {"data": {"definitionId": "later"}}


@pytest.mark.parametrize("id_", ["true", "日本"])
def test_an_id_that_graphql_cannot_spell(world: World, id_: str) -> None:
    world.build(registry=Registry(task(id=id_, title="X")(lambda ctx: ctx.response.done())))
    with pytest.raises(ValueError, match=f'the task "{id_}" cannot be available in GraphQL'):
        make_schema(world.tasks)
    world.build(registry=Registry(private_task(id=id_, title="X")(lambda ctx: ctx.response.done())))
    make_schema(world.tasks)


def test_version_6_has_no_fields_of_definitions(world: World) -> None:
    world.build(countdown, profile=Profile.webiny_6())
    answer = execute(world.tasks, "{ backgroundTasks { listDefinitions { data { id fields } } } }")
    assert 'Cannot query field "fields" on type' in answer["errors"][0]["message"]
