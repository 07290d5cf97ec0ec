"""Whether a stub's answer is one that the service can give: its members, their types, and the names of its errors.

What a service can give is botocore's model of it, in the names of Step Functions: those of the API for optimized
integrations (``JobRunState``), Java's for ``aws-sdk`` (``DbInstanceIdentifier``). A job (``.sync``) gives what its
description says (``emulator.integrations.jobs``). Functions, activities and workers with a token give any JSON value,
and fail with any name.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from asl.problems import did_you_mean
from asl.resources import Resource
from asl.values import Json, encode
from emulator.aws import names
from emulator.integrations.jobs import job_of
from emulator.stubs.answers import Answer, Raises, Returns
from emulator.stubs.error_names import error_problems
from emulator.stubs.jobs import open_problem
from emulator.stubs.modelled import integration_of
from emulator.stubs.started_jobs import job_started_by
from emulator.targets.integrations import Integration
from emulator.targets.rewritten import ECHOED

_METADATA: Final = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})
_LENIENT: Final = "fix: check=False takes it as it is"
_MOST: Final = 5
"""Problems of one answer that are told."""


def problem_of(resource: Resource, answer: Answer) -> str | None:
    """What is wrong with ``answer`` for ``resource``, on a few lines; ``None`` if nothing is."""
    match answer:
        case Returns(value=value, check=True, submitted=submitted):
            lines = _result_problems(resource, value)
            if submitted is not None and not resource.pattern and (started := job_started_by(resource)) is not None:
                lines = chain(_result_problems(resource, json.loads(submitted)), _result_problems(started[1], value))
        case Returns(value=value, is_success=False):
            return open_problem(resource, value)  # a status decides how the task ends, however lenient the test is
        case Raises(error=error, check=True):
            lines = error_problems(resource, error)
        case _:
            return None
    found = []
    for line in lines:
        found.append(line)
        if len(found) == _MOST:
            break
    if found and not (isinstance(answer, Returns) and open_problem(resource, answer.value)):
        found.append(_LENIENT)
    return "\n    ".join(found) or None


# Results --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Own:
    """A result that no model has: its members with their types, and those that must be there."""

    members: Mapping[str, str]
    required: tuple[str, ...] = ()


_DESCRIBED: Final = (
    "ExecutionArn", "StateMachineArn", "StateMachineVersionArn", "StateMachineAliasArn", "Name", "Status", "Error",
    "Cause", "MapRunArn", "TraceHeader", "RedriveStatus", "RedriveStatusReason",
)  # fmt: skip
_RESPONSE: Final = Own({"Headers": "map", "ResponseBody": "json", "StatusCode": "integer", "StatusText": "string"})


def _execution(payload: str) -> Own:
    times = dict.fromkeys(("StartDate", "StopDate", "RedriveDate"), "timestamp")
    objects = dict.fromkeys(("InputDetails", "OutputDetails"), "map")
    members = {**dict.fromkeys(_DESCRIBED, "string"), **times, **objects, "RedriveCount": "integer"}
    required = ("ExecutionArn", "StateMachineArn", "StartDate", "Status")
    return Own({**members, "Input": payload, "Output": payload}, required)


OWN: Final[Mapping[tuple[str, str], Own]] = {
    ("http:invoke", ""): _RESPONSE,
    ("apigateway:invoke", ""): _RESPONSE,
    ("states:startExecution", ""): Own(
        {"ExecutionArn": "string", "StartDate": "timestamp"}, ("ExecutionArn", "StartDate")
    ),
    ("states:startExecution", ".sync"): _execution("string"),
    ("states:startExecution", ".sync:2"): _execution("json"),
}
"""Action and pattern -> its result (recorded: ``test_start_execution_sync*``, ``http_task``)."""

_INVOKED: Final = frozenset({"ExecutedVersion", "Payload", "StatusCode", "LogResult", "FunctionError"}) | _METADATA


def _result_problems(resource: Resource, value: Json) -> Iterator[str]:
    if resource.kind != "service" or resource.pattern == ".waitForTaskToken":
        return
    if resource.service == "lambda":
        if isinstance(value, dict) and {"Payload", "StatusCode"} <= value.keys() <= _INVOKED:
            yield "it is the whole response of lambda:invoke; give what the function returns, which is then its Payload"
        return
    action = f"{resource.service}:{resource.action}"
    own = OWN.get((action, resource.pattern))
    if own is not None:
        yield from _and_goes_on(resource, value, _Check(action).own(value, own))
        return
    found = _described(resource)
    if found is not None:
        integration, shape, wrapped = found
        check = _Check(action, integration)
        if wrapped and not (isinstance(value, dict) and value.keys() == {wrapped}):
            yield f'the state gets an object with the one member "{wrapped}", the job: {{"{wrapped}": {{...}}}}'
            return
        inner = value[wrapped] if wrapped and isinstance(value, dict) else value
        yield from _and_goes_on(resource, value, check.result(inner, shape, wrapped, top=not wrapped))


def _and_goes_on(resource: Resource, value: Json, problems: Iterator[str]) -> Iterator[str]:
    """The problems of a result; without any, that of a job that has not ended."""
    is_wrong = False
    for problem in problems:
        is_wrong = True
        yield problem
    if not is_wrong and (still := open_problem(resource, value)) is not None:
        yield still


@lru_cache(maxsize=1024)
def _described(resource: Resource) -> tuple[Integration, Any, str] | None:
    """How the resource writes its result, the result's shape, and the member that wraps it, if there is one."""
    integration = integration_of(resource)
    if integration is None:
        return None
    model = names.service_model(integration.service)
    job = job_of(resource)
    if job is None or job.gives_start:
        return integration, model.operation_model(integration.operation).output_shape, ""
    if not job.describe:
        return None
    shape: Any = model.operation_model(job.describe).output_shape
    for step in job.at.split(".") if job.at else ():
        shape = shape.member if step.isdigit() else shape.members[names.verbatim_naming(shape)[step]]
    return integration, shape, job.wrapped


