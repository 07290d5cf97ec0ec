"""What log groups get: a developer reads them with boto3, as on AWS.

The form of a log event, and what each level logs, are recorded on AWS: ``test_logs`` of the conformance cases.
"""

import json
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest

from emulator import Emulator
from tests.emulator.stepfunctions.test_service import ROLE, refusal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

GROUP = "/aws/vendedlogs/states/orders"
ENDS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"b": 1}, "Next": "S"}, "S": {"Type": "Succeed"}}}
FAILS = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Sold", "Cause": "out of stock"}}}
CAUGHT = {
    "StartAt": "T",
    "States": {
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "W"}],
            "Next": "W",
        },
        "W": {"Type": "Wait", "Seconds": 7, "End": True},
    },
}
Level = Literal["ALL", "ERROR", "FATAL", "OFF"]


@pytest.fixture
def sfn(emulator: Emulator) -> "SFNClient":
    client: SFNClient = boto3.client("stepfunctions")
    assert client.meta.region_name == emulator.region
    return client


@pytest.fixture
def logs(emulator: Emulator) -> Any:
    client: Any = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    assert client.meta.region_name == emulator.region
    return client


def arn_of(logs: Any, group: str = GROUP) -> str:
    return str(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"])


def to(arn: str, level: Level, *, data: bool = False) -> Any:
    group: dict[str, Any] = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    return {"level": level, "includeExecutionData": data, "destinations": [group]}


def create(sfn: "SFNClient", definition: object, logging: Any, name: str = "orders") -> str:
    machine = sfn.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE, loggingConfiguration=logging
    )
    return machine["stateMachineArn"]


def logged(logs: Any, group: str = GROUP) -> list[dict[str, Any]]:
    return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]


def kinds(logs: Any) -> list[str]:
    return [entry["type"] for entry in logged(logs)]


