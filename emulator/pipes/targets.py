"""How a pipe calls an enrichment, and hands events to a target.

A function and a machine get the whole batch, always an array; a queue, a topic and a bus get each event by itself (user
guide, "Pipes batching"). A call that waits ends at its own time on the clock: ``Then`` is called when it has.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from asl.values import Json, JsonTextError, decode, encode
from emulator.asynchronous import AsyncCalls
from emulator.aws.arns import Arn, region_of
from emulator.aws.refusals import AwsError
from emulator.driver import Driver
from emulator.execution import Execution
from emulator.functions import Functions, ThrottledError
from emulator.pipes.templates import decoded, read_path
from emulator.stepfunctions.executions import begin
from emulator.stepfunctions.find import find_active
from emulator.stepfunctions.service import StepFunctions
from emulator.timeline import TimeLine
from emulator.world import World

MOST_EVENTS: Final = 10
"""The most events that a queue, a topic or a bus takes at a time (user guide, "Pipes batching")."""
WAITS, FORGETS = "REQUEST_RESPONSE", "FIRE_AND_FORGET"


class Outcome(NamedTuple):
    """What a call has come to: its value, or why it failed. ``throttled``: nothing was called; ``stops`` the pipe."""

    value: Json = None
    error: str | None = None
    throttled: bool = False
    stops: bool = False


class Events(NamedTuple):
    """What goes to a target: the events, what a template has ``made`` of each, and all that as one value.

    The ``whole`` is an array, unless an enrichment has answered with something else, which goes on as it is (guide).
    """

    given: Sequence[Json]
    made: Sequence[Json]
    whole: Json


Then: TypeAlias = Callable[[Outcome], None]


class Calls:
    """The calls of one emulator's pipes."""

    def __init__(
        self,
        world: World,
        timeline: TimeLine,
        functions: Functions,
        async_calls: AsyncCalls,
        service: StepFunctions,
        driver: Driver,
    ) -> None:
        self.world = world
        self.timeline = timeline
        self.functions = functions
        self._async_calls = async_calls
        self._service = service
        self._waiting: dict[str, Then] = {}
        """ARN of an Express execution -> who waits for it."""
        driver.on_status.append(self._ended)

    def wait_for(self, arn: str, text: str, then: Then) -> None:
        """Call a function, or start an Express execution, and tell its answer."""
        call = self._function if Arn.parse(arn).service == "lambda" else self._express
        call(arn, text, then)

    def hand_over(self, target: str, parameters: Mapping[str, Any], events: Events, then: Then) -> None:
        """Hand events to a target, as its kind takes them; parameters that are paths are read in the events."""
        service = Arn.parse(target).service
        if service in ("lambda", "states"):
            kind = "LambdaFunctionParameters" if service == "lambda" else "StepFunctionStateMachineParameters"
            if (parameters.get(kind) or {}).get("InvocationType", WAITS) == WAITS:
                self.wait_for(target, encode(events.whole), then)
            else:
                then(self._start(target, encode(events.whole)))
            return
        send = SENDERS[service]
        if len(events.given) > MOST_EVENTS:
            then(Outcome(error=f"{target} takes {MOST_EVENTS} events at a time, not {len(events.given)}"))
            return
        pairs = zip(events.given, events.made, strict=True)
        errors = [send(self, target, _read(parameters, event), each) for event, each in pairs]
        then(Outcome(error=next((error for error in errors if error is not None), None)))

    def _function(self, arn: str, text: str, then: Then) -> None:
        called = self.functions.called(arn)
        if called is None:
            then(Outcome(error=f"there is no function {arn}"))
            return
        started = self.timeline.clock.now()
        try:
            done = self.functions.invoke(called.function, text, arn=called.arn)
        except ThrottledError:
            then(Outcome(error=f"function {called.function.name} has no concurrency", throttled=True))
            return
        if done.error:
            outcome = Outcome(error=f"function {called.function.name} failed: {done.report}")
        else:
            outcome = Outcome(_value(done.payload))
        if done.duration:
            ends = f"end of the call of function {called.function.name}"
            self.timeline.at(started + done.duration, lambda: then(outcome), what=ends)
        else:
            then(outcome)

    def _express(self, arn: str, text: str, then: Then) -> None:
        try:
            machine = find_active(self._service, arn, region_of(arn))
        except AwsError as error:
            then(Outcome(error=error.message))
            return
        if machine.type != "EXPRESS":
            then(
                Outcome(
                    error=f"{arn} is a Standard machine, which nothing waits for: set InvocationType to {FORGETS}",
                    stops=True,
                )
            )
            return
        execution = begin(self._service, machine, text, redrives=None)
        self._waiting[execution.arn] = then

    def _ended(self, execution: Execution) -> None:
        if execution.finish is None or (then := self._waiting.pop(execution.arn, None)) is None:
            return
        if execution.status == "SUCCEEDED":
            outcome = Outcome(_value(execution.output_text or "null"))
        else:
            name = execution.state_machine.name
            outcome = Outcome(error=f"execution of {name} {execution.status}: {execution.error}: {execution.cause}")
        self.timeline.at(self.world.now(), lambda: then(outcome))

    def _start(self, arn: str, text: str) -> Outcome:
        if Arn.parse(arn).service == "lambda":
            called = self.functions.called(arn)
            if called is None:
                return Outcome(error=f"there is no function {arn}")
            name, now = f"call of function {called.function.name}", self.timeline.clock.now()
            self.timeline.begin(name, now, partial(self._async_calls.call, called, text))
            return Outcome()
        try:
            machine = find_active(self._service, arn, region_of(arn))
        except AwsError as error:
            return Outcome(error=error.message)
        begin(self._service, machine, text)
        return Outcome()

    def client(self, service: str, arn: str) -> Any:
        """A client for a target's service, in the target's region."""
        return self.world.internal_client(service, region=region_of(arn))


