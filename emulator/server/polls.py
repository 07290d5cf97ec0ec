"""Requests that may wait: the long polls of activities and queues."""

import json
from typing import NamedTuple

from emulator.aws.interception import AwsRequest
from emulator.stepfunctions.offers import LONG_POLL


class Poll(NamedTuple):
    """A request that may wait: the most real seconds, and a member that a response with a result has."""

    request: AwsRequest
    seconds: float
    member: bytes


def poll_of(asked: AwsRequest) -> Poll | None:
    """The request as a poll, if it is one; changed so that the emulator answers it immediately."""
    if asked.service == "states" and asked.operation == "GetActivityTask":
        return Poll(asked, LONG_POLL.total_seconds(), b'"taskToken"')
    if asked.service == "sqs" and asked.operation == "ReceiveMessage":
        content = json.loads(asked.body or b"{}")
        seconds = content.get("WaitTimeSeconds")
        at_once = json.dumps({**content, "WaitTimeSeconds": 0}).encode()
        asked.prepared.body = at_once
        del asked.prepared.headers["Content-Length"]
        asked.prepared.headers["Content-Length"] = str(len(at_once))
        return Poll(asked, min(seconds, 20) if isinstance(seconds, int) else 0, b'"Messages"')
    return None
