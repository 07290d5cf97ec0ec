"""A Distributed Map in the machine: what it asks for, event by event, and what its history says.

Facts: reference of the developer guide, "Distributed mode", and AWS's recordings, named where they are used.
"""

import json
from typing import Any

import pytest

from asl import compile, replay  # noqa: A004 - the word of the field
from asl.chance import Chance
from asl.decisions import ItemsFound
from asl.effects import CloseMapRun, OpenMapRun, ReadItems, StartChild, StopChildren, WriteResults
from asl.events import ChildEnded, ChildStatus, ItemsRead, MapRunBroken, MapRunUpdated, ResultsWritten, Stop
from asl.states.distributed import DistributedMap
from asl.tolerance import Tolerated
from asl.values import PAYLOAD_LIMIT, Json
from tests.asl.driving import BEGIN, STATE_MACHINE, Run, begin, machine, map_, parallel, pass_, play, task
from tests.asl.driving import Error as CallError
from tests.asl.driving import run as run_to_end

READER: dict[str, Json] = {
    "Resource": "arn:aws:states:::s3:getObject",
    "Parameters": {"Bucket": "b", "Key.$": "$.key"},
    "ReaderConfig": {"InputType": "JSON"},
}
WRITER: dict[str, Json] = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "b", "Prefix": "out"},
}


def distributed(kind: str = "STANDARD", /, **fields: Any) -> dict[str, Json]:
    """A Map in distributed mode."""
    config: Json = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return map_({**machine(Inner=pass_()), "ProcessorConfig": config}, **fields)


def of(given: Json, /, **fields: Any) -> Run:
    """An execution of one Distributed Map, which has begun."""
    return begin(machine(Each=distributed(**fields)), given)


def asked(run: Run, kind: type[Any]) -> list[Any]:
    """What the machine has asked for, of one kind."""
    return [each for each in run.effects if isinstance(each, kind)]


def inputs(run: Run) -> list[Json]:
    """The inputs of the children so far."""
    return [json.loads(each.input) for each in asked(run, StartChild)]


def token(run: Run) -> int:
    """What names the last map run."""
    found: int = asked(run, OpenMapRun)[-1].token
    return found


def end(run: Run, child: int, status: ChildStatus = "SUCCEEDED", result: str | None = None) -> None:
    """Let a child end; without a ``result`` it gives its number."""
    run.receive(ChildEnded(run.now, token(run), child, status, str(child) if result is None else result))


def end_all(run: Run) -> Run:
    """Let every child succeed, in order, those too that are started meanwhile."""
    child = 0
    while child < len(asked(run, StartChild)) and run.finish is None:
        end(run, child)
        child += 1
    return run


# The run --------------------------------------------------------------------------------------------------------------


def test_the_history_of_a_map_run() -> None:
    """MapStateExited follows MapRunStarted, as in every recording since 2024-11-13."""
    run = end_all(of(["x", "y"]))
    assert run.chain == [
        "1 ExecutionStarted<-0",
        "2 MapStateEntered<-0",
        "3 MapStateStarted<-2",
        "4 MapRunStarted<-3",
        "5 MapRunSucceeded<-4",
        "6 MapStateSucceeded<-5",
        "7 MapStateExited<-4",
        "8 ExecutionSucceeded<-7",
    ]
    assert run.details("MapStateStarted") == [{"length": 2}]
    assert run.output == [0, 1]
    assert asked(run, CloseMapRun) == [CloseMapRun(token(run), "SUCCEEDED")]


def test_the_arn_of_a_map_run_has_the_machine_the_label_and_an_id() -> None:
    run = of([1], Label="Rows")
    (opened,) = asked(run, OpenMapRun)
    assert run.details("MapRunStarted") == [{"mapRunArn": opened.map_run_arn}]
    start, _, id_ = opened.map_run_arn.rpartition(":")
    assert start == f"{STATE_MACHINE.replace(':stateMachine:', ':mapRun:')}/Rows"
    assert len(id_) == 36


