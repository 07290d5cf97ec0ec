"""What a task raised is shown to people: its type, text, file and line; what is stored for programs is as it was."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from emulator.cli.task_report import document, report_lines
from emulator.taskbench import TaskBench
from emulator.tasks import PROFILES, task

pytest_plugins = ["pytester"]


def deep(input: Any) -> None:
    raise ValueError(f"nope {input}")


LINE = deep.__code__.co_firstlineno + 1


@task(title="Boom")
def boom(ctx: Any) -> Any:
    deep(1)


@task(title="Answers")
def answers(ctx: Any) -> Any:
    try:
        deep(2)
    except ValueError as error:
        ctx.store.add_error_log("it went wrong", error)
        return ctx.response.error(error)


@task(title="Plain")
def plain(ctx: Any) -> Any:
    return ctx.response.error("nope")


@task(title="Long")
def long(ctx: Any) -> Any:
    raise ValueError("a" + "y" * 150_000 + "z")


@task(title="Long text")
def long_text(ctx: Any) -> Any:
    return ctx.response.error("a" + "y" * 150_000 + "z")


@pytest.fixture
def bench(emulator: Any) -> TaskBench:
    tasks: TaskBench = emulator.tasks
    return tasks


def shows(text: str | None, said: str) -> bool:
    return text is not None and text.startswith(said) and f'File "{__file__}", line {LINE}, in deep' in text


@pytest.mark.parametrize("profile", list(PROFILES))
def test_the_record_and_the_log_say_what_was_raised_and_where(bench: TaskBench, profile: str) -> None:
    bench.profile = profile
    definition = task(id="boom", title="Boom", database_logs=True)(boom.run)
    run = bench.trigger(definition).run_to_end()
    assert shows(run.task.raised, "ValueError: nope 1")
    [item] = run.logs[0].items
    assert shows(item.raised, "ValueError: nope 1")
    assert "raised" not in str(run.task.to_dict()) + str(run.logs[0].to_dict())
    assert run.task.output == {"error": {"message": "nope 1"}}
    assert item.to_dict()["error"] == {"message": "nope 1"}


def test_an_exception_that_is_answered_is_shown_as_well(bench: TaskBench) -> None:
    run = bench.trigger(answers).run_to_end()
    assert shows(run.task.raised, "ValueError: nope 2")
    assert [shows(item.raised, "ValueError: nope 2") for item in run.logs[0].items] == [True, True]


def test_a_text_was_not_raised(bench: TaskBench) -> None:
    run = bench.trigger(plain).run_to_end()
    assert (run.task.raised, run.logs[0].items[0].raised) == (None, None)


def test_it_is_logged(bench: TaskBench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        bench.trigger(boom).run_to_end()
    assert 'of "boom" raised ValueError: nope 1\n' in caplog.text
    assert f"line {LINE}, in deep" in caplog.text


def test_the_command_line_shows_it(bench: TaskBench) -> None:
    run = bench.trigger(boom).run_to_end()
    lines = report_lines(run, real_seconds=1, width=100)
    at = lines.index("             error: nope 1")
    assert lines[at + 1].strip() == "ValueError: nope 1"
    assert lines[at + 2].strip() == f'File "{__file__}", line {LINE}, in deep'
    assert shows(document(run, real_seconds=1)["raised"], "ValueError: nope 1")


def test_a_failing_test_shows_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from emulator.tasks import task

        @task(title="Boom")
        def boom(ctx):
            raise LookupError("nope")

        def test_it(emulator):
            assert emulator.tasks.trigger(boom).run_to_end().task.status == "success"
        """
    )
    shown = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider").stdout.str()
    assert "LookupError: nope" in shown
    assert 'test_a_failing_test_shows_it.py", line 5, in boom' in shown


def test_the_logs_of_a_server_have_it(bench: TaskBench) -> None:
    from emulator.tasks.graphql import execute

    run = bench.trigger(boom).run_to_end()
    query = "query($id: ID!) { backgroundTasks { getTask(id: $id) { data { logs { items { message raised } } } } } }"
    answer = execute(bench.tasks, query, {"id": run.id})
    [item] = answer["data"]["backgroundTasks"]["getTask"]["data"]["logs"][0]["items"]
    assert item["message"] == "nope 1"
    assert shows(item["raised"], "ValueError: nope 1")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_long_text_that_was_raised_fits_beside_the_error(bench: TaskBench, profile: str) -> None:
    bench.profile = profile
    runs = [bench.trigger(each).run_to_end() for each in (long, long_text)]
    assert [run.execution.error for run in runs] == ["a" + "y" * 150_000 + "z"] * 2
    assert [[len(item.message) for log in run.logs for item in log.items] for run in runs] in (
        [[150_002]] * 2,
        [[], []],
    )
    shown = str(runs[0].task.raised)
    assert shown.startswith("ValueError: ayy")
    assert "yyz\n" in shown
    assert ", in long" in shown
    assert len(shown) < 4_100
