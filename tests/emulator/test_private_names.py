"""Every private name that we touch is where we think it is, and closing puts all of it back."""

import ast
import asyncio
import concurrent.futures
import http.client
import importlib
import importlib.machinery
import inspect
import itertools
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.endpoint
import botocore.hooks
import botocore.retries.standard
import botocore.session
import pytest
from moto import mock_aws
from moto.sqs.models import Queue

from emulator import Emulator, private_names
from emulator.aws import interception
from emulator.lambda_.time import patches
from emulator.private_names import PRIVATE_NAMES, PrivateName

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "what-we-patch.md"

CLIENT: Any = boto3.session.Session().client("sqs", region_name="us-east-1")
INSTANCES: dict[str, Callable[[], Any]] = {
    "botocore.endpoint.Endpoint": lambda: botocore.endpoint.Endpoint(
        "http://x", "states", botocore.hooks.HierarchicalEmitter()
    ),
    "asyncio.base_events.BaseEventLoop": asyncio.new_event_loop,
    "botocore.client.BaseClient": lambda: CLIENT,
    "botocore.retries.standard.ExponentialBackoff": botocore.retries.standard.ExponentialBackoff,
    "botocore.session.Session": botocore.session.get_session,
    "botocore.signers.RequestSigner": lambda: CLIENT._request_signer,
    "moto.core.models.MockAWS": mock_aws,
    "moto.sqs.models.Queue": lambda: Queue("q", "us-east-1", "123456789012"),
    "concurrent.futures.thread.ThreadPoolExecutor": concurrent.futures.ThreadPoolExecutor,
    "threading.Thread": threading.Thread,
    "json.decoder.JSONDecoder": json.JSONDecoder,
    "importlib.machinery.ModuleSpec": lambda: importlib.__spec__,
    "http.client.HTTPConnection": lambda: http.client.HTTPConnection("x"),
    "multiprocessing.forkserver.ForkServer": lambda: importlib.import_module("multiprocessing.forkserver").ForkServer(),
    "aiobotocore.endpoint.AioEndpoint": lambda: importlib.import_module("aiobotocore.endpoint").AioEndpoint(
        "http://x", "states", botocore.hooks.HierarchicalEmitter(), http_session=object()
    ),
}
"""Classes whose names are attributes of their objects: how to make one."""


def find(row: PrivateName) -> Any:
    """The object of that name; raises ``AttributeError`` or ``ImportError`` when it is not there."""
    found: Any = importlib.import_module(row.module)
    instance = None
    for part in row.name.split("."):
        if not hasattr(found, part) and (make := INSTANCES.get(f"{row.module}.{getattr(found, '__name__', '')}")):
            found = instance = make()
        found = getattr(found, part)
    if isinstance(instance, asyncio.AbstractEventLoop):
        instance.close()
    return found


def shape_of(found: Any) -> str:
    """As in the table: parameters, ``builtin`` where they are not known, or the type of a value."""
    if not inspect.isroutine(found) and getattr(found, "__name__", "") != "MockRawResponse":
        return type(found).__name__
    try:
        given = inspect.signature(found).parameters.values()
    except ValueError:
        return "builtin"
    return f"({', '.join(str(each.replace(annotation=each.empty, default=each.empty)) for each in given)})"


@pytest.mark.parametrize("row", PRIVATE_NAMES, ids=lambda row: row.full_name)
def test_a_private_name_is_where_it_was_and_takes_what_it_took(row: PrivateName) -> None:
    if row.platform not in ("", sys.platform):
        pytest.skip(f"{row.full_name} is there on {row.platform} only")
    pytest.importorskip(row.module.partition(".")[0])
    found = find(row)
    if row.shape == "builtin":  # whether a C function tells its parameters depends on the version of Python
        assert inspect.isbuiltin(found), row.full_name
    else:
        assert shape_of(found) in row.shape.split(" or "), f"{row.full_name} is not what {row.where} relies on"


def test_a_name_that_moved_is_missed() -> None:
    row = PrivateName("botocore.endpoint", "Endpoint._sent", "(self, request)", "called", "", "")
    with pytest.raises(AttributeError, match="_sent"):
        find(row)
    assert shape_of(find(row._replace(name="Endpoint._send"))) != "(self, request, more)"


# The table has all of them


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == "\n".join(private_names.lines()) + "\n"


