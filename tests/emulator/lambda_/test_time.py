"""The time that a handler sees, and that the process sees meanwhile (with both packages that can show it)."""

# What handlers call is what is tested here:
# ruff: noqa: DTZ001, DTZ002, DTZ003, DTZ005, DTZ011, TID251

import asyncio
import concurrent.futures
import contextlib
import copy
import datetime as datetime_module
import json
import os
import pickle
import subprocess
import sys
import threading
import time
import types
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from time import monotonic, sleep
from typing import Any

import boto3
import pytest
from freezegun import freeze_time

from emulator import Emulator
from emulator.clock import DEFAULT_START, SystemClock
from emulator.lambda_.time import patches
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.shown import current_handler_time, process_time

YEAR_2040 = datetime(2040, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC)
REAL = (datetime, date, time.time, time.time_ns, time.sleep, sleep, time.monotonic, time.perf_counter, time.gmtime)


@pytest.fixture(params=patches.ORDER)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(request.param)
    monkeypatch.setattr(patches, "choose", lambda: request.param)


shown = pytest.mark.usefixtures("_backend")


def handler_time_at(start: datetime = YEAR_2040, seconds: float = 900) -> HandlerTime:
    return HandlerTime(start, timedelta(seconds=seconds))


@shown
def test_the_system_clock_shows_real_time_inside_a_handler_too() -> None:
    before = SystemClock().now()
    with process_time(handler_time_at()):
        inside = SystemClock().now()
    assert before <= inside <= SystemClock().now()
    assert inside.tzinfo is UTC


def test_a_line_moves_by_sleeping_and_stops_exactly_at_its_deadline() -> None:
    handler_time = handler_time_at(seconds=3)
    assert (handler_time.now(), handler_time.remaining_milliseconds()) == (YEAR_2040, 3000)
    handler_time.sleep(2.9)
    assert (handler_time.elapsed, handler_time.remaining_milliseconds(), handler_time.expired) == (
        timedelta(seconds=2.9),
        100,
        False,
    )
    with pytest.raises(HandlerTimedOut):
        handler_time.sleep(0.1)
    assert (handler_time.now(), handler_time.expired) == (handler_time.deadline, True)
    with pytest.raises(HandlerTimedOut):
        handler_time.sleep(1)
    assert handler_time.now() == handler_time.deadline
    assert handler_time.remaining_milliseconds() == 0


def test_no_except_exception_swallows_a_timeout() -> None:
    assert not issubclass(HandlerTimedOut, Exception)


@pytest.mark.parametrize(
    ("seconds", "error"),
    [(-1, ValueError), (float("nan"), ValueError), (float("inf"), OverflowError), ("1", TypeError), (None, TypeError)],
)
def test_no_number_of_seconds_is_refused_as_time_sleep_refuses_it(seconds: float, error: type[Exception]) -> None:
    with pytest.raises(error) as ours:
        handler_time_at().sleep(seconds)
    with pytest.raises(error) as pythons:
        time.sleep(seconds)
    assert str(ours.value) == str(pythons.value)


@shown
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")
def test_every_way_to_ask_shows_the_handlers_time() -> None:
    with process_time(handler_time_at()):
        assert datetime.now() == datetime(2040, 5, 6, 7, 8, 9, 123_456)
        assert datetime.now(UTC) == YEAR_2040
        assert datetime_module.datetime.now(timezone(timedelta(hours=2))).hour == 9
        assert datetime.utcnow().hour == 7
        assert datetime.today().year == 2040
        assert date.today() == date(2040, 5, 6)
        assert time.time() == pytest.approx(YEAR_2040.timestamp(), abs=1e-6)
        assert time.time_ns() // 1_000_000_000 == int(YEAR_2040.timestamp())
        assert time.gmtime()[:6] == time.localtime()[:6] == (2040, 5, 6, 7, 8, 9)
        assert time.strftime("%Y-%m-%d") == "2040-05-06"
        assert uuid.uuid1().time == (YEAR_2040 - datetime(1582, 10, 15, tzinfo=UTC)) // timedelta(microseconds=1) * 10


@shown
def test_sleeping_moves_what_is_shown_and_costs_nothing() -> None:
    began, handler_time = time.perf_counter(), handler_time_at()
    with process_time(handler_time):
        time.sleep(60)
        sleep(0.5)
        assert datetime.now(UTC) == YEAR_2040 + timedelta(seconds=60.5)
    assert handler_time.elapsed == timedelta(seconds=60.5)
    assert time.perf_counter() - began < 5


