"""Service integrations that make a single service call: every ``aws-sdk`` action, and most optimized integrations.

The modules that make the call, botocore included, are imported on first use.
"""

from functools import partial

from asl.effects import CallTarget
from asl.resources import Resource
from asl.values import Json
from emulator.answers import Answer, Reply
from emulator.aws.arns import region_of
from emulator.errors import NotEmulatedError, RealAwsBlockedError
from emulator.execution import Execution
from emulator.integrations.optimized import called_operation
from emulator.targets.target import Parts, Target, chance_of, place


class ServiceCalls(Target):
    """Calls services through boto3."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """``None`` if the service has the action and a single call is enough; otherwise the reason."""
        from emulator.targets import aws

        return aws.supports(resource)

    @classmethod
    def emulated(cls, resource: Resource) -> str:
        """``yes`` for a call that moto answers; otherwise that it takes a stub, and why."""
        from emulator.aws.promises.table import PROMISES
        from emulator.targets.integrations import MOTO_LACKS

        called = called_operation(resource.service, resource.action)
        service, _, operation = called.partition(":")
        if called and called in MOTO_LACKS:
            return "takes a stub: moto lacks it"
        promise = PROMISES.get(service, {}).get(operation)
        if promise is not None and promise.when is None:
            return f'takes a stub, or `accepted_calls=["{called}"]`'
        return super().emulated(resource) if called else "takes a stub"

    def call(self, execution: Execution, call: CallTarget) -> Reply | None:
        """The service's answer, immediately."""
        return Reply(self._answer(execution, call, call.argument.value), self._world.now())

    def _answer(self, execution: Execution, call: CallTarget, argument: Json) -> Answer:
        from emulator.targets import aws

        try:
            return aws.call(
                call.resource,
                argument,
                client=partial(self._world.client, region=region_of(execution.arn)),
                execution_arn=execution.arn,
                state_machine_arn=execution.state_machine.arn,
                request_id=chance_of(self._world, execution, call).uuid(),
                at=self._world.now(),
            )
        except NotEmulatedError as error:
            what, *more = str(error).splitlines()
            fixes = more if error.for_task is None else [f"    fix: {error.for_task}"]
            error.args = ("\n".join([f"{what} ({place(execution.state_machine, call.state_name)})", *fixes]),)
            raise
        except RealAwsBlockedError as error:  # moto lacks the whole service
            self._world.blocked.forget(error)
            where = place(execution.state_machine, call.state_name)
            what = f"{_called(call.resource)}: moto does not have this service, so nothing answers it"
            raise NotEmulatedError(f"{what} ({where})") from None


def _called(resource: Resource) -> str:
    """What the task calls, ``translate:TranslateText``."""
    from emulator.aws import names

    if not resource.service.startswith("aws-sdk:"):
        return called_operation(resource.service, resource.action)
    boto3_name = names.services()[resource.service.removeprefix("aws-sdk:")]
    operation = names.operation(names.service_model(boto3_name), resource.action)
    return f"{boto3_name}:{resource.action if operation is None else operation.name}"
