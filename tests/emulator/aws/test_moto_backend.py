"""What moto stored before an emulator used it is there again when the emulator closes."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator import Emulator


def queues(client: Any) -> list[str]:
    return [url.rpartition("/")[2] for url in client.list_queues().get("QueueUrls", [])]


def sqs() -> Any:
    return boto3.client("sqs", region_name="us-east-1")


def test_what_a_users_own_mock_aws_holds_is_still_there_afterwards() -> None:
    with mock_aws():
        sqs().create_queue(QueueName="theirs")
        with Emulator():
            assert queues(sqs()) == []
            sqs().create_queue(QueueName="ours")
        assert queues(sqs()) == ["theirs"]


def test_an_inner_emulator_leaves_the_outer_ones_queues_alone() -> None:
    with Emulator():
        sqs().create_queue(QueueName="outer")
        with Emulator():
            assert queues(sqs()) == []
            sqs().create_queue(QueueName="inner")
        assert queues(sqs()) == ["outer"]


@pytest.mark.parametrize("outer_first", [True, False])
def test_it_is_there_in_whatever_order_emulators_close(outer_first: bool) -> None:
    with mock_aws():
        sqs().create_queue(QueueName="theirs")
        emulators = [Emulator(), Emulator()]
        for number, emulator in enumerate(emulators):
            emulator.__enter__()
            sqs().create_queue(QueueName=f"ours-{number}")
        for emulator in emulators if outer_first else reversed(emulators):
            emulator.close()
        assert queues(sqs()) == ["theirs"]


def test_nothing_of_one_emulator_is_in_the_next() -> None:
    for _ in range(2):
        with Emulator():
            assert queues(sqs()) == []
            sqs().create_queue(QueueName="q")
