"""Which queues may name a queue as their dead-letter queue: its RedriveAllowPolicy, which moto does not look at.

A queue is asked when another one names it, by CreateQueue or SetQueueAttributes. Source: service model,
``SetQueueAttributes``. AWS's texts for a refusal are not recorded.
"""

import json
from typing import Any, Final

from emulator.shared_change import Undo

ATTRIBUTE: Final = "RedriveAllowPolicy"
BY_QUEUE: Final = "byQueue"
PERMISSIONS: Final = ("allowAll", "denyAll", BY_QUEUE)
MOST_SOURCES: Final = 10


def redrive_checked() -> Undo:
    """Check and show the policies until the result is called."""
    from moto.sqs.exceptions import InvalidParameterValue
    from moto.sqs.models import Queue

    shown, set_attributes = Queue.BASE_ATTRIBUTES, Queue._set_attributes
    set_up: Any = Queue._setup_dlq

    def check_and_set(queue: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        policy = attributes.get(ATTRIBUTE)
        if policy and (why := _why_wrong(policy)) is not None:
            raise InvalidParameterValue(f"Value {policy} for parameter {ATTRIBUTE} is invalid. Reason: {why}")
        set_attributes(queue, attributes, now)

    def set_up_allowed(queue: Any, policy: Any) -> None:
        before = getattr(queue, "redrive_policy", None), queue.dead_letter_queue
        set_up(queue, policy)
        if (dead := queue.dead_letter_queue) is not None and not _allows(dead, queue.queue_arn):
            queue.redrive_policy, queue.dead_letter_queue = before
            raise InvalidParameterValue(
                f"Value {policy} for parameter RedrivePolicy is invalid. "
                f"Reason: the {ATTRIBUTE} of {dead.queue_arn} does not allow {queue.queue_arn}."
            )

    Queue.BASE_ATTRIBUTES = [*shown, ATTRIBUTE]
    Queue.redrive_allow_policy = None
    Queue._set_attributes, Queue._setup_dlq = check_and_set, set_up_allowed

    def put_back() -> None:
        Queue.BASE_ATTRIBUTES = shown
        Queue._set_attributes, Queue._setup_dlq = set_attributes, set_up
        del Queue.redrive_allow_policy

    return put_back


def _why_wrong(text: Any) -> str | None:
    """Why a policy is none; ``None`` if it is one."""
    try:
        policy = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        return "it is not an object of JSON."
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in PERMISSIONS:
        return f"redrivePermission is one of {', '.join(PERMISSIONS)}."
    if (permission == BY_QUEUE) != bool(sources):
        return f"sourceQueueArns goes with redrivePermission={BY_QUEUE}, and only with it."
    if sources and (not isinstance(sources, list) or len(sources) > MOST_SOURCES):
        return f"sourceQueueArns is a list of at most {MOST_SOURCES} ARNs."
    return None


def _allows(dead: Any, source: str) -> bool:
    """Whether a queue may be the dead-letter queue of another one."""
    policy = json.loads(dead.redrive_allow_policy or "{}")
    permission = policy.get("redrivePermission", PERMISSIONS[0])
    return permission == PERMISSIONS[0] or (permission == BY_QUEUE and source in policy["sourceQueueArns"])
