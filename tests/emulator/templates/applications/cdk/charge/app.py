import os

import boto3
from prices import price


def handler(event, context):
    cost = price(event["item"])
    item = {"id": {"S": event["order"]}, "cost": {"N": str(cost)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    return {"order": event["order"], "cost": cost, "stage": os.environ["STAGE"]}
