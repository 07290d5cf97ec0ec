"""The state machine with the original's Lambda function behind it, as far as its recorded answers go.

A function that gives the recorded answers in turn stands for the original's: the machine must send it the recorded
events, wait as long, and end as its answers say; our definition and the recorded one alike. Where the recording's
stand-in for Step Functions differs from AWS (the spacing of a Cause), AWS holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore import xform_name

from emulator import Emulator, Execution
from emulator.tasks import Profile, deploy
from emulator.tasks.machine import definition
from tests.emulator.tasks.recorded import RECORDINGS, REGION, recording
from tests.needs import WITHOUT_RECORDINGS

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=WITHOUT_RECORDINGS)

FUNCTION = "background-task"
DEFINITION = "state-machine-definition"


def loop(name: str) -> Any:
    """What the recording tells of the machine; ``graphql`` has it inside."""
    found = recording(name)
    return found.get("loop", found) if isinstance(found, dict) else {}


LOOPS = [path.stem for path in sorted(RECORDINGS.glob("*.json")) if "state_machine" in loop(path.stem)]
"""The recordings in which the machine called the function."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(region=REGION) as opened:
        yield opened


class Original:
    """The original's function: answers as recorded, and keeps the events that it was sent."""

    def __init__(self, answers: list[Any]) -> None:
        self._answers = iter(answers)
        self.events: list[Any] = []

    def __call__(self, event: Any, context: Any) -> Any:
        self.events.append(event)
        return next(self._answers)


def recorded_definition(emulator: Emulator) -> str:
    if not (RECORDINGS / f"{DEFINITION}.json").exists():
        pytest.skip(f"{DEFINITION}.json is not among the recordings")
    return json.dumps(recording(DEFINITION)["definition"])


def our_definition(emulator: Emulator) -> str:
    return definition(f"arn:aws:lambda:{REGION}:{emulator.account_id}:function:{FUNCTION}")


def called_by(text: str) -> str:
    """The ARN of the function that a definition's Run state calls, in the account of the recording."""
    return str(json.loads(text)["States"]["Run"]["Resource"])


DEFINITIONS = pytest.mark.parametrize("text", [our_definition, recorded_definition], ids=["ours", "recorded"])


@DEFINITIONS
@pytest.mark.parametrize("name", LOOPS)
def test_the_machine_goes_the_recorded_way(emulator: Emulator, text: Any, name: str) -> None:
    told = loop(name)
    calls, machine = told["iterations"], told["state_machine"]
    original = Original([call["lambda_response"] for call in calls])
    emulator.lambda_function(called_by(text(emulator)), original)
    made = emulator.state_machine(text(emulator), name="background-task-sfn")
    started = machine["execution"]["Execution"]
    execution = emulator.run(made, started["Input"], name=started["Name"])
    assert original.events == [of_account(call["lambda_event"], emulator) for call in calls]
    assert_ended(execution, machine)


def of_account(event: Any, emulator: Emulator) -> Any:
    return json.loads(json.dumps(event).replace("000000000000", emulator.account_id))


def assert_ended(execution: Execution, machine: Any) -> None:
    """The execution went the way of ``machine``, a recorded one, with the same data, and ended as it did."""
    trace = machine["trace"]
    assert execution.path == [visit["state"] for visit in trace]
    assert [visit.type for visit in execution.visits] == [visit["type"] for visit in trace]
    assert [visit.input for visit in execution.visits] == [visit["input"] for visit in trace]
    assert execution.elapsed == timedelta(seconds=sum(visit.get("waits", 0) for visit in trace))
    assert execution.status == machine["status"]
    assert execution.error == machine.get("error")
    if execution.status == "SUCCEEDED":
        assert compact(execution.output) == compact(machine["output"])
        assert execution.cause is None
    else:
        assert execution.output is None
        assert execution.cause == compact(json.loads(machine["cause"]))


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("name", LOOPS)
def test_the_recorded_entry_starts_the_machine_that_is_deployed(emulator: Emulator, name: str) -> None:
    """From the bus on, as with an application of the original's behind the emulator: entry, rule, machine, function."""
    told, found = loop(name), recording(name)
    [put] = found["trigger"]["put_events"]
    [entry] = put["request"]["Entries"]
    original = Original([call["lambda_response"] for call in told["iterations"]])
    deploy(
        emulator.client,
        lambda_arn=emulator.lambda_function(FUNCTION, original),
        event_bus_name=entry["EventBusName"],
        role_arn="arn:aws:iam::000000000000:role/background-tasks",
    )
    emulator.client("events").put_events(Entries=[entry])
    [execution] = emulator.executions
    emulator.finish(execution)
    envelope = {
        key: value for key, value in told["eventbridge_event"].items() if key in ("detail", "detail-type", "source")
    }
    assert {key: execution.input[key] for key in envelope} == envelope
    assert list(execution.input) == list(told["eventbridge_event"])
    assert execution.path == [visit["state"] for visit in told["state_machine"]["trace"]]
    for event, call in zip(original.events, told["iterations"], strict=True):
        payload = call["lambda_event"]["payload"]
        assert event["payload"] == {
            **payload,
            "executionName": execution.name,
            "stateMachineId": payload["stateMachineId"].replace("000000000000", emulator.account_id),
        }


