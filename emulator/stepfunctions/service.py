"""State machines, executions, activities, task tokens: each operation of the API is a method, in ``OPERATIONS``.

Requests and responses are dicts with the members of the service model ``stepfunctions/2016-11-23``; points in time are
aware datetimes. Refusals are ``AwsError``. An operation that is not emulated raises ``NotEmulatedError``.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from threading import Condition, get_ident
from typing import Any, Final, TypeAlias

from asl.effects import CallTarget
from asl.events import Event, Stop, TaskFailed, TaskHeartbeat, TaskStarted, TaskSucceeded, Token
from asl.jackson import json_error
from asl.problems import DefinitionError
from asl.program import Program, check, compile  # noqa: A004 - the word of the field
from asl.references import variable_references
from asl.tokens import read_task_token
from asl.validate import MachineType
from asl.values import JsonTextError, decode, exceeds_limit, size
from emulator.aws.arns import region_of
from emulator.driver import Driver
from emulator.errors import NotEmulatedError
from emulator.execution import Execution, StateMachine
from emulator.mapruns import api as map_run_api
from emulator.mapruns.runs import MapRuns
from emulator.stepfunctions.errors import refuse
from emulator.stepfunctions.paging import page
from emulator.stepfunctions.status import redrive_status
from emulator.world import World

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]

FORBIDDEN: Final = '<>{}[]?*"#%\\^|~`$&,;:/'
"""What names may not hold, besides blanks and control characters (developer guide, StartExecution)."""
_FORBIDDEN_NAME: Final = re.compile(rf"[\s{re.escape(FORBIDDEN)}\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:states:([a-z0-9-]*):(\d*):([a-zA-Z]+):(.+)", re.DOTALL)

LONG_POLL_SECONDS: Final = 60
UNLOGGED: Final = {"level": "OFF", "includeExecutionData": False}
UNTRACED: Final = {"enabled": False}
AWS_KEY: Final = {"type": "AWS_OWNED_KEY"}
"""What AWS answers for a machine or activity that was created without these members."""


@dataclass(slots=True)
class Activity:
    """An activity and the tasks that wait for a worker."""

    arn: str
    name: str
    created_at: datetime
    tasks: deque[tuple[Execution, CallTarget]]
    tags: Mapping[str, str]


class StepFunctions:
    """The service's state and its operations."""

    map_runs: MapRuns

    def __init__(self, world: World, driver: Driver) -> None:
        self.world = world
        self.driver = driver
        self.machines: dict[str, StateMachine] = {}
        self.executions: dict[str, Execution] = {}
        self.activities: dict[str, Activity] = {}
        self.on_offer: list[Callable[[str], None]] = []
        """Told the ARN of an activity that has a task for a worker."""
        self._home = get_ident()
        self._offered = Condition()

    def call(self, operation: str, request: Request, *, region: str) -> Response:
        """Answer ``operation``. Raises ``AwsError``, or ``NotEmulatedError`` for what is not in ``OPERATIONS``."""
        answer = OPERATIONS.get(operation)
        if answer is None:
            raise NotEmulatedError(
                f"Step Functions operation {operation} is not emulated; docs/supported.md lists what is."
            )
        return answer(self, request, region)

    # State machines ------------------------------------------------------------------------------------------------

    def create_state_machine(self, request: Request, region: str) -> Response:
        """CreateStateMachine: the same again answers the same; other content under a taken name is refused."""
        _only(request, "CreateStateMachine", {"name", "definition", "roleArn", "type", "tags", *_DEFAULTED})
        name = _name(request["name"])
        _check_constraint(request, "type", _TYPES)
        program = _compile(request["definition"], request.get("type", "STANDARD"))
        if request.get("type", "STANDARD") != "STANDARD":
            raise NotEmulatedError("State machines of type EXPRESS are not emulated yet; create it as STANDARD.")
        arn = self.machine_arn(name, region)
        existing = self.machines.get(arn)
        if existing is not None:
            if existing.definition != request["definition"]:
                raise refuse("StateMachineAlreadyExists", arn)
            return {"stateMachineArn": arn, "creationDate": existing.created_at}
        tags = _tags(request.get("tags", ()))
        machine = self.add_machine(name, program, request["roleArn"], region, tags=tags)
        return {"stateMachineArn": arn, "creationDate": machine.created_at}

    def machine_arn(self, name: str, region: str) -> str:
        """The ARN that a machine of this name has."""
        return f"arn:aws:states:{region}:{self.world.account_id}:stateMachine:{name}"

    def add_machine(
        self,
        name: str,
        program: Program,
        role_arn: str,
        region: str,
        *,
        source: str = "definition",
        tags: Mapping[str, str] | None = None,
    ) -> StateMachine:
        """Keep a machine, in the place of one of the same name."""
        arn = self.machine_arn(name, region)
        machine = StateMachine(arn, name, program, role_arn, self.world.now(), source, dict(tags or {}))
        self.machines[arn] = machine
        return machine

    def describe_state_machine(self, request: Request, region: str) -> Response:
        """DescribeStateMachine: the definition's text as it was given."""
        labelled = self._labelled(request["stateMachineArn"])
        machine = labelled or self.find_machine(request["stateMachineArn"])
        revision = {} if machine.revision_id is None else {"revisionId": machine.revision_id}
        described: Response = {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": machine.definition,
            "roleArn": machine.role_arn,
            "type": "STANDARD",
            "creationDate": machine.created_at,
            "loggingConfiguration": UNLOGGED,
            "tracingConfiguration": UNTRACED,
            "encryptionConfiguration": AWS_KEY,
            **revision,
            **_referenced(machine),
            **({} if labelled is None else {"label": _label(machine.arn)}),
        }
        return _included(described, request)

    def update_state_machine(self, request: Request, region: str) -> Response:
        """UpdateStateMachine: executions that run keep the definition with which they started."""
        _only(request, "UpdateStateMachine", {"stateMachineArn", "definition", "roleArn", *_DEFAULTED})
        machine = self.find_machine(request["stateMachineArn"])
        if not request.keys() & {"definition", "roleArn", "loggingConfiguration", "tracingConfiguration"}:
            raise refuse(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
                "specified",
            )
        program = _compile(request["definition"]) if "definition" in request else machine.program
        role_arn = request.get("roleArn", machine.role_arn)
        revision = machine.revision_id
        if program.text != machine.definition or role_arn != machine.role_arn or revision is None:
            revision = self.world.chance("revision", machine.arn).uuid()
        self.machines[machine.arn] = replace(machine, program=program, role_arn=role_arn, revision_id=revision)
        return {"updateDate": self.world.now(), "revisionId": revision}

    def delete_state_machine(self, request: Request, region: str) -> Response:
        """DeleteStateMachine: also of one that is not there."""
        self.machines.pop(_arn(request["stateMachineArn"], "stateMachine"), None)
        return {}

    def list_state_machines(self, request: Request, region: str) -> Response:
        """ListStateMachines: by name."""
        here = sorted((m for m in self.machines.values() if region_of(m.arn) == region), key=lambda m: m.name)
        found, token = page(here, request)
        listed = [
            {"stateMachineArn": m.arn, "name": m.name, "type": "STANDARD", "creationDate": m.created_at} for m in found
        ]
        return {"stateMachines": listed, **_next(token)}

    def validate_state_machine_definition(self, request: Request, region: str) -> Response:
        """ValidateStateMachineDefinition: every problem; a bad definition is an answer, not an error."""
        _check_constraint(request, "type", _TYPES)
        _check_constraint(request, "severity", ("ERROR", "WARNING"))
        if not 0 <= request.get("maxResults", 0) <= 100:
            bound, word = (0, "greater") if request["maxResults"] < 0 else (100, "less")
            raise refuse(
                "ValidationException",
                f"1 validation error detected: Value '{request['maxResults']}' at 'maxResults' failed to satisfy "
                f"constraint: Member must have value {word} than or equal to {bound}",
            )
        problems = check(request["definition"], type=request.get("type", "STANDARD"))
        failed = any(problem.severity == "ERROR" for problem in problems)
        shown = [p for p in problems if p.severity == "ERROR" or request.get("severity") == "WARNING"]
        limit = request.get("maxResults") or 100
        diagnostics = [
            {"severity": p.severity, "code": p.code, "message": p.message}
            | ({"location": p.location} if p.location else {})
            for p in shown[:limit]
        ]
        return {"result": "FAIL" if failed else "OK", "diagnostics": diagnostics, "truncated": len(shown) > limit}

    def _labelled(self, arn: str) -> StateMachine | None:
        """The machine that the children of a Distributed Map run, once it has started any."""
        if "/" not in arn:
            return None
        runs = reversed(self.map_runs.by_arn.values())
        return next((run.machine for run in runs if run.machine.arn == arn), None)

    def find_machine(self, arn: str) -> StateMachine:
        """The machine of ``arn``; raises ``StateMachineDoesNotExist``."""
        machine = self.machines.get(_arn(arn, "stateMachine"))
        if machine is None:
            raise refuse("StateMachineDoesNotExist", arn)
        return machine

    # Executions ----------------------------------------------------------------------------------------------------

    def start_execution(self, request: Request, region: str) -> Response:
        """StartExecution: the same name with the same input, while it runs, answers the same."""
        _only(request, "StartExecution", {"stateMachineArn", "name", "input", "traceHeader"})
        machine = self.find_machine(request["stateMachineArn"])
        text = request.get("input", "{}")
        _check_input(text)
        name = _name(request["name"]) if "name" in request else self._new_name(machine)
        arn = self.execution_arn(machine, name)
        existing = self.executions.get(arn)
        if existing is not None:
            if existing.status != "RUNNING" or existing.input_text != text:
                raise refuse("ExecutionAlreadyExists", arn)
            return {"executionArn": arn, "startDate": existing.started_at}
        execution = self.begin(machine, text, name)
        execution.trace_header = request.get("traceHeader")
        self.world.settle()
        return {"executionArn": arn, "startDate": execution.started_at}

    def execution_arn(self, machine: StateMachine, name: str) -> str:
        """The ARN that an execution of this name has."""
        return f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"

    def begin(self, machine: StateMachine, text: str, name: str | None = None) -> Execution:
        """Start an execution with the input ``text``, which has been checked."""
        name = name or self._new_name(machine)
        execution = Execution(self.execution_arn(machine, name), name, machine, text, self.world.now())
        self.executions[execution.arn] = execution
        seed = self.world.chance("execution", execution.arn, once=True).uuid()
        self.driver.begin(execution, region=region_of(machine.arn), seed=seed)
        return execution

    def _new_name(self, machine: StateMachine) -> str:
        """The name of an execution that was given none; each machine has a stream of its own."""
        return self.world.chance("execution name", machine.name).uuid()

    def describe_execution(self, request: Request, region: str) -> Response:
        """DescribeExecution."""
        arn = request["executionArn"]
        execution = self.map_runs.children.get(arn) or self.find_execution(arn)
        self.world.polled(execution)
        described: Response = {
            "executionArn": execution.arn,
            "stateMachineArn": execution.state_machine.arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.started_at,
            "input": execution.input_text,
            "inputDetails": {"included": True},
            "redriveCount": 0,
        }
        status, reason = redrive_status(execution)
        described["redriveStatus"] = status
        if reason is not None:
            described["redriveStatusReason"] = reason
        known = {"stopDate": execution.stopped_at, "error": execution.error, "cause": execution.cause}
        described |= {key: value for key, value in known.items() if value is not None}
        if execution.output_text is not None:
            described |= {"output": execution.output_text, "outputDetails": {"included": True}}
        if execution.trace_header is not None:
            described["traceHeader"] = execution.trace_header
        if execution.map_run_arn is not None:
            described["mapRunArn"] = execution.map_run_arn
        return _included(described, request)

    def describe_state_machine_for_execution(self, request: Request, region: str) -> Response:
        """DescribeStateMachineForExecution: the machine as it was when the execution started."""
        execution = self.map_runs.children.get(request["executionArn"]) or self.find_execution(request["executionArn"])
        machine = execution.state_machine
        described: Response = {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": machine.role_arn,
            "updateDate": machine.created_at,
            "loggingConfiguration": UNLOGGED,
            "tracingConfiguration": UNTRACED,
            "encryptionConfiguration": AWS_KEY,
            **_referenced(machine),
        }
        if execution.map_run_arn is not None:
            described |= {"mapRunArn": execution.map_run_arn, "label": _label(machine.arn)}
        return _included(described, request)

    def list_executions(self, request: Request, region: str) -> Response:
        """ListExecutions: newest first."""
        _only(request, "ListExecutions", {"stateMachineArn", "mapRunArn", "statusFilter", "maxResults", "nextToken"})
        if ("stateMachineArn" in request) == ("mapRunArn" in request):
            raise refuse("ValidationException", "Exactly one of stateMachineArn and mapRunArn must be specified")
        wanted = request.get("statusFilter")
        if wanted is not None and wanted not in _STATUSES:
            raise refuse(
                "ValidationException",
                f"1 validation error detected: Value '{wanted}' at 'statusFilter' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(_STATUSES)}]",
            )
        if "mapRunArn" in request:
            return map_run_api.list_children(self, request, wanted)
        machine = self.find_machine(request["stateMachineArn"])
        mine = [each for each in reversed(self.executions.values()) if each.state_machine.arn == machine.arn]
        for execution in mine:
            self.world.polled(execution)
        matching = [each for each in mine if wanted in (None, each.status)]
        found, token = page(matching, request, longest_token=3096)
        return {"executions": [_listed(each) for each in found], **_next(token)}

    def stop_execution(self, request: Request, region: str) -> Response:
        """StopExecution: one that is over stays as it ended, and says when that was."""
        execution = self.find_execution(request["executionArn"])
        if execution.stopped_at is None:
            stop = partial(Stop, error=request.get("error"), cause=request.get("cause"))
            self.driver.send(execution, lambda at: stop(at=at), at=self.world.now())
            self.world.settle()
        return {"stopDate": execution.stopped_at or self.world.now()}

    def get_execution_history(self, request: Request, region: str) -> Response:
        """GetExecutionHistory: oldest first, or newest first with ``reverseOrder``."""
        execution = self.find_execution(request["executionArn"])
        self.world.polled(execution)
        events = execution.history
        if not request.get("includeExecutionData", True):
            for event in events:
                for details in event.values():
                    if isinstance(details, dict):
                        details.pop("input", None)
                        details.pop("output", None)
        found, token = page(events[::-1] if request.get("reverseOrder") else events, request)
        return {"events": found, **_next(token)}

    def find_execution(self, arn: str) -> Execution:
        """The execution of ``arn``; raises ``ExecutionDoesNotExist``."""
        execution = self.executions.get(_arn(arn, "execution")) or self.map_runs.children.get(arn)
        if execution is None:
            raise refuse("ExecutionDoesNotExist", arn)
        return execution

    # Activities and task tokens ------------------------------------------------------------------------------------

    def create_activity(self, request: Request, region: str) -> Response:
        """CreateActivity: the same name again answers the same."""
        _only(request, "CreateActivity", {"name", "tags"})
        name = _name(request["name"])
        arn = f"arn:aws:states:{region}:{self.world.account_id}:activity:{name}"
        new = Activity(arn, name, self.world.now(), deque(), _tags(request.get("tags", ())))
        activity = self.activities.setdefault(arn, new)
        return {"activityArn": arn, "creationDate": activity.created_at}

    def describe_activity(self, request: Request, region: str) -> Response:
        """DescribeActivity."""
        activity = self._find_activity(request["activityArn"])
        return {
            "activityArn": activity.arn,
            "name": activity.name,
            "creationDate": activity.created_at,
            "encryptionConfiguration": AWS_KEY,
        }

    def delete_activity(self, request: Request, region: str) -> Response:
        """DeleteActivity: also of one that is not there."""
        self.activities.pop(_arn(request["activityArn"], "activity"), None)
        return {}

    def list_activities(self, request: Request, region: str) -> Response:
        """ListActivities: by name."""
        here = sorted((a for a in self.activities.values() if region_of(a.arn) == region), key=lambda a: a.name)
        found, token = page(here, request)
        listed = [{"activityArn": a.arn, "name": a.name, "creationDate": a.created_at} for a in found]
        return {"activities": listed, **_next(token)}

    def offer(self, execution: Execution, call: CallTarget) -> None:
        """Let a worker have the task; raises ``LookupError`` when there is no such activity."""
        with self._offered:
            self.activities[call.resource.text].tasks.append((execution, call))
            self._offered.notify_all()
        for tell in self.on_offer:
            tell(call.resource.text)

    def get_activity_task(self, request: Request, region: str) -> Response:
        """GetActivityTask: the oldest task that waits, or an answer without a token.

        A worker in a thread of its own waits for a task up to a real minute, as on AWS. The thread that made the
        emulator does not: while it waited nothing would happen.
        """
        activity = self._find_activity(request["activityArn"])
        if get_ident() != self._home:
            with self._offered:
                self._offered.wait_for(lambda: activity.tasks, timeout=LONG_POLL_SECONDS)
        while activity.tasks:
            execution, call = activity.tasks.popleft()
            if self.driver.is_open(execution, call.token):
                started = partial(TaskStarted, token=call.token, worker_name=request.get("workerName"))
                self._report(execution, lambda at, started=started: started(at=at))  # type: ignore[misc]
                return {"taskToken": call.task_token, "input": call.argument.text}
        return {}

    def send_task_success(self, request: Request, region: str) -> Response:
        """SendTaskSuccess."""
        execution, token = self._find_task(request["taskToken"])
        try:
            decode(request["output"])
        except JsonTextError as error:
            raise refuse("InvalidOutput", json_error(request["output"]) or error.message) from None
        self.driver.close(execution, token)
        self._report(execution, lambda at: TaskSucceeded(at, token, request["output"]))
        return {}

    def send_task_failure(self, request: Request, region: str) -> Response:
        """SendTaskFailure."""
        execution, token = self._find_task(request["taskToken"])
        self.driver.close(execution, token)
        self._report(execution, lambda at: TaskFailed(at, token, request.get("error"), request.get("cause")))
        return {}

    def send_task_heartbeat(self, request: Request, region: str) -> Response:
        """SendTaskHeartbeat."""
        execution, token = self._find_task(request["taskToken"])
        self._report(execution, lambda at: TaskHeartbeat(at, token))
        return {}

    def _report(self, execution: Execution, event: Callable[[datetime], Event]) -> None:
        self.driver.send(execution, event, at=self.world.now())
        self.world.settle()

    def _find_task(self, text: str) -> tuple[Execution, Token]:
        found = read_task_token(text)
        if found is None:
            raise refuse("InvalidToken", "Invalid token")
        execution = self.executions.get(found[0]) or self.map_runs.children.get(found[0])
        if execution is None or not self.driver.is_open(execution, found[1]):
            raise refuse("TaskTimedOut", "Provided task does not exist anymore")
        return execution, found[1]

    def _find_activity(self, arn: str) -> Activity:
        activity = self.activities.get(_arn(arn, "activity"))
        if activity is None:
            raise refuse("ActivityDoesNotExist", arn)
        return activity

    # Tags ----------------------------------------------------------------------------------------------------------

    def list_tags_for_resource(self, request: Request, region: str) -> Response:
        """ListTagsForResource: of a state machine or an activity."""
        tags = self._tagged(request["resourceArn"]).tags
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def tag_resource(self, request: Request, region: str) -> Response:
        """TagResource: of a state machine or an activity."""
        tagged = self._tagged(request["resourceArn"])
        self._set_tags(tagged, {**tagged.tags, **_tags(request["tags"])})
        return {}

    def untag_resource(self, request: Request, region: str) -> Response:
        """UntagResource: of a state machine or an activity."""
        tagged = self._tagged(request["resourceArn"])
        kept = {key: value for key, value in tagged.tags.items() if key not in request["tagKeys"]}
        self._set_tags(tagged, kept)
        return {}

    def _tagged(self, arn: str) -> StateMachine | Activity:
        tagged = self.machines.get(arn) or self.activities.get(arn)
        if tagged is None:
            raise refuse("ResourceNotFound", arn)
        return tagged

    def _set_tags(self, tagged: StateMachine | Activity, tags: Mapping[str, str]) -> None:
        if isinstance(tagged, StateMachine):
            self.machines[tagged.arn] = replace(tagged, tags=tags)
        else:
            tagged.tags = tags


