"""What an execution tells of itself: its way, and each state's input, output and attempts."""

from datetime import timedelta
from typing import Any

import pytest

from emulator import Emulator
from tests.emulator.flows import flow, task


def test_a_state_tells_what_it_was_given_and_handed_on(emulator: Emulator) -> None:
    emulator.lambda_function("price", lambda event, _: {"cents": event["n"] * 10})
    definition = flow(
        Price=task("price", InputPath="$.order", ResultPath="$.price", Next="Done"), Done={"Type": "Succeed"}
    )
    run = emulator.run(definition, {"order": {"n": 3}})
    assert run.states["Price"].input == {"order": {"n": 3}}
    assert run.states["Price"].output == {"order": {"n": 3}, "price": {"cents": 30}}
    assert run.states["Price"].attempts == 1
    assert run.states["Price"].error is None
    assert run.states["Done"].output == run.output
    assert run.input == {"order": {"n": 3}}


def test_attempts_count_retries_and_the_error_is_that_of_the_last_that_failed(emulator: Emulator) -> None:
    errors = [LookupError("no"), TimeoutError("slow")]

    def handler(event: Any, context: Any) -> str:
        if errors:
            raise errors.pop(0)
        return "done"

    emulator.lambda_function("f", handler)
    run = emulator.run(flow(Try=task("f", Retry=[{"ErrorEquals": ["States.ALL"]}])))
    assert (run.status, run.states["Try"].attempts, run.states["Try"].error) == ("SUCCEEDED", 3, "TimeoutError")
    assert [(name, str(error)) for name, error in run.exceptions] == [("Try", "no"), ("Try", "slow")]


def test_visits_are_every_stay_in_a_state(emulator: Emulator) -> None:
    emulator.lambda_function("count", lambda event, _: event + 1)
    enough = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "End"}], "Default": "Wait"}
    definition = flow(
        Count=task("count", Next="Enough"),
        Enough=enough,
        Wait={"Type": "Wait", "Seconds": 10, "Next": "Count"},
        End={"Type": "Succeed"},
    )
    run = emulator.run(definition, 0)
    assert run.path == ["Count", "Enough", "Wait", "Count", "Enough", "Wait", "Count", "Enough", "End"]
    counts = run.states["Count"]
    assert [(visit.input, visit.output, visit.attempts) for visit in counts.visits] == [(0, 1, 1), (1, 2, 1), (2, 3, 1)]
    assert [visit.entered_at - run.started_at for visit in counts.visits] == [timedelta(seconds=s) for s in (0, 10, 20)]
    assert (counts.input, counts.output, counts.attempts) == (2, 3, 3)
    assert [visit.type for visit in run.visits[:3]] == ["Task", "Choice", "Wait"]
    assert repr(counts) == "StateRuns('Count', visits=3, attempts=3)"


def test_states_inside_of_a_map_have_a_visit_for_each_item(emulator: Emulator) -> None:
    emulator.lambda_function("double", lambda event, _: event * 2)
    inner = flow(Double=task("double", Next="Keep"), Keep={"Type": "Pass", "End": True})
    run = emulator.run(flow(Each={"Type": "Map", "ItemProcessor": inner, "End": True}), [1, 2, 3])
    assert sorted(visit.input for visit in run.states["Double"].visits) == [1, 2, 3]
    assert sorted(visit.output for visit in run.states["Keep"].visits) == [2, 4, 6]
    assert run.states["Each"].output == [2, 4, 6]
    assert run.states["Each"].attempts == 1
    assert set(run.states) == {"Each", "Double", "Keep"}


def test_states_inside_of_a_parallel_are_told_apart(emulator: Emulator) -> None:
    branches = [
        flow(Left={"Type": "Wait", "Seconds": 5, "Next": "Meet"}, Meet={"Type": "Pass", "Result": 1, "End": True}),
        flow(Right={"Type": "Pass", "Result": 2, "End": True}),
    ]
    run = emulator.run(
        flow(Both={"Type": "Parallel", "Branches": branches, "Next": "After"}, After={"Type": "Succeed"})
    )
    assert run.path == ["Both", "Left", "Right", "Meet", "After"]
    assert (run.states["Left"].input, run.states["Meet"].output, run.states["Right"].output) == ({}, 1, 2)
    assert run.states["Both"].output == run.states["After"].input == [1, 2]


