"""httpcore, and with it httpx: a pool of connections asks here for AWS, in both its forms.

The pool is below httpx's transports, which tests replace (``pytest_httpx``), so these go on working.
"""

from typing import Any, Final

from emulator.aws.guard.asking import check_moto
from emulator.aws.guard.hosts import is_aws
from emulator.aws.guard.patches import Patch
from emulator.aws.guard.presigned import answer


def _handle_request(original: Any) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        if not _is_for_aws(request):
            return original(self, request)
        return _answered(request, b"".join(request.stream))

    return handle_request


def _handle_async_request(original: Any) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        if not _is_for_aws(request):
            return await original(self, request)
        return _answered(request, b"".join([piece async for piece in request.stream]))

    return handle_async_request


def _is_for_aws(request: Any) -> bool:
    if is_aws(request.url.host):
        return True
    check_moto(f"{request.method.decode()} {_url(request)}")
    return False


def _answered(request: Any, body: bytes) -> Any:
    import httpcore

    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    answered = answer(request.method.decode(), _url(request), headers, body)
    given = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answered.headers.items()]
    return httpcore.Response(answered.status, headers=given, content=answered.body)


def _url(request: Any) -> str:
    url = request.url
    scheme, host = url.scheme.decode(), url.host.decode()
    port = "" if url.port in (None, {"https": 443, "http": 80}.get(scheme)) else f":{url.port}"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{port}{url.target.decode('latin-1')}"


PATCHES: Final = (
    Patch("httpcore._sync.connection_pool", "ConnectionPool", "handle_request", _handle_request),
    Patch("httpcore._async.connection_pool", "AsyncConnectionPool", "handle_async_request", _handle_async_request),
)
