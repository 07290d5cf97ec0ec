"""What the services of an emulator ask of it: the time, chance, clients, and each other's work.

One protocol for all of them. A service that needs more of another service is given that service itself.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from asl.chance import Chance
from emulator.execution import Execution

if TYPE_CHECKING:
    from emulator.aws.interception import AwsRequest
    from emulator.aws.remote import Remote


class World(Protocol):
    """The emulator, as its services see it."""

    account_id: str
    region: str
    root: Path
    missing_function: Literal["raise", "fail"]
    blocked: list[str]
    """Why requests were refused that would have left this process."""

    def now(self) -> datetime:
        """The time: the clock's, or a handler's own while one runs."""
        ...

    def chance(self, purpose: str, name: str = "", *, once: bool = False) -> Chance:
        """The stream of chance of a purpose and name (``emulator.chance.Streams.stream``)."""
        ...

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client that the emulator answers."""
        ...

    def settle(self) -> None:
        """Let everything happen that can without time passing, once the call that is at it has been answered."""
        ...

    def catch_up(self) -> None:
        """From inside of a handler: let all that is due until its own time happen now, in its middle."""
        ...

    def answer(self, request: "AwsRequest") -> Any:
        """The response to a request of botocore."""
        ...

    def remote(self, service: str) -> "Remote | None":
        """The external backend that has a service (an endpoint prefix); ``None`` when it is in this process."""
        ...

    def polled(self, execution: Execution) -> None:
        """A client has asked for the status of the execution."""
        ...

    def has_function(self, arn: str) -> bool:
        """Whether the function is registered here."""
        ...

    def start_machine(self, arn: str, text: str, name: str) -> None:
        """Start an execution for a rule; raises ``LookupError`` when there is no such machine."""
        ...

    def call_function(self, arn: str, text: str) -> None:
        """Call a function for a rule, without waiting for its answer; raises ``LookupError`` when there is none."""
        ...
