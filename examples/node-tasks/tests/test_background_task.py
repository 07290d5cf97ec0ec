"""The Node.js handler behind the state machine of background tasks, with the emulator's table, bus and clock."""

import shutil
from datetime import timedelta

import pytest

from emulator import Emulator, NodeHandler

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")


@pytest.fixture(autouse=True)
def _behind_the_machine(emulator: Emulator) -> None:
    emulator.tasks.handler = NodeHandler("background-task.handler", root="..")
    emulator.client("dynamodb").create_table(
        TableName="imports",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_a_page_is_imported_in_each_run(emulator: Emulator) -> None:
    run = emulator.tasks.send("importPages").run_until_waiting()
    assert run.waiting_for == 45
    run.run_to_end()
    assert [each.result and each.result.status for each in run.iterations] == ["continue", "continue", "done"]
    assert all(each.duration == timedelta(seconds=2) for each in run.iterations)
    assert run.states[-1] == "Done"
    assert run.execution.output == {
        "webinyTaskId": run.id,
        "webinyTaskDefinitionId": "importPages",
        "tenant": "root",
        "locale": "en-US",
        "status": "done",
        "message": "All pages are imported.",
        "output": {"pages": 3, "at": "2030-01-01T00:01:36.000Z"},
    }
    table = emulator.client("dynamodb").scan(TableName="imports")["Items"]
    assert table == [{"id": {"S": run.id}, "pages": {"N": "3"}}]


def test_a_task_may_begin_later(emulator: Emulator) -> None:
    run = emulator.tasks.send("importPages", delay=3600).run_until_waiting()
    assert run.waiting_for == 3600
    assert run.run_to_end().execution.elapsed == timedelta(hours=1, seconds=96)


def test_a_missing_table_is_an_error_of_the_task(emulator: Emulator) -> None:
    emulator.client("dynamodb").delete_table(TableName="imports")
    run = emulator.tasks.send("importPages").run_to_end()
    assert (run.states[-1], run.execution.status) == ("Error", "FAILED")
    assert run.execution.error == "Requested resource not found"
