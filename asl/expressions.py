"""JSONata expressions in a definition: which strings are expressions, and the checks before anything runs.

A string is an expression if it begins with ``{%`` and ends with ``%}``; spaces outside make it a literal. The texts
were measured on AWS. Only ``read_expression`` calls the JSONata engine; ``check_expression`` and ``asl.references``
use its result.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from asl.problems import INVALID_JSONATA, SCHEMA, UNSUPPORTED_JSONATA, Problem, join

OPENING: Final = "{%"
CLOSING: Final = "%}"
NOT_DELIMITED: Final = "JSONata string must start with {% and end with %}"
"""AWS's words for a string with one delimiter, or with none where only an expression may be a string."""

ALWAYS: Final = frozenset({"input", "context"})
"""The members of ``$states`` in every field."""
WITH_RESULT: Final = ALWAYS | {"result"}
"""The members in ``Assign`` and ``Output`` of a Task, Parallel or Map."""
WITH_ERROR: Final = ALWAYS | {"errorOutput"}
"""The members in ``Assign`` and ``Output`` of a catcher."""


class Reading(NamedTuple):
    """The names that an expression uses from its surroundings.

    ``mistake`` is the parser's message if it is not valid; ``fields`` are names read at the top level, ``root`` is
    whether ``$$`` is used; ``members`` are those read from ``$states``; ``variables`` are those read, not called.
    """

    mistake: str | None = None
    fields: tuple[str, ...] = ()
    root: bool = False
    members: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()


def read_expression(text: str) -> Reading:
    """The names that the expression ``text``, without its delimiters, uses."""
    from asl import jsonata

    try:
        found = jsonata.compile(text).references()
    except jsonata.JsonataSyntaxError as error:
        return Reading(mistake=error.message)
    variables = frozenset(found.reads) - frozenset(found.calls) - {"states"}
    return Reading(None, tuple(found.fields), found.root, tuple(found.members.get("states", ())), variables)


def is_expression(value: Any) -> bool:
    """Whether ``value`` is evaluated in a JSONata state."""
    return isinstance(value, str) and len(value) >= 4 and value.startswith(OPENING) and value.endswith(CLOSING)


def is_delimited(value: Any) -> bool:
    """Whether ``value`` begins with the opening or ends with the closing delimiter."""
    return isinstance(value, str) and (value.startswith(OPENING) or value.endswith(CLOSING))


def inside(text: str) -> str:
    """The expression between the delimiters of ``text``."""
    return text[len(OPENING) : -len(CLOSING)].strip()


def check_expression(text: str, pointer: str, field: str, members: frozenset[str] = ALWAYS) -> Iterator[Problem]:
    """The problems of ``text``, which has a delimiter; ``members`` are those that ``$states`` has there."""
    at = join(pointer, field)
    if not is_expression(text):
        missing = CLOSING if text.startswith(OPENING) else OPENING
        yield Problem(SCHEMA, at, NOT_DELIMITED, f"The expression in '{field}' has no '{missing}'.")
        return
    found = read_expression(inside(text))
    if found.mistake is not None:
        yield Problem(INVALID_JSONATA, at, found.mistake)
        return
    for name in found.fields:
        message = f"Reference to '{name}' at the top level is not supported."
        yield Problem(UNSUPPORTED_JSONATA, at, message, f"The state's input is $states.input: $states.input.{name}")
    if found.root:
        hint = "The state's input is $states.input."
        yield Problem(UNSUPPORTED_JSONATA, at, "Reference to '$$' is not supported.", hint)
    for name in found.members:
        if name not in members:
            known = ", ".join(f"$states.{each}" for each in sorted(members))
            yield Problem(UNSUPPORTED_JSONATA, at, f"Field '$states.{name}' does not exist.", f"Available: {known}.")


def check_strings(value: Any, pointer: str, field: str, members: frozenset[str] = ALWAYS) -> Iterator[Problem]:
    """``check_expression`` of every string in ``value``, however deep, that has a delimiter."""
    rest: list[tuple[Any, str, str]] = [(value, pointer, field)]
    while rest:
        each, above, name = rest.pop()
        if is_delimited(each):
            yield from check_expression(each, above, name, members)
        at = join(above, name)
        rest += reversed([(child, at, str(key)) for key, child in _children(each)])


def expressions(value: Any) -> Iterator[str]:
    """Every expression in ``value``, however deep, without its delimiters."""
    rest: list[Any] = [value]
    while rest:
        each = rest.pop()
        if is_expression(each):
            yield inside(each)
        rest += reversed([child for _, child in _children(each)])


def _children(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
