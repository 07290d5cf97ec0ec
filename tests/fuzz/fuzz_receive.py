"""Coverage-guided fuzzing of the machine: whatever it is told, in whatever order, it answers with effects.

    pip install atheris && python tests/fuzz/fuzz_receive.py -max_total_time=180 [CORPUS_FOLDER]

A round picks one of ``PROGRAMS``, gives it an input, and then events: what its effects ask for (timers, answers of
targets and workers, items, ends of children), or events that nobody asked for. An exception other than
``JsonTextError``, which ``receive`` documents, ends the run, with the bytes of the round in a file ``crash-...``.
"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["asl"]):
    from asl import Machine, compile  # noqa: A004 - the word of the field
    from asl.events import (
        CallFailed,
        CallSucceeded,
        ChildEnded,
        ChildStatus,
        Event,
        ItemsRead,
        MapRunBroken,
        MapRunUpdated,
        ResultsWritten,
        Start,
        Stop,
        TaskFailed,
        TaskHeartbeat,
        TaskStarted,
        TaskSucceeded,
        TimersFired,
    )
    from asl.history import render
    from asl.intrinsics import FUNCTIONS
    from asl.jsonata.functions import AWS
    from asl.states.choice import COMPARISONS, TYPE_TESTS
    from asl.values import JsonTextError, decode, encode
    from tests.asl.driving import (
        ACTIVITY,
        SQS_CALLBACK,
        Run,
        machine,
        map_,
        parallel,
        pass_,
        start_event,
        task,
    )

T = TypeVar("T")
EVENTS = 40
"""Events of a round at most."""

ARGUMENTS = ["$.a", "$.b", "$.c"]
BINARY = ["+", "-", "*", "/", "%", "&", "=", "!=", "<", ">=", "in", "and", "or"]
RETRY: Any = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "JitterStrategy": "FULL", "MaxDelaySeconds": 9}]
CATCH: Any = [{"ErrorEquals": ["States.ALL"], "Next": "Caught", "ResultPath": "$.a.caught"}]
CAUGHT: Any = {"Type": "Wait", "SecondsPath": "$.b", "End": True}
SYNC = "arn:aws:states:::states:startExecution.sync:2"
READER: Any = {
    "Resource": "arn:aws:states:::s3:getObject",
    "Parameters": {"Bucket": "b", "Key.$": "$.a"},
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItemsPath": "$.b"},
}
WRITER: Any = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix.$": "$.c"}}


def in_jsonata(**states: Any) -> dict[str, Any]:
    """A machine of these states, in JSONata."""
    return {"QueryLanguage": "JSONata", **machine(**states)}


def distributed(kind: str = "STANDARD", /, **fields: Any) -> dict[str, Any]:
    """A Map in distributed mode."""
    return map_({**machine(I=pass_()), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}, **fields)


def expression(text: str) -> dict[str, Any]:
    """A machine that gives the value of this JSONata; its input is ``$x``."""
    return in_jsonata(A=pass_(Output=f"{{% ($x := $states.input; {text}) %}}"))


MACHINES: list[dict[str, Any]] = [
    machine(
        A=parallel(
            machine(B=task(TimeoutSecondsPath="$.a", HeartbeatSecondsPath="$.b", Parameters={"x.$": "$..a"})),
            machine(C=task(ACTIVITY, TimeoutSeconds=9, HeartbeatSeconds=3, ResultSelector={"y.$": "$$.Task.Token"})),
            machine(D=task(SQS_CALLBACK, Parameters={"t.$": "$$.Task.Token"}, HeartbeatSeconds=3, Retry=RETRY)),
            machine(E=task(SYNC, Parameters={"Input.$": "$"}, ResultPath="$.a.b", OutputPath="$.a")),
            ResultPath="$.c",
            Retry=RETRY,
            Catch=CATCH,
        ),
        Caught=CAUGHT,
    ),
    machine(
        A=map_(
            machine(
                B={
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.v", "NumericGreaterThan": 1, "Next": "C"}],
                    "Default": "D",
                },
                C=task(Assign={"w.$": "$.v"}, Retry=RETRY),
                D={"Type": "Wait", "TimestampPath": "$.v", "End": True},
            ),
            ItemsPath="$.a",
            ItemSelector={"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
            MaxConcurrencyPath="$.b",
            ToleratedFailurePercentagePath="$.c",
            Retry=RETRY,
            Catch=CATCH,
        ),
        Caught=CAUGHT,
    ),
    machine(
        A=distributed(
            ItemsPath="$.a",
            MaxConcurrencyPath="$.b",
            ToleratedFailureCountPath="$.c",
            ItemBatcher={"MaxItemsPerBatchPath": "$.b", "BatchInput": {"c.$": "$.c"}},
            Catch=CATCH,
        ),
        Caught=CAUGHT,
    ),
    machine(
        A=distributed("EXPRESS", ItemReader=READER, ResultWriter=WRITER, ToleratedFailurePercentage=50, Retry=RETRY),
    ),
    machine(A=distributed(ItemReader=READER, ItemSelector={"k.$": "$$.Map.Item.Value.a"}, MaxConcurrency=2)),
    {
        **in_jsonata(
            A=parallel(
                machine(B=task(Arguments={"a": "{% $states.input.a %}"}, TimeoutSeconds="{% $states.input.b %}")),
                machine(C=task(SQS_CALLBACK, Arguments="{% $states %}", HeartbeatSeconds="{% $states.input.c %}")),
                machine(D=task(ACTIVITY, Assign={"v": "{% $states.result %}"}, Output="{% $v %}", Retry=RETRY)),
                Assign={"v": "{% $states.input.a %}"},
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "E", "Output": "{% $states.errorOutput %}"}],
                Next="E",
            ),
            E={
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input[0].a > $v %}", "Next": "F"}],
                "Default": "G",
            },
            F={"Type": "Wait", "Timestamp": "{% $states.input.a %}", "End": True},
            G={"Type": "Fail", "Error": "{% $states.input.Error %}", "Cause": "{% $string($states.input) %}"},
        ),
        "TimeoutSeconds": 60,
    },
    in_jsonata(
        A=map_(
            machine(B=task(Arguments="{% $states.input %}")),
            Items="{% $states.input.a %}",
            ItemSelector={"v": "{% $states.context.Map.Item %}"},
            MaxConcurrency="{% $states.input.b %}",
            ToleratedFailureCount="{% $states.input.c %}",
            Output={"r": "{% $states.result %}"},
        )
    ),
    in_jsonata(
        A=distributed(
            Items="{% $states.input.a %}",
            ItemBatcher={"MaxInputBytesPerBatch": "{% $states.input.b %}"},
            ToleratedFailurePercentage="{% $states.input.c %}",
        )
    ),
    machine(A={"Type": "Fail", "ErrorPath": "$.a", "CausePath": "States.Format('{}', $.b)"}),
]
"""What machines are made of; their fields take what is in the members ``a``, ``b`` and ``c`` of the input."""

PATHS = ["$..a", "$.a[?(@.b == 1 || @.a)]", "$.a[-2:]", "$.a[0,1]", "$.a.*", "$.a.length()", "$.a[*].sum()", "$['a']"]
MACHINES += [machine(A=pass_(InputPath=path, ResultPath="$.a.b[1]", OutputPath="$.a")) for path in PATHS]

RULES: list[Any] = [{f"{name}Path": "$.b"} for name in COMPARISONS] + [{name: True} for name in TYPE_TESTS]
MACHINES += [
    machine(A={"Type": "Choice", "Choices": [{"Variable": "$.a", **rule, "Next": "B"}], "Default": "B"}, B=pass_())
    for rule in [*RULES, {"StringMatches": "a*b\\\\*"}]
]
MACHINES += [
    machine(A=pass_(Parameters={"x.$": f"{name}({', '.join(ARGUMENTS[:count])})"}))
    for name, function in FUNCTIONS.items()
    for count in range(4)
    if function.takes(count)
]
CALLS = ["$f($x.a)", "$f($x.a, $x.b)", "$f($x.a, $x.b, $x.c)", "$f($x.a, /a(b*)/)", "$x.a ~> $f"]
CALLS += ["$f($x.a, function($v){ $v.a })", "$f($x.a, $string)"]
MACHINES += [expression(call.replace("$f", f"${name}")) for name in AWS for call in CALLS]
MACHINES += [expression(f"$x.a {operator} $x.b") for operator in BINARY]
STEPS = ["$x.a[$x.b]", "$x.a.*", "$x.a.**", "$x.a^(>a, b)", "$x.a{b: c}", "$x.a.b.%.b", "$x ~> | a | {'x': b} |"]
STEPS += ["$x.a@$v#$i.{'v': $v, 'i': $i}", "$x.a[[0, 1]]", "[$x.a..$x.b]", "$x.a ? $x.b : $x.c", "-$x.a"]
MACHINES += [expression(text) for text in STEPS]
PROGRAMS = [compile(each) for each in MACHINES]

STRINGS = ["", "a", "b", "ab*", "é\U0001f600", "-1.50", "2030-01-01T00:00:09Z", "MD5", "SHA-256", "YWI=", "{}", "[1]"]
STRINGS += ["#,##0.00", "[Y0001]-[M01]-[D01]", "[F], [D1o] [MNn]", "w", "Ww", "\ud800", "States.ALL", "{}{}", "\\"]
NUMBERS = [0, 1, -1, 3, 10, 1.5, -0.0, 1e21, 1e308, 2**31, 2**53 + 1, -(2**63), 10**20, 99999999]
NOT_JSON = ["", "{", "NaN", "1e999", "[" * 2000, '"\\ud800"', "\ufeff1", "01"]


def pick(data: atheris.FuzzedDataProvider, among: Sequence[T]) -> T:
    """One of these."""
    at: int = data.ConsumeIntInRange(0, len(among) - 1)
    return among[at]


def value(data: atheris.FuzzedDataProvider, depth: int = 3) -> Any:
    """Any JSON value, with what the functions take among its scalars."""
    kind = data.ConsumeIntInRange(0, 9 if depth else 6)
    if kind <= 1:
        return pick(data, STRINGS)
    if kind == 2:
        return pick(data, NUMBERS)
    if kind == 3:
        return pick(data, (None, True, False))
    if kind == 4:
        return data.ConsumeUnicode(8)
    if kind == 5:
        return data.ConsumeInt(8)
    if kind == 6:
        return data.ConsumeFloat()
    if kind == 7:
        return [value(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 4))]
    return {name: value(data, depth - 1) for name in "abc"[: data.ConsumeIntInRange(0, 3)]}


def text(data: atheris.FuzzedDataProvider) -> str:
    """A value as JSON text; now and then text as it comes."""
    kind = data.ConsumeIntInRange(0, 19)
    if kind == 0:
        return pick(data, NOT_JSON)
    if kind == 1:
        return str(data.ConsumeUnicode(64))
    return json.dumps(value(data), ensure_ascii=data.ConsumeBool())


def good_text(data: atheris.FuzzedDataProvider) -> str:
    """A value as JSON text that can be read back, as drivers write it."""
    written = json.dumps(value(data))
    try:
        decode(written)
    except JsonTextError:
        return "null"
    return written


def name(data: atheris.FuzzedDataProvider) -> str | None:
    """What an error is called, or its cause."""
    names: list[str | None] = [
        "E",
        "",
        None,
        "States.Runtime",
        "States.Timeout",
        "States.TaskFailed",
        "States.DataLimitExceeded",
    ]
    return pick(data, names)


def next_event(data: atheris.FuzzedDataProvider, run: Run) -> Event:
    """What happens next: about one of the tokens that the machine has named, or any other."""
    calls, runs = [each.token for each in run.calls], [each.token for each in run.asked]
    known = [*run.timers, *calls, *runs]
    token = pick(data, known) if known else 0
    if data.ConsumeIntInRange(0, 15) == 0:
        token = data.ConsumeIntInRange(0, 30)
    at = run.now + timedelta(seconds=data.ConsumeIntInRange(0, 9))
    count = data.ConsumeIntInRange(0, 3)
    if token in run.timers:
        return TimersFired(max(run.now, run.timers[token]), (token,))
    if token in runs:
        return map_run_event(data, at, token, count)
    match data.ConsumeIntInRange(0, 9):
        case 0 | 1 | 2:
            return CallSucceeded(at, token, text(data))
        case 3:
            return CallFailed(at, token, name(data), name(data))
        case 4:
            return TaskStarted(at, token, name(data))
        case 5 | 6:
            return TaskSucceeded(at, token, text(data))
        case 7:
            return TaskFailed(at, token, name(data), name(data))
        case 8:
            return TaskHeartbeat(at, token)
        case _:
            other: list[Event] = [
                start_event(text(data)),
                Stop(at, name(data), name(data)),
                TimersFired(at, tuple(range(count))),
            ]
            return pick(data, other)


def map_run_event(data: atheris.FuzzedDataProvider, at: datetime, token: int, count: int) -> Event:
    """What happens to a map run; items and results are JSON, as the driver promises."""
    match data.ConsumeIntInRange(0, 9):
        case 0 | 1 | 2:
            items = tuple(good_text(data) for _ in range(count))
            keys = tuple("abc"[:count]) if data.ConsumeBool() else None
            return ItemsRead(at, token, items, "s3://b/k", keys, data.ConsumeBool())
        case 3 | 4 | 5 | 6:
            statuses: list[ChildStatus] = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING"]
            status = pick(data, statuses)
            result = good_text(data) if data.ConsumeBool() else None
            return ChildEnded(at, token, data.ConsumeIntInRange(0, 5), status, result)
        case 7:
            return ResultsWritten(at, token, good_text(data))
        case 8:
            return MapRunBroken(at, token, name(data) or "E", "cause")
        case _:
            limits = [data.ConsumeIntInRange(0, 9) if data.ConsumeBool() else None for _ in range(3)]
            return MapRunUpdated(at, token, *limits)


def one_input(given: bytes) -> None:
    """One round."""
    data = atheris.FuzzedDataProvider(given)
    run = Run(Machine(pick(data, PROGRAMS)))
    happens: Event = start_event(text(data))
    for _ in range(EVENTS):
        if isinstance(happens, TimersFired):
            for token in happens.tokens:
                run.timers.pop(token, None)
        try:
            run.receive(happens)
        except JsonTextError:
            assert isinstance(happens, Start | TaskSucceeded)
        if run.finish is not None or not data.remaining_bytes():
            break
        happens = next_event(data, run)
    assert [each.id for each in run.records] == list(range(1, len(run.records) + 1))
    for record in run.records:
        json.dumps(render(record), default=str)
    if run.finish is not None:
        assert run.finish.output is None or encode(json.loads(run.finish.output))
        assert not run.timers, "nothing is left waiting"


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
