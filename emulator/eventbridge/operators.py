"""The tests of a single alternative of an event pattern: exact values and every operator of EventBridge.

``OPERATORS`` is the table; each row reads its operand from the pattern's text and gives a test of one scalar.
Refusals have EventBridge's own texts; those that are not recorded are worded like the others.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, Final, NoReturn, TypeAlias

from asl.jackson import JsonTokenError, Token, location, tokens
from asl.values import is_number

Scalar: TypeAlias = "str | int | float | bool | None"
Test: TypeAlias = Callable[[Any], bool]
"""Whether one alternative accepts a scalar."""

MAX_COMPLEXITY: Final = 10
"""The most prefixes of one wildcard pattern that one text may match at the same time.

EventBridge's limit is not published; ``*:*:*:*:*:event-bus/*``, which it refuses as too complex, has 11.
"""

_ONE_KEY: Final = "Only one key allowed in match expression"
_TOO_COMPLEX: Final = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
    "after a wildcard character"
)
_LOWER: Final = {">": gt, ">=": ge}
_UPPER: Final = {"<": lt, "<=": le}


class InvalidEventPattern(ValueError):  # noqa: N818 - AWS's name
    """A pattern that EventBridge refuses: ``InvalidEventPatternException``.

    ``reason`` is EventBridge's; the message adds its prefix, and the place in the pattern where EventBridge prints it.
    """

    def __init__(self, reason: str, place: str | None = None) -> None:
        at = f"\n at {place}" if place else ""
        super().__init__(f"Event pattern is not valid. Reason: {reason}{at}")
        self.reason = reason
        self.place = place


class Cursor:
    """A pattern's text, read token by token; every refusal names the place where reading stopped."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.token = Token("end", None, 0, 0, 0)
        self._tokens = tokens(text)

    def next(self) -> Token:
        """Move to the next token."""
        try:
            self.token = next(self._tokens)
        except JsonTokenError as error:
            raise InvalidEventPattern(error.message, location(self.text, error.at)) from None
        return self.token

    def refuse(self, reason: str, *, after: bool = False) -> NoReturn:
        """Raise ``reason`` at the current token, or after it when its text has been read (``after``)."""
        raise InvalidEventPattern(reason, location(self.text, self.token.end if after else self.token.at))

    def want(self, kind: str, reason: str) -> Any:
        """The value of the next token, which must be of ``kind``."""
        token = self.next()
        if token.kind != kind:
            self.refuse(reason)
        return token.value

    def close(self) -> None:
        """The end of a match expression."""
        self.want("}", _ONE_KEY)


def read_expression(cursor: Cursor) -> Test | None:
    """The test of ``{"operator": operand}``, its brace just opened; ``None`` for a field that must be missing."""
    name = cursor.want("name", "Match expression name not found")
    if name not in OPERATORS:
        cursor.refuse(f"Unrecognized match type {name}")
    test = OPERATORS[name](cursor)
    cursor.close()
    return test


def equal_to(values: list[Scalar]) -> Test:
    wanted = frozenset(map(_key, values))
    if all(isinstance(value, str) for value in values):
        return lambda value: isinstance(value, str) and value in wanted
    return lambda value: _key(value) in wanted


