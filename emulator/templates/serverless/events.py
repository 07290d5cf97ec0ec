"""The events of functions in ``serverless.yml``, as the resources that Serverless makes of them."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean
from emulator.templates.serverless import apis
from emulator.templates.serverless.built import Built
from emulator.templates.serverless.names import alphanumeric, function_id, last_name, normalized, rule_name
from emulator.templates.serverless.service import Service, is_function


class Event(NamedTuple):
    """One event of a function: whose, its number among those of the function, what it says, and where."""

    service: Service
    key: str
    number: int
    """From 1, among the events of the function that have the same type."""
    position: int
    """From 1, among all events of the function."""
    value: Any
    at: str

    @property
    def arn(self) -> dict[str, Any]:
        """The function's ARN."""
        return {"Fn::GetAtt": [function_id(self.key), "Arn"]}

    def get(self, name: str, default: Any = None) -> Any:
        """A member of an event that is an object."""
        return self.value.get(name, default) if isinstance(self.value, Mapping) else default

    def error(self, message: str) -> Exception:
        """The error of this event."""
        return self.service.error(f"{self.key}: {message}", self.at)


def add_event(built: Built, type_: str, event: Event) -> None:
    if type_ in EVENTS:
        EVENTS[type_](built, event)
    elif type_ in NOT_READ:
        built.leave(f"Serverless event {type_}", event.key)
    else:
        hint = did_you_mean(type_, [*EVENTS, *NOT_READ]) or f"the types are {', '.join([*EVENTS, *NOT_READ])}"
        raise event.service.error(f"{event.key} has an event of the unknown type {type_}", event.at, hint)


def target_input(value: Any) -> dict[str, Any]:
    """``input``, ``inputPath`` and ``inputTransformer`` as a target has them."""
    if not isinstance(value, Mapping):
        return {}
    found: dict[str, Any] = {}
    given = value.get("input")
    if given is not None:
        found["Input"] = given if isinstance(given, str) or is_function(given) else json.dumps(given)
    if "inputPath" in value:
        found["InputPath"] = value["inputPath"]
    if "inputTransformer" in value:
        found["InputTransformer"] = {
            name[:1].upper() + name[1:]: each for name, each in value["inputTransformer"].items()
        }
    return found


def retry_policy(value: Any) -> dict[str, Any]:
    """``retryPolicy`` as a target has it."""
    given = value.get("retryPolicy") if isinstance(value, Mapping) else None
    if not given:
        return {}
    age = given.get("maximumEventAgeInSeconds", given.get("maximumEventAge"))
    policy = {"MaximumEventAgeInSeconds": age, "MaximumRetryAttempts": given.get("maximumRetryAttempts")}
    return {"RetryPolicy": {name: each for name, each in policy.items() if each is not None}}


def schedules(value: Any) -> Iterator[Any]:
    """The expressions of a schedule: a text, or one or several under ``rate``."""
    rates = value.get("rate") if isinstance(value, Mapping) else value
    yield from rates if isinstance(rates, list) else [rates]


def _schedule(built: Built, event: Event) -> None:
    name = normalized(event.key)
    state = "DISABLED" if event.get("enabled") is False else "ENABLED"
    for number, rate in enumerate(schedules(event.value), event.number):
        if rate is None:
            raise event.error('a schedule has "rate", such as rate(10 minutes)')
        shared = {
            "Name": event.get("name"),
            "Description": event.get("description"),
            "ScheduleExpression": rate,
            "State": state,
        }
        if event.get("method") == "scheduler":
            target = {
                "Arn": event.arn,
                "RoleArn": {"Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"]},
                **target_input(event.value),
            }
            properties = {
                **shared,
                "ScheduleExpressionTimezone": event.get("timezone"),
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": target,
            }
            built.resource(f"{name}SchedulerSchedule{number}", "AWS::Scheduler::Schedule", properties, event.at)
        else:
            rule_target = {"Arn": event.arn, "Id": f"{event.key}Schedule", **target_input(event.value)}
            built.resource(f"{name}EventsRuleSchedule{number}", RULE, {**shared, "Targets": [rule_target]}, event.at)


def _cloudwatch_event(built: Built, event: Event) -> None:
    target = {"Arn": event.arn, "Id": f"{event.key}CloudWatchEvent", **target_input(event.value)}
    properties = {
        "Name": event.get("name"),
        "Description": event.get("description"),
        "EventPattern": event.get("event"),
        "State": "DISABLED" if event.get("enabled") is False else "ENABLED",
        "Targets": [target],
    }
    built.resource(f"{normalized(event.key)}EventsRuleCloudWatchEvent{event.number}", RULE, properties, event.at)


