"""The Step Functions API as plain boto3 meets it: answers, refusals in AWS's words, idempotency.

Texts and rules are those recorded on AWS, unless a test names another source.
"""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError
from emulator.clock import DEFAULT_START

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

ARN = "arn:aws:states:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/r"
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
WAIT = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}})
FAIL = json.dumps({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No", "Cause": "sold out"}}})


@pytest.fixture
def sfn(emulator: Emulator) -> "SFNClient":
    client: SFNClient = boto3.client("stepfunctions")
    assert client.meta.region_name == emulator.region
    return client


def create(sfn: "SFNClient", name: str = "m", definition: str = PASS) -> str:
    return sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """Code and message with which ``call`` is refused, without the lines for people that follow AWS's text."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"].partition("\n    given: ")[0]


def without_metadata(response: Any) -> dict[str, Any]:
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


# State machines


def test_a_machine_is_described_as_it_was_created(sfn: "SFNClient") -> None:
    created = sfn.create_state_machine(name="m", definition=PASS, roleArn=ROLE, type="STANDARD")
    assert without_metadata(created) == {"stateMachineArn": f"{ARN}:stateMachine:m", "creationDate": DEFAULT_START}
    assert without_metadata(sfn.describe_state_machine(stateMachineArn=created["stateMachineArn"])) == {
        "stateMachineArn": f"{ARN}:stateMachine:m",
        "name": "m",
        "status": "ACTIVE",
        "definition": PASS,
        "roleArn": ROLE,
        "type": "STANDARD",
        "creationDate": DEFAULT_START,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }


def test_metadata_only_leaves_the_users_own_data_out(sfn: "SFNClient") -> None:
    arn = create(sfn)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    machine: Any = sfn.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
    of_execution: Any = sfn.describe_state_machine_for_execution(executionArn=execution, includedData="METADATA_ONLY")
    described: Any = sfn.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
    for answer in (machine, of_execution, described):
        assert not answer.keys() & {"definition", "input", "output"}
    assert described["inputDetails"] == described["outputDetails"] == {"included": False}


def test_creating_the_same_machine_again_answers_the_same(emulator: Emulator, sfn: "SFNClient") -> None:
    """The role and the tags are not compared, and those of the first stay (service model)."""
    first = sfn.create_state_machine(name="m", definition=PASS, roleArn=ROLE)
    emulator.clock.advance(hours=1)
    again = sfn.create_state_machine(name="m", definition=PASS, roleArn=ROLE + "2", tags=[{"key": "a", "value": "b"}])
    assert without_metadata(again) == without_metadata(first)
    described = sfn.describe_state_machine(stateMachineArn=first["stateMachineArn"])
    assert (described["roleArn"], sfn.list_tags_for_resource(resourceArn=described["stateMachineArn"])["tags"]) == (
        ROLE,
        [],
    )


def test_another_definition_under_the_same_name_is_refused(sfn: "SFNClient") -> None:
    arn = create(sfn)
    for other in (WAIT, PASS + " "):  # compared byte by byte
        assert refusal(sfn.create_state_machine, name="m", definition=other, roleArn=ROLE) == (
            "StateMachineAlreadyExists",
            f"State Machine Already Exists: '{arn}'",
        )


@pytest.mark.parametrize("name", ["a b", "a:b", "a/b", 'a"b', "a\tb", "a#b", "a\u0080b", "x" * 81])
def test_a_bad_name_is_refused(sfn: "SFNClient", name: str) -> None:
    for call, more in (
        (sfn.create_state_machine, {"definition": PASS, "roleArn": ROLE}),
        (sfn.create_activity, {}),
        (sfn.start_execution, {"stateMachineArn": create(sfn)}),
    ):
        code, message = refusal(call, name=name, **more)
        assert (code, message) == ("InvalidName", f"Invalid Name: '{name}'")


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ('{"StartAt": "A"}', "'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"),
        (
            '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}',
            "'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
        ),
        ("not json", "'INVALID_JSON_DESCRIPTION: "),
    ],
)
def test_a_bad_definition_is_refused(sfn: "SFNClient", definition: str, reason: str) -> None:
    code, message = refusal(sfn.create_state_machine, name="m", definition=definition, roleArn=ROLE)
    assert code == "InvalidDefinition"
    assert message.startswith(f"Invalid State Machine Definition: {reason}")
    assert sfn.list_state_machines()["stateMachines"] == []


def test_a_problem_without_a_place_is_at_null_in_create_and_update(sfn: "SFNClient") -> None:
    """Measured: CreateStateMachine of a loop ends in ``at null``; ValidateStateMachineDefinition names no place."""
    loop = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}'
    told = "Invalid State Machine Definition: 'MISSING_END_STATE: Workflow has no terminal state at null'"
    arn = create(sfn)
    assert refusal(sfn.create_state_machine, name="n", definition=loop, roleArn=ROLE) == ("InvalidDefinition", told)
    assert refusal(sfn.update_state_machine, stateMachineArn=arn, definition=loop) == ("InvalidDefinition", told)
    (diagnostic,) = sfn.validate_state_machine_definition(definition=loop)["diagnostics"]
    assert diagnostic["message"] == "Workflow has no terminal state"
    assert "location" not in diagnostic


def test_a_definition_that_is_too_long_is_refused_before_it_is_read(sfn: "SFNClient") -> None:
    """A constraint of the service model; the form is that of an execution's input, as the value is not shown."""
    arn = create(sfn)
    told = (
        "1 validation error detected: Value at 'definition' failed to satisfy constraint: "
        "Member must have length less than or equal to 1048576"
    )
    long = {"definition": "x" * 1_048_577}
    for refused in (
        refusal(sfn.create_state_machine, name="n", roleArn=ROLE, **long),
        refusal(sfn.update_state_machine, stateMachineArn=arn, **long),
        refusal(sfn.validate_state_machine_definition, **long),
    ):
        assert refused == ("ValidationException", told)
    longest = PASS + " " * (1_048_576 - len(PASS))
    assert sfn.validate_state_machine_definition(definition=longest)["result"] == "OK"


TWICE_WRONG: dict[str, Any] = {
    "StartAt": "Nowhere",
    "States": {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "TimeoutSeconds": 0,
            "Next": "B",
        },
        "B": {"Type": "Pass", "Assign": {"_b": 1, "states": 2}},
        "C": {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True},
    },
}


def test_create_update_and_validate_tell_the_same_problems_in_the_same_order(sfn: "SFNClient") -> None:
    """AWS runs: each object in the order of the text, then targets, then the states that nothing leads to."""
    definition = json.dumps(TWICE_WRONG)
    arn = create(sfn)
    created = refusal(sfn.create_state_machine, name="n", definition=definition, roleArn=ROLE)
    assert created == refusal(sfn.update_state_machine, stateMachineArn=arn, definition=definition)
    found = sfn.validate_state_machine_definition(definition=definition)["diagnostics"]
    texts = [f"{each['code']}: {each['message']} at {each['location']}" for each in found]
    assert created == ("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(texts)}'")
    assert [(each["code"], each["message"]) for each in found] == [
        ("SCHEMA_VALIDATION_FAILED", "Minimum value is 1"),
        ("INVALID_VARIABLE_NAME", "Invalid variable name '_b': the variable name contains invalid characters."),
        ("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'."),
        ("SCHEMA_VALIDATION_FAILED", "This object should have only one of the following fields: [Next, End]"),
        (
            "SCHEMA_VALIDATION_FAILED",
            "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]",
        ),
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Nowhere"),
        *(("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.') for name in "ABC"),
    ]


def test_what_is_not_emulated_is_refused_by_name(sfn: "SFNClient") -> None:
    with pytest.raises(NotEmulatedError, match="CreateStateMachine: publish=true is not emulated yet"):
        sfn.create_state_machine(name="m", definition=PASS, roleArn=ROLE, publish=True)
    assert sfn.list_state_machines()["stateMachines"] == []


def test_an_update_leaves_running_executions_as_they_are(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, definition=WAIT)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    assert "revisionId" not in sfn.describe_state_machine(stateMachineArn=arn)
    emulator.clock.advance(seconds=1)
    updated = sfn.update_state_machine(stateMachineArn=arn, definition=PASS, roleArn=ROLE + "2")
    assert updated["updateDate"] == DEFAULT_START + timedelta(seconds=1)
    described = sfn.describe_state_machine(stateMachineArn=arn)
    assert (described["definition"], described["roleArn"]) == (PASS, ROLE + "2")
    assert described["revisionId"] == updated["revisionId"]
    of_execution = sfn.describe_state_machine_for_execution(executionArn=execution)
    assert (of_execution["definition"], of_execution["roleArn"]) == (WAIT, ROLE)
    emulator.clock.advance(seconds=59)
    assert sfn.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_an_update_that_changes_nothing_keeps_the_revision(sfn: "SFNClient") -> None:
    arn = create(sfn)
    first = sfn.update_state_machine(stateMachineArn=arn, definition=WAIT)["revisionId"]
    assert sfn.update_state_machine(stateMachineArn=arn, definition=WAIT)["revisionId"] == first
    assert sfn.update_state_machine(stateMachineArn=arn, definition=PASS)["revisionId"] != first


def test_an_update_of_nothing_is_refused(sfn: "SFNClient") -> None:
    assert refusal(sfn.update_state_machine, stateMachineArn=create(sfn)) == (
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
    )


def test_a_deleted_machine_is_gone_and_deleting_it_again_is_no_error(sfn: "SFNClient") -> None:
    arn = create(sfn)
    sfn.delete_state_machine(stateMachineArn=arn)
    sfn.delete_state_machine(stateMachineArn=arn)
    assert refusal(sfn.describe_state_machine, stateMachineArn=arn) == (
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{arn}'",
    )


def test_machines_are_listed_by_name_and_by_region(sfn: "SFNClient") -> None:
    for name in ("b", "a", "c"):
        create(sfn, name)
    assert [machine["name"] for machine in sfn.list_state_machines()["stateMachines"]] == ["a", "b", "c"]
    assert boto3.client("stepfunctions", region_name="eu-west-1").list_state_machines()["stateMachines"] == []


def test_validation_answers_with_every_problem(sfn: "SFNClient") -> None:
    assert without_metadata(sfn.validate_state_machine_definition(definition=PASS)) == {
        "result": "OK",
        "diagnostics": [],
        "truncated": False,
    }
    bad = json.dumps(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "Next": "D"}}}
    )
    answer = sfn.validate_state_machine_definition(definition=bad)
    assert answer["result"] == "FAIL"
    assert {(each["code"], each.get("location")) for each in answer["diagnostics"]} >= {
        ("MISSING_TRANSITION_TARGET", "/States/A/Next"),
        ("MISSING_TRANSITION_TARGET", "/States/C/Next"),
    }
    cut = sfn.validate_state_machine_definition(definition=bad, maxResults=1)
    assert (len(cut["diagnostics"]), cut["truncated"]) == (1, True)


