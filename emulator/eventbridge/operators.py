"""The operators of event patterns: what is inside one alternative, read from the pattern's text into a test.

``OPERATORS`` is the table; each row reads its operand and gives a test of one scalar. Refusals have EventBridge's
words, and the place where its reader stood (both recorded, or those of event-ruler, run).
"""

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, Final

from emulator.eventbridge.cursor import Cursor, InvalidEventPattern
from emulator.eventbridge.scalars import (
    Number,
    Test,
    address,
    comparable,
    equal_to,
    in_block,
    looks_like_address,
    same_address,
    without_case,
)
from emulator.eventbridge.wildcards import like

_ONE_KEY: Final = "Only one key allowed in match expression"
_TOO_MANY: Final = "Too many elements in numeric expression"
"""Also what closes ``anything-but``: EventBridge says it of both."""
_LOWER: Final = {">": gt, ">=": ge}
_UPPER: Final = {"<": lt, "<=": le}


def read_expression(cursor: Cursor) -> Test | None:
    """The test of ``{"operator": operand}``, its brace just opened; ``None`` for a field that must be missing."""
    name = cursor.want("name", "Match expression name not found")
    if name not in OPERATORS:
        cursor.refuse(f"Unrecognized match type {name}")
    test = OPERATORS[name](cursor)
    cursor.want("}", _TOO_MANY if name in ("numeric", "anything-but") else _ONE_KEY)
    return test


def one_of(values: list[Any]) -> Test:
    """Whether a scalar is one of the values of a pattern's array; a text that is an address is any writing of it."""
    plain: list[Any] = []
    tests: list[Test] = []
    for value in values:
        block = same_address(value) if isinstance(value, str) else None
        if block is None:
            plain.append(value)
        else:
            tests.append(block)
    return any_of([equal_to(plain), *tests] if plain else tests)


def any_of(tests: list[Test]) -> Test:
    """Whether any of the tests accepts a scalar."""
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
    return _affix(cursor, "prefix", _starts_with, lambda text: without_case(text, after=".*"))


def _suffix(cursor: Cursor) -> Test:
    return _affix(cursor, "suffix", _ends_with, lambda text: without_case(text, before=".*"))


def _affix(cursor: Cursor, operator: str, test: Callable[[str], Test], without_case: Callable[[str], Test]) -> Test:
    token = cursor.next()
    if token.kind == "string":
        return test(token.value)
    if token.kind != "{":
        cursor.refuse(f"{operator} match pattern must be a string")
    inner = cursor.want("name", f"{operator.capitalize()} expression name not found")
    if inner != "equals-ignore-case":
        cursor.refuse(f"Unsupported {operator} pattern: {inner}")
    wanted = cursor.want("string", "equals-ignore-case match pattern must be a string")
    cursor.want("}", _ONE_KEY)
    return without_case(wanted)


def _starts_with(prefix: str) -> Test:
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def _ends_with(suffix: str) -> Test:
    return lambda value: isinstance(value, str) and value.endswith(suffix)


def _equals_ignore_case(cursor: Cursor) -> Test:
    return without_case(cursor.want("string", "equals-ignore-case match pattern must be a string"))


def _wildcard(cursor: Cursor) -> Test:
    return like(cursor, cursor.want("string", "wildcard match pattern must be a string"))


def _numeric(cursor: Cursor) -> Test:
    """``["=", n]``, one bound, or a lower bound and then an upper one.

    A number that no double holds is refused when all of the array is read.
    """
    cursor.want("[", "Value of numeric must be an array.")
    if cursor.next().kind != "string":
        cursor.refuse(f"Invalid member in numeric match: {cursor.shown()}")
    operator: str = cursor.token.value
    if operator not in {"=", *_LOWER, *_UPPER}:
        cursor.next()
        cursor.refuse(f"Unrecognized numeric range operator: {operator}")
    cursor.want("number", f"Value of {'equals' if operator == '=' else operator} must be numeric")
    number = cursor.number()
    if operator not in _LOWER:
        cursor.want("]", _TOO_MANY)
        bound = _double(cursor, number)
        if operator == "=":
            return equal_to([number])
        below = _UPPER[operator]
        return lambda value: comparable(value) and below(value, bound)
    above = _LOWER[operator]
    if cursor.next().kind == "]":
        bound = _double(cursor, number)
        return lambda value: comparable(value) and above(value, bound)
    return _range(cursor, number, above)


def _range(cursor: Cursor, lowest: Number, above: Callable[[Any, Any], bool]) -> Test:
    """The rest of ``[">", 1, "<", 2]`` after its first bound."""
    if cursor.token.kind != "string":
        cursor.refuse(f"Bad value in numeric range: {cursor.shown()}")
    operator: str = cursor.token.value
    if operator not in _UPPER:
        cursor.refuse(f"Bad numeric range operator: {operator}", after=True)
    below = _UPPER[operator]
    cursor.want("number", f"Value of {operator} must be numeric")
    highest = cursor.number()
    cursor.want("]", "Too many terms in numeric range expression")
    bottom, top = _double(cursor, lowest), _double(cursor, highest)
    if not bottom < top:
        cursor.refuse("Bottom must be less than top")
    return lambda value: comparable(value) and above(value, bottom) and below(value, top)


