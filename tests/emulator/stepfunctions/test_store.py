"""What every store has to do; one more is one more row of ``STORES``."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from emulator import Emulator
from emulator.execution import Execution
from emulator.stepfunctions.offers import Activity
from emulator.stepfunctions.store import MemoryStore, Store

STORES = [MemoryStore]
AT = datetime(2030, 1, 1, tzinfo=UTC)


def activity(name: str, region: str = "us-east-1", **tags: str) -> Activity:
    return Activity(f"arn:aws:states:{region}:123456789012:activity:{name}", name, AT, tags)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Store:
    made: Callable[[], Store] = request.param
    return made()


def test_what_was_put_is_got_by_its_arn(store: Store) -> None:
    assert store.activities.get(activity("a").arn) is None
    store.activities.put(activity("a"))
    assert store.activities.get(activity("a").arn) == activity("a")
    assert len(store.activities) == 1
    assert len(store.machines) == 0


def test_what_is_put_again_keeps_its_place(store: Store) -> None:
    for name in ("b", "a", "c"):
        store.activities.put(activity(name))
    store.activities.put(activity("b", team="x"))
    assert store.activities.list() == [activity("b", team="x"), activity("a"), activity("c")]
    assert len(store.activities) == 3


def test_a_list_is_of_all_or_of_an_owner(store: Store) -> None:
    store.activities.put(activity("a"))
    store.activities.put(activity("a", "eu-west-1"))
    assert len(store.activities.list()) == 2
    assert store.activities.list("eu-west-1") == [activity("a", "eu-west-1")]
    assert store.activities.list("us-west-2") == []


def test_what_was_deleted_is_gone_also_from_its_owner(store: Store) -> None:
    store.activities.put(activity("a"))
    store.activities.delete(activity("a").arn)
    store.activities.delete(activity("a").arn)
    assert store.activities.get(activity("a").arn) is None
    assert store.activities.list() == store.activities.list("us-east-1") == []


def test_a_list_stays_as_it_was_taken(store: Store) -> None:
    store.activities.put(activity("a"))
    taken = store.activities.list()
    store.activities.put(activity("b"))
    assert taken == [activity("a")]


def test_executions_are_put_when_they_start_and_when_they_are_over(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, seen = emulator.assembly.service.store.executions, []
    put = table.put

    def seen_put(execution: Execution) -> None:
        seen.append(execution.status)
        put(execution)

    monkeypatch.setattr(table, "put", seen_put)
    execution = emulator.run({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}})
    assert emulator.assembly.service.store.executions.list(execution.state_machine.arn) == [execution]
    assert (seen[0], seen[-1]) == ("RUNNING", "SUCCEEDED")
