"""The members of a service's parts. One that is nearly the name of a known one is refused, with its place.

Serverless itself warns of members that it does not know, and takes them; plugins add members of their own. So only a
misspelt one is refused (Serverless Framework 3 and serverless-step-functions 3, from their sources).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.problems import join
from emulator.templates.serverless.service import Service
from emulator.templates.words import near_miss

PARTS: Final = {
    "stepFunctions": "activities noOutput stateMachines validate",
    "functions.*": """
        architecture condition dependsOn description destinations disableLogs environment ephemeralStorageSize events
        fileSystemConfig handler image kmsKeyArn layers logDataProtectionPolicy logRetentionInDays maximumEventAge
        maximumRetryAttempts memorySize module name onError package provisionedConcurrency reservedConcurrency role
        runtime runtimeManagement snapStart tags timeout tracing url versionFunction vpc
    """,
}
"""A part, ``*`` for any member -> what it may have."""
TARGETS: Final = "description enabled input inputPath inputTransformer name retryPolicy"
EVENTS: Final = {
    "cloudwatchEvent": f"{TARGETS} deadLetterConfig event eventBusName iamRole",
    "eventBridge": f"{TARGETS} deadLetterConfig deadLetterQueueArn event eventBus eventBusName iamRole pattern"
    " schedule",
    "http": """
        action async authorizer connectionId connectionType cors documentation iamRole integration method operationId
        path private request response responses timeoutInMillis
    """,
    "httpApi": "authorizer cors documentation method path timeout",
    "s3": "bucket event existing forceDeploy rules",
    "schedule": f"{TARGETS} method rate role timezone",
    "sns": "arn displayName filterPolicy filterPolicyScope redrivePolicy topicName",
    "sqs": "arn batchSize enabled filterPatterns functionResponseType maximumBatchingWindow maximumConcurrency",
    "stream": """
        arn batchSize batchWindow bisectBatchOnFunctionError consumer destinations enabled filterPatterns
        functionResponseType maximumRecordAgeInSeconds maximumRetryAttempts parallelizationFactor startingPosition
        startingPositionTimestamp tumblingWindowInSeconds type
    """,
}
"""Type of an event, of a function or a state machine -> what it may have."""


def check_words(service: Service) -> None:
    """Raise ``TemplateError`` for the first misspelt member."""
    for part, known in PARTS.items():
        first, _, each = part.partition(".")
        value = service.value.get(first) or {}
        rows = value.items() if each else [("", value)]
        for name, written in rows:
            _check(service, written, known, join(f"/{first}", name) if each else f"/{first}")
    machines = (service.value.get("stepFunctions") or {}).get("stateMachines") or {}
    for pointer, owners in (("/functions", service.functions), ("/stepFunctions/stateMachines", machines)):
        for event, value, at in _events(owners, pointer):
            if event in EVENTS:
                _check(service, value, EVENTS[event], join(at, event))


def _events(owners: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Any, str]]:
    """Type, value and pointer of each event."""
    for key, owner in owners.items():
        for number, event in enumerate((owner or {}).get("events") or () if isinstance(owner, Mapping) else ()):
            for type_, value in event.items() if isinstance(event, Mapping) else ():
                yield type_, value, join(pointer, key, "events", number)


def _check(service: Service, written: Any, known: str, pointer: str) -> None:
    words = known.split()
    for member in written if isinstance(written, Mapping) else ():
        if member not in words and (near := near_miss(str(member), words)) is not None:
            what = pointer.lstrip("/").replace("/", ".")
            raise service.error(f"{what} has no {member}", join(pointer, str(member)), f'Did you mean "{near}"?')
