"""What is wrong with a definition: every problem at once, each with its place, AWS's code and words, and a way out."""

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
TOO_DEEP: Final = "TOO_DEEPLY_NESTED"
INVALID_JSONATA: Final = "INVALID_JSONATA_EXPRESSION"
UNSUPPORTED_JSONATA: Final = "UNSUPPORTED_JSONATA_EXPRESSION"
NO_DOLLAR: Final = "NO_DOLLAR"
NO_PATH: Final = "NO_PATH"
PASS_RESULT_IS_STATIC: Final = "PASS_RESULT_IS_STATIC"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: AWS's ``code`` and ``message``, the JSON ``pointer`` of the place, and what to do (``hint``).

    AWS places an unsupported field at its state; ``focus`` is then the pointer from there on. ``aws_location`` is
    the place in AWS's words where that is no pointer, empty where AWS names none.
    ``line`` and ``column`` start at 1 and are set when the definition came as text.
    """

    code: str
    pointer: str
    message: str
    hint: str | None = None
    severity: Literal["ERROR", "WARNING"] = "ERROR"
    line: int | None = None
    column: int | None = None
    focus: str | None = None
    aws_location: str | None = None

    @property
    def place(self) -> str:
        """The JSON pointer of the very thing that is wrong."""
        return self.pointer if self.focus is None else f"{self.pointer}/{self.focus}"

    @property
    def location(self) -> str:
        """The place as AWS writes it: ``/States/Pick/Choices[0]/Next``; empty where AWS names none."""
        if self.aws_location is not None:
            return self.aws_location
        parts = self.pointer.split("/")[1:]
        above = ["", *parts]
        named = "".join(
            f"[{part}]" if part.isdigit() and before != "States" else f"/{_unescape(part)}"
            for before, part in zip(above, parts, strict=False)
        )
        return named or "/"

    def text(self, source: str) -> str:
        """For people: ``source:line:column: CODE message``, the pointer, and the hint, a line each."""
        place = source if self.line is None else f"{source}:{self.line}:{self.column}"
        message = self.message.partition("\n at [Source: ")[0]
        lines = [f"{place}: {self.code} {message}", f"    at {self.place or '/'}"]
        return "\n".join([*lines, f"    {self.hint}"] if self.hint else lines)

    def aws_text(self) -> str:
        """As CreateStateMachine prints it: ``CODE: message at location``."""
        return f"{self.code}: {self.message}" + (f" at {self.location}" if self.location else "")


class DefinitionError(ValueError):
    """A definition that AWS would refuse, or that asks for what is not emulated; ``problems`` holds all of them."""

    def __init__(self, problems: Iterable[Problem], source: str = "definition") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__("\n".join(problem.text(source) for problem in self.problems))


def did_you_mean(word: object, candidates: Iterable[str]) -> str | None:
    """``Did you mean "NumericGreaterThan"?``, or ``None`` when nothing is near."""
    known = list(candidates)
    near = nearest(str(word), known) or [name for name in known if name.lower() == str(word).lower()]
    return f'Did you mean "{near[0]}"?' if near else None


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> list[str]:
    """The one of ``known`` that is written most like ``word``; empty when none has the ``likeness`` (1 is equal)."""
    from difflib import get_close_matches  # only mistakes need it

    return get_close_matches(word, list(known), n=1, cutoff=likeness)


def escape(part: str | int) -> str:
    """``part`` as RFC 6901 writes it in a pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def join(pointer: str, *parts: str | int) -> str:
    """``pointer`` with ``parts`` appended, escaped as RFC 6901 asks."""
    return pointer + "".join(f"/{escape(part)}" for part in parts)


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def placed(problem: Problem, places: Mapping[str, tuple[int, int]]) -> Problem:
    """``problem`` with the line and column of its pointer, or of the nearest thing above it."""
    if problem.line is not None:
        return problem
    pointer = problem.place
    while pointer not in places and pointer:
        pointer = pointer.rpartition("/")[0]
    line, column = places.get(pointer, (None, None))
    return replace(problem, line=line, column=column)
