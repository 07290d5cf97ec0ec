"""An ARN and its parts: ``arn:partition:service:region:account:resource``, with the resource split too."""

import re
from functools import lru_cache
from typing import NamedTuple

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

    @staticmethod
    def parse(text: str) -> "Arn":
        """The parts of ``text``; raises ``ValueError`` when it is not an ARN."""
        return _parsed(text)

    @staticmethod
    def of(service: str, region: str, account: str, kind: str, name: str) -> "Arn":
        """The ARN of a resource in a region, in the region's partition."""
        return Arn(partition_of(region), service, region, account, kind, name)

    def __str__(self) -> str:
        return ":".join(("arn", *(part for part in self if part is not None)))


@lru_cache(maxsize=4096)  # the same few are asked about again and again
def _parsed(text: str) -> Arn:
    if not is_arn(text):
        raise ValueError(f"not an ARN: {text}")
    _, partition, service, region, account, resource = text.split(":", 5)
    kind, *rest = resource.split(":", 2)
    return Arn(partition, service, region, account, *((kind, *rest) if rest else (None, kind)))


def is_arn(text: str) -> bool:
    """Whether ``text`` has the parts of an ARN."""
    return text.startswith("arn:") and text.count(":") >= 5


@lru_cache(maxsize=4096)
def region_of(arn: str) -> str:
    """The region of an ARN, empty if it has none."""
    return _parsed(arn).region


def in_partition(arn: str, partition: str) -> str:
    """The same ARN with another partition."""
    _, _, rest = arn.split(":", 2)
    return f"arn:{partition}:{rest}"


def name_of(text: str) -> str:
    """The name in a name, ARN or URL: ``charge`` of ``arn:aws:lambda:...:function:charge:PROD``."""
    if text.startswith("arn:"):
        parts = re.split("[:/]", text.split(":", 5)[-1])
        return parts[1] if len(parts) > 1 else parts[0]
    return text.rstrip("/").rpartition("/")[2] if "://" in text else text
