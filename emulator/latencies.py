"""How long the calls of executions and of handlers take, on the virtual clock.

Without latencies every call is answered at the instant at which it is made: a hundred executions that start together
then act together for ever, in lockstep, and meet at a lock more often than on AWS. With them each call takes a length
drawn from the distribution of its kind, from the emulator's seed: the same seed gives the same lengths, whoever looks.

A kind is ``"dynamodb:UpdateItem"``, ``"dynamodb"`` or ``"*"``, with boto3's names; the most exact one counts. Its
distribution is log-normal: a median, and the length that one call in a hundred exceeds. A number alone is the length of
every call. The first part of a call (``_WAY``) is its way to the service, which acts then; the rest is the way back.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from math import exp, isfinite, log
from statistics import NormalDist
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl.chance import Chance
from asl.problems import did_you_mean
from asl.resources import Resource
from emulator.errors import EmulatorError

Given: TypeAlias = Literal["none", "aws"] | Mapping[str, float | tuple[float, float]]
"""What ``Emulator(latencies=...)`` takes: seconds by kind of call."""

_P99: Final = NormalDist().inv_cdf(0.99)
_LEAST, _MOST = 0.0005, 0.9995
"""The draws beyond which a length is that of these: no call takes for ever."""
_WAY: Final = 0.5
_OF_RESOURCES: Final = {"states": "stepfunctions", "elasticmapreduce": "emr"}
"""Service of an optimized integration -> boto3's name, where they differ."""
_EXAMPLE: Final = 'latencies={"dynamodb": (0.01, 0.06), "lambda:Invoke": 0.05}'


class Latency(NamedTuple):
    """A distribution of lengths, in seconds; ``p99`` is the median when all lengths are the same."""

    median: float
    p99: float

    def drawn(self, fraction: float) -> timedelta:
        """The length of a call whose draw is ``fraction``, 0 to 1, in whole milliseconds as AWS's times."""
        if self.median <= 0:
            return timedelta()
        spread = log(self.p99 / self.median) / _P99
        normal = NormalDist().inv_cdf(min(max(fraction, _LEAST), _MOST)) if spread else 0.0
        return timedelta(milliseconds=max(1, round(1000 * self.median * exp(spread * normal))))


AS_ON_AWS: Final[Mapping[str, Latency]] = {
    "dynamodb": Latency(0.012, 0.060),
    "events": Latency(0.030, 0.150),
    "lambda": Latency(0.030, 0.300),
    "s3": Latency(0.030, 0.250),
    "sns": Latency(0.025, 0.120),
    "sqs": Latency(0.015, 0.080),
    "stepfunctions": Latency(0.040, 0.200),
    "*": Latency(0.050, 0.300),
}
"""Lengths of the order of AWS's, within a region and with warm functions. They are chosen, not measured: AWS promises
none. They spread calls as on AWS; a test of durations gives its own. A handler's own time comes on top."""


class Latencies:
    """The lengths of calls. ``chance`` gives the stream of a name, begun anew (``emulator.chance``)."""

    def __init__(self, table: Mapping[str, Latency], chance: Callable[[str], Chance]) -> None:
        self._table = table
        self._chance = chance

    def of_task(self, resource: Resource, name: str) -> tuple[timedelta, timedelta] | None:
        """How long the way of a Task's call takes, and the way back; ``None`` for a call that goes to no service."""
        if resource.kind == "activity":
            return None
        if resource.kind == "lambda":
            return self.of("lambda", "Invoke", name)
        service = resource.service
        if service.startswith("aws-sdk:"):
            from emulator.aws.names import services

            found = services().get(service.removeprefix("aws-sdk:"), service)
        else:
            found = _OF_RESOURCES.get(service, service)
        return self.of(found, f"{resource.action[:1].upper()}{resource.action[1:]}", name)

    def of(self, service: str, operation: str, name: str) -> tuple[timedelta, timedelta] | None:
        """How long the way of a call takes, and the way back; ``name`` is that of its stream of chance."""
        table = self._table
        latency = table.get(f"{service}:{operation}") or table.get(service) or table.get("*")
        if latency is None or not (length := latency.drawn(self._chance(name).fraction())):
            return None
        way = timedelta(milliseconds=round(length * _WAY / timedelta(milliseconds=1)))
        return way, length - way


def read_latencies(given: object) -> Mapping[str, Latency] | None:
    """The distributions of ``Emulator(latencies=...)``; ``None`` if no call takes time. Raises ``EmulatorError``."""
    if given is None or given == "none":
        return None
    if given == "aws":
        return AS_ON_AWS
    if not isinstance(given, Mapping):
        raise EmulatorError(f'latencies={given!r}: write latencies="none", latencies="aws" or {_EXAMPLE}')
    return {_kind(kind): _latency(kind, value) for kind, value in given.items()} or None


def _kind(kind: Any) -> str:
    """``kind``, if boto3 has such a service and operation."""
    from emulator.aws.names import service_model, services

    known = {*services().values(), "http", "*"}
    service, colon, operation = str(kind).partition(":")
    if service not in known:
        raise EmulatorError(f"latencies: {kind!r}: boto3 has no service {service!r}{_near(service, known)}")
    if colon and service not in ("http", "*"):
        operations = service_model(service).operation_names
        if operation not in operations:
            raise EmulatorError(f"latencies: {kind!r}: {service} has no {operation!r}{_near(operation, operations)}")
    return str(kind)


def _near(name: str, known: Any) -> str:
    hint = did_you_mean(name, known)
    return f"\n    {hint}" if hint else ""


def _latency(kind: object, value: Any) -> Latency:
    pair = (value, value) if isinstance(value, int | float) else value
    if isinstance(pair, tuple | list) and len(pair) == 2:
        median, p99 = pair
        numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair)
        if numbers and 0 <= median <= p99 and isfinite(p99):
            return Latency(float(median), float(p99))
    raise EmulatorError(
        f"latencies: {kind!r}: {value!r} is neither a number of seconds nor a median and what one call in a hundred "
        f"exceeds\n    fix: {_EXAMPLE}"
    )
