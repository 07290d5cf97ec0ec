"""Payload templates: JSON whose keys ending in ``.$`` hold a path or an intrinsic function.

A template is compiled once. Constant parts are built once and shared; a run copies only the objects and arrays
that contain something to evaluate.

**The order of a result's keys.** The keys without ``.$`` come first, in the order of the definition, even those whose
values contain something to evaluate (recorded: ``test_lambda_service_invoke_with_retry_extended_input``). The evaluated
ones follow in the order of a Java ``HashMap`` of their names without ``.$`` (AWS runs: 14 of 14 orders). Both are
known when the template is compiled.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar, cast

from asl.intrinsics import IntrinsicSyntaxError, compile_intrinsic
from asl.intrinsics import references as intrinsic_references
from asl.java import hash_map_order
from asl.paths import PathNotFound, PathSyntaxError, Reader, Scope, compile_path, field_not_found, is_path
from asl.values import Json

SUFFIX: Final = ".$"

MAX_DEPTH: Final = 100
"""The most levels of objects and arrays around a field to evaluate."""


class TemplateError(ValueError):
    """A mistake: ``pointer`` is its place in the template, ``message`` AWS's text, ``reason`` the detail.

    ``str()`` starts with the ``field`` of the template, if it is known.
    """

    def __init__(self, pointer: str, message: str, reason: str = "", *, field: str = "") -> None:
        super().__init__(": ".join(filter(None, (field + pointer, message, reason))))
        self.pointer = pointer
        self.message = message
        self.reason = reason


def compile_value(text: Json, field: str) -> Reader:
    """A reader of a path or an intrinsic function; raises ``TemplateError`` without a place.

    ``field`` is the name AWS's messages use: ``value.$``, ``ErrorPath``.
    """
    message = f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call"
    if not isinstance(text, str):
        raise TemplateError("", message, "it is not a string")
    try:
        return _compile_path(text, field) if is_path(text) else compile_intrinsic(text)
    except (PathSyntaxError, IntrinsicSyntaxError) as error:
        raise TemplateError("", message, str(error)) from None


def _compile_path(text: str, field: str) -> Reader:
    path = compile_path(text)
    read_path = path.read

    def read(document: Json, scope: Scope) -> Json:
        try:
            return read_path(document, scope)
        except PathNotFound as miss:
            raise field_not_found(path, field, document, scope, miss) from None

    return read


def compile_template(template: Json, field: str) -> Reader:
    """A reader of the whole template of ``field``; raises the first ``TemplateError``."""
    for mistake in mistakes(template):
        raise TemplateError(mistake.pointer, mistake.message, mistake.reason, field=field)
    read = _compile(template, _evaluated(template))
    return read if read is not None else (lambda _document, _scope: template)


def mistakes(template: Json) -> Iterator[TemplateError]:
    """Every mistake in the template."""
    for pointer, depth, key, value in _fields(template):
        if not key.endswith(SUFFIX):
            yield TemplateError(pointer, f"The field '{key}' is given twice, as '{key}' and as '{key}{SUFFIX}'")
            continue
        if depth > MAX_DEPTH:
            yield TemplateError(pointer, f"The field '{key}' is nested deeper than {MAX_DEPTH} levels")
            continue
        try:
            compile_value(value, key)
        except TemplateError as error:
            yield TemplateError(pointer, error.message, error.reason)


def references(template: Json) -> frozenset[str]:
    """The variables that a template without mistakes reads."""
    found: set[str] = set()
    for _, _, _, value in _fields(template):
        text = cast("str", value)
        found |= compile_path(text).variables if is_path(text) else intrinsic_references(text)
    return frozenset(found)


def _fields(template: Json) -> Iterator[tuple[str, int, str, Json]]:
    """(pointer, depth, key, value) of each key that ends in ``.$``, and of each key that equals one without ``.$``."""
    rest: list[tuple[str, int, Json]] = [("", 0, template)]
    while rest:
        pointer, depth, value = rest.pop()
        children: list[tuple[str, int, Json]] = []
        if isinstance(value, dict):
            for key, child in value.items():
                place = f"{pointer}/{_escape(key)}"
                if key.endswith(SUFFIX):
                    yield place, depth + 1, key, child
                    continue
                if key + SUFFIX in value:
                    yield place, depth + 1, key, child
                children.append((place, depth + 1, child))
        elif isinstance(value, list):
            children = [(f"{pointer}/{at}", depth + 1, child) for at, child in enumerate(value)]
        rest += reversed([child for child in children if isinstance(child[2], dict | list)])


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _evaluated(template: Json) -> frozenset[int]:
    """``id`` of each object and array that contains something to evaluate, at any depth."""
    holders: set[int] = set()
    rest: list[tuple[Json, tuple[Json, ...]]] = [(template, ())]
    while rest:
        value, around = rest.pop()
        if isinstance(value, dict):
            if any(key.endswith(SUFFIX) for key in value):
                holders.update(map(id, (*around, value)))
            children = list(value.values())
        else:
            children = value if isinstance(value, list) else []
        rest += [(child, (*around, value)) for child in children if isinstance(child, dict | list)]
    return frozenset(holders)


def _compile(template: Json, evaluated: frozenset[int]) -> Reader | None:
    """A reader, or ``None`` if there is nothing to evaluate."""
    if id(template) not in evaluated:
        return None
    if isinstance(template, list):
        parts = [(at, read) for at, value in enumerate(template) if (read := _compile(value, evaluated)) is not None]
        return with_parts(template, parts)
    assert isinstance(template, dict)
    literals = {key: value for key, value in template.items() if not key.endswith(SUFFIX)}
    members = [(key, read) for key, value in literals.items() if (read := _compile(value, evaluated)) is not None]
    names = [key.removesuffix(SUFFIX) for key in template if key.endswith(SUFFIX)]
    members += [(name, compile_value(template[name + SUFFIX], name + SUFFIX)) for name in hash_map_order(names)]
    return with_parts(literals, members)


First = TypeVar("First")
Second = TypeVar("Second")


def with_parts(
    literal: dict[str, Json] | list[Json], parts: Sequence[tuple[Any, Callable[[First, Second], Json]]]
) -> Callable[[First, Second], Json]:
    """The function that copies ``literal`` and puts the value of each part at the part's key or index.

    A part takes the same arguments as the function: the document and the scope in JSONPath mode, the scope and the
    members of ``$states`` in JSONata mode.
    """

    def fill(first: First, second: Second) -> Any:
        result: Any = literal.copy()
        for at, part in parts:
            result[at] = part(first, second)
        return result

    return fill
