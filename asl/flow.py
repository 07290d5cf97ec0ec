"""How data flows through a state: by paths and templates in JSONPath mode, by expressions in JSONata mode.

Order and texts: developer guide, "Processing input and output", and AWS's recordings. Every path, template and
expression is compiled when the definition is loaded; a field that changes nothing is ``None`` and costs nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from asl.evaluation import NOTHING, Evaluate, compile_typed, compile_value, is_jsonata
from asl.outcomes import Leave
from asl.paths import (
    Path,
    PathConflict,
    PathNotFound,
    Reader,
    Scope,
    compile_path,
    compile_reference_path,
    invalid_path,
    reference_path_conflict,
    write,
)
from asl.scope import StateScope
from asl.templates import compile_template
from asl.values import Json, Payload

Merge: TypeAlias = Callable[[Payload, Payload], Payload]
"""(raw input, result) -> what ResultPath makes of them."""


def field_reader(text: str) -> Reader:
    """The reader of a field such as InputPath; a miss is a States.Runtime ``Invalid path '$.x' : ...``."""
    path = compile_path(text)

    def read(document: Json, scope: Scope) -> Json:
        try:
            return path.read(document, scope)
        except PathNotFound as error:
            raise invalid_path(path, error) from None

    return read


def read_or_none(path: Path, document: Json, scope: Scope) -> Json:
    """What ``path`` finds, ``None`` when it finds nothing: for fields whose miss has a text of its own."""
    try:
        return path.read(document, scope)
    except PathNotFound:
        return None


@dataclass(frozen=True, slots=True)
class PathFlow:
    """The data flow of one state; ``None`` stands for a field that is absent or its default."""

    input_path: Reader | None
    parameters: Reader | None
    result_selector: Reader | None
    merge: Merge | None
    output_path: Reader | None
    assign: Reader | None

    def effective(self, scope: StateScope) -> Payload:
        """The state's input after InputPath and Parameters: what a Task sends, what branches get."""
        payload = scope.input
        if self.input_path is not None:
            payload = Payload(self.input_path(payload.value, scope))
        if self.parameters is not None:
            payload = Payload(self.parameters(payload.value, scope))
        return payload

    def leave(self, scope: StateScope, result: Payload, to: str | None) -> Leave:
        """Go on to the state ``to`` with what ResultSelector, ResultPath and OutputPath make of ``result``."""
        assigned = None if self.assign is None else cast("dict[str, Json]", self.assign(result.value, scope))
        if self.result_selector is not None:
            result = Payload(self.result_selector(result.value, scope))
        if self.merge is not None:
            result = self.merge(scope.input, result)
        if self.output_path is not None:
            result = Payload(self.output_path(result.value, scope))
        return Leave(result, to, assigned)

    @property
    def changes_nothing(self) -> bool:
        """Whether input and result pass through as they are."""
        return self == UNCHANGED


@dataclass(frozen=True, slots=True)
class ExpressionFlow:
    """The data flow of a state in JSONata mode: Arguments, then Output and Assign side by side.

    ``gives_result`` is true for the states that have one (Task, Parallel, Map): ``$states.result`` is there for Output
    and Assign, and is the output when there is no Output; the other states hand their input on.
    """

    arguments: Evaluate | None
    output: Evaluate | None
    assign: Evaluate | None
    gives_result: bool

    def effective(self, scope: StateScope) -> Payload:
        """What a Task sends, what branches get."""
        return scope.input if self.arguments is None else Payload(self.arguments(scope, NOTHING))

    def leave(self, scope: StateScope, result: Payload, to: str | None) -> Leave:
        """Go on to the state ``to``; new values of variables are seen from there on."""
        members = {"result": result.value} if self.gives_result else NOTHING
        return leave_with(self.output, self.assign, scope, members, result if self.gives_result else scope.input, to)

    @property
    def changes_nothing(self) -> bool:
        """Whether input and result pass through as they are."""
        return self.arguments is self.output is self.assign is None


def leave_with(
    output: Evaluate | None,
    assign: Evaluate | None,
    scope: StateScope,
    members: Mapping[str, Json],
    otherwise: Payload,
    to: str | None,
) -> Leave:
    """Go on to ``to`` with what Output makes, ``otherwise`` without one, and with what Assign assigns."""
    assigned = None if assign is None else cast("dict[str, Json]", assign(scope, members))
    return Leave(otherwise if output is None else Payload(output(scope, members)), to, assigned)


Flow: TypeAlias = PathFlow | ExpressionFlow

UNCHANGED: Final = PathFlow(None, None, None, None, None, None)


def parse_flow(raw: Mapping[str, Json], *, gives_result: bool = False) -> Flow:
    """The data flow of the state ``raw``, whose fields have been checked."""
    return parse_expression_flow(raw, gives_result=gives_result) if is_jsonata(raw) else parse_path_flow(raw)


def parse_expression_flow(raw: Mapping[str, Json], *, gives_result: bool) -> ExpressionFlow:
    """The data flow of a state, or of a rule or catcher, in JSONata mode."""
    output, assign = (compile_value(raw[field], field) if field in raw else None for field in ("Output", "Assign"))
    return ExpressionFlow(_parse_arguments(raw), output, assign, gives_result)


def _parse_arguments(raw: Mapping[str, Json]) -> Evaluate | None:
    """What a Task sends is an object; what a Parallel gives its branches may be anything."""
    if "Arguments" not in raw:
        return None
    if raw["Type"] == "Task":
        return compile_typed(raw["Arguments"], "Arguments", "object")
    return compile_value(raw["Arguments"], "Arguments")


def parse_path_flow(raw: Mapping[str, Json]) -> PathFlow:
    """The data flow of a state in JSONPath mode."""
    return PathFlow(
        input_path=_parse_path(raw, "InputPath"),
        parameters=compile_template(raw["Parameters"], "Parameters") if "Parameters" in raw else None,
        result_selector=(
            compile_template(raw["ResultSelector"], "ResultSelector") if "ResultSelector" in raw else None
        ),
        merge=parse_merge(raw),
        output_path=_parse_path(raw, "OutputPath"),
        assign=compile_template(raw["Assign"], "Assign") if "Assign" in raw else None,
    )


def _parse_path(raw: Mapping[str, Json], field: str) -> Reader | None:
    """InputPath or OutputPath: ``None`` when it is the default ``$``; a JSON null gives ``{}``."""
    text = raw.get(field, "$")
    if text == "$":
        return None
    if text is None:
        return lambda _document, _scope: {}
    return field_reader(cast("str", text))


def parse_merge(raw: Mapping[str, Json]) -> Merge | None:
    """ResultPath: ``None`` when it is the default ``$`` (the result replaces all); null keeps the raw input."""
    text = raw.get("ResultPath", "$")
    if text == "$":
        return None
    if text is None:
        return lambda raw_input, _result: raw_input
    path = compile_reference_path(cast("str", text))
    keys = path.keys
    assert keys is not None

    def merge(raw_input: Payload, result: Payload) -> Payload:
        try:
            return Payload(write(keys, raw_input.value, result.value))
        except PathConflict:
            raise reference_path_conflict(path, raw_input.value) from None

    return merge
