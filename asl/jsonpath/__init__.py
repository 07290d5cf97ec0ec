"""JSONPath as Step Functions reads it: the dialect of json-path (Jayway) over plain maps and lists.

``compile`` reads a path as AWS does, ``compile_jayway`` as the library does. They differ in six points: an
indefinite path through a missing property finds ``[]`` (recorded on AWS,
``test_json_path_array_wildcard_or_slice_with_no_input``) where json-path fails; ``$`` of ``null`` is ``null``
(a Map over ``null`` items runs); a backslash in a dotted name makes the next character part of it, as in
the States Language's Reference Paths; in brackets a backslash before the other quote is part of the name
(recorded); a filter may compare with an unquoted word; and the library ignores one character behind a path.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from asl.jsonpath import select as _select
from asl.jsonpath import syntax as _syntax
from asl.jsonpath.errors import PathNotApplicable, PathNotFound, PathSyntaxError
from asl.jsonpath.filters import identity
from asl.jsonpath.java import java_text
from asl.jsonpath.select import Keys
from asl.jsonpath.syntax import unquoted_words
from asl.values import Json

__all__ = [
    "NULL_DOCUMENT",
    "JsonPath",
    "Keys",
    "PathNotApplicable",
    "PathNotFound",
    "PathSyntaxError",
    "compile",
    "compile_jayway",
    "identity",
    "java_text",
    "unquoted_words",
]

Read: TypeAlias = Callable[[Json], Json]

NULL_DOCUMENT: Final = "Unable to apply Path transformation to null or empty input."
"""Measured on AWS (Parameters over a ``null`` input)."""


class JsonPath(NamedTuple):
    """A compiled path. ``keys`` are its names and indexes if it consists only of these: ``$.a['b'][0]``.

    ``read(document)`` gives the value found (always a list for an indefinite path) or raises
    ``PathNotFound``. ``bare`` are the names written with a dot, escapes included.
    """

    text: str
    definite: bool
    keys: Keys | None
    bare: tuple[str, ...]
    read: Read


def compile(text: str) -> JsonPath:  # noqa: A001 - the module is used as jsonpath.compile(text)
    """The path as AWS reads it; raises ``PathSyntaxError``."""
    path = _compile(text, aws=True, null=NULL_DOCUMENT)
    if path.definite:
        return path
    return JsonPath(path.text, path.definite, path.keys, path.bare, _empty_when_missing(path.read))


def compile_jayway(text: str) -> JsonPath:
    """The path as json-path 2.10.0 reads it; raises ``PathSyntaxError``."""
    path = _compile(text.rstrip(" "), aws=False, null="json can not be null")
    return JsonPath(path.text, path.definite, path.keys, path.bare, _never_null(path.read))


def _compile(text: str, *, aws: bool, null: str) -> JsonPath:
    tokens = _syntax.parse_path(text, aws=aws)
    keys, definite = _select.reference_keys(tokens), _select.definite(tokens)
    root = "@" if text.startswith("@") else "$"
    read = _reader(tokens, root, null, definite=definite)
    bare = tuple(token.bare for token in tokens if isinstance(token, _syntax.Names) and token.bare is not None)
    return JsonPath(text, definite, keys, bare, read if keys is None else _reference(keys, read))


def _reader(tokens: _syntax.Tokens, root: str, null: str, *, definite: bool) -> Read:
    selects = _select.compile_tokens(tokens)
    nothing = f"No results for path: {_syntax.normal_form(root, tokens)}"

    def read(document: Json) -> Json:
        if document is None:
            raise PathNotApplicable(null)
        nodes: list[Json] = [document]
        for select in selects:
            nodes = select(nodes, document)
        if not definite:
            return nodes
        if nodes:
            return nodes[0]
        raise PathNotFound(nothing)

    return read


def _reference(keys: Keys, explain: Read) -> Read:
    """A reader in one loop; on a miss, ``explain`` reads again token by token."""
    if not keys:
        return lambda document: document

    def read_names(document: Json) -> Json:
        value = document
        try:
            for key in keys:
                value = value[key]  # type: ignore[index]  # a value without it answers TypeError
        except (KeyError, IndexError, TypeError):
            return explain(document)
        return value

    def read_names_and_indexes(document: Json) -> Json:
        value = document
        try:
            for key in keys:
                if value.__class__ is str:
                    return explain(document)
                value = value[key]  # type: ignore[index]  # a value without it answers TypeError
        except (KeyError, IndexError, TypeError):
            return explain(document)
        return value

    return read_names if all(isinstance(key, str) for key in keys) else read_names_and_indexes


def _empty_when_missing(read: Read) -> Read:
    def read_list(document: Json) -> Json:
        try:
            return read(document)
        except PathNotApplicable:
            raise
        except PathNotFound:
            return []

    return read_list


def _never_null(read: Read) -> Read:
    def read_value(document: Json) -> Json:
        if document is None:
            raise PathNotApplicable("json can not be null")
        return read(document)

    return read_value
