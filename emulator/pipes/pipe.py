"""One pipe: it reads its source, filters, enriches, and hands over to its target.

A batch that fails anywhere is treated as its source has it: messages appear again in their queue, records of a stream
are tried again. ``batchItemFailures`` in the target's answer name the records that failed, by a message's id or a
record's eventID.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from asl.values import Json, encode
from emulator.aws.arns import Arn
from emulator.mappings.answers import KEY, Answer, failed_ids
from emulator.mappings.destinations import batch_info, send, stamp
from emulator.mappings.filters import compile_filters
from emulator.mappings.queue_reader import QueueReader
from emulator.mappings.readers import Reader, Readers
from emulator.mappings.records import Record, acting_as
from emulator.mappings.settings import Done, Settings
from emulator.mappings.stream_reader import GivenUp, StreamReader
from emulator.pipes.targets import Calls, Events, Outcome
from emulator.pipes.templates import Template, UnfilledError, parse

SOURCE_PARAMETERS: Final = {
    "sqs": "SqsQueueParameters",
    "dynamodb": "DynamoDBStreamParameters",
    "kinesis": "KinesisStreamParameters",
}
"""A source's service -> its member of SourceParameters."""
BATCH_SIZES: Final = {"sqs": 10, "dynamodb": 1, "kinesis": 1}
"""The defaults that AWS's CDK documents."""
NOTHING: Final[tuple[Json, ...]] = (None, "", [], {})
"""Answers of an enrichment with which the target is not called (user guide)."""


