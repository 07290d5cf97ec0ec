"""Every problem of a definition: what CreateStateMachine refuses, in its words where they are known, in document order.

A check yields what it finds and goes on; nobody stops at the first. Texts: recorded on AWS
(``test_validate_state_machine_definition``, ``test_sfn_api``) or measured there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl.errors import ALL
from asl.fields import (
    ALL_TYPES,
    BLOCK_FIELDS,
    BY_TYPE,
    CATCHER_FIELDS,
    EXCLUSIVE,
    MACHINE_FIELDS,
    ONE_OF,
    PROCESSOR_FIELDS,
    REQUIRED,
    RETRIER_FIELDS,
    check_value,
    refuse,
)
from asl.problems import (
    DUPLICATE_NAME,
    MISSING_END,
    MISSING_TARGET,
    NOT_EMULATED,
    SCHEMA,
    Problem,
    did_you_mean,
    escape,
    join,
)
from asl.states.choice import COMBINATIONS, COMPARISONS, OPERATORS, TYPE_TESTS
from asl.values import as_instant, is_number

RULE_FIELDS: Final = frozenset({"Next", "Comment", "Assign", "Variable"})
TERMINAL: Final = ("Succeed", "Fail")
MAX_NAME: Final = 80


def check_definition(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the definition ``raw``; empty when it can run."""
    names: dict[str, str] = {}
    yield from _check_unknown(raw, "", MACHINE_FIELDS)
    if "TimeoutSeconds" in raw:
        yield from check_value("positive integer", raw["TimeoutSeconds"], "", "TimeoutSeconds")
    if "QueryLanguage" in raw:
        yield from check_value("query language", raw["QueryLanguage"], "", "QueryLanguage")
    if raw.get("Version", "1.0") != "1.0":
        yield refuse("", "Version", '"1.0"', raw["Version"])
    yield from _check_block(raw, "", names)


def _check_block(raw: Any, pointer: str, names: dict[str, str]) -> Iterator[Problem]:
    """The block at ``pointer``; ``names`` collects the state names of the whole machine."""
    missing = [name for name in ("States", "StartAt") if name not in raw]
    if missing:
        yield Problem(SCHEMA, pointer, f"These fields are required: [{', '.join(missing)}]")
    if "Comment" in raw:
        yield from check_value("string", raw["Comment"], pointer, "Comment")
    if "StartAt" in raw and not isinstance(raw["StartAt"], str):
        yield refuse(pointer, "StartAt", "the name of a state", raw["StartAt"])
    states = raw.get("States")
    if states is None and "States" not in raw:
        return
    if not isinstance(states, dict):
        yield refuse(pointer, "States", "an object of states", states)
        return
    if not states:
        yield Problem(SCHEMA, join(pointer, "States"), "Value cannot be empty", "Put at least one state here.")
        return
    for name, state in states.items():
        at = join(pointer, "States", name)
        if name in names:
            hint = f"It is also at {names[name]}; names are unique in the whole machine."
            yield Problem(DUPLICATE_NAME, at, f"Duplicate State name: {name}", hint)
        names.setdefault(name, at)
        if len(name) > MAX_NAME:
            yield Problem(SCHEMA, at, f"The state name has {len(name)} characters; the limit is {MAX_NAME}")
        yield from _check_state(state, at, names)
    yield from _check_transitions(raw, states, pointer)


def _check_unknown(raw: Mapping[str, Any], pointer: str, known: Any) -> Iterator[Problem]:
    for key in raw:
        if key not in known:
            yield Problem(
                SCHEMA, pointer, f"Field '{key}' is not supported", did_you_mean(key, known), focus=escape(key)
            )


