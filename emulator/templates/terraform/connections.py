"""Connections of EventBridge: Terraform has its own names for the parts of their authorization.

(Documentation of the provider hashicorp/aws; CloudFormation's ``AWS::Events::Connection``.)
"""

from typing import Any

from emulator.templates.terraform.resources import Values, block, blocks, picked


def connection(values: Values) -> dict[str, Any]:
    """``aws_cloudwatch_event_connection``."""
    names = {"name": "Name", "description": "Description", "authorization_type": "AuthorizationType"}
    found, given = picked(values, names), block(values, "auth_parameters")
    parameters: dict[str, Any] = {}
    for name, member, members in (
        ("api_key", "ApiKeyAuthParameters", {"key": "ApiKeyName", "value": "ApiKeyValue"}),
        ("basic", "BasicAuthParameters", {"username": "Username", "password": "Password"}),
    ):
        if block(given, name):
            parameters[member] = picked(block(given, name), members)
    if oauth := block(given, "oauth"):
        made = picked(oauth, {"authorization_endpoint": "AuthorizationEndpoint", "http_method": "HttpMethod"})
        client = {"client_id": "ClientID", "client_secret": "ClientSecret"}
        made["ClientParameters"] = picked(block(oauth, "client_parameters"), client)
        if more := _http_parameters(block(oauth, "oauth_http_parameters")):
            made["OAuthHttpParameters"] = more
        parameters["OAuthParameters"] = made
    if more := _http_parameters(block(given, "invocation_http_parameters")):
        parameters["InvocationHttpParameters"] = more
    return {**found, "AuthParameters": parameters}


def _http_parameters(given: Values) -> dict[str, Any]:
    members = {"body": "BodyParameters", "header": "HeaderParameters", "query_string": "QueryStringParameters"}
    names = {"key": "Key", "value": "Value", "is_value_secret": "IsValueSecret"}
    found = {member: [picked(each, names) for each in blocks(given, name)] for name, member in members.items()}
    return {member: each for member, each in found.items() if each}
