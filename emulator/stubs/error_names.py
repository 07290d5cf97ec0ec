"""Whether a Task can fail with the name of an error: one of its service, in botocore's model, or of Step Functions."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from asl import errors
from asl.problems import did_you_mean, nearest
from asl.resources import Resource
from emulator.aws import names
from emulator.stubs.modelled import integration_of
from emulator.targets.failures import error_name
from emulator.targets.web_errors import OTHERS, STATUS, is_error_status, is_status, nearest_error

OF_STATES: Final = (
    errors.TASK_FAILED,
    errors.TIMEOUT,
    errors.HEARTBEAT_TIMEOUT,
    errors.RUNTIME,
    errors.DATA_LIMIT_EXCEEDED,
    "States.Permissions",
)
"""The names of Step Functions' own that a task can fail with (developer guide, error names)."""

COMMON: Final = (
    "AccessDeniedException", "ExpiredTokenException", "InternalFailureException", "IncompleteSignatureException",
    "InvalidClientTokenIdException", "NotAuthorizedException", "OptInRequiredException", "RequestExpiredException",
    "ServiceUnavailableException", "ThrottlingException", "UnrecognizedClientException", "ValidationException",
)  # fmt: skip
"""The errors that every service has (API references, "Common Errors"), under Java's names."""

_OTHER_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "ecs": ("AmazonECS",),
    "elasticmapreduce": ("EMR",),
    "bedrock:invokeModel": ("BedrockRuntime",),
}
"""Service of a resource, or its action -> prefixes that the developer guide or public definitions use, too."""


def error_problems(resource: Resource, error: str) -> Iterator[str]:
    """What is wrong with the name of an error for a resource."""
    if error.startswith("States."):
        yield from _of_states(resource, error)
        return
    if resource.kind != "service" or resource.pattern == ".waitForTaskToken" or resource.service == "lambda":
        return
    if resource.service in ("http", "apigateway"):
        yield from _of_web(resource.service, error)
        return
    known = _names(resource)
    if known and error not in known:
        prefix = next(iter(known)).partition(".")[0]
        near = nearest(error, known) or nearest(f"{prefix}.{error.rpartition('.')[2]}", known)
        near = near or [name for name in known if name.lower() == error.lower()]
        hint = (
            f'Did you mean "{near[0]}"?' if near else f"Its errors begin with {prefix}., such as {next(iter(known))}."
        )
        yield f'{resource.service}:{resource.action} has no error "{error}". {hint}'


def _of_states(resource: Resource, error: str) -> Iterator[str]:
    web = f"{resource.service}:invoke" if resource.service == "http" else ""
    known = [*OF_STATES, *(["States.Http.Socket"] if web else [])]
    if error in known or (web and is_error_status(error, web)):
        return
    if error == errors.ALL:
        yield "States.ALL is what a Catch or Retry matches; a task fails with a name of its own"
        return
    near = nearest_error(web, error, OF_STATES) if web else None
    hint = f'Did you mean "{near}"?' if near else did_you_mean(error, known)
    yield f'a task does not fail with "{error}"' + (f". {hint}" if hint else "")


def _of_web(service: str, error: str) -> Iterator[str]:
    """A name that is not known is refused unless it begins as the service's do, and none is like it."""
    resource = f"{service}:invoke"
    if error in OTHERS[resource] or is_error_status(error, resource):
        return
    start = "Events.ConnectionResource." if service == "http" else "ApiGateway."
    near = nearest_error(resource, error)
    is_known = error.startswith(start) and not is_status(error, resource) and not nearest(error, OTHERS[resource], 0.95)
    if not is_known:
        hint = near or STATUS[resource].format(503)
        yield f'{resource} has no error "{error}". Did you mean "{hint}"?'


@lru_cache(maxsize=512)
def _names(resource: Resource) -> tuple[str, ...]:
    """Every error name of the resource's service; none if no model has it."""
    if resource.service == "states":
        model = names.service_model("stepfunctions")
        shapes = [shape.name.removesuffix("Exception") for shape in model.error_shapes]
        own = [f"StepFunctions.{name}Exception" for name in shapes]
        own += ["StepFunctions.AWSStepFunctionsException", "StepFunctions.SdkClientException"]
        return (*own, *(f"StepFunctions.{name}" for name in COMMON))
    integration = integration_of(resource)
    if integration is None:
        return ()
    model = names.service_model(integration.service)
    modelled = [error_name(shape.name, integration) for shape in model.error_shapes]
    general = [integration.unmodelled, f"{integration.prefix}.SdkClientException"]
    known = [*modelled, *general, *(f"{integration.prefix}.{name}" for name in COMMON)]
    if resource.service == "events":
        known.append("EventBridge.FailedEntry")
    if resource.service == "ecs":
        known.append("AmazonECS.Unknown")
    others = _OTHER_PREFIXES.get(resource.service) or _OTHER_PREFIXES.get(f"{resource.service}:{resource.action}", ())
    known += [f"{other}.{name.partition('.')[2]}" for other in others for name in known]
    return tuple(dict.fromkeys(known))
