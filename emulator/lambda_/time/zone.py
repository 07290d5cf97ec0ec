"""The local time zone of the process: UTC while it shows a handler's time, as on Lambda.

| what is so | the zone |
| --- | --- |
| a running function's own variables have a ``TZ`` | that one |
| else, a handler's time is shown | UTC |
| else | the process's own: that of ``os.environ``, or the system's |

Only the C library is told, which has variables of its own. ``os.environ`` stays as it is: every request to a backend
shows a time, and another thread that reads all of ``os.environ`` meanwhile, as boto3 does for each client, fails when a
variable that it is about to read is taken away. Windows has no ``tzset``: the zone stays there.
"""

import os
import time
from collections.abc import Callable
from threading import RLock
from typing import Final

UTC: Final = "UTC"
_UTC_NAMES: Final = (("UTC", "UTC"), 0)
_CAN: Final = hasattr(time, "tzset")

_lock: Final = RLock()
_is_shown = False
_of_call: str | None = None


def show_utc() -> Callable[[], None]:
    """Make UTC the local time zone until the result is called."""
    global _is_shown
    with _lock:
        _is_shown, own = True, _names()
        bring()

    def close() -> None:
        global _is_shown
        with _lock:
            _is_shown = False
            bring(own)

    return close


def set_by_call(name: str | None) -> None:
    """Make ``name`` the zone, which is a running function's own; ``None`` when it ends."""
    global _of_call
    with _lock:
        _of_call = name
        bring()


def bring(names: object = None) -> None:
    """Tell the C library the zone that the table says. ``tzset`` reads files: it is left out where nothing changes.

    ``names``: what ``time`` shows of the zone when it is in force.
    """
    if not _CAN:
        return
    with _lock:
        zone = _of_call or (UTC if _is_shown else os.environ.get("TZ"))
        if zone is None:
            os.unsetenv("TZ")
        else:
            os.putenv("TZ", zone)
        if not (_names() == _UTC_NAMES and (zone in (UTC, ":UTC") or names == _UTC_NAMES)):
            time.tzset()


def _names() -> tuple[tuple[str, str], int]:
    return time.tzname, time.timezone
