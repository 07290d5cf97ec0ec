"""State machines as activity workers: a Task that calls ``aws-sdk:sfn:getActivityTask`` waits for work.

On AWS the call is a one-minute long poll; here the minute passes on the emulator's clock (recorded:
``test_activity_task``).
"""

from datetime import datetime
from typing import Any, NamedTuple

from asl.effects import CallTarget
from asl.events import Token
from asl.values import encode
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.execution import Execution
from emulator.stepfunctions.activities import get_activity_task
from emulator.stepfunctions.offers import LONG_POLL
from emulator.stepfunctions.service import Request
from emulator.targets.target import Parts, Target
from emulator.timeline import Alarm


class Poll(NamedTuple):
    """A call that waits for a task; ``request`` is the GetActivityTask request, ``alarm`` ends its minute."""

    execution: Execution
    call: CallTarget
    request: Request
    alarm: Alarm


class ActivityPolls(Target):
    """Calls that wait for an activity's task."""

    def __init__(self, parts: Parts) -> None:
        self._service = parts.service
        self._driver = parts.driver
        self._timeline = parts.driver.timeline
        self._waiting: dict[tuple[str, Token], Poll] = {}
        """The execution's ARN and the call's token -> the poll, oldest first."""
        parts.service.offers.on_offer.append(self._offered)

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The answer is a task that is already waiting, or else the first one offered within a minute."""
        argument: Any = call.argument.value
        request = {"activityArn": argument.get("ActivityArn", "")}
        if argument.get("WorkerName") is not None:
            request["workerName"] = argument["WorkerName"]
        now = self._service.world.now()
        if found := self._take(request, execution):
            return _reply(found, now)
        key = execution.arn, call.token
        alarm = self._timeline.at(now + LONG_POLL, lambda: self._answer(self._waiting.pop(key), {}))
        self._waiting[key] = Poll(execution, call, request, alarm)
        return None

    def abandon(self, execution: Execution, token: Token) -> None:
        """Stop waiting: the call takes no task, and its minute is cancelled."""
        if (poll := self._waiting.pop((execution.arn, token), None)) is not None:
            self._timeline.cancel(poll.alarm)

    def _offered(self, activity_arn: str) -> None:
        """Give the task to the activity's oldest poll."""
        key = next((key for key, each in self._waiting.items() if each.request["activityArn"] == activity_arn), None)
        if key is not None:
            poll = self._waiting.pop(key)
            self._timeline.cancel(poll.alarm)
            self._answer(poll, self._take(poll.request, poll.execution))

    def _take(self, request: Request, execution: Execution) -> dict[str, Any]:
        return get_activity_task(self._service, request, region_of(execution.arn))

    def _answer(self, poll: Poll, found: dict[str, Any]) -> None:
        self._driver.answer(poll.execution, poll.call, _reply(found, self._timeline.clock.now()))


def _reply(found: dict[str, Any], at: datetime) -> Reply:
    return Reply(Answer(output=encode(_pascal(found))), at)


def _pascal(response: dict[str, Any]) -> dict[str, Any]:
    return {f"{key[0].upper()}{key[1:]}": value for key, value in response.items()}
