"""Deliveries of events to the targets of rules: the input, the tries, the dead-letter queue, and what was lost.

AWS does not tell of an event that did not arrive; ``undelivered`` lists them, for tests and reports.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from asl.values import Json, instant_text
from emulator.eventbridge.inputs import UndeliverableInput, target_input
from emulator.eventbridge.retries import Delivery, GivenUp, RetryPolicy
from emulator.eventbridge.targets import Forward, Hop, deliver, send_dead_letter
from emulator.world import World

log = logging.getLogger(__name__)


SCHEDULE: Final = "schedule "
"""What the name of a schedule begins with; the name of a rule has no blank."""


class Undelivered(NamedTuple):
    """An event that a rule matched, or a schedule sent, and that did not reach one of its targets."""

    rule: str
    """The rule's name; of a schedule of EventBridge Scheduler ``schedule GROUP/NAME``."""
    target: str
    """The target's ARN."""
    reason: str
    """Why it did not."""
    event: dict[str, Json]
    """The event's envelope."""

    @property
    def sender(self) -> str:
        """What sent it, for people: ``rule nightly``, ``schedule default/nightly``."""
        return self.rule if self.rule.startswith(SCHEDULE) else f"rule {self.rule}"


class Sender(NamedTuple):
    """The rule that sends an event on."""

    name: str
    arn: str


class Deliveries:
    """The deliveries of one emulator. ``forward`` puts an event on a bus, for a try after the first one."""

    def __init__(self, world: World, forward: Callable[[Hop], None]) -> None:
        self._world = world
        self._forward = forward
        self.undelivered: list[Undelivered] = []

    def deliver(self, rule: Sender, target: Mapping[str, Any], hop: Hop, forward: Forward) -> None:
        """Deliver an event to a target of a rule; the first try is made now, with ``forward`` for a bus."""
        try:
            text = target_input(
                target,
                hop.event,
                rule_arn=rule.arn,
                rule_name=rule.name,
                ingestion_time=instant_text(self._world.now()),
            )
        except UndeliverableInput as error:
            self.tell(Undelivered(rule.name, target["Arn"], str(error), hop.event))
            return

        def once(attempt: int) -> None:
            deliver(self._world, target, text, hop, forward if attempt == 1 else self._forward)

        def lost(given_up: GivenUp) -> None:
            reason = given_up.failure.reason
            try:
                send_dead_letter(self._world, target, rule.arn, hop.event, given_up)
            except LookupError as failed:
                reason = f"{reason}; nor to its dead-letter queue: {failed.args[0]}"
            self.tell(Undelivered(rule.name, target["Arn"], reason, hop.event))

        what = f"delivery of rule {rule.name} to {target['Arn']}"
        Delivery(self._world, what, RetryPolicy.of(target.get("RetryPolicy")), once, lost).begin()

    def tell(self, lost: Undelivered) -> None:
        """Note an event that did not arrive."""
        self.undelivered.append(lost)
        log.warning("EventBridge %s could not deliver to %s: %s", lost.sender, lost.target, lost.reason)
