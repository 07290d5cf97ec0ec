"""What Ref and GetAtt give for a resource that is known by its name only, and the name that a template gives it.

``ARNS`` is the part of an ARN after the account, by type (AWS CloudFormation user guide, return values of each type). A
type that is not in it gets ``<type>/<name>``.
"""

import re
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
STACK_UUID: Final = "00000000-0000-4000-8000-000000000000"
"""The last part of the ids of stacks."""
STACK_NAME: Final = re.compile("[A-Za-z][A-Za-z0-9-]{0,127}")
"""The name of a stack (CloudFormation's CreateStack)."""


def room_for_stack(type_: str, written: Any) -> int | None:
    """The longest name of a stack with which this name is not too long; ``None`` for one that says nothing of it.

    A name with other variables says nothing: their values are not known yet.
    """
    short, long = _with_stack(written, "x"), _with_stack(written, "xx")
    if type_ not in LONGEST or not isinstance(short, str) or not isinstance(long, str) or len(short) == len(long):
        return None
    times = len(long) - len(short)
    return (LONGEST[type_] - len(short) + times) // times


def _with_stack(written: Any, name: str) -> str | list[Any] | None:
    """What is written, for a stack of this name; ``None`` where that does not say it all."""
    if isinstance(written, str):
        return written
    if not isinstance(written, Mapping) or len(written) != 1:
        return None
    ((function, given),) = written.items()
    values = {
        "AWS::StackName": name,
        "AWS::StackId": f"arn:aws:cloudformation:region:account:stack/{name}/{STACK_UUID}",
    }
    match function, given:
        case "Ref", str():
            return values.get(given)
        case "Fn::Sub", str():
            text = given
            for variable, value in values.items():
                text = text.replace(f"${{{variable}}}", value)
            return None if "${" in text else text
        case "Fn::Join", [str() as between, [*parts]]:
            texts = [_with_stack(part, name) for part in parts]
            return between.join(map(str, texts)) if all(isinstance(text, str) for text in texts) else None
        case "Fn::Split", [str() as at, inner] if at:
            text_ = _with_stack(inner, name)
            return list(text_.split(at)) if isinstance(text_, str) else None
        case "Fn::Select", [int() | str() as place, inner] if str(place).isdigit():
            parts_ = [*inner] if isinstance(inner, list) else _with_stack(inner, name)
            is_there = isinstance(parts_, list) and int(place) < len(parts_)
            return _with_stack(parts_[int(place)], name) if is_there and isinstance(parts_, list) else None
        case _:
            return None


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
