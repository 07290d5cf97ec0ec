"""Tags of functions and event source mappings, by ARN. Recorded on AWS, those of functions."""

from typing import Final

from emulator.aws.arns import Arn, is_arn
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import invalid, no_function, not_found, respond, violated
from emulator.lambda_api.store import Store
from emulator.mappings import Mapping

TAG_LIMIT: Final = 50


def tag(store: Store, call: Call) -> HttpResponse:
    """``TagResource``."""
    given = call.members["Tags"]
    if not given:
        raise invalid("An error occurred and the request cannot be processed.")
    return _set(store, call, {**_tags(store, call), **given})


def untag(store: Store, call: Call) -> HttpResponse:
    """``UntagResource``; a key that is not there is fine."""
    tags, keys = _tags(store, call), call.members["TagKeys"]
    if not keys:
        raise violated("null", "tagKeys", "Member must not be null")
    return _set(store, call, {key: value for key, value in tags.items() if key not in keys})


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListTags``."""
    return respond(200, {"Tags": _tags(store, call)})


def _tags(store: Store, call: Call) -> dict[str, str]:
    mapping = _mapping(store, call)
    return store.record(_function(store, call)).tags if mapping is None else mapping.tags


def _set(store: Store, call: Call, tags: dict[str, str]) -> HttpResponse:
    if len(tags) > TAG_LIMIT:
        raise invalid("Number of tags exceeds resource tag limit.")
    if (mapping := _mapping(store, call)) is not None:
        mapping.tags = tags
        return respond(204, None)
    arn = _function(store, call)
    store.record(arn).tags = tags
    _changed(store, arn)
    return respond(204, None)


def _mapping(store: Store, call: Call) -> Mapping | None:
    """The event source mapping that is asked about; ``None`` if it is a function. Raises ``AwsError`` if it is gone."""
    text = call.text("Resource")
    if not is_arn(text) or (arn := Arn.parse(text)).type != "event-source-mapping":
        return None
    found = store.mappings.get(arn.name)
    if found is None:
        raise not_found(f"Event source mapping not found: {text}")
    return found


def _function(store: Store, call: Call) -> str:
    text = call.text("Resource")
    arn = Arn.parse(text) if is_arn(text) else None
    if arn is None or arn.service != "lambda":
        raise violated(text, "resource", "Member must be the ARN of a function")
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
