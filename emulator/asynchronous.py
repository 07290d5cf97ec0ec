"""Asynchronous calls of functions: what Lambda does with an event whose caller does not wait.

An event that the function fails on is tried again, after one minute and after two more, on the virtual clock; all tries
have one request id. What became of it goes to a destination, and after the last failure to the dead-letter queue.
Rules, ``Invoke`` with the type ``Event``, ``InvokeAsync`` and destinations call so. Sources: developer guide,
"Asynchronous invocation"; recorded on AWS in LocalStack's ``test_lambda_destinations`` and ``test_lambda``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from asl.chance import Chance
from asl.values import Json, JsonTextError, decode, encode
from emulator.aws.arns import Arn, region_of
from emulator.eventbridge.buses import PREFIX
from emulator.functions import Called, Functions, RefusedCallError, ThrottledError, function_name, qualifier_of
from emulator.lambda_ import InvocationResult
from emulator.lambda_.call import LATEST, Function
from emulator.timeline import TimeLine
from emulator.world import World

WAITS: Final = (timedelta(minutes=1), timedelta(minutes=2))
"""The waits before the second and the third attempt."""
FIRST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(minutes=5)
"""The waits of an event whose call Lambda itself refuses: each is twice as long as the one before."""
LONGEST_AGE_SECONDS: Final = 21_600
MOST_MESSAGE: Final = 1024
"""The most bytes of an error that a dead letter tells (developer guide: the first KB)."""
_ORDINALS: Final = ("", " on its second attempt", " on its third attempt")
_GONE: Final = {
    "AWS.SimpleQueueService.NonExistentQueue": "the queue does not exist",
    "QueueDoesNotExist": "the queue does not exist",
    "NotFound": "the topic does not exist",
}
"""An error code of a destination -> what it says."""


class InvokeConfig(NamedTuple):
    """How the events of one qualifier are handled (PutFunctionEventInvokeConfig); ``None`` where it was not set."""

    retries: int | None = None
    age_seconds: int | None = None
    on_success: str | None = None
    on_failure: str | None = None
    changed_at: datetime | None = None


@dataclass(slots=True)
class Event:
    """An event that waits for the function, or is with it. ``arn`` is the function's, with the caller's qualifier."""

    arn: str
    payload: str
    request_id: str
    since: datetime
    tries: int = 0
    refusals: int = 0
    """How often Lambda itself has refused the call."""
    report: str | None = None
    """What the last failed try told of the handler's error."""

    @property
    def config_arn(self) -> str:
        """The ARN whose configuration counts; it is also the one that destinations are told."""
        return self.arn if qualifier_of(self.arn) else f"{self.arn}:{LATEST}"


