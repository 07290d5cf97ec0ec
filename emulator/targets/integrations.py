"""How Step Functions talks to each service: a table of the optimized integrations, and one rule for all others.

The optimized ones are older: most use version 1 of the AWS SDK for Java, whose error texts and HTTP metadata appear in
histories. Sources: developer guide, and error names, causes and results recorded on AWS in the tests named here. What
is not recorded is by analogy with the names of the SDK's clients (``AmazonAthena``, ``AmazonAthenaException``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from asl.resources import INTEGRATION_PATTERNS
from asl.values import instant_text
from emulator.aws import names
from emulator.aws.java_renames import java_naming
from emulator.integrations.dialect import Dialect, optimized_dialect, sdk_dialect
from emulator.integrations.optimized import Action, called_operation, optimized_action
from emulator.targets.shapes import Result, base64_text, blob_text, milliseconds_of


@dataclass(frozen=True, slots=True)
class Integration:
    """One action of one service. ``service`` is boto3's name, ``operation`` the API's for what the action calls.

    ``prefix`` begins every error name; ``unmodelled`` is the error for a code that is not in the service's model;
    ``label`` is the service's name in causes. ``sdk_v1``: causes and metadata have the form of version 1 of the SDK.
    """

    service: str
    operation: str
    prefix: str
    unmodelled: str
    label: str
    dialect: Dialect
    result: Result
    sdk_v1: bool = False
    counts_attempts: bool = False


class _Service(NamedTuple):
    """``prefix`` and ``label`` as in ``Integration``; ``unmodelled`` without its prefix."""

    prefix: str
    label: str
    unmodelled: str
    sdk_v1: bool = True


_RECORDED: Final[Mapping[str, _Service]] = {
    "sqs": _Service("SQS", "AmazonSQS", "AmazonSQSException"),
    "sns": _Service("SNS", "AmazonSNS", "AmazonSNSException"),
    "dynamodb": _Service("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "events": _Service("EventBridge", "EventBridge", "EventBridgeException", sdk_v1=False),
    "ecs": _Service("ECS", "AmazonECS", "AmazonECSException"),
    "glue": _Service("Glue", "AWSGlue", "AWSGlueException"),
    "batch": _Service("Batch", "AWSBatch", "BatchException"),
}
"""Service of a resource -> how it is called. ``ecs``, ``glue`` and ``batch``: the prefixes are documented."""

_BY_ANALOGY: Final[Mapping[str, _Service]] = {
    "athena": _Service("Athena", "AmazonAthena", "AmazonAthenaException"),
    "bedrock": _Service("Bedrock", "Bedrock", "BedrockException", sdk_v1=False),
    "bedrockagentcore": _Service("BedrockAgentCore", "BedrockAgentCore", "BedrockAgentCoreException", sdk_v1=False),
    "codebuild": _Service("CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
    "databrew": _Service("DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException"),
    "eks": _Service("EKS", "AmazonEKS", "AmazonEKSException"),
    "elasticmapreduce": _Service("ElasticMapReduce", "AmazonElasticMapReduce", "AmazonElasticMapReduceException"),
    "emr-containers": _Service("EMRContainers", "AmazonEMRContainers", "AmazonEMRContainersException"),
    "emr-serverless": _Service("EMRServerless", "AWSEMRServerless", "AWSEMRServerlessException", sdk_v1=False),
    "mediaconvert": _Service("MediaConvert", "AWSMediaConvert", "AWSMediaConvertException"),
    "sagemaker": _Service("SageMaker", "AmazonSageMaker", "AmazonSageMakerException"),
}
"""The same for services of which no failure is recorded: by analogy."""

_SERVICES: Final = {**_RECORDED, **_BY_ANALOGY}
_IN_MILLISECONDS: Final = frozenset(_SERVICES) - {"events", "bedrock", "bedrockagentcore"}
"""Services whose results have times as milliseconds (seen of batch, glue, athena; recorded of ``states``)."""

_COUNT_ATTEMPTS: Final = frozenset({"sfn"})
"""Services whose latest recorded cause ends with the number of attempts: ``sfn`` in November 2025
(``test_sfn_send_task_outcome_with_no_such_token``), but not ``dynamodb`` and ``secretsmanager`` in 2023."""

MOTO_LACKS: Final = frozenset({
    "codebuild:StartBuildBatch", "codebuild:RetryBuildBatch", "codebuild:StopBuildBatch", "codebuild:DeleteBuildBatch",
    "codebuild:BatchDeleteBuilds", "codebuild:BatchGetReports", "databrew:StartJobRun", "emr:CancelSteps",
    "emr:ModifyInstanceFleet", "mediaconvert:CreateJob", "sagemaker:CreateLabelingJob", "sagemaker:UpdateEndpoint",
})  # fmt: skip
"""Operations of optimized integrations that moto does not have, for the docs: a call finds out by itself."""

SDK: Final = "aws-sdk:"


def makes_one_call(service: str, action: str) -> bool:
    """Whether the optimized integration is one boto3 call."""
    return service in _SERVICES and action in INTEGRATION_PATTERNS[service] and called_operation(service, action) != ""


@lru_cache(maxsize=64)
def prefixes(service: str) -> frozenset[str]:
    """With what errors of a service (boto3's name) begin in the optimized integrations that call it."""
    return frozenset(
        row.prefix
        for name, row in _SERVICES.items()
        if any(called_operation(name, each).partition(":")[0] == service for each in INTEGRATION_PATTERNS[name])
    )


@lru_cache(maxsize=256)
def optimized(service: str, action: str) -> Integration | None:
    """The optimized integration of ``service`` and ``action``, if it is one that makes a boto3 call."""
    row, members = _SERVICES.get(service), optimized_action(service, action)
    if row is None or not makes_one_call(service, action):
        return None
    boto3_name, _, operation = called_operation(service, action).partition(":")
    tokens = names.service_model(boto3_name).operation_model(operation).idempotent_members
    time = milliseconds_of if service in _IN_MILLISECONDS else instant_text
    return Integration(
        boto3_name,
        operation,
        row.prefix,
        f"{row.prefix}.{row.unmodelled}",
        row.label,
        optimized_dialect(Action(boto3_name) if members is None or members.own else members, tokens),
        Result(names.verbatim_naming, base64_text, sorts_maps=True, time=time),
        sdk_v1=row.sdk_v1,
    )


@lru_cache(maxsize=1024)
def sdk(service: str, action: str, *, boto3_name: str, service_id: str) -> Integration:
    """The aws-sdk integration of a service; ``service_id`` is botocore's (``DynamoDB``, ``CloudWatch Logs``)."""
    prefix = names.service_prefix(service_id)
    operation = names.operation(names.service_model(boto3_name), action)
    return Integration(
        boto3_name,
        "" if operation is None else operation.name,
        prefix,
        f"{prefix}.{prefix}Exception",
        prefix,
        sdk_dialect(service, action, boto3_name),
        Result(java_naming(boto3_name), blob_text, url_encodes_documents=boto3_name == "iam"),
        counts_attempts=service in _COUNT_ATTEMPTS,
    )
