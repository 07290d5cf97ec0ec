"""How Step Functions talks to each service: a table of the optimized integrations, and one rule for all others.

The optimized ones are older: all but EventBridge's use version 1 of the AWS SDK for Java, whose error texts and HTTP
metadata appear in histories. Sources: developer guide, and error names, causes and results recorded on AWS in the
tests named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emulator.aws import names
from emulator.targets.shapes import Dialect, Result, base64_text, blob_of_base64, blob_of_json, blob_text


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
class _Optimized:
    prefix: str
    label: str
    json_text: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()
    sdk_v1: bool = True


_DYNAMODB: Final = ("DynamoDB", "AmazonDynamoDBv2")
_ON_FAILURE: Final = frozenset({"ReturnValuesOnConditionCheckFailure"})

OPTIMIZED_CALLS: Final[Mapping[tuple[str, str], _Optimized]] = {
    ("sqs", "sendMessage"): _Optimized(
        "SQS", "AmazonSQS", frozenset({"MessageBody"}), frozenset({"MessageSystemAttributes"})
    ),
    ("sns", "publish"): _Optimized("SNS", "AmazonSNS", frozenset({"Message"})),
    ("dynamodb", "getItem"): _Optimized(*_DYNAMODB),
    ("dynamodb", "putItem"): _Optimized(*_DYNAMODB, unsupported=_ON_FAILURE),
    ("dynamodb", "updateItem"): _Optimized(*_DYNAMODB, unsupported=_ON_FAILURE),
    ("dynamodb", "deleteItem"): _Optimized(*_DYNAMODB, unsupported=_ON_FAILURE),
    ("events", "putEvents"): _Optimized(
        "EventBridge", "EventBridge", frozenset({"Entries.Detail"}), frozenset({"EndpointId"}), sdk_v1=False
    ),
}
"""Optimized integrations that make one boto3 call. In v1 an unmodelled code is ``Amazon<prefix>Exception``."""

SDK_JSON_TEXT: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("sfn", "startExecution"): frozenset({"Input"}),
    ("sfn", "startSyncExecution"): frozenset({"Input"}),
    ("sfn", "sendTaskSuccess"): frozenset({"Output"}),
}
"""String members of aws-sdk calls that also take a JSON value, which is sent as text. Recorded for startExecution
(``test_sfn_start_execution_implicit_json_serialisation``); AWS's samples rely on the others. No other member does."""

_COUNT_ATTEMPTS: Final = frozenset({"sfn"})
"""Services whose latest recorded cause ends with the number of attempts: ``sfn`` in November 2025
(``test_sfn_send_task_outcome_with_no_such_token``), but not ``dynamodb`` and ``secretsmanager`` in 2023."""

SDK: Final = "aws-sdk:"


def optimized(service: str, action: str) -> Integration | None:
    """The optimized integration of ``service`` and ``action``, if it is one that makes a boto3 call."""
    if (row := OPTIMIZED_CALLS.get((service, action))) is None:
        return None
    return Integration(
        service,
        row.prefix,
        f"{row.prefix}.Amazon{row.prefix}Exception" if row.sdk_v1 else f"{row.prefix}.{row.prefix}Exception",
        row.label,
        Dialect(names.verbatim, blob_of_base64, row.json_text, row.unsupported),
        Result(names.verbatim, base64_text, sorts_maps=True),
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
        Dialect(names.java, blob_of_json, SDK_JSON_TEXT.get((service, action), frozenset())),
        Result(names.java, blob_text, url_encodes_documents=boto3_name == "iam"),
        counts_attempts=service in _COUNT_ATTEMPTS,
    )
