"""Succeed and Fail: the states that end a branch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from asl.errors import runtime_error
from asl.evaluation import as_reader, compile_typed
from asl.flow import parse_flow
from asl.outcomes import Failed, Leave
from asl.paths import Reader, Scope
from asl.scope import StateScope
from asl.states.common import ParseBlock, State
from asl.states.forms import Forms, constant
from asl.templates import compile_value
from asl.values import Json, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(State):
    """Ends its branch with its input, after InputPath and OutputPath."""

    type: ClassVar[str] = "Succeed"

    def enter(self, scope: StateScope) -> Leave:
        """Leave immediately; there is no next state."""
        return self.flow.leave(scope, self.flow.effective(scope), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    """Ends its branch with an error; both texts may be absent."""

    type: ClassVar[str] = "Fail"
    error: Reader
    cause: Reader

    def enter(self, scope: StateScope) -> Failed:
        """Fail immediately."""
        error, cause = self.error(scope.input.value, scope), self.cause(scope.input.value, scope)
        assert error is None or isinstance(error, str)
        assert cause is None or isinstance(cause, str)
        return Failed(error, cause)


def parse_succeed(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Succeed:
    """The Succeed state ``raw``, whose fields have been checked."""
    return Succeed(name=name, flow=parse_flow(raw))


def parse_fail(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Fail:
    """The Fail state ``raw``, whose fields have been checked."""
    return Fail(name=name, error=_parse_text(raw, "Error"), cause=_parse_text(raw, "Cause"))


def _parse_text(raw: Mapping[str, Any], field: str) -> Reader:
    """``Error`` or ``Cause``: a literal, or in ``ErrorPath`` / ``CausePath`` a path or an intrinsic function."""
    forms = Forms(
        constant,
        lambda value: as_reader(compile_typed(value, field, "string")),
        lambda path: _text_path(path, f"{field}Path"),
    )
    return forms.parse(raw, field) or constant(None)


def _text_path(text: str, field: str) -> Reader:
    read = compile_value(text, field)

    def read_text(document: Json, scope: Scope) -> Json:
        value = read(document, scope)
        if not isinstance(value, str):
            raise runtime_error(f"The {field} parameter does not reference a string: {text} == {encode(value)}")
        return value

    return read_text
