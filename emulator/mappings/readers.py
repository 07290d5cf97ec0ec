"""The readers of one emulator: each is told when its queue or stream has changed."""

from collections.abc import Set
from typing import Final, TypeAlias

from emulator.aws.arns import Arn
from emulator.aws.moto.sources import Sources
from emulator.errors import NotEmulatedError
from emulator.mappings.queue_reader import QueueReader
from emulator.mappings.stream_reader import StreamReader
from emulator.timeline import TimeLine
from emulator.world import World

Reader: TypeAlias = QueueReader | StreamReader
KINDS: Final = {"sqs": "a queue", "dynamodb": "a stream of DynamoDB", "kinesis": "a stream of Kinesis"}
"""The services whose queues and streams are read."""


class Readers:
    """The readers of queues and streams, and the parts that each of them needs."""

    def __init__(self, world: World, timeline: TimeLine, sources: Sources) -> None:
        self.world = world
        self.timeline = timeline
        self.sources = sources
        self._readers: list[Reader] = []
        self._watches = False

    def add(self, reader: Reader) -> None:
        """Tell the reader of changes from now on."""
        self._readers.append(reader)
        if not self._watches:
            self._watches = True
            self.sources.watch(self._changed)

    def remove(self, reader: Reader) -> None:
        """Stop the reader and forget it."""
        reader.stop()
        self._readers.remove(reader)

    def _changed(self, arns: Set[str]) -> None:
        for reader in self._readers:
            if reader.settings.source in arns:
                reader.wake()
        self.world.settle()


def check_source(world: World, operation: str, arn: str) -> str:
    """The service of a source; raises ``NotEmulatedError`` for one that nothing here reads."""
    service = Arn.parse(arn).service
    if service == "kinesis" and "/consumer/" in arn:
        raise NotEmulatedError(
            f"{operation}: {arn} is a consumer of a stream, whose records are not read by themselves\n"
            f"    fix: name the stream: {arn.partition('/consumer/')[0]}"
        )
    if service not in KINDS:
        raise NotEmulatedError(
            f"{operation}: {arn} is not read here: {', '.join(KINDS.values())} are\n"
            "    fix: call the function or start the machine in the test, with the event that it would get"
        )
    if (remote := world.remote(service)) is not None:
        raise NotEmulatedError(
            f"{operation}: {arn} is at {remote.endpoint.url}, whose queues and streams nothing here reads\n"
            f"    fix: let moto have it: Emulator(backend={{{service!r}: 'moto', '*': {remote.endpoint.url!r}}})"
        )
    return service
