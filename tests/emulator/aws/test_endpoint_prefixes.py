"""Endpoint prefixes are those of botocore's models."""

import pytest

from emulator.aws import names
from emulator.aws.endpoint_prefixes import PREFIXES, prefix_of, services_of


@pytest.mark.parametrize("service", sorted(PREFIXES))
def test_each_row_is_botocores(service: str) -> None:
    if service not in names.services().values():
        pytest.skip("the installed botocore does not have it")
    assert prefix_of(service) == names.service_model(service).endpoint_prefix
    assert service in services_of(prefix_of(service))


@pytest.mark.parametrize(
    ("prefix", "services"),
    [
        ("sqs", ("sqs",)),
        ("states", ("stepfunctions",)),
        ("apigateway", ("apigateway", "apigatewayv2")),
        ("elasticloadbalancing", ("elb", "elbv2")),
        ("email", ("pinpoint-email", "ses", "sesv2")),
        ("monitoring", ("cloudwatch",)),
        ("none", ()),
    ],
)
def test_the_services_of_a_prefix(prefix: str, services: tuple[str, ...]) -> None:
    assert services_of(prefix) == services
