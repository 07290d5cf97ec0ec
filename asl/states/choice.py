"""Choice: rules compiled to tests, and the state that follows the first rule that holds.

A comparison is a row: the type as which it reads a value (``None`` for a value of another type, which makes the
comparison false, not an error) and the relation of two such values. The rules for types and missing values are
recorded on AWS (``choice_operators``).
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias, cast

from asl.decisions import NoRuleHolds, RuleChosen, RuleFailed
from asl.errors import StateError, runtime_error
from asl.evaluation import NOTHING, compile_typed, is_jsonata
from asl.flow import Flow, parse_expression_flow, parse_flow, parse_path_flow
from asl.outcomes import Chosen, Leave
from asl.paths import PathNotFound, Reader, Scope, compile_path
from asl.scope import StateScope
from asl.states.common import ParseBlock, State
from asl.values import Json, Payload, as_instant, is_number

Test: TypeAlias = Callable[[Json, Scope], bool]
"""(effective input, scope) -> whether a rule holds."""


def as_text(value: Json) -> bytes | None:
    """A string as its UTF-16 code units, by which Java compares strings."""
    return value.encode("utf-16-be", "surrogatepass") if isinstance(value, str) else None


def as_double(value: Json) -> float | None:
    """A number as the IEEE double that AWS compares."""
    if not is_number(value):
        return None
    try:
        return float(cast("float", value))
    except OverflowError:
        return float("inf") if cast("int", value) > 0 else float("-inf")


def as_operand(value: Json) -> float | None:
    """What a number at a path is less or greater than: a boolean counts as 1 or 0 (AWS run: 8 >= false).

    Equality is another matter: values of different types are recorded to be unequal (``test_numeric_equals_path``).
    """
    return float(value) if isinstance(value, bool) else as_double(value)


def as_moment(value: Json) -> tuple[datetime, str] | None:
    """A timestamp as its instant, and the digits of its fraction beyond microseconds, which that does not hold."""
    instant = as_instant(value)
    if instant is None:
        return None
    fraction = _FRACTION.search(cast("str", value))
    return instant, fraction[1].ljust(3, "0") if fraction else "000"


_FRACTION = re.compile(r"\.\d{6}(\d+)")


def as_bool(value: Json) -> bool | None:
    """A boolean."""
    return value if isinstance(value, bool) else None


RELATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
FAMILIES: Final[Mapping[str, Callable[[Json], Any]]] = {
    "String": as_text,
    "Numeric": as_double,
    "Timestamp": as_moment,
}
COMPARISONS: Final[Mapping[str, tuple[Callable[[Json], Any], Callable[[Any, Any], bool]]]] = {
    **{family + name: (read, holds) for family, read in FAMILIES.items() for name, holds in RELATIONS.items()},
    "BooleanEquals": (as_bool, operator.eq),
}
"""Operator -> (the type it reads values as, the relation of two such values); each also exists with suffix ``Path``."""

TYPE_TESTS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: as_instant(value) is not None,
}

OPERATORS: Final = frozenset(
    {*COMPARISONS, *(f"{name}Path" for name in COMPARISONS), *TYPE_TESTS, "IsPresent", "StringMatches"}
)
"""The 39 comparison operators."""

COMBINATIONS: Final = frozenset({"And", "Or", "Not"})


def variable_reader(text: str) -> Reader:
    """The reader of ``Variable`` or of an operator's path; a miss is a States.Runtime."""
    path = compile_path(text)

    def read(document: Json, scope: Scope) -> Json:
        try:
            return path.read(document, scope)
        except PathNotFound:
            raise runtime_error(
                f"Invalid path '{text}': The choice state's condition path references an invalid value."
            ) from None

    return read


def compile_test(rule: Mapping[str, Any]) -> Test:
    """The test of ``rule``, whose fields have been checked."""
    if "Not" in rule:
        test = compile_test(rule["Not"])
        return lambda document, scope: not test(document, scope)
    for name, fold in (("And", all), ("Or", any)):
        if name in rule:
            return _fold(fold, [compile_test(each) for each in rule[name]])
    name = next(each for each in rule if each in OPERATORS)
    return compile_comparison(name, rule["Variable"], rule[name])


def _fold(fold: Callable[[Any], bool], tests: list[Test]) -> Test:
    return lambda document, scope: fold(test(document, scope) for test in tests)


def compile_comparison(name: str, variable: str, operand: Any) -> Test:
    """The test ``variable name operand``."""
    if name == "IsPresent":
        return _is_present(variable, expected=operand)
    read_variable = variable_reader(variable)
    if name in TYPE_TESTS:
        is_type = TYPE_TESTS[name]
        return lambda document, scope: is_type(read_variable(document, scope)) is operand
    if name == "StringMatches":
        return _string_matches(read_variable, operand)
    if name in COMPARISONS:
        return _compare_literal(name, read_variable, operand)
    return _compare_path(name.removesuffix("Path"), read_variable, variable_reader(operand))


def _is_present(variable: str, *, expected: bool) -> Test:
    path = compile_path(variable)

    def test(document: Json, scope: Scope) -> bool:
        try:
            found = path.read(document, scope)
        except PathNotFound:
            return not expected
        return (path.definite or found != []) is expected

    return test


