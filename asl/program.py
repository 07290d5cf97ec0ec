"""A definition made ready to run: text or JSON in, a ``Program`` out, or every problem at once.

Everything is parsed here: paths, templates, rules. Nothing is parsed while an execution runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asl.problems import INVALID_JSON, SCHEMA, DefinitionError, Problem, placed
from asl.source import places, read_definition
from asl.states import choice, ends, map_, parallel, pass_, task, wait
from asl.states.common import ParseBlock, State
from asl.validate import check_definition
from asl.values import Json, encode

Parse: TypeAlias = "Callable[[str, Mapping[str, Any], ParseBlock], State]"

STATE_TYPES: Final[Mapping[str, Parse]] = {
    "Task": task.parse,
    "Wait": wait.parse,
    "Pass": pass_.parse,
    "Succeed": ends.parse_succeed,
    "Fail": ends.parse_fail,
    "Choice": choice.parse,
    "Parallel": parallel.parse,
    "Map": map_.parse,
}
"""``Type`` -> how such a state is parsed, in the order in which AWS names the types."""


@dataclass(frozen=True, slots=True)
class Block:
    """States that run one after another, one scope of variables: the machine's own, a branch, an item processor."""

    start_at: str
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Program:
    """A definition that can run. ``text`` is as it was given; ``timeout_seconds`` bounds an execution."""

    text: str
    block: Block
    timeout_seconds: int | None
    comment: str | None


def compile(definition: str | Mapping[str, Json], source: str = "definition") -> Program:  # noqa: A001
    """The program of ``definition``, JSON text or its value; ``source`` names it in messages (a file's path).

    Raises ``DefinitionError`` with every problem, placed by line and column when ``definition`` is text.
    """
    text = definition if isinstance(definition, str) else _write(definition, source)
    raw = read_definition(text, source)
    try:
        problems = [each for each in check_definition(raw) if each.severity == "ERROR"]
        block = parse_block(raw) if not problems else None
    except RecursionError:
        raise DefinitionError(
            [Problem(SCHEMA, "", "The definition is nested too deep to be checked")], source
        ) from None
    if block is None:
        if isinstance(definition, str):
            where = places(text)
            problems = [placed(problem, where) for problem in problems]
        raise DefinitionError(problems, source)
    timeout: Any = raw.get("TimeoutSeconds")
    comment: Any = raw.get("Comment")
    return Program(text, block, timeout, comment)


def _write(definition: Any, source: str) -> str:
    try:
        return encode(dict(definition) if isinstance(definition, Mapping) else definition)
    except (TypeError, ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise DefinitionError([Problem(INVALID_JSON, "", f"The definition is not JSON: {reason}")], source) from None


def parse_block(raw: Mapping[str, Any]) -> Block:
    """The block ``raw`` (``StartAt`` and ``States``), whose states have been checked."""
    states = {name: STATE_TYPES[each["Type"]](name, each, parse_block) for name, each in raw["States"].items()}
    return Block(raw["StartAt"], states)
