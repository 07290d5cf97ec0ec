"""Random streams: one for each purpose and name, all derived from the emulator's seed.

One stream's values never depend on how much another was used: the UUIDs of an execution, the ids of events and the
names of executions come from different streams. So no list, no failed request and no other execution changes a run.
"""

from asl.chance import Chance


class Streams:
    """The streams of one emulator."""

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._kept: dict[tuple[str, str], Chance] = {}

    def stream(self, purpose: str, name: str = "", *, once: bool = False) -> Chance:
        """The stream of a purpose and name; a later call returns the same stream, which continues.

        With ``once`` nothing is kept, and each call begins a new stream: for names that are used a single time,
        such as the ARN of an execution that starts.
        """
        found = None if once else self._kept.get((purpose, name))
        if found is None:
            found = Chance(f"{self._seed}/{purpose}/{name}")
            if not once:
                self._kept[purpose, name] = found
        return found
