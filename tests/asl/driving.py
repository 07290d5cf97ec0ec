"""A driver of one machine for tests: a list of timers, a list of answers, and a history. No mocks, no sleeping.

``run(definition, input, answers)`` plays an execution to its end on virtual time. ``answers`` says what comes back
for each call: a value from a sequence, in the order of the calls, or what a function makes of the call. A value is an
``Answer``; plain JSON text is the target's output, at once; ``None``, or no answer left, is silence.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, TypeAlias, assert_never

from asl import Machine, Program, compile  # noqa: A004 - the word of the field
from asl.effects import (
    AbandonCall,
    CallTarget,
    CancelTimer,
    CloseMapRun,
    Decided,
    Effect,
    Finish,
    MapRunEffect,
    OpenMapRun,
    ReadItems,
    Record,
    SetTimer,
    StartChild,
    StopChildren,
    WriteResults,
)
from asl.events import CallFailed, CallSucceeded, Event, Start, TaskFailed, TaskSucceeded, TimersFired, Token
from asl.history import render
from asl.values import Json, encode

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
REGION = "eu-central-1"
EXECUTION = f"arn:aws:states:{REGION}:123456789012:execution:machine:run"
STATE_MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:machine"
ROLE = "arn:aws:iam::123456789012:role/states"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:f"
ACTIVITY = f"arn:aws:states:{REGION}:123456789012:activity:a"
SQS_CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


class Ok(NamedTuple):
    """The target answers this JSON text ``after`` so many seconds."""

    output: str
    after: float = 0


class Error(NamedTuple):
    """The target answers with an error ``after`` so many seconds."""

    error: str | None
    cause: str | None = None
    after: float = 0
    refused: bool = False


class Submitted(NamedTuple):
    """The target takes the request at once; the worker reports ``report`` when its own ``after`` is over."""

    report: "Ok | Error"
    response: str = "{}"


Answer: TypeAlias = "Ok | Error | Submitted | str | None"
Answers: TypeAlias = "Iterable[Answer] | Callable[[CallTarget], Answer]"


@dataclass
class Run:
    """What became of an execution: the records of its history, every event and effect, and its end."""

    machine: Machine
    records: list[Record] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    calls: list[CallTarget] = field(default_factory=list)
    asked: list[MapRunEffect] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    finish: Finish | None = None
    timers: dict[Token, datetime] = field(default_factory=dict)
    now: datetime = BEGIN

    @property
    def end(self) -> Finish:
        """How the execution ended."""
        assert self.finish is not None, "the execution is still running"
        return self.finish

    @property
    def output(self) -> Json:
        """What the execution gave."""
        assert self.end.output is not None, self.end
        value: Json = json.loads(self.end.output)
        return value

    @property
    def elapsed(self) -> float:
        """Seconds from start to now."""
        return (self.now - BEGIN).total_seconds()

    @property
    def chain(self) -> list[str]:
        """The history, an event a line: ``2 PassStateEntered<-0``."""
        return [f"{each.id} {each.type}<-{each.previous_event_id}" for each in self.records]

    @property
    def types(self) -> list[str]:
        """The types of the history's events."""
        return [each.type for each in self.records]

    def details(self, type_: str) -> list[dict[str, Any]]:
        """The details of every event of this type, as the API shows them."""
        shown = [render(each) for each in self.records if each.type == type_]
        return [next((each[key] for key in each if key.endswith("EventDetails")), {}) for each in shown]

    def receive(self, event: Event) -> list[Effect]:
        """Give the machine an event; do what follows on the lists."""
        self.now = max(self.now, event.at)
        self.events.append(event)
        effects = self.machine.receive(event)
        self.effects += effects
        for effect in effects:
            match effect:
                case Record():
                    self.records.append(effect)
                case Decided():
                    self.decisions.append(effect)
                case SetTimer(token=token, at=at):
                    assert token not in self.timers
                    self.timers[token] = at
                case CancelTimer(token=token):
                    self.timers.pop(token, None)  # gone already when it was due at the same instant
                case CallTarget():
                    self.calls.append(effect)
                case AbandonCall() | CloseMapRun():
                    pass
                case OpenMapRun() | ReadItems() | StartChild() | StopChildren() | WriteResults():
                    self.asked.append(effect)
                case Finish():
                    assert self.finish is None
                    self.finish = effect
                case _:
                    assert_never(effect)
        return effects

    def fire(self) -> list[Effect]:
        """Let the next timers fire: all that are due at the nearest instant."""
        at = min(self.timers.values())
        due = tuple(sorted(token for token, when in self.timers.items() if when == at))
        for token in due:
            del self.timers[token]
        return self.receive(TimersFired(at, due))


