"""What tests of external backends share."""

from collections.abc import Iterator

import pytest

from emulator.aws import backends, remote
from tests.fakes.endpoint import Script, scripted


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of real time that were asked for; none is made."""
    made: list[float] = []
    monkeypatch.setattr(remote, "pause", made.append)
    return made


@pytest.fixture
def script(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """An endpoint that answers as it is told; nothing is looked for that earlier runs have left there."""
    monkeypatch.setattr(backends.BackendRouter, "sweep", lambda *_: None)
    with scripted() as made:
        yield made
