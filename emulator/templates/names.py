"""What Ref and GetAtt give for a resource that is known by its name only, and the name that a template gives it.

``ARNS`` is the part of an ARN after the account, by type (AWS CloudFormation user guide, return values of each type). A
type that is not in it gets ``<type>/<name>``.
"""

from collections.abc import Mapping
from typing import Any, Final

ARNS: Final[Mapping[str, str]] = {
    "AWS::Batch::JobDefinition": "batch:job-definition/{}:1",
    "AWS::Batch::JobQueue": "batch:job-queue/{}",
    "AWS::CloudFormation::Stack": "cloudformation:stack/{}/00000000-0000-4000-8000-000000000000",
    "AWS::CodeBuild::Project": "codebuild:project/{}",
    "AWS::DynamoDB::GlobalTable": "dynamodb:table/{}",
    "AWS::DynamoDB::Table": "dynamodb:table/{}",
    "AWS::ECS::Cluster": "ecs:cluster/{}",
    "AWS::ECS::Service": "ecs:service/{}",
    "AWS::ECS::TaskDefinition": "ecs:task-definition/{}:1",
    "AWS::Events::Connection": "events:connection/{}",
    "AWS::Events::EventBus": "events:event-bus/{}",
    "AWS::Events::Rule": "events:rule/{}",
    "AWS::Glue::Job": "glue:job/{}",
    "AWS::IAM::ManagedPolicy": "iam::policy/{}",
    "AWS::IAM::Role": "iam::role/{}",
    "AWS::KMS::Key": "kms:key/{}",
    "AWS::Kinesis::Stream": "kinesis:stream/{}",
    "AWS::Lambda::Alias": "lambda:function:{}",
    "AWS::Lambda::Function": "lambda:function:{}",
    "AWS::Lambda::LayerVersion": "lambda:layer:{}:1",
    "AWS::Lambda::Version": "lambda:function:{}:1",
    "AWS::Logs::LogGroup": "logs:log-group:{}:*",
    "AWS::Pipes::Pipe": "pipes:pipe/{}",
    "AWS::S3::Bucket": "s3::{}",
    "AWS::SNS::Subscription": "sns:{}",
    "AWS::SNS::Topic": "sns:{}",
    "AWS::SQS::Queue": "sqs:{}",
    "AWS::Scheduler::Schedule": "scheduler:schedule/default/{}",
    "AWS::Scheduler::ScheduleGroup": "scheduler:schedule-group/{}",
    "AWS::SecretsManager::Secret": "secretsmanager:secret:{}",
    "AWS::Serverless::Application": "cloudformation:stack/{}/00000000-0000-4000-8000-000000000000",
    "AWS::Serverless::Function": "lambda:function:{}",
    "AWS::Serverless::LayerVersion": "lambda:layer:{}:1",
    "AWS::Serverless::SimpleTable": "dynamodb:table/{}",
    "AWS::Serverless::StateMachine": "states:stateMachine:{}",
    "AWS::StepFunctions::Activity": "states:activity:{}",
    "AWS::StepFunctions::StateMachine": "states:stateMachine:{}",
    "AWS::StepFunctions::StateMachineAlias": "states:stateMachine:{}",
    "AWS::StepFunctions::StateMachineVersion": "states:stateMachine:{}:1",
}
"""Type -> the service, a colon, and the rest of the ARN with the name; ``iam::`` and ``s3::`` have no region."""

REF_IS_ARN: Final = frozenset(
    {
        "AWS::Batch::ComputeEnvironment",
        "AWS::Batch::JobDefinition",
        "AWS::Batch::JobQueue",
        "AWS::CloudFormation::Stack",
        "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::IAM::ManagedPolicy",
        "AWS::Lambda::Alias",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Version",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SecretsManager::Secret",
        "AWS::Serverless::Application",
        "AWS::Serverless::LayerVersion",
        "AWS::Serverless::StateMachine",
        "AWS::StepFunctions::Activity",
        "AWS::StepFunctions::StateMachine",
        "AWS::StepFunctions::StateMachineAlias",
        "AWS::StepFunctions::StateMachineVersion",
    }
)
"""Types whose Ref is their ARN; that of the others is a name or an id."""

SHARE_NAMES: Final = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage", "AWS::Lambda::Url")
"""Types whose Ref is no name of their own: several APIs have a stage ``Prod``."""
_OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Serverless::SimpleTable": ("TableName",),
    "AWS::Serverless::StateMachine": ("Name",),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
}

LONGEST: Final[Mapping[str, int]] = {
    "AWS::Events::Archive": 48,
    "AWS::Events::Rule": 64,
    "AWS::IAM::Role": 64,
    "AWS::Lambda::Function": 64,
    "AWS::Pipes::Pipe": 64,
    "AWS::S3::Bucket": 63,
    "AWS::SQS::Queue": 80,
    "AWS::Scheduler::Schedule": 64,
    "AWS::Scheduler::ScheduleGroup": 64,
    "AWS::Serverless::Function": 64,
    "AWS::Serverless::StateMachine": 80,
    "AWS::StepFunctions::Activity": 80,
    "AWS::StepFunctions::StateMachine": 80,
}
"""Type -> the letters that its name may have (service models)."""
NAMED_BY: Final = ("ArchiveName", "BucketName", "FunctionName", "QueueName", "RoleName", "StateMachineName")
"""The properties besides ``Name`` that name one of ``LONGEST``."""
_STACK: Final = "${AWS::StackName}"


def room_for_stack(type_: str, written: Any) -> int | None:
    """The longest name of a stack with which this name is not too long; ``None`` for one that says nothing of it.

    A name with other variables says nothing: their values are not known yet.
    """
    text = written.get("Fn::Sub") if isinstance(written, Mapping) else None
    if type_ not in LONGEST or not isinstance(text, str) or text.count("${") != 1 or _STACK not in text:
        return None
    return LONGEST[type_] - len(text.replace(_STACK, ""))


def name_properties(type_: str) -> tuple[str, ...]:
    """The properties that may name a resource of this type, such as ``TableName``."""
    return _OTHER_NAMES.get(type_, (f"{type_.rpartition('::')[2]}Name", "Name"))


def arn_of(type_: str, name: str, *, partition: str, region: str, account: str) -> str:
    """The ARN of a resource of this type and name."""
    if type_ not in ARNS:
        namespace, _, kind = type_.removeprefix("AWS::").lower().replace(" ", "-").partition("::")
        return f"arn:{partition}:{namespace}:{region}:{account}:{kind or namespace}/{name}"
    service, _, rest = ARNS[type_].partition(":")
    if rest.startswith(":"):
        owner = "" if service == "s3" else account
        return f"arn:{partition}:{service}::{owner}:{rest[1:].format(name)}"
    return f"arn:{partition}:{service}:{region}:{account}:{rest.format(name)}"


class Attributes(Mapping[str, Any]):
    """The attributes of a resource that is known by its name only: ARNs, and texts that name the resource."""

    def __init__(self, name: str, arn: str, url: str = "") -> None:
        self._name = name
        self._arn = arn
        self._url = url

    def __getitem__(self, attribute: str) -> str:
        if attribute.endswith("Arn"):
            return self._arn
        if attribute == "Name" or attribute.endswith("Name"):
            return self._name
        if attribute.endswith("Url"):
            return self._url or f"https://{self._name}.invalid"
        return f"{self._name}.{attribute}"

    def __contains__(self, attribute: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0
