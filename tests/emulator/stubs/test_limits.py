"""Stubs whose answers AWS takes for a failure: too late, of a request that was not done, of a worker that goes away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import Emulator
from tests.emulator.stubs.conftest import machine, task

HTTP = {
    "ApiEndpoint": "https://api.example.com",
    "Method": "GET",
    "InvocationConfig": {"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1"},
}
OK = {"StatusCode": 200, "StatusText": "OK", "Headers": {}, "ResponseBody": 1}
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:pick"


def of(action: str, parameters: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return machine(task(f"arn:aws:states:::{action}", Parameters=parameters, **fields))


def kinds(run: Any) -> list[str]:
    return [each["type"] for each in run.history]


def _slow(emulator: Emulator) -> None:
    emulator.stub("http:invoke").after(minutes=2).returns(OK)


def _never(emulator: Emulator) -> None:
    emulator.stub("http:invoke").never()


def _delayed(emulator: Emulator) -> None:
    emulator.stub("http:invoke").after(seconds=40).returns(OK)
    emulator.faults.delay("http:invoke", seconds=40)


@pytest.mark.parametrize("plan", [_slow, _never, _delayed])
def test_an_http_api_has_60_seconds(emulator: Emulator, plan: Callable[[Emulator], None]) -> None:
    plan(emulator)
    run = emulator.run(of("http:invoke", HTTP, TimeoutSeconds=300))
    assert (run.error, run.cause) == ("States.Http.Socket", "No response came within 60 seconds.")
    assert run.elapsed == timedelta(seconds=60)


def test_an_http_api_may_take_60_seconds(emulator: Emulator) -> None:
    emulator.stub("http:invoke").after(seconds=60).returns(OK)
    emulator.run(of("http:invoke", HTTP)).assert_succeeded()


def test_an_event_that_is_refused_fails_the_task(emulator: Emulator) -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "later"}]}
    emulator.stub("events:putEvents").returns(refused)
    event = {"Source": "shop", "DetailType": "order", "Detail": {}}
    run = emulator.run(of("events:putEvents", {"Entries": [event]}))
    run.assert_failed(
        error="EventBridge.FailedEntry",
        cause='{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"later"}]}',
    )


@pytest.mark.parametrize("pattern", [".sync", ".waitForTaskToken"])
def test_a_container_that_is_not_placed_fails_the_task(emulator: Emulator, pattern: str) -> None:
    unplaced = {"Tasks": [], "Failures": [{"Arn": "a", "Reason": "RESOURCE:CPU"}]}
    emulator.stub(f"ecs:runTask{pattern}").submits(unplaced).never()
    name, value = ("Value.$", "$$.Task.Token") if pattern != ".sync" else ("Value", "v")
    environment = [{"Name": "TOKEN", name: value}]
    overrides = {"ContainerOverrides": [{"Name": "main", "Environment": environment}]}
    run = emulator.run(of(f"ecs:runTask{pattern}", {"TaskDefinition": "f", "Overrides": overrides}))
    run.assert_failed(error="AmazonECS.Unknown")
    assert kinds(run)[2:5] == ["TaskScheduled", "TaskStarted", "TaskSubmitFailed"]


@pytest.mark.parametrize("limits", [{"TimeoutSeconds": 60}, {"TimeoutSeconds": 120, "HeartbeatSeconds": 60}])
def test_a_worker_that_never_answers_runs_out_of_time(emulator: Emulator, limits: dict[str, int]) -> None:
    emulator.task("Charge").never()
    run = emulator.run(machine(task(ACTIVITY, **limits)))
    assert (run.error, run.elapsed) == ("States.Timeout", timedelta(seconds=60))
    assert kinds(run)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivityTimedOut"]


def test_a_worker_that_a_stub_has_never_answer_is_answered_by_its_token(emulator: Emulator) -> None:
    stub = emulator.task("Charge").never()
    run = emulator.start(machine(task(ACTIVITY)))
    boto3.client("stepfunctions").send_task_success(taskToken=stub.calls[0].token, output="5")
    emulator.finish(run)
    assert kinds(run)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]


def test_a_job_of_kubernetes_that_has_failed_fails_the_task(emulator: Emulator) -> None:
    failed = {"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]}}
    emulator.stub("eks:runJob.sync").returns(failed)
    cluster = {"ClusterName": "k", "CertificateAuthority": "Yw==", "Endpoint": "https://k.example.com"}
    run = emulator.run(of("eks:runJob.sync", {**cluster, "Job": {"apiVersion": "batch/v1", "kind": "Job"}}))
    run.assert_failed(error="States.TaskFailed")
    assert "BackoffLimitExceeded" in str(run.cause)
