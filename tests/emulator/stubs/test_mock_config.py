"""A team comes from Step Functions Local with its MockConfigFile.json, and starts ``<state machine>#<test case>``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator import Emulator, EmulatorError
from tests.emulator.stubs.conftest import FUNCTION, GLUE, INVOKE, machine, task

RETRY: dict[str, Any] = {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5, "BackoffRate": 1}]}
ORDERS = {
    "StartAt": "Charge",
    "States": {
        "Charge": task(INVOKE, Parameters={"FunctionName": "charge"}, Next="Report", **RETRY) | {"End": None},
        "Report": task(GLUE, Parameters={"JobName": "report"}, ResultPath="$.report"),
    },
}
del ORDERS["States"]["Charge"]["End"]  # type: ignore[index]
CONFIG: dict[str, Any] = {
    "StateMachines": {
        "Orders": {
            "TestCases": {
                "HappyPath": {"Charge": "Charged", "Report": "Reported"},
                "BusyPath": {"Charge": "BusyTwice", "Report": "Reported"},
                "OnlyReport": {"Report": "Reported"},
                "ReportFails": {"Charge": "Charged", "Report": "Failed"},
            }
        }
    },
    "MockedResponses": {
        "Charged": {"0": {"Return": {"StatusCode": 200, "Payload": {"id": 1}}}},
        "BusyTwice": {
            "0-1": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "busy"}},
            "2": {"Return": {"StatusCode": 200, "Payload": {"id": 2}}},
        },
        "Reported": {"0-9": {"Return": {"JobRunState": "SUCCEEDED", "Own": True}}},
        "Failed": {"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "no"}}},
    },
}

Write = Callable[[Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of JSON."""

    def written(value: Any) -> Path:
        file = tmp_path / "MockConfigFile.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value, indent=2))
        return file

    return written


