"""One expression and one path, compiled once: what every field of a state pays at least."""

from collections.abc import Callable
from typing import Any, cast

from asl import jsonata
from asl.paths import Scope, compile_reference_path
from asl.values import Json
from benchmarks import bars
from benchmarks.measure import Effort, Figure, seconds

CALLS = 10_000


def figures(effort: Effort) -> list[Figure]:
    """Microseconds a call, the loop around it included."""
    document: Json = {"a": {"b": 1}, "c": 2}
    expression = jsonata.compile("$states.input.a.b")
    bindings = {"states": {"input": document}}
    runtime = jsonata.Runtime()
    path = compile_reference_path("$.a.b").read
    scope = cast("Scope", None)
    return [
        _figure(
            "JSONata $states.input.a.b",
            lambda: expression.evaluate(bindings, runtime),
            bars.EXPRESSION_US,
            effort,
        ),
        _figure("reference path $.a.b", lambda: path(document, scope), bars.PATH_US, effort),
    ]


def _figure(name: str, call: Callable[[], Any], bar: float, effort: Effort) -> Figure:
    assert call() == 1
    calls = effort.size(CALLS)

    def many() -> None:
        for _ in range(calls):
            call()

    return Figure(name, "µs", seconds(many, effort.times(50), per=calls / 1e6), bar)
