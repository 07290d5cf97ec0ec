import os


def handler(event, context):
    return f"{os.environ['GREETING']}, {event['id']} of {event['weight']['kilos']} kg"
