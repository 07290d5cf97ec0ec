"""EventBridge at an external backend: how events that reach a bus there come to targets in this process.

The backend keeps buses and rules, and matches events. For each of its rules that has a target in this process, the
bridge makes a second rule with the same pattern on the same bus, whose target is a queue of the bridge. It empties that
queue, so each event is delivered here once, no matter which program put it. The names belong to this emulator, so the
bridges of several emulators do not collide. All of it is deleted when the emulator closes.

Waiting is in real time, because the backend has no virtual clock: for events that this process put, until they have
come; for those of other programs, as long as a caller asks. The virtual clock does not move meanwhile.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, RLock
from typing import Any, Final, NamedTuple

from asl.values import Json
from emulator.aws.remote import RefusedError, Remote
from emulator.clock import stopwatch_ns
from emulator.errors import BackendError

log = logging.getLogger(__name__)

PREFIX: Final = "asl-emulator-"
"""What the names of all rules and queues of bridges begin with."""
ARRIVAL_SECONDS: Final = 15.0
"""How long an event of this process may take from the bus to the queue; the first of a LocalStack takes two."""
LOOK_SECONDS: Final = 0.05
"""How old what was last seen of the queues may be."""
LIST_SECONDS: Final = 1.0
"""How old what was last seen of the rules may be, those of other programs; more, where listing them takes long."""
LISTING_SHARE: Final = 20
"""Of the time, at most one part in so many goes into listing rules."""
MESSAGES: Final = 10
"""What ReceiveMessage gives at most (API reference)."""
LISTINGS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("events", "ListRules"): ("Rules", "Name"),
    ("events", "ListRuleNamesByTarget"): ("RuleNames", ""),
    ("sqs", "ListQueues"): ("QueueUrls", ""),
}
"""Endpoint prefix and operation -> the member, and its members' member, whose values may be names of bridges."""


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
    """The links to one backend. ``regions`` are those whose buses are looked at."""

    def __init__(self, remote: Remote, region: str) -> None:
        self.remote = remote
        self.regions = {region}
        self._links: dict[Key, Link] = {}
        self._own: dict[str, dict[str, Json]] = {}
        self._arrived: list[Arrival] = []
        self._lock = RLock()
        self.name = f"{PREFIX}{secrets.token_hex(4)}"
        """What the names of its own rules and queues begin with."""
        self._count = 0
        self._looked_at = self._listed_at = -(10**12)
        self._listing_ns = 0

    @property
    def is_linked(self) -> bool:
        """Whether any rule has a target here."""
        return bool(self._links)

    @property
    def rules(self) -> list[Key]:
        """The rules of the backend that have targets here."""
        return list(self._links)

    # Rules ---------------------------------------------------------------------------------------------------------

    def is_stale(self) -> bool:
        """Whether it is time to look again which rules there are."""
        age = stopwatch_ns() - self._listed_at
        return age > max(LIST_SECONDS * 1e9, LISTING_SHARE * self._listing_ns)

    def link(self, list_rules: Callable[[], Iterable[tuple[Key, str]]]) -> None:
        """Make the links be those of the rules (key, text of the pattern) that ``list_rules`` gives."""
        with self._lock:
            began = stopwatch_ns()
            wanted = dict(list_rules())
            for key in [key for key in self._links if key not in wanted]:
                self._unlink(key)
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
        arn = self.remote.ask("sqs", "GetQueueAttributes", asked, key.region)["Attributes"]["QueueArn"]
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
            "Description": f"Brings what {key.rule} matches to the emulator that made this rule",
        }
        self.remote.ask("events", "PutRule", rule, key.region)

    def _unlink(self, key: Key) -> None:
        """Delete a link; what is gone already, with its bus for example, is well."""
        link = self._links.pop(key)
        steps: Sequence[tuple[str, str, dict[str, Any]]] = (
            ("events", "RemoveTargets", {"Rule": link.name, "EventBusName": key.bus, "Ids": ["emulator"]}),
            ("events", "DeleteRule", {"Name": link.name, "EventBusName": key.bus}),
            ("sqs", "DeleteQueue", {"QueueUrl": link.queue_url}),
        )
        for service, operation, content in steps:
            try:
                self.remote.ask(service, operation, content, key.region)
            except RefusedError as error:
                log.debug("%s of %s: %s", operation, link.name, error)

    def unlink_bus(self, bus: str, region: str) -> None:
        """Delete the links of a bus: one with rules cannot be deleted."""
        with self._lock:
            for key in [key for key in self._links if (key.region, key.bus) == (region, bus)]:
                self._unlink(key)

    def close(self) -> None:
        """Delete every link; one that cannot be is logged, by its name."""
        with self._lock:
            while self._links:
                key = next(iter(self._links))
                names = ", ".join(link.name for link in self._links.values())
                try:
                    self._unlink(key)
                except BackendError as error:
                    log.warning("left behind at the backend: rules and queues %s: %s", names, error)
                    self._links.clear()

    # Events --------------------------------------------------------------------------------------------------------

    def put(self, entries: Sequence[Mapping[str, Any]], region: str) -> list[dict[str, str]]:
        """Put entries on the buses of the backend; its answers to each. Raises ``RefusedError``, ``BackendError``."""
        answer = self.remote.ask("events", "PutEvents", {"Entries": list(entries)}, region)
        answers: list[dict[str, str]] = answer["Entries"]
        return answers

    def claim(self, event_id: str, event: dict[str, Json]) -> None:
        """Let ``event`` stand for the backend's event of this id: it was put by this process, at its own time."""
        with self._lock:
            self._own[event_id] = event

    def await_arrivals(
        self, expected: Sequence[tuple[Key, str]], seconds: float = ARRIVAL_SECONDS
    ) -> tuple[list[Arrival], list[Arrival]]:
        """Wait for events, given by link and the backend's id: those that have come, and those that have not.

        Both are in the order in which they were expected, so that runs are alike whatever the backend's order was.
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
        """What has come from others by now; at most every ``LOOK_SECONDS`` the backend is asked."""
        with self._lock:
            if stopwatch_ns() - self._looked_at > LOOK_SECONDS * 1e9:
                self._looked_at = stopwatch_ns()
                for key in list(self._links):
                    self._receive(key)
            arrived, self._arrived = self._arrived, []
        return arrived

    def wait(self, seconds: float, is_enough: Callable[[], bool]) -> list[Arrival]:
        """What comes first from others, in at most ``seconds``; nothing when ``is_enough()`` meanwhile."""
        end, pause = stopwatch_ns() + seconds * 1e9, Event()
        while not (arrived := self.look()) and not is_enough() and stopwatch_ns() < end:
            pause.wait(LOOK_SECONDS)
        return arrived

    def _receive(self, key: Key, wait_seconds: int = 0) -> None:
        """Take what is in a link's queue; a message that comes twice counts once."""
        link = self._links.get(key)
        if link is None:
            return
        full = True
        while full:
            asked = {"QueueUrl": link.queue_url, "MaxNumberOfMessages": MESSAGES, "WaitTimeSeconds": wait_seconds}
            messages = self.remote.ask("sqs", "ReceiveMessage", asked, key.region).get("Messages") or []
            full, wait_seconds = len(messages) == MESSAGES, 0
            for message in messages:
                event = json.loads(message["Body"])
                if event["id"] not in link.seen:
                    link.seen.add(event["id"])
                    self._arrived.append(Arrival(key, self._own.get(event["id"], event)))
            if messages:
                handles = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
                content = {"QueueUrl": link.queue_url, "Entries": handles}
                self.remote.ask("sqs", "DeleteMessageBatch", content, key.region)


def without_bridges(service: str, operation: str, content: bytes) -> bytes:
    """The body of a listing without the rules and queues of bridges, for those who list their own."""
    if PREFIX.encode() not in content:
        return content
    member, inner = LISTINGS[service, operation]
    answer = json.loads(content)
    kept = [each for each in answer.get(member, ()) if not is_bridge(str(each[inner] if inner else each))]
    return json.dumps({**answer, member: kept}).encode()


def is_bridge(name: str) -> bool:
    """Whether a rule, or the queue at a URL, is one of a bridge, this one's or another emulator's."""
    return name.rpartition("/")[2].startswith(PREFIX)
