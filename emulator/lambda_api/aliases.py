"""Aliases: names for versions, with a share of the calls for a second version. Recorded on AWS."""

import re
from collections.abc import Mapping
from typing import Any, Final

from emulator.aws.responses import HttpResponse
from emulator.lambda_.call import LATEST
from emulator.lambda_.published import Alias
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import conflict, invalid, no_function, not_found, respond, violated
from emulator.lambda_api.store import Store

_NAME: Final = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"


def create(store: Store, call: Call) -> HttpResponse:
    """``CreateAlias``."""
    arn, name = store.arn(call), call.text("Name")
    if not re.fullmatch(_NAME, name):
        raise violated(name, "name", f"Member must satisfy regular expression pattern: {_NAME}")
    aliases = store.published(arn).aliases
    if name in aliases:
        raise conflict(f"Alias already exists: {arn}:{name}")
    return respond(201, _put(store, arn, call, Alias(name, "")))


def update(store: Store, call: Call) -> HttpResponse:
    """``UpdateAlias``: an empty map of weights removes the routing."""
    arn, name = store.arn(call), call.text("Name")
    alias = store.published(arn).aliases.get(name)
    if alias is None:
        raise not_found(f"Alias not found: {arn}:{name}")
    store.check_revision(call, alias.revision_id)
    return respond(200, _put(store, arn, call, alias))


def get(store: Store, call: Call) -> HttpResponse:
    """``GetAlias``."""
    arn, name = store.arn(call), call.text("Name")
    alias = store.published(arn).aliases.get(name)
    if alias is None:
        raise not_found(f"Cannot find alias arn: {arn}:{name}")
    return respond(200, _shown(arn, alias))


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListAliases``, by name, also of one version."""
    arn, version = store.arn(call), call.members.get("FunctionVersion")
    aliases = sorted(store.published(arn).aliases.values(), key=lambda alias: alias.name)
    found = [alias for alias in aliases if not version or version in (alias.version, *alias.weights)]
    return respond(200, call.page([_shown(arn, alias) for alias in found], "Aliases"))


def delete(store: Store, call: Call) -> HttpResponse:
    """``DeleteAlias``, also of an alias that does not exist (recorded on AWS)."""
    arn = store.arn(call)
    store.published(arn).aliases.pop(call.text("Name"), None)
    store.record(arn).policies.pop(call.text("Name"), None)
    store.async_calls.forget(arn, call.text("Name"))
    return respond(204, None)


def _put(store: Store, arn: str, call: Call, before: Alias) -> dict[str, Any]:
    version = call.members.get("FunctionVersion", before.version)
    routing = call.members.get("RoutingConfig")
    weights = before.weights if routing is None else routing.get("AdditionalVersionWeights") or {}
    versions = store.published(arn).versions
    for each in (version, *weights):
        if each not in versions and not (each == LATEST and not weights):
            if each == LATEST:
                raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
            raise no_function(f"{arn}:{each}")
    _check_weights(version, weights)
    description = call.members.get("Description", before.description)
    alias = Alias(before.name, version, description, store.new_revision(arn), dict(weights))
    store.published(arn).aliases[alias.name] = alias
    return _shown(arn, alias)


def _check_weights(version: str, weights: Mapping[str, Any]) -> None:
    """Recorded on AWS."""
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for other, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise violated(
                f"{{{other}={weight}}}",
                "routingConfig.additionalVersionWeights",
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                "Member must have value greater than or equal to 0.0, Member must not be null]",
            )
        if other == version:
            raise invalid(
                f"Invalid function version {version}. Function version {version} is already included in routing "
                "configuration."
            )


def _shown(arn: str, alias: Alias) -> dict[str, Any]:
    routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(alias.weights)}} if alias.weights else {}
    return {
        "AliasArn": f"{arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
        **routing,
    }
