"""The variables of the process are those of the open emulators, and the process's own again when the last closes."""

import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import botocore.endpoint
import botocore.exceptions
import pytest

from emulator import Emulator
from emulator.aws.environment import has_region, region_given

NAMES = ("AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE")
SEND = vars(botocore.endpoint.Endpoint)["_send"]


@pytest.fixture(autouse=True)
def before(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    saved = variables()
    yield saved
    assert vars(botocore.endpoint.Endpoint)["_send"] is SEND


def variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def opened(region: str | None = None) -> Emulator:
    return Emulator(region=region).__enter__()


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_the_fake_key_is_there_while_any_is_open_and_in_no_other_time(
    order: tuple[int, ...], before: dict[str, str]
) -> None:
    emulators = [opened(region) for region in ("us-east-1", "eu-west-1", "eu-central-1")]
    for number in order:
        last = [each for each in emulators if each.is_open][-1]
        assert [os.environ.get(name) for name in NAMES] == ["testing", last.region, last.region, None]
        emulators[number].close()
    assert variables() == before


def test_an_emulator_left_by_an_error_out_of_order(before: dict[str, str]) -> None:
    first, second = opened(), opened()
    with pytest.raises(LookupError), closing(first):
        raise LookupError
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    second.close()
    assert variables() == before


def test_a_part_that_fails_to_close_leaves_nothing_behind(
    before: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise LookupError("it failed")

    emulator = Emulator()
    for part in (emulator.assembly.map_runs, emulator.assembly.functions, emulator.assembly.others):
        monkeypatch.setattr(part, "close", fail)
    emulator.__enter__()
    with pytest.raises(LookupError, match="it failed"):
        emulator.close()
    assert not emulator.is_open
    assert variables() == before


def test_emulators_that_open_and_close_in_threads(before: dict[str, str]) -> None:
    wrong: list[object] = []

    def work() -> None:
        for _ in range(20):
            with Emulator():
                if os.environ["AWS_ACCESS_KEY_ID"] != "testing":
                    wrong.append(dict(os.environ))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert variables() == before


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "OWN"])
def test_a_change_of_other_code_meanwhile_stays(name: str) -> None:
    try:
        with Emulator():
            os.environ[name] = "theirs"
            with Emulator():
                pass
            assert os.environ[name] == "theirs"
        assert os.environ[name] == "theirs"
    finally:
        os.environ.pop(name, None)


def test_a_session_set_up_meanwhile_is_there_after_an_inner_emulator() -> None:
    before = boto3.DEFAULT_SESSION
    with Emulator():
        boto3.setup_default_session(region_name="eu-west-3")
        with Emulator():
            assert boto3.client("sqs").meta.region_name == "us-east-1"
        assert boto3.client("sqs").meta.region_name == "eu-west-3"
    assert boto3.DEFAULT_SESSION is before


# The region


def test_the_region_of_the_environment_is_the_emulators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients made before the emulator, and those made inside, find the same things."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    before = boto3.client("sqs")
    with Emulator() as emulator:
        assert emulator.region == os.environ["AWS_DEFAULT_REGION"] == os.environ["AWS_REGION"] == "eu-west-1"
        boto3.client("sqs").create_queue(QueueName="q")
        assert len(before.list_queues()["QueueUrls"]) == len(emulator.client("sqs").list_queues()["QueueUrls"]) == 1


def test_a_region_given_to_the_emulator_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with Emulator(region="eu-central-1"):
        assert boto3.client("sqs").meta.region_name == "eu-central-1"
        with Emulator() as inner:
            assert inner.region == "eu-west-1"
    assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"


@pytest.mark.parametrize("value", ["", "local", "us-east-1a"])
def test_what_is_not_a_region_is_not_the_emulators(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", value)
    with Emulator() as emulator:
        assert emulator.region == os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
    assert os.environ["AWS_DEFAULT_REGION"] == value


@pytest.mark.parametrize("value", [None, "", "eu-central-1"])
def test_a_region_is_given_where_there_is_none(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.aws.environment.os.environ", {} if value is None else {"AWS_DEFAULT_REGION": value})
    monkeypatch.setattr("emulator.aws.environment.Path.is_file", lambda _: False)
    with region_given("eu-west-1"):
        assert os.environ["AWS_DEFAULT_REGION"] == (value or "eu-west-1")
    assert os.environ.get("AWS_DEFAULT_REGION") == value


CONFIG = "[default]\noutput = json\n[profile work]\nregion = eu-west-1\n"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, False),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, True),
        ({"AWS_CONFIG_FILE": CONFIG}, False),
        ({"AWS_CONFIG_FILE": CONFIG, "AWS_PROFILE": "work"}, True),
        ({"AWS_CONFIG_FILE": CONFIG, "AWS_DEFAULT_PROFILE": "work"}, True),
        ({"AWS_CONFIG_FILE": CONFIG, "AWS_PROFILE": "home"}, False),
        ({"AWS_SHARED_CREDENTIALS_FILE": "[default]\nregion = eu-west-1\n"}, True),
    ],
)
def test_a_region_is_found_where_boto3_finds_one(
    settings: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name, value in settings.items():
        if name.endswith("_FILE"):
            (tmp_path / name).write_text(value, encoding="utf-8")
        else:
            monkeypatch.setenv(name, value)
    assert has_region() is expected
    try:
        found = boto3.session.Session().region_name
    except botocore.exceptions.ProfileNotFound:
        found = None
    assert (found is not None) is expected
