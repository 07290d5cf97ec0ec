"""References in the values of a plan: a text stands for each until the template has functions of CloudFormation.

A value that is known only after apply becomes a mark, a text between two characters that no text of a user has. Marks
may stand within other texts, such as the text of a definition. ``References.evaluated`` makes ``Fn::Join`` of them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.templates.terraform.rows import NO_EFFECT, ROWS

MARK: Final = re.compile("\ue000(\\d+)\ue001")

REF: Final = "Ref"
ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_apigatewayv2_api": {"id": REF, "api_endpoint": "ApiEndpoint"},
    "aws_api_gateway_rest_api": {"id": REF, "root_resource_id": "RootResourceId"},
    "aws_api_gateway_resource": {"id": REF},
    "aws_api_gateway_deployment": {"id": REF},
    "aws_api_gateway_stage": {"stage_name": REF},
    "aws_apigatewayv2_integration": {"id": REF},
    "aws_apigatewayv2_stage": {"id": REF, "name": REF},
    "aws_apigatewayv2_deployment": {"id": REF},
    "aws_cloudwatch_event_archive": {"arn": "Arn", "id": REF, "name": REF},
    "aws_cloudwatch_event_bus": {"arn": "Arn", "id": REF, "name": REF},
    "aws_cloudwatch_event_connection": {"arn": "Arn", "id": REF, "name": REF, "secret_arn": "SecretArn"},
    "aws_cloudwatch_event_rule": {"arn": "Arn", "id": REF, "name": REF},
    "aws_cloudwatch_log_group": {"id": REF, "name": REF},
    "aws_dynamodb_table": {"arn": "Arn", "id": REF, "name": REF, "stream_arn": "StreamArn"},
    "aws_iam_role": {"arn": "Arn", "id": REF, "name": REF, "unique_id": "RoleId"},
    "aws_kinesis_stream": {"arn": "Arn", "id": REF, "name": REF},
    "aws_kms_alias": {"id": REF, "name": REF},
    "aws_kms_key": {"arn": "Arn", "id": REF, "key_id": REF},
    "aws_lambda_alias": {"arn": REF, "id": REF},
    "aws_lambda_event_source_mapping": {"id": REF, "uuid": REF, "arn": "EventSourceMappingArn"},
    "aws_lambda_function": {"arn": "Arn", "id": REF, "function_name": REF, "qualified_arn": "Arn"},
    "aws_lambda_function_url": {"function_url": "FunctionUrl"},
    "aws_lambda_layer_version": {"arn": REF, "id": REF, "layer_arn": REF},
    "aws_pipes_pipe": {"arn": "Arn", "id": REF, "name": REF},
    "aws_s3_bucket": {
        "arn": "Arn",
        "bucket": REF,
        "bucket_domain_name": "DomainName",
        "bucket_regional_domain_name": "RegionalDomainName",
        "id": REF,
    },
    "aws_scheduler_schedule": {"arn": "Arn", "id": REF, "name": REF},
    "aws_scheduler_schedule_group": {"arn": "Arn", "id": REF, "name": REF},
    "aws_secretsmanager_secret": {"arn": REF, "id": REF},
    "aws_sfn_activity": {"arn": REF, "id": REF},
    "aws_sfn_alias": {"arn": REF, "id": REF},
    "aws_sfn_state_machine": {
        "arn": REF,
        "id": REF,
        "name": "Name",
        "state_machine_version_arn": REF,
    },
    "aws_sns_topic": {"arn": REF, "id": REF, "name": "TopicName"},
    "aws_sqs_queue": {"arn": "Arn", "id": REF, "name": "QueueName", "url": REF},
    "aws_ssm_parameter": {"arn": "Arn", "id": REF, "name": REF, "value": "Value"},
}
"""Type of a resource -> its attributes, and what gives each in a template: Ref, or an attribute of GetAtt."""
APIS: Final = ("aws_api_gateway_rest_api", "aws_apigatewayv2_api")
"""Types whose ``execution_arn`` names who may call a function."""
INVOKE: Final = ("aws_lambda_function", "aws_lambda_alias")
"""Types whose ``invoke_arn`` is that of API Gateway."""


def has_attribute(type_: str, attribute: str) -> bool:
    """Whether a template has an attribute of a resource of this type, whose name says nothing else."""
    return attribute in ATTRIBUTES.get(type_, {}) or has_any_attribute(type_)


def has_any_attribute(type_: str) -> bool:
    """Whether resources of this type are known by their names only: their attributes are made up."""
    return type_ not in ROWS or ROWS[type_].type == NO_EFFECT


class References:
    """The marks of one plan."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self._facts = facts
        self._functions: list[dict[str, Any]] = []
        self._types: dict[str, str] = {}
        """Address -> the type of the resource, of those that a mark stands for."""

    def to(self, address: str, type_: str, attribute: str) -> str | None:
        """The mark for an attribute of the resource at ``address``; ``None`` if a template has none for it."""
        if attribute == "invoke_arn" and type_ in INVOKE:
            arn = self.to(address, type_, "arn")
            where = f"arn:aws:apigateway:{self._facts['region']}:lambda:path/2015-03-31/functions"
            return f"{where}/{arn}/invocations"
        if type_ == "aws_cloudwatch_log_group" and attribute == "arn":
            where = f"arn:aws:logs:{self._facts['region']}:{self._facts['accountId']}:log-group"
            return f"{where}:{self.to(address, type_, 'name')}"
        if type_ == "aws_kms_alias" and attribute == "arn":
            where = f"arn:aws:kms:{self._facts['region']}:{self._facts['accountId']}"
            return f"{where}:{self.to(address, type_, 'name')}"
        if type_.startswith("random_"):
            return _random(address, attribute)
        if attribute == "execution_arn" and type_ in APIS:
            where = f"arn:aws:execute-api:{self._facts['region']}:{self._facts['accountId']}"
            return f"{where}:{self.to(address, type_, 'id')}"
        given = ATTRIBUTES.get(type_, {}).get(attribute)
        if given is None and not has_any_attribute(type_) and (type_ in ATTRIBUTES or attribute not in ("id", "name")):
            return None
        if given is None:
            given = REF if attribute in ("id", "name") else "Arn" if attribute == "arn" else attribute
        self._types[address] = type_
        return self._mark({"Ref": address} if given == REF else {"Fn::GetAtt": [address, given]})

    def of(self, value: Any) -> Iterator[str]:
        """The addresses that a value refers to."""
        if isinstance(value, str):
            for found in MARK.finditer(value):
                function = self._functions[int(found[1])]
                yield str(function["Ref"] if "Ref" in function else function["Fn::GetAtt"][0])
        elif isinstance(value, Mapping | list):
            for each in value.values() if isinstance(value, Mapping) else value:
                yield from self.of(each)

    def resources_of(self, value: Any) -> list[tuple[str, str]]:
        """Type and address of the resources that a value refers to."""
        return [(self._types[address], address) for address in self.of(value)]

    def evaluated(self, value: Any) -> Any:
        """``value`` with functions in place of marks."""
        if isinstance(value, Mapping):
            return {name: self.evaluated(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.evaluated(each) for each in value]
        if not isinstance(value, str) or MARK.search(value) is None:
            return value
        parts: list[Any] = []
        for at, text in enumerate(MARK.split(value)):
            part = self._functions[int(text)] if at % 2 else text
            parts += [part] if part else []
        return parts[0] if len(parts) == 1 else {"Fn::Join": ["", parts]}

    def _mark(self, function: dict[str, Any]) -> str:
        if function not in self._functions:
            self._functions.append(function)
        return f"\ue000{self._functions.index(function)}\ue001"


def _random(address: str, attribute: str) -> str:
    """A value of the provider ``random``: the same for the same address."""
    digits = hashlib.sha256(address.encode()).hexdigest()
    if attribute == "dec" or address.rpartition("random_")[2].startswith("integer"):
        return str(int(digits[:7], 16))
    if "random_uuid" in address:
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
    return digits[:8]
