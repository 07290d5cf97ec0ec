"""The parameters of a template: defaults, the values given for them, and what a value must be.

Values are texts; those of list types are lists of texts. A parameter of type ``AWS::SSM::Parameter::Value<...>`` names
a parameter of Systems Manager, whose value it has.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from asl.problems import join
from emulator.templates.document import Document
from emulator.templates.errors import Wrong, known_names, noted

SSM: Final = "AWS::SSM::Parameter::Value<"

Rule = Callable[[str, Any], bool]
RULES: Final[Mapping[str, Rule]] = {
    "AllowedValues": lambda value, allowed: value in map(_text, allowed),
    "AllowedPattern": lambda value, pattern: re.fullmatch(str(pattern), value) is not None,
    "MinLength": lambda value, least: len(value) >= int(least),
    "MaxLength": lambda value, most: len(value) <= int(most),
    "MinValue": lambda value, least: float(value) >= float(least),
    "MaxValue": lambda value, most: float(value) <= float(most),
}
"""Member of a parameter -> whether a value keeps to it."""


def read_parameters(
    document: Document,
    given: Mapping[str, Any],
    ssm: Callable[[str], str | None],
    problems: list[Wrong] | None = None,
) -> dict[str, str | list[str]]:
    """The values of all parameters. ``ssm`` finds the value of a parameter of Systems Manager, if it has it.

    Raises ``TemplateError`` for one without a value, a value that is not allowed, and a name that the template lacks.
    Where ``problems`` are collected, a parameter without a value has its name as the value.
    """
    declared: dict[str, Any] = document.value.get("Parameters") or {}
    for name in given.keys() - declared.keys():
        with noted(problems):
            hint = known_names("parameters", name, declared)
            raise document.error(f"the template has no parameter {name!r}", "/Parameters", hint)
    missing = [name for name, each in declared.items() if name not in given and "Default" not in each]
    if missing:
        given = {**given, **{name: name for name in missing}}
        given_so = ", ".join(f"{name!r}: ..." for name in missing)
        hint = (
            f"parameters={{{given_so}}}; on the command line {' '.join(f'--parameter {name}=...' for name in missing)}"
        )
        if str(declared[missing[0]].get("Type")).startswith(SSM):
            text = f"Parameter {missing[0]} should either have input value or default value"
        else:
            text = f"Parameters: [{', '.join(missing)}] must have values"
        with noted(problems):
            raise document.error(text, join("/Parameters", missing[0]), hint)
    values: dict[str, str | list[str]] = {name: name for name in declared}
    for name in (each for each in declared if each not in missing):
        with noted(problems):
            values[name] = _value(document, name, declared[name], given, ssm)
    return values


def _value(
    document: Document,
    name: str,
    declared: Mapping[str, Any],
    given: Mapping[str, Any],
    ssm: Callable[[str], str | None],
) -> str | list[str]:
    pointer = join("/Parameters", name)
    value = _text(given.get(name, declared.get("Default")))
    type_ = str(declared.get("Type", "String"))
    items = [each.strip() for each in value.split(",")] if _is_list(type_) else [value]
    for member, keeps in RULES.items():
        if member not in declared:
            continue
        if not all(_keeps(keeps, each, declared[member]) for each in items):
            told = declared.get("ConstraintDescription") or f"{member} is {declared[member]!r}"
            raise document.error(f"Parameter {name} cannot be {value!r}: {told}", join(pointer, member))
    if type_.startswith(SSM) and name not in given:
        found = ssm(value)
        if found is None:
            hint = f"put the parameter {value!r} before, or give the value: parameters={{{name!r}: ...}}"
            raise document.error(f"Parameter {name}: Systems Manager has no parameter {value!r}", pointer, hint)
        return found.split(",") if _is_list(type_) else found
    return items if _is_list(type_) else value


def _keeps(rule: Rule, value: str, bound: Any) -> bool:
    try:
        return rule(value, bound)
    except re.error:  # a pattern of Java's that Python does not have
        return True
    except (TypeError, ValueError):
        return False


def _is_list(type_: str) -> bool:
    return type_ == "CommaDelimitedList" or "List<" in type_


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)
