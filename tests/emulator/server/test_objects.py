"""S3 over HTTP: buckets in hosts, forms, public objects; and targets and queries in their other forms."""

import re
import socket
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.emulator.server.served import PATIENCE, SCOPE, Served

SIGNED: dict[str, Any] = {"Authorization": SCOPE.format("s3").replace("eu-west-1", "us-east-1")}


@pytest.fixture
def bucket(served: Served) -> str:
    client = served.client("s3")
    client.create_bucket(Bucket="papers")
    return "papers"


def sent(served: Served, method: str, target: str, body: bytes = b"", **headers: Any) -> tuple[int, bytes]:
    """Status and body of the response to a request that is written as it is."""
    given = {"Host": f"127.0.0.1:{served.port}", **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in given.items()), "Connection: close"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), content


@pytest.mark.parametrize("host", ["{}.localhost", "{}.s3.localhost", "{}.s3.us-east-1.localhost"])
def test_a_bucket_in_the_host_s_name_is_stored_as_one_in_the_path(served: Served, bucket: str, host: str) -> None:
    def at(name: str) -> dict[str, Any]:
        return {**SIGNED, "Host": f"{host.format(name)}:{served.port}"}

    assert sent(served, "PUT", "/", **at("made"))[0] == 200
    assert sent(served, "PUT", "/a/k%20x", b"v", **at("made"))[0] == 200
    assert sent(served, "PUT", "/empty", **at(bucket))[0] == 200
    ours = served.client("s3")
    assert {each["Name"] for each in ours.list_buckets()["Buckets"]} == {"made", "papers"}
    assert [each["Key"] for each in ours.list_objects_v2(Bucket="made")["Contents"]] == ["a/k x"]
    assert [each["Key"] for each in ours.list_objects_v2(Bucket=bucket)["Contents"]] == ["empty"]
    assert sent(served, "GET", "/a/k%20x", **at("made")) == (200, b"v")
    assert b"<Key>a/k x</Key>" in sent(served, "GET", "/?list-type=2", **at("made"))[1]


def form_of(served: Served, version: str) -> dict[str, str]:
    config: Any = Config(signature_version=version)
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=served.url, config=config)
    return {str(name): str(text) for name, text in client.generate_presigned_post("papers", "k")["fields"].items()}


def as_multipart(fields: dict[str, str]) -> bytes:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nvalue\r\n--x--\r\n')
    return "".join(parts).encode()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_form_is_stored(served: Served, bucket: str, version: str) -> None:
    body, kind = as_multipart(form_of(served, version)), "multipart/form-data; boundary=x"
    assert sent(served, "POST", f"/{bucket}", body, Content_Type=kind)[0] == 204
    assert served.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"value"


def test_a_form_without_a_signature_or_from_another_page_is_refused(served: Served, bucket: str) -> None:
    fields, kind = form_of(served, "s3v4"), "multipart/form-data; boundary=x"
    for left_out in ("policy", "x-amz-signature", "x-amz-credential"):
        body = as_multipart({name: text for name, text in fields.items() if name != left_out})
        assert sent(served, "POST", f"/{bucket}", body, Content_Type=kind)[0] == 403
    other = {**fields, "x-amz-credential": fields["x-amz-credential"].replace("/s3/", "/lambda/")}
    assert sent(served, "POST", f"/{bucket}", as_multipart(other), Content_Type=kind)[0] == 403
    page: dict[str, Any] = {"Content_Type": kind, "Origin": "http://page.test"}
    assert sent(served, "POST", f"/{bucket}", as_multipart(fields), **page)[0] == 403
    assert "Contents" not in served.client("s3").list_objects_v2(Bucket=bucket)


def test_a_public_object_is_read_without_a_signature(served: Served, bucket: str) -> None:
    client = served.client("s3")
    client.put_object(Bucket=bucket, Key="open", Body=b"v", ACL="public-read")
    client.put_object(Bucket=bucket, Key="closed", Body=b"v", ACL="private")
    assert sent(served, "GET", f"/{bucket}/open") == (200, b"v")
    assert sent(served, "GET", "/open", Host=f"{bucket}.s3.localhost:{served.port}") == (200, b"v")
    assert sent(served, "HEAD", f"/{bucket}/open") == (200, b"")
    assert sent(served, "GET", f"/{bucket}/closed")[0] == 403
    assert b"Missing Authentication Token" in sent(served, "GET", "/no-bucket/open")[1]
    assert sent(served, "PUT", f"/{bucket}/open", b"other")[0] == 403
    assert sent(served, "DELETE", f"/{bucket}/open")[0] == 403
    assert sent(served, "GET", f"/{bucket}/open") == (200, b"v")


def test_a_target_in_absolute_form_is_its_path(served: Served, bucket: str) -> None:
    assert sent(served, "GET", f"{served.url}/_emulator/health")[0] == 200
    assert sent(served, "PUT", f"{served.url}/{bucket}/k?x-id=PutObject", b"v", **SIGNED)[0] == 200
    assert sent(served, "GET", f"{served.url}/{bucket}/k", **SIGNED) == (200, b"v")
    localhost = f"localhost:{served.port}"
    assert sent(served, "GET", f"http://{localhost}/_emulator/health", Host=localhost)[0] == 200


@pytest.mark.parametrize("authority", ["page.test", "127.0.0.1", "me@127.0.0.1:{}", "127.0.0.1:{}.page.test"])
def test_a_target_at_another_authority_is_refused(served: Served, authority: str) -> None:
    authority = authority.format(served.port)
    assert sent(served, "GET", f"http://{authority}/_emulator/health")[0] == 400
    assert sent(served, "GET", f"http://{authority}/_emulator/health", Host=authority)[0] in (400, 421)
    assert sent(served, "GET", f"{served.url}/_emulator/health", Host="page.test")[0] == 400


def test_the_query_protocol_in_a_url_is_answered_in_xml(served: Served) -> None:
    signed: dict[str, Any] = {"Authorization": SCOPE.format("sqs")}
    made = sent(served, "GET", "/?Action=CreateQueue&QueueName=q&Version=2012-11-05", **signed)
    path = re.search(rb"<QueueUrl>http://[^/]+(/\d{12}/q)</QueueUrl>", made[1])
    assert path is not None, made
    where = path[1].decode()
    said = sent(served, "GET", f"{where}?Action=SendMessage&MessageBody=a%20b%26c&Version=2012-11-05", **signed)
    assert b"<MessageId>" in said[1]
    got = sent(served, "GET", f"{where}?Action=ReceiveMessage&Version=2012-11-05", **signed)
    assert b"<Body>a b&amp;c</Body>" in got[1]
    assert b"<ReceiveMessageResponse" in sent(served, "GET", f"{where}?Action=ReceiveMessage", **signed)[1]
    wrong = sent(served, "GET", "/?Action=GetQueueUrl&QueueName=none&Version=2012-11-05", **signed)
    assert wrong[0] == 400
    assert b"<ErrorResponse" in wrong[1]
