"""Express machines: what differs from Standard ones.

Texts and shapes are those recorded on AWS (``test_sfn_api_express``, ``test_express_sync``), or of the service model.
"""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from emulator import Emulator, EmulatorError
from tests.emulator.stepfunctions.test_service import ARN, PASS, ROLE, WAIT, refusal

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

LONG = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 301, "End": True}}})
UNSUPPORTED = ("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


@pytest.fixture
def sfn(emulator: Emulator) -> "SFNClient":
    client: SFNClient = boto3.client("stepfunctions")
    return client


def create(sfn: "SFNClient", definition: str = PASS, name: str = "fast") -> str:
    created = sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE, type="EXPRESS")
    return created["stateMachineArn"]


# Machines ------------------------------------------------------------------------------------------------------------


def test_the_type_is_kept_and_shown(sfn: "SFNClient") -> None:
    arn = create(sfn)
    assert arn == f"{ARN}:stateMachine:fast"
    assert sfn.describe_state_machine(stateMachineArn=arn)["type"] == "EXPRESS"
    assert [each["type"] for each in sfn.list_state_machines()["stateMachines"]] == ["EXPRESS"]


def test_another_type_of_the_same_name_is_another_machine_and_refused(sfn: "SFNClient") -> None:
    arn = create(sfn)
    assert create(sfn) == arn
    assert refusal(sfn.create_state_machine, name="fast", definition=PASS, roleArn=ROLE) == (
        "StateMachineAlreadyExists",
        f"State Machine Already Exists: '{arn}'",
    )


def test_an_update_keeps_the_type_and_its_rules(sfn: "SFNClient") -> None:
    arn = create(sfn)
    sfn.update_state_machine(stateMachineArn=arn, definition=WAIT)
    described = sfn.describe_state_machine(stateMachineArn=arn)
    assert (described["type"], described["definition"]) == ("EXPRESS", WAIT)
    activity = {"Type": "Task", "Resource": f"{ARN}:activity:a", "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": activity}})
    code, message = refusal(sfn.update_state_machine, stateMachineArn=arn, definition=definition)
    assert code == "InvalidDefinition"
    assert "Express state machine does not support Activity ARN at /States/A/Resource" in message


# Asynchronous executions ---------------------------------------------------------------------------------------------


def test_a_name_may_be_used_again_and_each_start_runs(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn)
    first = sfn.start_execution(stateMachineArn=arn, name="same", input='{"n": 1}')["executionArn"]
    again = sfn.start_execution(stateMachineArn=arn, name="same", input='{"n": 1}')["executionArn"]
    assert first.rpartition(":")[0] == again.rpartition(":")[0] == f"{ARN}:express:fast:same"
    assert first != again
    assert [each.arn for each in emulator.executions] == [first, again]
    assert {each.status for each in emulator.executions} == {"SUCCEEDED"}


def test_executions_are_not_listed_described_stopped_or_shown(sfn: "SFNClient") -> None:
    arn = create(sfn)
    started = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    assert refusal(sfn.list_executions, stateMachineArn=arn) == UNSUPPORTED
    refused = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    for operation in ("describe_execution", "stop_execution", "get_execution_history", "list_map_runs"):
        assert refusal(getattr(sfn, operation), executionArn=started) == refused
    assert refusal(sfn.describe_state_machine_for_execution, executionArn=started) == refused


def test_an_execution_has_five_minutes(emulator: Emulator) -> None:
    execution = emulator.run(emulator.state_machine(LONG, type="EXPRESS"))
    assert (execution.status, execution.elapsed) == ("TIMED_OUT", timedelta(minutes=5))
    assert emulator.run(emulator.state_machine(LONG)).status == "SUCCEEDED"


def test_a_run_shows_everything(emulator: Emulator) -> None:
    machine = emulator.state_machine(WAIT, name="fast", type="EXPRESS")
    execution = emulator.run(machine, {"n": 1}, name="a")
    assert emulator.run(machine, {"n": 1}, name="a").arn != execution.arn
    assert machine.type == "EXPRESS"
    assert execution.arn.startswith(f"{ARN}:express:fast:a:")
    assert (execution.output, execution.path, execution.elapsed) == ({"n": 1}, ["W"], timedelta(minutes=1))
    assert execution.history[0]["type"] == "ExecutionStarted"


def test_the_type_of_a_machine_is_checked(emulator: Emulator) -> None:
    with pytest.raises((EmulatorError, ValueError), match="EXPRESS"):
        emulator.state_machine(PASS, type="FAST")  # type: ignore[arg-type]


def test_one_definition_without_a_name_makes_a_machine_of_each_type(emulator: Emulator) -> None:
    first, second = emulator.state_machine(PASS), emulator.state_machine(PASS, type="EXPRESS")
    assert (first.type, second.type) == ("STANDARD", "EXPRESS")
    assert first.arn != second.arn


def status_rule(emulator: Emulator) -> Any:
    sqs, events = emulator.client("sqs"), emulator.client("events")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.states"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}])
    return lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])


def test_no_status_change_event_tells_of_it(emulator: Emulator) -> None:
    messages = status_rule(emulator)
    emulator.run(emulator.state_machine(PASS, type="EXPRESS"))
    assert messages() == []
    emulator.run(emulator.state_machine(PASS))
    assert len(messages()) == 2


def test_a_rule_starts_it(emulator: Emulator, sfn: "SFNClient") -> None:
    arn, events = create(sfn), emulator.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "m", "Arn": arn, "RoleArn": ROLE}])
    for number in range(2):
        entry = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"n": number})}
        events.put_events(Entries=[entry])
    assert [each.input["detail"] for each in emulator.executions] == [{"n": 0}, {"n": 1}]
    assert all(each.arn.startswith(f"{ARN}:express:fast:") for each in emulator.executions)
    assert emulator.bus.undelivered == []


def test_a_deleted_machine_is_gone_with_its_executions(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, WAIT)
    sfn.start_execution(stateMachineArn=arn)
    sfn.delete_state_machine(stateMachineArn=arn)
    assert sfn.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    emulator.clock.advance(minutes=1)
    assert refusal(sfn.describe_state_machine, stateMachineArn=arn)[0] == "StateMachineDoesNotExist"
