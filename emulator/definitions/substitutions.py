"""``${Name}`` in a definition's text, replaced as SAM does, and offsets converted back to the written text."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

SUBSTITUTION: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.:-]*)\}")


@dataclass(frozen=True, slots=True)
class Cut:
    """A value at ``start`` to ``end`` of the new text, which replaces ``was`` to ``was_end`` of the old text."""

    name: str
    start: int
    end: int
    was: int
    was_end: int


_OUTSIDE: Final = re.compile(rf'"(?:\\.|[^"\\])*"|{SUBSTITUTION.pattern}', re.DOTALL)


def names_outside_strings(text: str) -> tuple[str, ...]:
    """The names outside of the strings of a JSON ``text``, such as those in place of numbers."""
    return tuple(dict.fromkeys(match[1] for match in _OUTSIDE.finditer(text) if match[1]))


def substitute(text: str, values: Mapping[str, str], quoted: Set[str] = frozenset()) -> tuple[str, tuple[Cut, ...]]:
    """``text`` with every name that has a value replaced, and the replacements, in order.

    The names ``quoted``, which have no value, become JSON strings where they stand outside of one.
    """
    outside = {match.start() for match in _OUTSIDE.finditer(text) if match[1]} if quoted else set()
    parts, cuts, done, length = [], [], 0, 0
    for match in SUBSTITUTION.finditer(text):
        is_quoted = match[1] in quoted and match.start() in outside
        if match[1] in values or is_quoted:
            value = f'"{match[0]}"' if is_quoted else values[match[1]]
            start = length + match.start() - done
            cuts.append(Cut(match[1], start, start + len(value), match.start(), match.end()))
            parts += [text[done : match.start()], value]
            length, done = start + len(value), match.end()
    return "".join([*parts, text[done:]]), tuple(cuts)


def before_cuts(offset: int, cuts: tuple[Cut, ...]) -> int:
    """The offset in the written text that ``offset`` of the substituted text comes from."""
    index = bisect_right(cuts, offset, key=lambda cut: cut.start) - 1
    if index < 0:
        return offset
    cut = cuts[index]
    return cut.was if offset < cut.end else cut.was_end + offset - cut.end


def line_starts(text: str) -> list[int]:
    """The offset at which each line begins."""
    return [0, *(match.end() for match in re.finditer("\n", text))]


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of ``offset``, both from 1."""
    starts = line_starts(text)
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a line and column."""
    starts = line_starts(text)
    return starts[min(line, len(starts)) - 1] + column - 1
