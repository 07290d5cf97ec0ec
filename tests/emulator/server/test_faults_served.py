"""Faults over HTTP: what a client in another process gets, in the protocol that it speaks."""

import json

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.aws.http import HttpRequest
from emulator.http_requests import answer

SCOPE = "AWS4-HMAC-SHA256 Credential=key/20300101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def ask(emulator: Emulator, service: str, target: str, body: bytes = b"{}") -> tuple[int, dict[str, str], bytes]:
    headers = [("Authorization", SCOPE.format(service)), ("Content-Type", "application/x-amz-json-1.0")]
    if target:
        headers.append(("X-Amz-Target", target))
    method, path = ("POST", "/") if target else ("GET", "/files/key")
    response = answer(emulator.assembly, HttpRequest(method, path, "", headers, body))
    return response.status, dict(response.headers), response.body


def test_a_json_client_gets_the_error(emulator: Emulator) -> None:
    emulator.faults.fail("dynamodb:ListTables", "ThrottlingException", times=1)
    status, headers, body = ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")
    assert (status, json.loads(body)) == (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
    assert headers["x-amzn-RequestId"]
    assert ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")[0] == 200


def test_an_xml_client_gets_the_error(emulator: Emulator) -> None:
    emulator.faults.fail("s3:GetObject", "SlowDown", resource="files")
    status, _, body = ask(emulator, "s3", "", b"")
    assert status == 503
    assert b"<Code>SlowDown</Code><Message>Please reduce your request rate.</Message>" in body


def test_a_late_answer_moves_the_clock(emulator: Emulator) -> None:
    emulator.faults.delay("dynamodb:ListTables", seconds=3600)
    began = emulator.clock.now()
    assert ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")[0] == 200
    assert (emulator.clock.now() - began).total_seconds() == 3600


def test_a_broken_connection_is_refused_by_name(emulator: Emulator) -> None:
    emulator.faults.disconnect("dynamodb:ListTables")
    status, _, body = ask(emulator, "dynamodb", "DynamoDB_20120810.ListTables")
    assert status == 501
    assert b"a connection that breaks is not emulated for a client in another process" in body
    emulator.blocked.clear()


def test_the_error_is_the_same_for_boto3(emulator: Emulator) -> None:
    emulator.faults.fail("dynamodb:ListTables", "ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        emulator.client("dynamodb").list_tables()
