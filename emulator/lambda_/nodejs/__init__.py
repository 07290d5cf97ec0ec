"""Lambda functions in Node.js: a handler's name and file, and the warm processes that run it."""

from emulator.lambda_.nodejs.handler import NodeHandler

__all__ = ["NodeHandler"]
