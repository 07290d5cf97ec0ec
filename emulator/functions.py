"""The Lambda functions of an emulator: kept by ARN, called for tasks, for rules, and for ``Invoke``.

Each region and account has functions of its own. A name alone, or ``account:function:name``, is that of a function in
the caller's region; an ARN says all three. Lambda answers only about the functions of a request's region. A qualifier
after the name is a published version, an alias, or ``$LATEST``, which is also the default.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from asl.chance import Chance
from asl.problems import nearest
from emulator.answers import Answer
from emulator.aws.arns import Arn, is_arn, region_of
from emulator.aws.regions import checked_region
from emulator.errors import EmulatorError, MissingHandlerError
from emulator.lambda_ import Function, InvocationResult, invoke
from emulator.lambda_.call import RUNTIME, Runtime
from emulator.lambda_.nodejs.handler import NODE_RUNTIME, PREFIX, NamedHandler, NodeHandler
from emulator.lambda_.outcomes import TimeStandsStill
from emulator.lambda_.published import Published
from emulator.lambda_.refusals import RATE_EXCEEDED
from emulator.lambda_.task_root import TaskRoot
from emulator.world import World

log = logging.getLogger(__name__)
MOST_FAILED = 20
"""Texts of failed calls that are kept for a report."""


class Called(NamedTuple):
    """What a reference calls: the function, at the version that runs, and the ARN as its handler sees it."""

    function: Function
    arn: str


class ThrottledError(Exception):
    """Lambda refuses the call: no concurrency is reserved for the function."""

    status: int = 429
    code: str = "TooManyRequestsException"
    message: str = RATE_EXCEEDED
    why: str = "its reserved concurrency is 0"
    """For people."""


class RefusedCallError(ThrottledError):
    """Lambda refuses the call with an error that a test has planned."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.why = f"Lambda answered {code}: {message} (a fault that the test has planned)"

    @property
    def is_repeated(self) -> bool:
        """Whether Lambda itself repeats an asynchronous call that is refused so (developer guide)."""
        return self.status == 429 or self.status >= 500


class FunctionFaults(Protocol):
    """The faults of calls of functions that a test has planned."""

    def function(
        self,
        function: Function,
        *,
        request_id: str,
        arn: str,
        region: str,
        is_asked: bool,
        invoke: Callable[[], InvocationResult],
    ) -> InvocationResult:
        """The answer of a function; ``invoke`` calls it. Raises ``RefusedCallError``."""
        ...


