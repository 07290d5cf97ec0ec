"""Resources created at an external backend while an emulator is open; they are deleted when it closes.

So every test begins with the same backend, and a shared LocalStack does not fill up. Resources that existed before, or
that another program created, stay. Each gets a tag with the name of the run (``runs.TAG``), so that a later run can
delete what a run that was killed has left (``leftovers``).
"""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from emulator.aws.interception import AwsRequest
from emulator.aws.remote import DownError, refusal_text
from emulator.aws.runs import TAG, this_run

log = logging.getLogger(__name__)

Names = Mapping[str, Any]
"""The members of a request that name the new resource."""


class Kind(NamedTuple):
    """How boto3 finds, deletes and tags a resource; ``find`` is ``None`` if creating an existing one fails anyway.

    ``tag`` takes a client, the names, the members of the answer and the tag's key and value.
    """

    label: str
    boto3_name: str
    find: Callable[[Any, Names], object] | None
    delete: Callable[[Any, Names], object]
    tag: Callable[[Any, Names, Mapping[str, Any], str, str], object]


def _delete_rule(client: Any, names: Names) -> None:
    of = {"EventBusName": names.get("EventBusName", "default")}
    targets = client.list_targets_by_rule(Rule=names["Name"], **of)["Targets"]
    if targets:
        client.remove_targets(Rule=names["Name"], Ids=[target["Id"] for target in targets], **of)
    client.delete_rule(Name=names["Name"], **of)


def _delete_queue(client: Any, names: Names) -> None:
    client.delete_queue(QueueUrl=client.get_queue_url(QueueName=names["QueueName"])["QueueUrl"])


def _topic(client: Any, names: Names) -> str:
    """The topic's ARN; raises ``LookupError``."""
    for page in client.get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            if topic["TopicArn"].endswith(f":{names['Name']}"):
                return str(topic["TopicArn"])
    raise LookupError(names["Name"])


def delete_bucket(client: Any, names: Names) -> None:
    """Delete a bucket with everything in it."""
    bucket = names["Bucket"]
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        held = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if held:
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in held]
            client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    client.delete_bucket(Bucket=bucket)


KINDS: Final[Mapping[tuple[str, str], Kind]] = {
    ("dynamodb", "CreateTable"): Kind(
        "table {TableName}",
        "dynamodb",
        None,
        lambda client, names: client.delete_table(TableName=names["TableName"]),
        lambda client, _names, answer, key, value: client.tag_resource(
            ResourceArn=answer["TableDescription"]["TableArn"], Tags=[{"Key": key, "Value": value}]
        ),
    ),
    ("events", "CreateEventBus"): Kind(
        "event bus {Name}",
        "events",
        None,
        lambda client, names: client.delete_event_bus(Name=names["Name"]),
        lambda client, _names, answer, key, value: client.tag_resource(
            ResourceARN=answer["EventBusArn"], Tags=[{"Key": key, "Value": value}]
        ),
    ),
    ("events", "PutRule"): Kind(
        "rule {Name}",
        "events",
        lambda client, names: client.describe_rule(
            Name=names["Name"], EventBusName=names.get("EventBusName", "default")
        ),
        _delete_rule,
        lambda client, _names, answer, key, value: client.tag_resource(
            ResourceARN=answer["RuleArn"], Tags=[{"Key": key, "Value": value}]
        ),
    ),
    ("sqs", "CreateQueue"): Kind(
        "queue {QueueName}",
        "sqs",
        lambda client, names: client.get_queue_url(QueueName=names["QueueName"]),
        _delete_queue,
        lambda client, _names, answer, key, value: client.tag_queue(QueueUrl=answer["QueueUrl"], Tags={key: value}),
    ),
    ("sns", "CreateTopic"): Kind(
        "topic {Name}",
        "sns",
        _topic,
        lambda client, names: client.delete_topic(TopicArn=_topic(client, names)),
        lambda client, names, _answer, key, value: client.tag_resource(
            ResourceArn=_topic(client, names), Tags=[{"Key": key, "Value": value}]
        ),
    ),
    ("s3", "CreateBucket"): Kind(
        "bucket {Bucket}",
        "s3",
        lambda client, names: client.head_bucket(Bucket=names["Bucket"]),
        delete_bucket,
        lambda client, names, _answer, key, value: client.put_bucket_tagging(
            Bucket=names["Bucket"], Tagging={"TagSet": [{"Key": key, "Value": value}]}
        ),
    ),
}
"""Endpoint prefix and operation -> the kind of resource that it creates."""


