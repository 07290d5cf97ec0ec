"""Lambda's API for functions that run here: ``Invoke``, and the operations that create, show, change and delete them.

Code comes as a zip file, in the request or from S3, and runs in this process (Python) on the emulator's clock.
Members without effect here (a role, tags, architectures) are kept and shown; members that should change the function
but would not are refused by name. Wire facts: service model ``lambda/2015-03-31``; responses of a function error as
recorded on AWS.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from asl.values import decode
from emulator.aws.account import role_arn
from emulator.aws.arns import region_of
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.functions import Functions, function_name
from emulator.lambda_ import Function
from emulator.lambda_.call import Runtime
from emulator.lambda_.nodejs import NodeHandler
from emulator.lambda_.nodejs.function import NodeFunction
from emulator.lambda_.task_root import TaskRoot, unpack
from emulator.lambda_.time.shown import current_handler_time
from emulator.timeline import TimeLine

STATUS: Final = {"ResourceConflictException": 409, "ResourceNotFoundException": 404}
"""HTTP status of an error; the others are 400."""

SHOWN: Final = (
    "Description",
    "Role",
    "KMSKeyArn",
    "Architectures",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
)
"""Members that are kept and shown, without any effect here."""

SETTINGS: Final = ("Runtime", "Handler", "Timeout", "MemorySize", "Environment")
"""Members that say how the function runs."""

CODE: Final = ("ZipFile", "S3Bucket", "S3Key")
CODE_FACTS: Final = ("CodeSize", "CodeSha256")
NOTHING: Final[tuple[Any, ...]] = (None, False, "", [], {}, {"ApplyOn": "None"})
"""Values allowed for a member that is not emulated: they mean the same as its absence."""

ReadObject: TypeAlias = Callable[[str, str], bytes]
"""The content of an S3 object by its bucket and key."""


class LambdaApi:
    """The API's operations on ``functions``; ``read_object`` raises botocore's ``ClientError``."""

    def __init__(self, functions: Functions, timeline: TimeLine, read_object: ReadObject) -> None:
        self._functions = functions
        self._timeline = timeline
        self._read_object = read_object
        self._shown: dict[str, dict[str, Any]] = {}
        self._folders: list[TemporaryDirectory[str]] = []

    def close(self) -> None:
        """Delete the uploaded code."""
        while self._folders:
            self._folders.pop().cleanup()

    def answer(self, request: AwsRequest) -> HttpResponse | None:
        """The response to a request; ``None`` if it is not an operation on functions."""
        path = urlsplit(request.prepared.url).path.rstrip("/")
        for method, pattern, operation in ROUTES:
            match = pattern.fullmatch(path)
            if match and request.prepared.method == method:
                try:
                    return operation(self, unquote(match[1]) if match.groups() else "", request)
                except AwsError as error:
                    content = {"Type": "User", "Message": error.message}
                    return _json(STATUS.get(error.code, 400), content, {"x-amzn-ErrorType": error.code})
        return None

    # Operations ----------------------------------------------------------------------------------------------------

    def invoke(self, reference: str, request: AwsRequest) -> HttpResponse:
        """``Invoke``: synchronous, ``Event`` and ``DryRun``."""
        function = self._found(reference, request.region)
        context = request.header("X-Amz-Client-Context")
        try:
            payload = request.body.decode() or "{}"
            decode(payload)
            client_context = base64.b64decode(context).decode() if context else None
        except ValueError as error:  # AWS's words for the reason are not recorded
            text = f"Could not parse request body into json: {error}"
            raise AwsError("InvalidRequestContentException", text) from None
        kind = request.header("X-Amz-Invocation-Type") or "RequestResponse"
        if kind == "DryRun":
            return HttpResponse(204, {}, b"")
        caller = current_handler_time()
        if kind == "Event":
            at = self._timeline.clock.now() if caller is None else caller.now()
            self._timeline.at(at, lambda: self._functions.call_later(function, payload, client_context=client_context))
            self._timeline.run_ready()
            return HttpResponse(202, {"Content-Length": "0"}, b"")
        done = self._functions.invoke(function, payload, client_context=client_context)
        if caller is not None and done.duration:
            caller.sleep(done.duration.total_seconds())
        headers = {"X-Amz-Executed-Version": "$LATEST", "Content-Type": "application/json"}
        if done.error:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if request.header("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = done.log_tail
        return HttpResponse(200, headers, done.payload.encode())

    def create(self, _: str, request: AwsRequest) -> HttpResponse:
        """``CreateFunction``."""
        asked = _members(request, (*SETTINGS, *SHOWN, "FunctionName", "Code", "PackageType", "Tags"), "CreateFunction")
        arn = self._functions.arn(_text(asked, "FunctionName"), request.region)
        if self._functions.get(arn) is not None:
            raise AwsError("ResourceConflictException", f"Function already exist: {function_name(arn)}")
        if asked.get("PackageType", "Zip") != "Zip":
            raise NotEmulatedError("CreateFunction: PackageType=Image is not emulated; upload a zip file.")
        root, facts = self._unpacked(asked.get("Code"))
        self._put(arn, root, {**asked, **facts})
        return _json(201, self._configuration(self._found(arn, request.region)))

    def get(self, reference: str, request: AwsRequest) -> HttpResponse:
        """``GetFunction``, without a location of the code."""
        function = self._found(reference, request.region)
        tags = self._shown.get(_arn(function), {}).get("Tags")
        content = {"Configuration": self._configuration(function), "Code": {}}
        return _json(200, {**content, **({"Tags": tags} if tags else {})})

    def get_configuration(self, reference: str, request: AwsRequest) -> HttpResponse:
        """``GetFunctionConfiguration``."""
        return _json(200, self._configuration(self._found(reference, request.region)))

    def update_code(self, reference: str, request: AwsRequest) -> HttpResponse:
        """``UpdateFunctionCode``: the next call loads the new code."""
        function = self._found(reference, request.region)
        root, facts = self._unpacked(_members(request, CODE, "UpdateFunctionCode"))
        self._put(_arn(function), root, {**self._members_of(function), **facts})
        return _json(200, self._configuration(self._found(reference, request.region)))

    def update_configuration(self, reference: str, request: AwsRequest) -> HttpResponse:
        """``UpdateFunctionConfiguration``: the next call is a cold start."""
        function = self._found(reference, request.region)
        asked = _members(request, (*SETTINGS, *SHOWN), "UpdateFunctionConfiguration")
        root = function.task_root and TaskRoot(function.task_root.folder)
        self._put(_arn(function), root, {**self._members_of(function), **asked})
        return _json(200, self._configuration(self._found(reference, request.region)))

    def delete(self, reference: str, request: AwsRequest) -> HttpResponse:
        """``DeleteFunction``."""
        arn = _arn(self._found(reference, request.region))
        self._functions.remove(arn)
        self._shown.pop(arn, None)
        return HttpResponse(204, {}, b"")

    def list(self, _: str, request: AwsRequest) -> HttpResponse:
        """``ListFunctions``, by name, in one page."""
        found = sorted(self._functions.all(request.region), key=lambda function: function.name)
        return _json(200, {"Functions": [self._configuration(function) for function in found]})

    # Parts ---------------------------------------------------------------------------------------------------------

    def _found(self, reference: str, region: str) -> Function:
        """The function of a request; raises ``ResourceNotFoundException``, also for one of another region."""
        if why := self._functions.unreachable(reference, region):
            raise AwsError("ResourceNotFoundException", why)
        function = self._functions.get(reference, region)
        if function is None:
            arn = self._functions.arn(reference, region)
            raise AwsError("ResourceNotFoundException", f"Function not found: {arn}")
        return function

    def _members_of(self, function: Function) -> dict[str, Any]:
        """The function as members of the API, for an update that changes some of them."""
        return {
            **self._shown.get(_arn(function), {}),
            "Handler": _again(function.handler),
            "Runtime": function.runtime,
            "Timeout": function.timeout_seconds,
            "MemorySize": function.memory_mb,
            "Environment": {"Variables": dict(function.environment or {})},
        }

    def _put(self, arn: str, root: TaskRoot | None, values: Mapping[str, Any]) -> None:
        """Register the function described by ``values``, members of the API."""
        name = function_name(arn)
        runtime = values.get("Runtime")
        if not isinstance(runtime, str) or not runtime.startswith(("python3.", "nodejs")):
            raise NotEmulatedError(f"Runtime={runtime!r} of {name} does not run here; python3.x and nodejs20.x do.")
        handler = values.get("Handler")
        try:
            self._functions.add(
                arn,
                handler if callable(handler) or isinstance(handler, NodeHandler) else _text(values, "Handler"),
                timeout_seconds=values.get("Timeout", 3),
                memory_mb=values.get("MemorySize", 128),
                environment=(values.get("Environment") or {}).get("Variables") or {},
                runtime=runtime,
                task_root=root,
            )
        except ValueError as error:
            raise _invalid(str(error)) from None
        now = self._timeline.clock.now()
        self._shown[arn] = {
            **{member: values[member] for member in (*SHOWN, *CODE_FACTS, "Tags") if member in values},
            "LastModified": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000",
        }

    def _unpacked(self, code: Any) -> tuple[TaskRoot, dict[str, Any]]:
        """The code of a request in a new folder, and its ``CODE_FACTS``."""
        if not isinstance(code, Mapping):
            raise _invalid("Code: give ZipFile, or S3Bucket and S3Key")
        for member in code:
            if member not in CODE:
                raise NotEmulatedError(f"Code.{member} is not emulated; {', '.join(CODE)} are.")
        archive = self._archive(code)
        folder = TemporaryDirectory(prefix="asl-emulator-")
        self._folders.append(folder)
        try:
            unpack(archive, Path(folder.name))
        except ValueError as error:
            raise _invalid(str(error)) from None
        digest = base64.b64encode(hashlib.sha256(archive).digest()).decode()
        return TaskRoot(Path(folder.name)), {"CodeSize": len(archive), "CodeSha256": digest}

    def _archive(self, code: Mapping[str, Any]) -> bytes:
        if "ZipFile" in code:
            try:
                return base64.b64decode(_text(code, "ZipFile"), validate=True)
            except ValueError:
                raise _invalid("ZipFile is not base64") from None
        try:
            return self._read_object(_text(code, "S3Bucket"), _text(code, "S3Key"))
        except ClientError as error:
            told = error.response["Error"]
            raise _invalid(
                f"Error occurred while GetObject. S3 Error Code: {told['Code']}. S3 Error Message: {told['Message']}"
            ) from None

    def _configuration(self, function: Function) -> dict[str, Any]:
        """The API's view of a function; it has less of a function that was registered in Python."""
        return {
            "FunctionName": function.name,
            "FunctionArn": _arn(function),
            "Runtime": function.runtime,
            "Role": role_arn(region_of(_arn(function)), function.name),
            "Handler": _shown_handler(function.handler),
            "CodeSize": 0,
            "Description": "",
            "Timeout": int(function.timeout_seconds),
            "MemorySize": function.memory_mb,
            "CodeSha256": "",
            "Version": "$LATEST",
            **({"Environment": {"Variables": dict(function.environment)}} if function.environment else {}),
            "TracingConfig": {"Mode": "PassThrough"},
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": ["x86_64"],
            "EphemeralStorage": {"Size": 512},
            **{name: value for name, value in self._shown.get(_arn(function), {}).items() if name != "Tags"},
        }


