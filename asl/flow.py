"""The data flow of a state: by paths and templates in JSONPath mode, by expressions in JSONata mode.

A flow is a fold over a sequence of stages: each turns the previous value into the next. Stages are named as in
TestState's ``inspectionData``, except for ``output``, which is TestState's output itself. The fields of a Map that make
its items (ItemsPath, ItemSelector, ItemBatcher) are not stages here. Stages that the state does not have are not in the
sequence and cost nothing.

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
"""(the value before a stage, scope) -> the value after it."""

Assign: TypeAlias = Callable[[Payload, StateScope], dict[str, Json]]
"""(result, scope) -> variable -> its new value."""


class Stage(NamedTuple):
    """One step of a data flow."""

    name: str
    make: Make


class StageNames(NamedTuple):
    """All possible stages from a state's input to its effective input, and from its result to its output."""

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
    """The value at ``path``, or ``None``: for fields whose miss has a text of its own."""
    try:
        return path.read(document, scope)
    except PathNotFound:
        return None


@dataclass(frozen=True, slots=True)
class Flow:
    """The data flow of one state, rule or catcher; ``assign`` sees the result, before any stage.

    An Assign without variables is none: AWS's events then have no ``assignedVariables``.
    """

    names: StageNames
    before: tuple[Stage, ...] = ()
    behind: tuple[Stage, ...] = ()
    assign: Assign | None = None

    def effective(self, scope: StateScope) -> Payload:
        """The effective input: the argument of a Task's call, the input of branches."""
        payload = scope.input
        for _, make in self.before:
            payload = make(payload, scope)
        return payload

    def leave(self, scope: StateScope, result: Payload, to: str | None) -> Leave:
        """Leave for the state ``to`` with ``result`` after the stages; assigned variables apply from there on."""
        assigned = None if self.assign is None else self.assign(result, scope)
        for _, make in self.behind:
            result = make(result, scope)
        return Leave(result, to, assigned)

    def effective_stages(self, scope: StateScope) -> Iterator[tuple[str, Payload]]:
        """The fold of ``effective``, step by step: every possible stage, and the value after it.

        A stage that fails raises ``StateError`` when it is reached.
        """
        return _look(self.names.effective, self.before, scope.input, scope)

    def result_stages(self, scope: StateScope, result: Payload) -> Iterator[tuple[str, Payload]]:
        """The fold of ``leave``, step by step in the same way."""
        return _look(self.names.result, self.behind, result, scope)

    @property
    def changes_nothing(self) -> bool:
        """Whether input and result pass through unchanged."""
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

    ``gives_result`` is true for states with a result (Task, Parallel, Map), which JSONata reads as ``$states.result``.
    """
    return parse_expression_flow(raw, "result" if gives_result else None) if is_jsonata(raw) else parse_path_flow(raw)


# JSONata mode --------------------------------------------------------------------------------------------------------


def parse_expression_flow(raw: Mapping[str, Json], member: str | None) -> Flow:
    """The data flow of a state, rule or catcher: Arguments, then Output and Assign, which do not see each other.

    ``member`` is the name in ``$states`` of the result, for Output and Assign; ``None`` if there is no result, and the
    input is passed on.
    """
    before = (Stage("afterArguments", _taking(_parse_arguments(raw), None)),) if "Arguments" in raw else ()
    behind = (Stage("output", _taking(compile_value(raw["Output"], "Output"), member)),) if "Output" in raw else ()
    return Flow(EXPRESSION_STAGES, before, behind, _parse_assign_expressions(raw, member))


def _taking(evaluate: Evaluate, member: str | None) -> Make:
    """The stage of an expression that reads the previous value as ``$states.<member>``."""
    if member is None:
        return lambda _payload, scope: Payload(evaluate(scope, NOTHING))
    return lambda payload, scope: Payload(evaluate(scope, {member: payload.value}))


def _parse_assign_expressions(raw: Mapping[str, Json], member: str | None) -> Assign | None:
    if not raw.get("Assign"):
        return None
    evaluate: Any = compile_value(raw["Assign"], "Assign")
    if member is None:
        return lambda _result, scope: evaluate(scope, NOTHING)
    return lambda result, scope: evaluate(scope, {member: result.value})


def _parse_arguments(raw: Mapping[str, Json]) -> Evaluate:
    """A Task's Arguments must be an object; a Parallel's may be any value."""
    if raw["Type"] == "Task":
        return compile_typed(raw["Arguments"], "Arguments", "object")
    return compile_value(raw["Arguments"], "Arguments")


# JSONPath mode -------------------------------------------------------------------------------------------------------


def parse_path_flow(raw: Mapping[str, Json]) -> Flow:
    """The data flow of a state, rule or catcher; a field with its default value adds no stage."""
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
    if not raw.get("Assign"):
        return None
    read: Any = compile_template(raw["Assign"], "Assign")
    return lambda result, scope: read(result.value, scope)


def _parse_path(raw: Mapping[str, Json], field: str) -> Make | None:
    """InputPath or OutputPath: ``None`` for the default ``$``; a JSON null gives ``{}``."""
    text = raw.get(field, "$")
    if text == "$":
        return None
    if text is None:
        return lambda _payload, _scope: Payload({})
    return _reading(field_reader(cast("str", text)))


def _parse_merge(raw: Mapping[str, Json]) -> Make | None:
    """ResultPath: ``None`` for the default ``$`` (the result replaces the input); null keeps the raw input."""
    text = raw.get("ResultPath", "$")
    if text == "$":
        return None
    if text is None:
        return lambda _result, scope: scope.input
    path = compile_reference_path(cast("str", text))
    keys = path.keys
    assert keys is not None

    def merge(result: Payload, scope: StateScope) -> Payload:
        try:
            return Payload(write(keys, scope.input.value, result.value))
        except PathConflict as conflict:
            raise reference_path_conflict(path, conflict, scope.input) from None

    return merge
