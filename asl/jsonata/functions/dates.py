"""Functions of time; the current time is the runtime's ``now``."""

import math
from typing import Final

from asl.jsonata.callables import BuiltInCall, Native
from asl.jsonata.date_picture import format_date, parse_date, parse_iso_date
from asl.jsonata.values import UNDEFINED, Value


def _now_millis(call: BuiltInCall) -> int:
    return math.floor(call.run.runtime.now.timestamp() * 1000)


def _optional(text: Value) -> str | None:
    return None if text is UNDEFINED else str(text)


def _now(call: BuiltInCall, picture: Value, timezone: Value) -> Value:
    return format_date(_now_millis(call), _optional(picture), _optional(timezone))


def _millis(call: BuiltInCall) -> Value:
    return _now_millis(call)


def _from_millis(millis: Value, picture: Value, timezone: Value) -> Value:
    return UNDEFINED if millis is UNDEFINED else format_date(millis, _optional(picture), _optional(timezone))


def _to_millis(call: BuiltInCall, text: Value, picture: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    if picture is UNDEFINED:
        return parse_iso_date(text)
    at = parse_date(text, picture, _now_millis(call))
    return UNDEFINED if at is None else at


FUNCTIONS: Final = [
    Native("now", "<s?s?:s>", _now, 2, with_call=True),
    Native("millis", "<:n>", _millis, 0, with_call=True),
    Native("fromMillis", "<n-s?s?:s>", _from_millis, 3),
    Native("toMillis", "<s-s?:n>", _to_millis, 2, with_call=True),
]
