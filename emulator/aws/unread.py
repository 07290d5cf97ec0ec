"""The messages that moto's queues hold and that were never received: moto's own objects, read without a request.

ReceiveMessage would count as a receive and hide the message for a while; this look changes nothing.
"""

import sys
from typing import Any, Final, NamedTuple

MOST_BODIES: Final = 2


class Unread(NamedTuple):
    """A queue with messages that were sent and never received: how many, and the first bodies."""

    queue: str
    region: str
    number: int
    bodies: list[str]


def unread_in_moto() -> list[Unread]:
    """Every queue of moto's present contents with such messages; none if no queue was ever used."""
    backends: Any = getattr(sys.modules.get("moto.sqs.models"), "sqs_backends", {})
    found: list[Unread] = []
    for by_region in list(backends.values()):
        for region, backend in list(by_region.items()):
            for name, queue in backend.queues.items():
                waiting = [message for message in queue.messages if not message.approximate_receive_count]
                if waiting:
                    bodies = [message.body for message in waiting[:MOST_BODIES]]
                    found.append(Unread(name, region, len(waiting), bodies))
    return found
