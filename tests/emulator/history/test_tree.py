"""The one reader of histories: visits, tries, branches and errors, by hand-written expectations."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from emulator import Emulator, Execution
from emulator.history.visits import Visit
from emulator.trace import trace_lines
from tests.emulator.flows import flow, task

RETRY = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]


@pytest.fixture
def aws() -> Iterator[Emulator]:
    with Emulator() as world:
        yield world


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": list(branches), **({} if "Next" in fields else {"End": True}), **fields}


def over(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": inner, **({} if "Next" in fields else {"End": True}), **fields}


def caught(to: str = "Sorry") -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "Next": to}]


def failing(*times: bool) -> Callable[[Any, Any], Any]:
    """A handler that raises LookupError where ``times`` says so, at last for ever."""
    left = list(times)

    def work(event: Any, _context: Any) -> Any:
        if left.pop(0) if len(left) > 1 else left[0]:
            raise LookupError(f"no {json.dumps(event)}")
        return event

    return work


def counts(run: Execution) -> dict[str, tuple[int, str | None]]:
    """State -> attempts and error."""
    return {name: (runs.attempts, runs.error) for name, runs in run.states.items()}


def shape(visit: Visit) -> Any:
    """A visit's tries, each with the names that its branches went through."""
    return [[[each.name for each in branch.visits] for branch in attempt.branches] for attempt in visit.tries]


def test_a_parallel_that_is_tried_three_times(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True))
    run = aws.run(flow(P=parallel(flow(T=task("f")), Retry=RETRY)))
    assert counts(run) == {"P": (3, "LookupError"), "T": (3, "LookupError")}
    (visit,) = run.states["P"].visits
    assert shape(visit) == [[["T"]], [["T"]], [["T"]]]
    assert [each.attempts for each in run.states["T"].visits] == [1, 1, 1]
    assert [each.failed_in for each in visit.tries] == list(run.states["T"].visits)
    ends = [(each.began_at - run.started_at, each.ended_at and each.ended_at - run.started_at) for each in visit.tries]
    assert ends == [(timedelta(seconds=at), timedelta(seconds=at)) for at in (0, 1, 3)]
    assert visit.error == "LookupError"
    assert '"no {}"' in (visit.cause or "")


def test_a_parallel_that_is_cut_before_its_retry_has_the_error_that_it_met_last(aws: Emulator) -> None:
    errors = iter([KeyError("first"), LookupError("second")])

    def work(*_: Any) -> None:
        raise next(errors)

    aws.lambda_function("f", work)
    cut = flow(W={"Type": "Wait", "Seconds": 2, "Next": "F"}, F={"Type": "Fail", "Error": "Cut"})
    run = aws.run(flow(P=parallel(flow(Q=parallel(flow(T=task("f")), Retry=RETRY)), cut)))
    assert (run.error, run.elapsed) == ("Cut", timedelta(seconds=2))
    (visit,) = run.states["Q"].visits
    assert (visit.error, visit.failed, visit.attempts) == ("LookupError", False, 2)


def test_a_map_that_is_tried_three_times(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True, True, False))
    run = aws.run(flow(M=over(flow(T=task("f")), Retry=RETRY, MaxConcurrency=1)), [1, 2])
    assert run.status == "SUCCEEDED"
    assert counts(run) == {"M": (3, "LookupError"), "T": (4, "LookupError")}
    (visit,) = run.states["M"].visits
    assert shape(visit) == [[["T"]], [["T"]], [["T"], ["T"]]]
    assert [attempt.failed for attempt in visit.tries] == [True, True, False]
    assert [(each.index, each.enclosing) for each in run.states["T"].visits] == [(n, visit) for n in (0, 0, 0, 1)]


def test_a_map_in_a_parallel_each_tried_on_its_own(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True))
    inner = over(flow(T=task("f", Retry=[{"ErrorEquals": ["LookupError"], "MaxAttempts": 1}])), Retry=RETRY)
    run = aws.run(flow(P=parallel(flow(M=inner), Retry=[{"ErrorEquals": ["LookupError"], "MaxAttempts": 1}])), [1])
    failed = "LookupError"
    assert run.status == "FAILED"
    assert counts(run) == {"P": (2, failed), "M": (6, failed), "T": (12, failed)}
    assert [visit.attempts for visit in run.states["M"].visits] == [3, 3]
    assert {visit.enclosing for visit in run.states["T"].visits} == set(run.states["M"].visits)
    assert {visit.enclosing for visit in run.states["M"].visits} == set(run.states["P"].visits)


def test_a_retry_outside_alone(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True, False))
    run = aws.run(flow(P=parallel(flow(Q=parallel(flow(T=task("f")))), Retry=RETRY)))
    assert run.status == "SUCCEEDED"
    assert counts(run) == {"P": (2, "LookupError"), "Q": (2, "LookupError"), "T": (2, "LookupError")}
    assert [visit.failed for visit in run.states["Q"].visits] == [True, False]


