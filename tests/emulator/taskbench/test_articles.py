"""The example of the behaviour reference (sections 9.3 and 9.4), run as it stands there: articles pushed in pages.

``emulator.tasks`` is the harness; what the application works with is set on ``emulator.tasks.app``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from emulator import Emulator
from emulator.taskbench import TaskBench
from emulator.tasks import FunctionTask, Result, RunContext, TaskError, private_task, task


@dataclass
class SyncInput:
    source: str
    cursor: str | None = None
    pushed: int = 0
    verify_started: bool = False


@dataclass
class Article:
    id: str


@dataclass
class Page:
    cursor: str
    items: list[Article]


class RateLimited(Exception):  # noqa: N818 - as its client calls it
    def __init__(self, retry_after: int | None) -> None:
        super().__init__("429")
        self.retry_after = retry_after


@dataclass
class FlakyRemote:
    """Refuses those pushes, counted from 1, that ``fail_on`` names."""

    fail_on: list[int] = field(default_factory=list)
    retry_after: int | None = None
    pushes: int = 0
    pushed: list[str] = field(default_factory=list)
    RateLimited = RateLimited

    def push(self, items: list[Article]) -> None:
        self.pushes += 1
        if self.pushes in self.fail_on:
            raise RateLimited(self.retry_after)
        self.pushed += [item.id for item in items]


@dataclass
class SlowPages:
    """Six pages of two articles; each takes ``seconds_per_page`` of the virtual clock."""

    clock: Any
    seconds_per_page: float = 0
    count: int = 6

    def pages(self, source: str, *, after: str | None) -> Iterator[Page]:
        for number in range(int(after or 0) + 1, self.count + 1):
            self.clock.advance(seconds=self.seconds_per_page)
            yield Page(str(number), [Article(f"{source}-{number}-{part}") for part in "ab"])


def definitions(max_iterations: int = 200) -> tuple[FunctionTask, FunctionTask]:
    @private_task(id="verifyBatch", title="Verify one batch", max_iterations=3, database_logs=False)
    def verify_batch(ctx: RunContext[dict[str, Any], dict[str, Any]]) -> Result:
        return ctx.response.done(output={"checked": len(ctx.input["ids"])})

    @task(id="syncArticles", title="Sync articles", max_iterations=max_iterations, input_type=SyncInput)
    def sync_articles(ctx: RunContext[SyncInput, dict[str, Any]]) -> Result:
        inp, store = ctx.input, ctx.store

        if not inp.verify_started:
            for page in ctx.app.articles.pages(inp.source, after=inp.cursor):
                if ctx.is_aborted():
                    store.add_info_log("Stopped by the user", data={"cursor": inp.cursor})
                    return ctx.response.aborted()
                if ctx.is_close_to_timeout():
                    return ctx.response.continue_(inp)
                try:
                    ctx.app.remote.push(page.items)
                except ctx.app.remote.RateLimited as exc:
                    return ctx.response.continue_(inp, seconds=exc.retry_after or 30)
                inp.cursor, inp.pushed = page.cursor, inp.pushed + len(page.items)
                store.update_input({"cursor": inp.cursor, "pushed": inp.pushed})
                ctx.trigger("verifyBatch", input={"ids": [a.id for a in page.items]})
            store.add_info_log("All pages pushed", data={"pushed": inp.pushed})
            inp.verify_started = True
            return ctx.response.continue_(inp, seconds=timedelta(minutes=2))

        children = store.list_child_tasks("verifyBatch")
        if any(c.status in ("pending", "running") for c in children):
            return ctx.response.continue_(inp, seconds=60)
        if failed := [c.id for c in children if c.status == "failed"]:
            return ctx.response.error("Verification failed", code="VERIFY_FAILED", data={"tasks": failed})
        return ctx.response.done("Articles synced", {"pushed": inp.pushed, "batches": len(children)})

    @sync_articles.on_before_trigger
    def single_flight(app: Any, data: dict[str, Any]) -> None:
        if app.tasks.list(where={"definitionId": "syncArticles", "taskStatus_in": ["pending", "running"]}):
            raise TaskError("Already syncing", code="ALREADY_RUNNING")

    @sync_articles.on_abort
    def stop_children(app: Any, task: Any) -> None:
        for child in app.tasks.list(where={"parentId": task.id, "taskStatus_in": ["pending", "running"]}):
            app.tasks.abort(child.id, message="Parent aborted")

    return verify_batch, sync_articles


@pytest.fixture
def harness(emulator: Emulator) -> TaskBench:
    emulator.tasks.register(*definitions())
    emulator.tasks.app.remote = FlakyRemote()
    emulator.tasks.app.articles = SlowPages(emulator.clock)
    return emulator.tasks


def test_survives_rate_limit_without_waiting_for_real(harness: TaskBench) -> None:
    harness.app.remote = FlakyRemote(fail_on=[2], retry_after=45)
    run = harness.trigger("syncArticles", {"source": "blog"})
    run.run_until_waiting()
    assert run.waiting_for == 45
    assert run.task.status == "running"
    run.run_to_end()
    assert run.execution.status == "SUCCEEDED"
    assert run.task.status == "success"
    assert run.states[:3] == ["TransformEvent", "Run", "CheckStatus"]
    assert run.task.output == {"pushed": 12, "batches": 6}


def test_lambda_budget(harness: TaskBench, emulator: Emulator) -> None:
    harness.lambda_timeout_seconds = 900
    harness.app.articles = SlowPages(emulator.clock, seconds_per_page=100, count=10)
    run = harness.trigger("syncArticles", {"source": "blog"}).run_to_end()
    assert all(i.remaining_ms_at_end > 0 for i in run.iterations)
    assert run.iterations[0].result is not None
    assert run.iterations[0].result.status == "continue"
    assert run.task.output == {"pushed": 20, "batches": 10}


def test_abort_while_waiting(harness: TaskBench) -> None:
    run = harness.trigger("syncArticles", {"source": "blog"})
    run.at(iteration=2, call=lambda: harness.abort(run.task.id, "enough"))
    run.run_to_end()
    assert run.task.status == "aborted"
    assert run.execution.final_state == "Aborted"
    assert "enough" in [item.message for log in run.logs for item in log.items]


def test_abort_while_waiting_planned_for_any_task(harness: TaskBench) -> None:
    run = harness.trigger("syncArticles", {"source": "blog"})
    harness.at(iteration=2, call=lambda: harness.tasks.abort(run.task.id, "enough"))
    run.run_to_end()
    assert run.task.status == "aborted"


def test_a_batch_that_dies_keeps_its_parent_polling(emulator: Emulator) -> None:
    """A child whose Lambda was killed stays running: its parent asks every minute, up to its own limit."""
    harness = emulator.tasks
    harness.register(*definitions(max_iterations=5))
    harness.app.remote, harness.app.articles = FlakyRemote(), SlowPages(emulator.clock)
    harness.of("verifyBatch").kill(iteration=1)
    run = harness.trigger("syncArticles", {"source": "blog"}).run_to_end()
    assert run.task.status == "failed"
    assert (run.execution.error, len(run.iterations)) == ("Task reached max iterations.", 6)
    assert [child.task.status for child in run.children] == ["running", *["success"] * 5]


def test_only_one_sync_at_a_time(harness: TaskBench) -> None:
    harness.trigger("syncArticles", {"source": "blog"})
    with pytest.raises(TaskError, match="Already syncing"):
        harness.trigger("syncArticles", {"source": "blog"})


def test_aborting_stops_the_batches(harness: TaskBench) -> None:
    """Those of the first pages ran while the later pages were fetched; the last one's is still pending."""
    run = harness.trigger("syncArticles", {"source": "blog"})
    run.at(iteration=1, after="run", call=run.abort).run_to_end()
    assert [child.task.status for child in run.children] == [*["success"] * 5, "aborted"]
