"""The same state machine without its template: the test makes what it needs, and nothing else."""

import boto3
import pytest
from orders import handlers

FLOW = "../orders/order.asl.json"
ORDER = {"order": 8, "card": "4242", "cents": 500, "lines": [{"sku": "cup", "count": 11}]}


@pytest.fixture
def flow(emulator):
    """The state machine with the functions and the table that a sold-out order needs."""
    functions = {
        "Reserve": emulator.lambda_function("reserve", handlers.reserve, environment={"STOCK": "stock"}),
        "Charge": emulator.lambda_function("charge", handlers.charge),
        "Tell": emulator.lambda_function("tell", handlers.tell),
    }
    boto3.client("dynamodb").create_table(
        TableName="stock",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "sku", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "sku", "AttributeType": "S"}],
    )
    return emulator.state_machine(FLOW, substitutions={**functions, "Warehouse": "nowhere"})


def test_a_rule_tells_the_customer(emulator, flow):
    mails = []
    events = boto3.client("events")
    events.put_rule(Name="sold-out", EventPattern='{"source": ["shop.orders"], "detail": {"status": ["sold out"]}}')
    mail = emulator.lambda_function("mail", lambda event, context: mails.append(event["detail"]["order"]))
    events.put_targets(Rule="sold-out", Targets=[{"Id": "mail", "Arn": mail}])
    emulator.run(flow, ORDER)
    assert mails == [8]
