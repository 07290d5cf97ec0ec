"""A world for background tasks: moto for AWS, a clock that moves by hand, scripted Lambda time, faults."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator.tasks import (
    FunctionTask,
    Profile,
    Registry,
    RunContext,
    Task,
    TaskDefinition,
    TaskLog,
    Tasks,
    make_handler,
    task,
)
from tests.emulator.tasks.cases import profiles_of

REGION = "eu-central-1"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MACHINE = f"arn:aws:states:{REGION}:000000000000:stateMachine:background-task-sfn"
Fault = Callable[[str, dict[str, Any]], Any]
"""What a call raises: an exception or ``None``; it may do something first."""


@functools.cache
def client(service: str) -> Any:
    """A boto3 client for moto; creating one takes longer than a test, so all tests share it."""
    return boto3.client(service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


class LambdaContext:
    """A Lambda context whose remaining milliseconds are ``left``."""

    def __init__(self, left: int = 900_000) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return self.left


class Spy:
    """A boto3 client that counts calls and raises the exception that ``fault(operation, arguments)`` returns."""

    def __init__(self, world: World, client: Any) -> None:
        self._world = world
        self._client = client

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._client, name)
        if not callable(target) or name in ("exceptions", "get_waiter", "get_paginator"):
            return target

        def call(**arguments: Any) -> Any:
            self._world.calls.append((name, arguments))
            if (error := self._world.fault(name, arguments)) is not None:
                raise error
            return target(**arguments)

        return call


class Executions:
    """A Step Functions client that starts any execution."""

    exceptions = None

    def start_execution(self, **arguments: Any) -> dict[str, Any]:
        arn = f"{MACHINE.replace('stateMachine', 'execution')}:{arguments['name']}"
        return {"executionArn": arn, "startDate": START, "ResponseMetadata": {"HTTPStatusCode": 200}}


class World:
    """One application: ``build`` it with definitions, ``trigger`` and ``run`` tasks, inspect the stored records."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.clock = START
        self.context: Any = LambdaContext()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.fault: Fault = lambda _operation, _arguments: None
        self._clients: dict[str, Any] = {"stepfunctions": Spy(self, Executions())}
        self._numbers = itertools.count(1)
        self.tasks: Tasks
        self.handler: Callable[[Any, Any], dict[str, Any]]

    def clients(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = Spy(self, client(service))
        return self._clients[service]

    def use_client(self, service: str, client: Any) -> None:
        self._clients[service] = client

    def now(self) -> datetime:
        self.clock += timedelta(milliseconds=1)
        return self.clock

    def new_id(self) -> str:
        return f"{next(self._numbers):024x}"

    def build(self, *definitions: TaskDefinition | type[TaskDefinition], **options: Any) -> Tasks:
        given: dict[str, Any] = {
            "clients": self.clients,
            "now": self.now,
            "new_id": self.new_id,
            "table_name": "background-tasks",
            "event_bus_name": "bus1",
            "registry": Registry(*definitions),
            "profile": self.profile,
        }
        self.tasks = Tasks(**{**given, **options})
        self.tasks.create_table()
        self.tasks.storage.write_machine_arn(MACHINE)
        self.handler = make_handler(self.tasks)
        self.calls.clear()
        return self.tasks

    def event(self, task: Task | str, **changes: Any) -> dict[str, Any]:
        id_, definition = (task.id, task.definition_id) if isinstance(task, Task) else (task, "any")
        return {
            "webinyTaskId": id_,
            "webinyTaskDefinitionId": definition,
            "locale": "en-US",
            "tenant": "root",
            "delay": 0,
            "endpoint": "manage",
            "executionName": "exec-1",
            "stateMachineId": MACHINE,
            **changes,
        }

    def run(self, task: Task | str, **changes: Any) -> dict[str, Any]:
        return self.handler({"name": "background-task", "payload": self.event(task, **changes)}, self.context)

    def once(self, body: Callable[[Any], Any], input: Any = None, **attributes: Any) -> tuple[Task, dict[str, Any]]:
        """Define ``body`` as the run of a task, trigger it, and run it once; returns the record and the answer."""
        self.define(body, **attributes)
        pending = self.tasks.trigger("probe", input)
        response = self.run(pending)
        return self.task(pending), response

    def define(self, body: Callable[[Any], Any], **attributes: Any) -> FunctionTask:
        def run(ctx: RunContext[Any, Any]) -> Any:
            return body(ctx)

        definition = task(id="probe", title="Probe", **attributes)(run)
        self.build(definition)
        return definition

    def task(self, task: Task | str) -> Task:
        found = self.tasks.get(task if isinstance(task, str) else task.id)
        assert found is not None
        return found

    def logs(self, task: Task) -> list[TaskLog]:
        return list(self.tasks.list_logs({"task": task.id}))

    def messages(self, task: Task) -> list[list[str]]:
        return [[item.message for item in log.items] for log in self.logs(task)]

    def writes(self) -> list[dict[str, Any]]:
        """The fields of every update of a task since the last look, without ``savedOn``."""
        updates = [arguments for name, arguments in self.calls if name == "update_item"]
        self.calls.clear()
        names = [set(update["ExpressionAttributeNames"].values()) for update in updates]
        return [{"fields": found - {"savedOn", "GSI2_PK"}} for found in names if "savedOn" in found]

    def put_entries(self) -> list[dict[str, Any]]:
        return [entry for name, arguments in self.calls if name == "put_events" for entry in arguments["Entries"]]

    def fail_writes(self, error: Exception, *, status: str | None = None, field: str | None = None) -> None:
        """Make every update that writes this status, or sets this field (``items`` is the log's), raise ``error``."""

        def fault(operation: str, arguments: dict[str, Any]) -> Exception | None:
            if operation != "update_item":
                return None
            values = arguments["ExpressionAttributeValues"]
            hit = status is not None and values.get(":taskStatus") == {"S": status}
            return error if hit or field in arguments["ExpressionAttributeNames"].values() else None

        self.fault = fault


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test whose cases hold in several profiles runs in each."""
    marks = metafunc.definition.iter_markers("case")
    profiles = list(dict.fromkeys(name for mark in marks for name in profiles_of(mark.kwargs)))
    if len(profiles) > 1 and "profile" in metafunc.fixturenames:
        metafunc.parametrize("profile", profiles, indirect=True)


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> Profile:
    """The profile that the test's mark names."""
    mark = request.node.get_closest_marker("case")
    return Profile.named(getattr(request, "param", None) or profiles_of(mark.kwargs if mark else {})[0])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, profile: Profile) -> Iterator[World]:
    """A fresh world without AWS; the bus ``bus1`` exists."""
    monkeypatch.delenv("WEBINY_TASKS_TIMEOUT_CLOSE_MINUTES", raising=False)
    with mock_aws():
        made = World(profile)
        made.clients("events").create_event_bus(Name="bus1")
        yield made


@pytest.fixture
def stub() -> Callable[..., Any]:
    """A client made of functions: ``stub(put_events=lambda **_: {})``."""
    return SimpleNamespace
