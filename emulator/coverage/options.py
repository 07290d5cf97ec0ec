"""What ``--asl-cov`` and its kin say, with ``[tool.asl-emulator.coverage]`` of pyproject.toml for what they do not.

```toml
[tool.asl-emulator.coverage]
paths = ["statemachines"]
reports = ["term", "html"]
fail_under = 90
code = false
```
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from asl.problems import nearest
from emulator.coverage.reports import Wanted, read_report
from emulator.errors import EmulatorError

TABLE: Final = "[tool.asl-emulator.coverage]"
KEYS: Final = ("paths", "reports", "fail_under", "code")


class Options(NamedTuple):
    """What is collected and reported."""

    paths: tuple[Path, ...]
    """Files and folders whose definitions count, also those that never ran."""
    only: bool
    """Whether definitions in other files do not count, even if they ran: when paths are given."""
    reports: tuple[Wanted, ...]
    fail_under: float | None
    """Percent of the goals that have to be taken."""
    code: bool
    """Whether definitions in code count."""


def read_options(folder: Path, paths: list[str], reports: list[str], fail_under: str | None) -> Options:
    """The options as they were given, else as ``folder/pyproject.toml`` has them. Raises ``EmulatorError``."""
    set_ = read_table(folder / "pyproject.toml")
    named = [each for each in paths if each] or [str(each) for each in set_.get("paths", [])]
    wanted = tuple(read_report(str(each)) for each in reports or set_.get("reports") or ["term"])
    found = tuple((folder / each).resolve() for each in named) or (folder.resolve(),)
    for path, each in zip(found, named, strict=False):
        if not path.exists():
            raise EmulatorError(f"there is no {each} (looked for {path}): give a file or folder with definitions")
    least = set_.get("fail_under") if fail_under is None else fail_under
    return Options(found, bool(named), wanted, None if least is None else _percent(least), set_.get("code", True))


def _percent(text: Any) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1
    if isinstance(text, bool) or not 0 <= value <= 100:
        raise EmulatorError(f"{text!r} is not a percentage: give a number from 0 to 100")
    return value


def read_table(path: Path) -> Mapping[str, Any]:
    """The table of pyproject.toml; empty if there is none. Raises ``EmulatorError`` for a wrong key or value."""
    if not path.is_file():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise EmulatorError(f"{path} cannot be read: {error}") from None
    found = document.get("tool", {}).get("asl-emulator", {}).get("coverage", {})
    for key, value in found.items():
        if key not in KEYS:
            near = nearest(key, KEYS)
            hint = f'Did you mean "{near[0]}"?' if near else f"It has: {', '.join(KEYS)}."
            raise EmulatorError(f"{path}: {TABLE} has no key {key}. {hint}")
        is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
        if (key in ("paths", "reports") and not is_list) or (key == "code" and not isinstance(value, bool)):
            wanted = "true or false" if key == "code" else "a list of texts"
            raise EmulatorError(f"{path}: {key} in {TABLE} takes {wanted}, not {value!r}")
    return dict(found)