def test_warnings_are_told_when_asked_for_and_make_nothing_fail(sfn: "SFNClient") -> None:
    warned = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "$.x", "End": True}}})
    assert sfn.validate_state_machine_definition(definition=warned)["diagnostics"] == []
    answer = sfn.validate_state_machine_definition(definition=warned, severity="WARNING")
    assert answer["result"] == "OK"
    (diagnostic,) = answer["diagnostics"]
    assert (diagnostic["code"], diagnostic["severity"], diagnostic["location"]) == (
        "PASS_RESULT_IS_STATIC",
        "WARNING",
        "/States/A/Result",
    )


def test_a_diagnostic_of_the_whole_has_no_location(sfn: "SFNClient") -> None:
    (diagnostic,) = sfn.validate_state_machine_definition(definition="[]", maxResults=0)["diagnostics"]
    assert diagnostic == {
        "severity": "ERROR",
        "code": "SCHEMA_VALIDATION_FAILED",
        "message": "Definition must be a valid JSON object",
    }


CALLBACK = json.dumps(
    {
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": "q", "MessageBody": "m"},
                "End": True,
            }
        },
    }
)


def test_an_express_machine_is_refused_what_it_does_not_support(sfn: "SFNClient") -> None:
    """test_illegal_callbacks: the text has two blanks"""
    express: Any = {"definition": CALLBACK, "type": "EXPRESS"}
    assert sfn.validate_state_machine_definition(definition=CALLBACK)["result"] == "OK"
    assert sfn.validate_state_machine_definition(**express)["result"] == "FAIL"
    assert refusal(sfn.create_state_machine, name="m", roleArn=ROLE, **express) == (
        "InvalidDefinition",
        (
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support "
            "'.waitForTaskToken' service integration  at /States/A/Resource'"
        ),
    )


