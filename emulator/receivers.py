"""State machines and functions as the receivers of events: of a rule, a schedule, a topic, a bucket, an API.

An execution, and a call that nothing waits for, begin after the call that brings the event, at the same instant.
"""

from functools import partial

from emulator.asynchronous import AsyncCalls
from emulator.aws.arns import region_of
from emulator.aws.refusals import AwsError
from emulator.functions import Called, Functions
from emulator.lambda_.call import InvocationResult
from emulator.lambda_.time.shown import current_handler_time
from emulator.stepfunctions.executions import begin, named
from emulator.stepfunctions.find import find_active
from emulator.stepfunctions.service import StepFunctions
from emulator.timeline import TimeLine
from emulator.world import World


class Receivers:
    """The state machines and functions of one emulator, by their ARNs."""

    def __init__(
        self, world: World, timeline: TimeLine, service: StepFunctions, functions: Functions, async_calls: AsyncCalls
    ) -> None:
        self._world = world
        self._timeline = timeline
        self._service = service
        self._functions = functions
        self._async_calls = async_calls

    def start_machine(self, arn: str, text: str, name: str) -> None:
        """Start an execution for a rule; raises ``LookupError`` when the machine does not exist."""
        try:
            machine = find_active(self._service, arn, region_of(arn))
        except AwsError as error:
            gone = error.code != "StateMachineDeleting"
            raise LookupError(f"there is no state machine {arn}" if gone else error.message) from None
        while named(self._service, machine, name) is not None:  # of another rule
            name = f"{name.partition('_')[0]}_{self._world.chance('delivery', name, once=True).uuid()}"
        begin(self._service, machine, text, name)
        self._world.settle()

    def ask_function(self, arn: str, text: str, where: str) -> InvocationResult:
        """The answer of a function; what it starts begins after it, and its failure is kept for a report."""
        called = self._functions.called(arn)
        if called is None and self._world.missing_function == "raise":
            raise self._functions.missing(arn, where)
        if called is None:
            raise LookupError(f"there is no function {arn}")
        with self._timeline.call():
            done = self._functions.invoke(called.function, text, arn=called.arn)
        if (caller := current_handler_time()) is not None and done.duration:
            caller.sleep(done.duration.total_seconds())
        if done.report is not None:
            self._functions.tell_failure(f"function {called.function.name}, called by {where}, failed: {done.report}")
        self._world.settle()
        return done

    def call_function(self, arn: str, text: str) -> None:
        """Call a function for a rule, without waiting for its answer; raises ``LookupError`` when it does not exist."""
        called = self._functions.called(arn)
        if called is None:
            raise LookupError(f"there is no function {arn}")
        call = partial(self._async_calls.call, Called(called.function, arn), text)
        self._timeline.begin(f"call of function {called.function.name}", self._world.now(), call)
        self._world.settle()