@shown
def test_the_clocks_that_show_durations_move_with_the_line_and_nowhere_else() -> None:
    before = (monotonic(), time.perf_counter())
    with process_time(handler_time_at()):
        began = time.monotonic(), time.perf_counter(), time.process_time(), time.thread_time(), monotonic()
        began_ns = time.monotonic_ns(), time.perf_counter_ns(), time.process_time_ns(), time.thread_time_ns()
        sleep(600)
        ended = time.monotonic(), time.perf_counter(), time.process_time(), time.thread_time(), monotonic()
        ended_ns = time.monotonic_ns(), time.perf_counter_ns(), time.process_time_ns(), time.thread_time_ns()
    assert [second - first for first, second in zip(began, ended, strict=True)] == [600] * 5
    assert [second - first for first, second in zip(began_ns, ended_ns, strict=True)] == [600 * 10**9] * 4
    for first, last in zip(before, (monotonic(), time.perf_counter()), strict=True):
        assert first < last < first + 60


@shown
def test_real_time_is_back_when_the_block_is_left_even_by_an_exception() -> None:
    with contextlib.suppress(HandlerTimedOut), process_time(handler_time_at(seconds=1)):
        sleep(5)
    now = (datetime, date, time.time, time.time_ns, time.sleep, sleep, time.monotonic, time.perf_counter, time.gmtime)
    assert all(left is right for left, right in zip(now, REAL, strict=True))
    assert datetime.now(UTC).year < 2040
    assert current_handler_time() is None


@shown
def test_lines_nest() -> None:
    outer, inner = handler_time_at(), handler_time_at(DEFAULT_START)
    with process_time(outer):
        with process_time(inner):
            sleep(10)
            assert datetime.now(UTC) == DEFAULT_START + timedelta(seconds=10)
        assert datetime.now(UTC) == YEAR_2040
    assert (outer.elapsed, inner.elapsed) == (timedelta(0), timedelta(seconds=10))


@shown
def test_asyncio_sleeps_on_the_handlers_time() -> None:
    async def work() -> list[str]:
        done: list[str] = []

        async def wait(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            done.append(f"{name} {datetime.now(UTC):%H:%M:%S}")

        await asyncio.gather(wait("slow", 3600), wait("fast", 60.25))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 30)
        return done

    handler_time = handler_time_at(DEFAULT_START, 7200)
    with process_time(handler_time):
        assert asyncio.run(work()) == ["fast 00:01:00", "slow 01:00:00"]
    assert handler_time.elapsed == timedelta(seconds=3630)


@shown
def test_an_asyncio_sleep_past_the_deadline_ends_there() -> None:
    handler_time = handler_time_at(seconds=3)
    with process_time(handler_time), pytest.raises(HandlerTimedOut):
        asyncio.run(asyncio.sleep(3600))
    assert handler_time.elapsed == timedelta(seconds=3)


@shown
def test_waiting_for_what_never_comes_ends_at_the_deadline() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    handler_time = handler_time_at(seconds=3)
    with process_time(handler_time), pytest.raises(HandlerTimedOut):
        asyncio.run(forever())
    assert handler_time.expired


@shown
def test_the_answer_of_a_thread_comes_before_a_timer() -> None:
    async def work() -> str:
        released = threading.Event()
        loop = asyncio.get_running_loop()
        loop.call_soon(released.set)
        return await asyncio.wait_for(asyncio.to_thread(lambda: str(released.wait(10))), 5)

    handler_time = handler_time_at()
    with process_time(handler_time):
        assert asyncio.run(work()) == "True"
    assert handler_time.elapsed == timedelta(0)


@shown
def test_a_loop_that_lives_on_between_calls_never_goes_back() -> None:
    loop, seen = asyncio.new_event_loop(), []
    try:
        for _ in range(2):
            with process_time(handler_time_at()):
                seen.append(loop.time())
                loop.run_until_complete(asyncio.sleep(60))
                seen.append(loop.time())
    finally:
        loop.close()
    assert seen == sorted(seen)
    assert seen[1] - seen[0] == pytest.approx(60)


@shown
def test_sleeps_of_threads_that_a_handler_starts_overlap() -> None:
    handler_time = handler_time_at()
    with process_time(handler_time), concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(sleep, [5, 6]))
    assert handler_time.elapsed == timedelta(seconds=6)


