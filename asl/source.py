"""From a definition's text to its value, and the line and column at which every JSON pointer begins.

The value comes from the standard library's parser; the places are found by a second pass, made only when there is
something to report. Refused: text that is not JSON, and a definition that is not an object.
"""

import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final

from asl.problems import INVALID_JSON, SCHEMA, DefinitionError, Problem, join
from asl.values import Json, JsonTextError, decode

MAX_DEFINITION: Final = 1_048_576
"""Characters that a definition may have (service model of CreateStateMachine)."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def read_definition(text: str, source: str) -> dict[str, Json]:
    """The object that ``text`` holds; raises ``DefinitionError`` with line and column when there is none."""
    try:
        value = decode(text)
    except JsonTextError as error:
        message = f"The definition is not JSON: {error.message}"
        hint = "Put a JSON object with StartAt and States here." if not text.strip() else None
        problem = Problem(INVALID_JSON, "", message, hint, line=error.line, column=error.column)
        raise DefinitionError([problem], source) from None
    if not isinstance(value, dict):
        problem = Problem(SCHEMA, "", "Definition must be a valid JSON object", line=1, column=1)
        raise DefinitionError([problem], source)
    if len(text) > MAX_DEFINITION:
        message = f"The definition has {len(text):,} characters; the limit is {MAX_DEFINITION:,}"
        raise DefinitionError([Problem(SCHEMA, "", message, line=1, column=1)], source)
    return value


def places(text: str) -> dict[str, tuple[int, int]]:
    """JSON pointer -> (line, column), both from 1: the key of a member, the value of an array's item.

    ``text`` must be JSON that ``read_definition`` took.
    """
    offsets: dict[str, int] = {}
    _scan(text, _BLANKS.match(text, 0).end(), "", offsets)  # type: ignore[union-attr]
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found, line = {}, 0
    for pointer, offset in sorted(offsets.items(), key=lambda item: item[1]):
        while line + 1 < len(starts) and starts[line + 1] <= offset:
            line += 1
        found[pointer] = (line + 1, offset - starts[line] + 1)
    return found


def _scan(text: str, at: int, pointer: str, offsets: dict[str, int]) -> int:
    """Note where each value under ``pointer`` begins; the offset just behind the value that begins ``at``."""
    offsets.setdefault(pointer, at)
    if text[at] == '"':
        return int(scanstring(text, at + 1)[1])
    if text[at] not in "{[":
        return _SCALAR.match(text, at).end()  # type: ignore[union-attr]
    opener, index = text[at], 0
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        child = join(pointer, index)
        if opener == "{":
            key, end = scanstring(text, at + 1)
            child = join(pointer, key)
            offsets[child] = at
            at = _skip(text, _skip(text, end) + 1)
        at = _skip(text, _scan(text, at, child, offsets))
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return at + 1


def _skip(text: str, at: int) -> int:
    return _BLANKS.match(text, at).end()  # type: ignore[union-attr]
