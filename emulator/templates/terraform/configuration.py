"""The configuration beside a plan: the text of expressions whose values are known only after apply.

Modules are folders beside the plan, or those that ``terraform init`` has fetched (``.terraform/modules``). What an
expression refers to has its value from the plan; what is known after apply is a mark in the texts that it makes.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from emulator.templates.terraform.functions import FUNCTIONS
from emulator.templates.terraform.hcl import Block, HclError, Scope, read_blocks, read_template, text_of
from emulator.templates.terraform.plan import Instance, Plan, parent_of

WRONG: Final = (
    HclError,
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    OSError,
)
"""What an expression raises whose parts have values of kinds that it cannot have: it stays without a value."""


class Configuration:
    """The files ``*.tf`` of a plan's modules."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self._modules: dict[str, Block] = {}
        self._fetched: dict[str, str] | None = None

    def value(self, instance: Instance, path: tuple[str | int, ...]) -> Any:
        """The value of an attribute with marks for what is known after apply; ``None`` if it is not found out."""
        block = self.block(instance)
        try:
            return None if block is None else self._in(block, path, _Names(self, instance))
        except WRONG:
            return None

    def _in(self, block: Block, path: tuple[str | int, ...], scope: "_Names") -> Any:
        name = str(path[0])
        if name in block.attributes:
            value = block.attributes[name](scope)
            for part in path[1:]:
                value = scope.below(value, part)
            return value
        inner = block.blocks.get(name, [])
        at = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
        rest = path[2:] if len(path) > 1 and isinstance(path[1], int) else path[1:]
        return self._in(inner[at][1], rest, scope) if at < len(inner) and rest else None

    def block(self, instance: Instance) -> Block | None:
        """The block of a resource, an output or a call of a module."""
        kinds = {"output": ("output", (instance.name,)), "module": ("module", (instance.name,))}
        kind, labels = kinds.get(instance.type, ("resource", (instance.type, instance.name)))
        blocks = self.module(instance.module).blocks.get(kind, [])
        return next((block for each, block in blocks if each == labels), None)

    def module(self, address: str) -> Block:
        """All blocks of a module."""
        folder = self.path(address)
        if folder not in self._modules:
            whole = Block()
            for file in sorted((self.folder / folder).glob("*.tf")):
                try:
                    read = read_blocks(file.read_text(encoding="utf-8"))
                except (HclError, OSError, UnicodeDecodeError, IndexError, ValueError):
                    continue
                for kind, blocks in read.blocks.items():
                    whole.blocks.setdefault(kind, []).extend(blocks)
            self._modules[folder] = whole
        return self._modules[folder]

    def archives(self) -> Iterator[dict[str, Any]]:
        """The data sources ``archive_file`` of all modules, as far as their attributes are found out."""
        for address in sorted({each.module for each in self.plan.resources.values()}):
            scope = _Names(self, Instance("", address, "", "", None, {}, {}, ""))
            for labels, block in self.module(address).blocks.get("data", []):
                if labels[0] == "archive_file":
                    found: dict[str, Any] = {"source_dir": None}
                    for name in ("output_path", "source_dir", "source_file"):
                        with suppress(*WRONG):
                            found[name] = block.attributes[name](scope) if name in block.attributes else None
                    yield found

    def path(self, address: str) -> str:
        """The folder of a module, from that of the root: where Terraform has fetched it, or its local source."""
        if not address:
            return "."
        if self._fetched is None:
            file = self.folder / ".terraform" / "modules" / "modules.json"
            listed = json.loads(file.read_text(encoding="utf-8")).get("Modules", []) if file.is_file() else []
            self._fetched = {each["Key"]: each["Dir"] for each in listed}
        key, above = "", address
        while above:
            above, call, _ = parent_of(above)
            key = f"{call}.{key}" if key else call
        folder = self._fetched.get(key) or self.plan.folder(address)
        return Path(folder).as_posix()


class Whole:
    """A resource as a value: its attributes are asked for by name."""

    def __init__(self, address: str, instance: Instance) -> None:
        self.address = address
        self.instance = instance


