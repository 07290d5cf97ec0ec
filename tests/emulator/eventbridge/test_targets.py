"""Which targets rules have, which buses requests reach, and events that would go round for ever."""

import json
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator, NotEmulatedError
from emulator.aws import names
from emulator.eventbridge.buses import PATTERN

HERE, THERE, ACCOUNT = "us-east-1", "eu-west-1", "123456789012"
SHOP = '{"source": ["shop"]}'


def client(service: str, region: str = HERE) -> Any:
    return boto3.client(service, region_name=region)


def bus_arn(name: str, region: str = HERE, account: str = ACCOUNT) -> str:
    return f"arn:aws:events:{region}:{account}:event-bus/{name}"


def put(bus: str = "default", region: str = HERE, **more: Any) -> Any:
    entry = {"Source": "shop", "DetailType": "t", "Detail": '{"n": 1}', "EventBusName": bus, **more}
    return client("events", region).put_events(Entries=[entry])


def rule(target: str, *, name: str = "r", bus: str = "default", region: str = HERE, **more: Any) -> None:
    events = client("events", region)
    if bus != "default":
        with suppress(events.exceptions.ResourceAlreadyExistsException):
            events.create_event_bus(Name=bus)
    events.put_rule(Name=name, EventPattern=SHOP, EventBusName=bus)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": name, "Arn": target, **more}])


def queue(name: str = "q", region: str = HERE) -> str:
    sqs = client("sqs", region)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def received(name: str = "q", region: str = HERE) -> list[Any]:
    sqs = client("sqs", region)
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(found.get("Messages", ()))


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


