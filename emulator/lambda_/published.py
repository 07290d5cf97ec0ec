"""The published versions and the aliases of a function: which code a qualifier names.

A version is a frozen copy of a function's code and settings, numbered from 1; a number is never used again. An alias
names a version or ``$LATEST``, and may send a share of its calls to a second version. Recorded on
AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asl.chance import Chance
from emulator.lambda_.call import LATEST, Function


@dataclass(frozen=True, slots=True)
class Alias:
    """``version`` gets the calls that ``weights`` (version -> share, 0 to 1) does not give to another one."""

    name: str
    version: str
    description: str = ""
    revision_id: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)

    def choose(self, chance: Chance) -> str:
        """The version of one call; draws a number only if there is a choice."""
        for version, weight in self.weights.items():
            if chance.fraction() < weight:
                return version
        return self.version


class Published:
    """Versions and aliases of one function."""

    def __init__(self) -> None:
        self.versions: dict[str, Function] = {}
        self.aliases: dict[str, Alias] = {}
        self.last = 0
        """The highest number given so far, 0 before the first version."""

    def has(self, qualifier: str) -> bool:
        """Whether the qualifier names anything."""
        return qualifier == LATEST or qualifier in self.versions or qualifier in self.aliases

    def find(self, qualifier: str, latest: Function, chance: Chance) -> Function | None:
        """The function that a call with this qualifier runs; ``None`` for an unknown version or alias."""
        alias = self.aliases.get(qualifier)
        version = qualifier if alias is None else alias.choose(chance)
        return latest if version == LATEST else self.versions.get(version)