class Functions:
    """Functions by ARN."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._functions: dict[str, Function] = {}
        self._published: dict[str, Published] = {}
        self.reserved: dict[str, int] = {}
        """Function's ARN -> its reserved concurrency, for those that have one."""
        self.scripted_errors: dict[str, Callable[[str], Answer | None]] = {}
        """Function's ARN -> Lambda's error for a payload (JSON text), or ``None`` to call it."""
        self.cannot_run: dict[str, str] = {}
        """Function's ARN -> why its code cannot run here, for functions of a template."""
        self.described: dict[str, Function] = {}
        """Function's ARN -> the settings of one whose code cannot run here."""
        self.layers: dict[str, Path] = {}
        """Layer's ARN with its version -> the folder of its contents."""
        self.faults: FunctionFaults | None = None
        """What a test has planned; ``None`` if nothing."""
        self.on_add: list[Callable[[str], None]] = []
        """Called with the ARN of each function that is registered."""
        self.failed: list[str] = []
        """What became of calls that had no caller to be told, such as those of a rule."""

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
        region: str | None = None,
        dead_letter: str | None = None,
    ) -> str:
        """Register the function; it replaces one with the same ARN. Returns its ARN.

        ``name`` is a name, for a function in ``region``, or an ARN. Raises ``ValueError`` for a wrong setting,
        ``EmulatorError`` when a Node.js handler's folder does not exist, and for an ARN with a qualifier.
        """
        arn = self.arn(_unqualified(name), region)
        name = function_name(arn)
        if environment is None and region_of(arn) != self._world.region:
            environment = {}  # its handler sees its own region, not the emulator's
        runner: Callable[[Any, Any], Any] | str | Runtime
        node = runtime if runtime.startswith("nodejs") else NODE_RUNTIME
        named = isinstance(handler, str) and (handler.startswith(PREFIX) or runtime == node)
        if isinstance(handler, NodeHandler) or (isinstance(handler, str) and named):
            runner, runtime = self.in_node(handler, task_root), node
        else:
            runner = handler
        made = Function(
            name,
            runner,
            timeout_seconds,
            memory_mb,
            environment,
            arn,
            runtime,
            task_root=task_root,
            dead_letter=dead_letter,
        )
        if arn in self._functions:
            _end(self._functions[arn])
        self._functions[arn] = made
        for told in self.on_add:
            told(arn)
        return arn

    def published(self, arn: str) -> Published:
        """The versions and aliases of the function with this ARN."""
        return self._published.setdefault(arn, Published())

    def publish(self, arn: str) -> Function:
        """Make a version of the function: its code is loaded anew, as in an execution environment of its own."""
        from emulator.lambda_.nodejs.function import NodeFunction

        latest, published = self._functions[arn], self.published(arn)
        root = None if latest.task_root is None else TaskRoot(latest.task_root.folder, latest.task_root.layers)
        handler = latest.handler
        if isinstance(handler, NodeFunction):
            handler = self.in_node(handler.settings, root)
        published.last += 1
        number = str(published.last)
        made = published.versions[number] = replace(latest, handler=handler, task_root=root, version=number)
        return made

    def called(self, reference: str, region: str | None = None, qualifier: str | None = None) -> Called | None:
        """What a call of ``reference`` by a caller in ``region`` runs; ``None`` for an unknown function or qualifier.

        A ``qualifier`` counts before the one in the reference.
        """
        if qualifier is None and (function := self._functions.get(reference)) is not None:
            return Called(function, reference)
        function = self.get(reference, region)
        if function is None:
            return None
        arn = self.arn(reference, region)
        qualifier = qualifier or qualifier_of(reference)
        if qualifier is None:
            return Called(function, arn)
        named = f"{arn}:{qualifier}"
        found = self.published(arn).find(qualifier, function, self._world.chance("alias", named))
        return None if found is None else Called(found, named)

    def in_node(self, handler: NodeHandler | str, task_root: TaskRoot | None = None) -> Runtime:
        """A runtime for a handler in Node.js; the emulator answers its requests to AWS."""
        from emulator.http_requests import answer
        from emulator.lambda_.nodejs.function import NodeFunction

        settings = NamedHandler(handler) if isinstance(handler, str) else handler
        root = self._world.root if task_root is None else task_root.folder
        return NodeFunction(settings, root, lambda request: answer(self._world, request), self._world.blocked.append)

    def close(self) -> None:
        """End the processes that functions have started."""
        for arn, function in self._functions.items():
            _end(function)
            for version in self.published(arn).versions.values():
                _end(version)

    @property
    def account_id(self) -> str:
        """The account of all functions."""
        return self._world.account_id

    def arn(self, reference: str, region: str | None = None) -> str:
        """The ARN, without a qualifier, of the function that a request in ``region`` names."""
        if is_arn(reference):
            return _without_qualifier(reference)
        account, *rest = reference.split(":")
        in_account = account if rest[:1] == ["function"] else self._world.account_id
        return str(Arn.of("lambda", region or self._world.region, in_account, "function", function_name(reference)))

    def all(self, region: str | None = None) -> list[Function]:
        """Every function, or those of this account in a region, in order of registration."""
        if region is None:
            return list(self._functions.values())
        here = region, self._world.account_id
        return [
            each for arn, each in self._functions.items() if (Arn.parse(arn).region, Arn.parse(arn).account) == here
        ]

    def remove(self, reference: str, region: str | None = None) -> None:
        """Forget this function, its versions and its aliases."""
        arn = self.arn(reference, region)
        _end(self._functions.pop(arn))
        self.reserved.pop(arn, None)
        for version in self._published.pop(arn, Published()).versions.values():
            _end(version)

    def get(self, reference: str, region: str | None = None) -> Function | None:
        """The function of an ARN, or of a name for a caller in ``region`` (default: the emulator's)."""
        return self._functions.get(reference) or self._functions.get(self.arn(reference, region))

    def unreachable(self, reference: str, region: str) -> str | None:
        """Lambda's text when a request to ``region`` names a function of another one, else ``None``.

        Recorded on AWS.
        """
        there = region_of(reference if reference in self._functions else self.arn(reference, region))
        return None if there == region else f"Functions from '{there}' are not reachable in this region ('{region}')"

    def missing(self, reference: str, where: str, region: str | None = None) -> MissingHandlerError:
        """The error for a function that is not registered, or not in the caller's ``region``.

        It says the function's name, its caller, the registered functions, and the fix.
        """
        region = region or self._world.region
        arn = self.arn(reference, region)
        if why := self.unreachable(reference, region):
            there = region_of(arn)
            return MissingHandlerError(
                f"{reference} cannot be called ({where}): {why}\n"
                f"    fix: name a function in {region}, or create the state machine in {there}: "
                f"Emulator(region={there!r}), or state_machine(..., region={there!r})"
            )
        shown, registered = self._shown(arn), [self._shown(each) for each in self._functions]
        near = nearest(shown, registered)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        if arn in self.cannot_run:
            return MissingHandlerError(self.why_not(arn, where))
        return MissingHandlerError(
            f"no handler for {reference} ({where}).{hint}\n"
            f"    registered: {', '.join(registered) or 'none'}\n"
            f"    fix: emulator.lambda_function({shown!r}, your_function)"
        )

    def why_not(self, arn: str, where: str) -> str:
        """Why the code of a function, one of ``cannot_run``, cannot run here, and what to do."""
        shown, (why, _, fix) = self._shown(arn), self.cannot_run[arn].partition("\n    fix: ")
        way_out = f"{fix}{'; or ' if fix else ''}emulator.lambda_function({shown!r}, your_function) in its place"
        return f"the code of {shown} cannot run here ({where}): {why}\n    fix: {way_out}"

    def _shown(self, arn: str) -> str:
        """A function as messages list it: its name, or its ARN when it is not in the emulator's region and account."""
        return name if self.arn(name := function_name(arn)) == arn else arn

    def invoke(
        self,
        function: Function,
        payload: str,
        *,
        arn: str | None = None,
        chance: Chance | None = None,
        request_id: str | None = None,
        is_asked: bool = False,
        **more: str | None,
    ) -> InvocationResult:
        """The answer to a call made now. ``chance`` gives the request's id, if it has none; else the function's stream.

        ``is_asked``: the call is a request's, for which a test's faults were asked already.
        Raises ``ThrottledError`` when the function's reserved concurrency is 0 or a test has planned it, and
        ``EmulatorError`` when the handler waits for its time to run out without ever sleeping.
        """
        if self.reserved.get(function.arn or "") == 0:
            raise ThrottledError
        request_id = request_id or (chance or self._world.chance("invocation", function.name)).uuid()
        if self.faults is None:
            return self._invoke(function, payload, arn, request_id, more)
        return self.faults.function(
            function,
            request_id=request_id,
            arn=arn or function.arn or self.arn(function.name),
            region=region_of(function.arn or self.arn(function.name)),
            is_asked=is_asked,
            invoke=partial(self._invoke, function, payload, arn, request_id, more),
        )

    def _invoke(
        self, function: Function, payload: str, arn: str | None, request_id: str, more: Mapping[str, str | None]
    ) -> InvocationResult:
        try:
            with self._world.calling():
                return invoke(
                    function,
                    payload,
                    clock_now=self._world.now(),
                    booted=self._world.started,
                    request_id=request_id,
                    region=region_of(function.arn or self.arn(function.name)),
                    account_id=self._world.account_id,
                    invoked_arn=arn,
                    slept=self._world.catch_up,
                    called_by=self._world.blocked.within(),
                    **more,
                )
        except TimeStandsStill:
            raise EmulatorError(
                f"the handler of {function.name} asked for its remaining time again and again and never slept, so it "
                "would never end: its time is virtual, and only sleeping moves it.\n"
                "    fix: make the slow part sleep (time.sleep in a fake of it); that takes no real time"
            ) from None

    def now(self) -> datetime:
        """The time at which a call is made now."""
        return self._world.now()

    def tell_failure(self, text: str) -> None:
        """Log what became of a call that has no caller to be told, and keep it for a report."""
        log.error("%s", text)
        if len(self.failed) < MOST_FAILED and text not in self.failed:
            self.failed.append(text)


