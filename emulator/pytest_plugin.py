"""The pytest plugin: the fixtures ``emulator`` and ``app``, fresh for each test, and a failing test's section.

Nothing heavy is imported until a test uses the fixture; a run without it is as fast as without the plugin.
"""

import inspect
import linecache
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import pytest

from emulator import places, running_test
from emulator.marker import DEPLOYED, MARKER, no_template, options_of

if TYPE_CHECKING:
    from emulator import Application, Emulator

BACKEND: Final = (
    "the backend of every emulator for buses, queues, tables and the like: moto, localstack, or the URL of an "
    "AWS-compatible endpoint; dynamodb=moto for one service only (may be given several times)"
)

LATENCIES: Final = (
    "how long calls take on the clock of the fixture's emulators: none, or aws for lengths of the order of AWS's; a "
    "marker's latencies come first"
)

COVERAGE: Final[dict[str, dict[str, Any]]] = {
    "--asl-cov": {
        "action": "append",
        "nargs": "?",
        "const": "",
        "metavar": "PATH",
        "help": "measure which states, transitions, rules, catchers and retriers the tests take, of the definitions in "
        "PATH, a file or folder (may be given several times); without PATH, of all of them",
    },
    "--asl-cov-report": {
        "action": "append",
        "metavar": "TYPE[:FILE]",
        "help": "the report of --asl-cov: term (default), html, lcov, cobertura, json or markdown (may be given "
        "several times)",
    },
    "--asl-cov-fail-under": {
        "metavar": "PERCENT",
        "help": "fail the run if less than so many percent are taken",
    },
}
"""The options of ``emulator.coverage``, which is imported only where they are given."""

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
    coverage = parser.getgroup("asl-cov", "coverage of state machines")
    for flag, options in COVERAGE.items():
        coverage.addoption(flag, **options)


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
    if any(config.getoption(flag.strip("-").replace("-", "_")) is not None for flag in COVERAGE):
        from emulator.coverage import plugin

        plugin.register(config)


def _watch_emulators(config: pytest.Config) -> None:
    """Keep the emulators that each test opens, and show places relative to pytest's folder, until the run ends."""
    before = running_test.emulators, places.folder
    running_test.emulators, places.folder = [], str(config.invocation_params.dir)

    def put_back() -> None:
        running_test.emulators, places.folder = before

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
    options_of(item)


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> "Iterator[Emulator]":
    """An open ``Emulator``, a new one for each test: Step Functions, Lambda and EventBridge on virtual time.

    Relative paths of definitions begin at the folder of the test's file. ``@pytest.mark.emulator(start=..., seed=...,
    region=..., backend=..., accepted_calls=..., missing_function=..., allow_blocked=..., latencies=...,
    dynamodb_ttl=..., unused_stubs=..., unused_faults=...)`` sets it up.
    An argument is taken from the marker nearest to the test that has it. A call that nothing emulates and whose error
    the program swallowed fails the test.
    """
    from emulator import Emulator

    options = {name: value for name, value in options_of(request.node).items() if name not in DEPLOYED}
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
    options = options_of(request.node)
    if "template" not in options:
        pytest.fail(f'{request.node.nodeid}: app needs @pytest.mark.emulator(template="template.yaml")', pytrace=False)
    from asl.problems import DefinitionError
    from emulator.errors import EmulatorError

    given = {name: value for name, value in options.items() if name in DEPLOYED}
    template, folder = given.pop("template"), request.path.parent
    if not (folder / template).exists():
        pytest.fail(no_template(template, folder), pytrace=False)
    try:
        return emulator.deploy(template, **given)
    except (EmulatorError, DefinitionError) as error:
        told = f"{(folder / template).resolve()} cannot be deployed\n{error}"
    pytest.fail(told, pytrace=False)  # without the lines of ours that raised the error


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
    if call.excinfo is not None and not item.config.getoption("fulltrace"):
        if call.when != "call" and _is_ours_alone(call.excinfo):
            call.excinfo = pytest.ExceptionInfo.from_exception(_without_lines(call.excinfo.value))
        elif emulators:
            _hide_our_frames(call.excinfo)
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    if emulators and report.failed and (text := _told(emulators, report.longreprtext)):
        report.sections.append(("emulator", text))
    return report


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


_OUR_ERRORS: Final = (("emulator.errors", "EmulatorError"), ("asl.problems", "DefinitionError"))
"""Modules and names of the classes of our errors; a run that has none does not import them."""


def _hide_our_frames(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Hide the emulator's lines, not those of the test and its code; an internal error keeps all lines."""
    ours = _folders("emulator", "asl")
    if _is_ours(excinfo.value) or type(excinfo.value).__module__.startswith("botocore."):
        ours += _folders("botocore", "boto3", "s3transfer")
    elif str(excinfo.traceback[-1].path).startswith(ours) and not _is_meant(excinfo):
        return
    shown = _without(excinfo.value.__traceback__, ours)
    if shown is not None:
        excinfo.traceback = type(excinfo.traceback)(shown)


def _is_ours_alone(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether it is an error of ours that no line of the user's led to: a stub that was never called.

    pytest then has only its own lines to show.
    """
    if not _is_ours(excinfo.value):
        return False
    return not places.has_users_lines(excinfo.value.__traceback__)


def _is_ours(error: BaseException) -> bool:
    return any((each.__module__, each.__name__) in _OUR_ERRORS for each in type(error).__mro__)


def _without_lines(error: BaseException) -> BaseException:
    """The exception with which pytest shows only the text of ``error``."""
    text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    return pytest.fail.Exception(text, pytrace=False).with_traceback(error.__traceback__)


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
