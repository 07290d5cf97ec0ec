"""What CreateStateMachine refuses in the parameters of a Task that calls a service.

Only what is the same in every execution is checked. A key that ends in ``.$`` counts as present, and its value, and
whether the action has such a member, are known only at run time (measured). So is an argument that is one expression.
Samples that AWS publishes give ``aws-sdk`` actions objects where the API has a string, so only the optimized actions
want a string there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asl.bounds import CAUSE_LIMIT
from asl.expressions import is_expression
from asl.integrations import Finding
from asl.problems import did_you_mean, join, nearest
from asl.resources import Resource
from asl.values import Json, encode
from emulator.aws import names
from emulator.integrations.dialect import Dialect, names_of, optimized_dialect, sdk_dialect, spelled_plainly
from emulator.integrations.http_fields import REFUSALS
from emulator.integrations.optimized import Action, Kind, optimized_action
from emulator.integrations.parameters import read_parameters
from emulator.integrations.words import misfit, missing_member, not_started, unknown_member

if TYPE_CHECKING:
    from botocore.model import OperationModel

SDK: Final = "aws-sdk:"
_SUFFIX: Final = ".$"


class Request(NamedTuple):
    """The request of one action: the shape of its operation, if it has one, and the members of its own."""

    shape: Any
    dialect: Dialect
    own: Mapping[str, Kind]
    required: tuple[str, ...]

    def members(self) -> names.Members:
        """The names that it takes -> the operation's member, itself for one of its own."""
        own = dict.fromkeys(self.own, "")
        return own if self.shape is None else {**self.dialect.members(self.shape, top=True), **own}


@lru_cache(maxsize=1024)
def request_of(resource: Resource) -> Request | None:
    """What the action of ``resource`` takes; ``None`` if that is not known."""
    if resource.service.startswith(SDK):
        return _of_sdk(resource)
    action = optimized_action(resource.service, resource.action)
    return None if action is None else _of_optimized(action)


def _of_sdk(resource: Resource) -> Request | None:
    service = resource.service.removeprefix(SDK)
    boto3_name = names.services().get(service)
    operation = boto3_name and names.operation(names.service_model(boto3_name), resource.action)
    if not boto3_name or not operation:
        return None
    dialect, shape = sdk_dialect(service, resource.action, boto3_name), operation.input_shape
    return Request(shape, dialect, {}, _required(shape, dialect))


def _of_optimized(action: Action) -> Request | None:
    shape, tokens = None, list[str]()
    if action.operation:
        if action.service not in names.services().values():
            return None
        model = names.service_model(action.service)
        if action.operation not in model.operation_names:
            return None
        shape = model.operation_model(action.operation).input_shape
        tokens = model.operation_model(action.operation).idempotent_members
    dialect = optimized_dialect(action, tokens)
    required = _required(shape, dialect) if action.required is None else action.required
    return Request(shape, dialect, action.own, required)


def _required(shape: Any, dialect: Dialect) -> tuple[str, ...]:
    """By Step Functions' names. Only the optimized integrations fill in tokens of idempotency (measured)."""
    if shape is None:
        return ()
    named = names_of(dialect.members(shape, top=True))
    return tuple(named[member] for member in shape.required_members if member in named and member not in dialect.filled)


