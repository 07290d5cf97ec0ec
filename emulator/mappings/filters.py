"""FilterCriteria: which records a function or a pipe gets (developer guide; recorded: ``test_sqs_event_filter``).

A filter is an event pattern for one record; a record needs one that matches. Under the key that holds a record's own
data (``body``, ``data``) the pattern may be an object: the data must then be JSON, an object. Or it may be a list of
texts: the data must then be no JSON. A record whose data has the other form matches no such filter.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from asl.values import Json, JsonTextError, decode
from emulator.eventbridge.patterns import InvalidEventPattern, Pattern
from emulator.eventbridge.patterns import compile as compile_pattern

Matches: TypeAlias = Callable[[Mapping[str, Json]], bool]
OR: Final = "$or"
DATA: Final[Mapping[str, str]] = {"sqs": "body", "kinesis": "data"}
"""A source's service -> the key of a record's own data, which is a text or base64."""


class InvalidFilterError(ValueError):
    """A pattern that AWS refuses."""


def everything(content: Mapping[str, Json]) -> bool:
    """Without a filter every record matches."""
    return True


def compile_filters(patterns: Iterable[Any], service: str) -> Matches:
    """Whether one of the patterns (texts) matches a record; raises ``InvalidFilterError``."""
    tests = [_compile(text, DATA.get(service)) for text in patterns]
    if not tests:
        return everything
    return lambda content: any(test(content) for test in tests)


def _compile(text: Any, data: str | None) -> Matches:
    if not isinstance(text, str):
        raise InvalidFilterError(f"{text!r} is not an event pattern")
    try:
        pattern = compile_pattern(text)
    except InvalidEventPattern as error:
        raise InvalidFilterError(str(error)) from None
    given: dict[str, Any] = json.loads(text)
    if data is None or not _names(given, data):
        return lambda content: pattern.matches(dict(content))
    if OR not in given:
        return _reading(pattern, data, wants_json=isinstance(given[data], dict))
    return _of_each(given, data)


def _names(given: Mapping[str, Any], data: str) -> bool:
    """Whether a pattern names a record's own data, in an alternative of ``$or``, too."""
    return data in given or any(_names(each, data) for each in given.get(OR, ()))


def _of_each(given: Mapping[str, Any], data: str) -> Matches:
    """A pattern with ``$or``, whose alternatives may want data of another form each: every part is tested by itself."""
    rest = {name: value for name, value in given.items() if name != OR}
    both = _compile(json.dumps(rest), data) if rest else everything
    choices = [_compile(json.dumps(each), data) for each in given[OR]]
    return lambda content: both(content) and any(choice(content) for choice in choices)


def _reading(pattern: Pattern, data: str, *, wants_json: bool) -> Matches:
    def matches(content: Mapping[str, Json]) -> bool:
        holder: Any = content.get("kinesis", content)
        text = holder.get(data)
        if data == "data":
            text = base64.b64decode(text).decode(errors="replace")
        value = read_json(text)
        if wants_json is not isinstance(value, dict):
            return False
        return pattern.matches({**content, data: value if wants_json else text})

    return matches


def read_json(text: Any) -> Json:
    """The object or array in a text; the text itself for any other."""
    try:
        value: Any = decode(text)
    except (JsonTextError, TypeError):
        value = None
    found: Json = value if isinstance(value, dict | list) else text
    return found
