"""The names of Lambda's runtimes. One that Lambda does not have is refused, as AWS does when it makes the function."""

import re
from typing import Any

from asl.problems import did_you_mean
from emulator.templates.words import near_miss

_PARTS = re.compile(r"([a-z]+)(\d+)(?:\.(\d+))?(\.x)?")


def unknown_runtime(model: Any, name: str) -> str | None:
    """The nearest runtime, as a hint, for a name that is none; ``None`` for one that Lambda has, or may have.

    ``model`` is botocore's model of Lambda, whose list may be older than Lambda: of a known family, a version that is
    a little above the newest one passes.
    """
    known: list[str] = model.shape_for("Runtime").enum
    if name in known or not re.fullmatch(r"[A-Za-z0-9.]+", name) or _may_be_newer(name, known):
        return None
    near = near_miss(name, known)
    return did_you_mean(near or name, known) or f"the newest of Python is {_newest('python', known)}"


def _may_be_newer(name: str, known: list[str]) -> bool:
    parts = _PARTS.fullmatch(name)
    if parts is None:
        return name.startswith("provided.")
    newest = _PARTS.fullmatch(_newest(parts[1], known))
    if newest is None or newest[4] != parts[4]:
        return False
    by_minor = parts[1] == "python"
    step, steps = (3, 2) if by_minor else (2, 8)
    same = not by_minor or (parts[3] is not None and parts[2] == newest[2])
    return same and int(newest[step]) < int(parts[step] or 0) <= int(newest[step]) + steps


def _newest(family: str, known: list[str]) -> str:
    """The newest runtime of a family; empty if there is none."""
    found = [(each, parts) for each in known if (parts := _PARTS.fullmatch(each)) and parts[1] == family]
    return max(found, key=lambda each: (int(each[1][2]), int(each[1][3] or 0)))[0] if found else ""
