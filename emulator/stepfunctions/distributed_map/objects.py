"""The S3 objects that hold items, as bytes, text and lines; and the wording of failures."""

import codecs
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.aws.java_sdk import refusal
from emulator.errors import NotEmulatedError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

CHUNK: Final = 1 << 16


class ReaderError(Exception):
    """The items cannot be read; ``str()`` is the cause of the States.ItemReaderFailed."""


class Place(NamedTuple):
    """The location of an object."""

    bucket: str
    key: str

    @property
    def source(self) -> str:
        """The form of ``$$.Map.Item.Source``."""
        return f"s3://{self.bucket}/{self.key}"


def service_cause(error: "ClientError") -> str:
    """The text of a service's error, as the SDK for Java prints it."""
    details, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    return refusal(
        details.get("Message", ""),
        service="Amazon S3",
        status=meta.get("HTTPStatusCode", 400),
        code=details.get("Code", ""),
        request_id=meta.get("RequestId", ""),
    )


def ask(operation: Callable[..., Any], **request: Any) -> Any:
    """The response to a request; raises ``ReaderError`` if S3 rejects it or it cannot be sent."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return operation(**request)
    except ClientError as error:
        raise ReaderError(service_cause(error)) from None
    except BotoCoreError as error:
        raise ReaderError(str(error)) from None


def read_chunks(client: Any, place: Place, **request: Any) -> Iterator[bytes]:
    """The object's bytes, inflated if its name or metadata says that it is GZIP."""
    response = ask(client.get_object, Bucket=place.bucket, Key=place.key, **request)
    encoding = response.get("ContentEncoding", "")
    chunks: Iterator[bytes] = response["Body"].iter_chunks(CHUNK)
    if place.key.endswith((".zst", ".zstd")) or encoding == "zstd":
        raise NotEmulatedError(
            f"{place.source} is compressed with ZSTD, which is not emulated: use GZIP, or do not compress it"
        )
    if place.key.endswith(".gz") or encoding == "gzip":
        return _inflate(chunks, place)
    return chunks


def _inflate(chunks: Iterator[bytes], place: Place) -> Iterator[bytes]:
    """The inflated bytes; a GZIP file may consist of several members, one after another."""
    member = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield member.decompress(rest)
                rest = member.unused_data
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise ReaderError(f"{place.source} is not GZIP: {error}") from None


def read_text(client: Any, place: Place, **request: Any) -> Iterator[str]:
    """The object's text, in chunks; a byte order mark is dropped."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for chunk in read_chunks(client, place, **request):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ReaderError(f"{place.source} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def read_lines(client: Any, place: Place, **request: Any) -> Iterator[str]:
    """The object's lines, each with its line end."""
    begun = ""
    for text in read_text(client, place, **request):
        *whole, begun = (begun + text).split("\n")
        for line in whole:
            yield f"{line}\n"
    if begun:
        yield begun
