"""How Step Functions calls the service of a resource, whose model says what a stub can answer."""

from functools import lru_cache

from asl.resources import Resource
from emulator.aws import names
from emulator.targets.integrations import SDK, Integration, optimized, sdk


@lru_cache(maxsize=1024)
def integration_of(resource: Resource) -> Integration | None:
    """How Step Functions talks to the service of a resource; ``None`` if no model has it."""
    if not resource.service.startswith(SDK):
        return optimized(resource.service, resource.action)
    service = resource.service.removeprefix(SDK)
    boto3_name = names.services().get(service)
    if boto3_name is None:
        return None
    model = names.service_model(boto3_name)
    if names.operation(model, resource.action) is None:
        return None
    return sdk(service, resource.action, boto3_name=boto3_name, service_id=model.service_id)
