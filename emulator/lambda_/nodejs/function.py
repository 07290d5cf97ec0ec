"""Runs a function in Node.js: warm processes, one for each call in progress.

As on Lambda, a free process is reused, along with the state of its modules; a call that finds none starts a new one.
"""

import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from emulator.errors import EmulatorError
from emulator.lambda_.call import Failure, HandlerCall, Runtime
from emulator.lambda_.nodejs.endpoint import Respond
from emulator.lambda_.nodejs.handler import NodeHandler
from emulator.lambda_.nodejs.installed import node_version
from emulator.lambda_.nodejs.process import NodeProcess, Start


class NodeFunction(Runtime):
    """Runs a function with a Node.js handler: at most ``concurrency`` processes, which ``close`` ends.

    ``answer`` answers a handler's requests to AWS, in the thread that calls the handler.
    """

    def __init__(self, handler: NodeHandler, root: Path, answer: Respond, blocked: Callable[[str], None]) -> None:
        if os.name != "posix":
            raise EmulatorError("Node.js handlers run on Linux and macOS; on Windows, use WSL")
        self.settings = handler
        self.root = (root / handler.root if handler.root is not None else root).resolve()
        if not self.root.is_dir():
            raise EmulatorError(f"NodeHandler({handler.handler!r}): the folder {self.root} does not exist")
        self._answer = answer
        self._blocked = blocked
        self._processes: dict[NodeProcess, int | None] = {}
        """Every process, and the thread whose call it is running."""
        self._change = threading.Condition()
        self._finalizer = weakref.finalize(self, _end, self._processes)

    def __repr__(self) -> str:
        return f"<NodeFunction {self.name} in {self.root}>"

    @property
    def name(self) -> str:
        """The handler's name, as in Lambda's settings."""
        return self.settings.handler

    def run(self, call: HandlerCall, event: str, logged: list[str]) -> str | Failure:
        """Call the handler with the JSON text ``event``; returns the response's text or the failure.

        Raises ``EmulatorError`` if Node.js is missing or too old, or if no process becomes free.
        """
        process = self._take(call)
        try:
            return process.call(call, event, logged)
        finally:
            self._give_back(process)

    def close(self) -> None:
        """End every process; a later call starts a new one."""
        _end(self._processes)

    def _take(self, call: HandlerCall) -> NodeProcess:
        me = threading.get_ident()
        with self._change:
            while True:
                for process, user in list(self._processes.items()):
                    if user is None and process.is_alive:
                        self._processes[process] = me
                        return process
                    if user is None:
                        del self._processes[process]
                        process.kill()
                if len(self._processes) < self.settings.concurrency:
                    break
                free = me not in self._processes.values()
                if not free or not self._change.wait(call.function.timeout_seconds):
                    raise EmulatorError(
                        f"function {call.function.name} already has {self.settings.concurrency} calls in progress, and "
                        f"{'calls itself once more' if not free else 'none of them ends'}\n"
                        f"    fix: NodeHandler({self.settings.handler!r}, concurrency=...) allows more"
                    )
            process = NodeProcess(self.settings.node, self._start(call), self._answer, self._blocked)
            self._processes[process] = me
        return process

    def _start(self, call: HandlerCall) -> Start:
        version = node_version(self.settings.node, call.function.name)
        variables = {
            **call.variables(),
            "_HANDLER": self.settings.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_nodejs{version}.x",
            "LAMBDA_TASK_ROOT": str(self.root),
            "TZ": ":UTC",
            **self.settings.environment,
            **(call.function.environment or {}),
        }
        return Start(self.settings, self.root, variables)

    def _give_back(self, process: NodeProcess) -> None:
        with self._change:
            if process.is_alive:
                self._processes[process] = None
            else:
                self._processes.pop(process, None)
            self._change.notify()


def _end(processes: dict[NodeProcess, int | None]) -> None:
    """End all processes: first signal each one, then wait for each."""
    ending = list(processes)
    processes.clear()
    for process in ending:
        process.hang_up()
    for process in ending:
        process.end()
