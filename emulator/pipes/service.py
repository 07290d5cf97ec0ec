"""The API of Pipes. A pipe is ``CREATING`` in the answer that makes it, and runs right after.

AWS's texts for a pipe that is not there, or there already, are not recorded.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

from emulator.aws import names
from emulator.aws.arns import Arn, is_arn
from emulator.aws.interception import AwsRequest
from emulator.aws.members import check_constraints, check_members, without_nulls, without_unknown
from emulator.aws.operations import asked, members
from emulator.aws.refusals import AwsError
from emulator.clock import EPOCH
from emulator.errors import NotEmulatedError
from emulator.mappings.filters import InvalidFilterError, compile_filters
from emulator.mappings.readers import Readers, check_source
from emulator.pipes.pipe import PARAMETERS, SOURCE_PARAMETERS, Pipe
from emulator.pipes.targets import MOST_EVENTS, Calls
from emulator.pipes.templates import InvalidTemplateError, parse

Members: TypeAlias = Mapping[str, Any]
TARGETS: Final[Mapping[str, str | None]] = {
    "lambda": "LambdaFunctionParameters",
    "states": "StepFunctionStateMachineParameters",
    "sqs": "SqsQueueParameters",
    "sns": None,
    "events": "EventBridgeEventBusParameters",
}
"""A target's service -> its member of TargetParameters."""
SHOWN: Final = {
    "lambda": "a function",
    "states": "a state machine",
    "sqs": "a queue",
    "sns": "a topic",
    "events": "a bus",
}
ENRICHMENTS: Final = ("lambda", "states")
LARGEST_PAGE: Final = 100
QUEUE_BATCH: Final = 10