def _check_state(raw: Any, pointer: str, names: dict[str, str]) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield Problem(SCHEMA, pointer, "A state must be an object")
        return
    type_ = raw.get("Type")
    if "Type" not in raw:
        yield Problem(SCHEMA, pointer, "These fields are required: [Type]")
        return
    if type_ not in ALL_TYPES:
        message = f"The field 'Type' should have one of these values: [{', '.join(ALL_TYPES)}]"
        yield Problem(SCHEMA, join(pointer, "Type"), message, did_you_mean(type_, ALL_TYPES))
        return
    yield from _check_fields(raw, type_, pointer)
    yield from _check_presence(raw, type_, pointer)
    yield from _check_inside(raw, type_, pointer, names)


def _check_fields(raw: Mapping[str, Any], type_: str, pointer: str) -> Iterator[Problem]:
    known = BY_TYPE[type_]
    language = raw.get("QueryLanguage", "JSONPath")
    for key, value in raw.items():
        field = known.get(key)
        if field is None:
            yield Problem(
                SCHEMA, pointer, f"Field '{key}' is not supported", did_you_mean(key, known), focus=escape(key)
            )
        elif field.language == "JSONata" and language == "JSONPath":
            message = (
                f"The QueryLanguage is set to 'JSONPath', but field '{key}' is only supported for the 'JSONata' "
                "QueryLanguage"
            )
            yield Problem(SCHEMA, pointer, message, focus=escape(key))
        elif not field.emulated:
            hint = "docs/supported.md lists what is emulated."
            yield Problem(NOT_EMULATED, pointer, f"Field '{key}' is not emulated yet", hint, focus=escape(key))
        else:
            yield from check_value(field.kind, value, pointer, key)


def _check_presence(raw: Mapping[str, Any], type_: str, pointer: str) -> Iterator[Problem]:
    """Required fields, fields of which there is exactly one, and fields that exclude each other."""
    missing = [name for name in REQUIRED.get(type_, ()) if name not in raw]
    if missing:
        yield Problem(SCHEMA, pointer, f"These fields are required: [{', '.join(missing)}]")
    for group in ONE_OF.get(type_, ()):
        present = [name for name in group if name in raw]
        if len(present) != 1:
            found = f"but found [{', '.join(present)}]" if present else "but found none"
            yield Problem(SCHEMA, pointer, f"Exactly one of these fields is required: [{', '.join(group)}], {found}")
    for group in EXCLUSIVE:
        present = [name for name in group if name in raw]
        if len(present) > 1:
            yield Problem(SCHEMA, pointer, f"Only one of these fields may be present: [{', '.join(present)}]")
    if "Next" in BY_TYPE[type_]:
        ends = raw.get("End") is True
        if ends and "Next" in raw:
            yield Problem(SCHEMA, pointer, "Only one of these fields may be present: [Next, End]")
        elif not ends and "Next" not in raw:
            hint = 'Name the next state in "Next", or set "End": true.'
            yield Problem(SCHEMA, pointer, "These fields are required: [Next]", hint)
    timeout, heartbeat = raw.get("TimeoutSeconds"), raw.get("HeartbeatSeconds")
    if is_number(timeout) and is_number(heartbeat) and heartbeat >= timeout:  # type: ignore[operator]
        message = f"HeartbeatSeconds ({heartbeat}) must be less than TimeoutSeconds ({timeout})"
        yield Problem(SCHEMA, join(pointer, "HeartbeatSeconds"), message)


