"""EventInvokeConfigs: what is kept, what is answered, what is refused.

Recorded on AWS: ``test_lambda_eventinvokeconfig_lifecycle``, ``test_lambda_eventinvokeconfig_exceptions``.
"""

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"


@pytest.fixture
def functions(emulator: Emulator) -> "LambdaClient":
    emulator.lambda_function("f", lambda event, _: event)
    emulator.lambda_function("g", lambda event, _: event)
    client: LambdaClient = boto3.client("lambda", config=Config(parameter_validation=False))
    return client


def shown(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "LastModified")}


def test_put_replaces_and_update_adds(functions: "LambdaClient") -> None:
    ends: Any = {"OnSuccess": {"Destination": QUEUE}}
    nothing: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}
    first = functions.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1, DestinationConfig=ends)
    wanted = {"FunctionArn": f"{ARN}:$LATEST", "MaximumRetryAttempts": 1, "DestinationConfig": {**nothing, **ends}}
    assert shown(first) == wanted
    assert shown(functions.get_function_event_invoke_config(FunctionName="f")) == wanted
    updated = functions.update_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=60)
    assert shown(updated) == {**wanted, "MaximumEventAgeInSeconds": 60}
    put = functions.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=120)
    assert shown(put) == {
        "FunctionArn": f"{ARN}:$LATEST",
        "MaximumEventAgeInSeconds": 120,
        "DestinationConfig": nothing,
    }
    functions.delete_function_event_invoke_config(FunctionName="f")
    with pytest.raises(ClientError, match=rf"The function {ARN}:\$LATEST doesn't have an EventInvokeConfig"):
        functions.delete_function_event_invoke_config(FunctionName="f")


def test_each_qualifier_has_its_own(functions: "LambdaClient") -> None:
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    for qualifier in ("$LATEST", "1", "live"):
        functions.put_function_event_invoke_config(FunctionName="f", Qualifier=qualifier, MaximumRetryAttempts=0)
    functions.put_function_event_invoke_config(FunctionName="g", MaximumRetryAttempts=0)
    listed = functions.list_function_event_invoke_configs(FunctionName="f")["FunctionEventInvokeConfigs"]
    assert [each["FunctionArn"] for each in listed] == [f"{ARN}:$LATEST", f"{ARN}:1", f"{ARN}:live"]
    functions.delete_alias(FunctionName="f", Name="live")
    functions.delete_function(FunctionName="f", Qualifier="1")
    listed = functions.list_function_event_invoke_configs(FunctionName="f")["FunctionEventInvokeConfigs"]
    assert [each["FunctionArn"] for each in listed] == [f"{ARN}:$LATEST"]


def test_a_configuration_goes_with_its_function(emulator: Emulator, functions: "LambdaClient") -> None:
    functions.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    functions.delete_function(FunctionName="f")
    emulator.lambda_function("f", lambda event, _: event)
    with pytest.raises(ClientError, match="doesn't have an EventInvokeConfig"):
        functions.get_function_event_invoke_config(FunctionName="f")


def config(success: str | None = None, failure: str | None = None) -> Any:
    ends = {"OnSuccess": success, "OnFailure": failure}
    return {"DestinationConfig": {name: {"Destination": end} for name, end in ends.items() if end is not None}}


@pytest.mark.parametrize(
    ("name", "settings", "code", "text"),
    [
        (
            "f",
            {},
            "InvalidParameterValueException",
            "You must specify at least one of error handling or destination setting.",
        ),
        ("none", {"MaximumRetryAttempts": 0}, "ResourceNotFoundException", "The function doesn't exist."),
        ("f:9", {"MaximumRetryAttempts": 0}, "ResourceNotFoundException", "The function doesn't exist."),
        (
            "f",
            config(success=ARN),
            "InvalidParameterValueException",
            "You can't specify the function as a destination for itself.",
        ),
        ("f", config(failure=f"{ARN}x"), "InvalidParameterValueException", f"The destination ARN {ARN}x is invalid."),
        (
            "f",
            config(success="arn:aws:kinesis:us-east-1:123456789012:stream/s"),
            "InvalidParameterValueException",
            (
                "The provided destination config DestinationConfig(onSuccess=OnSuccess("
                "destination=arn:aws:kinesis:us-east-1:123456789012:stream/s), onFailure=null) is invalid."
            ),
        ),
        (
            "f",
            {"MaximumRetryAttempts": 3},
            "ValidationException",
            (
                "1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: "
                "Member must have value less than or equal to 2"
            ),
        ),
        (
            "f",
            {"MaximumEventAgeInSeconds": 59},
            "ValidationException",
            (
                "1 validation error detected: Value '59' at 'maximumEventAgeInSeconds' failed to satisfy constraint: "
                "Member must have value greater than or equal to 60"
            ),
        ),
    ],
)
def test_what_is_refused(functions: "LambdaClient", name: str, settings: Any, code: str, text: str) -> None:
    with pytest.raises(ClientError) as caught:
        functions.put_function_event_invoke_config(FunctionName=name, **settings)
    assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (code, text)


def test_an_update_of_what_is_not_there_is_refused(functions: "LambdaClient") -> None:
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="doesn't have an EventInvokeConfig"):
        functions.update_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)


def test_a_bucket_as_destination_is_not_emulated(emulator: Emulator, functions: "LambdaClient") -> None:
    with pytest.raises(NotEmulatedError, match="no record is written to arn:aws:s3:::b"):
        functions.put_function_event_invoke_config(FunctionName="f", **config(failure="arn:aws:s3:::b"))
    emulator.blocked.clear()


def test_a_dead_letter_queue_is_a_queue_or_a_topic(functions: "LambdaClient") -> None:
    for arn in (QUEUE, TOPIC):
        answer = functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": arn})
        assert answer["DeadLetterConfig"] == {"TargetArn": arn}
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        functions.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": ARN})
