"""Every way in which a handler can wait: how much virtual time it takes, and what comes of it.

The rows of ``WAYS`` run with both packages that show time, in a call of 900 seconds; none takes real seconds.
"""

# What handlers call is what is tested here:
# ruff: noqa: TID251
# mypy: disable-error-code="func-returns-value"

import asyncio
import concurrent.futures
import multiprocessing
import multiprocessing.util
import os
import queue
import sched
import select
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.clock import DEFAULT_START, stopwatch_ns
from emulator.lambda_.time import call_thread, outside, patches, quiet, threads
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.shown import process_time

posix = pytest.mark.skipif(os.name != "posix", reason="there are no alarms and no sleep(1)")
LIMIT = 900
MODULES_LOCK = threading.Lock()
MODULES_EVENT = threading.Event()
MODULES_POOL = concurrent.futures.ThreadPoolExecutor(4)


def run(way: Callable[[], Any], seconds: float = LIMIT) -> tuple[Any, float]:
    """What a handler returns, and the seconds that it takes."""
    line = HandlerTime(DEFAULT_START, timedelta(seconds=seconds))
    try:
        with process_time(line):
            found = way()
    except HandlerTimedOut:
        found = "timed out"
    return found, line.elapsed.total_seconds()


@pytest.fixture(params=patches.ORDER, autouse=True)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(request.param)
    monkeypatch.setattr(patches, "choose", lambda: request.param)


def start(*works: Callable[[], Any]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    return threads


def together(*works: Callable[[], Any]) -> None:
    for thread in start(*works):
        thread.join()


def raised(act: Callable[[], Any]) -> str:
    try:
        act()
    except Exception as error:
        return type(error).__name__
    return "nothing"


# One thread ------------------------------------------------------------------------------------------------------


def perf_counter_around_a_sleep() -> float:
    began = time.perf_counter()
    time.sleep(3)
    return time.perf_counter() - began


def until(clock: str) -> Callable[[], str]:
    def loop() -> str:
        end = getattr(time, clock)() + 5
        while getattr(time, clock)() < end:
            pass
        return "ended"

    return loop


def until_datetime() -> str:
    end = datetime.now(UTC) + timedelta(seconds=5)
    while datetime.now(UTC) < end:
        pass
    return "ended"


def alarm(wait: Callable[[], Any]) -> Callable[[], str]:
    def handler() -> str:
        def ring(*_: object) -> None:
            raise TimeoutError(f"after {time.monotonic() - began:.1f}")

        began = time.monotonic()
        before = signal.signal(signal.SIGALRM, ring)
        signal.alarm(2)
        try:
            wait()
        except TimeoutError as error:
            return str(error)
        finally:
            signal.signal(signal.SIGALRM, before)
        return "no alarm"

    return handler


def ticks() -> list[float]:
    rung: list[float] = []
    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic() - began))
    signal.setitimer(signal.ITIMER_REAL, 1.5, 2)
    time.sleep(6)
    left = signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    return [*rung, *left]


def taken_alarm() -> list[Any]:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        signal.alarm(3)
        first = signal.sigtimedwait({signal.SIGALRM}, 10)
        second = signal.sigtimedwait({signal.SIGALRM}, 10)
        signal.alarm(4)
        return [first and first.si_signo, second, signal.sigwait({signal.SIGALRM})]
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


def scheduler() -> list[str]:
    done: list[str] = []
    plan = sched.scheduler()
    plan.enter(5, 1, done.append, ("second",))
    plan.enter(2, 1, done.append, ("first",))
    plan.run()
    return done


def full_queue() -> queue.Queue[int]:
    full: queue.Queue[int] = queue.Queue(1)
    full.put(1)
    return full


async def never() -> None:
    await asyncio.Event().wait()


def backoff() -> int:
    for attempt in range(5):
        if attempt == 4:
            return attempt
        time.sleep(2**attempt)
    return -1