def _compare_literal(name: str, read_variable: Reader, operand: Json) -> Test:
    read, holds = COMPARISONS[name]
    right = read(operand)

    def test(document: Json, scope: Scope) -> bool:
        left = read(read_variable(document, scope))
        return left is not None and holds(left, right)

    return test


def _compare_path(name: str, read_variable: Reader, read_operand: Reader) -> Test:
    read, holds = COMPARISONS[name]
    read_right = as_operand if read is as_double and holds is not operator.eq else read

    def test(document: Json, scope: Scope) -> bool:
        left, right = read(read_variable(document, scope)), read_right(read_operand(document, scope))
        return left is not None and right is not None and holds(left, right)

    return test


def _string_matches(read_variable: Reader, operand: str) -> Test:
    pieces = split_pattern(operand)
    if pieces is None:
        open_escape = f"The StringMatches pattern has an open escape: {operand}"

        def fail(_document: Json, _scope: Scope) -> bool:
            raise runtime_error(open_escape)

        return fail

    def test(document: Json, scope: Scope) -> bool:
        value = read_variable(document, scope)
        return isinstance(value, str) and matches_pieces(value, pieces)

    return test


def split_pattern(pattern: str) -> list[str] | None:
    """The literal pieces between the ``*`` of a pattern; ``None`` if it escapes anything but ``*`` and backslash."""
    pieces, at = [""], 0
    while at < len(pattern):
        if pattern[at] == "*":
            pieces.append("")
        elif pattern[at] == "\\":
            at += 1
            if pattern[at : at + 1] not in ("*", "\\"):
                return None
            pieces[-1] += pattern[at]
        else:
            pieces[-1] += pattern[at]
        at += 1
    return pieces


def matches_pieces(value: str, pieces: list[str]) -> bool:
    """Whether ``value`` is ``pieces`` in order with anything in between; linear time for any number of pieces."""
    if len(pieces) == 1:
        return value == pieces[0]
    first, *middle, last = pieces
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    at, end = len(first), len(value) - len(last)
    for piece in middle:
        found = value.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


DEFAULT_CHOSEN: Final = RuleChosen(None)
NO_RULE_HOLDS: Final = NoRuleHolds()


class Rule(NamedTuple):
    """A top-level rule: its decision, its test, its next state, and its data flow with assignments."""

    chosen: RuleChosen
    holds: Test
    next: str
    flow: Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    """Goes to the next state of the first rule that holds, else to ``default``."""

    type: ClassVar[str] = "Choice"
    rules: tuple[Rule, ...]
    default: str | None

    def enter(self, scope: StateScope) -> Chosen:
        """Decide immediately; the machine reports the decision and calls ``follow``."""
        effective = self.flow.effective(scope)
        return choose(self, effective, scope)

    def follow(self, scope: StateScope, decision: RuleChosen | NoRuleHolds, effective: Payload) -> Leave:
        """Leave for the state of ``decision``; with neither a rule nor a default, the execution fails.

        That is a States.Runtime in AWS runs, not the States.NoChoiceMatched of the developer guide. The rule's
        assignments replace those of the state, which apply to ``default`` (``test_assign_in_choice``).
        """
        if isinstance(decision, NoRuleHolds):
            raise runtime_error("Failed to transition out of the state. The state does not point to a next state.")
        if decision.rule is None:
            return self.flow.leave(scope, effective, self.default)
        rule = self.rules[decision.rule]
        return rule.flow.leave(scope, effective, rule.next)


def choose(state: Choice, effective: Payload, scope: Scope) -> Chosen:
    """The decision of ``state`` for its effective input: the first rule that holds, else the default."""
    document = effective.value
    for index, rule in enumerate(state.rules):
        try:
            if rule.holds(document, scope):
                return Chosen(rule.chosen, effective)
        except StateError as error:
            return Chosen(RuleFailed(index, error.name), effective, error)
    return Chosen(NO_RULE_HOLDS if state.default is None else DEFAULT_CHOSEN, effective)


def parse_choice(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> Choice:
    """The Choice state ``raw``, whose fields have been checked."""
    parse_rule = _parse_condition if is_jsonata(raw) else _parse_rule
    rules = tuple(parse_rule(raw, each, index) for index, each in enumerate(raw["Choices"]))
    return Choice(name=name, flow=parse_flow(raw), rules=rules, default=raw.get("Default"))


def _parse_rule(raw: Mapping[str, Any], rule: Mapping[str, Any], index: int) -> Rule:
    return Rule(RuleChosen(index), compile_test(rule), rule["Next"], _rule_flow(raw, rule))


def _parse_condition(_raw: Mapping[str, Any], rule: Mapping[str, Any], index: int) -> Rule:
    """A rule in JSONata mode: its own Output and Assign replace those of the state."""
    evaluate = compile_typed(rule["Condition"], f"Choices[{index}]/Condition", "boolean")

    def holds(_document: Json, scope: Scope) -> bool:
        return evaluate(cast("StateScope", scope), NOTHING) is True

    return Rule(RuleChosen(index), holds, rule["Next"], parse_expression_flow(rule, None))


def _rule_flow(raw: Mapping[str, Any], rule: Mapping[str, Any]) -> Flow:
    paths = {field: raw[field] for field in ("InputPath", "OutputPath") if field in raw}
    return parse_path_flow({**paths, "Assign": rule["Assign"]} if "Assign" in rule else paths)
