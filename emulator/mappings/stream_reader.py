"""Reads a stream: batches of one shard in order, each tried until it is through or given up.

A shard has as many lanes as the parallelization factor, a partition key always the same one; one batch of a lane is in
flight at a time. A batch that failed is tried again as a whole, or in halves, or from the first record that the
function named; the lane waits meanwhile. Sources: developer guide, "Using Lambda with DynamoDB" and "with Kinesis";
recorded: ``test_*_on_failure_destination*``, ``test_*_report_batch_item_failures``,
``test_kinesis_maximum_record_age_exceeded*``.

* ``retries`` n gives n + 1 attempts. Splitting a batch is none, nor is a throttled call; after a partial success the
  rest is counted anew.
* A record that is older than ``age`` when it would be tried is given up. One that is older than the stream keeps it,
  24 hours, is skipped.
* AWS does not publish how long it waits between attempts. ``WAITS`` gives eight in a minute, as recorded.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zlib import crc32

from emulator.aws.arns import Arn
from emulator.aws.moto.sources import Sources
from emulator.mappings.answers import Answer
from emulator.mappings.records import Record, of_dynamodb, of_kinesis
from emulator.mappings.settings import FRUITLESS, Deliver, Settings
from emulator.timeline import Alarm, TimeLine
from emulator.world import World

WAITS: Final = (1, 2, 4, 8, 12)
"""Seconds before the second attempt, the third and so on; the last for all that follow."""
KEPT: Final = timedelta(hours=24)
ATTEMPTS, AGE = "RetryAttemptsExhausted", "RecordAgeExceeded"


class GivenUp(NamedTuple):
    """Records that are not tried again: of which shard, why, after how many attempts, the last one's answer."""

    records: Sequence[Record]
    shard: str
    condition: str
    attempts: int
    answer: Answer | None


@dataclass(slots=True)
class _Batch:
    records: list[Record]
    tries: int = 0
    answer: Answer | None = None


@dataclass(slots=True)
class _Lane:
    shard: str
    waiting: deque[tuple[Record, datetime]] = field(default_factory=deque)
    """Records, and when they were read."""
    work: deque[_Batch] = field(default_factory=deque)
    """What is left of the batch that was taken."""
    busy: bool = False
    free_at: datetime | None = None
    """When the last batch was through: the next window begins."""
    alarm: Alarm | None = None


