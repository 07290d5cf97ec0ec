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


def register(emulator: "Emulator", functions: "Mapping[str, Callable[..., Any] | NodeHandler]") -> Mapping[str, str]:
    """Register functions by name; raises ``Refused`` for a name that Lambda does not take.

    Returns the names of those that cannot be handlers, such as a module's other functions, and why they cannot.
    """
    from emulator.lambda_.fitness import why_not
    from emulator.lambda_.nodejs import NodeHandler

    unfit: dict[str, str] = {}
    for name, function in functions.items():
        if not isinstance(function, NodeHandler) and (why := why_not(function)) is not None:
            unfit[name] = why
            continue
        try:
            emulator.lambda_function(name, function)
        except ValueError as error:
            raise Refused(f"--handlers: {error}") from None
    return unfit


def check_handlers(emulator: "Emulator", machine: "StateMachine", unfit: Mapping[str, str]) -> None:
    """Refuse a machine with tasks that have no handler, naming all of them; ``unfit``: why a function is none.

    Tasks that fail as on AWS for want of their function are none of these. A task of a service that is not emulated is
    refused when the execution enters it.
    """
    from emulator.errors import MissingHandlerError

    if emulator.assembly.service.check_case is not None:  # a test case answers them, or leaves them to be found
        return
    problems = []
    for error in emulator.assembly.targets.unanswerable(machine):
        if not isinstance(error, MissingHandlerError) or emulator.assembly.missing_function == "fail":
            continue
        text, _, fix = str(error).partition("\n    fix: ")
        install = fix.partition("; or emulator.lambda_function(")[0]
        text += f"\n    fix: {install}; or" if install != fix else "\n    fix:"
        text += " --handlers MODULE (or file.py) with that function, or --handlers NAME=MODULE:FUNCTION"
        text += "\n         or --missing-function fail: the task then fails as on AWS"
        why = next((why for name, why in unfit.items() if f":function:{name} " in text), None)
        problems.append(text if why is None else f"{text.partition(chr(10))[0]}\n    {why}")
    if problems:
        raise Refused("\nerror: ".join(dict.fromkeys(problems)))


def warn_of_untold(calls: "Sequence[BlockedCall]", terminal: "Terminal") -> bool:
    """Tell of the calls that nothing emulates and whose errors were swallowed; whether there were any."""
    if not calls:
        return False
    from emulator.blocked import untold_text

    terminal.warn(f"error: {untold_text(calls, 'run')}\n    fix: let the handler call a fake where it runs locally")
    return True
