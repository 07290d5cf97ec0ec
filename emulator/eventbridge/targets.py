"""The targets of rules: which kinds there are, what PutTargets refuses, and how an event reaches each.

PutTargets takes the ARN of a resource that does not exist; the event is then not delivered (``Undelivered``), and goes
to the target's dead-letter queue, if it has one. What is tried again, and when, is in ``retries``; a function that is
throttled is no failure here, since Lambda takes the event and tries it itself. A kind of target that is not in
``DELIVERIES`` is refused by name: its events would be lost without a word.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from asl.values import Json, encode
from emulator.aws.arns import Arn, is_arn, region_of
from emulator.aws.refusals import AwsError
from emulator.errors import NotEmulatedError
from emulator.eventbridge.buses import PREFIX, BusName
from emulator.eventbridge.inputs import InvalidTarget, check_target, event_value
from emulator.eventbridge.retries import GivenUp, Undeliverable, refused_by
from emulator.world import World

NO_QUEUE: Final = "AWS.SimpleQueueService.NonExistentQueue"
"""SQS's code for a queue that does not exist."""
KINDS: Final[Mapping[str, str]] = {
    "apigateway": "an API of API Gateway",
    "appsync": "an API of AppSync",
    "batch": "a job queue of Batch",
    "codebuild": "a project of CodeBuild",
    "codepipeline": "a pipeline of CodePipeline",
    "ec2": "a call of EC2",
    "ecs": "an ECS cluster",
    "events:api-destination": "an API destination",
    "events:archive": "an archive",
    "execute-api": "an API of API Gateway",
    "imagebuilder": "a pipeline of Image Builder",
    "inspector": "an assessment of Inspector",
    "logs": "a log group",
    "redshift": "a Redshift cluster",
    "redshift-serverless": "a Redshift workgroup",
    "sagemaker": "a pipeline of SageMaker",
    "ssm": "a command of Systems Manager",
    "ssm-incidents": "a response plan of Incident Manager",
    "states:activity": "an activity",
}
"""Kinds of targets that EventBridge has (user guide, "Event bus targets") or people try, and that do not work here."""

