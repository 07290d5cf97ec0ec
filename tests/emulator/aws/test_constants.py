"""What moto answers with a constant: refused, or named in the report of a run that accepts it."""

import boto3
import pytest

from emulator import Emulator, NotEmulatedError
from emulator.aws import names
from emulator.aws.promises.constants import CONSTANTS, SERVICES
from emulator.aws.promises.table import PROMISES
from emulator.report import lines_of

SENTIMENT = {"Text": "It broke on the first day.", "LanguageCode": "en"}


@pytest.mark.parametrize("call", CONSTANTS)
def test_a_call_is_one_of_the_services(call: str) -> None:
    service, _, operation = call.partition(":")
    assert operation in names.service_model(service).operation_names
    assert len(CONSTANTS) == 24
    assert "comprehend" in SERVICES


def test_what_moto_makes_up_is_named_whenever_it_is_accepted() -> None:
    made_up = {
        f"{service}:{name}"
        for service, operations in PROMISES.items()
        for name, promise in operations.items()
        if "make one up" in promise.lost
    }
    without_an_answer = {"redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"}
    lacking = {"rds-data:BatchExecuteStatement", "rds-data:ExecuteSql"}
    assert made_up - CONSTANTS.keys() == without_an_answer | lacking


def test_a_constant_is_no_answer_unless_it_is_accepted(emulator: Emulator) -> None:
    with pytest.raises(NotEmulatedError, match="comprehend:DetectSentiment is not emulated: moto cannot compute"):
        boto3.client("comprehend").detect_sentiment(**SENTIMENT)
    assert list(emulator.assembly.requests.constants.lines()) == []


@pytest.mark.emulator(accepted_calls=["comprehend:DetectSentiment"])
def test_a_report_names_what_moto_answered_with_a_constant(emulator: Emulator) -> None:
    for _ in range(2):
        assert boto3.client("comprehend").detect_sentiment(**SENTIMENT)["Sentiment"] == "NEUTRAL"
    period = {"Start": "2030-01-01", "End": "2030-01-02"}
    boto3.client("ce").get_cost_and_usage(TimePeriod=period, Granularity="DAILY", Metrics=["BlendedCost"])
    assert lines_of(emulator.assembly, None, "") == [
        "moto answered comprehend:DetectSentiment with a constant, 2 times: NEUTRAL, for any text",
        "moto answered ce:GetCostAndUsage with a constant: no costs",
    ]


def test_other_calls_of_such_a_service_are_not_named(emulator: Emulator) -> None:
    boto3.client("comprehend").list_entity_recognizers()
    assert not emulator.assembly.requests.constants


def test_objects_are_encrypted_and_say_so(emulator: Emulator) -> None:
    """Recorded: ``test_s3_put_object``."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="letters")
    put = s3.put_object(Bucket="letters", Key="a", Body=b"text")
    got = s3.get_object(Bucket="letters", Key="a")
    for answer in (put, got):
        assert (answer["ServerSideEncryption"], answer["ChecksumType"]) == ("AES256", "FULL_OBJECT")
    s3.put_object(Bucket="letters", Key="b", Body=b"text", ServerSideEncryption="aws:kms")
    assert s3.head_object(Bucket="letters", Key="b")["ServerSideEncryption"] == "aws:kms"
    assert "x-amz-server-side-encryption" not in s3.list_objects_v2(Bucket="letters")["ResponseMetadata"]["HTTPHeaders"]
