"""Functions: create, show, list, change and delete them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from emulator.aws.arns import Arn, is_arn
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.functions import function_name
from emulator.lambda_ import Function
from emulator.lambda_.call import LATEST
from emulator.lambda_.nodejs import NodeHandler
from emulator.lambda_.nodejs.function import NodeFunction
from emulator.lambda_.task_root import TaskRoot
from emulator.lambda_api.call import Call
from emulator.lambda_api.code import CODE, CODE_FACTS, unpacked
from emulator.lambda_api.configuration import SETTINGS, SHOWN, configuration, listed
from emulator.lambda_api.errors import conflict, invalid, no_function, respond
from emulator.lambda_api.store import Named, Store, arn_of
from emulator.lambda_api.versions import publish_version

ENVIRONMENT_LIMIT: Final = 4096
"""The most bytes of a function's variables (quotas of AWS Lambda)."""


def create(store: Store, call: Call) -> HttpResponse:
    """``CreateFunction``; with Publish the answer has the version, and an ARN without it."""
    asked = call.only((*SETTINGS, *SHOWN, "FunctionName", "Code", "PackageType", "Tags", "Publish"))
    arn = store.new_arn(call)
    if call.qualifier is not None:
        raise invalid(f"{call.name!r} has the qualifier {call.qualifier!r}; a new function is named without one")
    if store.functions.get(arn) is not None:
        raise conflict(f"Function already exist: {function_name(arn)}")
    if asked.get("PackageType", "Zip") != "Zip":
        raise NotEmulatedError("CreateFunction: PackageType=Image is not emulated; upload a zip file.")
    _check_environment(asked)
    root, facts = unpacked(store, asked.get("Code"))
    _put(store, arn, root, {**asked, **facts})
    store.record(arn).tags = dict(asked.get("Tags") or {})
    named = _latest(store, arn)
    if asked.get("Publish"):
        named = publish_version(store, arn)._replace(arn=arn)
    return respond(201, configuration(named))


def get(store: Store, call: Call) -> HttpResponse:
    """``GetFunction``, without a location of the code."""
    named = store.named(call)
    arn = arn_of(named.function)
    tags, reserved = store.record(arn).tags, store.functions.reserved.get(arn)
    content: dict[str, Any] = {"Configuration": configuration(named), "Code": {}}
    if reserved is not None:
        content["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
    return respond(200, {**content, **({"Tags": tags} if tags else {})})


def get_configuration(store: Store, call: Call) -> HttpResponse:
    """``GetFunctionConfiguration``."""
    return respond(200, configuration(store.named(call)))


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListFunctions``, by name; with FunctionVersion=ALL also the versions."""
    entries = []
    for function in sorted(store.functions.all(call.region), key=lambda function: function.name):
        arn = arn_of(function)
        record = store.record(arn)
        if call.members.get("FunctionVersion") != "ALL":
            entries.append(listed(function, arn, record.shown))
            continue
        entries.append(listed(function, f"{arn}:{LATEST}", record.shown))
        for number, version in store.published(arn).versions.items():
            entries.append(listed(version, f"{arn}:{number}", record.versions[number]))
    return respond(200, call.page(entries, "Functions"))


def update_code(store: Store, call: Call) -> HttpResponse:
    """``UpdateFunctionCode``: the next call loads the new code. With DryRun nothing changes."""
    function = store.whole(call)
    arn = arn_of(function)
    if not isinstance(function.handler, str | NodeFunction):
        raise NotEmulatedError(
            f"UpdateFunctionCode: {function.name} was registered as a Python object, which uploaded code would not "
            "replace\n"
            f"    fix: register the new one in its place: emulator.lambda_function({function.name!r}, your_function); "
            "create_function makes functions whose code can be updated"
        )
    asked = call.only((*CODE, "FunctionName", "Publish", "RevisionId", "DryRun", "Architectures"))
    store.check_revision(call, store.record(arn).revision_id)
    root, facts = unpacked(store, {name: asked[name] for name in CODE if name in asked})
    kept = {name: asked[name] for name in ("Architectures",) if name in asked}
    changed = {**_members_of(store, function), **facts, **kept}
    if asked.get("DryRun"):
        return respond(200, configuration(Named(function, arn, {**store.record(arn).shown, **facts, **kept})))
    _put(store, arn, root, changed)
    named = publish_version(store, arn) if asked.get("Publish") else _latest(store, arn)
    return respond(200, configuration(named))


def update_configuration(store: Store, call: Call) -> HttpResponse:
    """``UpdateFunctionConfiguration``: the next call is a cold start."""
    function = store.whole(call)
    arn = arn_of(function)
    asked = call.only((*SETTINGS, *SHOWN, "FunctionName", "RevisionId"))
    store.check_revision(call, store.record(arn).revision_id)
    _check_environment(asked)
    root = function.task_root and TaskRoot(function.task_root.folder, function.task_root.layers)
    _put(store, arn, root, {**_members_of(store, function), **asked})
    return respond(200, configuration(_latest(store, arn)))


def delete(store: Store, call: Call) -> HttpResponse:
    """``DeleteFunction``, or one version of it; AWS's text for a version under an alias is not recorded."""
    qualifier = call.qualifier
    arn = arn_of(store.function(call))
    if qualifier is None:
        store.forget(arn)
        return respond(204, None)
    if qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    published = store.published(arn)
    if qualifier not in published.versions:
        raise no_function(arn)
    users = [each.name for each in published.aliases.values() if qualifier in (each.version, *each.weights)]
    if users:
        raise conflict(f"Version {qualifier} is used by the aliases {', '.join(users)}.")
    del published.versions[qualifier]
    record = store.record(arn)
    del record.versions[qualifier]
    record.policies.pop(qualifier, None)
    store.async_calls.forget(arn, qualifier)
    return respond(204, None)


def _check_environment(values: Mapping[str, Any]) -> None:
    """Recorded on AWS: the variables are measured as compact JSON."""
    variables = (values.get("Environment") or {}).get("Variables") or {}
    measured = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
    if len(measured.encode()) > ENVIRONMENT_LIMIT:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {measured}"
        )


