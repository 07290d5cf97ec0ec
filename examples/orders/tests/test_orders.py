"""Orders from the basket to the review: weeks pass in a few milliseconds, with the real handlers."""

import json

import boto3
import pytest
from orders import handlers

ORDER = {"order": 7, "card": "4242", "cents": 1999, "lines": [{"sku": "tea", "count": 2}, {"sku": "cup", "count": 1}]}

pytestmark = pytest.mark.emulator(template="../template.yaml", region="eu-central-1", start="2030-03-01T09:00:00Z")


@pytest.fixture
def shop(emulator, app):
    """The application, with stock; the card is charged by this process's module, whose gateway tests replace."""
    emulator.lambda_function(app["Charge"], handlers.charge)
    for sku in ("tea", "cup"):
        boto3.resource("dynamodb").Table(app["Stock"]).put_item(Item={"sku": sku, "left": 10})
    return app


@pytest.fixture
def gateway(monkeypatch):
    """The payment gateway's next answers, in order; 200 after the last."""
    answers = []
    monkeypatch.setattr(handlers, "gateway", lambda card, cents: answers.pop(0) if answers else 200)
    return answers


def parcel_leaves(shop):
    """The warehouse reads its message and reports that the parcel has left."""
    sqs = boto3.client("sqs")
    message = json.loads(sqs.receive_message(QueueUrl=shop["Warehouse"])["Messages"][0]["Body"])
    boto3.client("stepfunctions").send_task_success(taskToken=message["token"], output='{"parcel": "DHL-1"}')


def told(emulator):
    return [json.loads(entry["Detail"])["status"] for entry in emulator.bus.entries]


def test_an_order_is_delivered_and_two_weeks_later_we_ask_for_a_review(emulator, shop, gateway):
    run = emulator.start(shop.machine("Order"), ORDER)
    emulator.clock.advance(hours=30)
    parcel_leaves(shop)
    emulator.finish(run).assert_succeeded()
    assert run.elapsed.days == 15
    assert run.output == "delivered"
    assert told(emulator) == ["delivered"]


def test_a_busy_gateway_is_asked_again_with_longer_and_longer_pauses(emulator, shop, gateway):
    gateway += [503, 503, 503]
    run = emulator.start(shop.machine("Order"), ORDER)
    emulator.clock.advance(hours=1)
    assert run.states["Charge"].attempts == 4
    visit = run.states["Charge"].visits[0]
    assert (visit.exited_at - visit.entered_at).total_seconds() == 4 * 2 + 60 + 120 + 240


def test_a_declined_card_is_not_asked_again(emulator, shop, gateway):
    gateway += [402]
    run = emulator.run(shop.machine("Order"), ORDER)
    assert run.path[-3:] == ["Charge", "Declined", "Tell"]
    assert run.states["Charge"].attempts == 1
    assert told(emulator) == ["declined"]


def test_what_is_sold_out_is_not_charged_and_is_ordered_again(emulator, shop, gateway):
    run = emulator.run(shop.machine("Order"), ORDER | {"lines": [{"sku": "tea", "count": 11}]})
    assert run.output == "sold out"
    assert "Charge" not in run.states
    (message,) = boto3.client("sqs").receive_message(QueueUrl=shop["Reorder"])["Messages"]
    assert json.loads(message["Body"])["detail"] == {"order": 7, "status": "sold out"}


def test_a_warehouse_that_never_answers_is_noticed_after_two_days(emulator, shop, gateway):
    run = emulator.run(shop.machine("Order"), ORDER)
    assert run.output == "lost in the warehouse"
    assert run.elapsed.days == 2


def test_an_event_of_the_basket_begins_an_order(emulator, shop, gateway):
    entry = {"Source": "shop.basket", "DetailType": "Placed", "Detail": json.dumps(ORDER)}
    boto3.client("events").put_events(Entries=[entry])
    (run,) = emulator.executions
    assert run.input == ORDER
