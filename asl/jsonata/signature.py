"""Function signatures such as ``<s-nn?:s>``: the arguments that a function takes, and how others are converted.

A signature becomes a regular expression over the letters of the arguments' types (``SYMBOLS``). The steps for
each sequence of letters are computed once and cached, so that a call costs one lookup.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asl.jsonata.errors import JsonataError, JsonataSyntaxError
from asl.jsonata.values import SYMBOLS, UNDEFINED, Value

Step: TypeAlias = Callable[[list[Value], Value], Value]
"""Arguments and context -> one checked argument."""

_ITEM_TYPES: Final = {
    "a": "arrays",
    "b": "booleans",
    "f": "functions",
    "n": "numbers",
    "o": "objects",
    "s": "strings",
}
_LETTERS: Final = {"a": "asnblfom", "f": "f", "j": "asnblom", "x": "asnblfom"}
_KEPT_PLANS: Final = 256


@dataclass(slots=True)
class _Parameter:
    """``pattern`` matches the letters of its arguments; ``context`` those of a context that may replace them."""

    type: str
    pattern: str
    items: str | None = None
    context: re.Pattern[str] | None = None


class Signature:
    """The signature ``text``; raises S0401 or S0402, with the ``offset`` in it, if it cannot be parsed."""

    __slots__ = ("_parameters", "_pattern", "_plans", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parameters = _parse(text)
        self._pattern = re.compile("".join(f"({p.pattern})" for p in self._parameters))
        self._plans: dict[str, list[Step]] = {}

    @property
    def parameter_count(self) -> int:
        """The number of parameters; one that takes any number of arguments counts once."""
        return len(self._parameters)

    def check(self, arguments: list[Value], context: Value) -> list[Value]:
        """``arguments`` with the context filled in and single items put in arrays; raises T0410 to T0412."""
        letters = "".join([SYMBOLS.get(type(argument), "f") for argument in arguments])
        plan = self._plans.get(letters)
        if plan is None:
            plan = self._plan(letters, arguments)
            if len(self._plans) < _KEPT_PLANS:
                self._plans[letters] = plan
        return [step(arguments, context) for step in plan]

    def _plan(self, letters: str, arguments: list[Value]) -> list[Step]:
        found = self._pattern.fullmatch(letters)
        if not found:
            raise self._mismatch(letters, arguments)
        steps: list[Step] = []
        at = 0
        for parameter, match in zip(self._parameters, found.groups(), strict=True):
            if not match and parameter.context:
                steps.append(_from_context(parameter.context, at))
                continue
            for letter in match or "-":
                steps.append(_as_array(parameter, letter, match, at) if parameter.type == "a" and match else _take(at))
                at += 1
        return steps

    def _mismatch(self, letters: str, arguments: list[Value]) -> JsonataError:
        """The first argument that the parameters so far do not cover."""
        pattern, good = "", 0
        for parameter in self._parameters:
            pattern += parameter.pattern
            found = re.match(pattern, letters)
            if not found:
                break
            good = found.end()
        value = arguments[good] if good < len(arguments) else None
        return JsonataError("T0410", value=value, index=good + 1)


def _take(at: int) -> Step:
    def take(arguments: list[Value], _: Value) -> Value:
        return arguments[at] if at < len(arguments) else UNDEFINED

    return take


def _from_context(allowed: re.Pattern[str], at: int) -> Step:
    def from_context(_: list[Value], context: Value) -> Value:
        if not allowed.fullmatch(SYMBOLS.get(type(context), "f")):
            raise JsonataError("T0411", value=context, index=at + 1)
        return context

    return from_context


def _as_array(parameter: _Parameter, letter: str, match: str, at: int) -> Step:
    """An array whose items are of the required type; a single item is put into an array."""
    if letter == "m":
        return lambda _arguments, _context: UNDEFINED
    items = parameter.items

    def mismatch(value: Value) -> JsonataError:
        fields: dict[str, Any] = {"value": value, "index": at + 1}
        if items in _ITEM_TYPES:
            fields["type"] = _ITEM_TYPES[items]
        return JsonataError("T0412", **fields)

    def check_array(arguments: list[Value], _: Value) -> Value:
        array = arguments[at]
        if items and items != "x" and array:
            wanted = items[0]
            for item in array:
                if SYMBOLS.get(type(item), "f") != wanted:
                    raise mismatch(array)
        return array

    def wrap(arguments: list[Value], _: Value) -> Value:
        if items is not None and match != items:
            raise mismatch(arguments[at])
        return [arguments[at]]

    return check_array if letter == "a" else wrap


def _parse(text: str) -> list[_Parameter]:
    """The parameters before the colon; the type of the result is not checked."""
    parameters: list[_Parameter] = []
    at = 1
    while at < len(text) and text[at] != ":":
        char = text[at]
        last = parameters[-1] if parameters else None
        if char in "snblo":
            parameters.append(_Parameter(char, f"[{char}m]"))
        elif char in _LETTERS:
            parameters.append(_Parameter(char, f"[{_LETTERS[char]}]"))
        elif char == "(":
            closing = _closing(text, at, "(", ")")
            choice = text[at + 1 : closing]
            if "<" in choice:
                raise _unreadable("S0402", choice, at)
            parameters.append(_Parameter(f"({choice})", f"[{re.escape(choice)}m]"))
            at = closing
        elif char == "<" and last:
            if last.type not in "af":
                raise _unreadable("S0401", last.type, at)
            closing = _closing(text, at, "<", ">")
            last.items = text[at + 1 : closing]
            at = closing
        elif char == "-" and last:
            last.context = re.compile(last.pattern)
            last.pattern += "?"
        elif char in "?+" and last:
            last.pattern += char
        at += 1
    return parameters


def _closing(text: str, at: int, opening: str, closing: str) -> int:
    depth = 0
    for index in range(at, len(text)):
        depth += (text[index] == opening) - (text[index] == closing)
        if not depth:
            return index
    return len(text)


def _unreadable(code: str, value: str, at: int) -> JsonataSyntaxError:
    return JsonataSyntaxError(code, position=at, value=value)
