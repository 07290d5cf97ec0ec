"""The page of the Python API, printed from signatures and docstrings.

python -m scripts.python_api > docs/python-api.md
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING
from types import ModuleType
from typing import Any, Final, NamedTuple, get_args

import asl
import emulator
from asl.decisions import ChoiceDecision, ErrorDecision
from asl.effects import Decided, Record
from asl.problems import DefinitionError, Problem
from emulator import Emulator, NodeHandler, Stub, TaskCall, errors, marker, pytest_plugin
from emulator.answered import Answered
from emulator.apigateway.messages import Response
from emulator.emulator_bus import EmulatorBus
from emulator.emulator_clock import EmulatorClock
from emulator.eventbridge.delivery import Undelivered
from emulator.execution import Execution, StateMachine
from emulator.faults import Fault, Faults
from emulator.history.states import StateRuns, States
from emulator.history.visits import Branch, Try, Visit
from emulator.templates.application import Application, Deployed
from emulator.tokens import TaskToken
from scripts.members import Member, first_sentence, members, signature, text_of


class Section(NamedTuple):
    """A class on the page, and what is written by hand above its members."""

    of: type
    title: str
    intro: str = ""
    makes: bool = False
    """Whether people call the class itself."""
    rows: Callable[[], Iterator[tuple[str, str, str]]] | None = None
    """A second table: decision, fields, meaning."""


def _decisions() -> Iterator[tuple[str, str, str]]:
    for of in (*get_args(ChoiceDecision), *get_args(ErrorDecision)):
        yield f"`{of.__name__}`", ", ".join(f"`{name}`" for name in of._fields), text_of(of)


SECTIONS: Final = (
    Section(
        Emulator,
        "Emulator",
        "`Definition` is the path of a file (JSON or YAML), JSON text, or a Python value. `Backend` is text, a mapping "
        "of services to texts, or `None`. Names of functions, machines and executions follow AWS's rules.",
        makes=True,
    ),
    Section(EmulatorClock, "emulator.clock", "An `EmulatorClock`."),
    Section(StateMachine, "StateMachine", "What `emulator.state_machine(...)` returns."),
    Section(
        Application,
        "Application",
        "What `emulator.deploy(...)` returns, and the fixture `app`: [templates.md](templates.md). It is a mapping: "
        '`app["OrdersTable"]` is the Ref of a logical id, such as a table\'s name; one that is not there raises '
        "`KeyError` with the nearest.",
    ),
    Section(Deployed, "Deployed", "`app.resources()` lists them."),
    Section(Response, "Response", "What `app.request(...)` returns."),
    Section(
        Execution,
        "Execution",
        "What `emulator.run(...)`, `start(...)` and `finish(...)` return, and what `emulator.executions` lists.",
    ),
    Section(Answered, "emulator.answered", "An `Answered`: a tuple of the values below."),
    Section(
        Faults,
        "emulator.faults",
        "A `Faults`: [faults.md](faults.md).",
    ),
    Section(Fault, "Fault", "What the methods of `emulator.faults` return."),
    Section(
        TaskToken,
        "TaskToken",
        "What `run.wait_for_task_token(...)` returns, and what `run.tokens` lists: [tokens.md](tokens.md).",
    ),
    Section(
        States,
        "run.states",
        '`run.states` is a mapping: `run.states["Charge"].attempts`, `"Refund" in run.states`, `list(run.states)`. '
        "A state that was not entered raises `KeyError`; the message lists the states that were.",
    ),
    Section(StateRuns, "run.states[name]"),
    Section(Visit, "Visit", "`run.visits` and `run.states[name].visits` list them."),
    Section(Try, "Try", "`visit.tries` lists them."),
    Section(Branch, "Branch", "`visit.branches` and `attempt.branches` list them."),
    Section(Record, "Record", "`visit.entered`, `visit.exited`, `attempt.begun` and `attempt.ended` are records."),
    Section(Decided, "Decided", "`run.decisions` lists them, for Choice states and for errors.", rows=_decisions),
    Section(
        Stub,
        "Stub",
        "What `emulator.task(...)` and `emulator.stub(...)` return: [stubs.md](stubs.md). Its methods that say what "
        "happens return a stub, too, with the same calls and assertions.",
    ),
    Section(TaskCall, "TaskCall", "`stub.calls` lists them, and a function given to `answers` or `when` gets one."),
    Section(
        EmulatorBus,
        "emulator.bus",
        'An `EmulatorBus`. Put events with boto3: `boto3.client("events").put_events(...)`. `Json` is a JSON value.',
    ),
    Section(Undelivered, "Undelivered", "`emulator.bus.undelivered` lists them."),
    Section(
        NodeHandler,
        "NodeHandler",
        "What `emulator.lambda_function` takes for a function in JavaScript: [nodejs.md](nodejs.md).",
        makes=True,
    ),
    Section(DefinitionError, "DefinitionError", "A `ValueError`, raised by `state_machine`, `start` and `run`."),
    Section(Problem, "Problem", "`error.problems` of a `DefinitionError` lists them, and `asl.check` returns them."),
)

INTERNAL: Final[Mapping[type, Mapping[str, str]]] = {
    Emulator: {
        "assembly": "the services that an emulator consists of; `emulate serve` is built on them",
        "left": "the state of its buses and queues when it closed",
    },
    Execution: {
        "machine": "the machine that runs it",
        "events": "the events that the state machine received, in order",
        "records": "the history before it has AWS's form",
        "tree": "the history as it is read, for `states` and `visits`",
        "clock": "what it reads the time from",
        "time": "the time on the emulator's clock, for `elapsed`",
        "finish": "how the machine ended it, for `status`, `output` and `error`",
        "awaited_answers": "the tasks that wait for a worker or a token",
        "is_logged": "whether a log group gets any of its events",
        "seen_by_log": "how many of its records were looked at for the log",
        "token_waits": "who knows its task tokens",
        "map_runs": "who knows the children of its map runs",
        "children_forgotten": "how many children of its map runs are not kept",
        "real_ns": "how long it took to emulate",
        "parent": "the execution whose task or handler started it, or whose map run it is a child of",
        "items": "its number in each map run around it, for `TaskCall.items`",
    },
    Faults: {
        "unused": "what the end of a test raises",
        "counts": "what they did, for `emulator.answered`",
    },
    Visit: {
        "told_failed": "`failed`, if the history contains it",
        "decisions": "what the machine decided about its errors, for `failed` and `error`",
        "told_error": "`error`, if the history contains it",
        "met_error": "`error`, as the machine has it",
        "told_cause": "`cause`, if the history contains it",
    },
    Try: {
        "told_error": "`error`, if the history contains it",
        "told_cause": "`cause`, if the history contains it",
    },
    NodeHandler: {
        "place": "the folder and the file, as `handler` has them",
        "function": "the name in the file, as `handler` has it",
        "file": "the file that is found",
    },
}
"""Members without an underscore that are for the emulator's own modules, and what they are."""

