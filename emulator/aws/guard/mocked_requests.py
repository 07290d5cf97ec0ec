"""``requests`` inside a user's own ``mock_aws`` from before the emulator: its replies come from the emulator.

Such a ``mock_aws`` replaces the adapter of ``requests`` with one that asks moto, above all other layers. moto would
answer with the contents of the emulator that answered last, and with the system's time.
"""

import copy
from typing import Any, Final

from emulator.aws.guard.bodies import read_body
from emulator.aws.guard.patches import Patch
from emulator.aws.guard.presigned import answer


def _answer(request: Any) -> tuple[Any, ...]:
    return tuple(answer(request.method, request.url, [*request.headers.items()], read_body(request.body)))


def _get_response(original: Any) -> Any:
    def get_response(self: Any, request: Any) -> Any:
        if self.callback.__module__.startswith("moto."):
            self = copy.copy(self)
            self.callback = _answer
        return original(self, request)

    return get_response


PATCHES: Final = (Patch("moto.core.custom_responses_mock", "CallbackResponse", "get_response", _get_response),)
