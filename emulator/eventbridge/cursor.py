"""The text of an event pattern, read token by token, and what a refusal of it says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from asl.jackson import JsonTokenError, Token, location, tokens
from emulator.eventbridge.scalars import Number


class InvalidEventPattern(ValueError):  # noqa: N818 - AWS's name
    """A pattern that EventBridge refuses: ``InvalidEventPatternException``.

    ``reason`` is EventBridge's; the message adds its prefix, and the place in the pattern where EventBridge prints it.
    """

    def __init__(self, reason: str, place: str | None = None) -> None:
        at = f"\n at {place}" if place else ""
        super().__init__(f"Event pattern is not valid. Reason: {reason}{at}")
        self.reason = reason
        self.place = place


class Cursor:
    """A pattern's text, read token by token; every refusal names the place where reading stopped."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.token = Token("end", None, 0, 0, 0)
        self._tokens = tokens(text)

    def next(self) -> Token:
        """Move to the next token."""
        try:
            self.token = next(self._tokens)
        except JsonTokenError as error:
            raise InvalidEventPattern(error.message, location(self.text, error.at)) from None
        return self.token

    def refuse(self, reason: str, *, after: bool = False) -> NoReturn:
        """Raise ``reason`` at the current token, or after it when its text has been read (``after``)."""
        raise InvalidEventPattern(reason, location(self.text, self.token.end if after else self.token.at))

    def want(self, kind: str, reason: str) -> Any:
        """The value of the next token, which must be of ``kind``."""
        token = self.next()
        if token.kind != kind:
            self.refuse(reason)
        return token.value

    def shown(self) -> str:
        """The text of the current token."""
        return self.text[self.token.start : self.token.end]

    def number(self) -> Number:
        """The current token, a number."""
        return Number.read(self.shown())

    @contextmanager
    def placed_twice(self) -> Iterator[None]:
        """Refusals inside name their place twice, as those inside the lists of ``anything-but`` do (recorded)."""
        try:
            yield
        except InvalidEventPattern as error:
            place = error.place or location(self.text, self.token.at)
            again = f"{place}\n at {place}" if error.place else place
            raise InvalidEventPattern(error.reason, again) from None
