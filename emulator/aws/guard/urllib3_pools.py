"""urllib3, and with it requests: a pool of connections to AWS answers here.

``HTTPConnectionPool.urlopen`` is below everything that a test replaces (``responses``, ``requests_mock``), so these go
on working, and above retries.
"""

from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from emulator.aws.guard.asking import check_moto
from emulator.aws.guard.bodies import read_body
from emulator.aws.guard.hosts import is_aws
from emulator.aws.guard.patches import Patch
from emulator.aws.guard.presigned import answer


def _urlopen(original: Any) -> Any:
    def urlopen(
        self: Any, method: str, url: str, body: Any = None, headers: Any = None, *given: Any, **named: Any
    ) -> Any:
        whole = _whole(self, url)
        if not is_aws(urlsplit(whole).hostname):
            check_moto(f"{method} {whole}")
            return original(self, method, url, body, headers, *given, **named)
        sent = dict(self.headers if headers is None else headers)
        answered = answer(method, whole, [(_text(name), _text(value)) for name, value in sent.items()], read_body(body))
        return _response(answered, method, url, named)

    return urlopen


def _whole(pool: Any, url: str) -> str:
    """The URL with its host: a proxy is asked for whole URLs, another host for paths."""
    if "://" in url.partition("?")[0]:
        return url
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    usual = {"https": 443, "http": 80}.get(pool.scheme)
    return f"{pool.scheme}://{host}{'' if pool.port in (None, usual) else f':{pool.port}'}{url}"


def _response(answered: Any, method: str, url: str, asked: dict[str, Any]) -> Any:
    from http.client import responses

    from urllib3.response import HTTPResponse

    return HTTPResponse(
        body=BytesIO(answered.body),
        headers=answered.headers,
        status=answered.status,
        version=11,
        reason=responses.get(answered.status, ""),
        preload_content=asked.get("preload_content", True),
        decode_content=asked.get("decode_content", True),
        request_method=method,
        request_url=url,
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


PATCHES: Final = (Patch("urllib3.connectionpool", "HTTPConnectionPool", "urlopen", _urlopen),)
