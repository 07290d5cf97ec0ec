"""Stubs that answer the calls of boto3: of a handler, of a test, of a client over HTTP.

A handler calls Bedrock, Comprehend or Glue itself; the test stubs the action, and looks at what was asked.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from emulator import Emulator, EmulatorError, NotEmulatedError, TaskError
from emulator.aws.http import HttpRequest
from emulator.http_requests import answer

CHARGE = {
    "StartAt": "Check",
    "States": {
        "Check": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:check", "End": True}
    },
}


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def test_a_handler_gets_the_answer_of_a_stub(emulator: Emulator) -> None:
    def check(event: Any, context: Any) -> Any:
        said = client("comprehend").detect_sentiment(Text=event["text"], LanguageCode="en")
        return {"sentiment": said["Sentiment"], "sure": said["SentimentScore"]["Positive"]}

    emulator.lambda_function("check", check)
    stub = emulator.stub("aws-sdk:comprehend:detectSentiment").returns(
        {"Sentiment": "POSITIVE", "SentimentScore": {"Positive": 0.9}}
    )
    run = emulator.run(CHARGE, {"text": "good"})
    assert run.output == {"sentiment": "POSITIVE", "sure": 0.9}
    stub.assert_called_once_with({"Text": "good", "LanguageCode": "en"})
    (call,) = stub.calls
    assert call.execution is run
    assert "function check" in repr(call)
    assert emulator.answered.stubbed == {"aws-sdk:comprehend:detectSentiment": 1}


def test_the_stub_comes_before_moto(emulator: Emulator) -> None:
    emulator.stub("aws-sdk:glue:getJobRun").returns(
        {"JobRun": {"Id": "jr_1", "JobRunState": "FAILED", "StartedOn": "2026-01-02T03:04:05Z"}}
    )
    run = client("glue").get_job_run(JobName="etl", RunId="jr_1")["JobRun"]
    assert run == {"Id": "jr_1", "JobRunState": "FAILED", "StartedOn": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("resource", "body"),
    [("bedrock:invokeModel", {"text": "hi"}), ("aws-sdk:bedrockruntime:invokeModel", '{"text":"hi"}')],
)
def test_a_streamed_body_is_read(emulator: Emulator, resource: str, body: Any) -> None:
    stub = emulator.stub(resource).returns({"Body": body, "ContentType": "application/json"})
    answer = client("bedrock-runtime").invoke_model(modelId="m", body=json.dumps({"prompt": "x"}))
    assert json.loads(answer["body"].read()) == {"text": "hi"}
    assert answer["contentType"] == "application/json"
    sent = stub.calls[0].input
    assert sent["ModelId"] == "m"
    assert sent["Body"] == ({"prompt": "x"} if resource == "bedrock:invokeModel" else '{"prompt": "x"}')


def test_nested_members_have_the_names_of_step_functions(emulator: Emulator) -> None:
    said = {"Role": "assistant", "Content": [{"Text": "hello"}]}
    stub = emulator.stub("aws-sdk:bedrockruntime:converse").returns(
        {"Output": {"Message": said}, "StopReason": "end_turn"}, check=False
    )
    answer = client("bedrock-runtime").converse(modelId="m", messages=[{"role": "user", "content": [{"text": "hi"}]}])
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "hello"}]}
    assert stub.calls[0].input["Messages"] == [{"Role": "user", "Content": [{"Text": "hi"}]}]


@pytest.mark.parametrize(
    ("resource", "service", "call", "members", "given", "expected"),
    [
        ("aws-sdk:ses:sendEmail", "ses", "send_email",
         {"Source": "a@b.c", "Destination": {}, "Message": {"Subject": {"Data": "s"}, "Body": {}}},
         {"MessageId": "m-1"}, {"MessageId": "m-1"}),
        ("aws-sdk:ec2:describeKeyPairs", "ec2", "describe_key_pairs", {},
         {"KeyPairs": [{"KeyName": "k"}]}, {"KeyPairs": [{"KeyName": "k"}]}),
        ("aws-sdk:cloudfront:getInvalidation", "cloudfront", "get_invalidation", {"DistributionId": "d", "Id": "i"},
         {"Invalidation": {"Id": "i", "Status": "Completed", "CreateTime": "2026-01-02T03:04:05Z",
                           "InvalidationBatch": {"CallerReference": "c", "Paths": {"Quantity": 1, "Items": ["/x"]}}}},
         {"Invalidation": {"Id": "i", "Status": "Completed",
                           "CreateTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                           "InvalidationBatch": {"CallerReference": "c", "Paths": {"Quantity": 1, "Items": ["/x"]}}}}),
        ("aws-sdk:batch:listJobs", "batch", "list_jobs", {"jobQueue": "q"},
         {"JobSummaryList": [{"JobId": "j", "JobName": "n"}]},
         {"jobSummaryList": [{"jobId": "j", "jobName": "n"}]}),
        ("aws-sdk:rekognition:detectFaces", "rekognition", "detect_faces", {"Image": {"Bytes": b"x"}},
         {"FaceDetails": [{"Confidence": 99.5}]}, {"FaceDetails": [{"Confidence": 99.5}]}),
        ("elasticmapreduce:addStep", "emr", "add_job_flow_steps", {"JobFlowId": "j", "Steps": []},
         {"StepId": "s-1"}, {"StepIds": ["s-1"]}),
    ],
)  # fmt: skip
def test_every_protocol_is_written(
    emulator: Emulator, resource: str, service: str, call: str, members: Any, given: Any, expected: Any
) -> None:
    emulator.stub(resource).returns(given)
    answer = getattr(client(service), call)(**members)
    answer.pop("ResponseMetadata")
    assert answer == expected


def test_bytes_that_are_no_text_are_given_in_base64(emulator: Emulator) -> None:
    emulator.stub("aws-sdk:polly:synthesizeSpeech").returns({"AudioStream": "/+8=", "ContentType": "audio/mpeg"})
    answer = client("polly").synthesize_speech(Text="x", OutputFormat="mp3", VoiceId="Amy")
    assert answer["AudioStream"].read() == b"\xff\xef"


@pytest.mark.parametrize(
    ("resource", "error", "service", "call", "members", "code"),
    [
        ("aws-sdk:glue:getJobRun", "Glue.EntityNotFoundException", "glue", "get_job_run",
         {"JobName": "etl", "RunId": "r"}, "EntityNotFoundException"),
        ("aws-sdk:bedrockruntime:invokeModel", "BedrockRuntime.ThrottlingException", "bedrock-runtime",
         "invoke_model", {"modelId": "m", "body": "{}"}, "ThrottlingException"),
        ("aws-sdk:ses:sendEmail", "Ses.MessageRejectedException", "ses", "send_email",
         {"Source": "a", "Destination": {}, "Message": {"Subject": {"Data": "s"}, "Body": {}}}, "MessageRejected"),
    ],
)  # fmt: skip
def test_an_error_is_boto3s(
    emulator: Emulator, resource: str, error: str, service: str, call: str, members: Any, code: str
) -> None:
    stub = emulator.stub(resource).raises(error, "not now")
    with pytest.raises(ClientError) as raised:
        getattr(client(service), call)(**members)
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["Error"]["Message"] == "not now"
    assert stub.call_count >= 1


def test_a_client_that_asks_again_waits_on_the_virtual_clock(emulator: Emulator) -> None:
    stub = emulator.stub("aws-sdk:comprehend:detectSentiment")
    stub.raises("Comprehend.ThrottlingException", times=2).then.returns({"Sentiment": "MIXED"})
    began = emulator.clock.now()
    assert client("comprehend").detect_sentiment(Text="x", LanguageCode="en")["Sentiment"] == "MIXED"
    assert stub.call_count == 3
    assert emulator.clock.now() > began


def test_headers_are_texts(emulator: Emulator) -> None:
    stub = emulator.stub("aws-sdk:sagemakerruntime:invokeEndpoint").returns({"Body": "[1]"})
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=b"[0]", ContentType="application/json")
    assert answer["Body"].read() == b"[1]"
    stub.assert_called_once_with({"EndpointName": "e", "Body": "[0]", "ContentType": "application/json"})


def test_a_function_answers_and_a_condition_decides(emulator: Emulator) -> None:
    def says(call: Any) -> Any:
        if call.input["LanguageCode"] == "xx":
            raise TaskError("Comprehend.UnsupportedLanguageException", "xx")
        return {"Sentiment": call.input["Text"].upper()}

    stub = emulator.stub("aws-sdk:comprehend:detectSentiment")
    stub.answers(says)
    stub.when(input={"Text": "bad"}).returns({"Sentiment": "NEGATIVE"})
    comprehend = client("comprehend")
    assert comprehend.detect_sentiment(Text="mixed", LanguageCode="en")["Sentiment"] == "MIXED"
    assert comprehend.detect_sentiment(Text="bad", LanguageCode="en")["Sentiment"] == "NEGATIVE"
    with pytest.raises(comprehend.exceptions.UnsupportedLanguageException):
        comprehend.detect_sentiment(Text="x", LanguageCode="xx")


def test_an_answer_takes_the_time_that_its_stub_says(emulator: Emulator) -> None:
    def check(event: Any, context: Any) -> str:
        return str(client("translate").translate_text(Text="x", SourceLanguageCode="en", TargetLanguageCode="de"))

    emulator.lambda_function("check", check)
    emulator.stub("aws-sdk:translate:translateText").after(seconds=2).returns(
        {"TranslatedText": "y", "SourceLanguageCode": "en", "TargetLanguageCode": "de"}
    )
    assert emulator.run(CHARGE).elapsed == timedelta(seconds=2)


def test_a_call_that_is_never_answered_times_out(emulator: Emulator) -> None:
    emulator.stub("aws-sdk:comprehend:detectSentiment").never()
    with pytest.raises(ReadTimeoutError):
        client("comprehend").detect_sentiment(Text="x", LanguageCode="en")


def test_what_has_consequences_here_is_left_to_its_service(emulator: Emulator) -> None:
    queue = client("sqs").create_queue(QueueName="q")["QueueUrl"]
    stub = emulator.stub("sqs:sendMessage").returns({"MessageId": "m-1"}, check=False)
    client("sqs").send_message(QueueUrl=queue, MessageBody="x")
    assert client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "x"
    assert stub.calls == []
    stub.instead.calls_through()
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
            "Parameters": {"QueueUrl": queue, "MessageBody": "y"}}  # fmt: skip
    assert emulator.run({"StartAt": "Send", "States": {"Send": send}}).status == "SUCCEEDED"
    assert stub.call_count == 1


def test_an_operation_that_is_refused_otherwise_is_answered(emulator: Emulator) -> None:
    emulator.stub("aws-sdk:dynamodb:listGlobalTables").returns({"GlobalTables": [{"GlobalTableName": "g"}]})
    assert client("dynamodb").list_global_tables()["GlobalTables"] == [{"GlobalTableName": "g"}]
    assert not emulator.blocked


def test_a_stub_that_only_looks_sees_the_calls_of_handlers(emulator: Emulator) -> None:
    stub = emulator.stub("aws-sdk:glue:getJobRun")
    with pytest.raises(ClientError):
        client("glue").get_job_run(JobName="etl", RunId="r")
    assert stub.calls[0].input == {"JobName": "etl", "RunId": "r"}


def test_a_stub_that_only_looks_may_see_no_call() -> None:
    with Emulator() as emulator:
        emulator.lambda_function("check", lambda event, context: 1)
        stub = emulator.stub("aws-sdk:glue:getJobRun")
        emulator.run(CHARGE)
        stub.assert_not_called()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("glue:getJobRun", "aws-sdk:glue:getJobRun"),
        ("glue:GetJobRun", "aws-sdk:glue:getJobRun"),
        ("bedrock-runtime:InvokeModel", "aws-sdk:bedrockruntime:invokeModel"),
        ("bedrock-runtime:invoke_model", "aws-sdk:bedrockruntime:invokeModel"),
        ("comprehend:detectSentiment", "aws-sdk:comprehend:detectSentiment"),
    ],
)
def test_the_name_of_a_handlers_call_names_the_action(emulator: Emulator, given: str, meant: str) -> None:
    with pytest.raises(EmulatorError, match=f'Did you mean "{meant}"'):
        emulator.stub(given)


def test_an_answer_that_no_handler_asked_for_fails_the_test() -> None:
    with pytest.raises(EmulatorError, match="getJobRun'\\) was never called"), Emulator() as emulator:
        emulator.stub("aws-sdk:glue:getJobRun").returns({"JobRun": {}})


def test_the_failure_says_that_no_handler_called() -> None:
    told = "was never called: no Task and no handler called it; these Tasks were entered: 'Check'"
    emulator = Emulator()
    emulator.lambda_function("check", lambda event, context: 1)
    emulator.stub("aws-sdk:comprehend:detectSentiment").returns({"Sentiment": "MIXED"})
    emulator.run(CHARGE)
    with pytest.raises(EmulatorError, match=told), emulator:
        pass


def test_after_the_last_answer_the_real_target_is_asked(emulator: Emulator) -> None:
    emulator.stub("aws-sdk:comprehend:detectSentiment").returns({"Sentiment": "MIXED"}, times=1)
    comprehend = client("comprehend")
    assert comprehend.detect_sentiment(Text="x", LanguageCode="en")["Sentiment"] == "MIXED"
    with pytest.raises(NotEmulatedError):
        comprehend.detect_sentiment(Text="x", LanguageCode="en")


@pytest.mark.parametrize(
    ("service", "call", "members", "stub"),
    [
        ("comprehend", "detect_sentiment", {"Text": "x", "LanguageCode": "en"}, "aws-sdk:comprehend:detectSentiment"),
        ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": "{}"}, "aws-sdk:bedrockruntime:invokeModel"),
        ("rekognition", "detect_faces", {"Image": {"Bytes": b"x"}}, "aws-sdk:rekognition:detectFaces"),
        ("frauddetector", "get_detectors", {}, "aws-sdk:frauddetector:getDetectors"),
    ],
)
def test_a_refused_call_names_the_stub(emulator: Emulator, service: str, call: str, members: Any, stub: str) -> None:
    with pytest.raises(EmulatorError) as raised:
        getattr(client(service), call)(**members)
    assert f'emulator.stub("{stub}")' in str(raised.value)


def test_a_client_over_http_gets_the_answer(emulator: Emulator) -> None:
    stub = emulator.stub("aws-sdk:comprehend:detectSentiment").returns({"Sentiment": "MIXED"})
    headers = [
        ("Authorization", "AWS4-HMAC-SHA256 Credential=key/20300101/us-east-1/comprehend/aws4_request, Signature=0"),
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", "Comprehend_20171127.DetectSentiment"),
    ]
    body = b'{"Text": "x", "LanguageCode": "en"}'
    response = answer(emulator.assembly, HttpRequest("POST", "/", "", headers, body))
    assert (response.status, json.loads(response.body)) == (200, {"Sentiment": "MIXED"})
    stub.assert_called_once()
