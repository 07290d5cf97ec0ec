"""AWS's words for a definition that violates the schema of the language, each with our help as the hint.

AWS's words are recorded (Validate of published runs, CreateStateMachine) or measured. By analogy, because only
``Integer`` is recorded: the names of other types. A field is of one of two kinds: plain, or one whose value selects
which other fields its object may have (``Type``); AWS words them differently.

Lists of plain names have the order of a Java HashSet, as all recorded ones do: the 39 comparison operators, the four
fields of a Wait, ``[States, StartAt]``. Lists of words, whether they select a variant or not, have the declared order.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from asl.java import hash_map_order
from asl.problems import SCHEMA, Problem, did_you_mean, escape, join
from asl.values import encode

STATES_ALL: Final = "States.ALL must appear alone and at end of list"
NO_PATH: Final = "Value must be a valid JSONPath."
NO_REFERENCE_PATH: Final = "Value is not a Reference Path"
NO_DOLLAR: Final = f"{NO_REFERENCE_PATH}: Reference path didn't start with '$'"
NO_TIMESTAMP: Final = "String does not match RFC3339 timestamp"


def listed(names: Iterable[str]) -> str:
    """``names`` as AWS lists them."""
    return ", ".join(hash_map_order(list(names)))


def required(pointer: str, missing: Iterable[str], hint: str | None = None) -> Problem:
    """Plain fields that an object must have."""
    return Problem(SCHEMA, pointer, f"These fields are required: [{listed(missing)}]", hint)


def selector_required(pointer: str, field: str, words: Sequence[str]) -> Problem:
    """A field that selects a variant, and that the object does not have."""
    return Problem(SCHEMA, pointer, f"The field '{field}' is required", f"Its values are: {', '.join(words)}.")


def selector_word(pointer: str, field: str, value: Any, words: Sequence[str]) -> Problem:
    """A value that selects no variant."""
    message = f"The field '{field}' should have one of these values: [{', '.join(words)}]"
    return Problem(SCHEMA, join(pointer, field), message, did_you_mean(value, words))


def plain_word(pointer: str, field: str, value: Any, words: Sequence[str]) -> Problem:
    """A string in a plain field that is not one of ``words``, which come in their declared order (measured)."""
    message = f"Value should be one of the following: [{', '.join(words)}]"
    return Problem(SCHEMA, join(pointer, field), message, did_you_mean(value, words) or was(field, value))


def not_a_word(pointer: str, field: str, value: Any, words: Sequence[str]) -> Problem:
    """A value that is no string, in a field of ``words``. Measured for QueryLanguage, whose type is in brackets."""
    return wrong(pointer, field, "Expected value of type [STRING]", f"one of {', '.join(words)}", value)


def unsupported(key: str, pointer: str, hint: str | None = None) -> Problem:
    """A field that the object does not have."""
    return Problem(SCHEMA, pointer, f"Field '{key}' is not supported", hint, focus=escape(key))


def none_of(pointer: str, group: Iterable[str], hint: str | None = None) -> Problem:
    """None of the fields of which the object must have exactly one."""
    message = f"This object should have only one of the following fields: [{listed(group)}]"
    return Problem(SCHEMA, pointer, message, hint or "It has none of them.")


def more_than_one(pointer: str, group: Iterable[str], present: Iterable[str]) -> Problem:
    """Two or more fields that exclude each other."""
    message = f"There should only be one of the following fields: [{listed(group)}]"
    return Problem(SCHEMA, pointer, message, f"It has {' and '.join(present)}.")


def empty(pointer: str, hint: str | None = None) -> Problem:
    """An array or object without members."""
    return Problem(SCHEMA, pointer, "Value cannot be empty", hint)


def wrong_type(pointer: str, type_: str, hint: str | None = None) -> Problem:
    """A value of another JSON type than ``type_``: Integer, Number, String, Boolean, Object or Array."""
    return Problem(SCHEMA, pointer, f"Expected value of type {type_}", hint)


def wrong(pointer: str, field: str, message: str, wanted: str, value: Any, reason: str = "") -> Problem:
    """A value that is not valid: AWS's ``message``, and as the hint what the field must be and what it was."""
    hint = f"The value of '{field}' must be {wanted}, but was {shown(value)}"
    return Problem(SCHEMA, join(pointer, field), message, f"{hint}: {reason}" if reason else f"{hint}.")


def was(field: str, value: Any) -> str:
    """The hint that shows a value."""
    return f"The value of '{field}' was {shown(value)}."


def shown(value: Any) -> str:
    """``value`` as JSON text, cut after 60 characters."""
    text = encode(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
