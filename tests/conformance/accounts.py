"""Where a case runs: an emulator in this process, or the same emulator behind its HTTP port.

Both have the same few methods, so that no case knows which one it runs in. Behind the port every request of a case
goes over HTTP; only the case's functions and the time that passes between two requests are given to the emulator
directly.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol

import boto3
from botocore.config import Config

from emulator import Emulator
from emulator.clock import SystemClock
from tests.emulator.server.served import Served, listening

REGION: Final = "us-east-1"


class Account(Protocol):
    """What a case needs of an AWS account without resources. ``emulator`` is what answers."""

    emulator: Emulator

    def client(self, service: str, region: str | None = None, *, validates: bool = True, key: str = "") -> Any:
        """A boto3 client, which ``validates`` parameters before it sends them, or leaves it to AWS.

        ``key``: its access key, the id of another account.
        """


class Open(Protocol):
    """How to open an account: ``seed`` of its ids, and ``settings`` of its ``Emulator``."""

    def __call__(self, seed: str, **settings: Any) -> AbstractContextManager[Account]: ...


class InProcess:
    """An emulator that answers this process's boto3."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._others: dict[tuple[str, str, bool, str], Any] = {}

    def client(self, service: str, region: str | None = None, *, validates: bool = True, key: str = "") -> Any:
        if validates and not key:
            return self.emulator.client(service, region=region)
        wanted = service, region or REGION, validates, key
        if wanted not in self._others:
            config = Config(parameter_validation=validates, inject_host_prefix=False)
            self._others[wanted] = boto3.client(service, region_name=wanted[1], config=config, **_keys(key))
        return self._others[wanted]


@contextmanager
def in_process(seed: str, **settings: Any) -> Iterator[Account]:
    """An account of this process."""
    with _new(seed, settings) as emulator:
        yield InProcess(emulator)


class OverHttp:
    """An emulator behind a port."""

    def __init__(self, served: Served, emulator: Emulator) -> None:
        self.emulator = emulator
        self._served = served
        self._clients: dict[tuple[str, str, bool, str], Any] = {}

    def client(self, service: str, region: str | None = None, *, validates: bool = True, key: str = "") -> Any:
        wanted = service, region or REGION, validates, key
        if wanted not in self._clients:
            self._clients[wanted] = self._served.client(service, wanted[1], validates=validates, **_keys(key))
        return self._clients[wanted]


def _keys(key: str) -> dict[str, Any]:
    return {"aws_access_key_id": key, "aws_secret_access_key": key} if key else {}


class Port:
    """A server of this process, whose emulator is replaced for each account."""

    def __init__(self) -> None:
        self._next: tuple[str, dict[str, Any]] = "", {}
        self._emulator: Emulator
        self._served: Served

    @contextmanager
    def open(self) -> Iterator[Open]:
        """Accounts can be opened within."""
        with listening(self._make) as port:
            self._served = Served(port, threading.Event())
            yield self._account

    @contextmanager
    def _account(self, seed: str, **settings: Any) -> Iterator[Account]:
        self._next = seed, settings
        status, body, _ = self._served.send("POST", "/_emulator/reset", X_Emulator="1")
        assert status == 200, body
        yield OverHttp(self._served, self._emulator)

    def _make(self) -> Emulator:
        self._emulator = _new(*self._next)
        return self._emulator


def _new(seed: str, settings: dict[str, Any]) -> Emulator:
    chosen = {"start": SystemClock().now(), "missing_function": "fail", "polling_waits": False, **settings}
    return Emulator(seed=seed, **chosen)
