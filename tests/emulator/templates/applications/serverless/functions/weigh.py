import os

import boto3
from rates import kilos


def handler(event, context):
    weight = kilos(event["grams"])
    item = {"id": {"S": event["id"]}, "kilos": {"N": str(weight)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    return {"kilos": weight, "heavy": weight > int(os.environ["LIMIT"])}
