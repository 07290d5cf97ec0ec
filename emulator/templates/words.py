"""The words of a template: types, their properties, sections' members. One that AWS does not have is refused here.

AWS refuses them all before it makes anything. What is known here is of one day (``date`` in ``words.json``, which
``python -m scripts.template_words`` writes from CloudFormation's own schemas), and AWS adds words. So:

- A property of SAM's types and of their events is refused if they do not have it, as SAM's translator does.
- A property that a type of CloudFormation does not have is refused if it is nearly the name of one that it has, or is
  a member of one. Not refused is a name that botocore's model, which may be newer, has in the request that makes the
  resource. Any other name is listed among what has no effect, as one that the type does not have.
- A member deeper inside, which no list shows, is refused unless any shape of the service in botocore's model has it.
- A type is refused if it is nearly the name of a known one: at most two letters differ, other than by a number such as
  ``V2``. Other unknown types may be newer than the list: they exist by their names, and are listed.
- What ``Fn::Transform`` stands beside may have any members, since a macro reads them.
- Types of SAM need SAM's transform, and a policy with one member is one of SAM's policy templates.

What one of a few words is, such as ``BillingMode``, is looked at when it has its value (``enumerations``).
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from asl.problems import did_you_mean, join, nearest
from emulator.templates.document import Document
from emulator.templates.errors import TemplateError

PARAMETER: Final = (
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
)
OUTPUT: Final = ("Condition", "Description", "Export", "Value")
EVENT: Final = ("Properties", "Type")
PARAMETER_TYPES: Final = (
    "String",
    "Number",
    "CommaDelimitedList",
    "List<Number>",
    "List<String>",
    "AWS::SSM::Parameter::Name",
    "AWS::SSM::Parameter::Value<String>",
    "AWS::SSM::Parameter::Value<List<String>>",
    "AWS::SSM::Parameter::Value<CommaDelimitedList>",
)
"""The types of parameters (CloudFormation user guide), besides those of AWS's own ids such as ``AWS::EC2::VPC::Id``."""
OWN_IDS: Final = re.compile(r"(?:AWS::SSM::Parameter::Value<)?(?:List<)?AWS::\w+(?:::\w+)+>{0,2}")
TRANSFORMS: Final = (
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::Include",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
    "AWS::ServiceCatalog",
)
"""AWS's transforms (CloudFormation template reference); an account's own macros have other names."""
SERVICES: Final[Mapping[str, str]] = {
    "ApiGateway": "apigateway",
    "ApiGatewayV2": "apigatewayv2",
    "StepFunctions": "stepfunctions",
}
"""Namespace of a type -> botocore's name of the service, where it is not the namespace in small letters."""
CREATES: Final = ("Create", "Put", "Publish", "Add", "Subscribe", "Request")
"""What the names of operations that make a resource begin with."""

SAM: Final = "AWS::Serverless-2016-10-31"
"""The transform of SAM's types."""

Tree = Mapping[str, Any]


def unknown_words(document: Document) -> Iterator[TemplateError]:
    """The errors of the words that AWS does not have outside of resources, in the order of the sections."""
    yield from _transforms(document)
    yield from _untransformed(document)
    yield from _parameters(document)
    yield from _globals(document)
    for name, written in (document.value.get("Outputs") or {}).items():
        for member in set(written) - set(OUTPUT) if isinstance(written, Mapping) else ():
            yield _no(document, f"the output {name} has no member", member, join("/Outputs", name), OUTPUT)


def _untransformed(document: Document) -> Iterator[TemplateError]:
    """The error of a template with types of SAM that does not say that it is SAM's."""
    resources = document.value["Resources"]
    types = {id_: each["Type"] for id_, each in resources.items() if isinstance(each, Mapping) and "Type" in each}
    of_sam = {id_: each for id_, each in types.items() if str(each).startswith("AWS::Serverless::")}
    if of_sam and SAM not in json.dumps(document.value.get("Transform"), default=str):
        text = f"Template format error: Unrecognized resource types: [{', '.join(sorted(set(of_sam.values())))}]"
        place = join("/Resources", next(iter(of_sam)), "Type")
        hint = did_you_mean("Transform", [each for each in document.value if each != "Transform"])
        yield document.error(text, place, hint or f"write at the top of the template: Transform: {SAM}")


def _transforms(document: Document) -> Iterator[TemplateError]:
    written = document.value.get("Transform")
    for at, each in enumerate(written if isinstance(written, list) else [written]):
        if isinstance(each, str) and each.startswith("AWS::") and each not in TRANSFORMS:
            pointer = join("/Transform", at) if isinstance(written, list) else "/Transform"
            hint = did_you_mean(each, TRANSFORMS)
            if hint is not None:
                yield document.error(f"No transform named {each} found.", pointer, hint)


