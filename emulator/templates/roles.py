"""Roles and policies of a template, which IAM knows and nothing enforces.

A template has many of them, and hardly any application asks for one. So they are made when the first request to IAM
comes (``iam:GetRole``), with the properties as they are then.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator.aws.interception import AwsRequest
from emulator.templates.properties import Properties, Resource
from emulator.templates.stack import Stack

_TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole"]}],
}
"""What a role of an event says (source of SAM's translator)."""


class RolesAtIam:
    """Makes ``roles`` before the first request to IAM; one that IAM refuses, or has already, is left."""

    def __init__(self, roles: list[Callable[[], None]]) -> None:
        self._left = roles

    def __call__(self, request: AwsRequest) -> None:
        """Make them, if this is the first request to IAM."""
        if request.service == "iam" and self._left:
            rows, self._left = self._left, []
            for make in rows:
                with suppress(ClientError):
                    make()


def put_role(stack: Stack, resource: Resource, name: str) -> None:
    """``AWS::IAM::Role``, with its inline and its managed policies."""
    iam, properties = stack.client("iam"), Properties(stack, resource)
    request = properties.chosen("Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags")
    trust = properties.get("AssumeRolePolicyDocument") or resource.metadata.get("Trust") or _TRUST
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_text(trust), **request)
    for each in properties.get("Policies") or ():
        _put_policy(iam, name, each["PolicyName"], each["PolicyDocument"])
    for arn in properties.get("ManagedPolicyArns") or ():
        with suppress(ClientError):  # a policy of AWS's own, which the backend may not have
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def put_policy(stack: Stack, resource: Resource, name: str) -> None:
    """``AWS::IAM::Policy`` and ``AWS::IAM::RolePolicy``: inline policies of roles."""
    iam, properties = stack.client("iam"), Properties(stack, resource)
    roles = properties.get("Roles") or properties.chosen("RoleName").values()
    for role in roles:
        _put_policy(iam, role, properties.get("PolicyName") or name, properties.get("PolicyDocument"))


def put_managed_policy(stack: Stack, resource: Resource, name: str) -> None:
    """``AWS::IAM::ManagedPolicy``, attached to its roles."""
    iam, properties = stack.client("iam"), Properties(stack, resource)
    request = properties.chosen("Path", "Description")
    document = _text(properties.get("PolicyDocument"))
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document, **request)["Policy"]["Arn"]
    for role in properties.get("Roles") or ():
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def _put_policy(iam: Any, role: str, name: str, document: Any) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=_text(document))


def _text(document: Any) -> str:
    return json.dumps(document) if isinstance(document, Mapping) else str(document)
