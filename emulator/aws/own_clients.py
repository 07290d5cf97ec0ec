"""The boto3 clients of one emulator, each made once and answered by it."""

from typing import Any

from emulator.aws.interception import bind
from emulator.aws.owners import Owner


class OwnClients:
    """Clients by service, region, and whether their requests are the emulator's own."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._made: dict[tuple[str, str, bool, bool], Any] = {}

    def get(self, service: str, region: str, *, internal: bool, retries: bool = False) -> Any:
        """A client of ``service``; see ``make_client``."""
        key = (service, region, internal, retries)
        if key not in self._made:
            from emulator.aws.clients import make_client

            client = self._made[key] = make_client(service, region, internal=internal, retries=retries)
            bind(client, self._owner)
        return self._made[key]
