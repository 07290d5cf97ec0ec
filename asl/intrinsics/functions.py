"""The intrinsic functions: what each does, and the table of what each takes.

Sources: developer guide, "Intrinsic functions"; recordings, named ``test_...``; "AWS run": what an execution on AWS
gave where the guide says something else.
"""

import base64
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from asl.chance import Chance
from asl.intrinsics.arguments import (
    MAX_CHARACTERS,
    RefusedError,
    anything,
    array,
    json_object,
    not_true,
    refuse,
    rounded_32_bit,
    short_string,
    string,
    truncated,
    truncated_32_bit,
)
from asl.jackson import json_error_and_place
from asl.java import Random, hash_set_order, is_int
from asl.jsonpath import identity, java_text
from asl.values import Json, JsonTextError, decode, encode

MAX_RANGE: Final = 1_000
"""The most items that ArrayRange creates."""


# -- texts


def format_text(template: str, *values: Json) -> Json:
    """``template`` with each ``{}`` replaced; objects and arrays are written as Java prints them.

    Recorded: ``test_format_2``, ``test_context_json_path``.
    """
    return fill(format_pieces(template), values)


def fill(pieces: tuple[str, ...], values: tuple[Json, ...]) -> str:
    """The pieces with the values between them."""
    if len(pieces) != len(values) + 1:
        raise RefusedError(": number of arguments do not match the occurrences of {}.")
    texts = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        texts += [value if isinstance(value, str) else java_text(value), piece]
    return "".join(texts)


_PIECE: Final = re.compile(r"\\(.)|(\{\})|(\{)|(\})", re.DOTALL)


def format_pieces(template: str) -> tuple[str, ...]:
    """The texts before, between, and after the ``{}`` of a template; ``\\{`` and ``\\}`` are braces."""
    pieces, end = [""], 0
    for match in _PIECE.finditer(template):
        pieces[-1] += template[end : match.start()]
        end = match.end()
        escaped, placeholder, opening, closing = match.groups()
        if placeholder:
            pieces.append("")
        elif opening:
            raise _bad_template("matching '}' not found for '{'.")
        elif closing:
            raise _bad_template("matching '{' not found for '}'.")
        else:
            pieces[-1] += escaped if escaped in "'{}\\" else "\\" + escaped
    pieces[-1] += template[end:]
    return tuple(pieces)


def _bad_template(why: str) -> RefusedError:
    return RefusedError(f": {why}", beginning="Invalid template in")


def string_split(text: str, separators: str) -> Json:
    """The parts between any of the characters of ``separators``; empty parts are dropped."""
    if not separators:
        return [text] if text else []
    return [part for part in re.split(f"[{re.escape(separators)}]", text) if part]


def base64_encode(text: str) -> Json:
    """The text's UTF-8 in Base64, on one line."""
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


_NO_DIGIT: Final = re.compile(r"[^A-Za-z0-9+/]+")
_FOR_URLS: Final = str.maketrans("-_", "+/")


def base64_decode(text: str) -> Json:
    """The UTF-8 text that Base64 holds, read as leniently as by Apache Commons Codec.

    Its digits may be those for URLs, other characters are skipped, padding may be missing and ends the text, and
    bits that do not fill a byte are dropped. AWS runs: ``'!!!invalid!!!'`` and ``'ab==cd'`` decode, blanks around are
    skipped. Bytes that are not UTF-8 become U+FFFD.
    """
    digits = _NO_DIGIT.sub("", text.partition("=")[0].translate(_FOR_URLS))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("utf-8", "replace")


ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


