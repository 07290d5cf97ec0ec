"""The marker ``@pytest.mark.emulator``: its arguments, and how each is read.

Nothing heavy is imported until a marker has an argument that needs it.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

MARKER: Final = (
    'emulator(start=datetime(2030, 1, 1, tzinfo=UTC), seed=0, region="us-east-1", backend="moto", accepted_calls=[], '
    'missing_function="raise", allow_blocked=False, latencies="none", dynamodb_ttl="within days", '
    'unused_stubs="fail", unused_faults="fail"): '
    "options of the test's emulator; start is the time on its clock at first (datetime or ISO "
    "8601 text, with a time zone), seed that of all random values, region that of ARNs and clients, backend the place "
    "of buses, queues and tables, accepted_calls the calls that promise a later event and that the test needs only as "
    "calls, missing_function what a task does whose function is not registered: raise an error, or fail as on AWS; "
    "allow_blocked allows calls that nothing emulates, whose swallowed errors fail the test otherwise. "
    'template="template.yaml" is what the fixture app deploys, with parameters={}, imports={}, leave_out=[] and the '
    "stack's name stack_name, as Emulator.deploy takes them. "
    "latencies is how long calls take on the clock: none, as on AWS, or seconds by kind of call; dynamodb_ttl when "
    "items are removed whose time to live has passed: within days, at expiry, after a timedelta, or never; "
    "unused_stubs whether a planned answer that never came fails the test, unused_faults a fault: fail or allow."
)


def options_of(item: pytest.Item) -> dict[str, Any]:
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


def _fail_or_allow(name: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in ("fail", "allow"):
            raise ValueError(f'{name}={value!r}: write {name}="fail" or {name}="allow"')
        return str(value)

    return read


def _allow_blocked(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"allow_blocked={value!r} is neither True nor False")
    return value


def _template(value: object) -> Any:
    if not isinstance(value, str | os.PathLike):
        raise ValueError(f'template={value!r} is not the path of a file; write template="template.yaml"')
    return value


def no_template(template: Any, folder: Path) -> str:
    """The message about a template of a marker that is not there: where it was looked for, and the nearest path."""
    wanted = folder / template
    above = [each / wanted.name for each in (folder, *folder.parents[:3])]
    near = next((os.path.relpath(each, folder) for each in above if each.exists()), None)
    if near is None and wanted.parent.is_dir():
        from asl.problems import nearest

        found = nearest(wanted.name, [each.name for each in wanted.parent.iterdir()])
        near = os.path.relpath(wanted.parent / found[0], folder) if found else None
    begins = f"template={os.fspath(template)!r} of @pytest.mark.emulator begins at the test's folder, {folder}"
    hint = f"\n    fix: template={near!r}" if near else ""
    return f"there is no file {os.path.normpath(folder.absolute() / template)}: {begins}{hint}"


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
    "unused_stubs": _fail_or_allow("unused_stubs"),
    "unused_faults": _fail_or_allow("unused_faults"),
    "template": _template,
    "parameters": _mapping("parameters", '{"Stage": "test"}'),
    "imports": _mapping("imports", '{"vpc": "vpc-1"}'),
    "leave_out": _leave_out,
    "stack_name": _stack_name,
}
"""Argument of the marker -> function that reads it."""

DEPLOYED: Final = ("template", "parameters", "imports", "leave_out", "stack_name")
"""Arguments of the marker that are for ``Emulator.deploy``."""
_TAKEN: Final = ", ".join(ARGUMENTS)
