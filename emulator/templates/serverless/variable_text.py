"""The texts of variables: ``${opt:stage, self:provider.stage, 'dev'}`` as its sources.

A source has a type, in lower case, and an address, which may have variables itself; or it is a literal.
"""

import re
from typing import Any, Final, NamedTuple, TypeAlias

TYPE: Final = re.compile(r"[a-z][a-zA-Z0-9]*")
REGION: Final = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)(?=:)")
"""``cf.us-east-1:stack.Output``, as Serverless 1 and 2 write ``cf(us-east-1):stack.Output``."""
LITERAL: Final = re.compile(r"""'([^']*)'|"([^"]*)"|(true|false|null)(?=\s*[,}])|(-?\d+(?:\.\d+)?)(?=\s*[,}])""")
WORDS: Final = {"true": True, "false": False, "null": None}


class Source(NamedTuple):
    """One source of a variable: ``type(parameters):address``; each part is a text with variables. Or a literal."""

    type: str | None
    parameters: "Text | None"
    address: "Text | None"
    literal: Any = None
    variable: "Variable | None" = None


class Variable(NamedTuple):
    """A variable: its sources, and its text."""

    sources: tuple[Source, ...]
    written: str


Text: TypeAlias = tuple["str | Variable", ...]


def parse(text: str) -> Text:
    """A text as its parts: texts and variables."""
    parts: list[str | Variable] = []
    plain, at = "", 0
    while at < len(text):
        if text.startswith("${", at) and (found := _variable(text, at)) is not None:
            parts += [plain] if plain else []
            variable, at = found
            parts.append(variable)
            plain = ""
        else:
            plain += text[at]
            at += 1
    return (*parts, plain) if plain or not parts else tuple(parts)


def _variable(text: str, start: int) -> "tuple[Variable, int] | None":
    """The variable that begins at ``start``, and where it ends; ``None`` if it is no variable of Serverless."""
    at, sources = start + 2, []
    while True:
        at = _skip(text, at)
        found = _one_source(text, at)
        if found is None:
            return None
        source, at = found
        sources.append(source)
        at = _skip(text, at)
        if text.startswith("}", at):
            return Variable(tuple(sources), text[start : at + 1]), at + 1
        if not text.startswith(",", at):
            return None
        at += 1


def _one_source(text: str, at: int) -> "tuple[Source, int] | None":
    if text.startswith("${", at):
        nested = _variable(text, at)
        return None if nested is None else (Source(None, None, None, variable=nested[0]), nested[1])
    literal = LITERAL.match(text, at)
    if literal is not None:
        single, double, word, number = literal.groups()
        value: Any = single if single is not None else double
        if value is None:
            value = WORDS[word] if word is not None else float(number) if "." in number else int(number)
        return Source(None, None, None, literal=value), literal.end()
    name = TYPE.match(text, at)
    if name is None:
        return None
    at, address = name.end(), None
    parameters: Text | None = None
    if (region := REGION.match(text, at)) is not None and name[0] in ("cf", "ssm", "s3"):
        parameters, at = (region[1],), region.end()
    elif text.startswith("(", at):
        parameters, at = _until(text, at + 1, ")")
        at += 1
    if text.startswith("::", at) or (parameters is None and not text.startswith(":", at)):
        return None
    if text.startswith(":", at):
        address, at = _until(text, at + 1, ",}")
    return Source(name[0], parameters, address), at


def _until(text: str, at: int, ends: str) -> tuple[Text, int]:
    """The text, with its variables, up to one of the characters ``ends``."""
    parts: list[str | Variable] = []
    plain = ""
    while at < len(text) and text[at] not in ends:
        found = _variable(text, at) if text.startswith("${", at) else None
        if found is not None:
            parts += [plain, found[0]] if plain else [found[0]]
            plain, at = "", found[1]
        else:
            plain += text[at]
            at += 1
    plain = plain.strip()
    return tuple([*parts, plain] if plain else parts), at


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
