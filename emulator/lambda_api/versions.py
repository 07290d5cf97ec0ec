"""Versions: publish and list them.

A version is published only if the code or the configuration has changed since the last one; otherwise the last version
is answered again, even with another description (recorded on AWS).
"""

from typing import Any

from emulator.aws.responses import HttpResponse
from emulator.lambda_.call import LATEST
from emulator.lambda_api.call import Call
from emulator.lambda_api.configuration import configuration, listed
from emulator.lambda_api.errors import invalid, respond
from emulator.lambda_api.store import Named, Store


def publish(store: Store, call: Call) -> HttpResponse:
    """``PublishVersion``."""
    arn = store.arn(call)
    call.only(("FunctionName", "CodeSha256", "Description", "RevisionId"))
    record = store.record(arn)
    store.check_revision(call, record.revision_id)
    given, current = call.members.get("CodeSha256"), record.shown.get("CodeSha256", "")
    if given and given != current:
        raise invalid(
            f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({current}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    return respond(201, configuration(publish_version(store, arn, call.members.get("Description"))))


def publish_version(store: Store, arn: str, description: str | None = None) -> Named:
    """A new version of the function, or the last one when nothing has changed since."""
    record, published = store.record(arn), store.published(arn)
    number = str(published.last)
    latest = store.functions.get(arn)
    if number not in published.versions or record.last_published != (record.revision_id, latest):
        number = store.functions.publish(arn).version
        record.last_published = (record.revision_id, latest)
        shown: dict[str, Any] = {**record.shown, "RevisionId": store.new_revision(arn)}
        record.versions[number] = shown if description is None else {**shown, "Description": description}
    return Named(published.versions[number], f"{arn}:{number}", record.versions[number])


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListVersionsByFunction``: ``$LATEST`` first."""
    arn = store.arn(call)
    record, latest = store.record(arn), store.function(call)
    entries = [listed(latest, f"{arn}:{LATEST}", record.shown)]
    for number, version in store.published(arn).versions.items():
        entries.append(listed(version, f"{arn}:{number}", record.versions[number]))
    return respond(200, call.page(entries, "Versions"))
