"""Connections of EventBridge, as HTTP Tasks use them: how a request is authorized, and what is added to it.

moto keeps and describes connections. Their secrets are kept here, because AWS shows none of them: DescribeConnection
has no password, client secret or value of an API key, and no value that is marked as a secret.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from emulator.aws.arns import Arn
from emulator.aws.refusals import AwsError

PARAMETERS: Final[Mapping[str, str]] = {
    "API_KEY": "ApiKeyAuthParameters",
    "BASIC": "BasicAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
"""Type of authorization -> the member of AuthParameters with its values."""
SECRETS: Final = ("Password", "ClientSecret", "ApiKeyValue")
OPERATIONS: Final = ("CreateConnection", "UpdateConnection", "DeleteConnection", "DescribeConnection")


class Connection(NamedTuple):
    """A connection with its secrets. ``parameters`` are the AuthParameters of the API."""

    arn: str
    type: str
    parameters: Mapping[str, Any]

    @property
    def authorization(self) -> Mapping[str, Any]:
        """The values of its type of authorization."""
        found: Mapping[str, Any] = self.parameters.get(PARAMETERS[self.type]) or {}
        return found

    def added(self, where: str) -> dict[str, str]:
        """What it adds to each request: ``Header``, ``QueryString`` or ``Body`` parameters."""
        return pairs_of(self.parameters.get("InvocationHttpParameters"), where)


def pairs_of(parameters: Mapping[str, Any] | None, where: str) -> dict[str, str]:
    """The ``Header``, ``QueryString`` or ``Body`` parameters of InvocationHttpParameters or OAuthHttpParameters."""
    return {each["Key"]: each.get("Value", "") for each in (parameters or {}).get(f"{where}Parameters") or ()}


class Connections:
    """The connections of one emulator."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str], Connection] = {}
        """Region and name -> the connection."""
        self.changed: list[Callable[[str], None]] = []
        """Called with the ARN of a connection that has changed."""

    def check(self, operation: str, body: Mapping[str, Any], region: str) -> None:
        """Raise ``AwsError`` for a request that AWS refuses and moto does not; the texts are ours."""
        if operation == "CreateConnection" and (region, body["Name"]) in self._connections:
            raise AwsError("ResourceAlreadyExistsException", f"Connection {body['Name']} already exists.")
        kind, given = str(body.get("AuthorizationType")), body.get("AuthParameters")
        if kind in PARAMETERS and given is not None and PARAMETERS[kind] not in given:
            raise AwsError(
                "ValidationException",
                f"Parameter AuthParameters is not valid. Reason: {PARAMETERS[kind]} is required for {kind}.",
            )

    def answered(self, operation: str, body: Mapping[str, Any], region: str, content: bytes) -> bytes:
        """Note what moto has done, and show no secrets."""
        key = region, body["Name"]
        if operation == "DeleteConnection":
            self._connections.pop(key, None)
            return content
        answer = json.loads(content)
        if operation == "DescribeConnection":
            return json.dumps({**answer, "AuthParameters": _shown(answer.get("AuthParameters") or {})}).encode()
        before = self._connections.get(key)
        kind = body.get("AuthorizationType") or (before.type if before else "")
        parameters = body.get("AuthParameters")
        if parameters is None and before is not None:
            parameters = before.parameters
        self._connections[key] = Connection(answer["ConnectionArn"], kind, parameters or {})
        for tell in self.changed:
            tell(answer["ConnectionArn"])
        return content

    def find(self, arn: str) -> Connection | None:
        """The connection with this ARN; its last part, which is random, need not be there."""
        parsed = Arn.parse(arn)
        name = parsed.name.removeprefix("connection/").partition("/")[0]
        found = self._connections.get((parsed.region, name))
        return found if found is not None and f"{found.arn}/".startswith(f"{arn.rstrip('/')}/") else None

    def names(self) -> Iterator[str]:
        """The names of all connections."""
        return (name for _, name in self._connections)


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    hidden = (*SECRETS, "Value") if value.get("IsValueSecret") else SECRETS
    return {name: _shown(each) for name, each in value.items() if name not in hidden}
