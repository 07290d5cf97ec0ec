"""The problems of a definition: all together, each with its place, AWS's code and text, and a way to fix it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

SCHEMA: Final = "SCHEMA_VALIDATION_FAILED"
INVALID_JSON: Final = "INVALID_JSON_DESCRIPTION"
MISSING_TARGET: Final = "MISSING_TRANSITION_TARGET"
MISSING_END: Final = "MISSING_END_STATE"
DUPLICATE_NAME: Final = "DUPLICATE_STATE_NAME"
INVALID_NAME: Final = "INVALID_STATE_NAME"
DUPLICATE_LABEL: Final = "DUPLICATE_LABEL_NAME"
INVALID_LABEL: Final = "INVALID_LABEL_NAME"
RESERVED_VARIABLE: Final = "RESERVED_VARIABLE_NAME"
INVALID_VARIABLE: Final = "INVALID_VARIABLE_NAME"
DUPLICATE_VARIABLE: Final = "DUPLICATE_VARIABLE_NAME"
INVALID_RESOURCE: Final = "INVALID_RESOURCE"
TOO_DEEP: Final = "TOO_DEEPLY_NESTED"
INVALID_JSONATA: Final = "INVALID_JSONATA_EXPRESSION"
UNSUPPORTED_JSONATA: Final = "UNSUPPORTED_JSONATA_EXPRESSION"
NO_DOLLAR: Final = "NO_DOLLAR"
NO_PATH: Final = "NO_PATH"
PASS_RESULT_IS_STATIC: Final = "PASS_RESULT_IS_STATIC"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a definition."""

    code: str
    """AWS's code, such as ``MISSING_TRANSITION_TARGET``."""
    pointer: str
    """The JSON pointer at which AWS reports it."""
    message: str
    """The message: AWS's, where it is known."""
    hint: str | None = None
    """What to do."""
    severity: Literal["ERROR", "WARNING"] = "ERROR"
    """AWS creates a machine in spite of a ``WARNING``."""
    line: int | None = None
    """The line, from 1; ``None`` when the definition was not text."""
    column: int | None = None
    """The column, from 1; ``None`` when the definition was not text."""
    focus: str | None = None
    """The rest of the pointer, where AWS reports a field of a state at the state."""
    aws_location: str | None = None
    """The place in AWS's words where it is not a pointer; empty where AWS names none."""
    excerpt: str | None = None
    """The line of the text, and a mark below the place, for a text that cannot be read."""

    @property
    def place(self) -> str:
        """The JSON pointer of the mistake itself."""
        return self.pointer if self.focus is None else f"{self.pointer}/{self.focus}"

    @property
    def location(self) -> str:
        """The place as AWS writes it: ``/States/Pick/Choices[0]/Next``; empty if AWS names none."""
        if self.aws_location is not None:
            return self.aws_location
        parts = self.pointer.split("/")[1:]
        above = ["", *parts]
        named = "".join(
            f"[{part}]" if part.isdigit() and before != "States" else f"/{unescape(part)}"
            for before, part in zip(above, parts, strict=False)
        )
        return named or "/"

    def text(self, source: str) -> str:
        """Readable text: ``source:line:column: CODE message``, the pointer, and the hint, one per line.

        ``warning:`` precedes the code of a warning.
        """
        place = source if self.line is None else f"{source}:{self.line}:{self.column}"
        message = self.message.partition("\n at [Source: ")[0]
        warning = "warning: " if self.severity == "WARNING" else ""
        lines = [f"{place}: {warning}{self.code} {message}", self.excerpt or f"    at {self.place or '/'}"]
        return "\n".join([*lines, f"    {self.hint}"] if self.hint else lines)

    def aws_text(self) -> str:
        """The problem as CreateStateMachine prints it: ``CODE: message at location``, ``at null`` without a place.

        Measured: ``MISSING_END_STATE: Workflow has no terminal state at null``.
        """
        return f"{self.code}: {self.message} at {self.location or 'null'}"


class DefinitionError(ValueError):
    """A definition that AWS would refuse, or that needs something that is not emulated."""

    def __init__(self, problems: Iterable[Problem], source: str = "definition") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        """Every problem."""
        self.source = source
        """What messages call the definition: the file's path, where it came from a file."""
        super().__init__("\n".join(problem.text(source) for problem in self.problems))


def did_you_mean(word: object, candidates: Iterable[str]) -> str | None:
    """``Did you mean "NumericGreaterThan"?``, or ``None`` if no candidate is close."""
    known = list(candidates)
    near = nearest(str(word), known) or [name for name in known if name.lower() == str(word).lower()]
    return f'Did you mean "{near[0]}"?' if near else None


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> list[str]:
    """The word of ``known`` closest to ``word``, in a list; empty if none has the ``likeness`` (1 is equal)."""
    from difflib import get_close_matches  # needed only for mistakes

    return get_close_matches(word, list(known), n=1, cutoff=likeness)


def escape(part: str | int) -> str:
    """``part`` as RFC 6901 writes it in a pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def join(pointer: str, *parts: str | int) -> str:
    """``pointer`` with ``parts`` appended, escaped by RFC 6901."""
    return pointer + "".join(f"/{escape(part)}" for part in parts)


def unescape(part: str) -> str:
    """A part of a pointer as it was before RFC 6901's escapes."""
    return part.replace("~1", "/").replace("~0", "~")


def placed(problem: Problem, places: Mapping[str, tuple[int, int]]) -> Problem:
    """``problem`` with the line and column of its pointer, or of the nearest value above it."""
    if problem.line is not None:
        return problem
    pointer = problem.place
    while pointer not in places and pointer:
        pointer = pointer.rpartition("/")[0]
    line, column = places.get(pointer, (None, None))
    return replace(problem, line=line, column=column)
