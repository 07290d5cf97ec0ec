"""Every name that a test gives to stubs, faults, tokens and files has a nearest word when it is misspelt."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError
from tests.emulator.stubs.conftest import INVOKE, machine, task

Declare = Callable[[Emulator], Any]
LAMBDA = machine(task(INVOKE, Parameters={"FunctionName": "charge"}))
MOCKS = {
    "StateMachines": {"Orders": {"TestCases": {"Happy": {"Charge": "Charged"}}}},
    "MockedResponses": {"Charged": {"0": {"Return": 1}}},
}
FAIL = "dynamodb:PutItem"
NOT_FOUND = "Events.ConnectionResource.ResourceNotFound"


def stub(name: str) -> Declare:
    return lambda emulator: emulator.stub(name)


def returns(name: str, value: Any) -> Declare:
    return lambda emulator: emulator.stub(name).returns(value)


def raises(name: str, error: str) -> Declare:
    return lambda emulator: emulator.stub(name).raises(error)


def fails(call: str, error: str) -> Declare:
    return lambda emulator: emulator.faults.fail(call, error)


def by_name(declare: Declare) -> Declare:
    def run(emulator: Emulator) -> None:
        emulator.lambda_function("charge", lambda event, context: event)
        orders = emulator.state_machine(LAMBDA, name="Orders")
        declare(emulator)
        emulator.run(orders)

    return run


def file(kind: str, value: Any, case: str = "Happy") -> Declare:
    def run(emulator: Emulator) -> None:
        path = Path("given.json").absolute()
        path.write_text(json.dumps(value))
        read: dict[str, Callable[[Path], Any]] = {
            "stubs": emulator.stubs_from,
            "faults": emulator.faults.read,
            "mocks": emulator.mock_config,
        }
        read[kind](path)
        emulator.lambda_function("charge", lambda event, context: event)
        orders = emulator.state_machine(LAMBDA, name="Orders")
        if kind == "mocks":
            emulator.run(orders, test_case=case)
        else:
            emulator.run(orders)

    return run


def mocks(case: str = "Happy", **changed: Any) -> Declare:
    return file("mocks", {**MOCKS, **changed}, case)


def token(emulator: Emulator) -> None:
    emulator.start({"StartAt": "Approve", "States": {"Approve": {"Type": "Succeed"}}}, {}).wait_for_task_token(
        "approve"
    )


WORDS: list[tuple[Declare, str]] = [
    # stub(): services, actions, patterns
    (stub("bedrock:InvokeModl"), "bedrock:invokeModel"),
    (stub("beddrock:invokeModel"), "bedrock:invokeModel"),
    (stub("Glue:StartJobRun.sync"), "glue:startJobRun.sync"),
    (stub("glue:startJobRun.synk"), "glue:startJobRun.sync"),
    (stub("sqs:sendMessage.waitForTaskTokn"), "sqs:sendMessage.waitForTaskToken"),
    (stub("arn:aws:states:::glue:startJobRn"), "glue:startJobRun"),
    (stub("http:invok"), "http:invoke"),
    (stub("lambda:invke"), "lambda:invoke"),
    (stub("aws-sdk:textrct:detectDocumentText"), "textract"),
    (stub("aws-sdk:textract:DetectDocumentText"), "detectDocumentText"),
    # task()
    (by_name(lambda emulator: emulator.task("charge").returns(1)), "Charge"),
    (by_name(lambda emulator: emulator.task("Chrge").returns(1)), "Charge"),
    (by_name(lambda emulator: emulator.task("Charge", machine="orders").returns(1)), "Orders"),
    # returns(): members and values
    (returns("bedrock:invokeModel", {"body": {}}), "Body"),
    (returns("glue:startJobRun.sync", {"jobRunState": "SUCCEEDED"}), "JobRunState"),
    (returns("glue:startJobRun.sync", {"JobRunState": "succeeded"}), "SUCCEEDED"),
    (returns("aws-sdk:rds:describeDBInstances", {"DBInstances": []}), "DbInstances"),
    (returns("http:invoke", {"body": {}, "StatusCode": 200}), "ResponseBody"),
    (returns("http:invoke", {"statusCode": 200}), "StatusCode"),
    (returns("apigateway:invoke", {"StatusCod": 200}), "StatusCode"),
    # raises()
    (raises("glue:startJobRun", "Glue.ConcurentRunsExceededException"), "Glue.ConcurrentRunsExceededException"),
    (raises("glue:startJobRun", "ConcurrentRunsExceededException"), "Glue.ConcurrentRunsExceededException"),
    (raises("aws-sdk:dynamodb:putItem", "DynamoDB.ResourceNotFoundException"), "DynamoDb.ResourceNotFoundException"),
    (raises("glue:startJobRun", "States.Timout"), "States.Timeout"),
    (raises("http:invoke", "States.Http.Status.503"), "States.Http.StatusCode.503"),
    (raises("http:invoke", "States.HTTP.StatusCode.404"), "States.Http.StatusCode.404"),
    (raises("http:invoke", "404"), "States.Http.StatusCode.404"),
    (raises("http:invoke", "States.Http.Sockt"), "States.Http.Socket"),
    (raises("http:invoke", "States.Timout"), "States.Timeout"),
    (raises("http:invoke", "Event.ConnectionResource.ResourceNotFound"), NOT_FOUND),
    (raises("http:invoke", "Events.ConnectionResource.ResourceNotFond"), NOT_FOUND),
    (raises("apigateway:invoke", "APIGateway.404"), "ApiGateway.404"),
    # faults
    (fails("dynamdb:PutItem", "ThrottlingException"), "dynamodb"),
    (fails("dynamodb:PutItm", "ThrottlingException"), "PutItem"),
    (fails(FAIL, "throtlingException"), "ThrottlingException"),
    (fails("http:invok", "503"), "http:invoke"),
    (fails("http:invoke", "States.Http.Status.503"), "States.Http.StatusCode.503"),
    (fails("apigateway:invoke", "ApiGatway.404"), "ApiGateway.404"),
    (fails("lambda:Invoke", "Sandbox.Timeout"), "Sandbox.Timedout"),
    (fails("lambda:Invoke", "TooManyRequestException"), "TooManyRequestsException"),
    (lambda emulator: emulator.faults.delay("dynamodb:Btch*", seconds=1), "Batch*"),
    (lambda emulator: emulator.faults.time_out("dynamodb:PutItm"), "PutItem"),
    (lambda emulator: emulator.faults.disconnect("dynamodb:PutItm"), "PutItem"),
    (lambda emulator: emulator.faults.fail_entries("events:PutEvent", entries=[0]), "PutEvents"),
    (by_name(lambda emulator: emulator.faults.fail(FAIL, "ThrottlingException", state="charge")), "Charge"),
    (by_name(lambda emulator: emulator.faults.fail(FAIL, "ThrottlingException", machine="Order")), "Orders"),
    (by_name(lambda emulator: emulator.faults.fail(FAIL, "ThrottlingException", function="chrge")), "charge"),
    # tokens
    (token, "Approve"),
    # files
    (file("stubs", {"task": {}}), "tasks"),
    (file("stubs", {"tasks": {"Charge": {"return": 1}}}), "returns"),
    (file("stubs", {"tasks": {"Charge": {"returns": 1, "time": 2}}}), "times"),
    (file("stubs", {"tasks": {"charge": {"returns": 1}}}), "Charge"),
    (file("stubs", {"resources": {"glue:startJobRn": {"returns": 1}}}), "glue:startJobRun"),
    (file("stubs", {"tasks": {"Charge": {"raises": {"err": "X"}}}}), "error"),
    (file("faults", [{"fial": FAIL, "error": "ThrottlingException"}]), "fail"),
    (file("faults", [{"fail": FAIL, "error": "ThrottlingException", "time": 2}]), "times"),
    (file("faults", [{"fail": "dynamodb:PutItm", "error": "ThrottlingException"}]), "PutItem"),
    (file("faults", [{"fail": FAIL, "error": "ThrotlingException"}]), "ThrottlingException"),
    (mocks(StateMachine={}), "StateMachines"),
    (mocks(StateMachines={"Orders": {"TestCase": {}}}), "TestCases"),
    (mocks(StateMachines={"Orders": {"TestCases": {"Happy": {"Charge": "Chargd"}}}}), "Charged"),
    (mocks(StateMachines={"Orders": {"TestCases": {"Happy": {"charge": "Charged"}}}}), "Charge"),
    (mocks(case="happy"), "Happy"),
    (mocks(MockedResponses={"Charged": {"0": {"return": 1}}}), "Return"),
    (mocks(MockedResponses={"Charged": {"0": {"Throw": {"error": "x"}}}}), "Error"),
]


@pytest.mark.parametrize(("declare", "near"), WORDS)
def test_a_misspelt_name_is_refused_with_the_nearest(
    declare: Declare, near: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmulatorError) as raised, Emulator() as emulator:
        declare(emulator)
    told = str(raised.value).replace("'", '"')
    hints = [part.partition("?")[0] for part in told.split("Did you mean ")[1:]]
    assert any(hint.rpartition("=")[2].strip('"') == near for hint in hints), str(raised.value)


@pytest.mark.parametrize(
    ("word", "near"), [("return_value", "returns"), ("side_effect", "answers"), ("rases", "raises")]
)
def test_a_stub_names_the_nearest_of_its_attributes(emulator: Emulator, word: str, near: str) -> None:
    stub = emulator.task("Etl")
    with pytest.raises(AttributeError, match=f"""a stub has no '{word}'. Did you mean ".{near}"?"""):
        getattr(stub, word)
    with pytest.raises(AttributeError, match=f"a stub has no '{word}'"):
        setattr(stub, word, 5)
