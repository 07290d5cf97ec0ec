"""The parts of Java's library that AWS's answers show: the order of hash tables, and seeded random numbers.

A JSON value stands for the object that Jackson makes of it: ``Integer``, ``Long`` or ``BigInteger``, ``Double``,
``Boolean``, ``String``, ``ArrayList``, ``LinkedHashMap``. Sources: the contracts of ``hashCode`` and of ``Random`` in
Java's documentation, and the code of ``java.util.HashMap``.

**The order of a hash table.** A table has a power of two of buckets, 16 at first. A key with hash code ``h`` is in
bucket ``(h ^ h >>> 16) & (buckets - 1)``; the keys of one bucket are in the order in which they were put there. When
more than three quarters of its buckets' number are in it, the table doubles, and keeps the order within a bucket.
"""

import struct
from collections.abc import Sequence
from typing import Final

from asl.values import Json

_BUCKETS: Final = 16
_FULL: Final = 0.75
_WORD: Final = (1 << 32) - 1


def signed(number: int) -> int:
    """The low 32 bits of ``number`` as a Java ``int``."""
    number &= _WORD
    return number - (1 << 32) if number >> 31 else number


def is_int(number: int) -> bool:
    """Whether ``number`` is a Java ``int``."""
    return -(1 << 31) <= number < 1 << 31


def string_hash(text: str) -> int:
    """``String.hashCode``: over UTF-16 units."""
    units = text.encode("utf-16-be", "surrogatepass")
    code = 0
    for unit in struct.unpack(f">{len(units) // 2}H", units):
        code = (31 * code + unit) & _WORD
    return signed(code)


def hash_code(value: Json) -> int:
    """``hashCode`` of a value; null has 0, as in a ``HashMap``."""
    match value:
        case None:
            return 0
        case bool():
            return 1231 if value else 1237
        case int():
            return _integer_hash(value)
        case float():
            bits = struct.unpack(">Q", struct.pack(">d", value))[0]
            return signed(bits ^ bits >> 32)
        case str():
            return string_hash(value)
        case list():
            code = 1
            for item in value:
                code = 31 * code + hash_code(item)
            return signed(code)
        case dict():  # pragma: no branch - the last kind there is
            code = 0
            for key, item in value.items():
                code += string_hash(key) ^ hash_code(item)
            return signed(code)


def _integer_hash(number: int) -> int:
    if is_int(number):
        return number
    if -(1 << 63) <= number < 1 << 63:
        return signed(number ^ number >> 32)
    magnitude, code = abs(number), 0
    for shift in range((magnitude.bit_length() - 1) // 32 * 32, -1, -32):
        code = 31 * code + (magnitude >> shift & _WORD)
    return signed(code if number > 0 else -code)


def hash_map_order(keys: Sequence[str]) -> list[str]:
    """``keys``, all different, as a ``HashMap`` iterates over them that they were put into one by one."""
    buckets = _BUCKETS
    while len(keys) > buckets * _FULL:
        buckets *= 2
    return sorted(keys, key=lambda key: _bucket(string_hash(key), buckets))


def hash_set_order(values: Sequence[Json], copied: int) -> list[Json]:
    """``values``, all different, as a ``HashSet`` iterates over them that is the copy of a list of ``copied`` items."""
    wanted, buckets = int(copied / _FULL) + 1, _BUCKETS
    while buckets < wanted:
        buckets *= 2
    return sorted(values, key=lambda value: _bucket(hash_code(value), buckets))


def _bucket(code: int, buckets: int) -> int:
    code &= _WORD
    return (code ^ code >> 16) & (buckets - 1)


class Random:
    """``new java.util.Random(seed)``: a linear congruential generator of 48 bits."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def next_bits(self, bits: int) -> int:
        """The first ``bits`` bits, at most 31, of the next state."""
        self._state = (self._state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        return self._state >> (48 - bits)

    def next_int(self, bound: int) -> int:
        """``nextInt(bound)``: from 0 up to but not including ``bound``, which is positive and a Java ``int``.

        A power of two takes the first bits. Otherwise a draw is rejected that lies beyond the last multiple of
        ``bound``, because it would favour small numbers.
        """
        if bound & (bound - 1) == 0:
            return bound * self.next_bits(31) >> 31
        while True:
            drawn = self.next_bits(31)
            rest = drawn % bound
            if is_int(drawn - rest + bound - 1):
                return rest

    def next_double(self) -> float:
        """``nextDouble()``: from 0 up to but not including 1."""
        return float((self.next_bits(26) << 27) + self.next_bits(27)) / float(1 << 53)