SETTINGS: Final = frozenset(
    {"Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "DeadLetterConfig", "RetryPolicy"}
)
"""The members of a target that every kind takes. What a role allows is not looked at."""
NEED_ROLE: Final = ("states:stateMachine",)
"""Kinds of targets that have no resource policy: without ``RoleArn`` AWS refuses them (measured in September 2026)."""
SETTINGS_OF: Final[Mapping[str, frozenset[str]]] = {
    "kinesis:stream": SETTINGS | {"KinesisParameters"},
    "sqs": SETTINGS | {"SqsParameters"},
    "events:event-bus": SETTINGS - {"Input", "InputPath", "InputTransformer"},
}
"""Kind -> the members that a target of this kind takes, where they are not ``SETTINGS``."""
PARAMETERS: Final[Mapping[str, frozenset[str]]] = {
    "AppSyncParameters": frozenset({"appsync"}),
    "BatchParameters": frozenset({"batch"}),
    "EcsParameters": frozenset({"ecs"}),
    "HttpParameters": frozenset({"events", "execute-api"}),
    "KinesisParameters": frozenset({"kinesis"}),
    "RedshiftDataParameters": frozenset({"redshift", "redshift-serverless"}),
    "RunCommandParameters": frozenset({"ssm"}),
    "SageMakerPipelineParameters": frozenset({"sagemaker"}),
    "SqsParameters": frozenset({"sqs"}),
}
"""The parameters of one kind of target -> the services that take them.

Measured on AWS in September 2026 (``cdk-preflight``, ``pf-events-target-parameters-mismatch``), where those of SQS were
taken by other kinds, too; here they would have no effect there.
"""
CHECKED: Final = ("Id", "Arn", "RoleArn", "Input", "InputPath", "DeadLetterConfig", "RetryPolicy")
"""The members of a target that are checked by the service model; a transformer is checked by ``check_target``."""


class Hop(NamedTuple):
    """An event on a bus, and the buses on which it was before."""

    event: dict[str, Json]
    bus: BusName
    before: tuple[BusName, ...] = ()


Forward: TypeAlias = Callable[[Hop], None]
Delivery: TypeAlias = Callable[[World, Mapping[str, Any], str, Hop, Forward], None]
"""Delivers an event to a target: the target, the text for it, the event. Raises ``LookupError`` with the reason."""


def kind_of(arn: str) -> str:
    """The kind of a target: ``sqs``, ``states:stateMachine``, ``events:event-bus``."""
    parsed = Arn.parse(arn)
    part = parsed.type or (parsed.name.partition("/")[0] if "/" in parsed.name else None)
    return parsed.service if part is None else f"{parsed.service}:{part}"


def check_targets(body: Mapping[str, Any], *, is_external: bool) -> None:
    """Raises ``AwsError`` for what AWS refuses, ``NotEmulatedError`` for what would not work here.

    An external backend delivers to its own kinds of targets.
    """
    from emulator.aws.members import check_constraints  # imports botocore, which a run may not need
    from emulator.aws.names import service_model

    targets = body["Targets"]
    checked = {"Targets": [{name: target[name] for name in CHECKED if name in target} for target in targets]}
    check_constraints(service_model("events"), "PutTargets", checked, own=())
    for id_, times in Counter(target["Id"] for target in targets).items():
        if times > 1:
            text = f"Parameter targets is not valid. Reason: More than one target with Id '{id_}' is provided."
            raise AwsError("ValidationException", text)
    for target in targets:
        try:
            check_target(target)
        except InvalidTarget as error:
            raise AwsError(error.code, error.message) from None
        dead = (target.get("DeadLetterConfig") or {}).get("Arn")
        _check_arn(target["Arn"])
        _check_parameters(target)
        if kind_of(target["Arn"]) in NEED_ROLE and not target.get("RoleArn"):
            raise AwsError("ValidationException", f"RoleArn is required for target {target['Arn']}.")
        if dead:
            check_dead_letters(dead)
        if not is_external:
            _check_kind(f"PutTargets {body['Rule']}", target)


def _check_parameters(target: Mapping[str, Any]) -> None:
    """Refuse parameters of another kind of target."""
    service = Arn.parse(target["Arn"]).service
    foreign = [name for name in target if name in PARAMETERS and service not in PARAMETERS[name]]
    if foreign:
        text = f"Parameter(s) {', '.join(foreign)} not supported for target: {target['Id']}"
        raise AwsError("ValidationException", text)


def _check_arn(arn: str) -> None:
    if not is_arn(arn):
        text = f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        raise AwsError("ValidationException", text)


def check_dead_letters(arn: str) -> None:
    """Refuse a dead-letter queue, of a target or a bus, that is not a standard queue (``pf-events-target-dlq``)."""
    _check_arn(arn)
    queue = Arn.parse(arn)
    if queue.service != "sqs":
        raise AwsError("ValidationException", f"{queue.service} is not supported as a dead letter resource")
    if queue.name.endswith(".fifo"):
        raise AwsError("ValidationException", "SQS FIFO is not supported by Dead Letter Queues")


def _check_kind(place: str, target: Mapping[str, Any]) -> None:
    kind = kind_of(target["Arn"])
    if kind not in DELIVERIES:
        service = kind.partition(":")[0]
        named = KINDS.get(kind) or KINDS.get(service) or f"a kind of target ({kind}) that is not emulated"
        raise NotEmulatedError(
            f"{place}: events are not delivered to {target['Arn']}: target {target.get('Id')} is {named}\n"
            "    fix: make a machine, a function, a queue, a topic, a bus or a stream the target, and look there"
        )
    known = SETTINGS_OF.get(kind, SETTINGS)
    for member, value in target.items():
        if member not in known and value not in (None, {}, ""):
            raise NotEmulatedError(
                f"{place}: {member}={json.dumps(value)} has no effect on {target['Arn']}; leave it out"
            )


def send_dead_letter(
    world: World, target: Mapping[str, Any], rule_arn: str, event: dict[str, Json], given_up: GivenUp
) -> None:
    """Send the event to the target's dead-letter queue, with the attributes that EventBridge gives it (user guide).

    Raises ``LookupError`` when that cannot be done either.
    """
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead is None:
        return
    told = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": given_up.failure.code,
        "ERROR_MESSAGE": given_up.failure.reason,
        **given_up.attributes(),
    }
    send(world, dead, encode(event), MessageAttributes=message_attributes(told))


