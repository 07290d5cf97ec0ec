"""Event source mappings: what Lambda reads, and the refusals of what it would not. Recorded on AWS.

``test_event_source_mapping_exceptions``, ``test_create_event_source_validation``, ``test_sqs_event_source_mapping``,
``test_dynamodb_event_source_mapping``, ``test_duplicate_event_source_mappings``; the text of a FIFO queue's window and
of a short visibility timeout are quoted in public issues. A mapping is ``Creating`` in the answer that makes it, and
enabled right after.
"""

import json
from collections.abc import Mapping as MappingOf
from typing import Any, Final

from emulator.aws import names
from emulator.aws.arns import Arn, is_arn
from emulator.aws.members import check_constraints
from emulator.aws.regions import partition_of
from emulator.aws.responses import HttpResponse
from emulator.clock import EPOCH
from emulator.errors import NotEmulatedError
from emulator.functions import Called, function_name
from emulator.lambda_api.call import NOTHING, Call
from emulator.lambda_api.configuration import configuration
from emulator.lambda_api.errors import GONE, conflict, invalid, not_found, respond, violated
from emulator.lambda_api.store import Store
from emulator.mappings import Mapping
from emulator.mappings.destinations import KINDS as DESTINATIONS
from emulator.mappings.filters import InvalidFilterError, compile_filters
from emulator.mappings.mapping import timeout_of
from emulator.mappings.readers import check_source

