"""Objects of S3 as S3 tells of them since January 2023, when it began to encrypt every one with its own keys.

Recorded on AWS: the answers to PutObject, GetObject and HeadObject say how the object is encrypted, and of what its
checksum is (``test_s3_put_object``); moto's do not.
"""

from typing import Any, Final

_ENCRYPTION: Final = "x-amz-server-side-encryption"
_CHECKSUM: Final = "x-amz-checksum-"
_CHECKSUM_TYPE: Final = "x-amz-checksum-type"


def encrypted(answer: Any) -> Any:
    """moto's answer about an object (it has an ``ETag``), with the headers that say so; any other as it is."""
    headers = answer.headers
    if answer.status_code >= 300 or "ETag" not in headers:
        return answer
    if _ENCRYPTION not in headers:
        headers[_ENCRYPTION] = "AES256"
    names = [name.lower() for name in headers if name.lower().startswith(_CHECKSUM)]
    if names and _CHECKSUM_TYPE not in names:
        headers[_CHECKSUM_TYPE] = "FULL_OBJECT"
    return answer