def message_attributes(told: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Texts as attributes of a message of SQS."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in told.items() if value}


def _to_machine(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    chance = world.chance("delivery", f"{hop.event['id']}/{target['Arn']}/{target['Id']}", once=True)
    world.start_machine(target["Arn"], text, f"{hop.event['id']}_{chance.uuid()}")


def _to_function(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    world.call_function(target["Arn"], text)


def _to_queue(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    send(world, target["Arn"], text, **target.get("SqsParameters", {}))


def _in_own_account(world: World, arn: str) -> str:
    """``arn`` in the emulator's account: an external backend that keeps the buses names targets in its own."""
    target = Arn.parse(arn)
    if world.remote("events") is None or world.remote(target.service) is not None:
        return arn
    return arn.replace(f":{target.account}:", f":{world.account_id}:", 1)


def send(world: World, arn: str, text: str, **more: Any) -> None:
    """Send a message to the queue with this ARN; raises ``LookupError``."""
    arn = _in_own_account(world, arn)
    queue = Arn.parse(arn)
    client = world.internal_client("sqs", region=queue.region)
    if queue.account != world.account_id and world.remote("sqs") is None:
        raise Undeliverable(f"there is no queue {arn}", service_code=NO_QUEUE)
    try:
        if world.remote("sqs") is None:  # a URL of moto says where the queue is; another backend's has to be asked for
            url = f"https://sqs.{queue.region}.amazonaws.com/{queue.account}/{queue.name}"
        else:
            url = client.get_queue_url(QueueName=queue.name)["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=text, **more)
    except client.exceptions.QueueDoesNotExist:
        raise Undeliverable(f"there is no queue {arn}", service_code=NO_QUEUE) from None
    except client.exceptions.ClientError as error:
        raise refused_by(error, f"{arn} refuses the message") from None


def _to_topic(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    publish(world, target["Arn"], text)


def publish(world: World, arn: str, text: str, **more: Any) -> None:
    """Publish a message on the topic with this ARN; raises ``LookupError``."""
    client = world.internal_client("sns", region=region_of(arn))
    try:
        client.publish(TopicArn=_in_own_account(world, arn), Message=text, **more)
    except client.exceptions.NotFoundException:
        raise Undeliverable(f"there is no topic {arn}", service_code="NotFound") from None
    except client.exceptions.ClientError as error:
        raise refused_by(error, f"{arn} refuses the message") from None


def _to_stream(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    """The partition key is what the target's path finds in the event, by default the event's id (service model)."""
    path = (target.get("KinesisParameters") or {}).get("PartitionKeyPath")
    put_record(world, target["Arn"], text, event_value(path, hop.event) if path else str(hop.event["id"]))


def _to_delivery_stream(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    put_delivery(world, target["Arn"], text)


def put_record(world: World, arn: str, text: str, key: str) -> None:
    """Put a record on the stream of Kinesis with this ARN; raises ``LookupError``."""
    client = world.internal_client("kinesis", region=region_of(arn))
    try:
        client.put_record(StreamARN=arn, Data=text.encode(), PartitionKey=key)
    except client.exceptions.ClientError as error:
        raise refused_by(error, f"{arn} refuses the record") from None


def put_delivery(world: World, arn: str, text: str) -> None:
    """Put a record on the delivery stream of Firehose with this ARN; raises ``LookupError``."""
    client = world.internal_client("firehose", region=region_of(arn))
    try:
        client.put_record(DeliveryStreamName=Arn.parse(arn).name.rpartition("/")[2], Record={"Data": text.encode()})
    except client.exceptions.ClientError as error:
        raise refused_by(error, f"{arn} refuses the record") from None


def _to_bus(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    """Send the event on: in the same region unchanged, to another one with a new id (recorded).

    An event that comes back to a bus would come back for ever: nothing in it has changed.
    """
    arn = Arn.parse(target["Arn"])
    bus, way = BusName(arn.name.removeprefix(PREFIX), arn.region), (*hop.before, hop.bus)
    if arn.account != world.account_id:
        raise LookupError(f"there is no bus {target['Arn']}")
    if bus in way:
        circle = " -> ".join(each.name for each in (*way[way.index(bus) :], bus))
        raise LookupError(
            f"the event has been on the bus {bus.name} before, and would go round for ever ({circle}; "
            f"hops: {len(way) - way.index(bus)}); let the rule's pattern exclude it"
        )
    client = world.internal_client("events", region=bus.region)
    try:
        client.describe_event_bus(Name=bus.name)
    except client.exceptions.ResourceNotFoundException:
        raise LookupError(f"there is no bus {target['Arn']}") from None
    event = hop.event
    if bus.region != hop.bus.region:
        event = {**event, "id": world.chance("event", f"{event['id']}/{target['Arn']}", once=True).uuid()}
    forward(Hop(event, bus, way))


DELIVERIES: Final[Mapping[str, Delivery]] = {
    "states:stateMachine": _to_machine,
    "lambda:function": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "events:event-bus": _to_bus,
    "kinesis:stream": _to_stream,
    "firehose:deliverystream": _to_delivery_stream,
}
"""Kind of a target -> the function that delivers an event to it."""


def deliver(world: World, target: Mapping[str, Any], text: str, hop: Hop, forward: Forward) -> None:
    """Deliver an event to a target; raises ``LookupError`` with the reason when it does not arrive."""
    arn, kind = target["Arn"], kind_of(target["Arn"])
    there = region_of(arn)
    if there != hop.bus.region and kind != "events:event-bus":
        raise LookupError(f"{arn} is in {there}, and only buses get events of rules in {hop.bus.region}")
    DELIVERIES[kind](world, target, text, hop, forward)
