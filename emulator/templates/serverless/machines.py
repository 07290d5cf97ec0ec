"""The state machines and activities of serverless-step-functions, as the resources that the plugin makes of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.problems import did_you_mean, join
from emulator.templates.serverless import apis
from emulator.templates.serverless.built import Built
from emulator.templates.serverless.events import RULE, retry_policy, schedules, target_input
from emulator.templates.serverless.names import function_id, machine_id, normalized
from emulator.templates.serverless.service import Service, is_function
from emulator.templates.values import VARIABLE

MEMBERS: Final = """
    id events name role useExactVersion configureTaskTimeouts definition dependsOn tags alarms notifications type retain
    loggingConfig tracingConfig encryptionConfig inheritGlobalTags iamRoleStatements kmsKeyArns
"""
STATUSES: Final = ("ABORTED", "FAILED", "RUNNING", "SUCCEEDED", "TIMED_OUT")
REST_API: Final = "ApiGatewayRestApiStepFunctions"
PSEUDO: Final = re.compile(r"#\{([^}]+)\}")
BODY: Final = """
#set( $body = $util.escapeJavaScript($input.json('$')).replaceAll("\\\\'", "'") )
{"input": "$body", "name": "$context.requestId", "stateMachineArn":"${StateMachineArn}"}"""
"""The plugin's template of a request of an API."""


def add_machines(service: Service, built: Built) -> None:
    """Add the state machines and activities of a service.

    Raises ``TemplateError`` for a machine without a definition, and for members that the plugin refuses.
    """
    wanted = service.value.get("stepFunctions") or {}
    machines = wanted.get("stateMachines") or {}
    if not isinstance(machines, Mapping):
        raise service.error("stateMachines property is not an object", "/stepFunctions/stateMachines")
    for key, machine in machines.items():
        at = join("/stepFunctions/stateMachines", key)
        _check(service, key, machine, at)
        _add_machine(service, built, key, machine, at)
        if not wanted.get("noOutput"):
            logical_id = machine_id(key, machine)
            built.value["Outputs"][f"{logical_id}Arn"] = {"Value": {"Ref": logical_id}}
    for number, name in enumerate(wanted.get("activities") or ()):
        logical_id = f"{normalized(str(name))}StepFunctionsActivity"
        at = join("/stepFunctions/activities", number)
        built.resource(logical_id, "AWS::StepFunctions::Activity", {"Name": name}, at)
        built.other_names[str(name)] = logical_id
        built.value["Outputs"][f"{logical_id}Arn"] = {"Value": {"Ref": logical_id}}


def _check(service: Service, key: str, machine: Any, at: str) -> None:
    if not isinstance(machine, Mapping):
        raise service.error(f"State machine [{key}] is malformed: it is an object", at)
    for member in machine:
        if member not in MEMBERS.split():
            text = f'State machine [{key}] is malformed: "{member}" is not allowed'
            raise service.error(text, join(at, member), did_you_mean(member, MEMBERS.split()))
    if not isinstance(machine.get("definition"), Mapping | str):
        raise service.error(f'State machine [{key}] is malformed: "definition" is required', at)
    for member in ("loggingConfig", "tracingConfig"):
        if not isinstance(machine.get(member), Mapping | None):
            raise service.error(f'State machine [{key}] is malformed: "{member}" is an object', join(at, member))
    destinations = (machine.get("loggingConfig") or {}).get("destinations")
    if not isinstance(destinations, list | None):
        text = f'State machine [{key}] is malformed: "destinations" is a list of the ARNs of log groups'
        raise service.error(text, join(at, "loggingConfig"))


def _add_machine(service: Service, built: Built, key: str, machine: Mapping[str, Any], at: str) -> None:
    logical_id = machine_id(key, machine)
    text = isinstance(machine["definition"], str)
    member = "DefinitionString" if text else "Definition"
    logging, tracing = machine.get("loggingConfig"), machine.get("tracingConfig")
    own = {} if machine.get("inheritGlobalTags") is False else service.provider.get("tags") or {}
    tags = [{"Key": name, "Value": str(value)} for name, value in {**own, **(machine.get("tags") or {})}.items()]
    properties = {
        "StateMachineName": machine.get("name"),
        "StateMachineType": machine.get("type"),
        member: machine["definition"] if text else _definition(service, machine["definition"]),
        "RoleArn": machine.get("role"),
        "LoggingConfiguration": None if logging is None else _logging(logging),
        "TracingConfiguration": None if tracing is None else {"Enabled": tracing.get("enabled", False)},
        "Tags": tags or None,
    }
    needs = machine.get("dependsOn") or ()
    built.resource(
        logical_id,
        "AWS::StepFunctions::StateMachine",
        properties,
        at,
        {member: join(at, "definition")},
        DependsOn=[needs] if isinstance(needs, str) else list(needs),
    )
    if "role" not in machine:
        built.resource(f"{logical_id}Role", "AWS::IAM::Role", {}, at)
    built.other_names[key] = logical_id
    for member in ("alarms", "configureTaskTimeouts", "encryptionConfig", "useExactVersion"):
        if machine.get(member):
            built.leave(f"serverless-step-functions {member}", key)
    _add_events(service, built, key, machine, at)
    _add_notifications(service, built, key, machine, at)