def _parameters(document: Document) -> Iterator[TemplateError]:
    for name, written in (document.value.get("Parameters") or {}).items():
        if not isinstance(written, Mapping):
            continue
        pointer = join("/Parameters", name)
        for member in written:
            if member not in PARAMETER:
                yield _no(document, f"the parameter {name} has no member", member, pointer, PARAMETER)
        type_ = written.get("Type", "String")
        if type_ not in PARAMETER_TYPES and (not isinstance(type_, str) or OWN_IDS.fullmatch(type_) is None):
            hint = did_you_mean(type_, PARAMETER_TYPES) or f"the types are {', '.join(PARAMETER_TYPES)}"
            yield document.error(f"the parameter {name} is of the unknown type {type_}", join(pointer, "Type"), hint)


def _globals(document: Document) -> Iterator[TemplateError]:
    for section, written in (document.value.get("Globals") or {}).items():
        known = _words()["globals"].get(section)
        type_ = f"AWS::Serverless::{section}"
        for member, value in written.items() if known is not None and isinstance(written, Mapping) else ():
            if member not in known and not member.startswith("Fn::"):
                # [sam] plugins/globals: what it does not have at all, and what it has only in resources
                text = f"'Globals' section is invalid. '{member}' is not a supported property of '{section}'"
                hint = did_you_mean(member, known)
                hint = f"write it in each {type_}" if member in _words()["properties"][type_] else hint
                yield document.error(text, join("/Globals", section, member), hint)
            else:
                tree = _words()["properties"][type_].get(member)
                yield from _members(document, tree, value, join("/Globals", section, member), type_)


def unknown_in_resource(document: Document, id_: str) -> Iterator[TemplateError]:
    """The errors of the words of one resource that AWS does not have, but for those of its events."""
    written, pointer = document.value["Resources"][id_], join("/Resources", id_)
    if not isinstance(written, Mapping) or not isinstance(written.get("Type"), str):
        return
    type_, properties = written["Type"], written.get("Properties")
    if (near := near_type(type_)) is not None:
        yield document.error(f"{id_} has the unknown type {type_}", join(pointer, "Type"), f'Did you mean "{near}"?')
        return
    tree = _words()["properties"].get(type_)
    if tree is None or not isinstance(properties, Mapping) or "Fn::Transform" in properties:
        return
    for name, value in properties.items():
        at = join(pointer, "Properties", str(name))
        if name in tree:
            yield from _members(document, tree[name], value, at, type_)
        elif not str(name).startswith("Fn::") and name not in _request(type_):
            near, outer = near_miss(str(name), tree), _inside(str(name), tree)
            if near is not None or outer is not None or type_.startswith("AWS::Serverless::"):
                hint = did_you_mean(near or name, tree) if near or outer is None else outer
                yield document.error(f"{id_} ({type_}) has no property {name}", at, hint or "take it away")
    if type_ in _words()["events"]:
        yield from _policies(document, id_, properties.get("Policies"), join(pointer, "Properties", "Policies"))


def _policies(document: Document, id_: str, policies: Any, pointer: str) -> Iterator[TemplateError]:
    """The errors of SAM's policy templates: one that SAM does not have, and what one lacks."""
    known: Mapping[str, list[str]] = _words()["policies"]
    several = policies if isinstance(policies, list) else [policies]
    for at, each in enumerate(several):
        place = join(pointer, at) if isinstance(policies, list) else pointer
        if not isinstance(each, Mapping) or len(each) != 1 or "Statement" in each:
            continue
        name, given = next(iter(each.items()))
        if name in known:
            lacking = [one for one in known[name] if one not in (given if isinstance(given, Mapping) else {})]
            if lacking and not (isinstance(given, Mapping) and _is_function(given)):
                told = f"Following required parameters of template '{name}' don't have values: [{', '.join(lacking)}]"
                yield document.error(
                    f"{id_}: {told}", join(place, name), f"its parameters are {', '.join(known[name])}"
                )
        elif not _is_function(each):
            text = f"{id_}: Policy at index {at} in the 'Policies' property is not valid: SAM has no template {name}"
            yield document.error(text, join(place, name), did_you_mean(near_miss(name, known) or name, known))


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def unknown_in_event(
    document: Document, owner_type: str, owner: str, name: str, event: Any, pointer: str
) -> Iterator[TemplateError]:
    """The errors of the words of an event that SAM does not have."""
    known: Mapping[str, Tree] = _words()["events"].get(owner_type, {})
    if not isinstance(event, Mapping) or event.get("Type") not in known:
        return  # that it is of no known type is told where events are read
    for member in event:
        if member not in EVENT:
            yield _no(document, f"the event {name} of {owner} has no member", member, pointer, EVENT)
    type_, properties = event["Type"], event.get("Properties")
    tree = known[type_]
    for member, value in properties.items() if isinstance(properties, Mapping) and isinstance(tree, Mapping) else ():
        at = join(pointer, "Properties", str(member))
        if member in tree:
            yield from _members(document, tree[member], value, at, "AWS::Lambda::EventSourceMapping")
        elif not str(member).startswith("Fn::"):
            hint = did_you_mean(member, tree) or _inside(str(member), tree) or f"its properties are {', '.join(tree)}"
            yield document.error(f"the event {name} of {owner} ({type_}) has no property {member}", at, hint)


