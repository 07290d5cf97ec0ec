"""Users' Python code by name, for the command line: modules, files, functions in them.

``package.module``, ``folder/file.py``, either followed by ``:object``; ``node:folder/file.function`` in Node.js.
Messages suggest the nearest name; an exception during import is shown with the traceback lines of the user's code.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from asl.problems import did_you_mean
from emulator.cli.options import Refused
from emulator.errors import EmulatorError
from emulator.lambda_ import LambdaRuntimeError
from emulator.lambda_.fitness import why_not
from emulator.lambda_.nodejs import NodeHandler
from emulator.lambda_.nodejs.handler import ENDINGS, PREFIX
from emulator.lambda_.resolve import load_module
from emulator.places import format_lines, has_users_lines

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""Public names of a module that Lambda functions can have."""


class LoadingError(EmulatorError):
    """Code that cannot be loaded: its name, the problem, and the place."""


def load(spec: str) -> Any:
    """The module or the object named by ``spec``. Raises ``LoadingError``."""
    place, name = _parts(spec)
    module = _module(place)
    if name is None:
        return module
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            raise LoadingError(_no_member(place, module, value, part))
        value = getattr(value, part)
    return value


def _no_member(place: str, module: ModuleType, value: Any, name: str) -> str:
    """The message about a name that a module, or an object in it, does not have: its file, and the names there."""
    file = getattr(module, "__file__", None)
    where = f"{place} ({file})" if file and file != place else place
    names = [known for known in vars(value) if not known.startswith("_")]
    functions = [known for known in names if callable(getattr(value, known))] or names
    near = did_you_mean(name, names)
    there = f"It has: {', '.join(functions[:10])}" if functions else "It has no public names"
    return f"{where} has no {name!r}. {near or there}"


def make_app(app: Any, name: str) -> Any:
    """The application: ``app`` itself, or its result if it is a function or class. Raises ``Refused``."""
    if not callable(app):
        return app
    try:
        return app()
    except Exception as error:
        from traceback import format_exception_only

        lines = [*format_lines(error.__traceback__), *format_exception_only(error)]
        raise Refused(f"{name}() failed:\n{''.join(lines).rstrip()}") from None


def load_functions(specs: Iterable[str]) -> dict[str, Callable[..., Any] | NodeHandler]:
    """Lambda functions by name, from the values of ``--handlers``. Raises ``LoadingError``.

    A module gives its public functions under their own names, a mapping (name -> function) its members, a function
    itself. ``NAME=module:function`` (or ``NAME=module.function``, the form of a Lambda handler) gives one under that
    name, ``NAME=node:folder/file.function`` one in Node.js. A name that two of them give is refused, unless it is one
    function. ``charge_card`` is also registered as ``charge-card``, which is not a valid name in Python.
    """
    found: dict[str, Callable[..., Any] | NodeHandler] = {}
    given_by: dict[str, str] = {}
    for spec in specs:
        for name, function in _named(spec).items():
            if name in found and found[name] != function:
                raise LoadingError(
                    f"--handlers: the function {name!r} is in {given_by[name]} and in {spec}\n"
                    "    fix: give each of them a name of its own: NAME=MODULE:FUNCTION"
                )
            found[name], given_by[name] = function, spec
    dashed = {name.replace("_", "-"): function for name, function in found.items()}
    return {**dashed, **found}


def _named(spec: str) -> "Mapping[str, Callable[..., Any] | NodeHandler]":
    """The functions of one value of ``--handlers``."""
    name, separator, place = spec.partition("=")
    if place.startswith(PREFIX):
        return {name: _in_node(place)}
    return {name: _function(place)} if separator else _functions(spec)


