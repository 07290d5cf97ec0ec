"""Which HTTP requests a server of this machine answers: those of programs, and of its own pages, not of other pages.

Every page that a browser shows can send requests to this machine's ports, and a server that answers them lets the page
create a function and invoke it. Signatures are not checked, so the server tells the two apart by what a browser sends:

- A page can send GET, HEAD and POST with few headers of its own. To every POST the browser adds ``Origin`` (``null``
  for a sandboxed page), and to all requests to this machine ``Sec-Fetch-Site``; the page can change neither (Fetch
  standard, "Origin header"; Fetch Metadata). A foreign one is refused.
- For another method or header the browser asks first, with OPTIONS and ``Origin``. The answer is no, without any
  ``Access-Control-`` header. So a header that a form cannot send proves a program, or a page of the server itself.
- A name of the page's own may lead to this machine (DNS rebinding). The browser then sees no foreign request, but
  ``Host`` has that name. Only names that the server has are answered.
- A GET from a link or an image to another address than loopback carries neither header (they are for trustworthy
  addresses). So a GET changes nothing here, and a credential scope in the query, which a link can hold, is a signature
  for few services only.
- A page served from a bucket is of the server's own origin. Responses say that their pages are sandboxed, which gives
  requests of such a page ``Origin: null``.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from ipaddress import IPv6Address, ip_address
from json import dumps
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qs, unquote

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
"""An ASGI application, and what it is called with (ASGI 3)."""

_HOST: Final = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f.]*:[0-9a-f:.]*\])(?::([0-9]{1,5}))?")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
SYNC: Final = "sync-"
"""What AWS's SDKs put before the host of StartSyncExecution. A page cannot have a name of loopback with it: that has no
dot, or ends in a number, which no name in a URL does."""
OWN_SITES: Final = ("same-origin", "none")
"""Values of ``Sec-Fetch-Site`` that are not another page's: the server's own page, and the address bar."""
QUERY_SIGNED: Final[Mapping[str, Sequence[str]]] = {
    "s3": ("GET", "HEAD", "PUT", "POST", "DELETE"),
    "sts": ("GET",),
}
"""The services that take a signature in the query, for presigned URLs, and the methods."""
OWN_HEADER: Final = "x-emulator"
"""The header, with any text, that a request to change the server itself has; a JSON content type counts as well."""

HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "sandbox; frame-ancestors 'none'",
}
"""Headers of every response, unless it has its own: no frame, image or script of another page shows it."""


class Refusal(NamedTuple):
    """Why a request is not answered."""

    status: int
    code: str
    message: str


class Head(NamedTuple):
    """What is read of a request; ``headers`` are pairs of a name and a text, ``query`` is percent-encoded."""

    method: str
    query: str
    headers: Sequence[tuple[str, str]]

    def texts(self, name: str) -> list[str]:
        """The texts of each header of this name, given in lower case."""
        return [text.strip() for each, text in self.headers if each.lower() == name]


def refused(
    head: Head, local: tuple[str, int | None] | None, names: Iterable[str] = (), listening: str = ""
) -> Refusal | None:
    """Why the request is refused, ``None`` if it is not.

    ``local`` is the address and port at which the connection came in, ``None`` for a Unix socket, which no browser
    connects to: then ``Host`` is not checked. ``listening`` is the name or address that the server was told to listen
    on. ``names`` are further names of the server: ``NAME`` at any port, ``NAME:PORT``, or ``.NAME`` for all names that
    end so.
    """
    hosts, origins, sites = head.texts("host"), head.texts("origin"), head.texts("sec-fetch-site")
    named = len(hosts) == 1 and any(_fits(hosts[0], name) for name in names)
    if len(hosts) != 1 or not (named or _is_local(hosts[0], local, listening)):
        return _foreign_host(hosts)
    schemes = ("http", "https") if named else ("http",)
    if len(origins) > 1 or not all(_is_same(origin, hosts[0], schemes) for origin in origins):
        return _foreign_page(f"Origin: {', '.join(origins)}", hosts[0])
    if not all(site in OWN_SITES for site in sites):
        return _foreign_page(f"Sec-Fetch-Site: {', '.join(sites)}", hosts[0])
    return _unsigned(head)


def is_name(text: str) -> bool:
    """Whether it can be one of ``names``."""
    return _parted(text.removeprefix(".")) is not None


def proves_program(head: Head) -> bool:
    """Whether the request has a header that no form and no link can send."""
    kinds = [text.partition(";")[0].strip().lower() for text in head.texts("content-type")]
    return kinds == ["application/json"] or any(head.texts(OWN_HEADER))


def _parted(host: str) -> tuple[str, int] | None:
    """Name or address, and port, of a ``Host``; ``None`` if it is none."""
    found = _HOST.fullmatch(host.lower())
    return None if found is None else (found[1].strip("[]"), int(found[2] or 80))


def _fits(host: str, name: str) -> bool:
    found, wanted = _parted(host), _parted(name.removeprefix("."))
    if found is None or wanted is None:
        return False
    any_port = name.rpartition("]")[2].count(":") == 0
    same = found[0] == wanted[0] or (name.startswith(".") and found[0].endswith(f".{wanted[0]}"))
    return same and (any_port or found[1] == wanted[1])


def _is_local(host: str, local: tuple[str, int | None] | None, listening: str) -> bool:
    """Whether it is a name of this machine that no page can have, the address that was connected to, or ``listening``,
    with the port that was connected to."""
    found = _parted(host)
    if local is None or found is None:
        return local is None
    name, port = found
    if local[1] is not None and port != local[1]:
        return False
    if name.removeprefix(SYNC) in LOOPBACK:
        return True
    return name in LOOPBACK or name.endswith(".localhost") or _address(name) in map(_address, (local[0], listening))


def _address(text: str) -> object:
    try:
        address = ip_address(text)
    except ValueError:
        return text.lower()
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_same(origin: str, host: str, schemes: Iterable[str]) -> bool:
    """Whether a page of ``origin`` comes from ``host``."""
    scheme, separator, rest = origin.lower().partition("://")
    default = {"http": 80, "https": 443}.get(scheme)
    found, wanted = _parted(rest), _parted(host)
    if not separator or scheme not in schemes or found is None or wanted is None:
        return False
    port = found[1] if rest.rpartition("]")[2].count(":") else default
    is_default = not host.rpartition("]")[2].count(":")
    return found[0] == wanted[0] and (port == wanted[1] or (is_default and port == default))


def _foreign_host(hosts: Sequence[str]) -> Refusal:
    if len(hosts) != 1:
        return Refusal(400, "InvalidHostException", "a request needs one Host header")
    host = hosts[0]
    name = (_parted(host) or (host,))[0]
    return Refusal(
        421,
        "InvalidHostException",
        f"{host!r} is not an address of this server; a web page could reach it under a name of its own\n"
        f"    fix: ask for the address that the server printed, or start it with: emulate serve --allow-host {name}",
    )


def _foreign_page(what: str, host: str) -> Refusal:
    return Refusal(
        403,
        "AccessDeniedException",
        f"the request comes from a web page that this server did not send ({what}); only programs are answered, and "
        f"pages of http://{host}\n"
        "    fix: send it from a program without these headers; type the address of a page into the address bar",
    )


def _unsigned(head: Head) -> Refusal | None:
    """Refuse a signature in the query of a request that could come from a link or a form, where no program needs it."""
    if head.texts("authorization") or head.texts("x-amz-target"):
        return None
    credential = parse_qs(head.query).get("X-Amz-Credential")
    if credential is None:
        return None
    scope = credential[-1].split("/")
    service = scope[-2] if len(scope) > 1 else ""
    if head.method in QUERY_SIGNED.get(service, ()):
        return None
    return Refusal(
        403,
        "AccessDeniedException",
        f"a signature in the query is taken for presigned URLs of {', '.join(QUERY_SIGNED)}, not for {head.method} to "
        f"{service or 'an unnamed service'}; a web page could send it\n"
        "    fix: sign with an Authorization header, as AWS's clients do",
    )


# ASGI -----------------------------------------------------------------------------------------------------------------


Writer: TypeAlias = Callable[[Message, Refusal], tuple[str, bytes]]
"""Content type and body of a refusal of the request with this scope."""


def in_json(_scope: Message, refusal: Refusal) -> tuple[str, bytes]:
    """A refusal as AWS's JSON protocols and as GraphQL write it."""
    content = {"__type": refusal.code, "message": refusal.message, "errors": [{"message": refusal.message}]}
    return "application/json", dumps(content).encode()


