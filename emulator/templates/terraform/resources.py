"""The attributes of Terraform's resources as properties of CloudFormation.

Blocks are lists in a plan, most of them of one object. (Attributes: documentation of the provider hashicorp/aws.)
"""

import json
from collections.abc import Mapping
from typing import Any, Final

Values = Mapping[str, Any]


def picked(values: Values, names: Mapping[str, str]) -> dict[str, Any]:
    """The attributes that have a value, under the names of CloudFormation."""
    return {name: values[each] for each, name in names.items() if values.get(each) not in (None, "", [])}


def block(values: Values, name: str) -> Values:
    """The only object of a block; an empty one without it."""
    found = values.get(name)
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, Mapping) else {}


def blocks(values: Values, name: str) -> list[Values]:
    """The objects of a block."""
    found = values.get(name) or []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, Mapping)]


def pascal(value: Any) -> Any:
    """``{maximum_retry_attempts: 1}`` is ``{MaximumRetryAttempts: 1}``; a list of one object is the object."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0]
    if isinstance(value, Mapping):
        members = ((_pascal(name), pascal(each)) for name, each in value.items() if each not in (None, "", [], {}))
        return {name: each for name, each in members if each != {}}
    return [pascal(each) for each in value] if isinstance(value, list) else value


SPECIAL: Final = {
    "dynamodb_stream_parameters": "DynamoDBStreamParameters",
    "eventbridge_event_bus_parameters": "EventBridgeEventBusParameters",
    "eventbridge_parameters": "EventBridgeParameters",
    "managed_streaming_kafka_parameters": "ManagedStreamingKafkaParameters",
}
"""Names whose words are written in another way."""


def _pascal(name: str) -> str:
    return SPECIAL.get(name) or "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _filters(values: Values) -> dict[str, Any]:
    patterns = [each["pattern"] for each in blocks(block(values, "filter_criteria"), "filter") if each.get("pattern")]
    return {"FilterCriteria": {"Filters": [{"Pattern": each} for each in patterns]}} if patterns else {}


def _tags(values: Values) -> dict[str, Any]:
    tags = values.get("tags_all") or values.get("tags") or {}
    return {"Tags": [{"Key": name, "Value": str(value)} for name, value in tags.items()]} if tags else {}


def _json(value: Any) -> Any:
    """The value of a text of JSON; the text itself if it is none."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


# Step Functions and Lambda -------------------------------------------------------------------------------------------


def state_machine(values: Values) -> dict[str, Any]:
    """``aws_sfn_state_machine``."""
    names = {
        "name": "StateMachineName",
        "definition": "DefinitionString",
        "role_arn": "RoleArn",
        "type": "StateMachineType",
    }
    found = {**picked(values, names), **_tags(values)}
    logging, tracing = block(values, "logging_configuration"), block(values, "tracing_configuration")
    if logging.get("level"):
        found["LoggingConfiguration"] = {
            "Level": logging["level"],
            "IncludeExecutionData": bool(logging.get("include_execution_data")),
        }
        if logging.get("log_destination"):
            group = {"CloudWatchLogsLogGroup": {"LogGroupArn": logging["log_destination"]}}
            found["LoggingConfiguration"]["Destinations"] = [group]
    if tracing:
        found["TracingConfiguration"] = {"Enabled": bool(tracing.get("enabled"))}
    return found


def machine_alias(values: Values) -> dict[str, Any]:
    """``aws_sfn_alias``."""
    routes = blocks(values, "routing_configuration")
    names = {"state_machine_version_arn": "StateMachineVersionArn", "weight": "Weight"}
    return {"Name": values.get("name"), "RoutingConfiguration": [picked(each, names) for each in routes]}


def lambda_function(values: Values) -> dict[str, Any]:
    """``aws_lambda_function``, without its code."""
    names = {
        "function_name": "FunctionName",
        "handler": "Handler",
        "runtime": "Runtime",
        "timeout": "Timeout",
        "memory_size": "MemorySize",
        "layers": "Layers",
        "package_type": "PackageType",
        "role": "Role",
    }
    found = picked(values, names)
    variables = block(values, "environment").get("variables")
    if variables:
        found["Environment"] = {"Variables": variables}
    if values.get("image_uri"):
        found["Code"] = {"ImageUri": values["image_uri"]}
    dead_letters = block(values, "dead_letter_config").get("target_arn")
    if dead_letters:
        found["DeadLetterConfig"] = {"TargetArn": dead_letters}
    reserved = values.get("reserved_concurrent_executions")
    if isinstance(reserved, int) and reserved >= 0:
        found["ReservedConcurrentExecutions"] = reserved
    return found