def _in_node(place: str) -> NodeHandler:
    try:
        handler = NodeHandler(place)
    except ValueError as error:
        raise LoadingError(str(error)) from None
    if handler.file(Path.cwd()) is None:
        folder, wanted = handler.place
        known = [each.name for each in Path(folder).glob("*") if each.suffix in ENDINGS and each.is_file()]
        near = did_you_mean(wanted, known if "#" in place else [Path(each).stem for each in known])
        raise LoadingError(f"{place}: no such file in {Path.cwd()}.{f' {near}' if near else ''}")
    return handler


def _functions(spec: str) -> dict[str, Callable[..., Any]]:
    if spec.startswith(PREFIX):
        raise LoadingError(f"{spec} has no name: write NAME={spec}")
    value = load(spec)
    if isinstance(value, ModuleType):
        members = {name: each for name, each in vars(value).items() if _NAME.fullmatch(name) and _is_function(each)}
        if not members:
            raise LoadingError(f"{spec} has no public functions")
        return members
    if isinstance(value, Mapping):
        for name, each in value.items():
            if not isinstance(name, str) or not callable(each):
                raise LoadingError(
                    f"{spec} must map names of Lambda functions to functions; {name!r}: {each!r} does not"
                )
        return dict(value)
    if not callable(value):
        raise LoadingError(f"{spec} is a {type(value).__name__}, neither a function nor a mapping of functions")
    return {getattr(value, "__name__", type(value).__name__): value}


def _function(spec: str) -> Callable[..., Any]:
    if ":" not in spec and not spec.endswith(".py") and "." in spec:
        module, _, name = spec.rpartition(".")
        spec = f"{module}:{name}"
    value = load(spec)
    if not callable(value):
        raise LoadingError(f"{spec} is a {type(value).__name__}, not a function; write NAME=module:function")
    if (why := why_not(value)) is not None:
        raise LoadingError(f"--handlers {spec}: {why}")
    function: Callable[..., Any] = value
    return function


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type) and not isinstance(value, ModuleType)


def _parts(spec: str) -> tuple[str, str | None]:
    """Place and name of ``place:name``; a drive's colon (``C:\\x.py``) is part of the place."""
    place, separator, name = spec.rpartition(":")
    if not separator or "/" in name or "\\" in name or name.endswith(".py"):
        return spec, None
    if not place or not name:
        raise LoadingError(f"{spec!r} is neither a module nor a file: write module, module:object or folder/file.py")
    return place, name


def _module(place: str) -> ModuleType:
    if not (place.endswith(".py") or "/" in place or "\\" in place):
        _look_in(Path.cwd())
        return _import(place, place)
    path = Path(place)
    if not path.is_file():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.py")])
        raise LoadingError(f"no such file: {place}.{f' {near}' if near else ''}")
    if not path.name.endswith(".py") or not path.stem.isidentifier():
        raise LoadingError(f"{place} cannot be imported: the file name must be a Python identifier and .py")
    _look_in(Path.cwd())
    _look_in(path.resolve().parent)
    module = _import(path.stem, place)
    if Path(module.__file__ or "").resolve() != path.resolve():
        raise LoadingError(f"{place} cannot be imported: there is another module {path.stem!r}; rename the file")
    return module


def _look_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _import(name: str, shown: str) -> ModuleType:
    try:
        return load_module(name)
    except LambdaRuntimeError as error:
        said = error.message if error.error_type.startswith("Runtime.") else f"{error.error_type}: {error.message}"
        lines = [f"cannot load {shown}: {said}", *_own_lines(error)]
        raise LoadingError("\n".join([*lines, f"    {error.hint}"] if error.hint else lines)) from None


def _own_lines(error: LambdaRuntimeError) -> list[str]:
    """The user's lines of what the module raised, or the line that Python cannot read."""
    raised = error.__cause__
    entries = list(error.stack_trace) if raised is None or isinstance(raised, SyntaxError) else _raised_at(raised)
    return [f"  {line}" for entry in entries for line in entry.rstrip("\n").splitlines()]


def _raised_at(error: BaseException) -> list[str]:
    trace = error.__traceback__
    return format_lines(trace) if has_users_lines(trace) else []
