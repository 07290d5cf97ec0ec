"""What may be said of a backend, where it is said, and what is refused."""

from typing import Any

import pytest

from emulator import Emulator, EmulatorError
from emulator.aws.backends import VARIABLE, Backends, parse
from emulator.aws.remote import Endpoint


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this shell."""
    for name in (VARIABLE, "AWS_ENDPOINT_URL", "LOCALSTACK_HOST", "USE_SSL"):
        monkeypatch.delenv(name, raising=False)


HERE = Endpoint("http://localhost:4566")
THERE = Endpoint("http://127.0.0.1:5000")


@pytest.mark.parametrize(
    ("given", "others", "services"),
    [
        (None, None, {}),
        ("moto", None, {}),
        ("localstack", HERE, {}),
        ("http://localhost:4566/", HERE, {}),
        ("http://[::1]:4566", Endpoint("http://[::1]:4566"), {}),
        ("https://localstack.test", Endpoint("https://localstack.test"), {}),
        ("http://111111111111@localhost:4566", Endpoint("http://localhost:4566", "111111111111"), {}),
        ("http://minio:s%2Fecret@nas:9000", Endpoint("http://nas:9000", "minio", "s/ecret"), {}),
        (["localstack", "events=moto"], HERE, {"events": None}),
        ("localstack,dynamodb=moto", HERE, {"dynamodb": None}),
        ({"s3": "http://127.0.0.1:5000", "*": "localstack"}, HERE, {"s3": THERE}),
        ({"events": "http://127.0.0.1:5000"}, None, {"events": THERE}),
        ("cloudwatch=moto", None, {"cloudwatch": None}),
        (Backends(HERE), HERE, {}),
    ],
)
def test_what_is_said(given: Any, others: Endpoint | None, services: dict[str, Endpoint | None]) -> None:
    backends = parse(given)
    assert (backends.others, backends.named) == (others, services)
    assert parse(backends.text()) == backends


@pytest.mark.parametrize(
    ("name", "value", "url"),
    [
        ("LOCALSTACK_HOST", "stack.test", "http://stack.test:4566"),
        ("LOCALSTACK_HOST", "stack.test:9999", "http://stack.test:9999"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4510", "http://127.0.0.1:4510"),
        ("USE_SSL", "1", "https://localhost:4566"),
    ],
)
def test_localstack_is_where_its_own_client_looks_for_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, url: str
) -> None:
    monkeypatch.setenv(name, value)
    assert parse("localstack").others == Endpoint(url)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("localstak", "backend 'localstak' is not a valid backend. Did you mean \"localstack\"?"),
        ("localhost:4566", "Write moto, localstack, or http://HOST:PORT."),
        ("http://localhost:port", "is not a valid backend"),
        ("http://localhost:4566/path", "is not a valid backend"),
        ("moto,http://localhost:4566", "all services have two backends, moto and http://test:test@localhost:4566"),
        ("sqs=moto,moto,sqs=http://localhost:1", "the service sqs has two backends, moto and http://"),
        ("dynamodbb=moto", "there is no service 'dynamodbb'. Did you mean \"dynamodb\"?"),
        ("table=moto", "there is no service 'table'"),
        ("stepfunctions=localstack", "the emulator itself answers Step Functions, no backend can"),
        ("https://dynamodb.eu-central-1.amazonaws.com", "this is AWS itself; an emulator never sends requests there"),
        ("https://events.us-east-1.api.aws", "this is AWS itself"),
        ("https://amazonaws.com", "this is AWS itself"),
    ],
)
def test_what_cannot_be(given: str, text: str) -> None:
    with pytest.raises(EmulatorError) as raised:
        Emulator(backend=given)
    assert text in str(raised.value)


def test_aws_itself_is_refused_also_when_localstacks_client_would_go_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://events.us-east-1.amazonaws.com")
    with pytest.raises(EmulatorError, match="this is AWS itself"):
        parse("localstack")


def test_a_host_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALSTACK_HOST", "localhost:abc")
    with pytest.raises(EmulatorError, match="LOCALSTACK_HOST: could not parse localhost:abc"):
        parse("localstack")


def test_the_environment_says_what_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://localhost:4566,sqs=moto")
    assert parse(None) == Backends(HERE, {"sqs": None})
    assert parse("moto") == Backends()
    assert Emulator().assembly.remote("events") is not None
    assert Emulator(backend="moto").assembly.remote("events") is None


def test_a_service_is_found_by_what_its_requests_call_it() -> None:
    backends = parse("http://localhost:4566,dynamodb=moto,cloudwatch=http://127.0.0.1:5000")
    asked = ("dynamodb", "streams.dynamodb", "monitoring", "sqs")
    assert [backends.of(service) for service in asked] == [None, None, THERE, HERE]


def test_each_worker_of_a_run_may_have_an_account_of_its_own() -> None:
    backends = parse("http://localhost:4566,sqs=http://222222222222@localhost:4566")
    assert backends.with_access_key("000000000003").text() == (
        "http://000000000003:test@localhost:4566,sqs=http://222222222222:test@localhost:4566"
    )
