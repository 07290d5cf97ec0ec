"""What holds for every definition, input, seed and sequence of events: generated machines, hostile events."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asl import DefinitionError, Machine, Program, check, compile, replay  # noqa: A004 - the word of the field
from asl.effects import CallTarget, Record
from asl.events import (
    CallFailed,
    CallSucceeded,
    Event,
    Stop,
    TaskFailed,
    TaskHeartbeat,
    TaskOffered,
    TaskStarted,
    TaskSucceeded,
    TimersFired,
)
from asl.fields import ALL_TYPES, FIELDS
from asl.history import render
from asl.lint import lint
from asl.references import variable_references
from asl.validate import MachineType
from asl.values import Json, JsonTextError, encode
from tests.asl.driving import (
    ACTIVITY,
    BEGIN,
    FUNCTION,
    SQS_CALLBACK,
    Answer,
    Error,
    Ok,
    Run,
    Submitted,
    machine,
    play,
    start_event,
    task,
)

QUICK = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "E", "$.a"])
)
PAYLOADS: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abl"), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(["$", "$.a", "$.l", "$.l[0]", "$$.State", "$$.Execution.Input", "$v"])
PATHS = PLACES | st.sampled_from(["$..a", "$.l[*]"])
ERRORS = st.sampled_from(["E", "States.ALL", "States.Timeout", "States.TaskFailed", "States.DataLimitExceeded"])
TEMPLATES: st.SearchStrategy[Any] = st.dictionaries(st.sampled_from(["p.$", "q.$"]), PATHS, max_size=2) | st.just(
    {"id.$": "States.UUID()", "n.$": "States.MathRandom(1, 100)"}
)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these fields, or none."""
    return st.fixed_dictionaries({}, optional=fields)


PATH_FIELDS = {"InputPath": st.none() | PATHS, "OutputPath": st.none() | PATHS}
RETRIER = st.fixed_dictionaries(
    {"ErrorEquals": ERRORS.map(lambda name: [name])},
    optional={
        "IntervalSeconds": st.integers(1, 9),
        "MaxAttempts": st.integers(0, 2),
        "BackoffRate": st.sampled_from([1, 1.5, 3]),
        "MaxDelaySeconds": st.integers(1, 20),
        "JitterStrategy": st.sampled_from(["FULL", "NONE"]),
    },
)
OPERATIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"IsPresent": True}, {"NumericLessThan": 2}, {"StringEqualsPath": "$.a"}, {"IsNull": False}, {"IsString": True}]
)
RULE = st.builds(lambda path, operation: {"Variable": path, **operation}, PATHS, OPERATIONS)


EXPRESSIONS = st.sampled_from(
    [
        "$states.input",
        "$states.input.a",
        "$states.input.l[0]",
        "$states.input.**[0]",
        "$states.context.State.Name",
        "$states.context.Execution.Input",
        "$v",
        "[1..3]",
        "{'a': $count($states.input.l), 'l': [$states.input.a]}",
        "{'id': $uuid(), 'n': $random()}",
        "$millis() % 5",
        "$now()",
        "$states.input.a = 1",
        "null",
        "1 / 0",
        "$sum",
        "$sum('a')",
        "$nothing",
        "$base64decode('!!!')",
        "($f := function($n){ $n > 0 ? $f($n - 1) : 0 }; $f(5))",
        "$uppercase ~> $trim",
    ]
).map(lambda text: f"{{% {text} %}}")
EVALUATED: st.SearchStrategy[Any] = EXPRESSIONS | st.dictionaries(
    st.sampled_from("abl"), SCALARS | EXPRESSIONS | st.lists(EXPRESSIONS, max_size=2), max_size=3
)
IN_BOTH = ["Type", "Next", "End", "Resource", "TimeoutSeconds", "HeartbeatSeconds", "Branches", "ItemProcessor"]
IN_BOTH += ["MaxConcurrency", "Retry", "Default", "Seconds"]


