"""A handler of the user's own behind the machine: what can be seen of its tasks is seen, the rest is an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError, NodeHandler
from emulator.tasks import task
from tests.needs import needs_node

HANDLER = """
    const call = async (target, body) => {
      const id = crypto.randomUUID();
      for (let attempt = 1; ; attempt++) {
        const answer = await fetch(process.env.AWS_ENDPOINT_URL, {
          method: 'POST',
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target,
                     'amz-sdk-invocation-id': id, 'amz-sdk-request': `attempt=${attempt}; max=3` },
          body: JSON.stringify(body) });
        const content = await answer.json();
        if (answer.ok) return content;
        if (attempt === 3) throw Object.assign(new Error(content.message), { name: content.__type.split('#').pop() });
      }
    };
    const db = (operation, body) => call(`DynamoDB_20120810.${operation}`, { TableName: 'app', ...body });
    const entry = (modelId, id, values) => ({
      PK: { S: `T#root#L#en-US#CMS#CME#CME#${id}` }, SK: { S: 'L' }, modelId: { S: modelId }, entryId: { S: id },
      createdOn: { S: '2030-01-01T00:00:00.000Z' }, savedOn: { S: '2030-01-01T00:00:00.000Z' },
      createdBy: { M: { id: { S: 'id-1' }, displayName: { S: 'Jane' }, type: { S: 'admin' } } },
      values: { M: values } });
    const record = (id, definition, status) => entry('webinyTask', id, {
      'text@name': { S: 'Task' }, 'text@definitionId': { S: definition }, 'text@taskStatus': { S: status },
      'number@iterations': { N: '1' }, 'object@input': { M: { n: { N: '1.5' }, empty: { NULL: true } } } });
    const log = (id, task) => entry('webinyTaskLog', id, {
      'text@task': { S: task }, 'number@iteration': { N: '1' }, 'text@executionName': { NULL: true },
      'object@items': { L: [{ M: { 'text@message': { S: 'Done.' }, 'text@type': { S: 'info' },
                                   'datetime@createdOn': { S: '2030-01-01T00:00:00.000Z' } } }] } });
    const put = (Item) =>
      call('DynamoDB_20120810.BatchWriteItem', { RequestItems: { app: [{ PutRequest: { Item } }] } });

    export const handler = async ({ payload: { webinyTaskId: id, webinyTaskDefinitionId: definition } }) => {
      try {
        if (definition === 'own') {
          await db('GetItem', { Key: { PK: { S: id }, SK: { S: 'A' } } });
          await db('PutItem', { Item: { PK: { S: id }, SK: { S: 'A' } } });
          await db('UpdateItem', { Key: { PK: { S: id }, SK: { S: 'A' } }, UpdateExpression: 'ADD n :one',
                                   ExpressionAttributeValues: { ':one': { N: '1' } } });
        }
        if (definition === 'release') {
          await put(record(id, definition, 'running'));
          await put(record(id, definition, 'success'));
          await put(log(`log${id}`, id));
        }
        if (definition === 'partial') await put(entry('webinyTask', id, { 'text@taskStatus': { S: 'success' } }));
        if (definition === 'badTime') {
          await put({ ...record(id, definition, 'success'), createdOn: { S: 'yesterday' } });
          await put(entry('webinyTaskLog', `log${id}`, { 'text@task': { S: id } }));
        }
        if (definition === 'batch' || definition === 'transaction') {
          const items = [record(id, definition, 'success'), log(`log1${id}`, id), log(`log2${id}`, id)];
          if (definition === 'batch') await call('DynamoDB_20120810.BatchWriteItem',
            { RequestItems: { app: items.map((Item) => ({ PutRequest: { Item } })) } });
          else await call('DynamoDB_20120810.TransactWriteItems',
            { TransactItems: items.map((Item) => ({ Put: { TableName: 'app', Item } })) });
        }
        if (definition === 'partiql') {
          const insert = (sort) => ({ Statement: `INSERT INTO app VALUE {'PK': '${id}', 'SK': '${sort}'}` });
          await call('DynamoDB_20120810.ExecuteStatement', insert('A'));
          await call('DynamoDB_20120810.ExecuteStatement', { Statement: `SELECT * FROM app WHERE PK = '${id}'` });
          await call('DynamoDB_20120810.BatchExecuteStatement', { Statements: [insert('B')] });
          await call('DynamoDB_20120810.ExecuteTransaction', { TransactStatements: [insert('C')] });
        }
        if (definition === 'parent') {
          const detail = { webinyTaskId: `child-of-${id}`, webinyTaskDefinitionId: 'own', tenant: 'root',
                           locale: 'en-US', delay: 600 };
          await call('AWSEvents.PutEvents', { Entries: [{ Source: 'app', DetailType: 'WebinyBackgroundTask',
            EventBusName: 'background-tasks', Detail: JSON.stringify(detail) }] });
        }
        return { status: 'done' };
      } catch (error) {
        return { status: 'error', error: { message: `${error.name}: ${error.message}` } };
      }
    };"""

pytestmark = needs_node


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path) -> Emulator:
    keys = [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")]
    emulator.client("dynamodb").create_table(
        TableName="app",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=keys,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    (tmp_path / "tasks.mjs").write_text(HANDLER)
    emulator.tasks.handler = NodeHandler("tasks.handler", root=tmp_path)
    return emulator


def test_its_reads_and_writes_are_those_of_its_process(world: Emulator) -> None:
    run = world.tasks.send("own").run_to_end()
    assert [(each.reads, each.writes) for each in run.iterations] == [(1, 2)]


def test_children_are_known_by_their_executions_and_run_to_their_end(world: Emulator) -> None:
    run = world.tasks.send("parent", id="one")
    run.run_to_end()
    [child] = run.children
    assert child.id == "child-of-one"
    assert child.execution.status == "SUCCEEDED"
    assert child.execution.elapsed.total_seconds() == 0
    assert child.children == []
    assert [each.id for each in world.tasks.runs] == ["one", "child-of-one"]


def test_what_it_keeps_in_a_form_of_its_own_is_an_error_by_name(world: Emulator) -> None:
    run = world.tasks.send("own").run_to_end()
    looks: dict[str, Callable[[], object]] = {
        "its record cannot be seen": lambda: run.task,
        "its logs cannot be seen": lambda: run.logs,
        "its record cannot be seen:": lambda: run.tree,
        "its record cannot": lambda: world.tasks.get(run.id),
        "tasks.list reads": lambda: world.tasks.list(),
        "tasks.list_logs reads": lambda: world.tasks.list_logs(),
        "abort: task": lambda: run.abort(),
    }
    for what, look in looks.items():
        with pytest.raises(EmulatorError, match="handler of your own") as refused:
            look()
        assert what in str(refused.value)
    assert world.tasks.find(run.id).id == run.id


def test_what_it_keeps_as_the_releases_do_is_read(world: Emulator) -> None:
    run = world.tasks.send("release", id="two").run_to_end()
    assert (run.task.status, run.task.definition_id, run.task.input) == (
        "success",
        "release",
        {"n": 1.5, "empty": None},
    )
    assert run.task.created_by.display_name == "Jane"
    [log] = run.logs
    assert (log.execution_name, log.iteration, [item.message for item in log.items]) == (None, 1, ["Done."])
    assert str(run.tree) == 'release "Task" success, 1 iteration'
    assert [(each.reads, each.writes) for each in run.iterations] == [(0, 3)]


@pytest.mark.parametrize("definition", ["batch", "transaction"])
def test_all_the_entries_of_one_request_are_read(world: Emulator, definition: str) -> None:
    run = world.tasks.send(definition).run_to_end()
    assert run.task.status == "success"
    assert len(run.logs) == 2
    assert [(each.reads, each.writes) for each in run.iterations] == [(0, 1)]


def test_an_entry_of_another_form_is_an_error_by_name(world: Emulator) -> None:
    with pytest.raises(EmulatorError, match="of the model webinyTask cannot be read: it has no '"):
        _ = world.tasks.send("partial").run_to_end().task
    run = world.tasks.send("badTime").run_to_end()
    with pytest.raises(EmulatorError, match=r"webinyTask cannot be read: .*yesterday"):
        _ = run.task
    with pytest.raises(EmulatorError, match="webinyTaskLog cannot be read: it has no '"):
        _ = run.logs


def test_what_the_handler_stored_is_read_before_what_a_trigger_stored(world: Emulator) -> None:
    made = world.tasks.trigger(task(id="release", title="Release")(lambda ctx: ctx.response.done()), {"a": 1})
    assert made.task.status == "pending"
    made.run_to_end()
    assert (made.task.status, made.task.input) == ("success", {"n": 1.5, "empty": None})
    assert [item.message for item in made.logs[0].items] == ["Done."]


def test_statements_of_partiql_are_reads_and_writes(world: Emulator) -> None:
    run = world.tasks.send("partiql").run_to_end()
    assert [(each.reads, each.writes) for each in run.iterations] == [(1, 3)]
    run = world.tasks.send("partiql").fail_read(error="SlowDown", message="later").run_to_end()
    assert run.execution.error == "SlowDown: later"


@pytest.mark.parametrize(
    ("definition", "plan", "said"),
    [
        ("own", {"write": "any"}, "SlowDown: later"),
        ("own", {"write": "any", "nth": 2}, "SlowDown: later"),
        ("release", {"write": "success"}, "SlowDown: later"),
        ("release", {"write": "new task"}, "SlowDown: later"),
        ("release", {"write": "log"}, "SlowDown: later"),
        ("batch", {"write": "success"}, "SlowDown: later"),
        ("batch", {"write": "log"}, "SlowDown: later"),
        ("transaction", {"write": "new log"}, "SlowDown: later"),
        ("partiql", {"write": "any"}, "SlowDown: later"),
        ("partiql", {"write": "any", "nth": 2}, "SlowDown: later"),
        ("partiql", {"write": "any", "nth": 3}, "SlowDown: later"),
    ],
)
def test_a_write_fails_with_all_its_client_s_attempts(
    world: Emulator, definition: str, plan: dict[str, Any], said: str
) -> None:
    run = world.tasks.send(definition).fail_write(**plan, error="SlowDown", message="later").run_to_end()
    assert run.execution.error == said
    assert run.iterations[0].ended == "answered"


def test_a_read_fails_and_an_exception_is_an_error_of_its_type(world: Emulator) -> None:
    run = world.tasks.send("own").fail_read(error=TimeoutError("too late")).run_to_end()
    assert run.execution.error == "TimeoutError: too late"
    assert [(each.reads, each.writes) for each in run.iterations] == [(1, 0)]


def test_something_happens_at_a_write(world: Emulator) -> None:
    seen: list[Any] = []
    run = world.tasks.send("own", id="three")
    key = {"PK": {"S": "three"}, "SK": {"S": "A"}}

    def look() -> None:
        seen.append("Item" in world.client("dynamodb").get_item(TableName="app", Key=key))

    for nth in (1, 2):
        run.at(iteration=1, write="any", nth=nth, call=look)
    run.run_to_end()
    assert seen == [False, True]
    assert [(each.reads, each.writes) for each in run.iterations] == [(1, 2)]


def test_it_is_killed_in_the_middle(world: Emulator) -> None:
    run = world.tasks.send("own").kill(iteration=1, write="any", nth=2).run_to_end()
    assert (run.iterations[0].ended, run.execution.final_state) == ("exited", "UnknownError")
    for plan, ended in (("kill", "exited"), ("time_out", "timed out")):
        run = getattr(world.tasks.send("own"), plan)(iteration=1).run_to_end()
        assert (run.iterations[0].ended, run.execution.final_state) == (ended, "UnknownError")


def test_the_moments_of_a_run_are_refused_by_name(world: Emulator) -> None:
    run = world.tasks.send("own")
    for side in ("before", "after"):
        with pytest.raises(EmulatorError, match=f'{side}="run" cannot be seen: the handler is one of your own'):
            run.at(iteration=1, call=print, **{side: "run"})  # type: ignore[arg-type]


def test_a_word_that_never_fits_says_what_is_seen(world: Emulator) -> None:
    run = world.tasks.send("own").fail_write("success")
    with pytest.raises(EmulatorError, match="did not happen") as refused:
        run.run_to_end()
    assert "the handler is one of your own" in str(refused.value)


def test_plans_for_all_its_tasks_of_a_definition(world: Emulator) -> None:
    world.tasks.of("own").fail_write(error="SlowDown", message="later")
    assert world.tasks.send("own").run_to_end().execution.error == "SlowDown: later"


def test_tasks_in_the_table_of_the_bench_are_read_as_before(world: Emulator) -> None:
    made = world.tasks.trigger(task(id="own", title="Own")(lambda ctx: ctx.response.done()), {"a": 1})
    made.run_to_end()
    assert (made.task.input, made.task.status, made.logs) == ({"a": 1}, "pending", [])
    assert [each.id for each in world.tasks.list()] == [made.id]


def test_a_handler_of_one_s_own_in_python_is_seen_alike(emulator: Emulator) -> None:
    client = emulator.client("dynamodb")
    client.create_table(
        TableName="app",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )

    def handler(event: Any, context: Any) -> Any:
        client.put_item(TableName="app", Item={"id": {"S": event["payload"]["webinyTaskId"]}})
        if event["payload"]["webinyTaskDefinitionId"] == "parent":
            detail = {**event["payload"], "webinyTaskId": "child", "webinyTaskDefinitionId": "own"}
            machine = event["payload"]["stateMachineId"]
            emulator.client("stepfunctions").start_execution(
                stateMachineArn=machine, name="c", input=json.dumps({"detail": detail})
            )
        return {"status": "done"}

    emulator.tasks.handler = handler
    run = emulator.tasks.send("parent").run_to_end()
    assert [(each.reads, each.writes) for each in run.iterations] == [(0, 1)]
    assert [(child.id, child.execution.status) for child in run.children] == [("child", "SUCCEEDED")]
    with pytest.raises(EmulatorError, match="its logs cannot be seen"):
        run.logs  # noqa: B018