def test_a_retry_inside_alone(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True, False))
    run = aws.run(flow(P=parallel(flow(Q=parallel(flow(T=task("f")), Retry=RETRY)))))
    assert run.status == "SUCCEEDED"
    assert counts(run) == {"P": (1, None), "Q": (2, "LookupError"), "T": (2, "LookupError")}


def test_branches_beside_the_failing_one_are_not_failed(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True))
    slow = flow(Slow={"Type": "Wait", "Seconds": 5, "End": True})
    run = aws.run(flow(P=parallel(slow, flow(T=task("f")), Retry=RETRY, Catch=caught()), Sorry={"Type": "Succeed"}))
    assert counts(run) == {"P": (3, "LookupError"), "T": (3, "LookupError"), "Slow": (3, None), "Sorry": (1, None)}
    assert [(visit.failed, visit.exited_at) for visit in run.states["Slow"].visits] == [(False, None)] * 3
    assert [visit.index for visit in run.states["Slow"].visits] == [0, 0, 0]
    assert [visit.index for visit in run.states["T"].visits] == [1, 1, 1]
    assert run.states["P"].visits[0].exited is not None


def test_tolerated_failures_are_those_of_the_items(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True, False, True))
    for allowed, status in ((2, "SUCCEEDED"), (1, "FAILED")):
        aws.lambda_function("f", failing(True, False, True, False))
        run = aws.run(flow(M=over(flow(T=task("f")), MaxConcurrency=1, ToleratedFailureCount=allowed)), [1, 2, 3, 4])
        assert run.status == status
        threshold = "States.ExceedToleratedFailureThreshold" if status == "FAILED" else None
        assert counts(run) == {"M": (1, threshold), "T": (4 if status == "SUCCEEDED" else 3, "LookupError")}
        assert [visit.error for visit in run.states["T"].visits][:3] == ["LookupError", None, "LookupError"]


def test_a_threshold_that_a_catcher_answers(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True))
    each = over(flow(T=task("f")), MaxConcurrency=1, ToleratedFailureCount=1, Catch=caught())
    run = aws.run(flow(M=each, Sorry={"Type": "Succeed"}), [1, 2, 3])
    assert run.output["Error"] == run.states["M"].error == "States.ExceedToleratedFailureThreshold"
    assert run.output["Cause"] == run.states["M"].visits[0].cause


def test_a_fail_state_in_a_branch_has_the_error_of_the_end(aws: Emulator) -> None:
    stop = flow(Bad={"Type": "Fail", "Error": "Sold.Out", "Cause": "no more"})
    run = aws.run(flow(P=parallel(stop, Retry=RETRY)))
    assert counts(run) == {"P": (3, "Sold.Out"), "Bad": (3, "Sold.Out")}
    last = run.states["Bad"].visits[-1]
    assert (last.error, last.cause, last.failed) == ("Sold.Out", "no more", True)


@pytest.mark.parametrize("allowed", [None, 0])
def test_errors_that_no_event_tells_are_those_that_the_machine_met(aws: Emulator, allowed: int | None) -> None:
    stop = flow(Bad={"Type": "Fail", "Error": "Sold.Out", "Cause": "no more"})
    run = aws.run(flow(P=parallel(stop, Retry=RETRY, Catch=caught()), Sorry={"Type": "Succeed"}))
    assert counts(run) == {"P": (3, "Sold.Out"), "Bad": (3, "Sold.Out"), "Sorry": (1, None)}
    tolerance = {} if allowed is None else {"ToleratedFailureCount": allowed}
    run = aws.run(flow(M=over(stop, Catch=caught(), **tolerance), Sorry={"Type": "Succeed"}), [1])
    assert run.states["M"].error == run.output["Error"]
    assert run.states["Bad"].error == "Sold.Out"


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_an_attempt_that_a_fail_state_ended_has_its_error(aws: Emulator, kind: str) -> None:
    stop = flow(Bad={"Type": "Fail", "Error": "X"})
    answers = {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}], "Catch": caught()}
    tried = parallel(stop, **answers) if kind == "Parallel" else over(stop, **answers)
    run = aws.run(flow(P=tried, Sorry={"Type": "Succeed"}), [1])
    (visit,) = run.states["P"].visits
    assert [(attempt.failed, attempt.error) for attempt in visit.tries] == [(True, "X"), (True, "X")]
    assert visit.error == "X"
    attempts = [line.split()[-2:] for line in trace_lines(run) if "  attempt " in line]
    assert attempts == [["failed:", "X"]] * 2


