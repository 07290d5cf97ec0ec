"""SNS's filter policies: what SNS refuses in them, and whether a message passes.

SNS reads policies as EventBridge reads patterns, and refuses them in the same words (both are event-ruler). A policy
of scope ``MessageAttributes`` is flat, and asks the message's attributes; of ``MessageBody`` it asks the message, which
has to be a JSON object. Sources: SNS developer guide, "Filter policy constraints"; recorded on AWS in LocalStack's
``sns/test_sns_filter_policy``.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from asl.values import Json, JsonTextError, decode
from emulator.eventbridge.patterns import InvalidEventPattern, Pattern, compile  # noqa: A004 - the project's name

ATTRIBUTES: Final = "MessageAttributes"
BODY: Final = "MessageBody"
MOST_KEYS: Final = 5
MOST_COMBINATIONS: Final = 150
_OR: Final = "$or"


def why_refused(policy: str, scope: str) -> str | None:
    """SNS's reason to refuse a policy (JSON text) of this scope; ``None`` for one that it takes."""
    try:
        value = decode(policy)
    except JsonTextError:
        return "FilterPolicy: failed to parse JSON."
    if not isinstance(value, dict):
        return "FilterPolicy: failed to parse JSON."
    if scope == ATTRIBUTES and _is_nested(value):
        return "Filter policy scope MessageAttributes does not support nested filter policy"
    if len(value) > MOST_KEYS:
        return f"FilterPolicy: Filter policy can not have more than {MOST_KEYS} keys"
    if not value:
        return None
    try:
        compile(policy)
    except InvalidEventPattern as error:
        return f"FilterPolicy: {error.reason}"
    if _combinations(value) > MOST_COMBINATIONS:
        return "FilterPolicy: Filter policy is too complex"
    return None


def passes(policy: str, scope: str, attributes: Mapping[str, Mapping[str, str]], message: str) -> bool:
    """Whether a message passes the policy. Attributes: ``{name: {"Type": "String", "Value": "x"}}``."""
    if scope == BODY:
        try:
            asked = decode(message)
        except JsonTextError:
            return False
    else:
        asked = {name: _value(each) for name, each in attributes.items() if not each["Type"].startswith("Binary")}
    if policy.strip() in ("", "{}"):
        return True
    return _compiled(policy).matches(asked)


@lru_cache(maxsize=256)
def _compiled(policy: str) -> Pattern:
    return compile(policy)


def _value(attribute: Mapping[str, str]) -> Json:
    """An attribute as the policy sees it: a text, a number, or each element of an array."""
    kind, text = attribute["Type"], attribute["Value"]
    if kind.startswith("Number") or kind == "String.Array":
        try:
            return decode(text)
        except JsonTextError:
            return text
    return text


def _is_nested(policy: Mapping[str, Any]) -> bool:
    alternatives = policy.get(_OR)
    inside = [each for each in alternatives if isinstance(each, dict)] if isinstance(alternatives, list) else []
    return any(isinstance(each, dict) for each in policy.values()) or any(map(_is_nested, inside))


def _combinations(policy: Mapping[str, Any], depth: int = 1) -> int:
    """The product of the lengths of all lists, each times the depth of its key."""
    count = 1
    for name, value in policy.items():
        if isinstance(value, dict):
            count *= _combinations(value, depth + 1)
        elif isinstance(value, list):
            count *= len(value) * depth
            if name == _OR:
                for each in value:
                    count *= _combinations(each, depth + 1) if isinstance(each, dict) else 1
    return count
