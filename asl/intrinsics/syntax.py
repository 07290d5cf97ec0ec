"""The text of a call of an intrinsic function -> its parts.

Checked here, when a state machine is created: the name, quotes, escapes, commas, parentheses and paths. AWS runs: the
number of arguments is not.
"""

import re
from typing import Final, NamedTuple, TypeAlias

from asl.intrinsics.functions import FUNCTIONS
from asl.paths import Path, PathSyntaxError, compile_path
from asl.problems import nearest
from asl.values import Json

MAX_NESTED: Final = 10
"""The most calls nested inside a call (AWS's guide)."""

LARGEST: Final = 1.7976931348623157e308
"""Stands for a number that no double holds (``2e400``), which AWS takes: Java makes the same integer of both."""


class IntrinsicSyntaxError(ValueError):
    """Text that is not a valid call of an intrinsic function; ``str()`` gives the problem and the character."""


class Literal(NamedTuple):
    """A constant; ``raw`` is a string's source, with its escapes."""

    value: Json
    raw: str | None = None


class IntrinsicCall(NamedTuple):
    """A call of ``FUNCTIONS[name]``."""

    name: str
    arguments: tuple["Argument", ...]


Argument: TypeAlias = Literal | Path | IntrinsicCall

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._]*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(?=[\s,)])", re.ASCII)
_CONSTANT = re.compile(r"(true|false|null)(?=[\s,)])")
_CONSTANTS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = re.compile(r"\s*")


def parse_intrinsic(text: str) -> IntrinsicCall:
    """The call in ``text``; raises ``IntrinsicSyntaxError``."""
    return _Parser(text).call_alone()


class _Parser:
    """One pass over ``text``; ``at`` is the next character to read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def wrong(self, what: str, at: int | None = None) -> IntrinsicSyntaxError:
        place = (self.at if at is None else at) + 1
        return IntrinsicSyntaxError(f"{what}, at character {place} of {self.text!r}")

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return match

    def call_alone(self) -> IntrinsicCall:
        self.skip_blanks()
        call = self.call(0)
        self.skip_blanks()
        if self.at < len(self.text):
            raise self.wrong("expected nothing after the call")
        return call

    def call(self, nested: int) -> IntrinsicCall:
        start = self.at
        match = self.match(_NAME)
        if not match:
            raise self.wrong("expected a path or a call such as States.Format('{}', $.a)")
        name = match[0]
        if name not in FUNCTIONS:
            raise self.wrong(f"{name!r} is not an intrinsic function{_nearest(name)}", start)
        if nested > MAX_NESTED:
            raise self.wrong(f"more than {MAX_NESTED} nested intrinsic functions", start)
        return IntrinsicCall(name, self.arguments(nested))

    def arguments(self, nested: int) -> tuple[Argument, ...]:
        if not self.text.startswith("(", self.at):
            raise self.wrong("expected '(' directly after the function's name")
        self.at += 1
        found: list[Argument] = []
        self.skip_blanks()
        while not self.text.startswith(")", self.at):
            if found:
                if not self.text.startswith(",", self.at):
                    raise self.wrong("expected ',' or ')'")
                self.at += 1
                self.skip_blanks()
            found.append(self.argument(nested))
            self.skip_blanks()
        self.at += 1
        return tuple(found)

    def argument(self, nested: int) -> Argument:
        if self.text.startswith("'", self.at):
            return self.string()
        if self.text.startswith("$", self.at):
            return self.path()
        if match := self.match(_NUMBER):
            return Literal(self.number(match))
        if match := self.match(_CONSTANT):
            return Literal(_CONSTANTS[match[0]])
        return self.call(nested + 1)

    def number(self, match: re.Match[str]) -> int | float:
        if match[1] or match[2]:
            return max(-LARGEST, min(float(match[0]), LARGEST))
        try:
            return int(match[0])
        except ValueError:
            raise self.wrong("a number is too large", match.start()) from None

    def string(self) -> Literal:
        start = self.at
        match = self.match(_TEXT)
        if not match:
            raise self.wrong("a string that begins with ' has no closing quote", start)
        for escape in _ESCAPE.finditer(match[1]):
            if escape[1] not in "'{}\\":
                raise self.wrong(
                    f"\\{escape[1]} is not a valid escape in an intrinsic function, write \\', \\{{, \\}}, or \\\\",
                    start + 1 + escape.start(),
                )
        return Literal(_ESCAPE.sub(r"\1", match[1]), raw=match[1])

    def path(self) -> Path:
        start = self.at
        self.at = _end_of_path(self.text, start)
        try:
            return compile_path(self.text[start : self.at].rstrip())
        except PathSyntaxError as error:
            raise self.wrong(str(error), start) from None


def _end_of_path(text: str, at: int) -> int:
    """The end of a path: before a comma or parenthesis that is not in brackets, parentheses, or quotes."""
    depth, quote = 0, ""
    while at < len(text):
        character = text[at]
        if quote:
            if character == "\\":
                at += 1
            elif character == quote:
                quote = ""
        elif character in "'\"" and depth:
            quote = character
        elif character in "[(":
            depth += 1
        elif depth == 0 and character in ",)":
            break
        elif character in "])":
            depth -= 1
        at += 1
    return min(at, len(text))


def _nearest(name: str) -> str:
    near = nearest(name, FUNCTIONS)
    return f", did you mean {near[0]}?" if near else f"; there are {', '.join(FUNCTIONS)}"
