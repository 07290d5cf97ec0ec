"""APIs that programs have made by API Gateway's own requests (``create_rest_api``, ``create_api``): what they are now.

The backend keeps them. They are read anew for each request, so that every change counts at once; on AWS, those of a
REST API count from its next deployment.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emulator.apigateway.apis import ANY, DEFAULT, Answer, Api, Integration, Route
from emulator.world import World

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def read_api(world: World, id_: str, region: str) -> Api | None:
    """The REST or HTTP API of this id; ``None`` if the backend has none."""
    return _rest_api(world, id_, region) or _http_api(world, id_, region)


def _rest_api(world: World, id_: str, region: str) -> Api | None:
    from botocore.exceptions import ClientError

    client = world.internal_client("apigateway", region=region)
    try:
        found = client.get_rest_api(restApiId=id_)
    except ClientError as error:
        _check_missing(error)
        return None
    api = Api(id_, "REST", found["name"], region, world.account_id)
    api.binary_types = tuple(found.get("binaryMediaTypes") or ())
    for resource in client.get_resources(restApiId=id_, limit=500, embed=["methods"])["items"]:
        for verb, method in (resource.get("resourceMethods") or {}).items():
            if written := method.get("methodIntegration"):
                api.routes.append(Route(verb, resource["path"], _integration(written)))
    for stage in client.get_stages(restApiId=id_)["item"]:
        api.stages[stage["stageName"]] = dict(stage.get("variables") or {})
    return api


def _integration(written: Mapping[str, Any]) -> Integration:
    answers = tuple(
        Answer(
            int(each.get("statusCode") or 200),
            each.get("selectionPattern") or None,
            each.get("responseTemplates") or {},
            each.get("responseParameters") or {},
        )
        for each in (written.get("integrationResponses") or {}).values()
    )
    return Integration(
        str(written.get("type") or "").upper(),
        str(written.get("uri") or ""),
        templates=written.get("requestTemplates") or {},
        parameters=written.get("requestParameters") or {},
        passthrough=str(written.get("passthroughBehavior") or "WHEN_NO_MATCH"),
        answers=answers,
        method=str(written.get("httpMethod") or "POST"),
    )


def _http_api(world: World, id_: str, region: str) -> Api | None:
    from botocore.exceptions import ClientError

    client = world.internal_client("apigatewayv2", region=region)
    try:
        found = client.get_api(ApiId=id_)
    except ClientError as error:
        _check_missing(error)
        return None
    api = Api(id_, "HTTP", found["Name"], region, world.account_id, cors=found.get("CorsConfiguration"))
    integrations = {each["IntegrationId"]: each for each in client.get_integrations(ApiId=id_)["Items"]}
    for route in client.get_routes(ApiId=id_)["Items"]:
        written = integrations.get(str(route.get("Target") or "").rpartition("/")[2])
        if written is not None:
            verb, _, where = route["RouteKey"].partition(" ")
            api.routes.append(Route(verb if where else ANY, where or DEFAULT, _http_integration(written)))
    for stage in client.get_stages(ApiId=id_)["Items"]:
        api.stages[stage["StageName"]] = dict(stage.get("StageVariables") or {})
    return api


def _http_integration(written: Mapping[str, Any]) -> Integration:
    return Integration(
        str(written["IntegrationType"]),
        str(written.get("IntegrationUri") or ""),
        str(written.get("PayloadFormatVersion") or "1.0"),
        str(written.get("IntegrationSubtype") or ""),
        parameters=written.get("RequestParameters") or {},
        method=str(written.get("IntegrationMethod") or "POST"),
    )


def _check_missing(error: "ClientError") -> None:
    """Raise any error but that of an API that is not there."""
    if error.response["Error"]["Code"] != "NotFoundException":
        raise error
