"""Wait: parks a branch for a number of seconds or until a point in time.

Texts and bounds are recorded on AWS: ``test_base_wait_seconds_path``, ``test_wait_timestamp*``,
``test_timestamp_too_far_in_future_boundary`` (24,855 days ahead are accepted, 24,856 are not).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeAlias, cast

from asl.bounds import LARGEST_INTEGER
from asl.errors import EvaluationError, runtime_error
from asl.evaluation import NOTHING, Evaluate, compile_integer, compile_typed
from asl.flow import parse_flow, read_or_none
from asl.outcomes import Leave, Park
from asl.paths import compile_path
from asl.scope import StateScope
from asl.states.common import ParseBlock, State
from asl.states.forms import Forms
from asl.values import Json, as_instant, encode

LONGEST: Final = timedelta(seconds=2**31)

Until: TypeAlias = Callable[[Json, StateScope], datetime]
"""(effective input, scope) -> when to continue (aware, UTC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(State):
    """Pause until ``until(effective input, scope)``, then pass the input on."""

    type: ClassVar[str] = "Wait"
    until: Until

    def enter(self, scope: StateScope) -> Park | Leave:
        """Park until the state's time; leave immediately if that time is past."""
        effective = self.flow.effective(scope)
        until = self.until(effective.value, scope)
        if until - scope.now >= LONGEST:
            raise runtime_error("Wait state delay is too long.")
        return Park(until) if until > scope.now else self.resume(scope, effective)

    def wake(self, scope: StateScope) -> Leave:
        """Pass the effective input on; called when the time has come."""
        return self.resume(scope, self.flow.effective(scope))


def _after(now: datetime, seconds: int) -> datetime:
    if seconds >= LONGEST.total_seconds():
        raise runtime_error("Wait state delay is too long.")
    return now + timedelta(seconds=seconds)


def _seconds_path(text: str) -> Until:
    path = compile_path(text)

    def until(document: Json, scope: StateScope) -> datetime:
        value = read_or_none(path, document, scope)
        if value is None:
            raise runtime_error(f"The SecondsPath parameter does not reference an input value: {text}")
        shown = value if isinstance(value, str) else encode(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise runtime_error(f"The SecondsPath parameter cannot be parsed as a long value: {text} == {shown}")
        if value < 0:
            raise runtime_error(f"The SecondsPath parameter references a negative value: {text} == {shown}")
        return _after(scope.now, value)

    return until


def _timestamp_path(text: str) -> Until:
    path = compile_path(text)

    def until(document: Json, scope: StateScope) -> datetime:
        value = read_or_none(path, document, scope)
        if value is None:
            raise runtime_error(f"The TimestampPath parameter does not reference an input value: {text}")
        if (at := as_instant(value)) is None:
            shown = value if isinstance(value, str) else encode(value)
            raise runtime_error(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                f"string: {text} == {shown}"
            )
        return at.replace(microsecond=0)

    return until


def _seconds(seconds: int) -> Until:
    return lambda _document, scope: _after(scope.now, seconds)


def _timestamp(text: str) -> Until:
    at = as_instant(text)
    assert at is not None
    whole = at.replace(microsecond=0)
    return lambda _document, _scope: whole


def _evaluated(evaluate: Evaluate, scope: StateScope) -> Json:
    """The value of Seconds or Timestamp. Its failure follows the state's Entered event.

    Recorded for a Timestamp that is no time (``test_wait_timestamp_jsonata``); the others by analogy.
    """
    try:
        return evaluate(scope, NOTHING)
    except EvaluationError as error:
        error.after_entered = True
        raise


def _seconds_expression(text: str) -> Until:
    evaluate = compile_integer(text, "Seconds", 0, LARGEST_INTEGER)
    return lambda _document, scope: _after(scope.now, cast("int", _evaluated(evaluate, scope)))


def _timestamp_expression(text: str) -> Until:
    evaluate = compile_typed(text, "Timestamp", "string")

    def until(_document: Json, scope: StateScope) -> datetime:
        value = _evaluated(evaluate, scope)
        if (at := as_instant(value)) is None:
            raise EvaluationError(
                f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {value}",
                "Timestamp",
                after_entered=True,
            )
        return at.replace(microsecond=0)

    return until


FORMS: Final[Mapping[str, Forms[Until]]] = {
    "Seconds": Forms(_seconds, _seconds_expression, _seconds_path),
    "Timestamp": Forms(_timestamp, _timestamp_expression, _timestamp_path),
}
"""Field -> the parser of its forms; a Wait has exactly one of the fields, in one form."""


def parse_wait(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Wait:
    """The Wait state ``raw``, whose fields have been checked."""
    until = next(until for field, forms in FORMS.items() if (until := forms.parse(raw, field)) is not None)
    return Wait(name=name, next=raw.get("Next"), flow=parse_flow(raw), until=until)
