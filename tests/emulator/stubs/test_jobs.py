"""Stubs of jobs (``.sync``): how long they run, how they end, and that an abandoned one is stopped."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError

GLUE = "glue:startJobRun.sync"
DONE = {"Id": "jr_1", "JobName": "etl", "JobRunState": "SUCCEEDED"}


def flow(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return {"StartAt": "Run", "States": {"Run": {**task, **more}}}


ETL = flow(GLUE, {"JobName": "etl"})


def submitted(execution: Any) -> Any:
    event = next(each for each in execution.history if each["type"] == "TaskSubmitted")
    return json.loads(event["taskSubmittedEventDetails"]["output"])


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if not name.startswith("Sdk")}


def test_a_job_takes_the_time_that_its_stub_says(emulator: Emulator) -> None:
    emulator.stub(GLUE).after(minutes=10).returns(DONE)
    run = emulator.run(ETL)
    assert run.output == DONE
    assert run.elapsed == timedelta(minutes=10)
    kinds = [each["type"] for each in run.history]
    assert kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


@pytest.mark.parametrize(
    ("resource", "given", "described", "answer"),
    [
        (GLUE, {"JobName": "etl"}, DONE, {"JobName": "etl", "JobRunId": "jr_1"}),
        (
            "batch:submitJob.sync",
            {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"},
            {
                "JobId": "j-1",
                "JobName": "n",
                "JobQueue": "q",
                "Status": "SUCCEEDED",
                "StartedAt": 1,
                "JobDefinition": "d",
            },
            {"JobId": "j-1", "JobName": "n"},
        ),
        (
            "athena:startQueryExecution.sync",
            {"QueryString": "SELECT 1"},
            {"QueryExecution": {"QueryExecutionId": "q-1", "Status": {"State": "SUCCEEDED"}}},
            {"QueryExecutionId": "q-1"},
        ),
        (
            "codebuild:startBuild.sync",
            {"ProjectName": "p"},
            {"Build": {"Id": "p:1", "BuildStatus": "SUCCEEDED"}},
            {"Build": {"BuildStatus": "IN_PROGRESS", "Id": "p:1"}},
        ),
        (
            "elasticmapreduce:addStep.sync",
            {"ClusterId": "c", "Step": {"Name": "s"}},
            {"Step": {"Id": "s-1", "Status": {"State": "COMPLETED"}}},
            {"StepId": "s-1"},
        ),
        (
            "elasticmapreduce:createCluster.sync",
            {"Name": "c", "Instances": {}},
            {"ClusterId": "j-7"},
            {"ClusterId": "j-7"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_start_answers_what_follows_from_the_description(
    emulator: Emulator, resource: str, given: dict[str, Any], described: dict[str, Any], answer: dict[str, Any]
) -> None:
    emulator.stub(resource).returns(described)
    run = emulator.run(flow(resource, given))
    assert without_metadata(submitted(run)) == answer
    assert submitted(run)["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert without_metadata(run.output) == described


def test_an_id_that_the_stub_does_not_say_is_made_up(emulator: Emulator) -> None:
    emulator.stub(GLUE).returns({"JobRunState": "SUCCEEDED"})
    first, second = (submitted(emulator.run(ETL))["JobRunId"] for _ in range(2))
    assert first
    assert first != second


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "ERROR", "STOPPED"])
def test_a_status_of_failure_fails_the_task_with_the_description_as_the_cause(emulator: Emulator, state: str) -> None:
    failed = {"ErrorMessage": "no memory", "Id": "jr_1", "JobRunState": state}
    emulator.stub(GLUE).after(minutes=3).returns(failed)
    run = emulator.run(ETL)
    assert run.error == "States.TaskFailed"
    assert run.cause == json.dumps(failed, separators=(",", ":"))
    assert run.elapsed == timedelta(minutes=3)
    assert [each["type"] for each in run.history][4:6] == ["TaskSubmitted", "TaskFailed"]


def test_a_status_of_failure_counts_in_a_description_that_is_not_checked(emulator: Emulator) -> None:
    """A part of a description is enough then: the model wants five more members."""
    batch = emulator.stub("batch:submitJob.sync")
    batch.returns({"Status": "FAILED", "StatusReason": "no host"}, check=False)
    run = emulator.run(flow("batch:submitJob.sync", {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"}))
    assert run.error == "States.TaskFailed"
    assert run.cause == '{"Status":"FAILED","StatusReason":"no host"}'


def test_a_mock_configuration_means_a_success_whatever_the_status(emulator: Emulator, tmp_path: Path) -> None:
    """Step Functions Local: what is returned is the task's result."""
    failed = {"JobRunState": "FAILED"}
    config = {
        "StateMachines": {"etl": {"TestCases": {"Case": {"Run": "Failed"}}}},
        "MockedResponses": {"Failed": {"0": {"Return": failed}}},
    }
    path = tmp_path / "MockConfigFile.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    emulator.mock_config(path)
    machine = emulator.state_machine(ETL, name="etl")
    client = emulator.client("stepfunctions")
    started = client.start_execution(stateMachineArn=f"{machine.arn}#Case")["executionArn"]
    ended = client.describe_execution(executionArn=started)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", failed)


