"""Run Step Functions in your own process, on virtual time.

>>> from emulator import Emulator
>>> with Emulator() as aws:
...     run = aws.run({"StartAt": "Year", "States": {"Year": {"Type": "Wait", "Seconds": 31_000_000, "End": True}}})
...     run.status, run.elapsed.days
('SUCCEEDED', 358)

The names below are imported when first used: pytest loads this package for its plugin in every run, and a run that
uses none of them pays nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asl.problems import DefinitionError, Problem
    from emulator.core import Emulator
    from emulator.differences import contains
    from emulator.errors import (
        BackendError,
        BlockedCallError,
        EmulatorError,
        InputError,
        MissingHandlerError,
        NotEmulatedError,
        RealAwsBlockedError,
        StuckExecutionError,
    )
    from emulator.execution import Execution, StateMachine
    from emulator.lambda_.nodejs.handler import NodeHandler
    from emulator.stubs import Stub, TaskCall, TaskError
    from emulator.templates import Application, TemplateError
    from emulator.tokens import TaskToken

__all__ = [
    "Application",
    "BackendError",
    "BlockedCallError",
    "DefinitionError",
    "Emulator",
    "EmulatorError",
    "Execution",
    "InputError",
    "MissingHandlerError",
    "NodeHandler",
    "NotEmulatedError",
    "Problem",
    "RealAwsBlockedError",
    "StateMachine",
    "Stub",
    "StuckExecutionError",
    "TaskCall",
    "TaskError",
    "TaskToken",
    "TemplateError",
    "contains",
]

_HOMES: Final = {
    "Application": "emulator.templates",
    "TemplateError": "emulator.templates",
    "contains": "emulator.differences",
    "DefinitionError": "asl.problems",
    "Problem": "asl.problems",
    "Emulator": "emulator.core",
    "Execution": "emulator.execution",
    "NodeHandler": "emulator.lambda_.nodejs.handler",
    "StateMachine": "emulator.execution",
    "TaskToken": "emulator.tokens",
    "Stub": "emulator.stubs",
    "TaskCall": "emulator.stubs",
    "TaskError": "emulator.stubs",
}
"""Name -> its module, unless that is ``emulator.errors``."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES.get(name, "emulator.errors")), name)
        return value
