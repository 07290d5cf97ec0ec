"""Which operation of a service a request asks for, and with what members, read by botocore's model of the service.

The JSON protocols name the operation in ``X-Amz-Target``, the query protocols in ``Action``, which is in a form or in
the URL's query, CBOR in the path. The REST protocols have a method and a path, which are compared with the model's
(``requestUri``): most literal parts first, and of two operations with the same path the one that is not deprecated.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from emulator.aws import names
from emulator.aws.endpoint_prefixes import services_of
from emulator.aws.interception import AwsRequest, is_form

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from botocore.model import OperationModel

_QUERY_PROTOCOLS: Final = frozenset({"query", "ec2"})
_CBOR_PATH: Final = re.compile(r"/service/[^/]+/operation/(\w+)")


class Asked(NamedTuple):
    """An operation of a service (boto3's name), and the labels of its path with their values."""

    service: str
    operation: str
    labels: Mapping[str, str]


class Path(NamedTuple):
    """An operation's place at its service: the parts of its path, of which labels are written ``{Name}``."""

    operation: str
    method: str
    parts: tuple[str, ...]
    query: frozenset[tuple[str, str]]
    """What the URL's query must have."""
    headers: frozenset[str]
    """The headers that the request must have: ``x-amz-copy-source`` is CopyObject's, not PutObject's."""
    rank: tuple[int, int, int, bool]
    """Fixed parameters of the query, literal parts of the path, headers, and whether it is in use: more is better."""

    def labels(self, given: list[str]) -> dict[str, str] | None:
        """The labels' values in a path's parts; ``None`` for a path of another form. ``{Key+}`` takes many parts."""
        many = next((number for number, part in enumerate(self.parts) if part.endswith("+}")), None)
        if many is not None:
            rest = len(self.parts) - many - 1
            end = len(given) - rest
            if end <= many:
                return None
            given = [*given[:many], "/".join(given[many:end]), *given[end:]]
        if len(given) != len(self.parts):
            return None
        pairs = list(zip(self.parts, given, strict=True))
        if any(value != part for part, value in pairs if not part.startswith("{")) or not all(given):
            return None
        return {part.strip("{+}"): unquote(value) for part, value in pairs if part.startswith("{")}


def asked(request: AwsRequest, service: str) -> Asked | None:
    """The operation of ``service`` (boto3's name) that ``request`` asks for; ``None`` if the service has no such."""
    named = _named(request, service)
    if named is not None:
        known = named in names.service_model(service).operation_names
        return Asked(service, named, {}) if known else None
    parts = urlsplit(request.url)
    path = parts.path
    query = frozenset(parse_qsl(parts.query, keep_blank_values=True))
    given = _parts(path)
    for place in paths(service):
        if place.method == request.prepared.method and place.query <= query:
            labels = place.labels(given)
            if labels is not None and all(map(request.header, place.headers)):
                return Asked(service, place.operation, labels)
    return None


def identify(request: AwsRequest) -> Asked | None:
    """The operation that ``request`` asks for, of the first service with its endpoint prefix that has it."""
    found = (asked(request, service) for service in services_of(request.service))
    return next((each for each in found if each is not None), None)


def full_name(request: AwsRequest) -> str:
    """``service:Operation``; the service is the endpoint prefix, which most services of boto3 are named as."""
    found = identify(request)
    return f"{request.service}:{request.operation if found is None else found.operation}"


def _named(request: AwsRequest, service: str) -> str | None:
    """The operation's name, where the protocol sends it."""
    if (action := request.form.get("Action")) and _has_query_protocol(service):
        return action
    if target := request.header("X-Amz-Target"):
        return target.rpartition(".")[2]
    if match := _CBOR_PATH.fullmatch(urlsplit(request.prepared.url).path):
        return match[1]
    return None


@cache
def _has_query_protocol(service: str) -> bool:
    metadata = names.service_model(service).metadata
    return not _QUERY_PROTOCOLS.isdisjoint([*metadata.get("protocols", ()), metadata.get("protocol", "")])


@cache
def paths(service: str) -> tuple[Path, ...]:
    """The paths of a REST service, the most exact first."""
    model = names.service_model(service)
    found = (_path(model.operation_model(name)) for name in model.operation_names)
    return tuple(sorted(found, key=lambda path: path.rank, reverse=True))


def _path(operation: "OperationModel") -> Path:
    path, _, query = operation.http["requestUri"].partition("?")
    parts = tuple(_parts(path))
    fixed = frozenset(parse_qsl(query, keep_blank_values=True))
    literal = sum(not part.startswith("{") for part in parts)
    headers = _needed_headers(operation)
    rank = (len(fixed), literal, len(headers), not operation.deprecated)
    return Path(operation.name, operation.http["method"], parts, fixed, headers, rank)


def _needed_headers(operation: "OperationModel") -> frozenset[str]:
    """The headers of the members that a request must have."""
    shape = operation.input_shape
    if shape is None:
        return frozenset()
    needed = (shape.members[name].serialization for name in shape.required_members)
    return frozenset(each["name"] for each in needed if each.get("location") == "header")


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


def members(request: AwsRequest, asked: Asked) -> dict[str, Any]:
    """The members of a request; of a form, by their names on the wire (``Attributes.entry.1.key``).

    Of XML, each element is a mapping of its children, a list of the texts and mappings of one name. A body that cannot
    be read has no members: the service itself refuses it.
    """
    content_type = request.header("Content-Type")
    if (form := request.form) and _has_query_protocol(asked.service):
        return form
    if is_form(content_type):
        return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    body = _body(request, content_type)
    shape = names.service_model(asked.service).operation_model(asked.operation).input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    found: dict[str, Any] = {payload: body} if payload is not None else {}
    query = dict(parse_qsl(urlsplit(request.prepared.url).query, keep_blank_values=True))
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        place = member.serialization.get("location")
        sources = {"uri": asked.labels, "querystring": query, "header": request.prepared.headers}
        source: Mapping[str, Any] = sources.get(place, {}) if place else body if isinstance(body, dict) else {}
        if wire in source and name != payload:
            value = source[wire]
            found[name] = value.decode("latin-1") if isinstance(value, bytes) and place == "header" else value
    return found


def _body(request: AwsRequest, content_type: str) -> Any:
    content = request.body
    if not content:
        return {}
    from xml.etree import ElementTree  # most requests have no XML

    try:
        if "cbor" in content_type or request.header("smithy-protocol") == "rpc-v2-cbor":
            return cbor(content)
        if content.lstrip().startswith(b"<"):
            return _element(ElementTree.fromstring(content))
        return json.loads(content)
    except (ValueError, RecursionError, ElementTree.ParseError, KeyError, IndexError):
        return {}


def cbor(content: bytes) -> Any:
    """The value of a body in CBOR; raises errors of many kinds for a body that is none."""
    from botocore.parsers import RpcV2CBORParser

    return RpcV2CBORParser().parse_data_item(BytesIO(content))


def _element(element: "Element") -> Any:
    if len(element) == 0:
        return (element.text or "").strip()
    children: dict[str, list[Any]] = {}
    for child in element:
        children.setdefault(child.tag.rpartition("}")[2], []).append(_element(child))
    return children
