"""The code of functions and layers: a folder beside the template, a package, an asset, or a text in the template.

Code is used as it lies there. A package is unpacked into a folder of the emulator's. Nothing of it runs when it is
looked at; what is missing to run it (a build, a package that it imports) is found in its text.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean, join
from emulator.lambda_.fitness import why_not, why_not_in_node, why_not_in_text
from emulator.lambda_.nodejs.handler import NamedHandler
from emulator.lambda_.task_root import TaskRoot, unpack
from emulator.templates.properties import Properties, Resource
from emulator.templates.resources.needs import missing_in_node, missing_in_python
from emulator.templates.resources.runtimes import unknown_runtime
from emulator.templates.stack import Stack

LAYERS: Final = "ASL_EMULATOR_LAYERS"
"""Variable by which a process of Node.js finds what is at ``/opt`` on Lambda (``lambda_/nodejs/layers.cjs``)."""
NODE: Final = (".js", ".mjs", ".cjs")
NOT_HERE: Final = "its code is not in a folder beside the template"


class CannotRunError(Exception):
    """Why the code of a function cannot run here; after ``fix:`` what to do.

    ``of``: the property that says so. ``is_mistake``: that property is wrong, so that it cannot run on AWS either.
    """

    def __init__(self, why: str, of: str = "", *, is_mistake: bool = False) -> None:
        super().__init__(why)
        self.of = of
        self.is_mistake = is_mistake


class Code(NamedTuple):
    """A handler, and the folder that it is imported from."""

    handler: Any
    root: TaskRoot | None = None


def code_of(stack: Stack, resource: Resource, properties: Properties) -> Code:
    """The code of a function. Raises ``CannotRunError``."""
    runtime, handler = str(properties.get("Runtime") or ""), str(properties.get("Handler") or "")
    uri, code = properties.get("CodeUri"), properties.get("Code") or {}
    layers = list(_layers(stack, resource, properties.get("Layers") or ()))
    is_image = isinstance(code, Mapping) and "ImageUri" in code
    if properties.get("PackageType") == "Image" or is_image or properties.get("ImageUri"):
        raise CannotRunError("its code is an image")
    if runtime and (hint := unknown_runtime(stack.client("lambda").meta.service_model, runtime)) is not None:
        text = f"{resource.logical_id} has the runtime {runtime}, which Lambda does not have"
        raise stack.document.error(text, join(resource.pointer, "Runtime"), hint)
    if not runtime.startswith(("python", "nodejs")):
        raise CannotRunError(f"its runtime is {runtime or 'not named'}; Python and Node.js run here", "Runtime")
    if not handler:
        raise CannotRunError("it has no Handler\n    fix: write Handler: file.function", "Handler", is_mistake=True)
    inline = properties.get("InlineCode") or (code.get("ZipFile") if isinstance(code, Mapping) else None)
    if inline:
        return _inline(stack, resource, str(inline), handler, runtime, layers)
    folder = _folder(stack, uri if uri is not None else code)
    if folder is None:
        raise CannotRunError(NOT_HERE)
    if not folder.is_dir():
        raise _no_folder(folder, "Code" if uri is None else "CodeUri", code if uri is None else uri)
    return _in_folder(folder, handler, runtime, layers, resource)


def _no_folder(folder: Path, name: str, written: Any) -> CannotRunError:
    """The error of a folder that is not there; that of one which a build writes is no mistake of the template's."""
    why = f"there is no folder {folder} ({name}: {written})"
    if folder.suffix or any(part in BUILT for part in Path(str(written)).parts):
        return CannotRunError(f"{why}\n    fix: build it first", name)
    near = did_you_mean(folder.name, [each.name for each in folder.parent.glob("*") if each.is_dir()])
    return CannotRunError(f"{why}. {near}" if near else why, name, is_mistake=True)


BUILT: Final = frozenset({".aws-sam", ".build", "bin", "build", "dist", "lib", "out", "package", "publish", "target"})
"""Names of folders that a build writes."""


def layer_folder(stack: Stack, resource: Resource, properties: Properties) -> Path | None:
    """The folder with what a layer has at ``/opt``; ``None`` if its contents are not here.

    One that SAM builds has the contents of ``/opt/python`` or ``/opt/nodejs`` alone.
    """
    contents = properties.get("ContentUri")
    folder = _folder(stack, contents if contents is not None else properties.get("Content") or {})
    return folder if folder is not None and folder.is_dir() else None


def _folder(stack: Stack, named: Any) -> Path | None:
    """The folder of code that a property names: a path, or the key of an object in S3 that is an asset."""
    if isinstance(named, Mapping):
        key = named.get("S3Key") or named.get("Key")
        found = None if key is None else stack.document.asset(str(key))
    elif isinstance(named, str) and not named.startswith("s3://"):
        found = stack.document.path.parent / named
    else:
        found = stack.document.asset(str(named))
    if found is None or not found.is_file():
        return found
    return _unpacked(stack, found)


def _unpacked(stack: Stack, file: Path) -> Path:
    """The contents of a package; a file of another kind is in a folder alone."""
    content = file.read_bytes()
    if not content.startswith(b"PK"):
        return file.parent
    folder = stack.assembly.new_folder()
    try:
        unpack(content, folder)
    except ValueError as error:
        raise CannotRunError(f"{file}: {error}") from None
    return folder


