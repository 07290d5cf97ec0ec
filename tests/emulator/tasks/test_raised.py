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


class BrokenTextError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class NoTextError(Exception):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]


class BrokenCodeError(Exception):
    @property
    def code(self) -> str:
        raise KeyError("no code")


class BrokenDataError(Exception):
    @property
    def data(self) -> str:
        raise KeyError("no data")


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (BrokenTextError(), "<str() of it raises RuntimeError>"),
        (NoTextError(), "<str() of it raises TypeError>"),
        (BrokenCodeError("x"), "x"),
        (BrokenDataError("x"), "x"),
    ],
)
def test_an_exception_whose_parts_raise_fails_its_task(
    bench: TaskBench, error: Exception, message: str, profile: str
) -> None:
    bench.profile = profile

    @task(title="Odd")
    def odd(ctx: Any) -> Any:
        raise error

    run = bench.trigger(odd).run_to_end()
    assert (run.task.status, run.task.output) == ("failed", {"error": {"message": message}})
    assert str(run.task.raised).startswith(f'{type(error).__name__}: {message}\n  File "{__file__}", line ')


def test_exceptions_behind_the_raised_one_are_shown(bench: TaskBench) -> None:
    @task(title="From")
    def from_(ctx: Any) -> Any:
        try:
            deep(1)
        except ValueError as error:
            raise RuntimeError("outer") from error

    @task(title="Context")
    def context(ctx: Any) -> Any:
        try:
            deep(1)
        except ValueError:
            str(ctx.input["key"])

    @task(title="Group")
    def group(ctx: Any) -> Any:
        try:
            deep(1)
        except ValueError as error:
            raise ExceptionGroup("many", [error, TypeError("b")]) from None

    @task(title="Note")
    def note(ctx: Any) -> Any:
        error = ValueError("noted")
        error.add_note("a note")
        raise error

    def lines(definition: Any) -> list[str]:
        return str(bench.trigger(definition).run_to_end().task.raised).splitlines()

    place = f'  File "{__file__}", line {LINE}, in deep'
    for definition, first, second in (
        (from_, "RuntimeError: outer", "because of ValueError: nope 1"),
        (context, "KeyError: 'key'", "because of ValueError: nope 1"),
        (group, "ExceptionGroup: many (2 sub-exceptions)", "one of it: ValueError: nope 1"),
    ):
        shown = lines(definition)
        assert (shown[0], shown[shown.index(second) + 1]) == (first, place)
    assert "one of it: TypeError: b" in lines(group)
    assert lines(note)[:2] == ["ValueError: noted", "a note"]


def test_the_servers_log_has_what_a_hook_raised(bench: TaskBench, caplog: pytest.LogCaptureFixture) -> None:
    from emulator.tasks.graphql import execute

    @task(title="Vetoed")
    def vetoed(ctx: Any) -> Any:
        raise AssertionError("it is never run")

    @vetoed.on_before_trigger
    def veto(data: Any) -> None:
        deep(3)

    bench.register(vetoed)
    query = "mutation { backgroundTasks { triggerTask(definition: vetoed) { error { message } } } }"
    with caplog.at_level(logging.ERROR):
        answer = execute(bench.tasks, query)
    assert answer["data"]["backgroundTasks"]["triggerTask"]["error"] == {"message": "nope 3"}
    assert "operation failed: ValueError: nope 3\n" in caplog.text
    assert f"line {LINE}, in deep" in caplog.text


class EndOfProcess(BaseException):
    pass


@pytest.mark.parametrize("error", [EndOfProcess("bye"), GeneratorExit("bye"), SystemExit("bye")])
def test_what_is_no_exception_is_logged_with_its_line(
    bench: TaskBench, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    @task(title="Leaves")
    def leaves(ctx: Any) -> Any:
        raise error

    with caplog.at_level(logging.ERROR):
        bench.trigger(leaves).run_to_end()
    assert f'Task "leaves" raised {type(error).__name__}: bye\n  File "{__file__}", line ' in caplog.text


def test_the_json_document_has_it_in_the_logs(bench: TaskBench) -> None:
    run = bench.trigger(boom).run_to_end()
    [entry] = document(run, real_seconds=1)["logs"][0]["items"]
    assert shows(entry["raised"], "ValueError: nope 1")
