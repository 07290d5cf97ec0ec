"""Which hosts are AWS's: the DNS suffixes of every partition, those of sign-in pages, and addresses inside of AWS.

The suffixes are those of botocore's data (``partitions.json``, ``endpoints.json`` and the rule sets of its services); a
test compares; and those of Cognito's and of IAM Identity Center's sign-in pages, which are services as well. The
addresses are those of the instance metadata service and of the container credential providers (botocore's
``IMDSFetcher`` and ``ContainerMetadataFetcher``), of the VPC's resolver, and of the Amazon Time Sync Service (EC2 and
VPC user guides). What a user deploys has names of its own (``elasticbeanstalk.com``) and is not AWS's.
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

SUFFIXES: Final = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.cn",
    ".amazonaws.eu",
    ".amazonaws-eusc.eu",
    ".amazonaws-us-gov.com",
    ".amazonwebservices.com.cn",
    ".amazonwebservices.eu",
    ".aws",
    ".aws.dev",
    ".aws.amazon.com",
    ".api.aws.ic.gov",
    ".api.aws.hci.ic.gov",
    ".api.aws.scloud",
    ".api.cloud-aws.adc-e.uk",
    ".c2s.ic.gov",
    ".c2shome.ic.gov",
    ".sc2s.sgov.gov",
    ".sc2shome.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".csphome.adc-e.uk",
    ".csphome.hci.ic.gov",
    ".amazoncognito.com",
    ".awsapps.com",
)
"""A host is AWS's if its name, with a dot before it, ends in one of these. ``.aws`` is a top-level domain of AWS."""

METADATA: Final = ("169.254.169.254", "fd00:ec2::254")
CONTAINER: Final = ("169.254.170.2", "169.254.170.23", "fd00:ec2::23")
OF_THE_VPC: Final = ("169.254.169.253", "fd00:ec2::253", "169.254.169.123", "fd00:ec2::123")
"""The resolver and the time service."""
_ADDRESSES: Final = frozenset(ipaddress.ip_address(each) for each in (*METADATA, *CONTAINER, *OF_THE_VPC))
_NUMERIC: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")


def is_aws(host: Any) -> bool:
    """Whether ``host`` (a name or an address, as text or bytes, without a port) is AWS's; anything else is not."""
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("latin-1")
    return isinstance(host, str) and bool(host) and _is_aws(host)


@lru_cache(maxsize=1024)
def _is_aws(host: str) -> bool:
    name = canonical(host)
    if f".{name}".endswith(SUFFIXES):
        return True
    address = _address(name)
    return address is not None and (address in _ADDRESSES or _embedded(address) in _ADDRESSES)


def canonical(host: str) -> str:
    """The name as DNS compares it: lower case, ordinary letters and dots, no dot at the end, no brackets or zone."""
    name = unicodedata.normalize("NFKC", host).replace("\u3002", ".").casefold().strip().strip("[]")
    return name.partition("%")[0].rstrip(".")


def _address(name: str) -> "ipaddress.IPv4Address | ipaddress.IPv6Address | None":
    """The address in any notation that the C library reads (``inet_aton``): 0xa9fea9fe, 2852039166, 0251.0376.43518."""
    if ":" in name:
        try:
            return ipaddress.ip_address(name)
        except ValueError:
            return None
    if not _NUMERIC.fullmatch(name):
        return None
    *first, last = (_number(part) for part in name.split("."))
    if any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
        return None
    return ipaddress.IPv4Address(sum(part << (24 - 8 * at) for at, part in enumerate(first)) + last)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    try:
        return int(part, 8 if part.startswith("0") else 10)
    except ValueError:  # 08 is no octal number
        return 256**4


def _embedded(address: "ipaddress.IPv4Address | ipaddress.IPv6Address") -> "ipaddress.IPv4Address | None":
    """The IPv4 address that an IPv6 address stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
