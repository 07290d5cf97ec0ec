"""Many runs of one state machine whose handlers wait with threads and child processes: one history.

``python -m benchmarks.one_history 200 python3.11 python3.12 python3.13`` runs it in processes of its own, across
interpreters, hash seeds, time zones and locales, on an idle and on a loaded machine, and prints the different
histories with how often each came. Each interpreter has to have the package installed.
"""

import concurrent.futures
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

ZONES = ("UTC", "Asia/Kathmandu", "America/New_York")
LOCALES = ("C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8")


def handler(event: Any, context: Any) -> list[Any]:
    """Waits in many ways at once, and tells when each wait was over."""
    import boto3

    began, done, lines, lock = time.monotonic(), list[Any](), queue.Queue[str](), threading.Lock()

    def note(name: str) -> None:
        done.append([name, round(time.monotonic() - began, 6)])

    def pooled(number: int) -> None:
        time.sleep(number % 3)  # noqa: TID251 - what handlers do
        note(f"pool {number}")
        boto3.client("events").put_events(
            Entries=[{"Source": "shop", "DetailType": f"Order {number}", "Detail": json.dumps({"at": number})}]
        )
        lines.put(f"line {number}")

    def locked(number: int) -> None:
        with lock:
            time.sleep(0.5)  # noqa: TID251
            note(f"lock {number}")

    def child(number: int) -> None:
        found = subprocess.run(
            [sys.executable, "-c", f"import time; time.sleep({(number % 2) / 50}); print({number})"],
            timeout=60,
            capture_output=True,
            check=True,
        )
        note(f"child {found.stdout.decode().strip()}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2) for work in (locked, child)]
    for thread in threads:
        thread.start()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(pooled, range(6)))
    for thread in threads:
        thread.join(30)
    try:
        while True:
            note(lines.get(timeout=2))
    except queue.Empty:
        note("empty")
    return [done, context.get_remaining_time_in_millis()]


def history_hash() -> str:
    """The hash of a history, with the events that its handlers put."""
    from emulator import Emulator

    with Emulator(seed=7) as emulator:
        arn = emulator.lambda_function("work", handler)
        task = {"Type": "Task", "Resource": arn, "TimeoutSeconds": 600, "End": True}
        flow = {
            "StartAt": "Each",
            "States": {
                "Each": {
                    "Type": "Map",
                    "ItemProcessor": {"StartAt": "Work", "States": {"Work": task}},
                    "End": True,
                }
            },
        }
        execution = emulator.run(flow, [1, 2]).assert_succeeded()
        told = [execution.history, [entry["DetailType"] for entry in emulator.bus.entries]]
    return sha256(json.dumps(told, default=datetime.isoformat).encode()).hexdigest()


@contextmanager
def load(*, busy: bool) -> Iterator[None]:
    """A block on a loaded machine: as many processes that compute as there are processors."""
    code = "while True: pass"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range((os.cpu_count() or 1) if busy else 0)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main(runs: int, interpreters: list[str]) -> Counter[str]:
    """How often each history came."""
    found: Counter[str] = Counter()
    kinds = itertools.cycle(itertools.product(interpreters, ZONES, LOCALES))
    for busy in (False, True):
        with load(busy=busy):
            for number in range(runs // 2 + runs % 2 * (not busy)):
                python, zone, locale = next(kinds)
                surroundings = {"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(number)}
                answer = subprocess.run(
                    [python, "-m", "benchmarks.one_history"],
                    env={**os.environ, **surroundings},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                found[answer.stdout.strip() or answer.stderr.strip()[-400:]] += 1
    return found


if __name__ == "__main__":
    if sys.argv[1:]:
        counted = main(int(sys.argv[1]), sys.argv[2:] or [sys.executable])
        print("\n".join(f"{times:6} {name}" for name, times in counted.most_common()))
        raise SystemExit(len(counted) != 1)
    print(history_hash())
