"""moto as the backend: it keeps tables, queues, buses and rules in this process.

moto is called directly, without its ``mock_aws``, which would answer before the emulator's own services and takes
longer to enter than a whole test. Its earlier contents, such as the tables of a user's own ``mock_aws`` or of an outer
emulator, are set aside at the first request and put back when the emulator closes.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from emulator.aws.interception import AwsRequest, at_aws, blocked_message
from emulator.aws.unread import Unread, unread_in_moto
from emulator.errors import NotEmulatedError, RealAwsBlockedError

_in_use: "list[MotoBackend]" = []
"""The backends that have used moto and are not closed, the latest last: moto's contents are the latest's."""


class MotoBackend:
    """Answers requests with moto's services. moto is imported at the first request."""

    def __init__(self) -> None:
        self.used = False
        self._before: list[tuple[Any, dict[str, Any]]] = []
        self._slow_down: Callable[[], None] | None = None

    def send(self, request: AwsRequest) -> Any:
        """moto's response; raises ``RealAwsBlockedError`` for operations that moto lacks.

        Raises ``NotEmulatedError`` for services that this installation of moto lacks packages for.
        """
        from botocore.awsrequest import AWSResponse
        from moto.core.botocore_stubber import MockRawResponse
        from moto.core.models import botocore_stubber

        if self not in _in_use:
            self.used = True
            self._before = _set_aside()
            _in_use.append(self)
        if request.service == "dynamodb" and self._slow_down is None:
            from emulator.aws.moto_tables import speed_up

            self._slow_down = speed_up()
        prepared = request.prepared
        original = prepared.url
        prepared.url = at_aws(original, request.service, request.region)
        try:
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
        return unread_in_moto() if self in _in_use and self is _in_use[-1] else []

    def close(self) -> None:
        """Delete everything stored, and put back moto's earlier contents, in whatever order backends close."""
        if self in _in_use:
            at = _in_use.index(self)
            del _in_use[at]
            if at < len(_in_use):
                _in_use[at]._before = self._before  # the later one uses moto now, and will put these back
            else:
                _reset()
                _put_back(self._before)
            self._before = []
        if self._slow_down is not None:
            self._slow_down()
            self._slow_down = None


def _set_aside() -> list[tuple[Any, dict[str, Any]]]:
    """Take everything out of moto: pairs of a service's ``BackendDict`` and its backends by account."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    held = [(backends, dict(backends)) for backends in BackendDict._instances]
    for backends, _ in held:
        backends.clear()
    BackendDict._instances.clear()
    reset_model_data()
    return held


def _put_back(held: list[tuple[Any, dict[str, Any]]]) -> None:
    from moto.core.base_backend import BackendDict

    for backends, by_account in held:
        backends.update(by_account)
        BackendDict._instances.append(backends)


def _reset() -> None:
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()
