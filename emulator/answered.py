"""How the calls of a run were answered: emulated, by a stub, with a fault, or by moto with a constant.

The counts are kept where the calls pass (``emulator.targets.registry``, ``emulator.requests``, ``emulator.faults``);
this module only puts them together. A green test shows with them what it has not tested for real.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.aws.arns import is_arn, name_of

if TYPE_CHECKING:
    from emulator.assembly import Assembly

_SERVICE: Final = "arn:aws:states:::"


class Answered(NamedTuple):
    """Calls of tasks and requests, each with how often it was made."""

    emulated: Mapping[str, int]
    """Tasks whose own target answered: ``"dynamodb:putItem"``, ``"function charge"``, ``"activity pack"``."""
    stubbed: Mapping[str, int]
    """Tasks that a stub answered."""
    faulted: Mapping[str, int]
    """What faults did: ``"dynamodb:PutItem ThrottlingException"``."""
    requests: Mapping[str, int]
    """Requests of handlers, of tests and of other programs, by service (boto3's endpoint prefix)."""
    constants: tuple[str, ...]
    """What moto answered with a constant that says nothing about the request, a line each."""

    @property
    def is_all_emulated(self) -> bool:
        """Whether nothing was stubbed, faulted or a constant."""
        return not (self.stubbed or self.faulted or self.constants)

    def lines(self) -> list[str]:
        """A line for each kind, for people; none for a kind that is empty."""
        lines = [f"{kind}: {_counted(counts)}" for kind, counts in self._counts().items() if counts]
        return [*lines, *self.constants]

    def document(self) -> dict[str, Any]:
        """The same for JSON."""
        return {**{kind: dict(counts) for kind, counts in self._counts().items()}, "constants": list(self.constants)}

    def _counts(self) -> dict[str, Mapping[str, int]]:
        return {
            "emulated": self.emulated,
            "stubbed": self.stubbed,
            "faulted": self.faulted,
            "requests": self.requests,
        }


def answered(assembly: "Assembly") -> Answered:
    """How the calls of an emulator have been answered so far."""
    targets = assembly.targets
    return Answered(
        dict(_shown(targets.emulated)),
        dict(_shown(targets.stubbed)),
        {} if not assembly.has_faults else assembly.faults.counts(),
        dict(assembly.requests.asked),
        tuple(assembly.requests.constants.lines()),
    )


def _shown(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Resources as people write them."""
    for text, count in counts.items():
        if text.startswith(_SERVICE):
            yield text.removeprefix(_SERVICE), count
        elif is_arn(text):
            yield f"{'activity' if ':activity:' in text else 'function'} {name_of(text)}", count
        else:
            yield text, count


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} ({count:,})" for what, count in sorted(counts.items()))
