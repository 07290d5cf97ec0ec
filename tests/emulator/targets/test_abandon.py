"""A call that an execution no longer waits for: what its target undoes, and what it leaves alone.

Measured on AWS: a child of ``startExecution.sync`` is aborted, without an error, whether its parent was stopped, timed
out, or its branch or iteration was cancelled.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest

from emulator import Emulator, Execution

CHILD: dict[str, Any] = {
    "StartAt": "W",
    "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}},
}
FAIL_AFTER: dict[str, Any] = {
    "W5": {"Type": "Wait", "Seconds": 5, "Next": "F"},
    "F": {"Type": "Fail", "Error": "No"},
}
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:a"


def cause_of(parent: Execution) -> str:
    return f"The Task state in AWS Step Functions execution [{parent.arn}] which was managing this resource was aborted"


def nested(machine_arn: str, resource: str = "startExecution.sync:2", **fields: Any) -> dict[str, Any]:
    """A Task that starts an execution."""
    parameters = {"StateMachineArn": machine_arn, "Input": {}}
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:{resource}",
        "Parameters": parameters,
        "End": True,
        **fields,
    }


def machine(task: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"StartAt": "T", "States": {"T": task}, **fields}


def in_parallel(task: dict[str, Any]) -> dict[str, Any]:
    branches = [{"StartAt": "N", "States": {"N": task}}, {"StartAt": "W5", "States": FAIL_AFTER}]
    return machine({"Type": "Parallel", "Branches": branches, "End": True})


def in_map(task: dict[str, Any], **config: str) -> dict[str, Any]:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "W5"}], "Default": "N"}
    processor: dict[str, Any] = {"StartAt": "C", "States": {"C": choice, "N": task, **FAIL_AFTER}}
    if config:
        processor["ProcessorConfig"] = config
    items = {"Type": "Pass", "Result": [0, 1], "Next": "M"}
    return {"StartAt": "T", "States": {"T": items, "M": {"Type": "Map", "ItemProcessor": processor, "End": True}}}


def stop(emulator: Emulator, execution: Execution) -> None:
    emulator.client("stepfunctions").stop_execution(executionArn=execution.arn)


def child_of(emulator: Emulator, name: str = "child") -> Execution:
    (child,) = (each for each in emulator.executions if each.state_machine.name == name)
    return child


CUTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "the parent is stopped": machine,
    "its task times out": lambda task: machine(task | {"TimeoutSeconds": 5}),
    "its task misses its heartbeat": lambda task: machine(task | {"HeartbeatSeconds": 5}),
    "the parent times out": lambda task: machine(task, TimeoutSeconds=5),
    "another branch fails": in_parallel,
    "another iteration fails": in_map,
    "another child of the map run fails": lambda task: in_map(task, Mode="DISTRIBUTED", ExecutionType="STANDARD"),
}


@pytest.mark.parametrize("resource", ["startExecution.sync", "startExecution.sync:2"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_child_that_is_waited_for_is_aborted_with_its_task(emulator: Emulator, cut: str, resource: str) -> None:
    arn = emulator.state_machine(CHILD, name="child").arn
    parent = emulator.start(CUTS[cut](nested(arn, resource)))
    emulator.clock.advance(seconds=5)
    if cut == "the parent is stopped":
        stop(emulator, parent)
    child = child_of(emulator)
    assert parent.finish is not None
    assert (child.status, child.error) == ("ABORTED", None)
    assert child.elapsed == timedelta(seconds=5), "at the same instant"
    assert child.history[-1]["type"] == "ExecutionAborted"
    if "child of the map run" in cut:
        assert child.cause is not None
        assert f"{parent.state_machine.name}/" in child.cause
    else:
        assert child.cause == cause_of(parent)
    assert [event["type"] for event in parent.history].count("TaskFailed") == 0


def test_a_child_of_a_child_is_aborted_too(emulator: Emulator) -> None:
    grandchild = emulator.state_machine(CHILD, name="grandchild")
    arn = emulator.state_machine(machine(nested(grandchild.arn)), name="child").arn
    parent = emulator.start(machine(nested(arn)))
    stop(emulator, parent)
    child, last = child_of(emulator), child_of(emulator, "grandchild")
    assert (child.status, child.cause) == ("ABORTED", cause_of(parent))
    assert (last.status, last.cause) == ("ABORTED", cause_of(child))


@pytest.mark.parametrize("resource", ["startExecution", "startExecution.waitForTaskToken"])
def test_an_execution_that_is_not_waited_for_goes_on(emulator: Emulator, resource: str) -> None:
    arn = emulator.state_machine(CHILD, name="child").arn
    task = nested(arn, resource) | {"Next": "W"}
    del task["End"]
    states = {"T": task, "W": {"Type": "Wait", "Seconds": 60, "End": True}}
    parent = emulator.start({"StartAt": "T", "States": states})
    stop(emulator, parent)
    assert parent.status == "ABORTED"
    assert emulator.finish(child_of(emulator)).status == "SUCCEEDED"


def late_failure(task: dict[str, Any]) -> dict[str, Any]:
    """A branch that fails at the instant when the child ends; its wait began after the child's."""
    states = {"W1": {"Type": "Wait", "Seconds": 3595, "Next": "W5"}, **FAIL_AFTER}
    branches = [{"StartAt": "N", "States": {"N": task}}, {"StartAt": "W1", "States": states}]
    return machine({"Type": "Parallel", "Branches": branches, "End": True})


