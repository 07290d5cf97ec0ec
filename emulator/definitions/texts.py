"""The text of a file or of standard input, and a line of it with a mark under a place."""

import codecs
from typing import Final

from emulator.errors import EmulatorError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
"""Byte order mark -> Python's name of the encoding, which removes the mark, and its own name."""
_BEFORE, _AFTER = 60, 30
"""The most columns of a line that are shown before and after a place."""


def decoded(content: bytes, source: str) -> str:
    """The text of ``content``: UTF-8, or what its byte order mark says. ``source`` names it in messages.

    Raises ``EmulatorError`` with the place of the first byte that is wrong.
    """
    encoding, name = next((row[1:] for row in _MARKS if content.startswith(row[0])), ("utf-8", "UTF-8"))
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        at = f"the byte 0x{content[error.start]:02x} at line {line}, column {column}"
        raise EmulatorError(f"{source} is not {name} text: {at}\n    fix: save it as UTF-8") from None
    if "\0" in text[:4]:
        raise EmulatorError(
            f"{source} is not UTF-8 text: it has NUL characters, as UTF-16 without a byte order mark\n"
            "    fix: save it as UTF-8"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def excerpt(text: str, line: int, column: int) -> str:
    """Two lines: the line of the place, shortened, and a ``^`` under the place.

    For a place in a blank line, such as the end of the text, it is the end of the last line before; empty without one.
    """
    lines = text.split("\n")[:line]
    if not lines[-1].strip():
        while lines and not lines[-1].strip():
            lines.pop()
        if not lines:
            return ""
        column = len(lines[-1].rstrip()) + 1
    shown = lines[-1]
    begin = max(0, column - 1 - _BEFORE)
    part = "".join(each if each.isprintable() else " " for each in shown[begin : column - 1 + _AFTER])
    return f"    {part}\n    {' ' * (column - 1 - begin)}^"
