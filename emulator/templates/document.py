"""A template's text as a JSON value, with the place of every part of it.

CloudFormation's short forms in YAML are read as their long forms: ``!GetAtt Orders.Arn`` is
``{"Fn::GetAtt": "Orders.Arn"}`` (AWS CloudFormation user guide, intrinsic functions).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from asl.problems import did_you_mean, join, nearest, unescape
from asl.source import places, repeated_keys
from asl.values import JsonTextError, decode
from emulator.definitions.texts import decoded, excerpt
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


ALL_SECTIONS: Final = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
"""The sections that a template may have (CloudFormation user guide, "Template anatomy"; SAM's ``Globals``)."""
NAMED_PARTS: Final = 2
"""The parts of a pointer to a section, or to what it names (a resource): of such a key that is there twice, none is
taken. Of a key further inside, such as a property, the last counts: SAM's tools read YAML so."""
SECTIONS: Final = ("Parameters", "Mappings", "Conditions", "Outputs")
"""Sections of a template whose members are objects, besides Resources."""


GLOBALS: Final[Mapping[str, str]] = {
    "Function": "AWS::Serverless::Function",
    "Api": "AWS::Serverless::Api",
    "HttpApi": "AWS::Serverless::HttpApi",
    "SimpleTable": "AWS::Serverless::SimpleTable",
    "StateMachine": "AWS::Serverless::StateMachine",
    "LayerVersion": "AWS::Serverless::LayerVersion",
    "CapacityProvider": "AWS::Serverless::CapacityProvider",
    "WebSocketApi": "AWS::Serverless::WebSocketApi",
}
"""Section of SAM's ``Globals`` -> the type that it is for."""


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
    text: str = ""
    """The file's own text."""
    repeated: tuple[str, ...] = ()
    """The pointers of keys that are there twice with different values: of these the last counts."""
    not_read: Mapping[str, list[str]] = {}
    """What of the format has no effect here -> the names."""
    has_addresses: bool = False
    """Whether logical ids are addresses: these tell where something is, as all of the file is one line."""

    def line_and_column(self, pointer: str) -> tuple[int, int]:
        """Where ``pointer`` begins, or what is nearest around it."""
        shared = self._in_globals(pointer)
        while pointer and pointer not in self.places:
            if shared and shared in self.places:
                return self.places[shared]
            pointer, shared = pointer.rpartition("/")[0], shared.rpartition("/")[0]
        return self.places.get(pointer, (1, 1))

    def beside(self, pointer: str, part: str) -> str:
        """The pointer of a part of the resource that ``pointer`` is in: ``DependsOn``, ``Condition``."""
        return join("/".join(pointer.split("/")[:3]), part)

    def _in_globals(self, pointer: str) -> str:
        """Where ``Globals`` has the property of a resource at ``pointer``, if it has; else a pointer to nothing."""
        parts = pointer.split("/", 4)
        if len(parts) < 5 or parts[1] != "Resources" or parts[3] != "Properties":
            return ""
        resource = self.written(f"/Resources/{parts[2]}")
        type_ = resource.get("Type") if isinstance(resource, Mapping) else None
        section = next((name for name, each in GLOBALS.items() if each == type_), "")
        return f"/Globals/{section}/{parts[4]}"

    def written(self, pointer: str) -> Any:
        """The part of the template at ``pointer``; ``None`` if there is none."""
        found: Any = self.value
        for part in pointer.split("/")[1:]:
            part = unescape(part)
            if isinstance(found, list) and part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            else:
                found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def place(self, pointer: str, part: str = "") -> str:
        """``template.yaml:12:5``: of ``pointer``, or of the first ``part`` of its text, such as ``${Name``."""
        line, column = self.line_and_column(pointer)
        source = self.source_of(pointer)
        if self.has_addresses and (parts := pointer.split("/")[1:3])[1:]:
            return f"{source}: {unescape(parts[1]) if parts[0] == 'Resources' else f'output.{unescape(parts[1])}'}"
        if part and source == self.source:
            for number, each in enumerate(self.text.split("\n")[line - 1 :], line):
                begin = each.find(part, column - 1 if number == line else 0)
                if begin >= 0:
                    return f"{source}:{number}:{begin + 1}"
        return f"{source}:{line}:{column}"

    def source_of(self, pointer: str) -> str:
        """The file, in messages, that the part at ``pointer`` comes from."""
        while pointer and pointer not in self.sources:
            pointer = pointer.rpartition("/")[0]
        return self.sources.get(pointer, self.source)

    def asset(self, key: str) -> Path | None:
        """The file or folder of an object of S3, named by its key or URL, if it is here.

        Else a file of its name beside the template, as ``serverless package`` writes them.
        """
        name = key.rpartition("/")[2]
        found = self.assets.get(key) or self.assets.get(name) or (self.path.parent / name if name else None)
        return found if found is not None and found.exists() else None

    def error(self, message: str, pointer: str, hint: str | None = None, part: str = "") -> TemplateError:
        """The error of the part at ``pointer``."""
        return TemplateError(message, self.place(pointer, part), hint)

    def no_file(self, named: str, pointer: str, at: Path | None = None) -> TemplateError:
        """The error of a file, ``named`` at ``pointer``, that is not there: with the nearest one."""
        path = at or self.path.parent / named
        looked = "" if str(path) == str(Path(named)) else f" (looked for {path})"
        near = _nearest_file(path)
        if near is not None and near.is_relative_to(self.path.parent):
            near = near.relative_to(self.path.parent)
        hint = None if near is None else f'Did you mean "{near}"?'
        return self.error(f"there is no file {named}{looked}", pointer, hint)

    def block(self, pointer: str, value: str) -> tuple[int, int] | None:
        """Where the text ``value`` at ``pointer`` begins, if it stands there line by line (YAML's ``|``).

        Its first line and the columns before each line; ``None`` if it is written otherwise.
        """
        if self.source_of(pointer) != self.source:
            return None
        line, _ = self.line_and_column(pointer)
        wanted = value.rstrip("\n").split("\n")
        below = self.text.split("\n")[line : line + len(wanted)]
        indent = len(below[0]) - len(below[0].lstrip()) if below else 0
        indent -= len(wanted[0]) - len(wanted[0].lstrip())
        is_same = len(below) == len(wanted) and all(
            each[indent:].rstrip() == text.rstrip() for each, text in zip(below, wanted, strict=True)
        )
        return (line, indent) if is_same and len(wanted) > 1 else None


def _nearest_file(path: Path) -> Path | None:
    """The file whose folders and name are nearest to those of ``path``; ``None`` if one of them is like none."""
    found = Path(path.anchor)
    for part in path.parts[1:] if path.is_absolute() else path.parts:
        if part != ".." and not (found / part).exists():
            near = nearest(part, [each.name for each in found.iterdir()]) if found.is_dir() else []
            if not near:
                return None
            part = near[0]
        found = found / part
    return found if found.is_file() else None


def read_document(path: Path, source: str | None = None) -> Document:
    """The template of CloudFormation or SAM in a file of JSON or YAML.

    Raises ``TemplateError`` for a value that is no template, and what ``read_object`` raises.
    """
    document = read_object(path, source)
    check_template(document)
    return document


def read_object(path: Path, source: str | None = None, *, yaml: str = "1.1") -> Document:
    """The object in a file of JSON or YAML (of that version), whatever it describes.

    Raises ``TemplateError`` for text that is neither, and for a value of another kind; ``EmulatorError`` if the file
    cannot be read.
    """
    source = source or str(path)
    try:
        text = decoded(path.read_bytes(), source)
    except OSError as error:
        raise EmulatorError(f"cannot read the template {source}: {error.strerror}") from None
    if not text.strip():
        raise TemplateError("the file is empty", f"{source}:1:1", "a template has Resources")
    value, found, repeated = _json(text, source) if text.lstrip().startswith("{") else _yaml(text, source, yaml)
    document = Document(path, source, value, found, text=text, repeated=tuple(repeated))
    if not isinstance(value, dict):
        raise document.error(f"a template is an object, not {_kind(value)}", "")
    for pointer in repeated:
        if pointer.count("/") > NAMED_PARTS and yaml == "1.1":
            continue
        name = pointer.rpartition("/")[2]
        message = f"duplicate key {name!r} with different values, in {pointer.rpartition('/')[0] or 'the template'}"
        raise document.error(message, pointer, "give one of them another name, or take it away")
    return document


def check_template(document: Document) -> None:
    """Raises ``TemplateError`` for a document without resources, and for an unknown or a wrong section."""
    if not isinstance(document.value.get("Resources"), dict):
        hint = did_you_mean("Resources", document.value)
        raise document.error("a template has Resources, an object", join("", "Resources"), hint)
    for section in document.value:
        if section not in ALL_SECTIONS:
            hint = did_you_mean(str(section), ALL_SECTIONS) or f"its sections are {', '.join(ALL_SECTIONS)}"
            raise document.error(f"a template has no section {section}", join("", str(section)), hint)
    for section in SECTIONS:
        found = document.value.get(section)
        if not isinstance(found, dict | None):
            raise document.error(f"{section} is an object", join("", section))
        for name, each in (found or {}).items():
            if not isinstance(each, dict):
                raise document.error(f"{section}: {name} is an object", join("", section, name))


_Read: TypeAlias = tuple[Any, Mapping[str, tuple[int, int]], list[str]]
"""A value, its places, and the pointers of keys that are there twice, with values that differ."""


def _json(text: str, source: str) -> _Read:
    try:
        return decode(text), places(text), [pointer for pointer, _ in repeated_keys(text)]
    except JsonTextError as error:
        shown = excerpt(text, error.line, error.column)
        message = f"it is not JSON: {error.message}" + (f"\n{shown}" if shown else "")
        raise TemplateError(message, f"{source}:{error.line}:{error.column}") from None


def _yaml(text: str, source: str, version: str) -> _Read:
    from emulator.definitions.yaml_text import YamlError, read_yaml

    try:
        read = read_yaml(text, TAGS, version=version)
    except YamlError as error:
        shown = excerpt(text, error.line, error.column)
        message = f"{error}\n{shown}" if shown else f"{error}"
        raise TemplateError(message, f"{source}:{error.line}:{error.column}", error.hint) from None
    return read.value, read.places, read.contrary


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, list) else "one value"
