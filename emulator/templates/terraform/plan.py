"""A plan or a state of Terraform as JSON: its resources with their values, and what is known only after apply.

A plan has no text of expressions, only the names that each refers to. So an attribute that is known after apply has a
value here if its expression is one reference, if its members can be told apart, or if the service takes one form alone
of it (``composed``). ``Source`` reads the expression's own text where the configuration lies beside the plan.
(Format: Terraform, ``internals/json-format``, 1.x.)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from asl.problems import join
from emulator.templates.document import Document
from emulator.templates.terraform.composed import COMPOSED
from emulator.templates.terraform.references import References, has_attribute

TOKEN: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
MODULE: Final = re.compile(r'module\.([^.\[]+)(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\])?')
TEXTS: Final = """
    assume_role_policy body content definition event_pattern filter_policy input input_template item policy
    redrive_policy request_templates secret_string template
"""
"""Attributes whose values are made of texts: a single reference in one is not the whole of it."""
COLLECTIONS: Final = """
    architectures events filter_patterns function_response_types layers principals queues request_parameters
    request_templates response_parameters response_templates response_models stage_variables tags tags_all variables
"""
"""Attributes that are lists or maps: a reference that is a text is a part of one."""
STAGED: Final = ("rest_api_id", "api_id", "stage_name", "name")
"""Attributes of stages and deployments with the API and the name of the stage."""


@dataclass
class Instance:
    """A resource or a data source of a plan: one of those that ``count`` or ``for_each`` make."""

    address: str
    module: str
    """The address of its module, empty for the root."""
    type: str
    name: str
    index: str | int | None
    values: dict[str, Any]
    unknown: Any
    pointer: str
    needs: list[str] = field(default_factory=list)
    """The addresses, of resources, that a state says it depends on."""


class Source(Protocol):
    """What knows the text of expressions."""

    def value(self, instance: Instance, path: tuple[str | int, ...]) -> Any:
        """The value of an attribute with marks for what is known after apply; ``None`` if it is not found out."""


class Plan:
    """The resources of a plan or state."""

    def __init__(self, document: Document, references: References, facts: Mapping[str, str]) -> None:
        value = document.value
        self.references = references
        self.resources: dict[str, Instance] = {}
        self.data: dict[str, Instance] = {}
        self.unresolved: list[str] = []
        """The addresses, with the attribute, of values that are not found out."""
        self.source: Source | None = None
        self._asked: list[tuple[str, str]] = []
        """The addresses, with the attribute, whose expressions are being followed."""
        self._facts = facts
        self._value = value
        self._configuration = (value.get("configuration") or {}).get("root_module") or {}
        unknown = {each["address"]: each["change"].get("after_unknown") for each in value.get("resource_changes") or ()}
        prior = ((value.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
        for instance, mode in _instances(prior, "", "/prior_state/values/root_module", {}):
            if mode == "data":
                self.data[instance.address] = instance
        part = "planned_values" if "planned_values" in value else "values"
        root = (value.get(part) or {}).get("root_module") or {}
        for instance, mode in _instances(root, "", join(join("", part), "root_module"), unknown):
            (self.data if mode == "data" else self.resources)[instance.address] = instance

    # Values --------------------------------------------------------------------------------------------------------

    def fill(self, instance: Instance) -> dict[str, Any]:
        """The values of a resource, those that are known after apply too, as far as they are found out."""
        expressions = self._resource(instance).get("expressions") or {}
        found: dict[str, Any] = self._filled(instance.values, instance.unknown or {}, expressions, instance, ())
        return found

    def _filled(
        self, value: Any, unknown: Any, expression: Any, instance: Instance, path: tuple[str | int, ...]
    ) -> Any:
        if unknown is True:
            found = self._unknown(expression, instance, path)
            return value if found is None else found
        if isinstance(unknown, Mapping) and any(_has_unknown(each) for each in unknown.values()):
            filled = dict(value) if isinstance(value, Mapping) else {}
            whole = self._members([name for name, each in unknown.items() if each is True], expression, instance, path)
            for name, each in unknown.items():
                if name in whole:
                    filled[name] = whole[name]
                elif _has_unknown(each):
                    inner = expression.get(name) if isinstance(expression, Mapping) else None
                    filled[name] = self._filled(filled.get(name), each, inner, instance, (*path, name))
            return {name: each for name, each in filled.items() if each is not None}
        if isinstance(unknown, list) and any(_has_unknown(each) for each in unknown):
            filled_list = list(value) if isinstance(value, list) else []
            filled_list += [None] * (len(unknown) - len(filled_list))
            places = [at for at, each in enumerate(unknown) if each is True]
            items = self._items(places, expression, instance, path)
            for at, each in enumerate(unknown):
                if at in items:
                    filled_list[at] = items[at]
                elif _has_unknown(each):
                    inner = expression[at] if isinstance(expression, list) and at < len(expression) else None
                    filled_list[at] = self._filled(filled_list[at], each, inner, instance, (*path, at))
            return [each for each in filled_list if each is not None]
        return value

    def _unknown(self, expression: Any, instance: Instance, path: tuple[str | int, ...]) -> Any:
        """The value of one attribute; a computed one, which nobody writes, has none."""
        found = None if self.source is None else self.source.value(instance, path)
        if found is not None or not isinstance(expression, Mapping) or "references" not in expression:
            return found
        candidates = self._candidates(expression, instance)
        if (compose := COMPOSED.get((instance.type, str(path[-1])))) is not None:
            found = compose(self.references, instance.values, candidates)
        elif len(candidates) == 1 and path[-1] not in TEXTS.split():
            found = candidates[0][1]
            if isinstance(found, str) and path[-1] in COLLECTIONS.split():
                found = None
        elif len(candidates) == 1 and path[-1] == "definition" and '"StartAt"' in str(candidates[0][1]):
            found = candidates[0][1]  # a module's own variable: the text that its caller has written
        if found is not None:
            return found
        self.unresolved.append(f"{instance.address}.{'.'.join(map(str, path))}")
        return None

    def _members(
        self, names: list[str], expression: Any, instance: Instance, path: tuple[str | int, ...]
    ) -> dict[str, Any]:
        """The members of a map that one expression makes: by the text of it, or by their names."""
        if not names or not isinstance(expression, Mapping) or "references" not in expression:
            return {}
        found: dict[str, Any] = {}
        if self.source is not None:
            written = self.source.value(instance, path)
            if isinstance(written, Mapping):
                found = {name: written[name] for name in names if written.get(name) is not None}
        left = [name for name in names if name not in found]
        candidates = [each for each in self._candidates(expression, instance) if each[1] is not None]
        chosen = _assigned(left, [name for name, _ in candidates]) if left else {}
        found |= {name: candidates[at][1] for name, at in chosen.items()}
        self.unresolved += [
            f"{instance.address}.{'.'.join(map(str, path))}.{name}" for name in left if name not in chosen
        ]
        return found | {name: None for name in left if name not in chosen}

    def _items(
        self, places: list[int], expression: Any, instance: Instance, path: tuple[str | int, ...]
    ) -> dict[int, Any]:
        """The items of a list that one expression makes: references are in the order of the text."""
        if not places or not isinstance(expression, Mapping) or "references" not in expression:
            return {}
        if self.source is not None:
            written = self.source.value(instance, path)
            if isinstance(written, list):
                return {at: written[at] for at in places if at < len(written)}
        candidates = [each for each in self._candidates(expression, instance) if each[1] is not None]
        if len(candidates) == len(places):
            return {at: candidates[number][1] for number, at in enumerate(places)}
        self.unresolved += [f"{instance.address}.{'.'.join(map(str, path))}.{at}" for at in places]
        return dict.fromkeys(places)

    def _candidates(self, expression: Mapping[str, Any], instance: Instance) -> list[tuple[str, Any]]:
        """What an expression refers to: each name, and its value if it has one here."""
        found: dict[str, Any] = {}
        for name in _longest(expression["references"]):
            if name.partition(".")[0] not in ("path", "terraform"):
                found[name] = self.value_of(name, instance.module, instance)
        return list(found.items())

    # References ----------------------------------------------------------------------------------------------------

    def value_of(self, name: str, module: str, instance: Instance | None) -> Any:
        """The value that a name such as ``aws_sqs_queue.jobs.url`` has in a module; ``None`` if it has none here."""
        tokens = tokens_of(name)
        head = str(tokens[0])
        if head == "var" and len(tokens) > 1:
            return _walk(self.variable(str(tokens[1]), module, instance), tokens[2:])
        if head in ("each", "count"):
            return self._each(tokens, module, instance)
        if head == "module":
            return self._output(tokens, module, instance)
        if head == "data" and len(tokens) > 3:
            return self._of_data(tokens, module, instance)
        if head in ("local", "path", "terraform", "self") or len(tokens) < 3:
            return None
        return self._of_resource(tokens, module, instance)

    def variable(self, name: str, module: str, instance: Instance | None) -> Any:
        """The value of a variable of a module."""
        if not module:
            given = (self._value.get("variables") or {}).get(name) or {}
            default = ((self._configuration.get("variables") or {}).get(name) or {}).get("default")
            return given.get("value", default)
        above, call, key = parent_of(module)
        expression = ((self._module(above).get("module_calls") or {}).get(call) or {}).get("expressions", {}).get(name)
        default = ((self._module(module).get("variables") or {}).get(name) or {}).get("default")
        if expression is None:
            return default
        if "constant_value" in expression:
            return expression["constant_value"]
        caller = Instance(module, above, "module", call, key, {}, {}, "")
        if self.source is not None and (written := self.source.value(caller, (name,))) is not None:
            return written
        candidates = self._candidates(expression, caller) if "references" in expression else []
        return candidates[0][1] if len(candidates) == 1 else None

    def _each(self, tokens: list[str | int], module: str, instance: Instance | None) -> Any:
        if instance is None or len(tokens) < 2:
            return None
        if tokens[1] in ("key", "index"):
            return instance.index
        expression = self._for_each(instance)
        if "constant_value" in expression:
            values = expression["constant_value"]
            found = values.get(instance.index) if isinstance(values, Mapping) else instance.index
            return _walk(found, tokens[2:])
        names = _longest(expression.get("references") or ())
        if len(names) == 1 and len(tokens) > 2 and len(tokens_of(names[0])) == 2:
            rest = ".".join(map(str, tokens[2:]))
            return self.value_of(f'{names[0]}["{instance.index}"].{rest}', instance.module, instance)
        if len(names) == 1 and names[0].startswith("var."):
            values = self.value_of(names[0], instance.module, instance)
            found = values.get(instance.index) if isinstance(values, Mapping) else instance.index
            return _walk(found, tokens[2:])
        return None

    def _for_each(self, instance: Instance) -> Mapping[str, Any]:
        if instance.type == "module":
            calls = self._module(instance.module).get("module_calls") or {}
            return calls.get(instance.name, {}).get("for_each_expression") or {}
        return self._resource(instance).get("for_each_expression") or {}

    def _output(self, tokens: list[str | int], module: str, instance: Instance | None) -> Any:
        name, rest = str(tokens[1]), tokens[2:]
        child = f"{module}.module.{name}" if module else f"module.{name}"
        if rest and f"{child}{_key(rest[0])}" in self._modules() and _key(rest[0]):
            child, rest = f"{child}{_key(rest[0])}", rest[1:]
        elif instance is not None and f"{child}{_key(instance.index)}" in self._modules():
            child = f"{child}{_key(instance.index)}"
        if not rest:
            return None
        output = (self._module(child).get("outputs") or {}).get(rest[0])
        expression = (output or {}).get("expression") or {}
        if "constant_value" in expression:
            return _walk(expression["constant_value"], rest[1:])
        inner = Instance(child, child, "output", str(rest[0]), None, {}, {}, "")
        if self.source is not None:
            found = self.source.value(inner, ("value",))
            if found is not None:
                return _walk(found, rest[1:])
        candidates = self._candidates(expression, inner) if "references" in expression else []
        return candidates[0][1] if len(candidates) == 1 else None

    def _modules(self) -> set[str]:
        return {each.module for each in (*self.resources.values(), *self.data.values())}

    def _of_data(self, tokens: list[str | int], module: str, instance: Instance | None) -> Any:
        type_ = str(tokens[1])
        if type_ == "aws_iam_policy_document":
            return "{}"
        if type_ == "aws_partition" and tokens[3] in ("partition", "id"):
            return "aws"
        if type_ == "aws_caller_identity" and tokens[3] in ("account_id", "id"):
            return self._facts["accountId"]
        if type_ == "aws_region" and tokens[3] in ("name", "id", "region"):
            return self._facts["region"]
        found = self._chosen(self.data, type_, str(tokens[2]), tokens[3:], module, instance)
        return None if found is None else _walk(found[0].values, found[1])

    def _of_resource(self, tokens: list[str | int], module: str, instance: Instance | None) -> Any:
        type_ = str(tokens[0])
        found = self._chosen(self.resources, type_, str(tokens[1]), tokens[2:], module, instance)
        if found is None or not found[1]:
            return None
        target, rest = found
        known = _walk(target.values, rest)
        if known is not None or len(rest) > 1:
            return known
        attribute = str(rest[0])
        if attribute == "invoke_url":
            return self._invoke_url(target)
        found = self._written(target, attribute) if not has_attribute(type_, attribute) else None
        return self.references.to(target.address, type_, attribute) if found is None else found

    def _invoke_url(self, stage: Instance) -> str | None:
        """The address of a stage of an API; a deployment may make one. (Provider hashicorp/aws, ``invoke_url``.)"""
        values = {name: stage.values.get(name) or self._written(stage, name) for name in STAGED}
        id_, name = values["rest_api_id"] or values["api_id"], values["stage_name"] or values["name"]
        if id_ is None or (name is None and stage.type != "aws_api_gateway_deployment"):
            return None
        path = "" if name in (None, "$default") else name
        return f"https://{id_}.execute-api.{self._facts['region']}.amazonaws.com/{path}"

    def _written(self, target: Instance, attribute: str) -> Any:
        """What a resource's own expression of an attribute comes to: a method's ``resource_id``."""
        expression = (self._resource(target).get("expressions") or {}).get(attribute)
        if expression is None or (target.address, attribute) in self._asked:
            return None
        self._asked.append((target.address, attribute))
        unresolved = list(self.unresolved)
        try:
            return self._unknown(expression, target, (attribute,))
        finally:
            self._asked.pop()
            self.unresolved = unresolved

    def _chosen(
        self,
        among: Mapping[str, Instance],
        type_: str,
        name: str,
        rest: list[str | int],
        module: str,
        instance: Instance | None,
    ) -> tuple[Instance, list[str | int]] | None:
        """The instance that a name means, and what follows its index."""
        prefix = f"{module}." if module else ""
        base = f"{prefix}data.{type_}.{name}" if among is self.data else f"{prefix}{type_}.{name}"
        if base in among:
            return among[base], rest
        if rest and f"{base}{_key(rest[0])}" in among:
            return among[f"{base}{_key(rest[0])}"], rest[1:]
        if instance is not None and f"{base}{_key(instance.index)}" in among:
            return among[f"{base}{_key(instance.index)}"], rest
        found = [each for each in among.values() if (each.module, each.type, each.name) == (module, type_, name)]
        return (found[0], rest) if len(found) == 1 else None

    # Dependencies --------------------------------------------------------------------------------------------------

    def needs(self, instance: Instance) -> list[str]:
        """The addresses of the resources that one refers to, in a plan by its expressions, in a state as it says."""
        found: dict[str, None] = {}
        for name in instance.needs:
            found.update(dict.fromkeys(each for each in self.resources if each == name or each.startswith(f"{name}[")))
        for name in _names_in(self._resource(instance)):
            found.update(dict.fromkeys(self._addresses(name, instance.module, set())))
        found.pop(instance.address, None)
        return list(found)

    def _addresses(self, name: str, module: str, seen: set[tuple[str, str]]) -> Iterator[str]:
        if (name, module) in seen:
            return
        seen.add((name, module))
        tokens = tokens_of(name)
        head, prefix = tokens[0], f"{module}." if module else ""
        if head == "var" and module and len(tokens) > 1:
            above, call, _ = parent_of(module)
            calls = (self._module(above).get("module_calls") or {}).get(call) or {}
            for each in _names_in((calls.get("expressions") or {}).get(str(tokens[1])) or {}):
                yield from self._addresses(each, above, seen)
        elif head == "module" and len(tokens) > 2:
            child = f"{prefix}module.{tokens[1]}"
            for each in (each for each in self._modules() if each == child or each.startswith(f"{child}[")):
                output = (self._module(each).get("outputs") or {}).get(tokens[-1]) or {}
                for inner in _names_in(output):
                    yield from self._addresses(inner, each, seen)
        elif len(tokens) > 1:
            base = f"{prefix}{head}.{tokens[1]}"
            yield from (each for each in self.resources if each == base or each.startswith(f"{base}["))

    # Configuration -------------------------------------------------------------------------------------------------

    def _module(self, module: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._configuration
        for match in MODULE.finditer(module):
            found = ((found.get("module_calls") or {}).get(match[1]) or {}).get("module") or {}
        return found

    def folder(self, module: str) -> str:
        """The folder of a module's configuration, from that of the root."""
        found, folder = self._configuration, "."
        for match in MODULE.finditer(module):
            call = (found.get("module_calls") or {}).get(match[1]) or {}
            found, folder = call.get("module") or {}, f"{folder}/{call.get('source', '')}"
        return folder

    def _resource(self, instance: Instance) -> Mapping[str, Any]:
        for each in self._module(instance.module).get("resources") or ():
            if (each.get("type"), each.get("name")) == (instance.type, instance.name):
                return dict(each)
        return {}

    def output(self, name: str) -> Any:
        """The value of an output of the root module that is known after apply."""
        expression = ((self._configuration.get("outputs") or {}).get(name) or {}).get("expression") or {}
        inner = Instance("", "", "output", name, None, {}, {}, "")
        if self.source is not None and (found := self.source.value(inner, ("value",))) is not None:
            return found
        candidates = self._candidates(expression, inner) if "references" in expression else []
        return candidates[0][1] if len(candidates) == 1 else None


