"""Which of several open emulators answers: threads and jobs of executors are answered as the code that starts them."""

import asyncio
import contextvars
import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.pool import ThreadPool
from typing import Any

import boto3
import pytest

from emulator import Emulator
from emulator.clock import DEFAULT_START
from emulator.lambda_.time.handler_time import HandlerTime
from emulator.lambda_.time.shown import process_time

FLOW = {
    "StartAt": "F",
    "States": {
        "F": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True},
    },
}


def buckets() -> list[str]:
    """The buckets of the emulator that answers: one, named after it."""
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


def named(emulator: Emulator, name: str) -> Emulator:
    emulator.client("s3").create_bucket(Bucket=name)
    return emulator


@contextmanager
def opened_elsewhere() -> Iterator[None]:
    """A block in which another thread has opened an emulator of its own, later than this one."""
    is_open, done = threading.Event(), threading.Event()

    def work() -> None:
        with Emulator() as emulator:
            named(emulator, "theirs")
            is_open.set()
            done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    is_open.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


def in_thread(ask: Callable[[], Any], start: Callable[[Callable[[], None]], Any] | None = None) -> Any:
    found: list[Any] = []
    thread = start(lambda: found.append(ask())) if start else threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join()
    return found[0]


def in_pool(ask: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(ask).result()


def in_map(ask: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(2) as pool:
        return next(iter(pool.map(lambda _: ask(), [1])))


def in_run_in_executor(ask: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, ask)

    return asyncio.run(main())


def in_thread_pool(ask: Callable[[], Any]) -> Any:
    with ThreadPool(1) as pool:
        return pool.apply(ask)


WAYS: dict[str, Callable[[Callable[[], Any]], Any]] = {
    "thread": in_thread,
    "thread of a thread": lambda ask: in_thread(lambda: in_thread(ask)),
    "timer": lambda ask: in_thread(ask, lambda work: threading.Timer(0, work)),
    "executor": in_pool,
    "executor in a thread": lambda ask: in_thread(lambda: in_pool(ask)),
    "map": in_map,
    "ThreadPool": in_thread_pool,
    "to_thread": lambda ask: asyncio.run(asyncio.to_thread(ask)),
    "run_in_executor": in_run_in_executor,
    "context": lambda ask: contextvars.copy_context().run(ask),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_thread_is_answered_as_the_code_that_starts_it(emulator: Emulator, way: str) -> None:
    named(emulator, "ours")
    with opened_elsewhere():
        assert buckets() == ["ours"]
        assert WAYS[way](buckets) == ["ours"]
    assert WAYS[way](buckets) == ["ours"]


def test_transfers_of_boto3_reach_the_emulator_of_their_client(emulator: Emulator) -> None:
    named(emulator, "ours")
    client = boto3.client("s3")
    with opened_elsewhere():
        client.upload_fileobj(io.BytesIO(b"x" * (9 << 20)), "ours", "key")
        got = io.BytesIO()
        client.download_fileobj("ours", "key", got)
    assert len(got.getvalue()) == 9 << 20


def test_threads_and_jobs_that_start_while_a_handler_runs_elsewhere_are_answered_alike(emulator: Emulator) -> None:
    named(emulator, "ours")
    entered, left = threading.Event(), threading.Event()

    def run() -> None:
        with process_time(HandlerTime(DEFAULT_START, timedelta(seconds=9))):
            entered.set()
            left.wait()

    with opened_elsewhere():
        other = threading.Thread(target=run)
        other.start()
        entered.wait()
        try:
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(buckets).result() == ["ours"]
            assert in_thread(buckets) == ["ours"]
        finally:
            left.set()
            other.join()


def test_transfers_of_a_handler_reach_the_emulator_that_calls_it(emulator: Emulator) -> None:
    def upload(event: Any, context: Any) -> None:
        boto3.client("s3").upload_fileobj(io.BytesIO(b"x"), "ours", "key")

    named(emulator, "ours").lambda_function("f", upload)
    with opened_elsewhere():
        emulator.run(FLOW).assert_succeeded()
    with Emulator():
        emulator.run(FLOW).assert_succeeded()


def test_a_job_is_answered_as_the_code_that_submits_it(emulator: Emulator) -> None:
    """The executor and its thread may be older than the emulator."""
    named(emulator, "outer")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(buckets).result() == ["outer"]
        with Emulator() as inner:
            named(inner, "inner")
            assert pool.submit(buckets).result() == ["inner"]
        assert pool.submit(buckets).result() == ["outer"]


def test_a_thread_of_a_closed_emulator_is_answered_by_the_one_opened_last(emulator: Emulator) -> None:
    named(emulator, "outer")
    go, answers = threading.Event(), list[list[str]]()

    def wait() -> None:
        go.wait()
        answers.append(buckets())

    with Emulator() as inner:
        named(inner, "inner")
        thread = threading.Thread(target=wait)
        thread.start()
    with Emulator() as last:
        named(last, "last")
        go.set()
        thread.join()
    assert answers == [["last"]]


def test_tasks_of_one_loop_have_their_own_emulators() -> None:
    async def work(name: str, both: asyncio.Barrier) -> None:
        with Emulator() as emulator:
            named(emulator, name)
            await both.wait()
            assert buckets() == [name]
            assert await asyncio.to_thread(buckets) == [name]
            assert await asyncio.create_task(asyncio.to_thread(buckets)) == [name]
            await both.wait()
            assert buckets() == [name]

    async def main() -> None:
        both = asyncio.Barrier(2)
        await asyncio.gather(work("first", both), work("second", both))

    asyncio.run(main())


def test_a_job_keeps_its_arguments_result_and_error(emulator: Emulator) -> None:
    def divide(a: int, *, by: int) -> float:
        return a / by

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(divide, 6, by=3).result() == 2
        failed: Future[float] = pool.submit(divide, 6, by=0)
        with pytest.raises(ZeroDivisionError):
            failed.result()


def test_starting_and_submitting_are_put_back() -> None:
    before = threading.Thread.start, ThreadPoolExecutor.submit
    first, second = Emulator().__enter__(), Emulator().__enter__()
    assert before != (threading.Thread.start, ThreadPoolExecutor.submit)
    first.close()
    second.close()
    assert before == (threading.Thread.start, ThreadPoolExecutor.submit)
