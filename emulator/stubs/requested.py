"""Which stubs of actions answer the calls of boto3 that handlers make, not only Tasks (``emulator.stubbed_calls``)."""

from typing import Final

from asl.resources import Resource
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.stubs.modelled import integration_of
from emulator.targets.integrations import Integration

FOLLOWED: Final = frozenset({
    "apigateway", "cloudformation", "dynamodb", "events", "kinesis", "lambda", "logs", "pipes", "s3", "scheduler",
    "sns", "sqs", "states", "streams.dynamodb", "tagging",
})  # fmt: skip
"""Endpoint prefixes of the services whose calls have consequences here: an event, a message, an execution, an item.

Their stubs answer only the calls that are refused otherwise."""


def requested(resource: Resource) -> Integration | None:
    """The operation that the stub of a resource answers; ``None`` for one with a pattern, and for what calls none."""
    return None if resource.pattern else integration_of(resource)


def sees_requests(resource: Resource) -> bool:
    """Whether a stub of the resource sees every call of its operation, also if no Task makes one."""
    integration = requested(resource)
    return integration is not None and prefix_of(integration.service) not in FOLLOWED