@st.composite
def in_jsonata(draw: st.DrawFn, state: dict[str, Any]) -> dict[str, Any]:
    """A state in JSONata that does what ``state`` does, with fields of its own."""
    type_ = state["Type"]
    made = {"QueryLanguage": "JSONata", **{field: state[field] for field in IN_BOTH if field in state}}
    made |= draw(optional(Output=EVALUATED))
    made["Assign"] = {name: draw(SCALARS | EXPRESSIONS) for name in state.get("Assign", {})}
    if type_ == "Choice":
        conditions = st.booleans() | EXPRESSIONS
        made["Choices"] = [{"Condition": draw(conditions), "Next": each["Next"]} for each in state["Choices"]]
    elif type_ == "Wait" and "Seconds" not in state:
        times = ["{% '2030-01-01T00:00:09Z' %}", "{% $fromMillis($millis() + 4000) %}", "{% $states.input.a %}"]
        made |= draw(st.sampled_from([{"Seconds": "{% $states.input.a %}"}, *({"Timestamp": each} for each in times)]))
    elif type_ == "Map":
        made |= draw(optional(Items=EXPRESSIONS | st.just([1, "{% 2 %}"]), ItemSelector=EVALUATED))
    elif type_ in ("Task", "Parallel"):
        made |= {"Arguments": {}} if type_ == "Task" else {}
        made |= draw(optional(Arguments=EVALUATED))
    if "Catch" in state:
        errors = draw(optional(Output=st.just("{% $states.errorOutput.Cause %}") | EXPRESSIONS))
        made["Catch"] = [
            {"ErrorEquals": each["ErrorEquals"], "Next": each["Next"], **errors} for each in state["Catch"]
        ]
    return made


@st.composite
def blocks(draw: st.DrawFn, prefix: str = "S", depth: int = 2, *, language: str | None = None) -> dict[str, Any]:
    """A block of a few states that goes forwards only; its names begin with ``prefix``.

    In ``language``, or, when there is none, each state in one of both.
    """
    if language is None and depth == 2:
        language = draw(st.sampled_from([None, "JSONPath", "JSONata"]))
    names = [f"{prefix}{index}" for index in range(draw(st.integers(1, 3)))]
    states: dict[str, Any] = {}
    for index, name in enumerate(names):
        later = names[index + 1 :]
        types = ["Pass", "Wait", "Task", *(["Choice"] if later else []), *(["Parallel", "Map"] if depth else [])]
        type_ = draw(st.sampled_from(types))
        state: dict[str, Any] = {"Type": type_, **draw(optional(**PATH_FIELDS))}
        assign = st.dictionaries(st.sampled_from(["v", "w"] if depth == 2 else [f"v{depth}"]), SCALARS, max_size=2)
        state |= draw(optional(Assign=assign))
        if depth == 2 and index == 0:
            state["Assign"] = {"v": draw(SCALARS), **state.get("Assign", {})}
        if type_ == "Choice":
            rules = draw(st.lists(RULE, min_size=1, max_size=2))
            state["Choices"] = [{**rule, "Next": draw(st.sampled_from(later))} for rule in rules]
            state |= draw(optional(Default=st.sampled_from(later)))
        else:
            state |= {"Next": later[0]} if later else {"End": True}
        if type_ == "Pass":
            state |= draw(optional(Result=PAYLOADS, Parameters=TEMPLATES, ResultPath=st.sampled_from([None, "$.r"])))
        elif type_ == "Wait":
            state |= draw(
                st.sampled_from([{"Seconds": 3}, {"SecondsPath": "$.a"}, {"Timestamp": "2030-01-01T00:00:09Z"}])
            )
        elif type_ == "Task":
            state["Resource"] = draw(st.sampled_from([FUNCTION, SQS_CALLBACK, "arn:aws:states:::lambda:invoke"]))
            if state["Resource"].startswith("arn:aws:states:::"):
                state["Parameters"] = {}
            state |= draw(optional(Parameters=TEMPLATES, ResultSelector=TEMPLATES, TimeoutSeconds=st.integers(5, 9)))
            state |= draw(optional(HeartbeatSeconds=st.integers(1, 4), ResultPath=st.sampled_from([None, "$.a.r"])))
        elif type_ == "Parallel":
            count = draw(st.integers(1, 3))
            state["Branches"] = [
                draw(blocks(f"{name}.{branch}.", depth - 1, language=language)) for branch in range(count)
            ]
        elif type_ == "Map":
            state["ItemProcessor"] = draw(blocks(f"{name}.", depth - 1, language=language))
            state |= draw(optional(ItemsPath=PLACES, MaxConcurrency=st.integers(0, 2), ItemSelector=TEMPLATES))
        if type_ in ("Task", "Parallel", "Map"):
            state |= draw(optional(Retry=st.lists(RETRIER, max_size=1)))
            if later:
                catcher = {"ErrorEquals": ["States.ALL"], "Next": draw(st.sampled_from(later)), "ResultPath": "$.e"}
                state |= draw(optional(Catch=st.just([catcher])))
        if language == "JSONata" or (language is None and draw(st.booleans())):
            state = draw(in_jsonata(state))
        states[name] = state
    reached = {names[0]}
    for name in names:
        text = json.dumps(states[name]) if name in reached else ""
        reached |= {each for each in names if f'"{each}"' in text}
    block = {"StartAt": names[0], "States": {name: states[name] for name in names if name in reached}}
    return {"QueryLanguage": language, **block} if language is not None and depth == 2 else block


