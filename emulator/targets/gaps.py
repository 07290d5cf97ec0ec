"""AWS's answers that moto does not give, because it is more lenient or older. Each was recorded in the named AWS test.

A backend that behaves like AWS is not affected: its errors stay the same, and only absent members are added.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from emulator.answers import Answer
from emulator.eventbridge.entries import entry_error
from emulator.targets.failures import ServiceError, failed, no_connection
from emulator.targets.integrations import Integration

if TYPE_CHECKING:
    from botocore.model import ServiceModel

Arguments: TypeAlias = dict[str, Any]
Check: TypeAlias = "Callable[[Arguments, ServiceModel], ServiceError | None]"
Send: TypeAlias = Callable[[Arguments], Mapping[str, Any]]


def answer_before(
    integration: Integration, operation: str, arguments: Arguments, model: "ServiceModel", request_id: str
) -> Answer | None:
    """The answer to a call that moto would accept or answer differently; ``None`` for any other call.

    A queue URL that is only a host fails because that host is unknown (``test_send_message_no_such_queue``).
    """
    check = _CHECKS.get((integration.service, operation)) or _CHECKS.get((integration.service, "*"))
    if check is not None and (error := check(arguments, model)) is not None:
        return failed(error, integration, request_id)
    host, _, queue = arguments.get("QueueUrl", "").rpartition("://")[2].partition("/")
    if integration.service == "sqs" and integration.sdk_v1 and host and not queue:
        return no_connection(f"{host}: Name or service not known", integration)
    return None


def _table_name_error(arguments: Arguments, model: "ServiceModel") -> ServiceError | None:
    """``test_put_item_invalid_table_name``; a table may also be named by its ARN."""
    name, pattern = arguments.get("TableName"), model.shape_for("TableName").metadata["pattern"]
    if not isinstance(name, str) or name.startswith("arn:") or re.fullmatch(pattern, name):
        return None
    return ServiceError(
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}",
    )


def _secret_name_error(arguments: Arguments, _model: "ServiceModel") -> ServiceError | None:
    """``test_invalid_secret_name``."""
    if re.fullmatch(r"[A-Za-z0-9\-/_+=.@!]*", arguments["Name"]):
        return None
    characters = "alphanumeric characters, or any of the following: -/_+=.@!"
    return ServiceError("ValidationException", f"Invalid name. Must be a valid name containing {characters}")


_CHECKS: Final[Mapping[tuple[str, str], Check]] = {
    ("dynamodb", "*"): _table_name_error,
    ("secretsmanager", "CreateSecret"): _secret_name_error,
}
"""Service and operation (``*``: all) -> a check that the service makes and moto does not."""

_NOTHING_SENT: Final[Mapping[str, Any]] = {"Entries": [], "FailedEntryCount": 0}


def put_events(arguments: Arguments, call: Send) -> Mapping[str, Any]:
    """PutEvents with an error for each bad entry, as on AWS (``test_put_events_malformed_detail``)."""
    entries: list[Arguments] = arguments["Entries"]
    errors = [entry_error(entry) for entry in entries]
    accepted = [entry for entry, error in zip(entries, errors, strict=True) if error is None]
    response = call(arguments | {"Entries": accepted}) if accepted or not entries else _NOTHING_SENT
    answered = iter(response.get("Entries", []))
    refused = [error and {"ErrorCode": error[0], "ErrorMessage": error[1]} for error in errors]
    return {
        **response,
        "Entries": [error or next(answered) for error in refused],
        "FailedEntryCount": response.get("FailedEntryCount", 0) + len(entries) - len(accepted),
    }


_ENCRYPTED: Final = {"ServerSideEncryption": "AES256"}
_ADDED: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("s3", "GetObject"): _ENCRYPTED,
    ("s3", "PutObject"): _ENCRYPTED | {"ChecksumType": "FULL_OBJECT"},
}
"""Service and operation -> members that S3 has sent since it began to encrypt everything (``test_s3_get_object``,
``test_s3_put_object``)."""

_WHEN_ASKED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("dynamodb", "UpdateItem"): ("ConsumedCapacity", "ReturnConsumedCapacity"),
    ("s3", "GetObject"): ("Checksum", "ChecksumMode"),
    ("s3", "HeadObject"): ("Checksum", "ChecksumMode"),
}
"""Service and operation -> the prefix of members that AWS sends only for the given argument; moto always sends them,
or boto3 requests them (``test_base_integrations[DYNAMODB_PUT_UPDATE_GET_ITEM]``, ``test_s3_get_object``)."""


def completed(
    response: Mapping[str, Any], service: str, operation: str, arguments: Arguments, at: datetime | None
) -> Mapping[str, Any]:
    """``response`` with exactly the members that AWS sends.

    A FIFO topic numbers its messages with 20 digits that grow (``test_fifo_message_attribute``), here with the time.
    """
    whole = {**_ADDED.get((service, operation), {}), **response}
    if (service, operation) == ("sns", "Publish") and arguments.get("TopicArn", "").endswith(".fifo") and at:
        whole.setdefault("SequenceNumber", f"1{round(at.timestamp() * 1_000_000):019}")
    start, asked_by = _WHEN_ASKED.get((service, operation), ("", ""))
    if not start or asked_by in arguments:
        return whole
    return {member: value for member, value in whole.items() if not member.startswith(start)}
