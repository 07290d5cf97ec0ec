"""Tags of functions, by ARN. Recorded on AWS."""

from typing import Final

from emulator.aws.arns import Arn, is_arn
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import invalid, no_function, not_found, respond, violated
from emulator.lambda_api.store import Store

TAG_LIMIT: Final = 50


def tag(store: Store, call: Call) -> HttpResponse:
    """``TagResource``."""
    arn, given = _function(store, call), call.members["Tags"]
    if not given:
        raise invalid("An error occurred and the request cannot be processed.")
    record = store.record(arn)
    tags = {**record.tags, **given}
    if len(tags) > TAG_LIMIT:
        raise invalid("Number of tags exceeds resource tag limit.")
    record.tags = tags
    _changed(store, arn)
    return respond(204, None)


def untag(store: Store, call: Call) -> HttpResponse:
    """``UntagResource``; a key that is not there is fine."""
    arn, keys = _function(store, call), call.members["TagKeys"]
    if not keys:
        raise violated("null", "tagKeys", "Member must not be null")
    record = store.record(arn)
    record.tags = {key: value for key, value in record.tags.items() if key not in keys}
    _changed(store, arn)
    return respond(204, None)


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListTags``."""
    return respond(200, {"Tags": store.record(_function(store, call)).tags})


def _function(store: Store, call: Call) -> str:
    text = call.text("Resource")
    arn = Arn.parse(text) if is_arn(text) else None
    if arn is None or arn.service != "lambda":
        raise violated(text, "resource", "Member must be the ARN of a function")
    if arn.type == "event-source-mapping":
        raise not_found(f"Event source mapping not found: {text}")
    if arn.type != "function":
        raise NotEmulatedError(f"lambda:{call.operation}: {text} is not a function; only functions have tags here.")
    if arn.qualifier is not None:
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    if why := store.functions.unreachable(text, call.region):
        raise not_found(why)
    if store.functions.get(text, call.region) is None:
        raise no_function(text)
    return text


def _changed(store: Store, arn: str) -> None:
    record = store.record(arn)
    record.revision_id = store.new_revision(arn)
    record.shown = {**record.shown, "RevisionId": record.revision_id}
