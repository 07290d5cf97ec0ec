"""What an ARN says: ``arn:partition:service:region:account:resource``, with the resource in its parts."""

from typing import NamedTuple, Self


class Arn(NamedTuple):
    """An ARN in its parts; ``str`` gives back the text.

    The resource is ``type:name:qualifier``, or a name alone, as that of a queue or a bucket (``type`` is ``None``).
    What is behind the name is the qualifier whole: a version or alias, the name of an execution behind its machine's.
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
        """The parts of ``text``; raises ``ValueError`` when it is no ARN."""
        if not is_arn(text):
            raise ValueError(f"not an ARN: {text}")
        _, partition, service, region, account, resource = text.split(":", 5)
        kind, *rest = resource.split(":", 2)
        return cls(partition, service, region, account, *((kind, *rest) if rest else (None, kind)))

    def __str__(self) -> str:
        return ":".join(("arn", *(part for part in self if part is not None)))


def is_arn(text: str) -> bool:
    """Whether ``text`` has the parts of an ARN."""
    return text.startswith("arn:") and text.count(":") >= 5


def region_of(arn: str) -> str:
    """The region of an ARN, empty where it has none."""
    return Arn.parse(arn).region