@st.composite
def programs(draw: st.DrawFn) -> Program:
    return compile(draw(blocks()))


ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.builds(Ok, PAYLOADS.map(encode), st.integers(0, 10)),
    st.builds(Error, st.sampled_from(["E", "F", None]), st.sampled_from(["c", None]), st.integers(0, 10)),
    st.builds(Submitted, st.builds(Ok, PAYLOADS.map(encode), st.integers(0, 10))),
    st.none(),
)
EXECUTIONS = st.fixed_dictionaries(
    {
        "program": programs(),
        "text": PAYLOADS.map(encode),
        "seed": st.integers(0, 3),
        "answers": st.lists(ANSWERS, min_size=1, max_size=6),
    }
)


def executed(program: Program, text: str, seed: int, answers: list[Answer]) -> Run:
    """The execution; the answers come round again when they are used up."""
    played = Run(Machine(program))
    played.receive(start_event(text, seed=seed))

    def answer(call: CallTarget) -> Answer:
        given_ = answers[call.token % len(answers)]
        return given_ if call.resource.waits or not isinstance(given_, Submitted) else given_.report

    return play(played, answer)


def written(played: Run) -> str:
    """The history as the API shows it."""
    return json.dumps([render(each) for each in played.records], default=str)


@given(EXECUTIONS)
@QUICK
def test_the_same_definition_input_seed_and_answers_give_the_same_history_byte_for_byte(execution: Any) -> None:
    first, second = executed(**execution), executed(**execution)
    assert written(first) == written(second)
    assert first.effects == second.effects
    assert first.finish is not None


@given(EXECUTIONS)
@QUICK
def test_stopping_after_any_event_and_replaying_gives_the_same_effects(execution: Any) -> None:
    whole = executed(**execution)
    for cut in range(len(whole.events) + 1):
        resumed, effects = replay(execution["program"], whole.events[:cut])
        for event in whole.events[cut:]:
            effects += resumed.receive(event)
        assert effects == whole.effects


@given(EXECUTIONS)
@QUICK
def test_ids_have_no_gaps_and_every_event_follows_an_earlier_one(execution: Any) -> None:
    played = executed(**execution)
    assert [each.id for each in played.records] == list(range(1, len(played.records) + 1))
    assert all(0 <= each.previous_event_id < each.id for each in played.records)
    assert all(a.at <= b.at for a, b in pairwise(played.records))
    assert sum(each.type.startswith("Execution") for each in played.records) == 2
    assert played.timers == {}, "nothing is left waiting"


