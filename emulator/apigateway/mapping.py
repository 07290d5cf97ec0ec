"""Mapping templates: Velocity's language (VTL), with the variables that API Gateway gives them.

airspeed evaluates the language (``docs/adr``). What it lacks of Java's methods on texts is lent to it while a template
runs; values of a JSON document print as Java prints them. Source of the variables: API Gateway developer guide,
"Mapping template and access logging variable reference".
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final
from urllib.parse import quote_plus, unquote_plus

from asl import jsonpath
from asl.jsonpath import PathNotFound, PathSyntaxError
from asl.values import JsonTextError, decode
from emulator.apigateway.events import Call, context_1

MARK: Final = "\ue000"
"""Stands for a backslash while a template runs: Velocity leaves it in texts as it is, airspeed reads it as Python."""


SHOWN: Final = 300
"""The characters of a template's input that an error shows."""


class MappingError(Exception):
    """A template that cannot be evaluated: the client gets status 500."""


class Mapped:
    """What a template has made: a text, and the status and headers that it overrides."""

    def __init__(self, text: str, overridden: Mapping[str, Any]) -> None:
        self.text = text
        self.status: int | None = None
        if (status := overridden.get("status")) is not None:
            self.status = int(str(status))
        headers = overridden.get("header")
        self.headers = {str(name): str(value) for name, value in (headers or {}).items()}


def mapped(template: str, call: Call, body: str, *, stage_variables: Mapping[str, str] | None = None) -> Mapped:
    """The text that a template makes of ``body``: a request's, or a service's answer. Raises ``MappingError``."""
    import airspeed  # takes 20 ms, and few applications need it

    context = _java(context_1(call))
    context["responseOverride"] = override = _Map(header=_Map())
    context["requestOverride"] = _Map(header=_Map(), path=_Map(), querystring=_Map())
    names = {
        "input": _Input(call, body),
        "util": _Util(),
        "context": context,
        "stageVariables": _java(dict(stage_variables or call.variables)),
    }
    try:
        with _lent(airspeed):
            text = airspeed.Template(template.replace("\\", MARK)).merge(names).replace(MARK, "\\")
    except Exception as error:  # a template is a program: it can fail in every way
        shown = body if len(body) <= SHOWN else f"{body[:SHOWN]}..."
        raise MappingError(f"a mapping template fails: {type(error).__name__}: {error}; its input is {shown}") from None
    return Mapped(text, override)


# Java's values ---------------------------------------------------------------------------------------------------


class _Map(dict[str, Any]):
    """A map with Java's methods; it prints as Java's."""

    def keySet(self) -> "_List":  # noqa: N802 - Java's name
        return _List(self)

    def entrySet(self) -> "_List":  # noqa: N802
        return _List(_Map(key=name, value=value) for name, value in dict.items(self))

    def size(self) -> int:
        return len(self)

    def isEmpty(self) -> "_Truth":  # noqa: N802
        return _Truth(not self)

    def containsKey(self, key: str) -> "_Truth":  # noqa: N802
        return _Truth(key in self)

    def put(self, key: str, value: Any) -> None:
        self[key] = value

    def putAll(self, others: Mapping[str, Any]) -> None:  # noqa: N802
        self.update(others)

    def remove(self, key: str) -> Any:
        return self.pop(key, None)

    def toString(self) -> str:  # noqa: N802
        return str(self)

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}={_shown(value)}" for name, value in dict.items(self)) + "}"


class _List(list[Any]):
    """A list with Java's methods; one of a document prints as JSON."""

    def size(self) -> int:
        return len(self)

    def isEmpty(self) -> "_Truth":  # noqa: N802
        return _Truth(not self)

    def get(self, index: int) -> Any:
        return self[index]

    def add(self, value: Any) -> "_Truth":
        self.append(value)
        return _Truth(1)

    def contains(self, value: Any) -> "_Truth":
        return _Truth(value in self)

    def toString(self) -> str:  # noqa: N802
        return str(self)

    def __str__(self) -> str:
        return json.dumps(self, separators=(",", ":"), ensure_ascii=False)


class _Truth(int):
    """``true`` or ``false``."""

    def toString(self) -> str:  # noqa: N802
        return str(self)

    def __str__(self) -> str:
        return "true" if self else "false"


def _java(value: Any) -> Any:
    """A JSON value with Java's methods."""
    if isinstance(value, dict):
        return _Map((name, _java(each)) for name, each in value.items())
    if isinstance(value, list):
        return _List(map(_java, value))
    return _Truth(value) if isinstance(value, bool) else value


