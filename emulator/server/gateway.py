"""The emulator behind one HTTP port, for the AWS CLI, other languages, and boto3 of other processes.

Every request is answered as if this process's boto3 had made it: Step Functions, EventBridge and Lambda's Invoke here,
the other services by the backend. One thread works on them, one at a time; a client's long poll waits outside of it, so
that whoever is to bring what it waits for gets through. ``/_emulator/`` is not AWS's: health, clock, reset. Nor is
``/graphql``, where background tasks are when some are deployed.

Signatures are not checked and nobody is asked who he is: whoever reaches the port may do everything.
"""

import asyncio
import json
import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asl.problems import DefinitionError
from emulator.aws.http import HttpRequest, aws_request, refusal
from emulator.aws.interception import AwsRequest
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.clock import stopwatch_ns
from emulator.core import Emulator
from emulator.errors import EmulatorError, MissingHandlerError
from emulator.execution import Execution
from emulator.http_requests import answer_asked
from emulator.stepfunctions.offers import LONG_POLL

if TYPE_CHECKING:
    from emulator.tasks import Tasks

log = logging.getLogger(__name__)

T = TypeVar("T")

EXTERNAL_POLL_SECONDS: Final = 0.2
"""How often an external backend is polled for events of other programs."""
CLOSE_SECONDS: Final = 10.0
"""How long closing may take: the emulator deletes what it created at an external backend."""
LOOK_AGAIN_SECONDS: Final = 0.25
"""How often a long poll looks while nobody asks for anything: messages of a queue appear by time alone."""
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OWN_PATHS: Final = ("/_emulator/health", "/_emulator/clock", "/_emulator/reset")
HEALTH_ALIAS: Final = "/_localstack/health"
"""Where scripts look that wait for LocalStack."""
SERVICES: Final = ("dynamodb", "events", "lambda", "s3", "sns", "sqs", "stepfunctions")
"""What the health alias lists: the services that are answered here, and those of moto's that are tested."""
HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
"""Headers of a response that the server writes itself."""


class Worker:
    """The one thread in which the emulator is made, asked and closed."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    async def do(self, action: Callable[[], T], then: Callable[[], None] | None = None) -> T:
        """What ``action`` returns or raises, in its turn; ``then``, which raises nothing, is still in it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def tell(value: Any, error: BaseException | None) -> None:
            if done.cancelled():
                return
            if error is None:
                done.set_result(value)
            else:
                done.set_exception(error)

        def work() -> None:
            value, error = None, None
            try:
                value = action()
            except BaseException as raised:  # whoever asked is told
                error = raised
            with suppress(RuntimeError):  # the server is gone, nobody waits any more
                loop.call_soon_threadsafe(tell, value, error)
            if then is not None:
                then()

        self._work.put(work)
        return await done

    def stop(self) -> None:
        """End when what was asked for is done."""
        self._work.put(None)


class Poll(NamedTuple):
    """A request that may wait: for how many real seconds, and the member that its response has when it need not."""

    request: AwsRequest
    seconds: float
    member: bytes