MARKER: Final[Mapping[str, tuple[str, str]]] = {
    "start": ("a `datetime` or ISO 8601 text, with a time zone", "the time at which the emulator's clock begins"),
    "seed": ("a whole number or text", "decides all random values"),
    "region": ("text such as `eu-central-1`", "the region of clients that name none, and of ARNs"),
    "backend": ("text or a mapping, as `Emulator` takes it", "where buses, queues, tables and the like are"),
    "accepted_calls": (
        'a list of texts such as `"scheduler:CreateSchedule"`',
        "calls to answer although nothing follows",
    ),
    "missing_function": ('`"raise"` or `"fail"`', "what a task does whose function is not registered"),
    "allow_blocked": ("`True` or `False`", "whether calls that nothing emulates are expected"),
    "latencies": (
        '`"none"`, `"aws"`, or seconds by kind of call: `{"dynamodb": (0.01, 0.06)}`',
        "how long calls take on the clock; `pytest --emulator-latencies aws` gives it to tests without",
    ),
    "dynamodb_ttl": (
        '`"within days"`, `"at expiry"`, `"never"`, or a `timedelta` after the expiry',
        "when items of DynamoDB are removed whose time to live has passed",
    ),
    "unused_stubs": ('`"fail"` or `"allow"`', "whether a stub that was never called fails the test"),
    "unused_faults": ('`"fail"` or `"allow"`', "whether a fault that was never used fails the test"),
    "template": ("the path of a file, from the test's folder", "the template that the fixture `app` deploys"),
    "parameters": ('a mapping such as `{"Stage": "test"}`', "values of the template's parameters"),
    "imports": ('a mapping such as `{"vpc": "vpc-1"}`', "what `Fn::ImportValue` finds in the template"),
    "leave_out": ("a list of logical ids", "resources of the template that are not made"),
    "stack_name": ("text", "the name of the template's stack"),
}
"""Argument of the marker -> what it may be, what it means."""