def _instances(
    module: Mapping[str, Any], address: str, pointer: str, unknown: Mapping[str, Any]
) -> Iterator[tuple[Instance, str]]:
    for number, each in enumerate(module.get("resources") or ()):
        where = join(join(pointer, "resources"), number)
        yield (
            Instance(
                each["address"],
                address,
                each["type"],
                each["name"],
                each.get("index"),
                dict(each.get("values") or {}),
                unknown.get(each["address"]) or {},
                where,
                list(each.get("depends_on") or ()),
            ),
            each.get("mode", "managed"),
        )
    for number, child in enumerate(module.get("child_modules") or ()):
        yield from _instances(child, child["address"], join(join(pointer, "child_modules"), number), unknown)


def tokens_of(name: str) -> list[str | int]:
    """``aws_x.y["k"].arn`` is ``[aws_x, y, k, arn]``."""
    return [int(number) if number else text or key for key, number, text in TOKEN.findall(name)]


def parent_of(module: str) -> tuple[str, str, str | int | None]:
    """The module above, the name of the call, and the key of its instance."""
    last = list(MODULE.finditer(module))[-1]
    key = last[2] if last[2] is not None else int(last[3]) if last[3] is not None else None
    return module[: last.start()].rstrip("."), last[1], key


def _key(index: str | int | None) -> str:
    return "" if index is None else f"[{index}]" if isinstance(index, int) else f'["{index}"]'


