"""When an operation promises a later event, as a function of its members (``emulator.aws.operations.members``)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

Members: TypeAlias = Mapping[str, Any]
Condition: TypeAlias = Callable[[Members], bool]
"""Whether a call with these members promises a later event."""


def given(*names: str) -> Condition:
    """One of the members is there and not empty."""
    return lambda members: any(members.get(name) for name in names)


def unless(name: str, *values: Any) -> Condition:
    """The member has none of the values; a missing member counts as ``None``."""
    return lambda members: members.get(name) not in values


def enabled_in(name: str, *path: str) -> Condition:
    """Something in the member, itself or at ``path`` inside, is ``Enabled`` or true."""

    def condition(members: Members) -> bool:
        return any(str(value).lower() in ("enabled", "true") for value in _at(members.get(name), path))

    return condition


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


DELIVERED_PROTOCOLS: Final = ("lambda", "sqs")
"""Protocols of SNS subscriptions that messages are delivered to."""
_NOT_SENT: Final = "ReplayPolicy"
"""The attribute of subscriptions that promises messages which nothing sends again."""


def subscribes(members: Members) -> bool:
    """SNS Subscribe: to something other than a queue or a function, or with messages that are replayed."""
    protocol = members.get("Protocol", "").lower()
    return protocol not in DELIVERED_PROTOCOLS or _NOT_SENT in _entries(members)


def _entries(members: Members) -> Iterator[Any]:
    """The keys of a form's map ``Attributes``."""
    yield from (value for name, value in members.items() if name.startswith("Attributes.") and name.endswith(".key"))


def schedules(members: Members) -> bool:
    """EventBridge PutRule: with a schedule, unless the rule is disabled; EnableRule is refused then."""
    return bool(members.get("ScheduleExpression")) and members.get("State") != "DISABLED"


def replays_messages(members: Members) -> bool:
    """SNS SetSubscriptionAttributes."""
    return members.get("AttributeName") == _NOT_SENT and bool(members.get("AttributeValue"))


def expires_objects(members: Members) -> bool:
    """S3 PutBucketLifecycleConfiguration: with an enabled rule."""
    return any(enabled_in(name, "Rule", "Status")(members) for name in ("LifecycleConfiguration", "Rules"))


def pushes_to_other_than_s3(members: Members) -> bool:
    """Firehose: moto writes records put directly into S3 at once; it neither reads streams nor transforms records."""
    destinations = [name for name in members if name.endswith(("DestinationConfiguration", "DestinationUpdate"))]
    if any(not name.startswith(("S3", "ExtendedS3")) for name in destinations):
        return True
    if members.get("DeliveryStreamType", "DirectPut") != "DirectPut":
        return True
    return any(enabled_in(name, "ProcessingConfiguration", "Enabled")(members) for name in destinations)


def filters_to_other_than_streams(members: Members) -> bool:
    """CloudWatch Logs PutSubscriptionFilter: moto sends to Kinesis and Firehose of this process."""
    return str(members.get("destinationArn")).split(":")[2:3] not in (["kinesis"], ["firehose"])


def scales_by_itself(members: Members) -> bool:
    """Auto Scaling PutScalingPolicy: a simple policy is carried out by ExecutePolicy."""
    return str(members.get("PolicyType", "SimpleScaling")) != "SimpleScaling"


def tells_a_topic(members: Members) -> bool:
    """Glacier InitiateJob: moto ends the job, and tells nothing of it."""
    parameters = members.get("jobParameters")
    return isinstance(parameters, Mapping) and bool(parameters.get("SNSTopic"))
