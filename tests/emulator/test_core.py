"""The emulator as people use it: run, start, finish, time, and what it says when it cannot."""

import json
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator import (
    DefinitionError,
    Emulator,
    EmulatorError,
    InputError,
    MissingHandlerError,
    NotEmulatedError,
    StuckExecutionError,
)
from emulator.clock import DEFAULT_START
from tests.emulator.flows import flow, task

# Handlers sleep on the virtual clock:
# ruff: noqa: TID251

INVOKE = "arn:aws:states:::lambda:invoke"


def wait(seconds: int) -> dict[str, Any]:
    return flow(Wait={"Type": "Wait", "Seconds": seconds, "End": True})


def sleeper(seconds: float) -> Any:
    def handler(event: Any, context: Any) -> Any:
        time.sleep(seconds)
        return event

    return handler


HELLO = flow(Hello={"Type": "Pass", "Result": "hello", "End": True})


# Time


def test_a_wait_of_355_days_takes_no_time(emulator: Emulator) -> None:
    run = emulator.run(wait(355 * 86_400))
    assert (run.status, run.elapsed) == ("SUCCEEDED", timedelta(days=355))
    assert emulator.clock.now() == DEFAULT_START + timedelta(days=355)
    assert run.real_ns < 10**9


def test_an_execution_that_lasts_longer_than_its_timeout_is_timed_out(emulator: Emulator) -> None:
    """``ExecutionTimedOut`` carries no error and no cause (recorded: ``test_state_machine_timeout``)."""
    run = emulator.run({**wait(86_400), "TimeoutSeconds": 10})
    assert (run.status, run.elapsed, run.error, run.cause) == ("TIMED_OUT", timedelta(seconds=10), None, None)
    assert run.history[-1]["type"] == "ExecutionTimedOut"


def test_an_execution_that_lasts_longer_than_a_year_is_timed_out(emulator: Emulator) -> None:
    run = emulator.run(wait(99_999_999))
    assert (run.status, run.elapsed) == ("TIMED_OUT", timedelta(days=365))


def test_start_leaves_the_execution_where_it_waits_and_advance_lets_it_go_on(emulator: Emulator) -> None:
    run = emulator.start(wait(100))
    assert (run.status, run.path, run.output) == ("RUNNING", ["Wait"], None)
    emulator.clock.advance(seconds=99)
    assert run.stopped_at is None
    emulator.clock.advance(timedelta(seconds=1))
    assert run.output == {}
    assert emulator.finish(run) is run