class AsyncCalls:
    """The events of one emulator's functions."""

    def __init__(self, world: World, functions: Functions, timeline: TimeLine) -> None:
        self._world = world
        self._functions = functions
        self._timeline = timeline
        self.configs: dict[str, InvokeConfig] = {}
        """Function's ARN with a qualifier -> its configuration. One qualifier does not inherit another's."""

    def forget(self, arn: str, qualifier: str | None = None) -> None:
        """Forget the configurations of a function, or of one of its qualifiers."""
        for each in list(self.configs):
            if each == f"{arn}:{qualifier}" or (qualifier is None and each.startswith(f"{arn}:")):
                del self.configs[each]

    def call(self, called: Called, payload: str, *, chance: Chance | None = None) -> None:
        """Try the event for the first time, now. ``chance`` gives the request's id, else the function's own stream."""
        request_id = (chance or self._world.chance("invocation", called.function.name)).uuid()
        self._try(Event(called.arn, payload, request_id, self._timeline.clock.now()))

    def _try(self, event: Event) -> None:
        """Call the function as it is now; one that was deleted meanwhile gets nothing."""
        called = self._functions.called(event.arn)
        if called is None:
            self._functions.tell_failure(f"function {event.arn} was deleted before it got an event")
            return
        function, started = called.function, self._timeline.clock.now()
        try:
            done = self._functions.invoke(function, event.payload, arn=called.arn, request_id=event.request_id)
        except RefusedCallError as error:
            self._functions.tell_failure(f"function {function.name} was not called: {error.why}")
            self._refused(event, function, error)
            return
        except ThrottledError as error:
            self._functions.tell_failure(f"function {function.name} was not called: {error.why}")
            self._give_up(event, function, "ZeroReservedConcurrency", None)
            return
        event.tries += 1
        if done.report is not None:
            failed = f"failed{_ORDINALS[event.tries - 1]}"
            told = "the same error" if done.report == event.report else done.report
            self._functions.tell_failure(f"function {function.name}, called asynchronously, {failed}: {told}")
            event.report = done.report
        if done.duration:
            ended, what = started + done.duration, f"the end of a call of function {function.name}"
            self._timeline.at(ended, lambda: self._tried(event, function, done), what=what, is_timer=False)
        else:
            self._tried(event, function, done)

    def _tried(self, event: Event, function: Function, done: InvocationResult) -> None:
        """Go on after a try.

        The next one is not waited for if the event would then be too old. A try takes some time on AWS, so that one
        which would begin when the event has just reached its age is too late (recorded: ages of 60 and 90 seconds).
        """
        config = self.configs.get(event.config_arn, InvokeConfig())
        if not done.error:
            if config.on_success:
                self._send(config.on_success, event, "Success", self._record(event, function, "Success", done))
            return
        now = self._timeline.clock.now()
        retries = len(WAITS) if config.retries is None else config.retries
        if event.tries > retries:
            self._give_up(event, function, "RetriesExhausted", done)
            return
        wait = WAITS[event.tries - 1]
        if now - event.since + wait >= timedelta(seconds=config.age_seconds or LONGEST_AGE_SECONDS):
            self._give_up(event, function, "EventAgeExceeded", done)
        else:
            what = f"another try of function {function.name}"
            self._timeline.at(now + wait, lambda: self._try(event), what=what, is_timer=False)

    def _refused(self, event: Event, function: Function, error: RefusedCallError) -> None:
        """Lambda itself has refused the call: its queue waits, from a second to five minutes, up to the event's age.

        Such a try counts for nothing (developer guide, asynchronous invocation). Other errors are final.
        """
        config = self.configs.get(event.config_arn, InvokeConfig())
        now, wait = self._timeline.clock.now(), min(FIRST_WAIT * 2**event.refusals, LONGEST_WAIT)
        event.refusals += 1
        if not error.is_repeated:
            self._give_up(event, function, "RetriesExhausted", None)
        elif now - event.since + wait >= timedelta(seconds=config.age_seconds or LONGEST_AGE_SECONDS):
            self._give_up(event, function, "EventAgeExceeded", None)
        else:
            what = f"another try of function {function.name}"
            self._timeline.at(now + wait, lambda: self._try(event), what=what, is_timer=False)

    def _give_up(self, event: Event, function: Function, condition: str, done: InvocationResult | None) -> None:
        """Tell the destination and the dead-letter queue of the last failure."""
        config = self.configs.get(event.config_arn, InvokeConfig())
        if config.on_failure:
            self._send(config.on_failure, event, "Failure", self._record(event, function, condition, done))
        if function.dead_letter:
            self._send_dead_letter(function.dead_letter, event, done)

    # What is told ------------------------------------------------------------------------------------------------

    def _record(
        self, event: Event, function: Function, condition: str, done: InvocationResult | None
    ) -> dict[str, Json]:
        """What a destination gets; without ``done`` the function was not called."""
        now = self._timeline.clock.now()
        record: dict[str, Json] = {
            "version": "1.0",
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": event.config_arn,
                "condition": condition,
                "approximateInvokeCount": event.tries,
            },
            "requestPayload": _value(event.payload),
        }
        if done is not None:
            error: dict[str, Json] = {"functionError": "Unhandled"} if done.error else {}
            record["responseContext"] = {"statusCode": 200, "executedVersion": function.version, **error}
            record["responsePayload"] = _value(done.payload)
        return record

    def _send(self, arn: str, event: Event, result: str, record: dict[str, Json]) -> None:
        """Send the record to a destination, ``result`` being ``Success`` or ``Failure``.

        A destination that does not exist is told of like a failed call.
        """
        kind, text = Arn.parse(arn).service, encode(record)
        try:
            if kind == "sqs":
                self._to_queue(arn, text)
            elif kind == "sns":
                self._client("sns", arn).publish(TopicArn=arn, Message=text)
            elif kind == "lambda":
                self._to_function(arn, text)
            else:
                self._to_bus(arn, event, result, text)
        except _client_error() as error:
            self._lost(event, f"{'failure ' * (result == 'Failure')}record", f"the destination {arn}", error)

    def _send_dead_letter(self, arn: str, event: Event, done: InvocationResult | None) -> None:
        """The event itself, with attributes. Those of an event that was never tried are not recorded."""
        message = "Rate Exceeded." if done is None else first_kilobyte(done.error_message or "")
        told = {
            "RequestID": ("String", event.request_id),
            "ErrorCode": ("Number", "429" if done is None else "200"),
            "ErrorMessage": ("String", message),
        }
        attributes = {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in told.items() if value}
        try:
            if Arn.parse(arn).service == "sqs":
                self._to_queue(arn, event.payload, MessageAttributes=attributes)
            else:
                self._client("sns", arn).publish(TopicArn=arn, Message=event.payload, MessageAttributes=attributes)
        except _client_error() as error:
            kind = "queue" if Arn.parse(arn).service == "sqs" else "topic"
            self._lost(event, "failure record", f"the dead-letter {kind} {arn}", error)

    def _to_queue(self, arn: str, text: str, **more: Any) -> None:
        client = self._client("sqs", arn)
        url = client.get_queue_url(QueueName=Arn.parse(arn).name)["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=text, **more)

    def _to_function(self, arn: str, text: str) -> None:
        called = self._functions.called(arn)
        if called is None:
            self._functions.tell_failure(f"the destination {arn} did not get its record: there is no such function")
            return
        now = self._timeline.clock.now()
        self._timeline.begin(f"call of function {called.function.name}", now, lambda: self.call(called, text))

    def _to_bus(self, arn: str, event: Event, result: str, text: str) -> None:
        entry = {
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {result}",
            "Detail": text,
            "Resources": [arn, event.config_arn],
            "EventBusName": Arn.parse(arn).name.removeprefix(PREFIX),
        }
        self._client("events", arn).put_events(Entries=[entry])

    def _client(self, service: str, arn: str) -> Any:
        return self._world.internal_client(service, region=region_of(arn))

    def _lost(self, event: Event, what: str, where: str, error: Any) -> None:
        told = error.response["Error"]
        why = _GONE.get(told["Code"], f"{told['Code']}: {told['Message']}")
        self._functions.tell_failure(
            f"function {function_name(event.arn)}: its {what} could not be sent to {where}: {why}"
        )


def _value(text: str) -> Json:
    try:
        return decode(text)
    except JsonTextError:
        return text


def _client_error() -> type[Exception]:
    from botocore.exceptions import ClientError  # a run without destinations does not need it

    found: type[Exception] = ClientError
    return found


def first_kilobyte(text: str) -> str:
    """The first ``MOST_MESSAGE`` bytes of the text's UTF-8, without half a character at the end."""
    return text.encode(errors="replace")[:MOST_MESSAGE].decode(errors="ignore")
