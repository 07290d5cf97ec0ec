"""The kinds of fields: what a value must be, and AWS's words if it is not. ``asl.fields`` says which field has which.

The words are in ``asl.violations``. A kind that ends in ``or expression`` also takes a string ``{% ... %}``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from asl import violations
from asl.bounds import LABEL_LIMIT, LARGEST_DELAY_SECONDS, LARGEST_INTEGER, LARGEST_ITEMS, NAME_LIMIT
from asl.errors import ALL
from asl.expressions import ALWAYS, NOT_DELIMITED, check_expression, check_strings, is_delimited
from asl.paths import PathSyntaxError, compile_path, compile_reference_path
from asl.problems import (
    INVALID_LABEL,
    INVALID_VARIABLE,
    RESERVED_VARIABLE,
    SCHEMA,
    Problem,
    did_you_mean,
    join,
)
from asl.resources import in_lower_case, known_resources, parse_resource
from asl.templates import TemplateError, compile_value, mistakes
from asl.values import PAYLOAD_LIMIT, as_instant, is_integer, is_number


def check_value(kind: str, value: Any, pointer: str, field: str, members: frozenset[str] = ALWAYS) -> Iterator[Problem]:
    """The problems of ``value`` as a field of this ``kind``; kinds with fields of their own are checked elsewhere.

    ``members`` are those that ``$states`` has there.
    """
    literal, separator, _ = kind.partition(" or expression")
    if separator and is_delimited(value):
        yield from check_expression(value, pointer, field, members)
    elif separator and isinstance(value, str) and literal not in _TEXTS:
        hint = f"Write an expression, or {_wanted(literal)}."
        yield Problem(SCHEMA, join(pointer, field), NOT_DELIMITED, hint)
    elif literal in _NUMBERS:
        yield from _check_number(literal, value, pointer, field)
    elif literal.startswith("one of "):
        words = literal.removeprefix("one of ").split(", ")
        if not isinstance(value, str):
            yield violations.not_a_word(pointer, field, value, words)
        elif value not in words:
            yield violations.plain_word(pointer, field, value, words)
    elif literal.startswith("resource of "):
        yield from _check_s3_resource(value, pointer, field, literal.removeprefix("resource of ").split(", "))
    elif literal in _JSONATA_CHECKS:
        yield from _JSONATA_CHECKS[literal](value, pointer, field, members)
    elif literal in _CHECKS:
        yield from _CHECKS[literal](value, pointer, field)


_TEXTS: Final = ("string", "timestamp", "pointer")
"""Kinds whose literals are strings: there, a string without delimiters is a literal."""


# Numbers and plain types ---------------------------------------------------------------------------------------------

_NUMBERS: Final[Mapping[str, tuple[str, float, float | None]]] = {
    "positive integer": ("Integer", 1, LARGEST_INTEGER),
    "count": ("Integer", 0, LARGEST_INTEGER),
    "unbounded count": ("Integer", 0, None),
    "item count": ("Integer", 0, LARGEST_ITEMS),
    "batch bytes": ("Integer", 0, PAYLOAD_LIMIT),
    "delay": ("Integer", 1, LARGEST_DELAY_SECONDS),
    "rate": ("Number", 1, None),
    "percentage": ("Number", 0.0, 100.0),
}
"""Kind -> (JSON type, smallest value, largest value), as AWS writes the two: measured as doubles for percentages."""


def _check_number(kind: str, value: Any, pointer: str, field: str) -> Iterator[Problem]:
    type_, low, high = _NUMBERS[kind]
    message = None
    if not (is_integer(value) if type_ == "Integer" else is_number(value)):
        message = f"Expected value of type {type_}"
    elif value < low:
        message = f"Minimum value is {low}"
    elif high is not None and value > high:
        message = f"Maximum value is {high}"
    if message is not None:
        yield violations.wrong(pointer, field, message, _wanted(kind), value)


def _wanted(kind: str) -> str:
    """The valid values of a kind, in words."""
    if kind not in _NUMBERS:
        return {"boolean": "a boolean", "items": "an array or an object"}[kind]
    type_, low, high = _NUMBERS[kind]
    noun = "an integer" if type_ == "Integer" else "a number"
    return f"{noun} that is at least {low:.0f}" if high is None else f"{noun} from {low:.0f} to {high:.0f}"


def expect(type_: str, wanted: str, value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """The problem of a value that is not of the JSON type ``type_``: String, Boolean, Object or Array."""
    if not isinstance(value, TYPES[type_]):
        yield violations.wrong(pointer, field, f"Expected value of type {type_}", wanted, value)


TYPES: Final[Mapping[str, type]] = {"String": str, "Boolean": bool, "Object": dict, "Array": list}


def _check_string(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from expect("String", "a string", value, pointer, field)


def _check_strings(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from expect("Array", "an array of strings", value, pointer, field)
    for index, each in enumerate(value if isinstance(value, list) else ()):
        yield from expect("String", "a string", each, join(pointer, field), str(index))
    if value == []:
        yield violations.empty(join(pointer, field))


def _check_state_name(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from expect("String", "the name of a state", value, pointer, field)


def _check_boolean(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from expect("Boolean", "a boolean", value, pointer, field)


def _check_any_number(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if not is_number(value):
        yield violations.wrong(pointer, field, "Expected value of type Number", "a number", value)


def _check_timestamp(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from _check_string(value, pointer, field)
    if isinstance(value, str) and as_instant(value) is None:
        hint = "Write it as 2030-01-31T12:00:00Z: a capital T, seconds, and Z or an offset such as +01:00."
        yield Problem(SCHEMA, join(pointer, field), violations.NO_TIMESTAMP, hint)


def _check_pointer(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """A JSON pointer; the text is that of Jackson's ``JsonPointer``."""
    yield from _check_string(value, pointer, field)
    if isinstance(value, str) and value and not value.startswith("/"):
        message = f"Invalid input: JSON Pointer expression must start with '/': \"{value}\""
        yield Problem(SCHEMA, join(pointer, field), message, f'Write "/{value.lstrip("$.").replace(".", "/")}".')