def test_advance_adds_its_parts_and_leaves_the_clock_there(emulator: Emulator) -> None:
    emulator.clock.advance(timedelta(seconds=1), days=1, hours=2, minutes=3, seconds=4)
    assert emulator.clock.now() == DEFAULT_START + timedelta(days=1, hours=2, minutes=3, seconds=5)
    emulator.clock.advance_to(datetime(2031, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert emulator.clock.now() == datetime(2031, 1, 1, tzinfo=UTC)


def test_time_does_not_go_back(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="time cannot go back: advance: seconds=-"):
        emulator.clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="time cannot go back: it is 2030-01-01T00:00:00"):
        emulator.clock.advance_to(datetime(2029, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="has no time zone; give one: tzinfo"):
        emulator.clock.advance_to(datetime(2031, 1, 1))  # noqa: DTZ001


def test_finishing_one_execution_lets_the_others_live_meanwhile(emulator: Emulator) -> None:
    short, long = emulator.start(wait(5)), emulator.start(wait(50))
    emulator.finish(long)
    assert (short.status, short.elapsed) == ("SUCCEEDED", timedelta(seconds=5))
    assert emulator.executions == [short, long]


def test_a_task_times_out_while_its_handler_sleeps_and_the_late_answer_changes_nothing(emulator: Emulator) -> None:
    calls = []

    def slow(event: Any, context: Any) -> str:
        time.sleep(60)
        calls.append(event)
        return "late"

    emulator.lambda_function("slow", slow)
    definition = flow(
        Slow=task("slow", TimeoutSeconds=5, Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Sorry"}]),
        Sorry={"Type": "Wait", "Seconds": 300, "End": True},
    )
    run = emulator.run(definition)
    assert (run.path, run.elapsed) == (["Slow", "Sorry"], timedelta(seconds=305))
    assert calls == [{}]
    assert [event["type"] for event in run.history if "LambdaFunction" in event["type"]] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionTimedOut",
    ]


def test_retries_wait_on_the_virtual_clock(emulator: Emulator) -> None:
    """``IntervalSeconds * BackoffRate ** n``, at most ``MaxDelaySeconds`` (States Language, Retry)."""
    times: list[float] = []

    def failing(event: Any, context: Any) -> None:
        times.append((datetime.now(UTC) - DEFAULT_START).total_seconds())
        raise LookupError

    emulator.lambda_function("failing", failing)
    retry = {"ErrorEquals": ["LookupError"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 5}
    run = emulator.run(flow(Try=task("failing", Retry=[{**retry, "MaxDelaySeconds": 20}])))
    assert times == [0, 3, 9, 21, 41, 61]
    assert (run.status, run.states["Try"].attempts) == ("FAILED", 6)


def test_handlers_of_branches_overlap_on_the_clock(emulator: Emulator) -> None:
    for name, seconds in (("one", 10), ("two", 25), ("three", 5)):
        emulator.lambda_function(name, sleeper(seconds))
    branches = [flow(**{name: task(name, Next="After"), "After": {"Type": "Pass", "End": True}}) for name in ("one",)]
    branches += [flow(**{name: task(name)}) for name in ("two", "three")]
    run = emulator.run(flow(All={"Type": "Parallel", "Branches": branches, "End": True}))
    assert run.elapsed == timedelta(seconds=25)
    left = {visit.name: visit.exited_at - run.started_at for visit in run.visits if visit.exited_at is not None}
    assert {name: at.total_seconds() for name, at in left.items()} == {
        "one": 10,
        "After": 10,
        "two": 25,
        "three": 5,
        "All": 25,
    }


# Workers and tokens


def test_a_missed_heartbeat_of_a_callback_fails_the_task(emulator: Emulator) -> None:
    """Recorded as ``States.Timeout`` (``test_heartbeat_timeout``); ``States.HeartbeatTimeout`` matches it too."""
    tokens: list[str] = []
    emulator.lambda_function("ask", lambda event, _: tokens.append(event["token"]))
    ask = {
        "Type": "Task",
        "Resource": f"{INVOKE}.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
        "HeartbeatSeconds": 60,
        "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}],
        "End": True,
    }
    definition = flow(Ask=ask, Late={"Type": "Succeed"})
    run = emulator.start(definition)
    client = boto3.client("stepfunctions")
    emulator.clock.advance(seconds=59)
    client.send_task_heartbeat(taskToken=tokens[0])
    emulator.clock.advance(seconds=59)
    assert run.status == "RUNNING"
    emulator.clock.advance(seconds=1)
    assert (run.status, run.path, run.output["Error"]) == ("SUCCEEDED", ["Ask", "Late"], "States.Timeout")
    with pytest.raises(client.exceptions.TaskTimedOut, match="Task Timed Out: 'Provided task does not exist anymore'"):
        client.send_task_success(taskToken=tokens[0], output="1")


def test_a_missed_heartbeat_of_an_activity_fails_the_task(emulator: Emulator) -> None:
    client = boto3.client("stepfunctions")
    arn = client.create_activity(name="work")["activityArn"]
    run = emulator.start(flow(Work={"Type": "Task", "Resource": arn, "HeartbeatSeconds": 30, "End": True}))
    emulator.clock.advance(hours=1)
    assert run.status == "RUNNING"  # nobody took the task yet: its heart does not beat
    taken = client.get_activity_task(activityArn=arn, workerName="me")
    assert taken["input"] == "{}"
    emulator.clock.advance(seconds=29)
    client.send_task_heartbeat(taskToken=taken["taskToken"])
    emulator.clock.advance(seconds=29)
    assert run.status == "RUNNING"
    emulator.clock.advance(seconds=1)
    assert (run.status, run.error) == ("FAILED", "States.Timeout")


def test_run_goes_on_when_something_ahead_can_end_the_wait(emulator: Emulator) -> None:
    arn = boto3.client("stepfunctions").create_activity(name="work")["activityArn"]
    run = emulator.run({**flow(Work={"Type": "Task", "Resource": arn, "End": True}), "TimeoutSeconds": 600})
    assert (run.status, run.elapsed) == ("TIMED_OUT", timedelta(minutes=10))


def test_one_that_nobody_will_answer_is_stuck(emulator: Emulator) -> None:
    arn = boto3.client("stepfunctions").create_activity(name="work")["activityArn"]
    with pytest.raises(StuckExecutionError) as caught:
        emulator.run(flow(Work={"Type": "Task", "Resource": arn, "End": True}), name="x")
    assert str(caught.value) == (
        "execution x waits in Work for an external worker: nothing in this emulator will continue it.\n"
        "    Work: waits for an external worker to answer (activity work), since 2030-01-01T00:00:00Z\n"
        '    fix: answer the task (run.wait_for_task_token("Work").success(...), or a worker), or give the state '
        "TimeoutSeconds or HeartbeatSeconds;\n"
        "    start(...) instead of run(...) leaves the execution waiting."
    )
    assert emulator.clock.now() == DEFAULT_START


# What it says when it cannot


def test_a_missing_handler_is_found_when_its_task_is_entered(emulator: Emulator) -> None:
    called = []
    emulator.lambda_function("charge", lambda *_: called.append(1))
    with pytest.raises(MissingHandlerError) as caught:
        emulator.run(flow(First=task("charge", Next="Second"), Second=task("chrage")))
    assert str(caught.value) == (
        "no handler for arn:aws:lambda:us-east-1:123456789012:function:chrage (state 'Second' of definition). "
        "Did you mean 'charge'?\n"
        "    registered: charge\n"
        "    fix: emulator.task('Second').returns(...) scripts its answer\n"
        "    fix: emulator.lambda_function('chrage', your_function)"
    )
    assert called == [1]
    assert [each.status for each in emulator.executions] == ["ABORTED"]


def test_a_missing_handler_whose_name_is_computed_is_found_when_it_is_called(emulator: Emulator) -> None:
    parameters = {"FunctionName.$": "$.name", "Payload": {}}
    definition = flow(Call={"Type": "Task", "Resource": INVOKE, "Parameters": parameters, "End": True})
    with pytest.raises(MissingHandlerError, match=r"no handler for refund \(state 'Call' of definition\)"):
        emulator.run(definition, {"name": "refund"})


def test_a_service_that_is_not_emulated_is_an_error_when_its_task_is_entered(emulator: Emulator) -> None:
    job = {"ClusterName": "c", "CertificateAuthority": "x", "Endpoint": "https://x", "Job": {}}
    resource = "arn:aws:states:::eks:runJob.sync"
    definition = flow(Job={"Type": "Task", "Resource": resource, "Parameters": job, "End": True})
    with pytest.raises(EmulatorError, match="Job"):
        emulator.run(definition)
    assert [each.status for each in emulator.executions] == ["ABORTED"]


def test_a_definition_is_a_path_text_or_a_value(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "greet.asl.json"
    file.write_text(json.dumps(HELLO), encoding="utf-8")
    for definition in (HELLO, json.dumps(HELLO), f"\n  {json.dumps(HELLO, indent=2)}", file, str(file)):
        assert emulator.run(definition).output == "hello"
    machine = emulator.state_machine(file)
    assert (machine.name, machine.source, machine.definition) == ("greet", str(file), json.dumps(HELLO))
    assert emulator.run(machine).output == "hello"


def test_a_relative_path_begins_at_the_root(tmp_path: Path) -> None:
    (tmp_path / "greet.asl.json").write_text(json.dumps(HELLO), encoding="utf-8")
    with Emulator(root=tmp_path) as world:
        assert world.run("greet.asl.json").output == "hello"


def test_a_file_that_is_not_there_is_named_with_its_place(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"there is no definition nope\.json \(looked for /.*/nope\.json\)"):
        emulator.run("nope.json")
    (tmp_path / "latin.json").write_bytes('{"Comment": "café"}'.encode("latin-1"))
    with pytest.raises(EmulatorError, match=r"latin\.json is not UTF-8 text"):
        emulator.run(tmp_path / "latin.json")


def test_substitutions_have_the_values_that_are_given(emulator: Emulator, tmp_path: Path) -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${What}", "End": ${Ends}}}}'
    (tmp_path / "m.asl.json").write_text(text)
    values = {"What": "done", "Ends": True}
    assert emulator.run(emulator.state_machine(tmp_path / "m.asl.json", substitutions=values)).output == "done"
    assert emulator.run(emulator.state_machine(text, substitutions=values)).output == "done"
    parts = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${What}", "End": True}}}
    assert emulator.run(emulator.state_machine(parts, substitutions={"What": "done"})).output == "done"
    assert emulator.run(emulator.state_machine(parts)).output == "${What}"


def test_a_substitution_without_a_value_is_named_where_it_does_harm(emulator: Emulator, tmp_path: Path) -> None:
    state = {"Type": "Task", "Resource": "${Function}", "Parameters": {"t": "${Table}"}, "End": True}
    (tmp_path / "m.asl.json").write_text(json.dumps({"StartAt": "A", "States": {"A": state}}))
    with pytest.raises(DefinitionError) as caught:
        emulator.run(tmp_path / "m.asl.json")
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("UNRESOLVED_SUBSTITUTION", "${Function} has no value")
    assert "substitutions={...} in Python" in str(caught.value)


def test_a_definition_in_yaml(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "m.asl.yaml").write_text(
        "StartAt: A\nStates:\n  A: {Type: Pass, Result: {when: 2030-01-01}, End: yes}\n"
    )
    assert emulator.run(tmp_path / "m.asl.yaml").output == {"when": "2030-01-01"}


def test_a_folder_is_no_definition(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=r"cannot be read: Is a directory"):
        emulator.run(tmp_path)


def test_every_problem_of_a_definition_is_told_with_file_and_line(emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "bad.asl.json"
    file.write_text('{\n  "StartAt": "A",\n  "States": {"A": {"Type": "Pass", "Next": "B"}}\n}', encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        emulator.run(file)
    assert f"{file}:3:" in str(caught.value)
    assert "MISSING_TRANSITION_TARGET" in str(caught.value)


@pytest.mark.parametrize("definition", ["{", "{}", '{"StartAt": 1, "States": []}', {}, {"StartAt": float("nan")}])
def test_a_definition_that_is_none_is_refused_in_words(emulator: Emulator, definition: Any) -> None:
    with pytest.raises((DefinitionError, InputError)):
        emulator.run(definition)


@pytest.mark.parametrize(
    "value", [{1, 2}, float("nan"), float("inf"), object(), datetime(2030, 1, 1, tzinfo=UTC), b"x"]
)
def test_an_input_that_json_cannot_hold_is_refused(emulator: Emulator, value: Any) -> None:
    with pytest.raises(InputError, match="not a JSON value"):
        emulator.run(HELLO, value)


def test_an_input_nested_too_deep_is_refused(emulator: Emulator) -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InputError, match="not a JSON value"):
        emulator.run(HELLO, value)


def test_an_input_of_more_than_256_kib_is_refused(emulator: Emulator) -> None:
    with pytest.raises(InputError, match="the input has 307,202 bytes; StartExecution takes 262,144 at most"):
        emulator.run(HELLO, "x" * 307_200)
    assert emulator.run(flow(A={"Type": "Pass", "End": True}), "x" * 262_142).status == "SUCCEEDED"


@pytest.mark.parametrize("value", [0, "", "text", [], None, {"a": None}, 1.5, True])
def test_any_json_value_is_an_input(emulator: Emulator, value: Any) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "End": True}), value)
    assert run.output == ({} if value is None else value)


def test_a_history_has_25_000_events_at_most(emulator: Emulator) -> None:
    """Quotas of the developer guide; the error's text is that of AWS's service."""
    loop = flow(A={"Type": "Pass", "Next": "B"}, B={"Type": "Choice", "Choices": [], "Default": "A"})
    loop["States"]["B"]["Choices"] = [{"Variable": "$.stop", "BooleanEquals": True, "Next": "C"}]
    loop["States"]["C"] = {"Type": "Succeed"}
    run = emulator.run(loop, {"stop": False})
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert run.cause == "The execution reached the maximum number of history events (25000)."
    assert len(run.history) == 25_000
    assert run.history[-1]["type"] == "ExecutionFailed"


# One world and another


def history_of(seed: int) -> str:
    with Emulator(seed=seed) as world:
        world.lambda_function("f", lambda event, context: [context.aws_request_id, event])
        retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3, "JitterStrategy": "FULL"}]
        states = {
            "Id": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Call"},
            "Call": {
                "Type": "Task",
                "Resource": INVOKE,
                "Parameters": {"FunctionName": "f", "Payload.$": "$"},
                "Next": "Each",
            },
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.Payload",
                "ItemProcessor": flow(Bad=task("bad", Retry=retry)),
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}],
                "Next": "End",
            },
            "End": {"Type": "Succeed"},
        }

        def bad(event: Any, context: Any) -> None:
            raise LookupError("no")

        world.lambda_function("bad", bad)
        run = world.run({"StartAt": "Id", "States": states}, {"n": 1})
        return json.dumps([run.arn, run.history], default=str)


