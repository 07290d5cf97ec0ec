"""What a function's code imports and this machine lacks, found in its text, with the command that installs it.

Only what certainly fails counts: imports at the top of the handler's module and of the modules beside it that it
imports. One within ``try``, in a function, or of a name that is made at run time is left to the call.
"""

import ast
import importlib.machinery
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from emulator.lambda_.nodejs.handler import NodeHandler

# Python --------------------------------------------------------------------------------------------------------------

_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9][\w.-]*")


def missing_in_python(handler: str, folder: Path, layers: Sequence[Path]) -> str | None:
    """Why a handler's imports fail; ``None`` if nothing speaks against them."""
    places = [str(folder), *map(str, layers), *sys.path]
    module = handler.rpartition(":" if ":" in handler else ".")[0].replace("/", ".")
    missing = sorted(dict.fromkeys(_missing_modules(module, folder, places, set())))
    if not missing:
        return None
    needed = _requirements(folder)
    named = [each for each in needed if any(_is_for(each, module) for module in missing)]
    file = next(
        (each for each in (folder / "requirements.txt", folder.parent / "requirements.txt") if each.is_file()), ""
    )
    what = f"imports {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed here"
    if named and file:
        return f"it {what} ({file} names {', '.join(named)})\n    fix: pip install -r {file}"
    command = (
        f"pip install -r {file}" if needed else f"pip install {' '.join(each.replace('_', '-') for each in missing)}"
    )
    return f"it {what}\n    fix: {command}, or add the layer that has it as a folder"


def _missing_modules(module: str, folder: Path, places: list[str], seen: set[str]) -> Iterator[str]:
    file = next((each for each in _files(module, folder) if each.is_file()), None)
    if file is None or module in seen:
        return
    seen.add(module)
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for name in _imported(tree, package):
        top = name.partition(".")[0]
        if any(each.is_file() for each in _files(top, folder)) or (folder / top).is_dir():
            yield from _missing_modules(name, folder, places, seen)
        elif top not in sys.stdlib_module_names and not _is_found(top, places):
            yield top


def _files(module: str, folder: Path) -> tuple[Path, Path]:
    place = folder.joinpath(*module.split("."))
    return place.with_name(f"{place.name}.py"), place / "__init__.py"


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{each.name}" for each in names)
            case ast.ImportFrom(module=module, names=names, level=1) if package:
                yield f"{package}.{module}" if module else package
            case _:
                pass


def _is_found(top: str, places: list[str]) -> bool:
    if top in sys.modules:
        return True
    try:
        if importlib.machinery.PathFinder.find_spec(top, places) is not None:
            return True
        return any(
            find(top, None) is not None
            for each in sys.meta_path
            if (find := getattr(each, "find_spec", None)) is not None
        )
    except (ImportError, ValueError, KeyError):
        return True


def _requirements(folder: Path) -> list[str]:
    """The packages that ``requirements.txt`` names, in the function's folder or the one above it."""
    for file in (folder / "requirements.txt", folder.parent / "requirements.txt"):
        if file.is_file():
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            return [found[0] for line in lines if (found := _REQUIREMENT.match(line.strip())) is not None]
    return []


def _is_for(package: str, module: str) -> bool:
    """Whether a package may be the one that has a module: their names are alike."""
    plain, wanted = (re.sub(r"[-_.]", "", each.lower()) for each in (package, module))
    return plain == wanted or plain == f"py{wanted}" or plain.startswith(wanted) or wanted.startswith(plain)


# Node.js -------------------------------------------------------------------------------------------------------------

_NODE_IMPORT: Final = re.compile(
    r"""(?:\brequire\s*\(\s*|^\s*(?:import|export)\b[^;'"()]*?\bfrom\s*|^\s*import\s*)(['"])([^'"\n]+)\1""",
    re.MULTILINE,
)
_COMMENT: Final = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
_NAMES: Final = """
    assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
    events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
    stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib
"""
_BUILT_IN: Final = frozenset(_NAMES.split())
_LARGEST: Final = 1_000_000
"""Bytes of a file that is read; a bundle has no imports of packages to find."""


def missing_in_node(
    handler: NodeHandler, folder: Path, layers: Sequence[Path], runtime: str, installed: Path | None = None
) -> str | None:
    """Why a handler's imports fail; ``None`` if nothing speaks against them.

    ``installed`` is the folder that gets the packages of inline code, which has no folder of its own.
    """
    file = handler.file(folder)
    if file is None:
        return None
    missing = sorted(dict.fromkeys(_missing_packages(file, layers, set())))
    if not missing:
        return None
    where = next((each for each in (file.parent, *file.parent.parents) if (each / "package.json").is_file()), folder)
    what = f"it imports {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed here"
    install = f"npm install --prefix {installed or where}"
    bundled = [each for each in missing if each == "aws-sdk" or each.startswith("@aws-sdk/")]
    if bundled:
        number = runtime.removeprefix("nodejs").partition(".")[0]
        version = 3 if not number.isdigit() or int(number) >= 18 else 2
        has = f"the runtime {runtime} has version {version} of the AWS SDK for JavaScript; it is not part of Node.js"
        return f"{what} ({has})\n    fix: {install} --no-save {' '.join(missing if installed else bundled)}"
    if installed:
        install += f" --no-save {' '.join(missing)}"
    return f"{what}\n    fix: {install}"


def _missing_packages(file: Path, layers: Sequence[Path], seen: set[Path]) -> Iterator[str]:
    if file in seen or file.stat().st_size > _LARGEST:
        return
    seen.add(file)
    text = _COMMENT.sub("", file.read_text(encoding="utf-8", errors="replace"))
    for found in _NODE_IMPORT.finditer(text):
        name = found[2]
        if name.startswith("."):
            near = _near(file.parent / name)
            if near is not None:
                yield from _missing_packages(near, layers, seen)
        elif not name.startswith(("node:", "/")) and name.partition("/")[0] not in _BUILT_IN:
            parts = name.split("/")
            package = "/".join(parts[:2] if name.startswith("@") else parts[:1])
            places = [*(each / "node_modules" for each in file.resolve().parents), *layers]
            if not any((place / package).exists() for place in places):
                yield package


def _near(path: Path) -> Path | None:
    names = (path.name, *(f"{path.name}{ending}" for ending in (".js", ".mjs", ".cjs")), f"{path.name}/index.js")
    return next(
        (file for name in names if (file := path.with_name(name) if "/" not in name else path / "index.js").is_file()),
        None,
    )
