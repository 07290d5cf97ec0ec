"""The environment variables that protect a developer's own account while an emulator is open.

They prevent these traps: a stale ``AWS_SESSION_TOKEN`` beside fake keys, a profile that does not exist or needs a
login, an ``AWS_ENDPOINT_URL`` left in the shell, the metadata service of a machine in the cloud, and the session that
``boto3.client`` creates once and keeps, with the keys that it found first.

The process has one environment for all emulators. It is saved when the first one opens and restored when the last one
closes; in between, the emulator that was opened last and is still open decides, in whatever order they close.
What other code changes while an emulator is open is not ours, and stays.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, cast

from emulator.aws.credentials import KEY
from emulator.aws.loaded import loaded
from emulator.shared_change import SharedChange, Undo

DEFAULT_REGION: Final = "us-east-1"
REGION_VARIABLE: Final = "AWS_DEFAULT_REGION"
"""The one variable in which boto3 finds a region."""
FAKE: Final[Mapping[str, str]] = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": KEY,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
REMOVED: Final = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")

_Values = dict[str, str | None]
"""Variable -> value, ``None`` for none."""


def region_of_environment() -> str:
    """The region of AWS_DEFAULT_REGION, as set outside of emulators; ``us-east-1`` if it is not set or not a region."""
    from emulator.aws.regions import regions

    with _SAVED.lock:
        given = _shared.before.get(REGION_VARIABLE) if _open else os.environ.get(REGION_VARIABLE)
    return given if given is not None and given in regions() else DEFAULT_REGION


def has_region() -> bool:
    """Whether boto3 finds a region without being given one: in the environment, or in the profile's settings."""
    if os.environ.get(REGION_VARIABLE):
        return True
    profile = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or "default"
    files = (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
    found = [Path(os.environ.get(name) or f"~/.aws/{file}").expanduser() for name, file in files]
    found = [file for file in found if file.is_file()]
    if not found:
        return False
    from configparser import Error, RawConfigParser

    settings = RawConfigParser(default_section="")
    try:
        settings.read(found, encoding="utf-8")
    except (Error, UnicodeDecodeError):
        return True  # boto3 reports it
    return any(settings.has_option(section, "region") for section in (profile, f"profile {profile}"))


@contextmanager
def region_given(region: str) -> Iterator[None]:
    """A block in which boto3 finds ``region`` if it finds no other, such as the import of a module with clients."""
    if has_region():
        yield
        return
    before = os.environ.get(REGION_VARIABLE)
    os.environ[REGION_VARIABLE] = region
    try:
        yield
    finally:
        _set({REGION_VARIABLE: before})


class Environment:
    """The variables of one emulator while it is open.

    ``access_key`` is that of an external backend: other programs that this process starts find the same account there.
    """

    def __init__(self, region: str, *, access_key: str | None = None) -> None:
        keys = FAKE if access_key is None else {**FAKE, "AWS_ACCESS_KEY_ID": access_key}
        self.values: _Values = {**keys, REGION_VARIABLE: region, "AWS_REGION": region}
        self.changed: _Values = {}
        """Variables that other code changed while this emulator's were shown."""
        self.access_key = access_key
        self.session: Any = None
        """The session of ``boto3.client``, if another emulator's is in place."""
        with _SAVED.lock:
            self._end = _SAVED.use()
            _open.append(self)
            _shared.show(self)

    def close(self) -> None:
        """Give the variables back to the latest emulator that is still open, or to the process."""
        with _SAVED.lock:
            _open.remove(self)
            if _open and _shared.shown is not _open[-1]:
                _shared.show(_open[-1])
            self._end()


class _Shared:
    """The environment of the process and boto3's session: as before the first emulator, and whose are shown now."""

    def __init__(self) -> None:
        self.before: _Values = {}
        self.shown: Environment | None = None
        self.last: Environment | None = None
        """The one that closed last."""
        self._session: Any = None

    def save(self) -> None:
        endpoints = _names("AWS_ENDPOINT_URL")
        self.before = _values((*FAKE, *REMOVED, *endpoints, REGION_VARIABLE, "AWS_REGION"))
        boto3: Any = loaded("boto3")
        self._session = None if boto3 is None else boto3.DEFAULT_SESSION

    def show(self, of: Environment) -> None:
        """Set the variables and the session of ``of``; what other code has changed belongs to the one shown before."""
        boto3: Any = loaded("boto3")
        if self.shown is not None:
            self.shown.changed = self._changes(self.shown)
            self.shown.session = None if boto3 is None else boto3.DEFAULT_SESSION
        self.shown = of
        _set({name: of.changed.get(name, of.values.get(name)) for name in self.before})
        if boto3 is not None:
            boto3.DEFAULT_SESSION = of.session or _default_session(of.access_key)

    def restore(self) -> None:
        """Put everything back, except variables that other code has changed."""
        assert self.shown is not None, "an emulator is open"
        _set({**self.before, **self._changes(self.shown)})
        self.last, self.shown = self.shown, None
        boto3: Any = loaded("boto3")
        if boto3 is not None:
            boto3.DEFAULT_SESSION = self._session

    def _changes(self, of: Environment) -> _Values:
        return {name: value for name, value in _values(self.before).items() if value != of.values.get(name)}


def _values(names: Iterable[str]) -> _Values:
    """The values of these variables. ``os.environ`` raises and catches an error for each that is missing."""
    environ = cast("Any", os.environ)
    there = getattr(environ, "_data", None)
    if there is None:  # a test has put a dictionary there
        return {name: environ.get(name) for name in names}
    return {name: environ.decodevalue(there[key]) if (key := _key(name)) in there else None for name in names}


@lru_cache(maxsize=256)
def _key(name: str) -> Any:
    """The variable's name as ``os.environ`` keeps it."""
    return cast("Any", os.environ).encodekey(name)


def _names(prefix: str) -> list[str]:
    """The variables whose names begin with ``prefix``."""
    environ = cast("Any", os.environ)
    if not hasattr(environ, "_data"):
        return [name for name in environ if name.startswith(prefix)]
    start = _key(prefix)
    return [os.fsdecode(key) for key in environ._data.copy() if key.startswith(start)]


def _set(values: _Values) -> None:
    now = _values(values)
    for name, value in values.items():
        if value == now[name]:
            continue
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


_open: list[Environment] = []
"""The open environments, the latest last."""
_shared: Final = _Shared()


def _save() -> Undo:
    _shared.save()
    return _shared.restore


_SAVED: Final = SharedChange(_save)


def put_back_after(begun: Mapping[str, str]) -> None:
    """Undo what a patch from before the emulator has done after it: bring back the emulator's values, saved meanwhile.

    ``begun``: the variables when the test began. Does nothing while an emulator is open.
    """
    with _SAVED.lock:
        if _open or _shared.last is None:
            return
        for name, before in _shared.before.items():
            ours = _shared.last.values.get(name)
            if os.environ.get(name) == ours and ours not in (before, begun.get(name)):
                _set({name: begun.get(name)})


def outside(action: Callable[[], None]) -> None:
    """Do ``action`` with the variables and boto3's session as they are without an emulator, and keep its changes."""
    with _SAVED.lock:
        if (shown := _shared.shown) is None:
            action()
            return
        changed = _shared._changes(shown)
        _set(_shared.before)
        boto3: Any = sys.modules["boto3"]
        session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, _shared._session
        try:
            action()
        finally:
            _shared.before = {name: os.environ.get(name) for name in _shared.before}
            _shared._session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
            _set({name: {**shown.values, **changed}.get(name) for name in _shared.before})


@cache
def _default_session(_access_key: str | None) -> Any:
    """The session of ``boto3.client`` inside emulators: one for each access key, which it reads on first use.

    A new session for each emulator would read the service models again.
    """
    import boto3

    return boto3.session.Session()
