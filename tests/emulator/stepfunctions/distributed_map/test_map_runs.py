"""Map runs on an emulator: children as executions of their own, results in S3, and the API.

Members and ARNs: service model and developer guide; recorded: ``test_map_state_label``,
``test_map_state_result_writer``.
"""

import gc
import json
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.errors import StuckExecutionError
from emulator.execution import Execution
from emulator.stepfunctions.distributed_map import runner
from emulator.stepfunctions.distributed_map.map_run import MapRun
from tests.emulator.stepfunctions.distributed_map.conftest import BUCKET, distributed, reader, writer

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
TASK = {"Type": "Task", "Resource": FUNCTION}
WAIT = {"Type": "Wait", "Seconds": 60}
ODD = {
    "Type": "Choice",
    "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "No"}],
    "Default": "Yes",
}


def picky() -> dict[str, Any]:
    """A processor that fails for the item 1."""
    machine = distributed(Label="Rows", MaxConcurrency=1)
    machine["States"]["Each"]["ItemProcessor"] |= {
        "StartAt": "Odd",
        "States": {"Odd": ODD, "No": {"Type": "Fail", "Error": "E", "Cause": "one"}, "Yes": {"Type": "Succeed"}},
    }
    return machine


def only_run(emulator: Emulator) -> MapRun:
    """The one map run of the emulator."""
    (run,) = emulator.assembly.service.store.map_runs.list()
    return run


def children(emulator: Emulator) -> list[Execution]:
    """The children that are still whole."""
    return emulator.assembly.service.store.children.list()


def contents(emulator: Emulator, key: str) -> Any:
    """An object of the bucket, parsed."""
    text = emulator.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return json.loads(text)


# Children -------------------------------------------------------------------------------------------------------------


def test_a_child_is_an_execution_of_its_own(emulator: Emulator) -> None:
    execution = emulator.run(distributed(Label="Rows"), ["x", "y"], name="run").assert_succeeded()
    sfn, run = emulator.client("stepfunctions"), only_run(emulator)
    machine_arn = f"{execution.state_machine.arn}/Rows"
    listed = sfn.list_executions(mapRunArn=run.arn)["executions"]
    assert [each["itemCount"] for each in listed] == [1, 1]
    arn = listed[-1]["executionArn"]
    assert arn == f"{machine_arn.replace(':stateMachine:', ':execution:')}:{listed[-1]['name']}"
    described = sfn.describe_execution(executionArn=arn)
    assert (described["mapRunArn"], described["stateMachineArn"]) == (run.arn, machine_arn)
    assert (described["input"], described["output"], described["status"]) == ('"x"', '"x"', "SUCCEEDED")
    history = sfn.get_execution_history(executionArn=arn)["events"]
    assert [each["type"] for each in history] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    machine = sfn.describe_state_machine_for_execution(executionArn=arn)
    assert (machine["label"], machine["mapRunArn"]) == ("Rows", run.arn)
    assert json.loads(machine["definition"])["StartAt"] == "Work"
    assert sfn.describe_state_machine(stateMachineArn=machine_arn)["label"] == "Rows"
    assert emulator.executions == [execution]
    only_parents = sfn.list_executions(stateMachineArn=execution.state_machine.arn)["executions"]
    assert [each["name"] for each in only_parents] == ["run"]


def test_an_express_child_has_no_history_to_ask_for(emulator: Emulator) -> None:
    emulator.run(distributed("EXPRESS"), [1]).assert_succeeded()
    (child,) = children(emulator)
    assert ":express:" in child.arn
    assert len(child.arn.split(":")) == 9
    sfn = emulator.client("stepfunctions")
    assert sfn.describe_execution(executionArn=child.arn)["status"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="Resource type not valid in this context: express"):
        sfn.get_execution_history(executionArn=child.arn)


def test_an_express_child_may_run_for_five_minutes(emulator: Emulator) -> None:
    slow = {"Type": "Wait", "Seconds": 301}
    execution = emulator.run(distributed("EXPRESS", work=slow), [1])
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert execution.elapsed == timedelta(minutes=5)
    assert children(emulator)[0].status == "TIMED_OUT"


