"""The names that Step Functions gives to services, actions, parameters and errors, from botocore's models.

Step Functions names things as the AWS SDK for Java names its classes and methods: ``DBInstanceIdentifier`` is
``DbInstanceIdentifier``, the service id ``Database Migration Service`` is ``databasemigration`` in a resource and
``DatabaseMigration`` before an error. This module holds both rules, and the few boto3 names they do not produce.
Checked against: the developer guide's list of services and error prefixes; parameters recorded on AWS (``ETag``,
``ChecksumCRC32``) and in AWS's own sample state machines (``SnsTopicArn`` for Textract's ``SNSTopicArn``).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel, StructureShape

Members: TypeAlias = Mapping[str, str]
"""A name in Step Functions -> the member of the shape, or the operation, that it stands for."""

Naming: TypeAlias = "Callable[[Any], Members]"
"""A structure of botocore's -> the names of its members."""

IRREGULAR: Final[Mapping[str, str]] = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplaceentitlement": "marketplace-entitlement",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}
"""Service of ``aws-sdk:<service>`` -> boto3's name, where removing the dashes from boto3's name is not enough."""

_WORD_ENDS: Final = (
    r"[^A-Za-z0-9]+",
    r"(?<=[^a-z]{2})(?=v\d)|(?<=[^A-Z]{2})(?=V\d)",
    r"(?<=[a-z])(?=[A-Z][A-Za-z0-9])",
    r"(?<=[A-Z])(?=[A-Z][a-z])",
    r"(?<=\d)(?=[A-Za-z])",
)
"""Word boundaries: ``SES|v2``, ``Dynamo|DB``, ``ACM|Success``, ``b2|bi``; applied in this order."""


@lru_cache(maxsize=1024)
def pascal(name: str) -> str:
    """``name`` as a Java class name: ``CloudHsmV2`` for ``CloudHSM V2``, ``DbInstance`` for ``DBInstance``."""
    for end in _WORD_ENDS:
        name = re.sub(end, " ", name)
    return "".join(map(str.capitalize, name.split()))


def service_prefix(service_id: str) -> str:
    """The prefix of an aws-sdk error, up to the dot: ``DynamoDb`` for botocore's service id ``DynamoDB``."""
    return pascal(service_id).removeprefix("Amazon").removeprefix("Aws").removesuffix("Service")


def exception_name(shape: str, prefix: str) -> str:
    """The Java exception name of an error shape: ``NoSuchKeyException``, ``DbInstanceNotFoundException``.

    The exception of the service as a whole, named after its ``prefix``, keeps its name for itself.
    """
    name = pascal(shape.removesuffix("Fault") if shape.endswith("Fault") else shape.removesuffix("Exception"))
    return f"{'Default' if name == prefix else ''}{name}Exception"


@lru_cache(maxsize=8192)
def camel(member: str) -> str:
    """``member`` as a Java method name: its leading acronym in lower case (``dbInstanceIdentifier``, ``vcpuHour``)."""
    leading = re.match(r".[A-Z]*(?![a-z])|.", member)
    return leading[0].lower() + member[leading.end() :] if leading else member


def verbatim(member: str) -> str:
    """The name of a member in an optimized integration: the API's own, in PascalCase (``MD5OfMessageBody``)."""
    return member[:1].upper() + member[1:]


def verbatim_naming(shape: "StructureShape") -> Members:
    """The names of the members of a shape in an optimized integration."""
    return _named(tuple(shape.members), verbatim)


@lru_cache(maxsize=4096)
def _named(of: tuple[str, ...], naming: Callable[[str], str]) -> Members:
    return {naming(name): name for name in of}


def action(operation: str) -> str:
    """The action in a resource that calls ``operation``: ``describeDBInstances``."""
    return camel(operation)


def operation(model: "ServiceModel", name: str) -> "OperationModel | None":
    """The operation that the action ``name`` calls."""
    found = _named(tuple(model.operation_names), action).get(name)
    return None if found is None else model.operation_model(found)


@cache
def _loader() -> "Loader":
    from botocore.loaders import Loader

    return Loader()


@cache
def services() -> Mapping[str, str]:
    """Service of ``aws-sdk:<service>`` -> boto3's name, for every service of the installed botocore."""
    known = _loader().list_available_services("service-2")
    irregular = {service: name for service, name in IRREGULAR.items() if name in known}
    return irregular | {name.replace("-", ""): name for name in known if name not in irregular.values()}


@cache
def service_model(boto3_name: str) -> "ServiceModel":
    """botocore's model of a service, for use without a client."""
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(boto3_name, "service-2"), boto3_name)


def is_server_fault(boto3_name: str, shape: str) -> bool:
    """Whether an error is the service's own fault: its HTTP status is then 500, unless the model says another."""
    shapes: Mapping[str, Mapping[str, Any]] = _loader().load_service_model(boto3_name, "service-2")["shapes"]
    return bool(shapes.get(shape, {}).get("fault"))


@lru_cache(maxsize=256)
def stub_of(boto3_name: str, operation: str) -> str | None:
    """What stubs a call: ``emulator.stub("aws-sdk:glue:getJobRun")``; ``None`` for one that no Task can make."""
    service = next((ours for ours, name in services().items() if name == boto3_name), None)
    model = service_model(boto3_name)
    if service is None or operation not in model.operation_names:
        return None
    called = model.operation_model(operation)
    if called.has_event_stream_output or called.has_event_stream_input:
        return None
    return f'emulator.stub("aws-sdk:{service}:{action(operation)}")'


def nearest_service(name: str, near: Callable[[str, Iterable[str]], str | None]) -> str | None:
    """A hint for an unknown service; another name of a service (``events``, ``email``) suggests the one it has here."""
    ours = {boto3_name: service for service, boto3_name in services().items()} | OTHER_NAMES
    return near(ours.get(name, name), services())


OTHER_NAMES: Final = {
    "states": "sfn",
    "email": "ses",
    "monitoring": "cloudwatch",
    "elasticmapreduce": "emr",
    "elasticfilesystem": "efs",
    "mobiletargeting": "pinpoint",
    "execute-api": "apigatewaymanagementapi",
    "airflow": "mwaa",
    "aps": "amp",
    "aoss": "opensearchserverless",
    "cassandra": "keyspaces",
    "cloudcontrolapi": "cloudcontrol",
    "geo": "location",
    "oidc": "ssooidc",
    "tagging": "resourcegroupstaggingapi",
    "profile": "customerprofiles",
}
"""Endpoint prefix or signing name -> the service that is often meant, where the two have little in common."""
