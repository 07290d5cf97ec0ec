"""FilterLogEvents with a filter pattern: moto's log events, of which those are given that fulfil it.

moto knows few patterns, and gives every log event for the others. As on AWS, a page may have fewer events than its
limit.
"""

import json
from collections.abc import Callable
from typing import Any

from emulator.aws.interception import AwsRequest
from emulator.aws.log_patterns import PatternError, matcher
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError


def answer(request: AwsRequest, send: Callable[[AwsRequest], Any]) -> HttpResponse | None:
    """The response to FilterLogEvents; ``None`` without a pattern. ``send`` gives moto's.

    Raises ``NotEmulatedError`` for a pattern that is not evaluated.
    """
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