def test_children_wait_side_by_side(emulator: Emulator) -> None:
    assert emulator.run(distributed(work=WAIT), list(range(50))).elapsed == timedelta(seconds=60)
    assert emulator.run(distributed(work=WAIT, MaxConcurrency=10), list(range(50))).elapsed == timedelta(minutes=5)


def test_a_child_calls_functions(emulator: Emulator) -> None:
    emulator.lambda_function("work", lambda event, context: event * 2)
    assert emulator.run(distributed(work=TASK), [1, 2, 3]).output == [2, 4, 6]


def test_a_child_may_be_answered_with_a_task_token(emulator: Emulator) -> None:
    activity = emulator.client("stepfunctions").create_activity(name="a")["activityArn"]
    execution = emulator.start(distributed(work={"Type": "Task", "Resource": activity}), [1])
    with pytest.raises(StuckExecutionError):
        emulator.finish(execution)
    task = emulator.client("stepfunctions").get_activity_task(activityArn=activity)
    emulator.client("stepfunctions").send_task_success(taskToken=task["taskToken"], output='"done"')
    assert emulator.finish(execution).output == ["done"]


def test_distributed_maps_in_one_another(emulator: Emulator) -> None:
    inner = distributed()["States"]["Each"]
    outer = distributed()["States"]["Each"]
    outer["ItemProcessor"] |= {"StartAt": "Inner", "States": {"Inner": inner}}
    execution = emulator.run({"StartAt": "Outer", "States": {"Outer": outer}}, [[1, 2], [3]])
    assert execution.assert_succeeded().output == [[1, 2], [3]]
    assert len(emulator.assembly.service.store.map_runs) == 3


def test_two_runs_of_the_same_are_the_same() -> None:
    histories = []
    for _ in range(2):
        with Emulator(seed=7) as emulator:
            execution = emulator.run(distributed(work=WAIT), [1, 2])
            histories.append([execution.history, [child.history for child in children(emulator)]])
    assert histories[0] == histories[1]


def test_of_many_children_the_newest_and_those_that_failed_are_kept(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "KEPT", 2)
    machine = picky()
    machine["States"]["Each"]["ToleratedFailurePercentage"] = 100
    emulator.run(machine, [1, 0, 0, 0, 1, 1])
    assert [child.input for child in children(emulator)] == [1, 0, 0, 1]
    sfn, run = emulator.client("stepfunctions"), only_run(emulator)
    listed = sfn.list_executions(mapRunArn=run.arn)["executions"]
    assert [each["status"] for each in listed] == ["FAILED", "FAILED", *["SUCCEEDED"] * 3, "FAILED"]
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        sfn.describe_execution(executionArn=listed[0]["executionArn"])