@pytest.mark.parametrize(
    ("member", "value", "wanted"),
    [
        ("type", "FAST", "satisfy enum value set: [STANDARD, EXPRESS]"),
        ("severity", "INFO", "satisfy enum value set: [ERROR, WARNING]"),
        ("maxResults", 101, "have value less than or equal to 100"),
    ],
)
def test_a_request_for_validation_that_is_refused(sfn: "SFNClient", member: str, value: Any, wanted: str) -> None:
    request: Any = {"definition": PASS, member: value}
    said = (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {wanted}"
    )
    assert refusal(sfn.validate_state_machine_definition, **request) == ("ValidationException", said)


def test_which_variables_a_machine_reads_is_described(sfn: "SFNClient") -> None:
    """test_sfn_api_variable_references"""
    states = {
        "A": {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"},
        "B": {"Type": "Pass", "InputPath": "$v", "End": True},
    }
    arn = create(sfn, definition=json.dumps({"StartAt": "A", "States": states}))
    assert sfn.describe_state_machine(stateMachineArn=arn)["variableReferences"] == {"B": ["v"]}
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    described = sfn.describe_state_machine_for_execution(executionArn=execution)
    assert described["variableReferences"] == {"B": ["v"]}
    assert "variableReferences" not in sfn.describe_state_machine(stateMachineArn=create(sfn, "plain"))


# ARNs


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("describe_state_machine", "stateMachineArn"),
        ("delete_state_machine", "stateMachineArn"),
        ("start_execution", "stateMachineArn"),
        ("list_executions", "stateMachineArn"),
        ("describe_execution", "executionArn"),
        ("stop_execution", "executionArn"),
        ("get_execution_history", "executionArn"),
        ("describe_state_machine_for_execution", "executionArn"),
        ("describe_activity", "activityArn"),
        ("delete_activity", "activityArn"),
        ("get_activity_task", "activityArn"),
    ],
)
def test_what_is_no_arn_is_refused(sfn: "SFNClient", operation: str, member: str) -> None:
    code, message = refusal(getattr(sfn, operation), **{member: "not_a_valid_arn"})
    assert (code, message) == ("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'")


