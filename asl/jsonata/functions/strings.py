"""Functions of strings; characters are counted as code points, matches as UTF-16 units."""

import math
import re
from collections.abc import Iterator
from typing import Any, Final

from asl.jsonata.callables import BuiltInCall, Function, Native
from asl.jsonata.conversions import string, truth
from asl.jsonata.errors import InternalError, JsonataError
from asl.jsonata.values import UNDEFINED, Sequence, Value, characters, units

_SPACES: Final = re.compile(r"[ \t\n\r]+")
_GROUP: Final = re.compile(r"\$(\$|\d+)?", re.ASCII)


def _string(value: Value, pretty: Value) -> Value:
    return string(value, pretty=truth(pretty))


def substring(text: Value, start: Value, length: Value) -> Value:
    """``length`` characters of ``text`` from ``start`` on, which counts from the end if negative."""
    if text is UNDEFINED:
        return UNDEFINED
    if start is UNDEFINED and length is not UNDEFINED:
        return ""  # the end is NaN in JavaScript
    size = len(text)
    first = 0 if start is UNDEFINED or start != start else start
    if size + first < 0:
        first = 0
    if length is UNDEFINED:
        return text[_slice_index(first, size) :]
    if length <= 0 or length != length:
        return ""
    end = first + length if first >= 0 else size + first + length
    return text[_slice_index(first, size) : _slice_index(end, size)]


def _slice_index(at: float, size: int) -> int:
    """``at`` as JavaScript's ``slice`` takes it: truncated to an integer, counted from the end if negative."""
    if not math.isfinite(at):
        return size if at > 0 else 0
    whole = math.trunc(at)
    return min(whole, size) if whole >= 0 else max(size + whole, 0)


