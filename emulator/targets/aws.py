"""Service integrations of a Task, answered by a boto3 client: every ``aws-sdk`` action, and the optimized integrations
that call one operation of a service.

``supports`` says beforehand whether this module can answer a resource. ``call`` makes one call; the service's response
is an ``Answer``, even if it is an error. A resource that waits for a task token, or for a job to end, makes the same
call, and the driver or ``emulator.targets.jobs`` waits. Not included: Lambda, executions, activities.
"""

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from asl.resources import Resource
from asl.values import Json, encode
from emulator.answers import Answer
from emulator.aws import names
from emulator.aws.names import verbatim_naming
from emulator.errors import EmulatorError, NotEmulatedError
from emulator.integrations.check import KNOWN
from emulator.integrations.dialect import Dialect
from emulator.integrations.optimized import called_operation
from emulator.integrations.parameters import read_parameters
from emulator.targets import gaps, shapes
from emulator.targets.failures import failed, no_connection, refused, service_error, violated
from emulator.targets.integrations import SDK, Integration, makes_one_call, optimized, sdk
from emulator.targets.metadata import with_metadata
from emulator.targets.rewritten import answered, asked_for, failed_although_answered

if TYPE_CHECKING:
    from botocore.model import OperationModel

Client: TypeAlias = Callable[[str], Any]
"""boto3's name for a service -> a client."""

_LISTED: Final = "`python -m emulator.supported` lists what is emulated."
_NOT_IMPLEMENTED: Final = 501


@lru_cache(maxsize=1024)
def supports(resource: Resource) -> str | None:
    """``None`` if ``call`` can answer ``resource``; otherwise a sentence that names the gap and the way out."""
    if resource.kind != "service":
        return f'"{resource.text}" is not a service integration: a Lambda handler or an activity worker answers it.'
    if not resource.service.startswith(SDK):
        if makes_one_call(resource.service, resource.action):
            return None
        return f'"{resource.text}" is not emulated. {_LISTED}'
    if (unknown := KNOWN.unknown(resource)) is not None:
        return _sentence(f'"{resource.text}": {unknown.message}.', unknown.hint)
    return None


def _sentence(what: str, hint: str | None) -> str:
    return f"{what} {hint or _LISTED}"


def call(
    resource: Resource,
    argument: Json,
    *,
    client: Client,
    execution_arn: str,
    state_machine_arn: str,
    request_id: str,
    at: datetime | None = None,
) -> Answer:
    """The answer of the service that ``resource`` names to ``argument``.

    The machine has checked ``argument``: Step Functions does not refuse it.
    ``request_id`` appears in causes, in metadata and in idempotency tokens, which the SDK fills in. ``at`` (aware) is
    the ``Date`` of the metadata, omitted without it. Raises ``NotEmulatedError`` for a resource that ``supports``
    rejects or the backend lacks, and ``EmulatorError`` if the backend fails.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    if (reason := supports(resource)) is not None:
        raise NotEmulatedError(reason)
    api, integration = _connect(resource, client)
    operation = api.meta.service_model.operation_model(integration.operation)
    try:
        asked = _read_call(resource, argument, api, integration, request_id)
        if isinstance(asked, Answer):
            return asked
        arguments, model = asked.arguments, api.meta.service_model
        if answer := gaps.answer_before(integration, operation.name, arguments, model, request_id):
            return answer
        _send_as_java(arguments, operation, integration.service)
        if resource.service == "events":
            _add_resources(arguments["Entries"], state_machine_arn, execution_arn)
        response = _ask(api, operation, arguments, integration.service, at)
        result = shapes.write_response(response, operation.output_shape, integration.result)
        result = answered(resource, result, argument)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _NOT_IMPLEMENTED:
            raise NotEmulatedError(_not_implemented(resource, error)) from None
        return failed(service_error(error.response, operation), integration, request_id)
    except (NotImplementedError, ModuleNotFoundError) as error:
        raise NotEmulatedError(_not_implemented(resource, error)) from None
    except ParamValidationError as error:
        return refused(argument, str(error.kwargs["report"]).splitlines())
    except BotoCoreError as error:
        return no_connection(str(error), integration)
    except EmulatorError:
        raise
    except Exception as error:
        raise EmulatorError(f'The backend failed at "{resource.text}": {error!r}. {_LISTED}') from error

    if integration.sdk_v1:
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        result = with_metadata(result, integration.service, status=status, request_id=request_id, at=at)
    if (error_name := failed_although_answered(resource, result)) is not None:
        return Answer(error=error_name, cause=encode(result))
    return Answer(output=encode(result))


def ask(resource: Resource, operation: str, argument: dict[str, Json], *, client: Client) -> dict[str, Json]:
    """The answer of another operation of the service of ``resource``, in the names of Step Functions.

    Raises what boto3 raises, ``NotEmulatedError`` for an operation that the backend lacks.
    """
    from botocore import xform_name

    api, integration = _connect(resource, client)
    model = api.meta.service_model.operation_model(operation)
    arguments = read_parameters(argument, model.input_shape, Dialect(verbatim_naming, blobs_in_base64=True)).arguments
    try:
        response = getattr(api, xform_name(operation))(**arguments)
    except (NotImplementedError, ModuleNotFoundError) as error:
        raise NotEmulatedError(_not_implemented(resource, error)) from None
    return shapes.write_response(response, model.output_shape, integration.result)


def boto3_name(resource: Resource) -> str:
    """boto3's name of the service that an optimized integration calls."""
    return called_operation(resource.service, resource.action).partition(":")[0]