def event_source_mapping(values: Values) -> dict[str, Any]:
    """``aws_lambda_event_source_mapping``."""
    names = {
        "event_source_arn": "EventSourceArn",
        "function_name": "FunctionName",
        "batch_size": "BatchSize",
        "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
        "enabled": "Enabled",
        "starting_position": "StartingPosition",
        "function_response_types": "FunctionResponseTypes",
        "maximum_retry_attempts": "MaximumRetryAttempts",
        "maximum_record_age_in_seconds": "MaximumRecordAgeInSeconds",
        "bisect_batch_on_function_error": "BisectBatchOnFunctionError",
        "parallelization_factor": "ParallelizationFactor",
        "tumbling_window_in_seconds": "TumblingWindowInSeconds",
    }
    found = {**picked(values, names), **_filters(values)}
    concurrency = block(values, "scaling_config").get("maximum_concurrency")
    if concurrency:
        found["ScalingConfig"] = {"MaximumConcurrency": concurrency}
    failure = block(block(values, "destination_config"), "on_failure").get("destination_arn")
    if failure:
        found["DestinationConfig"] = {"OnFailure": {"Destination": failure}}
    return found


def invoke_config(values: Values) -> dict[str, Any]:
    """``aws_lambda_function_event_invoke_config``."""
    names = {
        "function_name": "FunctionName",
        "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
        "maximum_retry_attempts": "MaximumRetryAttempts",
    }
    found = {**picked(values, names), "Qualifier": values.get("qualifier") or "$LATEST"}
    destinations = pascal(values.get("destination_config"))
    return {**found, "DestinationConfig": destinations} if destinations else found


# Stores, queues, topics ----------------------------------------------------------------------------------------------


def table(values: Values) -> dict[str, Any]:
    """``aws_dynamodb_table``."""
    found = {
        **picked(values, {"name": "TableName", "billing_mode": "BillingMode"}),
        "KeySchema": _keys(values),
        "AttributeDefinitions": [
            {"AttributeName": each["name"], "AttributeType": each["type"]} for each in blocks(values, "attribute")
        ],
    }
    if values.get("billing_mode") != "PAY_PER_REQUEST":
        found["ProvisionedThroughput"] = _capacity(values)
    for name, member in (
        ("global_secondary_index", "GlobalSecondaryIndexes"),
        ("local_secondary_index", "LocalSecondaryIndexes"),
    ):
        indexes = [_index(each, values, is_global=name.startswith("global")) for each in blocks(values, name)]
        if indexes:
            found[member] = indexes
    if values.get("stream_enabled"):
        found["StreamSpecification"] = {"StreamViewType": values.get("stream_view_type") or "NEW_AND_OLD_IMAGES"}
    ttl = block(values, "ttl")
    if ttl.get("enabled") and ttl.get("attribute_name"):
        found["TimeToLiveSpecification"] = {"AttributeName": ttl["attribute_name"], "Enabled": True}
    return found


def _keys(values: Values, hash_key: Any = None) -> list[dict[str, Any]]:
    wanted = (("HASH", values.get("hash_key") or hash_key), ("RANGE", values.get("range_key")))
    return [{"AttributeName": name, "KeyType": kind} for kind, name in wanted if name]


def _capacity(values: Values) -> dict[str, Any]:
    return {
        "ReadCapacityUnits": values.get("read_capacity") or 1,
        "WriteCapacityUnits": values.get("write_capacity") or 1,
    }


def _index(index: Values, table: Values, *, is_global: bool) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.get("projection_type") or "ALL"}
    if index.get("non_key_attributes"):
        projection["NonKeyAttributes"] = index["non_key_attributes"]
    keys = _keys(index, None if is_global else table.get("hash_key"))
    found = {"IndexName": index["name"], "KeySchema": keys, "Projection": projection}
    if is_global and table.get("billing_mode") != "PAY_PER_REQUEST":
        found["ProvisionedThroughput"] = _capacity(index)
    return found


