"""Recorded runs of the original (5.40.6), run again: every answer, entry, record and log as recorded, step by step.

The recordings are not part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.tasks import HeaderError, NoHandlerError, make_handler
from emulator.tasks.handler import run_payload
from tests.emulator.tasks.recorded import (
    RECORDINGS,
    Abort,
    World,
    all_of,
    differences,
    entries_of,
    error_of,
    exact,
    facts_of_recording,
    record,
    recording,
    renamed,
    replay,
    runs,
    states_after_writes,
    unordered,
    world,
)
from tests.needs import WITHOUT_RECORDINGS

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=WITHOUT_RECORDINGS)


def told(name: str) -> Any:
    """The recording, or a skipped test where that one is not there."""
    if not (RECORDINGS / f"{name}.json").exists():
        pytest.skip(f"{name}.json is not among the recordings")
    return recording(name)


@pytest.mark.parametrize("name", runs())
def test_a_run_as_it_was_recorded(name: str) -> None:
    told = recording(name)
    assert not differences(facts_of_recording(told), replay(told))


def test_every_write_of_a_run() -> None:
    """Between two calls of the function, too: the same records are written in the same order."""
    theirs = states_after_writes(told("aws-calls")["calls"])
    [task], logs = theirs[-1]["tasks"], theirs[-1]["logs"]
    with world(task["id"], *(log["id"] for log in logs)) as made:
        made.function(900)
        run = made.bench.trigger("countdown", {"count": 1, "from": 1, "seconds": 1})
        ours: list[Any] = []
        made.wrote = lambda: ours.append(made.stored())
        run.run_to_end()
    assert len(ours) == len(theirs)
    name, recorded_name = run.execution.name, task["executionName"]
    written_before = 1  # the first is of the log alone: what the original read of the task is no write
    for one, other in list(zip(ours, theirs, strict=True))[written_before:]:
        assert all_of(one).replace(name, recorded_name) == all_of(other)


# One call of the function ---------------------------------------------------------------------------------------------


def context(milliseconds: int = 900_000) -> Any:
    """A Lambda context with that much time left."""
    return SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds)


def answer_to(made: World, event: Any, definition: str, given: Any, *logs: str, milliseconds: int = 900_000) -> Any:
    """The function's answer to ``event``, about a task that has just been triggered; ``logs`` are its logs' ids."""
    made.ids.extend((event["payload"]["webinyTaskId"], *logs))
    with made.emulator.assembly.hold():
        made.tasks.trigger(definition, given)
        return made.handler(event, context(milliseconds))


def test_forms_of_done() -> None:
    with world() as made:
        for case in told("done-forms")["cases"]:
            task, logs = case["state"]["task"]["result"], case["state"]["logs"]["result"]["items"]
            answer = answer_to(made, case["event"], "waiter", task["input"], *(log["id"] for log in logs))
            assert exact(answer) == exact(case["response"])
            assert record(made.record(task["id"])) == record(task)
            assert exact(made.logs(task["id"])) == exact(logs)


def test_what_continue_makes_of_seconds_and_dates() -> None:
    with world() as made:
        for case in told("continue-wait-options")["cases"]:
            task = case["task"]
            given = {key: value for key, value in task["input"].items() if key not in ("waited", "extra")}
            answer = answer_to(made, case["event"], "waiter", given)
            assert exact(answer) == exact(case["response"]), (case["option"], case["value"])
            assert record(made.record(task["id"])) == record(task)


def test_events_that_lack_something_or_have_more() -> None:
    """The recorded function has two entry points: an outer one for events with a payload, an inner one for payloads."""
    with world() as made, made.emulator.assembly.hold():
        for case in told("event-validation")["cases"]:
            event, message = case["event"], case.get("error", {}).get("errorMessage", "")
            id_ = event.get("webinyTaskId")
            if id_ is not None and made.tasks.get(id_) is None:
                made.ids.append(id_)
                made.tasks.trigger("privateEcho")
                made.ids.clear()
            if case["ok"]:
                assert exact(run_payload(made.tasks, event, context())) == exact(case["response"]), case["case"]
                continue
            door, error = (made.handler, NoHandlerError) if "handler" in message else (behind(made), HeaderError)
            with pytest.raises(error) as refused:
                door(event, context())
            assert str(refused.value) == message


def behind(made: World) -> Any:
    return partial(run_payload, made.tasks)


def test_the_minutes_that_are_close_to_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    case = told("infrastructure-errors")["threshold_env_1_minute_with_120s_left"]
    monkeypatch.setenv("WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES", "1")
    with world() as made:
        left = case["invoke_options"]["timeout_ms"]
        assert exact(answer_to(made, case["event"], "timeoutAware", {"total": 2}, milliseconds=left)) == exact(
            case["response"]
        )


# What cannot be reached ----------------------------------------------------------------------------------------------


class RefusedError(Exception):
    """What the original's HTTP client raises when nothing is listening."""

    code = "ECONNREFUSED"

    def __init__(self) -> None:
        super().__init__("connect ECONNREFUSED 127.0.0.1:9")