ONE_THREAD: list[tuple[str, Callable[[], Any], float, Any]] = [
    ("perf_counter around a sleep", perf_counter_around_a_sleep, 3, 3.0),
    ("a loop until monotonic", until("monotonic"), 5, "ended"),
    ("a loop until perf_counter", until("perf_counter"), 5, "ended"),
    ("a loop until process_time", until("process_time"), 5, "ended"),
    ("a loop until time", until("time"), 5, "ended"),
    ("a loop until datetime.now", until_datetime, 5, "ended"),
    ("Queue.get", lambda: raised(lambda: queue.Queue[int]().get(timeout=2)), 2, "Empty"),
    ("Queue.put", lambda: raised(lambda: full_queue().put(2, timeout=4)), 4, "Full"),
    ("SimpleQueue.get", lambda: raised(lambda: queue.SimpleQueue().get(timeout=2.5)), 2.5, "Empty"),
    ("Event.wait", lambda: threading.Event().wait(3), 3, False),
    ("Event.wait, older", lambda: MODULES_EVENT.wait(3), 3, False),
    ("Semaphore.acquire", lambda: threading.Semaphore(0).acquire(timeout=7), 7, False),
    ("Lock.acquire", lambda: [lock := threading.Lock(), lock.acquire(), lock.acquire(timeout=6)][2], 6, False),
    ("Barrier.wait", lambda: raised(lambda: threading.Barrier(2).wait(8)), 8, "BrokenBarrierError"),
    ("Future.result", lambda: raised(lambda: concurrent.futures.Future[int]().result(9)), 9, "TimeoutError"),
    ("futures.wait", lambda: len(concurrent.futures.wait([concurrent.futures.Future[int]()], 4).not_done), 4, 1),
    ("a deadlock", lambda: [lock := threading.Lock(), lock.acquire(), lock.acquire()], LIMIT, "timed out"),
    ("Event.wait for ever", lambda: threading.Event().wait(), LIMIT, "timed out"),
    ("select without files", lambda: select.select([], [], [], 4), 4, ([], [], [])),
    ("a selector without files", lambda: selectors.DefaultSelector().select(4), 4, []),
    ("sched", scheduler, 5, ["first", "second"]),
    ("a retry with backoff", backoff, 15, 4),
    ("asyncio.wait_for", lambda: raised(lambda: asyncio.run(asyncio.wait_for(never(), 3))), 3, "TimeoutError"),
]  # fmt: skip

ALARMS: list[tuple[str, Callable[[], Any], float, Any]] = [] if os.name != "posix" else [
    ("alarm in a sleep", alarm(lambda: time.sleep(100)), 2, "after 2.0"),
    ("alarm in pause", alarm(lambda: signal.pause()), 2, "after 2.0"),
    ("alarm in Event.wait", alarm(lambda: threading.Event().wait()), 2, "after 2.0"),
    ("alarm in asyncio", alarm(lambda: asyncio.run(asyncio.sleep(100))), 2, "after 2.0"),
    ("alarm in a loop", alarm(until("monotonic")), 2, "after 2.0"),
    ("alarm while a thread sleeps", alarm(lambda: together(lambda: time.sleep(50))), 2, "after 2.0"),
    ("alarm cleared", lambda: [signal.alarm(9), time.sleep(2), signal.alarm(0), time.sleep(9)], 11, [0, None, 7, None]),
    ("setitimer", ticks, 6, [1.5, 3.5, 5.5, 1.5, 2.0]),
    ("sigtimedwait and sigwait", taken_alarm, 17, [signal.SIGALRM, None, signal.SIGALRM]),
]  # fmt: skip


# Several threads --------------------------------------------------------------------------------------------------


def pool(workers: int) -> Callable[[], list[int]]:
    def handler() -> list[int]:
        done: list[int] = []
        with concurrent.futures.ThreadPoolExecutor(workers) as executor:
            executor.map(lambda number: [time.sleep(10), done.append(number)], range(4))
        return done

    return handler


