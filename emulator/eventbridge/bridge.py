"""EventBridge at an external backend: brings events from its buses to targets in this process.

The backend keeps buses and rules, and matches events. For each of its rules that has a target in this process, the
bridge creates a second rule with the same pattern on the same bus, whose target is a queue of the bridge. It empties
that queue, so each event is delivered here once, no matter which program put it. The names hold the run's name
(``emulator.aws.runs``) and are unique to this emulator, so the bridges of several emulators do not collide, and a later
run knows what a run that was killed has left. All of them are deleted when the emulator closes.

Waiting is in real time, because the backend has no virtual clock: for events of this process, until they arrive; for
those of other programs, as long as the caller wants. The virtual clock does not move meanwhile.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, RLock
from typing import Any, Final, NamedTuple

from asl.values import Json
from emulator.aws.foreign_answers import shown
from emulator.aws.leftovers import BRIDGE_PREFIX
from emulator.aws.remote import DownError, RefusedError, Remote
from emulator.aws.runs import this_run
from emulator.clock import stopwatch_ns
from emulator.errors import BackendError

log = logging.getLogger(__name__)

ARRIVAL_SECONDS: Final = 15.0
"""How long an event of this process may take from the bus to the queue; the first one of a LocalStack takes two."""
LOOK_SECONDS: Final = 0.05
"""The shortest time between two polls of the queues."""
LIST_SECONDS: Final = 1.0
"""The time after which the rules are listed again, for those of other programs; longer if listing is slow."""
LISTING_SHARE: Final = 20
"""At most one part in this many of the time is spent on listing rules."""
MESSAGES: Final = 10
"""The most messages that ReceiveMessage returns (API reference)."""
LISTINGS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("events", "ListRules"): ("Rules", "Name"),
    ("events", "ListRuleNamesByTarget"): ("RuleNames", ""),
    ("sqs", "ListQueues"): ("QueueUrls", ""),
}
"""Endpoint prefix and operation -> the listing's member, and the member of its items that may name a bridge."""


class Key(NamedTuple):
    """A rule of a backend."""

    region: str
    bus: str
    rule: str


class Arrival(NamedTuple):
    """An event that a rule of the backend matched."""

    key: Key
    event: dict[str, Json]


@dataclass(slots=True)
class Link:
    """The second rule and the queue behind a rule of the backend."""

    name: str
    pattern: str
    queue_url: str
    seen: set[str] = field(default_factory=set)


