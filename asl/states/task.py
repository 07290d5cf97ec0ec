"""Task: calls a target and waits for its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, cast

from asl.bounds import LARGEST_INTEGER
from asl.errors import EvaluationError, StateError, runtime_error
from asl.evaluation import as_reader, compile_integer, compile_typed, is_jsonata
from asl.expressions import is_expression
from asl.flow import EXPRESSION_STAGES, field_reader, parse_flow
from asl.outcomes import Call
from asl.paths import Reader, Scope
from asl.resources import Resource, parse_resource
from asl.retry import parse_catchers, parse_retriers
from asl.scope import StateScope
from asl.states.common import ParseBlock, State
from asl.states.forms import Forms, constant
from asl.templates import SUFFIX, compile_template
from asl.values import Json, encode

Bound: TypeAlias = Callable[[Json, Scope], int]
"""(raw input, scope) -> seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(State):
    """Calls ``resource`` with the effective input."""

    type: ClassVar[str] = "Task"
    resource: Resource
    timeout_seconds: Bound | None
    heartbeat_seconds: Bound | None
    role_arn: Reader | None
    literals: Mapping[str, str]

    def literal_argument(self, name: str) -> str | None:
        """The member ``name`` of Parameters or Arguments, if it is always the same string; ``None`` if it may vary."""
        return self.literals.get(name)

    def enter(self, scope: StateScope) -> Call:
        """Call the target; called again, with the same input, at each retry."""
        document = scope.input.value
        timeout = None if self.timeout_seconds is None else self.timeout_seconds(document, scope)
        heartbeat = None if self.heartbeat_seconds is None else self.heartbeat_seconds(document, scope)
        if timeout and heartbeat and heartbeat >= timeout:
            raise self._too_long(heartbeat, timeout)
        argument = self.flow.effective(scope)
        role_arn = None if self.role_arn is None else cast("str", self.role_arn(document, scope))
        return Call(self.resource, argument, timeout, heartbeat, role_arn)

    def _too_long(self, heartbeat: int, timeout: int) -> StateError:
        """HeartbeatSeconds must be less than TimeoutSeconds (developer guide, "Task"); the text is ours."""
        cause = f"HeartbeatSeconds ({heartbeat}) must be less than TimeoutSeconds ({timeout})."
        if self.flow.names is EXPRESSION_STAGES:
            return EvaluationError(cause, "HeartbeatSeconds")
        return runtime_error(cause)


def _parse_bound(raw: Mapping[str, Any], field: str) -> Bound | None:
    """``field`` as a literal or by ``fieldPath``; a value that is not a positive integer is a States.Runtime.

    An expression may give 0, too (AWS runs). What it does there is not known; here it sets no limit.
    """
    forms = Forms(
        constant,
        lambda value: as_reader(compile_integer(value, field, 0, LARGEST_INTEGER)),
        lambda path: _bound_path(path, f"{field}Path"),
    )
    return cast("Bound | None", forms.parse(raw, field))


def _bound_path(text: str, field: str) -> Reader:
    read = field_reader(text)

    def bound(document: Json, scope: Scope) -> Json:
        value = read(document, scope)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_INTEGER:
            raise runtime_error(
                f"The {field} parameter does not reference a positive integer: {text} == {encode(value)}"
            )
        return value

    return bound


def _parse_role(raw: Mapping[str, Any]) -> Reader | None:
    credentials = raw.get("Credentials")
    if credentials is None:
        return None
    if is_jsonata(raw):
        return as_reader(compile_typed(credentials["RoleArn"], "Credentials/RoleArn", "string"))
    read = compile_template(credentials, "Credentials")

    def role_arn(document: Json, scope: Scope) -> Json:
        value = cast("dict[str, Json]", read(document, scope))["RoleArn"]
        if not isinstance(value, str):
            raise runtime_error(f"The RoleArn parameter does not reference a string: {encode(value)}")
        return value

    return role_arn


def _literals(raw: Mapping[str, Any]) -> dict[str, str]:
    """The members of Parameters or Arguments that are the same string in each execution."""
    argument = raw.get("Arguments" if is_jsonata(raw) else "Parameters")
    if not isinstance(argument, Mapping):
        return {}
    return {key: value for key, value in argument.items() if isinstance(value, str) and not _varies(key, value, raw)}


def _varies(key: str, value: str, raw: Mapping[str, Any]) -> bool:
    return is_expression(value) if is_jsonata(raw) else key.endswith(SUFFIX)


def parse_task(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Task:
    """The Task state ``raw``, whose fields have been checked."""
    resource = parse_resource(raw["Resource"])
    assert resource is not None
    return Task(
        name=name,
        next=raw.get("Next"),
        flow=parse_flow(raw, gives_result=True),
        retry=parse_retriers(raw),
        catch=parse_catchers(raw),
        resource=resource,
        timeout_seconds=_parse_bound(raw, "TimeoutSeconds"),
        heartbeat_seconds=_parse_bound(raw, "HeartbeatSeconds"),
        role_arn=_parse_role(raw),
        literals=_literals(raw),
    )