@pytest.mark.parametrize("operation", ["start_execution", "update_state_machine", "delete_state_machine"])
def test_an_arn_of_a_distributed_map_is_refused(sfn: "SFNClient", operation: str) -> None:
    """The code is the service model's, the text our own."""
    arn = f"{create(sfn)}/label"
    more = {"roleArn": ROLE} if operation == "update_state_machine" else {}
    code, text = refusal(getattr(sfn, operation), stateMachineArn=arn, **more)
    assert (code, text) == (
        "ValidationException",
        f"This operation does not support the ARN of a Distributed Map: {arn}",
    )
    assert sfn.describe_state_machine(stateMachineArn=arn.removesuffix("/label"))["name"] == "m"


@pytest.mark.parametrize("operation", ["describe_execution", "stop_execution", "get_execution_history"])
def test_an_arn_of_an_express_execution_is_refused(sfn: "SFNClient", operation: str) -> None:
    code, message = refusal(getattr(sfn, operation), executionArn=f"{ARN}:express:m:x:y")
    assert (code, message) == ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")


def test_what_does_not_exist_is_refused_by_its_arn(sfn: "SFNClient") -> None:
    machine, execution, activity = f"{ARN}:stateMachine:no", f"{ARN}:execution:no:x", f"{ARN}:activity:no"
    for call in (sfn.describe_state_machine, sfn.start_execution, sfn.list_executions):
        assert refusal(call, stateMachineArn=machine) == (
            "StateMachineDoesNotExist",
            f"State Machine Does Not Exist: '{machine}'",
        )
    for call in (sfn.describe_execution, sfn.stop_execution, sfn.get_execution_history):  # type: ignore[assignment]
        assert refusal(call, executionArn=execution) == (
            "ExecutionDoesNotExist",
            f"Execution Does Not Exist: '{execution}'",
        )
    for call in (sfn.describe_activity, sfn.get_activity_task):  # type: ignore[assignment]
        assert refusal(call, activityArn=activity) == ("ActivityDoesNotExist", f"Activity Does Not Exist: '{activity}'")


