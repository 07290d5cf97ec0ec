"""About fifty ways to send something to AWS, and what has to become of each while an emulator is open.

``python -m tests.leaks.ways`` tries all of them and prints a line of JSON for each: its name and result. ``open`` tries
them without an emulator. ``step`` waits for a line of standard input after each. A result is
``refused`` (``RealAwsBlockedError``), ``answered``, ``closed port`` (a child process that was led there), or the error
that came instead. Nothing is sent even where a guard is missing: ``tests.leaks.sinks`` has the two places to run it.
"""

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from emulator import Emulator, RealAwsBlockedError
from tests.leaks import child_processes, handlers, in_process
from tests.leaks.table import ANSWERED, REFUSED, WAYS, Way

MODULES: Final = (in_process, child_processes, handlers)


def is_there(needs: str) -> bool:
    if needs == "node":
        return shutil.which("node") is not None
    return not needs or importlib.util.find_spec(needs) is not None


def attempt(each: Way) -> str:
    try:
        result = each.go()
    except RealAwsBlockedError:
        return REFUSED
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:300]
    return result if isinstance(result, str) else ANSWERED


SETTINGS: Final[dict[str, Any]] = {"allow_blocked": True, "accepted_calls": ["sns:Subscribe"]}


def main(seen: Callable[[], list[str]] = list) -> None:
    """Try every way, each in an emulator of its own; ``seen`` says what a sink has seen of it."""
    for each in WAYS:
        if is_there(each.needs):
            with nullcontext(None) if "open" in sys.argv else Emulator(**SETTINGS) as emulator:
                handlers.opened[:] = [] if emulator is None else [emulator]
                result = attempt(each)
                noted = [] if emulator is None else emulator.blocked
            told = {"way": each.name, "result": result, "noted": noted, "seen": seen()}
            print(json.dumps(told), flush=True)  # noqa: T201
            if "step" in sys.argv:
                sys.stdin.readline()


if __name__ == "__main__":
    main()
