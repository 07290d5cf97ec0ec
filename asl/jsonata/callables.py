"""Functions as values: built-in functions, functions written in an expression, and functions derived from them."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.runtime import Frame, Run
from asl.jsonata.signature import Signature
from asl.jsonata.values import UNDEFINED, Value

Evaluate: TypeAlias = Callable[[Value, Frame], Value]
"""A compiled node: context and variables to a value."""


class Function:
    """A value that can be called; ``arity`` is the number of arguments that a higher-order function passes to it."""

    __slots__ = ("_called", "arity")

    def __init__(self, arity: int) -> None:
        self.arity = arity
        self._called: tuple[Any, int | None] | None = None

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        """The result for ``arguments``; ``context`` replaces an omitted one, ``depth`` is the depth of the call."""
        raise NotImplementedError

    def note_call(self, run: Run, token: Any, position: int | None) -> None:
        """Keep the place of the function's last call: errors inside report it, as jsonata's do."""
        self._called = (token, position)

    def last_call(self, run: Run) -> tuple[Any, int | None] | None:
        """Token and position of the last call noted."""
        return self._called

    def blame(self, error: JsonataError, run: Run) -> None:
        """Put the last call into an error that it raised."""
        if called := self.last_call(run):
            token, position = called
            if error.token is None:
                error.token = token
            error.position = position or error.position


class Body:
    """A part of an expression that runs at a depth known only when it is called.

    ``evaluate`` does not count depth; it is used while the deepest expression inside, ``reach`` levels down, is
    allowed. Otherwise ``_checked`` is used, which is compiled when first needed.
    """

    __slots__ = ("_checked", "_compile", "evaluate", "reach")

    def __init__(self, compile_: Callable[[bool], tuple[Evaluate, int]]) -> None:
        self._compile = compile_
        self._checked: Evaluate | None = None
        self.evaluate, self.reach = compile_(False)

    def run(self, context: Value, frame: Frame) -> Value:
        """The value of the body; ``frame.depth`` is its depth."""
        if frame.depth + self.reach <= frame.run.depth:
            return self.evaluate(context, frame)
        if self._checked is None:
            self._checked = self._compile(True)[0]
        return self._checked(context, frame)


class TailCall:
    """The call that ends a function: made after the function's frame is gone."""

    __slots__ = ("arguments", "context", "frame", "position", "procedure", "token")

    def __init__(
        self,
        procedure: Evaluate,
        arguments: list[Evaluate],
        token: Any,
        position: int | None,
        context: Value,
        frame: Frame,
    ) -> None:
        self.procedure = procedure
        self.arguments = arguments
        self.token = token
        self.position = position
        self.context = context
        self.frame = frame


class Native(Function):
    """A built-in function; if ``with_call``, it gets a ``BuiltInCall`` before its arguments."""

    __slots__ = ("implementation", "name", "signature", "with_call")

    def __init__(
        self,
        name: str,
        signature: str,
        implementation: Callable[..., Value],
        arity: int,
        *,
        with_call: bool = False,
    ) -> None:
        super().__init__(arity)
        self.name = name
        self.signature = Signature(signature)
        self.implementation = implementation
        self.with_call = with_call

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        try:
            checked = self.signature.check(arguments, context)
            if self.with_call:
                return self.implementation(BuiltInCall(run, depth, context), *checked)
            return self.implementation(*checked)
        except JsonataError as error:
            self.blame(error, run)
            raise

    def note_call(self, run: Run, token: Any, position: int | None) -> None:
        run.calls[self] = (token, position)

    def last_call(self, run: Run) -> tuple[Any, int | None] | None:
        return run.calls.get(self)


class BuiltInCall:
    """The call of a built-in function: the evaluation it is part of, its depth, and its context."""

    __slots__ = ("context", "depth", "run")

    def __init__(self, run: Run, depth: int, context: Value) -> None:
        self.run = run
        self.depth = depth
        self.context = context

    def apply(self, function: Function, *arguments: Value) -> Value:
        """The result of a function that was passed as an argument."""
        return function.apply(list(arguments), None, self.run, self.depth)


