"""What a Distributed Map says of its map run: where the items come from, how they are put together, what is exported.

A field that an execution evaluates is one function ``(effective input, scope) -> value``, so that another query
language only has to supply the functions. Fields and their ranges: developer guide, "Distributed mode". The state is
``asl.states.distributed``, the run ``asl.map_run``.
"""

from collections.abc import Mapping
from typing import NamedTuple

from asl.events import OutputType, Transformation
from asl.paths import Reader
from asl.tolerance import Count, Tolerance
from asl.values import Json


class ItemReader(NamedTuple):
    """Where the items come from: ``s3:getObject`` or ``s3:listObjectsV2``, its request, and what is found there."""

    resource: str
    argument: Reader
    config: Mapping[str, Json]
    max_items: Count | None


class ItemBatcher(NamedTuple):
    """How items are put together; a limit that the state does not set is ``None``."""

    max_items: Count | None
    max_bytes: Count | None
    batch_input: Reader | None


class ResultWriter(NamedTuple):
    """What becomes of the results; ``argument`` is ``None`` when they are not exported."""

    argument: Reader | None
    transformation: Transformation
    output_type: OutputType


class Distribution(NamedTuple):
    """What the map runs of one state have in common; what the state does not have is ``None``."""

    state_name: str
    label: str | None
    item_selector: Reader | None
    tolerance: Tolerance | None
    reader: ItemReader | None
    batcher: ItemBatcher | None
    writer: ResultWriter
