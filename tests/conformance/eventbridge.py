"""The cases of ``eventbridge``: event patterns, texts that targets get, requests and answers, schedules.

Patterns that were recorded on AWS are given to TestEventPattern. The others are answers of event-ruler, the matcher
that EventBridge is built on: they are given to the matcher itself, and over HTTP to TestEventPattern, below ``detail``.
"""

import datetime
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator.eventbridge import patterns
from emulator.eventbridge.patterns import InvalidEventPattern
from emulator.eventbridge.scalars import read_event
from tests.conformance.accounts import Account, InProcess, Open
from tests.conformance.corpus import FOLDER
from tests.conformance.outcome import Case, Outcome
from tests.conformance.placeholders import Comparison, shown
from tests.emulator.server.served import ROLE

CASES: Final = FOLDER / "eventbridge"
KINDS: Final = ("patterns", "transformers", "api", "schedules")
ENVELOPE: Final = {
    "id": "1",
    "source": "test-source",
    "detail-type": "test-detail-type",
    "account": "123456789012",
    "region": "us-east-1",
    "time": "2022-07-13T13:48:01Z",
}
SECOND_ACCOUNT: Final = "222222222222"


def cases() -> Iterator[Case]:
    """All cases; the id begins with ``eventbridge/`` and the kind."""
    for kind in KINDS:
        for case in json.loads((CASES / f"{kind}.json").read_text(encoding="utf-8")):
            yield Case(f"eventbridge/{kind}/{case['id']}", f"eventbridge {kind}", case | {"of": kind})


def run(case: dict[str, Any], open_account: Open) -> Outcome:
    """What came of a case."""
    replay = {"patterns": _pattern, "transformers": _transformer}.get(case["of"], _steps)
    with open_account(case["id"]) as account:
        return Outcome.of(list(replay(case, account)))


# Patterns


def _pattern(case: dict[str, Any], account: Account) -> Iterator[str]:
    pattern = case["pattern_text"] if "pattern_text" in case else json.dumps(case["pattern"])
    event = case["event_text"] if "event_text" in case else json.dumps(case["event"]) if "event" in case else None
    recorded = case["origin"] == "localstack"
    if isinstance(account, InProcess) and not recorded:
        found = _matched(pattern, event)
    else:
        found = _tested(account, pattern, event, below_detail=not recorded)
    wanted = case["expected"]
    if wanted["result"] == "error" == found["result"]:
        partition = "arn:<partition>:events:<region>:"
        texts = {key: text.replace(partition, "arn:aws:events:us-east-1:") for key, text in wanted.items()}
        first, told = texts["message_first_line"], found["message"].partition("\n")[0]
        if not recorded:  # the source that it quotes is another one below ``detail``
            first, told = (re.sub(r"\[Source: .*", "", text) for text in (first, told))
        if (found["code"], told) != (texts["code"], first):
            yield f"recorded {texts['code']} {first!r}, here {found['code']} {told!r}"
    elif wanted["result"] != found["result"]:
        yield f"recorded {wanted}, here {found}"


def _matched(pattern: str, event: str | None) -> dict[str, str]:
    try:
        compiled = patterns.compile(pattern)
    except InvalidEventPattern as error:
        return {"result": "error", "code": "InvalidEventPatternException", "message": str(error)}
    if event is None:
        return {"result": "accepted"}
    return {"result": "match" if compiled.matches(read_event(event)) else "no match"}


def _tested(account: Account, pattern: str, event: str | None, *, below_detail: bool) -> dict[str, str]:
    sent = json.dumps(ENVELOPE) if event is None else event
    if below_detail:
        pattern = f'{{"detail": {pattern}}}'
        sent = f'{json.dumps(ENVELOPE)[:-1]}, "detail": {event or "{}"}}}'
    try:
        answer = account.client("events", validates=False).test_event_pattern(Event=sent, EventPattern=pattern)
    except ClientError as error:
        return {
            "result": "error",
            "code": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
        }
    if event is None:
        return {"result": "accepted"}
    return {"result": "match" if answer["Result"] else "no match"}


# What a target gets


def _transformer(case: dict[str, Any], account: Account) -> Iterator[str]:
    names = {"BusName": "the-bus", "RuleName": "the-rule"}
    story = _Story(account, names)
    events, entry = account.client("events"), case["entry"]
    queue = story.queue("queue", None)
    events.create_event_bus(Name="the-bus")
    events.put_rule(Name="the-rule", EventBusName="the-bus", EventPattern=json.dumps(case["pattern"]))
    target = {"Id": "target", "Arn": queue["arn"], **case["target"]}
    events.put_targets(Rule="the-rule", EventBusName="the-bus", Targets=[target])
    sent = {**entry, "Detail": json.dumps(entry["Detail"]), "EventBusName": "the-bus"}
    assert events.put_events(Entries=[sent])["FailedEntryCount"] == 0
    messages = story.received(queue["url"], None)
    wanted = case["delivered"]
    yield from story.compare_messages([] if wanted is None else [wanted], messages)


# Requests and answers


def _steps(case: dict[str, Any], account: Account) -> Iterator[str]:
    story = _Story(account, {"SecondaryAccountId": SECOND_ACCOUNT})
    for number, step in enumerate(case["steps"]):
        for difference in story.take(step):
            yield f"step {number} {step.get('op', '')}{difference}"


