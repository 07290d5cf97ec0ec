"""What is wrong with a template, and where."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from asl.problems import DefinitionError, did_you_mean
from emulator.errors import EmulatorError


def known_names(what: str, name: str, known: Collection[str]) -> str:
    """The hint for a ``name`` that is not one of the ``known``: the nearest, or all; ``what`` they are, in plural."""
    return did_you_mean(name, known) or (f"its {what} are {', '.join(known)}" if known else f"it has no {what}")


def source_and_place(place: str) -> tuple[str, int | None, int | None]:
    """The file, the line and the column of a place; a part of Terraform's plan has neither line nor column."""
    source, *numbers = place.rsplit(":", 2)
    if len(numbers) == 2 and all(each.isdecimal() for each in numbers):
        return source, int(numbers[0]), int(numbers[1])
    return place, None, None


class TemplateError(EmulatorError):
    """A template that cannot be deployed: its message has the place in the file, what is wrong, and what to do."""

    def __init__(self, message: str, place: str, hint: str | None = None) -> None:
        super().__init__(f"{place}: {message}" + (f"\n    fix: {hint}" if hint else ""))
        self.message = message
        self.place = place
        self.hint = hint
        self.was_told = False
        """Whether it was found before, when the template's names were looked at."""


class UnknownNameError(TemplateError, KeyError):
    """A name that no resource of an application has: ``app.get(name)`` is ``None`` for it."""

    __str__ = Exception.__str__  # KeyError shows its text in quotes

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message, place)


Wrong: TypeAlias = EmulatorError | DefinitionError
"""What is wrong with a template, or with a definition in it."""


def note(problems: list[Wrong], error: Wrong) -> None:
    """Add an error to the problems that are collected, unless it was told before."""
    if not getattr(error, "was_told", False):
        problems.append(error)


@contextmanager
def noted(problems: list[Wrong] | None) -> Iterator[None]:
    """Add an error to ``problems``, where they are collected (``emulate check``); else it is raised."""
    try:
        yield
    except (EmulatorError, DefinitionError) as error:
        if problems is None:
            raise
        note(problems, error)