def _logging(wanted: Mapping[str, Any]) -> dict[str, Any]:
    destinations = [{"CloudWatchLogsLogGroup": {"LogGroupArn": arn}} for arn in wanted.get("destinations") or ()]
    found = {"Level": wanted.get("level", "OFF"), "IncludeExecutionData": wanted.get("includeExecutionData", False)}
    return {**found, "Destinations": destinations} if destinations else found


# Definitions ---------------------------------------------------------------------------------------------------------


def _definition(service: Service, definition: Any) -> Any:
    """A definition with functions that CloudFormation evaluates.

    The plugin makes one ``Fn::Sub`` of the whole text if it has any function, so variables in its texts count then.
    """
    substituted = _has_functions(definition) or any(PSEUDO.search(each) for each in _texts(definition))
    return _evaluated(service, definition, substituted=substituted)


def _evaluated(service: Service, value: Any, *, substituted: bool) -> Any:
    if is_function(value):
        return _of_local_functions(service, value)
    if isinstance(value, Mapping):
        return {name: _evaluated(service, each, substituted=substituted) for name, each in value.items()}
    if isinstance(value, list):
        return [_evaluated(service, each, substituted=substituted) for each in value]
    if isinstance(value, str) and substituted:
        text = PSEUDO.sub(r"${\1}", value)
        return {"Fn::Sub": text} if VARIABLE.search(text) else text
    return value


def _of_local_functions(service: Service, value: Any) -> Any:
    """A function of CloudFormation with logical ids in place of the keys of functions; a Ref of one is its ARN."""
    name, argument = next(iter(value.items()))
    if name == "Ref" and isinstance(argument, str):
        key = argument if argument in service.functions else _key_of(service, argument)
        if key is not None:
            own = f"function:{service.function_name(key)}"
            return {"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:{own}"}
    if name == "Fn::GetAtt":
        parts = argument.split(".", 1) if isinstance(argument, str) else list(argument)
        if parts[0] in service.functions:
            return {name: [function_id(parts[0]), *parts[1:]]}
    return value


def _key_of(service: Service, logical_id: str) -> str | None:
    return next((key for key in service.functions if function_id(key) == logical_id), None)