def test_our_definition_is_the_recorded_one_with_a_rule_for_null(emulator: Emulator) -> None:
    theirs = json.loads(recorded_definition(emulator))
    ours = json.loads(definition(theirs["States"]["Run"]["Resource"]))
    first = ours["States"]["CheckStatus"]["Choices"].pop(0)
    assert first == {"Variable": "$", "IsNull": True, "Next": "UnknownError"}
    assert compact(ours) == compact(theirs)


def test_the_definition_of_the_release_s_profile_is_the_recorded_one(emulator: Emulator) -> None:
    theirs = json.loads(recorded_definition(emulator))
    ours = json.loads(definition(theirs["States"]["Run"]["Resource"], Profile.webiny_5_39().machine))
    assert compact(ours) == compact(theirs)


@pytest.mark.parametrize(
    ("text", "path", "error"),
    [(our_definition, ["CheckStatus", "UnknownError"], None), (recorded_definition, ["CheckStatus"], "States.Runtime")],
    ids=["ours", "recorded"],
)
def test_a_function_that_answers_null(emulator: Emulator, text: Any, path: list[str], error: str | None) -> None:
    """Case 58 with the rule; without it AWS fails the execution, because there is no ``$.status``."""
    emulator.lambda_function(called_by(text(emulator)), Original([None]))
    execution = emulator.run(text(emulator), EVENT)
    assert execution.path == ["TransformEvent", "Run", *path]
    assert (execution.status, execution.error) == ("FAILED", error)


EVENT = {
    "detail": {
        "webinyTaskId": "0" * 24,
        "webinyTaskDefinitionId": "waiter",
        "tenant": "root",
        "locale": "en-US",
        "delay": 0,
    }
}


@DEFINITIONS
def test_the_recorded_waits(emulator: Emulator, text: Any) -> None:
    """The machine waits whole seconds, passes over a text, and fails on a fraction."""
    if not (RECORDINGS / "continue-wait-options.json").exists():
        pytest.skip("continue-wait-options.json is not among the recordings")
    for case in recording("continue-wait-options")["cases"]:
        wait, done = case["response"].get("wait"), {"status": "done"}
        emulator.lambda_function(called_by(text(emulator)), Original([case["response"], done]))
        execution = emulator.run(text(emulator), EVENT)
        if isinstance(wait, float):
            assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
            assert execution.cause is not None
            assert f"The SecondsPath parameter cannot be parsed as a long value: $.wait == {wait}" in execution.cause
            continue
        seconds = wait if isinstance(wait, int) else 0
        assert (execution.status, execution.elapsed) == ("SUCCEEDED", timedelta(seconds=seconds))
        assert ("Waiter" in execution.path) is (seconds > 0)
        assert execution.output == done


def test_the_original_finds_its_table_behind_the_emulator(emulator: Emulator) -> None:
    """Every recorded call of the function to DynamoDB, made again: what it reads is what it read then."""
    if not (RECORDINGS / "aws-calls.json").exists():
        pytest.skip("aws-calls.json is not among the recordings")
    calls = recording("aws-calls")["calls"]
    client = emulator.client("dynamodb")
    make_table(client)
    known: set[Any] = set()
    for call in calls:  # what was there before: all that is read before it is written
        for item in items_of(call["response"]):
            if (key := (item["PK"]["S"], item["SK"]["S"])) not in known:
                client.put_item(TableName="webiny", Item=item)
                known.add(key)
        for request in call["request"].get("RequestItems", {}).get("webiny", ()):
            if isinstance(request, dict) and "PutRequest" in request:
                item = request["PutRequest"]["Item"]
                known.add((item["PK"]["S"], item["SK"]["S"]))
    for call in calls:
        answer = getattr(client, xform_name(call["target"].rpartition(".")[2]))(**call["request"])
        assert items_of(answer) == items_of(call["response"]), call["n"]
        assert not answer.get("UnprocessedItems")


def make_table(client: Any) -> None:
    keys = ["PK", "SK", "GSI1_PK", "GSI1_SK"]
    schemas = [
        [{"AttributeName": each, "KeyType": kind} for each, kind in zip(pair, ("HASH", "RANGE"), strict=True)]
        for pair in (keys[:2], keys[2:])
    ]
    client.create_table(
        TableName="webiny",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=schemas[0],
        GlobalSecondaryIndexes=[
            {"IndexName": "GSI1", "KeySchema": schemas[1], "Projection": {"ProjectionType": "ALL"}}
        ],
    )


def items_of(answer: Any) -> list[Any]:
    """The items that a call of BatchGetItem or Query found."""
    return [*answer.get("Items", []), *answer.get("Responses", {}).get("webiny", [])]