def test_a_label_that_nobody_gave_stays_the_same_for_the_same_state() -> None:
    labels = {asked(of([1]), OpenMapRun)[0].label for _ in range(2)}
    assert labels == {Chance(f"{STATE_MACHINE}/Each").uuid()}


def test_no_items_no_children() -> None:
    run = of([])
    assert run.output == []
    assert not asked(run, StartChild)


def test_results_come_in_the_order_of_the_items() -> None:
    run = of(["a", "b", "c"])
    for child in (2, 0, 1):
        end(run, child, result=json.dumps(f"done {child}"))
    assert run.output == ["done 0", "done 1", "done 2"]


def test_no_more_children_run_at_a_time_than_max_concurrency() -> None:
    run = of(list(range(5)), MaxConcurrency=2)
    assert len(asked(run, StartChild)) == 2
    end(run, 1)
    assert [each.child for each in asked(run, StartChild)] == [0, 1, 2]
    assert end_all(run).output == [0, 1, 2, 3, 4]


def test_a_bad_max_concurrency_fails_before_the_map_has_started() -> None:
    run = begin(machine(Each=distributed(ItemsPath="$.items", MaxConcurrencyPath="$.most")), {"items": [], "most": "x"})
    assert run.types == ["ExecutionStarted", "MapStateEntered", "ExecutionFailed"]


def test_the_program_of_a_processor_is_compiled_with_the_machine() -> None:
    config: dict[str, Json] = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    inner = map_({**machine(Deepest=pass_()), "ProcessorConfig": config})
    nested = machine(Deep=map_({**machine(Each=inner), "ProcessorConfig": {**config, "ExecutionType": "STANDARD"}}))
    program = compile(machine(Both=parallel(machine(Side=distributed()), nested)))
    assert program.processors.keys() == {"Side", "Deep"}
    deep = program.processors["Deep"]
    assert (program.type, deep.type, deep.processors["Each"].type) == ("STANDARD", "STANDARD", "EXPRESS")
    assert json.loads(deep.processors["Each"].text)["StartAt"] == "Deepest"
    state = compile(machine(Each=distributed())).block.states["Each"]
    assert isinstance(state, DistributedMap)


# Items ----------------------------------------------------------------------------------------------------------------


def test_an_item_selector_sees_the_item_and_the_states_input() -> None:
    selector = {
        "index.$": "$$.Map.Item.Index",
        "value.$": "$$.Map.Item.Value",
        "source.$": "$$.Map.Item.Source",
        "all.$": "$.items",
    }
    run = begin(machine(Each=distributed(ItemsPath="$.items", ItemSelector=selector)), {"items": ["x", "y"]})
    assert inputs(run)[1] == {"index": 1, "value": "y", "source": "STATE_DATA", "all": ["x", "y"]}


def test_the_members_of_an_object_are_items_with_a_key() -> None:
    run = of({"a": 1, "b": 2}, ItemSelector={"key.$": "$$.Map.Item.Key", "value.$": "$$.Map.Item.Value"})
    assert inputs(run) == [{"key": "a", "value": 1}, {"key": "b", "value": 2}]


def test_items_that_are_no_array() -> None:
    run = of("text")
    assert run.end.cause == (
        "An error occurred while executing the state 'Each' (entered at the event id #2). "
        'Reference path "$" must point to array.'
    )


def test_a_child_does_not_see_the_variables_of_its_parent() -> None:
    definition = machine(Set=pass_(Assign={"x": 1}, Next="Each"), Each=distributed())
    run = begin(definition, [7])
    (start,) = asked(run, StartChild)
    assert start.input == "7"


@pytest.mark.parametrize(
    "fields",
    [{"ItemSelector": {"v.$": "$.none"}}, {"ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": {"v.$": "$.none"}}}],
)
def test_a_states_runtime_of_the_maps_own_ends_the_execution_with_the_next_event(fields: dict[str, Json]) -> None:
    """By analogy with those before the run opens (test_map_item_reader_csv_max_items_paths)."""
    run = of([1, 2], **fields)
    assert run.end.error == "States.Runtime"
    assert run.chain[2:] == ["3 MapStateStarted<-2", "4 MapRunStarted<-3", "5 ExecutionFailed<-4"]
    assert [each.status for each in asked(run, CloseMapRun)] == ["FAILED"]


