"""Regions, accounts and partitions: each has resources of its own, as on AWS."""

import json
import os
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import boto3
import pytest
from botocore.exceptions import ClientError

from asl.problems import DefinitionError
from emulator import Emulator, EmulatorError, MissingHandlerError
from emulator.aws.regions import partition_of, regions

HERE, THERE, ACCOUNT = "us-east-1", "eu-west-1", "123456789012"
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
ROLE = "arn:aws:iam::123456789012:role/r"


def client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region)


def function(name: str, region: str = HERE, account: str = ACCOUNT) -> str:
    return f"arn:aws:lambda:{region}:{account}:function:{name}"


def task(resource: str, **arguments: Any) -> str:
    state = {"Type": "Task", "Resource": resource, "End": True, **({"Parameters": arguments} if arguments else {})}
    return json.dumps({"StartAt": "A", "States": {"A": state}})


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def code(source: str) -> dict[str, bytes]:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("app.py", source)
    return {"ZipFile": file.getvalue()}


@pytest.fixture
def two(emulator: Emulator) -> Emulator:
    """An emulator with a function ``f`` in each of two regions."""
    emulator.lambda_function("f", lambda event, context: ["here", context.invoked_function_arn])
    emulator.lambda_function("f", lambda event, context: ["there", context.invoked_function_arn], region=THERE)
    return emulator


# Functions ---------------------------------------------------------------------------------------------------------


def test_a_name_is_a_function_of_its_own_in_each_region(two: Emulator) -> None:
    for region, said in ((HERE, "here"), (THERE, "there")):
        aws = client("lambda", region)
        for reference in ("f", f"{ACCOUNT}:function:f", function("f", region)):
            answer = json.loads(aws.invoke(FunctionName=reference)["Payload"].read())
            assert answer == [said, function("f", region)]
        listed = [each["FunctionArn"] for each in aws.list_functions()["Functions"]]
        assert listed == [function("f", region)]
        assert aws.get_function(FunctionName="f")["Configuration"]["FunctionArn"] == function("f", region)


def test_a_function_can_be_registered_by_its_arn(emulator: Emulator) -> None:
    other = function("f", account="999999999999")
    assert emulator.lambda_function(other, lambda event, context: "another account") == other
    assert emulator.run(json.loads(task(other))).output == "another account"
    with pytest.raises(MissingHandlerError, match="no handler for f"):
        emulator.run(json.loads(task("arn:aws:states:::lambda:invoke", FunctionName="f")))
    with pytest.raises(EmulatorError, match="is not the ARN of a function"):
        emulator.lambda_function("arn:aws:sqs:us-east-1:123456789012:f", print)
    with pytest.raises(EmulatorError, match='did you mean "us-east-1"'):
        emulator.lambda_function("f", print, region="us-east1")


def test_an_account_of_an_arn_is_compared(emulator: Emulator) -> None:
    emulator.lambda_function("f", lambda event, context: 1)
    with pytest.raises(MissingHandlerError) as caught:
        emulator.run(json.loads(task(function("f", account="999999999999"))))
    assert "registered: f\n" in str(caught.value)
    assert f"fix: emulator.lambda_function('{function('f', account='999999999999')}', your_function)" in str(
        caught.value
    )


def test_functions_of_another_region_are_not_reachable(two: Emulator) -> None:
    why = f"Functions from '{THERE}' are not reachable in this region ('{HERE}')"
    there = function("f", THERE)
    assert refused(client("lambda", HERE).invoke, FunctionName=there) == ("ResourceNotFoundException", why)
    assert refused(client("lambda", HERE).get_function, FunctionName=there) == ("ResourceNotFoundException", why)
    assert refused(client("lambda", HERE).delete_function, FunctionName=there) == ("ResourceNotFoundException", why)
    for definition in (task(there), task("arn:aws:states:::lambda:invoke", FunctionName=there)):
        with pytest.raises(MissingHandlerError, match=r"are not reachable in this region(?s:.*)\n.*region='eu-west-1'"):
            two.run(json.loads(definition))


