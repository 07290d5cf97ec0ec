"""The APIs of an emulator, and which route of an API a request takes.

Of a REST API the most exact resource wins: literal parts before ``{name}``, ``{name}`` before ``{name+}``, a method
before ``ANY``. An HTTP API does so too, and has ``$default`` for all others. Source: API Gateway developer guide,
"Routes for HTTP APIs" and "Proxy resources".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from asl.problems import nearest
from emulator.apigateway.messages import Request

Kind: TypeAlias = Literal["REST", "HTTP", "URL"]
ANY: Final = "ANY"
DEFAULT: Final = "$default"
HOST: Final = ".execute-api."
URL_HOST: Final = ".lambda-url."
_ID: Final = re.compile("[a-z0-9]+")
LOCAL: Final = "/_aws/execute-api/"
"""Before an API's id, the stage and the path, at a server whose host names no API."""


MOST_TOLD: Final = 5
"""The most routes that a message names."""


class Answer(NamedTuple):
    """How what a service has answered becomes a response."""

    status: int
    pattern: str | None = None
    """What the status of a service, or the error of a function, has to match; ``None`` for the default."""
    templates: Mapping[str, str] = {}
    parameters: Mapping[str, str] = {}


class Integration(NamedTuple):
    """What a route calls, and how."""

    type: str
    """``AWS_PROXY``, ``AWS``, ``MOCK``, ``HTTP``, ``HTTP_PROXY``."""
    uri: str = ""
    payload: str = "1.0"
    subtype: str = ""
    templates: Mapping[str, str] = {}
    parameters: Mapping[str, str] = {}
    passthrough: str = "WHEN_NO_MATCH"
    answers: tuple[Answer, ...] = ()
    method: str = "POST"
    """The method with which it asks a service."""


class Route(NamedTuple):
    """A method (or ``ANY``) and a path with ``{names}``, or ``$default``, and what it calls."""

    method: str
    path: str
    integration: Integration

    @property
    def key(self) -> str:
        """An HTTP API's name of the route: ``GET /orders/{id}``."""
        return self.path if self.path == DEFAULT else f"{self.method} {self.path}"


class Matched(NamedTuple):
    """The route of a request, and the values of the names in its path."""

    route: Route
    parameters: Mapping[str, str]


@dataclass
class Api:
    """One API. ``stages``: name -> its variables."""

    id: str
    kind: Kind
    name: str
    region: str
    account: str
    routes: list[Route] = field(default_factory=list)
    stages: dict[str, dict[str, str]] = field(default_factory=dict)
    binary_types: tuple[str, ...] = ()
    cors: Mapping[str, Any] | None = None
    paths: dict[str, str] = field(default_factory=dict)
    """Id of a resource -> its path."""
    has_document: bool = False
    """Whether its routes are those of a document of OpenAPI; SAM's events then add none to a REST API."""
    merges_events: bool = False
    """Whether SAM's events add routes all the same (``MergeDefinitions``)."""
    asked_by_handlers: list[str] = field(default_factory=list)
    """The requests of handlers that wait for this API now, the first one first."""
    integrations: dict[str, Integration] = field(default_factory=dict)
    """Id of an integration that routes name -> the integration."""

    @property
    def root_id(self) -> str:
        """The id of the resource ``/``."""
        return f"{self.id[::-1]}"

    @property
    def host(self) -> str:
        """Its host at AWS."""
        if self.kind == "URL":
            return f"{self.id}{URL_HOST}{self.region}.on.aws"
        return f"{self.id}{HOST}{self.region}.amazonaws.com"

    def match(self, method: str, path: str) -> Matched | None:
        """The route of a request."""
        best: tuple[tuple[Any, ...], Matched] | None = None
        for route in self.routes:
            if route.method not in (method, ANY) and route.path != DEFAULT:
                continue
            found = _parameters(route.path, path)
            if found is None:
                continue
            rank = (route.path != DEFAULT, _exactness(route.path), route.method != ANY)
            if best is None or rank > best[0]:
                best = rank, Matched(route, found)
        return None if best is None else best[1]

    def why_unmatched(self, method: str, path: str) -> str:
        """That no route matches, with the nearest one."""
        told = f"{self.name} has no route {method} {path}"
        if others := [route.key for route in self.routes_at(path)]:
            return f"{told}; that path has {', '.join(others)}"
        keys = [route.key for route in self.routes]
        by_path = {route.path: route.key for route in self.routes}
        near = nearest(f"{method} {path}", keys) or [by_path[each] for each in nearest(path, by_path)]
        if near:
            return f"{told}. Did you mean {near[0]}?"
        return f"{told}; its routes are {', '.join(sorted(keys)[:MOST_TOLD])}" if keys else f"{told}; it has none"

    def at_url(self, request: Request) -> tuple[str, Request] | None:
        """The stage of a request to the API's URL, and the request without it; ``None`` when the URL has no such stage.

        The first part of a URL's path is the stage, whatever the routes are; all else is of the stage ``$default``.
        """
        first, _, rest = request.path.removeprefix("/").partition("/")
        if first in self.stages and first != DEFAULT:
            return first, request._replace(path=f"/{rest}")
        return (DEFAULT, request) if DEFAULT in self.stages else None

    def staged(self, request: Request) -> tuple[str, Request]:
        """The same of a path that may leave its stage out, as those of ``Application.request`` do.

        A first part that is the name of a stage is that stage, unless a route that begins with the same word takes the
        path as it is.
        """
        first = request.path.removeprefix("/").partition("/")[0]
        if first in self.stages and first != DEFAULT:
            matched = self.match(request.method, request.path)
            if matched is None or _parts(matched.route.path)[:1] != [first]:
                return self.at_url(request) or (first, request)
        stages = list(self.stages)
        stage = DEFAULT if DEFAULT in stages else stages[0] if stages else (DEFAULT if self.kind != "REST" else "test")
        return stage, request

    def routes_at(self, path: str) -> list[Route]:
        """The routes of the resource that takes a path, the most exact one."""
        found = [route for route in self.routes if _parameters(route.path, path) is not None]
        best = max((_exactness(route.path) for route in found), default=())
        return [route for route in found if _exactness(route.path) == best]


