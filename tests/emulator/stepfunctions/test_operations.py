"""The table of operations and AWS's service model have the same rows, and what is missing is on a list."""

from functools import cache
from typing import Any

import botocore.session
import pytest

from emulator import Emulator, NotEmulatedError
from emulator.stepfunctions.operations import NOT_EMULATED, OPERATIONS
from emulator.stepfunctions.wire import call

REFUSED_MEMBERS = {
    "CreateActivity": {"encryptionConfiguration"},
    "CreateStateMachine": {"encryptionConfiguration", "versionDescription"},
    "ListExecutions": {"redriveFilter"},
    "UpdateStateMachine": {"encryptionConfiguration", "versionDescription"},
}
"""Operation -> the members of AWS's request that are not emulated."""


@cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("stepfunctions")


def test_every_operation_of_the_service_model_is_answered_or_refused() -> None:
    assert sorted([*OPERATIONS, *NOT_EMULATED]) == sorted(model().operation_names)


def test_each_operation_is_answered_by_the_function_of_its_name() -> None:
    for name, row in OPERATIONS.items():
        assert row.answer.__name__.replace("_", "") == name.lower()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_row_takes_the_members_of_the_service_model_but_those_that_are_refused(operation: str) -> None:
    row = OPERATIONS[operation]
    members = set(model().operation_model(operation).input_shape.members)
    assert not row.members & row.unchanged.keys()
    assert members - row.members - row.unchanged.keys() == REFUSED_MEMBERS.get(operation, set())
    assert row.members | row.unchanged.keys() <= members


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_member_that_is_not_in_the_row_is_refused_by_name(emulator: Emulator, operation: str) -> None:
    with pytest.raises(NotEmulatedError, match=f"{operation}: versionNumber=7 is not emulated yet"):
        call(emulator.assembly.service, operation, {"versionNumber": 7}, region="us-east-1")


@pytest.mark.parametrize(("operation", "members"), REFUSED_MEMBERS.items())
def test_the_members_that_are_refused_are_named(emulator: Emulator, operation: str, members: set[str]) -> None:
    for member in members:
        with pytest.raises(NotEmulatedError, match=f"{operation}: {member}="):
            call(emulator.assembly.service, operation, {member: "x"}, region="us-east-1")
