"""State machines: create, describe, update, delete, list."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from asl.kinds import not_recognized
from asl.problems import SCHEMA, DefinitionError, Problem, join, placed
from asl.program import Program, compile  # noqa: A004 - the word of the field
from asl.references import variable_references
from asl.source import places
from asl.validate import MachineType
from emulator.aws.arns import Arn, in_partition, is_arn
from emulator.aws.regions import partition_of
from emulator.execution import UNLOGGED, UNTRACED, StateMachine
from emulator.integrations.check import KNOWN
from emulator.stepfunctions.checks import check_definition_length, check_word, checked_name
from emulator.stepfunctions.errors import aws_error
from emulator.stepfunctions.find import find_active, find_labelled_machine, find_machine, is_here, is_own, unlabelled
from emulator.stepfunctions.logging_configuration import read_logging, read_tracing
from emulator.stepfunctions.paging import next_token, page
from emulator.stepfunctions.service import Request, Response, StepFunctions
from emulator.stepfunctions.tags import read_tags

TYPES: Final = ("STANDARD", "EXPRESS")
AWS_KEY: Final = {"type": "AWS_OWNED_KEY"}
"""AWS's value for a machine or activity that was created without this member."""


def create_state_machine(service: StepFunctions, request: Request, region: str) -> Response:
    """CreateStateMachine: repeating a request returns the same machine; another definition or type is refused."""
    check_definition_length(request)
    name = checked_name(request["name"])
    check_word(request, "type", TYPES)
    program = _compile(request["definition"], region, request.get("type", "STANDARD"))
    logging, tracing = _configurations(service, request)
    arn = machine_arn(service, name, region)
    existing = service.store.machines.get(arn)
    if existing is not None:
        if existing.is_deleting:
            raise aws_error("StateMachineDeleting", arn)
        if _compared(existing) != (request["definition"], program.type, logging, tracing):
            raise aws_error("StateMachineAlreadyExists", arn)
        return {"stateMachineArn": arn, "creationDate": existing.created_at}
    tags = read_tags(request.get("tags", ()))
    machine = add_machine(
        service, name, program, request["roleArn"], region, tags=tags, logging=logging, tracing=tracing
    )
    return {"stateMachineArn": arn, "creationDate": machine.created_at}


def machine_arn(service: StepFunctions, name: str, region: str) -> str:
    """The ARN of a machine of this name."""
    return str(Arn.of("states", region, service.account_id, "stateMachine", name))


def add_machine(
    service: StepFunctions,
    name: str,
    program: Program,
    role_arn: str,
    region: str,
    *,
    source: str = "definition",
    tags: Mapping[str, str] | None = None,
    logging: Mapping[str, Any] = UNLOGGED,
    tracing: Mapping[str, Any] = UNTRACED,
) -> StateMachine:
    """Add a machine; it replaces one of the same name. Its configurations are those of ``logging_configuration``."""
    machine = StateMachine(
        machine_arn(service, name, region),
        name,
        program,
        role_arn,
        service.world.now(),
        source,
        dict(tags or {}),
        logging=logging,
        tracing=tracing,
    )
    for check in service.on_machine:
        check(machine)
    service.store.machines.put(machine)
    return machine


def describe_state_machine(service: StepFunctions, request: Request, region: str) -> Response:
    """DescribeStateMachine, with the original text of the definition."""
    labelled = find_labelled_machine(service, request["stateMachineArn"], region)
    machine = labelled or find_machine(service, request["stateMachineArn"], region)
    revision = {} if machine.revision_id is None else {"revisionId": machine.revision_id}
    described = {
        **described_machine(machine),
        "status": "DELETING" if machine.is_deleting else "ACTIVE",
        "type": machine.type,
        "creationDate": machine.created_at,
        **revision,
        **({} if labelled is None else {"label": label(machine.arn)}),
    }
    return included(described, request)


def described_machine(machine: StateMachine) -> Response:
    """The members shared by DescribeStateMachine and DescribeStateMachineForExecution."""
    found = variable_references(json.loads(machine.definition))
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": machine.role_arn,
        "loggingConfiguration": dict(machine.logging),
        "tracingConfiguration": dict(machine.tracing),
        "encryptionConfiguration": AWS_KEY,
        **({"variableReferences": found} if found else {}),
    }


