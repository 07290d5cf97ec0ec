"""``States.*`` functions of JSONPath templates: ``States.Format('{}-{}', $.name, States.UUID())``.

Text is parsed once into a reader. Mistakes in the text (an unknown name, too few arguments, an open escape)
are ``IntrinsicSyntaxError`` when it is compiled; values that a function cannot take fail the state with
``States.Runtime``, as on AWS, where no Catch sees them.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from asl.chance import Chance
from asl.errors import runtime_error
from asl.jsonpath import identity, java_text
from asl.paths import Path, PathNotApplicable, PathNotFound, PathSyntaxError, Reader, Scope, compile_path
from asl.problems import nearest
from asl.values import Json, JsonTextError, decode, encode, is_integer, is_number

MAX_NESTED: Final = 10
"""The most calls nested inside a call (AWS's guide)."""

MAX_CHARACTERS: Final = 10_000
"""The most characters that Base64Encode, Base64Decode, and Hash take."""

MAX_RANGE: Final = 1_000
"""The most items that ArrayRange creates."""


class IntrinsicSyntaxError(ValueError):
    """Text that is not a valid call of an intrinsic function; ``str()`` gives the problem and the character."""


class InvalidArgumentsError(Exception):
    """Arguments that a function cannot take; ``detail`` is AWS's text after "Invalid arguments in States.X"."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidTemplateError(InvalidArgumentsError):
    """A template of States.Format whose braces do not match."""


# -- types of arguments


def anything(value: Json) -> Json:
    """Any JSON value."""
    return value


def array(value: Json) -> list[Json]:
    """An array."""
    return value if isinstance(value, list) else _refuse()


def json_object(value: Json) -> dict[str, Json]:
    """An object."""
    return value if isinstance(value, dict) else _refuse()


def string(value: Json) -> str:
    """A string."""
    return value if isinstance(value, str) else _refuse()


def short_string(value: Json) -> str:
    """A string of at most ``MAX_CHARACTERS``."""
    text = string(value)
    return text if len(text) <= MAX_CHARACTERS else _refuse()


def integer(value: Json) -> int:
    """A number written without a fraction."""
    return value if isinstance(value, int) and is_integer(value) else _refuse()


def rounded(value: Json) -> int:
    """A number, rounded as Java's ``Math.round``: halves go up (recorded: ``test_math_add``)."""
    if not isinstance(value, int | float) or not is_number(value):
        _refuse()
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)


def rounded_32_bit(value: Json) -> int:
    """A number that is a Java ``int`` once rounded."""
    number = rounded(value)
    return number if -(2**31) <= number < 2**31 else _refuse()


def false(value: Json) -> bool:
    """``false``, the only valid value of JsonMerge's third argument."""
    return False if value is False else _refuse()


def _refuse() -> NoReturn:
    raise InvalidArgumentsError


# -- the functions


def format_text(template: str, *values: Json) -> Json:
    """``template`` with each ``{}`` replaced; objects and arrays are written as Java prints them.

    Recorded: ``test_format_2``, ``test_context_json_path``.
    """
    return fill(format_pieces(template), values)


def fill(pieces: tuple[str, ...], values: tuple[Json, ...]) -> str:
    """The pieces with the values between them."""
    if len(pieces) != len(values) + 1:
        raise InvalidArgumentsError(": number of arguments do not match the occurrences of {}.")
    texts = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        texts += [java_text(value), piece]
    return "".join(texts)


_PIECE = re.compile(r"\\(.)|(\{\})|(\{)|(\})", re.DOTALL)


def format_pieces(template: str) -> tuple[str, ...]:
    """The texts before, between, and after the ``{}`` of a template; ``\\{`` and ``\\}`` are braces."""
    pieces, end = [""], 0
    for match in _PIECE.finditer(template):
        pieces[-1] += template[end : match.start()]
        end = match.end()
        escaped, placeholder, opening, closing = match.groups()
        if placeholder:
            pieces.append("")
        elif opening:
            raise InvalidTemplateError("matching '}' not found for '{'.")
        elif closing:
            raise InvalidTemplateError("matching '{' not found for '}'.")
        else:
            pieces[-1] += escaped if escaped in "'{}\\" else "\\" + escaped
    pieces[-1] += template[end:]
    return tuple(pieces)