class Lambda(Function):
    """A function written in an expression, with the context and the variables of that place."""

    __slots__ = ("body", "context", "frame", "parameters", "signature")

    def __init__(
        self, parameters: list[str], signature: Signature | None, body: Body, context: Value, frame: Frame
    ) -> None:
        super().__init__(len(parameters))
        self.parameters = parameters
        self.signature = signature
        self.body = body
        self.context = context
        self.frame = frame

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        return finish(self.enter(arguments, context, run, depth), context, run, depth)

    def enter(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        """The body's value, which may be a ``TailCall``."""
        run.step()
        try:
            if self.signature:
                arguments = self.signature.check(arguments, context)
            parameters = self.parameters
            if len(arguments) < len(parameters):
                arguments = arguments + [UNDEFINED] * (len(parameters) - len(arguments))
            names = dict(zip(parameters, arguments, strict=False))
            return self.body.run(self.context, Frame(names, self.frame, run, depth + 1))
        except JsonataError as error:
            self.blame(error, run)
            raise


def finish(result: Value, context: Value, run: Run, depth: int) -> Value:
    """Make the tail calls in ``result``, one after another, until a value is left."""
    while type(result) is TailCall:
        frame = result.frame
        function = result.procedure(result.context, frame)
        if function is UNDEFINED or function is None:  # the reference engine itself breaks here
            nothing = "null" if function is None else "undefined"
            raise InternalError(f"Cannot set properties of {nothing} (setting 'token')")
        if not isinstance(function, Function):
            raise JsonataError("T1006")
        token = result.token
        if token is None and (called := function.last_call(run)):
            token = called[0]
        function.note_call(run, token, result.position)
        arguments = [argument(result.context, frame) for argument in result.arguments]
        if type(function) is Lambda:
            result = function.enter(arguments, context, run, depth)
        else:
            result = function.apply(arguments, context, run, depth)
    return result


class Argument(Function):
    """A function passed to another function: called without a context, at the depth where it was passed."""

    __slots__ = ("depth", "function")

    def __init__(self, function: Function, depth: int) -> None:
        super().__init__(function.arity)
        self.function = function
        self.depth = depth

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        try:
            return self.function.apply(arguments, None, run, self.depth)
        except JsonataError as error:
            self.blame(error, run)
            raise

    def note_call(self, run: Run, token: Any, position: int | None) -> None:
        """Not kept: jsonata keeps only the calls of functions it can inspect."""


OPEN: Final = object()
"""An argument that a partial application leaves open."""


class PartialFunction(Function):
    """``function`` with some arguments given; the call supplies the others, which are ``OPEN``."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: Function, arguments: list[Value]) -> None:
        if isinstance(function, Lambda):  # its signature applies only to complete calls
            arguments = arguments[: len(function.parameters)]
            function = Lambda(function.parameters, None, function.body, function.context, function.frame)
        elif isinstance(function, Native):
            arguments = arguments[: function.signature.parameter_count]
        super().__init__(sum(argument is OPEN for argument in arguments))
        self.function = function
        self.arguments = arguments

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        try:
            given = iter(arguments)
            row = [next(given, UNDEFINED) if a is OPEN else a for a in self.arguments]
            return self.function.apply(row, None, run, depth)
        except JsonataError as error:
            self.blame(error, run)
            raise


class DerivedFunction(Function):
    """A function that an operator creates: it checks its signature, then runs ``implementation(call, argument)``."""

    __slots__ = ("implementation", "signature")

    def __init__(self, signature: Signature, implementation: Callable[[BuiltInCall, Value], Value]) -> None:
        super().__init__(1)
        self.signature = signature
        self.implementation = implementation

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        try:
            (argument,) = self.signature.check(arguments, context)
            return self.implementation(BuiltInCall(run, depth, context), argument)
        except JsonataError as error:
            self.blame(error, run)
            raise
