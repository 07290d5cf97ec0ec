"""What pytest's plugin and the emulators of a test tell each other. Without the plugin, nothing is kept here."""

from typing import Any, Final, Protocol, TypeAlias

Emulator: TypeAlias = Any
"""``emulator.core.Emulator``, which imports this module."""

_MOST: Final = 20
"""Closed emulators kept for the report of one test, such as one with many generated examples."""


class Coverage(Protocol):
    """Collects what executions take of their definitions."""

    def opened(self, assembly: Any) -> None:
        """Collect of the emulator that opens."""

    def closing(self, assembly: Any) -> None:
        """Collect what still runs in the emulator that closes."""


coverage: Coverage | None = None
"""What collects coverage in this process; ``None``: nothing does."""
emulators: list[Emulator] | None = None
"""The emulators that were opened in the running test, and those that were open when it began; ``None``: no plugin."""
functions: frozenset[tuple[str, str]] = frozenset()
"""The running test's function: its file and its qualified name; several for one that is generated from another."""


def opened(emulator: Emulator) -> None:
    """Note that an emulator opens."""
    if coverage is not None:
        coverage.opened(emulator.assembly)
    if emulators is None:
        return
    emulators.append(emulator)
    if len(emulators) > _MOST:
        closed = [each for each in emulators if not each.is_open and each is not emulator]
        for each in closed[: len(emulators) - _MOST]:
            if not each.blocked:
                emulators.remove(each)


def forget_closed() -> None:
    """Forget the emulators of tests that have ended."""
    if emulators:
        emulators[:] = [each for each in emulators if each.is_open]
