"""The Lambda functions of a command's emulator: those of ``--handlers``, missing ones, and calls they cannot make."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.cli.options import Refused

if TYPE_CHECKING:
    from emulator.blocked import BlockedCall
    from emulator.cli.terminal import Terminal
    from emulator.core import Emulator
    from emulator.execution import StateMachine
    from emulator.lambda_.nodejs import NodeHandler


def register(emulator: "Emulator", functions: "Mapping[str, Callable[..., Any] | NodeHandler]") -> None:
    """Register functions by name; raises ``Refused`` for a name that Lambda does not take."""
    for name, function in functions.items():
        try:
            emulator.lambda_function(name, function)
        except ValueError as error:
            raise Refused(f"--handlers: {error}") from None


def check_handlers(emulator: "Emulator", machine: "StateMachine") -> None:
    """Refuse a machine with tasks that have no handler, naming all of them."""
    from emulator.errors import MissingHandlerError

    problems = []
    for error in emulator.assembly.targets.unanswerable(machine):
        text = str(error)
        if isinstance(error, MissingHandlerError):
            text = text.partition("\n    fix:")[0]
            text += "\n    fix: --handlers MODULE (or file.py) with that function, or --handlers NAME=MODULE:FUNCTION"
        problems.append(text)
    if problems:
        raise Refused("\nerror: ".join(dict.fromkeys(problems)))


def warn_of_untold(calls: "Sequence[BlockedCall]", terminal: "Terminal") -> bool:
    """Tell of the calls that nothing emulates and whose errors were swallowed; whether there were any."""
    if not calls:
        return False
    from emulator.blocked import untold_text

    terminal.warn(f"error: {untold_text(calls, 'run')}\n    fix: let the handler call a fake where it runs locally")
    return True
