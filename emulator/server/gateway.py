"""The emulator behind one HTTP port, for the AWS CLI, other languages, and boto3 in other processes.

Every request is answered as if this process's boto3 had made it: Step Functions, EventBridge and Lambda's Invoke by the
emulator, the other services by the backend. One thread answers the requests one at a time; a client's long poll waits
in the event loop (``polls``), so that the request it waits for is not blocked. ``/_emulator/`` (health, clock, reset)
is not AWS's, nor is ``/graphql``, which serves background tasks if any are deployed.

Signatures are not checked: any program that can reach the port has full access. Web pages have none
(``emulator.access``).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.access import Guarded, Message, Refusal, head_of, in_json
from emulator.ahead import StillRuns
from emulator.aws.http import HttpRequest, aws_request, refusal, unsigned_object
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.core import Emulator
from emulator.errors import EmulatorError
from emulator.execution import Execution
from emulator.server.bodies import Whole
from emulator.server.own import METHODS, OwnPages
from emulator.server.polls import Lines, poll_of
from emulator.server.served import ServedEmulator, error_text

if TYPE_CHECKING:
    from emulator.tasks import Tasks

log = logging.getLogger(__name__)

T = TypeVar("T")

EXTERNAL_POLL_SECONDS: Final = 0.2
"""How often an external backend is polled for events of other programs."""
HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
"""Headers of a response that the server writes itself."""


class Gateway:
    """The application in front of an emulator. ``make`` creates the emulator with its initial resources, not yet open.

    With ``real_time`` its clock advances at the pace of the system's; create it with ``polling_waits=False`` then.
    Otherwise it advances when a client polls, by ``/_emulator/clock``, and after a request to ``/graphql`` until every
    background task has ended.

    ``opened`` makes resources in a new emulator, ``deploy`` adds background tasks to it and returns them for
    ``/graphql``. With ``debug``, GraphQL errors include their stack. ``names`` and ``listening`` are names of the
    server (``emulator.access.refused``); ``most_body`` is the most bytes of a request's body, otherwise
    ``bodies.BOUNDS`` has it.
    """

    def __init__(
        self,
        make: Callable[[], Emulator],
        *,
        real_time: bool = False,
        deploy: "Callable[[Emulator], Tasks] | None" = None,
        opened: Callable[[Emulator], object] | None = None,
        debug: bool = False,
        names: Iterable[str] = (),
        listening: str = "",
        most_body: int | None = None,
    ) -> None:
        self.served = ServedEmulator(make, real_time=real_time, deploy=deploy, opened=opened)
        self._graphql = _endpoint(self._ask_tasks, debug) if deploy else _no_tasks
        self._polls = Lines(self.served)
        routes = [
            *OwnPages(self.served).routes,
            Route("/graphql", self._graphql_or_aws, methods=METHODS),
            Route("/graphql/{path:path}", self._graphql_or_aws, methods=METHODS),
            Route("/{path:path}", self._aws, methods=METHODS),
        ]
        whole = Whole(Starlette(routes=routes, lifespan=self._lifespan), most_body)
        self.app = Guarded(whole, names, _written, listening=listening)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self.served.start()
        tasks = [asyncio.create_task(self._keep_pace())] if self.served.real_time else []
        if self.served.emulator.assembly.remote("events") is not None:
            tasks.append(asyncio.create_task(self._poll_external_bus()))
        try:
            yield
        finally:
            self.stop_polls()
            for each in tasks:
                each.cancel()
            await self.served.stop()

    def stop_polls(self) -> None:
        """Answer the waiting clients: no more results will come."""
        self._polls.stop()

    # Background tasks ----------------------------------------------------------------------------------------------

    async def _graphql_or_aws(self, http: Request) -> Response:
        """Background tasks, unless the request is signed: then ``graphql`` is a bucket's name."""
        if http.headers.get("authorization", "").startswith("AWS4-"):
            return await self._aws(http)
        self.served.requests += 1
        response = await self._graphql(http)
        self.served.tell()
        return response

    async def _ask_tasks(self, call: "Callable[[Tasks], T]") -> T:
        """The result of ``call``; the tasks that it triggers begin after its answer, as with a real event bus."""

        def ask() -> T:
            if (tasks := self.served.tasks) is None:
                raise EmulatorError("the background tasks could not be deployed at the server's reset")
            return call(tasks)

        return await self.served.do(ask, self.served.go_on)

    # AWS -----------------------------------------------------------------------------------------------------------

    async def _aws(self, http: Request) -> Response:
        path = http.scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or http.url.path
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in http.headers.raw]
        body = await http.body()
        request = HttpRequest(http.method, path, http.scope["query_string"].decode("latin-1"), headers, body)
        self.served.requests += 1
        if (api := await self._api(request)) is not None:
            return api
        try:
            asked = aws_request(request)
        except AwsError as error:
            if (public := await self._public(request)) is not None:
                return _shown(request, public)
            request_id = f"emulator-{self.served.requests}"
            return _shown(request, refusal(request, error.status, error.code, error.message, request_id))
        poll = poll_of(asked)
        if poll is None:
            try:
                response = await self.served.do(lambda: self.served.respond(asked, request))
            except StillRuns as waits:
                response = await self._ended(waits.execution, asked, request)
            self.served.tell()
        else:
            response = await self._polls.answer(poll, http, request)
        return _shown(request, response)

    async def _api(self, request: HttpRequest) -> Response | None:
        """The response of an API of API Gateway; ``None`` for a request to AWS."""
        assembly = self.served.emulator.assembly
        from emulator.server import apis

        if not apis.names_api(request):
            return None
        answered = await self.served.do(lambda: apis.respond(assembly, request))
        self.served.tell()
        response = Response(answered.content, answered.status_code)
        for name, value in answered.multi_headers:
            if name not in HOP_BY_HOP:
                response.headers.append(name, value)
        return response

    async def _ended(self, execution: Execution, asked: AwsRequest, request: HttpRequest) -> HttpResponse:
        """The response to StartSyncExecution in real time, when the execution has ended; other requests go on."""
        self.served.tell()  # the pace has a timer more
        while True:
            changed = self.served.changed
            if (response := await self.served.do(lambda: self.served.ended(execution, asked, request))) is not None:
                return response
            await changed.wait()

    async def _public(self, request: HttpRequest) -> HttpResponse | None:
        """The response to an unsigned request for what is in a bucket of this server; ``None`` for any other."""
        asked = unsigned_object(request)
        return None if asked is None else await self.served.do(lambda: self.served.public(asked, request))

    async def _keep_pace(self) -> None:
        """Advance the clock to each timer when it is due, without any request."""
        while True:
            changed = self.served.changed
            before = await self.served.do(lambda: self.served.emulator.clock.next_at)
            seconds = 60.0 if before is None else (before - self.served.emulator.clock.now()).total_seconds()
            try:
                await asyncio.wait_for(changed.wait(), max(0.0, min(seconds, 60.0)))
            except TimeoutError:
                await self.served.do(lambda: None)
                self.served.tell()

    async def _poll_external_bus(self) -> None:
        """Deliver the events that other programs put on buses of an external backend, also without any request."""
        told = ""
        while True:
            trouble = ""
            try:
                if await self.served.do(lambda: self.served.emulator.assembly.others.look()):
                    self.served.tell()
            except EmulatorError as error:
                trouble = error_text(error)
            if trouble and trouble != told:
                log.error("%s", trouble)
            told = trouble
            await asyncio.sleep(EXTERNAL_POLL_SECONDS)