def test_the_same_seed_gives_the_same_history_to_the_byte() -> None:
    assert history_of(7) == history_of(7)
    assert history_of(7) != history_of(8)


def test_a_world_ends_with_its_block() -> None:
    with Emulator() as world:
        world.run(HELLO)
        boto3.client("sqs").create_queue(QueueName="q")
    with Emulator() as world:
        assert world.executions == []
        assert "QueueUrls" not in boto3.client("sqs").list_queues()


def test_an_emulator_opens_once(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="this emulator is already open; create another one"), emulator:
        pass
    assert emulator.run(HELLO).output == "hello"
    emulator.close()
    emulator.close()


def test_it_runs_without_being_open() -> None:
    run = Emulator(start=datetime(2040, 1, 1, tzinfo=UTC)).run(wait(5))
    assert run.stopped_at == datetime(2040, 1, 1, 0, 0, 5, tzinfo=UTC)


def test_the_start_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        Emulator(start=datetime(2030, 1, 1))  # noqa: DTZ001


def test_names_of_executions_are_unique(emulator: Emulator) -> None:
    machine = emulator.state_machine(HELLO, name="hello")
    first = emulator.run(machine, name="one")
    with pytest.raises(EmulatorError, match="an execution named 'one' of hello already exists; names are unique"):
        emulator.run(machine, name="one")
    assert emulator.executions == [first]


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a/b", "x" * 81, "a\tb"])
def test_a_name_that_aws_would_refuse_is_refused(emulator: Emulator, name: str) -> None:
    with pytest.raises(EmulatorError, match="is not a valid name: 1 to 80 characters"):
        emulator.run(HELLO, name=name)
    with pytest.raises(EmulatorError, match="is not a valid name: 1 to 80 characters"):
        emulator.state_machine(HELLO, name=name)