class Pipes:
    """The pipes of one emulator, by region and name."""

    def __init__(self, readers: Readers, calls: Calls) -> None:
        self._readers = readers
        self._calls = calls
        self._pipes: dict[tuple[str, str], Pipe] = {}

    def answer(self, request: AwsRequest) -> dict[str, Any] | None:
        """The content of the response to a request; ``None`` for an operation that Pipes does not have."""
        found = asked(request, "pipes")
        if found is None or found.operation not in OPERATIONS:
            return None
        model = names.service_model("pipes")
        shape = model.operation_model(found.operation).input_shape
        given = without_unknown(shape, without_nulls(members(request, found)))
        if "Limit" in given:
            given["Limit"] = int(given["Limit"])
        if "tagKeys" in given:  # a list in the query
            given["tagKeys"] = parse_qs(urlsplit(request.prepared.url).query)["tagKeys"]
        check_members(model, found.operation, given)
        check_constraints(model, found.operation, given, own=())
        return OPERATIONS[found.operation](self, given, request.region)

    def check_external(self, request: AwsRequest) -> None:
        """Refuse a pipe of an external backend that is to call a machine or function of this process."""
        found = asked(request, "pipes")
        if found is None or found.operation not in ("CreatePipe", "UpdatePipe"):
            return
        given = members(request, found)
        for what in ("Target", "Enrichment"):
            arn = given.get(what)
            if not isinstance(arn, str) or not is_arn(arn):
                continue
            if Arn.parse(arn).service == "states" or self._calls.functions.get(arn) is not None:
                raise NotEmulatedError(
                    f"{found.operation}: {what}={arn} is in this process, out of reach of that backend"
                    "\n    fix: let moto have the pipe and its source: Emulator(backend={'pipes': 'moto', ...})"
                )

    # The operations ----------------------------------------------------------------------------------------------

    def create(self, given: Members, region: str) -> dict[str, Any]:
        """``CreatePipe``."""
        name = given["Name"]
        if (region, name) in self._pipes:
            raise AwsError("ConflictException", f"Pipe {name} already exists.", 409)
        self._check("CreatePipe", given)
        arn = str(Arn.of("pipes", region, self._calls.world.account_id, "pipe", name)).replace("pipe:", "pipe/")
        wanted = given.get("DesiredState", "RUNNING")
        pipe = self._pipes[region, name] = Pipe(arn, {**given, "DesiredState": wanted}, self._readers, self._calls)
        if (why := self._missing(pipe)) is not None:
            pipe.state, pipe.reason = "CREATE_FAILED", f"Input parameter is invalid from the request due to : {why}"
            self._calls.functions.tell_failure(f"pipe {name} was not created: {why}")
        elif wanted == "RUNNING":
            pipe.switch(on=True)
        return _shown(pipe, "CREATING")

    def update(self, given: Members, region: str) -> dict[str, Any]:
        """``UpdatePipe``: it changes what is given; the source stays."""
        pipe = self._found(given, region)
        changed = {**pipe.members, **given}
        parameters = {**(pipe.members.get("SourceParameters") or {}), **(given.get("SourceParameters") or {})}
        own = SOURCE_PARAMETERS[Arn.parse(pipe.source).service]
        if (pipe.members.get("SourceParameters") or {}).get(own):
            parameters[own] = {**pipe.members["SourceParameters"][own], **(parameters.get(own) or {})}
        if parameters:
            changed["SourceParameters"] = parameters
        self._check("UpdatePipe", changed)
        pipe.change(changed)
        on = changed["DesiredState"] == "RUNNING"
        if on != (pipe.state == "RUNNING"):
            pipe.switch(on=on)
        return _shown(pipe, "UPDATING")

    def describe(self, given: Members, region: str) -> dict[str, Any]:
        """``DescribePipe``."""
        pipe = self._found(given, region)
        kept = {name: value for name, value in pipe.members.items() if name != "Tags"}
        reason = {"StateReason": pipe.reason} if pipe.reason else {}
        return {**kept, **_shown(pipe), "Tags": pipe.tags, **reason}

    def list_(self, given: Members, region: str) -> dict[str, Any]:
        """``ListPipes``: those of a name, a source, a target or a state."""
        prefixes = {"NamePrefix": "Name", "SourcePrefix": "Source", "TargetPrefix": "Target"}
        found = []
        for (of, _), pipe in sorted(self._pipes.items()):
            entry = {**_shown(pipe), **{name: pipe.members[name] for name in ("Source", "Target")}}
            if pipe.members.get("Enrichment"):
                entry["Enrichment"] = pipe.members["Enrichment"]
            texts = {**entry, "Name": pipe.name}
            if (
                of == region
                and all(texts[name].startswith(given.get(wanted, "")) for wanted, name in prefixes.items())
                and given.get("DesiredState") in (None, entry["DesiredState"])
                and given.get("CurrentState") in (None, entry["CurrentState"])
            ):
                found.append(entry)
        start, size = int(given.get("NextToken") or 0), given.get("Limit") or LARGEST_PAGE
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"Pipes": found[start : start + size], **more}

    def start(self, given: Members, region: str) -> dict[str, Any]:
        """``StartPipe``."""
        return self._switch(given, region, on=True)

    def stop(self, given: Members, region: str) -> dict[str, Any]:
        """``StopPipe``."""
        return self._switch(given, region, on=False)

    def _switch(self, given: Members, region: str, *, on: bool) -> dict[str, Any]:
        pipe = self._found(given, region)
        pipe.switch(on=on)
        return _shown(pipe, "STARTING" if on else "STOPPING")

    def delete(self, given: Members, region: str) -> dict[str, Any]:
        """``DeletePipe``: it is gone when its answer is read."""
        pipe = self._found(given, region)
        del self._pipes[region, pipe.name]
        pipe.delete()
        return {**_shown(pipe, "DELETING"), "DesiredState": "DELETED"}

    def tag(self, given: Members, region: str) -> dict[str, Any]:
        """``TagResource``."""
        self._of_arn(given, region).tags.update(given["tags"])
        return {}

    def untag(self, given: Members, region: str) -> dict[str, Any]:
        """``UntagResource``."""
        for key in given["tagKeys"]:
            self._of_arn(given, region).tags.pop(key, None)
        return {}

    def list_tags(self, given: Members, region: str) -> dict[str, Any]:
        """``ListTagsForResource``."""
        return {"tags": self._of_arn(given, region).tags}

    def _found(self, given: Members, region: str) -> Pipe:
        pipe = self._pipes.get((region, given["Name"]))
        if pipe is None:
            raise AwsError("NotFoundException", f"Pipe {given['Name']} does not exist.", 404)
        return pipe

    def _of_arn(self, given: Members, region: str) -> Pipe:
        return self._found({"Name": given["resourceArn"].rpartition("/")[2]}, region)

    # What is refused ---------------------------------------------------------------------------------------------

    def _check(self, operation: str, given: Members) -> None:
        world = self._calls.world
        service = check_source(world, operation, given["Source"]) if is_arn(given["Source"]) else "an own cluster"
        if service not in SOURCE_PARAMETERS:
            raise NotEmulatedError(f"{operation}: {given['Source']}: {service} of Kafka is not read here")
        own = SOURCE_PARAMETERS[service]
        parameters = given.get("SourceParameters") or {}
        if service != "sqs" and not parameters.get(own):
            raise _invalid(f"SourceParameters.{own}", "Missing required parameter.")
        for other in parameters:
            if other not in (own, "FilterCriteria"):
                raise _invalid(f"SourceParameters.{other}", f"Not a parameter of the source {given['Source']}.")
        settings = parameters.get(own) or {}
        window = settings.get("MaximumBatchingWindowInSeconds")
        if service == "sqs" and (settings.get("BatchSize") or 0) > QUEUE_BATCH and not window:
            text = "Must be greater than 0 if BatchSize is greater than 10."
            raise _invalid(f"SourceParameters.{own}.MaximumBatchingWindowInSeconds", text)
        try:
            filters = (parameters.get("FilterCriteria") or {}).get("Filters") or ()
            compile_filters([each.get("Pattern") for each in filters], service)
        except InvalidFilterError as error:
            raise _invalid("SourceParameters.FilterCriteria", f"Invalid filter pattern: {error}") from None
        self._check_target(operation, given)
        is_whole = Arn.parse(given["Target"]).service in ENRICHMENTS
        if not is_whole and (settings.get("BatchSize") or 0) > MOST_EVENTS:
            text = f"Must be at most {MOST_EVENTS}, which the target {given['Target']} takes."
            raise _invalid(f"SourceParameters.{own}.BatchSize", text)

    def _check_target(self, operation: str, given: Members) -> None:
        target, enrichment = given["Target"], given.get("Enrichment")
        _check_kind(operation, "target", target, TARGETS)
        if enrichment:
            _check_kind(operation, "enrichment", enrichment, ENRICHMENTS)
        for name in PARAMETERS:
            try:
                parse((given.get(name) or {}).get("InputTemplate") or "")
            except InvalidTemplateError as error:
                raise _invalid(f"{name}.InputTemplate", str(error)) from None
        own = TARGETS[Arn.parse(target).service]
        for other in given.get("TargetParameters") or {}:
            if other not in (own, "InputTemplate"):
                raise _invalid(f"TargetParameters.{other}", f"Not a parameter of the target {target}.")
        if (given.get("EnrichmentParameters") or {}).get("HttpParameters"):
            raise NotEmulatedError(f"{operation}: EnrichmentParameters.HttpParameters: no request is sent over HTTP")
        bus = (given.get("TargetParameters") or {}).get("EventBridgeEventBusParameters") or {}
        if bus.get("EndpointId"):
            raise NotEmulatedError(f"{operation}: EndpointId={bus['EndpointId']!r}: there are no global endpoints")

    def _missing(self, pipe: Pipe) -> str | None:
        sources, source = self._readers.sources, pipe.source
        if Arn.parse(source).service == "sqs":
            return None if sources.queue(source) else f"there is no queue {source}"
        return None if sources.shards(source) is not None else f"there is no stream {source}"