# Executions


def test_an_execution_is_described_while_it_runs_and_when_it_is_over(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = create(sfn, definition=WAIT)
    started = sfn.start_execution(stateMachineArn=arn, name="x", input='{"n": 1 }')
    assert without_metadata(started) == {"executionArn": f"{ARN}:execution:m:x", "startDate": DEFAULT_START}
    running = {
        "executionArn": f"{ARN}:execution:m:x",
        "stateMachineArn": arn,
        "name": "x",
        "status": "RUNNING",
        "startDate": DEFAULT_START,
        "input": '{"n": 1 }',
        "inputDetails": {"included": True},
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
    }
    assert without_metadata(sfn.describe_execution(executionArn=started["executionArn"])) == running
    emulator.clock.advance(seconds=60)
    assert without_metadata(sfn.describe_execution(executionArn=started["executionArn"])) == {
        **running,
        "status": "SUCCEEDED",
        "stopDate": DEFAULT_START + timedelta(seconds=60),
        "output": '{"n": 1 }',
        "outputDetails": {"included": True},
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    }


def test_a_failed_execution_has_error_and_cause_and_no_output(sfn: "SFNClient") -> None:
    execution = sfn.start_execution(stateMachineArn=create(sfn, definition=FAIL))["executionArn"]
    described = sfn.describe_execution(executionArn=execution)
    assert (described["status"], described.get("error"), described.get("cause")) == ("FAILED", "No", "sold out")
    assert described.get("redriveStatus") == "REDRIVABLE"
    assert not described.keys() & {"output", "outputDetails", "redriveStatusReason"}


def test_a_client_that_polls_sees_the_execution_come_to_its_end(sfn: "SFNClient") -> None:
    execution = sfn.start_execution(stateMachineArn=create(sfn, definition=WAIT))["executionArn"]
    seen = [sfn.describe_execution(executionArn=execution)["status"] for _ in range(5)]
    assert seen[0] == "RUNNING"
    assert seen[-1] == "SUCCEEDED"


@pytest.mark.parametrize("text", ["2", '"text"', "null", "[1, 2]", '{"a": 1}', " {} "])
def test_any_json_text_is_an_input(sfn: "SFNClient", text: str) -> None:
    execution = sfn.start_execution(stateMachineArn=create(sfn), input=text)["executionArn"]
    described = sfn.describe_execution(executionArn=execution)
    assert (described.get("input"), described["status"]) == (text, "SUCCEEDED")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid execution input."),
        (" \n", "Invalid execution input."),
        ('{"a":1}{"b":2}', "Unexpected text after the end of the execution input"),
        ("1 2", "Unexpected text after the end of the execution input"),
        (
            "not some json",
            (
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' "
                "or 'false')"
            ),
        ),
        ("{'not': 'json'}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
    ],
)
def test_an_input_that_is_not_json_is_refused(sfn: "SFNClient", text: str, reason: str) -> None:
    assert refusal(sfn.start_execution, stateMachineArn=create(sfn), input=text) == (
        "InvalidExecutionInput",
        f"Invalid State Machine Execution Input: '{reason}'",
    )


