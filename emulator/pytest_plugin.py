"""The pytest plugin: the fixtures ``emulator`` and ``app``, fresh for each test, and a failing test's section.

Nothing heavy is imported until a test uses the fixture; a run without it is as fast as without the plugin.
"""

import inspect
import linecache
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import pytest

from emulator import running_test

if TYPE_CHECKING:
    from emulator import Application, Emulator

MARKER: Final = (
    'emulator(start=datetime(2030, 1, 1, tzinfo=UTC), seed=0, region="us-east-1", backend="moto", accepted_calls=[], '
    'missing_function="raise", allow_blocked=False, latencies="none", dynamodb_ttl="within days"): '
    "options of the test's emulator; start is the time on its clock at first (datetime or ISO "
    "8601 text, with a time zone), seed that of all random values, region that of ARNs and clients, backend the place "
    "of buses, queues and tables, accepted_calls the calls that promise a later event and that the test needs only as "
    "calls, missing_function what a task does whose function is not registered: raise an error, or fail as on AWS; "
    "allow_blocked allows calls that nothing emulates, whose swallowed errors fail the test otherwise. "
    'template="template.yaml" is what the fixture app deploys, with parameters={}, imports={}, leave_out=[] and the '
    "stack's name stack_name, as Emulator.deploy takes them. "
    "latencies is how long calls take on the clock: none, as on AWS, or seconds by kind of call; dynamodb_ttl when "
    "items are removed whose time to live has passed: within days, at expiry, after a timedelta, or never."
)
BACKEND: Final = (
    "the backend of every emulator for buses, queues, tables and the like: moto, localstack, or the URL of an "
    "AWS-compatible endpoint; dynamodb=moto for one service only (may be given several times)"
)

LATENCIES: Final = (
    "how long calls take on the clock of the fixture's emulators: none, or aws for lengths of the order of AWS's; a "
    "marker's latencies come first"
)

MOST_EMULATORS: Final = 3
"""Emulators of one test that the report tells of: the last ones."""
_FAILED: Final = pytest.StashKey[bool]()
_BEGUN: Final = pytest.StashKey[dict[str, str]]()
"""The variables ``AWS_*`` when the test began."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--emulator-backend``, and the same option of the configuration file."""
    group = parser.getgroup("emulator", "Step Functions emulator")
    group.addoption("--emulator-backend", action="append", metavar="[SERVICE=]WHERE", help=BACKEND)
    group.addoption("--emulator-latencies", choices=["none", "aws"], metavar="none|aws", help=LATENCIES)
    parser.addini("emulator_backend", BACKEND, type="linelist")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Where boto3 finds no region, give it one until the run ends: modules may make clients when they are imported."""
    from emulator.aws.environment import DEFAULT_REGION, REGION_VARIABLE, has_region

    if not has_region():
        _set_variable(early_config, REGION_VARIABLE, DEFAULT_REGION)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker for ``--markers`` and ``--strict-markers``; set the backend of every emulator."""
    config.addinivalue_line("markers", MARKER)
    _watch_emulators(config)
    given = config.getoption("emulator_backend") or config.getini("emulator_backend")
    if given:
        _use_backend(config, given)


def _watch_emulators(config: pytest.Config) -> None:
    """Keep the emulators that each test opens, until the run ends."""
    before, running_test.emulators = running_test.emulators, []

    def put_back() -> None:
        running_test.emulators = before

    config.add_cleanup(put_back)


def _functions_of(item: pytest.Item) -> frozenset[tuple[str, str]]:
    """The test's function, and what it wraps: Hypothesis and other decorators put another one in its place."""
    function = getattr(item, "function", None)
    made_from = getattr(getattr(function, "hypothesis", None), "inner_test", None)
    codes = [getattr(inspect.unwrap(each), "__code__", None) for each in (function, made_from) if each is not None]
    return frozenset((code.co_filename, code.co_qualname) for code in codes if code is not None)


def _use_backend(config: pytest.Config, given: list[str]) -> None:
    """Make ``given`` the backend of this process, and of the processes it starts, until the run ends.

    Each worker of pytest-xdist has an account of its own at the backend, so that their tests do not interfere.
    """
    from emulator.aws.backends import VARIABLE, parse
    from emulator.errors import EmulatorError

    try:
        backends = parse(given)
    except EmulatorError as error:
        raise pytest.UsageError(f"--emulator-backend: {error}") from None
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        backends = backends.with_access_key(f"{int(worker.removeprefix('gw')) + 1:012d}")
    _set_variable(config, VARIABLE, backends.text())