def _substring_before(text: Value, chars: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    sought = "undefined" if chars is UNDEFINED else chars
    return text[: text.index(sought)] if sought in text else text


def _substring_after(text: Value, chars: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    sought = "undefined" if chars is UNDEFINED else chars
    return text[text.index(sought) + len(sought) :] if sought in text else text


def _lowercase(text: Value) -> Value:
    return UNDEFINED if text is UNDEFINED else text.lower()


def _uppercase(text: Value) -> Value:
    return UNDEFINED if text is UNDEFINED else text.upper()


def _length(text: Value) -> Value:
    return UNDEFINED if text is UNDEFINED else len(text)


def _trim(text: Value) -> Value:
    return UNDEFINED if text is UNDEFINED else _SPACES.sub(" ", text).strip(" ")


def _pad(call: BuiltInCall, text: Value, width: Value, char: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    fill = char if char is not UNDEFINED and char else " "
    if width is UNDEFINED or width != width:
        return text
    if not math.isfinite(width):
        raise InternalError("Invalid array length")
    missing = math.trunc(abs(width)) - len(text)
    if missing <= 0:
        return text
    call.run.check_characters(len(text) + missing)
    padding = (fill * (missing // len(fill) + 1))[:missing]
    return text + padding if width > 0 else padding + text


def _split(call: BuiltInCall, text: Value, separator: Value, limit: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3020", value=limit, index=3)
    most = None if limit is UNDEFINED else math.floor(limit) if math.isfinite(limit) else None
    if isinstance(separator, Function):
        parts: list[str] = []
        at = 0
        row = units(text)
        for match in _matches(call, separator, text):
            if most is not None and len(parts) >= most:
                return parts
            parts.append(characters(row[at : int(match["start"])]))
            at = int(match["end"])
        if most is None or len(parts) < most:
            parts.append(characters(row[at:]))
        return parts
    if separator is UNDEFINED:
        raise _undefined_matcher()
    return (text.split(separator) if separator else list(units(text)))[:most]


def _join(call: BuiltInCall, texts: Value, separator: Value) -> Value:
    if texts is UNDEFINED:
        return UNDEFINED
    between = "" if separator is UNDEFINED else separator
    call.run.check_characters(sum(map(len, texts)) + len(between) * len(texts))
    return characters(between.join(texts))


def _undefined_matcher() -> InternalError:
    return InternalError("Cannot read properties of undefined (reading 'apply')")


def _matches(call: BuiltInCall, matcher: Function, text: str) -> Iterator[dict[str, Any]]:
    """The matches of ``matcher``, a regular expression or a function that acts like one; raises T1010."""
    found = call.apply(matcher, text)
    while found is not UNDEFINED and found is not None:
        if not _is_match(found):
            raise JsonataError("T1010")
        yield found
        following = found["next"] if isinstance(found, dict) and "next" in found else None
        if not isinstance(following, Function):
            raise InternalError("matches.next is not a function")
        found = call.apply(following)


def _is_match(found: Value) -> bool:
    if not isinstance(found, dict):
        return False
    numbers = all(type(found.get(key)) in (int, float) for key in ("start", "end"))
    return numbers and isinstance(found.get("match"), str) and isinstance(found.get("groups"), list)


def _match(call: BuiltInCall, text: Value, matcher: Value, limit: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3040", value=limit, index=3)
    result = Sequence()
    if limit is not UNDEFINED and limit <= 0:
        return result
    for found in _matches(call, matcher, text):
        result.append({"match": found["match"], "index": found["start"], "groups": found["groups"]})
        if limit is not UNDEFINED and len(result) >= limit:
            break
    return result


def _contains(call: BuiltInCall, text: Value, sought: Value) -> Value:
    if text is UNDEFINED or sought is UNDEFINED:
        return UNDEFINED
    if isinstance(sought, str):
        return sought in text
    return next(_matches(call, sought, text), None) is not None


def _replace(call: BuiltInCall, text: Value, pattern: Value, replacement: Value, limit: Value) -> Value:
    if text is UNDEFINED:
        return UNDEFINED
    if pattern == "":
        raise JsonataError("D3010", value=pattern, index=2)
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3011", value=limit, index=4)
    if pattern is UNDEFINED or (replacement is UNDEFINED and isinstance(pattern, Function)):
        raise _undefined_matcher()
    most = math.inf if limit is UNDEFINED else limit
    if isinstance(pattern, Function):
        result = _replace_matches(call, text, pattern, replacement, most)
    elif isinstance(replacement, Function):
        raise JsonataError("D3012", value=replacement)
    else:
        filling = "undefined" if replacement is UNDEFINED else replacement
        result = text.replace(pattern, filling, math.ceil(most) if math.isfinite(most) else -1)
    call.run.check_characters(len(result))
    return result


def _replace_matches(call: BuiltInCall, text: str, pattern: Function, replacement: Value, most: float) -> str:
    row, parts, at = units(text), [], 0
    for count, found in enumerate(_matches(call, pattern, text)):
        if count >= most:
            break
        parts.append(row[at : int(found["start"])])
        made = call.apply(replacement, found) if isinstance(replacement, Function) else _filled(replacement, found)
        if not isinstance(made, str):
            raise JsonataError("D3012", value=made)
        parts.append(made)
        at = int(found["start"]) + len(units(found["match"]))
    return characters("".join([*parts, row[at:]]))


def _filled(template: Value, found: dict[str, Any]) -> str:
    """``template`` with ``$0`` (the match) and ``$1``... (its groups) filled in; ``$$`` is a dollar sign.

    With fewer than twelve groups, the 2 of ``$12`` is text.
    """
    groups = found["groups"]

    def fill(match: re.Match[str]) -> str:
        digits = match.group(1)
        if digits is None or digits == "$":
            return "$"
        if digits[0] == "0":
            return str(found["match"]) + digits[1:]
        most = len(str(len(groups)))
        digits, rest = digits[:most], digits[most:]
        while len(digits) > 1 and int(digits) > len(groups):
            digits, rest = digits[:-1], digits[-1] + rest
        group = groups[int(digits) - 1] if 0 < int(digits) <= len(groups) else UNDEFINED
        return ("" if group is UNDEFINED else str(group)) + rest

    return _GROUP.sub(fill, str(template))


FUNCTIONS: Final = [
    Native("string", "<x-b?:s>", _string, 1),
    Native("substring", "<s-nn?:s>", substring, 3),
    Native("substringBefore", "<s-s:s>", _substring_before, 2),
    Native("substringAfter", "<s-s:s>", _substring_after, 2),
    Native("lowercase", "<s-:s>", _lowercase, 1),
    Native("uppercase", "<s-:s>", _uppercase, 1),
    Native("length", "<s-:n>", _length, 1),
    Native("trim", "<s-:s>", _trim, 1),
    Native("pad", "<s-ns?:s>", _pad, 3, with_call=True),
    Native("match", "<s-f<s:o>n?:a<o>>", _match, 3, with_call=True),
    Native("contains", "<s-(sf):b>", _contains, 2, with_call=True),
    Native("replace", "<s-(sf)(sf)n?:s>", _replace, 4, with_call=True),
    Native("split", "<s-(sf)n?:a<s>>", _split, 3, with_call=True),
    Native("join", "<a<s>s?:s>", _join, 2, with_call=True),
]
