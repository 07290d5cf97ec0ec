"""Base64 and URLs."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from asl.jsonata.callables import Native
from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.values import UNDEFINED, Value

_COMPONENT: Final = "!'()*~-._"
_WHOLE: Final = _COMPONENT + ";/?:@&=+$,#"
RESERVED: Final = frozenset(";/?:@&=+$,#")
"""What ``$decodeUrl`` leaves escaped."""
_ESCAPE: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def _base64_encode(text: Value) -> Value:
    """Of Latin-1 text, as ``btoa`` does; text with other characters is encoded as UTF-8."""
    if text is UNDEFINED:
        return UNDEFINED
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "replace")
    return base64.b64encode(raw).decode()


def _base64_decode(text: Value) -> Value:
    """To Latin-1 text, as ``atob`` does; on text that is not Base64, AWS's engine fails without a code (measured)."""
    if text is UNDEFINED:
        return UNDEFINED
    packed = re.sub(r"[ \t\n\f\r]", "", text)
    packed = packed.rstrip("=") if len(packed) % 4 == 0 else packed
    try:
        if len(packed) % 4 == 1:
            raise ValueError
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        raise InternalError("The string to be decoded is not correctly encoded.") from None


def _malformed(function: str, text: str) -> JsonataError:
    return JsonataError("D3140", value=text, functionName=function)


def _encoder(function: str, kept: str) -> Callable[[Value], Value]:
    def encode(text: Value) -> Value:
        if text is UNDEFINED:
            return UNDEFINED
        try:
            return quote(text, safe=kept)
        except UnicodeEncodeError:
            raise _malformed(function, text) from None

    return encode


def _decoder(function: str, kept: frozenset[str]) -> Callable[[Value], Value]:
    def decode(text: Value) -> Value:
        if text is UNDEFINED:
            return UNDEFINED

        def decoded(match: re.Match[str]) -> str:
            plain = unquote_to_bytes(match.group()).decode()
            return "".join(f"%{ord(c):02X}" if c in kept else c for c in plain)

        try:
            if "%" in _ESCAPE.sub("", text):
                raise ValueError
            return _ESCAPE.sub(decoded, text)
        except ValueError:
            raise _malformed(function, text) from None

    return decode


FUNCTIONS: Final = [
    Native("base64encode", "<s-:s>", _base64_encode, 1),
    Native("base64decode", "<s-:s>", _base64_decode, 1),
    Native("encodeUrlComponent", "<s-:s>", _encoder("encodeUrlComponent", _COMPONENT), 1),
    Native("encodeUrl", "<s-:s>", _encoder("encodeUrl", _WHOLE), 1),
    Native("decodeUrlComponent", "<s-:s>", _decoder("decodeUrlComponent", frozenset()), 1),
    Native("decodeUrl", "<s-:s>", _decoder("decodeUrl", RESERVED), 1),
]
