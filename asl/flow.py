"""How data flows through a state: by paths and templates in JSONPath mode, by expressions in JSONata mode.

A flow is a row of stages, folded: each makes the next value of the one before. A stage has the name that TestState's
``inspectionData`` gives to the value behind it, so that a fold that is looked at says more, not something else.
Stages that the state does not have are not in the row and cost nothing.

Order and texts: developer guide, "Processing input and output", and AWS's recordings. Every path, template and
expression is compiled when the definition is loaded.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias, cast

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

Make: TypeAlias = Callable[[Payload, StateScope], Payload]
"""(the value before, scope) -> the value behind a stage."""

Assign: TypeAlias = Callable[[Payload, StateScope], dict[str, Json]]
"""(result, scope) -> variable -> its new value."""


class Stage(NamedTuple):
    """One step of a data flow."""

    name: str
    make: Make


class StageNames(NamedTuple):
    """The stages that there can be on the way from a state's input to its work, and from its result to its output."""

    effective: tuple[str, ...]
    result: tuple[str, ...]


PATH_STAGES: Final = StageNames(
    ("afterInputPath", "afterParameters"), ("afterResultSelector", "afterResultPath", "output")
)
EXPRESSION_STAGES: Final = StageNames(("afterArguments",), ("output",))


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
class Flow:
    """The data flow of one state, rule or catcher; ``assign`` sees the result, before any stage."""

    names: StageNames
    before: tuple[Stage, ...] = ()
    behind: tuple[Stage, ...] = ()
    assign: Assign | None = None

    def effective(self, scope: StateScope) -> Payload:
        """What the state works on: what a Task sends, what branches get."""
        payload = scope.input
        for _, make in self.before:
            payload = make(payload, scope)
        return payload

    def leave(self, scope: StateScope, result: Payload, to: str | None) -> Leave:
        """Go on to the state ``to`` with what the stages make of ``result``; variables change from there on."""
        assigned = None if self.assign is None else self.assign(result, scope)
        for _, make in self.behind:
            result = make(result, scope)
        return Leave(result, to, assigned)

    def effective_stages(self, scope: StateScope) -> Iterator[tuple[str, Payload]]:
        """The fold of ``effective``, looked at: every stage that there can be, and the value behind it.

        A stage that fails raises ``StateError`` in its turn.
        """
        return _look(self.names.effective, self.before, scope.input, scope)

    def result_stages(self, scope: StateScope, result: Payload) -> Iterator[tuple[str, Payload]]:
        """The fold of ``leave``, looked at in the same way."""
        return _look(self.names.result, self.behind, result, scope)

    @property
    def changes_nothing(self) -> bool:
        """Whether input and result pass through as they are."""
        return not self.before and not self.behind and self.assign is None


def _look(
    names: tuple[str, ...], row: tuple[Stage, ...], payload: Payload, scope: StateScope
) -> Iterator[tuple[str, Payload]]:
    makes = {stage.name: stage.make for stage in row}
    for name in names:
        if name in makes:
            payload = makes[name](payload, scope)
        yield name, payload


UNCHANGED: Final = Flow(PATH_STAGES)


def parse_flow(raw: Mapping[str, Json], *, gives_result: bool = False) -> Flow:
    """The data flow of the state ``raw``, whose fields have been checked.

    ``gives_result`` is true for the states that have one (Task, Parallel, Map), which is ``$states.result`` in JSONata.
    """
    return parse_expression_flow(raw, "result" if gives_result else None) if is_jsonata(raw) else parse_path_flow(raw)


# JSONata mode --------------------------------------------------------------------------------------------------------


def parse_expression_flow(raw: Mapping[str, Json], member: str | None) -> Flow:
    """The data flow of a state, or of a rule or catcher: Arguments, then Output and Assign side by side.

    ``member`` is what ``$states`` calls the result for Output and Assign; ``None`` where there is none, and the input
    is handed on.
    """
    before = (Stage("afterArguments", _taking(_parse_arguments(raw), None)),) if "Arguments" in raw else ()
    behind = (Stage("output", _taking(compile_value(raw["Output"], "Output"), member)),) if "Output" in raw else ()
    return Flow(EXPRESSION_STAGES, before, behind, _parse_assign_expressions(raw, member))


def _taking(evaluate: Evaluate, member: str | None) -> Make:
    """The stage of an expression that sees the value before it as ``$states.<member>``."""
    if member is None:
        return lambda _payload, scope: Payload(evaluate(scope, NOTHING))
    return lambda payload, scope: Payload(evaluate(scope, {member: payload.value}))


def _parse_assign_expressions(raw: Mapping[str, Json], member: str | None) -> Assign | None:
    if "Assign" not in raw:
        return None
    evaluate: Any = compile_value(raw["Assign"], "Assign")
    if member is None:
        return lambda _result, scope: evaluate(scope, NOTHING)
    return lambda result, scope: evaluate(scope, {member: result.value})


def _parse_arguments(raw: Mapping[str, Json]) -> Evaluate:
    """What a Task sends is an object; what a Parallel gives its branches may be anything."""
    if raw["Type"] == "Task":
        return compile_typed(raw["Arguments"], "Arguments", "object")
    return compile_value(raw["Arguments"], "Arguments")


# JSONPath mode -------------------------------------------------------------------------------------------------------


def parse_path_flow(raw: Mapping[str, Json]) -> Flow:
    """The data flow of a state, or of a rule or catcher; a field that is its default makes no stage."""
    return Flow(
        PATH_STAGES,
        before=_row(afterInputPath=_parse_path(raw, "InputPath"), afterParameters=_parse_template(raw, "Parameters")),
        behind=_row(
            afterResultSelector=_parse_template(raw, "ResultSelector"),
            afterResultPath=_parse_merge(raw),
            output=_parse_path(raw, "OutputPath"),
        ),
        assign=_parse_assign(raw),
    )


def _row(**stages: Make | None) -> tuple[Stage, ...]:
    return tuple(Stage(name, make) for name, make in stages.items() if make is not None)


def _reading(read: Reader) -> Make:
    """The stage of a path or template."""
    return lambda payload, scope: Payload(read(payload.value, scope))


def _parse_template(raw: Mapping[str, Json], field: str) -> Make | None:
    return _reading(compile_template(raw[field], field)) if field in raw else None


def _parse_assign(raw: Mapping[str, Json]) -> Assign | None:
    if "Assign" not in raw:
        return None
    read: Any = compile_template(raw["Assign"], "Assign")
    return lambda result, scope: read(result.value, scope)


def _parse_path(raw: Mapping[str, Json], field: str) -> Make | None:
    """InputPath or OutputPath: ``None`` when it is the default ``$``; a JSON null gives ``{}``."""
    text = raw.get(field, "$")
    if text == "$":
        return None
    if text is None:
        return lambda _payload, _scope: Payload({})
    return _reading(field_reader(cast("str", text)))


def _parse_merge(raw: Mapping[str, Json]) -> Make | None:
    """ResultPath: ``None`` when it is the default ``$`` (the result replaces all); null keeps the raw input."""
    text = raw.get("ResultPath", "$")
    if text == "$":
        return None
    if text is None:
        return lambda _result, scope: scope.input
    path = compile_reference_path(cast("str", text))
    keys = path.keys
    assert keys is not None

    def merge(result: Payload, scope: StateScope) -> Payload:
        raw_input = scope.input.value
        try:
            return Payload(write(keys, raw_input, result.value))
        except PathConflict:
            raise reference_path_conflict(path, raw_input) from None

    return merge
