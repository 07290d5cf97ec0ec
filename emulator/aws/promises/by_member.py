"""What becomes of each member of a request: it works, it is accepted without effect, or it is refused by name.

A member that would change what a test sees is either carried out or refused. Only what concerns AWS's own operation
(capacity, encryption, permissions, tracing, descriptions) may be accepted without effect; docs/supported.md lists it.
``DECIDED`` has the operations that the emulator answers itself, or on which its behaviour depends. A member that
botocore's model gains is in no class, and fails a test by its name.

A path names a member and all below it, unless members below it are named as well: ``Target.Input``. A key of a map
with fixed keys, such as the attributes of a queue, is written like a member: ``Attributes.Policy``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean


class Decided(NamedTuple):
    """The members of an operation: those that work, those without effect, those that are refused, each as a path.

    ``refused``: member -> what would not happen; an empty text if the service's own answer refuses it.
    """

    works: frozenset[str]
    without_effect: frozenset[str] = frozenset()
    refused: Mapping[str, str] = {}

    @property
    def all(self) -> frozenset[str]:
        """All paths."""
        return self.works | self.without_effect | self.refused.keys()


def _row(works: str, without_effect: str = "", refused: Mapping[str, str] | None = None) -> Decided:
    return Decided(
        frozenset(works.split()),
        frozenset(without_effect.split()),
        {name: lost for names, lost in (refused or {}).items() for name in names.split()},
    )


def _below(place: str, names: str) -> str:
    return " ".join(f"{place}.{name}" for name in names.split())


ELSEWHERE: Final = ""
"""Refused by the answer of the service itself: by the API of Lambda, Pipes, Step Functions, Scheduler, EventBridge."""

# SQS -----------------------------------------------------------------------------------------------------------------

_QUEUE_WORKS: Final = (
    "ContentBasedDeduplication DeduplicationScope DelaySeconds FifoQueue MaximumMessageSize MessageRetentionPeriod "
    "ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy VisibilityTimeout"
)
_QUEUE_KEPT: Final = "FifoThroughputLimit KmsDataKeyReusePeriodSeconds KmsMasterKeyId Policy SqsManagedSseEnabled"
_READ_ONLY: Final = (
    "All ApproximateNumberOfMessages ApproximateNumberOfMessagesDelayed ApproximateNumberOfMessagesNotVisible "
    "CreatedTimestamp LastModifiedTimestamp QueueArn"
)
_QUEUE: Final = (
    _below("Attributes", _QUEUE_WORKS),
    _below("Attributes", _QUEUE_KEPT),
    {_below("Attributes", _READ_ONLY): "SQS has it of a queue, and nothing sets it"},
)

# SNS -----------------------------------------------------------------------------------------------------------------

_FEEDBACK: Final = " ".join(
    f"{protocol}{what}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for what in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
)
_TOPIC_WORKS: Final = "ContentBasedDeduplication DisplayName FifoThroughputScope FifoTopic SignatureVersion"
_TOPIC_KEPT: Final = f"DeliveryPolicy KmsMasterKeyId Policy TracingConfig {_FEEDBACK}"
_TOPIC_REFUSED: Final = {
    "ArchivePolicy": "no message would be kept, to be sent again",
    "MaximumMessageSize": "no message would be refused for its size",
}
_SUBSCRIPTION_WORKS: Final = "FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy"
_SUBSCRIPTION_KEPT: Final = "DeliveryPolicy SubscriptionRoleArn"
_SUBSCRIPTION_REFUSED: Final = {"ReplayPolicy": "no message would be sent again"}


def _keys(place: str, refused: Mapping[str, str]) -> dict[str, str]:
    return {f"{place}.{name}": lost for name, lost in refused.items()}


# DynamoDB ------------------------------------------------------------------------------------------------------------

_TABLE_KEPT: Final = "OnDemandThroughput ProvisionedThroughput SSESpecification TableClass WarmThroughput"
_REPLICAS: Final = "no item would be copied to another region"
_VECTORS: Final = "no vector would be searched"
_CAPACITY: Final = "OnDemandThroughput ProvisionedThroughput WarmThroughput"

# Lambda --------------------------------------------------------------------------------------------------------------

_FUNCTION_WORKS: Final = "DeadLetterConfig Description Environment FunctionName Handler Runtime Timeout"
_FUNCTION_KEPT: Final = "EphemeralStorage KMSKeyArn LoggingConfig MemorySize Role TracingConfig"
_FUNCTION_REFUSED: Final = (
    "AcceleratorConfig CapacityProviderConfig DurableConfig FileSystemConfigs ImageConfig Layers RuntimeConfig "
    "SnapStart VpcConfig"
)
_MAPPING_WORKS: Final = (
    "BatchSize BisectBatchOnFunctionError DestinationConfig.OnFailure Enabled FilterCriteria FunctionName "
    "FunctionResponseTypes MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds MaximumRetryAttempts "
    "ParallelizationFactor ScalingConfig"
)
_MAPPING_KEPT: Final = "KMSKeyArn ProvisionedPollerConfig"
_MAPPING_REFUSED: Final = (
    "AmazonManagedKafkaEventSourceConfig DestinationConfig.OnSuccess DocumentDBEventSourceConfig LoggingConfig "
    "MetricsConfig SelfManagedKafkaEventSourceConfig SourceAccessConfigurations TumblingWindowInSeconds"
)

# EventBridge, Scheduler and Pipes ------------------------------------------------------------------------------------

_SCHEDULE: Final = _row(
    "ActionAfterCompletion ClientToken Description EndDate FlexibleTimeWindow GroupName Name ScheduleExpression "
    "ScheduleExpressionTimezone StartDate State "
    + _below(
        "Target",
        "Arn DeadLetterConfig EventBridgeParameters Input KinesisParameters RetryPolicy SqsParameters",
    ),
    "KmsKeyArn Target.RoleArn",
    {
        _below(
            "Target",
            "EcsParameters EventBridgePutEventsV2Parameters EventBridgePutRawEventsParameters "
            "SageMakerPipelineParameters",
        ): ELSEWHERE
    },
)
_PIPE: Final = _row(
    "Description DesiredState Enrichment Name Source Tags Target EnrichmentParameters.InputTemplate "
    + _below("SourceParameters", "DynamoDBStreamParameters FilterCriteria KinesisStreamParameters SqsQueueParameters")
    + " "
    + _below(
        "TargetParameters",
        "EventBridgeEventBusParameters.DetailType EventBridgeEventBusParameters.Resources "
        "EventBridgeEventBusParameters.Source EventBridgeEventBusParameters.Time InputTemplate "
        "LambdaFunctionParameters SqsQueueParameters StepFunctionStateMachineParameters",
    ),
    "KmsKeyIdentifier LogConfiguration RoleArn",
    {
        "EnrichmentParameters.HttpParameters": ELSEWHERE,
        _below(
            "SourceParameters",
            "ActiveMQBrokerParameters ManagedStreamingKafkaParameters RabbitMQBrokerParameters "
            "SelfManagedKafkaParameters",
        ): ELSEWHERE,
        _below(
            "TargetParameters",
            "BatchJobParameters CloudWatchLogsParameters EcsTaskParameters EventBridgeEventBusParameters.EndpointId "
            "HttpParameters KinesisStreamParameters RedshiftDataParameters SageMakerPipelineParameters "
            "TimestreamParameters",
        ): ELSEWHERE,
    },
)

# The operations ------------------------------------------------------------------------------------------------------

DECIDED: Final[Mapping[str, Decided]] = {
    "dynamodb:CreateTable": _row(
        "AttributeDefinitions DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes "
        f"StreamSpecification TableName Tags {_below('GlobalSecondaryIndexes', 'IndexName KeySchema Projection')}",
        f"BillingMode ResourcePolicy {_TABLE_KEPT} {_below('GlobalSecondaryIndexes', _CAPACITY)}",
        {"GlobalTableSettingsReplicationMode GlobalTableSourceArn": _REPLICAS, "VectorIndexes": _VECTORS},
    ),
    "dynamodb:UpdateTable": _row(
        "AttributeDefinitions DeletionProtectionEnabled GlobalSecondaryIndexUpdates StreamSpecification TableName",
        f"BillingMode DisassociationProtectionEnabled {_TABLE_KEPT}",
        {
            "GlobalTableSettingsReplicationMode GlobalTableWitnessUpdates MultiRegionConsistency ReplicaUpdates": (
                _REPLICAS
            ),
            "VectorIndexUpdates": _VECTORS,
        },
    ),
    "dynamodb:UpdateTimeToLive": _row("TableName TimeToLiveSpecification"),
    "events:PutEvents": _row("Entries", "", {"EndpointId": ELSEWHERE}),
    "events:PutRule": _row("Description EventBusName EventPattern Name ScheduleExpression State Tags", "RoleArn"),
    "events:PutTargets": _row(
        "EventBusName Rule "
        + _below(
            "Targets",
            "Arn DeadLetterConfig Id Input InputPath InputTransformer KinesisParameters RetryPolicy SqsParameters",
        ),
        "Targets.RoleArn",
        {
            _below(
                "Targets",
                "AppSyncParameters BatchParameters EcsParameters HttpParameters RedshiftDataParameters "
                "RunCommandParameters SageMakerPipelineParameters",
            ): ELSEWHERE
        },
    ),
    "lambda:CreateEventSourceMapping": _row(
        f"{_MAPPING_WORKS} EventSourceArn StartingPosition StartingPositionTimestamp Tags",
        _MAPPING_KEPT,
        {f"{_MAPPING_REFUSED} Queues SelfManagedEventSource Topics": ELSEWHERE},
    ),
    "lambda:CreateFunction": _row(
        f"{_FUNCTION_WORKS} Code.S3Bucket Code.S3Key Code.ZipFile PackageType Publish Tags",
        f"{_FUNCTION_KEPT} Architectures",
        {
            f"{_FUNCTION_REFUSED} CodeSigningConfigArn PublishTo TenancyConfig Code.ImageUri Code.S3ObjectStorageMode "
            "Code.S3ObjectVersion Code.SourceKMSKeyArn": ELSEWHERE
        },
    ),
    "lambda:Invoke": _row(
        "ClientContext FunctionName InvocationType LogType Payload Qualifier",
        "",
        {"DurableExecutionName TenantId": ELSEWHERE},
    ),
    "lambda:PutFunctionEventInvokeConfig": _row(
        "DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier"
    ),
    "lambda:UpdateEventSourceMapping": _row(f"{_MAPPING_WORKS} UUID", _MAPPING_KEPT, {_MAPPING_REFUSED: ELSEWHERE}),
    "lambda:UpdateFunctionCode": _row(
        "DryRun FunctionName Publish RevisionId S3Bucket S3Key ZipFile",
        "Architectures",
        {"ImageUri PublishTo S3ObjectStorageMode S3ObjectVersion SourceKMSKeyArn": ELSEWHERE},
    ),
    "lambda:UpdateFunctionConfiguration": _row(
        f"{_FUNCTION_WORKS} RevisionId", _FUNCTION_KEPT, {_FUNCTION_REFUSED: ELSEWHERE}
    ),
    "logs:CreateLogGroup": _row(
        "logGroupName tags",
        "kmsKeyId logGroupClass",
        {"deletionProtectionEnabled": "the log group could be deleted"},
    ),
    "logs:PutSubscriptionFilter": _row(
        "destinationArn filterName filterPattern logGroupName",
        "distribution roleArn",
        {
            "applyOnTransformedLogs": "no log event would be transformed",
            "emitSystemFields": "no field would be added to the events",
            "fieldSelectionCriteria": "no log event would be left out",
        },
    ),
    "pipes:CreatePipe": _PIPE,
    "pipes:UpdatePipe": _PIPE._replace(works=_PIPE.works - {"Source", "Tags"}),
    "s3:PutBucketNotificationConfiguration": _row(
        "Bucket ExpectedBucketOwner NotificationConfiguration SkipDestinationValidation"
    ),
    "scheduler:CreateSchedule": _SCHEDULE,
    "scheduler:UpdateSchedule": _SCHEDULE,
    "sns:CreateTopic": _row(
        f"Name Tags {_below('Attributes', _TOPIC_WORKS)}",
        _below("Attributes", _TOPIC_KEPT),
        {"DataProtectionPolicy": "no message would be refused or masked", **_keys("Attributes", _TOPIC_REFUSED)},
    ),
    "sns:Publish": _row(
        "Message MessageAttributes MessageDeduplicationId MessageGroupId MessageStructure Subject TargetArn TopicArn",
        "PhoneNumber",
    ),
    "sns:SetSubscriptionAttributes": _row(
        f"AttributeValue SubscriptionArn {_below('AttributeName', _SUBSCRIPTION_WORKS)}",
        _below("AttributeName", _SUBSCRIPTION_KEPT),
        _keys("AttributeName", _SUBSCRIPTION_REFUSED),
    ),
    "sns:SetTopicAttributes": _row(
        f"AttributeValue TopicArn {_below('AttributeName', _TOPIC_WORKS)}",
        _below("AttributeName", _TOPIC_KEPT),
        _keys("AttributeName", _TOPIC_REFUSED),
    ),
    "sns:Subscribe": _row(
        f"Endpoint Protocol ReturnSubscriptionArn TopicArn {_below('Attributes', _SUBSCRIPTION_WORKS)}",
        _below("Attributes", _SUBSCRIPTION_KEPT),
        _keys("Attributes", _SUBSCRIPTION_REFUSED),
    ),
    "sqs:CreateQueue": _row(f"QueueName tags {_QUEUE[0]}", *_QUEUE[1:]),
    "sqs:ReceiveMessage": _row(
        "AttributeNames MaxNumberOfMessages MessageAttributeNames MessageSystemAttributeNames QueueUrl "
        "VisibilityTimeout WaitTimeSeconds",
        "ReceiveRequestAttemptId",
    ),
    "sqs:SendMessage": _row(
        "DelaySeconds MessageAttributes MessageBody MessageDeduplicationId MessageGroupId MessageSystemAttributes "
        "QueueUrl"
    ),
    "sqs:SetQueueAttributes": _row(f"QueueUrl {_QUEUE[0]}", *_QUEUE[1:]),
    "stepfunctions:CreateStateMachine": _row(
        "definition loggingConfiguration name roleArn tags type",
        "tracingConfiguration",
        {"encryptionConfiguration publish versionDescription": ELSEWHERE},
    ),
    "stepfunctions:StartExecution": _row("input name stateMachineArn", "traceHeader"),
    "stepfunctions:UpdateStateMachine": _row(
        "definition loggingConfiguration roleArn stateMachineArn",
        "tracingConfiguration",
        {"encryptionConfiguration publish versionDescription": ELSEWHERE},
    ),
}
"""The call -> its members."""
MAPS: Final = ("Attributes", "AttributeName")
"""The members that are maps of fixed keys, or name one key of such a map."""
OF_TYPES: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "dynamodb:CreateTable",
    "AWS::Lambda::EventSourceMapping": "lambda:CreateEventSourceMapping",
    "AWS::Pipes::Pipe": "pipes:CreatePipe",
    "AWS::SNS::Topic": "sns:CreateTopic",
    "AWS::SQS::Queue": "sqs:CreateQueue",
    "AWS::Scheduler::Schedule": "scheduler:CreateSchedule",
}
"""Type of a template's resource -> the call with whose members it is made."""
OF_COURSE: Final = ("BillingMode", "ProvisionedThroughput", "RoleArn")
"""Members that nearly every request must have: a template's report does not tell them."""
_DECIDING: Final = frozenset(
    call
    for call, row in DECIDED.items()
    if any(row.refused.values()) or any(name.partition(".")[0] in MAPS for name in row.all)
)


