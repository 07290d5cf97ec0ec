"""One scenario under several profiles: what differs, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator import EmulatorError
from emulator.taskcompare import compare_profiles
from emulator.tasks import task

if TYPE_CHECKING:
    from emulator.taskbench import TaskBench


@task(title="Plain")
def plain(ctx: Any) -> Any:
    return ctx.response.done("ready", {"self": ctx.store.get_task().id})


@task(title="Fraction")
def fraction(ctx: Any) -> Any:
    ctx.store.add_info_log("one")
    ctx.store.add_info_log("two")
    return ctx.response.done() if ctx.input.get("again") else ctx.response.continue_({"again": True}, seconds=1.5)


def test_what_is_the_same_is_no_difference() -> None:
    def scenario(tasks: TaskBench) -> None:
        tasks.trigger(plain, {"a": 1}).run_to_end()

    comparison = compare_profiles(scenario, ["documented", "webiny_5_39"])
    assert not comparison
    assert str(comparison) == "no difference between documented, webiny_5_39"


def test_answers_records_logs_and_executions_are_compared() -> None:
    def scenario(tasks: TaskBench) -> None:
        tasks.trigger(fraction).run_to_end()

    comparison = compare_profiles(scenario, ["documented", "webiny_5_41"])
    found = {difference.what: tuple(difference.values.values()) for difference in comparison.differences}
    assert found["task 1 fraction: sent by"] == ('"PutEvents"', '"StartExecution"')
    assert found["task 1 fraction: answer 1 wait"] == ("2", "1.5")
    assert found["task 1 fraction: record taskStatus"] == ('"success"', '"running"')
    assert found["task 1 fraction: execution error"] == ("null", '"States.Runtime"')
    assert found["task 1 fraction: answer 2 status"] == ('"done"', "(nothing)")
    assert '"one"' in found["task 1 fraction: log 1"][0]
    assert '"one"' not in found["task 1 fraction: log 1"][1]
    assert not [what for what in found if "executionName" in what or "eventResponse" in what]
    assert ('task 1 fraction: record taskStatus\n    documented   "success"\n    webiny_5_41  "running"\n') in str(
        comparison
    ) + "\n"


def test_profiles_that_agree_share_a_line() -> None:
    def scenario(tasks: TaskBench) -> None:
        tasks.trigger(plain).run_to_end()

    [difference] = [each for each in compare_profiles(scenario).differences if each.what == "task 1 plain: sent by"]
    assert str(difference) == (
        'task 1 plain: sent by\n    documented, webiny_5_39  "PutEvents"\n    webiny_5_41, webiny_6    "StartExecution"'
    )


def test_an_assertion_that_fails_in_one_profile_is_told() -> None:
    def scenario(tasks: TaskBench) -> None:
        run = tasks.trigger(fraction).run_to_end()
        assert run.task.status == "success", f"it is {run.task.status}"

    [first, *_] = compare_profiles(scenario, ["documented", "webiny_5_41"]).differences
    assert first.what == "scenario: raised"
    assert first.values["documented"] == "(nothing)"
    assert first.values["webiny_5_41"].startswith("AssertionError: it is running")


def test_a_task_that_cleans_up_after_itself_is_compared_by_the_events_it_left() -> None:
    def scenario(tasks: TaskBench) -> None:
        tidy = task(id="tidy", title="Tidy", self_cleanup="always")(lambda ctx: ctx.response.done())
        tasks.trigger(tidy).run_to_end()

    comparison = compare_profiles(scenario, ["documented", "webiny_6"])
    assert not comparison


def test_tasks_of_a_handler_of_one_s_own_are_compared_by_their_executions() -> None:
    def scenario(tasks: TaskBench) -> None:
        tasks.handler = lambda event, context: None
        tasks.send("theirs").run_to_end()

    found = {each.what: each.values for each in compare_profiles(scenario).differences}
    assert found["task 1 of the handler: execution error"]["webiny_5_39"] == '"States.Runtime"'
    assert found["task 1 of the handler: execution error"]["webiny_5_41"] == "null"


@pytest.mark.parametrize("profiles", [["documented"], ["documented", "documented"], []])
def test_there_must_be_two_profiles(profiles: list[str]) -> None:
    with pytest.raises(ValueError, match="two or more profiles with different names"):
        compare_profiles(lambda tasks: None, profiles)


@pytest.mark.usefixtures("emulator")
def test_an_open_emulator_is_in_the_way() -> None:
    with pytest.raises(EmulatorError, match="outside `with Emulator"):
        compare_profiles(lambda tasks: tasks.trigger(plain))


def test_a_task_without_a_record_is_compared_by_its_answers_and_its_end() -> None:
    comparison = compare_profiles(lambda tasks: tasks.send("x", id="1").run_to_end(), ["documented", "webiny_5_39"])
    assert "task 1 without a record: execution error" in str(comparison)


def test_null_in_an_answer_is_told_from_nothing() -> None:
    @task(title="Empty")
    def empty(ctx: Any) -> Any:
        return ctx.response.done("m", None)

    def scenario(tasks: TaskBench) -> None:
        tasks.register(empty)
        tasks.trigger("empty").run_to_end()

    comparison = compare_profiles(scenario, ["webiny_5_39", "webiny_5_41"])
    shown = {each.what: dict(each.values) for each in comparison.differences}
    assert shown["task 1 empty: answer 1 output"] == {"webiny_5_39": "null", "webiny_5_41": "(nothing)"}
