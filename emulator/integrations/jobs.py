"""The jobs of the optimized integrations with ``.sync``: one row for each action.

Sources: the policies for roles in the developer guide (calls, rules of EventBridge), the service models (statuses),
a recording on AWS (``ecs``: ``test_run_task_sync``), results in public repositories (``batch``, ``glue``, ``athena``).
What a job's success and failure look like elsewhere is by analogy: ``Job.unverified`` says so.
"""

from collections.abc import Mapping
from typing import Any, Final

from asl.resources import Resource
from emulator.integrations.job import REASON, Ends, Job, Source, at


def _status(member: str, succeeded: str, failed: str) -> Ends:
    return Ends(member, tuple(succeeded.split()), tuple(failed.split()))


def _every_exit_code_is_0(task: Any) -> bool:
    """A container that did not start has no exit code (recorded: ``test_run_task_sync_raise_failure``)."""
    return all(at(each, "ExitCode") == 0 for each in at(task, "Containers") or [{}])


def _started_by(given: dict[str, Any]) -> dict[str, Any]:
    """Recorded: ``test_run_task_sync``."""
    return {"StartedBy": "AWS Step Functions", **given}


def _as_in_event(task: dict[str, Any]) -> dict[str, Any]:
    """A task as ECS tells EventBridge of it, which is what the state gets (recorded: ``test_run_task_sync``)."""
    kinds = {"ElasticNetworkInterface": "eni"}
    attachments = [{**each, "Type": kinds.get(each.get("Type"), each.get("Type"))} for each in task["Attachments"]]
    return {**{name: value for name, value in task.items() if name != "PlatformFamily"}, "Attachments": attachments}


