"""Optimized integrations whose parameters and results are not those of the operation that they call.

``request`` makes the operation's parameters of the task's, ``answer`` the task's result of the operation's, both in the
names of Step Functions. Sources: developer guide, "Call Amazon EMR with Step Functions" and "Invoke and customize
Amazon Bedrock models"; results: ``ClusterId`` is shown there, the others are by analogy.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from asl.resources import Resource
from asl.values import Json, encode
from emulator.errors import NotEmulatedError

Members: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[..., Any]
"""Makes another call of the same service: ``ask("list_instance_groups", ClusterId=...)``, as boto3 answers."""


class Rewritten(NamedTuple):
    """How one action's parameters and result differ from its operation's."""

    request: Callable[[Members, Ask], Members] = lambda argument, _: argument
    answer: Callable[[Members, Members], Members] = lambda result, _: result
    """Of the operation's result and the task's parameters."""


def _renamed(old: str, new: str) -> Callable[[Members, Members], Members]:
    return lambda result, _: dict(sorted((new if name == old else name, value) for name, value in result.items()))


ECHOED: Final[Mapping[tuple[str, str], str]] = {
    ("glue", "startJobRun"): "JobName",
    ("emr-serverless", "startApplication"): "ApplicationId",
    ("emr-serverless", "stopApplication"): "ApplicationId",
    ("emr-serverless", "deleteApplication"): "ApplicationId",
}
"""Service and action -> the parameter that the result has, too: of Glue a published sample of AWS shows and reads it
(``step-func-etl``), of EMR Serverless the developer guide."""


def echoed(resource: Resource, result: Members, argument: Json) -> Members:
    """``result`` and the parameter that comes back in it."""
    name = ECHOED.get((resource.service, resource.action))
    if name is None or name in result or not isinstance(argument, dict) or name not in argument:
        return result
    return dict(sorted({**result, name: argument[name]}.items()))


def _step(argument: Members, _: Ask) -> Members:
    named = {"JobFlowId": argument["ClusterId"], "Steps": [argument["Step"]]}
    role = argument.get("ExecutionRoleArn")
    return named if role is None else {**named, "ExecutionRoleArn": role}


def _first(several: str, one: str) -> Callable[[Members, Members], Members]:
    """The only member of a list under a name of its own."""

    def answer(result: Members, _: Members) -> Members:
        rest = {name: value for name, value in result.items() if name != several}
        return dict(sorted({**rest, **({one: result[several][0]} if result.get(several) else {})}.items()))

    return answer


def _fleet(argument: Members, ask: Ask) -> Members:
    found = ask("list_instance_fleets", ClusterId=argument["ClusterId"])["InstanceFleets"]
    fleet = {"InstanceFleetId": _named(found, argument["InstanceFleetName"], "instance fleet")}
    return {"ClusterId": argument["ClusterId"], "InstanceFleet": {**argument["InstanceFleet"], **fleet}}


def _group(argument: Members, ask: Ask) -> Members:
    found = ask("list_instance_groups", ClusterId=argument["ClusterId"])["InstanceGroups"]
    group = {"InstanceGroupId": _named(found, argument["InstanceGroupName"], "instance group")}
    return {"ClusterId": argument["ClusterId"], "InstanceGroups": [{**argument["InstanceGroup"], **group}]}


def _named(found: list[dict[str, Any]], name: str, what: str) -> str:
    """The id of the one with this name. AWS's error for a name that the cluster does not have is not known."""
    for each in found:
        if each.get("Name") == name:
            return str(each["Id"])
    have = ", ".join(str(each.get("Name")) for each in found) or "none"
    raise NotEmulatedError(f'The cluster has no {what} "{name}" (it has {have}): what AWS answers is not known')


def _model(argument: Members, _: Ask) -> Members:
    """``Body`` is any JSON value, whose text the model gets. S3 in place of a body is not emulated."""
    for name in ("Input", "Output"):
        if argument.get(name) is not None:
            raise NotEmulatedError(f'bedrock:invokeModel with "{name}" in S3 is not emulated')
    body: Json = argument.get("Body")
    rest = {name: value for name, value in argument.items() if name not in ("Input", "Output", "Body")}
    return rest if body is None else {**rest, "Body": base64.b64encode(encode(body).encode()).decode()}


def _model_answer(result: Members, _: Members) -> Members:
    text = base64.b64decode(result.get("Body", "")).decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    return {**result, "Body": body}


REWRITTEN: Final[Mapping[tuple[str, str], Rewritten]] = {
    ("elasticmapreduce", "createCluster"): Rewritten(answer=_renamed("JobFlowId", "ClusterId")),
    ("elasticmapreduce", "terminateCluster"): Rewritten(lambda given, _: {"JobFlowIds": [given["ClusterId"]]}),
    ("elasticmapreduce", "addStep"): Rewritten(_step, _first("StepIds", "StepId")),
    ("elasticmapreduce", "cancelStep"): Rewritten(
        lambda given, _: {"ClusterId": given["ClusterId"], "StepIds": [given["StepId"]]},
        _first("CancelStepsInfoList", "CancelStepsInfo"),
    ),
    ("elasticmapreduce", "setClusterTerminationProtection"): Rewritten(
        lambda given, _: {
            "JobFlowIds": [given["ClusterId"]],
            "TerminationProtected": given["TerminationProtected"],
        }
    ),
    ("elasticmapreduce", "modifyInstanceFleetByName"): Rewritten(_fleet),
    ("elasticmapreduce", "modifyInstanceGroupByName"): Rewritten(_group),
    ("bedrock", "invokeModel"): Rewritten(_model, _model_answer),
}
"""Service and action of a resource -> what differs."""


def asked_for(resource: Resource, argument: Json, ask: Ask) -> Json:
    """The parameters of the operation that a task of ``resource`` calls."""
    how = REWRITTEN.get((resource.service, resource.action))
    return argument if how is None or not isinstance(argument, dict) else how.request(argument, ask)


def answered(resource: Resource, result: Members, argument: Json) -> Members:
    """The task's result, made of its operation's."""
    how = REWRITTEN.get((resource.service, resource.action))
    if how is not None and isinstance(argument, dict):
        result = how.answer(result, argument)
    return echoed(resource, result, argument)


def failed_although_answered(resource: Resource, result: Mapping[str, Any]) -> str | None:
    """The error of a response that says that what was asked for was not done (recorded: ``events``; developer guide:
    ``ecs``, where a task that waits for nothing succeeds); the response is its cause."""
    if resource.service == "events" and result.get("FailedEntryCount"):
        return "EventBridge.FailedEntry"
    if resource.service == "ecs" and resource.waits and result.get("Failures") and not result.get("Tasks"):
        return "AmazonECS.Unknown"
    return None