def test_all_with_data_logs_every_event_in_awss_form(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    machine = create(sfn, ENDS, to(arn_of(logs), "ALL", data=True))
    execution = sfn.start_execution(stateMachineArn=machine, input='{"id": 7}')["executionArn"]
    at = str(int(emulator.clock.now().timestamp() * 1000))
    rest = {"event_timestamp": at, "execution_arn": execution, "redrive_count": "0"}
    whole = {"truncated": False}
    assert logged(logs)[:3] == [
        {
            "id": "1",
            "type": "ExecutionStarted",
            "details": {"input": '{"id": 7}', "inputDetails": whole, "roleArn": ROLE},
            "previous_event_id": "0",
            **rest,
        },
        {
            "id": "2",
            "type": "PassStateEntered",
            "details": {"input": '{"id": 7}', "inputDetails": whole, "name": "P"},
            "previous_event_id": "0",
            **rest,
        },
        {
            "id": "3",
            "type": "PassStateExited",
            "details": {"name": "P", "output": '{"b":1}', "outputDetails": whole},
            "previous_event_id": "2",
            **rest,
        },
    ]
    assert kinds(logs)[3:] == ["SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]


def test_the_text_of_a_log_event_has_awss_order(sfn: "SFNClient", logs: Any) -> None:
    sfn.start_execution(stateMachineArn=create(sfn, FAILS, to(arn_of(logs), "FATAL")))
    [event] = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert list(json.loads(event["message"])) == [
        "id",
        "type",
        "details",
        "previous_event_id",
        "event_timestamp",
        "execution_arn",
        "redrive_count",
    ]
    assert '"details":{"cause":"out of stock","error":"Sold"}' in event["message"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_a_level_says_which_events_are_logged(sfn: "SFNClient", logs: Any, level: Level, expected: list[str]) -> None:
    sfn.start_execution(stateMachineArn=create(sfn, FAILS, to(arn_of(logs), level)))
    assert kinds(logs) == expected


def test_error_logs_what_failed_although_it_was_caught(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    def charge(event: object, context: object) -> None:
        raise ValueError("no money")

    emulator.lambda_function("charge", charge)
    sfn.start_execution(stateMachineArn=create(sfn, CAUGHT, to(arn_of(logs), "ERROR")))
    assert kinds(logs) == ["TaskFailed"]


def test_without_data_no_input_output_or_parameters(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    sfn.start_execution(stateMachineArn=create(sfn, CAUGHT, to(arn_of(logs), "ALL")), input='{"card": "visa"}')
    emulator.clock.advance(seconds=7)
    assert "visa" not in json.dumps(logged(logs))
    details = {entry["type"]: entry["details"] for entry in logged(logs)}
    assert details["ExecutionStarted"] == {"roleArn": ROLE}
    assert details["TaskScheduled"] == {"region": "us-east-1", "resource": "invoke", "resourceType": "lambda"}
    assert details["WaitStateEntered"] == {"name": "W"}
    assert details["ExecutionSucceeded"] == {}


def test_events_are_logged_while_the_execution_runs_each_at_its_time(
    emulator: Emulator, sfn: "SFNClient", logs: Any
) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    began = emulator.clock.now()
    sfn.start_execution(stateMachineArn=create(sfn, CAUGHT, to(arn_of(logs), "ALL")))
    assert kinds(logs)[-1] == "WaitStateEntered"
    emulator.clock.advance(days=30)
    ended = logs.filter_log_events(logGroupName=GROUP)["events"][-1]
    assert ended["timestamp"] == int(began.timestamp() * 1000) + 7000
    assert json.loads(ended["message"])["type"] == "ExecutionSucceeded"


def test_the_runs_of_a_machine_share_a_stream_with_awss_name(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    machine = create(sfn, ENDS, to(arn_of(logs), "ALL"))
    for minute in range(2):
        sfn.start_execution(stateMachineArn=machine, name=f"run-{minute}")
        emulator.clock.advance(minutes=1)
    streams = [each["logStreamName"] for each in logs.describe_log_streams(logGroupName=GROUP)["logStreams"]]
    validation, stream = streams
    assert validation == "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
    prefix, name, minute_text, id_ = stream.split("/")
    assert (prefix, name, minute_text, len(id_)) == ("states", "orders", "2030-01-01-00-00", 8)
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]
    assert len(events) == 12
    emulator.clock.advance(hours=1)
    sfn.start_execution(stateMachineArn=machine, name="later")
    assert len(logs.describe_log_streams(logGroupName=GROUP)["logStreams"]) == 3


def test_children_of_a_distributed_map_log_to_the_group_of_their_parent(sfn: "SFNClient", logs: Any) -> None:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **ENDS}
    definition = {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}},
    }
    machine = create(sfn, definition, to(arn_of(logs), "ALL"))
    sfn.start_execution(stateMachineArn=machine, input='{"items": [1, 2]}')
    started = [entry["execution_arn"] for entry in logged(logs) if entry["type"] == "ExecutionStarted"]
    assert len(started) == 3
    assert ["/" in arn for arn in started] == [False, True, True]


def test_a_map_is_written_in_few_requests(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    once = {"StartAt": "T", "States": {"T": {**CAUGHT["States"]["T"], "End": True}}}  # type: ignore[index]
    del once["States"]["T"]["Next"], once["States"]["T"]["Catch"]  # type: ignore[index]
    definition = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": once, "End": True}}}
    machine = create(sfn, definition, to(arn_of(logs), "ALL"))
    sent: list[str] = []
    client = emulator.assembly.internal_client("logs")
    client.meta.events.register("before-send.*.PutLogEvents", lambda **_: sent.append("put"))
    sfn.start_execution(stateMachineArn=machine, input=json.dumps(list(range(100))))
    assert len(logged(logs)) > 700
    assert len(sent) < 15


def test_a_value_of_more_than_248_kb_is_cut(sfn: "SFNClient", logs: Any) -> None:
    machine = create(sfn, FAILS, to(arn_of(logs), "ALL", data=True))
    sfn.start_execution(stateMachineArn=machine, input=json.dumps("é" * 130_000, ensure_ascii=False))
    details = logged(logs)[0]["details"]
    assert details["inputDetails"] == {"truncated": True}
    assert len(details["input"].encode()) == 248 * 1024 - 1, "no half of a character"


def test_a_deleted_log_group_loses_the_logs_and_the_execution_goes_on(sfn: "SFNClient", logs: Any) -> None:
    machine = create(sfn, ENDS, to(arn_of(logs), "ALL"))
    logs.delete_log_group(logGroupName=GROUP)
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    assert sfn.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    logs.create_log_group(logGroupName=GROUP)
    sfn.start_execution(stateMachineArn=machine)
    assert len(logged(logs)) == 6


def test_what_is_read_a_year_later_has_its_own_time(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    began = int(emulator.clock.now().timestamp() * 1000)
    sfn.start_execution(stateMachineArn=create(sfn, FAILS, to(arn_of(logs), "ALL")))
    emulator.clock.advance(days=365)
    events = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert [(event["timestamp"], event["ingestionTime"]) for event in events] == [(began, began)] * 3
    assert logs.describe_log_groups()["logGroups"][0]["creationTime"] == began


def test_events_of_many_hours_and_of_many_executions(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2000, "Next": "V"}, "V": {"Type": "Succeed"}}}
    machine = create(sfn, waits, to(arn_of(logs), "ALL"))
    for _ in range(300):
        sfn.start_execution(stateMachineArn=machine)
        emulator.clock.advance(minutes=5)
    emulator.clock.advance(days=20)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP)
    events = [json.loads(event["message"]) for page in pages for event in page["events"]]
    assert len(events) == 300 * 6
    assert [each["event_timestamp"] for each in events] == sorted(each["event_timestamp"] for each in events)


def test_an_update_logs_the_executions_that_start_after_it(sfn: "SFNClient", logs: Any) -> None:
    machine = create(sfn, FAILS, {"level": "OFF"})
    sfn.start_execution(stateMachineArn=machine)
    first = sfn.update_state_machine(stateMachineArn=machine, loggingConfiguration=to(arn_of(logs), "FATAL"))
    sfn.start_execution(stateMachineArn=machine)
    assert kinds(logs) == ["ExecutionFailed"]
    again = sfn.update_state_machine(stateMachineArn=machine, loggingConfiguration=to(arn_of(logs), "FATAL"))
    other = sfn.update_state_machine(stateMachineArn=machine, loggingConfiguration=to(arn_of(logs), "ERROR"))
    assert (first["revisionId"] == again["revisionId"], again["revisionId"] == other["revisionId"]) == (True, False)


def test_a_handler_reads_what_its_own_execution_has_logged(emulator: Emulator, sfn: "SFNClient", logs: Any) -> None:
    emulator.lambda_function("charge", lambda event, context: kinds(boto3.client("logs")))
    machine = create(sfn, CAUGHT, to(arn_of(logs), "ALL"))
    execution = emulator.start(machine)
    assert execution.states["T"].output["Payload"] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
    ]


