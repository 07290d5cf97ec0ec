"""The bytes of a request's body in every form that an HTTP library takes: bytes, text, a file, pieces, nothing."""

from typing import Any


def read_body(body: Any) -> bytes:
    """All of a body, read to its end."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        return read_body(body.read())
    return b"".join(read_body(piece) for piece in body)
