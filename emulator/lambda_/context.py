"""The second argument of a handler, with the attributes and ``repr`` of Lambda's Python runtime."""

import base64
import json
import sys
from typing import Any, Final

from emulator.lambda_.outcomes import TimeStandsStill
from emulator.lambda_.payload import CONTEXT_UNMARSHAL_ERROR, LambdaRuntimeError
from emulator.lambda_.time.handler_time import HandlerTime

MOST_QUESTIONS: Final = 100_000
"""How often a handler may read its remaining time while the time does not move."""


class _Shown:
    """``Name([a=1,b=2])``, the ``repr`` of all these objects on Lambda."""

    def __repr__(self) -> str:
        shown = ",".join(f"{name}={value}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"{type(self).__name__}([{shown}])"


class CognitoIdentity(_Shown):
    """The caller's Cognito identity; always present, with attributes of None if the caller had none."""

    def __init__(self, identity: dict[str, Any]) -> None:
        self.cognito_identity_id = identity.get("cognitoIdentityId")
        self.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")


class Client(_Shown):
    """The calling mobile application."""

    def __init__(self, client: dict[str, Any]) -> None:
        self.installation_id = client.get("installation_id")
        self.app_title = client.get("app_title")
        self.app_version_name = client.get("app_version_name")
        self.app_version_code = client.get("app_version_code")
        self.app_package_name = client.get("app_package_name")


class ClientContext(_Shown):
    """The client context that the caller sent along with the event."""

    def __init__(self, context: dict[str, Any]) -> None:
        self.custom = context.get("custom")
        self.env = context.get("env")
        client = context.get("client")
        self.client = None if client is None else Client(client)


class LambdaContext(_Shown):
    """The facts that a handler gets about its call; its remaining time is read from the call's ``HandlerTime``."""

    def __init__(
        self,
        handler_time: HandlerTime,
        *,
        request_id: str,
        function_name: str,
        function_version: str,
        memory_mb: int,
        invoked_function_arn: str,
        log_group_name: str,
        log_stream_name: str,
        client_context: str | None = None,
        cognito_identity: str | None = None,
    ) -> None:
        """``client_context`` and ``cognito_identity`` are JSON text, or ``LambdaRuntimeError`` is raised."""
        client = _parse(client_context, "Client Context") if client_context else None
        identity = _parse(cognito_identity, "Cognito Identity") if cognito_identity else None
        self.aws_request_id = request_id
        self.log_group_name = log_group_name
        self.log_stream_name = log_stream_name
        self.function_name = function_name
        self.memory_limit_in_mb = str(memory_mb)
        self.function_version = function_version
        self.invoked_function_arn = invoked_function_arn
        self.client_context = None if client is None else ClientContext(client)
        self.identity = CognitoIdentity(identity or {})
        self.tenant_id = None
        self._handler_time = handler_time
        self._asked_at = -1
        self._asked = 0

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout ends the call, on virtual time; never below 0.

        Raises ``TimeStandsStill`` at call number ``MOST_QUESTIONS`` if the time has not moved: only sleeping moves it.
        """
        now = self._handler_time.elapsed_microseconds()
        self._asked = self._asked + 1 if now == self._asked_at else 1
        self._asked_at = now
        if self._asked >= MOST_QUESTIONS:
            raise TimeStandsStill
        return self._handler_time.remaining_milliseconds()

    def log(self, msg: object) -> None:
        """Write ``msg`` to standard output, which is the log, without adding a line end."""
        sys.stdout.write(str(msg))


def context_text(encoded: object) -> str | None:
    """The JSON text of a ClientContext, which is base64 in a request; raises ``ValueError`` for anything else."""
    return base64.b64decode(str(encoded), validate=True).decode() if encoded else None


def _parse(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise LambdaRuntimeError(CONTEXT_UNMARSHAL_ERROR, f"Unable to parse {name} JSON: {error}") from None