OPERATIONS: Final[Mapping[str, Callable[[StepFunctions, Request, str], Response]]] = {
    "CreateStateMachine": StepFunctions.create_state_machine,
    "DescribeStateMachine": StepFunctions.describe_state_machine,
    "UpdateStateMachine": StepFunctions.update_state_machine,
    "DeleteStateMachine": StepFunctions.delete_state_machine,
    "ListStateMachines": StepFunctions.list_state_machines,
    "ValidateStateMachineDefinition": StepFunctions.validate_state_machine_definition,
    "StartExecution": StepFunctions.start_execution,
    "DescribeExecution": StepFunctions.describe_execution,
    "DescribeStateMachineForExecution": StepFunctions.describe_state_machine_for_execution,
    "ListExecutions": StepFunctions.list_executions,
    "StopExecution": StepFunctions.stop_execution,
    "GetExecutionHistory": StepFunctions.get_execution_history,
    "CreateActivity": StepFunctions.create_activity,
    "DescribeActivity": StepFunctions.describe_activity,
    "DeleteActivity": StepFunctions.delete_activity,
    "ListActivities": StepFunctions.list_activities,
    "GetActivityTask": StepFunctions.get_activity_task,
    "SendTaskSuccess": StepFunctions.send_task_success,
    "SendTaskFailure": StepFunctions.send_task_failure,
    "SendTaskHeartbeat": StepFunctions.send_task_heartbeat,
    "ListTagsForResource": StepFunctions.list_tags_for_resource,
    "TagResource": StepFunctions.tag_resource,
    "UntagResource": StepFunctions.untag_resource,
    "ListMapRuns": map_run_api.list_map_runs,
    "DescribeMapRun": map_run_api.describe_map_run,
    "UpdateMapRun": map_run_api.update_map_run,
}

