"""``run.snapshot()`` and ``run.diff(other)``: a run as stable text or as a diagram, and two runs compared in words."""

from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, EmulatorError
from tests.emulator.flows import FUNCTION, flow, task

pytest_plugins = ["pytester"]

ORDER = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": f"{FUNCTION}charge",
            "Retry": [{"ErrorEquals": ["Card.Busy"], "IntervalSeconds": 60, "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["Card.Declined"], "Next": "Alarm"}],
            "Next": "Ship?",
        },
        "Ship?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.paid", "NumericLessThan": 5, "Next": "Alarm"}],
            "Default": "Ship",
        },
        "Ship": {"Type": "Wait", "Seconds": 600, "End": True},
        "Alarm": {"Type": "Fail", "Error": "Order.Lost", "Cause": "no parcel"},
    },
}


def mapped(mode: str) -> dict[str, Any]:
    enough = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Two"}], "Default": "Rest"}
    processor = {
        "ProcessorConfig": {"Mode": mode, **({} if mode == "INLINE" else {"ExecutionType": "EXPRESS"})},
        **flow(Enough=enough, Two={"Type": "Pass", "End": True}, Rest={"Type": "Wait", "Seconds": 30, "End": True}),
    }
    return flow(Each={"Type": "Map", "ItemProcessor": processor, "End": True})


def test_a_snapshot_has_calls_attempts_decisions_outputs_and_times(emulator: Emulator) -> None:
    emulator.task("Charge").raises("Card.Busy", "later").then.returns({"paid": 7})
    run = emulator.run(emulator.state_machine(ORDER, name="order"), {"id": 7})
    assert run.snapshot() == (
        "run of order: SUCCEEDED, 11 min\n"
        'input: {"id": 7}\n'
        "Charge (Task, 1 min)\n"
        '  attempt 1 charge: {"id": 7}\n'
        "  failed: Card.Busy: later\n"
        "  retrier 0, retry 1 after 1 min\n"
        '  attempt 2 charge: {"id": 7}\n'
        '  output: {"paid": 7}\n'
        "Ship? (Choice)\n"
        "  Default -> Ship\n"
        "Ship (Wait, 10 min)\n"
        'output: {"paid": 7}\n'
    )


def test_a_snapshot_of_a_failure_has_the_catcher_and_the_error(emulator: Emulator) -> None:
    emulator.task("Charge").raises("Card.Declined", "no money")
    run = emulator.run(emulator.state_machine(ORDER, name="order"), {"id": 7})
    assert run.snapshot().splitlines()[2:] == [
        "Charge (Task)",
        '  call charge: {"id": 7}',
        "  failed: Card.Declined: no money",
        "  catcher 0 for Card.Declined -> Alarm",
        '  output: {"Cause": "no money", "Error": "Card.Declined"}',
        "Alarm (Fail)",
        "FAILED: Order.Lost: no parcel",
    ]


def test_a_run_that_waits_has_a_snapshot_too(emulator: Emulator) -> None:
    run = emulator.start(flow(A={"Type": "Wait", "Seconds": 60, "End": True}))
    assert run.snapshot() == "run of StateMachine: RUNNING\ninput: {}\nA (Wait, not left)\n"
    assert "-->" in run.snapshot(format="mermaid")


def test_a_run_that_ended_before_its_first_state_has_a_snapshot(emulator: Emulator) -> None:
    machine = emulator.state_machine(flow(A={"Type": "Pass", "End": True}), name="other")

    def start_and_stop(event: Any, context: Any) -> str:
        client = emulator.client("stepfunctions")
        arn: str = client.start_execution(stateMachineArn=machine.arn)["executionArn"]
        client.stop_execution(executionArn=arn, error="Stop")
        return arn

    emulator.lambda_function("f", start_and_stop)
    emulator.run(flow(Start=task("f"))).assert_succeeded()
    run = next(each for each in emulator.executions if each.state_machine.name == "other")
    assert run.snapshot() == "run of other: ABORTED\ninput: {}\nABORTED: Stop\n"
    assert run.snapshot(format="mermaid") == "stateDiagram-v2\n"
    run.assert_path([])
    with pytest.raises(AssertionError, match="it begins with nothing: the execution ABORTED with Stop, not 'A'"):
        run.assert_path(["A"])


@pytest.mark.parametrize(("mode", "title"), [("INLINE", "item"), ("DISTRIBUTED", "child")])
def test_what_is_inside_of_a_map_is_indented(emulator: Emulator, mode: str, title: str) -> None:
    lines = emulator.run(mapped(mode), [1, 2]).snapshot().splitlines()
    items = [line for line in lines if line.startswith(f"  {title} ")]
    assert [line.partition(":")[0] for line in items] == [f"  {title} 0", f"  {title} 1"]
    assert lines[lines.index(items[1]) + 1 :][:4] == [
        "    input: 2",
        "    Enough (Choice)",
        "      rule 0 -> Two",
        "    Two (Pass)",
    ]


