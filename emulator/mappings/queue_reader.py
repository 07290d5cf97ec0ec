"""Reads a queue: batches of messages, each handed over once, deleted when it is through.

A message that failed is left alone: it appears again when its visibility timeout ends, and the queue's own redrive
policy moves it away at the receive that would be one too many. A batch is handed over when it is full, when its window
has passed since its first message, or when it has six megabytes; without a window it is what one receive has given.
Source: developer guide, "Using Lambda with Amazon SQS".

While a batch is gathered its messages are hidden. With a window they are so for the window, the function's timeout and
30 seconds more, if the queue's own timeout is shorter than the first two.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import get_ident
from typing import Any, Final

from asl.values import encode
from emulator.aws.arns import Arn
from emulator.aws.moto.sources import QueueFacts, Sources
from emulator.mappings.answers import Answer
from emulator.mappings.records import Record, of_message
from emulator.mappings.settings import FRUITLESS, Deliver, Settings
from emulator.timeline import Alarm, TimeLine
from emulator.world import World

MOST_AT_ONCE: Final = 10
"""The most messages of one receive."""
MOST_BYTES: Final = 6_291_456
"""The most bytes of a function's event."""
SLACK_SECONDS: Final = 30


class QueueReader:
    """One reader of one queue. ``name`` tells what it does: ``messages of queue q for function f``.

    ``needs_seconds`` is how long a batch may take when it has been handed over.
    """

    def __init__(
        self,
        world: World,
        timeline: TimeLine,
        sources: Sources,
        settings: Settings,
        deliver: Deliver,
        *,
        name: str,
        needs_seconds: Callable[[], float],
    ) -> None:
        self.settings = settings
        self._world = world
        self._timeline = timeline
        self._sources = sources
        self._deliver = deliver
        self._name = name
        self._needs_seconds = needs_seconds
        self._reads = False
        self._asks = 0
        """The thread in which it makes a request itself, if it does: what that changes is no news to it."""
        self._alarm: Alarm | None = None
        self._gathered: list[Record] = []
        self._bytes = 0
        self._window: Alarm | None = None
        self._in_flight = 0
        self._failures = 0
        """How many batches have failed in a row."""

    def start(self) -> None:
        """Read from now on."""
        self._reads = True
        if self._sources.has_messages(self.settings.source):
            self.wake()

    def stop(self) -> None:
        """Read no more. What has been gathered appears in the queue again."""
        self._reads = False
        self._gathered, self._bytes = [], 0
        for alarm in (self._alarm, self._window):
            if alarm is not None:
                self._timeline.cancel(alarm)
        self._alarm = self._window = None

    def wake(self) -> None:
        """The queue has changed: look into it, once what has changed it is answered."""
        if not self._reads or self._asks == get_ident():
            return
        at = self._world.now()
        alarm = self._alarm
        if alarm is not None and not alarm.cancelled and alarm.at <= at:
            return
        self._look_at(at)

    def _look_at(self, at: datetime, *, passive: bool = False) -> None:
        if self._alarm is not None:
            self._timeline.cancel(self._alarm)
        self._alarm = self._timeline.at(
            at, self._look, passive=passive, is_timer=False, what=f"{self._name}: a message appears"
        )

    def _look(self) -> None:
        """Receive all that can be handed over now, and come again when a hidden message appears."""
        facts = self._sources.queue(self.settings.source)
        if facts is None or not self._reads:
            return
        settings = self.settings
        while self._has_room():
            wanted = min(MOST_AT_ONCE, settings.batch_size - len(self._gathered))
            messages = self._receive(facts, wanted)
            self._gather(facts, messages)
            if len(messages) < wanted:
                break
        appears_at = self._sources.next_message_at(settings.source, self._timeline.clock.now())
        if appears_at is not None and self._reads:
            self._look_at(appears_at, passive=self._failures >= FRUITLESS)

    def _has_room(self) -> bool:
        most = self.settings.most_at_a_time
        return most is None or bool(self._gathered) or self._in_flight < most

    def _gather(self, facts: QueueFacts, messages: Sequence[Any]) -> None:
        """Add messages to the batch; it is handed over when it is full, or at once if there is no window."""
        settings, now = self.settings, self._timeline.clock.now()
        records = [of_message(each, settings.source, now, has_window=bool(settings.window)) for each in messages]
        unwanted = [each for each in records if not settings.matches(each.content)]
        self._delete(facts, unwanted)
        for record in records:
            if record in unwanted:
                continue
            size = len(encode(record.content))
            if self._gathered and self._bytes + size > MOST_BYTES:
                self._hand_over()
            self._gathered.append(record)
            self._bytes += size
            if len(self._gathered) >= settings.batch_size:
                self._hand_over()
        if self._gathered and not settings.window:
            self._hand_over()
        elif self._gathered and self._window is None:
            ends = f"{self._name}: the window of its batch ends"
            self._window = self._timeline.at(now + settings.window, self._hand_over, is_timer=False, what=ends)

    def _hand_over(self) -> None:
        batch, self._gathered, self._bytes = self._gathered, [], 0
        if self._window is not None:
            self._timeline.cancel(self._window)
            self._window = None
        if not batch:
            return
        self._in_flight += 1
        self._timeline.begin(
            self._name,
            self._timeline.clock.now(),
            lambda: self._deliver(batch, lambda answer: self._done(batch, answer)),
        )

    def _done(self, batch: Sequence[Record], answer: Answer) -> None:
        self._in_flight -= 1
        facts = self._sources.queue(self.settings.source)
        if facts is None:
            return
        failed = answer.failed
        self._failures = self._failures + 1 if failed is None else 0
        if failed is not None:
            self._delete(facts, [each for each in batch if each.id not in failed])
        if facts.is_fifo or self.settings.most_at_a_time is not None:
            self.wake()

    def _receive(self, facts: QueueFacts, count: int) -> list[Any]:
        hidden = _hidden_seconds(facts, self.settings.window, self._needs_seconds())
        with self._asking() as client:
            messages: list[Any] = client.receive_message(
                QueueUrl=facts.url,
                MaxNumberOfMessages=count,
                VisibilityTimeout=hidden,
                WaitTimeSeconds=0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
        return messages

    def _delete(self, facts: QueueFacts, records: Sequence[Record]) -> None:
        with self._asking() as client:
            for start in range(0, len(records), MOST_AT_ONCE):
                part = records[start : start + MOST_AT_ONCE]
                entries = [{"Id": str(number), "ReceiptHandle": each.handle} for number, each in enumerate(part)]
                client.delete_message_batch(QueueUrl=facts.url, Entries=entries)

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        self._asks = get_ident()
        try:
            yield self._world.internal_client("sqs", region=Arn.parse(self.settings.source).region)
        finally:
            self._asks = 0


def _hidden_seconds(facts: QueueFacts, window: timedelta, needs_seconds: float) -> int:
    gathered = window.total_seconds()
    if not gathered or gathered + needs_seconds <= facts.visibility_seconds:
        return facts.visibility_seconds
    return int(gathered + needs_seconds + SLACK_SECONDS)
