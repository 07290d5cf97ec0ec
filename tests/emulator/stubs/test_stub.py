"""A test scripts what a Task answers, by state or by resource, and looks at what it was asked.

``emulator.task("Charge").raises("Card.Declined", times=2).then.returns({"id": 1})``.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import boto3
import pytest

from emulator import Emulator, EmulatorError, Execution, InputError, MissingHandlerError, NotEmulatedError, contains
from emulator.stubs import Stub, TaskCall, TaskError
from emulator.stubs.told import ALLOW
from tests.emulator.stubs.conftest import FUNCTION, GLUE, INVOKE, machine, task

RETRY: dict[str, Any] = {
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 5, "BackoffRate": 1}]
}
BATCH = "arn:aws:states:::batch:submitJob"
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:approve"


def types(run: Execution) -> list[str]:
    return [event["type"] for event in run.history]


# What a task answers --------------------------------------------------------------------------------------------------


def test_a_function_that_is_not_registered_returns_what_its_stub_says(emulator: Emulator) -> None:
    charge = emulator.task("Charge")
    charge.returns({"id": 1})
    run = emulator.run(machine(), {"amount": 7})
    assert run.output == {"id": 1}
    assert types(run)[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    assert charge.calls[0].input == {"amount": 7}
    charge.assert_called_once_with({"amount": 7})


def test_a_task_that_is_entered_twice_gets_the_answer_each_time(emulator: Emulator) -> None:
    emulator.task("Charge").returns(3)
    assert [emulator.run(machine()).output for _ in range(2)] == [3, 3]


def test_an_error_is_retried_and_then_the_task_succeeds(emulator: Emulator) -> None:
    charge = emulator.task("Charge").raises("Card.Declined", "no money", times=2).then.returns({"id": 1})
    run = emulator.run(machine(task(**RETRY)))
    assert run.output == {"id": 1}
    assert types(run).count("LambdaFunctionFailed") == 2
    assert [call.attempt for call in charge.calls] == [1, 2, 3]
    failed = next(each for each in run.history if each["type"] == "LambdaFunctionFailed")
    assert failed["lambdaFunctionFailedEventDetails"] == {"error": "Card.Declined", "cause": "no money"}


def test_what_comes_before_then_is_for_one_call(emulator: Emulator) -> None:
    emulator.task("Charge").raises("A").then.raises("B").then.returns("done")
    run = emulator.run(machine(task(**RETRY)))
    failed = [each for each in run.history if each["type"] == "LambdaFunctionFailed"]
    assert [each["lambdaFunctionFailedEventDetails"]["error"] for each in failed] == ["A", "B"]
    assert run.output == "done"


def test_when_the_answers_are_used_up_the_function_itself_answers(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: "real")
    emulator.task("Charge").raises("Busy", times=2)
    assert emulator.run(machine(task(**RETRY))).output == "real"


def test_when_the_answers_are_used_up_and_nothing_else_answers_the_error_says_so(emulator: Emulator) -> None:
    emulator.task("Charge").raises("Busy", times=2)
    with pytest.raises(MissingHandlerError, match=r"emulator.task\('Charge'\) has 2 answers, and this is call 3"):
        emulator.run(machine(task(**RETRY)))


def test_calls_through_says_aloud_that_the_function_answers(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: "real")
    stub = emulator.task("Charge").calls_through(times=1).then.returns("stubbed")
    assert [emulator.run(machine()).output for _ in range(2)] == ["real", "stubbed"]
    assert stub.call_count == 2


def test_a_function_of_the_test_answers_each_call(emulator: Emulator) -> None:
    seen: list[TaskCall] = []

    def answer(call: TaskCall) -> Any:
        seen.append(call)
        if call.input["id"] == 2:
            raise TaskError("Card.Declined", "no money")
        return {"id": call.input["id"]}

    emulator.task("Charge").answers(answer)
    assert emulator.run(machine(), {"id": 1}).output == {"id": 1}
    assert emulator.run(machine(), {"id": 2}).error == "Card.Declined"
    call = seen[0]
    assert (call.state_name, call.resource, call.item, call.visit, call.attempt) == ("Charge", FUNCTION, None, 1, 1)
    assert (call.state_machine.name, call.execution.input, call.token) == ("StateMachine", {"id": 1}, None)


def test_a_mistake_in_a_function_of_the_test_is_its_own_error(emulator: Emulator) -> None:
    emulator.task("Charge").answers(lambda call: call.input["id"])
    with pytest.raises(EmulatorError, match=r"test_stub.py:\d+: .*answers\(...\) failed at <TaskCall Charge.*KeyError"):
        emulator.run(machine())


def test_what_is_not_json_is_refused_when_the_stub_is_made(emulator: Emulator) -> None:
    with pytest.raises(InputError, match=r"test_stub.py:\d+: .*returns\(...\): \$\.at is a timedelta"):
        emulator.task("Charge").returns({"at": timedelta(1)})
    emulator.task("Charge").answers(lambda call: {1, 2})
    with pytest.raises(InputError, match="not JSON"):
        emulator.run(machine())


# Which calls ----------------------------------------------------------------------------------------------------------


def mapped(state: dict[str, Any], mode: str = "INLINE") -> dict[str, Any]:
    config: dict[str, Any] = {"Mode": mode} | ({"ExecutionType": "EXPRESS"} if mode == "DISTRIBUTED" else {})
    each = {"Type": "Map", "ItemProcessor": machine(state, ProcessorConfig=config), "End": True}
    return machine({"Type": "Parallel", "Branches": [machine(each, "Each")], "End": True}, "Both")


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_one_item_of_a_map_inside_a_parallel_fails(emulator: Emulator, mode: str, language: str) -> None:
    state = task(INVOKE, **{("Arguments" if language == "JSONata" else "Parameters"): {"FunctionName": "charge"}})
    definition = mapped(state | {"Catch": [{"ErrorEquals": ["Card.Declined"], "Next": "No"}]}, mode)
    definition["States"]["Both"]["Branches"][0]["States"]["Each"]["ItemProcessor"]["States"]["No"] = {"Type": "Succeed"}
    charge = emulator.task("Charge")
    charge.returns("ok")
    charge.for_item(1).raises("Card.Declined", "no money")
    run = emulator.run({**definition, "QueryLanguage": language}, [1, 2, 3]).assert_succeeded()
    outputs = run.output[0]
    assert [isinstance(each, dict) and each.get("Error", "ok") for each in outputs] == ["ok", "Card.Declined", "ok"]
    assert outputs[1] == {"Error": "Card.Declined", "Cause": "no money"}
    assert sorted(call.item for call in charge.calls if call.item is not None) == [0, 1, 2]
    assert charge.for_item(1).call_count == 1


def test_an_item_of_a_map_in_a_map_is_named_from_the_outside(emulator: Emulator) -> None:
    inner = {"Type": "Map", "ItemProcessor": machine(), "End": True}
    outer = {"Type": "Map", "ItemProcessor": machine(inner, "Inner"), "End": True}
    emulator.task("Charge").returns(0)
    emulator.task("Charge").for_item(1, 0).returns(9)
    assert emulator.run(machine(outer, "Outer"), [[1, 2], [3, 4]]).output == [[0, 0], [9, 0]]


def test_an_input_decides_and_the_narrower_stub_comes_first(emulator: Emulator) -> None:
    charge = emulator.task("Charge")
    charge.returns("any")
    charge.when(input={"card": {"kind": "visa"}}).returns("visa")
    charge.when(lambda call: call.input.get("amount", 0) > 100).raises("TooMuch")
    assert emulator.run(machine(), {"card": {"kind": "visa", "no": 4}}).output == "visa"
    assert emulator.run(machine(), {"card": {"kind": "other"}}).output == "any"
    assert emulator.run(machine(), {"amount": 101}).error == "TooMuch"


def test_one_machine_of_several_with_the_same_state(emulator: Emulator) -> None:
    first, second = (emulator.state_machine(machine(), name=name) for name in ("First", "Second"))
    emulator.task("Charge").returns("any")
    emulator.task("Charge", machine="Second").returns("second")
    assert emulator.run(first).output == "any"
    assert emulator.run(second).output == "second"
    assert emulator.task("Charge", machine=second).call_count == 1


def test_the_same_arguments_give_the_same_stub(emulator: Emulator) -> None:
    assert emulator.task("Charge") is emulator.task("Charge")
    assert emulator.stub("bedrock:invokeModel") is emulator.stub("bedrock:invokeModel")


def test_a_second_answer_for_the_same_calls_is_refused(emulator: Emulator) -> None:
    emulator.task("Charge").returns(1)
    with pytest.raises(EmulatorError, match=r"has an answer already: .returns\(1\)(.|\n)*write .then"):
        emulator.task("Charge").returns(2)
    emulator.run(machine())


# Every kind of call ---------------------------------------------------------------------------------------------------


def test_lambda_invoke_wraps_the_payload_as_aws_does(emulator: Emulator) -> None:
    state = task(INVOKE, Parameters={"FunctionName": "charge", "Payload": {"id": 1}})
    emulator.lambda_function("charge", lambda event, context: {"ok": True})
    real = emulator.run(machine(state)).output
    charge = emulator.task("Charge")
    charge.returns({"ok": True})
    stubbed = emulator.run(machine(state)).output
    for each in (real, stubbed):
        each["SdkResponseMetadata"] = each["SdkHttpMetadata"] = None
    assert real == stubbed
    assert charge.calls[0].input == {"id": 1}
    assert charge.calls[0].arguments == {"FunctionName": "charge", "Payload": {"id": 1}}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_service_that_is_not_emulated_takes_a_stub(emulator: Emulator, kind: str) -> None:
    state = task(BATCH, Parameters={"JobName": "n", "JobQueue": "q", "JobDefinition": "d"})
    emulator.stub("batch:submitJob").returns({"JobId": "1", "JobName": "n"})
    client = boto3.client("stepfunctions")
    created = client.create_state_machine(
        name="m", definition=json.dumps(machine(state)), roleArn="arn:aws:iam::123456789012:role/r", type=kind
    )
    if kind == "EXPRESS":
        answer = client.start_sync_execution(stateMachineArn=created["stateMachineArn"])
        assert json.loads(answer["output"])["JobId"] == "1"
    else:
        run = emulator.run(created["stateMachineArn"])
        assert run.output["JobId"] == "1"
        assert types(run)[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]


def test_a_job_is_submitted_and_ends_later(emulator: Emulator) -> None:
    glue = emulator.stub("glue:startJobRun.sync")
    glue.after(minutes=10).returns({"Id": "jr", "JobName": "etl", "JobRunState": "SUCCEEDED"})
    run = emulator.run(machine(task(GLUE, Parameters={"JobName": "etl"})))
    assert run.elapsed == timedelta(minutes=10)
    assert types(run)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert run.output["JobRunState"] == "SUCCEEDED"


def test_a_job_that_fails_was_submitted_and_a_request_that_is_refused_was_not(emulator: Emulator) -> None:
    state = task(GLUE, Parameters={"JobName": "etl"})
    emulator.task("Charge").raises("Glue.ConcurrentRunsExceededException", "busy").then.raises(
        "States.TaskFailed", "{}"
    )
    refused, failed = emulator.run(machine(state)), emulator.run(machine(state))
    assert "TaskSubmitted" not in types(refused)
    assert refused.error == "Glue.ConcurrentRunsExceededException"
    assert types(failed)[4:6] == ["TaskSubmitted", "TaskFailed"]
    assert (failed.error, failed.cause) == ("States.TaskFailed", "{}")


def test_an_answer_that_comes_too_late_is_not_awaited(emulator: Emulator) -> None:
    emulator.task("Charge").after(timedelta(hours=1)).returns({"JobRunState": "SUCCEEDED"})
    run = emulator.run(machine(task(GLUE, Parameters={"JobName": "etl"}, TimeoutSeconds=60)))
    assert (run.error, run.elapsed) == ("States.Timeout", timedelta(minutes=1))
    assert not emulator.clock.next_text


def test_a_task_that_is_never_answered_times_out(emulator: Emulator) -> None:
    emulator.task("Charge").never()
    assert emulator.run(machine(task(TimeoutSeconds=30))).error == "States.Timeout"


def test_a_token_is_answered_by_the_stub_and_no_message_is_sent(emulator: Emulator) -> None:
    url = boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    state = task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters={"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
    )
    approve = emulator.task("Charge")
    approve.after(hours=1).returns({"approved": True})
    run = emulator.run(machine(state))
    assert (run.output, run.elapsed) == ({"approved": True}, timedelta(hours=1))
    assert types(run)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert approve.calls[0].token == approve.calls[0].input["MessageBody"]["token"]
    assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=url)


def test_a_task_that_a_stub_never_answers_can_be_answered_by_its_token(emulator: Emulator) -> None:
    approve = emulator.task("Charge").never()
    run = emulator.start(machine(task(f"{INVOKE}.waitForTaskToken", Parameters={"FunctionName": "ask"})))
    boto3.client("stepfunctions").send_task_success(taskToken=approve.calls[0].token, output='"yes"')
    assert emulator.finish(run).output == "yes"


def test_an_activity_needs_no_worker_and_need_not_exist(emulator: Emulator) -> None:
    emulator.stub("approve").returns("yes")
    run = emulator.run(machine(task(ACTIVITY)))
    assert types(run)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert run.output == "yes"
    emulator.task("Refuse").raises("Rejected", "why")
    assert emulator.run(machine(task(ACTIVITY), "Refuse")).error == "Rejected"


def test_a_nested_machine_is_not_started(emulator: Emulator) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Child"
    child = {"StateMachineArn": arn, "Input": {"n": 1}}
    start = "arn:aws:states:::states:startExecution"
    described = {"ExecutionArn": f"{arn}:e", "StateMachineArn": arn, "StartDate": 1, "Status": "SUCCEEDED"}
    emulator.stub(arn).returns({"ExecutionArn": f"{arn}:e", "StartDate": 1})
    emulator.task("Wait").returns({**described, "Output": {"done": True}})
    assert emulator.run(machine(task(start, Parameters=child))).output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    run = emulator.run(machine(task(f"{start}.sync:2", Parameters=child), "Wait"))
    assert run.output["Output"] == {"done": True}
    assert len(emulator.executions) == 2


@pytest.mark.parametrize("named", [FUNCTION, "charge", "lambda:charge", INVOKE, "lambda:invoke"])
def test_a_function_is_stubbed_by_its_name_its_arn_or_the_integration(emulator: Emulator, named: str) -> None:
    emulator.stub(named).returns("stubbed")
    state = task(INVOKE, Parameters={"FunctionName": f"{FUNCTION}:live"})
    assert emulator.run(machine(state)).output["Payload"] == "stubbed"


def test_the_stub_of_a_state_comes_before_that_of_a_resource(emulator: Emulator) -> None:
    resource, state = emulator.stub("charge"), emulator.task("Charge")
    resource.returns("resource")
    state.raises("Once", times=1)
    assert emulator.run(machine(task(**RETRY))).output == "resource"
    assert (resource.call_count, state.call_count) == (2, 2)


def test_each_emulator_has_its_own_stubs(emulator: Emulator) -> None:
    emulator.task("Charge").returns("outer")
    with Emulator(region="eu-west-1") as other:
        other.task("Charge").returns("inner")
        assert other.run(machine()).output == "inner"
    assert emulator.run(machine()).output == "outer"


# Tasks that nothing answers -------------------------------------------------------------------------------------------


def branches(resource: str) -> dict[str, Any]:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.go", "BooleanEquals": True, "Next": "Charge"}]}
    states: dict[str, Any] = {"Pick": choice | {"Default": "No"}, "No": {"Type": "Succeed"}, "Charge": task(resource)}
    if resource != FUNCTION:
        states["Charge"]["Parameters"] = {"JobName": "etl"}
    return {"StartAt": "Pick", "States": states}


@pytest.mark.parametrize(("resource", "error"), [(FUNCTION, MissingHandlerError), (GLUE, NotEmulatedError)])
def test_a_task_that_nothing_answers_is_an_error_only_when_it_is_entered(
    emulator: Emulator, resource: str, error: type[EmulatorError]
) -> None:
    assert emulator.run(branches(resource), {"go": False}).status == "SUCCEEDED"
    with pytest.raises(error, match="state 'Charge'"):
        emulator.run(branches(resource), {"go": True})


def test_the_error_of_a_service_that_is_not_emulated_says_how_to_stub_it(emulator: Emulator) -> None:
    with pytest.raises(NotEmulatedError, match=r"fix: emulator.task\('Charge'\).returns\(...\) scripts its answer"):
        emulator.run(machine(task(GLUE, Parameters={"JobName": "etl"})))


HTTP_PARAMETERS = {
    "ApiEndpoint": "https://pay.example/charge",
    "Method": "POST",
    "InvocationConfig": {"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/pay/1"},
}
API_PARAMETERS = {"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET"}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("status", [302, 404, 503])
@pytest.mark.parametrize(("body", "cause"), [({"error": "busy"}, '{"error":"busy"}'), ("busy", "busy")])
@pytest.mark.parametrize(
    ("service", "parameters", "error"),
    [("http", HTTP_PARAMETERS, "States.Http.StatusCode.{}"), ("apigateway", API_PARAMETERS, "ApiGateway.{}")],
)
def test_a_response_with_another_status_than_2xx_fails_the_task(
    emulator: Emulator, service: str, parameters: Any, error: str, body: Any, cause: str, status: int, check: bool
) -> None:
    response = {"StatusCode": status, "ResponseBody": body}
    emulator.stub(f"{service}:invoke").returns(response, check=check, times=1).then.returns({"StatusCode": 201})
    state = task(f"arn:aws:states:::{service}:invoke", Parameters=parameters)
    run = emulator.run(machine(state))
    assert (run.error, run.cause) == (error.format(status), cause)
    assert types(run)[-2:] == ["TaskFailed", "ExecutionFailed"]
    assert emulator.run(machine(state)).output == {"StatusCode": 201}


# Strict ---------------------------------------------------------------------------------------------------------------


def test_a_stub_that_is_never_called_fails_the_test() -> None:
    emulator = Emulator()
    emulator.task("Charge").returns(1)
    emulator.stub("glue:startJobRun").returns({"JobRunId": "jr"})
    emulator.task("Looked at only")
    with pytest.raises(EmulatorError) as raised, emulator:
        pass
    told = str(raised.value).splitlines()
    assert "test_stub.py:" in told[0]
    assert told[0].endswith("emulator.task('Charge') was never called: no execution was started")
    assert told[1].endswith("emulator.stub('glue:startJobRun') was never called: no execution was started")
    assert told[2:] == [ALLOW]


@pytest.mark.parametrize(
    ("declare", "why"),
    [
        (
            lambda emulator: emulator.task("Refund"),
            ": no execution entered state 'Refund'; these Tasks were entered: 'Charge'",
        ),
        (
            lambda emulator: emulator.stub("glue:startJobRun.sync"),
            ": no execution entered state 'Refund'; these Tasks were entered: 'Charge'",
        ),
        (
            lambda emulator: emulator.task("Other"),
            ": no state machine has a Task of this name; these Tasks were entered: 'Charge'",
        ),
        (
            lambda emulator: emulator.stub("aws-sdk:textract:detectDocumentText"),
            ": no Task and no handler called it; these Tasks were entered: 'Charge'",
        ),
        (lambda emulator: emulator.stub("aws-sdk:glue:startJobRun"), ". Did you mean 'glue:startJobRun.sync'?"),
        (lambda emulator: emulator.stub("chrge"), ". Did you mean 'charge'?"),
    ],
)
def test_why_a_stub_was_never_called_is_told(declare: Callable[[Emulator], Stub], why: str) -> None:
    refunds = machine(task(GLUE, Parameters={"JobName": "etl"}), "Refund")
    emulator = Emulator()
    emulator.lambda_function("charge", lambda event, context: event)
    emulator.run(machine(task()), {"id": 7})
    emulator.state_machine(refunds, name="Refunds")
    declare(emulator).never()
    with pytest.raises(EmulatorError) as raised, emulator:
        pass
    assert str(raised.value).splitlines()[0].partition(" was never called")[2] == why


def test_a_stub_that_was_made_after_the_run_says_so() -> None:
    emulator = Emulator()
    emulator.lambda_function("charge", lambda event, context: event)
    emulator.run(machine(task()), {"id": 7})
    emulator.task("Charge").never()
    with (
        pytest.raises(EmulatorError, match="was never called: its call was made before it; make it before the run"),
        emulator,
    ):
        pass


def test_a_stub_for_an_item_that_never_came_fails_the_test() -> None:
    emulator = Emulator()
    emulator.task("Charge").returns(1)
    emulator.task("Charge").for_item(7).returns(2)
    told = r"test_stub.py:\d+: emulator.task\('Charge'\).for_item\(7\) was never called"
    with pytest.raises(EmulatorError, match=told), emulator:
        emulator.run(machine())


OWED: list[tuple[Callable[[Emulator], Any], list[str]]] = [
    (
        lambda emulator: emulator.task("Charge").raises("X", times=2).then.returns(1).then.returns(2),
        ["emulator.task('Charge'): .returns(2) was never given"],
    ),
    (
        lambda emulator: emulator.task("Charge").raises("X", times=7).then.returns(1),
        [
            "emulator.task('Charge'): .raises('X') was given 6 times of 7",
            "emulator.task('Charge'): .returns(1) was never given",
        ],
    ),
    (
        lambda emulator: emulator.task("Charge").returns(1, times=2),
        ["emulator.task('Charge'): .returns(1) was given once of 2"],
    ),
    (
        lambda emulator: [emulator.task("Charge").returns(1), emulator.task("Charge").when(input={"a": 2}).never()],
        ["emulator.task('Charge').when(input={'a': 2}) was never called"],
    ),
    (
        lambda emulator: [
            emulator.task("Charge").returns(1),
            emulator.task("Charge").when(input={"id": 7}).raises("X", times=1),
        ],
        [],
    ),
    (
        lambda emulator: [emulator.task("Charge").returns(1), emulator.stub("charge").returns(2)],
        ["emulator.stub('charge') was never used; its call was answered by another stub"],
    ),
    (
        lambda emulator: [
            emulator.task("Charge").when(input={"id": 7}).returns(1),
            emulator.task("Charge").raises("X", times=2),
        ],
        ["emulator.task('Charge') was never used; its call was answered by another stub"],
    ),
    (lambda emulator: emulator.task("Charge").raises("X").then.calls_through(), []),
    (
        lambda emulator: emulator.task("Charge").returns(1).then.calls_through(),
        ["emulator.task('Charge'): .calls_through() was never given"],
    ),
    (lambda emulator: emulator.task("Charge").returns(1), []),
]


@pytest.mark.parametrize(("declare", "owed"), OWED)
def test_each_answer_that_was_planned_and_never_given_is_told(
    declare: Callable[[Emulator], Any], owed: list[str]
) -> None:
    emulator = Emulator()
    emulator.lambda_function("charge", lambda event, context: event)
    declare(emulator)
    told = []
    try:
        with emulator:
            emulator.run(machine(task(**RETRY)), {"id": 7})
    except EmulatorError as error:
        *told, fix = str(error).splitlines()
        assert fix == ALLOW
    assert [line.partition(": ")[2] for line in told] == owed
    assert all("test_stub.py:" in line for line in told)


@pytest.mark.parametrize("narrow", [lambda stub: stub, lambda stub: stub.when(input={"id": 7})])
def test_an_answer_takes_the_place_of_that_of_a_fixture(narrow: Callable[[Stub], Stub]) -> None:
    with Emulator() as emulator:
        narrow(emulator.task("Charge")).raises("X", times=3).then.returns(1)
        with pytest.raises(EmulatorError, match=r"\.instead\.returns\(2\) in place of the earlier one"):
            narrow(emulator.task("Charge")).returns(2)
        narrow(emulator.task("Charge")).instead.returns(2)
        assert emulator.run(machine(), {"id": 7}).output == 2


def test_a_stub_of_a_machine_is_the_same_by_name_arn_and_itself() -> None:
    with Emulator() as emulator:
        orders = emulator.state_machine(machine(), name="Orders")
        emulator.state_machine(machine(), name="Refunds")
        stub = emulator.task("Charge", machine="Orders").returns(1)
        emulator.task("Charge", machine=orders).instead.returns(2)
        with pytest.raises(EmulatorError, match="has an answer already"):
            emulator.task("Charge", machine=orders.arn).returns(3)
        emulator.task("Charge", machine="Refunds").returns("refunded")
        assert emulator.run(orders).output == 2
        assert emulator.run(emulator.assembly.service.store.machines.list()[1]).output == "refunded"
        assert emulator.task("Charge", machine=orders).call_count == stub.call_count == 1


def test_a_stub_by_arn_comes_before_one_by_name() -> None:
    with Emulator() as emulator:
        emulator.stub("charge").returns("by name")
        emulator.stub(FUNCTION).returns("by ARN", times=1)
        assert [emulator.run(machine()).output for _ in range(2)] == ["by ARN", "by name"]


def test_instead_leaves_the_answers_to_other_calls_and_needs_no_earlier_one() -> None:
    with Emulator() as emulator:
        emulator.task("Charge").when(input={"id": 7}).returns("seven")
        emulator.task("Charge").instead.returns("any")
        emulator.task("Charge").instead.after(minutes=1).returns("other").then.returns("last")
        assert [emulator.run(machine(), {"id": each}).output for each in (7, 8, 9)] == ["seven", "other", "last"]


def test_unused_stubs_can_be_allowed() -> None:
    with Emulator(unused_stubs="allow") as emulator:
        emulator.task("Charge").returns(1)


def test_the_resource_that_is_near_to_that_of_an_unused_stub_is_named() -> None:
    emulator = Emulator()
    emulator.stub("refund").returns({})
    emulator.task("Charge").returns({"JobRunState": "SUCCEEDED"})
    emulator.state_machine(machine(task(FUNCTION.replace("charge", "refunds")), "Refund"), name="Refunds")
    with pytest.raises(EmulatorError, match=r"never called\. Did you mean 'refunds'\?"), emulator:
        emulator.run(machine(task(GLUE, Parameters={"JobName": "etl"})))


def test_an_action_that_is_called_with_another_pattern_is_refused_when_a_machine_starts(emulator: Emulator) -> None:
    emulator.stub("glue:startJobRun").returns({"JobRunId": "jr"})
    with pytest.raises(
        EmulatorError, match=r"test_stub.py:\d+: .*no Task calls it\n    Did you mean 'glue:startJobRun.sync'"
    ):
        emulator.run(machine(task(GLUE, Parameters={"JobName": "etl"})))


@pytest.mark.parametrize(
    ("resource", "hint"),
    [
        ("glue:startJobrun.sync", 'Did you mean "glue:startJobRun.sync"?'),
        ("bedrock:invokemodel", 'Did you mean "bedrock:invokeModel"?'),
        ("aws-sdk:textract:detectDocumentTxt", 'Did you mean "detectDocumentText"?'),
        ("aws-sdk:textrct:detectDocumentText", 'Did you mean "textract"?'),
        ("glue:startJobRun.synch", 'Did you mean "glue:startJobRun.sync"?'),
        ("textract:detectDocumentText", 'Did you mean "aws-sdk:textract:detectDocumentText"?'),
    ],
)
def test_a_misspelt_resource_is_refused_with_the_nearest(emulator: Emulator, resource: str, hint: str) -> None:
    with pytest.raises(EmulatorError) as raised:
        emulator.stub(resource)
    assert hint in str(raised.value)


def test_a_misspelt_state_is_refused_when_its_machine_is_there_and_when_it_starts(emulator: Emulator) -> None:
    emulator.task("Chrage").returns(1)
    with pytest.raises(
        EmulatorError, match=r"test_stub.py:\d+: .*no state machine has .*\n    Did you mean 'Charge'\?"
    ):
        emulator.run(machine())
    with pytest.raises(EmulatorError, match=r"Did you mean 'Charge'\?"):
        emulator.task("Chargee")
    with pytest.raises(EmulatorError, match=r"Did you mean 'Charge'\?"):
        emulator.task("Chargee", machine="StateMachine")
    with pytest.raises(EmulatorError, match=r"no state machine 'StateMachin'\n    Did you mean 'StateMachine'\?"):
        emulator.task("Charge", machine="StateMachin")
    emulator.state_machine(machine({"Type": "Succeed"}, "End"), name="Other")
    with pytest.raises(EmulatorError, match="End is a Succeed state; only a Task calls something"):
        emulator.task("End")


# Calls from before the stub ---


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_a_stub_that_is_made_after_the_run_has_its_calls(emulator: Emulator, mode: str) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    state = task(INVOKE, Parameters={"FunctionName": "charge", "Payload.$": "$"})
    emulator.run(mapped(state, mode), [1, 2]).assert_succeeded()
    charge = emulator.task("Charge")
    assert sorted(call.input for call in charge.calls) == [1, 2]
    assert sorted(call.items for call in charge.calls) == [(0,), (1,)]
    assert emulator.stub("charge").call_count == emulator.stub("lambda:invoke").call_count == 2
    with pytest.raises(AssertionError, match="it was called 2 times"):
        charge.assert_not_called()


def test_a_retry_from_before_the_stub_is_an_attempt(emulator: Emulator) -> None:
    calls = iter([ValueError("no")])

    def charge(event: Any, context: Any) -> None:
        for error in calls:
            raise error

    emulator.lambda_function("charge", charge)
    emulator.run(machine(task(**RETRY)), {"id": 1}).assert_succeeded()
    assert [(call.attempt, call.visit, call.input) for call in emulator.task("Charge").calls] == [
        (1, 1, {"id": 1}),
        (2, 1, {"id": 1}),
    ]


def test_answers_of_a_stub_that_is_made_after_the_run_are_unused() -> None:
    emulator = Emulator()
    emulator.lambda_function("charge", lambda event, context: event)
    with pytest.raises(EmulatorError, match=r"emulator.task\('Charge'\) was never called"), emulator:  # noqa: PT012
        emulator.run(machine())
        emulator.task("Charge").returns(1)


# Tasks that nothing answers -----------------------------------------------------------------------------------------


def test_the_first_way_out_of_a_task_without_an_answer_is_a_stub(emulator: Emulator) -> None:
    with pytest.raises(MissingHandlerError) as raised:
        emulator.run(machine(task()))
    lines = str(raised.value).splitlines()
    assert lines[2] == "    fix: emulator.task('Charge').returns(...) scripts its answer"
    assert lines[3].startswith("    fix: emulator.lambda_function('charge'")
    with pytest.raises(NotEmulatedError) as other:
        emulator.run(machine(task(GLUE, Parameters={"JobName": "etl"})))
    assert str(other.value).splitlines()[1] == (
        "    fix: emulator.task('Charge').returns(...) scripts its answer, "
        "emulator.stub('glue:startJobRun.sync').returns(...) that of every such task"
    )


@pytest.mark.parametrize(
    ("declare", "near"),
    [
        (lambda emulator: emulator.task("charge"), "emulator.task('charge') was never called; did you mean 'Charge'?"),
        (
            lambda emulator: emulator.stub("glue:startJobRun"),
            "emulator.stub('glue:startJobRun') was never called; did you mean 'glue:startJobRun.sync'?",
        ),
        (
            lambda emulator: emulator.task("Charge", machine="Refunds"),
            "emulator.task('Charge', machine='Refunds') was never called; did you mean machine='Orders'?",
        ),
    ],
)
def test_a_task_without_an_answer_names_the_nearest_unused_stub(declare: Callable[[Emulator], Stub], near: str) -> None:
    with Emulator(unused_stubs="allow") as emulator:
        declare(emulator).never()
        orders = emulator.state_machine(machine(task(GLUE, Parameters={"JobName": "etl"})), name="Orders")
        with pytest.raises(NotEmulatedError) as raised:
            emulator.run(orders)
    line = str(raised.value).splitlines()[1]
    assert line.startswith("    tests/emulator/stubs/test_stub.py:")
    assert line.partition(": ")[2] == near


def test_the_nearest_unused_stub_of_a_function_is_named() -> None:
    with Emulator(unused_stubs="allow") as emulator:
        emulator.stub("chrge").returns(1)
        told = r"emulator.stub\('chrge'\) was never called; did you mean 'charge'\?"
        with pytest.raises(MissingHandlerError, match=told):
            emulator.run(machine(task()))


def test_a_stub_that_answered_the_state_whose_token_is_awaited_is_named(emulator: Emulator) -> None:
    emulator.task("Charge").returns({"ok": True})
    sent = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": "m"}
    run = emulator.start(machine(task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters=sent)))
    with pytest.raises(EmulatorError) as raised:
        run.wait_for_task_token("Charge")
    lines = str(raised.value).splitlines()
    assert lines[2].startswith("    emulator.task('Charge') (")
    assert lines[2].endswith(" answered Charge, so that it did not wait")
    assert lines[3] == "    fix: use .never() for the answer by the token, or delete the stub"


@pytest.mark.parametrize("items", [(), (-1,), (0, True), ("a",)])
def test_an_item_is_given_by_its_index(emulator: Emulator, items: tuple[Any, ...]) -> None:
    with pytest.raises(EmulatorError, match=r"an item is given by its index, from 0\n    fix: for_item\(3\)"):
        emulator.task("Charge").for_item(*items)


# Assertions -----------------------------------------------------------------------------------------------------------


def test_a_part_of_an_input_is_expected_as_of_a_run(emulator: Emulator) -> None:
    charge = emulator.task("Charge")
    charge.when(input={"paid": ANY, "order": contains({"id": 1})}).returns(2)
    run = emulator.run(machine(), {"paid": True, "order": {"id": 1, "n": 2}}).assert_succeeded(output=2)
    charge.assert_called_once_with({"paid": ANY, "order": contains({"id": 1})})
    charge.assert_any_call(contains({"order": {"n": 2}}))
    run.assert_called("Charge", input=contains({"order": {"n": 2}}))
    with pytest.raises(AssertionError):
        charge.assert_any_call(contains({"order": {"n": 3}}))


def test_assertions_show_the_calls_that_there_were(emulator: Emulator) -> None:
    charge = emulator.task("Charge").returns(1)
    charge.assert_not_called()
    with pytest.raises(AssertionError, match=r"emulator.task\('Charge'\) was not called"):
        charge.assert_called()
    for number in range(2):
        emulator.run(machine(), {"n": number})
    charge.assert_called()
    charge.assert_called_with({"n": 1})
    charge.assert_any_call({"n": 0})
    with pytest.raises(AssertionError, match=r"was to be called once; it was called 2 times\n.*'n': 0"):
        charge.assert_called_once()
    with pytest.raises(AssertionError, match="was not called with"):
        charge.assert_any_call({"n": 2})
    with pytest.raises(
        AssertionError, match=r"was last called with\n.*\nnot with \{'n': 0\}\n    \$\.n: 1, expected 0$"
    ):
        charge.assert_called_with({"n": 0})
    with pytest.raises(AssertionError, match="not at all"):
        charge.assert_not_called()


@pytest.mark.parametrize(
    "words",
    ["then", "after(hours=1)", "instead", "submits({'a': 1})", "when(input={}).after(seconds=2)", "returns(1).then"],
)
@pytest.mark.parametrize("unused", ["fail", "allow"])
def test_what_is_begun_and_has_no_answer_fails_at_the_end(words: str, unused: Any) -> None:
    def test() -> None:
        with Emulator(unused_stubs=unused) as emulator:
            emulator.lambda_function("charge", lambda event, context: 1)
            eval(f"stub.{words}", {"stub": emulator.task("Charge")})
            emulator.run(machine())

    with pytest.raises(EmulatorError, match=r":\d+: emulator.task\('Charge'\)\..* has no answer\n    fix: ") as raised:
        test()
    assert str(raised.value).count("has no answer\n") == 1


def test_a_narrower_stub_that_no_call_meets_and_at_which_no_test_looks_fails_at_the_end() -> None:
    def test() -> None:
        with Emulator() as emulator:
            emulator.task("Charge").returns(1)
            emulator.task("Charge").for_item(9)
            emulator.run(machine())

    with pytest.raises(EmulatorError, match=r"test_stub.py:\d+: emulator.task\('Charge'\).for_item\(9\) was never"):
        test()


def test_a_narrower_stub_may_look_only(emulator: Emulator) -> None:
    emulator.task("Charge").returns(1)
    looks, sees = emulator.task("Charge").when(input={"id": 9}), emulator.task("Charge").when(input={"id": 1})
    later = emulator.task("Charge").when(input={"id": 1})
    emulator.run(machine(), {"id": 1})
    looks.assert_not_called()
    assert len(sees.calls) == 1
    assert "calls: 1" in repr(later)
