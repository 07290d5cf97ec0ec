"""Objects with a field whose value selects which other fields the object may have, such as ReaderConfig.

Rule, from published runs of AWS's validation: a selector that is missing is the only problem of its object; a field
that belongs to other variants is not supported; a variant may have a selector of its own (CSV: CSVHeaderLocation).
So CSVHeaders beside JSON is not supported, and ItemsPointer beside CSV is not seen until CSVHeaderLocation is there.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Optional

from asl import violations
from asl.problems import Problem

LIST_OBJECTS: Final = "arn:aws:states:::s3:listObjectsV2"


class Variant(NamedTuple):
    """What a word of a selector allows: more fields, some of them required, and perhaps another selector."""

    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    selector: Optional["Selector"] = None


class Selector(NamedTuple):
    """A field that selects a variant by its word; ``default`` is the word if the object does not have the field."""

    field: str
    variants: Mapping[str, Variant]
    default: str | None = None
    common: tuple[str, ...] = ()
    """Fields of every variant."""


class Selected(NamedTuple):
    """The fields that an object may and must have, or the problem because of which that is not known."""

    fields: frozenset[str]
    required: tuple[str, ...]
    problem: Problem | None


def select(raw: Mapping[str, Any], selector: Selector, pointer: str) -> Selected:
    """Follow the selectors of the object ``raw`` at ``pointer``."""
    fields: set[str] = set()
    required: tuple[str, ...] = ()
    following: Selector | None = selector
    while following is not None:
        field, words = following.field, tuple(following.variants)
        word = raw.get(field, following.default)
        if field not in raw and word is None:
            return Selected(frozenset(), (), violations.selector_required(pointer, field, words))
        if word not in words:
            return Selected(frozenset(), (), violations.selector_word(pointer, field, word, words))
        variant = following.variants[word]
        fields |= {field, *following.common, *variant.fields}
        required += variant.required
        following = variant.selector
    return Selected(frozenset(fields), required, None)


MODE: Final = Selector(
    "Mode",
    {"INLINE": Variant(), "DISTRIBUTED": Variant(("ExecutionType",), ("ExecutionType",))},
    default="INLINE",
)
"""ProcessorConfig."""

_HEADERS: Final = Selector(
    "CSVHeaderLocation", {"FIRST_ROW": Variant(), "GIVEN": Variant(("CSVHeaders",), ("CSVHeaders",))}
)
_INPUT: Final = Selector(
    "InputType",
    {
        "MANIFEST": Variant(("ManifestType",)),
        "JSON": Variant(("ItemsPointer",)),
        "CSV": Variant(("CSVDelimiter", "ManifestType"), selector=_HEADERS),
        "JSONL": Variant(("ManifestType",)),
        "PARQUET": Variant(("ManifestType",)),
    },
    common=("Transformation", "MaxItems", "MaxItemsPath"),
)
_LIST: Final = Selector(
    "Transformation",
    {"NONE": Variant(), "LOAD_AND_FLATTEN": Variant(selector=_INPUT)},
    default="NONE",
    common=("MaxItems", "MaxItemsPath"),
)


def reader_config(reader: Mapping[str, Any]) -> Selector:
    """The selector of the ReaderConfig of ``reader``; an inventory needs no InputType (developer guide)."""
    if reader.get("Resource") == LIST_OBJECTS:
        return _LIST
    config = reader.get("ReaderConfig")
    inventory = isinstance(config, dict) and config.get("ManifestType") == "S3_INVENTORY"
    return _INPUT._replace(default="MANIFEST") if inventory else _INPUT
