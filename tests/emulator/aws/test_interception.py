"""Interception: the emulator answers every boto3 client of the process, however it was created; no request leaves."""

import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.endpoint
import botocore.httpsession
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from emulator import Emulator, NotEmulatedError, RealAwsBlockedError
from emulator.places import place_of

MADE_AT_IMPORT: Any = boto3.client(
    "stepfunctions", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
)
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
SENDS = (botocore.endpoint.Endpoint._send, botocore.httpsession.URLLib3Session.send)  # type: ignore[attr-defined]


def keys() -> Any:
    return {"region_name": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def machines(client: Any) -> list[str]:
    return [machine["name"] for machine in client.list_state_machines()["stateMachines"]]


def with_endpoint() -> Any:
    return boto3.client("stepfunctions", endpoint_url="http://localhost:1", **keys())


def of_a_session() -> Any:
    return boto3.session.Session(**keys()).client("stepfunctions")


def of_botocore() -> Any:
    return botocore.session.get_session().create_client("stepfunctions", **keys())


def with_settings() -> Any:
    config = Config(retries={"max_attempts": 5, "mode": "standard"}, user_agent_extra="shop")
    return boto3.client("stepfunctions", config=config, **keys())


CLIENTS: dict[str, Callable[[], Any]] = {
    "at import": lambda: MADE_AT_IMPORT,
    "plain": lambda: boto3.client("stepfunctions"),
    "endpoint_url": with_endpoint,
    "session": of_a_session,
    "botocore": of_botocore,
    "settings": with_settings,
}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, emulator: Emulator) -> Any:
    assert emulator.is_open
    return CLIENTS[request.param]()


def test_every_client_is_answered_here(emulator: Emulator, client: Any) -> None:
    emulator.state_machine(PASS, name="m")
    assert machines(client) == ["m"]


def test_a_client_made_before_is_answered_by_each_emulator_in_turn() -> None:
    client = with_endpoint()
    for name in ("one", "two"):
        with Emulator() as world:
            world.state_machine(PASS, name=name)
            assert machines(client) == [name]


def test_an_endpoint_in_the_environment_is_put_aside_and_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    made_before: Any = boto3.client("stepfunctions", **keys())
    with Emulator() as world:
        world.state_machine(PASS, name="m")
        assert "AWS_ENDPOINT_URL" not in os.environ
        assert machines(boto3.client("stepfunctions")) == machines(made_before) == ["m"]
    assert os.environ["AWS_ENDPOINT_URL"] == os.environ["AWS_ENDPOINT_URL_SFN"] == "http://127.0.0.1:1"


def test_resources_are_answered_here(emulator: Emulator) -> None:
    table = boto3.resource("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    table.put_item(Item={"id": "7"})
    assert emulator.client("dynamodb").scan(TableName="orders")["Count"] == 1


def test_a_backend_behind_a_custom_endpoint_is_the_same_backend(emulator: Emulator) -> None:
    boto3.client("sqs", endpoint_url="http://localhost:4566", **keys()).create_queue(QueueName="q")
    assert len(emulator.client("sqs").list_queues()["QueueUrls"]) == 1


def test_inside_of_a_users_own_mock_aws_it_is_the_emulator_that_answers() -> None:
    with mock_aws():
        boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="theirs")
        with Emulator() as world:
            world.state_machine(PASS, name="m")
            assert machines(boto3.client("stepfunctions")) == ["m"]
    with Emulator() as world, mock_aws():
        world.state_machine(PASS, name="m")
        assert machines(boto3.client("stepfunctions", region_name="us-east-1")) == ["m"]


