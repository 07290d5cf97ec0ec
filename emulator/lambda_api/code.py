"""The code of a request: a zip file in it or in S3, unpacked into a folder of its own."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from botocore.exceptions import ClientError

from emulator.errors import NotEmulatedError
from emulator.lambda_.task_root import TaskRoot, unpack
from emulator.lambda_api.errors import invalid
from emulator.lambda_api.store import Store

CODE: Final = ("ZipFile", "S3Bucket", "S3Key")
CODE_FACTS: Final = ("CodeSize", "CodeSha256")


def unpacked(store: Store, code: Any) -> tuple[TaskRoot, dict[str, Any]]:
    """The code in a new folder, and its ``CODE_FACTS``."""
    if not isinstance(code, Mapping):
        raise invalid("Code: give ZipFile, or S3Bucket and S3Key")
    for member in code:
        if member not in CODE:
            raise NotEmulatedError(f"Code.{member} is not emulated; {', '.join(CODE)} are.")
    content = _archive(store, code)
    folder = TemporaryDirectory(prefix="asl-emulator-")
    store.folders.append(folder)
    try:
        unpack(content, Path(folder.name))
    except ValueError as error:
        raise invalid(str(error)) from None
    return TaskRoot(Path(folder.name)), {"CodeSize": len(content), "CodeSha256": digest(content)}


def digest(content: bytes) -> str:
    """``CodeSha256``: in base64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _archive(store: Store, code: Mapping[str, Any]) -> bytes:
    if "ZipFile" in code:
        try:
            return base64.b64decode(_text(code, "ZipFile"), validate=True)
        except ValueError:
            raise invalid("ZipFile is not base64") from None
    try:
        return store.read_object(_text(code, "S3Bucket"), _text(code, "S3Key"))
    except ClientError as error:
        told = error.response["Error"]
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {told['Code']}. S3 Error Message: {told['Message']}"
        ) from None


def _text(values: Mapping[str, Any], member: str) -> str:
    value = values.get(member)
    if not isinstance(value, str) or not value:
        raise invalid(f"{member} is {value!r}; it must be text")
    return value
