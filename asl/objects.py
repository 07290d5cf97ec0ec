"""The checks of one object with a table of fields: which it has, which it lacks, which exclude each other, the values.

An object is a state, an entry of Retry, Catch or Choices, or a nested object such as ReaderConfig. Problems of fields
come in the order of the text, then fields that are missing, then groups of fields that exclude each other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from asl import violations
from asl.expressions import ALWAYS
from asl.fields import EXCLUSIVE, NESTED, Field
from asl.kinds import TYPES, check_value, expect
from asl.problems import SCHEMA, Problem, did_you_mean, escape, join
from asl.variants import MODE, reader_config, select
from asl.warnings import warn_field

CheckInside: TypeAlias = Callable[[Any, str, str], Iterator[Problem]]
"""(value, pointer of the object, field) -> the problems of a field that holds states, rules or retriers."""

NOTHING: Final[Mapping[str, Any]] = {}


def check_fields(
    raw: Mapping[str, Any],
    known: Mapping[str, Field],
    pointer: str,
    language: str,
    members: frozenset[str] = ALWAYS,
    inside: Mapping[str, CheckInside] = NOTHING,
    hints: Mapping[str, str] = NOTHING,
) -> Iterator[Problem]:
    """The problems of each field of ``raw``.

    ``members`` are those of ``$states`` in its Assign and Output; ``inside`` has the checks of kinds by the caller,
    ``hints`` what to do about fields that are not in ``known``.
    """
    for key, value in raw.items():
        field = known.get(key)
        if field is None:
            yield violations.unsupported(key, pointer, hints.get(key) or did_you_mean(key, known))
        elif field.language not in ("both", language):
            yield _of_other_language(key, pointer, language)
        elif field.kind in inside:
            yield from inside[field.kind](value, pointer, key)
        elif field.kind in NESTED:
            yield from _check_nested(field.kind, value, raw, pointer, key, language)
        else:
            kind = field.kind_in(language)
            there = members if key in ("Assign", "Output") else ALWAYS
            yield from check_value(kind, value, pointer, key, there)
            if language == "JSONPath":
                yield from warn_field(kind, value, pointer, key, known)


def check_exclusive(raw: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """Two fields of a group of which ``raw`` may have one."""
    for group in EXCLUSIVE:
        present = [name for name in group if name in raw]
        if len(present) > 1:
            yield violations.more_than_one(pointer, group, present)


def check_required(raw: Mapping[str, Any], pointer: str, names: Iterable[str]) -> Iterator[Problem]:
    """The plain fields that ``raw`` must have and does not."""
    missing = [name for name in names if name not in raw]
    if missing:
        yield violations.required(pointer, missing)


def check_one_of(
    raw: Mapping[str, Any], pointer: str, group: Iterable[str], present: list[str], hint: str | None = None
) -> Iterator[Problem]:
    """A group of fields of which ``raw``, which has those ``present``, must have exactly one."""
    if not present:
        yield violations.none_of(pointer, group, hint)
    elif len(present) > 1:
        yield violations.more_than_one(pointer, group, present)


def check_object(value: Any, pointer: str, wanted: str) -> Iterator[Problem]:
    """The problem of a state, rule or entry at ``pointer`` that is not an object."""
    if not isinstance(value, TYPES["Object"]):
        yield violations.wrong_type(pointer, "Object", f"{wanted} was {violations.shown(value)}.")


def _of_other_language(key: str, pointer: str, language: str) -> Problem:
    """A field of one query language in a state of the other (measured for JSONata in JSONPath)."""
    other = "JSONata" if language == "JSONPath" else "JSONPath"
    message = (
        f"The QueryLanguage is set to '{language}', but field '{key}' is only supported for the '{other}' QueryLanguage"
    )
    return Problem(SCHEMA, pointer, message, focus=escape(key))


# Nested objects ------------------------------------------------------------------------------------------------------

_EXAMPLES: Final = {
    "processor config": '{"Mode": "INLINE"}',
    "reader": '{"Resource": "arn:aws:states:::s3:getObject", ...}',
    "reader config": '{"InputType": "JSON"}',
    "batcher": '{"MaxItemsPerBatch": 10}',
    "writer": '{"Resource": "arn:aws:states:::s3:putObject", ...}',
    "writer config": '{"OutputType": "JSON", "Transformation": "NONE"}',
}


def _check_nested(
    kind: str, value: Any, around: Mapping[str, Any], pointer: str, key: str, language: str
) -> Iterator[Problem]:
    """An object with fields of its own, inside ``around``."""
    if not isinstance(value, dict):
        yield from expect("Object", f"an object such as {_EXAMPLES[kind]}", value, pointer, key)
        return
    at, known = join(pointer, key), NESTED[kind]
    needed: tuple[str, ...] = ("Resource",) if kind == "reader" else ()
    selector = MODE if kind == "processor config" else reader_config(around) if kind == "reader config" else None
    if selector is not None:
        choice = select(value, selector, at)
        if choice.problem is not None:
            yield choice.problem
            return
        known, needed = {name: known[name] for name in known if name in choice.fields}, choice.required
    yield from check_fields(value, known, at, language)
    yield from check_required(value, at, needed)
    yield from check_exclusive(value, at)
    if kind == "writer" and not value:
        yield violations.empty(at, f"Write it as {_EXAMPLES[kind]}.")
    if kind == "batcher" and not any(name.startswith("Max") for name in value):
        hint = "Set MaxItemsPerBatch, MaxInputBytesPerBatch, or one of their Path forms."
        yield Problem(SCHEMA, at, "A batcher must have a limit", hint)
