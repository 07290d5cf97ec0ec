"""All problems of a definition: the refusals of CreateStateMachine and the warnings of ValidateStateMachineDefinition.

Checks yield all problems, not only the first. Order: fields and names in document order, then variables, missing
targets, and blocks without an end or with unreachable states. Texts: recorded on AWS
(``test_validate_state_machine_definition``, ``test_sfn_api``), measured there, read from published runs, or else ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from asl import violations
from asl.bounds import NAME_LIMIT
from asl.choice_rules import check_rules
from asl.errors import ALL
from asl.expressions import ALWAYS, WITH_ERROR, WITH_RESULT
from asl.fields import (
    ALL_TYPES,
    BLOCK_FIELDS,
    BY_TYPE,
    CATCHER_FIELDS,
    DISTRIBUTED_ONLY,
    MACHINE_FIELDS,
    ONE_OF,
    PROCESSOR_FIELDS,
    REQUIRED,
    RETRIER_FIELDS,
    TRANSITION,
    Field,
)
from asl.integrations import Integrations
from asl.kinds import TOO_LONG, all_not_alone, expect
from asl.map_fields import check_combinations
from asl.objects import CheckInside, check_exclusive, check_fields, check_object, check_one_of, check_required
from asl.problems import DUPLICATE_LABEL, DUPLICATE_NAME, INVALID_NAME, SCHEMA, Problem, join
from asl.task_fields import check_task
from asl.transitions import check_graph, check_targets
from asl.values import is_number
from asl.variables import check_variables
from asl.walk import PROCESSORS, is_distributed, language_of, processor_config
from asl.warnings import warn_result

MachineType: TypeAlias = Literal["STANDARD", "EXPRESS"]


@dataclass(frozen=True, slots=True)
class _Machine:
    """The machine-wide facts that the checks of a state need; the dicts and the list fill during the walk.

    ``names`` and ``labels`` map each to its first place; ``blocks`` are (block, its states, pointer).
    """

    language: str
    express: bool
    integrations: Integrations | None = None
    names: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    blocks: list[tuple[Mapping[str, Any], Mapping[str, Any], str]] = field(default_factory=list)


def check_definition(
    raw: Mapping[str, Any], type: MachineType = "STANDARD", integrations: Integrations | None = None
) -> Iterator[Problem]:
    """The problems of the definition ``raw`` of a machine of this type; no errors if it can be created.

    ``integrations`` knows the parameters of the services; without it they are not checked.
    """
    machine = _Machine(language_of(raw, "JSONPath"), type == "EXPRESS", integrations)
    yield from _check_block(raw, "", MACHINE_FIELDS, machine)
    yield from check_variables(raw)
    for block, states, pointer in machine.blocks:
        yield from check_targets(block, states, pointer)
    for block, states, pointer in machine.blocks:
        yield from check_graph(block, states, pointer)


def _check_block(
    raw: Mapping[str, Any], pointer: str, known: Mapping[str, Field], machine: _Machine
) -> Iterator[Problem]:
    """The machine itself, a branch or an item processor."""
    inside = {"states": partial(_check_states, raw, machine)}
    yield from check_fields(raw, known, pointer, "JSONPath", inside=inside)
    yield from check_required(raw, pointer, ("States", "StartAt"))


def _check_states(
    block: Mapping[str, Any], machine: _Machine, states: Any, pointer: str, name: str
) -> Iterator[Problem]:
    """The States of ``block``."""
    yield from expect("Object", "an object of states", states, pointer, name)
    if not isinstance(states, dict):
        return
    if not states:
        yield violations.empty(join(pointer, name), "Put at least one state here.")
    machine.blocks.append((block, states, pointer))
    for key, state in states.items():
        at = join(pointer, name, key)
        yield from _check_name(key, at, machine)
        yield from _check_state(state, at, machine)


def _check_name(name: str, at: str, machine: _Machine) -> Iterator[Problem]:
    if name in machine.names:
        hint = f"It is also at {machine.names[name]}; names are unique in the whole machine."
        yield Problem(DUPLICATE_NAME, at, f"Duplicate State name: {name}", hint)
    machine.names.setdefault(name, at)
    if len(name) > NAME_LIMIT:
        message = f"Invalid State name: State '{name}' {TOO_LONG}"  # as a deployment reported it
        yield Problem(INVALID_NAME, at, message, f"It has {len(name)} characters.")
    elif not name:
        yield Problem(INVALID_NAME, at, f"A state's name has 1 to {NAME_LIMIT} characters; this one has 0")


# States --------------------------------------------------------------------------------------------------------------


def _check_state(raw: Any, pointer: str, machine: _Machine) -> Iterator[Problem]:
    yield from check_object(raw, pointer, "A state")
    if not isinstance(raw, dict):
        return
    type_ = raw.get("Type")
    if "Type" not in raw:
        yield violations.selector_required(pointer, "Type", ALL_TYPES)
        return
    if type_ not in ALL_TYPES:
        yield violations.selector_word(pointer, "Type", type_, ALL_TYPES)
        return
    language = language_of(raw, machine.language)
    if machine.language == "JSONata" and language == "JSONPath":
        message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        yield Problem(SCHEMA, pointer, message, focus="QueryLanguage")
        raw = _without_fields_of_jsonata(raw, type_)
    members = WITH_RESULT if type_ in ("Task", "Parallel", "Map") else ALWAYS
    inside = _inside(language, machine)
    hints = _CHOICE_HINTS if type_ == "Choice" else _DISTRIBUTED_HINTS
    yield from check_fields(raw, _known(raw, type_), pointer, language, members, inside, hints)
    yield from _check_presence(raw, type_, pointer)
    if type_ == "Task" and isinstance(raw.get("Resource"), str):
        yield from check_task(raw, pointer, language, machine.integrations, express=machine.express)
    elif type_ == "Pass" and language == "JSONPath" and "Result" in raw:
        yield from warn_result(raw["Result"], pointer)
    elif type_ == "Map":
        yield from _check_map(raw, pointer, language, machine)


def _without_fields_of_jsonata(raw: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    """The state ``raw``, whose QueryLanguage is refused: what that language forbids is not reported too (measured)."""
    known = BY_TYPE[type_]
    return {name: value for name, value in raw.items() if name not in known or known[name].language != "JSONata"}


def _check_presence(raw: Mapping[str, Any], type_: str, pointer: str) -> Iterator[Problem]:
    """Required fields, groups with exactly one field, and fields that exclude each other."""
    yield from check_required(raw, pointer, REQUIRED.get(type_, ()))
    for group in ONE_OF.get(type_, ()):
        yield from check_one_of(raw, pointer, group, [name for name in group if name in raw])
    yield from check_exclusive(raw, pointer)
    if "Next" in BY_TYPE[type_]:
        hint = 'Name the next state in "Next", or set "End": true.'
        given = [name for name in TRANSITION if name in raw and raw[name] is not False]
        yield from check_one_of(raw, pointer, TRANSITION, given, hint)
    timeout, heartbeat = raw.get("TimeoutSeconds"), raw.get("HeartbeatSeconds")
    if is_number(timeout) and is_number(heartbeat) and heartbeat >= timeout:  # type: ignore[operator]
        message = f"HeartbeatSeconds ({heartbeat}) must be less than TimeoutSeconds ({timeout})"
        yield Problem(SCHEMA, join(pointer, "HeartbeatSeconds"), message)


# Fields that hold states or entries -----------------------------------------------------------------------------------


def _inside(language: str, machine: _Machine) -> Mapping[str, CheckInside]:
    """Kind -> the check of the fields of a state that hold states, rules, retriers or catchers."""
    return {
        "retriers": partial(_check_answers, known=RETRIER_FIELDS, required=("ErrorEquals",), language=language),
        "catchers": partial(_check_answers, known=CATCHER_FIELDS, required=("ErrorEquals", "Next"), language=language),
        "rules": partial(check_rules, language=language),
        "branches": partial(_check_branches, machine=machine),
        "block": partial(_check_processor, machine=machine),
    }


def _check_answers(
    raw: Any, pointer: str, name: str, known: Mapping[str, Field], required: tuple[str, ...], language: str
) -> Iterator[Problem]:
    """The entries of Retry or Catch."""
    yield from expect("Array", "an array", raw, pointer, name)
    for index, entry in enumerate(raw if isinstance(raw, list) else ()):
        at = join(pointer, name, index)
        yield from check_object(entry, at, f"An entry of '{name}'")
        if not isinstance(entry, dict):
            continue
        yield from check_fields(entry, known, at, language, WITH_ERROR)
        yield from check_required(entry, at, required)
        if entry.get("ErrorEquals") == [ALL] and index < len(raw) - 1:
            yield all_not_alone(at, "ErrorEquals")


def _check_branches(raw: Any, pointer: str, name: str, machine: _Machine) -> Iterator[Problem]:
    yield from expect("Array", "an array of branches", raw, pointer, name)
    if raw == []:
        yield violations.empty(join(pointer, name), "Put at least one branch here.")
    for index, branch in enumerate(raw if isinstance(raw, list) else ()):
        yield from _check_inner_block(branch, join(pointer, name, index), BLOCK_FIELDS, machine)


def _check_processor(raw: Any, pointer: str, name: str, machine: _Machine) -> Iterator[Problem]:
    within = replace(machine, express=True) if _children_are_express(raw) else machine
    yield from _check_inner_block(raw, join(pointer, name), PROCESSOR_FIELDS, within)


def _children_are_express(processor: Any) -> bool:
    return is_distributed(processor) and processor_config(processor).get("ExecutionType") == "EXPRESS"


def _check_inner_block(raw: Any, pointer: str, known: Mapping[str, Field], machine: _Machine) -> Iterator[Problem]:
    yield from check_object(raw, pointer, "A branch or item processor")
    if isinstance(raw, dict):
        yield from _check_block(raw, pointer, known, machine)


# Map -----------------------------------------------------------------------------------------------------------------

_CHOICE_HINTS: Final[Mapping[str, str]] = {
    "End": 'A Choice ends nothing: name a Succeed state in "Default", or in the "Next" of a rule.',
    "Next": 'Each rule of a Choice has its own "Next"; "Default" names the state for all other cases.',
}
_DISTRIBUTED_HINTS: Final = dict.fromkeys(
    DISTRIBUTED_ONLY,
    'Only a Map in DISTRIBUTED mode may have it: "ProcessorConfig": {"Mode": "DISTRIBUTED", ...}.',
)


def _known(raw: Mapping[str, Any], type_: str) -> Mapping[str, Field]:
    """The fields that the state ``raw`` may have."""
    known = BY_TYPE[type_]
    if type_ == "Map" and _distributed_processor(raw) is None:
        return {name: field for name, field in known.items() if name not in DISTRIBUTED_ONLY}
    return known


def _distributed_processor(raw: Mapping[str, Any]) -> str | None:
    """The field of the Map ``raw`` with an item processor that runs as child executions."""
    return next((key for key in PROCESSORS if is_distributed(raw.get(key))), None)


def _check_map(raw: Mapping[str, Any], pointer: str, language: str, machine: _Machine) -> Iterator[Problem]:
    """The rules of a Map that concern several of its fields, and its label."""
    processor = _distributed_processor(raw)
    if processor is not None:
        yield from check_combinations(raw, pointer, language)
        if machine.express:
            at = join(pointer, processor, "ProcessorConfig", "Mode")
            message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines"
            yield Problem(SCHEMA, at, message, "Use a machine of type STANDARD.")
    label = raw.get("Label")
    if isinstance(label, str):
        if label in machine.labels:
            hint = f"It is also at {machine.labels[label]}; labels are unique in the whole machine."
            yield Problem(DUPLICATE_LABEL, join(pointer, "Label"), f"Duplicate Label name: {label}", hint)
        machine.labels.setdefault(label, pointer)