def _walk(value: Any, path: list[str | int]) -> Any:
    for part in path:
        is_item = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not is_item and not (isinstance(value, Mapping) and part in value):
            return None
        value = value[part]
    return value


def _has_unknown(unknown: Any) -> bool:
    if isinstance(unknown, Mapping):
        return any(_has_unknown(each) for each in unknown.values())
    return any(_has_unknown(each) for each in unknown) if isinstance(unknown, list) else unknown is True


def _longest(names: Any) -> list[str]:
    """The references without those that are the beginning of the one before."""
    found: list[str] = []
    for name in names:
        if not any(each == name or each.startswith((f"{name}.", f"{name}[")) for each in found):
            found.append(name)
    return found


def _names_in(expression: Any) -> Iterator[str]:
    """All names in the expressions of a part of the configuration."""
    if isinstance(expression, Mapping):
        for name, each in expression.items():
            if name in ("references", "depends_on") and isinstance(each, list):
                yield from (str(item) for item in each)
            else:
                yield from _names_in(each)
    elif isinstance(expression, list):
        for each in expression:
            yield from _names_in(each)


def _assigned(names: list[str], candidates: list[str]) -> dict[str, int]:
    """Which candidate each name means: the only one, or the one that has more of its words than any other."""
    if len(names) == 1 and len(candidates) == 1:
        return {names[0]: 0}
    found: dict[str, int] = {}
    for name in names:
        words = set(re.findall(r"[a-z0-9]+", name.lower()))
        scores = [len(words & set(re.findall(r"[a-z0-9]+", each.lower()))) for each in candidates]
        best = max(scores, default=0)
        if best and scores.count(best) == 1:
            found[name] = scores.index(best)
    return found if len(set(found.values())) == len(found) else {}
