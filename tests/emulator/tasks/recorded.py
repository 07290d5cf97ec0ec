"""Recorded runs of the original system, and our runs of the same tasks: both as facts that can be compared.

A recording is a file of ``background-tasks/v5.40.6``: a trigger's answer and event, and for every call of the Lambda
function its event, its answer, the task's notes, and the records stored afterwards. ``facts_of_recording`` and
``replay`` turn a recording, and our run of its twin (``twins.py``), into a mapping from the name of a fact to its
text; ``differences`` lists the texts that differ.

Left out, because they vary between runs: ids of events and requests, the execution's name, stacks, and times, for
which only the changes in a step count. We can choose the ids of tasks and logs, so they are the recorded ones.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from emulator import Emulator, Execution
from emulator.taskbench import FUNCTION_NAME
from emulator.tasks import TaskError, make_handler
from emulator.tasks.queries import MAX_LIMIT
from emulator.tasks.storage import TASK_SORT_KEY
from tests.conformance.corpus import FOLDER
from tests.emulator.tasks.twins import DEFINITIONS

RECORDINGS: Final = FOLDER / "background-tasks" / "v5.40.6"
PROFILE: Final = "webiny_5_39"
"""5.40.6 is the last release that behaves so."""
REGION: Final = "eu-central-1"
ACCOUNT: Final = "000000000000"
TICK: Final = timedelta(milliseconds=1)

TIMES: Final = frozenset({"createdOn", "savedOn", "startedOn", "finishedOn"})
OPAQUE: Final = frozenset({"EventId", "requestId", "cursor", "stack"})

Facts = dict[str, str]
Stored = dict[str, list[dict[str, Any]]]


def recording(name: str) -> Any:
    """The recording with this name, parsed."""
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def runs() -> list[str]:
    """The names of the recordings that cover a run from its trigger to its end."""
    return [path.stem for path in sorted(RECORDINGS.glob("*.json")) if _is_run(recording(path.stem))]


def _is_run(told: Any) -> bool:
    return isinstance(told, dict) and {"trigger", "iterations", "final"} <= told.keys()


def differences(theirs: Facts, ours: Facts) -> list[str]:
    """Every fact of the recording that is missing or different in ours."""
    return [
        f"{name}\n    recorded: {fact}\n    ours:     {ours.get(name, '(nothing)')}"
        for name, fact in theirs.items()
        if ours.get(name) != fact
    ]


# Texts ---------------------------------------------------------------------------------------------------------------


def exact(value: Any) -> str:
    """``value`` as JSON text in its own order, without the parts that vary between runs."""
    return json.dumps(_settled(value), ensure_ascii=False)


def record(value: Mapping[str, Any]) -> str:
    """``exact`` of a task's record: a field that is ``null`` in JavaScript is one without a value in Python."""
    return exact({key: item for key, item in value.items() if item is not None})


def unordered(value: Any) -> str:
    """``exact``, with the keys of objects in alphabetical order: for what the original keeps in another order."""
    return json.dumps(_settled(value), ensure_ascii=False, sort_keys=True)


def _settled(value: Any) -> Any:
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _settled_field(key, item) for key, item in value.items()}


def _settled_field(key: str, value: Any) -> Any:
    if key == "eventResponse" and isinstance(value, dict):
        value = _sdk_answer(value)
    if isinstance(value, str) and (key in TIMES or key in OPAQUE):
        return f"<{key}>"
    return _settled(value)


def _sdk_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """PutEvents' answer as the SDK for JavaScript gives it; boto3's has the metadata under another name."""
    if (metadata := answer.get("ResponseMetadata")) is None:
        return answer
    told = {
        "httpStatusCode": metadata["HTTPStatusCode"],
        "requestId": metadata["RequestId"],
        "attempts": metadata["RetryAttempts"] + 1,
        "totalRetryDelay": 0,
    }
    return {"FailedEntryCount": answer["FailedEntryCount"], "Entries": answer["Entries"], "$metadata": told}


