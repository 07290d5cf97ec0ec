"""Calls that promise a later event, and are refused by name when they are made.

An operation promises a later event when, after its response, something has to happen by itself: a schedule fires, a
message is pushed on, a trigger starts, work is done in a job, a thing expires. A test is then green although the event
never came. So such a call is refused as long as nothing brings its event on the virtual clock; the rest of a service
remains. It promises nothing when

- it only reads, stores, changes or removes what can be asked for (a group of schedules, a job's definition);
- all that follows is done at once by the backend (a dead-letter queue, an export to S3);
- what it makes acts only when called, and that call is refused itself (an API of API Gateway).

A job counts as an event: moto answers ``SUCCEEDED`` although no query, script or container ran. So do answers that moto
makes up because it cannot compute them, such as the rows of a query, and the operations of S3 that moto lacks and takes
for others: without the refusal, deleting a bucket's metrics deletes the bucket.

``table.PROMISES`` has the operations, ``quiet`` those that were looked at and promise nothing. Some promise only with
certain members, such as a subscription of a function. An external backend has a scheduler of its own and works in real
time: its operations are not refused, but for those in ``ALSO_EXTERNAL``.
A call may also be refused for one of its members (``by_member``).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from asl.problems import nearest
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.interception import AwsRequest
from emulator.aws.names import stub_of
from emulator.aws.operations import Asked, asked, members
from emulator.aws.promises import by_member
from emulator.aws.promises.conditions import Members
from emulator.aws.promises.table import PROMISES, Promise
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.wrong_types import shown

IN_QUERY: Final = frozenset({"s3"})
"""Services whose promising operations all have a query in their URL, so that other requests need no look at a model."""


ALSO_EXTERNAL: Final = frozenset(
    {"events:EnableRule", "events:PutRule", "scheduler:CreateSchedule", "scheduler:UpdateSchedule"}
)
"""Calls that are refused at an external backend alone: it cannot reach targets in this process."""


def _services() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for service in PROMISES:
        prefix = prefix_of(service)
        found[prefix] = (*found.get(prefix, ()), service)
    return found


SERVICES: Final[Mapping[str, tuple[str, ...]]] = _services()
"""Endpoint prefix -> the services in ``PROMISES`` (boto3's names) that have it."""


Lost: TypeAlias = Callable[[Members], str | None]
"""What a call with these members would not do, for a message; ``None`` when it does all."""


def check(
    request: AwsRequest,
    accepted: frozenset[str] = frozenset(),
    *,
    is_external: bool = False,
    read: Mapping[str, Lost] = {},
) -> None:
    """Raise ``NotEmulatedError`` for a request that promises a later event, unless its call is in ``accepted``.

    ``read``: service, or call -> a function that reads its members, where that takes more than the table: templates,
    a rule that exists.
    """
    for service in SERVICES.get(request.service, ()):
        if service in IN_QUERY and "?" not in request.prepared.url:
            continue
        if not _may_promise(request, service):
            continue
        found = asked(request, service)
        if found is None or (name := call_name(found)) in accepted:
            continue
        promise = PROMISES[service].get(found.operation)
        decides = by_member.decides(name)
        if (promise is None and not decides) or (is_external and name not in ALSO_EXTERNAL):
            continue
        if decides and (lost := by_member.lost(name, members(request, found))) is not None:
            raise refusal(found, Promise(lost, "leave it out"))
        if promise is None:
            continue
        if (reader := read.get(name) or read.get(service)) is not None:
            lost = reader(members(request, found))
            promise = None if lost is None else promise._replace(lost=lost)
        elif promise.when is not None and not promise.when(members(request, found)):
            continue
        if promise is not None:
            raise refusal(found, promise)


def refusal(found: Asked, promise: Promise) -> NotEmulatedError:
    """The error: the call, what would not happen, what to do instead."""
    call = call_name(found)
    how = f"@pytest.mark.emulator(accepted_calls=[{call!r}]), Emulator(accepted_calls=[{call!r}]), --accept-call {call}"
    accept = f"if the test needs only the call itself: {how}"
    stub = stub_of(*found[:2]) if promise.is_result else None
    instead = promise.instead if stub is None else f"give the call an answer: {stub}.returns({{...}})"
    error = NotEmulatedError(f"{call} is not emulated: {promise.lost}\n    fix: {instead}; {accept}")
    error.for_task = accept if promise.is_result else None
    return error


def call_name(found: Asked) -> str:
    """A call's name in ``accepted_calls`` and in messages: ``cloudwatch:PutMetricAlarm``."""
    return f"{found.service}:{found.operation}"


def calls() -> list[str]:
    """The names of all calls that are refused."""
    whole = [f"{service}:{operation}" for service, operations in PROMISES.items() for operation in operations]
    return [*whole, *(name for name in by_member.DECIDED if by_member.decides(name) and name not in whole)]


def read_accepted(given: Iterable[str]) -> frozenset[str]:
    """The calls that a test accepts although nothing happens later; raises ``EmulatorError`` for any other name."""
    if isinstance(given, str):
        raise EmulatorError(f"accepted_calls={given!r}: give a list: accepted_calls=[{given!r}]")
    if not isinstance(given, Iterable):
        raise EmulatorError(
            f"accepted_calls={shown(given)} is not a list\n    fix: accepted_calls=['cloudwatch:PutMetricAlarm']"
        )
    known, given = calls(), list(given)
    for name in given:
        if name not in known:
            raise EmulatorError(f"accepted_calls: {name!r} {_why_not_accepted(str(name), known)}")
    return frozenset(given)


def _why_not_accepted(name: str, known: list[str]) -> str:
    """What a name that is not in the table is instead, and what to write."""
    from emulator.aws import names

    service, _, operation = name.partition(":")
    if service in names.services().values() and operation in names.service_model(service).operation_names:
        return (
            "is not a call that can be accepted by name: the emulator answers it, or always refuses it "
            "(python -m emulator.supported). To do without a refused call, patch it in the test"
        )
    near = nearest(name, known)
    hint = f"Did you mean {near[0]!r}?" if near else "python -m emulator.supported lists the calls that can be."
    return f"is not a call that can be accepted by name. {hint}"


def _may_promise(request: AwsRequest, service: str) -> bool:
    """Whether a request that names its operation names one of the table; the others need the service's model."""
    target: Any = request.header("X-Amz-Target")
    operation = target.rpartition(".")[2]
    return (
        not target
        or bool(request.form)
        or operation in PROMISES[service]
        or by_member.decides(f"{service}:{operation}")
    )
