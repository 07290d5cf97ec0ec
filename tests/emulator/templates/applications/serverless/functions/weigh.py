import json
import os

import boto3
from rates import kilos


def handler(event, context):
    if "Records" in event:
        return [weighed(json.loads(each["body"])) for each in event["Records"]]
    return weighed(event)


def weighed(parcel):
    weight = kilos(parcel["grams"])
    item = {"id": {"S": parcel["id"]}, "kilos": {"N": str(weight)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    return {"kilos": weight, "heavy": weight > int(os.environ["LIMIT"])}
