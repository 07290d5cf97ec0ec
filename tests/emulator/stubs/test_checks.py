"""A stub that the service could not give is refused: when it is made, or when its machine is known.

``emulator.stub("glue:startJobRun.sync").returns({"JobRunStat": "SUCCEEDED"})`` names the member, the nearest one and
the test's line.
"""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError
from tests.emulator.stubs.conftest import GLUE, INVOKE, machine, task

BATCH = {"JobId": "1", "JobName": "n", "JobQueue": "q", "JobDefinition": "d", "StartedAt": 1}
ACCEPTED: list[tuple[str, Any]] = [
    ("glue:startJobRun", {"JobRunId": "jr_1"}),
    ("glue:startJobRun.sync", {"Id": "jr_1", "JobRunState": "SUCCEEDED", "StartedOn": 1_893_456_000_000}),
    ("athena:startQueryExecution.sync", {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}),
    ("batch:submitJob.sync", {**BATCH, "Status": "SUCCEEDED"}),
    ("ecs:runTask.sync", {"LastStatus": "STOPPED", "Containers": [{"ExitCode": 0}]}),
    ("codebuild:startBuild.sync", {"Build": {"BuildStatus": "SUCCEEDED"}}),
    ("elasticmapreduce:createCluster.sync", {"ClusterId": "j-1"}),
    ("emr-serverless:startApplication", {"ApplicationId": "a"}),
    ("bedrock:invokeModel", {"Body": {"content": [{"text": "hi"}]}, "ContentType": "application/json"}),
    ("dynamodb:getItem", {"Item": {"id": {"S": "1"}}}),
    ("dynamodb:putItem", {}),
    ("sqs:sendMessage", {"MessageId": "1", "MD5OfMessageBody": "0"}),
    ("sqs:sendMessage.waitForTaskToken", {"any": ["value"]}),
    ("lambda:invoke", {"any": ["value"]}),
    ("events:putEvents", {"Entries": [{"EventId": "1"}], "FailedEntryCount": 0}),
    ("http:invoke", {"StatusCode": 200, "ResponseBody": {"id": 1}, "Headers": {}}),
    ("states:startExecution", {"ExecutionArn": "arn", "StartDate": 1}),
    ("aws-sdk:rds:describeDBInstances", {"DbInstances": [{"DbInstanceIdentifier": "db", "AllocatedStorage": 5}]}),
    ("aws-sdk:s3:getObject", {"Body": "text", "ETag": "e", "LastModified": "2030-01-01T00:00:00Z"}),
    ("aws-sdk:textract:detectDocumentText", {"Blocks": [{"BlockType": "LINE", "Confidence": 99.5, "Text": "hi"}]}),
    ("aws-sdk:comprehend:detectSentiment", {"Sentiment": "POSITIVE", "SentimentScore": {"Positive": 1}}),
    ("aws-sdk:dynamodb:query", {"Items": [{"a": {"Nul": True}}], "Count": 1}),
    ("aws-sdk:s3:deleteBucket", {}),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "value"), ACCEPTED)
def test_what_the_service_can_answer_is_accepted(resource: str, value: Any) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        emulator.stub(resource).returns(value)


REFUSED: list[tuple[str, Any, str]] = [
    ("glue:startJobRun.sync", {"JobRunStat": ""}, 'JobRunStat: .* no such member. Did you mean "JobRunState"?'),
    ("glue:startJobRun.sync", {"WorkerType": "G.1Y"}, 'WorkerType: "G.1Y" is not one of its values. Did you'),
    ("glue:startJobRun.sync", {"jobRunState": "SUCCEEDED"}, 'Did you mean "JobRunState"?'),
    ("glue:startJobRun.sync", {"JobRun": {"JobRunState": "SUCCEEDED"}}, "JobRun: .* no such member"),
    ("glue:startJobRun.sync", {"ExecutionTime": "5"}, 'ExecutionTime: "5" is not a whole number'),
    ("athena:startQueryExecution.sync", {"Status": {"State": "SUCCEEDED"}}, 'the one member "QueryExecution"'),
    ("athena:startQueryExecution.sync", {"QueryExecution": {"Status": {"Stat": 1}}}, "QueryExecution.Status.Stat: "),
    ("batch:submitJob", {"JobId": 1, "JobName": "n"}, "JobId: 1 is not a string"),
    ("batch:submitJob", {"JobId": "1"}, "JobName: the required member is missing"),
    ("dynamodb:getItem", {"Item": {"id": "1"}}, 'Item.id: "1" is not an object'),
    ("dynamodb:getItem", {"Item": [1]}, "Item: \\[1\\] is not an object"),
    ("dynamodb:getItem", [], "the result: \\[\\] is not an object"),
    ("lambda:invoke", {"StatusCode": 200, "Payload": {}}, "the whole response of lambda:invoke"),
    ("aws-sdk:rds:describeDBInstances", {"DBInstances": []}, 'Did you mean "DbInstances"?'),
    ("aws-sdk:s3:getObject", {"LastModified": "yesterday"}, "LastModified: \"yesterday\" is not a time"),
    ("aws-sdk:s3:deleteBucket", {"Gone": True}, "Gone: .* no such member"),
    ("aws-sdk:textract:detectDocumentText", {"Blocks": [{}, {"Txt": ""}]}, 'Blocks\\[1\\].Txt: .* mean "Text"?'),
    ("states:startExecution.sync:2", {"Status": "SUCCEEDED"}, "ExecutionArn: the required member is missing"),
    ("http:invoke", {"Status": 200}, 'Status: .* Did you mean "StatusText"?|Did you mean "StatusCode"?'),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "value", "told"), REFUSED)
