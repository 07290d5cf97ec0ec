"""Retries of events to the targets of rules, and what the dead-letter queue is told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from asl.values import encode
from emulator import Emulator
from emulator.eventbridge import targets
from emulator.eventbridge.retries import LONGEST_AGE, MOST_RETRIES, RetryPolicy, refused_by, wait_after

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
DEAD = "arn:aws:sqs:us-east-1:123456789012:dead"


def refusal(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "SendMessage")


@pytest.mark.parametrize(
    ("code", "status", "told", "retried"),
    [
        ("ThrottlingException", 400, "THROTTLING", True),
        ("TooManyRequestsException", 429, "THROTTLING", True),
        ("RequestThrottled", 403, "THROTTLING", True),
        ("InternalFailure", 500, "InternalFailure", True),
        ("ServiceUnavailable", 503, "ServiceUnavailable", True),
        ("AccessDeniedException", 403, "NO_PERMISSIONS", False),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, "NO_RESOURCE", False),
        ("ResourceNotFoundException", 404, "NO_RESOURCE", False),
        ("MissingParameter", 400, "MissingParameter", False),
    ],
)
def test_what_a_refusal_means(code: str, status: int, told: str, retried: bool) -> None:
    found = refused_by(refusal(code, status), "q")
    assert (found.code, found.service_code, found.retried, found.reason) == (told, code, retried, "q: no")


def test_the_defaults_retries_fit_in_a_day_with_waits_that_double() -> None:
    waits = [wait_after(tries) for tries in range(1, MOST_RETRIES + 1)]
    assert [each.total_seconds() for each in waits[:10]] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 480]
    assert LONGEST_AGE - timedelta(minutes=30) < sum(waits, timedelta()) < LONGEST_AGE
    assert RetryPolicy.of(None) == (185, timedelta(hours=24))
    assert RetryPolicy.of({"MaximumEventAgeInSeconds": 60}) == (185, timedelta(seconds=60))


class Trouble:
    """A queue that throttles, ``times`` times, and then takes messages; says when it was tried."""

    def __init__(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.emulator = emulator
        self.left = times
        self.tried: list[float] = []
        self._began = emulator.clock.now()
        deliver = targets.DELIVERIES["sqs"]

        def busy(*given: Any) -> None:
            self.tried.append((emulator.clock.now() - self._began).total_seconds())
            if self.left > 0:
                self.left -= 1
                raise refused_by(refusal("ThrottlingException"), "the queue")
            deliver(*given)

        monkeypatch.setitem(targets.DELIVERIES, "sqs", busy)
        sqs = emulator.client("sqs")
        sqs.create_queue(QueueName="q")
        sqs.create_queue(QueueName="dead")

    def put(self, **target: Any) -> None:
        """Put an event for a rule with this target."""
        events = self.emulator.client("events")
        events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}))
        given = {"Id": "t", "Arn": QUEUE, "DeadLetterConfig": {"Arn": DEAD}, **target}
        assert events.put_targets(Rule="r", Targets=[given])["FailedEntryCount"] == 0
        events.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])

    def messages(self, name: str) -> list[Any]:
        """The messages in a queue."""
        sqs = self.emulator.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found: list[Any] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
        return found


def test_a_target_that_is_throttled_is_tried_again_on_the_clock(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble(emulator, monkeypatch, times=3)
    trouble.put()
    assert trouble.tried == [0]
    assert emulator.clock.next_text == f"2030-01-01T00:00:01Z: retry 1 of the delivery of rule r to {QUEUE}"
    emulator.clock.advance(seconds=7)
    assert trouble.tried == [0, 1, 3, 7]
    assert json.loads(trouble.messages("q")[0]["Body"])["source"] == "shop"
    assert (trouble.messages("dead"), emulator.bus.undelivered) == ([], [])


@pytest.mark.parametrize(
    ("policy", "tries", "told"),
    [
        ({"MaximumRetryAttempts": 3}, 4, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 0}, 1, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 100}, 6 + 1, "MaximumEventAgeInSeconds"),
    ],
)
def test_when_its_retries_are_used_up_it_goes_to_the_dead_letter_queue(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, policy: dict[str, int], tries: int, told: str
) -> None:
    trouble = Trouble(emulator, monkeypatch, times=1000)
    trouble.put(RetryPolicy=policy)
    emulator.clock.advance(minutes=10)
    assert len(trouble.tried) == tries
    [message] = trouble.messages("dead")
    assert json.loads(message["Body"])["source"] == "shop"
    assert {name: each["StringValue"] for name, each in message["MessageAttributes"].items()} == {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/r",
        "TARGET_ARN": QUEUE,
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "the queue: no",
        "EXHAUSTED_RETRY_CONDITION": told,
        "RETRY_ATTEMPTS": str(tries - 1),
    }
    [lost] = emulator.bus.undelivered
    assert (lost.rule, lost.sender, lost.reason) == ("r", "rule r", "the queue: no")


def test_a_target_that_is_gone_goes_to_the_dead_letter_queue_at_once(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble(emulator, monkeypatch, times=0)
    trouble.put(Arn="arn:aws:sqs:us-east-1:123456789012:gone", RetryPolicy={"MaximumRetryAttempts": 5})
    [message] = trouble.messages("dead")
    attributes = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    assert (attributes["ERROR_CODE"], attributes["RETRY_ATTEMPTS"]) == ("NO_RESOURCE", "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes
    assert message["Body"] == encode(json.loads(message["Body"]))  # compact, as every delivery
    assert emulator.clock.next_at is None


def test_a_function_that_is_throttled_is_lambdas_own_business(emulator: Emulator) -> None:
    arn = emulator.lambda_function("f", lambda event, context: None)
    emulator.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    events = emulator.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    assert (emulator.bus.undelivered, emulator.clock.next_at) == ([], None)
