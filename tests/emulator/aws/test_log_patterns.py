"""Filter patterns of CloudWatch Logs: which log events FilterLogEvents gives."""

import json
from typing import Any

import pytest

from emulator import Emulator, NotEmulatedError
from emulator.aws.log_patterns import PatternError, matcher

FAILED: dict[str, Any] = {
    "type": "TaskFailed",
    "details": {"error": "Sold out", "count": 3, "retried": True, "cause": None, "items": [{"id": "a-1"}]},
}


@pytest.fixture
def logs(emulator: Emulator) -> Any:
    client: Any = emulator.client("logs")
    client.create_log_group(logGroupName="g")
    client.create_log_stream(logGroupName="g", logStreamName="s")
    at = int(emulator.clock.now().timestamp() * 1000)
    events = [{"timestamp": at, "message": text} for text in ("ERROR lost", "ERROR found", "WARN 7")]
    client.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    return client


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", ["ERROR lost", "ERROR found"]),
        ("ERROR lost", ["ERROR lost"]),
        ('"R lost"', ["ERROR lost"]),
        ("?lost ?WARN", ["ERROR lost", "WARN 7"]),
        ("ERROR -lost", ["ERROR found"]),
        ("-ERROR", ["WARN 7"]),
        ('-"ERROR lost" ERROR', ["ERROR found"]),
        ("%[0-9]+%", ["WARN 7"]),
        ("{ $.a = 1 }", []),
        (" ", ["ERROR lost", "ERROR found", "WARN 7"]),
    ],
)
def test_terms(logs: Any, pattern: str, expected: list[str]) -> None:
    found = logs.filter_log_events(logGroupName="g", filterPattern=pattern)["events"]
    assert [each["message"] for each in found] == expected


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.type = "TaskFailed" }',
        "{$.type=TaskFailed}",
        '{ $.type = "*Failed" }',
        '{ $.type != "TaskSucceeded" }',
        "{ $.type = %^Task% }",
        '{ $.details.error = "Sold out" && $.details.count > 2 }',
        "{ $.details.count = 3 }",
        "{ $.details.count >= 3e0 && $.details.count != 4 }",
        "{ $.details.retried IS TRUE }",
        "{ $.details.cause IS NULL }",
        "{ $.details.output NOT EXISTS }",
        '{ $.details.items[0].id = "a-1" }',
        "{ $.details.items[0].id = a-1 }",
        """{ $['type'] = "Task*" }""",
        '{ ($.type = "x" || $.type = "TaskFailed") && $.details.count < 4 }',
        '{ $.type = "TaskFailed" || $.type = "x" && $.type = "y" }',
    ],
)
def test_json_that_fulfils_a_comparison(pattern: str) -> None:
    assert matcher(pattern)(json.dumps(FAILED))


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.type = "taskfailed" }',
        '{ $.type = "Failed" }',
        "{ $.none = 3 }",
        '{ $.none != "x" }',
        "{ $.details.retried = 1 }",
        "{ $.details.error > 1 }",
        "{ $.details.retried IS FALSE }",
        "{ $.type NOT EXISTS }",
        '{ $.details.items[1].id = "a-1" }',
        '{ ($.type = "TaskFailed" || $.type = "x") && $.type = "y" }',
    ],
)
def test_json_that_does_not(pattern: str) -> None:
    assert not matcher(pattern)(json.dumps(FAILED))
    assert not matcher('{ $.type = "*" }')("no JSON")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("[ip, user]", "it is a pattern of columns"),
        ("?a b", "terms with [?] stand beside others"),
        ("{ $.a[*].b = 1 }", "is not read"),
        ("{ $.a }", "stands where = or"),
        ("{ a = 1 }", "belongs"),
        ("{ $.a = 1 } x", "follows its end"),
        ("{ $.a > x }", "> compares numbers, not x"),
        ("%(%", "is not a regular expression"),
        ('"open', "is not a term"),
    ],
)
def test_a_pattern_that_is_not_evaluated_is_refused(emulator: Emulator, logs: Any, pattern: str, told: str) -> None:
    with pytest.raises(PatternError, match=told):
        matcher(pattern)
    with pytest.raises(NotEmulatedError, match="FilterLogEvents: the filter pattern"):
        logs.filter_log_events(logGroupName="g", filterPattern=pattern)
    emulator.blocked.clear()


def test_the_events_of_a_state_machine_are_found_by_their_type(emulator: Emulator, logs: Any) -> None:
    where = {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}
    sfn = emulator.client("stepfunctions")
    machine = sfn.create_state_machine(
        name="m",
        definition=json.dumps({"StartAt": "F", "States": {"F": {"Type": "Fail"}}}),
        roleArn="arn:aws:iam::123456789012:role/r",
        loggingConfiguration={"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": where}]},
    )["stateMachineArn"]
    sfn.start_execution(stateMachineArn=machine)
    (found,) = logs.filter_log_events(logGroupName="g", filterPattern='{ $.type = "ExecutionFailed" }')["events"]
    assert json.loads(found["message"])["execution_arn"].startswith("arn:aws:states:")


def test_a_group_that_does_not_exist_and_a_query(emulator: Emulator, logs: Any) -> None:
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.filter_log_events(logGroupName="none", filterPattern="ERROR")
    with pytest.raises(NotEmulatedError, match="the query would not be evaluated"):
        logs.start_query(logGroupName="g", startTime=0, endTime=1, queryString="fields @message")
    emulator.blocked.clear()


@pytest.mark.parametrize("ending", ["", ":*"])
@pytest.mark.parametrize("more", [{}, {"filterPattern": "lost"}])
def test_a_group_may_be_named_by_its_arn(logs: Any, ending: str, more: dict[str, str]) -> None:
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:g{ending}"
    expected = ["ERROR lost"] if more else ["ERROR lost", "ERROR found", "WARN 7"]
    for identifier in (arn, "g"):
        events = logs.filter_log_events(logGroupIdentifier=identifier, **more)["events"]
        assert [each["message"] for each in events] == expected
    if not more:
        events = logs.get_log_events(logGroupIdentifier=arn, logStreamName="s")["events"]
        assert [each["message"] for each in events] == expected
        assert len(logs.describe_log_streams(logGroupIdentifier=arn)["logStreams"]) == 1
