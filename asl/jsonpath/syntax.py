"""Text of a path -> its tokens: the dialect of json-path 2.10.0 (Jayway), filters and functions included.

A token is frozen data; ``str(token)`` is json-path's normal form of it, which its messages quote:
``$.a["b"].*[1:2]`` is ``$['a']['b'][*][1:2]``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from json import JSONDecoder
from typing import Final, NamedTuple, TypeAlias

from asl.jsonpath.errors import PathSyntaxError
from asl.jsonpath.functions import FUNCTIONS
from asl.problems import nearest
from asl.values import Json, encode

MAX_NESTING: Final = 40
"""Levels of nested filters, parentheses, and literals in a path; deeper nesting is refused."""

MAX_TOKENS: Final = 1_000
"""The most names, indexes, and other tokens that a path may have."""

MAX_DIGITS: Final = 1_000
"""The most digits with which an integer in a filter stays exact."""

MAX_INDEX: Final = 2**31 - 1
"""json-path reads indexes as Java's ``int``."""


class Names(NamedTuple):
    """``.a``, ``['a']``, ``['a','b']``; ``bare`` is the text of a name written with a dot."""

    names: tuple[str, ...]
    bare: str | None = None
    quote: str = "'"

    def __str__(self) -> str:
        return "[" + ",".join(f"{self.quote}{name}{self.quote}" for name in self.names) + "]"


class Indexes(NamedTuple):
    """``[0]``, ``[-1]``, ``[0,2]``."""

    indexes: tuple[int, ...]

    def __str__(self) -> str:
        return "[" + ",".join(map(str, self.indexes)) + "]"


