"""The open emulator as the guards see it: who answers, where refusals are noted, and who asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any, Final, NoReturn

from emulator.aws import interception
from emulator.aws.guard.hosts import is_aws
from emulator.aws.owners import current

PAGE: Final = "docs/nothing-leaves.md says what is answered and what is refused."


def check(host: Any, what: str) -> None:
    """Refuse ``what`` if ``host`` is AWS's, or if moto asks for it; raises ``RealAwsBlockedError``."""
    if is_aws(host):
        refuse(what)
    check_moto(what)


def check_moto(what: str) -> None:
    """Refuse ``what`` if moto asks for it: its services answer in this process and send nothing.

    What a server of moto's sends that the user has started is the user's own business, and so is the code that runs
    in a ``mock_aws``, though lines of moto are on the stack of both.
    """
    if _thread.moto_answers:
        refuse(f"{what}, which moto would send by itself")


def refuse(what: str, why: str = PAGE) -> NoReturn:
    """Raise ``RealAwsBlockedError``; code that swallows it cannot hide it, for it is in ``emulator.blocked``."""
    interception.refuse(what, f"\n    {why}")


def ask(request: interception.AwsRequest) -> Any:
    """The response of the emulator that answers this thread."""
    owner = current()
    if owner is None:  # it is closing, in another thread
        refuse(f"{request.prepared.method} {request.prepared.url}")
    return interception.ask(request, owner)


@contextmanager
def moto_answers() -> Iterator[None]:
    """A block in which this thread asks moto to answer a request: moto itself sends nothing meanwhile."""
    before, _thread.moto_answers = _thread.moto_answers, True
    try:
        yield
    finally:
        _thread.moto_answers = before


class _Thread(local):
    """Whether moto answers a request of ours in this thread."""

    moto_answers = False


_thread: Final = _Thread()
