import os

import boto3


def handler(event, context):
    cost = 100 * len(event["damages"])
    item = {"id": {"S": event["id"]}, "cost": {"N": str(cost)}}
    boto3.client("dynamodb").put_item(TableName=os.environ["CLAIMS_TABLE"], Item=item)
    boto3.client("sqs").send_message(QueueUrl=os.environ["GARAGE_QUEUE"], MessageBody=event["id"])
    return {"cost": cost, "stage": os.environ["STAGE"]}