def test_each_row_names_a_file_that_uses_the_name() -> None:
    stem = re.compile(r"(fake|real)_")
    for row in PRIVATE_NAMES:
        source = (ROOT / row.where).read_text(encoding="utf-8")
        last = row.name.rpartition(".")[2]
        assert last in source or stem.sub("", last) in source, row.full_name
        assert (row.put_back != "") >= (row.use in ("replaced", "changed")), row.full_name


def test_names_are_listed_once() -> None:
    names = [row.full_name for row in PRIVATE_NAMES]
    assert len(set(names)) == len(names)


def test_the_door_patches_nothing_that_is_not_listed() -> None:
    listed = {row.full_name for row in PRIVATE_NAMES if row.use == "replaced"}
    patched = {f"{module}.{owner}.{name}" for module, rows in interception.PATCHES.items() for owner, name, _ in rows}
    assert patched <= listed


def private_names_of_others() -> Iterator[tuple[str, str]]:
    """Attributes and imports that begin with ``_`` and are defined nowhere in our own code, with their place."""
    files = [*ROOT.glob("asl/**/*.py"), *ROOT.glob("emulator/**/*.py")]
    ours: set[str] = set()
    used: list[tuple[str, str]] = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    ours.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    ours.add(name)
                case ast.Attribute(attr=name, ctx=ast.Store(), value=ast.Name(id="self")):
                    ours.add(name)
                case ast.Attribute(attr=name):
                    used.append((name, f"{file.relative_to(ROOT)}:{node.lineno}"))
                case ast.ImportFrom(names=names):
                    used += [(each.name, f"{file.relative_to(ROOT)}:{node.lineno}") for each in names]
                case _:
                    pass
    return ((n, at) for n, at in used if n.startswith("_") and not n.startswith("__") and n not in ours)


def test_every_private_name_that_the_code_uses_is_listed() -> None:
    listed = {part for row in PRIVATE_NAMES for part in row.name.split(".")}
    assert [(name, at) for name, at in private_names_of_others() if name not in listed] == []


# Closing


def state() -> dict[str, Any]:
    """Everything that an emulator may change in this process: every replaced or changed row, and public things."""
    seen: dict[str, Any] = {}
    for row in PRIVATE_NAMES:
        if row.use in ("replaced", "changed") and row.platform in ("", sys.platform) and row.module in sys.modules:
            found = find(row)
            seen[row.full_name] = found.copy() if isinstance(found, list | dict) else found
    seen["environment"] = dict(os.environ)
    seen["finders"] = [*sys.meta_path]
    seen["path"] = [*sys.path]
    seen["zone"] = time.tzname
    seen["now"] = datetime
    seen["names here"] = {name: value for name, value in globals().items() if name in patches.NAMES}
    return seen


def use(emulator: Emulator) -> None:
    """Do what makes an emulator patch all that it can."""

    def handler(event: Any, context: Any) -> str:
        time.sleep(60)  # noqa: TID251 - what handlers do
        asyncio.run(asyncio.sleep(60))
        boto3.client("dynamodb").list_tables()
        return datetime.now(UTC).isoformat()  # noqa: TID251

    emulator.faults.delay("dynamodb:ListTables", seconds=1)
    arn = emulator.lambda_function("f", handler)
    flow = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}
    assert emulator.run(flow).status == "SUCCEEDED"


@pytest.fixture(params=patches.ORDER)
def _shown_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(request.param)
    monkeypatch.setattr(patches, "choose", lambda: request.param)


@pytest.mark.usefixtures("_shown_by")
@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_closing_puts_everything_back_in_whatever_order(
    order: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session := boto3.session.Session(region_name="eu-west-3"))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with Emulator() as first:  # what is imported and kept for all emulators is there now
        use(first)
    before = state()
    emulators = [Emulator(region=region) for region in ("us-east-1", "eu-central-1", "eu-west-1")]
    for emulator in emulators:
        emulator.__enter__()
        use(emulator)
    assert state() != before
    for number in order:
        assert "AWS_PROFILE" not in os.environ
        emulators[number].close()
        is_open = [each for each in emulators if each.is_open]
        if is_open:
            assert os.environ["AWS_REGION"] == is_open[-1].region
    assert state() == before
    assert boto3.DEFAULT_SESSION is session


def test_moto_has_an_upper_bound_of_its_next_minor_version() -> None:
    import moto

    major, minor = moto.__version__.split(".")[:2]
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in ("dynamodb,events,glue,s3", "stepfunctions"):
        assert f'"moto[{extra}]>=5.2,<{major}.{int(minor) + 1}"' in settings
