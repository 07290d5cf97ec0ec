"""The settings of a Distributed Map's map run: the source of its items, their batches, and the exported results.

A field that an execution evaluates is a function ``(effective input, scope) -> value``, supplied by the query
language. Fields and their ranges: developer guide, "Distributed mode". The state is ``asl.states.distributed``, the
run ``asl.map_run``.
"""

from collections.abc import Mapping
from typing import NamedTuple

from asl.events import OutputType, Transformation
from asl.paths import Reader
from asl.tolerance import Count, Tolerance
from asl.values import Json


class ItemReader(NamedTuple):
    """The source of the items: ``s3:getObject`` or ``s3:listObjectsV2``, its request, and the format of the data."""

    resource: str
    argument: Reader
    config: Mapping[str, Json]
    max_items: Count | None


class ItemBatcher(NamedTuple):
    """The limits of a batch of items; a limit that the state does not set is ``None``."""

    max_items: Count | None
    max_bytes: Count | None
    batch_input: Reader | None


class ResultWriter(NamedTuple):
    """The export and form of the results; ``argument`` is ``None`` if they are not exported."""

    argument: Reader | None
    transformation: Transformation
    output_type: OutputType


class Distribution(NamedTuple):
    """The settings shared by all map runs of one state; a field that the state does not have is ``None``."""

    state_name: str
    label: str | None
    item_selector: Reader | None
    tolerance: Tolerance | None
    reader: ItemReader | None
    batcher: ItemBatcher | None
    writer: ResultWriter
