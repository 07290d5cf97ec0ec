"""The names that a template refers to: each must be there, and no resource may need itself.

CloudFormation looks at the whole template before it makes anything: also at what a false condition leaves out.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from asl.problems import did_you_mean, join
from emulator.templates.document import Document
from emulator.templates.errors import TemplateError, Wrong, noted
from emulator.templates.values import VARIABLE, VARIABLE_NAME
from emulator.templates.words import near_miss

PSEUDO: Final = (
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)


EXPANDED: Final = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
"""SAM's types whose events are resources of their own."""
APIS: Final = ("AWS::Serverless::Api", "AWS::Serverless::GraphQLApi", "AWS::Serverless::HttpApi")
"""SAM's types of several resources, of which the first needs nothing."""


NOTIFICATION: Final = "SAM event S3"
"""The type of what a function's event of a bucket becomes."""


class Needed(NamedTuple):
    """A name that a value refers to, where, and the text that it is a part of (``${Name``), if it is one."""

    name: str
    pointer: str
    part: str = ""


class Owner(Protocol):
    """A resource: its id, what it says and where, and the ids that it depends on."""

    @property
    def logical_id(self) -> str:
        """Its id."""

    @property
    def type(self) -> str:
        """Its type."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """What it says."""

    @property
    def pointer(self) -> str:
        """Where its properties are."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The ids of ``DependsOn``."""

    @property
    def other_names(self) -> tuple[str, ...]:
        """Other names that Ref takes for it."""


def check_references(document: Document, resources: Mapping[str, Owner], problems: list[Wrong] | None = None) -> None:
    """Raise ``TemplateError`` for a name that nothing has, and for a circle of resources.

    Where ``problems`` are collected, all are added to them.
    """
    for error in _wrong(document, resources):
        with noted(problems):
            raise error


def _wrong(document: Document, resources: Mapping[str, Owner]) -> Iterator[TemplateError]:
    names = {name: each.logical_id for each in resources.values() for name in each.other_names}
    parameters = document.value.get("Parameters") or {}
    known = {*parameters, *resources, *PSEUDO, *names}
    needs: dict[str, dict[str, None]] = {}
    for each in resources.values():
        found = [*references(each.properties, each.pointer), *_depends_on(document, each)]
        yield from _unknown(document, found, known, "Resources")
        inside = [join(each.pointer, "Events")] if each.type in EXPANDED else []
        needed = (one for one in found if not any(one.pointer.startswith(f"{part}/") for part in inside))
        ids = (names.get(one.name, one.name) for one in needed)
        needs[each.logical_id] = {name: None for name in ids if name in resources and each.type not in APIS}
    _add_notifications(resources, needs)
    outputs = references(document.value.get("Outputs") or {}, "/Outputs")
    yield from _unknown(document, outputs, known, "Outputs")
    yield from _circles(document, resources, needs)


def _depends_on(document: Document, owner: Owner) -> Iterator[Needed]:
    pointer = document.beside(owner.pointer, "DependsOn")
    is_list = isinstance(document.written(pointer), list)
    for at, name in enumerate(owner.depends_on):
        yield Needed(name, join(pointer, at) if is_list else pointer)


def _add_notifications(resources: Mapping[str, Owner], needs: Mapping[str, dict[str, None]]) -> None:
    """The needs of buckets: SAM writes a function's event of a bucket into the bucket, which then needs the function.

    So a function that needs the bucket itself, such as by its name in a variable, makes a circle. (Source of SAM's
    translator, ``push.S3``; a bucket that is not in the template is refused by SAM.)
    """
    for each in resources.values():
        bucket = each.properties.get("Bucket") if each.type == NOTIFICATION else None
        name = str(bucket.get("Ref")) if isinstance(bucket, Mapping) else ""
        if name in needs:
            functions = references(each.properties.get("Function"), each.pointer)
            needs[name].update({one.name: None for one in functions if one.name in resources})


def _unknown(
    document: Document, found: "Iterator[Needed] | list[Needed]", known: set[str], block: str
) -> Iterator[TemplateError]:
    for each in found:
        if each.name in known:
            continue
        prefix = "" if block == "Outputs" else "Template format error: "
        text = f"{prefix}Unresolved resource dependencies [{each.name}] in the {block} block of the template"
        same = [id_ for name, id_ in document.other_names.items() if name.lower() == each.name.lower()]
        hint = f'Did you mean "{same[0]}"?' if same else did_you_mean(near_miss(each.name, known) or each.name, known)
        yield document.error(text, each.pointer, hint, each.part)


def _circles(
    document: Document, resources: Mapping[str, Owner], needs: Mapping[str, Mapping[str, None]]
) -> Iterator[TemplateError]:
    done: set[str] = set()
    for first in resources:
        way: list[str] = []
        rest = [(first, iter(needs[first]))] if first not in done else []
        way = [first]
        while rest:
            name, others = rest[-1]
            other = next(others, None)
            if other is None:
                done.add(name)
                rest.pop()
                way.pop()
            elif other in way:
                circle = [*way[way.index(other) :], other]
                message = f"Circular dependency between resources: [{', '.join(dict.fromkeys(circle))}]"
                hint = f"they need each other: {' -> '.join(circle)}"
                yield document.error(message, resources[circle[0]].pointer, hint)
            elif other not in done:
                way.append(other)
                rest.append((other, iter(needs[other])))


def references(value: Any, pointer: str) -> Iterator[Needed]:
    """Every name that ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub`` in ``value`` refer to."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from references(each, join(pointer, at))
        return
    if not isinstance(value, Mapping):
        return
    for key, each in value.items():
        below = join(pointer, key)
        if len(value) == 1 and key in FUNCTIONS:
            yield from FUNCTIONS[key](each, below)
        else:
            yield from references(each, below)


def _ref(value: Any, pointer: str) -> Iterator[Needed]:
    if isinstance(value, str):
        yield Needed(value, pointer)


def _get_att(value: Any, pointer: str) -> Iterator[Needed]:
    if isinstance(value, list):
        yield from references(value[1:], pointer)
        if value and isinstance(value[0], str):
            yield Needed(value[0], pointer)
    elif isinstance(value, str):
        yield Needed(value.partition(".")[0], pointer)


def _sub(value: Any, pointer: str) -> Iterator[Needed]:
    text, variables = value, {}
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], Mapping):
        text, variables = value
        yield from references(variables, join(pointer, 1))
    if not isinstance(text, str):
        return
    for found in VARIABLE.finditer(text):
        name = found[2].strip()
        if found[1] or name in variables or VARIABLE_NAME.fullmatch(name) is None:
            continue
        yield Needed(name if "::" in name else name.partition(".")[0], pointer, f"${{{found[2]}")


def _nothing(value: Any, pointer: str) -> Iterator[Needed]:
    return iter(())


FUNCTIONS: Final = {"Ref": _ref, "Fn::GetAtt": _get_att, "Fn::Sub": _sub, "Fn::Transform": _nothing}
