"""A handler that Lambda could not call is told when its function is registered, with what to write instead."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, create_autospec

import pytest

from emulator import Emulator, EmulatorError, NodeHandler


def good(event: Any, context: Any) -> None: ...


def none() -> None: ...


def one(event: Any) -> None: ...


def three(event: Any, context: Any, more: Any) -> None: ...


def keyword(event: Any, context: Any, *, table: str) -> None: ...


async def waits(event: Any, context: Any) -> None: ...


def yields(event: Any, context: Any) -> Iterator[int]:
    yield 1


def decorated(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    @functools.wraps(function)
    def call(event: Any, context: Any) -> Any:
        return function(event)

    return call


class WithCall:
    def __call__(self, event: Any, context: Any) -> None: ...

    def method(self, event: Any, context: Any) -> None: ...

    def short(self, event: Any) -> None: ...

    @staticmethod
    def static(event: Any, context: Any) -> None: ...


class WithAsyncCall:
    async def __call__(self, event: Any, context: Any) -> None: ...


class OfTwo:
    def __init__(self, event: Any, context: Any) -> None: ...


class Answer(dict[str, Any]):
    def __init__(self, event: Any, context: Any) -> None:
        super().__init__(event)


@pytest.mark.parametrize(
    "handler",
    [
        good,
        lambda event, context: None,
        lambda *_: None,
        lambda event, context=None, more=1: None,
        decorated(one),
        functools.partial(three, 1),
        WithCall(),
        WithCall().method,
        WithCall.static,
        Answer,
        Mock(),
        MagicMock(return_value=1),
        create_autospec(good),
        getattr,
        min,
    ],
)
def test_what_takes_an_event_and_a_context_is_registered(emulator: Emulator, handler: Any) -> None:
    emulator.lambda_function("f", handler)


TWO = "Lambda calls it with two positional arguments, (event, context): "


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (none, f"none() -> None ({__file__}:{none.__code__.co_firstlineno}): {TWO}it takes fewer"),
        (none, "fix: write def none(event, context): ..."),
        (one, f"{TWO}it takes fewer"),
        (three, f"{TWO}missing a required argument: 'more'"),
        (keyword, f"{TWO}missing a required"),
        (lambda event: None, f"{TWO}it takes fewer"),
        (functools.partial(one, 1), f"{TWO}it takes fewer"),
        (functools.partial(good, 1), f"{TWO}it takes fewer"),
        (WithCall().short, f"{TWO}it takes fewer"),
        (WithCall, "fix: give an instance of WithCall that can be called, or a function"),
        (OfTwo, "OfTwo: it is a class, whose instances are not JSON"),
        (waits, "it is `async def`, and Lambda's Python runtime does not await it"),
        (WithAsyncCall(), "it is `async def`"),
        (functools.partial(waits), "return asyncio.run(...) in it"),
        (AsyncMock(), "it is `async def`"),
        (yields, "it yields, so its result is a generator, which is not JSON"),
        (create_autospec(one), f"{TWO}it takes fewer"),
    ],
)
def test_what_lambda_could_not_call_is_refused(emulator: Emulator, handler: Any, said: str) -> None:
    with pytest.raises(EmulatorError) as raised:
        emulator.lambda_function("charge", handler)
    assert str(raised.value).startswith("function 'charge': ")
    assert said in str(raised.value)
    with pytest.raises(EmulatorError, match=r"tasks.handler: "):
        emulator.tasks.handler = handler


MODULE = """
import os
from json import dumps as to_json

raise_if_imported = 1 / 0

def charge(event, context): ...

def refund(event): ...

async def notify(event, context): ...

def keyed(event, context, *, table): ...

def many(event, context, third): ...

@os.register
def decorated(event): ...

if os.name == "nt":
    def windows(event, context): ...
else:
    posix = charge

class Handler: ...