def test_a_test_case_is_chosen_after_the_arn(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders")
    config = emulator.mock_config(write(CONFIG))
    assert config.machines == {"Orders": ["HappyPath", "BusyPath", "OnlyReport", "ReportFails"]}
    happy = emulator.run(f"{orders.arn}#HappyPath").assert_succeeded()
    assert happy.output == {
        "StatusCode": 200,
        "Payload": {"id": 1},
        "report": {"JobRunState": "SUCCEEDED", "Own": True},
    }
    assert "#" not in happy.arn
    busy = emulator.run(orders, test_case="BusyPath").assert_succeeded()
    assert busy.output["Payload"] == {"id": 2}
    types = [event["type"] for event in busy.history]
    assert types.count("TaskFailed") == 2
    assert types[-4:] == ["TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    failed = emulator.run(f"{orders.arn}#ReportFails")
    assert (failed.error, failed.cause) == ("States.TaskFailed", "no")


def test_a_stub_sees_what_a_test_case_answers(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders")
    emulator.mock_config(write(CONFIG))
    report = emulator.task("Report")
    emulator.run(f"{orders.arn}#HappyPath").assert_succeeded()
    report.assert_called_once_with({"JobName": "report"})


def test_a_state_that_the_case_does_not_name_calls_its_function(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders")
    emulator.lambda_function("charge", lambda event, context: "real")
    emulator.mock_config(write(CONFIG))
    assert emulator.run(f"{orders.arn}#OnlyReport").output["Payload"] == "real"


def test_every_execution_begins_its_case_anew(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders")
    emulator.mock_config(write(CONFIG))
    assert [emulator.run(f"{orders.arn}#BusyPath").output["Payload"]["id"] for _ in range(2)] == [2, 2]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_boto3_starts_a_test_case(emulator: Emulator, write: Write, kind: Any) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders", type="STANDARD")
    states = {"Charge": ORDERS["States"]["Charge"] | {"Next": "Done"}, "Done": {"Type": "Succeed"}}  # type: ignore[index]
    express = emulator.state_machine({"StartAt": "Charge", "States": states}, name="Fast", type="EXPRESS")
    fast = {"TestCases": {"HappyPath": {"Charge": "Charged"}}}
    emulator.mock_config(write({**CONFIG, "StateMachines": {**CONFIG["StateMachines"], "Fast": fast}}))
    client = boto3.client("stepfunctions")
    if kind == "STANDARD":
        started = client.start_execution(stateMachineArn=f"{orders.arn}#HappyPath")
        assert emulator.finish(started["executionArn"]).output["Payload"] == {"id": 1}
    else:
        answer = client.start_sync_execution(stateMachineArn=f"{express.arn}#HappyPath")
        assert json.loads(answer["output"])["Payload"] == {"id": 1}


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_the_items_of_a_map_share_a_response(emulator: Emulator, write: Write, mode: str) -> None:
    more = {"ExecutionType": "EXPRESS"} if mode == "DISTRIBUTED" else {}
    processor = machine(task(FUNCTION), ProcessorConfig={"Mode": mode, **more})
    each = {"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 1, "End": True}
    found = emulator.state_machine(machine(each, "Each"), name="Orders")
    responses = {"Charged": {str(number): {"Return": number * 10} for number in range(3)}}
    cases = {"Orders": {"TestCases": {"All": {"Charge": "Charged"}}}}
    emulator.mock_config(write({"StateMachines": cases, "MockedResponses": responses}))
    assert emulator.run(f"{found.arn}#All", ["a", "b", "c"]).output == [0, 10, 20]


def test_a_call_after_the_last_response_is_an_error_that_names_it(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(machine(task(FUNCTION, **RETRY)), name="Orders")
    response = {"0": {"Throw": {"Error": "E", "Cause": "c"}}}
    cases = {"Orders": {"TestCases": {"Retried": {"Charge": "Once"}}}}
    emulator.mock_config(write({"StateMachines": cases, "MockedResponses": {"Once": response}}))
    told = r"MockConfigFile.json:\d+:\d+: the mocked response 'Once' of state 'Charge' has 1 answer, and this is call 2"
    with pytest.raises(EmulatorError, match=told):
        emulator.run(f"{orders.arn}#Retried")


def test_a_case_and_a_machine_that_are_not_in_the_file(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders")
    other = emulator.state_machine(ORDERS, name="Order")
    with pytest.raises(EmulatorError, match="there is no mock configuration"):
        emulator.run(orders, test_case="HappyPath")
    emulator.mock_config(write(CONFIG))
    with pytest.raises(EmulatorError, match=r"Orders has no test case 'HapyPath'\n    Did you mean \"HappyPath\"\?"):
        emulator.run(f"{orders.arn}#HapyPath")
    with pytest.raises(EmulatorError, match=r"no state machine 'Order'\n    Did you mean \"Orders\"\?"):
        emulator.run(f"{other.arn}#HappyPath")


def test_a_case_without_its_machine_is_that_of_the_only_one_of_the_file(emulator: Emulator, write: Write) -> None:
    emulator.mock_config(write(CONFIG))
    assert emulator.run(ORDERS, test_case="HappyPath").output["Payload"] == {"id": 1}


def test_a_machine_that_a_template_made_is_found_by_the_name_that_it_has_there(
    emulator: Emulator, write: Write
) -> None:
    made = emulator.state_machine(ORDERS, name="shop-Orders-1A2B3C")
    emulator.mock_config(write(CONFIG))
    assert emulator.run(f"{made.arn}#HappyPath").output["Payload"] == {"id": 1}


def test_a_state_that_the_machine_does_not_have_is_refused(emulator: Emulator, write: Write) -> None:
    orders = emulator.state_machine(ORDERS, name="Orders")
    cases = {"Orders": {"TestCases": {"Wrong": {"Chrage": "Charged"}}}}
    emulator.mock_config(write({**CONFIG, "StateMachines": cases}))
    told = r"MockConfigFile.json:6:\d+: Orders has no state 'Chrage'\n    Did you mean \"Charge\"\?"
    with pytest.raises(EmulatorError, match=told):
        emulator.run(f"{orders.arn}#Wrong")


OK = {"Return": 1}
WRONG: list[tuple[Any, str]] = [
    ('{"StateMachines": {', r":1:\d+: this is not JSON"),
    ("[]", ":1:1: a mock configuration is a JSON object"),
    ({"StateMachines": {}}, '"MockedResponses" is missing'),
    ({"StateMachine": {}, "MockedResponses": {}}, 'no key "StateMachine" here\n    Did you mean "StateMachines"'),
    ({"M": {"TestCase": {}}}, ':4:.* no key "TestCase" here\n    Did you mean "TestCases"'),
    ({"M": {"TestCases": {"C": {"S": "Chargd"}}}}, 'has no "Chargd"\n    Did you mean "Charged"'),
    ({"M": {"TestCases": {"C": {"S": {"0": OK}}}}}, "Give the name of one"),
    ({"0-2": OK, "2": OK}, '/MockedResponses/R/2: "2" overlaps: call 2 has a response already\n.* the next one is 3'),
    ({"0": OK, "2": OK}, '"2" leaves out call 1'),
    ({"1": OK}, '"1" leaves out call 0'),
    ({"2-1": OK}, 'the range "2-1" ends before it begins'),
    ({"first": OK}, '"first" is neither the number of a call'),
    ({}, "there is no response"),
    ({"0": {"Retrun": 1}}, 'no key "Retrun" here\n    Did you mean "Return"'),
    ({"0": {"Return": 1, "Throw": {"Error": "E", "Cause": "c"}}}, "this has both Return and Throw"),
    ({"0": {}}, "this has neither Return nor Throw"),
    ({"0": {"Throw": {"Cause": "c"}}}, '"Error" is missing'),
    ({"0": {"Throw": {"Error": "E", "Cause": 1}}}, '"Cause" is not text'),
    ({"0": {"Throw": "E"}}, "/MockedResponses/R/0/Throw: an object is needed here"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_a_wrong_file_is_refused_with_the_place(emulator: Emulator, write: Write, given: Any, told: str) -> None:
    config = given
    if isinstance(given, dict) and "M" in given:
        config = {"StateMachines": given, "MockedResponses": CONFIG["MockedResponses"]}
    elif isinstance(given, dict) and not {"StateMachines", "StateMachine"} & given.keys():
        config = {"StateMachines": {}, "MockedResponses": {"R": given}}
    place = "" if told.startswith(":") else r":\d+:\d+: (.|\n)*"
    with pytest.raises(EmulatorError, match=f"MockConfigFile.json{place}{told}"):
        emulator.mock_config(write(config))


def test_a_team_keeps_its_own_sections_in_the_file(emulator: Emulator, write: Write) -> None:
    """Such as what its own script checks; Step Functions Local reads past them."""
    own = {"$schema": "mock.schema.json", "Assert": {"Orders": [{"HappyPath": "ExecutionSucceeded"}]}, **CONFIG}
    emulator.mock_config(write(own))
    orders = emulator.state_machine(ORDERS, name="Orders")
    emulator.run(f"{orders.arn}#HappyPath").assert_succeeded()


def test_a_key_that_is_given_twice_is_refused(emulator: Emulator, write: Write) -> None:
    with pytest.raises(EmulatorError, match="MockedResponses/R/0: the key is given twice"):
        emulator.mock_config(
            write('{"StateMachines": {}, "MockedResponses": {"R": {"0": {"Return": 1}, "0": {"Return": 2}}}}')
        )


def test_a_file_that_is_not_there(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r"mocks.json: a mock configuration cannot be read: No such file"):
        emulator.mock_config("mocks.json")