class Bridge:
    """The links to one backend. ``regions`` are those whose buses are searched for rules."""

    def __init__(self, remote: Remote, region: str) -> None:
        self.remote = remote
        self.regions = {region}
        self._links: dict[Key, Link] = {}
        self._own: dict[str, dict[str, Json]] = {}
        self._arrived: list[Arrival] = []
        self._lock = RLock()
        self.name = f"{BRIDGE_PREFIX}{this_run().text()}-{secrets.token_hex(2)}"
        """The prefix of the names of its own rules and queues."""
        self._count = 0
        self._looked_at = self._listed_at = -(10**12)
        self._listing_ns = 0

    @property
    def is_linked(self) -> bool:
        """Whether any rule has a target in this process."""
        return bool(self._links)

    @property
    def rules(self) -> list[Key]:
        """The backend's rules with targets in this process."""
        return list(self._links)

    # Rules ---------------------------------------------------------------------------------------------------------

    def is_stale(self) -> bool:
        """Whether it is time to list the rules again."""
        age = stopwatch_ns() - self._listed_at
        return age > max(LIST_SECONDS * 1e9, LISTING_SHARE * self._listing_ns)

    def link(self, list_rules: Callable[[], Iterable[tuple[Key, str]]]) -> None:
        """Create and delete links so that they match the rules of ``list_rules`` (key, text of the pattern)."""
        with self._lock:
            began = stopwatch_ns()
            wanted = dict(list_rules())
            for key in [key for key in self._links if key not in wanted]:
                name = self._links[key].name
                if failed := self._unlink(key):
                    self._tell_left([name], failed[0])
            for key, pattern in wanted.items():
                if key not in self._links:
                    self._link(key, pattern)
                elif self._links[key].pattern != pattern:
                    self._put_rule(key, self._links[key].name, pattern)
                    self._links[key].pattern = pattern
            self._listed_at = stopwatch_ns()
            self._listing_ns = self._listed_at - began

    def _link(self, key: Key, pattern: str) -> None:
        self._count += 1
        name = f"{self.name}-{self._count}"
        attributes = {"MessageRetentionPeriod": "3600"}
        url = self.remote.ask("sqs", "CreateQueue", {"QueueName": name, "Attributes": attributes}, key.region)[
            "QueueUrl"
        ]
        self._links[key] = Link(name, pattern, url)
        asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
        told = self.remote.ask("sqs", "GetQueueAttributes", asked, key.region)
        try:
            arn = told["Attributes"]["QueueArn"]
        except (KeyError, TypeError):
            raise self._foreign("sqs:GetQueueAttributes", "a queue without QueueArn", told) from None
        self._put_rule(key, name, pattern)
        targets = {"Rule": name, "EventBusName": key.bus, "Targets": [{"Id": "emulator", "Arn": arn}]}
        answer = self.remote.ask("events", "PutTargets", targets, key.region)
        if answer.get("FailedEntryCount"):
            raise BackendError(f"events:PutTargets at {self.remote.endpoint.url} refused a queue as a target: {answer}")

    def _put_rule(self, key: Key, name: str, pattern: str) -> None:
        rule = {
            "Name": name,
            "EventBusName": key.bus,
            "EventPattern": pattern,
            "State": "ENABLED",
            "Description": f"Brings the events that {key.rule} matches to the emulator that created this rule",
        }
        self.remote.ask("events", "PutRule", rule, key.region)

    def _unlink(self, key: Key) -> list[BackendError]:
        """Delete every part of a link that can be deleted, and return why others cannot.

        Parts that no longer exist, for example because their bus is deleted, are no error. Raises ``DownError``.
        """
        failed: list[BackendError] = []
        link = self._links.pop(key)
        steps: Sequence[tuple[str, str, dict[str, Any]]] = (
            ("events", "RemoveTargets", {"Rule": link.name, "EventBusName": key.bus, "Ids": ["emulator"]}),
            ("events", "DeleteRule", {"Name": link.name, "EventBusName": key.bus}),
            ("sqs", "DeleteQueue", {"QueueUrl": link.queue_url}),
        )
        for service, operation, content in steps:
            try:
                self.remote.ask(service, operation, content, key.region)
            except DownError:
                raise
            except RefusedError as error:
                if not any(word in error.code for word in _GONE):
                    failed.append(error)
            except BackendError as error:
                failed.append(error)
        return failed

    def _foreign(self, call: str, what: str, answer: object) -> BackendError:
        """The error about an answer that has not the members that AWS's answers have."""
        came = shown(json.dumps(answer, default=str).encode())
        return BackendError(f"{call} at {self.remote.endpoint.url}: it answered with {what}: {came}")

    def unlink_bus(self, bus: str, region: str) -> None:
        """Delete the links of a bus: a bus with rules cannot be deleted."""
        with self._lock:
            for key in [key for key in self._links if (key.region, key.bus) == (region, bus)]:
                self._unlink(key)

    def close(self) -> None:
        """Delete every link; the names of those that cannot be deleted are logged.

        A failure of one keeps none of the others, unless the backend is down.
        """
        left: list[str] = []
        reasons: list[BackendError] = []
        with self._lock:
            while self._links:
                key = next(iter(self._links))
                name = self._links[key].name
                try:
                    failed = self._unlink(key)
                except DownError as error:
                    failed = [error]
                if failed:
                    left.append(name)
                    reasons += failed
                if failed and isinstance(failed[0], DownError):
                    left += [link.name for link in self._links.values()]
                    self._links.clear()
        if left:
            self._tell_left(left, reasons[0])

    def _tell_left(self, names: Sequence[str], reason: BackendError) -> None:
        log.warning(
            "left behind at the backend: rules and queues %s: %s\n    fix: emulate clean --backend %s",
            ", ".join(names),
            reason,
            self.remote.endpoint.url,
        )

    # Events --------------------------------------------------------------------------------------------------------

    def put(self, entries: Sequence[Mapping[str, Any]], region: str) -> list[dict[str, str]]:
        """Put entries on the buses of the backend; its answer to each. Raises ``RefusedError``, ``BackendError``."""
        answer = self.remote.ask("events", "PutEvents", {"Entries": list(entries)}, region)
        answers: list[dict[str, str]] = answer["Entries"]
        if len(answers) != len(entries) or not all(isinstance(each, dict) for each in answers):
            raise self._foreign("events:PutEvents", f"not one entry for each of {len(entries)}", answer)
        return answers

    def claim(self, event_id: str, event: dict[str, Json]) -> None:
        """Use ``event`` instead of the backend's event of this id: this process put it, at virtual time."""
        with self._lock:
            self._own[event_id] = event

    def await_arrivals(
        self, expected: Sequence[tuple[Key, str]], seconds: float = ARRIVAL_SECONDS
    ) -> tuple[list[Arrival], list[Arrival]]:
        """Wait for events, given by link and the backend's id: those that arrived, and those that did not.

        Both are in the expected order, so that runs do not depend on the backend's order.
        """
        end = stopwatch_ns() + seconds * 1e9
        while pending := [key for key, event_id in expected if not self._has_come(key, event_id)]:
            if stopwatch_ns() > end:
                break
            with self._lock:
                self._receive(pending[0], wait_seconds=1)
        found: list[Arrival] = []
        lost: list[Arrival] = []
        with self._lock:
            for key, event_id in expected:
                arrival = Arrival(key, self._own[event_id])
                if arrival in self._arrived:
                    self._arrived.remove(arrival)
                    found.append(arrival)
                elif not self._has_come(key, event_id):
                    lost.append(arrival)
        return found, lost

    def _has_come(self, key: Key, event_id: str) -> bool:
        return key in self._links and event_id in self._links[key].seen

    def look(self) -> list[Arrival]:
        """New events of other programs; polls the backend at most every ``LOOK_SECONDS``."""
        with self._lock:
            if stopwatch_ns() - self._looked_at > LOOK_SECONDS * 1e9:
                self._looked_at = stopwatch_ns()
                for key in list(self._links):
                    self._receive(key)
            arrived, self._arrived = self._arrived, []
        return arrived

    def wait(self, seconds: float, is_enough: Callable[[], bool]) -> list[Arrival]:
        """The next events of other programs, within ``seconds``; none if ``is_enough()`` first."""
        end, pause = stopwatch_ns() + seconds * 1e9, Event()
        while not (arrived := self.look()) and not is_enough() and stopwatch_ns() < end:
            pause.wait(LOOK_SECONDS)
        return arrived

    def _event(self, message: Any) -> dict[str, Any]:
        """The event in a message of a queue; raises ``BackendError`` for a message that EventBridge did not send."""
        try:
            event: dict[str, Any] = json.loads(message["Body"])
            if isinstance(event["id"], str) and "ReceiptHandle" in message:
                return event
        except (KeyError, TypeError, ValueError):
            pass
        raise self._foreign("sqs:ReceiveMessage", "a message that is no event", message)

    def _receive(self, key: Key, wait_seconds: int = 0) -> None:
        """Take all messages of a link's queue; a duplicate counts once."""
        link = self._links.get(key)
        if link is None:
            return
        full = True
        while full:
            asked = {"QueueUrl": link.queue_url, "MaxNumberOfMessages": MESSAGES, "WaitTimeSeconds": wait_seconds}
            messages = self.remote.ask("sqs", "ReceiveMessage", asked, key.region).get("Messages") or []
            full, wait_seconds = len(messages) == MESSAGES, 0
            for message in messages:
                event = self._event(message)
                if event["id"] not in link.seen:
                    link.seen.add(event["id"])
                    self._arrived.append(Arrival(key, self._own.get(event["id"], event)))
            if messages:
                handles = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
                content = {"QueueUrl": link.queue_url, "Entries": handles}
                self.remote.ask("sqs", "DeleteMessageBatch", content, key.region)


_GONE: Final = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch")
"""In the codes of errors about resources that do not exist."""


def without_bridges(service: str, operation: str, content: bytes) -> bytes:
    """The body of a listing without the rules and queues of bridges."""
    if BRIDGE_PREFIX.encode() not in content:
        return content
    member, inner = LISTINGS[service, operation]
    answer = json.loads(content)
    kept = [each for each in answer.get(member, ()) if not is_bridge(str(each[inner] if inner else each))]
    return json.dumps({**answer, member: kept}).encode()


def is_bridge(name: str) -> bool:
    """Whether a rule's name, or a queue's URL, belongs to a bridge, of this or another emulator."""
    return name.rpartition("/")[2].startswith(BRIDGE_PREFIX)
