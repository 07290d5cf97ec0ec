"""Importing a blog's articles, as a background task: the example that ``emulate task`` runs.

The work does not fit into one Lambda call, which is what background tasks are for:

* a page takes a minute and a half, so the import stops before its function's timeout and continues in the next call;
* the blog answers 429 after ten pages per hour; the state machine then waits, not the function;
* four pages form a batch whose search index is built by a child task; the import waits for all of them.

    emulator.tasks.register(article_import)
    emulator.tasks.app = make_app()
    run = emulator.tasks.trigger("importArticles", {"blog": "https://blog.example"}).run_to_end()

``Blog`` and ``SearchIndex`` stand for remote services. A handler sees the emulator's time, so their sleeps and hours
cost nothing.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from emulator.tasks import Result, RunContext, private_task, task

ARTICLES_TABLE: Final = "articles"
PAGES_IN_BATCH: Final = 4


class RateLimited(Exception):  # noqa: N818 - the usual name in such clients
    """429 Too Many Requests; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"429 Too Many Requests, Retry-After: {retry_after}")
        self.retry_after = retry_after


@dataclass
class Blog:
    """A slow blog with a limit: 12 pages of 5 articles, 95 seconds per page, ten pages per hour."""

    pages: int = 12
    articles_in_page: int = 5
    seconds_in_page: float = 95
    pages_in_hour: int = 10
    answered_at: list[datetime] = field(default_factory=list)

    def page(self, number: int) -> list[dict[str, Any]]:
        """The articles of a page, counted from 1; empty after the last page. Raises ``RateLimited``."""
        hour = timedelta(hours=1)
        recent = [at for at in self.answered_at if now() - at < hour]
        if len(recent) >= self.pages_in_hour:
            raise RateLimited(round((recent[0] + hour - now()).total_seconds()))
        self.answered_at.append(now())
        if number > self.pages:
            return []
        time.sleep(self.seconds_in_page)  # noqa: TID251 - in a handler, sleeping moves the emulator's clock
        first = (number - 1) * self.articles_in_page + 1
        return [{"id": f"article-{n}", "title": f"Article {n}"} for n in range(first, first + self.articles_in_page)]


@dataclass
class SearchIndex:
    """A service that takes two and a half minutes to build an index."""

    ready_at: dict[str, datetime] = field(default_factory=dict)

    def build(self, batch: str) -> None:
        """Start building the index of a batch."""
        self.ready_at[batch] = now() + timedelta(seconds=150)

    def is_ready(self, batch: str) -> bool:
        """Whether the index is ready; ``build`` must have been called."""
        return now() >= self.ready_at[batch]


class Articles:
    """The imported articles, in their own DynamoDB table."""

    def __init__(self) -> None:
        import boto3

        self.table = boto3.resource("dynamodb").create_table(
            TableName=ARTICLES_TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )

    def add(self, articles: list[dict[str, Any]]) -> None:
        """Store articles; an existing one is replaced, so a page can be stored twice."""
        with self.table.batch_writer() as batch:
            for article in articles:
                batch.put_item(Item=article)


@dataclass
class Newsroom:
    """The tasks' application: ``ctx.app``."""

    blog: Blog
    index: SearchIndex
    articles: Articles


def make_app() -> Newsroom:
    """The application, including its table."""
    return Newsroom(Blog(), SearchIndex(), Articles())


@task(title="Import articles", max_iterations=30)
def import_articles(ctx: RunContext[dict[str, Any], dict[str, Any]]) -> Result:
    """Fetch page after page, then wait until every batch is indexed. Input: ``{"blog": url}``."""
    page, imported = ctx.input.get("page", 1), ctx.input.get("imported", 0)
    while not ctx.input.get("fetched"):
        progress = {"page": page, "imported": imported}
        if ctx.is_aborted():
            return ctx.response.aborted()
        if ctx.is_close_to_timeout():
            ctx.store.add_info_log(f"Close to the timeout: page {page} is left for the next call", progress)
            return ctx.response.continue_(progress)
        try:
            articles = ctx.app.blog.page(page)
        except RateLimited as error:
            ctx.store.add_info_log(f"Rate limited: waiting {error.retry_after} seconds before page {page}", progress)
            return ctx.response.continue_(progress, seconds=error.retry_after)
        ctx.app.articles.add(articles)
        if not articles:
            ctx.store.add_info_log(f"All {imported} articles are imported, the batches are being indexed")
            return ctx.response.continue_({**progress, "fetched": True}, seconds=60)
        imported += len(articles)
        if page % PAGES_IN_BATCH == 0:
            ctx.trigger(index_batch, {"pages": [page - PAGES_IN_BATCH + 1, page]}, name=f"Index pages up to {page}")
        page += 1
        ctx.store.update_input({"page": page, "imported": imported})  # so that is_aborted() sees an abort
    batches = ctx.store.list_child_tasks(index_batch.id)
    if any(batch.status in ("pending", "running") for batch in batches):
        return ctx.response.continue_({}, seconds=60)
    if failed := [batch.id for batch in batches if batch.status != "success"]:
        return ctx.response.error("Not every batch was indexed", code="INDEX_FAILED", data={"tasks": failed})
    return ctx.response.done("Articles imported", {"articles": imported, "batches": len(batches)})


@import_articles.on_abort
def stop_batches(tasks: Any, task: Any) -> None:
    """Abort the unfinished batches of an aborted import."""
    for batch in tasks.list({"parentId": task.id, "taskStatus_in": ["pending", "running"]}):
        tasks.abort(batch.id, "The import was aborted")


@private_task(title="Index a batch", max_iterations=10)
def index_batch(ctx: RunContext[dict[str, Any], dict[str, Any]]) -> Result:
    """Build a batch's index, and check every minute whether it is ready. Input: ``{"pages": [first, last]}``."""
    batch, index = ctx.store.get_task().id, ctx.app.index
    if not ctx.input.get("ordered"):
        index.build(batch)
        return ctx.response.continue_({"ordered": True}, seconds=60)
    if not index.is_ready(batch):
        return ctx.response.continue_({}, seconds=60)
    return ctx.response.done("Indexed", {"pages": ctx.input["pages"]})


def now() -> datetime:
    """The current time; in a handler, the emulator's."""
    return datetime.now(UTC)  # noqa: TID251 - in a handler, the system's time is the emulator's
