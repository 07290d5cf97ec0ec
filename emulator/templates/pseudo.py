"""CloudFormation's pseudo parameters: what ``Ref`` gives for each in a stack."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from emulator.assembly import Assembly
from emulator.aws.regions import partition_of
from emulator.templates.names import STACK_UUID


class Stack(Protocol):
    """A stack: its name, the emulator that it is in, and the region."""

    name: str
    assembly: Assembly
    region: str

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the account and region."""


PSEUDO: Final[Mapping[str, Callable[[Stack], Any]]] = {
    "AWS::AccountId": lambda stack: stack.assembly.account_id,
    "AWS::Region": lambda stack: stack.region,
    "AWS::Partition": lambda stack: partition_of(stack.region),
    "AWS::StackName": lambda stack: stack.name,
    "AWS::StackId": lambda stack: stack.arn("cloudformation", f"stack/{stack.name}/{STACK_UUID}"),
    "AWS::URLSuffix": lambda stack: "amazonaws.com.cn" if stack.region.startswith("cn-") else "amazonaws.com",
    "AWS::NotificationARNs": lambda stack: [],
}