@pytest.mark.parametrize("letter", ["x", "é"])
def test_an_input_of_more_than_256_kib_is_refused(sfn: "SFNClient", letter: str) -> None:
    """The service model's limit, whose value AWS does not show; bytes count like characters."""
    text = '"' + letter * 262_143 + '"'
    code, message = refusal(sfn.start_execution, stateMachineArn=create(sfn), input=text)
    assert (code, message) == (
        "ValidationException",
        (
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            "Member must have length less than or equal to 262144"
        ),
    )


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ('{"a":1}{"b":2}', "InvalidOutput", "Invalid Output: 'Unexpected text after the end of the output'"),
        (" ", "InvalidOutput", "Invalid Output: 'Invalid output.'"),
        (
            '"' + "x" * 262_143 + '"',
            "ValidationException",
            (
                "1 validation error detected: Value at 'output' failed to satisfy constraint: "
                "Member must have length less than or equal to 262144"
            ),
        ),
    ],
)
def test_an_output_that_is_refused_leaves_its_task_open(
    emulator: Emulator, sfn: "SFNClient", text: str, code: str, reason: str
) -> None:
    activity = sfn.create_activity(name="pack")["activityArn"]
    run = emulator.start({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    assert refusal(sfn.send_task_success, taskToken=token, output=text) == (code, reason)
    sfn.send_task_success(taskToken=token, output="1")
    assert run.output == 1


def test_an_execution_can_be_redriven_for_fourteen_days(emulator: Emulator, sfn: "SFNClient") -> None:
    arn = sfn.start_execution(stateMachineArn=create(sfn, definition=FAIL))["executionArn"]
    emulator.clock.advance(days=14)
    assert sfn.describe_execution(executionArn=arn)["redriveStatus"] == "REDRIVABLE"
    emulator.clock.advance(seconds=1)
    described = sfn.describe_execution(executionArn=arn)
    assert (described["redriveStatus"], described["redriveStatusReason"]) == (
        "NOT_REDRIVABLE",
        "Execution redrivable period exceeded",
    )


def test_an_execution_with_a_full_history_cannot_be_redriven(emulator: Emulator, sfn: "SFNClient") -> None:
    """Developer guide, redrive: fewer than 24,999 events."""
    again = {
        "A": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "S"}], "Default": "A"},
    }
    run = emulator.run({"StartAt": "A", "States": {**again, "S": {"Type": "Succeed"}}})
    described = sfn.describe_execution(executionArn=run.arn)
    assert run.error == "States.Runtime"
    assert (described["redriveStatus"], described["redriveStatusReason"]) == (
        "NOT_REDRIVABLE",
        "Execution history event limit exceeded",
    )


def test_starting_again_with_the_same_name_and_input_while_it_runs_answers_the_same(
    emulator: Emulator, sfn: "SFNClient"
) -> None:
    arn = create(sfn, definition=WAIT)
    first = sfn.start_execution(stateMachineArn=arn, name="x", input="{}")
    emulator.clock.advance(seconds=1)
    assert without_metadata(sfn.start_execution(stateMachineArn=arn, name="x", input="{}")) == without_metadata(first)
    taken = ("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")
    assert refusal(sfn.start_execution, stateMachineArn=arn, name="x", input="[]") == taken
    emulator.clock.advance(seconds=60)
    assert refusal(sfn.start_execution, stateMachineArn=arn, name="x", input="{}") == taken
    assert len(emulator.executions) == 1


def test_executions_are_listed_newest_first_and_by_status(emulator: Emulator, sfn: "SFNClient") -> None:
    emulator.assembly.polling_waits = False
    arn, other = create(sfn, definition=WAIT), create(sfn, "other")
    sfn.start_execution(stateMachineArn=other, name="elsewhere")
    for name in ("one", "two"):
        sfn.start_execution(stateMachineArn=arn, name=name)
        emulator.clock.advance(seconds=40)
    listed = sfn.list_executions(stateMachineArn=arn)["executions"]
    assert [(each["name"], each["status"]) for each in listed] == [("two", "RUNNING"), ("one", "SUCCEEDED")]
    assert listed[1] == {
        "executionArn": f"{ARN}:execution:m:one",
        "stateMachineArn": arn,
        "name": "one",
        "status": "SUCCEEDED",
        "startDate": DEFAULT_START,
        "stopDate": DEFAULT_START + timedelta(seconds=60),
        "redriveCount": 0,
    }
    by_status = sfn.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"]
    assert [each["name"] for each in by_status] == ["one"]