@shown
def test_threads_older_than_the_call_sleep_for_real_and_do_not_move_it() -> None:
    go, done = threading.Event(), threading.Event()
    seen = []

    def work() -> None:
        go.wait(10)
        seen.append(current_handler_time())
        time.sleep(0.001)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    handler_time = handler_time_at()
    with process_time(handler_time):
        go.set()
        assert done.wait(10)
    thread.join()
    assert seen == [None]
    assert handler_time.elapsed == timedelta(0)


@shown
def test_handlers_in_two_threads_each_see_their_own_time() -> None:
    meet = threading.Barrier(2)

    def run(handler_time: HandlerTime) -> datetime:
        with process_time(handler_time):
            meet.wait(10)
            sleep(5)
            now = datetime.now(UTC)
            meet.wait(10)
            return now

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(run, [handler_time_at(), handler_time_at(DEFAULT_START)]))
    assert seen == [start + timedelta(seconds=5) for start in (YEAR_2040, DEFAULT_START)]
    assert datetime.now(UTC).year < 2040


@shown
def test_a_module_loaded_inside_is_left_with_the_real_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("loaded_inside")
    with process_time(handler_time_at()):
        monkeypatch.setitem(sys.modules, "loaded_inside", module)
        exec("from datetime import datetime; from time import sleep, time, monotonic", vars(module))
        assert vars(module)["datetime"].now(UTC) == YEAR_2040
    assert vars(module)["datetime"] is datetime
    assert vars(module)["sleep"] is REAL[5]
    assert vars(module)["time"] is REAL[2]
    assert vars(module)["monotonic"] is REAL[6]


@shown
def test_code_that_belongs_to_no_module_is_shown_the_line_too() -> None:
    code: dict[str, Any] = {}
    exec(
        "from datetime import datetime, UTC\nfrom time import sleep\ndef run():\n  sleep(9); return datetime.now(UTC)",
        code,
    )
    with process_time(handler_time_at(), code):
        assert code["run"]() == YEAR_2040 + timedelta(seconds=9)
    assert code["datetime"] is datetime
    assert code["sleep"] is REAL[5]


@shown
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")
def test_values_made_inside_live_on_outside() -> None:
    with process_time(handler_time_at()):
        now = datetime.now(UTC)
        naive = datetime.utcnow()
        assert pickle.loads(pickle.dumps(now)) == copy.deepcopy(now) == now
        assert pickle.loads(pickle.dumps(YEAR_2040)) == YEAR_2040
    assert isinstance(now, datetime)
    assert now + timedelta(days=1) > YEAR_2040
    assert pickle.loads(pickle.dumps(now)) == YEAR_2040
    assert naive.timestamp() > 0


def test_a_test_that_freezes_time_itself_still_sees_the_line_inside_a_handler() -> None:
    with freeze_time("2035-01-01"):
        assert patches.choose() == "freezegun"
        handler_time = handler_time_at()
        with process_time(handler_time):
            began = time.monotonic()
            time.sleep(60)
            assert datetime_module.datetime.now(UTC) == YEAR_2040 + timedelta(seconds=60)
            assert time.monotonic() - began == 60
        assert datetime_module.datetime.now(UTC).year == 2035
        assert SystemClock().now().year < 2035
    assert datetime.now(UTC).year < 2035


@shown
def test_a_handler_may_freeze_time_itself() -> None:
    with process_time(handler_time_at()):
        with freeze_time("2035-01-01"):
            assert datetime_module.datetime.now(UTC).year == 2035
        assert datetime_module.datetime.now(UTC) == YEAR_2040
    assert datetime.now(UTC).year < 2035


@shown
def test_a_sleep_that_the_test_has_replaced_stays_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    handler_time = handler_time_at()
    with process_time(handler_time):
        time.sleep(5)
    assert slept == [5]
    assert handler_time.elapsed == timedelta(0)


@shown
def test_a_name_that_was_replaced_when_it_was_first_looked_for_is_found_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "places", patches.Places())
    with monkeypatch.context() as replaced:
        replaced.setattr(time, "sleep", lambda _: None)
        with process_time(handler_time_at()):
            time.sleep(5)
    handler_time = handler_time_at()
    with process_time(handler_time):
        time.sleep(5)
    assert handler_time.elapsed == timedelta(seconds=5)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no local zone to set")