def start_event(text: str = "{}", *, at: datetime = BEGIN, seed: int | str = 0) -> Start:
    """The beginning of an execution with this input."""
    return Start(at, text, EXECUTION, "run", STATE_MACHINE, "machine", ROLE, REGION, seed)


def begin(
    definition: str | Mapping[str, Json] | Program,
    given: Json = None,
    *,
    text: str | None = None,
    held: frozenset[str] = frozenset(),
) -> Run:
    """An execution that has started and stands where it first waits for something."""
    program = definition if isinstance(definition, Program) else compile(definition)
    run_ = Run(Machine(program))
    start = start_event(encode({} if given is None else given) if text is None else text)
    run_.receive(start._replace(held=held))
    return run_


def play(run_: Run, answers: Answers = (), *, steps: int = 100_000) -> Run:
    """Go on until the execution is over, or nobody can move it any more."""
    pending: list[tuple[datetime, int, Event]] = []
    feed = answers if callable(answers) else _one_by_one(answers)
    answered, order = 0, count()
    for _ in range(steps):
        if run_.finish is not None:
            return run_
        for call in run_.calls[answered:]:
            pending += [(event.at, next(order), event) for event in _events(run_.now, call.token, feed(call))]
        answered = len(run_.calls)
        pending.sort(key=lambda each: each[:2])
        if pending and (not run_.timers or pending[0][0] <= min(run_.timers.values())):
            run_.receive(pending.pop(0)[2])
        elif run_.timers:
            run_.fire()
        else:
            return run_
    raise AssertionError(f"the execution has not ended after {steps} events")


def run(
    definition: str | Mapping[str, Json] | Program,
    given: Json = None,
    answers: Answers = (),
    *,
    text: str | None = None,
) -> Run:
    """The execution of ``definition``, played to its end; ``text`` is the input when its blanks matter."""
    return play(begin(definition, given, text=text), answers)


def machine(**states: Json) -> dict[str, Json]:
    """A definition of these states, which begins at the first."""
    return {"StartAt": next(iter(states)), "States": states}


def task(resource: str = FUNCTION, /, **fields: Json) -> dict[str, Json]:
    """A Task that ends its branch unless ``Next`` says otherwise; of a service, without parameters unless given."""
    argument = "Arguments" if fields.get("QueryLanguage") == "JSONata" else "Parameters"
    if resource.startswith("arn:aws:states:::") and "Arguments" not in fields:
        fields = {argument: {}, **fields}
    return {"Type": "Task", "Resource": resource, **fields, **({} if "Next" in fields else {"End": True})}


def parallel(*branches: Json, **fields: Json) -> dict[str, Json]:
    """A Parallel of these branches."""
    return {"Type": "Parallel", "Branches": list(branches), **fields, **({} if "Next" in fields else {"End": True})}


def map_(processor: Json, /, **fields: Json) -> dict[str, Json]:
    """A Map with this item processor."""
    return {"Type": "Map", "ItemProcessor": processor, **fields, **({} if "Next" in fields else {"End": True})}


def pass_(**fields: Json) -> dict[str, Json]:
    """A Pass."""
    return {"Type": "Pass", **fields, **({} if "Next" in fields else {"End": True})}


def _one_by_one(answers: Iterable[Answer]) -> Callable[[CallTarget], Answer]:
    rest = iter(answers)
    return lambda call: next(rest, None)


def _events(now: datetime, token: Token, answer: Answer) -> list[Event]:
    match answer:
        case None:
            return []
        case str():
            return [CallSucceeded(now, token, answer)]
        case Ok(output=output, after=after):
            return [CallSucceeded(now + timedelta(seconds=after), token, output)]
        case Error(error=error, cause=cause, after=after, refused=refused):
            return [CallFailed(now + timedelta(seconds=after), token, error, cause, refused)]
        case Submitted(report=report, response=response):
            return [CallSucceeded(now, token, response), _report(now, token, report)]
        case _:
            assert_never(answer)


def _report(now: datetime, token: Token, report: Ok | Error) -> Event:
    at = now + timedelta(seconds=report.after)
    if isinstance(report, Ok):
        return TaskSucceeded(at, token, report.output)
    return TaskFailed(at, token, report.error, report.cause)
