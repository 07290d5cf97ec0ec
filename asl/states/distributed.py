"""Map in distributed mode: its item processor runs as child executions, over items from the state's input or S3.

Its fields are parsed into ``asl.distribution``; the run itself is ``asl.map_run``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from asl.distribution import Distribution, ItemBatcher, ItemReader, ResultWriter
from asl.evaluation import as_reader, compile_value, is_jsonata
from asl.outcomes import Distribute
from asl.paths import Reader
from asl.scope import StateScope
from asl.states.any_map import AnyMap, ReadItems, parse_items, parse_selector, parse_shared, parse_tolerance
from asl.states.common import ParseBlock
from asl.states.numbers import parse_count
from asl.templates import compile_template
from asl.values import encode
from asl.walk import processor_of

ExecutionType: TypeAlias = Literal["STANDARD", "EXPRESS"]


NO_WRITER: Final = ResultWriter(None, "COMPACT", "JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributedMap(AnyMap):
    """Runs ``processor`` as a child execution for each item or batch; ``source`` is the processor's own definition.

    ``read_items`` is not called if there is a ``reader``.
    """

    source: str
    execution_type: ExecutionType
    read_items: ReadItems
    distribution: Distribution

    def enter(self, scope: StateScope) -> Distribute:
        """Start a map run; a retry starts another."""
        effective = self.flow.effective(scope)
        allowed = self.max_concurrency(effective.value, scope)
        if self.distribution.reader is not None:
            return Distribute(self.distribution, effective, None, allowed)
        return Distribute(self.distribution, effective, self.read_items(effective, scope), allowed)


def parse_distributed_map(name: str, raw: Mapping[str, Any], parse_block: ParseBlock) -> DistributedMap:
    """The Map state ``raw`` with a processor in mode DISTRIBUTED; its fields have been checked."""
    processor = processor_of(raw)
    return DistributedMap(
        **parse_shared(name, raw, parse_block),
        source=encode(dict(processor)),
        execution_type=processor["ProcessorConfig"]["ExecutionType"],
        read_items=parse_items(raw, "array", "object"),
        distribution=Distribution(
            state_name=name,
            label=raw.get("Label"),
            item_selector=parse_selector(raw),
            tolerance=parse_tolerance(raw),
            reader=_parse_reader(raw["ItemReader"]) if "ItemReader" in raw else None,
            batcher=_parse_batcher(raw["ItemBatcher"], jsonata=is_jsonata(raw)) if "ItemBatcher" in raw else None,
            writer=_parse_writer(raw["ResultWriter"]) if "ResultWriter" in raw else NO_WRITER,
        ),
    )


def _parse_request(raw: Mapping[str, Any], within: str) -> Reader:
    """The request of a reader or writer: Arguments in JSONata mode, Parameters in JSONPath mode."""
    if "Arguments" in raw:
        return as_reader(compile_value(raw["Arguments"], f"{within}/Arguments"))
    return compile_template(raw.get("Parameters", {}), "Parameters")


def _parse_reader(raw: Mapping[str, Any]) -> ItemReader:
    config = raw.get("ReaderConfig", {})
    return ItemReader(
        resource=raw["Resource"].partition(":::")[2],
        argument=_parse_request(raw, "ItemReader"),
        config={key: value for key, value in config.items() if key not in ("MaxItems", "MaxItemsPath")},
        max_items=parse_count(config, "MaxItems", "ItemReader/ReaderConfig/"),
    )


def _parse_batcher(raw: Mapping[str, Any], *, jsonata: bool) -> ItemBatcher:
    batch_input: Reader | None = None
    if "BatchInput" in raw and jsonata:
        batch_input = as_reader(compile_value(raw["BatchInput"], "ItemBatcher/BatchInput"))
    elif "BatchInput" in raw:
        batch_input = compile_template(raw["BatchInput"], "BatchInput")
    return ItemBatcher(
        max_items=parse_count(raw, "MaxItemsPerBatch", "ItemBatcher/"),
        max_bytes=parse_count(raw, "MaxInputBytesPerBatch", "ItemBatcher/"),
        batch_input=batch_input,
    )


def _parse_writer(raw: Mapping[str, Any]) -> ResultWriter:
    """By default, exported results have the transformation NONE, results of the state COMPACT."""
    config = raw.get("WriterConfig", {})
    exports = "Resource" in raw
    return ResultWriter(
        argument=_parse_request(raw, "ResultWriter") if exports else None,
        transformation=config.get("Transformation", "NONE" if exports else "COMPACT"),
        output_type=config.get("OutputType", "JSON"),
    )