def _double(cursor: Cursor, number: Number) -> int | float:
    if number.value is None:
        cursor.refuse(f"Cannot compare number : {number.text}")
    return number.value


def _cidr(cursor: Cursor) -> Test:
    """Addresses in a block. The message for a value that is not a string is EventBridge's own."""
    text = cursor.want("string", "prefix match pattern must be a string")
    parts = text.rstrip("/").split("/") if text.strip("/") else []
    if len(parts) != 2:
        raise InvalidEventPattern("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?\d{1,99}", parts[1], re.ASCII) or not -(2**31) <= int(parts[1]) < 2**31:
        raise InvalidEventPattern("Malformed CIDR, mask bits must be an integer")
    if (bits := int(parts[1])) < 0:
        raise InvalidEventPattern("Malformed CIDR, mask bits must not be negative")
    base = address(parts[0])
    if base is None:
        kind = "Invalid" if looks_like_address(parts[0]) else "Nonstandard"
        raise InvalidEventPattern(f"{kind} IP address: {parts[0]}")
    if bits >= base.max_prefixlen:
        raise InvalidEventPattern(f"IPv{base.version} mask bits must be < {base.max_prefixlen}")
    return in_block(base, bits)


def _exists(cursor: Cursor) -> Test | None:
    token = cursor.next()
    if token.kind != "word" or token.value is None:
        cursor.refuse("exists match pattern must be either true or false.")
    return (lambda _value: True) if token.value else None


def _anything_but(cursor: Cursor) -> Test:
    """Accepts values only: a field that is missing is not "anything". ``null`` is."""
    name = None
    if cursor.next().kind == "{":
        name = cursor.want("name", "Anything-But expression name not found")
        if name not in ANYTHING_BUT:
            cursor.refuse(f"Unsupported anything-but pattern: {name}")
        cursor.next()
    if cursor.token.kind not in ("[", "string", "number"):
        cursor.refuse("Value of anything-but must be an array or single string/number value.")
    if name is None:
        return _none_of([equal_to(_values(cursor) if cursor.token.kind == "[" else [_value(cursor)])])
    test = _none_of(_operands(cursor, *ANYTHING_BUT[name]))
    cursor.want("}", _TOO_MANY)
    return test


def _value(cursor: Cursor) -> Any:
    """The one value of ``anything-but``."""
    if cursor.token.kind == "string":
        return cursor.token.value
    number = cursor.number()
    if number.value is None:
        raise InvalidEventPattern(f"Cannot compare number : {number.text}")
    return number


def _values(cursor: Cursor) -> list[Any]:
    """The values of ``anything-but``'s array, just opened: all texts or all numbers."""
    values: list[Any] = []
    with cursor.placed_twice():
        while cursor.next().kind != "]":
            if cursor.token.kind not in ("string", "number"):
                cursor.refuse("Inside anything but list, start|null|boolean is not supported.")
            values.append(_value(cursor))
    if len({isinstance(value, str) for value in values}) != 1:
        cursor.refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
    return values


def _operands(cursor: Cursor, wrong: str, compile_one: Callable[[Cursor, str], Test]) -> list[Test]:
    """The tests of ``{"anything-but": {name: ...}}``, whose operand is a string or a list of strings."""

    def text() -> str:
        if cursor.token.kind != "string":
            cursor.refuse(wrong)
        value: str = cursor.token.value
        if compile_one in _AFFIXES and not value:
            cursor.refuse("Null prefix/suffix not allowed", after=True)
        return value

    if cursor.token.kind != "[":
        return [compile_one(cursor, text())]
    texts: list[str] = []
    with cursor.placed_twice():
        while cursor.next().kind != "]":
            texts.append(text())
    return [compile_one(cursor, value) for value in texts]


def _not_prefix(_cursor: Cursor, text: str) -> Test:
    return _starts_with(text)


def _not_suffix(_cursor: Cursor, text: str) -> Test:
    return _ends_with(text)


_AFFIXES: Final = (_not_prefix, _not_suffix)
"""The operators inside ``anything-but`` whose text must not be empty."""

ANYTHING_BUT: Final[Mapping[str, tuple[str, Callable[[Cursor, str], Test]]]] = {
    "prefix": ("prefix/suffix match pattern must be a string", _not_prefix),
    "suffix": ("prefix/suffix match pattern must be a string", _not_suffix),
    "equals-ignore-case": (
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        lambda _cursor, text: without_case(text),
    ),
    "wildcard": ("wildcard match pattern must be a string", like),
}
"""Operator inside ``anything-but`` -> (the refusal of what is not a string, string -> test)."""

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

RESERVED_IN_OR: Final = frozenset(OPERATORS) | {
    *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
    *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
    *("ip-address-in-range", "ip-address-not-in-range"),
}
"""Words that cannot name a field anywhere inside a ``$or`` alternative."""
