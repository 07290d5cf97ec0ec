"""Jobs that a Task waits for, where moto has them: their history, their end on the virtual clock, and their stop."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from asl.resources import INTEGRATION_PATTERNS, Resource, parse_resource
from emulator import Emulator, NotEmulatedError, StuckExecutionError
from emulator.aws import names
from emulator.integrations.job import at, members, verdict_of
from emulator.integrations.jobs import JOBS, job_of
from emulator.integrations.optimized import called_operation

TASK = {"Cluster": "c", "TaskDefinition": "f", "LaunchType": "FARGATE"}
QUERY = {"QueryString": "SELECT 1", "WorkGroup": "primary"}


def flow(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return {"StartAt": "Run", "States": {"Run": {**task, **more}}}


@pytest.fixture
def ecs(emulator: Emulator) -> Any:
    """A client of ECS, with the cluster ``c`` and the task definition ``f``."""
    client = boto3.client("ecs")
    client.create_cluster(clusterName="c")
    client.register_task_definition(
        family="f", containerDefinitions=[{"name": "main", "image": "busybox", "memory": 128}]
    )
    return client


@pytest.fixture
def _slow_tasks() -> Iterator[None]:
    """moto moves an ECS task on every ten minutes of virtual time."""
    from moto.moto_api import state_manager

    state_manager.set_transition("ecs::task", {"progression": "time", "seconds": 600})
    yield
    state_manager.unset_transition("ecs::task")


def submitted(execution: Any) -> Any:
    """What the start answered."""
    event = next(each for each in execution.history if each["type"] == "TaskSubmitted")
    return json.loads(event["taskSubmittedEventDetails"]["output"])


@pytest.mark.emulator(accepted_calls=["athena:StartQueryExecution"])
def test_a_job_is_started_described_and_recorded_as_on_aws(emulator: Emulator) -> None:
    run = emulator.run(flow("athena:startQueryExecution.sync", QUERY))
    assert [each["type"] for each in run.history][2:6] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]
    assert sorted(submitted(run)) == ["QueryExecutionId", "SdkHttpMetadata", "SdkResponseMetadata"]
    query = run.output["QueryExecution"]
    assert list(run.output) == ["QueryExecution"]
    assert query["QueryExecutionId"] == submitted(run)["QueryExecutionId"]
    assert query["Status"] == {
        "CompletionDateTime": 1893456000000,
        "State": "SUCCEEDED",
        "SubmissionDateTime": 1893456000000,
    }
    assert list(query) == sorted(query)
    assert run.elapsed == timedelta()


@pytest.mark.emulator(accepted_calls=["ecs:RunTask"])
def test_a_task_of_ecs_is_given_as_one_task_in_the_form_of_its_event(emulator: Emulator, ecs: Any) -> None:
    run = emulator.run(flow("ecs:runTask.sync", TASK))
    assert run.output["LastStatus"] == "STOPPED"
    assert run.output["StartedBy"] == "AWS Step Functions"
    assert run.output["Containers"][0]["ExitCode"] == 0
    assert "PlatformFamily" not in run.output
    assert submitted(run)["Tasks"][0]["TaskArn"] == run.output["TaskArn"]


@pytest.mark.emulator(accepted_calls=["ecs:RunTask"])
@pytest.mark.usefixtures("_slow_tasks")
def test_a_job_ends_when_the_backend_ends_it_on_the_virtual_clock(emulator: Emulator, ecs: Any) -> None:
    run = emulator.start(flow("ecs:runTask.sync", TASK))
    emulator.clock.advance(minutes=5)
    assert run.finish is None
    task = submitted(run)["Tasks"][0]["TaskArn"]
    ecs.stop_task(cluster="c", task=task, reason="no more work")
    emulator.clock.advance(minutes=1)
    assert run.status == "SUCCEEDED", "moto's containers have the exit code 0"
    assert run.output["StoppedReason"] == "no more work"
    assert run.elapsed == timedelta(minutes=6)


@pytest.mark.emulator(accepted_calls=["ecs:RunTask"])
@pytest.mark.usefixtures("_slow_tasks")
def test_a_job_that_the_backend_never_ends_says_what_to_do(emulator: Emulator, ecs: Any) -> None:
    with pytest.raises(StuckExecutionError, match=r"waits in Run for the end of ecs:runTask\.sync") as stuck:
        emulator.run(flow("ecs:runTask.sync", TASK))
    assert 'emulator.stub("ecs:runTask.sync").returns(...)' in str(stuck.value)


def by_timeout(emulator: Emulator) -> Any:
    return emulator.run(flow("ecs:runTask.sync", TASK, TimeoutSeconds=90))


def by_stop(emulator: Emulator) -> Any:
    run = emulator.start(flow("ecs:runTask.sync", TASK))
    emulator.client("stepfunctions").stop_execution(executionArn=run.arn)
    return run


def by_sibling(emulator: Emulator) -> Any:
    wait = {"Type": "Wait", "Seconds": 5, "Next": "Fail"}
    failing = {"StartAt": "Wait", "States": {"Wait": wait, "Fail": {"Type": "Fail"}}}
    branches = {"Type": "Parallel", "Branches": [flow("ecs:runTask.sync", TASK), failing], "End": True}
    return emulator.run({"StartAt": "Both", "States": {"Both": branches}})


@pytest.mark.emulator(accepted_calls=["ecs:RunTask"])
@pytest.mark.usefixtures("_slow_tasks")
@pytest.mark.parametrize("abandon", [by_timeout, by_stop, by_sibling])
def test_an_abandoned_job_is_stopped(emulator: Emulator, ecs: Any, abandon: Callable[[Emulator], Any]) -> None:
    run = abandon(emulator)
    assert run.status in ("FAILED", "ABORTED")
    task = ecs.describe_tasks(cluster="c", tasks=[submitted(run)["Tasks"][0]["TaskArn"]])["tasks"][0]
    assert task["lastStatus"] == "STOPPED"
    assert task["stoppedReason"] == (
        f"The Task state in AWS Step Functions execution [{run.arn}] which was managing this resource was aborted"
    )


@pytest.mark.emulator(accepted_calls=["ecs:RunTask"])
def test_a_start_that_is_refused_fails_the_task_with_the_services_error(emulator: Emulator) -> None:
    run = emulator.run(flow("ecs:runTask.sync", TASK))
    assert run.error == "ECS.ClusterNotFoundException"
    assert run.cause is not None
    assert "(Service: AmazonECS; Status Code: 400; Error Code: ClusterNotFoundException; Request ID: " in run.cause


@pytest.mark.emulator(accepted_calls=["bedrock:CreateModelCustomizationJob"])
def test_a_job_that_fails_gives_its_description_as_the_cause(emulator: Emulator) -> None:
    """A job of Bedrock that is stopped in the test: a status of failure."""
    parameters = {
        "JobName": "j",
        "CustomModelName": "m",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "BaseModelIdentifier": "amazon.titan",
        "TrainingDataConfig": {"S3Uri": "s3://models/train"},
        "OutputDataConfig": {"S3Uri": "s3://models/out"},
        "HyperParameters": {"epochCount": "1"},
    }
    boto3.client("s3").create_bucket(Bucket="models")
    run = emulator.start(flow("bedrock:createModelCustomizationJob.sync", parameters))
    emulator.clock.advance(minutes=1)
    assert run.finish is None
    boto3.client("bedrock").stop_model_customization_job(jobIdentifier="j")
    emulator.clock.advance(minutes=1)
    assert run.error == "States.TaskFailed"
    assert run.cause is not None
    assert run.cause == json.dumps(json.loads(run.cause), separators=(",", ":"))
    assert json.loads(run.cause)["Status"] == "Stopped"


@pytest.mark.emulator(accepted_calls=["batch:SubmitJob"])
def test_a_job_of_batch_starts_no_container(emulator: Emulator) -> None:
    """moto's own default is Docker, in real time."""
    boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    batch, role = boto3.client("batch"), "arn:aws:iam::123456789012:role/r"
    made = batch.create_compute_environment(
        computeEnvironmentName="env", type="UNMANAGED", state="ENABLED", serviceRole=role
    )
    order = [{"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}]
    batch.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    container = {"image": "busybox", "vcpus": 1, "memory": 128, "command": ["true"]}
    batch.register_job_definition(jobDefinitionName="work", type="container", containerProperties=container)
    run = emulator.run(flow("batch:submitJob.sync", {"JobName": "j", "JobQueue": "queue", "JobDefinition": "work"}))
    assert run.output["Status"] == "SUCCEEDED"
    assert run.output["JobId"] == submitted(run)["JobId"]
    mark = {"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
    assert mark in run.output["Container"]["Environment"]


def test_a_job_is_refused_by_name_where_nothing_would_work_at_it(emulator: Emulator) -> None:
    with pytest.raises(NotEmulatedError, match=r"^athena:StartQueryExecution is not emulated"):
        emulator.run(flow("athena:startQueryExecution.sync", QUERY))


def test_things_that_moto_makes_are_waited_for_without_more(emulator: Emulator) -> None:
    cluster = {"Name": "k", "RoleArn": "arn:aws:iam::123456789012:role/r", "ResourcesVpcConfig": {"SubnetIds": ["s"]}}
    run = emulator.run(flow("eks:createCluster.sync", cluster))
    assert run.output["Cluster"]["Status"] == "ACTIVE"
    assert run.output["Cluster"]["Endpoint"].startswith("https://")
    emulator.run(flow("eks:deleteCluster.sync", {"Name": "k"})).assert_succeeded()
    assert boto3.client("eks").list_clusters()["clusters"] == []


def test_a_cluster_of_emr_is_given_as_the_answer_to_its_start(emulator: Emulator) -> None:
    instances = {"InstanceCount": 1, "MasterInstanceType": "m5.large", "KeepJobFlowAliveWhenNoSteps": True}
    run = emulator.run(flow("elasticmapreduce:createCluster.sync", {"Name": "n", "Instances": instances}))
    assert sorted(run.output) == ["ClusterArn", "ClusterId", "SdkHttpMetadata", "SdkResponseMetadata"]
    assert run.output == submitted(run)


@pytest.mark.emulator(accepted_calls=["glue:StartJobRun"])
def test_a_job_of_glue_has_the_name_in_the_answer_to_its_start(emulator: Emulator) -> None:
    """A published sample of AWS reads it (``step-func-etl``), and shows these headers."""
    pytest.importorskip("pyparsing")  # moto's Glue
    boto3.client("glue").create_job(Name="etl", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://b/s"})
    output = emulator.run(flow("glue:startJobRun", {"JobName": "etl"})).output
    assert output["JobName"] == "etl"
    assert next(iter(output["SdkHttpMetadata"]["AllHttpHeaders"])) == "Connection"
    run = emulator.run(flow("glue:startJobRun.sync", {"JobName": "etl"}))
    assert (run.output["JobRunState"], run.output["Id"]) == ("SUCCEEDED", submitted(run)["JobRunId"])
    emulator.stub("glue:startJobRun").returns({"JobRunId": "jr_1"})
    scripted = emulator.run(flow("glue:startJobRun", {"JobName": "etl"})).output
    assert (scripted["JobName"], scripted["JobRunId"]) == ("etl", "jr_1")


# The table --------------------------------------------------------------------------------------------------------

SYNC = [
    (service, action)
    for service, actions in INTEGRATION_PATTERNS.items()
    for action, patterns in actions.items()
    if ".sync" in patterns and service != "states"
]


def test_every_resource_that_waits_has_a_row() -> None:
    assert sorted(SYNC) == sorted(JOBS)
    assert len(JOBS) == 33


@pytest.mark.parametrize(("service", "action"), SYNC, ids=":".join)
def test_a_rows_calls_are_those_of_the_service(service: str, action: str) -> None:
    """The operations exist, take these members, and need no others; the statuses are values of the service's."""
    job = JOBS[service, action]
    if not job.describe:
        assert (service, action) == ("eks", "runJob")
        return
    model = names.service_model(called_operation(service, action).partition(":")[0])
    for name, given in ((job.describe, job.asks), (job.stop, job.stops)):
        asked = model.operation_model(name).input_shape if name else None
        if asked is not None:
            assert given.keys() <= names.verbatim_naming(asked).keys()
            assert {names.verbatim(each) for each in asked.required_members} <= given.keys()
    shape: Any = model.operation_model(job.describe).output_shape
    for step in filter(None, f"{job.at}.{job.ends.status}".split(".")):
        shape = shape.member if step.isdigit() else shape.members[names.verbatim_naming(shape)[step]]
    values = {*job.ends.succeeded, *job.ends.failed}
    assert values
    assert not (shape.enum and values - set(shape.enum)), (values, shape.enum)


def resource(text: str) -> Resource:
    found = parse_resource(f"arn:aws:states:::{text}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("containers", "verdict"),
    [([{"ExitCode": 0}], "succeeded"), ([{"ExitCode": 0}, {"ExitCode": 1}], "failed"), ([{"Name": "a"}], "failed")],
)
def test_a_task_of_ecs_fails_with_any_other_exit_code_than_0(containers: list[Any], verdict: str) -> None:
    job = job_of(resource("ecs:runTask.sync"))
    assert job is not None
    assert verdict_of(job, {"LastStatus": "STOPPED", "Containers": containers}) == verdict
    assert verdict_of(job, {"LastStatus": "RUNNING", "Containers": containers}) is None


def test_a_task_without_sync_waits_for_no_job() -> None:
    assert job_of(resource("ecs:runTask")) is None


def test_members_are_filled_from_their_sources() -> None:
    job = JOBS["glue", "startJobRun"]
    assert members(job.stops, start={"JobRunId": "jr_1"}, given={"JobName": "etl"}) == {
        "JobName": "etl",
        "JobRunIds": ["jr_1"],
    }
    assert members(JOBS["codebuild", "startBuild"].starts, job={"Id": "p:1"}) == {
        "Build": {"Id": "p:1", "BuildStatus": "IN_PROGRESS"}
    }
    assert at(members(JOBS["ecs", "runTask"].starts, job={"TaskArn": "t"}), "Tasks.0.TaskArn") == "t"
