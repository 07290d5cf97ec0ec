"""How Step Functions talks to each service: a table of the optimized integrations, and one rule for all others.

The optimized ones are older: all but EventBridge's use version 1 of the AWS SDK for Java, whose error texts and HTTP
metadata appear in histories. Sources: developer guide, and error names, causes and results recorded on AWS in the
tests named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asl.resources import INTEGRATION_PATTERNS
from emulator.aws import names
from emulator.aws.java_renames import java_naming
from emulator.integrations.dialect import Dialect, optimized_dialect, sdk_dialect
from emulator.integrations.optimized import optimized_action
from emulator.targets.shapes import Result, base64_text, blob_text


@dataclass(frozen=True, slots=True)
class Integration:
    """One action of one service. ``service`` is boto3's name.

    ``prefix`` begins every error name; ``unmodelled`` is the error for a code that is not in the service's model;
    ``label`` is the service's name in causes. ``sdk_v1``: causes and metadata have the form of version 1 of the SDK.
    """

    service: str
    prefix: str
    unmodelled: str
    label: str
    dialect: Dialect
    result: Result
    sdk_v1: bool = False
    counts_attempts: bool = False


@dataclass(frozen=True, slots=True)
class _Service:
    prefix: str
    label: str
    sdk_v1: bool = True


_SERVICES: Final[Mapping[str, _Service]] = {
    "sqs": _Service("SQS", "AmazonSQS"),
    "sns": _Service("SNS", "AmazonSNS"),
    "dynamodb": _Service("DynamoDB", "AmazonDynamoDBv2"),
    "events": _Service("EventBridge", "EventBridge", sdk_v1=False),
}
"""Services whose optimized integrations make one boto3 call. In v1, another code is ``Amazon<prefix>Exception``."""

_COUNT_ATTEMPTS: Final = frozenset({"sfn"})
"""Services whose latest recorded cause ends with the number of attempts: ``sfn`` in November 2025
(``test_sfn_send_task_outcome_with_no_such_token``), but not ``dynamodb`` and ``secretsmanager`` in 2023."""

SDK: Final = "aws-sdk:"


def makes_one_call(service: str, action: str) -> bool:
    """Whether the optimized integration is one boto3 call."""
    return service in _SERVICES and action in INTEGRATION_PATTERNS[service]


def optimized(service: str, action: str) -> Integration | None:
    """The optimized integration of ``service`` and ``action``, if it is one that makes a boto3 call."""
    row, members = _SERVICES.get(service), optimized_action(service, action)
    if row is None or members is None or not makes_one_call(service, action):
        return None
    return Integration(
        service,
        row.prefix,
        f"{row.prefix}.Amazon{row.prefix}Exception" if row.sdk_v1 else f"{row.prefix}.{row.prefix}Exception",
        row.label,
        optimized_dialect(members),
        Result(names.verbatim_naming, base64_text, sorts_maps=True),
        sdk_v1=row.sdk_v1,
    )


def sdk(service: str, action: str, *, boto3_name: str, service_id: str) -> Integration:
    """The aws-sdk integration of a service; ``service_id`` is botocore's (``DynamoDB``, ``CloudWatch Logs``)."""
    prefix = names.service_prefix(service_id)
    return Integration(
        boto3_name,
        prefix,
        f"{prefix}.{prefix}Exception",
        prefix,
        sdk_dialect(service, action, boto3_name),
        Result(java_naming(boto3_name), blob_text, url_encodes_documents=boto3_name == "iam"),
        counts_attempts=service in _COUNT_ATTEMPTS,
    )
