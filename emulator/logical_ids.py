"""The logical ids of what templates have made: other words for the names of machines, functions and other resources.

A test may say ``emulator.task("Charge", machine="Orders")`` before or after the template is deployed, so a name is
looked up when it is needed, not when it is given.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from emulator.aws.arns import name_of

Kind: TypeAlias = Literal["machine", "function", "activity", ""]
KINDS: Final[Mapping[str, Kind]] = {
    "AWS::StepFunctions::StateMachine": "machine",
    "AWS::Serverless::StateMachine": "machine",
    "AWS::Lambda::Function": "function",
    "AWS::Serverless::Function": "function",
    "AWS::StepFunctions::Activity": "activity",
}
"""Type of a resource -> what a stub or a fault calls it; others are resources only."""


class LogicalIds:
    """Logical id <-> name, for one emulator. Several stacks may have one logical id."""

    def __init__(self) -> None:
        self._names: dict[str, list[tuple[Kind, str]]] = {}
        self._ids: dict[tuple[Kind, str], list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._names)

    def add(self, logical_id: str, type_: str, ref: str) -> None:
        """Add a resource; ``type_`` is its CloudFormation type, ``ref`` its name, ARN or URL."""
        kind, name = KINDS.get(type_, ""), name_of(ref)
        if name != logical_id:
            self._names.setdefault(logical_id, []).append((kind, name))
            self._ids.setdefault((kind, name), []).append(logical_id)

    def names(self, logical_id: str, *kinds: Kind) -> list[str]:
        """The names of the resources with this logical id, of these kinds; without ``kinds`` of all."""
        return [name for kind, name in self._names.get(logical_id, ()) if not kinds or kind in kinds]

    def of(self, kind: Kind, name: str) -> list[str]:
        """The logical ids of a machine, function or activity."""
        return self._ids.get((kind, name), [])

    def known(self, *kinds: Kind) -> Iterable[str]:
        """The logical ids of these kinds."""
        return [id_ for (kind, _), ids in self._ids.items() if kind in kinds for id_ in ids]
