"""Function URLs by Lambda's API: their records, their refusals, and what answers at them."""

from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError, RealAwsBlockedError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.fixture
def functions(emulator: Emulator) -> Any:
    emulator.lambda_function("f", lambda event, _: {"path": event["rawPath"]})
    return boto3.client("lambda")


def test_a_url_is_kept_and_answers(functions: Any) -> None:
    made = functions.create_function_url_config(FunctionName="f", AuthType="NONE")
    assert (made["FunctionArn"], made["AuthType"], made["InvokeMode"]) == (ARN, "NONE", "BUFFERED")
    assert made["FunctionUrl"].endswith(".lambda-url.us-east-1.on.aws/")
    assert "LastModifiedTime" not in made
    assert requests.get(made["FunctionUrl"] + "a/b", timeout=5).json() == {"path": "/a/b"}
    cors = {"AllowOrigins": ["*"]}
    assert functions.update_function_url_config(FunctionName="f", Cors=cors)["Cors"] == cors
    answered = requests.get(made["FunctionUrl"], headers={"Origin": "https://a.example"}, timeout=5)
    assert answered.headers["access-control-allow-origin"] == "*"
    got = functions.get_function_url_config(FunctionName="f")
    assert (got["FunctionUrl"], got["Cors"]) == (made["FunctionUrl"], cors)
    assert [
        each["FunctionArn"] for each in functions.list_function_url_configs(FunctionName="f")["FunctionUrlConfigs"]
    ] == [ARN]


def test_an_alias_has_a_url_of_its_own(functions: Any) -> None:
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    made = functions.create_function_url_config(FunctionName="f", Qualifier="live", AuthType="AWS_IAM")
    assert made["FunctionArn"] == f"{ARN}:live"
    assert requests.get(made["FunctionUrl"], timeout=5).json() == {"path": "/"}


@pytest.mark.emulator(allow_blocked=True)
def test_a_deleted_url_answers_no_longer(functions: Any) -> None:
    for delete in (functions.delete_function_url_config, functions.delete_function):
        url = functions.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
        delete(FunctionName="f")
        with pytest.raises(RealAwsBlockedError):
            requests.get(url, timeout=5)


def test_refusals_have_lambda_s_words(functions: Any) -> None:
    with pytest.raises(ClientError, match=r"Function does not exist"):
        functions.create_function_url_config(FunctionName="none", AuthType="NONE")
    functions.create_function_url_config(FunctionName="f", AuthType="NONE")
    told = (
        rf"Failed to create function url config for \[functionArn = {ARN}\]. Error message:  FunctionUrlConfig exists"
    )
    with pytest.raises(ClientError, match=told):
        functions.create_function_url_config(FunctionName="f", AuthType="NONE")
    functions.delete_function_url_config(FunctionName="f")
    for call in (functions.get_function_url_config, functions.delete_function_url_config):
        with pytest.raises(ClientError, match=r"The resource you requested does not exist\."):
            call(FunctionName="f")
    with pytest.raises(NotEmulatedError, match="InvokeMode=RESPONSE_STREAM"):
        functions.create_function_url_config(FunctionName="f", AuthType="NONE", InvokeMode="RESPONSE_STREAM")
