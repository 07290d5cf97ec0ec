"""CSV as a Distributed Map reads it: text in, rows out, and rows as objects of strings.

Rules: developer guide, "ItemReader", and recordings of AWS (``test_map_item_reader_csv*``). A short row is filled with
empty strings, a long one is cut, and empty lines are ignored. The recordings show that the members of an object come
in the order of Java's ``HashMap``. Not recorded: an unclosed quote, which here extends to the end of the file.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


class CsvError(ValueError):
    """Text that cannot be read as rows of items; ``str()`` is AWS's text."""


def read_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The rows of ``lines``, which keep their line ends; a quoted field may span several lines."""
    rest = iter(lines)
    for line in rest:
        row = line.rstrip("\r\n")
        if not row:
            continue
        if '"' not in row and "\\" not in row:
            yield row.split(delimiter)
            continue
        fields, open_quote = _split(line, delimiter)
        while open_quote and (following := next(rest, None)) is not None:
            line += following
            fields, open_quote = _split(line, delimiter)
        yield fields


def _split(text: str, delimiter: str) -> tuple[list[str], bool]:
    """The fields of a row with quotes or backslashes, and whether a quote is still open at its end.

    Inside quotes, ``""`` is a quote. A backslash escapes a backslash, a quote or the delimiter; before any other
    character it is dropped.
    """
    fields, field, quoted, at = [], "", False, 0
    body = text.rstrip("\r\n")
    while at < len(body if not quoted else text):
        character = text[at]
        if character == "\\":
            at += 1
            field += text[at : at + 1]
        elif quoted and text[at : at + 2] == '""':
            at += 1
            field += '"'
        elif character == '"' and (quoted or not field):
            quoted = not quoted
        elif character == delimiter and not quoted:
            fields.append(field)
            field = ""
        else:
            field += character
        at += 1
    return [*fields, field], quoted


def read_objects(
    lines: Iterable[str], *, delimiter: str = ",", headers: Sequence[str] | None = None
) -> Iterator[dict[str, str]]:
    """Each row as an object; without ``headers`` the first row names the members. Raises ``CsvError``."""
    rows = read_rows(lines, delimiter)
    names = list(headers) if headers is not None else next(rows, [])
    if len(set(names)) < len(names):
        raise CsvError("CSV headers cannot contain duplicates.")
    order = hash_map_order(names)
    for row in rows:
        row += [""] * (len(names) - len(row))
        yield {names[index]: row[index] for index in order}


def hash_map_order(names: Sequence[str]) -> list[int]:
    """The indexes of ``names`` in the order in which a Java ``HashMap`` with these keys lists them."""
    buckets = 16
    while len(names) > buckets * 3 // 4:
        buckets *= 2
    return sorted(range(len(names)), key=lambda index: _spread(names[index]) & (buckets - 1))


def _spread(name: str) -> int:
    """Java's ``String.hashCode``, as ``HashMap`` mixes it."""
    units = name.encode("utf-16-be", "surrogatepass")
    value = 0
    for at in range(0, len(units), 2):
        value = (value * 31 + (units[at] << 8 | units[at + 1])) & 0xFFFFFFFF
    return value ^ value >> 16
