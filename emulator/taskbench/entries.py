"""The EventBridge entries that start background tasks, as they were sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.tasks.transport import DETAIL_TYPE


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of PutEvents: ``detail`` is parsed, ``detail_text`` is the text as sent."""

    source: str
    detail_type: str
    event_bus_name: str
    detail: Mapping[str, Any]
    detail_text: str

    @property
    def task_id(self) -> str | None:
        """The id of its task."""
        id_ = self.detail.get("webinyTaskId")
        return id_ if isinstance(id_, str) else None


def read_entry(entry: Mapping[str, Any]) -> Entry | None:
    """The entry of a background task, ``None`` for any other entry."""
    if entry.get("DetailType") != DETAIL_TYPE:
        return None
    text = entry["Detail"]
    detail = json.loads(text)
    return Entry(entry["Source"], DETAIL_TYPE, entry.get("EventBusName", "default"), detail, text)