PRINTED: Final = (
    "This page is printed from the code's signatures and docstrings: `python -m scripts.python_api > "
    "docs/python-api.md`. Names that are not on it are not part of the API, and may change in any version."
)

UNITS: Final = (
    "Times are aware `datetime` values in UTC on the emulator's virtual clock, unless the text says real time. Names "
    "that end in `_seconds` are in seconds."
)

APP: Final = (
    'With `@pytest.mark.emulator(template="../template.yaml")` the fixture `app` is the `Application` of the template, '
    "deployed in the emulator of the fixture `emulator`."
)

PYTEST: Final = (
    "Installing the package installs its pytest plugin. A test with a parameter named `emulator` gets the fixture of "
    "that name:"
)

EXAMPLE: Final = """
```python
# test_night.py
from datetime import timedelta

import pytest


@pytest.mark.emulator(start="2030-06-01T23:59:00Z", seed=7)
def test_a_wait_over_midnight(emulator):
    run = emulator.run({"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 120, "End": True}}})
    assert run.assert_succeeded().elapsed == timedelta(minutes=2)
    assert emulator.clock.now().isoformat() == "2030-06-02T00:01:00+00:00"
```
"""

REPORT: Final = (
    "The report of a failed test has a section `emulator`: its executions, the events that were not delivered, and the "
    "requests that were refused."
)

MARKED: Final = (
    "`@pytest.mark.emulator(...)` marks a test, a class, or a module (`pytestmark`). All arguments are optional. A "
    "wrong argument fails the test before it begins."
)

ERRORS: Final = (
    "All but `DefinitionError` are subclasses of `EmulatorError`, and all can be imported from `emulator`. "
    "`ValueError` and `TypeError` mean a wrong argument, as everywhere in Python."
)

TASKS: Final = (
    "`emulator.tasks` triggers, runs and aborts background tasks, refuses writes, and ends calls at any moment: see "
    "[testing-tasks.md](testing-tasks.md). The package `emulator.tasks`, in which tasks are written, is described in "
    "[background-tasks.md](background-tasks.md)."
)

NOT_PUBLIC: Final = (
    "These have no underscore, and are not part of the API: the emulator's own modules, its commands and its server "
    "use them."
)


def lines() -> Iterator[str]:
    """The page, a part at a time."""
    yield "# The Python API"
    yield _prose(PRINTED)
    yield _prose(UNITS)
    yield from _pytest_part()
    for section in SECTIONS:
        yield from _section(section)
    yield from _errors()
    yield "\n## Background tasks"
    yield _prose(TASKS)
    yield from _names(emulator, "`from emulator import Emulator`")
    yield from _names(asl, "The language alone, without AWS services: `from asl import compile`")
    yield from _internal()


def _prose(text: str) -> str:
    """A paragraph, with the blank line before it."""
    return "\n" + textwrap.fill(text, 124, break_long_words=False, break_on_hyphens=False)


