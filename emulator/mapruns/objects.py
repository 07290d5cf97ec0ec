"""The objects of S3 that items come from, as bytes, text, lines and JSON; and how what fails is worded."""

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
    """Where an object is."""

    bucket: str
    key: str

    @property
    def source(self) -> str:
        """As ``$$.Map.Item.Source`` names it."""
        return f"S3://{self.bucket}/{self.key}"


def service_cause(error: "ClientError") -> str:
    """The text of a service's refusal, as the SDK for Java prints it."""
    details, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    return refusal(
        details.get("Message", ""),
        service="Amazon S3",
        status=meta.get("HTTPStatusCode", 400),
        code=details.get("Code", ""),
        request_id=meta.get("RequestId", ""),
    )


def ask(operation: Callable[..., Any], **request: Any) -> Any:
    """The response to a request; raises ``ReaderError`` when S3 refuses it, or it is none."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return operation(**request)
    except ClientError as error:
        raise ReaderError(service_cause(error)) from None
    except BotoCoreError as error:
        raise ReaderError(str(error)) from None


def read_chunks(client: Any, place: Place, **request: Any) -> Iterator[bytes]:
    """The object's bytes, inflated when its name or metadata says that it is compressed with GZIP."""
    response = ask(client.get_object, Bucket=place.bucket, Key=place.key, **request)
    encoding = response.get("ContentEncoding", "")
    chunks: Iterator[bytes] = response["Body"].iter_chunks(CHUNK)
    if place.key.endswith((".zst", ".zstd")) or encoding == "zstd":
        raise NotEmulatedError(f"{place.source} is compressed with ZSTD, which is not emulated: use GZIP, or none")
    if place.key.endswith(".gz") or encoding == "gzip":
        return _inflate(chunks, place)
    return chunks


def _inflate(chunks: Iterator[bytes], place: Place) -> Iterator[bytes]:
    """A GZIP file may have several members, one behind the other."""
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
    """The object's text, in pieces; a byte order mark is left out."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for chunk in read_chunks(client, place, **request):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ReaderError(f"{place.source} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def read_lines(client: Any, place: Place, **request: Any) -> Iterator[str]:
    """The object's lines, each with its end."""
    begun = ""
    for text in read_text(client, place, **request):
        *whole, begun = (begun + text).split("\n")
        for line in whole:
            yield f"{line}\n"
    if begun:
        yield begun
