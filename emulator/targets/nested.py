"""Executions that a Task starts: ``states:startExecution``, also with ``.sync``, ``.sync:2`` or a task token.

Shapes of results and causes are recorded on AWS (``test_start_execution_sync*``).
"""

import json
from functools import partial
from typing import Any, Final

from asl.effects import CallTarget
from asl.events import Stop, TaskFailed, TaskSucceeded, Token
from asl.values import Json, encode
from emulator.answers import Answer, Reply, bounded
from emulator.aws.arns import region_of
from emulator.aws.java_sdk import refusal
from emulator.aws.refusals import AwsError
from emulator.errors import NotEmulatedError
from emulator.execution import Execution
from emulator.stepfunctions.executions import start_execution
from emulator.stepfunctions.status import integration_description, milliseconds
from emulator.targets.metadata import with_metadata
from emulator.targets.target import Parts, Target, chance_of, place

_ABANDONED: Final = "The Task state in AWS Step Functions execution [{}] which was managing this resource was aborted"
"""The cause of a child that is aborted because its parent's task has ended, in whatever way (measured)."""


class NestedExecutions(Target):
    """Starts child executions, and reports their end to the parents that wait for it."""

    def __init__(self, parts: Parts) -> None:
        self._service = parts.service
        self._driver = driver = parts.driver
        self._children: dict[tuple[str, Token], Execution] = {}
        """A call that waits for its child: the parent's ARN and the call's token -> the child."""
        self._waiting: dict[str, list[tuple[Execution, CallTarget]]] = {}
        """A child's ARN -> the parents that wait for its end, each with its call."""
        driver.on_status.append(self._child_changed)

    def call(self, parent: Execution, call: CallTarget) -> Reply:
        """Start the child: the answer is StartExecution's response, or its error in the integration's wording."""
        at, request_id = self._service.world.now(), chance_of(self._service.world, parent, call).uuid()
        request: Any = call.argument.value
        asked = {"stateMachineArn": request["StateMachineArn"], "input": _input_text(request.get("Input"))}
        if request.get("Name") is not None:
            asked["name"] = request["Name"]
        if call.resource.pattern.startswith(".sync"):
            self._check_waits(parent, call, request["StateMachineArn"])
        try:
            started = start_execution(self._service, asked, region_of(parent.arn))
        except AwsError as error:
            name = f"StepFunctions.{error.code.removesuffix('Exception')}Exception"
            cause = refusal(
                error.message, service="AWSStepFunctions", status=400, code=error.code, request_id=request_id
            )
            return Reply(Answer(error=name, cause=cause), at)
        child = self._service.store.executions.get(started["executionArn"])
        assert child is not None, "it has just been started"
        if call.resource.pattern.startswith(".sync"):
            self._children[parent.arn, call.token] = child
            self._waiting.setdefault(child.arn, []).append((parent, call))
        started_as: dict[str, Json] = {"ExecutionArn": child.arn, "StartDate": milliseconds(child.started_at)}
        response = with_metadata(started_as, "states", status=200, request_id=request_id, at=at)
        return Reply(Answer(output=encode(response)), at)

    def _check_waits(self, parent: Execution, call: CallTarget, machine_arn: Json) -> None:
        """Refuse to wait for an Express machine: the developer guide excludes it, AWS's answer is not known."""
        machine = self._service.store.machines.get(machine_arn) if isinstance(machine_arn, str) else None
        if machine is not None and machine.type == "EXPRESS":
            raise NotEmulatedError(
                f"{call.resource.text} cannot wait for {machine.arn}, which is of type EXPRESS "
                f"({place(parent.state_machine, call.state_name)})\n"
                "    fix: use arn:aws:states:::aws-sdk:sfn:startSyncExecution to wait, or states:startExecution not to"
            )

    def abandon(self, execution: Execution, token: Token) -> None:
        """Abort the child that the call waits for; a child that has ended, or that no call waits for, is left alone."""
        child = self._children.pop((execution.arn, token), None)
        if child is not None:
            stop = partial(Stop, cause=_ABANDONED.format(execution.arn))
            self._driver.send(child, lambda at: stop(at), at=self._driver.timeline.clock.now())

    def _child_changed(self, child: Execution) -> None:
        if child.finish is not None:
            for parent, call in self._waiting.pop(child.arn, ()):
                self._children.pop((parent.arn, call.token), None)
                if self._driver.is_open(parent, call.token):
                    self._report(parent, call, child)

    def _report(self, parent: Execution, call: CallTarget, child: Execution) -> None:
        """Send the parent the description of the ended child; its input and output are parsed for ``.sync:2``."""
        self._driver.close(parent, call.token)
        now = self._service.world.now()
        if child.status == "SUCCEEDED":
            read = json.loads if call.resource.pattern == ".sync:2" else str
            output = encode(integration_description(child, milliseconds, read))
            self._driver.send(parent, lambda at: TaskSucceeded(at, call.token, output), at=now)
        else:
            cause = bounded(encode(integration_description(child, milliseconds)))
            self._driver.send(parent, lambda at: TaskFailed(at, call.token, "States.TaskFailed", cause), at=now)


def _input_text(value: Json) -> str:
    if value is None:
        return "{}"
    return value if isinstance(value, str) else encode(value)
