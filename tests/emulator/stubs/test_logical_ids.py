"""Stubs and faults know the logical ids of a template that is deployed, before them or after them.

``emulator.task("Charge", machine="Orders")``, ``emulator.stub("Charger")``, ``fail(..., resource="OrdersTable")``.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator import Application, Emulator, EmulatorError
from tests.emulator.stubs.conftest import FUNCTION, machine, task

DEFINITION = {
    "StartAt": "Charge",
    "States": {
        "Charge": {"Type": "Task", "Resource": "${Function}", "ResultPath": "$.charged", "Next": "Save"},
        "Save": task(
            "arn:aws:states:::dynamodb:putItem",
            Parameters={"TableName": "${Table}", "Item": {"id": {"S": "1"}}},
            ResultPath="$.saved",
        ),
    },
}
ROLE = "arn:aws:iam::123456789012:role/r"
MACHINE = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {
        "RoleArn": ROLE,
        "DefinitionSubstitutions": {"Function": {"Fn::GetAtt": ["Charger", "Arn"]}, "Table": {"Ref": "OrdersTable"}},
        "DefinitionString": json.dumps(DEFINITION),
    },
}
TEMPLATE = {
    "Resources": {
        "Charger": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Role": ROLE,
                "Code": {"ZipFile": "def handler(event, context):\n    return 'real'\n"},
            },
        },
        "OrdersTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        "Orders": MACHINE,
        "Refunds": MACHINE,
    }
}


@pytest.fixture
def deploy(tmp_path: Path) -> Callable[[Emulator], Application]:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(TEMPLATE))
    return lambda emulator: emulator.deploy(file)


Declare = Callable[[Emulator], Any]
Deploy = Callable[[Emulator], Application]

STUBS: list[Declare] = [
    lambda emulator: emulator.task("Charge", machine="Orders").returns("stubbed"),
    lambda emulator: emulator.stub("Charger").returns("stubbed"),
    lambda emulator: emulator.stub("lambda:Charger").returns("stubbed"),
]


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("declare", STUBS)
def test_a_stub_is_for_a_logical_id(deploy: Deploy, declare: Declare, is_first: bool) -> None:
    with Emulator() as emulator:
        stub = declare(emulator) if is_first else None
        app = deploy(emulator)
        stub = stub or declare(emulator)
        assert emulator.run(app.machine("Orders"), {}).output["charged"] == "stubbed"
        assert [call.state_name for call in stub.calls] == ["Charge"]


def test_a_stub_of_one_machine_is_not_for_another(deploy: Deploy) -> None:
    with Emulator() as emulator:
        app = deploy(emulator)
        emulator.task("Charge", machine="Orders").returns("stubbed")
        assert emulator.run(app.machine("Refunds"), {}).output["charged"] == "real"
        assert emulator.run(app.machine("Orders"), {}).output["charged"] == "stubbed"


@pytest.mark.parametrize(
    "of", [lambda app: app["Orders"], lambda app: app.machine("Orders"), lambda app: app.machine("Orders").name]
)
def test_a_stub_is_for_what_the_application_gives(deploy: Deploy, of: Callable[[Application], Any]) -> None:
    with Emulator() as emulator:
        app = deploy(emulator)
        emulator.task("Charge", machine=of(app)).returns("stubbed", times=1)
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", machine=of(app), times=1)
        assert emulator.run(app.machine("Orders"), {}).error == "DynamoDB.ThrottlingException"
        emulator.stub(app["Charger"]).returns("named")
        assert emulator.run(app.machine("Refunds"), {}).output["charged"] == "named"


def test_a_stub_by_a_logical_id_is_that_of_the_machine(deploy: Deploy) -> None:
    with Emulator() as emulator:
        emulator.task("Charge", machine="Orders").returns("of a fixture")
        app = deploy(emulator)
        emulator.task("Charge", machine=app.machine("Orders")).instead.returns("of the test")
        assert emulator.run(app.machine("Orders"), {}).output["charged"] == "of the test"


def test_a_task_that_does_not_start_is_found_by_a_logical_id(deploy: Deploy) -> None:
    with Emulator() as emulator:
        app = deploy(emulator)
        emulator.stub("Charger").fails_to_start("Lambda.Unknown")
        run = emulator.run(app.machine("Orders"), {})
        assert "LambdaFunctionStartFailed" in [event["type"] for event in run.history]


FAULTS: list[dict[str, str]] = [{"resource": "OrdersTable"}, {"machine": "Orders"}]


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("where", FAULTS)
def test_a_fault_is_for_a_logical_id(deploy: Deploy, where: dict[str, Any], is_first: bool) -> None:
    with Emulator() as emulator:
        app = None if is_first else deploy(emulator)
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", **where)
        run = emulator.run((app or deploy(emulator)).machine("Orders"), {})
        assert run.error == "DynamoDB.ThrottlingException"


def test_a_fault_of_a_function_is_for_a_logical_id(deploy: Deploy) -> None:
    with Emulator() as emulator:
        app = deploy(emulator)
        emulator.faults.fail("lambda:Invoke", "TooManyRequestsException", resource="Charger")
        assert emulator.run(app.machine("Orders"), {}).error == "Lambda.TooManyRequestsException"


def _unused(declare: Declare, deploy: Deploy) -> str:
    emulator = Emulator()
    with pytest.raises(EmulatorError) as raised, emulator:  # noqa: PT012
        declare(emulator)
        emulator.run(deploy(emulator).machine("Orders"), {})
    return str(raised.value)


NEAR = "    Did you mean "
UNKNOWN: list[tuple[Declare, str]] = [
    (lambda it: it.task("Charge", machine="Order").returns(1), f"no state machine 'Order'\n{NEAR}'Orders'?"),
    (lambda it: it.task("Charge", machine="Invoices").returns(1), "called. There is no state machine 'Invoices'."),
    (
        lambda it: it.task("Charge", machine="Invoices"),
        "can never be called: there is no such Task. There is no state mac",
    ),
    (lambda it: it.task("Invoice"), "can never be called: there is no such Task"),
    (lambda it: it.task("Invoice").returns(1), "was never called"),
    (lambda it: it.stub("Chargr"), "can never be called: no Task calls it. Did you mean 'Charger'?"),
    (lambda it: it.stub("Chargr").returns(1), "was never called. Did you mean 'Charger'?"),
    (lambda it: it.stub("sns:publish"), "can never be called: no Task calls it"),
    (lambda it: it.faults.delay("dynamodb", seconds=1, machine="Order"), f"machine 'Order'\n{NEAR}machine='Orders'?"),
    (lambda it: it.faults.delay("dynamodb", seconds=1, machine="Invoices"), "there is no machine 'Invoices'"),
    (lambda it: it.faults.delay("dynamodb", seconds=1, function="Chargr"), f"'Chargr'\n{NEAR}function='Charger'?"),
]


@pytest.mark.parametrize(("declare", "told"), UNKNOWN)
def test_a_name_that_nothing_has_is_told(deploy: Deploy, declare: Declare, told: str) -> None:
    assert told in _unused(declare, deploy)


def test_a_stub_that_only_looks_may_see_nothing() -> None:
    with Emulator() as emulator:
        refund = emulator.stub("refund")
        spy = emulator.task("Other")
        two = machine(task(Next="Other"))
        del two["States"]["Charge"]["End"]
        two["States"]["Other"] = task(FUNCTION.replace("charge", "refund"))
        emulator.task("Charge").raises("X")
        emulator.run(two)
        refund.assert_not_called()
        spy.assert_not_called()