def _stored_facts(step: str, found: Stored, before: dict[Any, str]) -> Facts:
    """The records stored after a step, and the times that differ from ``before``, which is updated."""
    moments = dict(_moments(found))
    changed = sorted(str(place) for place, moment in moments.items() if before.get(place) != moment)
    before.clear()
    before.update(moments)
    return {f"{step}: stored": all_of(found), f"{step}: moments that changed": ", ".join(changed)}


def all_of(found: Stored) -> str:
    """All tasks and logs as text, in the order of their ids."""
    return unordered({kind: sorted(records, key=lambda entry: str(entry["id"])) for kind, records in found.items()})


def _moments(found: Stored) -> Iterator[tuple[tuple[Any, ...], str]]:
    for records in found.values():
        for record in records:
            yield from (((record["id"], key), record[key]) for key in record if key in TIMES)
            for number, item in enumerate(record.get("items", [])):
                yield (record["id"], number), item["createdOn"]


def renamed(names: Mapping[str, str], fact: str) -> str:
    """``fact`` with names that vary between runs replaced."""
    for old, new in names.items():
        fact = fact.replace(old, new)
    return fact


def _renamed(names: Mapping[str, str], facts: Facts) -> Facts:
    return {key: renamed(names, fact) for key, fact in facts.items()}


# A recording ---------------------------------------------------------------------------------------------------------


def facts_of_recording(told: Any) -> Facts:
    """The facts of a recorded run."""
    before: dict[Any, str] = {}
    facts = {
        "trigger: answer": exact(told["trigger"]["result"]["result"]),
        "trigger: entries": exact(entries_of(told["trigger"]["put_events"])),
    }
    if (items := told.get("stored_after_trigger")) is not None:
        facts |= _stored_facts("trigger", _records(items), before)
    for iteration in told["iterations"]:
        step = f"iteration {iteration['n']}"
        if iteration["n"] == _first_after_abort(told):
            facts |= _stored_facts("abort", _records(told["stored_after_abort"]), before)
        facts |= {
            f"{step}: event": unordered(iteration["lambda_event"]),
            f"{step}: answer": exact(iteration["lambda_response"]),
            f"{step}: notes": unordered(iteration["probes"]),
            f"{step}: entries": exact(entries_of(iteration["put_events"])),
        }
        facts |= _stored_facts(step, _records(iteration["stored_after"]), before)
    if "abort" in told:
        facts["abort: answer"] = exact(told["abort"]["result"])
    if "abort_again" in told:
        facts["abort again: error"] = exact(_error(told["abort_again"]["error"]))
    machine = told["state_machine"]
    facts["execution: path"] = " ".join(visit["state"] for visit in machine["trace"])
    facts |= {f"execution: {key}": exact(machine[key]) for key in ("status", "output", "error") if key in machine}
    if "cause" in machine:  # the stand-in's spacing is not AWS's
        facts["execution: cause"] = exact(json.loads(machine["cause"]))
    facts["final: task"] = exact(told["final"]["task"]["result"])
    facts["final: logs"] = exact(told["final"]["logs"]["result"]["items"])
    return _renamed({machine["execution"]["Execution"]["Name"]: "<execution>"}, facts)


def _first_after_abort(told: Any) -> int | None:
    """The iteration before which the user aborted the task, ``None`` if that was during one, or never."""
    return told["abort"]["result"]["iterations"] + 1 if "stored_after_abort" in told else None


def entries_of(put_events: list[Any]) -> list[Any]:
    """The entries of recorded calls of PutEvents."""
    return [entry for put in put_events for entry in put["request"]["Entries"]]


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    return {key: error[key] for key in ("message", "code", "data")}


def _records(items: list[dict[str, Any]]) -> Stored:
    """The tasks and logs among the items of the original's table, in wire form."""
    found: Stored = {"webinyTask": [], "webinyTaskLog": []}
    for item in items:
        if item["TYPE"] == "cms.entry":
            common = {"id": item["entryId"], "createdOn": item["createdOn"], "createdBy": item["createdBy"]}
            found[item["modelId"]].append({**common, "savedOn": item["savedOn"], **_fields(item["values"])})
    for log in found["webinyTaskLog"]:
        del log["savedOn"]
        log["items"] = [_fields(entry) for entry in log["items"]]
    return {"tasks": [{"executionName": "", **task} for task in found["webinyTask"]], "logs": found["webinyTaskLog"]}


