"""A call that nothing emulates fails the test at its end, however the program swallowed the error."""

import asyncio
import json
import threading
import unittest
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest

from emulator import (
    BlockedCallError,
    Emulator,
    MissingHandlerError,
    NotEmulatedError,
    RealAwsBlockedError,
)
from emulator.places import place_of
from emulator.tasks import task

pytest_plugins = ["pytester"]

CALL = "mturk-requester:GetAccountBalance"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    with Emulator() as world, pytest.raises(RealAwsBlockedError):
        world.client("mturk").get_account_balance()


def refused() -> None:
    """A call that nothing emulates."""
    boto3.client("mturk").get_account_balance()


def task_state(name: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, "End": True, **fields}


def flow(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def run_handler(world: Emulator, handler: Callable[[Any, Any], Any]) -> None:
    world.lambda_function("f", handler)
    world.run(flow(Call=task_state("f", **CAUGHT), Caught={"Type": "Pass", "End": True}), name="one")


def judged(use: Callable[[Emulator], None]) -> str:
    """The text of the error with which the emulator closes."""
    with pytest.raises(BlockedCallError) as raised, Emulator() as world:
        use(world)
    return str(raised.value)


CAUGHT = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}


def by_catch(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    run = world.run(flow(Call=task_state("f", **CAUGHT), Caught={"Type": "Pass", "End": True}), name="one")
    assert run.status == "SUCCEEDED"


def by_except_exception(world: Emulator) -> None:
    def handler(event: Any, context: Any) -> str:
        with suppress(Exception):
            refused()
        return "fine"

    world.lambda_function("f", handler)
    assert world.run(flow(Call=task_state("f")), name="one").output == "fine"


def by_except_base_exception(world: Emulator) -> None:
    def handler(event: Any, context: Any) -> str:
        try:
            refused()
        except BaseException:
            return "fine"
        return "not refused"

    world.lambda_function("f", handler)
    assert world.run(flow(Call=task_state("f")), name="one").output == "fine"


def by_another_error(world: Emulator) -> None:
    def handler(event: Any, context: Any) -> None:
        try:
            refused()
        except Exception as error:
            raise LookupError("no balance") from error

    world.lambda_function("f", handler)
    state = task_state("f", Catch=[{"ErrorEquals": ["LookupError"], "Next": "Caught"}])
    assert world.run(flow(Call=state, Caught={"Type": "Pass", "End": True}), name="one").status == "SUCCEEDED"


def in_a_thread(world: Emulator) -> None:
    def quietly() -> None:
        with suppress(Exception):
            refused()

    def handler(event: Any, context: Any) -> None:
        thread = threading.Thread(target=quietly)
        thread.start()
        thread.join()

    world.lambda_function("f", handler)
    assert world.run(flow(Call=task_state("f")), name="one").status == "SUCCEEDED"


def in_an_asyncio_task(world: Emulator) -> None:
    async def call() -> None:
        refused()

    async def both() -> None:
        await asyncio.gather(call(), return_exceptions=True)

    world.lambda_function("f", lambda *_: asyncio.run(both()))
    assert world.run(flow(Call=task_state("f")), name="one").status == "SUCCEEDED"


def for_a_rule(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    events = world.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "f", "Arn": FUNCTION + "f"}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "placed", "Detail": "{}"}])


