"""Orders from the basket to the review: weeks pass in a few milliseconds, with the real handlers."""

import json

import boto3
import pytest
from orders import handlers

FLOW = "../orders/order.asl.json"
ORDER = {"order": 7, "card": "4242", "cents": 1999, "lines": [{"sku": "tea", "count": 2}, {"sku": "cup", "count": 1}]}

pytestmark = pytest.mark.emulator(region="eu-central-1", start="2030-03-01T09:00:00Z")


@pytest.fixture
def shop(emulator):
    """The functions, the table, the queue and the bus that the flow needs."""
    for name in ("charge", "reserve", "tell"):
        emulator.lambda_function(f"orders-{name}", getattr(handlers, name))
    table = boto3.resource("dynamodb").create_table(
        TableName="stock",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "sku", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "sku", "AttributeType": "S"}],
    )
    for sku in ("tea", "cup"):
        table.put_item(Item={"sku": sku, "left": 10})
    boto3.client("sqs").create_queue(QueueName="warehouse")
    return emulator


@pytest.fixture
def gateway(monkeypatch):
    """The payment gateway's next answers, in order; 200 after the last."""
    answers = []
    monkeypatch.setattr(handlers, "gateway", lambda card, cents: answers.pop(0) if answers else 200)
    return answers


def parcel_leaves():
    """The warehouse reads its message and reports that the parcel has left."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="warehouse")["QueueUrl"]
    message = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    boto3.client("stepfunctions").send_task_success(taskToken=message["token"], output='{"parcel": "DHL-1"}')


def told(emulator):
    return [json.loads(entry["Detail"])["status"] for entry in emulator.bus.entries]


def test_an_order_is_delivered_and_two_weeks_later_we_ask_for_a_review(shop, gateway):
    run = shop.start(FLOW, ORDER)
    shop.clock.advance(hours=30)
    parcel_leaves()
    shop.finish(run).assert_succeeded()
    assert run.elapsed.days == 15
    assert run.output == "delivered"
    assert told(shop) == ["delivered"]


def test_a_busy_gateway_is_asked_again_with_longer_and_longer_pauses(shop, gateway):
    gateway += [503, 503, 503]
    run = shop.start(FLOW, ORDER)
    shop.clock.advance(hours=1)
    assert run.states["Charge"].attempts == 4
    visit = run.states["Charge"].visits[0]
    assert (visit.exited_at - visit.entered_at).total_seconds() == 4 * 2 + 60 + 120 + 240


def test_a_declined_card_is_not_asked_again(shop, gateway):
    gateway += [402]
    run = shop.run(FLOW, ORDER)
    assert run.path[-3:] == ["Charge", "Declined", "Tell"]
    assert run.states["Charge"].attempts == 1
    assert told(shop) == ["declined"]


def test_what_is_sold_out_is_not_charged(shop, gateway):
    run = shop.run(FLOW, ORDER | {"lines": [{"sku": "tea", "count": 11}]})
    assert run.output == "sold out"
    assert "Charge" not in run.states


def test_a_warehouse_that_never_answers_is_noticed_after_two_days(shop, gateway):
    run = shop.run(FLOW, ORDER)
    assert run.output == "lost in the warehouse"
    assert run.elapsed.days == 2


def test_a_rule_tells_the_customer(shop, gateway):
    mails = []
    events = boto3.client("events")
    events.put_rule(Name="sold-out", EventPattern='{"source": ["shop.orders"], "detail": {"status": ["sold out"]}}')
    mail = shop.lambda_function("mail", lambda event, context: mails.append(event["detail"]["order"]))
    events.put_targets(Rule="sold-out", Targets=[{"Id": "mail", "Arn": mail}])
    shop.run(FLOW, ORDER | {"lines": [{"sku": "cup", "count": 11}]})
    assert mails == [7]