def states_after_writes(calls: Iterable[Any]) -> list[Stored]:
    """The records after each write among ``calls``, which are requests to DynamoDB in its JSON."""
    items: dict[Any, Any] = {}
    states = []
    for call in calls:
        if call["target"].endswith("BatchWriteItem"):
            for request in call["request"]["RequestItems"]["webiny"]:
                item = _value({"M": request["PutRequest"]["Item"]})
                items[item["PK"], item["SK"]] = item
            states.append(_records(list(items.values())))
    return states


def _value(attribute: dict[str, Any]) -> Any:
    [(kind, value)] = attribute.items()
    match kind:
        case "M":
            return {key: _value(item) for key, item in value.items()}
        case "L":
            return [_value(item) for item in value]
        case "N":
            return json.loads(value)
        case "NULL":
            return None
        case _:
            return value


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """``{"text@name": ...}`` as ``{"name": ...}``."""
    return {key.partition("@")[2]: value for key, value in values.items()}


# Our run -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One call of the Lambda function: its event, answer, notes and bus entries, and the records stored after it."""

    event: Any
    answer: Any
    notes: list[Any]
    entries: list[Any]
    stored: Stored


class World:
    """The application of the recordings on an emulator; ``ids`` are the next ids of its tasks and logs."""

    def __init__(self, emulator: Emulator, profile: str, ids: Iterable[str]) -> None:
        self.ids = deque(ids)
        self.emulator = emulator
        self.bench = emulator.tasks
        self.bench.profile = profile
        self.bench.register(*DEFINITIONS)
        self.tasks = self.bench.tasks
        fresh, clients = self.tasks.new_id, self.tasks.clients
        self.tasks.new_id = lambda: self.ids.popleft() if self.ids else fresh()
        self.tasks.clients = lambda service: (
            Watched(clients(service), self) if service == "dynamodb" else clients(service)
        )
        self._ticks = 0
        self.tasks.app.probe = lambda what, **facts: self.notes.append({"what": what, **facts})
        self.tasks.app.step = lambda number, save: self.step(number, save)
        self.tasks.now = self._now
        self.tasks.app.clock = lambda: emulator.assembly.now() + (self._ticks + 1) * TICK
        self.step: Callable[[int, Callable[[], None]], None] = lambda _, save: save()
        self.before_iteration: dict[int, Callable[[], None]] = {}
        self.before_write: Callable[[], None] | None = None
        """What happens before the next write of a task's record, once."""
        self.seen: list[tuple[Any, ...]] = []
        """Every reading and writing of a task's record: which, its status, and the position in what is written."""
        self.wrote: Callable[[], None] = lambda: None
        """What happens after each write to the table."""
        self.notes: list[Any] = []
        self.calls: list[Call] = []
        self.has_timer = True
        self.handler = make_handler(self.tasks)
        self._entries = 0

    def _now(self) -> datetime:
        """The emulator's time; every look takes a moment, so that no two are the same."""
        self._ticks += 1
        return self.emulator.assembly.now() + self._ticks * TICK

    def function(self, timeout_seconds: float) -> None:
        """Put the application, as a Lambda function with that timeout, behind the machine."""
        self.emulator.lambda_function(FUNCTION_NAME, self._handle, timeout_seconds=timeout_seconds)

    def _handle(self, event: Any, context: Any) -> Any:
        if act := self.before_iteration.pop(len(self.calls) + 1, None):
            act()
        answer = self.handler(event, context if self.has_timer else None)
        notes, self.notes = self.notes, []
        self.calls.append(Call(event, answer, notes, self.entries(), self.stored()))
        return answer

    def entries(self) -> list[Any]:
        """What was put on the bus since the last look; its name is the original's."""
        new = self.emulator.bus.entries[self._entries :]
        self._entries += len(new)
        return [{**entry, "EventBusName": "webiny-bus"} for entry in new]

    def record(self, id: str) -> Any:
        """The task's record in wire form."""
        task = self.tasks.get(id)
        assert task is not None
        return task.to_dict()

    def logs(self, id: str) -> list[Any]:
        """Its logs in wire form, oldest first."""
        return [log.to_dict() for log in self.tasks.list_logs({"task": id}, limit=MAX_LIMIT)]

    def stored(self) -> Stored:
        """All tasks and logs, in wire form."""
        tasks = self.tasks.list(sort="createdOn_ASC", limit=MAX_LIMIT)
        logs = self.tasks.list_logs(limit=MAX_LIMIT)
        return {"tasks": [task.to_dict() for task in tasks], "logs": [log.to_dict() for log in logs]}