def test_children_that_are_not_kept_go_without_the_garbage_collector(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look at all objects of the process, again and again."""
    monkeypatch.setattr(runner, "KEPT", 2)
    emulator.lambda_function("work", lambda event, _: event)
    found: list[weakref.ref[Execution]] = []
    emulator.assembly.driver.on_status.append(lambda each: found.append(weakref.ref(each)))
    machine = emulator.state_machine(distributed(work=TASK))
    gc.collect()
    gc.disable()
    try:
        emulator.run(machine, list(range(20)))
        alive = {each() for each in found} - {None}
    finally:
        gc.enable()
    assert len(alive) == 3, "the parent and the two that are kept"


def test_what_is_over_leaves_nothing_behind(emulator: Emulator) -> None:
    emulator.run(distributed(work=WAIT), list(range(20)))
    map_runs = emulator.assembly.map_runs
    assert not map_runs._of_token
    assert not map_runs._places
    assert not only_run(emulator).running


# Failures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [{}, {"ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN"}}}])
def test_a_tolerated_failure_leaves_its_status_and_error_in_the_result(emulator: Emulator, config: Any) -> None:
    """Measured on AWS: without an export, a failed child's place is ``{"Status", "Error", "Cause"}``."""
    machine = picky()
    machine["States"]["Each"] |= {"ToleratedFailureCount": 1, **config}
    execution = emulator.run(machine, [0, 1, 2]).assert_succeeded()
    assert execution.output == [0, {"Status": "FAILED", "Error": "E", "Cause": "one"}, 2]


def test_a_failed_child_is_described_in_full_with_the_transformation_none(emulator: Emulator) -> None:
    machine = picky()
    writer = {"WriterConfig": {"Transformation": "NONE"}}
    machine["States"]["Each"] |= {"ToleratedFailureCount": 1, "ResultWriter": writer}
    execution = emulator.run(machine, [0, 1, 2]).assert_succeeded()
    failed = execution.output[1]
    assert list(failed) == sorted(failed)
    assert (failed["Status"], failed["Error"], failed["Cause"], failed["Input"]) == ("FAILED", "E", "one", "1")
    assert failed["RedriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    assert (failed["StartDate"], failed["StateMachineArn"]) == ("2030-01-01T00:00:00Z", only_run(emulator).machine.arn)


def test_a_child_in_which_no_rule_holds_fails_at_once_and_counts_as_failed(emulator: Emulator) -> None:
    """AWS runs: States.Runtime, which nothing inside the child catches."""
    odd = {key: value for key, value in ODD.items() if key != "Default"}
    inner = {"StartAt": "Odd", "States": {"Odd": odd, "No": {"Type": "Succeed"}}}
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    machine = distributed(ToleratedFailureCount=1, MaxConcurrency=1)
    machine["States"]["Each"]["ItemProcessor"] |= {
        "StartAt": "P",
        "States": {
            "P": {"Type": "Parallel", "Branches": [inner], "Catch": caught, "End": True},
            "Caught": {"Type": "Succeed"},
        },
    }
    execution = emulator.run(machine, [1, 2]).assert_succeeded()
    assert execution.output[0] == [1]
    assert {**execution.output[1], "Cause": ""} == {"Status": "FAILED", "Error": "States.Runtime", "Cause": ""}
    assert execution.output[1]["Cause"].endswith("The state does not point to a next state.")
    assert only_run(emulator).executions.failed == 1


def test_too_many_failures_stop_the_children_that_run(emulator: Emulator) -> None:
    rest = {"Type": "Wait", "SecondsPath": "$", "Next": "No"}
    machine = distributed()
    machine["States"]["Each"]["ItemProcessor"] |= {
        "StartAt": "Rest",
        "States": {"Rest": rest, "No": {"Type": "Fail"}},
    }
    execution = emulator.run(machine, [30, 90])
    emulator.assembly.settle()
    assert execution.elapsed == timedelta(seconds=30)
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    run = only_run(emulator)
    assert (run.status, run.executions.failed, run.executions.aborted) == ("FAILED", 1, 1)


def test_stopping_the_parent_stops_the_children(emulator: Emulator) -> None:
    execution = emulator.start(distributed(work=WAIT, MaxConcurrency=2), [1, 2, 3])
    sfn, run = emulator.client("stepfunctions"), only_run(emulator)
    sfn.stop_execution(executionArn=execution.arn)
    emulator.assembly.settle()
    assert [child.status for child in children(emulator)] == ["ABORTED", "ABORTED"]
    described = sfn.describe_map_run(mapRunArn=run.arn)
    assert (described["status"], described["executionCounts"]["aborted"]) == ("ABORTED", 2)
    assert described["stopDate"] == datetime(2030, 1, 1, tzinfo=UTC)


# Results --------------------------------------------------------------------------------------------------------------


def test_exported_results_and_their_manifest(emulator: Emulator, put: Callable[..., None]) -> None:
    execution = emulator.run(distributed(Label="Rows", ResultWriter=writer()), ["x", "y"]).assert_succeeded()
    run = only_run(emulator)
    folder = f"out/{run.arn.rpartition(':')[2]}"
    assert execution.output == {
        "MapRunArn": run.arn,
        "ResultWriterDetails": {"Bucket": BUCKET, "Key": f"{folder}/manifest.json"},
    }
    manifest = contents(emulator, f"{folder}/manifest.json")
    (file,) = manifest["ResultFiles"].pop("SUCCEEDED")
    assert manifest == {
        "DestinationBucket": BUCKET,
        "MapRunArn": run.arn,
        "ResultFiles": {"FAILED": [], "PENDING": []},
    }
    assert file["Key"] == f"{folder}/SUCCEEDED_0.json"
    results = contents(emulator, file["Key"])
    assert file["Size"] == len(json.dumps(results, separators=(",", ":")))
    assert [(each["Input"], each["Output"], each["Status"]) for each in results] == [
        ('"x"', '"x"', "SUCCEEDED"),
        ('"y"', '"y"', "SUCCEEDED"),
    ]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"Transformation": "COMPACT"}, "[[1,2],3]"),
        ({"Transformation": "FLATTEN"}, "[1,2,3]"),
        ({"Transformation": "COMPACT", "OutputType": "JSONL"}, "[1,2]\n3\n"),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "1\n2\n3\n"),
    ],
)
def test_the_forms_of_exported_results(
    emulator: Emulator, put: Callable[..., None], config: dict[str, str], text: str
) -> None:
    emulator.run(distributed(ResultWriter=writer(**config)), [[1, 2], 3]).assert_succeeded()
    (key,) = [each["Key"] for each in emulator.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"][:1]]
    assert emulator.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() == text
    assert key.endswith(f"SUCCEEDED_0.{config.get('OutputType', 'JSON').lower()}")


def test_a_run_that_fails_leaves_files_of_what_failed_and_what_never_began(
    emulator: Emulator, put: Callable[..., None]
) -> None:
    machine = picky()
    machine["States"]["Each"]["ResultWriter"] = writer()
    execution = emulator.run(machine, [0, 1, 2, 3])
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    folder = f"out/{only_run(emulator).arn.rpartition(':')[2]}"
    statuses = {
        kind: [(each["Input"], each["Status"]) for each in contents(emulator, f"{folder}/{kind}_0.json")]
        for kind in ("SUCCEEDED", "FAILED", "PENDING")
    }
    assert statuses == {
        "SUCCEEDED": [("0", "SUCCEEDED")],
        "FAILED": [("1", "FAILED")],
        "PENDING": [("2", "PENDING"), ("3", "PENDING")],
    }


def test_a_bucket_that_is_not_there(emulator: Emulator) -> None:
    execution = emulator.run(distributed(ResultWriter=writer()), [1])
    assert execution.error == "States.ResultWriterFailed"
    assert (execution.cause or "").startswith("The specified bucket does not exist")


def test_results_that_are_not_exported_in_full(emulator: Emulator) -> None:
    execution = emulator.run(distributed(ResultWriter={"WriterConfig": {"Transformation": "NONE"}}), [1])
    assert [each["Output"] for each in execution.output] == ["1"]


# The API --------------------------------------------------------------------------------------------------------------


def test_describe_map_run(emulator: Emulator) -> None:
    machine = picky()
    machine["States"]["Each"] |= {"ToleratedFailureCount": 3, "ToleratedFailurePercentage": 50}
    execution = emulator.run(machine, [0, 1, 2])
    sfn = emulator.client("stepfunctions")
    (listed,) = sfn.list_map_runs(executionArn=execution.arn)["mapRuns"]
    assert listed.keys() == {"executionArn", "mapRunArn", "stateMachineArn", "startDate", "stopDate"}
    described = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
    counts = {
        **dict.fromkeys(("pending", "running", "timedOut", "aborted", "failuresNotRedrivable", "pendingRedrive"), 0),
        "succeeded": 2,
        "failed": 1,
        "total": 3,
        "resultsWritten": 3,
    }
    assert (described["itemCounts"], described["executionCounts"]) == (counts, counts)
    assert (described["status"], described["maxConcurrency"]) == ("SUCCEEDED", 1)
    assert (described["toleratedFailureCount"], described["toleratedFailurePercentage"]) == (3, 50.0)


def test_a_run_without_a_limit_has_the_largest_max_concurrency(emulator: Emulator) -> None:
    """Measured on AWS: DescribeMapRun answers 2,147,483,647."""
    emulator.run(distributed(), [1])
    described = emulator.client("stepfunctions").describe_map_run(mapRunArn=only_run(emulator).arn)
    assert described["maxConcurrency"] == 2_147_483_647


def test_counts_of_batches_and_their_items_while_they_run(emulator: Emulator) -> None:
    emulator.start(distributed(work=WAIT, MaxConcurrency=1, ItemBatcher={"MaxItemsPerBatch": 2}), [1, 2, 3])
    described = emulator.client("stepfunctions").describe_map_run(mapRunArn=only_run(emulator).arn)
    assert (described["itemCounts"]["running"], described["itemCounts"]["pending"]) == (2, 1)
    assert described["executionCounts"]["running"] == 1


def test_update_map_run(emulator: Emulator) -> None:
    execution = emulator.start(distributed(work=WAIT, MaxConcurrency=1), [1, 2, 3, 4])
    sfn, arn = emulator.client("stepfunctions"), only_run(emulator).arn
    sfn.update_map_run(mapRunArn=arn, maxConcurrency=4, toleratedFailureCount=2, toleratedFailurePercentage=10.5)
    described = sfn.describe_map_run(mapRunArn=arn)
    assert (described["maxConcurrency"], described["toleratedFailureCount"]) == (4, 2)
    assert described["toleratedFailurePercentage"] == 10.5
    assert emulator.finish(execution).elapsed == timedelta(seconds=60)
    with pytest.raises(ClientError, match="ValidationException"):
        sfn.update_map_run(mapRunArn=arn, maxConcurrency=1)


def test_children_by_status_and_by_page(emulator: Emulator) -> None:
    machine = picky()
    machine["States"]["Each"]["ToleratedFailureCount"] = 9
    emulator.run(machine, [0, 1, 2])
    sfn, arn = emulator.client("stepfunctions"), only_run(emulator).arn
    assert len(sfn.list_executions(mapRunArn=arn, statusFilter="FAILED")["executions"]) == 1
    page = sfn.list_executions(mapRunArn=arn, maxResults=2)
    assert len(page["executions"]) == 2
    rest = sfn.list_executions(mapRunArn=arn, maxResults=2, nextToken=page["nextToken"])
    assert len(rest["executions"]) == 1


@pytest.mark.parametrize("operation", ["describe_map_run", "update_map_run", "list_executions"])
def test_a_map_run_that_is_not_there(emulator: Emulator, operation: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        getattr(emulator.client("stepfunctions"), operation)(
            mapRunArn="arn:aws:states:us-east-1:123456789012:mapRun:m/l:x"
        )


def test_executions_are_listed_of_a_machine_or_of_a_map_run(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="Exactly one of stateMachineArn and mapRunArn"):
        emulator.client("stepfunctions").list_executions()


def test_a_reader_and_a_writer_together(emulator: Emulator, put: Callable[..., None]) -> None:
    put("k", "n\n1\n2\n3\n")
    machine = distributed(
        ItemReader=reader({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, Key="k"),
        ItemBatcher={"MaxItemsPerBatch": 2},
        ResultWriter=writer(Transformation="COMPACT"),
    )
    emulator.run(machine).assert_succeeded()
    run = only_run(emulator)
    results = contents(emulator, f"out/{run.arn.rpartition(':')[2]}/SUCCEEDED_0.json")
    assert results == [{"Items": [{"n": "1"}, {"n": "2"}]}, {"Items": [{"n": "3"}]}]
    assert (run.executions.succeeded, run.items.succeeded) == (2, 3)
