"""Express machines: what differs from Standard ones.

Texts and shapes are those recorded on AWS (``test_sfn_api_express``, ``test_express_sync``), or of the service model.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from emulator import Emulator, EmulatorError
from emulator.clock import DEFAULT_START
from tests.emulator.stepfunctions.test_service import ARN, PASS, ROLE, WAIT, refusal, without_metadata

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


# Synchronous executions ----------------------------------------------------------------------------------------------

FAIL = json.dumps({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No", "Cause": "sold out"}}})
CONTEXT = json.dumps({"StartAt": "C", "States": {"C": {"Type": "Pass", "Parameters": {"c.$": "$$"}, "End": True}}})


def test_a_synchronous_execution_is_described_when_it_has_ended(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, WAIT)
    answer = sfn.start_sync_execution(stateMachineArn=arn, name="a", input='{"n": 1}', traceHeader="Root=1-2")
    (execution,) = emulator.executions
    assert execution.arn.startswith(f"{ARN}:express:fast:a:")
    assert without_metadata(answer) == {
        "executionArn": execution.arn,
        "stateMachineArn": arn,
        "name": "a",
        "startDate": DEFAULT_START,
        "stopDate": DEFAULT_START + timedelta(minutes=1),
        "status": "SUCCEEDED",
        "input": '{"n": 1}',
        "inputDetails": {"included": True},
        "output": '{"n": 1}',
        "outputDetails": {"included": True},
        "traceHeader": "Root=1-2",
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 60_000},
    }
    assert emulator.clock.now() == DEFAULT_START + timedelta(minutes=1)


def test_a_synchronous_execution_that_fails_or_takes_too_long_is_an_answer_too(sfn: "SFNClient") -> None:
    failed = sfn.start_sync_execution(stateMachineArn=create(sfn, FAIL))
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "No", "sold out")
    assert ("output" in failed, failed["outputDetails"]) == (False, {"included": True})
    assert failed["billingDetails"]["billedDurationInMilliseconds"] == 100
    late = sfn.start_sync_execution(stateMachineArn=create(sfn, LONG, "late"))
    assert (late["status"], late["stopDate"] - late["startDate"]) == ("TIMED_OUT", timedelta(minutes=5))


def test_without_data_the_answer_says_so(sfn: "SFNClient") -> None:
    answer = sfn.start_sync_execution(stateMachineArn=create(sfn), includedData="METADATA_ONLY")
    assert not {"input", "output"} & answer.keys()
    assert (answer["inputDetails"], answer["outputDetails"]) == ({"included": False}, {"included": False})


def test_what_a_synchronous_start_is_refused(sfn: "SFNClient") -> None:
    standard = sfn.create_state_machine(name="slow", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    sync, arn = sfn.start_sync_execution, create(sfn)
    assert refusal(sync, stateMachineArn=standard) == UNSUPPORTED
    assert refusal(sync, stateMachineArn=arn, name="a b") == ("InvalidName", "Invalid Name: 'a b'")
    assert refusal(sync, stateMachineArn=arn, input="x")[0] == "InvalidExecutionInput"
    assert refusal(sync, stateMachineArn=f"{arn}2")[0] == "StateMachineDoesNotExist"
    assert refusal(sync, stateMachineArn=arn, includedData="SOME")[0] == "ValidationException"


def test_only_the_context_of_a_synchronous_execution_counts_no_redrives(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, CONTEXT)
    context = json.loads(sfn.start_sync_execution(stateMachineArn=arn)["output"])["c"]
    assert list(context["Execution"]) == ["Id", "Input", "StartTime", "Name", "RoleArn"]
    sfn.start_execution(stateMachineArn=arn)
    assert emulator.executions[1].output["c"]["Execution"]["RedriveCount"] == 0


# Synchronous executions of handlers ----------------------------------------------------------------------------------


def now() -> datetime:
    """As a handler reads it."""
    return datetime.now(UTC)  # noqa: TID251 - in the handler's time


def handler_of(machine_arn: str, told: list[Any]) -> Any:
    def handler(event: Any, context: Any) -> Any:
        began = now()
        answer = boto3.client("stepfunctions").start_sync_execution(stateMachineArn=machine_arn, input="{}")
        told.append((now() - began).total_seconds())
        return {"status": answer["status"], "seconds": (answer["stopDate"] - answer["startDate"]).total_seconds()}

    return handler


def by_invoke(emulator: Emulator) -> Any:
    return json.loads(emulator.client("lambda").invoke(FunctionName="api")["Payload"].read())


def by_task(emulator: Emulator) -> Any:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:api"
    execution = emulator.run({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}})
    assert execution.elapsed == timedelta(minutes=1)
    return execution.output


def by_start(emulator: Emulator) -> Any:
    """The clock may not move: the handler runs ahead."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:api"
    execution = emulator.start({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}})
    assert emulator.clock.now() == DEFAULT_START
    emulator.clock.advance(seconds=59)
    assert execution.status == "RUNNING"
    emulator.clock.advance(seconds=1)
    return execution.output


