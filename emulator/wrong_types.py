"""Words for an argument of another type than the one that a call takes, or with none of the values that it takes."""

from collections.abc import Mapping
from typing import Any

from emulator.errors import EmulatorError


def kind(value: object) -> str:
    """The type of ``value`` with its article, for a message: ``an int``, ``a list``, ``None``."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def shown(value: object) -> str:
    """``value`` as Python writes it, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def given(name: str, value: object) -> str:
    """``name=5 (an int)``, the beginning of a message about an argument."""
    return f"{name}={shown(value)}" + ("" if value is None else f" ({kind(value)})")


def check_text(name: str, value: object, example: str) -> None:
    """Raise ``EmulatorError`` unless ``value`` is text; ``example`` is what to write, such as ``name="orders"``."""
    if not isinstance(value, str):
        raise EmulatorError(f"{given(name, value)} is not text\n    fix: {example}")


def check_mapping(name: str, value: object, example: str) -> Mapping[Any, Any]:
    """``value``; raises ``EmulatorError`` unless it is a mapping."""
    if not isinstance(value, Mapping):
        raise EmulatorError(f"{given(name, value)} is not a mapping\n    fix: {example}")
    return value


def check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise ``EmulatorError`` unless ``value`` is one of ``choices``."""
    if not any(value is each or (isinstance(each, str) and value == each) for each in choices):
        raise EmulatorError(f"{name}={value!r}: write {' or '.join(f'{name}={each!r}' for each in choices)}")
