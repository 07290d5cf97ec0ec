"""Retry and Catch: the errors they match, the delay of a retry, the output of a catcher.

Source: developer guide, "Handling errors", and AWS's recordings (``test_retry_interval_features``,
``test_raise_exception_catch*``).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from asl.bounds import LARGEST_DELAY_SECONDS
from asl.chance import Chance
from asl.decisions import Caught, ErrorDecision, Retried, Unanswered
from asl.errors import catches, matches
from asl.evaluation import is_jsonata
from asl.flow import Flow, parse_expression_flow, parse_path_flow
from asl.outcomes import Leave
from asl.scope import StateScope
from asl.values import Payload

LARGEST_RATE: Final = 1e9
"""A larger BackoffRate gives the same delays: that of the first retry, then the limit."""


class Retrier(NamedTuple):
    """One entry of Retry; ``max_attempts`` counts retries, not attempts."""

    error_equals: frozenset[str]
    interval_seconds: int
    max_attempts: int
    backoff_rate: float
    max_delay_seconds: int | None
    full_jitter: bool

    def delay(self, retry: int, chance: Chance) -> timedelta:
        """The wait before the ``retry``-th retry, from 1: interval times rate to the power of the earlier ones, capped.

        With ``JitterStrategy: FULL``, a uniformly random time from zero to that. At most a year and a day, which is
        longer than any execution.
        """
        if self.interval_seconds == 0:
            return timedelta(0)
        bound = float(self.max_delay_seconds or LARGEST_DELAY_SECONDS)
        try:
            seconds = min(self.interval_seconds * self.backoff_rate ** (retry - 1), bound)
        except OverflowError:
            seconds = bound
        return timedelta(seconds=seconds * chance.fraction() if self.full_jitter else seconds)


class Catcher(NamedTuple):
    """One entry of Catch: the next state, and the data flow of the error output."""

    error_equals: frozenset[str]
    next: str
    flow: Flow

    def leave(self, scope: StateScope, name: str | None, cause: str | None) -> Leave:
        """Go to ``next`` with the error output ``{"Error": ..., "Cause": ...}``; the state's OutputPath is not applied.

        An error without a cause, such as a timeout, has an empty one; a worker's report without a name has the cause
        that it gave, or null.
        """
        output = Payload({"Error": name, "Cause": cause if name is None else cause or ""})
        return self.flow.leave(scope, output, self.next)


def answer_error(
    name: str | None,
    retriers: Sequence[Retrier],
    catchers: Sequence[Catcher],
    retries: Mapping[int, int],
    chance: Chance,
    *,
    of_result: bool = False,
) -> ErrorDecision:
    """The retrier or catcher for the error ``name``; ``retries`` are those done so far, by index of the retrier.

    ``of_result`` as in ``asl.outcomes.Failed``.
    Only the first retrier that matches is used: once it has no retries left, the catchers are next, not later retriers.
    """
    used_up = None
    for index, retrier in enumerate(retriers):
        if matches(retrier.error_equals, name):
            retry = retries.get(index, 0) + 1
            if retry <= retrier.max_attempts:
                return Retried(name, index, retry, retrier.delay(retry, chance))
            used_up = index
            break
    for index, catcher in enumerate(catchers):
        if catches(catcher.error_equals, name, of_result=of_result):
            return Caught(name, index, used_up)
    return Unanswered(name, used_up)


def parse_retriers(raw: Mapping[str, Any]) -> tuple[Retrier, ...]:
    """The Retry of a checked state."""
    return tuple(
        Retrier(
            error_equals=frozenset(each["ErrorEquals"]),
            interval_seconds=each.get("IntervalSeconds", 1),
            max_attempts=each.get("MaxAttempts", 3),
            backoff_rate=float(min(each.get("BackoffRate", 2.0), LARGEST_RATE)),
            max_delay_seconds=each.get("MaxDelaySeconds"),
            full_jitter=each.get("JitterStrategy") == "FULL",
        )
        for each in raw.get("Retry", ())
    )


def parse_catchers(raw: Mapping[str, Any]) -> tuple[Catcher, ...]:
    """The Catch of a checked state."""
    parse = _parse_expressions if is_jsonata(raw) else _parse_paths
    return tuple(Catcher(frozenset(each["ErrorEquals"]), each["Next"], parse(each)) for each in raw.get("Catch", ()))


def _parse_expressions(raw: Mapping[str, Any]) -> Flow:
    return parse_expression_flow({field: raw[field] for field in ("Output", "Assign") if field in raw}, "errorOutput")


def _parse_paths(raw: Mapping[str, Any]) -> Flow:
    return parse_path_flow({field: raw[field] for field in ("ResultPath", "Assign") if field in raw})
