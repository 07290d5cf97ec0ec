"""SAM's short forms: ``Globals``, and the events of functions and state machines as resources of their own.

The types of SAM (``AWS::Serverless::Function`` and others) stay, and are made like those of CloudFormation. What SAM
would add for permissions alone (roles, policies, connectors) has no counterpart here. Logical ids are SAM's, from the
source of its translator.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from asl.problems import did_you_mean, join
from emulator.templates.document import GLOBALS, Document
from emulator.templates.errors import TemplateError, Wrong, noted
from emulator.templates.generated import PERMISSION, ROLE, alias_of, generated
from emulator.templates.properties import Resource
from emulator.templates.references import NOTIFICATION
from emulator.templates.words import near_miss, near_type, unknown_in_event, unknown_in_resource, unknown_words


class Event(NamedTuple):
    """An event of a function or machine: the ids of both, what it says, and where."""

    owner: str
    name: str
    properties: Mapping[str, Any]
    pointer: str
    target: str
    """``LambdaTarget`` or ``StepFunctionsTarget``."""
    alias: str | None = None
    """The id of the owner's alias, which then is the target."""

    @property
    def logical_id(self) -> str:
        """SAM's id of the resource."""
        return f"{self.owner}{self.name}"

    def arn(self) -> dict[str, Any]:
        """The ARN of the function or machine, or of its alias."""
        if self.alias is not None:
            return {"Ref": self.alias}
        return {"Fn::GetAtt": [self.owner, "Arn"]}

    def chosen(self, *names: str) -> dict[str, Any]:
        """Those of its properties that it has."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def resource(self, type_: str, properties: Mapping[str, Any], ending: str = "") -> Resource:
        """The resource that it becomes, or one beside it, whose id has an ``ending``."""
        return Resource(f"{self.logical_id}{ending}", type_, properties, self.pointer)

    def permission(self, ending: str = "") -> Iterator[Resource]:
        """The permission that SAM gives the event's service, if the target is a function."""
        if self.target == FUNCTION_TARGET:
            yield self.resource(PERMISSION, {}, f"Permission{ending}")

    def role_arn(self) -> Any:
        """The ARN of the role of the event's service."""
        return self.properties.get("RoleArn") or {"Fn::GetAtt": [f"{self.logical_id}Role", "Arn"]}

    def role(self) -> Iterator[Resource]:
        """The role that SAM gives the event's service, unless the event names one."""
        if "RoleArn" not in self.properties:
            yield self.resource(ROLE, {}, "Role")


Expand: TypeAlias = Callable[[Event], Iterator[Resource]]
"""What makes the resources of an event."""
PARTS: Final = (
    "Type",
    "Properties",
    "Condition",
    "DependsOn",
    "Metadata",
    "CreationPolicy",
    "DeletionPolicy",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Connectors",
    "IgnoreGlobals",
)
"""What a resource may have (CloudFormation user guide, "Resource attributes"); the last two are SAM's.

Only a misspelt one is refused: published templates of SAM have others, such as Description, which SAM leaves out.
"""


def resources_of(document: Document, problems: list[Wrong] | None = None) -> dict[str, Resource]:
    """All resources of the template by logical id, those of events after their owners.

    Raises ``TemplateError`` for a resource without a type or with a misspelt part, an event of no type that SAM
    has, and a wrong ``Globals``. Where ``problems`` are collected, what is wrong is not there.
    """
    for error in unknown_words(document):
        with noted(problems):
            raise error
    shared = _globals(document, problems)
    found: dict[str, Resource] = {}
    for logical_id, written in document.value["Resources"].items():
        with noted(problems):
            is_wrong = _tell(unknown_in_resource(document, logical_id), problems)
            resource = _resource(document, logical_id, written, shared)
            if is_wrong:
                resource = resource._replace(type=near_type(resource.type) or resource.type, is_wrong=True)
            found[logical_id] = resource
            for each in (*generated(resource), *_events(document, resource, problems)):
                found.setdefault(each.logical_id, each._replace(condition=resource.condition))
    for each in _implicit_apis(document.value["Resources"], shared):
        found.setdefault(each.logical_id, each)
    return found


def _tell(errors: Iterator[TemplateError], problems: list[Wrong] | None) -> bool:
    """Whether there are errors: they are added to ``problems``, where they are collected; else the first is raised."""
    found = list(errors)
    for error in found:
        with noted(problems):
            raise error
    return bool(found)


