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
TOO_DEEP: Final = "TOO_DEEPLY_NESTED"
INVALID_JSONATA: Final = "INVALID_JSONATA_EXPRESSION"
UNSUPPORTED_JSONATA: Final = "UNSUPPORTED_JSONATA_EXPRESSION"
NO_DOLLAR: Final = "NO_DOLLAR"
NO_PATH: Final = "NO_PATH"
PASS_RESULT_IS_STATIC: Final = "PASS_RESULT_IS_STATIC"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: AWS's ``code`` and ``message``, the JSON ``pointer`` of the place, and what to do (``hint``).

    AWS places an unsupported field at its state; ``focus`` is then the rest of the pointer. ``aws_location`` is the
    place in AWS's words if that is not a pointer, empty if AWS names none.
    ``line`` and ``column`` start at 1 and are set if the definition was given as text.
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
        """The JSON pointer of the exact place of the problem."""
        return self.pointer if self.focus is None else f"{self.pointer}/{self.focus}"

    @property
    def location(self) -> str:
        """The place as AWS writes it: ``/States/Pick/Choices[0]/Next``; empty if AWS names none."""
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
        """Readable text: ``source:line:column: CODE message``, the pointer, and the hint, one per line."""
        place = source if self.line is None else f"{source}:{self.line}:{self.column}"
        message = self.message.partition("\n at [Source: ")[0]
        lines = [f"{place}: {self.code} {message}", f"    at {self.place or '/'}"]
        return "\n".join([*lines, f"    {self.hint}"] if self.hint else lines)

    def aws_text(self) -> str:
        """The problem as CreateStateMachine prints it: ``CODE: message at location``."""
        return f"{self.code}: {self.message}" + (f" at {self.location}" if self.location else "")


class DefinitionError(ValueError):
    """A definition that AWS would refuse, or that needs features not emulated; ``problems`` holds all problems."""

    def __init__(self, problems: Iterable[Problem], source: str = "definition") -> None:
        self.problems = tuple(problems)
        self.source = source
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


def _unescape(part: str) -> str:
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