class Apis:
    """All APIs by their ids; ``read`` finds those that programs have made, by id and region."""

    def __init__(self, read: Callable[[str, str], Api | None] | None = None) -> None:
        self._apis: dict[str, Api] = {}
        self._read = read
        self.named: dict[tuple[str, str], Api] = {}
        """Stack and logical id -> the API that a template has made."""

    def add(self, api: Api) -> Api:
        """Add an API."""
        self._apis[api.id] = api
        return api

    def remove(self, api: Api) -> None:
        """Forget an API."""
        self._apis.pop(api.id, None)

    def get(self, id_: str) -> Api | None:
        """The API with this id."""
        return self._apis.get(id_)

    def __iter__(self) -> Iterator[Api]:
        return iter(self._apis.values())

    def at(self, url: str, host: str = "") -> tuple[Api, str] | None:
        """The API that a URL names by its host or path, and the path in it, with its stage; ``None`` for any other."""
        parts = urlsplit(url)
        name = (parts.hostname or urlsplit(f"//{host}").hostname or "").lower()
        if HOST in name or URL_HOST in name:
            id_, _, rest = name.partition(".")
            api = self._find(id_, rest.split(".")[1] if HOST in name else "")
            return None if api is None else (api, parts.path or "/")
        if parts.path.startswith(LOCAL):
            id_, _, rest = parts.path.removeprefix(LOCAL).partition("/")
            api = self._find(id_, "localhost")
            return None if api is None else (api, f"/{rest}")
        return None

    def _find(self, id_: str, region: str) -> Api | None:
        """The API of an id in a region; ``localhost``, the host of a server, stands for the emulator's own region."""
        api = self._apis.get(id_)
        if api is None and self._read is not None and region and _ID.fullmatch(id_):
            return self._read(id_, "" if region == "localhost" else region)
        return api


def _parts(path: str) -> list[str]:
    return [each for each in path.strip("/").split("/") if each]


def _parameters(pattern: str, path: str) -> dict[str, str] | None:
    """The values of the names in a route's path; ``None`` when the path is another one."""
    if pattern == DEFAULT:
        return {}
    wanted, given = _parts(pattern), _parts(path)
    found: dict[str, str] = {}
    for number, part in enumerate(wanted):
        if part.startswith("{") and part.endswith("+}"):
            if number >= len(given):
                return None
            return {**found, part[1:-2]: unquote("/".join(given[number:]))}
        if number >= len(given):
            return None
        if part.startswith("{") and part.endswith("}"):
            found[part[1:-1]] = unquote(given[number])
        elif part != unquote(given[number]):
            return None
    return found if len(given) == len(wanted) else None


def _exactness(path: str) -> tuple[int, ...]:
    """A path's rank, part by part: literal, then one name, then a name of many parts."""
    return tuple(0 if part.endswith("+}") else 1 if part.startswith("{") else 2 for part in _parts(path))
