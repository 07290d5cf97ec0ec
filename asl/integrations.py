"""What the language asks of someone who knows the services: which actions there are, and what their parameters may be.

The language itself knows only the patterns (``asl.resources``). The knowledge comes from outside, since it is in the
models of AWS's services; without it, neither actions nor parameters are checked.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from asl.resources import Resource
from asl.values import Json


class Finding(NamedTuple):
    """A mistake in the parameters of a Task.

    ``focus`` is its pointer in Parameters or Arguments, without the first slash.
    """

    focus: str
    message: str
    hint: str | None = None


class Integrations(Protocol):
    """Knows the actions of the services, and their parameters."""

    def unknown(self, resource: Resource) -> Finding | None:
        """What is wrong with an ``aws-sdk`` resource whose service or action is not known; without a focus."""
        ...

    def refuse(self, resource: Resource, argument: Json) -> str | None:
        """The cause of the States.Runtime if Step Functions does not send ``argument``; ``None`` if it does."""
        ...

    def check(self, resource: Resource, argument: Json, language: str) -> Iterator[Finding]:
        """The mistakes in ``argument``, which is Parameters (``JSONPath``) or Arguments (``JSONata``)."""
        ...
