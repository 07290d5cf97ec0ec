"""How the events of asynchronous calls are handled: retries, age, destinations. Recorded on AWS.

Each qualifier has a configuration of its own; without one, ``$LATEST`` is meant.
"""

from typing import Any, Final

from emulator.asynchronous import LONGEST_AGE_SECONDS, InvokeConfig
from emulator.aws.arns import Arn, is_arn
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.clock import EPOCH
from emulator.errors import NotEmulatedError
from emulator.lambda_.call import LATEST
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import invalid, not_found, respond, violated
from emulator.lambda_api.store import Store, arn_of

KINDS: Final = ("sqs", "sns", "lambda", "events")
"""The services of destinations."""
RANGES: Final = {"MaximumRetryAttempts": (0, 2), "MaximumEventAgeInSeconds": (60, LONGEST_AGE_SECONDS)}
_DESTINATION: Final = "DestinationConfig"


def put(store: Store, call: Call) -> HttpResponse:
    """``PutFunctionEventInvokeConfig``: it replaces all that was set."""
    return _set(store, call, _named(store, call, checked=True), InvokeConfig())


def update(store: Store, call: Call) -> HttpResponse:
    """``UpdateFunctionEventInvokeConfig``: it changes what is given."""
    arn = _named(store, call, checked=True)
    return _set(store, call, arn, _found(store, arn))


def get(store: Store, call: Call) -> HttpResponse:
    """``GetFunctionEventInvokeConfig``."""
    arn = _named(store, call)
    return respond(200, _shown(arn, _found(store, arn)))


def delete(store: Store, call: Call) -> HttpResponse:
    """``DeleteFunctionEventInvokeConfig``."""
    arn = _named(store, call)
    _found(store, arn)
    del store.async_calls.configs[arn]
    return respond(204, None)


def list_(store: Store, call: Call) -> HttpResponse:
    """``ListFunctionEventInvokeConfigs``: those of every qualifier."""
    function = _named(store, call).rpartition(":")[0]
    found = [_shown(arn, each) for arn, each in store.async_calls.configs.items() if arn.rpartition(":")[0] == function]
    return respond(200, call.page(found, "FunctionEventInvokeConfigs"))


def _named(store: Store, call: Call, *, checked: bool = False) -> str:
    """The ARN with the qualifier whose configuration is meant; ``checked``: the request sets something."""
    if checked and not call.members.keys() & {*RANGES, _DESTINATION}:
        raise invalid("You must specify at least one of error handling or destination setting.")
    try:
        named = store.named(call)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise not_found("The function doesn't exist.") from None
        raise
    return named.arn if call.qualifier else f"{named.arn}:{LATEST}"


def _found(store: Store, arn: str) -> InvokeConfig:
    found = store.async_calls.configs.get(arn)
    if found is None:
        raise not_found(f"The function {arn} doesn't have an EventInvokeConfig")
    return found


def _set(store: Store, call: Call, arn: str, before: InvokeConfig) -> HttpResponse:
    given = call.members
    for member, (least, most) in RANGES.items():
        _check_range(member, given.get(member), least, most)
    config = before._replace(
        retries=given.get("MaximumRetryAttempts", before.retries),
        age_seconds=given.get("MaximumEventAgeInSeconds", before.age_seconds),
        changed_at=store.timeline.clock.now(),
    )
    if _DESTINATION in given:
        ends = given[_DESTINATION] or {}
        success, failure = ((ends.get(name) or {}).get("Destination") or None for name in ("OnSuccess", "OnFailure"))
        _check_destinations(store, call, arn, success, failure)
        config = config._replace(on_success=success, on_failure=failure)
    store.async_calls.configs[arn] = config
    return respond(200, _shown(arn, config))


def _check_range(member: str, value: Any, least: int, most: int) -> None:
    shown = member[:1].lower() + member[1:]
    if value is not None and value < least:
        raise violated(value, shown, f"Member must have value greater than or equal to {least}")
    if value is not None and value > most:
        raise violated(value, shown, f"Member must have value less than or equal to {most}")


def _check_destinations(store: Store, call: Call, arn: str, success: str | None, failure: str | None) -> None:
    for given in filter(None, (failure, success)):
        if not is_arn(given):
            raise invalid(f"The destination ARN {given} is invalid.")
        if Arn.parse(given).service == "lambda":
            found = store.functions.get(given, call.region)
            if found is None:
                raise invalid(f"The destination ARN {given} is invalid.")
            if arn_of(found) == arn.rpartition(":")[0]:
                raise invalid("You can't specify the function as a destination for itself.")
    if failure is not None and Arn.parse(failure).service == "s3":
        raise NotEmulatedError(f"{call.operation}: no record is written to {failure}; give a queue, topic or function")
    if not all(_is_destination(given) for given in (success, failure) if given is not None):
        on = [
            "null" if given is None else f"{name}(destination={given})"
            for name, given in (("OnSuccess", success), ("OnFailure", failure))
        ]
        raise invalid(
            f"The provided destination config DestinationConfig(onSuccess={on[0]}, onFailure={on[1]}) is invalid."
        )


def _is_destination(text: str) -> bool:
    arn = Arn.parse(text)
    return arn.service in KINDS and not (arn.service in ("sqs", "sns") and arn.name.endswith(".fifo"))


def _shown(arn: str, config: InvokeConfig) -> dict[str, Any]:
    assert config.changed_at is not None
    ends = {"OnSuccess": config.on_success, "OnFailure": config.on_failure}
    known = {"MaximumRetryAttempts": config.retries, "MaximumEventAgeInSeconds": config.age_seconds}
    return {
        "FunctionArn": arn,
        "LastModified": round((config.changed_at - EPOCH).total_seconds(), 3),
        **{name: value for name, value in known.items() if value is not None},
        _DESTINATION: {name: {} if end is None else {"Destination": end} for name, end in ends.items()},
    }