for looped in (): pass
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of handlers that must not be imported."""
    folder = tmp_path / "shop_of_names"
    folder.mkdir()
    (folder / "__init__.py").write_text("1 / 0\n")
    (folder / "handlers.py").write_text(MODULE)
    (folder / "starred.py").write_text("from os.path import *\n")
    (folder / "lazy.py").write_text("def __getattr__(name): ...\n")
    (folder / "made.py").write_text("globals().update(charge=1)\n")
    (folder / "broken.py").write_text("def charge(event, context) ...\n")
    (folder / "empty.py").write_text("LIMIT = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "shop_of_names.handlers:charge",
        "shop_of_names.handlers.charge",
        "shop_of_names/handlers.charge",
        "shop_of_names.handlers:decorated",
        "shop_of_names.handlers:windows",
        "shop_of_names.handlers:posix",
        "shop_of_names.handlers:to_json",
        "shop_of_names.handlers:looped",
        "shop_of_names.starred:join",
        "shop_of_names.lazy:anything",
        "shop_of_names.made:charge",
        "os.path:join",
    ],
)
def test_a_name_that_is_there_is_registered_and_not_imported(emulator: Emulator, shop: Path, name: str) -> None:
    emulator.lambda_function("f", name)
    assert not any(module.startswith("shop_of_names") for module in sys.modules)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop_of_nams.handlers:charge", 'there is no module shop_of_nams. Did you mean "shop_of_names"?'),
        ("shop_of_names.handlrs:charge", 'there is no module shop_of_names.handlrs. Did you mean "handlers"?'),
        ("shop_of_names.handlers.more:charge", "shop_of_names.handlers is a module, not a package"),
        ("shop_of_names.handlers:chrge", "has no 'chrge'. Did you mean \"charge\"?"),
        ("shop_of_names.empty:charge", "has no 'charge'"),
        (
            "shop_of_names.handlers:refund",
            f"{TWO}it takes fewer\n    fix: write def refund(event, context)",
        ),
        ("shop_of_names.handlers:many", f"{TWO}missing a required argument: 'third'"),
        ("shop_of_names.handlers:keyed", f"{TWO}missing a required argument: 'table'"),
        ("shop_of_names.handlers:notify", "it is `async def`"),
        ("shop_of_names.broken:charge", "broken.py:1 is not Python: "),
        ("charge", 'write "module.function" or "package.module:function"'),
        ("sys.exit", 'Python has a built-in module "sys"'),
        ("json:nothing", "module json has no 'nothing'"),
        ("json:__name__", "it is a str, not a function of (event, context)"),
    ],
)
def test_a_name_that_is_not_there_is_refused(emulator: Emulator, shop: Path, name: str, said: str) -> None:
    with pytest.raises(EmulatorError) as raised:
        emulator.lambda_function("charge", name)
    assert str(raised.value).startswith("function 'charge': ")
    assert said in str(raised.value)


def test_a_folder_of_code_is_searched_first(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): return 1\n")
    (tmp_path / "json.py").write_text("def mine(event, context): return 1\n")
    emulator.lambda_function("f", "app.handler", code=tmp_path)
    emulator.lambda_function("f", "json.mine", code=tmp_path)
    with pytest.raises(EmulatorError, match=r"has no 'handlr'. Did you mean \"handler\"\?"):
        emulator.lambda_function("f", "app.handlr", code=tmp_path)
    with pytest.raises(EmulatorError, match=r'there is no module ap. Did you mean "app"\?'):
        emulator.lambda_function("f", "ap.handler", code=tmp_path)


def test_a_file_of_node_that_is_not_there_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "index.mjs").write_text("export const handler = () => 1;\n")
    (tmp_path / "typed.ts").write_text("export const handler = () => 1;\n")
    emulator.lambda_function("f", NodeHandler("index.handler", root=tmp_path))
    with pytest.raises(EmulatorError, match=r'indx.handler: no such file in .*\. Did you mean "index"\?'):
        emulator.lambda_function("f", NodeHandler("indx.handler", root=tmp_path))
    with pytest.raises(EmulatorError, match=r"typed.handler is TypeScript in .*\n    fix: compile it"):
        emulator.lambda_function("f", NodeHandler("typed.handler", root=tmp_path))


def test_what_an_upload_holds_is_judged_at_its_call_as_on_lambda(emulator: Emulator) -> None:
    """CreateFunction accepts any handler; the error is that of the call."""
    add = emulator.assembly.functions.add
    arn = add("f", "nowhere.handler", timeout_seconds=3, memory_mb=128, environment=None)
    run = emulator.run({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}})
    assert run.error == "Runtime.ImportModuleError"


@pytest.mark.parametrize(
    "handler",
    [MagicMock(spec=good, return_value={}), MagicMock(spec=one, return_value={}), Mock(spec=waits, return_value={})],
    ids=["of two", "of one", "async"],
)
def test_a_mock_takes_what_it_is_given(emulator: Emulator, handler: Any) -> None:
    emulator.lambda_function("charge", handler)


@pytest.mark.parametrize(
    "text",
    [
        "def wrap(f): return lambda e, c: f(e)\ndef handler(e): ...\nglobals()['handler'] = wrap(handler)\n",
        "import sys\nsys.modules[__name__].handler = lambda event, context: None\n",
        "import sys\ndef handler(e): ...\nsetattr(sys.modules[__name__], 'handler', lambda event, context: None)\n",
        "def handler(e): ...\ndef set_up():\n    global handler\n    handler = lambda e, c: None\n_ = set_up()\n",
        "def set_up():\n    global handler\n    handler = lambda e, c: None\n_ = set_up()\n",
        "match [lambda e, c: None]:\n    case [handler]: pass\n",
    ],
)
def test_a_name_that_only_running_shows_is_accepted(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "made_when_run.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    emulator.lambda_function("charge", "made_when_run:handler")
