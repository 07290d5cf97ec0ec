"""The two forms in which S3 tells of a change: the record of a notification, and the event of EventBridge.

Sources: S3 user guide, "Event message structure" and "EventBridge event message structure"; recorded on AWS in
LocalStack's ``s3/test_s3_notifications_sqs`` and ``_eventbridge``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from emulator.aws.regions import partition_of
from emulator.notifications.changes import Change
from emulator.notifications.configuration import Destination

PRINCIPAL: Final = "AIDAEXAMPLEEXAMPLEEX"
OWNER: Final = "A3EXAMPLEEXAMPLE"
"""Who calls, and who owns the buckets: nothing here knows of users."""
SOURCE_IP: Final = "127.0.0.1"


class Told(NamedTuple):
    """A change, and what both forms say of it beside the change itself."""

    change: Change
    bucket: str
    region: str
    account: str
    at: datetime
    sequencer: str
    request_id: str
    host_id: str
    size: int | None = None
    etag: str | None = None
    storage_class: str = "STANDARD"
    expires_at: datetime | None = None
    """When the restored copy expires."""


class Form(NamedTuple):
    """How an event is told: the version of its record, and what EventBridge says of it."""

    version: str
    has_size: bool
    has_etag: bool
    has_sequencer: bool
    detail_type: str
    detail: Mapping[str, str] = {}


_CREATED: Final = "Object Created"
_DELETED: Final = "Object Deleted"
_REMOVED: Final = {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"}

FORMS: Final[Mapping[str, Form]] = {
    "ObjectCreated:Put": Form("2.1", True, True, True, _CREATED, {"reason": "PutObject"}),
    "ObjectCreated:Post": Form("2.1", True, True, True, _CREATED, {"reason": "POST Object"}),
    "ObjectCreated:Copy": Form("2.1", True, True, True, _CREATED, {"reason": "CopyObject"}),
    "ObjectCreated:CompleteMultipartUpload": Form(
        "2.1", True, True, True, _CREATED, {"reason": "CompleteMultipartUpload"}
    ),
    "ObjectRemoved:Delete": Form("2.1", False, False, True, _DELETED, _REMOVED),
    "ObjectRemoved:DeleteMarkerCreated": Form(
        "2.1", False, True, True, _DELETED, {**_REMOVED, "deletion-type": "Delete Marker Created"}
    ),
    "ObjectTagging:Put": Form("2.3", False, True, False, "Object Tags Added"),
    "ObjectTagging:Delete": Form("2.3", False, True, False, "Object Tags Deleted"),
    "ObjectAcl:Put": Form("2.3", False, True, False, "Object ACL Updated"),
    "ObjectRestore:Post": Form("2.1", True, True, True, "Object Restore Initiated"),
    "ObjectRestore:Completed": Form("2.1", True, True, True, "Object Restore Completed"),
}
"""Name of an event -> its forms."""
_NO_SEQUENCER: Final = ("ObjectRestore:Post", "ObjectRestore:Completed")
"""Events whose sequencer EventBridge is not told."""


def record(told: Told, destination: Destination) -> dict[str, Any]:
    """The record for a destination. The key is encoded as in a form."""
    change, form = told.change, FORMS[told.change.name]
    object_: dict[str, Any] = {"key": quote_plus(change.key, safe="/")}
    object_ |= {"size": told.size} if form.has_size else {}
    object_ |= {"eTag": told.etag} if form.has_etag else {}
    object_ |= {"versionId": change.version} if change.version else {}
    object_ |= {"sequencer": told.sequencer} if form.has_sequencer else {}
    completed = change.name == "ObjectRestore:Completed"
    made = {
        "eventVersion": form.version,
        "eventSource": "aws:s3",
        "awsRegion": told.region,
        "eventTime": milliseconds(told.at),
        "eventName": change.name,
        "userIdentity": {"principalId": f"AmazonCustomer:{OWNER}" if completed else f"AWS:{PRINCIPAL}"},
        "requestParameters": {"sourceIPAddress": SOURCE_IP},
        "responseElements": {"x-amz-request-id": told.request_id, "x-amz-id-2": told.host_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": destination.id,
            "bucket": {
                "name": told.bucket,
                "ownerIdentity": {"principalId": OWNER},
                "arn": _arn(told),
            },
            "object": object_,
        },
    }
    if completed and told.expires_at is not None:
        restored = {
            "lifecycleRestorationExpiryTime": milliseconds(told.expires_at),
            "lifecycleRestoreStorageClass": told.storage_class,
        }
        made["glacierEventData"] = {"restoreEventData": restored}
    return made


def event(told: Told, id_: str) -> dict[str, Any]:
    """The event for the default bus of the bucket's region."""
    change, form = told.change, FORMS[told.change.name]
    object_: dict[str, Any] = {"key": change.key}
    object_ |= {"size": told.size} if form.has_size else {}
    object_ |= {"etag": told.etag} if form.has_etag else {}
    object_ |= {"version-id": change.version} if change.version else {}
    object_ |= {"sequencer": told.sequencer} if form.has_sequencer and change.name not in _NO_SEQUENCER else {}
    completed = change.name == "ObjectRestore:Completed"
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": told.bucket},
        "object": object_,
        "request-id": told.request_id,
        "requester": "s3.amazonaws.com" if completed else told.account,
        **({} if completed else {"source-ip-address": SOURCE_IP}),
        **form.detail,
    }
    if change.name.startswith("ObjectRestore:"):
        detail["source-storage-class"] = told.storage_class
    if completed and told.expires_at is not None:
        detail["restore-expiry-time"] = f"{told.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "version": "0",
        "id": id_,
        "detail-type": form.detail_type,
        "source": "aws.s3",
        "account": told.account,
        "time": f"{told.at:%Y-%m-%dT%H:%M:%SZ}",
        "region": told.region,
        "resources": [_arn(told)],
        "detail": detail,
    }


def first_message(bucket: str, at: datetime, request_id: str, host_id: str) -> dict[str, str]:
    """What queues and topics get when they become destinations."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": milliseconds(at),
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": host_id,
    }


def milliseconds(at: datetime) -> str:
    """``2030-01-01T00:00:00.000Z``."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _arn(told: Told) -> str:
    return f"arn:{partition_of(told.region)}:s3:::{told.bucket}"
