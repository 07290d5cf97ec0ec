"""The optimized integrations: the members that each action takes.

Sources: developer guide, "Integrating optimized services", page by page; required members measured with
ValidateStateMachineDefinition in September 2026 (``lambda``, ``sqs``, ``sns``, ``dynamodb``, ``states``, ``events``,
``ecs``, ``glue``). Most actions have the members of the API's operation, in PascalCase. The others are listed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["STRING", "NUMBER", "BOOLEAN", "OBJECT", "ARRAY", "PAYLOAD", "JSON"]
"""What a member of an action's own may be: ``PAYLOAD`` is any value but a number or a boolean, ``JSON`` any value."""


@dataclass(frozen=True, slots=True)
class Action:
    """The members of one action.

    ``service`` and ``operation`` name the operation (boto3's name, the API's name) whose members it has; an action
    without an operation has ``own`` ones alone. ``only`` are those of the operation's members that it takes, if not
    all; ``without`` those that it does not. ``any_json`` are string members (``Entries.Detail``) that take any value,
    and send its text. ``required`` are the members that must be there, if not the operation's.
    """

    service: str = ""
    operation: str = ""
    own: Mapping[str, Kind] = field(default_factory=dict)
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    any_json: frozenset[str] = frozenset()
    required: tuple[str, ...] | None = None


def _own(*required: str, **members: Kind) -> Action:
    return Action(own=members, required=required)


_ON_FAILURE: Final = frozenset({"ReturnValuesOnConditionCheckFailure"})
_HTTP: Final[Mapping[str, Kind]] = {
    "ApiEndpoint": "STRING",
    "Method": "STRING",
    "Headers": "OBJECT",
    "QueryParameters": "OBJECT",
    "RequestBody": "JSON",
}
_CLUSTER: Final[Mapping[str, Kind]] = {"ClusterName": "STRING", "CertificateAuthority": "STRING", "Endpoint": "STRING"}

_RUN_TASK: Final = frozenset({
    "Cluster", "TaskDefinition", "Group", "LaunchType", "NetworkConfiguration", "Overrides", "PlacementConstraints",
    "PlacementStrategy", "PlatformVersion", "PropagateTags", "StartedBy", "EnableExecuteCommand",
    "CapacityProviderStrategy", "Tags",
})  # fmt: skip
_SUBMIT_JOB: Final = frozenset({
    "JobName", "JobQueue", "JobDefinition", "ArrayProperties", "ContainerOverrides", "DependsOn", "Parameters",
    "RetryStrategy", "Timeout", "Tags",
})  # fmt: skip

