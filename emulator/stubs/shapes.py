"""Whether a stub's answer is one that the service can give: its members, their types, and the names of its errors."""

from asl.resources import Resource
from emulator.stubs.answers import Answer


def problem_of(resource: Resource, answer: Answer) -> str | None:
    """What is wrong with ``answer`` for ``resource``; ``None`` if nothing is."""
    return None