POSITIONS: Final = ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")
"""In the order of AWS's text."""
BOTH: Final[MappingOf[str, Any]] = {"MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
OF_QUEUES: Final[MappingOf[str, Any]] = {"BatchSize": 10, **BOTH}
OF_STREAMS: Final[MappingOf[str, Any]] = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    **BOTH,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
"""Member -> its default."""
ONLY_STREAMS: Final = frozenset(OF_STREAMS) - frozenset(OF_QUEUES)
SHOWN: Final = frozenset({"FilterCriteria", "ScalingConfig", "KMSKeyArn", "ProvisionedPollerConfig"})
"""Members that are shown if they are given."""
OTHER_SOURCES: Final = {
    "SelfManagedEventSource": "an own cluster of Kafka",
    "AmazonManagedKafkaEventSourceConfig": "a cluster of MSK",
    "SelfManagedKafkaEventSourceConfig": "an own cluster of Kafka",
    "DocumentDBEventSourceConfig": "a cluster of DocumentDB",
    "Topics": "a cluster of Kafka",
    "Queues": "a broker of Amazon MQ",
    "SourceAccessConfigurations": "a broker or a cluster",
}
NOT_EMULATED: Final = {
    "TumblingWindowInSeconds": "no state is carried from one batch to the next",
    "MetricsConfig": "no metrics are counted",
    "LoggingConfig": "no log events are written about it",
}
MOST_FILTERS: Final = 5
"""Of an account whose quota is not raised; 10 on request (developer guide)."""
SHORTEST_AGE: Final = 60


def create(store: Store, call: Call) -> HttpResponse:
    """``CreateEventSourceMapping``."""
    given = dict(call.members)
    _check_values(call)
    arn = given.get("EventSourceArn")
    if not arn and not given.get("SelfManagedEventSource"):
        raise invalid("Unrecognized event source.")
    _check_other_sources(call)
    if not isinstance(arn, str) or not is_arn(arn):
        raise invalid("Unrecognized event source.")
    called = _called(store, call)
    service = check_source(store.mappings.readers.world, call.operation, arn)
    _check_members(call, given, arn, called)
    if Arn.parse(arn).region != call.region:
        raise invalid(f"The event source {arn} is in another region than the function.")
    _check_existing(store, arn, called)
    _check_twice(store, arn, called)
    members: dict[str, Any] = dict(OF_QUEUES if service == "sqs" else OF_STREAMS)
    members["EventSourceArn"] = arn
    if service != "sqs":
        members["LastProcessingResult"] = "No records processed"
    for name in ("StartingPosition", "StartingPositionTimestamp"):
        if given.get(name) is not None:
            members[name] = given[name]
    mapping = store.mappings.create(_changed(members, given), called.arn, _role(store, call))
    mapping.tags = dict(given.get("Tags") or {})
    enabled = given.get("Enabled", True)
    if enabled:
        mapping.switch(on=True)
    return respond(202, _shown(call, mapping, "Creating" if enabled else "Disabled"))


def get(store: Store, call: Call) -> HttpResponse:
    """``GetEventSourceMapping``."""
    return respond(200, _shown(call, _found(store, call)))


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListEventSourceMappings``: those of a function, of a source, or all."""
    source, name = call.members.get("EventSourceArn"), call.members.get("FunctionName")
    wanted = None
    if name:
        called = store.functions.called(name, call.region)
        wanted = store.functions.arn(name, call.region) if called is None else called.arn
    found = [
        _shown(call, each)
        for each in store.mappings.all()
        if source in (None, "", each.source)
        and wanted in (None, each.function_arn)
        and Arn.parse(each.source).region == call.region
    ]
    return respond(200, call.page(found, "EventSourceMappings"))


def update(store: Store, call: Call) -> HttpResponse:
    """``UpdateEventSourceMapping``: it changes what is given."""
    mapping = _found(store, call)
    given = dict(call.members)
    _check_values(call)
    _check_other_sources(call)
    called = _called(store, call) if given.get("FunctionName") else None
    function = called or store.functions.called(mapping.function_arn)
    combined = {name: mapping.members[name] for name in ("BatchSize", "MaximumBatchingWindowInSeconds")} | given
    _check_members(call, combined, mapping.source, function)
    if called is not None:
        _check_existing(store, mapping.source, called)
        _check_twice(store, mapping.source, called, mapping)
    changed = _changed(mapping.members, given)
    if called is None:
        mapping.change(changed, mapping.function_arn, mapping.role)
    else:
        mapping.change(changed, called.arn, _role(store, call))
    on = given.get("Enabled")
    if on is not None and on != mapping.enabled:
        mapping.switch(on=on)
        return respond(202, _shown(call, mapping, "Enabling" if on else "Disabling"))
    return respond(202, _shown(call, mapping, "Updating"))


def delete(store: Store, call: Call) -> HttpResponse:
    """``DeleteEventSourceMapping``: it is gone when its answer is read."""
    mapping = _found(store, call)
    store.mappings.delete(mapping.uuid)
    return respond(202, _shown(call, mapping, "Deleting"))


def _found(store: Store, call: Call) -> Mapping:
    found = store.mappings.get(str(call.members.get("UUID")))
    if found is None or Arn.parse(found.source).region != call.region:
        raise not_found(GONE)
    return found


def _called(store: Store, call: Call) -> Called:
    called = store.functions.called(call.name, call.region)
    if called is None or store.functions.unreachable(call.name, call.region):
        raise invalid("Function does not exist")
    return called


def _role(store: Store, call: Call) -> str:
    """The role of the function that the request names."""
    return str(configuration(store.named(call))["Role"])


# What is refused -------------------------------------------------------------------------------------------------


def _check_values(call: Call) -> None:
    """The service model's ranges and words, StartingPosition's in AWS's own order."""
    position = call.members.get("StartingPosition")
    if position is not None and position not in POSITIONS:
        rule = f"Member must satisfy enum value set: [{', '.join(POSITIONS)}]"
        raise violated(position, "startingPosition", rule)
    own = ("StartingPosition", "FunctionName", "EventSourceArn", "UUID")
    check_constraints(names.service_model("lambda"), call.operation, call.members, own)
    for member, lost in NOT_EMULATED.items():
        if (value := call.members.get(member)) not in NOTHING and value != 0:
            raise NotEmulatedError(f"{call.operation}: {member}={json.dumps(value)} is not emulated: {lost}")


def _check_other_sources(call: Call) -> None:
    for member, what in OTHER_SOURCES.items():
        if call.members.get(member) not in NOTHING:
            raise NotEmulatedError(f"{call.operation}: {member}: {what} is not emulated as an event source")


def _check_members(call: Call, given: MappingOf[str, Any], arn: str, called: Called | None) -> None:
    """What goes together with the kind of source."""
    service = Arn.parse(arn).service
    _check_filters(given, service)
    if service == "sqs":
        _check_of_queue(given, arn)
    else:
        _check_of_stream(call, given, arn)
    if (given.get("DestinationConfig") or {}).get("OnSuccess"):
        raise NotEmulatedError(
            f"{call.operation}: DestinationConfig.OnSuccess: an event source mapping tells only of batches that fail"
        )
    destination = ((given.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if destination:
        if not is_arn(destination):
            raise invalid(f"The destination ARN {destination} is invalid.")
        if Arn.parse(destination).service not in DESTINATIONS:
            raise NotEmulatedError(f"{call.operation}: no record of a failed batch is sent to {destination}")


def _check_filters(given: MappingOf[str, Any], service: str) -> None:
    filters = (given.get("FilterCriteria") or {}).get("Filters") or []
    if len(filters) > MOST_FILTERS:
        raise invalid(f"FilterCriteria has {len(filters)} filters; a mapping has at most {MOST_FILTERS}.")
    try:
        compile_filters([each.get("Pattern") for each in filters], service)
    except InvalidFilterError:
        raise invalid("Invalid filter pattern definition.") from None


def _check_of_queue(given: MappingOf[str, Any], arn: str) -> None:
    for member in sorted(ONLY_STREAMS):
        if given.get(member) is not None:
            raise invalid(f"Unsupported {member} parameter for given event source mapping type.")
    if given.get("StartingPosition") is not None:
        raise invalid("StartingPosition is not valid for SQS event sources.")
    window = given.get("MaximumBatchingWindowInSeconds") or 0
    if arn.endswith(".fifo") and window:
        raise invalid("Batching window is not supported for FIFO queues")
    if given.get("BatchSize", 0) > OF_QUEUES["BatchSize"] and not window:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")


def _check_of_stream(call: Call, given: MappingOf[str, Any], arn: str) -> None:
    position = given.get("StartingPosition")
    if call.operation == "CreateEventSourceMapping" and position is None:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position == "AT_TIMESTAMP" and Arn.parse(arn).service == "dynamodb":
        raise invalid(f"Unsupported starting position for arn type: {arn}")
    if given.get("ScalingConfig"):
        raise invalid("Unsupported ScalingConfig parameter for given event source mapping type.")
    age = given.get("MaximumRecordAgeInSeconds")
    if age is not None and 0 <= age < SHORTEST_AGE:
        raise invalid(f"MaximumRecordAgeInSeconds must be -1, or at least {SHORTEST_AGE}; it is {age}.")


def _check_existing(store: Store, arn: str, called: Called) -> None:
    """Refuse a source that is not there, and a queue whose messages appear again while the function has them."""
    sources = store.mappings.readers.sources
    if Arn.parse(arn).service != "sqs":
        if sources.shards(arn) is None:
            raise invalid(f"Stream not found: {arn}")
        return
    queue = sources.queue(arn)
    if queue is None:
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    timeout = timeout_of(called.function)
    if queue.visibility_seconds < timeout:
        raise invalid(
            f"Queue visibility timeout: {queue.visibility_seconds} seconds is less than "
            f"Function timeout: {timeout:g} seconds"
        )


def _check_twice(store: Store, arn: str, called: Called, changed: Mapping | None = None) -> None:
    """Refuse a second mapping of a source and a function; ``changed`` is the one that the request is about."""
    for each in store.mappings.all():
        if each is not changed and (each.source, each.function_arn) == (arn, called.arn):
            name = function_name(called.arn)
            if each.of_queue:
                what = f'An event source mapping with SQS arn (" {arn} ") and function (" {name} ") already exists.'
            else:
                what = f'The event source arn (" {arn} ") and function (" {name} ") provided mapping already exists.'
            raise conflict(f"{what} Please update or delete the existing mapping with UUID {each.uuid}")


# What is shown ---------------------------------------------------------------------------------------------------


def _changed(members: MappingOf[str, Any], given: MappingOf[str, Any]) -> dict[str, Any]:
    """The members with those that are given; an empty filter or configuration takes it away."""
    changed = dict(members)
    for name in (*OF_STREAMS, *SHOWN):
        if name in given and (name in members or name in SHOWN):
            changed[name] = given[name]
    if "DestinationConfig" in members:
        changed["DestinationConfig"] = {"OnFailure": {}, **(changed["DestinationConfig"] or {})}
    if not (changed.get("FilterCriteria") or {}).get("Filters"):
        changed.pop("FilterCriteria", None)
    if not changed.get("ScalingConfig"):
        changed.pop("ScalingConfig", None)
    return changed


def _shown(call: Call, mapping: Mapping, state: str | None = None) -> dict[str, Any]:
    arn = f"arn:{partition_of(call.region)}:lambda:{call.region}:{Arn.parse(mapping.function_arn).account}"
    return {
        **mapping.members,
        "EventSourceMappingArn": f"{arn}:event-source-mapping:{mapping.uuid}",
        "FunctionArn": mapping.function_arn,
        "LastModified": round((mapping.changed_at - EPOCH).total_seconds(), 3),
        "State": state or ("Enabled" if mapping.enabled else "Disabled"),
        "StateTransitionReason": "USER_INITIATED" if mapping.of_queue else "User action",
        "UUID": mapping.uuid,
    }