def _event_bridge(built: Built, event: Event) -> None:
    name = event.get("name") or rule_name(event.service.function_name(event.key), event.position)
    bus = event.get("eventBus")
    bus_name: Any = bus
    if isinstance(bus, str) and bus.startswith("arn"):
        bus_name = bus.partition("/")[2]
    elif isinstance(bus, str) and bus != "default":
        built.resource(f"{normalized(bus)}EventBridgeEventBus", "AWS::Events::EventBus", {"Name": bus}, event.at)
        bus_name = {"Ref": f"{normalized(bus)}EventBridgeEventBus"}
    target = {"Arn": event.arn, "Id": f"{name}-target"[-64:], **target_input(event.value), **retry_policy(event.value)}
    if event.get("deadLetterQueueArn"):
        target["DeadLetterConfig"] = {"Arn": event.get("deadLetterQueueArn")}
    properties = {
        "Name": name,
        "Description": event.get("description"),
        "EventBusName": bus_name,
        "EventPattern": event.get("pattern"),
        "ScheduleExpression": event.get("schedule"),
        "State": "DISABLED" if event.get("enabled") is False else "ENABLED",
        "Targets": [target],
    }
    built.resource(f"{alphanumeric(name)}EventBridgeRule", RULE, properties, event.at)


def _sqs(built: Built, event: Event) -> None:
    arn = event.get("arn", event.value)
    concurrency, response = event.get("maximumConcurrency"), event.get("functionResponseType")
    properties = {
        "EventSourceArn": arn,
        "FunctionName": event.arn,
        "BatchSize": event.get("batchSize", 10),
        "MaximumBatchingWindowInSeconds": event.get("maximumBatchingWindow"),
        "Enabled": event.get("enabled", True),
        "FunctionResponseTypes": [response] if response else None,
        "FilterCriteria": _filters(event),
        "ScalingConfig": {"MaximumConcurrency": concurrency} if concurrency else None,
    }
    built.resource(
        f"{normalized(event.key)}EventSourceMappingSQS{alphanumeric(last_name(arn))}", MAPPING, properties, event.at
    )


def _stream(built: Built, event: Event) -> None:
    arn = event.get("arn", event.value)
    kind = event.get("type") or (str(arn).split(":")[2] if isinstance(arn, str) and arn.count(":") > 2 else "dynamodb")
    failure = (event.get("destinations") or {}).get("onFailure")
    destination = failure.get("arn") if isinstance(failure, Mapping) and "arn" in failure else failure
    response = event.get("functionResponseType")
    properties = {
        "EventSourceArn": arn,
        "FunctionName": event.arn,
        "BatchSize": event.get("batchSize", 10),
        "StartingPosition": event.get("startingPosition", "TRIM_HORIZON"),
        "Enabled": event.get("enabled", True),
        "ParallelizationFactor": event.get("parallelizationFactor"),
        "MaximumBatchingWindowInSeconds": event.get("batchWindow"),
        "MaximumRetryAttempts": event.get("maximumRetryAttempts"),
        "MaximumRecordAgeInSeconds": event.get("maximumRecordAgeInSeconds"),
        "BisectBatchOnFunctionError": event.get("bisectBatchOnFunctionError"),
        "TumblingWindowInSeconds": event.get("tumblingWindowInSeconds"),
        "FunctionResponseTypes": [response] if response else None,
        "DestinationConfig": {"OnFailure": {"Destination": destination}} if destination else None,
        "FilterCriteria": _filters(event),
    }
    name = f"{normalized(event.key)}EventSourceMapping{kind[:1].upper()}{kind[1:]}{alphanumeric(last_name(arn))}"
    built.resource(name, MAPPING, properties, event.at)


def _filters(event: Event) -> dict[str, Any] | None:
    patterns = event.get("filterPatterns")
    return {"Filters": [{"Pattern": json.dumps(each)} for each in patterns]} if patterns else None