def string_to_json(text: str) -> Json:
    """The value of JSON text; a blank text gives ``null`` (recorded: ``test_string_to_json``)."""
    if not text.strip():
        return None
    try:
        return decode(text)
    except JsonTextError:
        _refuse()


def array_of(*values: Json) -> Json:
    """The arguments."""
    return list(values)


def array_partition(items: list[Json], size: int) -> Json:
    """Chunks of ``size``, the last one shorter."""
    if size < 1:
        _refuse()
    return [items[start : start + size] for start in range(0, len(items), size)]


def array_contains(items: list[Json], value: Json) -> Json:
    """Whether an item equals ``value``."""
    wanted = identity(value)
    return any(identity(item) == wanted for item in items)


def array_range(first: int, last: int, step: int) -> Json:
    """The numbers from ``first`` in steps of ``step`` up to and including ``last``."""
    if step == 0 or (last - first) // step >= MAX_RANGE:
        _refuse()
    return list(range(first, last + (1 if step > 0 else -1), step))


def array_get_item(items: list[Json], index: int) -> Json:
    """The item at ``index``, from 0."""
    if not 0 <= index < len(items):
        _refuse()
    return items[index]


def array_length(items: list[Json]) -> Json:
    """The number of items."""
    return len(items)


def array_unique(items: list[Json]) -> Json:
    """The items without duplicates, in the order in which they first occur."""
    first: dict[str, Json] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return list(first.values())


def base64_encode(text: str) -> Json:
    """The text's UTF-8 in Base64, on one line."""
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def base64_decode(text: str) -> Json:
    """The UTF-8 text that Base64 holds; line breaks and missing padding are accepted, as in Java."""
    digits = re.sub(r"[\r\n]", "", text)
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        _refuse()


ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