# Kinds of targets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("arn:aws:events:us-east-1:123456789012:api-destination/d/0b5b5d4c", "is an API destination"),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/x", "is a log group"),
        ("arn:aws:ecs:us-east-1:123456789012:cluster/c", "is an ECS cluster"),
        ("arn:aws:batch:us-east-1:123456789012:job-queue/q", "is a job queue of Batch"),
        ("arn:aws:execute-api:us-east-1:123456789012:abc/prod/POST/x", "is an API of API Gateway"),
        ("arn:aws:ssm:us-east-1:123456789012:document/d", "is a command of Systems Manager"),
        ("arn:aws:sagemaker:us-east-1:123456789012:pipeline/p", "is a pipeline of SageMaker"),
        ("arn:aws:redshift:us-east-1:123456789012:cluster:c", "is a Redshift cluster"),
        ("arn:aws:codebuild:us-east-1:123456789012:project/p", "is a project of CodeBuild"),
        ("arn:aws:events:us-east-1:123456789012:archive/a", "is an archive"),
        ("arn:aws:states:us-east-1:123456789012:activity:a", "is an activity"),
        ("arn:aws:states:us-east-1:123456789012:express:a", r"states:express\) that is not emulated"),
        ("arn:aws:lambda:us-east-1:123456789012:layer:a", r"lambda:layer\) that is not emulated"),
        ("arn:aws:s3:::bucket", r"\(s3\) that is not emulated"),
    ],
)
def test_a_kind_of_target_that_gets_no_events_is_refused_by_name(emulator: Emulator, target: str, named: str) -> None:
    client("events").put_rule(Name="r", EventPattern=SHOP)
    with pytest.raises(NotEmulatedError, match=rf"(?s)^PutTargets r: events are not delivered to arn:.*{named}"):
        client("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target}])
    assert client("events").list_targets_by_rule(Rule="r")["Targets"] == []


def test_a_target_that_is_no_arn_is_refused_as_on_aws(emulator: Emulator) -> None:
    client("events").put_rule(Name="r", EventPattern=SHOP)
    assert refused(client("events").put_targets, Rule="r", Targets=[{"Id": "1", "Arn": "queue"}]) == (
        "ValidationException",
        "Parameter queue is not valid. Reason: Provided Arn is not in correct format.",
    )


def test_a_rule_has_five_targets(emulator: Emulator) -> None:
    too_many = ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    targets = [{"Id": str(number), "Arn": queue()} for number in range(7)]
    at_once = Config(retries={"total_max_attempts": 1})  # botocore repeats this error, as on AWS, in real time
    events = boto3.client("events", region_name=HERE, config=at_once)
    events.put_rule(Name="r", EventPattern=SHOP)
    assert refused(events.put_targets, Rule="r", Targets=targets) == too_many
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []
    events.put_targets(Rule="r", Targets=targets[:5])
    events.put_targets(Rule="r", Targets=targets[:1])
    assert refused(events.put_targets, Rule="r", Targets=targets[6:]) == too_many
    assert len(events.list_targets_by_rule(Rule="r")["Targets"]) == 5


@pytest.mark.parametrize("id_", ["a b", "a/b", "x" * 65])
def test_the_id_of_a_target_is_checked(emulator: Emulator, id_: str) -> None:
    code, message = refused(client("events").put_targets, Rule="r", Targets=[{"Id": id_, "Arn": queue()}])
    begin = f"1 validation error detected: Value '{id_}' at 'targets.1.member.id' failed to satisfy constraint: "
    assert (code, message.startswith(begin)) == ("ValidationException", True)


@pytest.mark.parametrize("bus", ["default", "shop"])
def test_a_rule_that_does_not_exist_is_told_with_its_bus(emulator: Emulator, bus: str) -> None:
    events = client("events")
    if bus != "default":
        events.create_event_bus(Name=bus)
    missing = ("ResourceNotFoundException", f"Rule n does not exist on EventBus {bus}.")
    for given in (bus, bus_arn(bus)):
        for call in (events.describe_rule, events.enable_rule, events.disable_rule):
            assert refused(call, Name="n", EventBusName=given) == missing
        assert refused(events.list_targets_by_rule, Rule="n", EventBusName=given) == missing
        assert refused(events.remove_targets, Rule="n", Ids=["1"], EventBusName=given) == missing
        target = {"Id": "1", "Arn": queue()}
        assert refused(events.put_targets, Rule="n", Targets=[target], EventBusName=given) == missing
        events.delete_rule(Name="n", EventBusName=given)
    path = "rule/n" if bus == "default" else f"rule/{bus}/n"
    tagged = {"ResourceARN": f"arn:aws:events:{HERE}:{ACCOUNT}:{path}"}
    assert refused(events.tag_resource, **tagged, Tags=[{"Key": "k", "Value": "v"}]) == missing
    assert refused(events.untag_resource, **tagged, TagKeys=["k"]) == missing
    assert refused(events.list_tags_for_resource, **tagged) == missing


def test_a_bus_that_does_not_exist_is_told(emulator: Emulator) -> None:
    events, tagged = client("events"), {"ResourceARN": bus_arn("n")}
    missing = ("ResourceNotFoundException", "Event bus n does not exist.")
    assert refused(events.tag_resource, **tagged, Tags=[{"Key": "k", "Value": "v"}]) == missing
    assert refused(events.untag_resource, **tagged, TagKeys=["k"]) == missing
    assert refused(events.list_tags_for_resource, **tagged) == missing
    assert refused(events.describe_rule, Name="r", EventBusName="n") == missing
    assert refused(events.describe_event_bus, Name="n") == missing
    events.create_event_bus(Name="n")
    events.tag_resource(**tagged, Tags=[{"Key": "k", "Value": "v"}])
    assert events.list_tags_for_resource(**tagged)["Tags"] == [{"Key": "k", "Value": "v"}]


def test_a_statement_that_a_bus_does_not_have_is_told(emulator: Emulator) -> None:
    events = client("events")
    missing = ("ResourceNotFoundException", "Statement with the provided id does not exist.")
    assert refused(events.remove_permission, StatementId="s") == missing
    events.put_permission(Action="events:PutEvents", Principal=ACCOUNT, StatementId="s")
    assert refused(events.remove_permission, StatementId="t") == missing
    events.remove_permission(StatementId="s")


def test_eleven_entries_are_refused_in_aws_s_words(emulator: Emulator) -> None:
    entries = [{"Source": "s", "DetailType": "d", "Detail": "{}"}] * 11
    entry = (
        "PutEventsRequestEntry(time=null, source=s, resources=null, detailType=d, detail={}, eventBusName=null, "
        "traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"
    )
    shown = ", ".join([entry] * 11)
    assert refused(client("events").put_events, Entries=entries) == (
        "ValidationException",
        (
            f"1 validation error detected: Value '[{shown}]' at 'entries' failed to satisfy constraint: "
            "Member must have length less than or equal to 10"
        ),
    )


def test_a_state_machine_needs_a_role(emulator: Emulator) -> None:
    machine = emulator.state_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m").arn
    events = client("events")
    events.put_rule(Name="r", EventPattern=SHOP)
    told = refused(events.put_targets, Rule="r", Targets=[{"Id": "1", "Arn": machine}])
    assert told == ("ValidationException", f"RoleArn is required for target {machine}.")
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue("q")}])


