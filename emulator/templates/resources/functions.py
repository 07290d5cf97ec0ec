"""Functions: their code as it lies beside the template, in Python or Node.js.

A function whose code cannot run here (another runtime, an image, a package on S3, TypeScript that is not built) does
not hinder the rest: it is listed with the reason, and missing to a task that calls it. A handler may take its place.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from emulator.lambda_.fitness import why_not, why_not_in_node
from emulator.lambda_.nodejs.handler import NamedHandler
from emulator.lambda_.task_root import TaskRoot
from emulator.templates.stack import Made, Make, Properties, Resource, Stack

LAMBDA_TIMEOUT: Final = 3
"""Seconds of a function whose template says nothing (SAM and CloudFormation)."""
NAME_LIMIT: Final = 64


def function(stack: Stack, resource: Resource, properties: Properties) -> Made:
    """``AWS::Lambda::Function`` and ``AWS::Serverless::Function``."""
    name = properties.get("FunctionName") or stack.physical_name(resource.logical_id, NAME_LIMIT)
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    timeout, memory = float(properties.get("Timeout", LAMBDA_TIMEOUT)), int(properties.get("MemorySize", 128))
    properties.raw("Events")  # they are resources of their own
    try:
        code = _code(stack, resource, properties)
    except CannotRunError as why:
        stack.not_emulated.setdefault(f"{resource.type} ({why})", []).append(resource.logical_id)
        return Made(name, {"Arn": stack.arn("lambda", f"function:{name}")})
    arn = stack.assembly.functions.add(
        name,
        code.handler,
        timeout_seconds=timeout,
        memory_mb=memory,
        environment={key: _text(value) for key, value in variables.items()},
        task_root=code.root,
        region=None,
    )
    return Made(name, {"Arn": arn})


class CannotRunError(Exception):
    """Why the code of a function cannot run here."""


class _Code:
    """A handler, and the folder that it is imported from."""

    def __init__(self, handler: Any, root: TaskRoot | None = None) -> None:
        self.handler = handler
        self.root = root


def _code(stack: Stack, resource: Resource, properties: Properties) -> _Code:
    runtime, handler = str(properties.get("Runtime") or ""), str(properties.get("Handler") or "")
    uri = properties.get("CodeUri")
    code = properties.get("Code") or {}
    name = resource.logical_id
    if properties.get("PackageType") == "Image" or "ImageUri" in code or properties.get("ImageUri"):
        raise CannotRunError("its code is an image")
    inline = properties.get("InlineCode") or code.get("ZipFile")
    if inline:
        return _inline(name, str(inline), handler, runtime)
    if not isinstance(uri, str) or uri.startswith("s3://"):
        raise CannotRunError("its code is not in a folder beside the template")
    folder = stack.document.path.parent / uri
    if not folder.is_dir():
        raise CannotRunError(f"there is no folder {folder} (CodeUri: {uri})")
    return _in_folder(folder, handler, runtime)


def _in_folder(folder: Path, handler: str, runtime: str) -> _Code:
    if runtime.startswith("python"):
        if (why := why_not(handler, folder)) is not None:
            raise CannotRunError(why)
        return _Code(handler, TaskRoot(folder))
    if runtime.startswith("nodejs"):
        in_node = NamedHandler(handler, root=folder)
        if (why := why_not_in_node(in_node, folder)) is not None:
            raise CannotRunError(why)
        return _Code(in_node)
    raise CannotRunError(f"its runtime is {runtime or 'not named'}; Python and Node.js run here")


def _inline(name: str, text: str, handler: str, runtime: str) -> _Code:
    if not runtime.startswith("python"):
        raise CannotRunError(f"its code is inline, for {runtime}")
    wanted = handler.rpartition(".")[2]
    loaded: dict[str, Callable[[Any, Any], Any]] = {}

    def call(event: Any, context: Any) -> Any:
        if wanted not in loaded:
            module: dict[str, Any] = {"__name__": "index"}
            exec(compile(text, f"{name}/index.py", "exec"), module)
            loaded.update(module)
        return loaded[wanted](event, context)

    return _Code(call)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


MAKERS: Final[Mapping[str, Make]] = {"AWS::Lambda::Function": function, "AWS::Serverless::Function": function}
