"""The schema as it runs, and ``execute``: one request, and the JSON that answers it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from ariadne import make_executable_schema
from graphql import GraphQLError, GraphQLSchema, graphql_sync

from emulator.tasks.service import Tasks

from .permissions import FULL_ACCESS, Permissions, check_form
from .resolvers import Caller, bindings
from .sdl import schema_text

RESERVED: Final = ("true", "false", "null")
"""Ids of definitions that GraphQL cannot have in an enum."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED: Final = re.compile(r"'([^']*)'")


def make_schema(tasks: Tasks) -> GraphQLSchema:
    """The schema with the public definitions that ``tasks`` has now.

    Its resolvers take a ``Caller`` as context. Raises ``ValueError`` for an id that GraphQL cannot spell.
    """
    return _schema(public_ids(tasks), tasks.profile.has("definition_fields"))


def printed_schema(tasks: Tasks) -> str:
    """The text of that schema."""
    return schema_text(public_ids(tasks), with_fields=tasks.profile.has("definition_fields"))


def public_ids(tasks: Tasks) -> tuple[str, ...]:
    """The ids of the definitions that are not private, each once; raises ``ValueError`` as ``make_schema``."""
    ids = dict.fromkeys(definition.id for definition in tasks.registry if not definition.is_private)
    for id_ in ids:
        if id_ in RESERVED or not _NAME.fullmatch(id_):
            raise ValueError(
                f'the task "{id_}" cannot be offered by GraphQL, which takes letters, digits and _ in names, and not '
                f"{', '.join(RESERVED)}; give it another id, or make it private"
            )
    return tuple(ids)


@lru_cache(maxsize=32)
def _schema(ids: tuple[str, ...], with_fields: bool) -> GraphQLSchema:
    return make_executable_schema(schema_text(ids, with_fields=with_fields), *bindings())


def execute(
    tasks: Tasks,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    operation_name: str | None = None,
    permissions: Permissions = FULL_ACCESS,
    debug: bool = False,
) -> dict[str, Any]:
    """What the API answers: ``{"data"}``, with ``"errors"`` where something went wrong; only those for a wrong request.

    ``permissions`` are permission objects (``{"name": "tasks", "rwd": "r"}``), everything allowed unless given; with
    ``debug`` errors tell their ``stack``. Raises ``ValueError`` for permissions that are none.
    """
    result = graphql_sync(
        make_schema(tasks),
        query,
        context_value=Caller(tasks, check_form(permissions), debug),
        variable_values=dict(variables or {}),
        operation_name=operation_name,
    )
    errors = result.errors or []
    answer: dict[str, Any] = {"errors": [_error(error) for error in errors]} if errors else {}
    began = not errors or any(error.path for error in errors)
    return {**answer, "data": result.data} if began else answer


def _error(error: GraphQLError) -> dict[str, Any]:
    """As the original words it: names in double quotes."""
    formatted: dict[str, Any] = {**error.formatted}
    return formatted if error.path else {**formatted, "message": _QUOTED.sub(r'"\1"', error.message)}
