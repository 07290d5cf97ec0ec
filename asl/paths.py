"""Paths in ASL fields: ``$`` is the state's document, ``$$`` the context object, ``$name`` a variable.

``compile_path`` is for fields that read any JSONPath, ``compile_reference_path`` for those that name one place
(``ResultPath``, ``SecondsPath``, ...), ``write`` for ``ResultPath``. The error text of a miss depends on the
field: AWS has two families of texts, given by ``invalid_path`` and ``field_not_found``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, cast

from asl import jsonpath
from asl.chance import Chance
from asl.errors import REFERENCE_PATH_CONFLICT, StateError, runtime_error
from asl.jsonpath import Keys, PathNotApplicable, PathNotFound, PathSyntaxError
from asl.values import Json, Payload, encode

__all__ = [
    "Keys",
    "Path",
    "PathConflict",
    "PathNotApplicable",
    "PathNotFound",
    "PathSyntaxError",
    "Reader",
    "Scope",
    "compile_path",
    "compile_reference_path",
    "field_not_found",
    "follow",
    "invalid_path",
    "is_path",
    "quoted",
    "reference_path_conflict",
    "write",
]


class Scope(Protocol):
    """The values that a running state can read besides its document."""

    @property
    def input(self) -> Payload:
        """The raw input of the state, before InputPath."""
        ...

    @property
    def result(self) -> Payload | None:
        """The result that the state waited for, while it leaves with it; otherwise ``None``."""
        ...

    @property
    def variables(self) -> Mapping[str, Json]:
        """The values assigned so far, by name."""
        ...

    @property
    def chance(self) -> Chance:
        """The random generator of ``States.UUID`` and ``States.MathRandom``."""
        ...

    def context(self) -> Json:
        """The context object, built when it is read."""
        ...


Reader: TypeAlias = Callable[[Json, Scope], Json]
"""(the document that ``$`` means, scope) -> value; raises ``PathNotFound`` or ``StateError``."""


class PathConflict(Exception):  # noqa: N818 - named as AWS names the error
    """A reference path cannot be followed: ``step`` is the first of its keys that has no place in its value."""

    def __init__(self, step: str | int) -> None:
        super().__init__(step)
        self.step = step


class Path(NamedTuple):
    """A compiled path; ``keys`` are its names and indexes below ``root`` if it consists only of these."""

    text: str
    definite: bool
    root: Literal["document", "context", "variable"]
    variable: str | None
    read: Reader
    keys: Keys | None

    @property
    def variables(self) -> frozenset[str]:
        """The variable that the path reads, if any."""
        return frozenset() if self.variable is None else frozenset({self.variable})


_VARIABLE = re.compile(r"\$([^\W\d]\w*)(?=$|[.\[])")


def is_path(text: str) -> bool:
    """Whether a text that may be an intrinsic function is a path instead."""
    return text.lstrip(" ").startswith("$")


def compile_path(text: str) -> Path:
    """A path that begins with ``$``, ``$$``, or ``$name``; raises ``PathSyntaxError``.

    Blanks at its ends do not count, as in json-path: published definitions have ``"$$.Execution.Name "``.
    """
    path, _ = _compile(text)
    return path


def compile_reference_path(text: str) -> Path:
    """A path to one place: names and indexes only; otherwise raises ``PathSyntaxError`` with the reason.

    Source: the States Language, "Reference Paths".
    """
    path, bare = _compile(text)
    if path.keys is None:
        raise PathSyntaxError(
            f"{text!r} is not a Reference Path: it must name one place, with names and indexes only ($.a['b'][0])"
        )
    for name in bare:
        if forbidden := _OPERATOR.search(name):
            raise PathSyntaxError(
                f"{text!r} is not a Reference Path: write {forbidden[1]!r} in a name as \\{forbidden[1]} or "
                "in brackets, ['like this']"
            )
    return path


_OPERATOR = re.compile(r"(?<!\\)(?:\\\\)*([@,:?*])")
"""A JSONPath operator that is not made part of a name by a backslash."""


def _compile(text: str) -> tuple[Path, tuple[str, ...]]:
    trimmed = text.strip(" ")
    if trimmed.startswith("$$"):
        path = _inner(text, "$" + trimmed[2:])
        read_context = path.read
        return Path(
            text, path.definite, "context", None, lambda _, scope: read_context(scope.context()), path.keys
        ), path.bare
    if match := _VARIABLE.match(trimmed):
        return _variable(text, trimmed, match[1])
    if not trimmed.startswith("$"):
        raise PathSyntaxError(f"{text!r} is not a path: it must begin with $, $$, or $name of a variable")
    path = _inner(text, trimmed)
    read = path.read
    return Path(text, path.definite, "document", None, lambda document, _: read(document), path.keys), path.bare


def _inner(text: str, rest: str) -> jsonpath.JsonPath:
    try:
        return jsonpath.compile(rest)
    except PathSyntaxError as error:
        if rest == text:
            raise
        raise PathSyntaxError(f"{error} (after the beginning of {text!r})") from None


def _variable(text: str, trimmed: str, name: str) -> tuple[Path, tuple[str, ...]]:
    path = _inner(text, "$" + trimmed[len(name) + 1 :])
    below = path.read

    def read(_: Json, scope: Scope) -> Json:
        try:
            value = scope.variables[name]
        except KeyError:
            raise PathNotFound(f"The variable '${name}' is not assigned") from None
        return below(value)

    return Path(text, path.definite, "variable", name, read, path.keys), path.bare


def follow(keys: Keys, document: Json) -> Json:
    """The value at ``keys`` in ``document``; raises ``PathConflict`` if there is none."""
    value: Any = document
    for key in keys:
        if not isinstance(value, dict if isinstance(key, str) else list):
            raise PathConflict(key)
        found: Any = value
        try:
            value = found[key]
        except LookupError:
            raise PathConflict(key) from None
    return cast("Json", value)


def write(keys: Keys, document: Json, value: Json) -> Json:
    """A copy of ``document`` with ``value`` at ``keys``; only the containers along the path are copied.

    Missing objects are created; an index must exist. Raises ``PathConflict`` if a value along the path is neither an
    object nor an array.
    """
    if not keys:
        return value
    root: list[Json] = [document]
    parent: dict[str, Json] | list[Json] = root
    at: str | int = 0
    for key in keys:
        place: Json = parent[at]  # type: ignore[index]  # str for objects, int for arrays
        copy: dict[str, Json] | list[Json]
        if isinstance(place, dict) and isinstance(key, str):
            copy = place.copy()
            copy.setdefault(key, {})
        elif isinstance(place, list) and isinstance(key, int) and -len(place) <= key < len(place):
            copy = place.copy()
        else:
            raise PathConflict(key)
        parent[at] = copy  # type: ignore[index]  # as above
        parent, at = copy, key
    parent[at] = value  # type: ignore[index]  # as above
    return root[0]


# -- AWS's texts


def invalid_path(path: Path, miss: PathNotFound) -> StateError:
    """``States.Runtime`` for a miss of ``InputPath``, ``OutputPath``, ``TimeoutSecondsPath``, and similar fields.

    Recorded: ``test_invalid_jsonpath``, ``test_catch_states_runtime``.
    """
    if miss.message == jsonpath.NULL_DOCUMENT:
        return runtime_error(miss.message)
    return runtime_error(f"Invalid path '{path.text}' : {miss.message}")


def quoted(document: Json, scope: Scope) -> str:
    """The text of ``document`` in a cause.

    The input of a state is quoted as it was sent, with its blanks and numbers (recorded: ``test_invalid_jsonpath``,
    the raw text of the input), and by analogy the result that it waited for. A document that the state has built is
    compact.
    """
    for given in (scope.input, scope.result):
        if given is not None and document is given.value:
            return given.text
    return encode(document)


def field_not_found(path: Path, field: str, document: Json, scope: Scope, miss: PathNotFound) -> StateError:
    """``States.Runtime`` for a miss of a payload template's field, ``ErrorPath``, or ``CausePath``.

    Recorded: ``test_invalid_jsonpath``. A filter on a value that is not an array gives json-path's text (measured).
    """
    if isinstance(miss, PathNotApplicable):
        return runtime_error(miss.message)
    return runtime_error(
        f"The JSONPath '{path.text}' specified for the field '{field}' could not be found in the input "
        f"'{quoted(document, scope)}'"
    )


def reference_path_conflict(path: Path, conflict: PathConflict, given: Payload) -> StateError:
    """The error of a ``ResultPath`` or ``ItemsPath`` that cannot be followed in ``given`` (measured on AWS).

    AWS names the whole path if ``given`` is neither an object nor an array, otherwise the step. The text does not name
    the state, unlike those of a States.Runtime.
    """
    step = f'step "{conflict.step}"' if isinstance(given.value, dict | list) else f"ReferencePath {path.text}"
    return StateError(REFERENCE_PATH_CONFLICT, f"Unable to apply {step} to input {given.text}")
