"""The operations that promise a later event, by service: what would not happen, and what to do instead."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from emulator.aws.promises import conditions
from emulator.aws.promises.conditions import Condition, enabled_in, given, unless


class Promise(NamedTuple):
    """``lost``: what would not happen. ``instead``: what to do. ``when``: with which members (``None``: with any)."""

    lost: str
    instead: str
    when: Condition | None = None

    @property
    def is_result(self) -> bool:
        """Whether what is lost is a result, which a stub of a Task can give."""
        return self.instead == _ANSWER


_CALL: Final = "in the test, make the call that it would make"
_PUT: Final = "put the event in the test: emulator.client('events').put_events(...)"
_ITSELF: Final = "in the test, perform its action"
_ANSWER: Final = "give the code a fake in place of this call"
_REMOVE: Final = "in the test, remove what it would remove"
_LOGS: Final = "in the test, write what it would write"

_NO_TIMES: Final = "ScheduleExpression: no event would come at its times"

_JOB = Promise("its work would not be done, although moto may say that it succeeded", _ANSWER)
_MADE_UP = Promise("moto cannot compute the result and would make one up", _ANSWER)
_TAKEN = Promise(
    "moto does not have it, and would take it for another operation on the bucket or object", "leave it out"
)
_SCHEDULE = Promise("nothing would start at its times", _CALL)
_DELIVERED_LOGS = Promise("nothing would be written to its destination", _LOGS)
_ROTATION = Promise("nothing would be rotated, neither now nor later", "store the new value in the test")

_TABLE: Final[Mapping[str, Mapping[str, Promise]]] = {
    "amp": {
        "CreateLoggingConfiguration UpdateLoggingConfiguration": _DELIVERED_LOGS,
        "CreateRuleGroupsNamespace PutRuleGroupsNamespace": Promise("its rules would raise no alert", _ITSELF),
    },
    "application-autoscaling": {
        "PutScheduledAction": Promise("nothing would be scaled at its times", _ITSELF),
        "PutScalingPolicy": Promise("nothing would be scaled by the policy", _ITSELF),
    },
    "athena": {"StartQueryExecution": _JOB},
    "autoscaling": {
        "BatchPutScheduledUpdateGroupAction PutScheduledUpdateGroupAction": Promise(
            "nothing would be scaled at its times", _ITSELF
        ),
        "PutLifecycleHook": Promise("no notification would be sent, and nothing would wait for an answer", _CALL),
        "PutScalingPolicy": Promise(
            "nothing would be scaled by the policy", "use SimpleScaling and execute_policy", conditions.scales_by_itself
        ),
    },
    "backup": {
        "CreateBackupPlan": Promise("no backup would be made at its times", _ITSELF),
        "CreateReportPlan": Promise("no report would be written", _LOGS),
    },
    "batch": {"SubmitJob": Promise("its container would not run", _ANSWER)},
    "bedrock": {
        "CreateModelCustomizationJob": _JOB,
        "PutModelInvocationLoggingConfiguration": _DELIVERED_LOGS,
    },
    "bedrock-runtime": {"InvokeModel": _MADE_UP},
    "budgets": {
        "CreateBudget": Promise(
            "no notification would be sent",
            "leave out NotificationsWithSubscribers",
            given("NotificationsWithSubscribers"),
        ),
        "CreateNotification": Promise("no notification would be sent", _CALL),
    },
    "cloudformation": {
        "CreateChangeSet CreateStack CreateStackSet UpdateStack UpdateStackSet": Promise(
            "some resources would not be made", "make them in the test, and leave them out of the template"
        )
    },
    "cloudtrail": {"StartLogging": _DELIVERED_LOGS},
    "cloudwatch": {
        "PutCompositeAlarm PutMetricAlarm": Promise(
            "the alarm would never change its state, and would carry out none of its actions",
            "in the test, make the calls that its actions would make",
        ),
        "PutMetricStream": Promise("no metric would be sent on", _ITSELF),
    },
    "codebuild": {"StartBuild StartBuildBatch": _JOB},
    "codedeploy": {"CreateDeployment": _JOB},
    "codepipeline": {
        "CreatePipeline": Promise("the pipeline would not run, neither now nor when its source changes", _ANSWER),
        "StartPipelineExecution": _JOB,
    },
    "cognito-idp": {
        "CreateUserPool UpdateUserPool": Promise(
            "no trigger of its LambdaConfig would be called", _CALL, given("LambdaConfig")
        )
    },
    "comprehend": {
        "CreateDocumentClassifier CreateEntityRecognizer StartDocumentClassificationJob "
        "StartDominantLanguageDetectionJob StartEntitiesDetectionJob StartEventsDetectionJob StartFlywheelIteration "
        "StartKeyPhrasesDetectionJob StartPiiEntitiesDetectionJob StartSentimentDetectionJob "
        "StartTargetedSentimentDetectionJob StartTopicsDetectionJob": _JOB,
        "DetectKeyPhrases DetectPiiEntities DetectSentiment": _MADE_UP,
    },
    "config": {
        "PutConfigRule PutOrganizationConformancePack": Promise("nothing would be evaluated", _ITSELF),
        "StartConfigurationRecorder": Promise("no change of a resource would be recorded", _ITSELF),
    },
    "connectcampaigns": {"ResumeCampaign StartCampaign": Promise("the campaign would make no call", _ANSWER)},
    "datapipeline": {"ActivatePipeline": _JOB},
    "datasync": {
        "CreateTask UpdateTask": Promise("nothing would be copied at its times", _ITSELF, given("Schedule")),
        "StartTaskExecution": _JOB,
    },
    "dms": {"StartReplicationTask": _JOB},
    "ds": {"CreateLogSubscription": _DELIVERED_LOGS},
    "dsql": {"CreateStream": Promise("no change would be sent on", _ITSELF)},
    "dynamodb": {
        "EnableKinesisStreamingDestination": Promise("no change would be sent to the stream", _ITSELF),
        "UpdateTable": Promise("no item would be copied to another region", _ITSELF, given("ReplicaUpdates")),
    },
    "ec2": {"CreateFlowLogs CreateSpotDatafeedSubscription": _DELIVERED_LOGS},
    "ecr": {
        "PutLifecyclePolicy": Promise("no image would be deleted at its time", _REMOVE),
        "PutReplicationConfiguration": Promise("no image would be copied", _ITSELF),
        "StartImageScan": _JOB,
    },
    "ecs": {"RunTask StartTask": Promise("its containers would not run, and it would never end", _ANSWER)},
    "efs": {
        "PutLifecycleConfiguration": Promise("no file would be moved at its time", _ITSELF, given("LifecyclePolicies"))
    },
    "emr": {
        "AddJobFlowSteps": _JOB,
        "PutAutoScalingPolicy": Promise("nothing would be scaled by the policy", _ITSELF),
        "RunJobFlow": Promise("its steps would not run", _ANSWER, given("Steps")),
    },
    "emr-containers": {"StartJobRun": _JOB},
    "emr-serverless": {"StartJobRun": _JOB},
    "events": {
        "CreateApiDestination UpdateApiDestination": Promise(
            "no request would be sent to its endpoint", "add a function or a queue as the rule's target"
        ),
        "CreateEndpoint UpdateEndpoint": Promise("no event would be sent on to another region", _PUT),
        "CreatePartnerEventSource PutPartnerEvents": Promise("no event would come to a bus", _PUT),
        "EnableRule": Promise(f"of a rule with a {_NO_TIMES}", _PUT),
        "PutRule": Promise(_NO_TIMES, _PUT, conditions.schedules),
    },
    "firehose": {
        "CreateDeliveryStream UpdateDestination": Promise(
            "no record would be pushed on: moto only writes records that are put directly, unchanged, to S3",
            "use an S3 destination without processing",
            conditions.pushes_to_other_than_s3,
        )
    },
    "fis": {"StartExperiment": _JOB},
    "glacier": {"InitiateJob": Promise("its topic would not be told of the end", _CALL, conditions.tells_a_topic)},
    "glue": {
        "CreateCrawler UpdateCrawler": Promise("nothing would be crawled at its times", _ITSELF, given("Schedule")),
        "CreateTrigger": Promise("the trigger would start nothing", _CALL, unless("Type", "ON_DEMAND")),
        "StartCrawler StartJobRun StartWorkflowRun": _JOB,
        "StartTrigger": Promise("the trigger would start nothing", _CALL),
    },
    "iot": {
        "CreateTopicRule EnableTopicRule ReplaceTopicRule": Promise("no message would be sent on by the rule", _CALL)
    },
    "kinesis": {"SubscribeToShard": Promise("no later record would be pushed", "read with get_records")},
    "kms": {
        "EnableKeyRotation": _ROTATION,
        "ScheduleKeyDeletion": Promise("the key would not be deleted at its time", "use disable_key"),
    },
    "logs": {
        "CreateDelivery": _DELIVERED_LOGS,
        "PutMetricFilter": Promise("no metric would be put", "use put_metric_data"),
        "PutRetentionPolicy": Promise("no log event would be deleted at its time", _REMOVE),
        "PutSubscriptionFilter": Promise(
            "no log event would be sent to its destination", _CALL, conditions.filters_to_other_than_streams
        ),
        "StartQuery": Promise(
            "the query would not be evaluated: it would give every log event", "use filter_log_events"
        ),
        "StartLiveTail": Promise("no log event would be streamed", "read with filter_log_events"),
    },
    "mediastore": {"PutLifecyclePolicy": Promise("no object would be deleted at its time", _REMOVE)},
    "network-firewall": {"UpdateLoggingConfiguration": _DELIVERED_LOGS},
    "osis": {"CreatePipeline StartPipeline": Promise("the pipeline would carry nothing", _ITSELF)},
    "pinpoint": {"PutEventStream": Promise("no event would be sent to the stream", _ITSELF)},
    "polly": {"StartSpeechSynthesisTask": _JOB, "SynthesizeSpeech": _MADE_UP},
    "quicksight": {"CreateIngestion": _JOB},
    "rds": {
        "CreateEventSubscription": Promise("no event would be sent to its topic", _CALL),
        "StartExportTask": _JOB,
    },
    "rds-data": {"BatchExecuteStatement ExecuteSql ExecuteStatement": _MADE_UP},
    "redshift": {
        "CreateEventSubscription": Promise("no event would be sent to its topic", _CALL),
        "EnableLogging": _DELIVERED_LOGS,
        "EnableSnapshotCopy": Promise("no snapshot would be copied", _ITSELF),
    },
    "redshift-data": {"BatchExecuteStatement ExecuteStatement": _MADE_UP},
    "rekognition": {
        "CompareFaces DetectCustomLabels DetectLabels DetectText": _MADE_UP,
        "StartFaceSearch StartTextDetection": _JOB,
    },
    "resource-groups": {"StartTagSyncTask": _JOB},
    "route53": {"CreateQueryLoggingConfig": _DELIVERED_LOGS},
    "route53resolver": {"AssociateResolverQueryLogConfig": _DELIVERED_LOGS},
    "s3": {
        "PutBucketInventoryConfiguration": Promise(
            "no inventory would be written", _LOGS, enabled_in("InventoryConfiguration", "IsEnabled")
        ),
        "PutBucketLifecycle PutBucketLifecycleConfiguration": Promise(
            "no object would expire or move at its time", _REMOVE, conditions.expires_objects
        ),
        "PutBucketLogging": Promise(
            "no access log would be written", _LOGS, lambda members: bool(members.get("BucketLoggingStatus"))
        ),
        "PutBucketReplication": Promise("no object would be copied", _ITSELF),
        "CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration CreateSession "
        "DeleteBucketAnalyticsConfiguration DeleteBucketIntelligentTieringConfiguration "
        "DeleteBucketInventoryConfiguration DeleteBucketMetadataConfiguration DeleteBucketMetadataTableConfiguration "
        "DeleteBucketMetricsConfiguration DeleteObjectAnnotation GetBucketAbac GetBucketAnalyticsConfiguration "
        "GetBucketIntelligentTieringConfiguration GetBucketMetadataConfiguration GetBucketMetadataTableConfiguration "
        "GetBucketMetricsConfiguration GetBucketRequestPayment GetObjectAnnotation GetObjectTorrent "
        "ListBucketAnalyticsConfigurations ListBucketIntelligentTieringConfigurations ListBucketMetricsConfigurations "
        "ListObjectAnnotations PutBucketAbac PutBucketAnalyticsConfiguration PutBucketIntelligentTieringConfiguration "
        "PutBucketMetricsConfiguration PutBucketRequestPayment PutObjectAnnotation RenameObject "
        "UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration "
        "UpdateBucketMetadataJournalTableConfiguration UpdateObjectEncryption": _TAKEN,
    },
    "s3control": {
        "CreateJob": _JOB,
        "PutStorageLensConfiguration": Promise("no report would be written", _LOGS),
    },
    "sagemaker": {
        "CreateAutoMLJobV2 CreateCompilationJob CreateHyperParameterTuningJob CreateProcessingJob CreateTrainingJob "
        "CreateTransformJob StartPipelineExecution": _JOB
    },
    "sagemaker-runtime": {"InvokeEndpoint InvokeEndpointAsync": _MADE_UP},
    "scheduler": {
        "CreateSchedule UpdateSchedule": Promise(
            "its target would not be called at its times", "call the target in the test", unless("State", "DISABLED")
        )
    },
    "secretsmanager": {"RotateSecret": _ROTATION},
    "ses": {
        "CreateConfigurationSetEventDestination SetIdentityNotificationTopic": Promise(
            "no event of a message would be sent", _CALL
        ),
        "CreateReceiptRule UpdateReceiptRule": Promise("its actions would not be carried out", _CALL),
    },
    "sesv2": {
        "CreateConfigurationSetEventDestination UpdateConfigurationSetEventDestination": Promise(
            "no event of a message would be sent", _CALL
        )
    },
    "sns": {
        "SetSubscriptionAttributes": Promise(
            "ReplayPolicy: no message would be sent again", _ITSELF, conditions.replays_messages
        ),
        "Subscribe": Promise(
            "no message would be sent to it; messages go to queues and functions, without ReplayPolicy",
            f"subscribe a queue or a function, or {_CALL}",
            conditions.subscribes,
        ),
    },
    "sqs": {"StartMessageMoveTask": Promise("no message would be moved", _ITSELF)},
    "ssm": {
        "CreateAssociation": _SCHEDULE,
        "CreateMaintenanceWindow RegisterTaskWithMaintenanceWindow": _SCHEDULE,
        "PutParameter": Promise("no policy of the parameter would be carried out", _REMOVE, given("Policies")),
        "SendCommand StartAutomationExecution": _JOB,
    },
    "synthetics": {"CreateCanary StartCanary": Promise("the canary would not run", _ANSWER)},
    "textract": {"DetectDocumentText": _MADE_UP, "StartDocumentAnalysis StartDocumentTextDetection": _JOB},
    "timestream-query": {"CreateScheduledQuery UpdateScheduledQuery": _SCHEDULE, "Query": _MADE_UP},
    "transcribe": {"StartMedicalTranscriptionJob StartTranscriptionJob": _JOB},
    "vpc-lattice": {"CreateAccessLogSubscription UpdateAccessLogSubscription": _DELIVERED_LOGS},
    "wafv2": {"PutLoggingConfiguration": _DELIVERED_LOGS},
}
"""Service -> operations, separated by blanks -> what they promise."""


def _by_operation() -> Iterator[tuple[str, dict[str, Promise]]]:
    for service, rows in _TABLE.items():
        yield service, {name: promise for names, promise in rows.items() for name in names.split()}


PROMISES: Final[Mapping[str, Mapping[str, Promise]]] = dict(_by_operation())
"""boto3's name of a service -> operation -> what it promises."""
