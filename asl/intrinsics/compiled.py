"""Calls of intrinsic functions -> readers, and AWS's words for a call that fails.

AWS runs: a path that finds nothing is ``The function '<text>' had the following error: ...``; all else is ``There was
an error while evaluating the intrinsic function: <text>. ...``. The text is the whole call of the field, the reason is
that of the inner call that failed.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from asl.errors import StateError, runtime_error
from asl.intrinsics.arguments import RefusedError, anything
from asl.intrinsics.functions import FUNCTIONS, fill, format_pieces, format_text
from asl.intrinsics.syntax import Argument, IntrinsicCall, Literal, parse_intrinsic
from asl.paths import Path, PathNotApplicable, PathNotFound, Reader, Scope, quoted
from asl.values import Json


def compile_intrinsic(text: str) -> Reader:
    """A reader of the call in ``text``; raises ``IntrinsicSyntaxError``."""
    read = _compile_call(parse_intrinsic(text))

    def read_call(document: Json, scope: Scope) -> Json:
        try:
            return read(document, scope)
        except _FailureError as failure:
            raise failure.of(text) from None

    return read_call


def references(text: str) -> frozenset[str]:
    """The variables that the call in ``text`` reads; raises ``IntrinsicSyntaxError``."""
    paths = (argument for argument in _parts(parse_intrinsic(text)) if isinstance(argument, Path))
    return frozenset().union(*(path.variables for path in paths))


class Miscounted(NamedTuple):
    """A call with a wrong number of arguments, which fails whenever it runs; ``wanted`` is a number in words."""

    name: str
    wanted: str
    given: int


def miscounted(text: str) -> Iterator[Miscounted]:
    """The calls in ``text`` that have a wrong number of arguments; raises ``IntrinsicSyntaxError``."""
    for argument in _parts(parse_intrinsic(text)):
        if isinstance(argument, IntrinsicCall):
            function, given = FUNCTIONS[argument.name], len(argument.arguments)
            if not function.takes(given):
                yield Miscounted(argument.name, function.arity(), given)


def _parts(argument: Argument) -> Iterator[Argument]:
    """``argument``, and the arguments inside it."""
    yield argument
    if isinstance(argument, IntrinsicCall):
        for inner in argument.arguments:
            yield from _parts(inner)


class _FailureError(Exception):
    """Why a call failed, in AWS's words; ``in_path`` if a path did."""

    def __init__(self, reason: str, *, in_path: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.in_path = in_path

    def of(self, text: str) -> StateError:
        """The error of the state whose field has the call ``text``."""
        if self.in_path:
            return runtime_error(f"The function '{text}' had the following error: {self.reason}")
        return runtime_error(f"There was an error while evaluating the intrinsic function: {text}. {self.reason}")


def _compile_call(call: IntrinsicCall) -> Reader:
    function = FUNCTIONS[call.name]
    readers = [_compile_argument(argument) for argument in call.arguments]
    if not function.takes(len(readers)):
        return _compile_miscounted(readers, f"Invalid arguments in {call.name}{function.miscounted}")
    checks = (*function.parameters, *[anything] * (len(readers) - len(function.parameters)))
    of, draws = function.of, function.draws
    first = call.arguments[0] if call.arguments else None
    if of is format_text and isinstance(first, Literal) and first.raw is not None:
        of = _format_literal(first.raw)

    def read(document: Json, scope: Scope) -> Json:
        values = [reader(document, scope) for reader in readers]
        try:
            arguments = [check(value) for check, value in zip(checks, values, strict=False)]
            return of(scope.chance, *arguments) if draws else of(*arguments)
        except RefusedError as error:
            raise _FailureError(f"{error.beginning} {call.name}{error.detail}") from None

    return read


def _compile_miscounted(readers: list[Reader], reason: str) -> Reader:
    """A call that fails once its arguments have been read."""

    def read(document: Json, scope: Scope) -> Json:
        for reader in readers:
            reader(document, scope)
        raise _FailureError(reason)

    return read


def _compile_argument(argument: Argument) -> Reader:
    match argument:
        case Literal(value):
            return lambda _document, _scope: value
        case IntrinsicCall():
            return _compile_call(argument)
        case Path():  # pragma: no branch - the last kind there is
            return _compile_path_argument(argument)


def _compile_path_argument(path: Path) -> Reader:
    read_path = path.read

    def read(document: Json, scope: Scope) -> Json:
        try:
            return read_path(document, scope)
        except PathNotApplicable as error:
            raise _FailureError(error.message, in_path=True) from None
        except PathNotFound:
            raise _FailureError(
                f"The JsonPath argument for the field '{path.text}' could not be found in the input "
                f"'{quoted(document, scope)}'",
                in_path=True,
            ) from None

    return read


def _format_literal(template: str) -> Callable[..., Json]:
    """States.Format of a literal template: it is parsed once, and a mistake in it is raised when it runs."""
    try:
        pieces = format_pieces(template)
    except RefusedError as error:
        beginning, detail = error.beginning, error.detail

        def refuse_template(*_: Json) -> Json:
            raise RefusedError(detail, beginning=beginning)

        return refuse_template
    return lambda _template, *values: fill(pieces, values)
