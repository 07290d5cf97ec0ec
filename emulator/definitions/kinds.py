"""What a file is that is no definition: a template, a plan, the output of a call, recognised by its content.

Each row of ``_KINDS`` recognises one kind of value, ``recognise_text`` what is not JSON or YAML. A finding names the
state machines in the file, and says which file or which part of it is the definition.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from asl.problems import Problem
from asl.values import JsonTextError, decode

NOT_A_DEFINITION: Final = "NOT_A_DEFINITION"
_MOST_NAMES: Final = 10
_MACHINE_TYPES: Final = ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine")
"""The resource types of CloudFormation and SAM that are state machines."""


class Held(NamedTuple):
    """A state machine in a file: its name there, the file of its definition, or where it is in this file."""

    name: str
    file: str | None = None
    inside: str | None = None

    def text(self) -> str:
        """``Order (DefinitionUri flow.asl.json)``."""
        place = self.file if self.file is not None else self.inside
        return self.name if place is None else f"{self.name} ({place})"


class Kind(NamedTuple):
    """What a file is; ``way_out`` is what to do if the state machines in it do not tell."""

    name: str
    held: tuple[Held, ...] = ()
    way_out: str | None = None


def is_definition(value: Any) -> bool:
    """Whether ``value`` has the two fields of a definition, right or wrong."""
    return isinstance(value, Mapping) and "StartAt" in value and "States" in value


def recognise(value: Any) -> Kind | None:
    """The kind of a JSON value that is no definition; ``None`` if it is one, or nothing known."""
    if isinstance(value, str):
        return _text_in_text(value)
    if not isinstance(value, Mapping) or is_definition(value):
        return None
    return next((kind for row in _KINDS if (kind := row(value)) is not None), None)


def problem_of(kind: Kind) -> Problem:
    """The problem of a file of this kind."""
    listed = ", ".join(each.text() for each in kind.held[:_MOST_NAMES])
    more = f" and {len(kind.held) - _MOST_NAMES} more" if len(kind.held) > _MOST_NAMES else ""
    machines = f". State machines in it: {listed}{more}" if listed else ""
    message = f"This is {kind.name}, not a state machine's definition{machines}"
    return Problem(NOT_A_DEFINITION, "", message, _way_out(kind), line=1, column=1)


def _way_out(kind: Kind) -> str:
    files = [each.file for each in kind.held if each.file is not None]
    if files:
        return f"Give the file of the definition: {', '.join(dict.fromkeys(files[:_MOST_NAMES]))}"
    if kind.way_out is not None:
        return kind.way_out
    if kind.held:
        return "Put the definition into a file of its own (DefinitionUri names it), and give that file."
    return "It has no state machine. Give the file that its DefinitionUri or DefinitionS3Location names."


# Values --------------------------------------------------------------------------------------------------------------


def _text_in_text(text: str) -> Kind | None:
    try:
        inner = decode(text)
    except JsonTextError:
        return None
    if not is_definition(inner):
        return None
    return Kind("a JSON string that holds a definition", (), "Give the text in it: jq -r . FILE > my.asl.json")


_WRAPPERS: Final = ("definition", "Definition", "DefinitionString", "definitionString", "DefinitionBody")


def _wrapper(value: Mapping[str, Any]) -> Kind | None:
    """``{"definition": ...}``: an object around the definition, as text or as a value."""
    for key in _WRAPPERS:
        inner = value.get(key)
        if is_definition(inner):
            way_out = f'Give the value of "{key}" alone: jq .{key} FILE > my.asl.json'
            return Kind(f'an object whose "{key}" is a definition', (), way_out)
        if not isinstance(inner, str):
            continue
        way_out = f'Give the text of "{key}" alone: jq -r .{key} FILE > my.asl.json'
        held = (Held(str(value["name"])),) if isinstance(value.get("name"), str) else ()
        if "creationDate" in value or "updateDate" in value or {"stateMachineArn", "status"} <= value.keys():
            return Kind("the output of DescribeStateMachine", held, way_out)
        if "roleArn" in value or "stateMachineArn" in value:
            return Kind("a request of CreateStateMachine or UpdateStateMachine", held, way_out)
        if _holds_definition(inner):
            return Kind(f'an object whose "{key}" is the text of a definition', (), way_out)
    return None


def _holds_definition(text: str) -> bool:
    return "StartAt" in text and "States" in text


def _resource(value: Mapping[str, Any]) -> Kind | None:
    """One resource, cut out of a template."""
    if value.get("Type") not in _MACHINE_TYPES or "Properties" not in value:
        return None
    return Kind(f"a resource of a template ({value['Type']})", (_held("it", value["Properties"]),))


def _template(value: Mapping[str, Any]) -> Kind | None:
    resources = value.get("Resources")
    if not isinstance(resources, Mapping):
        if "AWSTemplateFormatVersion" not in value and not _is_sam(value, {}):
            return None
        resources = {}
    held = tuple(
        _held(str(name), each.get("Properties"))
        for name, each in resources.items()
        if isinstance(each, Mapping) and each.get("Type") in _MACHINE_TYPES
    )
    if _is_cdk(value, resources):
        way_out = "Give the definition's own file, such as that of DefinitionBody.fromFile." if held else None
        return Kind("a CloudFormation template of CDK", held, way_out)
    return Kind("a SAM template" if _is_sam(value, resources) else "a CloudFormation template", held)


def _is_sam(value: Mapping[str, Any], resources: Mapping[str, Any]) -> bool:
    types = [str(each.get("Type")) for each in resources.values() if isinstance(each, Mapping)]
    return "AWS::Serverless-" in str(value.get("Transform")) or any(
        each.startswith("AWS::Serverless::") for each in types
    )


def _is_cdk(value: Mapping[str, Any], resources: Mapping[str, Any]) -> bool:
    parameters = value.get("Parameters")
    if "CDKMetadata" in resources or (isinstance(parameters, Mapping) and "BootstrapVersion" in parameters):
        return True
    return any("aws:cdk:path" in (_member(each, "Metadata") or ()) for each in resources.values())


def _held(name: str, properties: Any) -> Held:
    uri = _member(properties, "DefinitionUri")
    if isinstance(uri, str):
        return Held(name, None, f"DefinitionUri {uri}") if uri.startswith("s3://") else Held(name, uri)
    if uri is not None or _member(properties, "DefinitionS3Location") is not None:
        return Held(name, None, "its definition is an object in S3")
    for key in ("Definition", "DefinitionString"):
        if _member(properties, key) is not None:
            return Held(name, None, f"{key}, in this file")
    return Held(name)


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _cdk_output(value: Mapping[str, Any]) -> Kind | None:
    """The other files of ``cdk.out``, and ``cdk.json``."""
    artifacts = value.get("artifacts")
    if isinstance(artifacts, Mapping) and "version" in value:
        files = [_member(_member(each, "properties"), "templateFile") for each in artifacts.values()]
        listed = ", ".join(str(each) for each in files if isinstance(each, str))
        return Kind("a manifest of CDK", (), f"Its templates: {listed or 'none'}. {_OWN_FILE}")
    if isinstance(value.get("tree"), Mapping) and str(value.get("version", "")).startswith("tree-"):
        return Kind("the tree of a CDK app", (), _OWN_FILE)
    if {"version", "files", "dockerImages"} <= value.keys():
        return Kind("a list of the assets of CDK", (), _OWN_FILE)
    if isinstance(value.get("app"), str) and ("context" in value or "watch" in value or len(value) == 1):
        return Kind("the configuration of a CDK app", (), _OWN_FILE)
    return None


_OWN_FILE: Final = "Give the file of the definition, such as my.asl.json."


def _serverless(value: Mapping[str, Any]) -> Kind | None:
    """``serverless.yml``, with the state machines of the plugin serverless-step-functions."""
    if "service" not in value or not value.keys() & {"provider", "functions", "stepFunctions", "frameworkVersion"}:
        return None
    machines = _member(_member(value, "stepFunctions"), "stateMachines")
    held = tuple(_serverless_machine(str(name), each) for name, each in _items(machines))
    inside = "Put the definition into a file of its own, and give that file." if held else _OWN_FILE
    return Kind("a configuration of the Serverless Framework", held, inside)


def _serverless_machine(name: str, machine: Any) -> Held:
    definition = machine if isinstance(machine, str) else _member(machine, "definition")
    found = re.search(r"\$\{file\(([^)]+)\)", definition) if isinstance(definition, str) else None
    if found is not None:
        return Held(name, found[1].strip())
    return Held(name, None, "definition, in this file" if definition is not None else None)


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()


_TERRAFORM_MACHINE: Final = "aws_sfn_state_machine"
_IN_TERRAFORM: Final = "Put the definition into a file of its own (templatefile, file), and give that file."


def _terraform(value: Mapping[str, Any]) -> Kind | None:
    """Plans and states as JSON, and configurations in Terraform's JSON syntax."""
    if "terraform_version" in value:
        found = {**_addresses(value.get("planned_values")), **_addresses(value.get("values"))}
        changed = _list(value.get("resource_changes")) + _list(value.get("resources"))
        found |= {_address(each): None for each in changed if _member(each, "type") == _TERRAFORM_MACHINE}
        is_plan = "planned_values" in value or "resource_changes" in value
        held = tuple(Held(name, None, "definition, in this file") for name in found)
        return Kind(
            "a plan of Terraform" if is_plan else "a state of Terraform", held, _IN_TERRAFORM if held else _OWN_FILE
        )
    resources = value.get("resource")
    if isinstance(resources, Mapping) and any(str(key).partition("_")[0] in ("aws", "awscc") for key in resources):
        machines = _member(resources, _TERRAFORM_MACHINE)
        held = tuple(Held(f"{_TERRAFORM_MACHINE}.{name}", None, "definition") for name, _ in _items(machines))
        return Kind("a configuration of Terraform", held, _IN_TERRAFORM if held else _OWN_FILE)
    return None


