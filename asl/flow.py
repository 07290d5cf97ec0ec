"""How data flows through a state in JSONPath mode: from InputPath and Parameters to ResultPath, OutputPath and Assign.

Order and texts: developer guide, "Processing input and output", and AWS's recordings. Every path and template is
compiled when the definition is loaded; a field that changes nothing is ``None`` and costs nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

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


UNCHANGED: Final = PathFlow(None, None, None, None, None, None)


def parse_flow(raw: Mapping[str, Json], *, parameters: str = "Parameters") -> PathFlow:
    """The data flow of the state ``raw``, whose fields have been checked; ``parameters`` names the template field."""
    return PathFlow(
        input_path=_parse_path(raw, "InputPath"),
        parameters=compile_template(raw[parameters], parameters) if parameters in raw else None,
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
