"""Resource policies: one for each qualifier of a function. They are kept and shown; permissions are not checked."""

import json
import re
from typing import Any, Final

from emulator.aws.arns import Arn, is_arn
from emulator.aws.responses import HttpResponse
from emulator.lambda_.call import LATEST
from emulator.lambda_api.call import Call
from emulator.lambda_api.errors import GONE, conflict, invalid, no_function, not_found, respond, stale
from emulator.lambda_api.store import Policy, Store, arn_of

_CONDITIONS: Final = (
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)
"""Member, operator and key of a condition (recorded on AWS)."""


def add(store: Store, call: Call) -> HttpResponse:
    """``AddPermission``."""
    arn, qualifier = _place(store, call)
    if qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    policies = store.record(arn).policies
    policy = policies.get(qualifier) or Policy()
    _check_revision(store, call, arn, qualifier)
    sid = call.text("StatementId")
    if sid in policy.statements:
        raise conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
            "existing statement."
        )
    resource = f"{arn}:{qualifier}" if qualifier else arn
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": _principal(call.text("Principal"), Arn.parse(arn).partition),
        "Action": call.text("Action"),
        "Resource": resource,
    }
    conditions: dict[str, dict[str, Any]] = {}
    for member, operator, key in _CONDITIONS:
        if call.members.get(member):
            conditions.setdefault(operator, {})[key] = call.members[member]
    if conditions:
        statement["Condition"] = conditions
    policy.statements[sid] = statement
    policies[qualifier] = policy
    _changed(store, arn, policy)
    return respond(201, {"Statement": json.dumps(statement, separators=(",", ":"))})


def get(store: Store, call: Call) -> HttpResponse:
    """``GetPolicy``."""
    arn, qualifier = _place(store, call)
    policy = store.record(arn).policies.get(qualifier)
    if policy is None:
        raise not_found(GONE)
    content = {"Version": "2012-10-17", "Id": "default", "Statement": list(policy.statements.values())}
    text = json.dumps(content, separators=(",", ":"))
    return respond(200, {"Policy": text, "RevisionId": policy.revision_id})


def remove(store: Store, call: Call) -> HttpResponse:
    """``RemovePermission``; the policy goes with its last statement."""
    arn, qualifier = _place(store, call)
    policies = store.record(arn).policies
    policy = policies.get(qualifier)
    if policy is None:
        none = f"No policy found for: {arn}:{qualifier}"
        raise not_found(none if qualifier else "No policy is associated with the given resource.")
    _check_revision(store, call, arn, qualifier)
    sid = call.text("StatementId")
    if sid not in policy.statements:
        raise not_found(f"Statement {sid} is not found in resource policy.")
    del policy.statements[sid]
    if not policy.statements:
        del policies[qualifier]
    _changed(store, arn, policy)
    return respond(204, None)


def _place(store: Store, call: Call) -> tuple[str, str | None]:
    """The function's ARN and the qualifier; raises ``ResourceNotFoundException`` for an unknown one."""
    arn, qualifier = arn_of(store.function(call)), call.qualifier
    if qualifier is not None and not store.published(arn).has(qualifier):
        raise (
            no_function(f"{arn}:{qualifier}")
            if qualifier.isdecimal()
            else not_found(f"Cannot find alias arn: {arn}:{qualifier}")
        )
    return arn, qualifier


def _check_revision(store: Store, call: Call, arn: str, qualifier: str | None) -> None:
    """The revision is the policy's, or that of what the policy is for (recorded on AWS)."""
    given = call.members.get("RevisionId")
    policy = store.record(arn).policies.get(qualifier)
    known = {store.record(arn).revision_id, policy.revision_id if policy else ""}
    if given and given not in known:
        raise stale("GetPolicy" if qualifier else "GetFunction/GetAlias")


def _changed(store: Store, arn: str, policy: Policy) -> None:
    policy.revision_id = store.new_revision(arn)


def _principal(text: str, partition: str) -> Any:
    if text == "*":
        return text
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:{partition}:iam::{text}:root"}
    if is_arn(text):
        return {"AWS": text}
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text):
        return {"Service": text}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")
