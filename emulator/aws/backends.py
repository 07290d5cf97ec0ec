"""The backends of other services: moto, in this process, or an AWS-compatible endpoint.

The emulator itself always answers Step Functions, and Lambda's Invoke of registered functions. One backend answers all
other services, except those with a backend of their own. It is written ``moto``, ``localstack`` or a URL, each also for
one service alone (``dynamodb=moto``), separated by commas. An access key in the URL
(``http://111111111111@localhost:4566``) selects the account at backends that have one for each key (LocalStack,
MiniStack, moto's server); the default is ``test``.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from asl.problems import did_you_mean
from emulator.aws import leftovers
from emulator.aws.created import Created
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.guard.hosts import is_aws
from emulator.aws.interception import AwsRequest
from emulator.aws.moto.backend import MotoBackend
from emulator.aws.remote import DownError, Endpoint, Remote
from emulator.aws.responses import aws_response
from emulator.aws.unread import Unread
from emulator.errors import EmulatorError
from emulator.wrong_types import kind, shown

log = logging.getLogger(__name__)

MOTO: Final = "moto"
LOCALSTACK: Final = "localstack"
OTHERS: Final = "*"
"""In a mapping: all services that it does not name."""
VARIABLE: Final = "EMULATOR_BACKEND"
"""The environment variable with the default backend of an ``Emulator``."""

Backend: TypeAlias = "str | Mapping[str, str] | Iterable[str] | Backends | None"
"""A caller's form: text, texts, ``{"dynamodb": "moto", "events": "http://..."}``, or the result of ``parse``."""

_OURS: Final = ("stepfunctions", "states")
_COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {"dynamodb": ("streams.dynamodb",)}
"""Endpoint prefix -> those of services that use the same data."""


@dataclass(frozen=True, slots=True)
class Backends:
    """The backend of every service; ``None`` is moto. ``named``: boto3's name of a service -> its own backend."""

    others: Endpoint | None = None
    named: Mapping[str, Endpoint | None] = field(default_factory=dict)

    def of(self, service: str) -> Endpoint | None:
        """The backend of ``service`` (an endpoint prefix)."""
        return next((place for name, place in self.named.items() if service in _prefixes(name)), self.others)

    @property
    def endpoints(self) -> list[Endpoint]:
        """Every external endpoint, each once."""
        return list(dict.fromkeys(each for each in (self.others, *self.named.values()) if each is not None))

    def with_access_key(self, key: str) -> "Backends":
        """The same backends, with ``key`` for those without an access key."""
        return Backends(_keyed(self.others, key), {name: _keyed(place, key) for name, place in self.named.items()})

    def text(self) -> str:
        """The text that ``parse`` reads back."""
        return ",".join([_text(self.others), *(f"{name}={_text(place)}" for name, place in self.named.items())])


def parse(given: Backend) -> Backends:
    """The backends that ``given`` names, those of EMULATOR_BACKEND for ``None``; raises ``EmulatorError``."""
    if isinstance(given, Backends):
        return given
    if given is None:
        given = os.environ.get(VARIABLE, MOTO)
    if not isinstance(given, str | Mapping) and isinstance(given, Iterable):
        given = list(given)
    _check_types(given)
    if isinstance(given, Mapping):
        pairs = [("" if name == OTHERS else name, text) for name, text in given.items()]
    else:
        texts = [given] if isinstance(given, str) else list(given)
        pairs = [_pair(each.strip()) for text in texts for each in text.split(",")]
    places: dict[str, Endpoint | None] = {}
    for name, text in pairs:
        place = _place(text)
        if name in places and places[name] != place:
            what = f"the service {name} has" if name else "all services have"
            raise EmulatorError(
                f"backend: {what} two backends, {_text(places[name])} and {_text(place)}\n"
                "    fix: give one, and SERVICE=WHERE for the services that are elsewhere"
            )
        places[name] = place
    for name in places:
        if name:
            _check_service(name)
    return Backends(places.pop("", None), places)


