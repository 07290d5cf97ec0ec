"""Every member of a request works, is accepted without effect and listed, or is refused by name."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import boto3
import pytest
from botocore.exceptions import ClientError, MissingDependencyException
from botocore.model import ListShape, MapShape, Shape, StructureShape

from emulator import Emulator, NotEmulatedError
from emulator.aws import names
from emulator.aws.promises.by_member import DECIDED, MAPS, Decided
from emulator.aws.promises.table import PROMISES
from emulator.supported import lines

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
FLOW = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"
KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
SCHEDULE = {
    "Name": "s",
    "ScheduleExpression": "rate(1 hour)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": FUNCTION, "RoleArn": ROLE},
}
PIPE = {"Name": "p", "RoleArn": ROLE, "Source": QUEUE_ARN, "Target": FUNCTION}
CODE = {"FunctionName": "g", "Role": ROLE, "Runtime": "python3.12", "Handler": "a.b", "Code": {"ZipFile": "x"}}
ASKED = [
    "dynamodb CreateTable UpdateTable UpdateTimeToLive",
    "events PutEvents PutRule PutTargets",
    "lambda CreateEventSourceMapping UpdateEventSourceMapping Invoke PutFunctionEventInvokeConfig",
    "lambda CreateFunction UpdateFunctionCode UpdateFunctionConfiguration",
    "logs CreateLogGroup PutRetentionPolicy PutSubscriptionFilter",
    "pipes CreatePipe UpdatePipe",
    "s3 PutBucketNotificationConfiguration",
    "scheduler CreateSchedule UpdateSchedule",
    "sns CreateTopic Publish SetSubscriptionAttributes SetTopicAttributes Subscribe",
    "sqs CreateQueue ReceiveMessage SendMessage SetQueueAttributes",
    "stepfunctions CreateStateMachine StartExecution UpdateStateMachine",
]
"""The operations whose members are decided one by one, unless the whole operation is refused."""
BASES: Mapping[str, dict[str, Any]] = {
    "dynamodb:CreateTable": {
        "TableName": "u",
        "KeySchema": KEY,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    "dynamodb:UpdateTable": {"TableName": "t"},
    "events:PutEvents": {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]},
    "events:PutTargets": {"Rule": "r", "Targets": [{"Id": "1", "Arn": FUNCTION}]},
    "lambda:CreateEventSourceMapping": {"FunctionName": "f", "StartingPosition": "LATEST"},
    "lambda:CreateFunction": CODE,
    "lambda:Invoke": {"FunctionName": "f"},
    "lambda:UpdateEventSourceMapping": {},
    "lambda:UpdateFunctionCode": {"FunctionName": "h"},
    "lambda:UpdateFunctionConfiguration": {"FunctionName": "f"},
    "logs:CreateLogGroup": {"logGroupName": "g"},
    "logs:PutSubscriptionFilter": {
        "logGroupName": "l",
        "filterName": "f",
        "filterPattern": "",
        "destinationArn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/k",
    },
    "pipes:CreatePipe": PIPE,
    "pipes:UpdatePipe": {"Name": "old", "RoleArn": ROLE},
    "scheduler:CreateSchedule": SCHEDULE,
    "scheduler:UpdateSchedule": SCHEDULE,
    "sns:CreateTopic": {"Name": "u"},
    "sns:Publish": {"Message": "m", "TopicArn": TOPIC},
    "sns:SetSubscriptionAttributes": {"AttributeValue": "v"},
    "sns:SetTopicAttributes": {"TopicArn": TOPIC, "AttributeValue": "v"},
    "sns:Subscribe": {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE_ARN},
    "sqs:CreateQueue": {"QueueName": "u"},
    "sqs:SetQueueAttributes": {"QueueUrl": QUEUE},
    "stepfunctions:CreateStateMachine": {"name": "n", "definition": FLOW, "roleArn": ROLE},
    "stepfunctions:UpdateStateMachine": {"stateMachineArn": MACHINE, "definition": FLOW},
}
"""The call -> a request to which the member is added."""


# The table and the models --------------------------------------------------------------------------------------------


def shape_of(call: str) -> StructureShape:
    service, operation = call.split(":")
    shape = names.service_model(service).operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    return shape


def keys_of(name: str, shape: Shape) -> list[str]:
    """The keys of a map with fixed keys: the model lists them, or the documentation of SNS does."""
    if isinstance(shape, MapShape) and shape.key.metadata.get("enum"):
        return list(shape.key.metadata["enum"])
    told = re.findall(r"<li> *<p> *<code>(\w+)</code> *(?:–|&#8211;|-) ", shape.documentation)
    return [each for each in told if each not in VALUES]


VALUES = ("Completed", "Failed", "MessageAttributes", "MessageBody", "MessageGroup", "Pending", "ReplayStatus", "Topic")
"""Names in SNS's documentation of attributes that are values of one, or that only it sets."""