def by_invoke(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    world.client("lambda").invoke(FunctionName="f")


def by_an_asynchronous_invoke(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    world.client("lambda").invoke(FunctionName="f", InvocationType="Event")


def in_a_nested_execution(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    inner = world.state_machine(flow(Call=task_state("f")), name="inner")
    outer = task_state("-", Parameters={"StateMachineArn": inner.arn, "Input": {}}, **CAUGHT)
    outer["Resource"] = "arn:aws:states:::states:startExecution.sync:2"
    assert world.run(flow(Outer=outer, Caught={"Type": "Pass", "End": True}), name="one").status == "SUCCEEDED"


def in_a_map(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    each = {"Type": "Map", "ItemProcessor": flow(Call=task_state("f")), "End": True, **CAUGHT}
    run = world.run(flow(Each=each, Caught={"Type": "Pass", "End": True}), [1, 2], name="one")
    assert run.status == "SUCCEEDED"


def by_a_background_task(world: Emulator) -> None:
    @task(title="Balance", id="balance")
    def balance(ctx: Any) -> None:
        refused()

    run = world.tasks.trigger(balance).run_to_end()
    assert run.task.status == "failed"


def without_an_assertion(world: Emulator) -> None:
    world.lambda_function("f", lambda *_: refused())
    assert world.run(flow(Call=task_state("f")), name="one").status == "FAILED"


def by_the_program(world: Emulator) -> None:
    def program() -> None:
        with suppress(Exception):
            refused()

    program()


SWALLOWED = (
    by_catch,
    by_except_exception,
    by_except_base_exception,
    by_another_error,
    in_a_thread,
    in_an_asyncio_task,
    for_a_rule,
    by_invoke,
    by_an_asynchronous_invoke,
    in_a_nested_execution,
    in_a_map,
    by_a_background_task,
    without_an_assertion,
    by_the_program,
)
swallowed = pytest.mark.parametrize("use", SWALLOWED, ids=lambda use: use.__name__)


@swallowed
def test_a_swallowed_error_fails_the_test_however_it_was_swallowed(use: Callable[[Emulator], None]) -> None:
    text = judged(use)
    assert CALL in text
    assert place_of(__file__, refused.__code__.co_firstlineno + 2) in text


@swallowed
def test_a_test_may_allow_it_by_name(use: Callable[[Emulator], None]) -> None:
    with Emulator(allow_blocked=True) as world:
        use(world)
        assert all(CALL in text for text in world.blocked)


@swallowed
def test_what_is_taken_off_the_list_is_not_judged(use: Callable[[Emulator], None]) -> None:
    with Emulator() as world:
        use(world)
        assert world.blocked
        world.blocked.clear()


def test_the_function_and_the_state_are_named() -> None:
    assert "in function f, in state Call of execution one" in judged(by_catch)


def test_a_refusal_that_comes_up_to_the_test_is_told() -> None:
    with Emulator() as world:
        with pytest.raises(RealAwsBlockedError):
            refused()
        try:
            refused()
        except RealAwsBlockedError:
            assert len(world.blocked) == 2


def test_a_task_that_nothing_can_answer_is_told_by_its_error() -> None:
    with Emulator() as world:
        nested = task_state("f")
        world.lambda_function("f", lambda *_: None)
        machine = world.state_machine(flow(Call=nested))
        world.assembly.functions.remove("f")
        with pytest.raises(MissingHandlerError):
            world.run(machine)


def test_an_operation_that_is_refused_is_recorded_and_judged() -> None:
    def handler(event: Any, context: Any) -> None:
        client = boto3.client("stepfunctions")
        with suppress(Exception):
            client.create_state_machine(
                name="e",
                definition=json.dumps(flow(A={"Type": "Succeed"})),
                roleArn="arn:aws:iam::123456789012:role/r",
                publish=True,
            )

    text = judged(lambda world: run_handler(world, handler))
    assert "publish=true" in text
    assert place_of(__file__, "") in text


def test_an_operation_that_moto_lacks_is_recorded_and_judged() -> None:
    def handler(event: Any, context: Any) -> None:
        boto3.client("sqs").list_message_move_tasks(SourceArn="arn:aws:sqs:us-east-1:123456789012:q")

    assert "sqs:ListMessageMoveTasks" in judged(lambda world: run_handler(world, handler))


def test_an_error_on_its_way_keeps_its_place_and_gets_a_note() -> None:
    def fails(world: Emulator) -> None:
        by_catch(world)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as raised, Emulator() as world:
        fails(world)
    (note,) = raised.value.__notes__
    assert CALL in note


def test_one_expected_call_can_be_taken_off() -> None:
    with Emulator() as world:
        by_catch(world)
        world.blocked.remove(next(text for text in world.blocked if CALL in text))


def test_each_emulator_is_told_of_its_own() -> None:
    with Emulator() as outer:
        with pytest.raises(BlockedCallError), Emulator() as inner:
            by_catch(inner)
        assert outer.blocked == []


class InUnittest(unittest.TestCase):
    """``assertRaises`` takes the error, and its traceback."""

    def setUp(self) -> None:
        self.world = self.enterContext(Emulator())

    def test_told_by_assert_raises(self) -> None:
        with self.assertRaises(RealAwsBlockedError):  # noqa: PT027 - the subject
            refused()

    def test_told_by_try(self) -> None:
        try:
            refused()
        except RealAwsBlockedError:
            assert len(self.world.blocked) == 1


def test_a_call_of_an_asynchronous_test_is_told() -> None:
    async def call() -> None:
        with pytest.raises(RealAwsBlockedError):
            await asyncio.to_thread(refused)

    with Emulator():
        asyncio.run(call())


@pytest.fixture
def expects_a_refusal() -> Iterator[Emulator]:
    with Emulator() as world:
        with pytest.raises(RealAwsBlockedError):
            refused()
        yield world


def test_a_fixture_may_expect_a_refusal(expects_a_refusal: Emulator) -> None:
    assert len(expects_a_refusal.blocked) == 1


# Closed by hand ------------------------------------------------------------------------------------------------------


def swallow() -> None:
    with suppress(Exception):
        refused()


class ClosedByHand(unittest.TestCase):
    """How unittest closes what its ``setUp`` opened; run by the tests below, not by themselves."""

    __test__ = False
    by_cleanup = False

    def setUp(self) -> None:
        self.emulator = Emulator().__enter__()
        if self.by_cleanup:
            self.addCleanup(self.emulator.close)

    def tearDown(self) -> None:
        if not self.by_cleanup:
            self.emulator.close()

    def swallows(self) -> None:
        swallow()

    def expects(self) -> None:
        with self.assertRaises(RealAwsBlockedError):  # noqa: PT027 - it is unittest's own that is tested
            refused()

    def fails(self) -> None:
        refused()


@pytest.mark.parametrize("by_cleanup", [False, True], ids=["tearDown", "addCleanup"])
@pytest.mark.parametrize(
    ("method", "kinds"), [("swallows", ["BlockedCallError"]), ("expects", []), ("fails", ["RealAwsBlockedError"])]
)
def test_an_emulator_that_is_closed_by_hand_fails_the_test(
    method: str, kinds: list[str], by_cleanup: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClosedByHand, "by_cleanup", by_cleanup)
    result = unittest.TestResult()
    ClosedByHand(method).run(result)
    told = [text.strip().splitlines() for _, text in (*result.errors, *result.failures)]
    assert [
        next(kind for kind in ("BlockedCallError", "RealAwsBlockedError") if kind in "\n".join(lines)) for lines in told
    ] == kinds


def test_closing_raises_once() -> None:
    world = Emulator().__enter__()
    swallow()
    with pytest.raises(BlockedCallError, match=CALL):
        world.close()
    assert not world.is_open
    world.close()


def test_closing_while_an_exception_is_on_its_way_is_a_note_of_it() -> None:
    def use() -> None:
        world = Emulator().__enter__()
        try:
            swallow()
            raise ValueError("mine")
        finally:
            world.close()

    with pytest.raises(ValueError, match="mine") as raised:
        use()
    assert CALL in raised.value.__notes__[0]


# With the plugin -----------------------------------------------------------------------------------------------------

PROGRAM = """
import unittest

import boto3
import pytest

from emulator import Emulator, RealAwsBlockedError


def swallow(*_):
    try:
        boto3.client("mturk").get_account_balance()
    except Exception:
        pass

"""

PLUGIN = """
def test_fixture(emulator):
    swallow()


@pytest.fixture(scope="module")
def world():
    with Emulator() as world:
        yield world


def test_wider_fixture(world):
    swallow()


def test_after_it(world):
    pass


def test_own_emulator():
    emulator = Emulator()
    emulator.__enter__()
    swallow()
    emulator.close()


class TestOfUnittest(unittest.TestCase):
    def setUp(self):
        self.emulator = self.enterContext(Emulator())

    def test_in_unittest(self):
        swallow()


@pytest.mark.emulator(allow_blocked=True)
def test_allowed(emulator):
    swallow()


def test_told(emulator):
    with pytest.raises(RealAwsBlockedError):
        boto3.client("mturk").get_account_balance()


def test_told_to_its_own_try(emulator):
    try:
        boto3.client("mturk").get_account_balance()
    except RealAwsBlockedError:
        pass


def test_cleared(emulator):
    swallow()
    emulator.blocked.clear()
"""


def test_the_plugin_makes_it_a_failure_of_the_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(test_flow=PROGRAM + PLUGIN)
    result = pytester.runpytest_inprocess("-p", "asl_emulator", "-p", "no:cacheprovider", "-rf")
    result.assert_outcomes(passed=5, failed=4)
    result.stdout.fnmatch_lines(
        [
            "1 call was refused, because nothing emulates it, and its error did not come up to the test; *",
            f"  {CALL} to mturk-requester*test_flow.py:11)",
        ]
    )
    assert result.stdout.str().count("its error did not come up") >= 4


def test_what_happens_while_a_fixture_ends_is_an_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    text = "@pytest.fixture\ndef late(emulator):\n    yield\n    swallow()\n\ndef test_late(late):\n    pass\n"
    pytester.makepyfile(test_flow=PROGRAM + text)
    result = pytester.runpytest_inprocess("-p", "asl_emulator", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)


def test_a_marker_that_is_no_truth_value_is_refused(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(test_flow=PROGRAM + "@pytest.mark.emulator(allow_blocked='mturk')\ndef test_a(emulator): ...\n")
    result = pytester.runpytest_inprocess("-p", "asl_emulator", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*allow_blocked='mturk' is neither True nor False"])


def test_errors_of_another_kind_are_not_recorded() -> None:
    with Emulator() as world:
        with suppress(Exception):
            world.client("sqs").get_queue_url(QueueName="none")
        with pytest.raises(NotEmulatedError):
            world.client("glue").start_job_run(JobName="j")
        assert len(world.blocked) == 1


def test_an_except_that_names_the_error_expects_it() -> None:
    seen: list[str] = []
    with Emulator() as emulator:

        def helper() -> None:
            try:
                emulator.client("frauddetector").get_detectors()
            except (KeyError, RealAwsBlockedError):
                seen.append("refused")

        def other() -> None:
            with suppress(RealAwsBlockedError):
                emulator.client("frauddetector").get_detectors()

        helper()
        other()
    assert (seen, len(emulator.blocked)) == (["refused"], 2)


# Taking calls off ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [CALL, CALL.lower(), "the text"])
def test_a_call_is_taken_off_by_its_operation(named: str) -> None:
    with Emulator() as world:
        for _ in range(1 if named == "the text" else 2):
            with suppress(RealAwsBlockedError):
                refused()
        world.blocked.remove(world.blocked[0] if named == "the text" else named)
        assert world.blocked == []


def test_an_operation_that_moto_lacks_is_taken_off_by_its_name(emulator: Emulator) -> None:
    with suppress(NotEmulatedError):
        boto3.client("iot").list_v2_logging_levels()
    emulator.blocked.remove("iot:ListV2LoggingLevels")
    assert emulator.blocked == []


@pytest.mark.parametrize("wrong", ["mturk-requester:GetBalance", "GetAccountBalance", "mturk-requester", ""])
def test_a_call_that_was_not_refused_is_named_with_those_that_were(wrong: str) -> None:
    with Emulator(allow_blocked=True) as world:
        with suppress(RealAwsBlockedError):
            refused()
        with pytest.raises(ValueError, match=f"'{wrong}' is not in emulator.blocked. There are: {CALL}\\n    fix: "):
            world.blocked.remove(wrong)
        world.blocked.clear()
        with pytest.raises(ValueError, match="There are: none"):
            world.blocked.remove(wrong)