_ALSO: Final[Mapping[str, Mapping[str, str]]] = {
    "elasticmapreduce:createCluster": {"JobFlowId": "ClusterId"},
    "elasticmapreduce:addStep": {"StepIds": "StepId"},
    "elasticmapreduce:cancelStep": {"CancelStepsInfoList": "CancelStepsInfo"},
}
"""Action -> members of the operation's result that the integration calls otherwise."""
_ANY: Final = frozenset({"StepId", "CancelStepsInfo"})
_ANY_OF: Final[Mapping[str, frozenset[str]]] = {"bedrock:invokeModel": frozenset({"Body"})}
"""Action -> members that may be any JSON value."""
_MORE: Final[Mapping[str, tuple[str, ...]]] = {
    f"{service}:{action}": (name,) for (service, action), name in ECHOED.items()
}
"""Action -> members that the operation does not have."""


class _Check:
    """Walks a value along the shape of a response."""

    def __init__(self, action: str, integration: Integration | None = None) -> None:
        self._action = action
        self._integration = integration

    def own(self, value: Json, own: Own) -> Iterator[str]:
        """The problems of a result that no model has."""
        if not isinstance(value, dict):
            yield _misfit("", "object", value)
            return
        yield from self._names(value, own.members.keys() | _METADATA, "")
        yield from _missing(value, own.required, "")
        for name, kind in own.members.items():
            if name in value and kind != "json" and not _FITS[kind](value[name]):
                yield _misfit(name, kind, value[name])

    def result(self, value: Json, shape: Any, at: str, *, top: bool) -> Iterator[str]:
        """The problems of a service's response; ``top`` if it is the whole one."""
        if not isinstance(value, dict):
            yield _misfit(at, "structure", value)
            return
        if shape is None:
            known: Mapping[str, str] = {}
        else:
            known = self._naming(shape)
        renamed = _ALSO.get(self._action, {}) if top else {}
        known = {renamed.get(name, name): member for name, member in known.items()}
        more = (*_MORE.get(self._action, ()), *_METADATA) if top else ()
        yield from self._names(value, known.keys() | set(more), at)
        for name, member in known.items():
            if name in value and name not in _ANY and not (top and name in _ANY_OF.get(self._action, ())):
                yield from self._value(value[name], shape.members[member], f"{at}.{name}" if at else name)
        if shape is not None:
            required = {name for name, member in known.items() if member in shape.required_members}
            yield from _missing(value, sorted(required), at)

    def _naming(self, shape: Any) -> Mapping[str, str]:
        assert self._integration is not None
        return self._integration.result.naming(shape)

    def _names(self, value: dict[str, Json], known: Any, at: str) -> Iterator[str]:
        for name in value:
            if name not in known:
                where = f"{at}.{name}" if at else name
                hint = did_you_mean(name, known) or _ending(name, known)
                yield f"{where}: the result of {self._action} has no such member" + (f". {hint}" if hint else "")

    def _value(self, value: Json, shape: Any, at: str) -> Iterator[str]:
        if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
            return
        kind = shape.type_name
        if not _FITS.get(kind, _is_anything)(value):
            yield _misfit(at, kind, value)
            return
        if kind == "structure":
            yield from self.result(value, shape, at, top=False)
        elif kind == "list" and isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._value(item, shape.member, f"{at}[{index}]")
        elif kind == "map" and isinstance(value, dict):
            for key, item in value.items():
                yield from self._value(item, shape.value, f"{at}.{key}")
        elif kind == "string" and shape.enum and value not in shape.enum:
            hint = did_you_mean(value, shape.enum)
            yield f"{at}: {encode(value)} is not one of its values" + (f". {hint}" if hint else "")


def _ending(name: str, known: Iterable[str]) -> str | None:
    """``Did you mean "ResponseBody"?`` for ``body``: the one member that ends so."""
    found = [each for each in known if each.lower().endswith(name.lower())]
    return f'Did you mean "{found[0]}"?' if len(found) == 1 else None


def _missing(value: dict[str, Json], required: "tuple[str, ...] | list[str]", at: str) -> Iterator[str]:
    for name in required:
        if name not in value:
            yield f"{f'{at}.' if at else ''}{name}: the required member is missing"


def _misfit(at: str, kind: str, value: Json) -> str:
    text = encode(value)
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"{at or 'the result'}: {shown} is not {_WORDS.get(kind, kind)}"


def _is_anything(_value: Json) -> bool:
    return True


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Json) -> bool:
    return _is_number(value) and math.isfinite(float(value)) and float(value).is_integer()  # type: ignore[arg-type]


def _is_time(value: Json) -> bool:
    """A number, or ISO 8601 text: optimized integrations give milliseconds, ``aws-sdk`` gives text."""
    if not isinstance(value, str):
        return _is_number(value)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_FITS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "blob": lambda value: isinstance(value, str),
    "character": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole,
    "long": _is_whole,
    "short": _is_whole,
    "byte": _is_whole,
    "float": lambda value: _is_number(value) or value in ("NaN", "Infinity", "-Infinity"),
    "double": lambda value: _is_number(value) or value in ("NaN", "Infinity", "-Infinity"),
    "timestamp": _is_time,
}
"""Type of a shape -> whether a value is of it."""
_WORDS: Final[Mapping[str, str]] = {
    "object": "an object",
    "structure": "an object",
    "map": "an object",
    "list": "an array",
    "string": "a string",
    "blob": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "timestamp": "a time (milliseconds, or ISO 8601 text)",
}
