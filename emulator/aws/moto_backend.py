"""moto as the backend: it keeps tables, queues, buses and rules in this process and answers for them.

moto is asked directly, without its ``mock_aws``: that would stand before the emulator's own services, and entering it
costs more than a whole test. What it stores is emptied when an emulator begins and ends.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from emulator.aws.door import AwsRequest, at_aws, blocked
from emulator.errors import NotEmulatedError, RealAwsBlockedError


class MotoBackend:
    """Answers requests with moto's services. Importing moto waits until the first request."""

    def __init__(self) -> None:
        self.used = False
        self._slow_down: Callable[[], None] | None = None

    def send(self, request: AwsRequest) -> Any:
        """moto's response; raises ``RealAwsBlockedError`` for what moto does not have.

        Raises ``NotEmulatedError`` for what this installation of moto cannot do.
        """
        from botocore.awsrequest import AWSResponse
        from moto.core.botocore_stubber import MockRawResponse
        from moto.core.models import botocore_stubber

        if not self.used:
            self.used = True
            _reset()
        if request.service == "dynamodb" and self._slow_down is None:
            from emulator.aws.moto_tables import speed_up

            self._slow_down = speed_up()
        prepared = request.prepared
        original = prepared.url
        prepared.url = at_aws(original, request.service, request.region)
        try:
            answered = botocore_stubber.process_request(prepared)
        except ModuleNotFoundError as error:  # each of moto's extras brings what some services need
            raise NotEmulatedError(
                f"{request.service}:{request.operation}: moto needs {error.name} to answer it\n"
                f"    fix: pip install {error.name}, or moto's extra for the service, as in 'moto[{request.service}]'"
            ) from None
        finally:
            prepared.url = original
        if answered is None or (answered[0] == 404 and answered[2] == "Not yet implemented"):
            host = urlsplit(original).hostname
            raise RealAwsBlockedError(
                blocked(f"{request.service}:{request.operation} to {host}, which moto cannot answer")
            )
        status, headers, body = answered
        return AWSResponse(original, status, headers, MockRawResponse(body))

    def close(self) -> None:
        """Forget everything that was stored; moto's DynamoDB is its own again when no other emulator uses it."""
        if self.used:
            _reset()
        if self._slow_down is not None:
            self._slow_down()
            self._slow_down = None


def _reset() -> None:
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()
