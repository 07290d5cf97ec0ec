"""What a Task's Resource asks of the state's other fields when a machine is created.

Texts: recorded on AWS (``test_illegal_callbacks``, one text of which ends with a space; ``test_illegal_activity_task``)
or measured (a deployment without Parameters; Credentials of an activity).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.integrations import Finding, Integrations
from asl.problems import INVALID_RESOURCE, SCHEMA, Problem, join
from asl.resources import Resource, parse_resource

_ARGUMENT: Final = {"JSONPath": "Parameters", "JSONata": "Arguments"}
"""Query language -> the field that a service's parameters are in."""


def check_task(
    raw: Mapping[str, Any], pointer: str, language: str, integrations: Integrations | None, *, express: bool
) -> Iterator[Problem]:
    """The problems of a Task at ``pointer`` that follow from its Resource, which is a string."""
    resource = parse_resource(raw["Resource"])
    if resource is None:
        return
    if express:
        yield from _check_express(resource, join(pointer, "Resource"))
    if resource.kind == "activity" and "Credentials" in raw:
        message = "The field 'Credentials' is not supported for activities"
        yield Problem(SCHEMA, join(pointer, "Credentials"), message, "A worker has its own credentials.")
    if resource.kind == "service":
        yield from _check_service(raw, resource, pointer, _ARGUMENT[language], language, integrations)


def _check_express(resource: Resource, at: str) -> Iterator[Problem]:
    hint = "Use a machine of type STANDARD."
    if resource.kind == "activity":
        yield Problem(SCHEMA, at, "Express state machine does not support Activity ARN", hint)
    elif resource.pattern == ".waitForTaskToken":
        message = "Express state machine does not support '.waitForTaskToken' service integration "
        yield Problem(SCHEMA, at, message, hint)
    elif resource.pattern:
        yield Problem(SCHEMA, at, "Express state machine does not support '.sync' service integration", hint)


def _check_service(
    raw: Mapping[str, Any],
    resource: Resource,
    pointer: str,
    argument: str,
    language: str,
    integrations: Integrations | None,
) -> Iterator[Problem]:
    """``argument`` is the name of the field that holds the parameters; ``{}`` is enough if none is required."""
    at = join(pointer, "Resource")
    if argument not in raw:
        message = f"{argument} field is required for resource ARN: {resource.text}"
        yield Problem(SCHEMA, at, message, f'Write "{argument}": {{}} for an action without parameters.')
    if integrations is None:
        return
    if (unknown := integrations.unknown(resource)) is not None:
        yield Problem(INVALID_RESOURCE, at, unknown.message, unknown.hint, severity="WARNING")
    elif argument in raw:
        findings = integrations.check(resource, raw[argument], language)
        yield from (_placed(finding, join(pointer, argument)) for finding in findings)


def _placed(finding: Finding, at: str) -> Problem:
    """AWS names the field of the state, not the member in it."""
    return Problem(SCHEMA, at, finding.message, finding.hint, focus=finding.focus or None)
