"""Attributes of which a service takes one form alone, made of what a plan says that they refer to.

A plan has the names in ``"${aws_cloudwatch_log_group.g.arn}:*"`` without the text around them. For these attributes the
text follows from the service: a log destination ends in ``:*``, the name of a FIFO queue in ``.fifo``.
(Documentation of the provider hashicorp/aws; Lambda's log groups: developer guide, monitoring-cloudwatchlogs.)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from emulator.templates.terraform.references import References

Candidates: TypeAlias = Sequence[tuple[str, Any]]
"""The names that an expression refers to, each with its value, or ``None``."""
Compose: TypeAlias = Callable[[References, Mapping[str, Any], Candidates], Any]
"""Gives the attribute; ``None`` if it is not found out. Its second argument has the resource's other attributes."""


def _log_destination(references: References, values: Mapping[str, Any], candidates: Candidates) -> Any:
    """The ARN of the only log group among the references, by whichever attribute; else the only value."""
    groups = {
        address
        for _, value in candidates
        for type_, address in references.resources_of(value)
        if type_ == "aws_cloudwatch_log_group"
    }
    if len(groups) == 1:
        return f"{references.to(groups.pop(), 'aws_cloudwatch_log_group', 'arn')}:*"
    value = _only(candidates)
    return value if value is None or str(value).endswith(":*") else f"{value}:*"


def _integration_uri(references: References, values: Mapping[str, Any], candidates: Candidates) -> Any:
    """The address of the only function among the references; else the only value."""
    functions = {
        (type_, address)
        for _, value in candidates
        for type_, address in references.resources_of(value)
        if type_ in ("aws_lambda_function", "aws_lambda_alias")
    }
    if len(functions) == 1:
        type_, address = functions.pop()
        return references.to(address, type_, "invoke_arn")
    return _only(candidates)


def _log_group_name(references: References, values: Mapping[str, Any], candidates: Candidates) -> Any:
    """The log group of a function, where the function is all that its name refers to."""
    value = _only(candidates)
    is_function = [type_ for type_, _ in references.resources_of(value)] == ["aws_lambda_function"]
    return f"/aws/lambda/{value}" if is_function else value


def _fifo_name(references: References, values: Mapping[str, Any], candidates: Candidates) -> Any:
    value = _only(candidates)
    is_fifo = values.get("fifo_queue") or values.get("fifo_topic")
    return f"{value}.fifo" if value is not None and is_fifo and not str(value).endswith(".fifo") else value


def _only(candidates: Candidates) -> Any:
    return candidates[0][1] if len(candidates) == 1 else None


COMPOSED: Final[Mapping[tuple[str, str], Compose]] = {
    ("aws_api_gateway_integration", "uri"): _integration_uri,
    ("aws_cloudwatch_log_group", "name"): _log_group_name,
    ("aws_sfn_state_machine", "log_destination"): _log_destination,
    ("aws_sns_topic", "name"): _fifo_name,
    ("aws_sqs_queue", "name"): _fifo_name,
}
"""Type, attribute -> what makes it."""