class _Story:
    """The steps of a case: its variables, what its functions were called with, and its placeholders."""

    def __init__(self, account: Account, names: dict[str, str]) -> None:
        self._account = account
        emulator = account.emulator
        self._names = {"AccountId": emulator.account_id, "Region": emulator.region, **names}
        self._calls: dict[str, list[Any]] = defaultdict(list)
        self._comparison = Comparison()

    def take(self, step: dict[str, Any]) -> Iterator[str]:
        """Take one step; yields what differs."""
        if "sleep" in step:
            self._account.emulator.clock.advance(seconds=step["sleep"])
        elif "setup" in step:
            self._set_up(step)
        elif "collect" in step:
            self._account.emulator.assembly.settle()
            yield from self._collect(step)
        else:
            yield from self._request(step)

    def queue(self, name: str, region: str | None) -> dict[str, str]:
        """A new queue's ``url`` and ``arn``."""
        sqs = self._account.client("sqs", region)
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return {"url": url, "arn": arn}

    def received(self, url: str, region: str | None) -> list[str]:
        """The messages that are in the queue, which are deleted."""
        sqs, texts = self._account.client("sqs", region), list[str]()
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                texts.append(message["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return texts

    def compare_messages(self, wanted: list[dict[str, Any]], texts: list[str]) -> Iterator[str]:
        """What differs between the recorded messages and ``texts``."""
        if len(wanted) != len(texts):
            yield f": recorded {len(wanted)} messages, here {texts}"
            return
        for each, text in zip(wanted, texts, strict=True):
            found = text if "text" in each else shown(json.loads(text))
            yield from self._comparison.differences(self._value(each.get("text", each.get("json"))), found)

    def _request(self, step: dict[str, Any]) -> Iterator[str]:
        service, operation = step["op"].split(".")
        client = self._account.client(service, self._region(step), validates=False)
        try:
            answer = getattr(client, operation)(**self._value(step["args"]))
        except ClientError as error:
            answer, status = error.response, error.response["ResponseMetadata"]["HTTPStatusCode"]
            if "expected_error" not in step:
                yield f": refused, {error}"
                return
            found = {key: answer["Error"].get(key) for key in ("Code", "Message")}
            yield from self._comparison.differences(self._value(step["expected_error"]), found)
            if step.get("http_status", status) != status:
                yield f": recorded HTTP status {step['http_status']}, here {status}"
            return
        if "expected_error" in step:
            yield f": recorded {step['expected_error']}, here it is accepted"
            return
        del answer["ResponseMetadata"]
        for name, path in step.get("bind", {}).items():
            self._names[name] = _at(answer, path)
        if "expected" in step:
            yield from self._comparison.differences(self._value(step["expected"]), shown(answer))

    def _set_up(self, step: dict[str, Any]) -> None:
        bind = step.get("bind", {})
        match step["setup"]:
            case "sqs_queue":
                queue = self.queue(self._text(step["name"]), self._region(step))
                self._names |= {name: queue[path] for name, path in bind.items()}
            case "iam_role":
                self._names |= dict.fromkeys(bind, ROLE)
            case "sns_topic":
                topic = self._account.client("sns").create_topic(Name="topic")["TopicArn"]
                self._names |= dict.fromkeys(bind, topic)
            case "lambda_function":
                for name in bind:
                    self._names[name] = self._function(name)
            case "state_machine":
                definition = json.dumps(self._value(step["definition"]))
                states = self._account.client("stepfunctions")
                machine = states.create_state_machine(name="machine", definition=definition, roleArn=ROLE)
                self._names |= dict.fromkeys(bind, machine["stateMachineArn"])
            case "constant":
                self._names |= {name: self._text(text) for name, text in bind.items()}
            case other:
                raise AssertionError(other)

    def _function(self, name: str) -> str:
        calls: list[Any] = []

        def record(event: Any, context: Any) -> None:
            calls.append(event)

        arn = str(self._account.emulator.lambda_function(name, record))
        self._calls[arn] = calls
        return arn

    def _collect(self, step: dict[str, Any]) -> Iterator[str]:
        match step["collect"]:
            case "sqs":
                texts = self.received(self._text(step["queue"]), self._region(step))
                if "at_most" not in step:
                    yield from self.compare_messages(step["expected_messages"], texts)
                elif len(texts) > step["at_most"]:
                    yield f": recorded at most {step['at_most']} messages, here {texts}"
            case "lambda":
                wanted = [self._value(each["json"]) for each in step["expected_messages"]]
                yield from self._comparison.differences(wanted, shown(self._calls[self._text(step["function"])]))
            case "executions":
                states = self._account.client("stepfunctions")
                listed = states.list_executions(stateMachineArn=self._text(step["machine"]))["executions"]
                for start in map(self._text, step["expected_names_start_with"]):
                    if not any(each["name"].startswith(start) for each in listed):
                        yield f": no execution whose name begins with {start}"
            case other:
                raise AssertionError(other)

    def _region(self, step: dict[str, Any]) -> str | None:
        return self._text(step["region"]) if "region" in step else None

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"$json": content}:
                return json.dumps(self._value(content))
            case {"$datetime": text}:
                return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
            case {"$repeat": [text, times]}:
                return text * times
            case {"$concat": parts}:
                return "".join(map(self._value, parts))
            case _:
                return {self._text(name): self._value(each) for name, each in value.items()}

    def _text(self, text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: self._named(found[1]), text)

    def _named(self, name: str) -> str:
        if name.startswith("uid_"):
            return f"{name[4:]}-7f3a9c"
        if name.startswith("cron:"):
            at = self._account.emulator.clock.now().replace(second=0, microsecond=0) + datetime.timedelta(minutes=2)
            return f"cron({at.minute} {at.hour} {at.day} {at.month} ? *)"
        return self._names[name]


def _at(value: Any, path: str) -> Any:
    for name, index in re.findall(r"([^.\[\]]+)|\[(-?\d+)]", path):
        value = value[name] if name else value[int(index)]
    return value
