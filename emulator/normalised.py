"""Values of a run without what is another one in each run: ids, times, tokens.

The rules, in this order; each is for texts, anywhere in a value, and for the names of members:

- a task token is ``<token 1>``, numbered in the order of appearance, so that the same token has the same number;
- a UUID, and an id of 24 hexadecimal digits, is ``<id 1>``, numbered likewise, also within an ARN;
- a time in ISO 8601 from the run's start to its end is the time since the start, ``<+00:10:00>``; other times are data;
- the members ``SdkHttpMetadata`` and ``SdkResponseMetadata`` of AWS's responses are left out, and the digests of SQS:
  ``MD5OfMessageBody`` is another one for each id that was sent.

Objects have their members in the order of their names.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from emulator.history.words import offset_text

_LEFT_OUT: Final = frozenset(
    {
        "SdkHttpMetadata",
        "SdkResponseMetadata",
        "MD5OfMessageAttributes",
        "MD5OfMessageBody",
        "MD5OfMessageSystemAttributes",
    }
)
_TOKEN: Final = re.compile(r"YXJuOmF3c[A-Za-z0-9+/]{40,}={0,2}")
"""Base64 of ``arn:aws...``, see ``asl.tokens``."""
_ID: Final = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])|\b[0-9a-f]{24}(?![0-9a-f])"
    r"|(?<=_)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])"
)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\d*(?:Z|[+-]\d\d:\d\d)")


class Normalised:
    """The values of one run; ``is_numbered`` is whether ids and tokens are told apart."""

    def __init__(self, begin: datetime, end: datetime, *, is_numbered: bool = True) -> None:
        self._begin = begin
        self._end = end
        self._is_numbered = is_numbered
        self._numbers: dict[str, dict[str, int]] = {"token": {}, "id": {}}

    def value(self, value: Any) -> Any:
        """``value`` by the rules."""
        if isinstance(value, dict):
            return self._members(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def _members(self, value: dict[str, Any]) -> dict[str, Any]:
        """An object by the rules: names that differ in ids alone keep their own order, and all of them are there."""
        found: dict[str, Any] = {}
        for name in sorted(value, key=lambda name: _ID.sub("", _TOKEN.sub("", name))):
            if name not in _LEFT_OUT:
                shown, number = self.text(name), 2
                while shown in found:
                    shown, number = f"{self.text(name)} ({number})", number + 1
                found[shown] = self.value(value[name])
        return found

    def text(self, text: str) -> str:
        """A text by the rules."""
        text = _TOKEN.sub(self._named("token"), text)
        text = _ID.sub(self._named("id"), text)
        return _TIME.sub(self._time, text)

    def json(self, value: Any) -> str:
        """``value`` by the rules, as JSON text on one line."""
        return json.dumps(self.value(value), ensure_ascii=False)

    def _named(self, kind: str) -> Callable[[re.Match[str]], str]:
        def name(match: re.Match[str]) -> str:
            numbers = self._numbers[kind]
            number = numbers.setdefault(match[0], len(numbers) + 1)
            return f"<{kind} {number}>" if self._is_numbered else f"<{kind}>"

        return name

    def _time(self, match: re.Match[str]) -> str:
        try:
            at = datetime.fromisoformat(match[0])
        except ValueError:
            return match[0]
        return f"<{offset_text(at - self._begin)}>" if self._begin <= at <= self._end else match[0]
