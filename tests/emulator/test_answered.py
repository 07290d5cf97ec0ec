"""How the calls of a run were answered: what was emulated, stubbed, faulted, and answered by moto with a constant."""

import boto3

from emulator import Emulator
from emulator.report import lines_of
from tests.emulator.flows import flow

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
GLUE = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "etl"}}


def test_a_run_tells_how_its_calls_were_answered(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: boto3.client("dynamodb").list_tables()["TableNames"])
    emulator.stub("glue:startJobRun.sync").returns({"JobRunState": "SUCCEEDED"}, check=False)
    emulator.faults.fail("lambda:Invoke", "TooManyRequestsException", times=1)
    charge = {"Type": "Task", "Resource": f"{FUNCTION}charge", "Retry": [{"ErrorEquals": ["States.ALL"]}]}
    emulator.run(flow(Charge={**charge, "Next": "Etl"}, Etl={**GLUE, "End": True})).assert_succeeded()
    told = emulator.answered
    assert (told.emulated, told.stubbed) == ({"function charge": 1}, {"glue:startJobRun.sync": 1})
    assert told.faulted == {"lambda:Invoke TooManyRequestsException": 1}
    assert told.requests == {"dynamodb": 1}
    assert told.lines()[:2] == ["emulated: function charge (1)", "stubbed: glue:startJobRun.sync (1)"]
    report = lines_of(emulator.assembly, None, "")
    assert report[-len(told.lines()) :] == told.lines()


def test_a_report_without_stubs_and_faults_has_no_such_lines(emulator: Emulator) -> None:
    emulator.lambda_function("charge", lambda event, context: event)
    emulator.run(flow(Charge={"Type": "Task", "Resource": f"{FUNCTION}charge", "End": True}))
    assert emulator.answered.is_all_emulated
    assert emulator.answered.document()["emulated"] == {"function charge": 1}
    assert not any(line.startswith(("emulated", "requests")) for line in lines_of(emulator.assembly, None, ""))


def test_a_constant_is_told(emulator: Emulator) -> None:
    period = {"Start": "2030-01-01", "End": "2030-01-02"}
    boto3.client("ce").get_cost_and_usage(TimePeriod=period, Granularity="DAILY", Metrics=["BlendedCost"])
    assert emulator.answered.constants == ("moto answered ce:GetCostAndUsage with a constant: no costs",)
    assert not emulator.answered.is_all_emulated


def test_a_report_names_the_fault_that_never_acted() -> None:
    with Emulator(unused_faults="allow") as emulator:
        emulator.faults.fail("dynamodb:PutItem", "ThrottlingException", state="Sav")
        [line] = lines_of(emulator.assembly, None, "")
    assert "was never used; there is no state 'Sav'" in line