def _layers(stack: Stack, resource: Resource, named: Any) -> Iterator[Path]:
    """The folders of a function's layers; of a file that two have, Lambda has that of the later one.

    A layer that is not here is listed. One of the template is listed where it is made, if its contents are not here.
    """
    known = stack.assembly.functions.layers
    for arn in reversed(named):
        if arn in known:
            yield known[arn]
        elif not any(made.ref == arn for made in stack.made_so_far()):
            stack.not_enforced.setdefault(resource.logical_id, []).append(f"Layers: {arn}, which is not here")


def _in_folder(
    folder: Path, handler: str, runtime: str, layers: list[Path], resource: Resource, installed: Path | None = None
) -> Code:
    """The code in a folder; the packages of inline code are looked for where they are ``installed``."""
    if runtime.startswith("python"):
        places = [place for layer in layers for place in _python_places(layer)]
        if (why := why_not(handler, folder)) is not None:
            is_source = any(folder.rglob("*.py"))  # else a build puts its files there
            is_newer = " is not Python: " in why  # the runtime's Python may read it
            why += _other_python(runtime) if is_newer else ""
            raise CannotRunError(why, "" if is_newer else "Handler", is_mistake=is_source and not is_newer)
        if (why := missing_in_python(handler, folder, places)) is not None:
            raise CannotRunError(why)
        return Code(handler, TaskRoot(folder, places))
    places = [place for layer in layers for place in _node_places(layer)]
    places += [installed.resolve() / "node_modules"] if installed is not None else []
    variables = {"NODE_PATH": ":".join(map(str, places))} if places else {}
    if layers:
        variables[LAYERS] = ":".join(str(each.resolve()) for each in layers)
    in_node = NamedHandler(handler, root=folder, environment=variables)
    if (why := why_not_in_node(in_node, folder)) is not None:
        told, has_build = _to_build(why, resource), any(part in BUILT for part in Path(handler).parts)
        is_source = any(each.suffix in NODE for each in folder.glob("*")) and not has_build and told == why
        raise CannotRunError(told, "Handler", is_mistake=is_source)
    if (why := missing_in_node(in_node, folder, places, runtime, installed)) is not None:
        raise CannotRunError(why)
    return Code(in_node)


def _other_python(runtime: str) -> str:
    """What to do about code that this Python cannot read, for a function whose runtime is a newer one."""
    wanted = re.fullmatch(r"python(\d+)\.(\d+)", runtime)
    if wanted is None or (int(wanted[1]), int(wanted[2])) <= sys.version_info[:2]:
        return ""
    version = f"{wanted[1]}.{wanted[2]}"
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f". Its runtime is {runtime}, and Python {this} runs here\n    fix: run the tests with Python {version}"


def _python_places(layer: Path) -> Iterator[Path]:
    """Where Python looks in a layer: ``python``, and the packages of a version in it."""
    inside = layer / "python"
    if not inside.is_dir():
        yield layer
        return
    yield inside
    yield from sorted(inside.glob("lib/python3*/site-packages"))


def _node_places(layer: Path) -> Iterator[Path]:
    """Where Node.js looks for packages in a layer: ``nodejs/node_modules``, and that of a version."""
    inside = layer / "nodejs" if (layer / "nodejs").is_dir() else layer
    yield from (each for each in (inside / "node_modules", *sorted(inside.glob("node*/node_modules"))) if each.is_dir())


def _to_build(why: str, resource: Resource) -> str:
    """What to do about TypeScript: SAM's own build, where the function's metadata asks for it."""
    if "is TypeScript" not in why:
        return why
    build, told = "tsc, and name the folder of what it writes", ""
    if resource.metadata.get("BuildMethod") == "esbuild":
        build = f"sam build {resource.logical_id}, and deploy .aws-sam/build/template.yaml"
        told = "; its Metadata says BuildMethod: esbuild"
    elif "Builds" in resource.metadata:
        build = f"serverless package, with the built files kept in {resource.metadata['Builds']}"
    return f"{why.partition(chr(10))[0]}{told}\n    fix: build it first: {build}"


def _inline(stack: Stack, resource: Resource, text: str, handler: str, runtime: str, layers: list[Path]) -> Code:
    if runtime.startswith("nodejs"):
        folder = stack.assembly.new_folder()
        ending = "mjs" if "\nexport " in f"\n{text}" or "\nimport " in f"\n{text}" else "js"
        (folder / f"index.{ending}").write_text(text, encoding="utf-8")
        return _in_folder(folder, handler, runtime, layers, resource, stack.document.path.parent)
    name, wanted = resource.logical_id, handler.rpartition(".")[2]
    if (why := why_not_in_text(handler, wanted, "index.py", text)) is not None:
        raise CannotRunError(why, "Handler", is_mistake=True)
    loaded: dict[str, Callable[[Any, Any], Any]] = {}

    def call(event: Any, context: Any) -> Any:
        if wanted not in loaded:
            module: dict[str, Any] = {"__name__": "index"}
            exec(compile(text, f"{name}/index.py", "exec"), module)
            loaded.update(module)
        return loaded[wanted](event, context)

    return Code(call)
