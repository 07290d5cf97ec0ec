"""The URLs of functions: each is an API with one route."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.apigateway.apis import ANY, DEFAULT, Api, Apis, Integration, Route
from emulator.aws.arns import Arn
from emulator.world import World


class FunctionUrls:
    """Gives functions URLs, for Lambda's API. An address is 32 characters, the same for the same seed and function."""

    def __init__(self, world: World, apis: Callable[[], Apis]) -> None:
        self._world = world
        self._apis = apis

    def open(self, arn: str) -> str:
        """The URL of the function with this ARN, which may have an alias; requests come from now on."""
        function = Arn.parse(arn)
        id_ = self._world.chance("function url", arn).uuid().replace("-", "")
        api = Api(id_, "URL", function.name, function.region, function.account, stages={DEFAULT: {}})
        api.routes.append(Route(ANY, DEFAULT, Integration("AWS_PROXY", arn, "2.0")))
        return f"https://{self._apis().add(api).host}/"

    def configure(self, url: str, cors: Mapping[str, Any] | None) -> None:
        """Set which pages may ask the URL."""
        if (found := self._apis().at(url)) is not None:
            found[0].cors = cors

    def close(self, url: str) -> None:
        """Answer no longer."""
        if (found := self._apis().at(url)) is not None:
            self._apis().remove(found[0])
