"""What a web page can send is refused on every route; what programs send is answered."""

import http.client
import json
import urllib.request
from collections.abc import Iterator
from selectors import DefaultSelector
from typing import Any

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner

from emulator.access import Head, refused
from emulator.aws.responses import HttpResponse
from emulator.cli import main
from emulator.lambda_.nodejs.endpoint import Endpoint
from tests.emulator.server.served import HEADERS, PATIENCE, ROLE, SCOPE, WAIT, Served, serving

LOCAL = ("127.0.0.1", 8083)


def host(name: str, *names: str, local: tuple[str, int] = LOCAL) -> int:
    """The status that a request to this host gets, 200 if it is answered."""
    found = refused(Head("GET", "", [("Host", name)]), local, names)
    return 200 if found is None else found.status


def origin(text: str, *names: str, at: str = "127.0.0.1:8083") -> int:
    found = refused(Head("GET", "", [("Host", at), ("Origin", text)]), LOCAL, names)
    return 200 if found is None else found.status


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1:8083",
        "localhost:8083",
        "LocalHost:8083",
        "[::1]:8083",
        "papers.localhost:8083",
        "papers.s3.localhost:8083",
        "papers.s3.eu-west-1.localhost:8083",
        "sync-localhost:8083",
        "sync-127.0.0.1:8083",
    ],
)
def test_the_names_of_this_machine_are_answered(name: str) -> None:
    assert host(name) == 200


@pytest.mark.parametrize(
    "name",
    [
        "evil.test:8083",
        "evil.test",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:80",
        "localhost:8084",
        "localhost.evil.test:8083",
        "sync-localhost.evil.test:8083",
        "sync-evil.test:8083",
        "127.0.0.1.nip.io:8083",
        "evillocalhost:8083",
        "localhost:8083@evil.test",
        "evil@localhost:8083",
        "0.0.0.0:8083",
        "192.168.1.5:8083",
        "[::2]:8083",
        "[::1:8083",
        "localhost:port",
        "localhost:8083/x",
        "",
        ":8083",
        "localhost.:8083",
        "s3.amazonaws.com",
        "states.us-east-1.amazonaws.com:8083",
        "127.1:8083",
        "2130706433:8083",
        "localhost:8083 x",
    ],
)
def test_other_names_are_not(name: str) -> None:
    assert host(name) == 421


def test_there_is_one_name() -> None:
    for names in ([], ["localhost:8083", "evil.test:8083"], ["localhost:8083", "localhost:8083"]):
        found = refused(Head("GET", "", [("Host", name) for name in names]), LOCAL)
        assert found is not None
        assert found.status == 400


def test_an_option_names_others() -> None:
    assert host("proxy.test", "proxy.test") == host("proxy.test:99", "proxy.test") == 200
    assert host("proxy.test:99", "proxy.test:99") == 200
    assert host("proxy.test:98", "proxy.test:99") == host("a.proxy.test", "proxy.test") == 421
    assert host("a.proxy.test", ".proxy.test") == host("proxy.test", ".proxy.test") == 200
    assert host("aproxy.test", ".proxy.test") == host("other.test", "proxy.test", ".third.test") == 421
    assert host("[2001:db8::1]:8083", "[2001:db8::1]") == 200


def test_every_address_means_the_one_that_was_connected_to() -> None:
    """With ``--host 0.0.0.0`` the listener has no address, its connections have."""
    assert host("192.168.1.5:8083", local=("192.168.1.5", 8083)) == 200
    assert host("192.168.1.6:8083", local=("192.168.1.5", 8083)) == 421
    assert host("10.0.0.9:8083", local=("::ffff:10.0.0.9", 8083)) == 200
    assert host("[FE80::0:1]:8083", local=("fe80::1", 8083)) == 200
    assert host("localhost:8083", local=("172.17.0.2", 8083)) == 200


def test_the_name_that_the_server_listens_on_has_the_server_s_port() -> None:
    def status(name: str, listening: str, page: str | None = None) -> int:
        head = Head("GET", "", [("Host", name), *([] if page is None else [("Origin", page)])])
        found = refused(head, LOCAL, (), listening)
        return 200 if found is None else found.status

    for listening, shown in [("127.0.0.1", "127.0.0.1"), ("papers.test", "Papers.test"), ("::1", "[::1]")]:
        assert status(f"{shown}:8083", listening) == 200
        assert [status(f"{shown}:{port}", listening) for port in (1, 80, 8084)] == [421, 421, 421]
        assert status(f"{shown}:8083", listening, f"http://{shown}:8083") == 200
        assert status(f"{shown}:8083", listening, f"https://{shown}:8083") == 403


