"""Known gaps: other services."""

from typing import Final

GAPS: Final = (
    (
        "Faults that break a connection of another process, such as a handler in Node.js",
        "refused by name; SDKs also retry an error such as `ServiceUnavailable`",
    ),
    (
        "Faults: a delay for a client of `emulate serve --time real`",
        "refused by name; with `--time skip` the clock moves",
    ),
    (
        "Faults: boto3's retry mode `adaptive`",
        "its waits before a retry are on the virtual clock; its rate limit uses the system's clock",
    ),
    (
        "Faults: messages of errors that are neither recorded nor documented, and `ThrottlingReasons`",
        "the first sentence of the model's documentation; no member of an error but its message",
    ),
    (
        "DynamoDB: the texts of UpdateTimeToLive for a setting that is already in effect are not recorded",
        "`TimeToLive is already enabled`, or `disabled`, as in public reports",
    ),
    (
        "CloudWatch Logs: filter patterns of columns (`[a, b]`), `[*]` in a member, `?` beside other terms; Insights",
        "refused; a term matches anywhere in a text; a missing member, or one of another type, never matches",
    ),
    (
        "ReceiveMessageWaitTimeSeconds of a queue, over HTTP",
        "has no effect: only WaitTimeSeconds of the request makes it wait",
    ),
    (
        "SQS: AWS's texts for a wrong RedriveAllowPolicy, and for a dead-letter queue that does not allow the queue",
        "InvalidParameterValue with a text of ours; a queue that names its dead-letter queue already keeps it",
    ),
    (
        "Values that moto does not check, in services other than Step Functions, EventBridge, Lambda and SQS",
        "moto answers, or fails: then BackendError names moto and the call; over HTTP with status 400",
    ),
    (
        "Long polls of SQS (`WaitTimeSeconds`) by a Task of a state machine, and with `polling_waits=False`",
        "answered immediately; a long poll in another thread waits in real time, like another program",
    ),
    (
        "moto's times that other code checks: a token's `exp`, a certificate's dates",
        "virtual, like all of moto's; code that checks them in the test sees the system's time",
    ),
    ("moto's work in the background (exports of tables)", "in real time, in moto's own threads"),
    (
        "Events that AWS services put on the default bus, such as those of EC2 and ECS",
        "only those of Step Functions, and of S3 buckets with EventBridge turned on; put others by PutEvents",
    ),
    (
        "Instances, clusters, services of containers, channels: what moto shows as running",
        "nothing runs in them; the start of a task, job or build is refused, unless a stub answers it",
    ),
    (
        "When AWS removes an item whose time to live has passed",
        "two days later, or as `dynamodb_ttl` says; not for tables of an external backend, or of CloudFormation",
    ),
    (
        "Retention of stream records and of deleted secrets in Kinesis and Secrets Manager",
        "as in moto; nothing is deleted when the retention ends",
    ),
    (
        "Findings of GuardDuty, Inspector, Macie, Config and the like; costs and budgets",
        "as in moto; findings do not appear by themselves",
    ),
    (
        "Presigned URLs: their signature and when they expire",
        "not checked; a URL is answered if the emulator's keys signed it, or if its bucket is emulated",
    ),
    (
        "S3: access points by the host of a custom endpoint; multi-region access points; Outposts; Object Lambda",
        "`NoSuchBucket`; access points of a region are answered at AWS's hosts and at those of VPC endpoints",
    ),
    (
        "SNS: the order of Publish's checks; a MaximumMessageSize of a topic, message attributes as part of the size",
        "Subject, Message, the topic's ARN, then the message group; 262,144 bytes of the message itself",
    ),
    (
        "Texts not recorded: for an ARN of another region or account, for DeleteFunction of a version under an alias",
        "EventBridge and Lambda return AWS's code with our own text; in Step Functions the resource does not exist",
    ),
    (
        "boto3 clients of a region that does not exist (`us-east1`)",
        "S3, Step Functions and Lambda answer them; other services refuse the name, as `Emulator(region=...)` does",
    ),
    (
        "IAM: roles and policies",
        "not checked; a target that is a state machine needs a RoleArn; `Credentials` are shown, not assumed",
    ),
    (
        "CloudFormation templates with state machines, functions, rules, or types that moto does not create",
        "`NotEmulatedError` names them; moto creates the rest; `emulator.deploy` creates machines, functions and rules",
    ),
)
