"""``http:invoke``: a request with an EventBridge connection, answered as ``emulator.targets.web`` says."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from asl.effects import CallTarget
from asl.resources import Resource
from emulator.answers import Answer, Reply
from emulator.aws.arns import is_arn, region_of
from emulator.errors import NotEmulatedError
from emulator.eventbridge.connections import Connection, Connections
from emulator.execution import Execution
from emulator.integrations.http_fields import connection_arn
from emulator.targets.failures import RUNTIME
from emulator.targets.http_requests import RefusedError, request_of, result_of, token_request
from emulator.targets.target import Parts, Target, place
from emulator.targets.web import LONGEST, Asked, Web

SOCKET: Final = "States.Http.Socket"
LATE: Final = f"No response came within {round(LONGEST.total_seconds())} seconds."
PREFIX: Final = "Events.ConnectionResource."
_UNAUTHORIZED: Final = (401, 407)


class HttpInvoke(Target):
    """Calls HTTPS APIs."""

    def __init__(self, parts: Parts) -> None:
        self._world = parts.world
        self._web = Web(parts.world, parts.endpoints, parts.api_at)
        self._parts = parts
        self._tokens: dict[str, str] = {}
        """The ARN of a connection -> its OAuth token, until a response says 401 or 407."""
        self._watches = False

    @staticmethod
    def supports(resource: Resource) -> str | None:
        """It can always be called."""
        return None

    def call(self, execution: Execution, call: CallTarget) -> Reply:
        """The response, or the failure that AWS makes of it."""
        given = call.argument.value
        assert isinstance(given, dict), "the machine has checked it"
        arn = connection_arn(given)
        assert arn is not None, "the machine has checked it"
        connection = self._connections.find(arn) if is_arn(arn) else None
        if connection is None:
            self._check_here(execution, call, arn)
            method, url = str(given["Method"]), str(given["ApiEndpoint"])
            self._web.check(execution, call, method, url, f"connection {arn} does not exist, and ")
            cause = f"Connection {arn} does not exist."
            return Reply(Answer(error=f"{PREFIX}ResourceNotFound", cause=cause), self._world.now())
        token = None
        if connection.type == "OAUTH_CLIENT_CREDENTIALS":
            found = self._token(execution, call, connection)
            if isinstance(found, Reply):
                return found
            token = found
        try:
            request = request_of(given, connection, region_of(execution.arn), token)
        except RefusedError as error:
            return Reply(Answer(error=RUNTIME, cause=str(error), refused=True), self._world.now())
        return self._reply(self._web.ask(execution, call, request), connection)

    @property
    def _connections(self) -> Connections:
        found = self._parts.connections()
        if not self._watches:
            self._watches = True
            found.changed.append(self._forget)
        return found

    def _forget(self, arn: str) -> None:
        self._tokens.pop(arn, None)

    def _check_here(self, execution: Execution, call: CallTarget, arn: str) -> None:
        """Raise ``NotEmulatedError`` when an external backend keeps connections: it does not return their secrets."""
        if self._world.remote("events") is not None:
            where = place(execution.state_machine, call.state_name)
            raise NotEmulatedError(
                f"http:invoke ({where}): the connection {arn} is at an external backend, which does not return its "
                "secrets\n    fix: keep EventBridge in this process (backend={'events': 'moto', '*': ...})"
            )

    def _reply(self, asked: Asked, connection: Connection) -> Reply:
        if asked.received is None:
            return Reply(Answer(error=SOCKET, cause=LATE), asked.at)
        if asked.received.status in _UNAUTHORIZED:
            self._forget(connection.arn)
        return Reply(result_of(asked.received), asked.at, asked.received.error)

    def _token(self, execution: Execution, call: CallTarget, connection: Connection) -> str | Reply:
        """The connection's token, requested when there is none, or the failure of a connection without one."""
        if connection.arn not in self._tokens:
            asked = self._web.ask(execution, call, token_request(connection), "an OAuth token: ")
            token = _access_token(asked)
            if token is None:
                status = "none" if asked.received is None else asked.received.status
                cause = f"The connection {connection.arn} got no access token: the response's status was {status}."
                error = f"{PREFIX}InvalidConnectionState"
                raised = None if asked.received is None else asked.received.error
                return Reply(Answer(error=error, cause=cause), asked.at, raised)
            self._tokens[connection.arn] = token
        return self._tokens[connection.arn]


def in_time(reply: Reply | None, now: datetime) -> Reply:
    """The reply of a stub, a delay or an API to a call made ``now``: none comes after more than 60 seconds."""
    if reply is not None and reply.at <= now + LONGEST:
        return reply
    return Reply(Answer(error=SOCKET, cause=LATE), now + LONGEST)


def _access_token(asked: Asked) -> str | None:
    if asked.received is None or not 200 <= asked.received.status < 300:
        return None
    try:
        found: Any = json.loads(asked.received.body)
    except ValueError:
        return None
    token = found.get("access_token") if isinstance(found, Mapping) else None
    return token if isinstance(token, str) and token else None
