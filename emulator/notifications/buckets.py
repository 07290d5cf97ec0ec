"""The notifications of buckets: their configurations are kept here, and every change of an object is told of.

moto never sees a configuration, so exactly one delivers. A change is told after the call that made it, at the same
instant, whoever made the call: a test, a handler, a state, a program over HTTP, a map run that writes its results.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final

from asl.values import Json
from emulator.aws.arns import region_of
from emulator.aws.interception import AwsRequest
from emulator.aws.responses import HttpResponse
from emulator.notifications import sending
from emulator.notifications.changes import Change, Place, changes, place_of
from emulator.notifications.configuration import Configuration, Destination, Kind, S3Error, check, parse
from emulator.notifications.records import FORMS, Told, event, first_message, record
from emulator.world import World

log = logging.getLogger(__name__)

SUBJECT: Final = "Amazon S3 Notification"
PARAMETER: Final = "notification"
_SKIP: Final = "x-amz-skip-destination-validation"
_OTHER_REGION: Final = "The notification destination service region is not valid for the bucket location constraint"


class Buckets:
    """The buckets that have a configuration. ``put_event`` puts an event on the default bus of a region.

    ``tell`` keeps for people what could not be delivered.
    """

    def __init__(
        self, world: World, put_event: Callable[[dict[str, Json], str], None], tell: Callable[[str], None]
    ) -> None:
        self._world = world
        self._put_event = put_event
        self._tell = tell
        self._configurations: dict[str, Configuration] = {}
        self._regions: dict[str, str] = {}
        self._sequence = 0
        self._access: Any = None
        """The access list of an object that is about to get another one."""

    def answer(self, request: AwsRequest) -> HttpResponse | None:
        """The response to a request for a bucket's notification configuration; ``None`` for all others."""
        place = place_of(request)
        if PARAMETER not in place.query or place.key:
            if "acl" in place.query and request.prepared.method == "PUT" and place.bucket in self._configurations:
                self._access = self._access_list(place)
            return None
        if request.prepared.method == "GET" and place.bucket in self._configurations:
            return self._respond(200, self._configurations[place.bucket].xml())
        if request.prepared.method == "PUT":
            try:
                return self._put(request, place.bucket)
            except S3Error as error:
                return self._respond(error.status, error.xml(self._id(16)))
        return None

    def changed(self, request: AwsRequest, response: Any) -> None:
        """Tell of what a request has changed, which the backend has answered with success."""
        place = place_of(request)
        configuration = self._configurations.get(place.bucket)
        if configuration is None:
            return
        if (request.prepared.method, place.key) == ("DELETE", "") and not place.query:
            del self._configurations[place.bucket]
            return
        access, self._access = self._access, None
        for change in changes(request, place, response):
            if change.name == "ObjectAcl:Put" and access is not None and access == self._access_list(place):
                continue
            self._tell_of(place.bucket, configuration, change)

    # Configurations ----------------------------------------------------------------------------------------------

    def _put(self, request: AwsRequest, bucket: str) -> HttpResponse | None:
        s3 = self._world.internal_client("s3", region=request.region)
        try:
            region = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
        except s3.exceptions.ClientError:  # the backend says why
            return None
        configuration = parse(request.body, self._world.chance("notification", bucket).uuid)
        skips = request.header(_SKIP).lower() == "true"
        check(configuration, self._exists, skips_destinations=skips)
        for each in configuration.destinations:
            if region_of(each.arn) != region:
                raise S3Error(_OTHER_REGION, {"ArgumentName": each.kind.arn, "ArgumentValue": each.arn})
        self._regions[bucket] = region
        self._configurations.pop(bucket, None)
        if configuration:
            self._configurations[bucket] = configuration
        self._send_first(bucket, configuration)
        return self._respond(200, b"")

    def _exists(self, kind: Kind, arn: str) -> bool:
        return _EXISTS[kind.service](self._world, arn)

    def _send_first(self, bucket: str, configuration: Configuration) -> None:
        """The message by which queues and topics learn that they are destinations."""
        told: dict[str, Destination] = {
            each.arn: each for each in configuration.destinations if each.kind.service != "lambda"
        }
        for each in told.values():
            message = first_message(bucket, self._world.now(), self._id(16), self._id(64))
            text = json.dumps(message, separators=(",", ":"))
            self._later(f"first message of bucket {bucket}", partial(self._send, each, text))

    # Changes -----------------------------------------------------------------------------------------------------

    def _tell_of(self, bucket: str, configuration: Configuration, change: Change) -> None:
        for told in self._told(bucket, change):
            for each in configuration.destinations:
                if each.wants(told.change.name, told.change.key):
                    text = json.dumps({"Records": [record(told, each)]}, separators=(",", ":"))
                    self._later(f"notification of bucket {bucket}", partial(self._send, each, text))
            if configuration.event_bridge:
                made = event(told, self._world.chance("event", f"s3/{bucket}").uuid())
                self._later(f"event of bucket {bucket}", partial(self._put_event, made, told.region))

    def _told(self, bucket: str, change: Change) -> Iterator[Told]:
        """The change with what is known of the object; a restored copy is there at once, so that is told too."""
        self._sequence += 1
        told = Told(
            change,
            bucket,
            self._regions[bucket],
            self._world.account_id,
            self._world.now(),
            f"{self._sequence:018X}",
            self._id(16),
            self._id(64),
            etag=change.etag,
        )
        if not (FORMS[change.name].has_size or FORMS[change.name].has_etag) or change.etag is not None:
            yield told
            return
        head = self._head(bucket, change)
        told = told._replace(
            size=head.get("ContentLength"),
            etag=str(head.get("ETag", "")).strip('"'),
            storage_class=head.get("StorageClass", "STANDARD"),
        )
        yield told
        if change.name == "ObjectRestore:Post":
            completed = change._replace(name="ObjectRestore:Completed")
            yield told._replace(change=completed, expires_at=_expiry(str(head.get("Restore", "")), told.at))

    def _send(self, destination: Destination, text: str) -> None:
        service, arn = destination.kind.service, destination.arn
        try:
            if service == "sqs":
                sending.to_queue(self._world, arn, text)
            elif service == "sns":
                sending.to_topic(self._world, arn, text, SUBJECT)
            else:
                self._world.call_function(arn, text)
        except LookupError as error:
            log.warning("S3 could not notify %s: %s", arn, error.args[0])
            self._tell(f"a notification of S3 did not arrive: {error.args[0]}")

    def _later(self, name: str, action: Callable[[], None]) -> None:
        self._world.later(name, timedelta(), action)
        self._world.settle()

    # What is asked -----------------------------------------------------------------------------------------------

    def _head(self, bucket: str, change: Change) -> Mapping[str, Any]:
        s3 = self._world.internal_client("s3", region=self._regions[bucket])
        version = {"VersionId": change.version} if change.version else {}
        try:
            found: Mapping[str, Any] = s3.head_object(Bucket=bucket, Key=change.key, **version)
        except s3.exceptions.ClientError:
            return {}
        return found

    def _access_list(self, place: Place) -> Any:
        s3 = self._world.internal_client("s3", region=self._regions[place.bucket])
        try:
            return s3.get_object_acl(Bucket=place.bucket, Key=place.key)["Grants"]
        except s3.exceptions.ClientError:
            return None

    def _respond(self, status: int, body: bytes) -> HttpResponse:
        headers = {"x-amz-request-id": self._id(16), "Content-Type": "application/xml"}
        return HttpResponse(status, {**headers, "Content-Length": str(len(body))}, body)

    def _id(self, length: int) -> str:
        chance = self._world.chance("notification")
        text = "".join(chance.uuid().replace("-", "") for _ in range(-(-length // 32)))
        return text[:length].upper()


def _expiry(restore: str, now: datetime) -> datetime:
    """When a copy expires, in the header ``ongoing-request="false", expiry-date="Fri, 04 Jan 2030 00:00:00 GMT"``."""
    text = restore.partition('expiry-date="')[2].partition('"')[0]
    return parsedate_to_datetime(text).astimezone(UTC) if text else now


_EXISTS: Final[Mapping[str, Callable[[World, str], bool]]] = {
    "sqs": sending.has_queue,
    "sns": sending.has_topic,
    "lambda": lambda world, arn: world.has_function(arn),
}
"""Service -> whether it has what an ARN names."""
