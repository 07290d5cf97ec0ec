"""Regular expressions mean the same as in JavaScript (ECMA-262 and its Annex B), whichever engine matches them."""

from typing import Any

import pytest

from asl.jsonata.regex import Regex
from asl.jsonata.runtime import Run, Runtime
from asl.jsonata.values import UNDEFINED, units

MATCHES: list[tuple[str, str, str, Any]] = [
    ("a", "", "ba", ("a", [])),
    ("(a)|b", "", "b", ("b", [UNDEFINED])),
    ("a.c", "", "a\nc", None),
    ("a.c", "", "a💩c", None),
    ("a..c", "", "a💩c", ("a💩c", [])),
    ("[^]", "", "\n", ("\n", [])),
    ("[]", "", "a", None),
    ("^b", "", "a\nb", None),
    ("^b$", "m", "a\nb\nc", ("b", [])),
    ("a$", "", "a\n", None),
    ("\\bé", "", "é", None),
    ("\\b.\\B", "m", "ab", ("a", [])),
    ("\\Ba", "", "ba", ("a", [])),
    ("\\d\\D\\w\\W\\s\\S", "", "1a_- x", ("1a_- x", [])),
    ("[\\d-x]+", "", "1-x", ("1-x", [])),
    ("[\\b]", "", "\b", ("\b", [])),
    ("[a-]", "", "-", ("-", [])),
    ("\\x41\\u0042\\cJ\\0\\101\\t\\v\\f\\r", "", "AB\n\0A\t\v\f\r", ("AB\n\0A\t\v\f\r", [])),
    ("\\c", "", "\\c", ("\\c", [])),
    ("\\x4", "", "x4", ("x4", [])),
    ("\\q\\k", "", "qk", ("qk", [])),
    ("\\8", "", "8", ("8", [])),
    ("a{,2}", "", "a{,2}", ("a{,2}", [])),
    ("{", "", "{", ("{", [])),
    ("]}", "", "]}", ("]}", [])),
    ("a{2}", "", "aaa", ("aa", [])),
    ("a{1,}?", "", "aaa", ("a", [])),
    ("a{1,2}b??", "", "aab", ("aa", [])),
    ("(?:a|ab)(?:c|bcd)", "", "abcd", ("abcd", [])),
    ("(?=a)(?!ab)a.", "", "abac", ("ac", [])),
    ("(?<=a)b", "", "bab", ("b", [])),
    ("(?<!a)b", "", "abb", ("b", [])),
    ("(?<=(a+))b", "", "aab", ("b", ["aa"])),
    ("(?<=a{2}?)b", "", "aab", ("b", [])),
    ("(?<=a|cd)b", "", "cdb", ("b", [])),
    ("(?<=\\1(a))b", "", "aab", ("b", ["a"])),
    ("(?<=a*?b)c", "", "aabc", ("c", [])),
    ("(a)\\1", "", "aba", None),
    ("(a)\\1", "i", "aA", ("aA", ["a"])),
    ("(a)?\\1b", "", "b", ("b", [UNDEFINED])),
    ("(?<n>a)\\k<n>", "", "aa", ("aa", ["a"])),
    ("\\k<n>(?<n>a)", "", "a", ("a", ["a"])),
    ("(?:(a)|b)*", "", "ab", ("ab", [UNDEFINED])),
    ("(a*)*", "", "b", ("", [UNDEFINED])),
    ("(a*)+", "", "b", ("", [""])),
    ("(z)((a+)?(b+)?(c))*", "", "zaacbbbcac", ("zaacbbbcac", ["z", "ac", "a", UNDEFINED, "c"])),
    ("(a+?){2,3}?b", "", "aaab", ("aaab", ["a"])),
    ("(?:ab){2}", "", "ababab", ("abab", [])),
    ("(?:a|b)+?c", "", "abac", ("abac", [])),
    ("(x|y)*z", "m", "xyz", ("xyz", ["y"])),
    ("É", "i", "é", ("é", [])),
    ("[^a]", "i", "Aé", ("é", [])),
    ("ß", "i", "SS", None),
    ("\u212a", "i", "k", None),
    ("(^a|\\bb)+$", "", "xb", None),
    ("(?!(a))b(?:c)*", "", "bcc", ("bcc", [UNDEFINED])),
    ("(?=(a))*b", "", "ab", ("b", [UNDEFINED])),
]


@pytest.mark.parametrize(("pattern", "flags", "text", "expected"), MATCHES, ids=[c[0] for c in MATCHES])
def test_match(pattern: str, flags: str, text: str, expected: Any) -> None:
    regex = Regex(pattern, flags)
    found = regex.find(units(text), 0, Run(Runtime()))
    assert (found and (found.text, found.groups)) == expected


@pytest.mark.parametrize(("pattern", "flags", "text", "expected"), MATCHES, ids=[c[0] for c in MATCHES])
def test_the_counting_matcher_agrees(pattern: str, flags: str, text: str, expected: Any) -> None:
    """The same cases without Python's ``re``."""
    regex = Regex(pattern, flags)
    regex._python = None
    found = regex.find(units(text), 0, Run(Runtime()))
    assert (found and (found.text, found.groups)) == expected


def test_the_next_match_begins_where_the_last_one_ended() -> None:
    regex = Regex("a|b", "")
    assert regex.find("ab", 1, Run(Runtime())) == ("b", 1, 2, [])
    assert regex.find("ab", 2, Run(Runtime())) is None
