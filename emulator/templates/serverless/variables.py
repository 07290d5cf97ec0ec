"""The variables of ``serverless.yml``: ``${self:custom.name}``, ``${opt:stage, 'dev'}``, ``${file(a.yml):b}``.

A variable has sources, of which the first one with a value counts; a source has a type, in lower case, and an address,
which may have variables itself. What has another form is left as it is: ``${AWS::Region}`` is CloudFormation's.
(Serverless Framework 3, ``lib/configuration/variables``.)
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from asl.problems import did_you_mean, join
from emulator.templates.document import TAGS, Document
from emulator.templates.errors import TemplateError
from emulator.templates.serverless.variable_text import Source, Text, Variable, parse

ELSEWHERE: Final = ("cf", "ssm", "s3", "git", "doppler", "terraform", "vault", "output", "azureEnv")
"""Sources that ask a service, another stack or a repository: their values are given as parameters."""

DECRYPTED: Final = re.compile(r"~(true|false|split|raw)$")
"""What Serverless 1 and 2 take after the name of a parameter of Systems Manager."""

Mark: TypeAlias = tuple[str, int, int]
"""The file, the line and the column of a value."""


class Placed(NamedTuple):
    """A resolved value, and where each pointer in it was written."""

    value: Any
    marks: Mapping[str, Mark]


class Variables:
    """Resolves the variables of a service. ``options`` are those of the command line; ``facts`` the emulator's own."""

    def __init__(self, document: Document, options: Mapping[str, Any], facts: Mapping[str, str]) -> None:
        self._document = document
        self._options = options
        self._facts = facts
        self._files: dict[str, Document | str | None] = {}
        self._resolved: dict[tuple[str, str], Placed] = {}
        self._resolving: list[tuple[str, str]] = []
        self.asked: set[str] = set()
        """The names of options that variables have asked for."""

    def resolve(self, pointer: str = "") -> Placed:
        """The value at ``pointer`` of the service's file, without variables."""
        value: Any = self._document.value
        for part in _parts(pointer):
            value = value[part]
        return self._of(value, self._document, pointer)

    def _of(self, value: Any, document: Document, pointer: str) -> Placed:
        if isinstance(value, str):
            return self._text(value, document, pointer)
        mark = _mark(document, pointer)
        marks = {"": mark}
        if isinstance(value, dict):
            found: dict[str, Any] = {}
            for name, each in value.items():
                found[name] = self._below(each, document, pointer, name, marks)
            return Placed(found, marks)
        if isinstance(value, list):
            return Placed([self._below(each, document, pointer, at, marks) for at, each in enumerate(value)], marks)
        return Placed(value, marks)

    def _below(self, value: Any, document: Document, pointer: str, name: str | int, marks: dict[str, Mark]) -> Any:
        inner = self._of(value, document, join(pointer, name))
        above = join("", name)
        marks.update({f"{above}{each}": mark for each, mark in inner.marks.items()})
        return inner.value

    def _text(self, text: str, document: Document, pointer: str) -> Placed:
        parts = parse(text)
        if all(isinstance(each, str) for each in parts):
            return Placed(text, {"": _mark(document, pointer)})
        key = (document.source, pointer)
        if key not in self._resolved:
            if key in self._resolving:
                raise document.error(f"the variable {text} needs itself", pointer)
            self._resolving.append(key)
            self._resolved[key] = self._joined(parts, document, pointer)
            self._resolving.pop()
        return self._resolved[key]

    def _joined(self, parts: Text, document: Document, pointer: str) -> Placed:
        if len(parts) == 1 and isinstance(parts[0], Variable):
            return self._variable(parts[0], document, pointer)
        found = []
        for each in parts:
            value = each if isinstance(each, str) else self._variable(each, document, pointer).value
            if isinstance(value, dict | list) or value is None:
                written = each if isinstance(each, str) else each.written
                kind = "nothing" if value is None else "a list" if isinstance(value, list) else "an object"
                raise document.error(f"{written} is {kind}, and stands in a text", pointer)
            found.append(_shown(value))
        return Placed("".join(found), {"": _mark(document, pointer)})

    def _variable(self, variable: Variable, document: Document, pointer: str) -> Placed:
        hint = None
        for source in variable.sources:
            if source.variable is not None:
                found = self._variable(source.variable, document, pointer)
            elif source.type is None:
                return Placed(source.literal, {"": _mark(document, pointer)})
            else:
                found = self._source(source, document, pointer)
                hint = hint or self._hint(source, document, pointer)
            if found.value is not None:
                return found
        raise document.error(f"{variable.written} has no value", pointer, hint)

    def _source(self, source: Source, document: Document, pointer: str) -> Placed:
        assert source.type is not None
        parameters, address = (self._plain(each, document, pointer) for each in (source.parameters, source.address))
        here = {"": _mark(document, pointer)}
        given = self._given(source.type, parameters, address)
        if given is not None:
            return Placed(given, here)
        read = SOURCES.get(source.type)
        if read is not None:
            return read(self, parameters, address, here, document, pointer)
        name = f"{source.type}:{address}" if address else source.type
        hint = f"give its value: parameters={{{name!r}: ...}}"
        if source.type not in ELSEWHERE:
            near = did_you_mean(source.type, [*SOURCES, *ELSEWHERE])
            raise document.error(f"there is no source of variables {source.type}", pointer, near or hint)
        return Placed(None, here)

    def _given(self, type_: str, parameters: str, address: str) -> Any:
        """The value that the caller gives for a variable as a whole: ``parameters={"ssm:/shop/key": "x"}``."""
        address = DECRYPTED.sub("", address)
        names = (f"{type_}({parameters}):{address}", f"{type_}:{address}", f"{type_}:{address}~true")
        found = next((name for name in names if name in self._options), None)
        if found is None:
            return None
        self.asked.add(found)
        return self._options[found]

    def _hint(self, source: Source, document: Document, pointer: str) -> str | None:
        address = DECRYPTED.sub("", self._plain(source.address, document, pointer))
        parameters = self._plain(source.parameters, document, pointer)
        if source.type == "file":
            return self._file_hint(parameters.strip().strip("'\""), address)
        if source.type == "self" and address:
            value: Any = self._document.value
            for part in address.split("."):
                if not isinstance(value, dict):
                    return None
                if part not in value:
                    return did_you_mean(part, list(value)) or f"it has {', '.join(map(str, value)) or 'nothing'}"
                value = value[part]
        return f"parameters={{{address if source.type == 'opt' else f'{source.type}:{address}'!r}: ...}}"

    def _file_hint(self, name: str, address: str) -> str | None:
        """The nearest name of a file that is not there, or the nearest member of one that is."""
        path = self._document.path.parent / Path(name).expanduser()
        if not path.is_file():
            beside = [each.name for each in path.parent.iterdir() if each.is_file()] if path.parent.is_dir() else []
            return did_you_mean(path.name, beside) or f"there is no file {name} beside {self._document.path.name}"
        found = self._files.get(name)
        value: Any = found.value if isinstance(found, Document) else {}
        for part in address.split("."):
            if isinstance(value, dict) and part not in value:
                return did_you_mean(part, list(value)) or f"{name} has {', '.join(map(str, value)) or 'nothing'}"
            value = value.get(part) if isinstance(value, dict) else None
        return None

    def _plain(self, text: Text | None, document: Document, pointer: str) -> str:
        return _shown(self._joined(text, document, pointer).value) if text else ""

    # Sources -------------------------------------------------------------------------------------------------------

    def _self(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        name, _, rest = address.partition(".")
        if name == "service" and isinstance(self._document.value.get("service"), Mapping if not rest else str):
            address = {"": "service.name", "name": "service"}.get(rest, address)
        return self._walk(self._document, address)

    def _walk(self, document: Document, address: str) -> Placed:
        """The value of ``document`` at an address with dots; what is on the way is resolved."""
        raw: Any = document.value
        inside: Placed | None = None
        pointer, parts = "", address.split(".") if address else []
        for part in parts:
            if inside is None and isinstance(raw, str):
                inside = self._text(raw, document, pointer)
            if inside is not None:
                inside = _member(inside, part)
                continue
            if isinstance(raw, dict) and part in raw:
                raw = raw[part]
            elif isinstance(raw, list) and part.isdecimal() and int(part) < len(raw):
                raw = raw[int(part)]
            else:
                return Placed(None, {"": _mark(document, pointer)})
            pointer = join(pointer, part)
        return self._of(raw, document, pointer) if inside is None else inside

    def _opt(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        if not address:
            return Placed(dict(self._options), here)
        self.asked.add(address)
        found = self._options.get(address)
        return Placed(found, here)

    def _env(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        name = address
        return Placed(os.environ.get(name, self._dotenv().get(name)), here)

    def _dotenv(self) -> Mapping[str, str]:
        """The variables of ``.env``, which a service with ``useDotenv: true`` has."""
        if self._document.value.get("useDotenv") is not True:
            return {}
        folder, found = self._document.path.parent, {}
        for name in (".env", f".env.{self.stage()}"):
            if (folder / name).is_file():
                for line in (folder / name).read_text(encoding="utf-8").splitlines():
                    key, separator, value = line.partition("=")
                    if separator and not key.lstrip().startswith("#"):
                        found[key.strip().removeprefix("export ").strip()] = value.strip().strip("'\"")
        return found

    def _sls(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        values = ("stage", "instanceId")
        if address not in values:
            raise document.error(f"there is no ${{sls:{address}}}", pointer, did_you_mean(address, values))
        return Placed(self.stage() if address == "stage" else "0", here)

    def _aws(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        if address not in self._facts:
            hint = did_you_mean(address, self._facts) or f"aws has {', '.join(self._facts)}"
            raise document.error(f"there is no ${{aws:{address}}}", pointer, hint)
        return Placed(self._facts[address], here)

    def _param(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        if address in self._options:
            self.asked.add(address)
            return Placed(self._options[address], here)
        for stage in (self.stage(), "default"):
            found = self._walk(self._document, f"params.{stage}.{address}")
            if found.value is not None:
                return found
        return Placed(None, here)

    def _boolean(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        word = parameters.strip().strip("'\"").lower()
        if word not in ("true", "1", "false", "0", "null", ""):
            raise document.error(f"strToBool takes true or false, not {parameters}", pointer)
        return Placed(word in ("true", "1"), here)

    def _file(self, parameters: str, address: str, here: Any, document: Document, pointer: str) -> Placed:
        name = parameters.strip().strip("'\"")
        found = self._read(name, address, document, pointer)
        if found is None:
            return Placed(None, here)
        if isinstance(found, str):
            return Placed(found, here)
        return self._walk(found, address)

    def _read(self, name: str, address: str, document: Document, pointer: str) -> Document | str | None:
        if name in self._files:
            return self._files[name]
        path = self._document.path.parent / Path(name).expanduser()
        if path.suffix in (".js", ".cjs", ".mjs", ".ts"):
            given = f"parameters={{{f'file({name}):{address}'!r}: ...}}"
            hint = f"write the value into a file of YAML or JSON, or give it: {given}"
            raise document.error(f"{name} is a program, which is not run here", pointer, hint)
        source = f"{self._document.source.removesuffix(self._document.path.name)}{name.removeprefix('./')}"
        if not path.is_file():
            self._files[name] = None
        elif path.suffix in (".yml", ".yaml", ".json"):
            self._files[name] = read_any(path, source)
        else:
            self._files[name] = path.read_text(encoding="utf-8").strip()
        return self._files[name]

    def stage(self) -> str:
        """The stage: the option, that of the provider, or ``dev``."""
        self.asked.add("stage")
        given = self._options.get("stage")
        if given is not None:
            return str(given)
        written = self._walk(self._document, "provider.stage").value
        return str(written) if written is not None else "dev"


Read: TypeAlias = Callable[[Variables, str, str, Any, Document, str], Placed]
SOURCES: Final[Mapping[str, Read]] = {
    "self": Variables._self,
    "opt": Variables._opt,
    "env": Variables._env,
    "file": Variables._file,
    "sls": Variables._sls,
    "aws": Variables._aws,
    "param": Variables._param,
    "strToBool": Variables._boolean,
}
"""Type of a source -> what reads it."""


def read_any(path: Path, source: str) -> Document:
    """A file of YAML or JSON whose value may be of any kind."""
    from emulator.definitions.yaml_text import YamlError, read_yaml

    try:
        read = read_yaml(path.read_text(encoding="utf-8"), TAGS, version="1.2")
    except YamlError as error:
        raise TemplateError(f"{error}", f"{source}:{error.line}:{error.column}", error.hint) from None
    return Document(path, source, read.value, read.places)


def _member(placed: Placed, part: str) -> Placed:
    value = placed.value
    if isinstance(value, dict) and part in value:
        found = value[part]
    elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        found = value[int(part)]
    else:
        return Placed(None, placed.marks)
    above = join("", part)
    marks = {
        each.removeprefix(above): mark
        for each, mark in placed.marks.items()
        if each == above or each.startswith(f"{above}/")
    }
    return Placed(found, marks or {"": placed.marks.get("", ("", 1, 1))})


def _parts(pointer: str) -> Iterator[str]:
    yield from (each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:])


def _mark(document: Document, pointer: str) -> Mark:
    while pointer and pointer not in document.places:
        pointer = pointer.rpartition("/")[0]
    return (document.source, *document.places.get(pointer, (1, 1)))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
