"""Wrong values for every member of every operation of four services: AWS's errors, and no failure of ours."""

import asyncio
import json
import logging
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from emulator import Emulator
from emulator.server.gateway import Gateway
from tests.emulator.server.served import HELLO, ROLE, SCOPE, Client, hello, served_by

DEEP: Any = "x"
for _ in range(90):
    DEEP = [DEEP]

WRONG: list[Any] = [
    None, "", "x", "x" * 3000, "\x00", "é\ud800", "2030-13-45",
    "arn:aws:states:us-east-1:123456789012:stateMachine:none",
    "null", "{}", "[]", 0, -1, 1.5, 10**30, 1e300, float("nan"), True, [], [None], [{}], ["x"] * 60, [[]], {}, {"": ""},
    {"x": None}, {"x": {"y": []}}, {"__type": 1}, DEEP,
]  # fmt: skip
"""Values of every JSON type: too short, too long, out of range, nested, empty."""
ACCOUNT = "123456789012"
KNOWN: dict[str, Any] = {
    "stateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:prepared",
    "executionArn": f"arn:aws:states:us-east-1:{ACCOUNT}:execution:prepared:one",
    "activityArn": f"arn:aws:states:us-east-1:{ACCOUNT}:activity:pack",
    "resourceArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:prepared",
    "definition": json.dumps(HELLO),
    "roleArn": ROLE,
    "FunctionName": "hello",
    "Role": ROLE,
    "QueueUrl": f"https://queue.amazonaws.com/{ACCOUNT}/q",
    "QueueName": "q",
    "Rule": "rule",
    "EventPattern": '{"source": ["x"]}',
    "input": "{}",
}
"""Values of members that something here has."""
MADE: list[tuple[str, str, dict[str, Any]]] = [
    ("stepfunctions", "CreateActivity", {"name": "pack"}),
    ("stepfunctions", "StartExecution", {"stateMachineArn": KNOWN["stateMachineArn"], "name": "one"}),
    ("sqs", "CreateQueue", {"QueueName": "q"}),
    ("sqs", "SendMessage", {"QueueUrl": KNOWN["QueueUrl"], "MessageBody": "hello"}),
    ("events", "PutRule", {"Name": "rule", "EventPattern": '{"source": ["x"]}'}),
]


def plausible(name: str, shape: Shape, depth: int = 0) -> Any:
    """A value that the model accepts, as far as it says."""
    if name in KNOWN:
        return KNOWN[name]
    if isinstance(shape, StructureShape):
        return {each: plausible(each, shape.members[each], depth + 1) for each in shape.required_members}
    if isinstance(shape, ListShape):
        return [plausible("", shape.member, depth + 1)]
    if isinstance(shape, MapShape):
        return {"a": plausible("", shape.value, depth + 1)}
    if shape.metadata.get("enum"):
        return shape.metadata["enum"][0]
    values = {"integer": 1, "long": 1, "boolean": True, "timestamp": 1.0, "float": 1.0, "double": 1.0}
    return values.get(shape.type_name, "a")


def requests(model: OperationModel, turn: Iterator[Any]) -> Iterator[dict[str, Any]]:
    """Requests with one wrong member, also within a member; with one missing; with all of them."""
    shape = model.input_shape
    if shape is None:
        return
    base = plausible("", shape)
    yield base
    yield {}
    for name, inner in shape.members.items():
        yield {each: value for each, value in base.items() if each != name}
        for wrong in WRONG:
            yield {**base, name: wrong}
        value = plausible(name, inner)
        if isinstance(value, dict) and isinstance(inner, StructureShape):
            for within in inner.members:
                yield {**base, name: {**value, within: next(turn)}}
        if isinstance(value, list) and isinstance(inner, ListShape) and isinstance(inner.member, StructureShape):
            for within in inner.member.members:
                yield {**base, name: [{**value[0], within: next(turn)}]}


def over_http(service: ServiceModel, operation: str, content: dict[str, Any]) -> tuple[str, str, bytes, dict[str, str]]:
    """Method, path, body and headers, as a client without checks sends it."""
    model = service.operation_model(operation)
    headers = {"Authorization": SCOPE.format(service.signing_name).replace("eu-west-1", "us-east-1")}
    if service.metadata["protocol"] == "json":
        headers["X-Amz-Target"] = f"{service.metadata['targetPrefix']}.{operation}"
        headers["Content-Type"] = f"application/x-amz-json-{service.metadata['jsonVersion']}"
        return "POST", "/", json.dumps(content).encode(), headers
    path, body, query, payload = model.http["requestUri"], {}, [], None
    shape = model.input_shape
    for name, value in content.items():
        place = shape.members[name].serialization if shape else {}
        at, called = place.get("location"), place.get("name", name)
        text = value if isinstance(value, str) else json.dumps(value)
        if at == "uri":
            path = path.replace("{" + called + "}", quote(text.encode("utf-8", "surrogatepass"), safe=""))
        elif at == "querystring":
            query.append((called, text))
        elif at in ("header", "headers"):
            headers[called] = json.dumps(text) if not text.isprintable() or not text.isascii() else text
        elif shape is not None and shape.serialization.get("payload") == name:
            payload = text.encode("utf-8", "surrogatepass")
        else:
            body[called] = value
    asked = f"{path}?{urlencode(query, errors='surrogatepass')}" if query else path
    return model.http["method"], asked, payload if payload is not None else json.dumps(body).encode(), headers


@pytest.mark.parametrize("name", ["stepfunctions", "events", "sqs", "lambda"])
def test_wrong_values_get_errors_of_aws(name: str, caplog: pytest.LogCaptureFixture) -> None:
    service = ServiceModel(Loader().load_service_model(name, "service-2"), name)
    failed: dict[str, str] = {}
    turn = cycle(WRONG)

    def make() -> Emulator:
        world = Emulator()
        world.lambda_function("hello", hello)
        world.state_machine(HELLO, name="prepared")
        return world

    async def call(gateway: Gateway) -> None:
        client = Client(gateway.app)
        for other, operation, content in MADE:
            model = ServiceModel(Loader().load_service_model(other, "service-2"), other)
            assert (await client.send(*over_http(model, operation, content)))[0] == 200
        for operation in sorted(service.operation_names, key=lambda name: name.startswith(("Delete", "Purge"))):
            for content in requests(service.operation_model(operation), turn):
                if operation == "GetActivityTask" and content.get("activityArn") == KNOWN["activityArn"]:
                    continue  # it would wait
                status, body = await client.send(*over_http(service, operation, content))
                if status >= 500 and status != 501:
                    failed.setdefault(f"{operation} {content!r:.300}", body.decode()[:300])

    with caplog.at_level(logging.ERROR):
        asyncio.run(served_by(Gateway(make), call, seconds=300))
    assert not failed
    assert not caplog.records
