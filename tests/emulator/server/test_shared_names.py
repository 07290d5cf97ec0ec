"""Services that sign under one name, and clients that ask for their endpoint: no request is taken for another's."""

import gzip
import re
import socket
from collections import defaultdict
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError
from emulator.aws.http import HttpRequest, aws_request
from emulator.aws.signing_names import SHARED
from tests.emulator.server.served import Served

MESSAGES = [{"role": "user", "content": [{"text": "x"}]}]
CALLS: dict[str, Any] = {
    "bedrock-runtime:Converse": lambda client: client.converse(modelId="x", messages=MESSAGES),
    "bedrock-runtime:InvokeModel": lambda client: client.invoke_model(modelId="x", body=b"{}"),
    "bedrock-agent-runtime:Retrieve": lambda client: client.retrieve(
        knowledgeBaseId="ABCDEFGHIJ", retrievalQuery={"text": "x"}
    ),
    "bedrock-agent:ListFlows": lambda client: client.list_flows(),
    "appconfigdata:StartConfigurationSession": lambda client: client.start_configuration_session(
        ApplicationIdentifier="a", EnvironmentIdentifier="e", ConfigurationProfileIdentifier="p"
    ),
    "personalize-events:PutEvents": lambda client: client.put_events(
        trackingId="t", sessionId="s", eventList=[{"eventType": "e", "sentAt": 0}]
    ),
    "sagemaker-featurestore-runtime:GetRecord": lambda client: client.get_record(
        FeatureGroupName="g", RecordIdentifierValueAsString="r"
    ),
    "lex-runtime:DeleteSession": lambda client: client.delete_session(botName="b", botAlias="a", userId="user"),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_moto_lacks_is_refused_by_its_own_name_over_http(call: str, served: Served) -> None:
    with pytest.raises(ClientError) as caught:
        CALLS[call](served.client(call.partition(":")[0]))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert call in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("call", ["bedrock-runtime:Converse", "bedrock-agent:ListFlows"])
def test_an_operation_that_moto_lacks_is_refused_by_name(call: str, emulator: Emulator) -> None:
    client: Any = boto3.client(call.partition(":")[0], region_name="us-east-1")
    refused = f"^{call}: moto does not have this operation(.|\n)*fix: give the call an answer"
    with pytest.raises(NotEmulatedError, match=refused):
        CALLS[call](client)


def test_objects_of_a_media_store_are_kept_over_http(served: Served) -> None:
    client = served.client("mediastore-data")
    client.put_object(Path="a", Body=b"content")
    assert client.get_object(Path="a")["Body"].read() == b"content"


def of(signing_name: str, method: str, path: str, **headers: str) -> str:
    scope = f"AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/{signing_name}/aws4_request, Signature=0"
    given = [("Authorization", scope), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return aws_request(HttpRequest(method, path, "", given, b"")).service


def test_the_operation_tells_the_service() -> None:
    assert of("bedrock", "GET", "/foundation-models") == "bedrock"
    assert of("sagemaker", "POST", "/endpoints/e/invocations") == "runtime.sagemaker"
    assert of("timestream", "POST", "/", x_amz_target="Timestream_20181101.Query") == "query.timestream"
    assert of("timestream", "POST", "/", x_amz_target="Timestream_20181101.ListTables") == "ingest.timestream"
    assert of("s3", "GET", "/v20180820/accesspoint", x_amz_account_id="123456789012") == "s3-control"
    assert of("bedrock", "GET", "/no/such/path") == "bedrock"


def test_all_shared_names_of_the_models_are_known() -> None:
    """The beginning of a model has its metadata; all models whole take ten seconds."""
    found = defaultdict(set)
    for folder in (Path(botocore.__file__).parent / "data").iterdir():
        for file in sorted(folder.glob("*/service-2.json.gz"))[-1:]:
            with gzip.open(file, "rt", encoding="utf-8") as text:
                metadata = dict(re.findall(r'"(endpointPrefix|signingName)" ?: ?"([^"]+)"', text.read(3000)))
            prefix = metadata["endpointPrefix"]
            found[metadata.get("signingName", prefix)].add((folder.name, prefix))
    shared = {
        signing: {name for name, _ in services}
        for signing, services in found.items()
        if len({prefix for _, prefix in services}) > 1 and signing != "s3"
    }
    assert {signing: {*services} for signing, services in SHARED.items()} == shared


# Endpoint discovery


def timestream(**given: Any) -> Any:
    return boto3.client(
        "timestream-write", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}), **given
    )


def test_a_client_that_asks_a_server_for_its_endpoint_stays_there(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look_up = socket.getaddrinfo

    def noted(host: str, *given: Any, **named: Any) -> Any:
        looked.append(host)
        return look_up(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    client = served.client("timestream-write")
    client.create_database(DatabaseName="shop")
    assert [each["DatabaseName"] for each in client.list_databases()["Databases"]] == ["shop"]
    address = client.describe_endpoints()["Endpoints"][0]["Address"]
    assert address == client.meta.endpoint_url
    assert served.client("dynamodb").describe_endpoints()["Endpoints"][0]["Address"] == address
    assert {*looked} <= {"127.0.0.1"}


@pytest.mark.usefixtures("emulator")
def test_in_process_the_endpoint_that_is_found_is_answered() -> None:
    client = timestream()
    client.create_database(DatabaseName="shop")
    assert [each["DatabaseName"] for each in client.list_databases()["Databases"]] == ["shop"]
