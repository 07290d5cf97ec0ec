"""The HTTP requests of Tasks: an application of the test, a host that it names, or an API of the emulator answers.

Whatever answers in this process sees the virtual time, and its waits move it, as a handler's do.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from http.client import responses
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from asl.effects import CallTarget
from emulator.aws.guard.hosts import is_aws
from emulator.endpoints.endpoints import Endpoints
from emulator.endpoints.messages import LONGEST_SECONDS, ForwardTimedOutError, Received, SentRequest
from emulator.errors import NotEmulatedError
from emulator.execution import Execution
from emulator.lambda_.time.handler_time import HandlerTime, HandlerTimedOut
from emulator.lambda_.time.shown import process_time
from emulator.targets.target import place
from emulator.world import World

if TYPE_CHECKING:
    from emulator.apigateway.apis import Api

_FIX: Final = "\n    fix:"
LONGEST: Final = timedelta(seconds=LONGEST_SECONDS)


class Asked(NamedTuple):
    """What came of a request, and when: a response, or ``None`` when none came within 60 seconds."""

    received: Received | None
    at: datetime
    api: "Api | None" = None
    """The emulator's own API that answered."""


class Web:
    """Asks for one emulator."""

    def __init__(self, world: World, endpoints: Endpoints, api_at: "Callable[[str], tuple[Api, str] | None]") -> None:
        self._world = world
        self._endpoints = endpoints
        self._api_at = api_at

    def ask(self, execution: Execution, call: CallTarget, request: SentRequest, what: str = "") -> Asked:
        """What answers the request's URL; raises ``NotEmulatedError``, which says ``what``, when nothing does."""
        endpoint, api = self._endpoints.find(request.url), None
        if endpoint is None:
            api = self._api_at(request.url)
            if api is None:
                raise NotEmulatedError(f"{what}{self._nothing(execution, call, request.method, request.url)}")
        time = HandlerTime(self._world.now(), LONGEST)
        time.owner = f"in state {call.state_name} of execution {execution.name}"
        received: Received | None = None
        try:
            with self._world.calling(), process_time(time):
                received = endpoint.answer(request) if endpoint is not None else self._own(api, request)
        except (HandlerTimedOut, ForwardTimedOutError):
            received = None
        self._world.settle()
        return Asked(received, time.now(), None if api is None else api[0])

    def check(self, execution: Execution, call: CallTarget, method: str, url: str, what: str) -> None:
        """Raise ``NotEmulatedError``, which says ``what``, when nothing answers a URL."""
        if self._endpoints.find(url) is None and self._api_at(url) is None:
            raise NotEmulatedError(f"{what}{self._nothing(execution, call, method, url)}")

    def _own(self, found: "tuple[Api, str] | None", request: SentRequest) -> Received:
        """The response of an API of the emulator."""
        from emulator.apigateway.gateway import ask
        from emulator.apigateway.messages import Request

        assert found is not None
        api, path = found
        query = request.url.partition("?")[2]
        asked = Request(request.method, path, request.query, request.headers, request.body, query)
        try:
            response = ask(self._world, api, asked)
        except NotEmulatedError as error:
            raise NotEmulatedError(f"{str(error).partition(_FIX)[0]}{_fix(request.url)}") from error
        status = response.status_code
        return Received(status, responses.get(status, ""), response.multi_headers, response.content)

    def _nothing(self, execution: Execution, call: CallTarget, method: str, url: str) -> str:
        where = place(execution.state_machine, call.state_name)
        answered = "; ".join(self._endpoints.urls())
        return (
            f"{method} {url} ({where}): nothing in this test answers it, and it is not sent anywhere"
            f"{f' (answered: {answered})' if answered else ''}{_fix(url)}"
        )


def _fix(url: str) -> str:
    base = "/".join(url.split("/", 3)[:3])
    forwarded = "" if is_aws(urlsplit(url).hostname) else f", or emulator.http({base!r}, forward=True)"
    return f"\n    fix: emulator.http({base!r}, app) with an application of WSGI or ASGI{forwarded}"
