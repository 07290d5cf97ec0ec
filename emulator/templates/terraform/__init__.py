"""What ``terraform show -json`` prints of a plan or a state, read as a template.

The resources of the provider hashicorp/aws become those of CloudFormation (``rows``), with their addresses as
logical ids. What is known only after apply becomes a reference (``references``, ``plan``), what cannot be found out is
listed by its address. An account and region that the plan names are the emulator's here, in all texts.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from asl.problems import did_you_mean, join
from emulator.templates.document import Document
from emulator.templates.terraform.configuration import Configuration
from emulator.templates.terraform.methods import put_together
from emulator.templates.terraform.plan import Instance, Plan
from emulator.templates.terraform.references import ATTRIBUTES, References
from emulator.templates.terraform.rows import NO_EFFECT, ROWS

ARN: Final = re.compile(r"arn:aws[\w-]*:[\w-]+:([a-z]{2}-[a-z-]+-\d):(\d{12}):")
AFTER_APPLY: Final = "Terraform value that is known only after apply"
NAMES: Final = ("name", "function_name", "bucket", "key", "layer_name", "stage_name")
"""Attributes that a user names: an id or an ARN that ends with one of these is the same here as in a state."""
IDENTIFIERS: Final = re.compile(r"(?:\w+_)?(?:id|arn|url|uuid|endpoint)")
"""Attributes by which other resources know one."""
LONG: Final = 20
"""Identifiers of more characters than this are found within other texts, whatever is around them."""
DECISIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_cloudwatch_event_rule": ("event_pattern", "schedule_expression"),
    "aws_cloudwatch_event_target": ("rule", "arn", "input", "input_path", "input_transformer"),
    "aws_dynamodb_table_item": ("table_name", "item"),
    "aws_lambda_event_source_mapping": ("event_source_arn", "function_name", "filter_criteria"),
    "aws_lambda_function_event_invoke_config": ("function_name", "destination_config"),
    "aws_pipes_pipe": ("source", "target", "enrichment", "source_parameters", "target_parameters"),
    "aws_s3_bucket_notification": ("bucket", "lambda_function", "queue", "topic"),
    "aws_s3_object": ("bucket", "key", "content"),
    "aws_scheduler_schedule": ("schedule_expression", "target"),
    "aws_secretsmanager_secret_version": ("secret_id", "secret_string"),
    "aws_sfn_state_machine": ("definition",),
    "aws_sns_topic_subscription": ("topic_arn", "protocol", "endpoint", "filter_policy"),
    "aws_ssm_parameter": ("value",),
}
"""Type -> the attributes without which it would be another resource: it is not made without a value of one."""
UNUSED: Final = (".etag", ".policy", ".role", ".source_code_hash", ".source_hash", ".content_base64")
"""Attributes that nothing here asks for."""
PREFIXED: Final = {"name_prefix": "name", "bucket_prefix": "bucket"}
FIXED: Final = "Give its value: parameters={{{address!r}: ...}}; or keep the plan beside its configuration (.tf)"


def read_plan(document: Document, given: Mapping[str, Any], facts: Mapping[str, str]) -> Document:
    """The template of a plan or a state.

    ``given``: values by address and attribute, for what is known only after apply:
    ``{"aws_sfn_state_machine.orders.definition": text}``. Raises ``TemplateError`` for a name that no resource has.
    """
    references = References(facts)
    plan = Plan(document, references, facts)
    plan.source = configuration = Configuration(plan, document.path.parent)
    moved = _moves(plan, facts)
    built = _Template(document, plan, configuration, moved)
    _check_given(document, plan, given)
    for instance in plan.resources.values():
        built.add(instance, given)
    built.add_integrations()
    for name, output in _outputs(document, plan):
        if output is None:
            plan.unresolved.append(f"output.{name}")
        else:
            built.value["Outputs"][name] = {"Value": references.evaluated(moved(output))}
    unresolved = [each for each in plan.unresolved if not each.endswith(UNUSED)]
    if unresolved:
        built.not_read[AFTER_APPLY] = list(dict.fromkeys(unresolved))
    return Document(
        document.path,
        document.source,
        built.value,
        built.places,
        assets=built.assets,
        other_names=_names(plan),
        not_read=built.not_read,
        text=document.text,
        has_addresses=True,
    )


class _Template:
    """The template that is built of a plan."""

    def __init__(self, document: Document, plan: Plan, configuration: Configuration, moved: "_Moved") -> None:
        self._configuration = configuration
        self.value: dict[str, Any] = {"Resources": {}, "Outputs": {}}
        self.places: dict[str, tuple[int, int]] = {}
        self.assets: dict[str, Path] = {}
        self.not_read: dict[str, list[str]] = {}
        self._document = document
        self._plan = plan
        self._moved = moved
        self._filled: dict[str, dict[str, Any]] = {}

    def add(self, instance: Instance, given: Mapping[str, Any]) -> None:
        """Add a resource; one of a type that is not known here exists by its name only."""
        row, listed = ROWS.get(instance.type), len(self._plan.unresolved)
        values = self._moved(self._plan.fill(instance), instance.address)
        if row is None or row.type == NO_EFFECT:
            del self._plan.unresolved[listed:]
        if instance.type == "aws_cloudwatch_event_target" and not values.get("target_id"):
            values["target_id"] = f"terraform-{hashlib.sha256(instance.address.encode()).hexdigest()[:20]}"
        for name, value in given.items():
            if name.startswith(f"{instance.address}."):
                values[name.removeprefix(f"{instance.address}.")] = self._given(value)
                self._plan.unresolved = [each for each in self._plan.unresolved if each != name]
        for prefix, name in PREFIXED.items():
            if values.get(prefix) and not values.get(name):
                values[name] = f"{values[prefix]}20300101000000000000000001"
        self._filled[instance.address] = values
        properties = {"Name": values["name"]} if row is None and isinstance(values.get("name"), str) else {}
        properties = properties if row is None else row.properties(values)
        metadata: dict[str, Any] = {}
        if instance.type in CODE:
            properties[CODE[instance.type]] = properties.get("Code") or self._code(instance, values)
        if instance.type in OBJECTS and values.get("source"):
            self._asset(instance, values["source"])
            properties["Asset"] = instance.address
        unknown = [each.removeprefix(f"{instance.address}.") for each in self._plan.unresolved[listed:]]
        for attribute in DECISIVE.get(instance.type, ()):
            found = next((each for each in unknown if each == attribute or each.startswith(f"{attribute}.")), None)
            if found is not None:
                place = f"{instance.address}.{found}"
                metadata["Unresolved"] = f"{place} is known only after apply. {FIXED.format(address=place)}"
                break
        if f"{instance.address}.logging_configuration.0.log_destination" in self._plan.unresolved:
            metadata["Unlogged"] = True
        properties = {name: value for name, value in properties.items() if value is not None}
        self._put(instance, row.type if row is not None else f"Terraform::{instance.type}", properties, metadata)

    def _put(self, instance: Instance, type_: str, properties: dict[str, Any], metadata: dict[str, Any]) -> None:
        plan = self._plan
        needs = dict.fromkeys([*plan.needs(instance), *plan.references.of(properties)])
        needs.pop(instance.address, None)
        resource: dict[str, Any] = {"Type": type_, "Properties": plan.references.evaluated(properties)}
        resource |= {"DependsOn": list(needs)} if needs else {}
        resource |= {"Metadata": metadata} if metadata else {}
        self.value["Resources"][instance.address] = resource
        pointer = join("/Resources", instance.address)
        place = self._document.line_and_column(instance.pointer)
        self.places |= {pointer: place, join(pointer, "Properties"): place}
        for attribute, member in (("definition", "DefinitionString"), ("event_pattern", "EventPattern")):
            written = join(join(instance.pointer, "values"), attribute)
            if written in self._document.places:
                self.places[join(join(pointer, "Properties"), member)] = self._document.places[written]

    def add_integrations(self) -> None:
        """Put the integrations of REST APIs, and their responses, into their methods."""
        put_together(self.value["Resources"], self._plan, self._filled)

    # Code ----------------------------------------------------------------------------------------------------------

    def _code(self, instance: Instance, values: Mapping[str, Any]) -> dict[str, Any]:
        """The code of a function or layer: a package, the folder of an archive, or an object of S3 from a file."""
        named = values.get("filename")
        if not named and values.get("s3_key"):
            named = next(
                (
                    each.values.get("source")
                    for each in self._plan.resources.values()
                    if each.type in OBJECTS and each.values.get("key") == values["s3_key"]
                ),
                None,
            )
        if isinstance(named, str):
            archive = self._archive(named)
            inline = [] if archive is None else archive.get("source") or []
            if len(inline) == 1 and not self._here(named).is_file():
                return {"ZipFile": inline[0].get("content")}
            folder = None if archive is None else archive.get("source_dir")
            file = None if archive is None else archive.get("source_file")
            path = self._here(folder) if folder else self._here(file).parent if file else self._here(named)
            self.assets[instance.address] = path
        return {"S3Bucket": "terraform", "S3Key": instance.address}

    def _archive(self, output: str) -> Mapping[str, Any] | None:
        """The data source ``archive_file`` that writes a package."""
        instances = (*self._plan.data.values(), *self._plan.resources.values())
        for each in (*(instance.values for instance in instances), *self._configuration.archives()):
            if each.get("output_path") == output and {"source_dir", "source_file", "source_content"} & set(each):
                content, name = each.get("source_content"), each.get("source_content_filename")
                return {**each, "source": [{"content": content, "filename": name}]} if content else each
            packed = each.get("result") or {}
            if packed.get("filename") == output and (source := _packed(each.get("query") or {})) is not None:
                is_file = self._here(source).is_file()
                return {"source_file": source} if is_file else {"source_dir": source}
        return None

    def _asset(self, instance: Instance, source: Any) -> None:
        self.assets[instance.address] = self._here(str(source))

    def _here(self, name: str) -> Path:
        return self._document.path.parent / name

    def _given(self, value: Any) -> Any:
        """A value that the caller gives; the text of a file, if it names one."""
        if (
            isinstance(value, str)
            and "\n" not in value
            and len(value) < 256
            and value.endswith((".json", ".yaml", ".yml"))
        ):
            path = self._here(value)
            return path.read_text(encoding="utf-8") if path.is_file() else value
        return value


def _packed(query: Mapping[str, Any]) -> str | None:
    """The first path that the program of the module terraform-aws-modules/lambda packs (its ``package.tf``)."""
    text = str(query.get("source_path") or "")
    if not text.startswith(("[", "{")):
        return text or None
    found = json.loads(text)
    first = found[0] if isinstance(found, list) and found else found
    path = first.get("path") if isinstance(first, Mapping) else first
    return path if isinstance(path, str) else None


CODE: Final = {"aws_lambda_function": "Code", "aws_lambda_layer_version": "Content"}
"""Type -> the property with its code."""
OBJECTS: Final = ("aws_s3_object", "aws_s3_bucket_object")


class _Moved:
    """Values with the emulator's account and region, and with references in place of ids that a state has."""

    def __init__(self, texts: Mapping[str, str], ids: Mapping[str, tuple[str, str]]) -> None:
        self._texts = [(re.compile(rf"(?<![\w-]){re.escape(old)}(?![\d-])"), new) for old, new in texts.items()]
        longest_first = sorted(ids.items(), key=lambda each: -len(each[0]))
        self._ids = [(text, _within(text), owner, mark) for text, (owner, mark) in longest_first]

    def __call__(self, value: Any, address: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: self(each, address) for name, each in value.items()}
        if isinstance(value, list):
            return [self(each, address) for each in value]
        if not isinstance(value, str):
            return value
        for text, within, owner, mark in self._ids:
            if owner != address and text in value:
                value = mark if value == text else within.sub(rf"\g<1>{mark}", value)
        for old, new in self._texts:
            value = old.sub(new, value)
        return value


