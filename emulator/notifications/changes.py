"""What a request has changed in a bucket, as S3 names it: from the request, and from its response.

A request to S3 is told by its method, whether it names a key, and a parameter of its query (``?tagging``).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from emulator.aws.interception import AwsRequest

EMPTY_ETAG: Final = "d41d8cd98f00b204e9800998ecf8427e"
"""The MD5 of nothing: a delete marker's."""


class Place(NamedTuple):
    """What a request names, and the parameters of its query."""

    bucket: str
    key: str
    query: Mapping[str, str]


class Change(NamedTuple):
    """An event of an object: its name in notifications (``ObjectCreated:Put``), and what is known of the object."""

    name: str
    key: str
    version: str | None = None
    etag: str | None = None
    """``None``: that of the object as it is now."""


Read: TypeAlias = Callable[[AwsRequest, Place, Any], Iterator[Change]]
"""The changes that a request and its response (``AWSResponse``) tell of."""


def place_of(request: AwsRequest) -> Place:
    """The bucket and key that the request names; the key is empty for a request about the bucket."""
    parts = urlsplit(request.url)
    bucket, _, key = parts.path.lstrip("/").partition("/")
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Place(unquote(bucket), unquote(key), query)


def changes(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
    """The events of the objects that the request has changed, in order."""
    method = str(request.prepared.method)
    for asked, parameter, read in _ROWS:
        if asked == (method, bool(place.key)) and (parameter in place.query if parameter else _is_plain(place)):
            yield from read(request, place, response)
            return


def _is_plain(place: Place) -> bool:
    """Whether the query asks for nothing but the object itself."""
    return not _OTHER.intersection(place.query)


def _put(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
    name = "Copy" if request.header("x-amz-copy-source") else "Put"
    yield Change(f"ObjectCreated:{name}", place.key, _version(response))


def _posted(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
    """A form of a browser: its field ``key``, in which ``${filename}`` stands for the file's name."""
    fields = _form(request)
    key = fields.get("key", "").replace("${filename}", fields.get("filename", ""))
    if key:
        yield Change("ObjectCreated:Post", key, _version(response))


def _completed(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
    yield Change("ObjectCreated:CompleteMultipartUpload", place.key, _version(response))


def _deleted(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
    makes_marker = _header(response, "x-amz-delete-marker") == "true" and "versionId" not in place.query
    yield _removal(place.key, _version(response), makes_marker=makes_marker)


def _deleted_many(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
    """One event for each key, also for keys that did not exist. A quiet answer names none: the request does."""
    answered = {texts["Key"]: texts for texts in _children(response.content, "Deleted") if "Key" in texts}
    failed = {texts.get("Key") for texts in _children(response.content, "Error")}
    for asked in _children(request.body, "Object"):
        key = asked.get("Key", "")
        if key in failed:
            continue
        told = answered.get(key, {})
        makes_marker = told.get("DeleteMarker") == "true" and "VersionId" not in asked
        version = told.get("DeleteMarkerVersionId") if makes_marker else asked.get("VersionId")
        yield _removal(key, version, makes_marker=makes_marker)


def _removal(key: str, version: str | None, *, makes_marker: bool) -> Change:
    if makes_marker:
        return Change("ObjectRemoved:DeleteMarkerCreated", key, version, EMPTY_ETAG)
    return Change("ObjectRemoved:Delete", key, None if version == "null" else version)


def _of_version(name: str) -> Read:
    """An event of an object that remains."""

    def read(request: AwsRequest, place: Place, response: Any) -> Iterator[Change]:
        yield Change(name, place.key, place.query.get("versionId") or _version(response))

    return read


_OTHER: Final = frozenset(
    {
        "acl",
        "annotation",
        "attributes",
        "encryption",
        "legal-hold",
        "renameObject",
        "restore",
        "retention",
        "select",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
    }
)
"""Parameters of a query that ask for something other than the object."""
_ROWS: Final[tuple[tuple[tuple[str, bool], str, Read], ...]] = (
    (("PUT", True), "tagging", _of_version("ObjectTagging:Put")),
    (("PUT", True), "acl", _of_version("ObjectAcl:Put")),
    (("PUT", True), "", _put),
    (("POST", True), "restore", _of_version("ObjectRestore:Post")),
    (("POST", True), "uploadId", _completed),
    (("POST", False), "delete", _deleted_many),
    (("POST", False), "", _posted),
    (("DELETE", True), "tagging", _of_version("ObjectTagging:Delete")),
    (("DELETE", True), "", _deleted),
)
"""Method and whether a key is named, a parameter of the query (empty: none of ``_OTHER``) -> the reader."""


def _version(response: Any) -> str | None:
    version = _header(response, "x-amz-version-id")
    return None if version in ("", "null") else version


def _header(response: Any, name: str) -> str:
    return str(response.headers.get(name) or "")


def _children(xml: bytes, name: str) -> Iterator[dict[str, str]]:
    """The texts in each element of a name."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return
    for element in root.iter():
        if element.tag.rpartition("}")[2] == name:
            yield {each.tag.rpartition("}")[2]: each.text or "" for each in element}


def _form(request: AwsRequest) -> dict[str, str]:
    """The fields of a form with several parts, and the name of its file as ``filename``."""
    from email.message import Message
    from email.parser import BytesParser

    content_type = request.header("Content-Type")
    if not content_type.startswith("multipart/form-data"):
        return {}
    parsed: Message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + request.body)
    fields: dict[str, str] = {}
    parts = parsed.get_payload()
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, Message):
            continue
        name = str(part.get_param("name", "", header="Content-Disposition"))
        if (filename := part.get_filename()) is not None:
            fields["filename"] = filename
        else:
            content = part.get_payload(decode=True)
            fields[name] = content.decode() if isinstance(content, bytes) else ""
    return fields
