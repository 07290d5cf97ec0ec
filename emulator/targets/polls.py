"""State machines that are workers of activities: a Task that calls ``aws-sdk:sfn:getActivityTask`` waits for work.

On AWS the call is a long poll of a minute; here the minute is on the clock (recorded: ``test_activity_task``).
"""

from collections import deque
from typing import Any

from asl.effects import CallTarget
from asl.events import CallSucceeded
from asl.values import encode
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.execution import Execution
from emulator.stepfunctions.activities import get_activity_task
from emulator.stepfunctions.offers import LONG_POLL
from emulator.stepfunctions.service import Request
from emulator.targets.target import Parts, Target
from emulator.timeline import Alarm


class ActivityPolls(Target):
    """The calls that wait for a task of an activity."""

    def __init__(self, parts: Parts) -> None:
        self._service = parts.service
        self._driver = parts.driver
        self._line = parts.driver.line
        self._waiting: dict[str, deque[tuple[Execution, CallTarget, Alarm]]] = {}
        parts.service.offers.on_offer.append(self._offered)

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """A task that waits already is the answer; else the first that is offered within a minute."""
        request: Any = call.argument.value
        asked = {"activityArn": request.get("ActivityArn", "")}
        if request.get("WorkerName") is not None:
            asked["workerName"] = request["WorkerName"]
        found = self._take(asked, execution)
        if found:
            return Reply(Answer(output=encode(_pascal(found))), self._service.world.now())
        alarm = self._line.at(self._service.world.now() + LONG_POLL, lambda: self._answer(execution, call, {}))
        self._waiting.setdefault(asked["activityArn"], deque()).append((execution, call, alarm))
        return None

    def _offered(self, activity_arn: str) -> None:
        waiting = self._waiting.get(activity_arn, deque())
        while waiting:
            execution, call, alarm = waiting.popleft()
            if alarm.cancelled or not self._driver.is_open(execution, call.token):
                continue
            request: Any = call.argument.value
            self._line.cancel(alarm)
            asked = {"activityArn": activity_arn, "workerName": request.get("WorkerName")}
            self._answer(execution, call, self._take(asked, execution))
            return

    def _take(self, asked: Request, execution: Execution) -> dict[str, Any]:
        return get_activity_task(self._service, asked, region_of(execution.arn))

    def _answer(self, execution: Execution, call: CallTarget, found: dict[str, Any]) -> None:
        output = encode(_pascal(found))
        self._driver.send(execution, lambda at: CallSucceeded(at, call.token, output), at=self._line.clock.now())


def _pascal(response: dict[str, Any]) -> dict[str, Any]:
    return {f"{key[0].upper()}{key[1:]}": value for key, value in response.items()}
