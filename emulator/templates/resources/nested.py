"""Nested stacks: a template that another one names, by a path beside it or as an asset."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from asl.problems import join
from emulator.assembly import Assembly
from emulator.errors import NotEmulatedError
from emulator.templates.cdk import BOOTSTRAP, BOOTSTRAP_VERSION
from emulator.templates.document import Document, read_document
from emulator.templates.errors import Wrong, noted
from emulator.templates.members import shown
from emulator.templates.parameters import read_parameters
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.references import check_references
from emulator.templates.sam import resources_of
from emulator.templates.stack import Make, Stack


def nested_stack(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::CloudFormation::Stack`` and ``AWS::Serverless::Application``: its Ref is the ARN of the stack."""
    document = document_of(stack, resource, properties)
    name = stack.physical_name(resource.logical_id, 128)
    parameters = properties.get("Parameters") or {}
    nested = new_stack(
        stack.assembly,
        document,
        resources_of(document, stack.problems),
        stack.makers,
        name=name,
        parameters=parameters,
        imports=stack.imports,
        left_out=stack.left_out,
        problems=stack.problems,
    )
    nested.make_all()
    stack.nested[resource.logical_id] = nested
    outputs = {f"Outputs.{output}": value for output, value, _ in outputs_of(nested)}
    return Made(str(nested.ref("AWS::StackId", "")), outputs)


def new_stack(
    assembly: Assembly,
    document: Document,
    resources: Mapping[str, Resource],
    makers: Mapping[str, Make],
    *,
    name: str,
    parameters: Mapping[str, Any],
    imports: Mapping[str, Any],
    left_out: Collection[str],
    problems: list[Wrong] | None,
) -> Stack:
    """A stack whose names and parameters are checked, and of which nothing is made yet.

    Of a stack without the values of its parameters, only these and names are among the ``problems``: what is wrong with
    its resources might be right with the values.
    """
    check_references(document, resources, problems)
    before = len(problems or ())
    values = read_parameters(document, parameters, lambda wanted: ssm_value(assembly, wanted), problems)
    told = problems if problems is None or len(problems) == before else []
    return Stack(
        assembly,
        document,
        resources,
        makers,
        name=name,
        parameters=values,
        imports=imports,
        left_out=left_out,
        problems=told,
    )


def outputs_of(stack: Stack) -> Iterator[tuple[str, Any, str | None]]:
    """The outputs of a stack: name, value, and the name under which other stacks import it."""
    for output, written in (stack.document.value.get("Outputs") or {}).items():
        found: list[tuple[str, Any, str | None]] = []
        with noted(stack.problems):
            found += _output(stack, output, written)
        yield from found


def _output(stack: Stack, output: str, written: Any) -> Iterator[tuple[str, Any, str | None]]:
    pointer = join("/Outputs", output)
    if not isinstance(written, dict) or "Value" not in written:
        raise stack.document.error(f"the output {output} has no Value", pointer, "write {Value: ...}")
    exported = written.get("Export")
    if exported is not None and (not isinstance(exported, dict) or exported.keys() != {"Name"}):
        raise stack.document.error(f"Export of the output {output} is not of its form", pointer, "write {Name: ...}")
    if "Condition" in written and not stack.condition(written["Condition"], pointer):
        return
    name = None
    if exported is not None:
        name = stack.values.of(exported["Name"], join(pointer, "Export"))
        if not isinstance(name, str):
            raise stack.document.error(f"Export of the output {output}: its Name is not a text", pointer)
    value = stack.values.of(written["Value"], join(pointer, "Value"))
    yield output, shown(value) if isinstance(value, bool | int | float) else value, name


def ssm_value(assembly: Assembly, name: str) -> str | None:
    """The value of a parameter of Systems Manager, if it is there. That of ``cdk bootstrap`` is in every account."""
    if name.startswith(BOOTSTRAP):
        return BOOTSTRAP_VERSION
    client = assembly.client("ssm")
    try:
        return str(client.get_parameter(Name=name)["Parameter"]["Value"])
    except client.exceptions.ParameterNotFound:
        return None


def document_of(stack: Stack, resource: Resource, properties: Properties) -> Document:
    """The template that a nested stack names; raises ``NotEmulatedError`` for one that is not here."""
    member = "TemplateURL" if "TemplateURL" in resource.properties else "Location"
    named, pointer = properties.get(member), join(resource.pointer, member)
    if not isinstance(named, str):
        raise NotEmulatedError("an application of the Serverless Application Repository is not read")
    local = stack.document.path.parent / named
    path = local if "://" not in named and local.exists() else stack.document.asset(named)
    if path is None and "://" in named:
        raise NotEmulatedError(f"the template at {named} is not read; name a file beside the template")
    path = path or local
    if path.is_dir():
        path = next((file for name in ("template.yaml", "template.yml") if (file := path / name).is_file()), path)
    if not path.is_file():
        raise stack.document.no_file(named, pointer, path)
    outer = stack.document
    if path.resolve() == outer.path.resolve():
        raise outer.error("a template cannot be nested in itself", pointer)
    return read_document(path, _source(outer, path))._replace(assets=outer.assets, other_names=outer.other_names)


def _source(outer: Document, path: Path) -> str:
    """The nested template's name in messages: as the outer one is named."""
    folder = outer.path.parent
    if path.is_relative_to(folder):
        return f"{outer.source.removesuffix(outer.path.name)}{path.relative_to(folder)}"
    return str(path)


MAKERS: Final[Mapping[str, Make]] = {
    "AWS::CloudFormation::Stack": nested_stack,
    "AWS::Serverless::Application": nested_stack,
}
