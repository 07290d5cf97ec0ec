"""Every operation of Lambda: answered here, answered with nothing because nothing can be there, or refused by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from emulator.aws.responses import HttpResponse
from emulator.lambda_api import (
    aliases,
    concurrency,
    event_configs,
    event_sources,
    functions,
    policies,
    tags,
    urls,
    versions,
)
from emulator.lambda_api.call import Call
from emulator.lambda_api.invoke import invoke, invoke_async
from emulator.lambda_api.store import Store

Operation: TypeAlias = Callable[[Store, Call], HttpResponse]

OPERATIONS: Final[Mapping[str, Operation]] = {
    "AddPermission": policies.add,
    "CreateAlias": aliases.create,
    "CreateEventSourceMapping": event_sources.create,
    "CreateFunction": functions.create,
    "CreateFunctionUrlConfig": urls.create,
    "DeleteAlias": aliases.delete,
    "DeleteEventSourceMapping": event_sources.delete,
    "DeleteFunction": functions.delete,
    "DeleteFunctionConcurrency": concurrency.delete,
    "DeleteFunctionEventInvokeConfig": event_configs.delete,
    "DeleteFunctionUrlConfig": urls.delete,
    "GetAccountSettings": concurrency.account,
    "GetAlias": aliases.get,
    "GetEventSourceMapping": event_sources.get,
    "GetFunction": functions.get,
    "GetFunctionConcurrency": concurrency.get,
    "GetFunctionEventInvokeConfig": event_configs.get,
    "GetFunctionUrlConfig": urls.get,
    "GetFunctionConfiguration": functions.get_configuration,
    "GetPolicy": policies.get,
    "Invoke": invoke,
    "InvokeAsync": invoke_async,
    "ListAliases": aliases.list_,
    "ListEventSourceMappings": event_sources.list_,
    "ListFunctionEventInvokeConfigs": event_configs.list_,
    "ListFunctionUrlConfigs": urls.list_,
    "ListFunctions": functions.list_,
    "ListTags": tags.list_,
    "ListVersionsByFunction": versions.list_,
    "PublishVersion": versions.publish,
    "PutFunctionConcurrency": concurrency.put,
    "PutFunctionEventInvokeConfig": event_configs.put,
    "RemovePermission": policies.remove,
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "UpdateAlias": aliases.update,
    "UpdateEventSourceMapping": event_sources.update,
    "UpdateFunctionCode": functions.update_code,
    "UpdateFunctionConfiguration": functions.update_configuration,
    "UpdateFunctionEventInvokeConfig": event_configs.update,
    "UpdateFunctionUrlConfig": urls.update,
}
"""Operation -> its answer."""

EMPTY: Final[Mapping[str, Mapping[str, Any]]] = {
    "GetFunctionCodeSigningConfig": {},
    "ListCapacityProviders": {"CapacityProviders": []},
    "ListCodeSigningConfigs": {"CodeSigningConfigs": []},
    "ListDurableExecutionsByFunction": {"DurableExecutions": []},
    "ListLayers": {"Layers": []},
    "ListProvisionedConcurrencyConfigs": {"ProvisionedConcurrencyConfigs": []},
}
"""Operation -> its answer, as nothing of the kind can be made here."""

ABSENT: Final[Mapping[str, tuple[str, str]]] = {
    "GetProvisionedConcurrencyConfig": (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    ),
}
"""Operation -> code and text of Lambda's error, as nothing of the kind can be made here."""


class Refused(NamedTuple):
    """``lost``: what would not happen. ``instead``: what the test can do."""

    lost: str
    instead: str


_DURABLE: Final = Refused("no function runs as a durable execution", "use a state machine")
_LAYER: Final = Refused(
    "no code would be added to a function", "put the layer's modules into the code, or on the test's own path"
)
_CAPACITY: Final = Refused("no function runs on instances", "leave it out; functions run in this process")
_SIGNING: Final = Refused("no signature would be checked", "leave it out")

REFUSED: Final[Mapping[str, Refused]] = {
    "AddLayerVersionPermission": _LAYER,
    "CheckpointDurableExecution": _DURABLE,
    "CreateCapacityProvider": _CAPACITY,
    "CreateCodeSigningConfig": _SIGNING,
    "DeleteCapacityProvider": _CAPACITY,
    "DeleteCodeSigningConfig": _SIGNING,
    "DeleteDurableExecution": _DURABLE,
    "DeleteFunctionCodeSigningConfig": _SIGNING,
    "DeleteLayerVersion": _LAYER,
    "DeleteProvisionedConcurrencyConfig": Refused("calls would start as before", "leave it out"),
    "DeleteResourcePolicy": Refused("permissions are not checked", "use remove_permission"),
    "GetCapacityProvider": _CAPACITY,
    "GetCodeSigningConfig": _SIGNING,
    "GetDurableExecution": _DURABLE,
    "GetDurableExecutionHistory": _DURABLE,
    "GetDurableExecutionState": _DURABLE,
    "GetFunctionRecursionConfig": Refused("recursion is not detected", "leave it out"),
    "GetFunctionScalingConfig": _CAPACITY,
    "GetLayerVersion": _LAYER,
    "GetLayerVersionByArn": _LAYER,
    "GetLayerVersionPolicy": _LAYER,
    "GetResourcePolicy": Refused("permissions are not checked", "use get_policy"),
    "GetRuntimeManagementConfig": Refused("the runtime is this process's Python", "leave it out"),
    "InvokeWithResponseStream": Refused("no response would be streamed", "use invoke"),
    "ListFunctionVersionsByCapacityProvider": _CAPACITY,
    "ListFunctionsByCodeSigningConfig": _SIGNING,
    "ListLayerVersions": _LAYER,
    "PauseDurableExecution": _DURABLE,
    "PublishLayerVersion": _LAYER,
    "PutFunctionCodeSigningConfig": _SIGNING,
    "PutFunctionRecursionConfig": Refused("recursion is not detected", "leave it out"),
    "PutFunctionScalingConfig": _CAPACITY,
    "PutProvisionedConcurrencyConfig": Refused("calls would start as before", "leave it out"),
    "PutResourcePolicy": Refused("permissions are not checked", "use add_permission"),
    "PutRuntimeManagementConfig": Refused("the runtime is this process's Python", "leave it out"),
    "RemoveLayerVersionPermission": _LAYER,
    "ResumeDurableExecution": _DURABLE,
    "SendDurableExecutionCallbackFailure": _DURABLE,
    "SendDurableExecutionCallbackHeartbeat": _DURABLE,
    "SendDurableExecutionCallbackSuccess": _DURABLE,
    "StopDurableExecution": _DURABLE,
    "UpdateCapacityProvider": _CAPACITY,
    "UpdateCodeSigningConfig": _SIGNING,
}
"""Operation -> why it is refused; those that the service model gains are refused without a reason."""
