"""A Task's ``Resource``: a Lambda function, an activity, or a service's action in one of four patterns.

Source: Step Functions developer guide, service integrations; refusal texts recorded on AWS
(``test_invalid_integration``).
"""

import re
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Pattern: TypeAlias = Literal["", ".sync", ".sync:2", ".waitForTaskToken"]

INTEGRATION_PATTERNS: Final[dict[str, dict[str, tuple[Pattern, ...]]]] = {
    "lambda": {"invoke": ("", ".waitForTaskToken")},
    "sqs": {"sendMessage": ("", ".waitForTaskToken")},
    "sns": {"publish": ("", ".waitForTaskToken")},
    "dynamodb": {"getItem": ("",), "putItem": ("",), "updateItem": ("",), "deleteItem": ("",)},
    "events": {"putEvents": ("", ".waitForTaskToken")},
    "states": {"startExecution": ("", ".sync", ".sync:2", ".waitForTaskToken")},
    "apigateway": {"invoke": ("", ".waitForTaskToken")},
    "http": {"invoke": ("",)},
    "ecs": {"runTask": ("", ".sync", ".waitForTaskToken")},
    "batch": {"submitJob": ("", ".sync")},
    "glue": {"startJobRun": ("", ".sync")},
    "databrew": {"startJobRun": ("", ".sync")},
    "athena": {
        "startQueryExecution": ("", ".sync"),
        "stopQueryExecution": ("",),
        "getQueryExecution": ("",),
        "getQueryResults": ("",),
    },
    "codebuild": {
        "startBuild": ("", ".sync"),
        "startBuildBatch": ("", ".sync"),
        "retryBuildBatch": ("", ".sync"),
        "stopBuild": ("",),
        "stopBuildBatch": ("",),
        "deleteBuildBatch": ("",),
        "batchDeleteBuilds": ("",),
        "batchGetReports": ("",),
    },
    "sagemaker": {
        "createTrainingJob": ("", ".sync"),
        "createTransformJob": ("", ".sync"),
        "createProcessingJob": ("", ".sync"),
        "createLabelingJob": ("", ".sync"),
        "createHyperParameterTuningJob": ("", ".sync"),
        "createModel": ("",),
        "createEndpointConfig": ("",),
        "createEndpoint": ("",),
        "updateEndpoint": ("",),
    },
    "elasticmapreduce": {
        "createCluster": ("", ".sync"),
        "terminateCluster": ("", ".sync"),
        "addStep": ("", ".sync"),
        "cancelStep": ("",),
        "setClusterTerminationProtection": ("",),
        "modifyInstanceFleetByName": ("",),
        "modifyInstanceGroupByName": ("",),
    },
    "emr-containers": {
        "createVirtualCluster": ("",),
        "deleteVirtualCluster": ("", ".sync"),
        "startJobRun": ("", ".sync"),
    },
    "emr-serverless": {
        "createApplication": ("", ".sync"),
        "startApplication": ("", ".sync"),
        "stopApplication": ("", ".sync"),
        "deleteApplication": ("", ".sync"),
        "startJobRun": ("", ".sync"),
        "cancelJobRun": ("", ".sync"),
    },
    "eks": {
        "createCluster": ("", ".sync"),
        "deleteCluster": ("", ".sync"),
        "createFargateProfile": ("", ".sync"),
        "deleteFargateProfile": ("", ".sync"),
        "createNodegroup": ("", ".sync"),
        "deleteNodegroup": ("", ".sync"),
        "runJob": ("", ".sync"),
        "call": ("",),
    },
    "bedrock": {
        "invokeModel": ("", ".waitForTaskToken"),
        "createModelCustomizationJob": ("", ".sync"),
    },
    "bedrockagentcore": {"invokeHarness": ("",)},
    "mediaconvert": {"createJob": ("", ".sync")},
}
"""Optimized integrations of the developer guide: service -> action -> its patterns."""

_SERVICE = re.compile(
    r"arn:aws[a-z-]*:states:(?:[a-z0-9-]*:\d{12}|:):(?P<type>(?:aws-sdk:)?[a-z0-9-]+):(?P<action>[A-Za-z0-9]+)"
    r"(?P<pattern>\.sync:2|\.sync|\.waitForTaskToken)?"
)
_LAMBDA = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?")
_ACTIVITY = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:.+")


@dataclass(frozen=True, slots=True)
class Resource:
    """A parsed ``Resource``; ``service`` is ``lambda`` or ``aws-sdk:dynamodb``, empty for a bare ARN."""

    text: str
    kind: Literal["lambda", "activity", "service"]
    service: str = ""
    action: str = ""
    pattern: Pattern = ""
    waits: bool = field(init=False)
    """Whether the task ends only when a worker, or the job itself, reports."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "waits", self.kind == "activity" or self.pattern != "")

    @property
    def label(self) -> str:
        """The task's name in AWS's size errors: the ARN of the function or activity, else the service."""
        return self.service or self.text


def parse_resource(text: str) -> Resource | None:
    """The resource that ``text`` names, or ``None`` if AWS would not recognise it."""
    if _LAMBDA.fullmatch(text):
        return Resource(text, "lambda")
    if _ACTIVITY.fullmatch(text):
        return Resource(text, "activity")
    if not (match := _SERVICE.fullmatch(text)):
        return None
    service, action, pattern = match["type"], match["action"], match["pattern"] or ""
    if service.startswith("aws-sdk:"):
        known: tuple[Pattern, ...] = ("", ".waitForTaskToken")
    else:
        known = INTEGRATION_PATTERNS.get(service, {}).get(action, ())
    return next((Resource(text, "service", service, action, each) for each in known if each == pattern), None)


def in_lower_case(text: str) -> str | None:
    """The resource that ``text`` means, if only the case of its service's or action's first letters is wrong."""
    match = _ANY_CASE.fullmatch(text)
    if match is None:
        return None
    meant = f"{match[1]}{match[2].lower()}:{match[3][0].lower()}{match[3][1:]}"
    return meant if meant != text and parse_resource(meant) is not None else None


_ANY_CASE = re.compile(r"(arn:aws[a-z-]*:states:.*:)([A-Za-z0-9-]+):([A-Za-z0-9]+(?:\.[A-Za-z:0-9]+)?)")


def known_resources() -> list[str]:
    """Every optimized resource, for suggestions."""
    return [
        f"arn:aws:states:::{service}:{action}{pattern}"
        for service, actions in INTEGRATION_PATTERNS.items()
        for action, patterns in actions.items()
        for pattern in patterns
    ]
