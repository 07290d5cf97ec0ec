"""Servers of this process, on virtual and on real time."""

from collections.abc import Iterator

import pytest

from tests.emulator.server.served import Served, Servers


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    found = Servers()
    yield found
    found.stop()


@pytest.fixture
def served(servers: Servers) -> Served:
    """On virtual time."""
    return servers.begin(real_time=False)


@pytest.fixture
def real(servers: Servers) -> Served:
    """On real time."""
    return servers.begin(real_time=True)