def _has_functions(value: Any) -> bool:
    if isinstance(value, Mapping):
        return is_function(value) or any(_has_functions(each) for each in value.values())
    return isinstance(value, list) and any(_has_functions(each) for each in value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _in_targets(service: Service, value: Any) -> Any:
    """A value with logical ids in place of the keys of functions."""
    if isinstance(value, Mapping):
        name = next(iter(value), "")
        argument = value.get(name)
        if name == "Ref" and argument in service.functions:
            return {"Ref": function_id(str(argument))}
        if is_function(value):
            return _of_local_functions(service, value) if name == "Fn::GetAtt" else value
        return {key: _in_targets(service, each) for key, each in value.items()}
    return value


# Events and notifications --------------------------------------------------------------------------------------------


def _add_events(service: Service, built: Built, key: str, machine: Mapping[str, Any], at: str) -> None:
    logical_id, counts = machine_id(key, machine), {"schedule": 0, "rule": 0}
    for number, event in enumerate(machine.get("events") or ()):
        where = join(join(at, "events"), number)
        for type_, value in event.items() if isinstance(event, Mapping) else ():
            if type_ == "schedule":
                for rate in schedules(value):
                    counts["schedule"] += 1
                    _add_schedule(built, key, logical_id, rate, value, counts["schedule"], where)
            elif type_ in ("eventBridge", "cloudwatchEvent"):
                counts["rule"] += 1
                _add_rule(service, built, key, logical_id, value, counts["rule"], where)
            elif type_ == "http":
                _add_method(service, built, logical_id, value, where)
            else:
                hint = did_you_mean(type_, ["schedule", "eventBridge", "cloudwatchEvent", "http"])
                raise service.error(f"State machine [{key}] has an event of the unknown type {type_}", where, hint)


def _add_schedule(built: Built, key: str, machine: str, rate: Any, value: Any, number: int, at: str) -> None:
    options: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    role = options.get("role") or {"Fn::GetAtt": [f"{normalized(key)}ScheduleToStepFunctionsRole", "Arn"]}
    if "role" not in options:
        built.resource(f"{normalized(key)}ScheduleToStepFunctionsRole", "AWS::IAM::Role", {}, at)
    target = {"Arn": {"Ref": machine}, "RoleArn": role, **target_input(value), **retry_policy(value)}
    shared = {
        "Name": options.get("name"),
        "Description": options.get("description"),
        "ScheduleExpression": rate,
        "State": "DISABLED" if options.get("enabled") is False else "ENABLED",
    }
    if options.get("method") == "scheduler":
        window = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpressionTimezone": options.get("timezone")}
        properties = {**shared, **window, "Target": target}
        built.resource(
            f"{normalized(key)}StepFunctionsSchedulerSchedule{number}", "AWS::Scheduler::Schedule", properties, at
        )
        return
    targets = [{"Id": f"{key}StepFunctionsSchedule", **target}]
    built.resource(
        f"{normalized(key)}StepFunctionsEventsRuleSchedule{number}", RULE, {**shared, "Targets": targets}, at
    )


def _add_rule(service: Service, built: Built, key: str, machine: str, value: Any, number: int, at: str) -> None:
    if not isinstance(value, Mapping) or "event" not in value:
        raise service.error(f'Missing "event" property for cloudwatch event in stateMachine {key}', at)
    role_id = f"{normalized(key)}EventToStepFunctionsRole"
    if "iamRole" not in value:
        built.resource(role_id, "AWS::IAM::Role", {}, at)
    target = {
        "Id": f"{key}CloudWatchEvent",
        "Arn": {"Ref": machine},
        "RoleArn": value.get("iamRole") or {"Fn::GetAtt": [role_id, "Arn"]},
        **target_input(value),
        **retry_policy(value),
    }
    if "deadLetterConfig" in value:
        target["DeadLetterConfig"] = {"Arn": value["deadLetterConfig"]}
    properties = {
        "Name": value.get("name"),
        "Description": value.get("description"),
        "EventBusName": value.get("eventBusName"),
        "EventPattern": value["event"],
        "State": "DISABLED" if value.get("enabled") is False else "ENABLED",
        "Targets": [target],
    }
    built.resource(f"{normalized(key)}EventsRuleCloudWatchEvent{number}", RULE, properties, at)


def _add_method(service: Service, built: Built, machine: str, value: Any, at: str) -> None:
    method, path = apis.method_and_path(value, lambda message: service.error(message, at))
    options: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    body = {"Fn::Sub": [BODY, {"StateMachineArn": {"Ref": machine}}]}
    templates = {"application/json": body, "application/x-www-form-urlencoded": body}
    given = (options.get("request") or {}).get("template")
    templates |= given if isinstance(given, Mapping) else {}
    action = options.get("action", "StartExecution")
    uri = ["arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"}, f":states:action/{action}"]
    responses = options.get("responses") or {200: {"selectionPattern": ""}, 400: {"selectionPattern": "400"}}
    headers = (options.get("response") or {}).get("headers") or {}
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Credentials": {"Fn::GetAtt": ["ApigatewayToStepFunctionsRole", "Arn"]},
        "Uri": {"Fn::Join": ["", uri]},
        "PassthroughBehavior": "NEVER",
        "RequestTemplates": templates,
        "IntegrationResponses": [
            {
                "StatusCode": each.get("statusCode", int(code)),
                "SelectionPattern": each.get("selectionPattern", str(code)),
                "ResponseParameters": each.get("responseParameters")
                or {f"method.response.header.{name}": text for name, text in headers.items() if int(code) == 200},
                "ResponseTemplates": each.get("responseTemplates")
                or ((options.get("response") or {}).get("template") if int(code) == 200 else None)
                or {},
            }
            for code, each in responses.items()
        ],
    }
    built.resource("ApigatewayToStepFunctionsRole", "AWS::IAM::Role", {}, at)
    apis.add_rest_method(built, service, method, path, integration, at, REST_API)


def _add_notifications(service: Service, built: Built, key: str, machine: Mapping[str, Any], at: str) -> None:
    """A rule for each status of which targets are told."""
    logical_id, name = machine_id(key, machine), machine.get("name") or key
    for status, targets in (machine.get("notifications") or {}).items():
        where = join(join(at, "notifications"), status)
        if status not in STATUSES:
            raise service.error(
                f"State machine [{key}] : there is no status {status}", where, did_you_mean(status, STATUSES)
            )
        made = [_target(service, each, f"{name}-{status}-{number}") for number, each in enumerate(targets or ())]
        detail = {"status": [status], "stateMachineArn": [{"Ref": logical_id}]}
        properties = {
            "Description": f"[{status}] status notification for state machine [{name}]",
            "EventPattern": {
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": detail,
            },
            "Name": f"{name}-{status}-notification",
            "Targets": made,
        }
        built.resource(f"{logical_id}Notifications{status.replace('_', '')}EventRule", RULE, properties, where)


def _target(service: Service, target: Mapping[str, Any], id_: str) -> dict[str, Any]:
    kinds = [name for name in target if name not in ("inputPath", "input", "inputTransformer")]
    value = _in_targets(service, target[kinds[0]])
    arn = value.get("arn") if isinstance(value, Mapping) and "arn" in value else value
    found = {"Arn": arn, "Id": id_[-64:], **target_input(target)}
    if isinstance(value, Mapping) and "messageGroupId" in value:
        found["SqsParameters"] = {"MessageGroupId": value["messageGroupId"]}
    return found
