"""A state machine's logging and tracing configurations, as CreateStateMachine and UpdateStateMachine take them.

They are kept, and described, with AWS's defaults. What is logged is in ``logs.py``; nothing records traces. The texts
of refusals are recorded on AWS (``test_sfn_api_logs``), except those that name another source.
"""

from collections.abc import Mapping
from typing import Any, Final

from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError
from emulator.execution import UNLOGGED, UNTRACED
from emulator.stepfunctions.checks import constraint
from emulator.stepfunctions.errors import aws_error
from emulator.world import World

LEVELS: Final = ("ALL", "ERROR", "FATAL", "OFF")
VALIDATION_STREAM: Final = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
"""The stream that AWS makes in a log group when a state machine is to log there (recorded: ``test_logs``)."""

_ONE: Final = "Must specify exactly one Log Destination."
_ABSENT: Final = "Log Destination not found."
_UNQUALIFIED: Final = "Log Group ARN must be provided with '*' qualifier."
"""Seen in an issue of Terraform's provider: github.com/hashicorp/terraform-provider-aws/pull/17683."""


def read_logging(world: World, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """``given`` with AWS's defaults, once its log group has been found; raises ``InvalidLoggingConfiguration``.

    With the level OFF there may be no destination, and a log group need not exist.
    """
    level, destinations = given.get("level", UNLOGGED["level"]), given.get("destinations", ())
    if level not in LEVELS:
        rule = f"Member must satisfy enum value set: [{', '.join(LEVELS)}]"
        raise constraint(level, "loggingConfiguration.level", rule)
    if len(destinations) > 1 or (level != "OFF" and not destinations):
        raise aws_error("InvalidLoggingConfiguration", _ONE)
    if level != "OFF":
        _check_group(world, log_group(given))
    return {**UNLOGGED, **given}


def is_absent(error: AwsError) -> bool:
    """Whether a configuration was refused because its log group does not exist."""
    return error.message.endswith(_ABSENT)


def names_log_group(given: Mapping[str, Any]) -> bool:
    """Whether the destination of a configuration is the ARN of a log group, of whatever account."""
    arn = log_group(given) if given.get("destinations") else ""
    return is_arn(arn) and (Arn.parse(arn).service, Arn.parse(arn).type) == ("logs", "log-group")


def read_tracing(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """``given`` with AWS's defaults."""
    return {**UNTRACED, **given}


def log_group(logging: Mapping[str, Any]) -> str:
    """The ARN of the log group that a configuration names, which ends in ``:*``; empty when it names none."""
    arn: str = logging["destinations"][0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    return arn


def _check_group(world: World, arn: str) -> None:
    """Make AWS's own stream in the log group; raises ``InvalidLoggingConfiguration`` if there is no such group."""
    found = Arn.parse(arn) if is_arn(arn) else None
    if found is None or (found.service, found.type, found.account) != ("logs", "log-group", world.account_id):
        raise aws_error("InvalidLoggingConfiguration", _ABSENT)
    if found.qualifier != "*":
        raise aws_error("InvalidLoggingConfiguration", _UNQUALIFIED)
    logs = world.internal_client("logs", region=found.region)
    try:
        logs.create_log_stream(logGroupName=found.name, logStreamName=VALIDATION_STREAM)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    except logs.exceptions.ResourceNotFoundException:
        raise aws_error("InvalidLoggingConfiguration", _ABSENT) from None