@lru_cache(maxsize=1024)
def _without_qualifier(arn: str) -> str:
    return str(Arn.parse(arn)._replace(qualifier=None))


def function_name(reference: str) -> str:
    """The name in a name, ``account:function:name``, or ARN, each with or without a qualifier."""
    if is_arn(reference) and (arn := Arn.parse(reference)).type == "function":
        return arn.name
    parts = reference.split(":")
    if "function" in parts[:-1]:
        return parts[parts.index("function") + 1]
    return parts[0]


def qualifier_of(reference: str) -> str | None:
    """The version or alias after the name, if there is one."""
    if is_arn(reference):
        return Arn.parse(reference).qualifier
    parts = reference.split(":")
    after = parts[parts.index("function") + 2 :] if "function" in parts[:-1] else parts[1:]
    return ":".join(after) or None


def _end(function: Function) -> None:
    """End the processes that the function has started."""
    if isinstance(function.handler, Runtime):
        function.handler.close()


def _unqualified(reference: str) -> str:
    """The name or ARN under which a function is registered; raises ``EmulatorError`` for one with a qualifier."""
    if (not is_arn(reference) or Arn.parse(reference).type == "function") and (given := qualifier_of(reference)):
        name = function_name(reference)
        raise EmulatorError(
            f"{reference!r}: a function is registered without a version or alias\n"
            f"    fix: register {name!r}, then call publish_version, and create_alias for the alias {given!r}"
        )
    if is_arn(reference):
        arn = Arn.parse(reference)
        if (arn.service, arn.type) != ("lambda", "function"):
            raise EmulatorError(
                f"{reference} is not the ARN of a function; write arn:aws:lambda:REGION:ACCOUNT:function:NAME"
            )
        checked_region(arn.region)
        if not (len(arn.account) == 12 and arn.account.isascii() and arn.account.isdigit()):
            raise EmulatorError(f"{reference}: the account {arn.account!r} is not 12 digits")
    return reference
