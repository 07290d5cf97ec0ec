"""Errors of the Tasks that call HTTP APIs, ``http:invoke`` and ``apigateway:invoke``, which do not call AWS.

Sources: developer guide, "Call HTTPS APIs" and "Call API Gateway REST APIs with Step Functions".
"""

from collections.abc import Mapping
from typing import Final

from emulator.errors import EmulatorError
from emulator.faults.errors import ServiceFault
from emulator.targets.web_errors import API, HTTP, OTHERS, STATUS, is_error_status, is_status, nearest_error

LOST: Final[Mapping[str, tuple[str, str, str]]] = {
    HTTP: ("States.Http.Socket", "No response came within 60 seconds.", "The connection was refused."),
    API: ("ApiGateway.SdkClientException", "Read timed out", "Connection refused"),
}
"""Resource -> the error without a response, and its causes: when none came, and when none could come."""


def http_fault(resource: str, error: str, message: str | None, *, check: bool) -> ServiceFault:
    """The error that ``error`` names: a status (``"503"``), or a whole name; ``message`` is the response's body.

    Raises ``EmulatorError`` for a name that the resource does not have, with the nearest, unless ``check`` is false.
    """
    start, _, _ = STATUS[resource].partition("{}")
    status = error.removeprefix(start)
    name = f"{start}{status}" if status.isdecimal() else error
    fails = is_error_status(name, resource)
    if not fails and is_status(name, resource):
        raise EmulatorError(f"{resource}: {status} is no status that fails a task; from 300 to 599 one does")
    if check and not fails and name not in OTHERS[resource]:
        known = [*OTHERS[resource], f"{start}503"]
        near = nearest_error(resource, name)
        hint = f"Did you mean {near!r}?" if near else f"it has: {', '.join(known)}"
        raise EmulatorError(f"{resource} has no error {name!r}\n    {hint}\n    fix: check=False takes any name")
    return ServiceFault(name, name, name, int(status) if fails else 400, message or "")