def undecided(row: Decided, shape: StructureShape, place: str = "") -> Iterator[str]:
    """The paths of the model that are in no class."""
    for name, member in shape.members.items():
        path = f"{place}{name}"
        inner = member
        while isinstance(inner, ListShape):
            inner = inner.member
        below = {each for each in row.all if each.startswith(f"{path}.")}
        if name in MAPS and below:
            yield from (f"{path}.{key}" for key in keys_of(name, member) if f"{path}.{key}" not in row.all)
        elif below and isinstance(inner, StructureShape):
            yield from undecided(row, inner, f"{path}.")
        elif path not in row.all:
            yield path


ALL = [f"{service}:{name}" for service, *operations in map(str.split, ASKED) for name in operations]


@pytest.mark.parametrize("call", ALL)
def test_every_member_is_decided(call: str) -> None:
    service, operation = call.split(":")
    promise = PROMISES.get(service, {}).get(operation)
    if promise is not None and promise.when is None and call not in DECIDED:
        return
    assert list(undecided(DECIDED[call], shape_of(call))) == [], (
        f"{call}: does it work, has it no effect, or is it refused? A row of emulator/aws/promises/by_member.py"
    )


def test_a_new_member_is_told_by_its_name() -> None:
    row = DECIDED["scheduler:CreateSchedule"]
    assert list(undecided(row._replace(works=row.works - {"Target.Input"}), shape_of("scheduler:CreateSchedule"))) == [
        "Target.Input"
    ]


@pytest.mark.parametrize("call", DECIDED)
def test_a_member_is_in_one_class_and_in_the_model(call: str) -> None:
    row = DECIDED[call]
    assert not row.works & row.without_effect
    assert not row.refused.keys() & (row.works | row.without_effect)
    for path in row.all:
        shape: Any = shape_of(call)
        for name in path.split("."):
            while isinstance(shape, ListShape):
                shape = shape.member
            if not isinstance(shape, StructureShape):
                break
            assert name in shape.members, path
            shape = shape.members[name]


def test_the_page_lists_what_has_no_effect() -> None:
    page = "\n".join(lines())
    for call, row in DECIDED.items():
        for path in row.without_effect:
            assert re.search(rf"^\| `{call}` \|.*`{re.escape(path)}`", page, re.MULTILINE), (call, path)


# What is refused -----------------------------------------------------------------------------------------------------