def test_an_attempt_beyond_the_tolerance_has_the_error_of_the_map(aws: Emulator) -> None:
    stop = flow(Bad={"Type": "Fail", "Error": "X"})
    run = aws.run(flow(M=over(stop, ToleratedFailureCount=0, Catch=caught()), Sorry={"Type": "Succeed"}), [1])
    (visit,) = run.states["M"].visits
    assert [attempt.error for attempt in visit.tries] == [run.output["Error"]]


def test_an_error_of_a_catcher_is_not_that_of_an_earlier_attempt(aws: Emulator) -> None:
    stop = flow(Bad={"Type": "Fail", "Error": "X"})
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry", "Output": "{% $nothing %}"}]
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    definition = flow(P=parallel(stop, Retry=retry, Catch=catch), Sorry={"Type": "Succeed"})
    run = aws.run({"QueryLanguage": "JSONata", **definition})
    (visit,) = run.states["P"].visits
    assert (run.error, visit.error, visit.failed) == ("States.QueryEvaluationError",) * 2 + (True,)
    assert visit.tries[0].error == "X"


def test_an_error_of_a_catcher_that_no_event_tells_is_the_last_one_of_its_state(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True))
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.a"}]
    inner = flow(T=task("f", Catch=catch), Z={"Type": "Succeed"})
    run = aws.run(flow(P=parallel(inner)), "text")
    error = "States.ReferencePathConflict"
    assert (run.error, counts(run)) == (error, {"P": (1, error), "T": (1, error)})
    assert run.states["T"].visits[0].tries[0].error == "LookupError"


def test_a_timeout_in_an_item_that_is_aborted_before_the_decision_is_the_error_of_its_attempt(aws: Emulator) -> None:
    aws.lambda_function("f", lambda *_: time.sleep(9))  # noqa: TID251 - on the virtual clock
    run = aws.run(flow(M=over(flow(T=task("f", TimeoutSeconds=5)))), [1, 2])
    first, second = run.states["T"].visits
    assert [(visit.error, visit.failed) for visit in (first, second)] == [
        ("States.Timeout", True),
        ("States.Timeout", False),
    ]


def test_a_task_whose_error_is_caught_has_failed(aws: Emulator) -> None:
    for fields, failed in (({"Catch": caught()}, True), ({"Retry": RETRY, "Catch": caught()}, False)):
        aws.lambda_function("f", failing(True, False))
        run = aws.run(flow(T=task("f", **fields), Sorry={"Type": "Succeed"}))
        assert run.status == "SUCCEEDED"
        assert [visit.failed for visit in run.states["T"].visits] == [failed]


def test_a_state_whose_failure_the_map_tolerates_has_failed(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True, False))
    run = aws.run(flow(M=over(flow(T=task("f")), MaxConcurrency=1, ToleratedFailureCount=1)), [1, 2])
    assert [visit.failed for visit in run.states["T"].visits] == [True, False]
    run = aws.run(flow(M=over(flow(Bad={"Type": "Fail", "Error": "X"}), ToleratedFailureCount=1)), [1])
    assert [visit.failed for visit in run.states["Bad"].visits] == [True]
    assert (run.status, run.states["M"].visits[0].failed) == ("SUCCEEDED", False)


def test_an_evaluation_that_fails_belongs_to_its_own_state(aws: Emulator) -> None:
    broken = {"Type": "Pass", "Output": "{% $nothing %}", "End": True}
    run = aws.run({"QueryLanguage": "JSONata", **flow(First={"Type": "Pass", "Next": "Bad"}, Bad=broken)})
    error = "States.QueryEvaluationError"
    assert (run.status, counts(run)) == ("FAILED", {"First": (1, None), "Bad": (1, error)})
    assert run.states["Bad"].visits[0].failed


@pytest.mark.parametrize("field", ["Arguments", "Output"])
def test_a_jsonata_parallel_whose_own_fields_fail(aws: Emulator, field: str) -> None:
    branches = [flow(A={"Type": "Pass", "End": True}), flow(B={"Type": "Pass", "End": True})]
    both = parallel(*branches, Retry=RETRY, Catch=caught(), **{field: "{% $nothing %}"})
    for states in ({"P": both}, {"First": {"Type": "Pass", "Next": "P"}, "P": both}):
        run = aws.run({"QueryLanguage": "JSONata", **flow(**states, Sorry={"Type": "Succeed"})})
        begun = 0 if field == "Arguments" else 3
        (visit,) = run.states["P"].visits
        assert (visit.attempts, visit.error, visit.failed) == (begun, "States.QueryEvaluationError", True)
        assert shape(visit) == [[["A"], ["B"]]] * begun
        assert all(attempt.error == visit.error for attempt in visit.tries)
        assert run.states["Sorry"].error is None