class Created:
    """Everything created so far, oldest first; ``client(service, region=...)`` gives the emulator's boto3 clients."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self._client = client
        self._made: dict[tuple[str, str, str, str], tuple[Kind, Names]] = {}

    def watch(self, request: AwsRequest) -> Callable[[bytes], None]:
        """Called before ``request`` is sent; call the result with the body of the answer when it succeeded.

        Existing resources are not recorded.
        """
        if (found := _read(request)) is None:
            return _nothing
        operation, names = found
        kind, key = KINDS[request.service, operation], _key(request, operation, names)
        if key not in self._made and self._exists(kind, names, request.region):
            return _nothing
        return lambda content: self._record(key, kind, names, content)

    def label(self, request: AwsRequest) -> str | None:
        """What ``request`` creates, such as ``table orders``; ``None`` if this object has recorded it already."""
        if (found := _read(request)) is None or _key(request, *found) in self._made:
            return None
        return KINDS[request.service, found[0]].label.format(**found[1])

    def _record(self, key: tuple[str, str, str, str], kind: Kind, names: Names, content: bytes) -> None:
        is_new = key not in self._made
        self._made[key] = (kind, names)
        if not is_new:
            return
        try:
            answer = json.loads(content) if content[:1] == b"{" else {}
            kind.tag(self._client(kind.boto3_name, region=key[2]), names, answer, TAG, this_run().text())
        except Exception as error:  # not every backend has tags
            log.debug("%s has no tag: %s", kind.label.format(**names), error)

    def delete_all(self) -> str | None:
        """Delete everything, the newest first; what is left, and why. Nothing more is asked of a backend that is down.

        Raises nothing, so that no test fails because of it.
        """
        left, reasons = [], []
        while self._made:
            (_service, _operation, region, _), (kind, names) = self._made.popitem()
            try:
                with suppress(LookupError):
                    kind.delete(self._client(kind.boto3_name, region=region), names)
            except Exception as error:
                if is_gone(error):
                    continue
                left.append(kind.label.format(**names))
                reasons.append(refusal_text(error) or str(error))
                if isinstance(error, DownError):
                    left += [each.label.format(**n) for each, n in reversed(self._made.values())]
                    self._made.clear()
        return f"{', '.join(left)}: {reasons[0]}" if left else None

    def _exists(self, kind: Kind, names: Names, region: str) -> bool:
        if kind.find is None:
            return False
        try:
            kind.find(self._client(kind.boto3_name, region=region), names)
        except LookupError:
            return False
        except Exception as error:
            if not is_gone(error):
                raise
            return False
        return True


def _key(request: AwsRequest, operation: str, names: Names) -> tuple[str, str, str, str]:
    return (request.service, operation, request.region, json.dumps(names, sort_keys=True))


def _nothing(_content: bytes) -> None:
    """The request creates nothing that has to be deleted."""


def is_gone(error: Exception) -> bool:
    """Whether a client's error says that the resource does not exist."""
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    return code == "404" or "NotFound" in code or "NonExistent" in code or "DoesNotExist" in code or "NoSuch" in code


_NAMING: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateTable": ("TableName",),
    "CreateEventBus": ("Name",),
    "PutRule": ("Name", "EventBusName"),
    "CreateQueue": ("QueueName",),
    "CreateTopic": ("Name",),
}
"""Operation -> the members that name the new resource; a bucket's name is in the URL."""


def _read(request: AwsRequest) -> tuple[str, Names] | None:
    """The operation and the names of the new resource; ``None`` if the request creates nothing to delete."""
    if request.service == "s3":
        parts = urlsplit(request.url)
        path = parts.path.strip("/")
        makes = request.prepared.method == "PUT" and path and "/" not in path and not parts.query
        return ("CreateBucket", {"Bucket": unquote(path)}) if makes else None
    operation = request.operation
    if (request.service, operation) not in KINDS:
        return None
    if request.service == "sns":
        content: dict[str, Any] = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    else:
        content = json.loads(request.body or b"{}")
    return operation, {name: content[name] for name in _NAMING[operation] if name in content}