def test_every_member_of_a_target_works_or_is_refused_by_name(emulator: Emulator) -> None:
    target, dead = queue("q"), queue("dead")
    values: dict[str, Any] = {
        "Id": "1",
        "Arn": target,
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "Input": '{"a": 1}',
        "InputPath": "$.detail",
        "InputTransformer": {"InputTemplate": '"x"'},
        "SqsParameters": {"MessageGroupId": "g"},
        "DeadLetterConfig": {"Arn": dead},
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        "KinesisParameters": {"PartitionKeyPath": "$.id"},
        "RunCommandParameters": {"RunCommandTargets": [{"Key": "tag:a", "Values": ["b"]}]},
        "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/t"},
        "BatchParameters": {"JobDefinition": "d", "JobName": "n"},
        "HttpParameters": {"HeaderParameters": {"a": "b"}},
        "RedshiftDataParameters": {"Database": "d"},
        "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "a", "Value": "b"}]},
        "AppSyncParameters": {"GraphQLOperation": "mutation"},
    }
    shape: Any = names.service_model("events").shape_for("Target")
    assert set(values) == set(shape.members), "a member of botocore's model that is not known here"
    events = client("events")
    events.put_rule(Name="r", EventPattern=SHOP)
    for member in sorted(set(values) - {"Id", "Arn"}):
        asked = {"Id": "1", "Arn": target, member: values[member]}
        if member.endswith("Parameters") and member != "SqsParameters":
            told = f"Parameter(s) {member} not supported for target: 1"
            assert refused(events.put_targets, Rule="r", Targets=[asked]) == ("ValidationException", told)
        else:
            events.put_targets(Rule="r", Targets=[asked])
    with pytest.raises(NotEmulatedError, match="PutTargets r: Input="):
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": bus_arn("b"), "Input": "{}"}])


def test_an_event_that_does_not_arrive_goes_to_the_dead_letter_queue(emulator: Emulator) -> None:
    gone = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    rule(gone, DeadLetterConfig={"Arn": queue("dead")})
    put()
    [message] = received("dead")
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert {name: value["StringValue"] for name, value in message["MessageAttributes"].items()} == {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/r",
        "TARGET_ARN": gone,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"there is no function {gone}",
        "RETRY_ATTEMPTS": "0",
    }
    assert [each.target for each in emulator.bus.undelivered] == [gone]


def test_a_dead_letter_queue_that_does_not_exist_is_told(emulator: Emulator) -> None:
    dead = "arn:aws:sqs:us-east-1:123456789012:dead"
    rule("arn:aws:sqs:us-east-1:123456789012:gone", DeadLetterConfig={"Arn": dead})
    put()
    [missing] = emulator.bus.undelivered
    assert missing.reason.endswith(f"nor to its dead-letter queue: there is no queue {dead}")


def test_a_message_that_the_queue_refuses_is_undelivered(emulator: Emulator) -> None:
    client("sqs").create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})
    rule("arn:aws:sqs:us-east-1:123456789012:q.fifo", SqsParameters={"MessageGroupId": "g"})
    assert put()["FailedEntryCount"] == 0
    [missing] = emulator.bus.undelivered
    assert "q.fifo refuses the message: " in missing.reason


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}, "PutRule r: State="),
    ],
)
def test_rules_whose_events_never_come_are_refused(emulator: Emulator, request_: Any, named: str) -> None:
    with pytest.raises(NotEmulatedError, match=named):
        client("events").put_rule(Name="r", EventPattern=SHOP, **request_)


def test_a_bus_that_should_write_logs_or_have_a_partner_is_refused(emulator: Emulator) -> None:
    events = client("events")
    with pytest.raises(NotEmulatedError, match="CreateEventBus b: LogConfig"):
        events.create_event_bus(Name="b", LogConfig={"Level": "INFO"})
    with pytest.raises(NotEmulatedError, match=r"CreateEventBus aws\.partner/x/y: no events come from the partner"):
        events.create_event_bus(Name="aws.partner/x/y", EventSourceName="aws.partner/x/y")


