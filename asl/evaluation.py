"""JSONata in ASL fields: values whose strings ``{% ... %}`` are expressions, and AWS's texts for failures.

A value is compiled once; a value without expressions is returned as it is. Texts: recorded on AWS
(``test_undefined_reference``, ``test_map_state_items_eval_jsonata_fail``) and measured there.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from asl.errors import EvaluationError
from asl.expressions import inside, is_expression
from asl.scope import StateScope
from asl.templates import with_parts
from asl.values import Json, encode

if TYPE_CHECKING:
    from asl.paths import Reader, Scope

Evaluate: TypeAlias = Callable[[StateScope, Mapping[str, Json]], Json]
"""(scope, members of ``$states`` besides input and context) -> the value; raises ``EvaluationError``."""

JSONATA: Final = "JSONata"
NOTHING: Final[Mapping[str, Json]] = {}


def is_jsonata(raw: Mapping[str, Any]) -> bool:
    """Whether the state ``raw`` is in JSONata; its ``QueryLanguage`` has been filled in."""
    return raw.get("QueryLanguage") == JSONATA


def compile_value(value: Json, location: str) -> Evaluate:
    """The evaluator of the value of a field; ``location`` is the field as AWS names it: ``Output``, ``Items``."""
    evaluate = _compile(value, location)
    return evaluate if evaluate is not None else (lambda _scope, _members: value)


def _compile(value: Json, location: str) -> Evaluate | None:
    """An evaluator, or ``None`` if there is nothing to evaluate."""
    if is_expression(value):
        return compile_expression(cast("str", value), location)
    members: list[tuple[str | int, Json, str]]
    if isinstance(value, dict):
        members = [(key, item, f"{location}/{key}") for key, item in value.items()]
    elif isinstance(value, list):
        members = [(at, item, f"{location}[{at}]") for at, item in enumerate(value)]
    else:
        return None
    parts = [(at, part) for at, item, place in members if (part := _compile(item, place)) is not None]
    return with_parts(value, parts) if parts else None


def compile_expression(value: str, location: str) -> Evaluate:
    """The evaluator of one ``{% ... %}``, whose text has been checked."""
    from asl import jsonata

    text = inside(value)
    compiled = jsonata.compile(text).evaluate
    with_context = may_read_context(text)
    runtime, undefined, function = jsonata.Runtime, jsonata.UNDEFINED, jsonata.Function

    def evaluate(scope: StateScope, members: Mapping[str, Json]) -> Json:
        states: dict[str, Json] = {"input": scope.input.value, **members}
        if with_context:
            states["context"] = scope.context()
        bindings = {**scope.variables, "states": states}
        try:
            result = compiled(bindings, runtime(scope.now, scope.chance))
        except jsonata.InternalError:
            raise failed(text, location, f"threw an internal error during evaluation. {scope.chance.uuid()}") from None
        except jsonata.JsonataError as error:
            what = f". {error.code}: {error.message}" if error.code else f": {error.message}"
            raise failed(text, location, f"threw an error during evaluation{what}") from None
        if result is undefined:
            raise failed(text, location, "returned nothing (undefined).")
        if isinstance(result, function):
            raise failed(text, location, "returned an unsupported result type.")
        return cast("Json", result)

    return evaluate


_OTHER_THAN_CONTEXT: Final = re.compile(r"\$states\.(?:input|result|errorOutput)(?!\w)")


def may_read_context(text: str) -> bool:
    """Whether the expression ``text`` can read ``$states.context``, which takes time to build.

    It cannot if each ``$states`` is followed by another member and no ``%`` leads back to ``$states``.
    """
    return "%" in text or "$states" in _OTHER_THAN_CONTEXT.sub("", text)


def failed(text: str, location: str, what: str) -> EvaluationError:
    """The failure of an expression in AWS's words."""
    return EvaluationError(f"The JSONata expression '{text}' specified for the field '{location}' {what}", location)


def type_name(value: Json) -> str:
    """AWS's name for the type of a value."""
    for name, types in _TYPES.items():
        if isinstance(value, types):
            return name
    return "null"


_TYPES: Final[Mapping[str, Any]] = {
    "boolean": bool,
    "number": (int, float),
    "string": str,
    "array": list,
    "object": dict,
}


def compile_typed(value: Json, location: str, *types: str) -> Evaluate:
    """The evaluator of a field whose value must be of one of ``types``; a literal has been checked."""
    evaluate = compile_value(value, location)
    if not is_expression(value):
        return evaluate
    text = inside(cast("str", value))

    def evaluate_typed(scope: StateScope, members: Mapping[str, Json]) -> Json:
        result = evaluate(scope, members)
        if (found := type_name(result)) not in types:
            was = f"Expected '{types[0]}', but was '{found}' for value: {encode(result)}"
            raise failed(text, location, f"returned an unexpected result type. {was}")
        return result

    return evaluate_typed


def compile_integer(value: Json, location: str, low: int, high: int, *, is_bounded: bool = True) -> Evaluate:
    """The evaluator of a field that must be an integer from ``low`` to ``high``.

    If it is not ``is_bounded``, larger ones are taken, too; ``high`` is then part of the text about smaller ones.

    Texts: AWS runs with ``TimeoutSeconds``.
    """
    evaluate, field = compile_typed(value, location, "number"), location.rpartition("/")[2]

    def evaluate_integer(scope: StateScope, members: Mapping[str, Json]) -> Json:
        result = evaluate(scope, members)
        if not is_bounded and isinstance(result, float) and result.is_integer():
            result = int(result)  # JSONata has no integers from 2**53 on
        if not isinstance(result, int):
            raise EvaluationError(f"The {field} field cannot be parsed as an integer: {encode(result)}", location)
        if result < low or (is_bounded and result > high):
            cause = f"{field} must be between {low} and {high} but was: {encode(result)}"
            raise EvaluationError(cause, location)
        return result

    return evaluate_integer if is_expression(value) else evaluate


def as_reader(evaluate: Evaluate) -> "Reader":
    """The evaluator in the form of a JSONPath field's reader; it ignores the document."""

    def read(_document: Json, scope: "Scope") -> Json:
        return evaluate(cast("StateScope", scope), NOTHING)

    return read
