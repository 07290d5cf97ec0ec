"""Jobs that a stub has started, as handlers see them: ``boto3.client("glue").get_job_run(...)`` after the start.

A team's machine starts a job, waits, and asks by a function how it is; the test has one stub for the service.
"""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, EmulatorError

START = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"JobName": "etl"}}
CHECK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:check"}
POLLED = {
    "StartAt": "Start",
    "States": {
        "Start": {**START, "Next": "Check"},
        "Check": {**CHECK, "Next": "Over"},
        "Over": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.JobRunState", "StringEquals": "RUNNING", "Next": "Wait"}],
            "Default": "Done",
        },
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Check"},
        "Done": {"Type": "Succeed"},
    },
}


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def check(event: Any, context: Any) -> Any:
    run = client("glue").get_job_run(JobName=event["JobName"], RunId=event["JobRunId"])["JobRun"]
    shown = {name: run.get(name) for name in ("JobRunState", "ExecutionTime", "ErrorMessage")}
    times = {name: str(run[name]) for name in ("StartedOn", "CompletedOn") if name in run}
    return {"JobName": run["JobName"], "JobRunId": run["Id"], **shown, **times}


def polled(emulator: Emulator) -> Any:
    emulator.lambda_function("check", check)
    start = {**POLLED["States"]["Start"], "ResultSelector": {"JobName": "etl", "JobRunId.$": "$.JobRunId"}}  # type: ignore[index]
    return emulator.run({**POLLED, "States": {**POLLED["States"], "Start": start}})  # type: ignore[dict-item]


def test_a_job_runs_on_the_virtual_clock_and_ends_as_its_stub_says(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun").submits({"JobRunId": "jr_1"}).after(minutes=3).returns(
        {"JobRunState": "FAILED", "ErrorMessage": "no rows"}
    )
    run = polled(emulator)
    assert run.elapsed == timedelta(minutes=3)
    assert run.output == {
        "JobName": "etl",
        "JobRunId": "jr_1",
        "JobRunState": "FAILED",
        "ExecutionTime": 180,
        "ErrorMessage": "no rows",
        "StartedOn": "2030-01-01 00:00:00+00:00",
        "CompletedOn": "2030-01-01 00:03:00+00:00",
    }


def test_a_job_of_which_only_the_start_is_said_ends_well(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun").returns({"JobRunId": "jr_1"})
    assert polled(emulator).output["JobRunState"] == "SUCCEEDED"


def test_a_job_that_never_ends_goes_on(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun").submits({"JobRunId": "jr_1"}).never()
    run = emulator.run({"StartAt": "Start", "States": {"Start": {**START, "End": True}}})
    assert run.output["JobRunId"] == "jr_1"
    emulator.clock.advance(hours=5)
    assert check({"JobName": "etl", "JobRunId": "jr_1"}, None)["JobRunState"] == "RUNNING"


def test_a_job_that_a_task_waits_for_is_seen_by_a_parallel_branch(emulator: Emulator) -> None:
    seen: list[str] = []
    emulator.lambda_function("check", lambda event, context: seen.append(check(event, context)["JobRunState"]))
    emulator.stub("glue:startJobRun.sync").submits({"JobRunId": "jr_1", "JobName": "etl"}).after(minutes=3).returns(
        {"Id": "jr_1", "JobName": "etl", "JobRunState": "SUCCEEDED"}
    )
    wait = {"Type": "Wait", "Seconds": 60, "Next": "Check"}
    again = {"Type": "Wait", "Seconds": 180, "Next": "Again"}
    task = {**CHECK, "Parameters": {"JobName": "etl", "JobRunId": "jr_1"}}
    watched = {"Wait": wait, "Check": {**task, "Next": "Later"}, "Later": again, "Again": {**task, "End": True}}
    run_it = {**START, "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}
    both = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "Run", "States": {"Run": run_it}}, {"StartAt": "Wait", "States": watched}],
        "End": True,
    }
    assert emulator.run({"StartAt": "Both", "States": {"Both": both}}).status == "SUCCEEDED"
    assert seen == ["RUNNING", "SUCCEEDED"]


