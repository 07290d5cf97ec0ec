"""Activities: a Task waits until a worker takes it and answers with its token."""

from asl.effects import CallTarget
from asl.events import Token
from emulator.answers import Reply
from emulator.aws.arns import region_of
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.stepfunctions.activities import offer
from emulator.targets.target import Parts, Target


class Activities(Target):
    """Offers tasks to workers."""

    def __init__(self, parts: Parts) -> None:
        self._service = parts.service

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """Offer the task to workers; raises ``EmulatorError`` if the activity is not in the execution's region."""
        try:
            offer(self._service, execution, call)
        except LookupError:
            arn, here = call.resource.text, region_of(execution.arn)
            why = "does not exist; create it with create_activity."
            if region_of(arn) != here:
                why = f"is not in {here}, the region of the state machine; create both in one region."
            raise EmulatorError(f"The activity {arn} {why}") from None
        return None

    def abandon(self, execution: Execution, token: Token) -> None:
        """Withdraw the task, so that no worker gets it."""
        self._service.offers.withdraw(execution, token)
