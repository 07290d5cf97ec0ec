"""Texts of version 1 of the AWS SDK for Java in histories: a refusal, and the HTTP metadata of a result.

Step Functions' optimized integrations are built on it. Texts and key order are recorded on AWS
(``test_start_execution_sync_delegate_failure``, ``test_send_message``).
"""

from collections.abc import Mapping

from asl.values import Json


def refusal(message: str, *, service: str, status: int, code: str, request_id: str) -> str:
    """A service's refusal as a cause; ``service`` is the SDK's name, such as ``AWSLambda``."""
    return (
        f"{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; "
        "Proxy: null)"
    )


def response_metadata(headers: Mapping[str, str], *, status: int, request_id: str) -> dict[str, Json]:
    """``SdkHttpMetadata`` and ``SdkResponseMetadata`` of a response with these headers, given in AWS's order."""
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": {name: headers[name] for name in sorted(headers, key=str.lower)},
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