def test_a_job_that_was_stopped_says_so(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun.sync").submits({"JobRunId": "jr_1"}).never()
    state = {**START, "Resource": "arn:aws:states:::glue:startJobRun.sync", "TimeoutSeconds": 60, "End": True}
    assert emulator.run({"StartAt": "Start", "States": {"Start": state}}).error == "States.Timeout"
    assert check({"JobName": "etl", "JobRunId": "jr_1"}, None)["JobRunState"] == "STOPPED"


def test_a_query_that_was_stopped_is_cancelled(emulator: Emulator) -> None:
    emulator.stub("athena:startQueryExecution.sync").submits({"QueryExecutionId": "q-1"}).never()
    state = {"Type": "Task", "Resource": "arn:aws:states:::athena:startQueryExecution.sync", "TimeoutSeconds": 60,
             "Parameters": {"QueryString": "select 1"}, "End": True}  # fmt: skip
    assert emulator.run({"StartAt": "Start", "States": {"Start": state}}).error == "States.Timeout"
    status = client("athena").get_query_execution(QueryExecutionId="q-1")["QueryExecution"]["Status"]
    assert status["State"] == "CANCELLED"


@pytest.mark.parametrize("resource", ["glue:startJobRun", "aws-sdk:glue:startJobRun"])
def test_a_handler_starts_a_job_and_asks_for_it(emulator: Emulator, resource: str) -> None:
    stub = emulator.stub(resource).submits({"JobRunId": "jr_7"}).after(minutes=1).returns({"JobRunState": "SUCCEEDED"})
    glue = client("glue")
    began = glue.start_job_run(JobName="etl", Arguments={"--day": "1"})
    assert began["JobRunId"] == "jr_7"
    assert check({"JobName": "etl", **began}, None)["JobRunState"] == "RUNNING"
    emulator.clock.advance(minutes=1)
    assert check({"JobName": "etl", **began}, None)["JobRunState"] == "SUCCEEDED"
    stub.assert_called_once_with({"JobName": "etl", "Arguments": {"--day": "1"}})


@pytest.mark.parametrize(
    ("resource", "start", "given", "service", "call", "asks", "status"),
    [
        ("athena:startQueryExecution", {"QueryExecutionId": "q-1"}, {"QueryString": "select 1"}, "athena",
         "get_query_execution", {"QueryExecutionId": "q-1"}, lambda got: got["QueryExecution"]["Status"]["State"]),
        ("batch:submitJob", {"JobId": "j-1", "JobName": "n"},
         {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"}, "batch",
         "describe_jobs", {"jobs": ["j-1"]}, lambda got: got["jobs"][0]["status"]),
        ("codebuild:startBuild", {"Build": {"Id": "b:1"}}, {"ProjectName": "b"}, "codebuild",
         "batch_get_builds", {"ids": ["b:1"]}, lambda got: got["builds"][0]["buildStatus"]),
        ("aws-sdk:athena:startQueryExecution", {"QueryExecutionId": "q-1"}, {"QueryString": "select 1"}, "athena",
         "get_query_execution", {"QueryExecutionId": "q-1"}, lambda got: got["QueryExecution"]["Status"]["State"]),
    ],
)  # fmt: skip
def test_every_kind_of_job_is_described(
    emulator: Emulator, resource: str, start: Any, given: Any, service: str, call: str, asks: Any, status: Any
) -> None:
    emulator.stub(resource).submits(start).after(minutes=1).returns({}, check=False)
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": given, "End": True}
    assert emulator.run({"StartAt": "Start", "States": {"Start": task}}).status == "SUCCEEDED"
    ask = getattr(client(service), call)
    assert status(ask(**asks)) in ("RUNNING", "IN_PROGRESS")
    emulator.clock.advance(minutes=1)
    assert status(ask(**asks)) == "SUCCEEDED"


def test_a_stub_of_the_description_comes_first(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun").returns({"JobRunId": "jr_1"})
    emulator.stub("aws-sdk:glue:getJobRun").returns(
        {"JobRun": {"Id": "jr_1", "JobName": "etl", "JobRunState": "ERROR"}}
    )
    assert polled(emulator).output["JobRunState"] == "ERROR"


def test_another_job_is_motos(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun").returns({"JobRunId": "jr_1"})
    polled(emulator)
    with pytest.raises(ClientError, match="EntityNotFound"):
        client("glue").get_job_run(JobName="etl", RunId="jr_2")


def test_the_start_and_the_end_of_a_job_are_checked(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match='Did you mean "JobRunState"'):
        emulator.stub("glue:startJobRun").submits({"JobRunId": "jr_1"}).returns({"JobRunStat": "FAILED"})
    with pytest.raises(EmulatorError, match='Did you mean "JobRunId"'):
        emulator.stub("aws-sdk:glue:startJobRun").submits({"JobRunI": "jr_1"}).returns({"JobRunState": "FAILED"})
    with pytest.raises(EmulatorError, match="has not ended"):
        emulator.stub("glue:startJobRun").submits({"JobRunId": "jr_1"}).returns({"JobRunState": "RUNNING"})


def test_what_starts_no_job_takes_no_answer_to_its_start(emulator: Emulator) -> None:
    emulator.stub("sqs:sendMessage").submits({"MessageId": "m"}).returns({"MessageId": "m"}, check=False)
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
            "Parameters": {"QueueUrl": "u", "MessageBody": "b"}}  # fmt: skip
    with pytest.raises(EmulatorError, match="starts no job"):
        emulator.run({"StartAt": "Send", "States": {"Send": task}})
