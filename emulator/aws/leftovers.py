"""What runs have left at an external backend: found by their names and tags, and deleted.

``BRIDGE_PREFIX`` begins the names of a bridge's rules and queues; everything else has the tag ``runs.TAG``. What has
neither is not the emulator's and is never touched. A run removes what ended runs have left once for each backend;
``emulate clean`` does it on request.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.runs import TAG, Run, State, read
from emulator.errors import EmulatorError

log = logging.getLogger(__name__)

BRIDGE_PREFIX: Final = "asl-emulator-"
"""The prefix of the names of all rules and queues of bridges."""
MOST: Final = 1000
"""The most resources of a kind that are looked at."""

Clients = Callable[[str], Any]
"""boto3's name of a service -> a client of it at the backend."""


class Leftover(NamedTuple):
    """A resource of a run. ``run`` is ``None`` where its name does not tell: it is of an earlier version."""

    label: str
    run: Run | None
    delete: Callable[[], object]

    @property
    def state(self) -> State:
        """Whether the run that made it goes on."""
        return "unknown" if self.run is None else self.run.state()

    def text(self) -> str:
        """``queue orders, of a run that has ended (process 7)``."""
        return f"{self.label}, of {'an unknown run' if self.run is None else self.run.described()}"


def bridge_run(name: str) -> Run | None:
    """The run of a bridge, from the name of a rule or queue of it."""
    return read("-".join(name.removeprefix(BRIDGE_PREFIX).split("-")[:4]))


def find(client: Clients, services: Iterable[str]) -> list[Leftover]:
    """Everything that runs have made, in the order in which it can be deleted.

    Raises ``BackendError`` when the backend is down; a service that it does not have is left out.
    """
    wanted = set(services)
    found: list[Leftover] = []
    for service, kind in _KINDS:
        if service in wanted:
            try:
                found += kind(client(service))
            except EmulatorError as error:
                from emulator.aws.remote import DownError

                if isinstance(error, DownError):
                    raise
                log.debug("%s has no leftovers: %s", service, error)
            except Exception as error:
                log.debug("%s has no leftovers: %s", service, error)
    return found


def delete(leftovers: Iterable[Leftover]) -> list[tuple[Leftover, str]]:
    """Delete them; those that cannot be deleted, and why. One that is gone already is no failure."""
    from emulator.aws.created import is_gone
    from emulator.aws.remote import refusal_text

    failed = []
    for each in leftovers:
        try:
            each.delete()
        except Exception as error:
            if not is_gone(error):
                failed.append((each, refusal_text(error) or str(error)))
    return failed


# Kinds ---------------------------------------------------------------------------------------------------------------


def _rules(client: Any) -> Iterator[Leftover]:
    for bus in client.list_event_buses(Limit=100).get("EventBuses", ()):
        for rule in _some(client.get_paginator("list_rules").paginate(EventBusName=bus["Name"]), "Rules"):
            name = str(rule["Name"])
            is_bridge = name.startswith(BRIDGE_PREFIX)
            run = bridge_run(name) if is_bridge else _run_of(client.list_tags_for_resource(ResourceARN=rule["Arn"]))
            if is_bridge or run is not None:
                deleting = _deleting(_delete_rule, client, name, bus["Name"])
                yield Leftover(f"rule {name} of bus {bus['Name']}", run, deleting)


def _delete_rule(client: Any, name: str, bus: str) -> None:
    targets = client.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
    if targets:
        client.remove_targets(Rule=name, EventBusName=bus, Ids=[target["Id"] for target in targets])
    client.delete_rule(Name=name, EventBusName=bus)


def _buses(client: Any) -> Iterator[Leftover]:
    for bus in client.list_event_buses(Limit=100).get("EventBuses", ()):
        if bus["Name"] != "default" and (run := _run_of(client.list_tags_for_resource(ResourceARN=bus["Arn"]))):
            yield Leftover(f"event bus {bus['Name']}", run, _deleting(_delete_bus, client, bus["Name"]))


def _delete_bus(client: Any, name: str) -> None:
    """Delete a bus, with the rules of the emulator on it; rules of others keep it."""
    client.delete_event_bus(Name=name)


def _queues(client: Any) -> Iterator[Leftover]:
    for url in _some(client.get_paginator("list_queues").paginate(), "QueueUrls"):
        name = str(url).rpartition("/")[2]
        is_bridge = name.startswith(BRIDGE_PREFIX)
        run = bridge_run(name) if is_bridge else _run_of(client.list_queue_tags(QueueUrl=url))
        if is_bridge or run is not None:
            yield Leftover(f"queue {name}", run, _deleting(_delete_queue, client, url))


def _delete_queue(client: Any, url: str) -> None:
    client.delete_queue(QueueUrl=url)


def _topics(client: Any) -> Iterator[Leftover]:
    for topic in _some(client.get_paginator("list_topics").paginate(), "Topics"):
        arn = str(topic["TopicArn"])
        if run := _run_of(client.list_tags_for_resource(ResourceArn=arn)):
            yield Leftover(f"topic {arn.rpartition(':')[2]}", run, _deleting(_delete_topic, client, arn))


def _delete_topic(client: Any, arn: str) -> None:
    client.delete_topic(TopicArn=arn)


def _tables(client: Any) -> Iterator[Leftover]:
    for name in _some(client.get_paginator("list_tables").paginate(), "TableNames"):
        arn = client.describe_table(TableName=name)["Table"]["TableArn"]
        if run := _run_of(client.list_tags_of_resource(ResourceArn=arn)):
            yield Leftover(f"table {name}", run, _deleting(_delete_table, client, name))


def _delete_table(client: Any, name: str) -> None:
    client.delete_table(TableName=name)


def _buckets(client: Any) -> Iterator[Leftover]:
    from emulator.aws.created import delete_bucket, is_gone

    for bucket in client.list_buckets().get("Buckets", ())[:MOST]:
        try:
            run = _run_of(client.get_bucket_tagging(Bucket=bucket["Name"]))
        except client.exceptions.ClientError as error:
            if not is_gone(error):
                raise
            continue
        if run is not None:
            yield Leftover(
                f"bucket {bucket['Name']}", run, _deleting(delete_bucket, client, {"Bucket": bucket["Name"]})
            )


_KINDS: Final[tuple[tuple[str, Callable[[Any], Iterator[Leftover]]], ...]] = (
    ("events", _rules),
    ("events", _buses),
    ("sqs", _queues),
    ("sns", _topics),
    ("dynamodb", _tables),
    ("s3", _buckets),
)
"""boto3's name of a service -> its leftovers; rules before their buses."""
SERVICES: Final = tuple(dict.fromkeys(service for service, _ in _KINDS))


def _deleting(function: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: function(*arguments)


def _some(pages: Iterable[Mapping[str, Any]], member: str) -> Iterator[Any]:
    """The first ``MOST`` items of a listing."""
    count = 0
    for page in pages:
        for item in page.get(member) or ():
            if count == MOST:
                return
            count += 1
            yield item


def _run_of(tagged: Mapping[str, Any]) -> Run | None:
    """The run in the answer to a call that lists tags: a list of ``Key`` and ``Value``, or a mapping (SQS)."""
    tags = tagged.get("Tags") or tagged.get("TagSet") or ()
    pairs = tags.items() if isinstance(tags, Mapping) else [(tag.get("Key"), tag.get("Value")) for tag in tags]
    return next((read(str(value)) for key, value in pairs if key == TAG), None)
