"""AWS's warnings about JSONPath states: values that look evaluated but are not.

Codes and their meaning: API reference, ValidateStateMachineDefinition; the texts are ours.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.fields import Field
from asl.problems import NO_DOLLAR, NO_PATH, PASS_RESULT_IS_STATIC, Problem, join

_EVALUATED: Final = re.compile(r"\$\$?(?:[.\[].*)?|States\.[A-Z]\w*\(.*\)", re.DOTALL)


def looks_evaluated(value: Any) -> bool:
    """Whether ``value`` looks like a path or an intrinsic function call."""
    return isinstance(value, str) and _EVALUATED.fullmatch(value) is not None


def warn_field(kind: str, value: Any, pointer: str, key: str, known: Mapping[str, Field]) -> Iterator[Problem]:
    """NO_DOLLAR and NO_PATH of a JSONPath state; their meaning: API reference, ValidateStateMachineDefinition."""
    if kind in ("template", "assignment", "credentials"):
        for place, name, text in literals(value):
            if name is not None and looks_evaluated(text):
                message = f"The field '{name}' looks like a JSONPath or an intrinsic function, but has no '.$'"
                hint = f'It is passed on as text; to evaluate it, write "{name}.$".'
                focus = place.removeprefix("/")
                yield Problem(NO_DOLLAR, join(pointer, key), message, hint, severity="WARNING", focus=focus)
    elif kind != "any" and f"{key}Path" in known and looks_evaluated(value):
        yield no_path(key, pointer)


def no_path(key: str, pointer: str) -> Problem:
    message = f"The value of '{key}' looks like a JSONPath, but the field's name does not end in 'Path'"
    return Problem(NO_PATH, join(pointer, key), message, f'Did you mean "{key}Path"?', severity="WARNING")


def warn_result(value: Any, pointer: str) -> Iterator[Problem]:
    for place, _, text in literals(value, static=True):
        if looks_evaluated(text):
            hint = "Use Parameters to evaluate it."
            message = "A path in 'Result' is not evaluated: the result of a Pass state is static"
            at, focus = join(pointer, "Result"), place.removeprefix("/") or None
            yield Problem(PASS_RESULT_IS_STATIC, at, message, hint, severity="WARNING", focus=focus)


def literals(value: Any, *, static: bool = False) -> Iterator[tuple[str, str | None, str]]:
    """(pointer, key or ``None`` in an array, text) of every string in ``value`` that is not evaluated.

    Strings under keys that end in ``.$`` are evaluated, unless ``value`` is ``static``.
    """
    rest: list[tuple[str, str | None, Any]] = [("", None, value)]
    while rest:
        pointer, name, each = rest.pop()
        if isinstance(each, str):
            if static or name is None or not name.endswith(".$"):
                yield pointer, name, each
        elif isinstance(each, dict):
            rest += reversed([(join(pointer, key), key, child) for key, child in each.items()])
        elif isinstance(each, list):
            rest += reversed([(join(pointer, index), None, child) for index, child in enumerate(each)])
