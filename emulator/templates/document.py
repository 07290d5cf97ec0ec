"""A template's text as a JSON value, with the place of every part of it.

CloudFormation's short forms in YAML are read as their long forms: ``!GetAtt Orders.Arn`` is
``{"Fn::GetAtt": "Orders.Arn"}`` (AWS CloudFormation user guide, intrinsic functions).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from asl.problems import join
from asl.source import places
from asl.values import JsonTextError, decode
from emulator.definitions.texts import decoded
from emulator.errors import EmulatorError
from emulator.templates.errors import TemplateError

FUNCTIONS: Final = (
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
)
TAGS: Final[Mapping[str, str]] = {
    "!Ref": "Ref",
    "!Condition": "Condition",
    **{f"!{name}": f"Fn::{name}" for name in FUNCTIONS},
}


class Document(NamedTuple):
    """A template: its file, its value, and where each JSON pointer begins (line and column, from 1).

    Other formats become one too (``formats``): the parts of their value may come from other files, their code from
    uploads that lie in folders, and their resources have names beside their logical ids.
    """

    path: Path
    source: str
    """The file's name in messages."""
    value: dict[str, Any]
    places: Mapping[str, tuple[int, int]]
    sources: Mapping[str, str] = {}
    """Pointer -> the file, in messages, that it and what is below it come from."""
    assets: Mapping[str, Path] = {}
    """Key of an object of S3 that the template names -> the file or folder that is uploaded there."""
    other_names: Mapping[str, str] = {}
    """Another name of a resource, such as its path in the CDK's tree -> its logical id."""
    stack_name: str | None = None
    """The stack's name, where the format gives one."""

    def place(self, pointer: str) -> str:
        """``template.yaml:12:5``: of ``pointer``, or of what is nearest around it."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        line, column = self.places.get(pointer, (1, 1))
        return f"{self.source_of(pointer)}:{line}:{column}"

    def source_of(self, pointer: str) -> str:
        """The file, in messages, that the part at ``pointer`` comes from."""
        while pointer and pointer not in self.sources:
            pointer = pointer.rpartition("/")[0]
        return self.sources.get(pointer, self.source)

    def asset(self, key: str) -> Path | None:
        """The file or folder of an object of S3, whose key or URL ends in ``key``'s last part, if it is here."""
        found = self.assets.get(key) or self.assets.get(key.rpartition("/")[2])
        return found if found is not None and found.exists() else None

    def error(self, message: str, pointer: str, hint: str | None = None) -> TemplateError:
        """The error of the part at ``pointer``."""
        return TemplateError(message, self.place(pointer), hint)


def read_document(path: Path, source: str | None = None) -> Document:
    """The template of CloudFormation or SAM in a file of JSON or YAML.

    Raises ``TemplateError`` for a value that is no template, and what ``read_object`` raises.
    """
    document = read_object(path, source)
    check_template(document)
    return document


def read_object(path: Path, source: str | None = None) -> Document:
    """The object in a file of JSON or YAML, whatever it describes.

    Raises ``TemplateError`` for text that is neither, and for a value of another kind; ``EmulatorError`` if the file
    cannot be read.
    """
    source = source or str(path)
    try:
        text = decoded(path.read_bytes(), source)
    except OSError as error:
        raise EmulatorError(f"cannot read the template {source}: {error.strerror}") from None
    value, found = _json(text, source) if text.lstrip().startswith("{") else _yaml(text, source)
    document = Document(path, source, value, found)
    if not isinstance(value, dict):
        raise document.error(f"a template is an object, not {_kind(value)}", "")
    return document


def check_template(document: Document) -> None:
    """Raises ``TemplateError`` if the document has no resources of CloudFormation."""
    if not isinstance(document.value.get("Resources"), dict):
        raise document.error("a template has Resources, an object", join("", "Resources"))


def _json(text: str, source: str) -> tuple[Any, Mapping[str, tuple[int, int]]]:
    try:
        return decode(text), places(text)
    except JsonTextError as error:
        raise TemplateError(f"it is not JSON: {error}", source) from None


def _yaml(text: str, source: str) -> tuple[Any, Mapping[str, tuple[int, int]]]:
    from emulator.definitions.yaml_text import YamlError, read_yaml

    try:
        read = read_yaml(text, TAGS)
    except YamlError as error:
        raise TemplateError(f"{error}", f"{source}:{error.line}:{error.column}", error.hint) from None
    return read.value, read.places


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    return "a list" if isinstance(value, list) else "one value"
