"""How a recorded text with placeholders is compared: ``<word>`` stands for any text, the same within a case."""

import datetime
import json
import re
from collections.abc import Iterator
from typing import Any, Final

PLACEHOLDER: Final = re.compile(r"<[a-zA-Z][^<>]*>")
FREE: Final = ("<date>", "<datetime>", "<timestamp>")
"""Placeholders that stand for another text each time."""


class Comparison:
    """What a case's placeholders have stood for so far."""

    def __init__(self) -> None:
        self._stood_for: dict[str, str] = {}

    def differences(self, wanted: Any, found: Any, place: str = "") -> Iterator[str]:
        """Where ``found`` is not what was recorded."""
        if isinstance(wanted, dict) and wanted.keys() == {"$json_text"}:
            wanted, found = wanted["$json_text"], found if isinstance(found, dict) else json.loads(found)
        if isinstance(wanted, dict) and isinstance(found, dict):
            for name in wanted.keys() | found.keys():
                if name not in found:
                    yield f"{place}.{name}: missing, recorded {wanted[name]!r}"
                elif name not in wanted:
                    yield f"{place}.{name}: not recorded, here {found[name]!r}"
                else:
                    yield from self.differences(wanted[name], found[name], f"{place}.{name}")
        elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
            for index, (each, here) in enumerate(zip(wanted, found, strict=True)):
                yield from self.differences(each, here, f"{place}[{index}]")
        elif not (self._fits(wanted, found) if isinstance(wanted, str) else _equal(wanted, found)):
            yield f"{place}: recorded {wanted!r}, here {found!r}"

    def _fits(self, wanted: str, found: Any) -> bool:
        if not isinstance(found, str):
            return PLACEHOLDER.fullmatch(wanted) is not None
        pattern, names, at = "", list[str](), 0
        for each in PLACEHOLDER.finditer(wanted):
            pattern += re.escape(wanted[at : each.start()])
            name, at = each[0], each.end()
            if name in names and name not in FREE:
                pattern += f"(?P=g{names.index(name)})"
            elif name in self._stood_for:
                pattern += re.escape(self._stood_for[name])
            else:
                pattern += f"(?P<g{len(names)}>.+?)"
                names.append(name)
        fits = re.fullmatch(pattern + re.escape(wanted[at:]), found, re.DOTALL)
        if fits is None:
            return False
        self._stood_for |= {name: fits[f"g{n}"] for n, name in enumerate(names) if name not in FREE}
        return True


def _equal(wanted: Any, found: Any) -> bool:
    return type(wanted) is type(found) and bool(wanted == found)


def shown(value: Any) -> Any:
    """A response as recordings show it: JSON objects in texts are parsed, points in time are ``<datetime>``."""
    if isinstance(value, dict):
        return {name: _parsed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    return "<datetime>" if isinstance(value, datetime.datetime) else value


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return shown(value)
