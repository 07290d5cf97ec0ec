"""Differences in the releases of the original, each in the profiles that have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator.tasks import NotInProfileError, Profile, TaskAbortError, TaskError, TriggerError, task

if TYPE_CHECKING:
    from tests.emulator.tasks.conftest import World


def aborting(world: World, answer: Any) -> Any:
    """A run that does not check for the user's abort, which happens during it."""

    def run(ctx: Any) -> Any:
        world.tasks.abort(ctx.store.get_task().id, "enough")
        return answer(ctx)

    return run


def stored_by(world: World, use: Any, input: Any) -> Any:
    """The input after a run that uses the store and is done."""

    def run(ctx: Any) -> Any:
        world.writes()
        use(ctx.store)
        return ctx.response.done()

    made, response = world.once(run, input)
    assert response["status"] == "done", response
    return made.input


@pytest.mark.case(81, profile="webiny_5_39")
def test_a_task_whose_definition_is_gone_fails_up_to_5_40_6(world: World) -> None:
    """As 5.40.6 did when it was run: the record and its log say so, and the answer has the stored input."""
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe", {"a": 1})
    world.build()
    message = f'Task "{made.id}" cannot be executed because there is no "probe" definition plugin.'
    error = {"message": message, "code": "TASK_DEFINITION_ERROR", "data": {"definitionId": "probe"}}
    data = {"definitionId": "probe", "input": {"a": 1}}
    assert world.run(made)["error"] == {**error, "data": data}
    stored = world.task(made)
    assert (stored.status, stored.iterations, stored.output) == ("failed", 0, {"error": error})
    assert stored.finished_on is not None
    assert world.messages(made) == [[message]]


@pytest.mark.case(81, profile="webiny_5_41")
def test_a_task_whose_definition_is_gone_remains_as_it_was_from_5_41_on(world: World) -> None:
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe", {"a": 1})
    world.build()
    assert world.run(made)["error"]["data"] == {"definitionId": "probe"}
    assert world.task(made) == made
    assert world.messages(made) == []


def test_the_statuses_are_checked_before_the_definition_up_to_5_40_6(world: World) -> None:
    world.profile = Profile.webiny_5_39()
    made, _ = world.once(lambda ctx: ctx.response.done())
    world.build()
    assert world.run(made)["error"] == {"message": "Task is already done, cannot run it again."}


@pytest.mark.parametrize(("profile", "nested"), [("webiny_5_39", True), ("webiny_5_41", False), ("documented", False)])
def test_the_error_for_a_missing_task_holds_the_whole_answer_up_to_5_40_6(
    world: World, profile: str, nested: bool
) -> None:
    world.profile = Profile.named(profile)
    world.build()
    answer = world.run("0" * 24)
    missing = f'Task "{"0" * 24}" cannot be executed because it does not exist.'
    error = {"message": missing, "code": "TASK_NOT_FOUND"}
    assert answer["error"] == ({**answer, "error": error} if nested else error)


@pytest.mark.parametrize("profile", ["webiny_5_39", "webiny_5_41", "webiny_6"])
def test_an_empty_text_is_stored_as_null_in_the_releases(world: World, profile: str) -> None:
    """The releases' DynamoDB client writes it so; what was just given is still as it was given."""
    world.profile = Profile.named(profile)
    seen: list[Any] = []

    def run(ctx: Any) -> Any:
        seen.append(ctx.input)
        ctx.store.update_output({"at": ""})
        seen.append(ctx.store.get_output())
        return ctx.response.done("m", {"text": "", "deep": [{"x": ""}, ""], "full": "f"})

    made, answer = world.once(run, {"text": "", "n": 0, "list": [""]}, database_logs=True)
    assert seen == [{"text": None, "n": 0, "list": [None]}, {"at": ""}]
    assert answer["output"] == {"text": "", "deep": [{"x": ""}, ""], "full": "f"}
    assert made.output == {"text": None, "deep": [{"x": None}, None], "full": "f"}
    assert made.input == {"text": None, "n": 0, "list": [None]}


def test_an_empty_text_is_kept_otherwise(world: World) -> None:
    made, _ = world.once(lambda ctx: ctx.response.done("m", {"a": ctx.input["b"]}), {"b": ""})
    assert (made.input, made.output) == ({"b": ""}, {"a": ""})


ABSENT = object()


