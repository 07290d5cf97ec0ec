"""The definitions in a folder: found by their content, not by their names.

A definition is a JSON or YAML file with StartAt and States, or a file with one of the ``ENDINGS``, whatever is in it.
Folders of tools (``node_modules``, ``.git``, virtual environments, ``cdk.out``) are left out; one that is named itself
is searched.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from asl.values import JsonTextError, decode
from emulator.definitions.kinds import Kind, is_definition, recognise
from emulator.definitions.texts import decoded
from emulator.errors import EmulatorError

ENDINGS: Final = (".asl.json", ".asl.yaml", ".asl.yml", ".asl")
"""The endings of names that promise a definition."""
_FORMATS: Final = (".json", ".yaml", ".yml")
_LEFT_OUT: Final = frozenset(
    {"node_modules", "__pycache__", "cdk.out", "site-packages", "venv", "build", "dist", "target"}
)
"""Names of folders that hold what tools make or fetch; folders whose names begin with a dot are left out, too."""
_MOST_BYTES: Final = 8_000_000
"""The size above which a file is no definition: AWS takes 1,048,576 characters."""
_MOST_FILES: Final = 100_000
_START: Final = re.compile(rb'^\s*["\']?StartAt["\']?\s*:|["\']StartAt["\']\s*:', re.MULTILINE)


@dataclass
class Found:
    """What is in a folder: definitions, other known files, why files cannot be read, and folders that are left out."""

    definitions: list[Path] = field(default_factory=list)
    others: list[tuple[Path, Kind]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)


def search(folder: Path) -> Found:
    """Everything in ``folder`` and its subfolders, in the order of the names. Links to folders are not followed."""
    found = Found()

    def note(error: OSError) -> None:
        found.unreadable.append(f"{error.filename} cannot be read: {error.strerror}")

    count = 0
    for name, folders, files in os.walk(folder, onerror=note):
        place = Path(name)
        for each in sorted(folders):
            if _is_left_out(place / each):
                found.left_out.append(place / each)
        folders[:] = sorted(each for each in folders if not _is_left_out(place / each))
        for path in sorted(place / each for each in files):
            if not path.name.lower().endswith((*ENDINGS, *_FORMATS)) or not path.is_file():
                continue
            count += 1
            if count > _MOST_FILES:
                found.unreadable.append(f"{folder} has more than {_MOST_FILES:,} files; name a folder inside it")
                return found
            _look(path, found)
    found.definitions.sort()
    return found


def _is_left_out(path: Path) -> bool:
    return path.name in _LEFT_OUT or path.name.startswith(".") or (path / "pyvenv.cfg").is_file()


def _look(path: Path, found: Found) -> None:
    """Add the file to what is found."""
    if path.name.lower().endswith(ENDINGS):
        found.definitions.append(path)
        return
    try:
        if path.stat().st_size > _MOST_BYTES:
            return
        content = path.read_bytes()
        ascii_part = content.replace(b"\0", b"")  # also of UTF-16
        is_yaml = path.suffix.lower() != ".json"
        if not is_yaml and content.lstrip()[:1] == b"[":
            return
        said = bool(_START.search(ascii_part))
        if not said and not _may_be_known(ascii_part):
            return
        value = read_leniently(decoded(content, str(path)), is_yaml=is_yaml)
    except OSError as error:
        found.unreadable.append(f"{path} cannot be read: {error.strerror}")
        return
    except EmulatorError as error:
        found.unreadable.append(str(error).partition("\n")[0])
        return
    kind = recognise(value)
    if kind is not None:
        found.others.append((path, kind))
    elif is_definition(value) or (value is None and said):
        found.definitions.append(path)


_KNOWN: Final = re.compile(
    rb'^\s*["\']?(?:Resources|AWSTemplateFormatVersion|Transform|stepFunctions)["\']?\s*:'
    rb'|["\'](?:Resources|terraform_version|artifacts)["\']\s*:',
    re.MULTILINE,
)


def _may_be_known(content: bytes) -> bool:
    """Whether the file may be a template, which is worth to be named where no definition is found."""
    return _KNOWN.search(content) is not None


def read_leniently(text: str, *, is_yaml: bool) -> Any:
    """The value of a text that may be a template, with CloudFormation's tags; ``None`` if it cannot be read."""
    if is_yaml:
        from emulator.definitions.yaml_text import read_template

        return read_template(text)
    try:
        return decode(text)
    except JsonTextError:
        return None


def counted(paths: list[Path], most: int = 3) -> Iterator[str]:
    """The first paths, and the number of the others."""
    yield from map(str, paths[:most])
    if len(paths) > most:
        yield f"{len(paths) - most:,} more"


def is_template(path: Path) -> bool:
    """Whether the file describes an application, right or wrong: by its content, or by a name (``template.yaml``).

    A folder does if it is what the CDK writes.
    """
    if path.is_dir():
        return (path / "manifest.json").is_file() and is_template(path / "manifest.json")
    if path.suffix.lower() not in (".yaml", ".yml", ".json", ".template") or not path.is_file():
        return False
    if path.stem.lower() in _NAMES:
        return True
    try:
        text = decoded(path.read_bytes(), str(path))
    except (OSError, EmulatorError):
        return False
    value = read_leniently(text, is_yaml=not text.lstrip().startswith("{"))
    if isinstance(value, Mapping):
        is_other = "StartAt" in value or is_resource(value)
        return not is_other and (any(each <= value.keys() for each in _APPLICATIONS) or _has_resources(value))
    return value is None and _SAID_TEMPLATE.search(text) is not None


def _has_resources(value: Mapping[str, Any]) -> bool:
    """Whether a member is an object of resources: one that should be named ``Resources``."""
    found = (each for name, each in value.items() if isinstance(each, Mapping) and name != "Parameters")
    return any(is_resource(each) for section in found for each in section.values())


def is_resource(value: Any) -> bool:
    """Whether ``value`` has a type of CloudFormation, as a resource of a template has."""
    return isinstance(value, Mapping) and str(value.get("Type")).startswith("AWS::")


_NAMES: Final = ("template", "sam", "samtemplate", "serverless")
_APPLICATIONS: Final = (
    {"Resources"},
    {"AWSTemplateFormatVersion"},
    {"artifacts", "version"},
    {"service", "provider"},
    {"format_version", "planned_values"},
    {"format_version", "values"},
)
"""The members that tell a template, the CDK's manifest, a service of Serverless, and a plan or state of Terraform."""
_SAID_TEMPLATE: Final = re.compile(r'^\s*["\']?(?:Resources|AWSTemplateFormatVersion)["\']?\s*:', re.MULTILINE)