@pytest.mark.parametrize("call", [by_invoke, by_task, by_start])
def test_a_handler_waits_as_long_as_the_execution_takes(emulator: Emulator, sfn: "SFNClient", call: Any) -> None:
    told: list[Any] = []
    emulator.lambda_function("api", handler_of(create(sfn, WAIT), told), timeout_seconds=100)
    assert call(emulator) == {"status": "SUCCEEDED", "seconds": 60}
    assert told == [60]


@pytest.mark.parametrize("nested", [False, True])
def test_a_handler_whose_timeout_comes_first_times_out_and_the_execution_goes_on(
    emulator: Emulator, sfn: "SFNClient", nested: bool
) -> None:
    emulator.lambda_function("tell", lambda event, context: (now() - DEFAULT_START).total_seconds())
    functions = "arn:aws:lambda:us-east-1:123456789012:function"
    work = {
        "StartAt": "Pause",
        "States": {
            "Pause": {"Type": "Wait", "Seconds": 20, "Next": "Tell"},
            "Tell": {"Type": "Task", "Resource": f"{functions}:tell", "Next": "Again"},
            "Again": {"Type": "Wait", "Seconds": 20, "End": True},
        },
    }
    arn = create(sfn, json.dumps(work))
    if nested:
        arn = create(sfn, json.dumps(waiting(StateMachineArn=arn)), "outer")
    emulator.lambda_function("api", handler_of(arn, []), timeout_seconds=3)
    api = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": f"{functions}:api", "End": True}}}
    execution = emulator.run(api)
    assert (execution.error, execution.elapsed) == ("Sandbox.Timedout", timedelta(seconds=3))
    started = emulator.executions[1:]
    assert {each.status for each in started} == {"RUNNING"}
    assert len(started) == 1 + nested
    emulator.clock.advance(seconds=17)
    assert "Tell" in started[-1].path
    emulator.clock.advance(seconds=20)
    assert {each.status for each in started} == {"SUCCEEDED"}
    assert started[-1].states["Tell"].output == 20
    assert {each.elapsed for each in started} == {timedelta(seconds=40)}


def test_others_go_on_while_a_handler_waits(emulator: Emulator, sfn: "SFNClient") -> None:
    """A branch beside the handler's, the tasks of its execution, and a handler of these: each at its own time."""
    told: list[tuple[str, float]] = []

    def tell(what: str) -> None:
        told.append((what, (now() - DEFAULT_START).total_seconds()))

    def slow(event: Any, context: Any) -> None:
        tell("slow begins")
        time.sleep(10)  # noqa: TID251 - in the handler's time
        tell("slow ends")

    emulator.lambda_function("slow", slow)
    emulator.lambda_function("beside", lambda event, context: tell(f"beside {event}"))
    functions = "arn:aws:lambda:us-east-1:123456789012:function"
    work = {
        "StartAt": "Pause",
        "States": {
            "Pause": {"Type": "Wait", "Seconds": 20, "Next": "Slow"},
            "Slow": {"Type": "Task", "Resource": f"{functions}:slow", "End": True},
        },
    }
    told_seconds: list[Any] = []
    emulator.lambda_function("api", handler_of(create(sfn, json.dumps(work)), told_seconds))
    each = {"Type": "Task", "Resource": f"{functions}:beside", "End": True}
    pauses = [
        {
            "StartAt": f"Wait{at}",
            "States": {
                f"Wait{at}": {"Type": "Wait", "Seconds": at, "Next": f"Tell{at}"},
                f"Tell{at}": {**each, "Parameters": at},
            },
        }
        for at in (5, 25, 40)
    ]
    calls = {"StartAt": "Api", "States": {"Api": {"Type": "Task", "Resource": f"{functions}:api", "End": True}}}
    both = {"Type": "Parallel", "Branches": [calls, *pauses], "End": True}
    execution = emulator.run({"StartAt": "Both", "States": {"Both": both}})
    assert told == [
        ("beside 5", 5),
        ("slow begins", 20),
        ("beside 25", 25),
        ("slow ends", 30),
        ("beside 40", 40),
    ]
    assert (told_seconds, execution.elapsed) == ([30], timedelta(seconds=40))


def test_the_threads_of_a_handler_wait_beside_one_another(emulator: Emulator, sfn: "SFNClient") -> None:
    told: list[tuple[str, float]] = []

    def tell(event: Any, context: Any) -> None:
        told.append((event, (now() - DEFAULT_START).total_seconds()))

    def api(event: Any, context: Any) -> float:
        def ask(name: str) -> None:
            boto3.client("stepfunctions").start_sync_execution(stateMachineArn=arn, name=name)

        with ThreadPoolExecutor() as threads:
            list(threads.map(ask, ["a", "b"]))
        return (now() - DEFAULT_START).total_seconds()

    emulator.lambda_function("tell", tell)
    emulator.lambda_function("api", api)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:tell",
        "InputPath": "$$.Execution.Name",
    }
    work: dict[str, Any] = {
        "StartAt": "W1",
        "States": {
            "W1": {"Type": "Wait", "Seconds": 5, "Next": "T1"},
            "T1": {**task, "Next": "W2"},
            "W2": {"Type": "Wait", "Seconds": 5, "Next": "T2"},
            "T2": {**task, "End": True},
        },
    }
    arn = create(sfn, json.dumps(work))
    assert by_invoke(emulator) == 10
    assert told == [("a", 5), ("b", 5), ("a", 10), ("b", 10)]