def test_a_bad_status_filter_is_refused(sfn: "SFNClient") -> None:
    assert refusal(sfn.list_executions, stateMachineArn=create(sfn), statusFilter="succeeded") == (
        "ValidationException",
        (
            "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member "
            "must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"
        ),
    )


def test_a_stopped_execution_is_aborted_and_stays_as_it_ended(emulator: Emulator, sfn: "SFNClient") -> None:
    execution = sfn.start_execution(stateMachineArn=create(sfn, definition=WAIT))["executionArn"]
    emulator.clock.advance(seconds=5)
    stopped = sfn.stop_execution(executionArn=execution, error="Enough", cause="I say so")["stopDate"]
    assert stopped == DEFAULT_START + timedelta(seconds=5)
    described = sfn.describe_execution(executionArn=execution)
    assert (described["status"], described.get("error"), described.get("cause")) == ("ABORTED", "Enough", "I say so")
    last = sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"][0]
    assert last["type"] == "ExecutionAborted"
    assert last.get("executionAbortedEventDetails") == {"error": "Enough", "cause": "I say so"}
    emulator.clock.advance(hours=1)
    assert sfn.stop_execution(executionArn=execution, error="Again")["stopDate"] == stopped
    assert sfn.describe_execution(executionArn=execution).get("error") == "Enough"


def test_a_history_is_told_in_both_orders_and_without_data(sfn: "SFNClient") -> None:
    execution = sfn.start_execution(stateMachineArn=create(sfn), input="[1]")["executionArn"]
    events = sfn.get_execution_history(executionArn=execution)["events"]
    assert [(event["id"], event.get("previousEventId"), event["type"]) for event in events] == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "ExecutionSucceeded"),
    ]
    assert events[0]["timestamp"] == DEFAULT_START
    assert events[1].get("stateEnteredEventDetails") == {
        "name": "A",
        "input": "[1]",
        "inputDetails": {"truncated": False},
    }
    assert sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"] == events[::-1]
    bare = sfn.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert bare[1].get("stateEnteredEventDetails", {}).get("name") == "A"
    assert "[1]" not in str(bare)


def test_the_trace_header_is_told(sfn: "SFNClient") -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"
    execution = sfn.start_execution(stateMachineArn=create(sfn), traceHeader=header)["executionArn"]
    assert sfn.describe_execution(executionArn=execution).get("traceHeader") == header


def test_an_execution_is_stored_with_its_trace_header(emulator: Emulator, sfn: "SFNClient") -> None:
    executions, machine = emulator.assembly.service.store.executions, create(sfn)
    stored: list[str | None] = []
    with patch.object(executions, "put", lambda execution: stored.append(execution.trace_header)):
        sfn.start_execution(stateMachineArn=machine, traceHeader="Root=1-5759e988-bd862e3fe1be46a994272793")
    assert stored[0] == "Root=1-5759e988-bd862e3fe1be46a994272793"


# Activities and tokens


def start_activity_task(sfn: "SFNClient", **fields: Any) -> tuple[str, str]:
    """ARNs of an activity and of an execution that waits for its worker."""
    activity = sfn.create_activity(name="work")["activityArn"]
    states = {"Work": {"Type": "Task", "Resource": activity, "End": True, **fields}}
    machine = create(sfn, definition=json.dumps({"StartAt": "Work", "States": states}))
    return activity, sfn.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]


