"""Reserved concurrency: 0 means that no call is accepted. Other numbers are kept and shown; calls are not counted."""

from typing import Final

from emulator.aws.responses import HttpResponse
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import invalid, respond, violated
from emulator.lambda_api.store import Store, arn_of

ACCOUNT_LIMIT: Final = 1000
"""Concurrent executions of an account and region (quotas of AWS Lambda)."""
UNRESERVED: Final = 100
"""What an account keeps for functions without a reservation."""
_SIZES: Final = {"TotalCodeSize": 80_530_636_800, "CodeSizeUnzipped": 262_144_000, "CodeSizeZipped": 52_428_800}


def put(store: Store, call: Call) -> HttpResponse:
    """``PutFunctionConcurrency``."""
    arn, count = _arn(store, call), call.members["ReservedConcurrentExecutions"]
    if count < 0:
        raise violated(count, "reservedConcurrentExecutions", "Member must have value greater than or equal to 0")
    if _unreserved(store, call, without=arn) - count < UNRESERVED:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED}]."
        )
    store.functions.reserved[arn] = count
    return respond(200, {"ReservedConcurrentExecutions": count})


def get(store: Store, call: Call) -> HttpResponse:
    """``GetFunctionConcurrency``."""
    count = store.functions.reserved.get(_arn(store, call))
    return respond(200, {} if count is None else {"ReservedConcurrentExecutions": count})


def delete(store: Store, call: Call) -> HttpResponse:
    """``DeleteFunctionConcurrency``."""
    store.functions.reserved.pop(_arn(store, call), None)
    return respond(204, None)


def account(store: Store, call: Call) -> HttpResponse:
    """``GetAccountSettings``."""
    functions = store.functions.all(call.region)
    size = sum(store.record(arn_of(each)).shown.get("CodeSize", 0) for each in functions)
    limit = {
        **_SIZES,
        "ConcurrentExecutions": ACCOUNT_LIMIT,
        "UnreservedConcurrentExecutions": _unreserved(store, call),
    }
    return respond(
        200, {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": size, "FunctionCount": len(functions)}}
    )


def _arn(store: Store, call: Call) -> str:
    return store.arn(call, version=":$LATEST")


def _unreserved(store: Store, call: Call, without: str = "") -> int:
    arns = [arn_of(each) for each in store.functions.all(call.region)]
    return ACCOUNT_LIMIT - sum(store.functions.reserved.get(arn, 0) for arn in arns if arn != without)
