"""The Lambda functions of a command's emulator: those of ``--handlers``, missing ones, and calls they cannot make."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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


@contextmanager
def refusing_unanswered(emulator: "Emulator", machine: "StateMachine", unfit: Mapping[str, str]) -> Iterator[None]:
    """A block in which a task without a handler is refused when it is entered, with all such tasks of the machine.

    ``unfit``: why a function of ``--handlers`` is none.
    """
    from emulator.errors import MissingHandlerError

    try:
        yield
    except MissingHandlerError as error:
        problems = unanswered(emulator, machine, unfit)
        if _first_line(str(error)) not in map(_first_line, problems):  # of another machine, or of a handler
            raise
        raise Refused("\nerror: ".join(problems)) from error


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def unanswered(emulator: "Emulator", machine: "StateMachine", unfit: Mapping[str, str]) -> list[str]:
    """A text for each task of the machine that has no handler; ``unfit``: why a function is none.

    Tasks that fail as on AWS for want of their function are none of these.
    """
    from emulator.errors import MissingHandlerError

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
    return list(dict.fromkeys(problems))


def warn_of_untold(calls: "Sequence[BlockedCall]", terminal: "Terminal") -> bool:
    """Tell of the calls that nothing emulates and whose errors were swallowed; whether there were any."""
    if not calls:
        return False
    from emulator.blocked import untold_text

    terminal.warn(f"error: {untold_text(calls, 'run')}\n    fix: let the handler call a fake where it runs locally")
    return True