_STATUSES: Final = ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")
_TYPES: Final = ("STANDARD", "EXPRESS")
_DEFAULTED: Final[Mapping[str, Any]] = {
    "loggingConfiguration": UNLOGGED,
    "tracingConfiguration": UNTRACED,
    "publish": False,
}
"""Members of a state machine that are taken only with the value that changes nothing."""


def _only(request: Request, operation: str, taken: set[str]) -> None:
    """Refuse, by name, the members of AWS's request that are not emulated."""
    for member, value in request.items():
        if member not in taken or (member in _DEFAULTED and not _is_default(member, value)):
            raise NotEmulatedError(f"{operation}: {member}={json.dumps(value, default=str)} is not emulated yet.")


def _check_constraint(request: Request, member: str, words: Iterable[str]) -> None:
    """Refuse a value that the service model does not list."""
    if member in request and request[member] not in words:
        raise refuse(
            "ValidationException",
            f"1 validation error detected: Value '{request[member]}' at '{member}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(words)}]",
        )


def _is_default(member: str, value: Any) -> bool:
    default = _DEFAULTED[member]
    return bool(value == default if not isinstance(default, dict) else value.items() <= default.items())


def is_name(name: str) -> bool:
    """Whether AWS takes it as the name of a machine, an execution, or an activity."""
    return 0 < len(name) <= 80 and not _FORBIDDEN_NAME.search(name)