def _check_types(given: object) -> None:
    """Raise ``EmulatorError`` for anything but text, texts, and a mapping of texts to texts."""
    each_text: list[object] = [given]
    if isinstance(given, Mapping):
        each_text = [*given, *given.values()]
    elif isinstance(given, Iterable) and not isinstance(given, str):
        each_text = list(given)
    for each in each_text:
        if not isinstance(each, str):
            raise EmulatorError(
                f"backend={shown(given)}: {shown(each)} is {kind(each)}, not text\n"
                '    fix: backend="moto", "localstack", "http://HOST:PORT", or {"dynamodb": "localstack"}'
            )


def _pair(text: str) -> tuple[str, str]:
    before, equals, after = text.partition("=")
    return (before, after) if equals and "/" not in before else ("", text)


def _check_service(name: str) -> None:
    from emulator.aws import names

    if name in _OURS:
        raise EmulatorError(
            f"backend {name}=...: the emulator itself answers Step Functions, no backend can; leave it out"
        )
    known = names.services().values()
    if name not in known:
        hint = did_you_mean(name, known) or "Write boto3's name for it: dynamodb, events, sqs, sns, s3."
        raise EmulatorError(f"backend {name}=...: there is no service {name!r}. {hint}")


@cache
def _prefixes(name: str) -> tuple[str, ...]:
    """The endpoint prefixes of a service, by boto3's name."""
    prefix = prefix_of(name)
    return prefix, *_COMPANIONS.get(prefix, ())


def _place(text: str) -> Endpoint | None:
    if text == MOTO:
        return None
    return _endpoint(_localstack_url() if text == LOCALSTACK else text)


def _endpoint(text: str) -> Endpoint:
    parts = urlsplit(text)
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        host = ""
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/") or parts.query:
        hint = did_you_mean(text, (MOTO, LOCALSTACK)) or "Write moto, localstack, or http://HOST:PORT."
        raise EmulatorError(f"backend {text!r} is not a valid backend. {hint}")
    if is_aws(host):
        raise EmulatorError(f"backend {text}: this is AWS itself; an emulator never sends requests there")
    shown = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")
    given = {"access_key": parts.username, "secret_key": parts.password}
    return Endpoint(url, **{name: unquote(value) for name, value in given.items() if value})


def _localstack_url() -> str:
    """LocalStack's URL as its own client reads it: AWS_ENDPOINT_URL, LOCALSTACK_HOST, USE_SSL, else localhost:4566."""
    try:
        from localstack_client import config
    except ModuleNotFoundError:
        raise EmulatorError(
            "backend localstack: localstack-client, which finds LocalStack, is not installed\n"
            "    fix: pip install 'asl-emulator[localstack]', or write the URL: http://localhost:4566"
        ) from None
    try:
        return str(config.get_service_endpoint("events"))
    except RuntimeError as error:
        raise EmulatorError(f"backend localstack: LOCALSTACK_HOST: {error}; write HOST:PORT") from None


def _keyed(place: Endpoint | None, key: str) -> Endpoint | None:
    return replace(place, access_key=key) if place is not None and place.access_key == Endpoint.DEFAULT_KEY else place


def _text(place: Endpoint | None) -> str:
    return MOTO if place is None else place.text()


_TAKEN: Final = re.compile(
    rb"ResourceInUseException|ResourceAlreadyExistsException|QueueNameExists|QueueAlreadyExists|BucketAlready"
)
"""In an error's code: the name is taken."""
_swept: set[tuple[Endpoint, str, str]] = set()
"""The endpoints, services and regions that this process has cleaned."""