def test_a_page_of_the_server_is_answered() -> None:
    assert origin("http://127.0.0.1:8083") == 200
    assert origin("http://localhost:8083", at="localhost:8083") == 200
    assert origin("http://proxy.test", "proxy.test", at="proxy.test") == 200
    assert origin("https://proxy.test", "proxy.test", at="proxy.test") == 200


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.test",
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:8084",
        "https://127.0.0.1:8083",
        "127.0.0.1:8083",
        "http://localhost:8083",
        "http://127.0.0.1:8083.evil.test",
        "http://evil@127.0.0.1:8083",
        "file://",
        "NULL",
        "chrome-extension://127.0.0.1:8083",
        "http://127.0.0.1:8083, http://127.0.0.1:8083",
        "http://[127.0.0.1]:8083",
    ],
)
def test_a_page_of_another_host_is_not(text: str) -> None:
    assert origin(text) == 403


# Over HTTP


@pytest.fixture(scope="module")
def held() -> Iterator[Served]:
    """A server that these tests try to change, and do not."""
    with serving() as server:
        yield server


KEY = "X-Amz-Credential=key%2F20300101%2Fus-east-1%2F{}%2Faws4_request&X-Amz-Signature=0"
STATES = {**HEADERS, "X-Amz-Target": "AWSStepFunctions.ListStateMachines"}
LAMBDA = {"Authorization": SCOPE.format("lambda"), "Content-Type": "application/json"}
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:none"
QUEUE = {
    "Authorization": SCOPE.format("sqs"),
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "AmazonSQS.ReceiveMessage",
}
ROUTES = {
    "a call": ("POST", "/", {}, STATES),
    "a long poll": (
        "POST",
        "/",
        {"activityArn": ACTIVITY},
        {**STATES, "X-Amz-Target": "AWSStepFunctions.GetActivityTask"},
    ),
    "a queue's long poll": ("POST", "/", {"QueueUrl": "x", "WaitTimeSeconds": 20}, QUEUE),
    "a function": ("POST", "/2015-03-31/functions", {}, LAMBDA),
    "an invocation": ("POST", "/2015-03-31/functions/hello/invocations", {}, LAMBDA),
    "a bucket": ("PUT", "/papers", None, {"Authorization": SCOPE.format("s3")}),
    "a presigned URL": ("GET", "/papers/key?" + KEY.format("s3"), None, {}),
    "a preflight": ("OPTIONS", "/", None, {"Access-Control-Request-Method": "POST"}),
    "health": ("GET", "/_emulator/health", None, {}),
    "the clock": ("GET", "/_emulator/clock", None, {}),
    "the clock's advance": ("POST", "/_emulator/clock", {"seconds": 60}, {"X-Emulator": "1"}),
    "reset": ("POST", "/_emulator/reset", None, {"X-Emulator": "1"}),
    "no page": ("GET", "/_emulator/nothing", None, {}),
    "LocalStack's health": ("GET", "/_localstack/health", None, {}),
    "GraphQL": ("POST", "/graphql", {"query": "{ x }"}, {"Content-Type": "application/json"}),
    "the explorer": ("GET", "/graphql", None, {"Accept": "text/html"}),
    "the schema": ("GET", "/graphql/schema.graphql", None, {}),
    "a WebSocket": ("GET", "/graphql", None, {"Connection": "Upgrade", "Upgrade": "websocket"}),
}
PAGES: list[dict[str, str]] = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "anything"},
    {"Host": "evil.test"},
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "-".join(page.values()))
@pytest.mark.parametrize("route", ROUTES)
def test_a_page_is_refused_on_every_route(held: Served, route: str, page: dict[str, str]) -> None:
    method, path, body, headers = ROUTES[route]
    status, content, kind = held.send(method, path, body, **headers, **page)
    assert status == (421 if "Host" in page else 403)
    if "json" in kind:
        assert "web page" in content["message"]
        assert ("--allow-host evil.test" in content["message"]) == ("Host" in page)
    health = held.send("GET", "/_emulator/health")[1]
    assert (health["now"], health["requests"]) == ("2031-05-04T00:00:00.000Z", 0)


def test_a_refusal_has_the_client_s_protocol(held: Served) -> None:
    """Of S3 it is XML."""
    _, content, kind = held.send("PUT", "/papers", Authorization=SCOPE.format("s3"), Origin="null")
    assert kind == "text/xml"
    assert b"<Error><Code>AccessDeniedException</Code><Message>the request comes from a web page" in content