@pytest.mark.parametrize(
    ("cut", "ends"),
    [
        (lambda task: machine(task, TimeoutSeconds=3600), ("TIMED_OUT", "SUCCEEDED")),
        (lambda task: machine(task | {"TimeoutSeconds": 3600}), ("FAILED", "SUCCEEDED")),
        (late_failure, ("FAILED", "SUCCEEDED")),
    ],
)
def test_a_child_that_ends_at_the_very_instant_has_ended_by_itself(
    emulator: Emulator, cut: Callable[[dict[str, Any]], dict[str, Any]], ends: tuple[str, str]
) -> None:
    arn = emulator.state_machine(CHILD, name="child").arn
    parent = emulator.start(cut(nested(arn)))
    emulator.clock.advance(hours=1)
    child = child_of(emulator)
    assert (parent.status, child.status) == ends
    for execution in (parent, child):
        types = [event["type"] for event in execution.history if event["type"].startswith("Execution")]
        assert len(types) == 2, "started once, ended once"
    assert parent.elapsed == child.elapsed == timedelta(hours=1)


def test_a_parent_that_is_stopped_when_its_child_has_ended_changes_nothing_of_it(emulator: Emulator) -> None:
    arn = emulator.state_machine(CHILD, name="child").arn
    states = {"T": nested(arn, Next="W"), "W": {"Type": "Wait", "Seconds": 60, "End": True}}
    del states["T"]["End"]
    parent = emulator.start({"StartAt": "T", "States": states})
    emulator.clock.advance(hours=1)
    child = child_of(emulator)
    assert child.status == "SUCCEEDED"
    before = child.history
    stop(emulator, parent)
    assert (parent.status, child.status, child.history) == ("ABORTED", "SUCCEEDED", before)


def test_a_child_whose_task_was_answered_with_its_token_goes_on(emulator: Emulator) -> None:
    arn = emulator.state_machine(CHILD, name="child").arn
    task = nested(arn, "startExecution.sync") | {
        "Parameters": {"StateMachineArn": arn, "Input": {"token.$": "$$.Task.Token"}}
    }
    del task["End"]
    states = {"T": task | {"Next": "W"}, "W": {"Type": "Wait", "Seconds": 9999, "End": True}}
    parent = emulator.start({"StartAt": "T", "States": states})
    child = child_of(emulator)
    emulator.client("stepfunctions").send_task_success(taskToken=child.input["token"], output="7")
    told = len(parent.events)
    assert emulator.finish(child).status == "SUCCEEDED"
    assert len(parent.events) == told, "the parent is not told how the child ends"
    assert emulator.finish(parent).output == 7