MACHINE_TYPES: tuple[MachineType, ...] = ("STANDARD", "EXPRESS")
WORDS = st.sampled_from(
    [
        *(field.name for field in FIELDS),
        *ALL_TYPES,
        "States",
        "StartAt",
        "A",
        "B",
        "Variable",
        "And",
        "Not",
        "JSONata",
        "Condition",
    ]
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS
    | WORDS
    | PATHS
    | EXPRESSIONS
    | st.sampled_from(["{% ", "%}", "{%%}", "{% 1 + %}", "{% $$ %}"])
    | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A good definition in which something has been replaced, taken away, or added."""
    definition = json.loads(json.dumps(draw(blocks())))
    for _ in range(draw(st.integers(1, 3))):
        at: Any = definition
        while isinstance(at, dict | list) and at:
            keys = list(at) if isinstance(at, dict) else range(len(at))
            key = draw(st.sampled_from(keys))
            if not isinstance(at[key], dict | list) or draw(st.booleans()):
                break
            at = at[key]
        if isinstance(at, dict) and at and draw(st.booleans()):
            del at[key]
        elif isinstance(at, dict | list) and at:
            at[key] = draw(ANYTHING)
        if isinstance(at, dict):
            at |= draw(st.dictionaries(WORDS, ANYTHING, max_size=1))
    return definition


@given(ANYTHING | damaged(), st.sampled_from(["JSONPath", "JSONata"]))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_a_definition_is_it_can_be_checked_linted_and_searched_for_variables(value: Any, way: str) -> None:
    definition = {**value, "QueryLanguage": way} if isinstance(value, dict) else value
    for type_ in MACHINE_TYPES:
        text = json.dumps(definition)
        problems = check(text, type=type_)
        assert all(problem.message and problem.text("f") and problem.aws_text() for problem in problems)
        assert all(problem.line for problem in problems)
        if not any(problem.severity == "ERROR" for problem in problems):
            assert_compiles(text, type_)
    if isinstance(definition, dict):
        assert all(problem.severity == "WARNING" for problem in lint(definition))
        assert all(variable_references(definition).values())


def assert_compiles(text: str, type_: MachineType) -> None:
    assert compile(text, type=type_).block.states


@given(ANYTHING | damaged() | st.text(max_size=20))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_compiling_anything_gives_a_program_or_a_definition_error(definition: Any) -> None:
    for each in (definition, json.dumps(definition)):
        refused: DefinitionError | None = None
        try:
            compile(each)
        except DefinitionError as error:
            refused = error
        if refused is not None:
            assert refused.problems
            assert all(problem.message and problem.text("f") and problem.aws_text() for problem in refused.problems)


TOKENS = st.integers(0, 12)
TEXTS = PAYLOADS.map(encode) | st.sampled_from(["", "{", "NaN", "[" * 2000])
NAMES = st.sampled_from(["E", "", None, "States.Runtime", "States.Timeout", "States.DataLimitExceeded"])


def later(seconds: int) -> Any:
    return BEGIN + timedelta(seconds=seconds)


TIMES = st.integers(0, 40).map(later)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    TEXTS.map(start_event),
    st.builds(TimersFired, TIMES, st.lists(TOKENS, max_size=4).map(tuple)),
    st.builds(CallSucceeded, TIMES, TOKENS, TEXTS),
    st.builds(CallFailed, TIMES, TOKENS, NAMES, NAMES),
    st.builds(TaskOffered, TIMES, TOKENS),
    st.builds(TaskStarted, TIMES, TOKENS, NAMES),
    st.builds(TaskSucceeded, TIMES, TOKENS, TEXTS),
    st.builds(TaskFailed, TIMES, TOKENS, NAMES, NAMES),
    st.builds(TaskHeartbeat, TIMES, TOKENS),
    st.builds(Stop, TIMES, NAMES, NAMES),
)


def waiting(name: str, resource: str) -> dict[str, Json]:
    return machine(**{name: task(resource, TimeoutSeconds=9, HeartbeatSeconds=3)})


WAITING = machine(
    A={
        "Type": "Parallel",
        "Branches": [waiting("B", FUNCTION), waiting("C", ACTIVITY), waiting("D", SQS_CALLBACK)],
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "End": True,
    }
)


@given(st.just(compile(WAITING)) | programs(), TEXTS, st.lists(EVENTS, max_size=25))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_receiving_anything_in_any_order_raises_nothing_but_what_is_documented(
    program: Program, text: str, events: list[Event]
) -> None:
    fresh = Machine(program)
    records: list[Record] = []
    for event in [start_event(text), *events]:
        try:
            effects = fresh.receive(event)
        except JsonTextError:
            continue
        records += [effect for effect in effects if isinstance(effect, Record)]
    assert [each.id for each in records] == list(range(1, len(records) + 1)), "a refused event leaves no gap"
