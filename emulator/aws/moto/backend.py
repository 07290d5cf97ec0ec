"""moto as the backend: it keeps tables, queues, buses and rules in this process.

moto is called directly, without its ``mock_aws``, which would answer before the emulator's own services and takes
longer to enter than a whole test. Each emulator has contents of its own in moto (``contents``).
"""

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from emulator.aws.interception import AwsRequest, at_aws, blocked_message
from emulator.aws.moto.contents import Contents, in_place
from emulator.aws.unread import Unread, unread_in_moto
from emulator.errors import NotEmulatedError, RealAwsBlockedError


class MotoBackend:
    """Answers requests with moto's services. moto is imported at the first request."""

    def __init__(self) -> None:
        self.used = False
        self._contents = Contents()
        self._slow_down: Callable[[], None] | None = None

    def send(self, request: AwsRequest) -> Any:
        """moto's response; raises ``RealAwsBlockedError`` for operations that moto lacks.

        Raises ``NotEmulatedError`` for services that this installation of moto lacks packages for.
        """
        from botocore.awsrequest import AWSResponse
        from moto.core.botocore_stubber import MockRawResponse
        from moto.core.models import botocore_stubber

        self.used = True
        if request.service == "dynamodb" and self._slow_down is None:
            from emulator.aws.moto.tables import speed_up

            self._slow_down = speed_up()
        prepared = request.prepared
        original = prepared.url
        prepared.url = at_aws(original, request.service, request.region)
        try:
            with in_place(self._contents):
                answered = botocore_stubber.process_request(prepared)
        except ModuleNotFoundError as error:  # each of moto's extras installs packages of some services
            raise NotEmulatedError(
                f"{request.service}:{request.operation}: moto needs {error.name} to answer it\n"
                f"    fix: pip install {error.name}, or moto's extra for the service, as in 'moto[{request.service}]'"
            ) from None
        finally:
            prepared.url = original
        if answered is None or (answered[0] == 404 and answered[2] == "Not yet implemented"):
            host = urlsplit(original).hostname
            raise RealAwsBlockedError(
                blocked_message(f"{request.service}:{request.operation} to {host}, which moto cannot answer")
            )
        status, headers, body = answered
        return AWSResponse(original, status, headers, MockRawResponse(body))

    def unread(self) -> list[Unread]:
        """The messages that were never received."""
        if not self.used:
            return []
        with in_place(self._contents):
            return unread_in_moto()

    def knows_key(self, key: str) -> bool:
        """Whether moto made this access key: for a user of IAM, or for a role that STS gave out."""
        if not self.used:
            return False
        with in_place(self._contents):
            return key in _keys()

    def close(self) -> None:
        """Delete everything stored; the other contents of moto are as before, in whatever order backends close."""
        if self.used:
            self._contents.close()
            self.used = False
        if self._slow_down is not None:
            self._slow_down()
            self._slow_down = None


def _keys() -> set[str]:
    """The access keys of IAM's users and of the roles that STS gave out, in every account."""
    iam = _each("moto.iam.models", "iam_backends")
    sts = _each("moto.sts.models", "sts_backends")
    users = {key.access_key_id for backend in iam for user in backend.users.values() for key in user.access_keys}
    return users | {role.access_key_id for backend in sts for role in backend.assumed_roles}


def _each(module: str, name: str) -> list[Any]:
    """A service's backends of every account and region; none if the service is not loaded."""
    backends: Any = getattr(sys.modules.get(module), name, {})
    return [backend for by_region in list(backends.values()) for backend in list(by_region.values())]
