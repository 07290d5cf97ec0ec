"""Each emulator has contents of its own in moto, whatever else is open, and so has a user's own ``mock_aws``."""

import itertools
import os
import threading
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from emulator import Emulator, EmulatorError


def queues(client: Any) -> list[str]:
    return [url.rpartition("/")[2] for url in client.list_queues().get("QueueUrls", [])]


def sqs() -> Any:
    return boto3.client("sqs", region_name="us-east-1")


def make(client: Any, name: str) -> None:
    client.create_queue(QueueName=name)


def variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = variables(), boto3.DEFAULT_SESSION
    yield
    assert (variables(), boto3.DEFAULT_SESSION) == before


# Emulators


def test_an_inner_emulator_leaves_the_outer_ones_queues_alone() -> None:
    with Emulator():
        make(sqs(), "outer")
        with Emulator():
            assert queues(sqs()) == []
            make(sqs(), "inner")
        assert queues(sqs()) == ["outer"]


def test_the_outer_one_answers_its_own_client_while_an_inner_one_is_open() -> None:
    with Emulator() as outer:
        make(outer.client("sqs"), "outer")
        with Emulator() as inner:
            make(inner.client("sqs"), "inner")
            make(sqs(), "plain")
            assert queues(outer.client("sqs")) == ["outer"]
            assert queues(inner.client("sqs")) == queues(sqs()) == ["inner", "plain"]
            make(outer.client("sqs"), "outer-2")
        assert queues(sqs()) == queues(outer.client("sqs")) == ["outer", "outer-2"]


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_side_by_side_each_has_its_own_until_it_is_closed(order: tuple[int, ...]) -> None:
    with mock_aws():
        make(sqs(), "theirs")
        emulators = [Emulator() for _ in range(3)]
        for number, emulator in enumerate(emulators):
            emulator.__enter__()
            make(emulator.client("sqs"), f"ours-{number}")
        for number in order:
            for at, emulator in enumerate(emulators):
                if emulator.is_open:
                    assert queues(emulator.client("sqs")) == [f"ours-{at}"]
            emulators[number].close()
            is_open = [at for at, emulator in enumerate(emulators) if emulator.is_open]
            assert queues(sqs()) == ([f"ours-{is_open[-1]}"] if is_open else ["theirs"])


def test_buckets_are_apart_too() -> None:
    """S3 keeps an index of all buckets beside its backends."""
    with Emulator() as outer:
        outer.client("s3").create_bucket(Bucket="shop")
        with Emulator(region="eu-west-1") as inner:
            s3 = inner.client("s3")
            assert s3.list_buckets()["Buckets"] == []
            s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            s3.put_object(Bucket="shop", Key="k", Body=b"inner")
        assert "Contents" not in outer.client("s3").list_objects_v2(Bucket="shop")


def put(client: Any, body: bytes) -> None:
    client.create_bucket(Bucket="shop")
    client.put_object(Bucket="shop", Key="key", Body=body)


def body_of(client: Any) -> bytes:
    body: bytes = client.get_object(Bucket="shop", Key="key")["Body"].read()
    return body


def test_objects_outlive_other_emulators() -> None:
    """moto's S3 closes the files of all objects that it knows when it is reset."""
    with mock_aws():
        theirs = boto3.client("s3", region_name="us-east-1")
        put(theirs, b"theirs")
        with Emulator() as outer:
            put(outer.client("s3"), b"outer")
            with Emulator() as inner:
                put(inner.client("s3"), b"inner")
            assert body_of(outer.client("s3")) == b"outer"
        assert body_of(theirs) == b"theirs"


def test_requests_in_a_mock_aws_from_before_are_answered_by_the_emulator() -> None:
    requests = pytest.importorskip("requests")
    with mock_aws():
        with Emulator() as outer:
            put(outer.client("s3"), b"outer")
            url = outer.client("s3").generate_presigned_url("get_object", Params={"Bucket": "shop", "Key": "key"})
            assert requests.get(url).content == b"outer"
            with Emulator() as inner:
                assert requests.get(url).status_code == 404
                put(inner.client("s3"), b"inner")
                assert body_of(outer.client("s3")) == b"outer"
                assert requests.get(url).content == b"inner"
        put(boto3.client("s3", region_name="us-east-1"), b"theirs")
        assert requests.get(url).content == b"theirs"


def test_a_handler_is_answered_by_the_emulator_that_calls_it() -> None:
    def handler(event: Any, context: Any) -> list[str]:
        seen: list[str] = []
        thread = threading.Thread(target=lambda: seen.extend(queues(sqs())))
        thread.start()
        thread.join()
        return [*queues(sqs()), *seen]

    with Emulator() as outer:
        make(outer.client("sqs"), "outer")
        arn = outer.lambda_function("f", handler)
        machine = outer.state_machine({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}})
        with Emulator() as inner:
            make(inner.client("sqs"), "inner")
            assert outer.run(machine).output == ["outer", "outer"]
            assert queues(sqs()) == ["inner"]


def test_an_emulator_that_a_handler_opens_answers_it_until_it_closes() -> None:
    def handler(event: Any, context: Any) -> list[list[str]]:
        with Emulator():
            make(sqs(), "inner")
            inner = queues(sqs())
        return [inner, queues(sqs())]

    with Emulator() as world:
        make(sqs(), "outer")
        arn = world.lambda_function("f", handler)
        flow = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn, "End": True}}}
        assert world.run(flow).output == [["inner"], ["outer"]]


