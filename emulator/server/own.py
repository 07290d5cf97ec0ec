"""The pages under ``/_emulator/``, which AWS does not have: health, clock, reset; and LocalStack's health page."""

import json
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asl.problems import DefinitionError, did_you_mean
from emulator.access import OWN_HEADER, head_of, proves_program
from emulator.clock import UNITS, length_of
from emulator.core import Emulator
from emulator.errors import EmulatorError
from emulator.server.served import ServedEmulator, error_text

METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OWN_PATHS: Final = ("/_emulator/health", "/_emulator/clock", "/_emulator/reset")
HEALTH_ALIAS: Final = "/_localstack/health"
"""The page that scripts poll until LocalStack is ready."""
SERVICES: Final = ("dynamodb", "events", "lambda", "s3", "sns", "sqs", "stepfunctions")
"""The services that the health alias lists: the emulator's own, and the tested ones of moto."""

MOST_BLOCKED: Final = 20
"""The latest calls that nothing emulates, as the health page lists them."""


class OwnPages:
    """The pages about the served emulator."""

    def __init__(self, served: ServedEmulator) -> None:
        self._served = served
        self.routes = [
            Route("/_emulator/health", self._health, methods=["GET"]),
            Route("/_emulator/clock", self._clock, methods=["GET", "POST"]),
            Route("/_emulator/reset", self._reset, methods=["POST"]),
            Route("/_emulator/{path:path}", _no_page, methods=METHODS),
            Route(HEALTH_ALIAS, _health_alias, methods=["GET", "HEAD"]),
        ]

    async def _health(self, _http: Request) -> Response:
        store, tasks = self._served.emulator.assembly.service.store, self._served.tasks
        counts = {
            "state_machines": len(store.machines),
            "executions": len(store.executions),
            "requests": self._served.requests,
            "blocked": list(self._served.emulator.blocked[-MOST_BLOCKED:]),
        }
        shown = {"status": "ready", **self._time(), **counts}
        if tasks is not None:
            shown["background_tasks"] = {"graphql": "/graphql", "definitions": tasks.registry.ids()}
        return JSONResponse(shown)

    def _time(self) -> dict[str, str]:
        return {"time": "real" if self._served.real_time else "skip", "now": _iso(self._served.emulator.clock.now())}

    async def _clock(self, http: Request) -> Response:
        served = self._served
        if http.method == "POST":
            if (refused := _unproved(http)) is not None:
                return refused
            try:
                length = _length(await http.body())
            except ValueError as error:
                return _own_error(400, "ValidationException", str(error))
            try:
                coming = await served.do(lambda: _advance(served.emulator, length))
            except EmulatorError as error:
                return _own_error(400, type(error).__name__, error_text(error))
            except ValueError as error:
                return _own_error(400, "ValidationException", str(error))
            finally:
                served.tell()  # executions may have ended, also where a call of one could not be answered
            return JSONResponse({**self._time(), **({"next": coming} if coming else {})})
        if served.real_time:
            await served.do(lambda: None)
            served.tell()
        return JSONResponse(self._time())

    async def _reset(self, http: Request) -> Response:
        if (refused := _unproved(http)) is not None:
            return refused
        try:
            await self._served.reset()
        except (EmulatorError, DefinitionError) as error:
            return _own_error(400, type(error).__name__, str(error))
        self._served.tell()
        return JSONResponse({"status": "reset", **self._time()})


async def _health_alias(_http: Request) -> Response:
    return JSONResponse({"services": dict.fromkeys(SERVICES, "running"), "version": version("asl-emulator")})


def _advance(emulator: Emulator, length: timedelta) -> str:
    """Advance the clock; what is due next."""
    emulator.clock.advance(length)
    return emulator.clock.next_text


def _length(body: bytes) -> timedelta:
    """The length by which the clock advances, a number for each of ``UNITS``; raises ``ValueError``."""
    wanted = f'the body must be {{"seconds": n}} with a number n that is not negative; units: {", ".join(UNITS)}'
    try:
        content = json.loads(body)
    except ValueError:
        raise ValueError(f"the body is not JSON; {wanted}") from None
    except RecursionError:
        raise ValueError(f"the body is nested too deep; {wanted}") from None
    if not isinstance(content, dict) or not content:
        raise ValueError(wanted)
    for unit in content:
        if unit not in UNITS:
            raise ValueError(f"{unit!r:.40} is not a unit. {did_you_mean(unit, UNITS) or wanted}")
    try:
        return length_of(None, content, "clock")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{str(error).partition(chr(10))[0]}; {wanted}") from None


def _unproved(http: Request) -> Response | None:
    """The refusal of a request that a form could have sent."""
    if proves_program(head_of(http.scope)):
        return None
    return _own_error(
        403,
        "AccessDeniedException",
        f"POST {http.url.path} needs a header that a form of a web page cannot send\n"
        f"    fix: add {OWN_HEADER.title()}: 1, or Content-Type: application/json\n"
        f"    curl -X POST -H '{OWN_HEADER.title()}: 1' {http.url}",
    )


def _own_error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"__type": code, "message": message}, status)


async def _no_page(http: Request) -> Response:
    if http.url.path in OWN_PATHS:
        return _own_error(405, "UnknownOperationException", f"{http.url.path} does not support {http.method}")
    message = f"no page {http.url.path}; the pages are {', '.join(OWN_PATHS)}"
    return _own_error(404, "UnknownOperationException", message)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