def _check_inside(raw: Mapping[str, Any], type_: str, pointer: str, names: dict[str, str]) -> Iterator[Problem]:
    """What a state holds: rules, retriers and catchers, and the blocks of Parallel and Map."""
    if "Retry" in raw and "Retry" in BY_TYPE[type_]:
        yield from _check_answers(raw["Retry"], pointer, "Retry", RETRIER_FIELDS, ("ErrorEquals",))
    if "Catch" in raw and "Catch" in BY_TYPE[type_]:
        yield from _check_answers(raw["Catch"], pointer, "Catch", CATCHER_FIELDS, ("ErrorEquals", "Next"))
    if type_ == "Choice" and "Choices" in raw:
        yield from _check_rules(raw["Choices"], pointer)
    elif type_ == "Parallel" and "Branches" in raw:
        branches = raw["Branches"]
        if not isinstance(branches, list):
            yield refuse(pointer, "Branches", "an array of branches", branches)
        elif not branches:
            yield Problem(SCHEMA, join(pointer, "Branches"), "Value cannot be empty")
        else:
            for index, branch in enumerate(branches):
                yield from _check_inner_block(branch, join(pointer, "Branches", index), BLOCK_FIELDS, names)
    elif type_ == "Map":
        for field in ("ItemProcessor", "Iterator"):
            if field in raw:
                yield from _check_inner_block(raw[field], join(pointer, field), PROCESSOR_FIELDS, names)


def _check_inner_block(raw: Any, pointer: str, known: Any, names: dict[str, str]) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield Problem(SCHEMA, pointer, "A branch or item processor must be an object with StartAt and States")
        return
    yield from _check_unknown(raw, pointer, known)
    if "ProcessorConfig" in raw and "ProcessorConfig" in known:
        yield from _check_processor(raw["ProcessorConfig"], pointer)
    yield from _check_block(raw, pointer, names)


def _check_processor(raw: Any, pointer: str) -> Iterator[Problem]:
    at = join(pointer, "ProcessorConfig")
    if not isinstance(raw, dict):
        yield refuse(pointer, "ProcessorConfig", 'an object such as {"Mode": "INLINE"}', raw)
        return
    yield from _check_unknown(raw, at, {"Mode", "ExecutionType"})
    mode = raw.get("Mode", "INLINE")
    if mode == "DISTRIBUTED":
        hint = "Use an inline Map for now; docs/supported.md lists what is emulated."
        yield Problem(NOT_EMULATED, join(at, "Mode"), "A Map in DISTRIBUTED mode is not emulated yet", hint)
    elif mode != "INLINE":
        message = "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]"
        yield Problem(SCHEMA, join(at, "Mode"), message, did_you_mean(mode, ("INLINE", "DISTRIBUTED")))


def _check_answers(
    raw: Any, pointer: str, field: str, known: Mapping[str, str], required: tuple[str, ...]
) -> Iterator[Problem]:
    """The entries of Retry or Catch."""
    if not isinstance(raw, list):
        yield refuse(pointer, field, "an array", raw)
        return
    for index, entry in enumerate(raw):
        at = join(pointer, field, index)
        if not isinstance(entry, dict):
            yield Problem(SCHEMA, at, f"An entry of '{field}' must be an object")
            continue
        missing = [name for name in required if name not in entry]
        if missing:
            yield Problem(SCHEMA, at, f"These fields are required: [{', '.join(missing)}]")
        yield from _check_unknown(entry, at, known)
        for key, value in entry.items():
            yield from check_value(known.get(key, "any"), value, at, key)
        if entry.get("ErrorEquals") == [ALL] and index < len(raw) - 1:
            message = f"'{ALL}' must be in the last entry of '{field}'"
            yield Problem(SCHEMA, join(at, "ErrorEquals"), message, "The entries after it are never reached.")