class _Names:
    """What names mean in the expressions of one instance."""

    def __init__(
        self, configuration: Configuration, instance: Instance, names: Mapping[str, Any] | None = None
    ) -> None:
        self._configuration = configuration
        self._instance = instance
        self._names = dict(names or {})

    def within(self, names: Mapping[str, Any]) -> Scope:
        """This scope with more names."""
        return _Names(self._configuration, self._instance, {**self._names, **names})

    def get(self, tokens: list[Any]) -> Any:
        """The value of a name."""
        head = tokens[0]
        if head in self._names:
            return self._walk(self._names[head], tokens[1:])
        if head in ROOTS:
            return ROOTS[head](self, tokens)
        return self._resource(tokens)

    def below(self, value: Any, token: Any) -> Any:
        """A member of a value."""
        if isinstance(value, Whole):
            found = self._configuration.plan.value_of(f"{value.address}.{token}", value.instance.module, value.instance)
            return _known(found, f"{value.address}.{token}")
        if isinstance(value, Mapping) and token in value:
            return value[token]
        if isinstance(value, list) and isinstance(token, int | float) and -1 < int(token) < len(value):
            return value[int(token)]
        raise HclError(f"there is no {token}")

    def call(self, name: str, arguments: list[Any]) -> Any:
        """The value of a function."""
        if name in ("file", "templatefile", "fileexists", "filebase64"):
            return self._file(name, arguments)
        if name not in FUNCTIONS:
            raise HclError(f"the function {name} is not evaluated")
        return FUNCTIONS[name](*arguments)

    def _file(self, name: str, arguments: list[Any]) -> Any:
        path = self._configuration.folder / text_of(arguments[0])
        if name == "fileexists":
            return path.is_file()
        if name == "filebase64":
            return base64.b64encode(path.read_bytes()).decode()
        text = path.read_text(encoding="utf-8")
        if name == "file":
            return text
        return read_template(text)(_Names(self._configuration, self._instance, arguments[1]))

    def _walk(self, value: Any, tokens: list[Any]) -> Any:
        for token in tokens:
            value = self.below(value, token)
        return value

    # Names ---------------------------------------------------------------------------------------------------------

    def _local(self, tokens: list[Any]) -> Any:
        for _, block in self._configuration.module(self._instance.module).blocks.get("locals", []):
            if tokens[1] in block.attributes:
                return self._walk(block.attributes[tokens[1]](self._outside()), tokens[2:])
        raise HclError(f"there is no local.{tokens[1]}")

    def _variable(self, tokens: list[Any]) -> Any:
        plan, module, name = self._configuration.plan, self._instance.module, str(tokens[1])
        if module:
            above, call, key = parent_of(module)
            caller = Instance(module, above, "module", call, key, {}, {}, "")
            block = self._configuration.block(caller)
            if block is not None and name in block.attributes:
                return self._walk(block.attributes[name](_Names(self._configuration, caller)), tokens[2:])
        found = plan.variable(name, module, self._instance)
        if found is None:
            for labels, declared in self._configuration.module(module).blocks.get("variable", []):
                if labels == (name,) and "default" in declared.attributes:
                    return self._walk(declared.attributes["default"](self), tokens[2:])
        return self._walk(_known(found, f"var.{name}"), tokens[2:])

    def _each(self, tokens: list[Any]) -> Any:
        key = self._instance.index
        if tokens[1] in ("key", "index"):
            return key
        block = self._configuration.block(self._instance)
        if block is None or "for_each" not in block.attributes:
            raise HclError("for_each is not found")
        items = block.attributes["for_each"](self)
        return self._walk(items[key] if isinstance(items, Mapping) else key, tokens[2:])

    def _path(self, tokens: list[Any]) -> Any:
        paths = {"module": self._configuration.path(self._instance.module), "root": ".", "cwd": "."}
        return paths[tokens[1]]

    def _terraform(self, tokens: list[Any]) -> Any:
        return "default"

    def _module(self, tokens: list[Any]) -> Any:
        name = ".".join(("module", *map(_written, tokens[1:]))).replace(".[", "[")
        return _known(self._configuration.plan.value_of(name, self._instance.module, self._instance), name)

    def _data(self, tokens: list[Any]) -> Any:
        """An attribute of a data source: of the plan, else what its block says or makes."""
        name = ".".join(map(_written, tokens)).replace(".[", "[")
        found = self._configuration.plan.value_of(name, self._instance.module, self._instance)
        if found is not None:
            return found
        for labels, block in self._configuration.module(self._instance.module).blocks.get("data", []):
            if labels == tuple(tokens[1:3]) and len(tokens) > 3:
                return self._walk(self._of_block(labels[0], block, str(tokens[3])), tokens[4:])
        raise HclError(f"{name} has no value")

    def _of_block(self, type_: str, block: Block, attribute: str) -> Any:
        if attribute in block.attributes:
            return block.attributes[attribute](self)
        if (type_, attribute) == ("template_file", "rendered"):
            text, names = block.attributes["template"](self), block.attributes.get("vars")
            names_of = {} if names is None else names(self)
            return read_template(text)(_Names(self._configuration, self._instance, names_of))
        if (type_, attribute) == ("local_file", "content"):
            return self._file("file", [block.attributes["filename"](self)])
        raise HclError(f"{attribute} of {type_} has no value")

    def _resource(self, tokens: list[Any]) -> Any:
        if len(tokens) < 2:
            raise HclError(f"there is no {tokens[0]}")
        plan, module = self._configuration.plan, self._instance.module
        base = f"{tokens[0]}.{tokens[1]}"
        found = [
            each
            for each in plan.resources.values()
            if (each.module, each.type, each.name) == (module, tokens[0], tokens[1])
        ]
        indexed = {each.index: each for each in found if each.index is not None}
        if len(tokens) == 2 and indexed:
            whole = {key: Whole(f"{base}{_written(key)}", each) for key, each in indexed.items()}
            return [whole[key] for key in sorted(whole)] if all(isinstance(key, int) for key in whole) else whole
        name = ".".join((base, *map(_written, tokens[2:]))).replace(".[", "[")
        if len(tokens) == 2 or (len(tokens) == 3 and tokens[2] in indexed):
            return Whole(name, found[0])
        return _known(plan.value_of(name, module, self._instance), name)

    def _outside(self) -> "_Names":
        """The scope of locals: they know nothing of one instance."""
        module = Instance("", self._instance.module, "", "", None, {}, {}, "")
        return _Names(self._configuration, module)


ROOTS: Final[Mapping[str, Callable[[_Names, list[Any]], Any]]] = {
    "var": _Names._variable,
    "local": _Names._local,
    "each": _Names._each,
    "count": _Names._each,
    "path": _Names._path,
    "terraform": _Names._terraform,
    "module": _Names._module,
    "data": _Names._data,
}


def _written(token: Any) -> str:
    if isinstance(token, int | float):
        return f"[{int(token)}]"
    text = str(token)
    return text if text.replace("_", "").replace("-", "").isalnum() and not text[0].isdigit() else f'["{text}"]'


def _known(value: Any, name: str) -> Any:
    if value is None:
        raise HclError(f"{name} has no value")
    return value
