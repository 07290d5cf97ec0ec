"""Express executions that a Task waits for: ``aws-sdk:sfn:startSyncExecution``.

The call answers when the execution has ended, in whatever way: an execution that fails does not fail the task
(service model, StartSyncExecution). A call that Step Functions refuses fails it, as every call of ``aws-sdk`` does.
"""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from asl.effects import CallTarget
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.aws.refusals import AwsError
from emulator.execution import Execution
from emulator.stepfunctions.express import SyncStart, checked_start, described
from emulator.stepfunctions.service import Request
from emulator.targets.services import ServiceCalls
from emulator.targets.target import Parts, chance_of

if TYPE_CHECKING:
    from emulator.targets import aws


class Waiting(NamedTuple):
    """A task that waits for the end of an execution, and the request that started it."""

    parent: Execution
    call: CallTarget
    asked: "aws.Asked"
    request: Request


class SyncExecutions(ServiceCalls):
    """Starts Express executions, and answers with their description when they have ended."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._service = parts.service
        self._driver = parts.driver
        self._waiting: dict[str, Waiting] = {}
        """The execution's ARN -> who waits for it."""
        parts.driver.on_status.append(self._ended)

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The answer comes with the end of the execution; at once when it cannot be started."""
        from emulator.targets import aws

        region = region_of(execution.arn)
        asked = aws.read_call(
            call.resource,
            call.argument.value,
            client=partial(self._world.client, region=region),
            request_id=chance_of(self._world, execution, call).uuid(),
        )
        if isinstance(asked, Answer):
            return Reply(asked, self._world.now())
        start = self._start(asked.arguments, region)
        if start is None:  # the operation itself refuses it
            return super().call(execution, call)
        child = start.begin(self._service, self._driver.line_of(execution))
        self._waiting[child.arn] = Waiting(execution, call, asked, asked.arguments)
        return None

    def _start(self, request: Request, region: str) -> SyncStart | None:
        """The start that is asked for; ``None`` if it is refused."""
        try:
            return checked_start(self._service, request, region) if request.get("stateMachineArn") else None
        except AwsError:
            return None

    def _ended(self, child: Execution) -> None:
        if child.finish is None or (waiting := self._waiting.pop(child.arn, None)) is None:
            return
        parent, call, asked, request = waiting
        if self._driver.is_open(parent, call.token):
            answer = Answer(output=asked.output(described(child, request)))
            self._driver.answer(parent, call, Reply(answer, self._world.now()))
