"""Matching regular expressions: JavaScript's semantics, in bounded time for any pattern and any text.

Python's ``re`` runs a pattern that cannot take too long on a text of the given length. Our own matcher
(``regex_machine``), which counts its steps, runs all others, and those for which the two languages differ: back
references, lookbehind, captures inside repetitions, and ignoring case beyond ASCII. Texts are sequences of UTF-16
units.
"""

import re
from typing import Final, NamedTuple

from asl.jsonata.callables import Function
from asl.jsonata.errors import JsonataError, JsonataSyntaxError
from asl.jsonata.regex_machine import Machine
from asl.jsonata.regex_syntax import (
    BackReference,
    Capture,
    Chars,
    Choice,
    Look,
    Pattern,
    RegexSyntaxError,
    Repeat,
    Row,
    parse_regex,
)
from asl.jsonata.runtime import Run
from asl.jsonata.values import UNDEFINED, Value, characters, units

_WORST_COST: Final = 20_000_000
"""The most steps that ``re`` may need in the worst case: about a second."""


class Found(NamedTuple):
    """A match: its place in UTF-16 units, and the texts of its groups."""

    text: str
    start: int
    end: int
    groups: list[Value]


class Regex:
    """``/pattern/flags``, ready to search; raises ``JsonataSyntaxError`` for an invalid pattern."""

    __slots__ = ("_cost", "_factor", "_ignore_case", "_machine", "_python", "_tree", "source")

    def __init__(self, pattern: str, flags: str) -> None:
        self.source = pattern
        row = units(pattern)
        try:
            self._tree, groups = parse_regex(row)
        except RegexSyntaxError as error:
            message = f"Invalid regular expression: /{pattern}/{flags}g: {error}"
            raise JsonataSyntaxError(None, message=message) from None
        except RecursionError:
            message = f"Invalid regular expression: /{pattern}/{flags}g: Regular expression too large"
            raise JsonataSyntaxError(None, message=message) from None
        self._ignore_case = "i" in flags
        multiline = "m" in flags
        self._machine = Machine(self._tree, groups, ignore_case=self._ignore_case, multiline=multiline)
        self._cost, self._factor = _cost(self._tree)
        self._python: re.Pattern[str] | None = None
        if _is_portable(self._tree, inside_repeat=False) and (row.isascii() or not self._ignore_case):
            options = re.ASCII | (re.IGNORECASE if self._ignore_case else re.NOFLAG)
            self._python = re.compile(_translated(self._tree, multiline=multiline), options)

    def find(self, text: str, start: int, run: Run) -> Found | None:
        """The first match in ``text`` (units) from ``start`` on."""
        spans: list[tuple[int, int]] | None
        if python := self._python_for(text):
            found = python.search(text, start)
            spans = [found.span(i) for i in range(python.groups + 1)] if found else None
        else:
            spans = self._machine.search(text, start, run)
        if not spans:
            return None
        first, last = spans[0]
        groups = [characters(text[a:b]) if a >= 0 else UNDEFINED for a, b in spans[1:]]
        return Found(characters(text[first:last]), first, last, groups)

    def _python_for(self, text: str) -> re.Pattern[str] | None:
        """Python's pattern if it means the same for ``text`` and is fast enough in the worst case."""
        if not self._python or (self._ignore_case and not text.isascii()):
            return None
        cost = self._factor * len(text) ** (self._cost + 1)
        return self._python if cost <= _WORST_COST else None


class RegexFunction(Function):
    """A regular expression as a value: a function from a text to its first match, which gives access to the next."""

    __slots__ = ("position", "regex")

    def __init__(self, regex: Regex, position: int | None) -> None:
        super().__init__(2)
        self.regex = regex
        self.position = position

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        text = arguments[0] if arguments else UNDEFINED
        if not isinstance(text, str):
            return UNDEFINED
        return self.match_from(units(text), 0, run)

    def match_from(self, text: str, start: int, run: Run) -> Value:
        """The first match in ``text`` (units) from ``start`` on, as an object."""
        found = self.regex.find(text, start, run)
        if not found:
            return UNDEFINED
        following = _Following(self, text, found.end)
        return {
            "match": found.text,
            "start": found.start,
            "end": found.end,
            "groups": found.groups,
            "next": following,
        }


