"""Services that sign under one name: which of them a request over HTTP is for.

On AWS each has a host of its own. Here the request's target, or its method and path, is compared with the services'
models. The names are those of botocore's models (``signingName``); a test compares.
"""

import re
from collections.abc import Mapping
from typing import Final

from emulator.aws import names
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import asked

SHARED: Final[Mapping[str, tuple[str, ...]]] = {
    "account-access": ("account-access", "account-access-runtime"),
    "agent-registry": ("agent-registry", "agent-registry-control"),
    "appconfig": ("appconfig", "appconfigdata"),
    "aws-marketplace": (
        "meteringmarketplace",
        "marketplace-entitlement",
        "marketplace-agreement",
        "marketplace-catalog",
        "marketplace-deployment",
        "marketplace-discovery",
        "marketplace-reporting",
    ),
    "bedrock": (
        "bedrock",
        "bedrock-runtime",
        "bedrock-agent",
        "bedrock-agent-runtime",
        "bedrock-data-automation",
        "bedrock-data-automation-runtime",
    ),
    "bedrock-agentcore": ("bedrock-agentcore", "bedrock-agentcore-control"),
    "cassandra": ("keyspaces", "keyspacesstreams"),
    "chime": (
        "chime",
        "chime-sdk-identity",
        "chime-sdk-media-pipelines",
        "chime-sdk-meetings",
        "chime-sdk-messaging",
        "chime-sdk-voice",
    ),
    "cloudhsm": ("cloudhsmv2", "cloudhsm"),
    "cloudsearch": ("cloudsearch", "cloudsearchdomain"),
    "connect": ("connect", "connectscheduling", "connect-contact-lens"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "events": ("events", "eventbridgev2"),
    "execute-api": ("apigatewaymanagementapi", "connectparticipant"),
    "forecast": ("forecast", "forecastquery"),
    "iam": ("iam", "iam-toolbox"),
    "ivs": ("ivs", "ivs-realtime"),
    "lex": ("lexv2-models", "lexv2-runtime", "lex-models", "lex-runtime"),
    "mediastore": ("mediastore", "mediastore-data"),
    "mgh": ("mgh", "migrationhub-config"),
    "payment-cryptography": ("payment-cryptography", "payment-cryptography-data"),
    "personalize": ("personalize", "personalize-events", "personalize-runtime"),
    "sagemaker": (
        "sagemaker",
        "sagemaker-runtime",
        "sagemaker-metrics",
        "sagemaker-a2i-runtime",
        "sagemaker-edge",
        "sagemaker-featurestore-runtime",
        "sagemaker-gateway-runtime",
        "sagemaker-inference-router-runtime",
        "sagemakerjobruntime",
        "sagemakertrainingsessionruntime",
    ),
    "servicecatalog": ("servicecatalog", "servicecatalog-appregistry"),
    "ses": ("ses", "sesv2", "pinpoint-email", "mailmanager"),
    "signer": ("signer", "signer-data"),
    "sms-voice": ("pinpoint-sms-voice-v2", "sms-voice", "pinpoint-sms-voice"),
    "timestream": ("timestream-write", "timestream-query"),
}
"""``signingName`` -> boto3's names of services with it and different hosts; of equal paths, the first one's is meant.

Not S3's: a bucket's key may be any path, so ``s3control`` is told by a header.
"""

SHARING: Final = frozenset(name for services in SHARED.values() for name in services)
"""All services of ``SHARED``."""

_CBOR: Final = re.compile(r"/service/([^/]+)/operation/\w+")


def endpoint_of(signing_name: str, request: AwsRequest) -> str | None:
    """The endpoint prefix of the service that has the operation; ``None`` if none has, or the name is not shared."""
    if signing_name == "s3" and request.header("x-amz-account-id"):
        return "s3-control"
    known = names.services().values()
    for name in SHARED.get(signing_name, ()):
        if name in known and _is_for(name, request):
            return prefix_of(name)
    return None


def _is_for(service: str, request: AwsRequest) -> bool:
    prefix = names.service_model(service).metadata.get("targetPrefix")
    path = request.prepared.url.partition("?")[0]
    target = request.header("X-Amz-Target").rpartition(".")[0]
    if match := _CBOR.search(path):
        target = match[1]
    if target and target != prefix:
        return False
    return asked(request, service) is not None
