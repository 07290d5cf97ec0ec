"""The id rule: a definition's id must equal its own lodash ``camelCase`` form.

The word pattern is lodash 4's, derived from its behaviour: runs of one case, ordinals (``2nd``), digits, and
letters of scripts without case. lodash replaces accented Latin letters, so ids that contain them are rejected.
"""

import re
from typing import Final

_BREAK: Final = r"\xac\xb1\xd7\xf7\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\u1680\u180e\u2000-\u206f\u3000\ufeff"
_LOWER: Final = r"a-z\xdf-\xf6\xf8-\xff"
_UPPER: Final = r"A-Z\xc0-\xd6\xd8-\xde"
_OTHER: Final = rf"[^{_BREAK}0-9\u2700-\u27bf{_LOWER}{_UPPER}]"
_LOWER_OR_OTHER: Final = rf"(?:[{_LOWER}]|{_OTHER})"
_UPPER_OR_OTHER: Final = rf"(?:[{_UPPER}]|{_OTHER})"

_WORD: Final = re.compile(
    "|".join(
        (
            rf"[{_UPPER}]?[{_LOWER}]+(?=[{_BREAK}]|[{_UPPER}]|$)",
            rf"{_UPPER_OR_OTHER}+(?=[{_BREAK}]|[{_UPPER}]{_LOWER_OR_OTHER}|$)",
            rf"[{_UPPER}]?{_LOWER_OR_OTHER}+",
            rf"[{_UPPER}]+",
            r"[0-9]*(?:1ST|2ND|3RD|(?![123])[0-9]TH)(?=\b|[a-z_])",
            r"[0-9]*(?:1st|2nd|3rd|(?![123])[0-9]th)(?=\b|[A-Z_])",
            r"[0-9]+",
        )
    )
)
_DEBURRED: Final = re.compile(r"[\xc0-\xff\u0100-\u017f\u0300-\u036f\u20d0-\u20ff\ufe20-\ufe2f'\u2019]")
"""Characters that lodash replaces or drops before it searches for words."""


def camel_case(text: str) -> str:
    """``text`` in lodash's camelCase: ``sync_articles`` -> ``syncArticles``, ``task1a`` -> ``task1A``."""
    words = [word.lower() for word in _WORD.findall(text)]
    return "".join(word if index == 0 else word[:1].upper() + word[1:] for index, word in enumerate(words))


def is_task_id(text: str) -> bool:
    """Whether ``text`` is a valid definition id; the empty string is, as in the original."""
    return not _DEBURRED.search(text) and camel_case(text) == text
