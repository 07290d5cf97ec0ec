"""A message on its way to a queue, a topic or a function, for services that send by themselves."""

from typing import Any

from emulator.aws.arns import Arn, region_of
from emulator.world import World


def to_queue(world: World, arn: str, text: str, **more: Any) -> None:
    """Send ``text``; raises ``LookupError`` with the reason when the queue does not take it."""
    queue, client = Arn.parse(arn), world.internal_client("sqs", region=region_of(arn))
    if not has_queue(world, arn):
        raise LookupError(f"there is no queue {arn}")
    url = client.get_queue_url(QueueName=queue.name)["QueueUrl"]
    try:
        client.send_message(QueueUrl=url, MessageBody=text, **more)
    except client.exceptions.ClientError as error:
        raise LookupError(f"{arn} refuses the message: {error.response['Error']['Message']}") from None


def to_topic(world: World, arn: str, text: str, subject: str) -> None:
    """Publish ``text``; raises ``LookupError`` when there is no such topic."""
    client = world.internal_client("sns", region=region_of(arn))
    try:
        client.publish(TopicArn=arn, Message=text, Subject=subject)
    except client.exceptions.NotFoundException:
        raise LookupError(f"there is no topic {arn}") from None


def has_queue(world: World, arn: str) -> bool:
    """Whether the queue is there."""
    queue, client = Arn.parse(arn), world.internal_client("sqs", region=region_of(arn))
    if queue.account != world.account_id and world.remote("sqs") is None:
        return False
    try:
        client.get_queue_url(QueueName=queue.name)
    except client.exceptions.QueueDoesNotExist:
        return False
    return True


def has_topic(world: World, arn: str) -> bool:
    """Whether the topic is there."""
    client = world.internal_client("sns", region=region_of(arn))
    try:
        client.get_topic_attributes(TopicArn=arn)
    except client.exceptions.ClientError:
        return False
    return True
