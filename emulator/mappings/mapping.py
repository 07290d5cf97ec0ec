"""One event source mapping: what a queue or a stream has goes to a function.

The function is called synchronously, with no destination or dead-letter queue of its own (developer guide).
"""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from asl.values import Json, encode
from emulator.aws.arns import Arn
from emulator.clock import EPOCH
from emulator.functions import Functions, ThrottledError, function_name
from emulator.lambda_ import InvocationResult
from emulator.lambda_.call import LONGEST_FUNCTION_SECONDS, Function
from emulator.mappings.answers import Answer, failed_ids, value_of
from emulator.mappings.destinations import batch_info, send, stamp
from emulator.mappings.filters import compile_filters
from emulator.mappings.queue_reader import QueueReader
from emulator.mappings.readers import Reader, Readers
from emulator.mappings.records import Record, acting_as
from emulator.mappings.settings import Done, Settings
from emulator.mappings.stream_reader import GivenUp, StreamReader

LAMBDA_TIMEOUT: Final = 3
"""Seconds of a function that does not say how long it may take."""
REPORTS: Final = "ReportBatchItemFailures"
OK, PROBLEM = "OK", "PROBLEM: Function call failed"


class Mapping:
    """A mapping. ``members`` are those that the API shows, with their defaults; ``function_arn`` has the qualifier."""

    def __init__(
        self, uuid: str, readers: Readers, functions: Functions, members: dict[str, Any], function_arn: str, role: str
    ) -> None:
        self.uuid = uuid
        self.members = members
        self.role = role
        """The function's role, which reads the stream."""
        self.function_arn = function_arn
        self.enabled = False
        self.tags: dict[str, str] = {}
        self.changed_at: datetime = readers.world.now()
        self._readers = readers
        self._functions = functions
        self._reader = self._new_reader()
        readers.add(self._reader)

    @property
    def source(self) -> str:
        """The ARN of the queue or stream."""
        return str(self.members["EventSourceArn"])

    @property
    def of_queue(self) -> bool:
        """Whether the source is a queue."""
        return Arn.parse(self.source).service == "sqs"

    def change(self, members: MappingOf[str, Any], function_arn: str, role: str) -> None:
        """Take other members, from the next batch on."""
        self.members = dict(members)
        self.role = role
        self.function_arn = function_arn
        self.changed_at = self._readers.world.now()
        self._reader.settings = self._settings()

    def switch(self, *, on: bool) -> None:
        """Let it read, or not."""
        self.enabled = on
        if on:
            self._reader.start()
            self._readers.world.settle()
        else:
            self._reader.stop()

    def delete(self) -> None:
        """Let it read no more, for ever."""
        self.enabled = False
        self._readers.remove(self._reader)

    def _settings(self) -> Settings:
        given = self.members
        patterns = [each.get("Pattern") for each in (given.get("FilterCriteria") or {}).get("Filters") or ()]
        retries, age = given.get("MaximumRetryAttempts", -1), given.get("MaximumRecordAgeInSeconds", -1)
        at = given.get("StartingPositionTimestamp")
        return Settings(
            self.source,
            given["BatchSize"],
            timedelta(seconds=given["MaximumBatchingWindowInSeconds"]),
            compile_filters(patterns, Arn.parse(self.source).service),
            (given.get("ScalingConfig") or {}).get("MaximumConcurrency"),
            given.get("ParallelizationFactor", 1),
            None if retries < 0 else retries,
            None if age < 0 else timedelta(seconds=age),
            bool(given.get("BisectBatchOnFunctionError")),
            given.get("StartingPosition") or "LATEST",
            None if at is None else EPOCH + timedelta(seconds=at),
        )

    def _new_reader(self) -> Reader:
        readers = self._readers
        source = Arn.parse(self.source)
        shown = source.name if self.of_queue else self.source.split("/")[1]
        name = (
            f"call of function {function_name(self.function_arn)} for {'queue' if self.of_queue else 'stream'} {shown}"
        )
        given = (readers.world, readers.timeline, readers.sources, self._settings(), self._deliver)
        if self.of_queue:
            return QueueReader(*given, name=name, needs_seconds=self._timeout_seconds)
        return StreamReader(*given, name=name, give_up=self._give_up, shape=lambda record: acting_as(record, self.role))

    def _timeout_seconds(self) -> float:
        called = self._functions.called(self.function_arn)
        return LAMBDA_TIMEOUT if called is None else timeout_of(called.function)

    def _deliver(self, batch: Sequence[Record], done: Done) -> None:
        """Call the function with a batch."""
        functions, timeline = self._functions, self._readers.timeline
        called = functions.called(self.function_arn)
        if called is None:
            functions.tell_failure(f"{self.source}: there is no function {self.function_arn} for its records")
            done(Answer(None, throttled=True))
            return
        started = timeline.clock.now()
        request_id = self._readers.world.chance("invocation", called.function.name).uuid()
        payload = encode({"Records": [each.content for each in batch]})
        try:
            result = functions.invoke(called.function, payload, arn=called.arn, request_id=request_id)
        except ThrottledError as error:
            functions.tell_failure(f"function {called.function.name} was not called: {error.why}")
            done(Answer(None, throttled=True))
            return
        answer = self._answer(called.function, batch, result, request_id)
        if result.duration:
            ends = f"end of the call of function {called.function.name}"
            timeline.at(started + result.duration, lambda: done(answer), is_timer=False, what=ends)
        else:
            done(answer)

    def _answer(self, function: Function, batch: Sequence[Record], result: InvocationResult, request_id: str) -> Answer:
        if result.error:
            shown = self.source.rpartition(":")[2] if self.of_queue else self.source.split(":", 5)[5]
            self._functions.tell_failure(
                f"function {function.name}, called with {len(batch)} records of {shown}, failed: {result.report}"
            )
        failed: frozenset[str] | None = None
        if not result.error:
            reports = REPORTS in (self.members.get("FunctionResponseTypes") or ())
            failed = failed_ids(value_of(result.payload), {each.id for each in batch}) if reports else frozenset()
        if not self.of_queue:
            self.members["LastProcessingResult"] = PROBLEM if result.error else OK
        return Answer(
            failed,
            request_id=request_id,
            function_error="Unhandled" if result.error else None,
            executed_version=function.version,
        )

    def _give_up(self, given_up: GivenUp) -> None:
        """Tell the destination of records that are not tried again; without one they are skipped silently."""
        arn = ((self.members.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if not arn:
            return
        answer, world = given_up.answer, self._readers.world
        request_id = answer.request_id if answer is not None else world.chance("failed batch", self.uuid).uuid()
        context: dict[str, Json] = {
            "requestId": request_id,
            "functionArn": str(Arn.parse(self.function_arn)._replace(qualifier=None)),
            "condition": given_up.condition,
            "approximateInvokeCount": given_up.attempts,
        }
        told: dict[str, Json] = {"requestContext": context}
        if answer is not None:
            told["responseContext"] = {
                "statusCode": 200,
                "executedVersion": answer.executed_version,
                "functionError": answer.function_error,
            }
        told |= {"version": "1.0", "timestamp": stamp(world.now()), **batch_info(given_up, self.source)}
        lost = send(world, arn, told, given_up.records, prefix=f"aws/lambda/{self.uuid}/{given_up.shard}")
        if lost is not None:
            name = function_name(self.function_arn)
            self._functions.tell_failure(f"function {name}: the record of a failed batch did not come to {arn}: {lost}")


def timeout_of(function: Function) -> float:
    """How long a call may take; a function that was registered without a timeout has Lambda's default here."""
    seconds = function.timeout_seconds
    return LAMBDA_TIMEOUT if seconds >= LONGEST_FUNCTION_SECONDS else seconds
