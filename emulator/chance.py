"""Streams of chance: one for each purpose and name, all derived from the emulator's seed.

What one thing draws never depends on how much another drew: the UUIDs of an execution, the ids of events and the names
of executions come from different streams. So no list, no failed request and no other execution changes a run.
"""

from asl.chance import Chance


class Streams:
    """The streams of one emulator."""

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._kept: dict[tuple[str, str], Chance] = {}

    def stream(self, purpose: str, name: str = "", *, once: bool = False) -> Chance:
        """The stream of a purpose and name; asked for again, it goes on where it stood.

        With ``once`` nothing is kept, and the stream begins anew at each call: for names that come up a single time,
        such as the ARN of an execution that starts.
        """
        if once:
            return self._begin(purpose, name)
        found = self._kept.get((purpose, name))
        if found is None:
            found = self._kept[purpose, name] = self._begin(purpose, name)
        return found

    def _begin(self, purpose: str, name: str) -> Chance:
        return Chance(f"{self._seed}/{purpose}/{name}")
