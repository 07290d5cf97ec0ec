"""Service integrations that are one call of the service: every ``aws-sdk`` action, and the optimized ones of
SQS, SNS, DynamoDB and EventBridge.

What it takes to make the call, botocore included, is imported when one is made or asked about.
"""

from asl.effects import CallTarget
from asl.resources import Resource
from emulator.answers import Reply
from emulator.execution import Execution
from emulator.targets.target import Parts, Target, chance_of


class ServiceCalls(Target):
    """Calls services by boto3."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._clock = parts.driver.line.clock

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """``None`` when the service has the action and the call is all there is to it; else why not."""
        from emulator.targets import aws

        return aws.supports(resource)

    def call(self, execution: Execution, call: CallTarget) -> Reply:
        """The service's answer, at once."""
        from emulator.targets import aws

        at = self._clock.now()
        answer = aws.call(
            call.resource,
            call.argument.value,
            client=self._world.client,
            execution_arn=execution.arn,
            state_machine_arn=execution.state_machine.arn,
            request_id=chance_of(self._world, execution, call).uuid(),
            at=at,
        )
        return Reply(answer, self._clock.now())