def test_a_task_asks_the_emulator_of_its_machine() -> None:
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues",
        "Parameters": {},
        "ResultSelector": {"urls.$": "$.QueueUrls"},
        "End": True,
    }
    with Emulator() as outer, Emulator():
        make(outer.client("sqs"), "outer")
        urls = outer.run({"StartAt": "T", "States": {"T": send}}).output["urls"]
        assert [url.rpartition("/")[2] for url in urls] == ["outer"]


def test_emulators_in_threads_do_not_see_each_other() -> None:
    """Each thread's plain clients are answered by the emulator that the thread has opened."""
    everyone, wrong = threading.Barrier(3, timeout=20), list[Any]()

    def work(name: str) -> None:
        try:
            with Emulator() as world:
                for number in range(4):
                    everyone.wait()
                    make(sqs(), f"{name}-{number}")
                    assert queues(sqs()) == queues(world.client("sqs"))
                assert queues(sqs()) == [f"{name}-{number}" for number in range(4)]
                everyone.wait()
        except BaseException as error:
            wrong.append(error)
            everyone.abort()

    with Emulator():
        make(sqs(), "main")
        threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert queues(sqs()) == ["main"]


def test_another_thread_is_answered_by_the_emulator_that_was_opened_last(emulator: Emulator) -> None:
    make(emulator.client("sqs"), "main")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.extend(queues(sqs())))
    thread.start()
    thread.join()
    assert seen == ["main"]


def test_a_client_of_a_closed_emulator_says_so() -> None:
    with Emulator() as first:
        client = first.client("sqs")
        make(client, "q")
    with pytest.raises(EmulatorError, match=r"belongs to an emulator that is not open"):
        client.list_queues()
    with Emulator(), pytest.raises(EmulatorError, match=r"fix: take a client of the open emulator"):
        client.list_queues()


def test_nothing_of_one_emulator_is_in_the_next() -> None:
    for _ in range(2):
        with Emulator():
            assert queues(sqs()) == []
            make(sqs(), "q")


def test_an_access_key_of_a_role_in_another_account_finds_its_account(emulator: Emulator) -> None:
    role = {"RoleArn": "arn:aws:iam::111111111111:role/r", "RoleSessionName": "session"}
    keys = emulator.client("sts").assume_role(**role)["Credentials"]
    client = boto3.client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert client.get_caller_identity()["Account"] == "111111111111"


# mock_aws


def test_what_a_mock_aws_around_it_holds_is_there_again_afterwards() -> None:
    with mock_aws():
        make(sqs(), "theirs")
        with Emulator():
            assert queues(sqs()) == []
            make(sqs(), "ours")
        assert queues(sqs()) == ["theirs"]


def inside(emulator: Emulator, block: Callable[[], None]) -> None:
    """Use ``mock_aws`` in every form around ``block``."""
    with mock_aws():
        block()
    mock_aws(block)()
    mock_aws()(block)()
    mock = mock_aws(config={"core": {"reset_boto3_session": True}})
    mock.start()
    block()
    mock.stop()
    with mock_aws(), mock_aws():
        block()

    @mock_aws
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            block()

        def test_it(self) -> None:
            block()

    result = unittest.TestResult()
    Case("test_it").run(result)
    assert result.wasSuccessful(), result.errors


def test_a_mock_aws_inside_empties_nothing_and_the_emulator_answers(emulator: Emulator) -> None:
    make(sqs(), "q")
    fake = variables()

    def block() -> None:
        assert queues(sqs()) == queues(emulator.client("sqs")) == ["q"]
        assert variables() == fake

    inside(emulator, block)
    block()


def test_a_mock_aws_inside_starts_and_stops_in_any_order_with_an_emulator() -> None:
    with Emulator():
        make(sqs(), "first")
        mock = mock_aws()
        mock.start()
        with Emulator():
            make(sqs(), "second")
            mock.stop()
            assert queues(sqs()) == ["second"]
        assert queues(sqs()) == ["first"]


def test_a_mock_aws_that_outlives_the_emulator_answers_from_then_on() -> None:
    emulator = Emulator()
    emulator.__enter__()
    make(sqs(), "ours")
    mock = mock_aws()
    mock.start()
    emulator.close()
    assert os.environ["AWS_ACCESS_KEY_ID"] == "FOOBARKEY"
    assert queues(sqs()) == []
    make(sqs(), "theirs")
    assert queues(sqs()) == ["theirs"]
    mock.stop()


def test_a_mock_aws_from_before_may_stop_first() -> None:
    outer, mock = mock_aws(), mock_aws()
    with outer:
        make(sqs(), "theirs")
        mock.start()
        with Emulator() as emulator:
            make(sqs(), "ours")
            mock.stop()
            assert queues(sqs()) == queues(emulator.client("sqs")) == ["ours"]
            assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
        assert queues(sqs()) == ["theirs"]
        assert os.environ["AWS_ACCESS_KEY_ID"] == "FOOBARKEY"


def test_the_only_mock_aws_from_before_may_stop_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    mock = mock_aws()
    mock.start()
    make(sqs(), "theirs")
    with Emulator():
        make(sqs(), "ours")
        mock.stop()
        assert queues(sqs()) == ["ours"]
        assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    with mock_aws():
        assert queues(sqs()) == []


def test_a_decorator_is_used_inside_and_outside_in_turn() -> None:
    look = mock_aws(lambda: queues(sqs()))

    assert look() == []
    with Emulator():
        make(sqs(), "q")
        assert look() == ["q"]
    assert look() == []


def test_an_error_inside_a_mock_aws_leaves_nothing(emulator: Emulator) -> None:
    make(sqs(), "q")

    def fail() -> None:
        with mock_aws():
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert queues(sqs()) == ["q"]
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