def test_functions_of_another_account_are_not_accessible(two: Emulator) -> None:
    aws, other = client("lambda", HERE), function("f", account="999999999999")
    for call in (aws.invoke, aws.get_function, aws.list_aliases, aws.delete_function):
        code, message = refused(call, FunctionName=other)
        assert code == "AccessDeniedException"
        assert other in message
    two.lambda_function(other, lambda event, context: "theirs")
    assert json.loads(aws.invoke(FunctionName=other)["Payload"].read()) == "theirs"


def test_a_task_that_names_a_function_of_another_region_fails_as_on_aws() -> None:
    with Emulator(missing_function="fail") as emulator:
        emulator.lambda_function("f", lambda event, context: 1, region=THERE)
        run = emulator.run(json.loads(task(function("f", THERE))))
        assert run.error == "Lambda.ResourceNotFoundException"
        assert (run.cause or "").startswith(f"Functions from '{THERE}' are not reachable in this region ('{HERE}')")


def test_uploaded_functions_are_apart(emulator: Emulator) -> None:
    for region in (HERE, THERE):
        client("lambda", region).create_function(
            FunctionName="f",
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Code=code(f"handler = lambda event, context: {region!r}"),
        )
    client("lambda", THERE).update_function_configuration(FunctionName="f", MemorySize=512)
    assert client("lambda", HERE).get_function(FunctionName="f")["Configuration"]["MemorySize"] == 128
    client("lambda", THERE).delete_function(FunctionName="f")
    assert json.loads(client("lambda", HERE).invoke(FunctionName="f")["Payload"].read()) == HERE
    assert refused(client("lambda", THERE).get_function, FunctionName="f")[0] == "ResourceNotFoundException"


def test_a_handler_has_the_region_of_its_function(emulator: Emulator) -> None:
    def where(event: Any, context: Any) -> list[Any]:
        made = boto3.client("sqs").create_queue(QueueName=event["queue"])["QueueUrl"]
        return [os.environ["AWS_REGION"], os.environ["AWS_DEFAULT_REGION"], made]

    for region, variables in ((HERE, None), (THERE, None), (THERE, {"A": "b"})):
        name = f"f-{region}-{len(variables or ())}"
        emulator.lambda_function(name, where, region=region, environment=variables)
        answer = client("lambda", region).invoke(FunctionName=name, Payload=json.dumps({"queue": name}))
        *said, url = json.loads(answer["Payload"].read())
        assert said == [region, region]
        assert url == client("sqs", region).get_queue_url(QueueName=name)["QueueUrl"]
    assert (os.environ["AWS_REGION"], boto3.client("sqs").meta.region_name) == (HERE, HERE)


# Step Functions ----------------------------------------------------------------------------------------------------


