"""APIs of API Gateway at the address of a server."""

import http.client
import json
from typing import Any

from emulator import Emulator
from emulator.apigateway.apis import ANY, DEFAULT, Api, Integration, Route
from tests.emulator.server.served import PATIENCE, listening


def echo(event: Any, context: Any) -> Any:
    return {"statusCode": 201, "multiValueHeaders": {"X-A": ["1", "2"]}, "body": json.dumps(event)}


def make() -> Emulator:
    emulator = Emulator()
    arn = emulator.lambda_function("echo", echo)
    rest = Api("abc123", "REST", "orders", emulator.region, emulator.account_id, stages={"prod": {}})
    rest.routes.append(Route(ANY, "/orders/{id}", Integration("AWS_PROXY", arn)))
    rest.routes.append(Route("GET", "/out", Integration("HTTP_PROXY", "https://example.com/")))
    url = Api("xyz789", "URL", "url", emulator.region, emulator.account_id, stages={DEFAULT: {}})
    url.routes.append(Route(ANY, DEFAULT, Integration("AWS_PROXY", arn, "2.0")))
    for each in (rest, url):
        emulator.assembly.apis.add(each)
    return emulator


def ask(port: int, method: str, path: str, host: str = "localhost") -> tuple[int, list[tuple[str, str]], Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, path, headers={"Host": f"{host}:{port}"})
    response = connection.getresponse()
    found = response.status, response.getheaders(), json.loads(response.read())
    connection.close()
    return found


def test_an_api_that_is_not_there_names_those_that_are() -> None:
    with listening(make) as port:
        for path, host in (("/x", "zzz.execute-api.localhost"), ("/_aws/execute-api/zzz/x", "localhost")):
            status, _, told = ask(port, "GET", path, host)
            address = f"http://localhost:{port}/_aws/execute-api/abc123/prod/"
            assert status == 404
            assert told["message"].startswith(f"there is no API 'zzz' here; the APIs are orders at {address}; url at")
    with listening(Emulator) as port:
        status, _, told = ask(port, "GET", "/_aws/execute-api/zzz/x")
        assert (status, told["message"].partition(" are ")[2]) == (404, "none: no template with one is deployed")


def test_an_api_is_named_by_the_host_or_by_the_path() -> None:
    with listening(make) as port:
        for path, host in (
            ("/prod/orders/7?a=b", "abc123.execute-api.localhost"),
            ("/_aws/execute-api/abc123/prod/orders/7?a=b", "localhost"),
        ):
            status, headers, got = ask(port, "PUT", path, host)
            assert status == 201
            assert [value for name, value in headers if name.lower() == "x-a"] == ["1", "2"]
            assert (got["path"], got["pathParameters"], got["requestContext"]["stage"]) == (
                "/orders/7",
                {"id": "7"},
                "prod",
            )
        status, _, got = ask(port, "GET", "/a?b=c", "xyz789.lambda-url.localhost")
        assert (status, got["rawPath"], got["rawQueryString"]) == (201, "/a", "b=c")
        status, _, got = ask(port, "GET", "/_aws/execute-api/abc123/prod/other")
        assert (status, got) == (403, {"message": "Missing Authentication Token"})
        status, _, got = ask(port, "GET", "/_aws/execute-api/abc123/prod/out")
        assert (status, "outside of the emulator" in got["message"]) == (501, True)