def _within(text: str) -> re.Pattern[str]:
    """Where an identifier is within other texts: a short one only where a service puts the id of an API or integration.

    Group 1 is what is before it.
    """
    escaped = re.escape(text)
    if len(text) > LONG:
        return re.compile(rf"(){escaped}")
    before = r"(?:execute-api:[\w-]*:\d*:|integrations/|apis/)"
    return re.compile(rf"((?<![\w-]){before}){escaped}(?![\w-])|(?<![\w-]){escaped}(?=\.execute-api\.|\.lambda-url\.)")


def _is_made_up(values: Mapping[str, Any], identifier: str) -> bool:
    """Whether the service has made an identifier up: nothing in it is the name that the user gives."""
    names = [str(values[each]) for each in NAMES if values.get(each)]
    return not any(
        identifier == each
        or identifier.endswith((f"/{each}", f":{each}", f":{each}:*"))
        or identifier.startswith(f"{each}.")
        for each in names
    )


def _moves(plan: Plan, facts: Mapping[str, str]) -> _Moved:
    """What of a plan names its own account and region, and the ids of what exists already."""
    texts: dict[str, str] = {}
    ids: dict[str, tuple[str, str]] = {}
    for each in plan.data.values():
        if each.type == "aws_caller_identity" and each.values.get("account_id"):
            texts[str(each.values["account_id"])] = facts["accountId"]
        name = each.values.get("region") or each.values.get("name")
        if each.type == "aws_region" and isinstance(name, str):
            texts[name] = facts["region"]
    for each in plan.resources.values():
        found = ARN.match(str(each.values.get("arn") or each.values.get("id") or ""))
        if found is not None:
            texts |= {found[1]: facts["region"], found[2]: facts["accountId"]}
        for attribute in _identifiers(each):
            value, mark = each.values[attribute], plan.references.to(each.address, each.type, attribute)
            if mark is not None and _is_made_up(each.values, value):
                ids[value] = (each.address, mark)
    return _Moved({old: new for old, new in texts.items() if old != new}, ids)


