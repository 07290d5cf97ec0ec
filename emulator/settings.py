"""What an emulator is made with: the arguments of ``Emulator``, checked."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from emulator.aws.backends import Backend, Backends, parse
from emulator.aws.environment import region_of_environment
from emulator.aws.promises import read_accepted
from emulator.aws.regions import checked_region
from emulator.clock import aware
from emulator.errors import EmulatorError
from emulator.expiry import Mode, read_mode
from emulator.wrong_types import check_choice, given

if TYPE_CHECKING:
    from emulator import latencies as kinds

Unused: TypeAlias = Literal["fail", "allow"]
"""What becomes of a test that has planned what never came."""


class Settings(NamedTuple):
    """The arguments of ``Emulator``, which tells what each means, as the services take them."""

    start: datetime | None
    seed: int | str
    region: str
    root: Path
    missing_function: Literal["raise", "fail"]
    polling_waits: bool
    backends: Backends
    accepted_calls: frozenset[str]
    allow_blocked: bool
    latencies: "Mapping[str, kinds.Latency] | None"
    """``None`` if no call takes time."""
    ttl_delay: timedelta | None
    """``None``: items never go."""
    unused_stubs: Unused
    unused_faults: Unused


def read_settings(
    *,
    start: datetime | None,
    seed: int | str,
    region: str | None,
    root: str | os.PathLike[str] | None,
    missing_function: Literal["raise", "fail"],
    polling_waits: bool,
    backend: Backend,
    accepted_calls: Iterable[str],
    allow_blocked: bool,
    latencies: "kinds.Given",
    dynamodb_ttl: Mode | timedelta,
    unused_stubs: Unused,
    unused_faults: Unused,
) -> Settings:
    """The settings that these arguments give; raises ``EmulatorError`` for a value that they do not take."""
    check_choice("missing_function", missing_function, ("raise", "fail"))
    check_choice("polling_waits", polling_waits, (True, False))
    check_choice("allow_blocked", allow_blocked, (True, False))
    check_choice("unused_stubs", unused_stubs, ("fail", "allow"))
    check_choice("unused_faults", unused_faults, ("fail", "allow"))
    return Settings(
        start=_start(start),
        seed=_seed(seed),
        region=region_of_environment() if region is None else checked_region(region),
        root=_root(root),
        missing_function=missing_function,
        polling_waits=polling_waits,
        backends=parse(backend),
        accepted_calls=read_accepted(accepted_calls) if accepted_calls != () else frozenset(),
        allow_blocked=allow_blocked,
        latencies=_latencies(latencies),
        ttl_delay=read_mode(dynamodb_ttl),
        unused_stubs=unused_stubs,
        unused_faults=unused_faults,
    )


def _start(start: datetime | None) -> datetime | None:
    """``start`` in UTC. Raises ``TypeError`` for another type, ``ValueError`` for a time without a time zone."""
    return None if start is None else aware(start, "Emulator(start=...)")


def _seed(seed: int | str) -> int | str:
    """``seed``; raises ``EmulatorError`` unless it is an integer or text."""
    if isinstance(seed, bool) or not isinstance(seed, int | str):
        raise EmulatorError(f"{given('seed', seed)} is neither an integer nor text\n    fix: seed=1, or leave it out")
    return seed


def _root(root: str | os.PathLike[str] | None) -> Path:
    """The folder at which relative paths begin; raises ``EmulatorError`` unless ``root`` is a path."""
    if root is not None and not isinstance(root, str | os.PathLike):
        raise EmulatorError(f'{given("root", root)} is not a path of a folder\n    fix: root="tests/functions"')
    return Path() if root is None else Path(root)


def _latencies(latencies: object) -> "Mapping[str, kinds.Latency] | None":
    """The distributions of the lengths of calls; ``None`` if no call takes time. Raises ``EmulatorError``."""
    if latencies == "none":
        return None
    from emulator.latencies import read_latencies

    return read_latencies(latencies)
