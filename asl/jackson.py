"""The tokens of a JSON text as Jackson's streaming parser reads them, with its locations and error texts.

AWS's services read JSON with it, and their messages show it. EventBridge compiles a pattern straight from such a
stream: the first mistake in reading order is reported, and most refusals end in Jackson's location. That location is
the *reader's* position, not the token's start: after a field name, the reader has already entered the value, and a
string value has been entered but is not read until its text is needed.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, NoReturn

SNIPPET: Final = 500
"""The number of characters of the text that a location shows."""

TRAILING: Final = "Trailing token after the end of the event pattern"
"""EventBridge's text for a second value after the first."""

_CLOSES: Final = {"{": "}", "[": "]"}
_NAMES: Final = {"{": "Object", "[": "Array"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ANYTHING: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBER: Final = re.compile(r"(-?\d+)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[\w$]*")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_LONGEST_NUMBER: Final = 1000
_LONGEST_TOKEN: Final = 256
_NON_NUMBERS: Final = ("NaN", "Infinity")
_COMMENT: Final = (
    "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
)
_NUMERIC: Final = " in numeric value"
_NO_DIGIT_BEHIND_MINUS: Final = "expected digit (0-9) to follow minus sign, for valid numeric value"
_NO_DIGIT: Final = re.compile(r"\.|[eE][+-]?")
_NO_DIGITS: Final = {
    ".": "Decimal point not followed by a digit",
    "e": "Exponent indicator not followed by a digit",
    "E": "Exponent indicator not followed by a digit",
}


class JsonTokenError(ValueError):
    """The text is not JSON; ``at`` is the offset of the reader.

    ``character`` is true if one character is at fault, which the reader has passed. ``marker`` is the offset of an
    opening bracket whose location is in the message.
    """

    def __init__(self, message: str, at: int, *, character: bool = False, marker: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.character = character
        self.marker = marker


class Token(NamedTuple):
    """``kind`` is one of ``{ } [ ] name string number word end``; ``value`` is its meaning.

    ``start`` and ``end`` enclose its text; ``at`` is the reader's position while it is the current token.
    """

    kind: str
    value: Any
    start: int
    end: int
    at: int


def location(text: str, at: int) -> str:
    """Offset ``at`` of ``text`` in Jackson's words: ``[Source: (String)"{}"; line: 1, column: 2]``."""
    cut = f"[truncated {len(text) - SNIPPET} chars]" if len(text) > SNIPPET else ""
    return _located(text, at, f'(String)"{text[:SNIPPET]}"{cut}')


def _located(text: str, at: int, source: str) -> str:
    line_ends = [match.end() for match in _LINE_END.finditer(text, 0, at)]
    column = at - (line_ends[-1] if line_ends else 0) + 1
    return f"[Source: {source}; line: {len(line_ends) + 1}, column: {column}]"


def tokens(text: str, *, bound: bool = False) -> Iterator[Token]:
    """The tokens of one JSON value, then ``end`` forever; raises ``JsonTokenError`` if the text is not JSON.

    ``bound`` chooses the words of version 2.17 when it binds the text to a value, which reads names together with
    their values and has words of its own for closing brackets, signs and numbers that end too early.
    """
    opened: list[Token] = []
    at = _blank(text, 0)
    if at < len(text):
        if bound and text[at] in "}]":
            raise _no_root(text[at], at)
        token = _value(text, at, bound=bound)
        while True:
            yield token
            at = token.end
            if token.kind in _CLOSES:
                opened.append(token)
                at = _blank(text, at)
                first = True
            elif not opened:
                break
            else:
                at = _blank(text, at)
                first = False
            token = _next_in(text, at, opened, first=first, bound=bound)
            if token.kind in ("}", "]"):
                opened.pop()
            elif token.kind == "name":
                start = _colon(text, token.end)
                value = _value(text, start, bound=bound, named=True)
                yield Token("name", token.value, token.start, token.end, value.at)
                token = value
        if token.kind == "number" and at < len(text) and text[at] not in " \t\r\n":
            _unexpected(text, at, "Expected space separating root-level values")
        at = _blank(text, at)
        if at < len(text):
            _value(text, at)
            raise JsonTokenError(TRAILING, at)
    while True:
        yield Token("end", None, at, at, at)


def json_mistake(text: str, *, bound: bool = False) -> JsonTokenError | None:
    """Jackson's error for ``text``, and its place; ``None`` if the text is JSON. ``bound`` as in ``tokens``."""
    try:
        next(token for token in tokens(text, bound=bound) if token.kind == "end")
    except JsonTokenError as error:
        return error
    return None


def json_error(text: str, what: str) -> str | None:
    """Jackson's error text for ``text``, without the place; ``None`` if the text is JSON.

    ``what`` names the text (``the execution input``) when something follows its end; AWS's words for that are recorded
    of event patterns alone.
    """
    mistake = json_mistake(text)
    return None if mistake is None else _said(mistake, what)


def _said(mistake: JsonTokenError, what: str) -> str:
    return f"Unexpected text after the end of {what}" if mistake.message == TRAILING else mistake.message


_REDACTED: Final = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"


def json_error_and_place(text: str) -> str | None:
    """The message and the place of Jackson's error for ``text`` as versions from 2.16 write them.

    They show no source, and place an error of one character at that character (recorded for States.StringToJson, both
    forms). ``None`` if the text is JSON.
    """
    mistake = json_mistake(text, bound=True)
    if mistake is None:
        return None
    message = _said(mistake, "the JSON value")
    if mistake.marker is not None:
        message = message.replace(location(text, mistake.marker), _located(text, mistake.marker, _REDACTED))
    return f"{message}\n at {_located(text, mistake.at - mistake.character, _REDACTED)}"


def _no_root(closing: str, at: int) -> JsonTokenError:
    """The error of a closing bracket that begins the text; the context around the text begins before its columns."""
    wanted = "]" if closing == "}" else "}"
    said = f"Unexpected close marker '{closing}': expected '{wanted}'"
    return JsonTokenError(f"{said} (for root starting at [Source: {_REDACTED}; line: 1])", at + 1, character=True)


def _next_in(text: str, at: int, opened: list[Token], *, first: bool, bound: bool) -> Token:
    """The next name, value or closing token inside the innermost open array or object."""
    kind = opened[-1].kind
    if at >= len(text):
        place = location(text, opened[-1].start)
        raise JsonTokenError(
            f"Unexpected end-of-input: expected close marker for {_NAMES[kind]} (start marker at {place})",
            at,
            marker=opened[-1].start,
        )
    if text[at] in "}]":
        if text[at] != _CLOSES[kind]:
            place = location(text, opened[-1].start)
            raise JsonTokenError(
                f"Unexpected close marker '{text[at]}': expected '{_CLOSES[kind]}' "
                f"(for {_NAMES[kind]} starting at {place})",
                at + 1,
                character=True,
                marker=opened[-1].start,
            )
        return Token(text[at], None, at, at + 1, at + 1)
    if not first:
        if text[at] != ",":
            _unexpected(text, at, f"was expecting comma to separate {_NAMES[kind]} entries")
        at = _blank(text, at + 1)
        if at >= len(text):
            raise JsonTokenError(f"Unexpected end-of-input within/between {_NAMES[kind]} entries", at)
    if kind == "[":
        return _value(text, at, bound=bound)
    if text[at] != '"':
        # EventBridge was recorded to name the character's own column here, and event-ruler the next one elsewhere
        shown = f"Unexpected character ({_show(text[at])}): was expecting double-quote to start field name"
        raise JsonTokenError(shown, at)
    value, end = _string(text, at, " in field name")
    return Token("name", value, at, end, end)


def _colon(text: str, at: int) -> int:
    at = _blank(text, at)
    if at >= len(text):
        raise JsonTokenError("Unexpected end-of-input within/between Object entries", at)
    if text[at] != ":":
        _unexpected(text, at, "was expecting a colon to separate field name and value")
    return _blank(text, at + 1)


def _value(text: str, at: int, *, bound: bool = False, named: bool = False) -> Token:
    """The value, or the first token of it, at ``at``; ``named`` if it follows a name."""
    if at >= len(text):
        raise JsonTokenError("Unexpected end-of-input within/between Object entries", at)
    character = text[at]
    if character in _CLOSES:
        return Token(character, None, at, at + 1, at + 1)
    if character == '"':
        value, end = _string(text, at, ": was expecting closing quote for a string value")
        return Token("string", value, at, end, at + 1)
    if character == "-" or character in "0123456789":
        return _number(text, at, bound=bound)
    if character == "+" and bound:
        raise _wrong_sign(text, at)
    match = _IDENTIFIER.match(text, at)
    assert match is not None, "matches the empty text"
    word, end = match.group(), match.end()
    if not word:
        is_short = character == "}" and not (bound and named)
        _unexpected(text, at, "expected a value" if is_short else f"expected a valid value {_ANYTHING}")
    if word in _NON_NUMBERS:
        raise _non_number(word, end)
    if len(word) >= _LONGEST_TOKEN:
        word, end = f"{word[:_LONGEST_TOKEN]}...", at + _LONGEST_TOKEN
    if word not in _WORDS:
        raise JsonTokenError(f"Unrecognized token '{word}': was expecting {_ANYTHING}", end)
    return Token("word", _WORDS[word], at, end, end)


def _non_number(word: str, end: int) -> JsonTokenError:
    said = f"Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
    return JsonTokenError(said, end)


_PLUS: Final = (
    "JSON spec does not allow numbers to have plus signs: "
    "enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"
)


def _wrong_sign(text: str, at: int) -> JsonTokenError:
    """The error of version 2.17 for a sign that no digit follows."""
    sign, rest = text[at], text[at + 1 :]
    if not rest:
        return JsonTokenError(
            "Unexpected end-of-input" + ("No digit following sign" if sign == "-" else " in a Number value"), at + 1
        )
    if rest == "I":
        return JsonTokenError("Unexpected end-of-input in a Number value", at + 2)
    match = _IDENTIFIER.match(rest)
    assert match is not None, "matches the empty text"
    word = sign + match.group()
    for known in ("INF", "Infinity"):
        if rest.startswith(known[:2]):
            if word == sign + known:
                return _non_number(word, at + len(word))
            shown = f"{word[:_LONGEST_TOKEN]}..." if len(word) >= _LONGEST_TOKEN else word
            end = at + min(len(word), _LONGEST_TOKEN)
            return JsonTokenError(f"Unrecognized token '{shown}': was expecting {_ANYTHING}", end)
    wrong = at + 1 + rest.startswith("I")
    if sign == "+":
        shown, expected = _show(sign), _PLUS
    elif rest.startswith("."):
        said = f"Unexpected character ({_show('.')}): expected a valid value {_ANYTHING}"
        return JsonTokenError(said, at + 2, character=True)
    else:
        shown, expected = _show(text[wrong]), _NO_DIGIT_BEHIND_MINUS
    return JsonTokenError(f"Unexpected character ({shown}){_NUMERIC}: {expected}", wrong + 1, character=True)


def _number(text: str, at: int, *, bound: bool) -> Token:
    match = _NUMBER.match(text, at)
    if match is None:
        if bound:
            raise _wrong_sign(text, at)
        if at + 1 >= len(text):
            raise JsonTokenError("Unexpected end-of-input", at + 1)
        if text.startswith("Infinity", at + 1):
            raise _non_number("-Infinity", at + len("-Infinity"))
        _unexpected(text, at + 1, _NO_DIGIT_BEHIND_MINUS, _NUMERIC)
    whole, fraction, exponent = match.groups()
    end = match.end()
    if missing := _NO_DIGIT.match(text, end):
        if bound and missing.end() == len(text) and missing[0] != ".":
            raise JsonTokenError("Unexpected end-of-inputexpected a digit for number exponent", missing.end())
        said = f"Unexpected character ({_show(text[min(missing.end(), len(text) - 1)])}){_NUMERIC}"
        raise JsonTokenError(f"{said}: {_NO_DIGITS[missing[0][0]]}", end + 1, character=True)
    if whole.lstrip("-").startswith("0") and len(whole.lstrip("-")) > 1:
        raise JsonTokenError("Invalid numeric value: Leading zeroes not allowed", at + 1 + whole.startswith("-"))
    if end - at > _LONGEST_NUMBER:
        raise JsonTokenError(f"Number value length ({end - at}) exceeds the maximum allowed ({_LONGEST_NUMBER})", end)
    value = float(match.group()) if fraction or exponent else int(whole)
    return Token("number", value, at, end, end)


def _string(text: str, at: int, where: str) -> tuple[str, int]:
    """The string whose opening quote is at ``at``, and the offset after its closing quote."""
    parts: list[str] = []
    at += 1
    while True:
        match = _PLAIN.match(text, at)
        assert match is not None, "matches the empty text"
        parts.append(match.group())
        at = match.end()
        if at >= len(text):
            raise JsonTokenError(f"Unexpected end-of-input{where}", at)
        if text[at] == '"':
            return _join_surrogates("".join(parts)), at + 1
        if text[at] != "\\":
            raise JsonTokenError(
                f"Illegal unquoted character ({_show(text[at])}): has to be escaped "
                f"using backslash to be included in {'name' if where == ' in field name' else 'string value'}",
                at + 1,
                character=True,
            )
        part, at = _escape(text, at + 1)
        parts.append(part)


def _escape(text: str, at: int) -> tuple[str, int]:
    if at >= len(text):
        raise JsonTokenError("Unexpected end-of-input in character escape sequence", at)
    if text[at] in _ESCAPES:
        return _ESCAPES[text[at]], at + 1
    digits = text[at + 1 : at + 5]
    if text[at] != "u":
        raise JsonTokenError(f"Unrecognized character escape {_show(text[at])}", at + 1, character=True)
    if not re.fullmatch("[0-9a-fA-F]{4}", digits):
        wrong = next((c for c in digits if c not in "0123456789abcdefABCDEF"), None)
        if wrong is None:
            raise JsonTokenError("Unexpected end-of-input in character escape sequence", len(text))
        raise JsonTokenError(
            f"Unexpected character ({_show(wrong)}): expected a hex-digit for character escape sequence",
            at + 2 + digits.index(wrong),
            character=True,
        )
    return chr(int(digits, 16)), at + 5


def _join_surrogates(text: str) -> str:
    """Replaces escaped surrogate pairs by the one character that they stand for; a lone surrogate stays."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _blank(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    assert match is not None, "matches the empty text"
    return match.end()


def _show(character: str) -> str:
    code = ord(character)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"(CTRL-CHAR, code {code})"
    return f"'{character}' (code {code} / 0x{code:x})" if code > 0xFF else f"'{character}' (code {code})"


def _unexpected(text: str, at: int, expected: str, where: str = "") -> NoReturn:
    """Raises the error of the character at ``at``, where ``expected`` was to come; ``where`` is part of the message."""
    character = text[at]
    if character < " ":
        allowed = "only regular white space (\\r, \\n, \\t) is allowed between tokens"
        raise JsonTokenError(f"Illegal character ({_show(character)}): {allowed}", at + 1)
    if character == "/" and not where:
        expected = _COMMENT
    raise JsonTokenError(f"Unexpected character ({_show(character)}){where}: {expected}", at + 1, character=True)