def test_a_jsonata_task_whose_output_fails_is_tried_again(aws: Emulator) -> None:
    aws.lambda_function("f", failing(False))
    again = task("f", Retry=RETRY, Output="{% $states.context.State.RetryCount = 2 ? 'done' : $nothing %}")
    inside = flow(Before={"Type": "Pass", "Next": "T"}, T=again)
    for definition in (flow(T=again), inside, flow(P=parallel(flow(T=again))), flow(M=over(flow(T=again)))):
        run = aws.run({"QueryLanguage": "JSONata", **definition}, [1])
        assert run.status == "SUCCEEDED"
        (visit,) = run.states["T"].visits
        assert (visit.attempts, visit.error, visit.output) == (3, "States.QueryEvaluationError", "done")
        assert [attempt.failed for attempt in visit.tries] == [True, True, False]
        assert sum(runs.attempts for name, runs in run.states.items() if name != "T") == len(run.states) - 1


def test_items_whose_selector_fails_fail_the_map(aws: Emulator) -> None:
    selector = {"n": "{% $states.context.Map.Item.Value > 1 ? $nothing : 1 %}"}
    each = over(flow(A={"Type": "Pass", "End": True}), ItemSelector=selector, MaxConcurrency=1, Catch=caught())
    run = aws.run({"QueryLanguage": "JSONata", **flow(M=each, Sorry={"Type": "Succeed"})}, [1, 2])
    assert counts(run) == {"M": (1, "States.QueryEvaluationError"), "A": (1, None), "Sorry": (1, None)}
    assert run.states["M"].visits[0].tries[0].failed


def test_a_parallel_that_cannot_put_its_result_anywhere_leaves_the_tries_to_the_outer_one(aws: Emulator) -> None:
    inner = parallel(flow(A={"Type": "Pass", "End": True}), ResultPath="$.a")
    run = aws.run(flow(P=parallel(flow(Q=inner), Retry=RETRY)), "text")
    error = "States.ReferencePathConflict"
    assert (run.error, counts(run)) == (error, {"P": (3, error), "Q": (3, error), "A": (3, None)})
    assert shape(run.states["P"].visits[0]) == [[["Q"]]] * 3
    assert [shape(visit) for visit in run.states["Q"].visits] == [[[["A"]]]] * 3


def test_an_error_that_nothing_may_catch_is_that_of_the_state_alone(aws: Emulator) -> None:
    inner = parallel(flow(A={"Type": "Pass", "End": True}), Parameters={"x.$": "$.missing"})
    run = aws.run(flow(P=parallel(flow(Q=inner), Retry=RETRY)))
    assert (run.error, counts(run)) == ("States.Runtime", {"P": (1, None), "Q": (0, "States.Runtime")})


def test_a_distributed_map_tells_its_run_s_error(aws: Emulator) -> None:
    aws.lambda_function("f", failing(True))
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **flow(T=task("f"))}
    run = aws.run(flow(M=over(inner, Retry=RETRY)), [1, 2])
    assert run.error == "States.ExceedToleratedFailureThreshold"
    assert counts(run) == {"M": (3, run.error)}
    visit = run.states["M"].visits[0]
    assert [(attempt.failed, attempt.error) for attempt in visit.tries] == [(True, run.error)] * 3
    assert visit.cause == run.cause


def test_a_timeout_is_an_attempt_that_failed(aws: Emulator) -> None:
    aws.lambda_function("f", lambda event, _: time.sleep(9))  # noqa: TID251 - on the virtual clock
    run = aws.run(flow(T=task("f", TimeoutSeconds=5, Retry=RETRY)))
    assert counts(run) == {"T": (3, "States.Timeout")}
    ends = [attempt.ended_at for attempt in run.states["T"].visits[0].tries]
    assert ends == [run.started_at + timedelta(seconds=at) for at in (5, 11, 18)]


def test_a_visit_is_kept_up_to_date_and_parses_once(aws: Emulator) -> None:
    run = aws.start(flow(A={"Type": "Wait", "Seconds": 5, "Next": "B"}, B={"Type": "Succeed"}), {"n": 1})
    (visit,) = run.visits
    assert (visit.exited_at, visit.output, visit.input_text) == (None, None, '{"n": 1}')
    assert visit.input is visit.input
    tree = run.tree
    aws.finish(run)
    assert run.tree is tree
    assert run.visits[0] is visit
    assert (visit.output, visit.output_text) == ({"n": 1}, '{"n": 1}')
    assert visit.exited_at == run.started_at + timedelta(seconds=5)


def test_asking_again_reads_nothing_again(aws: Emulator) -> None:
    run = aws.run(flow(A={"Type": "Pass", "End": True}))
    places = list(run.tree._places)
    assert run.tree._places == places
    assert len(places) == len(run.records) + 1


def test_the_states_of_a_run_are_listed_by_their_names() -> None:
    flow = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}
    with Emulator() as aws:
        assert repr(aws.run(flow).states) == "States(A, B)"