def test_a_container_that_exits_with_another_code_than_0_fails_the_task(emulator: Emulator) -> None:
    ended = {"LastStatus": "STOPPED", "TaskArn": "arn:t", "Containers": [{"Name": "main", "ExitCode": 1}]}
    emulator.stub("ecs:runTask.sync").returns(ended).then.returns({**ended, "Containers": [{"ExitCode": 0}]})
    retry = [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}]
    run = emulator.run(flow("ecs:runTask.sync", {"TaskDefinition": "t"}, Retry=retry))
    assert run.output["Containers"] == [{"ExitCode": 0}]
    assert submitted(run)["Tasks"][0]["TaskArn"] == "arn:t"


@pytest.mark.parametrize("pattern", [".sync", ".sync:2"])
def test_an_execution_that_failed_fails_the_task_that_waits_for_it(emulator: Emulator, pattern: str) -> None:
    inner = "arn:aws:states:us-east-1:123456789012:stateMachine:inner"
    ended = {
        "ExecutionArn": inner.replace("stateMachine", "execution") + ":1",
        "StateMachineArn": inner,
        "StartDate": 1,
        "Status": "FAILED",
        "Error": "Card.Declined",
    }
    emulator.stub(f"states:startExecution{pattern}").returns(ended)
    run = emulator.run(flow(f"states:startExecution{pattern}", {"StateMachineArn": inner}))
    assert run.error == "States.TaskFailed"
    assert run.cause == json.dumps(ended, sort_keys=True, separators=(",", ":"))
    with pytest.raises(EmulatorError, match=r'Status: a job that is "RUNNING" has not ended'):
        emulator.task("Run").returns({**ended, "Status": "RUNNING"})


def test_a_job_that_goes_on_is_no_end(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r'JobRunState: a job that is "RUNNING" has not ended'):
        emulator.stub(GLUE).returns({"JobRunState": "RUNNING"})
    with pytest.raises(EmulatorError, match=r"QueryExecution\.Status\.State: a job that is"):
        emulator.stub("athena:startQueryExecution.sync").returns({"QueryExecution": {"Status": {"State": "QUEUED"}}})


def test_a_start_that_is_refused_starts_no_job(emulator: Emulator) -> None:
    job = emulator.stub(GLUE).raises("Glue.ConcurrentRunsExceededException", "too many", times=2).then.returns(DONE)
    retry = [{"ErrorEquals": ["Glue.ConcurrentRunsExceededException"], "MaxAttempts": 2}]
    run = emulator.run(flow(GLUE, {"JobName": "etl"}, Retry=retry))
    assert run.output == DONE
    assert [each["type"] for each in run.history].count("TaskSubmitted") == 1
    assert job.call_count == 3


