"""The operator ``wildcard``: texts with any text at each asterisk, and what EventBridge refuses as too complex."""

from typing import Any, Final

from emulator.eventbridge.cursor import Cursor, InvalidEventPattern
from emulator.eventbridge.scalars import Test, equal_to

MAX_COMPLEXITY: Final = 10
"""The most prefixes of one wildcard pattern that one text may match at the same time.

EventBridge's limit is not published; ``*:*:*:*:*:event-bus/*``, which it refuses as too complex, has 11.
"""

_TOO_COMPLEX: Final = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
    "after a wildcard character"
)


def like(cursor: Cursor, text: str) -> Test:
    """The test of a wildcard pattern: each piece is searched after the one before, without backtracking."""
    pieces = _wildcard_pieces(cursor, text)
    if _complexity(pieces) > MAX_COMPLEXITY:
        raise InvalidEventPattern(_TOO_COMPLEX)
    if len(pieces) == 1:
        return equal_to([pieces[0]])
    head, *middle, tail = pieces
    shortest = len(head) + len(tail)

    def is_like(value: Any) -> bool:
        if not isinstance(value, str) or len(value) < shortest:
            return False
        if not (value.startswith(head) and value.endswith(tail)):
            return False
        at, end = len(head), len(value) - len(tail)
        for piece in middle:
            at = value.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return is_like


def _wildcard_pieces(cursor: Cursor, text: str) -> list[str]:
    """The literal texts between the asterisks. Positions in refusals count bytes, and the opening quote."""
    pieces = [""]
    at = 0

    def position() -> int:
        return len(text[:at].encode("utf-8", "replace")) + 1

    while at < len(text):
        character = text[at]
        if character == "*":
            if text[at + 1 : at + 2] == "*":
                cursor.refuse(f"Consecutive wildcard characters at pos {position()}", after=True)
            pieces.append("")
        elif character == "\\":
            if text[at + 1 : at + 2] not in ("*", "\\"):
                cursor.refuse(f"Invalid escape character at pos {position()}", after=True)
            at += 1
            pieces[-1] += text[at]
        else:
            pieces[-1] += character
        at += 1
    return pieces


def _complexity(pieces: list[str]) -> int:
    """How many prefixes of the wildcard pattern one text can match at the same time (1 without a wildcard).

    After its asterisk a piece can begin anywhere, so a text that ends in the beginnings of several pieces is
    in the middle of all of them. The beginnings form a tree; each node counts its pieces and those of its
    longest proper suffix in the tree, as in the Aho-Corasick automaton.
    """
    after_star = pieces[1:]
    if len(after_star) > MAX_COMPLEXITY:
        return len(after_star)
    steps: list[dict[str, int]] = [{}]
    weights = [0]
    for piece in after_star:
        node = 0
        for character in piece:
            if character not in steps[node]:
                steps[node][character] = len(steps)
                steps.append({})
                weights.append(0)
            node = steps[node][character]
            weights[node] += 1
    suffixes = [0] * len(steps)
    queue = [0]
    for node in queue:
        for character, child in steps[node].items():
            queue.append(child)
            if node:
                shorter = suffixes[node]
                while shorter and character not in steps[shorter]:
                    shorter = suffixes[shorter]
                suffixes[child] = steps[shorter].get(character, 0)
            weights[child] += weights[suffixes[child]]
    return max(1, len(after_star) + max(weights))
