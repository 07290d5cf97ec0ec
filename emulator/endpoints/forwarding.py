"""A request that is sent on to a real host, because the test has named it."""

import http.client
import ssl
from urllib.parse import urlsplit

from emulator.endpoints.messages import LONGEST_SECONDS, ForwardTimedOutError, Received, SentRequest
from emulator.errors import EmulatorError


def ask(target: str, request: SentRequest) -> Received:
    """The response of the host ``target`` (scheme, host, port). Raises ``EmulatorError`` when nothing listens there."""
    parts, asked = urlsplit(target), urlsplit(request.url)
    host, path = parts.hostname or "", asked.path or "/"
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=LONGEST_SECONDS, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=LONGEST_SECONDS)
    )
    try:
        connection.putrequest(
            request.method, f"{path}?{asked.query}" if asked.query else path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.headers:
            connection.putheader(name, value.encode())
        connection.endheaders(request.body)
        response = connection.getresponse()
        return Received(response.status, response.reason, tuple(response.getheaders()), response.read())
    except TimeoutError:
        raise ForwardTimedOutError from None
    except (OSError, http.client.HTTPException) as error:
        raise EmulatorError(
            f"{request.method} {request.url} was sent on to {target}, and failed: {error!r}\n"
            "    fix: start the server before the test, or give the application itself: emulator.http(url, app)"
        ) from error
    finally:
        connection.close()
