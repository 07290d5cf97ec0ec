"""Sockets and names: no name of AWS is looked up, and no socket is connected to AWS.

This layer holds for every library that is written in Python, also for those that no other guard knows: the name of a
host is looked up before anything is sent. ``socket.getaddrinfo`` calls the function of the same name in ``_socket``, so
that one is replaced: code that holds ``socket.getaddrinfo`` itself is guarded, too.
"""

from collections.abc import Callable
from typing import Any, Final

from emulator.aws.guard.asking import check, check_moto
from emulator.aws.guard.patches import Patch


def _lookup(original: Any) -> Any:
    def look_up(host: Any = None, *given: Any, **named: Any) -> Any:
        _check_name(host[0] if isinstance(host, tuple) and host else host)
        return original(host, *given, **named)

    return look_up


def _host_named(original: Any) -> Any:
    """``getaddrinfo(host, port, ...)``, whose arguments may all be named."""

    def getaddrinfo(*given: Any, **named: Any) -> Any:
        _check_name(given[0] if given else named.get("host"))
        return original(*given, **named)

    return getaddrinfo


def _connection(address: Callable[[tuple[Any, ...]], Any]) -> Callable[[Any], Any]:
    def make(original: Any) -> Any:
        def method(self: Any, *given: Any) -> Any:
            _check_address(address(given))
            return original(self, *given)

        return method

    return make


_HERE: Final = (None, "", "localhost", "127.0.0.1", "0.0.0.0", "::1", "::")
"""This machine: a look-up of it sends nothing."""


def _check_name(name: Any) -> None:
    shown = None if name is None else _text(name)
    if shown not in _HERE:
        check(shown, f"a look-up of the name {shown}")


def _check_address(address: Any) -> None:
    if isinstance(address, tuple) and len(address) > 1:
        check(address[0], f"a connection to {_text(address[0])}, port {address[1]}")
    elif address is not None:
        check_moto(f"a connection to {_text(address)}")


def _text(name: Any) -> str:
    return name.decode("latin-1") if isinstance(name, bytes | bytearray) else str(name)


def _of_loop(original: Any) -> Any:
    """asyncio looks names up in another thread; here the line of the caller is still known."""

    def getaddrinfo(self: Any, host: Any, *given: Any, **named: Any) -> Any:
        _check_name(host)
        return original(self, host, *given, **named)

    return getaddrinfo


def _of_uvloop(original: Any) -> Any:
    """uvloop looks names up and connects outside of Python."""

    def method(self: Any, *given: Any, **named: Any) -> Any:
        for each in (*given[:3], *named.values()):
            host = each[0] if isinstance(each, tuple) and each else each
            if isinstance(host, str | bytes):
                check(host, f"a connection to {_text(host)}")
        return original(self, *given, **named)

    return method


def _of_resolver(original: Any) -> Any:
    """A resolver that asks name servers by itself: what it sends them names a host, and is for another host."""

    def resolve(self: Any, name: Any, *given: Any, **named: Any) -> Any:
        check(_text(name), f"a look-up of the name {_text(name)}")
        return original(self, name, *given, **named)

    return resolve


_FIRST: Final = _connection(lambda given: given[0] if given else None)
_LAST: Final = _connection(lambda given: given[-1] if len(given) > 1 else None)
_FOURTH: Final = _connection(lambda given: given[3] if len(given) > 3 else None)

PATCHES: Final = (
    Patch("_socket", "", "getaddrinfo", _host_named),
    *(
        Patch(module, "", name, _lookup)
        for module in ("_socket", "socket")
        for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")
    ),
    Patch("socket", "socket", "connect", _FIRST),
    Patch("socket", "socket", "connect_ex", _FIRST),
    Patch("socket", "socket", "sendto", _LAST),
    Patch("socket", "socket", "sendmsg", _FOURTH),
    Patch("asyncio.base_events", "BaseEventLoop", "getaddrinfo", _of_loop),
    *(Patch(module, "Resolver", "resolve", _of_resolver) for module in ("dns.asyncresolver", "dns.resolver")),
    *(
        Patch("aiodns", "DNSResolver", name, _of_resolver)
        for name in ("getaddrinfo", "gethostbyname", "query", "query_dns")
    ),
    *(
        Patch("uvloop", "Loop", name, _of_uvloop)
        for name in ("create_connection", "create_datagram_endpoint", "getaddrinfo", "sock_connect", "sock_sendto")
    ),
)