def test_the_children_of_two_maps_are_told_apart(emulator: Emulator) -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    first, second = (
        {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **flow(**{name: {"Type": "Pass", "End": True}})}}
        for name in "XY"
    )
    run = emulator.run(flow(One={**first, "Next": "Two"}, Two={**second, "End": True}), [1, 2])
    titles = [line.strip().partition(":")[0] for line in run.snapshot().splitlines() if not line.startswith("    ")]
    assert titles == [
        "run of StateMachine",
        "input",
        *("One (Map)", "child 0", "child 1"),
        *("Two (Map)", "child 0", "child 1"),
        "output",
    ]
    assert [line.strip() for line in run.snapshot().splitlines() if "(Pass)" in line] == ["X (Pass)"] * 2 + [
        "Y (Pass)"
    ] * 2
    lines = run.snapshot(format="mermaid").splitlines()
    assert sum('"X"' in line for line in lines) == sum('"Y"' in line for line in lines) == 1
    run.assert_path(["X"], within="One").assert_path(["Y"], within="Two").assert_path(["Y"], within="Two", index=1)


def test_branches_variables_and_long_values(emulator: Emulator) -> None:
    words = {f"word {number}": "x" * 20 for number in range(5)}
    branches = [flow(A={"Type": "Pass", "Assign": {"n": 1}, "End": True}), flow(B={"Type": "Pass", "End": True})]
    run = emulator.run(flow(Both={"Type": "Parallel", "Branches": branches, "End": True}), words)
    lines = run.snapshot().splitlines()
    assert lines[1:4] == ["input:", "  {", f'    "word 0": "{"x" * 20}",']
    assert lines[lines.index("  branch 1") :][:5] == [
        "  branch 1",
        "    A (Pass)",
        '      assign: {"n": 1}',
        "  branch 2",
        "    B (Pass)",
    ]


IDS = {
    "StartAt": "Send",
    "States": {
        "Send": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl.$": "$.queue",
                "MessageBody": {"token.$": "$$.Task.Token", "run.$": "$$.Execution.Id", "at.$": "$$.State.EnteredTime"},
            },
            "Next": "Put",
        },
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl.$": "$.queue", "MessageBody.$": "$.token"},
            "End": True,
        },
    },
}


def test_ids_tokens_and_times_are_those_of_the_run(emulator: Emulator) -> None:
    queue = emulator.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    machine = emulator.state_machine(IDS)
    shots = []
    for _ in range(2):
        emulator.clock.advance(hours=5)
        run = emulator.start(machine, {"queue": queue, "born": "1999-01-01T00:00:00Z"})
        emulator.clock.advance(seconds=90)
        token = run.tokens[0]
        token.success({"queue": queue, "token": token.text, "born": "1999-01-01T00:00:00Z"})
        shots.append(emulator.finish(run).snapshot())
    assert shots[0] == shots[1]
    for part in (
        '"at": "<+00:00:00>"',
        "StateMachine:<id 1>",
        '"token": "<token 1>"',
        '"born": "1999-01-01T00:00:00Z"',
    ):
        assert part in shots[0]
    assert "SdkHttpMetadata" not in shots[0]
    assert '"MessageId": "<id ' in shots[0]


def test_an_id_has_its_number_and_other_times_are_data(emulator: Emulator) -> None:
    one, two = "27dffa8b-d98a-42ce-a10d-89a522b7230a", "5cb81605-3d8c-4eaf-81b4-e01b5cb81605"
    machine = emulator.state_machine(flow(A={"Type": "Pass", "End": True}))
    run = emulator.run(machine, [one, two, one, f"a/{two}", "5cb816053d8c4eaf81b4e01b", 7])
    assert run.snapshot().splitlines()[1] == 'input: ["<id 1>", "<id 2>", "<id 1>", "a/<id 2>", "<id 3>", 7]'
    run = emulator.run(machine, ["2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"])
    assert run.snapshot().splitlines()[1] == 'input: ["2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"]'