def _explained(
    response: Any, request: AwsRequest, label: str, owner: leftovers.Leftover | None, endpoint: Endpoint
) -> Any:
    """The refusal of a name that is taken, with what has it and what to do, in its message."""
    if owner is None:
        said = f"the {label} at {endpoint.url} was there before, and no run of the emulator made it"
    else:
        said = f"the {owner.text()}, at {endpoint.url}"
        said += f"; emulate clean --backend {endpoint.url} shows and removes what runs have left"
    try:
        content = json.loads(response.content)
        name = next(each for each in ("message", "Message") if each in content)
    except (ValueError, TypeError, StopIteration):
        return response
    body = json.dumps({**content, name: f"{content[name]} ({said})"}).encode()
    headers = {name: value for name, value in response.headers.items() if name.lower() not in _OF_BODY}
    return aws_response(request.prepared.url, response.status_code, headers, body)


_OF_BODY: Final = frozenset({"content-length", "x-amz-crc32"})


class BackendRouter:
    """Sends each request to its service's backend; ``close`` deletes what was created at external endpoints.

    ``client(service, region=...)`` gives boto3 clients whose requests come back to this object.
    """

    def __init__(self, backends: Backends, client: Callable[..., Any], moto: MotoBackend) -> None:
        self.backends = backends
        self._client = client
        self._moto = moto
        self._remotes = {endpoint: Remote(endpoint) for endpoint in backends.endpoints}
        self._created = Created(client)

    @property
    def used(self) -> bool:
        """Whether any request was sent."""
        return self._moto.used or any(remote.used for remote in self._remotes.values())

    def knows_key(self, key: str) -> bool:
        """Whether an access key was made by moto in this emulator."""
        return self._moto.knows_key(key)

    def remote(self, service: str) -> Remote | None:
        """The external backend of a service; ``None`` when moto answers it in this process."""
        endpoint = self.backends.of(service)
        return None if endpoint is None else self._remotes[endpoint]

    def send(self, request: AwsRequest) -> Any:
        """The backend's response. Raises ``RealAwsBlockedError`` and ``BackendError``."""
        remote = self.remote(request.service)
        if remote is None:
            return self._moto.send(request)
        if (label := self._created.label(request)) is None:
            return remote.send(request)
        self.sweep([request.service], request.region)
        made = self._created.watch(request)
        response = remote.send(request)
        if response.status_code >= 300 and _TAKEN.search(response.content[:2000]):
            owner = self._owner_of(label, request)
            if owner is not None and owner.state == "ended" and not leftovers.delete([owner]):
                made = self._created.watch(request)
                response = remote.send(request)
            else:
                response = _explained(response, request, label, owner, remote.endpoint)
        if response.status_code < 300:
            made(response.content)
        return response

    @property
    def moto(self) -> MotoBackend:
        """moto, for what reads its queues and streams."""
        return self._moto

    def unread(self) -> list[Unread]:
        """The messages in queues of this process that were never received."""
        return self._moto.unread()

    def sweep(self, services: Iterable[str], region: str) -> None:
        """Delete what ended runs have left of these services, once in this process for each external backend."""
        for service in services:
            remote = self.remote(service)
            key = None if remote is None else (remote.endpoint, service, region)
            if key is None or key in _swept:
                continue
            _swept.add(key)
            try:
                of_service = leftovers.find(lambda name: self._client(name, region=region), [service])
            except DownError:  # the request that is about to be sent says so
                _swept.discard(key)
                continue
            ended = [each for each in of_service if each.state == "ended"]
            for each, reason in leftovers.delete(ended):
                log.warning("left behind at the backend: %s: %s", each.text(), reason)

    def _owner_of(self, label: str, request: AwsRequest) -> leftovers.Leftover | None:
        """The existing resource of that label, if a run made it."""
        found = leftovers.find(lambda name: self._client(name, region=request.region), [request.service])
        return next((each for each in found if each.label == label), None)

    def close(self) -> None:
        """Delete everything that was created through this object; what cannot be deleted is logged."""
        with ExitStack() as closing:
            closing.callback(self._moto.close)
            for remote in self._remotes.values():
                closing.callback(remote.close)
            if (left := self._created.delete_all()) is not None:
                urls = " ".join(f"--backend {endpoint.url}" for endpoint in self.backends.endpoints)
                log.warning("left behind at the backend: %s\n    fix: emulate clean %s", left, urls)
