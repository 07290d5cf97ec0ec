"""Which application or host answers a URL: the longest registered URL that it begins with."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from emulator.aws.guard.hosts import is_aws
from emulator.endpoints.messages import Received, SentRequest
from emulator.errors import EmulatorError
from emulator.wrong_types import check_text, shown

_PORTS: Final = {"http": 80, "https": 443}
_FIX: Final = 'fix: emulator.http("https://api.example.com", app)'


class Endpoint:
    """What answers the URLs that begin with ``url``, and the requests that it got."""

    def __init__(self, url: str, ask: Callable[[SentRequest], Received]) -> None:
        self.url = url
        """Scheme, host, and the beginning of the path."""
        self.requests: list[SentRequest] = []
        """The requests of Tasks, in their order."""
        self._ask = ask

    def answer(self, request: SentRequest) -> Received:
        """The response; an application that raises an ``Exception`` answers 500, as behind a server."""
        self.requests.append(request)
        return self._ask(request)

    def __repr__(self) -> str:
        return f"<Endpoint {self.url}, requests: {len(self.requests)}>"


class Endpoints:
    """The endpoints of one emulator."""

    def __init__(self) -> None:
        self._endpoints: dict[tuple[tuple[str, str, int], str], Endpoint] = {}

    def __bool__(self) -> bool:
        return bool(self._endpoints)

    def add(self, url: str, app: Callable[..., Any] | None, forward: bool | str) -> Endpoint:
        """Let an application or a host answer, in place of what answered the same URL. Raises ``EmulatorError``."""
        check_text("url", url, 'http("https://api.example.com", app)')
        origin, path = _read(url)
        if (app is None) == (forward is False):
            raise EmulatorError(f"http({url!r}): give an application or forward=, one of them\n    {_FIX}")
        if app is not None:
            ask = _in_process(url, app)
        elif isinstance(forward, str | bool):
            ask = _forwarding(url, url if forward is True else str(forward))
        else:
            raise EmulatorError(
                f"http({url!r}): forward={shown(forward)} is neither True nor the URL of a server\n"
                '    fix: forward=True, or forward="http://localhost:8000"'
            )
        made = self._endpoints[origin, path] = Endpoint(url, ask)
        return made

    def find(self, url: str) -> Endpoint | None:
        """What answers ``url``."""
        origin, path = _origin(url), urlsplit(url).path.rstrip("/")
        fitting = [
            (len(start), endpoint)
            for (own, start), endpoint in self._endpoints.items()
            if own == origin and (path == start or path.startswith(f"{start}/") or not start)
        ]
        return max(fitting, key=lambda each: each[0])[1] if fitting else None

    def urls(self) -> list[str]:
        """The URLs that something answers."""
        return [each.url for each in self._endpoints.values()]


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def _read(url: str) -> tuple[tuple[str, str, int], str]:
    """The origin and the path of a URL; raises ``EmulatorError`` for anything else."""
    try:
        origin = _origin(url)
    except ValueError as error:
        raise EmulatorError(f"http({url!r}): {error}\n    {_FIX}") from None
    if origin[0] not in _PORTS or not origin[1]:
        raise EmulatorError(f"http({url!r}) is not a URL with a scheme and a host\n    {_FIX}")
    if urlsplit(url).query or urlsplit(url).fragment:
        raise EmulatorError(f"http({url!r}): leave out the query; the URL is the beginning of those that are answered")
    return origin, urlsplit(url).path.rstrip("/")


def _in_process(url: str, app: object) -> Callable[[SentRequest], Received]:
    from emulator.endpoints import asgi, wsgi

    if not callable(app):
        raise EmulatorError(f"http({url!r}): {shown(app)} is not an application of WSGI or ASGI\n    {_FIX}")
    is_asgi = asgi.is_asgi(app)
    if not _takes(app, 3 if is_asgi else 2):
        kind, wanted = ("ASGI", "(scope, receive, send)") if is_asgi else ("WSGI", "(environ, start_response)")
        raise EmulatorError(
            f"http({url!r}): {shown(app)} is not an application of {kind}, which takes {wanted}\n    {_FIX}"
        )
    ask_app = asgi.ask if is_asgi else wsgi.ask

    def ask(request: SentRequest) -> Received:
        try:
            return ask_app(app, request)
        except EmulatorError:
            raise
        except Exception as error:
            return Received(
                500, "Internal Server Error", (("Content-Type", "text/plain"),), b"Internal Server Error", error
            )

    return ask


def _takes(app: Callable[..., Any], count: int) -> bool:
    """Whether an application takes so many positional arguments; one that does not say so does."""
    from inspect import signature

    try:
        signature(app).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _forwarding(url: str, target: str) -> Callable[[SentRequest], Received]:
    (_, host, _), path = _read(target)
    if is_aws(host):
        raise EmulatorError(f"http({url!r}): {host} is AWS's, which no request reaches while an emulator is open")
    if target != url and path:
        raise EmulatorError(f"http({url!r}): forward={target!r}: leave out the path; the request keeps its own")
    from emulator.endpoints.forwarding import ask

    return lambda request: ask(target, request)