def test_machines_executions_and_activities_of_another_region_do_not_exist(emulator: Emulator) -> None:
    here, there = client("stepfunctions", HERE), client("stepfunctions", THERE)
    machine = here.create_state_machine(name="m", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    execution = here.start_execution(stateMachineArn=machine)["executionArn"]
    activity = here.create_activity(name="a")["activityArn"]
    missing = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'")
    for call in (there.start_execution, there.describe_state_machine, there.list_executions):
        assert refused(call, stateMachineArn=machine) == missing
    assert refused(there.update_state_machine, stateMachineArn=machine, definition=PASS) == missing
    for call in (
        there.describe_execution,
        there.get_execution_history,
        there.stop_execution,
        there.describe_state_machine_for_execution,
        there.list_map_runs,
    ):
        assert refused(call, executionArn=execution) == (
            "ExecutionDoesNotExist",
            f"Execution Does Not Exist: '{execution}'",
        )
    for call in (there.describe_activity, there.get_activity_task):
        assert refused(call, activityArn=activity)[0] == "ActivityDoesNotExist"
    for call in (there.list_tags_for_resource,):
        assert refused(call, resourceArn=machine)[0] == "ResourceNotFound"
    there.delete_state_machine(stateMachineArn=machine)
    there.delete_activity(activityArn=activity)
    assert here.describe_state_machine(stateMachineArn=machine)["name"] == "m"
    assert here.describe_activity(activityArn=activity)["name"] == "a"
    assert there.list_state_machines()["stateMachines"] == there.list_activities()["activities"] == []


def test_machines_of_one_name_in_two_regions_are_two(emulator: Emulator) -> None:
    made = [
        client("stepfunctions", region).create_state_machine(name="m", definition=PASS, roleArn=ROLE)
        for region in (HERE, THERE)
    ]
    assert len({each["stateMachineArn"] for each in made}) == 2
    started = client("stepfunctions", THERE).start_execution(stateMachineArn=made[1]["stateMachineArn"], name="x")
    assert f":{THERE}:" in started["executionArn"]
    assert client("stepfunctions", HERE).list_executions(stateMachineArn=made[0]["stateMachineArn"])["executions"] == []


def test_a_task_token_is_not_valid_in_another_region(emulator: Emulator) -> None:
    waits = task("arn:aws:states:::lambda:invoke.waitForTaskToken", FunctionName="f", Payload={"t.$": "$$.Task.Token"})
    tokens: list[str] = []
    emulator.lambda_function("f", lambda event, context: tokens.append(event["t"]))
    run = emulator.start(json.loads(waits))
    refusal = refused(client("stepfunctions", THERE).send_task_success, taskToken=tokens[0], output="1")
    assert refusal[0] == "InvalidToken"
    assert refusal[1].startswith("Invalid Token: 'Invalid token'\n    given: ...")
    assert f": its task waits in {HERE}: give it to a client of that region\n" in refusal[1]
    client("stepfunctions", HERE).send_task_success(taskToken=tokens[0], output="1")
    assert run.status == "SUCCEEDED"


def test_tasks_call_the_services_of_the_machines_region(emulator: Emulator) -> None:
    send = task("arn:aws:states:::aws-sdk:sqs:createQueue", QueueName="q")
    machine = emulator.state_machine(json.loads(send), region=THERE)
    emulator.run(machine).assert_succeeded()
    assert f":{THERE}:" in machine.arn
    assert client("sqs", THERE).get_queue_url(QueueName="q")["QueueUrl"]
    assert refused(client("sqs", HERE).get_queue_url, QueueName="q")[0].endswith("NonExistentQueue")


def test_a_nested_execution_is_of_the_parents_region(emulator: Emulator) -> None:
    child = emulator.state_machine(json.loads(PASS), name="child", region=THERE)
    start = task("arn:aws:states:::states:startExecution", StateMachineArn=child.arn)
    assert emulator.run(json.loads(start)).error == "StepFunctions.StateMachineDoesNotExistException"
    assert emulator.run(emulator.state_machine(json.loads(start), name="p", region=THERE)).status == "SUCCEEDED"


# Partitions and names ----------------------------------------------------------------------------------------------


def test_partitions_are_botocores(emulator: Emulator) -> None:
    session = boto3.session.Session()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("sts", partition_name=partition):
            assert partition_of(region) == partition
            assert region in regions()
    assert {"us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"} <= regions()
    assert not [name for name in regions() if name.endswith("global")]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso"), ("eu-west-1", "aws")],
)
def test_every_arn_has_the_partition_of_its_region(region: str, partition: str) -> None:
    with Emulator(region=region) as emulator:
        states: Any = emulator.client("stepfunctions")
        name = emulator.lambda_function("f", lambda event, context: context.invoked_function_arn)
        machine = emulator.state_machine(json.loads(task(f"arn:{partition}:states:::lambda:invoke", FunctionName="f")))
        run = emulator.run(machine)
        arns = [name, machine.arn, machine.role_arn, run.arn, run.output["Payload"]]
        arns.append(states.create_activity(name="a")["activityArn"])
        arns.append(emulator.client("lambda").get_function(FunctionName="f")["Configuration"]["Role"])
        events: Any = emulator.client("events")
        arns.append(events.put_rule(Name="r", EventPattern='{"source": ["a"]}')["RuleArn"])
        arns.append(events.create_event_bus(Name="b")["EventBusArn"])
        assert [arn.split(":")[1] for arn in arns] == [partition] * len(arns)


