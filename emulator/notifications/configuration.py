"""A bucket's notification configuration: read from S3's XML, checked as S3 checks it, written as S3 returns it.

S3 refuses a configuration whose destinations do not exist, and two configurations of which one object's event would
go to both. Sources: S3 user guide, "Event notification types and destinations" and "Configuring event notifications
using object key name filtering"; recorded on AWS in LocalStack's ``s3/test_s3_notifications_*``.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Final, NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


class Kind(NamedTuple):
    """A kind of destination: its elements in the XML, and the service of its ARN."""

    element: str
    arn: str
    service: str
    missing: str
    """What S3 says of one that does not exist; ``{arn}`` is its ARN."""


KINDS: Final = (
    Kind("TopicConfiguration", "Topic", "sns", "The destination topic does not exist"),
    Kind("QueueConfiguration", "Queue", "sqs", "The destination queue does not exist"),
    Kind("CloudFunctionConfiguration", "CloudFunction", "lambda", "Not authorized to invoke function [{arn}]"),
)
EVENT_BRIDGE: Final = "EventBridgeConfiguration"

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "ObjectTagging": ("Put", "Delete"),
    "ObjectAcl": ("Put",),
    "Replication": (
        "OperationFailedReplication",
        "OperationNotTracked",
        "OperationMissedThreshold",
        "OperationReplicatedAfterThreshold",
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "LifecycleTransition": (),
    "IntelligentTiering": (),
    "ReducedRedundancyLostObject": (),
}
"""The first part of an event type -> its second parts. ``*`` stands for all of them."""

_OVERLAP: Final = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
_SAME_ID: Final = "Same ID used for multiple configurations. IDs must be unique."
_INVALID_DESTINATION: Final = "Unable to validate the following destination configurations"


class S3Error(AwsError):
    """A refusal of S3: ``details`` are elements of its XML."""

    def __init__(self, message: str, details: Mapping[str, str], code: str = "InvalidArgument") -> None:
        super().__init__(code, message)
        self.details = details

    def xml(self, request_id: str) -> bytes:
        """The body of the response."""
        elements = {"Code": self.code, "Message": self.message, **self.details, "RequestId": request_id}
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{_elements(elements)}</Error>'.encode()


class Destination(NamedTuple):
    """Who is told of which events of which keys."""

    kind: Kind
    id: str
    arn: str
    events: tuple[str, ...]
    """``s3:ObjectCreated:*``."""
    prefix: str | None = None
    suffix: str | None = None

    def wants(self, event: str, key: str) -> bool:
        """Whether it is told of ``event`` (``ObjectCreated:Put``) of the object ``key``."""
        named = {f"s3:{event}", f"s3:{event.partition(':')[0]}:*"}
        is_named = not named.isdisjoint(self.events)
        return is_named and key.startswith(self.prefix or "") and key.endswith(self.suffix or "")


class Configuration(NamedTuple):
    """All destinations of a bucket, and whether EventBridge gets every event."""

    destinations: tuple[Destination, ...] = ()
    event_bridge: bool = False

    def __bool__(self) -> bool:
        return bool(self.destinations) or self.event_bridge

    def xml(self) -> bytes:
        """The answer to GetBucketNotificationConfiguration."""
        found = "".join(_destination_xml(each) for each in self.destinations)
        bus = f"<{EVENT_BRIDGE}/>" if self.event_bridge else ""
        root = "NotificationConfiguration"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{found}{bus}</{root}>'.encode()


def parse(body: bytes, new_id: Callable[[], str]) -> Configuration:
    """The configuration in a request's XML. ``new_id`` names a destination without an Id.

    Raises ``S3Error`` for XML that is no configuration, and for events that S3 does not have.
    """
    malformed = "The XML you provided was not well-formed or did not validate against our published schema"
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise S3Error(malformed, {}, "MalformedXML") from None
    found = [
        _destination(kind, element, new_id)
        for kind in KINDS
        for element in root.iter()
        if _name(element) == kind.element
    ]
    if any(not each.arn or not each.events for each in found):
        raise S3Error(malformed, {}, "MalformedXML")
    twice = next((each.id for at, each in enumerate(found) if each.id in {before.id for before in found[:at]}), None)
    if twice is not None:
        raise S3Error(_SAME_ID, {"ArgumentName": "Id", "ArgumentValue": twice})
    return Configuration(tuple(found), any(_name(element) == EVENT_BRIDGE for element in root))


def _destination(kind: Kind, element: ElementTree.Element, new_id: Callable[[], str]) -> Destination:
    texts = {_name(each): (each.text or "").strip() for each in element}
    events = tuple((each.text or "").strip() for each in element if _name(each) == "Event")
    for event in events:
        _check_event(event)
    limits: dict[str, str] = {}
    for name, value in _rules(element):
        if name in limits:
            details = {"ArgumentName": "FilterRule.Name", "ArgumentValue": name}
            raise S3Error(f"Cannot specify more than one {name} rule in a filter.", details)
        limits[name] = value
    return Destination(
        kind, texts.get("Id") or new_id(), texts.get(kind.arn, ""), events, limits.get("prefix"), limits.get("suffix")
    )


def _rules(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for rule in element.iter():
        if _name(rule) == "FilterRule":
            texts = {_name(each): each.text or "" for each in rule}
            name = texts.get("Name", "").lower()
            if name not in ("prefix", "suffix"):
                details = {"ArgumentName": "FilterRule.Name", "ArgumentValue": texts.get("Name", "")}
                raise S3Error("filter rule name must be either prefix or suffix", details)
            yield name, texts.get("Value", "")


def _check_event(event: str) -> None:
    service, _, rest = event.partition(":")
    kind, _, what = rest.partition(":")
    if service == "s3" and kind in EVENTS and (what in EVENTS[kind] or what == ("*" if EVENTS[kind] else "")):
        return
    text = f"The event '{event}' is not supported for notifications"
    raise S3Error(text, {"ArgumentName": "Event", "ArgumentValue": event})


def check(configuration: Configuration, exists: Callable[[Kind, str], bool], *, skips_destinations: bool) -> None:
    """Raise ``S3Error`` for what S3 refuses. ``exists``: whether a destination is there."""
    for each in configuration.destinations:
        if not is_arn(each.arn) or Arn.parse(each.arn).service != each.kind.service:
            details = {"ArgumentName": each.kind.arn, "ArgumentValue": each.arn}
            raise S3Error("The ARN could not be parsed", details)
    for one, other in combinations(configuration.destinations, 2):
        if _may_keep_to_both(one, other) and _share_event(one, other):
            raise S3Error(_OVERLAP, {})
    wrong = [] if skips_destinations else list(_wrong(configuration, exists))
    if wrong:
        told: dict[str, str] = {}
        for number, (arn, why) in enumerate(wrong, 1):
            told |= {f"ArgumentName{number}": arn, f"ArgumentValue{number}": why}
        raise S3Error(_INVALID_DESTINATION, told)


def _wrong(configuration: Configuration, exists: Callable[[Kind, str], bool]) -> Iterator[tuple[str, str]]:
    """The ARNs of destinations that S3 does not take, each with what it says of it."""
    for each in configuration.destinations:
        if each.arn.endswith(".fifo") and each.kind.service != "lambda":
            yield each.arn, f"A FIFO {each.kind.arn.lower()} is not a destination of notifications"
        elif not exists(each.kind, each.arn):
            yield each.arn, each.kind.missing.format(arn=each.arn)


def _share_event(one: Destination, other: Destination) -> bool:
    return any(
        first == second or f"{first.rpartition(':')[0]}:*" == second or f"{second.rpartition(':')[0]}:*" == first
        for first in one.events
        for second in other.events
    )


def _may_keep_to_both(one: Destination, other: Destination) -> bool:
    prefixes, suffixes = (one.prefix, other.prefix), (one.suffix, other.suffix)
    return _nested(*prefixes, str.startswith) and _nested(*suffixes, str.endswith)


def _nested(one: str | None, other: str | None, begins: Callable[[str, str], bool]) -> bool:
    """Whether a key may keep to both limits of a kind."""
    first, second = one or "", other or ""
    return begins(first, second) or begins(second, first)


def _destination_xml(each: Destination) -> str:
    rules = "".join(
        f"<FilterRule>{_elements({'Name': name, 'Value': value})}</FilterRule>"
        for name, value in (("Prefix", each.prefix), ("Suffix", each.suffix))
        if value is not None
    )
    limits = f"<Filter><S3Key>{rules}</S3Key></Filter>" if rules else ""
    events = "".join(f"<Event>{event}</Event>" for event in each.events)
    inside = f"{_elements({'Id': each.id, each.kind.arn: each.arn})}{events}{limits}"
    return f"<{each.kind.element}>{inside}</{each.kind.element}>"


def _elements(texts: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in texts.items())


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