def dead_letter(values: Mapping[str, Any]) -> str | None:
    """The ARN in DeadLetterConfig, ``None`` without one; raises ``AwsError`` for one that gets no events."""
    given: str | None = (values.get("DeadLetterConfig") or {}).get("TargetArn") or None
    if given is not None and (not is_arn(given) or Arn.parse(given).service not in ("sqs", "sns")):
        raise invalid(f"The dead letter queue ARN {given} is not that of a queue or topic")
    return given


def _latest(store: Store, arn: str) -> Named:
    function = store.functions.get(arn)
    assert function is not None
    return Named(function, arn, store.record(arn).shown)


def _members_of(store: Store, function: Function) -> dict[str, Any]:
    """The function as members of the API, for an update that changes some of them."""
    handler = function.handler
    return {
        **store.record(arn_of(function)).shown,
        "Handler": handler.settings if isinstance(handler, NodeFunction) else handler,  # the next call starts cold
        "Runtime": function.runtime,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mb,
        "Environment": {"Variables": dict(function.environment or {})},
    }


def _put(store: Store, arn: str, root: TaskRoot | None, values: Mapping[str, Any]) -> None:
    """Register the function described by ``values``, members of the API."""
    name = function_name(arn)
    runtime = values.get("Runtime")
    if not isinstance(runtime, str) or not runtime.startswith(("python3.", "nodejs")):
        raise NotEmulatedError(f"Runtime={runtime!r} of {name} does not run here; python3.x and nodejs20.x do.")
    handler = values.get("Handler")
    if not (callable(handler) or isinstance(handler, NodeHandler) or (isinstance(handler, str) and handler)):
        raise invalid(f"Handler is {handler!r}; it must be text")
    if not dead_letter(values):
        values = {member: value for member, value in values.items() if member != "DeadLetterConfig"}
    try:
        store.functions.add(
            arn,
            handler,
            timeout_seconds=values.get("Timeout", 3),
            memory_mb=values.get("MemorySize", 128),
            environment=(values.get("Environment") or {}).get("Variables") or {},
            runtime=runtime,
            task_root=root,
            dead_letter=dead_letter(values),
        )
    except ValueError as error:
        raise invalid(str(error)) from None
    record = store.record(arn)
    record.revision_id = store.new_revision(arn)
    record.shown = {
        **{member: values[member] for member in (*SHOWN, *CODE_FACTS) if member in values},
        "LastModified": store.now(),
        "RevisionId": record.revision_id,
    }