def _key(value: Scalar) -> object:
    """A key that equal scalars share: ``300`` and ``300.0`` do, ``1`` and ``true`` do not.

    Recorded on AWS: event ``300.0`` matches pattern ``[300]`` (``number_comparison_float``). Beyond 2^53, where
    doubles are not exact, numbers are compared as text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return (value,)
    return value if -(2**53) <= value <= 2**53 else (repr(value),)


def any_of(tests: list[Test]) -> Test:
    if not tests:
        return lambda _value: False
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def _none_of(tests: list[Test]) -> Test:
    accepts = any_of(tests)
    return lambda value: not accepts(value)


def _exactly(cursor: Cursor) -> Test:
    return equal_to([cursor.want("string", "exact match pattern must be a string")])


def _prefix(cursor: Cursor) -> Test:
    return _affix(cursor, "prefix", _starts_with)


def _suffix(cursor: Cursor) -> Test:
    return _affix(cursor, "suffix", _ends_with)


def _affix(cursor: Cursor, operator: str, test: Callable[..., Test]) -> Test:
    token = cursor.next()
    if token.kind == "string":
        return test(token.value)
    if token.kind != "{":
        cursor.refuse(f"{operator} match pattern must be a string")
    inner = cursor.want("name", f"{operator.capitalize()} expression name not found")
    if inner != "equals-ignore-case":
        cursor.refuse(f"Unsupported {operator} pattern: {inner}")
    wanted = cursor.want("string", "equals-ignore-case match pattern must be a string")
    cursor.close()
    return test(wanted, fold=_fold)


def _as_it_is(text: str) -> str:
    return text


def _fold(text: str) -> str:
    """``text`` without case, each character by itself, so that ``ß`` stays apart from ``ss``."""
    if text.isascii():
        return text.lower()
    return "".join(folded if len(folded := character.casefold()) == 1 else character.lower() for character in text)


def _starts_with(prefix: str, fold: Callable[[str], str] = _as_it_is) -> Test:
    wanted = fold(prefix)
    return lambda value: isinstance(value, str) and fold(value).startswith(wanted)


def _ends_with(suffix: str, fold: Callable[[str], str] = _as_it_is) -> Test:
    wanted = fold(suffix)
    return lambda value: isinstance(value, str) and fold(value).endswith(wanted)


def _same_but_case(text: str) -> Test:
    wanted = _fold(text)
    return lambda value: isinstance(value, str) and _fold(value) == wanted


def _equals_ignore_case(cursor: Cursor) -> Test:
    return _same_but_case(cursor.want("string", "equals-ignore-case match pattern must be a string"))


def _wildcard(cursor: Cursor) -> Test:
    return _checked_wildcard(cursor, cursor.want("string", "wildcard match pattern must be a string"))


def _checked_wildcard(cursor: Cursor, text: str) -> Test:
    """The test of a wildcard pattern: each piece is searched after the one before, without backtracking."""
    pieces = _wildcard_pieces(cursor, text)
    if _complexity(pieces) > MAX_COMPLEXITY:
        raise InvalidEventPattern(_TOO_COMPLEX)
    if len(pieces) == 1:
        return equal_to([pieces[0]])
    head, *middle, tail = pieces
    shortest = len(head) + len(tail)

    def like(value: Any) -> bool:
        if not isinstance(value, str) or len(value) < shortest:
            return False
        if not (value.startswith(head) and value.endswith(tail)):
            return False
        at, end = len(head), len(value) - len(tail)
        for piece in middle:
            at = value.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return like


def _wildcard_pieces(cursor: Cursor, text: str) -> list[str]:
    """The literal texts between the asterisks. Positions in refusals count the opening quote, as AWS's do."""
    pieces = [""]
    at = 0
    while at < len(text):
        character = text[at]
        if character == "*":
            if text[at + 1 : at + 2] == "*":
                cursor.refuse(f"Consecutive wildcard characters at pos {at + 1}", after=True)
            pieces.append("")
        elif character == "\\":
            at += 1
            if text[at : at + 1] not in ("*", "\\"):
                cursor.refuse(f"Invalid escape character at pos {at}", after=True)
            pieces[-1] += text[at]
        else:
            pieces[-1] += character
        at += 1
    return pieces


def _complexity(pieces: list[str]) -> int:
    """How many prefixes of the wildcard pattern one text can match at the same time (1 without a wildcard).

    After its asterisk a piece can begin anywhere, so a text that ends in the beginnings of several pieces is
    in the middle of all of them. The beginnings form a tree; each node counts its pieces and those of its
    longest proper suffix in the tree, as in the Aho-Corasick automaton.
    """
    after_star = pieces[1:]
    if len(after_star) > MAX_COMPLEXITY:
        return len(after_star)
    steps: list[dict[str, int]] = [{}]
    weights = [0]
    for piece in after_star:
        node = 0
        for character in piece:
            if character not in steps[node]:
                steps[node][character] = len(steps)
                steps.append({})
                weights.append(0)
            node = steps[node][character]
            weights[node] += 1
    suffixes = [0] * len(steps)
    queue = [0]
    for node in queue:
        for character, child in steps[node].items():
            queue.append(child)
            if node:
                shorter = suffixes[node]
                while shorter and character not in steps[shorter]:
                    shorter = suffixes[shorter]
                suffixes[child] = steps[shorter].get(character, 0)
            weights[child] += weights[suffixes[child]]
    return max(1, len(after_star) + max(weights))


def _numeric(cursor: Cursor) -> Test:
    """``["=", n]``, one bound, or a lower bound and then an upper one."""
    cursor.want("[", "Value of numeric must be an array.")
    if cursor.next().kind != "string":
        cursor.refuse(f"Invalid member in numeric match: {cursor.text[cursor.token.start : cursor.token.end]}")
    operator: str = cursor.token.value
    if operator not in {"=", *_LOWER, *_UPPER}:
        cursor.refuse(f"Unrecognized numeric range operator: {operator}", after=True)
    bound = cursor.want("number", f"Value of {'equals' if operator == '=' else operator} must be numeric")
    if operator == "=":
        cursor.want("]", _ONE_KEY)
        return equal_to([bound])
    if operator in _UPPER:
        cursor.want("]", _ONE_KEY)
        below = _UPPER[operator]
        return lambda value: is_number(value) and below(value, bound)
    above = _LOWER[operator]
    if cursor.next().kind == "]":
        return lambda value: is_number(value) and above(value, bound)
    if cursor.token.kind != "string":
        cursor.refuse(f"Bad value in numeric range: {cursor.text[cursor.token.start : cursor.token.end]}")
    operator = cursor.token.value
    top = cursor.want("number", f"Value of {operator} must be numeric")
    cursor.want("]", "Too many terms in numeric range expression")
    if operator not in _UPPER:
        cursor.refuse(f"Bad numeric range operator: {operator}")
    if not bound < top:
        cursor.refuse("Bottom must be less than top")
    below = _UPPER[operator]
    return lambda value: is_number(value) and above(value, bound) and below(value, top)


