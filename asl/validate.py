"""All problems of a definition: the refusals of CreateStateMachine and the warnings of ValidateStateMachineDefinition.

Checks yield all problems, not only the first. Order: fields and names in document order, then variables, missing
targets, and blocks without an end or with unreachable states. Texts: recorded on AWS
(``test_validate_state_machine_definition``, ``test_sfn_api``), measured there, or else ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from asl.bounds import NAME_LIMIT
from asl.errors import ALL
from asl.expressions import ALWAYS, WITH_ERROR, WITH_RESULT
from asl.fields import (
    ALL_TYPES,
    BLOCK_FIELDS,
    BY_TYPE,
    CATCHER_FIELDS,
    DISTRIBUTED_ONLY,
    EXCLUSIVE,
    MACHINE_FIELDS,
    NESTED,
    ONE_OF,
    PROCESSOR_FIELDS,
    REQUIRED,
    RETRIER_FIELDS,
    RULE_FIELDS,
    Field,
    check_value,
    problem_of,
)
from asl.map_fields import check_combinations
from asl.problems import (
    DUPLICATE_LABEL,
    DUPLICATE_NAME,
    INVALID_NAME,
    SCHEMA,
    Problem,
    did_you_mean,
    escape,
    join,
)
from asl.resources import parse_resource
from asl.states.choice import COMBINATIONS, COMPARISONS, OPERATORS, TYPE_TESTS
from asl.transitions import check_graph, check_targets
from asl.values import as_instant, is_number
from asl.variables import check_variables
from asl.walk import PROCESSORS, is_distributed, language_of, processor_config
from asl.warnings import warn_field, warn_result

MachineType: TypeAlias = Literal["STANDARD", "EXPRESS"]

OPERATOR_FIELDS: Final[Mapping[str, Field]] = {
    name: Field(name, (), "JSONPath", "operand") for name in (*OPERATORS, *COMBINATIONS)
}


@dataclass(frozen=True, slots=True)
class _Machine:
    """The machine-wide facts that the checks of a state need; the dicts and the list fill during the walk.

    ``names`` and ``labels`` map each to its first place; ``blocks`` are (block, its states, pointer).
    """

    language: str
    express: bool
    names: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    blocks: list[tuple[Mapping[str, Any], Mapping[str, Any], str]] = field(default_factory=list)


def check_definition(raw: Mapping[str, Any], type: MachineType = "STANDARD") -> Iterator[Problem]:
    """The problems of the definition ``raw`` of a machine of this type; no errors if it can be created."""
    machine = _Machine(language_of(raw, "JSONPath"), type == "EXPRESS")
    yield from _check_unknown(raw, "", MACHINE_FIELDS)
    if "TimeoutSeconds" in raw:
        yield from check_value("positive integer", raw["TimeoutSeconds"], "", "TimeoutSeconds")
    if "QueryLanguage" in raw:
        yield from check_value("query language", raw["QueryLanguage"], "", "QueryLanguage")
    if raw.get("Version", "1.0") != "1.0":
        yield problem_of("", "Version", '"1.0"', raw["Version"])
    yield from _check_block(raw, "", machine)
    yield from check_variables(raw)
    for block, states, pointer in machine.blocks:
        yield from check_targets(block, states, pointer)
    for block, states, pointer in machine.blocks:
        yield from check_graph(block, states, pointer)


def _check_block(raw: Any, pointer: str, machine: _Machine) -> Iterator[Problem]:
    missing = [name for name in ("States", "StartAt") if name not in raw]
    if missing:
        yield _required(pointer, missing)
    if "Comment" in raw:
        yield from check_value("string", raw["Comment"], pointer, "Comment")
    if "StartAt" in raw and not isinstance(raw["StartAt"], str):
        yield problem_of(pointer, "StartAt", "the name of a state", raw["StartAt"])
    states = raw.get("States")
    if states is None and "States" not in raw:
        return
    if not isinstance(states, dict):
        yield problem_of(pointer, "States", "an object of states", states)
        return
    if not states:
        yield Problem(SCHEMA, join(pointer, "States"), "Value cannot be empty", "Put at least one state here.")
        return
    machine.blocks.append((raw, states, pointer))
    for name, state in states.items():
        at = join(pointer, "States", name)
        yield from _check_name(name, at, machine)
        yield from _check_state(state, at, machine)


def _check_name(name: str, at: str, machine: _Machine) -> Iterator[Problem]:
    if name in machine.names:
        hint = f"It is also at {machine.names[name]}; names are unique in the whole machine."
        yield Problem(DUPLICATE_NAME, at, f"Duplicate State name: {name}", hint)
    machine.names.setdefault(name, at)
    if not 0 < len(name) <= NAME_LIMIT:
        yield Problem(INVALID_NAME, at, f"A state's name has 1 to {NAME_LIMIT} characters; this one has {len(name)}")


def _required(pointer: str, missing: list[str], hint: str | None = None) -> Problem:
    return Problem(SCHEMA, pointer, f"These fields are required: [{', '.join(missing)}]", hint)


def _check_unknown(raw: Mapping[str, Any], pointer: str, known: Any) -> Iterator[Problem]:
    for key in raw:
        if key not in known:
            yield _unsupported(key, pointer, did_you_mean(key, known))


def _unsupported(key: str, pointer: str, hint: str | None) -> Problem:
    return Problem(SCHEMA, pointer, f"Field '{key}' is not supported", hint, focus=escape(key))


# States --------------------------------------------------------------------------------------------------------------


def _check_state(raw: Any, pointer: str, machine: _Machine) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield Problem(SCHEMA, pointer, "A state must be an object")
        return
    type_ = raw.get("Type")
    if "Type" not in raw:
        yield _required(pointer, ["Type"])
        return
    if type_ not in ALL_TYPES:
        message = f"The field 'Type' should have one of these values: [{', '.join(ALL_TYPES)}]"
        yield Problem(SCHEMA, join(pointer, "Type"), message, did_you_mean(type_, ALL_TYPES))
        return
    language = language_of(raw, machine.language)
    if machine.language == "JSONata" and language == "JSONPath":
        message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        yield Problem(SCHEMA, pointer, message, focus="QueryLanguage")
    members = WITH_RESULT if type_ in ("Task", "Parallel", "Map") else ALWAYS
    yield from _check_fields(raw, BY_TYPE[type_], pointer, language, members)
    yield from _check_presence(raw, type_, pointer)
    yield from _check_inside(raw, type_, pointer, language, machine)


def _check_fields(
    raw: Mapping[str, Any], known: Mapping[str, Field], pointer: str, language: str, members: frozenset[str] = ALWAYS
) -> Iterator[Problem]:
    """The fields of a state or of an object in it; ``members`` are those of ``$states`` in its Assign and Output."""
    for key, value in raw.items():
        field = known.get(key)
        if field is None:
            yield _unsupported(key, pointer, did_you_mean(key, known))
        elif field.language not in ("both", language):
            yield _of_other_language(key, pointer, language)
        elif field.kind in NESTED:
            yield from _check_nested(field.kind, value, pointer, key, language)
        else:
            kind = field.kind_in(language)
            there = members if key in ("Assign", "Output") else ALWAYS
            yield from check_value(kind, value, pointer, key, there)
            if language == "JSONPath":
                yield from warn_field(kind, value, pointer, key, known)


def _of_other_language(key: str, pointer: str, language: str) -> Problem:
    """A field of one query language in a state of the other (measured for JSONata in JSONPath)."""
    other = "JSONata" if language == "JSONPath" else "JSONPath"
    message = (
        f"The QueryLanguage is set to '{language}', but field '{key}' is only supported for the '{other}' QueryLanguage"
    )
    return Problem(SCHEMA, pointer, message, focus=escape(key))


def _check_presence(raw: Mapping[str, Any], type_: str, pointer: str) -> Iterator[Problem]:
    """Required fields, groups with exactly one field, and fields that exclude each other."""
    missing = [name for name in REQUIRED.get(type_, ()) if name not in raw]
    if missing:
        yield _required(pointer, missing)
    for group in ONE_OF.get(type_, ()):
        present = [name for name in group if name in raw]
        if len(present) != 1:
            found = f"but found [{', '.join(present)}]" if present else "but found none"
            yield Problem(SCHEMA, pointer, f"Exactly one of these fields is required: [{', '.join(group)}], {found}")
    yield from _check_exclusive(raw, pointer)
    if "Next" in BY_TYPE[type_]:
        ends = raw.get("End") is True
        if ends and "Next" in raw:
            yield Problem(SCHEMA, pointer, "Only one of these fields may be present: [Next, End]")
        elif not ends and "Next" not in raw:
            yield _required(pointer, ["Next"], 'Name the next state in "Next", or set "End": true.')
    timeout, heartbeat = raw.get("TimeoutSeconds"), raw.get("HeartbeatSeconds")
    if is_number(timeout) and is_number(heartbeat) and heartbeat >= timeout:  # type: ignore[operator]
        message = f"HeartbeatSeconds ({heartbeat}) must be less than TimeoutSeconds ({timeout})"
        yield Problem(SCHEMA, join(pointer, "HeartbeatSeconds"), message)


def _check_exclusive(raw: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    for group in EXCLUSIVE:
        present = [name for name in group if name in raw]
        if len(present) > 1:
            yield Problem(SCHEMA, pointer, f"Only one of these fields may be present: [{', '.join(present)}]")


def _check_inside(
    raw: Mapping[str, Any], type_: str, pointer: str, language: str, machine: _Machine
) -> Iterator[Problem]:
    """The parts of a state: rules, retriers and catchers, and the blocks of Parallel and Map."""
    known = BY_TYPE[type_]
    if "Retry" in raw and "Retry" in known:
        yield from _check_answers(raw["Retry"], pointer, "Retry", RETRIER_FIELDS, ("ErrorEquals",), language)
    if "Catch" in raw and "Catch" in known:
        yield from _check_answers(raw["Catch"], pointer, "Catch", CATCHER_FIELDS, ("ErrorEquals", "Next"), language)
    if type_ == "Task" and machine.express and isinstance(raw.get("Resource"), str):
        yield from _check_express(raw["Resource"], join(pointer, "Resource"))
    elif type_ == "Pass" and language == "JSONPath" and "Result" in raw:
        yield from warn_result(raw["Result"], pointer)
    elif type_ == "Choice" and "Choices" in raw:
        yield from _check_rules(raw["Choices"], pointer, language)
    elif type_ == "Parallel" and "Branches" in raw:
        branches = raw["Branches"]
        if not isinstance(branches, list):
            yield problem_of(pointer, "Branches", "an array of branches", branches)
        elif not branches:
            yield Problem(SCHEMA, join(pointer, "Branches"), "Value cannot be empty")
        else:
            for index, branch in enumerate(branches):
                yield from _check_inner_block(branch, join(pointer, "Branches", index), BLOCK_FIELDS, machine)
    elif type_ == "Map":
        yield from _check_map(raw, pointer, language, machine)


def _check_express(resource: str, at: str) -> Iterator[Problem]:
    """Recorded: ``test_illegal_callbacks`` (one text ends with a space), ``test_illegal_activity_task``."""
    parsed = parse_resource(resource)
    hint = "Use a machine of type STANDARD."
    if parsed is None:
        return
    if parsed.kind == "activity":
        yield Problem(SCHEMA, at, "Express state machine does not support Activity ARN", hint)
    elif parsed.pattern == ".waitForTaskToken":
        message = "Express state machine does not support '.waitForTaskToken' service integration "
        yield Problem(SCHEMA, at, message, hint)
    elif parsed.pattern:
        yield Problem(SCHEMA, at, "Express state machine does not support '.sync' service integration", hint)


# Map -----------------------------------------------------------------------------------------------------------------


def _check_map(raw: Mapping[str, Any], pointer: str, language: str, machine: _Machine) -> Iterator[Problem]:
    distributed = is_distributed(raw.get("ItemProcessor"))
    if not distributed:
        for name in DISTRIBUTED_ONLY:
            if name in raw:
                hint = 'Only a Map in DISTRIBUTED mode may have it: "ProcessorConfig": {"Mode": "DISTRIBUTED", ...}.'
                yield _unsupported(name, pointer, hint)
    else:
        yield from check_combinations(raw, pointer, language)
    if distributed and machine.express:
        at = join(pointer, "ItemProcessor", "ProcessorConfig", "Mode")
        message = "Express state machine does not support a Map in DISTRIBUTED mode"
        yield Problem(SCHEMA, at, message, "Use a machine of type STANDARD.")
    label = raw.get("Label")
    if isinstance(label, str):
        if label in machine.labels:
            hint = f"It is also at {machine.labels[label]}; labels are unique in the whole machine."
            yield Problem(DUPLICATE_LABEL, join(pointer, "Label"), f"Duplicate Label: {label}", hint)
        machine.labels.setdefault(label, pointer)
    for key in PROCESSORS:
        if key in raw:
            within = replace(machine, express=True) if _children_are_express(raw[key]) else machine
            yield from _check_inner_block(raw[key], join(pointer, key), PROCESSOR_FIELDS, within)


def _children_are_express(processor: Any) -> bool:
    return is_distributed(processor) and processor_config(processor).get("ExecutionType") == "EXPRESS"


def _check_inner_block(raw: Any, pointer: str, known: Any, machine: _Machine) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield Problem(SCHEMA, pointer, "A branch or item processor must be an object with StartAt and States")
        return
    yield from _check_unknown(raw, pointer, known)
    if "ProcessorConfig" in raw and "ProcessorConfig" in known:
        yield from _check_nested("processor config", raw["ProcessorConfig"], pointer, "ProcessorConfig", "JSONPath")
    yield from _check_block(raw, pointer, machine)


_EXAMPLES: Final = {
    "processor config": '{"Mode": "INLINE"}',
    "reader": '{"Resource": "arn:aws:states:::s3:getObject", ...}',
    "reader config": '{"InputType": "JSON"}',
    "batcher": '{"MaxItemsPerBatch": 10}',
    "writer": '{"Resource": "arn:aws:states:::s3:putObject", ...}',
    "writer config": '{"OutputType": "JSON", "Transformation": "NONE"}',
}


def _check_nested(kind: str, value: Any, pointer: str, key: str, language: str) -> Iterator[Problem]:
    """An object with fields of its own: its fields, and the required ones."""
    if not isinstance(value, dict):
        yield problem_of(pointer, key, f"an object such as {_EXAMPLES[kind]}", value)
        return
    at = join(pointer, key)
    yield from _check_fields(value, NESTED[kind], at, language)
    missing = [name for name in REQUIRED.get(kind, ()) if name not in value]
    if kind == "processor config" and value.get("Mode") == "DISTRIBUTED" and "ExecutionType" not in value:
        missing.append("ExecutionType")
    if kind == "reader config" and value.get("InputType") == "CSV" and "ManifestType" not in value:
        missing += [name for name in ("CSVHeaderLocation",) if name not in value]
    if value.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in value:
        missing.append("CSVHeaders")
    if missing:
        yield _required(at, missing)
    yield from _check_exclusive(value, at)
    if kind == "writer" and not value:
        yield Problem(SCHEMA, at, "Value cannot be empty", f"Write it as {_EXAMPLES[kind]}.")
    if kind == "batcher" and not any(name.startswith("Max") for name in value):
        hint = "Set MaxItemsPerBatch, MaxInputBytesPerBatch, or one of their Path forms."
        yield Problem(SCHEMA, at, "A batcher must have a limit", hint)


# Retry, Catch --------------------------------------------------------------------------------------------------------


def _check_answers(
    raw: Any, pointer: str, name: str, known: Mapping[str, Field], required: tuple[str, ...], language: str
) -> Iterator[Problem]:
    """The entries of Retry or Catch."""
    if not isinstance(raw, list):
        yield problem_of(pointer, name, "an array", raw)
        return
    for index, entry in enumerate(raw):
        at = join(pointer, name, index)
        if not isinstance(entry, dict):
            yield Problem(SCHEMA, at, f"An entry of '{name}' must be an object")
            continue
        missing = [each for each in required if each not in entry]
        if missing:
            yield _required(at, missing)
        yield from _check_fields(entry, known, at, language, WITH_ERROR)
        if entry.get("ErrorEquals") == [ALL] and index < len(raw) - 1:
            message = f"'{ALL}' must be in the last entry of '{name}'"
            yield Problem(SCHEMA, join(at, "ErrorEquals"), message, "The entries after it are never reached.")


# Choice --------------------------------------------------------------------------------------------------------------


def _check_rules(raw: Any, pointer: str, language: str) -> Iterator[Problem]:
    if not isinstance(raw, list):
        yield problem_of(pointer, "Choices", "an array of rules", raw)
        return
    if not raw:
        yield Problem(SCHEMA, join(pointer, "Choices"), "Value cannot be empty")
    for index, rule in enumerate(raw):
        at = join(pointer, "Choices", index)
        if not isinstance(rule, dict):
            yield Problem(SCHEMA, at, "A rule must be an object")
            continue
        wanted = ("Next", "Condition") if language == "JSONata" else ("Next",)
        missing = [name for name in wanted if name not in rule]
        if missing:
            yield _required(at, missing)
        if language == "JSONata":
            yield from _check_fields(rule, {**RULE_FIELDS, **OPERATOR_FIELDS}, at, language)
        else:
            yield from _check_rule(rule, at, top=True)


def _check_rule(raw: Any, pointer: str, *, top: bool) -> Iterator[Problem]:
    """A rule of JSONPath mode; ``top`` if it is directly in Choices."""
    if not isinstance(raw, dict):
        yield Problem(SCHEMA, pointer, "A rule must be an object")
        return
    own = RULE_FIELDS if top else {name: RULE_FIELDS[name] for name in ("Variable", "Comment")}
    known = {**OPERATOR_FIELDS, **own}
    for key in ("Next", "Assign", "Output") if not top else ():
        if key in raw:
            yield _unsupported(key, pointer, "Only a rule directly in Choices may have it.")
    fields = {key: value for key, value in raw.items() if top or key not in RULE_FIELDS or key in own}
    yield from _check_fields(fields, known, pointer, "JSONPath")
    operators = [key for key in raw if key in OPERATOR_FIELDS]
    for key in operators:
        if key in COMBINATIONS:
            yield from _check_combination(key, raw[key], pointer)
        else:
            yield from _check_operand(key, raw[key], pointer)
    if len(operators) != 1 and raw.keys() <= known.keys() - {"Condition", "Output"}:
        found = f"found [{', '.join(operators)}]" if operators else "found none"
        yield Problem(SCHEMA, pointer, f"A rule must have exactly one comparison operator or And, Or, Not; {found}")
    elif operators and operators[0] in OPERATORS and "Variable" not in raw:
        yield _required(pointer, ["Variable"])


def _check_combination(key: str, value: Any, pointer: str) -> Iterator[Problem]:
    if key == "Not":
        yield from _check_rule(value, join(pointer, key), top=False)
    elif not isinstance(value, list):
        yield problem_of(pointer, key, "an array of rules", value)
    elif not value:
        yield Problem(SCHEMA, join(pointer, key), "Value cannot be empty")
    else:
        for index, rule in enumerate(value):
            yield from _check_rule(rule, join(pointer, key, index), top=False)


def _check_operand(key: str, value: Any, pointer: str) -> Iterator[Problem]:
    """The literal or path that an operator compares with."""
    if key.endswith("Path") and key not in COMPARISONS:
        yield from check_value("path", value, pointer, key)
    elif key in TYPE_TESTS or key in ("IsPresent", "BooleanEquals"):
        yield from check_value("boolean", value, pointer, key)
    elif key.startswith("Numeric"):
        if not is_number(value):
            yield problem_of(pointer, key, "a number", value)
    elif key.startswith("Timestamp"):
        if as_instant(value) is None:
            yield from check_value("timestamp", value, pointer, key)
    else:
        yield from check_value("string", value, pointer, key)