def _addresses(value: Any) -> dict[str, None]:
    """The addresses of the state machines in a module of a plan, and in its child modules."""
    found: dict[str, None] = {}
    modules = [_member(value, "root_module")]
    while modules:
        module = modules.pop()
        resources = _list(_member(module, "resources"))
        found |= {_address(each): None for each in resources if _member(each, "type") == _TERRAFORM_MACHINE}
        modules += _list(_member(module, "child_modules"))
    return found


def _address(resource: Any) -> str:
    return str(_member(resource, "address") or f"{_TERRAFORM_MACHINE}.{_member(resource, 'name')}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _of_step_functions(value: Mapping[str, Any]) -> Kind | None:
    """Other outputs of Step Functions, and the file of mocks of Step Functions Local."""
    if isinstance(value.get("StateMachines"), Mapping) and "MockedResponses" in value:
        return Kind(
            "a file of mocks of Step Functions Local", tuple(Held(str(n)) for n in value["StateMachines"]), _OWN_FILE
        )
    events = value.get("events")
    if isinstance(events, list) and events and isinstance(events[0], Mapping) and {"id", "type"} <= events[0].keys():
        return Kind("the output of GetExecutionHistory", (), _OWN_FILE)
    if "executionArn" in value:
        return Kind("the output of DescribeExecution or StartExecution", (), _OWN_FILE)
    if "stateMachineArn" in value:
        return Kind(
            "an output of Step Functions without the definition", (), "Use aws stepfunctions describe-state-machine."
        )
    machines = value.get("stateMachines")
    if isinstance(machines, list):
        held = tuple(Held(str(_member(each, "name"))) for each in machines)
        return Kind(
            "the output of ListStateMachines", held, "Use aws stepfunctions describe-state-machine for one of them."
        )
    return None


_KINDS: Final[tuple[Callable[[Mapping[str, Any]], Kind | None], ...]] = (
    _resource,
    _template,
    _wrapper,
    _cdk_output,
    _serverless,
    _terraform,
    _of_step_functions,
)


# Texts ---------------------------------------------------------------------------------------------------------------

_HCL: Final = re.compile(
    r'^\s*(?:(?:resource|data|module|variable|output|provider)\s+"|(?:terraform|locals)\s*\{)', re.MULTILINE
)
_HCL_MACHINE: Final = re.compile(rf'\bresource\s+"{_TERRAFORM_MACHINE}"\s+"([^"]+)"')
_HCL_FILE: Final = re.compile(r'\b(?:templatefile|file)\(\s*"(?:\$\{path\.\w+\}/)?([^"]+)"')
_LANGUAGES: Final[Mapping[str, str]] = {
    ".py": "Python",
    ".ts": "TypeScript",
    ".js": "JavaScript",
    ".java": "Java",
    ".go": "Go",
    ".cs": "C#",
}


def recognise_text(text: str, suffix: str) -> Kind | None:
    """The kind of a text that is neither JSON nor YAML, from its content and the ending of its file's name."""
    if suffix == ".tf" or _HCL.search(text):
        parts = re.split(r'(?=^\s*resource\s+")', text, flags=re.MULTILINE)
        held = tuple(
            Held(f"{_TERRAFORM_MACHINE}.{found[1]}", file[1] if (file := _HCL_FILE.search(part)) else None)
            for part in parts
            if (found := _HCL_MACHINE.search(part))
        )
        return Kind("a configuration of Terraform", held, _IN_TERRAFORM if held else _OWN_FILE)
    if suffix in _LANGUAGES:
        way_out = "CDK: give the file of the definition, such as that of DefinitionBody.fromFile."
        return Kind(f"source code in {_LANGUAGES[suffix]}", (), way_out)
    return None