def test_what_the_service_cannot_answer_is_refused_when_the_stub_is_made(resource: str, value: Any, told: str) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        with pytest.raises(EmulatorError, match=f"(?s)test_checks.py:\\d+: emulator.stub\\(.*{told}"):
            emulator.stub(resource).returns(value)
        emulator.stub(resource).returns(value, check=False)


ERRORS: list[tuple[str, str]] = [
    ("glue:startJobRun.sync", "Glue.ConcurrentRunsExceededException"),
    ("glue:startJobRun.sync", "States.TaskFailed"),
    ("glue:startJobRun", "Glue.AWSGlueException"),
    ("glue:startJobRun", "Glue.ThrottlingException"),
    ("sqs:sendMessage", "SQS.QueueDoesNotExistException"),
    ("sqs:sendMessage.waitForTaskToken", "Anything"),
    ("dynamodb:putItem", "DynamoDB.ConditionalCheckFailedException"),
    ("aws-sdk:dynamodb:putItem", "DynamoDb.ConditionalCheckFailedException"),
    ("aws-sdk:s3:getObject", "S3.NoSuchKeyException"),
    ("states:startExecution.sync", "StepFunctions.StateMachineDoesNotExistException"),
    ("lambda:invoke", "Card.Declined"),
    ("lambda:invoke", "Lambda.TooManyRequestsException"),
    ("lambda:invoke", "States.Timeout"),
    ("http:invoke", "States.Http.StatusCode.503"),
    ("bedrock:invokeModel", "Bedrock.ThrottlingException"),
    ("bedrock:invokeModel", "BedrockRuntime.ThrottlingException"),
    ("apigateway:invoke", "ApiGateway.403"),
    ("events:putEvents", "EventBridge.FailedEntry"),
    ("ecs:runTask.sync", "AmazonECS.Unknown"),
]


@pytest.mark.parametrize(("resource", "error"), ERRORS)
def test_an_error_that_the_service_has_is_accepted(resource: str, error: str) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        emulator.stub(resource).raises(error, "cause")


WRONG_ERRORS: list[tuple[str, str, str]] = [
    ("glue:startJobRun", "Glue.ConcurentRunsExceededException", "Glue.ConcurrentRunsExceededException"),
    ("glue:startJobRun", "ConcurrentRunsExceededException", "Glue.ConcurrentRunsExceededException"),
    ("aws-sdk:dynamodb:putItem", "DynamoDB.ResourceInUseException", "DynamoDb.ResourceInUseException"),
    ("sqs:sendMessage", "SQS.QueueDoesNotExist", "SQS.QueueDoesNotExistException"),
    ("lambda:invoke", "States.TimeOut", "States.Timeout"),
    ("http:invoke", "Http.503", "States.Http.StatusCode.503"),
    ("bedrock:createModelCustomizationJob", "BedrockRuntime.ThrottlingException", "Bedrock.ThrottlingException"),
    ("states:startExecution", "StepFunctions.ExecutionAlreadyExist", "StepFunctions.ExecutionAlreadyExistsException"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "error", "near"), WRONG_ERRORS)
def test_an_error_that_the_service_does_not_have_is_refused_with_the_nearest(
    resource: str, error: str, near: str
) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        with pytest.raises(EmulatorError, match=rf'(?s)test_checks.py:\d+: .*Did you mean "{near}"\?'):
            emulator.stub(resource).raises(error)
        emulator.stub(resource).raises(error, check=False)


