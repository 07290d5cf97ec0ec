"""The text that a schedule's target gets: its ``Input`` with the keywords filled in, or the default event.

Keywords are replaced wherever they stand in the text (user guide, "Using context attributes"). Without an ``Input`` a
templated target gets an event whose ``detail`` is the text ``{}``, as seen of AWS; a universal target gets no members.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from asl.values import Json, encode
from emulator.eventbridge.timed_rules import scheduled_event

NO_PARAMETERS: Final = "{}"


class Occasion(NamedTuple):
    """One time at which a schedule fires; all tries of it have one ``execution_id``."""

    schedule_arn: str
    region: str
    account: str
    at: datetime
    event_id: str
    execution_id: str

    def event(self) -> dict[str, Json]:
        """The default event."""
        return scheduled_event(
            source="aws.scheduler",
            id_=self.event_id,
            account=self.account,
            region=self.region,
            at=self.at,
            resource=self.schedule_arn,
            detail=NO_PARAMETERS,
        )


KEYWORDS: Final[Mapping[str, Callable[[Occasion, int], str]]] = {
    "<aws.scheduler.schedule-arn>": lambda occasion, attempt: occasion.schedule_arn,
    "<aws.scheduler.scheduled-time>": lambda occasion, attempt: scheduled_time(occasion.at),
    "<aws.scheduler.execution-id>": lambda occasion, attempt: occasion.execution_id,
    "<aws.scheduler.attempt-number>": lambda occasion, attempt: str(attempt),
}
"""Keyword -> its value for a try of an occasion."""
_SAMPLE: Final = "1"


def scheduled_time(at: datetime) -> str:
    """``2022-03-22T18:59:43Z``."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def filled(given: str | None, occasion: Occasion, attempt: int, *, is_universal: bool) -> str:
    """The text for a try of an occasion; ``given`` is the target's ``Input``."""
    if given is None:
        return NO_PARAMETERS if is_universal else encode(occasion.event())
    for keyword, value in KEYWORDS.items():
        if keyword in given:
            given = given.replace(keyword, value(occasion, attempt))
    return given


def sample(given: str) -> str:
    """An ``Input`` with something in place of each keyword, to see whether it is JSON."""
    for keyword in KEYWORDS:
        given = given.replace(keyword, _SAMPLE)
    return given