def _set_variable(config: pytest.Config, name: str, value: str) -> None:
    """Set a variable of this process, and of the processes that it starts, until the run ends."""
    before = os.environ.get(name)
    os.environ[name] = value

    def put_back() -> None:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before

    config.add_cleanup(put_back)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker with wrong arguments before the test begins."""
    item.stash[_BEGUN] = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    running_test.forget_closed()
    _options(item)


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> "Iterator[Emulator]":
    """An open ``Emulator``, a new one for each test: Step Functions, Lambda and EventBridge on virtual time.

    Relative paths of definitions begin at the folder of the test's file. ``@pytest.mark.emulator(start=..., seed=...,
    region=..., backend=..., accepted_calls=..., missing_function=..., allow_blocked=..., latencies=...)`` sets it up.
    An argument is taken from the marker nearest to the test that has it. A call that nothing emulates and whose error
    the program swallowed fails the test.
    """
    from emulator import Emulator

    options = {name: value for name, value in _options(request.node).items() if name not in _DEPLOYED}
    with Emulator(root=request.path.parent, **options) as world:
        yield world
        if request.node.stash.get(_FAILED, False):
            world.blocked.take_untold()
            world.close()  # after a failed test, missing calls are not worth reporting


@pytest.fixture
def app(request: pytest.FixtureRequest, emulator: "Emulator") -> "Application":
    """The application of the template that ``@pytest.mark.emulator(template="../template.yaml")`` names.

    The path begins at the folder of the test's file. ``parameters``, ``imports``, ``leave_out`` and ``stack_name`` of
    the marker are those of ``Emulator.deploy``; the fixture ``emulator`` is the one that it is deployed in.
    """
    options = _options(request.node)
    if "template" not in options:
        pytest.fail(f'{request.node.nodeid}: app needs @pytest.mark.emulator(template="template.yaml")', pytrace=False)
    given = {_DEPLOYED[name]: value for name, value in options.items() if name in _DEPLOYED}
    return emulator.deploy(given.pop("template"), **given)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Put variables back that a fixture from before the emulator has set to the emulator's values."""
    try:
        return (yield)
    finally:
        environment = sys.modules.get("emulator.aws.environment")
        if environment is not None:
            environment.put_back_after(item.stash.get(_BEGUN, {}))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail the test for each call that nothing emulates and whose error it was not told of."""
    before, running_test.functions = running_test.functions, _functions_of(item)
    try:
        result = yield
    finally:
        untold = [call for each in running_test.emulators or () for call in each.blocked.take_untold()]
        running_test.functions = before
    if untold:
        from emulator.blocked import refused

        pytest.fail(str(refused(untold)), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the test's own lines of a failure, and a summary of its executions."""
    emulators = running_test.emulators or []
    if emulators and call.excinfo is not None and not item.config.getoption("fulltrace"):
        _hide_our_frames(call.excinfo)
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    if emulators and report.failed and (text := _told(emulators, report.longreprtext)):
        report.sections.append(("emulator", text))
    return report


# The marker --------------------------------------------------------------------------------------------------------


def _options(item: pytest.Item) -> dict[str, Any]:
    """The options from the markers of a test; a wrong marker fails the test and is named."""
    options: dict[str, Any] = {}
    if (latencies := item.config.getoption("emulator_latencies")) is not None:
        options = {"latencies": latencies}
    given: dict[str, Any] = {}
    wrong = None
    seen: dict[tuple[object, str], object] = {}
    for node, marker in item.iter_markers_with_node("emulator"):
        try:
            given = {**_read(marker.args, marker.kwargs), **given}
            for name, value in marker.kwargs.items():
                if seen.setdefault((node, name), value) != value:
                    raise ValueError(f"{name} is given twice, {seen[node, name]!r} and {value!r}; keep one of them")
        except ValueError as error:
            wrong = str(error)
    if wrong is not None:
        pytest.fail(f"{item.nodeid}: @pytest.mark.emulator: {wrong}", pytrace=False)
    return {**options, **given}


def _read(args: tuple[object, ...], given: Mapping[str, object]) -> dict[str, Any]:
    """A marker's arguments as ``Emulator`` takes them; raises ``ValueError`` for any other."""
    if args:
        raise ValueError(f"name the argument of {args[0]!r}: it takes {_TAKEN}")
    for name in given:
        if name not in ARGUMENTS:
            from asl.problems import nearest

            near = nearest(name, ARGUMENTS)
            hint = f", did you mean {near[0]!r}?" if near else "."
            raise ValueError(f"no argument is called {name!r}{hint} It takes {_TAKEN}")
    return {name: ARGUMENTS[name](value) for name, value in given.items()}


def _start(value: object) -> datetime:
    at = value
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            at = None
    if not isinstance(at, datetime):
        raise ValueError(f'start={value!r} is not a point in time; write start="2030-01-01T00:00:00Z"')
    if at.utcoffset() is None:
        raise ValueError(f'start={value!r} has no time zone; write start="{at.isoformat()}Z" for UTC')
    return at


def _seed(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"seed={value!r} is neither a whole number nor text")
    return value


def _region(value: object) -> str:
    from emulator.aws.regions import checked_region
    from emulator.errors import EmulatorError

    try:
        return checked_region(value)
    except EmulatorError as error:
        raise ValueError(str(error)) from None


def _backend(value: object) -> Any:
    if not isinstance(value, str | Mapping):
        raise ValueError(f'backend={value!r} is neither text nor a mapping; write backend="localstack"')
    from emulator.aws.backends import parse
    from emulator.errors import EmulatorError

    try:
        return parse(value)
    except EmulatorError as error:
        raise ValueError(str(error)) from None