def _tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in tags}


def _label(machine_arn: str) -> str:
    """The label at the end of the ARN of what a Distributed Map's children run."""
    return machine_arn.partition("/")[2]


def _included(described: Response, request: Request) -> Response:
    """What Describe answers, without the user's own data when ``includedData`` asks for ``METADATA_ONLY``."""
    if request.get("includedData") == "METADATA_ONLY":
        for member in ("definition", "input", "output"):
            described.pop(member, None)
            if f"{member}Details" in described:
                described[f"{member}Details"] = {"included": False}
    return described


def _name(name: str) -> str:
    if not is_name(name):
        raise refuse("InvalidName", name)
    return name


def _arn(arn: str, kind: str) -> str:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise refuse("InvalidArn", f"Invalid ARN prefix: {arn}")
    if match[3] != kind:
        raise refuse("InvalidArn", f"Resource type not valid in this context: {match[3]}")
    return arn


def _compile(definition: str, type: MachineType = "STANDARD") -> Program:
    try:
        return compile(definition, type=type)
    except DefinitionError as error:
        raise refuse("InvalidDefinition", ", ".join(problem.aws_text() for problem in error.problems)) from None


def _referenced(machine: StateMachine) -> dict[str, Any]:
    """``variableReferences``, which machines without variables do not have."""
    found = variable_references(json.loads(machine.definition))
    return {"variableReferences": found} if found else {}


def _check_input(text: str) -> None:
    if not text:
        raise refuse("InvalidExecutionInput", "Invalid execution input.")
    try:
        decode(text)
    except JsonTextError as error:
        raise refuse("InvalidExecutionInput", json_error(text) or error.message) from None
    if exceeds_limit(text):
        raise refuse(
            "ValidationException",
            f"1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less "
            f"than or equal to 262144; the input has {size(text)} bytes",
        )


def _listed(execution: Execution) -> dict[str, Any]:
    stopped = {} if execution.stopped_at is None else {"stopDate": execution.stopped_at}
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_at,
        "redriveCount": 0,
        **stopped,
    }


def _next(token: str | None) -> dict[str, str]:
    return {} if token is None else {"nextToken": token}