def test_members_named_by_ids_are_all_kept_in_their_own_order(emulator: Emulator) -> None:
    one, two = "27dffa8b-d98a-42ce-a10d-89a522b7230a", "5cb81605-3d8c-4eaf-81b4-e01b5cb81605"
    machine = emulator.state_machine(flow(A={"Type": "Pass", "End": True}))
    runs = [
        emulator.run(machine, given)
        for given in ({two: "first", one: 2}, {one: "first", two: 2}, {one: "first", two: 3})
    ]
    assert runs[0].snapshot() == runs[1].snapshot()
    assert runs[0].snapshot().splitlines()[1] == 'input: {"<id 1>": "first", "<id 2>": 2}'
    assert runs[1].diff(runs[2]).splitlines()[0] == 'input $["<id> (2)"]: 2, the other 3'


def test_a_snapshot_is_the_same_in_another_emulator() -> None:
    shots = set()
    for seed in (1, 2):
        with Emulator(seed=seed) as emulator:
            emulator.lambda_function("charge", lambda event, context: {"paid": 7, "request": context.aws_request_id})
            shots.add(emulator.run(ORDER, {"id": 7}).snapshot())
    assert len(shots) == 1


def test_a_diagram_has_the_states_and_the_way_between_them(emulator: Emulator) -> None:
    emulator.task("Charge").raises("Card.Busy", times=2).then.returns({"paid": 7})
    assert emulator.run(ORDER, {"id": 7}).snapshot(format="mermaid") == (
        "stateDiagram-v2\n"
        '    state "Charge" as s1\n'
        '    state "Ship?" as s2\n'
        '    state "Ship" as s3\n'
        "    [*] --> s1\n"
        "    s1 --> s2\n"
        "    s2 --> s3: Default\n"
        "    s1 --> s1: retry x 2\n"
        "    s3 --> [*]: SUCCEEDED\n"
    )


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_a_diagram_draws_the_items_of_a_map_as_one(emulator: Emulator, mode: str) -> None:
    assert emulator.run(mapped(mode), [1, 2, 3]).snapshot(format="mermaid").splitlines()[2:-2] == [
        "    state s1 {",
        '        state "Enough" as s2',
        '        state "Rest" as s3',
        '        state "Two" as s4',
        "        [*] --> s2: x 3",
        "        s2 --> s3: Default x 2",
        "        s3 --> [*]: x 2",
        "        s2 --> s4: rule 0",
        "        s4 --> [*]",
        "    }",
    ]


def test_a_branch_that_was_not_left_has_no_end_in_a_diagram(emulator: Emulator) -> None:
    branches = [flow(Slow={"Type": "Wait", "Seconds": 5, "End": True}), flow(Bad={"Type": "Fail", "Error": "No"})]
    run = emulator.run(flow(Both={"Type": "Parallel", "Branches": branches, "End": True}))
    ends = [
        line.strip()
        for line in run.snapshot(format="mermaid").splitlines()
        if line.strip().partition(": ")[0].endswith("--> [*]")
    ]
    assert ends == ["s1 --> [*]: FAILED No"]


def test_a_diagram_draws_branches_side_by_side_and_any_name(emulator: Emulator) -> None:
    branches = [flow(**{'Say "hi"; now: #1': {"Type": "Pass", "End": True}}), flow(B={"Type": "Fail", "Error": "X:Y"})]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]
    run = emulator.run(
        flow(
            Both={"Type": "Parallel", "Branches": branches, "Catch": catch, "End": True},
            After={"Type": "Fail", "Error": "X:Y"},
        )
    )
    lines = run.snapshot(format="mermaid").splitlines()
    assert '        state "Say #quot;hi#quot;#59; now#58; #35;1" as s2' in lines
    assert "        --" in lines
    assert "    s1 --> s4: catcher 0 for X#58;Y" in lines
    assert lines[-1] == "    s4 --> [*]: FAILED X#58;Y"


def test_another_format_is_refused_with_the_nearest(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "End": True}))
    with pytest.raises(EmulatorError, match="there is no format 'mermade'\n    Did you mean \"mermaid\""):
        run.snapshot(format="mermade")  # type: ignore[arg-type]
    with pytest.raises(EmulatorError, match="There are: text, mermaid"):
        run.snapshot(format=5)  # type: ignore[arg-type]


# Two runs ------------------------------------------------------------------------------------------------------------


def test_equal_runs_have_no_difference(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: {"paid": 7, "request": context.aws_request_id})
    first, second = (emulator.run(ORDER, {"id": 7}) for _ in range(2))
    assert first.output != second.output
    assert first.diff(second) == ""


def test_ids_are_all_alike_in_a_difference(emulator: Emulator) -> None:
    one, two = "27dffa8b-d98a-42ce-a10d-89a522b7230a", "5cb81605-3d8c-4eaf-81b4-e01b5cb81605"
    machine = emulator.state_machine(flow(A={"Type": "Pass", "End": True}))
    first, second = (emulator.run(machine, [one, each, 7]) for each in (one, two))
    assert first.diff(second) == ""
    assert first.diff(emulator.run(machine, [one, "none", 7])).splitlines()[0] == 'input $[1]: "<id>", the other "none"'