class Gateway:
    """The application in front of an emulator. ``make`` makes the emulator, not yet open, with all it begins with.

    With ``real_time`` its clock goes at the pace of the system's from where it stands; make it with
    ``polling_waits=False`` then. Otherwise it moves when a client polls, by ``/_emulator/clock``, and after a request
    to ``/graphql`` until every background task is over.

    ``deploy`` puts background tasks on an emulator that has just been opened; ``/graphql`` serves what it returns.
    With ``debug`` the errors there tell their stack.
    """

    def __init__(
        self,
        make: Callable[[], Emulator],
        *,
        real_time: bool = False,
        deploy: "Callable[[Emulator], Tasks] | None" = None,
        debug: bool = False,
    ) -> None:
        self._make = make
        self._real_time = real_time
        self._deploy = deploy
        self._tasks: Tasks | None = None
        self._graphql = _endpoint(self._ask_tasks, debug) if deploy else _no_tasks
        self._worker: Worker
        self._emulator: Emulator
        self._paced_at = 0
        self._changed = asyncio.Event()
        self._stopping = False
        self._requests = 0
        self.app = Starlette(
            routes=[
                Route("/_emulator/health", self._health, methods=["GET"]),
                Route("/_emulator/clock", self._clock, methods=["GET", "POST"]),
                Route("/_emulator/reset", self._reset, methods=["POST"]),
                Route("/_emulator/{path:path}", _no_page, methods=METHODS),
                Route(HEALTH_ALIAS, self._health_alias, methods=["GET", "HEAD"]),
                Route("/graphql", self._graphql_or_aws, methods=METHODS),
                Route("/graphql/{path:path}", self._graphql_or_aws, methods=METHODS),
                Route("/{path:path}", self._aws, methods=METHODS),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._worker = Worker()
        await self._worker.do(self._open)
        tasks = [asyncio.create_task(self._keep_pace())] if self._real_time else []
        if self._emulator.assembly.remote("events") is not None:
            tasks.append(asyncio.create_task(self._poll_external_bus()))
        try:
            yield
        finally:
            self.stop_polls()
            for each in tasks:
                each.cancel()
            closing = asyncio.create_task(self._worker.do(self._close))
            await asyncio.wait(
                [closing], timeout=self._patience()
            )  # a handler that never ends does not hold the process
            self._worker.stop()

    def stop_polls(self) -> None:
        """Answer the clients that wait: nothing will come any more."""
        self._stopping = True
        self._tell()

    def _patience(self) -> float:
        """How long closing may take."""
        return 2.0 if self._emulator.assembly.remote("events") is None else CLOSE_SECONDS

    def _tell(self) -> None:
        """Wake whoever waits for a change."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # In the worker's thread ----------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._begin(self._make())

    def _begin(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._paced_at = stopwatch_ns()
        emulator.__enter__()
        self._tasks = None
        if self._deploy is not None:
            self._tasks = self._deploy(emulator)

    def _close(self) -> None:
        self._emulator.close()

    def _begin_again(self) -> None:
        emulator = self._make()  # what is wrong with it leaves the old one in place
        self._close()
        self._begin(emulator)

    def _catch_up(self) -> None:
        """Let as much time pass as has passed in fact."""

        def advance() -> None:
            now = stopwatch_ns()
            passed = (now - self._paced_at) // 1000
            self._paced_at += passed * 1000
            self._emulator.clock.advance(timedelta(microseconds=passed))

        _undisturbed(advance)

    def _go_on(self) -> None:
        """Let begin what was asked for, and where waits cost nothing, let time pass until every task is over."""
        emulator = self._emulator

        def run() -> None:
            emulator.assembly.settle()
            done = len(emulator.tasks.runs) if self._real_time else 0
            while runs := emulator.tasks.runs[done:]:  # their children are behind them
                for each in runs:
                    emulator.run_until(partial(_is_over, each.execution))
                done += len(runs)

        _undisturbed(run)

    def _timed(self, action: Callable[[], T]) -> T:
        if self._real_time:
            self._catch_up()
        return action()

    def _settled(self, asked: AwsRequest, request: HttpRequest) -> HttpResponse:
        """The response, also to what cannot be answered."""
        return self._timed(lambda: answer_asked(self._emulator.assembly, asked, request, _text))

    # Background tasks ----------------------------------------------------------------------------------------------

    async def _graphql_or_aws(self, http: Request) -> Response:
        """Background tasks, unless the request is signed: then it is about a bucket of that name."""
        if http.headers.get("authorization", "").startswith("AWS4-"):
            return await self._aws(http)
        self._requests += 1
        response = await self._graphql(http)
        self._tell()
        return response

    async def _ask_tasks(self, call: "Callable[[Tasks], T]") -> T:
        """What ``call`` gives; what it starts begins after it has answered, as behind a real event bus."""

        def ask() -> T:
            if (tasks := self._tasks) is None:
                raise EmulatorError("the background tasks could not be deployed when the server began again")
            return call(tasks)

        return await self._worker.do(lambda: self._timed(ask), self._go_on)

    # AWS -----------------------------------------------------------------------------------------------------------

    async def _aws(self, http: Request) -> Response:
        path = http.scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or http.url.path
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in http.headers.raw]
        body = await http.body()
        request = HttpRequest(http.method, path, http.scope["query_string"].decode("latin-1"), headers, body)
        self._requests += 1
        try:
            asked = aws_request(request)
        except AwsError as error:
            request_id = f"emulator-{self._requests}"
            return _shown(request, refusal(request, error.status, error.code, error.message, request_id))
        poll = _poll(asked)
        if poll is None:
            response = await self._worker.do(lambda: self._settled(asked, request))
            self._tell()
        else:
            response = await self._wait(poll, http, request)
        return _shown(request, response)

    async def _wait(self, poll: Poll, http: Request, request: HttpRequest) -> HttpResponse:
        """Ask until there is something, the time is over, or nobody waits any more."""
        loop = asyncio.get_running_loop()
        end = loop.time() + poll.seconds
        while True:
            changed = self._changed
            response = await self._worker.do(lambda: self._settled(poll.request, request))
            left = end - loop.time()
            if response.status != 200 or poll.member in response.body:
                self._tell()
                return response
            if left <= 0 or self._stopping:
                return response
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left, LOOK_AGAIN_SECONDS))
            if await http.is_disconnected():
                return response

    async def _keep_pace(self) -> None:
        """Let things happen when they are due, also when nobody asks."""
        while True:
            changed = self._changed
            before = await self._worker.do(lambda: self._timed(lambda: self._emulator.clock.next_at))
            seconds = 60.0 if before is None else (before - self._emulator.clock.now()).total_seconds()
            try:
                await asyncio.wait_for(changed.wait(), max(0.0, min(seconds, 60.0)))
            except TimeoutError:
                await self._worker.do(lambda: self._timed(lambda: None))
                self._tell()

    async def _poll_external_bus(self) -> None:
        """Deliver the events that other programs put on buses of an external backend, also without any request."""
        told = ""
        while True:
            trouble = ""
            try:
                if await self._worker.do(lambda: self._timed(self._emulator.assembly.others.look)):
                    self._tell()
            except EmulatorError as error:
                trouble = _text(error)
            if trouble and trouble != told:
                log.error("%s", trouble)
            told = trouble
            await asyncio.sleep(EXTERNAL_POLL_SECONDS)

    # The emulator's own --------------------------------------------------------------------------------------------

    async def _health(self, _http: Request) -> Response:
        emulator = self._emulator
        counts = {
            "state_machines": len(emulator.assembly.service.store.machines),
            "executions": len(emulator.assembly.service.store.executions),
            "requests": self._requests,
        }
        shown = {"status": "ready", **self._time(), **counts}
        if self._tasks is not None:
            shown["background_tasks"] = {"graphql": "/graphql", "definitions": self._tasks.registry.ids()}
        return JSONResponse(shown)

    async def _health_alias(self, _http: Request) -> Response:
        return JSONResponse({"services": dict.fromkeys(SERVICES, "running"), "version": version("asl-emulator")})

    def _time(self) -> dict[str, str]:
        return {"time": "real" if self._real_time else "skip", "now": _iso(self._emulator.clock.now())}

    async def _clock(self, http: Request) -> Response:
        if http.method == "POST":
            try:
                length = _seconds(await http.body())
            except ValueError as error:
                return _own_error(400, "ValidationException", str(error))
            try:
                await self._worker.do(lambda: self._timed(lambda: self._emulator.clock.advance(length)))
            except EmulatorError as error:
                return _own_error(400, type(error).__name__, _text(error))
            except OverflowError:
                return _own_error(400, "ValidationException", "seconds: the clock ends with the year 9999")
            self._tell()
        elif self._real_time:
            await self._worker.do(self._catch_up)
        return JSONResponse(self._time())

    async def _reset(self, _http: Request) -> Response:
        try:
            await self._worker.do(self._begin_again)
        except (EmulatorError, DefinitionError) as error:
            return _own_error(400, type(error).__name__, str(error))
        self._tell()
        return JSONResponse({"status": "reset", **self._time()})


def _undisturbed(step: Callable[[], None]) -> None:
    """Do ``step``; what goes wrong was nobody's request, so it is logged, and what is left goes on."""
    while True:
        try:
            return step()
        except EmulatorError as error:
            log.error("%s: %s", type(error).__name__, _text(error))
        except Exception:
            return log.exception("a fault of the emulator; please report it")


def _is_over(execution: Execution) -> bool:
    return execution.finish is not None


def _endpoint(asked: Any, debug: bool) -> Callable[[Request], Awaitable[Response]]:
    from emulator.tasks.graphql import Endpoint  # needs ariadne, which a server without tasks does without

    return Endpoint(asked, debug=debug)


async def _no_tasks(_http: Request) -> Response:
    message = (
        "there are no background tasks here\n    fix: start the server with emulate serve --tasks MODULE (or file.py)"
    )
    return JSONResponse({"errors": [{"message": message}]}, 404)


def _poll(asked: AwsRequest) -> Poll | None:
    """How the request waits, if it does; asked of the worker, it does not wait."""
    if asked.service == "states" and asked.operation == "GetActivityTask":
        return Poll(asked, LONG_POLL.total_seconds(), b'"taskToken"')
    if asked.service == "sqs" and asked.operation == "ReceiveMessage":
        content = json.loads(asked.body or b"{}")
        seconds = content.get("WaitTimeSeconds")
        at_once = json.dumps({**content, "WaitTimeSeconds": 0}).encode()
        asked.prepared.body = at_once
        del asked.prepared.headers["Content-Length"]
        asked.prepared.headers["Content-Length"] = str(len(at_once))
        return Poll(asked, min(seconds, 20) if isinstance(seconds, int) else 0, b'"Messages"')
    return None


def _shown(request: HttpRequest, response: HttpResponse) -> Response:
    """As Starlette sends it; to HEAD the length is that of what GET would get."""
    kept = HOP_BY_HOP - ({"content-length"} if request.method == "HEAD" else set())
    shown = Response(b"" if request.method == "HEAD" else response.body, response.status)
    for name, value in response.headers.items():
        if name.lower() not in kept:
            shown.headers[name] = str(value)
    return shown


def _seconds(body: bytes) -> timedelta:
    """How far the clock is to move; raises ``ValueError``."""
    wanted = 'the body has to be {"seconds": n} with a number n that is not negative'
    try:
        content = json.loads(body)
    except ValueError:
        raise ValueError(f"the body is not JSON; {wanted}") from None
    seconds = content.get("seconds") if isinstance(content, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise ValueError(wanted)
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(f"{wanted}; {seconds} is too large") from None


def _own_error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"__type": code, "message": message}, status)


async def _no_page(http: Request) -> Response:
    if http.url.path in OWN_PATHS:
        return _own_error(405, "UnknownOperationException", f"{http.url.path} does not answer {http.method}")
    message = f"there is no {http.url.path}; there are {', '.join(OWN_PATHS)}"
    return _own_error(404, "UnknownOperationException", message)


def _text(error: Exception) -> str:
    """The error's text, with what to do about it here."""
    if not isinstance(error, MissingHandlerError):
        return str(error)
    what = str(error).partition("\n    fix:")[0]
    return f"{what}\n    fix: start the server with --handlers MODULE (or file.py) that has the function"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# The server -----------------------------------------------------------------------------------------------------------


class Server(uvicorn.Server):
    """uvicorn for a gateway; tells its URL once it answers."""

    def __init__(self, gateway: Gateway, listener: socket.socket, ready: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                gateway.app,
                log_config=None,
                log_level="warning",
                access_log=False,
                ws="none",
                lifespan="on",
                timeout_graceful_shutdown=2,
            )
        )
        self._gateway = gateway
        self._listener = listener
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._ready(url(self._listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: first those who wait are answered."""
        self._gateway.stop_polls()
        await super().shutdown(sockets)

    def answer_requests(self) -> None:
        """Answer until a signal comes, or until ``should_exit`` is set."""
        self.run(sockets=[self._listener])


def serve(gateway: Gateway, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer until SIGTERM; Ctrl-C raises ``KeyboardInterrupt`` when all is closed. Raises what ``listen`` raises."""
    listener = listen(host, port)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops at it, then passes it on to this
    try:
        Server(gateway, listener, ready).answer_requests()
    finally:
        signal.signal(signal.SIGTERM, before)


def listen(host: str, port: int) -> socket.socket:
    """A socket on which clients can connect; raises ``EmulatorError`` with what to do instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family)
        # asyncio sends at once only on sockets that say they are TCP; else each answer waits 40 ms for an ACK
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=bound.detach())
    except OSError as error:
        reason = error.strerror or str(error)
        raise EmulatorError(
            f"cannot listen on {host}, port {port}: {reason.lower()}\n"
            "    fix: --port 0 takes any free port, --port N another one, --host 127.0.0.1 this machine's own address"
        ) from None


def url(listener: socket.socket) -> str:
    """Where clients of this machine reach the listener."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
