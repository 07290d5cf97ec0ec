"""JavaScript's regular expressions, parsed into a tree: ``pattern`` of ``/pattern/flags`` without the flag ``u``.

The pattern is a sequence of UTF-16 units, as in JavaScript. Everything that JavaScript's grammar allows for
compatibility is allowed here: a brace that does not begin a quantifier, a lone closing bracket, an escape without
meaning.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

Range: TypeAlias = tuple[int, int]

DIGITS: Final[tuple[Range, ...]] = ((48, 57),)
WORDS: Final[tuple[Range, ...]] = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACES: Final[tuple[Range, ...]] = ((9, 13), (32, 32))
r"""``\s`` in Step Functions: ASCII's blanks only (measured on AWS), without JavaScript's U+00A0, U+3000 and others."""
LINE_ENDS: Final[tuple[Range, ...]] = ((10, 10), (13, 13), (0x2028, 0x2029))
_LAST: Final = 0xFFFF
_CLASSES: Final = {"d": DIGITS, "w": WORDS, "s": SPACES}
_CONTROLS: Final = {"n": 10, "r": 13, "t": 9, "v": 11, "f": 12}


class RegexSyntaxError(ValueError):
    """The pattern is not valid; the text gives V8's reason."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One unit in ``ranges``, or, if ``negative``, one outside them."""

    ranges: tuple[Range, ...]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """All of ``parts``, in order."""

    parts: "tuple[Pattern, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """The first of ``branches`` with which the rest matches."""

    branches: "tuple[Pattern, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """``body`` from ``least`` to ``most`` times (``None``: unlimited); ``groups`` are the captures inside."""

    body: "Pattern"
    least: int
    most: int | None
    lazy: bool
    groups: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Capture:
    """``body``, whose text is kept as group ``number``."""

    body: "Pattern"
    number: int


@dataclass(frozen=True, slots=True)
class BackReference:
    """The text of group ``number`` again."""

    number: int


@dataclass(frozen=True, slots=True)
class Edge:
    """``^ $ b B``: matches a place, not a unit."""

    kind: str


@dataclass(frozen=True, slots=True)
class Look:
    """Lookahead or lookbehind: whether ``body`` matches after or before this place."""

    body: "Pattern"
    ahead: bool
    negative: bool


Pattern: TypeAlias = Chars | Row | Choice | Repeat | Capture | BackReference | Edge | Look


def complement(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """All units outside ``ranges``, which are in order and leave gaps."""
    starts = [0, *(high + 1 for _, high in ranges)]
    ends = [*(low - 1 for low, _ in ranges), _LAST]
    return tuple(zip(starts, ends, strict=True))


def parse_regex(text: str) -> tuple[Pattern, int]:
    """The tree of ``text`` and the number of groups it captures; raises ``RegexSyntaxError``."""
    parser = _Parser(text)
    return parser.whole(), parser.captures


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.captures = 0
        self._total, self._names = _count_groups(text)

    def whole(self) -> Pattern:
        tree = self._choice()
        if self._at < len(self._text):
            raise RegexSyntaxError("Unmatched ')'")
        return tree

    def _peek(self, expected: str) -> bool:
        return self._text.startswith(expected, self._at)

    def _take(self, expected: str) -> bool:
        if not self._peek(expected):
            return False
        self._at += len(expected)
        return True

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise RegexSyntaxError("\\ at end of pattern")
        self._at += 1
        return self._text[self._at - 1]

    def _choice(self) -> Pattern:
        branches = [self._row()]
        while self._take("|"):
            branches.append(self._row())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _row(self) -> Pattern:
        parts: list[Pattern] = []
        while self._at < len(self._text) and not self._peek("|") and not self._peek(")"):
            before = self.captures
            part = self._atom()
            if not isinstance(part, Edge) and not (isinstance(part, Look) and not part.ahead):
                part = self._repeated(part, before)
            elif self._quantifier():
                raise RegexSyntaxError("Nothing to repeat")
            parts.append(part)
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _repeated(self, body: Pattern, captures_before: int) -> Pattern:
        if not (found := self._quantifier()):
            return body
        least, most = found
        if most is not None and most < least:
            raise RegexSyntaxError("numbers out of order in {} quantifier")
        return Repeat(body, least, most, self._take("?"), (captures_before + 1, self.captures))

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return counts
        if not self._peek("{"):
            return None
        closing = self._text.find("}", self._at)
        low, comma, high = self._text[self._at + 1 : closing].partition(",")
        if closing < 0 or not _is_count(low) or not (_is_count(high) or not high):
            return None
        self._at = closing + 1
        return int(low), int(high) if high else None if comma else int(low)

    def _atom(self) -> Pattern:
        char = self._text[self._at]
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char in "*+?" or (char == "{" and self._quantifier()):
            raise RegexSyntaxError("Nothing to repeat")
        self._at += 1
        if char in "^$":
            return Edge(char)
        if char == ".":
            return Chars(LINE_ENDS, negative=True)
        return self._escape() if char == "\\" else _one(char)

    def _group(self) -> Pattern:
        self._at += 1
        for sign, ahead, negative in (
            ("?=", True, False),
            ("?!", True, True),
            ("?<=", False, False),
            ("?<!", False, True),
        ):
            if self._take(sign):
                return Look(self._closed(), ahead, negative)
        if self._take("?:"):
            return self._closed()
        if self._take("?<"):
            self._at = self._text.index(">", self._at) + 1
        elif self._peek("?"):
            raise RegexSyntaxError("Invalid group")
        self.captures += 1
        number = self.captures
        return Capture(self._closed(), number)

    def _closed(self) -> Pattern:
        body = self._choice()
        if not self._take(")"):
            raise RegexSyntaxError("Unterminated group")
        return body

    def _escape(self) -> Pattern:
        char = self._next()
        if char in "bB":
            return Edge(char)
        if char in "123456789":
            digits = char + self._digits()
            if int(digits) <= self._total:
                return BackReference(int(digits))
            self._at -= len(digits) - 1
        if char == "k" and self._names:
            closing = self._text.find(">", self._at)
            name = self._text[self._at + 1 : closing]
            if not self._peek("<") or name not in self._names:
                raise RegexSyntaxError("Invalid named reference")
            self._at = closing + 1
            return BackReference(self._names[name])
        return Chars(self._unit_or_class(char))

    def _digits(self) -> str:
        start = self._at
        while self._text[self._at : self._at + 1] in tuple("0123456789"):
            self._at += 1
        return self._text[start : self._at]

    def _unit_or_class(self, char: str) -> tuple[Range, ...]:
        """The units that an escape stands for, inside or outside a class."""
        if char.lower() in _CLASSES:
            ranges = _CLASSES[char.lower()]
            return complement(ranges) if char.isupper() else ranges
        unit = self._unit(char)
        return ((unit, unit),)

    def _unit(self, char: str) -> int:
        if char in _CONTROLS:
            return _CONTROLS[char]
        for sign, length in (("x", 2), ("u", 4)):
            digits = self._text[self._at : self._at + length]
            if char == sign and len(digits) == length and all(d in "0123456789abcdefABCDEF" for d in digits):
                self._at += length
                return int(digits, 16)
        if char == "c":
            letter = self._text[self._at : self._at + 1]
            if letter.isascii() and letter.isalpha():
                self._at += 1
                return ord(letter) % 32
            self._at -= 1  # a literal backslash; the letter c is read again
            return ord("\\")
        if char in "01234567":
            digits = char
            while len(digits) < 3 and self._text[self._at : self._at + 1] in tuple("01234567") and int(digits, 8) < 32:
                digits += self._next()
            return int(digits, 8)
        return ord(char)

    def _class(self) -> Pattern:
        self._at += 1
        negative = self._take("^")
        ranges: list[Range] = []
        while not self._take("]"):
            low = self._member()
            if not (self._peek("-") and not self._peek("-]")):
                ranges.extend(low)
                continue
            self._at += 1
            high = self._member()
            if _is_unit(low) and _is_unit(high):
                if high[0][0] < low[0][0]:
                    raise RegexSyntaxError("Range out of order in character class")
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges.extend((*low, (45, 45), *high))
        return Chars(tuple(ranges), negative)

    def _member(self) -> tuple[Range, ...]:
        if self._at >= len(self._text):
            raise RegexSyntaxError("Unterminated character class")
        char = self._next()
        if char != "\\":
            return ((ord(char), ord(char)),)
        char = self._next()
        return ((8, 8),) if char == "b" else self._unit_or_class(char)


def _one(char: str) -> Chars:
    return Chars(((ord(char), ord(char)),))


def _is_unit(ranges: tuple[Range, ...]) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _count_groups(text: str) -> tuple[int, dict[str, int]]:
    """The number of groups in a pattern, and the numbers of the named ones; needed before parsing."""
    count, names, at, in_class = 0, dict[str, int](), 0, False
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "(" and not in_class:
            named = text.startswith("(?<", at) and text[at + 3 : at + 4] not in ("=", "!")
            if named or not text.startswith("(?", at):
                count += 1
            if named:
                name = text[at + 3 : text.find(">", at)]
                if not name.isidentifier() or ">" not in text[at:]:
                    raise RegexSyntaxError("Invalid capture group name")
                if name in names:
                    raise RegexSyntaxError("Duplicate capture group name")
                names[name] = count
        at += 1
    return count, names
