"""Text to tokens, one at a time: only the parser knows whether ``/`` divides or begins a regular expression."""

import math
import re
from typing import Any, Final, NamedTuple

from asl.jsonata.errors import JsonataSyntaxError
from asl.jsonata.regex import Regex
from asl.jsonata.values import characters

END: Final = "(end)"

_SPACE: Final = re.compile(r"[ \t\n\r\v]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OPERATOR: Final = re.compile(r"\.\.|:=|!=|>=|<=|\*\*|~>|[.\[\]{}(),@#;:?+\-*/%|=<>^&!~]")
_OPERATOR_2_1: Final = re.compile(r"\?:|\?\?|" + _OPERATOR.pattern)
_NAME_END: Final = re.compile(r"[ \t\n\r\v.\[\]{}(),@#;:?+\-*/%|=<>^&!~]")
_ESCAPES: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_LARGEST_EXACT: Final = 2**53
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}


class Token(NamedTuple):
    """``kind`` is operator, name, variable, value, string, number, regex or ``(end)``; ``position`` is its end."""

    kind: str
    value: Any
    position: int


class Lexer:
    """The tokens of ``text``; positions count UTF-16 units. ``coalescing`` adds jsonata 2.1's ``??`` and ``?:``."""

    def __init__(self, text: str, *, coalescing: bool) -> None:
        self._text = text
        self._at = 0
        self._operator = _OPERATOR_2_1 if coalescing else _OPERATOR
        self._wide = [] if text.isascii() else [i for i, c in enumerate(text) if c > "\uffff"]

    def units(self, at: int) -> int:
        """The index ``at`` of the text, in UTF-16 units."""
        return at + sum(i < at for i in self._wide) if self._wide else at

    def next(self, *, after_operand: bool) -> Token:
        """The next token; a slash divides after an operand, otherwise it begins a regular expression."""
        self._skip()
        text, at = self._text, self._at
        if at >= len(text):
            return Token(END, END, self.units(at))
        char = text[at]
        if char == "/" and not after_operand:
            self._at += 1
            return self._make("regex", Regex(*self._regex()))
        if found := self._operator.match(text, at):
            self._at = found.end()
            return self._make("operator", found.group())
        if char in "\"'":
            return self._make("string", self._string(char))
        if found := _NUMBER.match(text, at):
            return self._number(found)
        if char == "`":
            return self._make("name", self._quoted_name())
        return self._word()

    def _make(self, kind: str, value: Any) -> Token:
        return Token(kind, value, self.units(self._at))

    def _skip(self) -> None:
        text = self._text
        while True:
            if found := _SPACE.match(text, self._at):
                self._at = found.end()
            if not text.startswith("/*", self._at):
                return
            closing = text.find("*/", self._at + 2)
            if closing < 0:
                raise JsonataSyntaxError("S0106", position=self.units(self._at))
            self._at = closing + 2

    def _regex(self) -> tuple[str, str]:
        text, start, depth = self._text, self._at, 0
        while self._at < len(text):
            char = text[self._at]
            escaped = text[self._at - 1] == "\\" and text[self._at - 2] != "\\"
            if char == "/" and not escaped and depth == 0:
                pattern = text[start : self._at]
                if not pattern:
                    raise JsonataSyntaxError("S0301", position=self.units(self._at))
                self._at += 1
                flags = self._at
                while text[self._at : self._at + 1] in ("i", "m"):
                    self._at += 1
                return pattern, text[flags : self._at]
            if not escaped:
                depth += (char in "([{") - (char in ")]}")
            self._at += 1
        raise JsonataSyntaxError("S0302", position=self.units(self._at))

    def _string(self, quote: str) -> str:
        text, parts = self._text, []
        self._at += 1
        while self._at < len(text):
            char = text[self._at]
            if char == "\\":
                self._at += 1
                parts.append(self._escape(text[self._at : self._at + 1]))
            elif char == quote:
                self._at += 1
                return characters("".join(parts))
            else:
                parts.append(char)
            self._at += 1
        raise JsonataSyntaxError("S0101", position=self.units(self._at))

    def _escape(self, char: str) -> str:
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char != "u":
            raise JsonataSyntaxError("S0103", position=self.units(self._at), token=char)
        digits = self._text[self._at + 1 : self._at + 5]
        if not (found := _HEX.match(digits)) or found.group() != digits:
            raise JsonataSyntaxError("S0104", position=self.units(self._at))
        self._at += 4
        return chr(int(digits, 16))

    def _number(self, found: re.Match[str]) -> Token:
        text = found.group()
        number: float = float(text)
        if number == math.inf:
            raise JsonataSyntaxError("S0102", position=self.units(self._at), token=text)
        if number.is_integer() and abs(number) <= _LARGEST_EXACT:
            number = int(number)
        self._at = found.end()
        return self._make("number", number)

    def _quoted_name(self) -> str:
        closing = self._text.find("`", self._at + 1)
        if closing < 0:
            raise JsonataSyntaxError("S0105", position=self.units(len(self._text)))
        name = self._text[self._at + 1 : closing]
        self._at = closing + 1
        return name

    def _word(self) -> Token:
        start = self._at
        found = _NAME_END.search(self._text, start)
        self._at = found.start() if found else len(self._text)
        word = self._text[start : self._at]
        if word.startswith("$"):
            return self._make("variable", word[1:])
        if word in ("and", "or", "in"):
            return self._make("operator", word)
        if word in _WORDS:
            return self._make("value", _WORDS[word])
        return self._make("name", word)
