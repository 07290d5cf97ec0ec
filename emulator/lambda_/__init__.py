"""Lambda functions that run on this machine."""

from emulator.lambda_.call import Function, InvocationResult
from emulator.lambda_.payload import LambdaRuntimeError
from emulator.lambda_.resolve import resolve_handler
from emulator.lambda_.runtime import invoke

__all__ = ["Function", "InvocationResult", "LambdaRuntimeError", "invoke", "resolve_handler"]
