"""What a CloudFormation template asks for that would not be made: resources of this process, promises, unknown types.

moto makes the resources of some types in its own services, leaves out all others without a word, and then says
``CREATE_COMPLETE``. So a template is read before moto gets it. A resource is refused by its logical id when it lives in
this process (a state machine, a function, a rule), when it promises a later event (``emulator.aws.promises``), or when
moto does not make it. ``TYPES`` has those that are made as asked; policies have no effect here anyway.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from emulator.aws.promises.conditions import DELIVERED_PROTOCOLS, Condition, Members, enabled_in, given
from emulator.definitions.yaml_text import read_template

ReadObject: TypeAlias = Callable[[str, str], bytes]
"""The content of an S3 object by its bucket and key; raises when there is none."""

STACK: Final = "AWS::CloudFormation::Stack"
_MOST_SHOWN: Final = 5
_HERE: Final = ("AWS::StepFunctions::", "AWS::Lambda::", "AWS::Serverless::", "AWS::Events::")
"""Beginnings of types whose resources live in this process, or act on what does."""


def _subscribes(properties: Members) -> bool:
    """``AWS::SNS::Topic``: with a subscription that no message is delivered to."""
    subscriptions = properties.get("Subscription") or ()
    if not isinstance(subscriptions, list | tuple):
        return True
    return any(
        not isinstance(each, Mapping) or each.get("Protocol") not in DELIVERED_PROTOCOLS for each in subscriptions
    )


def _either(*conditions: Condition) -> Condition:
    return lambda properties: any(condition(properties) for condition in conditions)


_MADE: Final = """
    ApiGateway::Deployment ApiGateway::Method ApiGateway::Resource ApiGateway::RestApi AutoScaling::LaunchConfiguration
    Batch::ComputeEnvironment Batch::JobDefinition Batch::JobQueue CloudWatch::Dashboard EC2::EIP EC2::Instance
    EC2::InternetGateway EC2::LaunchTemplate EC2::NatGateway EC2::NetworkInterface EC2::Route EC2::RouteTable
    EC2::SecurityGroup EC2::SecurityGroupIngress EC2::SpotFleet EC2::Subnet EC2::SubnetRouteTableAssociation
    EC2::TransitGateway EC2::VPC EC2::VPCEndpoint EC2::VPCGatewayAttachment EC2::VPCPeeringConnection EC2::VPNGateway
    EC2::Volume EC2::VolumeAttachment ECS::Cluster ECS::Service ECS::TaskDefinition EFS::AccessPoint EFS::MountTarget
    EMR::InstanceGroupConfig EMR::SecurityConfiguration ElasticLoadBalancing::LoadBalancer
    ElasticLoadBalancingV2::Listener ElasticLoadBalancingV2::ListenerRule ElasticLoadBalancingV2::LoadBalancer
    ElasticLoadBalancingV2::TargetGroup Events::EventBus IAM::AccessKey IAM::InstanceProfile IAM::ManagedPolicy
    IAM::Policy IAM::Role IAM::User IoT::BillingGroup IoT::JobTemplate IoT::Policy IoT::RoleAlias IoT::Thing
    IoT::ThingType KMS::Alias Kinesis::Stream Logs::ResourcePolicy RDS::DBInstance RDS::DBParameterGroup
    RDS::DBSecurityGroup RDS::DBSubnetGroup Redshift::ClusterParameterGroup Redshift::ClusterSubnetGroup
    Route53::HealthCheck Route53::HostedZone Route53::RecordSet Route53::RecordSetGroup SQS::Queue SSM::Document
    SageMaker::Endpoint SageMaker::EndpointConfig SageMaker::Model SageMaker::NotebookInstance
    SageMaker::NotebookInstanceLifecycleConfig
"""
_WITHOUT_EFFECT: Final = """
    CDK::Metadata Events::EventBusPolicy S3::BucketPolicy SNS::TopicPolicy SQS::QueuePolicy
    SecretsManager::ResourcePolicy
"""

TYPES: Final[Mapping[str, Condition | None]] = {
    **{f"AWS::{name}": None for name in (*_MADE.split(), *_WITHOUT_EFFECT.split())},
    "AWS::AutoScaling::AutoScalingGroup": given("LifecycleHookSpecificationList", "NotificationConfigurations"),
    "AWS::DynamoDB::Table": _either(
        enabled_in("TimeToLiveSpecification", "Enabled"), given("KinesisStreamSpecification")
    ),
    "AWS::ECR::Repository": given("LifecyclePolicy"),
    "AWS::EFS::FileSystem": given("LifecyclePolicies"),
    "AWS::EMR::Cluster": given("Steps", "AutoScalingRole"),
    "AWS::KMS::Key": enabled_in("EnableKeyRotation"),
    "AWS::Logs::LogGroup": given("RetentionInDays"),
    "AWS::Redshift::Cluster": given("LoggingProperties"),
    "AWS::S3::Bucket": _either(
        given("NotificationConfiguration", "ReplicationConfiguration", "InventoryConfigurations"),
        given("LoggingConfiguration", "AnalyticsConfigurations", "IntelligentTieringConfigurations"),
        enabled_in("LifecycleConfiguration", "Rules", "Status"),
    ),
    "AWS::SNS::Topic": _subscribes,
    "AWS::SSM::Parameter": given("Policies"),
}
"""Type of a resource that moto makes -> with which properties it promises a later event, ``None`` for none."""


def lost(members: Members, read_object: ReadObject) -> str | None:
    """What a call with a template would not make, for a message; ``None`` when everything is made, or nothing asked.

    A template that cannot be read is left to moto, which says why.
    """
    text = members.get("TemplateBody") or _at(members.get("TemplateURL"), read_object)
    found = list(_problems(_value(text), read_object))
    if not found:
        return None
    more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    return f"moto would say CREATE_COMPLETE, but {'; '.join(found[:_MOST_SHOWN])}{more}"


def _problems(template: Any, read_object: ReadObject) -> Iterator[str]:
    resources = template.get("Resources") if isinstance(template, Mapping) else None
    for name, resource in resources.items() if isinstance(resources, Mapping) else ():
        if not isinstance(resource, Mapping):
            continue
        kind, properties = str(resource.get("Type")), resource.get("Properties")
        properties = properties if isinstance(properties, Mapping) else {}
        if kind == STACK and isinstance(url := properties.get("TemplateURL"), str):
            yield from (f"{name}: {each}" for each in _problems(_value(_at(url, read_object)), read_object))
        elif kind not in TYPES:
            why = "lives in this process, where no template makes it" if kind.startswith(_HERE) else "would not be made"
            yield f"{name} ({kind}) {why}"
        elif (condition := TYPES[kind]) is not None and condition(properties):
            yield f"{name} ({kind}) promises a later event, which would not come"


def _value(text: Any) -> Any:
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return read_template(text)


def _at(url: Any, read_object: ReadObject) -> str | None:
    """The text at a URL of S3, with the bucket in the host's name or in the path."""
    if not isinstance(url, str):
        return None
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    bucket, _, after = host.partition(".s3")
    if not after or not bucket:
        bucket, _, path = path.partition("/")
    try:
        return read_object(bucket, path).decode()
    except Exception:  # the object does not exist, or is no text: moto says so
        return None