class Watched:
    """DynamoDB's client, which keeps what is read and written, and lets the world act before a write of a task."""

    def __init__(self, client: Any, world: World) -> None:
        self._client = client
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_item(self, **arguments: Any) -> Any:
        found = self._client.get_item(**arguments)
        self._saw([found["Item"]] if "Item" in found else [])
        return found

    def query(self, **arguments: Any) -> Any:
        found = self._client.query(**arguments)
        self._saw([] if "IndexName" in arguments else found["Items"])
        return found

    def _saw(self, items: list[Any]) -> None:
        tasks = [item for item in items if item["SK"]["S"] == TASK_SORT_KEY]
        self._world.seen.extend(("read", task["taskStatus"]["S"], None) for task in tasks)

    def put_item(self, **arguments: Any) -> Any:
        written = self._client.put_item(**arguments)
        self._world.wrote()
        return written

    def update_item(self, **arguments: Any) -> Any:
        if arguments["Key"]["SK"]["S"] != TASK_SORT_KEY:
            written = self._client.update_item(**arguments)
            self._world.wrote()
            return written
        if act := self._world.before_write:
            self._world.before_write = None
            act()
        written = self._client.update_item(**arguments)
        item = written["Attributes"]
        position = json.loads(item["output"]["S"]).get("position") if "output" in item else None
        self._world.seen.append(("write", item["taskStatus"]["S"], None if position is None else str(position)))
        self._world.wrote()
        return written


@contextmanager
def world(*ids: str, profile: str = PROFILE) -> Iterator[World]:
    """A ``World`` on an emulator of its own."""
    with Emulator(region=REGION) as emulator:
        yield World(emulator, profile, ids)


def replay(told: Any, profile: str = PROFILE) -> Facts:
    """Our run of the recording ``told``: the same trigger, the same abort, the same time left."""
    task, logs = told["trigger"]["result"]["result"], told["final"]["logs"]["result"]["items"]
    with world(task["id"], *(log["id"] for log in logs), profile=profile) as made:
        options = told.get("invoke_options", {})
        made.has_timer = not options.get("context", {}).get("noTimer", False)
        made.function(_timeout_seconds(told, options.get("timeout_ms", 900_000)))
        params = dict(told["trigger"]["params"])
        run = made.bench.trigger(params.pop("definition"), params.pop("input", None), **params)
        before: dict[Any, str] = {}
        facts = {"trigger: answer": exact(run.task.to_dict()), "trigger: entries": exact(made.entries())}
        if "stored_after_trigger" in told:
            facts |= _stored_facts("trigger", made.stored(), before)
        aborted = recorded_abort(made, run.id, told) if "abort" in told else None
        run.run_to_end()
        for number, call in enumerate(made.calls, 1):
            step = f"iteration {number}"
            if aborted is not None and number == _first_after_abort(told):
                facts |= _stored_facts("abort", aborted.stored, before)
            facts |= {
                f"{step}: event": unordered(call.event),
                f"{step}: answer": exact(call.answer),
                f"{step}: notes": unordered(call.notes),
                f"{step}: entries": exact(call.entries),
            }
            facts |= _stored_facts(step, call.stored, before)
        if aborted is not None:
            facts["abort: answer"] = exact(aborted.answer)
            facts["abort again: error"] = exact(error_of(lambda: made.bench.abort(run.id)))
        facts |= _facts_of_execution(run.execution)
        facts["final: task"] = exact(run.task.to_dict())
        facts["final: logs"] = exact([log.to_dict() for log in run.logs])
        return _renamed({run.execution.name: "<execution>", made.emulator.account_id: ACCOUNT}, facts)