@pytest.mark.parametrize(
    ("arguments", "before", "after"),
    [
        (("m", {}), {}, ABSENT),
        (({},), {}, ABSENT),
        (("m", None), None, ABSENT),
        ((None,), None, ABSENT),
        (("m", ""), "", ABSENT),
        (("m", []), [], ABSENT),
        (("m", 0), 0, ABSENT),
        (("m", 5), 5, ABSENT),
        (("m", False), False, ABSENT),
        (("m", "x"), "x", "x"),
        (("m", [1]), [1], [1]),
        (([1],), [1], [1]),
        (("m", {"a": 1}), {"a": 1}, {"a": 1}),
        (("m",), ABSENT, ABSENT),
        ((), ABSENT, ABSENT),
    ],
)
@pytest.mark.parametrize("profile", ["webiny_5_39", "webiny_5_41"])
def test_an_output_is_answered_and_stored_as_in_the_release(
    world: World, profile: str, arguments: Any, before: Any, after: Any
) -> None:
    """As 5.40.6 and 5.41.0 did when they were run: the first keeps what is given, the second what has keys."""
    world.profile = Profile.named(profile)
    made, answer = world.once(lambda ctx: ctx.response.done(*arguments))
    output = before if profile == "webiny_5_39" else after
    assert answer.get("output", ABSENT) == output
    assert made.status == "success"
    assert made.output == (None if output in (ABSENT, "") else output)


@pytest.mark.parametrize("profile", ["webiny_5_39", "webiny_5_41", "webiny_6"])
@pytest.mark.parametrize(
    ("arguments", "added"),
    [
        ((None,), {}),
        (("abc",), {"0": "a", "1": "b", "2": "c"}),
        (([1, 2],), {"0": 1, "1": 2}),
        ((5,), {}),
        ((True,), {}),
        (("",), {}),
        ((), {}),
        (({"x": ""},), {"x": None}),
    ],
)
def test_a_run_goes_on_with_any_input_in_the_releases(
    world: World, profile: str, arguments: Any, added: dict[str, Any]
) -> None:
    world.profile = Profile.named(profile)

    def run(ctx: Any) -> Any:
        return (
            ctx.response.done("m", {"seen": ctx.input}) if ctx.input.get("last") else ctx.response.continue_(*arguments)
        )

    made, answer = world.once(run, {"a": 1})
    assert answer["status"] == "continue"
    assert answer.get("input", ABSENT) == (arguments[0] if arguments else ABSENT)
    assert (made.status, made.input) == ("running", {"a": 1, **added})


def test_a_log_has_no_empty_text_either(world: World) -> None:
    world.profile = Profile.webiny_5_39()
    made, _ = world.once(lambda ctx: ctx.response.continue_({"text": ""}))
    assert world.logs(made)[0].items[0].data == {"text": None}


@pytest.mark.parametrize("given", [(None,), ("abc",), ([1, 2],), ()])
def test_the_input_of_continue_is_an_object_otherwise(world: World, given: Any) -> None:
    made, answer = world.once(lambda ctx: ctx.response.continue_(*given))
    assert (answer["status"], made.status) == ("error", "failed")
    assert answer["error"]["message"].startswith("continue_: ")


@pytest.mark.parametrize(("profile", "name"), [("documented", ""), ("webiny_5_39", None), ("webiny_5_41", None)])
def test_the_log_of_aborting_a_pending_task_has_no_execution(world: World, profile: str, name: str | None) -> None:
    world.profile = Profile.named(profile)
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    world.tasks.abort(made.id)
    [log] = world.logs(made)
    assert (log.execution_name, log.to_dict()["executionName"]) == (name, name)


@pytest.mark.parametrize(("profile", "kept"), [("documented", False), ("webiny_5_39", True), ("webiny_5_41", False)])
def test_the_stack_of_an_error_object(world: World, profile: str, kept: bool) -> None:
    """5.40.6 keeps the object as it is; 5.41.0 leaves its stack out."""
    world.profile = Profile.named(profile)
    given = {"message": "m", "code": "C", "stack": "somewhere", "extra": 1}
    made, answer = world.once(lambda ctx: ctx.response.error(given), {"a": 1})
    assert ("stack" in answer["error"], "stack" in str(made.output)) == (kept, kept)
    assert answer["error"]["extra"] == 1