@shown
def test_the_local_zone_is_utc_inside_as_on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        with process_time(handler_time_at()):
            assert datetime.now().astimezone().utcoffset() == timedelta(0)
            assert time.localtime().tm_hour == 7
        assert time.timezone == 5 * 3600
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no local zone to set")
@shown
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_zone_that_a_handler_sets_ends_with_the_call(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    before = time.tzname

    def handler(event: Any, context: Any) -> list[Any]:
        os.environ["TZ"] = "America/New_York"
        time.tzset()
        boto3.client("sqs", region_name="us-east-1").list_queues()
        return [time.timezone, f"{datetime.now():%H:%M}"]

    try:
        with Emulator(start=datetime(2030, 1, 1, 12, tzinfo=UTC)) as emulator:
            arn = emulator.lambda_function("f", handler)
            for _ in range(2):
                result = emulator.client("lambda").invoke(FunctionName=arn)
                shown = "07:00" if patches.choose() == "time_machine" else "12:00"  # freezegun shows UTC only
                assert json.loads(result["Payload"].read()) == [18000, shown]
        assert (os.environ["TZ"], time.tzname) == (zone, before)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no local zone to set")
def test_a_zone_of_the_functions_own_variables_is_the_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("time_machine", reason="freezegun shows naive times in UTC only")
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    zones = []

    def handler(event: Any, context: Any) -> None:
        for _ in range(2):
            zones.append((f"{datetime.now():%H:%M}", time.tzname[0], os.environ["TZ"]))
            time.sleep(60)

    try:
        with Emulator(start=datetime(2030, 1, 1, 12, tzinfo=UTC)) as emulator:
            for environment in ({"TZ": "Asia/Tokyo"}, {}):
                emulator.client("lambda").invoke(
                    FunctionName=emulator.lambda_function("f", handler, environment=environment)
                )
        assert zones == [
            *(("21:00", "JST", "Asia/Tokyo"), ("21:01", "JST", "Asia/Tokyo")),
            *(("12:00", "UTC", ":UTC"), ("12:01", "UTC", ":UTC")),
        ]
        assert time.timezone == 5 * 3600
    finally:
        monkeypatch.undo()
        time.tzset()


@shown
def test_another_thread_may_read_the_environment_while_the_time_is_shown() -> None:
    """Reading all of ``os.environ`` fails on a variable that goes away meanwhile: boto3 reads it for each client."""
    with process_time(handler_time_at()):
        reading = iter(os.environ.items())
        next(reading)
    assert dict(reading).keys() <= os.environ.keys()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has no local zone to set")
@shown
@pytest.mark.parametrize("given", [None, {"OWN": "1"}])
def test_a_child_process_is_in_utc_as_on_lambda(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        with process_time(handler_time_at()):
            found = subprocess.run(["/bin/sh", "-c", "date +%Z"], env=given, capture_output=True, text=True, check=True)
        assert found.stdout == "UTC\n"
    finally:
        monkeypatch.undo()
        time.tzset()


@shown
def test_what_a_name_stands_for_may_change_between_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = types.ModuleType("changing")
    monkeypatch.setitem(sys.modules, "changing", module)
    slept: list[float] = []
    elapsed = []
    for nap in (time.sleep, slept.append, time.sleep):
        module.sleep = nap
        handler_time = handler_time_at()
        with process_time(handler_time):
            module.sleep(5)
        assert module.sleep == nap
        elapsed.append(handler_time.elapsed.total_seconds())
    assert elapsed == [5, 0, 5]
    assert slept == [5]


@shown
def test_a_module_is_patched_that_takes_the_place_of_a_freed_one_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "changing", None)
    elapsed = []
    for _ in range(20):
        module: Any = types.ModuleType("changing")
        module.nap = time.sleep
        sys.modules["changing"] = module
        handler_time = handler_time_at()
        with process_time(handler_time):
            module.nap(0.001)
        elapsed.append(handler_time.elapsed.total_seconds())
    assert elapsed == [0.001] * 20


def test_time_machine_is_preferred_and_freezegun_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "installed", lambda: ("time_machine", "freezegun"))
    assert patches.choose() == "time_machine"
    monkeypatch.setattr(patches, "installed", lambda: ("freezegun",))
    assert patches.choose() == "freezegun"
    monkeypatch.setattr(patches, "installed", tuple)
    with pytest.raises(ImportError, match="pip install freezegun"):
        patches.choose()
