"""State machines and activities. The definition is in the template, in a text, or in a file beside the template."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

from asl.problems import Problem, join
from asl.validate import MachineType
from emulator.aws.account import role_arn
from emulator.aws.refusals import AwsError
from emulator.definitions.files import DefinitionText, parse_definition, read_definition_file
from emulator.definitions.substitutions import SUBSTITUTION
from emulator.errors import NotEmulatedError
from emulator.execution import UNLOGGED
from emulator.stepfunctions.checks import checked_name
from emulator.stepfunctions.logging_configuration import is_absent, names_log_group, read_logging, read_tracing
from emulator.stepfunctions.machines import add_machine, check_partition
from emulator.templates.generated import role_id
from emulator.templates.members import shown
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.stack import Make, Stack

MACHINES: Final = ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine")
NONE: Final = "Either 'Definition' or 'DefinitionUri' property must be specified."
TOO_MANY: Final = "Specify either 'Definition' or 'DefinitionUri' property and not both."
MIXED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def state_machine(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """A state machine: its Ref is its ARN. Without a name it is its logical id and 12 letters, without the stack's."""
    name = properties.get("StateMachineName") or properties.get("Name")
    name = name or f"{resource.logical_id[:67]}-{stack.random_text(resource.logical_id, 12, MIXED)}"
    _check_name(stack, resource, name)
    type_ = type_of(properties)
    for each in ("AutoPublishAlias", "Events", "UseAliasAsEventTarget"):
        properties.raw(each)  # they are resources of their own
    definition = definition_of(stack, resource, properties)
    if unresolved := definition.unresolved():
        told = [_unresolved(each) for each in unresolved]
        stack.not_enforced.setdefault(resource.logical_id, []).extend(told)
    program = definition.compile(type_)
    check_partition(program, stack.region, definition.source)
    role = role_of(stack, resource, properties) or role_arn(stack.region, f"{resource.logical_id}Role")
    logging, tracing = configurations(stack, resource, properties)
    made = add_machine(
        stack.assembly.service,
        name,
        program,
        role,
        stack.region,
        source=definition.source,
        tags=tags_of(resource, properties),
        logging=logging,
        tracing=tracing,
    )
    return Made(made.arn, {"Arn": made.arn, "Name": name, "StateMachineRevisionId": "INITIAL"})


def _check_name(stack: Stack, resource: Resource, name: str) -> None:
    try:
        checked_name(name)
    except AwsError as error:
        of = next(each for each in ("StateMachineName", "Name") if each in resource.properties)
        text = f"{resource.logical_id} ({resource.type}): {error.message}"
        raise stack.document.error(text, join(resource.pointer, of)) from None


def _unresolved(problem: Problem) -> str:
    """A substitution without a value, in a list: with the nearest one, if there is one."""
    text = problem.message.partition(" (in ")[0]
    return f"{text}. {problem.hint}" if problem.hint and problem.hint.startswith("Did you mean") else text


def type_of(properties: Properties) -> MachineType:
    """The type of a machine."""
    return cast(MachineType, properties.get("StateMachineType") or properties.get("Type") or "STANDARD")


def role_of(stack: Stack, resource: Resource, properties: Properties) -> str:
    """The ARN of the role of a machine or function: the one that it names, or that SAM makes for it."""
    named = properties.get("RoleArn") or properties.get("Role")
    if not isinstance(named, str) and (own := role_id(resource)) in stack.resources:
        named = stack.made(own, resource.pointer).attributes.get("Arn")
    return named if isinstance(named, str) else ""


CREATED_BY: Final = {"Function": "lambda:createdBy", "StateMachine": "stateMachine:createdBy"}
"""SAM's types -> the tag that SAM puts before their own ones, with the value ``SAM`` (source of its translator)."""


def tags_of(resource: Resource, properties: Properties) -> dict[str, str]:
    """The tags of a machine or function, with the one of SAM."""
    given = properties.get("Tags") or {}
    own = {each["Key"]: each.get("Value", "") for each in given} if isinstance(given, list) else given
    first = CREATED_BY.get(resource.type.rpartition("::")[2]) if resource.type.startswith("AWS::Serverless::") else None
    return {**({first: "SAM"} if first else {}), **{str(key): shown(value) for key, value in own.items()}}


