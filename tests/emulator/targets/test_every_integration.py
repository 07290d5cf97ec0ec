"""Every optimized integration, in every pattern: refused by name or called for real, and scripted by a stub."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import boto3
import pytest

from asl.resources import INTEGRATION_PATTERNS, Resource, parse_resource
from emulator import Emulator, NotEmulatedError
from emulator.integrations.jobs import job_of
from emulator.integrations.optimized import called_operation
from emulator.targets.registry import resources
from tests.emulator.aws.test_promises import ROLE

ROWS: Final = [
    f"{service}:{action}{pattern}"
    for service, actions in INTEGRATION_PATTERNS.items()
    for action, patterns in actions.items()
    for pattern in patterns
]
EMULATED: Final = {text.rpartition(":::")[2]: says for text, says in resources()}
OWN: Final = ("lambda", "states", "http", "apigateway")
"""Services with tests of their own, for calls without a stub."""
CLUSTER: Final = {"ClusterName": "k", "CertificateAuthority": "Yw==", "Endpoint": "https://k.example.com"}
SUBNETS: Final = {"SubnetIds": ["subnet-1"]}
IMAGE: Final = "123456789012.dkr.ecr.us-east-1.amazonaws.com/model:1"
OUTPUT: Final = {"S3OutputPath": "s3://models/out"}
RESOURCES: Final = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
MACHINE: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:inner"

PARAMETERS: Final[Mapping[str, dict[str, Any]]] = {
    "lambda:invoke": {"FunctionName": "charge"},
    "sqs:sendMessage": {"QueueUrl": "{queue}", "MessageBody": "hello"},
    "sns:publish": {"TopicArn": "{topic}", "Message": "hello"},
    "dynamodb:getItem": {"TableName": "things", "Key": {"id": {"S": "1"}}},
    "dynamodb:putItem": {"TableName": "things", "Item": {"id": {"S": "1"}}},
    "dynamodb:updateItem": {
        "TableName": "things",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "SET n = :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    },
    "dynamodb:deleteItem": {"TableName": "things", "Key": {"id": {"S": "1"}}},
    "events:putEvents": {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {}}]},
    "states:startExecution": {"StateMachineArn": MACHINE},
    "apigateway:invoke": {"ApiEndpoint": "a.execute-api.us-east-1.amazonaws.com", "Method": "GET"},
    "http:invoke": {
        "ApiEndpoint": "https://example.com",
        "Method": "GET",
        "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1"},
    },
    "ecs:runTask": {"Cluster": "c", "TaskDefinition": "f", "LaunchType": "FARGATE"},
    "batch:submitJob": {"JobName": "j", "JobQueue": "queue", "JobDefinition": "work"},
    "glue:startJobRun": {"JobName": "etl"},
    "databrew:startJobRun": {"Name": "clean"},
    "athena:startQueryExecution": {"QueryString": "SELECT 1", "WorkGroup": "primary"},
    "athena:stopQueryExecution": {"QueryExecutionId": "{query}"},
    "athena:getQueryExecution": {"QueryExecutionId": "{query}"},
    "athena:getQueryResults": {"QueryExecutionId": "{query}"},
    "codebuild:startBuild": {"ProjectName": "site"},
    "codebuild:startBuildBatch": {"ProjectName": "site"},
    "codebuild:retryBuildBatch": {"Id": "site:1"},
    "codebuild:stopBuild": {"Id": "{build}"},
    "codebuild:stopBuildBatch": {"Id": "site:1"},
    "codebuild:deleteBuildBatch": {"Id": "site:1"},
    "codebuild:batchDeleteBuilds": {"Ids": ["site:1"]},
    "codebuild:batchGetReports": {"ReportArns": ["arn:aws:codebuild:us-east-1:123456789012:report/r:1"]},
    "sagemaker:createTrainingJob": {
        "TrainingJobName": "train",
        "RoleArn": ROLE,
        "OutputDataConfig": OUTPUT,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "ResourceConfig": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    },
    "sagemaker:createTransformJob": {
        "TransformJobName": "transform",
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://models/in"}}},
        "TransformOutput": OUTPUT,
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    },
    "sagemaker:createProcessingJob": {
        "ProcessingJobName": "process",
        "ProcessingResources": {"ClusterConfig": RESOURCES},
        "AppSpecification": {"ImageUri": IMAGE},
        "RoleArn": ROLE,
    },
    "sagemaker:createLabelingJob": {
        "LabelingJobName": "label",
        "LabelAttributeName": "a",
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://models/in"}}},
        "OutputConfig": OUTPUT,
        "RoleArn": ROLE,
        "HumanTaskConfig": {
            "WorkteamArn": "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/w",
            "UiConfig": {},
            "TaskTitle": "t",
            "TaskDescription": "d",
            "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 60,
        },
    },
    "sagemaker:createHyperParameterTuningJob": {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
        },
    },
    "sagemaker:createModel": {
        "ModelName": "model",
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://models/m"},
    },
    "sagemaker:createEndpointConfig": {
        "EndpointConfigName": "config",
        "ProductionVariants": [
            {"VariantName": "v", "ModelName": "made", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        ],
    },
    "sagemaker:createEndpoint": {"EndpointName": "point", "EndpointConfigName": "made"},
    "sagemaker:updateEndpoint": {"EndpointName": "point", "EndpointConfigName": "made"},
    "elasticmapreduce:createCluster": {
        "Name": "n",
        "Instances": {"InstanceCount": 1, "MasterInstanceType": "m5.large", "KeepJobFlowAliveWhenNoSteps": True},
    },
    "elasticmapreduce:terminateCluster": {"ClusterId": "{flow}"},
    "elasticmapreduce:addStep": {"ClusterId": "{flow}", "Step": {"Name": "s", "HadoopJarStep": {"Jar": "j"}}},
    "elasticmapreduce:cancelStep": {"ClusterId": "{flow}", "StepId": "s-1"},
    "elasticmapreduce:setClusterTerminationProtection": {"ClusterId": "{flow}", "TerminationProtected": True},
    "elasticmapreduce:modifyInstanceFleetByName": {
        "ClusterId": "{flow}",
        "InstanceFleetName": "fleet",
        "InstanceFleet": {"TargetOnDemandCapacity": 2},
    },
    "elasticmapreduce:modifyInstanceGroupByName": {
        "ClusterId": "{flow}",
        "InstanceGroupName": "master",
        "InstanceGroup": {"InstanceCount": 2},
    },
    "emr-containers:createVirtualCluster": {
        "Name": "v",
        "ContainerProvider": {"Type": "EKS", "Id": "k", "Info": {"EksInfo": {"Namespace": "other"}}},
    },
    "emr-containers:deleteVirtualCluster": {"Id": "{virtual}"},
    "emr-containers:startJobRun": {
        "VirtualClusterId": "{virtual}",
        "ExecutionRoleArn": ROLE,
        "ReleaseLabel": "emr-6.3.0-latest",
        "JobDriver": {"SparkSubmitJobDriver": {"EntryPoint": "s3://models/main.py"}},
        "Name": "r",
    },
    "emr-serverless:createApplication": {"Name": "n", "ReleaseLabel": "emr-6.6.0", "Type": "SPARK"},
    "emr-serverless:startApplication": {"ApplicationId": "{application}"},
    "emr-serverless:stopApplication": {"ApplicationId": "{application}"},
    "emr-serverless:deleteApplication": {"ApplicationId": "{stopped}"},
    "emr-serverless:startJobRun": {
        "ApplicationId": "{application}",
        "ExecutionRoleArn": ROLE,
        "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://models/main.py"}},
        "Name": "r",
    },
    "emr-serverless:cancelJobRun": {"ApplicationId": "{application}", "JobRunId": "{run}"},
    "eks:createCluster": {"Name": "new", "RoleArn": ROLE, "ResourcesVpcConfig": SUBNETS},
    "eks:deleteCluster": {"Name": "spare"},
    "eks:createFargateProfile": {
        "FargateProfileName": "p",
        "ClusterName": "k",
        "PodExecutionRoleArn": ROLE,
        "Selectors": [{"Namespace": "default"}],
    },
    "eks:deleteFargateProfile": {"FargateProfileName": "spare", "ClusterName": "k"},
    "eks:createNodegroup": {
        "ClusterName": "k",
        "NodegroupName": "n",
        "Subnets": ["subnet-1"],
        "NodeRole": ROLE,
    },
    "eks:deleteNodegroup": {"ClusterName": "k", "NodegroupName": "spare"},
    "eks:runJob": {**CLUSTER, "Job": {"apiVersion": "batch/v1", "kind": "Job"}},
    "eks:call": {**CLUSTER, "Method": "GET", "Path": "/api/v1/namespaces"},
    "bedrock:invokeModel": {"ModelId": "m", "Body": {"prompt": "hello"}},
    "bedrock:createModelCustomizationJob": {
        "JobName": "j",
        "CustomModelName": "m",
        "RoleArn": ROLE,
        "BaseModelIdentifier": "amazon.titan",
        "TrainingDataConfig": {"S3Uri": "s3://models/train"},
        "OutputDataConfig": {"S3Uri": "s3://models/out"},
        "HyperParameters": {"epochCount": "1"},
    },
    "bedrockagentcore:invokeHarness": {"HarnessArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:harness/h"},
    "mediaconvert:createJob": {"Role": ROLE, "Settings": {}},
}
"""Service and action -> the parameters of a task; ``{queue}`` is filled in by ``made``."""


# What the calls are about ---------------------------------------------------------------------------------------------


def _tables() -> dict[str, str]:
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    boto3.client("dynamodb").create_table(TableName="things", AttributeDefinitions=attributes, **keys)
    return {}


def _containers() -> dict[str, str]:
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(family="f", containerDefinitions=[{"name": "main", "image": "busybox", "memory": 128}])
    return {}


def _batch() -> dict[str, str]:
    boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    batch = boto3.client("batch")
    made = batch.create_compute_environment(computeEnvironmentName="env", type="UNMANAGED", serviceRole=ROLE)
    order = [{"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}]
    batch.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    container = {"image": "busybox", "vcpus": 1, "memory": 128}
    batch.register_job_definition(jobDefinitionName="work", type="container", containerProperties=container)
    return {}


def _query() -> dict[str, str]:
    query = boto3.client("athena").start_query_execution(QueryString="SELECT 1", WorkGroup="primary")
    return {"query": query["QueryExecutionId"]}


def _build() -> dict[str, str]:
    build = boto3.client("codebuild")
    build.create_project(
        name="site",
        source={"type": "S3", "location": "models/src"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=ROLE,
    )
    return {"build": build.start_build(projectName="site")["build"]["id"]}


def _models() -> dict[str, str]:
    sagemaker = boto3.client("sagemaker")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/m"}
    sagemaker.create_model(ModelName="made", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "v", "ModelName": "made", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="made", ProductionVariants=[variant])
    return {}


def _flow() -> dict[str, str]:
    group = {"Name": "master", "InstanceRole": "MASTER", "InstanceType": "m5.large", "InstanceCount": 1}
    instances = {"InstanceGroups": [group], "KeepJobFlowAliveWhenNoSteps": True}
    return {"flow": boto3.client("emr").run_job_flow(Name="n", Instances=instances)["JobFlowId"]}


def _kubernetes() -> dict[str, str]:
    eks = boto3.client("eks")
    for name in ("k", "spare"):
        eks.create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    eks.create_nodegroup(clusterName="k", nodegroupName="spare", subnets=["subnet-1"], nodeRole=ROLE)
    eks.create_fargate_profile(
        clusterName="k", fargateProfileName="spare", podExecutionRoleArn=ROLE, selectors=[{"namespace": "default"}]
    )
    return {}


def _virtual() -> dict[str, str]:
    client = boto3.client("emr-containers")
    provider = {"type": "EKS", "id": "k", "info": {"eksInfo": {"namespace": "default"}}}
    return {"virtual": client.create_virtual_cluster(name="made", containerProvider=provider)["id"]}


def _application() -> dict[str, str]:
    client = boto3.client("emr-serverless")
    first, second = (
        client.create_application(name=name, releaseLabel="emr-6.6.0", type="SPARK")["applicationId"]
        for name in ("made", "stopped")
    )
    client.stop_application(applicationId=second)
    started = client.start_job_run(
        applicationId=first,
        executionRoleArn=ROLE,
        jobDriver={"sparkSubmit": {"entryPoint": "s3://models/main.py"}},
    )
    return {"application": first, "stopped": second, "run": started["jobRunId"]}


def _bucket() -> dict[str, str]:
    boto3.client("s3").create_bucket(Bucket="models")
    return {}


MADE: Final[Mapping[str, Callable[[], dict[str, str]]]] = {
    "sqs": lambda: {"queue": boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"]},
    "sns": lambda: {"topic": boto3.client("sns").create_topic(Name="t")["TopicArn"]},
    "dynamodb": _tables,
    "ecs": _containers,
    "batch": _batch,
    "athena": _query,
    "codebuild": _build,
    "sagemaker": _models,
    "elasticmapreduce": _flow,
    "eks": _kubernetes,
    "emr-containers": _virtual,
    "emr-serverless": _application,
    "bedrock": _bucket,
}
"""Service -> makes what its tasks are about, and gives what their parameters name."""

PREPARED: Final = ("athena:StartQueryExecution", "codebuild:StartBuild", "emr-serverless:StartJobRun")
"""Calls of ``MADE`` that are accepted."""


def resource_of(text: str) -> Resource:
    found = parse_resource(f"arn:aws:states:::{text}")
    assert found is not None
    return found


def given(value: Any, made: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: given(each, made) for name, each in value.items()}
    return made.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


def flow(text: str, made: Mapping[str, str] | None = None) -> dict[str, Any]:
    parameters = given(PARAMETERS[text.partition(".")[0]], made or {})
    if text.endswith(".waitForTaskToken"):
        parameters = {**parameters, **TOKEN.get(text.partition(".")[0], {})}
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{text}", "Parameters": parameters, "End": True}
    return {"StartAt": "Run", "States": {"Run": {**task, "TimeoutSeconds": 3600}}}


TOKEN: Final[Mapping[str, dict[str, Any]]] = {
    "lambda:invoke": {"Payload": {"token.$": "$$.Task.Token"}},
    "sqs:sendMessage": {"MessageBody": {"token.$": "$$.Task.Token"}},
    "sns:publish": {"Message": {"token.$": "$$.Task.Token"}},
    "events:putEvents": {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {"token.$": "$$.Task.Token"}}]},
    "states:startExecution": {"Input": {"token.$": "$$.Task.Token"}},
    "apigateway:invoke": {"RequestBody": {"token.$": "$$.Task.Token"}},
    "ecs:runTask": {
        "Overrides": {
            "ContainerOverrides": [{"Name": "main", "Environment": [{"Name": "T", "Value.$": "$$.Task.Token"}]}]
        }
    },
    "bedrock:invokeModel": {"Body": {"token.$": "$$.Task.Token"}},
}


# The rows -------------------------------------------------------------------------------------------------------------


def test_every_row_is_tried() -> None:
    assert len(ROWS) == 107
    assert {row.partition(".")[0] for row in ROWS} == PARAMETERS.keys()


@pytest.mark.parametrize("row", [row for row in ROWS if EMULATED[row] != "yes"])
def test_a_row_that_is_not_emulated_is_refused_by_name_and_says_what_to_do(emulator: Emulator, row: str) -> None:
    """As ``docs/supported.md`` says of it."""
    says = EMULATED[row]
    with pytest.raises(NotEmulatedError) as refused:
        emulator.run(flow(row))
    text = str(refused.value)
    assert f"emulator.stub('{row}').returns(...)" in text
    assert "emulator.task('Run').returns(...)" in text
    assert "state 'Run' of definition" in text
    assert (f"accepted_calls=['{called(row)}']" in text) is ("accepted_calls" in says or "codebuild:startBuildB" in row)


def called(row: str) -> str:
    resource = resource_of(row)
    return called_operation(resource.service, resource.action)


def _can_be_called(row: str) -> bool:
    says = EMULATED[row]
    return row.partition(":")[0] not in (*OWN, "glue") and (says == "yes" or "accepted_calls" in says)


@pytest.mark.parametrize("row", [row for row in ROWS if _can_be_called(row)])
def test_a_row_that_moto_has_is_called_for_real(row: str) -> None:
    says = EMULATED[row]
    accepted = [*PREPARED, *([called(row)] if "accepted_calls" in says else [])]
    with Emulator(accepted_calls=sorted(set(accepted))) as emulator:
        made = MADE.get(row.partition(":")[0], dict)()
        run = emulator.start(flow(row, made))
        emulator.clock.advance(minutes=2)
        kinds = [each["type"] for each in run.history]
        if resource_of(row).waits:
            assert "TaskSubmitted" in kinds, (run.error, run.cause)
        if row.endswith(".waitForTaskToken"):
            assert run.finish is None
        elif row in NEVER_ENDS:
            assert run.finish is None, "moto never ends it"
        else:
            assert run.status == "SUCCEEDED", (run.error, run.cause)


NEVER_ENDS: Final = (
    "bedrock:createModelCustomizationJob.sync",
    "emr-containers:startJobRun.sync",
    "elasticmapreduce:addStep.sync",
)


@pytest.mark.parametrize(
    ("action", "parameters", "says"),
    [
        (
            "translate:translateText",
            {"Text": "a", "SourceLanguageCode": "en", "TargetLanguageCode": "de"},
            "translate:TranslateText: moto does not have this service",
        ),
        (
            "comprehend:detectEntities",
            {"Text": "a", "LanguageCode": "en"},
            "comprehend:DetectEntities: moto does not have this operation",
        ),
        (
            "comprehend:detectSentiment",
            {"Text": "a", "LanguageCode": "en"},
            "comprehend:DetectSentiment is not emulated: moto cannot compute the result",
        ),
        ("bedrockruntime:converse", {"ModelId": "m"}, "bedrock-runtime:Converse: moto does not have this operation"),
    ],
)
def test_an_action_of_the_sdk_that_moto_lacks_says_so_and_takes_a_stub(
    emulator: Emulator, action: str, parameters: dict[str, Any], says: str
) -> None:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{action}", "Parameters": parameters, "End": True}
    machine = emulator.state_machine({"StartAt": "Run", "States": {"Run": task}})
    with pytest.raises(NotEmulatedError) as refused:
        emulator.run(machine)
    first, second = str(refused.value).splitlines()[:2]
    assert first.startswith(says)
    assert first.endswith("(state 'Run' of definition)")
    assert second.startswith("    fix: emulator.task('Run').returns(...)")
    emulator.stub(f"aws-sdk:{action}").returns({}, check=False)
    assert emulator.run(machine).output == {}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_takes_a_stub(emulator: Emulator, row: str) -> None:
    resource = resource_of(row)
    job = job_of(resource)
    value: Any = {"told": True}
    if job is not None and job.ends.status and not job.gives_start:
        value = ended(job.ends.status, job.ends.succeeded or ("ACTIVE",))
        if job.ends.reads is not None:
            value["Containers"] = [{"ExitCode": 0}]
        value = {job.wrapped: value} if job.wrapped else value
    takes = timedelta(minutes=1 if row == "http:invoke" else 5)  # an HTTP Task may take 60 seconds
    stub = emulator.stub(row).after(takes).returns(value, check=resource.service == "lambda")
    run = emulator.run(flow(row))
    assert run.status == "SUCCEEDED", (run.error, run.cause)
    output = run.output["Payload"] if row == "lambda:invoke" else run.output
    assert output == value
    assert run.elapsed == takes
    assert stub.call_count == 1
    assert ("TaskSubmitted" in [each["type"] for each in run.history]) is resource.waits


def ended(path: str, values: tuple[str, ...]) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: ended(rest, values) if rest else values[0]}
