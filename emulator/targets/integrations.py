"""How Step Functions talks to each service: the optimized integrations as a table, every other service by one rule.

The optimized ones are older: they are built on version 1 of the AWS SDK for Java, whose error texts and HTTP metadata
show in histories (EventBridge's alone is not). Sources: developer guide, and error names, causes and results recorded
on AWS in the tests that are named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emulator.targets import names
from emulator.targets.shapes import Dialect, Result, base64_text, blob_of_base64, blob_of_json, blob_text


@dataclass(frozen=True, slots=True)
class Integration:
    """One action of one service. ``service`` is boto3's name.

    ``prefix`` stands before every error; ``unmodelled`` is the error for a code that the service's model does not
    have; ``label`` is the service's name in a cause. ``sdk_v1``: causes and metadata as version 1 of the SDK has them.
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

OPTIMIZED: Final[Mapping[tuple[str, str], _Optimized]] = {
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
"""Optimized integrations that are a call of boto3. In v1 an unmodelled code is ``Amazon<prefix>Exception``."""

SDK_JSON_TEXT: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("sfn", "startExecution"): frozenset({"Input"}),
    ("sfn", "startSyncExecution"): frozenset({"Input"}),
    ("sfn", "sendTaskSuccess"): frozenset({"Output"}),
}
"""Members of aws-sdk calls that take a JSON value for its text. Recorded for startExecution
(``test_sfn_start_execution_implicit_json_serialisation``); AWS's samples rely on the others. No other string does."""

_COUNT_ATTEMPTS: Final = frozenset({"sfn"})
"""Services whose latest recording ends with the number of attempts: ``sfn`` in November 2025
(``test_sfn_send_task_outcome_with_no_such_token``), not ``dynamodb`` and ``secretsmanager`` in 2023."""

SDK: Final = "aws-sdk:"


def optimized(service: str, action: str) -> Integration | None:
    """The optimized integration of ``service`` and ``action``, if it is one that calls boto3."""
    if (row := OPTIMIZED.get((service, action))) is None:
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
    """The aws-sdk integration of any service; ``service_id`` is botocore's (``DynamoDB``, ``CloudWatch Logs``)."""
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