def _accepted_calls(value: object) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f'accepted_calls={value!r} is not a list; write accepted_calls=["cloudwatch:PutMetricAlarm"]')
    from emulator.aws.promises import read_accepted
    from emulator.errors import EmulatorError

    try:
        return read_accepted(value)
    except EmulatorError as error:
        raise ValueError(str(error)) from None


def _missing_function(value: object) -> str:
    if value not in ("raise", "fail"):
        raise ValueError(f'missing_function={value!r}: write missing_function="raise" or missing_function="fail"')
    return str(value)


def _allow_blocked(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"allow_blocked={value!r} is neither True nor False")
    return value


def _template(value: object) -> Any:
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f'template={value!r} is not the path of a file; write template="template.yaml"')
    return value


def _mapping(name: str, example: str) -> Callable[[object], Any]:
    def read(value: object) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError(f"{name}={value!r} is not a mapping; write {name}={example}")
        return value

    return read


def _leave_out(value: object) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f'leave_out={value!r} is not a list of logical ids; write leave_out=["OrdersApi"]')
    return list(value)


def _stack_name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f'stack_name={value!r} is not a name; write stack_name="shop"')
    return value


def _latencies(value: object) -> Any:
    from emulator.errors import EmulatorError
    from emulator.latencies import read_latencies

    try:
        read_latencies(value)
    except EmulatorError as error:
        raise ValueError(str(error)) from None
    return value


def _dynamodb_ttl(value: object) -> Any:
    from emulator.errors import EmulatorError
    from emulator.expiry import read_mode

    try:
        read_mode(value)
    except EmulatorError as error:
        raise ValueError(str(error)) from None
    return value


ARGUMENTS: Final[Mapping[str, Callable[[object], Any]]] = {
    "start": _start,
    "seed": _seed,
    "region": _region,
    "backend": _backend,
    "accepted_calls": _accepted_calls,
    "missing_function": _missing_function,
    "allow_blocked": _allow_blocked,
    "latencies": _latencies,
    "dynamodb_ttl": _dynamodb_ttl,
    "template": _template,
    "parameters": _mapping("parameters", '{"Stage": "test"}'),
    "imports": _mapping("imports", '{"vpc": "vpc-1"}'),
    "leave_out": _leave_out,
    "stack_name": _stack_name,
}
"""Argument of the marker -> function that reads it."""

_DEPLOYED: Final = {
    "template": "template",
    "parameters": "parameters",
    "imports": "imports",
    "leave_out": "leave_out",
    "stack_name": "name",
}
"""Arguments of the marker that are for ``Emulator.deploy``, and their names there."""
_TAKEN: Final = ", ".join(ARGUMENTS)


# The report of a failing test --------------------------------------------------------------------------------------


def _told(emulators: "Sequence[Emulator]", shown: str) -> str:
    """What happened in the emulators of a test, apart from what the text ``shown`` tells."""
    from emulator.report import lines_of

    blocks = [(each, lines_of(each.assembly, None if each.is_open else each.left, shown)) for each in emulators]
    told = [(each, lines) for each, lines in blocks if lines][-MOST_EMULATORS:]
    return "\n".join(line for each, lines in told for line in (f"the clock is at {_now(each)}", *lines))


def _now(emulator: "Emulator") -> str:
    from emulator.emulator_clock import coming_text

    line = emulator.assembly.timeline
    coming = coming_text(line, counts=lambda alarm: alarm.repeats or not alarm.passive)
    return f"{emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}" + (f", next is {coming}" if coming else "")


_OUR_ERRORS: Final = ("emulator.errors", "asl.problems")


def _hide_our_frames(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Hide the emulator's lines, not those of the test and its code; an internal error keeps all lines."""
    ours = _folders("emulator", "asl")
    module = type(excinfo.value).__module__
    if module in _OUR_ERRORS or module.startswith("botocore."):
        ours += _folders("botocore", "boto3", "s3transfer")
    elif str(excinfo.traceback[-1].path).startswith(ours) and not _is_meant(excinfo):
        return
    shown = _without(excinfo.value.__traceback__, ours)
    if shown is not None:
        excinfo.traceback = type(excinfo.traceback)(shown)


def _is_meant(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether a statement ``raise`` says what is wrong with an argument."""
    last = excinfo.traceback[-1]
    line = linecache.getline(str(last.path), last.lineno + 1)
    return isinstance(excinfo.value, TypeError | ValueError) and line.lstrip().startswith("raise ")


def _without(tb: TracebackType | None, folders: tuple[str, ...]) -> TracebackType | None:
    """``tb`` without the frames whose code is in ``folders``."""
    kept = []
    while tb is not None:
        if not tb.tb_frame.f_code.co_filename.startswith(folders):
            kept.append(tb)
        tb = tb.tb_next
    shown = None
    for entry in reversed(kept):
        shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shown


def _folders(*packages: str) -> tuple[str, ...]:
    """The folders of imported packages, as prefixes of their files' paths."""
    files = (getattr(sys.modules.get(package), "__file__", None) for package in packages)
    return tuple(str(Path(file).parent / "_")[:-1] for file in files if file)
