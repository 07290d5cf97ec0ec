"""Answers the requests to Lambda: each operation of the service model by its row in ``operations``."""

from collections.abc import Callable, Mapping
from typing import Any

from asl.chance import Chance
from emulator.asynchronous import AsyncCalls
from emulator.aws.interception import AwsRequest
from emulator.aws.operations import asked
from emulator.aws.refusals import AwsError
from emulator.aws.responses import HttpResponse
from emulator.errors import NotEmulatedError
from emulator.functions import Functions
from emulator.lambda_.call import LATEST
from emulator.lambda_api.call import Call, read
from emulator.lambda_api.errors import refusal, respond
from emulator.lambda_api.operations import ABSENT, EMPTY, OPERATIONS, REFUSED
from emulator.lambda_api.store import OpenUrls, ReadObject, Store
from emulator.mappings import Mappings
from emulator.timeline import TimeLine


class LambdaApi:
    """The API's operations on ``functions``; ``read_object`` raises botocore's ``ClientError``.

    ``is_external`` says whether a backend of its own has Lambda: it answers about functions that are not registered
    here, and the operations about no function of this emulator.
    """

    def __init__(
        self,
        functions: Functions,
        async_calls: AsyncCalls,
        timeline: TimeLine,
        read_object: ReadObject,
        chance: Callable[[str], Chance],
        mappings: Mappings,
        open_urls: OpenUrls,
        is_external: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = Store(functions, async_calls, timeline, read_object, chance, mappings, open_urls)
        self._is_external = is_external

    def close(self) -> None:
        """Delete the uploaded code."""
        self._store.close()

    def describe(self, arn: str, shown: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Keep what is shown of a registered function (members of ``GetFunctionConfiguration``), and its tags."""
        record = self._store.record(arn)
        record.shown, record.tags = {**record.shown, **shown}, dict(tags)

    def answer(self, request: AwsRequest) -> HttpResponse | None:
        """The response to a request; ``None`` when an external backend has to answer it.

        Raises ``NotEmulatedError`` for an operation that is not answered here.
        """
        found = asked(request, "lambda")
        if found is None:
            if self._is_external():
                return None
            raise NotEmulatedError(f"lambda:{request.operation} is not an operation of the installed botocore")
        try:
            call = read(request, found, is_checked=found.operation not in REFUSED)
            if self._is_external() and not self._is_here(call):
                return None
            return self._answered(call)
        except AwsError as error:
            return refusal(error)

    def _answered(self, call: Call) -> HttpResponse:
        if call.operation in OPERATIONS:
            return OPERATIONS[call.operation](self._store, call)
        if call.operation not in EMPTY and call.operation not in ABSENT:
            raise NotEmulatedError(refusal_text(call.operation))
        if "FunctionName" in call.members:
            named = self._store.named(call)
            arn = named.arn if call.qualifier else f"{named.arn}:{LATEST}"
        else:
            arn = ""
        if call.operation in EMPTY:
            return respond(200, EMPTY[call.operation])
        code, text = ABSENT[call.operation]
        raise AwsError(code, text.format(arn=arn))

    def _is_here(self, call: Call) -> bool:
        """Whether the call is about a function of this emulator, with an external backend beside it."""
        if call.operation in ("CreateFunction", "ListFunctions"):
            return True
        if (uuid := call.members.get("UUID")) is not None:
            return self._store.mappings.get(uuid) is not None
        reference = call.members.get("FunctionName") or call.members.get("Resource")
        if not isinstance(reference, str):
            return False
        return self._store.functions.get(reference, call.region) is not None


def refusal_text(operation: str) -> str:
    """The message that an operation is not emulated: what would not happen, and what to do instead."""
    why = REFUSED.get(operation)
    if why is None:
        return f"lambda:{operation} is not emulated. `python -m emulator.supported` lists what is."
    return f"lambda:{operation} is not emulated: {why.lost}\n    fix: {why.instead}"