@pytest.mark.parametrize(
    ("profile", "given", "stored"),
    [("webiny_5_39", "text", "text"), ("webiny_5_41", [1], [1]), ("webiny_5_39", "", {}), ("webiny_5_41", 0, {})],
)
def test_a_task_is_triggered_with_any_input_in_the_releases(
    world: World, profile: str, given: Any, stored: Any
) -> None:
    world.profile = Profile.named(profile)
    made, answer = world.once(lambda ctx: ctx.response.done("m", {"seen": ctx.input}), given)
    assert (made.input, answer["output"]) == (stored, {"seen": stored})


@pytest.mark.parametrize(
    ("profile", "message", "code"),
    [
        ("webiny_5_39", "Could not create the Event Bridge Event!", "CREATE_EVENT_BRIDGE_EVENT_ERROR"),
        ("webiny_5_41", "Could not trigger the step function!", "TRIGGER_STEP_FUNCTION_ERROR"),
    ],
)
def test_a_transport_without_an_answer_in_the_words_of_the_release(
    world: World, profile: str, message: str, code: str
) -> None:
    world.profile = replace(Profile.named(profile), transport="silent")
    silent: Any = {"silent": lambda tasks: lambda task, delay: {}}
    world.build(task(id="probe", title="Probe")(lambda ctx: ctx.response.done()), transports=silent)
    with pytest.raises(TriggerError) as refused:
        world.tasks.trigger("probe")
    assert (str(refused.value), refused.value.code) == (message, code)


@pytest.mark.parametrize("profile", ["documented", "webiny_5_39", "webiny_5_41"])
def test_an_input_over_the_size_of_an_item_is_refused_in_clear_words(world: World, profile: str) -> None:
    world.profile = Profile.named(profile)
    world.define(lambda ctx: ctx.response.done())
    with pytest.raises(TaskError) as refused:
        world.tasks.trigger("probe", {"x": "y" * 420_000})
    assert str(refused.value) == "Item size has exceeded the maximum allowed size"
    assert refused.value.code == "CREATE_ENTRY_ERROR"
    assert any("at most 400 KB" in note for note in refused.value.__notes__)
    assert not world.tasks.list()


def test_the_last_release_has_no_locale(world: World) -> None:
    world.profile = Profile.webiny_6()
    made, answer = world.once(lambda ctx: ctx.response.done())
    assert "locale" not in answer
    event = {key: value for key, value in world.event(made).items() if key != "locale"}
    assert "invalidFields" not in str(world.handler({"payload": event}, None))