def _arn(function: Function) -> str:
    assert function.arn is not None, "functions are registered with their ARN"
    return function.arn


def _again(handler: Any) -> Any:
    """The handler to register, so that the next call is a cold start."""
    return handler.settings if isinstance(handler, NodeFunction) else handler


def _shown_handler(handler: Any) -> str:
    if isinstance(handler, Runtime):
        return handler.name
    if isinstance(handler, str):
        return handler
    name = getattr(handler, "__qualname__", None)  # a partial, a mock and an object that can be called have none
    return name if isinstance(name, str) else type(handler).__qualname__


_NAMED: Final = r"/2015-03-31/functions/([^/]+)"
ROUTES: Final[tuple[tuple[str, re.Pattern[str], Callable[[LambdaApi, str, AwsRequest], HttpResponse]], ...]] = tuple(
    (method, re.compile(pattern), operation)
    for method, pattern, operation in (
        ("POST", rf"{_NAMED}/invocations", LambdaApi.invoke),
        ("POST", r"/2015-03-31/functions", LambdaApi.create),
        ("GET", r"/2015-03-31/functions", LambdaApi.list),
        ("GET", _NAMED, LambdaApi.get),
        ("GET", rf"{_NAMED}/configuration", LambdaApi.get_configuration),
        ("PUT", rf"{_NAMED}/code", LambdaApi.update_code),
        ("PUT", rf"{_NAMED}/configuration", LambdaApi.update_configuration),
        ("DELETE", _NAMED, LambdaApi.delete),
    )
)
"""HTTP method, path, operation."""


def _members(request: AwsRequest, known: Iterable[str], operation: str) -> dict[str, Any]:
    """The request's members; raises ``NotEmulatedError`` for an unknown one with a value not in ``NOTHING``."""
    try:
        members = json.loads(request.body or b"{}")
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise AwsError("InvalidRequestContentException", "Could not parse request body into json")
    for member, value in members.items():
        if member not in known and value not in NOTHING:
            raise NotEmulatedError(f"{operation}: {member}={json.dumps(value)} is not emulated.")
    return members


def _text(values: Mapping[str, Any], member: str) -> str:
    value = values.get(member)
    if not isinstance(value, str) or not value:
        raise _invalid(f"{member} is {value!r}; it must be text")
    return value


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def _json(status: int, content: Any, headers: Mapping[str, str] = {}) -> HttpResponse:
    body = json.dumps(content).encode()
    return HttpResponse(status, {"Content-Type": "application/json", **headers}, body)