def _shown(value: Any) -> str:
    return "null" if value is None else str(value).replace(MARK, "\\")


def _plain(value: Any) -> Any:
    """``value`` without Java: truths are JSON's again."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return bool(value) if isinstance(value, _Truth) else value


def _replacement(text: str) -> str:
    """A replacement of Java's, with ``$1`` and escapes, as Python's."""
    return _GROUP.sub(lambda found: f"\\g<{found[2]}>" if found[2] else found[1].replace("\\", "\\\\"), text)


_GROUP: Final = re.compile(r"\\(.)|\$(\d)")
TEXT_METHODS: Final[Mapping[str, Callable[..., Any]]] = {
    "concat": lambda text, other: text + other,
    "endsWith": lambda text, end: _Truth(text.endswith(end)),
    "equals": lambda text, other: _Truth(text == other),
    "equalsIgnoreCase": lambda text, other: _Truth(text.lower() == str(other).lower()),
    "indexOf": lambda text, part: text.find(part),
    "isEmpty": lambda text: _Truth(not text),
    "lastIndexOf": lambda text, part: text.rfind(part),
    "matches": lambda text, pattern: _Truth(re.fullmatch(pattern, text) is not None),
    "replaceAll": lambda text, pattern, new: re.sub(pattern, _replacement(new), text),
    "replaceFirst": lambda text, pattern, new: re.sub(pattern, _replacement(new), text, count=1),
    "split": lambda text, pattern: _List(re.split(pattern, text)),
    "substring": lambda text, start, end=None: text[start:end],
    "toLowerCase": lambda text: text.lower(),
    "toString": lambda text: text,
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
"""Methods of Java's String that airspeed lacks, or has in Python's way."""
_LOCK: Final = RLock()


def _on_texts(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, given texts with their backslashes."""
    return lambda *given: method(*(_shown(each) if isinstance(each, str) else each for each in given))


@contextmanager
def _lent(airspeed: Any) -> Iterator[None]:
    """A block in which airspeed knows these methods."""
    methods: dict[str, Any] = vars(airspeed)["__additional_methods__"][str]
    with _LOCK:
        before = dict(methods)
        methods.update({name: _on_texts(method) for name, method in TEXT_METHODS.items()})
        try:
            yield
        finally:
            methods.clear()
            methods.update(before)


# Its variables -----------------------------------------------------------------------------------------------------


class _Input:
    """``$input``."""

    def __init__(self, call: Call, body: str) -> None:
        self._call = call
        self.body = body

    def json(self, path: str) -> str:
        """The JSON text of what a path finds."""
        found = self._find(path)
        return "" if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    def path(self, path: str) -> Any:
        """What a path finds."""
        return _java(self._find(path))

    def params(self, name: str | None = None) -> Any:
        """All parameters by place, or the first of a name: in the path, the query, the headers."""
        request = self._call.request
        places = _Map(
            path=_Map(self._call.matched.parameters),
            querystring=_Map(request.query),
            header=_Map(request.headers),
        )
        if name is None:
            return places
        for place in places.values():
            if name in place:
                return place[name]
        wanted = [value for each, value in request.headers if each.lower() == name.lower()]
        return wanted[-1] if wanted else ""

    def _find(self, path: str) -> Any:
        try:
            document = decode(self.body) if self.body.strip() else {}
            return jsonpath.compile_jayway(path if path.startswith("$") else f"$.{path}").read(document)
        except (JsonTextError, PathNotFound, PathSyntaxError):
            return None


class _Util:
    """``$util``."""

    def escapeJavaScript(self, text: Any) -> str:  # noqa: N802 - API Gateway's names
        """The text with quotes, backslashes and control characters escaped."""
        escaped = json.dumps(_shown(text), ensure_ascii=True)[1:-1]
        return escaped.replace("'", "\\'")

    def parseJson(self, text: str) -> Any:  # noqa: N802
        return _java(decode(_shown(text)))

    def urlEncode(self, text: Any) -> str:  # noqa: N802
        return quote_plus(_shown(text))

    def urlDecode(self, text: str) -> str:  # noqa: N802
        return unquote_plus(_shown(text))

    def base64Encode(self, text: Any) -> str:  # noqa: N802
        return base64.b64encode(_shown(text).encode()).decode()

    def base64Decode(self, text: str) -> str:  # noqa: N802
        return base64.b64decode(text).decode(errors="replace")

    def toJson(self, value: Any) -> str:  # noqa: N802
        return json.dumps(_plain(value), separators=(",", ":"))

    def escapeHtml(self, text: Any) -> str:  # noqa: N802
        return html.escape(_shown(text))
