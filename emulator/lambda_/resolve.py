"""Finds a handler by its name, with Lambda's error messages, and a hint with the nearest name for people.

Refused: importing a module twice; a process loads a module once, as a Lambda environment does.
"""

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias

from asl.problems import did_you_mean
from emulator.lambda_.outcomes import exit_reason, reaches_the_test
from emulator.lambda_.payload import EXIT_ERROR, LambdaRuntimeError
from emulator.places import is_users
from emulator.shared_change import end_stretch

Handler: TypeAlias = Callable[[Any, Any], Any]

MALFORMED_HANDLER_NAME: Final = "Runtime.MalformedHandlerName"
BUILT_IN_MODULE_CONFLICT: Final = "Runtime.BuiltInModuleConflict"
IMPORT_MODULE_ERROR: Final = "Runtime.ImportModuleError"
USER_CODE_SYNTAX_ERROR: Final = "Runtime.UserCodeSyntaxError"
HANDLER_NOT_FOUND: Final = "Runtime.HandlerNotFound"


def resolve_handler(name: str) -> Handler:
    """The function called ``name``: ``package.module.function`` as on Lambda, or ``package.module:function``.

    Raises ``LambdaRuntimeError`` with Lambda's error type and message, and a hint. For an exception raised during the
    module's import, the error type is the name of its class.
    """
    module_name, function_name = split_name(name)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise LambdaRuntimeError(
            BUILT_IN_MODULE_CONFLICT,
            f"Cannot use built-in module {module_name} as a handler module",
            hint=f'Python has a built-in module "{module_name}": rename the file',
        )
    module = load_module(module_name)
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        raise LambdaRuntimeError(
            HANDLER_NOT_FOUND,
            f"Handler '{function_name}' missing on module '{module_name}'",
            hint=_nearest_function(module, function_name),
        ) from None
    return handler


def split_name(name: str) -> tuple[str, str]:
    """Module and function of a handler's name; raises ``LambdaRuntimeError``."""
    module, separator, function = name.rpartition(":" if ":" in name else ".")
    if not separator:
        raise LambdaRuntimeError(
            MALFORMED_HANDLER_NAME,
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
            hint='write "module.function" or "package.module:function"',
        )
    return module, function


def load_module(name: str) -> ModuleType:
    """The module ``package.module``; raises ``LambdaRuntimeError`` with Lambda's text if it cannot be loaded."""
    dotted = name.replace("/", ".")
    if dotted not in sys.modules:
        end_stretch()  # what it keeps for good must not be the replacement of anything
    try:
        return importlib.import_module(dotted)
    except ImportError as error:
        message = f"Unable to import module '{name}': {error}"
        raise LambdaRuntimeError(IMPORT_MODULE_ERROR, message, hint=_nearest_module(dotted, error)) from error
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{name}': {error}"
        raise LambdaRuntimeError(USER_CODE_SYNTAX_ERROR, message, (where,)) from error
    except SystemExit as error:
        hint = f'module "{dotted}" ends the process while it is imported'
        raise LambdaRuntimeError(EXIT_ERROR, f"Error: {exit_reason(error.code)}", hint=hint) from error
    except Exception as error:
        if reaches_the_test(error):
            raise
        frames = traceback.extract_tb(error.__traceback__)
        stack = traceback.format_list(
            [(f.filename, f.lineno or 0, f.name, f.line) for f in frames if f.filename != __file__]
        )
        hint = f'module "{dotted}" fails while it is imported'
        raise LambdaRuntimeError(type(error).__name__, str(error), tuple(stack), hint) from error


def _nearest_function(module: ModuleType, name: str) -> str | None:
    functions = sorted(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
    return did_you_mean(name, functions) or (
        f'"{module.__name__}" has: {", ".join(functions)}' if functions else f'"{module.__name__}" has no functions'
    )


def _users_modules(path: Iterable[str]) -> list[str]:
    """The modules in the user's folders of ``path``: a library's name would be a guess."""
    folders = [each for each in path if is_users(f"{Path(each or '.').absolute()}/")]
    return [module.name for module in pkgutil.iter_modules(folders)]


def _nearest_module(name: str, error: ImportError) -> str | None:
    """A hint at the intended module: the handler's own, or one that it imports."""
    missing = error.name or name
    parent, _, last = missing.rpartition(".")
    if not isinstance(error, ModuleNotFoundError):
        return f'"{name}" was found, but something it imports was not'
    package = sys.modules.get(parent)
    path = getattr(package, "__path__", None) if parent else sys.path
    near = did_you_mean(last, _users_modules(path or ()))
    if name == missing or name.startswith(missing + "."):
        return " ".join(filter(None, (near, f"Python looks in sys.path; the current folder is {Path.cwd()}")))
    return near or f'"{name}" imports "{missing}", which is not installed'