def test_a_failure_in_a_branch_leaves_the_states_that_were_not_left_without_output(emulator: Emulator) -> None:
    branches = [flow(Slow={"Type": "Wait", "Seconds": 5, "End": True}), flow(Bad={"Type": "Fail", "Error": "No"})]
    run = emulator.run(flow(Both={"Type": "Parallel", "Branches": branches, "End": True}))
    assert (run.status, run.error) == ("FAILED", "No")
    assert [(visit.name, visit.output, visit.exited_at) for visit in run.visits] == [
        ("Both", None, None),
        ("Slow", None, None),
        ("Bad", None, None),
    ]


def test_the_error_of_a_branch_is_not_that_of_a_state_after_the_parallel(emulator: Emulator) -> None:
    branches = [flow(Bad={"Type": "Fail", "Error": "No"})]
    catch = [{"ErrorEquals": ["No"], "Next": "After"}]
    definition = flow(
        Both={"Type": "Parallel", "Branches": branches, "Catch": catch, "End": True},
        After={"Type": "Pass", "End": True},
    )
    run = emulator.run(definition)
    assert run.path == ["Both", "Bad", "After"]
    assert run.states["After"].error is None
    assert run.states["Both"].output["Error"] == "No"


def test_variables_that_a_state_assigned_are_told(emulator: Emulator) -> None:
    definition = flow(Keep={"Type": "Pass", "Assign": {"n.$": "$.n", "two": 2}, "End": True})
    run = emulator.run(definition, {"n": 1})
    assert run.states["Keep"].visits[0].assigned == {"n": 1, "two": 2}


def test_a_state_that_was_not_entered_is_told_from_one_that_does_not_exist(emulator: Emulator) -> None:
    inner = flow(Deep={"Type": "Pass", "End": True})
    definition = flow(
        First={
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Other"}],
            "Default": "Last",
        },
        Other={"Type": "Map", "ItemProcessor": inner, "Next": "Last"},
        Last={"Type": "Succeed"},
    )
    run = emulator.run(definition)
    for name in ("Other", "Deep"):
        with pytest.raises(KeyError) as caught:
            run.states[name]
        assert caught.value.args[0] == f"the execution never entered the state {name!r}; it entered: First, Last"
        assert name not in run.states
    with pytest.raises(KeyError) as caught:
        run.states["Frist"]
    assert caught.value.args[0] == (
        "the machine has no state 'Frist', did you mean 'First'? The execution entered: First, Last"
    )
    with pytest.raises(KeyError) as caught:
        run.states["Zzz"]
    assert caught.value.args[0] == "the machine has no state 'Zzz'. The execution entered: First, Last"


def test_states_is_a_mapping(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "Next": "B"}, B={"Type": "Succeed"}))
    assert (list(run.states), len(run.states), "A" in run.states, run.states.get("C")) == (["A", "B"], 2, True, None)


def test_a_running_execution_tells_how_far_it_has_come(emulator: Emulator) -> None:
    run = emulator.start(flow(A={"Type": "Wait", "Seconds": 5, "Next": "B"}, B={"Type": "Succeed"}), name="x")
    assert (run.status, run.path, run.output, run.error, run.stopped_at) == ("RUNNING", ["A"], None, None, None)
    assert run.states["A"].output is None
    assert repr(run) == "<Execution x RUNNING path=['A']>"


def test_assert_succeeded_gives_the_execution_back(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "End": True}))
    assert run.assert_succeeded() is run


def test_assert_succeeded_tells_what_went_wrong(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Fail", "Error": "Sold.Out", "Cause": "no more"}), [1], name="x")
    run.real_ns = 0
    with pytest.raises(AssertionError) as caught:
        run.assert_succeeded()
    assert str(caught.value).splitlines() == [
        "StateMachine:x FAILED at A after 0 s of virtual time (under 1 ms real)",
        "  path     A (failed)",
        "  input    [1]",
        "  error    Sold.Out",
        "  cause    no more",
    ]


def test_a_running_execution_has_not_succeeded(emulator: Emulator) -> None:
    run = emulator.start(flow(A={"Type": "Wait", "Seconds": 5, "End": True}))
    with pytest.raises(AssertionError, match="RUNNING"):
        run.assert_succeeded()