class Unreachable:
    """A client whose every call raises ``error``."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def call(**_: Any) -> Any:
            raise self._error

        return call


def without_name(error: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in error.items() if key != "name"}


@pytest.mark.parametrize("case", ["no_such_bus", "env_unset", "connection_refused"])
def test_a_bus_that_cannot_be_reached(case: str) -> None:
    """What EventBridge's client raised is as recorded, too: it was not the original that refused."""
    found = told("event-bus-problems")[case]
    error, puts = found.get("result", found)["error"], found.get("put_events", [])
    raised: list[Exception] = [ClientError(refusal(put["response"]), "PutEvents") for put in puts]
    with world(error["data"]["event"]["webinyTaskId"]) as made:
        clients = made.tasks.clients
        made.tasks.clients = lambda service: (
            Unreachable(next(iter(raised), RefusedError())) if service == "events" else clients(service)
        )
        assert exact(error_of(lambda: made.tasks.trigger("privateEcho"))) == exact(without_name(error))
        assert made.stored() == {"tasks": [], "logs": []}


def refusal(response: Any) -> Any:
    return {"Error": {"Code": response["__type"], "Message": response["message"]}}


@pytest.mark.parametrize("case", ["dynamodb_unreachable", "table_missing"])
def test_an_application_that_cannot_begin(case: str) -> None:
    """The original reads its tenant from the table before anything else; so does the twin of its start."""
    found = told("infrastructure-errors")[case]
    with world() as made:
        client = Unreachable(RefusedError()) if case == "dynamodb_unreachable" else made.emulator.client("dynamodb")

        def application() -> Any:
            client.get_item(TableName="no-such-table", Key={"PK": {"S": "T#root"}, "SK": {"S": "A"}})
            return made.tasks

        assert exact(make_handler(application)(found["event"], context())) == exact(found["response"])


# Aborts --------------------------------------------------------------------------------------------------------------


def test_errors_of_an_abort() -> None:
    found = told("abort-errors")
    done_id = found["done_task"]["error"]["data"]["id"]
    with world(done_id) as made:
        made.function(900)
        made.bench.trigger("privateEcho").run_to_end()
        assert exact(error_of(lambda: made.tasks.abort(done_id))) == exact(without_name(found["done_task"]["error"]))
        assert exact(error_of(lambda: made.tasks.abort("nope"))) == exact(without_name(found["missing_task"]["error"]))


def test_readings_and_writings_around_an_abort() -> None:
    """Recorded with their times: the user's program reads and writes the record in the midst of what the run does."""
    for case in told("abort-race-sequences"):
        sequence = [tuple(entry[1:]) for entry in case["sequence"]]
        aborted = next(
            number for number, (what, status, _) in enumerate(sequence) if (what, status) == ("write", "aborted")
        )
        saves = sum(what == "write" for what, _, _ in sequence[:aborted]) - 1
        with world() as made:
            made.function(900)
            run = made.bench.trigger("abortable", {"mode": case["mode"], "then": "done", "steps": 12, "ms": 250})
            abort = Abort(made, run.id, "abort while running")
            if sequence[aborted - 1][0] == "write":
                abort.at_step(saves - 1, "around_save")
            else:
                abort.at_step(saves, "before_save")
            made.seen.clear()
            run.run_to_end()
            del made.seen[len(sequence) :]  # what the test itself reads of the record
            assert made.seen == sequence
            assert (made.calls[0].answer["status"], run.task.status) == (case["response"], case["task"])


# GraphQL -------------------------------------------------------------------------------------------------------------


def test_every_request_to_graphql() -> None:
    """In their order, on tasks that were there before; of three such tasks only the last is told of."""
    graphql = pytest.importorskip("emulator.tasks.graphql")
    found = told("graphql")
    loop = found.pop("loop")
    answers = {
        name: request["body"].get("data", {}).get("backgroundTasks")
        for name, request in found.items()
        if name != "meta"
    }
    earlier = answers["list"]["listTasks"]["data"][1]
    logs = answers["logs"]["listLogs"]["data"]
    names = {earlier["executionName"]: "<earlier>", logs[0]["executionName"]: "<execution>"}
    with world() as made:
        made.function(900)
        for number, name in enumerate(("one", "another", earlier["name"])):
            made.ids.extend([earlier["id"]] if name == earlier["name"] else [f"{number:024}"])
            run = made.bench.trigger("countdown", earlier["input"], name=name).run_to_end()
            names[run.execution.name] = "<earlier>"
        made.calls.clear()
        made.entries()
        for name, answer in answers.items():
            request = found[name]
            asked = json.loads(request["event"]["body"])
            if (triggered := (answer or {}).get("triggerTask")) and triggered["data"]:
                made.ids.append(triggered["data"]["id"])
            with made.emulator.assembly.hold():
                ours = graphql.execute(made.tasks, asked["query"], asked["variables"])
            assert renamed(names, exact(ours)) == renamed(names, exact(request["body"])), name
            assert exact(made.entries()) == exact(entries_of(request["put_events"]))
            if name == "trigger":
                made.ids.extend(log["id"] for log in reversed(logs))
                run = made.bench.find(answer["triggerTask"]["data"]["id"]).run_to_end()
                names[run.execution.name] = "<execution>"
                for call, recorded in zip(made.calls, loop["iterations"], strict=True):
                    assert exact(call.answer) == exact(recorded["lambda_response"])
                    assert renamed(names, unordered(call.notes)) == renamed(names, unordered(recorded["probes"]))