def test_a_job_that_times_out_is_stopped(emulator: Emulator) -> None:
    job = emulator.stub(GLUE).after(minutes=10).returns(DONE)
    run = emulator.run(flow(GLUE, {"JobName": "etl"}, TimeoutSeconds=60))
    assert run.error == "States.Timeout"
    (stopped,) = job.stopped
    assert stopped.operation == "glue:BatchStopJobRun"
    assert stopped.request == {"JobName": "etl", "JobRunIds": ["jr_1"]}
    assert stopped.call.execution is run


def test_a_job_that_never_ends_is_stopped_with_its_execution(emulator: Emulator) -> None:
    task = emulator.task("Run").never()
    run = emulator.start(flow("ecs:runTask.sync", {"Cluster": "c", "TaskDefinition": "t"}))
    assert task.stopped == []
    emulator.client("stepfunctions").stop_execution(executionArn=run.arn)
    assert run.status == "ABORTED"
    assert task.stopped[0].operation == "ecs:StopTask"
    assert task.stopped[0].request["Reason"] == (
        f"The Task state in AWS Step Functions execution [{run.arn}] which was managing this resource was aborted"
    )


def test_a_nested_execution_that_is_scripted_is_stopped_too(emulator: Emulator) -> None:
    inner = "arn:aws:states:us-east-1:123456789012:stateMachine:inner"
    child = emulator.task("Run").never()
    emulator.run(flow("states:startExecution.sync:2", {"StateMachineArn": inner}, TimeoutSeconds=5))
    assert [each.operation for each in child.stopped] == ["states:StopExecution"]


def test_a_job_that_has_ended_is_not_stopped(emulator: Emulator) -> None:
    job = emulator.stub(GLUE).returns(DONE)
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    task = {name: value for name, value in ETL["States"]["Run"].items() if name != "End"}
    machine = {"StartAt": "Run", "States": {"Run": {**task, "Next": "Wait"}, "Wait": wait}}
    run = emulator.start(machine)
    emulator.client("stepfunctions").stop_execution(executionArn=run.arn)
    assert run.status == "ABORTED"
    assert job.stopped == []


# What the start answers, given by the test ----------------------------------------------------------------------------


def test_a_test_says_what_the_start_answers(emulator: Emulator) -> None:
    job = emulator.stub(GLUE).submits({"JobRunId": "jr_9"}).after(minutes=1).returns(DONE).then
    job.submits({"JobRunId": "jr_10"}).never()
    run = emulator.run(ETL)
    assert submitted(run) == {"JobRunId": "jr_9"}
    assert run.elapsed == timedelta(minutes=1)
    emulator.run(flow(GLUE, {"JobName": "etl"}, TimeoutSeconds=5))
    assert emulator.stub(GLUE).stopped[0].request == {"JobName": "etl", "JobRunIds": ["jr_10"]}


def test_a_task_that_waits_for_nothing_has_no_start(emulator: Emulator) -> None:
    emulator.stub("dynamodb:deleteItem").submits({}).returns({})
    with pytest.raises(EmulatorError, match=r"submits\(\.\.\.\): .*dynamodb:deleteItem has no \.sync"):
        emulator.run(flow("dynamodb:deleteItem", {"TableName": "t", "Key": {"id": {"S": "1"}}}))


def test_stubs_of_a_run_have_what_the_start_answered(emulator: Emulator) -> None:
    emulator.stub(GLUE).submits({"JobRunId": "jr_9"}).after(minutes=10).returns(DONE)
    run = emulator.run(ETL)
    (answer,) = run.as_stubs()["tasks"]["Run"]
    assert answer["submits"] == {"JobRunId": "jr_9"}
    with Emulator() as again:
        again.stubs_from_history(run.history)
        repeated = again.run(ETL)
    assert [each["type"] for each in repeated.history] == [each["type"] for each in run.history]
    assert submitted(repeated) == submitted(run)
    assert repeated.elapsed == run.elapsed