def test_a_resource_of_another_partition_is_refused_with_a_hint(emulator: Emulator) -> None:
    resource = "arn:aws:states:::lambda:invoke"
    wrong: tuple[Callable[[], object], ...] = (
        lambda: emulator.state_machine(json.loads(task(resource, FunctionName="f")), region="cn-north-1"),
        lambda: emulator.state_machine(task(resource, FunctionName="f"), region="cn-north-1"),
        lambda: emulator.state_machine(task(function("f", "cn-north-1")), region="cn-north-1"),
    )
    for make in wrong:
        with pytest.raises(DefinitionError, match='cn-north-1 is in the partition "aws-cn": write "arn:aws-cn:'):
            make()
    code, message = refused(
        client("stepfunctions", "cn-north-1").create_state_machine,
        name="m",
        definition=task(resource, FunctionName="f"),
        roleArn=ROLE,
    )
    assert code == "InvalidDefinition"
    assert f"The resource provided {resource} is not recognized." in message
    with pytest.raises(DefinitionError, match='us-east-1 is in the partition "aws"'):
        emulator.run(json.loads(task("arn:aws-cn:states:::lambda:invoke", FunctionName="f")))


def test_item_readers_and_tasks_in_branches_have_the_partition_too(emulator: Emulator) -> None:
    each = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **json.loads(task("arn:aws:states:::lambda:invoke", FunctionName="f")),
    }
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}
    branch = json.loads(task("arn:aws:states:::sns:publish", Message="m").replace('"A"', '"B"'))
    flow = {
        "StartAt": "P",
        "States": {
            "P": {"Type": "Parallel", "Branches": [branch], "Next": "M"},
            "M": {"Type": "Map", "ItemReader": reader, "ItemProcessor": each, "End": True},
        },
    }
    with pytest.raises(DefinitionError) as caught:
        emulator.state_machine(flow, region="us-gov-west-1")
    assert [problem.pointer for problem in caught.value.problems] == [
        "/States/P/Branches/0/States/B/Resource",
        "/States/M/ItemReader/Resource",
        "/States/M/ItemProcessor/States/A/Resource",
    ]
    right = json.loads(json.dumps(flow).replace("arn:aws:", "arn:aws-us-gov:"))
    assert emulator.state_machine(right, region="us-gov-west-1").arn.startswith("arn:aws-us-gov:states:us-gov-west-1:")


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("us-east1", 'did you mean "us-east-1"?'),
        ("US-EAST-1", 'did you mean "us-east-1"?'),
        ("eu-centarl-1", 'did you mean "eu-central-1"?'),
        ("aws-global", "is not an AWS region"),
        ("", 'write region="eu-central-1"'),
    ],
)
def test_a_name_that_is_no_region_is_refused_with_the_nearest(region: str, hint: str) -> None:
    with pytest.raises(EmulatorError) as caught:
        Emulator(region=region)
    assert str(caught.value).startswith(f"region={region!r} is not an AWS region; ")
    assert hint in str(caught.value)


@pytest.mark.parametrize("service", ["sqs", "dynamodb"])
def test_a_clients_region_that_is_none_is_named(emulator: Emulator, service: str) -> None:
    client = boto3.client(service, region_name="us-east1")
    with pytest.raises(EmulatorError, match='is not an AWS region; did you mean "us-east-1"'):
        client.list_queues() if service == "sqs" else client.list_tables()


def test_an_activity_of_another_region_gets_no_task(emulator: Emulator) -> None:
    there = boto3.client("stepfunctions", region_name="eu-west-1")
    activity = there.create_activity(name="pack")["activityArn"]
    flow = {"StartAt": "Pack", "States": {"Pack": {"Type": "Task", "Resource": activity, "End": True}}}
    failed = emulator.start(flow)
    assert (failed.status, failed.error) == ("FAILED", "States.Runtime")
    assert (failed.cause or "").endswith(f" The activity {activity} does not exist.")
    assert "taskToken" not in there.get_activity_task(activityArn=activity)
    execution = emulator.start(emulator.state_machine(flow, name="there", region="eu-west-1"))
    assert (execution.status, "taskToken" in there.get_activity_task(activityArn=activity)) == ("RUNNING", True)
    missing = {"StartAt": "P", "States": {"P": {"Type": "Task", "Resource": f"{activity}-2", "End": True}}}
    assert emulator.start(missing).error == "States.Runtime"