# Buses of other regions and accounts -------------------------------------------------------------------------------


def test_an_event_for_a_bus_of_another_region_does_not_reach_the_one_of_that_name(emulator: Emulator) -> None:
    for region in (HERE, THERE):
        rule(queue("q", region), bus="b", region=region)
    for name in (bus_arn("b", THERE), bus_arn("default", THERE)):
        assert refused(put, bus=name) == ("ValidationException", "Cross-region API call is not allowed.")
    assert put(bus_arn("b"))["FailedEntryCount"] == 0
    assert (len(received("q")), len(received("q", THERE))) == (1, 0)
    assert [entry["EventBusName"] for entry in emulator.bus.entries] == [bus_arn("b")]


def test_a_bus_of_another_account_is_not_accessible(emulator: Emulator) -> None:
    rule(queue(), bus="b")
    other = bus_arn("b", account="999999999999")
    code, message = refused(put, bus=other)
    assert code == "AccessDeniedException"
    assert message.endswith(
        f"is not authorized to perform: events:PutEvents on resource: {other} because no resource-based policy allows "
        "the events:PutEvents action"
    )
    assert received() == []


@pytest.mark.parametrize(
    "name",
    [
        "arn:aws:sqs:us-east-1:123456789012:event-bus/b",
        "arn:aws:events:us-east-1:123456789012:rule/b",
        "arn:aws:events:us-east-1:12345:event-bus/b",
        "arn:aws:events::123456789012:event-bus/b",
        "arn:aws:events:us-east-1:123456789012:event-bus/",
        "b:c",
        "b c",
    ],
)
def test_what_is_no_bus_is_refused_as_on_aws(emulator: Emulator, name: str) -> None:
    rule(queue(), bus="b")
    code, message = refused(put, bus=name)
    assert code == "ValidationException"
    assert message == (
        f"1 validation error detected: Value '{name}' at 'entries.1.member.eventBusName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}"
    )
    code, message = refused(client("events").put_rule, Name="x", EventPattern=SHOP, EventBusName=name)
    assert (code, "at 'eventBusName' failed" in message) == ("ValidationException", True)
    assert received() == []


def test_the_pattern_of_names_is_botocores() -> None:
    shape: Any = names.service_model("events").shape_for("EventBusNameOrArn")
    assert shape.metadata["pattern"] == PATTERN


def test_rules_are_put_on_the_buses_of_the_clients_region_only(emulator: Emulator) -> None:
    events = client("events")
    there = bus_arn("default", THERE)
    for call, asked in (
        (events.put_rule, {"Name": "r", "EventPattern": SHOP, "EventBusName": there}),
        (events.list_rules, {"EventBusName": there}),
        (events.describe_event_bus, {"Name": there}),
        (
            events.put_targets,
            {"Rule": "r", "EventBusName": there, "Targets": [{"Id": "1", "Arn": "arn:aws:sqs:a:b:c"}]},
        ),
    ):
        assert refused(call, **asked) == ("ValidationException", "Cross-region API call is not allowed.")
    events.put_rule(Name="r", EventPattern=SHOP, EventBusName=bus_arn("default"))
    assert [each["Name"] for each in events.list_rules()["Rules"]] == ["r"]


def test_a_rule_sends_events_on_to_a_bus_of_another_region(emulator: Emulator) -> None:
    rule(bus_arn("there", THERE))
    rule(queue("q", THERE), bus="there", region=THERE)
    event_id = put()["Entries"][0]["EventId"]
    [message] = received("q", THERE)
    event = json.loads(message["Body"])
    assert (event["account"], event["region"], event["source"]) == (ACCOUNT, HERE, "shop")
    assert event["id"] != event_id


def test_a_rule_sends_events_on_to_another_bus_unchanged(emulator: Emulator) -> None:
    rule(bus_arn("second"))
    rule(queue(), bus="second")
    event_id = put()["Entries"][0]["EventId"]
    assert json.loads(received()[0]["Body"])["id"] == event_id
    assert len(emulator.bus.entries) == 1


