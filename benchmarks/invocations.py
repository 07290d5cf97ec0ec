"""Warm calls of a Lambda function, in Python and in Node.js, and what the first one in Node.js costs."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Effort, Figure, seconds
from emulator import Emulator, EmulatorError, NodeHandler

CALLS = 500
EVENT = '{"payload": {"webinyTaskId": "6745d1e1b0f2c30008a1b2c3", "delay": 0}}'
IN_NODE = "export const handler = async (event) => ({ status: 'done', ...event.payload });"


def in_python(event: Any, context: Any) -> Any:
    """What the handler in Node.js does, too."""
    return {"status": "done", **event["payload"]}


def figures(effort: Effort) -> list[Figure]:
    """Milliseconds of 500 calls, one after the other, and of a process's start and end."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.mjs").write_text(IN_NODE, encoding="utf-8")
        return [
            _warm("in Python", in_python, effort),
            _warm("in Node.js", NodeHandler("index.handler", root=folder), effort),
            _cold(NodeHandler("index.handler", root=folder), effort),
        ]


def _warm(name: str, handler: Callable[[Any, Any], Any] | NodeHandler, effort: Effort) -> Figure:
    calls = effort.size(CALLS)
    name = f"{CALLS} warm calls of a handler {name}"
    with Emulator() as emulator:
        emulator.lambda_function("work", handler)
        try:
            samples = seconds(lambda: _call(emulator, calls), effort.times(9), per=1e-3)
        except EmulatorError as error:
            return Figure(name, "ms", [], note=str(error).partition("\n")[0])
    return Figure(name, "ms", samples)


def _cold(handler: NodeHandler, effort: Effort) -> Figure:
    def start() -> None:
        with Emulator() as emulator:
            emulator.lambda_function("work", handler)
            _call(emulator, 1)

    name = "an emulator with one call of a handler in Node.js, cold"
    try:
        return Figure(name, "ms", seconds(start, effort.times(20), per=1e-3))
    except EmulatorError as error:
        return Figure(name, "ms", [], note=str(error).partition("\n")[0])


def _call(emulator: Emulator, times: int) -> None:
    function = emulator.assembly.functions.get("work")
    assert function is not None
    for _ in range(times):
        answer = emulator.assembly.functions.invoke(function, EVENT)
        assert not answer.error, answer.report
