"""The resources of Terraform's provider for AWS as those of CloudFormation: a row for each type.

A row says the type of CloudFormation, and what makes its properties of the attributes. Blocks are lists in a plan, most
of them of one object. (Attributes: documentation of the provider hashicorp/aws.)
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

Values = Mapping[str, Any]


class Row(NamedTuple):
    """What a type becomes."""

    type: str
    properties: Callable[[Values], dict[str, Any]]


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


def _machine(values: Values) -> dict[str, Any]:
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


def _sfn_alias(values: Values) -> dict[str, Any]:
    routes = blocks(values, "routing_configuration")
    names = {"state_machine_version_arn": "StateMachineVersionArn", "weight": "Weight"}
    return {"Name": values.get("name"), "RoutingConfiguration": [picked(each, names) for each in routes]}


def _function(values: Values) -> dict[str, Any]:
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


def _mapping(values: Values) -> dict[str, Any]:
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


def _invoke_config(values: Values) -> dict[str, Any]:
    names = {
        "function_name": "FunctionName",
        "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
        "maximum_retry_attempts": "MaximumRetryAttempts",
    }
    found = {**picked(values, names), "Qualifier": values.get("qualifier") or "$LATEST"}
    destinations = pascal(values.get("destination_config"))
    return {**found, "DestinationConfig": destinations} if destinations else found


# Stores, queues, topics ----------------------------------------------------------------------------------------------


def _table(values: Values) -> dict[str, Any]:
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


def _queue(values: Values) -> dict[str, Any]:
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


def _topic(values: Values) -> dict[str, Any]:
    found = picked(values, {"name": "TopicName", "display_name": "DisplayName"})
    if values.get("fifo_topic"):
        found |= {"FifoTopic": True, "ContentBasedDeduplication": bool(values.get("content_based_deduplication"))}
    return found


def _subscription(values: Values) -> dict[str, Any]:
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


def _notification(values: Values) -> dict[str, Any]:
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


# Events --------------------------------------------------------------------------------------------------------------


def _rule(values: Values) -> dict[str, Any]:
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


def _target(values: Values) -> dict[str, Any]:
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


def _schedule(values: Values) -> dict[str, Any]:
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


def _pipe(values: Values) -> dict[str, Any]:
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


# APIs ----------------------------------------------------------------------------------------------------------------


def _named(names: Mapping[str, str]) -> Callable[[Values], dict[str, Any]]:
    return lambda values: picked(values, names)


_METHOD: Final = {
    "rest_api_id": "RestApiId",
    "resource_id": "ResourceId",
    "http_method": "HttpMethod",
    "authorization": "AuthorizationType",
}
_API_STAGE: Final = {"rest_api_id": "RestApiId", "stage_name": "StageName", "deployment_id": "DeploymentId"}
_ROUTE: Final = {"api_id": "ApiId", "route_key": "RouteKey", "target": "Target"}
_STAGE: Final = {"api_id": "ApiId", "name": "StageName", "auto_deploy": "AutoDeploy"}
_INTEGRATION: Final = {
    "api_id": "ApiId",
    "integration_type": "IntegrationType",
    "integration_subtype": "IntegrationSubtype",
    "integration_uri": "IntegrationUri",
    "integration_method": "IntegrationMethod",
    "payload_format_version": "PayloadFormatVersion",
    "request_parameters": "RequestParameters",
    "credentials_arn": "CredentialsArn",
}


def integration_of_method(values: Values) -> dict[str, Any]:
    """An ``aws_api_gateway_integration`` as the Integration of its method."""
    names = {
        "type": "Type",
        "uri": "Uri",
        "integration_http_method": "IntegrationHttpMethod",
        "credentials": "Credentials",
        "request_templates": "RequestTemplates",
        "passthrough_behavior": "PassthroughBehavior",
    }
    return picked(values, names)


def _without(values: Values) -> dict[str, Any]:
    return {}


NO_EFFECT: Final = "AWS::IAM::Policy"
"""What says who may do what."""
ROWS: Final[Mapping[str, Row]] = {
    "aws_api_gateway_deployment": Row(
        "AWS::ApiGateway::Deployment", _named({"rest_api_id": "RestApiId", "stage_name": "StageName"})
    ),
    "aws_api_gateway_method": Row("AWS::ApiGateway::Method", _named(_METHOD)),
    "aws_api_gateway_resource": Row(
        "AWS::ApiGateway::Resource",
        _named({"rest_api_id": "RestApiId", "parent_id": "ParentId", "path_part": "PathPart"}),
    ),
    "aws_api_gateway_rest_api": Row("AWS::ApiGateway::RestApi", _named({"name": "Name", "body": "Body"})),
    "aws_api_gateway_stage": Row("AWS::ApiGateway::Stage", _named(_API_STAGE)),
    "aws_apigatewayv2_api": Row("AWS::ApiGatewayV2::Api", _named({"name": "Name", "protocol_type": "ProtocolType"})),
    "aws_apigatewayv2_integration": Row("AWS::ApiGatewayV2::Integration", _named(_INTEGRATION)),
    "aws_apigatewayv2_route": Row("AWS::ApiGatewayV2::Route", _named(_ROUTE)),
    "aws_apigatewayv2_stage": Row("AWS::ApiGatewayV2::Stage", _named(_STAGE)),
    "aws_cloudwatch_event_bus": Row("AWS::Events::EventBus", _named({"name": "Name", "description": "Description"})),
    "aws_cloudwatch_event_rule": Row("AWS::Events::Rule", _rule),
    "aws_cloudwatch_event_target": Row("Terraform::Events::Target", _target),
    "aws_cloudwatch_log_group": Row(
        "AWS::Logs::LogGroup", _named({"name": "LogGroupName", "retention_in_days": "RetentionInDays"})
    ),
    "aws_dynamodb_table": Row("AWS::DynamoDB::Table", _table),
    "aws_dynamodb_table_item": Row("Terraform::DynamoDB::Item", _named({"table_name": "TableName", "item": "Item"})),
    "aws_iam_role": Row("AWS::IAM::Role", _named({"name": "RoleName", "path": "Path"})),
    "aws_kinesis_stream": Row("AWS::Kinesis::Stream", _named({"name": "Name", "shard_count": "ShardCount"})),
    "aws_lambda_alias": Row(
        "AWS::Lambda::Alias",
        _named({"name": "Name", "function_name": "FunctionName", "function_version": "FunctionVersion"}),
    ),
    "aws_lambda_event_source_mapping": Row("AWS::Lambda::EventSourceMapping", _mapping),
    "aws_lambda_function": Row("AWS::Lambda::Function", _function),
    "aws_lambda_function_event_invoke_config": Row("AWS::Lambda::EventInvokeConfig", _invoke_config),
    "aws_lambda_function_url": Row(
        "AWS::Lambda::Url", _named({"function_name": "TargetFunctionArn", "authorization_type": "AuthType"})
    ),
    "aws_lambda_layer_version": Row("AWS::Lambda::LayerVersion", _named({"layer_name": "LayerName"})),
    "aws_pipes_pipe": Row("AWS::Pipes::Pipe", _pipe),
    "aws_s3_bucket": Row("AWS::S3::Bucket", _named({"bucket": "BucketName"})),
    "aws_s3_bucket_notification": Row("Custom::S3BucketNotifications", _notification),
    "aws_s3_bucket_object": Row(
        "Terraform::S3::Object", _named({"bucket": "Bucket", "key": "Key", "content": "Content"})
    ),
    "aws_s3_object": Row("Terraform::S3::Object", _named({"bucket": "Bucket", "key": "Key", "content": "Content"})),
    "aws_scheduler_schedule": Row("AWS::Scheduler::Schedule", _schedule),
    "aws_scheduler_schedule_group": Row("AWS::Scheduler::ScheduleGroup", _named({"name": "Name"})),
    "aws_secretsmanager_secret": Row(
        "AWS::SecretsManager::Secret", _named({"name": "Name", "description": "Description"})
    ),
    "aws_secretsmanager_secret_version": Row(
        "Terraform::SecretsManager::Value", _named({"secret_id": "SecretId", "secret_string": "SecretString"})
    ),
    "aws_sfn_activity": Row("AWS::StepFunctions::Activity", _named({"name": "Name"})),
    "aws_sfn_alias": Row("AWS::StepFunctions::StateMachineAlias", _sfn_alias),
    "aws_sfn_state_machine": Row("AWS::StepFunctions::StateMachine", _machine),
    "aws_sns_topic": Row("AWS::SNS::Topic", _topic),
    "aws_sns_topic_subscription": Row("AWS::SNS::Subscription", _subscription),
    "aws_sqs_queue": Row("AWS::SQS::Queue", _queue),
    "aws_ssm_parameter": Row("AWS::SSM::Parameter", _named({"name": "Name", "type": "Type", "value": "Value"})),
    **dict.fromkeys(
        (
            "aws_cloudwatch_event_permission",
            "aws_cloudwatch_log_resource_policy",
            "aws_iam_policy",
            "aws_iam_policy_attachment",
            "aws_iam_role_policy",
            "aws_iam_role_policy_attachment",
            "aws_lambda_permission",
            "aws_s3_bucket_acl",
            "aws_s3_bucket_ownership_controls",
            "aws_s3_bucket_policy",
            "aws_s3_bucket_public_access_block",
            "aws_s3_bucket_server_side_encryption_configuration",
            "aws_sns_topic_policy",
            "aws_sqs_queue_policy",
        ),
        Row(NO_EFFECT, _without),
    ),
}
"""Type of Terraform -> what it becomes; those of permissions have no effect."""
