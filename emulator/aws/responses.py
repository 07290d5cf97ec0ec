"""What goes back to a client: a response as plain data, and as botocore's own HTTP session gives it."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse


class HttpResponse(NamedTuple):
    """What goes back to a client."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Raw(BytesIO):
    """The body, read as botocore reads a connection's."""

    def stream(self, **_: Any) -> Any:
        while content := self.read():
            yield content


def aws_response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> "AWSResponse":
    """The response to a request for ``url``."""
    from botocore.awsrequest import AWSResponse  # plain responses do without botocore
    from botocore.compat import HTTPHeaders

    shown = HTTPHeaders.from_dict(dict(headers))
    return AWSResponse(url, status, shown, _Raw(body))