def _facts_of_execution(execution: Execution) -> Facts:
    facts = {"execution: path": " ".join(execution.path), "execution: status": exact(execution.status)}
    if execution.status == "SUCCEEDED":
        return {**facts, "execution: output": exact(execution.output)}
    facts["execution: error"] = exact(execution.error)
    facts["execution: cause"] = exact(json.loads(execution.cause or "null"))
    return facts


def error_of(act: Callable[[], object]) -> dict[str, Any]:
    """Message, code and data of the ``TaskError`` that ``act`` raises; empty if it does not raise one."""
    try:
        act()
    except TaskError as error:
        return {"message": error.message, "code": error.code, "data": error.data}
    return {}


def _timeout_seconds(told: Any, timeout_ms: int) -> float:
    """The timeout at which a run gets as close to it as the recorded one.

    How much of its time the original spent on reading and writing is not told, but where it stopped is.
    """
    given = told["trigger"]["params"].get("input", {})
    closes = [note for call in told["iterations"] for note in call["probes"] if note["what"] == "timeoutAware.close"]
    if closes and closes[0]["position"] > 0:
        return float(given["margin"] + (closes[0]["position"] * given["ms"] - 1) / 1000)
    return timeout_ms / 1000


Order = Literal["before_save", "around_save", "inside_save"]


class Abort:
    """The user's abort of a task that runs: when their program reads the record, and when it writes it."""

    def __init__(self, world: World, id: str, message: str) -> None:
        self._world = world
        self._id = id
        self._message = message
        self.answer: Any = None
        """The record that the user got, in wire form."""
        self.stored: Stored = {}
        """What was stored right after."""

    def act(self) -> None:
        """Abort the task now."""
        self.answer = self._world.bench.abort(self._id, self._message).to_dict()
        self.stored = self._world.stored()

    def before_iteration(self, number: int) -> None:
        """Abort it when that call of the function begins."""
        self._world.before_iteration[number] = self.act

    def at_step(self, step: int, order: Order) -> None:
        """Abort it at that step of the twin ``abortable``.

        Before what the run saves there; or reading before and writing after it; or between its own reading and writing.
        """

        def act_and_save(number: int, save: Callable[[], None]) -> None:
            if number != step or self.answer is not None:
                save()
            elif order == "before_save":
                self.act()
                save()
            elif order == "around_save":
                self._world.before_write = save
                self.act()
            else:
                self._world.before_write = self.act
                save()

        self._world.step = act_and_save


def recorded_abort(made: World, id: str, told: Any) -> Abort:
    """The abort that ``told`` tells of; in the midst of a run the order of reads and writes shows in what came of it.

    The user's program gives the record as it had read it, so ``position`` says before which save that was. When the run
    saw the abort, it was written after that save; when it did not although it saved, in the midst of that save.
    """
    record = told["abort"]["result"]
    if (number := _first_after_abort(told)) is not None:
        message = told["state_after_abort"]["logs"]["result"]["items"][-1]["items"][-1]["message"]
        abort = Abort(made, id, message)
        abort.before_iteration(number)
        return abort
    abort = Abort(made, id, "abort while running")
    notes = told["iterations"][record["iterations"] - 1]["probes"]
    was_seen = any(note["what"] == "abortable.sawAbort" for note in notes)
    position = {**record["input"], **record.get("output", {})}.get("position")
    if position is None:
        abort.at_step(5, "before_save")
    else:
        abort.at_step(position + 1, "around_save" if was_seen else "inside_save")
    return abort