def _managed(given: dict[str, Any]) -> dict[str, Any]:
    """Developer guide, "Run AWS Batch workloads"."""
    overrides = given.get("ContainerOverrides") or {}
    mark = {"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
    return {**given, "ContainerOverrides": {**overrides, "Environment": [*(overrides.get("Environment") or ()), mark]}}


def _tagged(given: dict[str, Any]) -> dict[str, Any]:
    """Developer guide, "Create AWS Elemental MediaConvert jobs"."""
    return {**given, "Tags": {**(given.get("Tags") or {}), "ManagedByService": "AWSStepFunctions"}}


def _sagemaker(kind: str, rule: str = "") -> Job:
    name = f"{kind}Name"
    return Job(
        f"Describe{kind}",
        {name: f"given.{name}"},
        _status(f"{kind}Status", "Completed", "Failed Stopped"),
        {f"{kind}Arn": f"job.{kind}Arn"},
        stop=f"Stop{kind}",
        stops={name: f"given.{name}"},
        ends_by=rule or "a rule of EventBridge, its name unverified",
        unverified="output",
    )


def _application(succeeded: str, stop: str = "") -> Job:
    return Job(
        "GetApplication",
        {"ApplicationId": "start.ApplicationId"},
        _status("State", succeeded, "TERMINATED" if succeeded != "TERMINATED" else ""),
        {"ApplicationId": "job.ApplicationId"},
        at="Application",
        wrapped="Application",
        stop=stop,
        stops={"ApplicationId": "start.ApplicationId"} if stop else {},
        ends_by="StepFunctionsGetEventsForEMRServerlessApplicationRule",
        unverified="output, failures",
    )


def _of_cluster(kind: str, name: str, failed: str, *, gone: bool = False) -> Job:
    """A part of an EKS cluster, which is made or deleted."""
    asks: Mapping[str, Source] = {"ClusterName": "given.ClusterName", name: f"given.{name}"}
    return Job(
        f"Describe{kind}",
        asks,
        _status("Status", "" if gone else "ACTIVE", failed),
        {f"{kind}.{name}": f"given.{name}", f"{kind}.ClusterName": "given.ClusterName", f"{kind}.Status": "job.Status"},
        at=kind,
        wrapped=kind,
        stop="" if gone else f"Delete{kind}",
        stops={} if gone else asks,
        gone=gone,
        unverified="output",
    )


def _cluster(failed: str, *, gone: bool = False) -> Job:
    return Job(
        "DescribeCluster",
        {"Name": "given.Name"},
        _status("Status", "" if gone else "ACTIVE", failed),
        {"Cluster.Name": "given.Name", "Cluster.Status": "DELETING" if gone else "CREATING"},
        at="Cluster",
        wrapped="Cluster",
        stop="" if gone else "DeleteCluster",
        stops={} if gone else {"Name": "given.Name"},
        gone=gone,
        unverified="output" if gone else "",
    )


def _build(kind: str, several: str, rule: str) -> Job:
    return Job(
        f"BatchGet{several}",
        {"Ids": (f"start.{kind}.Id",)},
        _status(f"{kind}Status", "SUCCEEDED", "FAILED FAULT TIMED_OUT STOPPED"),
        {f"{kind}.Id": "job.Id", f"{kind}.Arn": "job.Arn", f"{kind}.{kind}Status": "IN_PROGRESS"},
        at=f"{several}.0",
        wrapped=kind,
        stop=f"Stop{kind}",
        stops={"Id": f"start.{kind}.Id"},
        ends_by=rule,
        unverified="output but for its member",
    )


_BATCH_RULE: Final = "StepFunctionsGetEventForCodeBuildStartBuildBatchRule"
_SERVERLESS_RULE: Final = "StepFunctionsGetEventsForEMRServerlessJobRule"

JOBS: Final[Mapping[tuple[str, str], Job]] = {
    ("ecs", "runTask"): Job(
        "DescribeTasks",
        {"Cluster": "start.Tasks.0.ClusterArn", "Tasks": ("start.Tasks.0.TaskArn",)},
        Ends("LastStatus", ("STOPPED",), reads=_every_exit_code_is_0),
        {
            "Failures": (),
            "Tasks.0.ClusterArn": "job.ClusterArn",
            "Tasks.0.TaskArn": "job.TaskArn",
            "Tasks.0.TaskDefinitionArn": "job.TaskDefinitionArn",
            "Tasks.0.DesiredStatus": "RUNNING",
            "Tasks.0.LastStatus": "PROVISIONING",
            "Tasks.0.StartedBy": "AWS Step Functions",
        },
        at="Tasks.0",
        stop="StopTask",
        stops={"Cluster": "start.Tasks.0.ClusterArn", "Task": "start.Tasks.0.TaskArn", "Reason": REASON},
        ends_by="StepFunctionsGetEventsForECSTaskRule",
        added=_started_by,
        shown=lambda task: _as_in_event(task) if "Attachments" in task else task,
    ),
    ("batch", "submitJob"): Job(
        "DescribeJobs",
        {"Jobs": ("start.JobId",)},
        _status("Status", "SUCCEEDED", "FAILED"),
        {"JobArn": "job.JobArn", "JobName": "given.JobName", "JobId": "job.JobId"},
        at="Jobs.0",
        stop="TerminateJob",
        stops={"JobId": "start.JobId", "Reason": REASON},
        ends_by="StepFunctionsGetEventsForBatchJobsRule",
        added=_managed,
    ),
    ("glue", "startJobRun"): Job(
        "GetJobRun",
        {"JobName": "given.JobName", "RunId": "start.JobRunId"},
        _status("JobRunState", "SUCCEEDED", "FAILED TIMEOUT ERROR EXPIRED STOPPED"),
        {"JobName": "given.JobName", "JobRunId": "job.Id"},
        at="JobRun",
        stop="BatchStopJobRun",
        stops={"JobName": "given.JobName", "JobRunIds": ("start.JobRunId",)},
        unverified="EXPIRED and STOPPED as failures",
    ),
    ("databrew", "startJobRun"): Job(
        "DescribeJobRun",
        {"Name": "given.Name", "RunId": "start.RunId"},
        _status("State", "SUCCEEDED", "FAILED STOPPED TIMEOUT"),
        {"RunId": "job.RunId"},
        stop="StopJobRun",
        stops={"Name": "given.Name", "RunId": "start.RunId"},
        unverified="output",
    ),
    ("athena", "startQueryExecution"): Job(
        "GetQueryExecution",
        {"QueryExecutionId": "start.QueryExecutionId"},
        _status("Status.State", "SUCCEEDED", "FAILED CANCELLED"),
        {"QueryExecutionId": "job.QueryExecutionId"},
        at="QueryExecution",
        wrapped="QueryExecution",
        stop="StopQueryExecution",
        stops={"QueryExecutionId": "start.QueryExecutionId"},
    ),
    ("codebuild", "startBuild"): _build("Build", "Builds", "StepFunctionsGetEventForCodeBuildStartBuildRule"),
    ("codebuild", "startBuildBatch"): _build("BuildBatch", "BuildBatches", _BATCH_RULE),
    ("codebuild", "retryBuildBatch"): _build("BuildBatch", "BuildBatches", _BATCH_RULE),
    ("sagemaker", "createTrainingJob"): _sagemaker("TrainingJob", "StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
    ("sagemaker", "createTransformJob"): _sagemaker(
        "TransformJob", "StepFunctionsGetEventsForSageMakerTransformJobsRule"
    ),
    ("sagemaker", "createHyperParameterTuningJob"): _sagemaker(
        "HyperParameterTuningJob", "StepFunctionsGetEventsForSageMakerTuningJobsRule"
    ),
    ("sagemaker", "createProcessingJob"): _sagemaker("ProcessingJob"),
    ("sagemaker", "createLabelingJob"): _sagemaker("LabelingJob"),
    ("elasticmapreduce", "createCluster"): Job(
        "DescribeCluster",
        {"ClusterId": "start.ClusterId"},
        _status("Status.State", "WAITING TERMINATED", "TERMINATED_WITH_ERRORS"),
        {"ClusterId": "job.Id", "ClusterArn": "job.ClusterArn"},
        at="Cluster",
        stop="TerminateJobFlows",
        stops={"JobFlowIds": ("start.ClusterId",)},
        gives_start=True,
        ends_by="StepFunctionsGetEventForEMRRunJobFlowRule",
    ),
    ("elasticmapreduce", "terminateCluster"): Job(
        "DescribeCluster",
        {"ClusterId": "given.ClusterId"},
        _status("Status.State", "TERMINATED", "TERMINATED_WITH_ERRORS"),
        {},
        at="Cluster",
        gives_start=True,
        ends_by="StepFunctionsGetEventForEMRTerminateJobFlowsRule",
        unverified="output",
    ),
    ("elasticmapreduce", "addStep"): Job(
        "DescribeStep",
        {"ClusterId": "given.ClusterId", "StepId": "start.StepId"},
        _status("Status.State", "COMPLETED", "CANCELLED FAILED INTERRUPTED"),
        {"StepId": "job.Id"},
        at="Step",
        wrapped="Step",
        stop="CancelSteps",
        stops={"ClusterId": "given.ClusterId", "StepIds": ("start.StepId",)},
        ends_by="StepFunctionsGetEventForEMRAddJobFlowStepsRule",
        unverified="output",
    ),
    ("emr-containers", "startJobRun"): Job(
        "DescribeJobRun",
        {"Id": "start.Id", "VirtualClusterId": "given.VirtualClusterId"},
        _status("State", "COMPLETED", "FAILED CANCELLED"),
        {
            "Arn": "job.Arn",
            "Id": "job.Id",
            "Name": "given.Name",
            "VirtualClusterId": "given.VirtualClusterId",
        },
        at="JobRun",
        wrapped="JobRun",
        stop="CancelJobRun",
        stops={"Id": "start.Id", "VirtualClusterId": "given.VirtualClusterId"},
        unverified="output",
    ),
    ("emr-containers", "deleteVirtualCluster"): Job(
        "DescribeVirtualCluster",
        {"Id": "given.Id"},
        _status("State", "TERMINATED", "ARRESTED"),
        {"Id": "given.Id"},
        at="VirtualCluster",
        wrapped="VirtualCluster",
        gone=True,
        unverified="output",
    ),
    ("emr-serverless", "startJobRun"): Job(
        "GetJobRun",
        {"ApplicationId": "given.ApplicationId", "JobRunId": "start.JobRunId"},
        _status("State", "SUCCESS", "FAILED CANCELLED"),
        {"ApplicationId": "given.ApplicationId", "JobRunId": "job.JobRunId", "Arn": "job.Arn"},
        at="JobRun",
        wrapped="JobRun",
        stop="CancelJobRun",
        stops={"ApplicationId": "given.ApplicationId", "JobRunId": "start.JobRunId"},
        ends_by=_SERVERLESS_RULE,
        unverified="output",
    ),
    ("emr-serverless", "cancelJobRun"): Job(
        "GetJobRun",
        {"ApplicationId": "given.ApplicationId", "JobRunId": "given.JobRunId"},
        _status("State", "CANCELLED", "SUCCESS FAILED"),
        {"ApplicationId": "given.ApplicationId", "JobRunId": "given.JobRunId"},
        at="JobRun",
        wrapped="JobRun",
        ends_by=_SERVERLESS_RULE,
        unverified="output, failures",
    ),
    ("emr-serverless", "createApplication"): _application("CREATED STARTED", "DeleteApplication"),
    ("emr-serverless", "startApplication"): _application("STARTED", "StopApplication"),
    ("emr-serverless", "stopApplication"): _application("STOPPED"),
    ("emr-serverless", "deleteApplication"): _application("TERMINATED"),
    ("eks", "createCluster"): _cluster("FAILED"),
    ("eks", "deleteCluster"): _cluster("FAILED", gone=True),
    ("eks", "createFargateProfile"): _of_cluster("FargateProfile", "FargateProfileName", "CREATE_FAILED"),
    ("eks", "deleteFargateProfile"): _of_cluster("FargateProfile", "FargateProfileName", "DELETE_FAILED", gone=True),
    ("eks", "createNodegroup"): _of_cluster("Nodegroup", "NodegroupName", "CREATE_FAILED DEGRADED"),
    ("eks", "deleteNodegroup"): _of_cluster("Nodegroup", "NodegroupName", "DELETE_FAILED", gone=True),
    ("eks", "runJob"): Job("", {}, Ends(""), {}, unverified="output but for `logs`"),
    ("bedrock", "createModelCustomizationJob"): Job(
        "GetModelCustomizationJob",
        {"JobIdentifier": "given.JobName"},
        _status("Status", "Completed", "Failed Stopped"),
        {"JobArn": "job.JobArn"},
        stop="StopModelCustomizationJob",
        stops={"JobIdentifier": "given.JobName"},
        unverified="output, how the end is learnt",
    ),
    ("mediaconvert", "createJob"): Job(
        "GetJob",
        {"Id": "start.Job.Id"},
        _status("Status", "COMPLETE", "ERROR CANCELED"),
        {"Job.Id": "job.Id", "Job.Arn": "job.Arn", "Job.Status": "SUBMITTED"},
        at="Job",
        wrapped="Job",
        stop="CancelJob",
        stops={"Id": "start.Job.Id"},
        ends_by="StepFunctionsGetEventsForMediaConvertJobRule",
        unverified="output",
        added=_tagged,
    ),
}
"""Service and action of a resource with ``.sync`` -> its job. ``states`` has a module of its own
(``emulator.targets.nested``)."""


def job_of(resource: Resource) -> Job | None:
    """The job that a task of ``resource`` waits for, if it waits for one of a service."""
    if not resource.pattern.startswith(".sync"):
        return None
    return JOBS.get((resource.service, resource.action))
