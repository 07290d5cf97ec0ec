"""The census: every operation that moto answers is answered here, refused by name, or known to promise nothing later.

The operations are those of botocore's models; moto has one if its responses have a method of that name.
"""

import re
from functools import cache
from pathlib import Path

import moto
import pytest

from emulator.aws import names
from emulator.aws.endpoint_prefixes import prefix_of
from emulator.aws.promises import calls
from emulator.aws.promises.quiet import QUIET, is_quiet
from emulator.aws.promises.table import PROMISES
from emulator.cloudformation import TYPES
from emulator.eventbridge.archives import OPERATIONS as ARCHIVES
from emulator.lambda_api.operations import ABSENT, EMPTY, REFUSED
from emulator.lambda_api.operations import OPERATIONS as LAMBDA
from emulator.pipes.service import OPERATIONS as PIPES
from emulator.stepfunctions.operations import NOT_EMULATED, OPERATIONS

MOTO = Path(moto.__file__).parent
MODULES = {"lambda": "awslambda", "neptune": "rds", "docdb": "rds", "es": "opensearch"}
"""boto3's name of a service -> moto's module, where they differ by more than hyphens."""
OTHERWISE = ("s3", "polly", "xray")
"""Services of moto whose methods have other names: all of their operations are looked at."""
HERE = {
    "stepfunctions": {*OPERATIONS, *NOT_EMULATED},
    "lambda": {*LAMBDA, *EMPTY, *ABSENT, *REFUSED},
    "events": {"PutEvents", "TestEventPattern", "PutPermission", *ARCHIVES},
    "pipes": {*PIPES},
    "dynamodb": {"UpdateTimeToLive"},
    "s3": {"PutBucketNotification", "PutBucketNotificationConfiguration"},
}
"""Service -> the operations that the emulator answers or refuses itself, whatever moto has."""


def module_of(service: str) -> Path:
    return MOTO / MODULES.get(service, service.replace("-", ""))


SERVICES = [
    service
    for service in sorted(names.services().values())
    if (module_of(service) / "urls.py").exists() and service != "instance_metadata"
]


@cache
def methods(module: Path) -> frozenset[str]:
    """The names of a module's methods, without underscores."""
    files = [*module.glob("responses.py"), *module.glob("responses/**/*.py")]
    found = re.findall(r"^ +def (\w+)", "\n".join(file.read_text(encoding="utf-8") for file in files), re.MULTILINE)
    return frozenset(name.replace("_", "").lower() for name in found)


def operations_of_moto(service: str) -> list[str]:
    known = methods(module_of(service))
    every = names.service_model(service).operation_names
    return [name for name in every if service in OTHERWISE or name.lower() in known]


def refused(service: str) -> set[str]:
    """The operations that are refused; services with one endpoint prefix cannot be told apart by it."""
    prefix = names.service_model(service).endpoint_prefix
    return {name for each in PROMISES if prefix_of(each) == prefix for name in PROMISES[each]}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_decided(service: str) -> None:
    decided = refused(service) | HERE.get(service, set())
    undecided = [name for name in operations_of_moto(service) if name not in decided and not is_quiet(service, name)]
    assert undecided == [], (
        f"{service}: does it promise a later event? Then it is a row of emulator/aws/promises/table.py"
    )


def test_an_operation_is_in_one_class_only() -> None:
    twice = [f"{service}:{name}" for service, listed in QUIET.items() for name in listed if name in refused(service)]
    assert twice == []
    assert not {*QUIET, *PROMISES} & {"stepfunctions", "lambda"}


@pytest.mark.parametrize("service", sorted(QUIET))
def test_every_listed_operation_is_in_the_model(service: str) -> None:
    assert set(QUIET[service]) <= set(names.service_model(service).operation_names)


def test_an_unknown_operation_is_undecided_by_its_name() -> None:
    assert not is_quiet("scheduler", "StartEverything")
    assert not is_quiet("scheduler", "Gettysburg"), "a verb is a whole word"
    assert is_quiet("scheduler", "GetSchedule")


def test_the_census_counts() -> None:
    """So that a change of what is looked at is seen: it covers every service that moto has."""
    assert len(SERVICES) > 160
    assert len(calls()) == len(set(calls())) > 200
    assert sum(len(operations_of_moto(service)) for service in SERVICES) > 3500


def test_every_type_of_a_template_that_moto_makes_is_decided() -> None:
    """Types of this process, and those that always promise, are refused because they are not in ``TYPES``."""
    files = [file for file in MOTO.rglob("*.py") if "def cloudformation_type" in file.read_text(encoding="utf-8")]
    pattern = re.compile(r'def cloudformation_type.*?return "(AWS::\w+::\w+)"', re.DOTALL)
    made = {name for file in files for name in pattern.findall(file.read_text(encoding="utf-8"))}
    assert sorted(made - set(TYPES) - {"AWS::SERVICE::RESOURCE"}) == [
        "AWS::AutoScaling::ScheduledAction",
        "AWS::CloudFormation::Stack",
        "AWS::DataPipeline::Pipeline",
        "AWS::EC2::FlowLog",
        "AWS::Events::Archive",
        "AWS::Events::Rule",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::StepFunctions::StateMachine",
    ]
