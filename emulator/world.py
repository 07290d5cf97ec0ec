"""What the services of an emulator need from it: the time, randomness, clients, and each other's work.

One protocol for all of them. A service that needs more from another service is given that service itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from asl.chance import Chance
from emulator.blocked import BlockedCalls
from emulator.endpoints.endpoints import Endpoints
from emulator.execution import Execution
from emulator.timeline import Alarm, TimeLine

if TYPE_CHECKING:
    from emulator.aws.interception import AwsRequest
    from emulator.aws.remote import Remote
    from emulator.lambda_.call import InvocationResult


class World(Protocol):
    """The emulator, as its services see it."""

    account_id: str
    region: str
    root: Path
    started: datetime
    """When the time began: aware."""
    missing_function: Literal["raise", "fail"]
    blocked: BlockedCalls
    """The calls that nothing emulates, in the order in which they were refused; ``record`` adds one."""
    endpoints: Endpoints
    """What answers HTTP requests to hosts of others."""

    @property
    def is_open(self) -> bool:
        """Whether the emulator answers this process's boto3."""
        ...

    def now(self) -> datetime:
        """The time: the clock's, or a handler's own while one runs."""
        ...

    def chance(self, purpose: str, name: str = "", *, once: bool = False) -> Chance:
        """The random stream of a purpose and name (``emulator.chance.Streams.stream``)."""
        ...

    def client(self, service: str, *, region: str | None = None, retries: bool = True) -> Any:
        """A boto3 client that the emulator answers. Without ``retries`` a call that fails is not made again by it."""
        ...

    def internal_client(self, service: str, *, region: str | None = None) -> Any:
        """A boto3 client for requests that the emulator makes for itself; request hooks do not see them."""
        ...

    def calling(self) -> AbstractContextManager[None]:
        """A block in which a handler runs here: this emulator answers its requests, whatever others are open."""
        ...

    def settle(self) -> None:
        """Do everything that takes no time, once the current call has been answered."""
        ...

    def later(self, name: str, delay: timedelta, action: Callable[[], None]) -> None:
        """Do ``action`` when ``delay`` has passed, as the work ``name``."""
        ...

    def run_to_end(self, start: Callable[[TimeLine], Execution]) -> Execution:
        """What ``start`` begins on a time line, when it has ended; the caller waits (``emulator.ahead``)."""
        ...

    def starting(self) -> AbstractContextManager[None]:
        """A block whose StartSyncExecution starts an execution, and does not wait for its answer."""
        ...

    def alarm(self, name: str, at: datetime, action: Callable[[], None], *, repeats: bool = False) -> Alarm:
        """Do ``action`` at ``at`` (aware), as the work ``name``. With ``repeats`` no run waits for it."""
        ...

    def cancel(self, alarm: Alarm) -> None:
        """Cancel an action; nothing happens if it is already cancelled or done."""
        ...

    def at(self, when: datetime) -> AbstractContextManager[None]:
        """A block in which it is ``when`` for this thread, and for moto: what is written late has its own time."""
        ...

    def catch_up(self) -> None:
        """In the middle of a handler: do everything due by its own time."""
        ...

    def answer(self, request: "AwsRequest") -> Any:
        """The response to a botocore request."""
        ...

    def remote(self, service: str) -> "Remote | None":
        """The external backend of a service (an endpoint prefix); ``None`` when it is in this process."""
        ...

    def remove_leftovers(self, services: Iterable[str], region: str) -> None:
        """Delete what runs that were killed have left of these services at external backends."""
        ...

    def polled(self, executions: Sequence[Execution], request: Mapping[str, Any]) -> None:
        """Note that a client has asked for the status of these executions with this request."""
        ...

    def has_function(self, arn: str) -> bool:
        """Whether the function is registered."""
        ...

    def start_machine(self, arn: str, text: str, name: str) -> None:
        """Start an execution for a rule; raises ``LookupError`` when the machine does not exist."""
        ...

    def ask_function(self, arn: str, text: str, where: str) -> "InvocationResult":
        """The answer of a function; ``where`` says who calls it. Raises ``LookupError`` when it does not exist.

        Then it raises ``MissingHandlerError`` instead if missing functions are errors of the test. Raises
        ``ThrottledError`` when the function's reserved concurrency is 0.
        """
        ...

    def call_function(self, arn: str, text: str) -> None:
        """Call a function for a rule, without waiting for its answer; raises ``LookupError`` when it does not exist."""
        ...