class Slice(NamedTuple):
    """``[1:3]``, ``[1:]``, ``[:3]``; json-path ignores what follows a second colon."""

    start: int | None
    stop: int | None

    def __str__(self) -> str:
        start, stop = ("" if end is None else str(end) for end in (self.start, self.stop))
        return f"[{start}:{stop}]"


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*``, ``[*]``."""

    def __str__(self) -> str:
        return "[*]"


@dataclass(frozen=True, slots=True)
class Descend:
    """``..``: the token after it applies to every array and object below."""

    def __str__(self) -> str:
        return ".."


class Filter(NamedTuple):
    """``[?(...)]``."""

    test: "Test"

    def __str__(self) -> str:
        return "[?]"


class FunctionCall(NamedTuple):
    """``.length()``, ``.append(9)``: a function of the value found so far."""

    name: str
    arguments: tuple["Argument", ...]

    def __str__(self) -> str:
        return f".{self.name}({'...' if self.arguments else ''})"


Token: TypeAlias = Names | Indexes | Slice | Wildcard | Descend | Filter | FunctionCall
Tokens: TypeAlias = tuple[Token, ...]


class Inner(NamedTuple):
    """A path inside a filter or an argument: ``root`` is ``@`` (the item) or ``$`` (the document)."""

    root: str
    tokens: Tokens


class Literal(NamedTuple):
    """A JSON value; json-path accepts strings in single or double quotes."""

    value: Json


class Pattern(NamedTuple):
    """``/expression/flags``, to match a whole text."""

    expression: re.Pattern[str]


Operand: TypeAlias = Inner | Literal | Pattern
Argument: TypeAlias = Inner | Literal
"""Of a function; a path is read from the whole document, whatever it begins with."""


class Exists(NamedTuple):
    """``[?(@.a)]``."""

    path: Inner


class Compare(NamedTuple):
    """``[?(@.a == 1)]``; ``operator`` is a row of ``filters.OPERATORS``."""

    operator: str
    left: Operand
    right: Operand


class Not(NamedTuple):
    """``[?(!@.a)]``."""

    test: "Test"


class All(NamedTuple):
    """``a && b``."""

    tests: tuple["Test", ...]


class Some(NamedTuple):
    """``a || b``."""

    tests: tuple["Test", ...]


Test: TypeAlias = Exists | Compare | Not | All | Some

SYMBOLS: Final = ("===", "!==", "==", "!=", "=~", "<=", ">=", "<", ">")
WORDS: Final = (
    "in nin subsetof anyof noneof contains all size empty type".split()  # noqa: SIM905 - a list of words
)

_BLANKS = re.compile(r"[ \t\r\n]*")
_INDEXES = re.compile(r"\[ *(-?\d+(?: *, *-?\d+)*) *\]", re.ASCII)
_SLICE = re.compile(r"\[ *(-?\d+)?:(-?\d+)?(?::[-:\d]*)? *\]", re.ASCII)
_WILDCARD = re.compile(r"\[ *\* *\]")
_FILTER = re.compile(r"\[ *\? *\(")
_FUNCTION = re.compile(r"([A-Za-z]+)\(")
_NUMBER = re.compile(r"[-.\deE]+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+(\.\d*)?|(\.\d+))([eE][+-]?\d+)?", re.ASCII)
_NUMBER_STARTS: Final = frozenset("-.0123456789")
_PERMISSIVE = re.compile(r"[^,\[\]{}'\"][^,\[\]{}]*")
_PERMISSIVE_NAME = re.compile(r"[^,:\[\]{}'\"][^,:\[\]{}]*")
_WORD = re.compile(r"[A-Za-z]\w*")
_BARE = re.compile(r"[A-Za-z][\w.:/+-]*")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)", re.DOTALL)
_CONSTANTS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_FLAGS: Final = {
    "i": re.IGNORECASE,
    "m": re.MULTILINE,
    "s": re.DOTALL,
    "u": 0,
    "x": re.VERBOSE,
    "d": 0,
    "U": 0,
}
_ESCAPED = re.compile(r"\\(u.{0,4}|.)", re.DOTALL)
_STRING_ENDS: Final = {quote: re.compile(rf"((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "'\""}
_FIRST_VALUE: Final = JSONDecoder()
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NAME_ENDS = {False: ".[(", True: ".[(])=<>!~ \t\r\n"}
"""Outside and inside of a filter; json-path takes ``&&`` right behind a name as part of it."""


def parse_path(text: str, *, aws: bool = False) -> Tokens:
    """The tokens of ``text``, which begins with ``$`` or ``@`` or is a bare ``name.name``.

    With ``aws``, a backslash in a dotted name makes the next character part of the name (``$.a\\.b``, Reference
    Paths of the States Language; json-path itself takes the backslash literally), and a filter may compare with an
    unquoted word (``@.code==es``, found in deployed definitions; json-path 2.10 refuses it).
    """
    return _Parser(text, aws).path()


def unquoted_words(text: str) -> tuple[str, ...]:
    """The unquoted words that filters of ``text`` compare with, read as AWS does; raises ``PathSyntaxError``."""
    parser = _Parser(text, aws=True)
    parser.path()
    return tuple(parser.words)


class _Parser:
    """One pass over ``text``; ``at`` is the next character to read."""

    def __init__(self, text: str, aws: bool) -> None:
        self.text = text
        self.aws = aws
        self.at = 0
        self.nesting = 0
        self.words: list[str] = []

    def wrong(self, what: str, at: int | None = None) -> PathSyntaxError:
        place = (self.at if at is None else at) + 1
        return PathSyntaxError(f"{what}, at character {place} of the path {self.text!r}")

    def next_is(self, *beginnings: str) -> bool:
        return self.text.startswith(beginnings, self.at)

    def take(self, expected: str) -> bool:
        found = self.text.startswith(expected, self.at)
        self.at += len(expected) * found
        return found

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        assert match, "the pattern matches the empty text"
        self.at = match.end()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return match

    def deeper(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.wrong(f"nested deeper than {MAX_NESTING} levels")

    # -- the path

    def path(self) -> Tokens:
        if not self.text:
            raise self.wrong("an empty path; write $ for the whole document")
        if self.text.endswith("."):
            raise self.wrong("a path must not end with a dot", len(self.text) - 1)
        if self.take("$") or self.take("@"):
            tokens = self.tokens(inner=False)
        else:
            first = self.bracket() if self.next_is("[") else self.name(inner=False)
            tokens = (first, *self.tokens(inner=False))
        if self.at < len(self.text) and not (tokens and self.is_ignored()):
            raise self.wrong("expected '.' or '['")
        return inverted(tokens)

    def tokens(self, *, inner: bool) -> Tokens:
        """Tokens up to the first character that cannot continue a path."""
        found: list[Token] = []
        while True:
            if len(found) > MAX_TOKENS:
                raise self.wrong(f"a path has at most {MAX_TOKENS} parts")
            if found and is_bare_call(found[-1]) and self.next_is(".", "["):
                found.append(Names((")",)))  # json-path reads on at the parenthesis
            if self.take(".."):
                found.append(Descend())
                found.append(self.bracket() if self.next_is("[") else self.name(inner=inner))
            elif self.take("."):
                found.append(self.bracket() if self.next_is("[") else self.name(inner=inner))
            elif self.next_is("[") and not (found and self.is_ignored()):
                found.append(self.bracket())
            elif found and inner and self.next_is("&", "|"):
                found.append(self.name(inner=True))
            else:
                return tuple(found)

    def is_ignored(self) -> bool:
        """Whether json-path ignores the rest: it does not look at one character behind a token."""
        return not self.aws and self.at == len(self.text) - 1

    def name(self, *, inner: bool) -> Token:
        """A name after a dot, ``*``, or a function call."""
        if self.take("*"):
            return Wildcard()
        if match := self.match(_FUNCTION):
            return self.call(match[1], inner=inner)
        start, ends = self.at, _NAME_ENDS[inner]
        characters: list[str] = []
        while self.at < len(self.text) and (character := self.text[self.at]) not in ends:
            if character == " ":
                raise self.wrong("a name with a space must be in brackets, ['like this']")
            if character == "\\" and self.aws and self.at + 1 < len(self.text):
                self.at += 1
                character = self.text[self.at]
            characters.append(character)
            self.at += 1
        if not characters:
            raise self.wrong("expected a name", start)
        return Names(("".join(characters),), bare=self.text[start : self.at])

    def call(self, name: str, *, inner: bool) -> FunctionCall:
        """The arguments of a function, up to its closing parenthesis; a filter may call one that does not exist."""
        if name not in FUNCTIONS and not inner:
            close = nearest(name, FUNCTIONS) or sorted(FUNCTIONS)
            start = self.at - len(name) - 1
            raise self.wrong(f"there is no function {name}(), did you mean {' or '.join(close)}?", start)
        self.deeper()
        parts, self.at = self.split_arguments(name)
        arguments = tuple(map(self.argument, parts))
        self.nesting -= 1
        if name in ("length", "size") and arguments and not isinstance(arguments[0], Inner):
            raise self.wrong(f"the argument of {name}() must be a path")
        return FunctionCall(name, arguments)

    def split_arguments(self, name: str) -> tuple[list[str], int]:
        """The texts of the arguments, and the place behind the closing parenthesis.

        json-path looks for the first character that can begin JSON or a path, and drops what is before it: ``'x'``
        and ``true`` are no arguments, ``[1]`` is ``1]``. Commas count outside of strings, brackets and braces.
        """
        parts: list[str] = []
        part, before, opened, is_quoted = "", "", [0, 0, 1], False
        for at in range(self.at, len(self.text)):
            character = self.text[at]
            if character == '"' and before != "\\":
                is_quoted = not is_quoted
            elif character in "[{(" and not is_quoted:
                opened["[{(".index(character)] += 1
            elif character in "]})" and not is_quoted:
                opened["]})".index(character)] -= 1
                if min(opened) < 0:
                    raise self.wrong(f"unexpected {character!r} in the arguments of {name}()", at)
            is_end = opened == [0, 0, 0] and not is_quoted
            if is_end or (character == "," and opened == [0, 0, 1] and not is_quoted):
                parts += [part] if part else []
                part = ""
                if is_end:
                    return parts, at + 1
            elif part or character in '{"-$@' or character.isdigit():
                part += character
            before = character
        raise self.wrong(f"the arguments of {name}() have no closing )")

    def argument(self, text: str) -> Argument:
        if text[0] in "$@":
            inner = _Parser(text.strip(), self.aws)
            inner.nesting = self.nesting
            return Inner("$", inner.path())
        try:
            value, end = _FIRST_VALUE.raw_decode(text)
            if type(value) in (int, float) and text[end : end + 1].strip():
                raise ValueError  # Jackson wants a blank behind a number
            encode(value)  # refuses numbers that no double holds
        except (ValueError, RecursionError):
            raise self.wrong(f"{text!r} is not JSON") from None
        return Literal(value)

    def bracket(self) -> Token:
        """``[...]`` in all its forms."""
        start = self.at
        if match := self.match(_INDEXES):
            return Indexes(tuple(self.index(part, start) for part in match[1].split(",")))
        if match := self.match(_SLICE):
            if match[1] is None and match[2] is None:
                raise self.wrong("a slice needs a start or an end", start)
            return Slice(*(None if part is None else self.index(part, start) for part in match.groups()))
        if self.match(_WILDCARD):
            return Wildcard()
        if self.match(_FILTER):
            self.deeper()
            test = self.some()
            self.expect(")")
            self.expect("]")
            self.nesting -= 1
            return Filter(test)
        return self.quoted_names()

    def index(self, text: str, start: int) -> int:
        digits = text.strip()
        if len(digits) > 11 or abs(int(digits)) > MAX_INDEX:
            raise self.wrong(f"an index is at most {MAX_INDEX}", start)
        return int(digits)

    def quoted_names(self) -> Names:
        start = self.at
        self.at += 1
        names: list[str] = []
        quotes: set[str] = set()
        while True:
            self.skip_blanks()
            if not self.next_is("'", '"'):
                raise self.wrong("expected a quoted name, an index, a slice, *, or ?(...) in brackets", start)
            quotes.add(self.text[self.at])
            if len(quotes) > 1:
                raise self.wrong("the names in one pair of brackets have the same quotes")
            names.append(self.string(is_name=True))
            self.skip_blanks()
            if self.take("]"):
                return Names(tuple(names), quote=quotes.pop())
            if not self.take(","):
                raise self.wrong("expected ',' or ']' after a quoted name")

    def string(self, *, is_name: bool = False) -> str:
        """A string in single or double quotes, with Java's escapes; any other backslash is dropped.

        To AWS, a backslash before the other quote is part of a name: ``['a\\"b']`` has two characters between ``a``
        and ``b`` (recorded).
        """
        start, quote = self.at, self.text[self.at]
        closed = _STRING_ENDS[quote].match(self.text, start + 1)
        if closed is None:
            raise self.wrong(f"a string that begins with {quote} has no closing quote", start)
        self.at = closed.end()
        kept = {"'": '"', '"': "'"}[quote] if is_name and self.aws else ""

        def unescape(match: re.Match[str]) -> str:
            code = match[1]
            if code[0] == "u":
                if len(code) == 5 and not re.fullmatch("u[0-9A-Fa-f]{4}", code):
                    raise self.wrong(f"'\\{code}' is not a character", start + 1 + match.start())
                return chr(int(code[1:], 16)) if len(code) == 5 else ""
            return match[0] if code == kept else _ESCAPES.get(code, code)

        return _ESCAPED.sub(unescape, closed[1])

    # -- filters

    def expect(self, character: str) -> None:
        self.skip_blanks()
        if not self.take(character):
            raise self.wrong(f"expected {character!r} to close the filter")

    def some(self) -> Test:
        tests = self.series("||", self.every)
        return tests[0] if len(tests) == 1 else Some(tests)

    def every(self) -> Test:
        tests = self.series("&&", self.test)
        return tests[0] if len(tests) == 1 else All(tests)

    def series(self, between: str, part: Callable[[], Test]) -> tuple[Test, ...]:
        parts = [part()]
        self.skip_blanks()
        while self.take(between):
            parts.append(part())
            self.skip_blanks()
        return tuple(parts)

    def test(self) -> Test:
        self.skip_blanks()
        if self.next_is("!") and not self.next_is("!="):
            self.at += 1
            self.deeper()
            inner = self.test()
            self.nesting -= 1
            return Not(inner)
        if self.take("("):
            self.deeper()
            inner = self.some()
            self.expect(")")
            self.nesting -= 1
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        start = self.at
        left = self.operand()
        self.skip_blanks()
        operator = self.operator()
        if operator is None:
            if not isinstance(left, Inner):
                raise self.wrong("expected a comparison after a literal", start)
            return Exists(left)
        self.skip_blanks()
        return Compare(operator, left, self.unquoted() if operator in ("==", "!=") else self.operand())

    def operator(self) -> str | None:
        for symbol in SYMBOLS:
            if self.take(symbol):
                return symbol
        start = self.at
        if match := self.match(_WORD):
            if (word := match[0].lower()) in WORDS:
                return word
            raise self.wrong(f"{match[0]!r} is not a filter operator", start)
        return None

    def unquoted(self) -> Operand:
        """An operand that may be an unquoted word in AWS's reading."""
        match = _BARE.match(self.text, self.at)
        if not self.aws or match is None or match[0] in _CONSTANTS:
            return self.operand()
        self.at = match.end()
        self.words.append(match[0])
        return Literal(match[0])

    def operand(self) -> Operand:
        if self.next_is("$", "@"):
            root = self.text[self.at]
            self.at += 1
            return Inner(root, inverted(self.tokens(inner=True)))
        if self.next_is("/"):
            return self.regex()
        return Literal(self.literal())

    def regex(self) -> Pattern:
        start = self.at
        match = self.match(_REGEX)
        if not match:
            raise self.wrong("a regular expression has no closing /", start)
        flags = 0
        for letter in match[2]:
            if letter not in _FLAGS:
                raise self.wrong(f"{letter!r} is not a regular expression flag ({''.join(_FLAGS)})", start)
            flags |= _FLAGS[letter]
        try:
            return Pattern(re.compile(match[1], flags))
        except (re.error, OverflowError, RecursionError) as error:
            raise self.wrong(f"a regular expression is not valid ({error})", start) from None

    def literal(self) -> Json:
        if self.next_is("'", '"'):
            return self.string()
        if self.at < len(self.text) and self.text[self.at] in _NUMBER_STARTS and (match := self.match(_NUMBER)):
            if (number := self.number(match[0])) is None:
                raise self.wrong(f"{match[0]!r} is not a number", match.start())
            return number
        if match := self.match(_WORD):
            if match[0] in _CONSTANTS:
                return _CONSTANTS[match[0]]
            raise self.wrong(f"{match[0]!r} is not a value", match.start())
        if self.next_is("[", "{"):
            self.deeper()
            value: Json = self.items() if self.take("[") else self.members()
            self.nesting -= 1
            return value
        raise self.wrong("expected a value: a path, a string, a number, true, false, null, [...], {...}, or /.../")

    def number(self, text: str) -> int | float | None:
        """The number that Java's ``BigDecimal`` reads in ``text``: ``.5``, ``5.`` and ``05`` are numbers, too."""
        if not (match := _DECIMAL.fullmatch(text)):
            return None
        if not any(match.groups()) and len(text) <= MAX_DIGITS:
            return int(text)
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise self.wrong("a number is too large", self.at - len(text))
        return number

    def items(self) -> list[Json]:
        """The items up to ``]``; json-smart, which reads them, leaves out what is empty between commas."""
        items: list[Json] = []
        self.skip_blanks()
        while not self.take("]"):
            if not self.take(","):
                items.append(self.permissive())
                self.skip_blanks()
                if not self.next_is(",", "]"):
                    raise self.wrong("expected ',' or ']'")
            self.skip_blanks()
        return items

    def permissive(self) -> Json:
        """A value in an array or object: what is neither quoted nor a number or constant is a text."""
        if self.next_is("'", '"', "[", "{"):
            return self.literal()
        start = self.at
        if not (match := self.match(_PERMISSIVE)) or not (text := match[0].strip()):
            raise self.wrong("expected a value", start)
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        number = self.number(text)
        return text if number is None else number

    def members(self) -> dict[str, Json]:
        self.at += 1
        found: dict[str, Json] = {}
        self.skip_blanks()
        while not self.take("}"):
            if self.take(","):
                self.skip_blanks()
                continue
            if self.next_is("'", '"'):
                name = self.string()
            elif match := self.match(_PERMISSIVE_NAME):
                name = match[0].strip()
            else:
                raise self.wrong("expected a name")
            self.skip_blanks()
            if not self.take(":"):
                raise self.wrong("expected ':'")
            self.skip_blanks()
            found[name] = self.permissive()
            self.skip_blanks()
            if not self.next_is(",", "}"):
                raise self.wrong("expected ',' or '}'")
        return found


def is_bare_call(token: Token) -> bool:
    """``.length()``: json-path does not step over the parenthesis of a call without arguments."""
    return isinstance(token, FunctionCall) and not token.arguments


def inverted(tokens: Tokens) -> Tokens:
    """``$..x.length()`` is ``$.length($..x)`` to json-path: what is found below the root is the function's argument."""
    if not (tokens and isinstance(tokens[0], Descend) and isinstance(tokens[-1], FunctionCall)):
        return tokens
    at, call = next((at, token) for at, token in enumerate(tokens) if isinstance(token, FunctionCall))
    found = FunctionCall(call.name, (Inner("$", tokens[:at]),))
    behind = tokens[at + 1 :]
    return (found,) if is_bare_call(call) and behind else (found, *behind)  # nothing behind it is ever found


def normal_form(root: str, tokens: Tokens) -> str:
    """The path as json-path writes it in messages."""
    return root + "".join(map(str, tokens))