def _check_error_names(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from _check_strings(value, pointer, field)
    if isinstance(value, list) and ALL in value and len(value) > 1:
        yield all_not_alone(pointer, field)


def all_not_alone(pointer: str, field: str) -> Problem:
    """``States.ALL`` beside another name, or in an entry that is not the last."""
    hint = "Put it in a retrier or catcher of its own, at the end: entries after it are never reached."
    return Problem(SCHEMA, join(pointer, field), violations.STATES_ALL, hint)


# Paths and templates -------------------------------------------------------------------------------------------------


def _check_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """A path that AWS calls a Reference Path; paths to more than one place are taken, too (see the known gaps)."""
    yield from _check_compiled(value, pointer, field, compile_path)


def _check_nullable_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    if value is None:
        return
    yield from _check_string(value, pointer, field)
    try:
        if isinstance(value, str):
            compile_path(value)
    except PathSyntaxError as error:
        wanted = "a JSONPath such as $.order.id"
        yield violations.wrong(pointer, field, violations.NO_PATH, wanted, value, str(error))


def _check_reference_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from _check_compiled(value, pointer, field, compile_reference_path)


def _check_count_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """A path to a number of a Map: a Reference Path, and not into the context object, which only ItemsPath reads.

    Measured for all six fields: ``$$.Execution.Input.n`` is not a Reference Path.
    """
    if isinstance(value, str) and value.strip(" ").startswith("$$"):
        wanted = "a Reference Path into the state's input or a variable, such as $.limit"
        yield violations.wrong(pointer, field, violations.NO_REFERENCE_PATH, wanted, value)
    else:
        yield from _check_reference_path(value, pointer, field)


def _check_result_path(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    text = value.strip(" ") if isinstance(value, str) else ""
    if text.startswith("$") and not text.startswith(("$.", "$[")) and text != "$":
        wanted = "a Reference Path into the state's input, such as $.result"
        yield violations.wrong(pointer, field, violations.NO_REFERENCE_PATH, wanted, value)
    elif value is not None:
        yield from _check_reference_path(value, pointer, field)


def _check_compiled(value: Any, pointer: str, field: str, compiler: Any) -> Iterator[Problem]:
    yield from _check_string(value, pointer, field)
    try:
        if isinstance(value, str):
            compiler(value)
    except PathSyntaxError as error:
        message = violations.NO_REFERENCE_PATH if value.strip(" ").startswith("$") else violations.NO_DOLLAR
        yield violations.wrong(pointer, field, message, "a Reference Path such as $.result", value, str(error))


def _check_path_or_intrinsic(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    try:
        compile_value(value, field)
    except TemplateError as error:
        yield Problem(SCHEMA, pointer, error.message, error.reason, focus=field)


def _check_template(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """AWS places a mistake of a template at the template's field."""
    for mistake in mistakes(value):
        focus = mistake.pointer.removeprefix("/")
        yield Problem(SCHEMA, join(pointer, field), mistake.message, mistake.reason or None, focus=focus)


def _check_value(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    yield from check_strings(value, pointer, field, members)


def _check_items(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    if isinstance(value, list | dict):
        yield from check_strings(value, pointer, field, members)
    else:
        yield from expect("Array", "an array, an object or a JSONata expression", value, pointer, field)


# Variables -----------------------------------------------------------------------------------------------------------


def _check_assignment(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from expect("Object", "an object of variable names and values", value, pointer, field)
    if isinstance(value, dict):
        names = ((key, key.removesuffix(".$")) for key in value)
        yield from _check_variable_names(names, join(pointer, field))
        yield from _check_template(value, pointer, field)


def _check_jsonata_assignment(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    yield from expect("Object", "an object of variable names and values", value, pointer, field)
    if isinstance(value, dict):
        yield from _check_variable_names(((key, key) for key in value), join(pointer, field))
        yield from check_strings(value, pointer, field, members)


def _check_variable_names(names: Iterable[tuple[str, str]], pointer: str) -> Iterator[Problem]:
    """(key, name) of every variable that is assigned. A name begins with a letter (Unicode ID_Start), not with _."""
    for key, name in names:
        at = join(pointer, key)
        if name == "states":
            message = "Cannot assign to reserved variable '$states'."
            yield Problem(RESERVED_VARIABLE, at, message, "Choose another name.")
        elif not name.isidentifier() or name.startswith("_"):
            hint = "A name begins with a letter and has letters, digits and _."
            message = f"Invalid variable name '{name}': the variable name contains invalid characters."
            yield Problem(INVALID_VARIABLE, at, message, hint)
        elif len(name) > NAME_LIMIT:
            yield Problem(INVALID_VARIABLE, at, f"Invalid variable name '{name}': the variable name {TOO_LONG}.")


TOO_LONG: Final = f"exceeds the {NAME_LIMIT}-character limit allowed by the service"
"""The end of AWS's texts about a name that is too long; that of a variable begins as ours does, by analogy."""


# Resources, roles, labels --------------------------------------------------------------------------------------------


def not_recognized(text: str) -> str:
    """AWS's text about a Resource that it does not have (recorded: ``test_invalid_integration``)."""
    return (
        f"The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is "
        "not available in this region."
    )


def _check_resource(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    yield from expect("String", "the ARN of a resource", value, pointer, field)
    if not isinstance(value, str):
        return
    if not value.startswith("arn:"):
        hint = "Write the ARN of a function, an activity, or an action such as arn:aws:states:::lambda:invoke."
        yield Problem(SCHEMA, join(pointer, field), "Value is not a valid resource ARN", hint)
    elif parse_resource(value) is None:
        hint_at_case = in_lower_case(value)
        known = known_resources() if hint_at_case is None else [hint_at_case]
        yield Problem(SCHEMA, join(pointer, field), not_recognized(value), did_you_mean(value, known))


def _check_s3_resource(value: Any, pointer: str, field: str, actions: list[str]) -> Iterator[Problem]:
    """The resource of a reader or a writer; the beginning of the text is measured for a reader."""
    yield from expect("String", "the ARN of a resource", value, pointer, field)
    if isinstance(value, str) and not any(
        re.fullmatch(rf"arn:aws[a-z-]*:states:::(aws-sdk:)?{action}", value) for action in actions
    ):
        hint = did_you_mean(value, [f"arn:aws:states:::{action}" for action in actions])
        examples = ", ".join(f"arn:<partition>:states:::{action}" for action in actions)
        message = f"The field '{field}' does not match any of the allowed values. Examples: [{examples}]"
        yield Problem(SCHEMA, join(pointer, field), message, hint)


def _check_credentials(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    refused = list(_check_role(value, pointer, field, ("RoleArn", "RoleArn.$")))
    yield from refused or _check_template(value, pointer, field)


def _check_jsonata_credentials(value: Any, pointer: str, field: str, members: frozenset[str]) -> Iterator[Problem]:
    yield from _check_role(value, pointer, field, ("RoleArn",))
    yield from check_strings(value, pointer, field, members)


def _check_role(value: Any, pointer: str, field: str, names: tuple[str, ...]) -> Iterator[Problem]:
    """Recorded: ``test_invalid_credentials_field``."""
    wanted = 'an object such as {"RoleArn": "arn:aws:iam::123456789012:role/name"}'
    yield from expect("Object", wanted, value, pointer, field)
    if isinstance(value, dict):
        if not value.keys() & set(names):
            yield Problem(SCHEMA, join(pointer, field), "The field 'RoleArn' is required but was missing")
        yield from expect("String", "the ARN of a role", value.get("RoleArn", ""), join(pointer, field), "RoleArn")


_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def _check_label(value: Any, pointer: str, field: str) -> Iterator[Problem]:
    """Characters and length: developer guide, "Distributed Map", Label.

    Measured is the end of the text about the length; its beginning is that of a state's name.
    """
    at = join(pointer, field)
    yield from _check_string(value, pointer, field)
    if not isinstance(value, str):
        return
    if not value:
        yield Problem(INVALID_LABEL, at, "Label cannot be empty", "Omit the field to get a generated label.")
    elif len(value) > LABEL_LIMIT:
        reason = f"exceeds the {LABEL_LIMIT}-character limit allowed by the service"
        yield Problem(INVALID_LABEL, at, f"Invalid Label name: Label '{value}' {reason}", f"It has {len(value)}.")
    elif wrong := _LABEL.search(value):
        yield Problem(INVALID_LABEL, at, f"Label contains invalid character: {wrong[0]!r}")


_CHECKS: Final[Mapping[str, Any]] = {
    "string": _check_string,
    "strings": _check_strings,
    "state name": _check_state_name,
    "boolean": _check_boolean,
    "number": _check_any_number,
    "timestamp": _check_timestamp,
    "pointer": _check_pointer,
    "error names": _check_error_names,
    "path": _check_path,
    "path or null": _check_nullable_path,
    "reference path": _check_reference_path,
    "count path": _check_count_path,
    "reference path or null": _check_result_path,
    "path or intrinsic": _check_path_or_intrinsic,
    "template": _check_template,
    "assignment": _check_assignment,
    "resource": _check_resource,
    "credentials": _check_credentials,
    "label": _check_label,
}

_JSONATA_CHECKS: Final[Mapping[str, Any]] = {
    "value": _check_value,
    "items": _check_items,
    "jsonata assignment": _check_jsonata_assignment,
    "jsonata credentials": _check_jsonata_credentials,
}
"""Kinds whose strings may be expressions."""