def test_targets_of_other_regions_and_accounts_are_undelivered(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, context: None, region=THERE)
    for number, target in enumerate(
        (
            f"arn:aws:lambda:{THERE}:{ACCOUNT}:function:f",
            queue("q", THERE),
            bus_arn("gone"),
            bus_arn("default", account="999999999999"),
            "arn:aws:sqs:us-east-1:999999999999:q",
        )
    ):
        rule(target, name=f"r{number}")
    queue("q")
    put()
    reasons = [each.reason for each in emulator.bus.undelivered]
    assert reasons[0].endswith(f"is in {THERE}, and only buses get events of rules in {HERE}")
    assert reasons[1].endswith(f"is in {THERE}, and only buses get events of rules in {HERE}")
    assert [reason.split(" arn")[0] for reason in reasons[2:]] == ["there is no bus"] * 2 + ["there is no queue"]
    assert received("q") == received("q", THERE) == []


# Circles -----------------------------------------------------------------------------------------------------------


def test_a_rule_that_targets_its_own_bus_is_named(emulator: Emulator) -> None:
    rule(queue(), name="other")
    rule(bus_arn("default"), name="own")
    assert put()["FailedEntryCount"] == 0
    [missing] = emulator.bus.undelivered
    assert (missing.rule, missing.target) == ("own", bus_arn("default"))
    assert missing.reason == (
        "the event has been on the bus default before, and would go round for ever (default -> default; hops: 1); "
        "let the rule's pattern exclude it"
    )
    assert len(received()) == 1


def test_a_circle_of_buses_is_named(emulator: Emulator) -> None:
    for here, there in (("a", "b"), ("b", "c"), ("c", "a")):
        rule(bus_arn(there), name=f"to-{there}", bus=here)
    rule(queue(), name="q", bus="c")
    put("a")
    [missing] = emulator.bus.undelivered
    assert missing.rule == "to-a"
    assert "(a -> b -> c -> a; hops: 3)" in missing.reason
    assert len(received()) == 1


def test_a_circle_over_regions_is_named(emulator: Emulator) -> None:
    rule(bus_arn("default", THERE))
    rule(bus_arn("default", HERE), region=THERE)
    put()
    assert "(default -> default -> default; hops: 2)" in emulator.bus.undelivered[0].reason


def test_two_ways_to_one_bus_are_no_circle(emulator: Emulator) -> None:
    for here, there in (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")):
        rule(bus_arn(there), name=f"to-{there}", bus=here)
    rule(queue(), bus="d")
    put("a")
    assert (len(received()), emulator.bus.undelivered) == (2, [])


def test_a_long_chain_of_buses_arrives(emulator: Emulator) -> None:
    for number in range(150):
        rule(bus_arn(f"b{number + 1}"), bus=f"b{number}")
    rule(queue(), bus="b150")
    put("b0")
    assert (len(received()), emulator.bus.undelivered) == (1, [])


# Streams -----------------------------------------------------------------------------------------------------------


def test_a_stream_of_kinesis_gets_the_event_under_its_id_or_what_a_path_finds(emulator: Emulator) -> None:
    kinesis, events = client("kinesis"), client("events")
    kinesis.create_stream(StreamName="k", ShardCount=1)
    stream = "arn:aws:kinesis:us-east-1:123456789012:stream/k"
    events.put_rule(Name="r", EventPattern=SHOP)
    by_path = {"Id": "2", "Arn": stream, "KinesisParameters": {"PartitionKeyPath": "$.detail.order"}, "Input": "7"}
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": stream}, by_path])
    entry = {"Source": "shop", "DetailType": "t", "Detail": json.dumps({"order": "a"})}
    [answer] = events.put_events(Entries=[entry])["Entries"]
    shard = kinesis.get_shard_iterator(StreamName="k", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    first, second = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert (first["PartitionKey"], json.loads(first["Data"])["detail"]) == (answer["EventId"], {"order": "a"})
    assert (second["PartitionKey"], second["Data"]) == ("a", b"7")


def test_a_stream_that_is_gone_is_told(emulator: Emulator) -> None:
    events = client("events")
    events.put_rule(Name="r", EventPattern=SHOP)
    arns = [
        f"arn:aws:{name}"
        for name in ("kinesis:us-east-1:123456789012:stream/no", "firehose:us-east-1:123456789012:deliverystream/no")
    ]
    events.put_targets(Rule="r", Targets=[{"Id": str(n), "Arn": arn} for n, arn in enumerate(arns)])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "t", "Detail": "{}"}])
    assert [(each.target, "no" in each.reason) for each in emulator.bus.undelivered] == [(arn, True) for arn in arns]
    assert emulator.clock.next_at is None
