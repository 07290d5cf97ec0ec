"""What PutRule, PutTargets and CreateEventBus refuse in AWS's words, and what buses show of themselves."""

import json
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import Emulator

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/shop"


@pytest.fixture
def events(emulator: Emulator) -> Any:
    return boto3.client("events", config=Config(parameter_validation=False))


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def refused_targets(events: Any, *targets: dict[str, Any]) -> tuple[str, str]:
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    found = refused(events.put_targets, Rule="r", Targets=list(targets))
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []
    return found


def test_a_pattern_of_more_than_2048_characters_is_refused(events: Any) -> None:
    def pattern(length: int) -> str:
        return json.dumps({"source": ["x" * (length - len('{"source": [""]}'))]})

    events.put_rule(Name="r", EventPattern=pattern(2048))
    told = refused(events.put_rule, Name="r", EventPattern=pattern(2049))
    assert told == ("ValidationException", "Parameter EventPattern for rule r exceeds limit of 2048.")
    code, text = refused(events.put_rule, Name="r", EventPattern=pattern(4097))
    assert code == "ValidationException"
    assert text.endswith("failed to satisfy constraint: Member must have length less than or equal to 4096")


def test_two_targets_of_one_id_are_refused(events: Any) -> None:
    told = refused_targets(events, {"Id": "a", "Arn": QUEUE}, {"Id": "b", "Arn": QUEUE}, {"Id": "a", "Arn": FUNCTION})
    reason = "Parameter targets is not valid. Reason: More than one target with Id 'a' is provided."
    assert told == ("ValidationException", reason)


def test_an_id_of_wrong_characters_that_is_too_long_is_refused_twice(events: Any) -> None:
    """Recorded of a connection's name: the pattern first, then the length."""
    id_ = "a b" * 30
    told = refused_targets(events, {"Id": "good", "Arn": QUEUE}, {"Id": id_, "Arn": QUEUE})
    place = f"Value '{id_}' at 'targets.2.member.id' failed to satisfy constraint"
    assert told[1] == (
        rf"2 validation errors detected: {place}: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; "
        f"{place}: Member must have length less than or equal to 64"
    )


@pytest.mark.parametrize(
    ("arn", "name", "value"),
    [
        (FUNCTION, "SqsParameters", {"MessageGroupId": "g"}),
        (BUS, "SqsParameters", {"MessageGroupId": "g"}),
        (QUEUE, "EcsParameters", {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/t"}),
        (FUNCTION, "HttpParameters", {"HeaderParameters": {"a": "b"}}),
        (f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m", "KinesisParameters", {"PartitionKeyPath": "$.id"}),
        (f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "BatchParameters", {"JobDefinition": "d", "JobName": "j"}),
    ],
)
def test_parameters_of_another_kind_of_target_are_refused(events: Any, arn: str, name: str, value: Any) -> None:
    told = refused_targets(events, {"Id": "t1", "Arn": arn, name: value})
    assert told == ("ValidationException", f"Parameter(s) {name} not supported for target: t1")


@pytest.mark.parametrize(
    ("dead", "text"),
    [
        (f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "sns is not supported as a dead letter resource"),
        (FUNCTION, "lambda is not supported as a dead letter resource"),
        (f"{QUEUE}.fifo", "SQS FIFO is not supported by Dead Letter Queues"),
        ("q", "Parameter q is not valid. Reason: Provided Arn is not in correct format."),
    ],
)
def test_a_dead_letter_queue_is_a_standard_queue(events: Any, dead: str, text: str) -> None:
    told = refused_targets(events, {"Id": "t1", "Arn": QUEUE, "DeadLetterConfig": {"Arn": dead}})
    assert told == ("ValidationException", text)
    assert refused(events.create_event_bus, Name="b", DeadLetterConfig={"Arn": dead}) == ("ValidationException", text)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (
            {"MaximumRetryAttempts": 186},
            (
                "Value '186' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: "
                "Member must have value less than or equal to 185"
            ),
        ),
        (
            {"MaximumEventAgeInSeconds": 59},
            (
                "Value '59' at 'targets.1.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: "
                "Member must have value greater than or equal to 60"
            ),
        ),
    ],
)
def test_a_retry_policy_has_bounds(events: Any, policy: Any, text: str) -> None:
    told = refused_targets(events, {"Id": "t1", "Arn": QUEUE, "RetryPolicy": policy})
    assert told == ("ValidationException", f"1 validation error detected: {text}")


def test_wrong_values_are_told_before_what_is_not_emulated(events: Any) -> None:
    """A connection is not emulated; its name is refused by AWS all the same."""
    name, place = "no good name" * 6, "at 'name' failed to satisfy constraint: Member must"
    code, text = refused(events.create_connection, Name=name, AuthorizationType="NONE", AuthParameters={})
    assert code == "ValidationException"
    assert text == (
        rf"3 validation errors detected: Value '{name}' {place} satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; "
        f"Value '{name}' {place} have length less than or equal to 64; Value 'NONE' at 'authorizationType' failed to "
        "satisfy constraint: Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]"
    )


# Buses ---------------------------------------------------------------------------------------------------------------


def test_a_bus_shows_its_times_and_its_description(emulator: Emulator, events: Any) -> None:
    made = emulator.clock.now()
    created = events.create_event_bus(Name="shop", Description="orders")
    assert (created["EventBusArn"], created["Description"]) == (BUS, "orders")
    assert "Description" not in events.create_event_bus(Name="plain")
    emulator.clock.advance(hours=1)
    [default, shop, plain] = events.list_event_buses()["EventBuses"]
    assert shop == {
        "Name": "shop",
        "Arn": BUS,
        "Description": "orders",
        "CreationTime": made,
        "LastModifiedTime": made,
    }
    assert isinstance(default["CreationTime"], datetime)
    assert set(plain) == {"Name", "Arn", "CreationTime", "LastModifiedTime"}
    page = events.list_event_buses(NamePrefix="sh", Limit=1)
    assert [each["Description"] for each in page["EventBuses"]] == ["orders"]


def test_permissions_of_a_bus(events: Any) -> None:
    events.create_event_bus(Name="shop")

    def put(sid: str, principal: str = ACCOUNT, **more: Any) -> None:
        request = {"Action": "events:PutEvents", "Principal": principal, "StatementId": sid, **more}
        events.put_permission(EventBusName="shop", **request)

    def statements() -> list[dict[str, Any]]:
        policy = events.describe_event_bus(Name="shop").get("Policy")
        found: list[dict[str, Any]] = json.loads(policy)["Statement"] if policy else []
        return found

    put("one")
    put("two")  # the same principal: another statement
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert [(each["Sid"], each["Principal"]) for each in statements()] == [("one", account), ("two", account)]
    put("one", "*")
    assert [(each["Sid"], each["Principal"]) for each in statements()] == [("two", account), ("one", "*")]
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    put("two", "*", Condition=condition)
    assert statements()[1]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    whole = {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "events:PutRule", "Resource": BUS}
    policy = {"Version": "2012-10-17", "Statement": [whole]}
    events.put_permission(EventBusName="shop", Policy=json.dumps(policy))
    assert statements() == [whole]
    events.remove_permission(EventBusName="shop", StatementId="all")
    assert "Policy" not in events.describe_event_bus(Name="shop")
    request = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "s"}
    told = refused(events.put_permission, EventBusName="none", **request)
    assert told == ("ResourceNotFoundException", "Event bus none does not exist.")


