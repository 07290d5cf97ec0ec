"""Retries of a delivery: what is tried again, when, and for how long; rules' targets and Scheduler share them.

The rule (user guides of EventBridge, "Event retry policy and dead-letter queues", and of EventBridge Scheduler): a
delivery that fails is tried again with growing waits, until it has been retried ``MaximumRetryAttempts`` times or the
event would be older than ``MaximumEventAgeInSeconds``; by default 185 times and 24 hours. Where trying again cannot
help, nothing is retried: the target is gone, the permission is missing, the request itself is refused.

The waits are ours: AWS says only that they grow exponentially, with jitter. Here they double from a second to
``LONGEST_WAIT``, without jitter: all of the default's 185 retries then fit in a day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.world import World

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

MOST_RETRIES: Final = 185
LONGEST_AGE: Final = timedelta(hours=24)
FIRST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(minutes=8)

NO_RESOURCE: Final = "NO_RESOURCE"
NO_PERMISSIONS: Final = "NO_PERMISSIONS"
THROTTLING: Final = "THROTTLING"

_THROTTLED: Final = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown", "ProvisionedThroughputExceeded")
_DENIED: Final = ("AccessDenied", "NotAuthorized", "AuthorizationError", "UnauthorizedOperation", "KMSAccessDenied")
_GONE: Final = ("NotFound", "DoesNotExist", "NonExistent", "NoSuch")
"""In the error codes of services: the call came too often, is not allowed, or is about something that is not there."""


class Undeliverable(LookupError):  # noqa: N818 - named for the event
    """A try failed. ``code`` is EventBridge's, else the service's own; ``service_code`` is the service's.

    ``retried`` says whether trying again may help.
    """

    def __init__(self, reason: str, code: str = NO_RESOURCE, *, service_code: str = "", retried: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.service_code = service_code or code
        self.retried = retried


def refused_by(error: "ClientError", what: str) -> Undeliverable:
    """The failure of a call that a service refused; ``what`` begins the reason."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    reason = f"{what}: {message}" if what else message
    if status == 429 or any(each in code for each in _THROTTLED):
        return Undeliverable(reason, THROTTLING, service_code=code, retried=True)
    if any(each in code for each in _DENIED):
        return Undeliverable(reason, NO_PERMISSIONS, service_code=code)
    if any(each in code for each in _GONE):
        return Undeliverable(reason, NO_RESOURCE, service_code=code)
    return Undeliverable(reason, code, service_code=code, retried=status >= 500)


class RetryPolicy(NamedTuple):
    """How often, and for how long, a delivery is tried again."""

    retries: int = MOST_RETRIES
    age: timedelta = LONGEST_AGE

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> "RetryPolicy":
        """The policy of a target's ``RetryPolicy``; what is not given has its default."""
        given = given or {}
        retries, age = given.get("MaximumRetryAttempts"), given.get("MaximumEventAgeInSeconds")
        return cls(
            MOST_RETRIES if retries is None else int(retries),
            LONGEST_AGE if age is None else timedelta(seconds=int(age)),
        )


class GivenUp(NamedTuple):
    """Why a delivery is not tried any more: its last failure, how often it was tried again, and what was exhausted."""

    failure: Undeliverable
    retries: int
    exhausted: str | None
    """The member of the policy that ended it, as ``EXHAUSTED_RETRY_CONDITION`` says; ``None`` if it was not retried."""

    def attributes(self) -> dict[str, str]:
        """The attributes of a dead letter about the retries."""
        told = {"RETRY_ATTEMPTS": str(self.retries)}
        return told if self.exhausted is None else {**told, "EXHAUSTED_RETRY_CONDITION": self.exhausted}


def wait_after(tries: int) -> timedelta:
    """The wait after this many failed tries."""
    doublings: int = 2 ** min(tries - 1, 30)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


@dataclass(slots=True)
class Delivery:
    """One event on its way to one target.

    ``once(attempt)`` tries it, from 1 on, and raises ``LookupError``: an ``Undeliverable``, or any other for a target
    that is not there. ``lost`` is called when it is given up, ``ended`` after the last try, however it went.
    """

    world: World
    what: str
    """What is delivered, for people: ``delivery of rule nightly to arn:...``."""
    policy: RetryPolicy
    once: Callable[[int], None]
    lost: Callable[[GivenUp], None]
    ended: Callable[[], None] | None = None
    tries: int = 0

    def begin(self) -> None:
        """Try for the first time, now; later tries are on the time line."""
        began = self.world.now()

        def attempt() -> None:
            self.tries += 1
            try:
                self.once(self.tries)
            except Undeliverable as error:
                failure = error
            except LookupError as error:
                failure = Undeliverable(str(error.args[0]))
            else:
                self._end()
                return
            wait, now = wait_after(self.tries), self.world.now()
            exhausted = None
            if failure.retried:
                if self.tries > self.policy.retries:
                    exhausted = "MaximumRetryAttempts"
                elif now + wait - began > self.policy.age:
                    exhausted = "MaximumEventAgeInSeconds"
                else:
                    self.world.alarm(f"retry {self.tries} of the {self.what}", now + wait, attempt)
                    return
            self.lost(GivenUp(failure, self.tries - 1, exhausted))
            self._end()

        attempt()

    def _end(self) -> None:
        if self.ended is not None:
            self.ended()
