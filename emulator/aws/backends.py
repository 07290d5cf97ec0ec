"""The backends of other services: moto, in this process, or an AWS-compatible endpoint.

The emulator itself always answers Step Functions, and Lambda's Invoke of registered functions. One backend answers all
other services, except those with a backend of their own. It is written ``moto``, ``localstack`` or a URL, each also for
one service alone (``dynamodb=moto``), separated by commas. An access key in the URL
(``http://111111111111@localhost:4566``) selects the account at backends that have one for each key (LocalStack,
MiniStack, moto's server); the default is ``test``.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from asl.problems import did_you_mean
from emulator.aws.created import Created
from emulator.aws.guard.hosts import is_aws
from emulator.aws.interception import AwsRequest
from emulator.aws.moto.backend import MotoBackend
from emulator.aws.remote import Endpoint, Remote
from emulator.aws.unread import Unread
from emulator.errors import EmulatorError

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
    from emulator.aws import names

    prefix = names.service_model(name).endpoint_prefix
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


class BackendRouter:
    """Sends each request to its service's backend; ``close`` deletes what was created at external endpoints."""

    def __init__(self, backends: Backends, client: Callable[..., Any], moto: MotoBackend) -> None:
        self.backends = backends
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
        made = self._created.watch(request)
        response = remote.send(request)
        if response.status_code < 300:
            made()
        return response

    def unread(self) -> list[Unread]:
        """The messages in queues of this process that were never received."""
        return self._moto.unread()

    def close(self) -> None:
        """Delete everything that was created through this object."""
        with ExitStack() as closing:
            closing.callback(self._moto.close)
            for remote in self._remotes.values():
                closing.callback(remote.close)
            self._created.delete_all()