_NOT_OFFERED: Final = {"sts": ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")}
"""Operations that state machines cannot call on AWS, apart from all those that stream events."""


def _why_not_offered(operation: "OperationModel", boto3_name: str) -> Finding | None:
    """Why state machines cannot call the operation on AWS (developer guide, AWS SDK integrations)."""
    if operation.has_event_stream_input or operation.has_event_stream_output:
        return Finding("", "streams events, which state machines cannot do on AWS")
    if operation.name in _NOT_OFFERED.get(boto3_name, ()):
        return Finding("", "is not available to state machines on AWS", "Use the Credentials field of the state.")
    return None


class KnownIntegrations:
    """The actions and parameters that botocore's models and the table of optimized integrations have."""

    def unknown(self, resource: Resource) -> Finding | None:
        """An ``aws-sdk`` service or action that the installed botocore does not have, or that AWS does not offer."""
        if not resource.service.startswith(SDK):
            return None
        service = resource.service.removeprefix(SDK)
        boto3_name = names.services().get(service)
        if boto3_name is None:
            hint = names.nearest_service(service, did_you_mean)
            return Finding("", f'The installed botocore has no service "{service}"', hint)
        model = names.service_model(boto3_name)
        operation = names.operation(model, resource.action)
        if operation is None:
            near = nearest(resource.action, map(names.action, model.operation_names), 0.4)
            hint = f'Did you mean "{near[0]}"?' if near else None
            return Finding("", f'The service "{service}" has no action "{resource.action}"', hint)
        if (reason := _why_not_offered(operation, boto3_name)) is not None:
            return reason._replace(message=f'The action "{service}:{resource.action}" {reason.message}')
        return None

    def refuse(self, resource: Resource, argument: Json) -> str | None:
        """The cause of the failure if Step Functions does not send ``argument``; ``None`` if it does."""
        request = request_of(resource)
        if request is None or (request.own and request.shape is not None):
            return None
        refused = _own_refusals(request, argument) if request.own else _refusals(request, argument)
        more = REFUSALS.get((resource.service, resource.action))
        if more is not None and not refused and isinstance(argument, dict):
            refused = list(more(argument))
        return not_started(encode(argument), refused)[:CAUSE_LIMIT] if refused else None

    def check(self, resource: Resource, argument: Json, language: str) -> Iterator[Finding]:
        """The members that the action does not have, that are of another type, and that are missing."""
        request = request_of(resource) if isinstance(argument, dict) else None
        if request is not None and isinstance(argument, dict):
            yield from _Literals(request, language == "JSONata").findings(argument)


def _refusals(request: Request, argument: Json) -> list[str]:
    """The errors in the request of an operation."""
    return read_parameters(argument, request.shape, request.dialect).refusals


def _own_refusals(request: Request, argument: Json) -> list[str]:
    """The errors in the request of an action that has members of its own."""
    if not isinstance(argument, dict):
        return [f"The parameters must be an object, not {encode(argument)}"]
    given = {name: value for name, value in argument.items() if value is not None}
    unknown = [unknown_member(name) for name in argument if name not in request.own]
    wrong = [
        misfit(name, kind)
        for name, kind in request.own.items()
        if kind != "PAYLOAD" and name in given and not _FITS[kind](given[name])
    ]
    return [*unknown, *wrong, *(missing_member(name) for name in request.required if name not in given)]


@dataclass(frozen=True, slots=True)
class _Literals:
    """Walks the literals of the parameters of one task. ``at`` is a pointer, ``path`` the members joined by dots."""

    request: Request
    jsonata: bool

    def findings(self, argument: dict[str, Json]) -> Iterator[Finding]:
        request, known = self.request, self.request.members()
        for name, value in self._given(argument, known, ""):
            if name in request.own:
                yield from self._own(name, value)
            else:
                yield from self._value(value, request.shape.members[known[name]], name, join("", name), name)
        yield from self._unknown(argument, known, request.shape, "")
        for name in request.required:
            if not self._names(name, known) & argument.keys():
                yield Finding("", missing_member(name), f'Add "{name}" to {_FIELD[self.jsonata]}.')

    def _names(self, name: str, known: names.Members) -> set[str]:
        """All keys that give the member of this name a value."""
        member = known[name]
        same = {each for each, of in known.items() if of and of == member} | {name}
        if self.request.dialect.java_service == "s3" and member == "CopySource":
            same.add("SourceBucket")
        same.add(names.verbatim(member) if member else name)
        return same if self.jsonata else same | {f"{each}{_SUFFIX}" for each in same}

    def _given(self, value: dict[str, Json], known: names.Members, at: str) -> Iterator[tuple[str, Json]]:
        """The members whose value is written in the definition."""
        for key, item in value.items():
            if key in known:
                yield key, item
            elif spelled_plainly(key, known):
                yield f"{key}Value", item

    def _unknown(self, value: dict[str, Json], known: names.Members, shape: Any, at: str) -> Iterator[Finding]:
        added = self.request.dialect.added(shape) if shape is not None else {}
        for key in value:
            is_evaluated = not self.jsonata and key.endswith(_SUFFIX)
            if not (key in known or key in added or is_evaluated or spelled_plainly(key, known)):
                yield Finding(join(at, key).removeprefix("/"), unknown_member(key), _meant(key, known))

    def _own(self, name: str, value: Json) -> Iterator[Finding]:
        if not self._varies(value) and not _FITS[self.request.own[name]](value):
            yield _misfit(name, self.request.own[name], value, name)

    def _varies(self, value: Json) -> bool:
        return value is None or (self.jsonata and isinstance(value, str) and is_expression(value))

    def _value(self, value: Json, shape: Any, name: str, at: str, path: str) -> Iterator[Finding]:
        if self._varies(value) or getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
            return
        match shape.type_name:
            case "structure" if isinstance(value, dict):
                yield from self._structure(value, shape, at, path)
            case "structure" if isinstance(value, str) and shape.name in self.request.dialect.texts:
                return
            case "list" if isinstance(value, list):
                for index, item in enumerate(value):
                    yield from self._value(item, shape.member, name, join(at, index), path)
            case "map" if isinstance(value, dict):
                for key, item in value.items():
                    if self.jsonata or not key.endswith(_SUFFIX):
                        yield from self._value(item, shape.value, key, join(at, key), f"{path}.{key}")
            case kind:
                needed = self._needed(kind, path)
                if not _FITS[needed](value):
                    yield _misfit(name, needed, value, at.removeprefix("/"))

    def _structure(self, value: dict[str, Json], shape: Any, at: str, path: str) -> Iterator[Finding]:
        known = self.request.dialect.members(shape, top=False)
        for name, item in self._given(value, known, at):
            yield from self._value(item, shape.members[known[name]], name, join(at, name), f"{path}.{name}")
        yield from self._unknown(value, known, shape, at)

    def _needed(self, kind: str, path: str) -> Kind:
        if kind in ("structure", "map", "list"):
            return "OBJECT" if kind != "list" else "ARRAY"
        if kind in ("blob", "string") and (self.request.dialect.java_service or path in self.request.dialect.any_json):
            return "JSON"
        return _SCALARS.get(kind, "STRING")


_FIELD: Final = {False: "Parameters", True: "Arguments"}
_SCALARS: Final[Mapping[str, Kind]] = {
    "integer": "NUMBER",
    "long": "NUMBER",
    "float": "NUMBER",
    "double": "NUMBER",
    "boolean": "BOOLEAN",
    "timestamp": "NUMBER",
}


def _meant(key: str, known: names.Members) -> str | None:
    """A hint at the member of the API that ``key`` is, under its name in Step Functions, or at one spelled alike."""
    name = next((name for name, member in known.items() if key in (member, names.verbatim(member))), None)
    return did_you_mean(key, known) if name is None else f'Did you mean "{name}"?'


def _is_scalar(value: Json) -> bool:
    """For numbers and booleans: whether text is read as one is left to the run."""
    return not isinstance(value, dict | list)


_FITS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "STRING": lambda value: isinstance(value, str),
    "NUMBER": _is_scalar,
    "BOOLEAN": _is_scalar,
    "OBJECT": lambda value: isinstance(value, dict),
    "ARRAY": lambda value: isinstance(value, list),
    "PAYLOAD": lambda value: isinstance(value, str | dict | list),
    "JSON": lambda value: True,
}
_NEEDED: Final = {
    "STRING": "A string",
    "NUMBER": "A number",
    "BOOLEAN": "True or false",
    "OBJECT": "An object",
    "ARRAY": "An array",
    "PAYLOAD": "A string, an object, an array or null",
}


def _misfit(name: str, needed: Kind, value: Json, focus: str) -> Finding:
    hint = f"{_NEEDED[needed]} is needed here."
    if isinstance(value, str) and value.startswith("$"):
        hint += f' To read a path, write "{name}{_SUFFIX}".'
    return Finding(focus, misfit(name, needed), hint)


KNOWN: Final = KnownIntegrations()
"""For all definitions: it has no state."""
