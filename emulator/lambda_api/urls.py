"""Function URLs: one for the function, and one for each alias. Who may call is not looked at.

Recorded on AWS in LocalStack's ``lambda_/test_lambda_api`` (``test_url_config_*``).
"""

import re
from typing import Any, Final

from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import GONE, conflict, not_found, respond, violated
from emulator.lambda_api.store import Store, UrlConfig

BUFFERED: Final = "BUFFERED"
_ALIAS: Final = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"


def create(store: Store, call: Call) -> HttpResponse:
    """``CreateFunctionUrlConfig``."""
    _check_qualifier(call)
    try:
        arn = store.named(call).arn
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise not_found("Function does not exist") from None
    if arn in store.urls:
        told = "FunctionUrlConfig exists for this Lambda function"
        raise conflict(f"Failed to create function url config for [functionArn = {arn}]. Error message:  {told}")
    _check_mode(call)
    now = store.now()
    made = UrlConfig(store.open_urls.open(arn), call.text("AuthType"), call.members.get("Cors"), now, now)
    store.urls[arn] = made
    store.open_urls.configure(made.url, made.cors)
    return respond(201, {name: value for name, value in _shown(arn, made).items() if name != "LastModifiedTime"})


def get(store: Store, call: Call) -> HttpResponse:
    """``GetFunctionUrlConfig``."""
    arn, found = _found(store, call)
    return respond(200, _shown(arn, found))


def update(store: Store, call: Call) -> HttpResponse:
    """``UpdateFunctionUrlConfig``: it changes what is given."""
    arn, found = _found(store, call)
    _check_mode(call)
    found.auth_type = call.members.get("AuthType") or found.auth_type
    found.cors = call.members.get("Cors", found.cors)
    found.changed = store.now()
    store.open_urls.configure(found.url, found.cors)
    return respond(200, _shown(arn, found))


def delete(store: Store, call: Call) -> HttpResponse:
    """``DeleteFunctionUrlConfig``."""
    arn, found = _found(store, call)
    store.open_urls.close(found.url)
    del store.urls[arn]
    return respond(204, None)


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListFunctionUrlConfigs``: those of the function and of its aliases."""
    function = store.arn(call)
    found = [_shown(arn, each) for arn, each in store.urls.items() if arn == function or arn.startswith(f"{function}:")]
    return respond(200, call.page(found, "FunctionUrlConfigs"))


def _check_qualifier(call: Call) -> None:
    """A URL is of the function or of an alias, not of a version (recorded: ``test_url_config_exceptions``)."""
    given = call.members.get("Qualifier")
    if given is not None and not re.fullmatch(_ALIAS, given):
        raise violated(given, "qualifier", f"Member must satisfy regular expression pattern: {_ALIAS}")


def _found(store: Store, call: Call) -> tuple[str, UrlConfig]:
    _check_qualifier(call)
    arn = store.named(call).arn
    if arn not in store.urls:
        raise not_found(GONE)
    return arn, store.urls[arn]


def _check_mode(call: Call) -> None:
    mode = call.members.get("InvokeMode") or BUFFERED
    if mode != BUFFERED:
        raise NotEmulatedError(f"{call.operation}: InvokeMode={mode} is not emulated: no response would be streamed")


def _shown(arn: str, config: UrlConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "FunctionUrl": config.url,
        "FunctionArn": arn,
        "AuthType": config.auth_type,
        "CreationTime": config.created,
        "LastModifiedTime": config.changed,
        "InvokeMode": BUFFERED,
    }
    return shown if config.cors is None else {**shown, "Cors": config.cors}
