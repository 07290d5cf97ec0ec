"""One request to Lambda: its operation and its members, checked against the service model."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from emulator.aws import names
from emulator.aws.interception import AwsRequest
from emulator.aws.members import check_members, without_nulls, without_unknown
from emulator.aws.operations import Asked
from emulator.aws.refusals import AwsError
from emulator.errors import NotEmulatedError
from emulator.functions import qualifier_of
from emulator.lambda_.refusals import QUALIFIERS_DIFFER
from emulator.lambda_api.errors import invalid, violated

NOTHING: Final[tuple[Any, ...]] = (None, False, "", [], {}, {"ApplyOn": "None"})
"""Values allowed for a member that is not emulated: they mean the same as its absence."""
NAME_LIMIT: Final = 64
ARN_LIMIT: Final = 140
LARGEST_PAGE: Final = 50


class Call(NamedTuple):
    """A request; ``members`` come from its path, its query and its JSON body."""

    operation: str
    members: Mapping[str, Any]
    request: AwsRequest

    @property
    def region(self) -> str:
        """The region that the request was sent to."""
        return self.request.region

    @property
    def name(self) -> str:
        """The member FunctionName: a name, a partial ARN or an ARN."""
        return self.text("FunctionName")

    @property
    def qualifier(self) -> str | None:
        """The version or alias that the request names, in either place; raises ``AwsError`` for two of them."""
        given: str | None = self.members.get("Qualifier") or None
        named = qualifier_of(self.name)
        if given and named and given != named:
            raise invalid(QUALIFIERS_DIFFER)
        return given or named

    def text(self, member: str) -> str:
        """A member that must be there, and text."""
        value = self.members.get(member)
        if not isinstance(value, str) or not value:
            raise invalid(f"{member} is {value!r}; it must be text")
        return value

    def only(self, known: Iterable[str]) -> Mapping[str, Any]:
        """The members; raises ``NotEmulatedError`` for another one with a value not in ``NOTHING``."""
        for member, value in self.members.items():
            if member not in known and value not in NOTHING:
                raise NotEmulatedError(f"{self.operation}: {member}={json.dumps(value)} is not emulated.")
        return self.members

    def page(self, entries: Sequence[Any], member: str) -> dict[str, Any]:
        """One page of a list, ``Marker`` being the number of the entries before it."""
        marker = self.members.get("Marker") or "0"
        if not str(marker).isdecimal():
            raise invalid(f"Marker {marker!r} is not one that a list has answered")
        size = min(self.members.get("MaxItems") or LARGEST_PAGE, LARGEST_PAGE)
        start = int(marker)
        end = start + max(size, 1)
        more = {"NextMarker": str(end)} if end < len(entries) else {}
        return {member: list(entries[start:end]), **more}


def read(request: AwsRequest, asked: Asked, *, is_checked: bool = True) -> Call:
    """The call of a request; when it is checked, raises ``AwsError`` for members that the model does not allow."""
    model = names.service_model("lambda")
    shape = model.operation_model(asked.operation).input_shape
    assert shape is not None or not asked.labels
    query = parse_qs(urlsplit(request.prepared.url).query, keep_blank_values=True)
    members: dict[str, Any] = {}
    if asked.operation not in ("Invoke", "InvokeAsync", "InvokeWithResponseStream"):
        members |= _body(request.body)
    for name, member in {} if shape is None else shape.members.items():
        wire = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                members[name] = asked.labels[wire]
            case "querystring" if wire in query:
                members[name] = _typed(query[wire], member.type_name, name)
    members = without_nulls(without_unknown(shape, members))
    if not is_checked:
        return Call(asked.operation, members, request)
    required = {"Payload": b"", "InvokeArgs": b""}  # the body itself
    check_members(model, asked.operation, {**required, **members})
    if "FunctionName" in members:
        _check_name(members["FunctionName"], shape)
    return Call(asked.operation, members, request)


def _body(content: bytes) -> dict[str, Any]:
    try:
        members = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise AwsError("InvalidRequestContentException", "Could not parse request body into json")
    return members


def _typed(values: list[str], kind: str, member: str) -> Any:
    if kind == "list":
        return values
    if kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d{1,9}", values[0]):
            raise violated(values[0], member[:1].lower() + member[1:], "Member must be a number")
        return int(values[0])
    return values[0] == "true" if kind == "boolean" else values[0]


def _check_name(name: str, shape: Any) -> None:
    """The length first, then the operation's own pattern (recorded on AWS)."""
    limit = ARN_LIMIT if ":" in name else NAME_LIMIT
    if len(name) > limit:
        error = violated(name, "functionName", f"Member must have length less than or equal to {limit}")
        raise invalid(error.message)
    pattern = shape.members["FunctionName"].metadata.get("pattern", ".*")
    if not re.fullmatch(pattern, name):
        raise violated(name, "functionName", f"Member must satisfy regular expression pattern: {pattern}")
