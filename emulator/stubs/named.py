"""What a test names: the resource of ``emulator.stub("glue:startJobRun.sync")``, and what a call can be found by.

A resource is a service's action, with its pattern; or a function, an activity or a state machine, by its name alone or
by its ARN. A call has one key for its action, and one for the function, activity or machine that it goes to.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from asl.effects import CallTarget
from asl.problems import nearest
from asl.resources import INTEGRATION_PATTERNS, Resource, known_resources, parse_resource
from emulator.aws import names
from emulator.aws.arns import Arn, is_arn
from emulator.errors import EmulatorError
from emulator.integrations.check import KNOWN
from emulator.logical_ids import LogicalIds

_PREFIX: Final = "arn:aws:states:::"
_NAMING: Final = {
    "lambda": "FunctionName",
    "aws-sdk:lambda": "FunctionName",
    "states": "StateMachineArn",
    "aws-sdk:sfn": "StateMachineArn",
}
"""Service -> the argument that names what is called, of actions that call something of the user's own."""
_CALLS_NAMED: Final = frozenset({"invoke", "startExecution", "startSyncExecution"})
_NAMED_TYPES: Final = {("lambda", "function"), ("states", "activity"), ("states", "stateMachine")}


class Wanted(NamedTuple):
    """What a stub by resource is for: an action (``glue:startJobRun.sync``), or ``reference``, a name or an ARN."""

    action: str = ""
    reference: str = ""
    resource: Resource | None = None


def action_of(resource: Resource) -> str:
    """``glue:startJobRun.sync``; empty for a function or an activity."""
    return f"{resource.service}:{resource.action}{resource.pattern}" if resource.kind == "service" else ""


def reference_of(call: CallTarget) -> str | None:
    """The function, activity or state machine that is called, as the Task names it; ``None`` for other services."""
    resource = call.resource
    if resource.kind != "service":
        return resource.text
    argument = call.argument.value
    value = argument.get(named_by(resource)) if isinstance(argument, dict) else None
    return value if isinstance(value, str) else None


def named_by(resource: Resource) -> str:
    """The argument that names what a service's action calls; empty for an action that calls nothing of that kind."""
    return _NAMING.get(resource.service, "") if resource.action in _CALLS_NAMED else ""


@lru_cache(maxsize=4096)
def is_named(reference: str, wanted: str) -> bool:
    """Whether a Task's ``reference`` is ``wanted``: a name alone, or an ARN, which every version and alias has."""
    if not is_arn(wanted) or not is_arn(reference):
        return name_of(reference) == name_of(wanted)
    return reference == wanted or reference.startswith(f"{wanted}:")


def is_logical_id(logical_ids: LogicalIds, reference: str, wanted: str) -> bool:
    """Whether ``wanted`` is the logical id of the function, activity or machine that a Task names by ``reference``."""
    return bool(logical_ids) and name_of(reference) in logical_ids.names(wanted, "function", "machine", "activity")


def name_of(reference: str) -> str:
    """The name of a function, an activity or a state machine, without version or alias."""
    if is_arn(reference):
        return Arn.parse(reference).name
    parts = reference.split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]


def read_resource(text: object) -> Wanted:
    """What ``emulator.stub(text)`` is for; raises ``EmulatorError``, with the nearest resource, for anything else."""
    if not isinstance(text, str) or not text:
        raise EmulatorError(
            f"emulator.stub({text!r}): a resource is given as text\n"
            '    fix: emulator.stub("glue:startJobRun.sync"), or the name or ARN of a function, activity or machine'
        )
    if is_arn(text) and (Arn.parse(text).service, Arn.parse(text).type) in _NAMED_TYPES:
        return Wanted(reference=text)
    if ":" not in text:
        return Wanted(reference=text)
    service, _, name = text.partition(":")
    if service == "lambda" and re.fullmatch(r"[\w-]+", name) and not nearest(name.lower(), ["invoke"]):
        return Wanted(reference=name)
    whole = text if is_arn(text) else f"{_PREFIX}{text}"
    resource = parse_resource(whole)
    finding = None if resource is None else KNOWN.unknown(resource)
    if resource is not None and finding is None:
        return Wanted(action_of(resource), resource=resource)
    short = text.rpartition(":::")[2]
    if finding is not None:
        why, hint = finding.message, finding.hint
    else:
        why, hint = _unknown(short), next((f'Did you mean "{near}"?' for near in _nearest(short)), None)
    raise EmulatorError(f"emulator.stub({text!r}): {why}" + (f"\n    {hint}" if hint else ""))


def _unknown(text: str) -> str:
    service, _, action = text.rpartition(":")
    if service.startswith("aws-sdk:"):
        return "an aws-sdk action has no pattern but .waitForTaskToken"
    if service in INTEGRATION_PATTERNS:
        name, dot, pattern = action.partition(".")
        if dot and name in INTEGRATION_PATTERNS[service]:
            return f"{service}:{name} has no pattern .{pattern}"
        return f"Step Functions has no optimized integration {text}"
    return "it is not a resource of Step Functions"


def _nearest(text: str) -> Iterator[str]:
    known = [resource.removeprefix(_PREFIX) for resource in known_resources()]
    is_known = any(each.lower() == text.lower() for each in known)
    if not is_known and (exact := _sdk_action(text)) is not None:
        yield exact
        return
    near = nearest(text, known) or nearest(text.lower(), known)
    yield from near
    service, _, action = text.rpartition(":")
    if not near and service and not service.startswith("aws-sdk:"):
        tried = parse_resource(f"{_PREFIX}aws-sdk:{service}:{action}")
        if tried is not None and KNOWN.unknown(tried) is None:
            yield f"aws-sdk:{service}:{action}"


def _sdk_action(text: str) -> str | None:
    """The aws-sdk action that is meant by ``glue:getJobRun``, or by boto3's names: ``bedrock-runtime:invoke_model``."""
    service, _, name = text.rpartition(":")
    known = names.services()
    boto3_name = service if service in known.values() else known.get(service)
    if boto3_name is None:
        return None
    ours = next(each for each, of in known.items() if of == boto3_name)
    wanted = name.replace("_", "").lower()
    for operation in names.service_model(boto3_name).operation_names:
        if operation.lower() == wanted:
            meant = f"aws-sdk:{ours}:{names.action(operation)}"
            tried = parse_resource(f"{_PREFIX}{meant}")
            return meant if tried is not None and KNOWN.unknown(tried) is None else None
    return None
