"""Likely mistakes that AWS accepts without a warning: our own warnings, with rule ids of our own.

Each rule in ``RULES`` is a generator of ``(focus, message, hint)`` for one state; it must be right for every valid
state and may be called with an invalid one. Limits: developer guide, "Service quotas". Matching of names:
``asl.errors``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from asl.errors import (
    ALL,
    DATA_LIMIT_EXCEEDED,
    HEARTBEAT_TIMEOUT,
    NO_CHOICE_MATCHED,
    RESERVED,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
)
from asl.expressions import is_expression
from asl.fields import ALL_TYPES, BY_TYPE
from asl.intrinsics import IntrinsicSyntaxError, Miscounted, miscounted
from asl.jsonpath import PathSyntaxError, unquoted_words
from asl.limits import LONGEST_EXECUTION
from asl.problems import Problem, did_you_mean, join
from asl.references import TEMPLATES, assigns
from asl.resources import parse_resource
from asl.validate import MachineType
from asl.values import is_number
from asl.walk import is_distributed, language_of, walk
from asl.warnings import literals, looks_evaluated


class Surroundings(NamedTuple):
    """The facts that a rule knows besides the state: the machine's type and time limit, the variables of all its
    states, and the errors of its Fail states.
    """

    type: str
    language: str
    timeout_seconds: float | None
    variables: frozenset[str]
    raised: frozenset[str]

    @property
    def longest(self) -> float:
        """Seconds after which every execution has ended."""
        longest = LONGEST_EXECUTION[self.type] // timedelta(seconds=1)
        return min(longest, self.timeout_seconds) if self.timeout_seconds else longest


State: TypeAlias = Mapping[str, Any]
Finding: TypeAlias = tuple[str, str, str | None]
"""Pointer in the state, the likely mistake, and what to do."""
Rule: TypeAlias = Callable[[State, Surroundings], Iterator[Finding]]


def lint(definition: Mapping[str, Any], type: MachineType = "STANDARD") -> Iterator[Problem]:
    """Every warning about ``definition``, state by state in document order."""
    timeout = definition.get("TimeoutSeconds")
    language = language_of(definition, "JSONPath")
    limit = timeout if is_number(timeout) else None
    machine = Surroundings(type, language, limit, _variables(definition), frozenset(_raised(definition)))
    for at, _, state in walk(definition):
        if state.get("Type") not in ALL_TYPES:
            continue
        around = machine._replace(language=language_of(state, machine.language))
        for rule_id, rule in RULES.items():
            for focus, message, hint in rule(state, around):
                yield Problem(rule_id, at + focus, message, hint, severity="WARNING")


def _variables(definition: Mapping[str, Any]) -> frozenset[str]:
    languages = ("JSONPath", "JSONata")
    return frozenset(
        name for _, _, state in walk(definition) for language in languages for _, name in assigns(state, language)
    )


def _raised(definition: Mapping[str, Any]) -> Iterator[str]:
    for _, _, state in walk(definition):
        if state.get("Type") == "Fail" and isinstance(state.get("Error"), str):
            yield state["Error"]


# Retry and Catch -----------------------------------------------------------------------------------------------------


def _answers(state: State) -> Iterator[tuple[str, list[tuple[int, Mapping[str, Any], list[str]]]]]:
    """Retry and Catch, where the state may have them: (index, entry, its error names) of each well-formed entry."""
    for key in ("Retry", "Catch"):
        entries = state.get(key)
        if key in BY_TYPE[state["Type"]] and isinstance(entries, list):
            yield (
                key,
                [
                    (index, entry, [name for name in entry["ErrorEquals"] if isinstance(name, str)])
                    for index, entry in enumerate(entries)
                    if isinstance(entry, dict) and isinstance(entry.get("ErrorEquals"), list)
                ],
            )


def _misspelt_error(state: State, around: Surroundings) -> Iterator[Finding]:
    for key, entries in _answers(state):
        for index, _, names in entries:
            for at, name in enumerate(names):
                reserved = name.startswith("States.") and not name.startswith("States.Http.StatusCode.")
                if reserved and name not in RESERVED | around.raised:
                    message = f"'{name}' is not an error name of the States Language, and no Fail state raises it"
                    yield f"/{key}/{index}/ErrorEquals/{at}", message, did_you_mean(name, RESERVED)


UNCATCHABLE: Final[Mapping[str, tuple[str, str]]] = {
    RUNTIME: ("it always fails the execution", "Fix its cause: a path, or the shape of an input."),
    NO_CHOICE_MATCHED: (
        "a Choice in which no rule holds fails the execution with States.Runtime",
        'Give the Choice a "Default".',
    ),
}
"""Error name -> why a Retry or Catch never matches it, and what to do instead."""


def _uncatchable_error(state: State, around: Surroundings) -> Iterator[Finding]:
    for key, entries in _answers(state):
        for index, _, names in entries:
            for at, name in enumerate(names):
                if name in UNCATCHABLE:
                    message = f"'{name}' is never matched: {UNCATCHABLE[name][0]}"
                    yield f"/{key}/{index}/ErrorEquals/{at}", message, UNCATCHABLE[name][1]


def _unreachable_answer(state: State, around: Surroundings) -> Iterator[Finding]:
    """An entry whose names all match earlier entries: the first entry that matches is used."""
    for key, entries in _answers(state):
        before: set[str] = set()
        for index, _, names in entries:
            if names and all(_matched(name, before) for name in names):
                what = "retrier" if key == "Retry" else "catcher"
                message = f"The {what} for {', '.join(names)} is never used: earlier ones match first"
                yield f"/{key}/{index}", message, "Put the narrower one first."
            before.update(names)


def _matched(name: str, before: set[str]) -> bool:
    if name in before or (ALL in before and name != DATA_LIMIT_EXCEEDED):
        return True
    outside = (ALL, TIMEOUT, HEARTBEAT_TIMEOUT, RUNTIME, DATA_LIMIT_EXCEEDED)
    return TASK_FAILED in before and name not in outside


def _retries_nothing(state: State, around: Surroundings) -> Iterator[Finding]:
    for key, entries in _answers(state):
        for index, entry, _ in entries:
            idle = [
                name
                for name in ("IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "JitterStrategy")
                if name in entry
            ]
            if key == "Retry" and entry.get("MaxAttempts") == 0 and idle:
                message = f"MaxAttempts is 0, so nothing is retried and {', '.join(idle)} has no effect"
                yield f"/Retry/{index}/MaxAttempts", message, "MaxAttempts counts retries, without the first attempt."


# Time ----------------------------------------------------------------------------------------------------------------


def _endless_callback(state: State, around: Surroundings) -> Iterator[Finding]:
    bounds = ("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath")
    resource = parse_resource(state["Resource"]) if isinstance(state.get("Resource"), str) else None
    if state["Type"] != "Task" or resource is None or around.timeout_seconds or around.type == "EXPRESS":
        return  # an Express machine may not wait for answers, and its five minutes are an end
    if (resource.kind == "activity" or resource.pattern == ".waitForTaskToken") and not any(b in state for b in bounds):
        message = "Without an answer, nothing ends the wait before the execution's limit of one year"
        yield "/Resource", message, "Give the state TimeoutSeconds or HeartbeatSeconds."


def _long_wait(state: State, around: Surroundings) -> Iterator[Finding]:
    seconds = state.get("Seconds")
    if state["Type"] == "Wait" and is_number(seconds) and seconds > around.longest:  # type: ignore[operator]
        message = f"The state waits {seconds:,} seconds; an execution ends after {around.longest:,}"
        yield "/Seconds", message, None


def _late_timeout(state: State, around: Surroundings) -> Iterator[Finding]:
    timeout = state.get("TimeoutSeconds")
    if state["Type"] == "Task" and is_number(timeout) and timeout > around.longest:  # type: ignore[operator]
        message = f"TimeoutSeconds is {timeout:,}; an execution ends after {around.longest:,}"
        yield "/TimeoutSeconds", message, None


# Choice --------------------------------------------------------------------------------------------------------------


def _open_choice(state: State, around: Surroundings) -> Iterator[Finding]:
    rules = state.get("Choices")
    if state["Type"] != "Choice" or "Default" in state or not isinstance(rules, list):
        return
    if not _is_exhaustive([rule for rule in rules if isinstance(rule, dict)]):
        message = "If no rule holds, the execution fails with States.Runtime, which nothing catches"
        yield "", message, 'Name a state for all other cases in "Default".'


def _is_exhaustive(rules: list[Mapping[str, Any]]) -> bool:
    """Whether one rule, or one of a pair of rules, always holds."""
    tests = [{key: value for key, value in rule.items() if key not in ("Next", "Comment", "Assign")} for rule in rules]
    for test in tests:
        if test.get("Condition") is True or {"Not": test} in tests:
            return True
        opposite = {key: not value if isinstance(value, bool) else value for key, value in test.items()}
        if opposite != test and opposite in tests and ("Variable" in test):
            return True
    return False


# Templates -----------------------------------------------------------------------------------------------------------


def _templates(state: State) -> Iterator[tuple[str, Any]]:
    for key in BY_TYPE[state["Type"]]:
        if key in state and (key in TEMPLATES or key in ("Arguments", "Output", "Items")):
            yield key, state[key]


def _unevaluated_variable(state: State, around: Surroundings) -> Iterator[Finding]:
    if around.language != "JSONPath":
        return
    for key, template in _templates(state):
        for place, name, text in literals(template):
            variable = re.match(r"\$([^\W\d]\w*)(?:$|[.\[])", text)
            if name is not None and variable and variable[1] in around.variables:
                message = f"'{text}' is passed on as text, not evaluated as a variable"
                yield f"/{key}{place}", message, f'Write "{name}.$" to read it.'


def _key_like_path(state: State, around: Surroundings) -> Iterator[Finding]:
    if around.language != "JSONPath":
        return
    for key, template in _templates(state):
        for place, name, _ in _members(template):
            if name.startswith(("$.", "$$.", "$[")):
                message = f"The key '{name}' looks like a path, but keys are not evaluated"
                yield f"/{key}{place}", message, 'Write "name.$": "$.path".'
            elif name.endswith("$") and not name.endswith(".$"):
                message = f"The key '{name}' ends in '$', not '.$', so its value is not evaluated"
                yield f"/{key}{place}", message, f'Write "{name[:-1]}.$".'


def _jsonpath_in_jsonata(state: State, around: Surroundings) -> Iterator[Finding]:
    if around.language != "JSONata":
        return
    for key, template in _templates(state):
        for place, name, value in _members(template):
            if name.endswith(".$"):
                message = f"The key '{name}' is kept as it is: '.$' has no meaning in a JSONata state"
                yield f"/{key}{place}", message, f'Write "{name[:-2]}": "{{% ... %}}".'
            elif looks_evaluated(value):
                message = f"'{value}' is passed on as text: a JSONata state evaluates only {{% ... %}}"
                yield f"/{key}{place}", message, "The state's input is {% $states.input %}."


def _jsonata_in_jsonpath(state: State, around: Surroundings) -> Iterator[Finding]:
    if around.language != "JSONPath":
        return
    for key, template in _templates(state):
        for place, _, text in literals(template):
            if is_expression(text):
                message = f"'{text}' is passed on as text: the state's query language is JSONPath"
                yield f"/{key}{place}", message, 'Set "QueryLanguage": "JSONata".'


def _unquoted_word(state: State, around: Surroundings) -> Iterator[Finding]:
    if around.language != "JSONPath":
        return
    for place, name, text in _members(state):
        reads = name.endswith(".$") or (name.endswith("Path") and name in BY_TYPE[state["Type"]])
        for word in _unquoted_words(text) if reads and isinstance(text, str) else ():
            message = f"The filter compares with the unquoted word {word}, which json-path rejects"
            yield place, message, f"Write '{word}'."


def _unquoted_words(text: str) -> tuple[str, ...]:
    try:
        return unquoted_words(text)
    except PathSyntaxError:
        return ()


def _miscounted_call(state: State, around: Surroundings) -> Iterator[Finding]:
    if around.language != "JSONPath":
        return
    for place, name, text in _members(state):
        calls = isinstance(text, str) and (name.endswith(".$") or name in ("ErrorPath", "CausePath"))
        for call in _miscounted(text) if calls else ():
            message = f"{call.name} takes {call.wanted} arguments, not {call.given}: the state fails"
            yield place, message, "AWS counts the arguments when the call runs, and nothing catches the error."


def _miscounted(text: str) -> list[Miscounted]:
    try:
        return list(miscounted(text))
    except IntrinsicSyntaxError:
        return []


def _members(value: Any, pointer: str = "") -> Iterator[tuple[str, str, Any]]:
    """(pointer, key, value) of every member of an object in ``value``."""
    rest: list[tuple[str, Any]] = [(pointer, value)]
    while rest:
        at, each = rest.pop()
        if isinstance(each, dict):
            yield from ((join(at, key), key, child) for key, child in each.items())
            rest += reversed([(join(at, key), child) for key, child in each.items()])
        elif isinstance(each, list):
            rest += reversed([(join(at, index), child) for index, child in enumerate(each)])


# Map -----------------------------------------------------------------------------------------------------------------


def _idle_label(state: State, around: Surroundings) -> Iterator[Finding]:
    if state["Type"] == "Map" and "Label" in state and not is_distributed(state.get("ItemProcessor")):
        yield "/Label", "A Map in INLINE mode has no Map Run for the label to name", None


RULES: Final[Mapping[str, Rule]] = {
    "misspelt-error": _misspelt_error,
    "uncatchable-error": _uncatchable_error,
    "unreachable-answer": _unreachable_answer,
    "retries-nothing": _retries_nothing,
    "endless-callback": _endless_callback,
    "long-wait": _long_wait,
    "late-timeout": _late_timeout,
    "open-choice": _open_choice,
    "unevaluated-variable": _unevaluated_variable,
    "key-like-path": _key_like_path,
    "jsonpath-in-jsonata": _jsonpath_in_jsonata,
    "jsonata-in-jsonpath": _jsonata_in_jsonpath,
    "unquoted-word": _unquoted_word,
    "miscounted-call": _miscounted_call,
    "idle-label": _idle_label,
}
"""Rule id -> its generator, in the order in which they run."""