def _pytest_part() -> Iterator[str]:
    yield "\n## With pytest"
    yield _prose(PYTEST)
    yield _prose(APP)
    yield EXAMPLE
    yield "### The fixture `emulator`"
    yield f"\n{text_of(pytest_plugin.emulator.__doc__)}"
    yield _prose(REPORT)
    yield "\n### The marker `emulator`"
    yield _prose(MARKED)
    rows = ((f"`{name}`", *MARKER[name]) for name in marker.ARGUMENTS)
    yield from _table(("argument", "value", "meaning"), rows)
    yield "\n### Options of pytest"
    options = Options()
    pytest_plugin.pytest_addoption(options)  # type: ignore[arg-type]
    yield from _table(("option", "where"), options.rows)
    yield _prose(f"`--emulator-backend` and `emulator_backend` set {pytest_plugin.BACKEND}.")
    yield _prose("`--asl-cov` and its kin measure coverage of state machines: see `docs/coverage.md`.")


class Options:
    """Takes the options of the plugin as ``pytest.Parser`` does, for a table."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def getgroup(self, name: str, description: str) -> "Options":
        """Groups are all one."""
        return self

    def addoption(self, name: str, *, metavar: str, help: str, nargs: str | None = None, **_: Any) -> None:
        """One for the command line."""
        value = f"[={metavar}]" if nargs == "?" else f"={metavar}"
        self.rows.append((f"`{name}{value}`", "command line"))

    def addini(self, name: str, help: str, type: str) -> None:
        """One for the configuration file."""
        self.rows.append((f"`{name}`", f"configuration file, {type}"))


def _section(section: Section) -> Iterator[str]:
    yield f"\n## `{section.title}`"
    if section.intro:
        yield _prose(section.intro)
    if section.makes:
        yield f"\n```text\n{_wrapped(signature_of(section.of))}\n```"
    yield f"\n{text_of(section.of)}"
    public = [each for each in members(section.of) if each.name not in INTERNAL.get(section.of, {})]
    values = [each for each in public if each.kind == "value"]
    if values:
        yield from _table(("name", "type", "value"), (_row(each) for each in values))
    if section.rows is not None:
        yield from _table(("decision", "fields", "meaning"), section.rows())
    for each in public:
        if each.kind == "method":
            yield f"\n### `{section.title}.{each.name}`"
            yield f"\n```text\n{_wrapped(each.signature)}\n```"
            yield f"\n{each.text}"


def signature_of(of: type) -> str:
    """How a class is called."""
    if not hasattr(of, "__dataclass_fields__"):
        return signature(vars(of)["__init__"], of.__name__)
    fields = of.__dataclass_fields__.values()
    types = {each.name: each.type for each in members(of)}
    return f"{of.__name__}({', '.join(f'{each.name}: {types[each.name]}{_default(each)}' for each in fields)})"


def _default(field: Any) -> str:
    if field.default_factory is not MISSING:
        return f" = {field.default_factory()!r}"
    return "" if field.default is MISSING else f" = {field.default!r}"


def _row(member: Member) -> tuple[str, str, str]:
    return f"`{member.name}`", f"`{member.type}`" if member.type else "", member.text


def _wrapped(text: str) -> str:
    """A signature with a line for each parameter where one line does not do."""
    if len(text) <= 100:
        return text
    head, _, rest = text.partition("(")
    inner, end, result = rest.rpartition(")")
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(inner):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append(inner[start:place].strip())
            start = place + 1
    parts.append(inner[start:].strip())
    return "\n".join([f"{head}(", *(f"    {part}," for part in parts), f"{end}{result}"])


def _errors() -> Iterator[str]:
    yield "\n## Errors"
    yield _prose(ERRORS)
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    rows = ((f"`{each.__name__}`", text_of(each)) for each in [*classes, DefinitionError])
    yield from _table(("error", "when it is raised"), rows)


def _names(package: ModuleType, intro: str) -> Iterator[str]:
    name = package.__name__
    yield f"\n## Names of the package `{name}`"
    yield f"\n{intro}."
    rows = ((f"`{each}`", first_sentence(text_of(getattr(package, each)))) for each in package.__all__)
    yield from _table(("name", "what it is"), rows)


def _internal() -> Iterator[str]:
    yield "\n## Internal names"
    yield _prose(NOT_PUBLIC)
    rows = ((f"`{of.__name__}.{name}`", what) for of, names in INTERNAL.items() for name, what in names.items())
    yield from _table(("name", "what it is"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"\n| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    print("\n".join(lines()))