def test_a_thread_is_answered_too(emulator: Emulator) -> None:
    emulator.state_machine(PASS, name="m")
    seen: list[list[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(machines(of_a_session()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [["m"]] * 3


def test_of_nested_emulators_the_inner_one_answers() -> None:
    client = of_a_session()
    with Emulator() as outer:
        outer.state_machine(PASS, name="outer")
        with Emulator() as inner:
            inner.state_machine(PASS, name="inner")
            assert machines(client) == ["inner"]
        assert machines(client) == ["outer"]


def test_a_client_of_another_region_is_another_world(emulator: Emulator) -> None:
    emulator.state_machine(PASS, name="m")
    elsewhere = boto3.client("stepfunctions", region_name="eu-west-1")
    assert machines(elsewhere) == []
    arn = elsewhere.create_state_machine(name="there", definition=PASS, roleArn="arn:aws:iam::123456789012:role/r")
    assert arn["stateMachineArn"].startswith("arn:aws:states:eu-west-1:")


# Nothing leaves


def line_of(text: str) -> int:
    """The number of the first line of this file that holds ``text``."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_what_the_backend_cannot_answer_is_refused_with_the_callers_line(emulator: Emulator) -> None:
    with pytest.raises(RealAwsBlockedError) as caught:
        boto3.client("mturk").get_account_balance()  # the caller
    where = f"(called at {place_of(__file__, line_of('# the caller'))})"
    assert str(caught.value).startswith(
        "Blocked: mturk-requester:GetAccountBalance to mturk-requester.us-east-1.amazon"
    )
    assert where in str(caught.value)
    assert emulator.blocked == [str(caught.value)]


def test_a_search_for_credentials_is_refused(emulator: Emulator) -> None:
    from botocore.awsrequest import AWSRequest

    session = botocore.httpsession.URLLib3Session()
    with pytest.raises(RealAwsBlockedError, match=r"Blocked: GET http://169\.254\.169\.254/latest"):
        session.send(AWSRequest("GET", "http://169.254.169.254/latest/meta-data").prepare())
    assert len(emulator.blocked) == 1


def test_what_a_handler_swallows_is_remembered(emulator: Emulator) -> None:
    def handler(event: Any, context: Any) -> str:
        try:
            boto3.client("mturk").get_account_balance()
        except Exception:
            return "swallowed"
        return "answered"

    arn = emulator.lambda_function("f", handler)
    run = emulator.run({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}})
    assert run.output == "swallowed"
    assert len(emulator.blocked) == 1
    assert place_of(__file__, "") in emulator.blocked[0]
    emulator.blocked.clear()


def test_other_http_is_none_of_its_business(emulator: Emulator) -> None:
    """Only botocore is closed off: a handler's own HTTP calls are the user's to mock."""
    with pytest.raises(OSError, match=r"refused|Errno"):
        urllib.request.urlopen("http://127.0.0.1:1/", timeout=1)
    assert emulator.blocked == []


# Credentials and profiles


def aws_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@pytest.fixture
def _developers_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A shell with a profile that does not exist, a stale session token and real-looking keys."""
    config = tmp_path / "config"
    config.write_text("[profile work]\nsso_session = nowhere\nregion = ap-southeast-2\n", encoding="utf-8")
    values = {
        "AWS_PROFILE": "ghost",
        "AWS_SESSION_TOKEN": "stale",
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_CONFIG_FILE": str(config),
        "AWS_DEFAULT_REGION": "ap-southeast-2",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    before = aws_variables()
    yield
    assert aws_variables() == before


@pytest.mark.usefixtures("_developers_shell")
def test_a_developers_own_account_is_out_of_reach() -> None:
    with Emulator(region="eu-central-1") as world:
        world.state_machine(PASS, name="m")
        client = boto3.session.Session().client("stepfunctions")
        assert (machines(client), client.meta.region_name) == (["m"], "eu-central-1")
        credentials: Any = boto3.session.Session().get_credentials()
        assert (credentials.access_key, credentials.secret_key, credentials.token) == ("testing", "testing", None)
        assert boto3.session.Session().available_profiles == []


@pytest.mark.usefixtures("_developers_shell")
def test_variables_are_put_back_after_an_error() -> None:
    def fail() -> None:
        with Emulator():
            raise LookupError

    with pytest.raises(LookupError):
        fail()


def test_the_session_that_boto3_keeps_is_put_aside_and_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """``boto3.client`` makes one session and keeps it, with the keys that it found first."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    def key() -> str:
        boto3.client("sts", region_name="us-east-1")
        session: Any = boto3.DEFAULT_SESSION
        return str(session.get_credentials().access_key)

    with Emulator():
        assert key() == "testing"
        boto3.setup_default_session(region_name="eu-west-3")
    assert boto3.DEFAULT_SESSION is None
    assert key() == "mine"
    theirs = boto3.DEFAULT_SESSION
    with Emulator(region="eu-central-1"):
        assert (key(), boto3.client("stepfunctions").meta.region_name) == ("testing", "eu-central-1")
    assert boto3.DEFAULT_SESSION is theirs


# Outside


def test_outside_of_an_emulator_botocore_is_as_it_was() -> None:
    def sends() -> Any:
        return (botocore.endpoint.Endpoint._send, botocore.httpsession.URLLib3Session.send)  # type: ignore[attr-defined]

    before = sends()
    with Emulator():
        assert sends() != before
    assert sends() == before == SENDS
    finders = [type(finder).__name__ for finder in sys.meta_path]
    assert "WhenImported" not in finders


def test_outside_of_an_emulator_a_request_leaves_as_it_would() -> None:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client: Any = boto3.client("stepfunctions", endpoint_url="http://127.0.0.1:1", config=config, **keys())
    from botocore.exceptions import EndpointConnectionError

    with pytest.raises(EndpointConnectionError):
        client.list_state_machines()


def test_outside_of_an_emulator_a_users_mock_aws_works() -> None:
    with Emulator():
        boto3.client("sqs").create_queue(QueueName="ours")
    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1")
        assert "QueueUrls" not in client.list_queues()
        client.create_queue(QueueName="theirs")


def test_botocore_may_be_imported_later_than_the_emulator_is_opened() -> None:
    code = f"""
from emulator import Emulator
import sys
with Emulator() as world:
    assert "botocore.endpoint" not in sys.modules, "imported too early"
    world.state_machine({PASS!r}, name="m")
    import boto3
    assert [each["name"] for each in boto3.client("stepfunctions").list_state_machines()["stateMachines"]] == ["m"]
    boto3.client("sqs").create_queue(QueueName="q")
import botocore.endpoint
assert botocore.endpoint.Endpoint._send.__module__ == "botocore.endpoint"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_errors_come_through_as_boto3s_own(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.describe_state_machine(stateMachineArn="x")
    assert caught.value.response["Error"]["Code"] == "InvalidArn"
    with pytest.raises(client.exceptions.InvalidArn):
        client.describe_state_machine(stateMachineArn="x")


def test_a_service_that_this_moto_lacks_a_package_for_says_which(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openapi_spec_validator", None)  # as when it is not installed
    monkeypatch.delitem(sys.modules, "moto.apigateway", raising=False)
    monkeypatch.delitem(sys.modules, "moto.apigateway.models", raising=False)
    with pytest.raises(NotEmulatedError, match=r"moto needs openapi_spec_validator to answer it\n    fix: pip install"):
        emulator.client("apigateway").create_rest_api(name="shop")