def test_actions_and_conditions_that_a_policy_does_not_take(events: Any) -> None:
    request = {"Principal": ACCOUNT, "StatementId": "s"}
    told = refused(events.put_permission, Action="events:PutRule", **request)
    assert told == ("ValidationException", "Provided value in parameter 'action' is not supported.")
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    code, text = refused(events.put_permission, Action="events:PutEvents", Condition=condition, **request)
    assert (code, "'principal' must be '*'" in text) == ("InvalidParameterValue", True)
    assert "Policy" not in events.describe_event_bus()


# Tags and pages ------------------------------------------------------------------------------------------------------


def test_rules_and_buses_of_one_name_have_tags_of_their_own(events: Any) -> None:
    """moto finds them by the last part of their ARN."""
    tags = [{"Key": "of", "Value": "default"}, {"Key": "k", "Value": "v"}]
    shop = events.create_event_bus(Name="shop", Tags=[{"Key": "of", "Value": "bus"}])["EventBusArn"]
    pattern = '{"source": ["shop"]}'
    here = events.put_rule(Name="shop", EventPattern=pattern, Tags=tags)["RuleArn"]
    there = events.put_rule(Name="shop", EventBusName="shop", EventPattern=pattern)["RuleArn"]

    def shown(arn: str) -> list[tuple[str, str]]:
        return [(tag["Key"], tag["Value"]) for tag in events.list_tags_for_resource(ResourceARN=arn)["Tags"]]

    assert (shown(shop), shown(here), shown(there)) == ([("of", "bus")], [("of", "default"), ("k", "v")], [])
    events.tag_resource(ResourceARN=there, Tags=[{"Key": "of", "Value": "shop"}])
    events.untag_resource(ResourceARN=here, TagKeys=["k", "none"])
    assert (shown(shop), shown(here), shown(there)) == ([("of", "bus")], [("of", "default")], [("of", "shop")])
    events.put_rule(Name="shop", EventPattern=pattern, Tags=[{"Key": "late", "Value": "x"}])
    assert shown(here) == [("of", "default")], "PutRule of a rule that exists ignores tags"
    events.delete_rule(Name="shop")
    events.put_rule(Name="shop", EventPattern=pattern)
    assert (shown(here), shown(there)) == ([], [("of", "shop")])
    events.delete_event_bus(Name="shop")
    missing = ("ResourceNotFoundException", "Event bus shop does not exist.")
    assert refused(events.list_tags_for_resource, ResourceARN=shop) == missing
    events.create_event_bus(Name="shop")
    events.put_rule(Name="shop", EventBusName="shop", EventPattern=pattern)
    assert (shown(shop), shown(there)) == ([], [])


def test_a_rule_that_is_not_deleted_keeps_its_tags(events: Any) -> None:
    arn = events.put_rule(Name="r", EventPattern='{"source": ["s"]}', Tags=[{"Key": "k", "Value": "v"}])["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": QUEUE}])
    told = refused(events.delete_rule, Name="r")
    assert told == ("ValidationException", "Rule can't be deleted since it has targets.")
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]


def test_targets_of_one_arn_are_listed_page_by_page(events: Any) -> None:
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    events.put_targets(Rule="r", Targets=[{"Id": f"t{number}", "Arn": QUEUE} for number in range(5)])
    pages: list[list[str]] = []
    more: dict[str, str] = {}
    for _ in range(4):
        page = events.list_targets_by_rule(Rule="r", Limit=2, **more)
        pages.append([target["Id"] for target in page["Targets"]])
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert pages == [["t0", "t1"], ["t2", "t3"], ["t4"]]