def _globals(document: Document, problems: list[Wrong] | None) -> dict[str, Mapping[str, Any]]:
    """Type -> what ``Globals`` has for it. Where ``problems`` are collected, a misspelt section is the nearest one."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, properties in (document.value.get("Globals") or {}).items():
        pointer = join("/Globals", name)
        near = name if name in GLOBALS else near_miss(name, GLOBALS)
        with noted(problems):
            if name not in GLOBALS:
                raise document.error(f"Globals has no section {name}", pointer, did_you_mean(near or name, GLOBALS))
            if not isinstance(properties or {}, Mapping):
                raise document.error(f"{name} in Globals is an object", pointer)
        if near is not None and isinstance(properties or {}, Mapping):
            found[GLOBALS[near]] = properties or {}
    return found


def _resource(document: Document, logical_id: str, written: Any, shared: Mapping[str, Mapping[str, Any]]) -> Resource:
    pointer = join("/Resources", logical_id)
    if logical_id.startswith("Fn::"):
        raise document.error(f"{logical_id} is not evaluated here", pointer, "write the resources that it comes to")
    if not isinstance(written, dict) or not isinstance(written.get("Type"), str):
        text = f"Template format error: [{pointer}] Every Resources object must contain a Type member."
        raise document.error(text, pointer)
    for part in written:
        if part not in PARTS and (hint := did_you_mean(str(part), PARTS)) is not None:
            raise document.error(f"{logical_id}: a resource has no part {part}", join(pointer, str(part)), hint)
    properties = written.get("Properties") or {}
    if not isinstance(properties, dict):
        raise document.error(f"Properties of {logical_id} is an object", join(pointer, "Properties"))
    needs = written.get("DependsOn") or ()
    needs = (needs,) if isinstance(needs, str) else needs
    if not isinstance(needs, list | tuple) or not all(isinstance(each, str) for each in needs):
        raise document.error("DependsOn has logical ids of resources", join(pointer, "DependsOn"))
    condition = written.get("Condition")
    if not isinstance(condition, str | None):
        raise document.error("Condition has the name of a condition", join(pointer, "Condition"))
    if not isinstance(written.get("Metadata"), Mapping | None):
        raise document.error(f"Metadata of {logical_id} is an object", join(pointer, "Metadata"))
    return Resource(
        logical_id,
        written["Type"],
        _merged(shared.get(written["Type"], {}), properties),
        join(pointer, "Properties"),
        condition,
        tuple(needs),
        written.get("Metadata") or {},
    )


def _merged(shared: Any, own: Any) -> Any:
    """Maps are merged, lists are those of ``Globals`` and then the resource's, other values are the resource's."""
    if isinstance(shared, Mapping) and isinstance(own, Mapping) and not _is_function(shared) and not _is_function(own):
        names = dict.fromkeys([*shared, *own])
        return {
            name: _merged(shared[name], own[name]) if name in shared and name in own else {**shared, **own}[name]
            for name in names
        }
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    return own


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _implicit_apis(resources: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]]) -> Iterator[Resource]:
    """The API that events without one of their own share, with what ``Globals`` says of such APIs."""
    for logical_id, written in resources.items():
        events = (written.get("Properties") or {}).get("Events") if isinstance(written, Mapping) else None
        for event in events.values() if isinstance(events, Mapping) else ():
            type_, properties = event.get("Type"), event.get("Properties") or {}
            if type_ in IMPLICIT and IMPLICIT[type_][1] not in properties:
                api = IMPLICIT[type_][0]
                pointer = join(join("/Resources", logical_id), "Properties")
                made = api._replace(properties=_merged(shared.get(api.type, {}), api.properties), pointer=pointer)
                yield from (made, *generated(made))


# Events --------------------------------------------------------------------------------------------------------------


def _events(document: Document, owner: Resource, problems: list[Wrong] | None) -> Iterator[Resource]:
    target, kinds = OWNERS.get(owner.type, ("", {}))
    events = owner.properties.get("Events") if kinds else None
    if not isinstance(events, Mapping | None):
        raise document.error(f"Events of {owner.logical_id} is an object", join(owner.pointer, "Events"))
    for name, written in (events or {}).items():
        made: list[Resource] = []
        with noted(problems):
            pointer = join(owner.pointer, "Events", name)
            is_wrong = _tell(unknown_in_event(document, owner.type, owner.logical_id, name, written, pointer), problems)
            made += _event(document, owner, name, written, target, kinds)
            made = [each._replace(is_wrong=True) for each in made] if is_wrong else made
        yield from made


def _event(
    document: Document, owner: Resource, name: str, written: Any, target: str, kinds: Mapping[str, Expand]
) -> Iterator[Resource]:
    pointer = join(join(owner.pointer, "Events"), name)
    type_ = str(written.get("Type")) if isinstance(written, dict) else "None"
    if type_ not in kinds:
        hint = did_you_mean(type_, kinds) or f"the types are {', '.join(kinds)}"
        raise document.error(f"{owner.logical_id} has an event {name} of the unknown type {type_}", pointer, hint)
    properties = written.get("Properties") or {}
    if not isinstance(properties, Mapping):
        raise document.error(f"Properties of the event {name} is an object", join(pointer, "Properties"))
    below = join(pointer, "Properties")
    is_aliased = target == FUNCTION_TARGET or owner.properties.get("UseAliasAsEventTarget")
    alias = alias_of(owner) if is_aliased else None
    yield from kinds[type_](Event(owner.logical_id, name, properties, below, target, alias))


def _rule(event: Event) -> Iterator[Resource]:
    """A rule with a pattern."""
    rule = event.chosen("EventBusName", "State")
    yield event.resource(RULE, {**rule, "EventPattern": event.properties.get("Pattern"), "Targets": [_target(event)]})
    yield from _dead_letters(event)[0]
    yield from event.permission()
    if event.target == MACHINE_TARGET:
        yield from event.role()


def _schedule(event: Event) -> Iterator[Resource]:
    """A rule with a schedule."""
    rule = event.chosen("Name", "Description", "State", "Enabled")
    expression = event.properties.get("Schedule")
    yield event.resource(RULE, {**rule, "ScheduleExpression": expression, "Targets": [_target(event)]})
    yield from _dead_letters(event)[0]
    yield from event.permission()
    if event.target == MACHINE_TARGET:
        yield from event.role()


def _target(event: Event) -> dict[str, Any]:
    given = event.properties.get("Target")
    id_ = given.get("Id") if isinstance(given, Mapping) else None
    target: dict[str, Any] = {"Id": id_ or _target_id(event), "Arn": event.arn()}
    if event.target == MACHINE_TARGET:
        target["RoleArn"] = event.role_arn()
    return target | event.chosen("Input", "InputPath", "InputTransformer", "RetryPolicy") | _dead_letters(event)[1]


def _dead_letters(event: Event) -> tuple[list[Resource], dict[str, Any]]:
    """The queue of events that could not be delivered, if SAM makes it, and the member that names one."""
    given = event.properties.get("DeadLetterConfig")
    if not isinstance(given, Mapping):
        return [], {}
    if "Type" not in given:
        return [], {"DeadLetterConfig": {"Arn": given.get("Arn")}}
    id_ = str(given.get("QueueLogicalId") or f"{event.logical_id}Queue")
    queue = [Resource(id_, "AWS::SQS::Queue", {}, event.pointer)]
    queue.append(Resource(f"{event.logical_id}QueuePolicy", "AWS::SQS::QueuePolicy", {}, event.pointer))
    return queue, {"DeadLetterConfig": {"Arn": {"Fn::GetAtt": [id_, "Arn"]}}}


def _scheduler(event: Event) -> Iterator[Resource]:
    """A schedule of EventBridge Scheduler."""
    names = ("Description", "EndDate", "GroupName", "KmsKeyArn", "Name", "StartDate", "State")
    schedule = event.chosen(*names, "ScheduleExpression", "ScheduleExpressionTimezone")
    if "Name" not in schedule and not event.properties.get("OmitName"):
        schedule["Name"] = event.logical_id
    schedule["FlexibleTimeWindow"] = event.properties.get("FlexibleTimeWindow") or {"Mode": "OFF"}
    target = {"Arn": event.arn(), "RoleArn": event.role_arn()}
    schedule["Target"] = target | event.chosen("Input", "RetryPolicy") | _dead_letters(event)[1]
    yield from _dead_letters(event)[0]
    yield event.resource("AWS::Scheduler::Schedule", schedule)
    yield from event.role()


def _mapping(source: str) -> Expand:
    """A mapping of the queue or stream that the property ``source`` names."""

    def made(event: Event) -> Iterator[Resource]:
        members = {name: value for name, value in event.properties.items() if name != source}
        arn = event.properties.get(source)
        function = {"Ref": event.owner if event.alias is None else event.alias}
        yield event.resource(MAPPING, {**members, "EventSourceArn": arn, "FunctionName": function})

    return made


def _subscription(event: Event) -> Iterator[Resource]:
    """A subscription of the function to a topic."""
    members = event.chosen("FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region")
    topic = {"TopicArn": event.properties.get("Topic")}
    queued = event.properties.get("SqsSubscription")
    if not queued:
        yield event.resource(SUBSCRIPTION, {**topic, "Protocol": "lambda", "Endpoint": event.arn(), **members})
        yield from event.permission()
        return
    given = queued if isinstance(queued, Mapping) else {}
    arn = given.get("QueueArn")
    if arn is None:
        yield event.resource("AWS::SQS::Queue", {}, "Queue")
        arn = {"Fn::GetAtt": [f"{event.logical_id}Queue", "Arn"]}
    yield event.resource("AWS::SQS::QueuePolicy", {}, "QueuePolicy")
    yield event.resource(SUBSCRIPTION, {**topic, "Protocol": "sqs", "Endpoint": arn, **members})
    function = {"Ref": event.owner if event.alias is None else event.alias}
    mapping = {"BatchSize": given.get("BatchSize", 10), "EventSourceArn": arn, "FunctionName": function}
    if "Enabled" in given:
        mapping["Enabled"] = given["Enabled"]
    yield event.resource(MAPPING, mapping, "EventSourceMapping")


def _notification(event: Event) -> Iterator[Resource]:
    """A notification of a bucket."""
    yield event.resource(NOTIFICATION, {**event.properties, "Function": event.arn()})
    yield from event.permission()


def _as_it_is(type_: str) -> Expand:
    """A resource that only says that the event is there."""

    def made(event: Event) -> Iterator[Resource]:
        yield event.resource(type_, event.properties)
        yield from event.permission()

    return made


def _api(event: Event) -> Iterator[Resource]:
    """A method of a REST API; SAM permits its stages to call the function."""
    target = {"RestApiId": {"Ref": "ServerlessRestApi"}, "Target": event.arn(), "TargetKind": event.target}
    yield event.resource("SAM event Api", {**target, **event.properties})
    yield from event.permission("Prod")
    yield from event.permission("Test")
    if event.target == MACHINE_TARGET:
        yield from event.role()


def _http_api(event: Event) -> Iterator[Resource]:
    """A route of an HTTP API."""
    target = {"ApiId": {"Ref": "ServerlessHttpApi"}, "Target": event.arn()}
    yield event.resource("SAM event HttpApi", {**target, **event.properties})
    yield from event.permission()


IMPLICIT: Final[Mapping[str, tuple[Resource, str]]] = {
    "Api": (Resource("ServerlessRestApi", "AWS::Serverless::Api", {"StageName": "Prod"}, ""), "RestApiId"),
    "HttpApi": (Resource("ServerlessHttpApi", "AWS::Serverless::HttpApi", {}, ""), "ApiId"),
}
"""Type of event -> the API that SAM makes for it, and the property that names another one."""
RULE: Final = "AWS::Events::Rule"
MAPPING: Final = "AWS::Lambda::EventSourceMapping"
SUBSCRIPTION: Final = "AWS::SNS::Subscription"


def _target_id(event: Event) -> str:
    """The Id of a rule's target: SAM cuts the event's logical id so that the Id is as long as EventBridge takes it."""
    return event.logical_id[: LONGEST_TARGET_ID - len(event.target)] + event.target


LONGEST_TARGET_ID: Final = 64
FUNCTION_TARGET: Final = "LambdaTarget"
MACHINE_TARGET: Final = "StepFunctionsTarget"

_SHARED: Final[Mapping[str, Expand]] = {
    "Schedule": _schedule,
    "ScheduleV2": _scheduler,
    "EventBridgeRule": _rule,
    "CloudWatchEvent": _rule,
    "Api": _api,
}
OWNERS: Final[Mapping[str, tuple[str, Mapping[str, Expand]]]] = {
    "AWS::Serverless::StateMachine": (MACHINE_TARGET, _SHARED),
    "AWS::Serverless::Function": (
        FUNCTION_TARGET,
        {
            **_SHARED,
            "SQS": _mapping("Queue"),
            "Kinesis": _mapping("Stream"),
            "DynamoDB": _mapping("Stream"),
            "DocumentDB": _mapping("Cluster"),
            "MSK": _mapping("Stream"),
            "MQ": _mapping("Broker"),
            "SelfManagedKafka": _mapping("KafkaBootstrapServers"),
            "SNS": _subscription,
            "S3": _notification,
            "HttpApi": _http_api,
            "CloudWatchLogs": _as_it_is("SAM event CloudWatchLogs"),
            "IoTRule": _as_it_is("SAM event IoTRule"),
            "Cognito": _as_it_is("SAM event Cognito"),
            "AlexaSkill": _as_it_is("SAM event AlexaSkill"),
        },
    ),
}
"""Type -> the ending of its targets' ids, and the types of its events."""
