"""The tables of the language are complete and agree with one another."""

import typing

import pytest

from asl import errors
from asl.effects import Effect
from asl.events import Event
from asl.fields import (
    ALL_TYPES,
    BY_TYPE,
    CATCHER_FIELDS,
    EXCLUSIVE,
    FIELDS,
    NESTED,
    ONE_OF,
    REQUIRED,
    RETRIER_FIELDS,
    RULE_FIELDS,
)
from asl.frames import FAMILIES
from asl.kinds import check_value
from asl.program import STATE_TYPES
from asl.resources import INTEGRATION_PATTERNS, known_resources, parse_resource
from asl.states.choice import COMBINATIONS, OPERATORS
from asl.states.wait import FORMS
from asl.transitions import TERMINAL


def test_there_are_eight_types_each_with_a_parser_and_fields() -> None:
    assert len(ALL_TYPES) == 8
    assert tuple(STATE_TYPES) == ALL_TYPES == tuple(BY_TYPE)


def test_a_field_is_one_row() -> None:
    assert len({field.name for field in FIELDS}) == len(FIELDS) == 48


@pytest.mark.parametrize(
    ("type_", "names"),
    [
        ("Succeed", {"Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Output"}),
        ("Fail", {"Type", "Comment", "QueryLanguage", "Error", "ErrorPath", "Cause", "CausePath"}),
        (
            "Choice",
            {"Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Output", "Assign", "Choices", "Default"},
        ),
    ],
)
def test_the_fields_of_a_type_are_those_of_the_reference(type_: str, names: set[str]) -> None:
    """Reference 1.2 and 1.4"""
    assert BY_TYPE[type_].keys() == names


def test_every_kind_of_field_is_checked() -> None:
    """A kind without a check of its own holds states, selects fields, or is anything at all."""
    unchecked = {"type", "selector", "any", "retriers", "catchers", "rules", "branches", "block", *NESTED}
    tables = [RETRIER_FIELDS, CATCHER_FIELDS, RULE_FIELDS, *NESTED.values()]
    fields = [*FIELDS, *(field for table in tables for field in table.values())]
    for kind in {field.kind_in(language) for field in fields for language in ("JSONPath", "JSONata")}:
        refused = list(check_value(kind, {"x.$": 5, "a.b": "{% 1"}, "", "F"))
        assert bool(refused) is (kind not in unchecked), kind


def test_required_fields_and_groups_name_fields_that_the_type_has() -> None:
    for type_, names in REQUIRED.items():
        assert {**BY_TYPE, **NESTED}[type_].keys() >= set(names)
    for type_, groups in ONE_OF.items():
        assert all(BY_TYPE[type_].keys() >= set(group) for group in groups)
    nested = {name for table in NESTED.values() for name in table}
    assert {name for pair in EXCLUSIVE for name in pair} <= {field.name for field in FIELDS} | nested


def test_a_wait_has_a_form_for_each_of_its_fields() -> None:
    assert {form for field in FORMS for form in (field, f"{field}Path")} == set(ONE_OF["Wait"][0])


def test_the_words_of_a_rule_do_not_overlap() -> None:
    assert not OPERATORS & COMBINATIONS
    assert not (OPERATORS | COMBINATIONS) & RULE_FIELDS.keys()


def test_terminal_types_have_no_next() -> None:
    assert [type_ for type_ in ALL_TYPES if "Next" not in BY_TYPE[type_]] == ["Succeed", "Fail", "Choice"]
    assert set(TERMINAL) == {"Succeed", "Fail"}


def test_every_error_name_of_the_module_is_reserved() -> None:
    names = {value for name, value in vars(errors).items() if isinstance(value, str) and value.startswith("States.")}
    assert names <= errors.RESERVED
    assert len(names) == 12


def test_every_known_resource_can_be_parsed_and_has_a_family() -> None:
    parsed = [parse_resource(text) for text in known_resources()]
    assert all(each is not None and each.kind in FAMILIES for each in parsed)
    assert len(parsed) == sum(
        len(patterns) for actions in INTEGRATION_PATTERNS.values() for patterns in actions.values()
    )


@pytest.mark.parametrize("union", [Event, Effect])
def test_events_and_effects_are_plain_values(union: object) -> None:
    """No callables and no clients: what a driver stores can be compared and written down."""
    for member in typing.get_args(union):
        hints = typing.get_type_hints(member)
        assert hints, member
        assert not any("Callable" in str(hint) for hint in hints.values()), member
