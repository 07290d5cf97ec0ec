"""Calls of the user's functions, sync or async: parameters are matched by name."""

import contextvars
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .plain import did_you_mean

Function = Callable[..., Any]


def by_name(function: Function, known: tuple[str, ...], what: str) -> Callable[[Mapping[str, Any]], Any]:
    """``function`` as a call that takes all ``known`` values by name and passes on those that it declares.

    Positional and keyword parameters alike are matched by name; ``**kwargs`` gets everything. A parameter with
    neither a known name nor a default raises ``TypeError`` now, not when the task runs.
    """
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return lambda values: resolved(function(**{name: values[name] for name in known}))
    named = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
    for parameter in named:
        if parameter.name not in known and parameter.default is parameter.empty:
            raise TypeError(f'{what}: unknown parameter "{parameter.name}".{did_you_mean(parameter.name, known)}')
    positional = [p.name for p in named if p.kind is p.POSITIONAL_ONLY and p.name in known]
    keywords = [p.name for p in named if p.kind is not p.POSITIONAL_ONLY and p.name in known]
    return lambda values: resolved(
        function(*(values[name] for name in positional), **{name: values[name] for name in keywords})
    )


def single_parameter(function: Function) -> str | None:
    """The name of the only positional parameter, if no other parameter is required."""
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    return positional[0].name if len(positional) == 1 and required == positional else None


def resolved(value: Any) -> Any:
    """``value``, awaited if it is awaitable; inside a running event loop this uses a separate thread."""
    if not inspect.isawaitable(value):
        return value
    import asyncio  # slow to import, and most tasks are not async
    from concurrent.futures import ThreadPoolExecutor

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_awaited(value))
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, asyncio.run, _awaited(value)).result()


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value