@pytest.mark.case(104, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
def test_an_error_without_a_message_fails_the_record_and_then_its_log(world: World) -> None:
    """As recorded from 5.40.6, for a thrown text: the log's entry lacks its message, and that is what is answered."""
    made, response = world.once(lambda ctx: ctx.response.error({}), {"how": "throwString"}, database_logs=True)
    problem = {
        "id": "message",
        "fieldId": "message",
        "storageId": "text@message",
        "error": "Message is required.",
        "parents": ["items", "0"],
    }
    assert response["error"] == {
        "message": "Validation failed.",
        "code": "VALIDATION_FAILED",
        "data": {"0": problem, "input": {"how": "throwString"}},
    }
    assert (made.status, made.output) == ("failed", {"error": {}})
    assert world.messages(made) == [[]]


@pytest.mark.parametrize("message", ["", "boom"])
def test_an_error_with_an_empty_text_has_an_entry_all_the_same(world: World, message: str) -> None:
    made, response = world.once(lambda ctx: ctx.response.error(message))
    assert (response["error"]["message"], made.status) == (message, "failed")
    assert world.messages(made) == [[message or "Task failed."]]


@pytest.mark.case(104)
def test_what_is_no_exception_cannot_be_raised(world: World) -> None:
    def run(ctx: Any) -> Any:
        raise "text"  # type: ignore[misc]  # noqa: B016

    made, response = world.once(run)
    assert response["error"]["message"] == "exceptions must derive from BaseException"
    assert made.status == "failed"


@pytest.mark.case(108, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
def test_aborted_without_an_abort_leaves_the_record_running(world: World) -> None:
    made, response = world.once(lambda ctx: ctx.response.aborted(), database_logs=True)
    assert response["status"] == "aborted"
    assert (made.status, made.finished_on, world.messages(made)) == ("running", None, [[]])


@pytest.mark.case(114, 118, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
@pytest.mark.parametrize(
    ("options", "wait"),
    [
        ({"seconds": 1.5}, 1.5),
        ({"seconds": 2.0}, 2),
        ({"seconds": 7, "date": datetime(2999, 1, 1, tzinfo=UTC)}, 7),
        ({"seconds": "abc"}, "abc"),
        ({"seconds": 0.5}, None),
        ({"seconds": 999_999_999}, 30_672_000),
    ],
)
def test_waits_as_they_are_given(world: World, options: dict[str, Any], wait: Any) -> None:
    _, response = world.once(lambda ctx: ctx.response.continue_({}, **options))
    assert response.get("wait") == wait


@pytest.mark.case(116, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
def test_a_date_keeps_its_fraction(world: World) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    ahead = timedelta(seconds=12.345)
    world.build(
        task(id="wait", title="Wait")(lambda ctx: ctx.response.continue_({}, date=now + ahead)), now=lambda: now
    )
    assert world.run(world.tasks.trigger("wait"))["wait"] == 12.345


@pytest.mark.case(119, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
def test_seconds_of_nothing_win_over_a_date(world: World) -> None:
    far = datetime(2999, 1, 1, tzinfo=UTC)
    _, response = world.once(lambda ctx: ctx.response.continue_({}, seconds=None, date=far))
    assert "wait" not in response
    _, response = world.once(lambda ctx: ctx.response.continue_({}, date=far))
    assert response["wait"] == 30_672_000


def test_a_plain_object_keeps_its_wait(world: World) -> None:
    world.profile = Profile.webiny_5_41()
    _, response = world.once(lambda ctx: {"status": "continue", "input": {}, "wait": 1.5})
    assert response["wait"] == 1.5


@pytest.mark.case(126, 127, profile=("webiny_5_39", "webiny_5_41"))
@pytest.mark.parametrize(
    ("answer", "hook"),
    [(lambda r: r.done("m", {"o": 1}), "on_done"), (lambda r: r.error("boom"), "on_error")],
)
def test_hooks_get_the_record_from_before(world: World, answer: Any, hook: str) -> None:
    seen: list[Any] = []
    definition = world.define(lambda ctx: answer(ctx.response))
    note = getattr(definition, hook)
    note(lambda task: seen.append((task.status, task.iterations, task.output, world.task(task).status)))
    world.run(world.tasks.trigger("probe"))
    assert seen == [("pending", 0, None, "running")]


@pytest.mark.case(126, 127, profile="webiny_6")
@pytest.mark.parametrize(
    ("answer", "hook", "told"),
    [
        (lambda r: r.done("m", {"o": 1}), "on_done", ("success", 1, {"o": 1}, "success")),
        (lambda r: r.error("e"), "on_error", ("failed", 1, {"error": {"message": "e"}}, "failed")),
    ],
)
def test_hooks_get_the_stored_record(world: World, answer: Any, hook: str, told: Any) -> None:
    seen: list[Any] = []
    definition = world.define(lambda ctx: answer(ctx.response))
    note = getattr(definition, hook)
    note(lambda task: seen.append((task.status, task.iterations, task.output, world.task(task).status)))
    world.run(world.tasks.trigger("probe"))
    assert seen == [told]


@pytest.mark.case(146, 147, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
@pytest.mark.parametrize(
    ("answer", "said", "status"),
    [
        (lambda ctx: ctx.response.continue_({"b": 2}), "continue", "running"),
        (lambda ctx: ctx.response.done("finished"), "done", "success"),
        (lambda ctx: ctx.response.error("boom"), "error", "failed"),
    ],
)
def test_an_abort_that_the_run_overlooks_is_lost(world: World, answer: Any, said: str, status: str) -> None:
    made, response = world.once(aborting(world, answer), {"a": 1}, database_logs=True)
    assert (response["status"], made.status) == (said, status)
    assert "enough" not in world.messages(made)[0], "the entry goes with the last batch, too"


@pytest.mark.case(145, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
def test_a_run_sees_the_abort_at_its_next_save_there_too(world: World) -> None:
    def look(ctx: Any) -> Any:
        seen = [ctx.is_aborted()]
        ctx.store.add_info_log("a log entry")
        seen.append(ctx.is_aborted())
        ctx.store.update_input({"position": 1})
        assert [*seen, ctx.is_aborted()] == [False, False, True]
        return ctx.response.aborted()

    made, response = world.once(aborting(world, look), database_logs=True)
    assert (response["status"], made.status) == ("aborted", "aborted")


@pytest.mark.case(152, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        (1, "1", False),
        (0, False, False),
        ("", 0, True),
        ("1e2", 100, False),
        ("1_0", 10, True),
        ([1, {"b": "2"}], ["1", {"b": 2}], False),
        (1, "one", True),
        (0, None, True),
        ([1], [1, 2], True),
        ({"b": 1}, {"c": 1}, True),
    ],
)
def test_equality_is_loose(world: World, old: Any, new: Any, *, written: bool) -> None:
    def use(store: Any) -> None:
        store.update_input({"a": new})
        assert bool(world.writes()) is written

    assert stored_by(world, use, {"a": old}) == {"a": new if written else old}


@pytest.mark.case(155, 156, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (True, False, True),
        ([1], [2], [1, 2]),
        ([1], [1], [1, 1]),
        ({"x": [1], "y": 1}, {"x": [2], "z": 2}, {"x": [1, 2], "y": 1, "z": 2}),
        ("text", "", "text"),
        ("text", None, "text"),
        ("text", "more", "more"),
        ([1], 5, [1]),
        (2, 1, 1),
        (1, None, 1),
        (0, {}, 0),
        (7, True, 7),
        (7, "x", "x"),
        (False, None, False),
        (False, 0, 0),
        (True, "x", "x"),
        (None, False, False),
        ("x", 5, "x"),
        ("x", True, "x"),
        ("x", {}, "x"),
        ("x", {"a": 1}, {"a": 1}),
        ("", 5, 5),
        ({}, 3, 3),
        ({}, "", {}),
        ({}, [], []),
        ({"a": 1}, [], {"a": 1}),
        ({"a": 1}, [1], [1]),
        ({"a": 1}, "x", {"a": 1}),
        ([], 3, 3),
        ([], {}, []),
        ([], True, []),
        ([1], {"a": 1}, [1]),
    ],
)
def test_the_richer_of_two_unsaved_values_wins(world: World, first: Any, second: Any, kept: Any) -> None:
    def use(store: Any) -> None:
        store.update_input({"a": first}, save=False)
        store.update_input({"a": second}, save=False)
        store.save()

    assert stored_by(world, use, {}) == {"a": kept}


def test_an_unsaved_input_and_continue_join_their_lists(world: World) -> None:
    world.profile = Profile.webiny_5_41()

    def run(ctx: Any) -> Any:
        ctx.store.update_input({"done": [1]}, save=False)
        return ctx.response.continue_({**ctx.input, "done": [1]})

    made, response = world.once(run, {"a": 1})
    assert response["input"] == {"a": 1, "done": [1]}
    assert made.input == {"a": 1, "done": [1, 1]}


@pytest.mark.case(165, profile=("webiny_5_39", "webiny_5_41", "webiny_6"))
def test_only_the_last_batch_of_entries_survives(world: World) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.add_info_log("a")
        ctx.store.add_info_log("b")
        return ctx.response.continue_({})

    made, _ = world.once(run, database_logs=True)
    assert world.messages(made) == [["Task continuing."]]
    world.tasks.abort(made.id, "enough")
    assert world.messages(made) == [["Task continuing.", "enough"]], "an abort adds its entry"


@pytest.mark.case(177, profile="webiny_5_39")
def test_outputs_have_no_cap_before_5_41(world: World) -> None:
    made, response = world.once(lambda ctx: ctx.response.done({"k": "x" * 240_000}))
    assert len(response["output"]["k"]) == 240_000
    assert made.output == response["output"]


@pytest.mark.case(177, 178, profile=("webiny_5_41", "webiny_6"))
def test_outputs_have_a_cap_from_5_41_on(world: World) -> None:
    made, response = world.once(lambda ctx: ctx.response.done({"k": "x" * 240_000}))
    assert response["output"] == made.output
    assert response["output"]["max"] == 237_568


@pytest.mark.case(168, profile="webiny_6")
def test_logs_are_written_when_asked_for(world: World) -> None:
    def run(ctx: Any) -> Any:
        ctx.store.add_info_log("one")
        return ctx.response.done()

    made, response = world.once(run)
    assert (world.logs(made), response["status"]) == ([], "done")
    made, _ = world.once(run, database_logs=True)
    assert world.messages(made) == [["Task done."]]


def test_the_input_of_continue_may_replace_the_stored_one(world: World) -> None:
    world.profile = replace(Profile.documented(), continue_input="replace")
    made, _ = world.once(lambda ctx: ctx.response.continue_({"b": 2}), {"a": 1})
    assert made.input == {"b": 2}


def test_the_limit_of_iterations_may_be_another(world: World) -> None:
    """5.39.0 to 5.39.2 had 500."""
    world.profile = replace(Profile.webiny_5_39(), default_max_iterations=2)
    made, _ = world.once(lambda ctx: ctx.response.continue_({}))
    assert world.run(made)["status"] == "continue"
    assert world.run(made)["error"]["message"] == "Task reached max iterations."
    made, _ = world.once(lambda ctx: ctx.response.continue_({}), max_iterations=1)
    assert world.run(made)["error"]["message"] == "Task reached max iterations."


@pytest.mark.parametrize(
    ("profile", "attributes", "said"),
    [
        ("webiny_5_39", {"database_logs": False}, "database_logs=False came with 5.41"),
        ("webiny_5_41", {"self_cleanup": "always"}, "self_cleanup came with 6.3"),
        ("webiny_5_41", {"validate_input": dict}, "validate_input came with 6.0"),
    ],
)
def test_what_a_release_does_not_have_is_refused(
    world: World, profile: str, attributes: dict[str, Any], said: str
) -> None:
    world.profile = Profile.named(profile)
    world.define(lambda ctx: ctx.response.done(), **attributes)
    with pytest.raises(NotInProfileError, match=f"^{said}; it is not in profile {profile}.$"):
        world.tasks.trigger("probe")
    assert not world.tasks.list()


def test_children_cannot_be_listed_by_the_store_before_5_41(world: World) -> None:
    world.profile = Profile.webiny_5_39()
    made, response = world.once(lambda ctx: ctx.store.list_child_tasks())
    assert response["error"]["message"].startswith("store.list_child_tasks came with 5.41; use tasks.list(")
    assert made.status == "failed"


@pytest.mark.case(142, profile="webiny_5_41")
def test_an_ended_task_cannot_be_aborted_there_either(world: World) -> None:
    made, _ = world.once(lambda ctx: ctx.response.done())
    with pytest.raises(TaskAbortError, match="not pending or running"):
        world.tasks.abort(made.id)


@pytest.mark.parametrize("profile", ["webiny_5_39", "webiny_5_41"])
def test_entries_that_are_not_saved_are_lost_with_the_last_one(world: World, profile: str) -> None:
    """They are saved with the end of the task, and then the last entry replaces them."""
    world.profile = Profile.named(profile)

    def run(ctx: Any) -> Any:
        ctx.store.add_info_log("one", save=False)
        ctx.store.add_info_log("two", save=False)
        return ctx.response.done("m")

    made, _ = world.once(run)
    assert world.messages(made) == [["m"]]


def refused(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)


@pytest.mark.parametrize(("profile", "code"), [("documented", None), ("webiny_5_39", "UPDATE_ERROR")])
def test_an_error_of_dynamodb_has_the_code_of_the_release_s_storage(
    world: World, profile: str, code: str | None
) -> None:
    world.profile = Profile.named(profile)
    world.define(lambda ctx: ctx.response.done())
    made = world.tasks.trigger("probe")
    world.fail_writes(refused("UpdateItem"), status="running")
    error = world.run(made)["error"]
    assert (error["message"], error.get("code")) == ("slow down", code)


@pytest.mark.parametrize("profile", ["webiny_5_39", "webiny_5_41"])
def test_an_error_of_dynamodb_when_a_task_is_created(world: World, profile: str) -> None:
    world.profile = Profile.named(profile)
    world.define(lambda ctx: ctx.response.done())
    world.fault = lambda operation, _: refused("PutItem") if operation == "put_item" else None
    with pytest.raises(TaskError) as failed:
        world.tasks.trigger("probe")
    assert (str(failed.value), failed.value.code) == ("slow down", "CREATE_ENTRY_ERROR")


@pytest.mark.parametrize("given", [None, 5, True])
def test_an_error_that_is_no_object_has_no_message(world: World, given: Any) -> None:
    """As 5.41.0 did when it was run."""
    world.profile = Profile.webiny_5_41()
    made, answer = world.once(lambda ctx: ctx.response.error(given))
    assert answer["error"]["message"] == "Validation failed."
    assert made.output == {"error": {}}