def _sns(built: Built, event: Event) -> None:
    arn = event.get("arn", event.value if isinstance(event.value, str) and event.value.startswith("arn:") else None)
    topic = event.get("topicName") or (last_name(arn) if arn is not None else event.value)
    redrive = event.get("redrivePolicy")
    properties = {
        "TopicArn": arn,
        "Protocol": "lambda",
        "Endpoint": event.arn,
        "FilterPolicy": event.get("filterPolicy"),
        "FilterPolicyScope": event.get("filterPolicyScope"),
        "RedrivePolicy": {"deadLetterTargetArn": _dead_letters(redrive)} if redrive else None,
    }
    if arn is None:
        made = f"SNSTopic{alphanumeric(str(topic))}"
        if made not in built.value["Resources"]:
            names = {"TopicName": topic, "DisplayName": event.get("displayName")}
            built.resource(made, "AWS::SNS::Topic", names, event.at)
        properties["TopicArn"] = {"Ref": made}
    built.resource(
        f"{normalized(event.key)}SnsSubscription{alphanumeric(str(topic))}",
        "AWS::SNS::Subscription",
        properties,
        event.at,
    )


def _dead_letters(redrive: Mapping[str, Any]) -> Any:
    if "deadLetterTargetRef" in redrive:
        return {"Fn::GetAtt": [redrive["deadLetterTargetRef"], "Arn"]}
    if "deadLetterTargetImport" in redrive:
        return {"Fn::ImportValue": redrive["deadLetterTargetImport"]["arn"]}
    return redrive.get("deadLetterTargetArn")


def _s3(built: Built, event: Event) -> None:
    """A notification: of a bucket that Serverless makes, or of one of the resources."""
    bucket = event.get("bucket", event.value)
    rules = [{"Name": name, "Value": value} for rule in event.get("rules") or () for name, value in rule.items()]
    configuration = {"Event": event.get("event", "s3:ObjectCreated:*"), "Function": event.arn}
    configuration |= {"Filter": {"S3Key": {"Rules": rules}}} if rules else {}
    if event.get("existing"):
        _notify_existing(built, event, bucket, configuration)
        return
    own = (event.service.provider.get("s3") or {}).get(bucket) or {}
    name = own.get("name", bucket)
    logical_id = f"S3Bucket{alphanumeric(str(bucket))}"
    resources = built.value["Resources"]
    if logical_id not in resources:
        extra = {key[:1].upper() + key[1:]: value for key, value in own.items() if key != "name"}
        built.resource(logical_id, "AWS::S3::Bucket", {"BucketName": name, **extra}, event.at)
    properties = resources[logical_id]["Properties"]
    properties.setdefault("NotificationConfiguration", {}).setdefault("LambdaConfigurations", []).append(configuration)


def _notify_existing(built: Built, event: Event, bucket: Any, configuration: Mapping[str, Any]) -> None:
    """The custom resource that sets notifications of a bucket that is there: here the bucket's own request."""
    request = {"LambdaFunctionArn": configuration["Function"], "Events": [configuration["Event"]]}
    rules = ((configuration.get("Filter") or {}).get("S3Key") or {}).get("Rules")
    request |= {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    logical_id = f"{normalized(event.key)}CustomS31"
    resources = built.value["Resources"]
    if logical_id in resources:
        resources[logical_id]["Properties"]["NotificationConfiguration"]["LambdaFunctionConfigurations"].append(request)
        return
    wanted = {"BucketName": bucket, "NotificationConfiguration": {"LambdaFunctionConfigurations": [request]}}
    built.resource(logical_id, "Custom::S3BucketNotifications", wanted, event.at)


def _http(built: Built, event: Event) -> None:
    method, path = apis.method_and_path(event.value, event.error)
    apis.add_rest_method(built, event.service, method, path, apis.lambda_integration(event.arn), event.at)


def _http_api(built: Built, event: Event) -> None:
    method, path = apis.method_and_path(event.value, event.error)
    apis.add_http_route(built, event.service, event.key, method, path, event.arn, event.at)


RULE: Final = "AWS::Events::Rule"
MAPPING: Final = "AWS::Lambda::EventSourceMapping"
EVENTS: Final[Mapping[str, Callable[[Built, Event], None]]] = {
    "schedule": _schedule,
    "cloudwatchEvent": _cloudwatch_event,
    "eventBridge": _event_bridge,
    "sqs": _sqs,
    "stream": _stream,
    "sns": _sns,
    "s3": _s3,
    "http": _http,
    "httpApi": _http_api,
}
"""Type of an event -> what adds its resources."""
NOT_READ: Final = (
    "activemq",
    "alb",
    "alexaSkill",
    "alexaSmartHome",
    "cloudFront",
    "cloudwatchLog",
    "cognitoUserPool",
    "iot",
    "iotFleetProvisioning",
    "kafka",
    "msk",
    "rabbitmq",
    "websocket",
)
"""Events of Serverless that nothing here sends."""
