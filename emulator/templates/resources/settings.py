"""Parameters, secrets and log groups; and resources that say who may do what, which is not enforced."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from emulator.aws.regions import partition_of
from emulator.templates.members import Fitting, shown
from emulator.templates.properties import Made, Properties, Resource
from emulator.templates.roles import put_managed_policy, put_policy, put_role
from emulator.templates.stack import LETTERS, Make, Stack


def parameter(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::SSM::Parameter``."""
    request = properties.chosen("Name", "Type", "Value", "Description", "AllowedPattern", "Tier", "DataType")
    request.setdefault("Name", stack.physical_name(resource.logical_id))
    if (tags := properties.get("Tags")) is not None:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    stack.client("ssm").put_parameter(**request)
    arn = stack.arn("ssm", f"parameter/{request['Name'].lstrip('/')}")
    return Made(
        request["Name"], {"Arn": arn, "Type": request.get("Type", "String"), "Value": shown(request.get("Value", ""))}
    )


def secret(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::SecretsManager::Secret``; a generated one is random letters, the same for the same seed."""
    request = properties.chosen("Name", "Description", "SecretString", "Tags", "KmsKeyId")
    request.setdefault("Name", f"{resource.logical_id}-{stack.random_text(resource.logical_id, 12)}")
    generate = properties.get("GenerateSecretString")
    if generate is not None:
        request["SecretString"] = _generated(stack, resource.logical_id, generate)
    arn = stack.client("secretsmanager").create_secret(**request)["ARN"]
    return Made(arn, {"Id": arn})


def _generated(stack: Stack, logical_id: str, wanted: Mapping[str, Any]) -> str:
    letters = "".join(each for each in LETTERS if each not in str(wanted.get("ExcludeCharacters", "")))
    text = stack.random_text(f"{logical_id}/secret", int(wanted.get("PasswordLength", 32)), letters)
    if "GenerateStringKey" not in wanted:
        return text
    return json.dumps({**json.loads(wanted.get("SecretStringTemplate", "{}")), wanted["GenerateStringKey"]: text})


def key(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::KMS::Key``: its Ref is its id."""
    client = stack.client("kms")
    made = client.create_key(**properties.chosen("Description", "KeyUsage", "KeySpec", "MultiRegion"))["KeyMetadata"]
    return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def key_alias(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::KMS::Alias``: another name of a key."""
    name = properties.get("AliasName")
    stack.client("kms").create_alias(AliasName=name, TargetKeyId=properties.get("TargetKeyId"))
    return Made(name)


def log_group(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Logs::LogGroup``: its ARN ends in ``:*``."""
    name = properties.get("LogGroupName") or stack.physical_name(resource.logical_id, 512)
    logs, tags = stack.client("logs"), properties.get("Tags")
    logs.create_log_group(logGroupName=name, **({"tags": tags} if tags else {}))
    if (days := Properties(stack, resource).get("RetentionInDays")) is not None:  # shown, without effect
        Fitting(stack.assembly.internal_client("logs")).put_retention_policy(logGroupName=name, retentionInDays=days)
    return Made(name, {"Arn": stack.arn("logs", f"log-group:{name}:*")})


def role(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::IAM::Role``: IAM knows it; nothing asks what it allows."""
    name = properties.get("RoleName") or stack.physical_name(resource.logical_id)
    stack.roles.append(partial(put_role, stack, resource, name))
    path = properties.get("Path", "/")
    arn = f"arn:{partition_of(stack.region)}:iam::{stack.assembly.account_id}:role{path}{name}"
    return Made(name, {"Arn": arn, "RoleId": f"AROA{stack.random_text(resource.logical_id, 17)}"})


def policy(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::IAM::Policy`` and ``AWS::IAM::RolePolicy``: IAM knows them; they are not enforced."""
    name = stack.physical_name(resource.logical_id)
    stack.roles.append(partial(put_policy, stack, resource, name))
    return Made(name, _Ids(stack, resource))


def managed_policy(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::IAM::ManagedPolicy``: its Ref is its ARN."""
    name = properties.get("ManagedPolicyName") or stack.physical_name(resource.logical_id, 128)
    stack.roles.append(partial(put_managed_policy, stack, resource, name))
    path = properties.get("Path", "/")
    arn = f"arn:{partition_of(stack.region)}:iam::{stack.assembly.account_id}:policy{path}{name}"
    return Made(arn, {"PolicyArn": arn})


def no_effect(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """A resource that only allows or describes something."""
    return Made(stack.physical_name(resource.logical_id), _Ids(stack, resource))


class _Ids(dict[str, Any]):
    """``Id`` and ``Arn``."""

    def __init__(self, stack: Stack, resource: Resource) -> None:
        service = resource.type.split("::")[1].lower()
        super().__init__({"Id": resource.logical_id, "Arn": stack.arn(service, resource.logical_id)})


_NO_EFFECT: Final = """
    AWS::CDK::Metadata AWS::CloudFormation::WaitConditionHandle AWS::Events::EventBusPolicy AWS::Lambda::Permission
    AWS::Logs::ResourcePolicy AWS::S3::BucketPolicy AWS::SNS::TopicPolicy AWS::SQS::QueuePolicy
    AWS::SecretsManager::ResourcePolicy AWS::Serverless::Connector
"""

MAKERS: Final[Mapping[str, Make]] = {
    "AWS::KMS::Alias": key_alias,
    "AWS::KMS::Key": key,
    "AWS::SSM::Parameter": parameter,
    "AWS::SecretsManager::Secret": secret,
    "AWS::Logs::LogGroup": log_group,
    "AWS::IAM::ManagedPolicy": managed_policy,
    "AWS::IAM::Policy": policy,
    "AWS::IAM::Role": role,
    "AWS::IAM::RolePolicy": policy,
    **dict.fromkeys(_NO_EFFECT.split(), no_effect),
}
