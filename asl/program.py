"""Compiling a definition: from text or JSON to a ``Program``, or to all its problems.

Everything is parsed here: paths, templates, rules. Nothing is parsed while an execution runs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from asl.integrations import Integrations
from asl.problems import INVALID_JSON, TOO_DEEP, DefinitionError, Problem, join, placed
from asl.source import NO_LINES, Lines, places, read_definition
from asl.states import choice, ends, map_, parallel, pass_, task, wait
from asl.states.common import Block, ParseBlock, State
from asl.states.distributed import DistributedMap
from asl.validate import MachineType, check_definition
from asl.values import Json, encode

Parse: TypeAlias = "Callable[[str, Mapping[str, Any], ParseBlock], State]"

STATE_TYPES: Final[Mapping[str, Parse]] = {
    "Task": task.parse_task,
    "Wait": wait.parse_wait,
    "Pass": pass_.parse_pass,
    "Succeed": ends.parse_succeed,
    "Fail": ends.parse_fail,
    "Choice": choice.parse_choice,
    "Parallel": parallel.parse_parallel,
    "Map": map_.parse_map,
}
"""``Type`` -> the parser of such states, in AWS's order."""


@dataclass(frozen=True, slots=True)
class Program:
    """A definition that can run. ``text`` is as it was given; ``timeout_seconds`` is the limit that it sets."""

    text: str
    block: Block
    timeout_seconds: int | None
    comment: str | None
    type: MachineType = "STANDARD"
    processors: Mapping[str, "Program"] = field(default_factory=dict)
    """Name of a Distributed Map -> the program of its children. Names are unique in the whole machine."""
    tasks: tuple[task.Task, ...] = ()
    """All Tasks of the definition, at any nesting, in document order."""
    integrations: Integrations | None = field(default=None, repr=False, compare=False)
    """Checks the parameters of services that are known only at run time; without it they are not checked."""


def compile(  # noqa: A001
    definition: str | Mapping[str, Json],
    source: str = "definition",
    type: MachineType = "STANDARD",
    integrations: Integrations | None = None,
    lines: Lines | None = None,
) -> Program:
    """The program of ``definition``, JSON text or its value; ``source`` names it in messages (a file's path).

    Raises ``DefinitionError`` with every problem, with line and column if ``definition`` is text: those for which AWS
    would refuse to create a machine of this ``type``, or else features that this emulator does not run. The parameters
    of services are checked by ``integrations``. ``lines`` are those of the states, where the text that people wrote is
    another one: YAML, or a part of a larger file.
    """
    text = definition if isinstance(definition, str) else _write(definition, source)
    raw = read_definition(text, source)
    try:
        problems = [each for each in check_definition(raw, type, integrations) if each.severity == "ERROR"]
        if lines is None:
            lines = Lines(definition) if isinstance(definition, str) else NO_LINES
        block = parse_block(raw, str(raw.get("QueryLanguage", "JSONPath")), lines) if not problems else None
    except RecursionError:
        raise DefinitionError([TOO_DEEP_TO_CHECK], source) from None
    if block is None:
        raise DefinitionError(_placed(problems, text if isinstance(definition, str) else None), source)
    timeout: Any = raw.get("TimeoutSeconds")
    comment: Any = raw.get("Comment")
    processors = dict(_processors(block, integrations))
    return Program(text, block, timeout, comment, type, processors, _tasks(block), integrations)


def check(
    text: str,
    source: str = "definition",
    type: MachineType = "STANDARD",
    integrations: Integrations | None = None,
) -> tuple[Problem, ...]:
    """All errors and warnings of ValidateStateMachineDefinition for ``text``, with line and column.

    Raises ``TypeError`` for anything but JSON text.
    """
    _check_text(text)
    try:
        return tuple(_placed(list(check_definition(read_definition(text, source), type, integrations)), text))
    except DefinitionError as error:
        return error.problems
    except RecursionError:
        return (TOO_DEEP_TO_CHECK,)


def _check_text(given: object) -> None:
    if not isinstance(given, str):
        name = "None" if given is None else given.__class__.__name__
        fix = "json.dumps(definition)" if isinstance(given, Mapping) else "the definition's JSON text"
        raise TypeError(f"check takes JSON text, not {name}\n    fix: give {fix}")


TOO_DEEP_TO_CHECK: Final = Problem(TOO_DEEP, "", "The definition is nested too deep to be checked", aws_location="")


def _placed(problems: list[Problem], text: str | None) -> list[Problem]:
    if text is None or not problems:
        return problems
    where = places(text)
    return [placed(problem, where) for problem in problems]


def _write(definition: Any, source: str) -> str:
    try:
        return encode(dict(definition) if isinstance(definition, Mapping) else definition)
    except (TypeError, ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise DefinitionError([Problem(INVALID_JSON, "", f"The definition is not JSON: {reason}")], source) from None


def _processors(block: Block, integrations: Integrations | None) -> Iterator[tuple[str, Program]]:
    """The Distributed Maps of ``block``, and of the blocks that run in the same execution, each with its program."""
    for name, state in block.states.items():
        match state:
            case DistributedMap():
                inner = state.processor
                of_inner, tasks = dict(_processors(inner, integrations)), _tasks(inner)
                type_ = state.execution_type
                yield name, Program(state.source, inner, None, None, type_, of_inner, tasks, integrations)
            case _:
                for inner in state.blocks:
                    yield from _processors(inner, integrations)


def _tasks(block: Block) -> tuple[task.Task, ...]:
    return tuple(state for _, state in block.walk() if isinstance(state, task.Task))


def parse_block(raw: Mapping[str, Any], language: str, lines: Lines = NO_LINES, pointer: str = "") -> Block:
    """The block ``raw`` (``StartAt`` and ``States``) at ``pointer``, whose states have been checked.

    ``language`` is the machine's: it applies to every state without a QueryLanguage, at any nesting (measured on AWS).
    """
    states = {}
    for name, each in raw["States"].items():
        at = join(pointer, "States", name)

        def parse_inner(block: Mapping[str, Any], place: str, at: str = at) -> Block:
            return parse_block(block, language, lines, at + place)

        state = STATE_TYPES[each["Type"]](name, {"QueryLanguage": language, **each}, parse_inner)
        states[name] = replace(state, pointer=at, lines=lines)
    return Block(raw["StartAt"], states)
