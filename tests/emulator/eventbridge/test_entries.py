"""PutEvents: envelopes, bad entries, bad requests; "recorded" is AWS, by LocalStack's ``test_events``."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from emulator.eventbridge import patterns
from emulator.eventbridge.entries import InvalidRequest, check_request, entry_error, entry_size, envelope
from emulator.eventbridge.scalars import event_text

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_901, UTC)
ENTRY: dict[str, Any] = {"Source": "app", "DetailType": "Task", "Detail": '{"a": 1.0}'}


def event(**fields: Any) -> dict[str, Any]:
    entry = {**ENTRY, **fields}
    assert entry_error(entry) is None
    return dict(envelope(entry, event_id="e-1", account="123456789012", region="eu-west-1", now=NOW))


def test_the_envelope_has_awss_keys_in_awss_order() -> None:
    assert list(event(Resources=["r"]).items()) == [
        ("version", "0"),
        ("id", "e-1"),
        ("detail-type", "Task"),
        ("source", "app"),
        ("account", "123456789012"),
        ("time", "2026-01-02T03:04:05Z"),
        ("region", "eu-west-1"),
        ("resources", ["r"]),
        ("detail", {"a": 1.0}),
    ]


def test_the_numbers_of_a_detail_keep_their_digits_for_patterns() -> None:
    """A number that no double holds is a text to patterns; the double is what targets get."""
    given = event(Detail='{"n": 0.10000000000000001, "e": 0.1}')
    assert given["detail"] == {"n": 0.1, "e": 0.1}
    assert patterns.compile('{"detail": {"n": [0.10000000000000001], "e": [0.1]}}').matches(given)
    assert not patterns.compile('{"detail": {"n": [{"numeric": [">", 0]}]}}').matches(given)


def test_resources_default_to_none() -> None:
    assert event()["resources"] == []
    assert event(Resources=None)["resources"] == []


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2025, 6, 1, 12, 0, 0, 999_999, UTC), "2025-06-01T12:00:00Z"),
        (datetime(2025, 6, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2025-06-01T10:00:00Z"),
        (datetime(2025, 6, 1, 12), "2025-06-01T12:00:00Z"),  # noqa: DTZ001 - boto3 takes naive times too
        (1_748_779_200, "2025-06-01T12:00:00Z"),
        (1_748_779_200.9, "2025-06-01T12:00:00Z"),
        (0, "1970-01-01T00:00:00Z"),
        ("2025-06-01T12:00:00+02:00", "2025-06-01T10:00:00Z"),
        (None, "2026-01-02T03:04:05Z"),
    ],
)
def test_time_in_whole_seconds_of_utc(time: Any, text: str) -> None:
    assert event(Time=time)["time"] == text


REQUIRED = "Parameter {0} is not valid. Reason: {0} is a required argument."


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"Source": None}, ("InvalidArgument", REQUIRED.format("Source"))),  # recorded
        ({"Source": ""}, ("InvalidArgument", REQUIRED.format("Source"))),
        ({"DetailType": None}, ("InvalidArgument", REQUIRED.format("DetailType"))),
        ({"Detail": None}, ("InvalidArgument", REQUIRED.format("Detail"))),
        ({"Detail": "not json"}, ("MalformedDetail", "Detail is malformed.")),  # recorded
        ({"Detail": "[1]"}, ("MalformedDetail", "Detail is malformed.")),
        ({"Detail": '"text"'}, ("MalformedDetail", "Detail is malformed.")),
        ({"Detail": "null"}, ("MalformedDetail", "Detail is malformed.")),
        ({"Detail": "[" * 5_000}, ("MalformedDetail", "Detail is malformed.")),
        ({"Source": 5}, ("InvalidArgument", "Parameter Source is not valid. Reason: Source must be a string.")),
        ({"Detail": {"a": 1}}, ("InvalidArgument", "Parameter Detail is not valid. Reason: Detail must be a string.")),
        (
            {"Resources": "r"},
            ("InvalidArgument", "Parameter Resources is not valid. Reason: Resources must be a list of strings."),
        ),
        ({"Source": "aws.s3"}, ("NotAuthorizedForSource", "Not authorized for the source.")),
        (
            {"Time": "yesterday"},
            ("InvalidArgument", "Parameter Time is not valid. Reason: Time is not a timestamp."),
        ),
        ({"Time": 1e30}, ("InvalidArgument", "Parameter Time is not valid. Reason: Time is not a timestamp.")),
    ],
)
def test_bad_entries(fields: dict[str, Any], error: tuple[str, str]) -> None:
    assert entry_error({**ENTRY, **fields}) == error


@pytest.mark.parametrize("fields", [{"Detail": "{}"}, {"EventBusName": "no-such-bus"}, {"Source": "awesome"}])
def test_good_entries(fields: dict[str, Any]) -> None:
    assert entry_error({**ENTRY, **fields}) is None


def test_ten_entries_and_no_more() -> None:
    check_request([ENTRY] * 10)
    with pytest.raises(InvalidRequest) as caught:
        check_request([{**ENTRY, "Resources": ["r", "s"]}] * 11)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(
        "1 validation error detected: Value '[PutEventsRequestEntry(time=null, source=app, resources=[r, s], "
        'detailType=Task, detail={"a": 1.0}, eventBusName=null'
    )
    assert caught.value.message.endswith(
        "' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"
    )
    assert caught.value.message.count("PutEventsRequestEntry(") == 11


def test_at_least_one_entry() -> None:
    with pytest.raises(InvalidRequest, match=r"Value '\[\]' at 'entries' .* greater than or equal to 1$"):
        check_request([])


def test_the_size_of_an_entry() -> None:
    assert entry_size({"Source": "ü", "DetailType": "ab", "Detail": "{}", "Resources": ["abc", "d"]}) == 10
    assert entry_size({**ENTRY, "Time": NOW, "EventBusName": "not counted"}) == 3 + 4 + 10 + 14
    assert entry_size({"Source": 5, "Detail": {"a": 1}, "Resources": "not a list"}) == 0


def test_256_kib_and_no_more() -> None:
    entry = {"Source": "s", "DetailType": "d", "Detail": "x" * (262_144 - 2)}
    check_request([entry])
    with pytest.raises(InvalidRequest) as caught:
        check_request([entry, {"Source": "s"}])
    assert caught.value.message == "Total size of the entries in the request is over the limit."


def test_numbers_that_no_double_holds_are_delivered_as_they_came() -> None:
    """event-ruler takes them as texts; TestEventPattern does, too."""
    entry = {"Source": "s", "DetailType": "d", "Detail": '{"a": 1e309, "b": 0.10000000000000001, "c": 123456789.123}'}
    assert entry_error(entry) is None
    event = envelope(entry, event_id="i", account="1", region="r", now=NOW)
    assert event_text(event["detail"]) == '{"a":1e309,"b":0.10000000000000001,"c":123456789.123}'


@pytest.mark.parametrize("detail", ['{"a": "\\ud800"}', '{"a": "\ud800"}', '{"\\udc00": 1}', '{"a": NaN}', "[" * 2000])
def test_details_that_cannot_be_delivered_are_malformed(detail: str) -> None:
    entry = {"Source": "s", "DetailType": "d", "Detail": detail}
    assert entry_error(entry) == ("MalformedDetail", "Detail is malformed.")
