"""Service integrations that make a single service call: every ``aws-sdk`` action, and the optimized integrations of
SQS, SNS, DynamoDB and EventBridge.

The modules that make the call, botocore included, are imported on first use.
"""

from functools import partial

from asl.effects import CallTarget
from asl.resources import Resource
from emulator.answers import Reply
from emulator.aws.arns import region_of
from emulator.execution import Execution
from emulator.targets.target import Parts, Target, chance_of


class ServiceCalls(Target):
    """Calls services through boto3."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """``None`` if the service has the action and a single call is enough; otherwise the reason."""
        from emulator.targets import aws

        return aws.supports(resource)

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The service's answer, immediately."""
        from emulator.targets import aws

        at, region = self._world.now(), region_of(execution.arn)
        answer = aws.call(
            call.resource,
            call.argument.value,
            client=partial(self._world.client, region=region),
            execution_arn=execution.arn,
            state_machine_arn=execution.state_machine.arn,
            request_id=chance_of(self._world, execution, call).uuid(),
            at=at,
        )
        return Reply(answer, self._world.now())