def hash_text(data: Json, algorithm: str) -> Json:
    """The digest of the UTF-8 of a text in lower-case hexadecimal digits.

    AWS runs: of a number, the text is hashed, and objects are taken, too. What the text of an object is, is not
    known; here it is its JSON.
    """
    import hashlib  # slow to import, and rarely needed

    text = data if isinstance(data, str) else encode(data)
    if data is None or algorithm not in ALGORITHMS or len(text) > MAX_CHARACTERS:
        refuse()
    return hashlib.new(ALGORITHMS[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


# -- JSON


def string_to_json(text: str) -> Json:
    """The value of JSON text; a blank text gives ``null`` (recorded: ``test_string_to_json``).

    AWS run: the cause of other text ends in Jackson's message and place.
    """
    if not text.strip(" \t\r\n"):
        return None
    try:
        return decode(text)
    except JsonTextError as error:
        why = json_error_and_place(text) or error.message
        raise RefusedError(f", caused by: {why}", beginning="Cannot convert String to Json in") from None


def json_merge(first: dict[str, Json], second: dict[str, Json], _: bool) -> Json:
    """The members of both; those of ``second`` win."""
    return {**first, **second}


# -- arrays


def array_of(*values: Json) -> Json:
    """The arguments."""
    return list(values)


def array_partition(items: list[Json], size: int) -> Json:
    """Chunks of ``size``, the last one shorter."""
    if size < 1:
        refuse()
    return [items[start : start + size] for start in range(0, len(items), size)]


def array_contains(items: list[Json], value: Json) -> Json:
    """Whether an item has the text of ``value``, as Java prints it.

    AWS runs: the texts ``"true"`` and ``"1"`` equal ``true`` and 1, and objects are equal only if their members are in
    the same order.
    """
    wanted = _text(value)
    return any(_text(item) == wanted for item in items)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else java_text(value)


def array_range(first: int, last: int, step: int) -> Json:
    """The numbers from ``first`` in steps of ``step`` up to and including ``last``."""
    if step == 0 or (last - first) // step >= MAX_RANGE:
        refuse()
    return list(range(first, last + (1 if step > 0 else -1), step))


def array_get_item(items: list[Json], index: int) -> Json:
    """The item at ``index``, from 0. AWS run: any index of an empty array gives null."""
    if not items:
        return None
    if not 0 <= index < len(items):
        refuse()
    return items[index]


def array_length(items: list[Json]) -> Json:
    """The number of items."""
    return len(items)


def array_unique(items: list[Json]) -> Json:
    """The items without duplicates, in the order of a Java ``HashSet``.

    AWS run: ``true, false`` gives ``false, true``.
    """
    first: dict[str, Json] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return hash_set_order(list(first.values()), len(items))


# -- numbers


def math_random(chance: Chance, start: int, end: int, seed: int | None = None) -> Json:
    """An integer from ``start`` up to but not including ``end``.

    AWS runs: with a seed, it is the first number of ``java.util.Random``.
    """
    bound = end - start
    if bound < 1 or not is_int(bound):
        refuse()
    return chance.integer(start, end) if seed is None else start + Random(seed).next_int(bound)


def math_add(first: int, second: int) -> Json:
    """The sum, which must be a Java ``int`` (AWS run)."""
    total = first + second
    return total if is_int(total) else refuse()


def uuid(chance: Chance, *_: Json) -> Json:
    """A version 4 UUID. AWS run: arguments are ignored."""
    return chance.uuid()


# -- the table

Check: TypeAlias = Callable[[Json], Any]
"""A value -> the argument a function takes; raises ``RefusedError``."""


class Function(NamedTuple):
    """A row of ``FUNCTIONS``: the type of each argument, and the function.

    The last ``optional`` parameters may be omitted; with ``more``, any number of arguments follows the parameters;
    with ``draws``, the function takes the execution's ``Chance`` first. ``miscounted`` is what AWS adds to the text
    about a wrong number of arguments.
    """

    parameters: tuple[Check, ...]
    of: Callable[..., Json]
    optional: int = 0
    more: bool = False
    draws: bool = False
    miscounted: str = ""

    def arity(self) -> str:
        """The number of arguments it takes, in words."""
        most = len(self.parameters)
        least = most - self.optional
        if self.more:
            return f"at least {least}"
        return f"{least} or {most}" if self.optional else f"{most}"

    def takes(self, count: int) -> bool:
        """Whether it takes ``count`` arguments."""
        most = len(self.parameters)
        return most - self.optional <= count and (self.more or count <= most)


FUNCTIONS: Final[dict[str, Function]] = {
    "States.Array": Function((), array_of, more=True),
    "States.ArrayContains": Function((array, anything), array_contains),
    "States.ArrayGetItem": Function((array, truncated), array_get_item),
    "States.ArrayLength": Function((array,), array_length),
    "States.ArrayPartition": Function((array, truncated), array_partition),
    "States.ArrayRange": Function((truncated, truncated, truncated), array_range),
    "States.ArrayUnique": Function((array,), array_unique),
    "States.Base64Decode": Function((short_string,), base64_decode),
    "States.Base64Encode": Function((short_string,), base64_encode),
    "States.Format": Function((string,), format_text, more=True),
    "States.Hash": Function((anything, string), hash_text),
    "States.JsonMerge": Function((json_object, json_object, not_true), json_merge),
    "States.JsonToString": Function((anything,), encode, miscounted=": only a single argument is allowed."),
    "States.MathAdd": Function((rounded_32_bit, rounded_32_bit), math_add),
    "States.MathRandom": Function((truncated_32_bit, truncated_32_bit, truncated), math_random, optional=1, draws=True),
    "States.StringSplit": Function((string, string), string_split),
    "States.StringToJson": Function((string,), string_to_json),
    "States.UUID": Function((), uuid, more=True, draws=True),
}
