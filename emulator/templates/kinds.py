"""What kinds of values the parts of a template have, as far as the emulator reads into them.

A value of another kind is an error with its place. What is handed to a service's request whole is not here: the
request's own model is its kind. (Kinds: CloudFormation's and SAM's references of resource types.)
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from asl.problems import did_you_mean, join
from asl.values import is_json
from emulator.templates.document import Document
from emulator.templates.words import near_miss


class Text(NamedTuple):
    """A text; a number or a boolean becomes one. ``words`` are all that it may be."""

    words: tuple[str, ...] = ()


class Number(NamedTuple):
    """A number, or a text of one, from ``least`` to ``most``."""

    least: int | None = None
    most: int | None = None


class Flag(NamedTuple):
    """A boolean, or ``true`` or ``false`` as a text, in letters of any case."""


class JsonText(NamedTuple):
    """A text of JSON."""


class Object(NamedTuple):
    """An object. ``whole``: it has no other members than these."""

    members: "Mapping[str, Kind]" = MappingProxyType({})
    required: tuple[str, ...] = ()
    whole: bool = False


class Many(NamedTuple):
    """A list."""

    of: "Kind"


class Either(NamedTuple):
    """A list or an object."""

    many: Many
    object: Object


Kind: TypeAlias = Text | Number | Flag | JsonText | Object | Many | Either


def read(document: Document, kind: Kind, value: Any, pointer: str) -> Any:
    """``value``, which begins at ``pointer``, with texts and booleans of its kind; raises ``TemplateError``."""
    name = _name(pointer)
    match kind:
        case Either(many, object_):
            return read(document, many if isinstance(value, list) else object_, value, pointer)
        case Object(members, required, whole):
            if not isinstance(value, Mapping):
                raise document.error(f"{name} is an object, not {_shown(value)}", pointer, _members_of(kind))
            for each in required:
                if value.get(each) is None:
                    raise document.error(f"{name} has no {each}", pointer, did_you_mean(each, value))
            for each in value:
                if whole and each not in members:
                    hint = did_you_mean(str(each), members) or _members_of(kind)
                    raise document.error(f"{name} has no member {each}", join(pointer, each), hint)
            return {
                each: read(document, members[each], inner, join(pointer, each)) if each in members else inner
                for each, inner in value.items()
            }
        case Many(of):
            if not isinstance(value, list):
                raise document.error(f"{name} is a list, not {_shown(value)}", pointer, "begin each item with '- '")
            return [read(document, of, each, join(pointer, at)) for at, each in enumerate(value)]
        case Flag():
            found = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
            if not isinstance(found, bool):
                raise document.error(f"{name} is true or false, not {_shown(value)}", pointer)
            return found
        case Number(least, most):
            if isinstance(value, bool) or not _is_number(value):
                raise document.error(f"{name} is a number, not {_shown(value)}", pointer)
            if least is not None and float(value) < least:
                raise document.error(_refused(name, value, f"greater than or equal to {least}"), pointer)
            if most is not None and float(value) > most:
                raise document.error(_refused(name, value, f"less than or equal to {most}"), pointer)
            return value
        case JsonText():
            if not isinstance(value, str) or not is_json(value):
                raise document.error(f"{name} is a text of JSON, not {_shown(value)}", pointer)
            return value
        case Text(words):
            return _text(document, words, value, pointer)


def _refused(name: str, value: Any, bound: str) -> str:
    """A value out of bounds, in the words of the services."""
    member = f"{name[:1].lower()}{name[1:]}"
    constraint = f"failed to satisfy constraint: Member must have value {bound}"
    return f"1 validation error detected: Value '{value}' at '{member}' {constraint}"


def _text(document: Document, words: tuple[str, ...], value: Any, pointer: str) -> Any:
    name = _name(pointer)
    if words and value not in words:
        quoted = {"on": "true", "off": "false", "yes": "true", "no": "false"}
        read_as = value if isinstance(value, str) else _shown(value)
        same = next((each for each in words if quoted.get(each.lower()) == read_as), None)
        near = near_miss(str(value), words)
        hint = did_you_mean(near, words) if near else None
        if same is not None:
            hint = f'YAML reads {same} without quotes as {read_as}: write "{same}"'
        raise document.error(f"{name} is one of {', '.join(words)}, not {_shown(value)}", pointer, hint)
    if not isinstance(value, str | int | float):
        raise document.error(f"{name} is a text, not {_shown(value)}", pointer)
    return value if isinstance(value, str) else _shown(value)


def _name(pointer: str) -> str:
    """The name of what a pointer points to, in a message."""
    above, _, name = pointer.rpartition("/")
    return f"an item of {above.rpartition('/')[2]}" if name.isdigit() else name


def _members_of(kind: Object) -> str | None:
    return f"its members are {', '.join(kind.members)}" if kind.members else None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, default=str) if not isinstance(value, str) else repr(value)


# The properties of resources -----------------------------------------------------------------------------------------

TEXT, NUMBER, FLAG, OBJECT, TEXTS = Text(), Number(), Flag(), Object(), Many(Text())
TAGS: Final = Either(Many(Object({"Key": TEXT, "Value": TEXT}, ("Key", "Value"))), OBJECT)

LOGGING: Final = Object(
    {
        "Level": Text(("ALL", "ERROR", "FATAL", "OFF")),
        "IncludeExecutionData": FLAG,
        "Destinations": Many(
            Object(
                {"CloudWatchLogsLogGroup": Object({"LogGroupArn": TEXT}, ("LogGroupArn",), whole=True)},
                ("CloudWatchLogsLogGroup",),
                whole=True,
            )
        ),
    },
    whole=True,
)
TRACING: Final = Object({"Enabled": FLAG}, whole=True)

_MACHINE: Final[Mapping[str, Kind]] = {
    "DefinitionSubstitutions": OBJECT,
    "Logging": LOGGING,
    "LoggingConfiguration": LOGGING,
    "Name": TEXT,
    "StateMachineName": TEXT,
    "Tracing": TRACING,
    "TracingConfiguration": TRACING,
}
_DEAD_LETTERS: Final = Object({"TargetArn": TEXT}, ("TargetArn",))
_FUNCTION: Final[Mapping[str, Kind]] = {
    "DeadLetterConfig": _DEAD_LETTERS,
    "DeadLetterQueue": _DEAD_LETTERS,
    "Environment": Object({"Variables": OBJECT}),
    "FunctionName": TEXT,
    "Layers": TEXTS,
    "MemorySize": Number(128, 10_240),
    "ReservedConcurrentExecutions": Number(0),
    "Timeout": Number(1, 900),
}
_S3_FILTER: Final = Object({"S3Key": Object({"Rules": Many(OBJECT)})})


def _notified(member: str) -> Many:
    return Many(Object({"Event": TEXT, member: TEXT, "Filter": _S3_FILTER}, ("Event", member)))


_API: Final[Mapping[str, Kind]] = {"BinaryMediaTypes": TEXTS, "Variables": OBJECT, "StageVariables": OBJECT}
_ANSWER: Final = Object({"StatusCode": NUMBER, "ResponseTemplates": OBJECT})
_INTEGRATION: Final = Object(
    {"IntegrationResponses": Many(_ANSWER), "RequestTemplates": OBJECT, "RequestParameters": OBJECT}
)
_WEIGHT: Final = Object({"FunctionVersion": TEXT, "FunctionWeight": NUMBER}, ("FunctionVersion", "FunctionWeight"))

KINDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "AWS::ApiGateway::Method": {"Integration": _INTEGRATION},
    "AWS::ApiGateway::RestApi": _API,
    "AWS::ApiGateway::Stage": _API,
    "AWS::ApiGatewayV2::Integration": {"RequestParameters": OBJECT},
    "AWS::ApiGatewayV2::Stage": _API,
    "AWS::CloudFormation::Stack": {"Parameters": OBJECT},
    "AWS::DynamoDB::Table": {"StreamSpecification": OBJECT, "TimeToLiveSpecification": Object({"Enabled": FLAG})},
    "AWS::Events::Rule": {"Targets": Many(Object({}, ("Id", "Arn")))},
    "AWS::Lambda::Alias": {
        "RoutingConfig": Object({"AdditionalVersionWeights": Many(_WEIGHT)}, ("AdditionalVersionWeights",))
    },
    "AWS::Lambda::EventInvokeConfig": {
        "MaximumEventAgeInSeconds": Number(60, 21_600),
        "MaximumRetryAttempts": Number(0, 2),
    },
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::S3::Bucket": {
        "NotificationConfiguration": Object(
            {
                "EventBridgeConfiguration": Object({"EventBridgeEnabled": FLAG}),
                "LambdaConfigurations": _notified("Function"),
                "QueueConfigurations": _notified("Queue"),
                "TopicConfigurations": _notified("Topic"),
            }
        )
    },
    "AWS::SNS::Topic": {
        "Subscription": Many(Object({"Protocol": TEXT, "Endpoint": TEXT}, ("Protocol", "Endpoint"))),
        "Tags": TAGS,
    },
    "AWS::SQS::Queue": {
        "DelaySeconds": NUMBER,
        "MaximumMessageSize": NUMBER,
        "MessageRetentionPeriod": NUMBER,
        "ReceiveMessageWaitTimeSeconds": NUMBER,
        "Tags": TAGS,
        "VisibilityTimeout": NUMBER,
    },
    "AWS::SSM::Parameter": {"Tags": OBJECT},
    "AWS::SecretsManager::Secret": {
        "GenerateSecretString": Object({"PasswordLength": NUMBER, "SecretStringTemplate": JsonText()})
    },
    "AWS::Serverless::Api": _API,
    "AWS::Serverless::Application": {"Parameters": OBJECT},
    "AWS::Serverless::Function": _FUNCTION,
    "AWS::Serverless::HttpApi": _API,
    "AWS::Serverless::SimpleTable": {"PrimaryKey": Object({"Name": TEXT, "Type": TEXT})},
    "AWS::Serverless::StateMachine": _MACHINE,
    "AWS::StepFunctions::StateMachine": _MACHINE,
    "AWS::StepFunctions::StateMachineAlias": {
        "DeploymentPreference": OBJECT,
        "RoutingConfiguration": Many(Object({"StateMachineVersionArn": TEXT, "Weight": NUMBER})),
    },
    "SAM event S3": {"Filter": _S3_FILTER},
}
"""Type of a resource -> its properties that are read into."""
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::SNS::Subscription": ("TopicArn", "Protocol", "Endpoint"),
    "AWS::Lambda::Alias": ("FunctionName", "FunctionVersion", "Name"),
    "SAM event Api": ("Path", "Method"),
}
"""Type of a resource -> the properties that it cannot be without."""
