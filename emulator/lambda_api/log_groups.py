"""The log groups of functions: what a function of this process prints and logs is written to none.

So a look into the log group of a function is refused, unless the test itself has put log events there: it would find
nothing, whatever the function has logged.
"""

import json
from typing import Final

from emulator.aws.arns import Arn
from emulator.aws.interception import AwsRequest
from emulator.errors import NotEmulatedError
from emulator.world import World

BEFORE: Final = "/aws/lambda/"
"""Before a function's name: its log group."""
LOOKS: Final = ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents")
"""The calls that look for log events."""


def check(world: World, request: AwsRequest) -> None:
    """Raise ``NotEmulatedError`` for a look into the empty log group of a function."""
    if request.operation not in LOOKS or BEFORE.encode() not in request.body:
        return
    try:
        content = json.loads(request.body)
    except ValueError:
        return
    given = (content.get("logGroupName") or content.get("logGroupIdentifier")) if isinstance(content, dict) else None
    group = str(given).rpartition(":log-group:")[2].removesuffix(":*")
    name = group.removeprefix(BEFORE)
    if name == group or not world.has_function(
        str(Arn.of("lambda", request.region, world.account_id, "function", name))
    ):
        return
    logs = world.internal_client("logs", region=request.region)
    try:
        if logs.describe_log_streams(logGroupName=group, limit=1)["logStreams"]:
            return
    except logs.exceptions.ResourceNotFoundException:
        pass
    raise NotEmulatedError(
        f"logs:{request.operation}: what function {name} prints and logs is not written to its log group {group}\n"
        f"    fix: read it from the call: invoke(FunctionName={name!r}, LogType='Tail')['LogResult'], or from the "
        "captured output of the test; or put the log events in the test: put_log_events(...)"
    )