def sample(shape: Shape) -> Any:
    """A value of a shape that has something in it."""
    if isinstance(shape, StructureShape):
        wanted = shape.required_members or list(shape.members)[:1]
        return {name: sample(shape.members[name]) for name in wanted}
    if isinstance(shape, ListShape):
        return [sample(shape.member)]
    if isinstance(shape, MapShape):
        key = (shape.key.metadata.get("enum") or ["k"])[0]
        return {key: sample(shape.value)}
    facts = shape.metadata
    if facts.get("enum"):
        return facts["enum"][0]
    special = {"boolean": True, "blob": b"x", "double": 1.0, "float": 1.0, "timestamp": 0}
    if shape.type_name in ("integer", "long"):
        return max(1, facts.get("min", 1))
    return special.get(shape.type_name, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k".ljust(facts.get("min", 0), "k"))


def with_member(call: str, path: str) -> dict[str, Any]:
    """The base request with a value at the path."""
    request = deepcopy(BASES[call])
    place, shape = request, shape_of(call)
    *above, last = path.split(".")
    if above == ["AttributeName"]:
        return {**request, "AttributeName": last}
    for name in above:
        inner: Any = shape.members[name]
        found = place.setdefault(name, [{}] if isinstance(inner, ListShape) else {})
        place = found[0] if isinstance(found, list) else found
        while isinstance(inner, ListShape):
            inner = inner.member
        shape = inner
    if last == "EndpointId":  # which is a part of a host's name
        place[last] = "abcde.veo"
        return request
    place[last] = "{}" if isinstance(shape, MapShape) else sample(shape.members[last])
    return request


@pytest.fixture
def things(emulator: Emulator) -> Emulator:
    """What the base requests name."""
    emulator.lambda_function("f", lambda event, context: event, timeout_seconds=3)
    boto3.client("sqs").create_queue(QueueName="q")
    boto3.client("sns").create_topic(Name="t")
    boto3.client("events").put_rule(Name="r", EventPattern='{"source": ["s"]}')
    boto3.client("logs").create_log_group(logGroupName="l")
    boto3.client("stepfunctions").create_state_machine(name="m", definition=FLOW, roleArn=ROLE)
    boto3.client("pipes").create_pipe(**{**PIPE, "Name": "old"})
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table = {**BASES["dynamodb:CreateTable"], "TableName": "t", "StreamSpecification": stream}
    boto3.client("dynamodb").create_table(**table)
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("a.py", "def b(event, context): return event")
    boto3.client("lambda").create_function(**{**CODE, "FunctionName": "h", "Code": {"ZipFile": code.getvalue()}})
    return emulator


@pytest.mark.parametrize("call", [call for call, row in DECIDED.items() if row.refused])
@pytest.mark.emulator(allow_blocked=True)
def test_a_refused_member_is_refused_by_its_name(things: Emulator, call: str) -> None:
    service, operation = call.split(":")
    client = boto3.client(service)
    more = {}
    if operation.endswith("EventSourceMapping"):
        stream = boto3.client("dynamodb").describe_table(TableName="t")["Table"]["LatestStreamArn"]
        more = {"EventSourceArn": stream}
    if operation == "UpdateEventSourceMapping":
        made = client.create_event_source_mapping(**BASES["lambda:CreateEventSourceMapping"], **more)
        more = {"UUID": made["UUID"]}
    if operation == "SetSubscriptionAttributes":
        more = {"SubscriptionArn": client.subscribe(**BASES["sns:Subscribe"])["SubscriptionArn"]}
    assert [path for path in sorted(DECIDED[call].refused) if not is_refused(client, call, path, more)] == []


def is_refused(client: Any, call: str, path: str, more: Mapping[str, Any]) -> bool:
    """Whether the member is in the message of the error; AWS writes members with a small first letter, too."""
    try:
        client._make_api_call(call.partition(":")[2], {**with_member(call, path), **more})
    except (NotEmulatedError, ClientError) as error:
        told = str(error).lower()
        return any(name.lower() in told for name in path.split(".")[1:] or [path])
    except MissingDependencyException:  # boto3 does not send it
        return True
    return False


@pytest.mark.parametrize(
    ("service", "method", "arguments", "told"),
    [
        ("sqs", "create_queue", {"QueueName": "u", "Attributes": {"Redrive": "{}"}}, "Attributes.Redrive is not known"),
        ("sns", "create_topic", {"Name": "u", "Attributes": {"DisplayNam": "x"}}, 'Did you mean "DisplayName"?'),
        (
            "sns",
            "set_topic_attributes",
            {"TopicArn": TOPIC, "AttributeName": "Displayname", "AttributeValue": "x"},
            'Did you mean "DisplayName"?',
        ),
    ],
)
@pytest.mark.emulator(allow_blocked=True)
def test_an_unknown_attribute_is_refused_with_the_nearest(
    things: Emulator, service: str, method: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(NotEmulatedError, match=re.escape(told)):
        getattr(boto3.client(service), method)(**arguments)