LOGGING: Final = ("LoggingConfiguration", "Logging")
TRACING: Final = ("TracingConfiguration", "Tracing")
"""The properties of CloudFormation and of SAM."""


def configurations(
    stack: Stack, resource: Resource, properties: Properties
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The logging and tracing configurations of a machine, as DescribeStateMachine shows them.

    Not enforced are traces, and the logging to a log group that neither the template nor the test has made.
    """
    if "Unlogged" in resource.metadata:
        return UNLOGGED, read_tracing(_written(stack, resource, TRACING))
    logging: Mapping[str, Any] = _written(stack, resource, LOGGING)
    try:
        logging = read_logging(stack.assembly, logging)
    except AwsError as error:
        if not is_absent(error) or not names_log_group(logging):
            pointer = join(resource.pointer, next(each for each in LOGGING if each in resource.properties))
            hint = "a log group's ARN ends in ':*', as !GetAtt gives it: LogGroupArn: !GetAtt Group.Arn"
            text = f"{resource.logical_id}: {error.message}"
            raise stack.document.error(text, pointer, hint if logging.get("destinations") else None) from None
    else:
        for name in LOGGING:
            properties.raw(name)
    return {**UNLOGGED, **logging}, read_tracing(_written(stack, resource, TRACING))


def _written(stack: Stack, resource: Resource, names: tuple[str, ...]) -> dict[str, Any]:
    """The value of the first of these properties, with the names of the API: ``LogGroupArn`` is ``logGroupArn``."""
    for name in names:
        if (value := Properties(stack, resource).get(name)) is not None:
            found: dict[str, Any] = _as_in_api(value)
            return found
    return {}


def _as_in_api(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {f"{name[:1].lower()}{name[1:]}": _as_in_api(each) for name, each in value.items()}
    return [_as_in_api(each) for each in value] if isinstance(value, list) else value


def definition_of(stack: Stack, resource: Resource, properties: Properties) -> DefinitionText:
    """The definition of a machine, with the values of its substitutions.

    Raises ``TemplateError`` if the template names none, or more than one.
    """
    names = ("Definition", "DefinitionUri", "DefinitionString", "DefinitionS3Location")
    given = [name for name in names if properties.raw(name) is not None]
    if len(given) != 1:
        raise stack.document.error(f"{resource.logical_id}: {TOO_MANY if given else NONE}", resource.pointer)
    substitutions = properties.get("DefinitionSubstitutions") or {}
    value = properties.get(given[0])
    pointer = join(resource.pointer, given[0])
    if (isinstance(value, Mapping) and given[0] == "Definition") or str(value).lower().endswith((".yaml", ".yml")):
        later = {f"{LATER}{name}": each for name, each in substitutions.items() if name in _referring(stack, resource)}
        named = {name: f"{LATER}{name}" if f"{LATER}{name}" in later else each for name, each in substitutions.items()}
        found = _with_values(_read(stack, resource, given[0], value, pointer, properties, named), later)
    else:
        found = _read(stack, resource, given[0], value, pointer, properties, substitutions)
    return replace(found, substituted=tuple(substitutions))


LATER: Final = "value-of-a-dynamic-reference-"
"""Stands for the value of ``{{resolve:...}}`` until the definition is read: its signs mean nothing in YAML then."""


def _referring(stack: Stack, resource: Resource) -> set[str]:
    """The names of substitutions whose values have dynamic references."""
    pointer = join(resource.pointer, "DefinitionSubstitutions")
    written = stack.values.of(resource.properties.get("DefinitionSubstitutions"), pointer)
    return {name for name, each in (written or {}).items() if isinstance(each, str) and "{{resolve:" in each}


def _with_values(read: DefinitionText, later: Mapping[str, Any]) -> DefinitionText:
    text = read.text
    for name, value in later.items():
        text = text.replace(name, json.dumps(str(value), ensure_ascii=False)[1:-1])
    return replace(read, text=text)


def _read(
    stack: Stack,
    resource: Resource,
    given: str,
    value: Any,
    pointer: str,
    properties: Properties,
    substitutions: Mapping[str, Any],
) -> DefinitionText:
    """The definition that the property ``given`` has or names."""
    if isinstance(value, Mapping) and given == "Definition":
        return _part(stack, resource, pointer, _inline(stack, resource, pointer, value, substitutions))
    if given == "DefinitionString":
        read = _text(stack, pointer, properties.raw(given), str(value), substitutions)
        return _part(stack, resource, pointer, read)
    if given == "DefinitionUri" and isinstance(value, str) and not value.startswith("s3://"):
        path = stack.document.path.parent / value
        if not path.is_file():
            known = [each.name for each in path.parent.iterdir() if each.is_file()] if path.parent.is_dir() else []
            named = [each for each in known if each.lower() == path.name.lower()]
            if len(named) == 1:  # as where file names have no case
                told = stack.not_enforced.setdefault(resource.logical_id, [])
                if (text := f"DefinitionUri, whose file is named {named[0]}") not in told:
                    told.append(text)
                return read_definition_file(path.with_name(named[0]), named[0], substitutions)
            raise stack.document.no_file(value, pointer)
        return read_definition_file(path, str(Path(stack.document.source).parent / value), substitutions)
    asset = stack.document.asset(str(value.get("Key") if isinstance(value, Mapping) else value))
    if asset is None:
        raise NotEmulatedError(f"its definition is on S3 ({_on_s3(value)}); name a file beside the template")
    return read_definition_file(asset, asset.name, substitutions)


def _part(stack: Stack, resource: Resource, pointer: str, read: DefinitionText) -> DefinitionText:
    """A definition that is a part of the template, or of a file that the template includes."""
    document = stack.document
    named = document.source_of(pointer)
    file = document.path if named == document.source else Path(document.source).parent / named
    return replace(read, file=file, part=resource.logical_id)


def _on_s3(value: Any) -> str:
    """The name of the object that holds a definition."""
    if isinstance(value, Mapping):
        return f"s3://{value.get('Bucket', '')}/{value.get('Key', '')}"
    return str(value)


def _text(stack: Stack, pointer: str, raw: Any, text: str, substitutions: Mapping[str, Any]) -> DefinitionText:
    """A definition as a text in the template: its problems have their places there if it stands there line by line."""
    below, written, values = pointer, raw, dict(substitutions)
    if isinstance(raw, Mapping) and isinstance(raw.get("Fn::Sub"), str):
        below, written = join(pointer, "Fn::Sub"), raw["Fn::Sub"]
        for match in SUBSTITUTION.finditer(written):
            if match[1] not in values:
                values[match[1]] = stack.values.of({"Fn::Sub": match[0]}, below)
    begin = stack.document.block(below, written) if isinstance(written, str) else None
    if begin is None or "${!" in str(written):
        return parse_definition(text, f"{stack.document.place(pointer)} (DefinitionString)", substitutions)
    return parse_definition(written, stack.document.source, values).moved(*begin)


def _inline(
    stack: Stack, resource: Resource, pointer: str, value: Mapping[str, Any], substitutions: Mapping[str, Any]
) -> DefinitionText:
    """A definition in the template: its problems have their places there."""
    written = json.dumps(value, ensure_ascii=False)
    if resource.type.startswith("AWS::Serverless::"):
        written = json.dumps(value, sort_keys=True, indent=4)  # as SAM's translator writes it
    read = parse_definition(written, stack.document.source_of(pointer), substitutions)
    begins = {
        each.removeprefix(pointer): place
        for each, place in stack.document.places.items()
        if each == pointer or each.startswith(f"{pointer}/")
    }
    return replace(read, places=begins, is_value=True)


def activity(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::StepFunctions::Activity``: its Ref is its ARN."""
    name = properties.get("Name") or stack.physical_name(resource.logical_id, 80)
    tags = [{"key": key, "value": value} for key, value in tags_of(resource, properties).items()]
    arn = stack.client("stepfunctions").create_activity(name=name, tags=tags)["activityArn"]
    return Made(arn, {"Arn": arn, "Name": name})


MAKERS: Final[Mapping[str, Make]] = {
    **dict.fromkeys(MACHINES, state_machine),
    "AWS::StepFunctions::Activity": activity,
}
