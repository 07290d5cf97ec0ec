"""The plain URL of a request: one for each service and region, whatever host the client was given.

A client reaches the same service by many hosts: a custom endpoint, FIPS and dual-stack endpoints, VPC endpoints
(``vpce-0a1b-xyz.sqs.us-east-1.vpce.amazonaws.com``), those of other partitions. moto reads service, region and bucket
from the host and knows only some of them, so it is given the plain one: ``ENDPOINT-PREFIX.REGION.amazonaws.com``.

S3 also writes the bucket into the host's name. Its plain URL has the bucket first in the path. A bucket's name may
begin or look like another host's (``localhost-files``, ``www.papers``), which only the path tells apart. Forms of S3's
hosts: S3's user guide, "Virtual hosting of buckets", "Dual-stack endpoints", "Transfer acceleration", "Access points"
and "AWS PrivateLink for Amazon S3".
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from emulator.aws.guard.hosts import SUFFIXES

_SHORT: Final[Mapping[str, str]] = {"budgets": "budgets.amazonaws.com"}
"""Endpoint prefix -> plain host, of services without a region in it that moto knows by no other host."""
_STANDARD: Final = (".amazonaws.com", ".amazonaws.com.cn")
_VARIANT: Final = re.compile(r"(?:^|[.-])(?:fips|dualstack|vpce)(?:[.-]|$)")
_REGION: Final = re.compile(r"(?:^|s3-)([a-z]{2,}(?:-[a-z]+)+-\d+)$")
_S3: Final = re.compile(r"s3(?:-[a-z0-9-]+|express-[a-z0-9-]+)?")
_OTHER_S3: Final = re.compile(r"(s3-(?:accesspoint|object-lambda|outposts))(?:-fips)?")
"""Kinds of S3's hosts whose first name is no bucket's."""
_ACCOUNT: Final = re.compile(r"\d{12}")


class S3Host(NamedTuple):
    """What a host of S3 names; each may be empty."""

    bucket: str = ""
    region: str = ""
    other: str = ""
    """The host's beginning, where its first name is no bucket: ``NAME-ACCOUNT.s3-accesspoint``."""


def plain_url(url: str, service: str, region: str, endpoint: str = "") -> str:
    """``url`` at the plain host of ``service`` (an endpoint prefix); unchanged if moto knows its host.

    ``endpoint`` is the URL of the client's endpoint, without a bucket or another prefix that a request adds; ``region``
    is that of the signature.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if service == "s3":
        named = s3_host(host, endpoint)
        region = named.region or region
        path = f"/{quote(named.bucket)}{parts.path or '/'}" if named.bucket else parts.path
        host = f"{named.other or 's3'}.{region}.amazonaws.com"
    elif _is_plain(host, service):
        return url
    else:
        account, _, _ = host.partition(".")
        before = f"{account}." if _ACCOUNT.fullmatch(account) and service == "s3-control" else ""
        host, path = before + _SHORT.get(service, f"{service}.{region}.amazonaws.com"), parts.path
    return urlunsplit(("https", host, path, parts.query, ""))


def bucket_in(host: str, endpoint: str = "") -> str | None:
    """The bucket in the host's name, for clients that do not write it into the path; ``host`` may have a port."""
    return s3_host(urlsplit(f"//{host}").hostname or "", endpoint).bucket or None


def s3_host(host: str, endpoint: str = "") -> S3Host:
    """What the name of a host of S3 says, given the client's endpoint; an AWS host says it by itself."""
    if suffix := next((each for each in SUFFIXES if host.endswith(each)), ""):
        return _at_aws(host.removesuffix(suffix))
    given = (urlsplit(endpoint).hostname or "") if endpoint else ""
    if given:
        return S3Host(host.removesuffix(f".{given}")) if host.endswith(f".{given}") else S3Host()
    if host.endswith(".localhost"):
        bucket = host.removesuffix("localhost").partition(".s3.")[0].removesuffix(".")
        return S3Host("" if bucket == "s3" or bucket.startswith("s3.") else bucket)
    before, separator, _ = host.partition(".s3.")
    return S3Host(before) if separator else S3Host()


def _at_aws(name: str) -> S3Host:
    """``name`` is the host without AWS's suffix: ``papers.s3.dualstack.eu-west-1``."""
    labels = name.split(".")
    at = next((at for at in reversed(range(len(labels))) if _S3.fullmatch(labels[at])), None)
    if at is None:
        return S3Host()
    before, kind = labels[:at], labels[at]
    found = (_REGION.search(label) for label in labels[at:])
    region = next((match[1] for match in found if match), "")
    place = ""
    if "vpce" in labels[at:] and before and before[-1].startswith("vpce-"):
        before.pop()
        place = before.pop() if before and before[-1] in ("bucket", "accesspoint", "control") else ""
    other = _OTHER_S3.fullmatch(kind)
    if other or place == "accesspoint":
        beginning = ".".join([*before, other[1] if other else "s3-accesspoint"])
        return S3Host(region=region, other=beginning if before else "")
    return S3Host(".".join(before), region)


def _is_plain(host: str, service: str) -> bool:
    """Whether it is an AWS host of the service itself, not one of the other ways to it."""
    named = re.search(rf"(?:^|[.-]){re.escape(service)}\.", host)
    return host.endswith(_STANDARD) and named is not None and not _VARIANT.search(host)
