"""Lambda functions in Node.js: a handler's name and place, and the warm processes that answer for it."""

from emulator.lambda_.nodejs.handler import NodeHandler

__all__ = ["NodeHandler"]