def test_an_item_that_is_too_large_fails_the_run() -> None:
    large = "x" * (PAYLOAD_LIMIT - 2)
    run = begin(
        machine(Each=distributed(ItemsPath="$.i", ItemSelector={"t.$": "$.t", "u.$": "$.t"})), {"i": [1], "t": large}
    )
    assert run.end.error == "States.DataLimitExceeded"
    assert run.types[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


# Batches --------------------------------------------------------------------------------------------------------------


def test_a_batch_holds_so_many_items() -> None:
    run = of(list(range(5)), ItemBatcher={"MaxItemsPerBatch": 2})
    assert inputs(run) == [{"Items": [0, 1]}, {"Items": [2, 3]}, {"Items": [4]}]
    assert [each.items for each in asked(run, StartChild)] == [2, 2, 1]


def test_the_input_of_a_batch_goes_before_its_items() -> None:
    run = begin(
        machine(Each=distributed(ItemsPath="$.i", ItemBatcher={"MaxItemsPerBatch": 9, "BatchInput": {"f.$": "$.f"}})),
        {"i": [1], "f": "x"},
    )
    assert asked(run, StartChild)[0].input == '{"BatchInput":{"f":"x"},"Items":[1]}'


def test_the_limit_of_bytes_goes_before_the_limit_of_items() -> None:
    """``{"Items":["aaaa","aaaa"]}`` has 25 bytes."""
    for most, count in ((25, 2), (24, 1)):
        run = of(["aaaa"] * 4, ItemBatcher={"MaxItemsPerBatch": 3, "MaxInputBytesPerBatch": most})
        assert inputs(run)[0] == {"Items": ["aaaa"] * count}


def test_the_limits_of_a_batch_may_come_from_the_input_as_texts() -> None:
    """test_reference_in_map_state_max_items_path: a text that holds a number is taken for it"""
    batcher = {"MaxItemsPerBatchPath": "$.n", "MaxInputBytesPerBatchPath": "$.b"}
    run = begin(
        machine(Each=distributed(ItemsPath="$.i", ItemBatcher=batcher)), {"i": [1, 2, 3], "n": "2", "b": "1000"}
    )
    assert inputs(run) == [{"Items": [1, 2]}, {"Items": [3]}]


def test_a_batch_waits_for_items_that_are_yet_to_be_read() -> None:
    run = of({"key": "k"}, ItemReader=READER, ItemBatcher={"MaxItemsPerBatch": 3})
    read(run, "1", "2", more=True)
    assert inputs(run) == []
    read(run, "3", "4", more=False)
    assert inputs(run) == [{"Items": [1, 2, 3]}, {"Items": [4]}]


def test_failures_count_items_and_not_batches() -> None:
    run = of(list(range(4)), ItemBatcher={"MaxItemsPerBatch": 2}, ToleratedFailureCount=1)
    end(run, 0, "FAILED")
    assert run.end.error == "States.ExceedToleratedFailureThreshold"


# Readers --------------------------------------------------------------------------------------------------------------


def read(run: Run, *items: str, more: bool, keys: tuple[str, ...] | None = None) -> None:
    """Answer the last ``ReadItems``."""
    run.receive(ItemsRead(run.now, token(run), items, "s3://b/k", keys, more))


def test_items_are_asked_for_page_by_page() -> None:
    run = of(
        {"key": "k"}, ItemReader={**READER, "ReaderConfig": {"InputType": "JSON", "MaxItems": 3}}, MaxConcurrency=2
    )
    (first,) = asked(run, ReadItems)
    assert first.argument.value == {"Bucket": "b", "Key": "k"}
    assert (first.resource, first.config, first.max_items, first.start) == ("s3:getObject", {"InputType": "JSON"}, 3, 0)
    assert run.details("MapStateStarted") == [{"length": 0}]
    read(run, '"a"', '"b"', more=True)
    assert [each.start for each in asked(run, ReadItems)] == [0, 2]
    read(run, '"c"', more=False)
    assert end_all(run).output == [0, 1, 2]


def test_the_next_page_is_not_asked_for_while_items_wait() -> None:
    run = of({"key": "k"}, ItemReader=READER, MaxConcurrency=1)
    read(run, "1", "2", "3", more=True)
    assert len(asked(run, ReadItems)) == 1
    end(run, 0)
    assert len(asked(run, ReadItems)) == 1
    end(run, 1)
    assert len(asked(run, ReadItems)) == 2


def test_a_member_of_an_object_is_handed_over_with_its_key() -> None:
    """Measured on AWS for the state's input; by analogy, of a file and in a batch."""
    pairs = [{"Key": "a b", "Value": {"x": 1}}, {"Key": "c", "Value": None}]
    given: Json = {"a b": {"x": 1}, "c": None}
    assert inputs(of(given)) == pairs
    assert inputs(of({"o": given}, ItemsPath="$.o")) == pairs
    assert inputs(of(given, ItemBatcher={"MaxItemsPerBatch": 9})) == [{"Items": pairs}]
    run = of({"key": "k"}, ItemReader=READER)
    read(run, '{"x":1}', "null", more=False, keys=("a b", "c"))
    assert inputs(run) == pairs


def test_what_was_read_has_a_source_and_the_members_of_an_object_a_key() -> None:
    selector = {"k.$": "$$.Map.Item.Key", "s.$": "$$.Map.Item.Source", "v.$": "$$.Map.Item.Value"}
    run = of({"key": "k"}, ItemReader=READER, ItemSelector=selector)
    read(run, "1", more=False, keys=("one",))
    assert inputs(run) == [{"k": "one", "s": "s3://b/k", "v": 1}]


def test_a_reader_that_fails_fails_the_run() -> None:
    """test_map_item_reader_json_no_json_list_object"""
    run = of({"key": "k"}, ItemReader=READER)
    run.receive(MapRunBroken(run.now, token(run), "States.ItemReaderFailed", "why"))
    assert run.chain[3:] == [
        "4 MapRunStarted<-3",
        "5 MapRunFailed<-4",
        "6 MapStateFailed<-5",
        "7 ExecutionFailed<-6",
    ]
    assert run.details("MapRunFailed") == [{"error": "States.ItemReaderFailed", "cause": "why"}]
    assert (run.end.error, run.end.cause) == ("States.ItemReaderFailed", "why")


@pytest.mark.parametrize(
    ("value", "error", "cause"),
    [
        (-1, "States.ItemReaderFailed", "field MaxItems must be positive"),
        (1.5, "States.Runtime", 'The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.n'),
    ],
)
def test_a_max_items_that_is_none(value: Json, error: str, cause: str) -> None:
    """test_map_item_reader_csv_max_items_paths"""
    reader = {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n"}}
    run = begin(machine(Each=distributed(ItemReader=reader)), {"key": "k", "n": value})
    assert run.end.error == error
    assert (run.end.cause or "").endswith(cause)
    assert ("MapRunStarted" in run.types) is (error == "States.ItemReaderFailed")


def test_items_path_counts_for_nothing_beside_a_reader() -> None:
    """test_map_item_reader_base_json_with_items_path"""
    run = of({"key": "k"}, ItemReader=READER, ItemsPath="$.nowhere")
    read(run, more=False)
    assert run.output == []


# Failures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "percentage", "failed", "total", "exceeded"),
    [
        (None, None, 0, 10, False),
        (None, None, 1, 10, True),
        (2, None, 2, 10, False),
        (2, None, 3, 10, True),
        (None, 20, 2, 10, False),
        (None, 20, 3, 10, True),
        (None, 20, 9, None, False),
        (9, 20, 3, 10, True),
        (1, 90, 2, 10, True),
        (None, 100, 10, 10, False),
        (None, 0, 0, 0, False),
        (0, 50, 5, 10, False),
        (0, 50, 6, 10, True),
        (0, 50, 5, None, False),
        (2, 0, 2, 10, False),
        (2, 0, 3, 10, True),
        (0, None, 0, 10, False),
        (0, None, 1, 10, True),
        (None, 0, 1, None, True),
        (0, 0, 1, 10, True),
    ],
)
def test_tolerated(count: int | None, percentage: float | None, failed: int, total: int | None, exceeded: bool) -> None:
    """Either limit counts; one of 0 is one that is not set (measured on AWS)."""
    assert Tolerated(count, percentage).exceeded(failed, total) is exceeded


def test_the_first_failure_fails_the_map_and_stops_the_others() -> None:
    run = of([1, 2, 3])
    end(run, 1, "FAILED")
    assert run.end.error == "States.ExceedToleratedFailureThreshold"
    assert run.end.cause == "The specified tolerated failure threshold was exceeded"
    assert asked(run, CloseMapRun) == [CloseMapRun(token(run), "FAILED")]


def test_tolerated_failures_are_told_of_in_the_result() -> None:
    run = of([1, 2], ToleratedFailureCount=1)
    end(run, 0, "FAILED", '{"Status":"FAILED"}')
    end(run, 1)
    assert run.output == [{"Status": "FAILED"}, 1]


def test_the_share_of_failures_is_told_when_all_items_are_known() -> None:
    run = of({"key": "k"}, ItemReader=READER, ToleratedFailurePercentage=50)
    read(run, "1", more=True)
    end(run, 0, "TIMED_OUT")
    assert run.finish is None
    read(run, "2", more=False)
    end(run, 1)
    assert run.end.status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("ToleratedFailureCount", -1, "ToleratedFailureCount cannot be negative."),
        (
            "ToleratedFailureCount",
            "no",
            'The ToleratedFailureCountPath field refers to value "no" which is not a valid integer: $.n',
        ),
        ("ToleratedFailurePercentage", 100.1, "ToleratedFailurePercentage must be between 0 and 100."),
        ("ToleratedFailurePercentage", -1.1, "ToleratedFailurePercentage must be between 0 and 100."),
        (
            "ToleratedFailurePercentage",
            {},
            'The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.n',
        ),
    ],
)
def test_a_tolerance_out_of_range(field: str, value: Json, cause: str) -> None:
    """test_map_state_tolerated_failure_count_path, test_map_state_tolerated_failure_percentage_path"""
    run = begin(machine(Each=distributed(ItemsPath="$.i", **{f"{field}Path": "$.n"})), {"i": [0], "n": value})
    assert run.chain[2:] == ["3 MapStateStarted<-2", "4 ExecutionFailed<-3"]
    assert run.end.cause == f"An error occurred while executing the state 'Each' (entered at the event id #2). {cause}"