@pytest.mark.parametrize(
    "service", ["lambda", "states", "sqs", "sns", "events", "cloudformation", "iam", "dynamodb", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["X-Amz-Credential", "X%2DAmz-Credential"])
def test_a_scope_in_the_query_is_no_signature(held: Served, service: str, method: str, name: str) -> None:
    """A form, a link and an image can hold it; old browsers say nothing of where they come from."""
    query = KEY.format(service).replace("X-Amz-Credential", name)
    status, content, _ = held.send(method, f"/?Action=Publish&{query}", b"{}", Content_Type="text/plain")
    assert status == 403
    assert "Authorization" in str(content)  # of bytes, in the query protocol


@pytest.mark.parametrize("path", ["/_emulator/reset", "/_emulator/clock"])
@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_can_send_changes_nothing(held: Served, path: str, kind: str) -> None:
    status, content, _ = held.send("POST", path, b'{"seconds": 60}', **({"Content-Type": kind} if kind else {}))
    assert (status, content["__type"]) == (403, "AccessDeniedException")
    assert f"curl -X POST -H 'X-Emulator: 1' http://127.0.0.1:{held.port}{path}" in content["message"]
    assert held.send("GET", "/_emulator/clock")[1]["now"] == "2031-05-04T00:00:00.000Z"


def test_a_header_that_needs_a_preflight_is_enough(served: Served) -> None:
    for headers in ({"X-Emulator": "1"}, {"Content-Type": "application/json; charset=utf-8"}):
        assert served.send("POST", "/_emulator/clock", {"seconds": 1}, **headers)[0] == 200
        assert served.send("POST", "/_emulator/reset", **headers)[0] == 200


def raw(served: Served, method: str, path: str, **headers: str) -> Any:
    """The headers of the response, names in lower case."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    connection.request(method, path, headers=headers)
    with connection.getresponse() as response:
        response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
    connection.close()
    return found


def test_no_response_is_for_other_pages(served: Served) -> None:
    """A bucket may have rules for other pages; the server has none."""
    s3 = served.client("s3")
    s3.create_bucket(Bucket="papers")
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket="papers", CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket="papers", Key="page", Body=b"<script>", ContentType="text/html")
    signed = {"Authorization": SCOPE.format("s3")}
    for method, path, headers in [
        ("GET", "/papers/page", signed),
        ("GET", "/papers/none", signed),
        ("GET", "/_emulator/health", {}),
        ("GET", "/_emulator/health", {"Origin": "https://evil.test"}),
        ("OPTIONS", "/papers/page", {"Origin": "https://evil.test", "Access-Control-Request-Method": "GET"}),
        ("OPTIONS", "/", {"Origin": "https://evil.test", "Access-Control-Request-Private-Network": "true"}),
        ("GET", "/graphql", {}),
    ]:
        found = raw(served, method, path, **headers)
        assert not [name for name in found if name.startswith("access-control-")]
        assert found["x-content-type-options"] == "nosniff"
        assert found["x-frame-options"] == "DENY"
        assert found["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in found["content-security-policy"]
    assert "sandbox" in raw(served, "GET", "/papers/page", **signed)["content-security-policy"]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_work_without_any_header(served: Served, version: str) -> None:
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=served.url, config=config)
    served.client("s3").create_bucket(Bucket="papers")
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "papers", "Key": "a b"})
    assert served.send("PUT", put.removeprefix(served.url), b"text")[0] == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "papers", "Key": "a b"})
    assert served.send("GET", get.removeprefix(served.url))[:2] == (200, b"text")
    assert served.send("GET", get.removeprefix(served.url), **{"Sec-Fetch-Site": "none"})[:2] == (200, b"text")
    delete = s3.generate_presigned_url("delete_object", Params={"Bucket": "papers", "Key": "a b"})
    assert served.send("DELETE", delete.removeprefix(served.url))[0] == 204


def test_programs_are_answered(served: Served) -> None:
    """With boto3, urllib, and AWS's signature of query protocols; agents and referrers do not matter."""
    client = served.client("stepfunctions")
    assert client.create_state_machine(name="m", definition=json.dumps(WAIT), roleArn=ROLE)["stateMachineArn"]
    assert served.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    assert served.client("sns").create_topic(Name="t")["TopicArn"]
    assert served.client("sts").get_caller_identity()["Account"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{served.url}/_emulator/health") as response:
        assert json.load(response)["status"] == "ready"


def test_the_option_is_checked() -> None:
    for name in ("http://proxy.test", "a b", "", "proxy.test:port"):
        result = CliRunner().invoke(main, ["serve", "--allow-host", name])
        assert result.exit_code == 2
        assert "is not a name of a server" in result.stderr


@pytest.mark.parametrize(
    ("page", "status"), [({}, 200), ({"Origin": "https://evil.test"}, 403), ({"Host": "evil"}, 421)]
)
def test_the_port_of_a_handler_in_nodejs_has_the_same_rules(page: dict[str, str], status: int) -> None:
    endpoint, selector = Endpoint(), DefaultSelector()
    endpoint.listen(selector)
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=PATIENCE)
    connection.request("GET", "/", headers=page)
    for _ in range(2):
        for key, _ in selector.select(PATIENCE):
            endpoint.ready(selector, key.fileobj, lambda _request: HttpResponse(200, {}, b""))  # type: ignore[arg-type]
    assert connection.getresponse().status == status
    connection.close()
    endpoint.close()
    selector.close()
