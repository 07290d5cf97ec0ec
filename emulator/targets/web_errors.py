"""The names of the errors of Tasks that call HTTP APIs, and the one that is nearest to a name.

Sources: developer guide, "Call HTTPS APIs" and "Call API Gateway REST APIs with Step Functions".
"""

import re
from collections.abc import Mapping
from typing import Final

from asl.problems import nearest

_CONNECTION: Final = "Events.ConnectionResource."
HTTP: Final = "http:invoke"
API: Final = "apigateway:invoke"
STATUS: Final[Mapping[str, str]] = {HTTP: "States.Http.StatusCode.{}", API: "ApiGateway.{}"}
"""Resource -> the error of a response with another status than 2xx."""
OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    HTTP: (
        "States.Http.Socket",
        *(
            f"{_CONNECTION}{name}"
            for name in (
                "AccessDenied",
                "AuthInProgress",
                "ConcurrentModification",
                "InternalError",
                "InvalidConnectionState",
                "InvalidPrivateConnectionState",
                "ResourceNotFound",
            )
        ),
    ),
    API: ("ApiGateway.SdkClientException",),
}
"""Resource -> its other errors."""
_DIGITS: Final = re.compile(r"[345]\d\d$")


def is_status(name: str, resource: str) -> bool:
    """Whether a name is that of a response's status, whatever the number."""
    start = STATUS[resource].partition("{}")[0]
    return name.startswith(start) and name.removeprefix(start).isdecimal()


def is_error_status(name: str, resource: str) -> bool:
    """Whether a name is that of a status with which a Task fails: 3xx, 4xx or 5xx."""
    return is_status(name, resource) and _DIGITS.fullmatch(name.rpartition(".")[2]) is not None


def nearest_error(resource: str, name: str, more: tuple[str, ...] = ()) -> str | None:
    """The error of ``http:invoke`` or ``apigateway:invoke``, or of ``more``, nearest to a name, in any casing.

    ``"503"`` and ``"States.Http.Status.503"`` are near to ``States.Http.StatusCode.503``.
    """
    digits = _DIGITS.search(name)
    status = STATUS[resource].format(digits[0] if digits else "503")
    if digits and digits[0] == name:
        return status
    known = {each.lower(): each for each in (*OTHERS[resource], *more, status)}
    near = nearest(name.lower(), known)
    return known[near[0]] if near else None
