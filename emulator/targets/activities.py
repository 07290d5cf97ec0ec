"""Activities: a Task waits for a worker that takes it and answers with its token."""

from asl.effects import CallTarget
from asl.events import Token
from emulator.answers import Reply
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.stepfunctions.activities import offer
from emulator.targets.target import Parts, Target


class Activities(Target):
    """Offers tasks to workers."""

    def __init__(self, parts: Parts) -> None:
        self._service = parts.service

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """Let a worker have the task; raises ``EmulatorError`` when there is no such activity."""
        try:
            offer(self._service, execution, call)
        except LookupError:
            arn = call.resource.text
            raise EmulatorError(f"The activity {arn} does not exist; create it with create_activity.") from None
        return None

    def abandon(self, execution: Execution, token: Token) -> None:
        """No worker gets the task any more."""
        self._service.offers.withdraw(execution, token)