def _value(text: str) -> Json:
    try:
        value: Json = decode(text)
    except JsonTextError:
        return text
    return value


def _text(event: Json) -> str:
    return event if isinstance(event, str) else encode(event)


def _read(parameters: Mapping[str, Any], event: Json) -> dict[str, Any]:
    """The parameters of each kind, with what paths find in the event."""
    view = decoded(event)

    def value_of(given: Any) -> Any:
        return read_path(given, view) if isinstance(given, str) and given.startswith("$") else given

    return {
        kind: {name: value_of(given) for name, given in own.items()}
        for kind, own in parameters.items()
        if isinstance(own, dict)
    }


def _to_queue(calls: Calls, arn: str, parameters: Mapping[str, Any], event: Json) -> str | None:
    client = calls.client("sqs", arn)
    try:
        url = client.get_queue_url(QueueName=Arn.parse(arn).name)["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=_text(event), **parameters.get("SqsQueueParameters", {}))
    except client.exceptions.ClientError as error:
        return f"{arn}: {error.response['Error']['Message']}"
    return None


def _to_topic(calls: Calls, arn: str, parameters: Mapping[str, Any], event: Json) -> str | None:
    client = calls.client("sns", arn)
    try:
        client.publish(TopicArn=arn, Message=_text(event))
    except client.exceptions.ClientError as error:
        return f"{arn}: {error.response['Error']['Message']}"
    return None


def _to_bus(calls: Calls, arn: str, parameters: Mapping[str, Any], event: Json) -> str | None:
    if not isinstance(event, dict):
        return f"{arn}: an event's detail must be an object, and is {encode(event)}"
    from botocore.exceptions import BotoCoreError, ClientError  # a run without pipes does not need it

    entry = {**parameters["EventBridgeEventBusParameters"], "Detail": encode(event), "EventBusName": arn}
    try:
        answer = calls.client("events", arn).put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:  # a time that is none, a bus that is not there
        return f"{arn}: {error}"
    return answer["Entries"][0].get("ErrorMessage") if answer["FailedEntryCount"] else None


SENDERS: Final[Mapping[str, Callable[[Calls, str, Mapping[str, Any], Json], str | None]]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "events": _to_bus,
}
"""A target's service -> sends it one event; the result says why it did not."""
