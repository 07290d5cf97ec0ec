"""Answers to requests that a library other than boto3 sends to S3: presigned URLs, forms, and public objects.

They are answered as boto3's are, by the same backend. A request is answered if the emulator made its URL (it is signed
with the emulator's keys), or if its bucket exists there; any other is refused. Signatures and their expiry are not
checked. The host names are those of the "Virtual hosting of buckets" page of S3's user guide: the bucket may be in the
host's name or first in the path.

The URLs of an emulator's APIs and functions are answered too; those of any other are refused.
"""

import os
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from emulator.aws.environment import FAKE
from emulator.aws.guard.asking import ask, refuse
from emulator.aws.guard.hosts import canonical
from emulator.aws.interception import API, INTERNAL_AGENT, AwsRequest
from emulator.aws.responses import HttpResponse

_HOST: Final = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:-accelerate|-fips|-external-1)?(?:\.dualstack)?(?:[.-](?!website)(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d))?"
    r"\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu)"
)
_API: Final = re.compile(
    r"[a-z0-9-]+\.(?:execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|lambda-url\.[a-z0-9-]+\.on\.aws)"
)
_SIGNING: Final = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-signedheaders",
        "x-amz-signature",
        "x-amz-security-token",
        "awsaccesskeyid",
        "signature",
        "expires",
    }
)
"""Parameters of a query that sign it (versions 4 and 2)."""
_URLENCODED: Final = "application/x-www-form-urlencoded"
_FORM: Final = re.compile(rb'name="(?:x-amz-credential|awsaccesskeyid)"\r\n\r\n([^\r]+)', re.IGNORECASE)


class _Place(NamedTuple):
    """The bucket and region that a URL names; both may be empty."""

    bucket: str
    region: str
    path: str
    """With the bucket, percent-encoded as sent."""


def answer(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> HttpResponse:
    """The emulator's response; raises ``RealAwsBlockedError`` for everything that is not for one of its buckets."""
    given = [(name, value) for name, value in headers if name.lower() != "host"]
    if is_api(url):
        return _shown(method, ask(_to_api(method, url, given, body)))
    place = _place(url)
    what = f"{method} {url}"
    if place is None:
        refuse(what)
    key = _key(url, given, body)
    if key not in (FAKE["AWS_ACCESS_KEY_ID"], os.environ.get("AWS_ACCESS_KEY_ID")) and not _exists(place):
        refuse(what, f"The emulator has no bucket {place.bucket!r}, and the URL is not signed with its keys.")
    query = "&".join(each for each in urlsplit(url).query.split("&") if each.partition("=")[0].lower() not in _SIGNING)
    if key and not any(name.lower() == "authorization" for name, _ in given):
        given.append(("Authorization", _scope(key, place.region)))
    return _shown(method, ask(_request(method, place, query, given, body)))


def is_api(url: str) -> bool:
    """Whether a URL is that of an API of API Gateway, or of a function."""
    return bool(_API.fullmatch(canonical(urlsplit(url).hostname or "")))


def _to_api(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> AwsRequest:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders

    sent = HTTPHeaders()
    for name, value in headers:
        sent[name] = value
    return AwsRequest(API, AWSPreparedRequest(method, url, sent, body, False))


def _shown(method: str, response: Any) -> HttpResponse:
    headers = {str(name): str(value) for name, value in response.headers.items()}
    return HttpResponse(response.status_code, headers, b"" if method == "HEAD" else response.content)


def is_s3(url: str) -> bool:
    """Whether a URL is S3's."""
    return _place(url) is not None


def _place(url: str) -> _Place | None:
    """What an S3 URL names; ``None`` for another service."""
    parts = urlsplit(url)
    match = _HOST.fullmatch(canonical(parts.hostname or ""))
    if match is None:
        return None
    region, path = match["region"] or "us-east-1", parts.path or "/"
    if match["bucket"]:
        return _Place(match["bucket"], region, f"/{quote(match['bucket'])}{path}")
    return _Place(unquote(path.split("/")[1]), region, path)


def _key(url: str, headers: Iterable[tuple[str, str]], body: bytes) -> str:
    """The access key that signed the request: in its query, a header, or its form; empty if it is not signed."""
    asked = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    credential = asked.get("x-amz-credential") or asked.get("awsaccesskeyid", "")
    if not credential:
        said = next((value for name, value in headers if name.lower() == "authorization"), "")
        credential = said.partition("Credential=")[2] or said.removeprefix("AWS ").partition(":")[0]
    if not credential and (found := _FORM.search(body[:65_536])):
        credential = found[1].decode("latin-1")
    return credential.partition("/")[0]


def _exists(place: _Place) -> bool:
    """Whether the emulator has the bucket."""
    if not place.bucket:
        return False
    headers = [("Authorization", _scope(FAKE["AWS_ACCESS_KEY_ID"], place.region)), ("User-Agent", INTERNAL_AGENT)]
    bucket = place._replace(path=f"/{quote(place.bucket)}")
    status: int = ask(_request("HEAD", bucket, "", headers, b"")).status_code
    return status != 404


def _scope(key: str, region: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={key}/20300101/{region}/s3/aws4_request, SignedHeaders=host, Signature=0"


def _request(method: str, place: _Place, query: str, headers: Iterable[tuple[str, str]], body: bytes) -> AwsRequest:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders

    sent = HTTPHeaders()
    for name, value in headers:
        if name.lower() != "transfer-encoding":
            sent[name] = value
    if method != "POST" and sent.get("Content-Type", "").startswith(_URLENCODED):
        sent.replace_header("Content-Type", "binary/octet-stream")  # urllib's default; moto would read no body
    if body and "Content-Length" not in sent:
        sent["Content-Length"] = str(len(body))
    url = f"https://s3.{place.region}.amazonaws.com{place.path}{'?' if query else ''}{query}"
    return AwsRequest("s3", AWSPreparedRequest(method, url, sent, body, False))
