"""The rules of a Choice: entries of Choices, and in JSONPath mode the rules inside And, Or and Not.

Exactly one of And, Or, Not, Variable and Condition says what a rule is (measured, with the text): a combination, a
comparison, which has one operator besides Variable, or a condition of JSONata. If that is not known, nothing else of
the rule is checked, as with the other objects of which a field selects the variant.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl import violations
from asl.fields import RULE_FIELDS, Field
from asl.kinds import expect
from asl.objects import check_fields, check_object, check_one_of, check_required
from asl.problems import SCHEMA, Problem, join
from asl.states.choice import COMBINATIONS, COMPARISONS, TYPE_TESTS


def _operand_kind(operator: str) -> str:
    """The kind of the literal or path that an operator compares with."""
    if operator.endswith("Path"):
        return "path"
    if operator.startswith(("Is", "Boolean")):
        return "boolean"
    kinds = {"Numeric": "number", "Timestamp": "timestamp"}
    return next((kind for family, kind in kinds.items() if operator.startswith(family)), "string")


COMPARISON_FIELDS: Final[Mapping[str, Field]] = {
    name: Field(name, (), "JSONPath", _operand_kind(name))
    for name in (*COMPARISONS, *(f"{name}Path" for name in COMPARISONS), "StringMatches", *TYPE_TESTS, "IsPresent")
}
COMBINATION_FIELDS: Final[Mapping[str, Field]] = {
    name: Field(name, (), "JSONPath", "rule" if name == "Not" else "combined rules") for name in ("And", "Or", "Not")
}
OPERATOR_FIELDS: Final = {**COMPARISON_FIELDS, **COMBINATION_FIELDS}
ONLY_AT_TOP: Final = ("Next", "Assign", "Output")
_TOP: Final[Mapping[str, Field]] = {**OPERATOR_FIELDS, **RULE_FIELDS}
_NESTED: Final = {name: field for name, field in _TOP.items() if name not in ONLY_AT_TOP}
_HINTS: Final = dict.fromkeys(ONLY_AT_TOP, "Only a rule directly in Choices may have it.")


SELECTORS: Final = ("And", "Or", "Not", "Variable", "Condition")
"""The fields that say what a rule is, in AWS's order."""


def check_rules(raw: Any, pointer: str, field: str, language: str) -> Iterator[Problem]:
    """The problems of ``raw``, the Choices of the state at ``pointer``."""
    yield from expect("Array", "an array of rules", raw, pointer, field)
    if raw == []:
        yield violations.empty(join(pointer, field), "Put at least one rule here.")
    for index, rule in enumerate(raw if isinstance(raw, list) else ()):
        at = join(pointer, field, index)
        yield from _check_rule(rule, at, language, top=True)


def _unclear(raw: Mapping[str, Any], pointer: str) -> Problem | None:
    """The problem of a rule with none, or more than one, of the fields that say what it is."""
    given = [name for name in SELECTORS if name in raw]
    if len(given) == 1:
        return None
    message = f"The object must have only one of the following fields, [{', '.join(SELECTORS)}]"
    return Problem(SCHEMA, pointer, message, f"It has {' and '.join(given) or 'none of them'}.")


def _check_rule(raw: Any, pointer: str, language: str, *, top: bool) -> Iterator[Problem]:
    """A rule; ``top`` if it is directly in Choices, and may go somewhere."""
    yield from check_object(raw, pointer, "A rule")
    if not isinstance(raw, dict):
        return
    if (unclear := _unclear(raw, pointer)) is not None:
        yield unclear
        return
    if language != "JSONPath":
        yield from check_fields(raw, _TOP, pointer, "JSONata")
        yield from check_required(raw, pointer, ("Next",))
        return
    combines = any(name in COMBINATIONS for name in raw)
    words = COMBINATION_FIELDS if combines else COMPARISON_FIELDS
    known = _TOP if top else _NESTED
    if combines:
        known = {name: field for name, field in known.items() if name not in COMPARISON_FIELDS}
    yield from check_fields(raw, known, pointer, "JSONPath", inside=_INSIDE, hints=_HINTS)
    yield from check_required(raw, pointer, ("Next",) if top else ())
    if "Condition" not in raw:
        yield from check_one_of(raw, pointer, words, [name for name in raw if name in words])


def _check_combined(raw: Any, pointer: str, field: str) -> Iterator[Problem]:
    """The rules of And or Or."""
    yield from expect("Array", "an array of rules", raw, pointer, field)
    if raw == []:
        yield violations.empty(join(pointer, field), "Put at least one rule here.")
    for index, rule in enumerate(raw if isinstance(raw, list) else ()):
        yield from _check_rule(rule, join(pointer, field, index), "JSONPath", top=False)


def _check_negated(raw: Any, pointer: str, field: str) -> Iterator[Problem]:
    """The rule of Not."""
    yield from _check_rule(raw, join(pointer, field), "JSONPath", top=False)


_INSIDE: Final = {"combined rules": _check_combined, "rule": _check_negated}
