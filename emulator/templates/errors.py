"""What is wrong with a template, and where."""

from collections.abc import Collection

from asl.problems import did_you_mean
from emulator.errors import EmulatorError


def known_names(what: str, name: str, known: Collection[str]) -> str:
    """The hint for a ``name`` that is not one of the ``known``: the nearest, or all; ``what`` they are, in plural."""
    return did_you_mean(name, known) or (f"its {what} are {', '.join(known)}" if known else f"it has no {what}")


class TemplateError(EmulatorError):
    """A template that cannot be deployed: its message has the place in the file, what is wrong, and what to do."""

    def __init__(self, message: str, place: str, hint: str | None = None) -> None:
        super().__init__(f"{place}: {message}" + (f"\n    fix: {hint}" if hint else ""))
        self.place = place
