"""From a definition's text to its value, and to the line and column of every JSON pointer.

The standard library's parser gives the value; a second pass finds the places, only if there is something to report.
Refused: text that is not JSON, and a definition that is not an object.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final

from asl.jackson import TRAILING, JsonTokenError, json_mistake, location, tokens
from asl.problems import INVALID_JSON, SCHEMA, TOO_DEEP, DefinitionError, Problem, join
from asl.values import MAX_DEPTH, Json, JsonTextError, decode
from asl.values import TOO_DEEP as TOO_DEEP_TEXT

MAX_DEFINITION: Final = 1_048_576
"""The most characters in a definition (service model of CreateStateMachine)."""

_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def read_definition(text: str, source: str) -> dict[str, Json]:
    """The object in ``text``; raises ``DefinitionError`` with line and column if there is none.

    Codes, texts and AWS's own places: recorded, ``test_validate_state_machine_definition_not_a_definition``.
    """
    try:
        value = decode(text) if text.strip(" \t\r\n") else None
    except JsonTextError as error:
        raise DefinitionError([_not_json(text, error)], source) from None
    if not isinstance(value, dict):
        hint = "Put a JSON object with StartAt and States here."
        message = "Definition must be a valid JSON object"
        problem = Problem(SCHEMA, "", message, hint, line=1, column=1, aws_location="")
        raise DefinitionError([problem], source)
    if len(text) > MAX_DEFINITION:
        message = f"The definition has {len(text):,} characters; the limit is {MAX_DEFINITION:,}"
        raise DefinitionError([Problem(SCHEMA, "", message, line=1, column=1)], source)
    return value


def _not_json(text: str, error: JsonTextError) -> Problem:
    """The problem of text that is not JSON: AWS's words with Jackson's place; line and column are ours."""
    if error.message == TOO_DEEP_TEXT:
        message = f"The definition is nested deeper than {MAX_DEPTH} levels"
        return Problem(TOO_DEEP, "", message, line=error.line, column=error.column, aws_location="")
    wrong = json_mistake(text)
    if wrong is None:
        return Problem(INVALID_JSON, "", error.message, line=error.line, column=error.column, aws_location="")
    at = location(text, wrong.at)
    said = "Unexpected text after the end of the definition" if wrong.message == TRAILING else wrong.message
    message = f"{said}\n at {at}"
    return Problem(INVALID_JSON, "", message, line=error.line, column=error.column, aws_location=at)


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


class Lines:
    """The lines of a definition's text; found when one is first read."""

    def __init__(self, text: str | None) -> None:
        self._text = text
        self._places: dict[str, tuple[int, int]] = {}

    def line(self, pointer: str) -> int | None:
        """The line, from 1, at which the member ``pointer`` begins; ``None`` if there is no text."""
        if self._text is not None and not self._places:
            self._places = places(self._text)
        return self._places[pointer][0] if self._text is not None else None


NO_LINES: Final = Lines(None)
"""The lines of a definition that was not given as text."""


def repeated_keys(text: str) -> Iterator[tuple[str, int]]:
    """(pointer, offset) of every repeated key of an object in the JSON ``text``; only the last one counts."""
    opened: list[_Opened] = []
    try:
        for token in tokens(text):  # pragma: no branch - the end of the text is also a token
            if token.kind in ("}", "]"):
                opened.pop()
            elif token.kind == "end":
                return
            elif token.kind == "name":
                if token.value in opened[-1].names:
                    yield join(opened[-1].pointer, token.value), token.start
                opened[-1].names.add(token.value)
                opened[-1].next = token.value
            else:
                at = opened[-1].enter() if opened else ""
                if token.kind in ("{", "["):
                    opened.append(_Opened(at, set(), None if token.kind == "{" else 0))
    except JsonTokenError:
        return


@dataclass(slots=True)
class _Opened:
    """An object or array being read; ``next`` is the key or index of its next value."""

    pointer: str
    names: set[str]
    next: str | int | None

    def enter(self) -> str:
        """The pointer of the next value."""
        assert self.next is not None
        at = join(self.pointer, self.next)
        if isinstance(self.next, int):
            self.next += 1
        return at


def _scan(text: str, at: int, pointer: str, offsets: dict[str, int]) -> int:
    """Note where each value under ``pointer`` begins. Returns the offset just after the value that begins ``at``."""
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
