"""Interception of botocore's requests, however and whenever their client was created.

Every client of this process sends through one method of one class, and that method is replaced: a client created at
import, before the emulator or after it, or by ``boto3.resource``, behaves alike. While an emulator is active, each
request is answered by its service in this process or by the backend, or it is refused: none leaves the process for AWS.
moto's own handler would answer first, so it is disabled meanwhile, and the emulator calls moto itself.
"""

import os
import sys
from collections.abc import Callable, Mapping
from functools import partialmethod
from types import ModuleType
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import parse_qsl, urlsplit

from emulator.aws import credentials, forks
from emulator.aws.loaded import loaded
from emulator.aws.owners import Owner, current, opened
from emulator.aws.plain_urls import plain_url
from emulator.aws.when_imported import WhenImported
from emulator.errors import EmulatorError, RealAwsBlockedError
from emulator.places import caller
from emulator.shared_change import SharedChange, Undo

INTERNAL_AGENT: Final = "asl-emulator-internal"
"""What the User-Agent of the emulator's own requests ends with."""


API: Final = "an API"
"""The ``service`` of a request that is for no service: it is for an API of API Gateway, or for a function's URL."""
FORM: Final = "application/x-www-form-urlencoded"
"""The Content-Type of the query protocols."""


class AwsRequest(NamedTuple):
    """A request as botocore signed it; ``service`` is the endpoint prefix (``states``, ``events``, ``dynamodb``).

    ``served``: it came over HTTP, from another program. ``endpoint``: the URL of the client's endpoint, to which a
    request may add names; empty if it is not known.
    """

    service: str
    prepared: Any
    served: bool = False
    endpoint: str = ""

    @property
    def operation(self) -> str:
        """The operation, where the protocol names it in a header, in a form or in the query; else method and path."""
        if (target := self.header("X-Amz-Target")) and not is_form(self.header("Content-Type")):
            return target.rpartition(".")[2]
        named = self.form.get("Action") or target.rpartition(".")[2]
        return named or f"{self.prepared.method} {urlsplit(self.prepared.url).path}"

    @property
    def form(self) -> dict[str, str]:
        """The members of a request of the query protocol; without an ``Action``, nothing.

        They are in the URL's query, in the body or in both; the body's count before the others. As at AWS, a body
        without a Content-Type is a form.
        """
        query = urlsplit(self.prepared.url).query
        content_type = self.header("Content-Type")
        is_untold = not (content_type or self.header("X-Amz-Target")) and isinstance(self.prepared.body, str | bytes)
        takes_body = is_form(content_type) or is_untold
        body = self.body if takes_body else b""
        if "Action=" not in query and b"Action=" not in body:
            return {}
        pairs = parse_qsl(query, keep_blank_values=True)
        pairs += parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        members = dict(pairs)
        return members if members.get("Action") else {}

    @property
    def region(self) -> str:
        """The region that the request was signed for."""
        parts = self._credential
        return parts[2] if len(parts) > 3 else "us-east-1"

    @property
    def account(self) -> str | None:
        """The account that the access key names, if it is one of 12 digits; ``None``: the emulator's own."""
        key = self._credential[0]
        return key if len(key) == 12 and key.isdigit() else None

    @property
    def _credential(self) -> list[str]:
        """The access key, the day, the region and more, as the request was signed for."""
        return self.header("Authorization").partition("Credential=")[2].split("/")

    @property
    def url(self) -> str:
        """The plain URL: that of the service and region, with S3's bucket in the path (``emulator.aws.plain_urls``)."""
        return plain_url(self.prepared.url, self.service, self.region, self.endpoint)

    @property
    def is_internal(self) -> bool:
        """Whether the emulator makes the request for itself."""
        return self.header("User-Agent").endswith(INTERNAL_AGENT)

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        body = self.prepared.body
        if body is None:
            return b""
        if hasattr(body, "read"):
            at = body.tell() if hasattr(body, "tell") else 0  # botocore's wrapper with a checksum lacks it
            body.seek(0)
            content: bytes = body.read()
            body.seek(at)
            return content
        return body.encode() if isinstance(body, str) else bytes(body)

    def header(self, name: str) -> str:
        """A header's text, empty when the header is missing."""
        value = self.prepared.headers.get(name, "")
        return value.decode() if isinstance(value, bytes) else str(value)


def is_form(content_type: str) -> bool:
    """Whether a body of this Content-Type is a form."""
    return content_type.lower().startswith(FORM)


def intercept(owner: Owner) -> Callable[[], None]:
    """Let ``owner`` answer AWS requests of this process until the result is called (``emulator.aws.owners``)."""
    if not _REPLACED.is_made:  # outside its lock, which a module that is being loaded takes when it is patched
        for name in PATCHES:
            loaded(name)
    owner.open()
    end = _REPLACED.use()

    def stop() -> None:
        owner.close()
        end()

    return stop


def is_intercepting() -> bool:
    """Whether an emulator is open in this process."""
    return bool(opened)


def bind(client: Any, owner: Owner) -> None:
    """Make ``owner`` answer this client, also while other emulators are open; a closed one answers no longer."""

    def send(request: Any) -> Any:
        if not owner.is_open:
            raise EmulatorError(
                "this client belongs to an emulator that is not open, so it has no answers\n"
                "    fix: take a client of the open emulator (emulator.client), or boto3.client"
            )
        return _answer(owner, client._endpoint, request)

    client._endpoint._send = send