def test_a_retry_is_another_map_run() -> None:
    run = of([1], Retry=[{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1}])
    end(run, 0, "FAILED")
    run.fire()
    end_run = asked(run, OpenMapRun)
    assert len({each.map_run_arn for each in end_run}) == 2
    assert run.chain[4:7] == ["5 MapRunFailed<-4", "6 MapStateStarted<-5", "7 MapRunStarted<-6"]
    end(run, 0)
    assert run.end.status == "SUCCEEDED"


def test_a_catch_gets_the_error_of_the_run() -> None:
    run = begin(machine(Each=distributed(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]), Sorry=pass_()), [1])
    end(run, 0, "FAILED")
    assert run.output == {
        "Error": "States.ExceedToleratedFailureThreshold",
        "Cause": "The specified tolerated failure threshold was exceeded",
    }
    assert run.chain[4:7] == ["5 MapRunFailed<-4", "6 MapStateFailed<-5", "7 MapStateExited<-6"]


# Results --------------------------------------------------------------------------------------------------------------


def test_a_result_that_is_too_large_fails_the_run() -> None:
    run = of([1, 2])
    for child in (0, 1):
        end(run, child, result=json.dumps("x" * (PAYLOAD_LIMIT // 2)))
    assert run.end.error == "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"Transformation": "COMPACT"}, [[1, 2], {"a": 3}]),
        ({"Transformation": "FLATTEN"}, [1, 2, {"a": 3}]),
        ({"OutputType": "JSONL"}, '[1,2]\n{"a":3}'),
    ],
)
def test_results_that_are_not_exported_take_the_form_of_the_writer(config: dict[str, Json], output: Json) -> None:
    run = of([1, 2], ResultWriter={"WriterConfig": config})
    end(run, 0, result="[1,2]")
    end(run, 1, result='{"a":3}')
    assert run.output == output


def test_a_failure_is_not_flattened() -> None:
    run = of([1], ResultWriter={"WriterConfig": {"Transformation": "FLATTEN"}}, ToleratedFailureCount=1)
    end(run, 0, "FAILED", "[1]")
    assert run.output == [[1]]


def test_exported_results_are_the_drivers_to_keep() -> None:
    run = of([1, 2], ResultWriter=WRITER)
    (opened,) = asked(run, OpenMapRun)
    assert (opened.exports, opened.transformation, opened.output_type) == (True, "NONE", "JSON")
    for child in (0, 1):
        run.receive(ChildEnded(run.now, token(run), child, "SUCCEEDED", None))
    (write,) = asked(run, WriteResults)
    assert (write.argument.value, write.pending) == ({"Bucket": "b", "Prefix": "out"}, ())
    run.receive(ResultsWritten(run.now, token(run), '{"MapRunArn":"x"}'))
    assert run.output == {"MapRunArn": "x"}


def test_a_run_that_fails_exports_what_it_has_and_what_was_never_started() -> None:
    run = of([1, 2, 3, 4], ResultWriter=WRITER, MaxConcurrency=2)
    run.receive(ChildEnded(run.now, token(run), 0, "FAILED", None))
    assert asked(run, StopChildren) == [StopChildren(token(run))]
    assert not asked(run, WriteResults)
    run.receive(ChildEnded(run.now, token(run), 1, "ABORTED", None))
    assert asked(run, WriteResults)[0].pending == ("3", "4")
    run.receive(ResultsWritten(run.now, token(run), "{}"))
    assert run.end.error == "States.ExceedToleratedFailureThreshold"


def test_a_writer_that_fails_fails_the_run() -> None:
    run = of([], ResultWriter=WRITER)
    run.receive(MapRunBroken(run.now, token(run), "States.ResultWriterFailed", "why"))
    assert (run.end.error, run.end.cause) == ("States.ResultWriterFailed", "why")


# From outside ---------------------------------------------------------------------------------------------------------


def test_stopping_the_execution_aborts_the_run() -> None:
    run = of([1])
    run.receive(Stop(run.now))
    assert run.chain[4:] == ["5 MapRunAborted<-4", "6 ExecutionAborted<-0"]
    assert asked(run, CloseMapRun) == [CloseMapRun(token(run), "ABORTED")]
    end(run, 0)
    assert run.end.status == "ABORTED"


def test_a_branch_that_fails_aborts_the_run_beside_it() -> None:
    both = parallel(machine(Each=distributed()), machine(Call=task()))
    run = play(begin(machine(Both=both), [1]), [CallError("E")])
    assert asked(run, CloseMapRun)[-1].status == "ABORTED"
    assert run.types[-4:] == ["MapRunAborted", "MapStateAborted", "ParallelStateFailed", "ExecutionFailed"]


def test_new_limits_count_from_now_on() -> None:
    run = of([1, 2, 3], MaxConcurrency=1, ToleratedFailureCount=0)
    run.receive(MapRunUpdated(run.now, token(run), 2, 1, None))
    assert len(asked(run, StartChild)) == 2
    end(run, 0, "FAILED", "null")
    end(run, 1)
    end(run, 2)
    assert run.end.status == "SUCCEEDED"


def test_the_same_events_give_the_same_history_after_any_interruption() -> None:
    whole = of({"key": "k"}, ItemReader=READER, MaxConcurrency=1)
    read(whole, "1", "2", more=True)
    end(whole, 0)
    read(whole, "3", more=False)
    end(whole, 1)
    end(whole, 2)
    assert whole.end.status == "SUCCEEDED"
    program = compile(machine(Each=distributed(ItemReader=READER, MaxConcurrency=1)))
    for cut in range(1, len(whole.events)):
        resumed, effects = replay(program, whole.events[:cut])
        for event in whole.events[cut:]:
            effects += resumed.receive(event)
        assert effects == whole.effects


def test_what_the_run_has_not_asked_for_changes_nothing() -> None:
    run = of({"key": "k"}, ItemReader=READER, ResultWriter=WRITER)
    run.receive(ResultsWritten(run.now, token(run), "{}"))
    read(run, "1", more=False)
    read(run, "2", more=False)
    run.receive(MapRunBroken(run.now, token(run), "States.ItemReaderFailed", "why"))
    end(run, 5)
    assert run.finish is None
    assert inputs(run) == [1]
    end(run, 0, result="results that are exported are not the machine's")
    run.receive(ResultsWritten(run.now, token(run), '{"Key":"k"}'))
    assert run.output == {"Key": "k"}


def test_a_late_answer_changes_nothing() -> None:
    run = end_all(of([1]))
    assert run.machine.receive(ChildEnded(BEGIN, token(run), 0, "SUCCEEDED", "1")) == []


def test_an_answer_to_a_run_that_is_over_changes_nothing() -> None:
    run = begin(machine(Each=distributed(Next="Later"), Later={"Type": "Wait", "Seconds": 9, "End": True}), [1])
    first = token(run)
    end(run, 0)
    assert run.machine.receive(ChildEnded(run.now, first, 0, "SUCCEEDED", "1")) == []


@pytest.mark.parametrize("fields", [{}, {"ItemSelector": {"v.$": "$$.Map.Item.Value"}}], ids=["as it is", "selected"])
def test_an_item_that_is_nested_too_deeply_fails_the_run(fields: Any) -> None:
    run = of({"key": "k"}, ItemReader=READER, **fields)
    read(run, "[" * 500 + "]" * 500, more=False)
    assert run.end.error == "States.Runtime"
    assert "JSON is nested deeper than 400 levels" in (run.end.cause or "")


def test_an_item_with_many_brackets_is_not_nested() -> None:
    run = of({"key": "k"}, ItemReader=READER)
    read(run, json.dumps([[]] * 500), more=False)
    assert inputs(run) == [[[]] * 500]


def test_results_are_written_once() -> None:
    run = of([1, 2], ResultWriter=WRITER, ToleratedFailureCount=0, MaxConcurrency=2)
    run.receive(ChildEnded(run.now, token(run), 0, "FAILED", None))
    run.receive(ChildEnded(run.now, token(run), 1, "ABORTED", None))
    run.receive(MapRunUpdated(run.now, token(run), 5, None, None))
    assert len(asked(run, WriteResults)) == 1


@pytest.mark.parametrize("field", ["MaxItemsPerBatch", "MaxInputBytesPerBatch"])
def test_a_limit_of_a_batch_that_is_not_positive(field: str) -> None:
    run = of({"n": 0, "items": []}, ItemsPath="$.items", ItemBatcher={f"{field}Path": "$.n"})
    assert run.end.error == "States.Runtime"
    assert f"{field} must be positive." in (run.end.cause or "")


def test_a_share_of_failures_may_be_a_text() -> None:
    run = of({"n": "50.5", "items": [1, 2]}, ItemsPath="$.items", ToleratedFailurePercentagePath="$.n")
    assert asked(run, OpenMapRun)[0].tolerated_failure_percentage == 50.5


def test_a_tolerance_is_changed_and_the_concurrency_stays() -> None:
    run = of([1, 2, 3], MaxConcurrency=1)
    run.receive(MapRunUpdated(run.now, token(run), None, 1, None))
    end(run, 0, "FAILED")
    assert len(asked(run, StartChild)) == 2


def test_a_share_of_failures_that_is_a_word() -> None:
    run = of({"n": "half", "items": []}, ItemsPath="$.items", ToleratedFailurePercentagePath="$.n")
    assert "half" in (run.end.cause or "")


# JSONata --------------------------------------------------------------------------------------------------------------


def in_jsonata(given: Json, /, **fields: Any) -> Run:
    """An execution of one Distributed Map in JSONata, which has begun."""
    return begin({**machine(Each=distributed(**fields)), "QueryLanguage": "JSONata"}, given)


def test_items_and_the_limits_are_expressions() -> None:
    run = in_jsonata(
        {"xs": [1, 2, 3], "n": 2},
        Items="{% $states.input.xs %}",
        ItemSelector={"x": "{% $states.context.Map.Item.Value %}", "of": "{% $states.input.n %}"},
        ItemBatcher={"MaxItemsPerBatch": "{% $states.input.n %}", "BatchInput": {"k": "{% 1 + 1 %}"}},
        MaxConcurrency="{% 1 %}",
        ToleratedFailurePercentage="{% 50 %}",
        Output="{% $states.result %}",
    )
    assert inputs(run) == [{"BatchInput": {"k": 2}, "Items": [{"x": 1, "of": 2}, {"x": 2, "of": 2}]}]
    assert end_all(run).output == [0, 1]


def test_the_members_of_an_object_are_items_in_jsonata() -> None:
    assert inputs(in_jsonata({"o": {"a": 1}}, Items="{% $states.input.o %}")) == [{"Key": "a", "Value": 1}]


def test_without_items_the_input_has_to_be_some() -> None:
    assert inputs(in_jsonata([7])) == [7]
    assert "Map state input must be an array but was: 5" in (in_jsonata(5).end.cause or "")


def test_a_reader_and_a_writer_in_jsonata() -> None:
    run = in_jsonata(
        {"key": "k"},
        ItemReader={
            "Resource": READER["Resource"],
            "Arguments": {"Bucket": "b", "Key": "{% $states.input.key %}"},
            "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% 1 + 1 %}"},
        },
        ResultWriter={"Resource": WRITER["Resource"], "Arguments": {"Bucket": "{% 'out' %}", "Prefix": "p"}},
    )
    (asked_for,) = asked(run, ReadItems)
    assert (asked_for.argument.value, asked_for.max_items) == ({"Bucket": "b", "Key": "k"}, 2)
    read(run, "1", more=False)
    run.receive(ChildEnded(run.now, token(run), 0, "SUCCEEDED", None))
    assert asked(run, WriteResults)[0].argument.value == {"Bucket": "out", "Prefix": "p"}


