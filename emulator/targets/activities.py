"""Activities: a Task waits until a worker takes it and answers with its token.

A Task whose activity does not exist in the region of its state machine fails as on AWS, before it is scheduled
(recorded: ``test_activity_task_on_deleted``).
"""

from asl.effects import CallTarget
from asl.events import Token
from emulator.answers import Answer, Reply
from emulator.execution import Execution
from emulator.stepfunctions.activities import offer
from emulator.targets.failures import RUNTIME
from emulator.targets.target import Parts, Target


class Activities(Target):
    """Offers tasks to workers."""

    def __init__(self, parts: Parts) -> None:
        self._service = parts.service

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """Offer the task to workers."""
        try:
            offer(self._service, execution, call)
        except LookupError:
            cause = f"The activity {call.resource.text} does not exist."
            return Reply(Answer(error=RUNTIME, cause=cause, refused=True), self._service.world.now())
        return None

    def abandon(self, execution: Execution, token: Token) -> None:
        """Withdraw the task, so that no worker gets it."""
        self._service.offers.withdraw(execution, token)
