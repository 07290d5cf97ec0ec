"""The substitutions of a definition's file that a template beside it gives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emulator.definitions.folders import read_leniently
from emulator.definitions.texts import decoded
from emulator.errors import EmulatorError

NAMES: Final = ("template.yaml", "template.yml", "template.json")
FOLDERS: Final = 3
"""How many folders are looked at: the file's own, and those around it."""


def substitutions_beside(path: Path) -> tuple[str, ...] | None:
    """The names of the ``DefinitionSubstitutions`` of the machine with the definition ``path``; ``None`` without one.

    Their values are the template's to know: a check of the template has them.
    """
    for folder in list(path.resolve().parents)[:FOLDERS]:
        for file in (folder / name for name in NAMES if (folder / name).is_file()):
            for properties in _machines(file):
                uri = properties.get("DefinitionUri")
                if isinstance(uri, str) and (folder / uri).resolve() == path.resolve():
                    return tuple(map(str, properties.get("DefinitionSubstitutions") or ()))
    return None


def _machines(file: Path) -> list[Mapping[str, Any]]:
    """The properties of the template's resources."""
    try:
        value = read_leniently(decoded(file.read_bytes(), str(file)), is_yaml=file.suffix != ".json")
    except (OSError, EmulatorError):
        return []
    resources = value.get("Resources") if isinstance(value, Mapping) else None
    found = resources.values() if isinstance(resources, Mapping) else ()
    return [
        each["Properties"] for each in found if isinstance(each, Mapping) and isinstance(each.get("Properties"), dict)
    ]
