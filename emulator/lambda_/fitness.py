"""Whether a handler can be called as Lambda calls it, found when its function is registered, without running its code.

A callable is asked for its signature. A name, ``package.module:function``, is looked up as Python's import does,
without importing anything, and the module's text is read: which names it defines, and with which parameters. What only
running the module would show is accepted: names from ``import *``, a module's ``__getattr__``, decorators, extension
modules.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean
from emulator.lambda_.nodejs.handler import ENDINGS, NodeHandler
from emulator.lambda_.payload import LambdaRuntimeError
from emulator.lambda_.resolve import split_name
from emulator.places import is_users

_LARGEST_FILE: Final = 1_000_000
"""Bytes of a module that is read; a larger one is not checked."""
_TWO: Final = "Lambda calls it with two positional arguments, (event, context)"
_FEWER: Final = "it takes fewer"
_ASYNC: Final = "it is `async def`, and Lambda's Python runtime does not await it"
_WRITE: Final = "write def {name}(event, context): ..."
_AWAIT: Final = "write a plain function, and return asyncio.run(...) in it"


def why_not(handler: Any, folder: Path | None = None) -> str | None:
    """Why the handler cannot be called, and what to write instead; ``None`` if nothing speaks against it.

    ``folder``: where the names of its modules are searched first, as Lambda does in ``/var/task``.
    """
    return _why_not_named(handler, folder) if isinstance(handler, str) else _why_not_callable(handler)


def why_not_in_node(handler: NodeHandler, root: Path) -> str | None:
    """Why there is no file for a handler in Node.js; ``None`` if there is one, or no folder to look in."""
    here = root / (handler.root or "")
    if not here.is_dir() or handler.file(here) is not None:
        return None
    folder, wanted = handler.place
    there = [each for each in (here / folder).glob("*") if each.suffix in (*ENDINGS, ".ts") and each.is_file()]
    if any(each.name in (wanted, f"{wanted}.ts") and each.suffix == ".ts" for each in there):
        return f"{handler.handler} is TypeScript in {here}\n    fix: compile it, and name the compiled file"
    near = did_you_mean(wanted, [each.name if "#" in handler.handler else each.stem for each in there])
    return f"{handler.handler}: no such file in {here}.{f' {near}' if near else ''}"


# Callables -----------------------------------------------------------------------------------------------------------


def _why_not_callable(handler: Any) -> str | None:
    if not callable(handler):
        return None  # told by ``Function``
    inner = handler
    while isinstance(inner, partial):
        inner = inner.func
    if _is_mock(inner):
        return None
    called = inner if inspect.isroutine(inner) else type(inner).__call__
    name = getattr(inner, "__name__", type(inner).__name__)
    where = _place(inner)
    if inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(called):
        return f"{name}{where}: {_ASYNC}\n    fix: {_AWAIT}"
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        return f"{name}{where}: it yields, so its result is a generator, which is not JSON\n    fix: return the result"
    try:
        signature = inspect.signature(handler, follow_wrapped=False)
    except (TypeError, ValueError):
        return None  # a builtin without a signature
    try:
        signature.bind(None, None)
    except TypeError as error:
        fix = _WRITE.format(name="handler" if name == "<lambda>" else name)
        if isinstance(inner, type):
            fix = f"give an instance of {name} that can be called, or a function"
        why = str(error).replace("too many positional arguments", _FEWER)
        return f"{name}{signature}{where}: {_TWO}: {why}\n    fix: {fix}"
    if isinstance(inner, type) and not issubclass(inner, dict | list | str | int | float | tuple):
        return f"{name}{where}: it is a class, whose instances are not JSON\n    fix: give a function, or an instance"
    return None


def _is_mock(handler: Any) -> bool:
    """Whether it is a ``Mock``, which takes any arguments, whatever it says of itself; not an ``AsyncMock``."""
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(handler, mock.NonCallableMock) and not isinstance(handler, mock.AsyncMock)


def _place(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return "" if code is None else f" ({code.co_filename}:{code.co_firstlineno})"


# Names ---------------------------------------------------------------------------------------------------------------


def _why_not_named(name: str, folder: Path | None) -> str | None:
    try:
        module_name, function = split_name(name)
    except LambdaRuntimeError as error:
        return f"{error.message}\n    fix: {error.hint}"
    dotted = module_name.replace("/", ".")
    if dotted.partition(".")[0] in sys.builtin_module_names:
        return f'{name}: Python has a built-in module "{dotted}"\n    fix: rename the file'
    loaded = sys.modules.get(dotted) if folder is None else None
    if loaded is not None and not hasattr(loaded, "__getattr__"):
        return _why_not_member(loaded, name, function)
    found = _find(dotted, folder)
    if isinstance(found, str):
        return f"{name}: {found}"
    text = _text_of(found)
    return None if text is None else why_not_in_text(name, function, *text)


def _why_not_member(module: ModuleType, name: str, function: str) -> str | None:
    if hasattr(module, function):
        member = getattr(module, function)
        return _why_not_callable(member) if callable(member) else _not_callable(name, type(member).__name__)
    return _missing(name, function, module.__name__, [key for key, value in vars(module).items() if callable(value)])


def _missing(name: str, function: str, module: str, names: Sequence[str]) -> str:
    public = sorted(each for each in names if not each.startswith("_"))
    hint = did_you_mean(function, public) or (f"It has: {', '.join(public[:10])}" if public else "It has no functions")
    return f"{name}: module {module} has no {function!r}. {hint}"


def _not_callable(name: str, kind: str) -> str:
    return f"{name}: it is a {kind}, not a function of (event, context)"


def _find(dotted: str, folder: Path | None) -> "ModuleSpec | str":
    """The module's spec, or why it is not found; parents are looked up, and not imported."""
    path: list[str] | None = None
    spec: ModuleSpec | None = None
    parts = dotted.split(".")
    for number, part in enumerate(parts, 1):
        full = ".".join(parts[:number])
        places = path if path is not None else [*([] if folder is None else [str(folder)]), *sys.path]
        spec = _spec(full, path, folder)
        if spec is None:
            names = _names_in(places)
            near = did_you_mean(part, names) or f"Python looks in {', '.join(places[:3]) or 'no folder'}"
            return f"there is no module {full}. {near}"
        path = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
        if path is None and number < len(parts):
            return f"{full} is a module, not a package, and has no module {parts[number]!r}"
    assert spec is not None
    return spec