def test_a_world_says_what_it_is(emulator: Emulator) -> None:
    emulator.run(wait(5))
    assert repr(emulator) == "<Emulator at 2030-01-01T00:00:05Z, executions: 1>"


def test_a_handler_may_start_an_execution_at_its_own_time(emulator: Emulator) -> None:
    child = emulator.state_machine(wait(5), name="child")

    def parent(event: Any, context: Any) -> None:
        time.sleep(10)
        boto3.client("stepfunctions").start_execution(stateMachineArn=child.arn)
        time.sleep(10)

    emulator.lambda_function("parent", parent)
    run = emulator.run(flow(Parent=task("parent")))
    begun = emulator.executions[1]
    assert run.elapsed == timedelta(seconds=20)
    assert begun.started_at - run.started_at == timedelta(seconds=10)
    assert begun.elapsed == timedelta(seconds=5)
    assert begun.status == "SUCCEEDED"


def test_an_operation_that_is_not_emulated_is_refused_by_name(emulator: Emulator) -> None:
    with pytest.raises(NotEmulatedError, match="PublishStateMachineVersion"):
        boto3.client("stepfunctions").publish_state_machine_version(stateMachineArn=emulator.state_machine(HELLO).arn)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("allow_blocked", "no", "allow_blocked='no': write allow_blocked=True or allow_blocked=False"),
        ("polling_waits", 1, "polling_waits=1: write polling_waits=True or polling_waits=False"),
        (
            "missing_function",
            "fial",
            "missing_function='fial': write missing_function='raise' or missing_function='fail'",
        ),
    ],
)
def test_options_of_another_value_are_refused(option: str, value: Any, message: str) -> None:
    with pytest.raises(EmulatorError) as refused:
        Emulator(**{option: value})
    assert str(refused.value) == message