def lost(call: str, given: Mapping[str, Any]) -> str | None:
    """What a call of ``DECIDED`` would not do because of one of these members; ``None`` when none is refused."""
    row = DECIDED[call]
    for path in paths(given):
        if row.refused.get(path):
            return f"{path}: {row.refused[path]}"
        place, _, key = path.partition(".")
        if place in MAPS and key and path not in row.all:
            known = [name.partition(".")[2] for name in row.all if name.startswith(f"{place}.")]
            return f"{path} is not known; nothing would come of it. {did_you_mean(key, known) or ''}".rstrip()
    return None


def decides(call: str) -> bool:
    """Whether some members of the call are refused before the service answers."""
    return call in _DECIDING


def without_effect(type_: str, given: Mapping[str, Any]) -> list[str]:
    """The properties of a template's resource that have no effect, in their order."""
    row = DECIDED.get(OF_TYPES.get(type_, ""))
    if row is None:
        return []
    kept = {path.removeprefix("Attributes.") for path in row.without_effect}
    return [name for name in given if name in kept and name not in OF_COURSE]


_ENTRY: Final = re.compile(r"Attributes?\.(?:entry\.)?\d+\.(\w+)")
"""An entry of a map in a form, its key or its value: of SNS, and of SQS in its older protocol."""


def paths(given: Mapping[str, Any]) -> Iterator[str]:
    """The paths of the members that have a value other than nothing; keys of the map ``Attributes`` as members."""
    for name, value in given.items():
        if (entry := _ENTRY.fullmatch(name)) is not None:
            yield from (f"Attributes.{value}",) if entry[1] in ("key", "Name") else ()
        elif name == "AttributeName":
            yield f"AttributeName.{value}"
        elif value not in (None, False, "", [], {}):
            yield name
            if name == "Attributes" and isinstance(value, Mapping):
                yield from (f"{name}.{key}" for key in value)