class Pipe:
    """A pipe. ``members`` are those of CreatePipe; ``state`` is what CurrentState shows."""

    def __init__(self, arn: str, members: dict[str, Any], readers: Readers, calls: Calls) -> None:
        self.arn = arn
        self.members = members
        self.tags: dict[str, str] = dict(members.get("Tags") or {})
        self.created_at = self.changed_at = calls.world.now()
        self.state = "STOPPED"
        self.reason = ""
        self._readers = readers
        self._calls = calls
        self._templates = self._parsed()
        self._reader = self._new_reader()
        readers.add(self._reader)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.members["Name"])

    @property
    def source(self) -> str:
        """The ARN of the queue or stream."""
        return str(self.members["Source"])

    def change(self, members: dict[str, Any]) -> None:
        """Take other members, from the next batch on."""
        self.members = members
        self.changed_at = self._calls.world.now()
        self._templates = self._parsed()
        self._reader.settings = self._settings()

    def switch(self, *, on: bool) -> None:
        """Let it run, or not."""
        self.members["DesiredState"] = self.state = "RUNNING" if on else "STOPPED"
        self.reason = ""
        if on:
            self._reader.start()
            self._calls.world.settle()
        else:
            self._reader.stop()

    def delete(self) -> None:
        """Let it run no more, for ever."""
        self._readers.remove(self._reader)

    def _parsed(self) -> dict[str, Template]:
        found = {name: (self.members.get(name) or {}).get("InputTemplate") for name in PARAMETERS}
        return {name: parse(text) for name, text in found.items() if text}

    def _own(self) -> Mapping[str, Any]:
        parameters = self.members.get("SourceParameters") or {}
        return parameters.get(SOURCE_PARAMETERS[Arn.parse(self.source).service]) or {}

    def _settings(self) -> Settings:
        given, service = self._own(), Arn.parse(self.source).service
        criteria = (self.members.get("SourceParameters") or {}).get("FilterCriteria") or {}
        retries, age = given.get("MaximumRetryAttempts", -1), given.get("MaximumRecordAgeInSeconds", -1)
        return Settings(
            self.source,
            given.get("BatchSize") or BATCH_SIZES[service],
            timedelta(seconds=given.get("MaximumBatchingWindowInSeconds") or 0),
            compile_filters([each.get("Pattern") for each in criteria.get("Filters") or ()], service),
            lanes=given.get("ParallelizationFactor") or 1,
            retries=None if retries < 0 else retries,
            age=None if age < 0 else timedelta(seconds=age),
            bisects=given.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT",
            position=given.get("StartingPosition") or "LATEST",
            position_at=_instant(given.get("StartingPositionTimestamp")),
        )

    def _new_reader(self) -> Reader:
        readers = self._readers
        given = (readers.world, readers.timeline, readers.sources, self._settings(), self._deliver)
        name = f"batch of pipe {self.name}"
        if Arn.parse(self.source).service == "sqs":
            return QueueReader(*given, name=name, needs_seconds=lambda: 0)
        return StreamReader(*given, name=name, give_up=self._give_up, shape=self._shaped)

    def _shaped(self, record: Record) -> Record:
        return of_pipe(acting_as(record, str(self.members["RoleArn"])))

    # One batch ---------------------------------------------------------------------------------------------------

    def _deliver(self, batch: Sequence[Record], done: Done) -> None:
        received_at = self._calls.world.now()
        events: list[Json] = [each.content for each in batch]
        enrichment = self.members.get("Enrichment")
        ids = {each.id for each in batch}

        def enriched(outcome: Outcome) -> None:
            if outcome.error is not None:
                self._failed(outcome, done)
            elif outcome.value in NOTHING:
                done(Answer())
            else:
                hand_over(outcome.value)

        def hand_over(value: Json) -> None:
            given: list[Json] = list(value) if isinstance(value, list) else [value]
            made = self._made("TargetParameters", given, received_at, done)
            if made is None:
                return
            parameters = self.members.get("TargetParameters") or {}
            bus = {
                "Source": f"Pipe {self.name}",
                "DetailType": f"Event from aws:{Arn.parse(self.source).service}",
                **(parameters.get("EventBridgeEventBusParameters") or {}),
            }
            parameters = {**parameters, "EventBridgeEventBusParameters": bus}
            whole: Json = made if isinstance(value, list) else made[0]
            self._calls.hand_over(self.members["Target"], parameters, Events(given, made, whole), handed_over)

        def handed_over(outcome: Outcome) -> None:
            if outcome.error is not None:
                self._failed(outcome, done)
                return
            value = outcome.value
            done(Answer(failed_ids(value, ids) if isinstance(value, dict) and KEY in value else frozenset()))

        if not enrichment:
            hand_over(events)
            return
        made = self._made("EnrichmentParameters", events, received_at, done)
        if made is not None:
            self._calls.wait_for(enrichment, encode(made), enriched)

    def _made(self, of: str, events: list[Json], received_at: datetime, done: Done) -> list[Json] | None:
        """The events as the template of an enrichment or a target has them; ``None`` if it makes no JSON of them."""
        template = self._templates.get(of)
        if template is None:
            return events
        reserved: dict[str, Json] = {
            "aws.pipes.pipe-arn": self.arn,
            "aws.pipes.pipe-name": self.name,
            "aws.pipes.source-arn": self.source,
            "aws.pipes.enrichment-arn": self.members.get("Enrichment") or "",
            "aws.pipes.target-arn": self.members["Target"],
            "aws.pipes.event.ingestion-time": stamp(received_at),
        }
        try:
            return [template.fill(event, reserved) for event in events]
        except UnfilledError as error:
            self._failed(Outcome(error=str(error)), done)
            return None

    def _failed(self, outcome: Outcome, done: Done) -> None:
        self._calls.functions.tell_failure(f"pipe {self.name}: {outcome.error}")
        if outcome.stops:
            self._reader.stop()
            self.state, self.reason = "STOPPED", outcome.error or ""
        done(Answer(None, throttled=outcome.throttled))

    def _give_up(self, given_up: GivenUp) -> None:
        """Tell the dead-letter queue or topic of records that are not tried again."""
        arn = (self._own().get("DeadLetterConfig") or {}).get("Arn")
        if not arn:
            return
        told: dict[str, Json] = {
            "context": {"partnerResourceArn": self.arn, "condition": given_up.condition},
            "version": "1.0",
            "timestamp": stamp(self._calls.world.now()),
            **batch_info(given_up, self.source),
        }
        lost = send(self._calls.world, arn, told, given_up.records, prefix=f"aws/pipes/{self.name}")
        if lost is not None:
            self._calls.functions.tell_failure(
                f"pipe {self.name}: the record of a failure did not come to {arn}: {lost}"
            )


PARAMETERS: Final = ("EnrichmentParameters", "TargetParameters")
"""The members that may have an InputTemplate."""


def of_pipe(record: Record) -> Record:
    """A record of a stream as a pipe has it: named by its eventID, and flat if it is one of Kinesis."""
    content: dict[str, Any] = dict(record.content)
    kinesis = content.pop("kinesis", {})
    return record._replace(id=str(content["eventID"]), content={**kinesis, **content})


def _instant(value: Any) -> datetime | None:
    from emulator.clock import EPOCH

    return EPOCH + timedelta(seconds=value) if isinstance(value, int | float) else None
