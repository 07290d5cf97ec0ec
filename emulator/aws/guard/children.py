"""Child processes: the AWS clients of a child are led to a closed port, whose URL says why.

A child process has no emulator. It would send to AWS, with the emulator's fake keys or with keys of its own.
AWS's SDKs and its command line read their endpoint from the environment (``AWS_ENDPOINT_URL``, "Service-specific
endpoints" in the AWS SDKs and Tools Reference Guide), so the environment of every child is changed:

- An environment that is given (``env=``) is changed on its way to the child.
- Otherwise a child takes the variables of the process itself, which the C library keeps beside ``os.environ``. They
  are set there alone (``os.putenv``), so that this process's own clients do not see them. Clients in C, C++ and Rust
  inside this process (of pyarrow, for example) read the same variables, and are led to the closed port as well.

An endpoint that the user set himself stays, unless it is AWS's. A server of multiprocessing's ``forkserver`` that was
started earlier has the environment of that time, so it is ended, and the next process starts another one.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from emulator.aws.environment import FAKE, REMOVED
from emulator.aws.guard.hosts import is_aws
from emulator.aws.guard.patches import Patch

ENDPOINT: Final = "AWS_ENDPOINT_URL"
CLOSED: Final = "http://127.0.0.1:1/asl-emulator-does-not-answer-child-processes"
"""Port 1 belongs to no service that anybody runs, and only root could."""
LED_ASTRAY: Final[Mapping[str, str]] = {ENDPOINT: CLOSED, "AWS_MAX_ATTEMPTS": "1"}
"""One attempt: a closed port is closed the second time, too."""
_OTHER_KEYS: Final = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
FORBIDDEN: Final = (*REMOVED, *_OTHER_KEYS)
"""Variables that lead to other keys than the fake ones, or away from the endpoint."""


def child_environment(given: Mapping[Any, Any] | None) -> dict[str, str]:
    """The environment of a child that was to have ``given``, or this process's own."""
    env = {os.fsdecode(name): os.fsdecode(value) for name, value in (os.environ if given is None else given).items()}
    for name in FORBIDDEN:
        env.pop(name, None)
    for name in [each for each in env if each.startswith(ENDPOINT) and _is_aws_url(env[each])]:
        del env[name]
    if env.get(ENDPOINT, CLOSED) != CLOSED:  # the user's own
        return {**FAKE, **env}
    keys = {name: os.environ.get(name, value) for name, value in FAKE.items()}  # a backend outside may have its own
    return {**env, **keys, **LED_ASTRAY}


def _is_aws_url(url: str) -> bool:
    try:
        return is_aws(urlsplit(url).hostname)
    except ValueError:
        return True


def lead_astray() -> None:
    """Set what a child without ``env`` gets. ``os.environ`` stays as it is; some names are removed from it already."""
    for name, value in LED_ASTRAY.items():
        if name not in os.environ:
            os.putenv(name, value)
    for name in _OTHER_KEYS:
        if name in os.environ:
            os.unsetenv(name)
            _unset.append(name)


def put_back() -> None:
    """Let the process's own variables be those of ``os.environ`` again."""
    for name in LED_ASTRAY:
        if name in os.environ:
            os.putenv(name, os.environ[name])
        else:
            os.unsetenv(name)
    while _unset:
        if (name := _unset.pop()) in os.environ:
            os.putenv(name, os.environ[name])
    forkserver: Any = sys.modules.get("multiprocessing.forkserver")
    if _servers and forkserver is not None:
        if forkserver._forkserver._forkserver_pid in _servers:
            forkserver._forkserver._stop()
        _servers.clear()


_unset: Final[list[str]] = []
_servers: Final[set[int]] = set()
"""The processes of ``forkserver`` that were started while an emulator was open."""


def _popen(original: Any) -> Any:
    """``Popen(args, ..., env, ...)``: the eleventh argument."""

    def popen(self: Any, *given: Any, **named: Any) -> None:
        if len(given) > 10:
            given = (*given[:10], child_environment(given[10]), *given[11:])
        else:
            named["env"] = child_environment(named.get("env"))
        original(self, *given, **named)

    return popen


def _third(original: Any) -> Any:
    """``posix_spawn(path, argv, env, ...)`` and ``execve(path, args, env)``."""

    def start(path: Any, argv: Any, env: Any, **named: Any) -> Any:
        return original(path, argv, child_environment(env), **named)

    return start


def _ensure_running(original: Any) -> Any:
    def ensure_running(self: Any) -> None:
        if self._forkserver_pid is not None and self._forkserver_pid not in _servers:
            self._stop()
        original(self)
        _servers.add(self._forkserver_pid)

    return ensure_running


PATCHES: Final = (
    Patch("subprocess", "Popen", "__init__", _popen),
    *(Patch("os", "", name, _third) for name in ("execve", "posix_spawn", "posix_spawnp")),
    Patch("multiprocessing.forkserver", "ForkServer", "ensure_running", _ensure_running),
)
