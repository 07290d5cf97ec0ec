"""The Lambda functions of the order flow, ready to deploy."""

import os
import time
from datetime import UTC, datetime

import boto3

# A real handler sleeps and reads the clock; in the emulator it sees virtual time:
# ruff: noqa: TID251


class GatewayBusyError(Exception):
    """The payment gateway is busy: try again later."""


class CardDeclinedError(Exception):
    """The card is declined: do not try again."""


def charge(event, context):
    """Charge the card. The gateway is slow, and answers 503 when it is busy."""
    time.sleep(2)
    answer = gateway(event["card"], event["cents"])
    if answer == 503:
        raise GatewayBusyError(f"try again, {context.get_remaining_time_in_millis()} ms left")
    if answer == 402:
        raise CardDeclinedError(event["card"])
    return {"payment": f"pay-{event['order']}", "at": datetime.now(UTC).isoformat()}


def gateway(card, cents):
    """The payment provider; tests replace it."""
    raise NotImplementedError(f"no network in this example: {card}, {cents}")


def reserve(event, context):
    """Reserve the stock for one line of an order."""
    table = boto3.resource("dynamodb").Table(os.environ["STOCK"])
    item = table.get_item(Key={"sku": event["sku"]}).get("Item", {"left": 0})
    if item["left"] < event["count"]:
        return {"sku": event["sku"], "reserved": False}
    table.put_item(Item={"sku": event["sku"], "left": item["left"] - event["count"]})
    return {"sku": event["sku"], "reserved": True}


def tell(event, context):
    """Publish the order's status."""
    detail = f'{{"order": {event["order"]}, "status": "{event["status"]}"}}'
    boto3.client("events").put_events(Entries=[{"Source": "shop.orders", "DetailType": "Order", "Detail": detail}])
    return event["status"]