def _cidr(cursor: Cursor) -> Test:
    """Addresses in a block. The message for a value that is not a string is EventBridge's own."""
    address, *bits = cursor.want("string", "prefix match pattern must be a string").split("/")
    if len(bits) != 1:
        raise InvalidEventPattern("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?\d{1,9}", bits[0], re.ASCII):
        raise InvalidEventPattern("Malformed CIDR, mask bits must be an integer")
    base = _address(address)
    if base is None:
        raise InvalidEventPattern(f"Nonstandard IP address: {address}")
    if not 0 <= (mask := int(bits[0])) <= base.max_prefixlen:
        reason = (
            "mask bits must not be negative"
            if mask < 0
            else f"IPv{base.version} mask bits must be <= {base.max_prefixlen}"
        )
        raise InvalidEventPattern(f"Malformed CIDR, {reason}")
    shift = base.max_prefixlen - mask
    version, network = base.version, int(base) >> shift

    def inside(value: Any) -> bool:
        found = _address(value) if isinstance(value, str) else None
        return found is not None and found.version == version and int(found) >> shift == network

    return inside


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _exists(cursor: Cursor) -> Test | None:
    token = cursor.next()
    if token.kind != "word" or token.value is None:
        cursor.refuse("exists match pattern must be either true or false.")
    return (lambda _value: True) if token.value else None


def _anything_but(cursor: Cursor) -> Test:
    """Accepts values only: a field that is missing is not "anything". ``null`` is."""
    token = cursor.next()
    if token.kind == "{":
        name = cursor.want("name", "Anything-But expression name not found")
        if name not in ANYTHING_BUT:
            cursor.refuse(f"Unsupported anything-but pattern: {name}")
        test = _none_of(_operands(cursor, name))
        cursor.close()
        return test
    if token.kind in ("string", "number"):
        return _none_of([equal_to([token.value])])
    if token.kind != "[":
        cursor.refuse("Value of anything-but must be an array or single string/number value.")
    values: list[Scalar] = []
    while cursor.next().kind != "]":
        if cursor.token.kind not in ("string", "number"):
            cursor.refuse("Inside anything but list, start|null|boolean is not supported.")
        values.append(cursor.token.value)
    if len({isinstance(value, str) for value in values}) != 1:
        cursor.refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
    return _none_of([equal_to(values)])


def _operands(cursor: Cursor, name: str) -> list[Test]:
    """The tests of ``{"anything-but": {name: ...}}``, whose operand is a string or a list of strings."""
    words, compile_one = ANYTHING_BUT[name]
    token = cursor.next()
    if token.kind == "string":
        return [compile_one(cursor, token.value)]
    if token.kind != "[":
        cursor.refuse(f"{words} match pattern must be a string")
    tests: list[Test] = []
    while cursor.next().kind != "]":
        if cursor.token.kind != "string":
            cursor.refuse(f"Inside anything-but/{name} list, number|start|null|boolean is not supported.")
        tests.append(compile_one(cursor, cursor.token.value))
    if not tests:
        cursor.refuse("Empty arrays are not allowed")
    return tests


def _not_empty(cursor: Cursor, text: str) -> str:
    if not text:
        cursor.refuse("Null prefix/suffix not allowed", after=True)
    return text


ANYTHING_BUT: Final[Mapping[str, tuple[str, Callable[[Cursor, str], Test]]]] = {
    "prefix": ("prefix/suffix", lambda cursor, text: _starts_with(_not_empty(cursor, text))),
    "suffix": ("prefix/suffix", lambda cursor, text: _ends_with(_not_empty(cursor, text))),
    "equals-ignore-case": ("equals-ignore-case", lambda _cursor, text: _same_but_case(text)),
    "wildcard": ("wildcard", _checked_wildcard),
}
"""Operator inside ``anything-but`` -> (its name in refusals, string -> test)."""

OPERATORS: Final[Mapping[str, Callable[[Cursor], Test | None]]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
    "exists": _exists,
}
"""Every operator -> the function that compiles its operand. Names are case-sensitive."""

RESERVED_IN_OR: Final = frozenset(OPERATORS) | {"=", "<", "<=", ">", ">=", "regex", "not-wildcard"}
"""Words that cannot name a field directly inside a ``$or`` alternative."""