def test_a_name_that_no_task_fails_with_is_refused(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r"States\.ALL is what a Catch or Retry matches"):
        emulator.stub("lambda:invoke").raises("States.ALL")
    with pytest.raises(EmulatorError, match=r'has no error "Oops". Its errors begin with Glue\.'):
        emulator.stub("glue:startJobRun").raises("Oops")


WRONG = {"JobRunStat": "SUCCEEDED"}
JOB = task(GLUE, Parameters={"JobName": "etl"})


def test_a_stub_by_state_is_checked_at_once_when_its_machine_is_there(emulator: Emulator) -> None:
    emulator.state_machine(machine(JOB))
    with pytest.raises(EmulatorError, match=r"test_checks.py:\d+: emulator.task\('Charge'\): JobRunStat"):
        emulator.task("Charge").returns(WRONG)


def test_a_stub_by_state_is_checked_when_its_machine_is_made(emulator: Emulator) -> None:
    emulator.task("Charge").returns(WRONG)
    with pytest.raises(EmulatorError, match=r'test_checks.py:\d+: .*Did you mean "JobRunState"'):
        emulator.state_machine(machine(JOB))
    client = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/r"
    with pytest.raises(EmulatorError, match='Did you mean "JobRunState"'):
        client.create_state_machine(name="m", definition=json.dumps(machine(JOB)), roleArn=role)


def test_a_stub_by_state_is_checked_inside_a_map_inside_a_parallel(emulator: Emulator) -> None:
    each = {"Type": "Map", "ItemProcessor": machine(JOB), "End": True}
    outer = machine({"Type": "Parallel", "Branches": [machine(each, "Each")], "End": True}, "Both")
    emulator.task("Charge").for_item(1).returns(WRONG)
    with pytest.raises(EmulatorError, match='Did you mean "JobRunState"'):
        emulator.state_machine(outer)


def test_a_template_with_a_wrong_stub_is_refused(emulator: Emulator, tmp_path: Any) -> None:
    template = tmp_path / "template.json"
    definition = machine(JOB)
    properties = {"Definition": definition, "Role": "arn:aws:iam::123456789012:role/r"}
    template.write_text(
        json.dumps({
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {"Etl": {"Type": "AWS::Serverless::StateMachine", "Properties": properties}},
        })
    )  # fmt: skip
    emulator.task("Charge").returns(WRONG)
    with pytest.raises(EmulatorError, match='Did you mean "JobRunState"'):
        emulator.deploy(template)


def test_what_a_function_of_the_test_gives_is_checked_when_it_is_given(emulator: Emulator) -> None:
    emulator.task("Charge").answers(lambda call: WRONG)
    with pytest.raises(EmulatorError, match=r"answers\(...\) at state 'Charge' of definition: JobRunStat"):
        emulator.run(machine(JOB))
    emulator.task("Invoke").answers(lambda call: {"whatever": 1})
    state = task(INVOKE, Parameters={"FunctionName": "f"})
    assert emulator.run(machine(state, "Invoke")).output["Payload"] == {"whatever": 1}


STATUSES: list[tuple[str, Any, str]] = [
    ("glue:startJobRun.sync", {"JobRunState": "FAILD"}, 'JobRunState: "FAILD" .* Did you mean "FAILED"'),
    ("glue:startJobRun.sync", {"JobRunState": "Failed"}, 'JobRunState: "Failed" .* Did you mean "FAILED"'),
    ("glue:startJobRun.sync", {"JobRunState": "RUNNING"}, 'a job that is "RUNNING" has not ended'),
    ("glue:startJobRun.sync", {"JobRunState": 5}, "a job that is 5 has not ended"),
    ("codebuild:startBuild.sync", {"Build": {"BuildStatus": "FAILD"}}, 'Build.BuildStatus: "FAILD" .*"FAILED"'),
    ("ecs:runTask.sync", {"LastStatus": "STOPED"}, 'LastStatus: "STOPED" .* Did you mean "STOPPED"'),
    ("batch:submitJob.sync", {"Status": "FAILD"}, 'Status: "FAILD" .* Did you mean "FAILED"'),
    ("athena:startQueryExecution.sync", {"QueryExecution": {"Status": {"State": "FAILD"}}}, '"FAILD" .*"FAILED"'),
    ("states:startExecution.sync:2", {"Status": "FAILD"}, 'Status: "FAILD" .* Did you mean "FAILED"'),
    ("sagemaker:createTrainingJob.sync", {"TrainingJobStatus": "Faild"}, '"Faild" .* Did you mean "Failed"'),
    ("eks:deleteCluster.sync", {"Cluster": {"Status": "FAILD"}}, 'Cluster.Status: "FAILD" .* Did you mean "FAILED"'),
]