def test_runs_that_part_are_told_in_words(emulator: Emulator) -> None:
    charge = emulator.task("Charge").raises("Card.Busy", "later").then.returns({"paid": 7}, times=1)
    first = emulator.run(ORDER, {"id": 7})
    charge.then.raises("Card.Declined", "no money")
    second = emulator.run(ORDER, {"id": 8})
    assert first.diff(second).splitlines() == [
        "input $.id: 7, the other 8",
        "path: after 'Charge' it went to 'Ship?', the other to 'Alarm' by catcher 0 for Card.Declined",
        "Charge: it was tried 2 times, the other once",
        "Charge: it met Card.Busy, the other Card.Declined",
        'Charge: output $.Cause: nothing, the other "no money"',
        'Charge: output $.Error: nothing, the other "Card.Declined"',
        "Charge: output $.paid: 7, the other nothing",
        "Charge: it took 1 min, the other 0 s",
        "end: it SUCCEEDED, the other FAILED with Order.Lost: no parcel",
        'output $: {"paid": 7}, the other null',
        "time: it took 11 min, the other 0 s",
    ]


def test_runs_that_differ_in_a_call_alone(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, _: {"paid": 7})
    first, second = (emulator.run(ORDER, given) for given in ({"id": 7}, {"id": 8}))
    assert first.diff(second).splitlines() == ["input $.id: 7, the other 8", "Charge: called with $.id: 7, the other 8"]


@pytest.mark.parametrize(("mode", "place"), [("INLINE", "Each, item 1: "), ("DISTRIBUTED", "child 1: ")])
def test_differences_inside_of_a_map_have_their_item(emulator: Emulator, mode: str, place: str) -> None:
    machine = emulator.state_machine(mapped(mode))
    lines = emulator.run(machine, [1, 2]).diff(emulator.run(machine, [1, 3])).splitlines()
    assert f"{place}path: after 'Enough' it went to 'Two' by rule 0, the other to 'Rest' by its Default" in lines
    more = emulator.run(machine, [1]).diff(emulator.run(machine, [1, 2])).splitlines()
    told = f"{place}only the other began this" if mode == "INLINE" else "it has 1 children, the other 2"
    assert told in more


def test_loops_of_another_length_are_told_by_the_number_of_visits(emulator: Emulator) -> None:
    count = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "Done?"}
    done = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 0, "Next": "End"}], "Default": "Count"}
    machine = emulator.state_machine(flow(Count=count, **{"Done?": done}, End={"Type": "Succeed"}))
    lines = emulator.run(machine, {"n": 2}).diff(emulator.run(machine, {"n": 3})).splitlines()
    assert "path: after 'Done?' it went to 'End' by rule 0, the other to 'Count' by its Default" in lines
    assert "Count: it was there 2 times, the other 3 times" in lines


def test_a_run_is_compared_with_a_run_alone(emulator: Emulator) -> None:
    run = emulator.run(flow(A={"Type": "Pass", "End": True}))
    with pytest.raises(EmulatorError, match="diff: a str is not an execution"):
        run.diff("text")  # type: ignore[arg-type]


# Syrupy --------------------------------------------------------------------------------------------------------------


SUFFIXES = (".ambr", ".txt", ".mmd")
SYRUPY = """
import pytest

from emulator.syrupy import RunDiagram, RunSnapshot

NUMBER = 1
FLOW = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def test_run(emulator, snapshot):
    run = emulator.run(FLOW, {"n": NUMBER})
    assert run.snapshot() == snapshot
    assert run == snapshot(extension_class=RunSnapshot)
    assert run == snapshot(extension_class=RunDiagram)


def test_others(snapshot):
    with pytest.raises(Exception, match="a str is not an execution"):
        RunSnapshot().serialize("text")
"""


def test_syrupy_compares_runs_with_files(pytester: pytest.Pytester) -> None:
    pytest.importorskip("syrupy")
    pytester.makepyfile(test_order=SYRUPY)
    options = ("-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider")
    pytester.runpytest_subprocess(*options, "--snapshot-update").assert_outcomes(passed=2)
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)
    files = sorted(path.name for path in Path(pytester.path, "__snapshots__").rglob("*.*") if path.suffix in SUFFIXES)
    assert files == ["test_order.ambr", "test_run.1.txt", "test_run.2.mmd"]
    pytester.makepyfile(test_order=SYRUPY.replace("NUMBER = 1", "NUMBER = 2"))
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=1, failed=1)
