"""SQS on the virtual clock: messages that are hidden or delayed, and long polls, without any real waiting.

moto compares instants of the system's clock, which never meets the same instant twice: a message is visible *after* the
end of its timeout. A virtual clock stops at exactly that instant, and AWS shows the message then. moto's long poll
waits in real time until its clock has passed the end of the poll, which a clock that stands still never does. So a poll
that finds nothing only says so (``Poll``); the caller lets virtual time pass and asks again (``answered``).

Messages of a FIFO queue's group that appear again at one instant come in their order, which moto loses; a message that
is sent again is not delivered, also when the first one is deleted, which moto forgets. A message that is older than the
queue keeps it is gone, while moto's receive stops at it. The time is asked once for all messages of a queue, not for
each. What reads a queue is told of each change of it (``changes``).
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import local
from typing import Any, Final, NamedTuple, TypeAlias

from emulator.aws.moto.changes import note
from emulator.aws.moto.redrive import redrive_checked
from emulator.clock import EPOCH
from emulator.shared_change import SharedChange, Undo

LetPass: TypeAlias = Callable[[datetime, Callable[[], bool]], bool]
"""Let time pass until an instant or until something is true; ``False`` when no time can pass for the caller."""

FIRST_SEQUENCE: Final = 18_849_496_460_467_696_128
SEQUENCE_STEP: Final = 256
"""The sequence numbers of a FIFO queue: 20 digits that grow, as on AWS.

moto's are random, and missing for messages whose deduplication id is their content's.
"""
SOURCE: Final = "DeadLetterQueueSourceArn"
"""The attribute of a message that was moved to the dead letters."""
DEDUPLICATED_MS: Final = 300_000
"""Milliseconds in which a message with the same deduplication id is not delivered again."""
_EXACT: Final = 0.0005
"""Milliseconds: half a microsecond, the clock's unit. moto counts in floating point numbers."""


class Poll(NamedTuple):
    """A long poll that has found nothing: the queue and the seconds that it would wait."""

    queue: Any
    seconds: float


class _Here(local):
    """Of the request that this thread answers: its poll, if it found nothing, and the queue that it receives from."""

    empty: Poll | None = None
    receives_from: str = ""


_here: Final = _Here()


def on_our_clock() -> Callable[[], None]:
    """Replace the methods that compare times or wait, until the result is called; calling it again does nothing."""
    return _REPLACED.use()


def answered(ask: Callable[[], Any], now: Callable[[], datetime], let_pass: LetPass) -> Any:
    """The answer of ``ask``, a request to SQS; a long poll asks again while time passes and nothing has come."""
    end = None
    while True:
        answer = ask()
        if (poll := _take()) is None:
            return answer
        at = now()
        end = at + timedelta(seconds=poll.seconds) if end is None else end
        if at >= end:
            return answer
        before = _ready(poll.queue, at)
        due = min((when for when in _appearances(poll.queue) if when > at), default=end)
        if not let_pass(min(due, end), lambda: _ready(poll.queue, now()) != before):  # noqa: B023 - called at once
            return answer


def _take() -> Poll | None:
    poll, _here.empty = _here.empty, None
    return poll


def _ready(queue: Any, at: datetime) -> list[str]:
    """The ids of the messages that are visible at an instant."""
    milliseconds = (at - EPOCH) / timedelta(milliseconds=1)
    return [each.id for each in queue._messages if _hidden_until(each) <= milliseconds + _EXACT]


def _appearances(queue: Any) -> list[datetime]:
    """When the messages that are hidden or delayed appear."""
    return [EPOCH + timedelta(milliseconds=_hidden_until(each)) for each in queue._messages]


def _hidden_until(message: Any) -> float:
    hidden: float = max(message.visible_at, message.delayed_until)
    return hidden