class _Following(Function):
    """The function that gives the next match."""

    __slots__ = ("_regex", "_start", "_text")

    def __init__(self, regex: RegexFunction, text: str, start: int) -> None:
        super().__init__(0)
        self._regex = regex
        self._text = text
        self._start = start

    def apply(self, arguments: list[Value], context: Value, run: Run, depth: int) -> Value:
        if self._start >= len(self._text):
            return UNDEFINED
        found = self._regex.match_from(self._text, self._start, run)
        if found is not UNDEFINED and not found["match"]:
            regex = self._regex
            raise JsonataError("D1004", position=regex.position, value=regex.regex.source)
        return found


def _cost(tree: Pattern) -> tuple[int, int]:
    """The number of unbounded repetitions that may compete for the same text, and of bounded ways to match it."""
    match tree:
        case Row(parts):
            power, factor = 0, 1
            for part in parts:
                more_power, more_factor = _cost(part)
                power, factor = power + more_power, factor * more_factor
            return power, factor
        case Choice(branches):
            costs = [_cost(branch) for branch in branches]
            return max(power for power, _ in costs), sum(factor for _, factor in costs)
        case Capture(body) | Look(body):
            return _cost(body)
        case Repeat(body, least, most):
            power, factor = _cost(body)
            return (power + 1, factor) if most is None else (power, factor * (most - least + 1))
        case _:
            return 0, 1


def _is_portable(tree: Pattern, *, inside_repeat: bool) -> bool:
    """Whether ``tree`` means the same in Python's ``re`` and cannot take exponential time there."""
    match tree:
        case Row(parts) | Choice(parts):
            return all(_is_portable(part, inside_repeat=inside_repeat) for part in parts)
        case Capture(body):
            return not inside_repeat and _is_portable(body, inside_repeat=inside_repeat)
        case Look(body, ahead):
            return ahead and not inside_repeat and _is_portable(body, inside_repeat=inside_repeat)
        case Repeat(body, _, most):
            simple = isinstance(body, Chars) or most == 1
            return (simple or not inside_repeat) and (
                isinstance(body, Chars) or (most is not None and _is_portable(body, inside_repeat=True))
            )
        case BackReference():
            return False
        case _:
            return True


def _translated(tree: Pattern, *, multiline: bool) -> str:
    assert not isinstance(tree, BackReference)  # the machine runs those
    match tree:
        case Chars(ranges, negative):
            if not ranges:
                return r"[\u0000-\uffff]" if negative else "(?!)"
            return ("[^" if negative else "[") + "".join(f"\\u{low:04x}-\\u{high:04x}" for low, high in ranges) + "]"
        case Row(parts):
            return "".join(_translated(part, multiline=multiline) for part in parts)
        case Choice(branches):
            return "(?:" + "|".join(_translated(branch, multiline=multiline) for branch in branches) + ")"
        case Capture(body):
            return f"({_translated(body, multiline=multiline)})"
        case Look(body, _, negative):
            return f"(?{'!' if negative else '='}{_translated(body, multiline=multiline)})"
        case Repeat(body, least, most, lazy):
            text = _translated(body, multiline=multiline)
            count = f"{{{least},{'' if most is None else most}}}"
            return f"(?:{text}){count}{'?' if lazy else ''}"
        case _:
            return (_LINE_EDGES if multiline else _TEXT_EDGES)[tree.kind]


_TEXT_EDGES: Final = {"^": r"\A", "$": r"\Z", "b": r"\b", "B": r"(?!\b)"}
_LINE_EDGES: Final = {
    "^": r"(?:\A|(?<=[\n\r\u2028\u2029]))",
    "$": r"(?=[\n\r\u2028\u2029]|\Z)",
    "b": r"\b",
    "B": r"(?!\b)",
}
