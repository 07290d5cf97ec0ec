"""A file of JSON and its mistakes, each with line and column, the value's place and the nearest word."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from asl.problems import did_you_mean, join
from asl.source import places, repeated_keys
from asl.values import JsonTextError, decode
from emulator.errors import EmulatorError


class JsonFile:
    """The object in a file, and what is found wrong with it.

    Raises ``EmulatorError`` for a file that cannot be read, and for text that is no JSON object.
    """

    def __init__(self, path: Path, shown: str, what: str) -> None:
        self.shown = shown
        """What messages call the file."""
        self._problems: list[str] = []
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise EmulatorError(f"{shown}: {what} cannot be read: {why} (looked for {path.resolve()})") from None
        try:
            value = decode(text)
        except JsonTextError as error:
            raise EmulatorError(f"{shown}:{error.line}:{error.column}: this is not JSON: {error.message}") from None
        if not isinstance(value, dict):
            raise EmulatorError(f"{shown}:1:1: {what} is a JSON object")
        self.value: dict[str, Any] = value
        self._text = text
        self._places: dict[str, tuple[int, int]] = {}
        for pointer, offset in repeated_keys(text):
            line = text.count("\n", 0, offset) + 1
            column = offset - text.rfind("\n", 0, offset)
            self._problems.append(f"{shown}:{line}:{column}: {pointer}: the key is given twice")

    def place(self, pointer: str) -> str:
        """``file:line:column`` of the value at a JSON pointer."""
        if not self._places:
            self._places = places(self._text)
        line, column = self._places[pointer]
        return f"{self.shown}:{line}:{column}"

    def wrong(self, pointer: str, what: str, hint: str | None = None) -> None:
        """Note a mistake."""
        told = f"{self.place(pointer)}: {pointer or '/'}: {what}"
        self._problems.append(f"{told}\n    {hint}" if hint else told)

    def object(self, value: object, pointer: str) -> Mapping[str, Any]:
        """``value`` if it is an object, else an empty one, and a mistake."""
        if isinstance(value, dict):
            return value
        self.wrong(pointer, "an object is needed here")
        return {}

    def known(self, value: Mapping[str, Any], pointer: str, keys: Iterable[str], *, others: bool = False) -> None:
        """Note each key that is none of ``keys``; with ``others`` only one that is nearly one of them."""
        known = tuple(keys)
        for key in value:
            near = did_you_mean(key, known)
            if key not in known and (near or not others):
                hint = near or f"There are: {', '.join(known)}"
                self.wrong(join(pointer, key), f'there is no key "{key}" here', hint)

    def check(self) -> None:
        """Raise ``EmulatorError`` with every mistake."""
        if self._problems:
            raise EmulatorError("\n".join(self._problems))