class StreamReader:
    """One reader of one stream of DynamoDB or Kinesis.

    ``give_up`` is told what is not tried again; ``shape`` gives a record another form.
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
        give_up: Callable[[GivenUp], None],
        shape: Callable[[Record], Record] = lambda record: record,
    ) -> None:
        self.settings = settings
        self._world = world
        self._timeline = timeline
        self._sources = sources
        self._deliver = deliver
        self._give_up = give_up
        self._shape = shape
        self._name = name
        self._reads = False
        self._alarm: Alarm | None = None
        self._positions: dict[str, int] = {}
        """Shard -> how many of its records were read."""
        self._lanes: dict[tuple[str, int], _Lane] = {}
        latest = settings.position == "LATEST"
        for shard in sources.shards(settings.source) or ():
            self._positions[shard] = sources.count(settings.source, shard) if latest else 0

    def start(self) -> None:
        """Read from now on, from where it stopped."""
        self._reads = True
        if self._lanes or any(
            self._sources.count(self.settings.source, shard) > self._positions.get(shard, 0)
            for shard in self._sources.shards(self.settings.source) or ()
        ):
            self.wake()

    def stop(self) -> None:
        """Read no more; it keeps its place. A batch that is in flight comes to its end."""
        self._reads = False

    def wake(self) -> None:
        """The stream has changed: look into it, once what has changed it is answered."""
        alarm, at = self._alarm, self._world.now()
        if not self._reads or (alarm is not None and not alarm.cancelled and alarm.at <= at):
            return
        if alarm is not None:
            self._timeline.cancel(alarm)
        self._alarm = self._timeline.at(at, self._look, is_timer=False, what=f"{self._name}: new records")

    def _look(self) -> None:
        """Read what is new, and begin with each lane that has nothing in flight."""
        if not self._reads:
            return
        settings, now = self.settings, self._timeline.clock.now()
        service = Arn.parse(settings.source).service
        read = of_dynamodb if service == "dynamodb" else of_kinesis
        for shard in self._sources.shards(settings.source) or ():
            position = self._positions.get(shard, 0)
            changes = self._sources.changes(settings.source, shard, position)
            self._positions[shard] = position + len(changes)
            for change in changes:
                if settings.position == "AT_TIMESTAMP" and settings.position_at and change.at < settings.position_at:
                    continue
                record = self._shape(read(change, settings.source, shard))
                if settings.matches(record.content):
                    number = crc32(record.key.encode()) % settings.lanes if settings.lanes > 1 else 0
                    lane = self._lanes.setdefault((shard, number), _Lane(shard))
                    lane.waiting.append((record, now))
        for lane in self._lanes.values():
            self._go_on(lane)

    def _go_on(self, lane: _Lane) -> None:
        """Hand the lane's next batch over, or come again when its window ends."""
        if lane.busy or not self._reads:
            return
        now, settings = self._timeline.clock.now(), self.settings
        if not lane.work and lane.waiting:
            first = lane.waiting[0][1]
            ends = max(first, lane.free_at or first) + settings.window
            if len(lane.waiting) < settings.batch_size and now < ends:
                if lane.alarm is None or lane.alarm.cancelled:
                    what = f"{self._name}: the window of its batch ends"
                    lane.alarm = self._timeline.at(ends, lambda: self._go_on(lane), is_timer=False, what=what)
                return
            count = min(settings.batch_size, len(lane.waiting))
            lane.work.append(_Batch([lane.waiting.popleft()[0] for _ in range(count)]))
        if lane.alarm is not None:
            self._timeline.cancel(lane.alarm)
            lane.alarm = None
        if lane.work:
            lane.busy = True
            self._timeline.begin(self._name, now, lambda: self._try(lane))

    def _try(self, lane: _Lane) -> None:
        batch = lane.work[0]
        self._drop_old(lane, batch)
        if not batch.records:
            self._end(lane)
            return
        self._deliver(batch.records, lambda answer: self._tried(lane, batch, answer))

    def _drop_old(self, lane: _Lane, batch: _Batch) -> None:
        """Give up the records that are too old; those of a batch are in order."""
        now, age = self._timeline.clock.now(), self.settings.age
        batch.records = [each for each in batch.records if now - each.at <= KEPT]
        if age is None:
            return
        old = [each for each in batch.records if now - each.at > age]
        if old:
            batch.records = batch.records[len(old) :]
            self._give_up(GivenUp(old, lane.shard, AGE, max(batch.tries, 1), None))

    def _tried(self, lane: _Lane, batch: _Batch, answer: Answer) -> None:
        settings = self.settings
        if answer.throttled:
            self._again(lane, batch.tries)
            return
        if answer.failed is not None and not answer.failed:
            self._end(lane)
            return
        batch.answer = answer
        if answer.failed is not None:
            first = next(at for at, each in enumerate(batch.records) if each.id in answer.failed)
            if first:
                batch.records, batch.tries = batch.records[first:], 0
                self._again(lane, 0)
                return
        elif settings.bisects and len(batch.records) > 1:
            half = (len(batch.records) + 1) // 2
            rest = _Batch(batch.records[half:], batch.tries)
            batch.records = batch.records[:half]
            lane.work.insert(1, rest)
            self._again(lane, 0)
            return
        batch.tries += 1
        if settings.retries is not None and batch.tries > settings.retries:
            self._give_up(GivenUp(batch.records, lane.shard, ATTEMPTS, batch.tries, answer))
            self._end(lane)
        else:
            self._again(lane, batch.tries - 1)

    def _again(self, lane: _Lane, before: int) -> None:
        """Try the lane's first batch again, after a wait that grows with the attempts ``before``."""
        wait = timedelta(seconds=WAITS[min(before, len(WAITS) - 1)])
        at, what = self._timeline.clock.now() + wait, f"{self._name}: a failed batch again"
        self._timeline.at(at, lambda: self._retry(lane), passive=before >= FRUITLESS, is_timer=False, what=what)

    def _retry(self, lane: _Lane) -> None:
        lane.busy = False
        self._go_on(lane)

    def _end(self, lane: _Lane) -> None:
        """The lane's first batch is through, or given up."""
        lane.work.popleft()
        lane.busy = False
        if not lane.work:
            lane.free_at = self._timeline.clock.now()
        self._go_on(lane)
