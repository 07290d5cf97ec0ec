"""The names that Step Functions gives to services, actions, parameters and errors, from botocore's models.

Step Functions names things as the AWS SDK for Java names its classes and methods: ``DBInstanceIdentifier`` is
``DbInstanceIdentifier``, the service id ``Database Migration Service`` is ``databasemigration`` in a resource and
``DatabaseMigration`` before an error. Both rules are here, and the few boto3 names that they do not lead to.
Checked against: the developer guide's list of services and error prefixes; parameters recorded on AWS (``ETag``,
``ChecksumCRC32``) and in AWS's own sample state machines (``SnsTopicArn`` for Textract's ``SNSTopicArn``).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel

Naming: TypeAlias = Callable[[str], str]
"""A member of a botocore shape -> what Step Functions calls it."""

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
"""Service of ``aws-sdk:<service>`` -> boto3's name, where leaving out boto3's dashes does not give the service."""

_RESERVED: Final = frozenset(
    {"clone", "default", "enum", "equals", "finalize", "notify", "package", "public", "return", "wait"}
)
"""Members that Java cannot have as methods: they end in ``Value`` (``EqualsValue``)."""

_WORD_ENDS: Final = (
    r"[^A-Za-z0-9]+",
    r"(?<=[^a-z]{2})(?=v\d)|(?<=[^A-Z]{2})(?=V\d)",
    r"(?<=[a-z])(?=[A-Z][A-Za-z0-9])",
    r"(?<=[A-Z])(?=[A-Z][a-z])",
    r"(?<=\d)(?=[A-Za-z])",
)
"""Where a word ends: ``SES|v2``, ``Dynamo|DB``, ``ACM|Success``, ``b2|bi``; applied one after the other."""


@lru_cache(maxsize=1024)
def pascal(name: str) -> str:
    """``name`` as a Java class: ``CloudHSM V2`` is ``CloudHsmV2``, ``DBInstanceNotFound`` ``DbInstanceNotFound``."""
    for end in _WORD_ENDS:
        name = re.sub(end, " ", name)
    return "".join(map(str.capitalize, name.split()))


def service_prefix(service_id: str) -> str:
    """What stands before the dot of an aws-sdk error: ``DynamoDb`` for botocore's service id ``DynamoDB``."""
    return pascal(service_id).removeprefix("Amazon").removeprefix("Aws").removesuffix("Service")


def exception_name(shape: str) -> str:
    """An error shape as a Java exception: ``NoSuchKeyException``, ``DbInstanceNotFoundException``."""
    return pascal(shape.removesuffix("Exception").removesuffix("Fault")) + "Exception"


@lru_cache(maxsize=8192)
def camel(member: str) -> str:
    """``member`` as a Java method: a leading acronym in lower case (``dbInstanceIdentifier``, ``eTag``)."""
    leading = re.match(r"[A-Z]+(?![a-z])|[A-Z]", member)
    return leading[0].lower() + member[leading.end() :] if leading else member


def verbatim(member: str) -> str:
    """The name of a member in an optimized integration: the API's own, in PascalCase (``MD5OfMessageBody``)."""
    return member[:1].upper() + member[1:]


def java(member: str) -> str:
    """The name of a member in an aws-sdk integration: ``DbInstanceIdentifier``, ``EqualsValue``."""
    name = camel(member)
    return verbatim(f"{name}Value" if name in _RESERVED else name)


@lru_cache(maxsize=4096)
def members(of: tuple[str, ...], naming: Naming) -> Mapping[str, str]:
    """Step Functions' name -> botocore's, for the members of a shape or the operations of a service."""
    return {naming(member): member for member in of}


def action(operation: str) -> str:
    """The action of a resource that calls ``operation``: ``describeDBInstances``."""
    return camel(operation)


def operation(model: "ServiceModel", name: str) -> "OperationModel | None":
    """The operation that the action ``name`` calls."""
    found = members(tuple(model.operation_names), action).get(name)
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
    """botocore's model of a service, for questions that need no client."""
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(boto3_name, "service-2"), boto3_name)


def nearest_service(name: str, near: Callable[[str, Iterable[str]], str | None]) -> str | None:
    """A hint for a service that does not exist; boto3's own names lead to Step Functions' (``events``)."""
    ours = {boto3_name: service for service, boto3_name in services().items()}
    return near(ours.get(name, name), services())
