"""Members and errors that the AWS SDK for Java names otherwise than the API, apart from Java's casing.

Step Functions' ``aws-sdk`` integrations take the names of that SDK. Sources: ``DefaultNamingStrategy`` and the
``customization.config`` of each service in the public repository of the SDK, version 2. Seen on AWS is only ``Nul``
(a query's result); the others follow from the same rule.

The members of the API are botocore's; the tables below have botocore's names of services and shapes.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from emulator.aws.names import Members, Naming, camel, verbatim

KEYWORDS: Final = frozenset({
    "abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue",
    "default", "do", "double", "else", "enum", "extends", "false", "final", "finally", "float", "for", "goto", "if",
    "implements", "import", "instanceof", "int", "interface", "long", "native", "new", "null", "package", "private",
    "protected", "public", "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this",
    "throw", "throws", "transient", "true", "try", "void", "volatile", "while",
})  # fmt: skip
"""Words that no member can have for a name, in whatever case: ``Value`` is added (``DefaultValue``)."""

METHODS: Final = frozenset({
    "equals", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait", "builder", "sdkFields",
    "toBuilder", "overrideConfiguration", "sdkHttpResponse",
})  # fmt: skip
"""Methods that each class of the SDK has, in exactly this case: ``Value`` is added (``EqualsValue``)."""

RENAMED: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "cloudformation": {"ListStacksInput": {"StackStatusFilter": "StackStatusFilters"}},
    "dynamodb": {"AttributeValue": {"NULL": "NUL"}},
    "dynamodbstreams": {"AttributeValue": {"NULL": "NUL"}},
    "ec2": {"Image": {"Public": "PublicLaunchPermissions"}, "FpgaImage": {"Public": "IsPublic"}},
    "elasticbeanstalk": {"CreatePlatformVersionResult": {"Builder": "PlatformBuilder"}},
    "s3": {
        "CopyObjectRequest": {"Bucket": "DestinationBucket", "Key": "DestinationKey"},
        "UploadPartCopyRequest": {"Bucket": "DestinationBucket", "Key": "DestinationKey"},
    },
    "sns": {"AddPermissionInput": {"AWSAccountId": "AWSAccountIds", "ActionName": "ActionNames"}},
}
"""Service -> shape -> member -> the name that Java's casing is then applied to (``NUL`` is ``Nul``)."""

ALSO: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "s3": {"CopyObjectRequest": ("Bucket", "Key"), "UploadPartCopyRequest": ("Bucket", "Key")},
}
"""Service -> shape -> renamed members whose old name a request may still have; it is only deprecated."""

ADDED: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "s3": {
        "CopyObjectRequest": {"SourceBucket": "Bucket", "SourceKey": "Key", "SourceVersionId": "VersionId"},
        "UploadPartCopyRequest": {"SourceBucket": "Bucket", "SourceKey": "Key", "SourceVersionId": "VersionId"},
    },
}
"""Service -> shape -> members of the SDK alone -> the part of ``CopySource`` that they are sent as."""

REMOVED: Final[Mapping[str, frozenset[str]]] = {"ec2": frozenset({"DryRun"})}
"""Service -> members that no shape of the SDK has."""

ERRORS: Final[Mapping[str, Mapping[str, str]]] = {
    "elb": {
        "AccessPointNotFoundException": "LoadBalancerNotFoundException",
        "DuplicateAccessPointNameException": "DuplicateLoadBalancerNameException",
        "InvalidEndPointException": "InvalidInstanceException",
        "TooManyAccessPointsException": "TooManyLoadBalancersException",
    },
    "marketplacecommerceanalytics": {
        "MarketplaceCommerceAnalyticsException": "MarketplaceCommerceAnalyticsServiceException"
    },
}
"""Service -> the shape of an error -> its name in the SDK."""


def java(member: str, *, union: bool = False) -> str:
    """The name of a member in an aws-sdk integration: ``DbInstanceIdentifier``, ``EqualsValue``.

    In a ``union``, ``Type`` is the name of a method, too.
    """
    name = camel(member)
    taken = name.lower() in KEYWORDS or name in METHODS or (union and name == "type")
    return verbatim(f"{name}Value" if taken else name)


def java_naming(service: str) -> Naming:
    """The names of the members of a service (boto3's name) in a result."""
    return lambda shape: _named(service, shape.name, tuple(shape.members), _is_union(shape))


def java_request_naming(service: str) -> Naming:
    """The names of the members of a service (boto3's name) in a request: those in a result, and old names."""
    old, named = ALSO.get(service, {}), java_naming(service)

    def naming(shape: Any) -> Members:
        known = named(shape)
        return {**known, **{java(each): each for each in old[shape.name]}} if shape.name in old else known

    return naming


def added_members(service: str, shape: Any) -> Mapping[str, str]:
    """The members that only the SDK's request has (``ADDED``)."""
    return ADDED.get(service, {}).get(shape.name, {})


def _is_union(shape: Any) -> bool:
    return bool(getattr(shape, "is_tagged_union", False))


@lru_cache(maxsize=4096)
def _named(service: str, shape: str, members: tuple[str, ...], union: bool) -> Members:
    renamed, removed = RENAMED.get(service, {}).get(shape, {}), REMOVED.get(service, frozenset())
    return {java(renamed.get(each, each), union=union): each for each in members if each not in removed}