@pytest.mark.parametrize(("resource", "value", "told"), STATUSES)
def test_a_status_that_ends_no_job_is_refused_also_unchecked(resource: str, value: Any, told: str) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        with pytest.raises(EmulatorError, match=f"test_checks.py:\\d+: .*{told}") as raised:
            emulator.stub(resource).returns(value, check=False)
        assert "check=False" not in str(raised.value)


def test_a_function_s_status_that_ends_no_job_is_refused_also_unchecked(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun.sync").answers(lambda call: {"JobRunState": "FAILD"}, check=False)
    with pytest.raises(EmulatorError, match='Did you mean "FAILED"'):
        emulator.run(machine(task(GLUE, Parameters={"JobName": "report"})))


def test_check_false_is_no_way_out_of_a_status_that_ends_no_job() -> None:
    with Emulator(unused_stubs="allow") as emulator, pytest.raises(EmulatorError) as raised:
        emulator.stub("glue:startJobRun.sync").returns({"JobRunState": "FAILD"})
    assert "check=False" not in str(raised.value)


@pytest.mark.parametrize("value", [{}, {"JobRunState": None}, {"Id": "jr_1"}])
def test_a_job_without_a_status_succeeds(emulator: Emulator, value: Any) -> None:
    emulator.stub("glue:startJobRun.sync").returns(value, check=False)
    assert emulator.run(machine(task(GLUE, Parameters={"JobName": "report"}))).status == "SUCCEEDED"


def test_the_last_status_of_what_is_deleted_is_accepted() -> None:
    with Emulator(unused_stubs="allow") as emulator:
        emulator.stub("eks:deleteCluster.sync").returns({"Cluster": {"Status": "DELETING"}}, check=False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("raises('')", "raises\\(''\\): an error has a name"),
        ("fails_to_start('')", "fails_to_start\\(''\\): an error has a name"),
        ("when(input={'a': [{1: 2}]}).returns(1)", "the key 1 is not text"),
        ("when(input={None: 2}).returns(1)", "the key None is not text"),
        ("after(minutes='x').returns(1)", "after\\(minutes='x'\\): it is not a length of time"),
        ("after(seconds=float('nan')).returns(1)", "it is not a length of time"),
        ("after(hours=1e300).returns(1)", "it is not a length of time"),
        ("after(timedelta(1), hours=1).returns(1)", "hours=1\\): it is not a length of time"),
    ],
)
def test_wrong_arguments_are_refused_with_the_test_s_line(words: str, told: str) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        charge = emulator.task("Charge")
        with pytest.raises(EmulatorError, match=f"emulator.task\\('Charge'\\).*{told}") as raised:
            eval(f"charge.{words}", {"charge": charge, "timedelta": timedelta})
        assert "fix: " in str(raised.value)


def test_a_misspelt_resource_is_refused_with_the_test_s_line(emulator: Emulator) -> None:
    told = r"(?s)test_checks.py:\d+: emulator.stub\(.glu:startJobRun.sync.\): .*Did you mean .glue:startJobRun.sync"
    with pytest.raises(EmulatorError, match=told):
        emulator.stub("glu:startJobRun.sync")
    with pytest.raises(EmulatorError, match=r"test_checks.py:\d+: emulator.task\(''\): give a state's name"):
        emulator.task("")


@pytest.mark.parametrize(
    ("resource", "error", "accepted"),
    [
        ("states:startExecution", "StepFunctions.SdkClientException", True),
        ("states:startExecution.sync:2", "StepFunctions.SdkClientException", True),
        ("http:invoke", "States.Http.StatusCode.404", True),
        ("http:invoke", "States.Http.StatusCode.200", False),
        ("http:invoke", "States.Http.StatusCode.999", False),
        ("apigateway:invoke", "ApiGateway.404", True),
        ("apigateway:invoke", "ApiGateway.200", False),
    ],
)
def test_only_errors_that_a_task_fails_with_are_raised(resource: str, error: str, accepted: bool) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        stub = emulator.stub(resource)
        if accepted:
            stub.raises(error)
            return
        with pytest.raises(EmulatorError, match=error):
            stub.raises(error)
