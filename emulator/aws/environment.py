"""The environment variables that protect a developer's own account while an emulator is active.

They prevent these traps: a stale ``AWS_SESSION_TOKEN`` beside fake keys, a profile that does not exist or needs a
login, an ``AWS_ENDPOINT_URL`` left in the shell, the metadata service of a machine in the cloud, and the session that
``boto3.client`` creates once and keeps, with the keys that it found first.
"""

import os
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

FAKE: Final[Mapping[str, str]] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
REMOVED: Final = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")


_open: "list[Environment]" = []
"""The open environments, the latest last."""


class Environment:
    """Fake credentials while it is open; ``close`` puts back the old ones, in whatever order environments close.

    ``access_key`` is that of an external backend: other programs that this process starts find the same account there.
    """

    def __init__(self, region: str, *, access_key: str | None = None) -> None:
        endpoints = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]
        changed = (*FAKE, *REMOVED, *endpoints, "AWS_DEFAULT_REGION", "AWS_REGION")
        self._before = {name: os.environ.get(name) for name in changed}
        for name in (*REMOVED, *endpoints):
            os.environ.pop(name, None)
        os.environ.update(FAKE)
        if access_key is not None:
            os.environ["AWS_ACCESS_KEY_ID"] = access_key
        os.environ.update({"AWS_DEFAULT_REGION": region, "AWS_REGION": region})
        self._session = None
        boto3: Any = sys.modules.get("boto3")
        if boto3 is not None:
            self._session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, _default_session(access_key)
        _open.append(self)

    def close(self) -> None:
        """Put back the changed variables and boto3's session.

        While a later environment is open, its values stay in force; it then puts back the values from before this one.
        """
        at = _open.index(self)
        del _open[at]
        if at < len(_open):
            later = _open[at]
            later._before |= self._before
            later._session = self._session
            return
        boto3: Any = sys.modules.get("boto3")
        if boto3 is not None:
            boto3.DEFAULT_SESSION = self._session
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _default_session(_access_key: str | None) -> Any:
    """The session of ``boto3.client`` inside emulators: one for each access key, which it reads on first use.

    A new session for each emulator would read the service models again.
    """
    import boto3

    return boto3.session.Session()
