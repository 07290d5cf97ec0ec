"""The resources of Terraform's provider for AWS as those of CloudFormation: a row for each type.

A row says the type of CloudFormation, and what makes its properties of the attributes (``resources``).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from emulator.templates.terraform.connections import connection
from emulator.templates.terraform.resources import (
    Values,
    api_v2,
    bucket_notification,
    bucket_versioning,
    event_rule,
    event_source_mapping,
    event_target,
    invoke_config,
    lambda_function,
    machine_alias,
    picked,
    pipe,
    queue,
    schedule,
    state_machine,
    subscription,
    table,
    topic,
)


class Row(NamedTuple):
    """What a type becomes."""

    type: str
    properties: Callable[[Values], dict[str, Any]]


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
    "aws_apigatewayv2_api": Row("AWS::ApiGatewayV2::Api", api_v2),
    "aws_apigatewayv2_deployment": Row("AWS::ApiGatewayV2::Deployment", _named({"api_id": "ApiId"})),
    "aws_apigatewayv2_integration": Row("AWS::ApiGatewayV2::Integration", _named(_INTEGRATION)),
    "aws_apigatewayv2_route": Row("AWS::ApiGatewayV2::Route", _named(_ROUTE)),
    "aws_apigatewayv2_stage": Row("AWS::ApiGatewayV2::Stage", _named(_STAGE)),
    "aws_cloudwatch_event_api_destination": Row(
        "AWS::Events::ApiDestination",
        _named(
            {
                "name": "Name",
                "connection_arn": "ConnectionArn",
                "http_method": "HttpMethod",
                "invocation_endpoint": "InvocationEndpoint",
            }
        ),
    ),
    "aws_cloudwatch_event_archive": Row(
        "AWS::Events::Archive",
        _named(
            {
                "name": "ArchiveName",
                "description": "Description",
                "event_pattern": "EventPattern",
                "event_source_arn": "SourceArn",
                "retention_days": "RetentionDays",
            }
        ),
    ),
    "aws_cloudwatch_event_bus": Row("AWS::Events::EventBus", _named({"name": "Name", "description": "Description"})),
    "aws_cloudwatch_event_connection": Row("AWS::Events::Connection", connection),
    "aws_cloudwatch_event_rule": Row("AWS::Events::Rule", event_rule),
    "aws_cloudwatch_event_target": Row("Terraform::Events::Target", event_target),
    "aws_cloudwatch_log_group": Row(
        "AWS::Logs::LogGroup", _named({"name": "LogGroupName", "retention_in_days": "RetentionInDays"})
    ),
    "aws_dynamodb_table": Row("AWS::DynamoDB::Table", table),
    "aws_dynamodb_table_item": Row("Terraform::DynamoDB::Item", _named({"table_name": "TableName", "item": "Item"})),
    "aws_iam_role": Row("AWS::IAM::Role", _named({"name": "RoleName", "path": "Path"})),
    "aws_kinesis_stream": Row("AWS::Kinesis::Stream", _named({"name": "Name", "shard_count": "ShardCount"})),
    "aws_kms_alias": Row("AWS::KMS::Alias", _named({"name": "AliasName", "target_key_id": "TargetKeyId"})),
    "aws_kms_key": Row(
        "AWS::KMS::Key",
        _named(
            {
                "description": "Description",
                "key_usage": "KeyUsage",
                "customer_master_key_spec": "KeySpec",
                "multi_region": "MultiRegion",
            }
        ),
    ),
    "aws_lambda_alias": Row(
        "AWS::Lambda::Alias",
        _named({"name": "Name", "function_name": "FunctionName", "function_version": "FunctionVersion"}),
    ),
    "aws_lambda_event_source_mapping": Row("AWS::Lambda::EventSourceMapping", event_source_mapping),
    "aws_lambda_function": Row("AWS::Lambda::Function", lambda_function),
    "aws_lambda_function_event_invoke_config": Row("AWS::Lambda::EventInvokeConfig", invoke_config),
    "aws_lambda_function_url": Row(
        "AWS::Lambda::Url", _named({"function_name": "TargetFunctionArn", "authorization_type": "AuthType"})
    ),
    "aws_lambda_layer_version": Row("AWS::Lambda::LayerVersion", _named({"layer_name": "LayerName"})),
    "aws_pipes_pipe": Row("AWS::Pipes::Pipe", pipe),
    "aws_s3_bucket": Row("AWS::S3::Bucket", _named({"bucket": "BucketName"})),
    "aws_s3_bucket_notification": Row("Custom::S3BucketNotifications", bucket_notification),
    "aws_s3_bucket_object": Row(
        "Terraform::S3::Object", _named({"bucket": "Bucket", "key": "Key", "content": "Content"})
    ),
    "aws_s3_bucket_versioning": Row("Terraform::S3::Versioning", bucket_versioning),
    "aws_s3_object": Row("Terraform::S3::Object", _named({"bucket": "Bucket", "key": "Key", "content": "Content"})),
    "aws_scheduler_schedule": Row("AWS::Scheduler::Schedule", schedule),
    "aws_scheduler_schedule_group": Row("AWS::Scheduler::ScheduleGroup", _named({"name": "Name"})),
    "aws_secretsmanager_secret": Row(
        "AWS::SecretsManager::Secret", _named({"name": "Name", "description": "Description"})
    ),
    "aws_secretsmanager_secret_version": Row(
        "Terraform::SecretsManager::Value", _named({"secret_id": "SecretId", "secret_string": "SecretString"})
    ),
    "aws_sfn_activity": Row("AWS::StepFunctions::Activity", _named({"name": "Name"})),
    "aws_sfn_alias": Row("AWS::StepFunctions::StateMachineAlias", machine_alias),
    "aws_sfn_state_machine": Row("AWS::StepFunctions::StateMachine", state_machine),
    "aws_sns_topic": Row("AWS::SNS::Topic", topic),
    "aws_sns_topic_subscription": Row("AWS::SNS::Subscription", subscription),
    "aws_sqs_queue": Row("AWS::SQS::Queue", queue),
    "aws_sqs_queue_redrive_allow_policy": Row(
        "Terraform::SQS::Attributes", _named({"queue_url": "QueueUrl", "redrive_allow_policy": "RedriveAllowPolicy"})
    ),
    "aws_sqs_queue_redrive_policy": Row(
        "Terraform::SQS::Attributes", _named({"queue_url": "QueueUrl", "redrive_policy": "RedrivePolicy"})
    ),
    "aws_ssm_parameter": Row("AWS::SSM::Parameter", _named({"name": "Name", "type": "Type", "value": "Value"})),
    **dict.fromkeys(
        (
            "aws_api_gateway_account",
            "aws_api_gateway_api_key",
            "aws_api_gateway_authorizer",
            "aws_api_gateway_gateway_response",
            "aws_api_gateway_method_settings",
            "aws_api_gateway_model",
            "aws_api_gateway_request_validator",
            "aws_api_gateway_rest_api_policy",
            "aws_api_gateway_usage_plan",
            "aws_api_gateway_usage_plan_key",
            "aws_apigatewayv2_authorizer",
            "aws_cloudwatch_event_bus_policy",
            "aws_cloudwatch_event_permission",
            "aws_cloudwatch_log_resource_policy",
            "aws_dynamodb_resource_policy",
            "aws_iam_policy",
            "aws_iam_policy_attachment",
            "aws_iam_role_policy",
            "aws_iam_role_policy_attachment",
            "aws_kinesis_resource_policy",
            "aws_kms_grant",
            "aws_kms_key_policy",
            "aws_lambda_layer_version_permission",
            "aws_lambda_permission",
            "aws_s3_bucket_acl",
            "aws_s3_bucket_ownership_controls",
            "aws_s3_bucket_policy",
            "aws_s3_bucket_public_access_block",
            "aws_s3_bucket_server_side_encryption_configuration",
            "aws_secretsmanager_secret_policy",
            "aws_sns_topic_data_protection_policy",
            "aws_sns_topic_policy",
            "aws_sqs_queue_policy",
        ),
        Row(NO_EFFECT, _without),
    ),
}
"""Type of Terraform -> what it becomes; those of permissions have no effect."""
