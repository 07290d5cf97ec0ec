"""The Lambda functions of an emulator: registered by name, called for tasks, for rules, and for ``Invoke``."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from asl.chance import Chance
from asl.problems import nearest
from emulator.answers import Answer
from emulator.aws.arns import Arn, is_arn
from emulator.errors import EmulatorError, MissingHandlerError
from emulator.lambda_ import Function, InvocationResult, invoke
from emulator.lambda_.call import RUNTIME, Runtime
from emulator.lambda_.nodejs.handler import NODE_RUNTIME, PREFIX, NodeHandler
from emulator.lambda_.outcomes import TimeStandsStill
from emulator.lambda_.task_root import TaskRoot
from emulator.world import World

log = logging.getLogger(__name__)


class Functions:
    """Functions by name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._functions: dict[str, Function] = {}
        self.scripted_errors: dict[str, Callable[[str], Answer | None]] = {}
        """Function's name -> Lambda's error for a payload (JSON text), or ``None`` to call it."""

    def add(
        self,
        name: str,
        handler: Callable[[Any, Any], Any] | str | NodeHandler | Runtime,
        *,
        timeout_seconds: float,
        memory_mb: int,
        environment: Mapping[str, str] | None,
        runtime: str = RUNTIME,
        task_root: TaskRoot | None = None,
    ) -> str:
        """Register the function; it replaces one of the same name. Returns its ARN.

        Raises ``ValueError`` for a wrong setting, ``EmulatorError`` when a Node.js handler's folder does not exist.
        """
        arn = self.arn(name)
        runner: Callable[[Any, Any], Any] | str | Runtime
        node = runtime if runtime.startswith("nodejs") else NODE_RUNTIME
        named = isinstance(handler, str) and (handler.startswith(PREFIX) or runtime == node)
        if isinstance(handler, NodeHandler) or (isinstance(handler, str) and named):
            runner, runtime = self.in_node(handler, task_root), node
        else:
            runner = handler
        made = Function(name, runner, timeout_seconds, memory_mb, environment, arn, runtime, task_root=task_root)
        if name in self._functions:
            self.remove(name)
        self._functions[name] = made
        return arn

    def in_node(self, handler: NodeHandler | str, task_root: TaskRoot | None = None) -> Runtime:
        """A runtime for a handler in Node.js; the emulator answers its requests to AWS."""
        from emulator.http_requests import answer
        from emulator.lambda_.nodejs.function import NodeFunction

        settings = NodeHandler(handler) if isinstance(handler, str) else handler
        root = self._world.root if task_root is None else task_root.folder
        return NodeFunction(settings, root, lambda request: answer(self._world, request), self._world.blocked.append)

    def close(self) -> None:
        """End the processes that functions have started."""
        for function in self._functions.values():
            if isinstance(function.handler, Runtime):
                function.handler.close()

    @property
    def account_id(self) -> str:
        """The account of all functions."""
        return self._world.account_id

    def arn(self, name: str) -> str:
        """The ARN of a function of this name."""
        return str(Arn("aws", "lambda", self._world.region, self._world.account_id, "function", name))

    def all(self) -> list[Function]:
        """Every function, in order of registration."""
        return list(self._functions.values())

    def remove(self, name: str) -> None:
        """Forget the function of this name."""
        handler = self._functions.pop(name).handler
        if isinstance(handler, Runtime):
            handler.close()

    def get(self, reference: str) -> Function | None:
        """The function of a name, partial ARN or ARN; region and account are not compared."""
        return self._functions.get(function_name(reference))

    def missing(self, reference: str, where: str) -> MissingHandlerError:
        """The error for an unregistered function: its name, its caller, the registered functions, the fix."""
        name = function_name(reference)
        registered = ", ".join(self._functions) or "none"
        near = nearest(name, self._functions)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return MissingHandlerError(
            f"no handler for {reference} ({where}).{hint}\n"
            f"    registered: {registered}\n"
            f"    fix: emulator.lambda_function({name!r}, your_function)"
        )

    def invoke(
        self,
        function: Function,
        payload: str,
        *,
        arn: str | None = None,
        chance: Chance | None = None,
        **more: str | None,
    ) -> InvocationResult:
        """The answer to a call made now. ``chance`` gives the request's id, else the function's own stream.

        Raises ``EmulatorError`` when the handler waits for its time to run out without ever sleeping.
        """
        try:
            return invoke(
                function,
                payload,
                clock_now=self._world.now(),
                request_id=(chance or self._world.chance("invocation", function.name)).uuid(),
                region=self._world.region,
                account_id=self._world.account_id,
                invoked_arn=arn,
                slept=self._world.catch_up,
                **more,
            )
        except TimeStandsStill:
            raise EmulatorError(
                f"the handler of {function.name} asked for its remaining time again and again and never slept, so it "
                "would never end: its time is virtual, and only sleeping moves it.\n"
                "    fix: make the slow part sleep (time.sleep in a fake of it); that takes no real time"
            ) from None

    def call_later(
        self,
        function: Function,
        payload: str,
        *,
        arn: str | None = None,
        client_context: str | None = None,
        chance: Chance | None = None,
    ) -> None:
        """Call the function for a caller that does not wait for its answer; an error is only logged."""
        done = self.invoke(function, payload, arn=arn, chance=chance, client_context=client_context)
        if done.report is not None:
            log.error("function %s, called asynchronously, failed: %s", function.name, done.report)


def function_name(reference: str) -> str:
    """The name in a name, ``account:function:name``, or ARN, each with or without a qualifier."""
    if is_arn(reference) and (arn := Arn.parse(reference)).type == "function":
        return arn.name
    parts = reference.split(":")
    if "function" in parts[:-1]:
        return parts[parts.index("function") + 1]
    return parts[0]
