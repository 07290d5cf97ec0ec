"""awscrt, AWS's own client in C: its connections to AWS are refused, because its sockets and names are not Python's.

boto3 can make S3 transfers with it (``preferred_transfer_client="crt"``, and by itself on some machines). While an
emulator is open, transfers use the ordinary client, which the emulator answers.
"""

from typing import Any, Final

from emulator.aws.guard.asking import check
from emulator.aws.guard.patches import Patch


def _never(_original: Any) -> Any:
    return lambda _config: False


def _by_host(original: Any) -> Any:
    """A function that is given a host: by one of three names, or first after the class."""

    def connect(*given: Any, **named: Any) -> Any:
        options = named.get("client_options", given[1] if len(given) > 1 else None)
        host = named.get("host_name") or named.get("host") or getattr(options, "host_name", options)
        check(host, f"a connection of awscrt to {host}")
        return original(*given, **named)

    return connect


def _by_own_host(original: Any) -> Any:
    def connect(self: Any, *given: Any, **named: Any) -> Any:
        check(self.host_name, f"a connection of awscrt to {self.host_name}")
        return original(self, *given, **named)

    return connect


def _by_request(original: Any) -> Any:
    def make_request(self: Any, **named: Any) -> Any:
        request = named["request"]
        host = str(request.headers.get("host") or "")
        check(host.rpartition(":")[0] or host, f"{request.method} {host}{request.path}, by awscrt")
        return original(self, **named)

    return make_request


PATCHES: Final = (
    Patch("boto3.s3.transfer", "", "_should_use_crt", _never),
    Patch("awscrt.s3", "S3Client", "make_request", _by_request),
    *(
        Patch(module, owner, "new", _by_host)
        for module, owners in (
            ("awscrt.http", ("HttpClientConnection", "Http2ClientConnection")),
            (
                "awscrt.aio.http",
                ("AIOHttpClientConnectionUnified", "AIOHttpClientConnection", "AIOHttp2ClientConnection"),
            ),
        )
        for owner in owners
    ),
    Patch("awscrt.websocket", "", "connect", _by_host),
    Patch("awscrt.eventstream.rpc", "ClientConnection", "connect", _by_host),
    Patch("awscrt.mqtt", "Connection", "connect", _by_own_host),
    Patch("awscrt.mqtt5", "Client", "__init__", _by_host),
)
