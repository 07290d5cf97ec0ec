"""Pages of a history: in both orders, with tokens, and no event rendered that is not on the page."""

from typing import Any

import pytest

from asl.effects import Record
from asl.history import render
from emulator import Emulator
from emulator.stepfunctions import executions

CHAIN = {
    "StartAt": "P0",
    "States": {f"P{n}": {"Type": "Pass", **({"Next": f"P{n + 1}"} if n < 29 else {"End": True})} for n in range(30)},
}


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_together_are_the_whole_history(emulator: Emulator, newest_first: bool) -> None:
    run = emulator.run(CHAIN)
    client: Any = emulator.client("stepfunctions")
    request = {"executionArn": run.arn, "reverseOrder": newest_first}
    whole = client.get_execution_history(**request)["events"]
    pages = client.get_paginator("get_execution_history").paginate(**request, PaginationConfig={"PageSize": 7})
    found = [page["events"] for page in pages]
    assert [len(events) for events in found] == [7] * 8 + [6]
    assert [event for events in found for event in events] == whole
    assert [event["id"] for event in whole] == sorted(range(1, 63), reverse=newest_first)


def test_a_page_renders_its_own_events_alone(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []

    def noted(record: Record) -> dict[str, Any]:
        rendered.append(record.id)
        return render(record)

    monkeypatch.setattr(executions, "render", noted)
    run = emulator.run(CHAIN)
    client: Any = emulator.client("stepfunctions")
    client.get_execution_history(executionArn=run.arn, maxResults=3, reverseOrder=True)
    assert rendered == [62, 61, 60]
