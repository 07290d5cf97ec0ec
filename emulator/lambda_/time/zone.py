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
_own: object = None
"""What ``time`` shows of the process's own zone."""


def show_utc() -> Callable[[], None]:
    """Make UTC the local time zone until the result is called."""
    _change(_of_call, is_shown=True)
    return lambda: _change(_of_call, is_shown=False)


def set_by_call(name: str | None) -> None:
    """Make ``name`` the zone, which is a running function's own; ``None`` when it ends."""
    _change(name, is_shown=_is_shown)


def _change(of_call: str | None, *, is_shown: bool) -> None:
    global _is_shown, _of_call, _own
    with _lock:
        if not (_is_shown or _of_call):
            _own = _names()
        _of_call, _is_shown = of_call, is_shown
        bring()


def bring() -> None:
    """Tell the C library the zone that the table says. ``tzset`` reads files: it is left out where UTC stays UTC."""
    if not _CAN:
        return
    with _lock:
        zone, names = _of_call or (UTC if _is_shown else os.environ.get("TZ")), None
        if zone is None:
            os.unsetenv("TZ")
        else:
            os.putenv("TZ", zone)
        if not (_is_shown or _of_call):
            names = _own
        elif zone in (UTC, ":UTC"):
            names = _UTC_NAMES
        if not names == _names() == _UTC_NAMES:
            time.tzset()


def _names() -> tuple[tuple[str, str], int]:
    return time.tzname, time.timezone
