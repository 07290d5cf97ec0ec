"""``run.states``: the visits of an execution, grouped by state."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asl.problems import nearest
from asl.program import Program
from emulator.history.visits import Visit


class StateRuns:
    """One state of an execution, over all visits; ``input`` and ``output`` are those of the last visit."""

    def __init__(self, name: str, visits: Sequence[Visit]) -> None:
        self.name = name
        """The state's name."""
        self.visits: tuple[Visit, ...] = tuple(visits)
        """The visits of it, in order; at least one."""

    @property
    def input(self) -> Any:
        """The state's latest input, before InputPath."""
        return self.visits[-1].input

    @property
    def output(self) -> Any:
        """The output of the last visit; ``None`` when the state was not left."""
        return self.visits[-1].output

    @property
    def attempts(self) -> int:
        """How many times the state's work was tried in all visits together, retries included."""
        return sum(visit.attempts for visit in self.visits)

    @property
    def error(self) -> str | None:
        """The error's name of the last attempt that failed, caught or not; ``None`` when none failed."""
        return next((visit.error for visit in reversed(self.visits) if visit.error is not None), None)

    def __repr__(self) -> str:
        return f"StateRuns({self.name!r}, visits={len(self.visits)}, attempts={self.attempts})"


class States(Mapping[str, StateRuns]):
    """The states that an execution entered, by name."""

    def __init__(self, visits: Mapping[str, Sequence[Visit]], program: Program) -> None:
        self._visits = visits
        self._program = program

    def __repr__(self) -> str:
        return f"States({', '.join(self._visits)})"

    def __getitem__(self, name: str) -> StateRuns:
        if name in self._visits:
            return StateRuns(name, self._visits[name])
        entered = ", ".join(self._visits) or "none"
        if not isinstance(name, str):
            raise KeyError(f"a state is found by its name, not by {name!r}; the execution entered: {entered}")
        known = [state.name for _, state in self._program.block.walk()]
        if name in known:
            raise KeyError(f"the execution never entered the state {name!r}; it entered: {entered}")
        near = nearest(name, known)
        hint = f", did you mean {near[0]!r}?" if near else "."
        raise KeyError(f"the machine has no state {name!r}{hint} The execution entered: {entered}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._visits)

    def __len__(self) -> int:
        return len(self._visits)

    def __contains__(self, name: object) -> bool:
        return name in self._visits
