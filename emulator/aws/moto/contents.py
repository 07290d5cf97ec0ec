"""What moto stores, for each emulator and for the user's own ``mock_aws``: only one of them is in place at a time.

moto keeps everything in dictionaries of its modules. Before an emulator's request is answered, its contents are put
there, if another's are there now. So emulators that are nested, side by side or in several threads do not see each
other. What is in place then stays, and code that reads moto's dictionaries itself (``ses_backends``) finds the contents
of the emulator that answered last.

Threads of one emulator are answered at the same time; a request to another one waits for them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, local
from typing import Any, Final, NamedTuple


class _Held(NamedTuple):
    """What was taken out of moto's modules."""

    backends: Sequence[tuple[Any, dict[str, Any], dict[str, Any]]] = ()
    """``BackendDict``, its backends by account, its own further collections (S3's index of buckets)."""
    objects: Sequence[tuple[Any, list[Any]]] = ()
    """Class, and all objects of it; when S3 is reset, it closes the files of all objects in that list."""


class Contents:
    """The contents of one emulator while they are not in place."""

    def __init__(self) -> None:
        self.held = _Held()

    def close(self) -> None:
        """Forget everything, and put the user's own contents in place if these were."""
        with in_place(self):
            _reset()
        with _changed:
            if _place.of is self and not _place.users:
                _move_to(USERS_OWN)


class _Place:
    """moto's dictionaries: whose contents they hold, and how many requests are being answered from them."""

    def __init__(self) -> None:
        self.of = USERS_OWN
        self.users = 0


class _Mine(local):
    """The requests of this thread that are being answered, one within the other."""

    users = 0


USERS_OWN: Final = Contents()
"""What moto holds without any emulator."""
_place: Final = _Place()
_mine: Final = _Mine()
_changed: Final = Condition()


@contextmanager
def in_place(contents: Contents) -> Iterator[None]:
    """A block in which moto's dictionaries hold ``contents``."""
    mine = _mine.users
    with _changed:
        while _place.of is not contents and _place.users > mine:
            _changed.wait()
        before = _place.of
        if before is not contents:
            _move_to(contents)
        _place.users += 1
        _mine.users += 1
    try:
        yield
    finally:
        with _changed:
            _place.users -= 1
            _mine.users -= 1
            if mine and before is not contents:
                _move_to(before)
            _changed.notify_all()


def _move_to(contents: Contents) -> None:
    _place.of.held = _take()
    _put(contents.held)
    _place.of, contents.held = contents, _Held()


def _take() -> _Held:
    """Take everything out of moto."""
    from moto.core.base_backend import BackendDict, backend_lock
    from moto.core.model_instances import model_data

    with backend_lock:
        held = [(backends, dict(backends), _more(backends)) for backends in BackendDict._instances]
        for backends, _, more in held:
            backends.clear()
            for name, value in more.items():
                setattr(backends, name, type(value)())
        BackendDict._instances.clear()
        classes = [each for models in model_data.values() for each in models.values() if each.instances_tracked]
        objects = [(each, each.instances_tracked) for each in classes]
        for each in classes:
            each.instances_tracked = []
    return _Held(held, objects)


def _put(held: _Held) -> None:
    from moto.core.base_backend import BackendDict, backend_lock

    with backend_lock:
        for backends, by_account, more in held.backends:
            backends.update(by_account)
            for name, value in more.items():
                setattr(backends, name, value)
            BackendDict._instances.append(backends)
        for each, objects in held.objects:
            each.instances_tracked = objects


def _more(backends: Any) -> dict[str, Any]:
    """The collections that a service keeps beside its backends: attributes that other services do not have."""
    from moto.core.base_backend import BackendDict

    if type(backends) is BackendDict:
        return {}
    return {
        name: value
        for name, value in vars(backends).items()
        if isinstance(value, dict | list | set) and not name.startswith("_")
    }


def _reset() -> None:
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()
