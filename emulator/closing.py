"""How an emulator closes, and what that tells: swallowed errors of refused calls, and what was planned and not used."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from emulator import running_test
from emulator.assembly import Assembly
from emulator.blocked import refused
from emulator.errors import EmulatorError

if TYPE_CHECKING:
    from emulator.report import Left


class Closing:
    """Closes one emulator. ``error`` is the exception that is on its way."""

    def __init__(self, assembly: Assembly, *, allows_unused_faults: bool) -> None:
        self._assembly = assembly
        self._allows_unused_faults = allows_unused_faults
        self.left: Left | None = None
        """The state of its buses and queues when it closed, for the report of a failing test."""

    def leave(self, error: BaseException | None, unused_tasks: Callable[[], str | None] | None) -> None:
        """Close at the end of a ``with`` block: also raises ``EmulatorError`` for what was never used.

        ``unused_tasks`` says which plans for background tasks were not.
        """
        unused = None if error is not None or not self._assembly.is_open else self._unused(unused_tasks)
        self.close(error)
        if unused:
            raise EmulatorError(unused)

    def close(self, error: BaseException | None) -> None:
        """Close; raises ``BlockedCallError`` for the calls whose errors were swallowed, or adds it to ``error``."""
        untold = self._assembly.all_blocked().take_untold() if self._assembly.is_open else []
        if self._assembly.is_open and running_test.emulators is not None and self._assembly.backend.used:
            from emulator.report import look

            self.left = look(self._assembly)
        if self._assembly.is_open and running_test.coverage is not None:
            running_test.coverage.closing(self._assembly)
        self._assembly.close()
        if untold:
            told = refused(untold)
            if error is None:
                raise told
            error.add_note(str(told))

    def _unused(self, unused_tasks: Callable[[], str | None] | None) -> str | None:
        """What the test has planned or scripted and never used, a line each."""
        lines = (
            None if unused_tasks is None else unused_tasks(),
            self._assembly.unused_stubs(),
            None if self._allows_unused_faults else self._assembly.unused_faults(),
        )
        return "\n".join(filter(None, lines)) or None
