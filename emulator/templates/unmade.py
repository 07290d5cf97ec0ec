"""The resources of a template that nothing here makes: they have names, and a request that asks for one is refused.

A resource whose type is not emulated, or whose own request is refused, hinders nothing else. A call of its service
that names it raises ``NotEmulatedError`` with the template's place, instead of the backend's "not found", which a
Catch could swallow. A trigger among them is told of otherwise, because nothing calls it: when something is written to
its queue, table, stream, topic or bucket, the trigger's event would have come. The write goes on, and
``Emulator.blocked`` has a text, which fails the test at its end. What ``leave_out`` names is neither refused nor told
of.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.interception import AwsRequest
from emulator.aws.operations import identify, members
from emulator.blocked import BlockedCalls
from emulator.errors import NotEmulatedError

PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "ApiGatewayV2": ("apigateway",),
    "CloudWatch": ("monitoring",),
    "Cognito": ("cognito-idp", "cognito-identity"),
    "ECR": ("api.ecr",),
    "EFS": ("elasticfilesystem",),
    "EMR": ("elasticmapreduce",),
    "ElasticLoadBalancingV2": ("elasticloadbalancing",),
    "KinesisFirehose": ("firehose",),
    "OpenSearchServerless": ("aoss",),
    "OpenSearchService": ("es",),
    "SES": ("email",),
    "SageMaker": ("api.sagemaker", "runtime.sagemaker"),
    "StepFunctions": ("states",),
}
"""Namespace of a type -> the endpoint prefixes of its services; that of others is the namespace in small letters."""
SERVERLESS: Final[Mapping[str, str]] = {
    "Api": "ApiGateway",
    "GraphQLApi": "AppSync",
    "HttpApi": "ApiGatewayV2",
    "SimpleTable": "DynamoDB",
    "StateMachine": "StepFunctions",
}
"""SAM's types -> the namespace of what they make; that of others is Lambda."""
WRITES: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb": (
        "BatchExecuteStatement",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "PutItem",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "kinesis": ("PutRecord", "PutRecords"),
    "logs": ("PutLogEvents",),
    "s3": ("CompleteMultipartUpload", "CopyObject", "DeleteObject", "DeleteObjects", "PutObject"),
    "sns": ("Publish", "PublishBatch"),
    "sqs": ("SendMessage", "SendMessageBatch"),
}
"""Endpoint prefix -> the operations whose change a trigger is told of."""
NAMED: Final[Mapping[str, str]] = {"Bucket": "s3", "LogGroupName": "logs"}
"""Properties of triggers that name what they are told of by its name."""
OFF: Final[Mapping[str, str]] = {"DesiredState": "stopped", "Enabled": "false", "State": "disabled"}
"""Members of triggers -> the value, in small letters, with which they are switched off."""
TRIGGERS: Final = frozenset({"AWS::Logs::SubscriptionFilter", "SAM event CloudWatchLogs"})
"""Triggers whose types nothing makes."""
_ARN: Final = re.compile(r"arn:[\w-]+:(\w+):[\w-]*:\d*:(?:table/|stream/|log-group:)?([^/:]+)")


class Unmade(NamedTuple):
    """A resource that is known by its name only: where the template has it, and why it was not made."""

    logical_id: str
    type: str
    name: str
    place: str
    why: str
    sources: tuple[tuple[str, str], ...] = ()
    """(endpoint prefix, name) of what it would have been told of."""
    fix: str = ""
    """What to do."""

    def text(self) -> str:
        """What it is, on one line."""
        return f"{self.logical_id} ({self.type}) at {self.place}"

    def reason(self) -> str:
        """That it is not emulated, and why."""
        return f"is not emulated{f': {self.why}' if self.why else ''}"

    def prefixes(self) -> tuple[str, ...]:
        """The endpoint prefixes of its service."""
        namespace, _, kind = self.type.removeprefix("AWS::").partition("::")
        if namespace == "Serverless":
            namespace = SERVERLESS.get(kind, "Lambda")
        return PREFIXES.get(namespace, (namespace.lower(),))


def sources_of(properties: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(endpoint prefix, name) of each queue, table, stream, topic and bucket that a trigger's properties name.

    None of a trigger that is switched off: AWS would not start it.
    """
    if any(str(properties.get(member)).lower() == off for member, off in OFF.items()):
        return ()
    found = [match.groups() for text in _texts(properties) if (match := _ARN.match(text)) is not None]
    sources = [(service, name) for service, name in found if service in WRITES]
    named = [(service, properties.get(member)) for member, service in NAMED.items()]
    return (*sources, *((service, name) for service, name in named if isinstance(name, str)))


class Unfit(NamedTuple):
    """A function whose code cannot run here: its id, the template's place that says so, why, and what to do."""

    logical_id: str
    place: str
    why: str
    fix: str
    is_mistake: bool
    """Whether it cannot run on AWS either."""

    def text(self) -> str:
        """All of it."""
        told = f"{self.place} {self.logical_id}: {self.why}"
        return f"{told}\n    fix: {self.fix}" if self.fix else told


def why_needed(other: str, unfit: Unfit | None, told: str) -> tuple[str, str]:
    """Why a resource is not made that needs ``other``, which is not: a reason, or what the service ``told``; a fix."""
    if unfit is None:
        return f"it needs {other}, which is not made: {told}", ""
    return f"it needs {unfit.logical_id}, whose code cannot run here: {unfit.place}: {unfit.why}", unfit.fix


class Watch:
    """Looks at the requests of an emulator for those that ask for an unmade resource.

    ``rows`` are read at each request: a resource that is made later is no longer among them.
    """

    def __init__(self, rows: Callable[[], Iterable[Unmade]], blocked: BlockedCalls) -> None:
        self._rows = rows
        self._blocked = blocked
        self._made: set[str] = set()
        """Names of resources that the test has made itself."""
        self._prefixes = {prefix for row in rows() for prefix in (*row.prefixes(), *(each for each, _ in row.sources))}

    def __call__(self, request: AwsRequest) -> None:
        """Raise ``NotEmulatedError`` for a request that names an unmade resource; record what a trigger would get."""
        if request.service not in self._prefixes or (found := identify(request)) is None:
            return
        names = {each.rpartition("/")[2].rpartition(":")[2] for each in _texts(members(request, found))}
        call = f"{found.service}:{found.operation}"
        is_write = found.operation in WRITES.get(request.service, ())
        for row in self._rows():
            if row.name in names and row.name not in self._made and request.service in row.prefixes():
                if not found.operation.startswith("Create"):
                    raise NotEmulatedError(
                        f"{call} asks for {row.text()}, which {row.reason()}\n"
                        f"    fix: {row.fix or 'fake what the call does'}"
                    )
                self._made.add(row.name)
            if is_write and any(prefix == request.service and name in names for prefix, name in row.sources):
                self._blocked.record(
                    f"after {call} AWS would have started {row.text()}, which {row.reason()}\n"
                    f"    fix: {f'{row.fix}; or ' if row.fix else ''}"
                    f"deploy with leave_out=[{row.logical_id!r}], and do in the test what it would do",
                    operation=call,
                )


def _texts(value: Any) -> Iterator[str]:
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            rest += list(each.keys()) + list(each.values())
        elif isinstance(each, list | tuple):
            rest += each