def test_what_the_execution_of_a_handler_starts_begins_at_its_time(emulator: Emulator, sfn: "SFNClient") -> None:
    child = emulator.state_machine(PASS, name="child")
    work = {
        "StartAt": "Pause",
        "States": {
            "Pause": {"Type": "Wait", "Seconds": 20, "Next": "Start"},
            "Start": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn": child.arn, "Name": "c"},
                "End": True,
            },
        },
    }
    emulator.lambda_function("api", handler_of(create(sfn, json.dumps(work)), []), timeout_seconds=60)
    by_invoke(emulator)
    started = emulator.executions[-1]
    assert (started.name, started.started_at) == ("c", DEFAULT_START + timedelta(seconds=20))
    emulator.clock.advance(seconds=20)
    assert started.status == "SUCCEEDED"


def test_handlers_that_wait_for_one_another_for_ever_are_refused(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = f"{ARN}:stateMachine:fast"
    emulator.lambda_function("api", handler_of(arn, []))
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:api", "End": True}
    create(sfn, json.dumps({"StartAt": "T", "States": {"T": task}}))
    sfn.start_sync_execution(stateMachineArn=arn)
    (refused,) = emulator.blocked
    assert "10 callers wait for one another" in str(refused)
    emulator.blocked.clear()


# Synchronous executions of states ------------------------------------------------------------------------------------

WAITING: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution", "End": True}


def waiting(**parameters: Any) -> dict[str, Any]:
    return {"StartAt": "S", "States": {"S": {**WAITING, "Parameters": parameters}}}


def test_a_state_waits_for_an_execution(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, WAIT)
    execution = emulator.run(waiting(StateMachineArn=arn, Name="a", **{"Input.$": "States.JsonToString($)"}), {"n": 1})
    child = emulator.executions[1]
    assert execution.elapsed == timedelta(minutes=1)
    assert execution.output == {
        "BillingDetails": {"BilledDurationInMilliseconds": 60_000, "BilledMemoryUsedInMB": 64},
        "ExecutionArn": child.arn,
        "Input": '{"n":1}',
        "InputDetails": {"Included": True},
        "Name": "a",
        "Output": '{"n":1}',
        "OutputDetails": {"Included": True},
        "StartDate": "2030-01-01T00:00:00Z",
        "StateMachineArn": arn,
        "Status": "SUCCEEDED",
        "StopDate": "2030-01-01T00:01:00Z",
    }


def test_an_execution_that_fails_does_not_fail_the_state(emulator: Emulator, sfn: "SFNClient") -> None:
    execution = emulator.run(waiting(StateMachineArn=create(sfn, FAIL)))
    assert (execution.output["Status"], execution.output["Error"]) == ("FAILED", "No")


def test_a_state_is_refused_what_the_operation_refuses(emulator: Emulator, sfn: "SFNClient") -> None:
    standard = emulator.state_machine(PASS, name="slow")
    execution = emulator.run(waiting(StateMachineArn=standard.arn))
    assert execution.error == "Sfn.StateMachineTypeNotSupportedException"
    assert "This operation is not supported by this type of state machine" in (execution.cause or "")
    assert emulator.run(waiting(StateMachineArn=f"{standard.arn}2")).error == "Sfn.StateMachineDoesNotExistException"


def test_branches_go_on_while_a_state_waits_and_its_timeout_holds(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, WAIT)
    pause = {"StartAt": "P", "States": {"P": {"Type": "Wait", "Seconds": 30, "End": True}}}
    both = {"Type": "Parallel", "Branches": [waiting(StateMachineArn=arn), pause], "End": True}
    execution = emulator.run({"StartAt": "B", "States": {"B": both}})
    exits = {e["stateExitedEventDetails"]["name"]: e["timestamp"] for e in execution.history if "Exited" in e["type"]}
    assert (exits["P"], exits["S"]) == (DEFAULT_START + timedelta(seconds=30), DEFAULT_START + timedelta(seconds=60))
    short = {"S": {**WAITING, "Parameters": {"StateMachineArn": arn}, "TimeoutSeconds": 5}}
    late = emulator.run({"StartAt": "S", "States": short})
    assert (late.error, late.elapsed) == ("States.Timeout", timedelta(seconds=5))
    child = emulator.executions[-1]
    assert child.stopped_at is None
    emulator.clock.advance(minutes=1)
    assert child.status == "SUCCEEDED"


def test_a_state_of_an_execution_that_a_handler_waits_for_waits_too(emulator: Emulator, sfn: "SFNClient") -> None:
    inner = create(sfn, WAIT, "inner")
    told: list[Any] = []
    outer = create(sfn, json.dumps(waiting(StateMachineArn=inner)), "outer")
    emulator.lambda_function("api", handler_of(outer, told), timeout_seconds=100)
    assert by_invoke(emulator) == {"status": "SUCCEEDED", "seconds": 60}
    assert told == [60]