def _check_rules(raw: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(raw, list):
        yield refuse(pointer, "Choices", "an array of rules", raw)
        return
    if not raw:
        yield Problem(SCHEMA, join(pointer, "Choices"), "Value cannot be empty")
    for index, rule in enumerate(raw):
        yield from _check_rule(rule, join(pointer, "Choices", index), top=True)


def _check_rule(raw: Any, pointer: str, *, top: bool) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield Problem(SCHEMA, pointer, "A rule must be an object")
        return
    if top and "Next" not in raw:
        yield Problem(SCHEMA, pointer, "These fields are required: [Next]")
    for key in ("Next", "Assign") if not top else ():
        if key in raw:
            message = f"Field '{key}' is not supported"
            yield Problem(SCHEMA, pointer, message, "Only a rule directly in Choices has it.", focus=escape(key))
    if top and "Condition" in raw:
        message = (
            "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' "
            "QueryLanguage"
        )
        yield Problem(SCHEMA, pointer, message, focus="Condition")
        return
    known = OPERATORS | COMBINATIONS | RULE_FIELDS
    operators = [key for key in raw if key in OPERATORS | COMBINATIONS]
    for key, value in raw.items():
        at = join(pointer, key)
        if key not in known:
            hint = did_you_mean(key, known)
            yield Problem(SCHEMA, pointer, f"Field '{key}' is not supported", hint, focus=escape(key))
        elif key in COMBINATIONS:
            yield from _check_combination(key, value, pointer)
        elif key in OPERATORS:
            yield from _check_operand(key, value, pointer)
        elif key == "Comment":
            yield from check_value("string", value, pointer, key)
        elif key == "Variable":
            yield from check_value("path", value, pointer, key)
        elif key == "Assign" and top:
            yield from check_value("assignment", value, pointer, key)
        elif key == "Next" and top and not isinstance(value, str):
            yield Problem(SCHEMA, at, "The value of 'Next' must be the name of a state")
    if len(operators) != 1 and raw.keys() <= known:
        found = f"found [{', '.join(operators)}]" if operators else "found none"
        yield Problem(SCHEMA, pointer, f"A rule must have exactly one comparison operator or And, Or, Not; {found}")
    elif operators and operators[0] in OPERATORS and "Variable" not in raw:
        yield Problem(SCHEMA, pointer, "These fields are required: [Variable]")


def _check_combination(key: str, value: Any, pointer: str) -> Iterator[Problem]:
    if key == "Not":
        yield from _check_rule(value, join(pointer, key), top=False)
    elif not isinstance(value, list):
        yield refuse(pointer, key, "an array of rules", value)
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
            yield refuse(pointer, key, "a number", value)
    elif key.startswith("Timestamp"):
        if as_instant(value) is None:
            yield from check_value("timestamp", value, pointer, key)
    else:
        yield from check_value("string", value, pointer, key)


def _check_transitions(raw: Mapping[str, Any], states: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """Targets that do not exist, then a block that never ends, or else states that nothing leads to."""
    start = raw.get("StartAt")
    targets = [(join(pointer, "StartAt"), start)] if isinstance(start, str) else []
    reaches: dict[str, list[str]] = {}
    for name, state in states.items():
        found = list(_targets(state, join(pointer, "States", name)))
        targets += found
        reaches[name] = [target for _, target in found]
    dangling = [(at, target) for at, target in targets if target not in states]
    for at, target in dangling:
        yield Problem(MISSING_TARGET, at, f"Missing 'Next' target: {target}", did_you_mean(target, states))
    if not any(_ends(state) for state in states.values()):
        hint = 'Give one state "End": true, or add a Succeed or Fail state.'
        yield Problem(MISSING_END, pointer, "Workflow has no terminal state", hint)
        return
    if not isinstance(start, str) or start not in states:
        return
    reached, frontier = {start}, [start]
    while frontier:
        for target in reaches[frontier.pop()]:
            if target in states and target not in reached:
                reached.add(target)
                frontier.append(target)
    for name in states:
        if name not in reached:
            yield Problem(MISSING_TARGET, join(pointer, "States", name), f'State "{name}" is not reachable.')


def _ends(state: Any) -> bool:
    return not isinstance(state, dict) or state.get("Type") in TERMINAL or state.get("End") is True


def _targets(state: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """(pointer, name) of every state that ``state`` may go to."""
    if not isinstance(state, dict):
        return
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield join(pointer, field), state[field]
    for field in ("Choices", "Catch"):
        entries = state.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("Next"), str):
                yield join(pointer, field, index, "Next"), entry["Next"]