def _check_kind(operation: str, what: str, arn: str, kinds: Mapping[str, Any] | tuple[str, ...]) -> None:
    parsed = Arn.parse(arn)
    is_other = parsed.service == "events" and parsed.type is None and not parsed.name.startswith("event-bus/")
    if parsed.service not in kinds or is_other or parsed.type == "activity":
        known = ", ".join(SHOWN[each] for each in kinds)
        raise NotEmulatedError(
            f"{operation}: the {what} {arn} is not emulated; {known} are\n"
            "    fix: make a function the target, and do in it what the test needs"
        )


def _invalid(field: str, text: str) -> AwsError:
    """In the form that public issues quote: ``{"ValidationErrorFields": [...]}``."""
    return AwsError("ValidationException", f'{{"ValidationErrorFields":[{{"Name":"{field}","Message":"{text}"}}]}}')


def _seconds(at: datetime) -> float:
    return round((at - EPOCH).total_seconds(), 3)


def _shown(pipe: Pipe, state: str | None = None) -> dict[str, Any]:
    return {
        "Arn": pipe.arn,
        "Name": pipe.name,
        "DesiredState": pipe.members["DesiredState"],
        "CurrentState": state or pipe.state,
        "CreationTime": _seconds(pipe.created_at),
        "LastModifiedTime": _seconds(pipe.changed_at),
    }


OPERATIONS: Final[Mapping[str, Callable[[Pipes, Members, str], dict[str, Any]]]] = {
    "CreatePipe": Pipes.create,
    "DeletePipe": Pipes.delete,
    "DescribePipe": Pipes.describe,
    "ListPipes": Pipes.list_,
    "ListTagsForResource": Pipes.list_tags,
    "StartPipe": Pipes.start,
    "StopPipe": Pipes.stop,
    "TagResource": Pipes.tag,
    "UntagResource": Pipes.untag,
    "UpdatePipe": Pipes.update,
}
"""Operation -> its answer."""
