"""Expressions: text compiled once, evaluated any number of times, from any thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asl.jsonata.callables import BuiltInCall, Function, Native
from asl.jsonata.compiler import compile_body
from asl.jsonata.errors import STACK_OVERFLOW, BoundError, JsonataError, JsonataSyntaxError
from asl.jsonata.functions import AWS, STANDARD
from asl.jsonata.numbers import leave
from asl.jsonata.references import References, references
from asl.jsonata.resolve import parse_expression
from asl.jsonata.runtime import Frame, Run, Runtime
from asl.jsonata.syntax import Node
from asl.jsonata.transforms import may_transform, own_copy
from asl.jsonata.values import UNDEFINED, Document, Value


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which functions exist, whether ``$eval`` is one, and whether ``??`` and ``?:`` (jsonata 2.1) exist."""

    functions: Mapping[str, Function]
    coalescing: bool = False


STEP_FUNCTIONS: Final = Dialect(AWS)
"""jsonata in Step Functions: 2.0.6 with the functions of 2.1.1 and AWS's own, without ``$eval``."""

_DEFAULT_RUNTIME: Final = Runtime()


class Expression:
    """A compiled expression."""

    __slots__ = ("_body", "_functions", "_may_transform", "ast", "text")

    def __init__(self, text: str, ast: Node, functions: Mapping[str, Function]) -> None:
        self.text = text
        self.ast = ast
        self._functions = functions
        self._body = compile_body(ast, functions)
        self._may_transform = may_transform(ast)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def references(self) -> References:
        """The variables and functions that the expression reads from its scope, as far as its text shows them."""
        return references(self.ast)

    def evaluate(
        self,
        bindings: Mapping[str, Any],
        runtime: Runtime = _DEFAULT_RUNTIME,
        input: Value = UNDEFINED,
    ) -> Value:
        """The value with ``bindings`` as variables (names without ``$``) and ``input`` as the context.

        Gives JSON, UNDEFINED, or a ``Function`` if the result is or contains one. Does not change bound values.
        Raises ``JsonataError``.
        """
        run, given = Run(runtime), input
        if self._may_transform:
            bindings, given = own_copy((bindings, input))
        names = {**bindings, "$": given}
        context = Document([given]) if isinstance(given, list) else given
        try:
            frame = run.top = Frame(names, None, run, 1)
            return leave(self._body.run(context, frame))
        except RecursionError:
            raise BoundError(STACK_OVERFLOW) from None
        except OverflowError:  # a calculation met an integer too large for a double
            raise JsonataError("D1001", value=None) from None


def compile(text: str, dialect: Dialect = STEP_FUNCTIONS) -> Expression:  # noqa: A001
    """``text`` as an expression; raises ``JsonataSyntaxError``."""
    try:
        return Expression(text, parse_expression(text, coalescing=dialect.coalescing), dialect.functions)
    except RecursionError:
        raise JsonataSyntaxError(None, position=0, message="Expression is nested too deep") from None


def _evaluate_text(call: BuiltInCall, text: Value, focus: Value) -> Value:
    """``$eval``: the value of an expression given as text, with the outermost variables; raises D3120 and D3121."""
    if text is UNDEFINED:
        return UNDEFINED
    context = call.context if focus is UNDEFINED else focus
    if isinstance(context, list):
        context = Document([context])
    try:
        body = compile_body(parse_expression(text), _STANDARD_FUNCTIONS)
    except JsonataSyntaxError as error:
        raise JsonataError("D3120", value=error.message) from None
    try:
        return body.run(context, Frame({}, call.run.top, call.run, call.depth + 1))
    except BoundError:
        raise
    except JsonataError as error:
        raise JsonataError("D3121", value=error.message) from None


_STANDARD_FUNCTIONS: Final = {
    **STANDARD,
    "eval": Native("eval", "<sx?:x>", _evaluate_text, 2, with_call=True),
}
JSONATA_2_0: Final = Dialect(_STANDARD_FUNCTIONS)
"""jsonata's own language, without the functions that Step Functions adds."""

JSONATA_2_1: Final = Dialect(_STANDARD_FUNCTIONS, coalescing=True)
"""``JSONATA_2_0`` with the operators ``??`` and ``?:``."""