def _send(endpoint: Any, _original: Any, request: Any) -> Any:
    """Replaces ``Endpoint._send``."""
    owner = current()
    if owner is None:  # another thread closes the last emulator
        refuse(f"{endpoint._endpoint_prefix}: {request.method} {request.url}")
    return _answer(owner, endpoint, request)


def _answer(owner: Owner, endpoint: Any, request: Any) -> Any:
    return ask(AwsRequest(endpoint._endpoint_prefix, request, endpoint=str(endpoint.host)), owner)


def ask(request: AwsRequest, owner: Owner) -> Any:
    """The response of ``owner``; raises ``RealAwsBlockedError`` also in a forked child (``emulator.aws.forks``)."""
    if owner.process != os.getpid():
        refuse(f"{request.service}:{request.operation} {forks.WHERE}", forks.FIX)
    try:
        return owner.respond(request)
    except Exception as error:
        if not request.is_internal:
            owner.blocked.record_untrue(error, lambda: owner.name_of(request))
        raise


def refuse(what: str, more: str = "") -> NoReturn:
    """Raise the error that ``what`` was not sent, and record it; a forked child leaves it for its parent."""
    error = RealAwsBlockedError(blocked_message(what) + more)
    if (owner := current()) is not None:
        if owner.process == os.getpid():
            owner.blocked.record(error)
        else:
            error.process = os.getpid()
            forks.leave(str(error), owner.process)
    raise error


def _record_returned(error: RealAwsBlockedError) -> None:
    """Record a refusal that a forked child has handed to this process, such as a worker of a pool."""
    owner = current()
    if owner is not None and owner.process == os.getpid() != error.process:
        forks.returned(str(error))
        owner.blocked.record(error)


RealAwsBlockedError.on_return = staticmethod(_record_returned)


def _refuse(_session: Any, _original: Any, request: Any) -> Any:
    """Replaces ``URLLib3Session.send``: a search for credentials, or another request that is not an API call."""
    refuse(f"{request.method} {request.url}")


def _ignore(*_args: Any, **_kwargs: Any) -> None:
    """Replaces moto's own ``before-send`` handler."""


def _start_mock(*args: Any, **options: Any) -> None:
    from emulator.aws.moto import mocks

    mocks.start(*args, **options)


def _stop_mock(*args: Any, **options: Any) -> None:
    from emulator.aws.moto import mocks

    mocks.stop(*args, **options)


PATCHES: Final[Mapping[str, tuple[tuple[str, str, Any], ...]]] = {
    "aiobotocore.session": (("AioSession", "get_credentials", credentials.async_session_credentials),),
    "aiobotocore.signers": (
        ("AioRequestSigner", "get_auth_instance", credentials.async_signature),
        ("AioRequestSigner", "get_auth", credentials.async_signature),
    ),
    "botocore.endpoint": (("Endpoint", "_send", _send),),
    "botocore.httpsession": (("URLLib3Session", "send", _refuse),),
    "botocore.session": (
        ("Session", "get_credentials", credentials.session_credentials),
        ("Session", "get_auth_token", credentials.session_token),
        ("Session", "get_scoped_config", credentials.profile_settings),
    ),
    "botocore.signers": (
        ("RequestSigner", "get_auth_instance", credentials.signature),
        ("RequestSigner", "get_auth", credentials.signature),
    ),
    "moto.core.botocore_stubber": (("BotocoreStubber", "__call__", _ignore),),
    "moto.core.models": (("MockAWS", "start", _start_mock), ("MockAWS", "stop", _stop_mock)),
}
"""Module -> class, method, and its replacement while requests are intercepted.

A replacement is given the object, then the original method, then the caller's arguments.
"""

_originals: list[tuple[type, str, Any]] = []
"""The replaced methods, as arguments of ``setattr``."""


def _replace() -> Undo:
    sys.meta_path.insert(0, _finder)
    for name in PATCHES:
        if name in sys.modules:
            _patch(sys.modules[name])
    return _put_back


def _put_back() -> None:
    if _finder in (sys.meta_path or ()):  # None when Python ends
        sys.meta_path.remove(_finder)
    for row in reversed(_originals):
        setattr(*row)
    _originals.clear()


_REPLACED: Final = SharedChange(_replace)


def _patch(module: ModuleType) -> None:
    for class_name, attribute, replacement in PATCHES[module.__name__]:
        owner = getattr(module, class_name)
        original = vars(owner)[attribute]
        if isinstance(original, partialmethod):  # by another thread, while this one was loading the module
            continue
        _originals.append((owner, attribute, original))
        setattr(owner, attribute, partialmethod(replacement, original))


def _patch_when_imported(module: ModuleType) -> None:
    with _REPLACED.lock:
        if _REPLACED.is_made:
            _patch(module)


_finder = WhenImported(PATCHES, _patch_when_imported)


def blocked_message(what: str) -> str:
    """The message that ``what`` was not sent, with the line that requested it."""
    line = caller()
    where = "" if line is None else f" (called at {line})"
    return (
        f"Blocked: {what}{where}. No request leaves this process while an emulator is active; "
        "`python -m emulator.supported` lists what the emulator answers."
    )