def _members(document: Document, tree: Any, value: Any, pointer: str, type_: str) -> Iterator[TemplateError]:
    """The errors of what is inside a property."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _members(document, tree, each, join(pointer, at), type_)
        return
    if not isinstance(tree, Mapping) or not isinstance(value, Mapping) or "Fn::Transform" in value:
        return
    if set(value) == {"Fn::If"} and isinstance(value["Fn::If"], list):
        for at, each in enumerate(value["Fn::If"][1:], 1):
            yield from _members(document, tree, each, join(pointer, "Fn::If", at), type_)
        return
    if _is_function(value):
        return
    for name, each in value.items():
        if name in tree:
            yield from _members(document, tree[name], each, join(pointer, str(name)), type_)
        elif name not in _service_words(type_):
            what = pointer.rpartition("/")[2] if not pointer.rpartition("/")[2].isdigit() else pointer.split("/")[-2]
            yield _no(document, f"{what} has no member", str(name), pointer, tree)


def _no(document: Document, text: str, name: Any, pointer: str, known: Collection[str]) -> TemplateError:
    hint = did_you_mean(name, known) or f"its members are {', '.join(known)}"
    return document.error(f"{text} {name}", join(pointer, str(name)), hint)


def _inside(name: str, tree: Tree) -> str | None:
    """Where a name is a member, if it is one of a property."""
    owner = next((each for each, inner in tree.items() if isinstance(inner, Mapping) and name in inner), None)
    return None if owner is None else f"it is a member of {owner}"


def near_miss(word: str, known: Collection[str]) -> str | None:
    """The known name that ``word`` is most likely meant to be: a few letters differ, or only their case."""
    room = 0 if len(word) < 2 else 1 if len(word) < 5 else 2
    found = [(distance, each) for each in known if (distance := _distance(each.lower(), word.lower())) <= room]
    likely = [each for _, each in sorted(found)] or nearest(word, known, 0.8)
    return likely[0] if likely else None


def is_known(type_: str, name: str) -> bool:
    """Whether a type of which the properties are known has one of this name; true for other types."""
    tree = _words()["properties"].get(type_)
    return tree is None or name in tree or name.startswith("Fn::") or name in _request(type_)


def words_of(type_: str) -> Mapping[str, list[Any]]:
    """Path of a property, such as ``KeySchema/KeyType`` -> all that it may be."""
    found: Mapping[str, list[Any]] = _words()["values"].get(type_, {})
    return found


# What is known --------------------------------------------------------------------------------------------------------


@cache
def _words() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
    found["names"] = {f"{namespace}::{kind}" for namespace, kinds in found["types"].items() for kind in kinds}
    return found


@cache
def near_type(type_: str) -> str | None:
    """The known type that ``type_``, which is not known, is nearly the name of."""
    names: set[str] = _words()["names"]
    if type_ in names or type_.startswith("Custom::"):
        return None
    if f"AWS::{type_}" in names:
        return f"AWS::{type_}"
    found = [
        (distance, name)
        for name in names
        if abs(len(name) - len(type_)) <= 2
        and (distance := _distance(name.lower(), type_.lower())) <= 2
        and not _differ_by_number(name, type_)
    ]
    return min(found)[1] if found else None


def _differ_by_number(name: str, other: str) -> bool:
    first, second = (re.sub(r"[Vv]?\d+", "", each) for each in (name, other))
    return first == second


def _distance(one: str, other: str) -> int:
    """How many letters are to be added, taken away, changed or swapped with the next one, from one to the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above_that, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, above_that[j - 2] + 1)
            row.append(least)
    return row[-1]


@cache
def _request(type_: str) -> frozenset[str]:
    """The members of the requests that make a resource of this type, as templates write them."""
    kind = type_.rpartition("::")[2]
    return _of_model(type_, lambda model: [f"{verb}{kind}" for verb in CREATES])


@cache
def service_values(type_: str) -> frozenset[str]:
    """All words that the service of this type takes, as the installed botocore has them."""
    model = _model(type_)
    shapes = (model.shape_for(name) for name in model.shape_names) if model is not None else ()
    return frozenset(word for shape in shapes for word in getattr(shape, "enum", ()))


@cache
def _service_words(type_: str) -> frozenset[str]:
    """The members of all shapes of the service of this type, as templates write them."""
    return _of_model(type_, None)


def _of_model(type_: str, operations: Callable[[Any], list[str]] | None) -> frozenset[str]:
    model = _model(type_)
    if model is None:
        return frozenset()
    if operations is None:
        shapes = [model.shape_for(name) for name in model.shape_names]
    else:
        inputs = (
            model.operation_model(name).input_shape for name in operations(model) if name in model.operation_names
        )
        shapes = [each for each in inputs if each is not None]
    names = (name for shape in shapes for name in getattr(shape, "members", ()))
    return frozenset(f"{name[:1].upper()}{name[1:]}" for name in names)


def _model(type_: str) -> Any:
    """botocore's model of the service of a type; ``None`` if it has none."""
    import botocore.session
    from botocore.exceptions import UnknownServiceError

    namespace = type_.removeprefix("AWS::").partition("::")[0]
    if namespace == "Serverless":
        return None
    try:
        return botocore.session.get_session().get_service_model(SERVICES.get(namespace, namespace.lower()))
    except UnknownServiceError:
        return None