def _written(scope: Message, refused: Refusal) -> tuple[str, bytes]:
    """A refusal in the protocol of the client; in JSON for the emulator's own pages."""
    if scope["path"].startswith(("/_emulator/", "/graphql")):
        return in_json(scope, refused)
    request = HttpRequest(scope["method"], scope["path"], *head_of(scope)[1:], b"")
    response = refusal(request, *refused, "emulator")
    return response.headers["Content-Type"], response.body


def _endpoint(asked: Any, debug: bool) -> Callable[[Request], Awaitable[Response]]:
    from emulator.tasks.graphql import Endpoint  # needs ariadne, which a server without tasks does not have to have

    return Endpoint(asked, debug=debug)


async def _no_tasks(_http: Request) -> Response:
    message = (
        "this server has no background tasks\n    fix: start the server with emulate serve --tasks MODULE (or file.py)"
    )
    return JSONResponse({"errors": [{"message": message}]}, 404)


def _shown(request: HttpRequest, response: HttpResponse) -> Response:
    """The response for Starlette; for HEAD, with the length of GET's response."""
    kept = HOP_BY_HOP - ({"content-length"} if request.method == "HEAD" else set())
    shown = Response(b"" if request.method == "HEAD" else response.body, response.status)
    for name, value in response.headers.items():
        if name.lower() not in kept:
            shown.headers[name] = str(value)
    return shown