def test_activities_are_created_once_listed_by_name_and_deleted(emulator: Emulator, sfn: "SFNClient") -> None:
    first = sfn.create_activity(name="b")
    emulator.clock.advance(seconds=5)
    assert without_metadata(sfn.create_activity(name="b")) == without_metadata(first)
    sfn.create_activity(name="a")
    assert [each["name"] for each in sfn.list_activities()["activities"]] == ["a", "b"]
    assert without_metadata(sfn.describe_activity(activityArn=first["activityArn"])) == {
        "activityArn": f"{ARN}:activity:b",
        "name": "b",
        "creationDate": DEFAULT_START,
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    sfn.delete_activity(activityArn=first["activityArn"])
    sfn.delete_activity(activityArn=first["activityArn"])
    assert [each["name"] for each in sfn.list_activities()["activities"]] == ["a"]


def test_a_worker_takes_a_task_and_reports_success(sfn: "SFNClient") -> None:
    activity, execution = start_activity_task(sfn)
    task = sfn.get_activity_task(activityArn=activity, workerName="me")
    assert task["input"] == '{"n": 1}'
    sfn.send_task_heartbeat(taskToken=task["taskToken"])
    sfn.send_task_success(taskToken=task["taskToken"], output='{"done": true}')
    assert sfn.describe_execution(executionArn=execution).get("output") == '{"done": true}'
    types = [event["type"] for event in sfn.get_execution_history(executionArn=execution)["events"]]
    assert types[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]


def test_a_worker_reports_failure(sfn: "SFNClient") -> None:
    activity, execution = start_activity_task(sfn)
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_failure(taskToken=token, error="No", cause="broken")
    described = sfn.describe_execution(executionArn=execution)
    assert (described["status"], described.get("error"), described.get("cause")) == ("FAILED", "No", "broken")


def test_without_a_task_there_is_an_answer_without_a_token(sfn: "SFNClient") -> None:
    activity = sfn.create_activity(name="work")["activityArn"]
    assert without_metadata(sfn.get_activity_task(activityArn=activity)).get("taskToken") is None


def test_a_task_is_given_to_one_worker(sfn: "SFNClient") -> None:
    activity, _ = start_activity_task(sfn)
    assert sfn.get_activity_task(activityArn=activity)["taskToken"]
    assert without_metadata(sfn.get_activity_task(activityArn=activity)).get("taskToken") is None


@pytest.mark.parametrize("operation", ["send_task_success", "send_task_failure", "send_task_heartbeat"])
def test_a_token_that_is_none_and_one_that_is_used_up_are_refused(sfn: "SFNClient", operation: str) -> None:
    more = {"output": "1"} if operation == "send_task_success" else {}
    call = getattr(sfn, operation)
    assert refusal(call, taskToken="nonsense", **more) == ("InvalidToken", "Invalid Token: 'Invalid token'")
    activity, _ = start_activity_task(sfn)
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_success(taskToken=token, output="1")
    assert refusal(call, taskToken=token, **more) == (
        "TaskTimedOut",
        "Task Timed Out: 'Provided task does not exist anymore'",
    )


def test_an_output_that_is_not_json_is_refused_and_the_task_goes_on(sfn: "SFNClient") -> None:
    activity, execution = start_activity_task(sfn)
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    code, message = refusal(sfn.send_task_success, taskToken=token, output="not json")
    assert code == "InvalidOutput"
    assert message.startswith("Invalid Output: 'Unrecognized token 'not'")
    sfn.send_task_success(taskToken=token, output="1")
    assert sfn.describe_execution(executionArn=execution).get("output") == "1"


def test_a_stopped_executions_token_is_used_up(sfn: "SFNClient") -> None:
    activity, execution = start_activity_task(sfn)
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.stop_execution(executionArn=execution)
    assert refusal(sfn.send_task_success, taskToken=token, output="1")[0] == "TaskTimedOut"


# Tags


def test_machines_and_activities_have_tags(sfn: "SFNClient") -> None:
    one: Any = [{"key": "team", "value": "shop"}]
    machine = sfn.create_state_machine(name="m", definition=PASS, roleArn=ROLE, tags=one)["stateMachineArn"]
    activity = sfn.create_activity(name="a", tags=one)["activityArn"]
    for arn in (machine, activity):
        sfn.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}, {"key": "team", "value": "web"}])
        assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [
            {"key": "team", "value": "web"},
            {"key": "stage", "value": "test"},
        ]
        sfn.untag_resource(resourceArn=arn, tagKeys=["team", "unknown"])
        assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "stage", "value": "test"}]


def test_tags_of_what_is_not_there_are_refused(sfn: "SFNClient") -> None:
    arn = f"{ARN}:stateMachine:no"
    for call, more in (
        (sfn.list_tags_for_resource, {}),
        (sfn.tag_resource, {"tags": []}),
        (sfn.untag_resource, {"tagKeys": []}),
    ):
        assert refusal(call, resourceArn=arn, **more) == ("ResourceNotFound", f"Resource not found: '{arn}'")