class Asked(NamedTuple):
    """A call that can be made: the service's client, how it is called, and boto3's arguments."""

    api: Any
    integration: Integration
    operation: "OperationModel"
    arguments: dict[str, Any]

    def output(self, response: Mapping[str, Any]) -> str:
        """The task's result for boto3's ``response``, as JSON text."""
        return encode(shapes.write_response(response, self.operation.output_shape, self.integration.result))


def read_call(resource: Resource, argument: Json, *, client: Client, request_id: str) -> Asked | Answer:
    """The call that ``argument`` asks for, or the failure that says why it cannot be made.

    Raises ``NotEmulatedError`` for a resource that ``supports`` rejects.
    """
    if (reason := supports(resource)) is not None:
        raise NotEmulatedError(reason)
    return _read_call(resource, argument, *_connect(resource, client), request_id)


def _read_call(
    resource: Resource, argument: Json, api: Any, integration: Integration, request_id: str
) -> Asked | Answer:
    model = api.meta.service_model
    operation = model.operation_model(integration.operation)
    argument = asked_for(resource, argument, lambda name, **members: getattr(api, name)(**members))
    request = read_parameters(argument, operation.input_shape, integration.dialect)
    if request.violations:
        return failed(violated(request, integration, model), integration, request_id)
    tokens = frozenset(operation.idempotent_members)
    return Asked(api, integration, operation, dict.fromkeys(sorted(tokens), request_id) | request.arguments)


def _connect(resource: Resource, client: Client) -> tuple[Any, Integration]:
    """The client for the service that ``resource`` names, and how Step Functions talks to it."""
    if (row := optimized(resource.service, resource.action)) is not None:
        return client(row.service), row
    service = resource.service.removeprefix(SDK)
    boto3_name = names.services()[service]
    api = client(boto3_name)
    service_id = api.meta.service_model.service_id
    return api, sdk(service, resource.action, boto3_name=boto3_name, service_id=service_id)


def _ask(
    api: Any, operation: "OperationModel", arguments: dict[str, Any], service: str, at: datetime | None
) -> Mapping[str, Any]:
    """boto3's response, raising what boto3 raises."""
    from botocore import xform_name

    method = getattr(api, xform_name(operation.name))
    if (service, operation.name) == ("events", "PutEvents"):
        return gaps.put_events(arguments, lambda accepted: method(**accepted))
    response: Mapping[str, Any] = method(**arguments)
    return gaps.completed(response, service, operation.name, arguments, at)


def _not_implemented(resource: Resource, error: Exception) -> str:
    """A call that the backend lacks; a missing module means an extra of moto (``moto[apigateway]``)."""
    return f'The backend does not have "{resource.text}": {error}. {_LISTED}'


def _add_resources(entries: list[dict[str, Any]], *arns: str) -> None:
    """Step Functions adds the machine and the execution to every entry (recorded: ``test_put_events_base``)."""
    for entry in entries:
        entry["Resources"] = [*entry.get("Resources", []), *arns]


_BOTO3_ENCODES: Final = frozenset({("ec2", "RunInstances"), ("autoscaling", "CreateLaunchConfiguration")})
"""Operations whose ``UserData`` boto3 encodes in Base64; Java leaves that to the caller."""


def _send_as_java(arguments: dict[str, Any], operation: "OperationModel", service: str) -> None:
    """Undo the differences between boto3's request and that of the SDK for Java.

    Java sends the content type of a text body (recorded: ``test_s3_put_object``).
    """
    if (service, operation.name) in _BOTO3_ENCODES and (data := arguments.get("UserData")):
        with suppress(ValueError):
            arguments["UserData"] = base64.b64decode(data, validate=True)
    known = operation.input_shape.members if operation.input_shape is not None else {}
    if "ContentType" in known and any(known[member].serialization.get("streaming") for member in arguments):
        arguments.setdefault("ContentType", "text/plain; charset=UTF-8")