def hash_text(text: str, algorithm: str) -> Json:
    """The digest of the text's UTF-8 in lower-case hexadecimal digits."""
    import hashlib  # slow to import, and rarely needed

    if algorithm not in ALGORITHMS:
        _refuse()
    return hashlib.new(ALGORITHMS[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def json_merge(first: dict[str, Json], second: dict[str, Json], _: bool) -> Json:
    """The members of both; those of ``second`` win."""
    return {**first, **second}


def math_random(chance: Chance, start: int, end: int, seed: int | None = None) -> Json:
    """An integer from ``start`` up to but not including ``end``; the same for the same ``seed``."""
    if start >= end:
        _refuse()
    return (chance if seed is None else Chance(seed)).integer(start, end)


def math_add(first: int, second: int) -> Json:
    """The sum."""
    return first + second


def string_split(text: str, separators: str) -> Json:
    """The parts between any of the characters of ``separators``; empty parts are dropped."""
    if not separators:
        return [text] if text else []
    return [part for part in re.split(f"[{re.escape(separators)}]", text) if part]


def uuid(chance: Chance) -> Json:
    """A version 4 UUID."""
    return chance.uuid()


Check: TypeAlias = Callable[[Json], Any]
"""A value -> the argument a function takes; raises ``InvalidArgumentsError``."""


class Function(NamedTuple):
    """A row of ``FUNCTIONS``: the type of each argument, and the function.

    The last ``optional`` parameters may be omitted; with ``more``, any number of arguments follows the
    parameters; with ``draws``, the function takes the execution's ``Chance`` first.
    """

    parameters: tuple[Check, ...]
    of: Callable[..., Json]
    optional: int = 0
    more: bool = False
    draws: bool = False

    def arity(self) -> str:
        """The number of arguments it takes, in words."""
        most = len(self.parameters)
        least = most - self.optional
        if self.more:
            return f"at least {least}" if least else "any number of"
        return f"{least} or {most}" if self.optional else f"{most or 'no'}"

    def takes(self, count: int) -> bool:
        """Whether it takes ``count`` arguments."""
        most = len(self.parameters)
        return most - self.optional <= count and (self.more or count <= most)


FUNCTIONS: Final[dict[str, Function]] = {
    "States.Array": Function((), array_of, more=True),
    "States.ArrayContains": Function((array, anything), array_contains),
    "States.ArrayGetItem": Function((array, integer), array_get_item),
    "States.ArrayLength": Function((array,), array_length),
    "States.ArrayPartition": Function((array, rounded), array_partition),
    "States.ArrayRange": Function((rounded, rounded, rounded), array_range),
    "States.ArrayUnique": Function((array,), array_unique),
    "States.Base64Decode": Function((short_string,), base64_decode),
    "States.Base64Encode": Function((short_string,), base64_encode),
    "States.Format": Function((string,), format_text, more=True),
    "States.Hash": Function((short_string, string), hash_text),
    "States.JsonMerge": Function((json_object, json_object, false), json_merge),
    "States.JsonToString": Function((anything,), encode),
    "States.MathAdd": Function((rounded_32_bit, rounded_32_bit), math_add),
    "States.MathRandom": Function((rounded, rounded, rounded), math_random, optional=1, draws=True),
    "States.StringSplit": Function((string, string), string_split),
    "States.StringToJson": Function((string,), string_to_json),
    "States.UUID": Function((), uuid, draws=True),
}


# -- text -> calls


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
        arguments = self.arguments(nested)
        if not FUNCTIONS[name].takes(len(arguments)):
            wanted = FUNCTIONS[name].arity()
            raise self.wrong(f"{name} takes {wanted} arguments, not {len(arguments)}", start)
        return IntrinsicCall(name, arguments)

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
        try:
            number = float(match[0]) if match[1] or match[2] else int(match[0])
        except ValueError:
            number = math.inf
        if number in (math.inf, -math.inf):
            raise self.wrong("a number is too large", match.start())
        return number

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


# -- calls -> readers


def compile_intrinsic(text: str) -> Reader:
    """A reader of the call in ``text``; raises ``IntrinsicSyntaxError``."""
    read = _compile_call(parse_intrinsic(text))

    def read_call(document: Json, scope: Scope) -> Json:
        try:
            return read(document, scope)
        except _FailureError as failure:
            raise runtime_error(f"The function '{text}' had the following error: {failure}") from None

    return read_call


def references(text: str) -> frozenset[str]:
    """The variables that the call in ``text`` reads."""
    return frozenset(_references(parse_intrinsic(text)))


def _references(argument: Argument) -> Iterator[str]:
    match argument:
        case Path():
            yield from argument.variables
        case IntrinsicCall():
            for inner in argument.arguments:
                yield from _references(inner)
        case Literal():  # pragma: no branch - the last kind there is
            pass


class _FailureError(Exception):
    """Why a call failed, in AWS's words."""


def _compile_call(call: IntrinsicCall) -> Reader:
    function = FUNCTIONS[call.name]
    readers = [_compile_argument(argument) for argument in call.arguments]
    checks = (*function.parameters, *[anything] * (len(readers) - len(function.parameters)))
    of, draws = function.of, function.draws
    first = call.arguments[0] if call.arguments else None
    if of is format_text and isinstance(first, Literal) and first.raw is not None:
        of = _format_literal(first.raw)

    def read(document: Json, scope: Scope) -> Json:
        values = [reader(document, scope) for reader in readers]
        try:
            arguments = [check(value) for check, value in zip(checks, values, strict=False)]
            return of(scope.chance, *arguments) if draws else of(*arguments)
        except InvalidTemplateError as error:
            raise _FailureError(f"Invalid template in {call.name}: {error.detail}") from None
        except InvalidArgumentsError as error:
            raise _FailureError(f"Invalid arguments in {call.name}{error.detail}") from None

    return read


def _compile_argument(argument: Argument) -> Reader:
    match argument:
        case Literal(value):
            return lambda _document, _scope: value
        case IntrinsicCall():
            return _compile_call(argument)
        case Path():  # pragma: no branch - the last kind there is
            return _compile_path_argument(argument)


def _compile_path_argument(path: Path) -> Reader:
    read_path = path.read

    def read(document: Json, scope: Scope) -> Json:
        try:
            return read_path(document, scope)
        except PathNotApplicable as error:
            raise _FailureError(error.message) from None
        except PathNotFound:
            raise _FailureError(
                f"The JsonPath argument for the field '{path.text}' could not be found in the input "
                f"'{encode(document)}'"
            ) from None

    return read


def _format_literal(template: str) -> Callable[..., Json]:
    """States.Format of a literal template: it is parsed once, and a mistake in it is raised when it runs."""
    try:
        pieces = format_pieces(template)
    except InvalidTemplateError as error:
        detail = error.detail

        def refuse(*_: Json) -> Json:
            raise InvalidTemplateError(detail)

        return refuse
    return lambda _template, *values: fill(pieces, values)
