"""The bodies of error responses in AWS's protocols, each with its Content-Type.

Smithy's pages of the AWS protocols: awsJson, restJson1, restXml, awsQuery, ec2Query, rpcv2Cbor.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

Writer: TypeAlias = Callable[[int, str, str, str], tuple[str, bytes]]
"""(HTTP status, code, message, request id) -> Content-Type and body."""


def as_json(status: int, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    """awsJson."""
    return "application/x-amz-json-1.0", json.dumps({"__type": code, "message": message}).encode()


def as_rest_json(status: int, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    """restJson1; the code is also a header."""
    return "application/json", json.dumps({"__type": code, "message": message}).encode()


def as_query(status: int, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    """awsQuery."""
    kind = "Sender" if status < 500 else "Receiver"
    error = f"<Error><Type>{kind}</Type>{_named(code, message)}</Error>"
    return _xml(f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>")


def as_ec2(status: int, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    """ec2Query."""
    errors = f"<Errors><Error>{_named(code, message)}</Error></Errors>"
    return _xml(f"<Response>{errors}<RequestID>{request_id}</RequestID></Response>")


def as_s3(status: int, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    """restXml, as S3 has it."""
    return _xml(f"<Error>{_named(code, message)}<RequestId>{request_id}</RequestId></Error>")


def as_cbor(status: int, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    """RFC 8949: a map of two pairs of text strings."""
    return "application/cbor", b"\xa2" + b"".join(
        b"\x7a" + len(text).to_bytes(4, "big") + text
        for text in (each.encode() for each in ("__type", code, "message", message))
    )


def _named(code: str, message: str) -> str:
    return f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"


def _xml(content: str) -> tuple[str, bytes]:
    return "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{content}'.encode()


XML: Final[Mapping[str, Writer]] = {"s3": as_s3, "route53": as_query, "cloudfront": as_query}
"""The services whose protocol is restXml."""