# Inline ---------------------------------------------------------------------------------------------------------------

CALL = machine(Call=task())


def test_an_inline_map_puts_up_with_failures_too() -> None:
    """TOLERATED_FAILURE_COUNT is accepted on an inline Map; a failure has the form of a distributed Map's."""
    run = run_to_end(machine(Each=map_(CALL, ToleratedFailureCount=1)), [1, 2], [CallError("E", "why"), "2"])
    assert run.output == [{"Status": "FAILED", "Error": "E", "Cause": "why"}, 2]
    assert "MapIterationFailed" in run.types


def test_an_inline_map_starts_the_next_item_after_a_tolerated_failure() -> None:
    definition = machine(Each=map_(CALL, ToleratedFailurePercentage=50, MaxConcurrency=1))
    run = run_to_end(definition, [1, 2], [CallError("E"), "2"])
    assert run.output == [{"Status": "FAILED", "Error": "E"}, 2]


def test_an_inline_map_with_too_many_failures() -> None:
    run = run_to_end(machine(Each=map_(CALL, ToleratedFailureCount=0)), [1], [CallError("E")])
    assert run.end.error == "States.ExceedToleratedFailureThreshold"


def test_an_inline_map_without_tolerance_fails_with_the_error_of_the_item() -> None:
    assert run_to_end(machine(Each=map_(CALL)), [1], [CallError("E")]).end.error == "E"


def test_the_number_of_items_is_told_of_when_the_run_ends() -> None:
    assert [each.decision for each in of([]).decisions] == [ItemsFound(0)]
    two = of([1, 2])
    assert two.decisions == []
    end(two, 0, "SUCCEEDED", "1")
    end(two, 1, "SUCCEEDED", "2")
    assert [each.decision for each in two.decisions] == [ItemsFound(2)]