def _identifiers(instance: Instance) -> Iterator[str]:
    """The attributes by which a state's other resources may know a resource that is made here."""
    row = ROWS.get(instance.type)
    if row is not None and row.type != NO_EFFECT:
        for name, value in instance.values.items():
            is_own = name == "id" or name in ATTRIBUTES.get(instance.type, {})
            if is_own and IDENTIFIERS.fullmatch(name) and isinstance(value, str) and value:
                yield name


def _names(plan: Plan) -> dict[str, str]:
    """Other names of resources: the address without the module, and the name alone, where one resource has it.

    Where several have it, it is that of the state machine.
    """
    found: dict[str, list[Instance]] = {}
    for each in plan.resources.values():
        short = each.address.removeprefix(f"{each.module}.") if each.module else each.address
        for name in (short, short.partition(".")[2]):
            found.setdefault(name, []).append(each)
    names: dict[str, str] = {}
    for name, instances in found.items():
        machines = [each for each in instances if each.type == "aws_sfn_state_machine"]
        chosen = instances if len(instances) == 1 else machines
        if len(chosen) == 1 and name != chosen[0].address:
            names[name] = chosen[0].address
    return names


def _outputs(document: Document, plan: Plan) -> Iterator[tuple[str, Any]]:
    part = document.value.get("planned_values") or document.value.get("values") or {}
    for name, output in (part.get("outputs") or {}).items():
        value = output.get("value")
        value = plan.output(name) if value is None else value
        yield name, json.loads(json.dumps(value))


def _check_given(document: Document, plan: Plan, given: Mapping[str, Any]) -> None:
    for name in given:
        if not any(name.startswith(f"{address}.") for address in plan.resources):
            hint = did_you_mean(name, [f"{each}.definition" for each in plan.resources])
            hint = (
                hint
                or "a plan has its variables' values; name an address with an attribute, as in a_type.name.attribute"
            )
            raise document.error(f"the plan has no resource {name!r}", "", hint)
