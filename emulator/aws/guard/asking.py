"""The open emulator as the guards see it: who answers, where refusals are noted, and who asks."""

import inspect
import sys
from functools import cache
from types import FrameType
from typing import Any, Final, Literal, NoReturn, TypeAlias
from urllib.parse import urlsplit

from emulator.aws import interception
from emulator.aws.guard.hosts import is_aws
from emulator.aws.owners import current
from emulator.places import is_users

Author: TypeAlias = Literal["moto", "library", "user"]

PAGE: Final = "docs/nothing-leaves.md says what is answered and what is refused."


def check(host: Any, what: str) -> None:
    """Refuse ``what`` if ``host`` is AWS's, or if moto asks for it; raises ``RealAwsBlockedError``."""
    if is_aws(host):
        refuse(what)
    check_moto(what)


def check_moto(what: str) -> None:
    """Refuse ``what`` if moto asks for it: its services answer in this process and send nothing."""
    if is_by_moto():
        refuse(f"{what}, which moto would send by itself")


def check_url(method: str, url: str) -> None:
    """Refuse a request as ``check`` does."""
    check(urlsplit(url).hostname, f"{method} {url}")


def refuse(what: str, why: str = PAGE) -> NoReturn:
    """Raise ``RealAwsBlockedError``; code that swallows it cannot hide it, for it is in ``emulator.blocked``."""
    interception.refuse(what, f"\n    {why}")


def ask(request: interception.AwsRequest) -> Any:
    """The response of the emulator that answers this thread."""
    owner = current()
    if owner is None:  # it is closing, in another thread
        refuse(f"{request.prepared.method} {request.prepared.url}")
    return interception.ask(request, owner)


def is_by_moto() -> bool:
    """Whether a line of moto asks: the innermost frame that is neither a library's nor ours."""
    if "moto" not in sys.modules:
        return False
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        author = _author(frame.f_code.co_filename)
        if author != "library":
            return author == "moto"
        frame = frame.f_back
    return False


@cache
def _author(filename: str) -> Author:
    path = filename.replace("\\", "/")
    if "-packages/moto/" in path:
        return "moto"
    return "user" if is_users(filename) else "library"
