"""The pages that people read, and the code in them.

A fenced block says what it is, and where it goes:

- Python and JavaScript: the first line is a comment with the file's name (``# tests/test_order.py``).
- JSON and YAML: the file's name stands after the language (````` ```json order.asl.json`````) and in the text before.
- ``sh``: commands, one a line. ``text``: what is shown, and not run.

Blocks of one page that name the same file are that file, one after the other.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted(
    str(page.relative_to(ROOT))
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]
)

PLAIN: Final = frozenset({"sh", "text"})
_FENCE: Final = re.compile(r"^```(\S*) *(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_NAME: Final = re.compile(r"(?:#|//) (\S+\.\w+)\n")


class Block(NamedTuple):
    """One fenced block: ``file`` is the name that it is written to, empty for commands and for what is shown."""

    page: str
    line: int
    language: str
    file: str
    text: str

    @property
    def place(self) -> str:
        """Where it begins, for messages and names of tests."""
        return f"{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, given, body = match.groups()
        named = _NAME.match(body)
        file = given or ("" if language in PLAIN or named is None else named[1])
        found.append(Block(page, text.count("\n", 0, match.start()) + 1, language, file, body))
    return found


def files(page: str) -> dict[str, str]:
    """The files that a page's blocks make, by name."""
    made: dict[str, str] = {}
    for block in blocks(page):
        if block.file:
            made[block.file] = made[block.file] + "\n\n" + block.text if block.file in made else block.text
    return made


def commands(page: str) -> Iterator[list[str]]:
    """The words of each command of a page's ``sh`` blocks; one may go on over several lines."""
    for block in blocks(page):
        if block.language == "sh":
            held = ""
            for line in block.text.splitlines():
                held += line.removesuffix("\\") + "\n"
                try:
                    words = shlex.split(held, comments=True)
                except ValueError:  # a quotation that the next line ends
                    continue
                if not line.endswith("\\"):
                    held = ""
                    if words:
                        yield words
            assert not held, f"{block.place}: a command has no end: {held}"
