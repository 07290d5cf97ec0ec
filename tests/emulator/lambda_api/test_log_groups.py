"""The log groups of functions: a look into an empty one is refused."""

import pytest

from emulator import Emulator, NotEmulatedError


@pytest.mark.parametrize("has_group", [False, True])
@pytest.mark.emulator(allow_blocked=True)
def test_the_log_group_of_a_function_is_not_shown_as_empty(emulator: Emulator, has_group: bool) -> None:
    emulator.lambda_function("f", lambda event, _: event)
    logs, group = emulator.client("logs"), "/aws/lambda/f"
    if has_group:
        logs.create_log_group(logGroupName=group)
    emulator.client("lambda").invoke(FunctionName="f")
    told = r"what function f prints and logs is not written to its log group /aws/lambda/f\n    fix: .*LogType='Tail'"
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    for method, members in (
        ("filter_log_events", {"logGroupName": group}),
        ("filter_log_events", {"logGroupIdentifier": arn, "filterPattern": "hello"}),
        ("get_log_events", {"logGroupName": group, "logStreamName": "s"}),
        ("describe_log_streams", {"logGroupName": group}),
    ):
        with pytest.raises(NotEmulatedError, match=told):
            getattr(logs, method)(**members)


def test_what_a_test_puts_into_the_log_group_of_a_function_is_found(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, _: None)
    logs, stream = emulator.client("logs"), {"logGroupName": "/aws/lambda/f", "logStreamName": "s"}
    logs.create_log_group(logGroupName="/aws/lambda/f")
    logs.create_log_stream(**stream)
    at = int(emulator.clock.now().timestamp() * 1000)
    logs.put_log_events(**stream, logEvents=[{"timestamp": at, "message": "hello"}])
    found = logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="hello")["events"]
    assert [each["message"] for each in found] == ["hello"]
    logs.create_log_group(logGroupName="/aws/lambda/other")
    assert logs.filter_log_events(logGroupName="/aws/lambda/other")["events"] == []
