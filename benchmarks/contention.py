"""Executions that contend for a lock in DynamoDB: what one event costs when many wait, and how many there are."""

from statistics import median
from time import process_time
from typing import Any, Literal

from benchmarks import bars
from benchmarks.measure import Effort, Figure
from emulator import Emulator

FEW, MANY = 15, 60
LIMIT = 5
KEY: dict[str, Any] = {"TableName": "locks", "Key": {"id": {"S": "lock"}}}
BUSY = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Later"}


def _update(expression: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Parameters": {
            **KEY,
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        },
    }


GIVE = {":one": {"N": "1"}, ":none": {"N": "0"}}
MACHINE: dict[str, Any] = {
    "StartAt": "Take",
    "States": {
        "Take": {
            **_update("SET held = held + :one", "held < :limit", {":one": {"N": "1"}, ":limit": {"N": str(LIMIT)}}),
            "Catch": [BUSY],
            "Next": "Work",
        },
        "Later": {"Type": "Wait", "Seconds": 3, "Next": "Take"},
        "Work": {"Type": "Wait", "Seconds": 5, "Next": "Give back"},
        "Give back": {**_update("SET held = held - :one", "held > :none", GIVE), "End": True},
    },
}


def figures(effort: Effort) -> list[Figure]:
    """The cost of an event among many contenders, as the multiple of that among few; and their events."""
    events: dict[int, int] = {}

    def contend(count: int, latencies: Literal["none", "aws"]) -> float:
        with Emulator(latencies=latencies) as emulator:
            table = emulator.client("dynamodb")
            table.create_table(
                TableName="locks",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
            table.put_item(TableName="locks", Item={"id": {"S": "lock"}, "held": {"N": "0"}})
            machine = emulator.state_machine(MACHINE)
            with emulator.hold():
                executions = [emulator.start(machine) for _ in range(count)]
            began = process_time()
            for each in executions:
                emulator.finish(each).assert_succeeded()
            spent = process_time() - began
            events[count] = sum(len(each.records) for each in executions)
            return spent / events[count]

    found = []
    for latencies in ("none", "aws"):
        few, many = effort.size(FEW), effort.size(MANY)
        ratios, totals = [], []
        for _ in range(effort.times(2)):
            one = contend(few, latencies)
            ratios.append(contend(many, latencies) / one)
            totals.append(ratios[-1] * one * events[many])
        note = f"{events[many]:,} events in {median(totals):.1f} s"
        name = f"event of {many} contenders, by {few}; latencies={latencies}"
        found.append(Figure(name, "x", ratios, bars.LINEAR, note=note))
    return found
