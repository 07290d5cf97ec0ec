"""How each type of resource is made: by the services' own requests, or by the emulator's own parts."""

from collections.abc import Mapping
from typing import Final

from emulator.templates.resources import (
    apis,
    beside,
    custom,
    functions,
    machines,
    messaging,
    nested,
    settings,
    storage,
    triggers,
    versions,
)
from emulator.templates.stack import Make

MAKERS: Final[Mapping[str, Make]] = {
    **apis.MAKERS,
    **beside.MAKERS,
    **custom.MAKERS,
    **functions.MAKERS,
    **machines.MAKERS,
    **messaging.MAKERS,
    **nested.MAKERS,
    **settings.MAKERS,
    **storage.MAKERS,
    **triggers.MAKERS,
    **versions.MAKERS,
}
"""Type -> what makes it. A type that is not here exists by its name only."""
