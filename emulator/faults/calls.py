"""Which operation a fault is for, as people write it; which one a Task calls; and the resources that a call names.

An operation is written with boto3's name of the service or Step Functions' (``stepfunctions``, ``states``, ``sfn``),
and the API's name of the operation, Step Functions' or boto3's (``PutItem``, ``putItem``, ``put_item``).
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final, NamedTuple

from asl.problems import did_you_mean
from asl.resources import Resource
from emulator.aws.arns import name_of
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.names import OTHER_NAMES, service_model, services
from emulator.errors import EmulatorError
from emulator.integrations.optimized import called_operation

EXAMPLE: Final = 'faults.fail("dynamodb:PutItem", "ThrottlingException")'
_PATTERNS: Final = re.compile(r"\.(sync|sync:2|waitForTaskToken)$")
_TO_APIS: Final = ("http:invoke", "apigateway:invoke")
"""Resources whose calls are no requests of an AWS API; each is a service of its own here."""


class Operations(NamedTuple):
    """The operations that a fault is for. ``service`` is boto3's name, empty for all services."""

    text: str
    service: str
    names: tuple[str, ...]
    """The API's names of the operations; empty for all services."""

    def hold(self, service: str, operation: str) -> bool:
        """Whether it is one of them; services with one endpoint, such as ``rds`` and ``docdb``, are the same."""
        if not self.service:
            return service not in _TO_APIS
        return operation in self.names and prefix_of(service) == prefix_of(self.service)


@lru_cache(maxsize=256)
def read_operations(text: str) -> Operations:
    """The operations that ``text`` names: ``dynamodb:PutItem``, ``dynamodb:*``, ``dynamodb``, ``*``.

    Raises ``EmulatorError`` for a service or an operation that boto3 does not have, with the nearest.
    """
    asked = _PATTERNS.sub("", text.removeprefix("arn:aws:states:::")).removeprefix("aws-sdk:")
    given, _, pattern = asked.partition(":")
    if given == "*" and pattern in ("", "*"):
        return Operations(text, "", ())
    if asked in _TO_APIS:
        return Operations(text, asked, ("Invoke",))
    of, _, name = called_operation(given, pattern).partition(":")  # of its own name: elasticmapreduce:addStep
    if name and of in services().values() and name in service_model(of).operation_names:
        return Operations(text, of, (name,))
    service = _service(given)
    if service is None:
        known = {*services(), *services().values(), *OTHER_NAMES}
        near = did_you_mean(asked, _TO_APIS) or did_you_mean(given, known)
        hint = near or f"fix: write service:Operation, such as {EXAMPLE}"
        raise EmulatorError(f"{text!r}: boto3 has no service {given!r}\n    {hint}")
    found = _named(service, pattern or "*")
    for sibling in () if found else _siblings(service):
        if found := _named(sibling, pattern):
            service = sibling
            break
    if not found:
        hint = _nearest_operation(service, pattern) or "fix: boto3's page of the service lists its operations"
        raise EmulatorError(f"{text!r}: {service} has no operation {pattern!r}\n    {hint}")
    return Operations(text, service, found)


def _service(name: str) -> str | None:
    """boto3's name of a service, by that name, Step Functions' or the endpoint's."""
    known = services()
    if name in known.values():
        return name
    return known.get(name) or known.get(OTHER_NAMES.get(name, ""))


def _siblings(service: str) -> Iterator[str]:
    """Services that are a part of this one: ``bedrock-runtime`` of ``bedrock``."""
    yield from (each for each in services().values() if each.startswith(f"{service}-"))


def _named(service: str, pattern: str) -> tuple[str, ...]:
    """The operations of a service that ``pattern`` names, in whatever casing, or with ``*`` in it."""
    names, asked = service_model(service).operation_names, pattern.replace("_", "").lower()
    if "*" in pattern:
        return tuple(name for name in names if fnmatchcase(name.lower(), asked))
    return tuple(name for name in names if name.lower() == asked)


def _nearest_operation(service: str, pattern: str) -> str | None:
    """``Did you mean "BatchGetItem"?``; of a pattern the nearest one that names an operation."""
    names = service_model(service).operation_names
    if "*" not in pattern:
        return did_you_mean(pattern, names)
    start = pattern.partition("*")[0].rstrip(":")
    words = {f"{name[:end]}*" for name in names for end in range(3, len(name)) if name[end].isupper()}
    return did_you_mean(f"{start}*", words) if start else None


@lru_cache(maxsize=1024)
def operation_of(resource: Resource) -> tuple[str, str] | None:
    """The service (boto3's name) and the operation that a Task calls; ``None`` for what is no request to a service."""
    if resource.kind == "lambda":
        return "lambda", "Invoke"
    if resource.kind != "service":
        return None
    if (plain := f"{resource.service}:{resource.action}") in _TO_APIS:
        return plain, "Invoke"
    try:
        found = read_operations(plain)
    except EmulatorError:  # the check of the definition tells
        return None
    return found.service, found.names[0]


# Resources ------------------------------------------------------------------------------------------------------------

_CONTENT: Final = frozenset({"body", "messagebody", "message", "payload", "input", "detail", "subject", "content"})
"""Members, in lower case, that are what is sent, not the name of anything."""
_NESTED: Final[Mapping[str, str]] = {"RequestItems": "", "TransactItems": "TableName", "Entries": "EventBusName"}
"""Members that name resources inside: as keys, or as a member of each entry (perhaps of the entry's only member)."""


def names_in(members: Mapping[str, Any]) -> frozenset[str]:
    """The names of the resources in the members of a request: whole values, and the parts of ARNs and URLs."""
    found: set[str] = set()
    for name, value in members.items():
        if isinstance(value, str) and name.lower() not in _CONTENT:
            found |= names_of(value)
        elif name in _NESTED:
            found |= _names_inside(value, _NESTED[name])
    return frozenset(found)


def names_of(text: str) -> set[str]:
    """A value and, of an ARN or a URL, the parts of its resource: ``.../123456789012/orders`` is ``orders``, too."""
    if text.startswith("arn:"):
        return {text, *re.split("[:/]", text.split(":", 5)[-1])}
    return {text, name_of(text), *([text.split("/")[2]] if "://" in text else ())}


def _names_inside(value: Any, member: str) -> set[str]:
    if not member:
        return set(value) if isinstance(value, dict) else set()
    entries = value if isinstance(value, list) else []
    each = [inner for entry in entries if isinstance(entry, dict) for inner in (entry, *entry.values())]
    named = {inner[member] for inner in each if isinstance(inner, dict) and isinstance(inner.get(member), str)}
    if member == "EventBusName" and any(isinstance(entry, dict) and "EventBusName" not in entry for entry in entries):
        named.add("default")
    return {part for name in named for part in names_of(name)}
