"""Resources created at an external backend while an emulator is open; they are deleted when it closes.

So every test begins with the same backend, and a shared LocalStack does not fill up. Resources that existed before, or
that another program created, stay.
"""

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from emulator.aws.interception import AwsRequest, bucket_in
from emulator.errors import BackendError

log = logging.getLogger(__name__)

Names = Mapping[str, Any]
"""The members of a request that name the new resource."""


class Kind(NamedTuple):
    """How boto3 finds and deletes a resource; ``find`` is ``None`` if creating an existing one fails anyway."""

    label: str
    boto3_name: str
    find: Callable[[Any, Names], object] | None
    delete: Callable[[Any, Names], object]


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


def _delete_bucket(client: Any, names: Names) -> None:
    bucket = names["Bucket"]
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        held = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if held:
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in held]
            client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    client.delete_bucket(Bucket=bucket)


KINDS: Final[Mapping[tuple[str, str], Kind]] = {
    ("dynamodb", "CreateTable"): Kind(
        "table {TableName}", "dynamodb", None, lambda client, names: client.delete_table(TableName=names["TableName"])
    ),
    ("events", "CreateEventBus"): Kind(
        "event bus {Name}", "events", None, lambda client, names: client.delete_event_bus(Name=names["Name"])
    ),
    ("events", "PutRule"): Kind(
        "rule {Name}",
        "events",
        lambda client, names: client.describe_rule(
            Name=names["Name"], EventBusName=names.get("EventBusName", "default")
        ),
        _delete_rule,
    ),
    ("sqs", "CreateQueue"): Kind(
        "queue {QueueName}",
        "sqs",
        lambda client, names: client.get_queue_url(QueueName=names["QueueName"]),
        _delete_queue,
    ),
    ("sns", "CreateTopic"): Kind(
        "topic {Name}", "sns", _topic, lambda client, names: client.delete_topic(TopicArn=_topic(client, names))
    ),
    ("s3", "CreateBucket"): Kind(
        "bucket {Bucket}", "s3", lambda client, names: client.head_bucket(Bucket=names["Bucket"]), _delete_bucket
    ),
}
"""Endpoint prefix and operation -> the kind of resource that it creates."""


class Created:
    """Everything created so far, oldest first; ``client(service, region=...)`` gives the emulator's boto3 clients."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self._client = client
        self._made: dict[tuple[str, str, str, str], tuple[Kind, Names]] = {}

    def watch(self, request: AwsRequest) -> Callable[[], None]:
        """Called before ``request`` is sent; call the result when it succeeded. Existing resources are not recorded."""
        if (found := _read(request)) is None:
            return _nothing
        operation, names = found
        kind = KINDS[request.service, operation]
        key = (request.service, operation, request.region, json.dumps(names, sort_keys=True))
        if key not in self._made and self._exists(kind, names, request.region):
            return _nothing
        return lambda: self._made.update({key: (kind, names)})

    def delete_all(self) -> None:
        """Delete everything, the newest first. A failure is logged, so that no test fails because of it."""
        while self._made:
            (_service, _operation, region, _), (kind, names) = self._made.popitem()
            try:
                with suppress(LookupError):
                    kind.delete(self._client(kind.boto3_name, region=region), names)
            except BackendError as error:
                left = [kind.label.format(**names), *(k.label.format(**n) for k, n in self._made.values())]
                log.warning("left behind at the backend: %s: %s", ", ".join(left), error)
                self._made.clear()
            except Exception as error:
                if not _is_gone(error):
                    log.warning("left behind at the backend: %s: %s", kind.label.format(**names), error)

    def _exists(self, kind: Kind, names: Names, region: str) -> bool:
        if kind.find is None:
            return False
        try:
            kind.find(self._client(kind.boto3_name, region=region), names)
        except LookupError:
            return False
        except Exception as error:
            if not _is_gone(error):
                raise
            return False
        return True


def _nothing() -> None:
    """The request creates nothing that has to be deleted."""


def _is_gone(error: Exception) -> bool:
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
        parts = urlsplit(request.prepared.url)
        path = f"/{bucket_in(parts.netloc) or ''}{parts.path}".replace("//", "/").strip("/")
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
