"""Other emulators beside ours: which there are, which are at hand, and what they took."""

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final, NamedTuple, TypeAlias

from benchmarks import moto_peer, server_peers
from benchmarks.measure import Effort, Figure
from benchmarks.peer_machines import Times
from scripts.backends import LOCALSTACK, MINISTACK, Server, UnavailableError


class Peer(NamedTuple):
    """Why it is not at hand, ``None`` when it is; and its version and times."""

    missing: Callable[[], str | None]
    measure: Callable[[Effort], tuple[str, Times]]


class Measured(NamedTuple):
    """The times of a peer, or why there are none."""

    status: str
    times: Times


Peers: TypeAlias = dict[str, Measured]
"""By name, in the order of their columns."""


def _served(server: Server) -> Peer:
    return Peer(server.missing, lambda effort: server_peers.measure(server, effort))


PEERS: Final = {
    "moto": Peer(moto_peer.missing, moto_peer.measure),
    "ministack": _served(MINISTACK),
    "localstack": _served(LOCALSTACK),
}
INSTALLABLE: Final = frozenset({"ministack", "localstack"})
"""Those whose ``measure`` installs them first."""


def parse(text: str) -> list[str]:
    """The peers that ``moto,ministack`` names, none for ``none``; raises ``ValueError``."""
    names = [] if text == "none" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in PEERS:
            near = get_close_matches(name, PEERS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(PEERS)}, none"
            raise ValueError(f"there is no peer {name!r}; {hint}")
    return names


def measure(named: list[str] | None, figures: Iterable[Figure], effort: Effort) -> Peers:
    """The times of the peers that are named; without any named, of those at hand, and the others say what they lack."""
    if not any(figure.peer for figure in figures):
        return {}
    return {name: _measure(name, effort, asked=named is not None) for name in (PEERS if named is None else named)}


def _measure(name: str, effort: Effort, *, asked: bool) -> Measured:
    peer = PEERS[name]
    why = peer.missing()
    if why is not None and not (asked and name in INSTALLABLE):
        return Measured(why, {})
    print(f"measuring {name} ..." if why is None else f"installing {name}, measuring it ...", file=sys.stderr)
    try:
        version, times = peer.measure(effort)
    except (RuntimeError, UnavailableError) as error:
        return Measured(f"failed: {str(error).splitlines()[-1]}", {})
    except Exception as error:  # a server that answers nonsense must not cost the figures
        return Measured(f"failed: {type(error).__name__}: {error}"[:200], {})
    return Measured(f"{version}, measured", times)