def test_a_machine_that_does_not_log_asks_nothing_of_a_backend(emulator: Emulator) -> None:
    execution = emulator.run(ENDS)
    assert (execution.is_logged, execution.seen_by_log, emulator.assembly.backend.used) == (False, 0, False)


# Configurations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, {"level": "OFF", "includeExecutionData": False}),
        ({"destinations": []}, {"level": "OFF", "includeExecutionData": False, "destinations": []}),
        ({"includeExecutionData": True}, {"level": "OFF", "includeExecutionData": True}),
    ],
)
def test_a_configuration_is_described_with_awss_defaults(sfn: "SFNClient", given: Any, shown: Any) -> None:
    machine = create(sfn, ENDS, given)
    assert sfn.describe_state_machine(stateMachineArn=machine)["loggingConfiguration"] == shown
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    of_execution = sfn.describe_state_machine_for_execution(executionArn=execution)
    assert (of_execution["loggingConfiguration"], of_execution["tracingConfiguration"]) == (shown, {"enabled": False})


def test_a_destination_is_described_as_it_was_given(sfn: "SFNClient", logs: Any) -> None:
    given = to(arn_of(logs), "ERROR", data=True)
    machine = create(sfn, ENDS, given)
    assert sfn.describe_state_machine(stateMachineArn=machine)["loggingConfiguration"] == given
    assert create(sfn, ENDS, given) == machine
    refused = ("StateMachineAlreadyExists", f"State Machine Already Exists: '{machine}'")
    assert refusal(create, sfn=sfn, definition=ENDS, logging=to(arn_of(logs), "ALL", data=True)) == refused


ONE = "Invalid Logging Configuration: Must specify exactly one Log Destination."
ABSENT = "Invalid Logging Configuration: Log Destination not found."


@pytest.mark.parametrize(
    ("level", "destinations", "text"),
    [
        ("ALL", None, ONE),
        ("ERROR", [], ONE),
        ("FATAL", ["/a:*", "/b:*"], ONE),
        ("OFF", ["/a:*", "/b:*"], ONE),
        ("ALL", ["/absent:*"], ABSENT),
        (
            "ALL",
            [GROUP],
            "Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier.",
        ),
    ],
)
def test_a_destination_is_refused_in_awss_words_by_both_operations(
    sfn: "SFNClient", logs: Any, level: str, destinations: list[str] | None, text: str
) -> None:
    given: dict[str, Any] = {"level": level}
    if destinations is not None:
        arns = [f"arn:aws:logs:us-east-1:123456789012:log-group:{name}" for name in destinations]
        given["destinations"] = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}} for arn in arns]
    refused = ("InvalidLoggingConfiguration", text)
    assert refusal(create, sfn=sfn, definition=ENDS, logging=given) == refused
    machine = create(sfn, ENDS, {})
    assert refusal(sfn.update_state_machine, stateMachineArn=machine, loggingConfiguration=given) == refused
    assert sfn.describe_state_machine(stateMachineArn=machine)["loggingConfiguration"]["level"] == "OFF"


def test_an_unknown_level_is_refused(sfn: "SFNClient") -> None:
    code, text = refusal(create, sfn=sfn, definition=ENDS, logging={"level": "DEBUG"})
    assert code == "ValidationException"
    assert (
        "Value 'DEBUG' at 'loggingConfiguration.level' failed to satisfy constraint: Member must satisfy enum" in text
    )


def test_tracing_is_kept_and_described(sfn: "SFNClient") -> None:
    machine = sfn.create_state_machine(
        name="m", definition=json.dumps(ENDS), roleArn=ROLE, tracingConfiguration={"enabled": True}
    )["stateMachineArn"]
    assert sfn.describe_state_machine(stateMachineArn=machine)["tracingConfiguration"] == {"enabled": True}
    sfn.update_state_machine(stateMachineArn=machine, tracingConfiguration={"enabled": False})
    assert sfn.describe_state_machine(stateMachineArn=machine)["tracingConfiguration"] == {"enabled": False}
