"""What a batch has come to: the records that failed, as the function's result names them.

Recorded: ``test_report_batch_item_failures*``, ``test_kinesis_report_batch_item_failure_scenarios``.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from asl.values import Json, JsonTextError, decode

KEY: Final = "batchItemFailures"


@dataclass(frozen=True, slots=True)
class Answer:
    """``failed``: the ids of the records that failed, ``None`` for the whole batch.

    ``throttled``: nothing was called, which is no attempt. The rest is told by the record of a failure.
    """

    failed: frozenset[str] | None = frozenset()
    throttled: bool = False
    request_id: str = ""
    function_error: str | None = None
    executed_version: str = ""


def failed_ids(result: Json, ids: Container[str]) -> frozenset[str] | None:
    """The ids that a result names as failed; ``None`` when all count as failed.

    That is so for a result that is no object (but for empty ones), and for an id that is empty or not of the batch.
    """
    if not result:
        return frozenset()
    if not isinstance(result, dict):
        return None
    named = result.get(KEY)
    if not named:
        return frozenset()
    if not isinstance(named, list):
        return None
    failed = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in named]
    if any(not isinstance(each, str) or each not in ids for each in failed):
        return None
    return frozenset(str(each) for each in failed)


def value_of(text: str) -> Json:
    """The value of a function's answer, or its text."""
    try:
        return decode(text)
    except JsonTextError:
        return text
