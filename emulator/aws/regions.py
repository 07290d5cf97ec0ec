"""AWS's regions and the partition of each, from botocore's data: ``aws``, ``aws-cn``, ``aws-us-gov`` and the others.

The first part of every ARN after ``arn`` is the partition of its region. A name that is no region is refused: no host
of AWS has it, and a test with it would pass here alone.
"""

import json
import re
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from asl.problems import nearest
from emulator.errors import EmulatorError

DATA: Final = "data/partitions.json"
"""The file in botocore's folder."""


@cache
def _partitions() -> list[dict[str, Any]]:
    """The partitions of the installed botocore, which is not imported: that takes longer than a whole test."""
    spec = find_spec("botocore")
    assert spec is not None, "botocore is a dependency"
    assert spec.origin is not None, "botocore is a package"
    content = json.loads((Path(spec.origin).parent / DATA).read_text(encoding="utf-8"))
    partitions: list[dict[str, Any]] = content["partitions"]
    return partitions


@cache
def regions() -> frozenset[str]:
    """The names of all regions; not those that stand for a whole partition (``aws-global``)."""
    return frozenset(name for each in _partitions() for name in each["regions"] if not name.endswith("-global"))


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The partition of a region, as botocore decides it: by its list, by the form of the name, else ``aws``."""
    for listed in (True, False):
        for each in _partitions():
            if region in each["regions"] if listed else re.match(each["regionRegex"], region):
                return str(each["id"])
    return "aws"


@lru_cache(maxsize=256)
def checked_region(region: object) -> str:
    """``region``; raises ``EmulatorError`` for a name that is not a region's, with the nearest one."""
    if isinstance(region, str) and region in regions():
        return region
    near = nearest(str(region).lower(), sorted(regions()))
    hint = f'did you mean "{near[0]}"?' if near else 'write region="eu-central-1"'
    raise EmulatorError(f"region={region!r} is not an AWS region; {hint}")