class Guarded:
    """An ASGI application that answers no request of foreign pages. ``names`` and ``listening`` as in ``refused``."""

    def __init__(self, app: App, names: Iterable[str] = (), write: Writer = in_json, *, listening: str = "") -> None:
        self._app = app
        self._names = tuple(names)
        self._listening = listening
        self._write = write

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer or refuse one request; no WebSocket is opened."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _guarded(message.get("headers", ()))}
            await send(message)

        scope = in_origin_form(scope)
        refusal = refused(head_of(scope), scope.get("server"), self._names, self._listening)
        if refusal is None:
            await self._app(scope, receive, send_guarded)
            return
        kind, body = self._write(scope, refusal)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        headers.append((b"connection", b"close"))
        await send_guarded({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send_guarded({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


def in_origin_form(scope: Message) -> Message:
    """The scope with a target in absolute form (RFC 9112, 3.2.2) as a path; its authority is then a further ``Host``.

    ``Host`` has to be the same (3.2), so another one makes two, which are refused.
    """
    raw = bytes(scope.get("raw_path") or b"").partition(b"?")[0]
    found = _ABSOLUTE.match(raw)
    if found is None:
        return scope
    rest = raw[found.end() :] or b"/"
    same = [text.lower() for name, text in scope["headers"] if name.lower() == b"host"] == [found[1].lower()]
    added = [] if same else [(b"host", found[1])]
    path = unquote(rest.decode("latin-1"))
    return {**scope, "raw_path": rest, "path": path, "headers": [*scope["headers"], *added]}


def head_of(scope: Message) -> Head:
    """The head of the request with this ASGI scope."""
    headers = [(name.decode("latin-1"), text.decode("latin-1")) for name, text in scope["headers"]]
    return Head(scope["method"], scope["query_string"].decode("latin-1"), headers)


def _guarded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without permissions for other pages, which backends give (CORS), and with ``HEADERS``."""
    kept = [(name, text) for name, text in headers if not name.lower().startswith(b"access-control-")]
    there = {name.lower() for name, _ in kept}
    added = ((name.lower().encode(), text.encode()) for name, text in HEADERS.items())
    return kept + [(name, text) for name, text in added if name not in there]
