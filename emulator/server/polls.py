"""Requests that may wait: the long polls of activities and queues.

A thousand of them must not hold up a request. So a poll that found nothing waits in the event loop, in a line with
those that ask for the same thing, and only the first of each line asks again: if it finds nothing, neither do the
others. It asks when something has changed, and from time to time, but only while no other request waits for the
emulator's thread.
"""

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request

from emulator.aws.http import HttpRequest
from emulator.aws.interception import AwsRequest
from emulator.aws.responses import HttpResponse
from emulator.server.served import ServedEmulator
from emulator.server.worker import BEHIND
from emulator.stepfunctions.offers import LONG_POLL

LOOK_AGAIN_SECONDS: Final = 0.25
"""How often the lines look without other requests: messages of a queue can appear by time alone."""
MOST_WORK: Final = 0.25
"""The most part of the time that looking may take when nothing else happens."""
LONGEST_WAIT: Final = 20
"""Seconds; SQS developer guide, long polling."""


class Poll(NamedTuple):
    """A request that may wait: the most real seconds, and a text that a response with a result has.

    Polls of the same ``key`` ask for the same thing.
    """

    request: AwsRequest
    seconds: float
    sign: bytes
    key: tuple[str, ...]

    def found(self, response: HttpResponse) -> bool:
        """Whether the response is final: a result, or an error."""
        return response.status != 200 or self.sign in response.body


def poll_of(asked: AwsRequest) -> Poll | None:
    """The request as a poll, if it is one; changed so that the emulator answers it immediately."""
    if asked.service == "states" and asked.operation == "GetActivityTask":
        key = str(_content(asked).get("activityArn"))
        return Poll(asked, LONG_POLL.total_seconds(), b'"taskToken"', ("states", asked.region, key))
    if asked.service == "sqs" and asked.operation == "ReceiveMessage":
        return _queue_poll(asked)
    return None


def _queue_poll(asked: AwsRequest) -> Poll | None:
    """In JSON or in the older form of the query protocol; ``None`` when the time to wait is none, and refused then."""
    is_json = bool(asked.header("X-Amz-Target"))
    form = {} if is_json else parse_qs(asked.body.decode("latin-1"))
    if not is_json and "Action" not in form:  # in the URL: answered at once
        return None
    content = _content(asked) if is_json else {name: texts[-1] for name, texts in form.items()}
    told = content.get("WaitTimeSeconds", 0)
    if not is_json and isinstance(told, str):
        told = int(told) if told.isascii() and told.isdigit() and len(told) < 3 else told
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told <= LONGEST_WAIT:
        return None
    at_once = {**content, "WaitTimeSeconds": 0}
    body = json.dumps(at_once).encode() if is_json else urlencode(at_once, encoding="latin-1").encode()
    asked.prepared.body = body
    del asked.prepared.headers["Content-Length"]
    asked.prepared.headers["Content-Length"] = str(len(body))
    queue = str(content.get("QueueUrl") or urlsplit(asked.prepared.url).path)
    return Poll(asked, told, b'"Messages"' if is_json else b"<Message>", ("sqs", asked.region, queue))


def _content(asked: AwsRequest) -> dict[str, object]:
    content = json.loads(asked.body or b"{}")
    return content if isinstance(content, dict) else {}


@dataclass(eq=False)
class Waiting:
    """A poll in its line, the response without a result, and the response that it gets."""

    poll: Poll
    request: HttpRequest
    empty: HttpResponse
    response: "asyncio.Future[HttpResponse]"


class Lines:
    """The polls that wait, in lines of those that ask for the same thing."""

    def __init__(self, served: ServedEmulator) -> None:
        self._served = served
        self._lines: dict[tuple[str, ...], deque[Waiting]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._stopping = False

    async def answer(self, poll: Poll, http: Request, request: HttpRequest) -> HttpResponse:
        """The response with a result, or when the time is up or the client is gone, the one without."""
        response = await self._served.do(lambda: self._served.respond(poll.request, request))
        if poll.found(response):
            self._served.tell()
        if poll.found(response) or poll.seconds <= 0 or self._stopping:
            return response
        waiting = Waiting(poll, request, response, asyncio.get_running_loop().create_future())
        line = self._lines.setdefault(poll.key, deque())
        line.append(waiting)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        gone = asyncio.ensure_future(http.receive())
        try:
            await asyncio.wait((waiting.response, gone), timeout=poll.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            with suppress(ValueError):
                line.remove(waiting)
        return waiting.response.result() if waiting.response.done() else response

    def stop(self) -> None:
        """Answer all of them: no more results will come."""
        self._stopping = True
        for line in self._lines.values():
            for waiting in line:
                if not waiting.response.done():
                    waiting.response.set_result(waiting.empty)

    async def _look(self) -> None:
        """Look for results while a poll waits."""
        clock = asyncio.get_running_loop().time
        while self._lines and not self._stopping:
            changed, began = self._served.changed, clock()
            for key in list(self._lines):
                await self._serve(key)
            pause = max(LOOK_AGAIN_SECONDS, (clock() - began) * (1 / MOST_WORK - 1))
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), pause)

    async def _serve(self, key: tuple[str, ...]) -> None:
        """Give results to the first polls of a line, as long as there are results."""
        line = self._lines[key]
        while line:
            first = line[0]
            response = await self._served.do(
                lambda first=first: self._served.respond(first.poll.request, first.request),  # type: ignore[misc]
                rank=BEHIND,
            )
            if not first.poll.found(response):
                return
            if line:  # if the client of the first has gone meanwhile, the next gets its result
                taker = line.popleft()
                taker.response.set_result(response)
            self._served.tell()
        del self._lines[key]
