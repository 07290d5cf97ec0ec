"""EventBridge Pipes: what a queue or a stream has goes through a filter and an enrichment to a target."""

from emulator.pipes.service import Pipes

__all__ = ["Pipes"]