def slept(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def pool_of_the_module() -> list[float]:
    began = time.monotonic()
    jobs = [MODULES_POOL.submit(lambda: slept(10) and time.monotonic() - began) for _ in range(8)]
    return [job.result() for job in jobs]


def as_completed() -> list[float]:
    with concurrent.futures.ThreadPoolExecutor() as executor:
        jobs = [executor.submit(slept, n) for n in (5, 1, 3)]
        return [job.result() for job in concurrent.futures.as_completed(jobs)]


def under_a_lock(lock: Any) -> Callable[[], None]:
    def work() -> None:
        with lock():
            time.sleep(2)

    return lambda: together(*[work] * 3)


def producer_and_consumer() -> list[Any]:
    line: queue.Queue[int | None] = queue.Queue()
    got: list[Any] = []
    began = time.monotonic()

    def produce() -> None:
        for number in range(3):
            time.sleep(2)
            line.put(number)
        line.put(None)

    def consume() -> None:
        while (number := line.get(timeout=30)) is not None:
            got.append((number, time.monotonic() - began))
            time.sleep(3)

    together(produce, consume)
    return got


def timer() -> list[float]:
    began, rung = time.monotonic(), list[float]()
    one = threading.Timer(7, lambda: rung.append(time.monotonic() - began))
    other = threading.Timer(5, lambda: rung.append(time.monotonic() - began))
    one.start()
    other.start()
    time.sleep(6)
    one.join()
    return rung


def condition() -> str:
    changed, ready = threading.Condition(), list[int]()

    def later() -> None:
        time.sleep(4)
        with changed:
            ready.append(1)
            changed.notify_all()

    start(later)
    with changed:
        return f"{changed.wait_for(lambda: bool(ready), 10)} {changed.wait_for(lambda: len(ready) > 1, 10)}"


def barrier() -> list[float]:
    meet, seen = threading.Barrier(3), list[float]()
    began = time.monotonic()

    def work(seconds: float) -> None:
        time.sleep(seconds)
        meet.wait()
        seen.append(time.monotonic() - began)

    together(*(lambda seconds=seconds: work(seconds) for seconds in (3, 8, 5)))
    return seen


def joined_too_early() -> list[bool]:
    [thread] = start(lambda: time.sleep(10))
    thread.join(4)
    alive = thread.is_alive()
    thread.join()
    return [alive, thread.is_alive()]


def polled_thread() -> int:
    [thread] = start(lambda: time.sleep(10))
    looks = 0
    while thread.is_alive():
        time.sleep(1)
        looks += 1
    return looks


def spinning(ask: Callable[[threading.Event], bool], wait: Callable[[], Any]) -> Callable[[], str]:
    def handler() -> str:
        done = threading.Event()
        [thread] = start(lambda: [time.sleep(2), done.set()])
        while not ask(done):
            wait()
        thread.join()
        return "ended"

    return handler


def in_asyncio() -> list[str]:
    async def work() -> list[str]:
        loop = asyncio.get_running_loop()
        done: list[str] = []

        async def thread(seconds: float) -> None:
            await asyncio.to_thread(time.sleep, seconds)
            done.append(f"thread {seconds}")

        async def timer(seconds: float) -> None:
            await asyncio.sleep(seconds)
            done.append(f"timer {seconds}")

        await asyncio.gather(thread(3), timer(2), thread(1), timer(4), loop.run_in_executor(None, time.sleep, 5))
        return done

    return asyncio.run(work())


def from_another_thread() -> float:
    async def work() -> float:
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        [thread] = start(lambda: [time.sleep(6), loop.call_soon_threadsafe(event.set)])
        began = loop.time()
        await event.wait()
        thread.join()
        return loop.time() - began

    return round(asyncio.run(work()), 3)


def threads_of_threads() -> list[str]:
    done: list[str] = []

    def child(name: str, depth: int) -> None:
        time.sleep(1)
        if depth:
            together(lambda: child(name + "a", depth - 1), lambda: child(name + "b", depth - 1))
        done.append(name)

    child("", 2)
    return done


def left_behind() -> str:
    start(lambda: time.sleep(100))
    time.sleep(1)
    return "answered"


def failing_thread() -> str:
    with concurrent.futures.ThreadPoolExecutor() as executor:
        return raised(executor.submit(lambda: [time.sleep(2), 1 / 0]).result)


def low_level() -> list[int]:
    import _thread

    done: list[int] = []
    _thread.start_new_thread(lambda number: [time.sleep(3), done.append(number)], (1,))
    time.sleep(4)
    return done


SEVERAL: list[tuple[str, Callable[[], Any], float, Any]] = [
    ("four sleeps in a pool of four", pool(4), 10, [0, 1, 2, 3]),
    ("four sleeps in a pool of two", pool(2), 20, [0, 1, 2, 3]),
    ("eight sleeps in the module's pool of four", pool_of_the_module, 20, [10.0] * 4 + [20.0] * 4),
    ("as_completed", as_completed, 5, [1, 3, 5]),
    ("a lock held in sleeps", lambda: [lock := threading.Lock(), under_a_lock(lambda: lock)()][1], 6, None),
    ("an older lock held in sleeps", under_a_lock(lambda: MODULES_LOCK), 6, None),
    ("an RLock", lambda: [lock := threading.RLock(), under_a_lock(lambda: lock)()][1], 6, None),
    ("a semaphore of two", lambda: [two := threading.Semaphore(2), under_a_lock(lambda: two)()][1], 4, None),
    ("producer and consumer", producer_and_consumer, 11, [(0, 2.0), (1, 5.0), (2, 8.0)]),
    ("timers", timer, 7, [5.0, 7.0]),
    ("a condition", condition, 14, "True False"),
    ("a barrier", barrier, 8, [8.0, 8.0, 8.0]),
    ("join with a time-out", joined_too_early, 10, [True, False]),
    ("is_alive and sleep", polled_thread, 11, 11),
    ("a loop of sleep(0)", spinning(lambda done: done.is_set(), lambda: time.sleep(0)), 2, "ended"),
    ("a loop of Event.is_set", spinning(lambda done: done.is_set(), lambda: None), 2, "ended"),
    ("a loop of clocks", spinning(lambda done: done.is_set(), time.monotonic), 2, "ended"),
    ("asyncio with threads", in_asyncio, 5, ["thread 1", "timer 2", "thread 3", "timer 4"]),
    ("call_soon_threadsafe", from_another_thread, 6, 6.0),
    ("threads of threads", threads_of_threads, 3, ["aa", "ab", "ba", "bb", "a", "b", ""]),
    ("a thread that is left behind", left_behind, 1, "answered"),
    ("a thread that fails", failing_thread, 2, "ZeroDivisionError"),
    ("_thread.start_new_thread", low_level, 4, [1]),
    ("a pool beyond the deadline", lambda: pool(1)() * 100 and time.sleep(LIMIT), LIMIT, "timed out"),
    ("threads that wait for each other", lambda: together(lambda: threading.Event().wait()), LIMIT, "timed out"),
]  # fmt: skip


def order_of_turns() -> list[str]:
    """A handler computes for 15 looks after it has started a thread."""
    order: list[str] = []
    thread = threading.Thread(target=lambda: order.append("thread"))
    thread.start()
    end = stopwatch_ns() + 15 * call_thread.LOOK_SECONDS * 1e9
    while stopwatch_ns() < end:
        pass
    order.append("handler")
    thread.join()
    return order


def test_a_handler_that_computes_keeps_its_turn() -> None:
    assert run(order_of_turns) == (["handler", "thread"], 0)


def test_a_thread_without_a_processor_keeps_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine: the thread is ready to run, but the system gives it no time."""
    monkeypatch.setattr(threads, "SPIN_LOOKS", 2)
    monkeypatch.setattr(quiet, "_TOLD", True)
    monkeypatch.setattr(quiet, "_state", lambda native_id: (False, b"5", ""))
    assert run(order_of_turns) == (["handler", "thread"], 0)


def test_a_loop_on_a_plain_variable_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "SPIN_LOOKS", 2)
    found: list[int] = []

    def handler() -> str:
        thread = threading.Thread(target=lambda: [time.sleep(1), found.append(1)])
        thread.start()
        while not found:
            pass
        thread.join()
        return "ended"

    assert run(handler) == ("ended", 1)


# Outside ----------------------------------------------------------------------------------------------------------

SHORT = "0.02"


def child_asked_late() -> Any:
    child = subprocess.Popen(["sleep", SHORT])
    time.sleep(5)
    return child.poll()


def process_asked_late() -> bool:
    process = multiprocessing.get_context("fork").Process(target=os.getpid)
    process.start()
    time.sleep(5)
    return process.is_alive()


def select_from_a_thread(wait: Callable[[socket.socket], Any]) -> list[Any]:
    here, there = socket.socketpair()
    with here, there:
        start(lambda: (time.sleep(4), there.send(b"x")))
        began = time.monotonic()
        return [len(wait(here)), time.monotonic() - began]


def selected(of: socket.socket) -> Any:
    return select.select([of], [], [], 10)[0]


def selector(of: socket.socket) -> Any:
    with selectors.DefaultSelector() as found:
        found.register(of, selectors.EVENT_READ)
        return found.select(10)


def polled_child() -> list[Any]:
    child = subprocess.Popen(["sleep", SHORT])
    looks = 0
    child.poll()  # on a busy machine it may have ended by now
    while not looks or child.poll() is None:
        time.sleep(0.5)
        looks += 1
    return [looks, child.returncode]


def children_of_threads() -> list[int]:
    done: list[int] = []

    def work(number: int) -> None:
        subprocess.run(["sleep", str((4 - number) / 100)], timeout=30, check=True)
        done.append(number)

    together(*(lambda number=number: work(number) for number in range(4)))
    return done


def child_and_sleep() -> list[str]:
    done: list[str] = []

    def child() -> None:
        subprocess.run(["sleep", SHORT], check=True)
        done.append("child")

    together(lambda: [time.sleep(0.001), done.append("sleep")], child)
    return done


def read_by_a_thread() -> list[bytes]:
    lines: list[bytes] = []
    child = subprocess.Popen(["sh", "-c", "echo one; sleep 0.01; echo two"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    output = child.stdout
    together(lambda: lines.extend(output))
    child.communicate()
    return lines


def pipe_between_threads() -> bytes:
    reader, writer = os.pipe()
    got: list[bytes] = []
    together(lambda: got.append(os.read(reader, 10)), lambda: os.write(writer, b"sent"))
    os.close(reader)
    os.close(writer)
    return got[0]


def killed_child() -> int:
    child = subprocess.Popen(["sleep", "60"])
    time.sleep(5)
    child.kill()
    return child.wait()


def forked() -> int:
    pid = os.fork()
    if not pid:
        time.sleep(0.01)
        os._exit(3)
    ended = os.waitpid(pid, os.WNOHANG)  # on a busy machine it may have ended by now
    time.sleep(1)
    if ended == (0, 0):
        ended = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(ended[1])


def pool_of_processes() -> list[Any]:
    with multiprocessing.get_context("fork").Pool(2) as processes:
        found = processes.map(abs, [-1, 2])
        processes.apply_async(time.sleep, (0.01,)).get(30)
        time.sleep(3)
    return found


def executor_of_processes() -> list[Any]:
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        job, looks = executor.submit(time.sleep, 0.01), 0
        job.done()  # on a busy machine it may have ended by now
        while not looks or not job.done():
            time.sleep(1)
            looks += 1
        return [looks, list(executor.map(abs, [-1, 2]))]


def slow_to_end() -> None:
    multiprocessing.util.Finalize(None, time.sleep, (0.3,), exitpriority=1)


def executor_whose_process_ends_late() -> int:
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context, initializer=slow_to_end) as executor:
        return executor.submit(abs, -1).result()


def asyncio_child() -> list[Any]:
    async def work() -> list[Any]:
        child = await asyncio.create_subprocess_exec("sh", "-c", f"sleep {SHORT}; echo hi", stdout=subprocess.PIPE)
        output, _ = await asyncio.wait_for(child.communicate(), 0.001)
        return [output, child.returncode]

    return asyncio.run(work())


OUTSIDE: list[tuple[str, Callable[[], Any], float, Any]] = [] if os.name != "posix" else [
    ("run with a time-out", lambda: subprocess.run(["sleep", SHORT], timeout=30).returncode, 0, 0),
    ("run and read", lambda: subprocess.run(["echo", "hi"], timeout=30, capture_output=True).stdout, 0, b"hi\n"),
    ("run that times out", lambda: raised(lambda: subprocess.run(["sleep", "9"], timeout=0.01)), 0, "TimeoutExpired"),
    ("check_output", lambda: subprocess.check_output(["sh", "-c", "sleep 0.01; echo hi"]), 0, b"hi\n"),
    ("Popen.wait", lambda: subprocess.Popen(["sleep", SHORT]).wait(timeout=30), 0, 0),
    ("poll and sleep", polled_child, 0.5, [1, 0]),
    ("children of four threads", children_of_threads, 0, [0, 1, 2, 3]),
    ("a child beside a sleep", child_and_sleep, 0.001, ["child", "sleep"]),
    ("a child read by a thread", read_by_a_thread, 0, [b"one\n", b"two\n"]),
    ("a pipe between threads", pipe_between_threads, 0, b"sent"),
    ("a child that is killed after a sleep", killed_child, 5, -9),
    ("a child that is asked late", child_asked_late, 5, 0),
    ("a process that is asked late", process_asked_late, 5, False),
    ("select, while a thread sends", lambda: select_from_a_thread(selected), 4, [1, 4]),
    ("a selector, while a thread sends", lambda: select_from_a_thread(selector), 4, [1, 4]),
    ("fork and waitpid", forked, 1, 3),
    ("a child in asyncio", asyncio_child, 0, [b"hi\n", 0]),
    ("a pool of processes", pool_of_processes, 3, [1, 2]),
    ("an executor of processes", executor_of_processes, 1, [1, [1, 2]]),
    ("an executor whose process ends late", executor_whose_process_ends_late, 0, 1),
]  # fmt: skip

WAYS = [*ONE_THREAD, *ALARMS, *SEVERAL, *OUTSIDE]


@pytest.mark.parametrize(("_", "way", "seconds", "result"), WAYS, ids=[way[0] for way in WAYS])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_way_to_wait(
    _: str, way: Callable[[], Any], seconds: float, result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way is killed_child:
        monkeypatch.setattr(outside, "POLLED_SECONDS", 0.02)
    monkeypatch.setitem(call_thread.IDLE_SECONDS, "socket", 0.02)
    found, elapsed = run(way)
    assert found == (pytest.approx(result) if isinstance(result, float) else result)
    assert elapsed == pytest.approx(seconds, abs=0.0015 if "loop" in _ else 1e-9)
