"""The variables that the states of a definition read and assign: DescribeStateMachine's variableReferences.

Text that is not a valid path, call or expression reads nothing; the definition may have mistakes. Recorded:
``test_sfn_api_variable_references``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.expressions import expressions, read_expression
from asl.intrinsics import IntrinsicSyntaxError
from asl.intrinsics import references as intrinsic_references
from asl.paths import PathSyntaxError, compile_path, is_path
from asl.problems import join
from asl.walk import PROCESSORS, language_of, walk

TEMPLATES: Final = frozenset({"Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials", "BatchInput"})
"""Fields of JSONPath states in which only keys that end in ``.$`` are evaluated."""
UNREAD: Final = frozenset({"Comment", "Result", "ResultPath", "Branches", *PROCESSORS})
"""Fields in which a state itself evaluates nothing, or only places in its own input."""


def variable_references(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """State name -> the variables it reads, sorted; states that read none are omitted."""
    language = language_of(definition, "JSONPath")
    found = {
        name: sorted({variable for _, variable in reads(state, language_of(state, language))})
        for _, name, state in walk(definition)
    }
    return {name: variables for name, variables in found.items() if variables}


def reads(state: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """(pointer in the state, variable) of every variable that ``state`` reads, excluding the blocks inside it."""
    for key, value in state.items():
        if key not in UNREAD:
            yield from _reads_of_expressions(key, value) if language == "JSONata" else _reads(key, value, join("", key))


def assigns(state: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """(pointer in the state, variable) of every variable that ``state``, or a rule or catcher in it, assigns.

    In the order of the text.
    """
    for field, value in state.items():
        if field == "Assign":
            yield from _names(value, "/Assign", language)
        elif field in ("Choices", "Catch") and isinstance(value, list):
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    yield from _names(entry.get("Assign"), f"/{field}/{index}/Assign", language)


def _names(assignment: Any, pointer: str, language: str) -> Iterator[tuple[str, str]]:
    for key in assignment if isinstance(assignment, dict) else ():
        yield join(pointer, key), key.removesuffix(".$") if language == "JSONPath" else key


def _reads(key: str, value: Any, pointer: str, *, template: bool = False) -> Iterator[tuple[str, str]]:
    template = template or key in TEMPLATES
    if isinstance(value, str):
        is_path = key == "Variable" or (key.endswith("Path") and key != "ResultPath")
        if key.endswith(".$") if template else is_path:
            yield from ((pointer, name) for name in _variables(value))
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _reads(name, child, join(pointer, name), template=template)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _reads("", child, join(pointer, index), template=template)


def _variables(text: str) -> frozenset[str]:
    try:
        return compile_path(text).variables if is_path(text) else intrinsic_references(text)
    except (PathSyntaxError, IntrinsicSyntaxError):
        return frozenset()


def _reads_of_expressions(key: str, value: Any) -> Iterator[tuple[str, str]]:
    for text in expressions(value):
        for name in sorted(read_expression(text).variables):
            yield join("", key), name