def _replace() -> Undo:
    from moto.core.utils import unix_time_millis
    from moto.sqs.models import Message, Queue, SQSBackend
    from moto.sqs.responses import SQSResponse

    receive, change = SQSBackend.receive_message, SQSBackend.change_message_visibility
    add, delete, purge = Queue.add_message, Queue.delete_message, SQSBackend.purge_queue
    answer = SQSResponse.receive_message

    def visible(message: Any) -> bool:
        return bool(unix_time_millis() + _EXACT >= message.visible_at)

    def delayed(message: Any) -> bool:
        return bool(unix_time_millis() + _EXACT < message.delayed_until)

    def messages(queue: Any) -> list[Any]:
        now = unix_time_millis() + _EXACT
        found = [each for each in queue._messages if each.visible_at <= now and each.delayed_until <= now]
        return _by_group(found) if queue.fifo_queue else found

    def count_delayed(queue: Any) -> int:
        now = unix_time_millis() + _EXACT
        return sum(now < each.delayed_until for each in queue._messages)

    def count_hidden(queue: Any) -> int:
        now = unix_time_millis() + _EXACT
        return sum(now < each.visible_at for each in queue._messages)

    def receive_message(
        backend: Any, queue_name: str, count: int, wait_seconds_timeout: int, visibility_timeout: int, *more: Any
    ) -> Any:
        queue = backend.get_queue(queue_name)
        _clean(queue, unix_time_millis())
        before, _here.receives_from = _here.receives_from, queue.queue_arn
        try:
            found = receive(backend, queue_name, count, 0, visibility_timeout, *more)
        finally:
            _here.receives_from = before
        if found:
            note(queue.queue_arn)
        elif wait_seconds_timeout:
            _here.empty = Poll(queue, wait_seconds_timeout)
        return found

    def is_message_valid_based_on_retention_period(backend: Any, queue_name: str, message: Any) -> bool:
        return True  # the others were taken out

    def change_message_visibility(backend: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
        change(backend, queue_name, receipt_handle, visibility_timeout)
        note(backend.get_queue(queue_name).queue_arn)

    def purge_queue(backend: Any, queue_name: str) -> None:
        purge(backend, queue_name)
        backend.get_queue(queue_name).sent = {}

    def delete_message(queue: Any, receipt_handle: str) -> None:
        delete(queue, receipt_handle)
        note(queue.queue_arn)

    def add_message(queue: Any, message: Any) -> None:
        if _here.receives_from:  # a receive moves it to the dead letters
            message.moved_from = _here.receives_from
        if not queue.fifo_queue:
            add(queue, message)
        elif _is_sent_again(queue, message):
            return
        else:
            queue.numbered = getattr(queue, "numbered", 0) + 1
            message.sequence_number = str(FIRST_SEQUENCE + queue.numbered * SEQUENCE_STEP)
            queue._messages.append(message)
        note(queue.queue_arn)

    def answer_receive(response: Any) -> Any:
        answered = answer(response)
        found = answered.result.get("Messages", ()) if isinstance(answered.result, dict) else ()
        wanted = [*response._get_param("AttributeNames", []), *response._get_param("MessageSystemAttributeNames", [])]
        if found and ("All" in wanted or SOURCE in wanted):
            _tell_source(response.sqs_backend.get_queue(response._get_queue_name()), found)
        return answered

    replaced: tuple[tuple[Any, str, Any], ...] = (
        (Message, "visible", property(visible)),
        (Message, "delayed", property(delayed)),
        (Queue, "messages", property(messages)),
        (Queue, "approximate_number_of_messages_delayed", property(count_delayed)),
        (Queue, "approximate_number_of_messages_not_visible", property(count_hidden)),
        (Queue, "add_message", add_message),
        (Queue, "delete_message", delete_message),
        (SQSBackend, "receive_message", receive_message),
        (SQSBackend, "change_message_visibility", change_message_visibility),
        (SQSBackend, "purge_queue", purge_queue),
        (SQSBackend, "is_message_valid_based_on_retention_period", is_message_valid_based_on_retention_period),
        (SQSResponse, "receive_message", answer_receive),
    )
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    for owner, name, ours in replaced:
        setattr(owner, name, ours)
    redrive_not_checked = redrive_checked()

    def put_back() -> None:
        redrive_not_checked()
        for owner, name, theirs in originals:
            setattr(owner, name, theirs)

    return put_back


_REPLACED: Final = SharedChange(_replace)


def _clean(queue: Any, milliseconds: float) -> None:
    """Take out the messages that are too old, and let go of those that are visible again."""
    oldest = milliseconds - queue.message_retention_period * 1000
    if any(each.sent_timestamp <= oldest for each in queue._messages):
        queue._messages = [each for each in queue._messages if each.sent_timestamp > oldest]
    if queue._pending_messages:
        queue._pending_messages -= {each for each in queue._pending_messages if each.visible}


def _by_group(messages: list[Any]) -> list[Any]:
    """The messages of one group after the other, as a receive gives them.

    Recorded: ``test_fifo_receive_message_group_id_ordering``.
    """
    order: dict[Any, int] = {}
    for each in messages:
        order.setdefault(each.group_id, len(order))
    return sorted(messages, key=lambda each: order[each.group_id])


def _is_sent_again(queue: Any, message: Any) -> bool:
    """Whether a message of a FIFO queue has been sent within five minutes; also one that is deleted counts.

    Recorded: ``test_fifo_deduplication_arrives_once_after_delete``,
    ``test_sqs_fifo_same_dedup_id_different_message_groups``.
    """
    if message.deduplication_id is None or message.approximate_receive_count:
        return False
    group = message.group_id if queue.deduplication_scope == "messageGroup" else None
    sent: dict[Any, float] = queue.__dict__.setdefault("sent", {})
    key, at = (group, message.deduplication_id), message.sent_timestamp
    if at - sent.get(key, -DEDUPLICATED_MS) < DEDUPLICATED_MS:
        return True
    sent[key] = at
    return False


def _tell_source(queue: Any, answered: Iterable[dict[str, Any]]) -> None:
    """Add to messages that were moved to the dead letters the queue that they come from, as AWS does."""
    moved = {each.id: each.moved_from for each in queue._messages if hasattr(each, "moved_from")}
    for each in answered:
        if each["MessageId"] in moved:
            each.setdefault("Attributes", {})[SOURCE] = moved[each["MessageId"]]


def next_appearance(queue: Any, after: datetime) -> datetime | None:
    """When a message that is hidden or delayed appears next, later than ``after``."""
    return min((when for when in _appearances(queue) if when > after), default=None)