def queue(values: Values) -> dict[str, Any]:
    """``aws_sqs_queue``."""
    names = {
        "name": "QueueName",
        "content_based_deduplication": "ContentBasedDeduplication",
        "deduplication_scope": "DeduplicationScope",
        "fifo_throughput_limit": "FifoThroughputLimit",
        "delay_seconds": "DelaySeconds",
        "visibility_timeout_seconds": "VisibilityTimeout",
        "message_retention_seconds": "MessageRetentionPeriod",
        "max_message_size": "MaximumMessageSize",
        "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    }
    found = picked(values, names)
    if values.get("fifo_queue"):
        found["FifoQueue"] = True
    else:
        found.pop("ContentBasedDeduplication", None)
    if values.get("redrive_policy"):
        found["RedrivePolicy"] = _json(values["redrive_policy"])
    return found


def topic(values: Values) -> dict[str, Any]:
    """``aws_sns_topic``."""
    found = picked(values, {"name": "TopicName", "display_name": "DisplayName"})
    if values.get("fifo_topic"):
        found |= {"FifoTopic": True, "ContentBasedDeduplication": bool(values.get("content_based_deduplication"))}
    return found


def subscription(values: Values) -> dict[str, Any]:
    """``aws_sns_topic_subscription``."""
    names = {
        "topic_arn": "TopicArn",
        "protocol": "Protocol",
        "endpoint": "Endpoint",
        "raw_message_delivery": "RawMessageDelivery",
        "filter_policy_scope": "FilterPolicyScope",
    }
    found = picked(values, names)
    if not found.get("RawMessageDelivery"):
        found.pop("RawMessageDelivery", None)
    for name, member in (("filter_policy", "FilterPolicy"), ("redrive_policy", "RedrivePolicy")):
        if values.get(name):
            found[member] = _json(values[name])
    if "FilterPolicy" not in found:
        found.pop("FilterPolicyScope", None)
    return found


def bucket_notification(values: Values) -> dict[str, Any]:
    """``aws_s3_bucket_notification``."""
    found: dict[str, Any] = {}
    for kind, arn, member in (
        ("lambda_function", "lambda_function_arn", "LambdaFunctionArn"),
        ("queue", "queue_arn", "QueueArn"),
        ("topic", "topic_arn", "TopicArn"),
    ):
        for each in blocks(values, kind):
            configuration: dict[str, Any] = {member: each.get(arn), "Events": sorted(each.get("events") or ())}
            wanted = (("prefix", each.get("filter_prefix")), ("suffix", each.get("filter_suffix")))
            rules = [{"Name": name, "Value": value} for name, value in wanted if value]
            if rules:
                configuration["Filter"] = {"Key": {"FilterRules": rules}}
            found.setdefault(f"{member.removesuffix('Arn')}Configurations", []).append(configuration)
    if values.get("eventbridge"):
        found["EventBridgeConfiguration"] = {}
    return {"BucketName": values.get("bucket"), "NotificationConfiguration": found}


def bucket_versioning(values: Values) -> dict[str, Any]:
    """``aws_s3_bucket_versioning``; a bucket that never had versions is ``Disabled``."""
    status = block(values, "versioning_configuration").get("status")
    found = {"Bucket": values.get("bucket")}
    return found if status == "Disabled" else {**found, "Status": status}


# APIs ----------------------------------------------------------------------------------------------------------------


def api_v2(values: Values) -> dict[str, Any]:
    """``aws_apigatewayv2_api``."""
    names = {"name": "Name", "protocol_type": "ProtocolType", "body": "Body", "target": "Target"}
    found = picked(values, {**names, "route_key": "RouteKey"})
    cors = {name: each for name, each in (pascal(block(values, "cors_configuration")) or {}).items() if each}
    return {**found, "CorsConfiguration": cors} if cors else found


# Events --------------------------------------------------------------------------------------------------------------


def event_rule(values: Values) -> dict[str, Any]:
    """``aws_cloudwatch_event_rule``."""
    names = {
        "name": "Name",
        "description": "Description",
        "event_bus_name": "EventBusName",
        "event_pattern": "EventPattern",
        "schedule_expression": "ScheduleExpression",
        "state": "State",
    }
    found = picked(values, names)
    if values.get("is_enabled") is False and "State" not in found:
        found["State"] = "DISABLED"
    if found.get("EventBusName") == "default":
        del found["EventBusName"]
    return found


def event_target(values: Values) -> dict[str, Any]:
    """``aws_cloudwatch_event_target``."""
    names = {"arn": "Arn", "role_arn": "RoleArn", "input": "Input", "input_path": "InputPath"}
    target = {"Id": values.get("target_id") or "terraform-1", **picked(values, names)}
    transformer = block(values, "input_transformer")
    if transformer:
        names = {"input_paths": "InputPathsMap", "input_template": "InputTemplate"}
        target["InputTransformer"] = picked(transformer, names)
    for name, member in (("retry_policy", "RetryPolicy"), ("dead_letter_config", "DeadLetterConfig")):
        if block(values, name):
            target[member] = pascal(values[name])
    group = block(values, "sqs_target").get("message_group_id")
    if group:
        target["SqsParameters"] = {"MessageGroupId": group}
    return {"Rule": values.get("rule"), "EventBusName": values.get("event_bus_name") or "default", "Target": target}


def schedule(values: Values) -> dict[str, Any]:
    """``aws_scheduler_schedule``."""
    names = {
        "name": "Name",
        "description": "Description",
        "group_name": "GroupName",
        "schedule_expression": "ScheduleExpression",
        "schedule_expression_timezone": "ScheduleExpressionTimezone",
        "start_date": "StartDate",
        "end_date": "EndDate",
        "state": "State",
    }
    found = picked(values, names)
    return {
        **found,
        "FlexibleTimeWindow": pascal(values.get("flexible_time_window")),
        "Target": pascal(values.get("target")),
    }


def pipe(values: Values) -> dict[str, Any]:
    """``aws_pipes_pipe``."""
    names = {
        "name": "Name",
        "description": "Description",
        "desired_state": "DesiredState",
        "source": "Source",
        "target": "Target",
        "enrichment": "Enrichment",
        "role_arn": "RoleArn",
    }
    found = picked(values, names)
    for name in ("source_parameters", "target_parameters", "enrichment_parameters"):
        given = dict(block(values, name))
        filters = _filters(given)
        given.pop("filter_criteria", None)
        members = {**(pascal(given) or {}), **filters}
        if members:
            found[_pascal(name)] = members
    return found