def test_both_parents_of_one_child_are_told_of_its_end(emulator: Emulator) -> None:
    """StartExecution with the same name and input returns the running execution."""
    arn = emulator.state_machine(CHILD, name="child").arn
    task = nested(arn) | {"Parameters": {"StateMachineArn": arn, "Name": "one", "Input": {}}}
    parents = [emulator.start(machine(task), name=name) for name in ("a", "b")]
    emulator.clock.advance(hours=1)
    assert [parent.status for parent in parents] == ["SUCCEEDED", "SUCCEEDED"]


def test_a_retry_starts_another_child(emulator: Emulator) -> None:
    arn = emulator.state_machine(CHILD, name="child").arn
    retry = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    parent = emulator.run(machine(nested(arn, TimeoutSeconds=5, Retry=retry)))
    children = [each for each in emulator.executions if each is not parent]
    assert parent.error == "States.Timeout"
    assert [(child.status, child.elapsed) for child in children] == [("ABORTED", timedelta(seconds=5))] * 2


def test_a_worker_is_not_woken_by_a_task_that_was_abandoned(emulator: Emulator) -> None:
    """It continues to wait, like the long poll on AWS, and gets the next task."""
    client = emulator.client("stepfunctions")
    client.create_activity(name="a")
    task = {"Type": "Task", "Resource": ACTIVITY, "End": True}
    stop(emulator, emulator.start(machine(task), {"n": 1}))
    got: list[str] = []
    asked = Event()
    emulator.assembly.requests.before.append(lambda request: asked.set())
    worker = Thread(target=lambda: got.append(client.get_activity_task(activityArn=ACTIVITY).get("input", "nothing")))
    worker.start()
    assert asked.wait(10)
    emulator.start(machine(task), {"n": 2})
    worker.join(10)
    assert got == ['{"n": 2}']


def poll(**fields: Any) -> dict[str, Any]:
    """A Task that waits for a task of the activity."""
    resource = "arn:aws:states:::aws-sdk:sfn:getActivityTask"
    return {"Type": "Task", "Resource": resource, "Parameters": {"ActivityArn": ACTIVITY}, **(fields or {"End": True})}


def test_a_poll_that_was_abandoned_lets_no_time_pass_and_takes_no_task(emulator: Emulator) -> None:
    emulator.client("stepfunctions").create_activity(name="a")
    waiting = emulator.start(machine(poll()))
    assert emulator.clock.next_at is not None
    stop(emulator, waiting)
    second = emulator.start(machine(poll()))
    asking = emulator.start(machine({"Type": "Task", "Resource": ACTIVITY, "End": True}), {"n": 1})
    assert asking.status == "RUNNING"
    assert second.output["Input"] == '{"n": 1}'
    stop(emulator, asking)
    assert emulator.clock.next_at is None, "the minute of a poll that nobody waits for is not waited for"


def test_a_poll_whose_minute_is_over_takes_no_task(emulator: Emulator) -> None:
    """It has answered without a task; a task offered afterwards waits for the next poll."""
    emulator.client("stepfunctions").create_activity(name="a")
    wait = {"Type": "Wait", "Seconds": 600, "End": True}
    first = emulator.start({"StartAt": "P", "States": {"P": poll(Next="W"), "W": wait}})
    emulator.clock.advance(seconds=61)
    assert first.path == ["P", "W"]
    asking = emulator.start(machine({"Type": "Task", "Resource": ACTIVITY, "End": True}), {"n": 1})
    assert [event["type"] for event in asking.history][-1] == "ActivityScheduled"
    assert emulator.start(machine(poll())).output["Input"] == '{"n": 1}'
