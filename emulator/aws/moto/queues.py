"""SQS on the virtual clock: messages that are hidden or delayed, and long polls, without any real waiting.

moto compares instants of the system's clock, which never meets the same instant twice: a message is visible *after* the
end of its timeout. A virtual clock stops at exactly that instant, and AWS shows the message then. moto's long poll
waits in real time until its clock has passed the end of the poll, which a clock that stands still never does. So a poll
that finds nothing only says so (``Poll``); the caller lets virtual time pass and asks again (``answered``).

Messages of a FIFO queue's group that appear again at one instant come in their order, which moto loses; and a message
that is older than the queue keeps it is gone, while moto's receive stops at it. What reads a queue is told of each
change of it (``changes``).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import local
from typing import Any, Final, NamedTuple, TypeAlias

from emulator.aws.moto.changes import note
from emulator.clock import EPOCH
from emulator.shared_change import SharedChange, Undo

LetPass: TypeAlias = Callable[[datetime, Callable[[], bool]], bool]
"""Let time pass until an instant or until something is true; ``False`` when no time can pass for the caller."""

FIRST_SEQUENCE: Final = 18_849_496_460_467_696_128
SEQUENCE_STEP: Final = 256
"""The sequence numbers of a FIFO queue: 20 digits that grow, as on AWS.

moto's are random, and missing for messages whose deduplication id is their content's.
"""
_EXACT: Final = 0.0005
"""Milliseconds: half a microsecond, the clock's unit. moto counts in floating point numbers."""


class Poll(NamedTuple):
    """A long poll that has found nothing: the queue and the seconds that it would wait."""

    queue: Any
    seconds: float


class _Here(local):
    """The poll of the request that this thread is answering, if it found nothing."""

    empty: Poll | None = None


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

    receive, change, delete = SQSBackend.receive_message, SQSBackend.change_message_visibility, Queue.delete_message
    add = Queue.add_message

    def visible(message: Any) -> bool:
        return bool(unix_time_millis() + _EXACT >= message.visible_at)

    def delayed(message: Any) -> bool:
        return bool(unix_time_millis() + _EXACT < message.delayed_until)

    def receive_message(
        backend: Any, queue_name: str, count: int, wait_seconds_timeout: int, visibility_timeout: int, *more: Any
    ) -> Any:
        queue = backend.get_queue(queue_name)
        _clean(queue, unix_time_millis())
        found = receive(backend, queue_name, count, 0, visibility_timeout, *more)
        if found:
            note(queue.queue_arn)
        elif wait_seconds_timeout:
            _here.empty = Poll(queue, wait_seconds_timeout)
        return found

    def change_message_visibility(backend: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
        change(backend, queue_name, receipt_handle, visibility_timeout)
        note(backend.get_queue(queue_name).queue_arn)

    def delete_message(queue: Any, receipt_handle: str) -> None:
        delete(queue, receipt_handle)
        note(queue.queue_arn)

    def add_message(queue: Any, message: Any) -> None:
        if queue.fifo_queue:
            queue.numbered = getattr(queue, "numbered", 0) + 1
            message.sequence_number = str(FIRST_SEQUENCE + queue.numbered * SEQUENCE_STEP)
        add(queue, message)
        note(queue.queue_arn)

    originals = Message.visible, Message.delayed
    Message.visible, Message.delayed = property(visible), property(delayed)
    SQSBackend.receive_message = receive_message
    SQSBackend.change_message_visibility = change_message_visibility
    Queue.delete_message, Queue.add_message = delete_message, add_message

    def put_back() -> None:
        Message.visible, Message.delayed = originals
        SQSBackend.receive_message = receive
        SQSBackend.change_message_visibility = change
        Queue.delete_message, Queue.add_message = delete, add

    return put_back


_REPLACED: Final = SharedChange(_replace)


def _clean(queue: Any, milliseconds: float) -> None:
    """Take out the messages that are too old, and let go of those that are visible again."""
    oldest = milliseconds - queue.message_retention_period * 1000
    if any(each.sent_timestamp <= oldest for each in queue._messages):
        queue._messages = [each for each in queue._messages if each.sent_timestamp > oldest]
    if queue._pending_messages:
        queue._pending_messages -= {each for each in queue._pending_messages if each.visible}


def next_appearance(queue: Any, after: datetime) -> datetime | None:
    """When a message that is hidden or delayed appears next, later than ``after``."""
    return min((when for when in _appearances(queue) if when > after), default=None)