def update_state_machine(service: StepFunctions, request: Request, region: str) -> Response:
    """UpdateStateMachine: running executions keep the definition they started with, and the machine keeps its type."""
    check_definition_length(request)
    machine = find_active(service, request["stateMachineArn"], region)
    if not request.keys() & {"definition", "roleArn", "loggingConfiguration", "tracingConfiguration"}:
        raise aws_error(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified",
        )
    program = _compile(request["definition"], region, machine.type) if "definition" in request else machine.program
    logging, tracing = _configurations(service, request, machine.logging, machine.tracing)
    updated = replace(
        machine, program=program, role_arn=request.get("roleArn", machine.role_arn), logging=logging, tracing=tracing
    )
    revision = machine.revision_id
    if revision is None or (_compared(updated), updated.role_arn) != (_compared(machine), machine.role_arn):
        revision = service.world.chance("revision", machine.arn).uuid()
    for check in service.on_machine:
        check(updated)
    service.store.machines.put(replace(updated, revision_id=revision))
    return {"updateDate": service.world.now(), "revisionId": revision}


def _configurations(
    service: StepFunctions,
    request: Request,
    logging: Mapping[str, Any] = UNLOGGED,
    tracing: Mapping[str, Any] = UNTRACED,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The logging and tracing configurations of a request, or these."""
    if "loggingConfiguration" in request:
        logging = read_logging(service.world, request["loggingConfiguration"])
    if "tracingConfiguration" in request:
        tracing = read_tracing(request["tracingConfiguration"])
    return logging, tracing


def _compared(machine: StateMachine) -> tuple[object, ...]:
    """What CreateStateMachine compares, and an update makes a revision of, besides the role of the latter."""
    return machine.definition, machine.type, machine.logging, machine.tracing


def delete_state_machine(service: StepFunctions, request: Request, region: str) -> Response:
    """DeleteStateMachine: succeeds even if it does not exist. Its executions go with it, and their names are free."""
    arn = unlabelled(request["stateMachineArn"])
    if is_here(arn, region):
        service.delete_machine(arn)
    return {}


def list_state_machines(service: StepFunctions, request: Request, region: str) -> Response:
    """ListStateMachines: by name."""
    own = (each for each in service.store.machines.list(region) if is_own(service, each.arn))
    here = sorted(own, key=lambda machine: machine.name)
    found, token = page(here, request, "ListStateMachines")
    listed = [{"stateMachineArn": m.arn, "name": m.name, "type": m.type, "creationDate": m.created_at} for m in found]
    return {"stateMachines": listed, **next_token(token)}


def label(machine_arn: str) -> str:
    """The label at the end of the ARN of the machine that a Distributed Map's children run."""
    return Arn.parse(machine_arn).name.partition("/")[2]


def included(described: dict[str, Any], request: Request) -> Response:
    """A Describe response, without the user's own data when ``includedData`` is ``METADATA_ONLY``."""
    if request.get("includedData") == "METADATA_ONLY":
        for member in ("definition", "input", "output"):
            described.pop(member, None)
            if f"{member}Details" in described:
                described[f"{member}Details"] = {"included": False}
    return described


def check_partition(program: Program, region: str, source: str = "definition") -> None:
    """Raises ``DefinitionError`` for each resource of a state that is in another partition than ``region``.

    The developer guide writes ``arn:aws-cn:states:::...`` for China; the text is that of any resource AWS lacks there.
    """
    partition = partition_of(region)
    if set(_PARTITIONS.findall(program.text)) <= {partition}:
        return
    problems = [
        Problem(
            SCHEMA,
            join(pointer, "Resource"),
            not_recognized(text),
            f'{region} is in the partition "{partition}": write "{in_partition(text, partition)}"',
        )
        for pointer, text in _resources(json.loads(program.text))
        if Arn.parse(text).partition != partition
    ]
    if problems:
        found = {} if program.block.states[program.block.start_at].line is None else places(program.text)
        raise DefinitionError([placed(problem, found) for problem in problems], source)


_PARTITIONS: Final = re.compile(r'"Resource"\s*:\s*"arn:([^:"]*):')


def _resources(block: Mapping[str, Any], pointer: str = "") -> Iterator[tuple[str, str]]:
    """The pointer and text of every Resource of the states of a block: of Tasks, item readers and result writers."""
    for name, state in block["States"].items():
        at = join(pointer, "States", name)
        for place, holder in (
            (at, state),
            *((join(at, part), state.get(part)) for part in ("ItemReader", "ResultWriter")),
        ):
            if isinstance(holder, Mapping) and is_arn(str(holder.get("Resource", ""))):
                yield place, holder["Resource"]
        for part in ("ItemProcessor", "Iterator"):
            if part in state:
                yield from _resources(state[part], join(at, part))
        for number, branch in enumerate(state.get("Branches", ())):
            yield from _resources(branch, join(at, "Branches", number))


def _compile(definition: str, region: str, type: MachineType = "STANDARD") -> Program:
    try:
        program = compile(definition, type=type, integrations=KNOWN)
        check_partition(program, region)
        return program
    except DefinitionError as error:
        raise aws_error("InvalidDefinition", ", ".join(problem.aws_text() for problem in error.problems)) from None
