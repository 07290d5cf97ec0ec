"""A function's configuration as the API shows it."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.aws.account import role_arn
from emulator.aws.arns import region_of
from emulator.lambda_ import Function
from emulator.lambda_.call import Runtime
from emulator.lambda_api.store import Named, arn_of

SHOWN: Final = (
    "Description",
    "Role",
    "KMSKeyArn",
    "Architectures",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
    "DeadLetterConfig",
)
"""Members that are kept and shown, without any effect here, except for the dead letters of asynchronous calls."""
SETTINGS: Final = ("Runtime", "Handler", "Timeout", "MemorySize", "Environment")
"""Members that say how the function runs."""
_NOT_LISTED: Final = ("State", "LastUpdateStatus")
"""Members that lists leave out (recorded on AWS; service model, ListFunctions)."""


def configuration(named: Named) -> dict[str, Any]:
    """The API's view of a function; it has less of a function that was registered in Python."""
    function, arn, shown = named
    return {
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Runtime": function.runtime,
        "Role": role_arn(region_of(arn_of(function)), function.name),
        "Handler": _shown_handler(function.handler),
        "CodeSize": 0,
        "Description": "",
        "Timeout": int(function.timeout_seconds),
        "MemorySize": function.memory_mb,
        "CodeSha256": "",
        "Version": function.version,
        **({"Environment": {"Variables": dict(function.environment)}} if function.environment else {}),
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.name}"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        **shown,
    }


def listed(function: Function, arn: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a list of functions or versions."""
    whole = configuration(Named(function, arn, shown))
    return {name: value for name, value in whole.items() if name not in _NOT_LISTED}


def _shown_handler(handler: Any) -> str:
    if isinstance(handler, Runtime):
        return handler.name
    if isinstance(handler, str):
        return handler
    name = getattr(handler, "__qualname__", None)  # a partial, a mock and an object that can be called have none
    return name if isinstance(name, str) else type(handler).__qualname__
