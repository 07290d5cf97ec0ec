"""Calls about log events before moto: filter patterns, and log groups that are named by their ARN.

moto knows few patterns, and gives every log event for the others: here those are given that fulfil the pattern. As on
AWS, a page may have fewer events than its limit.
"""

import json
from collections.abc import Callable
from typing import Any

from emulator.aws.interception import AwsRequest
from emulator.aws.log_patterns import PatternError, matcher
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError


def answer(request: AwsRequest, send: Callable[[AwsRequest], Any]) -> HttpResponse | None:
    """The response to FilterLogEvents; ``None`` without a pattern, and for other calls. ``send`` gives moto's.

    Raises ``NotEmulatedError`` for a pattern that is not evaluated.
    """
    if b"logGroupIdentifier" in (request.body or b""):
        _name_group(request)
    if request.operation != "FilterLogEvents":
        return None
    content = json.loads(request.body or b"{}")
    pattern = content.pop("filterPattern", None) if isinstance(content, dict) else None
    if not isinstance(pattern, str) or not pattern.strip():
        return None
    try:
        matches = matcher(pattern)
    except PatternError as error:
        raise NotEmulatedError(
            f"FilterLogEvents: the filter pattern {pattern!r} is not evaluated: {error}\n"
            "    fix: read the log events without a pattern, and filter them"
        ) from None
    request.prepared.body = json.dumps(content).encode()
    answered = send(request)
    headers = {name: value for name, value in answered.headers.items() if name.lower() != "content-length"}
    if answered.status_code >= 300:
        return HttpResponse(answered.status_code, headers, answered.content)
    given = json.loads(answered.content)
    given["events"] = [each for each in given["events"] if matches(each["message"])]
    return HttpResponse(200, headers, json.dumps(given).encode())


def _name_group(request: AwsRequest) -> None:
    """Name the log group of a call by its name: moto does not know its ARN, which ``logGroupIdentifier`` may be."""
    content = json.loads(request.body)
    named = content.get("logGroupIdentifier") if isinstance(content, dict) else None
    if isinstance(named, str) and "logGroupName" not in content:
        del content["logGroupIdentifier"]
        name = named.partition(":log-group:")[2].removesuffix(":*") or named
        request.prepared.body = json.dumps({**content, "logGroupName": name}).encode()
