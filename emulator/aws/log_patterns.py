"""Filter patterns of CloudWatch Logs: which log events FilterLogEvents gives.

Terms of a text (``ERROR "not found" -debug``, ``?A ?B``), regular expressions (``%E[0-9]+%``) and comparisons of JSON
(``{ $.type = "*Failed" && $.id > 4 }``). A member that a log event does not have fulfils ``NOT EXISTS`` alone.
(CloudWatch Logs user guide, FilterAndPatternSyntax.)
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

Matches: TypeAlias = Callable[[str], bool]
"""Whether the message of a log event fulfils a pattern."""
Test: TypeAlias = Callable[[Any], bool]
"""Whether a JSON value fulfils a comparison."""

TERM: Final = re.compile(r'\s*([?-]?)("(?:[^"\\]|\\.)*"|%[^%]+%|[^\s"%]+)(?=\s|$)')
TOKEN: Final = re.compile(
    r'\s*(?:(&&|\|\||!=|<=|>=|[=<>(){}])|("(?:[^"\\]|\\.)*"|%[^%]+%)|(\$(?:\.\w+|\[\d+\]|\[[\'"][^\'"]+[\'"]\])*)'
    r"(?=[\s=!<>)}])|([\w*.:/+-]+))"
)
STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]")
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MISSING: Final = object()


class PatternError(ValueError):
    """A pattern that is not evaluated, and why."""


def matcher(pattern: str) -> Matches:
    """The test that a pattern makes; raises ``PatternError`` for one that is not evaluated."""
    text = pattern.strip()
    if text.startswith("["):
        raise PatternError("it is a pattern of columns")
    if text.startswith("{"):
        test = _Json(text).read()
        return lambda message: _of_json(test, message)
    return _terms(text)


def _of_json(test: Test, message: str) -> bool:
    try:
        return test(json.loads(message))
    except ValueError:
        return False


# Terms ---------------------------------------------------------------------------------------------------------------


def _terms(text: str) -> Matches:
    found: dict[str, list[Matches]] = {"": [], "?": [], "-": []}
    at = 0
    while at < len(text):
        match = TERM.match(text, at)
        if match is None:
            raise PatternError(f"{text[at:]!r} is not a term")
        found[match[1]].append(_term(match[2]))
        at = match.end()
    if found["?"] and (found[""] or found["-"]):
        raise PatternError("terms with ? stand beside others")

    def matches(message: str) -> bool:
        wanted = not found["?"] or any(each(message) for each in found["?"])
        return wanted and all(each(message) for each in found[""]) and not any(each(message) for each in found["-"])

    return matches


def _term(text: str) -> Matches:
    if text.startswith("%"):
        return _regular(text)
    wanted = _unquoted(text) if text.startswith('"') else text
    return lambda message: wanted in message


def _regular(text: str) -> Matches:
    try:
        expression = re.compile(text[1:-1])
    except re.error as error:
        raise PatternError(f"{text} is not a regular expression: {error}") from None
    return lambda message: expression.search(message) is not None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


# Comparisons of JSON -------------------------------------------------------------------------------------------------


class _Json:
    """Reads ``{ ... }``: ``||`` of ``&&`` of comparisons and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise PatternError(f"{text[at:].strip()!r} is not read")
            self._tokens.append(match[0].strip())
            at = match.end()

    def read(self) -> Test:
        self._take("{")
        test = self._any()
        self._take("}")
        if self._tokens:
            raise PatternError(f"{self._tokens[0]!r} follows its end")
        return test

    def _take(self, *wanted: str) -> str:
        if not self._tokens or (wanted and self._tokens[0] not in wanted):
            found = repr(self._tokens[0]) if self._tokens else "its end"
            raise PatternError(f"{found} stands where {' or '.join(wanted) or 'more'} belongs")
        return self._tokens.pop(0)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._tokens[:1] == ["||"]:
            self._take()
            tests.append(self._all())
        return lambda value: any(each(value) for each in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._tokens[:1] == ["&&"]:
            self._take()
            tests.append(self._one())
        return lambda value: all(each(value) for each in tests)

    def _one(self) -> Test:
        if self._tokens[:1] == ["("]:
            self._take()
            test = self._any()
            self._take(")")
            return test
        selector = self._take()
        if not selector.startswith("$"):
            raise PatternError(f"{selector!r} stands where a member ($.name) belongs")
        find = partial(_found, [_step(each) for each in STEP.finditer(selector)])
        word = self._take(*COMPARISONS, "IS", "NOT")
        if word == "NOT":
            self._take("EXISTS")
            return lambda value: find(value) is _MISSING
        if word == "IS":
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}[self._take("NULL", "TRUE", "FALSE")]
            return lambda value: find(value) is wanted
        compare = _comparison(word, self._take())
        return lambda value: (found := find(value)) is not _MISSING and compare(found)


def _step(match: re.Match[str]) -> str | int:
    return int(match[2]) if match[2] is not None else match[1] or match[3]


def _found(path: list[str | int], value: Any) -> Any:
    for step in path:
        is_item = isinstance(step, int) and isinstance(value, list) and step < len(value)
        if not is_item and not (isinstance(step, str) and isinstance(value, Mapping) and step in value):
            return _MISSING
        value = value[step]
    return value


def _comparison(word: str, written: str) -> Test:
    compare = COMPARISONS[word]
    if NUMBER.fullmatch(written):
        number = float(written)
        return lambda found: not isinstance(found, bool) and isinstance(found, int | float) and compare(found, number)
    if word not in ("=", "!="):
        raise PatternError(f"{word} compares numbers, not {written}")
    if written.startswith("%"):
        same: Matches = _regular(written)
    else:
        text = _unquoted(written) if written.startswith('"') else written
        expression = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
        same = lambda found: expression.fullmatch(found) is not None  # noqa: E731
    return lambda found: isinstance(found, str) and same(found) is (word == "=")
