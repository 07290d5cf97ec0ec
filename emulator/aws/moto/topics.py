"""SNS's refusals that moto does not make, or makes in other words: of Publish, and of ARNs that are too short.

They are checked before moto is asked, so that a client of this process, a program over HTTP and a task get the same
answer. The texts are recorded on AWS; "failed to parse" and "no value for required parameter" are quoted in public
programs and logs. An external backend makes its own refusals.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

from emulator.aws.interception import AwsRequest

Members: TypeAlias = Mapping[str, str]
"""A request's members by their names in the form."""

MOST_BYTES: Final = 262_144
LONGEST_SUBJECT: Final = 100
_ARNS: Final = ("TopicArn", "TargetArn", "SubscriptionArn", "EndpointArn")
_ARN_PARTS: Final = 6
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def refused(request: AwsRequest) -> str | None:
    """Why SNS refuses the request, in AWS's words (``InvalidParameter``); ``None`` if moto shall answer it."""
    members = request.form
    checks = (*_PUBLISH, _short_arn, *_OF_TOPIC) if request.operation == "Publish" else (_short_arn,)
    told = (check(members) for check in checks)
    reason = next((text for text in told if text is not None), None)
    return None if reason is None else f"Invalid parameter: {reason}"


def refused_entry(entry: Members, topic: str) -> str | None:
    """Why SNS refuses one message of PublishBatch: as Publish would."""
    members = {**entry, "TopicArn": topic}
    told = (check(members) for check in (_subject, _empty, _too_long, _structure))
    reason = next((text for text in told if text is not None), None)
    return None if reason is None else f"Invalid parameter: {reason}"


def in_aws_words(request: AwsRequest, body: str) -> str:
    """moto's error with AWS's text."""
    for of, theirs, ours in _REWORDED:
        if of in request.form:
            body = body.replace(f">{theirs}<", f">{ours}<")
    return body


def error_body(text: str) -> bytes:
    """The XML of an ``InvalidParameter`` with this text."""
    error = f"<Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>{escape(text)}</Message></Error>"
    return f'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">{error}</ErrorResponse>'.encode()


def _subject(members: Members) -> str | None:
    """One line of 1 to 100 characters; botocore's model adds: no control characters."""
    subject = members.get("Subject")
    if subject is None or (0 < len(subject) <= LONGEST_SUBJECT and not _CONTROL.search(subject)):
        return None
    return "Subject"


def _empty(members: Members) -> str | None:
    return None if members.get("Message") else "Empty message"


def _too_long(members: Members) -> str | None:
    return "Message too long" if len(members["Message"].encode(errors="replace")) > MOST_BYTES else None


def _no_target(members: Members) -> str | None:
    if any(members.get(name) for name in ("TopicArn", "TargetArn", "PhoneNumber")):
        return None
    return "TopicArn or TargetArn Reason: no value for required parameter"


def _short_arn(members: Members) -> str | None:
    for name in _ARNS:
        arn = members.get(name)
        if arn and (count := arn.count(":") + 1) < _ARN_PARTS:
            return f"{name} Reason: An ARN must have at least {_ARN_PARTS} elements, not {count}"
    return None


def _no_group(members: Members) -> str | None:
    if not _topic(members).endswith(".fifo") or members.get("MessageGroupId"):
        return None
    return "The MessageGroupId parameter is required for FIFO topics"


def _structure(members: Members) -> str | None:
    """A message of each protocol's own needs a text for all others (service model, ``MessageStructure``)."""
    if members.get("MessageStructure") != "json" or not _topic(members):
        return None
    try:
        content = json.loads(members["Message"])
    except (ValueError, RecursionError):
        return "Message Structure - JSON message body failed to parse"
    if isinstance(content, dict) and isinstance(content.get("default"), str):
        return None
    return "Message Structure - No default entry in JSON message body"


def _topic(members: Members) -> str:
    """The topic's ARN; empty for a telephone or an endpoint of an application."""
    arn = members.get("TopicArn") or members.get("TargetArn") or ""
    return "" if ":endpoint/" in arn else arn


_PUBLISH: Final[tuple[Callable[[Members], str | None], ...]] = (_subject, _empty, _too_long, _no_target)
_OF_TOPIC: Final[tuple[Callable[[Members], str | None], ...]] = (_no_group, _structure)
"""The checks of Publish, before and after that of its ARN; the order of AWS is not known."""

_DEDUPLICATION: Final = (
    "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
)
_REWORDED: Final = (
    ("TopicArn", "Endpoint does not exist", "Topic does not exist"),
    ("MessageGroupId", _DEDUPLICATION, f"Invalid parameter: {_DEDUPLICATION}"),
)
"""A member that the request has, moto's text, and AWS's for it."""
