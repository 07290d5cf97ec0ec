"""An ARN and its parts: ``arn:partition:service:region:account:resource``, with the resource split too."""

from typing import NamedTuple, Self

from emulator.aws.regions import partition_of


class Arn(NamedTuple):
    """The parts of an ARN; ``str`` gives back the text.

    The resource is ``type:name:qualifier``, or a name alone for a queue or a bucket (``type`` is ``None``). The
    qualifier is the whole rest after the name: a version, an alias, or an execution's name after its machine's.
    """

    partition: str
    service: str
    region: str
    account: str
    type: str | None
    name: str
    qualifier: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts of ``text``; raises ``ValueError`` when it is not an ARN."""
        if not is_arn(text):
            raise ValueError(f"not an ARN: {text}")
        _, partition, service, region, account, resource = text.split(":", 5)
        kind, *rest = resource.split(":", 2)
        return cls(partition, service, region, account, *((kind, *rest) if rest else (None, kind)))

    @classmethod
    def of(cls, service: str, region: str, account: str, kind: str, name: str) -> Self:
        """The ARN of a resource in a region, in the region's partition."""
        return cls(partition_of(region), service, region, account, kind, name)

    def __str__(self) -> str:
        return ":".join(("arn", *(part for part in self if part is not None)))


def is_arn(text: str) -> bool:
    """Whether ``text`` has the parts of an ARN."""
    return text.startswith("arn:") and text.count(":") >= 5


def region_of(arn: str) -> str:
    """The region of an ARN, empty if it has none."""
    return Arn.parse(arn).region


def in_partition(arn: str, partition: str) -> str:
    """The same ARN with another partition."""
    _, _, rest = arn.split(":", 2)
    return f"arn:{partition}:{rest}"