ACTIONS: Final[Mapping[tuple[str, str], Action | None]] = {
    ("lambda", "invoke"): _own(
        "FunctionName",
        FunctionName="STRING",
        Payload="PAYLOAD",
        InvocationType="STRING",
        Qualifier="STRING",
        ClientContext="JSON",
        LogType="STRING",
    ),
    ("states", "startExecution"): _own("StateMachineArn", StateMachineArn="STRING", Input="JSON", Name="STRING"),
    ("sqs", "sendMessage"): Action(
        "sqs", "SendMessage", without=frozenset({"MessageSystemAttributes"}), any_json=frozenset({"MessageBody"})
    ),
    ("sns", "publish"): Action("sns", "Publish", any_json=frozenset({"Message"})),
    ("dynamodb", "getItem"): Action("dynamodb", "GetItem"),
    ("dynamodb", "putItem"): Action("dynamodb", "PutItem", without=_ON_FAILURE),
    ("dynamodb", "updateItem"): Action("dynamodb", "UpdateItem", without=_ON_FAILURE),
    ("dynamodb", "deleteItem"): Action("dynamodb", "DeleteItem", without=_ON_FAILURE),
    ("events", "putEvents"): Action(
        "events", "PutEvents", without=frozenset({"EndpointId"}), any_json=frozenset({"Entries.Detail"})
    ),
    ("apigateway", "invoke"): Action(
        own={**_HTTP, "Stage": "STRING", "Path": "STRING", "AllowNullValues": "BOOLEAN", "AuthType": "STRING"},
        required=("ApiEndpoint", "Method"),
    ),
    ("http", "invoke"): Action(
        own={**_HTTP, "Authentication": "OBJECT", "InvocationConfig": "OBJECT", "Transform": "OBJECT"},
        required=("ApiEndpoint", "Method"),
    ),
    ("ecs", "runTask"): Action("ecs", "RunTask", only=_RUN_TASK),
    ("batch", "submitJob"): Action("batch", "SubmitJob", only=_SUBMIT_JOB),
    ("eks", "call"): Action(
        own={**_CLUSTER, "Method": "STRING", "Path": "STRING", "QueryParameters": "OBJECT", "RequestBody": "JSON"},
        required=(*_CLUSTER, "Method", "Path"),
    ),
    ("eks", "runJob"): Action(
        own={**_CLUSTER, "Namespace": "STRING", "Job": "PAYLOAD", "LogOptions": "OBJECT"}, required=(*_CLUSTER, "Job")
    ),
    ("elasticmapreduce", "createCluster"): Action("emr", "RunJobFlow"),
    ("elasticmapreduce", "terminateCluster"): _own("ClusterId", ClusterId="STRING"),
    ("elasticmapreduce", "addStep"): _own(
        "ClusterId", "Step", ClusterId="STRING", Step="OBJECT", ExecutionRoleArn="STRING"
    ),
    ("elasticmapreduce", "cancelStep"): _own("ClusterId", "StepId", ClusterId="STRING", StepId="STRING"),
    ("elasticmapreduce", "setClusterTerminationProtection"): _own(
        "ClusterId", "TerminationProtected", ClusterId="STRING", TerminationProtected="BOOLEAN"
    ),
    ("elasticmapreduce", "modifyInstanceFleetByName"): _own(
        "ClusterId", "InstanceFleetName", "InstanceFleet",
        ClusterId="STRING", InstanceFleetName="STRING", InstanceFleet="OBJECT",
    ),
    ("elasticmapreduce", "modifyInstanceGroupByName"): _own(
        "ClusterId", "InstanceGroupName", "InstanceGroup",
        ClusterId="STRING", InstanceGroupName="STRING", InstanceGroup="OBJECT",
    ),
    ("bedrock", "invokeModel"): Action(
        "bedrock-runtime",
        "InvokeModel",
        own={"Body": "JSON", "Input": "OBJECT", "Output": "OBJECT"},
        required=("ModelId",),
    ),
    ("bedrockagentcore", "invokeHarness"): None,
}  # fmt: skip
"""Service and action of a resource -> its members; ``None`` where they are not known.

An action that is not here has the members of the operation of the same name, of the service of the same name.
"""


OWN_CALLS: Final[Mapping[tuple[str, str], str]] = {
    ("elasticmapreduce", "terminateCluster"): "emr:TerminateJobFlows",
    ("elasticmapreduce", "addStep"): "emr:AddJobFlowSteps",
    ("elasticmapreduce", "cancelStep"): "emr:CancelSteps",
    ("elasticmapreduce", "setClusterTerminationProtection"): "emr:SetTerminationProtection",
    ("elasticmapreduce", "modifyInstanceFleetByName"): "emr:ModifyInstanceFleet",
    ("elasticmapreduce", "modifyInstanceGroupByName"): "emr:ModifyInstanceGroups",
}
"""Actions with members of their own -> the operation that they call (``emulator.targets.rewritten``)."""


def called_operation(service: str, action: str) -> str:
    """The operation that an action calls, ``"emr:RunJobFlow"``; empty if it calls none of a service, or none known."""
    if (own := OWN_CALLS.get((service, action))) is not None:
        return own
    known = optimized_action(service, action)
    return f"{known.service}:{known.operation}" if known is not None and known.operation else ""


def optimized_action(service: str, action: str) -> Action | None:
    """The members of an optimized integration; ``None`` if they are not known."""
    if (service, action) in ACTIONS:
        return ACTIONS[service, action]
    return Action(service, action[:1].upper() + action[1:])
