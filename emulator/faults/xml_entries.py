"""Batches that fail in part, of services that speak XML: SNS's PublishBatch and S3's DeleteObjects.

| operation | its entries | what is said of an entry that fails |
| --- | --- | --- |
| PublishBatch | ``PublishBatchRequestEntries.member.1.Id``, ... of a form | ``Failed``: ``Id``, ``SenderFault``, ... |
| DeleteObjects | ``Object`` elements | ``Error``: ``Key``, ``VersionId``, ``Code``, ``Message`` |

Sources: botocore's models of the operations.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from emulator.aws.interception import AwsRequest
from emulator.aws.responses import aws_response
from emulator.faults.errors import ServiceFault
from emulator.faults.requests import positions, with_body

Ask = Callable[[], Any]
_ENTRY: Final = re.compile(r"PublishBatchRequestEntries\.member\.(\d+)\.(.+)")
_SNS: Final = "http://sns.amazonaws.com/doc/2010-03-31/"
_S3: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


def publish_batch(
    request: AwsRequest, failing: tuple[int, ...], error: ServiceFault, ask: Ask, new_id: Callable[[], str]
) -> Any:
    """The response to PublishBatch, of which the messages at these positions are refused."""
    entries: dict[int, list[tuple[str, str]]] = {}
    others = []
    for name, value in parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True):
        if match := _ENTRY.fullmatch(name):
            entries.setdefault(int(match[1]), []).append((match[2], value))
        else:
            others.append((name, value))
    going, failed = positions([entries[number] for number in sorted(entries)], failing)
    if not failed:
        return ask()
    more = "".join(
        _elements("member", {"Id": dict(entry).get("Id", ""), "SenderFault": error.status < 500, **_told(error)})
        for _, entry in failed
    )
    text = (
        f'<PublishBatchResponse xmlns="{_SNS}"><PublishBatchResult><Successful/><Failed/></PublishBatchResult>'
        f"<ResponseMetadata><RequestId>{new_id()}</RequestId></ResponseMetadata></PublishBatchResponse>"
    )
    pairs = (
        (f"PublishBatchRequestEntries.member.{number}.{name}", value)
        for number, entry in enumerate(going, 1)
        for name, value in entry
    )
    given = _asked(request, urlencode([*others, *pairs]).encode() if going else None, ask)
    if given is not None:
        if given.status_code >= 300:
            return given
        text = re.sub(r"<Failed>\s*</Failed>", "<Failed/>", given.content.decode())
        if "<Failed" not in text:
            text = text.replace("</PublishBatchResult>", "<Failed/></PublishBatchResult>")
    text = text.replace("<Failed/>", "<Failed></Failed>", 1).replace("</Failed>", f"{more}</Failed>", 1)
    return _response(request, text, given)


def delete_objects(
    request: AwsRequest, failing: tuple[int, ...], error: ServiceFault, ask: Ask, new_id: Callable[[], str]
) -> Any:
    """The response to DeleteObjects, of which the objects at these positions stay."""
    root = ElementTree.fromstring(request.body)
    objects = [each for each in root if each.tag.rpartition("}")[2] == "Object"]
    going, failed = positions(objects, failing)
    if not failed:
        return ask()
    more = ""
    for _, entry in failed:
        root.remove(entry)
        named = {each.tag.rpartition("}")[2]: each.text or "" for each in entry}
        more += _elements("Error", {name: named[name] for name in ("Key", "VersionId") if name in named} | _told(error))
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="{_S3}"></DeleteResult>'
    given = _asked(request, ElementTree.tostring(root, default_namespace=_namespace(root)) if going else None, ask)
    if given is not None:
        if given.status_code >= 300:
            return given
        text = re.sub(r"<DeleteResult([^>]*)/>", r"<DeleteResult\1></DeleteResult>", given.content.decode())
    return _response(request, text.replace("</DeleteResult>", f"{more}</DeleteResult>"), given)


def _namespace(root: ElementTree.Element) -> str | None:
    return root.tag[1:].partition("}")[0] if root.tag.startswith("{") else None


def _told(error: ServiceFault) -> dict[str, Any]:
    return {"Code": error.code, "Message": error.message}


def _elements(name: str, children: Mapping[str, Any]) -> str:
    inner = "".join(
        f"<{child}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{child}>"
        for child, value in children.items()
    )
    return f"<{name}>{inner}</{name}>"


def _asked(request: AwsRequest, body: bytes | None, ask: Ask) -> Any:
    """The response to the entries that are left; ``None`` if there are none."""
    if body is None:
        return None
    with_body(request, body)
    return ask()


def _response(request: AwsRequest, text: str, given: Any) -> Any:
    headers: Iterable[tuple[str, str]] = () if given is None else given.headers.items()
    kept = {name: value for name, value in headers if name.lower() != "content-length"}
    return aws_response(request.prepared.url, 200, {"Content-Type": "text/xml", **kept}, text.encode())


Answer = Callable[[AwsRequest, tuple[int, ...], ServiceFault, Ask, Callable[[], str]], Any]
FORMS: Final[Mapping[tuple[str, str], Answer]] = {
    ("sns", "PublishBatch"): publish_batch,
    ("s3", "DeleteObjects"): delete_objects,
}
"""Operation -> its answer to a request of which some entries fail."""
