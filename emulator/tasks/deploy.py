"""Creates the AWS side of background tasks with plain boto3: table, event bus, state machine, and their rule.

The Lambda function is created elsewhere (``make_handler`` returns its handler); its ARN is an argument. Existing
resources are reused; the state machine's definition and the rule are updated.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from .machine import LATEST, definition
from .storage import Storage, create_table
from .transport import DETAIL_TYPE

LOCALSTACK_ROLE: Final = "arn:aws:iam::000000000000:role/background-tasks"
"""A role in LocalStack's account, for backends that check none."""
TARGET_ID: Final = "background-task-sfn"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The names and ARNs of the created resources; ``Tasks`` takes ``table_name`` and ``event_bus_name``."""

    table_name: str
    event_bus_name: str
    rule_arn: str
    state_machine_arn: str


def deploy(
    clients: Callable[[str], Any],
    *,
    lambda_arn: str,
    table_name: str = "background-tasks",
    event_bus_name: str = "background-tasks",
    state_machine_name: str = "background-task-sfn",
    rule_name: str = "background-task-event",
    role_arn: str = LOCALSTACK_ROLE,
    machine: str = LATEST,
) -> Deployment:
    """Create the resources; ``clients(service)`` returns boto3 clients (dynamodb, events, stepfunctions).

    The rule matches every event with detail-type ``WebinyBackgroundTask`` on the bus, from any source, and starts the
    machine with the whole event. The table's service manifest names the machine, for tasks that start it without the
    bus. ``role_arn`` is the role of both the machine and the rule. ``machine`` is the release whose definition is
    deployed, a value of ``Profile.machine``.
    """
    create_table(clients("dynamodb"), table_name)
    machine_arn = _state_machine(
        clients("stepfunctions"), state_machine_name, definition(lambda_arn, machine), role_arn
    )
    Storage(clients("dynamodb"), table_name).write_machine_arn(machine_arn)
    events = clients("events")
    _event_bus(events, event_bus_name)
    rule = events.put_rule(
        Name=rule_name,
        EventBusName=event_bus_name,
        EventPattern=json.dumps({"detail-type": [DETAIL_TYPE]}),
        State="ENABLED",
    )
    put = events.put_targets(
        Rule=rule_name,
        EventBusName=event_bus_name,
        Targets=[{"Id": TARGET_ID, "Arn": machine_arn, "RoleArn": role_arn}],
    )
    if put.get("FailedEntryCount"):
        raise RuntimeError(f"EventBridge rejected {machine_arn} as a target: {put['FailedEntries']}")
    return Deployment(table_name, event_bus_name, rule["RuleArn"], machine_arn)


def _event_bus(events: Any, name: str) -> None:
    if name == "default":
        return
    with suppress(events.exceptions.ResourceAlreadyExistsException):
        events.create_event_bus(Name=name)


def _state_machine(client: Any, name: str, text: str, role_arn: str) -> str:
    pages = client.get_paginator("list_state_machines").paginate()
    found = {machine["name"]: machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]}
    if arn := found.get(name):
        client.update_state_machine(stateMachineArn=arn, definition=text, roleArn=role_arn)
        return str(arn)
    made = client.create_state_machine(name=name, definition=text, roleArn=role_arn)
    return str(made["stateMachineArn"])