def _spec(full: str, path: list[str] | None, folder: Path | None) -> ModuleSpec | None:
    if path is None and folder is not None and (spec := PathFinder.find_spec(full, [str(folder)])) is not None:
        return spec
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        try:
            spec = None if find is None else find(full, path)
        except KeyError:  # a namespace package, for which importlib needs the package above it, which is not imported
            spec = ModuleSpec(full, None, is_package=True)
            spec.submodule_search_locations = [str(Path(each) / full.rpartition(".")[2]) for each in path or ()]
        if spec is not None:
            return spec
    return None


def _names_in(places: Sequence[str]) -> list[str]:
    names: list[str] = []
    for place in places:
        folder = Path(place or ".")
        if folder.is_dir() and is_users(f"{folder.absolute()}/"):
            names += [each.stem for each in folder.iterdir() if each.suffix == ".py" or (each / "__init__.py").exists()]
    return names


def _text_of(spec: ModuleSpec) -> tuple[str, str] | None:
    """The file and the text of a module, where both are there and not too large."""
    if not spec.has_location or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    file = Path(spec.origin)
    try:
        if file.stat().st_size > _LARGEST_FILE:
            return None
        return spec.origin, file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


class _Defined(NamedTuple):
    """The names that a module's text defines: with its definition where that is a plain function, else ``None``."""

    names: dict[str, ast.FunctionDef | ast.AsyncFunctionDef | None]
    is_whole: bool
    """Whether there can be no others."""


def why_not_in_text(name: str, function: str, file: str, text: str) -> str | None:
    """Why the ``function`` of a handler called ``name`` cannot be called, by the text of its module in ``file``."""
    try:
        defined = _defined(text)
    except SyntaxError as error:
        return f"{name}: {file}:{error.lineno} is not Python: {error.msg}"
    except (ValueError, RecursionError):
        return None
    if function not in defined.names:
        return _missing(name, function, file, list(defined.names)) if defined.is_whole else None
    found = defined.names[function]
    if found is None or found.decorator_list:
        return None
    where = f"{name} ({file}:{found.lineno})"
    if isinstance(found, ast.AsyncFunctionDef):
        return f"{where}: {_ASYNC}\n    fix: {_AWAIT}"
    if (why := _why_not_parameters(found.args)) is not None:
        return f"{where}: {_TWO}: {why}\n    fix: {_WRITE.format(name=function)}"
    return None


def _why_not_parameters(arguments: ast.arguments) -> str | None:
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    if len(required) > 2:
        return f"missing a required argument: {required[2].arg!r}"
    if len(positional) < 2 and arguments.vararg is None:
        return _FEWER
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    missing = next((each.arg for each, default in keywords if default is None), None)
    return None if missing is None else f"missing a required argument: {missing!r}"


@lru_cache(maxsize=64)
def _defined(text: str) -> _Defined:
    names: dict[str, ast.FunctionDef | ast.AsyncFunctionDef | None] = {}
    tree = ast.parse(text)
    is_whole = True
    for node in _statements(tree.body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                is_whole = is_whole and name != "__getattr__"
                names[name] = None if name in names else node
            case ast.ClassDef(name=name):
                names[name] = None
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                is_whole = is_whole and all(each.name != "*" for each in imported)
                names.update(dict.fromkeys((each.asname or each.name.partition(".")[0]) for each in imported))
            case ast.Expr(value=ast.Call()) | ast.Delete():
                is_whole = False  # such as ``globals().update(...)``
            case _:
                names.update(dict.fromkeys(_assigned(node)))
                is_whole = is_whole and not _makes_names(node)
    names.update({name: None for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names})
    if _makes_names(tree):
        return _Defined(dict.fromkeys(names), is_whole=False)
    return _Defined(names, is_whole)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those in its ``if``, ``try``, ``with`` and loops included."""
    for node in body:
        yield node
        for inner in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _statements(getattr(node, inner, []))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(part.body)


def _assigned(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name, ctx=ast.Store()) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case _:
                pass


def _makes_names(node: ast.AST) -> bool:
    """Whether it may define names of the module that its text does not show, or define them again."""
    for part in ast.walk(node):
        match part:
            case ast.Call(func=ast.Name(id="globals" | "exec" | "vars" | "setattr")):
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
                return True
            case _:
                pass
    return False
