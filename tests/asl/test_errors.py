"""Which ErrorEquals answers which error."""

import pytest

from asl.errors import RESERVED, StateError, catches, matches, runtime_error

ALL, TASK_FAILED, TIMEOUT, HEARTBEAT = "States.ALL", "States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout"
RUNTIME, TOO_LARGE = "States.Runtime", "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("name", "answered_by", "not_by"),
    [
        ("E", ["E", ALL, TASK_FAILED], ["e", "F", TIMEOUT]),
        ("States.Permissions", ["States.Permissions", ALL, TASK_FAILED], [TIMEOUT]),
        (TASK_FAILED, [TASK_FAILED, ALL], ["E"]),
        # test_invoke_timeout, and the developer guide on States.TaskFailed
        (TIMEOUT, [TIMEOUT, ALL], [TASK_FAILED, HEARTBEAT]),
        # test_heartbeat_timeout
        (HEARTBEAT, [HEARTBEAT, TIMEOUT, ALL], [TASK_FAILED]),
        # test_catch_states_runtime: terminal
        (RUNTIME, [], [RUNTIME, ALL, TASK_FAILED]),
        # Not recorded but for a task's result and Catch, below
        (TOO_LARGE, [TOO_LARGE], [ALL, TASK_FAILED]),
        # test_sqs_failure_in_wait_for_task_tok_no_error_field
        (None, [ALL], [TASK_FAILED, "E", TIMEOUT]),
    ],
)
def test_an_error_is_answered_by(name: str | None, answered_by: list[str], not_by: list[str]) -> None:
    assert [each for each in answered_by if not matches(frozenset({each}), name)] == []
    assert [each for each in not_by if matches(frozenset({each}), name)] == []
    assert not matches(frozenset(), name)


@pytest.mark.parametrize("name", [TOO_LARGE, ALL, TASK_FAILED])
def test_a_catcher_matches_a_result_that_is_too_large_by(name: str) -> None:
    """Recorded on AWS for States.ALL, measured for States.TaskFailed."""
    assert catches(frozenset({name}), TOO_LARGE, of_result=True)
    assert catches(frozenset({name}), TOO_LARGE) is (name == TOO_LARGE)
    assert not catches(frozenset({"E", TIMEOUT}), TOO_LARGE, of_result=True)


def test_one_name_among_several_is_enough() -> None:
    assert matches(frozenset({"E", "F"}), "F")


def test_a_runtime_error_gets_the_prefix_that_only_the_machine_knows() -> None:
    error = runtime_error("c")
    assert (error.name, error.cause, error.prefixed) == (RUNTIME, "c", True)
    assert not StateError("E", "c").prefixed


def test_there_are_eighteen_names() -> None:
    assert len(RESERVED) == 18
    assert all(name.startswith("States.") for name in RESERVED)
