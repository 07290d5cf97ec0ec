"""A user's own ``mock_aws`` beside emulators: a decorator that is left over, a fixture, or code under test.

moto has one switch and one set of contents for the whole process, and both ends of a ``mock_aws`` empty them. So:

| ``mock_aws`` | does |
| --- | --- |
| starts while an emulator is open | puts its ``config`` in force: the emulator answers, and nothing is emptied |
| and ends while one is open | nothing: nothing is emptied, and no variable is changed |
| and goes on when the last emulator closes | starts then, empty, as if it had been written there |
| started before, and ends while one is open | what it always does, to its own contents and variables |
| started before, and goes on | has its contents again when the last emulator closes |

The functions replace methods of moto (``emulator.aws.interception.PATCHES``); ``original`` is the method.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from emulator.aws.environment import outside
from emulator.aws.moto.contents import USERS_OWN, in_place
from emulator.aws.owners import opened

_started: list[tuple[Any, bool]] = []
"""Each ``mock_aws`` that was started while an emulator was open, and whether it asked for empty contents."""


def start(mock: Any, original: Callable[..., None], reset: bool = True) -> None:
    """Replaces ``MockAWS.start``."""
    if not _is_started(mock):
        mock._user_config_mock.start()
        mock.stop = partial(_stop, mock)
    _started.append((mock, reset))


def stop(mock: Any, original: Callable[..., None], remove_data: bool = True) -> None:
    """Replaces ``MockAWS.stop``, of one that was started before any emulator was opened."""

    def really() -> None:
        with in_place(USERS_OWN):
            original(mock, remove_data)

    outside(really)


def hand_over() -> None:
    """When the last emulator has closed: start what was started meanwhile, so that moto answers it from now on."""
    if opened:
        return
    while _started:
        mock, reset = _started[0]
        times = sum(each is mock for each, _ in _started)
        for _ in range(times):
            _stop(mock)
        for _ in range(times):
            mock.start(reset=reset)


def _stop(mock: Any, remove_data: bool = True) -> None:
    """The ``stop`` of one that was started while an emulator was open."""
    at = max(at for at, (each, _) in enumerate(_started) if each is mock)
    del _started[at]
    if not _is_started(mock):
        mock._user_config_mock.stop()
        del mock.stop


def _is_started(mock: Any) -> bool:
    return any(each is mock for each, _ in _started)
